//! `POST /v1/revoke`: a key revokes itself, for whoever finds a leaked one.
//!
//! The path of requests holds no store: a request asks, the task in `revoker` answers, as for older
//! deployments.

use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::request::Parts;
use tokio::sync::{mpsc, oneshot};

use super::answer::{self, Answer};
use super::tally::Outcome;
use super::verify::{API_KEY, check_at_least, once};
use super::{State, address};
use crate::secret;
use crate::store::By;
use crate::wire::audit::Head;
use crate::wire::id::KeyId;
use crate::wire::keys::Receipt;
use crate::wire::paths;
use crate::wire::problem::Code;

/// How many requests may wait for the task.
const QUEUE: usize = 64;
/// How long a request waits beyond a lease, which bounds the receipt.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that waits for its receipt.
#[derive(Debug)]
pub struct Ask {
    /// The key.
    pub(super) id: KeyId,
    /// Who asks.
    pub(super) by: By,
    /// Where the receipt and the audit head go; dropped when the key could not be revoked.
    pub(super) reply: oneshot::Sender<(Receipt, Head)>,
}

/// Where requests ask, and where their asks arrive.
pub fn channel() -> (mpsc::Sender<Ask>, mpsc::Receiver<Ask>) {
    mpsc::channel(QUEUE)
}

/// Revoke the key of the request
///
/// For anyone who finds a leaked key. The answer is sent once no node accepts the key. Not rate limited, and
/// not counted as usage. A paused key is revoked too; a key that is already revoked is refused like any
/// revoked key.
#[utoipa::path(
    post, path = paths::REVOKE, operation_id = "revokeItself",
    params(("Keydeck-At-Least" = Option<u64>, Header, description = "A revision that the node must have \
         applied; otherwise it answers 503")),
    responses((status = 200, description = "The receipt", body = Receipt,
        headers(("Keydeck-Audit-Head" = String, description = "The audit head after this change."))))
)]
pub async fn revoke(state: &State, peer: std::net::IpAddr, request: &Parts) -> Answer {
    if !state.follower.is_live() {
        state.lapsed.notify_one();
        return unavailable();
    }
    let text = match once(&request.headers, &API_KEY) {
        Ok(Some(text)) => text,
        Ok(None) => return answer::unauthorized(Code::MissingApiKey),
        Err(code) => return answer::unauthorized(code),
    };
    let Some(record) = state.keyring.find(text) else {
        return answer::unauthorized(Code::InvalidApiKey);
    };
    let now = (state.clock)();
    // A paused key is accepted here, so that the finder of a leaked key need not know that it is paused.
    if record.is_revoked() || !state.modes.serve(record.kind()) {
        let from = address::client(peer, &request.headers, &state.trusted_proxies);
        state.usage.note(&record, Outcome::Refused, now, from);
        return answer::unauthorized(Code::InvalidApiKey);
    }
    if let Err(refused) = check_at_least(state, &request.headers) {
        return *refused;
    }
    // Handle and last four are public; the text goes no further.
    let by = By::new(format!("key:{}", secret::masked(text)), now);
    let (reply, receipt) = oneshot::channel();
    let asked = async {
        state.revocations.send(Ask { id: record.id(), by, reply }).await.ok()?;
        receipt.await.ok()
    };
    match tokio::time::timeout(state.lease + PATIENCE, asked).await {
        Ok(Some((receipt, head))) => {
            let mut answer = answer::json(serde_json::to_vec(&receipt).expect("a receipt is JSON").into());
            let head = HeaderValue::from_str(&head.to_string()).expect("a number, a colon and hex digits");
            answer.headers_mut().insert(paths::AUDIT_HEAD_HEADER, head);
            answer
        }
        // Not in time, or the store failed.
        Ok(None) | Err(_) => unavailable(),
    }
}

fn unavailable() -> Answer {
    answer::unavailable(
        "The outcome of the revocation is unknown. Retry, or send the request to another node.",
    )
}
