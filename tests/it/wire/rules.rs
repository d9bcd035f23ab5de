//! Rules: their sources' one form, and what a draft may hold.

use keydeck::wire::rules::{BadPath, Match, Rule, canonical_path, check, from_csv, to_csv};

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
fn the_first_bad_row_is_named_with_column_and_reason() {
    let bad = |rules: &[Rule]| check(rules).unwrap_err().to_string();
    assert_eq!(bad(&[rule("/a"), rule("b")]), "row 2, source: does not start with /");
    assert_eq!(bad(&[rule("/é"), rule("/%C3%A9")]), "row 2, source: is the same path as that of row 1");
    assert_eq!(
        bad(&[Rule { status: 200, ..rule("/a") }]),
        "row 1, status: is 200; expected 301, 302, 307 or 308"
    );
    assert_eq!(bad(&[Rule { destination: String::new(), ..rule("/a") }]), "row 1, destination: is empty");
    assert!(bad(&[Rule { destination: "/\r\nSet-Cookie: x".into(), ..rule("/a") }]).contains("U+000D"));
    assert!(bad(&[rule("/redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq")]).contains("whole key"));
    assert!(bad(&[rule("/%72edir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq")]).contains("whole key"));
    // The same path may have an exact and a prefix rule.
    assert!(check(&[rule("/a"), Rule { matching: Match::StartsWith, ..rule("/a") }]).is_ok());
}

#[test]
fn csv_is_read_and_written_alike() {
    let text =
        b"\xef\xbb\xbfsource,destination,status,match,priority\n/a,\"/b,c\",302,starts_with,-5\n/d,/e,,,\n";
    let rules = from_csv(text).unwrap();
    assert_eq!(
        rules[0],
        Rule {
            source: "/a".into(),
            destination: "/b,c".into(),
            status: 302,
            matching: Match::StartsWith,
            priority: -5
        }
    );
    assert_eq!(rules[1], Rule { destination: "/e".into(), ..rule("/d") });
    assert_eq!(from_csv(to_csv(&rules).as_bytes()).unwrap(), rules);
    assert_eq!(from_csv(b"destination,source\n/y,/x\n").unwrap()[0].source, "/x");
}

#[test]
fn broken_csv_names_row_column_and_reason() {
    for (text, words) in [
        (&b"source\n/a\n"[..], "row 0, destination: is missing in the header"),
        (b"source,destination,colour\n", "row 0, source: the header names column 3"),
        (b"source,source,destination\n", "row 0, source: stands twice in the header"),
        (b"source,destination\n/a,/b\n/c\n", "row 2, source: has 1 fields; the header has 2"),
        (b"source,destination,status\n/a,/b,moved\n", "row 1, status: is not 301"),
        (b"source,destination,match\n/a,/b,regex\n", "row 1, match: is neither"),
        (b"source,destination,priority\n/a,/b,1.5\n", "row 1, priority: is not a whole number"),
        (b"source,destination\n/a,\xff\n", "row 1, source: is not UTF-8"),
        (b"", "row 0, source: is missing in the header"),
    ] {
        let error = from_csv(text).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error} / {words}");
    }
}
