//! After a revocation: the offer to create a replacement with the same name, and the project that was acted on.

use super::action::Action;
use super::interaction::NewKey;
use super::state::State;
use crate::wire::id::ProjectId;
use crate::wire::keys::Key;

/// What was acted on last, until another row is chosen.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::tui) struct Acted {
    /// The project of the key that was acted on last.
    pub(super) project: Option<(ProjectId, String)>,
    /// What can be created again.
    replacement: Option<NewKey>,
}

/// A revoked key created again: its name is free.
pub(super) fn replacement(key: &Key) -> NewKey {
    let project = (key.project_id, key.project_name.to_string());
    NewKey { project, choose: false, name: key.name.clone(), mode: key.mode }
}

impl State {
    /// This key was acted on: a new key is of its project unless another one is chosen.
    pub(super) fn acted_on(&mut self, key: &Key) {
        self.acted =
            Acted { project: Some((key.project_id, key.project_name.to_string())), replacement: None };
    }

    /// This key was revoked: its receipt offers to create it again.
    pub(super) fn offer_replacement(&mut self, key: &Key) {
        self.acted_on(key);
        if self.read_only().is_none() {
            self.acted.replacement = Some(replacement(key));
        }
    }

    /// What the receipt offers, to be shown beside it.
    pub(in crate::tui) fn replacement_hint(&self) -> Option<String> {
        self.acted.replacement.as_ref()?;
        let key = self.setup.keymap.hint(Action::Rotate);
        (!key.is_empty()).then(|| format!("{key} create replacement"))
    }

    /// Another wish than a replacement ends the offer, and another row the memory of the project.
    pub(super) fn act_elsewhere(&mut self, action: Action) {
        if action != Action::Rotate && self.acted.replacement.take().is_some() {
            self.dirty();
        }
        let chooses = matches!(
            action,
            Action::Open
                | Action::Back
                | Action::Close
                | Action::Filter
                | Action::View(_)
                | Action::NextView
                | Action::PreviousView
        );
        if chooses || action.moves() {
            self.acted.project = None;
        }
    }

    /// Takes the replacement that the receipt offers.
    pub(super) fn take_replacement(&mut self) -> Option<NewKey> {
        self.acted.replacement.take()
    }
}
