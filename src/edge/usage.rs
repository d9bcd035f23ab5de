//! Who used which key: noted in memory while a request is answered, taken out in batches.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::keyring::Record;
use super::tally::Outcome;
use crate::store::KeyUsage;
use crate::wire::time::Timestamp;

/// The keys with which something happened since the last batch.
#[derive(Default)]
pub struct UsageLog {
    dirty: Mutex<Vec<Arc<Record>>>,
    /// One permit when the first key becomes dirty: while nothing happens, nothing wakes.
    wake: Notify,
}

impl UsageLog {
    /// Notes one request.
    pub fn note(&self, record: &Arc<Record>, outcome: Outcome, at: Timestamp, from: IpAddr) {
        if record.tally.note(outcome, at, from) {
            let mut dirty = self.dirty();
            dirty.push(Arc::clone(record));
            let wake = dirty.len() == 1;
            drop(dirty);
            if wake {
                self.wake.notify_one();
            }
        }
    }

    /// Waits until something is there to be taken.
    pub async fn noted(&self) {
        self.wake.notified().await;
    }

    /// With how many keys something happened that was not taken yet.
    pub fn len(&self) -> usize {
        self.dirty().len()
    }

    /// Whether nothing is there to be taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes out what happened since the last time.
    pub fn take(&self) -> Vec<KeyUsage> {
        let dirty = std::mem::take(&mut *self.dirty());
        dirty.iter().filter_map(|record| record.tally.take(record.id())).collect()
    }

    /// Takes out the last uses alone; counts and callers stay for [`UsageLog::take`].
    pub fn take_last_uses(&self) -> Vec<KeyUsage> {
        let dirty = std::mem::take(&mut *self.dirty());
        let taken = dirty.iter().filter_map(|record| record.tally.take_last_use(record.id())).collect();
        // Their tallies are not empty, so none of them was entered again meanwhile.
        self.dirty().extend(dirty);
        taken
    }

    fn dirty(&self) -> MutexGuard<'_, Vec<Arc<Record>>> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
