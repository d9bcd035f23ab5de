//! `Idempotency-Key`: what makes a secret is done once, however often it is sent; and the route that closes a key.

use axum::extract::{FromRequestParts, MatchedPath, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use utoipa::IntoParams;

use super::auth::Principal;
use super::body::{Json as Body, Nothing};
use super::problem::Failure;
use super::{App, write};
use crate::secret;
use crate::store::{By, Once};
use crate::wire::audit::Event;
use crate::wire::idempotency::CreatedWith;
use crate::wire::paths::{self, IDEMPOTENCY_HEADER};
use crate::wire::problem::{Code, Problem};

/// The most characters of an idempotency key.
const KEY_MAX: usize = 255;

/// How the document tells of it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "for the document: the header is read by hand, to refuse one that came twice")]
pub(crate) struct IdempotencyKey {
    /// Makes the request safe to retry: for 24 hours, the same idempotency key with the same body, token and
    /// route creates nothing and is answered with 200, without the secret.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")]
    key: Option<String>,
}

/// The same where it must be sent.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "for the document, like the optional one")]
pub(crate) struct RequiredIdempotencyKey {
    /// The idempotency key to close, as sent with the original request.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")]
    key: String,
}

/// Close an idempotency key
///
/// For clients that did not receive the answer to a request with this `Idempotency-Key`. Returns what the same
/// token created with it in the last 30 days (the newest, if there are several), or 404 if nothing. Either way,
/// the idempotency key is closed for 30 days: a request with it that arrives later creates nothing and gets 409
/// `IDEMPOTENCY_CLOSED`. Repeating the request returns the same.
#[utoipa::path(
    post, path = paths::IDEMPOTENCY_CLOSE, tag = "Idempotency", operation_id = "closeIdempotencyKey",
    params(RequiredIdempotencyKey),
    request_body(content = Option<Nothing>, description = "Empty, or an empty object"),
    responses((status = 200, description = "What was created with the idempotency key, without its secret", body = CreatedWith))
)]
pub(crate) async fn close_idempotency_key(
    State(app): State<App>,
    principal: Principal,
    repeat: Repeat,
    Body(Nothing {}): Body<Nothing>,
) -> Result<Response, Failure> {
    let Some(key) = repeat.key else {
        return Err(Failure::field(IDEMPOTENCY_HEADER, "missing Idempotency-Key header"));
    };
    write::spawned(async move {
        let by = app.by(&principal);
        let written = app.store().close_idempotency_key(&by, &principal.scope, &key).await?;
        let Some(created) = written.value else {
            let text = "nothing was created with this idempotency key; it is now closed";
            // The field tells this answer from that of a server without this route.
            return Err(Problem::new(Code::NotFound, text).with_field(IDEMPOTENCY_HEADER).into());
        };
        Ok(write::answer(StatusCode::OK, &written.head, &created))
    })
    .await
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
            return Err(Failure::field(IDEMPOTENCY_HEADER, "duplicate Idempotency-Key header; send it once"));
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
