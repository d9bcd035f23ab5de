//! The management API's listener: slow, silent and half-closed connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get};
use keydeck::cli::listen;
use keydeck::edge::connections::{Connections, Limits, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::api::Api;

struct Listening {
    address: SocketAddr,
    connections: Arc<Connections>,
    /// Lets `/slow` answer.
    go: Arc<Notify>,
    begun: Arc<Notify>,
}

async fn listening(limits: Limits) -> Listening {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("an address");
    let (go, begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wait, tell) = (Arc::clone(&go), Arc::clone(&begun));
    let slow = move || {
        let (wait, tell) = (Arc::clone(&wait), Arc::clone(&tell));
        async move {
            tell.notify_one();
            wait.notified().await;
            "slow"
        }
    };
    let events = async || {
        let pulse = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((Ok::<_, std::convert::Infallible>(":\n\n"), ()))
        });
        ([("content-type", "text/event-stream")], Body::from_stream(pulse))
    };
    let router = Router::new()
        .route("/ok", any(async || "ok"))
        .route("/slow", any(slow))
        .route("/events", get(events));
    let connections = Connections::new(limits, Vec::new());
    tokio::spawn(listen::run(tcp, None, router, Arc::clone(&connections), CancellationToken::new()));
    Listening { address, connections, go, begun }
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut rest = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut rest).await;
    String::from_utf8(rest).expect("UTF-8")
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn slow_and_silent_connections_are_closed_and_busy_ones_are_not() {
    let brief = Duration::from_millis(100);
    let check = Duration::from_millis(20);
    let timeouts = Timeouts { check, first_request: brief, idle: brief, ..Timeouts::default() };
    let listening = listening(Limits { timeouts, ..Limits::default() }).await;
    let slow = send(listening.address, &request("/slow")).await;
    let mut events = send(listening.address, &request("/events")).await;
    for silent in ["", "GET /ok HTTP/1.1\r\nHost"] {
        assert_eq!(rest(send(listening.address, silent).await).await, "", "{silent:?}");
    }
    let idle = rest(send(listening.address, "GET /ok HTTP/1.1\r\nHost: x\r\n\r\n").await).await;
    assert!(idle.ends_with("\r\n\r\nok"), "{idle}");
    listening.go.notify_one();
    assert!(rest(slow).await.ends_with("\r\n\r\nslow"));
    let mut pulses = [0; 4096];
    assert!(events.read(&mut pulses).await.expect("it goes on") > 0);
}

#[tokio::test]
async fn an_admin_gets_in_when_all_places_are_taken_by_streams() {
    let limits = Limits::of(2).from_anywhere();
    let listening = listening(limits).await;
    let slow = send(listening.address, &request("/slow")).await;
    listening.begun.notified().await;
    let stream = send(listening.address, &request("/events")).await;
    let mut byte = [0];
    stream.peek(&mut byte).await.expect("it began");
    let admin = rest(send(listening.address, &request("/ok")).await).await;
    assert!(admin.ends_with("\r\n\r\nok"), "{admin}");
    assert!(rest(stream).await.contains("text/event-stream"), "it has ended");
    listening.go.notify_one();
    assert!(rest(slow).await.ends_with("\r\n\r\nslow"));
    assert_eq!(listening.connections.displaced(), 1);
}

#[tokio::test]
async fn who_closes_the_sending_side_after_a_request_is_answered() {
    let listening = listening(Limits::default()).await;
    let mut slow = send(listening.address, &request("/slow")).await;
    slow.shutdown().await.expect("half closed");
    listening.begun.notified().await;
    listening.go.notify_one();
    assert!(rest(slow).await.ends_with("\r\n\r\nslow"));

    let api = Api::start().await;
    let body = r#"{"name":"shop"}"#;
    let request = format!(
        "POST /v1/projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        api.admin.reveal(),
        body.len()
    );
    let mut stream = send(api.address, &request).await;
    stream.shutdown().await.expect("half closed");
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[tokio::test]
async fn many_headers_are_refused_and_many_requests_at_once_are_answered_in_order() {
    let listening = listening(Limits::default()).await;
    let many = "X-Many: 1\r\n".repeat(1000);
    let refused = rest(send(listening.address, &format!("GET /ok HTTP/1.1\r\n{many}\r\n")).await).await;
    assert!(refused.starts_with("HTTP/1.1 431 "), "{refused}");

    let two = "GET /ok HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\n\r\n";
    let all = two.repeat(200) + &request("/ok");
    let answers = rest(send(listening.address, &all).await).await;
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses.len(), 401);
    assert!(statuses[..400].chunks(2).all(|two| two == ["200", "404"]), "{statuses:?}");
}
