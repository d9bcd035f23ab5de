//! When the socket's owner has left, another transport takes its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use keydeck::client::{Client, ClientError, Reconnect, Transport, Via};
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use crate::support::api::Api;

/// Gives the embedded router from a certain try on, and before it a socket where nobody listens.
struct TakeOver {
    router: axum::Router,
    dead: PathBuf,
    from: u32,
    calls: AtomicU32,
    last: AtomicU32,
}

impl TakeOver {
    fn new(api: &Api, dead: &Path, from: u32) -> Arc<TakeOver> {
        let (calls, last) = (AtomicU32::new(0), AtomicU32::new(0));
        Arc::new(TakeOver { router: api.local.clone(), dead: dead.to_owned(), from, calls, last })
    }
}

#[async_trait]
impl Reconnect for TakeOver {
    async fn reconnect(&self, tries: u32) -> Result<Transport, ClientError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.last.store(tries, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(if tries >= self.from {
            Transport::embedded(self.router.clone())
        } else {
            Transport::socket(&self.dead)
        })
    }
}

#[tokio::test]
async fn calls_that_find_nobody_at_the_socket_shift_once_and_go_on() {
    let api = Api::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let dead = folder.path().join("dead.sock");
    let take_over = TakeOver::new(&api, &dead, 1);
    let client = Client::shifting(Transport::socket(&dead), take_over.clone());
    let calls = (0..8).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { client.create_project(&format!("project {n}")).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic").expect("made, whoever owns the file");
    }
    assert_eq!(take_over.calls.load(Ordering::SeqCst), 1, "one call shifts, the others follow it");
    assert_eq!((client.kind(), client.describe().as_str()), (Via::Embedded, "local database"));
    assert_eq!(client.projects_all(None).await.expect("projects").len(), 8, "nothing was made twice");
}

#[tokio::test]
async fn a_new_owner_who_leaves_at_once_is_followed_a_few_times() {
    let api = Api::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let dead = folder.path().join("dead.sock");
    let take_over = TakeOver::new(&api, &dead, 3);
    let client = Client::shifting(Transport::socket(&dead), take_over.clone());
    client.session().await.expect("a session");
    assert_eq!(take_over.last.load(Ordering::SeqCst), 3);

    let never = TakeOver::new(&api, &dead, u32::MAX);
    let client = Client::shifting(Transport::socket(&dead), never.clone());
    let error = client.session().await.expect_err("nobody is there");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
    assert_eq!(never.calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_write_whose_connection_broke_is_not_repeated_and_a_read_is() {
    let api = Api::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let dying = folder.path().join("dying.sock");
    let listener = UnixListener::bind(&dying).expect("a socket");
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.read(&mut [0; 4096]).await;
        }
    });
    let take_over = TakeOver::new(&api, &dying, 1);
    let client = Client::shifting(Transport::socket(&dying), take_over.clone());
    let error = client.create_project("shop").await.expect_err("broken");
    assert!(matches!(error, ClientError::Broken { outcome_unknown: true, .. }), "{error:?}");
    assert_eq!((take_over.calls.load(Ordering::SeqCst), client.kind()), (0, Via::Socket));
    client.session().await.expect("a read is repeated");
    assert_eq!((take_over.calls.load(Ordering::SeqCst), client.kind()), (1, Via::Embedded));
    assert_eq!(client.projects_all(None).await, Ok(vec![]));
}

#[tokio::test]
async fn an_owner_who_leaves_in_order_loses_no_write() {
    let api = Api::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owner.sock");
    let (listener, end) = (UnixListener::bind(&path).expect("a socket"), CancellationToken::new());
    let owner =
        axum::serve(listener, api.local.clone()).with_graceful_shutdown(end.clone().cancelled_owned());
    let owner = tokio::spawn(owner.into_future());
    let take_over = TakeOver::new(&api, &path, 1);
    let client = Client::shifting(Transport::socket(&path), take_over.clone());
    client.create_project("before").await.expect("through the socket");
    // The connection is kept for the next call; the owner closes it and goes.
    end.cancel();
    owner.await.expect("no panic").expect("an orderly end");
    client.create_project("after").await.expect("through another transport");
    assert_eq!((take_over.calls.load(Ordering::SeqCst), client.kind()), (1, Via::Embedded));
    assert_eq!(client.projects_all(None).await.expect("projects").len(), 2);
}

#[tokio::test]
async fn without_a_way_to_shift_the_error_is_told() {
    let api = Api::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::new(Transport::socket(folder.path().join("dead.sock")));
    assert!(matches!(client.session().await, Err(ClientError::Unreachable { .. })));
    // A refusal is an answer: it shifts nothing.
    let take_over = TakeOver::new(&api, folder.path(), 1);
    let client = Client::shifting(Transport::socket(&api.socket), take_over.clone());
    client.create_project("").await.expect_err("refused");
    assert_eq!(take_over.calls.load(Ordering::SeqCst), 0);
}
