//! Keys: made, renamed, revoked.

use keydeck::store::{SharedStore, StoreError};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{KeyQuery, Mode, Status};
use keydeck::wire::session::Plan;
use keydeck::wire::text;

use crate::store::support::{HandNode, NOON, ann, at, key, project, record, record_of};

super::on_each_database!(
    a_key_is_made_and_shown,
    keys_are_counted_by_state,
    a_revocation_is_once_and_for_ever,
    a_keys_name_is_taken_in_its_project_alone,
    a_repeated_rename_changes_nothing,
    two_creates_of_one_name_make_one_key,
    many_writers_leave_one_whole_chain,
    the_free_plan_has_one_active_key_a_project,
    what_is_not_there_is_not_found,
    hostile_names_are_stored_as_they_are_or_refused,
    a_key_is_confirmed_when_all_nodes_have_applied_it,
);

async fn a_key_is_made_and_shown(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let record = record_of("Web", Mode::Test);
    let made = store.create_key(&ann(at(1)), shop, &record, Plan::Enterprise).await.unwrap();
    let key = &made.value;
    assert_eq!((key.name.as_str(), &*key.project_name, key.project_id), ("Web", "Shop", shop));
    assert_eq!((key.mode, key.hint, key.status), (Mode::Test, record.hint, Status::Active));
    assert_eq!((key.created_at, &*key.created_by), (at(1), "local:ann"));
    assert_eq!((key.last_used_at, key.last_used_from.as_deref(), key.requests30d), (None, None, 0));
    assert_eq!((key.revoked_at, key.rotated_from, key.refused_since_revoked), (None, None, 0));
    assert_eq!(store.key(key.id, NOON, u64::MAX).await.unwrap(), *key);
    let renamed = store.rename_key(&ann(at(2)), key.id, "Web 2").await.unwrap();
    assert_eq!(renamed.revision, 3);
    assert_eq!(store.key(key.id, NOON, u64::MAX).await.unwrap().name, "Web 2");
    let found = KeyQuery { filter: "\"web 2\"".into(), ..KeyQuery::default() };
    assert_eq!(store.keys(&found, NOON, u64::MAX).await.unwrap().items, [renamed.value]);
}

async fn keys_are_counted_by_state(store: SharedStore) {
    let (shop, blog) = (project(&store, "Shop").await, project(&store, "Blog").await);
    let web = key(&store, shop, "web", NOON).await;
    for name in ["app", "api"] {
        key(&store, blog, name, NOON).await;
    }
    store.revoke_key(&ann(NOON), web.id, None).await.unwrap();
    let counts = store.key_counts(NOON).await.unwrap();
    assert_eq!((counts.active, counts.revoked, counts.stale), (2, 1, 0));
    let later = NOON + std::time::Duration::from_hours(24 * 90);
    assert_eq!(store.key_counts(later).await.unwrap().stale, 2);
}

async fn a_revocation_is_once_and_for_ever(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", at(1)).await;
    let first = store.revoke_key(&ann(at(2)), made.id, Some("leaked")).await.unwrap();
    assert_eq!(first.value.status, Status::Revoked);
    assert_eq!((first.value.revoked_at, first.value.revoked_by.as_deref()), (Some(at(2)), Some("local:ann")));
    assert_eq!((first.value.revoke_reason.as_deref(), first.revision), (Some("leaked"), 3));
    assert_eq!(first.value.hint, made.hint, "its mask stays");
    let later = project(&store, "Later").await;
    let again = store.revoke_key(&ann(at(3)), made.id, Some("another reason")).await.unwrap();
    assert_eq!((&again.value, again.revision), (&first.value, first.revision));
    assert_eq!(again.head, store.audit_head().await.unwrap());
    assert_eq!(again.head.seq, 4, "the repeat left no event");
    let renamed = store.rename_key(&ann(at(4)), made.id, "x").await;
    assert!(matches!(renamed, Err(StoreError::KeyRevoked)));
    // Its name is free again, here and elsewhere.
    key(&store, shop, "WEB", at(5)).await;
    key(&store, later, "Web", at(5)).await;
}

async fn a_keys_name_is_taken_in_its_project_alone(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let other = project(&store, "Other").await;
    key(&store, shop, "Ünder", at(1)).await;
    key(&store, other, "Ünder", at(1)).await;
    let before = store.audit_head().await.unwrap();
    let taken = store.create_key(&ann(NOON), shop, &record("üNDER"), Plan::Enterprise).await.unwrap_err();
    assert_eq!(
        taken.to_string(),
        "another key is named \"Ünder\" (names are compared without case: \"üNDER\"); choose another name"
    );
    let second = key(&store, shop, "Second", at(2)).await;
    let taken = store.rename_key(&ann(NOON), second.id, "ÜNDER").await;
    assert!(matches!(taken, Err(StoreError::NameTaken { noun: "key", name, existing })
        if name == "ÜNDER" && existing != name));
    assert_eq!(store.audit_head().await.unwrap().seq, before.seq + 1);
    let own = store.rename_key(&ann(NOON), second.id, "SECOND").await.unwrap();
    assert_eq!(own.value.name, "SECOND");
}

async fn a_repeated_rename_changes_nothing(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", at(1)).await;
    let first = store.rename_key(&ann(at(2)), made.id, "Front").await.unwrap();
    let again = store.rename_key(&ann(at(3)), made.id, "Front").await.unwrap();
    assert_eq!(again, first);
}

async fn two_creates_of_one_name_make_one_key(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    for round in 0..5 {
        let name = format!("same {round}");
        let tasks = (0..4).map(|_| {
            let (store, record) = (store.clone(), record(&name));
            tokio::spawn(async move { store.create_key(&ann(NOON), shop, &record, Plan::Enterprise).await })
        });
        let mut made = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Ok(_) => made += 1,
                Err(StoreError::NameTaken { noun: "key", name: taken, .. }) => assert_eq!(taken, name),
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(made, 1);
    }
}

async fn many_writers_leave_one_whole_chain(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let tasks = (0..40).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let made = key(&store, shop, &format!("key {number}"), at(number)).await;
            if number % 2 == 0 {
                store.revoke_key(&ann(NOON), made.id, None).await.unwrap();
            }
            store.keys(&KeyQuery::default(), NOON, 0).await.unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let mut verifier = keydeck::wire::audit::Verifier::default();
    for (body, hash) in store.audit_chain(0, 1000).await.unwrap() {
        verifier.take(&body, &hash).unwrap();
    }
    assert_eq!(*verifier.head(), store.audit_head().await.unwrap());
    assert_eq!(verifier.head().seq, 1 + 40 + 20);
    assert_eq!(store.changes().newest(), verifier.head().seq);
}

async fn the_free_plan_has_one_active_key_a_project(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let first = store.create_key(&ann(NOON), shop, &record("First"), Plan::Free).await.unwrap();
    let second = store.create_key(&ann(NOON), shop, &record("Second"), Plan::Free).await.unwrap_err();
    assert_eq!(
        second.to_string(),
        "the free plan allows 1 active key per project (\"First\"); revoke or rotate that key"
    );
    let other = project(&store, "Other").await;
    store.create_key(&ann(NOON), other, &record("First"), Plan::Free).await.unwrap();
    store.revoke_key(&ann(NOON), first.value.id, None).await.unwrap();
    store.create_key(&ann(NOON), shop, &record("Second"), Plan::Free).await.unwrap();
    store.create_key(&ann(NOON), shop, &record("Third"), Plan::Pro).await.unwrap();
}

async fn what_is_not_there_is_not_found(store: SharedStore) {
    let (nothing, nowhere) = (KeyId::from_number(7), ProjectId::from_number(7));
    let is_key = |error: StoreError| assert!(matches!(error, StoreError::NotFound("key")), "{error:?}");
    is_key(store.key(nothing, NOON, 0).await.unwrap_err());
    is_key(store.rename_key(&ann(NOON), nothing, "x").await.unwrap_err());
    is_key(store.revoke_key(&ann(NOON), nothing, None).await.unwrap_err());
    is_key(store.key_usage(nothing, 30, NOON).await.unwrap_err());
    is_key(store.key_callers(nothing).await.unwrap_err());
    let lost = store.create_key(&ann(NOON), nowhere, &record("x"), Plan::Free).await;
    assert!(matches!(lost, Err(StoreError::NotFound("project"))));
    assert_eq!(store.audit_head().await.unwrap().seq, 0);
    let of_nowhere = KeyQuery { project: Some(nowhere), ..KeyQuery::default() };
    assert_eq!(store.keys(&of_nowhere, NOON, 0).await.unwrap().total, 0);
}

async fn hostile_names_are_stored_as_they_are_or_refused(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let names = [
        "'; drop table api_keys; --",
        "100%_\\sure",
        "=cmd|' /C calc'!A0",
        "\u{1f469}\u{1f3fd}\u{1f680}",
        "Ωμέγα İstanbul ẞ",
        "\\",
        "%",
        "_",
        "\"quoted\"",
        "$1 ?1 {text}",
        "a\u{0301}",
        "null",
        "ﬀ ﷺ",
    ];
    for given in names {
        let name = text::name(given).expect("a name that may be stored");
        let made = key(&store, shop, &name, NOON).await;
        assert_eq!(store.key(made.id, NOON, 0).await.unwrap().name, name);
        let quoted = format!("name:\"{}\"", name.replace('"', " "));
        if !name.contains('"') {
            let query = KeyQuery { filter: quoted, ..KeyQuery::default() };
            let found = store.keys(&query, NOON, 0).await.unwrap();
            assert!(found.items.iter().any(|key| key.id == made.id), "{name}");
            assert!(
                found
                    .items
                    .iter()
                    .all(|key| text::fold_search(&key.name).contains(&text::fold_search(&name)))
            );
        }
    }
    assert_eq!(store.keys(&KeyQuery::default(), NOON, 0).await.unwrap().total, names.len() as u64);
}

async fn a_key_is_confirmed_when_all_nodes_have_applied_it(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    assert!(key(&store, shop, "nobody follows", NOON).await.confirmed);
    let node = HandNode::enter(&store, "node").await;
    let made = key(&store, shop, "followed", NOON).await;
    assert!(!made.confirmed);
    let applied = || store.changes().applied_by_all();
    assert!(!store.key(made.id, NOON, applied()).await.unwrap().confirmed);
    node.acknowledge_all(&store).await;
    assert!(store.key(made.id, NOON, applied()).await.unwrap().confirmed);
    let revoked = store.revoke_key(&ann(NOON), made.id, None).await.unwrap();
    assert!(!revoked.value.confirmed);
    let listed = KeyQuery { filter: "status:revoked".into(), ..KeyQuery::default() };
    assert!(!store.keys(&listed, NOON, applied()).await.unwrap().items[0].confirmed);
    node.acknowledge_all(&store).await;
    assert!(store.keys(&listed, NOON, applied()).await.unwrap().items[0].confirmed);
    assert!(store.revoke_key(&ann(NOON), made.id, None).await.unwrap().value.confirmed);
}
