//! What can go wrong in a store.

use crate::wire::filter::BadFilter;
use crate::wire::rules::{BadRules, Warnings};

/// A store's answer.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a store did not do it. Nothing was changed, except after [`StoreError::OutcomeUnknown`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Another active one has that name.
    #[error("another {noun} is named {existing:?}{}; choose another name", same_as(existing, name))]
    NameTaken {
        /// `key`, `project` or `token`.
        noun: &'static str,
        /// The name that was asked for.
        name: String,
        /// The name of the one in the way. It can look different: names compare without case.
        existing: String,
    },
    /// The key is revoked, so it cannot be changed.
    #[error("the key is revoked; a revoked key cannot be changed")]
    KeyRevoked,
    /// The project is archived, so nothing can be made in it.
    #[error("the project is archived; nothing can be made or changed in it")]
    ProjectArchived,
    /// The plan allows no further active key.
    #[error(
        "the plan {plan} allows {limit} active key a project, and {name:?} is it; revoke or rotate that key"
    )]
    KeyLimitReached {
        /// The plan.
        plan: &'static str,
        /// How many it allows.
        limit: u32,
        /// The key in the way.
        name: String,
    },
    /// The plan allows one rotation that overlaps its limit, and one is under way.
    #[error(
        "the plan {plan} allows one rotation at a time, and {name:?} is still active beside this key; revoke one of them first"
    )]
    RotationLimitReached {
        /// The plan.
        plan: &'static str,
        /// The key in the way.
        name: String,
    },
    /// The project has active keys, so it is not archived without revoking them.
    #[error("the project has {0} active keys; revoke them first, or say that they shall be revoked with it")]
    ProjectHasActiveKeys(u64),
    /// The same was asked before with this idempotency key; what was made then has this id.
    #[error("this was done before with the same idempotency key")]
    Repeated(String),
    /// Something else was asked before with this idempotency key.
    #[error("this idempotency key came with another request within the last 24 hours; choose a new one")]
    IdempotencyMismatch,
    /// The idempotency key was closed: nothing can be created with it any more.
    #[error("this idempotency key is closed; send the request again with a new one")]
    IdempotencyClosed,
    /// The last admin token cannot be revoked.
    #[error("this is the last admin token; make another admin token first")]
    LastAdmin,
    /// The draft holds rules that are not served.
    #[error("{0}; import corrected rules, then deploy again")]
    Rules(BadRules),
    /// The draft has warnings, and was to be deployed without any.
    #[error("{}", .0.refusal())]
    Warned(Warnings),
    /// The filter cannot be read.
    #[error(transparent)]
    Filter(#[from] BadFilter),
    /// The cursor is broken, or of another filter or sort.
    #[error("the cursor is not of this list; start again without a cursor")]
    Cursor,
    /// The database's address cannot be read; it may hold a password, so it is not repeated.
    #[error(
        "the database's address cannot be read; it is sqlite:///path/to/keydeck.db, sqlite::memory: or \
         postgres://user@host/database"
    )]
    Address,
    /// The file, its folder or its contents cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The database's server cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The database has migrations that this program does not know.
    #[error("the database was written by a newer Keydeck (migration {0}); update this program")]
    Newer(i64),
    /// Another process owns the SQLite file.
    #[error("{path} is held by {}; stop it, or talk to it as a client", process(*pid))]
    Held {
        /// The file.
        path: String,
        /// The process that holds it; 0 when it cannot be told.
        pid: u32,
    },
    /// Another process uses the SQLite file that was at this path before, and its log is still there.
    #[error(
        "{path} was replaced or deleted while {} was using it; stop that process, then try again",
        process(*pid)
    )]
    HeldBeside {
        /// The path.
        path: String,
        /// The process that uses the old file; 0 when it cannot be told.
        pid: u32,
    },
    /// There is no SQLite file at the path, and none is to be created.
    #[error(
        "the database {0} does not exist: check the path, or put the file back if it was moved or deleted. \
         `keydeck projects create NAME` creates a new database"
    )]
    Missing(String),
    /// The SQLite file is no longer at its path: nothing that is written would be found again.
    #[error(
        "{path} was {what} while it was in use; {}: put the file back and start Keydeck again",
        if *written { "the last change is in the file that is gone, and nothing more is served or changed" }
        else { "nothing is served or changed any more" }
    )]
    Lost {
        /// The path.
        path: String,
        /// What the file was: the database, or its `-wal`.
        file: &'static str,
        /// What happened to the file, as the end of a sentence.
        what: &'static str,
        /// Whether this was noticed after the change had been written.
        written: bool,
    },
    /// Another process serves the database of a PostgreSQL server.
    #[error("{0} is served by another Keydeck process; talk to that one as a client, with its URL")]
    Served(String),
    /// The disk is full; nothing was changed.
    #[error("the disk is full; nothing was changed: free some space and try again")]
    Full,
    /// The database did not answer; nothing was changed. The text of the cause is for the log.
    #[error("the database did not answer; nothing was changed: try again")]
    Unavailable(#[source] sqlx::Error),
    /// The connection broke during the commit.
    #[error("the connection to the database broke during the commit: look whether the change is there")]
    OutcomeUnknown(#[source] sqlx::Error),
    /// What is stored breaks a rule; the cause is for the log.
    #[error("what is stored is damaged: {0}")]
    Corrupt(String),
}

/// How a process is named whose number may be unknown.
fn process(pid: u32) -> String {
    match pid {
        0 => "another process (perhaps in a container)".to_owned(),
        pid => format!("process {pid}"),
    }
}

/// Why a name is taken by one that is written differently.
fn same_as(existing: &str, name: &str) -> String {
    if existing == name { String::new() } else { format!(", which counts as the same name as {name:?}") }
}
