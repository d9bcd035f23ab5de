//! `serve` under random calls, good and bad, from eight clients: memory stays, nothing fails, the chain holds.
//!
//! A test makes 4,000 calls. `KEYDECK_SOAK_SECONDS=600 cargo test --release --test it cli::soak -- --nocapture`
//! goes on for ten minutes and tells its figures.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::support::home::Home;
use crate::support::process::resident_kib;

const CLIENTS: u64 = 8;
const CALLS: u64 = 4000;
/// How many keys a client makes: a node keeps each, so that memory grows with them and with nothing else.
const KEYS: usize = 40;
/// What memory may grow by after the first half: buffers, caches and the allocator's own ways.
const GROWTH_KIB: u64 = 32 * 1024;
const WHOLE_KEY: &str = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";

#[test]
fn random_calls_of_eight_clients_leave_memory_flat_and_the_chain_whole() {
    let seconds: Option<u64> = std::env::var("KEYDECK_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    let home = Home::new();
    let mut server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let place = |what: &str| {
        let line = server.until_said(what);
        line.rsplit_once(' ').expect("an address").1.to_owned()
    };
    let (manage, edge) = (place("keydeck: management API on"), place("keydeck: Edge API on"));
    let token = std::fs::read_to_string(home.data().join("admin-token")).expect("the admin token");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let shared = Arc::new(Shared {
        http: Client::builder().timeout(Duration::from_mins(1)).build().expect("a client"),
        manage,
        edge,
        token: token.trim_end().to_owned(),
        calls: watch::Sender::new(0),
        good: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn_on(client(Arc::clone(&shared), number), runtime.handle());
    }

    let (pid, begun) = (server.id(), tokio::time::Instant::now());
    let half_is_done = async |half: u64| {
        if let Some(seconds) = seconds {
            tokio::time::sleep_until(begun + Duration::from_secs(seconds * half / 2)).await;
        } else {
            let mut calls = shared.calls.subscribe();
            calls.wait_for(|calls| *calls >= CALLS * half / 2).await.expect("shared holds the sender");
        }
    };
    let ended_well = |ended: Result<(), JoinError>| ended.expect("a client met an answer that may not be");
    let mut memory_after = |half: u64| {
        runtime.block_on(async {
            tokio::select! {
                () = half_is_done(half) => {}
                // None ends by itself.
                Some(ended) = clients.join_next() => ended_well(ended),
            }
        });
        resident_kib(pid)
    };
    let start = resident_kib(pid);
    let middle = memory_after(1);
    let end = memory_after(2);
    shared.stop.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        while let Some(ended) = clients.join_next().await {
            ended_well(ended);
        }
    });
    let (calls, good) = (*shared.calls.borrow(), shared.good.load(Ordering::Relaxed));
    println!(
        "soak: {calls} calls in {:?}, {good} of them done; memory in KiB: {start:?} at the start, {middle:?} \
         after the first half, {end:?} at the end",
        begun.elapsed()
    );
    assert!(good > calls / 4 && good < calls, "calls are good and bad: {good} of {calls}");
    if let (Some(middle), Some(end)) = (middle, end) {
        assert!(end < middle + GROWTH_KIB, "memory grew from {middle} to {end} KiB");
    }
    #[cfg(unix)]
    assert_eq!(server.terminate().code(), Some(0), "{}", server.said());
    #[cfg(not(unix))]
    server.kill();
    assert!(!server.said().contains(" ERROR "), "{}", server.said());
    home.ok(&["audit", "verify"]);
}

struct Shared {
    http: Client,
    manage: String,
    edge: String,
    token: String,
    calls: watch::Sender<u64>,
    good: AtomicU64,
    stop: AtomicBool,
}

/// What a client knows of.
struct Known {
    project: String,
    keys: Vec<(String, String)>,
    cursor: String,
    random: u64,
    made: usize,
}

impl Known {
    /// A number below another, the same in each run.
    fn below(&mut self, most: usize) -> usize {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % most
    }

    fn key(&mut self) -> (String, String) {
        let at = self.below(self.keys.len().max(1));
        self.keys
            .get(at)
            .cloned()
            .unwrap_or_else(|| ("key_00000000000000000000000000".into(), WHOLE_KEY.into()))
    }
}

async fn client(shared: Arc<Shared>, number: u64) {
    let name = json!({ "name": format!("client {number}") });
    let project = ask(&shared, Method::POST, "/v1/projects", Some(name)).await;
    let project = project["id"].as_str().expect("an id").to_owned();
    let mut known = Known { project, keys: Vec::new(), cursor: String::new(), random: number + 1, made: 0 };
    while !shared.stop.load(Ordering::Relaxed) {
        call(&shared, &mut known).await;
    }
}

async fn call(shared: &Shared, known: &mut Known) {
    let (key, secret) = known.key();
    let project = known.project.clone();
    let number = known.below(1000);
    let post = Method::POST;
    match known.below(20) {
        0 | 1 if known.made < KEYS => {
            known.made += 1;
            let body = json!({ "name": format!("key {}", known.made) });
            let made = ask(shared, post, &format!("/v1/projects/{project}/keys"), Some(body)).await;
            if let (Some(id), Some(secret)) = (made["key"]["id"].as_str(), made["secret"].as_str()) {
                known.keys.push((id.to_owned(), secret.to_owned()));
            }
        }
        0..=2 => {
            let page =
                ask(shared, Method::GET, &format!("/v1/keys?limit=7&cursor={}", known.cursor), None).await;
            page["next"].as_str().unwrap_or_default().clone_into(&mut known.cursor);
        }
        3 => {
            let what = ["/v1/projects", "/v1/session", "/v1/audit-events?limit=20", "/metrics", "/v1/tokens"];
            ask(shared, Method::GET, what[number % what.len()], None).await;
        }
        4 if known.keys.len() > 10 => {
            let reason = json!({ "reason": "soak" });
            ask(shared, post, &format!("/v1/keys/{key}/revoke"), Some(reason)).await;
            known.keys.retain(|(id, _)| *id != key);
        }
        4 | 5 => {
            let body = json!({ "name": format!("renamed {number}") });
            ask(shared, Method::PATCH, &format!("/v1/keys/{key}"), Some(body)).await;
        }
        6 => {
            let rules: Vec<_> = (0..number)
                .map(|n| json!({ "source": format!("/old/{n}"), "destination": format!("/new/{n}") }))
                .collect();
            ask(shared, Method::PUT, &format!("/v1/projects/{project}/rules"), Some(json!(rules))).await;
        }
        7 => {
            ask(shared, post, &format!("/v1/projects/{project}/deployments"), None).await;
        }
        8 => {
            let what = ["usage", "callers", "nothing", "usage?days=0", "usage?days=7"];
            ask(shared, Method::GET, &format!("/v1/keys/{key}/{}", what[number % what.len()]), None).await;
        }
        9 => {
            let filters =
                ["idle%3C1d", "name%3Akey", "%21used%3Anever", "used%3Aoften", "%22", "status%3Arevoked"];
            ask(shared, Method::GET, &format!("/v1/keys?filter={}", filters[number % filters.len()]), None)
                .await;
        }
        10 => {
            let body = json!({ "ids": [key], "dryRun": true, "unusedSince": "2020-01-01T00:00:00Z" });
            ask(shared, post, "/v1/keys/revoke", Some(body)).await;
        }
        11 => {
            let bodies = [
                json!({ "name": WHOLE_KEY }),
                json!({ "name": "" }),
                json!({ "nmae": "x" }),
                json!({ "name": 5 }),
                json!([1, 2, 3]),
                json!({ "name": "x".repeat(100_000) }),
                Value::Null,
            ];
            ask(shared, post, "/v1/projects", Some(bodies[number % bodies.len()].clone())).await;
        }
        12 => {
            let paths = [
                format!("/v1/keys?filter={WHOLE_KEY}"),
                "/v1/keys?limit=0".to_owned(),
                "/v1/keys?cursor=AAAA".to_owned(),
                "/v1/nothing".to_owned(),
                "/v1/keys/%ff".to_owned(),
                format!("/v1/keys?handle={}", "x".repeat(5000)),
            ];
            ask(shared, Method::GET, &paths[number % paths.len()], None).await;
        }
        _ => lookup(shared, &project, &secret, number).await,
    }
}

/// A call of the management API, and its answer where it is JSON.
async fn ask(shared: &Shared, method: Method, path: &str, body: Option<Value>) -> Value {
    let mut request =
        shared.http.request(method, format!("{}{path}", shared.manage)).bearer_auth(&shared.token);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let text = done(shared, path, request).await;
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

async fn lookup(shared: &Shared, project: &str, secret: &str, number: usize) {
    let what = match number % 10 {
        0 => format!("/v1/export?project={project}&format=nginx"),
        1 => "/v1/lookup?path=/old/1".to_owned(),
        2 => format!("/v1/lookup?project={project}&path=%ff"),
        3 => format!("/v1/lookup?project={project}&path=/old/1&version=1"),
        _ => format!("/v1/lookup?project={project}&path=/old/{number}"),
    };
    let request = shared.http.get(format!("{}{what}", shared.edge)).header("x-api-key", secret);
    done(shared, &what, request).await;
}

async fn done(shared: &Shared, what: &str, request: reqwest::RequestBuilder) -> String {
    let answer = request.send().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let status = answer.status();
    let text = answer.text().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(status < StatusCode::INTERNAL_SERVER_ERROR, "{what}: {status} {text}");
    shared.calls.send_modify(|calls| *calls += 1);
    shared.good.fetch_add(u64::from(status.is_success()), Ordering::Relaxed);
    text
}
