//! What the databases' errors mean.

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use crate::store::StoreError;

/// The error of a statement: its transaction is rolled back, so nothing was changed.
pub(super) fn fail(error: Error) -> StoreError {
    match &error {
        Error::Database(cause) => match Cause::of(cause.as_ref()) {
            Cause::Full => StoreError::Full,
            Cause::ReadOnly if cause.try_downcast_ref::<SqliteError>().is_none() => StoreError::Unusable(
                "the database server takes no changes now (a standby, or a read-only one); connect to the primary"
                    .into(),
            ),
            Cause::ReadOnly => StoreError::Unusable(
                "the database is read-only; make the file and its directory writable and try again".into(),
            ),
            Cause::Damaged => StoreError::Corrupt(error.to_string()),
            _ => StoreError::Unavailable(error),
        },
        Error::ColumnDecode { .. } | Error::Decode(_) | Error::ColumnNotFound(_) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Unavailable(error),
    }
}

/// The error of a commit: where the connection broke, nobody knows whether it was done.
pub(super) fn fail_commit(error: Error) -> StoreError {
    match &error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed => {
            StoreError::OutcomeUnknown(error)
        }
        Error::Database(cause) if Cause::of(cause.as_ref()) == Cause::Gone => {
            StoreError::OutcomeUnknown(error)
        }
        _ => fail(error),
    }
}

/// Whether the database gave a transaction up for the sake of another. It was rolled back as a whole, and can be tried
/// again.
pub(super) fn gave_way(error: &StoreError) -> bool {
    const SERIALIZATION_FAILURE: &str = "40001";
    const DEADLOCK_DETECTED: &str = "40P01";
    let StoreError::Unavailable(Error::Database(cause)) = error else { return false };
    matches!(cause.code().as_deref(), Some(SERIALIZATION_FAILURE | DEADLOCK_DETECTED))
}

/// Whether a unique index refused the row.
pub(super) fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Database(cause) if cause.is_unique_violation())
}

/// What a database says is the matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    /// No space left.
    Full,
    /// Nothing may be written.
    ReadOnly,
    /// Another program holds the lock.
    Busy,
    /// No database at all.
    NotADatabase,
    /// The file cannot be opened or read.
    CannotOpen,
    /// A database that was damaged.
    Damaged,
    /// The server ended the connection.
    Gone,
    /// The server does not let this user in.
    Refused,
    /// The user may not do this, or has no schema.
    Forbidden,
    /// The server, or the role, has as many connections as it may.
    NoConnectionLeft,
    /// The server starts, or stops.
    NotAccepting,
    /// Anything else.
    Other,
}

impl Cause {
    pub(super) fn of(error: &(dyn DatabaseError + 'static)) -> Cause {
        let code = error.code().unwrap_or_default();
        if error.try_downcast_ref::<SqliteError>().is_none() {
            return match code.as_ref() {
                "53100" => Cause::Full,
                "25006" => Cause::ReadOnly,
                "3D000" => Cause::Refused,
                code if code.starts_with("28") => Cause::Refused,
                "42501" | "3F000" => Cause::Forbidden,
                "53300" | "53400" => Cause::NoConnectionLeft,
                "57P03" => Cause::NotAccepting,
                // 40003: the server does not know either how a transaction ended.
                code if code.starts_with("08") || code.starts_with("57P") || code == "40003" => Cause::Gone,
                code if code.starts_with("XX") => Cause::Damaged,
                _ => Cause::Other,
            };
        }
        // The low byte of SQLite's extended codes is the primary one.
        let code: u32 = code.parse().unwrap_or(0);
        match (code & 0xff, code) {
            // SQLITE_FULL; SQLITE_IOERR_SHMSIZE: the shared memory file could not grow.
            (13, _) | (_, 4874) => Cause::Full,
            (8, _) => Cause::ReadOnly,
            (5 | 6, _) => Cause::Busy,
            (26, _) => Cause::NotADatabase,
            (10 | 14 | 23, _) => Cause::CannotOpen,
            (11, _) => Cause::Damaged,
            _ => Cause::Other,
        }
    }
}
