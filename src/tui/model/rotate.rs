//! A successor for a key: asked for, stored, and then the old one revoked when nobody uses it any more.

use super::action::Scope;
use super::dialog::{Dialog, Edited, RotateForm, Successor, edit, too_fast};
use super::effect::Effect;
use super::event::{KeyCode, KeyPress, PressKind};
use super::messages::Level;
use super::state::{State, What};
use crate::wire::keys::{Key, Status};

impl State {
    /// Opens the form for a successor of the selected key.
    pub(super) fn rotate(&mut self) {
        if self.refuse_writes() {
            return;
        }
        if self.replace_revoked() {
            return;
        }
        match self.selected_key().cloned() {
            None => {
                let two = self.key_of_view(2);
                self.say_nothing_selected(&format!("Select a key first (press {two})."));
            }
            // A revoked key cannot be rotated, but its name is free.
            Some(key) if key.status == Status::Revoked => self.replace_key(&key),
            Some(key) => {
                self.dialogs.push(Dialog::Rotate(Box::new(RotateForm::new(key, self.now))));
                self.dirty();
            }
        }
    }

    pub(super) fn key_rotate(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let now = self.now;
        let said = |words| self.setup.keymap.said(Scope::Dialog, words);
        let Some(Dialog::Rotate(form)) = self.dialogs.last_mut() else { return };
        match key.code {
            KeyCode::Esc => {
                self.dialogs.pop();
            }
            _ if form.sending.is_some() => return,
            // Without a name to be typed, Enter alone would make it.
            KeyCode::Enter if form.field.text().is_empty() && too_fast(form.opened, now) => {
                form.error = Some(said("too fast: nobody can have read this yet; press Enter again"));
            }
            KeyCode::Enter => match form.request() {
                Ok(request) => {
                    let id = self.ask(fx, What::Rotate, request);
                    if let Some(Dialog::Rotate(form)) = self.dialogs.last_mut() {
                        (form.sending, form.error) = (Some(id), None);
                    }
                }
                Err(error) => form.error = Some(error),
            },
            _ => {
                if let Edited::Yes(masked) = edit(&mut form.field, key) {
                    form.error = None;
                    self.dirty();
                    self.offer_if(fx, masked);
                }
                return;
            }
        }
        self.dirty();
    }

    /// The key that another one succeeds, as far as it is known here.
    pub(super) fn predecessor(&self, key: &Key) -> Option<Key> {
        let id = key.rotated_from?;
        self.keys.rows.get(id).or_else(|| self.stale.rows.get(id)).cloned()
    }

    /// Says what comes next: the old key works until somebody revokes it.
    pub(super) fn offer_next(&mut self, old: Option<Key>, name: String) {
        if let Some(old) = old {
            self.dialogs.push(Dialog::Successor(Box::new(Successor { old, name })));
            self.dirty();
        }
    }

    pub(super) fn key_successor(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let Some(Dialog::Successor(open)) = self.dialogs.last() else { return };
        if key.kind != PressKind::Press || key.ctrl || key.alt {
            return;
        }
        let old = open.old.clone();
        match key.code {
            KeyCode::Enter => {
                self.dialogs.pop();
                self.go_to(fx, old.hint, vec![old]);
            }
            KeyCode::Char('x') => {
                self.dialogs.pop();
                self.open_revoke(fx, old);
            }
            KeyCode::Esc | KeyCode::Char('q') => {
                self.dialogs.pop();
                self.say(Level::Info, format!("{} stays active until it is revoked", old.name));
            }
            _ => return,
        }
        self.dirty();
    }
}
