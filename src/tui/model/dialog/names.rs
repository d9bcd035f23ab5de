//! A form with one name: a new project, another name for a project or a key.

use super::super::effect::{Request, RequestId};
use super::super::field::Field;
use super::refused_secret;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::text;

/// What the name is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Naming {
    /// A new project.
    NewProject,
    /// The first project of all; its first key comes next.
    FirstProject,
    /// A project, with the name it has.
    Project(ProjectId, String),
    /// A key, with the name it has.
    Key(KeyId, String),
}

/// The form.
#[derive(Clone, PartialEq, Debug)]
pub struct NameForm {
    /// What the name is for.
    pub naming: Naming,
    /// The name.
    pub field: Field,
    /// Why it was refused.
    pub error: Option<String>,
    /// It was sent.
    pub sending: Option<RequestId>,
}

impl NameForm {
    /// The form with the name there is.
    pub fn new(naming: Naming) -> NameForm {
        let field = match &naming {
            Naming::NewProject | Naming::FirstProject => Field::default(),
            Naming::Project(_, name) | Naming::Key(_, name) => Field::with(name),
        };
        NameForm { naming, field, error: None, sending: None }
    }

    /// What to send; none when there is nothing to change.
    ///
    /// # Errors
    /// Why the name cannot be one.
    pub fn request(&self) -> Result<Option<Request>, String> {
        if let Some(refused) = refused_secret(&self.field) {
            return Err(refused);
        }
        let name = text::name(self.field.text()).map_err(|bad| format!("the name {bad}"))?;
        Ok(match &self.naming {
            Naming::NewProject | Naming::FirstProject => Some(Request::CreateProject { name }),
            Naming::Project(id, old) => (*old != name).then_some(Request::RenameProject { id: *id, name }),
            Naming::Key(id, old) => (*old != name).then_some(Request::RenameKey { id: *id, name }),
        })
    }
}
