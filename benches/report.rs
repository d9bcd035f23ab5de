//! An evidence pack of 10,000 keys on SQLite, through the whole router, and its verification without the server.
//!
//! The bar: 3 s for the pack.

#[path = "local.rs"]
mod local;

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use divan::Bencher;
use keydeck::pack;
use keydeck::secret::{Kind, Secret};
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{By, Keys as _, NewKeyRecord, Projects as _};
use keydeck::wire::keys::Mode;
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;
use tower::ServiceExt as _;

const KEYS: usize = 10_000;
const NOW: Timestamp = Timestamp::from_millis(1_768_478_400_000);

struct Filled {
    runtime: tokio::runtime::Runtime,
    router: Router,
    _folder: tempfile::TempDir,
}

static FILLED: LazyLock<Filled> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let store = runtime.block_on(async {
        let store = SqlStore::open(&url, Options::default()).await.expect("a store");
        let by = By::new("local:bench", NOW);
        let project = store.create_project(&by, "Shop").await.expect("a project").value.id;
        for number in 0..KEYS {
            let secret = Secret::generate(Kind::Live).expect("random bytes");
            let hash = secret.hash().expect("random bytes");
            let record = NewKeyRecord::new(format!("key {number}"), Mode::Live, secret.hint(), hash);
            store.create_key(&by, project, &record, Plan::Enterprise).await.expect("a key");
        }
        store
    });
    let router = local::router(store, NOW);
    Filled { runtime, router, _folder: folder }
});

impl Filled {
    fn report(&self) -> Vec<u8> {
        let request = Request::post("/v1/reports").body(Body::empty()).expect("a request");
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.expect("a router answers");
            assert_eq!(answer.status(), 200);
            axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body").to_vec()
        })
    }
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn report_of_10_000_keys(bencher: Bencher<'_, '_>) {
    let filled = &*FILLED;
    bencher.bench_local(|| filled.report());
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn verify_pack_of_10_000_keys(bencher: Bencher<'_, '_>) {
    let bytes = FILLED.report();
    bencher.bench_local(|| {
        let folder = tempfile::tempdir().expect("a folder");
        pack::unpack(&*bytes, folder.path()).expect("a pack");
        pack::verify(folder.path(), None).expect("a good pack")
    });
}

fn main() {
    divan::main();
}
