//! A new key needs only its name; its owner and its purpose may be said.

use std::collections::HashSet;

use super::form::Form;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, NewKey, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::wire;
use crate::wire::id::ProjectId;
use crate::wire::keys::{Key, KeyQuery, Mode, Status, StatusQuery};
use crate::wire::page::MAX_LIMIT;
use crate::wire::projects::Project;
use crate::wire::text::{NAME_MAX, fold, numbered};

/// Characters of the longest number behind a name, `-1000`, with its hyphen and some to spare.
const LONGEST_NUMBER: usize = 8;

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewKeyFocus {
    /// The name.
    Name,
    /// Live or test.
    Mode,
    /// Which project.
    Project,
    /// The owner.
    Owner,
    /// What it is for.
    Purpose,
}

/// The form.
#[derive(Clone, PartialEq, Debug)]
pub struct NewKeyForm {
    /// Where it is made, with that project's name.
    pub project: (ProjectId, String),
    /// Whether another project may be chosen.
    pub choose: bool,
    /// Its name.
    pub form: Form,
    /// Live or test.
    pub mode: Mode,
    /// The owner; may be empty.
    pub owner: Field,
    /// What it is for; may be empty.
    pub purpose: Field,
    /// Where the keys go.
    pub focus: NewKeyFocus,
    /// What was typed to find a project by the beginning of its name.
    typed: String,
    /// The name of the revoked key that it is to be like.
    pub like: Option<String>,
    /// The name that was suggested for it.
    suggested: Option<String>,
}

impl NewKeyForm {
    /// A form that begins with this.
    pub fn new(from: NewKey) -> NewKeyForm {
        NewKeyForm {
            project: from.project,
            choose: from.choose,
            form: Form::with(&from.name),
            mode: from.mode,
            owner: Field::with(&from.owner),
            purpose: Field::with(&from.purpose),
            focus: NewKeyFocus::Name,
            typed: String::new(),
            like: from.like,
            suggested: None,
        }
    }

    /// Suggests the name of the revoked key, or the next free one, in place of an earlier suggestion. `others` are the
    /// known keys of the project.
    fn suggest<'a>(&mut self, others: impl Iterator<Item = &'a Key>) {
        let Some(base) = &self.like else { return };
        let active = others.filter(|key| key.project_id == self.project.0 && key.status != Status::Revoked);
        let taken: HashSet<String> = active.map(|key| fold(&key.name)).collect();
        let free = |name: &String| !taken.contains(&fold(name));
        // One number more than there are names: one of them is free.
        let numbers = 2..=2 + u32::try_from(taken.len()).unwrap_or(u32::MAX - 2);
        let names = std::iter::once(base.clone()).chain(numbers.map(|number| numbered(base, number)));
        if let Some(name) = names.into_iter().find(free) {
            self.form.field = Field::with(&name);
            self.suggested = Some(name);
        }
    }

    fn turn(&mut self, forward: bool) {
        self.form.note = None;
        use NewKeyFocus::{Mode, Name, Owner, Project, Purpose};
        self.typed.clear();
        let fields: &[NewKeyFocus] =
            if self.choose { &[Name, Mode, Project, Owner, Purpose] } else { &[Name, Mode, Owner, Purpose] };
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let by = if forward { 1 } else { fields.len() - 1 };
        self.focus = fields[(at + by) % fields.len()];
    }

    /// The field that is typed into, if there is one.
    fn typing(&mut self) -> Option<&mut Field> {
        match self.focus {
            NewKeyFocus::Name => Some(&mut self.form.field),
            NewKeyFocus::Owner => Some(&mut self.owner),
            NewKeyFocus::Purpose => Some(&mut self.purpose),
            NewKeyFocus::Mode | NewKeyFocus::Project => None,
        }
    }

    /// The owner and the purpose that are typed.
    fn optional(&mut self) -> Result<(Option<String>, Option<String>), String> {
        let owner = self.owner.owner().inspect_err(|_| self.focus = NewKeyFocus::Owner)?;
        let purpose = self.purpose.purpose().inspect_err(|_| self.focus = NewKeyFocus::Purpose)?;
        Ok((owner, purpose))
    }

    fn toggle(&mut self) {
        self.mode = if self.mode == Mode::Live { Mode::Test } else { Mode::Live };
    }

    /// To the next or previous project.
    fn choose_next(&mut self, projects: &[Project], forward: bool) {
        self.typed.clear();
        let Some(at) = projects.iter().position(|project| project.id == self.project.0) else {
            self.take(projects.first());
            return;
        };
        let count = projects.len();
        self.take(projects.get(if forward { (at + 1) % count } else { (at + count - 1) % count }));
    }

    /// To the first project whose name begins with what is typed; what finds none is not taken.
    fn choose_by(&mut self, projects: &[Project], c: char) {
        self.typed.push(c);
        let begin = fold(&self.typed);
        let found = projects.iter().find(|project| fold(&project.name).starts_with(&begin));
        if found.is_none() {
            self.form.note = Some(format!("No project matches {:?}.", self.typed));
            self.typed.pop();
        }
        self.take(found);
    }

    fn take(&mut self, project: Option<&Project>) {
        if let Some(project) = project {
            self.project = (project.id, project.name.clone());
        }
    }

    fn act(&mut self, action: Action, projects: &[Project]) -> Vec<Step> {
        match (action, self.focus) {
            (Action::Submit, _) => {
                let (project, mode) = (self.project.0, self.mode);
                if let Err(why) = self.form.name() {
                    (self.form.note, self.focus) = (Some(why), NewKeyFocus::Name);
                    return Vec::new();
                }
                let optional = self.optional();
                return self.form.on(Input::Do(action), |form| {
                    let ((owner, purpose), name) = (optional?, form.name()?);
                    let key = wire::keys::NewKey { name, mode, owner, purpose };
                    Ok(Some(Request::CreateKey { project, key }))
                });
            }
            (Action::Toggle, _) => self.toggle(),
            (Action::Up, NewKeyFocus::Project) => self.choose_next(projects, false),
            (Action::Down, NewKeyFocus::Project) => self.choose_next(projects, true),
            (Action::NextField | Action::Down, _) => self.turn(true),
            _ => self.turn(false),
        }
        Vec::new()
    }

    fn edit(&mut self, edit: Edit<'_>, projects: &[Project]) -> Vec<Step> {
        if matches!(edit, Edit::Paste(_)) && self.typing().is_none() {
            self.focus = NewKeyFocus::Name;
        }
        self.form.note = None;
        if let Some(field) = self.typing() {
            return field.edit(edit).map(Step::Offer).into_iter().collect();
        }
        match (self.focus, edit) {
            (NewKeyFocus::Mode, Edit::Left | Edit::Right) => self.toggle(),
            (NewKeyFocus::Project, Edit::Left) => self.choose_next(projects, false),
            (NewKeyFocus::Project, Edit::Right) => self.choose_next(projects, true),
            (NewKeyFocus::Project, Edit::Backspace) => self.typed.clear(),
            (NewKeyFocus::Project, Edit::Insert(c)) => self.choose_by(projects, c),
            _ => {}
        }
        Vec::new()
    }
}

impl DialogLogic for NewKeyForm {
    fn opened(&mut self, facts: Facts<'_>) -> Vec<Step> {
        let Some(base) = self.like.clone() else { return Vec::new() };
        self.suggest(facts.keys.all().iter().chain(facts.stale.all()));
        // Other keys of the project may have taken the name, too. A number may push out the end of a long name.
        let begin: String = base.chars().filter(|c| *c != '"').take(NAME_MAX - LONGEST_NUMBER).collect();
        let query = KeyQuery {
            filter: format!("name:\"{}\"", begin.trim_end()),
            project: Some(self.project.0),
            status: Some(StatusQuery::Active),
            limit: Some(MAX_LIMIT),
            ..KeyQuery::default()
        };
        vec![Step::Ask(Request::Keys { query, etag: None })]
    }

    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match input {
            Input::Do(Action::Cancel) => vec![Step::Close],
            _ if self.form.sending => Vec::new(),
            Input::Do(action) => self.act(action, facts.projects.all()),
            Input::Edit(edit) => self.edit(edit, facts.projects.all()),
        }
    }

    fn replied(&mut self, facts: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if !asked.writes() {
            // What was typed meanwhile stays.
            let suggested = self.suggested.as_deref() == Some(self.form.field.text());
            if let (true, Ok(Reply::Keys { page, .. })) = (suggested && !self.form.sending, answer) {
                self.suggest(facts.keys.all().iter().chain(facts.stale.all()).chain(&page.items));
            }
            return Vec::new();
        }
        self.form.replied(asked, answer)
    }

    fn hints(&self) -> Vec<Hint> {
        let leaves = Hint::new(&[Action::Cancel], "cancel");
        if self.form.sending {
            return vec![Hint::silent(leaves.actions)];
        }
        let makes = Hint::new(&[Action::Submit], "create");
        let mut hints = match self.focus {
            NewKeyFocus::Name | NewKeyFocus::Owner | NewKeyFocus::Purpose => {
                vec![Hint::new(&[Action::Submit], "create"), Hint::new(&[Action::NextField], "next"), leaves]
            }
            NewKeyFocus::Mode => vec![Hint::new(&[Action::Toggle], "change"), makes, leaves],
            NewKeyFocus::Project => {
                vec![Hint::words("← → or type to choose"), makes, leaves]
            }
        };
        hints.push(Hint::silent(&[Action::NextField, Action::PreviousField, Action::Up, Action::Down]));
        hints
    }

    fn text(&self) -> Text {
        match self.focus {
            _ if self.form.sending => Text::Waiting,
            NewKeyFocus::Name | NewKeyFocus::Owner | NewKeyFocus::Purpose => Text::Typed,
            // Letters find a project, or do nothing: none of them closes the form.
            NewKeyFocus::Mode | NewKeyFocus::Project => Text::Chosen,
        }
    }
}
