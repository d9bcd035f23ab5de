//! A database as the last version without owners, pauses and reviews wrote it: it opens, and nothing of it is lost.

use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{SharedStore, StoreError};
use keydeck::wire::audit::{Head, Verifier};
use keydeck::wire::keys::{Key, KeyQuery, PROJECT_DELETED, Status, StatusQuery};
use keydeck::wire::page::PageQuery;
use keydeck::wire::reviews::{NewReview, Scope};
use keydeck::wire::time::Timestamp;

use super::refold::sqlite_from;
use super::support::ann;

/// 2026-11-30, a day after it was written.
const NOW: Timestamp = Timestamp::from_millis(1_796_054_400_000);
/// The head that the older program printed.
const HEAD: &str = "12:faeac64e686c2ca9cfbf865e9c6075d7c4b8d8329b251f4f59ed13f2490da7a2";

#[tokio::test]
async fn a_database_of_the_version_before_reviews_opens_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let before = sqlite_from(&path, include_str!("before_reviews.sql")).await;
    let sql = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
    let store: SharedStore = sql.clone();

    assert_eq!(store.audit_head().await.unwrap().to_string(), HEAD);
    let mut verifier = Verifier::default();
    for (body, hash) in store.audit_chain(0, 100).await.unwrap() {
        verifier.take(&body, &hash).unwrap();
    }
    assert_eq!(*verifier.head(), HEAD.parse::<Head>().unwrap(), "the chain holds");

    let query = KeyQuery { status: Some(StatusQuery::All), ..KeyQuery::default() };
    let mut keys = store.keys(&query, NOW, u64::MAX).await.unwrap().items;
    keys.sort_by_key(|key| key.id);
    let now: Vec<(String, String, i64, i64)> = keys
        .iter()
        .map(|key| {
            let time = |at: Option<Timestamp>| at.map_or(0, Timestamp::millis);
            (key.id.to_string(), key.name.clone(), time(key.revoked_at), time(key.last_used_at))
        })
        .collect();
    assert_eq!(now, before);
    let named = |name: &str| -> &Key { keys.iter().find(|key| key.name == name).expect(name) };
    let leaked = named("leaked");
    assert_eq!((leaked.status, leaked.refused_since_revoked), (Status::Revoked, 1));
    assert_eq!(leaked.revoke_reason.as_deref(), Some("in a public repository"));
    assert_eq!(named("web-2").rotated_from, Some(named("web").id));
    for key in &keys {
        let nothing = (&key.owner, &key.purpose, &key.paused_at, &key.reviewed_at, &key.keep_until);
        assert_eq!(nothing, (&None, &None, &None, &None, &None), "{}", key.name);
    }
    let codes = |name: &str| -> Vec<&str> {
        named(name).findings.iter().map(|finding| finding.code.as_str()).collect()
    };
    assert_eq!(codes("web"), ["noOwner"], "old keys have no owner, and that is a finding");
    assert_eq!(codes("leaked"), ["refused"], "it was tried yesterday");
    assert_eq!(store.key_callers(named("web").id).await.unwrap()[0].address, "127.0.0.1");
    assert_eq!(store.tokens(&PageQuery::default()).await.unwrap().items[0].name, "reader");
    let shop = named("web").project_id;
    assert_eq!(store.deployed(shop, 1).await.unwrap().rules[0].source, "/a");

    // What is new works on old keys.
    let by = ann(NOW);
    store.pause_key(&by, named("forgotten").id, None).await.unwrap();
    store.start_rotation(&by, named("web").id, None).await.unwrap();
    let new = NewReview { name: "first".into(), scope: Scope::default(), due_at: None };
    let review = store.start_review(&by, &new).await.unwrap().value;
    assert_eq!((review.population.keys, review.population.in_scope), (5, 4));
    store.archive_project(&by, shop, true).await.unwrap();
    let gone = store.key(named("web").id, NOW, u64::MAX).await.unwrap();
    assert_eq!(gone.revoke_reason.as_deref(), Some(PROJECT_DELETED));
    sql.close().await;
    let again = SqlStore::open(&sqlite_url(&path), Options::default()).await;
    assert!(!matches!(again, Err(StoreError::Corrupt(_))), "it opens again");
}
