//! The keys of a revocation of many: which are meant, what is sent, what became of each, and the receipts in one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use crate::tui::model::messages::number;
use crate::tui::model::wording::receipt_line;
use crate::wire::id::KeyId;
use crate::wire::keys::{BULK_MAX, Key, Outcome, Receipt, RevokeKeys, RevokeResult};
use crate::wire::time::{DAY_MS, Timestamp};

/// How far the revocation of a target is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Not sent.
    Unsent,
    /// Sent, without an answer yet.
    Pending,
    /// The server's answer.
    Answered(Outcome),
    /// Sent, and the answer was lost: it may be revoked.
    Unknown,
}

/// A key that is to be revoked. It is fixed when the dialog opens.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    /// The key as it was then.
    pub key: Arc<Key>,
    /// The filter hid it then.
    pub hidden: bool,
    /// How far its revocation is.
    pub progress: Progress,
}

/// The keys, and what the server said of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Targets {
    /// The marked keys, the last used first.
    pub all: Vec<Target>,
    /// Those that the filter hides are revoked too.
    pub with_hidden: bool,
    /// Those that are used while the dialog is open are revoked too.
    pub used_too: bool,
    /// The receipts of all calls in one.
    receipt: Option<Receipt>,
    /// Calls that were answered.
    calls: u32,
}

impl Targets {
    /// These keys, each with whether the filter hides it.
    pub fn new(keys: Vec<(Arc<Key>, bool)>) -> Targets {
        let target = |(key, hidden)| Target { key, hidden, progress: Progress::Unsent };
        let mut all: Vec<Target> = keys.into_iter().map(target).collect();
        all.sort_by_key(|target| (Reverse(target.key.last_used_at), target.key.id));
        Targets { all, with_hidden: false, used_too: false, receipt: None, calls: 0 }
    }

    /// The keys that will be revoked.
    pub fn chosen(&self) -> impl Iterator<Item = &Target> {
        self.all.iter().filter(|target| self.with_hidden || !target.hidden)
    }

    /// How many will be revoked.
    pub fn chosen_count(&self) -> usize {
        self.chosen().count()
    }

    /// How many the filter hid.
    pub fn hidden_count(&self) -> usize {
        self.all.iter().filter(|target| target.hidden).count()
    }

    /// How many have come so far.
    pub fn count(&self, progress: Progress) -> usize {
        self.chosen().filter(|target| target.progress == progress).count()
    }

    /// The next keys to send, at most as many as one call takes; none when nothing is left to be sent. `now` is the
    /// server's time.
    pub fn next_part(&mut self, reason: Option<String>, stop: bool, now: Timestamp) -> Option<RevokeKeys> {
        let with_hidden = self.with_hidden;
        let mut newest = None;
        let mut ids = Vec::new();
        let unsent = |target: &&mut Target| {
            target.progress == Progress::Unsent && (with_hidden || !target.hidden) && !stop
        };
        for target in self.all.iter_mut().filter(unsent).take(BULK_MAX) {
            target.progress = Progress::Pending;
            newest = newest.max(target.key.last_used_at);
            ids.push(target.key.id);
        }
        // The last use that was shown of any of them; where none was ever used, any use is one since. A clock that
        // was ahead may have noted one in the future, after which nothing is used.
        let shown = newest.unwrap_or(Timestamp::from_millis(0)).min(now);
        let unused_since = (!self.used_too).then_some(shown);
        (!ids.is_empty()).then_some(RevokeKeys { ids, reason, dry_run: false, unused_since })
    }

    /// Takes in the answer to the pending keys.
    pub fn take(&mut self, results: &[RevokeResult], receipt: Option<&Receipt>) {
        let outcomes: HashMap<KeyId, Outcome> =
            results.iter().map(|result| (result.id, result.outcome)).collect();
        for target in self.all.iter_mut().filter(|target| target.progress == Progress::Pending) {
            target.progress = outcomes
                .get(&target.key.id)
                .map_or(Progress::Unknown, |outcome| Progress::Answered(*outcome));
        }
        self.calls += 1;
        if let Some(receipt) = receipt {
            self.receipt = Some(match self.receipt.take() {
                Some(before) => joined(before, receipt),
                None => receipt.clone(),
            });
        }
    }

    /// No answer came: what was pending has this progress instead.
    pub fn lose(&mut self, progress: Progress) {
        for target in self.all.iter_mut().filter(|target| target.progress == Progress::Pending) {
            target.progress = progress;
        }
    }

    /// Nothing more will be sent: what was not revoked stands first.
    pub fn finish(&mut self) {
        let with_hidden = self.with_hidden;
        self.all.retain(|target| with_hidden || !target.hidden);
        self.all.sort_by_key(|target| match target.progress {
            Progress::Unknown | Progress::Pending => 0,
            Progress::Answered(Outcome::UsedSince) => 1,
            Progress::Answered(Outcome::NotFound | Outcome::Other(_)) => 2,
            Progress::Unsent => 3,
            Progress::Answered(Outcome::Already) => 4,
            Progress::Answered(Outcome::Revoked) => 5,
        });
    }

    /// What became of all of them, in a sentence.
    pub fn outcome_words(&self) -> String {
        let revoked = self.count(Progress::Answered(Outcome::Revoked));
        let keys = if revoked == 1 { "key" } else { "keys" };
        let mut words = format!("{} {keys} revoked", number(revoked as u64));
        if let Some(receipt) = self.receipt.as_ref().filter(|_| revoked > 0) {
            words = format!("{words} {}", receipt_line(receipt));
            if self.calls > 1 {
                words = format!("{words} in {} batches", self.calls);
            }
        }
        let others = [
            (Progress::Answered(Outcome::Already), "already revoked"),
            (Progress::Answered(Outcome::UsedSince), "used since, not revoked"),
            (Progress::Answered(Outcome::NotFound), "not found"),
            (Progress::Unknown, "unknown"),
            (Progress::Unsent, "not sent"),
        ];
        let unknown = self
            .chosen()
            .filter(|target| matches!(target.progress, Progress::Answered(Outcome::Other(_))))
            .count();
        if unknown > 0 {
            words = format!("{words}; {} with an unknown result", number(unknown as u64));
        }
        for (progress, name) in others {
            match self.count(progress) {
                0 => {}
                count => words = format!("{words}; {} {name}", number(count as u64)),
            }
        }
        words
    }

    /// Whether every chosen key is dead now.
    pub fn all_dead(&self) -> bool {
        self.chosen()
            .all(|target| matches!(target.progress, Progress::Answered(Outcome::Revoked | Outcome::Already)))
    }
}

/// The keys of a list that were used in the last day, the last used first.
pub fn used_today<'a>(
    targets: impl Iterator<Item = &'a Target>,
    now: Timestamp,
) -> impl Iterator<Item = &'a Target> {
    targets
        .filter(move |target| target.key.last_used_at.is_some_and(|at| now.millis() - at.millis() < DAY_MS))
}

/// Those that somebody tried in the last day, and that nobody could use.
pub fn refused_today<'a>(
    targets: impl Iterator<Item = &'a Target>,
    now: Timestamp,
) -> impl Iterator<Item = &'a Target> {
    let lately = move |at: Option<Timestamp>| at.is_some_and(|at| now.millis() - at.millis() < DAY_MS);
    targets.filter(move |target| lately(target.key.last_refused_at) && !lately(target.key.last_used_at))
}

/// Two receipts as one: the later revision, the worse confirmation.
fn joined(before: Receipt, next: &Receipt) -> Receipt {
    let missing = |receipt: &Receipt| receipt.nodes.saturating_sub(receipt.confirmed_by);
    let (confirmed_by, nodes) = if missing(&before) > missing(next) {
        (before.confirmed_by, before.nodes)
    } else {
        (next.confirmed_by, next.nodes)
    };
    let slowest =
        [before.slowest, next.slowest.clone()].into_iter().flatten().max_by_key(|slowest| slowest.ms);
    let mut expired = before.expired;
    expired.extend(next.expired.iter().filter(|node| !expired.contains(node)).cloned().collect::<Vec<_>>());
    Receipt { revision: next.revision.max(before.revision), confirmed_by, nodes, slowest, expired }
}
