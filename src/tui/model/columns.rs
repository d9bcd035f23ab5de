//! Columns, each with its cell: which fit, where they are, and what stands in them. Drawing, clicks on their names
//! and the ages on the screen have it from here.

use std::fmt::{self, Write as _};

use super::ages::Age;
use super::dialogs::interaction::Facts;
use super::list::{Entry, Filtered, Line};
use super::tone::Tone;
use crate::tui::layout::Area;
use crate::wire::keys::SortBy;
use crate::wire::time::Timestamp;

/// How wide a column is, and when it drops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Its name.
    pub title: &'static str,
    /// The least width.
    pub width: u16,
    /// Its part of the room that is left.
    pub grows: u16,
    /// The higher, the earlier it drops; 0 never does.
    pub rank: u8,
    /// A narrower form of it, and the rank at which it is taken.
    pub short: Option<(u16, u8)>,
    /// Its cells end with this column of it; 0 where they begin at its left.
    pub right: u16,
}

/// A column of rows of a kind.
pub struct Column<T> {
    /// Where it goes.
    pub shape: Shape,
    /// What a click on its name sorts by, if that is possible.
    pub sorts: Option<SortBy>,
    /// Writes a row's cell and says what it is like.
    pub cell: fn(&T, &mut Cell<'_>) -> Tone,
}

/// Where a cell is written to.
pub struct Cell<'a> {
    /// What decides about it beside its row.
    pub facts: Facts<'a>,
    /// Columns of the screen that it has.
    pub width: u16,
    text: String,
}

/// What a line of a table is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drawn {
    /// A row, marked or not.
    Row(bool),
    /// Rows that are not loaded.
    Gap,
    /// Nothing: the list ends before it.
    End,
}

/// Takes the cells of a row: place, what it is like, and its text.
pub type TakeCell<'a> = &'a mut dyn FnMut(Placed, Tone, &str);

impl<T> Column<T> {
    /// A column with one form.
    pub const fn new(
        title: &'static str,
        width: u16,
        grows: u16,
        rank: u8,
        cell: fn(&T, &mut Cell<'_>) -> Tone,
    ) -> Column<T> {
        let shape = Shape { title, width, grows, rank, short: None, right: 0 };
        Column { shape, sorts: None, cell }
    }

    /// The same with a narrower form, which is taken at another rank.
    pub const fn or(mut self, width: u16, rank: u8) -> Column<T> {
        self.shape.short = Some((width, rank));
        self
    }

    /// The same with cells that end with this column of it.
    pub const fn right(mut self, columns: u16) -> Column<T> {
        self.shape.right = columns;
        self
    }

    /// The same, to sort by.
    pub const fn sorts(mut self, by: SortBy) -> Column<T> {
        self.sorts = Some(by);
        self
    }
}

impl<'a> Cell<'a> {
    /// For all cells of a table, one after the other.
    pub fn new(facts: Facts<'a>) -> Cell<'a> {
        Cell { facts, width: 0, text: String::new() }
    }

    /// Writes a text that is like this.
    pub fn text(&mut self, tone: Tone, text: &str) -> Tone {
        self.text.push_str(text);
        tone
    }

    /// Writes something that is put together.
    pub fn print(&mut self, tone: Tone, text: impl fmt::Display) -> Tone {
        // Memory takes every text.
        let _ = write!(self.text, "{text}");
        tone
    }

    /// Writes how long ago something was.
    pub fn age(&mut self, tone: Tone, at: Timestamp) -> Tone {
        let now = self.facts.server_now;
        self.print(tone, Age { at, now })
    }

    /// The same, or that it never was.
    pub fn age_or_never(&mut self, at: Option<Timestamp>) -> Tone {
        if let Some(at) = at { self.age(Tone::Text, at) } else { self.text(Tone::Dim, "never") }
    }
}

/// Writes the cells of a line of a list.
pub fn draw_row<T: Entry + 'static>(
    list: &Filtered<T>,
    line: usize,
    placed: &[Placed],
    column: impl Fn(usize) -> &'static Column<T>,
    marked: impl Fn(&T) -> bool,
    cell: &mut Cell<'_>,
    take: TakeCell<'_>,
) -> Drawn {
    match list.rows.line(line) {
        Some(Line::Row(row)) => {
            for place in placed {
                cell.text.clear();
                cell.width = place.width;
                let tone = (column(place.column).cell)(row, cell);
                take(*place, tone, &cell.text);
            }
            Drawn::Row(marked(row))
        }
        Some(Line::Gap) => Drawn::Gap,
        None => Drawn::End,
    }
}

/// A column that found its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Which of the columns.
    pub column: usize,
    /// From the left of the screen.
    pub x: u16,
    /// Columns of the screen.
    pub width: u16,
}

/// Columns before the first: the mark of the selected row.
pub const MARK: u16 = 2;

/// Finds a place for the columns that fit; the others are shortened or dropped, from the least useful.
pub fn place(shapes: &[Shape], area: Area) -> Vec<Placed> {
    let mut kept: Vec<(usize, Shape)> = shapes.iter().copied().enumerate().collect();
    let needed = |kept: &[(usize, Shape)]| -> u16 {
        MARK + kept.iter().map(|(_, column)| column.width + 1).sum::<u16>().saturating_sub(1)
    };
    let next = |shape: &Shape| shape.short.map_or(shape.rank, |(_, rank)| rank);
    while needed(&kept) > area.width {
        let worst = (0..kept.len()).max_by_key(|&at| next(&kept[at].1));
        let Some(worst) = worst.filter(|&at| next(&kept[at].1) > 0) else { break };
        match kept[worst].1.short.take() {
            Some((width, _)) => kept[worst].1.width = width,
            None => drop(kept.remove(worst)),
        }
    }
    let mut left = area.width.saturating_sub(needed(&kept));
    let mut parts: u16 = kept.iter().map(|(_, column)| column.grows).sum();
    let mut x = area.x + MARK;
    let mut placed = Vec::with_capacity(kept.len());
    for (at, Shape { width, grows, .. }) in kept {
        let more = (left * grows).checked_div(parts).unwrap_or(0);
        left -= more;
        parts -= grows;
        let room = (area.x + area.width).saturating_sub(x);
        placed.push(Placed { column: at, x, width: (width + more).min(room) });
        x += width + more + 1;
    }
    placed
}
