//! The audit log.

use keydeck::store::{By, SharedStore};
use keydeck::wire::audit::{Action, Event, EventQuery, Head, Verifier};
use keydeck::wire::keys::KeyEdit;
use keydeck::wire::rules::{Match, Rule};
use keydeck::wire::tokens::Role;
use serde_json::json;

use crate::store::support::{NOON, ann, at, key, project, token_secret};

super::on_each_database!(
    every_change_is_one_event_and_the_chain_holds,
    events_are_found_by_what_they_are_about,
    who_is_called_like_an_action_has_not_done_it,
    events_come_newest_first_a_page_at_a_time,
);

async fn every_change_is_one_event_and_the_chain_holds(store: SharedStore) {
    assert_eq!(store.audit_head().await.unwrap(), Head::genesis());
    let shop = project(&store, "Shop").await;
    store.rename_project(&ann(at(1)), shop, "Store").await.unwrap();
    let web = key(&store, shop, "Web", at(2)).await;
    store.rename_key(&ann(at(3)), web.id, "Front \u{1f600}").await.unwrap();
    store.revoke_key(&ann(at(4)), web.id, Some("it \"leaked\"\nin a log")).await.unwrap();
    let rule = Rule {
        source: "/a".into(),
        destination: "/b".into(),
        status: 301,
        matching: Match::Exact,
        priority: 0,
    };
    store.put_rules(&ann(at(5)), shop, &[rule]).await.unwrap();
    store.deploy(&ann(at(6)), shop, false).await.unwrap();
    let mut tokens = Vec::new();
    for name in ["one", "two"] {
        let secret = token_secret();
        let hash = secret.hash().unwrap();
        tokens.push(store.create_token(&ann(at(7)), name, Role::Admin, secret.hint(), &hash).await.unwrap());
    }
    let last = store.revoke_token(&ann(at(8)), tokens[0].value.id).await.unwrap();

    let events = store.audit_events(&EventQuery::default(), NOON).await.unwrap();
    let actions: Vec<&str> = events.items.iter().rev().map(|event| event.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "project.created",
            "project.renamed",
            "key.created",
            "key.renamed",
            "key.revoked",
            "rules.replaced",
            "rules.deployed",
            "token.created",
            "token.created",
            "token.revoked",
        ]
    );
    assert_eq!((events.total, events.more, &events.next), (10, false, &None));
    let revoked = &events.items[5];
    assert_eq!((revoked.seq, revoked.at, revoked.actor.as_str()), (5, at(4), "local:ann"));
    assert_eq!((revoked.project, revoked.key), (Some(shop), Some(web.id)));
    assert_eq!(
        revoked.detail,
        json!({ "name": "Front \u{1f600}", "hint": web.hint.to_string(), "reason": "it \"leaked\"\nin a log" })
    );

    let mut verifier = Verifier::default();
    let chain = store.audit_chain(0, 1000).await.unwrap();
    for ((body, hash), event) in chain.iter().zip(events.items.iter().rev()) {
        verifier.take(body, hash).unwrap();
        assert_eq!((&event.hash, event.body()), (hash, body.clone()), "an event is its stored body");
    }
    assert_eq!((verifier.head(), &last.head), (&store.audit_head().await.unwrap(), verifier.head()));
    let after = store.audit_events_after(0, 1000).await.unwrap();
    assert!(after.iter().eq(events.items.iter().rev()), "in order, the same events");
    assert_eq!(store.audit_events_after(7, 2).await.unwrap(), after[7..9], "after a number, at most so many");
    assert_eq!(store.audit_events_after(10, 2).await.unwrap(), []);
    assert_eq!(store.audit_events_after(u64::MAX, 2).await.unwrap(), []);
    assert_eq!(store.audit_chain(8, 1).await.unwrap(), chain[8..9], "after a number, at most so many");
}

async fn events_are_found_by_what_they_are_about(store: SharedStore) {
    let by = |actor: &str, ms| By::new(actor, at(ms));
    let shop = store.create_project(&by("local:ann", 0), "Shop").await.unwrap().value.id;
    let blog = store.create_project(&by("token:ci", 10), "Blog").await.unwrap().value.id;
    let first = key(&store, shop, "first", at(20)).await.id;
    let second = key(&store, blog, "second", at(30)).await.id;
    store.revoke_key(&by("token:ci", 40), first, None).await.unwrap();
    for (query, expected) in [
        (EventQuery::default(), vec![5, 4, 3, 2, 1]),
        (EventQuery { project: Some(shop), ..EventQuery::default() }, vec![5, 3, 1]),
        (EventQuery { key: Some(second), ..EventQuery::default() }, vec![4]),
        (EventQuery { actor: Some("token:ci".into()), ..EventQuery::default() }, vec![5, 2]),
        (EventQuery { actor: Some("token:".into()), ..EventQuery::default() }, vec![]),
        (EventQuery { actor: Some("token:ci\0".into()), ..EventQuery::default() }, vec![]),
        (EventQuery { action: Some(Action::KeyCreated), ..EventQuery::default() }, vec![4, 3]),
        (EventQuery { after: Some(at(20)), before: Some(at(40)), ..EventQuery::default() }, vec![4, 3]),
        (
            EventQuery { project: Some(shop), action: Some(Action::KeyRevoked), ..EventQuery::default() },
            vec![5],
        ),
    ] {
        let page = store.audit_events(&query, NOON).await.unwrap();
        let found: Vec<u64> = page.items.iter().map(|event: &Event| event.seq).collect();
        assert_eq!((found, page.total), (expected.clone(), expected.len() as u64), "{query:?}");
    }
}

async fn who_is_called_like_an_action_has_not_done_it(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", NOON).await.id;
    store.edit_key(&By::new("key.revoked", at(10)), web, &KeyEdit::name("key.renamed")).await.unwrap();
    for (filter, expected) in [
        ("action:\"key revoked\"", vec![]),
        ("\"key revoked\"", vec![]),
        ("action:\"key renamed\"", vec![3]),
        ("action:\"project created\"", vec![1]),
    ] {
        let query = EventQuery { filter: filter.into(), ..EventQuery::default() };
        let found = store.audit_events(&query, NOON).await.unwrap().items;
        let found: Vec<u64> = found.iter().map(|event| event.seq).collect();
        assert_eq!(found, expected, "{filter}");
    }
}

async fn events_come_newest_first_a_page_at_a_time(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    for number in 0..9 {
        key(&store, shop, &format!("key {number}"), NOON).await;
    }
    let mut query = EventQuery { action: Some(Action::KeyCreated), limit: Some(4), ..EventQuery::default() };
    let first = store.audit_events(&query, NOON).await.unwrap();
    query.cursor = first.next;
    // What happens meanwhile stands before the first page and moves nothing.
    key(&store, shop, "late", NOON).await;
    let mut seqs: Vec<u64> = first.items.iter().map(|event| event.seq).collect();
    while query.cursor.is_some() {
        let page = store.audit_events(&query, NOON).await.unwrap();
        seqs.extend(page.items.iter().map(|event| event.seq));
        query.cursor = page.next;
    }
    assert_eq!(seqs, [10, 9, 8, 7, 6, 5, 4, 3, 2]);
    let stranger = EventQuery {
        cursor: store.audit_events(&EventQuery { limit: Some(1), ..query }, NOON).await.unwrap().next,
        ..EventQuery::default()
    };
    assert!(matches!(store.audit_events(&stranger, NOON).await, Err(keydeck::store::StoreError::Cursor)));
}
