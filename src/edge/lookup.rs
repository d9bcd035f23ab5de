//! `GET /v1/lookup`, and the order of its errors.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;

use super::State;
use super::answer::{self, Answer};
use super::document::LookupQuery;
use super::keyring::Record;
use super::query::{Query, decode};
use super::verify::verify;
use crate::wire::paths;
use crate::wire::problem::Code;
use crate::wire::rules::{Redirect, canonical_path};

/// The most bytes of a path, both of a request and to look up.
pub const MAX_PATH: usize = 8 * 1024;

/// Looks up which redirect a path gets
///
/// An exact rule wins; then the prefix rule of best priority, and of those the longest. The path is cut at its
/// first `?` or `#`. That no rule matches is no error.
#[utoipa::path(
    get, path = paths::LOOKUP, operation_id = "lookup",
    params(LookupQuery),
    responses(
        (status = 200, description = "The redirect", body = Redirect),
        (status = 204, description = "No rule matches, or nothing is deployed yet")
    )
)]
pub async fn lookup(state: &State, peer: IpAddr, request: &Parts) -> Answer {
    let query = Query::of_lookup(request.uri.query().unwrap_or(""));
    if query.path.is_some_and(too_long) {
        return path_too_long();
    }
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
        return duplicate(name);
    }
    if !names_project {
        return missing_project();
    }
    let Some(path) = query.path.filter(|path| !path.is_empty()) else {
        return answer::problem(Code::MissingPath, "Give the path to look up, as in path=/old-page.");
    };
    let path = match decode(path).as_deref().map(canonical_path) {
        Some(Ok(path)) => path,
        Some(Err(error)) => {
            return answer::problem(Code::InvalidPath, format!("The path to look up {error}."));
        }
        None => {
            return answer::problem(
                Code::InvalidPath,
                "The path to look up has percent sequences that are broken or not UTF-8.",
            );
        }
    };
    let version = match version(query) {
        Ok(version) => version,
        Err(refused) => return *refused,
    };

    let live = record.project().live();
    let newest = live.as_ref().map_or(0, |live| live.version());
    let found = match (version, &*live) {
        (None, None) => None,
        (None, Some(live)) => live.answer(&path),
        (Some(version), Some(live)) if version == newest => live.answer(&path),
        (Some(version), _) if version > newest => return no_such_version(version),
        (Some(version), _) => {
            drop(live);
            match state.versions.get(record.project().id(), version).await {
                Ok(Some(ruleset)) => ruleset.answer(&path),
                Ok(None) => return no_such_version(version),
                Err(_) => return unreadable(),
            }
        }
    };
    found.map_or_else(answer::nothing, answer::json)
}

/// The version that a request asks for; none is the newest.
pub(super) fn version(query: &Query<'_>) -> Result<Option<u32>, Box<Answer>> {
    let Some(text) = query.version.filter(|version| !version.is_empty()) else { return Ok(None) };
    let digits = text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    let version = digits.then(|| text.parse().ok()).flatten();
    match version.filter(|version| (1..=i32::MAX as u32).contains(version)) {
        Some(version) => Ok(Some(version)),
        None => Err(Box::new(answer::problem(
            Code::InvalidVersion,
            "The version is a whole number from 1 to 2147483647.",
        ))),
    }
}

pub(super) fn duplicate(name: &str) -> Answer {
    answer::problem(Code::DuplicateParameter, format!("The parameter {name} came twice; give it once."))
}

pub(super) fn missing_project() -> Answer {
    answer::problem(
        Code::MissingProject,
        "Name the project with the parameter project or the header X-Project-ID.",
    )
}

pub(super) fn no_such_version(version: u32) -> Answer {
    answer::problem(Code::VersionNotFound, format!("The project has no deployment {version}."))
}

pub(super) fn unreadable() -> Answer {
    answer::unavailable("This deployment cannot be read now; try again.")
}

fn too_long(path: &str) -> bool {
    path.len() > MAX_PATH && decode(path).is_none_or(|path| path.len() > MAX_PATH)
}

pub(super) fn path_too_long() -> Answer {
    answer::problem(Code::PathTooLong, "The path is longer than 8 KiB.")
}
