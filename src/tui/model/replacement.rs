//! What was acted on last: the project that a new key goes to, and a revoked key to create another one like.

use super::action::Action;
use super::dialogs::interaction::NewKey;
use super::keymap::Keymap;
use crate::wire::id::ProjectId;
use crate::wire::keys::Key;

/// What was acted on last, until another row is chosen.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::tui) struct Acted {
    /// The project of the key that was acted on last.
    pub(super) project: Option<(ProjectId, String)>,
    /// What its receipt offers to create.
    replacement: Option<NewKey>,
}

impl Acted {
    /// This key was acted on: a new key is of its project unless another one is chosen.
    pub(super) fn on(key: &Key) -> Acted {
        Acted { project: Some((key.project_id, key.project_name.to_string())), replacement: None }
    }

    /// This key was revoked: its receipt offers a new key like it.
    pub(super) fn revoked(key: &Key) -> Acted {
        Acted { replacement: Some(NewKey::like(key)), ..Acted::on(key) }
    }

    /// Whether the receipt offers something.
    pub(super) fn offers(&self) -> bool {
        self.replacement.is_some()
    }

    /// What the receipt offers, to be shown beside it.
    pub(in crate::tui) fn hint(&self, keymap: &Keymap) -> Option<String> {
        let key = keymap.hint(Action::Rotate);
        (self.offers() && !key.is_empty()).then(|| format!("{key} new key like it"))
    }

    /// Any action but the replacement ends the offer, and another row the memory of the project. Says whether there
    /// was an offer.
    pub(super) fn ends_by(&mut self, action: Action) -> bool {
        let chooses = matches!(
            action,
            Action::Open
                | Action::OpenProject
                | Action::Back
                | Action::Close
                | Action::Filter
                | Action::StillTried
                | Action::View(_)
                | Action::NextView
                | Action::PreviousView
        );
        if chooses || action.moves() {
            self.project = None;
        }
        action != Action::Rotate && self.take_replacement().is_some()
    }

    /// Takes the replacement that the receipt offers.
    pub(super) fn take_replacement(&mut self) -> Option<NewKey> {
        self.replacement.take()
    }
}
