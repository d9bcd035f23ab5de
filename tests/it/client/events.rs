//! The stream of events on each transport: nothing is missed and nothing comes twice, however often it is cut.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use futures_util::StreamExt as _;
use keydeck::client::events::{Frame, Parser};
use keydeck::client::{Client, ClientError, Events, Live, Transport, Via};
use keydeck::secret::{Kind, Secret};
use keydeck::store::KeyUsage;
use keydeck::wire::audit::Action;
use keydeck::wire::events::{Changed, Message};
use keydeck::wire::keys::Status;
use keydeck::wire::paths::UNBROKEN_HEADER;
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::Role;
use tokio::net::{TcpListener, UnixListener};
use tower::ServiceExt as _;

use crate::support::api::{Api, on_each_transport};

/// The stream of a client that does not wait long before it comes again.
fn listen(client: &Client, after: Option<u64>) -> Events {
    client.events(after).with_pauses(Duration::from_millis(1), Duration::from_millis(20))
}

/// The next message; others of what comes are passed over.
async fn message(events: &mut Events) -> (Message, Option<u64>) {
    loop {
        if let Live::Message(message, place) = events.next().await.expect("it goes on") {
            return (message, place);
        }
    }
}

async fn change(events: &mut Events) -> Changed {
    loop {
        if let (Message::Changed(changed), place) = message(events).await {
            assert_eq!(place, Some(changed.event.seq));
            return *changed;
        }
    }
}

#[tokio::test]
async fn changes_and_uses_come_as_they_happen() {
    on_each_transport(async |api, client| {
        let mut events = listen(&client, None);
        assert_eq!(events.next().await, Some(Live::Open));
        let (ready, place) = message(&mut events).await;
        let head = api.seq().await;
        assert!(matches!(ready, Message::Ready(ready) if ready.seq == head) && place == Some(head));
        let shop = client.create_project("shop").await.expect("a project");
        let made = change(&mut events).await;
        assert_eq!((made.event.action, made.project), (Action::ProjectCreated, Some(shop.clone())));
        let (key, _) = api.key(shop.id, "web").await;
        assert_eq!(change(&mut events).await.key.map(|key| key.name).as_deref(), Some("web"));
        client.rename_key(key.id, "app").await.expect("renamed");
        assert_eq!(change(&mut events).await.key.map(|key| key.name).as_deref(), Some("app"));
        client.revoke_key(key.id, None).await.expect("revoked");
        assert_eq!(change(&mut events).await.key.map(|key| key.status), Some(Status::Revoked));

        let at = Timestamp::from_millis(1_768_478_400_500);
        let from: IpAddr = Ipv4Addr::new(192, 0, 2, 9).into();
        let usage = KeyUsage {
            key: key.id,
            last_used: Some((at, from)),
            refusals: Vec::new(),
            days: vec![],
            callers: vec![],
            others: None,
        };
        api.store.record_usage(&[usage], api.now()).await.expect("written");
        let used = loop {
            if let (Message::Used(used), None) = message(&mut events).await {
                break used;
            }
        };
        assert_eq!((used.uses[0].key, used.uses[0].last_used_at), (key.id, Some(at)));
        assert_eq!((used.uses[0].last_used_from.as_deref(), used.more), (Some("192.0.2.9"), false));
    })
    .await;
}

#[tokio::test]
async fn a_place_that_the_server_does_not_know_is_told() {
    on_each_transport(async |api, client| {
        let head = api.seq().await;
        let mut events = listen(&client, Some(head + 7));
        let (reset, place) = message(&mut events).await;
        assert!(matches!(reset, Message::Reset(reset) if reset.seq == head) && place == Some(head));
        api.project("shop").await;
        assert_eq!(change(&mut events).await.event.seq, head + 1);
    })
    .await;
}

/// Cuts the first so many answers off, each after some bytes: somewhere in the middle of a message, as a rule.
fn cutting(router: &Router, cuts: u32) -> Router {
    // Fixed, so that a failure comes again.
    let dice = Arc::new(AtomicU32::new(0x9e37_79b9));
    let (router, left) = (router.clone(), Arc::new(AtomicU32::new(cuts)));
    Router::new().fallback_service(tower::service_fn(move |request: Request| {
        let (router, dice, left) = (router.clone(), Arc::clone(&dice), Arc::clone(&left));
        async move {
            let Ok(answer) = router.oneshot(request).await;
            if left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err() {
                return Ok::<_, Infallible>(answer);
            }
            let next = |dice: u32| Some(dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            let mut bytes = dice.fetch_update(SeqCst, SeqCst, next).unwrap_or(0) as usize % 9000;
            Ok(answer.map(|body| {
                Body::from_stream(body.into_data_stream().map(move |data| {
                    let data = data.map_err(std::io::Error::other)?;
                    if bytes == 0 {
                        return Err(std::io::Error::other("cut off"));
                    }
                    let part = data.slice(..data.len().min(bytes));
                    bytes -= part.len();
                    Ok(part)
                }))
            }))
        }
    }))
}

/// A client of a server whose streams are cut off.
async fn cut_off(api: &Api, via: Via, cuts: u32, folder: &Path) -> Client {
    let router = cutting(if via == Via::Remote { &api.router } else { &api.local }, cuts);
    Client::new(match via {
        Via::Embedded => Transport::embedded(router),
        Via::Socket => {
            let socket = folder.join("cut.sock");
            let listener = UnixListener::bind(&socket).expect("a socket");
            tokio::spawn(axum::serve(listener, router).into_future());
            Transport::socket(socket)
        }
        Via::Remote => {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            tokio::spawn(axum::serve(listener, router).into_future());
            Transport::remote(&format!("http://{address}"), &api.auditor).expect("an address")
        }
    })
}

#[tokio::test]
async fn who_is_cut_off_20_times_misses_nothing_and_sees_nothing_twice() {
    const CHANGES: u64 = 400;
    let folder = tempfile::tempdir().expect("a folder");
    for via in [Via::Embedded, Via::Socket, Via::Remote] {
        let api = Api::start().await;
        let head = api.seq().await;
        let client = cut_off(&api, via, 20, folder.path()).await;
        let mut events = listen(&client, Some(head));
        // Four hands write at once while the connection is cut again and again.
        let hands = (0..4).map(|hand| {
            let client = api.client(Via::Embedded);
            tokio::spawn(async move {
                for number in 0..CHANGES / 4 {
                    client.create_project(&format!("{hand} {number}")).await.expect("a project");
                }
            })
        });
        let hands: Vec<_> = hands.collect();
        let (mut seen, mut lost) = (Vec::new(), 0);
        while seen.len() < CHANGES as usize {
            match events.next().await.expect("it goes on") {
                Live::Lost(error) => {
                    assert!(matches!(error, ClientError::Broken { .. }), "{error:?}");
                    lost += 1;
                }
                Live::Message(Message::Changed(changed), _) => seen.push(changed.event.seq),
                Live::Message(Message::Reset(_) | Message::Unreadable, _) => {
                    panic!("it goes on where it was")
                }
                Live::Message(..) | Live::Open | Live::Quiet => {}
            }
        }
        for hand in hands {
            hand.await.expect("no panic");
        }
        assert_eq!(lost, 20, "{via:?}");
        assert_eq!(seen, (head + 1..=head + CHANGES).collect::<Vec<_>>(), "{via:?}");
    }
}

#[tokio::test]
async fn what_happened_while_nobody_was_connected_comes_afterwards() {
    let api = Api::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    for via in [Via::Embedded, Via::Socket, Via::Remote] {
        // Cut off before the first change, so that only the opening said where it was.
        let client = cut_off(&api, via, 1, &folder.path().join("")).await;
        let mut events = listen(&client, None);
        assert_eq!(events.next().await, Some(Live::Open));
        while !matches!(events.next().await, Some(Live::Lost(_))) {
            api.project(&format!("{via:?} {}", api.seq().await)).await;
        }
        let made = api.project(&format!("{via:?} meanwhile")).await;
        while change(&mut events).await.event.project != Some(made) {}
        std::fs::remove_file(folder.path().join("cut.sock")).ok();
    }
}

#[tokio::test]
async fn a_refusal_ends_it_and_everything_else_is_tried_again() {
    let api = Api::start().await;
    let unknown = Secret::generate(Kind::Management).expect("random bytes");
    let address = format!("http://{}", api.address);
    let client = Client::new(Transport::remote(&address, &unknown).expect("an address"));
    let mut events = listen(&client, None);
    assert!(matches!(events.next().await, Some(Live::Lost(ClientError::Refused { status: 401, .. }))));
    assert_eq!(events.next().await, None, "asking again would not help");

    // The token of who listens is revoked meanwhile.
    let made = api.client(Via::Embedded).create_token("brief", Role::Auditor).await.expect("a token");
    let client = Client::new(Transport::remote(&address, &made.secret).expect("an address"));
    let mut events = listen(&client, None);
    assert!(matches!(message(&mut events).await.0, Message::Ready(_)));
    api.client(Via::Embedded).revoke_token(made.token.id).await.expect("revoked");
    assert!(matches!(events.next().await, Some(Live::Lost(ClientError::Broken { .. }))));
    assert!(matches!(events.next().await, Some(Live::Lost(ClientError::Refused { status: 401, .. }))));
    assert_eq!(events.next().await, None);

    // An older server, or something else.
    for (router, ends) in [
        (Router::new(), false),
        (Router::new().route("/v1/events", get(|| async { "<html>" })), false),
        (api.router.clone(), true),
    ] {
        let mut events = listen(&Client::new(Transport::embedded(router)), None);
        assert!(matches!(events.next().await, Some(Live::Lost(_))));
        assert_eq!(events.next().await.is_none(), ends);
    }
    let nobody = Transport::socket("/nonexistent/keydeck.sock");
    let mut events = listen(&Client::new(nobody), None);
    for _ in 0..3 {
        assert!(matches!(events.next().await, Some(Live::Lost(ClientError::Unreachable { .. }))));
    }
}

#[tokio::test]
async fn kinds_and_fields_that_nobody_knows_are_passed_over() {
    let text = concat!(
        ": hello\n\nevent: weather\ndata: {\"sun\":true}\n\n",
        "event: ready\r\ndata: {\"seq\":4,\r\ndata: \"moon\":1}\r\nid: 4\r\nretry: 5\r\n\r\n",
        "data: no kind\n\nid: 9\n\nevent: audit\nid: 5\ndata: {}\n\n",
        "event: reset\ndata: {\"seq\":8}\n\nevent: used\ndata: {\"uses\":[],\"more\":true,\"x\":[]}\n\nevent: used\nda"
    );
    let stream = move || async move { ([("content-type", "text/event-stream; charset=utf-8")], text) };
    let router = Router::new().route("/v1/events", get(stream));
    let mut events = listen(&Client::new(Transport::embedded(router)), None);
    let mut seen = Vec::new();
    while !matches!(seen.last(), Some(Live::Lost(_))) {
        seen.push(events.next().await.expect("it goes on"));
    }
    let places: Vec<_> =
        seen.iter().map(|live| if let Live::Message(_, place) = live { *place } else { None }).collect();
    assert_eq!(places, [None, Some(4), Some(5), None, None, None]);
    assert!(
        matches!(
            seen.as_slice(),
            [
                Live::Open,
                Live::Message(Message::Ready(_), _),
                Live::Message(Message::Unreadable, _),
                Live::Message(Message::Reset(_), _),
                Live::Message(Message::Used(_), _),
                Live::Lost(_)
            ]
        ),
        "{seen:?}"
    );
}

#[test]
fn messages_are_read_alike_however_their_bytes_come() {
    let text = "event: a\nid: 1\ndata: x\ndata: y\n\n:c\ndata:  z: \u{e9}\n\nevent: b\n\ndata\n\n";
    let frame = |id: Option<&str>, kind: &str, data: &str| Frame {
        id: id.map(str::to_owned),
        kind: kind.into(),
        data: data.into(),
    };
    let expected = [frame(Some("1"), "a", "x\ny"), frame(None, "", " z: \u{e9}"), frame(None, "", "")];
    for size in 1..text.len() {
        let (mut parser, mut frames) = (Parser::default(), Vec::new());
        assert!(text.as_bytes().chunks(size).all(|part| parser.feed(part, &mut frames)));
        assert_eq!(frames, expected, "{size} bytes at a time");
    }
    let (mut parser, mut frames) = (Parser::default(), Vec::<Frame>::new());
    let endless = vec![b'x'; 1024 * 1024];
    assert!(!(0..9).all(|_| parser.feed(&endless, &mut frames)), "a message has an end");
}

#[tokio::test(start_paused = true)]
async fn inside_one_process_silence_means_nothing() {
    let stream = || async {
        let first = futures_util::stream::once(async {
            Ok::<_, std::convert::Infallible>("event: ready\ndata: {\"seq\":4}\n\n")
        });
        let body = axum::body::Body::from_stream(first.chain(futures_util::stream::pending()));
        ([("content-type", "text/event-stream"), (UNBROKEN_HEADER, "true")], body)
    };
    let router = Router::new().route("/v1/events", get(stream));
    let mut events = listen(&Client::new(Transport::embedded(router)), None);
    assert_eq!(events.next().await, Some(Live::Open));
    assert!(matches!(events.next().await, Some(Live::Message(Message::Ready(_), _))));
    let day = std::time::Duration::from_hours(24);
    assert!(tokio::time::timeout(day, events.next()).await.is_err(), "it is not quiet, and not lost");
}

#[tokio::test]
async fn a_server_inside_says_that_it_sends_no_sign_of_life_and_another_does_not() {
    let api = Api::start().await;
    for (router, says) in [(keydeck::server::inside(api.local.clone()), true), (api.local.clone(), false)] {
        let request = axum::http::Request::get("/v1/events").body(axum::body::Body::empty()).unwrap();
        let Ok(answer) = tower::ServiceExt::oneshot(router, request).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers().contains_key(UNBROKEN_HEADER), says);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_quiet_first_and_lost_then() {
    let stream = || async {
        let first = futures_util::stream::once(async {
            Ok::<_, std::convert::Infallible>("event: ready\ndata: {\"seq\":4}\n\n")
        });
        let body = axum::body::Body::from_stream(first.chain(futures_util::stream::pending()));
        ([("content-type", "text/event-stream")], body)
    };
    let router = Router::new().route("/v1/events", get(stream));
    let mut events = listen(&Client::new(Transport::embedded(router)), None);
    assert_eq!(events.next().await, Some(Live::Open));
    assert!(matches!(events.next().await, Some(Live::Message(Message::Ready(_), _))));
    let since = tokio::time::Instant::now();
    assert_eq!(events.next().await, Some(Live::Quiet));
    assert_eq!(since.elapsed().as_secs(), 3);
    assert!(matches!(events.next().await, Some(Live::Lost(ClientError::TimedOut { .. }))));
    assert_eq!(since.elapsed().as_secs(), 12);
}
