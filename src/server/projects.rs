//! Projects.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::App;
use super::auth::Principal;
use super::body::{self, Json as Body};
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
