//! Which rule a path meets.

use keydeck::edge::ruleset::Ruleset;
use keydeck::wire::rules::prefixes::Prefixes;
use keydeck::wire::rules::{Match, Rule, canonical_path};
use proptest::prelude::*;

fn rule(matching: Match, source: &str, destination: &str, priority: i32) -> Rule {
    Rule { source: source.into(), destination: destination.into(), status: 301, matching, priority }
}

fn answer(rules: &[Rule], path: &str) -> Option<String> {
    let path = canonical_path(path).expect("a good path");
    let bytes = Ruleset::compile(1, rules).answer(&path)?;
    Some(String::from_utf8(bytes.to_vec()).expect("JSON is UTF-8"))
}

#[test]
fn the_answer_is_the_documented_json_with_the_destination_as_stored() {
    let mut rules = [
        rule(Match::Exact, "/blog/old-post", "/articles/new-post", 0),
        rule(Match::StartsWith, "/docs/", "https://docs.example/%2520?q=\"ü\"#top", 0),
    ];
    rules[1].status = 308;
    assert_eq!(
        answer(&rules, "/blog/old-post").as_deref(),
        Some(r#"{"destination":"/articles/new-post","statusCode":301,"matchType":"exact"}"#)
    );
    assert_eq!(
        answer(&rules, "/docs/a/b").as_deref(),
        Some(
            r##"{"destination":"https://docs.example/%2520?q=\"ü\"#top","statusCode":308,"matchType":"starts_with"}"##
        )
    );
    assert_eq!(answer(&rules, "/doc"), None);
}

#[test]
fn an_exact_rule_beats_every_prefix_rule() {
    let rules = [
        rule(Match::StartsWith, "/a", "/prefix", -9),
        rule(Match::Exact, "/a/b", "/exact", 9),
        rule(Match::StartsWith, "/", "/root", 5),
    ];
    let place = |path: &str| Ruleset::compile(1, &rules).find(path);
    assert_eq!(place("/a/b"), Some(1));
    assert_eq!(place("/a/b/"), Some(0), "a trailing slash counts");
    assert_eq!(place("/A/b"), Some(2), "case counts");
    assert_eq!(place("/"), Some(2));
    assert_eq!(place(""), None);
}

#[test]
fn sources_and_paths_are_compared_in_one_form() {
    let rules = [
        rule(Match::Exact, "/caf%C3%A9", "/1", 0),
        rule(Match::Exact, "/a%2fb", "/2", 0),
        rule(Match::StartsWith, "/with blank", "/3", 0),
        rule(Match::Exact, "/cut?x=1", "/4", 0),
        rule(Match::Exact, "/e\u{301}t\u{e9}", "/5", 0),
        rule(Match::StartsWith, "/cr\u{e8}me/", "/6", 0),
    ];
    let ruleset = Ruleset::compile(1, &rules);
    for (path, place) in [
        ("/café", Some(0)),
        ("/caf%C3%A9?x=1", Some(0)),
        ("/a%2Fb", Some(1)),
        ("/a/b", None),
        ("/with%20blank/and#more", Some(2)),
        ("/cut", Some(3)),
        ("/cut%3Fx=1", None),
        ("/\u{e9}te\u{301}", Some(4)),
        ("/%C3%A9te%CC%81", Some(4)),
        ("/ete", None),
        ("/cre%CC%80me/br\u{fb}l\u{e9}e", Some(5)),
    ] {
        assert_eq!(ruleset.find(&canonical_path(path).unwrap()), place, "{path}");
    }
}

#[test]
fn prefixes_may_nest_thousands_deep() {
    let sources: Vec<String> = (1..5000).map(|length| format!("/{}", "a".repeat(length))).collect();
    let prefixes = Prefixes::new(sources.iter().map(String::as_str).zip(0..));
    assert_eq!(prefixes.longest(&format!("/{}", "a".repeat(9000))), Some(4998));
    assert_eq!(prefixes.longest(&format!("/{}b", "a".repeat(3000))), Some(2999));
    assert_eq!(prefixes.longest("/b"), None);
}

/// The definition of the contract, word for word: exact first, then prefix rules by priority (lower number
/// first; equal: longest source).
fn by_definition(rules: &[Rule], path: &str) -> Option<Rule> {
    let exact = rules.iter().find(|rule| rule.matching == Match::Exact && rule.source == path);
    let prefix = || {
        rules
            .iter()
            .filter(|rule| rule.matching == Match::StartsWith && path.starts_with(&rule.source))
            .min_by_key(|rule| (rule.priority, std::cmp::Reverse(rule.source.len())))
    };
    exact.or_else(prefix).cloned()
}

/// What a deployment leaves out: prefix rules that a shorter one of better priority covers.
fn without_shadowed(rules: &[Rule]) -> Vec<Rule> {
    let covers = |by: &Rule, rule: &Rule| {
        by.matching == Match::StartsWith
            && by.source.len() < rule.source.len()
            && rule.source.starts_with(&by.source)
            && by.priority < rule.priority
    };
    rules
        .iter()
        .filter(|rule| rule.matching == Match::Exact || !rules.iter().any(|by| covers(by, rule)))
        .cloned()
        .collect()
}

proptest! {
    #[test]
    fn longest_prefix_match_on_what_is_deployed_is_the_definition(
        drafts in prop::collection::btree_map(("/[ab/é]{0,5}", any::<bool>()), (0..4i32, 0..4usize), 0..24),
        paths in prop::collection::vec("/[ab/é]{0,8}", 1..24),
    ) {
        let rules: Vec<Rule> = drafts
            .into_iter()
            .enumerate()
            .map(|(at, ((source, exact), (priority, status)))| Rule {
                matching: if exact { Match::Exact } else { Match::StartsWith },
                source,
                destination: format!("/{at}"),
                status: Rule::STATUSES[status],
                priority,
            })
            .collect();
        let deployed = without_shadowed(&rules);
        let ruleset = Ruleset::compile(3, &deployed);
        for path in paths.iter().chain(rules.iter().map(|rule| &rule.source)) {
            let found = ruleset.find(path).map(|place| deployed[place as usize].clone());
            prop_assert_eq!(found, by_definition(&rules, path), "{}", path);
        }
    }

    #[test]
    fn the_longest_prefix_is_found_among_any_texts(
        entries in prop::collection::btree_set(".{0,6}|[ab]{0,6}", 0..40),
        texts in prop::collection::vec(".{0,8}|[ab]{0,12}", 1..40),
    ) {
        let entries: Vec<String> = entries.into_iter().collect();
        let prefixes = Prefixes::new(entries.iter().map(String::as_str).zip(0..));
        for text in texts.iter().chain(&entries) {
            let expected = entries.iter().filter(|entry| text.starts_with(*entry)).max_by_key(|entry| entry.len());
            let found = prefixes.longest(text).map(|place| &entries[place as usize]);
            prop_assert_eq!(found, expected, "{:?}", text);
        }
    }
}
