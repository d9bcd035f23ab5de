//! What all answers have in common: a request id, no caching, errors as JSON, a deadline, one line of log, a
//! count.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use futures_util::FutureExt as _;
use tracing::Instrument as _;
use ulid::Ulid;

use super::metrics::Metrics;
use super::problem::Failure;
use crate::secret;
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};
use crate::wire::text;

/// How long a request may take, its body's arrival included.
const DEADLINE: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the envelope around each route of a router, and around its fallback.
pub fn layered(router: Router, metrics: &Metrics) -> Router {
    router.layer(middleware::from_fn_with_state(metrics.clone(), envelope))
}

async fn envelope(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = format!("req_{}", Ulid::generate().to_string().to_ascii_lowercase());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!(target: "keydeck::server", "request", id = %id);
    let response = answer(request, next).instrument(span).await;
    let response = sealed(response, &id, method == Method::HEAD);
    let status = response.status().as_u16();
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let took = start.elapsed();
    metrics.answered(&method, route, status, took);
    let ms = took.as_millis() as u64;
    // Never the address itself: what stands in place of an id, and the query, may hold anything.
    if matches!(route, paths::HEALTHZ | paths::READYZ | paths::METRICS) {
        // Probes come every few seconds and would hide the rest.
        tracing::debug!(target: "keydeck::server", %method, route, status, ms, request_id = %id, "request");
    } else {
        tracing::info!(target: "keydeck::server", %method, route, status, ms, request_id = %id, "request");
    }
    response
}

async fn answer(request: Request, next: Next) -> Response {
    use axum::response::IntoResponse as _;

    if request.uri().path_and_query().is_some_and(|address| secret::holds(address.as_str())) {
        return Failure::secret("url").into_response();
    }
    let guarded = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(DEADLINE, guarded).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Failure::internal("a handler panicked").into_response(),
        Err(_) => Failure::from(Problem::new(
            Code::Timeout,
            "the server did not answer within 30 s; a change may still be applied, so check before you \
             retry",
        ))
        .into_response(),
    }
}

fn sealed(mut response: Response, id: &str, head: bool) -> Response {
    if let Some(Failure { mut problem, cause, .. }) = response.extensions_mut().remove::<Failure>() {
        if let Some(cause) = cause {
            let (code, cause) = (problem.code, secret::masked(&cause));
            if response.status().is_server_error() {
                tracing::error!(target: "keydeck::server", %code, request_id = %id, %cause, "failed");
            } else {
                // A caller's fault, such as a body that ended early: nothing that an operator can mend.
                tracing::debug!(target: "keydeck::server", %code, request_id = %id, %cause, "refused");
            }
        }
        problem.request_id = Some(id.to_owned());
        problem.error = text::sentence(&problem.error);
        let body = serde_json::to_vec(&problem).expect("a problem is JSON");
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.remove(header::CONTENT_LENGTH);
        *response.body_mut() = if head { Body::empty() } else { Body::from(body) };
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(id).expect("an id is ASCII"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}
