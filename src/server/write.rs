//! Writes: spawned, so that a caller who hangs up cancels nothing, and answered with the audit head.

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tracing::Instrument as _;

use super::problem::Failure;
use crate::wire::audit::Head;
use crate::wire::keys::Receipt;
use crate::wire::paths::{AUDIT_HEAD_HEADER, RECEIPT_HEADER};

/// Runs a write to its end, whoever still listens.
pub(crate) async fn spawned<T: Send + 'static>(
    write: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let task = tokio::spawn(write.in_current_span());
    task.await.unwrap_or_else(|_| Err(Failure::internal("the task of a write panicked or was stopped")))
}

/// An answer to a write: status, audit head, JSON.
pub(crate) fn answer(status: StatusCode, head: &Head, value: &impl Serialize) -> Response {
    with_head((status, axum::Json(value)).into_response(), head)
}

/// Adds the audit head to an answer.
pub(crate) fn with_head(mut response: Response, head: &Head) -> Response {
    let value = HeaderValue::from_str(&head.to_string()).expect("a number, a colon and hex digits");
    response.headers_mut().insert(AUDIT_HEAD_HEADER, value);
    response
}

/// An answer to a deletion, which nodes have confirmed.
pub(crate) fn deleted(head: &Head, receipt: &Receipt) -> Response {
    let mut response = with_head(StatusCode::NO_CONTENT.into_response(), head);
    let value = serde_json::to_vec(receipt).expect("a receipt is JSON");
    let value = HeaderValue::from_maybe_shared(value).expect("JSON has no control characters");
    response.headers_mut().insert(RECEIPT_HEADER, value);
    response
}
