//! The filter of audit events, evaluated locally. That SQL answers the same is tested with the store.

use keydeck::wire::audit::{Action, Event, GENESIS};
use keydeck::wire::filter::{EventFilter, Filter, Names, searchable};
use keydeck::wire::id::{EventId, KeyId, ProjectId};
use keydeck::wire::time::{DAY_MS, Timestamp};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn event(seq: u64, action: Action, key: Option<u128>, detail: Value) -> Event {
    Event {
        seq,
        id: EventId::from_number(u128::from(seq)),
        at: Timestamp::from_millis(NOW.millis() - 10 * DAY_MS),
        actor: "token:CI \u{c9}t\u{e9}".into(),
        action,
        project: Some(ProjectId::from_number(1)),
        key: key.map(KeyId::from_number),
        detail,
        previous_hash: GENESIS.into(),
        hash: String::new(),
        receipt: None,
    }
    .sealed()
}

fn revoked() -> Event {
    let detail = json!({
        "name": "Checkout", "hint": "redir_live_7kf2****...****x9m1",
        "reason": "In a public\nrepository", "count": 42, "nothing": null, "more": [{"deep": "Nested"}, true],
    });
    event(731, Action::KeyRevoked, Some(7), detail)
}

fn names() -> Names {
    let mut names = Names::default();
    names.project(ProjectId::from_number(1), "Web Shop");
    names.key(KeyId::from_number(7), "Front");
    names
}

#[test]
fn each_term_asks_of_an_event_what_it_says() {
    for (filter, passes) in [
        ("", true),
        ("revoked", true),
        ("KEY.revoked ci", true),
        ("\u{e9}T\u{c9}", true),
        ("checkout", true),
        ("public", true),
        ("\"public repository\"", true),
        ("\"public\nrepository\"", true),
        ("42 nested true", true),
        ("731", true),
        ("prj_00000000000000000000000001", true),
        ("key_00000000000000000000000007", true),
        ("x9m1", true),
        ("front \"web shop\"", true),
        ("reason", false),
        ("hint", false),
        ("deep", false),
        ("null", false),
        ("\"checkout redir\"", false),
        ("!front", false),
        ("!leaked", true),
        ("action:revoked", true),
        ("\"Key revoked\"", true),
        ("action:\"key revoked\"", true),
        ("\"key paused\"", false),
        ("action:front", false),
        ("by:ci", true),
        ("by:checkout", false),
        ("project:shop", true),
        ("project:prj_00000000000000000000000001", true),
        ("project:prj_0000", false),
        ("project:checkout", false),
        ("key:front", true),
        ("live_7kf2…x9m1", true),
        ("key:redir_live_7kF2…x9M1", true),
        ("key:live_7kf2…zzzz", false),
        ("key:checkout", true),
        ("key:redir_live_7kf2", true),
        ("key:key_00000000000000000000000007", true),
        ("key:key_", false),
        ("key:public", false),
        ("at>9d", true),
        ("at<9d", false),
        ("!at>11d at<2w", true),
    ] {
        let parsed = EventFilter::parse(filter).expect(filter);
        assert_eq!(parsed.matches(&revoked(), &names(), NOW), passes, "{filter}");
    }
    // Its words, as a list shows them, and its name, as it is stored.
    let deleted = event(3, Action::ProjectArchived, None, json!({ "name": "Store" }));
    for (filter, passes) in [
        ("deleted", true),
        ("action:deleted", true),
        ("\"project deleted\"", true),
        ("action:project.archived", true),
        ("!deleted", false),
        ("renamed", false),
    ] {
        let parsed = EventFilter::parse(filter).expect(filter);
        assert_eq!(parsed.matches(&deleted, &Names::default(), NOW), passes, "{filter}");
    }
    let of_project = event(3, Action::ProjectRenamed, None, json!({ "name": "Store", "before": "Old Shop" }));
    let id = "rev_00000000000000000000000003";
    let review = event(4, Action::ReviewStarted, None, json!({ "review": id, "name": "Conf3" }));
    let review = Event { project: None, ..review };
    let decided = event(5, Action::ReviewDecided, Some(7), json!({ "review": id, "name": "web" }));
    let names = Names::of([&decided, &review]);
    for (filter, passes) in [
        ("conf3", true),
        ("\"Review conf3\"", true),
        ("!conf3", false),
        ("key:conf3", false),
        ("conf4", false),
    ] {
        let parsed = EventFilter::parse(filter).expect(filter);
        assert_eq!(parsed.matches(&decided, &names, NOW), passes, "{filter}");
    }
    let none = Names::default();
    for (filter, passes) in
        [("project:store", true), ("project:old", true), ("key:store", false), ("!key:x", true)]
    {
        let parsed = EventFilter::parse(filter).expect(filter);
        assert_eq!(parsed.matches(&of_project, &none, NOW), passes, "{filter}");
    }
}

#[test]
fn an_error_names_the_column_and_the_fields_of_events() {
    for (filter, column, word) in [
        ("web status:active", 5, "action, by, project, key or at"),
        ("!name:x", 2, "action, by, project, key or at"),
        ("review:Conf3", 1, "write the name of the review as a word"),
        ("at:7d", 3, "at<7d"),
        ("at>soon", 4, "such as 90d"),
        ("by<x", 3, "a colon"),
        ("key:", 5, "expected a text"),
        ("\"open", 1, "unclosed quote"),
        ("web !!app", 6, "one ! is enough"),
    ] {
        let error = EventFilter::parse(filter).expect_err(filter);
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.reason.contains(word), "{filter}: {error}");
    }
    assert!(
        Filter::parse("at<7d").is_err() && Filter::parse("action:x").is_err(),
        "keys have no such fields"
    );
}

#[test]
fn the_text_of_an_event_has_seven_lines_whatever_it_holds() {
    let odd = json!({ "name": "a\nb\tc", "reason": "\u{0}\u{7f}\u{85}\r\n", "list": ["x\ny", {"z": "\n"}] });
    let event = Event { actor: "local:a\nb".into(), ..event(1, Action::KeyRevoked, None, odd) };
    for event in [revoked(), event] {
        let text = searchable(&event);
        assert_eq!(text.split('\n').count(), 7, "{text:?}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
    }
}

#[test]
fn the_log_alone_tells_what_everything_is_called_now() {
    let newest_first = [
        event(5, Action::RulesReplaced, None, json!({ "rules": 3 })),
        event(4, Action::KeyRenamed, Some(7), json!({ "name": "Front", "before": "Checkout" })),
        event(3, Action::ProjectRenamed, None, json!({ "name": "Web Shop", "before": "Shop" })),
        event(2, Action::KeyCreated, Some(7), json!({ "name": "Checkout" })),
        event(1, Action::ProjectCreated, None, json!({ "name": "Shop" })),
    ];
    assert_eq!(Names::of(&newest_first), names());
}
