//! Uses from memory to the store, in batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{EdgeConfig, State};
use crate::store::changes::{FlushRequest, Need};
use crate::store::{KeyUsage, SharedStore, StoreError};

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
    let mut unsent = Vec::new();
    let mut pause = every;
    let mut counted = Instant::now();
    loop {
        let mut ask = None;
        if unsent.is_empty() && state.usage.is_empty() {
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
        let written = flush(&store, &state, &mut unsent, whole, need).await;
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
                let keys = unsent.len();
                tracing::warn!(keys, %error, "cannot save usage; will retry");
            }
        }
        pause = (begun.elapsed() * PAUSE_FACTOR).max(every).min(EdgeConfig::FLUSH_MAX);
    }
    for attempt in 1..=LAST_TRIES {
        match flush(&store, &state, &mut unsent, true, Need::Other).await {
            Ok(()) | Err(StoreError::Lost { .. }) => return,
            Err(error) if attempt == LAST_TRIES => {
                tracing::warn!(keys = unsent.len(), %error, "cannot save the last usage; it is lost");
            }
            Err(_) => tokio::time::sleep(BETWEEN_LAST_TRIES).await,
        }
    }
}

/// Writes what was left of the last time, then what was noted since, whole or the last uses alone. What a
/// failed write did not take stays in `unsent`; meanwhile further uses gather in the keys' slots, so that
/// memory stays bounded.
async fn flush(
    store: &SharedStore,
    state: &State,
    unsent: &mut Vec<KeyUsage>,
    whole: bool,
    need: Need,
) -> Result<(), StoreError> {
    write(store, state, unsent, need).await?;
    unsent.extend(if whole { state.usage.take() } else { state.usage.take_last_uses() });
    // Neighbours in the tables, neighbours in the transaction.
    unsent.sort_unstable_by_key(|usage| usage.key);
    write(store, state, unsent, need).await
}

async fn write(
    store: &SharedStore,
    state: &State,
    unsent: &mut Vec<KeyUsage>,
    need: Need,
) -> Result<(), StoreError> {
    while !unsent.is_empty() {
        let batch = &unsent[..unsent.len().min(BATCH)];
        let now = (state.clock)();
        let written = match need {
            Need::Revocation => store.record_usage_to_revoke(batch, now).await,
            Need::Other => store.record_usage(batch, now).await,
        };
        match written {
            // Whether it is there cannot be told. Times only move forward, so they may be sent again;
            // counts sent again might count twice, and are given up instead.
            Err(error @ StoreError::OutcomeUnknown(_)) => {
                let sent = batch.len();
                for usage in &mut unsent[..sent] {
                    usage.days.clear();
                    usage.callers.clear();
                    usage.others = None;
                }
                return Err(error);
            }
            outcome => outcome?,
        }
        unsent.drain(..unsent.len().min(BATCH));
    }
    Ok(())
}
