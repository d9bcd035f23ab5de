//! Lists of keys: order, filters, cursors.

use keydeck::store::{By, KeyUsage, NewKeyRecord, SharedStore, StoreError};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{Key, KeyQuery, Mode, StatusQuery};
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;

use crate::store::support::{NOON, ann, at, days_ago, key, project, record_of};

super::on_each_database!(
    keys_come_in_each_order_and_its_reverse,
    keys_come_by_creator_by_project_and_by_status,
    a_filter_names_what_it_looks_for,
    a_status_is_asked_for_or_filtered,
    a_handle_and_last_four_find_a_key,
    a_cursor_belongs_to_its_list,
    a_walk_gives_each_key_once_while_others_are_made,
    a_walk_gives_each_key_once_where_values_are_equal,
);

async fn keys_come_in_each_order_and_its_reverse(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let names = ["b", "A", "é", "C"];
    let mut keys = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        keys.push(key(&store, shop, name, days_ago(number as i64)).await);
    }
    store.record_usage(&[used(keys[1].id, at(5)), used(keys[3].id, at(1))], NOON).await.unwrap();
    for (sort, expected) in [("name", "A b C é"), ("created", "C é A b"), ("-lastUsed", "A C - -")] {
        let forward = walk(&store, query(sort), 2).await;
        let shown: Vec<&str> = match sort {
            "-lastUsed" => {
                forward.iter().map(|key| if key.last_used_at.is_some() { &*key.name } else { "-" }).collect()
            }
            _ => forward.iter().map(|key| &*key.name).collect(),
        };
        assert_eq!(shown.join(" "), expected);
        let reversed = match sort.strip_prefix('-') {
            Some(sort) => sort.to_owned(),
            None => format!("-{sort}"),
        };
        let mut backward = walk(&store, query(&reversed), 3).await;
        backward.reverse();
        assert_eq!(ids(&backward), ids(&forward), "{sort}: (value, id) turned round");
    }
}

async fn keys_come_by_creator_by_project_and_by_status(store: SharedStore) {
    let (shop, blog) = (project(&store, "shop").await, project(&store, "Blog").await);
    let mut made = Vec::new();
    for (number, (creator, project)) in [
        ("local:zoe", shop),
        ("token:ci", blog),
        ("local:ann", shop),
        ("local:Zoe", blog),
        ("token:ci", shop),
    ]
    .into_iter()
    .enumerate()
    {
        let by = By::new(creator, days_ago(10 - number as i64));
        let owner = [None, Some("Zoe"), Some("ann"), Some("Bén"), None][number];
        let record =
            NewKeyRecord { owner: owner.map(str::to_owned), ..record_of(&format!("k{number}"), Mode::Live) };
        made.push(store.create_key(&by, project, &record, Plan::Enterprise).await.unwrap().value);
    }
    store.pause_key(&ann(at(0)), made[0].id, None).await.unwrap();
    store.revoke_key(&ann(at(0)), made[3].id, None).await.unwrap();
    store.record_usage(&[used(made[1].id, at(5))], NOON).await.unwrap();
    let all = |sort: &str| KeyQuery { status: Some(StatusQuery::All), ..query(sort) };
    for (sort, expected) in [
        ("creator", "k3 k2 k0 k1 k4"),
        ("project", "k1 k3 k0 k2 k4"),
        // The longest idle first, then the paused and the revoked one.
        ("status", "k2 k4 k1 k0 k3"),
        // Who has no owner comes first; case and accents do not matter.
        ("owner", "k0 k4 k2 k3 k1"),
    ] {
        for limit in [1, 2, 5] {
            let names = |keys: &[Key]| keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>().join(" ");
            let forward = walk(&store, all(sort), limit).await;
            assert_eq!(names(&forward), expected, "{sort} {limit}");
            let mut backward = walk(&store, all(&format!("-{sort}")), limit).await;
            backward.reverse();
            assert_eq!(ids(&backward), ids(&forward), "{sort}: (value, id) turned round");
            let some = KeyQuery { filter: "!name=k4".into(), ..all(sort) };
            assert_eq!(
                names(&walk(&store, some, limit).await),
                expected.replace(" k4", ""),
                "{sort} {limit}"
            );
        }
    }
}

async fn a_filter_names_what_it_looks_for(store: SharedStore) {
    let shop = project(&store, "Web Shop").await;
    let blog = project(&store, "Blog").await;
    let front = key(&store, shop, "Front", days_ago(100)).await;
    let till = key(&store, shop, "100%_Till", days_ago(10)).await;
    let web = store
        .create_key(&ann(at(0)), blog, &record_of("web", Mode::Test), Plan::Enterprise)
        .await
        .unwrap()
        .value;
    store.record_usage(&[used(till.id, days_ago(1))], NOON).await.unwrap();
    for (filter, expected) in [
        ("web".to_owned(), vec![&front, &till, &web]),
        ("name:WEB".into(), vec![&web]),
        ("!name:web".into(), vec![&front, &till]),
        ("project:shop".into(), vec![&front, &till]),
        (format!("project:{blog}"), vec![&web]),
        ("by:LOCAL:A".into(), vec![&front, &till, &web]),
        ("by:front".into(), vec![]),
        ("name:ann".into(), vec![]),
        ("name:redir".into(), vec![]),
        (front.hint.to_string(), vec![&front]),
        (till.id.to_string(), vec![&till]),
        ("100%_".into(), vec![&till]),
        ("1%l".into(), vec![]),
        ("_ront".into(), vec![]),
        ("mode:test".into(), vec![&web]),
        ("used:never".into(), vec![&front, &web]),
        ("!used:never".into(), vec![&till]),
        ("used>1s".into(), vec![&till]),
        ("!used>1s".into(), vec![&front, &web]),
        ("used>1970-01-01".into(), vec![&till]),
        ("created>1970-01-01".into(), vec![&front, &till, &web]),
        ("created<1970-01-02".into(), vec![]),
        ("idle>90d".into(), vec![&front]),
        ("idle>100d".into(), vec![]),
        ("!idle>100d".into(), vec![&front, &till, &web]),
        ("idle<2d".into(), vec![&till, &web]),
        ("created>9d shop".into(), vec![&front, &till]),
        ("shop !created>99d".into(), vec![&till]),
        ("status:revoked".into(), vec![]),
    ] {
        let page = store.keys(&filtered(&filter), NOON, u64::MAX).await.unwrap();
        assert_eq!(ids(&page.items), expected.iter().map(|key| key.id).collect::<Vec<_>>(), "{filter}");
        assert_eq!((page.total, page.more), (expected.len() as u64, false), "{filter}");
    }
    let broken = store.keys(&filtered("web nope:x"), NOON, 0).await.unwrap_err();
    assert!(matches!(broken, StoreError::Filter(bad) if bad.column == 5));
    // A project's new name is found at once, and the old one no more.
    store.rename_project(&ann(NOON), shop, "Market").await.unwrap();
    assert_eq!(store.keys(&filtered("market"), NOON, 0).await.unwrap().total, 2);
    assert_eq!(store.keys(&filtered("shop"), NOON, 0).await.unwrap().total, 0);
}

async fn a_status_is_asked_for_or_filtered(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let active = key(&store, shop, "active", at(1)).await.id;
    let gone = key(&store, shop, "gone", at(2)).await.id;
    store.revoke_key(&ann(at(3)), gone, None).await.unwrap();
    for (status, filter, expected) in [
        (None, "", vec![active]),
        (Some(StatusQuery::Active), "", vec![active]),
        (Some(StatusQuery::Revoked), "", vec![gone]),
        (Some(StatusQuery::All), "", vec![active, gone]),
        (None, "status:revoked", vec![gone]),
        (None, "!status:revoked", vec![active]),
        (None, "status:revoked status:active", vec![]),
        (Some(StatusQuery::Active), "status:revoked", vec![]),
        (Some(StatusQuery::All), "shop", vec![active, gone]),
    ] {
        let query = KeyQuery { status, filter: filter.into(), ..KeyQuery::default() };
        let page = store.keys(&query, NOON, u64::MAX).await.unwrap();
        assert_eq!((ids(&page.items), page.total), (expected.clone(), expected.len() as u64), "{query:?}");
        let query = KeyQuery { project: Some(shop), ..query };
        assert_eq!(ids(&store.keys(&query, NOON, u64::MAX).await.unwrap().items), expected, "{query:?}");
    }
}

async fn a_handle_and_last_four_find_a_key(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    key(&store, shop, "other", at(1)).await;
    let made = key(&store, shop, "this", at(2)).await;
    let query = |handle: &str, last4: &str| KeyQuery {
        handle: Some(handle.into()),
        last4: Some(last4.into()),
        ..KeyQuery::default()
    };
    let found = store.keys(&query(made.hint.handle(), made.hint.last4()), NOON, 0).await.unwrap();
    assert_eq!((ids(&found.items), found.total), (vec![made.id], 1));
    for (handle, last4) in [(made.hint.last4(), made.hint.handle()), ("", ""), ("\0\0\0\0", "....")] {
        assert_eq!(store.keys(&query(handle, last4), NOON, 0).await.unwrap().total, 0);
    }
}

async fn a_cursor_belongs_to_its_list(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    for number in 0..4 {
        key(&store, shop, &format!("key {number}"), at(number)).await;
    }
    let first = KeyQuery { limit: Some(2), ..filtered("key") };
    let cursor = store.keys(&first, NOON, 0).await.unwrap().next;
    assert!(cursor.is_some());
    let next = KeyQuery { cursor: cursor.clone(), limit: Some(1000), ..first.clone() };
    assert_eq!(store.keys(&next, NOON, 0).await.unwrap().items.len(), 2, "another limit is fine");
    let stranger = |query: KeyQuery| KeyQuery { cursor: cursor.clone(), ..query };
    for query in [
        stranger(filtered("ke")),
        stranger(KeyQuery { project: Some(shop), ..first.clone() }),
        stranger(KeyQuery { status: Some(StatusQuery::All), ..first.clone() }),
        stranger(KeyQuery { sort: Some("-created".parse().unwrap()), ..first.clone() }),
        stranger(KeyQuery { sort: Some("name".parse().unwrap()), ..first.clone() }),
        stranger(KeyQuery { handle: Some("abcd".into()), ..first.clone() }),
        KeyQuery { cursor: Some("AAAA".into()), ..first.clone() },
        KeyQuery { cursor: Some("not base64!".into()), ..first.clone() },
    ] {
        let answer = store.keys(&query, NOON, 0).await;
        assert!(matches!(answer, Err(StoreError::Cursor)), "{query:?}: {answer:?}");
    }
}

async fn a_walk_gives_each_key_once_while_others_are_made(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut there = Vec::new();
    for number in 0..25 {
        there.push(key(&store, shop, &format!("old {number}"), at(number)).await.id);
    }
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..25 {
                let made = key(&store, shop, &format!("new {number}"), at(1000 + number)).await;
                store.record_usage(&[used(made.id, at(2000 + number))], NOON).await.unwrap();
            }
        })
    };
    let seen = walk(&store, query("created"), 3).await;
    writer.await.unwrap();
    let mut once = ids(&seen);
    once.sort();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "nothing twice");
    assert!(there.iter().all(|id| once.contains(id)), "nothing missing");
    assert_eq!(walk(&store, query("created"), 7).await.len(), 50);
}

async fn a_walk_gives_each_key_once_where_values_are_equal(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    for number in 0..9 {
        let made = key(&store, shop, &format!("key {number}"), NOON).await;
        if number % 2 == 0 {
            store.revoke_key(&ann(NOON), made.id, None).await.unwrap();
        }
    }
    for sort in ["created", "-created", "lastUsed", "-lastUsed"] {
        for filter in ["", "key"] {
            let all = KeyQuery { status: Some(StatusQuery::All), filter: filter.into(), ..query(sort) };
            let seen = ids(&walk(&store, all, 2).await);
            let mut sorted = seen.clone();
            sorted.sort();
            if sort.starts_with('-') {
                sorted.reverse();
            }
            assert_eq!((seen.len(), &seen), (9, &sorted), "{sort} {filter}");
        }
    }
}

async fn walk(store: &SharedStore, mut query: KeyQuery, limit: u32) -> Vec<Key> {
    query.limit = Some(limit);
    let mut seen = Vec::new();
    loop {
        let page = store.keys(&query, NOON, u64::MAX).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        seen.extend(page.items);
        query.cursor = page.next;
        if query.cursor.is_none() {
            return seen;
        }
    }
}

fn query(sort: &str) -> KeyQuery {
    KeyQuery { sort: Some(sort.parse().unwrap()), ..KeyQuery::default() }
}

fn filtered(filter: &str) -> KeyQuery {
    KeyQuery { filter: filter.into(), ..KeyQuery::default() }
}

fn ids(keys: &[Key]) -> Vec<KeyId> {
    keys.iter().map(|key| key.id).collect()
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
