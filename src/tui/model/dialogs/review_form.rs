//! The form that starts an access review, or renames one and moves its due date.

use super::form::Form;
use crate::standards;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, ReviewScope, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::event::Reply;
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::review_words::future;
use crate::wire::filter::Filter;
use crate::wire::id::ProjectId;
use crate::wire::projects::Project;
use crate::wire::reviews::{NewReview, Review, ReviewEdit, Scope};
use crate::wire::text::{fold, sentence};
use crate::wire::time::{Timestamp, date_alone};

/// The due date that is suggested.
const DUE: &str = "2w";

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReviewFocus {
    /// The name.
    Name,
    /// All projects or one.
    Project,
    /// Which keys.
    Filter,
    /// From how many idle days on a key is stale.
    Stale,
    /// The due date.
    Due,
}

/// The form.
#[derive(Clone, PartialEq, Debug)]
pub struct ReviewForm {
    /// The review that is edited; none for a new one.
    pub review: Option<Review>,
    /// Its name.
    pub form: Form,
    /// Of this project alone, with its name.
    pub project: Option<(ProjectId, String)>,
    /// Which keys, as a filter.
    pub filter: Field,
    /// From how many idle days on a key is stale, or the name of a standard; empty for the server's threshold.
    pub stale: Field,
    /// The due date.
    pub due: Field,
    /// Where the keys go.
    pub focus: ReviewFocus,
    /// How many keys the suggested scope has, where that is known.
    count: Option<u64>,
    /// The scope that was suggested: project, filter, idle days.
    suggested: (Option<ProjectId>, String, String),
}

impl ReviewForm {
    /// A new review of these keys.
    pub fn start(scope: ReviewScope, now: Timestamp) -> ReviewForm {
        let keys = if scope.keys.is_empty() { "All keys" } else { &scope.keys };
        let name = free(format!("{keys}, {}", now.utc().format("%B %Y")), &scope.taken);
        let stale = scope.stale_days.map(|days| days.to_string()).unwrap_or_default();
        ReviewForm {
            review: None,
            form: Form::suggesting(&name),
            suggested: (scope.project.as_ref().map(|(id, _)| *id), scope.filter.clone(), stale.clone()),
            count: scope.count,
            project: scope.project,
            filter: Field::with(&scope.filter),
            stale: Field::with(&stale),
            due: Field::suggesting(DUE),
            focus: ReviewFocus::Name,
        }
    }

    /// Another name or due date for this review.
    pub fn edit(review: Review) -> ReviewForm {
        let due = review.due_at.map(due_words).unwrap_or_default();
        ReviewForm {
            form: Form::with(&review.name),
            project: None,
            filter: Field::default(),
            stale: Field::default(),
            due: Field::suggesting(&due),
            focus: ReviewFocus::Name,
            count: None,
            suggested: (None, String::new(), String::new()),
            review: Some(review),
        }
    }

    /// How many keys are in the scope, as long as it is the one that was suggested.
    pub fn known_count(&self) -> Option<u64> {
        let (project, filter, stale) = &self.suggested;
        let same = self.project.as_ref().map(|(id, _)| *id) == *project
            && self.filter.text() == filter
            && self.stale.text() == stale;
        self.count.filter(|_| same)
    }

    fn turn(&mut self, forward: bool) {
        use ReviewFocus::{Due, Filter, Name, Project, Stale};
        self.form.note = None;
        let fields: &[ReviewFocus] =
            if self.review.is_some() { &[Name, Due] } else { &[Name, Project, Filter, Stale, Due] };
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let by = if forward { 1 } else { fields.len() - 1 };
        self.focus = fields[(at + by) % fields.len()];
    }

    /// To the next or previous project; all of them stand before the first.
    fn choose_next(&mut self, projects: &[Project], forward: bool) {
        let at = self.project.as_ref().and_then(|(id, _)| projects.iter().position(|it| it.id == *id));
        let count = projects.len() + 1;
        let at = at.map_or(0, |at| at + 1);
        let next = (at + if forward { 1 } else { count - 1 }) % count;
        self.project = next.checked_sub(1).and_then(|at| projects.get(at)).map(|it| (it.id, it.name.clone()));
    }

    fn typing(&mut self) -> Option<&mut Field> {
        match self.focus {
            ReviewFocus::Name => Some(&mut self.form.field),
            ReviewFocus::Project => None,
            ReviewFocus::Filter => Some(&mut self.filter),
            ReviewFocus::Stale => Some(&mut self.stale),
            ReviewFocus::Due => Some(&mut self.due),
        }
    }

    /// What is sent; none where nothing was changed. Where something is wrong, its field takes the keys.
    fn request(&mut self, now: Timestamp) -> Result<Option<Request>, String> {
        let wrong = |focus: &mut ReviewFocus, at: ReviewFocus, why: String| {
            *focus = at;
            Err(why)
        };
        let name = match self.form.name() {
            Ok(name) => name,
            Err(why) => return wrong(&mut self.focus, ReviewFocus::Name, why),
        };
        let before = self.review.as_ref().and_then(|review| review.due_at);
        let same = before.is_some_and(|due| due_words(due) == self.due.text().trim());
        let due = match self.due.text().trim() {
            _ if same => Ok(before),
            "none" => Ok(None),
            due => future("Due", due, now),
        };
        let due_at = match due {
            Ok(due) => due,
            Err(why) => return wrong(&mut self.focus, ReviewFocus::Due, why),
        };
        if let Some(review) = &self.review {
            let edit = ReviewEdit {
                name: Some(name).filter(|name| *name != review.name),
                due_at: (due_at != review.due_at).then_some(due_at),
                status: None,
            };
            let id = review.id;
            return Ok((edit != ReviewEdit::default()).then_some(Request::EditReview { id, edit }));
        }
        let filter = self.filter.text().trim().to_owned();
        if let Err(error) = Filter::parse(&filter) {
            return wrong(&mut self.focus, ReviewFocus::Filter, sentence(&error.to_string()));
        }
        let stale = self.stale.text().trim();
        let stale_days = standards::stale_days(stale);
        if stale_days.is_none() && !stale.is_empty() {
            let why = format!("Stale: type {}.", standards::expected());
            return wrong(&mut self.focus, ReviewFocus::Stale, why);
        }
        let projects = self.project.iter().map(|(id, _)| *id).collect();
        let scope = Scope { projects, filter, stale_days };
        Ok(Some(Request::StartReview(NewReview { name, scope, due_at })))
    }
}

impl DialogLogic for ReviewForm {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let projects = facts.projects.all();
        match input {
            Input::Do(Action::Cancel) => return vec![Step::Close],
            _ if self.form.sending => {}
            Input::Do(Action::NextField | Action::Down) => self.turn(true),
            Input::Do(Action::PreviousField | Action::Up) => self.turn(false),
            Input::Do(action) => {
                let request = self.request(facts.server_now);
                return self.form.on(Input::Do(action), |_| request);
            }
            Input::Edit(edit) => {
                self.form.note = None;
                if matches!(edit, Edit::Paste(_)) && self.typing().is_none() {
                    self.focus = ReviewFocus::Name;
                }
                match (self.typing(), edit) {
                    (Some(field), edit) => {
                        return field.edit(edit).map(Step::Offer).into_iter().collect();
                    }
                    (None, Edit::Left) => self.choose_next(projects, false),
                    (None, Edit::Right | Edit::Insert(' ')) => self.choose_next(projects, true),
                    _ => {}
                }
            }
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        let mut steps = self.form.replied(asked, answer);
        if let (Ok(Reply::Review(review)), None) = (answer, &self.review) {
            steps.push(Step::Open(OpenDialog::Queue((**review).clone())));
        }
        steps
    }

    fn hints(&self) -> Vec<Hint> {
        let does = if self.review.is_some() { "save" } else { "start" };
        let mut hints = self.form.hints(Hint::new(&[Action::Submit], does));
        if self.form.watches() {
            hints.insert(1, Hint::new(&[Action::NextField], "next"));
            if self.focus == ReviewFocus::Project {
                hints.insert(0, Hint::words("← → choose"));
            }
            hints.push(Hint::silent(&[Action::PreviousField, Action::Up, Action::Down]));
        }
        hints
    }

    fn text(&self) -> Text {
        match self.form.text() {
            Text::Typed if self.focus == ReviewFocus::Project => Text::Chosen,
            text => text,
        }
    }
}

/// The name, with a number if it is taken: `All keys, May 2026 (2)`.
fn free(name: String, taken: &[String]) -> String {
    let is_taken = |name: &str| taken.iter().any(|other| fold(other) == fold(name));
    if !is_taken(&name) {
        return name;
    }
    let numbered = (2..=taken.len() + 2).map(|number| format!("{name} ({number})"));
    numbered.into_iter().find(|name| !is_taken(name)).unwrap_or(name)
}

/// A due date as it is typed.
fn due_words(due: Timestamp) -> String {
    date_alone(due).unwrap_or_else(|| due.utc().format("%Y-%m-%d %H:%M").to_string())
}
