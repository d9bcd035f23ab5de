//! What edge nodes read.

use keydeck::store::{ChangeKind, SharedStore};
use keydeck::wire::audit::Head;
use keydeck::wire::id::KeyId;
use keydeck::wire::session::Plan;

use crate::store::support::{NOON, ann, at, key, project, record};

super::on_each_database!(
    a_verifier_is_what_was_made_and_whether_it_works,
    verifiers_come_by_id_a_part_at_a_time,
    changes_say_what_a_node_must_do,
    a_commit_wakes_who_follows,
);

async fn a_verifier_is_what_was_made_and_whether_it_works(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let record = record("Web");
    let made = store.create_key(&ann(NOON), shop, &record, Plan::Enterprise).await.unwrap().value;
    let verifier = store.verifier(made.id).await.unwrap().unwrap();
    assert_eq!((verifier.id, verifier.project, verifier.hint), (made.id, shop, record.hint));
    assert_eq!((&verifier.hash, verifier.active), (&record.hash, true));
    store.revoke_key(&ann(NOON), made.id, None).await.unwrap();
    let revoked = store.verifier(made.id).await.unwrap().unwrap();
    assert!(!revoked.active && revoked.hash == record.hash, "a revoked key stays watched");
    assert_eq!(store.verifiers(None, 10, &Head::genesis()).await.unwrap(), [revoked]);
    assert_eq!(store.verifier(KeyId::from_number(1)).await.unwrap(), None);
}

async fn verifiers_come_by_id_a_part_at_a_time(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    for number in 0..7 {
        key(&store, shop, &format!("key {number}"), at(number)).await;
    }
    let head = store.audit_head().await.unwrap();
    let mut seen = Vec::new();
    loop {
        let part = store.verifiers(seen.last().copied(), 3, &head).await.unwrap();
        if part.is_empty() {
            break;
        }
        seen.extend(part.into_iter().map(|verifier| verifier.id));
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted());
}

async fn changes_say_what_a_node_must_do(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "Web", NOON).await.id;
    store.rename_key(&ann(NOON), web, "Front").await.unwrap();
    store.put_rules(&ann(NOON), shop, &[]).await.unwrap();
    store.deploy(&ann(NOON), shop, false).await.unwrap();
    store.revoke_key(&ann(NOON), web, None).await.unwrap();
    let changes = store.changes_after(0, 100).await.unwrap();
    let kinds: Vec<ChangeKind> = changes.iter().map(|change| change.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            ChangeKind::Project(shop),
            ChangeKind::Key(web),
            ChangeKind::Key(web),
            ChangeKind::Project(shop),
            ChangeKind::Deployed(shop),
            ChangeKind::Key(web),
        ]
    );
    let revisions: Vec<u64> = changes.iter().map(|change| change.revision).collect();
    assert_eq!(revisions, [1, 2, 3, 4, 5, 6]);
    assert_eq!(store.changes_after(4, 1).await.unwrap(), changes[4..5]);
    assert!(store.changes_after(6, 100).await.unwrap().is_empty());
    assert!(store.changes_after(u64::MAX, 100).await.unwrap().is_empty());
}

async fn a_commit_wakes_who_follows(store: SharedStore) {
    let mut newest = store.changes().subscribe();
    assert_eq!(*newest.borrow_and_update(), 0);
    let shop = project(&store, "Shop").await;
    newest.changed().await.unwrap();
    assert_eq!(*newest.borrow_and_update(), 1);
    // What fails, and what changes nothing, wakes nobody.
    store.create_project(&ann(NOON), "shop").await.unwrap_err();
    store.rename_project(&ann(NOON), shop, "Shop").await.unwrap();
    assert!(!newest.has_changed().unwrap());
}
