//! Statuses, headers, bodies.

use axum::body::Bytes;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;

use super::limit::Grant;
use crate::wire::problem::{Code, Problem};

/// An answer of the Edge API: its body is in memory whole.
pub type Answer = Response<Full<Bytes>>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// A cache must not answer with what a key got before it was revoked.
const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");
/// What is large may be kept, but not used before this node was asked, which looks at the key.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("private, no-cache");
const UNLIMITED: HeaderValue = HeaderValue::from_static("unlimited");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// 200 with JSON.
pub fn json(body: Bytes) -> Answer {
    with_json(StatusCode::OK, body)
}

/// 204: no rule matches.
pub fn nothing() -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    answer
}

/// 200 with a file.
pub fn file(body: Bytes, content_type: &'static str, name: &'static str, tag: &str) -> Answer {
    let mut answer = Response::new(Full::new(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_DISPOSITION, header(&format!("attachment; filename=\"{name}\"")));
    headers.insert(CACHE_CONTROL, ASK_FIRST);
    headers.insert(ETAG, header(tag));
    answer
}

/// 304: the caller has it already; its length is that of the file.
pub fn unchanged(length: usize, tag: &str) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer.headers_mut().insert(CACHE_CONTROL, ASK_FIRST);
    answer.headers_mut().insert(ETAG, header(tag));
    answer
}

/// An error with a message.
pub fn problem(code: Code, error: impl Into<String>) -> Answer {
    let body = serde_json::to_vec(&Problem::new(code, error)).expect("two strings are JSON");
    let status = StatusCode::from_u16(code.status()).expect("codes have valid statuses");
    with_json(status, body.into())
}

/// 401; all causes look alike.
pub fn unauthorized(code: Code) -> Answer {
    problem(code, "Unauthorized")
}

/// 405, with the methods that there are.
pub fn method_not_allowed(allowed: &'static str) -> Answer {
    let mut answer = problem(Code::MethodNotAllowed, format!("Method not allowed. Use {allowed}."));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// 400: a parameter came twice.
pub fn duplicate_parameter(name: &str) -> Answer {
    problem(Code::DuplicateParameter, format!("Duplicate parameter {name}. Send it once."))
}

/// 400: a lookup or an export says which project it is about.
pub fn missing_project() -> Answer {
    problem(Code::MissingProject, "Missing project. Send the parameter project or the header X-Project-ID.")
}

/// 400: see [`super::query::Query::version_number`].
pub fn invalid_version() -> Answer {
    problem(Code::InvalidVersion, "Invalid version. Expected a number from 1 to 2147483647.")
}

/// 404: the project has no such deployment.
pub fn version_not_found(version: u32) -> Answer {
    problem(Code::VersionNotFound, format!("Deployment {version} not found."))
}

/// 503: an older deployment is read from the store, which does not answer.
pub fn unreadable_version() -> Answer {
    unavailable("This deployment cannot be read now. Try again.")
}

/// 414.
pub fn path_too_long() -> Answer {
    problem(Code::PathTooLong, "The path is longer than 8 KiB.")
}

/// 429, with the seconds to wait.
pub fn too_many(grant: &Grant) -> Answer {
    let mut answer = problem(Code::RateLimitExceeded, "Too Many Requests");
    answer.headers_mut().insert(RETRY_AFTER, grant.retry_after.into());
    answer
}

/// 503: the node cannot vouch for what it would say.
pub fn unavailable(error: &str) -> Answer {
    let mut answer = problem(Code::Unavailable, error);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// Says what is left of the project's window; no grant means that there is no limit.
pub fn rate_limit(headers: &mut HeaderMap, grant: Option<&Grant>) {
    if let Some(grant) = grant {
        headers.insert(LIMIT, grant.limit.into());
        headers.insert(REMAINING, grant.remaining.into());
        headers.insert(RESET, grant.resets_at.into());
    } else {
        headers.insert(LIMIT, UNLIMITED);
        headers.insert(REMAINING, UNLIMITED);
    }
}

/// The answer to HEAD: that to GET without its body.
pub fn headless(answer: Answer) -> Answer {
    let (mut parts, body) = answer.into_parts();
    if !matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        let length = hyper::body::Body::size_hint(&body).exact().unwrap_or(0);
        parts.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(parts, Full::default())
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("made of ASCII")
}

fn with_json(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    // Room for these and the three of the rate limit at once.
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, NO_STORE);
    *answer.headers_mut() = headers;
    answer
}
