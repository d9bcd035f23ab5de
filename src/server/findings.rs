//! Findings: what a reviewer should look at, counted.

use axum::Json;
use axum::extract::State;

use super::App;
use super::problem::Failure;
use crate::wire::findings::FindingCounts;
use crate::wire::paths;

/// Count the findings
///
/// Of all keys, by code. To list the keys of one finding, filter keys by `finding:CODE`.
#[utoipa::path(
    get, path = paths::FINDINGS, tag = "Keys", operation_id = "countFindings",
    responses((status = 200, description = "Number of keys with each finding", body = FindingCounts))
)]
pub(crate) async fn findings(State(app): State<App>) -> Result<Json<FindingCounts>, Failure> {
    Ok(Json(app.store().finding_counts(app.now()).await?))
}
