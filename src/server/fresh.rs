//! Lists that a client asks for again and again: what it has already is not sent again.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::problem::Failure;
use crate::wire::etag;

/// 200 with the list and its `ETag`, or 304 where `If-None-Match` names that tag.
///
/// # Errors
/// The list cannot be written as JSON.
pub(crate) fn answer<T: Serialize>(headers: &HeaderMap, list: &T) -> Result<Response, Failure> {
    let body = serde_json::to_vec(list).map_err(Failure::internal)?;
    let tag = etag::of(&body);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let unchanged = known.into_iter().any(|value| etag::matches(value, &tag));
    let tag = HeaderValue::from_str(&tag).expect("a quoted hash is ASCII");
    Ok(if unchanged {
        (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response()
    } else {
        let json = HeaderValue::from_static("application/json");
        ([(header::ETAG, tag), (header::CONTENT_TYPE, json)], body).into_response()
    })
}
