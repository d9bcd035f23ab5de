//! A disk that is full or read-only: nothing is lost, and it goes on when there is space again.

use keydeck::secret::{Hash, MaskedKey};
use keydeck::store::changes::Need;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{
    Audit as _, BatchId, BulkRevoke, KeyUsage, Keys as _, Projects as _, StoreError, Tokens as _, Usage as _,
};
use keydeck::wire::audit::Verifier;
use keydeck::wire::id::NodeId;
use keydeck::wire::keys::KeyQuery;
use keydeck::wire::projects::ProjectQuery;
use keydeck::wire::session::Plan;
use keydeck::wire::tokens::Role;

use super::support::{NOON, ann, record};
use crate::support::disk::{Disk, fill, mount};

#[tokio::test]
async fn a_full_disk_loses_nothing_and_the_next_write_works_when_there_is_space() {
    let Some(disk) = Disk::mount("a full disk", 2) else { return };
    let url = sqlite_url(&disk.path().join("data/keydeck.db"));
    let store = SqlStore::open(&url, Options::default()).await.unwrap();
    let shop = store.create_project(&ann(NOON), "Shop").await.unwrap().value.id;
    let ballast = disk.path().join("ballast");
    fill(&ballast);
    let mut made = Vec::new();
    let full = loop {
        let name = format!("key {}", made.len());
        match store.create_key(&ann(NOON), shop, &record(&name), Plan::Enterprise).await {
            Ok(written) => made.push(written),
            Err(error) => break error,
        }
        assert!(made.len() < 10_000, "a disk of 2 MiB is full some day");
    };
    assert!(matches!(full, StoreError::Full), "{full:?}");
    assert_eq!(
        full.to_string(),
        "the disk is full; nothing was changed: free some space and try \
         again"
    );
    // What was answered is there, what failed is not, and reading goes on.
    assert_eq!(store.projects(&ProjectQuery::default(), NOON).await.unwrap().total, 1);
    assert_eq!(store.keys(&KeyQuery::default(), NOON, 0).await.unwrap().total, made.len() as u64);

    std::fs::remove_file(&ballast).unwrap();
    store.create_key(&ann(NOON), shop, &record("after"), Plan::Enterprise).await.unwrap();
    let mut verifier = Verifier::default();
    for (body, hash) in store.audit_chain(0, 100_000).await.unwrap() {
        verifier.take(&body, &hash).unwrap();
    }
    assert_eq!(verifier.head().seq, made.len() as u64 + 2);
    assert_eq!(*verifier.head(), store.audit_head().await.unwrap());
    store.close().await;
    drop(store);
    let again = SqlStore::open(&url, Options::default()).await.unwrap();
    assert_eq!(again.audit_head().await.unwrap(), *verifier.head());
    again.close().await;
}

#[tokio::test]
async fn a_disk_that_is_full_from_the_start_is_said_so() {
    let Some(disk) = Disk::mount("a disk that is full from the start", 2) else { return };
    fill(&disk.path().join("ballast"));
    let url = sqlite_url(&disk.path().join("keydeck.db"));
    let full = SqlStore::open(&url, Options::default()).await.unwrap_err();
    assert!(matches!(full, StoreError::Full), "{full:?}");
}

#[tokio::test]
async fn a_read_only_disk_is_said_so() {
    let Some(disk) = Disk::mount("a read-only disk", 2) else { return };
    let path = disk.path().join("keydeck.db");
    SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap().close().await;
    mount(&["-o", "remount,ro"], disk.path()).expect("a disk that was mounted can be mounted read-only");
    let refused = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap_err().to_string();
    assert!(refused.contains("the disk is read-only; choose a file on another disk"), "{refused}");
}

#[tokio::test]
async fn every_way_to_revoke_works_on_a_full_disk_and_nothing_else_is_written() {
    let Some(disk) = Disk::mount("every way to revoke on a full disk", 24) else { return };
    let url = sqlite_url(&disk.path().join("data/keydeck.db"));
    let mut store = SqlStore::open(&url, Options::default()).await.unwrap();
    store.keep_reserve();
    let shop = store.create_project(&ann(NOON), "Shop").await.unwrap().value.id;
    let other = store.create_project(&ann(NOON), "Other").await.unwrap().value.id;
    let mut keys = Vec::new();
    for number in 0..400 {
        let project = if number < 350 { shop } else { other };
        let name = format!("key {number}");
        keys.push(
            store.create_key(&ann(NOON), project, &record(&name), Plan::Enterprise).await.unwrap().value.id,
        );
    }
    let mut tokens = Vec::new();
    for name in ["first", "second"] {
        let hint = MaskedKey::new(keydeck::secret::Kind::Management, "abcd", "wxyz").unwrap();
        let hash = Hash { salt: [1; 16], digest: [2; 32] };
        tokens.push(store.create_token(&ann(NOON), name, Role::Admin, hint, &hash).await.unwrap().value.id);
    }
    fill(&disk.path().join("ballast"));
    let refused = |error: StoreError| assert!(matches!(error, StoreError::Full), "{error:?}");
    let head = store.audit_head().await.unwrap();
    refused(store.create_key(&ann(NOON), shop, &record("new"), Plan::Enterprise).await.unwrap_err());
    refused(store.create_project(&ann(NOON), "New").await.unwrap_err());
    refused(store.rename_key(&ann(NOON), keys[0], "new").await.unwrap_err());
    let usage = KeyUsage {
        key: keys[0],
        last_used: None,
        refusals: Vec::new(),
        days: Vec::new(),
        callers: Vec::new(),
        others: None,
    };
    refused(store.record_usage(std::slice::from_ref(&usage), NOON).await.unwrap_err());
    assert_eq!(store.audit_head().await.unwrap(), head, "what was refused has changed nothing");
    // Which keys are unused must be known to revoke them.
    let used = KeyUsage { last_used: Some((NOON, std::net::Ipv4Addr::LOCALHOST.into())), ..usage };
    let id = BatchId { node: NodeId::from_number(1), number: 1 };
    store.record_batch(id, &[used], NOON, Need::Revocation).await.unwrap();
    assert_eq!(store.key(keys[0], NOON, 0).await.unwrap().last_used_at, Some(NOON));

    // One by one, more of them than the log of SQLite holds; a restart in between.
    for (number, id) in keys[..150].iter().enumerate() {
        let revoked = store.revoke_key(&ann(NOON), *id, Some("leaked")).await;
        assert!(revoked.is_ok(), "revocation {number}: {revoked:?}");
    }
    store.close().await;
    fill(&disk.path().join("more ballast"));
    store = SqlStore::open(&url, Options::default()).await.unwrap();
    store.keep_reserve();
    for id in &keys[150..200] {
        store.revoke_key(&ann(NOON), *id, None).await.unwrap();
    }
    store.revoke_keys(&ann(NOON), &keys[200..350], &BulkRevoke::default()).await.unwrap();
    store.archive_project(&ann(NOON), other, true).await.unwrap();
    store.revoke_token(&ann(NOON), tokens[0]).await.unwrap();
    refused(store.create_key(&ann(NOON), shop, &record("new"), Plan::Enterprise).await.unwrap_err());
    let active = store.keys(&KeyQuery::default(), NOON, 0).await.unwrap();
    assert_eq!(active.total, 0, "all of them are revoked");

    for ballast in ["ballast", "more ballast"] {
        std::fs::remove_file(disk.path().join(ballast)).unwrap();
    }
    store.create_key(&ann(NOON), shop, &record("new"), Plan::Enterprise).await.unwrap();
    let reserve = || std::fs::metadata(disk.path().join("data/keydeck.db.reserve")).unwrap().len();
    let left = reserve();
    store.keep_reserve();
    assert_eq!(reserve(), 24 * 1024 * 1024 / 8, "it is whole again, of {left} before");
    let mut verifier = Verifier::default();
    for (body, hash) in store.audit_chain(0, 100_000).await.unwrap() {
        verifier.take(&body, &hash).unwrap();
    }
    assert_eq!(*verifier.head(), store.audit_head().await.unwrap());
    store.close().await;
}
