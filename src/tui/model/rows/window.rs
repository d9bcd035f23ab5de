//! Where the cursor goes when other rows are shown: for a filter, another order, another threshold.

use super::{Motion, Row, Rows, Slot};

/// Where the cursor goes when the requested rows arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Arrival {
    /// It stays on its row: nobody asked for other rows.
    #[default]
    Keep,
    /// To the first row.
    Top,
    /// It stays on its row, or goes to the first one where that row is gone.
    Same,
    /// To the recalled row, or to the first one.
    Back,
}

/// The most filters whose rows are remembered while one types.
const TRAIL: usize = 256;

/// A filter that was shown while one typed, and the row that was selected then, with the lines above it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Step<I> {
    filter: String,
    row: Option<(I, usize)>,
    /// How far from the list's beginning that row stood, or from its end.
    far: Far,
}

/// How far a row is from the beginning of a list, or from its end, when it was seen last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Far {
    from_end: bool,
    rows: usize,
}

/// Rows may have come meanwhile: a row is looked for so much further than it was.
const FURTHER: usize = 200;

/// A list seen through its window: what all lists can do, whatever their rows are.
pub trait Window {
    /// Moves the selection. Says whether it moved.
    fn step(&mut self, motion: Motion, height: usize) -> bool;
    /// Keeps the selection in its place after rows or the size have changed.
    fn settle(&mut self, height: usize);
    /// Selects the row on a line of the screen, if there is one.
    fn select_at(&mut self, row: usize, height: usize);
    /// Whether no row is selected until a key selects one or the requested rows arrive.
    fn is_adrift(&self) -> bool;
    /// Selects nothing until a key does: what is shown is no longer what the user asked for.
    fn drift(&mut self);
    /// Remembers the selected row under the filter that is about to be replaced. `anew` forgets all others.
    fn remember(&mut self, filter: &str, anew: bool);
    /// Finds the row that was remembered last under a filter that fits, for [`Arrival::Back`]. Gives that filter.
    fn recall(&mut self, fits: &dyn Fn(&str) -> bool) -> Option<String>;
    /// Finds the row that was remembered first, for [`Arrival::Back`].
    fn recall_first(&mut self);
    /// Other rows were requested: nothing is selected until they arrive.
    fn expect(&mut self, arrival: Arrival);
    /// The requested rows are here: puts the cursor where it was to go.
    fn arrive(&mut self, height: usize);
}

impl<T: Row> Window for Rows<T> {
    fn step(&mut self, motion: Motion, height: usize) -> bool {
        // Whoever moves has chosen a row.
        self.arrival = Arrival::Keep;
        Rows::step(self, motion, height)
    }

    fn settle(&mut self, height: usize) {
        Rows::settle(self, height);
    }

    fn select_at(&mut self, row: usize, height: usize) {
        self.arrival = Arrival::Keep;
        Rows::select_at(self, row, height);
    }

    fn is_adrift(&self) -> bool {
        Rows::is_adrift(self)
    }

    fn drift(&mut self) {
        self.adrift = self.selected.is_some();
    }

    fn remember(&mut self, filter: &str, anew: bool) {
        if anew {
            self.trail.clear();
        }
        let row = self.selected().map(|row| (row.id(), self.above()));
        let far = match self.gap() {
            Some(gap) if self.cursor > gap => Far { from_end: true, rows: self.lines() - self.cursor },
            _ => Far { from_end: false, rows: self.cursor },
        };
        // The first one is where Esc goes back to.
        let first = self.trail.first().is_some_and(|step| step.filter == filter);
        self.trail.retain(|step| step.filter != filter || first);
        // What may be the beginning of a whole key is kept nowhere.
        if self.trail.len() < TRAIL && !filter.contains("redir_") {
            self.trail.push(Step { filter: filter.to_owned(), row, far });
        }
    }

    fn recall(&mut self, fits: &dyn Fn(&str) -> bool) -> Option<String> {
        let step = self.trail.iter().rev().find(|step| fits(&step.filter))?;
        (self.back, self.far) = (step.row, step.far);
        Some(step.filter.clone())
    }

    fn recall_first(&mut self) {
        let first = self.trail.first();
        self.back = first.and_then(|step| step.row);
        self.far = first.map(|step| step.far).unwrap_or_default();
    }

    fn expect(&mut self, arrival: Arrival) {
        self.arrival = arrival;
        if arrival != Arrival::Keep {
            self.drift();
        }
    }

    fn arrive(&mut self, height: usize) {
        match (std::mem::take(&mut self.arrival), self.selected) {
            (Arrival::Top, _) | (Arrival::Keep, None) => self.rewind(),
            (Arrival::Same, selected) => self.stand_on(selected.map(|id| (id, self.above())), height),
            (Arrival::Back, _) if self.back_wanted().is_some() => {
                // Its page is asked for next.
                (self.arrival, self.adrift) = (Arrival::Back, true);
                (self.cursor, self.offset) = (0, 0);
            }
            (Arrival::Back, _) => {
                let back = self.back.take();
                self.stand_on(back, height);
            }
            (Arrival::Keep, Some(id)) => {
                let seen = self.line_of(id).is_some();
                if seen || self.complete {
                    self.adrift &= !seen;
                    Rows::settle(self, height);
                } else {
                    // Nobody chose another row: none is selected until somebody does.
                    self.adrift = true;
                    (self.cursor, self.offset) = (0, 0);
                }
            }
        }
    }
}

impl<T: Row> Rows<T> {
    /// Whether the rows go on coming until the one that the cursor goes back to is there.
    pub fn is_going_back(&self) -> bool {
        self.arrival == Arrival::Back
    }

    /// What to ask for so that the row is loaded that the cursor goes back to; none when it is, or is not to be
    /// found where it was.
    pub(super) fn back_wanted(&self) -> Option<Slot> {
        let (id, _) = self.back?;
        let gap = self.gap()?;
        if self.rows.iter().any(|row| row.id() == id) {
            return None;
        }
        let most = self.far.rows + FURTHER;
        let end = self.rows.len() - gap;
        if !self.far.from_end {
            (gap < most).then_some(Slot::Head)
        } else if end == 0 {
            Some(Slot::End)
        } else {
            (end < most).then_some(Slot::Tail)
        }
    }

    /// How many lines of the screen stand above the cursor.
    fn above(&self) -> usize {
        self.cursor.saturating_sub(self.offset)
    }

    /// Selects a row that is to be seen, with so many lines above it; else the first row.
    fn stand_on(&mut self, row: Option<(T::Id, usize)>, height: usize) {
        match row.and_then(|(id, above)| Some((self.line_of(id)?, above))) {
            Some((at, above)) => {
                self.set_cursor(at);
                self.set_offset(at.saturating_sub(above));
                self.follow(height);
            }
            None => self.rewind(),
        }
    }
}
