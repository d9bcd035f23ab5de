//! What `doctor` learns from an Edge API that it asks, however that answers.

use std::time::Duration;

use keydeck::client::probe::{self, Readiness};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Longer than any test here takes, unless it waits for it to pass.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);

/// Takes one connection, reads the head of its request, and writes these pieces with pauses between them. Gives what
/// was asked.
async fn server(pieces: Vec<String>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("somebody asks");
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await.expect("a head"));
        }
        for piece in pieces {
            // Who asked may have gone.
            let _ = stream.write_all(piece.as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Whoever waits for more gets nothing, until it goes.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        String::from_utf8(asked).expect("text")
    });
    (address, task)
}

fn whole(answer: &str) -> Vec<String> {
    vec![format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n")]
}

#[tokio::test]
async fn a_node_that_is_ready_and_one_that_is_not_are_told_apart_and_no_token_is_sent() {
    for (answer, expected) in [
        ("200 OK", Readiness::Ready),
        ("503 Service Unavailable", Readiness::NotReady),
        ("404 Not Found", Readiness::NotReady),
    ] {
        let (address, task) = server(whole(answer)).await;
        assert_eq!(probe::edge(&address, LONG).await, expected, "{answer}");
        let asked = task.await.expect("it was asked").to_lowercase();
        assert!(asked.starts_with("get /readyz http/1.1\r\n"), "{asked}");
        for header in ["authorization", "x-api-key", "cookie"] {
            assert!(!asked.contains(header), "{asked}");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = elsewhere.local_addr().expect("an address");
    let (address, _task) = server(whole(&format!("302 Found\r\nLocation: http://{there}/"))).await;
    assert_eq!(probe::edge(&address, LONG).await, Readiness::NotReady);
    let followed = tokio::time::timeout(SHORT, elsewhere.accept()).await;
    assert!(followed.is_err(), "nobody came");
}

#[tokio::test]
async fn an_answer_that_never_ends_is_not_waited_for_beyond_the_deadline() {
    let endless = std::iter::once("HTTP/1.1 200 OK\r\n".to_owned())
        .chain((0..1000).map(|number| format!("X-{number}: more\r\n")));
    for pieces in [Vec::new(), endless.collect()] {
        let (address, _task) = server(pieces).await;
        assert_eq!(probe::edge(&address, SHORT).await, Readiness::Silent);
    }
}

#[tokio::test]
async fn who_is_not_there_or_speaks_no_http_is_unreachable() {
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = gone.local_addr().expect("an address").to_string();
    drop(gone);
    let Readiness::Unreachable(cause) = probe::edge(&address, LONG).await else { panic!("it is not there") };
    assert!(cause.contains("refused"), "{cause}");
    let (address, _task) = server(vec!["SSH-2.0-OpenSSH_9.7\r\n".to_owned()]).await;
    assert!(matches!(probe::edge(&address, LONG).await, Readiness::Unreachable(_)));
    assert!(matches!(probe::edge("no address", LONG).await, Readiness::Unreachable(_)));
}
