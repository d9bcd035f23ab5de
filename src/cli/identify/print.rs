//! Prints findings as they come, in each form.

use std::fmt::Write as _;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::revoke::{Leaks, Revocation};
use super::{Found, Match, Missed, PossibleKey, Unclear};
use crate::cli::args::Output;
use crate::cli::exit::Failure;
use crate::cli::output;
use crate::wire::{sheet, text};

const PLACES: &[&str] = &["place", "hint", "kind", "count"];
const MATCHES: &[&str] = &["place", "hint", "kind", "count", "status", "project", "name", "id"];
/// Columns as wide as most cells, since the widest is not known yet.
const WIDTHS: [usize; 8] = [24, 30, 10, 5, 8, 12, 16, 0];

/// What was printed so far.
pub(super) struct Printer {
    form: Output,
    /// In CSV the keys with their outcomes are printed then, and not their places.
    revokes: bool,
    columns: &'static [&'static str],
    widths: [usize; 8],
    total: usize,
    begun: bool,
}

impl Printer {
    /// Begins; `asked` is whether a server says which keys these are.
    pub(super) fn new(form: Output, asked: bool, revokes: bool) -> Printer {
        let columns = if asked { MATCHES } else { PLACES };
        Printer { form, revokes, columns, widths: WIDTHS, total: 0, begun: false }
    }

    /// Prints a finding.
    pub(super) fn found(&mut self, found: &Found) -> Result<(), Failure> {
        if self.revokes && self.form == Output::Csv {
            return Ok(());
        }
        let mut out = self.begin();
        match self.form {
            Output::Json => {
                out.push_str(if self.total == 0 { "\n" } else { ",\n" });
                let item = output::json(found);
                for (at, line) in item.lines().enumerate() {
                    out.push_str(if at == 0 { "    " } else { "\n    " });
                    out.push_str(line);
                }
            }
            Output::Csv => {
                for row in self.rows(found) {
                    out.push_str(&record(self.columns, &row));
                }
            }
            Output::Table => {
                for row in self.rows(found) {
                    let row = row.iter().enumerate().map(|(at, cell)| match cell {
                        Some(cell) => text::inert(cell).into_owned(),
                        None => ["", "", "", "-", "", "-", "-", "-"][at].to_owned(),
                    });
                    out.push_str(&line(row.collect(), &mut self.widths));
                }
            }
        }
        self.total += 1;
        output::write(out.as_bytes())
    }

    /// Ends what was begun.
    pub(super) fn end(&mut self, unclear: &Unclear, leaks: &Leaks) -> Result<(), Failure> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Rest<'a> {
            next: Option<()>,
            total: usize,
            more: bool,
            not_searched: &'a [Missed],
            possible_keys: &'a [PossibleKey],
            #[serde(skip_serializing_if = "Option::is_none")]
            revocations: Option<&'a [Revocation]>,
        }
        if self.revokes && self.form == Output::Csv {
            return output::write(&leaks.table(Output::Csv).bytes(Output::Csv, &()));
        }
        let mut out = self.begin();
        if self.form == Output::Json {
            out.push_str(if self.total == 0 { "]," } else { "\n  ]," });
            let revocations = self.revokes.then_some(leaks.revocations());
            let rest = Rest {
                next: None,
                total: self.total,
                more: false,
                not_searched: &unclear.missed,
                possible_keys: &unclear.possible,
                revocations,
            };
            let rest = output::json(&rest);
            out.push_str(rest.strip_prefix('{').unwrap_or(&rest));
            out.push('\n');
        }
        if self.form == Output::Table && !leaks.revocations().is_empty() {
            out.push('\n');
            out.push_str(&String::from_utf8_lossy(&leaks.table(self.form).bytes(self.form, &())));
        }
        output::write(out.as_bytes())
    }

    /// What stands before the first finding, once.
    fn begin(&mut self) -> String {
        if std::mem::replace(&mut self.begun, true) {
            return String::new();
        }
        match self.form {
            Output::Json => "{\n  \"items\": [".to_owned(),
            Output::Csv => String::from_utf8_lossy(&sheet::csv(self.columns, &[])).into_owned(),
            Output::Table => {
                let headings = self.columns.iter().map(|name| output::heading(name)).collect();
                line(headings, &mut self.widths)
            }
        }
    }

    /// A row for each match, and one for a key that has none.
    fn rows(&self, found: &Found) -> Vec<Vec<Option<String>>> {
        let file = if found.file == "-" { "standard input" } else { &found.file };
        let begin = || {
            let place = format!("{file}:{}:{}", found.line, found.column);
            let count = found.count.map(|count| count.to_string());
            vec![Some(place), Some(found.hint.clone()), Some(found.kind.to_owned()), count]
        };
        if self.columns == PLACES {
            return vec![begin()];
        }
        let row = |status: &str, ours: Option<&Match>| {
            let mut row = begin();
            row.push(Some(status.to_owned()));
            row.push(ours.and_then(|ours| ours.project.clone()));
            row.push(ours.map(|ours| ours.name.clone()));
            row.push(ours.map(|ours| ours.id.clone()));
            row
        };
        match &found.matches {
            None => vec![row(found.untold, None)],
            Some(ours) if ours.is_empty() => vec![row("unknown", None)],
            Some(ours) => ours.iter().map(|ours| row(ours.status, Some(ours))).collect(),
        }
    }
}

/// A line of a table whose columns grow with what comes.
fn line(cells: Vec<String>, widths: &mut [usize; 8]) -> String {
    let mut out = String::new();
    for (cell, width) in cells.iter().zip(widths.iter_mut()) {
        *width = cell.width().max(*width);
        // Writing to a string cannot fail.
        let _ = write!(out, "{cell}{}", " ".repeat(*width - cell.width() + 2));
    }
    let mut out = out.trim_end().to_owned();
    out.push('\n');
    out
}

/// One record of CSV.
fn record(columns: &[&str], row: &[Option<String>]) -> String {
    let whole = sheet::csv(columns, &[row.to_vec()]);
    let whole = String::from_utf8_lossy(&whole);
    whole.split_once('\n').map_or("", |(_, row)| row).to_owned()
}
