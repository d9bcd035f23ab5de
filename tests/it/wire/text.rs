//! Names, reasons, ids and times.

use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::problem::Code;
use keydeck::wire::text::{self, BadText, fold, inert};
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
}

#[test]
fn foreign_text_becomes_inert() {
    let hostile = "a\u{1b}]52;c;eA==\u{7}b\u{202e}c\r\nd";
    let shown = inert(hostile);
    assert!(!shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
    assert!(inert("plain ü 日本 🔑") == "plain ü 日本 🔑");
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
