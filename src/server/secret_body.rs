//! The one answer that holds a secret: written into memory that is wiped when the answer is gone.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::write;
use crate::secret::Secret;
use crate::wire::audit::Head;
use crate::wire::keys::Key;
use crate::wire::problem::Code;
use crate::wire::tokens::Token;

/// `201 {"<noun>": …, "secret": "…"}`.
///
/// The memory has its full size from the start, since growing would leave copies behind; the text of a
/// secret is letters, digits and `_`, which JSON writes as they are.
pub(crate) fn created(noun: &str, thing: &impl Serialize, secret: &Secret) -> Response {
    let thing = serde_json::to_vec(thing).expect("a noun is JSON");
    let head = format!("{{\"{noun}\":");
    let middle = b",\"secret\":\"";
    let end = b"\"}";
    let size = head.len() + thing.len() + middle.len() + secret.reveal().len() + end.len();
    let mut body = Zeroizing::new(Vec::with_capacity(size));
    for part in [head.as_bytes(), &thing, middle, secret.reveal().as_bytes(), end] {
        body.extend_from_slice(part);
    }
    let mut response = Response::new(Body::from(Bytes::from_owner(body)));
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Said here, since the embedded transport has no HTTP that would: its reader takes memory once.
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    response
}

/// The answer to a repeated request: the key was created before, and its secret was only in that answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepeatedKey {
    /// The current state of the key.
    key: Key,
    /// Always null.
    #[schema(value_type = Option<String>)]
    secret: (),
    /// Always `SECRET_NOT_REPEATABLE`.
    code: Code,
}

impl RepeatedKey {
    pub(crate) fn of(key: Key, head: &Head) -> Response {
        let repeated = RepeatedKey { key, secret: (), code: Code::SecretNotRepeatable };
        write::answer(StatusCode::OK, head, &repeated)
    }
}

/// The answer to a repeated request: the token was created before, and its secret was only in that answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepeatedToken {
    /// The current state of the token.
    token: Token,
    /// Always null.
    #[schema(value_type = Option<String>)]
    secret: (),
    /// Always `SECRET_NOT_REPEATABLE`.
    code: Code,
}

impl RepeatedToken {
    pub(crate) fn of(token: Token, head: &Head) -> Response {
        let repeated = RepeatedToken { token, secret: (), code: Code::SecretNotRepeatable };
        write::answer(StatusCode::OK, head, &repeated)
    }
}
