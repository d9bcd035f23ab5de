//! The menu of orders for a list of keys.

use crate::wire::keys::{Sort, SortBy};

/// The menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SortMenu {
    /// The orders to choose from, one a column.
    pub sorts: [Sort; 4],
    /// The place of the chosen one.
    pub cursor: usize,
    /// The order that the list has.
    pub present: Sort,
}

impl SortMenu {
    /// With the list's order chosen.
    pub fn new(present: Sort) -> SortMenu {
        let sorts = [SortBy::Created, SortBy::LastUsed, SortBy::Idle, SortBy::Name]
            .map(|by| if by == present.by { present } else { usual(by) });
        let cursor = sorts.iter().position(|sort| *sort == present).unwrap_or(0);
        SortMenu { sorts, cursor, present }
    }

    /// To the next column, or the one before; round and round.
    pub fn turn(&mut self, forward: bool) {
        let by = if forward { 1 } else { self.sorts.len() - 1 };
        self.cursor = (self.cursor + by) % self.sorts.len();
    }

    /// Turns the chosen order round.
    pub fn reverse(&mut self) {
        let sort = &mut self.sorts[self.cursor];
        sort.descending = !sort.descending;
    }

    /// The chosen order.
    pub fn chosen(&self) -> Sort {
        self.sorts[self.cursor]
    }
}

/// The usual direction of a column: the newest, the longest idle, A to Z.
pub const fn usual(by: SortBy) -> Sort {
    Sort { by, descending: matches!(by, SortBy::Created | SortBy::Idle) }
}
