//! The management API without a network, for the benchmarks that need one.

use std::sync::Arc;

use axum::Router;
use keydeck::server::{self, LocalCaller, Metrics, ServerConfig};
use keydeck::store::SharedStore;
use keydeck::wire::session::{Plan, Thresholds};
use keydeck::wire::time::Timestamp;
use keydeck::wire::tokens::Role;

/// Its router, for an admin. Its clock stands at `now`.
pub(crate) fn router(store: SharedStore, now: Timestamp) -> Router {
    let config = ServerConfig {
        plan: Plan::Enterprise,
        thresholds: Thresholds::default(),
        clock: Arc::new(move || now),
        version: "bench",
        metrics: Metrics::default(),
    };
    server::local(server::router(store, config), LocalCaller { user: "bench".into(), role: Role::Admin })
}
