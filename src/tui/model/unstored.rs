//! What becomes of keys that an earlier dashboard showed and that nobody said to have stored.

use super::action::Scope;
use super::dialogs::unstored::{Asking, Unstored};
use super::dialogs::{Dialog, too_fast};
use super::effect::{Effect, Request, RequestId};
use super::event::{Failure, FailureKind, KeyCode, KeyPress, PressKind};
use super::messages::Level;
use super::state::{State, What};
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, RevokedKey};

/// Why such a key is revoked, in the audit log.
const REASON: &str = "nobody is known to have stored its text";

impl State {
    /// These were found; they are asked about as soon as nothing else is open.
    pub(super) fn unstored_found(&mut self, keys: Vec<Key>) {
        for key in keys {
            if self.unstored.iter().all(|known| known.id != key.id) {
                self.unstored.push(key);
            }
        }
    }

    /// Opens the dialog when there is something to ask and nobody is in the middle of something.
    pub(super) fn ask_unstored(&mut self) {
        let busy = !self.dialogs.is_empty() || self.filter_line().editing;
        if self.unstored.is_empty() || busy || self.read_only().is_some() {
            return;
        }
        let keys = std::mem::take(&mut self.unstored);
        self.dialogs.push(Dialog::Unstored(Box::new(Unstored::new(keys, self.now))));
        self.dirty();
    }

    pub(super) fn key_unstored(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let now = self.now;
        let said = |words| self.setup.keymap.said(Scope::Dialog, words);
        let Some(Dialog::Unstored(open)) = self.dialogs.last_mut() else { return };
        if key.ctrl || key.alt {
            return;
        }
        let count = open.keys.len();
        match key.code {
            KeyCode::Up | KeyCode::Char('k') if open.asking == Asking::No => {
                open.at = open.at.saturating_sub(1);
            }
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab if open.asking == Asking::No => {
                open.at = (open.at + 1).min(count.saturating_sub(1));
            }
            _ if key.kind != PressKind::Press => return,
            code => {
                open.note = None;
                match (open.asking.clone(), code) {
                    (Asking::No, KeyCode::Char('h' | 'A' | 'x' | 'X')) if too_fast(open.opened, now) => {
                        open.note =
                            Some("too fast: nobody can have read this yet; press the key again".into());
                    }
                    // Who presses Enter out of habit has not read what it would forget.
                    (Asking::No, KeyCode::Enter) => {
                        open.note = Some(said(
                            "Enter decides nothing here: h says that you have it, Esc asks you again later",
                        ));
                    }
                    (Asking::No, KeyCode::Char('h')) => {
                        let marked = open.marked().map(|key| key.id);
                        self.stored(fx, marked.as_slice());
                    }
                    (Asking::No, KeyCode::Char('A')) => {
                        let all: Vec<KeyId> = open.keys.iter().map(|key| key.id).collect();
                        self.stored(fx, &all);
                    }
                    (Asking::No, KeyCode::Char('x')) => open.asking = Asking::One(now),
                    (Asking::No, KeyCode::Char('X')) if count == 1 => open.asking = Asking::One(now),
                    (Asking::No, KeyCode::Char('X')) => open.asking = Asking::All(String::new()),
                    (Asking::No, KeyCode::Esc | KeyCode::Char('q')) => self.later(fx),
                    (Asking::One(since), KeyCode::Char('y')) if too_fast(since, now) => {
                        open.note = Some(said("too fast: press y again"));
                    }
                    (Asking::One(_), KeyCode::Char('y')) => {
                        open.asking = Asking::No;
                        let marked = open.marked().map(|key| key.id);
                        self.revoke_unstored(fx, marked.as_slice());
                    }
                    (Asking::All(typed), KeyCode::Enter) if typed == count.to_string() => {
                        open.asking = Asking::No;
                        let all: Vec<KeyId> = open.keys.iter().map(|key| key.id).collect();
                        self.revoke_unstored(fx, &all);
                    }
                    (Asking::All(mut typed), KeyCode::Char(c @ '0'..='9')) if typed.len() < 9 => {
                        typed.push(c);
                        open.asking = Asking::All(typed);
                    }
                    (Asking::All(mut typed), KeyCode::Backspace) => {
                        typed.pop();
                        open.asking = Asking::All(typed);
                    }
                    (Asking::All(_), KeyCode::Enter) => {
                        open.note = Some(format!(
                            "type {count}, {}",
                            said("the number of keys, then Enter; Esc leaves them")
                        ));
                    }
                    (Asking::One(_) | Asking::All(_), KeyCode::Esc | KeyCode::Char('q' | 'n')) => {
                        open.asking = Asking::No;
                    }
                    _ => return,
                }
            }
        }
        self.dirty();
    }

    /// Somebody has these.
    fn stored(&mut self, fx: &mut Vec<Effect>, keys: &[KeyId]) {
        let Some(open) = self.unstored_dialog() else { return };
        for id in keys {
            // One that is being revoked is no longer to be had.
            if open.sending.iter().all(|(_, other)| other != id) {
                open.remove(*id);
                fx.push(Effect::Stored(*id));
            }
        }
        self.close_empty_unstored();
    }

    /// Asks again at the next start.
    fn later(&mut self, fx: &mut Vec<Effect>) {
        if let Some(Dialog::Unstored(open)) = self.dialogs.pop() {
            fx.extend(open.keys.iter().map(|key| Effect::StoredLater(key.id)));
            self.say(Level::Info, "asked again at the next start");
        }
    }

    fn revoke_unstored(&mut self, fx: &mut Vec<Effect>, keys: &[KeyId]) {
        let known: Vec<KeyId> = self
            .unstored_dialog()
            .map_or_else(Vec::new, |open| open.sending.iter().map(|(_, id)| *id).collect());
        for id in keys.iter().filter(|id| !known.contains(id)) {
            let request = Request::RevokeKey { id: *id, reason: Some(REASON.to_owned()) };
            let sent = self.ask(fx, What::RevokeUnstored(*id), request);
            if let Some(open) = self.unstored_dialog() {
                open.sending.push((sent, *id));
            }
        }
    }

    pub(super) fn unstored_revoked(&mut self, fx: &mut Vec<Effect>, revoked: &RevokedKey) {
        fx.push(Effect::Stored(revoked.key.id));
        if let Some(open) = self.unstored_dialog() {
            open.remove(revoked.key.id);
        }
        self.close_empty_unstored();
    }

    pub(super) fn unstored_failed(
        &mut self,
        fx: &mut Vec<Effect>,
        id: KeyId,
        failure: &Failure,
        words: String,
    ) {
        let gone = failure.kind == FailureKind::NotFound;
        if gone {
            fx.push(Effect::Stored(id));
        }
        match self.unstored_dialog() {
            Some(open) if gone => open.remove(id),
            Some(open) => {
                open.sending.retain(|(_, other): &(RequestId, KeyId)| *other != id);
                open.note = Some(words);
            }
            None => self.say(Level::Bad, words),
        }
        self.close_empty_unstored();
        self.dirty();
    }

    fn close_empty_unstored(&mut self) {
        self.dialogs.retain(|dialog| !matches!(dialog, Dialog::Unstored(open) if open.keys.is_empty()));
    }

    fn unstored_dialog(&mut self) -> Option<&mut Unstored> {
        self.dialogs.iter_mut().find_map(|dialog| match dialog {
            Dialog::Unstored(open) => Some(&mut **open),
            _ => None,
        })
    }
}
