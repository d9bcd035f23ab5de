//! Who used which key: noted in memory while a request is answered, taken out in rounds.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::keyring::Record;
use super::tally::Outcome;
use crate::store::KeyUsage;
use crate::wire::time::{Timestamp, uptime};

/// How long it takes at most to note a request that was begun.
const NOTING: Duration = Duration::from_millis(100);

/// The keys with which something happened since it was taken out.
#[derive(Default)]
pub struct UsageLog {
    pending: Mutex<Pending>,
    /// One permit when the first key becomes pending: while nothing happens, nothing wakes.
    wake: Notify,
}

#[derive(Default)]
struct Pending {
    /// Keys with a request since their last times were taken.
    queued: Vec<Arc<Record>>,
    /// When the first of them was noted, by [`uptime`].
    since: Option<Duration>,
    /// Keys of which only the counts are left.
    kept: Vec<Arc<Record>>,
    /// The same time of the round that is being written.
    writing: Option<Duration>,
}

impl UsageLog {
    /// Notes one request.
    pub fn note(&self, record: &Arc<Record>, outcome: Outcome, at: Timestamp, from: IpAddr) {
        if record.tally.note(outcome, record.refused(), at, from) {
            let mut pending = self.pending();
            pending.queued.push(Arc::clone(record));
            let wake = pending.since.is_none();
            if wake {
                pending.since = Some(uptime());
            }
            drop(pending);
            if wake {
                self.wake.notify_one();
            }
        }
    }

    /// Waits until something is there to be taken.
    pub async fn noted(&self) {
        self.wake.notified().await;
    }

    /// How many keys wait for their last times or their counts to be taken; one may wait for both.
    pub fn len(&self) -> usize {
        let pending = self.pending();
        pending.queued.len() + pending.kept.len()
    }

    /// Whether nothing is there to be taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Begins to take out what happened since the last round: all of it (`whole`), or the last times alone.
    pub fn round(&self, whole: bool) -> Round {
        let mut pending = self.pending();
        let mut records = std::mem::take(&mut pending.queued);
        if whole {
            records.append(&mut pending.kept);
        }
        let since = pending.since.take();
        pending.writing = earlier(pending.writing, since);
        drop(pending);
        // Neighbours in the tables, neighbours in a transaction. The last is taken first.
        records.sort_unstable_by_key(|record| std::cmp::Reverse(record.id()));
        Round { records, whole }
    }

    /// All rounds that were begun are written.
    pub fn written(&self) {
        self.pending().writing = None;
    }

    /// The last times of all requests before this moment are written, by [`uptime`]; it is `now` at most, which was
    /// read before.
    pub fn settled(&self, now: Duration) -> Duration {
        self.oldest().map_or(now, |oldest| oldest.min(now)).saturating_sub(NOTING)
    }

    /// When the oldest request that is not written was noted, by [`uptime`].
    pub fn oldest(&self) -> Option<Duration> {
        let pending = self.pending();
        earlier(pending.writing, pending.since)
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}

/// The keys of a round. What happened with each is taken out when its turn comes, so that it is as late as can be and
/// memory stays bounded.
#[derive(Default)]
pub struct Round {
    records: Vec<Arc<Record>>,
    whole: bool,
}

impl Round {
    /// Takes out the next keys, `limit` at most; none at the end.
    pub fn next(&mut self, log: &UsageLog, limit: usize) -> Vec<KeyUsage> {
        let mut batch = Vec::with_capacity(limit.min(self.records.len()));
        let mut kept = Vec::new();
        while batch.len() < limit
            && let Some(record) = self.records.pop()
        {
            if self.whole {
                batch.extend(record.tally.take(record.id()));
                continue;
            }
            let last = record.tally.take_last_times(record.id());
            batch.extend(last.usage);
            if last.keeps {
                kept.push(record);
            }
        }
        log.pending().kept.append(&mut kept);
        batch
    }

    /// How many keys are left.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it is at its end.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}
