//! A form with one name: a new project, or another name for a project.

use super::form::{Form, Meanwhile};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Naming, NewKey, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::hints::{Hint, Input, Text};

/// The form.
#[derive(Clone, PartialEq, Debug)]
pub struct NameForm {
    /// What the name is for.
    pub naming: Naming,
    /// The name.
    pub form: Form,
}

impl NameForm {
    /// The form with the name there is.
    pub fn new(naming: Naming) -> NameForm {
        NameForm { form: Form::with(naming.name()), naming }
    }

    /// What others did meanwhile. A name that nobody has edited yet is the new one.
    fn follow(&mut self, meanwhile: Meanwhile) -> bool {
        if let Meanwhile::Renamed(before, _) = &meanwhile
            && self.form.field.text() == before
        {
            self.form.field = Form::with(self.naming.name()).field;
        }
        self.form.follow(meanwhile)
    }
}

impl DialogLogic for NameForm {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let naming = &self.naming;
        self.form.on(input, |form| {
            let name = form.name()?;
            Ok(match naming {
                Naming::NewProject | Naming::FirstProject => Some(Request::CreateProject { name }),
                _ if naming.name() == name => None,
                Naming::Project(project) => Some(Request::RenameProject { id: project.id, name }),
            })
        })
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if let (Naming::Project(project), Request::Project(_)) = (&mut self.naming, asked) {
            let meanwhile = Meanwhile::asked(project, answer);
            self.follow(meanwhile);
        }
        let mut steps = self.form.replied(asked, answer);
        if let (Naming::FirstProject, Ok(Reply::Project(project))) = (&self.naming, answer) {
            let project = (project.id, project.name.clone());
            let key = OpenDialog::NewKey(NewKey::of(project.clone(), false));
            steps.extend([Step::Scope(project.0, project.1), Step::Open(key)]);
        }
        steps
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match (notice, &mut self.naming) {
            (Notice::Changes, naming) if self.form.watches() => {
                let meanwhile = match naming {
                    Naming::NewProject | Naming::FirstProject => return None,
                    Naming::Project(project) => Meanwhile::to_project(project, facts),
                };
                self.follow(meanwhile).then(Vec::new)
            }
            (Notice::Unheard, Naming::Project(project)) => self.form.look(Request::Project(project.id)),
            _ => None,
        }
    }

    fn watches(&self) -> bool {
        matches!(self.naming, Naming::Project(_)) && self.form.watches()
    }

    fn hints(&self) -> Vec<Hint> {
        let submit = |does| Hint::new(&[Action::Submit], does);
        self.form.hints(match self.naming {
            Naming::NewProject => submit("create"),
            Naming::FirstProject => submit("create, then name its key").or("create"),
            Naming::Project(_) => submit("rename"),
        })
    }

    fn text(&self) -> Text {
        self.form.text()
    }
}
