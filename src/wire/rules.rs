//! Redirect rules and their deployments.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::time::Timestamp;

/// One redirect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The path, or its beginning, that it is for.
    #[schema(min_length = 1, max_length = 2048, pattern = "^/")]
    pub source: String,
    /// Where it leads; returned as stored.
    #[schema(min_length = 1, max_length = 2048)]
    pub destination: String,
    /// 301, 302, 307 or 308; 301 when absent.
    #[serde(default = "Rule::default_status")]
    #[schema(default = 301, minimum = 301, maximum = 308)]
    pub status: u16,
    /// Exact when absent.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// Lower numbers first, among prefix rules; 0 when absent.
    #[serde(default)]
    pub priority: i32,
}

impl Rule {
    /// The statuses that a rule may answer.
    pub const STATUSES: [u16; 4] = [301, 302, 307, 308];

    const fn default_status() -> u16 {
        301
    }
}

/// A rule of a draft that is sent: an object, never a list of its values.
// What is derived for the rule itself would read such a list, too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row(pub Rule);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Row, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Row, A::Error> {
                Rule::deserialize(MapAccessDeserializer::new(map)).map(Row)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// How a rule's source compares with a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The whole path.
    #[default]
    Exact,
    /// The path's beginning.
    StartsWith,
}

impl Match {
    /// `exact` or `starts_with`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Match::Exact => "exact",
            Match::StartsWith => "starts_with",
        }
    }
}

/// The answer to a lookup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Redirect<'a> {
    /// Where it leads, as the rule has it.
    #[serde(borrow)]
    pub destination: Cow<'a, str>,
    /// 301, 302, 307 or 308.
    pub status_code: u16,
    /// How the rule met the path.
    pub match_type: Match,
}

/// An immutable numbered snapshot of a project's rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// 1, 2, 3 … for each project.
    pub version: u32,
    /// When it was published.
    pub created_at: Timestamp,
    /// Who published it.
    pub created_by: String,
    /// How many rules it serves.
    pub rules: u64,
    /// Prefix rules that were left out, since a shorter one of better priority covers them.
    pub shadowed: Vec<Shadowed>,
}

/// A deployment with the rules that it serves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeployedRules {
    /// What is said of it.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// The rules, in the order of the draft, without the shadowed ones.
    pub items: Vec<Rule>,
}

/// A prefix rule that can never be reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shadowed {
    /// Its source.
    pub source: String,
    /// The source of the rule that covers it.
    pub covered_by: String,
}

/// A source or a looked-up path brought to the one form in which they are compared.
///
/// It is cut at its first `?` or `#`; percent sequences of valid UTF-8 are decoded, except those for
/// `/`, `?`, `#` and `%`, which keep a meaning of their own (their hex digits are brought to upper case).
///
/// # Errors
/// When it does not start with `/`, or holds a broken percent sequence or one that is not UTF-8.
pub fn canonical_path(path: &str) -> Result<String, BadPath> {
    if !path.starts_with('/') {
        return Err(BadPath::Slash);
    }
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    if !path.contains('%') {
        return Ok(path.to_owned());
    }
    let bytes = path.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else {
            return Err(BadPath::Percent);
        };
        let byte = (high * 16 + low) as u8;
        if matches!(byte, b'/' | b'?' | b'#' | b'%') {
            out.extend(format!("%{byte:02X}").bytes());
        } else {
            out.push(byte);
        }
        at += 3;
    }
    String::from_utf8(out).map_err(|_| BadPath::Utf8)
}

/// Why a path cannot be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPath {
    /// No leading slash.
    #[error("does not start with /")]
    Slash,
    /// A `%` without two hex digits.
    #[error("has a % that two hex digits do not follow")]
    Percent,
    /// Percent sequences that decode to no UTF-8.
    #[error("has percent sequences that are not UTF-8")]
    Utf8,
}

/// A rule that was refused: which row (1 is the first rule), which column, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("row {row}, {column}: {reason}")]
pub struct BadRule {
    /// 1 is the first rule; the header of a CSV file is not counted.
    pub row: usize,
    /// The column.
    pub column: &'static str,
    /// What is wrong.
    pub reason: String,
}

/// The most characters of a source or a destination.
pub const URL_MAX: usize = 2048;

/// Checks a whole draft: each row by itself, then that no two exact (or two prefix) rules have sources
/// that are equal once canonical.
///
/// # Errors
/// The first bad row.
pub fn check(rules: &[Rule]) -> Result<(), BadRule> {
    let mut seen = std::collections::HashMap::with_capacity(rules.len());
    for (at, rule) in rules.iter().enumerate() {
        let row = at + 1;
        let bad = |column, reason: String| BadRule { row, column, reason };
        for (column, text) in [("source", &rule.source), ("destination", &rule.destination)] {
            if text.is_empty() {
                return Err(bad(column, "is empty".into()));
            }
            if text.chars().count() > URL_MAX {
                return Err(bad(column, format!("is longer than {URL_MAX} characters")));
            }
            if let Some(c) = text.chars().find(|c| super::text::is_hostile(*c)) {
                return Err(bad(
                    column,
                    format!("holds the invisible or control character U+{:04X}", u32::from(c)),
                ));
            }
            if crate::secret::holds(text) {
                return Err(bad(column, super::text::BadText::Secret.to_string()));
            }
        }
        let source = canonical_path(&rule.source).map_err(|error| bad("source", error.to_string()))?;
        if !Rule::STATUSES.contains(&rule.status) {
            return Err(bad("status", format!("is {}; expected 301, 302, 307 or 308", rule.status)));
        }
        if let Some(first) = seen.insert((rule.matching.as_str(), source), row) {
            return Err(bad("source", format!("is the same path as that of row {first}")));
        }
    }
    Ok(())
}

/// Reads rules from CSV: `source,destination,status,match,priority` in any order of columns; the first two
/// must be there, the others may be absent or empty.
///
/// # Errors
/// The first bad row; nothing is taken then.
pub fn from_csv(text: &[u8]) -> Result<Vec<Rule>, BadRule> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let unreadable = |row: usize, error: &csv::Error| BadRule {
        row,
        column: "source",
        reason: match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "is not UTF-8".to_owned(),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("has {len} fields; the header has {expected_len}")
            }
            _ => "cannot be read as CSV".to_owned(),
        },
    };
    const COLUMNS: [&str; 5] = ["source", "destination", "status", "match", "priority"];
    let header = reader.headers().map_err(|error| unreadable(0, &error))?.clone();
    let mut places = [None; 5];
    for (at, name) in header.iter().enumerate() {
        let name = name.trim_start_matches('\u{feff}').to_ascii_lowercase();
        let Some(column) = COLUMNS.iter().position(|column| *column == name) else {
            return Err(BadRule {
                row: 0,
                column: "source",
                reason: format!(
                    "the header names column {}, which is none of source, destination, status, match, priority",
                    at + 1
                ),
            });
        };
        if places[column].replace(at).is_some() {
            return Err(BadRule {
                row: 0,
                column: COLUMNS[column],
                reason: "stands twice in the header".into(),
            });
        }
    }
    for column in [0, 1] {
        if places[column].is_none() {
            return Err(BadRule {
                row: 0,
                column: COLUMNS[column],
                reason: "is missing in the header".into(),
            });
        }
    }
    let mut rules = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let row = at + 1;
        let record = record.map_err(|error| unreadable(row, &error))?;
        let field = |column: usize| places[column].and_then(|at| record.get(at)).unwrap_or("");
        let bad =
            |column: usize, reason: &str| BadRule { row, column: COLUMNS[column], reason: reason.into() };
        rules.push(Rule {
            source: field(0).to_owned(),
            destination: field(1).to_owned(),
            status: match field(2) {
                "" => Rule::default_status(),
                text => text.parse().map_err(|_| bad(2, "is not 301, 302, 307 or 308"))?,
            },
            matching: match field(3) {
                "" | "exact" => Match::Exact,
                "starts_with" => Match::StartsWith,
                _ => return Err(bad(3, "is neither exact nor starts_with")),
            },
            priority: match field(4) {
                "" => 0,
                text => text.parse().map_err(|_| bad(4, "is not a whole number"))?,
            },
        });
    }
    Ok(rules)
}

/// Writes rules as CSV, in the form that [`from_csv`] reads.
pub fn to_csv(rules: &[Rule]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut row = |fields: [&str; 5]| writer.write_record(fields).expect("memory takes all bytes");
    row(["source", "destination", "status", "match", "priority"]);
    for rule in rules {
        row([
            &rule.source,
            &rule.destination,
            &rule.status.to_string(),
            rule.matching.as_str(),
            &rule.priority.to_string(),
        ]);
    }
    String::from_utf8(writer.into_inner().expect("memory takes all bytes")).expect("made of strings")
}
