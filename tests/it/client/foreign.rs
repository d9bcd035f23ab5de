//! Servers that are not Keydeck, not there, slow, or gone in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::any;
use keydeck::client::{Client, ClientError, Deadlines, Kind, Transport};
use keydeck::secret::{Kind as KeyKind, Secret};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;

/// What a foreign server does after it has read a request.
#[derive(Clone, Copy)]
enum Then {
    /// Writes this and closes.
    Closes(&'static str),
    /// Writes this and waits for ever.
    Hangs(&'static str),
    /// Writes the first, then the second again and again.
    Floods(&'static str, &'static str),
}

/// A server that does one thing, over TCP and over a socket; counts what was asked of it.
struct Foreign {
    remote: Client,
    socket: Client,
    asked: Arc<AtomicUsize>,
    /// A permit for each connection that was left by the client in the middle of a flood.
    left: Arc<Semaphore>,
    _folder: tempfile::TempDir,
}

impl Foreign {
    async fn start(then: Then) -> Foreign {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, asked) = (folder.path().join("s"), Arc::new(AtomicUsize::new(0)));
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", tcp.local_addr().expect("an address"));
        let unix = UnixListener::bind(&path).expect("a socket");
        let left = Arc::new(Semaphore::new(0));
        let (counter, leaving) = (Arc::clone(&asked), Arc::clone(&left));
        tokio::spawn(async move {
            loop {
                let (stream, _) = tcp.accept().await.expect("a connection");
                tokio::spawn(talk(stream, then, Arc::clone(&counter), Arc::clone(&leaving)));
            }
        });
        let (counter, leaving) = (Arc::clone(&asked), Arc::clone(&left));
        tokio::spawn(async move {
            loop {
                let (stream, _) = unix.accept().await.expect("a connection");
                tokio::spawn(talk(stream, then, Arc::clone(&counter), Arc::clone(&leaving)));
            }
        });
        let remote = Client::new(Transport::remote(&address, &token()).expect("an address"));
        Foreign { remote, socket: Client::new(Transport::socket(&path)), asked, left, _folder: folder }
    }

    fn clients(&self) -> [&Client; 2] {
        [&self.remote, &self.socket]
    }
}

async fn talk(
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    then: Then,
    asked: Arc<AtomicUsize>,
    left: Arc<Semaphore>,
) {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut some = [0; 4096];
        match stream.read(&mut some).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&some[..count]),
        }
    }
    asked.fetch_add(1, Ordering::SeqCst);
    let (Then::Closes(text) | Then::Hangs(text) | Then::Floods(text, _)) = then;
    let _ = stream.write_all(text.as_bytes()).await;
    if let Then::Floods(_, again) = then {
        while stream.write_all(again.as_bytes()).await.is_ok() {}
        left.add_permits(1);
    }
    if let Then::Hangs(_) = then {
        std::future::pending::<()>().await;
    }
}

fn token() -> Secret {
    Secret::generate(KeyKind::Management).expect("random bytes")
}

#[tokio::test]
async fn what_is_not_keydeck_is_called_so_with_its_address() {
    for (answer, told) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n<html>Welcome!</html>", "200 with a web page"),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 7\r\n\r\n<html/>", "502 with a web page"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "an unexpected body"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "an unexpected body"),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 20\r\n\r\n{\"message\":\"not it\"}",
            "404 with an unexpected body",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "a redirect"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "did not answer with HTTP"),
    ] {
        let foreign = Foreign::start(Then::Closes(answer)).await;
        for client in foreign.clients() {
            let error = client.session().await.expect_err(answer);
            let text = error.to_string();
            assert!(matches!(error, ClientError::NotKeydeck { .. }), "{answer}: {error:?}");
            assert!(text.contains(told) && text.contains("check that the address"), "{answer}: {text}");
            assert!(text.starts_with(&client.describe()), "{text}");
            assert_eq!(error.kind(), Kind::Unreachable);
        }
        assert_eq!(foreign.asked.load(Ordering::SeqCst), 2, "asked once each; a redirect is not followed");
    }
    let web = Router::new().fallback(any(async || Html("<p>hello</p>")));
    let error = Client::new(Transport::embedded(web)).session().await.expect_err("a web page");
    assert!(matches!(error, ClientError::NotKeydeck { .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_ends_early_leaves_a_write_unknown_and_a_read_unchanged() {
    for half in
        ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{\"id\":"]
    {
        let foreign = Foreign::start(Then::Closes(half)).await;
        for client in foreign.clients() {
            let read = client.session().await.expect_err(half);
            assert!(matches!(read, ClientError::Broken { outcome_unknown: false, .. }), "{half}: {read:?}");
            // A change may be under way beside it.
            let said = read.to_string();
            assert!(said.contains("nothing was read") && !said.contains("changed"), "{said}");
            let write = client.create_project("shop").await.expect_err(half);
            assert!(matches!(write, ClientError::Broken { outcome_unknown: true, .. }), "{half}: {write:?}");
            assert!(write.to_string().contains("check before you retry"), "{write}");
            assert!(write.outcome_unknown());
        }
        assert_eq!(foreign.asked.load(Ordering::SeqCst), 4, "nothing is repeated by itself");
    }
}

#[tokio::test]
async fn a_slow_server_is_given_up_at_the_deadline() {
    let brief = Duration::from_millis(50);
    let deadlines = Deadlines { connect: Duration::from_mins(1), read: brief, write: brief };
    for start in ["", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"id\":"] {
        let foreign = Foreign::start(Then::Hangs(start)).await;
        let stuck = Router::new().fallback(any(std::future::pending::<String>));
        let embedded = Client::new(Transport::embedded(stuck));
        for client in [&foreign.remote, &foreign.socket, &embedded] {
            let client = client.clone().with_deadlines(deadlines);
            let read = client.session().await.expect_err("slow");
            assert!(matches!(read, ClientError::TimedOut { outcome_unknown: false, .. }), "{read:?}");
            let write = client.create_project("shop").await.expect_err("slow");
            assert!(matches!(write, ClientError::TimedOut { outcome_unknown: true, .. }), "{write:?}");
            assert!(write.to_string().contains("check before you retry"), "{write}");
            assert_eq!(write.kind(), Kind::Unreachable);
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_nothing_was_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let folder = tempfile::tempdir().expect("a folder");
    let left_over = folder.path().join("left.sock");
    drop(UnixListener::bind(&left_over).expect("a socket"));
    for transport in [
        Transport::remote(&format!("http://{closed}"), &token()).expect("an address"),
        Transport::remote("https://name.invalid", &token()).expect("an address"),
        Transport::socket(folder.path().join("none.sock")),
        Transport::socket(&left_over),
    ] {
        let client = Client::new(transport);
        for error in [
            client.session().await.map(drop).expect_err("nobody is there"),
            client.create_project("shop").await.map(drop).expect_err("nobody is there"),
        ] {
            assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
            assert!(error.to_string().contains("is the server running?"), "{error}");
            assert!(!error.outcome_unknown());
        }
    }
}

#[tokio::test]
async fn https_to_a_server_without_it_is_said() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("an address");
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = tcp.accept().await.expect("a connection");
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let client = Client::new(Transport::remote(&format!("https://{address}"), &token()).expect("an address"));
    let error = client.session().await.expect_err("no TLS");
    assert!(matches!(error, ClientError::Tls { .. }), "{error:?}");
    assert!(error.to_string().contains("does not use TLS"), "{error}");
    assert_eq!(error.kind(), Kind::Unreachable);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let large = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{";
    let foreign = Foreign::start(Then::Hangs(large)).await;
    let endless = Router::new().fallback(any(async || {
        let chunk = axum::body::Bytes::from(vec![b' '; 1024 * 1024]);
        axum::body::Body::from_stream(futures_util::stream::repeat(Ok::<_, std::convert::Infallible>(chunk)))
    }));
    let embedded = Client::new(Transport::embedded(endless));
    for client in [&foreign.remote, &foreign.socket, &embedded] {
        let error = client.session().await.expect_err("too large");
        assert!(matches!(error, ClientError::TooLarge { limit: 64, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_given_up_at_the_deadline_and_its_connection_is_closed() {
    let brief = Duration::from_millis(300);
    let deadlines = Deadlines { connect: Duration::from_mins(1), read: brief, write: brief };
    for flood in [
        // Answers before the answer.
        Then::Floods("", "HTTP/1.1 100 Continue\r\n\r\n"),
        Then::Floods("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        // Bytes of a body, too slow to be too many.
        Then::Floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
        // A head without end.
        Then::Floods("HTTP/1.1 200 OK\r\nX-Long: ", "xxxxxxxxxxxxxxxx"),
        Then::Floods("HTTP/1.1 200 OK\r\n", "X-Many: 1\r\n"),
    ] {
        let foreign = Foreign::start(flood).await;
        for client in foreign.clients() {
            let client = client.clone().with_deadlines(deadlines);
            for (what, error) in [
                ("read", client.session().await.map(drop).expect_err("no end")),
                ("write", client.create_project("shop").await.map(drop).expect_err("no end")),
            ] {
                let given_up = matches!(
                    error,
                    ClientError::TimedOut { .. }
                        | ClientError::NotKeydeck { .. }
                        | ClientError::TooLarge { .. }
                );
                assert!(given_up, "{what}: {error:?}");
            }
        }
        let left = foreign.left.acquire_many(4).await;
        drop(left.expect("it is not closed"));
    }
}

#[tokio::test]
async fn an_error_of_megabytes_is_cut_and_says_so() {
    let answer = async || {
        let text = "é".repeat(5_000_000);
        let body =
            serde_json::json!({ "error": text, "code": "NAME_TAKEN", "field": text, "requestId": text });
        (axum::http::StatusCode::CONFLICT, axum::Json(body))
    };
    let large = Router::new().fallback(any(answer));
    let error = Client::new(Transport::embedded(large)).create_project("shop").await.expect_err("refused");
    let problem = error.problem().expect("a refusal");
    for text in
        [&problem.error, problem.field.as_ref().expect("it"), problem.request_id.as_ref().expect("it")]
    {
        assert!(text.chars().count() < 5000, "{} characters", text.chars().count());
        assert!(text.ends_with("é… (cut, 5000000 characters)"), "{}", &text[text.len() - 60..]);
    }
    assert_eq!(error.kind(), Kind::Conflict);
}
