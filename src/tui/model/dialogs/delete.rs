//! The confirmation of a project's deletion: its active keys are revoked with it.

use crate::tui::model::action::Action;
use crate::tui::model::effect::Request;
use crate::tui::model::event::{Failure, Reply};
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::wording::outcome;
use crate::wire::problem::Code;
use crate::wire::projects::Project;
use crate::wire::time::Timestamp;

/// The dialog. Its target is fixed when it opens; its keys are counted anew then.
#[derive(Clone, PartialEq, Debug)]
pub struct DeleteDialog {
    /// The project.
    pub project: Project,
    /// The server said that it has active keys, whatever was counted.
    pub has_keys: bool,
    /// Its name, as typed.
    pub field: Field,
    /// It was sent.
    pub sending: bool,
    /// What has to be said: too fast, another name, refused, lost.
    pub note: Option<String>,
    opened: Timestamp,
}

impl DeleteDialog {
    /// For this project.
    pub fn new(project: Project, opened: Timestamp) -> DeleteDialog {
        DeleteDialog { project, opened, has_keys: false, field: Field::default(), sending: false, note: None }
    }

    /// Whether its name has to be typed: keys would be revoked.
    pub fn needs_name(&self) -> bool {
        self.has_keys || self.project.keys.active > 0
    }

    fn send(&mut self) -> Vec<Step> {
        (self.sending, self.note) = (true, None);
        vec![Step::Ask(Request::DeleteProject { id: self.project.id, revoke_keys: self.needs_name() })]
    }

    fn counted(&mut self, project: &Project) {
        if self.project.name != project.name {
            self.field.clear();
            self.note = Some(format!("it was renamed meanwhile, from {}; look again", self.project.name));
        }
        self.project = project.clone();
    }
}

impl DialogLogic for DeleteDialog {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Ask(Request::Project(self.project.id))]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let named = self.needs_name();
        match input {
            Input::Do(Action::Cancel) => return vec![Step::Close],
            _ if self.sending => {}
            Input::Do(Action::Submit | Action::Confirm) if !named && facts.too_fast(self.opened) => {
                self.note = Some("too fast: nobody can have read this yet; press the key again".into());
            }
            Input::Do(Action::Confirm) => return self.send(),
            Input::Do(_) if named && self.field.text().trim() == self.project.name => return self.send(),
            Input::Do(_) if named => {
                let (submit, cancel) = (facts.key(Action::Submit), facts.key(Action::Cancel));
                let name = &self.project.name;
                self.note = Some(format!("type its name, {name}, then {submit}; {cancel} leaves it"));
            }
            Input::Edit(edit) if named => {
                self.note = None;
                return self.field.edit(edit).map(Step::Offer).into_iter().collect();
            }
            Input::Do(_) | Input::Edit(_) => {
                let (confirm, cancel) = (facts.key(Action::Confirm), facts.key(Action::Cancel));
                self.note = Some(format!("{confirm} deletes the project; {cancel} leaves it as it is"));
            }
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Result<&Reply, &Failure>) -> Vec<Step> {
        match answer {
            Ok(Reply::Project(project)) => self.counted(project),
            Ok(_) => return vec![Step::Close],
            // What was merely to be read anew stays as it was.
            Err(_) if !asked.writes() => {}
            Err(failure) if failure.code == Some(Code::ProjectHasActiveKeys) => {
                (self.sending, self.has_keys) = (false, true);
                self.note = Some("a key was made in it meanwhile: look again, then type its name".into());
                return vec![Step::Ask(Request::Project(self.project.id))];
            }
            Err(failure) => (self.sending, self.note) = (false, Some(outcome(asked, failure))),
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        let leaves = Hint::new(&[Action::Cancel], "leaves it as it is");
        match (self.sending, self.needs_name()) {
            (true, _) => vec![Hint::silent(leaves.actions)],
            (false, true) => vec![Hint::new(&[Action::Submit], "delete it").after("its name and "), leaves],
            (false, false) => {
                vec![
                    Hint::new(&[Action::Confirm], "deletes it"),
                    leaves,
                    Hint::silent(&[Action::Decline, Action::Submit]),
                ]
            }
        }
    }

    fn text(&self) -> Text {
        match (self.sending, self.needs_name()) {
            (true, _) => Text::Waiting,
            (false, true) => Text::Typed,
            (false, false) => Text::Refused,
        }
    }
}
