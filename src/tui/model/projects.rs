//! The list of projects.

use std::cmp::Ordering;

use super::effect::Request;
use super::filter::FilterLine;
use super::keys::PAGE;
use super::rows::{Row, Rows, Slot};
use crate::wire::id::ProjectId;
use crate::wire::keys::Sort;
use crate::wire::page::{Page, PageQuery};
use crate::wire::projects::Project;
use crate::wire::text::fold;

/// Projects by name, as the server orders them.
#[derive(Clone, PartialEq, Debug)]
pub struct ProjectList {
    /// The loaded rows.
    pub rows: Rows<Project>,
    /// The filter line: plain words.
    pub filter: FilterLine,
    /// All of them are wanted: for a filter, for the choice of a project.
    pub want_all: bool,
}

impl Row for Project {
    type Id = ProjectId;

    fn id(&self) -> ProjectId {
        self.id
    }

    fn order(&self, other: &Project, _: Sort) -> Ordering {
        fold(&self.name).cmp(&fold(&other.name)).then_with(|| self.id.cmp(&other.id))
    }
}

impl Default for ProjectList {
    fn default() -> ProjectList {
        ProjectList { rows: Rows::new(Sort::default()), filter: FilterLine::default(), want_all: false }
    }
}

impl ProjectList {
    /// What to ask for a part of the list.
    pub fn request(&self, slot: Slot) -> Request {
        Request::Projects(PageQuery { limit: Some(PAGE), cursor: self.rows.cursor_for(slot) })
    }

    /// Takes a page in. Says whether anything is different now.
    pub fn take(&mut self, slot: Slot, page: Page<Project>) -> bool {
        let changed = self.rows.take(slot, page, None);
        if changed {
            self.refilter();
        }
        changed
    }

    /// The first project that is to be seen beside the keys, in so many rows: the one looked at is among them.
    pub fn beside(&self, scope: Option<ProjectId>, height: usize) -> usize {
        let at =
            scope.and_then(|id| self.rows.all().iter().position(|project| project.id == id)).unwrap_or(0);
        at.saturating_sub(height.saturating_sub(1))
    }

    /// Whether the filter lets a project through.
    pub fn shows(&self, project: &Project) -> bool {
        self.filter.words_match(&format!("{}\n{}", project.name, project.id))
    }

    /// Shows what the filter lets through.
    pub fn refilter(&mut self) {
        let matches = (!self.filter.applied.is_empty()).then(|| {
            let rows = self.rows.all().iter().enumerate();
            rows.filter(|(_, project)| self.shows(project)).map(|(place, _)| place as u32).collect()
        });
        self.want_all |= matches.is_some();
        self.rows.set_matches(matches);
    }
}
