//! Projects.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::auth::Principal;
use super::body::{self, Json as Body, Nothing};
use super::path::Id;
use super::problem::Failure;
use super::query::Params;
use super::write;
use crate::wire::id::ProjectId;
use crate::wire::page::Page;
use crate::wire::projects::{Project, ProjectName};

/// `GET /v1/projects`
pub(crate) async fn projects(State(app): State<App>, params: Params) -> Result<Json<Page<Project>>, Failure> {
    Ok(Json(app.store().projects(&params.page()?, app.now()).await?))
}

/// `GET /v1/projects/{id}`
pub(crate) async fn project(State(app): State<App>, Id(id): Id<ProjectId>) -> Result<Json<Project>, Failure> {
    Ok(Json(app.store().project(id, app.now()).await?))
}

/// `POST /v1/projects`
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

/// `PATCH /v1/projects/{id}`
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

/// `DELETE /v1/projects/{id}`: archives it. Answered when no node accepts any of its keys.
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
        app.changes().acknowledged(written.revision).await;
        Ok(write::with_head(StatusCode::NO_CONTENT.into_response(), &written.head))
    })
    .await
}
