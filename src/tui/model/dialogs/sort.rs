//! The menu of orders for a list.

use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::field::Edit;
use crate::tui::model::hints::{Hint, Input, Pointed};
use crate::wire::keys::{Sort, SortBy};

/// The menu.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SortMenu {
    /// The orders to choose from, one a column.
    pub sorts: Vec<Sort>,
    /// The place of the chosen one.
    pub cursor: usize,
    /// The order that the list has.
    pub present: Sort,
}

impl SortMenu {
    /// With the list's order chosen.
    pub fn new(present: Sort, orders: &[SortBy]) -> SortMenu {
        let sorts = orders.iter().map(|by| if *by == present.by { present } else { by.usual() });
        let sorts: Vec<Sort> = sorts.collect();
        let cursor = sorts.iter().position(|sort| *sort == present).unwrap_or(0);
        SortMenu { sorts, cursor, present }
    }

    /// To the next column, or the one before; round and round.
    fn turn(&mut self, forward: bool) {
        let by = if forward { 1 } else { self.sorts.len() - 1 };
        self.cursor = (self.cursor + by) % self.sorts.len();
    }

    /// Turns the chosen order round.
    fn reverse(&mut self) {
        let sort = &mut self.sorts[self.cursor];
        sort.descending = !sort.descending;
    }

    fn take(&self) -> Vec<Step> {
        vec![Step::Close, Step::Sort(self.sorts[self.cursor])]
    }
}

impl DialogLogic for SortMenu {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match input {
            Input::Do(Action::Submit) => return self.take(),
            Input::Do(Action::Cancel) => return vec![Step::Close],
            Input::Do(Action::Up | Action::PreviousField) => self.turn(false),
            Input::Do(Action::Reverse | Action::Toggle) | Input::Edit(Edit::Left | Edit::Right) => {
                self.reverse();
            }
            Input::Do(_) => self.turn(true),
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        let area = layout::sort_menu(facts.size(), self.sorts.len());
        match pointed.row_in(area, 1).filter(|at| *at < self.sorts.len()) {
            Some(at) => {
                self.cursor = at;
                self.take()
            }
            None => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::new(&[Action::Sort], "next"),
            Hint::new(&[Action::Reverse], "reverse"),
            Hint::new(&[Action::Submit], "apply"),
            Hint::new(&[Action::Cancel], "cancel"),
            Hint::silent(&[
                Action::Down,
                Action::Up,
                Action::NextField,
                Action::PreviousField,
                Action::Toggle,
            ]),
        ]
    }

    fn decides(&self) -> bool {
        false
    }
}
