//! Lists that are loaded by pages: from the beginning, and from the end when somebody jumps there, with a gap
//! between. The selection is an id; the scroll offset is kept here. Nothing in this folder knows the state.
//!
//! | module | what |
//! |---|---|
//! | `take`, `change` | pages and changed rows, each put where it belongs |
//! | `moves`, `window` | the cursor: by keys, and when other rows are shown |
//! | [`filter`], [`haystacks`], [`filtered`] | the filter line, the folded texts, and rows that a filter decides on |
//! | [`marks`] | keys chosen to be acted on together |

mod change;
pub mod filter;
pub mod filtered;
pub mod haystacks;
pub mod marks;
mod moves;
mod take;
mod window;

use std::cmp::Ordering;
use std::fmt::Debug;
use std::hash::Hash;

pub use self::change::{Becomes, ListChange, Outcome};
pub use self::filter::Entry;
pub use self::filtered::Filtered;
pub use self::moves::Motion;
pub use self::window::{Arrival, Seen, Window};
use super::change_batch::ChangeBatch;
use super::effect::Request;
use super::event::Reply;
use crate::wire::keys::Sort;
use crate::wire::time::Timestamp;

/// What every view's list does, whatever its rows are.
pub trait List {
    /// Its rows as they are seen, and its filter.
    fn window(&self) -> &dyn Window;
    /// The same, to be changed.
    fn window_mut(&mut self) -> &mut dyn Window;
    /// What to ask the server for a part of it.
    fn request(&mut self, slot: Slot) -> Request;
    /// Takes an answer in. Says whether anything is different now.
    fn take(&mut self, slot: Slot, reply: Reply, now: Timestamp) -> bool;
    /// Takes live changes in; `awaited` when a page is in flight, which may have been read before them.
    fn apply(&mut self, batch: &ChangeBatch, now: Timestamp, awaited: bool) -> ListChange;

    /// Shows what the filter lets through of the loaded rows. Says whether they suffice: otherwise the server has to
    /// be asked. `answers` is whether it does.
    fn refilter(&mut self, now: Timestamp, answers: bool) -> bool;

    /// Forgets the rows: they are asked for when they are to be seen.
    fn unload(&mut self) {
        self.window_mut().unload();
    }

    /// Whether every page of it is wanted, seen or not.
    fn wants_all(&self) -> bool {
        false
    }

    /// Whether the server gives it from its end too.
    fn has_reverse(&self) -> bool {
        false
    }
}

/// What a list needs to know of its rows.
pub trait Row: Clone + PartialEq + Debug {
    /// What names a row for as long as it lives.
    type Id: Copy + Eq + Hash + Debug;
    /// Its id.
    fn id(&self) -> Self::Id;
    /// The order of the list, as the server has it.
    fn order(&self, other: &Self, sort: Sort) -> Ordering;
}

/// Which part of a list a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// The first rows: everything known before is replaced.
    First,
    /// The rows after the loaded beginning.
    Head,
    /// The last rows, asked for in the reverse order.
    End,
    /// The rows before the loaded end, asked for in the reverse order.
    Tail,
    /// A page that is loaded already, asked for again: its place among the loaded pages.
    Again(usize),
}

/// A loaded page: how to ask for it again, and where it lies.
#[derive(Clone, PartialEq, Debug)]
pub struct LoadedPage<T> {
    /// Its cursor; none for the first.
    pub cursor: Option<String>,
    /// Whether it was asked for in the reverse order.
    pub reversed: bool,
    /// Its `ETag`.
    pub etag: Option<String>,
    /// The row that its cursor stands on: it begins after it, in the order asked for.
    anchor: Option<T>,
    /// Its last row in the order asked for, or none when it goes to the list's end.
    last: Option<T>,
}

/// What one line of the table shows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Line<'a, T> {
    /// A row.
    Row(&'a T),
    /// Rows that are not loaded.
    Gap,
}

/// The list.
#[derive(Clone, PartialEq, Debug)]
pub struct Rows<T: Row> {
    rows: Vec<T>,
    /// How many of the rows belong to the beginning; the others to the end.
    split: usize,
    complete: bool,
    loaded: bool,
    head_next: Option<String>,
    tail_next: Option<String>,
    pages: Vec<LoadedPage<T>>,
    total: u64,
    more: bool,
    matches: Option<Vec<u32>>,
    selected: Option<T::Id>,
    cursor: usize,
    offset: usize,
    /// No row is selected until a key selects one or the requested rows arrive.
    adrift: bool,
    /// Where the cursor goes when the requested rows arrive.
    arrival: Arrival,
    /// What was selected under each filter since typing began.
    trail: Vec<window::Step<T::Id>>,
    /// The row to go back to, and how many lines of the screen were above it.
    back: Option<(T::Id, usize)>,
    /// How far that row was from the beginning or the end.
    far: window::Far,
    /// The row to select once it is loaded.
    goal: Option<T::Id>,
    /// Rows that came by themselves since the list was asked for.
    grown: usize,
    /// The order of the rows.
    pub sort: Sort,
}

impl<T: Row> Rows<T> {
    /// An empty list that nobody has asked for yet.
    pub fn new(sort: Sort) -> Rows<T> {
        Rows {
            rows: Vec::new(),
            split: 0,
            complete: false,
            loaded: false,
            head_next: None,
            tail_next: None,
            pages: Vec::new(),
            total: 0,
            more: false,
            matches: None,
            selected: None,
            cursor: 0,
            offset: 0,
            adrift: false,
            arrival: Arrival::Keep,
            trail: Vec::new(),
            back: None,
            far: window::Far::default(),
            goal: None,
            grown: 0,
            sort,
        }
    }

    /// All loaded rows, in order.
    pub fn all(&self) -> &[T] {
        &self.rows
    }

    /// Whether a page has come since it was made.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether every row is loaded.
    pub fn is_complete(&self) -> bool {
        self.loaded && self.complete
    }

    /// How many rows the server has, and whether there are more than that.
    pub fn total(&self) -> (u64, bool) {
        (self.total, self.more)
    }

    /// How many lines there are to scroll through, the gap included.
    pub fn lines(&self) -> usize {
        match &self.matches {
            Some(matches) => matches.len(),
            None => self.rows.len() + usize::from(self.gap().is_some()),
        }
    }

    /// How many rows are to be seen: loaded, and let through by the filter.
    pub fn shown(&self) -> usize {
        self.matches.as_ref().map_or(self.rows.len(), Vec::len)
    }

    /// The rows that are to be seen, if these are all.
    pub fn all_shown(&self) -> Option<Vec<T>> {
        let row = |at| match self.line(at) {
            Some(Line::Row(row)) => Some(row.clone()),
            _ => None,
        };
        self.is_complete().then(|| (0..self.lines()).filter_map(row).collect())
    }

    /// What stands in a line.
    pub fn line(&self, at: usize) -> Option<Line<'_, T>> {
        if let Some(matches) = &self.matches {
            return matches.get(at).and_then(|&row| self.rows.get(row as usize)).map(Line::Row);
        }
        match self.gap() {
            Some(gap) if at == gap => Some(Line::Gap),
            Some(gap) if at > gap => self.rows.get(at - 1).map(Line::Row),
            _ => self.rows.get(at).map(Line::Row),
        }
    }

    /// The line of the rows that are not loaded.
    pub fn gap(&self) -> Option<usize> {
        (self.loaded && !self.complete && self.matches.is_none()).then_some(self.split)
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&T> {
        let id = self.selected.filter(|_| !self.adrift)?;
        // A row that the filter hides is not selected: nothing may be done to what cannot be seen.
        match self.line(self.cursor) {
            Some(Line::Row(row)) if row.id() == id => Some(row),
            _ => None,
        }
    }

    /// The line of the selected row.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The line of a row, if it is to be seen.
    pub fn line_of(&self, id: T::Id) -> Option<usize> {
        (0..self.lines()).find(|&at| matches!(self.line(at), Some(Line::Row(row)) if row.id() == id))
    }

    /// The first visible line.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The id of the row that was selected last, to be seen or not.
    pub fn selected_id(&self) -> Option<T::Id> {
        self.selected
    }

    /// Whether no row is selected until a key selects one or the requested rows arrive.
    pub fn is_adrift(&self) -> bool {
        self.adrift
    }

    fn set_cursor(&mut self, at: usize) {
        self.cursor = at;
        if let Some(Line::Row(row)) = self.line(at) {
            self.selected = Some(row.id());
            self.adrift = false;
        }
    }

    fn set_offset(&mut self, offset: usize) {
        self.offset = offset;
    }

    fn forget_selection(&mut self) {
        (self.selected, self.adrift) = (None, false);
    }

    /// Shows only these rows, by their places; none shows all.
    pub fn set_matches(&mut self, matches: Option<Vec<u32>>) {
        self.matches = matches;
    }

    /// The places of the rows that a filter shows; none when all are shown.
    pub fn matches(&self) -> Option<&[u32]> {
        self.matches.as_deref()
    }

    /// Whether a filter is applied to the loaded rows.
    pub fn is_filtered(&self) -> bool {
        self.matches.is_some()
    }

    /// Selects a row once it is loaded, unless somebody moves before.
    pub fn aim(&mut self, id: T::Id) {
        self.goal = Some(id);
    }

    /// Puts a changed row in its place. Says whether it was loaded.
    pub fn replace(&mut self, row: &T) -> bool {
        let found = self.rows.iter_mut().find(|other| other.id() == row.id());
        let known = found.is_some();
        if let Some(place) = found {
            *place = row.clone();
        }
        // What the server would say of that page is another thing now.
        self.forget_etags();
        known
    }

    /// Changes rows where they stand; what is given says whether it changed one. Says whether any was.
    pub fn change(&mut self, change: impl FnMut(&mut T) -> bool) -> bool {
        let changed = self.rows.iter_mut().map(change).filter(|changed| *changed).count() > 0;
        if changed {
            self.forget_etags();
        }
        changed
    }

    /// Puts a new row where it belongs, if that part is loaded. Says whether it is there now.
    pub fn insert(&mut self, row: T) -> bool {
        if !self.loaded {
            return false;
        }
        if self.get(row.id()).is_some() {
            return self.replace(&row);
        }
        let sort = self.sort;
        let at = self.rows.partition_point(|other| other.order(&row, sort).is_lt());
        if at == self.split && !self.complete {
            return false;
        }
        self.rows.insert(at, row);
        if at < self.split || self.complete {
            self.split += 1;
        }
        self.total += u64::from(!self.more);
        self.forget_etags();
        true
    }

    /// The `ETag` of the loaded page that is asked for again.
    pub fn etag_for(&self, slot: Slot) -> Option<String> {
        match slot {
            Slot::Again(at) => self.page(at)?.etag.clone(),
            _ => None,
        }
    }

    /// Asks for whole pages again, whatever their `ETag` was.
    pub fn forget_etags(&mut self) {
        for page in &mut self.pages {
            page.etag = None;
        }
    }

    /// The row with an id, if it is loaded.
    pub fn get(&self, id: T::Id) -> Option<&T> {
        self.rows.iter().find(|row| row.id() == id)
    }

    /// A loaded page, by its place among the loaded pages.
    pub fn page(&self, at: usize) -> Option<&LoadedPage<T>> {
        self.pages.get(at)
    }

    /// The page that holds a visible line's row, to ask for it again.
    pub fn page_at(&self, line: usize) -> Slot {
        let found = match self.line(line) {
            Some(Line::Row(row)) => self.pages.iter().position(|page| page.holds(row, self.sort)),
            _ => None,
        };
        // An empty list has its first page too.
        Slot::Again(found.unwrap_or(0))
    }

    /// What to ask for so that the rows near a line are loaded, when the cursor is within `near` lines of an
    /// end of what is loaded.
    pub fn wanted(&self, near: usize) -> Option<Slot> {
        let gap = self.gap()?;
        if self.is_going_back() {
            return self.back_wanted();
        }
        if self.cursor < gap {
            (self.cursor + near >= gap).then_some(Slot::Head)
        } else {
            (self.cursor <= gap + near).then_some(Slot::Tail)
        }
    }

    /// The cursor to send for a part of the list.
    pub fn cursor_for(&self, slot: Slot) -> Option<String> {
        match slot {
            Slot::First | Slot::End => None,
            Slot::Head => self.head_next.clone(),
            Slot::Tail => self.tail_next.clone(),
            Slot::Again(at) => self.pages.get(at).and_then(|page| page.cursor.clone()),
        }
    }

    /// Whether the end of the list is loaded too.
    pub fn has_end(&self) -> bool {
        self.complete || self.split < self.rows.len()
    }
}

impl<T: Row> LoadedPage<T> {
    fn holds(&self, row: &T, sort: Sort) -> bool {
        let after_anchor = |order: Ordering| if self.reversed { order.is_lt() } else { order.is_gt() };
        self.anchor.as_ref().is_none_or(|anchor| after_anchor(row.order(anchor, sort)))
            && self.last.as_ref().is_none_or(|last| !after_anchor(row.order(last, sort)))
    }
}
