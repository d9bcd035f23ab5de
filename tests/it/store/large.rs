//! Lists of more keys than are counted, where both plans of the store are used: they give the same keys in
//! the same order as the rows sorted here.

use keydeck::store::SharedStore;
use keydeck::wire::filter::Filter;
use keydeck::wire::findings::Severity;
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{Key, KeyQuery, Sort, SortBy, Status, StatusQuery};
use keydeck::wire::text::{fold, fold_search};
use keydeck::wire::time::Timestamp;
use sqlx::{AnyConnection, Connection as _};

use super::support::{NOON, open, project};

const KEYS: usize = 12_000;

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_come_whole_and_in_order_from_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check(&keydeck::store::sql::sqlite_url(&folder.path().join("keydeck.db"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_come_whole_and_in_order_from_postgresql() {
    let Some(database) = crate::support::postgres::database("a large list").await else { return };
    check(&database.url).await;
    database.remove().await;
}

async fn check(url: &str) {
    let store = open(url).await;
    let shop = project(&store, "Shop").await;
    let other = project(&store, "Other").await;
    fill(url, [shop, other]).await;
    let all = KeyQuery { status: Some(StatusQuery::All), limit: Some(1000), ..KeyQuery::default() };
    let keys = pages(&store, all, usize::MAX).await.0;
    assert_eq!(keys.len(), KEYS);
    for filter in [
        "",
        "mobile",
        "other",
        "\"key 104\"",
        "idle>90d",
        "idle<90d",
        "!idle<90d",
        "used:never",
        "!used:never",
        "created>200d",
        "created<10d",
        "web idle>200d",
        "status:revoked",
        "!status:revoked mobile",
        "mode:test",
        "status:stale",
        "!status:stale",
        "status:idle web",
        "status:\"in use\"",
        "status:unused !status:idle",
        "status:paused",
        "status:revoked,stale",
        "used:never,<30d mode:test,live",
        "project:shop,other name:web,mobile",
    ] {
        for (number, sort) in [
            "name",
            "-created",
            "lastUsed",
            "-lastUsed",
            "idle",
            "-idle",
            "creator",
            "owner",
            "-project",
            "status",
            "findings",
            "-findings",
        ]
        .into_iter()
        .enumerate()
        {
            let query = KeyQuery {
                filter: filter.into(),
                sort: Some(sort.parse().unwrap()),
                project: (number % 2 == filter.len() % 2).then_some(other),
                limit: Some(300),
                ..KeyQuery::default()
            };
            let expected = here(&keys, &query);
            let (found, total, more) = pages(&store, query.clone(), 2).await;
            let found: Vec<KeyId> = found.iter().map(|key| key.id).collect();
            assert!(found == expected[..expected.len().min(600)], "{query:?}");
            assert_eq!(total, expected.len().min(10_000) as u64, "{query:?}");
            assert_eq!(more, expected.len() > 10_000, "{query:?}");
        }
    }
}

/// What the query asks for, from rows in memory.
fn here(keys: &[Key], query: &KeyQuery) -> Vec<KeyId> {
    let filter = Filter::parse(&query.filter).unwrap();
    let Sort { by, descending } = query.sort.unwrap();
    let mut keys: Vec<&Key> = keys
        .iter()
        .filter(|key| filter.matches(key, NOON) && query.project.is_none_or(|id| key.project_id == id))
        .filter(|key| filter.names_status() || key.status == Status::Active)
        .collect();
    keys.sort_by_key(|key| match by {
        SortBy::Name => (fold(&key.name), 0, key.id),
        SortBy::Created | SortBy::Keys => (String::new(), key.created_at.millis(), key.id),
        SortBy::LastUsed => (String::new(), key.last_used_at.map_or(0, Timestamp::millis), key.id),
        SortBy::Idle => (String::new(), key.idle_since().millis(), key.id),
        SortBy::Findings => {
            let severities = [Some(Severity::High), Some(Severity::Medium), Some(Severity::Low), None];
            let rank = severities.iter().position(|severity| *severity == key.severity()).unwrap();
            (rank.to_string(), key.idle_since().millis(), key.id)
        }
        SortBy::Creator => (key.created_by.to_string(), 0, key.id),
        SortBy::Project => (fold(&key.project_name), 0, key.id),
        SortBy::Owner => (key.owner.as_deref().map(fold_search).unwrap_or_default(), 0, key.id),
        SortBy::Status => (key.status.place().to_string(), key.idle_since().millis(), key.id),
    });
    // The longest idle time is the earliest time.
    if descending != (by == SortBy::Idle) {
        keys.reverse();
    }
    keys.iter().map(|key| key.id).collect()
}

async fn pages(store: &SharedStore, mut query: KeyQuery, most: usize) -> (Vec<Key>, u64, bool) {
    let mut keys = Vec::new();
    let mut seen = 0;
    loop {
        let page = store.keys(&query, NOON, u64::MAX).await.unwrap();
        keys.extend(page.items);
        query.cursor = page.next;
        seen += 1;
        if query.cursor.is_none() || seen == most {
            return (keys, page.total, page.more);
        }
    }
}

/// Rows as the store writes them, made by the database: a twentieth revoked, a tenth never used.
async fn fill(url: &str, projects: [keydeck::wire::id::ProjectId; 2]) {
    const ROWS: &str = "with recursive n (i) as (select 0 union all select i + 1 from n where i < 11999), \
        a as (select i, case i % 4 when 0 then 'Mobile' when 1 then 'Web' when 2 then 'Batch' else 'Edge' end \
        || ' key ' || cast(100000 + i * 7919 % 12000 as text) as name, cast(100000 + i as text) as number, \
        $1 - (i * 31 % 400) * cast(86400000 as bigint) as created from n), \
        b as (select i, name, number, created, case when i % 10 = 0 then 0 else \
        $1 - (i * 7919 % 300) * cast(86400000 as bigint) end as used from a) \
        insert into api_keys (id, project_id, name, folded, mode, handle, last4, algorithm, salt, digest, \
        status, created_at, created_by, last_used_at, last_used_from, idle_since, revoked_at, revoked_by, \
        revoke_reason, changed_seq, rotated_from, refused_since_revoked, last_refused_at, search) \
        select 'key_00000000000000000000' || number, case when i % 9 = 0 then $3 else $2 end, name, lower(name), \
        case when i % 7 = 0 then 1 else 0 end, '7kf2', 'x9m1', 1, $4, $5, case when i % 20 = 0 then 1 else 0 end, \
        created, 'local:ann', used, '', case when used = 0 then created else used end, 0, '', '', 1, '', 0, 0, \
        lower(name) || $6 || case when i % 7 = 0 then 'redir_test_' else 'redir_live_' end || \
        '7kf2****...****x9m1' || $7 || 'key_00000000000000000000' || number from b";
    let mut db = AnyConnection::connect(url).await.unwrap();
    sqlx::query(ROWS)
        .bind(NOON.millis())
        .bind(projects[0].to_string())
        .bind(projects[1].to_string())
        .bind(vec![7u8; 16])
        .bind(vec![9u8; 32])
        .bind("\nlocal:ann\n")
        .bind("\n")
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
}
