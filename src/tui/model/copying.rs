//! Copying: what, as what, and what became of it.

use super::dialogs::copy_menu::{CopyMenu, Pick, choose};
use super::dialogs::{Copied, Dialog, FileState, ShownOnce};
use super::effect::{CopyText, Effect};
use super::event::{ClipboardOutcome, CopyKind, KeyPress};
use super::messages::Level;
use super::state::State;
use super::tabs::View;
use crate::wire::id::KeyId;

impl State {
    pub(super) fn copy_mask(&mut self, fx: &mut Vec<Effect>) {
        match self.copied_of_row().into_iter().next() {
            Some((name, text)) => fx.push(Effect::Copy(CopyText::Public(name, text))),
            None => self.say_nothing_selected("Nothing is selected. Select a row first."),
        }
    }

    pub(super) fn copy_menu(&mut self) {
        let items = self.copied_of_row();
        if items.is_empty() {
            return self.say_nothing_selected("Nothing is selected. Select a row first.");
        }
        self.dialogs.push(Dialog::CopyMenu(CopyMenu { items, at: 0 }));
        self.dirty();
    }

    /// What can be copied of the selected row, the usual thing first.
    fn copied_of_row(&self) -> Vec<(&'static str, String)> {
        match self.view {
            View::Keys | View::Stale => self.selected_key().map_or_else(Vec::new, |key| {
                vec![
                    ("mask", key.hint.to_string()),
                    ("id", key.id.to_string()),
                    ("name", key.name.clone()),
                    ("path", format!("{}/{}", key.project_name, key.name)),
                ]
            }),
            View::Projects => self.projects.rows.selected().map_or_else(Vec::new, |project| {
                vec![("id", project.id.to_string()), ("name", project.name.clone())]
            }),
            View::Audit => self.audit.rows.selected().map_or_else(Vec::new, |event| {
                vec![("hash", event.hash.clone()), ("id", event.id.to_string())]
            }),
        }
    }

    pub(super) fn key_copy_menu(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let Some(Dialog::CopyMenu(menu)) = self.dialogs.last_mut() else { return };
        match choose(key, menu.at, menu.items.len()) {
            Pick::Mark(at) => menu.at = at,
            Pick::Take(at) => {
                let item = menu.items.get(at);
                fx.extend(item.map(|(name, text)| Effect::Copy(CopyText::Public(name, text.clone()))));
                self.dialogs.pop();
            }
            Pick::Close => {
                self.dialogs.pop();
            }
            Pick::Nothing => return,
        }
        self.dirty();
    }

    /// Keys in the menu of a new key's dialog.
    pub(super) fn key_forms(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let now = self.now;
        let edge = self.edge_address();
        let Some(Dialog::ShownOnce(open)) = self.dialogs.last_mut() else { return };
        let (Some(at), forms) = (open.menu, open.forms(edge.as_deref())) else { return };
        match choose(key, at, forms.len()) {
            Pick::Mark(at) => open.menu = Some(at),
            Pick::Take(at) => {
                let (key, secret) = (open.key.id, open.secret.clone());
                (open.copied, open.note, open.menu) = (Copied::Copying, None, None);
                // A second Enter shall not say that the key is stored.
                open.opened = now;
                fx.extend(forms.into_iter().nth(at).map(|form| {
                    Effect::Copy(if at == 0 {
                        CopyText::Secret(key, secret)
                    } else {
                        CopyText::Around { key, before: form.before, secret, after: form.after }
                    })
                }));
            }
            Pick::Close => open.menu = None,
            Pick::Nothing => return,
        }
        self.dirty();
    }

    /// Where an Edge API listens, as far as it is known.
    pub(in crate::tui) fn edge_address(&self) -> Option<String> {
        let of_node = || {
            let session = self.link.session.as_ref()?;
            session.nodes.iter().find(|node| node.live).and_then(|node| node.edge.clone())
        };
        self.link.place.edge.clone().or_else(of_node)
    }

    pub(super) fn copied(&mut self, kind: CopyKind, outcome: ClipboardOutcome) {
        let name = match kind {
            CopyKind::Public(name) => name,
            CopyKind::Secret(key) => {
                if let Some(open) = self.shown_once(key) {
                    open.copied = Copied::Done(outcome);
                    self.dirty();
                }
                return;
            }
        };
        match outcome {
            ClipboardOutcome::Copied { .. } => self.say(Level::Good, format!("the {name} is copied")),
            ClipboardOutcome::SentToTerminal => {
                let words = "sent to the terminal's clipboard; paste once to make sure";
                self.say(Level::Info, format!("the {name} was {words}"));
            }
            ClipboardOutcome::Handed { program } => {
                self.say(Level::Info, format!("the {name} was handed to {program}; paste once to make sure"));
            }
            ClipboardOutcome::Off => {
                self.say(
                    Level::Warn,
                    format!("the {name} is not copied: the clipboard is off (setting clipboard)"),
                );
            }
            ClipboardOutcome::Failed(why) => self.say(Level::Bad, format!("the {name} is not copied: {why}")),
        }
    }

    /// What became of a key's file. Nobody may be told of the file of another key, so whoever has closed the
    /// dialog of this one meanwhile reads it in a message.
    pub(super) fn written(&mut self, key: KeyId, result: Result<String, String>) {
        match (self.shown_once(key), result) {
            (Some(open), result) => open.file = FileState::Done(result),
            (None, Ok(path)) => self.say(Level::Good, format!("the key is written to {path} (mode 0600)")),
            (None, Err(why)) => self.say(Level::Bad, format!("the key's file was not written: {why}")),
        }
        self.dirty();
    }

    /// The dialog that shows this key.
    fn shown_once(&mut self, key: KeyId) -> Option<&mut ShownOnce> {
        self.dialogs.iter_mut().find_map(|dialog| match dialog {
            Dialog::ShownOnce(open) if open.key.id == key => Some(&mut **open),
            _ => None,
        })
    }
}
