//! The keys of a review with their decisions. What the reviewer decides is shown at once, and kept beside what the
//! server has until it has answered.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Deserialize as _;

use crate::tui::model::effect::Request;
use crate::wire::audit::Event;
use crate::wire::id::{KeyId, ReviewId};
use crate::wire::keys::Key;
use crate::wire::page::Page;
use crate::wire::reviews::{Decide, Decision, Decisions, ReviewItem};
use crate::wire::time::Timestamp;

/// What a reviewer wants of a key.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// The decision; none takes the last one back.
    pub decision: Option<Decision>,
    /// Why.
    pub reason: Option<String>,
    /// With keep: until when.
    pub until: Option<Timestamp>,
}

impl Wanted {
    /// A decision without a reason.
    pub fn of(decision: Decision) -> Wanted {
        Wanted { decision: Some(decision), ..Wanted::default() }
    }

    /// The decision with its date and reason: `keep until 2026-12-18 (still needed)`.
    pub fn words(&self) -> String {
        let mut words = self.decision.map_or("undecided", Decision::as_str).to_owned();
        if let Some(until) = self.until {
            let _ = write!(words, " until {}", until.utc().format("%Y-%m-%d"));
        }
        if let Some(reason) = &self.reason {
            let _ = write!(words, " ({reason})");
        }
        words
    }

    /// The decision that an audit event tells of.
    pub fn told(event: &Event) -> Wanted {
        let until = event.detail.get("until").and_then(|until| Timestamp::deserialize(until).ok());
        let decision = event.detail.get("decision").and_then(|decision| Decision::deserialize(decision).ok());
        Wanted { decision, reason: event.detail_text("reason").map(str::to_owned), until }
    }

    /// Whether the key has it already.
    pub fn is_in(&self, item: &ReviewItem) -> bool {
        self.decision == item.decision && self.reason == item.reason && self.until == item.until
    }
}

/// A decision made in this dashboard, and the one before it.
#[derive(Clone, PartialEq, Debug)]
pub struct OwnDecision {
    /// The key.
    pub key: KeyId,
    /// What was decided.
    pub set: Wanted,
    /// When.
    pub at: Timestamp,
    /// The decision that stood before.
    pub before: Wanted,
    /// Time of the decision before.
    pub before_at: Option<Timestamp>,
    /// It was of this person too.
    pub before_mine: bool,
    /// The version of the decision that it was.
    pub before_version: u64,
}

/// A key of the review.
#[derive(Clone, PartialEq, Debug)]
pub struct QueueRow {
    /// As the server has it.
    pub item: ReviewItem,
    /// What was sent and is not answered.
    sent: Option<Wanted>,
    /// What was decided after that.
    then: Option<Wanted>,
    /// The decision is undone, and the key is to be read again: the answer does not say how it is.
    undone: bool,
}

impl QueueRow {
    /// The decision that is shown.
    pub fn shown(&self) -> Option<Decision> {
        let own = self.then.as_ref().or(self.sent.as_ref());
        own.map_or(self.item.decision, |wanted| wanted.decision)
    }

    /// The decision with its reason and date: the one that is not saved yet, or the server's.
    pub fn wanted(&self) -> Wanted {
        self.then.as_ref().or(self.sent.as_ref()).cloned().unwrap_or_else(|| Wanted {
            decision: self.item.decision,
            reason: self.item.reason.clone(),
            until: self.item.until,
        })
    }

    /// Whether a decision is not saved yet.
    pub fn is_saving(&self) -> bool {
        self.sent.is_some()
    }

    fn request(&self, review: ReviewId, wanted: &Wanted) -> Request {
        let (key, version) = (self.item.key.id, self.item.version);
        match wanted.decision {
            None => Request::Undecide { review, key, version },
            Some(decision) => {
                let (until, reason) = (wanted.until, wanted.reason.clone());
                Request::Decide { review, key, decide: Decide { decision, until, reason, version } }
            }
        }
    }
}

/// The loaded keys, in the order of the server.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct QueueRows {
    rows: Vec<QueueRow>,
    places: HashMap<KeyId, usize>,
    /// Where the next page begins; none before the first one and after the last one.
    pub next: Option<String>,
    /// All of them are loaded.
    pub complete: bool,
    /// How many there are.
    pub total: u64,
    /// How many keys of the review have each decision, those that are not saved yet included.
    pub decisions: Decisions,
}

impl QueueRows {
    /// None is loaded yet; the review has these decisions.
    pub fn new(decisions: Decisions) -> QueueRows {
        QueueRows { decisions, ..QueueRows::default() }
    }

    /// A row by its place.
    pub fn get(&self, at: usize) -> Option<&QueueRow> {
        self.rows.get(at)
    }

    /// Where a key stands.
    pub fn place(&self, key: KeyId) -> Option<usize> {
        self.places.get(&key).copied()
    }

    /// How many are loaded.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is loaded.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &QueueRow> {
        self.rows.iter()
    }

    /// How many decisions are not saved yet.
    pub fn saving(&self) -> usize {
        self.rows.iter().filter(|row| row.is_saving()).count()
    }

    /// Whether any is.
    pub fn is_saving(&self) -> bool {
        self.rows.iter().any(QueueRow::is_saving)
    }

    /// Whether a decision waits for the answer to an earlier one on the same key.
    pub fn has_queued(&self) -> bool {
        self.rows.iter().any(|row| row.then.is_some())
    }

    /// Takes a page in.
    pub fn take(&mut self, page: &Page<ReviewItem>) {
        for item in &page.items {
            if self.places.contains_key(&item.key.id) {
                // It has moved in the order while the pages were read.
                self.refresh(item);
                continue;
            }
            self.places.insert(item.key.id, self.rows.len());
            self.rows.push(QueueRow { item: item.clone(), sent: None, then: None, undone: false });
        }
        (self.total, self.next, self.complete) = (page.total, page.next.clone(), page.next.is_none());
    }

    /// Counts the decisions of the keys themselves, where these are all keys of the review: what the server counted
    /// may be of another moment.
    pub fn count(&mut self) {
        let mut decisions = Decisions::default();
        self.rows.iter().for_each(|row| *decisions.of(row.shown()) += 1);
        self.decisions = decisions;
    }

    /// The first undecided key behind this place, or before it where there is none behind.
    pub fn undecided_after(&self, at: usize) -> Option<usize> {
        let count = self.rows.len();
        let undecided = |at: &usize| self.rows[*at].shown().is_none();
        (at + 1..count).find(undecided).or_else(|| (0..count.min(at + 1)).find(undecided))
    }

    /// The first undecided key.
    pub fn first_undecided(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.shown().is_none())
    }

    /// The place of the key on which this person decided last. `here` is what was decided in this dashboard, the last
    /// one last: a decision that is not saved yet has no time, and two may be of the same moment. A decision that an
    /// undo brought back (`undone`) counts by the time and for the person that it had before.
    pub fn last_of(&self, person: &str, here: &[OwnDecision], undone: &[OwnDecision]) -> Option<usize> {
        let restored = |row: &QueueRow| {
            let own = undone.iter().rev().find(|own| own.key == row.item.key.id);
            own.filter(|own| own.before == row.wanted())
        };
        let own = |row: &QueueRow| {
            let mine = row.is_saving() || row.item.decided_by.as_deref() == Some(person);
            row.shown().is_some() && restored(row).map_or(mine, |own| own.before_mine)
        };
        let time = |row: &QueueRow| {
            let place = here.iter().rposition(|own| own.key == row.item.key.id);
            match restored(row) {
                Some(own) => (false, own.before_at, place),
                None => (row.is_saving(), row.item.decided_at.filter(|_| !row.is_saving()), place),
            }
        };
        let own = self.rows.iter().enumerate().filter(|(_, row)| own(row));
        own.max_by_key(|(_, row)| time(row)).map(|(at, _)| at)
    }

    /// Decides on a key. Gives what to send, unless an earlier decision on it is not answered yet.
    pub fn decide(&mut self, review: ReviewId, at: usize, wanted: Wanted) -> Option<Request> {
        let row = self.rows.get_mut(at)?;
        let (before, after) = (row.shown(), wanted.decision);
        let request = if row.sent.is_some() {
            row.then = Some(wanted);
            None
        } else {
            let request = row.request(review, &wanted);
            row.sent = Some(wanted);
            Some(request)
        };
        self.shift(before, after);
        request
    }

    /// A decision is saved. Gives what to send next, where something else was decided meanwhile.
    pub fn saved(&mut self, review: ReviewId, item: &ReviewItem) -> Option<Request> {
        let at = self.place(item.key.id)?;
        let row = &mut self.rows[at];
        let before = row.shown();
        (row.sent, row.undone) = (None, false);
        row.item = item.clone();
        let next = row.then.take().filter(|wanted| !wanted.is_in(item));
        let request = next.map(|wanted| {
            let request = row.request(review, &wanted);
            row.sent = Some(wanted);
            request
        });
        let after = row.shown();
        self.shift(before, after);
        request
    }

    /// A decision was not saved: the key has again what the server has. Gives what was wanted.
    pub fn refused(&mut self, key: KeyId) -> Option<Wanted> {
        let at = self.place(key)?;
        let row = &mut self.rows[at];
        let before = row.shown();
        let wanted = row.sent.take();
        (row.then, row.undone) = (None, false);
        let after = row.shown();
        self.shift(before, after);
        wanted
    }

    /// A decision is undone; how the key is then is still to be read.
    pub fn undone(&mut self, key: KeyId) {
        if let Some(at) = self.place(key) {
            self.rows[at].undone = true;
        }
    }

    /// Keys could not be read: those whose decision was undone have none, as far as is known.
    pub fn forget_undone(&mut self) {
        for row in self.rows.iter_mut().filter(|row| row.undone) {
            (row.sent, row.then, row.undone) = (None, None, false);
            row.item.version += 1;
            (row.item.decision, row.item.reason, row.item.until) = (None, None, None);
            (row.item.decided_by, row.item.decided_at) = (None, None);
        }
    }

    /// Whether the key is to be read after its decision was undone.
    pub fn is_undone(&self, key: KeyId) -> bool {
        self.place(key).is_some_and(|at| self.rows[at].undone)
    }

    /// A key was read again.
    pub fn refresh(&mut self, item: &ReviewItem) {
        let Some(at) = self.place(item.key.id) else { return };
        let row = &mut self.rows[at];
        if item.version < row.item.version {
            return;
        }
        let before = row.shown();
        row.item = item.clone();
        let after = row.shown();
        self.shift(before, after);
    }

    /// What was told of a key. Its findings by another threshold than the server's stay as they were read.
    pub fn tell(&mut self, key: KeyId, findings: bool, told: impl FnOnce(&Key) -> Option<Key>) -> bool {
        let Some(at) = self.place(key) else { return false };
        let item = &mut self.rows[at].item;
        let Some(mut next) = told(&item.key).filter(|next| *next != item.key) else { return false };
        if !findings {
            next.findings.clone_from(&item.key.findings);
        }
        if item.decision.is_none() {
            item.findings.clone_from(&next.findings);
            item.last_used_at = next.last_used_at;
        }
        item.key = next;
        true
    }

    /// Another one of the loaded keys has a decision now, or none.
    fn shift(&mut self, before: Option<Decision>, after: Option<Decision>) {
        let count = self.decisions.of(before);
        *count = count.saturating_sub(1);
        *self.decisions.of(after) += 1;
    }
}
