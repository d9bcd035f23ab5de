//! Management tokens: for admins alone.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::App;
use super::auth::Principal;
use super::body::{self, Json as Body, Nothing};
use super::path::Id;
use super::problem::Failure;
use super::query::Params;
use super::{secret_body, write};
use crate::secret::{Kind, Secret};
use crate::store::{By, SharedStore, Written};
use crate::wire::id::TokenId;
use crate::wire::page::Page;
use crate::wire::problem::Problem;
use crate::wire::tokens::{NewToken, RevokedToken, Role, Token};

/// Keeps a token that was made elsewhere: the first admin token of a server, for instance.
///
/// # Errors
/// When the name breaks the rules or is taken, or the store fails; nothing was made then.
pub async fn create_token_for(
    store: &SharedStore,
    by: &By,
    name: &str,
    role: Role,
    secret: &Secret,
) -> Result<Written<Token>, Problem> {
    kept(store, by, name, role, secret).await.map_err(|failure| failure.problem)
}

/// `GET /v1/tokens`
pub(crate) async fn tokens(State(app): State<App>, params: Params) -> Result<Json<Page<Token>>, Failure> {
    Ok(Json(app.store().tokens(&params.page()?).await?))
}

/// `POST /v1/tokens`
pub(crate) async fn create_token(
    State(app): State<App>,
    principal: Principal,
    Body(given): Body<NewToken>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let secret = Secret::generate(Kind::Management)?;
        let by = app.by(&principal);
        let written = kept(app.store(), &by, &given.name, given.role, &secret).await?;
        Ok(write::with_head(secret_body::created("token", &written.value, &secret), &written.head))
    })
    .await
}

/// `POST /v1/tokens/{id}/revoke`: answered when no node accepts the token any more.
pub(crate) async fn revoke_token(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<TokenId>,
    Body(Nothing {}): Body<Nothing>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().revoke_token(&app.by(&principal), id).await?;
        let receipt = app.changes().acknowledged(written.revision).await;
        let revoked = RevokedToken { token: written.value, receipt };
        Ok(write::answer(StatusCode::OK, &written.head, &revoked))
    })
    .await
}

async fn kept(
    store: &SharedStore,
    by: &By,
    name: &str,
    role: Role,
    secret: &Secret,
) -> Result<Written<Token>, Failure> {
    let name = body::name(name)?;
    Ok(store.create_token(by, &name, role, secret.hint(), &secret.hash()?).await?)
}
