//! The id in a path: a text that is no id names nothing, so it is not found.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::problem::Failure;
use crate::wire::id::{KeyId, NodeId, ProjectId, ReviewId, TokenId};
use crate::wire::problem::{Code, Problem};

/// The `{id}` of a route.
pub(crate) struct Id<T>(pub(crate) T);

/// The `{id}` and the `{version}` of a route.
pub(crate) struct Version(pub(crate) ProjectId, pub(crate) u32);

/// The `{id}` and the `{key}` of a route.
pub(crate) struct Item(pub(crate) ReviewId, pub(crate) KeyId);

/// An id that stands in paths.
pub(crate) trait Named: FromStr {
    const NOUN: &'static str;
}

impl Named for ProjectId {
    const NOUN: &'static str = "project";
}

impl Named for KeyId {
    const NOUN: &'static str = "key";
}

impl Named for ReviewId {
    const NOUN: &'static str = "review";
}

impl Named for NodeId {
    const NOUN: &'static str = "node";
}

impl Named for TokenId {
    const NOUN: &'static str = "token";
}

impl<S: Send + Sync, T: Named> FromRequestParts<S> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Id<T>, Failure> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let id = text.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Id).ok_or_else(|| Problem::new(Code::NotFound, format!("{} not found", T::NOUN)).into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Item {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Item, Failure> {
        let not_found = |noun| Failure::from(Problem::new(Code::NotFound, format!("{noun} not found")));
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((id, key)) = texts.map_err(|_| not_found("review"))?;
        let id = id.parse().map_err(|_| not_found("review"))?;
        Ok(Item(id, key.parse().map_err(|_| not_found("key"))?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Version {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Version, Failure> {
        let not_found = |noun| Failure::from(Problem::new(Code::NotFound, format!("{noun} not found")));
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((id, version)) = texts.map_err(|_| not_found("deployment"))?;
        let id = id.parse().map_err(|_| not_found("project"))?;
        // As numbers are written and no other way: one deployment has one path.
        let number: Option<u32> = version.parse().ok().filter(|number: &u32| number.to_string() == version);
        number.map(|number| Version(id, number)).ok_or_else(|| not_found("deployment"))
    }
}
