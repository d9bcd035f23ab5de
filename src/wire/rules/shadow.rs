//! Which prefix rules can never be reached.
//!
//! Prefix rules are tried by priority, the longest first among equals. A rule is shadowed when a rule whose
//! source begins its own has a better (lower) priority: every path it is for is for that one too. Without
//! the shadowed ones priorities never rise along a path, so that the longest prefix is always the winner.

use super::path::canonical_path;
use super::{Match, Rule, Shadowed};

/// Splits a draft into the rules that are served, in their order, and those that are shadowed.
pub fn split(rules: Vec<Rule>) -> (Vec<Rule>, Vec<Shadowed>) {
    let covered_by = covered_by(&rules);
    let mut shadowed = Vec::new();
    for (at, coverer) in covered_by.iter().enumerate() {
        if let Some(coverer) = coverer {
            let source = |at: usize| rules[at].clone().in_force().source;
            shadowed.push(Shadowed { source: source(at), covered_by: source(*coverer) });
        }
    }
    let mut covered = covered_by.into_iter();
    let served = rules.into_iter().filter(|_| covered.next().is_some_and(|by| by.is_none())).collect();
    (served, shadowed)
}

/// For each rule the place of the one that shadows it.
pub(super) fn covered_by(rules: &[Rule]) -> Vec<Option<usize>> {
    let mut prefixes = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        if rule.matching == Match::StartsWith
            && let Ok(source) = canonical_path(&rule.source)
        {
            prefixes.push((source, rule.priority, at));
        }
    }
    // Each source now comes right behind those that begin it.
    prefixes.sort_unstable();
    let mut covered_by = vec![None; rules.len()];
    // The sources that begin the one at hand, shortest first, each with the best rule up to it.
    let mut open: Vec<(&str, (i32, usize))> = Vec::new();
    for (source, priority, at) in &prefixes {
        while open.last().is_some_and(|(shorter, _)| !source.starts_with(shorter)) {
            open.pop();
        }
        let best = match open.last() {
            Some((_, (best, coverer))) if best < priority => {
                covered_by[*at] = Some(*coverer);
                (*best, *coverer)
            }
            _ => (*priority, *at),
        };
        open.push((source, best));
    }
    covered_by
}
