//! The confirmation of a project's deletion: its active keys are revoked with it.

use super::super::effect::RequestId;
use super::super::field::Field;
use crate::wire::projects::Project;
use crate::wire::time::Timestamp;

/// The dialog. Its target is fixed when it opens; its keys are counted anew then.
#[derive(Clone, PartialEq, Debug)]
pub struct DeleteDialog {
    /// The project.
    pub project: Project,
    /// When it opened.
    pub opened: Timestamp,
    /// Its keys were counted after the dialog opened.
    pub counted: bool,
    /// The server said that it has active keys, whatever was counted.
    pub has_keys: bool,
    /// Its name, as typed.
    pub field: Field,
    /// It was sent.
    pub sending: Option<RequestId>,
    /// What has to be said: too fast, another name, refused, lost.
    pub note: Option<String>,
}

impl DeleteDialog {
    /// For this project.
    pub fn new(project: Project, opened: Timestamp) -> DeleteDialog {
        DeleteDialog {
            project,
            opened,
            counted: false,
            has_keys: false,
            field: Field::default(),
            sending: None,
            note: None,
        }
    }

    /// Whether its name has to be typed: keys would be revoked.
    pub fn needs_name(&self) -> bool {
        self.has_keys || self.project.keys.active > 0
    }

    /// Whether its name is typed.
    pub fn is_named(&self) -> bool {
        self.field.text().trim() == self.project.name
    }
}
