//! Rules: their sources' one form, and what a draft may hold.

mod destinations;
mod files;
mod warnings;

use keydeck::wire::rules::{BadPath, Match, Rule, canonical_path, check};

#[test]
fn a_path_has_one_form() {
    for (path, form) in [
        ("/", "/"),
        ("/a?b#c", "/a"),
        ("/a#b?c", "/a"),
        ("/caf%C3%A9", "/café"),
        ("/a%2fb", "/a%2Fb"),
        ("/a%3Fb%23c%25d", "/a%3Fb%23c%25d"),
        ("/a%20b", "/a b"),
        ("/A/", "/A/"),
        ("/%e2%82%ac", "/€"),
        // Composed: some systems send é as e and an accent.
        ("/e\u{301}", "/é"),
        ("/e%CC%81", "/é"),
        ("/e%cc%81?e\u{301}", "/é"),
        ("/\u{212b}", "/\u{c5}"),
    ] {
        assert_eq!(canonical_path(path).unwrap(), form, "{path}");
        assert_eq!(canonical_path(form).unwrap(), form, "the form of a form is itself");
    }
}

#[test]
fn a_broken_path_says_how() {
    assert_eq!(canonical_path("a"), Err(BadPath::Slash));
    assert_eq!(canonical_path(""), Err(BadPath::Slash));
    for path in ["/%", "/%a", "/%zz", "/100%"] {
        assert_eq!(canonical_path(path), Err(BadPath::Percent), "{path}");
    }
    assert_eq!(canonical_path("/%ff"), Err(BadPath::Utf8));
}

fn rule(source: &str) -> Rule {
    Rule {
        source: source.into(),
        destination: "/to".into(),
        status: 301,
        matching: Match::Exact,
        priority: 0,
    }
}

#[test]
fn each_bad_row_is_named_with_column_and_reason() {
    let bad = |rules: &[Rule]| check(rules).unwrap_err().to_string();
    assert_eq!(bad(&[rule("/a"), rule("b")]), "row 2, source: does not start with /");
    assert_eq!(bad(&[rule("/é"), rule("/%C3%A9")]), "row 2, source: has the same path as row 1");
    assert_eq!(
        bad(&[Rule { status: 200, ..rule("/a") }]),
        "row 1, status: is 200; expected 301, 302, 307 or 308"
    );
    assert_eq!(bad(&[Rule { destination: String::new(), ..rule("/a") }]), "row 1, destination: is empty");
    assert!(bad(&[Rule { destination: "/\r\nSet-Cookie: x".into(), ..rule("/a") }]).contains("U+000D"));
    assert!(bad(&[rule("/redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq")]).contains("whole key"));
    assert!(bad(&[rule("/%72edir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq")]).contains("whole key"));
    assert_eq!(
        bad(&[rule("/a?x=1"), rule("/a?x=2")]),
        "row 2, source: has the same path as row 1; the query is not compared"
    );
    assert_eq!(bad(&[rule("/é"), rule("/e\u{301}")]), "row 2, source: has the same path as row 1");
    assert_eq!(bad(&[rule("https://example.com/old?x=1")]), "row 1, source: is a URL; expected a path: /old");
    assert_eq!(bad(&[rule("HTTP://example.com")]), "row 1, source: is a URL; expected a path: /");
    assert_eq!(
        bad(&[rule("/100%")]),
        "row 1, source: has a % without two hex digits after it; write %25 for a percent sign"
    );
    assert!(bad(&[rule("^/old/(.*)$")]).contains("patterns are not supported"));
    let three =
        [Rule { status: 999, ..rule("a") }, rule("/b"), Rule { destination: "c".into(), ..rule("/c") }];
    let all = check(&three).unwrap_err();
    let places: Vec<_> = all.errors.iter().map(|bad| (bad.row, bad.column.as_str())).collect();
    assert_eq!(places, [(1, "source"), (1, "status"), (3, "destination")], "in order");
    let many: Vec<Rule> = (0..100).map(|_| rule("no")).collect();
    let all = check(&many).unwrap_err();
    assert_eq!((all.errors.len(), all.total), (20, 100));
    assert!(all.to_string().ends_with("; and 80 more errors"), "{all}");
    // The same path may have an exact and a prefix rule.
    assert!(check(&[rule("/a"), Rule { matching: Match::StartsWith, ..rule("/a") }]).is_ok());
}
