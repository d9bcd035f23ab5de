//! Health, for anybody: it tells nothing else.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::problem::Failure;
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};

/// The state of a server.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok` or `ready`.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// Check that the process is running
#[utoipa::path(
    get, path = paths::HEALTHZ, tag = "Server", operation_id = "getHealth",
    responses((status = 200, description = "The server is running", body = Health))
)]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Check that the server is ready
///
/// On the management listener: whether the database responds. On the Edge listener: whether the node can verify
/// keys. Neither is ready while the process shuts down.
#[utoipa::path(
    get, path = paths::READYZ, tag = "Server", operation_id = "getReadiness",
    responses((status = 200, description = "The server is ready", body = Health))
)]
pub(crate) async fn readyz(State(app): State<App>) -> Result<Json<Health>, Failure> {
    app.store().standing()?;
    if app.changes().is_draining() {
        return Err(Problem::new(Code::Unavailable, "the server is shutting down").into());
    }
    match app.store().audit_head().await {
        Ok(_) => Ok(Json(Health { status: "ready" })),
        Err(error) => {
            let problem = Problem::new(Code::Unavailable, "the database does not respond; try again");
            Err(Failure::from(problem).caused(error))
        }
    }
}
