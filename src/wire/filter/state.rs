//! What `status:` can ask of a key: the API's statuses, and the states in which the tables show active keys.

use super::Test;
use crate::wire::keys::{Key, Status};
use crate::wire::session::Thresholds;
use crate::wire::time::Timestamp;

/// The time at which filters are evaluated, with the thresholds of the states. Both are the server's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AsOf {
    /// Current time by the server's clock.
    pub now: Timestamp,
    /// From how much idle time a key is idle or stale.
    pub thresholds: Thresholds,
}

impl From<Timestamp> for AsOf {
    /// With the default thresholds.
    fn from(now: Timestamp) -> AsOf {
        AsOf { now, thresholds: Thresholds::default() }
    }
}

/// The state of an active key. A key that was never used is `Unused`, and may be `Idle` or `Stale` as well.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyState {
    /// Used, and idle for less than `warn` days.
    InUse,
    /// Idle for `warn` days or longer, but not stale.
    Idle,
    /// Idle for `stale` days or longer.
    Stale,
    /// Never used.
    Unused,
    /// Never used, and created less than `warn` days ago.
    New,
}

impl KeyState {
    /// Whether a key is in this state. A key that is not active has none.
    pub fn is_of(self, key: &Key, as_of: AsOf) -> bool {
        let since = key.certainly_idle_since();
        let idle = since <= as_of.thresholds.idle_before(as_of.now);
        let stale = since <= as_of.thresholds.stale_before(as_of.now);
        key.status == Status::Active
            && match self {
                KeyState::InUse => key.last_used_at.is_some() && !idle && !stale,
                KeyState::Idle => idle && !stale,
                KeyState::Stale => stale,
                KeyState::Unused => key.last_used_at.is_none(),
                KeyState::New => key.last_used_at.is_none() && !idle && !stale,
            }
    }
}

/// The words of `status:`, in lower case, with the term that says the same.
const WORDS: [(&str, &str); 9] = [
    ("active", "status:active"),
    ("revoked", "status:revoked"),
    ("paused", "status:paused"),
    ("in use", "status:\"in use\""),
    ("in-use", "status:in-use"),
    ("idle", "status:idle"),
    ("stale", "status:stale"),
    ("unused", "status:unused"),
    ("new", "status:new"),
];

/// The term that asks for a state, where what is typed is a state's word and nothing else: `status:stale` for
/// `Stale`. As a plain word it is searched for as text, since a key may be called `stale-cache`; so offer this.
pub fn status_term(typed: &str) -> Option<&'static str> {
    let typed = typed.trim().to_ascii_lowercase();
    WORDS.iter().find(|(word, _)| *word == typed).map(|(_, term)| *term)
}

/// What the value of `status:` asks, or what to write instead.
pub(super) fn status(value: &str) -> Result<Test, &'static str> {
    Ok(match value {
        "active" => Test::Status(StatusTest::Active),
        "revoked" => Test::Status(StatusTest::Revoked),
        "paused" => Test::Status(StatusTest::Paused),
        "in use" | "in-use" => Test::State(KeyState::InUse),
        "idle" => Test::State(KeyState::Idle),
        "stale" => Test::State(KeyState::Stale),
        "unused" => Test::State(KeyState::Unused),
        "new" => Test::State(KeyState::New),
        _ => {
            return Err("expected active, revoked, paused, \"in use\", idle, stale, unused or new");
        }
    })
}

/// A status as filters ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StatusTest {
    /// Not revoked.
    Active,
    /// Revoked.
    Revoked,
    /// Paused.
    Paused,
}

impl StatusTest {
    /// Whether a key with this status passes.
    pub fn holds(self, status: Status) -> bool {
        match self {
            StatusTest::Active => status != Status::Revoked,
            StatusTest::Revoked => status == Status::Revoked,
            StatusTest::Paused => status == Status::Paused,
        }
    }
}
