//! Which rule a path meets: one exact rule, or else the longest prefix.

use std::collections::HashMap;

use super::path::canonical_path;
use super::prefixes::Prefixes;
use super::{Match, Rule};

/// The sources of rules, compiled for lookups. The shadowed prefix rules must have been left out: among what
/// remains, the best prefix rule is the longest.
#[derive(Debug)]
pub struct Lookup {
    exact: HashMap<Box<str>, u32>,
    prefixes: Prefixes,
}

impl Lookup {
    /// Compiles rules, each with the number that [`Lookup::find`] gives. The first of two that are equal counts.
    pub fn new<'a>(rules: impl IntoIterator<Item = (&'a Rule, u32)>) -> Lookup {
        let rules = rules.into_iter();
        let mut exact = HashMap::with_capacity(rules.size_hint().0);
        let mut prefixes = Vec::new();
        for (rule, number) in rules {
            // Rules were checked when they were put; a source without a canonical form could not be met by a
            // canonical path either.
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
        Lookup { exact, prefixes }
    }

    /// The number of the rule that a canonical path meets.
    pub fn find(&self, path: &str) -> Option<u32> {
        self.exact.get(path).copied().or_else(|| self.prefixes.longest(path))
    }
}
