//! How many connections a listener holds, and which one makes room for a new one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use keydeck::edge::EdgeConfig;
use keydeck::edge::connections::{Connections, Limits, Slot, Timeouts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use super::fixture::World;
use super::serve::{Served, served_with};

const BRIEF: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_hours(1);

/// Timeouts that never come.
const PATIENT: Timeouts =
    Timeouts { check: BRIEF, first_request: LONG, idle: LONG, blocked: LONG, answer: LONG };

fn limits(total: usize, per_address: usize, timeouts: Timeouts) -> Limits {
    Limits { total, per_address, timeouts }
}

async fn served(limits: Limits) -> Served {
    let world = World::new().await;
    let proxy = "127.0.0.9/32".parse().expect("a network");
    let config = EdgeConfig { connections: limits, trusted_proxies: vec![proxy], ..world.config() };
    served_with(world, config).await
}

/// A connection from 127.0.0.N.
async fn connect(served: &Served, from: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let from = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, from)), 0);
    socket.bind(from).expect("an address of this machine");
    socket.connect(served.address).await.expect("it listens")
}

/// A lookup whose answer is read whole; false when the connection was closed instead.
async fn ask(served: &Served, stream: &mut TcpStream) -> bool {
    let lookup = served.world.lookup("/nowhere");
    let key = served.world.secret.reveal();
    let request = format!("GET {lookup} HTTP/1.1\r\nhost: edge\r\nx-api-key: {key}\r\n\r\n");
    let sent = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    while sent.is_ok() && !answer.ends_with(b"\r\n\r\n") {
        let mut some = [0; 1024];
        match stream.read(&mut some).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => answer.extend_from_slice(&some[..count]),
        }
    }
    answer.starts_with(b"HTTP/1.1 204")
}

/// Waits until the other side has closed.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut rest).await;
    assert_eq!(String::from_utf8_lossy(&rest), "", "closed without an answer");
}

#[tokio::test]
async fn the_connection_that_was_idle_for_the_longest_makes_room() {
    let served = served(limits(3, 3, PATIENT)).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&served, 1).await;
        assert!(ask(&served, &mut stream).await);
        streams.push(stream);
    }
    assert!(ask(&served, &mut streams[0]).await, "now it is the newest");
    let mut fourth = connect(&served, 1).await;
    closed(&mut streams[1]).await;
    for stream in [&mut fourth, &mut streams.remove(0), &mut streams.remove(1)] {
        assert!(ask(&served, stream).await);
    }
    let connections = served.edge.connections();
    assert_eq!((connections.displaced(), connections.refused()), (1, 0));
}

#[tokio::test]
async fn an_address_that_has_its_share_displaces_its_own_connections() {
    let served = served(limits(10, 2, PATIENT)).await;
    let mut other = connect(&served, 2).await;
    assert!(ask(&served, &mut other).await);
    let mut first = connect(&served, 3).await;
    let mut more = [connect(&served, 3).await, connect(&served, 3).await];
    closed(&mut first).await;
    for stream in more.iter_mut().chain([&mut other]) {
        assert!(ask(&served, stream).await);
    }
    // A trusted proxy stands for many callers.
    let mut proxied = Vec::new();
    for _ in 0..5 {
        proxied.push(connect(&served, 9).await);
    }
    for stream in &mut proxied {
        assert!(ask(&served, stream).await);
    }
    assert_eq!(served.edge.connections().displaced(), 1);
}

#[tokio::test]
async fn a_connection_that_is_silent_or_slow_is_closed() {
    let patient = Timeouts { check: Duration::from_millis(20), ..PATIENT };
    // Nothing at all; nothing after a request; a head that never ends.
    let first = served(limits(9, 9, Timeouts { first_request: BRIEF, ..patient })).await;
    closed(&mut connect(&first, 1).await).await;

    let idle = served(limits(9, 9, Timeouts { idle: BRIEF, ..patient })).await;
    let mut stream = connect(&idle, 1).await;
    assert!(ask(&idle, &mut stream).await);
    closed(&mut stream).await;

    let slow = served(limits(9, 9, patient)).await;
    let mut stream = connect(&slow, 1).await;
    stream.write_all(b"GET / HTTP/1.1\r\nx-drip: ").await.expect("sent");
    let (mut reader, mut writer) = stream.into_split();
    let drip = tokio::spawn(async move {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let mut rest = Vec::new();
    let _ = reader.read_to_end(&mut rest).await;
    drip.await.expect("no panic");

    // Answers that nobody reads.
    let blocked = served(limits(9, 9, Timeouts { blocked: BRIEF, ..patient })).await;
    let mut stream = connect(&blocked, 1).await;
    let request = b"GET /nowhere HTTP/1.1\r\nhost: edge\r\n\r\n".repeat(1000);
    while stream.write_all(&request).await.is_ok() {}
    assert!(ask(&blocked, &mut connect(&blocked, 1).await).await, "it serves on");
}

#[test]
fn a_request_being_answered_is_never_cut_and_a_stream_is_cut_last() {
    let stop = CancellationToken::new();
    let connections = Connections::new(limits(3, 3, PATIENT), Vec::new());
    let admit = || connections.admit(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), &stop);
    let is_closing = |slot: &Slot| futures_util::FutureExt::now_or_never(slot.closing()).is_some();
    let (first, second, third) = (admit().expect("room"), admit().expect("room"), admit().expect("room"));
    first.begin();
    second.begin();
    second.stream();
    third.begin();
    third.finish();
    let fourth = admit().expect("the idle one makes room");
    assert_eq!([&first, &second, &third].map(is_closing), [false, false, true]);
    drop(third);
    fourth.begin();
    let fifth = admit().expect("the stream makes room");
    assert_eq!([&first, &second, &fourth].map(is_closing), [false, true, false]);
    drop(second);
    fifth.begin();
    assert!(admit().is_none(), "all are answering");
    assert_eq!((connections.open(), connections.refused(), connections.displaced()), (3, 1, 2));
    fifth.finish();
    assert!(admit().is_some());
    drop((first, fourth, fifth));
    assert_eq!(connections.open(), 0);
}

#[test]
fn an_ipv6_network_is_one_address_and_a_mapped_one_is_ipv4() {
    let stop = CancellationToken::new();
    let connections = Connections::new(limits(100, 1, PATIENT), Vec::new());
    let admit = |address: &str| connections.admit(Some(address.parse().expect("an address")), &stop);
    let _kept = ["2001:db8::1", "2001:db8:0:1::1", "192.0.2.1"].map(admit);
    assert_eq!(connections.displaced(), 0);
    let _more = ["2001:db8::ffff", "::ffff:192.0.2.1"].map(admit);
    assert_eq!(connections.displaced(), 2);
}
