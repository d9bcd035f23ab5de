//! Which rule a path meets: a deployment, compiled once and shared.

use std::sync::OnceLock;

use axum::body::Bytes;

use super::export::{self, Format};
use crate::wire::etag;
use crate::wire::rules::lookup::{self, Lookup};
use crate::wire::rules::{Redirect, Rule};

/// A deployment, ready for lookups.
///
/// The answers are kept as the bytes that are sent: a lookup writes no JSON.
#[derive(Debug)]
pub struct Ruleset {
    version: u32,
    lookup: Lookup,
    /// What exports need beyond the answers.
    sources: Sources,
    /// A place for each format, filled when it is first asked for.
    exports: [OnceLock<Export>; Format::ALL.len()],
}

/// A deployment in one format.
#[derive(Clone, Debug)]
pub struct Export {
    /// The text.
    pub body: Bytes,
    /// Its entity tag.
    pub tag: String,
}

/// The sources as they were put, one after the other.
#[derive(Debug, Default)]
struct Sources {
    text: String,
    /// Where each ends, and the rule's priority.
    ends: Vec<(u32, i32)>,
}

impl Ruleset {
    /// Compiles the rules of a deployment. Shadowed prefix rules have been left out of them; among what
    /// remains, the best prefix rule is the longest.
    pub fn compile(version: u32, rules: &[Rule]) -> Ruleset {
        let mut sources = Sources::default();
        for rule in rules {
            sources.text.push_str(&rule.source);
            sources.ends.push((lookup::length(sources.text.len()), rule.priority));
        }
        let answer = |rule: &Rule| {
            let answer = Redirect {
                destination: rule.destination.as_str().into(),
                status_code: rule.status,
                match_type: rule.matching,
            };
            serde_json::to_vec(&answer).expect("texts and numbers are JSON")
        };
        let lookup = Lookup::new(rules.iter().zip(0..).map(|(rule, number)| (rule, number, answer(rule))));
        Ruleset { version, lookup, sources, exports: Default::default() }
    }

    /// The deployment's version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many rules it has.
    pub fn len(&self) -> usize {
        self.sources.ends.len()
    }

    /// Whether it has no rule.
    pub fn is_empty(&self) -> bool {
        self.sources.ends.is_empty()
    }

    /// The number of the rule that a canonical path meets: its place among the compiled rules.
    pub fn find(&self, path: &str) -> Option<u32> {
        self.lookup.find(path).map(|rule| rule.number())
    }

    /// The JSON that answers a canonical path; none when no rule matches.
    pub fn answer(&self, path: &str) -> Option<Bytes> {
        self.lookup.find(path).map(|rule| rule.answer())
    }

    /// This deployment in a format, if it was written in it before.
    pub fn exported(&self, format: Format) -> Option<Export> {
        self.exports[format as usize].get().cloned()
    }

    /// This deployment in a format: written when it is first asked for, then kept.
    pub fn export(&self, format: Format) -> Export {
        let write = || {
            let body = Bytes::from(export::text(format, &self.rules()));
            Export { tag: etag::of(&body), body }
        };
        self.exports[format as usize].get_or_init(write).clone()
    }

    /// The rules, read back from what is kept of them.
    fn rules(&self) -> Vec<Rule> {
        let mut start = 0;
        let mut rules = Vec::with_capacity(self.len());
        for (entry, (end, priority)) in self.lookup.entries().zip(&self.sources.ends) {
            let answer = entry.answer();
            let answer: Redirect<'_> = serde_json::from_slice(&answer).expect("written by compile");
            rules.push(Rule {
                source: self.sources.text[start..*end as usize].to_owned(),
                destination: answer.destination.into_owned(),
                status: answer.status_code,
                matching: answer.match_type,
                priority: *priority,
            });
            start = *end as usize;
        }
        rules
    }
}
