//! Where a browser may be sent, and how that is written into a `Location` header.

use keydeck::wire::rules::destination::{check, encoded};
use proptest::prelude::*;

const SAFE: &[&str] = &[
    "/",
    "/a",
    "/a/b?c=d#e",
    "/a//b",
    "/a b",
    "/a%20b",
    "/é",
    "/%C3%A9",
    "/caf%E9",
    "/100%",
    "/a\\b",
    "/a?to=//host",
    "/a?u=https://user@host/",
    "/❤\u{fe0f}",
    "/%E2%9D%A4%EF%B8%8F",
    "/می\u{200c}خواهم",
    "https://example.com",
    "https://example.com/",
    "HTTP://EXAMPLE.COM:8080/a?b#c",
    "http://127.0.0.1/",
    "http://[::1]:80/",
    "https://bücher.example/ü",
    "https://b%C3%BCcher.example/",
    "https://xn--bcher-kva.example/",
    "https://example.com/@user",
    "https://example.com?a=b@c",
    "https://share.example/?text=one%0Atwo",
];

const UNSAFE: &[&str] = &[
    "",
    " ",
    "   ",
    "word",
    "a/b",
    "./a",
    "../a",
    "?a",
    "#a",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java%73cript:alert(1)",
    "javascript://example.com/%0Aalert(1)",
    "data:text/html,x",
    "mailto:ann@example.com",
    "ftp://example.com/",
    "file:///etc/passwd",
    "//host",
    "//host/a",
    "///host",
    "/\\host",
    "\\\\host",
    "\\/host",
    "\\a",
    "/%2Fhost",
    "/%2fhost",
    "/%5Chost",
    "%2F%2Fhost",
    "%2Fa",
    "/\t/host",
    "\t/a",
    "/a\tb",
    "/a%09b",
    "/a\nb",
    "/a\r\nSet-Cookie: x",
    "/a%0d%0aSet-Cookie:%20x",
    "/a?b\nc",
    "/a?b%00c",
    "/a\u{7f}",
    "/a%7F",
    "/a\u{85}",
    "/a%C2%85",
    "/a\u{202e}b",
    "/a%E2%80%AEb",
    "/a\u{200b}b",
    "/a%E2%80%8Bb",
    "/%09/host",
    " /a",
    "/a ",
    "http:",
    "http:/",
    "http://",
    "http:///x",
    "https:///x",
    "http:example.com",
    "https:/example.com",
    "https:\\\\example.com",
    "https:/\\example.com",
    "http://?a",
    "http://#a",
    "http://\\host",
    "http://:80/",
    "http://user@host/",
    "http://user:password@host/",
    "http://user%40host/",
    "https://good.example\\@bad.example/",
    "https://good.example\\.bad.example/",
    "https://good.example%5Cbad/",
    "http://host:99999/",
    "http://host:port/",
    "http://a b/",
    "http://a%20b/",
    "http://./",
    "http://exa<mple/",
    "http://xn--a/",
    "http://[::1/",
    " https://example.com/",
    "https ://example.com/",
];

#[test]
fn a_path_or_a_url_with_a_host_is_safe_and_nothing_else() {
    for safe in SAFE {
        assert_eq!(check(safe), Ok(()), "{safe:?}");
    }
    for bad in UNSAFE {
        assert!(check(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn the_limit_counts_characters_in_either_spelling() {
    let (raw, percent) = ("é".repeat(2047), "%C3%A9".repeat(2047));
    assert_eq!((check(&format!("/{raw}")), check(&format!("/{percent}"))), (Ok(()), Ok(())));
    assert!(check(&format!("/{raw}é")).is_err() && check(&format!("/{percent}%C3%A9")).is_err());
}

#[test]
fn what_a_location_header_cannot_hold_is_encoded_once() {
    for (given, expected) in [
        ("/a?b=c#d", "/a?b=c#d"),
        ("/é", "/%C3%A9"),
        ("/%C3%A9é", "/%C3%A9%C3%A9"),
        ("/%c3%a9", "/%c3%a9"),
        ("/a b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/100%25", "/100%25"),
        ("/%zz%4", "/%25zz%254"),
        ("/a\"b<c>d\\e^f`g{h|i}", "/a%22b%3Cc%3Ed%5Ce%5Ef%60g%7Bh%7Ci%7D"),
        ("/a[1]?b[]=(c)&d='e'!*;,", "/a[1]?b[]=(c)&d='e'!*;,"),
        ("https://Example.COM/é", "https://Example.COM/%C3%A9"),
        ("https://BÜCHER.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("HTTPS://bücher.example:8443?q=ü", "HTTPS://xn--bcher-kva.example:8443?q=%C3%BC"),
        ("https://b%C3%BCcher.example", "https://xn--bcher-kva.example"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
    ] {
        assert_eq!(encoded(given), expected, "{given}");
        assert_eq!(encoded(expected), expected, "{given}, again");
    }
}

/// Every character, spelled both ways.
fn spellings(c: char) -> (String, String) {
    let mut bytes = [0; 4];
    let percent: Vec<_> = c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect();
    (c.to_string(), percent.concat())
}

proptest! {
    #[test]
    fn the_spelling_of_a_character_in_a_path_makes_no_difference(
        before in "[a-z]{0,3}",
        c in any::<char>(),
        after in "[a-z]{1,3}",
        host in any::<bool>(),
    ) {
        // These end the path, or begin a sequence.
        prop_assume!(!matches!(c, '?' | '#' | '%'));
        let start = if host { "https://example.com/" } else { "/" };
        let (raw, percent) = spellings(c);
        let raw = check(&format!("{start}{before}{raw}{after}"));
        prop_assert_eq!(&raw, &check(&format!("{start}{before}{percent}{after}")), "{:?}", c);
        if !c.is_control() && c.is_ascii() && !matches!(c, '/' | '\\') {
            prop_assert_eq!(raw, Ok(()));
        }
    }

    #[test]
    fn what_is_safe_leads_where_it_says_to(
        start in prop::sample::select(&["", "/", "/", "http://h", "https://h.example", "https://é.example:8080"][..]),
        rest in "(/|\\\\|https?:|//|[a-z]|@|%2F|%5C|\t|\n| |:|\\?|#|é|\\.){0,5}",
    ) {
        let text = format!("{start}{rest}");
        if check(&text).is_err() {
            return Ok(());
        }
        let base = url::Url::parse("https://own.example/x/y").expect("a URL");
        for sent in [text.as_str(), &encoded(&text)] {
            // What a browser makes of the header.
            let url = base.join(sent).expect("a place");
            let host = url.host_str().expect("a host");
            prop_assert!(url.username().is_empty() && url.password().is_none());
            if text.starts_with('/') {
                prop_assert_eq!((url.scheme(), host), ("https", "own.example"), "{:?}", sent);
            } else {
                let rest = text.split_once("://").expect("a URL").1;
                let told = rest.split(['/', '?', '#', ':']).next().expect("a host");
                let told = url::Url::parse(&format!("http://{told}/")).expect("a URL");
                prop_assert_eq!(Some(host), told.host_str(), "{:?}", sent);
            }
        }
    }

    #[test]
    fn what_is_encoded_is_ascii_and_stays(text in any::<String>()) {
        let once = encoded(&text).into_owned();
        prop_assert!(once.bytes().all(|byte| byte.is_ascii_graphic()), "{}", once);
        prop_assert_eq!(encoded(&once), once.as_str());
    }
}
