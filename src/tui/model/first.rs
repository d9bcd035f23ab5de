//! The first key: an empty server leads to it in three key presses, its names aside.

use super::state::State;
use super::tabs::View;

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
}
