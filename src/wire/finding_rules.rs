//! The rules by which keys get their [`super::findings`].
//!
//! One rule set, here, over the [`Facts`] of a key. The store asks the same questions in SQL, so that findings can be
//! counted, filtered and put in order without reading every key; a test holds the two together.
//!
//! | code | of | when | severity |
//! |---|---|---|---|
//! | `stale` | active | idle for `staleDays` days or more | high |
//! | `idle` | active | idle for `warnDays` days or more, not stale | low |
//! | `neverUsed` | active | never used, created more than 7 days ago | medium |
//! | `noOwner` | active, paused | no owner | low |
//! | `neverReviewed` | active, paused | never reviewed, created more than `reviewEveryDays` ago | low |
//! | `reviewOverdue` | active, paused | last review more than `reviewEveryDays` ago, or `keepUntil` has passed | high |
//! | `replacementActive` | active | a replacement created by rotation has been used | medium |
//! | `refused` | revoked, paused | requests were refused in the last 7 days | high |
//! | `wokeUp` | active | used in the last 7 days after at least 30 idle days | medium |
//! | `newNetwork` | active | used in the last 7 days from a network that was not seen in 30 observed days | medium |
//!
//! A key is idle or stale only when it has certainly been idle for so long: where last uses come later than usual, by
//! that much longer ([`unusually_late`]).

use std::cmp::Reverse;
use std::num::NonZeroU32;
use std::time::Duration;

use super::findings::{Finding, FindingCode};
use super::keys::{Key, Status, unusually_late};
use super::session::Thresholds;
use super::text::number;
use super::time::Timestamp;

/// How long a use, a refusal or a new network counts as recent, and a key as too new to be used.
pub const RECENT: Duration = Duration::from_hours(7 * 24);
/// After how many idle days a used key has woken up, and for how many days a key must have been observed before a
/// network counts as new.
pub const LONG_DAYS: u32 = 30;

/// The findings of a key by other thresholds for idle time: `stale` and `idle` change, the others stay.
pub fn with_idle_thresholds(key: &Key, now: Timestamp, thresholds: Thresholds) -> Box<[Finding]> {
    let facts = Facts {
        status: key.status,
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        last_used_precision: key.last_used_precision,
        owned: true,
        reviewed_at: None,
        keep_until: None,
        replacement: None,
        refused_since_paused: 0,
        refused_since_revoked: 0,
        refused_since: None,
        last_refused_at: None,
        woke: None,
        network: None,
    };
    let by_idle_time = |finding: &Finding| matches!(finding.code, FindingCode::Stale | FindingCode::Idle);
    let others = key.findings.iter().filter(|finding| !by_idle_time(finding)).cloned();
    let mut all: Vec<Finding> =
        facts.findings(now, thresholds).into_iter().filter(by_idle_time).chain(others).collect();
    // A rule of a newer server comes after those of its severity.
    let rank = |finding: &Finding| FindingCode::ALL.iter().position(|code| *code == finding.code);
    all.sort_by_key(|finding| (Reverse(finding.severity), rank(finding).unwrap_or(usize::MAX)));
    all.into()
}

/// What the rules look at in a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts<'a> {
    /// Its status.
    pub status: Status,
    /// Its creation.
    pub created_at: Timestamp,
    /// Its last use.
    pub last_used_at: Option<Timestamp>,
    /// How many seconds later that may have been.
    pub last_used_precision: Option<NonZeroU32>,
    /// Whether it has an owner.
    pub owned: bool,
    /// Its last review.
    pub reviewed_at: Option<Timestamp>,
    /// Until when that review decided to keep it.
    pub keep_until: Option<Timestamp>,
    /// A used replacement: its name, and since when it is in use.
    pub replacement: Option<(&'a str, Timestamp)>,
    /// Requests refused since it was last paused.
    pub refused_since_paused: u64,
    /// Requests refused since it was revoked.
    pub refused_since_revoked: u64,
    /// The first request refused since it was last paused, or revoked without being paused.
    pub refused_since: Option<Timestamp>,
    /// The last request refused while it was paused or revoked.
    pub last_refused_at: Option<Timestamp>,
    /// The latest use after a long idle time, and since when it had been idle.
    pub woke: Option<(Timestamp, Timestamp)>,
    /// The latest network that was new after a long time of observation, and its first use.
    pub network: Option<(&'a str, Timestamp)>,
}

impl Facts<'_> {
    /// The findings of a key, the most severe first.
    pub fn findings(&self, now: Timestamp, thresholds: Thresholds) -> Box<[Finding]> {
        let found = FindingCode::ALL.into_iter().filter_map(|code| {
            let (since, text) = self.finding(code, now, thresholds)?;
            Some(Finding {
                code,
                severity: code.severity(),
                since: Some(since.at_most(now)),
                text: text.into(),
            })
        });
        found.collect()
    }

    fn finding(
        &self,
        code: FindingCode,
        now: Timestamp,
        thresholds: Thresholds,
    ) -> Option<(Timestamp, String)> {
        let active = self.status == Status::Active;
        let kept = active || self.status == Status::Paused;
        let idle_since = self.last_used_at.unwrap_or(self.created_at);
        let certainly = idle_since + unusually_late(self.last_used_precision);
        let stale = certainly <= thresholds.stale_before(now);
        let idle = !stale && certainly <= thresholds.idle_before(now);
        let recent = now - RECENT;
        Some(match code {
            FindingCode::Stale if active && stale => {
                (idle_since + days(thresholds.stale_days), self.idle_text(now))
            }
            FindingCode::Idle if active && idle => {
                (idle_since + days(thresholds.warn_days), self.idle_text(now))
            }
            FindingCode::NeverUsed if active && self.last_used_at.is_none() && self.created_at < recent => {
                (self.created_at + RECENT, format!("Never used, created {}.", date(self.created_at)))
            }
            FindingCode::NoOwner if kept && !self.owned => (self.created_at, "No owner.".to_owned()),
            FindingCode::NeverReviewed
                if kept && self.reviewed_at.is_none() && self.created_at < thresholds.review_before(now) =>
            {
                let text = format!("Never reviewed, created {}.", date(self.created_at));
                (self.created_at + days(thresholds.review_every_days), text)
            }
            FindingCode::ReviewOverdue if kept => self.overdue(now, thresholds)?,
            FindingCode::ReplacementActive if active => {
                let (name, since) = self.replacement?;
                (since, format!("Its replacement {name:?} is in use."))
            }
            FindingCode::Refused if self.status == Status::Revoked || self.status == Status::Paused => {
                let last = self.last_refused_at.filter(|last| *last >= recent)?;
                (self.refused_since.unwrap_or(last), self.refused_text(last))
            }
            FindingCode::WokeUp if active => {
                let (woke, idle_since) = self.woke.filter(|(woke, _)| *woke >= recent)?;
                let idle = whole_days(idle_since.age(woke));
                (woke, format!("Used again on {} after {idle} idle days.", date(woke)))
            }
            FindingCode::NewNetwork if active => {
                let (network, first) = self.network.filter(|(_, first)| *first >= recent)?;
                (first, format!("Used from {network} for the first time on {}.", date(first)))
            }
            _ => return None,
        })
    }

    fn overdue(&self, now: Timestamp, thresholds: Thresholds) -> Option<(Timestamp, String)> {
        let late = self.reviewed_at.filter(|reviewed| *reviewed < thresholds.review_before(now));
        let late = late.map(|reviewed| {
            let every = thresholds.review_every_days;
            let text = format!("Last reviewed {}; a review is due every {every} days.", date(reviewed));
            (reviewed + days(every), text)
        });
        let passed = self.keep_until.filter(|until| *until < now);
        let passed =
            passed.map(|until| (until, format!("The date to keep it until has passed: {}.", date(until))));
        // Whichever is the longest overdue.
        late.into_iter().chain(passed).min_by_key(|(since, _)| *since)
    }

    /// How many were refused: since the revocation, or else since the pause before it. A pause or a revocation shortly
    /// after an earlier pause has none yet.
    fn refused_text(&self, last: Timestamp) -> String {
        let revoked = self.status == Status::Revoked && self.refused_since_revoked > 0;
        let (refused, what) = if revoked {
            (self.refused_since_revoked, "revoked")
        } else {
            (self.refused_since_paused, "paused")
        };
        if refused == 0 {
            return format!("Requests were refused while it was paused, the last on {}.", minute(last));
        }
        let requests = if refused == 1 { "request" } else { "requests" };
        let number = number(refused);
        format!("{number} {requests} refused since it was {what}, the last on {}.", minute(last))
    }

    fn idle_text(&self, now: Timestamp) -> String {
        match self.last_used_at {
            Some(used) => format!("Not used for {} days.", whole_days(used.age(now))),
            None => {
                format!("Not used in the {} days since it was created.", whole_days(self.created_at.age(now)))
            }
        }
    }
}

const fn days(days: u32) -> Duration {
    Duration::from_hours(days as u64 * 24)
}

fn whole_days(span: Duration) -> u64 {
    span.as_secs() / 86_400
}

/// The day in UTC: a text that stays true, unlike an age.
fn date(at: Timestamp) -> String {
    at.utc().format("%Y-%m-%d").to_string()
}

fn minute(at: Timestamp) -> String {
    at.utc().format("%Y-%m-%d %H:%M UTC").to_string()
}
