//! Sockets to answers: the loop that accepts, limits of size, and the few routes.
//!
//! Connections are served by hyper itself: there is no router, layer or extractor between a request and its
//! answer.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{self, Answer};
use super::lookup::{self, MAX_PATH};
use super::{Edge, State, export, revoke};
use crate::wire::paths;
use crate::wire::problem::Code;

/// The most bytes of all headers, each with its colon, blank and line end.
const MAX_HEADERS: usize = 16 * 1024;
/// The most bytes of a request's head that are read. What is longer than ours but shorter than this gets
/// an error that says so in JSON; hyper refuses the rest with a bare status.
const MAX_HEAD: usize = 128 * 1024;
/// How often connections are looked at: one on which no request began or ended between two looks is closed,
/// be it idle or slow.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long connections may go on after `stop`.
const DRAIN: Duration = Duration::from_secs(5);
/// The pause after a failed accept: most likely too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves the Edge API until `stop`; then answers what has begun, and returns.
///
/// # Errors
/// When the listener has no address, which means that it is broken.
pub async fn run(listener: TcpListener, edge: Arc<Edge>, stop: CancellationToken) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "the Edge API listens");
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer.ip(), Arc::clone(&edge.state), stop.clone()));
            }
            // The peer has gone before it was met, or there is no file left for it; the next may do.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::debug!(open = connections.len(), "connections were still open at the end");
    }
    Ok(())
}

async fn connection(stream: TcpStream, peer: IpAddr, state: Arc<State>, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let (state, activity) = (&*state, &AtomicU64::new(0));
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| async move {
        let (parts, _) = request.into_parts();
        activity.fetch_add(1, Ordering::Relaxed);
        let answer = answer(state, peer, &parts).await;
        activity.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(answer)
    });
    // No pipeline_flush: with it hyper keeps its own answers to broken requests to itself. No timer of
    // hyper's either: it would be set anew for each request.
    let connection =
        http1::Builder::new().max_buf_size(MAX_HEAD).serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut looks = tokio::time::interval_at(Instant::now() + PATIENCE, PATIENCE);
    let mut seen = 0;
    let outcome = loop {
        tokio::select! {
            outcome = connection.as_mut() => break outcome,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                break connection.await;
            }
            _ = looks.tick() => {
                let now = activity.load(Ordering::Relaxed);
                if std::mem::replace(&mut seen, now) == now {
                    break Ok(());
                }
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The same answers as a router's, for who has no socket.
pub(super) fn router(state: Arc<State>) -> axum::Router {
    axum::Router::new().fallback(move |request: Request| {
        let state = Arc::clone(&state);
        async move {
            let (parts, _) = request.into_parts();
            let peer = parts
                .extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
            answer(&state, peer, &parts).await.map(Body::new)
        }
    })
}

/// Answers a request. Nothing of its body is read.
pub async fn answer(state: &State, peer: IpAddr, request: &Parts) -> Answer {
    let answer = route(state, peer, request).await;
    if request.method == Method::HEAD { answer::headless(answer) } else { answer }
}

async fn route(state: &State, peer: IpAddr, request: &Parts) -> Answer {
    let path = request.uri.path();
    if path.len() > MAX_PATH {
        return lookup::path_too_long();
    }
    if size(&request.headers) > MAX_HEADERS {
        return answer::problem(Code::HeadersTooLarge, "The headers are larger than 16 KiB.");
    }
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    match path {
        paths::LOOKUP | paths::EXPORT | "/healthz" | "/readyz" if !is_read => {
            answer::method_not_allowed("GET, HEAD")
        }
        paths::LOOKUP => {
            let answer = lookup::lookup(state, peer, request).await;
            state.counts.lookup(answer.status());
            answer
        }
        paths::EXPORT => {
            let answer = export::route::export(state, peer, request).await;
            state.counts.export(answer.status());
            answer
        }
        paths::REVOKE if request.method == Method::POST => revoke::revoke(state, peer, request).await,
        paths::REVOKE => answer::method_not_allowed("POST"),
        "/healthz" => healthy(),
        "/readyz" if state.follower.is_live() => healthy(),
        "/readyz" => answer::unavailable("This node cannot vouch for its keys now."),
        _ => answer::problem(Code::NotFound, "The Edge API has no such route; lookups are GET /v1/lookup."),
    }
}

fn healthy() -> Answer {
    answer::json(Bytes::from_static(br#"{"status":"ok"}"#))
}

/// The size of the headers as they were sent, more or less.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
