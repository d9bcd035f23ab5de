//! Exports: the syntax, and the programs that read them.

mod examples;
#[cfg(unix)]
mod real;
mod syntax;

use keydeck::wire::rules::{Match, Rule, canonical_path};
use proptest::collection::vec;
use proptest::prelude::*;

/// Rules with whatever may stand in a source or a destination, and more: the check of a draft is not relied
/// upon. Sources are short, so that many begin or equal others but for their case.
fn hostile_rules() -> impl Strategy<Value = Vec<Rule>> {
    let piece = prop_oneof![
        4 => "[aAb/]",
        2 => "[ \"'$;{}\\\\()|*+?.^~=&,<>`@:!-]|\\[|\\]",
        1 => prop_oneof![Just("%25"), Just("%2F"), Just("%3F"), Just("%23"), Just("é"), Just("日"), Just("\u{1f511}")]
            .prop_map(str::to_owned),
        1 => prop_oneof![Just("\n"), Just("\r\n"), Just("\t"), Just("\u{1}"), Just("\u{2028}"), Just("}\n}"), Just("; }"), Just(" #"), Just("%[path]"), Just("${HOME}"), Just("$uri")]
            .prop_map(str::to_owned),
    ];
    let source = vec(piece.clone(), 0..5).prop_map(|pieces| format!("/{}", pieces.concat()));
    rules_of(source, vec(piece, 0..6).prop_map(|pieces| format!("/to/{}", pieces.concat())))
}

/// Rules of these sources and destinations: no two alike, shadowed ones left out, as deployments are.
fn rules_of(
    source: impl Strategy<Value = String>,
    destination: impl Strategy<Value = String>,
) -> impl Strategy<Value = Vec<Rule>> {
    let rule = (source, destination, any::<bool>(), 0..4usize, -2..3i32);
    vec(rule, 0..14).prop_map(|drafts| {
        let mut rules: Vec<Rule> = Vec::new();
        for (source, destination, exact, status, priority) in drafts {
            let matching = if exact { Match::Exact } else { Match::StartsWith };
            let rule = Rule { source, destination, status: Rule::STATUSES[status], matching, priority };
            let Ok(path) = canonical_path(&rule.source) else { continue };
            let known = rules
                .iter()
                .any(|other| other.matching == matching && canonical_path(&other.source) == Ok(path.clone()));
            if !known {
                rules.push(rule);
            }
        }
        rules
    })
}
