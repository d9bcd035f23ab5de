//! Real sockets: limits of size, HEAD, connections that stay, and the end.

use std::net::SocketAddr;
use std::sync::Arc;

use keydeck::edge::{self, Edge, EdgeConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::fixture::World;

pub(super) struct Served {
    pub(super) world: World,
    pub(super) edge: Arc<Edge>,
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

async fn served() -> Served {
    let world = World::new().await;
    let config = world.config();
    served_with(world, config).await
}

pub(super) async fn served_with(world: World, config: EdgeConfig) -> Served {
    let edge = world.start(config).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let task = tokio::spawn(edge::run(listener, edge.clone(), stop.clone()));
    Served { world, edge, address, stop, task }
}

/// Sends a request that asks for the connection's end, and reads until then.
async fn talk(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    // A server that refuses early may close while a long request is still being sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("UTF-8")
}

fn request(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: edge\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn what_is_too_long_is_refused_in_json() {
    let served = served().await;
    let key = format!("x-api-key: {}\r\n", served.world.secret.reveal());
    let long = "a".repeat(9000);
    let lookup = served.world.lookup("/old");

    for target in [served.world.lookup(&format!("/{long}")), format!("/{long}"), format!("/v1/lookup/{long}")]
    {
        let answer = talk(served.address, &request(&target, &key)).await;
        assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
        assert!(answer.contains(r#""code":"PATH_TOO_LONG""#), "{answer}");
    }
    let without = talk(served.address, &request(&served.world.lookup(&format!("/{long}")), "")).await;
    assert!(without.starts_with("HTTP/1.1 401 "), "the key comes first: {without}");
    for headers in [format!("x-long: {}\r\n", "a".repeat(16 * 1024)), format!("x-many: {long}\r\n").repeat(3)]
    {
        let answer = talk(served.address, &request(&lookup, &format!("{key}{headers}"))).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert!(answer.contains(r#""code":"HEADERS_TOO_LARGE""#), "{answer}");
    }
    let fits = format!("{key}x-long: {}\r\n", "a".repeat(15 * 1024));
    let answer = talk(served.address, &request(&lookup, &fits)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let endless = format!("{key}x-long: {}\r\n", "a".repeat(1024 * 1024));
    let answer = talk(served.address, &request(&lookup, &endless)).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer = talk(served.address, "GET / HTTP/1.1\r\nno header\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let answer = talk(served.address, &request(&lookup, &key)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "it serves on: {answer}");
}

#[tokio::test]
async fn a_connection_carries_many_requests_and_head_has_no_body() {
    let served = served().await;
    let lookup = served.world.lookup("/old");
    let key = served.world.secret.reveal();
    let ask = |method: &str, last: &str| {
        format!("{method} {lookup} HTTP/1.1\r\nhost: edge\r\nx-api-key: {key}\r\n{last}\r\n")
    };
    // All at once: an answer of HEAD with a body would be read as the beginning of the next answer.
    let all =
        [ask("HEAD", ""), ask("GET", ""), ask("HEAD", ""), ask("GET", "connection: close\r\n")].concat();
    let answer = talk(served.address, &all).await;
    let body = r#"{"destination":"/new","statusCode":301,"matchType":"exact"}"#;
    let heads: Vec<&str> = answer.split("\r\n\r\n").collect();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 4, "{answer}");
    assert_eq!(answer.matches(&format!("content-length: {}", body.len())).count(), 4, "{answer}");
    assert_eq!(answer.matches(body).count(), 2, "{answer}");
    assert_eq!(heads.len(), 5, "{answer}");
}

#[tokio::test]
async fn an_export_that_the_caller_has_already_has_no_body() {
    let served = served().await;
    let export = format!("/v1/export?project={}&format=csv", served.world.project);
    let key = served.world.secret.reveal();
    let ask =
        |headers: &str| format!("GET {export} HTTP/1.1\r\nhost: edge\r\nx-api-key: {key}\r\n{headers}\r\n");
    // All at once: a 304 with a body would be read as the beginning of the next answer.
    let all =
        [ask("if-none-match: *\r\n"), ask(""), ask("if-none-match: *\r\nconnection: close\r\n")].concat();
    let answer = talk(served.address, &all).await;
    let statuses: Vec<&str> = answer.lines().filter(|line| line.starts_with("HTTP/1.1 ")).collect();
    assert_eq!(statuses, ["HTTP/1.1 304 Not Modified", "HTTP/1.1 200 OK", "HTTP/1.1 304 Not Modified"]);
    assert_eq!(answer.matches("source,destination,status,match,priority").count(), 1, "{answer}");
}

#[tokio::test]
async fn the_peer_is_who_is_at_the_other_end() {
    let served = served().await;
    let key = format!("x-api-key: {}\r\nx-forwarded-for: 6.6.6.6\r\n", served.world.secret.reveal());
    let answer = talk(served.address, &request(&served.world.lookup("/old"), &key)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    served.edge.shutdown().await;
    let key = served.world.stored(served.world.key).await;
    assert_eq!(key.last_used_from.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn it_stops_in_order() {
    let served = served().await;
    // An idle connection does not hold up the end.
    let mut idle = TcpStream::connect(served.address).await.expect("it listens");
    let key = served.world.secret.reveal();
    let lookup = served.world.lookup("/old");
    idle.write_all(format!("GET {lookup} HTTP/1.1\r\nhost: edge\r\nx-api-key: {key}\r\n\r\n").as_bytes())
        .await
        .expect("sent");
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.expect("answered");
    assert_eq!(&first, b"HTTP/1.1 200");

    served.stop.cancel();
    served.task.await.expect("no panic").expect("no error");
    let mut rest = String::new();
    idle.read_to_string(&mut rest).await.expect("closed in order");
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn who_closes_the_sending_side_after_a_request_is_answered() {
    let served = served().await;
    let key = served.world.secret.reveal();
    let lookup = served.world.lookup("/old");
    for (method, target, body) in
        [("GET", lookup.as_str(), ""), ("POST", "/v1/revoke", "content-length: 2\r\n\r\n{}")]
    {
        let mut stream = TcpStream::connect(served.address).await.expect("it listens");
        let head = format!("{method} {target} HTTP/1.1\r\nhost: edge\r\nx-api-key: {key}\r\n");
        let end = if body.is_empty() { "\r\n" } else { body };
        stream.write_all(format!("{head}{end}").as_bytes()).await.expect("sent");
        stream.shutdown().await.expect("half closed");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer, and then the end");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{method}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_never_comes_holds_up_no_answer() {
    let served = served().await;
    let key = served.world.secret.reveal();
    for framing in ["content-length: 100", "transfer-encoding: chunked"] {
        for (method, target) in [("GET", served.world.lookup("/old")), ("POST", "/v1/revoke".to_owned())] {
            let mut stream = TcpStream::connect(served.address).await.expect("it listens");
            let head =
                format!("{method} {target} HTTP/1.1\r\nhost: edge\r\nx-api-key: {key}\r\n{framing}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("an answer, and then the end");
            assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 401 "), "{answer}");
        }
    }
}

#[tokio::test]
async fn many_headers_are_refused_and_many_requests_at_once_are_answered_in_order() {
    let served = served().await;
    let many = "x-many: 1\r\n".repeat(1000);
    let answer = talk(served.address, &request(&served.world.lookup("/old"), &many)).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");

    let key = format!("x-api-key: {}\r\n", served.world.secret.reveal());
    let one = |path: &str| format!("GET {} HTTP/1.1\r\nhost: edge\r\n{key}\r\n", served.world.lookup(path));
    let mut all = [one("/old"), one("/nowhere")].concat().repeat(500);
    all.push_str(&request("/healthz", ""));
    let answer = talk(served.address, &all).await;
    // The bodies end without a line end.
    let statuses: Vec<&str> =
        answer.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.lines().next()).collect();
    assert_eq!(statuses.len(), 1001);
    let in_turn = statuses[..1000].chunks(2).all(|two| two == ["200 OK", "204 No Content"]);
    assert!(in_turn, "{statuses:?}");
}
