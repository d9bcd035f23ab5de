//! Where the cursor goes when other rows are shown: for a filter, another order, another threshold.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::super::fit::Widths;
use super::filter::FilterLine;
use super::{Entry, Filtered, Motion, Row, Rows, Slot};
use crate::wire::time::Timestamp;

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

/// What there is to see of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// A page has come since the list was made.
    pub loaded: bool,
    /// Every row is loaded.
    pub complete: bool,
    /// How many rows are loaded.
    pub rows: usize,
    /// How many of them the filter lets through.
    pub shown: usize,
    /// How many rows the server has, and whether there are more than that.
    pub total: (u64, bool),
    /// Of how many rows these are the ones that the filter lets through, where the server has filtered them.
    pub filtered_of: Option<(u64, bool)>,
    /// A filter is applied to the loaded rows.
    pub filtered: bool,
    /// How many lines there are to scroll through, the gap included.
    pub lines: usize,
    /// The line of the rows that are not loaded.
    pub gap: Option<usize>,
    /// The end of the list is loaded.
    pub has_end: bool,
    /// The first visible line.
    pub offset: usize,
    /// The line of the selected row, and what tells this row from all others.
    pub selected: Option<(usize, u64)>,
    /// No row is selected until a key selects one or the requested rows arrive.
    pub adrift: bool,
    /// How many rows came by themselves since the list was asked for.
    pub grown: usize,
}

/// Rows with their filter: what all lists can do, whatever their rows are.
pub trait Window {
    /// What there is to see.
    fn seen(&self) -> Seen;
    /// The page that is to be seen.
    fn visible_page(&self) -> Slot;
    /// The widest cells of its columns.
    fn widths(&self) -> &Widths;
    /// The same, to be changed.
    fn widths_mut(&mut self) -> &mut Widths;
    /// What to ask for so that the rows within so many lines of the cursor are loaded.
    fn wanted(&self, near: usize) -> Option<Slot>;
    /// Asks for whole pages again, whatever their `ETag` was.
    fn forget_etags(&mut self);
    /// Forgets the rows, but not which one was selected.
    fn unload(&mut self);
    /// The filter line.
    fn filter(&self) -> &FilterLine;
    /// The same, to be changed.
    fn filter_mut(&mut self) -> &mut FilterLine;
    /// Reads what is typed. Says whether the list is to show something else now.
    fn read(&mut self) -> bool;
    /// Reads what is typed. Says whether the list is to show something else now, and where its cursor goes. What cannot be
    /// read shows the rows, and the row, that one saw before its wrong term was begun.
    fn retype(&mut self, arrival: Arrival) -> (bool, Arrival);
    /// Folds all loaded rows once, so that the first key typed into the filter is as quick as the others.
    fn prepare(&mut self);
    /// A page did not come. Says whether other rows are shown now.
    fn failed(&mut self, slot: Slot, now: Timestamp) -> bool;
    /// Whether a page that came may be older than the live changes before it.
    fn take_overtaken(&mut self) -> bool;
    /// Moves the selection. Says whether it moved.
    fn step(&mut self, motion: Motion, height: usize) -> bool;
    /// Keeps the selection in its place after rows or the size have changed.
    fn settle(&mut self, height: usize);
    /// Selects the row on a line of the screen, if there is one.
    fn select_at(&mut self, row: usize, height: usize);
    /// Selects nothing until a key does: what is shown is no longer what the user asked for.
    fn drift(&mut self);
    /// Remembers the selected row under the filter that is about to be replaced. `only` forgets all others.
    fn remember(&mut self, filter: &str, only: bool);
    /// Finds the row that was remembered first, for [`Arrival::Back`].
    fn recall_first(&mut self);
    /// Other rows were requested: nothing is selected until they arrive.
    fn expect(&mut self, arrival: Arrival);
    /// The requested rows are here: puts the cursor where it was to go.
    fn arrive(&mut self, height: usize);
    /// A page has come: puts the cursor where it was to go.
    fn arrived(&mut self, slot: Slot, height: usize);
}

impl<T: Entry> Window for Filtered<T> {
    fn seen(&self) -> Seen {
        let rows = &self.rows;
        let hash = |row: &T| {
            let mut hasher = DefaultHasher::new();
            row.id().hash(&mut hasher);
            (rows.cursor(), hasher.finish())
        };
        Seen {
            loaded: rows.is_loaded(),
            complete: rows.is_complete(),
            rows: rows.all().len(),
            shown: rows.shown(),
            total: rows.total(),
            filtered_of: self.everything.filter(|_| !self.filter.asked.is_empty() && !rows.is_filtered()),
            filtered: rows.is_filtered(),
            lines: rows.lines(),
            gap: rows.gap(),
            has_end: rows.has_end(),
            offset: rows.offset(),
            selected: rows.selected().map(hash),
            adrift: rows.is_adrift(),
            grown: rows.grown(),
        }
    }

    fn visible_page(&self) -> Slot {
        if self.rows.is_loaded() { self.rows.page_at(self.rows.offset()) } else { Slot::First }
    }

    fn widths(&self) -> &Widths {
        &self.widths
    }

    fn widths_mut(&mut self) -> &mut Widths {
        &mut self.widths
    }

    fn wanted(&self, near: usize) -> Option<Slot> {
        self.rows.wanted(near)
    }

    fn forget_etags(&mut self) {
        self.rows.forget_etags();
    }

    fn unload(&mut self) {
        self.rows.unload();
        self.filter.loaded_only = false;
        (self.texts, self.matched) = (None, None);
    }

    fn filter(&self) -> &FilterLine {
        &self.filter
    }

    fn filter_mut(&mut self) -> &mut FilterLine {
        &mut self.filter
    }

    fn read(&mut self) -> bool {
        let query = self.filter.read();
        let changed = query.is_some();
        self.query = query.unwrap_or_else(|| std::mem::take(&mut self.query));
        changed
    }

    fn retype(&mut self, arrival: Arrival) -> (bool, Arrival) {
        let before = self.filter.applied.clone();
        let changed = self.read();
        let whole = self.filter.whole.clone().filter(|_| !self.filter.names_nothing(&before));
        let Some(whole) = whole else {
            if changed && arrival == Arrival::Top && self.filter.error.is_none() {
                self.rows.remember(&before, false);
            }
            return (changed, arrival);
        };
        let begins = |text: &str| {
            let rest = whole.strip_prefix(text);
            rest.is_some_and(|rest| text.is_empty() || rest.is_empty() || rest.starts_with(' '))
        };
        match self.rows.trail.iter().rev().find(|step| begins(&step.filter)) {
            Some(step) if !begins(&before) => {
                (self.rows.back, self.rows.far) = (step.row, step.far);
                self.query = self.filter.hold(&step.filter);
                (true, Arrival::Back)
            }
            _ => (changed, arrival),
        }
    }

    fn prepare(&mut self) {
        if self.rows.is_complete() {
            self.with_texts();
        }
    }

    fn failed(&mut self, slot: Slot, now: Timestamp) -> bool {
        if slot == Slot::First {
            self.filter.asking = None;
        }
        if T::SEARCHED_OFFLINE && self.rows.is_loaded() {
            self.refilter(now, false);
        }
        T::SEARCHED_OFFLINE
    }

    fn take_overtaken(&mut self) -> bool {
        std::mem::take(&mut self.overtaken)
    }

    fn step(&mut self, motion: Motion, height: usize) -> bool {
        // Whoever moves has chosen a row.
        (self.rows.arrival, self.rows.goal) = (Arrival::Keep, None);
        self.rows.step(motion, height)
    }

    fn settle(&mut self, height: usize) {
        self.rows.settle(height);
    }

    fn select_at(&mut self, row: usize, height: usize) {
        (self.rows.arrival, self.rows.goal) = (Arrival::Keep, None);
        self.rows.select_at(row, height);
    }

    fn drift(&mut self) {
        self.rows.goal = None;
        self.rows.adrift = self.rows.selected.is_some();
    }

    fn remember(&mut self, filter: &str, only: bool) {
        self.rows.remember(filter, only);
    }

    fn recall_first(&mut self) {
        let first = self.rows.trail.first();
        self.rows.far = first.map(|step| step.far).unwrap_or_default();
        self.rows.back = first.and_then(|step| step.row);
    }

    fn expect(&mut self, arrival: Arrival) {
        self.rows.arrival = arrival;
        if arrival != Arrival::Keep {
            self.drift();
        }
    }

    fn arrive(&mut self, height: usize) {
        self.rows.arrive(height);
    }

    fn arrived(&mut self, slot: Slot, height: usize) {
        let rows = &mut self.rows;
        match slot {
            Slot::First => rows.arrive(height),
            _ if rows.is_going_back() => rows.arrive(height),
            Slot::End => {
                rows.step(Motion::Last, height);
            }
            _ => rows.settle(height),
        }
        if rows.goal.is_some_and(|goal| rows.select(goal, height)) || slot == Slot::First {
            rows.goal = None;
        }
    }
}

impl<T: Row> Rows<T> {
    fn remember(&mut self, filter: &str, only: bool) {
        if only {
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
                    self.settle(height);
                } else {
                    // Nobody chose another row: none is selected until somebody does.
                    self.adrift = true;
                    (self.cursor, self.offset) = (0, 0);
                }
            }
        }
    }

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
