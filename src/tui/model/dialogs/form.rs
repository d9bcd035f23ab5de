//! A line that is typed and sent: what the dialogs with one field have in common, and how they follow what others do
//! meanwhile to the key or project that they are about.

use crate::tui::model::action::Action;
use crate::tui::model::change_batch::key_told;
use crate::tui::model::dialogs::interaction::{Answer, Facts, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::{FailureKind, Reply};
use crate::tui::model::field::Field;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::wording::{outcome, revoked_words};
use crate::wire::keys::{Key, Status};
use crate::wire::projects::Project;
use crate::wire::text;

/// The line, and what came of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Form {
    /// The line.
    pub field: Field,
    /// What has to be said: too fast, refused, lost, changed meanwhile.
    pub note: Option<String>,
    /// It was sent.
    pub sending: bool,
    /// Others have made it pointless, as the note says: it can only be closed.
    pub pointless: bool,
    /// It was asked how the key or the project is now.
    looking: bool,
}

impl Form {
    /// With a suggestion, which the first letter replaces.
    pub(super) fn suggesting(text: &str) -> Form {
        Form { field: Field::suggesting(text), ..Form::default() }
    }

    /// With a text to begin with.
    pub(super) fn with(text: &str) -> Form {
        Form { field: Field::with(text), ..Form::default() }
    }

    /// Sends what the line asks for, closes where that is nothing, or edits the line.
    pub(super) fn on(
        &mut self,
        input: Input<'_>,
        request: impl FnOnce(&Form) -> Result<Option<Request>, String>,
    ) -> Vec<Step> {
        match input {
            Input::Do(_) if self.pointless => {
                let words = self.note.take().unwrap_or_default();
                return vec![Step::Close, Step::Say(Level::Info, words)];
            }
            Input::Do(Action::Cancel) => return vec![Step::Close],
            _ if self.sending || self.pointless => {}
            Input::Do(_) => match request(self) {
                Ok(None) => return vec![Step::Close],
                Ok(Some(request)) => {
                    (self.sending, self.note) = (true, None);
                    return vec![Step::Ask(request)];
                }
                Err(why) => self.note = Some(why),
            },
            Input::Edit(edit) => {
                self.note = None;
                return self.field.edit(edit).map(Step::Offer).into_iter().collect();
            }
        }
        Vec::new()
    }

    /// The name that is typed.
    pub(super) fn name(&self) -> Result<String, String> {
        match self.field.refused_secret() {
            Some(refused) => Err(refused),
            None => text::name(self.field.text()).map_err(|bad| format!("The name {bad}.")),
        }
    }

    /// It was answered: closes, or says why it was refused.
    pub(super) fn replied(&mut self, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        match answer {
            _ if !asked.writes() => self.looking = false,
            Ok(_) => return vec![Step::Close],
            Err(failure) => (self.sending, self.note) = (false, Some(outcome(asked, failure))),
        }
        Vec::new()
    }

    /// Whether it has to know what others do.
    pub(super) fn watches(&self) -> bool {
        !self.sending && !self.pointless
    }

    /// Where no event tells what others do: asks how the key or the project is now.
    pub(super) fn look(&mut self, request: Request) -> Option<Vec<Step>> {
        let looks = self.watches() && !self.looking;
        self.looking |= looks;
        looks.then(|| vec![Step::Ask(request)])
    }

    /// Takes in what others did. Says whether there is anything new to see.
    pub(super) fn follow(&mut self, meanwhile: Meanwhile) -> bool {
        match meanwhile {
            _ if !self.watches() => return false,
            Meanwhile::Nothing => return false,
            Meanwhile::Renamed(before, now) => {
                self.note = Some(format!("Renamed meanwhile: {before} is now {now}."));
            }
            Meanwhile::Gone(words) => (self.pointless, self.note) = (true, Some(words)),
        }
        true
    }

    /// The last line, with what the dialog sends.
    pub(super) fn hints(&self, submits: Hint) -> Vec<Hint> {
        let leaves = Hint::new(&[Action::Cancel], "cancel");
        match self {
            Form { pointless: true, .. } => vec![Hint::new(&[Action::Submit, Action::Cancel], "close")],
            Form { sending: true, .. } => vec![Hint::silent(leaves.actions)],
            _ => vec![submits, leaves],
        }
    }

    /// What is done with text.
    pub(super) fn text(&self) -> Text {
        if self.watches() { Text::Typed } else { Text::Waiting }
    }
}

/// What others did to the key or the project that a dialog is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meanwhile {
    /// Nothing that matters.
    Nothing,
    /// It had the first name and has the second now.
    Renamed(String, String),
    /// It is revoked or deleted, in words.
    Gone(String),
}

impl Meanwhile {
    /// Takes in what was told of a key.
    pub(super) fn to_key(key: &mut Key, facts: Facts<'_>) -> Meanwhile {
        if facts.batch.projects.get(&key.project_id) == Some(&None) {
            return Meanwhile::Gone(format!(
                "{} was revoked: project {} was deleted.",
                key.name, key.project_name
            ));
        }
        let Some(next) = key_told(key, facts.batch) else { return Meanwhile::Nothing };
        let before = std::mem::replace(key, next);
        if key.status == Status::Revoked {
            Meanwhile::Gone(format!("{} was {}.", key.full_name(), revoked_words(key, &facts.setup.zone)))
        } else if before.name != key.name {
            Meanwhile::Renamed(before.name, key.name.clone())
        } else if before.project_name != key.project_name {
            Meanwhile::Renamed(before.project_name.to_string(), key.project_name.to_string())
        } else {
            Meanwhile::Nothing
        }
    }

    /// Takes in what was told of a project's name. Its keys are counted by asking.
    pub(super) fn to_project(project: &mut Project, facts: Facts<'_>) -> Meanwhile {
        match facts.batch.projects.get(&project.id) {
            None => Meanwhile::Nothing,
            Some(None) => Meanwhile::deleted(project),
            Some(Some(told)) => Meanwhile::named(project, &told.name),
        }
    }

    /// The answer of the server that was asked how a project is.
    pub(super) fn asked(project: &mut Project, answer: Answer<'_>) -> Meanwhile {
        match answer {
            Ok(Reply::Project(now)) => {
                let meanwhile = Meanwhile::named(project, &now.name);
                project.clone_from(now);
                meanwhile
            }
            Err(failure) if failure.kind == FailureKind::NotFound => Meanwhile::deleted(project),
            _ => Meanwhile::Nothing,
        }
    }

    fn deleted(project: &Project) -> Meanwhile {
        Meanwhile::Gone(format!("Project {} was deleted meanwhile.", project.name))
    }

    fn named(project: &mut Project, name: &str) -> Meanwhile {
        if project.name == name {
            return Meanwhile::Nothing;
        }
        Meanwhile::Renamed(std::mem::replace(&mut project.name, name.to_owned()), name.to_owned())
    }
}
