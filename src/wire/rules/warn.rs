//! Rules that do other than they seem to say. They are served all the same; `strict` refuses them.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::check::short;
use super::lookup::Lookup;
use super::path::{canonical_path, without_query};
use super::{Match, Rule, destination, pattern, shadow};
use crate::wire::schema;

/// The most warnings that are listed.
pub const LISTED: usize = 1000;
/// The most rows of a loop that a warning names.
const NAMED: usize = 20;

/// A warning about a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// Code for programs.
    pub code: WarningCode,
    /// Line in the file, from 1; null for a stored draft.
    #[serde(default)]
    pub line: Option<u64>,
    /// Number of the rule, from 1.
    pub rule: u64,
    /// Message for people.
    pub text: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.line.map(|line| format!("line {line}, ")).unwrap_or_default();
        write!(f, "{line}row {}: {}", self.rule, self.text)
    }
}

/// The kind of a warning.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum WarningCode {
    /// The source has a query or a fragment, which is not compared.
    QueryIgnored,
    /// A wildcard or pattern, which is matched literally.
    LiteralPattern,
    /// The destination leads back to the rule, by way of others.
    Loop,
    /// The destination is redirected again.
    Chain,
    /// A prefix that matches its own destination.
    CoversDestination,
    /// One that a newer server knows.
    Other(Cow<'static, str>),
}

impl WarningCode {
    /// Every code there is.
    pub const ALL: [WarningCode; 5] = [
        WarningCode::QueryIgnored,
        WarningCode::LiteralPattern,
        WarningCode::Loop,
        WarningCode::Chain,
        WarningCode::CoversDestination,
    ];

    /// The value in JSON.
    pub fn as_str(&self) -> &str {
        match self {
            WarningCode::QueryIgnored => "queryIgnored",
            WarningCode::LiteralPattern => "literalPattern",
            WarningCode::Loop => "loop",
            WarningCode::Chain => "chain",
            WarningCode::CoversDestination => "coversDestination",
            WarningCode::Other(text) => text,
        }
    }

    /// The gravest come first where not all can be listed.
    fn rank(&self) -> u8 {
        match self {
            WarningCode::Loop | WarningCode::CoversDestination => 0,
            WarningCode::QueryIgnored | WarningCode::LiteralPattern => 1,
            WarningCode::Chain | WarningCode::Other(_) => 2,
        }
    }
}

impl Serialize for WarningCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for WarningCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WarningCode, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = WarningCode::ALL.into_iter().find(|code| code.as_str() == text);
        Ok(known.unwrap_or(WarningCode::Other(text.into())))
    }
}

impl PartialSchema for WarningCode {
    fn schema() -> RefOr<Schema> {
        let about = "The kind of warning, for programs. `queryIgnored`: the source has a query or \
             fragment, which is ignored. `literalPattern`: a wildcard or pattern, which is matched \
             literally. `loop`: the destination leads back to the rule. `chain`: the destination is \
             redirected again. `coversDestination`: a prefix that matches its own destination. Newer \
             servers may send others.";
        schema::words(about, WarningCode::ALL.iter().map(WarningCode::as_str))
    }
}

impl ToSchema for WarningCode {}

/// The warnings of a draft.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Warnings {
    /// At most [`LISTED`], in the order of the rules.
    pub list: Vec<Warning>,
    /// How many there are in all.
    pub count: u64,
}

impl Warnings {
    /// Why a strict change was refused: the warnings, the first of them in full.
    pub fn refusal(&self) -> String {
        let shown: Vec<String> =
            self.list.iter().take(super::check::LISTED).map(Warning::to_string).collect();
        let more = match self.count - shown.len() as u64 {
            0 => String::new(),
            more => format!("; and {more} more warnings"),
        };
        format!("rejected by strict: {}{more}", shown.join("; "))
    }
}

/// What is odd about the rules of a draft. `lines` are the lines of its file; empty when it has none.
///
/// Where a destination is a path, what a lookup of it finds is followed, as a browser would. A URL leads to
/// another host as far as can be known here, and is not followed.
pub fn warnings(rules: &[Rule], lines: &[u64]) -> Warnings {
    let mut found: Vec<(usize, WarningCode, String)> = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        if let Some(text) = ignored(rule) {
            found.push((at, WarningCode::QueryIgnored, text));
        }
        if let Some(text) = pattern::literal(rule) {
            found.push((at, WarningCode::LiteralPattern, text));
        }
    }
    let next = followed(rules);
    let cycles = Cycles::of(&next);
    for (at, to) in next.iter().enumerate() {
        let Some(to) = to.map(|to| to as usize) else { continue };
        let rule = &rules[at];
        let destination = short(&rule.destination);
        found.push(if to == at && rule.matching == Match::StartsWith {
            let text = format!(
                "redirect loop: the prefix {} covers its own destination {destination} (row {})",
                short(without_query(&rule.source)),
                at + 1
            );
            (at, WarningCode::CoversDestination, text)
        } else if to == at {
            let text = format!("redirect loop: row {} redirects to itself", at + 1);
            (at, WarningCode::Loop, text)
        } else if let Some(rows) = cycles.rows(at, &next) {
            (at, WarningCode::Loop, format!("redirect loop: rows {rows}"))
        } else {
            let end = short(&rules[to].destination);
            let text = format!("redirect chain: {destination} is redirected to {end} by row {}", to + 1);
            (at, WarningCode::Chain, text)
        });
    }
    let count = found.len() as u64;
    if found.len() > LISTED {
        found.sort_by_key(|(_, code, _)| code.rank());
        found.truncate(LISTED);
    }
    found.sort_by_key(|(at, ..)| *at);
    let list = found.into_iter().map(|(at, code, text)| Warning {
        code,
        line: lines.get(at).copied(),
        rule: at as u64 + 1,
        text,
    });
    Warnings { list: list.collect(), count }
}

fn ignored(rule: &Rule) -> Option<String> {
    let compared = without_query(&rule.source);
    let what = match rule.source.as_bytes().get(compared.len())? {
        b'?' => "query",
        _ => "fragment",
    };
    let compared = canonical_path(compared).unwrap_or_else(|_| compared.to_owned());
    Some(format!("the {what} is ignored; this redirects {}", short(&compared)))
}

/// For each rule the one that its destination meets. A shadowed rule is never reached, and meets none.
fn followed(rules: &[Rule]) -> Vec<Option<u32>> {
    let shadowed = shadow::covered_by(rules);
    let served = |at: u32| shadowed[at as usize].is_none();
    let answered = rules.iter().zip(0..).filter(|(_, at)| served(*at));
    let lookup = Lookup::new(answered.map(|(rule, at)| (rule, at, [])));
    let met = |rule: &Rule| lookup.find(&destination::asked_for(&rule.destination)?).map(|met| met.number());
    rules.iter().zip(0..).map(|(rule, at)| if served(at) { met(rule) } else { None }).collect()
}

/// Which rules lie on a cycle, where each rule has at most one that comes next.
struct Cycles {
    /// For each rule the length of its cycle; 0 when it lies on none.
    lengths: Vec<u32>,
}

impl Cycles {
    fn of(next: &[Option<u32>]) -> Cycles {
        let mut lengths = vec![0; next.len()];
        // On which walk a rule was first seen; 0 is none.
        let mut walks = vec![0_u32; next.len()];
        for (start, walk) in (0..next.len()).zip(1..) {
            let mut at = start;
            let end = loop {
                if walks[at] != 0 {
                    break (walks[at] == walk).then_some(at);
                }
                walks[at] = walk;
                match next[at] {
                    Some(to) => at = to as usize,
                    None => break None,
                }
            };
            let Some(first) = end else { continue };
            let mut rows = vec![first];
            let mut at = first;
            while let Some(to) = next[at].map(|to| to as usize).filter(|to| *to != first) {
                rows.push(to);
                at = to;
            }
            for row in &rows {
                lengths[*row] = rows.len() as u32;
            }
        }
        Cycles { lengths }
    }

    /// The rows of a rule's cycle, from that rule on.
    fn rows(&self, at: usize, next: &[Option<u32>]) -> Option<String> {
        let length = self.lengths[at] as usize;
        let mut rows = Vec::new();
        let mut row = Some(at as u32);
        while let Some(this) = row.filter(|_| rows.len() < length.min(NAMED)) {
            rows.push((this + 1).to_string());
            row = next[this as usize];
        }
        let more = if length > NAMED { format!(" … ({length} rows)") } else { String::new() };
        (length > 0).then(|| format!("{}{more}", rows.join(", ")))
    }
}
