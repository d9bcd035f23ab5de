//! Keys that an earlier dashboard showed and that are not known to be stored: when they are asked about.

use super::effect::Effect;
use super::interaction::OpenDialog;
use super::state::State;
use crate::wire::keys::Key;

impl State {
    /// These were found; they are asked about as soon as nothing else is open.
    pub(super) fn unstored_found(&mut self, keys: Vec<Key>) {
        for key in keys {
            if self.unstored.iter().all(|known| known.id != key.id) {
                self.unstored.push(key);
            }
        }
    }

    /// Opens the dialog when there is something to ask and nothing else is being done.
    pub(super) fn ask_unstored(&mut self, fx: &mut Vec<Effect>) {
        let busy = !self.dialogs.is_empty() || self.filter_line().editing;
        if self.unstored.is_empty() || busy || self.read_only().is_some() {
            return;
        }
        let keys = std::mem::take(&mut self.unstored);
        self.open_dialog(fx, OpenDialog::Unstored(keys));
    }
}
