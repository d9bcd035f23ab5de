//! A socket of this machine: one connection a request, to a process that is known before anything is sent.
//!
//! Whoever may write to the folder of a database could put a socket of theirs there. So the system is asked
//! whose socket it is, for each connection: it must belong to this user or to root. A process that is stopped
//! (Ctrl-Z) takes connections and never answers; that is noticed at once.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reqwest::header::{HOST, HeaderValue};
use reqwest::{Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::error::{ClientError, SendError};
use super::process::{self, State};
use crate::wire::text;

/// What messages call the server at a socket.
pub(super) const LOCAL: &str = "the local server";
/// How often a process that has not answered yet is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a process that sleeps may take to answer a knock.
const KNOCK: Duration = Duration::from_secs(1);
/// How much longer one that is at work may take: the machine may be slow.
const KNOCK_AT_WORK: Duration = Duration::from_secs(2);

/// What is found at a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Met {
    /// A process that answers.
    Answers,
    /// Nobody listens.
    Nobody,
    /// A process of another user, by the user's number. Nothing was sent to it.
    Stranger(u32),
    /// A process that takes connections and does not answer; 0 when its number is unknown.
    Silent(u32),
}

/// Connects to a socket, and waits a moment for an answer. `trusted` is a further user whose socket it may be.
pub async fn knock(path: &Path, trusted: Option<u32>) -> Met {
    let until = tokio::time::Instant::now() + KNOCK;
    let mut stream = loop {
        match UnixStream::connect(path).await {
            Ok(stream) => break stream,
            // Somebody listens, and has more connections waiting than the system keeps.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if tokio::time::Instant::now() >= until {
                    return Met::Silent(0);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Err(_) => return Met::Nobody,
        }
    };
    let pid = match peer(&stream, trusted) {
        Ok(pid) => pid,
        Err(user) => return Met::Stranger(user),
    };
    if process::state(pid) == State::Stopped {
        return Met::Silent(pid);
    }
    let answer = async {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await
            .ok()?;
        let mut first = [0];
        stream.read_exact(&mut first).await.ok()
    };
    let mut answer = std::pin::pin!(answer);
    for patience in [KNOCK, KNOCK_AT_WORK] {
        match tokio::time::timeout(patience, answer.as_mut()).await {
            Ok(Some(_)) => return Met::Answers,
            // It is about to leave.
            Ok(None) => return Met::Nobody,
            Err(_) if process::state(pid) == State::Working => {}
            Err(_) => return Met::Silent(pid),
        }
    }
    Met::Silent(pid)
}

/// Sends a request; comes back with the head of the answer.
pub(super) async fn send(
    path: &Path,
    trusted: Option<u32>,
    request: Request,
    connect: Duration,
) -> Result<Response, SendError> {
    let unreachable =
        |cause: String| SendError::Connect(ClientError::Unreachable { server: LOCAL.to_owned(), cause });
    let connected = tokio::time::timeout(connect, UnixStream::connect(path)).await;
    let stream = connected
        .map_err(|_| unreachable("connection timed out".to_owned()))?
        .map_err(|error| unreachable(text::plain(&error.to_string()).into_owned()))?;
    let pid = peer(&stream, trusted)
        .map_err(|user| unreachable(format!("the socket belongs to another user (uid {user})")))?;
    if process::state(pid) == State::Stopped {
        return Err(SendError::Connect(ClientError::Stopped { pid, sent: false, outcome_unknown: false }));
    }
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| SendError::Broken)?;
    // It ends with the answer, or when nobody waits for that any more.
    tokio::spawn(connection);
    let mut request =
        axum::http::Request::<reqwest::Body>::try_from(request).map_err(|_| SendError::Broken)?;
    request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Into::into).unwrap_or_default();
    let answered = tokio::select! {
        answered = sender.send_request(request) => answered,
        () = stopped(pid) => return Err(SendError::Stopped(pid)),
    };
    match answered {
        Ok(response) => {
            let body = |body| reqwest::Body::wrap_stream(Body::new(body).into_data_stream());
            Ok(response.map(body).into())
        }
        Err(error) if error.is_parse() || error.is_parse_too_large() => Err(SendError::NoHttp),
        Err(_) => Err(SendError::Broken),
    }
}

/// Comes back when a process is stopped.
async fn stopped(pid: u32) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if process::state(pid) == State::Stopped {
            return;
        }
    }
}

/// The process at the other end, by its number; 0 when that is unknown. An error is the user it belongs to,
/// who is neither this one nor root.
fn peer(stream: &UnixStream, trusted: Option<u32>) -> Result<u32, u32> {
    let me = rustix::process::geteuid().as_raw();
    let peer = stream.peer_cred().map_err(|_| u32::MAX)?;
    if peer.uid() != me && peer.uid() != 0 && Some(peer.uid()) != trusted {
        return Err(peer.uid());
    }
    Ok(peer.pid().and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0))
}
