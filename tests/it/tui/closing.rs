//! Keys whose answers nobody read: the server says what a request created, and refuses it if it arrives later.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::middleware::{self, Next};
use http_body_util::BodyExt as _;
use keydeck::client::Via;
use keydeck::wire::problem::{Code, Problem};
use keydeck::wire::tokens::Role;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::story::start_with;
use super::unsaved::{Late, TITLE, asks_for_late, records};
use crate::support::api::Api;
use crate::support::home::Home;
use crate::support::pty::Pty;
use crate::support::until;

/// The keys that a question offers.
fn offered(screen: &str) -> Vec<&str> {
    let lines = screen
        .lines()
        .filter_map(|line| line.split_once(" · created").filter(|(before, _)| before.contains("shop/")));
    lines.map(|(before, _)| before.rsplit('/').next().unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_keys_alike_the_one_whose_answer_nobody_read_alone_is_offered() {
    let api = Api::start().await;
    let shop = api.project("shop").await;
    let (web, _) = api.key(shop, "web").await;
    let (server, home) = (Late::before(&api).await, Home::new());
    let mut first = server.dashboard(&home, &api);
    first.sees("> web");
    first.press("R");
    first.sees("Rotate key shop/web");
    first.press_until("\r", "a new key", |_| server.has_made());
    // The same user rotates the same key elsewhere, and reads that answer.
    let rotate = format!("POST /v1/keys/{}/rotate", web.id);
    assert_eq!(api.ask(&rotate, "").await.json()["key"]["name"], "web-3");
    first.signal("KILL");
    first.ends();
    let second = server.start(&home, &api);
    let screen = second.sees(TITLE);
    assert_eq!(offered(&screen), ["web-2"], "{screen}");
}

/// A server before which requests for new keys are kept back, whatever becomes of their senders.
struct Kept {
    url: String,
    has_one: Arc<AtomicBool>,
    go_on: Arc<Notify>,
    answer: Arc<Mutex<Option<(StatusCode, String)>>>,
}

impl Kept {
    async fn before(api: &Api) -> Kept {
        let (has_one, go_on) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let answer = Arc::new(Mutex::new(None));
        let (seen, release, answered) = (Arc::clone(&has_one), Arc::clone(&go_on), Arc::clone(&answer));
        let keeps = middleware::from_fn(move |request: Request, next: Next| {
            let (seen, release, answered) = (Arc::clone(&seen), Arc::clone(&release), Arc::clone(&answered));
            async move {
                if !request.uri().path().ends_with("/keys") || request.method() != "POST" {
                    return next.run(request).await;
                }
                seen.store(true, Ordering::SeqCst);
                // A task of its own, which does not end with the connection.
                let later = tokio::spawn(async move {
                    release.notified().await;
                    let (head, body) = next.run(request).await.into_parts();
                    let body = body.collect().await.expect("a body").to_bytes();
                    let text = String::from_utf8_lossy(&body).into_owned();
                    *answered.lock().expect("no panic") = Some((head.status, text));
                    Response::from_parts(head, Body::from(body))
                });
                later.await.expect("no panic")
            }
        });
        let url = serve(api.router.clone().layer(keeps)).await;
        Kept { url, has_one, go_on, answer }
    }

    fn dashboard(&self, home: &Home, api: &Api) -> Pty {
        let mut pty = start_with(home, &["--server", &self.url], &[("KEYDECK_TOKEN", api.admin.reveal())]);
        pty.sees("shop");
        pty.press("\r");
        pty.until("its keys", |screen| super::story::shows_project(screen, "shop"));
        pty
    }
}

async fn serve(router: Router) -> String {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", tcp.local_addr().expect("an address"));
    tokio::spawn(axum::serve(tcp, router).into_future());
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_arrives_after_the_next_start_creates_nothing() {
    let api = Api::start().await;
    api.project("shop").await;
    let (server, home) = (Kept::before(&api).await, Home::new());
    let mut first = server.dashboard(&home, &api);
    asks_for_late(&mut first);
    until("the request is kept back", || server.has_one.load(Ordering::SeqCst));
    assert_eq!(records(&home).len(), 1);
    first.signal("KILL");
    first.ends();
    let before = api.seq().await;
    let second = server.dashboard(&home, &api);
    // At once: there is nothing to wait for, since the request creates nothing any more.
    second.until("no note", |_| records(&home).is_empty());
    server.go_on.notify_one();
    until("the request has its answer", || server.answer.lock().expect("no panic").is_some());
    let (status, text) = server.answer.lock().expect("no panic").clone().expect("an answer");
    assert!(status == 409 && text.contains("IDEMPOTENCY_CLOSED"), "{status} {text}");
    assert_eq!(api.seq().await, before, "nothing was created");
    let screen = second.screen();
    assert!(!screen.contains(TITLE) && !screen.contains("late"), "{screen}");
}

/// A server of an older version, which does not know the route that closes a key.
fn older(router: Router) -> Router {
    router.layer(middleware::from_fn(|request: Request, next: Next| async move {
        if !request.uri().path().starts_with("/v1/idempotency") {
            return next.run(request).await;
        }
        let problem = Problem::new(Code::NotFound, "route not found; management API routes begin with /v1/");
        let answer = Response::builder().status(404).header("content-type", "application/json");
        answer.body(Body::from(serde_json::to_vec(&problem).expect("JSON"))).expect("an answer")
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_server_cannot_say_what_was_created_the_audit_log_does() {
    // It is of an older version, or the user has another token now, of another name or of the same.
    for (older_server, name) in [(true, None), (false, Some("other")), (false, Some("admin"))] {
        let api = Api::start().await;
        api.project("shop").await;
        let local = api.client(Via::Embedded);
        let mine = local.create_token("admin", Role::Admin).await.expect("a token");
        let router = if older_server { older(api.router.clone()) } else { api.router.clone() };
        let (server, home) = (Late::before_router(router).await, Home::new());
        let mut first = server.dashboard_as(&home, &mine.secret);
        asks_for_late(&mut first);
        server.makes();
        first.signal("KILL");
        first.ends();
        let token = match name {
            None => mine.secret,
            Some(name) => {
                local.revoke_token(mine.token.id).await.expect("revoked");
                local.create_token(name, Role::Admin).await.expect("a token").secret
            }
        };
        let second = server.start_as(&home, &token);
        let screen = second.sees(TITLE);
        assert_eq!(offered(&screen), ["late"], "{older_server} {name:?}\n{screen}");
    }
}
