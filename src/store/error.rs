//! What can go wrong in a store.

use crate::wire::filter::BadFilter;
use crate::wire::rules::{BadRules, Warnings};

/// A store's answer.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a store did not do it. Nothing was changed, except after [`StoreError::OutcomeUnknown`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("{0} not found")]
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
    /// The key is revoked and cannot be changed.
    #[error("the key is revoked and cannot be changed")]
    KeyRevoked,
    /// The review is executed, signed or cancelled, so decisions cannot change; the sentence says by whom and when.
    #[error("{0}")]
    ReviewClosed(String),
    /// A decision was changed since it was read.
    #[error("the decision was changed meanwhile; load it again, then decide")]
    DecisionChanged,
    /// The key has a finding of high severity, so a reason is needed to keep it.
    #[error("a reason is required to keep a key with a finding of high severity")]
    ReasonNeeded,
    /// No key matches the scope of the review.
    #[error("no key matches the scope; change the projects or the filter")]
    EmptyScope,
    /// No pack has this head, or it cannot be used for what was asked.
    #[error("{0}")]
    UnknownPack(&'static str),
    /// The signer decided or executed.
    #[error(
        "you made decisions in this review or executed it, so another person should sign it; to sign it yourself \
         anyway, send samePerson: true (later packs show it)"
    )]
    SamePerson,
    /// The project is deleted and cannot be changed.
    #[error("the project is deleted and cannot be changed")]
    ProjectArchived,
    /// The plan does not allow another active key.
    #[error("the {plan} plan allows {limit} active key per project ({name:?}); revoke or rotate that key")]
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
        "the {plan} plan allows one rotation at a time, and {name:?} is still active; revoke one of the \
         two keys first"
    )]
    RotationLimitReached {
        /// The plan.
        plan: &'static str,
        /// The key in the way.
        name: String,
    },
    /// The project has active keys, so it is not archived without revoking them.
    #[error("the project has {}; revoke them first, or set revokeKeys=true", active_keys(*.0))]
    ProjectHasActiveKeys(u64),
    /// The same was asked before with this idempotency key; what was made then has this id.
    #[error("this idempotency key was already used for the same request")]
    Repeated(String),
    /// Something else was asked before with this idempotency key.
    #[error("this idempotency key was used for a different request in the last 24 hours; use a new one")]
    IdempotencyMismatch,
    /// The idempotency key is closed and cannot be used again.
    #[error("this idempotency key is closed; use a new one")]
    IdempotencyClosed,
    /// The database has another length of a lease than this process was started with.
    #[error(
        "this database has a lease of {} s for all its nodes, not {} s; start without --lease, or with --lease {}",
        agreed.as_secs(), wanted.as_secs(), agreed.as_secs()
    )]
    OtherLease {
        /// What was agreed on.
        agreed: std::time::Duration,
        /// What was asked for.
        wanted: std::time::Duration,
    },
    /// The length of the leases was changed in the database while this process used it.
    #[error(
        "the lease of this database was changed from {} s to {} s while in use; stop all nodes, then start them again",
        before.as_secs_f64(), now.as_secs_f64()
    )]
    LeaseChanged {
        /// The one by which this process has served.
        before: std::time::Duration,
        /// The one that the database has now.
        now: std::time::Duration,
    },
    /// The node is this process, and the only one.
    #[error("this node is the server itself; stop the server instead")]
    NodeIsThis,
    /// The audit log does not contain the head.
    #[error("the database's audit log does not contain this head; see `keydeck audit verify` for its head")]
    UnknownHead,
    /// The last admin token cannot be revoked.
    #[error("cannot revoke the last admin token; create another one first")]
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
    /// The cursor is malformed, or belongs to another filter or sort order.
    #[error("invalid cursor for this list; start again without a cursor")]
    Cursor,
    /// The database's address cannot be read; it may hold a password, so it is not repeated.
    #[error(
        "invalid database URL; expected sqlite:///path/to/keydeck.db, sqlite::memory: or \
         postgres://user@host/database"
    )]
    Address,
    /// A parameter of the database's address cannot be used; its value may be a secret, so it is not repeated.
    #[error("invalid database URL: {0}")]
    AddressParameter(String),
    /// The file, its folder or its contents cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The database's server cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The database has migrations that this program does not know.
    #[error("the database was written by a newer version of Keydeck (migration {0}); update Keydeck")]
    Newer(i64),
    /// Another process owns the SQLite file.
    #[error("{path} is in use by {}", process(*pid))]
    Held {
        /// The file.
        path: String,
        /// The process that holds it; 0 when it cannot be told.
        pid: u32,
    },
    /// Another process uses the SQLite file that was at this path before, and its log is still there.
    #[error(
        "{path} was replaced or deleted while in use by {}; stop that process, then try again",
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
        "the database {0} does not exist; check the path, or create a new database with `keydeck projects \
         create NAME`"
    )]
    Missing(String),
    /// The SQLite file is no longer at its path: nothing that is written would be found again.
    #[error(
        "{path} was {what} while in use; {}: restore the file and restart Keydeck",
        if *written { "the last change is in the missing file, and Keydeck has stopped serving" }
        else { "Keydeck has stopped serving" }
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
    /// A process of an older version, which must be alone, serves the database of a PostgreSQL server.
    #[error(
        "{0} is in use by an older version of Keydeck that must be alone; stop it, or connect to its URL with --server"
    )]
    Served(String),
    /// The database cannot be moved, or was not moved as a whole; the sentence says what to do.
    #[error("{0}")]
    Conflict(String),
    /// The disk is full; nothing was changed.
    #[error("the disk is full; nothing was changed: free some space and try again")]
    Full,
    /// The database did not answer; nothing was changed. The text of the cause is for the log.
    #[error("the database did not respond; nothing was changed: try again")]
    Unavailable(#[source] sqlx::Error),
    /// The connection broke during the commit.
    #[error("lost the connection to the database during a commit; check whether the change was saved")]
    OutcomeUnknown(#[source] sqlx::Error),
    /// What is stored breaks a rule; the cause is for the log.
    #[error("the stored data is damaged: {0}")]
    Corrupt(String),
}

fn active_keys(count: u64) -> String {
    if count == 1 { "1 active key".to_owned() } else { format!("{count} active keys") }
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
    if existing == name { String::new() } else { format!(" (names are compared without case: {name:?})") }
}
