//! What the reviewer decides, and what becomes of it: sent, saved, undone, refused, or replaced by someone else's.

use std::fmt::Write as _;

use super::super::review_reason::ReasonForm;
use super::super::review_rows::{OwnDecision, QueueRow, Wanted};
use super::{Queue, over_words};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Facts, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::{Failure, FailureKind};
use crate::tui::model::review_words::{decision_label, needs_reason};
use crate::tui::model::wording::{outcome, words};
use crate::wire::audit::{self, Event, EventQuery};
use crate::wire::id::KeyId;
use crate::wire::page::MAX_LIMIT;
use crate::wire::problem::Code;
use crate::wire::reviews::{Decision, ReviewItem};
use crate::wire::time::Timestamp;

impl Queue {
    /// Whether keys are decided on here; says why not.
    pub(super) fn may_decide(&mut self, facts: Facts<'_>) -> Result<(), Vec<Step>> {
        if !self.review.is_open() {
            self.note = Some((true, over_words(self.review.status)));
            return Err(Vec::new());
        }
        let Some(why) = facts.reviews_refused else { return Ok(()) };
        if facts.locked_only() {
            return Err(vec![Step::Open(OpenDialog::Unlock(Vec::new()))]);
        }
        self.note = Some((true, why.to_owned()));
        Err(Vec::new())
    }

    pub(super) fn decide(&mut self, facts: Facts<'_>, action: Action) -> Vec<Step> {
        let decision = match action {
            Action::Keep => Decision::Keep,
            Action::Revoke => Decision::Revoke,
            Action::Rotate => Decision::Rotate,
            Action::Pause => Decision::Pause,
            Action::Ask => Decision::Ask,
            _ => Decision::Skip,
        };
        if let Err(steps) = self.may_decide(facts) {
            return steps;
        }
        if facts.too_fast(self.jumped) {
            self.note = Some((true, facts.too_fast_words(action)));
            return Vec::new();
        }
        let Some(row) = self.row() else { return Vec::new() };
        if decision == Decision::Ask || decision == Decision::Keep && needs_reason(&row.item) {
            self.reason = Some(ReasonForm::new(&row.item, decision, self.last_reason.clone()));
            self.cancel_undo();
            return Vec::new();
        }
        let (key, name, before) = (row.item.key.id, row.item.key.full_name(), row.wanted());
        if before.decision == Some(decision) {
            // Nothing new: its reason stays.
            return self.set(facts, key, before);
        }
        let steps = self.set(facts, key, Wanted::of(decision));
        if let Some(reason) = before.reason {
            let then = self.note.take().map(|(_, words)| format!(" {words}")).unwrap_or_default();
            let words = format!("{name}: the reason of the earlier decision was cleared ({reason}).{then}");
            self.note = Some((false, words));
        }
        steps
    }

    /// Gives the decision a reason, and keep a date.
    pub(super) fn explain(&mut self, facts: Facts<'_>) -> Vec<Step> {
        if let Err(steps) = self.may_decide(facts) {
            return steps;
        }
        if let Some(row) = self.row() {
            // A date belongs to keep alone, and so does a reason that is given before anything is decided.
            let decision = row.shown().unwrap_or(Decision::Keep);
            self.reason = Some(ReasonForm::new(&row.item, decision, self.last_reason.clone()));
        }
        Vec::new()
    }

    /// Decides and goes on.
    pub(super) fn set(&mut self, facts: Facts<'_>, key: KeyId, wanted: Wanted) -> Vec<Step> {
        let Some(at) = self.rows.place(key) else { return Vec::new() };
        let same = self.rows.get(at).is_some_and(|row| !row.is_saving() && wanted.is_in(&row.item));
        self.note = None;
        self.cancel_undo();
        let mut steps = Vec::new();
        if !same {
            self.note_own(facts, at, &wanted);
            steps.extend(self.rows.decide(self.review.id, at, wanted).map(Step::Ask));
        }
        self.advance(facts);
        steps
    }

    /// Takes back the last decision of this person.
    pub(super) fn undo(&mut self, facts: Facts<'_>) -> Vec<Step> {
        if let Err(steps) = self.may_decide(facts) {
            return steps;
        }
        if !self.filter.is_empty() {
            // The last decision may be on a key that the filter hides.
            let steps = self.apply(facts, "", Action::Undo);
            if self.filter.is_empty() {
                self.undo_later();
            }
            return steps;
        }
        if !self.rows.complete {
            self.undo_later();
            return Vec::new();
        }
        self.undo_loaded(facts)
    }

    fn undo_later(&mut self) {
        // After a failure the keys are requested again.
        (self.undoing, self.failed) = (true, None);
        self.note = Some((false, "Loading the other decisions, then undoing the last one.".to_owned()));
    }

    /// Forgets an undo that waits for the other keys: after anything else, another decision may be the last one.
    pub(super) fn cancel_undo(&mut self) {
        let looking = self.looking_back.take().is_some();
        if std::mem::take(&mut self.undoing) || looking {
            self.note = Some((false, "The pending undo was cancelled.".to_owned()));
        }
    }

    /// The same once all keys are loaded: which decision is the last one is known then.
    pub(super) fn undo_loaded(&mut self, facts: Facts<'_>) -> Vec<Step> {
        (self.undoing, self.seeking) = (false, false);
        if let Some(words) = self.forget_replaced(facts) {
            self.note = Some((false, words));
            return Vec::new();
        }
        let Some((at, row)) = self.last_own(facts).and_then(|at| Some((at, self.rows.get(at)?))) else {
            let undid = self.took_back || !self.undone.is_empty();
            let words = if undid { "Nothing more to undo." } else { "You have not decided on any key yet." };
            self.note = Some((false, words.to_owned()));
            return Vec::new();
        };
        let (key, now) = (row.item.key.id, row.wanted());
        let known = self.mine.iter().rposition(|own| own.key == key);
        if !row.is_saving() && known.is_none_or(|at| self.mine[at].set != now) {
            // This queue did not see the earlier decision: read it from the audit log.
            self.looking_back = Some(key);
            self.note = Some((false, "Looking up the decision that stood before…".to_owned()));
            self.go(at);
            let query = EventQuery { key: Some(key), limit: Some(MAX_LIMIT), ..EventQuery::default() };
            return vec![Step::Ask(Request::AuditEvents { query, etag: None })];
        }
        let own = known.map(|at| self.mine.remove(at));
        self.take_back(facts, at, own)
    }

    /// Shows the key that was decided on last here, if someone else has decided on it since, and forgets that
    /// decision: who undoes it must not lose an older one unasked.
    fn forget_replaced(&mut self, facts: Facts<'_>) -> Option<String> {
        let key = self.mine.last()?.key;
        let at = self.rows.place(key)?;
        let row = self.rows.get(at)?;
        let me = &facts.connection.session.as_ref()?.principal;
        if row.is_saving() || row.item.decided_by.as_ref() == Some(me) {
            return None;
        }
        let became = match (&row.item.decided_by, row.item.decision) {
            (Some(by), Some(_)) => format!("replaced by {by}"),
            _ => "undone meanwhile".to_owned(),
        };
        let mut words = format!("Your last decision, on {}, was {became}.", row.item.key.full_name());
        self.mine.retain(|own| own.key != key);
        self.go(at);
        if self.last_own(facts).is_some() {
            let _ = write!(words, " {} undoes the one before it.", facts.key(Action::Undo));
        }
        Some(words)
    }

    /// Takes back a decision; `own` says what stood before it.
    fn take_back(&mut self, facts: Facts<'_>, at: usize, own: Option<OwnDecision>) -> Vec<Step> {
        let Some(row) = self.rows.get(at) else { return Vec::new() };
        let (key, name, now) = (row.item.key.id, row.item.key.full_name(), row.wanted());
        let word = now.decision.map_or("decided", Decision::as_str);
        let before = own.as_ref().map(|own| own.before.clone()).unwrap_or_default();
        let mut words = format!("Undone: {word} {name}, your last decision.");
        match &own {
            Some(own) if before.decision.is_some() => {
                let whose = if own.before_mine { "" } else { ", now in your name" };
                let _ = write!(words, " Restored: {}{whose}.", before.words());
            }
            // Earlier decisions of one that was changed elsewhere are out of date.
            _ => self.mine.retain(|own| own.key != key),
        }
        self.undone.retain(|own| own.key != key);
        self.undone.extend(own);
        let request = self.rows.decide(self.review.id, at, before);
        self.took_back = true;
        self.go(at);
        if self.last_own(facts).is_some() {
            let _ = write!(words, " {} undoes the one before it.", facts.key(Action::Undo));
        }
        self.note = Some((false, words));
        request.map(Step::Ask).into_iter().collect()
    }

    /// The audit log has told which decisions were made on a key: the one before the last is brought back.
    pub(super) fn looked_back(&mut self, facts: Facts<'_>, events: Result<&[Event], String>) -> Vec<Step> {
        let Some(key) = self.looking_back.take() else { return Vec::new() };
        let events = match events {
            Ok(events) => events,
            Err(why) => {
                let words = format!("Cannot read what stood before. Nothing was undone. {why}");
                self.note = Some((true, words));
                return Vec::new();
            }
        };
        let at = self.rows.place(key);
        let Some((at, row)) =
            at.and_then(|at| Some((at, self.rows.get(at)?))).filter(|(_, row)| !row.is_saving())
        else {
            return Vec::new();
        };
        let review = self.review.id.to_string();
        let of_review = |event: &&Event| {
            event.action == audit::Action::ReviewDecided
                && event.detail_text("review") == Some(review.as_str())
        };
        let stood = decisions_in_force(events.iter().filter(of_review), row.item.version);
        let me = facts.connection.session.as_ref().map(|session| session.principal.as_str());
        // Of a decision that an undo brought back, what stood before it is older than what was undone.
        let restored = self.undone.iter().rev().find(|own| own.key == key && own.before == row.wanted());
        let of = restored.map_or(row.item.version, |own| own.before_version);
        if let Some(last) = stood.last().filter(|last| restored.is_none() && last.version < of) {
            // An undo of another session brought it back: another decision may be a later one.
            self.undone.push(OwnDecision {
                key,
                set: Wanted::default(),
                at: row.item.decided_at.unwrap_or(facts.server_now),
                before: row.wanted(),
                before_at: Some(last.at),
                before_mine: me == Some(last.by),
                before_version: last.version,
            });
            return self.undo_loaded(facts);
        }
        let before = stood.iter().rev().find(|decision| decision.version < of);
        let own = before.map(|before| OwnDecision {
            key,
            set: row.wanted(),
            at: row.item.decided_at.unwrap_or(facts.server_now),
            before: before.wanted.clone(),
            before_at: Some(before.at),
            before_mine: me == Some(before.by),
            before_version: before.version,
        });
        self.take_back(facts, at, own)
    }

    /// The place of the key on which this person decided last.
    fn last_own(&self, facts: Facts<'_>) -> Option<usize> {
        let me = facts.connection.session.as_ref()?;
        self.rows.last_of(&me.principal, &self.mine, &self.undone)
    }

    /// Remembers what a decision replaces, so that an undo can bring it back.
    fn note_own(&mut self, facts: Facts<'_>, at: usize, wanted: &Wanted) {
        let Some(row) = self.rows.get(at) else { return };
        let (key, before) = (row.item.key.id, row.wanted());
        let own = self.mine.iter().rev().find(|own| own.key == key && own.set == before);
        let me = facts.connection.session.as_ref().map(|session| session.principal.as_str());
        let own = OwnDecision {
            key,
            set: wanted.clone(),
            at: facts.server_now,
            before_mine: own.is_some() || row.item.decided_by.as_deref() == me,
            before_at: own.map(|own| own.at).or(row.item.decided_at),
            before_version: row.item.version,
            before,
        };
        self.undone.retain(|undone| undone.key != key);
        self.mine.push(own);
    }

    /// To the next undecided key.
    pub(super) fn advance(&mut self, facts: Facts<'_>) {
        match self.rows.undecided_after(self.at) {
            Some(at) => self.go(at),
            None if !self.rows.complete => self.seeking = true,
            None => {
                let words = match (self.filter.is_empty(), facts.key(Action::Execute)) {
                    (true, key) if facts.connection.auditor() => {
                        format!(
                            "All keys are decided. Press {key} for the summary. A member or admin executes it."
                        )
                    }
                    (true, key) => format!("All keys are decided. Press {key} to execute the decisions."),
                    (false, _) => {
                        format!("All keys that match are decided. {} shows all.", facts.key(Action::Cancel))
                    }
                };
                self.note = Some((false, words));
            }
        }
    }

    /// A decision on this key, or its undo, was not saved: what stands is known again.
    fn forget_refused(&mut self, key: KeyId) {
        let stands = self.rows.place(key).and_then(|at| self.rows.get(at)).map(QueueRow::wanted);
        if let Some(at) = self.undone.iter().rposition(|own| own.key == key) {
            let own = self.undone.remove(at);
            self.mine.extend(stands.as_ref().is_some_and(|stands| own.set == *stands).then_some(own));
        }
        while let Some(at) = self.mine.iter().rposition(|own| own.key == key) {
            if stands.as_ref().is_some_and(|stands| self.mine[at].set == *stands) {
                break;
            }
            self.mine.remove(at);
        }
    }

    pub(super) fn reread(&mut self, facts: Facts<'_>, item: &ReviewItem) -> Option<Step> {
        let key = item.key.id;
        if self.rows.is_undone(key) {
            return self.rows.saved(self.review.id, item).map(Step::Ask);
        }
        self.rows.refresh(item);
        self.met_in_form(facts, false);
        let met = self.met.iter().position(|(id, _)| *id == key)?;
        let (_, wanted) = self.met.remove(met);
        let (_, mine) = decision_label(wanted.decision);
        let by = item.decided_by.as_deref().unwrap_or("someone else");
        let name = item.key.full_name();
        let words = match item.decision {
            Some(decision) if wanted.is_in(item) => {
                format!("{by} has also decided to {} {name}.", decision.as_str())
            }
            Some(decision) if wanted.decision.is_none() => {
                format!("{by} decided {} on {name} meanwhile. Nothing was undone.", decision.as_str())
            }
            Some(decision) => format!(
                "{by} decided {} on {name} meanwhile. Your decision ({mine}) was not saved; decide again to replace it.",
                decision.as_str()
            ),
            None if wanted.decision.is_none() => format!("The decision on {name} was already undone."),
            None => format!("The decision on {name} was undone meanwhile. Yours ({mine}) was not saved."),
        };
        self.note = Some((true, words));
        self.back_to(facts, key);
        None
    }

    /// Whether someone else has decided on the key whose reason is being typed, which the form says. Once that was
    /// `answered` by Enter, the next one replaces it.
    pub(super) fn met_in_form(&mut self, facts: Facts<'_>, answered: bool) -> bool {
        let Some(form) = &mut self.reason else { return false };
        let Some(item) = self.rows.place(form.key).and_then(|at| self.rows.get(at)).map(|row| &row.item)
        else {
            return false;
        };
        let me = facts.connection.session.as_ref().map(|session| session.principal.as_str());
        if item.version == form.version || item.decided_by.as_deref().is_some_and(|by| Some(by) == me) {
            return false;
        }
        let submit = facts.key(Action::Submit);
        form.note = Some(match (&item.decided_by, item.decision) {
            (Some(by), Some(decision)) => {
                format!("{by} decided {} meanwhile. Press {submit} again to replace it.", decision.as_str())
            }
            _ => format!("The decision was undone meanwhile. Press {submit} again to decide."),
        });
        if answered {
            form.version = item.version;
        }
        true
    }

    /// Shows a key that the reviewer has left: what was pressed before it could be read is not meant for it.
    pub(super) fn back_to(&mut self, facts: Facts<'_>, key: KeyId) {
        let Some(at) = self.rows.place(key) else { return };
        (self.seeking, self.reason) = (false, None);
        if at != self.at {
            self.jumped = facts.now;
            self.go(at);
        }
    }

    pub(super) fn failed_to_decide(
        &mut self,
        facts: Facts<'_>,
        asked: &Request,
        failure: &Failure,
    ) -> Vec<Step> {
        let (Request::Decide { key, .. } | Request::Undecide { key, .. }) = asked else { return Vec::new() };
        // The decision that an undo was meant for may be this one.
        self.undoing = false;
        let wanted = self.rows.refused(*key);
        self.forget_refused(*key);
        let name = self.rows.place(*key).and_then(|at| self.rows.get(at));
        let name = name.map_or_else(|| key.to_string(), |row| row.item.key.full_name());
        match failure.code {
            Some(Code::DecisionChanged) => {
                self.met.extend(wanted.map(|wanted| (*key, wanted)));
                return vec![self.read(*key)];
            }
            Some(Code::ReviewClosed) => {
                self.note = Some((true, format!("{name}: {}", outcome(asked, failure))));
                return self.look().into_iter().collect();
            }
            _ => {}
        }
        // One that was tried again is still one decision.
        self.unsaved.retain(|other| other != key);
        self.unsaved.push(*key);
        let why = outcome(asked, failure);
        let first = self.unsaved.iter().min_by_key(|key| self.rows.place(**key)).copied();
        let row = first.and_then(|key| self.rows.place(key)).and_then(|at| self.rows.get(at));
        let first_name = row.map_or_else(|| name.clone(), |row| row.item.key.full_name());
        self.note = Some((
            true,
            match self.unsaved.len() {
                1 => format!("{name}: {why}"),
                many => {
                    format!("{many} decisions were not saved, the first on {first_name}. {}", words(failure))
                }
            },
        ));
        if let Some(first) = first {
            self.back_to(facts, first);
        }
        if failure.kind == FailureKind::OutcomeUnknown { vec![self.read(*key)] } else { Vec::new() }
    }
}

/// A decision on a key, as the audit log tells of it.
struct PastDecision<'a> {
    wanted: Wanted,
    version: u64,
    at: Timestamp,
    by: &'a str,
}

/// The decisions on a key up to this version that stand above one another: the last one is the present one. Where a
/// person brings back what stood below the own last decision, that is an undo, and takes both away.
fn decisions_in_force<'a>(events: impl Iterator<Item = &'a Event>, until: u64) -> Vec<PastDecision<'a>> {
    let version = |event: &Event| event.detail.get("version").and_then(serde_json::Value::as_u64);
    let mut past: Vec<PastDecision<'a>> = events
        .filter_map(|event| {
            let (wanted, at, by) = (Wanted::told(event), event.at, event.actor.as_str());
            Some(PastDecision { wanted, version: version(event)?, at, by })
        })
        .filter(|decision| decision.version <= until)
        .collect();
    past.sort_by_key(|decision| decision.version);
    let undecided = Wanted::default();
    let mut stood: Vec<PastDecision<'a>> = Vec::new();
    for decision in past {
        let own = stood.last().filter(|last| last.by == decision.by).map(|last| &last.wanted);
        let below = stood.len().checked_sub(2).map_or(&undecided, |at| &stood[at].wanted);
        match own {
            // The same again: there is nothing between to go back to.
            Some(own) if *own == decision.wanted => {
                stood.pop();
                stood.push(decision);
            }
            Some(_) if *below == decision.wanted => {
                stood.pop();
            }
            _ => stood.push(decision),
        }
    }
    stood
}
