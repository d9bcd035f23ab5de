//! A backup in the place of a SQLite database.
//!
//! Everything is prepared in a file beside the database (`<file>.restoring`): the copy of the backup, and the
//! revocations and pauses that the database has and the backup lacks. One rename puts it in place. Whoever is killed
//! before leaves the old database, whoever is killed after it the new one.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, Connection as _};

use super::backup::{self, Checked, EVENTS};
use super::event_row::decode;
use super::fail::fail;
use super::open::{Address, foreign, sqlite_url};
use super::statement::{Columns as _, Sql};
use super::{Options, SqlStore};
use crate::store::owner::{Identity, Owner, holds_files_of, no_follow, private, unusable, with_ending};
use crate::store::{Audit as _, BulkRevoke, By, Keys as _, Result, StoreError};
use crate::wire::audit::{Action, Event, Head};
use crate::wire::id::{KeyId, TokenId};
use crate::wire::keys::{Outcome, Status};
use crate::wire::time::Timestamp;

/// The first bytes of each SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How many keys are revoked in one change.
const KEYS: usize = 1000;
/// How many databases that were replaced in the same second are kept, besides the first.
const KEPT: u32 = 99;
/// What SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Who did it, and when.
type Done = (String, Timestamp);

/// What the database in the place of which the backup is put tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Old {
    /// There is none, or an empty file.
    Missing,
    /// It cannot be read; why.
    Unreadable(String),
    /// It can.
    Readable(Since),
}

/// What a database has done since its history and that of a backup were the same.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Since {
    /// The last event that both have; 0 for none.
    pub common: u64,
    /// The number of the backup's last event.
    backup: u64,
    /// The number of its last event.
    pub last: u64,
    /// How many keys were created since: the backup lacks them.
    pub created: u64,
    revoked: BTreeMap<KeyId, Done>,
    paused: BTreeMap<KeyId, Done>,
    tokens: BTreeMap<TokenId, Done>,
}

/// What was applied again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// Keys that are revoked again.
    pub revoked: u64,
    /// Keys that are paused again.
    pub paused: u64,
    /// Tokens that are revoked again.
    pub tokens: u64,
    /// The end of the audit log afterwards.
    pub head: Head,
}

/// A copy of a backup beside the database. What is left of one is removed by the next.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    /// What was found in the backup.
    pub backup: Checked,
}

impl Draft {
    /// Copies a backup beside the database of `owner`, and checks the copy.
    ///
    /// # Errors
    /// What is wrong with the backup, or with the disk.
    pub async fn of(owner: &Owner, backup: &Path) -> Result<Draft> {
        let path = with_ending(owner.path(), ".restoring");
        remove(&path);
        let prepared = async {
            copy_file(owner, backup, &path)?;
            backup::check(&path, backup).await
        };
        match prepared.await {
            Ok(backup) => Ok(Draft { path, backup }),
            Err(error) => {
                remove(&path);
                Err(error)
            }
        }
    }

    /// What the database of `owner` has done since the backup. Its log is moved into it.
    ///
    /// # Errors
    /// It is another program's, or a newer Keydeck's.
    pub async fn compare(&self, owner: &Owner) -> Result<Old> {
        let place = Address::File(owner.path().to_owned());
        if owner.path().metadata().is_ok_and(|found| found.len() == 0) {
            return Ok(Old::Missing);
        }
        let mut magic = [0; MAGIC.len()];
        let begin = File::open(owner.path()).and_then(|mut file| file.read_exact(&mut magic));
        if begin.is_ok() && magic != *MAGIC {
            return Ok(Old::Unreadable(format!("{} is not a SQLite database", place.name())));
        }
        let url = sqlite_url(owner.path());
        let mut old = match backup::connect(&url, &place).await {
            Ok(db) => db,
            Err(error) => return unreadable(error),
        };
        let found = match foreign(&mut old, &place).await {
            Ok(None) => self.since(&mut old, &place).await,
            Ok(Some(other)) => {
                let _ = old.close().await;
                return Err(other);
            }
            Err(error) => Err(error),
        };
        let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut old).await;
        let _ = old.close().await;
        match found {
            Ok(since) => Ok(Old::Readable(since)),
            Err(error) => unreadable(error),
        }
    }

    async fn since(&self, old: &mut AnyConnection, place: &Address) -> Result<Since> {
        backup::is_keydecks(old, place).await?;
        let called = Address::File(self.path.clone());
        let mut new = backup::connect(&sqlite_url(&self.path), &called).await?;
        let common = common(old, &mut new, self.backup.head.seq).await;
        let _ = new.close().await;
        let mut since = Since { common: common?, backup: self.backup.head.seq, ..Since::default() };
        since.last = since.common;
        loop {
            let rows =
                sqlx::query("select body, hash from audit_events where seq > $1 order by seq limit $2")
                    .bind(since.last as i64)
                    .bind(EVENTS)
                    .fetch_all(&mut *old)
                    .await
                    .map_err(fail)?;
            if rows.is_empty() {
                return Ok(since);
            }
            for row in &rows {
                since.note(&decode(row)?);
            }
        }
    }

    /// Applies again what the replaced database had revoked and paused.
    ///
    /// # Errors
    /// What the store says; the database in use is as it was.
    pub async fn apply(&self, since: &Since, actor: &str, now: Timestamp) -> Result<Applied> {
        let store = SqlStore::open(&sqlite_url(&self.path), Options::default()).await?;
        let applied = apply(&store, since, &By::new(actor, now)).await;
        store.close().await;
        let applied = applied?;
        let _ = std::fs::remove_file(with_ending(&self.path, ".lock"));
        Ok(applied)
    }

    /// Puts it in the place of the database, which is kept beside. Answers where, if there was one.
    ///
    /// # Errors
    /// What the operating system says; the database in use is as it was.
    pub fn finish(self, owner: &Owner, now: Timestamp) -> Result<Option<PathBuf>> {
        let path = owner.path();
        let failed = |error: &io::Error| unusable(path, "cannot replace the database", error);
        backup::sync(&self.path)?;
        let kept = keep(path, now).map_err(|error| failed(&error))?;
        std::fs::rename(&self.path, path).map_err(|error| failed(&error))?;
        backup::sync_folder(path)?;
        Ok(kept)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

impl Since {
    /// Whether the two histories have nothing in common.
    pub fn is_unrelated(&self) -> bool {
        self.common == 0 && self.backup > 0
    }

    fn note(&mut self, event: &Event) {
        self.last = event.seq;
        let done = || (event.actor.clone(), event.at);
        match (event.action, event.key) {
            (Action::KeyRevoked, Some(key)) => {
                self.revoked.insert(key, done());
            }
            (Action::KeyPaused, Some(key)) => {
                self.paused.insert(key, done());
            }
            (Action::KeyResumed, Some(key)) => {
                self.paused.remove(&key);
            }
            (Action::KeyCreated | Action::KeyRotated, _) => self.created += 1,
            (Action::TokenRevoked, _) => {
                if let Some(token) = event.detail_text("token").and_then(|token| token.parse().ok()) {
                    self.tokens.insert(token, done());
                }
            }
            _ => {}
        }
    }
}

async fn apply(store: &SqlStore, since: &Since, by: &By) -> Result<Applied> {
    let reason = |(actor, at): &Done| format!("restored: revoked before by {actor} at {at}");
    let mut applied = Applied { revoked: 0, paused: 0, tokens: 0, head: Head::genesis() };
    // What one did at one time has one reason, and is one change.
    let mut alike: BTreeMap<String, Vec<KeyId>> = BTreeMap::new();
    for (key, done) in &since.revoked {
        alike.entry(reason(done)).or_default().push(*key);
    }
    for (reason, keys) in alike {
        for keys in keys.chunks(KEYS) {
            let how = BulkRevoke { reason: Some(reason.clone()), unused_since: None, dry_run: false };
            let outcomes = store.revoke_keys(by, keys, &how).await?.value;
            applied.revoked +=
                outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Revoked)).count() as u64;
        }
    }
    for (key, (actor, at)) in &since.paused {
        let active = match store.key(*key, by.now, 0).await {
            Ok(key) => key.status == Status::Active,
            Err(StoreError::NotFound(_)) => false,
            Err(error) => return Err(error),
        };
        if active {
            let reason = format!("restored: paused before by {actor} at {at}");
            store.pause_key(by, *key, Some(&reason)).await?;
            applied.paused += 1;
        }
    }
    for (token, done) in &since.tokens {
        applied.tokens += u64::from(store.revoke_token_again(by, *token, &reason(done)).await?);
    }
    applied.head = store.audit_head().await?;
    Ok(applied)
}

/// The last event that two databases share. Each hash covers all events before it.
async fn common(old: &mut AnyConnection, new: &mut AnyConnection, last: u64) -> Result<u64> {
    let (mut same, mut other) = (0, last + 1);
    while same + 1 < other {
        let seq = same.midpoint(other);
        let theirs = hash(old, seq).await?;
        if theirs.is_some() && theirs == hash(new, seq).await? {
            same = seq;
        } else {
            other = seq;
        }
    }
    Ok(same)
}

async fn hash(db: &mut AnyConnection, seq: u64) -> Result<Option<String>> {
    let mut sql = Sql::new("select hash from audit_events where seq = ");
    sql.arg(seq as i64);
    sql.rows(db).await?.first().map(|row| row.text("hash")).transpose()
}

/// What only a person can decide is an error; the rest is a database that cannot be read.
fn unreadable(error: StoreError) -> Result<Old> {
    match error {
        error @ (StoreError::Newer(_) | StoreError::Full) => Err(error),
        error => Ok(Old::Unreadable(error.to_string())),
    }
}

/// Copies the file of a backup, which nobody may have open as a database.
fn copy_file(owner: &Owner, backup: &Path, to: &Path) -> Result<()> {
    let unreadable = |error: &io::Error| unusable(backup, "cannot read the backup", error);
    let refused = |what: &str| Err(StoreError::Unusable(format!("{} {what}", backup.display())));
    let mut from = File::open(backup).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            StoreError::Unusable(format!("{} does not exist; check the path", backup.display()))
        }
        _ => unreadable(&error),
    })?;
    if !from.metadata().is_ok_and(|found| found.is_file()) {
        return refused("is not a regular file; choose a file that `keydeck backup` wrote");
    }
    if Identity::of_file(&from).ok().flatten() == Identity::at(owner.path()).ok().flatten() {
        return refused("is the database itself; choose a backup");
    }
    let in_log = with_ending(backup, "-wal").metadata().is_ok_and(|found| found.len() > 0);
    if in_log || holds_files_of(backup) {
        return refused(
            "is in use, or was not closed; back it up with `keydeck backup`, and restore that file",
        );
    }
    let mut magic = [0; MAGIC.len()];
    if from.read_exact(&mut magic).is_err() || magic != *MAGIC {
        return refused("is not a backup of Keydeck; choose a file that `keydeck backup` wrote");
    }
    let mut options = OpenOptions::new();
    let copied = from.rewind().and_then(|()| {
        let mut copy = no_follow(private(options.write(true).create_new(true))).open(to)?;
        io::copy(&mut from, &mut copy)?;
        copy.sync_all()
    });
    copied.map_err(|error| unusable(to, "cannot copy the backup", &error))
}

/// Keeps the database beside its place, with the log that could not be moved into it. Answers where.
fn keep(path: &Path, now: Timestamp) -> io::Result<Option<PathBuf>> {
    forget_unfinished(path);
    let kept = if path.metadata()?.len() == 0 {
        None
    } else {
        let stem = format!(".replaced-{}", now.utc().format("%Y%m%dT%H%M%SZ"));
        let name = |number: u32| match number {
            0 => with_ending(path, &stem),
            number => with_ending(path, &format!("{stem}-{number}")),
        };
        let free = (0..=KEPT).map(name).find(|name| name.symlink_metadata().is_err());
        Some(free.ok_or_else(|| io::Error::other("too many replaced databases are beside it"))?)
    };
    for ending in BESIDE {
        let beside = with_ending(path, ending);
        match (beside.symlink_metadata(), &kept) {
            (Ok(found), Some(kept)) if found.len() > 0 && ending != "-shm" => {
                std::fs::rename(&beside, with_ending(kept, ending))?;
            }
            (Ok(_), _) => std::fs::remove_file(&beside)?,
            (Err(_), _) => {}
        }
    }
    if let Some(kept) = &kept
        && std::fs::hard_link(path, kept).is_err()
    {
        // Not every disk has more than one name for a file.
        let mut options = OpenOptions::new();
        let mut copy = no_follow(private(options.write(true).create_new(true))).open(kept)?;
        io::copy(&mut File::open(path)?, &mut copy)?;
        copy.sync_all()?;
    }
    Ok(kept)
}

/// Removes the second name of a database that a killed run has given it.
fn forget_unfinished(path: &Path) {
    let Some(identity) = Identity::at(path).ok().flatten() else { return };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let begin = [name.as_encoded_bytes(), b".replaced-"].concat();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_kept = entry.file_name().as_encoded_bytes().starts_with(&begin);
        if is_kept && Identity::at(&entry.path()).ok().flatten() == Some(identity) {
            // What stays is another name of the database, which harms nobody.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Removes a draft, with what SQLite and the owner keep beside it.
fn remove(draft: &Path) {
    for ending in ["", "-wal", "-shm", "-journal", ".lock"] {
        // What is missing is no obstacle; what cannot be removed is, when the next draft is created.
        let _ = std::fs::remove_file(with_ending(draft, ending));
    }
}
