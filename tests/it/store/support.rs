//! Stores to test, and the hands and clocks that write into them.

use std::time::Duration;

use keydeck::secret::{Kind, Secret};
use keydeck::store::changes::Follower;
use keydeck::store::lease::Grant;
use keydeck::store::sql::{Options, SqlStore};
use keydeck::store::{By, NewKeyRecord, NodeCard, SharedStore, StoreError};
use keydeck::wire::audit::Head;
use keydeck::wire::id::ProjectId;
use keydeck::wire::keys::{Key, Mode};
use keydeck::wire::session::Plan;
use keydeck::wire::time::{DAY_MS, Timestamp, uptime};

/// 2026-01-15T12:00:00Z.
pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_768_478_400_000);

/// A time so many milliseconds after noon.
pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(NOON.millis() + ms)
}

/// A time so many days before noon.
pub(crate) fn days_ago(days: i64) -> Timestamp {
    at(-days * DAY_MS)
}

/// Ann, at a time.
pub(crate) fn ann(now: Timestamp) -> By {
    By::new("local:ann", now)
}

/// What the store is told of a new key.
pub(crate) fn record(name: &str) -> NewKeyRecord {
    record_of(name, Mode::Live)
}

/// The same, of a mode.
pub(crate) fn record_of(name: &str, mode: Mode) -> NewKeyRecord {
    let secret = Secret::generate(mode.kind()).expect("random bytes");
    NewKeyRecord::new(name, mode, secret.hint(), secret.hash().expect("random bytes"))
}

/// A management token's hint and hash.
pub(crate) fn token_secret() -> Secret {
    Secret::generate(Kind::Management).expect("random bytes")
}

/// A project.
pub(crate) async fn project(store: &SharedStore, name: &str) -> ProjectId {
    store.create_project(&ann(NOON), name).await.expect("a project").value.id
}

/// A key, made at a time.
pub(crate) async fn key(store: &SharedStore, project: ProjectId, name: &str, now: Timestamp) -> Key {
    store.create_key(&ann(now), project, &record(name), Plan::Enterprise).await.expect("a key").value
}

/// Last uses of this store come so many seconds late, as if a node had not written its own for so long. That grows, so
/// say it again before each look.
pub(crate) fn uses_come_late(store: &SharedStore, seconds: u64) {
    // The precision is in whole seconds, rounded up: it stays what it is for almost one.
    let since = uptime().checked_sub(Duration::from_millis(seconds * 1000 - 990));
    store.changes().set_unwritten(Some(since.expect("a machine that was started earlier")));
}

/// A store in a SQLite file, with the folder that holds it.
pub(crate) async fn file_store() -> (SharedStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = keydeck::store::sql::sqlite_url(&folder.path().join("keydeck.db"));
    (open(&url).await, folder)
}

/// A store in memory.
pub(crate) async fn memory_store() -> SharedStore {
    open("sqlite::memory:").await
}

/// A store at an address.
pub(crate) async fn open(url: &str) -> SharedStore {
    // A lease that no pause of a busy machine ends: tests that need one to end have a feed of their own.
    let options = Options { lease: Some(Duration::from_mins(10)), ..Options::default() };
    match SqlStore::open(url, options).await {
        // Another process or test has chosen it.
        Err(StoreError::OtherLease { .. }) => SqlStore::open(url, Options::default()).await.expect("a store"),
        store => store.expect("a store"),
    }
}

/// A node that follows by hand, in memory or in the tables, as the store has it.
pub(crate) struct HandNode {
    pub(crate) follower: Follower,
}

impl HandNode {
    /// A node that has applied everything there is, and has its first lease.
    pub(crate) async fn enter(store: &SharedStore, name: &str) -> HandNode {
        let node = HandNode { follower: store.changes().register_empty(name, None) };
        assert_eq!(node.renew(store, &store.audit_head().await.unwrap(), None).await, Grant::Whole);
        node
    }

    /// A renewal as if the node had applied everything up to `applied`.
    pub(crate) async fn renew(&self, store: &SharedStore, applied: &Head, previous: Option<&Head>) -> Grant {
        let sent = store.changes().moment();
        let Some(ledger) = store.ledger() else {
            self.follower.acknowledge(applied.seq);
            return if self.follower.renew() { Grant::Whole } else { Grant::None };
        };
        let renewal = ledger.begin_renewal(applied).await.unwrap();
        let card = NodeCard { now: NOON, started_at: NOON, ..NodeCard::default() };
        let grant = renewal.finish(&self.follower, &card, applied, previous).await.unwrap();
        if grant == Grant::Whole {
            self.follower.granted(sent);
        }
        grant
    }

    /// Applies all there is, and has it confirmed.
    pub(crate) async fn acknowledge_all(&self, store: &SharedStore) {
        let head = store.audit_head().await.unwrap();
        self.follower.acknowledge(head.seq);
        if let Some(ledger) = store.ledger() {
            ledger.acknowledge(&self.follower, &head).await.unwrap();
        }
        store.confirm(&store.newest_change().await.unwrap()).await;
    }
}
