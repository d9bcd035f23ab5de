//! Keys.

use keydeck::store::{SharedStore, StoreError};
use keydeck::wire::keys::{KeyQuery, Status, StatusQuery};

use crate::store::support::{NOON, ann, at, key, project, record};

super::on_each_database!(a_key_is_made_shown_and_revoked_once);

async fn a_key_is_made_shown_and_revoked_once(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", at(1)).await;
    assert_eq!(made.status, Status::Active);
    assert_eq!(store.key(made.id, NOON, u64::MAX).await.unwrap(), made);

    let first = store.revoke_key(&ann(at(2)), made.id, Some("leaked")).await.unwrap();
    assert_eq!(first.value.status, Status::Revoked);
    assert_eq!(first.value.revoked_at, Some(at(2)));
    assert_eq!(first.value.revoked_by.as_deref(), Some("local:ann"));
    assert_eq!(first.value.revoke_reason.as_deref(), Some("leaked"));
    assert_eq!(first.revision, 3);
    let again = store.revoke_key(&ann(at(3)), made.id, Some("other")).await.unwrap();
    assert_eq!((&again.value, again.revision), (&first.value, first.revision));
    assert_eq!(again.head, first.head);
    assert_eq!(store.audit_head().await.unwrap(), first.head);

    let active = store.keys(&KeyQuery::default(), NOON, u64::MAX).await.unwrap();
    assert!(active.items.is_empty() && active.total == 0);
    let all = KeyQuery { status: Some(StatusQuery::All), filter: "web shop".into(), ..KeyQuery::default() };
    let all = store.keys(&all, NOON, u64::MAX).await.unwrap();
    assert_eq!((all.items, all.total, all.more, all.next), (vec![first.value], 1, false, None));
    assert!(matches!(store.rename_key(&ann(NOON), made.id, "x").await, Err(StoreError::KeyRevoked)));
    // A revoked key's name is free again.
    store.create_key(&ann(NOON), shop, &record("WEB"), Default::default()).await.unwrap();
}
