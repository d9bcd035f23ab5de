//! Access reviews: start, list, decide, execute, sign.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::App;
use super::auth::Principal;
use super::body::{self, Json as Body};
use super::path::{Id, Item};
use super::problem::Failure;
use super::query::Params;
use super::{fresh, write};
use crate::secret;
use crate::standards::DAYS_MAX;
use crate::store::changes::Need;
use crate::wire::id::{KeyId, ReviewId};
use crate::wire::keys::BadSort;
use crate::wire::page::{Page, PageQuery};
use crate::wire::paths;
use crate::wire::problem::{Code, Problem};
use crate::wire::reports::Sign;
use crate::wire::reviews::{
    BadDecision, Decide, Decision, Execute, Executed, ItemQuery, NewReview, Review, ReviewEdit, ReviewItem,
    ReviewStatus, Scope, Undecide,
};
use crate::wire::time::Timestamp;
use crate::wire::tokens::Role;

/// How long an answer waits for the database to keep its receipt.
const KEEP: Duration = Duration::from_secs(1);

/// List access reviews
///
/// Newest first.
#[utoipa::path(
    get, path = paths::REVIEWS, tag = "Reviews", operation_id = "listReviews",
    params(PageQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a previous \
         answer")),
    responses(
        (status = 200, description = "A page of reviews", body = Page<Review>,
            headers(("ETag" = String, description = "Changes when the page changes"))),
        (status = 304, description = "Not modified",
            headers(("ETag" = String, description = "The current tag")))
    )
)]
pub(crate) async fn reviews(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    fresh::answer(&headers, &app.store().reviews(&params.page()?).await?)
}

/// Start an access review
///
/// The keys in the scope are fixed now. Keys created later are not part of the review.
#[utoipa::path(
    post, path = paths::REVIEWS, tag = "Reviews", operation_id = "startReview",
    request_body = NewReview,
    responses((status = 201, description = "The review", body = Review))
)]
pub(crate) async fn start_review(
    State(app): State<App>,
    principal: Principal,
    Body(given): Body<NewReview>,
) -> Result<Response, Failure> {
    let name = body::name(&given.name)?;
    // The filter is stored verbatim, also in the audit log.
    if secret::holds(&given.scope.filter) {
        return Err(Failure::secret("scope.filter"));
    }
    if let Some(due) = given.due_at {
        future("dueAt", due, app.now())?;
    }
    if given.scope.stale_days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        let text = format!("scope.staleDays: expected a number from 1 to {DAYS_MAX}");
        return Err(Failure::field("scope.staleDays", text));
    }
    for project in &given.scope.projects {
        // Otherwise a mistyped id would look like a project without keys.
        app.store().project(*project, app.now()).await?;
    }
    let scope = Scope { filter: given.scope.filter.trim().to_owned(), ..given.scope };
    let new = NewReview { name, scope, due_at: given.due_at };
    write::spawned(async move {
        let written = app.store().start_review(&app.by(&principal), &new).await?;
        Ok(write::answer(StatusCode::CREATED, &written.head, &written.value))
    })
    .await
}

/// Get an access review
#[utoipa::path(
    get, path = paths::REVIEW, tag = "Reviews", operation_id = "getReview",
    params(("id" = ReviewId, Path, description = "The review")),
    responses((status = 200, description = "The review", body = Review))
)]
pub(crate) async fn review(State(app): State<App>, Id(id): Id<ReviewId>) -> Result<Json<Review>, Failure> {
    Ok(Json(app.store().review(id).await?))
}

/// Change or cancel an open access review
///
/// For admins and the actor who started it.
#[utoipa::path(
    patch, path = paths::REVIEW, tag = "Reviews", operation_id = "updateReview",
    params(("id" = ReviewId, Path, description = "The review")),
    request_body = ReviewEdit,
    responses((status = 200, description = "The review", body = Review))
)]
pub(crate) async fn edit_review(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<ReviewId>,
    Body(given): Body<ReviewEdit>,
) -> Result<Response, Failure> {
    if given == ReviewEdit::default() {
        return Err(Failure::field("name", "nothing to change; send name, dueAt or status"));
    }
    let edit = ReviewEdit { name: given.name.as_deref().map(body::name).transpose()?, ..given };
    if let Some(due) = edit.due_at.flatten() {
        future("dueAt", due, app.now())?;
    }
    if edit.status.is_some_and(|status| status != ReviewStatus::Cancelled) {
        return Err(Failure::field(
            "status",
            "status: expected cancelled; to execute or sign a review, use its own routes",
        ));
    }
    let review = app.store().review(id).await?;
    if principal.role != Role::Admin && review.started_by != principal.actor {
        let (role, starter) = (principal.role.as_str(), &review.started_by);
        let text = format!(
            "permission denied: only {starter}, who started this review, or an admin can change it (you are {role})"
        );
        return Err(Problem::new(Code::Forbidden, text).into());
    }
    write::spawned(async move {
        let written = app.store().edit_review(&app.by(&principal), id, &edit).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}

/// List the keys of an access review
///
/// With the decision on each, filtered and sorted like keys.
#[utoipa::path(
    get, path = paths::REVIEW_ITEMS, tag = "Reviews", operation_id = "listReviewItems",
    params(("id" = ReviewId, Path, description = "The review"), ItemQuery,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a previous \
         answer")),
    responses(
        (status = 200, description = "A page of keys with decisions", body = Page<ReviewItem>,
            headers(("ETag" = String, description = "Changes when the page changes"))),
        (status = 304, description = "Not modified",
            headers(("ETag" = String, description = "The current tag")))
    )
)]
pub(crate) async fn items(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<ReviewId>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let query = ItemQuery {
        filter: params.text("filter").unwrap_or_default(),
        decision: params.parsed("decision", BadDecision::EXPECTED)?,
        sort: params.parsed("sort", BadSort::EXPECTED)?,
        limit: params.limit()?,
        cursor: params.text("cursor"),
    };
    let now = app.now();
    let mut page = app.store().review_items(id, &query, &principal.actor, now).await?;
    for item in &mut page.items {
        item.key = item.key.clone().clamped(now);
    }
    fresh::answer(&headers, &page)
}

/// Decide on a key of an access review
///
/// Nothing happens to the key until the review is executed. What the reviewer saw (last use, its precision, the
/// findings) becomes part of the audit event.
#[utoipa::path(
    put, path = paths::REVIEW_ITEM, tag = "Reviews", operation_id = "decideReviewItem",
    params(
        ("id" = ReviewId, Path, description = "The review"),
        ("key" = KeyId, Path, description = "The key")
    ),
    request_body = Decide,
    responses((status = 200, description = "The key with the decision", body = ReviewItem))
)]
pub(crate) async fn decide(
    State(app): State<App>,
    principal: Principal,
    Item(id, key): Item,
    Body(given): Body<Decide>,
) -> Result<Response, Failure> {
    let reason = body::reason(given.reason.as_deref())?;
    if let Some(until) = given.until {
        if given.decision != Decision::Keep {
            return Err(Failure::field("until", "until: only with the decision keep"));
        }
        future("until", until, app.now())?;
    }
    let decide = Decide { reason, ..given };
    write::spawned(async move {
        let (by, version) = (app.by(&principal), Some(decide.version));
        let written = app.store().decide(&by, id, key, Some(&decide), version).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}

/// Undo a decision
///
/// The key is undecided again. Send the `version` of the decision in the body or in the URL; if it does not match,
/// nothing changes.
#[utoipa::path(
    delete, path = paths::REVIEW_ITEM, tag = "Reviews", operation_id = "undecideReviewItem",
    params(
        ("id" = ReviewId, Path, description = "The review"),
        ("key" = KeyId, Path, description = "The key"),
        ("version" = Option<u64>, Query, description = "The `version` of the decision to undo")
    ),
    request_body = Option<Undecide>,
    responses((status = 204, description = "The key is undecided"))
)]
pub(crate) async fn undecide(
    State(app): State<App>,
    principal: Principal,
    Item(id, key): Item,
    params: Params,
    Body(given): Body<Undecide>,
) -> Result<Response, Failure> {
    let version = given.version.or(params.parsed("version", "a number")?);
    write::spawned(async move {
        let written = app.store().decide(&app.by(&principal), id, key, None, version).await?;
        Ok(write::with_head(
            axum::response::IntoResponse::into_response(StatusCode::NO_CONTENT),
            &written.head,
        ))
    })
    .await
}

/// Execute the decisions of an access review
///
/// First with `dryRun`: it returns what would be done, and the hash of all decisions. Send that hash to execute exactly
/// these decisions. Keys that were used or changed since the decision are neither revoked nor paused. The
/// answer is sent once no node accepts any of the revoked and paused keys. Repeating an
/// interrupted request continues it; repeating a completed one changes nothing.
#[utoipa::path(
    post, path = paths::REVIEW_EXECUTE, tag = "Reviews", operation_id = "executeReview",
    params(("id" = ReviewId, Path, description = "The review")),
    request_body = Execute,
    responses((status = 200, description = "What was done, or would be", body = Executed))
)]
pub(crate) async fn execute(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<ReviewId>,
    Body(given): Body<Execute>,
) -> Result<Response, Failure> {
    if !given.dry_run && given.decisions.is_none() {
        let text = "decisions: missing; send the hash that a dry run returned";
        return Err(Failure::field("decisions", text));
    }
    if let Some(hash) = &given.decisions {
        if secret::holds(hash) {
            return Err(Failure::secret("decisions"));
        }
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let text = "decisions: expected the hash that a dry run returned, 64 hex digits";
            return Err(Failure::field("decisions", text));
        }
    }
    write::spawned(async move {
        // What nodes have noted but not yet written is a use, too.
        if let Err(unsettled) = app.store().settle_usage(Need::Revocation).await {
            let text = format!(
                "nothing was done: {unsettled}, so it is unknown which keys were used since the decision; {}",
                unsettled.advice()
            );
            return Err(Problem::new(Code::Unavailable, text).into());
        }
        let written = app.store().execute_review(&app.by(&principal), id, &given).await?;
        let mut executed: Executed = written.value;
        if !given.dry_run {
            executed.receipt = Some(app.store().confirm(&written.awaited).await);
            // Evidence, so it survives from now on.
            let keep = app.store().write_receipts();
            if !matches!(tokio::time::timeout(KEEP, keep).await, Ok(Ok(()))) {
                tracing::warn!(review = %id, "the receipt is not kept yet; retrying");
            }
        }
        Ok(write::answer(StatusCode::OK, &written.head, &executed))
    })
    .await
}

/// Sign an access review
///
/// With the head of a pack of this review that was created after its execution. The signer must not have decided or
/// executed anything in it, unless `samePerson` is true, which later packs show. Repeating the signature changes
/// nothing.
#[utoipa::path(
    post, path = paths::REVIEW_SIGN, tag = "Reviews", operation_id = "signReview",
    params(("id" = ReviewId, Path, description = "The review")),
    request_body = Sign,
    responses((status = 200, description = "The review", body = Review))
)]
pub(crate) async fn sign(
    State(app): State<App>,
    principal: Principal,
    Id(id): Id<ReviewId>,
    Body(given): Body<Sign>,
) -> Result<Response, Failure> {
    write::spawned(async move {
        let written = app.store().sign_review(&app.by(&principal), id, &given).await?;
        Ok(write::answer(StatusCode::OK, &written.head, &written.value))
    })
    .await
}

/// Refuses a time that has passed by the server's clock.
fn future(field: &str, time: Timestamp, now: Timestamp) -> Result<(), Failure> {
    if time <= now {
        let text = format!("{field}: {time} has passed; the server's time is {now}");
        return Err(Failure::field(field, text));
    }
    Ok(())
}
