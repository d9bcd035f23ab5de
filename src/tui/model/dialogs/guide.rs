//! How far the guided rotation of a key is: who still uses it, and when it can be revoked.

use std::time::Duration;

use crate::tui::model::action::Action;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::hints::{Hint, Input};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::{outcome, words};
use crate::wire::keys::{Key, Status};
use crate::wire::rotations::{Rotation, RotationState};
use crate::wire::time::Timestamp;
use crate::wire::tokens::Role;

/// How often it is asked how far it is.
const EVERY: Duration = Duration::from_secs(2);

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct GuideDialog {
    /// The old key, as it is now.
    pub key: Key,
    /// How far it is, once that is known.
    pub rotation: Option<Box<Rotation>>,
    /// What went wrong.
    pub note: Option<String>,
    /// A change was sent.
    pub sending: bool,
    /// Since when it is asked whether to stop the guide.
    pub stopping: Option<Timestamp>,
    /// An answer is awaited.
    asking: bool,
    /// When to ask again.
    again: Option<Timestamp>,
    opened: Timestamp,
}

impl GuideDialog {
    /// For a key whose rotation is known; without that it is started.
    pub fn new(key: Key, rotation: Option<Box<Rotation>>, opened: Timestamp) -> GuideDialog {
        let (note, sending, stopping, asking, again) = Default::default();
        GuideDialog { key, rotation, note, sending, stopping, asking, again, opened }
    }

    /// How far it is.
    pub fn state(&self) -> Option<RotationState> {
        self.rotation.as_ref().map(|rotation| rotation.state)
    }

    fn ended(&self) -> bool {
        matches!(self.state(), Some(RotationState::Done | RotationState::Cancelled))
    }

    /// The answer to the question whether to stop the guide.
    fn answer(&mut self, facts: Facts<'_>, input: Input<'_>, since: Timestamp) -> Vec<Step> {
        match input {
            Input::Do(Action::Confirm) if facts.too_fast(since) => {
                self.note = Some(facts.too_fast_words(Action::Confirm));
            }
            Input::Do(Action::Confirm) => {
                (self.stopping, self.sending, self.note) = (None, true, None);
                return vec![Step::Ask(Request::CancelRotation(self.key.id))];
            }
            Input::Do(_) => (self.stopping, self.note) = (None, None),
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    /// Nothing may be changed: says why, or asks for the word that allows it.
    fn refused(&mut self, facts: Facts<'_>, why: &str) -> Vec<Step> {
        let role = facts.connection.refused_to(Role::Member);
        if role.is_none() && facts.locked_only() {
            return vec![Step::Open(OpenDialog::Unlock(Vec::new()))];
        }
        self.note = Some(role.unwrap_or_else(|| why.to_owned()));
        Vec::new()
    }

    fn ask(&mut self) -> Vec<Step> {
        (self.asking, self.again) = (true, None);
        vec![Step::Ask(Request::Rotation(self.key.id))]
    }
}

impl DialogLogic for GuideDialog {
    fn opened(&mut self, facts: Facts<'_>) -> Vec<Step> {
        if self.rotation.is_some() {
            self.again = Some(facts.now + EVERY);
            return Vec::new();
        }
        self.sending = true;
        vec![Step::Ask(Request::StartRotation(self.key.id))]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let key = self.key.clone();
        if let Some(since) = self.stopping {
            return self.answer(facts, input, since);
        }
        match input {
            Input::Do(Action::Revoke) => vec![Step::Close, Step::Open(OpenDialog::Revoke(key))],
            Input::Do(Action::Pause) => vec![Step::Close, Step::Open(OpenDialog::Pause(key))],
            Input::Do(Action::Rotate) => vec![Step::Close, Step::Open(OpenDialog::Rotate(key))],
            // The key that starts the guide ends it, too.
            Input::Do(Action::Guide) if facts.too_fast(self.opened) => {
                self.note = Some(facts.too_fast_words(Action::Guide));
                Vec::new()
            }
            Input::Do(Action::Guide) => {
                if let Some(why) = facts.read_only {
                    return self.refused(facts, why);
                }
                (self.stopping, self.note) = (Some(facts.now), None);
                Vec::new()
            }
            Input::Do(_) => vec![Step::Close],
            Input::Edit(_) => Vec::new(),
        }
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        self.again = Some(facts.now + EVERY);
        if asked.writes() {
            self.sending = false;
        } else {
            self.asking = false;
        }
        match answer {
            Ok(Reply::Rotation(Some(rotation))) => {
                self.rotation = Some(rotation.clone());
                if self.ended() {
                    self.stopping = None;
                }
                if self.stopping.is_none() {
                    self.note = None;
                }
                if matches!(asked, Request::CancelRotation(_)) {
                    let words = format!(
                        "The guided rotation of {} has ended. Both keys stay as they are.",
                        self.key.name
                    );
                    return vec![Step::Close, Step::Say(Level::Info, words)];
                }
            }
            Ok(_) => {}
            Err(failure) if asked.writes() => self.note = Some(outcome(asked, failure)),
            Err(failure) => self.note = Some(words(failure)),
        }
        Vec::new()
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes => {
                self.key = key_told(&self.key, facts.batch).filter(|next| *next != self.key)?;
                Some(if self.asking { Vec::new() } else { self.ask() })
            }
            Notice::Time if self.again.is_some_and(|again| facts.now >= again) && !self.ended() => {
                self.again = None;
                (!self.asking && self.rotation.is_some()).then(|| self.ask())
            }
            Notice::Reconnected if !self.asking && self.rotation.is_some() => Some(self.ask()),
            _ => None,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.again.filter(|_| !self.ended())
    }

    fn clock_set(&mut self, by: i64) {
        let shift = |at: Timestamp| Timestamp::from_millis(at.millis().saturating_add(by));
        (self.again, self.stopping) = (self.again.map(shift), self.stopping.map(shift));
    }

    fn decides(&self) -> bool {
        self.stopping.is_some()
    }

    fn hints(&self) -> Vec<Hint> {
        let close = Hint::new(&[Action::Submit, Action::Cancel], "close");
        if self.sending || self.rotation.is_none() || self.ended() {
            return vec![close];
        }
        if self.stopping.is_some() {
            return vec![
                Hint::new(&[Action::Confirm], "stop the guide").or("stop"),
                Hint::new(&[Action::Cancel], "go on with it").or("go on"),
                Hint::silent(&[Action::Decline, Action::Submit]),
            ];
        }
        let mut hints = Vec::with_capacity(4);
        let none = self.rotation.as_ref().is_some_and(|rotation| rotation.replacement.is_none());
        match self.state() {
            Some(RotationState::Pending) if none => {
                hints.push(Hint::new(&[Action::Rotate], "create a replacement").or("replace"));
            }
            Some(RotationState::Quiet) => {
                hints.push(Hint::new(&[Action::Revoke], "revoke"));
                if self.key.status != Status::Paused {
                    hints.push(Hint::new(&[Action::Pause], "pause as a trial").or("pause"));
                }
            }
            _ => {}
        }
        hints.push(close);
        hints.push(Hint::new(&[Action::Guide], "stop the guide").or("stop"));
        hints
    }

    fn about(&self) -> Option<&Key> {
        Some(&self.key)
    }
}
