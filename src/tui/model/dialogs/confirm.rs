//! The confirmation of a deed to one key: it is revoked, paused or resumed. It says what that would hit, and shows the
//! key as it is now, though rows wait while it is open.

use crate::tui::model::action::Action;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::{outcome, paused_words, revoked_words, words};
use crate::wire::audit;
use crate::wire::keys::{Caller, Key, Status};
use crate::wire::time::Timestamp;

/// What is done to the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It is revoked.
    Revoke,
    /// It is paused.
    Pause,
    /// It is resumed.
    Resume,
}

impl Deed {
    /// As a verb: `revoke`.
    pub const fn verb(self) -> &'static str {
        match self {
            Deed::Revoke => "revoke",
            Deed::Pause => "pause",
            Deed::Resume => "resume",
        }
    }

    /// While it is under way: `revoking`.
    pub const fn doing(self) -> &'static str {
        match self {
            Deed::Revoke => "revoking",
            Deed::Pause => "pausing",
            Deed::Resume => "resuming",
        }
    }

    /// Whether a key with this status is left to do it to. What a newer server says is for that server to refuse.
    const fn is_left(self, status: Status) -> bool {
        match (self, status) {
            (_, Status::Other(_)) => true,
            (Deed::Revoke, status) => !matches!(status, Status::Revoked),
            (Deed::Pause, status) => matches!(status, Status::Active),
            (Deed::Resume, status) => matches!(status, Status::Paused),
        }
    }
}

/// The part of the dialog that keys go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfirmFocus {
    /// The button that leaves the key as it is.
    Cancel,
    /// The reason.
    Reason,
    /// The button that does it.
    Confirm,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct ConfirmDialog {
    /// What is done.
    pub deed: Deed,
    /// The key.
    pub key: Key,
    /// Who used it, once that is known.
    pub callers: Option<Result<Vec<Caller>, String>>,
    /// The reason, if one is given.
    pub reason: Field,
    /// The part of the dialog that keys go to.
    pub focus: ConfirmFocus,
    /// The request was sent.
    pub sending: bool,
    /// What has to be said: too fast, refused, lost.
    pub note: Option<String>,
    opened: Timestamp,
    /// The server was asked how the key is now.
    looking: bool,
}

impl ConfirmDialog {
    /// For this key; Cancel has the focus.
    pub fn new(deed: Deed, key: Key, opened: Timestamp) -> ConfirmDialog {
        ConfirmDialog {
            deed,
            key,
            callers: None,
            reason: Field::default(),
            focus: ConfirmFocus::Cancel,
            sending: false,
            note: None,
            opened,
            looking: false,
        }
    }

    /// To pause an active key, or to resume a paused one.
    pub fn pause(key: Key, opened: Timestamp) -> ConfirmDialog {
        let deed = if key.status == Status::Paused { Deed::Resume } else { Deed::Pause };
        ConfirmDialog::new(deed, key, opened)
    }

    /// Whether others have left nothing to do.
    pub fn is_done(&self) -> bool {
        !self.sending && !self.deed.is_left(self.key.status)
    }

    /// What others did to it meanwhile: `already revoked by local:ben at …`.
    pub fn done_words(&self, facts: Facts<'_>) -> String {
        done_words(&self.key, facts)
    }

    /// How many nodes have confirmed it, while its answer is awaited.
    pub fn waiting_words(&self, facts: Facts<'_>) -> String {
        use audit::Action::{KeyPaused, KeyResumed, KeyRevoked};
        let (doing, action) = match self.deed {
            Deed::Revoke => ("Revoking", KeyRevoked),
            Deed::Pause => ("Pausing", KeyPaused),
            Deed::Resume => ("Resuming", KeyResumed),
        };
        facts.waiting_words(doing, |event| event.key == Some(self.key.id) && event.action == action)
    }

    fn turn(&mut self, forward: bool) {
        use ConfirmFocus::{Cancel, Confirm, Reason};
        self.focus = match (self.focus, forward) {
            (Cancel, _) if self.deed == Deed::Resume => Confirm,
            (Confirm, _) if self.deed == Deed::Resume => Cancel,
            (Cancel, true) | (Confirm, false) => Reason,
            (Reason, true) | (Cancel, false) => Confirm,
            (Confirm, true) | (Reason, false) => Cancel,
        };
    }

    /// Does it, after the key was looked at once more.
    fn confirm(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let reason = match self.reason.reason() {
            Ok(reason) => reason,
            Err(error) => {
                (self.note, self.focus) = (Some(error), ConfirmFocus::Reason);
                return Vec::new();
            }
        };
        if let Some(known) = facts.loaded(self.key.id) {
            // What was told while the dialog is open is not in the lists yet.
            let known = key_told(known, facts.batch).unwrap_or_else(|| known.clone());
            if !self.deed.is_left(known.status) {
                let words = format!("{} was {}.", known.name, done_words(&known, facts));
                return vec![Step::Close, Step::Say(Level::Info, words)];
            }
            if known.name != self.key.name || known.project_id != self.key.project_id {
                let (confirm, verb) = (facts.key(Action::Confirm), self.deed.verb());
                let before = &self.key.name;
                self.note = Some(format!("Renamed meanwhile (was {before}). Press {confirm} to {verb} it."));
                self.key = known;
                return Vec::new();
            }
        }
        (self.sending, self.note) = (true, None);
        let id = self.key.id;
        vec![Step::Ask(match self.deed {
            Deed::Revoke => Request::RevokeKey { id, reason },
            Deed::Pause => Request::PauseKey { id, reason },
            Deed::Resume => Request::ResumeKey(id),
        })]
    }

    /// Takes in what was told of the key. Says whether anything is different now.
    fn tell(&mut self, facts: Facts<'_>) -> bool {
        let next = key_told(&self.key, facts.batch).filter(|next| *next != self.key);
        let Some(next) = next else { return false };
        let before = std::mem::replace(&mut self.key, next);
        if self.is_done() {
            if self.deed.is_left(before.status) {
                (self.note, self.focus) = (None, ConfirmFocus::Cancel);
            }
        } else if before.name != self.key.name || before.project_name != self.key.project_name {
            self.note = Some(format!(
                "Renamed meanwhile (was {} in {}). Press {} to {} it.",
                before.name,
                before.project_name,
                facts.key(Action::Confirm),
                self.deed.verb()
            ));
            // What was typed before this could be read was meant for the old name.
            self.opened = facts.now;
        }
        true
    }

    fn act(&mut self, facts: Facts<'_>, action: Action) -> Vec<Step> {
        let typing = self.focus == ConfirmFocus::Reason;
        match action {
            Action::NextField | Action::Down => self.turn(true),
            Action::PreviousField | Action::Up => self.turn(false),
            Action::Submit if typing => self.focus = ConfirmFocus::Confirm,
            // The reason is kept: it may be what is worth keeping of a dialog that is left by mistake.
            Action::Cancel if typing => self.focus = ConfirmFocus::Cancel,
            Action::Cancel | Action::Decline => return vec![Step::Close],
            _ if facts.too_fast(self.opened) => self.note = Some(facts.too_fast_words(action)),
            Action::Submit | Action::Toggle if self.focus == ConfirmFocus::Cancel => {
                return vec![Step::Close];
            }
            _ => return self.confirm(facts),
        }
        Vec::new()
    }
}

fn done_words(key: &Key, facts: Facts<'_>) -> String {
    match key.status {
        Status::Revoked => revoked_words(key, &facts.setup.zone),
        Status::Paused => paused_words(key, &facts.setup.zone),
        Status::Active | Status::Other(_) => "already resumed".to_owned(),
    }
}

impl DialogLogic for ConfirmDialog {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Ask(Request::Callers(self.key.id))]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let (name, doing) = (self.key.full_name(), self.deed.doing());
        match input {
            Input::Do(_) if self.is_done() => {
                let words = format!("{name} was {}.", self.done_words(facts));
                return vec![Step::Close, Step::Say(Level::Info, words)];
            }
            Input::Do(Action::Cancel) if self.sending => {
                let words = format!("Still {doing} {name}. The result will be shown here.");
                return vec![Step::Close, Step::Say(Level::Warn, words)];
            }
            _ if self.sending || self.is_done() => {}
            Input::Do(action) => return self.act(facts, action),
            Input::Edit(edit @ Edit::Paste(_)) if self.deed != Deed::Resume => {
                (self.focus, self.note) = (ConfirmFocus::Reason, None);
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Edit(edit) if self.focus == ConfirmFocus::Reason => {
                self.note = None;
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Edit(edit @ (Edit::Left | Edit::Right)) => self.turn(edit == Edit::Right),
            // Any other letter begins the reason.
            Input::Edit(edit @ Edit::Insert(c)) if self.deed != Deed::Resume && !c.is_whitespace() => {
                (self.focus, self.note) = (ConfirmFocus::Reason, None);
                return self.reason.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Edit(_) => {
                let (confirm, cancel) = (facts.key(Action::Confirm), facts.key(Action::Cancel));
                let verb = self.deed.verb();
                self.note = Some(format!("Press {confirm} to {verb} or {cancel} to cancel."));
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
            (_, Ok(_)) => return vec![Step::Close],
            (_, Err(failure)) => (self.sending, self.note) = (false, Some(outcome(asked, failure))),
        }
        Vec::new()
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes if !self.sending && self.tell(facts) => {
                // The first request of a key that was said to have no callers.
                let unknown = matches!(&self.callers, Some(Ok(callers)) if callers.is_empty());
                let asks = unknown && self.key.last_used_at.is_some() && self.deed != Deed::Resume;
                Some(asks.then(|| Step::Ask(Request::Callers(self.key.id))).into_iter().collect())
            }
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
        let moves = match self.focus {
            // Letters that are keys of this dialog do not begin a reason.
            ConfirmFocus::Cancel if self.deed != Deed::Resume => Hint::new(&[Action::NextField], "reason"),
            _ => Hint::new(&[Action::NextField], "next").or(""),
        };
        let rest = Hint::silent(&[Action::PreviousField, Action::Up, Action::Down, Action::Submit]);
        if self.focus == ConfirmFocus::Reason {
            // Letters are letters there, and a blank is a blank.
            let done = Hint::new(&[Action::Submit], format!("go to {}", self.deed.verb())).or("done");
            return vec![
                done,
                Hint::new(&[Action::Cancel], "back (keeps the reason)").or("back"),
                moves,
                rest,
            ];
        }
        // No is the first letter of many reasons. Where there is none to type, it is an answer.
        let also = match self.deed {
            Deed::Resume => Hint::silent(&[Action::Decline, Action::Toggle]),
            Deed::Revoke | Deed::Pause => Hint::silent(&[Action::Toggle]),
        };
        let confirms = match self.deed {
            Deed::Revoke => Hint::new(&[Action::Confirm], "revoke (cannot be undone)").or("revoke"),
            Deed::Pause | Deed::Resume => Hint::new(&[Action::Confirm], self.deed.verb()),
        };
        vec![confirms, cancels, moves, rest, also]
    }

    fn text(&self) -> Text {
        match self.focus {
            _ if self.sending || self.is_done() || self.deed == Deed::Resume => Text::Refused,
            ConfirmFocus::Reason => Text::Typed,
            ConfirmFocus::Cancel | ConfirmFocus::Confirm => Text::Pasted,
        }
    }

    fn about(&self) -> Option<&Key> {
        Some(&self.key)
    }
}
