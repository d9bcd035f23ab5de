//! Every route with the right it needs. The router is built from this list, so no route can be without one.

use axum::http::Method;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use axum::{Extension, Router, middleware};

use super::auth::{self, LocalCaller, Principal};
use super::problem::Failure;
use super::{
    App, ServerConfig, audit, envelope, events, health, keys, projects, query, rules, session, tokens,
};
use crate::store::SharedStore;
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};

/// What a caller must be allowed to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Nothing: anybody may ask.
    Anyone,
    /// To read: every role.
    Read,
    /// To change keys, rules, deployments and projects: member and admin.
    Write,
    /// To see and change management tokens: admin alone.
    Admin,
}

/// A route: method, path, the right it needs, the query parameters it knows.
#[derive(Clone)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{id}` where an id stands.
    pub path: &'static str,
    /// What the caller must be allowed to do.
    pub right: Right,
    /// The query parameters it knows; any other is refused.
    pub query: &'static [&'static str],
    handler: fn() -> MethodRouter<App>,
}

macro_rules! routes {
    ($($method:ident $path:ident $right:ident $query:expr => $with:ident($handler:path);)*) => {
        &[$(Route {
            method: Method::$method,
            path: paths::$path,
            right: Right::$right,
            query: $query,
            handler: || $with($handler),
        },)*]
    };
}

const NONE: &[&str] = &[];
const PAGE: &[&str] = &["limit", "cursor"];
const KEY_LIST: &[&str] = &["filter", "project", "status", "handle", "last4", "sort", "limit", "cursor"];
const EVENT_LIST: &[&str] = &["project", "key", "actor", "action", "after", "before", "limit", "cursor"];

/// Every route there is.
pub const ROUTES: &[Route] = routes! {
    GET   SESSION             Read   NONE       => get(session::session);
    GET   PROJECTS            Read   PAGE       => get(projects::projects);
    POST  PROJECTS            Write  NONE       => post(projects::create_project);
    GET   PROJECT             Read   NONE       => get(projects::project);
    PATCH PROJECT             Write  NONE       => patch(projects::rename_project);
    DELETE PROJECT            Admin  &["revokeKeys"] => delete(projects::delete_project);
    GET   KEYS                Read   KEY_LIST   => get(keys::keys);
    POST  PROJECT_KEYS        Write  NONE       => post(keys::create_key);
    GET   KEY                 Read   NONE       => get(keys::key);
    PATCH KEY                 Write  NONE       => patch(keys::rename_key);
    POST  KEY_REVOKE          Write  NONE       => post(keys::revoke_key);
    POST  KEY_ROTATE          Write  NONE       => post(keys::rotate_key);
    POST  KEYS_REVOKE         Write  NONE       => post(keys::revoke_keys);
    GET   KEY_USAGE           Read   &["days"]  => get(keys::key_usage);
    GET   KEY_CALLERS         Read   NONE       => get(keys::key_callers);
    GET   PROJECT_RULES       Read   PAGE       => get(rules::rules);
    PUT   PROJECT_RULES       Write  NONE       => put(rules::put_rules);
    GET   PROJECT_DEPLOYMENTS Read   PAGE       => get(rules::deployments);
    POST  PROJECT_DEPLOYMENTS Write  NONE       => post(rules::deploy);
    GET   PROJECT_DEPLOYMENT  Read   NONE       => get(rules::deployment);
    GET   AUDIT_EVENTS        Read   EVENT_LIST => get(audit::audit_events);
    GET   EVENTS              Read   NONE       => get(events::events);
    GET   TOKENS              Admin  PAGE       => get(tokens::tokens);
    POST  TOKENS              Admin  NONE       => post(tokens::create_token);
    POST  TOKEN_REVOKE        Admin  NONE       => post(tokens::revoke_token);
    GET   HEALTHZ             Anyone NONE       => get(health::healthz);
    GET   READYZ              Anyone NONE       => get(health::readyz);
};

/// The management API for callers with a token: what may be served on a network.
pub fn router(store: SharedStore, config: ServerConfig) -> Router {
    let app = App::new(store, config);
    let mut router = Router::new();
    for route in ROUTES {
        // The layer laid last runs first: who may not ask learns nothing about parameters.
        let handler = (route.handler)()
            .route_layer(middleware::from_fn_with_state(route.query, query::only_known))
            .route_layer(middleware::from_fn_with_state((app.clone(), route.right), auth::authorise));
        router = router.route(route.path, handler);
    }
    let router = router.fallback(not_found).method_not_allowed_fallback(method_not_allowed);
    envelope::layered(router.with_state(app))
}

/// The same API for the person at this machine, who needs no token: for the embedded and the socket
/// transport. The caller travels inside the process, so that none can be claimed over a network.
pub fn local(router: Router, caller: LocalCaller) -> Router {
    router.layer(Extension(auth::Local(Principal::local(&caller))))
}

async fn not_found() -> Failure {
    Problem::new(Code::NotFound, "there is no such route; the management API begins with /v1/").into()
}

async fn method_not_allowed() -> Failure {
    Problem::new(
        Code::MethodNotAllowed,
        "this route does not know that method; the Allow header names those it knows",
    )
    .into()
}
