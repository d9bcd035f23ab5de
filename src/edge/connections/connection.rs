//! One open connection: what it does, since when, and whether it was silent for too long.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// A connection whose answer was not read for so long may be closed to make room.
const BLOCKED_FOR_ROOM: Duration = Duration::from_secs(5);

/// When a silent connection is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// How often a connection is looked at. A request head that takes longer than two looks is given up.
    pub check: Duration,
    /// Without any request.
    pub first_request: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// When nothing of an answer is read.
    pub blocked: Duration,
    /// When a request is not answered; a stream is not limited.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            check: Duration::from_secs(10),
            first_request: Duration::from_secs(20),
            idle: Duration::from_mins(1),
            blocked: Duration::from_secs(20),
            answer: Duration::from_mins(2),
        }
    }
}

/// What a connection does; the low bits of its state, above which the time since when stands.
const IDLE: u64 = 0;
const ANSWERING: u64 = 1;
const STREAMING: u64 = 2;
const KIND: u64 = 3;
const KIND_BITS: u32 = 2;

/// One open connection. Its task alone stores into the atomics, so relaxed stores suffice.
#[derive(Debug)]
pub struct Connection {
    pub(super) id: u64,
    /// What counts as its address for the limit.
    pub(super) address: Option<IpAddr>,
    /// Times are microseconds from here, fine enough to tell which of two requests came first.
    start: Instant,
    opened: u64,
    state: AtomicU64,
    /// Bytes came that are no whole request yet.
    receiving: AtomicBool,
    /// Since when nothing could be written; 0 when it can.
    blocked: AtomicU64,
    /// It is to be closed for another one, or is closed already.
    displaced: AtomicBool,
    closing: CancellationToken,
}

impl Connection {
    /// One that opens now; it is to be closed with its token.
    pub(super) fn new(
        id: u64,
        address: Option<IpAddr>,
        start: Instant,
        closing: CancellationToken,
    ) -> Connection {
        let opened = micros_since(start);
        Connection {
            id,
            address,
            start,
            opened,
            state: AtomicU64::new(opened << KIND_BITS | IDLE),
            receiving: AtomicBool::new(false),
            blocked: AtomicU64::new(0),
            displaced: AtomicBool::new(false),
            closing,
        }
    }

    /// A request came.
    pub fn begin(&self) {
        self.receiving.store(false, Relaxed);
        self.state.store(self.state.load(Relaxed) & !KIND | ANSWERING, Relaxed);
    }

    /// Its answer is ready to be written.
    pub fn finish(&self) {
        self.receiving.store(false, Relaxed);
        let now = self.now().max(self.opened + 1);
        self.state.store(now << KIND_BITS | IDLE, Relaxed);
    }

    /// Its answer is a stream that goes on.
    pub fn stream(&self) {
        self.state.store(self.now() << KIND_BITS | STREAMING, Relaxed);
    }

    /// Bytes were read.
    pub(super) fn received(&self) {
        if !self.receiving.load(Relaxed) {
            self.receiving.store(true, Relaxed);
        }
    }

    /// Something was to be written: whether it could.
    pub(super) fn written(&self, able: bool) {
        let since = self.blocked.load(Relaxed);
        if able && since != 0 {
            self.blocked.store(0, Relaxed);
        } else if !able && since == 0 {
            self.blocked.store(self.now(), Relaxed);
        }
    }

    /// Comes back when it is to be closed.
    pub async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Whether it can be closed without cutting an answer off; a stream can where room is needed.
    pub(super) fn may_be_cut(&self) -> bool {
        match self.state.load(Relaxed) & KIND {
            ANSWERING => false,
            STREAMING => self.displaced.load(Relaxed),
            _ => self.at_rest().is_some(),
        }
    }

    /// Whether it has been silent for too long. `last` is what the last look saw.
    pub(super) fn is_overdue(&self, limits: &Timeouts, last: &mut Look) -> bool {
        let state = self.state.load(Relaxed);
        let look = Look { state, receiving: self.receiving.load(Relaxed), at: self.now() };
        let before = std::mem::replace(last, look);
        let (since, blocked) = (state >> KIND_BITS, self.blocked.load(Relaxed));
        let passed = |since: u64, limit: Duration| look.at.saturating_sub(since) >= micros(limit);
        match state & KIND {
            ANSWERING => {
                // The time in the state is that of the request before: count from the look that saw it begin.
                if before.state == state {
                    last.at = before.at;
                }
                passed(last.at, limits.answer)
            }
            STREAMING => false,
            _ if blocked != 0 => passed(blocked, limits.blocked),
            _ if look.receiving && before.receiving && before.state == state => true,
            _ if since == self.opened => passed(since, limits.first_request),
            _ => passed(since, limits.idle),
        }
    }

    /// Has it closed for another one.
    pub(super) fn displace(&self) {
        self.displaced.store(true, Relaxed);
        self.closing.cancel();
    }

    /// Takes it out of what may be displaced. Whether it was displaced before.
    pub(super) fn close(&self) -> bool {
        self.displaced.swap(true, Relaxed)
    }

    /// Since when it is idle; none when it is at work, or is to be closed already.
    pub(super) fn idle_since(&self) -> Option<u64> {
        self.at_rest().filter(|_| !self.displaced.load(Relaxed))
    }

    /// Since when it is a stream, unless it is to be closed already.
    pub(super) fn streaming_since(&self) -> Option<u64> {
        let state = self.state.load(Relaxed);
        let streams = state & KIND == STREAMING && !self.displaced.load(Relaxed);
        streams.then_some(state >> KIND_BITS)
    }

    /// Since when no request is being answered and no answer is being read.
    fn at_rest(&self) -> Option<u64> {
        let (state, blocked) = (self.state.load(Relaxed), self.blocked.load(Relaxed));
        let stuck = || self.now().saturating_sub(blocked) >= micros(BLOCKED_FOR_ROOM);
        (state & KIND == IDLE && (blocked == 0 || stuck())).then_some(state >> KIND_BITS)
    }

    fn now(&self) -> u64 {
        micros_since(self.start)
    }
}

/// What a look at a connection saw.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Look {
    state: u64,
    receiving: bool,
    at: u64,
}

/// Microseconds since the start, from 1 on.
fn micros_since(start: Instant) -> u64 {
    micros(start.elapsed()) + 1
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX - 1)
}
