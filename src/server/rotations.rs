//! Guided rotations: start, show, cancel.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::App;
use super::auth::Principal;
use super::body::Json as Body;
use super::path::Id;
use super::problem::Failure;
use super::write;
use crate::store::changes::Need;
use crate::wire::id::KeyId;
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};
use crate::wire::rotations::{QUIET_SECONDS_MAX, Rotation, RotationState, StartRotation};

/// Get the guided rotation of an API key
///
/// Its progress: who still uses the old key, and when it can be revoked. Of one that has ended: how it ended.
#[utoipa::path(
    get, path = paths::KEY_ROTATION, tag = "Keys", operation_id = "getRotation",
    params(("id" = KeyId, Path, description = "The old key")),
    responses((status = 200, description = "The rotation", body = Rotation))
)]
pub(crate) async fn rotation(State(app): State<App>, Id(id): Id<KeyId>) -> Result<Json<Rotation>, Failure> {
    // What the nodes of this process have noted but not yet written is a use, too.
    app.changes().flush_usage(Need::Other).await;
    let rotation = app.store().rotation(id, app.now()).await?;
    if rotation.state != RotationState::Quiet {
        return Ok(Json(rotation));
    }
    // This answer leads to a revocation: every node writes what it has noted first.
    if let Err(unsettled) = app.store().settle_usage(Need::Other).await {
        let text = format!(
            "{unsettled}, so it is unknown whether the old key is still used; {}",
            unsettled.advice()
        );
        return Err(Problem::new(Code::Unavailable, text).into());
    }
    Ok(Json(app.store().rotation(id, app.now()).await?))
}

/// Start the guided rotation of an API key
///
/// The server follows both keys until the old one can be revoked: its replacement is in use, and the old key has not
/// been used for the quiet time. It creates no key (`POST /v1/keys/{id}/rotate` does) and revokes none; revoking the old
/// key in any way ends it. While a rotation is in progress, a different quiet time replaces the current one; the same
/// one has no effect.
#[utoipa::path(
    post, path = paths::KEY_ROTATION, tag = "Keys", operation_id = "startRotation",
    params(("id" = KeyId, Path, description = "The old key")),
    request_body = Option<StartRotation>,
    responses((status = 200, description = "The rotation", body = Rotation))
)]
pub(crate) async fn start(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<KeyId>,
    Body(given): Body<StartRotation>,
) -> Result<Response, Failure> {
    if given.quiet_seconds.is_some_and(|seconds| !(1..=QUIET_SECONDS_MAX).contains(&seconds)) {
        let text = format!("quietSeconds: expected a number from 1 to {QUIET_SECONDS_MAX}");
        return Err(Failure::field("quietSeconds", text));
    }
    write::spawned(async move {
        let written = app.store().start_rotation(&app.by(&principal), id, given.quiet_seconds).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}

/// Cancel the guided rotation of an API key
///
/// Both keys stay as they are. Cancelling one that has ended changes nothing.
#[utoipa::path(
    delete, path = paths::KEY_ROTATION, tag = "Keys", operation_id = "cancelRotation",
    params(("id" = KeyId, Path, description = "The old key")),
    responses((status = 200, description = "The rotation", body = Rotation))
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<KeyId>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().cancel_rotation(&app.by(&principal), id).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}
