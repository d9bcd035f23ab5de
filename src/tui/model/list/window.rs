//! Where the cursor goes when other rows are shown: for a filter, another order, another threshold.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

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

/// Rows with their filter, as they are seen: what all lists can do, whatever their rows are.
pub trait Window {
    /// Whether a page has come since the list was made.
    fn is_loaded(&self) -> bool;
    /// Whether every row is loaded.
    fn is_complete(&self) -> bool;
    /// How many rows are loaded.
    fn loaded(&self) -> usize;
    /// How many of them the filter lets through.
    fn shown(&self) -> usize;
    /// How many rows the server has, and whether there are more than that.
    fn total(&self) -> (u64, bool);
    /// Of how many rows these are the ones that the filter lets through, where the server has filtered them.
    fn filtered_of(&self) -> Option<(u64, bool)>;
    /// How many lines there are to scroll through, the gap included.
    fn lines(&self) -> usize;
    /// The line of the rows that are not loaded.
    fn gap(&self) -> Option<usize>;
    /// The first visible line.
    fn offset(&self) -> usize;
    /// The line of the selected row.
    fn selected_line(&self) -> Option<usize>;
    /// What tells the selected row from all others.
    fn selected_hash(&self) -> Option<u64>;
    /// Whether a filter is applied to the loaded rows.
    fn is_filtered(&self) -> bool;
    /// Whether the end of the list is loaded.
    fn has_end(&self) -> bool;
    /// How many rows came by themselves since the list was asked for.
    fn grown(&self) -> usize;
    /// The page that is to be seen.
    fn visible_page(&self) -> Slot;
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
    /// Lets a filter hold that was shown before, though what is typed cannot be read.
    fn hold(&mut self, text: &str);
    /// See [`super::List::refilter`].
    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool;
    /// Folds all loaded rows once, so that the first key typed into the filter is as quick as the others.
    fn prepare(&mut self);
    /// Whether only what is loaded is searched, since the server did not answer.
    fn searches_loaded(&self) -> bool;
    /// Whether what is shown is all that the filter lets through, if all rows are loaded.
    fn suffices(&self) -> bool;
    /// Forgets the request for the whole list, if it was for another filter than that of the loaded rows. Says
    /// whether it was.
    fn supersede(&mut self) -> bool;
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
    /// Whether no row is selected until a key selects one or the requested rows arrive.
    fn is_adrift(&self) -> bool;
    /// Selects nothing until a key does: what is shown is no longer what the user asked for.
    fn drift(&mut self);
    /// Remembers the selected row under the filter that is about to be replaced. `only` forgets all others.
    fn remember(&mut self, filter: &str, only: bool);
    /// Finds the row that was remembered last under a filter that fits, for [`Arrival::Back`]. Gives that filter.
    fn recall(&mut self, fits: &dyn Fn(&str) -> bool) -> Option<String>;
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
    fn is_loaded(&self) -> bool {
        self.rows.is_loaded()
    }

    fn is_complete(&self) -> bool {
        self.rows.is_complete()
    }

    fn loaded(&self) -> usize {
        self.rows.all().len()
    }

    fn shown(&self) -> usize {
        self.rows.shown()
    }

    fn total(&self) -> (u64, bool) {
        self.rows.total()
    }

    fn filtered_of(&self) -> Option<(u64, bool)> {
        self.everything.filter(|_| !self.asked.is_empty() && !self.rows.is_filtered())
    }

    fn lines(&self) -> usize {
        self.rows.lines()
    }

    fn gap(&self) -> Option<usize> {
        self.rows.gap()
    }

    fn offset(&self) -> usize {
        self.rows.offset()
    }

    fn selected_line(&self) -> Option<usize> {
        self.rows.selected().map(|_| self.rows.cursor())
    }

    fn selected_hash(&self) -> Option<u64> {
        let selected = self.rows.selected()?;
        let mut hasher = DefaultHasher::new();
        selected.id().hash(&mut hasher);
        Some(hasher.finish())
    }

    fn is_filtered(&self) -> bool {
        self.rows.is_filtered()
    }

    fn has_end(&self) -> bool {
        self.rows.has_end()
    }

    fn grown(&self) -> usize {
        self.rows.grown()
    }

    fn visible_page(&self) -> Slot {
        if self.rows.is_loaded() { self.rows.page_at(self.rows.offset()) } else { Slot::First }
    }

    fn wanted(&self, near: usize) -> Option<Slot> {
        self.rows.wanted(near)
    }

    fn forget_etags(&mut self) {
        self.rows.forget_etags();
    }

    fn unload(&mut self) {
        Filtered::unload(self);
    }

    fn filter(&self) -> &FilterLine {
        &self.filter
    }

    fn filter_mut(&mut self) -> &mut FilterLine {
        &mut self.filter
    }

    fn read(&mut self) -> bool {
        Filtered::read(self)
    }

    fn hold(&mut self, text: &str) {
        self.query = self.filter.hold(text);
    }

    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        Filtered::refilter(self, now, answers)
    }

    fn prepare(&mut self) {
        Filtered::prepare(self);
    }

    fn searches_loaded(&self) -> bool {
        self.loaded_only
    }

    fn suffices(&self) -> bool {
        self.asked.is_empty() || self.asked == self.filter.applied
    }

    fn supersede(&mut self) -> bool {
        self.asking.take_if(|asking| *asking != self.asked).is_some()
    }

    fn failed(&mut self, slot: Slot, now: Timestamp) -> bool {
        Filtered::failed(self, slot, now)
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

    fn is_adrift(&self) -> bool {
        self.rows.is_adrift()
    }

    fn drift(&mut self) {
        self.rows.drift();
    }

    fn remember(&mut self, filter: &str, only: bool) {
        self.rows.remember(filter, only);
    }

    fn recall(&mut self, fits: &dyn Fn(&str) -> bool) -> Option<String> {
        self.rows.recall(fits)
    }

    fn recall_first(&mut self) {
        self.rows.recall_first();
    }

    fn expect(&mut self, arrival: Arrival) {
        self.rows.expect(arrival);
    }

    fn arrive(&mut self, height: usize) {
        self.rows.arrive(height);
    }

    fn arrived(&mut self, slot: Slot, height: usize) {
        self.rows.arrived(slot, height);
    }
}

impl<T: Row> Rows<T> {
    fn drift(&mut self) {
        self.goal = None;
        self.adrift = self.selected.is_some();
    }

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

    fn arrived(&mut self, slot: Slot, height: usize) {
        match slot {
            Slot::First => self.arrive(height),
            _ if self.is_going_back() => self.arrive(height),
            Slot::End => {
                self.step(Motion::Last, height);
            }
            _ => self.settle(height),
        }
        if self.goal.is_some_and(|goal| self.select(goal, height)) || slot == Slot::First {
            self.goal = None;
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
