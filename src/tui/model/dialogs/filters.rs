//! The saved filters of a view: apply one, save the current one, rename and delete. Below them, built-in ones.

use super::menu::{MOVES, SCROLLS, moves};
use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::field::{Edit, Field};
use crate::tui::model::hints::{Hint, Input, Pointed, Text};
use crate::tui::model::messages::Level;
use crate::tui::model::saved_filters::{FilterChange, MOST, SavedFilter};
use crate::wire::text::fold;

/// The filters available in a view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FiltersOf {
    /// The name of the view.
    pub view: &'static str,
    /// The saved filters, by name.
    pub saved: Vec<SavedFilter>,
    /// The built-in filters.
    pub built_in: Vec<SavedFilter>,
    /// The filter that the view shows; empty without one.
    pub current: String,
    /// What is typed into the filter line cannot be read, so that it is not the current filter.
    pub invalid: bool,
}

/// The list.
#[derive(Clone, PartialEq, Debug)]
pub struct FilterList {
    /// The available filters.
    pub of: FiltersOf,
    /// The selected one; built-in filters come after the saved ones.
    pub at: usize,
    /// Why the last key did nothing.
    pub note: Option<String>,
    /// The name that is being typed.
    pub naming: Option<FilterNaming>,
    /// It asks whether to delete the saved filter that has this name.
    pub deleting: Option<String>,
}

/// A name for a filter.
#[derive(Clone, PartialEq, Debug)]
pub struct FilterNaming {
    /// The filter that has this name gets another one; none while a filter is saved.
    pub renames: Option<String>,
    /// The text of the filter.
    pub filter: String,
    /// The name.
    pub field: Field,
}

/// A line of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListLine {
    /// A title above filters.
    Heading(&'static str),
    /// Words instead of filters.
    Words(String),
    /// A filter, by its place among all of them.
    Filter(usize),
}

impl FilterList {
    /// Starts at the current filter, if it is in the list.
    pub fn new(of: FiltersOf) -> FilterList {
        let mut all = of.saved.iter().chain(&of.built_in);
        let at = all.position(|filter| filter.filter == of.current).unwrap_or(0);
        FilterList { of, at, note: None, naming: None, deleting: None }
    }

    /// The saved filters, then the built-in ones.
    pub fn all(&self) -> impl Iterator<Item = &SavedFilter> {
        self.of.saved.iter().chain(&self.of.built_in)
    }

    /// The lines, from the top.
    pub fn lines(&self, facts: Facts<'_>) -> Vec<ListLine> {
        let (saved, built_in) = (self.of.saved.len(), self.of.built_in.len());
        let mut lines = Vec::with_capacity(saved + built_in + 4);
        if saved > 0 {
            lines.push(ListLine::Heading("Saved"));
            lines.extend((0..saved).map(ListLine::Filter));
        } else {
            lines.push(ListLine::Words("No saved filters yet.".to_owned()));
            let new = facts.key(Action::New);
            let how = if self.of.current.is_empty() {
                let [filter, filters] = [Action::Filter, Action::Filters].map(|action| facts.key(action));
                format!("To save one, press {filter} and type a filter, then press {filters} and {new}.")
            } else {
                format!("Press {new} to save the current filter.")
            };
            lines.push(ListLine::Words(how));
        }
        if built_in > 0 {
            lines.push(ListLine::Words(String::new()));
            lines.push(ListLine::Heading("Built in"));
            lines.extend((saved..saved + built_in).map(ListLine::Filter));
        }
        lines
    }

    /// The first visible line when `room` lines fit.
    pub fn top(&self, facts: Facts<'_>, room: usize) -> usize {
        let at = self.lines(facts).iter().position(|line| *line == ListLine::Filter(self.at)).unwrap_or(0);
        (at + 1).saturating_sub(room)
    }

    fn count(&self) -> usize {
        self.of.saved.len() + self.of.built_in.len()
    }

    /// The selected filter, if it was saved.
    fn own(&self) -> Option<&SavedFilter> {
        self.of.saved.get(self.at)
    }

    fn move_by(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.count().saturating_sub(1));
    }

    fn apply(&self, at: usize) -> Vec<Step> {
        match self.all().nth(at) {
            Some(filter) => vec![Step::Close, Step::Filter(filter.filter.clone())],
            None => Vec::new(),
        }
    }

    /// Asks for a name for the current filter, or says why it cannot be saved.
    fn begin_saving(&mut self, facts: Facts<'_>) {
        let current = &self.of.current;
        let known = self.of.saved.iter().find(|filter| filter.filter == *current);
        self.note = if self.of.invalid {
            Some("The filter is invalid. Fix it first.".to_owned())
        } else if current.is_empty() {
            Some(format!("No filter to save. Press {} to type one.", facts.key(Action::Filter)))
        } else if let Some(known) = known {
            Some(format!("Already saved as {}.", known.name))
        } else if self.of.saved.len() >= MOST {
            Some(format!("This view has {MOST} saved filters. Delete one first."))
        } else {
            None
        };
        if self.note.is_none() {
            let filter = current.clone();
            self.naming = Some(FilterNaming { renames: None, filter, field: Field::default() });
        }
    }

    fn begin_renaming(&mut self) {
        match self.own() {
            Some(SavedFilter { name, filter }) => {
                let (renames, field) = (Some(name.clone()), Field::with(name));
                self.naming = Some(FilterNaming { renames, filter: filter.clone(), field });
            }
            None => self.note_not_own("renamed"),
        }
    }

    /// Asks whether to delete the selected filter.
    fn begin_deleting(&mut self) {
        match self.own() {
            Some(filter) => self.deleting = Some(filter.name.clone()),
            None => self.note_not_own("deleted"),
        }
    }

    fn delete(&mut self, name: &str) -> Vec<Step> {
        let Some(at) = self.of.saved.iter().position(|filter| filter.name == name) else { return Vec::new() };
        let SavedFilter { name, filter } = self.of.saved.remove(at);
        self.move_by(0);
        let words = format!("Filter {name} deleted: {filter}");
        vec![Step::ChangeFilters(FilterChange::Delete(name)), Step::Say(Level::Info, words)]
    }

    fn note_not_own(&mut self, verb: &str) {
        self.note = Some(match self.count() {
            0 => format!("There is no filter to be {verb}."),
            _ => format!("Built-in filters cannot be {verb}."),
        });
    }

    /// Saves or renames the filter under the typed name.
    fn submit(&mut self, facts: Facts<'_>, naming: &FilterNaming) -> Result<Vec<Step>, String> {
        naming.field.refused_secret().map_or(Ok(()), Err)?;
        let filter = SavedFilter::new(naming.field.text(), &naming.filter)?;
        let own = |other: &str| naming.renames.as_deref() == Some(other);
        let taken = |other: &&SavedFilter| fold(&other.name) == fold(&filter.name) && !own(&other.name);
        if let Some(other) = self.of.saved.iter().find(taken) {
            return Err(format!("A filter named {} already exists.", other.name));
        }
        let name = filter.name.clone();
        let (change, words) = match &naming.renames {
            Some(before) if *before == name => return Ok(Vec::new()),
            Some(before) => {
                let words = format!("Filter {before} renamed to {name}");
                (FilterChange::Rename(before.clone(), name.clone()), words)
            }
            None if facts.setup.demo => {
                (FilterChange::Save(filter.clone()), format!("Filter {name} saved until you quit the demo"))
            }
            None => (FilterChange::Save(filter.clone()), format!("Filter {name} saved")),
        };
        self.of.saved.retain(|other| !own(&other.name));
        self.of.saved.push(filter);
        self.of.saved.sort_by_cached_key(|filter| fold(&filter.name));
        self.at = self.of.saved.iter().position(|filter| filter.name == name).unwrap_or(0);
        Ok(vec![Step::ChangeFilters(change), Step::Say(Level::Good, words)])
    }

    fn on_name(&mut self, facts: Facts<'_>, mut naming: FilterNaming, input: Input<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        match input {
            Input::Do(Action::Submit) => match self.submit(facts, &naming) {
                Ok(steps) => return steps,
                Err(why) => self.note = Some(why),
            },
            Input::Do(_) => return steps,
            Input::Edit(edit) => steps.extend(naming.field.edit(edit).map(Step::Offer)),
        }
        self.naming = Some(naming);
        steps
    }
}

impl DialogLogic for FilterList {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        self.note = None;
        if let Some(naming) = self.naming.take() {
            return self.on_name(facts, naming, input);
        }
        if let Some(name) = self.deleting.take() {
            return if input == Input::Do(Action::Confirm) { self.delete(&name) } else { Vec::new() };
        }
        match input {
            Input::Do(Action::Submit) => return self.apply(self.at),
            Input::Do(Action::New) => self.begin_saving(facts),
            Input::Do(Action::Rename) => self.begin_renaming(),
            Input::Do(Action::DeleteProject) => self.begin_deleting(),
            Input::Do(action) => {
                let room = layout::saved_filter_rows(facts.size(), self.lines(facts).len());
                match moves(action, room as isize) {
                    Some(by) => self.move_by(by),
                    None => return vec![Step::Close],
                }
            }
            Input::Edit(Edit::Insert(c @ '1'..='9')) => return self.apply(c as usize - '1' as usize),
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        if self.naming.is_some() || self.deleting.is_some() {
            return Vec::new();
        }
        let (size, lines) = (facts.size(), self.lines(facts));
        let room = layout::saved_filter_rows(size, lines.len());
        match pointed {
            Pointed::Wheel(by) => self.move_by(by),
            Pointed::Click(..) => {
                let row = pointed.row_in(layout::saved_filters(size, lines.len()), 1);
                let line = row.filter(|row| *row < room).map(|row| self.top(facts, room) + row);
                let Some(ListLine::Filter(at)) = line.and_then(|line| lines.get(line)) else {
                    return Vec::new();
                };
                // The first click moves there, the second one applies it.
                if *at == self.at {
                    return self.apply(*at);
                }
                self.at = *at;
            }
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        if let Some(naming) = &self.naming {
            let does = if naming.renames.is_some() { "rename" } else { "save" };
            return vec![Hint::new(&[Action::Submit], does), Hint::new(&[Action::Cancel], "cancel")];
        }
        if self.deleting.is_some() {
            let rest = Hint::silent(&[Action::Decline]);
            return vec![
                Hint::new(&[Action::Confirm], "delete"),
                Hint::new(&[Action::Cancel], "cancel"),
                rest,
            ];
        }
        // What cannot work now is not named, but says why.
        let named = |works: bool, actions, does: &'static str| {
            if works { Hint::new(actions, does) } else { Hint::silent(actions) }
        };
        let known = self.of.saved.iter().any(|filter| filter.filter == self.of.current);
        let saves = !self.of.current.is_empty() && !self.of.invalid && !known;
        let own = self.own().is_some();
        vec![
            named(self.count() > 0, &[Action::Submit], "apply"),
            named(saves, &[Action::New], "save current filter").or(if saves { "save" } else { "" }),
            named(own, &[Action::Rename], "rename"),
            named(own, &[Action::DeleteProject], "delete"),
            Hint::new(&[Action::Cancel], "close"),
            Hint::silent(&[Action::Filters]),
            Hint::silent(MOVES),
            Hint::silent(SCROLLS),
        ]
    }

    fn text(&self) -> Text {
        if self.naming.is_some() { Text::Typed } else { Text::Refused }
    }

    fn decides(&self) -> bool {
        false
    }
}
