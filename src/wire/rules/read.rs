//! A file of rules: CSV, or JSON as a list or as an object that holds one.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::check::{BadRules, Checker, Place, short};
use super::csv::{self, COLUMNS, Lines};
use super::skipped::{Skipped, Skips};
use super::{Match, Rule};
use crate::encoding::Wide;
use crate::wire::text;

/// In which form the rules are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// CSV.
    Csv,
    /// JSON.
    Json,
    /// JSON if it begins with `[` or `{`, else CSV.
    Any,
}

/// The rules of a file, each one checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// The line of the file on which each begins, from 1.
    pub lines: Vec<u64>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// Why a file was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is no file of rules. The text is a predicate, as in "is empty".
    #[error("{0}")]
    File(String),
    /// It holds no list of rules.
    #[error("contains no list of rules; to remove all rules, send [] or {{\"items\": []}}")]
    NoList,
    /// An object with a member that cannot be understood.
    #[error("{field} {reason}")]
    Member {
        /// Its name.
        field: String,
        /// What is wrong, as a predicate.
        reason: String,
    },
    /// Rules that are wrong.
    #[error("{0}")]
    Rules(BadRules),
}

/// Reads and checks the rules of a file. A byte order mark is passed over.
///
/// # Errors
/// Why nothing was taken; every bad row is told.
pub fn read(bytes: &[u8], form: Form) -> Result<Draft, Unreadable> {
    let bytes = utf8(bytes)?;
    let mut checker = Checker::default();
    let mut skips = Skips::default();
    let first = bytes.trim_ascii_start().first();
    let json = match form {
        Form::Json => true,
        Form::Csv => false,
        Form::Any => matches!(first, Some(b'[' | b'{')),
    };
    let rules = match first {
        None => return Err(Unreadable::NoList),
        Some(_) if json => json_rules(bytes, &mut checker)?,
        Some(_) => csv::read(bytes, &mut checker, &mut skips, true).map_err(Unreadable::Rules)?,
    };
    let rules = checker.finish(rules).map_err(Unreadable::Rules)?;
    let (rules, lines) = rules.into_iter().unzip();
    Ok(Draft { rules, lines, skipped: skips.list() })
}

/// The text without its byte order mark. What is not UTF-8 is named if it can be recognised.
fn utf8(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let encoding = match Wide::of(bytes) {
        Some(Wide::Utf32Le | Wide::Utf32Be) => "UTF-32",
        Some(Wide::Utf16Le | Wide::Utf16Be) => "UTF-16",
        None if bytes.starts_with(b"PK\x03\x04") => {
            return Err(Unreadable::File("is a spreadsheet or a zip file; save it as CSV in UTF-8".into()));
        }
        None => return Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    };
    Err(Unreadable::File(format!("is {encoding}; save it as UTF-8")))
}

fn json_rules(bytes: &[u8], checker: &mut Checker) -> Result<Vec<(Rule, u64)>, Unreadable> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Unreadable::File("is not UTF-8; save it as UTF-8".into()))?;
    let rows = match text.trim_start().as_bytes().first() {
        Some(b'[') => parsed(text)?,
        Some(b'{') => wrapped(text)?,
        _ => return Err(Unreadable::NoList),
    };
    let mut lines = Lines { text: bytes, at: 0, line: 1 };
    let mut rules = Vec::with_capacity(rows.len());
    for (raw, row) in rows.into_iter().zip(1..) {
        // The raw value is a part of the text.
        let line = lines.at(raw.get().as_ptr().addr() - text.as_ptr().addr());
        if let Some(rule) = rule(Place { row, line: Some(line) }, raw.get(), checker) {
            rules.push((rule, line));
        }
    }
    Ok(rules)
}

/// The list in an object: as `items` or `rules`, beside what Keydeck itself prints there.
fn wrapped(text: &str) -> Result<Vec<&RawValue>, Unreadable> {
    let Members(members) = parsed(text)?;
    let bad = |field: &str, reason: &str| {
        let field = text::inert(field).chars().take(64).collect();
        Unreadable::Member { field, reason: reason.to_owned() }
    };
    let mut list = None;
    for (name, value) in &members {
        let value = *value;
        match (name.as_str(), value.get()) {
            ("items" | "rules", "null") => {}
            ("items" | "rules", text) if text.starts_with('[') => {
                if list.replace(value).is_some() {
                    return Err(bad("rules", "and items are the same; send one of them"));
                }
            }
            // A deployment that was exported counts its rules under this name.
            ("rules", text) if text.parse::<u64>().is_ok() => {}
            ("items" | "rules", _) => return Err(bad(name, "has an invalid value; expected a list")),
            ("next", text) if text != "null" => {
                return Err(bad(name, "is set: this is only one page; send the whole list"));
            }
            (
                "next" | "total" | "more" | "version" | "createdAt" | "createdBy" | "shadowed" | "warnings"
                | "warningCount" | "skipped",
                _,
            ) => {}
            _ => return Err(bad(name, "is an unknown field; expected items or rules")),
        }
    }
    parsed(list.ok_or(Unreadable::NoList)?.get())
}

/// A rule from a JSON object; errors go to the checker.
fn rule(place: Place, text: &str, checker: &mut Checker) -> Option<Rule> {
    checker.begin();
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(text) else {
        checker.error_in(place, "the row", text, "has an invalid value; expected an object");
        return None;
    };
    let mut good = true;
    let mut found: [Option<&str>; 5] = [None; 5];
    let mut strange = Vec::new();
    for (name, value) in &members {
        let column = match name.as_str() {
            "from" => Some(0),
            "to" => Some(1),
            "statusCode" => Some(2),
            "matchType" => Some(3),
            name => COLUMNS.iter().position(|column| *column == name),
        };
        match column {
            Some(column) if found[column].replace(value.get()).is_some() => {
                strange.push((name, value, "is duplicated"));
            }
            Some(_) => {}
            None => {
                let reason = "unknown field; expected source, destination, status, match or priority";
                strange.push((name, value, reason));
            }
        }
    }
    let mut wrong = |checker: &mut Checker, column: usize, value: &str, reason: &str| {
        checker.error_in(place, COLUMNS[column], value, reason);
        good = false;
    };
    let matching = match found[3] {
        None => Some(Match::Exact),
        Some(text) => serde_json::from_str(text).ok(),
    };
    let mut texts = [const { String::new() }; 2];
    for (column, text) in texts.iter_mut().enumerate() {
        match found[column].map(serde_json::from_str::<String>) {
            None => wrong(checker, column, "", "is missing"),
            Some(Err(_)) => {
                wrong(
                    checker,
                    column,
                    found[column].unwrap_or_default(),
                    "has an invalid value; expected a string",
                );
            }
            Some(Ok(value)) => {
                match column {
                    0 => checker.source(place, &value, matching),
                    _ => checker.destination(place, &value),
                }
                *text = value;
            }
        }
    }
    let status = match found[2].map(|text| (text, serde_json::from_str::<u16>(text))) {
        None => Rule::default_status(),
        Some((_, Ok(status))) => {
            checker.status(place, status);
            status
        }
        Some((text, Err(_))) => {
            wrong(checker, 2, text, "has an invalid value; expected 301, 302, 307 or 308");
            0
        }
    };
    if matching.is_none() {
        let reason = "has an invalid value; expected exact or starts_with";
        wrong(checker, 3, found[3].unwrap_or_default(), reason);
    }
    let priority = match found[4].map(|text| (text, serde_json::from_str::<i32>(text))) {
        None => 0,
        Some((_, Ok(priority))) => priority,
        Some((text, Err(_))) => {
            wrong(checker, 4, text, "has an invalid value; expected an integer in range");
            0
        }
    };
    good &= strange.is_empty();
    for (name, value, reason) in strange {
        checker.error_in(place, &short(name), &format!("{name} {}", value.get()), reason);
    }
    let [source, destination] = texts;
    checker.end(place, &source);
    good.then(|| Rule { source, destination, status, matching: matching.unwrap_or_default(), priority })
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Unreadable::File(format!("is not valid JSON: error at line {line}, column {column}"))
    })
}

/// The members of an object, in its order; a name that comes twice is there twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
