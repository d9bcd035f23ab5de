//! Uses from memory to the store, in batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{EdgeConfig, State};
use crate::store::changes::{FlushRequest, Need};
use crate::store::{BatchId, KeyUsage, SharedStore, StoreError, USAGE_RETRIED};
use crate::wire::time::uptime;

/// The most keys of one transaction. A key moves in several indexes, so the larger a transaction, the fewer
/// pages are written twice; but no other write should wait long for it.
const BATCH: usize = 2000;
/// With more keys than this since the last time, only last uses are written at once: they are what must not
/// be late, and a third of the work. Counts and callers follow within [`COUNTS_EVERY`].
const MANY: usize = 2000;
const COUNTS_EVERY: Duration = Duration::from_secs(30);
/// Writing may take one part of the time in so many, as long as last uses do not come late for it.
const PAUSE_FACTOR: u32 = 5;
/// How often the last batch is tried before its uses are given up.
const LAST_TRIES: u32 = 5;
const BETWEEN_LAST_TRIES: Duration = Duration::from_millis(200);

/// Writes uses `every` after the first of them, or at once when asked to, until `stop`, and then what is
/// left. While nothing happens, nothing wakes.
pub async fn run(
    store: SharedStore,
    state: Arc<State>,
    every: Duration,
    mut asks: mpsc::Receiver<FlushRequest>,
    stop: CancellationToken,
) {
    let mut writer = Writer { store, state, unsent: Vec::new(), number: 1, unknown_since: None };
    let state = Arc::clone(&writer.state);
    let mut pause = every;
    let mut counted = Instant::now();
    loop {
        let mut ask = None;
        if writer.unsent.is_empty() && state.usage.is_empty() {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(asked) = asks.recv() => ask = Some(asked),
                () = state.usage.noted() => {}
            }
        }
        if ask.is_none() {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(asked) = asks.recv() => ask = Some(asked),
                () = tokio::time::sleep(pause) => {}
            }
        }
        let begun = Instant::now();
        let need = ask.as_ref().map_or(Need::Other, |ask| ask.need);
        let whole = state.usage.len() <= MANY || counted.elapsed() >= COUNTS_EVERY;
        let written = writer.flush(whole, need).await;
        if let Some(ask) = ask {
            // Whoever asked may have given up.
            let _ = ask.reply.send(written.is_ok());
        }
        state.counts.flush(written.is_ok());
        match written {
            Ok(()) if whole => counted = begun,
            Ok(()) => {}
            // There is nowhere to write them any more.
            Err(StoreError::Lost { .. }) => return,
            Err(error) => {
                let keys = writer.unsent.len();
                tracing::warn!(keys, %error, "cannot save usage; will retry");
            }
        }
        pause = (begun.elapsed() * PAUSE_FACTOR).max(every).min(EdgeConfig::FLUSH_MAX);
    }
    for attempt in 1..=LAST_TRIES {
        match writer.flush(true, Need::Other).await {
            Ok(()) => return writer.end().await,
            Err(StoreError::Lost { .. }) => return,
            Err(error) if attempt == LAST_TRIES => {
                tracing::warn!(keys = writer.unsent.len(), %error, "cannot save the last usage; it is lost");
            }
            Err(_) => tokio::time::sleep(BETWEEN_LAST_TRIES).await,
        }
    }
}

/// Writes what a node has noted, each batch once: it keeps its number and its content until its outcome is known.
struct Writer {
    store: SharedStore,
    state: Arc<State>,
    /// What was taken out and is not known to be written. The next batch is its beginning.
    unsent: Vec<KeyUsage>,
    /// The number of the next batch.
    number: u64,
    /// When the outcome of the next batch became unknown, by [`uptime`].
    unknown_since: Option<Duration>,
}

impl Writer {
    /// Writes what was left of the last time, then what was noted since, whole or the last uses alone. Meanwhile
    /// further uses gather in the keys' slots, so that memory stays bounded.
    async fn flush(&mut self, whole: bool, need: Need) -> Result<(), StoreError> {
        self.write(need).await?;
        let usage = &self.state.usage;
        self.unsent.extend(if whole { usage.take() } else { usage.take_last_uses() });
        // Neighbours in the tables, neighbours in the transaction.
        self.unsent.sort_unstable_by_key(|usage| usage.key);
        self.write(need).await
    }

    async fn write(&mut self, need: Need) -> Result<(), StoreError> {
        while !self.unsent.is_empty() {
            let count = self.unsent.len().min(BATCH);
            if self.unknown_since.is_some_and(|since| uptime().saturating_sub(since) > USAGE_RETRIED) {
                self.give_up_counts(count);
            }
            let id = BatchId { node: self.state.follower.id(), number: self.number };
            let now = (self.state.clock)();
            let written = self.store.record_batch(id, &self.unsent[..count], now, need).await;
            if matches!(written, Err(StoreError::OutcomeUnknown(_))) {
                self.unknown_since.get_or_insert_with(uptime);
            }
            written?;
            self.unsent.drain(..count);
            self.number += 1;
            self.unknown_since = None;
        }
        Ok(())
    }

    /// The number of the batch may be forgotten by now, so its counts might count twice. Times only move forward: they
    /// can be sent again as often as need be.
    fn give_up_counts(&mut self, count: usize) {
        tracing::warn!(keys = count, "the outcome of a batch of usage stays unknown; its counts are lost");
        for usage in &mut self.unsent[..count] {
            usage.days.clear();
            usage.callers.clear();
            usage.others = None;
        }
        self.number += 1;
        self.unknown_since = None;
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
