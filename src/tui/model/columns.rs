//! Columns, each with its cell. Drawing, clicks on their heads, the widths of the columns and the ages on the screen
//! come from here.

use std::fmt::{self, Write as _};

use super::ages::When;
use super::dialogs::interaction::Facts;
use super::fit::{Placed, Shape, Widths};
use super::list::{Entry, Filtered, Line};
use super::messages::number;
use super::tone::Tone;
use crate::wire::keys::SortBy;
use crate::wire::time::Timestamp;

/// A column of rows of a kind.
pub struct Column<T> {
    /// What the configuration and the choice of columns call it.
    pub name: &'static str,
    /// How wide it is.
    pub shape: Shape,
    /// What a click on its head sorts by, if that is possible.
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

/// The width of cells that are measured.
pub(super) const MEASURED: u16 = u16::MAX;

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
    /// A column whose cells have at most this width.
    pub const fn fixed(
        name: &'static str,
        title: &'static str,
        width: u16,
        cell: fn(&T, &mut Cell<'_>) -> Tone,
    ) -> Column<T> {
        let shape = Shape {
            column: 0,
            title,
            least: width,
            usual: width,
            most: width,
            rank: 0,
            short: None,
            right: false,
            content: 0,
            sorted: None,
        };
        Column { name, shape, sorts: None, cell }
    }

    /// A column of texts: the width that it is cut to, the one that it has even for short texts where columns are
    /// chosen, and the one up to which a text is worth more than a column that can be spared.
    pub const fn text(
        name: &'static str,
        title: &'static str,
        (least, usual, most): (u16, u16, u16),
        cell: fn(&T, &mut Cell<'_>) -> Tone,
    ) -> Column<T> {
        let mut column = Column::fixed(name, title, least, cell);
        (column.shape.usual, column.shape.most) = (usual, most);
        column
    }

    /// A column of numbers, never cut.
    pub const fn number(
        name: &'static str,
        title: &'static str,
        cell: fn(&T, &mut Cell<'_>) -> Tone,
    ) -> Column<T> {
        let mut column = Column::fixed(name, title, 1, cell);
        column.shape.right = true;
        column
    }

    /// A column of ages, such as `12mo ago`.
    pub const fn age(
        name: &'static str,
        title: &'static str,
        cell: fn(&T, &mut Cell<'_>) -> Tone,
    ) -> Column<T> {
        let mut column = Column::fixed(name, title, 8, cell);
        column.shape.right = true;
        column
    }

    /// The same with a narrower form.
    pub const fn or(self, width: u16) -> Column<T> {
        let title = self.shape.title;
        self.or_headed(width, title)
    }

    /// The same with a narrower form below another head.
    pub const fn or_headed(mut self, width: u16, title: &'static str) -> Column<T> {
        self.shape.short = Some((width, title));
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

    /// Whether its row is not drawn but measured: how wide it would like to be.
    pub fn measured(&self) -> bool {
        self.width == MEASURED
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

    /// Writes how long ago something was, or when.
    pub fn age(&mut self, tone: Tone, at: Timestamp) -> Tone {
        let (now, absolute) = (self.facts.server_now, self.facts.absolute);
        self.print(tone, When { at, now, absolute })
    }

    /// The same, or that it never was.
    pub fn age_or_never(&mut self, at: Option<Timestamp>) -> Tone {
        if let Some(at) = at { self.age(Tone::Text, at) } else { self.text(Tone::Dim, "never") }
    }

    /// Writes a number with separators.
    pub fn number(&mut self, tone: Tone, value: u64) -> Tone {
        self.print(tone, number(value))
    }

    /// Writes that there is nothing.
    pub fn none(&mut self) -> Tone {
        self.text(Tone::Dim, "–")
    }
}

/// Writes the cells of a line of a list.
pub fn draw_row<T: Entry + 'static>(
    list: &Filtered<T>,
    line: usize,
    placed: &[Placed],
    columns: &'static [Column<T>],
    marked: impl Fn(&T) -> bool,
    cell: &mut Cell<'_>,
    take: TakeCell<'_>,
) -> Drawn {
    match list.rows.line(line) {
        Some(Line::Row(row)) => {
            for place in placed {
                cell.text.clear();
                cell.width = place.width;
                let tone = (columns[place.column].cell)(row, cell);
                take(*place, tone, &cell.text);
            }
            Drawn::Row(marked(row))
        }
        Some(Line::Gap) => Drawn::Gap,
        None => Drawn::End,
    }
}

/// The columns of a view as they are shown: of all, these, in this order, each with its rank.
pub fn shapes<T>(
    all: &[Column<T>],
    shown: impl Iterator<Item = (usize, u8)>,
    widths: &Widths,
    sorted: Option<(usize, bool)>,
) -> Vec<Shape> {
    shown
        .map(|(at, rank)| Shape {
            column: at,
            rank,
            content: widths.of(at),
            sorted: sorted.filter(|(column, _)| *column == at).map(|(_, descending)| descending),
            ..all[at].shape
        })
        .collect()
}

/// The usual columns, or those that were chosen: of these, the last is dropped first.
pub fn shown<'a>(
    usual: &'a [(usize, u8)],
    chosen: Option<&'a [usize]>,
) -> impl Iterator<Item = (usize, u8)> + 'a {
    let own = chosen.unwrap_or_default().iter().enumerate().map(|(rank, at)| (*at, rank.min(99) as u8));
    let usual = if chosen.is_some() { &[] } else { usual };
    own.chain(usual.iter().copied())
}
