//! The management API's listeners: connections become requests of the router, with or without TLS.
//!
//! Each connection is a task of its own from its first byte on, so that a handshake that is slow, broken or
//! no TLS at all keeps nobody else waiting.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::tls::Tls;
use crate::edge::connections::listener::{self, Listen, accept};
use crate::edge::connections::{Connections, Slot};
use crate::wire::problem::{Code, Problem};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The media type of an answer that goes on.
const EVENT_STREAM: &[u8] = b"text/event-stream";
/// The first byte of every TLS connection: a handshake record.
const TLS_HANDSHAKE: u8 = 22;
/// For who speaks HTTP where TLS is spoken; the request, and a token in it, is not read.
const SPEAK_TLS: &str = "This port expects TLS. Use https:// instead of http://.";

/// Serves callers with a token until `end`; then answers the requests that have begun, and returns.
///
/// # Errors
/// When the listener has no address, which means that it is broken.
pub async fn run(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    router: Router,
    connections: Arc<Connections>,
    end: CancellationToken,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, tls = tls.is_some(), "management API listening");
    let serve = |stream, _, slot| connection(stream, tls.as_deref().map(Tls::acceptor), router.clone(), slot);
    accept(listener, "the management API", connections, &end, serve).await.wait().await;
    Ok(())
}

/// The same for the processes of this user.
///
/// # Errors
/// None; the type is that of [`run`].
pub async fn run_local<L: Listen>(
    listener: L,
    router: Router,
    connections: Arc<Connections>,
    end: CancellationToken,
) -> io::Result<()> {
    let serve = |stream, _, slot| {
        let router = router.clone();
        async move { serve(stream, router, &slot).await }
    };
    accept(listener, "the socket", connections, &end, serve).await.wait().await;
    Ok(())
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router, slot: Slot) {
    let Some(tls) = tls else { return serve(stream, router, &slot).await };
    let shaken = tokio::select! {
        () = slot.closing() => return,
        shaken = tokio::time::timeout(HANDSHAKE, handshake(stream, &tls)) => shaken,
    };
    match shaken {
        Ok(Ok(Some(stream))) => serve(stream, router, &slot).await,
        Ok(Ok(None)) => tracing::debug!("plain HTTP request on a TLS port"),
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake timed out"),
    }
}

/// None when the other side does not speak TLS; it was told so.
async fn handshake(
    mut stream: TcpStream,
    tls: &TlsAcceptor,
) -> io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != TLS_HANDSHAKE {
        let body = serde_json::to_string(&Problem::new(Code::InvalidField, SPEAK_TLS)).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
        drain(stream).await;
        return Ok(None);
    }
    tls.accept(stream).await.map(Some)
}

/// Closes without a reset: what was not read would make the system throw the answer away.
async fn drain(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, router: Router, slot: &Slot) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            slot.begin();
            let Ok(response) = router.oneshot(request.map(Body::new)).await;
            let media = response.headers().get(header::CONTENT_TYPE);
            if media.is_some_and(|media| media.as_bytes().starts_with(EVENT_STREAM)) {
                slot.stream();
            } else {
                slot.finish();
            }
            Ok::<_, Infallible>(response)
        }
    });
    listener::serve(stream, slot, service).await;
}
