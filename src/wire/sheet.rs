//! Rows for other programs: CSV of which no spreadsheet runs a cell, and Markdown.
//!
//! Nothing is an empty cell.

use std::io;

use super::text::inert;

/// A column of an export: its name and, side by side, its cell.
#[derive(Debug)]
pub struct Column<T> {
    /// Its name, as in the JSON.
    pub name: &'static str,
    /// What stands in it, if anything.
    pub cell: fn(&T) -> Option<String>,
}

/// A noun that is exported. The command line and the dashboard choose from these columns.
pub trait Sheet: Sized + 'static {
    /// All of them, in order.
    const COLUMNS: &'static [Column<Self>];
}

impl<T> Column<T> {
    /// A column.
    pub const fn new(name: &'static str, cell: fn(&T) -> Option<String>) -> Column<T> {
        Column { name, cell }
    }
}

/// A cell that is never empty.
#[expect(clippy::unnecessary_wraps, reason = "a cell may be empty, this one is not")]
pub(super) fn some(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}

/// Rows as CSV, with a header.
pub fn csv(columns: &[&str], rows: &[Vec<Option<String>>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).expect("memory takes all bytes");
    for row in rows {
        let cells = row.iter().map(|cell| cell.as_deref().map(harmless).unwrap_or_default());
        writer.write_record(cells).expect("memory takes all bytes");
    }
    writer.into_inner().expect("memory takes all bytes")
}

/// Rows as a table in Markdown: a line each, and no text of theirs changes how the others look.
pub fn markdown(columns: &[&str], rows: &[Vec<Option<String>>]) -> String {
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        for cell in cells {
            out.push_str("| ");
            out.push_str(&cell);
            out.push(' ');
        }
        out.push_str("|\n");
    };
    line(&mut columns.iter().map(|column| (*column).to_owned()));
    line(&mut columns.iter().map(|_| "---".to_owned()));
    for row in rows {
        line(&mut row.iter().map(|cell| cell.as_deref().map(plain).unwrap_or_default()));
    }
    out
}

/// Writes rows as CSV one by one: a line each, as [`csv()`] does.
pub struct CsvWriter<W: io::Write>(csv::Writer<W>);

impl<W: io::Write> CsvWriter<W> {
    /// Begins with a header.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(output: W, columns: &[&str]) -> io::Result<CsvWriter<W>> {
        let mut writer = csv::Writer::from_writer(output);
        writer.write_record(columns)?;
        Ok(CsvWriter(writer))
    }

    /// Writes a row.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn row(&mut self, row: &[Option<String>]) -> io::Result<()> {
        let cells = row.iter().map(|cell| cell.as_deref().map(harmless).unwrap_or_default());
        Ok(self.0.write_record(cells)?)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, tabs and breaks before it
/// aside: an apostrophe in front makes it text. Numbers with a sign stay numbers.
pub fn harmless(text: &str) -> String {
    let blank = |c: char| matches!(c, '\t' | '\r' | '\n' | ' ');
    let formula = text.trim_start_matches(blank).starts_with(['=', '+', '-', '@']);
    let number = text.parse::<i64>().is_ok();
    if (formula && !number) || text.starts_with(['\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A text for Markdown: of one line, and its characters stand for themselves.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in inert(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}
