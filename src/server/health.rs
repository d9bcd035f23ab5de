//! Health, for anybody: it tells nothing else.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::App;
use super::problem::Failure;
use crate::wire::problem::{Code, Problem};

/// `GET /healthz`: the process lives.
pub(crate) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: the store answers.
pub(crate) async fn readyz(State(app): State<App>) -> Result<Json<Value>, Failure> {
    match app.store().audit_head().await {
        Ok(_) => Ok(Json(json!({ "status": "ready" }))),
        Err(error) => {
            let problem = Problem::new(Code::Unavailable, "the database does not answer; try again");
            Err(Failure::from(problem).caused(error))
        }
    }
}
