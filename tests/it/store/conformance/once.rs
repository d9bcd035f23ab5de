//! Writes that are done once, however often they are asked for.

use keydeck::store::{By, Once, SharedStore, StoreError};
use keydeck::wire::session::Plan;
use keydeck::wire::time::DAY_MS;

use crate::store::support::{ann, at, project, record};

super::on_each_database!(a_repeat_is_told_what_was_made, many_at_once_make_one, a_day_later_it_is_forgotten);

async fn a_repeat_is_told_what_was_made(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = store.create_key(&once("k", "a", 1), shop, &record("Web"), Plan::Free).await.unwrap();
    let id = made.value.id.to_string();
    let again = store.create_key(&once("k", "a", 2), shop, &record("Web"), Plan::Free).await;
    assert!(matches!(again, Err(StoreError::Repeated(made)) if made == id));
    let other = store.create_key(&once("k", "b", 3), shop, &record("Web"), Plan::Free).await;
    assert!(matches!(other, Err(StoreError::IdempotencyMismatch)));
    assert_eq!(store.audit_head().await.unwrap(), made.head);
    // A refused write uses no key up.
    let refused = store.create_key(&once("k2", "a", 4), shop, &record("Web"), Plan::Pro).await;
    assert!(matches!(refused, Err(StoreError::NameTaken { .. })));
    store.create_key(&once("k2", "b", 5), shop, &record("App"), Plan::Pro).await.unwrap();
}

async fn many_at_once_make_one(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let tasks = (0..20).map(|number| {
        let store = store.clone();
        let by = once("k", "a", 1);
        tokio::spawn(async move {
            store.create_key(&by, shop, &record(&format!("key {number}")), Plan::Pro).await
        })
    });
    let mut made = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            Err(StoreError::Repeated(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(made, 1);
}

async fn a_day_later_it_is_forgotten(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    store.create_key(&once("k", "a", 0), shop, &record("one"), Plan::Pro).await.unwrap();
    let still = store.create_key(&once("k", "a", DAY_MS - 1), shop, &record("two"), Plan::Pro).await;
    assert!(matches!(still, Err(StoreError::Repeated(_))));
    store.create_key(&once("k", "a", DAY_MS), shop, &record("two"), Plan::Pro).await.unwrap();
}

fn once(key: &str, fingerprint: &str, ms: i64) -> By {
    let [scope, route, key, fingerprint] = ["local:ann", "POST /", key, fingerprint].map(str::to_owned);
    By { once: Some(Once { scope, route, key, fingerprint }), ..ann(at(ms)) }
}
