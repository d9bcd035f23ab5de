//! Writes in one project of 100,000 keys on SQLite, through the whole router: none may cost more than in a small one.
//!
//! The bar: 5 ms at the median for each, in either project.

#[path = "fill.rs"]
mod fill;
#[path = "local.rs"]
mod local;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use divan::Bencher;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, Projects as _};
use keydeck::wire::id::ProjectId;
use keydeck::wire::time::Timestamp;
use tower::ServiceExt as _;

const KEYS: i64 = 100_000;
const NOW: Timestamp = Timestamp::from_millis(1_768_478_400_000);

struct Filled {
    runtime: tokio::runtime::Runtime,
    router: Router,
    small: ProjectId,
    large: ProjectId,
    _folder: tempfile::TempDir,
}

static FILLED: LazyLock<Filled> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let (store, small, large) = runtime.block_on(async {
        let store = SqlStore::open(&url, Options::default()).await.expect("a store");
        let by = By::new("local:bench", NOW);
        let small = store.create_project(&by, "Small").await.expect("a project").value.id;
        let large = store.create_project(&by, "Large").await.expect("a project").value.id;
        fill::keys(&url, &[large], KEYS, NOW).await;
        (store, small, large)
    });
    let router = local::router(store, NOW);
    Filled { runtime, router, small, large, _folder: folder }
});

impl Filled {
    /// One write that is answered with success; its body.
    fn send(&self, method: &str, path: &str, body: String) -> Vec<u8> {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.body(Body::from(body)).expect("a request");
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.expect("a router answers");
            assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
            axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body").to_vec()
        })
    }

    /// A new key's path.
    fn create(&self, project: ProjectId) -> String {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let made = self.send(
            "POST",
            &format!("/v1/projects/{project}/keys"),
            format!(r#"{{"name":"new {number}"}}"#),
        );
        let made: serde_json::Value = serde_json::from_slice(&made).expect("JSON");
        format!("/v1/keys/{}", made["key"]["id"].as_str().expect("an id"))
    }
}

fn main() {
    divan::main();
}

#[divan::bench(args = ["small", "large"], sample_size = 1, sample_count = 100)]
fn create(bencher: Bencher<'_, '_>, size: &str) {
    let (filled, project) = at(size);
    bencher.bench_local(|| filled.create(project));
}

#[divan::bench(args = ["small", "large"], sample_size = 1, sample_count = 100)]
fn rename(bencher: Bencher<'_, '_>, size: &str) {
    let (filled, project) = at(size);
    let key = filled.create(project);
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        filled.send("PATCH", &key, format!(r#"{{"name":"renamed {number}"}}"#))
    });
}

#[divan::bench(args = ["small", "large"], sample_size = 1, sample_count = 100)]
fn rotate(bencher: Bencher<'_, '_>, size: &str) {
    let (filled, project) = at(size);
    bencher
        .with_inputs(|| filled.create(project))
        .bench_local_values(|key| filled.send("POST", &format!("{key}/rotate"), String::new()));
}

#[divan::bench(args = ["small", "large"], sample_size = 1, sample_count = 100)]
fn start_guided_rotation(bencher: Bencher<'_, '_>, size: &str) {
    let (filled, project) = at(size);
    bencher
        .with_inputs(|| filled.create(project))
        .bench_local_values(|key| filled.send("POST", &format!("{key}/rotation"), String::new()));
}

#[divan::bench(args = ["small", "large"], sample_size = 1, sample_count = 100)]
fn pause(bencher: Bencher<'_, '_>, size: &str) {
    let (filled, project) = at(size);
    bencher
        .with_inputs(|| filled.create(project))
        .bench_local_values(|key| filled.send("POST", &format!("{key}/pause"), String::new()));
}

#[divan::bench(args = ["small", "large"], sample_size = 1, sample_count = 100)]
fn revoke(bencher: Bencher<'_, '_>, size: &str) {
    let (filled, project) = at(size);
    bencher
        .with_inputs(|| filled.create(project))
        .bench_local_values(|key| filled.send("POST", &format!("{key}/revoke"), String::new()));
}

fn at(size: &str) -> (&'static Filled, ProjectId) {
    let filled = &*FILLED;
    (filled, if size == "large" { filled.large } else { filled.small })
}
