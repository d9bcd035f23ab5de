//! The confirmation of a project's deletion: its active keys are revoked with it.

use super::form::{Form, Meanwhile};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Failure;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::wire::audit::{self, Event};
use crate::wire::problem::Code;
use crate::wire::projects::Project;
use crate::wire::time::Timestamp;

/// The dialog. Its target is fixed when it opens; its keys are counted again then.
#[derive(Clone, PartialEq, Debug)]
pub struct DeleteDialog {
    /// The project.
    pub project: Project,
    /// The server said that it has active keys, whatever was counted.
    pub has_keys: bool,
    /// Its name, as typed.
    pub form: Form,
    /// The last event of the project after which its keys were counted.
    counted: u64,
    opened: Timestamp,
}

impl DeleteDialog {
    /// For this project.
    pub fn new(project: Project, opened: Timestamp) -> DeleteDialog {
        DeleteDialog { project, opened, has_keys: false, form: Form::default(), counted: 0 }
    }

    /// Whether its name has to be typed: keys would be revoked.
    pub fn needs_name(&self) -> bool {
        self.has_keys || self.project.keys.active > 0
    }

    /// How many nodes have confirmed it, while its answer is awaited.
    pub fn waiting_words(&self, facts: Facts<'_>) -> String {
        let ours = |event: &Event| {
            event.project == Some(self.project.id) && event.action == audit::Action::ProjectArchived
        };
        facts.waiting_words("Deleting", ours)
    }

    /// Takes in what others did. After another name, all of it is to be read again.
    fn follow(&mut self, facts: Facts<'_>, meanwhile: Meanwhile) -> bool {
        let renamed = matches!(meanwhile, Meanwhile::Renamed(..));
        let changed = self.form.follow(meanwhile);
        if changed && renamed {
            self.form.field.clear();
            self.opened = facts.now;
        }
        changed
    }

    /// Counts its keys again, where others have changed one of them since they were counted.
    fn count_again(&mut self, facts: Facts<'_>) -> Option<Vec<Step>> {
        let of_it = |event: &&Event| event.project == Some(self.project.id);
        let last = facts.batch.events.iter().rev().find(of_it)?.seq;
        if last <= self.counted {
            return None;
        }
        let steps = self.form.look(Request::Project(self.project.id));
        if steps.is_some() {
            self.counted = last;
        }
        steps
    }
}

impl DialogLogic for DeleteDialog {
    fn opened(&mut self, _: Facts<'_>) -> Vec<Step> {
        vec![Step::Ask(Request::Project(self.project.id))]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let (named, opened) = (self.needs_name(), self.opened);
        let Project { id, name, .. } = &self.project;
        if !named && self.form.watches() && matches!(input, Input::Edit(_)) {
            self.form.note = Some(how(facts));
            return Vec::new();
        }
        self.form.on(input, |form| {
            let submit = facts.key(Action::Submit);
            match input {
                _ if !named && facts.too_fast(opened) => Err(facts.too_fast_words(Action::Confirm)),
                Input::Do(Action::Confirm) => Ok(()),
                _ if !named => Err(how(facts)),
                _ if form.field.text().trim() == name => Ok(()),
                _ => Err(format!("Type {name} to confirm, then press {submit}.")),
            }?;
            Ok(Some(Request::DeleteProject { id: *id, revoke_keys: named }))
        })
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if !asked.writes() {
            let meanwhile = Meanwhile::asked(&mut self.project, answer);
            self.follow(facts, meanwhile);
        }
        let steps = self.form.replied(asked, answer);
        if answer.is_err_and(|failure| failure.code == Some(Code::ProjectHasActiveKeys)) {
            self.has_keys = true;
            self.form.note =
                Some("A key was created in it meanwhile. Check again, then type its name.".into());
            return vec![Step::Ask(Request::Project(self.project.id))];
        }
        steps
    }

    fn asks_user_after(&self, failure: &Failure) -> bool {
        failure.code == Some(Code::ProjectHasActiveKeys)
    }

    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        match notice {
            Notice::Changes if self.form.watches() => {
                let meanwhile = Meanwhile::to_project(&mut self.project, facts);
                let changed = self.follow(facts, meanwhile);
                self.count_again(facts).or(changed.then(Vec::new))
            }
            Notice::Unheard => self.form.look(Request::Project(self.project.id)),
            _ => None,
        }
    }

    fn watches(&self) -> bool {
        self.form.watches()
    }

    fn hints(&self) -> Vec<Hint> {
        let cancels = Hint::new(&[Action::Cancel], "cancel");
        if !self.form.watches() {
            return self.form.hints(cancels);
        }
        if self.needs_name() {
            return vec![Hint::new(&[Action::Submit], "delete"), cancels];
        }
        let rest = Hint::silent(&[Action::Decline, Action::Submit]);
        vec![Hint::new(&[Action::Confirm], "delete"), cancels, rest]
    }

    fn text(&self) -> Text {
        if self.form.watches() && !self.needs_name() { Text::Refused } else { self.form.text() }
    }
}

/// What to do to confirm where no name has to be typed.
fn how(facts: Facts<'_>) -> String {
    let (confirm, cancel) = (facts.key(Action::Confirm), facts.key(Action::Cancel));
    format!("Press {confirm} to delete or {cancel} to cancel.")
}
