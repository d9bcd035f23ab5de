//! The confirmation that a key is paused: what it would hit, and that it can be undone. Of a paused key, that it is
//! resumed.

use crate::tui::model::action::Action;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::{outcome, paused_words, revoked_words, words};
use crate::wire::keys::{Caller, Key, Status};
use crate::wire::time::Timestamp;

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PauseFocus {
    /// Leave it as it is.
    Cancel,
    /// Why.
    Reason,
    /// Do it.
    Confirm,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct PauseDialog {
    /// The key.
    pub key: Key,
    /// It was paused when the dialog opened: it is to be resumed.
    pub resumes: bool,
    /// Who used it, once that is known.
    pub callers: Option<Result<Vec<Caller>, String>>,
    /// Why it is paused, if that is said.
    pub reason: Field,
    /// Where the keys go.
    pub focus: PauseFocus,
    /// It was sent.
    pub sending: bool,
    /// What has to be said: too fast, refused, lost.
    pub note: Option<String>,
    opened: Timestamp,
    /// It was asked how the key is now.
    looking: bool,
}

impl PauseDialog {
    /// For this key; Cancel has the focus.
    pub fn new(key: Key, opened: Timestamp) -> PauseDialog {
        PauseDialog {
            resumes: key.status == Status::Paused,
            key,
            callers: None,
            reason: Field::default(),
            focus: PauseFocus::Cancel,
            sending: false,
            note: None,
            opened,
            looking: false,
        }
    }

    /// What it does: `pause` or `resume`.
    pub fn verb(&self) -> &'static str {
        if self.resumes { "resume" } else { "pause" }
    }

    /// Why nothing is left to do, if others did it meanwhile.
    pub fn done(&self, facts: Facts<'_>) -> Option<String> {
        let zone = &facts.setup.zone;
        match (self.key.status, self.resumes) {
            _ if self.sending => None,
            (Status::Revoked, _) => Some(revoked_words(&self.key, zone)),
            (Status::Paused, false) => Some(paused_words(&self.key, zone)),
            (Status::Active, true) => Some("already resumed".to_owned()),
            _ => None,
        }
    }

    /// Whether others have left nothing to do.
    fn is_done(&self) -> bool {
        let needed = if self.resumes { Status::Paused } else { Status::Active };
        !self.sending
            && matches!(self.key.status, Status::Revoked | Status::Paused | Status::Active)
            && self.key.status != needed
    }

    fn turn(&mut self, forward: bool) {
        use PauseFocus::{Cancel, Confirm, Reason};
        self.focus = match (self.focus, forward) {
            (Cancel, _) if self.resumes => Confirm,
            (Confirm, _) if self.resumes => Cancel,
            (Cancel, true) | (Confirm, false) => Reason,
            (Reason, true) | (Cancel, false) => Confirm,
            (Confirm, true) | (Reason, false) => Cancel,
        };
    }

    fn confirm(&mut self) -> Vec<Step> {
        let request = if self.resumes {
            Request::ResumeKey(self.key.id)
        } else {
            match self.reason.reason() {
                Ok(reason) => Request::PauseKey { id: self.key.id, reason },
                Err(error) => {
                    (self.note, self.focus) = (Some(error), PauseFocus::Reason);
                    return Vec::new();
                }
            }
        };
        (self.sending, self.note) = (true, None);
        vec![Step::Ask(request)]
    }

    /// Takes in what was told of the key. Says whether anything is different now.
    fn tell(&mut self, facts: Facts<'_>) -> bool {
        let next = key_told(&self.key, facts.batch).filter(|next| *next != self.key);
        let Some(next) = next else { return false };
        let before = std::mem::replace(&mut self.key, next);
        if self.is_done() {
            (self.note, self.focus) = (None, PauseFocus::Cancel);
        } else if before.name != self.key.name || before.project_name != self.key.project_name {
            self.note = Some(format!(
                "Renamed meanwhile (was {} in {}). Press {} to {} it.",
                before.name,
                before.project_name,
                facts.key(Action::Confirm),
                self.verb()
            ));
            // What was typed before this could be read was meant for the old name.
            self.opened = facts.now;
        }
        true
    }

    fn act(&mut self, facts: Facts<'_>, action: Action) -> Vec<Step> {
        let typing = self.focus == PauseFocus::Reason;
        match action {
            Action::NextField | Action::Down => self.turn(true),
            Action::PreviousField | Action::Up => self.turn(false),
            Action::Submit if typing => self.focus = PauseFocus::Confirm,
            Action::Cancel | Action::Decline => return vec![Step::Close],
            _ if facts.too_fast(self.opened) => self.note = Some(facts.too_fast_words(action)),
            Action::Submit | Action::Toggle if self.focus == PauseFocus::Cancel => return vec![Step::Close],
            _ => return self.confirm(),
        }
        Vec::new()
    }
}

impl DialogLogic for PauseDialog {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Ask(Request::Callers(self.key.id))]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let name = &self.key.name;
        match input {
            Input::Do(_) if self.is_done() => {
                let words = format!("{name} was {}.", self.done(facts).unwrap_or_default());
                return vec![Step::Close, Step::Say(Level::Info, words)];
            }
            Input::Do(Action::Cancel) if self.sending => {
                let doing = if self.resumes { "resuming" } else { "pausing" };
                let words = format!("Still {doing} {name}. The result will be shown here.");
                return vec![Step::Close, Step::Say(Level::Warn, words)];
            }
            _ if self.sending || self.is_done() => {}
            Input::Do(action) => return self.act(facts, action),
            Input::Edit(edit @ Edit::Paste(_)) if !self.resumes => {
                (self.focus, self.note) = (PauseFocus::Reason, None);
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Edit(edit) if self.focus == PauseFocus::Reason => {
                self.note = None;
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Edit(edit @ (Edit::Left | Edit::Right)) => self.turn(edit == Edit::Right),
            Input::Edit(_) => {
                let (confirm, cancel) = (facts.key(Action::Confirm), facts.key(Action::Cancel));
                self.note = Some(format!("Press {confirm} to {} or {cancel} to cancel.", self.verb()));
            }
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        match (asked, answer) {
            (Request::Key(_), _) => self.looking = false,
            (_, Ok(Reply::Callers(callers))) => self.callers = Some(Ok(callers.clone())),
            (Request::Callers(_), Err(failure)) => self.callers = Some(Err(words(failure))),
            (_, Ok(_)) => return vec![Step::Close],
            (_, Err(failure)) => (self.sending, self.note) = (false, Some(outcome(asked, failure))),
        }
        Vec::new()
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes if !self.sending && self.tell(facts) => Some(Vec::new()),
            Notice::Unheard if self.watches() && !self.looking => {
                self.looking = true;
                Some(vec![Step::Ask(Request::Key(self.key.id))])
            }
            Notice::Reconnected if matches!(self.callers, Some(Err(_))) => {
                self.callers = None;
                Some(vec![Step::Ask(Request::Callers(self.key.id))])
            }
            _ => None,
        }
    }

    fn watches(&self) -> bool {
        !self.sending && !self.is_done()
    }

    fn hints(&self) -> Vec<Hint> {
        if self.is_done() {
            let rest = Hint::silent(&[Action::Confirm, Action::Decline, Action::Toggle]);
            return vec![Hint::new(&[Action::Submit, Action::Cancel], "close"), rest];
        }
        if self.sending {
            return vec![Hint::silent(&[Action::Cancel])];
        }
        let cancels = Hint::new(&[Action::Cancel], "cancel");
        let moves = Hint::new(&[Action::NextField], "next").or("");
        let rest = Hint::silent(&[Action::PreviousField, Action::Up, Action::Down, Action::Submit]);
        if self.focus == PauseFocus::Reason {
            // Letters are letters there, and a blank is a blank.
            return vec![cancels, moves, rest];
        }
        let also = Hint::silent(&[Action::Decline, Action::Toggle]);
        vec![Hint::new(&[Action::Confirm], self.verb()), cancels, moves, rest, also]
    }

    fn text(&self) -> Text {
        match self.focus {
            _ if self.sending || self.is_done() || self.resumes => Text::Refused,
            PauseFocus::Reason => Text::Typed,
            PauseFocus::Cancel | PauseFocus::Confirm => Text::Pasted,
        }
    }

    fn about(&self) -> Option<&Key> {
        Some(&self.key)
    }
}
