//! A disk that is full or read-only: nothing is lost, and it goes on when there is space again.

use std::path::{Path, PathBuf};
use std::process::Command;

use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{Audit as _, Keys as _, Projects as _, StoreError};
use keydeck::wire::audit::Verifier;
use keydeck::wire::keys::KeyQuery;
use keydeck::wire::page::PageQuery;
use keydeck::wire::session::Plan;

use super::support::{NOON, ann, record};
use crate::support::skipped;

#[tokio::test]
async fn a_full_disk_loses_nothing_and_the_next_write_works_when_there_is_space() {
    let Some(disk) = Disk::mount("a full disk") else { return };
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
    assert_eq!(full.to_string(), "the disk is full; nothing was changed: free some space and try again");
    // What was answered is there, what failed is not, and reading goes on.
    assert_eq!(store.projects(&PageQuery::default(), NOON).await.unwrap().total, 1);
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
    let Some(disk) = Disk::mount("a disk that is full from the start") else { return };
    fill(&disk.path().join("ballast"));
    let url = sqlite_url(&disk.path().join("keydeck.db"));
    let full = SqlStore::open(&url, Options::default()).await.unwrap_err();
    assert!(matches!(full, StoreError::Full), "{full:?}");
}

#[tokio::test]
async fn a_read_only_disk_is_said_so() {
    let Some(disk) = Disk::mount("a read-only disk") else { return };
    let path = disk.path().join("keydeck.db");
    SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap().close().await;
    mount(&["-o", "remount,ro"], disk.path()).expect("a disk that was mounted can be mounted read-only");
    let refused = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap_err().to_string();
    assert!(refused.contains("the disk is read-only; name a file on another one"), "{refused}");
}

/// Writes until nothing goes in any more.
fn fill(ballast: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
}

/// A disk of 2 MiB in memory, which only root can mount.
struct Disk(PathBuf, #[expect(dead_code, reason = "it is removed with this value")] tempfile::TempDir);

impl Disk {
    fn mount(test: &str) -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        match mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], &path) {
            Ok(()) => Some(Disk(path, folder)),
            Err(why) => {
                skipped(&format!("{test} needs the right to mount a tmpfs ({why})"));
                None
            }
        }
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since a connection may still be closing.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(args: &[&str], path: &Path) -> Result<(), String> {
    match Command::new("mount").args(args).arg(path).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
