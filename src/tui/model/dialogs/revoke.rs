//! The confirmation of a revocation: what it would hit, and that it is meant. It shows its key as it is now, though
//! rows wait while it is open.

use crate::tui::model::action::Action;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::{outcome, revoked_words, words};
use crate::wire::keys::{Caller, Key, Status};
use crate::wire::time::Timestamp;

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RevokeFocus {
    /// Leave it as it is.
    Cancel,
    /// Why.
    Reason,
    /// Do it.
    Revoke,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct RevokeDialog {
    /// The key.
    pub key: Key,
    /// Who used it, once that is known.
    pub callers: Option<Result<Vec<Caller>, String>>,
    /// Why, if that is said.
    pub reason: Field,
    /// Where the keys go.
    pub focus: RevokeFocus,
    /// It was sent.
    pub sending: bool,
    /// What has to be said: too fast, refused, lost.
    pub note: Option<String>,
    opened: Timestamp,
    /// It was asked how the key is now.
    looking: bool,
}

impl RevokeDialog {
    /// For this key; Cancel has the focus.
    pub fn new(key: Key, opened: Timestamp) -> RevokeDialog {
        RevokeDialog {
            key,
            callers: None,
            reason: Field::default(),
            focus: RevokeFocus::Cancel,
            sending: false,
            note: None,
            opened,
            looking: false,
        }
    }

    /// Whether the key was revoked elsewhere while the dialog was open: nothing is left to do.
    pub fn is_done(&self) -> bool {
        !self.sending && self.key.status == Status::Revoked
    }

    fn turn(&mut self, forward: bool) {
        use RevokeFocus::{Cancel, Reason, Revoke};
        self.focus = match (self.focus, forward) {
            (Cancel, true) | (Revoke, false) => Reason,
            (Reason, true) | (Cancel, false) => Revoke,
            (Revoke, true) | (Reason, false) => Cancel,
        };
    }

    /// Revokes, after the key was looked at once more.
    fn confirm(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let reason = match self.reason.reason() {
            Ok(reason) => reason,
            Err(error) => {
                (self.note, self.focus) = (Some(error), RevokeFocus::Reason);
                return Vec::new();
            }
        };
        if let Some(known) = facts.loaded(self.key.id) {
            // What was told while the dialog is open is not in the lists yet.
            let known = key_told(known, facts.batch).unwrap_or_else(|| known.clone());
            if known.status == Status::Revoked {
                let words = format!("{} was {}.", known.name, revoked_words(&known, &facts.setup.zone));
                return vec![Step::Close, Step::Say(Level::Info, words)];
            }
            if known.name != self.key.name || known.project_id != self.key.project_id {
                let confirm = facts.key(Action::Confirm);
                let before = &self.key.name;
                self.note = Some(format!("Renamed meanwhile (was {before}). Press {confirm} to revoke it."));
                self.key = known;
                return Vec::new();
            }
        }
        (self.sending, self.note) = (true, None);
        vec![Step::Ask(Request::RevokeKey { id: self.key.id, reason })]
    }

    /// Takes in what was told of the key. Says whether anything is different now.
    fn tell(&mut self, facts: Facts<'_>) -> bool {
        let next = key_told(&self.key, facts.batch).filter(|next| *next != self.key);
        let Some(next) = next else { return false };
        let before = std::mem::replace(&mut self.key, next);
        if self.key.status == Status::Revoked {
            if before.status != Status::Revoked {
                (self.note, self.focus) = (None, RevokeFocus::Cancel);
            }
        } else if before.name != self.key.name || before.project_name != self.key.project_name {
            self.note = Some(format!(
                "Renamed meanwhile (was {} in {}). Press {} to revoke it.",
                before.name,
                before.project_name,
                facts.key(Action::Confirm)
            ));
            // What was typed before this could be read was meant for the old name.
            self.opened = facts.now;
        }
        true
    }

    fn act(&mut self, facts: Facts<'_>, action: Action) -> Vec<Step> {
        let typing = self.focus == RevokeFocus::Reason;
        match action {
            Action::NextField | Action::Down => self.turn(true),
            Action::PreviousField | Action::Up => self.turn(false),
            Action::Submit if typing => self.focus = RevokeFocus::Revoke,
            Action::Cancel | Action::Decline => return vec![Step::Close],
            _ if facts.too_fast(self.opened) => {
                self.note = Some(facts.too_fast_words(action));
            }
            Action::Submit | Action::Toggle if self.focus == RevokeFocus::Cancel => return vec![Step::Close],
            _ => return self.confirm(facts),
        }
        Vec::new()
    }
}

impl DialogLogic for RevokeDialog {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Ask(Request::Callers(self.key.id))]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let typing = self.focus == RevokeFocus::Reason;
        let name = &self.key.name;
        match input {
            Input::Do(_) if self.is_done() => {
                let words = format!("{name} was {}.", revoked_words(&self.key, &facts.setup.zone));
                return vec![Step::Close, Step::Say(Level::Info, words)];
            }
            Input::Do(Action::Cancel) if self.sending => {
                let words = format!("Still revoking {name}. The result will be shown here.");
                return vec![Step::Close, Step::Say(Level::Warn, words)];
            }
            _ if self.sending || self.is_done() => {}
            Input::Do(action) => return self.act(facts, action),
            Input::Edit(edit @ Edit::Paste(_)) => {
                (self.focus, self.note) = (RevokeFocus::Reason, None);
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Edit(edit) if typing => {
                self.note = None;
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Edit(edit @ (Edit::Left | Edit::Right)) => self.turn(edit == Edit::Right),
            Input::Edit(_) => {
                let (confirm, cancel) = (facts.key(Action::Confirm), facts.key(Action::Cancel));
                self.note = Some(format!("Press {confirm} to revoke or {cancel} to cancel."));
            }
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        match (asked, answer) {
            (Request::Key(_), _) => self.looking = false,
            (_, Ok(Reply::Callers(callers))) => self.callers = Some(Ok(callers.clone())),
            (Request::Callers(_), Err(failure)) => self.callers = Some(Err(words(failure))),
            (_, Ok(Reply::Revoked(revoked))) => {
                return vec![Step::Close, Step::OfferReplacement(revoked.key.clone())];
            }
            (_, Ok(_)) => {}
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
        !self.sending && self.key.status != Status::Revoked
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
        if self.focus == RevokeFocus::Reason {
            // Letters are letters there, and a blank is a blank.
            return vec![cancels, moves, rest];
        }
        let also = Hint::silent(&[Action::Decline, Action::Toggle]);
        vec![
            Hint::new(&[Action::Confirm], "revoke (cannot be undone)").or("revoke"),
            cancels,
            moves,
            rest,
            also,
        ]
    }

    fn text(&self) -> Text {
        match self.focus {
            _ if self.sending || self.is_done() => Text::Refused,
            RevokeFocus::Reason => Text::Typed,
            RevokeFocus::Cancel | RevokeFocus::Revoke => Text::Pasted,
        }
    }

    fn about(&self) -> Option<&Key> {
        Some(&self.key)
    }
}
