//! Writes that are done once, however often they are asked for.

use keydeck::store::{By, Once, SharedStore, StoreError};
use keydeck::wire::idempotency::{CreatedKind, CreatedWith};
use keydeck::wire::session::Plan;
use keydeck::wire::time::DAY_MS;
use keydeck::wire::tokens::Role;

use crate::store::support::{ann, at, project, record, token_secret};

/// Whose keys they are.
const SCOPE: &str = "local:ann";

super::on_each_database!(
    a_repeat_is_told_what_was_made,
    many_at_once_make_one,
    a_day_later_it_is_forgotten,
    who_closes_a_key_learns_what_was_created_with_it,
    a_closed_key_creates_nothing_for_thirty_days,
    of_a_create_and_a_close_at_once_one_decides,
);

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

async fn who_closes_a_key_learns_what_was_created_with_it(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = store.create_key(&once("k", "a", 1), shop, &record("Web"), Plan::Pro).await.unwrap().value;
    let secret = token_secret();
    let (hint, hash) = (secret.hint(), secret.hash().unwrap());
    let ci = store.create_token(&once("t", "a", 2), "ci", Role::Member, hint, &hash).await.unwrap().value;
    let head = store.rename_key(&ann(at(3)), web.id, "Site").await.unwrap().head;
    // Long after a repeat would be answered, and as often as it is asked.
    for day in [0, 2, 29] {
        let closed = store.close_idempotency_key(&ann(at(day * DAY_MS)), SCOPE, "k").await.unwrap();
        let (id, name) = (web.id.to_string(), "Site".to_owned());
        let created = CreatedWith { kind: CreatedKind::Key, id, name, project: Some(shop), at: at(1) };
        assert_eq!((closed.value, &closed.head), (Some(created), &head), "day {day}; and no event of it");
    }
    let closed = store.close_idempotency_key(&ann(at(4)), SCOPE, "t").await.unwrap();
    let (id, name) = (ci.id.to_string(), "ci".to_owned());
    let created = CreatedWith { kind: CreatedKind::Token, id, name, project: None, at: at(2) };
    assert_eq!(closed.value, Some(created));
    // Somebody else's key of the same text is another key.
    let theirs = store.close_idempotency_key(&ann(at(5)), "local:bob", "t").await.unwrap();
    assert_eq!(theirs.value, None);
    assert_eq!(store.audit_head().await.unwrap(), head);
    // The next write goes on where the log was.
    let next = store.rename_key(&ann(at(6)), web.id, "Web").await.unwrap();
    assert_eq!(next.revision, head.seq + 1);
    // After thirty days nobody knows any more.
    let late = store.close_idempotency_key(&ann(at(30 * DAY_MS + 2)), SCOPE, "t").await.unwrap();
    assert_eq!(late.value, None);
}

async fn a_closed_key_creates_nothing_for_thirty_days(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let create = async |key: &str, name: &str, ms| {
        store.create_key(&once(key, "a", ms), shop, &record(name), Plan::Pro).await.map(|made| made.value)
    };
    let used = create("used", "Web", 0).await.unwrap();
    let closes = async |key: &str, ms| {
        let closed = store.close_idempotency_key(&ann(at(ms)), SCOPE, key).await.unwrap();
        closed.value.map(|created| created.id)
    };
    assert_eq!((closes("used", 1).await, closes("free", 1).await), (Some(used.id.to_string()), None));
    let head = store.audit_head().await.unwrap();
    for ms in [2, DAY_MS, 30 * DAY_MS] {
        for key in ["used", "free"] {
            let late = create(key, "App", ms).await;
            if (key, ms) == ("used", 2) {
                assert!(matches!(late, Err(StoreError::Repeated(_))), "a repeat within a day: {late:?}");
                continue;
            }
            assert!(matches!(late, Err(StoreError::IdempotencyClosed)), "{key} {ms}: {late:?}");
        }
    }
    let secret = token_secret();
    let (hint, hash) = (secret.hint(), secret.hash().unwrap());
    let token = store.create_token(&once("free", "b", 3), "ci", Role::Admin, hint, &hash).await;
    assert!(matches!(token, Err(StoreError::IdempotencyClosed)), "on each route: {token:?}");
    let old = record("next");
    let rotated =
        store.rotate_key(&once("free", "c", 3), used.id, None, old.hint, &old.hash, Plan::Pro).await;
    assert!(matches!(rotated, Err(StoreError::IdempotencyClosed)), "{rotated:?}");
    assert_eq!(store.audit_head().await.unwrap(), head, "nothing was created");
    // Nobody else's key was closed.
    let bobs = Once { scope: "local:bob".into(), ..once("free", "a", 4).once.unwrap() };
    let by = By { once: Some(bobs), ..ann(at(4)) };
    store.create_key(&by, shop, &record("Bob's"), Plan::Pro).await.unwrap();
    create("free", "App", 30 * DAY_MS + 1).await.unwrap();
}

async fn of_a_create_and_a_close_at_once_one_decides(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    for round in 0..20 {
        let (key, name) = (format!("k{round}"), format!("key {round}"));
        let (creating, by) = (store.clone(), once(&key, "a", 1));
        let create =
            tokio::spawn(async move { creating.create_key(&by, shop, &record(&name), Plan::Pro).await });
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        let closing = store.clone();
        let close =
            tokio::spawn(async move { closing.close_idempotency_key(&ann(at(1)), SCOPE, &key).await });
        let (created, closed) = (create.await.unwrap(), close.await.unwrap().unwrap().value);
        match (created, closed) {
            (Ok(created), Some(known)) => assert_eq!(created.value.id.to_string(), known.id),
            (Err(StoreError::IdempotencyClosed), None) => {}
            other => panic!("round {round}: {other:?}"),
        }
    }
}

fn once(key: &str, fingerprint: &str, ms: i64) -> By {
    let [scope, route, key, fingerprint] = [SCOPE, "POST /", key, fingerprint].map(str::to_owned);
    By { once: Some(Once { scope, route, key, fingerprint }), ..ann(at(ms)) }
}
