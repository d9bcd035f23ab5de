//! Who changes the audit log in the file is found out, and the event is named.

use keydeck::store::SharedStore;
use keydeck::wire::audit::{BrokenChain, Head, Verifier};
use sqlx::{AnyConnection, Connection as _};

use super::support::{NOON, ann, at, key, open, project};

#[tokio::test]
async fn an_edited_event_is_named() {
    let broken = after("update audit_events set body = replace(body, 'key 2', 'key 9') where seq = 4").await;
    assert_eq!(broken.unwrap_err().to_string(), "audit event 4: its hash does not match: it was edited");
}

#[tokio::test]
async fn an_edited_event_with_a_hash_made_to_fit_is_named_by_the_next() {
    let forged = "update audit_events set hash = (select hash from audit_events where seq = 2) where seq = 4";
    assert_eq!(after(forged).await.unwrap_err().seq, 4);
}

#[tokio::test]
async fn a_removed_event_is_named() {
    let broken = after("delete from audit_events where seq = 3").await;
    assert_eq!(broken.unwrap_err().to_string(), "audit event 3: it is missing");
}

#[tokio::test]
async fn reordered_events_are_named() {
    let swapped = "update audit_events set seq = case seq when 3 then 1004 else 1003 end where seq in (3, 4); \
                   update audit_events set seq = seq - 1000 where seq > 1000";
    assert_eq!(after(swapped).await.unwrap_err().seq, 3);
}

#[tokio::test]
async fn the_newest_event_cannot_go_unnoticed_by_who_kept_the_head() {
    let (rest, kept) =
        after("delete from audit_events where seq = 6; update audit_head set seq = 5").await.unwrap();
    assert_eq!(rest.seq, 5, "the rest of the chain holds by itself");
    assert!(rest.seq < kept.seq, "but the kept head is not in it");
}

#[tokio::test]
async fn an_untouched_chain_holds() {
    let (head, kept) = after("select 1").await.unwrap();
    assert_eq!(head, kept);
}

/// Writes six events, lets somebody at the file, and walks the chain as it is then. Gives its head, and the
/// head that the last answer carried.
async fn after(meddling: &'static str) -> Result<(Head, Head), BrokenChain> {
    let folder = tempfile::tempdir().unwrap();
    let url = keydeck::store::sql::sqlite_url(&folder.path().join("keydeck.db"));
    let store = open(&url).await;
    let shop = project(&store, "Shop").await;
    for number in 0..4 {
        key(&store, shop, &format!("key {number}"), at(number)).await;
    }
    let kept = store.rename_project(&ann(NOON), shop, "Store").await.unwrap().head;
    assert_eq!(walk(&store).await.unwrap(), kept);
    let mut db = AnyConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(meddling).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    Ok((walk(&store).await?, kept))
}

/// In small parts, as a verifier does over a connection.
async fn walk(store: &SharedStore) -> Result<Head, BrokenChain> {
    let mut verifier = Verifier::default();
    loop {
        // By the number of events taken: a missing one must not be skipped.
        let part = store.audit_chain(verifier.head().seq, 2).await.unwrap();
        if part.is_empty() {
            return Ok(verifier.head().clone());
        }
        for (body, hash) in part {
            verifier.take(&body, &hash)?;
        }
    }
}
