//! Query parameters: each one known, given once, and named when it is wrong.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;

use super::problem::Failure;
use crate::wire::page::{MAX_LIMIT, PageQuery};
use crate::wire::problem::{Code, Problem};
use crate::wire::text;
use crate::wire::time::Timestamp;

/// Lets a request pass whose query parameters are all known to the route.
pub(crate) async fn only_known(
    State(known): State<&'static [&'static str]>,
    mut request: Request,
    next: Next,
) -> Response {
    match Params::read(request.uri().query().unwrap_or(""), known) {
        Ok(params) => {
            request.extensions_mut().insert(params);
            next.run(request).await
        }
        Err(failure) => failure.into_response(),
    }
}

/// The query parameters of a request. An empty one counts as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    fn read(query: &str, known: &[&str]) -> Result<Params, Failure> {
        let mut found = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).unwrap_or_else(|| "\u{fffd}".to_owned());
            let shown: String = text::inert(&name).chars().take(64).collect();
            if !known.contains(&name.as_str()) {
                let help = if known.is_empty() {
                    "this route has no parameters".to_owned()
                } else {
                    format!("expected one of {}", known.join(", "))
                };
                return Err(Failure::field(&shown, format!("unknown parameter {shown:?}; {help}")));
            }
            let value = decoded(value)
                .ok_or_else(|| Failure::field(&shown, format!("parameter {shown} is not UTF-8")))?;
            if found.insert(name, value).is_some() {
                return Err(Failure::field(&shown, format!("duplicate parameter {shown}; send it once")));
            }
        }
        found.retain(|_, value| !value.is_empty());
        Ok(Params(found))
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// A parameter of a type; `expected` says in words what it is.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Failure> {
        self.parsed_with(name, expected, |text| text.parse().ok())
    }

    /// A parameter read by a function.
    pub(crate) fn parsed_with<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| Failure::field(name, format!("{name}: expected {expected}")))
    }

    /// The size of a page.
    pub(crate) fn limit(&self) -> Result<Option<u32>, Failure> {
        let Some(text) = self.0.get("limit") else { return Ok(None) };
        match text.parse() {
            Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(Some(limit)),
            _ => Err(Problem::new(
                Code::InvalidLimit,
                format!("limit: expected a number from 1 to {MAX_LIMIT}"),
            )
            .with_field("limit")
            .into()),
        }
    }

    /// Which page of a list to return.
    pub(crate) fn page(&self) -> Result<PageQuery, Failure> {
        Ok(PageQuery { limit: self.limit()?, cursor: self.text("cursor") })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params, Failure> {
        Ok(parts.extensions.remove::<Params>().unwrap_or_default())
    }
}

/// Refuses a time that lies in the future by the server's clock.
pub(crate) fn not_future(field: &str, time: Timestamp, now: Timestamp) -> Result<(), Failure> {
    if time.is_future(now) {
        let text = format!("{field}: {time} is in the future; the server's time is {now}");
        return Err(Failure::field(field, text));
    }
    Ok(())
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
