//! What happened with one key since the last batch.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{CallerCount, DayCount, KeyUsage, MAX_CALLERS, OtherCallers, Refusals, Refused};
use crate::wire::id::KeyId;
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

/// The requests of one key since the last batch. Empty most of the time, and then one pointer.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Option<Box<Counts>>>);

#[derive(Debug, Default)]
struct Counts {
    last_used: Option<(Timestamp, IpAddr)>,
    /// One for each state that the key had.
    refusals: SmallList<Refusals>,
    /// One day, or two around midnight.
    days: SmallList<DayCount>,
    /// At most [`MAX_CALLERS`].
    callers: SmallList<CallerCount>,
    others: Option<OtherCallers>,
    /// Whether the key waits for its last times to be taken.
    queued: bool,
    /// Whether it waits for its counts to be taken.
    kept: bool,
}

/// What [`Tally::take_last_times`] took out.
pub(super) struct LastTimes {
    /// The last times, if there was a request since they were taken before.
    pub(super) usage: Option<KeyUsage>,
    /// Whether counts stay that were not there the last time.
    pub(super) keeps: bool,
}

impl Tally {
    /// Counts a request; whether it is the first one since anything was taken out. `during` is the state of the key,
    /// if that refuses requests. It is read apart from the check that refused this one, so a request that is in flight
    /// while the key changes may count for the state before or after.
    pub(super) fn note(
        &self,
        outcome: Outcome,
        during: Option<Refused>,
        at: Timestamp,
        from: IpAddr,
    ) -> bool {
        let mut counts = self.lock();
        let counts = counts.get_or_insert_default();
        counts.note(outcome, at, from);
        if outcome == Outcome::Refused
            && let Some(during) = during
        {
            counts.refuse(Refusals { during, count: 1, last: at });
        }
        !std::mem::replace(&mut counts.queued, true)
    }

    /// The key is paused again: what was refused before does not count for this pause.
    pub(super) fn pause(&self) {
        if let Some(counts) = self.lock().as_mut() {
            for refusals in std::mem::take(&mut counts.refusals).into_vec() {
                let earlier = refusals.during == Refused::Paused;
                let during = if earlier { Refused::EarlierPause } else { refusals.during };
                counts.refuse(Refusals { during, ..refusals });
            }
        }
    }

    /// Takes everything out, as the usage of this key.
    pub(super) fn take(&self, key: KeyId) -> Option<KeyUsage> {
        self.lock().take().map(|counts| counts.into_usage(key))
    }

    /// Takes out the last use and the refusals; counts by day and callers stay for [`Tally::take`].
    pub(super) fn take_last_times(&self, key: KeyId) -> LastTimes {
        let mut counts = self.lock();
        let Some(counts) = counts.as_mut() else { return LastTimes { usage: None, keeps: false } };
        counts.queued = false;
        let (last_used, refusals) = (counts.last_used.take(), std::mem::take(&mut counts.refusals));
        let usage = (last_used.is_some() || refusals.len() > 0)
            .then(|| Counts { last_used, refusals, ..Counts::default() }.into_usage(key));
        LastTimes { usage, keeps: !std::mem::replace(&mut counts.kept, true) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Counts>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn note(&mut self, outcome: Outcome, at: Timestamp, from: IpAddr) {
        let (allowed, limited, refused) = match outcome {
            Outcome::Allowed => (1, 0, 0),
            Outcome::Limited => (0, 1, 0),
            Outcome::Refused => (0, 0, 1),
        };
        // Requests may be noted out of order: a last time only moves forward.
        if outcome != Outcome::Refused && self.last_used.is_none_or(|(last, _)| last <= at) {
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

    fn refuse(&mut self, more: Refusals) {
        if let Some(refusals) = self.refusals.find(|refusals| refusals.during == more.during) {
            refusals.count += more.count;
            refusals.last = refusals.last.max(more.last);
        } else {
            self.refusals.push(more);
        }
    }

    fn into_usage(self, key: KeyId) -> KeyUsage {
        KeyUsage {
            key,
            last_used: self.last_used,
            refusals: self.refusals.into_vec(),
            days: self.days.into_vec(),
            callers: self.callers.into_vec(),
            others: self.others,
        }
    }
}

/// A list that is nearly always of one: that one costs no allocation.
#[derive(Debug)]
struct SmallList<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Default for SmallList<T> {
    fn default() -> SmallList<T> {
        SmallList { first: None, rest: Vec::new() }
    }
}

impl<T> SmallList<T> {
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
