//! Projects.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::App;
use super::auth::Principal;
use super::body::{self, Json as Body, Nothing};
use super::path::Id;
use super::problem::Failure;
use super::query::Params;
use super::{fresh, write};
use crate::wire::id::ProjectId;
use crate::wire::page::Page;
use crate::wire::paths;
use crate::wire::projects::{BadProjectSort, Project, ProjectName, ProjectQuery};

/// List projects
///
/// By name, or in the order asked for. Deleted projects are not listed.
#[utoipa::path(
    get, path = paths::PROJECTS, tag = "Projects", operation_id = "listProjects",
    params(ProjectQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a previous \
         answer")),
    responses(
        (status = 200, description = "A page of projects", body = Page<Project>,
            headers(("ETag" = String, description = "Changes when the page changes"))),
        (status = 304, description = "Not modified",
            headers(("ETag" = String, description = "The current tag")))
    )
)]
pub(crate) async fn projects(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let now = app.now();
    let sort = params.parsed("sort", BadProjectSort::EXPECTED)?;
    let mut page = app.store().projects(&ProjectQuery::of(params.page()?, sort), now).await?;
    page.items = page.items.into_iter().map(|project| project.clamped(now)).collect();
    fresh::answer(&headers, &page)
}

/// Get a project
#[utoipa::path(
    get, path = paths::PROJECT, tag = "Projects", operation_id = "getProject",
    params(("id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "The project", body = Project))
)]
pub(crate) async fn project(State(app): State<App>, Id(id): Id<ProjectId>) -> Result<Json<Project>, Failure> {
    let now = app.now();
    Ok(Json(app.store().project(id, now).await?.clamped(now)))
}

/// Create a project
#[utoipa::path(
    post, path = paths::PROJECTS, tag = "Projects", operation_id = "createProject",
    request_body = ProjectName,
    responses((status = 201, description = "The project", body = Project))
)]
pub(crate) async fn create_project(
    State(app): State<App>,
    principal: Principal,
    Body(given): Body<ProjectName>,
) -> Result<Response, Failure> {
    let name = body::name(&given.name)?;
    write::spawned(async move {
        let written = app.store().create_project(&app.by(&principal), &name).await?;
        Ok(write::answer(StatusCode::CREATED, &written.head, &written.value))
    })
    .await
}

/// Rename a project
///
/// Renaming to the current name changes nothing.
#[utoipa::path(
    patch, path = paths::PROJECT, tag = "Projects", operation_id = "renameProject",
    params(("id" = ProjectId, Path, description = "The project")),
    request_body = ProjectName,
    responses((status = 200, description = "The project", body = Project))
)]
pub(crate) async fn rename_project(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<ProjectId>,
    Body(given): Body<ProjectName>,
) -> Result<Response, Failure> {
    let name = body::name(&given.name)?;
    write::spawned(async move {
        let written = app.store().rename_project(&app.by(&principal), id, &name).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}

/// Delete a project
///
/// Its keys stay listed as revoked, and its name can be reused. The answer is sent once no node accepts any of
/// its keys. Repeating the request changes nothing.
#[utoipa::path(
    delete, path = paths::PROJECT, tag = "Projects", operation_id = "deleteProject",
    params(
        ("id" = ProjectId, Path, description = "The project"),
        ("revokeKeys" = Option<bool>, Query, description = "Also revoke its active keys. Without it, a \
             project with active keys is not deleted")
    ),
    responses((status = 204, description = "Deleted",
        headers(("Keydeck-Receipt" = String, description = "The receipt, as JSON: the nodes that have applied it"))))
)]
pub(crate) async fn delete_project(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<ProjectId>,
    params: Params,
    Body(Nothing {}): Body<Nothing>,
) -> Result<Response, Failure> {
    let revoke_keys = params.parsed("revokeKeys", "true or false")?.unwrap_or(false);
    write::spawned(async move {
        let written = app.store().archive_project(&app.by(&principal), id, revoke_keys).await?;
        let receipt = app.store().confirm(&written.awaited.unkept()).await;
        Ok(write::deleted(&written.head, &receipt))
    })
    .await
}
