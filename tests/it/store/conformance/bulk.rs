//! Many keys revoked at once, and projects archived with theirs.

use keydeck::store::{BulkRevoke, KeyUsage, SharedStore, StoreError};
use keydeck::wire::audit::{Action, EventQuery, Verifier};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{KeyQuery, Outcome, Status, StatusQuery};
use keydeck::wire::projects::ProjectQuery;
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;

use crate::store::support::{NOON, ann, at, days_ago, key, project, record};

super::on_each_database!(
    many_are_revoked_with_an_event_for_each_that_changed,
    a_key_used_since_is_left_alone,
    a_dry_run_changes_nothing,
    a_thousand_are_one_transaction,
    a_project_with_active_keys_is_archived_only_with_them,
);

async fn many_are_revoked_with_an_event_for_each_that_changed(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let (web, app, old) = (
        key(&store, shop, "web", at(1)).await.id,
        key(&store, shop, "app", at(1)).await.id,
        key(&store, shop, "old", at(1)).await.id,
    );
    let first = store.revoke_key(&ann(at(2)), old, Some("first")).await.unwrap();
    let how = BulkRevoke { reason: Some("leaked".into()), ..BulkRevoke::default() };
    let nobody = KeyId::from_number(7);
    let done = store.revoke_keys(&ann(at(3)), &[web, nobody, old, app], &how).await.unwrap();
    assert_eq!(done.value, [Outcome::Revoked, Outcome::NotFound, Outcome::Already, Outcome::Revoked]);
    assert_eq!(done.revision, first.revision + 2, "an event for each that changed");
    for id in [web, app] {
        let key = store.key(id, NOON, u64::MAX).await.unwrap();
        assert_eq!((key.status, key.revoked_at), (Status::Revoked, Some(at(3))));
        assert_eq!(
            (key.revoked_by.as_deref(), key.revoke_reason.as_deref()),
            (Some("local:ann"), Some("leaked"))
        );
        assert!(!store.verifier(id).await.unwrap().unwrap().active);
    }
    assert_eq!(store.key(old, NOON, 0).await.unwrap().revoke_reason.as_deref(), Some("first"));
    let again = store.revoke_keys(&ann(at(4)), &[app, web], &how).await.unwrap();
    assert_eq!(again.value, [Outcome::Already, Outcome::Already]);
    assert_eq!((again.revision, again.head), (done.revision, done.head), "a repeat changes nothing");
    let nothing = store.revoke_keys(&ann(at(5)), &[nobody], &how).await.unwrap();
    assert_eq!((nothing.value, nothing.revision), (vec![Outcome::NotFound], 0));
    chain_holds(&store).await;
}

async fn a_key_used_since_is_left_alone(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let never = key(&store, shop, "never", days_ago(100)).await.id;
    let long_ago = key(&store, shop, "long ago", days_ago(100)).await.id;
    let just_then = key(&store, shop, "just then", days_ago(100)).await.id;
    let lately = key(&store, shop, "lately", days_ago(100)).await.id;
    let since = days_ago(30);
    let later = Timestamp::from_millis(since.millis() + 1);
    let uses = [used(long_ago, days_ago(60)), used(just_then, since), used(lately, later)];
    store.record_usage(&uses, NOON).await.unwrap();
    let how = BulkRevoke { unused_since: Some(since), ..BulkRevoke::default() };
    let done = store.revoke_keys(&ann(NOON), &[never, long_ago, just_then, lately], &how).await.unwrap();
    assert_eq!(done.value, [Outcome::Revoked, Outcome::Revoked, Outcome::Revoked, Outcome::UsedSince]);
    assert_eq!(store.key(lately, NOON, 0).await.unwrap().status, Status::Active);
}

async fn a_dry_run_changes_nothing(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(1)).await.id;
    let before = store.audit_head().await.unwrap();
    let how = BulkRevoke { dry_run: true, ..BulkRevoke::default() };
    let said = store.revoke_keys(&ann(NOON), &[web], &how).await.unwrap();
    assert_eq!((said.value, &said.head), (vec![Outcome::Revoked], &before));
    assert_eq!(store.audit_head().await.unwrap(), before);
    assert_eq!(store.key(web, NOON, 0).await.unwrap().status, Status::Active);
}

async fn a_thousand_are_one_transaction(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut ids = Vec::new();
    for number in 0..1000 {
        ids.push(key(&store, shop, &format!("key {number}"), at(1)).await.id);
    }
    let mut commits = store.changes().subscribe();
    commits.borrow_and_update();
    let done = store.revoke_keys(&ann(at(2)), &ids, &BulkRevoke::default()).await.unwrap();
    assert_eq!(done.value, vec![Outcome::Revoked; 1000]);
    assert_eq!(done.revision, 1 + 1000 + 1000);
    assert_eq!(*commits.borrow_and_update(), done.revision, "seen all at once");
    let query = EventQuery { action: Some(Action::KeyRevoked), ..EventQuery::default() };
    assert_eq!(store.audit_events(&query, NOON).await.unwrap().total, 1000);
    assert_eq!(store.keys(&KeyQuery::default(), NOON, 0).await.unwrap().total, 0);
    chain_holds(&store).await;
}

async fn a_project_with_active_keys_is_archived_only_with_them(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(1)).await.id;
    let before = store.audit_head().await.unwrap();
    let refused = store.archive_project(&ann(at(2)), shop, false).await;
    assert!(matches!(refused, Err(StoreError::ProjectHasActiveKeys(1))));
    assert_eq!(store.audit_head().await.unwrap(), before);

    let done = store.archive_project(&ann(at(3)), shop, true).await.unwrap();
    assert_eq!(done.revision, before.seq + 2, "one event of the key, one of the project");
    let all = KeyQuery { status: Some(StatusQuery::All), project: Some(shop), ..KeyQuery::default() };
    let listed = store.keys(&all, NOON, u64::MAX).await.unwrap().items;
    assert_eq!((listed.len(), listed[0].id, listed[0].status), (1, web, Status::Revoked));
    assert_eq!(listed[0].revoke_reason.as_deref(), Some("the project was deleted"));
    assert!(store.projects(&ProjectQuery::default(), NOON).await.unwrap().items.is_empty());
    assert_eq!(store.project(shop, NOON).await.unwrap().keys.revoked, 1, "nothing is erased");

    let again = store.archive_project(&ann(at(4)), shop, false).await.unwrap();
    assert_eq!((again.revision, &again.head), (done.revision, &done.head), "a repeat changes nothing");
    let refused = store.create_key(&ann(at(4)), shop, &record("new"), Plan::Pro).await;
    assert!(matches!(refused, Err(StoreError::ProjectArchived)));
    assert!(matches!(store.put_rules(&ann(at(4)), shop, &[]).await, Err(StoreError::ProjectArchived)));
    assert!(matches!(store.deploy(&ann(at(4)), shop, false).await, Err(StoreError::ProjectArchived)));
    let next = project(&store, "SHOP").await;
    assert_ne!(next, shop, "its name is free again");
    let lost = store.archive_project(&ann(NOON), ProjectId::from_number(7), true).await;
    assert!(matches!(lost, Err(StoreError::NotFound("project"))));
    chain_holds(&store).await;
}

async fn chain_holds(store: &SharedStore) {
    let mut verifier = Verifier::default();
    for (body, hash) in store.audit_chain(0, 5000).await.unwrap() {
        verifier.take(&body, &hash).unwrap();
    }
    assert_eq!(*verifier.head(), store.audit_head().await.unwrap());
}

fn used(key: KeyId, at: Timestamp) -> KeyUsage {
    KeyUsage {
        key,
        last_used: Some((at, "192.0.2.1".parse().unwrap())),
        refusals: Vec::new(),
        days: Vec::new(),
        callers: Vec::new(),
        others: None,
    }
}
