//! Who used which key: noted in memory while a request is answered, taken out in batches.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::keyring::Record;
use crate::store::{CallerCount, DayCount, KeyUsage, MAX_CALLERS, OtherCallers};
use crate::wire::time::Timestamp;

/// What became of a request with the right secret of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A use that was answered.
    Allowed,
    /// A use beyond the rate limit.
    Limited,
    /// No use: the key is revoked, or of another project or mode.
    Refused,
}

/// The keys with which something happened since the last batch.
#[derive(Default)]
pub struct UsageLog {
    dirty: Mutex<Vec<Arc<Record>>>,
    /// One permit when the first key becomes dirty: while nothing happens, nothing wakes.
    wake: Notify,
}

/// What happened with one key since the last batch; empty most of the time.
#[derive(Debug, Default)]
pub struct Slot(Mutex<Option<Box<Pending>>>);

#[derive(Debug, Default)]
struct Pending {
    last_used: Option<(Timestamp, IpAddr)>,
    last_refused: Option<Timestamp>,
    /// One day, or two around midnight.
    days: Few<DayCount>,
    /// At most [`MAX_CALLERS`].
    callers: Few<CallerCount>,
    others: Option<OtherCallers>,
}

impl UsageLog {
    /// Notes one request.
    pub fn note(&self, record: &Arc<Record>, outcome: Outcome, at: Timestamp, from: IpAddr) {
        let mut slot = record.slot.lock();
        let first = slot.is_none();
        slot.get_or_insert_default().note(outcome, at, from);
        drop(slot);
        if first {
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
        dirty.iter().filter_map(|record| Some(record.slot.lock().take()?.usage_of(record))).collect()
    }

    /// Takes out the last uses alone; counts and callers stay for [`UsageLog::take`].
    pub fn take_last_uses(&self) -> Vec<KeyUsage> {
        let dirty = std::mem::take(&mut *self.dirty());
        let taken = dirty.iter().filter_map(|record| {
            let last_used = record.slot.lock().as_mut()?.last_used.take()?;
            let last_used = Pending { last_used: Some(last_used), ..Pending::default() };
            Some(last_used.usage_of(record))
        });
        let taken = taken.collect();
        // Their slots are still in use, so none of them was entered again meanwhile.
        self.dirty().extend(dirty);
        taken
    }

    fn dirty(&self) -> MutexGuard<'_, Vec<Arc<Record>>> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<Box<Pending>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn note(&mut self, outcome: Outcome, at: Timestamp, from: IpAddr) {
        let (allowed, limited, refused) = match outcome {
            Outcome::Allowed => (1, 0, 0),
            Outcome::Limited => (0, 1, 0),
            Outcome::Refused => (0, 0, 1),
        };
        // Requests may be noted out of order: a last time only moves forward.
        if outcome == Outcome::Refused {
            self.last_refused = self.last_refused.max(Some(at));
        } else if self.last_used.is_none_or(|(last, _)| last <= at) {
            self.last_used = Some((at, from));
        }

        let day = at.day();
        if let Some(count) = self.days.find(|count| count.day == day) {
            count.allowed += allowed;
            count.limited += limited;
            count.refused += refused;
        } else {
            self.days.push(DayCount { day, allowed, limited, refused });
        }

        // A limited request shows its caller, but was neither allowed nor refused.
        if let Some(caller) = self.callers.find(|caller| caller.address == from) {
            caller.first_at = caller.first_at.min(at);
            caller.last_at = caller.last_at.max(at);
            caller.allowed += allowed;
            caller.refused += refused;
        } else if self.callers.len() < MAX_CALLERS {
            self.callers.push(CallerCount { address: from, first_at: at, last_at: at, allowed, refused });
        } else {
            let none = OtherCallers { first_at: at, last_at: at, allowed: 0, refused: 0 };
            let others = self.others.get_or_insert(none);
            others.first_at = others.first_at.min(at);
            others.last_at = others.last_at.max(at);
            others.allowed += allowed;
            others.refused += refused;
        }
    }

    fn usage_of(self, record: &Record) -> KeyUsage {
        KeyUsage {
            key: record.id(),
            last_used: self.last_used,
            last_refused: self.last_refused,
            days: self.days.into_vec(),
            callers: self.callers.into_vec(),
            others: self.others,
        }
    }
}

/// A list that is nearly always of one: that one costs no allocation.
#[derive(Debug)]
struct Few<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Few<T> {
        Few { first: None, rest: Vec::new() }
    }
}

impl<T> Few<T> {
    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    fn find(&mut self, wanted: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.first.iter_mut().chain(&mut self.rest).find(|item| wanted(item))
    }

    fn push(&mut self, item: T) {
        if self.first.is_none() {
            self.first = Some(item);
        } else {
            self.rest.push(item);
        }
    }

    fn into_vec(self) -> Vec<T> {
        self.first.into_iter().chain(self.rest).collect()
    }
}
