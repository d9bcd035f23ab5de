//! A SQLite database as one file: copied while its owner goes on, and checked.

use std::path::Path;
use std::time::Duration;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection as _, Error};

use super::fail::{Cause, fail};
use super::migrations::SCHEMA;
use super::open::{Address, drivers, foreign, parse, sqlite_url};
use super::statement::{Columns as _, Sql};
use crate::store::owner::{Identity, OVERWRITTEN, holds_files_of, unusable};
use crate::store::{Result, StoreError};
use crate::wire::audit::{Head, Verifier};

/// How many events are read at once.
pub(super) const EVENTS: i64 = 1000;
/// An owner that has just begun has no `-wal` yet; one that ends has none any more.
const TRIES: u32 = 25;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

/// Who has the database that is copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    /// This process: it holds the [`crate::store::owner::Owner`].
    Nobody,
    /// Another process, which goes on reading and writing.
    Owner,
}

/// A database that was read from its first event to its last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The end of its audit log.
    pub head: Head,
}

/// Copies one state of a database into a new or empty file. Beside an owner it is read as SQLite's readers do, and
/// nothing is written: neither to the database nor to its log.
///
/// # Errors
/// [`StoreError::Held`] where the owner's files cannot be found by this path; what is wrong with the database or the disk.
pub async fn copy(from: &Path, to: &Path, beside: Beside) -> Result<()> {
    let place = Address::File(from.to_owned());
    let held = || StoreError::Held { path: from.display().to_string(), pid: 0 };
    let (Some(_), Some(target)) = (from.to_str(), to.to_str()) else {
        return Err(StoreError::Unusable("the path is not UTF-8; choose another file".to_owned()));
    };
    let identity = Identity::at(from).ok().flatten();
    let mut url = sqlite_url(from);
    if beside == Beside::Owner {
        url.push_str("?mode=ro");
        let mut tries = TRIES;
        // SQLite finds the log by the path. By another path of the same file it would read an old state.
        while !holds_files_of(from) {
            tries -= 1;
            if tries == 0 {
                return Err(held());
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }
    let mut db = connect(&url, &place).await?;
    let copied = async {
        if let Some(refused) = foreign(&mut db, &place).await? {
            return Err(refused);
        }
        sqlx::query("vacuum into $1")
            .bind(target)
            .execute(&mut db)
            .await
            .map_err(|error| place.explain(error))
    };
    let copied = copied.await;
    // Another file at the path is not the one that was copied from.
    let same = Identity::at(from).ok().flatten() == identity;
    let _ = db.close().await;
    copied?;
    if same {
        return Ok(());
    }
    let (path, file) = (from.display().to_string(), "the database file");
    Err(StoreError::Lost { path, file, what: OVERWRITTEN, written: false })
}

/// Reads a database that nobody else has: whether it is whole, is Keydeck's, and its audit log holds. `called` is
/// what people call the file.
///
/// # Errors
/// What is wrong with it.
pub async fn check(path: &Path, called: &Path) -> Result<Checked> {
    let place = Address::File(called.to_owned());
    let mut db = connect(&sqlite_url(path), &place).await?;
    let checked = read(&mut db, &place).await;
    let closed = db.close().await;
    let checked = checked?;
    closed.map_err(fail)?;
    Ok(checked)
}

pub(super) async fn connect(url: &str, place: &Address) -> Result<AnyConnection> {
    drivers();
    AnyConnection::connect_with(&parse(url)?).await.map_err(|error| place.explain(error))
}

async fn read(db: &mut AnyConnection, place: &Address) -> Result<Checked> {
    let damaged = |what: &str| {
        StoreError::Unusable(format!("{} is damaged ({what}); use an undamaged backup", place.name()))
    };
    let explain = |error: Error| match &error {
        Error::Database(cause) if Cause::of(cause.as_ref()) == Cause::Damaged => damaged(cause.message()),
        _ => place.explain(error),
    };
    if let Some(refused) = foreign(db, place).await? {
        return Err(refused);
    }
    is_keydecks(db, place).await?;
    let whole: String =
        sqlx::query_scalar("pragma integrity_check(1)").fetch_one(&mut *db).await.map_err(explain)?;
    if whole != "ok" {
        return Err(damaged(whole.lines().next().unwrap_or_default()));
    }
    chain(db, place).await.map(|head| Checked { head })
}

/// Whether these are tables of Keydeck, of a version that is known here.
pub(super) async fn is_keydecks(db: &mut AnyConnection, place: &Address) -> Result<()> {
    let ours: i64 = sqlx::query_scalar(
        "select count(*) from sqlite_master where type = 'table' and name in ('_sqlx_migrations', 'audit_head', \
         'api_keys')",
    )
    .fetch_one(&mut *db)
    .await
    .map_err(|error| place.explain(error))?;
    if ours != 3 {
        let text = format!("{} holds no data of Keydeck; choose another file", place.name());
        return Err(StoreError::Unusable(text));
    }
    let newest: i64 = sqlx::query_scalar("select max(version) from _sqlx_migrations")
        .fetch_one(db)
        .await
        .map_err(|error| place.explain(error))?;
    if newest > SCHEMA as i64 { Err(StoreError::Newer(newest)) } else { Ok(()) }
}

/// Verifies the audit log from its first event to the head.
async fn chain(db: &mut AnyConnection, place: &Address) -> Result<Head> {
    let (end, head) = (chain_end(db, place).await?, head(db).await?);
    if end == head {
        return Ok(head);
    }
    Err(broken(place, &format!("it ends at {end}, and its head is {head}")))
}

fn broken(place: &Address, what: &str) -> StoreError {
    StoreError::Unusable(format!(
        "the audit log of {} was tampered with: {what}; compare it with another backup",
        place.name()
    ))
}

/// Verifies the audit log from its first event to the last one that is there.
pub(super) async fn chain_end(db: &mut AnyConnection, place: &Address) -> Result<Head> {
    let mut verifier = Verifier::default();
    loop {
        let rows: Vec<AnyRow> =
            sqlx::query("select body, hash from audit_events where seq > $1 order by seq limit $2")
                .bind(verifier.head().seq as i64)
                .bind(EVENTS)
                .fetch_all(&mut *db)
                .await
                .map_err(|error| place.explain(error))?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            verifier
                .take(&row.text("body")?, &row.text("hash")?)
                .map_err(|error| broken(place, &error.to_string()))?;
        }
    }
    Ok(verifier.head().clone())
}

pub(super) async fn head(db: &mut AnyConnection) -> Result<Head> {
    let rows = Sql::new("select seq, hash from audit_head where id = 1").rows(db).await?;
    let row = rows.first().ok_or_else(|| super::statement::damaged("audit_head"))?;
    Ok(Head { seq: row.count("seq")?, hash: row.text("hash")? })
}

/// Makes sure that a file is on the disk.
///
/// # Errors
/// What the operating system says.
pub fn sync(path: &Path) -> Result<()> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| unusable(path, "cannot write the file to the disk", &error))
}

/// Makes sure that the names in the directory of a file are on the disk.
///
/// # Errors
/// What the operating system says.
pub fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { sync(folder) } else { Ok(()) }
}
