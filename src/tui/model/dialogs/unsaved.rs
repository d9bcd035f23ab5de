//! Keys that an earlier dashboard showed and that are not known to be stored: revoke them, or say that they are.

use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Step};
use crate::tui::model::effect::{Effect, Request};
use crate::tui::model::event::FailureKind;
use crate::tui::model::field::Edit;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::outcome;
use crate::wire::id::KeyId;
use crate::wire::keys::Key;
use crate::wire::time::Timestamp;

/// Why such a key is revoked, in the audit log.
const REASON: &str = "never confirmed as saved";

/// What waits for a second key press.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asking {
    /// Nothing.
    No,
    /// Whether to revoke the marked key, since then.
    One(Timestamp),
    /// Whether to revoke all of them: what was typed of their number.
    All(String),
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct Unsaved {
    /// The keys that are active still.
    pub keys: Vec<Key>,
    /// Which is marked.
    pub at: usize,
    /// What waits for a second key press.
    pub asking: Asking,
    /// Keys whose revocation was sent.
    pub sending: Vec<KeyId>,
    /// What has to be said.
    pub note: Option<String>,
    opened: Timestamp,
}

impl Unsaved {
    /// For these keys.
    pub fn new(keys: Vec<Key>, opened: Timestamp) -> Unsaved {
        Unsaved { keys, at: 0, opened, asking: Asking::No, sending: Vec::new(), note: None }
    }

    /// The marked key.
    pub fn marked(&self) -> Option<&Key> {
        self.keys.get(self.at)
    }

    fn all(&self) -> Vec<KeyId> {
        self.keys.iter().map(|key| key.id).collect()
    }

    fn marked_id(&self) -> Vec<KeyId> {
        self.marked().map(|key| key.id).into_iter().collect()
    }

    /// Takes a key out. The marked one stays marked; where it is the one that goes, nothing more is asked about it.
    fn remove(&mut self, id: KeyId) {
        self.sending.retain(|other| *other != id);
        let marked = self.marked().map(|key| key.id);
        let known = self.keys.len();
        self.keys.retain(|key| key.id != id);
        let at = self.keys.iter().position(|key| Some(key.id) == marked);
        self.at = at.unwrap_or(self.at).min(self.keys.len().saturating_sub(1));
        let counted = matches!(self.asking, Asking::All(_)) && known != self.keys.len();
        if counted || (at.is_none() && matches!(self.asking, Asking::One(_))) {
            self.asking = Asking::No;
        }
    }

    /// These are stored. One that is being revoked is no longer to be had.
    fn stored(&mut self, keys: &[KeyId]) -> Vec<Step> {
        let mut steps = Vec::new();
        for id in keys {
            if !self.sending.contains(id) {
                self.remove(*id);
                steps.push(Step::Effect(Effect::Stored(*id)));
            }
        }
        steps.extend(self.close_if_empty());
        steps
    }

    fn revoke(&mut self, keys: &[KeyId]) -> Vec<Step> {
        self.asking = Asking::No;
        let mut steps = Vec::new();
        for id in keys {
            if !self.sending.contains(id) {
                self.sending.push(*id);
                steps.push(Step::Ask(Request::RevokeKey { id: *id, reason: Some(REASON.to_owned()) }));
            }
        }
        steps
    }

    fn close_if_empty(&self) -> Option<Step> {
        self.keys.is_empty().then_some(Step::Close)
    }

    /// What is done while nothing waits for a second key press.
    fn choose(&mut self, facts: Facts<'_>, action: Action) -> Vec<Step> {
        let last = self.keys.len().saturating_sub(1);
        let decides =
            matches!(action, Action::Stored | Action::StoredAll | Action::Revoke | Action::RevokeAll);
        match action {
            Action::Up | Action::PreviousField => self.at = self.at.saturating_sub(1),
            Action::Down | Action::NextField => self.at = (self.at + 1).min(last),
            _ if decides && facts.too_fast(self.opened) => {
                self.note = Some(facts.too_fast_words(action));
            }
            Action::Stored => return self.stored(&self.marked_id()),
            Action::StoredAll => return self.stored(&self.all()),
            Action::RevokeAll if last > 0 => self.asking = Asking::All(String::new()),
            Action::Revoke | Action::RevokeAll => self.asking = Asking::One(facts.now),
            Action::Cancel => {
                let later = self.keys.iter().map(|key| Step::Effect(Effect::StoredLater(key.id)));
                let later_words = Step::Say(Level::Info, "Will ask again next time.".into());
                return later.chain([Step::Close, later_words]).collect();
            }
            // Who presses Enter out of habit has not read what it would forget.
            _ => {
                let [revoke, stored, cancel] =
                    [Action::Revoke, Action::Stored, Action::Cancel].map(|action| facts.key(action));
                self.note = Some(format!("Choose: {revoke} revoke · {stored} I have it · {cancel} later"));
            }
        }
        Vec::new()
    }

    /// What is typed of the number of keys.
    fn count(&mut self, facts: Facts<'_>, mut typed: String, input: Input<'_>) -> Vec<Step> {
        let count = self.keys.len();
        match input {
            Input::Do(Action::Submit) if typed == count.to_string() => return self.revoke(&self.all()),
            Input::Do(Action::Submit) => {
                let (submit, cancel) = (facts.key(Action::Submit), facts.key(Action::Cancel));
                self.note = Some(format!("Type {count} and press {submit}, or press {cancel} to cancel."));
            }
            Input::Do(_) => self.asking = Asking::No,
            Input::Edit(Edit::Insert(c @ '0'..='9')) if typed.len() < 9 => {
                typed.push(c);
                self.asking = Asking::All(typed);
            }
            Input::Edit(Edit::Backspace) => {
                typed.pop();
                self.asking = Asking::All(typed);
            }
            Input::Edit(_) => {}
        }
        Vec::new()
    }
}

impl DialogLogic for Unsaved {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        self.note = None;
        match (self.asking.clone(), input) {
            (Asking::No, Input::Do(action)) => return self.choose(facts, action),
            (Asking::One(since), Input::Do(Action::Confirm)) if facts.too_fast(since) => {
                self.note = Some(facts.too_fast_words(Action::Confirm));
            }
            (Asking::One(_), Input::Do(Action::Confirm)) => return self.revoke(&self.marked_id()),
            (Asking::One(_), Input::Do(_)) => self.asking = Asking::No,
            (Asking::All(typed), input) => return self.count(facts, typed, input),
            (Asking::No | Asking::One(_), Input::Edit(_)) => {}
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        let Request::RevokeKey { id, .. } = asked else { return Vec::new() };
        let mut steps = Vec::new();
        match answer {
            Ok(_) => self.remove(*id),
            Err(failure) if failure.kind == FailureKind::NotFound => {
                steps.push(Step::Effect(Effect::Stored(*id)));
                self.remove(*id);
            }
            Err(failure) => {
                self.sending.retain(|other| other != id);
                self.note = Some(outcome(asked, failure));
            }
        }
        steps.extend(self.close_if_empty());
        steps
    }

    fn hints(&self) -> Vec<Hint> {
        match self.asking {
            Asking::No => vec![
                Hint::new(&[Action::Cancel], "remind me next time").or("later"),
                Hint::new(&[Action::Revoke], "revoke"),
                Hint::new(&[Action::RevokeAll], "revoke all"),
                Hint::new(&[Action::Stored], "I have it"),
                Hint::new(&[Action::StoredAll], "I have all"),
                Hint::silent(&[
                    Action::Up,
                    Action::Down,
                    Action::NextField,
                    Action::PreviousField,
                    Action::Submit,
                ]),
            ],
            Asking::One(_) => {
                vec![
                    Hint::new(&[Action::Confirm], "revoke"),
                    Hint::new(&[Action::Cancel], "cancel"),
                    Hint::silent(&[Action::Decline]),
                ]
            }
            Asking::All(_) => {
                vec![Hint::new(&[Action::Submit], "revoke all"), Hint::new(&[Action::Cancel], "cancel")]
            }
        }
    }

    fn text(&self) -> Text {
        if matches!(self.asking, Asking::All(_)) { Text::Chosen } else { Text::Refused }
    }
}
