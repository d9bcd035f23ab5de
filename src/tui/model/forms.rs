//! Keys in the dialogs.

use super::action::Scope;
use super::confirmations::revoked_words;
use super::dialogs::{Dialog, Edited, RevokeFocus, edit, too_fast};
use super::effect::{Effect, Request};
use super::event::{KeyCode, KeyPress, PressKind};
use super::messages::Level;
use super::news::key_told;
use super::state::{State, What};
use crate::wire::keys::Status as KeyStatus;

impl State {
    pub(super) fn key_revoke(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let now = self.now;
        let said = |words| self.setup.keymap.said(Scope::Dialog, words);
        let Some(Dialog::Revoke(open)) = self.dialogs.last_mut() else { return };
        let plain = !key.ctrl && !key.alt && key.kind == PressKind::Press;
        let typing = open.focus == RevokeFocus::Reason;
        if open.sending.is_none() && open.key.status == KeyStatus::Revoked {
            // Somebody else did it while the dialog was open: whatever is pressed, nothing is left to do.
            let closes =
                matches!(key.code, KeyCode::Esc | KeyCode::Enter | KeyCode::Char(' ' | 'y' | 'q' | 'n'));
            if plain && closes {
                let words = format!("{} was {}", open.key.name, revoked_words(&open.key, &self.setup.zone));
                self.dialogs.pop();
                self.say(Level::Info, words);
            }
            return;
        }
        match key.code {
            KeyCode::Esc => {
                let under_way = open.sending.map(|_| open.key.name.clone());
                self.dialogs.pop();
                if let Some(name) = under_way {
                    let words =
                        format!("the revocation of {name} is under way: the answer will be said here");
                    self.say(Level::Warn, words);
                }
            }
            _ if open.sending.is_some() => return,
            KeyCode::Tab | KeyCode::Down => open.turn(true),
            KeyCode::BackTab | KeyCode::Up => open.turn(false),
            KeyCode::Left | KeyCode::Right if !typing => open.turn(key.code == KeyCode::Right),
            KeyCode::Enter if typing => open.focus = RevokeFocus::Revoke,
            KeyCode::Char('y' | ' ') | KeyCode::Enter if plain && !typing && too_fast(open.opened, now) => {
                open.note = Some("too fast: nobody can have read this yet; press the key again".into());
            }
            KeyCode::Enter | KeyCode::Char(' ') if plain && open.focus == RevokeFocus::Cancel => {
                self.dialogs.pop();
            }
            KeyCode::Char('q' | 'n') if plain && !typing => {
                self.dialogs.pop();
            }
            KeyCode::Char('y') if plain && !typing => self.confirm_revoke(fx),
            KeyCode::Enter | KeyCode::Char(' ') if plain && open.focus == RevokeFocus::Revoke => {
                self.confirm_revoke(fx);
            }
            _ if typing => {
                if let Edited::Yes(masked) = edit(&mut open.reason, key) {
                    open.note = None;
                    self.dirty();
                    self.offer_if(fx, masked);
                }
                return;
            }
            _ => open.note = Some(said("y revokes the key; Esc leaves it as it is")),
        }
        self.dirty();
    }

    /// Revokes, after the target was looked at once more.
    fn confirm_revoke(&mut self, fx: &mut Vec<Effect>) {
        let Some(Dialog::Revoke(open)) = self.dialogs.last_mut() else { return };
        let reason = match open.checked_reason() {
            Ok(reason) => reason,
            Err(error) => {
                (open.note, open.focus) = (Some(error), RevokeFocus::Reason);
                return;
            }
        };
        let id = open.key.id;
        let known = self.views.keys.list.rows.get(id).or_else(|| self.views.stale.list.rows.get(id));
        if let Some(known) = known.cloned() {
            // What was told while the dialog is open is not in the lists yet.
            let known = key_told(&known, &self.live.waiting).unwrap_or(known);
            if known.status == KeyStatus::Revoked && open.key.status == KeyStatus::Active {
                self.dialogs.pop();
                self.say(
                    Level::Info,
                    format!("{} was revoked meanwhile; nothing was left to do", known.name),
                );
                return;
            }
            if known.name != open.key.name || known.project_id != open.key.project_id {
                let then = self.setup.keymap.said(Scope::Dialog, "look again, then press y");
                open.note = Some(format!("it was renamed meanwhile, from {}; {then}", open.key.name));
                open.key = known;
                return;
            }
        }
        let sent = self.ask(fx, What::Revoke, Request::RevokeKey { id, reason });
        if let Some(Dialog::Revoke(open)) = self.dialogs.last_mut() {
            (open.sending, open.note) = (Some(sent), None);
        }
    }
}
