//! Uses from memory to the store, in batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::State;
use super::usage::Round;
use crate::store::changes::{FlushRequest, Need};
use crate::store::{BatchId, KeyUsage, SharedStore, StoreError, USAGE_RETRIED, USAGE_ROWS_PER_SECOND};
use crate::wire::time::uptime;

/// The most keys of one transaction. A key moves in several indexes, so the larger a transaction, the fewer
/// pages are written twice; but no other write should wait long for it.
const BATCH: usize = 2000;
/// The same where the rate is bounded: the less is written at once, the more even it is.
const EVEN_BATCH: usize = 500;
/// With more keys than this since the last time, only last uses are written at once: they are what must not
/// be late, and a third of the work. Counts and callers follow within [`COUNTS_EVERY`], or after so many times of
/// what they take.
const MANY: usize = 2000;
const COUNTS_EVERY: Duration = Duration::from_secs(30);
const COUNTS_FACTOR: u32 = 3;
/// A pause is so many times as long as the writing before it, so that writing takes a tenth of the time, or more where
/// the pause would be longer than [`LONGEST_PAUSE`]. Last uses are later than usual then, and their precision says so.
const PAUSE_FACTOR: u32 = 9;
/// The same as long as no last use is later than usual for it: writing takes a fiftieth of the time then.
const EASY_FACTOR: u32 = 49;
/// The longest pause for that; with the writing before and after it a last use keeps to its usual precision.
const EASY_PAUSE: Duration = Duration::from_secs(3);
/// The longest pause where one process has the database alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause where other processes have to learn what is written, which takes its time, too.
const SHARED_PAUSE: Duration = Duration::from_secs(2);
/// How often the last batch is tried before its uses are given up.
const LAST_TRIES: u32 = 5;
const BETWEEN_LAST_TRIES: Duration = Duration::from_millis(200);

/// Writes uses `every` after the first of them, or at once when asked to, until `stop`, and then what is
/// left. While nothing happens, nothing wakes. Says whether all is written.
pub async fn run(
    store: SharedStore,
    state: Arc<State>,
    every: Duration,
    asks: mpsc::Receiver<FlushRequest>,
    stop: CancellationToken,
) -> bool {
    let mut writer = Writer {
        store,
        state,
        asks,
        stop,
        asked: Vec::new(),
        round: Round::default(),
        batch: Vec::new(),
        number: 1,
        unknown_since: None,
        pace: Pace::new(Instant::now()),
    };
    let mut pause = every;
    let (mut counted, mut counting) = (Instant::now(), Duration::ZERO);
    while writer.wait(pause).await {
        let begun = Instant::now();
        // Who asks during the round is answered by the next one.
        let asked = std::mem::take(&mut writer.asked);
        let revokes = asked.iter().any(|ask| ask.need == Need::Revocation);
        let need = if revokes { Need::Revocation } else { Need::Other };
        let counts_every = COUNTS_EVERY.max(counting * COUNTS_FACTOR);
        let whole = writer.state.usage.len() <= MANY || counted.elapsed() >= counts_every;
        writer.say_unwritten();
        let written = writer.flush(whole, need, !asked.is_empty()).await;
        writer.say_unwritten();
        for ask in asked {
            // Whoever asked may have given up.
            let _ = ask.reply.send(written.is_ok());
        }
        writer.state.counts.flush(written.is_ok());
        match written {
            Ok(()) if whole => (counted, counting) = (begun, begun.elapsed()),
            Ok(()) => {}
            // There is nowhere to write them any more.
            Err(StoreError::Lost { .. }) => return false,
            Err(error) => {
                let keys = writer.keys();
                tracing::warn!(keys, %error, "cannot save usage; will retry");
            }
        }
        writer.state.settled.notify_one();
        pause = Pace::pause(begun.elapsed(), every, writer.share().is_some());
    }
    let (store, written) = (Arc::clone(&writer.store), writer.finish().await);
    store.changes().set_unwritten(None);
    written
}

/// When the next batch may be written, where the rate is bounded.
#[derive(Debug)]
pub struct Pace {
    next_at: Instant,
}

impl Pace {
    /// How long a batch waits at most for what was written beyond the rate, because a caller waited for it.
    pub const LONGEST_DEBT: Duration = Duration::from_secs(2);

    /// How long to wait after a round that took so long to write; `every` is how long requests are gathered, and
    /// `shared` whether other processes have to learn what is written.
    pub fn pause(writing: Duration, every: Duration, shared: bool) -> Duration {
        let longest = if shared { SHARED_PAUSE } else { LONGEST_PAUSE };
        let easy = (writing * EASY_FACTOR).min(EASY_PAUSE);
        (writing * PAUSE_FACTOR).max(easy).min(longest).max(every)
    }

    /// At once.
    pub fn new(now: Instant) -> Pace {
        Pace { next_at: now }
    }

    /// When the next one may be written.
    pub fn next_at(&self) -> Instant {
        self.next_at
    }

    /// A batch was written from `begun` until `now`, which is so much of the rate.
    pub fn wrote(&mut self, begun: Instant, now: Instant, spent: Duration) {
        let longest = now + spent + Pace::LONGEST_DEBT;
        self.next_at = (self.next_at.max(begun) + spent).min(longest);
    }
}

/// Writes what a node has noted, each batch once: it keeps its number and its content until its outcome is known.
struct Writer {
    store: SharedStore,
    state: Arc<State>,
    asks: mpsc::Receiver<FlushRequest>,
    stop: CancellationToken,
    /// Who waits for a round.
    asked: Vec<FlushRequest>,
    /// The keys whose turn comes next.
    round: Round,
    /// What was taken out and is not known to be written.
    batch: Vec<KeyUsage>,
    /// Its number.
    number: u64,
    /// When its outcome became unknown, by [`uptime`].
    unknown_since: Option<Duration>,
    /// Where the rate is bounded.
    pace: Pace,
}

impl Writer {
    /// Waits until the next round is due; false at the end.
    async fn wait(&mut self, pause: Duration) -> bool {
        if self.asked.is_empty() && self.keys() == 0 && self.state.usage.is_empty() {
            tokio::select! {
                () = self.stop.cancelled() => return false,
                Some(ask) = self.asks.recv() => self.asked.push(ask),
                () = self.state.usage.noted() => {}
            }
        }
        if self.asked.is_empty() {
            tokio::select! {
                () = self.stop.cancelled() => return false,
                Some(ask) = self.asks.recv() => self.asked.push(ask),
                () = tokio::time::sleep(pause) => {}
            }
        }
        !self.stop.is_cancelled()
    }

    /// How many keys are left of the last round.
    fn keys(&self) -> usize {
        self.round.len() + self.batch.len()
    }

    /// Says since when a request is noted but not written.
    fn say_unwritten(&self) {
        self.store.changes().set_unwritten(self.state.usage.oldest());
    }

    /// Writes what was left of the last round, then what was noted since, whole or the last times alone; at a bounded
    /// rate, or at once for a caller. Further requests add up in the keys' slots, so that memory stays bounded.
    async fn flush(&mut self, whole: bool, need: Need, at_once: bool) -> Result<(), StoreError> {
        self.write(need, at_once).await?;
        self.round = self.state.usage.round(whole);
        self.write(need, at_once).await
    }

    async fn write(&mut self, need: Need, at_once: bool) -> Result<(), StoreError> {
        loop {
            if !at_once {
                self.keep_to_rate().await;
            }
            if self.batch.is_empty() {
                let limit = if self.share().is_some() { EVEN_BATCH } else { BATCH };
                self.batch = self.round.next(&self.state.usage, limit);
            }
            if self.batch.is_empty() && self.round.is_empty() {
                self.state.usage.written();
                return Ok(());
            }
            let begun = Instant::now();
            self.write_batch(need).await?;
            let rows: u64 = self.batch.drain(..).map(|usage| usage.rows()).sum();
            if let Some(share) = self.share() {
                let spent = Duration::from_secs_f64(rows as f64 / share);
                self.pace.wrote(begun, Instant::now(), spent);
            }
        }
    }

    async fn write_batch(&mut self, need: Need) -> Result<(), StoreError> {
        if self.unknown_since.is_some_and(|since| uptime().saturating_sub(since) > USAGE_RETRIED) {
            self.give_up_counts();
        }
        let id = BatchId { node: self.state.follower.id(), number: self.number };
        let written = self.store.record_batch(id, &self.batch, (self.state.clock)(), need).await;
        if matches!(written, Err(StoreError::OutcomeUnknown(_))) {
            self.unknown_since.get_or_insert_with(uptime);
        }
        written?;
        self.number += 1;
        self.unknown_since = None;
        Ok(())
    }

    /// Rows a second that this node may write: its share of what all write together. None where it is the only one.
    fn share(&self) -> Option<f64> {
        let nodes = self.store.changes().sharing_nodes()?;
        Some(f64::from(USAGE_ROWS_PER_SECOND) / nodes as f64)
    }

    /// Waits until the next batch may be written, or until a caller needs it now.
    async fn keep_to_rate(&mut self) {
        while self.asked.is_empty() && self.pace.next_at() > Instant::now() {
            tokio::select! {
                () = self.stop.cancelled() => return,
                Some(ask) = self.asks.recv() => self.asked.push(ask),
                () = tokio::time::sleep_until(self.pace.next_at()) => {}
            }
        }
    }

    /// The number of the batch may be forgotten by now, so its counts might count twice. Times only move forward: they
    /// can be sent again as often as need be.
    fn give_up_counts(&mut self) {
        let keys = self.batch.len();
        tracing::warn!(keys, "the outcome of a batch of usage stays unknown; its counts are lost");
        for usage in &mut self.batch {
            usage.days.clear();
            usage.callers.clear();
            usage.others = None;
            for refusals in &mut usage.refusals {
                refusals.count = 0;
            }
        }
        self.number += 1;
        self.unknown_since = None;
    }

    /// Writes what is left, last uses first. Says whether all is written.
    async fn finish(mut self) -> bool {
        let many = self.state.usage.len() > MANY;
        for attempt in 1..=LAST_TRIES {
            let mut written = if many { self.flush(false, Need::Other, true).await } else { Ok(()) };
            if written.is_ok() {
                written = self.flush(true, Need::Other, true).await;
            }
            match written {
                Ok(()) => {
                    self.end().await;
                    return true;
                }
                Err(StoreError::Lost { .. }) => return false,
                Err(error) if attempt == LAST_TRIES => {
                    let keys = self.keys();
                    tracing::warn!(keys, %error, "cannot save the last usage; it is lost");
                }
                Err(_) => tokio::time::sleep(BETWEEN_LAST_TRIES).await,
            }
        }
        false
    }

    /// No further batch is written.
    async fn end(self) {
        if self.number > 1
            && let Err(error) = self.store.end_batches(self.state.follower.id()).await
        {
            // Another start of a node removes it.
            tracing::debug!(%error, "the number of the last batch of usage stays");
        }
    }
}
