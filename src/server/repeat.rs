//! `Idempotency-Key`: what makes a secret is done once, however often it is sent.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::IntoParams;

use super::App;
use super::auth::Principal;
use super::problem::Failure;
use crate::secret;
use crate::store::{By, Once};
use crate::wire::audit::Event;
use crate::wire::paths::IDEMPOTENCY_HEADER;

/// The most characters of an idempotency key.
const KEY_MAX: usize = 255;

/// How the document tells of it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "for the document: the header is read by hand, to refuse one that came twice")]
pub(crate) struct IdempotencyKey {
    /// Makes the call safe to repeat: for 24 hours the same key with the same body, of the same token on the
    /// same route, makes nothing again and is answered 200 without the secret.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")]
    key: Option<String>,
}

/// The idempotency key of a request, if it has one, and what it is a key of.
pub(crate) struct Repeat {
    key: Option<String>,
    route: String,
    path: String,
}

impl Repeat {
    /// Who writes, and how a repeat of this body is recognised.
    pub(crate) fn by(self, app: &App, principal: &Principal, body: &impl Serialize) -> By {
        let once = self.key.map(|key| {
            // The body as it was understood: blanks and the order of its members are no difference.
            let body = serde_json::to_value(body).expect("a body is JSON").to_string();
            let fingerprint = Event::hash_of(&self.path, &body);
            Once { scope: principal.scope.clone(), route: self.route, key, fingerprint }
        });
        By { once, ..app.by(principal) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Repeat {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Repeat, Failure> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_HEADER).iter();
        let (first, second) = (values.next(), values.next());
        if second.is_some() {
            return Err(Failure::field(IDEMPOTENCY_HEADER, "Idempotency-Key came twice; send it once"));
        }
        let key = match first.map(|value| value.to_str().map(str::trim)) {
            None => None,
            Some(Ok(key)) if secret::find(key).is_some() => return Err(Failure::secret(IDEMPOTENCY_HEADER)),
            Some(Ok(key)) if (1..=KEY_MAX).contains(&key.len()) => Some(key.to_owned()),
            Some(_) => {
                let text = "Idempotency-Key: expected 1 to 255 printable ASCII characters";
                return Err(Failure::field(IDEMPOTENCY_HEADER, text));
            }
        };
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let route = format!("{} {route}", parts.method);
        Ok(Repeat { key, route, path: parts.uri.path().to_owned() })
    }
}
