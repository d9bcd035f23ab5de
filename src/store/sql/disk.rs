//! A SQLite file that is gone, and a disk that is full.

use std::sync::PoisonError;

use super::SqlStore;
use crate::store::owner::{Loss, Owner};
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
                    "the database was {} while it was in use; nothing is served any more",
                    loss.what
                );
            }
            self.changes.stop();
        }
        match self.loss.get() {
            None => Ok(()),
            Some(Loss { path, what }) => {
                Err(StoreError::Lost { path: path.display().to_string(), what, written })
            }
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
                    // What is in the log goes into the file, and the next write begins the log again. Where
                    // even that does not fit, the next try tells.
                    let _ = sqlx::query("pragma wal_checkpoint(passive)").execute(anchor).await;
                }
                Ok(None)
            }
            tried => tried.map(Some),
        }
    }

    /// Keeps space for revocations while there is some. To be called now and then.
    pub fn keep_reserve(&self) {
        if self.loss.get().is_none() {
            self.with_owner(reserve::refill);
        }
    }

    fn with_owner<T>(&self, look: impl FnOnce(&Owner) -> T) -> Option<T> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
    }
}
