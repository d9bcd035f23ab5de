//! Requests a minute: counted for each project on each node.

use std::sync::{Mutex, PoisonError};

use crate::wire::time::Timestamp;

/// How long a window stays open after its first request.
pub const WINDOW_MS: i64 = 60_000;

/// A project's requests of this minute.
#[derive(Debug, Default)]
pub struct Window(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    /// When its first request came; none before the project's first of all.
    since: Option<Timestamp>,
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
    /// Takes one request out of the window that is open at `now`, or opens one.
    pub fn take(&self, limit: u32, now: Timestamp) -> Grant {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Requests arrive a little out of order, so a time before the window still counts in it. A clock
        // that was set back by more than a window opens a new one: nobody waits for the old time to return.
        let since = match open.since {
            Some(since) if (now.millis() - since.millis()).abs() < WINDOW_MS => since,
            _ => {
                *open = Open { since: Some(now), taken: 0 };
                now
            }
        };
        let allowed = open.taken < limit;
        open.taken += u32::from(allowed);
        let end = since.millis() + WINDOW_MS;
        Grant {
            allowed,
            limit,
            remaining: limit - open.taken,
            resets_at: seconds(end),
            retry_after: seconds(end - now.millis()).max(1),
        }
    }
}

/// Milliseconds as whole seconds, rounded up.
fn seconds(millis: i64) -> u64 {
    u64::try_from(millis).unwrap_or(0).div_ceil(1000)
}
