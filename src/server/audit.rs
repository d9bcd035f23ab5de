//! The audit log.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::problem::Failure;
use super::query::{self, Params};
use super::{App, fresh};
use crate::wire::audit::{Event, EventQuery};
use crate::wire::page::Page;
use crate::wire::paths;
use crate::wire::time::Timestamp;

/// List audit events
///
/// Newest first. Every change has one event; the events form a hash chain.
#[utoipa::path(
    get, path = paths::AUDIT_EVENTS, tag = "Audit", operation_id = "listAuditEvents",
    params(EventQuery, ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a previous \
         answer")),
    responses(
        (status = 200, description = "A page of audit events", body = Page<Event>,
            headers(("ETag" = String, description = "Changes when the page changes"))),
        (status = 304, description = "Not modified",
            headers(("ETag" = String, description = "The current tag")))
    )
)]
pub(crate) async fn audit_events(
    State(app): State<App>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    const TIME: &str = "a time such as 2026-11-23T17:04:05Z (in a URL, write + as %2B)";
    let time = |name| params.parsed_with(name, TIME, |text| Timestamp::parse(text).ok());
    let query = EventQuery {
        filter: params.text("filter").unwrap_or_default(),
        project: params.parsed("project", "a project id (prj_ and 26 characters)")?,
        key: params.parsed("key", "a key id (key_ and 26 characters)")?,
        actor: params.text("actor"),
        action: params.parsed("action", "an action such as key.revoked or project.created")?,
        after: time("after")?,
        before: time("before")?,
        limit: params.limit()?,
        cursor: params.text("cursor"),
    };
    if let (Some(after), None) = (query.after, &query.cursor) {
        // Nothing can be found there, so a check would pass that checks nothing. A later page is not judged again:
        // the clock may have been set back meanwhile.
        query::not_future("after", after, app.now())?;
    }
    if let (Some(after), Some(before)) = (query.after, query.before)
        && before <= after
    {
        return Err(Failure::field("before", format!("before: {before} must be later than after ({after})")));
    }
    fresh::answer(&headers, &app.store().audit_events(&query, app.now()).await?)
}
