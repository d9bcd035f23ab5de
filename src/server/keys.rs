//! API keys: list, show, create, change, pause, revoke, and how they are used.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::App;
use super::auth::Principal;
use super::body::{self, Json as Body};
use super::path::Id;
use super::problem::Failure;
use super::query::{self, Params};
use super::repeat::{IdempotencyKey, Repeat};
use super::secret_body::RepeatedKey;
use super::{fresh, secret_body, write};
use crate::secret::Secret;
use crate::store::changes::Need;
use crate::store::{BulkRevoke, NewKeyRecord, StoreError, Written};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{
    BULK_MAX, BadSort, Caller, CreatedKey, Key, KeyEdit, KeyQuery, KeyReceipt, NewKey, Outcome, PauseKey,
    Receipt, ResumeKey, RevokeKey, RevokeKeys, RevokeResult, RevokedKeys, RotateKey, StatusQuery, UsageDay,
};
use crate::wire::page::Page;
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};

/// The most days of use that are asked for at once.
const USAGE_DAYS_MAX: u32 = 90;
/// How many days when none are asked for.
const USAGE_DAYS: u32 = 30;

/// List API keys
///
/// Of all projects or one, filtered and sorted. To process all keys, sort by `created`, so that keys used
/// meanwhile are not missed.
#[utoipa::path(
    get, path = paths::KEYS, tag = "Keys", operation_id = "listKeys",
    params(KeyQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a previous \
         answer")),
    responses(
        (status = 200, description = "A page of keys", body = Page<Key>,
            headers(("ETag" = String, description = "Changes when the page changes"))),
        (status = 304, description = "Not modified",
            headers(("ETag" = String, description = "The current tag")))
    )
)]
pub(crate) async fn keys(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = key_query(&params)?;
    let now = app.now();
    let mut page = app.store().keys(&query, now, app.changes().applied_by_all()).await?;
    page.items = page.items.into_iter().map(|key| key.clamped(now)).collect();
    fresh::answer(&headers, &page)
}

/// Get an API key
#[utoipa::path(
    get, path = paths::KEY, tag = "Keys", operation_id = "getKey",
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "The key", body = Key))
)]
pub(crate) async fn key(State(app): State<App>, Id(id): Id<KeyId>) -> Result<Json<Key>, Failure> {
    let now = app.now();
    Ok(Json(app.store().key(id, now, app.changes().applied_by_all()).await?.clamped(now)))
}

/// Create an API key
///
/// The secret is in this answer only. The answer is sent once all nodes know the key, so it can be used
/// immediately. Send an `Idempotency-Key` so that a retry does not create a second key.
#[utoipa::path(
    post, path = paths::PROJECT_KEYS, tag = "Keys", operation_id = "createKey",
    params(("id" = ProjectId, Path, description = "The project"), IdempotencyKey),
    request_body = NewKey,
    responses(
        (status = 201, description = "The key and its secret", body = CreatedKey),
        (status = 200, description = "A repeated request: the key was created before, and its secret was \
             only in that answer",
            body = RepeatedKey)
    )
)]
pub(crate) async fn create_key(
    State(app): State<App>,
    principal: Principal,
    Id(project): Id<ProjectId>,
    repeat: Repeat,
    Body(given): Body<NewKey>,
) -> Result<Response, Failure> {
    let name = body::name(&given.name)?;
    let owner = body::owner(given.owner.as_deref())?;
    let purpose = body::purpose(given.purpose.as_deref())?;
    let by = repeat.by(&app, &principal, &given);
    write::spawned(async move {
        let secret = Secret::generate(given.mode.kind())?;
        let (hint, hash) = (secret.hint(), secret.hash()?);
        let record = NewKeyRecord { name, mode: given.mode, hint, hash, owner, purpose };
        let written = match app.store().create_key(&by, project, &record, app.config().plan).await {
            Err(StoreError::Repeated(id)) => return repeated(&app, &id).await,
            written => written?,
        };
        let (key, _) = confirmed(&app, &written).await;
        Ok(write::with_head(secret_body::created("key", &key, &secret), &written.head))
    })
    .await
}

/// Change an API key
///
/// Its name, owner or purpose; fields that are absent stay as they are. Null clears owner and purpose. A revoked key
/// cannot be changed. Setting the current values changes nothing.
#[utoipa::path(
    patch, path = paths::KEY, tag = "Keys", operation_id = "updateKey",
    params(("id" = KeyId, Path, description = "The key")),
    request_body = KeyEdit,
    responses((status = 200, description = "The key", body = Key))
)]
pub(crate) async fn update_key(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<KeyId>,
    Body(given): Body<KeyEdit>,
) -> Result<Response, Failure> {
    if given.is_empty() {
        return Err(Failure::field("name", "nothing to change; send name, owner or purpose"));
    }
    let edit = KeyEdit {
        name: given.name.as_deref().map(body::name).transpose()?,
        owner: given.owner.map(|owner| body::owner(owner.as_deref())).transpose()?,
        purpose: given.purpose.map(|purpose| body::purpose(purpose.as_deref())).transpose()?,
    };
    write::spawned(async move {
        let written = app.store().edit_key(&app.by(&principal), id, &edit).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}

/// Pause an API key
///
/// The Edge API refuses a paused key like a revoked one, until it is resumed. The answer is sent once no node accepts
/// the key. A paused key keeps its name and can be changed, rotated and revoked. Pausing
/// it again changes nothing and returns a receipt again.
#[utoipa::path(
    post, path = paths::KEY_PAUSE, tag = "Keys", operation_id = "pauseKey",
    params(("id" = KeyId, Path, description = "The key")),
    request_body = Option<PauseKey>,
    responses((status = 200, description = "The key and its receipt", body = KeyReceipt))
)]
pub(crate) async fn pause_key(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<KeyId>,
    Body(given): Body<PauseKey>,
) -> Result<Response, Failure> {
    let reason = body::reason(given.reason.as_deref())?;
    write::spawned(async move {
        let written = app.store().pause_key(&app.by(&principal), id, reason.as_deref()).await?;
        let (key, receipt) = confirmed(&app, &written).await;
        Ok(write::answer(StatusCode::OK, &written.head, &KeyReceipt { key, receipt }))
    })
    .await
}

/// Resume a paused API key
///
/// The answer is sent once all nodes accept the key again. Resuming an active key changes nothing; a revoked key is
/// never resumed.
#[utoipa::path(
    post, path = paths::KEY_RESUME, tag = "Keys", operation_id = "resumeKey",
    params(("id" = KeyId, Path, description = "The key")),
    request_body = Option<ResumeKey>,
    responses((status = 200, description = "The key and its receipt", body = KeyReceipt))
)]
pub(crate) async fn resume_key(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<KeyId>,
    Body(ResumeKey {}): Body<ResumeKey>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().resume_key(&app.by(&principal), id).await?;
        let (key, receipt) = confirmed(&app, &written).await;
        Ok(write::answer(StatusCode::OK, &written.head, &KeyReceipt { key, receipt }))
    })
    .await
}

/// Revoke an API key
///
/// Permanently. The answer is sent once no node accepts the key; the receipt says how many nodes confirmed it.
/// Repeating the request changes nothing and returns a receipt again.
#[utoipa::path(
    post, path = paths::KEY_REVOKE, tag = "Keys", operation_id = "revokeKey",
    params(("id" = KeyId, Path, description = "The key")),
    request_body = Option<RevokeKey>,
    responses((status = 200, description = "The key and its receipt", body = KeyReceipt))
)]
pub(crate) async fn revoke_key(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<KeyId>,
    Body(given): Body<RevokeKey>,
) -> Result<Response, Failure> {
    let reason = body::reason(given.reason.as_deref())?;
    write::spawned(async move {
        let written = app.store().revoke_key(&app.by(&principal), id, reason.as_deref()).await?;
        let (key, receipt) = confirmed(&app, &written).await;
        Ok(write::answer(StatusCode::OK, &written.head, &KeyReceipt { key, receipt }))
    })
    .await
}

/// Create a replacement for an API key
///
/// In the same project and mode; the old key stays active until it is revoked. The secret of the new key is in
/// this answer only. Send an `Idempotency-Key` so that a retry does not create a second key.
#[utoipa::path(
    post, path = paths::KEY_ROTATE, tag = "Keys", operation_id = "rotateKey",
    params(("id" = KeyId, Path, description = "The key"), IdempotencyKey),
    request_body = Option<RotateKey>,
    responses(
        (status = 201, description = "The replacement and its secret", body = CreatedKey),
        (status = 200, description = "A repeated request: the key was created before, and its secret was \
             only in that answer",
            body = RepeatedKey)
    )
)]
pub(crate) async fn rotate_key(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<KeyId>,
    repeat: Repeat,
    Body(given): Body<RotateKey>,
) -> Result<Response, Failure> {
    let by = repeat.by(&app, &principal, &given);
    let name = given.name.as_deref().map(body::name).transpose()?;
    write::spawned(async move {
        // A key's mode never changes, so it may be read before the write.
        let old = app.store().key(id, app.now(), 0).await?;
        let secret = Secret::generate(old.mode.kind())?;
        let (hash, plan) = (secret.hash()?, app.config().plan);
        let rotated = app.store().rotate_key(&by, id, name.as_deref(), secret.hint(), &hash, plan).await;
        let written = match rotated {
            Err(StoreError::Repeated(id)) => return repeated(&app, &id).await,
            written => written?,
        };
        let (key, _) = confirmed(&app, &written).await;
        Ok(write::with_head(secret_body::created("key", &key, &secret), &written.head))
    })
    .await
}

/// Revoke several API keys
///
/// In one transaction, with one receipt. With `unusedSince`, keys used after that time are skipped; the time
/// must not be in the future. With `dryRun`, nothing is changed.
#[utoipa::path(
    post, path = paths::KEYS_REVOKE, tag = "Keys", operation_id = "revokeKeys",
    request_body = RevokeKeys,
    responses((status = 200, description = "The outcome for each key, and one receipt", body = RevokedKeys))
)]
pub(crate) async fn revoke_keys(
    State(app): State<App>,
    principal: Principal,
    Body(given): Body<RevokeKeys>,
) -> Result<Response, Failure> {
    let reason = body::reason(given.reason.as_deref())?;
    if given.ids.is_empty() || given.ids.len() > BULK_MAX {
        let text = format!("ids: expected 1 to {BULK_MAX} keys, got {}", given.ids.len());
        return Err(Failure::field("ids", text));
    }
    if let Some(since) = given.unused_since {
        // Nothing was used after a time in the future: keys in use would be revoked.
        query::not_future("unusedSince", since, app.now())?;
    }
    let mut seen = HashSet::new();
    let ids: Vec<KeyId> = given.ids.into_iter().filter(|id| seen.insert(*id)).collect();
    write::spawned(async move {
        // What nodes have noted but not yet written is a use, too.
        if given.unused_since.is_some()
            && let Err(unsettled) = app.store().settle_usage(Need::Revocation).await
        {
            let text = format!(
                "nothing was revoked: {unsettled}, so unusedSince cannot be checked; {}, or revoke without unusedSince",
                unsettled.advice()
            );
            return Err(Problem::new(Code::Unavailable, text).into());
        }
        let how = BulkRevoke { reason, unused_since: given.unused_since, dry_run: given.dry_run };
        let written = app.store().revoke_keys(&app.by(&principal), &ids, &how).await?;
        let dead = |outcome: &Outcome| matches!(outcome, Outcome::Revoked | Outcome::Already);
        let receipt = if !how.dry_run && written.value.iter().any(dead) {
            Some(app.store().confirm(&written.awaited).await)
        } else {
            None
        };
        let results = ids.into_iter().zip(written.value).map(|(id, outcome)| RevokeResult { id, outcome });
        let revoked = RevokedKeys { results: results.collect(), receipt };
        Ok(write::answer(StatusCode::OK, &written.head, &revoked))
    })
    .await
}

/// Get the usage of an API key
///
/// By UTC day, oldest first, including days without requests.
#[utoipa::path(
    get, path = paths::KEY_USAGE, tag = "Keys", operation_id = "getKeyUsage",
    params(
        ("id" = KeyId, Path, description = "The key"),
        ("days" = Option<u32>, Query, minimum = 1, maximum = 90,
            description = "Number of days, including today. Default: 30")
    ),
    responses((status = 200, description = "One row per day", body = Vec<UsageDay>))
)]
pub(crate) async fn key_usage(
    State(app): State<App>,
    Id(id): Id<KeyId>,
    params: Params,
) -> Result<Json<Vec<UsageDay>>, Failure> {
    let days = params
        .parsed_with("days", "a number from 1 to 90", |text| {
            text.parse().ok().filter(|days| (1..=USAGE_DAYS_MAX).contains(days))
        })?
        .unwrap_or(USAGE_DAYS);
    Ok(Json(app.store().key_usage(id, days, app.now()).await?))
}

/// List the callers of an API key
///
/// The 32 most recent addresses, most recent first; older ones are summed up as `others`.
#[utoipa::path(
    get, path = paths::KEY_CALLERS, tag = "Keys", operation_id = "getKeyCallers",
    params(("id" = KeyId, Path, description = "The key")),
    responses((status = 200, description = "One row per address", body = Vec<Caller>))
)]
pub(crate) async fn key_callers(
    State(app): State<App>,
    Id(id): Id<KeyId>,
) -> Result<Json<Vec<Caller>>, Failure> {
    let now = app.now();
    let callers = app.store().key_callers(id).await?.into_iter().map(|caller| Caller {
        first_at: caller.first_at.at_most(now),
        last_at: caller.last_at.at_most(now),
        ..caller
    });
    Ok(Json(callers.collect()))
}

/// The answer to a repeat: the key as it is now, without its secret.
async fn repeated(app: &App, id: &str) -> Result<Response, Failure> {
    let id: KeyId = id.parse().map_err(Failure::internal)?;
    let newest = app.store().newest_change().await?;
    app.store().confirm(&newest).await;
    let key = app.store().key(id, app.now(), app.changes().applied_by_all()).await?;
    Ok(RepeatedKey::of(key, &app.store().audit_head().await?))
}

/// Waits until every node has applied the change, and reads the key again.
async fn confirmed(app: &App, written: &Written<Key>) -> (Key, Receipt) {
    let receipt = app.store().confirm(&written.awaited).await;
    let fresh = app.store().key(written.value.id, app.now(), app.changes().applied_by_all()).await;
    // The change is made and confirmed; a failure to read it again must not hide that.
    let key = fresh.unwrap_or_else(|error| {
        tracing::warn!(target: "keydeck::server", %error, "cannot read a key after its change");
        written.value.clone()
    });
    (Key { confirmed: true, ..key.clamped(app.now()) }, receipt)
}

/// The keys of which status a query asks for.
pub(super) fn status(params: &Params) -> Result<Option<StatusQuery>, Failure> {
    params.parsed_with("status", "active, revoked or all", |text| {
        [StatusQuery::Active, StatusQuery::Revoked, StatusQuery::All]
            .into_iter()
            .find(|status| status.as_str() == text)
    })
}

fn key_query(params: &Params) -> Result<KeyQuery, Failure> {
    let four = |text: &str| {
        let whole = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        whole.then(|| text.to_owned())
    };
    let query = KeyQuery {
        filter: params.text("filter").unwrap_or_default(),
        project: params.parsed("project", "a project id (prj_ and 26 characters)")?,
        status: status(params)?,
        handle: params.parsed_with("handle", "four letters or digits", four)?,
        last4: params.parsed_with("last4", "four letters or digits", four)?,
        sort: params.parsed("sort", BadSort::EXPECTED)?,
        limit: params.limit()?,
        cursor: params.text("cursor"),
        daily: params.parsed("daily", "true or false")?.unwrap_or(false),
    };
    match (&query.handle, &query.last4) {
        (Some(_), None) => Err(Failure::field("last4", "handle requires last4; send both")),
        (None, Some(_)) => Err(Failure::field("handle", "last4 requires handle; send both")),
        _ => Ok(query),
    }
}
