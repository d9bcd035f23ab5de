//! Data on standard output: columns for people, JSON and CSV for programs.

use std::io::{self, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::args::Output;
use super::exit::{Exit, Failure};
use crate::wire::text;

/// Rows with a header. The columns have the JSON's names in CSV and upper case in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty one.
    pub fn new(columns: &'static [&'static str]) -> Table {
        Table { columns, rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    fn text(&self) -> String {
        let rows: Vec<Vec<String>> = std::iter::once(self.columns.iter().map(|name| heading(name)).collect())
            .chain(
                self.rows.iter().map(|row| row.iter().map(|cell| text::inert(cell).into_owned()).collect()),
            )
            .collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| rows.iter().map(|row: &Vec<String>| row[column].width()).max().unwrap_or(0))
            .collect();
        let mut out = String::new();
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + 2));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns).expect("memory takes all bytes");
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell))).expect("memory takes all bytes");
        }
        writer.into_inner().expect("memory takes all bytes")
    }
}

/// Prints in the form asked for.
///
/// # Errors
/// When standard output cannot be written, except when its reader has had enough.
pub fn print<T: Serialize>(form: Output, value: &T, table: &Table) -> Result<(), Failure> {
    let bytes = match form {
        Output::Table => table.text().into_bytes(),
        Output::Csv => table.csv(),
        Output::Json => {
            let mut bytes = serde_json::to_vec_pretty(value).expect("what the API says is JSON");
            bytes.push(b'\n');
            bytes
        }
    };
    write(&bytes)
}

/// Writes bytes to standard output.
///
/// # Errors
/// When standard output cannot be written, except when its reader has had enough.
pub fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // `keydeck keys list | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(Exit::Failed, format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Says something on standard error, where it does not mix with data.
pub fn say(line: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr(), "keydeck: {}", text::inert(line));
}

/// `lastUsedAt` as `LAST USED AT`.
fn heading(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, tabs and breaks before it
/// aside: an apostrophe in front makes it text. Numbers with a sign stay numbers.
fn harmless(cell: &str) -> String {
    let first = cell.trim_start_matches(['\t', '\r', '\n', ' ']).chars().next();
    let number = cell.parse::<i64>().is_ok();
    match first {
        Some('=' | '+' | '-' | '@') if !number => format!("'{cell}"),
        _ if cell.starts_with(['\t', '\r', '\n']) => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}
