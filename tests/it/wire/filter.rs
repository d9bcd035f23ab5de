//! The filter language, evaluated locally. That SQL answers the same is tested with the store.

use keydeck::secret::{Hint, Kind};
use keydeck::wire::filter::Filter;
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, Mode, Status};
use keydeck::wire::time::{DAY_MS, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn key() -> Key {
    Key {
        id: KeyId::from_number(7),
        project_id: ProjectId::from_number(1),
        project_name: "Web Shop".into(),
        name: "Checkout-API".into(),
        mode: Mode::Live,
        hint: Hint::new(Kind::Live, "7kF2", "x9m1").expect("a hint"),
        status: Status::Active,
        created_at: Timestamp::from_millis(NOW.millis() - 100 * DAY_MS),
        created_by: "local:Ann".into(),
        last_used_at: Some(Timestamp::from_millis(NOW.millis() - 40 * DAY_MS)),
        last_used_from: None,
        revoked_at: None,
        revoked_by: None,
        revoke_reason: None,
        confirmed: true,
        rotated_from: None,
        requests30d: 0,
        refused_since_revoked: 0,
        last_refused_at: None,
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
        ("mode:live", true),
        ("mode:test", false),
        ("used:never", false),
        ("!used:never", true),
        ("idle>39d", true),
        ("idle>41d", false),
        ("idle<41d", true),
        ("created>99d", true),
        ("created<99d", false),
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
fn an_error_names_the_column_and_what_to_write() {
    for (filter, column) in [
        ("used:often", 6),
        ("web used:often", 10),
        ("idle:90d", 5),
        ("idle>", 6),
        ("idle>90", 6),
        ("idle>d", 6),
        ("idle>+9d", 6),
        ("idle>99999999999999999999d", 6),
        ("status:dead", 8),
        ("mode:", 6),
        ("name<x", 5),
        ("nome:x", 1),
        ("!nome:x", 2),
        ("\"open", 1),
        ("a !", 3),
        ("\"\"", 1),
        ("日本 used:x", 9),
    ] {
        let error = Filter::parse(filter).expect_err(filter);
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.reason.len() > 10);
    }
    assert_eq!(Filter::parse(&"x".repeat(1025)).unwrap_err().column, 1025);
    assert_eq!(Filter::parse(&"x ".repeat(33)).unwrap_err().column, 65);
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
        ("status:active", "status:revoked", false),
    ];
    for (new, old, narrows) in cases {
        let read = |text| Filter::parse(text).expect("well-formed");
        assert_eq!(read(new).narrows(&read(old)), narrows, "{new:?} after {old:?}");
    }
}
