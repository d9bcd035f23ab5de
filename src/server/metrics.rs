//! What is counted, as Prometheus reads it.
//!
//! Requests of this API are counted where all answers pass. Whoever else counts in this process, such as a
//! node of the Edge API, enters what it counts with [`Metrics::register`].

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::App;
use super::problem::Failure;
use crate::wire::nodes::NodeState;
use crate::wire::paths;

/// What all names begin with.
const PREFIX: &str = "keydeck";
/// Seconds; a management call takes milliseconds, and at most the deadline.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
const OPENMETRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// What is counted in this process.
#[derive(Clone)]
pub struct Metrics(Arc<Shared>);

struct Shared {
    registry: Mutex<Registry>,
    answered: Family<Answered, Counter>,
    took: Family<On, Histogram, fn() -> Histogram>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct On {
    route: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Of {
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Node {
    node: String,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix(PREFIX);
        let answered = Family::default();
        registry.register(
            "http_requests",
            "Requests to the management API by method, route and status",
            answered.clone(),
        );
        let took = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        registry.register_with_unit(
            "http_request_duration",
            "Time from a management API request to the head of its answer",
            Unit::Seconds,
            took.clone(),
        );
        Metrics(Arc::new(Shared { registry: Mutex::new(registry), answered, took }))
    }
}

impl Metrics {
    /// Enters what somebody else of this process counts.
    pub fn register(&self, enter: impl FnOnce(&mut Registry)) {
        enter(&mut self.0.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts an answer. A method that HTTP does not name is `other`, so that no caller makes up labels.
    pub(crate) fn answered(&self, method: &axum::http::Method, route: &str, status: u16, took: Duration) {
        const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];
        let method = METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
        let answered = Answered { method, route: route.to_owned(), status };
        self.0.answered.get_or_create(&answered).inc();
        self.0.took.get_or_create(&On { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// What was counted so far, and what is so now.
    fn text(&self, now: &Registry) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, now)?;
        encode_registry(&mut text, &self.0.registry.lock().unwrap_or_else(PoisonError::into_inner))?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

/// Get metrics
///
/// Requests, keys, nodes, lookups and usage writes, in the Prometheus text format, or in OpenMetrics if the
/// `Accept` header asks for it.
#[utoipa::path(
    get, path = paths::METRICS, tag = "Server", operation_id = "getMetrics",
    responses((status = 200, description = "One sample per line",
        content((String = "text/plain"), (String = "application/openmetrics-text"))))
)]
pub(crate) async fn metrics(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    let text = app.config().metrics.text(&now(&app).await).map_err(Failure::internal)?;
    let accepts = |value: &HeaderValue| {
        value.to_str().is_ok_and(|value| value.contains("application/openmetrics-text"))
    };
    let media = if headers.get_all(header::ACCEPT).iter().any(accepts) { OPENMETRICS } else { TEXT };
    Ok(([(header::CONTENT_TYPE, media)], text).into_response())
}

/// What is not counted but looked at. While the database does not answer, what it alone knows is left out.
async fn now(app: &App) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let version = Info::new(vec![("version", app.config().version)]);
    registry.register("build", "The server version", version);

    let up = gauge(&mut registry, "database_up", "Whether the database responds");
    let (keys, head) = tokio::join!(app.store().key_counts(app.now()), app.store().audit_head());
    up.set(i64::from(keys.is_ok() && head.is_ok()));
    if let Ok(counts) = keys {
        let keys = Family::<Of, Gauge>::default();
        registry.register("keys", "Keys by status; stale keys are also counted as active", keys.clone());
        for (state, count) in
            [("active", counts.active), ("revoked", counts.revoked), ("stale", counts.stale)]
        {
            keys.get_or_create(&Of { state }).set(count as i64);
        }
    }
    if let Ok(head) = head {
        gauge(&mut registry, "audit_seq", "The sequence number of the newest audit event")
            .set(head.seq as i64);
    }

    nodes(app, &mut registry).await;
    if let Some(bytes) = resident() {
        gauge(&mut registry, "resident_memory_bytes", "Resident memory of the process").set(bytes);
    }
    registry
}

/// The nodes by name. Of starts with the same name it is the one that is live, else the newest.
async fn nodes(app: &App, registry: &mut Registry) {
    let mut family = |name: &str, help: &str| {
        let family = Family::<Node, Gauge>::default();
        registry.register(name, help, family.clone());
        family
    };
    let applied = family("node_revision", "The sequence number of the newest audit event applied by a node");
    let live = family("node_live", "Whether the node has a valid lease; without one it rejects all requests");
    let set = |family: &Family<Node, Gauge>, node: &str, value: i64| {
        family.get_or_create(&Node { node: node.to_owned() }).set(value);
    };
    let now = app.now();
    let Ok(mut nodes) = app.store().nodes().await else {
        for node in app.changes().nodes(now) {
            set(&applied, &node.name, node.revision as i64);
            set(&live, &node.name, i64::from(node.live));
        }
        return;
    };
    let lag = family("node_lag", "How many audit events a node has yet to apply");
    let (rate, lease) =
        (Family::<Node, Gauge<f64, AtomicU64>>::default(), Family::<Node, Gauge<f64, AtomicU64>>::default());
    registry.register(
        "node_requests_per_second",
        "Requests per second to the Edge API of a node, over its last report interval",
        rate.clone(),
    );
    registry.register_with_unit(
        "node_lease",
        "Time until the lease of a node ends unless it is renewed; 0 without one",
        Unit::Seconds,
        lease.clone(),
    );
    let is_live = |state: NodeState| matches!(state, NodeState::Live | NodeState::Behind);
    nodes.sort_by_key(|node| is_live(node.state_at(now)));
    for node in nodes {
        let label = Node { node: node.name.clone() };
        let left = node.lease_until.map_or(0, |until| until.millis() - now.millis()).max(0);
        set(&applied, &node.name, node.revision as i64);
        set(&live, &node.name, i64::from(is_live(node.state_at(now))));
        set(&lag, &node.name, node.lag as i64);
        rate.get_or_create(&label).set(node.requests_per_second);
        lease.get_or_create(&label).set(left as f64 / 1000.0);
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

/// The process's resident memory, where the system tells it as Linux does.
fn resident() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
