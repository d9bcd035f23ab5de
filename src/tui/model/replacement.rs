//! After a revocation: the offer to create a replacement with the same name, and the project that was acted on.

use super::action::Action;
use super::dialog::{Dialog, NewKeyForm};
use super::field::Field;
use super::state::State;
use crate::wire::id::ProjectId;
use crate::wire::keys::{Key, Mode};

/// What was acted on last, until another row is chosen.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::tui) struct Acted {
    /// The project of the key that was acted on last.
    pub(super) project: Option<(ProjectId, String)>,
    /// What can be created again.
    replacement: Option<Replacement>,
}

/// A revoked key that can be created again: its name is free.
#[derive(Clone, PartialEq, Debug)]
struct Replacement {
    name: String,
    mode: Mode,
    project: (ProjectId, String),
}

impl Replacement {
    fn of(key: &Key) -> Replacement {
        let project = (key.project_id, key.project_name.to_string());
        Replacement { name: key.name.clone(), mode: key.mode, project }
    }
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
            self.acted.replacement = Some(Replacement::of(key));
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

    /// Opens the form for the replacement that the receipt offers. Says whether there is one.
    pub(super) fn replace_revoked(&mut self) -> bool {
        let Some(offer) = self.acted.replacement.take() else { return false };
        self.open_replacement(offer);
        true
    }

    /// Opens the form for a replacement of a key that was revoked before.
    pub(super) fn replace_key(&mut self, key: &Key) {
        self.open_replacement(Replacement::of(key));
    }

    fn open_replacement(&mut self, of: Replacement) {
        let form =
            NewKeyForm { field: Field::with(&of.name), mode: of.mode, ..NewKeyForm::new(of.project, false) };
        self.dialogs.push(Dialog::NewKey(form));
        self.dirty();
    }
}
