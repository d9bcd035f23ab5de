//! `GET /v1/keys?limit=100` over 100,000 keys on SQLite, through the whole router: by project, status, idle
//! time and order, and for words.
//!
//! The bars: 20 ms at the median for each shape, 60 ms for words that match nothing; 2 s for the start of a review of
//! all keys, during which a revocation waits 200 ms at most.

#[path = "fill.rs"]
mod fill;
#[path = "local.rs"]
mod local;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use divan::Bencher;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, Projects as _};
use keydeck::wire::id::ProjectId;
use keydeck::wire::keys::Key;
use keydeck::wire::page::Page;
use keydeck::wire::time::Timestamp;

use tower::ServiceExt as _;

const KEYS: i64 = 100_000;
const PROJECTS: i64 = 50;
const NOW: Timestamp = Timestamp::from_millis(1_768_478_400_000);

struct Filled {
    runtime: tokio::runtime::Runtime,
    router: Router,
    projects: Vec<ProjectId>,
    _folder: tempfile::TempDir,
}

static FILLED: LazyLock<Filled> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let (store, projects) = runtime.block_on(async {
        let store = SqlStore::open(&url, Options::default()).await.expect("a store");
        let by = By::new("local:bench", NOW);
        let mut projects = Vec::new();
        for number in 0..PROJECTS {
            let made = store.create_project(&by, &format!("Project {number}")).await.expect("a project");
            projects.push(made.value.id);
        }
        fill::keys(&url, &projects, KEYS, NOW).await;
        (store, projects)
    });
    let router = local::router(store, NOW);
    Filled { runtime, router, projects, _folder: folder }
});

impl Filled {
    /// One request, its whole body read.
    fn get(&self, path: &str) -> Bytes {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.expect("a router answers");
            assert_eq!(answer.status(), 200, "{path}");
            axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body")
        })
    }

    /// A write that is answered with success.
    fn post(&self, path: String, body: &'static str) -> impl Future<Output = ()> + Send + 'static {
        let request = Request::post(&path).header("content-type", "application/json").body(Body::from(body));
        let (router, request) = (self.router.clone(), request.expect("a request"));
        async move {
            let answer = router.oneshot(request).await.expect("a router answers");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
        }
    }

    fn page<T: serde::de::DeserializeOwned>(&self, path: &str) -> Page<T> {
        serde_json::from_slice(&self.get(path)).expect("a page")
    }
}

fn main() {
    divan::main();
}

/// What is asked for, and how many there are in all (10,000 stands for more).
const SHAPES: &[(&str, &str, &str, bool, u64)] = &[
    ("created", "", "created", false, 10_000),
    ("name", "", "name", false, 10_000),
    ("name of a project", "", "name", true, 2_000),
    ("idle longest", "", "lastUsed", false, 10_000),
    ("used last of a project", "", "-lastUsed", true, 2_000),
    ("revoked", "status:revoked", "-created", false, 5_000),
    ("all by name", "", "-name", false, 10_000),
    ("idle>90d", "idle>90d", "lastUsed", false, 10_000),
    ("idle>90d used last", "idle>90d", "-lastUsed", false, 10_000),
    ("idle>90d by name", "idle>90d", "name", false, 10_000),
    ("idle>299d by name", "idle>299d !used:never", "name", false, 1),
    ("idle>90d of a project", "idle>90d", "name", true, 1),
    ("used:never", "used:never", "created", false, 1),
    ("mode:test", "mode:test", "created", false, 0),
    ("word of many", "mobile", "name", false, 10_000),
    ("word of few", "\"key 7777\"", "name", false, 1),
    ("word and time", "mobile idle>290d", "created", false, 1),
    ("word of nothing", "zzzzzz", "created", false, 0),
    ("words of nothing", "zzzz yyyy", "name", false, 0),
    ("name of nothing", "name:zzzz", "name", false, 0),
    ("creator of nothing", "by:zzzz", "name", false, 0),
    ("not a word", "!key", "name", false, 0),
    ("findings, worst first", "", "findings", false, 10_000),
    ("stale, worst first", "finding:stale", "findings", false, 10_000),
    ("refused, worst first", "finding:refused", "findings", false, 0),
    ("no owner by name", "owner:none", "name", false, 10_000),
    ("owner of nothing", "owner:zzzz", "name", false, 0),
];

#[divan::bench(args = SHAPES.iter().map(|shape| shape.0), sample_count = 50, sample_size = 1)]
fn keys(bencher: Bencher, name: &str) {
    let filled = &*FILLED;
    let (_, filter, sort, of_project, least) = SHAPES.iter().find(|shape| shape.0 == name).expect("a shape");
    let filter = percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
    let project = if *of_project { format!("&project={}", filled.projects[3]) } else { String::new() };
    let status = if name == "all by name" { "&status=all" } else { "" };
    let path = format!("/v1/keys?limit=100&sort={sort}&filter={filter}{project}{status}");
    let page: Page<Key> = filled.page(&path);
    assert!(page.total >= *least && (*least > 0 || page.total == 0), "{name}: {}", page.total);
    bencher.bench_local(|| filled.get(&path));
}

/// The tenth page, as one scrolls.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn keys_deep(bencher: Bencher) {
    let filled = &*FILLED;
    let mut path = "/v1/keys?limit=100&sort=lastUsed".to_owned();
    for _ in 0..10 {
        let page: Page<Key> = filled.page(&path);
        path = format!("/v1/keys?limit=100&sort=lastUsed&cursor={}", page.next.expect("more keys"));
    }
    bencher.bench_local(|| filled.get(&path));
}

/// How many keys have each finding.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn finding_counts(bencher: Bencher) {
    let filled = &*FILLED;
    bencher.bench_local(|| filled.get("/v1/findings"));
}

/// A review of all keys is started, while others revoke: the longest of their revocations is printed.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn start_review(bencher: Bencher) {
    let filled = &*FILLED;
    let mut ids = filled.page::<Key>("/v1/keys?limit=1000&sort=-created").items.into_iter().map(|key| key.id);
    bencher.bench_local(|| {
        let start = filled.post("/v1/reviews".into(), r#"{"name":"all"}"#);
        let longest = filled.runtime.block_on(async {
            let mut start = tokio::spawn(start);
            let mut longest = Duration::ZERO;
            loop {
                let path = format!("/v1/keys/{}/revoke", ids.next().expect("keys enough"));
                let begun = Instant::now();
                filled.post(path, "").await;
                longest = longest.max(begun.elapsed());
                if start.is_finished() {
                    (&mut start).await.expect("it ends in order");
                    break longest;
                }
            }
        });
        eprintln!("start_review: the longest of the revocations meanwhile took {longest:?}");
    });
}

/// All projects with their counts.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn projects(bencher: Bencher) {
    let filled = &*FILLED;
    bencher.bench_local(|| filled.get("/v1/projects?limit=100"));
}
