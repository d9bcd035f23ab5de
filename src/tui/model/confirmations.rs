//! What others change of the keys that an open dialog is about. Rows wait while something is decided; the dialog
//! itself shows its keys as they are now.

use super::effect::Effect;
use super::interaction::Notice;
use super::link::Status;
use super::state::State;

impl State {
    /// Shows in open dialogs what was told.
    pub(super) fn tell_dialogs(&mut self, fx: &mut Vec<Effect>) {
        if self.dialogs.is_empty() {
            self.live.left_out = false;
            return;
        }
        if !self.live.waiting.is_empty() {
            self.notify(fx, &Notice::News);
        }
        if std::mem::take(&mut self.live.left_out) {
            self.notify(fx, &Notice::Unheard);
        }
    }

    /// Whether an open dialog has to ask again and again how its key is, because no event tells of it.
    pub(super) fn polls(&self) -> bool {
        let up = self.link.status == Status::Up && self.link.session.is_some();
        up && !self.live.open && self.dialogs.iter().any(|dialog| dialog.logic().watches())
    }
}
