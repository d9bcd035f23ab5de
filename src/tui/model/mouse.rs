//! What a click on the table and around it means. Nothing that changes anything on the server can be done by it.

use super::action::Action;
use super::state::State;
use super::tab_line::tab_line;
use super::tabs::View;
use super::views::Views;
use crate::tui::layout::{Area, Screen};
use crate::wire::id::ProjectId;
use crate::wire::keys::SortBy;

/// What was clicked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Clicked {
    /// The filter line.
    Filter,
    /// The name of a view, or what does the same.
    Act(Action),
    /// A project beside the keys.
    Project(ProjectId, String),
    /// The name of a column that one can sort by.
    Column(SortBy),
    /// A row of the table, counted from its first on the screen.
    Row(usize),
    /// Nothing that does anything.
    Nothing,
}

/// What stands at a place of the screen.
pub(super) fn clicked(state: &State, screen: &Screen, (x, y): (u16, u16)) -> Clicked {
    let inside = |area: Option<Area>| area.filter(|area| area.holds(x, y));
    if inside(screen.filter).is_some() {
        return Clicked::Filter;
    }
    let found = if screen.tabs.holds(x, y) {
        let line = tab_line(state, screen.tabs);
        let tab = line.tabs.iter().find(|tab| tab.area.holds(x, y)).map(|tab| tab.view);
        let at = tab.and_then(|tab| View::ALL.iter().position(|view| *view == tab));
        at.map(|at| Clicked::Act(Action::View(at as u8 + 1)))
    } else if let Some(side) = inside(screen.side) {
        beside(&state.views, state.view, side, y)
    } else if let Some(table) = inside(screen.table) {
        match y - table.y {
            0 => {
                let placed = state.placed(table);
                let column = placed.iter().find(|column| x >= column.x && x < column.x + column.width);
                let sorts = column.and_then(|column| state.views.of(state.view).sorts(column.column));
                sorts.map(Clicked::Column)
            }
            row => Some(Clicked::Row(usize::from(row) - 1)),
        }
    } else if screen.message.holds(x, y) && !state.views.of(state.view).summary_words(usize::MAX).is_empty() {
        Some(Clicked::Act(Action::Group))
    } else {
        None
    };
    found.unwrap_or(Clicked::Nothing)
}

/// The projects beside the keys: a title, all of them, then one a row.
fn beside(views: &Views, view: View, side: Area, y: u16) -> Option<Clicked> {
    let row = match y - side.y {
        0 => return None,
        // The view of all keys.
        1 => return Some(Clicked::Act(Action::View(2))),
        row => usize::from(row) - 2,
    };
    let scope = views.of(view).keys().and_then(|list| list.project.as_ref()).map(|(id, _)| *id);
    let first = views.projects.beside(scope, usize::from(side.height.saturating_sub(2)));
    let project = views.projects.list.rows.all().get(first + row)?;
    Some(Clicked::Project(project.id, project.name.clone()))
}
