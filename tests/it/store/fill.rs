//! Databases that an older Keydeck has written: their events are found by words once they are opened.

use keydeck::store::SharedStore;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::wire::audit::{EventQuery, Verifier};
use sqlx::{AnyConnection, Connection as _};

use tracing::Level;

use super::support::{NOON, ann, at, key, open, project};
use crate::support::log::Log;

/// What an older Keydeck left: its tables, of the events of which nothing can be looked for.
const OLDER: &str = "drop table receipts; drop table usage_batches; drop table moving; drop table nodes; drop table cluster; alter table audit_head drop column schema; \
    drop table key_rotations; drop table reviews; drop table review_items; drop table key_networks; drop index \
    api_keys_reviewed; drop index api_keys_keep_until; drop index api_keys_refused; drop index api_keys_woke; drop index \
    api_keys_network; drop index api_keys_replacements; drop index api_keys_paused; drop index \
    api_keys_owner; drop index api_keys_by_idle; drop index api_keys_project_idle; alter table api_keys \
    drop column owner; alter table api_keys drop column owner_search; alter table api_keys drop column \
    purpose; alter table api_keys drop column reviewed_at; alter table api_keys drop column reviewed_by; \
    alter table api_keys drop column keep_until; alter table api_keys drop column paused_at; alter table \
    api_keys drop column paused_by; alter table api_keys drop column pause_reason; alter table api_keys \
    drop column refused_since_paused; alter table api_keys drop column refused_from; alter table \
    api_keys drop column first_used_at; alter table api_keys drop column woke_at; alter table api_keys \
    drop column woke_from; alter table api_keys drop column network_at; alter table api_keys drop column \
    network; \
    create index api_keys_by_idle on api_keys (status, idle_since, id); \
    create index api_keys_project_idle on api_keys (project_id, status, idle_since, id); \
    drop table once_closed; drop index once_key; drop table folding; alter table projects drop column search; drop table audit_search; \
                     alter table audit_head drop column searchable; \
                     delete from _sqlx_migrations where version >= 3";
/// What it left when it wrote beside a newer one, or when that was cut off.
const PART: &str =
    "delete from audit_search where seq > 700 and seq < 1100; update audit_head set searchable = 700";
const EVENTS: u64 = 1_203;

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_older_database_are_found_after_it_is_opened_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check(&sqlite_url(&folder.path().join("keydeck.db"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_older_database_are_found_after_it_is_opened_on_postgresql() {
    let Some(database) = crate::support::postgres::database("an older database").await else { return };
    check(&database.url).await;
    database.remove().await;
}

async fn check(url: &str) {
    let store = SqlStore::open(url, Options::default()).await.unwrap();
    let shared: SharedStore = store.clone();
    let shop = project(&shared, "Shop").await;
    let keys = [key(&shared, shop, "Old One", at(1)).await.id, key(&shared, shop, "Another", at(2)).await.id];
    shared.rename_key(&ann(at(3)), keys[0], "New Name").await.unwrap();
    for number in 4..EVENTS {
        shared.rename_key(&ann(at(number as i64)), keys[1], &format!("Another {number}")).await.unwrap();
    }
    shared.revoke_key(&ann(NOON), keys[0], Some("It Leaked")).await.unwrap();
    let before = (shared.audit_chain(0, 5_000).await.unwrap(), shared.audit_head().await.unwrap());
    assert_eq!(before.0.len() as u64, EVENTS + 1);
    store.close().await;
    for left in [OLDER, PART, "select 1"] {
        meddle(url, left).await;
        let store = SqlStore::open(url, Options::default()).await.unwrap();
        let shared: SharedStore = store.clone();
        let after = (shared.audit_chain(0, 5_000).await.unwrap(), shared.audit_head().await.unwrap());
        assert!(after == before, "{left}: no byte of the chain is another");
        let mut verifier = Verifier::default();
        for (body, hash) in &after.0 {
            verifier.take(body, hash).unwrap();
        }
        for (filter, expected) in [
            ("leaked", vec![1204]),
            ("key:\"old one\"", vec![4, 2]),
            ("key:\"new name\" action:created", vec![2]),
            ("\"Another 5\" action:renamed !key:\"another 5\"", vec![]),
            ("\"another 1050\" !\"another 1051\"", vec![1051]),
            ("action:project", vec![1]),
        ] {
            let query = EventQuery { filter: filter.into(), ..EventQuery::default() };
            let page = shared.audit_events(&query, NOON).await.unwrap();
            let found: Vec<u64> = page.items.iter().map(|event| event.seq).collect();
            assert_eq!(found, expected, "{left}: {filter}");
        }
        let query = EventQuery { filter: "another".into(), ..EventQuery::default() };
        assert_eq!(shared.audit_events(&query, NOON).await.unwrap().total, EVENTS - 3, "{left}");
        store.close().await;
    }
    // A damaged event is for the verifier to name: it is in nobody's way here.
    meddle(url, "update audit_events set body = 'x' where seq = 2").await;
    meddle(url, OLDER).await;
    let store = open(url).await;
    let query = EventQuery { filter: "leaked".into(), ..EventQuery::default() };
    assert_eq!(store.audit_events(&query, NOON).await.unwrap().total, 1);
    // Who looks for it is told of it, and not that there is nothing.
    meddle(url, "delete from audit_events where seq = 4").await;
    for filter in ["key:\"old one\"", "key:\"new name\" action:renamed"] {
        let query = EventQuery { filter: filter.into(), ..EventQuery::default() };
        let failure = store.audit_events(&query, NOON).await.unwrap_err();
        assert!(failure.to_string().contains("`keydeck audit verify`"), "{filter}: {failure}");
    }
}

#[tokio::test]
async fn a_long_fill_says_in_the_log_that_it_goes_on_how_far_it_is_and_when_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let opened = SqlStore::open(&url, Options::default()).await.unwrap();
    let shared: keydeck::store::SharedStore = opened.clone();
    let shop = project(&shared, "Shop").await;
    key(&shared, shop, "Web", at(1)).await;
    opened.close().await;
    let many = 21_000;
    let mut db = AnyConnection::connect(&url).await.unwrap();
    let more = "with recursive n (seq) as (select 3 union all select seq + 1 from n where seq < $1) \
                insert into audit_events select n.seq, e.at, e.actor, e.action, e.project_id, e.key_id, \
                replace(e.body, '\"seq\":2', '\"seq\":' || n.seq), '' from n join audit_events e on e.seq = 2";
    sqlx::query(more).bind(many).execute(&mut db).await.unwrap();
    sqlx::query("update audit_head set seq = $1").bind(many).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    meddle(&url, OLDER).await;

    let log = Log::default();
    let (_other, dispatch) = (log.dispatch(Level::INFO), log.dispatch(Level::INFO));
    let _here = tracing::dispatcher::set_default(&dispatch);
    let store = SqlStore::open(&url, Options::default()).await.unwrap();
    let told = log.text();
    let places = ["indexing the audit log for search", "entered=20000", "audit log indexed"]
        .map(|words| told.find(words));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{told}");
    store.close().await;
    // Where nothing is missing there is nothing to say.
    let before = log.text();
    SqlStore::open(&url, Options::default()).await.unwrap().close().await;
    assert_eq!(log.text(), before);
}

async fn meddle(url: &str, sql: &'static str) {
    let mut db = AnyConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}
