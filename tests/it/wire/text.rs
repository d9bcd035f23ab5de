//! Names, reasons, ids and times.

use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::problem::Code;
use keydeck::wire::text::{self, BadText, fold, fold_search, fold_search_into, inert};
use keydeck::wire::time::Timestamp;

#[test]
fn names_are_trimmed_composed_and_limited() {
    assert_eq!(text::name("  web  ").unwrap(), "web");
    assert_eq!(text::name("Cafe\u{301}").unwrap(), "Caf\u{e9}");
    assert_eq!(text::name(&"é".repeat(64)).unwrap().chars().count(), 64);
    assert_eq!(text::name(&"é".repeat(65)), Err(BadText::Long(65, 64)));
    assert_eq!(text::name(" \t "), Err(BadText::Empty));
    assert_eq!(text::name(&"x".repeat(10_000)), Err(BadText::Long(10_000, 64)));
}

#[test]
fn invisible_characters_are_refused_by_their_number() {
    for c in [
        '\0',
        '\u{1b}',
        '\u{7}',
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{200d}',
        '\u{feff}',
        '\u{85}',
        '\u{ad}',
        '\u{e0041}',
    ] {
        let error = text::name(&format!("a{c}b")).unwrap_err();
        assert_eq!(error, BadText::Invisible(u32::from(c), 2));
        assert!(!error.to_string().contains(c));
    }
    assert!(text::name("emoji 🔑 and 日本語 pass").is_ok());
}

#[test]
fn a_whole_key_is_no_name_and_no_reason() {
    let key = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";
    assert_eq!(text::name(key), Err(BadText::Secret));
    let error = text::reason(&format!("leaked: {key}")).unwrap_err();
    assert_eq!(error, BadText::Secret);
    assert!(!error.to_string().contains("7kf2Q9w3"));
}

#[test]
fn names_compare_without_case_after_composition() {
    assert_eq!(fold("WEB"), fold("web"));
    assert_eq!(fold("ÉCOLE"), fold("école"));
    assert_eq!(fold("STRASSE"), "strasse");
    for (one, other) in [
        ("Straße", "STRASSE"),
        ("STRAẞE", "strasse"),
        ("ΟΔΟΣ", "οδος"),
        ("οδοσ", "οδος"),
        ("ﬁle", "FILE"),
        ("İ", "i\u{307}"),
        ("E\u{301}cole", "école"),
        ("\u{212a}elvin", "kelvin"),
        ("ᾳ", "αι"),
        ("Ꭰ", "ꭰ"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} {other}");
    }
    for (one, other) in
        [("Café", "Cafe"), ("İstanbul", "istanbul"), ("ı", "i"), ("Ünder", "under"), ("a", "ａ")]
    {
        assert_ne!(fold(one), fold(other), "{one} {other}");
    }
}

#[test]
fn searching_folds_case_and_leaves_combining_marks_out() {
    for (text, typed) in [
        ("İstanbul", "istanbul"),
        ("Café", "cafe"),
        ("cafe", "CAFÉ"),
        ("straße", "STRASSE"),
        ("ΟΔΌΣ", "οδος"),
        ("Tiếng Việt", "tieng viet"),
        ("naïve", "NAIVE"),
        ("한국어", "한국어"),
        ("Zürich", "zu\u{308}rich"),
        ("Å", "a"),
    ] {
        assert_eq!(fold_search(text), fold_search(typed), "{text} {typed}");
    }
    assert_ne!(fold_search("ı"), fold_search("i"));
    // A syllable is not found by its first letters: those are no mark of it.
    assert!(!fold_search("한").contains(&fold_search("하")));
    let mut behind = "before ".to_owned();
    fold_search_into(&mut behind, "É");
    assert_eq!(behind, "before e");
}

proptest::proptest! {
    #[test]
    fn what_is_folded_stays_as_it_is(text in "\\PC{0,12}") {
        for folded in [fold(&text), fold_search(&text)] {
            proptest::prop_assert_eq!(&fold(&folded), &folded);
        }
        let folded = fold_search(&text);
        proptest::prop_assert_eq!(&fold_search(&folded), &folded);
        // Texts that are one name are found by each other.
        proptest::prop_assert_eq!(fold_search(&fold(&text)), folded);
    }
}

#[test]
fn foreign_text_becomes_inert() {
    let hostile = "a\u{1b}]52;c;eA==\u{7}b\u{202e}c\r\nd";
    let shown = inert(hostile);
    assert!(!shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
    assert!(inert("plain ü 日本 🔑") == "plain ü 日本 🔑");
    assert_eq!(inert("leaked:\n\tpublic chat\r"), "leaked:  public chat\u{fffd}", "a reason has lines");
    assert!(!inert("redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq").contains("Q9w3"));
}

#[test]
fn ids_have_one_form_only() {
    let id = KeyId::generate();
    let written = id.to_string();
    assert_eq!(written.len(), 30);
    assert_eq!(written.parse::<KeyId>().unwrap(), id);
    assert!(written.to_uppercase().replace("KEY_", "key_").parse::<KeyId>().is_err());
    assert!(written.parse::<ProjectId>().is_err());
    for bad in [
        "",
        "key_",
        "key_00000000000000000000000000x",
        "key_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "key_0000000000000000000000000u",
        "key_0000000000000000000000000i",
    ] {
        assert!(bad.parse::<KeyId>().is_err(), "{bad}");
    }
}

#[test]
fn times_are_rfc_3339_in_utc_to_the_millisecond() {
    let time = Timestamp::parse("2026-11-23T18:04:05.123+01:00").unwrap();
    assert_eq!(time.to_string(), "2026-11-23T17:04:05.123Z");
    assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-11-23T17:04:05.123Z\"");
    assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
    for far in [i64::MIN, i64::MAX] {
        let text = Timestamp::from_millis(far).to_string();
        assert_eq!(Timestamp::parse(&text).unwrap().to_string(), text);
    }
}

#[test]
fn every_code_reads_back_and_an_unknown_one_does_no_harm() {
    for code in Code::ALL {
        let json = serde_json::to_string(code).unwrap();
        assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), *code);
    }
    assert_eq!(serde_json::from_str::<Code>("\"FROM_THE_FUTURE\"").unwrap(), Code::Internal);
}

#[test]
fn an_error_is_a_sentence_in_the_api_and_a_clause_on_the_command_line() {
    for (clause, sentence) in [
        ("key not found", "Key not found."),
        ("name is empty; enter at least one character", "Name is empty; enter at least one character."),
        ("limit: expected a number", "limit: expected a number."),
        ("unusedSince: expected a time", "unusedSince: expected a time."),
        ("/data/keydeck.db was deleted", "/data/keydeck.db was deleted."),
        ("is the server running?", "Is the server running?"),
        ("API key detected", "API key detected."),
        ("", ""),
    ] {
        assert_eq!(text::sentence(clause), sentence);
        assert_eq!(text::sentence(sentence), sentence, "a sentence stays as it is");
        assert_eq!(text::clause(sentence), clause);
        assert_eq!(text::clause(clause), clause, "older servers answer with clauses");
    }
}

#[test]
fn the_requests_refused_are_a_number_with_its_thousands_apart() {
    use keydeck::wire::finding_rules::Facts;
    use keydeck::wire::keys::Status;
    use keydeck::wire::session::Thresholds;
    let now = Timestamp::from_millis(1_795_000_000_000);
    let facts = Facts {
        status: Status::Revoked,
        created_at: now,
        last_used_at: None,
        last_used_precision: None,
        owned: true,
        reviewed_at: None,
        keep_until: None,
        replacement: None,
        refused_since_paused: 3,
        refused_since_revoked: 157_597,
        refused_since: None,
        last_refused_at: Some(now),
        woke: None,
        network: None,
    };
    let found = facts.findings(now, Thresholds::default());
    assert!(found[0].text.starts_with("157,597 requests refused since it was revoked"), "{found:?}");
}
