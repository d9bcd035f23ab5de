//! The confirmation of a revocation of many keys, its progress, and what became of each of them.

use std::sync::Arc;

use super::super::effect::RequestId;
use super::super::field::Field;
use super::super::messages::number;
use super::super::tabs::View;
use super::super::wording::receipt_line;
use super::refused_secret;
use crate::wire::id::KeyId;
use crate::wire::keys::{BULK_MAX, Caller, Key, Outcome, Receipt, RevokeKeys, RevokeResult};
use crate::wire::text;
use crate::wire::time::{DAY_MS, Timestamp};

/// The callers of so many keys are asked for, of those used last; of more it is said that they were not.
pub const CALLERS_ASKED: usize = 20;

/// What became of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Nothing yet: it was not sent.
    Unsent,
    /// It is under way.
    Sent,
    /// The server said this.
    Was(Outcome),
    /// It was sent, and the answer was lost.
    Unknown,
}

/// A key that is to be revoked. It is fixed when the dialog opens.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    /// The key as it was then.
    pub key: Arc<Key>,
    /// The filter hid it then.
    pub hidden: bool,
    /// What became of it.
    pub fate: Fate,
}

/// A key whose callers were asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// Which.
    pub key: KeyId,
    /// Who they are, once that is known.
    pub callers: Option<Result<Vec<Caller>, String>>,
}

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BulkFocus {
    /// How many, typed.
    Count,
    /// Why.
    Reason,
    /// Whether those that the filter hides are meant too.
    Hidden,
    /// Whether those that are used meanwhile are meant too.
    Used,
}

/// How far it is.
#[derive(Clone, PartialEq, Debug)]
pub enum Phase {
    /// It asks.
    Asking,
    /// A part of the keys is under way.
    Sending(RequestId),
    /// All of it is done that will be.
    Done,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct BulkDialog {
    /// Whose marks they are.
    pub view: View,
    /// The marked keys, the last used first.
    pub targets: Vec<Target>,
    /// When it opened.
    pub opened: Timestamp,
    /// Those that the filter hides are revoked too.
    pub with_hidden: bool,
    /// Those that are used while the dialog is open are revoked too.
    pub used_too: bool,
    /// Who used the keys that were asked for.
    pub callers: Vec<Asked>,
    /// How many, as typed.
    pub count: Field,
    /// Why, if somebody wants to say.
    pub reason: Field,
    /// Where the keys go.
    pub focus: BulkFocus,
    /// The first visible target.
    pub top: usize,
    /// How far it is.
    pub phase: Phase,
    /// What is not sent yet is not to be sent.
    pub stop: bool,
    /// What has to be said: too fast, the wrong count, refused, lost.
    pub note: Option<String>,
    /// The receipts of all calls in one.
    pub receipt: Option<Receipt>,
    /// Calls that were answered.
    pub calls: u32,
}

impl BulkDialog {
    /// For these keys; nothing is typed yet.
    pub fn new(view: View, mut targets: Vec<Target>, opened: Timestamp) -> BulkDialog {
        targets.sort_by_key(|target| (std::cmp::Reverse(target.key.last_used_at), target.key.id));
        // Where the filter hides all of them, the first thing to say is whether they are meant.
        let all_hidden = targets.iter().all(|target| target.hidden);
        BulkDialog {
            view,
            targets,
            opened,
            with_hidden: false,
            used_too: false,
            callers: Vec::new(),
            count: Field::default(),
            reason: Field::default(),
            focus: if all_hidden { BulkFocus::Hidden } else { BulkFocus::Count },
            top: 0,
            phase: Phase::Asking,
            stop: false,
            note: None,
            receipt: None,
            calls: 0,
        }
    }

    /// The keys that will be revoked.
    pub fn chosen(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(|target| self.with_hidden || !target.hidden)
    }

    /// How many will be revoked.
    pub fn chosen_count(&self) -> usize {
        self.chosen().count()
    }

    /// How many the filter hid.
    pub fn hidden_count(&self) -> usize {
        self.targets.iter().filter(|target| target.hidden).count()
    }

    /// How many met a fate.
    pub fn fated(&self, fate: Fate) -> usize {
        self.chosen().filter(|target| target.fate == fate).count()
    }

    /// To the next or previous field.
    pub fn turn(&mut self, forward: bool) {
        use BulkFocus::{Count, Hidden, Reason, Used};
        let any = self.hidden_count() > 0;
        self.focus = match (self.focus, forward) {
            (Count, true) => Reason,
            (Reason, true) | (Used, false) if any => Hidden,
            (Reason | Hidden, true) | (Count, false) => Used,
            (Hidden | Used, false) => Reason,
            (Used, true) | (Reason, false) => Count,
        };
    }

    /// The reason, if there is one.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub fn checked_reason(&self) -> Result<Option<String>, String> {
        if let Some(refused) = refused_secret(&self.reason) {
            return Err(refused);
        }
        let reason = text::reason(self.reason.text()).map_err(|bad| format!("the reason {bad}"))?;
        Ok((!reason.is_empty()).then_some(reason))
    }

    /// Whether the number of keys is typed.
    pub fn count_matches(&self) -> bool {
        self.count.text().parse() == Ok(self.chosen_count())
    }

    /// The next keys to send, at most as many as one call takes; none when nothing is left to be sent. `now` is the
    /// server's time.
    pub fn next_part(&mut self, reason: Option<String>, now: Timestamp) -> Option<RevokeKeys> {
        let (with_hidden, stop) = (self.with_hidden, self.stop);
        let mut newest = None;
        let mut ids = Vec::new();
        let unsent =
            |target: &&mut Target| target.fate == Fate::Unsent && (with_hidden || !target.hidden) && !stop;
        for target in self.targets.iter_mut().filter(unsent).take(BULK_MAX) {
            target.fate = Fate::Sent;
            newest = newest.max(target.key.last_used_at);
            ids.push(target.key.id);
        }
        // The last use that was shown of any of them; where none was ever used, any use is one since. A clock that
        // was ahead may have noted one in the future, after which nothing is used.
        let shown = newest.unwrap_or(Timestamp::from_millis(0)).min(now);
        let unused_since = (!self.used_too).then_some(shown);
        (!ids.is_empty()).then_some(RevokeKeys { ids, reason, dry_run: false, unused_since })
    }

    /// Takes in what the server said of the keys under way.
    pub fn take(&mut self, results: &[RevokeResult], receipt: Option<&Receipt>) {
        let said: std::collections::HashMap<KeyId, Outcome> =
            results.iter().map(|result| (result.id, result.outcome)).collect();
        for target in self.targets.iter_mut().filter(|target| target.fate == Fate::Sent) {
            target.fate = said.get(&target.key.id).map_or(Fate::Unknown, |outcome| Fate::Was(*outcome));
        }
        self.calls += 1;
        if let Some(receipt) = receipt {
            self.receipt = Some(match self.receipt.take() {
                Some(before) => joined(before, receipt),
                None => receipt.clone(),
            });
        }
    }

    /// What was under way met this fate instead of an answer.
    pub fn lose(&mut self, fate: Fate) {
        for target in self.targets.iter_mut().filter(|target| target.fate == Fate::Sent) {
            target.fate = fate;
        }
    }

    /// Nothing more will be sent: what was not revoked stands first.
    pub fn finish(&mut self) {
        self.phase = Phase::Done;
        self.top = 0;
        let with_hidden = self.with_hidden;
        self.targets.retain(|target| with_hidden || !target.hidden);
        self.targets.sort_by_key(|target| match target.fate {
            Fate::Unknown | Fate::Sent => 0,
            Fate::Was(Outcome::UsedSince) => 1,
            Fate::Was(Outcome::NotFound | Outcome::Other(_)) => 2,
            Fate::Unsent => 3,
            Fate::Was(Outcome::Already) => 4,
            Fate::Was(Outcome::Revoked) => 5,
        });
    }

    /// What became of all of them, in a sentence.
    pub fn outcome_words(&self) -> String {
        let revoked = self.fated(Fate::Was(Outcome::Revoked));
        let keys = if revoked == 1 { "key" } else { "keys" };
        let mut words = format!("{} {keys} revoked", number(revoked as u64));
        if let Some(receipt) = self.receipt.as_ref().filter(|_| revoked > 0) {
            words = format!("{words} {}", receipt_line(receipt));
            if self.calls > 1 {
                words = format!("{words}, in {} calls", self.calls);
            }
        }
        let others = [
            (Fate::Was(Outcome::Already), "revoked before"),
            (Fate::Was(Outcome::UsedSince), "used since and left alone"),
            (Fate::Was(Outcome::NotFound), "not found"),
            (Fate::Unknown, "of unknown outcome"),
            (Fate::Unsent, "not sent"),
        ];
        let unknown =
            self.chosen().filter(|target| matches!(target.fate, Fate::Was(Outcome::Other(_)))).count();
        if unknown > 0 {
            words = format!(
                "{words}; {} with an outcome that this version does not know",
                number(unknown as u64)
            );
        }
        for (fate, said) in others {
            match self.fated(fate) {
                0 => {}
                count => words = format!("{words}; {} {said}", number(count as u64)),
            }
        }
        words
    }

    /// Whether every chosen key is dead now.
    pub fn all_dead(&self) -> bool {
        self.chosen().all(|target| matches!(target.fate, Fate::Was(Outcome::Revoked | Outcome::Already)))
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
