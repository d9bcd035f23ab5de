//! Moving through a list: the selection is an id, and the row under it stays where it is on the screen.

use super::{Line, Row, Rows};

/// How far to move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// So many lines down, or up when negative.
    By(isize),
    /// To the first row.
    First,
    /// To the last loaded row.
    Last,
}

impl<T: Row> Rows<T> {
    /// Moves the selection. Says whether it moved.
    pub fn step(&mut self, motion: Motion, height: usize) -> bool {
        let lines = self.lines();
        if lines == 0 {
            return false;
        }
        let from = self.cursor();
        let adrift = self.is_adrift();
        let mut to = match motion {
            // Without a selected row, the first step selects the one under the cursor.
            Motion::By(_) if adrift => from.min(lines - 1),
            Motion::First => 0,
            Motion::Last => lines - 1,
            Motion::By(by) => from.saturating_add_signed(by).min(lines - 1),
        };
        if let Some(gap) = self.gap() {
            // Rows that are not loaded are not jumped over by steps, and never selected.
            to = match motion {
                Motion::By(_) if from < gap => to.min(gap.saturating_sub(1)),
                Motion::By(_) => to.max((gap + 1).min(lines - 1)),
                _ if to == gap && gap > 0 => gap - 1,
                _ => to,
            };
        }
        let before = (self.cursor(), self.offset());
        self.set_cursor(to);
        self.follow(height);
        adrift || before != (self.cursor(), self.offset())
    }

    /// Selects the row on a line of the screen, if there is one.
    pub fn select_at(&mut self, row: usize, height: usize) {
        let at = self.offset() + row;
        if row < height && matches!(self.line(at), Some(Line::Row(_))) {
            self.set_cursor(at);
            self.follow(height);
        }
    }

    /// Selects a row by its id, if it is to be seen.
    pub fn select(&mut self, id: T::Id, height: usize) -> bool {
        let found = self.line_of(id);
        if let Some(at) = found {
            self.set_cursor(at);
            self.follow(height);
        }
        found.is_some()
    }

    /// Finds the selected row again after rows have changed, and keeps it on the same line of the screen.
    pub fn settle(&mut self, height: usize) {
        let above = self.cursor().saturating_sub(self.offset());
        let lines = self.lines();
        let same =
            |at: usize| matches!(self.line(at), Some(Line::Row(row)) if Some(row.id()) == self.selected_id());
        let at = if same(self.cursor()) {
            self.cursor()
        } else {
            (0..lines).find(|&at| same(at)).unwrap_or(self.cursor().min(lines.saturating_sub(1)))
        };
        let at = match self.gap() {
            Some(gap) if at == gap && gap > 0 => gap - 1,
            _ => at,
        };
        if self.is_adrift() {
            self.cursor = at;
        } else {
            self.set_cursor(at);
        }
        self.set_offset(at.saturating_sub(above));
        self.follow(height);
    }

    /// Back to the first row, with nothing selected before.
    pub fn rewind(&mut self) {
        self.forget_selection();
        self.set_cursor(0);
        self.set_offset(0);
    }

    /// Scrolls so that the cursor's line is visible and no line of the screen stays empty without need.
    pub fn follow(&mut self, height: usize) {
        let height = height.max(1);
        // The line of what is not loaded is shown with the row beside it.
        let (first, last) = match self.gap() {
            Some(gap) if gap == self.cursor() + 1 => (self.cursor(), gap),
            Some(gap) if gap + 1 == self.cursor() => (gap, self.cursor()),
            _ => (self.cursor(), self.cursor()),
        };
        let mut offset = self.offset().min(self.lines().saturating_sub(height));
        if last >= offset + height {
            offset = last + 1 - height;
        }
        if first < offset {
            offset = first;
        }
        if self.cursor() >= offset + height {
            offset = self.cursor();
        }
        self.set_offset(offset);
    }
}
