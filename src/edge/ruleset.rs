//! Which rule a path meets: a deployment, compiled once and shared.

use std::collections::HashMap;

use axum::body::Bytes;
use serde::Serialize;

use super::prefixes::Prefixes;
use crate::wire::rules::{Match, Rule, canonical_path};

/// A deployment, ready for lookups.
///
/// The answers lie in one block as the bytes that are sent: a lookup writes no JSON.
#[derive(Debug)]
pub struct Ruleset {
    version: u32,
    exact: HashMap<Box<str>, u32>,
    prefixes: Prefixes,
    bytes: Bytes,
    /// Where each answer ends in `bytes`; it begins where the one before it ends.
    ends: Vec<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    destination: &'a str,
    status_code: u16,
    match_type: &'static str,
}

impl Ruleset {
    /// Compiles the rules of a deployment. Shadowed prefix rules have been left out of them; among what
    /// remains, the best prefix rule is the longest.
    pub fn compile(version: u32, rules: &[Rule]) -> Ruleset {
        let mut bytes = Vec::with_capacity(rules.len() * 96);
        let mut ends = Vec::with_capacity(rules.len());
        let mut exact = HashMap::with_capacity(rules.len());
        let mut prefixes = Vec::new();
        for (rule, number) in rules.iter().zip(0u32..) {
            let answer = Answer {
                destination: &rule.destination,
                status_code: rule.status,
                match_type: rule.matching.as_str(),
            };
            serde_json::to_writer(&mut bytes, &answer).expect("memory takes all bytes");
            ends.push(u32::try_from(bytes.len()).expect("the rules of a deployment fit in 64 MiB"));
            // Rules were checked when they were put, so this is the canonical form; one that had none
            // could not be met by a canonical path either.
            let source = canonical_path(&rule.source).unwrap_or_else(|_| rule.source.clone());
            match rule.matching {
                Match::Exact => {
                    exact.entry(source.into_boxed_str()).or_insert(number);
                }
                Match::StartsWith => prefixes.push((source, number)),
            }
        }
        exact.shrink_to_fit();
        let prefixes = Prefixes::new(prefixes.iter().map(|(source, number)| (source.as_str(), *number)));
        Ruleset { version, exact, prefixes, bytes: bytes.into(), ends }
    }

    /// The deployment's version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many rules it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no rule.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of the rule that a canonical path meets: its place among the compiled rules.
    pub fn find(&self, path: &str) -> Option<u32> {
        self.exact.get(path).copied().or_else(|| self.prefixes.longest(path))
    }

    /// The JSON that answers a canonical path; none when no rule matches.
    pub fn answer(&self, path: &str) -> Option<Bytes> {
        let number = self.find(path)? as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        Some(self.bytes.slice(start as usize..self.ends[number] as usize))
    }
}
