//! Every route with the right it needs. The router is built from this list, so no route can be without one.

use axum::http::Method;
use axum::{Extension, Router, middleware};
use utoipa_axum::router::UtoipaMethodRouter;

use super::auth::{self, Inside, LocalCaller, Principal, Right};
use super::problem::Failure;
use super::{
    App, ServerConfig, audit, envelope, events, findings, health, key_groups, keys, metrics, nodes, openapi,
    projects, query, repeat, reports, reviews, rotations, rules, session, tokens,
};
use crate::store::SharedStore;
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};

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
    /// The codes that it alone refuses with.
    pub refuses: &'static [Code],
    /// What answers, and what the document says of it.
    pub(crate) handler: fn() -> UtoipaMethodRouter<App>,
}

macro_rules! routes {
    ($($method:ident $path:ident $right:ident $query:expr => $module:ident::$handler:ident
        $(, $code:ident)*;)*) => {
        &[$(Route {
            method: Method::$method,
            path: paths::$path,
            right: Right::$right,
            query: $query,
            refuses: &[$(Code::$code),*],
            handler: || utoipa_axum::routes!($module::$handler),
        },)*]
    };
}

const NONE: &[&str] = &[];
const PAGE: &[&str] = &["limit", "cursor"];
const PROJECT_LIST: &[&str] = &["sort", "limit", "cursor"];
const STRICT: &[&str] = &["strict"];
const KEY_LIST: &[&str] =
    &["filter", "project", "status", "handle", "last4", "sort", "daily", "limit", "cursor"];
const KEY_GROUPS: &[&str] = &["by", "filter", "project", "status", "limit"];
const ITEM_LIST: &[&str] = &["filter", "decision", "sort", "limit", "cursor"];
const EVENT_LIST: &[&str] =
    &["filter", "project", "key", "actor", "action", "after", "before", "limit", "cursor"];

/// Every route there is: method, path, right, query parameters, handler, and the codes that it refuses with
/// besides those that its right, its path, its parameters and its body bring (see [`super::document()`]).
pub const ROUTES: &[Route] = routes! {
    GET    SESSION             Read   NONE       => session::session;
    GET    PROJECTS            Read   PROJECT_LIST => projects::projects;
    POST   PROJECTS            Write  NONE       => projects::create_project, InvalidName, NameTaken;
    GET    PROJECT             Read   NONE       => projects::project;
    PATCH  PROJECT             Write  NONE       => projects::rename_project, InvalidName, NameTaken, ProjectArchived;
    DELETE PROJECT             Admin  &["revokeKeys"] => projects::delete_project, ProjectHasActiveKeys;
    GET    KEYS                Read   KEY_LIST   => keys::keys;
    POST   PROJECT_KEYS        Write  NONE       => keys::create_key, InvalidName, NameTaken, KeyLimitReached,
                                                    ProjectArchived, IdempotencyMismatch, IdempotencyClosed;
    GET    KEY_GROUPS          Read   KEY_GROUPS => key_groups::key_groups;
    GET    KEY                 Read   NONE       => keys::key;
    PATCH  KEY                 Write  NONE       => keys::update_key, InvalidName, NameTaken, KeyRevoked;
    POST   KEY_PAUSE           Write  NONE       => keys::pause_key, InvalidReason, KeyRevoked;
    POST   KEY_RESUME          Write  NONE       => keys::resume_key, KeyRevoked;
    POST   KEY_REVOKE          Write  NONE       => keys::revoke_key, InvalidReason;
    POST   KEY_ROTATE          Write  NONE       => keys::rotate_key, InvalidName, NameTaken, KeyRevoked,
                                                    KeyLimitReached, ProjectArchived, IdempotencyMismatch,
                                                    IdempotencyClosed;
    GET    KEY_ROTATION        Read   NONE       => rotations::rotation;
    POST   KEY_ROTATION        Write  NONE       => rotations::start, KeyRevoked;
    DELETE KEY_ROTATION        Write  NONE       => rotations::cancel;
    POST   KEYS_REVOKE         Write  NONE       => keys::revoke_keys, InvalidReason;
    GET    FINDINGS            Read   NONE       => findings::findings;
    GET    REVIEWS             Read   PAGE       => reviews::reviews;
    POST   REVIEWS             Review NONE       => reviews::start_review, InvalidName, InvalidFilter, NotFound;
    GET    REVIEW              Read   NONE       => reviews::review;
    PATCH  REVIEW              Review NONE       => reviews::edit_review, InvalidName, ReviewClosed, Forbidden;
    GET    REVIEW_ITEMS        Read   ITEM_LIST  => reviews::items;
    PUT    REVIEW_ITEM         Review NONE       => reviews::decide, InvalidReason, ReviewClosed, DecisionChanged;
    DELETE REVIEW_ITEM         Review &["version"] => reviews::undecide, ReviewClosed, DecisionChanged;
    POST   REVIEW_EXECUTE      Write  NONE       => reviews::execute, ReviewClosed, DecisionChanged;
    POST   REVIEW_SIGN         Review NONE       => reviews::sign, ReviewClosed, UnknownPack, SamePerson;
    POST   REPORTS             Review NONE       => reports::create_report, InvalidFilter, UnknownPack, NotFound,
                                                    Unavailable;
    GET    KEY_USAGE           Read   &["days"]  => keys::key_usage;
    GET    KEY_CALLERS         Read   NONE       => keys::key_callers;
    GET    PROJECT_RULES       Read   PAGE       => rules::rules;
    PUT    PROJECT_RULES       Write  STRICT     => rules::put_rules, InvalidRules, ProjectArchived;
    GET    PROJECT_DEPLOYMENTS Read   PAGE       => rules::deployments;
    POST   PROJECT_DEPLOYMENTS Write  STRICT     => rules::deploy, InvalidRules, ProjectArchived;
    GET    PROJECT_DEPLOYMENT  Read   NONE       => rules::deployment;
    GET    AUDIT_EVENTS        Read   EVENT_LIST => audit::audit_events;
    GET    EVENTS              Read   NONE       => events::events;
    GET    TOKENS              Admin  PAGE       => tokens::tokens;
    POST   TOKENS              Admin  NONE       => tokens::create_token, InvalidName, NameTaken,
                                                    IdempotencyMismatch, IdempotencyClosed;
    POST   TOKEN_REVOKE        Admin  NONE       => tokens::revoke_token, LastAdmin;
    GET    NODES               Read   NONE       => nodes::nodes;
    POST   NODE_FORGET         Admin  NONE       => nodes::forget_node, OnlyNode;
    POST   NODES_ACCEPT_HISTORY Admin NONE       => nodes::accept_history, UnknownHead;
    POST   IDEMPOTENCY_CLOSE   Write  NONE       => repeat::close_idempotency_key, NotFound;
    GET    OPENAPI             Read   NONE       => openapi::openapi;
    GET    METRICS             Read   NONE       => metrics::metrics;
    GET    HEALTHZ             Anyone NONE       => health::healthz;
    GET    READYZ              Anyone NONE       => health::readyz, Unavailable;
};

/// The management API for callers with a token: what may be served on a network.
pub fn router(store: SharedStore, config: ServerConfig) -> Router {
    let metrics = config.metrics.clone();
    let app = App::new(store, config);
    let mut router = Router::new();
    for route in ROUTES {
        // The layer laid last runs first: who may not ask learns nothing about parameters.
        let (_, _, handler) = (route.handler)();
        let handler = handler
            .route_layer(middleware::from_fn_with_state(route.query, query::only_known))
            .route_layer(middleware::from_fn_with_state((app.clone(), route.right), auth::authorise));
        router = router.route(route.path, handler);
    }
    let router = router.fallback(not_found).method_not_allowed_fallback(method_not_allowed);
    envelope::layered(router.with_state(app), &metrics)
}

/// The same API for callers inside this very process.
pub fn inside(router: Router) -> Router {
    router.layer(Extension(Inside))
}

/// The same API for the person at this machine, who needs no token: for the embedded and the socket
/// transport. The caller travels inside the process, so that none can be claimed over a network.
pub fn local(router: Router, caller: LocalCaller) -> Router {
    router.layer(Extension(auth::Local(Principal::local(&caller))))
}

async fn not_found() -> Failure {
    Problem::new(Code::NotFound, "route not found; management API routes begin with /v1/").into()
}

async fn method_not_allowed() -> Failure {
    Problem::new(Code::MethodNotAllowed, "method not allowed; see the Allow header").into()
}
