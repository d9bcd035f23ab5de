//! The OpenAPI document, as it is kept in `assets`: a test holds it equal to what the code says.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::wire::paths;

/// Get the OpenAPI document
///
/// This document.
#[utoipa::path(
    get, path = paths::OPENAPI, tag = "Server", operation_id = "getOpenApi",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object))
)]
pub(crate) async fn openapi() -> Response {
    const TEXT: &str = include_str!("../../assets/openapi.json");
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], TEXT).into_response()
}
