//! The task that revokes keys which ask for it themselves.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::revoke::Ask;
use crate::store::{SharedStore, StoreError};

/// What the audit log says of it.
const REASON: &str = "revoked with the key itself";

/// Revokes the keys that asked for it, until `stop`. What has begun goes on, whoever still listens.
pub async fn answer_asks(store: SharedStore, mut asks: mpsc::Receiver<Ask>, stop: CancellationToken) {
    let running = TaskTracker::new();
    loop {
        let ask = tokio::select! {
            () = stop.cancelled() => break,
            ask = asks.recv() => ask,
        };
        let Some(ask) = ask else { break };
        running.spawn(answer_ask(Arc::clone(&store), ask));
    }
    running.close();
    running.wait().await;
}

async fn answer_ask(store: SharedStore, ask: Ask) {
    let Ask { id, by, reply } = ask;
    match store.revoke_key(&by, id, Some(REASON)).await {
        Ok(written) => {
            let receipt = store.confirm(&written.awaited).await;
            // A caller that went away needs no answer; the key is revoked all the same.
            let _ = reply.send((receipt, written.head));
        }
        Err(error @ StoreError::NotFound(_)) => {
            tracing::error!(%id, %error, "a key known to this node is not in the store");
        }
        Err(error) => tracing::warn!(%id, %error, "self-revocation of a key failed"),
    }
}
