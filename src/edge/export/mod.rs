//! A deployment in the words of other programs.
//!
//! | module | what |
//! |---|---|
//! | [`nginx`], [`haproxy`] | one file a family of formats; CSV is [`crate::wire::rules::to_csv`] |
//! | `note` | comments: what a target cannot hold, and why |
//!
//! Every export answers paths as a lookup does: exact rules first, then the longest prefix. No rule can
//! break the syntax of a target or say something else in it: what does not fit becomes a comment. Destinations
//! are written as a `Location` header can hold them.

pub mod haproxy;
pub mod nginx;
mod note;

use std::borrow::Cow;
use std::collections::HashSet;

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::wire::rules::{Match, Rule, canonical_path, destination, to_csv};
use crate::wire::schema::words;

/// A form in which a deployment is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// The rules themselves, as they are imported.
    Csv,
    /// Locations, for an `include` in a `server` block.
    Nginx,
    /// `map $uri $redirect_exact { … }`
    NginxMapExact,
    /// `map $uri $redirect_prefix { … }`
    NginxMapPrefix,
    /// Rules for a `frontend` or `listen` section.
    Haproxy,
    /// Sources and destinations for `map_str`.
    HaproxyMapExact,
    /// Sources and destinations for `map_beg`.
    HaproxyMapPrefix,
}

impl Format {
    /// Every format there is.
    pub const ALL: [Format; 7] = [
        Format::Csv,
        Format::Nginx,
        Format::NginxMapExact,
        Format::NginxMapPrefix,
        Format::Haproxy,
        Format::HaproxyMapExact,
        Format::HaproxyMapPrefix,
    ];

    /// The literal by which it is asked for.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Nginx => "nginx",
            Format::NginxMapExact => "nginx-map-exact",
            Format::NginxMapPrefix => "nginx-map-prefix",
            Format::Haproxy => "haproxy",
            Format::HaproxyMapExact => "haproxy-map-exact",
            Format::HaproxyMapPrefix => "haproxy-map-prefix",
        }
    }

    /// The format of this literal.
    pub fn parse(text: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// The name of the file that it is saved as.
    pub const fn file_name(self) -> &'static str {
        match self {
            Format::Csv => "redirects.csv",
            Format::Nginx => "redirects.conf",
            Format::Haproxy => "redirects.cfg",
            Format::NginxMapExact
            | Format::NginxMapPrefix
            | Format::HaproxyMapExact
            | Format::HaproxyMapPrefix => "redirects.map",
        }
    }

    /// The type of its text.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        }
    }
}

impl PartialSchema for Format {
    fn schema() -> RefOr<Schema> {
        words("A format.", Format::ALL.iter().map(|format| format.as_str()))
    }
}

impl ToSchema for Format {}

/// The rules of a deployment, shadowed ones left out, in this format.
pub fn text(format: Format, rules: &[Rule]) -> String {
    match format {
        Format::Csv => {
            let encoded = |rule: &Rule| Rule {
                destination: destination::encoded(&rule.destination).into_owned(),
                ..rule.clone()
            };
            to_csv(&rules.iter().map(encoded).collect::<Vec<_>>())
        }
        Format::Nginx => nginx::locations(rules),
        Format::NginxMapExact => nginx::map_exact(rules),
        Format::NginxMapPrefix => nginx::map_prefix(rules),
        Format::Haproxy => haproxy::rules(rules),
        Format::HaproxyMapExact => haproxy::map_exact(rules),
        Format::HaproxyMapPrefix => haproxy::map_prefix(rules),
    }
}

/// A rule, the canonical path that it is for, and where it leads as a `Location` header can hold it.
struct Entry<'a> {
    rule: &'a Rule,
    path: String,
    to: Cow<'a, str>,
    /// An earlier rule has the same path, so that this one is never met.
    again: bool,
}

/// The exact rules, in their order.
fn exact(rules: &[Rule]) -> Vec<Entry<'_>> {
    entries(rules, Match::Exact)
}

/// The prefix rules, longest first: where a target tries them one by one, the first that fits is the one
/// that a lookup finds.
fn prefixes(rules: &[Rule]) -> Vec<Entry<'_>> {
    let mut entries = entries(rules, Match::StartsWith);
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.path.len()));
    entries
}

fn entries(rules: &[Rule], matching: Match) -> Vec<Entry<'_>> {
    let mut seen = HashSet::new();
    // Rules were checked when they were put, so each has a canonical form. Of deployments from before paths
    // were compared in NFC some have two rules of one path.
    let of = |rule| {
        let path = canonical(rule);
        let again = !seen.insert(path.clone());
        Entry { rule, path, to: destination::encoded(&rule.destination), again }
    };
    rules.iter().filter(|rule| rule.matching == matching).map(of).collect()
}

fn canonical(rule: &Rule) -> String {
    canonical_path(&rule.source).unwrap_or_else(|_| rule.source.clone())
}

/// Whether the rule holds a control character: no target can say one in a path or a destination.
fn has_control(entry: &Entry<'_>) -> bool {
    entry.path.chars().chain(entry.rule.destination.chars()).any(char::is_control)
}

/// Why the second rule of a path is left out.
const AGAIN: &str = "an earlier rule has the same path";
/// Why a rule with a control character is left out.
const CONTROL: &str = "control characters are not allowed in a configuration";
