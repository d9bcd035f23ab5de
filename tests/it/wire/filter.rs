//! The filter language, evaluated locally. That SQL answers the same is tested with the store.

use keydeck::secret::{Kind, MaskedKey};
use keydeck::wire::filter::{AsOf, Filter, status_term};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, Mode, Status};
use keydeck::wire::session::Thresholds;
use keydeck::wire::time::{DAY_MS, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn key() -> Key {
    Key {
        id: KeyId::from_number(7),
        project_id: ProjectId::from_number(1),
        project_name: "Web Shop".into(),
        name: "Checkout-API".into(),
        mode: Mode::Live,
        hint: MaskedKey::new(Kind::Live, "7kF2", "x9m1").expect("a hint"),
        status: Status::Active,
        created_at: Timestamp::from_millis(NOW.millis() - 100 * DAY_MS),
        created_by: "local:Ann".into(),
        last_used_at: Some(Timestamp::from_millis(NOW.millis() - 40 * DAY_MS)),
        last_used_from: None,
        owner: None,
        last_used_precision: std::num::NonZeroU32::new(5),
        confirmed: true,
        requests30d: 0,
        daily: None,
        findings: Box::default(),
        extra: keydeck::wire::keys::Extra::default(),
    }
}

#[test]
fn each_term_asks_what_it_says() {
    for (filter, passes) in [
        ("", true),
        ("checkout", true),
        ("CHECKOUT shop", true),
        ("checkout nothing", false),
        ("redir_live_7kf2****...****x9m1", true),
        ("live_7kF2…x9m1", true),
        ("redir_live_7kf2…x9m1", true),
        ("\"live_7kf2…\"", true),
        ("live_7kf2…x9", true),
        ("!live_7kf2…x9m1", false),
        ("live_7kf2…x9m2", false),
        ("test_7kf2…x9m1", false),
        ("live_7kf…x9m1", false),
        ("key_00000000000000000000000007", true),
        ("local:", false),
        ("\"local:ann\"", true),
        ("\"web shop\"", true),
        ("\"shop web\"", false),
        ("name:checkout", true),
        ("name:shop", false),
        ("project:shop", true),
        ("project:prj_00000000000000000000000001", true),
        ("project:prj_00000000000000000000000002", false),
        ("by:ann", true),
        ("by:local:ann", true),
        ("by:shop", false),
        ("status:active", true),
        ("status:revoked", false),
        ("!status:revoked", true),
        ("status:idle", true),
        ("STATUS:Idle", true),
        ("!status:idle", false),
        ("status:stale", false),
        ("!status:stale", true),
        ("status:unused", false),
        ("status:\"in use\"", false),
        ("status:in-use", false),
        ("!status:in-use", true),
        ("status:paused", false),
        ("!status:paused", true),
        ("stale", false),
        ("idle", false),
        ("mode:live", true),
        ("mode:test", false),
        ("used:never", false),
        ("!used:never", true),
        ("idle>39d", true),
        ("idle>41d", false),
        ("idle<41d", true),
        ("created>99d", true),
        ("created<99d", false),
        ("used>39d", true),
        ("used>41d", false),
        ("used<41d", true),
        ("used:<41d", true),
        ("used<39", false),
        ("used<3mo", true),
        ("created:<100", false),
        ("created<1y idle>1w !idle>6w", true),
        ("name:\"out-a\"", true),
    ] {
        match Filter::parse(filter) {
            Ok(parsed) => assert_eq!(parsed.matches(&key(), NOW), passes, "{filter}"),
            Err(error) => assert!(!passes, "{filter}: {error}"),
        }
    }
}

#[test]
fn a_date_is_compared_as_a_date_and_an_age_as_an_age() {
    let mut used = key();
    used.last_used_at = Timestamp::parse("2026-10-31T23:59:59.999Z").ok();
    used.created_at = Timestamp::parse("2026-09-01T00:00:00Z").expect("a time");
    for (filter, passes) in [
        ("used<2026-11-01", true),
        ("used>2026-11-01", false),
        ("used>2026-10-31", true),
        ("used<2026-10-31", false),
        ("!used<2026-10-31", true),
        ("used<2026-10-31T23:59:59.999Z", false),
        ("used>\"2026-10-31 23:59\"", true),
        ("created<2026-09-01", false),
        ("created>2026-09-01", true),
        ("created:>2026-09-01 created:<2026-09-02", true),
        ("created>2026-09-02", false),
    ] {
        assert_eq!(Filter::parse(filter).expect(filter).matches(&used, NOW), passes, "{filter}");
    }
    used.last_used_at = None;
    for (filter, passes) in [("used<2026-11-01", false), ("!used<2026-11-01", true), ("used>1s", false)] {
        assert_eq!(Filter::parse(filter).expect(filter).matches(&used, NOW), passes, "never used: {filter}");
    }
}

#[test]
fn an_error_names_the_column_and_what_to_write() {
    for (filter, column) in [
        ("used:often", 6),
        ("web used:often", 10),
        ("idle:90d", 5),
        ("idle>2026-11-01", 6),
        ("idle:>x", 7),
        ("used>often", 6),
        ("created<2026-13-01", 9),
        ("idle>", 6),
        ("idle>90x", 6),
        ("idle>d", 6),
        ("idle>+9d", 6),
        ("idle>99999999999999999999d", 6),
        ("status:dead", 8),
        ("web status:ageing", 12),
        ("!status:fresh", 9),
        ("status:", 8),
        ("status>stale", 7),
        ("mode:", 6),
        ("name<x", 5),
        ("nome:x", 1),
        ("!nome:x", 2),
        ("\"open", 1),
        ("a !", 3),
        ("\"\"", 1),
        ("日本 used:x", 9),
        ("owner:ann,", 11),
        ("owner:,ann", 7),
        ("owner:ann,,bob", 11),
        ("status:idle,dead", 13),
        ("idle>90d,30d", 9),
        ("a used:never,x", 14),
    ] {
        let error = Filter::parse(filter).expect_err(filter);
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.reason.len() > 10);
    }
    // One slip is told from a word that is no field at all.
    for (typed, meant) in
        [("statsu:idle", "status"), ("nmae:x", "name"), ("onwer:x", "owner"), ("porject:x", "project")]
    {
        let error = Filter::parse(typed).expect_err(typed);
        assert!(error.reason.contains(&format!("did you mean {meant}?")), "{typed}: {error}");
    }
    let long = format!("creator:{}", "x".repeat(43));
    for (typed, meant) in
        [("creator:Bob", "write by:Bob ("), ("creator:", "write by:… ("), (&long, "write by:… (")]
    {
        let error = Filter::parse(typed).expect_err(typed);
        assert!(error.column == 1 && error.reason.contains(meant), "{typed}: {error}");
    }
    assert_eq!(Filter::parse(&"x".repeat(1025)).unwrap_err().column, 1025);
    assert_eq!(Filter::parse(&"x ".repeat(33)).unwrap_err().column, 65);
    assert_eq!(Filter::parse(&format!("x by:{}", "a,".repeat(31) + "a")).unwrap_err().column, 3);
    Filter::parse(&format!("by:{}", "a,".repeat(31) + "a")).expect("32 values");
    let reason = Filter::parse("used>7d,30d").unwrap_err().reason;
    assert_eq!(reason, "expected one value; for \"or\", write used:>…,>…");
}

#[test]
fn of_a_text_that_is_wrong_the_whole_terms_before_the_wrong_one_are_left() {
    for (text, left) in [
        ("status:stael", ""),
        ("web status:stael", "web"),
        ("日本 web used:x by:ann", "日本 web"),
        ("docs \"foo", "docs"),
        ("a status:x \"b", "a"),
        ("\"a b\" !", "\"a b\""),
        ("a  mode:z", "a"),
    ] {
        let error = Filter::parse(text).expect_err(text);
        let (before, filter) = Filter::before(text, &error);
        assert_eq!(before, left, "{text}");
        assert_eq!(filter, Filter::parse(left).expect("well-formed"), "{text}");
    }
}

#[test]
fn a_filter_narrows_another_only_where_that_is_certain() {
    let cases = [
        ("web", "we", true),
        ("web", "", true),
        ("web shop", "we", true),
        ("name:web", "name:we", true),
        ("web status:active", "status:active", true),
        ("!web", "!web", true),
        ("we", "web", false),
        ("!web", "!we", false),
        ("!web", "we", false),
        ("name:web", "we", false),
        ("by:web", "name:web", false),
        ("project:prj_ab", "project:prj_a", false),
        // What was let through then may be older now.
        ("idle>90d web", "idle>90d", false),
        ("created<7d web", "created<7d", false),
        ("used<7d web", "used<7d", false),
        ("status:active", "status:revoked", false),
        ("status:stale web", "status:stale", false),
        ("status:stale", "status:active", false),
        ("name:web", "name:web,app", true),
        ("name:webs,apps", "name:web,app,x", true),
        ("name:web,app", "name:web", false),
        ("!name:web,app", "!name:web", true),
        ("!name:web", "!name:web,app", false),
        ("owner:none,ann", "owner:none", false),
        ("status:active,revoked", "status:active", false),
        ("status:active", "status:revoked,active", true),
        ("used:never,>90d", "used:never,>90d", false),
    ];
    for (new, old, narrows) in cases {
        let read = |text| Filter::parse(text).expect("well-formed");
        assert_eq!(read(new).narrows(&read(old)), narrows, "{new:?} after {old:?}");
    }
}

#[test]
fn words_are_found_without_case_and_accents() {
    let named = |name: &str| Key { name: name.into(), project_name: "Größe".into(), ..key() };
    for (name, filter, passes) in [
        ("İstanbul", "istanbul", true),
        ("Café", "cafe", true),
        ("cafe", "name:CAFÉ", true),
        ("straße", "STRASSE", true),
        ("STRASSE", "name:straße", true),
        ("x", "project:grosse", true),
        ("ΟΔΟΣ", "οδος", true),
        ("Café", "!cafe", false),
        ("cafx", "café", false),
    ] {
        let filter = Filter::parse(filter).unwrap();
        assert_eq!(filter.matches(&named(name), NOW), passes, "{name} {filter:?}");
    }
}

#[test]
fn states_are_those_of_the_servers_thresholds_to_the_millisecond() {
    let thresholds =
        Thresholds { warn_days: 10, stale_days: 40, review_every_days: 90, ..Thresholds::default() };
    let as_of = AsOf { now: NOW, thresholds };
    let after = |days: i64, ms: i64| Some(Timestamp::from_millis(NOW.millis() - days * DAY_MS + ms));
    let states = ["in-use", "idle", "stale", "unused", "new", "active", "revoked"];
    let used = |at| Key { last_used_at: at, ..key() };
    let made = |at: Option<Timestamp>| Key { created_at: at.unwrap(), last_used_at: None, ..key() };
    let revoked = Key { status: Status::Revoked, ..key() };
    for (key, expected) in [
        (used(after(0, 0)), "in-use active"),
        (used(after(10, 1)), "in-use active"),
        (used(after(10, 0)), "idle active"),
        (used(after(40, 1)), "idle active"),
        (used(after(40, 0)), "stale active"),
        // A key that was never used is as idle as it is old, and in use at no age.
        (made(after(9, 0)), "unused new active"),
        (made(after(10, 0)), "idle unused active"),
        (made(after(40, 0)), "stale unused active"),
        (revoked, "revoked"),
    ] {
        let holds = |state: &str| Filter::parse(&format!("status:{state}")).unwrap().matches(&key, as_of);
        let found: Vec<&str> = states.into_iter().filter(|state| holds(state)).collect();
        assert_eq!(found.join(" "), expected, "{:?} {:?}", key.created_at, key.last_used_at);
    }
}

#[test]
fn a_word_that_is_not_a_state_is_refused_with_the_words_there_are() {
    let error = Filter::parse("web status:dead").unwrap_err();
    let words = "expected active, revoked, paused, \"in use\", idle, stale, unused or new";
    assert_eq!((error.column, error.reason.as_str()), (12, words));
}

#[test]
fn a_plain_word_that_is_a_state_is_text_and_the_term_for_the_state_is_offered() {
    let cache = Key { name: "stale-cache".into(), ..key() };
    assert!(Filter::parse("stale").unwrap().matches(&cache, NOW));
    assert!(!Filter::parse("status:stale").unwrap().matches(&cache, NOW));
    for (typed, term) in [
        ("stale", Some("status:stale")),
        (" Unused ", Some("status:unused")),
        ("in use", Some("status:\"in use\"")),
        ("IN-USE", Some("status:in-use")),
        ("revoked", Some("status:revoked")),
        ("stale-cache", None),
        ("status:stale", None),
        ("stal", None),
        ("", None),
    ] {
        assert_eq!(status_term(typed), term, "{typed:?}");
        if let Some(term) = term {
            Filter::parse(term).expect(term);
        }
    }
}

#[test]
fn a_comma_between_the_values_of_a_field_means_or() {
    let ann = Key { name: "web, new".into(), owner: Some("Ann".into()), ..key() };
    for (filter, passes) in [
        ("owner:bob,ann", true),
        ("owner:bob,cleo", false),
        ("!owner:bob,ann", false),
        ("!owner:bob,cleo", true),
        ("owner:none,ann", true),
        ("owner=Ann,bob", true),
        ("owner=ann,bob", false),
        ("project=shop,\"Web Shop\"", true),
        ("status:revoked,idle", true),
        ("status:paused,revoked", false),
        ("finding:any,stale", false),
        ("used:never,>30d", true),
        ("used:never,>50d", false),
        ("created:<7d,>90d", true),
        ("by:ann owner:bob,ann", true),
        ("by:ben owner:bob,ann", false),
        // In quotes a comma is text, and in a word without a field.
        ("name:\"web, new\"", true),
        ("name:\"b,\"", true),
        ("name:\"b,n\"", false),
        ("name:b,n", true),
        ("\"web, new\"", true),
        ("web,", true),
        ("new,", false),
    ] {
        assert_eq!(Filter::parse(filter).expect(filter).matches(&ann, NOW), passes, "{filter}");
    }
    // Revoked keys are asked for as soon as one of the values names a status.
    assert!(Filter::parse("status:idle,revoked").unwrap().names_status());
    assert!(!Filter::parse("owner:ann,bob").unwrap().names_status());
}

#[test]
fn an_equals_sign_asks_for_the_whole_value_as_written() {
    let mut key = key();
    let parse = |filter: &str| Filter::parse(filter).expect("well-formed");
    key.created_by = "token:ci".into();
    key.name = "Web \"2\"".into();
    for (filter, passes) in [
        ("by=token:ci", true),
        ("by=token:c", false),
        ("by=TOKEN:ci", false),
        ("BY=token:ci", true),
        ("!by=token:ci-bot", true),
        ("name=\"Web \"\"2\"\"\"", true),
        ("name=\"web \"\"2\"\"\"", false),
        ("a=b", false),
    ] {
        assert_eq!(parse(filter).matches(&key, NOW), passes, "{filter}");
    }
    assert!(parse(&format!("project={}", key.project_id)).matches(&key, NOW));
    assert_eq!(Filter::parse("by=").expect_err("no value").column, 4);
    key.name = "a=b".into();
    assert!(parse("a=b").matches(&key, NOW), "a word may hold the sign");
}

#[test]
fn an_equals_sign_is_never_a_text_beside_the_name_of_a_field() {
    for (one, other) in [
        ("status=stale", "status:stale"),
        ("MODE=test", "mode:test"),
        ("finding=stale", "finding:stale"),
        ("used=never", "used:never"),
        ("!reviewed=never", "!reviewed:never"),
        ("status=idle,stale", "status:idle,stale"),
    ] {
        assert_eq!(Filter::parse(one).expect(one), Filter::parse(other).expect(other), "{one}");
    }
    for (wrong, says) in
        [("idle=90d", "expected < or >"), ("created=7d", "expected < or >"), ("creator=ben", "by")]
    {
        let error = Filter::parse(wrong).expect_err(wrong);
        assert!(error.reason.contains(says), "{wrong}: {error}");
    }
    // Any other text is looked for as it is.
    assert!(Filter::parse("a=b purpose=x").is_ok());
}
