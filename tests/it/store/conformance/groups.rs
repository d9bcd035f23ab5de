//! Keys counted by creator, project, state and owner.

use keydeck::store::{By, KeyUsage, NewKeyRecord, SharedStore, StoreError};
use keydeck::wire::filter::AsOf;
use keydeck::wire::id::ProjectId;
use keydeck::wire::key_groups::{GroupBy, KeyGroupQuery, KeyGroups};
use keydeck::wire::keys::{Key, KeyQuery, StatusQuery};
use keydeck::wire::page::MAX_LIMIT;
use keydeck::wire::session::Plan;

use crate::store::support::{NOON, ann, days_ago, project, record};

super::on_each_database!(
    groups_count_every_key_that_the_filter_matches,
    the_term_of_a_group_lists_its_keys_and_no_others,
    the_largest_groups_come_first_and_the_sums_cover_all,
    groups_of_an_impossible_filter_are_none_and_of_a_wrong_one_an_error,
);

async fn groups_count_every_key_that_the_filter_matches(store: SharedStore) {
    let keys = many(&store).await;
    for filter in
        ["", "key", "idle>90d", "used:never", "status:revoked", "by:dana", "by=token:ci", "!by=token:ci"]
    {
        for status in [StatusQuery::Active, StatusQuery::All] {
            for by in GroupBy::ALL {
                let listed = list(&store, filter, Some(status)).await;
                let expected = KeyGroups::of(&listed, by, AsOf::from(NOON));
                let asked = KeyGroupQuery {
                    by,
                    filter: filter.into(),
                    status: Some(status),
                    limit: Some(MAX_LIMIT),
                    ..KeyGroupQuery::default()
                };
                assert_eq!(
                    store.key_groups(&asked, NOON).await.unwrap(),
                    expected,
                    "{filter} {status:?} {by:?}"
                );
            }
        }
    }
    let shop = keys[0].project_id;
    let of_shop = KeyGroupQuery { project: Some(shop), ..KeyGroupQuery::default() };
    let groups = store.key_groups(&of_shop, NOON).await.unwrap();
    let shop_keys = list(&store, "", None).await.into_iter().filter(|key| key.project_id == shop).count();
    assert_eq!(groups.keys, shop_keys as u64, "of one project");
}

async fn the_term_of_a_group_lists_its_keys_and_no_others(store: SharedStore) {
    many(&store).await;
    for by in GroupBy::ALL {
        let asked = KeyGroupQuery { by, status: Some(StatusQuery::All), ..KeyGroupQuery::default() };
        let groups = store.key_groups(&asked, NOON).await.unwrap();
        assert!(groups.items.len() > 2, "{by:?}");
        for group in &groups.items {
            let keys = list(&store, &groups.term(group, by), Some(StatusQuery::All)).await;
            assert_eq!(keys.len() as u64, group.keys, "{}", groups.term(group, by));
            let counted = KeyGroups::of(&keys, by, AsOf::from(NOON));
            assert_eq!(counted.items, std::slice::from_ref(group));
        }
    }
}

async fn the_largest_groups_come_first_and_the_sums_cover_all(store: SharedStore) {
    many(&store).await;
    let asked = KeyGroupQuery { limit: Some(1), ..KeyGroupQuery::default() };
    let groups = store.key_groups(&asked, NOON).await.unwrap();
    assert_eq!(groups.items.len(), 1);
    assert_eq!((&*groups.items[0].group, groups.items[0].keys), ("token:ci", 6));
    assert_eq!((groups.total, groups.keys), (4, 11));
}

async fn groups_of_an_impossible_filter_are_none_and_of_a_wrong_one_an_error(store: SharedStore) {
    many(&store).await;
    let of = |filter: &str| KeyGroupQuery { filter: filter.into(), ..KeyGroupQuery::default() };
    let none = KeyGroups::default();
    assert_eq!(store.key_groups(&of("status:revoked !status:revoked"), NOON).await.unwrap(), none);
    assert_eq!(store.key_groups(&of("nothing-has-this-name"), NOON).await.unwrap(), none);
    let wrong = store.key_groups(&of("nope:x"), NOON).await.unwrap_err();
    assert!(matches!(wrong, StoreError::Filter(_)));
}

/// Keys of three creators whose names hold each other, in two projects of one name, in every state.
async fn many(store: &SharedStore) -> Vec<Key> {
    let old = project(store, "Shop \"2\"").await;
    let mut keys = Vec::new();
    keys.push(make(store, old, "token:old", 200).await);
    store.archive_project(&ann(NOON), old, true).await.unwrap();
    let shop = project(store, "Shop \"2\"").await;
    let blog = project(store, "blog").await;
    for (creator, project, age) in [
        ("token:ci", shop, 200),
        ("token:ci", shop, 100),
        ("token:ci", shop, 40),
        ("token:ci", blog, 90),
        ("token:ci", blog, 30),
        ("token:ci", blog, 1),
        ("token:ci-bot", blog, 95),
        ("token:ci-bot", shop, 2),
        ("local:dana o\"hara", shop, 300),
        ("local:dana o\"hara", blog, 20),
        ("token:CI", blog, 91),
    ] {
        keys.push(make(store, project, creator, age).await);
    }
    let used = [(2, 1), (3, 35), (7, 92), (10, 3)].map(|(at, days)| KeyUsage {
        key: keys[at].id,
        last_used: Some((days_ago(days), "192.0.2.1".parse().unwrap())),
        refusals: Vec::new(),
        days: vec![],
        callers: vec![],
        others: None,
    });
    store.record_usage(&used, NOON).await.unwrap();
    keys.remove(0);
    let dead = make(store, shop, "token:ci-bot", 400).await;
    store.revoke_key(&ann(NOON), dead.id, None).await.unwrap();
    keys
}

async fn make(store: &SharedStore, project: ProjectId, creator: &str, age: i64) -> Key {
    let by = By::new(creator, days_ago(age));
    let name = format!("key {creator} {age}");
    let owner = ["", "ann", "ann lee", "dana o\"hara"][age as usize % 4];
    let owner = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
    let record = NewKeyRecord { owner, ..record(&name) };
    store.create_key(&by, project, &record, Plan::Enterprise).await.expect("a key").value
}

async fn list(store: &SharedStore, filter: &str, status: Option<StatusQuery>) -> Vec<Key> {
    let query = KeyQuery { filter: filter.into(), status, limit: Some(MAX_LIMIT), ..KeyQuery::default() };
    store.keys(&query, NOON, u64::MAX).await.expect("keys").items
}
