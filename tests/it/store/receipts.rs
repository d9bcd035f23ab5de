//! Receipts that the database does not take at once.

use keydeck::wire::audit::EventQuery;
use sqlx::{AnyConnection, Connection as _};

use super::support::{NOON, ann, key, open, project};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_could_not_be_written_is_written_once_the_database_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = keydeck::store::sql::sqlite_url(&folder.path().join("keydeck.db"));
    let store = open(&url).await;
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", NOON).await.id;
    let mut other = AnyConnection::connect(&url).await.unwrap();
    let refuse = "create trigger full before insert on receipts begin select raise(abort, 'no room'); end";
    sqlx::raw_sql(refuse).execute(&mut other).await.unwrap();
    let revoked = store.revoke_key(&ann(NOON), web, None).await.unwrap();
    let receipt = store.confirm(&revoked.awaited).await;
    store.write_receipts().await.expect_err("the database does not take it");
    let kept = async || {
        let events = store.audit_events(&EventQuery::default(), NOON).await.unwrap().items;
        events[0].receipt.as_deref().cloned()
    };
    assert_eq!(kept().await, None);
    sqlx::raw_sql("drop trigger full").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    store.write_receipts().await.unwrap();
    assert_eq!(kept().await, Some(receipt));
}
