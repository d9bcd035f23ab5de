//! The management API: who may do what with projects, keys, rules, the audit log and tokens.
//!
//! | module | what |
//! |---|---|
//! | [`router`](mod@router) | every route with the right it needs; the router is built from that list |
//! | `envelope` | what all answers have in common: request id, no caching, errors as JSON, deadline, log |
//! | `auth` | who is asking, and whether they may |
//! | `body`, `query` | what was sent, with each wrong field named |
//! | `repeat` | `Idempotency-Key`: what makes a secret is done once |
//! | `events` | changes and uses as they happen, for as long as the caller listens |
//! | `secret_body` | the one answer that holds a secret |
//! | `document`, `openapi` | the OpenAPI document, made from the routes; it is served as `assets/openapi.json` |
//! | `metrics` | what is counted, for Prometheus |
//! | `report` | what a report says, as HTML and Markdown, and the pack around it |
//! | `session`, `projects`, `keys`, `rules`, `audit`, `tokens`, `nodes`, `health` | one file a noun |
//!
//! The state that handlers share is a [`SharedStore`] and a [`ServerConfig`]; writes are spawned, so that a
//! caller who hangs up cancels nothing.

mod audit;
mod auth;
mod body;
mod document;
mod envelope;
mod events;
mod findings;
mod fresh;
mod health;
mod key_groups;
mod keys;
mod metrics;
mod nodes;
mod openapi;
mod path;
mod problem;
mod projects;
mod query;
mod repeat;
mod report;
mod reports;
mod reviews;
mod rotations;
pub mod router;
mod rules;
mod secret_body;
mod session;
mod tokens;
mod write;

use std::sync::Arc;

pub use self::auth::{LocalCaller, Right};
pub use self::document::document;
pub use self::envelope::layered;
pub use self::metrics::Metrics;
pub use self::router::{ROUTES, Route, inside, local, router};
pub use self::tokens::create_token_for;
use crate::store::changes::Changes;
use crate::store::{By, SharedStore};
use crate::wire::session::{Plan, Thresholds};
use crate::wire::time::{Clock, Timestamp};

/// What a management server is told at its start.
#[derive(Clone)]
pub struct ServerConfig {
    /// What it allows a project.
    pub plan: Plan,
    /// Idle days after which an active key counts as idle, and as stale.
    pub thresholds: Thresholds,
    /// Where "now" comes from.
    pub clock: Clock,
    /// What the session calls the server's version.
    pub version: &'static str,
    /// What is counted.
    pub metrics: Metrics,
}

/// What handlers share.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    store: SharedStore,
    config: ServerConfig,
}

impl App {
    fn new(store: SharedStore, config: ServerConfig) -> App {
        App(Arc::new(Shared { store, config }))
    }

    fn store(&self) -> &SharedStore {
        &self.0.store
    }

    fn changes(&self) -> &Arc<Changes> {
        self.0.store.changes()
    }

    fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    fn now(&self) -> Timestamp {
        (self.0.config.clock)()
    }

    fn by(&self, principal: &auth::Principal) -> By {
        By { token: principal.token.clone(), ..By::new(principal.actor.clone(), self.now()) }
    }
}
