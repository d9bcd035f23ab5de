//! Rules that do other than they seem to say.

use keydeck::wire::rules::warn::{Warnings, warnings};
use keydeck::wire::rules::{Match, Rule, canonical_path, check};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

fn exact(source: &str, destination: &str) -> Rule {
    Rule { destination: destination.into(), ..super::rule(source) }
}

fn prefix(source: &str, destination: &str) -> Rule {
    Rule { matching: Match::StartsWith, ..exact(source, destination) }
}

fn told(rules: &[Rule]) -> Vec<(u64, String, String)> {
    let warnings = warnings(rules, &[]);
    assert_eq!(warnings.count, warnings.list.len() as u64);
    warnings.list.into_iter().map(|one| (one.rule, one.code.as_str().to_owned(), one.text)).collect()
}

fn codes(rules: &[Rule]) -> Vec<(u64, String)> {
    told(rules).into_iter().map(|(rule, code, _)| (rule, code)).collect()
}

fn one(rules: &[Rule], code: &str) -> String {
    let told = told(rules);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1, code, "{told:?}");
    told[0].2.clone()
}

#[test]
fn a_query_that_is_not_compared_is_told_with_its_line() {
    let all = warnings(&[exact("/ok", "/1"), exact("/?p=1", "/b")], &[2, 5]);
    let one_warning = &all.list[0];
    assert_eq!((one_warning.rule, one_warning.line, one_warning.code.as_str()), (2, Some(5), "queryIgnored"));
    assert_eq!(one_warning.to_string(), "line 5, row 2: the query is ignored; this redirects /");
    assert_eq!(one(&[exact("/a%20b?", "/c")], "queryIgnored"), "the query is ignored; this redirects /a b");
    assert_eq!(one(&[exact("/a#b", "/c")], "queryIgnored"), "the fragment is ignored; this redirects /a");
    assert_eq!(told(&[exact("/a%3Fb", "/c?d#e")]), []);
}

#[test]
fn patterns_are_told_with_what_to_write_instead() {
    for (source, text) in [
        ("/b/*", "`*` is matched literally; use starts_with `/b/`"),
        ("/b*", "`*` is matched literally; use starts_with `/b`"),
        ("/b/**", "`**` is matched literally; use starts_with `/b/`"),
        ("/old/(.*)", "`(.*)` is matched literally; use starts_with `/old/`"),
        ("/old/(.*)$", "`(.*)` is matched literally; use starts_with `/old/`"),
        ("/old/.*", "`.*` is matched literally; use starts_with `/old/`"),
        ("/old/.+", "`.+` is matched literally; use starts_with `/old/`"),
        ("/old/([^/]+)", "`([^/]+)` is matched literally; use starts_with `/old/`"),
        ("/old/:splat", "`:splat` is matched literally; use starts_with `/old/`"),
        ("/users/{id}", "`{id}` is matched literally; use starts_with `/users/`"),
        ("/*/b", "`*` is matched literally; patterns are not supported"),
        ("/blog/:year/:slug", "`:year` is matched literally; patterns are not supported"),
        ("/(en|de)/a", "`(en|de)` is matched literally; patterns are not supported"),
        ("/p/[0-9]+", "`[0-9]` is matched literally; patterns are not supported"),
        ("/p/\\d+", "`\\d` is matched literally; patterns are not supported"),
        ("/p$", "`$` is matched literally; patterns are not supported"),
    ] {
        let found = one(&[exact(source, "https://n.example/")], "literalPattern");
        assert!(found.starts_with(text), "{source}: {found}");
    }
    for (destination, sign) in [
        ("/n/:splat", ":splat"),
        ("/n/$1", "$1"),
        ("/n/${1}", "${1}"),
        ("/n/\\1", "\\1"),
        ("/n/*", "*"),
        ("https://n.example$request_uri", "$request_uri"),
        ("https://n.example/:path", ":path"),
    ] {
        let found = one(&[exact("/b", destination)], "literalPattern");
        assert_eq!(found, format!("`{sign}` in the destination is used literally"));
    }
    assert_eq!(
        one(&[exact("/b/*", "/n/:splat")], "literalPattern"),
        "`*` is matched literally; use starts_with `/b/`; `:splat` in the destination is used literally"
    );
    for plain in [
        "/wiki/Foo_(bar)",
        "/c++",
        "/a.b",
        "/a:b",
        "/a/:8080",
        "/~ann/",
        "/a+b",
        "/a,b;c=d&e",
        "/a%2A",
        "/$a",
        "/a@b!",
    ] {
        assert_eq!(told(&[exact(plain, "https://host:8080/a:b?q=*&x=:y&price=$")]), [], "{plain}");
    }
}

#[test]
fn loops_name_their_rows() {
    assert!(one(&[exact("/a", "/a")], "loop").contains("row 1"));
    assert!(one(&[exact("/%61", "/a?b#c")], "loop").contains("row 1"), "as lookups compare");
    assert!(one(&[exact("/é", "/e%CC%81")], "loop").contains("row 1"), "as lookups compare");
    assert!(one(&[exact("/a", "/x/../a")], "loop").contains("row 1"), "as browsers ask");
    let two = told(&[exact("/a", "/b"), exact("/c", "/d"), exact("/b", "/a")]);
    assert_eq!(
        two.iter().map(|(rule, code, _)| (*rule, code.as_str())).collect::<Vec<_>>(),
        [(1, "loop"), (3, "loop")]
    );
    assert_eq!(two[0].2, "redirect loop: rows 1, 3");
    assert_eq!(two[1].2, "redirect loop: rows 3, 1");
    // By way of a prefix.
    assert_eq!(
        codes(&[prefix("/a/", "/b/1"), prefix("/b/", "/a/2"), exact("/c", "/a/3")]),
        [(1, "loop".into()), (2, "loop".into()), (3, "chain".into())]
    );
    // Another host is not followed.
    assert_eq!(told(&[exact("/a", "https://example.com/a")]), []);
    // What leads to nothing is none.
    assert_eq!(told(&[exact("/a", "/b"), exact("/A", "/B"), exact("/b/", "/c")]), []);
}

#[test]
fn a_prefix_that_covers_its_destination_is_told_unless_another_rule_takes_it_out() {
    let text = one(&[exact("/x", "https://e.example"), prefix("/", "/welcome")], "coversDestination");
    assert!(text.contains("/welcome") && text.contains("row 2"), "{text}");
    assert_eq!(one(&[prefix("/docs", "/docs/new")], "coversDestination").matches("row 1").count(), 1);
    assert_eq!(
        codes(&[prefix("/", "/welcome"), exact("/welcome", "https://e.example/")]),
        [(1, "chain".into())],
        "an exact rule takes it out"
    );
    assert_eq!(
        codes(&[prefix("/", "/welcome"), prefix("/wel", "https://e.example/")]),
        [(1, "chain".into())],
        "so does a longer prefix"
    );
    let worse = Rule { priority: 1, ..prefix("/wel", "https://e.example/") };
    assert_eq!(
        codes(&[prefix("/", "/welcome"), worse]),
        [(1, "coversDestination".into())],
        "a longer prefix of worse priority is never reached"
    );
    assert_eq!(codes(&[prefix("/", "/a"), exact("/a", "/b")]), [(1, "loop".into()), (2, "loop".into())]);
}

#[test]
fn a_chain_says_where_it_leads() {
    let text = one(&[exact("/a", "/b?x=1"), exact("/b", "/c")], "chain");
    assert_eq!(text, "redirect chain: /b?x=1 is redirected to /c by row 2");
}

#[test]
fn of_many_warnings_the_gravest_are_listed() {
    let count = 100_000;
    let mut rules: Vec<Rule> = (0..count).map(|n| exact(&format!("/{n}"), &format!("/{}", n + 1))).collect();
    let chain = warnings(&rules, &[]);
    assert_eq!((chain.list.len(), chain.count), (1000, count - 1));
    rules.push(prefix("/z", "/z/a"));
    rules.push(exact("/q?", "/gone"));
    let Warnings { list, count: all } = warnings(&rules, &[]);
    assert_eq!((list.len(), all), (1000, count + 1));
    let last: Vec<_> = list[998..].iter().map(|one| (one.rule, one.code.as_str())).collect();
    assert_eq!(last, [(count + 1, "coversDestination"), (count + 2, "queryIgnored")]);
    rules[99_999].destination = "/0".into();
    let looped = warnings(&rules, &[]);
    assert!(looped.list[0].text.ends_with(" … (100000 rows)"), "{}", looped.list[0]);
}

/// The definition of the contract, one rule after the other: which rule of the draft answers a path.
fn answered(rules: &[Rule], path: &str) -> Option<usize> {
    let same = |rule: &Rule| canonical(&rule.source) == path;
    let exact = rules.iter().position(|rule| rule.matching == Match::Exact && same(rule));
    let begins =
        |rule: &Rule| rule.matching == Match::StartsWith && path.starts_with(&canonical(&rule.source));
    let best = |at: &usize| (rules[*at].priority, std::cmp::Reverse(canonical(&rules[*at].source).len()));
    exact.or_else(|| (0..rules.len()).filter(|at| begins(&rules[*at])).min_by_key(best))
}

/// Of the texts of this test.
fn canonical(text: &str) -> String {
    let cut = text.split(['?', '#']).next().expect("a part");
    cut.replace("%61", "a").nfc().collect()
}

fn next(rules: &[Rule], at: usize) -> Option<usize> {
    let destination = &rules[at].destination;
    destination.starts_with('/').then(|| answered(rules, &canonical(destination))).flatten()
}

/// Whether any path at all is answered by a prefix rule: no shorter one of better priority covers it.
fn reached(rules: &[Rule], at: usize) -> bool {
    let source = canonical(&rules[at].source);
    rules[at].matching == Match::Exact
        || !rules.iter().any(|by| {
            let shorter = canonical(&by.source);
            by.matching == Match::StartsWith
                && shorter.len() < source.len()
                && source.starts_with(&shorter)
                && by.priority < rules[at].priority
        })
}

fn drafts() -> impl Strategy<Value = Vec<Rule>> {
    let pieces =
        || prop::collection::vec(prop::sample::select(&["a", "b", "/", "%61", "é", "e\u{301}"][..]), 0..4);
    let path = move || pieces().prop_map(|pieces| format!("/{}", pieces.concat()));
    let destination = (path(), prop::sample::select(&["", "", "", "?x", "#y", "https://host"][..])).prop_map(
        |(path, more)| match more {
            "https://host" => format!("{more}{path}"),
            more => format!("/{}{more}", path.trim_start_matches('/')),
        },
    );
    let rule = (path(), destination, any::<bool>(), -1..2i32);
    prop::collection::vec(rule, 0..12).prop_map(|drafts| {
        let mut rules: Vec<Rule> = Vec::new();
        for (source, destination, is_exact, priority) in drafts {
            let rule = if is_exact { exact(&source, &destination) } else { prefix(&source, &destination) };
            rules.push(Rule { priority, ..rule });
            if check(&rules).is_err() {
                rules.pop();
            }
        }
        rules
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_loop_and_covered_destination_is_found_and_none_invented(rules in drafts()) {
        let mut expected = Vec::new();
        for at in 0..rules.len() {
            let Some(to) = next(&rules, at).filter(|_| reached(&rules, at)) else { continue };
            // Followed for as many steps as there are rules.
            let mut rows = vec![at];
            let mut place = Some(to);
            while let Some(row) = place.filter(|row| *row != at && rows.len() <= rules.len()) {
                rows.push(row);
                place = next(&rules, row);
            }
            let code = match place {
                Some(back) if back == at && to == at && rules[at].matching == Match::StartsWith => "coversDestination",
                Some(back) if back == at => "loop",
                _ => "chain",
            };
            expected.push((at as u64 + 1, code.to_owned(), rows));
        }
        let found = told(&rules);
        let short = |(rule, code, _): &(u64, String, Vec<usize>)| (*rule, code.clone());
        prop_assert_eq!(codes(&rules), expected.iter().map(short).collect::<Vec<_>>(), "{:#?}", rules);
        for ((_, code, text), (.., rows)) in found.iter().zip(&expected) {
            if code == "loop" && rows.len() > 1 {
                let rows: Vec<_> = rows.iter().map(|row| (row + 1).to_string()).collect();
                prop_assert!(text.ends_with(&format!("rows {}", rows.join(", "))), "{} {:?}", text, rows);
            }
        }
    }

    #[test]
    fn a_browser_is_sent_round_only_where_a_warning_says_so(rules in drafts()) {
        let endless = |start: usize| {
            let mut at = Some(start);
            let mut seen = Vec::new();
            while let Some(row) = at.filter(|_| seen.len() <= rules.len()) {
                seen.push(row as u64 + 1);
                at = next(&rules, row);
            }
            (at.is_some(), seen)
        };
        let codes = codes(&rules);
        for start in (0..rules.len()).filter(|at| reached(&rules, *at)) {
            let (endless, seen) = endless(start);
            let warned = codes.iter().any(|(rule, code)| seen.contains(rule) && code != "chain");
            prop_assert_eq!(endless, warned, "row {} of {:#?}: {:?}", start + 1, rules, codes);
        }
    }

    #[test]
    fn canonical_paths_of_these_tests_are_the_edges(path in "/(a|b|%61|é|/){0,5}") {
        prop_assert_eq!(canonical_path(&path), Ok(canonical(&path)));
    }
}
