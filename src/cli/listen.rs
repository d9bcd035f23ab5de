//! The management API's listener: connections become requests of the router, with or without TLS.
//!
//! Each connection is a task of its own from its first byte on, so that a handshake that is slow, broken or
//! no TLS at all keeps nobody else waiting.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::wire::problem::{Code, Problem};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the head of a request may take, and how long a connection may be idle.
const HEAD: Duration = Duration::from_mins(1);
/// The pause after a failed accept: most likely too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// The first byte of every TLS connection: a handshake record.
const TLS_HANDSHAKE: u8 = 22;
/// For who speaks HTTP where TLS is spoken; the request, and a token in it, is not read.
const SPEAK_TLS: &str = "the management API speaks TLS here: write https:// instead of http://";

/// Serves until `end`; then answers the requests that have begun, and returns.
///
/// # Errors
/// When the listener has no address, which means that it is broken.
pub async fn run(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    end: CancellationToken,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, tls = tls.is_some(), "the management API listens");
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = end.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, tls.clone(), router.clone(), end.clone()));
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
    connections.wait().await;
    Ok(())
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router, end: CancellationToken) {
    // A connection without it is slower, not wrong.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return serve(stream, router, end).await };
    let shaken = tokio::select! {
        () = end.cancelled() => return,
        shaken = tokio::time::timeout(HANDSHAKE, handshake(stream, &tls)) => shaken,
    };
    match shaken {
        Ok(Ok(Some(stream))) => serve(stream, router, end).await,
        Ok(Ok(None)) => tracing::debug!("somebody spoke HTTP where TLS is spoken"),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
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

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, router: Router, end: CancellationToken) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            let Ok(response) = router.oneshot(request.map(Body::new)).await;
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = end.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}
