//! Copying: what, as what, and what became of it.

use super::effect::{CopyText, Effect};
use super::event::{ClipboardOutcome, CopyKind};
use super::interaction::{Notice, OpenDialog};
use super::messages::Level;
use super::state::State;
use crate::wire::id::KeyId;

impl State {
    pub(super) fn copy_mask(&mut self, fx: &mut Vec<Effect>) {
        match self.views.of(self.view).copied().into_iter().next() {
            Some((name, text)) => fx.push(Effect::Copy(CopyText::Public(name, text))),
            None => self.say_nothing_selected("Nothing is selected. Select a row first."),
        }
    }

    pub(super) fn copy_menu(&mut self, fx: &mut Vec<Effect>) {
        let items = self.views.of(self.view).copied();
        if items.is_empty() {
            return self.say_nothing_selected("Nothing is selected. Select a row first.");
        }
        self.open_dialog(fx, OpenDialog::CopyMenu(items));
    }

    pub(super) fn copied(&mut self, fx: &mut Vec<Effect>, kind: CopyKind, outcome: ClipboardOutcome) {
        let name = match kind {
            CopyKind::Public(name) => name,
            CopyKind::Secret(key) => {
                self.notify(fx, &Notice::Copied(key, outcome));
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
    pub(super) fn written(&mut self, fx: &mut Vec<Effect>, key: KeyId, result: Result<String, String>) {
        if self.notify(fx, &Notice::Written(key, result.clone())) {
            return;
        }
        match result {
            Ok(path) => self.say(Level::Good, format!("the key is written to {path} (mode 0600)")),
            Err(why) => self.say(Level::Bad, format!("the key's file was not written: {why}")),
        }
    }
}
