//! Data on standard output: columns for people, JSON and CSV for programs.

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::args::{ListArgs, Output};
use super::exit::{Exit, Failure};
use crate::wire::page::Page;
use crate::wire::sheet::{self, Sheet};
use crate::wire::text;
use crate::wire::time::Timestamp;

/// Blanks between two columns.
const GAP: usize = 2;

/// A cell: a text, or nothing, for which people read a word and programs an empty field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cell {
    /// A text.
    Text(String),
    /// Nothing, and its word.
    Nothing(&'static str),
    /// What programs read, and the same in words.
    Said(String, String),
}

impl Cell {
    /// A value, or a dash where there is none.
    pub fn or_dash(value: Option<impl ToString>) -> Cell {
        value.map_or(Cell::Nothing("-"), |value| Cell::Text(value.to_string()))
    }

    /// A time, or "never".
    pub fn or_never(time: Option<Timestamp>) -> Cell {
        time.map_or(Cell::Nothing("never"), |time| Cell::Text(time.to_string()))
    }
}

impl<T: ToString> From<T> for Cell {
    fn from(value: T) -> Cell {
        Cell::Text(value.to_string())
    }
}

/// Rows with a header. The columns have the JSON's names in CSV and upper case in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    /// The first column has names of fields.
    fields: bool,
}

impl Table {
    /// An empty one.
    pub fn new(columns: &[&'static str]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new(), fields: false }
    }

    /// An empty one with a line for each field of one thing: people read its name in words.
    pub fn of_fields() -> Table {
        Table { fields: true, ..Table::new(&["field", "value"]) }
    }

    /// Picks these columns of a noun's export; `other` may replace a cell.
    pub fn of<T: Sheet>(
        columns: &[&'static str],
        rows: &[T],
        other: impl Fn(&T, &str) -> Option<Cell>,
    ) -> Table {
        let cell = |row: &T, name: &str| {
            let column = T::COLUMNS.iter().find(|column| column.name == name);
            match column.and_then(|column| (column.cell)(row)) {
                Some(text) => Cell::Text(text),
                None if name.ends_with("At") => Cell::Nothing("never"),
                None => Cell::Nothing("-"),
            }
        };
        let cells = |row: &T| {
            columns.iter().map(|name| other(row, name).unwrap_or_else(|| cell(row, name))).collect()
        };
        Table { columns: columns.to_vec(), rows: rows.iter().map(cells).collect(), fields: false }
    }

    /// Adds a row with a cell for each column.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells.into());
    }

    /// Adds a row of chosen columns.
    pub(super) fn cells(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// The bytes that [`print()`] writes.
    pub fn bytes<T: Serialize>(&self, form: Output, value: &T) -> Vec<u8> {
        match form {
            Output::Table => self.text().into_bytes(),
            Output::Csv => self.csv(),
            Output::Json => {
                let mut json = json(value);
                json.push('\n');
                json.into_bytes()
            }
        }
    }

    /// Takes out spare columns, the first of them first, until a line fits into so many columns of the screen.
    pub fn fit(&mut self, width: usize, spare: &[&str]) {
        for name in spare {
            let line: usize = self.widths().iter().map(|width| width + GAP).sum();
            let Some(at) = self.columns.iter().position(|column| column == name) else { continue };
            if line.saturating_sub(GAP) <= width {
                return;
            }
            self.columns.remove(at);
            self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
    }

    /// The widest cell of each column, its heading included.
    fn widths(&self) -> Vec<usize> {
        let widest = |column: usize| self.rows.iter().map(move |row| shown(&row[column]).width()).max();
        let heads = self.columns.iter().map(|name| heading(name).width()).enumerate();
        heads.map(|(at, head)| head.max(widest(at).unwrap_or(0))).collect()
    }

    /// The first column, without a heading.
    fn ids(&self) -> String {
        self.rows.iter().filter_map(|row| row.first()).map(|cell| shown(cell) + "\n").collect()
    }

    fn text(&self) -> String {
        let words = |row: &Vec<Cell>| {
            let mut words: Vec<String> = row.iter().map(shown).collect();
            words.iter_mut().take(usize::from(self.fields)).for_each(|field| *field = label(field));
            words
        };
        let rows: Vec<Vec<String>> = std::iter::once(self.columns.iter().map(|name| heading(name)).collect())
            .chain(self.rows.iter().map(words))
            .collect();
        let widest = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(widest).collect();
        let mut out = String::new();
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + GAP));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn csv(&self) -> Vec<u8> {
        let known = |cell: &Cell| match cell {
            Cell::Text(text) | Cell::Said(text, _) => Some(text.clone()),
            Cell::Nothing(_) => None,
        };
        let rows: Vec<Vec<_>> = self.rows.iter().map(|row| row.iter().map(known).collect()).collect();
        sheet::csv(&self.columns, &rows)
    }
}

/// A value as JSON for people and programs: nothing in it acts on a terminal.
pub fn json<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string_pretty(value).expect("what the API says is JSON");
    text::inert_json(&json).into_owned()
}

/// The columns to print, of those that the list `has`. Names are those of the JSON or the headings of the table, ignoring
/// case, blanks, `-` and `_`; or the dashboard's headings. Without `--columns`, a table has its `usual` ones and CSV has all.
///
/// # Errors
/// An unknown column, or a format without columns.
pub fn choose(
    list: &ListArgs,
    form: Output,
    has: &[&'static str],
    usual: &[&'static str],
) -> Result<Vec<&'static str>, Failure> {
    if form == Output::Json && (list.ids || !list.columns.is_empty()) {
        let flag = if list.ids { "--ids" } else { "--columns" };
        return Err(Failure::usage(format!("{flag} cannot be used with --output json")));
    }
    if list.ids {
        return Ok(vec!["id"]);
    }
    if list.columns.is_empty() {
        return Ok(if form == Output::Csv { has.to_vec() } else { usual.to_vec() });
    }
    let find = |name: &String| {
        let wanted = plain(name);
        let exact = |column: &&&str| plain(column) == wanted || plain(&heading(column)) == wanted;
        // The headings of the dashboard: CREATOR, LAST USED, IDLE.
        let short = |column: &&&str| match **column {
            "createdBy" => wanted == "creator",
            "idleDays" => wanted == "idle",
            column => plain(column).strip_suffix("at") == Some(&*wanted),
        };
        let column = has.iter().find(exact).or_else(|| has.iter().find(short));
        column
            .copied()
            .ok_or_else(|| Failure::usage(format!("unknown column {name:?}; expected {}", has.join(", "))))
    };
    list.columns.iter().map(find).collect()
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The names of the columns of a noun.
pub fn columns<T: Sheet>() -> Vec<&'static str> {
    T::COLUMNS.iter().map(|column| column.name).collect()
}

/// Prints a list, or only the ids in it.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_list<T: Serialize>(
    form: Output,
    list: &ListArgs,
    value: &T,
    table: &Table,
) -> Result<(), Failure> {
    if list.ids { write(table.ids().as_bytes()) } else { print(form, value, table) }
}

/// The same. On a terminal that is too narrow for the default columns, the `spare` ones are left out, the first first.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_fitting<T: Serialize>(
    form: Output,
    list: &ListArgs,
    value: &T,
    mut table: Table,
    spare: &[&str],
) -> Result<(), Failure> {
    let default = form == Output::Table && !list.ids && list.columns.is_empty();
    if default && io::stdout().is_terminal() {
        let (width, _) = crossterm::terminal::size().unwrap_or_default();
        // A terminal of 0 columns does not say how wide it is.
        if width > 0 {
            table.fit(width.into(), spare);
        }
    }
    print_list(form, list, value, &table)
}

/// Prints in the form asked for.
///
/// # Errors
/// When standard output cannot be written, except when its reader has had enough.
pub fn print<T: Serialize>(form: Output, value: &T, table: &Table) -> Result<(), Failure> {
    write(&table.bytes(form, value))
}

/// Writes bytes to standard output: the one door for data. On a terminal nothing in it moves the cursor, changes
/// colours or hides; pipes and files get it as it is.
///
/// # Errors
/// When standard output cannot be written, except when its reader has had enough.
pub fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() { Some(String::from_utf8_lossy(bytes)) } else { None };
    let inert = text.as_ref().map(|text| text::inert_lines(text));
    let bytes = inert.as_ref().map_or(bytes, |text| text.as_bytes());
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // `keydeck keys list | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(Exit::Failed, format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// When something was done, and by whom, for a sentence: ` at 2026-11-30T10:12:00.000Z by local:ann`.
pub fn at_by(at: Option<Timestamp>, by: Option<&str>) -> String {
    let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    format!("{at}{by}")
}

/// A complete list in the form of the API. Its total is exact, however long the list is.
pub fn list<T>(items: Vec<T>) -> Page<T> {
    Page { total: items.len() as u64, items, next: None, more: false }
}

/// The heading of a column in tables for people: `lastUsedAt` is `LAST USED AT`.
pub(super) fn heading(name: &str) -> String {
    let named = match name {
        "hint" => Some("KEY"),
        "requests30d" => Some("REQ 30D"),
        "oldestIdleAt" => Some("IDLE SINCE"),
        "liveVersion" => Some("DEPLOYED"),
        "place" => Some("LOCATION"),
        _ => None,
    };
    if let Some(named) = named {
        return named.to_owned();
    }
    let mut out = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// The name of a field in tables for people: `lastUsedAt` is `last used`.
fn label(name: &str) -> String {
    let named = match name {
        "lastUsedFrom" => Some("last IP"),
        "requests30d" => Some("requests (30 d)"),
        "pauseReason" | "revokeReason" => Some("reason"),
        "quietSeconds" => Some("quiet time"),
        "staleDays" => Some("stale"),
        "asOf" => Some("as of"),
        "expired" => Some("lease ended"),
        _ => None,
    };
    let words = heading(name).to_lowercase();
    let words = words.strip_suffix(" at").unwrap_or(&words);
    named.unwrap_or(words).to_owned()
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text::inert(text).into_owned(),
        Cell::Nothing(word) => (*word).to_owned(),
        Cell::Said(_, words) => text::inert(words).into_owned(),
    }
}
