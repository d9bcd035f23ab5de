//! Rows that change where they are loaded: all of a batch in one pass, whatever its size.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Row, Rows};

/// What becomes of a loaded row.
#[derive(Clone, PartialEq, Debug)]
pub enum Becomes<T> {
    /// What it was.
    Same,
    /// This, at its place in the order.
    Row(T),
    /// It is not part of the list any more.
    Gone,
}

/// What a batch did to the loaded rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Something is different now.
    pub changed: bool,
    /// Rows stand at other places than before.
    pub moved: bool,
}

/// What live changes did to a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ListChange {
    /// Something is different now.
    pub changed: bool,
    /// What is loaded may not be all: the page is to be asked for again.
    pub again: bool,
    /// What is loaded does not fit to the changes: the whole list is to be asked for again.
    pub reload: bool,
    /// What is loaded is old: it is asked for again at once, seen or not.
    pub now: bool,
}

impl<T: Row> Rows<T> {
    /// Changes the loaded rows. One whose new place is not loaded is not kept: it comes with its page.
    pub fn revise(&mut self, mut becomes: impl FnMut(&T) -> Becomes<T>) -> Outcome {
        if !self.loaded {
            return Outcome::default();
        }
        let sort = self.sort;
        let mut changed = false;
        let mut leaving = HashSet::new();
        let mut placed = Vec::new();
        for row in &mut self.rows {
            match becomes(row) {
                Becomes::Same => {}
                Becomes::Row(next) => {
                    changed |= *row != next;
                    if row.order(&next, sort) == Ordering::Equal {
                        *row = next;
                    } else {
                        leaving.insert(row.id());
                        placed.push(next);
                    }
                }
                Becomes::Gone => {
                    changed = true;
                    leaving.insert(row.id());
                    self.total = self.total.saturating_sub(u64::from(!self.more));
                }
            }
        }
        if changed {
            // What the server would say of that page is another thing now.
            self.forget_etags();
        }
        let moved = !leaving.is_empty() || !placed.is_empty();
        if moved {
            self.place(&leaving, placed);
        }
        Outcome { changed, moved }
    }

    /// Takes rows in that were not loaded, as far as their places are; so many of them are new to the total.
    pub fn add(&mut self, rows: Vec<T>, new: usize) -> Outcome {
        if !self.loaded || rows.is_empty() {
            return Outcome::default();
        }
        let before = (self.rows.len(), self.total);
        self.total += if self.more { 0 } else { new as u64 };
        self.place(&HashSet::new(), rows);
        self.grown += self.rows.len() - before.0;
        self.forget_etags();
        let moved = before.0 != self.rows.len();
        Outcome { changed: moved || before.1 != self.total, moved }
    }

    /// How many rows came by themselves since the list was asked for: beyond its pages it would grow for ever.
    pub fn grown(&self) -> usize {
        self.grown
    }

    /// Forgets the rows, but not which one was selected: they are asked for when they are to be seen.
    pub fn unload(&mut self) {
        *self = Rows { selected: self.selected, goal: self.goal, ..Rows::new(self.sort) };
    }

    /// Takes rows out and puts others in, in one pass.
    fn place(&mut self, leaving: &HashSet<T::Id>, mut placed: Vec<T>) {
        let sort = self.sort;
        let (head, tail) = self.bounds();
        let beyond_head = |row: &T| head.as_ref().is_none_or(|end| row.order(end, sort).is_gt());
        let before_tail = |row: &T| tail.as_ref().is_none_or(|begin| row.order(begin, sort).is_lt());
        if !self.complete {
            placed.retain(|row| !(beyond_head(row) && before_tail(row)));
        }
        placed.sort_by(|a, b| a.order(b, sort));
        placed.dedup_by_key(|row| row.id());
        let mut placed = placed.into_iter().peekable();
        let mut rows = Vec::with_capacity(self.rows.len() + placed.len());
        for row in std::mem::take(&mut self.rows) {
            while let Some(next) = placed.next_if(|next| next.order(&row, sort).is_lt()) {
                rows.push(next);
            }
            if !leaving.contains(&row.id()) {
                rows.push(row);
            }
        }
        rows.extend(placed);
        self.split = if self.complete { rows.len() } else { rows.partition_point(|row| !beyond_head(row)) };
        self.rows = rows;
        self.matches = None;
    }

    /// The end of the loaded beginning, and the beginning of the loaded end: rows between them are not loaded.
    fn bounds(&self) -> (Option<T>, Option<T>) {
        let sort = self.sort;
        let ends = |reversed: bool| {
            let pages = self.pages.iter().filter(move |page| page.reversed == reversed);
            pages.filter_map(|page| page.last.as_ref())
        };
        let head = ends(false).chain(self.rows[..self.split].last()).max_by(|a, b| a.order(b, sort));
        let tail = ends(true).chain(self.rows[self.split..].first()).min_by(|a, b| a.order(b, sort));
        (head.cloned(), tail.cloned())
    }
}
