//! Keys that succeed others.

use keydeck::secret::Secret;
use keydeck::store::{ChangeKind, Result, SharedStore, StoreError, Written};
use keydeck::wire::audit::{Action, EventQuery};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{Key, Mode, Status};
use keydeck::wire::session::Plan;

use crate::store::support::{NOON, ann, at, key, project, record, record_of};

super::on_each_database!(
    a_successor_has_the_next_free_name_and_the_old_key_stays,
    a_long_name_makes_room_for_its_number,
    a_successor_may_be_named,
    the_free_plan_has_one_rotation_that_overlaps,
    two_creates_at_once_on_free_make_one_key,
);

async fn a_successor_has_the_next_free_name_and_the_old_key_stays(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = store.create_key(&ann(at(1)), shop, &record_of("Web", Mode::Test), Plan::Pro).await.unwrap();
    let old = made.value;
    let next = rotate(&store, &old, None, Plan::Pro).await.unwrap();
    assert_eq!((next.value.name.as_str(), next.value.rotated_from), ("Web-2", Some(old.id)));
    assert_eq!(
        (next.value.mode, next.value.project_id, next.value.status),
        (Mode::Test, shop, Status::Active)
    );
    assert_eq!(store.key(next.value.id, NOON, u64::MAX).await.unwrap(), next.value);
    assert_eq!(store.key(old.id, NOON, u64::MAX).await.unwrap(), old, "the old key is as it was");
    let changes = store.changes_after(next.revision - 1, 10).await.unwrap();
    assert_eq!(changes[0].kind, ChangeKind::Key(next.value.id), "nodes learn the new key");
    let query = EventQuery { action: Some(Action::KeyRotated), ..EventQuery::default() };
    let events = store.audit_events(&query, NOON).await.unwrap().items;
    assert_eq!((events.len(), events[0].key), (1, Some(next.value.id)));
    assert_eq!(events[0].detail["rotatedFrom"], old.id.to_string());

    // Names that are taken, in whatever case, are passed over.
    key(&store, shop, "WEB-3", at(2)).await;
    assert_eq!(rotate(&store, &old, None, Plan::Pro).await.unwrap().value.name, "Web-4");
    // A successor counts on; a number that somebody chose is a part of the name.
    assert_eq!(rotate(&store, &next.value, None, Plan::Pro).await.unwrap().value.name, "Web-5");
    let dated = key(&store, shop, "app-2024", at(3)).await;
    assert_eq!(rotate(&store, &dated, None, Plan::Pro).await.unwrap().value.name, "app-2024-2");
}

async fn a_long_name_makes_room_for_its_number(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let old = key(&store, shop, &"\u{e9}".repeat(64), at(1)).await;
    let next = rotate(&store, &old, None, Plan::Pro).await.unwrap().value;
    assert_eq!(next.name, format!("{}-2", "\u{e9}".repeat(62)));
    let last = rotate(&store, &next, None, Plan::Pro).await.unwrap().value;
    assert_eq!(last.name, format!("{}-3", "\u{e9}".repeat(62)));
}

async fn a_successor_may_be_named(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let old = key(&store, shop, "Web", at(1)).await;
    assert_eq!(rotate(&store, &old, Some("Front"), Plan::Pro).await.unwrap().value.name, "Front");
    let before = store.audit_head().await.unwrap();
    for taken in ["front", "WEB"] {
        let refused = rotate(&store, &old, Some(taken), Plan::Pro).await;
        assert!(matches!(refused, Err(StoreError::NameTaken { noun: "key", .. })), "{taken}");
    }
    store.revoke_key(&ann(at(2)), old.id, None).await.unwrap();
    let refused = rotate(&store, &old, None, Plan::Pro).await;
    assert!(matches!(refused, Err(StoreError::KeyRevoked)));
    let nobody = Key { id: KeyId::from_number(7), ..old };
    let refused = rotate(&store, &nobody, None, Plan::Pro).await;
    assert!(matches!(refused, Err(StoreError::NotFound("key"))));
    assert_eq!(store.audit_head().await.unwrap().seq, before.seq + 1, "the revocation alone");
}

async fn the_free_plan_has_one_rotation_that_overlaps(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let first = store.create_key(&ann(at(1)), shop, &record("Web"), Plan::Free).await.unwrap().value;
    let second = rotate(&store, &first, None, Plan::Free).await.unwrap().value;
    for (key, other) in [(&first, "Web-2"), (&second, "Web")] {
        let refused = rotate(&store, key, None, Plan::Free).await.unwrap_err();
        assert!(
            matches!(&refused, StoreError::RotationLimitReached { plan: "free", name } if name == other),
            "{refused:?}"
        );
    }
    let refused = store.create_key(&ann(at(2)), shop, &record("Third"), Plan::Free).await;
    assert!(matches!(refused, Err(StoreError::KeyLimitReached { .. })));
    store.revoke_key(&ann(at(3)), first.id, None).await.unwrap();
    assert_eq!(rotate(&store, &second, None, Plan::Free).await.unwrap().value.name, "Web-3");
}

async fn two_creates_at_once_on_free_make_one_key(store: SharedStore) {
    for round in 0..5 {
        let shop = project(&store, &format!("Shop {round}")).await;
        let tasks = (0..4).map(|number| {
            let (store, record) = (store.clone(), record(&format!("key {number}")));
            tokio::spawn(async move { store.create_key(&ann(NOON), shop, &record, Plan::Free).await })
        });
        let mut made = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Ok(_) => made += 1,
                Err(StoreError::KeyLimitReached { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(made, 1);
    }
}

async fn rotate(store: &SharedStore, old: &Key, name: Option<&str>, plan: Plan) -> Result<Written<Key>> {
    let secret = Secret::generate(old.mode.kind()).expect("random bytes");
    let hash = secret.hash().expect("random bytes");
    store.rotate_key(&ann(at(10)), old.id, name, secret.hint(), &hash, plan).await
}
