//! Times in words: how long ago, and when exactly.

use std::fmt;
use std::num::NonZeroU32;

use crate::wire::keys::{Key, Status};
use crate::wire::session::{Freshness, Thresholds};
use crate::wire::time::Timestamp;
use crate::wire::zone::Zone;

/// How long ago something was: `just now`, `12s ago`, `3mo ago`. A time that lies ahead is `just now`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Age {
    /// When it was.
    pub at: Timestamp,
    /// Seen from here.
    pub now: Timestamp,
}

/// A time as tables and details show it: how long ago, or `2026-11-28 14:03` in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct When {
    /// When it was.
    pub at: Timestamp,
    /// Seen from here.
    pub now: Timestamp,
    /// Show the time instead of the age.
    pub absolute: bool,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let When { at, now, absolute } = *self;
        if absolute { write!(f, "{}", at.utc().format("%Y-%m-%d %H:%M")) } else { Age { at, now }.fmt(f) }
    }
}

/// A time by which something is due: `in 12d`, `due now`, `3d overdue`, or its date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// When it is due.
    pub at: Timestamp,
    /// Seen from here.
    pub now: Timestamp,
    /// Show the time instead of the span.
    pub absolute: bool,
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Due { at, now, absolute } = *self;
        if absolute {
            return write!(f, "{}", at.utc().format("%Y-%m-%d"));
        }
        let left = at.millis() - now.millis();
        // Who has just chosen two weeks reads two weeks: a little less counts as whole.
        let (unit, name, little) = match left.abs() {
            span if span < HOUR => (MINUTE, "m", SECOND),
            span if span < 2 * DAY => (HOUR, "h", MINUTE),
            span if span < 90 * DAY => (DAY, "d", HOUR),
            _ => (30 * DAY + 10 * HOUR, "mo", DAY),
        };
        let whole = whole(left, unit, little);
        if left > 0 && whole == 0 {
            write!(f, "in <1{name}")
        } else if left > 0 {
            write!(f, "in {whole}{name}")
        } else if -left < unit {
            f.write_str("due now")
        } else {
            write!(f, "{}{name} overdue", -left / unit)
        }
    }
}

/// How many whole units a time is; one that is short of a unit by very little counts as a whole one.
fn whole(left: i64, unit: i64, little: i64) -> i64 {
    (left + little) / unit
}

/// How many minutes are left until a time, counted as [`Due`] counts: `9 min`, `<1 min`.
pub fn minutes_left(until: Timestamp, now: Timestamp) -> String {
    match whole(until.millis() - now.millis(), MINUTE, SECOND) {
        minutes @ 1.. => format!("{minutes} min"),
        _ => "<1 min".to_owned(),
    }
}

impl Due {
    /// Whether that time has passed, and the same with a sign then.
    pub fn label(self) -> (bool, String) {
        let passed = self.at <= self.now;
        (passed, format!("{}{self}", if passed { "▲ " } else { "" }))
    }
}

/// By how much a last use may be late, in words; none where that is less than a hundredth of how long ago it was.
pub fn late_words(used: Option<Timestamp>, late: Option<NonZeroU32>, now: Timestamp) -> Option<String> {
    let (used, late) = (used?, late?);
    let matters = i64::from(late.get()) * SECOND * 100 > now.millis() - used.millis();
    matters.then(|| format!("(up to {late} s late)"))
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = self.now.millis() - self.at.millis();
        // Two clocks are never quite alike, and uses are reported up to five seconds late. What lies ahead was noted by
        // a clock that was ahead; the exact time stands in the detail.
        if age < 10 * SECOND {
            return f.write_str("just now");
        }
        let (unit, name) = match age {
            _ if age < MINUTE => (SECOND, "s"),
            _ if age < HOUR => (MINUTE, "m"),
            _ if age < DAY => (HOUR, "h"),
            _ if age < 60 * DAY => (DAY, "d"),
            _ if age < 730 * DAY => (30 * DAY + 10 * HOUR, "mo"),
            _ => (365 * DAY, "y"),
        };
        write!(f, "{}{name} ago", age / unit)
    }
}

/// A time in a zone: `2026-11-23 18:04:05 +01:00`, or as [`utc`] has it where that is no other.
pub fn local(at: Timestamp, zone: &Zone) -> String {
    match chrono::FixedOffset::east_opt(zone.offset_at(at)) {
        Some(zone) if zone.local_minus_utc() != 0 => {
            at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %:z").to_string()
        }
        _ => utc(at),
    }
}

/// The same in UTC: `2026-11-23 17:04:05 UTC`.
pub fn utc(at: Timestamp) -> String {
    at.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The state of a key. A key that was never used is new, idle or stale by its age.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// Used lately.
    Fresh,
    /// Idle for the time that warns.
    Idle,
    /// Not used for so long that it is stale.
    Stale,
    /// Never used, by how long ago it was created.
    Never(Freshness),
    /// Paused.
    Paused,
    /// Revoked, and some node has still to confirm it.
    Revoking,
    /// Revoked.
    Revoked,
    /// A status that this program does not know, shown as its text.
    Other(&'static str),
}

impl Condition {
    /// What a key is like now.
    pub fn of(key: &Key, thresholds: Thresholds, now: Timestamp) -> Condition {
        match (key.status, key.confirmed) {
            (Status::Revoked, false) => return Condition::Revoking,
            (Status::Revoked, true) => return Condition::Revoked,
            (Status::Other(word), _) => return Condition::Other(word.as_str()),
            (Status::Paused, _) => return Condition::Paused,
            (Status::Active, _) => {}
        }
        let freshness = thresholds.freshness(key, now);
        match (key.last_used_at, freshness) {
            (None, freshness) => Condition::Never(freshness),
            (Some(_), Freshness::Fresh) => Condition::Fresh,
            (Some(_), Freshness::Idle) => Condition::Idle,
            (Some(_), Freshness::Stale) => Condition::Stale,
        }
    }

    /// The states of a server's keys, for a legend.
    pub const ALL: [Condition; 7] = [
        Condition::Fresh,
        Condition::Never(Freshness::Fresh),
        Condition::Idle,
        Condition::Stale,
        Condition::Paused,
        Condition::Revoking,
        Condition::Revoked,
    ];

    /// Glyph and word, the same pair wherever the state is shown. That a key was never used is said by its last use.
    pub const fn label(self) -> &'static str {
        match self {
            Condition::Fresh => "● in use",
            Condition::Never(Freshness::Fresh) => "○ new",
            Condition::Idle | Condition::Never(Freshness::Idle) => "◐ idle",
            Condition::Stale | Condition::Never(Freshness::Stale) => "▲ stale",
            Condition::Paused => "‖ paused",
            Condition::Revoking => "… revoking",
            Condition::Revoked => "✕ revoked",
            Condition::Other(word) => word,
        }
    }

    /// The same with the idle time, for the detail pane.
    pub fn sentence(self, idle_days: u64) -> String {
        match self {
            Condition::Fresh => "in use".to_owned(),
            Condition::Idle => format!("idle for {idle_days} days"),
            Condition::Stale => format!("stale · idle for {idle_days} days"),
            Condition::Never(Freshness::Fresh) => "new · never used".to_owned(),
            Condition::Never(Freshness::Idle) => format!("idle · never used in {idle_days} days"),
            Condition::Never(Freshness::Stale) => format!("stale · never used in {idle_days} days"),
            Condition::Paused => "paused · refused until it is resumed".to_owned(),
            Condition::Revoking => "revoked · waiting for all nodes to confirm".to_owned(),
            Condition::Revoked => "revoked".to_owned(),
            Condition::Other(word) => word.to_owned(),
        }
    }
}
