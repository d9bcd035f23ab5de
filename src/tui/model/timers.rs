//! What is due when. Nothing is polled: the runtime sleeps until the next of these times.

use std::time::Duration;

use crate::wire::time::Timestamp;

/// So long nothing is said of a request.
pub const LOADING: Duration = Duration::from_millis(150);
/// After this time without an answer the header says for how long one is awaited.
pub const WAITING: Duration = Duration::from_secs(2);
/// The visible page is asked for again after this time.
pub const REFRESH: Duration = Duration::from_secs(3);
/// While events come, the page is asked for again after this time: for what no event tells, such as a key that
/// has become stale.
pub const REFRESH_LIVE: Duration = Duration::from_mins(1);
/// How many keys have findings is asked again after this time.
pub const FINDINGS: Duration = Duration::from_mins(1);
/// How often the nodes are asked for while they are shown, or are more than one.
pub const NODES: Duration = Duration::from_secs(3);
/// How often one node is asked for that is not shown: others may have joined.
pub const ONE_NODE: Duration = Duration::from_mins(1);
/// How often the nodes are asked for while a change waits for them; before that it is not.
pub const CONFIRMING: Duration = Duration::from_millis(300);
/// Ages are looked at again after this time.
pub const AGES: Duration = Duration::from_secs(10);
/// While the Edge API starts, the server is asked again after this time whether it serves.
pub const STARTING: Duration = Duration::from_millis(250);
/// The same where that is not answered.
pub const STARTING_AGAIN: Duration = Duration::from_secs(2);
/// A row has to be selected for so long before its detail is asked for.
pub const REST: Duration = Duration::from_millis(150);

/// The times.
#[derive(Clone, PartialEq, Debug)]
pub struct Timers {
    /// When the visible page is asked for again.
    pub refresh: Timestamp,
    /// When it was asked for last.
    pub refreshed: Timestamp,
    /// When it is asked again how many keys have findings.
    pub findings: Timestamp,
    /// When lists were asked for last of which no event tells.
    pub polled: Timestamp,
    /// When ages are looked at again.
    pub ages: Timestamp,
    /// When it is asked again whether the Edge API serves; none once it does.
    pub starting: Option<Timestamp>,
    /// What the ages on the screen said last.
    pub(super) seen_ages: u64,
    /// Whether a word of loading is on the screen.
    pub(super) seen_loading: bool,
    /// For how many seconds an answer is awaited, as the screen says it.
    pub(super) seen_waiting: Option<u64>,
    /// Refreshes so far: the projects beside a table come with each fifth.
    pub(super) refreshes: u64,
}

impl Timers {
    /// From now on.
    pub fn new(now: Timestamp) -> Timers {
        Timers {
            refresh: now + REFRESH,
            refreshed: now,
            findings: now + FINDINGS,
            polled: now,
            ages: now + AGES,
            starting: None,
            seen_ages: 0,
            seen_loading: false,
            seen_waiting: None,
            refreshes: 0,
        }
    }

    /// The visible page is asked for again soon, but not more often than without a stream of events.
    pub(super) fn refresh_soon(&mut self, now: Timestamp) {
        self.refresh = self.refresh.min((self.refreshed + REFRESH).max(now));
    }

    /// The clock was set back: nothing waits for a time that was.
    pub(super) fn not_after(&mut self, now: Timestamp) {
        (self.refresh, self.refreshed, self.ages, self.findings) = (now, now, now, now);
        self.polled = now;
        self.starting = self.starting.map(|_| now);
    }

    /// The clock was set.
    pub(super) fn shift(&mut self, shift: impl Fn(&mut Timestamp)) {
        [&mut self.refresh, &mut self.refreshed, &mut self.ages, &mut self.findings, &mut self.polled]
            .into_iter()
            .for_each(&shift);
        self.starting.iter_mut().for_each(shift);
    }
}
