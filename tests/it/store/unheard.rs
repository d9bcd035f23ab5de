//! A commit that nobody heard of: whoever follows the store must be told to ask.

use keydeck::store::{SharedStore, StoreError};
use keydeck::wire::id::ProjectId;

use super::support::{NOON, ann, file_store, open};
use crate::support::postgres;

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_sqlite_file_is_told_all() {
    let (store, _folder) = file_store().await;
    assert!(store.tells_all());
    let made = store.create_project(&ann(NOON), "Shop").await.unwrap();
    assert!(store.tells_all());
    assert_eq!(store.changes().newest(), made.revision);
    assert!(matches!(store.create_project(&ann(NOON), "Shop").await, Err(StoreError::NameTaken { .. })));
    assert!(store.tells_all(), "what was refused was no commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_database_of_many_processes_has_to_ask() {
    let Some(database) = postgres::database("has_to_ask").await else { return };
    assert!(!open(&database.url).await.tells_all());
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_given_up_is_never_taken_for_told() {
    let (store, _folder) = file_store().await;
    let mut given_up = 0;
    for turn in 0..20_000 {
        let name = format!("project {turn}");
        let by = ann(NOON);
        let finished = tokio::select! {
            biased;
            made = store.create_project(&by, &name) => made.is_ok(),
            () = yields(turn % 400) => false,
        };
        given_up += u32::from(!finished);
        settled(&store).await;
        if !store.tells_all() {
            return;
        }
        assert_eq!(store.audit_head().await.unwrap().seq, store.changes().newest(), "after turn {turn}");
    }
    panic!("of {given_up} writes that were given up none was at its commit");
}

/// Gives way so many times.
async fn yields(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// Waits until the writer has finished what was given up: it does one thing after the other.
async fn settled(store: &SharedStore) {
    let nobody = ProjectId::from_number(1);
    let refused = store.rename_project(&ann(NOON), nobody, "nobody").await;
    assert!(matches!(refused, Err(StoreError::NotFound(_))), "{refused:?}");
}
