//! The confirmation of a revocation of many keys, its progress, and what became of each of them.

use std::collections::HashSet;
use std::sync::Arc;

use super::bulk_parts::{BulkContent, BulkParts};
use super::targets::{Progress, Targets, used_today};
use crate::tui::model::action::Action;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::{FailureKind, Reply};
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::{Level, number};
use crate::tui::model::wording::{outcome, revoked_words, words};
use crate::wire::id::KeyId;
use crate::wire::keys::{Caller, Key, Outcome, Status};
use crate::wire::time::Timestamp;

/// The callers of so many keys are asked for, of those used last; of more it is said that they were not.
pub const CALLERS_ASKED: usize = 20;

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
    Sending,
    /// All of it is done that will be.
    Done,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct BulkDialog {
    /// The list holds the keys idle for so many days: what it does not show is idle no longer, or hidden by the filter.
    pub idle_days: Option<u32>,
    /// The marked keys.
    pub targets: Targets,
    /// When it opened.
    pub opened: Timestamp,
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
    /// What was typed last and only noted: if a letter follows, the reason began with it.
    refused: String,
}

impl BulkDialog {
    /// For these keys; nothing is typed yet.
    pub fn new(idle_days: Option<u32>, keys: Vec<(Arc<Key>, bool)>, opened: Timestamp) -> BulkDialog {
        let targets = Targets::new(keys);
        // Where the filter hides all of them, the first thing to say is whether they are meant.
        let all_hidden = targets.all.iter().all(|target| target.hidden);
        BulkDialog {
            idle_days,
            targets,
            opened,
            callers: Vec::new(),
            count: Field::default(),
            reason: Field::default(),
            focus: if all_hidden { BulkFocus::Hidden } else { BulkFocus::Count },
            top: 0,
            phase: Phase::Asking,
            stop: false,
            note: None,
            refused: String::new(),
        }
    }

    /// Which parts of it the screen has room for.
    pub fn parts(&self, facts: Facts<'_>) -> BulkParts {
        let content = BulkContent {
            asking: self.phase == Phase::Asking,
            reason: self.focus == BulkFocus::Reason,
            used: self.focus == BulkFocus::Used,
            hidden: self.targets.hidden_count() > 0,
            fresh: self.stale_words(facts).is_some(),
            note: self.note.is_some(),
            keys: self.targets.chosen_count(),
            words: self.about_rows(facts),
        };
        BulkParts::of(content, facts.size())
    }

    /// To the next or previous field.
    pub fn turn(&mut self, forward: bool) {
        use BulkFocus::{Count, Hidden, Reason, Used};
        let any = self.targets.hidden_count() > 0;
        self.focus = match (self.focus, forward) {
            (Count, true) => Reason,
            (Reason, true) | (Used, false) if any => Hidden,
            (Reason | Hidden, true) | (Count, false) => Used,
            (Hidden | Used, false) => Reason,
            (Used, true) | (Reason, false) => Count,
        };
    }

    /// Whether the number of keys is typed.
    pub fn count_matches(&self) -> bool {
        self.count.text().parse() == Ok(self.targets.chosen_count())
    }

    /// What to do to confirm.
    fn how(&self, facts: Facts<'_>) -> String {
        let [confirm, submit, cancel, toggle] =
            [Action::Confirm, Action::Submit, Action::Cancel, Action::Toggle].map(|action| facts.key(action));
        match self.targets.chosen_count() {
            0 if self.targets.all.is_empty() => format!("Nothing left to revoke. Press {cancel} to close."),
            0 if self.idle_days.is_some() => {
                format!("None of them is shown here now. Press {toggle} below to include them.")
            }
            0 => format!("All are hidden by the filter. Press {toggle} below to include them."),
            1 => format!("Press {confirm} to revoke or {cancel} to cancel."),
            many => format!("Type {many} to confirm, then press {submit}."),
        }
    }

    /// Revokes, after the targets were looked at once more.
    fn confirm(&mut self, facts: Facts<'_>, one: bool) -> Vec<Step> {
        if !(self.count_matches() && self.targets.chosen_count() > 0 || one) {
            let none = self.targets.chosen_count() == 0 && self.targets.hidden_count() > 0;
            self.focus = if none { BulkFocus::Hidden } else { BulkFocus::Count };
            let wrong = !none && !self.count.text().is_empty() && self.targets.chosen_count() > 1;
            let not =
                if wrong { format!("That is not {}. ", self.targets.chosen_count()) } else { String::new() };
            self.note = Some(format!("{not}{}", self.how(facts)));
            return Vec::new();
        }
        if let Err(error) = self.reason.reason() {
            (self.note, self.focus) = (Some(error), BulkFocus::Reason);
            return Vec::new();
        }
        let Some(marks) = facts.marks else { return Vec::new() };
        let before = self.targets.all.len();
        self.targets.all.retain(|target| marks.has(target.key.id));
        let gone = before - self.targets.all.len();
        let mut renamed = 0usize;
        for target in &mut self.targets.all {
            let Some(known) = marks.get(target.key.id) else { continue };
            // What was told while the dialog is open is not in the lists yet.
            let known = key_told(known, facts.batch).map_or_else(|| Arc::clone(known), Arc::new);
            if is_renamed(&known, &target.key) {
                target.key = known;
                renamed += 1;
            }
        }
        if gone + renamed > 0 {
            self.count.clear();
            let changes = [(gone, "revoked or unmarked"), (renamed, "renamed")];
            let changes = changes.iter().filter(|(count, _)| *count > 0);
            let changes: Vec<String> =
                changes.map(|(count, what)| format!("{} {what}", number(*count as u64))).collect();
            let note = format!("Meanwhile {}. {}", changes.join(", "), self.how(facts));
            (self.note, self.focus) = (Some(note), BulkFocus::Count);
            return Vec::new();
        }
        self.send(facts)
    }

    /// Sends the next part; without one, it is done.
    fn send(&mut self, facts: Facts<'_>) -> Vec<Step> {
        // It was checked before the first part was sent, and cannot be changed since.
        let reason = self.reason.reason().unwrap_or_default();
        match self.targets.next_part(reason, self.stop, facts.server_now) {
            Some(part) => {
                (self.phase, self.note) = (Phase::Sending, None);
                vec![Step::Ask(Request::RevokeKeys(part))]
            }
            None => self.end(),
        }
    }

    fn end(&mut self) -> Vec<Step> {
        (self.phase, self.top) = (Phase::Done, 0);
        self.targets.finish();
        let words = self.targets.outcome_words();
        let message = if self.targets.all_dead() {
            Step::Say(Level::Good, words)
        } else {
            Step::Say(Level::Warn, words)
        };
        vec![message, Step::ReadAgain]
    }

    /// Closes what only asks, stops what is not yet sent, and then stops looking.
    fn leave(&mut self) -> Vec<Step> {
        let unsent = self.targets.count(Progress::Unsent);
        let (sent, done) =
            (self.targets.count(Progress::Pending), self.targets.count(Progress::Answered(Outcome::Revoked)));
        let [sent, unsent_words, done] = [sent, unsent, done].map(|count| number(count as u64));
        if self.phase != Phase::Sending {
            return vec![Step::Close];
        }
        if unsent > 0 && !self.stop {
            self.stop = true;
            self.note = Some(format!("Stopping: {sent} pending, {unsent_words} will not be sent."));
            return Vec::new();
        }
        let words = format!(
            "{done} revoked, {sent} pending, {unsent_words} not sent. The result will be shown here."
        );
        vec![Step::Close, Step::Say(Level::Warn, words)]
    }

    fn scroll(&mut self, facts: Facts<'_>, pages: bool, down: bool) {
        let rows = usize::from(self.parts(facts).rows);
        let last = self.targets.chosen_count().saturating_sub(rows);
        let by = if pages { rows } else { 1 };
        let top = self.top.min(last);
        self.top = if down { (top + by).min(last) } else { top.saturating_sub(by) };
    }

    fn toggle(&mut self) {
        match self.focus {
            BulkFocus::Hidden => {
                self.targets.with_hidden = !self.targets.with_hidden;
                (self.top, self.note) = (0, None);
            }
            BulkFocus::Used => self.targets.used_too = !self.targets.used_too,
            BulkFocus::Count | BulkFocus::Reason => {}
        }
    }

    fn edit(&mut self, facts: Facts<'_>, edit: Edit<'_>, refused: String) -> Vec<Step> {
        if matches!(edit, Edit::Paste(_)) {
            self.focus = BulkFocus::Reason;
        }
        match edit {
            edit if self.focus == BulkFocus::Reason => {
                self.note = None;
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            // What confirms or asks elsewhere is met with how to confirm here. Any other letter begins the reason, with
            // what was met so right before it, and a digit behind it is a part of that.
            Edit::Insert(c) if !c.is_ascii_digit() => {
                let elsewhere = [Action::Confirm, Action::Revoke].map(|action| facts.key(action));
                if c.is_whitespace() {
                    self.note = Some(self.how(facts));
                } else if elsewhere.contains(&c.to_string()) {
                    (self.refused, self.note) = (refused, Some(self.how(facts)));
                    self.refused.push(c);
                } else {
                    (self.focus, self.note) = (BulkFocus::Reason, None);
                    let typed = refused.chars().map(Edit::Insert).chain([edit]);
                    return typed.filter_map(|edit| self.reason.edit(edit)).map(Step::Offer).collect();
                }
            }
            edit => {
                (self.focus, self.note) = (BulkFocus::Count, None);
                self.count.edit(edit);
            }
        }
        Vec::new()
    }

    /// Takes in what was told of the keys. Says whether anything is different now.
    fn tell(&mut self, facts: Facts<'_>) -> bool {
        let batch = facts.batch;
        if batch.keys.is_empty() && batch.projects.is_empty() {
            return false;
        }
        let with_hidden = self.targets.with_hidden;
        let (mut gone, mut renamed, mut changed) = (Vec::new(), Vec::new(), false);
        let mut ids = HashSet::new();
        self.targets.all.retain_mut(|target| {
            let Some(next) = key_told(&target.key, batch) else { return true };
            let chosen = with_hidden || !target.hidden;
            let revoked = next.status == Status::Revoked;
            if revoked {
                ids.insert(next.id);
                gone.extend(chosen.then_some(next));
            } else if is_renamed(&target.key, &next) {
                // The last use stays the one that was shown: keys that were used after it are left alone.
                let before = target.key.name.clone();
                let key = Arc::make_mut(&mut target.key);
                (key.name, key.project_name) = (next.name, next.project_name);
                renamed.extend(chosen.then(|| (before, key.name.clone())));
                changed = true;
            }
            !revoked
        });
        self.callers.retain(|asked| !ids.contains(&asked.key));
        let mut changes: Vec<String> = match gone.as_slice() {
            [] => Vec::new(),
            [key] => vec![format!("{} was {}", key.full_name(), revoked_words(key, &facts.setup.zone))],
            more => vec![format!("{} of them were revoked by others", number(more.len() as u64))],
        };
        match renamed.as_slice() {
            [] => {}
            [(before, after)] if before == after => changes.push("A project was renamed".into()),
            [(before, after)] => changes.push(format!("{before} is now {after}")),
            more => changes.push(format!("{} of them were renamed", number(more.len() as u64))),
        }
        if !changes.is_empty() {
            self.count.clear();
            self.opened = facts.now;
            self.note = Some(format!("{}. {}", changes.join(", "), self.how(facts)));
        }
        changed || !ids.is_empty()
    }
}

impl DialogLogic for BulkDialog {
    fn opened(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let asked: Vec<KeyId> = used_today(self.targets.all.iter(), facts.server_now)
            .take(CALLERS_ASKED)
            .map(|target| target.key.id)
            .collect();
        self.callers = asked.iter().map(|key| Asked { key: *key, callers: None }).collect();
        asked.into_iter().map(|id| Step::Ask(Request::Callers(id))).collect()
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let asking = self.phase == Phase::Asking;
        let refused = std::mem::take(&mut self.refused);
        match input {
            Input::Do(Action::Up | Action::Down) => {
                self.scroll(facts, false, input == Input::Do(Action::Down));
            }
            Input::Do(Action::PageUp | Action::PageDown) => {
                self.scroll(facts, true, input == Input::Do(Action::PageDown));
            }
            Input::Do(Action::Cancel) => return self.leave(),
            Input::Do(_) if self.phase == Phase::Done => return self.leave(),
            _ if !asking => {}
            Input::Do(Action::NextField) => self.turn(true),
            Input::Do(Action::PreviousField) => self.turn(false),
            Input::Do(Action::Toggle) => self.toggle(),
            Input::Do(action) if facts.too_fast(self.opened) => {
                self.note = Some(facts.too_fast_words(action));
            }
            Input::Do(action) => return self.confirm(facts, action == Action::Confirm),
            Input::Edit(edit) => return self.edit(facts, edit, refused),
        }
        Vec::new()
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if let Request::Callers(id) = asked {
            if let Some(one) = self.callers.iter_mut().find(|one| one.key == *id) {
                one.callers = match answer {
                    Ok(Reply::Callers(callers)) => Some(Ok(callers.clone())),
                    Ok(_) => None,
                    Err(failure) => Some(Err(words(failure))),
                };
            }
            return Vec::new();
        }
        match answer {
            Ok(Reply::KeysRevoked(done)) => {
                self.targets.take(&done.results, done.receipt.as_ref());
                self.send(facts)
            }
            Ok(_) => Vec::new(),
            Err(failure) => {
                let unknown = failure.kind == FailureKind::OutcomeUnknown;
                self.targets.lose(if unknown { Progress::Unknown } else { Progress::Unsent });
                (self.stop, self.note) = (true, Some(outcome(asked, failure)));
                self.end()
            }
        }
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes if self.phase == Phase::Asking && self.tell(facts) => Some(Vec::new()),
            Notice::Reconnected => {
                let failed = self.callers.iter_mut().filter(|one| matches!(one.callers, Some(Err(_))));
                let again = failed.map(|one| {
                    one.callers = None;
                    Step::Ask(Request::Callers(one.key))
                });
                let again: Vec<Step> = again.collect();
                (!again.is_empty()).then_some(again)
            }
            _ => None,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let cancel = &[Action::Cancel];
        let scroll = Hint::silent(&[Action::Up, Action::Down, Action::PageUp, Action::PageDown]);
        let moves = Hint::new(&[Action::NextField], "next").or("");
        let cancels = Hint::new(cancel, "cancel");
        let boxed = matches!(self.focus, BulkFocus::Hidden | BulkFocus::Used);
        let mut hints = match self.phase {
            Phase::Done if self.targets.all_dead() => vec![Hint::new(&[Action::Submit], "close")],
            Phase::Done => vec![Hint::new(&[Action::Submit], "close (the others stay marked)")],
            Phase::Sending if self.targets.count(Progress::Unsent) > 0 => {
                vec![Hint::new(cancel, "stop (do not send the rest)")]
            }
            Phase::Sending => vec![
                Hint::words("waiting for all nodes to confirm").or("confirming"),
                Hint::new(cancel, "stop waiting"),
            ],
            Phase::Asking if self.targets.all.is_empty() => {
                vec![Hint::words("nothing left to revoke"), Hint::new(cancel, "close")]
            }
            Phase::Asking if self.targets.chosen_count() == 0 && self.focus != BulkFocus::Hidden => vec![
                Hint::new(&[Action::NextField], "next, then Space to include the hidden keys")
                    .or("next, Space include"),
                Hint::new(cancel, "cancel"),
            ],
            Phase::Asking if boxed => {
                vec![Hint::new(&[Action::Toggle], "change"), moves, Hint::new(cancel, "cancel")]
            }
            Phase::Asking if self.targets.chosen_count() == 1 && self.focus != BulkFocus::Reason => {
                vec![Hint::new(&[Action::Confirm], "revoke (cannot be undone)").or("revoke"), moves, cancels]
            }
            Phase::Asking => vec![
                Hint::new(
                    &[Action::Submit],
                    format!("revoke {} keys", number(self.targets.chosen_count() as u64)),
                ),
                Hint::words("↑ ↓ scroll").or(""),
                moves,
                cancels,
            ],
        };
        hints.push(scroll);
        match self.phase {
            Phase::Done => hints.push(Hint::silent(cancel)),
            Phase::Sending => {}
            Phase::Asking => {
                hints.push(Hint::silent(&[Action::Submit, Action::NextField, Action::PreviousField]));
                // One key is always two key presses, wherever the keys go.
                if self.targets.chosen_count() == 1 && self.focus != BulkFocus::Reason {
                    hints.push(Hint::silent(&[Action::Confirm]));
                }
            }
        }
        hints
    }

    fn text(&self) -> Text {
        match (&self.phase, self.focus) {
            (Phase::Asking, BulkFocus::Hidden | BulkFocus::Used) => Text::Pasted,
            (Phase::Asking, BulkFocus::Count) if self.targets.chosen_count() == 1 => Text::Pasted,
            (Phase::Asking, _) => Text::Typed,
            (Phase::Sending | Phase::Done, _) => Text::Refused,
        }
    }
}

fn is_renamed(before: &Key, after: &Key) -> bool {
    before.name != after.name || before.project_name != after.project_name
}
