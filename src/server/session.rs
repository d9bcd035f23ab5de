//! Who is asking, and what the server is like.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::auth::Principal;
use super::problem::Failure;
use super::write;
use crate::wire::paths;
use crate::wire::session::Session;

/// Get the session
///
/// The caller, the plan and the nodes. A cheap request to check a token.
#[utoipa::path(
    get, path = paths::SESSION, tag = "Server", operation_id = "getSession",
    responses((status = 200, description = "The caller, plan, nodes, thresholds and audit head", body = Session))
)]
pub(crate) async fn session(State(app): State<App>, principal: Principal) -> Result<Response, Failure> {
    let (config, now) = (app.config(), app.now());
    let head = app.store().audit_head().await?;
    let session = Session {
        principal: principal.actor,
        role: principal.role,
        plan: config.plan,
        limits: config.plan.limits(),
        server_version: config.version.to_owned(),
        nodes: app.changes().nodes(now),
        thresholds: config.thresholds,
        audit_head: head.clone(),
        now,
    };
    Ok(write::with_head(Json(session).into_response(), &head))
}
