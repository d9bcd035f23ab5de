//! The store in SQL: one text for SQLite and PostgreSQL over `sqlx::Any`, one file a noun.
//!
//! Two pools: readers, and one connection that writes. Every write goes through `write::Write`, which
//! moves the audit head first and thereby takes the write lock on both databases. Columns are never null:
//! 0 is "never", an empty text is "none".
//!
//! | module | what |
//! |---|---|
//! | `open`, `migrations` | the address of a database, its file, its connections; what brings its tables up to date |
//! | `postgres` | what a PostgreSQL URL may say, and why its server cannot be used |
//! | `write` | the write transaction: head first, rows, events, commit |
//! | `disk` | a SQLite file that is gone, a disk that is full |
//! | `statement` | statements whose text is made at run time |
//! | `filter`, `search` | the filter languages as SQL: of keys, of audit events |
//! | `as_of` | the time as of which rows are read, and from when keys are idle or stale then |
//! | `findings` | the rules of [`crate::wire::finding_rules`] as SQL |
//! | `refold` | folded names and texts of an older Keydeck, brought up to date |
//! | `receipts` | what the answers to changes said of the nodes |
//! | `nodes`, `listen` | who follows the store, in the tables that many processes share |
//! | [`copy`] | all tables, copied into another database |
//! | [`backup`], [`restore`] | a SQLite database as one file, and such a file in its place |
//! | `page` | limits and cursors |
//! | `fail` | what the databases' errors mean |

mod actor;
mod as_of;
mod audit;
pub mod backup;
mod callers;
pub mod copy;
mod disk;
mod edit_key;
mod event_row;
mod fail;
mod filter;
mod findings;
mod follow;
mod key_groups;
mod key_row;
mod keys;
mod keys_page;
mod listen;
mod migrations;
mod networks;
mod new_key;
mod nodes;
mod once;
mod open;
mod page;
mod postgres;
mod projects;
mod receipts;
mod refold;
mod reports;
pub mod restore;
mod review_execute;
mod review_items;
mod review_sign;
mod reviews;
mod revoke_many;
mod rotations;
mod rules;
mod search;
mod standby;
mod statement;
mod tokens;
mod usage;
mod write;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, Connection as _};

pub use self::migrations::SCHEMA;
pub use self::open::sqlite_url;
pub use self::standby::asynchronous_standbys;
use super::changes::Changes;
use super::owner::{Loss, Owner};
use super::{Result, Store};
use crate::wire::session::Thresholds;

/// A store in a SQLite file, in memory, or on a PostgreSQL server.
#[derive(Debug)]
pub struct SqlStore {
    read: AnyPool,
    write: AnyPool,
    dialect: Dialect,
    changes: Arc<Changes>,
    /// Set for good when nobody can say what became of a commit.
    unheard: AtomicBool,
    thresholds: Thresholds,
    /// Keeps other processes off the SQLite file until the store is closed.
    owner: Mutex<Option<Owner>>,
    /// Keeps the `-wal` of a SQLite file in place while others of this store close, and moves it into the file.
    anchor: tokio::sync::Mutex<Option<AnyConnection>>,
    /// What happened to the SQLite file, once it is gone.
    loss: OnceLock<Loss>,
    /// Receipts that are not written yet.
    receipts: receipts::Unwritten,
    /// The tables of nodes, where many processes share the database.
    shared: Option<Arc<nodes::Tables>>,
    /// Holds off processes of versions that must be alone on a PostgreSQL database.
    claim: tokio::sync::Mutex<Option<AnyConnection>>,
}

/// How a store is opened.
#[derive(Debug, Default)]
pub struct Options {
    /// When a key counts as stale, in the counts of a project.
    pub thresholds: Thresholds,
    /// How long a node's lease lasts: one length for all processes of a database. None: the one it has, or
    /// [`super::changes::DEFAULT_LEASE`] where nobody has chosen one.
    pub lease: Option<Duration>,
    /// Whether no node that lasts runs here. Then the length is left to the first process that has one.
    pub nodeless: bool,
    /// The lock of the SQLite file, if the caller took it before; the store takes it itself otherwise.
    pub owner: Option<Owner>,
}

impl SqlStore {
    /// Opens `sqlite:///path` (made if missing), `sqlite::memory:` or `postgres://…` and brings its tables
    /// up to date.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the database and what to do.
    pub async fn open(url: &str, options: Options) -> Result<Arc<SqlStore>> {
        open::open(url, options, open::Unfinished::Refuse).await.map(Arc::new)
    }

    /// Ends all connections and gives a SQLite file free, which is then whole without its `-wal`. Later
    /// calls answer [`super::StoreError::Unavailable`].
    pub async fn close(&self) {
        self.write_last_receipts().await;
        // The writer last: the last connection of a SQLite file writes the log back into it.
        self.read.close().await;
        if let Some(mut anchor) = self.anchor.lock().await.take() {
            self.part_with_file(&mut anchor).await;
            // One that does not close in order is closed by its drop.
            let _ = anchor.close().await;
        }
        self.write.close().await;
        if let Some(shared) = &self.shared {
            shared.pool.close().await;
        }
        if let Some(claim) = self.claim.lock().await.take() {
            // If it does not end in order, the server notices and gives the lock free.
            let _ = claim.close().await;
        }
        // Here and not with the last handle: routers and clients of this process may keep theirs.
        // Only now that SQLite has closed the file: with it goes a descriptor of the file.
        self.owner.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether it is a SQLite file, and open.
    fn owns_file(&self) -> bool {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Store for SqlStore {}

impl Drop for SqlStore {
    fn drop(&mut self) {
        // Not closed: SQLite may still have the file open, and closing the owner's descriptor would end its
        // locks. The file stays this process's until it ends.
        std::mem::forget(self.owner.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The few words in which the two databases differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Begins a write: on SQLite the lock is taken at once, since it cannot be waited for later. On PostgreSQL a
    /// statement reads what was committed before it, so that whoever has waited for the lock reads the newest; a server
    /// whose default is another level would give up one of two changes at once.
    const fn begin(self) -> &'static str {
        match self {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// How many rows one statement takes. SQLite compares the name of each parameter with all before it, which costs
    /// more than the rows do where there are hundreds; PostgreSQL has no such cost, but each statement has its way
    /// there and back.
    const fn rows(self) -> usize {
        match self {
            Dialect::Sqlite => 32,
            Dialect::Postgres => 500,
        }
    }

    /// The texts of a JSON array in the parameter `$2`, a row each: one parameter for thousands of ids.
    const fn ids(self) -> &'static str {
        match self {
            Dialect::Sqlite => "select value from json_each($2)",
            Dialect::Postgres => "select jsonb_array_elements_text($2::jsonb)",
        }
    }

    /// Begins a transaction that reads one state of all tables.
    const fn begin_snapshot(self) -> &'static str {
        match self {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        }
    }

    /// Ends a select whose rows are about to be updated; SQLite has one writer and no such clause.
    const fn for_update(self) -> &'static str {
        match self {
            Dialect::Sqlite => "",
            Dialect::Postgres => " for update",
        }
    }
}
