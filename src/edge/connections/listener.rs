//! Accepts connections and serves HTTP on them, for every listener of this process.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt as _;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Connection, Look};
use super::{Connections, Slot};

/// The most bytes of a request's head that are read. The Edge API's own limits are below it, so that what
/// exceeds them gets an error in JSON; hyper refuses the rest with a bare status.
const MAX_HEAD: usize = 128 * 1024;
/// How often the log says that connections were closed, refused or not accepted.
const LOG_EVERY: Duration = Duration::from_secs(10);
/// How long a connection that is closed to make room may take to answer a request that came at that moment.
const LAST_ANSWER: Duration = Duration::from_secs(40);

/// An answer of so many bytes is written in one piece, though it comes in several.
const SHORT: usize = 1024;

/// Where connections come from.
pub trait Listen: Send {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next connection, with the address of a peer that has one.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Option<IpAddr>)>> + Send;
}

impl Listen for TcpListener {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<IpAddr>)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // A connection without it is slower, not wrong.
        let _ = stream.set_nodelay(true);
        Ok((stream, Some(peer.ip())))
    }
}

/// Accepts connections until `stop`, gives each to `serve` on a task of its own, and returns these tasks.
pub async fn accept<L: Listen, F>(
    mut listener: L,
    name: &'static str,
    connections: Arc<Connections>,
    stop: &CancellationToken,
    serve: impl Fn(L::Io, Option<IpAddr>, Slot) -> F,
) -> TaskTracker
where
    F: Future<Output = ()> + Send + 'static,
{
    let tasks = TaskTracker::new();
    let mut trouble = Trouble { name, ..Trouble::default() };
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            () = trouble.is_due() => {
                trouble.log(&connections);
                continue;
            }
        };
        match accepted {
            Ok((io, peer)) => {
                if let Some(slot) = connections.admit(peer, stop) {
                    tasks.spawn(serve(io, peer, slot));
                }
            }
            // The peer has gone, or may not connect: that says nothing about the next one.
            Err(error) if is_of_one_peer(&error) => trouble.failed(error),
            // Most likely no file is left.
            Err(error) => {
                trouble.failed(error);
                connections.make_room();
                connections.one_gone().await;
            }
        }
        connections.settle().await;
        trouble.note(&connections);
    }
    tasks.close();
    tasks
}

fn is_of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionReset | Kind::Interrupted | Kind::PermissionDenied
    )
}

/// What went wrong with connections since the log last said so.
#[derive(Default)]
struct Trouble {
    name: &'static str,
    failed: u64,
    error: Option<io::Error>,
    /// What of the connections' counts the log has said.
    refused: u64,
    displaced: u64,
    unsaid: bool,
    said: Option<Instant>,
}

impl Trouble {
    fn failed(&mut self, error: io::Error) {
        self.failed += 1;
        self.error = Some(error);
        self.unsaid = true;
    }

    fn note(&mut self, connections: &Connections) {
        self.unsaid |= connections.refused() != self.refused || connections.displaced() != self.displaced;
    }

    /// Comes back when there is something to say and nothing was said lately.
    async fn is_due(&self) {
        match self.said {
            _ if !self.unsaid => std::future::pending().await,
            Some(said) => tokio::time::sleep_until(said + LOG_EVERY).await,
            None => {}
        }
    }

    fn log(&mut self, connections: &Connections) {
        let (listener, open) = (self.name, connections.open());
        let count = std::mem::take(&mut self.failed);
        if let Some(error) = self.error.take() {
            tracing::warn!(listener, count, %error, "cannot accept connections");
        }
        let (refused, displaced) = (connections.refused(), connections.displaced());
        let count = refused - std::mem::replace(&mut self.refused, refused);
        if count > 0 {
            tracing::warn!(listener, count, open, "connections rejected: too many in use");
        }
        let count = displaced - std::mem::replace(&mut self.displaced, displaced);
        if count > 0 {
            tracing::warn!(listener, count, open, "idle connections closed to make room for new ones");
        }
        self.unsaid = false;
        self.said = Some(Instant::now());
    }
}

/// Serves HTTP/1.1 on a connection until it ends, is to be closed, or was silent for too long. The service says
/// to the connection when a request begins and when its answer is ready.
pub async fn serve<S, V, B>(io: S, slot: &Slot, service: V)
where
    S: AsyncRead + AsyncWrite + Unpin,
    V: Service<Request<Incoming>, Response = Response<B>>,
    V::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let io = Watched { io, connection: slot.connection() };
    // No pipeline_flush: with it hyper keeps its own answers to broken requests to itself. No timer of hyper's
    // either: it would be set anew for each request. A peer that has sent its request may close its side.
    let connection = http1::Builder::new()
        .half_close(true)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let (timeouts, mut last) = (*slot.timeouts(), Look::default());
    let mut looks = tokio::time::interval_at(Instant::now() + timeouts.check, timeouts.check);
    let outcome = loop {
        tokio::select! {
            outcome = connection.as_mut() => break outcome,
            () = slot.closing() => {
                connection.as_mut().graceful_shutdown();
                if slot.may_be_cut() {
                    // An idle one says goodbye at once. What else waits, such as for the rest of a head, is cut.
                    break connection.now_or_never().unwrap_or(Ok(()));
                }
                break tokio::time::timeout(LAST_ANSWER, connection).await.unwrap_or(Ok(()));
            }
            _ = looks.tick() => {
                if slot.is_overdue(&timeouts, &mut last) {
                    tracing::debug!("closed a silent connection");
                    break Ok(());
                }
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "connection closed early");
    }
}

/// Notes on the connection whether bytes come and whether they can be written.
struct Watched<S> {
    io: S,
    connection: Arc<Connection>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buffer));
        if buffer.filled().len() > before {
            self.connection.received();
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    fn noted<T>(&self, poll: Poll<T>) -> Poll<T> {
        self.connection.written(poll.is_ready());
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.noted(poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A short answer costs less as one piece: copied here, the kernel need not gather it.
        let mut whole = [0; SHORT];
        let mut length = 0;
        for part in bytes {
            if part.len() > SHORT - length {
                let poll = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
                return self.noted(poll);
            }
            whole[length..length + part.len()].copy_from_slice(part);
            length += part.len();
        }
        self.poll_write(cx, &whole[..length])
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
