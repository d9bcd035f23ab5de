//! What a draft may hold. All errors are collected, so that a file is corrected in one go.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::destination::{self, URL_MAX};
use super::path::{BadPath, canonical_path, without_query};
use super::{Match, Rule};
use crate::secret;
use crate::wire::text::{self, BadText, is_hostile};

/// The most errors that are listed.
pub const LISTED: usize = 20;

/// An invalid rule: where, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BadRule {
    /// Number of the rule, from 1; 0 for the header of a CSV file.
    pub row: u64,
    /// Line in the file, from 1; null for a stored draft.
    #[serde(default)]
    pub line: Option<u64>,
    /// The column, or the unexpected name found in its place.
    pub column: String,
    /// What is wrong, as the end of a sentence.
    pub reason: String,
    /// Whether the value holds a whole key.
    #[serde(skip)]
    pub secret: bool,
}

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.row) {
            (Some(line), 0) => write!(f, "line {line}: {}", self.reason),
            (None, 0) => f.write_str(&self.reason),
            (Some(line), row) => write!(f, "line {line}, row {row}, {}: {}", self.column, self.reason),
            (None, row) => write!(f, "row {row}, {}: {}", self.column, self.reason),
        }
    }
}

/// The errors of a file or draft, in its order.
#[derive(Clone, PartialEq, Eq, Debug, Default, thiserror::Error)]
pub struct BadRules {
    /// The first [`LISTED`].
    pub errors: Vec<BadRule>,
    /// How many there are.
    pub total: usize,
    /// The first one whose value holds a whole key, listed or not.
    pub secret: Option<BadRule>,
}

impl BadRules {
    /// One error.
    pub fn one(bad: BadRule) -> BadRules {
        let mut all = BadRules::default();
        all.push(bad);
        all
    }

    fn push(&mut self, bad: BadRule) {
        self.total += 1;
        if bad.secret && self.secret.is_none() {
            self.secret = Some(bad.clone());
        }
        if self.errors.len() < LISTED {
            self.errors.push(bad);
        }
    }

    /// How many errors are not listed.
    pub fn unlisted(&self) -> usize {
        self.total - self.errors.len()
    }
}

impl fmt::Display for BadRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, bad) in self.errors.iter().enumerate() {
            write!(f, "{}{bad}", if at == 0 { "" } else { "; " })?;
        }
        match self.unlisted() {
            0 => Ok(()),
            more => write!(f, "; and {more} more errors"),
        }
    }
}

/// Checks a whole draft: each rule by itself, then that no two exact (or two prefix) rules have sources
/// that are equal once canonical.
///
/// # Errors
/// Every bad row.
pub fn check(rules: &[Rule]) -> Result<(), BadRules> {
    let mut checker = Checker::default();
    for (rule, row) in rules.iter().zip(1..) {
        let place = Place { row, line: None };
        checker.begin();
        checker.source(place, &rule.source, Some(rule.matching));
        checker.destination(place, &rule.destination);
        checker.status(place, rule.status);
        checker.end(place, &rule.source);
    }
    checker.finish(())
}

/// Where a rule is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) row: u64,
    pub(super) line: Option<u64>,
}

/// Collects the errors of rules that come one after the other.
#[derive(Default)]
pub(super) struct Checker {
    seen: HashMap<(Match, String), Place>,
    bad: BadRules,
    /// The path of the rule at hand.
    path: Option<(Match, String)>,
    /// How many errors there were before it.
    before: usize,
}

impl Checker {
    /// The value when there was no error.
    pub(super) fn finish<T>(self, value: T) -> Result<T, BadRules> {
        if self.bad.total == 0 { Ok(value) } else { Err(self.bad) }
    }

    pub(super) fn error(&mut self, place: Place, column: &str, reason: impl Into<String>) {
        let column = column.to_owned();
        let (Place { row, line }, reason) = (place, reason.into());
        self.bad.push(BadRule { row, line, column, reason, secret: false });
    }

    /// An error in a column with this value, which is not repeated.
    pub(super) fn error_in(&mut self, place: Place, column: &str, value: &str, reason: impl Into<String>) {
        if secret::holds(value) {
            let (Place { row, line }, column) = (place, column.to_owned());
            let reason = BadText::Secret.to_string();
            self.bad.push(BadRule { row, line, column, reason, secret: true });
        } else {
            self.error(place, column, reason);
        }
    }

    /// Checks a source; `matching` is none when that column is wrong itself.
    pub(super) fn source(&mut self, place: Place, source: &str, matching: Option<Match>) {
        match canonical_source(source) {
            Err(reason) => self.error_in(place, "source", source, reason),
            Ok(_) if secret::holds(source) => self.error_in(place, "source", source, ""),
            Ok(canonical) => self.path = matching.map(|matching| (matching, canonical)),
        }
    }

    /// A rule begins.
    pub(super) fn begin(&mut self) {
        self.before = self.bad.total;
        self.path = None;
    }

    /// A rule ends: its path must be new, which is told where nothing else is wrong with it.
    pub(super) fn end(&mut self, place: Place, source: &str) {
        let Some(path) = self.path.take() else { return };
        let Some(first) = self.seen.get(&path) else {
            self.seen.insert(path, place);
            return;
        };
        if self.bad.total > self.before {
            return;
        }
        let line = first.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        let whole = without_query(source).len() == source.len();
        let why = if whole { "" } else { "; the query is not compared" };
        let reason = format!("has the same path as row {}{line}{why}", first.row);
        self.error(place, "source", reason);
    }

    pub(super) fn destination(&mut self, place: Place, destination: &str) {
        match destination::check(destination) {
            Err(bad) => self.error_in(place, "destination", destination, bad.to_string()),
            Ok(()) if secret::holds(destination) => self.error_in(place, "destination", destination, ""),
            Ok(()) => {}
        }
    }

    pub(super) fn status(&mut self, place: Place, status: u16) {
        if !Rule::STATUSES.contains(&status) {
            self.error(place, "status", format!("is {status}; expected 301, 302, 307 or 308"));
        }
    }
}

fn canonical_source(source: &str) -> Result<String, String> {
    if source.is_empty() {
        return Err("is empty".into());
    }
    if source.chars().count() > URL_MAX {
        return Err(format!("is longer than {URL_MAX} characters"));
    }
    if let Some(c) = source.chars().find(|c| is_hostile(*c)) {
        return Err(format!("contains the invisible or control character U+{:04X}", u32::from(c)));
    }
    canonical_path(source).map_err(|error| match error {
        BadPath::Percent => format!("{error}; write %25 for a percent sign"),
        BadPath::Slash => match source.split_once("://") {
            Some((_, rest)) => {
                let path = without_query(rest).find('/').map_or("/", |at| without_query(&rest[at..]));
                format!("is a URL; expected a path: {}", short(path))
            }
            None if source.starts_with(['^', '~', '*']) => {
                format!("{error}; patterns are not supported: use starts_with, or one rule per path")
            }
            None => error.to_string(),
        },
        BadPath::Utf8 => error.to_string(),
    })
}

/// A value of a file as it may stand in a message.
pub(super) fn short(value: &str) -> String {
    let value = text::inert(value);
    match value.char_indices().nth(80) {
        None => value.into_owned(),
        Some((at, _)) => format!("{}…", &value[..at]),
    }
}
