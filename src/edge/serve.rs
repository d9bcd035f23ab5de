//! Connections to answers: limits of size, and the few routes.
//!
//! Connections are served by hyper itself: there is no router, layer or extractor between a request and its
//! answer.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::connections::{Slot, listener};
use super::{Edge, State, export_route, revoke};
use super::{MAX_PATH, lookup};
use crate::wire::paths;
use crate::wire::problem::Code;

/// The most bytes of all headers, each with its colon, blank and line end.
const MAX_HEADERS: usize = 16 * 1024;
/// Who asks where there is no address.
const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// How long connections may go on after `stop`.
const DRAIN: Duration = Duration::from_secs(5);
/// Serves the Edge API until `stop`; then answers what has begun, and returns.
///
/// # Errors
/// When the listener has no address, which means that it is broken.
pub async fn run(listener: TcpListener, edge: Arc<Edge>, stop: CancellationToken) -> std::io::Result<()> {
    run_apart(listener, edge, stop, Handle::current()).await
}

/// The same with the lookups on threads of their own, `public`. A connection that begins with a POST, as for a
/// revocation, stays on the threads of the caller, so that it waits for no lookup.
///
/// # Errors
/// Those of [`run`].
pub async fn run_apart(
    listener: TcpListener,
    edge: Arc<Edge>,
    stop: CancellationToken,
    public: Handle,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "Edge API listening");
    let state = Arc::clone(&edge.state);
    let serve = move |stream, peer: Option<IpAddr>, slot| {
        begin(stream, peer.unwrap_or(LOCALHOST), Arc::clone(&state), slot, public.clone())
    };
    let connections =
        listener::accept(listener, "the Edge API", Arc::clone(&edge.connections), &stop, serve).await;
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::debug!(open = connections.len(), "connections still open at shutdown");
    }
    Ok(())
}

/// Looks at the first byte to choose the threads.
async fn begin(stream: TcpStream, peer: IpAddr, state: Arc<State>, slot: Slot, public: Handle) {
    let mut first = [0];
    let posts = tokio::select! {
        peeked = stream.peek(&mut first) => peeked.is_ok() && first == *b"P",
        // One that is silent is closed where the others are.
        () = slot.closing() => false,
        () = tokio::time::sleep(slot.timeouts().check) => false,
    };
    if posts {
        return connection(stream, peer, state, slot).await;
    }
    // The other threads have another poller.
    let Ok(stream) = stream.into_std() else { return };
    let served = public.spawn(async move {
        if let Ok(stream) = TcpStream::from_std(stream) {
            connection(stream, peer, state, slot).await;
        }
    });
    // It fails when the process ends.
    let _ = served.await;
}

async fn connection(stream: TcpStream, peer: IpAddr, state: Arc<State>, slot: Slot) {
    let (state, connection) = (&*state, &*slot);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| async move {
        let (parts, _) = request.into_parts();
        connection.begin();
        let answer = answer(state, peer, &parts).await;
        connection.finish();
        Ok::<_, Infallible>(answer)
    });
    listener::serve(stream, &slot, service).await;
}

/// The same answers as a router's, for who has no socket.
pub(super) fn router(state: Arc<State>) -> axum::Router {
    axum::Router::new().fallback(move |request: Request| {
        let state = Arc::clone(&state);
        async move {
            let (parts, _) = request.into_parts();
            let peer =
                parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(LOCALHOST, |peer| peer.0.ip());
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
        return answer::path_too_long();
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
            let answer = export_route::export(state, peer, request).await;
            state.counts.export(answer.status());
            answer
        }
        paths::REVOKE if request.method == Method::POST => revoke::revoke(state, peer, request).await,
        paths::REVOKE => answer::method_not_allowed("POST"),
        "/healthz" => healthy(),
        "/readyz" if state.follower.is_draining() => answer::unavailable("This node is shutting down."),
        "/readyz" if state.follower.is_live() => healthy(),
        "/readyz" => answer::unavailable("This node cannot verify keys now."),
        _ => answer::problem(Code::NotFound, "Route not found. Look up redirects with GET /v1/lookup."),
    }
}

fn healthy() -> Answer {
    answer::json(Bytes::from_static(br#"{"status":"ok"}"#))
}

/// The size of the headers as they were sent, more or less.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}
