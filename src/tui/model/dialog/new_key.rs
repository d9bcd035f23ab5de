//! A new key needs only its name.

use super::super::effect::{Request, RequestId};
use super::super::field::Field;
use super::refused_secret;
use crate::wire::id::ProjectId;
use crate::wire::keys::Mode;
use crate::wire::projects::Project;
use crate::wire::text::{self, fold};

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewKeyFocus {
    /// The name.
    Name,
    /// Live or test.
    Mode,
    /// Which project.
    Project,
}

/// The form.
#[derive(Clone, PartialEq, Debug)]
pub struct NewKeyForm {
    /// Where it is made, with that project's name.
    pub project: (ProjectId, String),
    /// Whether another project may be chosen.
    pub choose: bool,
    /// Its name.
    pub field: Field,
    /// Live or test.
    pub mode: Mode,
    /// Where the keys go.
    pub focus: NewKeyFocus,
    /// Why it was refused.
    pub error: Option<String>,
    /// It was sent.
    pub sending: Option<RequestId>,
    /// What was typed to find a project by the beginning of its name.
    pub typed: String,
}

impl NewKeyForm {
    /// An empty form for a project.
    pub fn new(project: (ProjectId, String), choose: bool) -> NewKeyForm {
        NewKeyForm {
            project,
            choose,
            field: Field::default(),
            mode: Mode::Live,
            focus: NewKeyFocus::Name,
            error: None,
            sending: None,
            typed: String::new(),
        }
    }

    /// What to send.
    ///
    /// # Errors
    /// Why the name cannot be one.
    pub fn request(&self) -> Result<Request, String> {
        if let Some(refused) = refused_secret(&self.field) {
            return Err(refused);
        }
        let name = text::name(self.field.text()).map_err(|bad| format!("the name {bad}"))?;
        Ok(Request::CreateKey { project: self.project.0, name, mode: self.mode })
    }

    /// To the next or previous field.
    pub fn turn(&mut self, forward: bool) {
        use NewKeyFocus::{Mode, Name, Project};
        self.typed.clear();
        self.focus = match (self.focus, forward, self.choose) {
            (Name, true, _) | (Project, false, _) => Mode,
            (Mode, true, true) | (Name, false, true) => Project,
            (Mode, true, false) | (Mode, false, _) | (Project, true, _) => Name,
            (Name, false, false) => Mode,
        };
    }

    /// The other mode.
    pub fn toggle(&mut self) {
        self.mode = if self.mode == Mode::Live { Mode::Test } else { Mode::Live };
    }

    /// To the next or previous project.
    pub fn choose_next(&mut self, projects: &[Project], forward: bool) {
        self.typed.clear();
        let Some(at) = projects.iter().position(|project| project.id == self.project.0) else {
            self.take(projects.first());
            return;
        };
        let count = projects.len();
        self.take(projects.get(if forward { (at + 1) % count } else { (at + count - 1) % count }));
    }

    /// To the first project whose name begins with what is typed; what finds none is not taken.
    pub fn choose_by(&mut self, projects: &[Project], c: char) {
        self.typed.push(c);
        let begin = fold(&self.typed);
        let found = projects.iter().find(|project| fold(&project.name).starts_with(&begin));
        if found.is_none() {
            self.typed.pop();
        }
        self.take(found);
    }

    fn take(&mut self, project: Option<&Project>) {
        if let Some(project) = project {
            self.project = (project.id, project.name.clone());
        }
    }
}
