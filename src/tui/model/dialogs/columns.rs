//! The column chooser: which columns a view shows, and in which order.

use crate::tui::layout::{self, Area};
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::dialogs::menu::{SCROLLS, moves};
use crate::tui::model::fit::{Shape, place};
use crate::tui::model::hints::{Hint, Input, Pointed};
use crate::tui::model::messages::Level;

/// The columns available in a view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnsOf {
    /// The name of the view.
    pub view: &'static str,
    /// The heads of all columns.
    pub titles: Vec<&'static str>,
    /// Indexes of the default columns, in order.
    pub usual: Vec<usize>,
    /// Indexes of the visible columns, in order.
    pub shown: Vec<usize>,
    /// The shapes of all columns that the view can show.
    pub shapes: Vec<Shape>,
    /// The shapes of the default columns: these are dropped in another order than chosen ones.
    pub usual_shapes: Vec<Shape>,
    /// The place of the table.
    pub table: Area,
}

/// The choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnChooser {
    /// The available columns.
    pub of: ColumnsOf,
    /// Every column in display order, with its visibility.
    pub rows: Vec<(usize, bool)>,
    /// The row of the cursor.
    pub at: usize,
}

impl ColumnChooser {
    /// Starts from the columns visible now.
    pub fn new(of: ColumnsOf) -> ColumnChooser {
        let rows = rows(&of, &of.shown);
        ColumnChooser { of, rows, at: 0 }
    }

    /// The first visible row when `room` rows fit.
    pub fn top(&self, room: usize) -> usize {
        (self.at + 1).saturating_sub(room)
    }

    fn chosen(&self) -> Vec<usize> {
        self.rows.iter().filter(|(_, shown)| *shown).map(|(column, _)| *column).collect()
    }

    /// The chosen columns that would be dropped: the table is too narrow for them.
    pub fn dropped(&self) -> Vec<usize> {
        let chosen = self.chosen();
        let shapes: Vec<Shape> = if chosen == self.of.usual {
            self.of.usual_shapes.clone()
        } else {
            let known = |column: &usize| self.of.shapes.iter().find(|shape| shape.column == *column);
            let ranked = chosen.iter().filter_map(known).zip(0..=99);
            ranked.map(|(shape, rank)| Shape { rank, ..*shape }).collect()
        };
        let wanted: Vec<usize> = shapes.iter().map(|shape| shape.column).collect();
        let placed = place(shapes, self.of.table);
        wanted.into_iter().filter(|column| placed.iter().all(|at| at.column != *column)).collect()
    }

    fn toggle(&mut self) -> Vec<Step> {
        if self.rows[self.at].1 && self.chosen().len() == 1 {
            return vec![Step::Say(Level::Info, "The last column cannot be hidden.".into())];
        }
        self.rows[self.at].1 ^= true;
        Vec::new()
    }

    /// Moves the row of the cursor by one.
    fn carry(&mut self, down: bool) {
        let to = if down { self.at + 1 } else { self.at.saturating_sub(1) };
        if to < self.rows.len() {
            self.rows.swap(self.at, to);
            self.at = to;
        }
    }

    fn apply(&self) -> Vec<Step> {
        let chosen = self.chosen();
        let own = (chosen != self.of.usual).then_some(chosen);
        vec![Step::Close, Step::Columns(own)]
    }
}

/// Visible columns in order, then the hidden ones.
fn rows(of: &ColumnsOf, shown: &[usize]) -> Vec<(usize, bool)> {
    let others = (0..of.titles.len()).filter(|column| !shown.contains(column));
    shown.iter().map(|column| (*column, true)).chain(others.map(|column| (column, false))).collect()
}

impl DialogLogic for ColumnChooser {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let Input::Do(action) = input else { return Vec::new() };
        match action {
            Action::Submit => return self.apply(),
            Action::Cancel => return vec![Step::Close],
            Action::Toggle => return self.toggle(),
            Action::MoveDown | Action::MoveUp => self.carry(action == Action::MoveDown),
            Action::Reset => {
                self.rows = rows(&self.of, &self.of.usual);
                self.at = 0;
            }
            action => {
                let room = layout::column_rows(facts.size(), self.rows.len());
                if let Some(by) = moves(action, room as isize) {
                    self.at = self.at.saturating_add_signed(by).min(self.rows.len() - 1);
                }
            }
        }
        Vec::new()
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        let (size, count) = (facts.size(), self.rows.len());
        let top = self.top(layout::column_rows(size, count));
        match pointed {
            Pointed::Wheel(by) => self.at = self.at.saturating_add_signed(by).min(count - 1),
            Pointed::Click(..) => {
                let row = pointed.row_in(layout::columns(size, count), 1);
                let row = row.filter(|row| *row < layout::column_rows(size, count));
                if let Some(at) = row.map(|row| top + row).filter(|at| *at < count) {
                    self.at = at;
                    return self.toggle();
                }
            }
        }
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new(&[Action::Toggle], "show/hide"),
            Hint::new(&[Action::MoveDown, Action::MoveUp], "move"),
            Hint::new(&[Action::Submit], "apply"),
            Hint::new(&[Action::Reset], "default"),
            Hint::new(&[Action::Cancel], "cancel"),
            Hint::silent(&[Action::Up, Action::Down, Action::NextField, Action::PreviousField]),
            Hint::silent(SCROLLS),
        ]
    }

    fn decides(&self) -> bool {
        false
    }
}
