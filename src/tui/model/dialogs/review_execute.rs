//! The summary of a review before its decisions are executed: what would be done, who would be hurt, and what has
//! changed since the decisions. What was confirmed is executed and nothing else; then what became of each key.

use std::collections::{HashMap, HashSet};

use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, PackScope, Step};
use crate::tui::model::dialogs::pack::pack_command;
use crate::tui::model::dialogs::review_plan::{Plan, used_today};
use crate::tui::model::effect::{CopyText, Effect, Request};
use crate::tui::model::event::{Failure, Reply};
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Pointed, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::tone::Tone;
use crate::tui::model::wording::{outcome, words};
use crate::wire::audit;
use crate::wire::id::KeyId;
use crate::wire::page::MAX_LIMIT;
use crate::wire::problem::Code;
use crate::wire::reviews::{Decision, DecisionFilter, Execute, ItemQuery, Review, ReviewStatus};
use crate::wire::text::number;
use crate::wire::time::Timestamp;

/// Callers are requested for this many keys at a time.
const CALLERS: usize = 20;
/// The most undecided keys that are named.
const NAMED: u32 = 50;

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExecutePhase {
    /// It asks.
    Asking,
    /// The request was sent.
    Sending,
    /// It was answered.
    Done,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct ExecuteDialog {
    /// The review.
    pub review: Review,
    /// What would be done, or was.
    pub plan: Plan,
    /// How many keys are revoked or paused, as it is typed.
    pub count: Field,
    /// How far it is.
    pub phase: ExecutePhase,
    /// What has to be said.
    pub note: Option<String>,
    /// What became of the last copy.
    pub copied: Option<(Level, String)>,
    /// Who may execute, where that is not this person.
    pub refused: Option<String>,
    /// Pages of keys that could not be loaded: their decision, and where they begin.
    failed: Vec<(Option<Decision>, Option<String>)>,
    /// Cursor of the next page of undecided keys, which is loaded when the user scrolls to the end.
    more: Option<String>,
    top: usize,
    opened: Timestamp,
    planning: bool,
    /// The keys whose callers were requested.
    asked: HashSet<KeyId>,
    /// What was told and is taken in already.
    heard: u64,
    /// The keys that have come of each decision that is being read.
    came: HashMap<Option<Decision>, HashSet<KeyId>>,
    /// How many decisions are being read.
    reading: usize,
    /// They were changed meanwhile, so they are read once more.
    read_again: bool,
}

impl ExecuteDialog {
    /// For this review.
    pub fn new(review: Review, opened: Timestamp) -> ExecuteDialog {
        ExecuteDialog {
            review,
            plan: Plan::default(),
            count: Field::default(),
            phase: ExecutePhase::Asking,
            note: None,
            copied: None,
            refused: None,
            failed: Vec::new(),
            more: None,
            top: 0,
            opened,
            planning: false,
            asked: HashSet::new(),
            heard: 0,
            came: HashMap::new(),
            reading: 0,
            read_again: false,
        }
    }

    /// How many nodes have confirmed it, while its answer is awaited.
    pub fn waiting_words(&self, facts: Facts<'_>) -> String {
        let id = self.review.id.to_string();
        facts.waiting_words("Executing", |event| {
            event.action == audit::Action::ReviewExecuted && event.detail["review"] == id.as_str()
        })
    }

    /// How many keys stop working.
    pub fn stopped(&self) -> usize {
        self.plan.stopped()
    }

    /// Whether the answer of the dry run is awaited.
    pub fn is_planning(&self) -> bool {
        self.planning
    }

    /// What is done, for the button: `Revoke 10, pause 2`.
    pub fn verb(&self) -> String {
        if self.plan.hash.is_none() && !self.planning {
            return "check again".to_owned();
        }
        let (revoked, paused) = self.plan.kills();
        let mut words = Vec::new();
        if revoked > 0 {
            words.push(format!("revoke {}", number(revoked as u64)));
        }
        if paused > 0 {
            words.push(format!("pause {}", number(paused as u64)));
        }
        if words.is_empty() { "execute".to_owned() } else { words.join(", ") }
    }

    /// How many lines there are with those of keys that are not loaded yet: the number stays while they are.
    pub fn total(&self, lines: usize) -> usize {
        match self.plan.not_named(&self.review) {
            0 => lines,
            // One line stands for all of them.
            more => lines - 1 + more,
        }
    }

    /// All lines of it, and the first one that is seen.
    pub fn lines(&self, facts: Facts<'_>) -> (Vec<(Tone, String)>, usize) {
        let done = self.phase == ExecutePhase::Done || !self.review.is_open();
        let lines = if done || self.plan.hash.is_some() || self.refused.is_some() {
            self.plan.lines(facts, &self.review, (done, !done && self.refused.is_none()))
        } else {
            // What is not known must not look like a summary.
            vec![(Tone::Text, "What would be done is not known yet.".to_owned())]
        };
        let top = self.top.min(lines.len().saturating_sub(self.visible(facts)));
        (lines, top)
    }

    fn plan_again(&mut self) -> Vec<Step> {
        if self.planning || self.refused.is_some() {
            return Vec::new();
        }
        self.planning = true;
        let execute = Execute { dry_run: true, decisions: None };
        vec![Step::Ask(Request::ExecuteReview { id: self.review.id, execute })]
    }

    /// Asks for the keys with this decision, page by page.
    fn items(&self, decision: Option<Decision>, cursor: Option<String>) -> Step {
        let limit = if decision.is_none() && cursor.is_none() { NAMED } else { MAX_LIMIT };
        let query = ItemQuery {
            decision: Some(DecisionFilter(decision)),
            limit: Some(limit),
            cursor,
            ..ItemQuery::default()
        };
        Step::Ask(Request::ReviewItems { id: self.review.id, query })
    }

    fn all_items(&mut self) -> Vec<Step> {
        self.plan.items.clear();
        self.items_again()
    }

    /// The same for who reads the summary meanwhile: what is loaded stays until it comes again.
    fn items_again(&mut self) -> Vec<Step> {
        self.failed.clear();
        self.more = None;
        use Decision::{Ask, Keep, Pause, Revoke, Rotate, Skip};
        let of = [Some(Revoke), Some(Pause), Some(Rotate), Some(Keep), Some(Ask), Some(Skip), None];
        (self.reading, self.read_again) = (of.len(), false);
        of.into_iter().map(|decision| self.items(decision, None)).collect()
    }

    /// Requests again what could not be loaded.
    fn retry(&mut self) -> Vec<Step> {
        let mut steps = if self.plan.hash.is_none() { self.plan_again() } else { Vec::new() };
        self.note = None;
        let failed = std::mem::take(&mut self.failed);
        steps.extend(failed.into_iter().map(|(decision, cursor)| self.items(decision, cursor)));
        self.plan.callers.retain(|id, callers| {
            let known = callers.is_ok();
            if !known {
                self.asked.remove(id);
            }
            known
        });
        steps
    }

    /// Whether something of the summary could not be loaded.
    fn lacks(&self) -> bool {
        let planned = self.plan.hash.is_some() || self.planning || self.refused.is_some();
        !self.failed.is_empty() || !planned && self.review.is_open()
    }

    /// Requests the callers of the keys that stop working, some at a time.
    fn ask_callers(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let awaited = self.asked.iter().filter(|id| !self.plan.callers.contains_key(id)).count();
        let mut used = used_today(&self.plan, facts.server_now);
        used.retain(|id| !self.asked.contains(id));
        used.truncate(CALLERS.saturating_sub(awaited));
        self.asked.extend(&used);
        used.into_iter().map(|id| Step::Ask(Request::Callers(id))).collect()
    }

    fn confirm(&mut self, facts: Facts<'_>, yes: bool) -> Vec<Step> {
        let stopped = self.stopped();
        let Some(hash) = self.plan.hash.clone().filter(|_| !self.planning) else {
            let key = facts.key(if yes { Action::Confirm } else { Action::Submit });
            self.note = Some(format!("Still checking what would be done. Press {key} again in a moment."));
            return self.plan_again();
        };
        let typed = self.count.text().trim() == stopped.to_string();
        if stopped >= 2 && !typed || stopped < 2 && !yes {
            let not =
                if self.count.text().is_empty() { String::new() } else { format!("That is not {stopped}. ") };
            self.note = Some(format!("{not}{}", self.how(facts)));
            return Vec::new();
        }
        if facts.too_fast(self.opened) {
            self.note = Some(facts.too_fast_words(if yes { Action::Confirm } else { Action::Submit }));
            return Vec::new();
        }
        (self.phase, self.note) = (ExecutePhase::Sending, None);
        let execute = Execute { dry_run: false, decisions: Some(hash) };
        vec![Step::Ask(Request::ExecuteReview { id: self.review.id, execute })]
    }

    fn how(&self, facts: Facts<'_>) -> String {
        let [confirm, submit, cancel] =
            [Action::Confirm, Action::Submit, Action::Cancel].map(|action| facts.key(action));
        match self.stopped() {
            0 | 1 => format!("Press {confirm} to {} or {cancel} to cancel.", self.verb()),
            many => format!("Type {many} to confirm, then press {submit}."),
        }
    }

    fn planned(&mut self, facts: Facts<'_>, done: &crate::wire::reviews::Executed) -> Vec<Step> {
        self.planning = false;
        self.review = done.review.clone();
        let before = self.plan.hash.replace(done.decisions.clone());
        let changed = self.plan.results != done.results || before.as_ref() != Some(&done.decisions);
        let first = before.is_none();
        self.plan.results.clone_from(&done.results);
        let mut steps = Vec::new();
        if first {
            // What was pressed while nothing was known was no answer to this summary.
            self.opened = facts.now;
        }
        if changed && !first {
            // What was typed was meant for another summary.
            self.count.clear();
            self.opened = facts.now;
            self.note = Some(format!("Changed meanwhile. {}", self.how(facts)));
            steps.extend(self.all_items());
        }
        steps
    }
}

impl DialogLogic for ExecuteDialog {
    fn opened(&mut self, facts: Facts<'_>) -> Vec<Step> {
        if let Some(why) = facts.read_only {
            // An auditor decides, and others execute.
            let others = facts.reviews_refused.is_none();
            self.refused =
                Some(if others { "A member or admin executes it.".to_owned() } else { why.to_owned() });
        }
        let mut steps = self.plan_again();
        steps.extend(self.all_items());
        steps
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let page = isize::try_from(self.visible(facts)).unwrap_or(1);
        match input {
            Input::Do(Action::Up) => return self.scroll(facts, -1),
            Input::Do(Action::Down) => return self.scroll(facts, 1),
            Input::Do(Action::PageUp) => return self.scroll(facts, -page),
            Input::Do(Action::PageDown) => return self.scroll(facts, page),
            Input::Do(Action::First) => return self.scroll(facts, isize::MIN),
            Input::Do(Action::Last) => return self.scroll(facts, isize::MAX),
            Input::Do(Action::Cancel) if self.phase == ExecutePhase::Sending => {
                let words = "Still executing. The result will be shown here.".to_owned();
                return vec![Step::Close, Step::Say(Level::Warn, words)];
            }
            Input::Do(Action::Cancel | Action::Decline) => return vec![Step::Close],
            Input::Do(Action::Refresh) => {
                let mut steps = self.retry();
                steps.extend(self.ask_callers(facts));
                return steps;
            }
            Input::Do(Action::CopyMask) if self.awaits_signature() => {
                let copy = CopyText::Public("command", pack_command(&self.review, facts));
                return vec![Step::Effect(Effect::Copy(copy))];
            }
            Input::Do(Action::Export) if self.awaits_signature() => {
                return vec![Step::Close, Step::Open(OpenDialog::Pack(PackScope::review(&self.review)))];
            }
            Input::Do(_) if self.phase == ExecutePhase::Done || self.is_over() => return vec![Step::Close],
            _ if self.phase != ExecutePhase::Asking || self.is_over() => {}
            Input::Do(action) => return self.confirm(facts, action == Action::Confirm),
            Input::Edit(Edit::Insert(c)) if !c.is_ascii_digit() => self.note = Some(self.how(facts)),
            Input::Edit(edit) => {
                self.note = None;
                return self.count.edit(edit).map(Step::Offer).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        match (asked, answer) {
            (
                Request::ExecuteReview { execute: Execute { dry_run: true, .. }, .. },
                Ok(Reply::Executed(done)),
            ) => {
                let mut steps = self.planned(facts, done);
                steps.extend(self.ask_callers(facts));
                steps
            }
            (Request::ExecuteReview { .. }, Ok(Reply::Executed(done))) => {
                (self.phase, self.top) = (ExecutePhase::Done, 0);
                self.review = done.review.clone();
                self.plan.results.clone_from(&done.results);
                self.plan.receipt.clone_from(&done.receipt);
                Vec::new()
            }
            (Request::ExecuteReview { execute, .. }, Err(failure)) => {
                self.planning &= !execute.dry_run;
                self.phase = ExecutePhase::Asking;
                if failure.code == Some(Code::DecisionChanged) && !execute.dry_run {
                    self.note = Some("Decisions were changed meanwhile. Nothing was executed.".to_owned());
                    return self.plan_again();
                }
                let failed = if execute.dry_run { words(failure) } else { outcome(asked, failure) };
                self.note = Some(failed);
                Vec::new()
            }
            (Request::ReviewItems { query, .. }, Ok(Reply::ReviewItems(page))) => {
                let decision = query.decision.and_then(|filter| filter.0);
                if query.cursor.is_none() {
                    self.came.remove(&decision);
                }
                self.came.entry(decision).or_default().extend(page.items.iter().map(|item| item.key.id));
                // A page that was asked for before the summary changed may still come.
                let came: HashSet<KeyId> = page.items.iter().map(|item| item.key.id).collect();
                self.plan.items.retain(|item| !came.contains(&item.key.id));
                self.plan.items.extend(page.items.iter().cloned());
                if decision.is_some() && page.next.is_none() {
                    // What has another decision now, or none, is not among those that came.
                    let came = self.came.remove(&decision).unwrap_or_default();
                    self.plan.items.retain(|item| item.decision != decision || came.contains(&item.key.id));
                }
                if self.refused.is_some() && self.review.is_open() {
                    self.plan.expect(facts);
                }
                if decision.is_none() {
                    self.more.clone_from(&page.next);
                }
                match &page.next {
                    Some(next) if decision.is_some() => vec![self.items(decision, Some(next.clone()))],
                    _ => {
                        let mut steps = self.ask_callers(facts);
                        steps.extend(self.read_one());
                        steps
                    }
                }
            }
            (Request::Review(_), Ok(Reply::Review(review))) => {
                self.review = (**review).clone();
                if !self.review.is_open() {
                    // What was expected is not what was done.
                    self.plan.results.clear();
                }
                Vec::new()
            }
            (Request::Callers(id), Ok(Reply::Callers(callers))) => {
                self.plan.callers.insert(*id, Ok(callers.clone()));
                self.ask_callers(facts)
            }
            (Request::Callers(id), Err(failure)) => {
                self.plan.callers.insert(*id, Err(words(failure)));
                self.ask_callers(facts)
            }
            (Request::ReviewItems { query, .. }, Err(failure))
                if query.decision == Some(DecisionFilter(None)) && query.cursor.is_some() =>
            {
                self.more = self.more.take().or_else(|| query.cursor.clone());
                let (why, down) = (words(failure), facts.key(Action::Down));
                self.note =
                    Some(format!("Cannot load more undecided keys. {why} Press {down} to try again."));
                Vec::new()
            }
            (Request::ReviewItems { query, .. }, Err(failure)) => {
                self.failed.push((query.decision.and_then(|filter| filter.0), query.cursor.clone()));
                let (why, retry) = (words(failure), facts.key(Action::Refresh));
                self.note = Some(format!("Cannot load all keys. {why} Press {retry} to retry."));
                self.read_one()
            }
            (_, Err(failure)) => {
                self.note = Some(words(failure));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn asks_user_after(&self, failure: &Failure) -> bool {
        failure.code == Some(Code::DecisionChanged)
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        if let Notice::CopiedText(copied) = notice {
            self.copied = Some(copied.clone());
            return Some(Vec::new());
        }
        if self.refused.is_some() {
            return self.follow(facts, notice);
        }
        if *notice == Notice::Reconnected && self.phase == ExecutePhase::Asking {
            let mut steps = self.retry();
            if self.plan.hash.is_some() && self.review.is_open() {
                steps.extend(self.plan_again());
            }
            steps.extend(self.ask_callers(facts));
            return Some(steps);
        }
        if self.phase != ExecutePhase::Asking || !self.review.is_open() {
            return None;
        }
        match notice {
            Notice::Changes => {
                let batch = facts.batch;
                if std::mem::replace(&mut self.heard, batch.mark()) == batch.mark() {
                    return None;
                }
                let id = self.review.id.to_string();
                let decided =
                    batch.events.iter().any(|event| event.detail_text("review") == Some(id.as_str()));
                let ours = |key: &KeyId| self.plan.results.iter().any(|result| result.id == *key);
                let touched = batch.keys.keys().chain(batch.uses.keys()).any(ours);
                (decided || touched || batch.reload).then(|| self.plan_again())
            }
            Notice::Unheard => Some(self.plan_again()),
            _ => None,
        }
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        match pointed {
            Pointed::Wheel(by) => self.scroll(facts, by),
            Pointed::Click(..) => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let scroll = Hint::silent(&[
            Action::Up,
            Action::Down,
            Action::PageUp,
            Action::PageDown,
            Action::First,
            Action::Last,
        ]);
        let cancel = Hint::new(&[Action::Cancel], "cancel");
        let mut hints = match self.phase {
            ExecutePhase::Sending => vec![
                Hint::words("waiting for all nodes to confirm").or("confirming"),
                Hint::new(&[Action::Cancel], "stop waiting"),
            ],
            ExecutePhase::Done | ExecutePhase::Asking if self.awaits_signature() => vec![
                Hint::new(&[Action::Export], "create the pack").or("pack"),
                Hint::new(&[Action::CopyMask], "copy the command").or("copy"),
                Hint::new(&[Action::Submit, Action::Cancel], "close"),
            ],
            ExecutePhase::Done => vec![Hint::new(&[Action::Submit, Action::Cancel], "close")],
            ExecutePhase::Asking if self.is_over() => {
                vec![Hint::new(&[Action::Submit, Action::Cancel], "close")]
            }
            ExecutePhase::Asking if self.stopped() < 2 => {
                vec![
                    Hint::new(&[Action::Confirm], self.verb()),
                    cancel,
                    Hint::silent(&[Action::Decline, Action::Submit]),
                ]
            }
            ExecutePhase::Asking => vec![Hint::new(&[Action::Submit], self.verb()), cancel],
        };
        if self.lacks() && self.phase == ExecutePhase::Asking {
            hints.insert(0, Hint::new(&[Action::Refresh], "retry"));
        }
        hints.insert(hints.len() - 1, Hint::words("↑ ↓ scroll").or(""));
        hints.push(scroll);
        hints
    }

    fn text(&self) -> Text {
        match self.phase {
            ExecutePhase::Asking if self.is_over() => Text::Refused,
            ExecutePhase::Asking if self.stopped() < 2 => Text::Refused,
            // Letters are keys as long as one of them loads what is missing; the count has digits alone.
            ExecutePhase::Asking if self.lacks() => Text::Pasted,
            ExecutePhase::Asking => Text::Typed,
            ExecutePhase::Sending | ExecutePhase::Done => Text::Refused,
        }
    }

    fn watches(&self) -> bool {
        self.phase == ExecutePhase::Asking
    }
}

impl ExecuteDialog {
    /// The keys of one decision have come, or could not be loaded. After the last ones, they are read again if they
    /// were changed meanwhile.
    fn read_one(&mut self) -> Vec<Step> {
        self.reading = self.reading.saturating_sub(1);
        if self.reading > 0 || !std::mem::take(&mut self.read_again) {
            return Vec::new();
        }
        let mut steps = vec![Step::Ask(Request::Review(self.review.id))];
        steps.extend(self.items_again());
        steps
    }

    /// Keeps the summary of who may not execute the review as its keys and decisions are now.
    fn follow(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        let again = match notice {
            _ if !self.review.is_open() => return None,
            Notice::Reconnected | Notice::Unheard => true,
            Notice::Changes => {
                let batch = facts.batch;
                if std::mem::replace(&mut self.heard, batch.mark()) == batch.mark() {
                    return None;
                }
                let id = self.review.id.to_string();
                batch.reload || batch.events.iter().any(|event| event.detail_text("review") == Some(&*id))
            }
            _ => return None,
        };
        self.plan.follow(facts);
        let mut steps = self.ask_callers(facts);
        if again && self.reading > 0 && *notice != Notice::Reconnected {
            // One answer after another: an older one never replaces a newer one.
            self.read_again = true;
        } else if again {
            steps.push(Step::Ask(Request::Review(self.review.id)));
            steps.extend(self.items_again());
        }
        Some(steps)
    }

    /// Whether nothing can be executed: it is done already, others may, or nothing is decided.
    pub fn is_over(&self) -> bool {
        self.refusal().is_some() || !self.review.is_open()
    }

    /// Why an open review cannot be executed here.
    pub fn refusal(&self) -> Option<&str> {
        let empty = self.plan.hash.is_some() && self.review.is_open() && self.review.decided() == 0;
        let empty =
            empty.then_some("Nothing is decided yet. Decide on some keys first, or cancel the review.");
        self.refused.as_deref().or(empty)
    }

    /// How many lines can be seen. Where nothing is left to decide or to be said, they have that room too.
    pub fn visible(&self, facts: Facts<'_>) -> usize {
        layout::review_summary_rows(facts.size(), !self.review.is_open() && self.note.is_none())
    }

    /// Whether a pack of it is what comes next.
    fn awaits_signature(&self) -> bool {
        self.review.status == ReviewStatus::Executed
    }

    fn scroll(&mut self, facts: Facts<'_>, by: isize) -> Vec<Step> {
        let (lines, top) = self.lines(facts);
        let end = lines.len().saturating_sub(self.visible(facts));
        self.top = top.saturating_add_signed(by).min(end);
        let Some(cursor) = self.more.take_if(|_| self.top == end) else { return Vec::new() };
        self.note = None;
        vec![self.items(None, Some(cursor))]
    }
}
