//! Requests a minute: counted for each project on each node.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::wire::time::Timestamp;

/// How long a window stays open after its first request.
pub const WINDOW: Duration = Duration::from_mins(1);
/// The time on the wall was set when it moved so much apart from the time that has passed.
const WALL_WAS_SET_MS: u64 = 1000;

/// A project's requests of this minute. The minute is measured by a clock that nobody can set.
#[derive(Debug, Default)]
pub struct Window(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    /// When its first request came; none before the project's first of all.
    since: Option<Duration>,
    /// When it ends on the wall.
    ends: Timestamp,
    taken: u32,
}

/// What a window said to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Whether the request may go on.
    pub allowed: bool,
    /// How many requests a window allows.
    pub limit: u32,
    /// How many are left in it.
    pub remaining: u32,
    /// When the next window may open, in Unix seconds, rounded up.
    pub resets_at: u64,
    /// In how many seconds that is; at least 1.
    pub retry_after: u64,
}

impl Window {
    /// Takes one request out of the window that is open at `uptime`, or opens one. `now` is the time on the wall, in
    /// which the answer tells the end.
    pub fn take(&self, limit: u32, uptime: Duration, now: Timestamp) -> Grant {
        self.ask(limit, 1, uptime, now)
    }

    /// What is left of the window that is open at `uptime`. Takes no request out of it; where none is open, this
    /// tells of the one that would be.
    pub fn look(&self, limit: u32, uptime: Duration, now: Timestamp) -> Grant {
        self.ask(limit, 0, uptime, now)
    }

    fn ask(&self, limit: u32, requests: u32, uptime: Duration, now: Timestamp) -> Grant {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Requests arrive a little out of order: a time before the window still counts in it.
        let passed = open.since.map(|since| uptime.saturating_sub(since)).filter(|passed| *passed < WINDOW);
        let left = WINDOW.saturating_sub(passed.unwrap_or_default());
        if passed.is_none() {
            let since = if requests > 0 { Some(uptime) } else { None };
            *open = Open { since, ends: now + WINDOW, taken: 0 };
        } else if open.ends.millis().abs_diff((now + left).millis()) > WALL_WAS_SET_MS {
            open.ends = now + left;
        }
        let allowed = open.taken < limit;
        open.taken += if allowed { requests } else { 0 };
        Grant {
            allowed,
            limit,
            remaining: limit - open.taken,
            resets_at: seconds(open.ends.millis()),
            retry_after: seconds(i64::try_from(left.as_millis()).unwrap_or(0)).max(1),
        }
    }
}

/// Milliseconds as whole seconds, rounded up.
fn seconds(millis: i64) -> u64 {
    u64::try_from(millis).unwrap_or(0).div_ceil(1000)
}
