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
use super::repeat::{IdempotencyKey, Repeat};
use super::secret_body::RepeatedToken;
use super::{secret_body, write};
use crate::secret::{Kind, Secret};
use crate::store::{By, SharedStore, StoreError, Written};
use crate::wire::id::TokenId;
use crate::wire::page::{MAX_LIMIT, Page, PageQuery};
use crate::wire::paths;
use crate::wire::problem::Problem;
use crate::wire::tokens::{CreatedToken, NewToken, RevokedToken, Role, Token};

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
    kept(store, by, name, role, secret).await.map_err(|failure| *failure.problem)
}

/// List management tokens
///
/// Including revoked ones, by time of creation.
#[utoipa::path(
    get, path = paths::TOKENS, tag = "Tokens", operation_id = "listTokens", params(PageQuery),
    responses((status = 200, description = "A page of tokens, without their secrets", body = Page<Token>))
)]
pub(crate) async fn tokens(State(app): State<App>, params: Params) -> Result<Json<Page<Token>>, Failure> {
    Ok(Json(app.store().tokens(&params.page()?).await?))
}

/// Create a management token
///
/// The secret is in this answer only. Send an `Idempotency-Key` so that a retry does not create a second token.
#[utoipa::path(
    post, path = paths::TOKENS, tag = "Tokens", operation_id = "createToken",
    params(IdempotencyKey), request_body = NewToken,
    responses(
        (status = 201, description = "The token and its secret", body = CreatedToken),
        (status = 200, description = "A repeated request: the key was created before, and its secret was \
             only in that answer",
            body = RepeatedToken)
    )
)]
pub(crate) async fn create_token(
    State(app): State<App>,
    principal: Principal,
    repeat: Repeat,
    Body(given): Body<NewToken>,
) -> Result<Response, Failure> {
    let by = repeat.by(&app, &principal, &given);
    write::spawned(async move {
        let secret = Secret::generate(Kind::Management)?;
        let name = body::name(&given.name)?;
        let made = app.store().create_token(&by, &name, given.role, secret.hint(), &secret.hash()?).await;
        let written = match made {
            Err(StoreError::Repeated(id)) => return repeated(&app, &id).await,
            written => written?,
        };
        Ok(write::with_head(secret_body::created("token", &written.value, &secret), &written.head))
    })
    .await
}

/// Revoke a management token
///
/// Permanently. Repeating the request changes nothing.
#[utoipa::path(
    post, path = paths::TOKEN_REVOKE, tag = "Tokens", operation_id = "revokeToken",
    params(("id" = TokenId, Path, description = "The token")),
    request_body(content = Option<Nothing>, description = "Empty, or an empty object"),
    responses((status = 200, description = "The token and the receipt", body = RevokedToken))
)]
pub(crate) async fn revoke_token(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<TokenId>,
    Body(Nothing {}): Body<Nothing>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().revoke_token(&app.by(&principal), id).await?;
        let receipt = app.store().confirm(&written.awaited).await;
        let revoked = RevokedToken { token: written.value, receipt };
        Ok(write::answer(StatusCode::OK, &written.head, &revoked))
    })
    .await
}

/// The answer to a repeat: the token as it is now, without its text.
async fn repeated(app: &App, id: &str) -> Result<Response, Failure> {
    let id: TokenId = id.parse().map_err(Failure::internal)?;
    let mut query = PageQuery { limit: Some(MAX_LIMIT), cursor: None };
    loop {
        let page = app.store().tokens(&query).await?;
        if let Some(token) = page.items.into_iter().find(|token| token.id == id) {
            return Ok(RepeatedToken::of(token, &app.store().audit_head().await?));
        }
        if page.next.is_none() {
            return Err(Failure::internal("the created token is not listed"));
        }
        query.cursor = page.next;
    }
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
