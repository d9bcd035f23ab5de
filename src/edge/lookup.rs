//! `GET /v1/lookup`, and the order of its errors.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use utoipa::IntoParams;

use super::State;
use super::answer::{self, Answer};
use super::keyring::Record;
use super::query::{Query, decode};
use super::verify::verify;
use crate::wire::paths;
use crate::wire::problem::Code;
use crate::wire::rules::{Redirect, canonical_path};

/// The parameters of a lookup.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "for the document: the query is split without copies")]
struct LookupQuery {
    /// Id of the project. Also accepted as `projectId` or the header `X-Project-ID`.
    project: String,
    /// The path to look up, with a leading `/`.
    #[param(pattern = "^/")]
    path: String,
    /// Version of the deployment. Default: the newest.
    #[param(minimum = 1, maximum = 2_147_483_647)]
    version: Option<u32>,
}

/// Look up a redirect
///
/// Exact rules come first, then prefix rules by priority, the longest first. The path is cut at its first `?`
/// or `#`. If no rule matches, the answer is 204.
#[utoipa::path(
    get, path = paths::LOOKUP, operation_id = "lookup",
    params(LookupQuery, ("Keydeck-At-Least" = Option<u64>, Header, description = "A revision that the node must have \
         applied; otherwise it answers 503")),
    responses(
        (status = 200, description = "The redirect", body = Redirect),
        (status = 204, description = "No rule matches, or nothing is deployed yet")
    )
)]
pub async fn lookup(state: &State, peer: IpAddr, request: &Parts) -> Answer {
    let query = Query::of_lookup(request.uri.query().unwrap_or(""));
    let verified = match verify(state, peer, request, &query) {
        Ok(verified) => verified,
        Err(refused) => return *refused,
    };
    let mut answer = redirect(state, &verified.record, &query, verified.names_project).await;
    answer::rate_limit(answer.headers_mut(), verified.grant.as_ref());
    answer
}

/// The answer to a verified key.
async fn redirect(state: &State, record: &Arc<Record>, query: &Query<'_>, names_project: bool) -> Answer {
    if let Some(name) = query.duplicate {
        return answer::duplicate_parameter(name);
    }
    if !names_project {
        return answer::missing_project();
    }
    let Some(path) = query.path.filter(|path| !path.is_empty()) else {
        return answer::problem(
            Code::MissingPath,
            "Missing path. Send the path to look up, such as \
             path=/old-page.",
        );
    };
    let path = match decode(path).as_deref().map(canonical_path) {
        Some(Ok(path)) => path,
        Some(Err(error)) => {
            return answer::problem(Code::InvalidPath, format!("Invalid path: it {error}."));
        }
        None => {
            return answer::problem(
                Code::InvalidPath,
                "Invalid path: it has percent-encoded bytes that are broken or not UTF-8.",
            );
        }
    };
    let Ok(version) = query.version_number() else { return answer::invalid_version() };

    let live = record.project().live();
    let newest = live.as_ref().map_or(0, |live| live.version());
    let found = match (version, &*live) {
        (None, None) => None,
        (None, Some(live)) => live.answer(&path),
        (Some(version), Some(live)) if version == newest => live.answer(&path),
        (Some(version), _) if version > newest => return answer::version_not_found(version),
        (Some(version), _) => {
            drop(live);
            match state.versions.get(record.project().id(), version).await {
                Ok(Some(ruleset)) => ruleset.answer(&path),
                Ok(None) => return answer::version_not_found(version),
                Err(_) => return answer::unreadable_version(),
            }
        }
    };
    found.map_or_else(answer::nothing, answer::json)
}
