//! The time as of which rows are read.

use std::num::NonZeroU32;
use std::time::Duration;

use super::SqlStore;
use crate::wire::keys::unusually_late;
use crate::wire::session::Thresholds;
use crate::wire::time::Timestamp;

/// The time as of which rows are read, with all that decides then whether a key is idle or stale.
#[derive(Clone, Copy)]
pub(super) struct AsOf {
    /// Current time.
    pub(super) now: Timestamp,
    /// From how much idle time a key is idle or stale.
    pub(super) thresholds: Thresholds,
    /// How many seconds last uses are late at most: one number for the whole store.
    pub(super) precision: NonZeroU32,
}

impl AsOf {
    /// An active key that has been idle since then is stale, in milliseconds.
    pub(super) fn stale_before(self) -> i64 {
        self.certain(self.thresholds.stale_before(self.now)).millis()
    }

    /// An active key that has been idle since then is idle or stale, in milliseconds.
    pub(super) fn idle_before(self) -> i64 {
        self.certain(self.thresholds.idle_before(self.now)).millis()
    }

    /// A key that has been idle since then has certainly been idle for this long, in milliseconds.
    pub(super) fn idle_for(self, span: Duration) -> i64 {
        self.certain(self.now - span).millis()
    }

    /// A limit for last uses as they are stored, for a limit for last uses as they may have been.
    fn certain(self, limit: Timestamp) -> Timestamp {
        limit - unusually_late(Some(self.precision))
    }
}

impl SqlStore {
    /// A time, with this store's thresholds, and how late last uses are now.
    pub(super) fn as_of(&self, now: Timestamp) -> AsOf {
        AsOf { now, thresholds: self.thresholds, precision: self.changes.usage_precision() }
    }
}
