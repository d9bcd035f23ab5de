//! Keys by creator, project, status or owner, with counts.

use axum::Json;
use axum::extract::State;

use super::App;
use super::keys::status;
use super::problem::Failure;
use super::query::Params;
use crate::wire::key_groups::{GroupBy, KeyGroup, KeyGroupQuery, KeyGroups};
use crate::wire::paths;

/// Count API keys by creator, project, status or owner
///
/// The largest group first. All numbers are exact, also beyond 10,000 keys.
#[utoipa::path(
    get, path = paths::KEY_GROUPS, tag = "Keys", operation_id = "groupKeys",
    params(KeyGroupQuery),
    responses((status = 200, description = "The groups and their sums", body = KeyGroups))
)]
pub(crate) async fn key_groups(State(app): State<App>, params: Params) -> Result<Json<KeyGroups>, Failure> {
    let by = params.parsed_with("by", "creator, project, status or owner", |text| {
        GroupBy::ALL.into_iter().find(|by| by.as_str() == text)
    })?;
    let query = KeyGroupQuery {
        by: by.unwrap_or_default(),
        filter: params.text("filter").unwrap_or_default(),
        project: params.parsed("project", "a project id (prj_ and 26 characters)")?,
        status: status(&params)?,
        limit: params.limit()?,
    };
    let now = app.now();
    let mut groups = app.store().key_groups(&query, now).await?;
    let clamped = |group: KeyGroup| KeyGroup {
        oldest_idle_at: group.oldest_idle_at.map(|at| at.at_most(now)),
        ..group
    };
    groups.items = groups.items.into_iter().map(clamped).collect();
    Ok(Json(groups))
}
