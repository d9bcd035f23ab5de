//! The first key: an empty server leads to it in three key presses, its names aside.

use super::dialog::{Dialog, NameForm, Naming, NewKeyForm};
use super::effect::{Effect, RequestId};
use super::state::{State, View};
use crate::wire::projects::Project;

impl State {
    /// Whether nothing was ever made here, and we may make something: the page that says how to begin is shown.
    pub(in crate::tui) fn first_run(&self) -> bool {
        let nothing = match self.view {
            View::Projects => self.projects.filter.applied.is_empty(),
            View::Keys => {
                let empty = self.keys.rows.is_complete() && self.keys.rows.all().is_empty();
                empty && self.keys.filter.applied.is_empty() && self.keys.project.is_none()
            }
            View::Stale | View::Audit => false,
        };
        let projects = &self.projects.rows;
        nothing && projects.is_complete() && projects.all().is_empty() && self.read_only().is_none()
    }

    /// Asks for the name of the first project; that of its first key comes next.
    pub(super) fn begin(&mut self) {
        self.dialogs.push(Dialog::Name(NameForm::new(Naming::FirstProject)));
        self.dirty();
    }

    /// Whether a form that was sent is the one that the first key comes after.
    pub(super) fn leads_to_key(&self, sent: RequestId) -> bool {
        self.dialogs.iter().any(|dialog| {
            matches!(dialog, Dialog::Name(form)
                if form.sending == Some(sent) && form.naming == Naming::FirstProject)
        })
    }

    /// The first project is there: its keys are shown, and the first of them is asked for.
    pub(super) fn go_on_to_key(&mut self, fx: &mut Vec<Effect>, project: Project) {
        self.open_project(fx, project.id, project.name.clone());
        self.dialogs.push(Dialog::NewKey(NewKeyForm::new((project.id, project.name), false)));
        self.dirty();
    }
}
