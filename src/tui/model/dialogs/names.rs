//! A form with one name: a new project, another name for a project or a key.

use crate::tui::model::action::Action;
use crate::tui::model::effect::Request;
use crate::tui::model::event::{Failure, Reply};
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::interaction::{DialogLogic, Facts, Naming, NewKey, OpenDialog, Step};
use crate::tui::model::wording::outcome;
use crate::wire::keys::Mode;
use crate::wire::text;

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
    pub sending: bool,
}

impl NameForm {
    /// The form with the name there is.
    pub fn new(naming: Naming) -> NameForm {
        let field = match &naming {
            Naming::NewProject | Naming::FirstProject => Field::default(),
            Naming::Project(_, name) | Naming::Key(_, name) => Field::with(name),
        };
        NameForm { naming, field, error: None, sending: false }
    }

    /// What to send; none when there is nothing to change.
    fn request(&self) -> Result<Option<Request>, String> {
        if let Some(refused) = self.field.refused_secret() {
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

impl DialogLogic for NameForm {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match input {
            Input::Do(Action::Cancel) => return vec![Step::Close],
            _ if self.sending => {}
            Input::Do(_) => match self.request() {
                Ok(None) => return vec![Step::Close],
                Ok(Some(request)) => {
                    (self.sending, self.error) = (true, None);
                    return vec![Step::Ask(request)];
                }
                Err(error) => self.error = Some(error),
            },
            Input::Edit(edit) => {
                self.error = None;
                return self.field.edit(edit).map(Step::Offer).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Result<&Reply, &Failure>) -> Vec<Step> {
        match answer {
            Ok(Reply::Project(project)) if self.naming == Naming::FirstProject => {
                let project = (project.id, project.name.clone());
                let key =
                    NewKey { project: project.clone(), choose: false, name: String::new(), mode: Mode::Live };
                vec![Step::Close, Step::Scope(project.0, project.1), Step::Open(OpenDialog::NewKey(key))]
            }
            Ok(_) => vec![Step::Close],
            Err(failure) => {
                (self.sending, self.error) = (false, Some(outcome(asked, failure)));
                Vec::new()
            }
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let leaves = Hint::new(&[Action::Cancel], "leaves");
        if self.sending {
            return vec![Hint::silent(leaves.actions)];
        }
        let makes = match self.naming {
            Naming::NewProject => Hint::new(&[Action::Submit], "makes it"),
            Naming::FirstProject => Hint::new(&[Action::Submit], "makes the project and goes on to its key"),
            Naming::Project(..) | Naming::Key(..) => Hint::new(&[Action::Submit], "renames it"),
        };
        vec![makes, leaves]
    }

    fn text(&self) -> Text {
        if self.sending { Text::Waiting } else { Text::Typed }
    }
}
