//! How far a node has written its usage: noted in its row, where other processes read how late last uses are, and that
//! what they wait for is written.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::State;
use super::load::within;
use crate::store::SharedStore;
use crate::store::changes::Need;
use crate::wire::time::uptime;

/// How often it is noted when nothing is written. Together with the time for which uses are gathered it stays below
/// [`crate::wire::keys::USAGE_PRECISION`] while there is little to write.
const NOTE_EVERY: Duration = Duration::from_secs(2);
/// The pause after a failure.
const AGAIN: Duration = Duration::from_millis(200);

/// Notes it until `stop`, where many processes share the database.
pub(super) async fn run(store: SharedStore, state: Arc<State>, stop: CancellationToken) {
    let (Some(ledger), Some(mut fence)) = (store.ledger(), store.changes().subscribe_fence()) else { return };
    let mut reached = 0;
    loop {
        let asked = *fence.borrow_and_update();
        let mut pause = NOTE_EVERY;
        if asked != reached {
            if store.changes().flush_usage(Need::Other).await {
                reached = asked;
            } else {
                pause = AGAIN;
            }
        }
        let settled = state.usage.settled(uptime());
        if let Some(until) = store.changes().database_time(settled)
            && let Err(error) = within(ledger.note_usage(state.follower.id(), until, reached)).await
        {
            tracing::debug!(%error, "cannot note how far usage is written; will retry");
            pause = AGAIN;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            _ = fence.changed() => {}
            () = state.settled.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
