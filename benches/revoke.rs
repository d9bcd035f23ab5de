//! A thousand keys revoked at once: one transaction and a thousand events, in a SQLite file.

use std::sync::Arc;

use divan::Bencher;
use keydeck::secret::{Kind, Secret};
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{BulkRevoke, By, Keys as _, NewKeyRecord, Projects as _};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::Mode;
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;

const KEYS: usize = 1000;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn revoke_a_thousand_keys(bencher: Bencher) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let url = sqlite_url(&folder.path().join("keydeck.db"));
    let store = runtime.block_on(SqlStore::open(&url, Options::default())).expect("a store");
    let by = By::new("local:bench", Timestamp::from_millis(1_795_000_000_000));
    let mut round = 0;
    let store = &store;
    bencher
        .with_inputs(|| {
            round += 1;
            runtime.block_on(fill(store, &by, round))
        })
        .bench_local_values(|ids| {
            let how = BulkRevoke { reason: Some("bench".into()), ..BulkRevoke::default() };
            let done = runtime.block_on(store.revoke_keys(&by, &ids, &how)).expect("revoked");
            assert_eq!(done.value.len(), KEYS);
        });
}

/// A project with keys.
async fn fill(store: &Arc<SqlStore>, by: &By, round: usize) -> Vec<KeyId> {
    let project = store.create_project(by, &format!("Project {round}")).await.expect("a project").value.id;
    let mut ids = Vec::with_capacity(KEYS);
    for number in 0..KEYS {
        let secret = Secret::generate(Kind::Live).expect("random bytes");
        let record = NewKeyRecord::new(
            format!("key {number}"),
            Mode::Live,
            secret.hint(),
            secret.hash().expect("random bytes"),
        );
        ids.push(store.create_key(by, project, &record, Plan::Enterprise).await.expect("a key").value.id);
    }
    ids
}
