//! Rows and the filter that decides which of them are shown. Where all rows are loaded they are filtered here, and
//! else by the server.

use super::super::fit::Widths;
use super::filter::{Entry, FilterLine, Query as _};
use super::haystacks::Haystacks;
use super::{Rows, Slot};
use crate::wire::filter::AsOf;
use crate::wire::keys::Sort;
use crate::wire::page::Page;
use crate::wire::session::Thresholds;
use crate::wire::time::Timestamp;

/// Rows with their filter.
#[derive(Clone, PartialEq, Debug)]
pub struct Filtered<T: Entry> {
    /// The loaded rows.
    pub rows: Rows<T>,
    /// The filter line.
    pub filter: FilterLine,
    /// The filter that the list shows, read.
    pub(super) query: T::Query,
    /// How many rows there are without a filter, and whether there are more than that.
    pub everything: Option<(u64, bool)>,
    /// Changes were told while a page was in flight, which may have been read before them.
    pub overtaken: bool,
    /// The widest cells of its columns.
    pub widths: Widths,
    /// The server's thresholds, by which `status:stale` and its like are judged.
    thresholds: Thresholds,
    /// Grows whenever other rows are shown, or the same ones with other content.
    pub generation: u64,
    /// Folded texts of the loaded rows, while they are needed.
    pub(super) texts: Option<(Haystacks, T::Names)>,
    /// The filter whose matches the rows show, while the rows are as they were.
    pub(super) matched: Option<T::Query>,
}

impl<T: Entry> Filtered<T> {
    /// A list that nobody has asked for yet.
    pub fn new(sort: Sort) -> Filtered<T> {
        Filtered {
            rows: Rows::new(sort),
            filter: FilterLine::default(),
            query: T::Query::default(),
            everything: None,
            overtaken: false,
            widths: Widths::default(),
            thresholds: Thresholds::default(),
            generation: 0,
            texts: None,
            matched: None,
        }
    }

    /// The filter that the list shows.
    pub fn query(&self) -> &T::Query {
        &self.query
    }

    /// The filter to ask for a part of the list with.
    pub fn ask(&mut self, slot: Slot) -> String {
        if slot == Slot::First {
            self.filter.asking = Some(self.filter.applied.clone());
            self.filter.applied.clone()
        } else {
            self.filter.asked.clone()
        }
    }

    /// Takes a page in. Says whether anything is different now.
    pub fn take(&mut self, slot: Slot, page: Page<T>, etag: Option<String>, now: Timestamp) -> bool {
        if slot == Slot::First
            && let Some(asking) = self.filter.asking.take()
        {
            self.filter.asked = asking;
        }
        if self.filter.asked.is_empty() {
            self.everything = Some((page.total, page.more));
        }
        let changed = self.rows.take(slot, page, etag);
        if changed {
            self.changed(now, true);
        }
        changed
    }

    /// There are other rows below the filter than `before`: without it there are as many more or fewer. For lists
    /// that a row leaves together with the filter.
    pub fn recount(&mut self, before: (u64, bool)) {
        if let (Some((total, false)), (before, false), (now, false)) =
            (&mut self.everything, before, self.rows.total())
        {
            *total = (*total + now).saturating_sub(before);
        }
    }

    /// The rows are others than before: what the filter shows of them is too. `texts` is whether that is so of their
    /// texts.
    pub fn changed(&mut self, now: Timestamp, texts: bool) {
        self.matched = None;
        if texts {
            self.texts = None;
        }
        let answers = !self.filter.loaded_only;
        self.refilter(now, answers);
    }

    /// Shows what the filter lets through of the loaded rows. Says whether they suffice: otherwise the server has to
    /// be asked. Where nobody `answers`, they may have to.
    pub fn refilter(&mut self, now: Timestamp, answers: bool) -> bool {
        self.widths.stale();
        self.generation += 1;
        self.filter.loaded_only = false;
        if self.filter.asked == self.filter.applied {
            self.rows.set_matches(None);
            if !self.filter.editing {
                // Folded texts of 100,000 keys are 11 MB that nobody needs until the next `/`.
                (self.texts, self.matched) = (None, None);
            }
            return true;
        }
        if T::FILTERED_BY_SERVER && (!self.filter.asked.is_empty() || !self.rows.is_complete()) {
            if answers || !T::SEARCHED_OFFLINE || !self.rows.is_loaded() {
                return false;
            }
            self.filter.loaded_only = true;
        }
        self.filter_loaded(now);
        true
    }

    fn filter_loaded(&mut self, now: Timestamp) {
        if self.query.is_empty() {
            self.rows.set_matches(None);
            return;
        }
        let as_of = self.as_of(now);
        let (query, rows) = (&self.query, self.rows.all());
        let (search_text, names) = self.texts.get_or_insert_with(|| (Haystacks::of(rows), T::names(rows)));
        // Who types on narrows what is there; only that is looked at again.
        let before = self.matched.as_ref().filter(|before| T::narrows(query, before));
        let matches = if let Some(places) = before.and(self.rows.matches()) {
            let passes = |at: usize| rows[at].passes(query, search_text.text(at), names, as_of);
            places.iter().copied().filter(|place| passes(*place as usize)).collect()
        } else {
            let texts = search_text.texts().zip(rows).enumerate();
            let passing = texts.filter(|(_, (text, row))| row.passes(query, text, names, as_of));
            passing.map(|(place, _)| place as u32).collect()
        };
        self.rows.set_matches(Some(matches));
        self.matched = Some(self.query.clone());
    }

    /// The time and the thresholds by which filters are judged.
    pub fn as_of(&self, now: Timestamp) -> AsOf {
        AsOf { now, thresholds: self.thresholds }
    }

    /// The server's thresholds.
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// The server has these thresholds: what the filter shows may be something else then. Says whether they are new.
    pub fn set_thresholds(&mut self, thresholds: Thresholds, now: Timestamp) -> bool {
        let new = self.thresholds != thresholds;
        if new {
            self.thresholds = thresholds;
            self.changed(now, false);
        }
        new
    }

    /// The loaded rows with their folded texts.
    pub fn with_texts(&mut self) -> (&[T], &mut Haystacks) {
        let rows = self.rows.all();
        let (search_text, _) = self.texts.get_or_insert_with(|| (Haystacks::of(rows), T::names(rows)));
        (rows, search_text)
    }

    /// The palette is closed: nobody needs the folded texts, unless the filter does.
    pub fn forget_texts(&mut self) {
        if !self.rows.is_filtered() && !self.filter.editing {
            (self.texts, self.matched) = (None, None);
        }
    }

    /// Shows these rows and no others, with the filter as it is: what the server says of it is asked for next.
    pub fn show(&mut self, rows: Vec<T>, now: Timestamp) {
        self.filter.asking = Some(self.filter.applied.clone());
        self.take(Slot::First, Page::whole(rows), None, now);
        self.rows.rewind();
    }

    /// Puts a changed row in its place, if it is loaded.
    pub fn replace(&mut self, row: &T, now: Timestamp) {
        if self.rows.replace(row) {
            self.changed(now, true);
        }
    }

    /// Puts a new row where it belongs, if that part is loaded. Says whether it is there now.
    pub fn insert(&mut self, row: T, now: Timestamp) -> bool {
        let known = self.rows.insert(row);
        if known {
            self.changed(now, true);
        }
        known
    }

    /// Forgets the rows for others: nothing that was known of them holds.
    pub fn reset(&mut self, sort: Sort) {
        self.rows = Rows::new(sort);
        self.generation += 1;
        self.widths = Widths::default();
        (self.everything, self.texts, self.matched) = (None, None, None);
    }
}
