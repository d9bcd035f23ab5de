//! A SQLite file that is gone, and a disk that is full.

use std::sync::PoisonError;

use sqlx::AnyConnection;

use super::SqlStore;
use crate::store::owner::{OVERWRITTEN, Owner};
use crate::store::{Result, StoreError, reserve};

/// What a write is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// It ends what a key or token may do: a full disk does not stop it.
    Revocation,
    /// Anything else: refused where the space that is left is for revocations.
    Other,
}

impl SqlStore {
    /// Whether the SQLite file is still at its path. Once it is not, nothing is served any more.
    pub(super) fn check_file(&self, written: bool) -> Result<()> {
        if self.loss.get().is_none() {
            let Some(Err(loss)) = self.with_owner(Owner::check) else { return Ok(()) };
            if self.loss.set(loss.clone()).is_ok() {
                tracing::error!(
                    path = %loss.path.display(),
                    "{} was {} while in use; stopped serving",
                    loss.file(),
                    loss.what
                );
            }
            self.changes.stop();
        }
        match self.loss.get() {
            None => Ok(()),
            Some(loss) => Err(StoreError::Lost {
                path: loss.path.display().to_string(),
                file: loss.file(),
                what: loss.what,
                written,
            }),
        }
    }

    /// Whether a write may begin.
    pub(super) fn may_write(&self, purpose: Purpose) -> Result<()> {
        self.check_file(false)?;
        if purpose == Purpose::Other && self.with_owner(reserve::is_low) == Some(true) {
            return Err(StoreError::Full);
        }
        Ok(())
    }

    /// What came of a revocation; none where the disk was full and space was given back, so that it is worth
    /// another try.
    pub(super) async fn unless_full<T>(&self, tried: Result<T>) -> Result<Option<T>> {
        match tried {
            Err(StoreError::Full) if self.with_owner(reserve::give_back) == Some(true) => {
                if let Some(anchor) = self.anchor.lock().await.as_mut() {
                    let committing = self.committing();
                    // What is in the log goes into the file, and the next write begins the log again. Where
                    // even that does not fit, the next try tells.
                    let _ = sqlx::query("pragma wal_checkpoint(passive)").execute(anchor).await;
                    committing.ended();
                }
                Ok(None)
            }
            tried => tried.map(Some),
        }
    }

    /// Keeps space for revocations while there is some. To be called now and then, where it may block. False
    /// when the system refused.
    pub fn keep_reserve(&self) -> bool {
        self.loss.get().is_some() || self.with_owner(reserve::refill).unwrap_or(true)
    }

    /// The audit log has a new end, which is committed.
    pub(super) fn remember_head(&self, hash: &str) {
        self.with_owner(|owner| owner.committed(hash));
    }

    /// A commit begins. What SQLite writes to the file until its end is no overwriting.
    pub(super) fn committing(&self) -> Committing<'_> {
        self.with_owner(Owner::commit_begins);
        Committing { store: self, given_up: true }
    }

    /// Before the connections of a file that is gone close: what was answered is put where it belongs.
    pub(super) async fn part_with_file(&self, anchor: &mut AnyConnection) {
        let Some(loss) = self.loss.get() else { return };
        if loss.what == OVERWRITTEN {
            match self.with_owner(Owner::save_wal) {
                Some(Ok(Some(saved))) => tracing::error!(
                    saved = %saved.display(),
                    "saved the latest changes, which do not belong to the new database file"
                ),
                Some(Err(error)) => {
                    tracing::error!(%error, "cannot save the -wal file of the overwritten database; \
                         leaving it in place");
                }
                Some(Ok(None)) | None => {}
            }
            return;
        }
        // The file that is gone is made whole: SQLite does not do it by itself then. And its log is emptied:
        // SQLite would apply it to whatever file is put in the place.
        if let Err(error) = sqlx::query("pragma wal_checkpoint(truncate)").execute(anchor).await {
            tracing::warn!(%error, "cannot write the -wal file into the missing database file");
        }
    }

    fn with_owner<T>(&self, look: impl FnOnce(&Owner) -> T) -> Option<T> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
    }
}

/// A commit that is going on.
pub(super) struct Committing<'a> {
    store: &'a SqlStore,
    given_up: bool,
}

impl Committing<'_> {
    /// It has come to its end, whichever.
    pub(super) fn ended(mut self) {
        self.given_up = false;
    }
}

impl Drop for Committing<'_> {
    fn drop(&mut self) {
        self.store.with_owner(|owner| owner.commit_ended(self.given_up));
    }
}
