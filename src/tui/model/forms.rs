//! Keys in the dialogs.

use super::action::Scope;
use super::confirmations::revoked_words;
use super::dialogs::{Copied, Dialog, Edited, FileState, Leaving, RevokeFocus, ShownOnce, edit, too_fast};
use super::effect::{CopyText, Effect, Request};
use super::event::{KeyCode, KeyPress, PressKind};
use super::field::Field;
use super::interaction::OpenDialog;
use super::lists;
use super::messages::Level;
use super::news::key_told;
use super::state::{State, What};
use crate::wire::id::KeyId;
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
        let known = self.keys.rows.get(id).or_else(|| self.stale.rows.get(id));
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

    pub(super) fn key_shown_once(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        if key.kind != PressKind::Press {
            return;
        }
        let now = self.now;
        let Some(Dialog::ShownOnce(open)) = self.dialogs.last_mut() else { return };
        if open.menu.is_some() && key != KeyPress::ctrl('c') {
            self.key_forms(fx, key);
            return;
        }
        if open.leaving.is_some() {
            self.key_leaving(fx, key);
            return;
        }
        if open.place.is_some() && key != KeyPress::ctrl('c') {
            self.key_place(fx, key);
            return;
        }
        let demo = self.setup.demo;
        let said = |words| Some(self.setup.keymap.said(Scope::NewKey, words));
        let leave = |quit| Some(Leaving { asked: now, quit, revoke: false });
        match (key.code, key.ctrl) {
            (KeyCode::Enter, false) if too_fast(open.opened, now) => {
                open.note =
                    said("too fast: nobody can have read the key yet; press Enter again once it is stored");
            }
            (KeyCode::Enter, false) => {
                let (id, old, name) = (open.key.id, open.old.take(), open.key.name.clone());
                fx.push(Effect::Stored(id));
                self.leave_shown_once(fx, id);
                if let Some(old) = old {
                    self.open_dialog(fx, OpenDialog::Successor(*old, name));
                }
            }
            (KeyCode::Esc | KeyCode::Char('q'), false) => (open.leaving, open.note) = (leave(false), None),
            (KeyCode::Char('c'), true) => {
                (open.leaving, open.menu, open.place, open.note) = (leave(true), None, None, None);
            }
            (KeyCode::Char('y'), false) => {
                (open.copied, open.note) = (Copied::Copying, None);
                fx.push(Effect::Copy(CopyText::Secret(open.key.id, open.secret.clone())));
            }
            (KeyCode::Char('Y'), false) => (open.menu, open.note) = (Some(0), None),
            (KeyCode::Char('w'), false) => match &open.file {
                FileState::Writing => {}
                FileState::Done(Ok(path)) => open.note = Some(format!("written already to {path}")),
                FileState::NotAsked | FileState::Done(Err(_)) if demo => {
                    (open.place, open.note) = (Some(Field::default()), None);
                }
                FileState::NotAsked | FileState::Done(Err(_)) => write_key(fx, open, None),
            },
            _ => {
                open.note = said("only Enter closes this, once the key is stored; y Y copy, w writes a file");
            }
        }
        self.dirty();
    }

    /// Keys while somebody types where the key's file is to go.
    fn key_place(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let Some(Dialog::ShownOnce(open)) = self.dialogs.last_mut() else { return };
        let Some(place) = &mut open.place else { return };
        match key.code {
            KeyCode::Esc => (open.place, open.note) = (None, None),
            KeyCode::Enter => match typed_place(place) {
                Ok(place) => {
                    open.place = None;
                    write_key(fx, open, Some(place));
                }
                Err(why) => open.note = Some(why),
            },
            _ => {
                edit(place, key);
                open.note = None;
            }
        }
        self.dirty();
    }

    fn key_leaving(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let now = self.now;
        let said = |words| Some(self.setup.keymap.said(Scope::NewKey, words));
        let Some(Dialog::ShownOnce(open)) = self.dialogs.last_mut() else { return };
        let Some(leaving) = &mut open.leaving else { return };
        // Not `y`: a moment earlier it copies the key, and one key never both keeps and destroys.
        let confirms = match key.code {
            KeyCode::Char('x') => !key.ctrl,
            KeyCode::Enter | KeyCode::Char(' ') => !key.ctrl && leaving.revoke,
            _ => false,
        };
        match key.code {
            _ if open.revoking.is_some() => return,
            _ if confirms && too_fast(leaving.asked, now) => {
                open.note = Some("too fast: press the key again".into());
            }
            _ if confirms => {
                let id = open.key.id;
                let away = open.away.as_ref().map(|(name, _)| name.clone());
                let request = Request::RevokeKey { id, reason: None };
                let sent = match away {
                    Some(context) => self.ask_in(fx, context, What::RevokeUnseen, request),
                    None => self.ask(fx, What::RevokeUnseen, request),
                };
                if let Some(Dialog::ShownOnce(open)) = self.dialogs.last_mut() {
                    (open.revoking, open.note) = (Some(sent), None);
                }
            }
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => {
                leaving.revoke = !leaving.revoke;
            }
            KeyCode::Enter | KeyCode::Esc | KeyCode::Char(' ' | 'k') => {
                (open.leaving, open.note) = (None, None);
            }
            KeyCode::Char(_) => open.note = said("x revokes the key, Esc shows it"),
            _ => {}
        }
        self.dirty();
    }

    /// Closes this key's dialog, and no other one's, and drops its secret. Says whether the dashboard is to be left.
    pub(super) fn leave_shown_once(&mut self, fx: &mut Vec<Effect>, id: KeyId) -> bool {
        let of_it = |dialog: &Dialog| matches!(dialog, Dialog::ShownOnce(open) if open.key.id == id);
        let at = self.dialogs.iter().position(of_it);
        let Some(Dialog::ShownOnce(open)) = at.map(|at| self.dialogs.remove(at)) else { return false };
        let quit = open.leaving.is_some_and(|leaving| leaving.quit);
        let key = &open.key;
        // One that was revoked here is said to be that.
        if open.revoking.is_none() {
            self.say(Level::Good, format!("key {} of {} is made and active", key.name, key.project_name));
        }
        fx.push(Effect::Wipe);
        self.timers.refresh = self.now;
        lists::settle(self);
        self.dirty();
        quit
    }
}

/// Writes the key that is shown into a file.
fn write_key(fx: &mut Vec<Effect>, open: &mut ShownOnce, place: Option<String>) {
    open.files += 1;
    (open.file, open.note) = (FileState::Writing, None);
    let (name, secret) = (open.file_name(open.files), open.secret.clone());
    fx.push(Effect::WriteSecretFile { key: open.key.id, name, place, secret });
}

/// The place for a file that was typed.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn typed_place(field: &Field) -> Result<String, String> {
    match field.text().trim() {
        "" => Err("Type where to write the file, such as ~/shop.key.".to_owned()),
        _ if field.masked().is_some() => Err("A path cannot contain a key.".to_owned()),
        place => Ok(place.to_owned()),
    }
}
