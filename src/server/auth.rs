//! Who is asking, and whether they may.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::problem::Failure;
use crate::secret::{self, Hash, Kind};
use crate::wire::audit::ActorToken;
use crate::wire::problem::{Code, Problem};
use crate::wire::tokens::Role;

/// What a caller must be allowed to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Nothing: no credentials are asked for.
    Anyone,
    /// Read: every role.
    Read,
    /// Review keys: every role, since it is what auditors are for. Not the person at this machine who only reads.
    Review,
    /// Change keys, rules, deployments and projects: member and admin.
    Write,
    /// See and change management tokens, delete projects: admin only.
    Admin,
}

/// The person at this machine, as the operating system knows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalCaller {
    /// The user's name.
    pub user: String,
    /// Admin, or auditor with `--read-only`.
    pub role: Role,
}

/// Who is asking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Principal {
    /// `local:<user>` or `token:<name>`.
    pub(crate) actor: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Whose idempotency keys theirs are: a token's id, or the local user.
    pub(crate) scope: String,
    /// Their token; none of the person at this machine.
    pub(crate) token: Option<ActorToken>,
    /// The handle of their token; none of the person at this machine.
    handle: Option<String>,
}

impl Principal {
    pub(crate) fn local(caller: &LocalCaller) -> Principal {
        let actor = format!("local:{}", caller.user);
        Principal { scope: actor.clone(), actor, role: caller.role, token: None, handle: None }
    }
}

impl Principal {
    /// 401 when their token was revoked since it was read.
    pub(crate) async fn must_still_work(&self, app: &App) -> Result<(), Failure> {
        if self.still_works(app).await? { Ok(()) } else { Err(unknown_token()) }
    }

    /// Whether they may still ask: for answers that go on for long.
    pub(crate) async fn still_works(&self, app: &App) -> Result<bool, Failure> {
        let Some(handle) = &self.handle else { return Ok(true) };
        let candidates = app.store().tokens_by_handle(handle).await?;
        Ok(candidates.iter().any(|record| record.token.id.to_string() == self.scope))
    }
}

/// Marks a request that came from inside this process or through its socket. Extensions are no part of
/// HTTP, and only [`super::local`] makes this one.
#[derive(Clone)]
pub(crate) struct Local(pub(crate) Principal);

/// Marks a request from inside this process: no connection can break between it and its answer. Only
/// [`super::inside`] sets it; extensions are not part of HTTP, so no caller can send one.
#[derive(Clone, Copy)]
pub(crate) struct Inside;

/// Finds out who asks, and lets them pass if they hold the right.
pub(crate) async fn authorise(
    State((app, right)): State<(App, Right)>,
    mut request: Request,
    next: Next,
) -> Response {
    if right == Right::Anyone {
        return next.run(request).await;
    }
    // Nothing is answered out of a database that is gone.
    if let Err(lost) = app.store().standing() {
        return Failure::from(lost).into_response();
    }
    let local = request.extensions().get::<Local>().map(|local| local.0.clone());
    let principal = match local {
        Some(principal) => Ok(principal),
        None => bearer(&app, request.headers()).await,
    };
    match principal.and_then(|principal| permit(right, principal, request.method().is_safe())) {
        Ok(principal) => {
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(failure) => failure.into_response(),
    }
}

fn permit(right: Right, principal: Principal, reads: bool) -> Result<Principal, Failure> {
    let allowed = match right {
        Right::Anyone => true,
        // A role that a newer Keydeck has given may be narrower than any that is known here.
        Right::Read => principal.role >= Role::Auditor,
        // `--read-only` makes the local user an auditor who changes nothing at all.
        Right::Review => {
            principal.role >= Role::Member || principal.role == Role::Auditor && principal.token.is_some()
        }
        Right::Write => principal.role >= Role::Member,
        Right::Admin => principal.role == Role::Admin,
    };
    if allowed {
        return Ok(principal);
    }
    let needed = if right == Right::Admin { Role::Admin } else { Role::Member };
    Err(if principal.role == Role::Auditor && !reads {
        let text = if right == Right::Review {
            "permission denied: --read-only refuses all changes".to_owned()
        } else {
            principal.role.refused(needed)
        };
        Problem::new(Code::ReadOnly, text).into()
    } else if let Role::Other(_) = principal.role {
        let text = "permission denied: this token has a role that this version of the server does not know; \
             update the server";
        Problem::new(Code::Forbidden, text).into()
    } else {
        Problem::new(Code::Forbidden, principal.role.refused(needed)).into()
    })
}

async fn bearer(app: &App, headers: &HeaderMap) -> Result<Principal, Failure> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        let text = "missing credentials; send \"Authorization: Bearer <token>\"";
        return Err(challenge(Code::Unauthenticated, text, "Bearer realm=\"keydeck\""));
    };
    if values.next().is_some() {
        return Err(invalid("duplicate Authorization header; send it once"));
    }
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| invalid("invalid Authorization header; expected \"Bearer <token>\""))?;
    match secret::check(token) {
        Ok(Kind::Management) => {}
        Ok(Kind::Live | Kind::Test) => {
            return Err(invalid("the management API requires a management token, not an API key"));
        }
        Err(malformed) => return Err(invalid(&format!("invalid token: {malformed}"))),
    }
    let handle = &token[secret::PREFIX_LEN..secret::PREFIX_LEN + secret::HANDLE_LEN];
    let candidates = app.store().tokens_by_handle(handle).await?;
    if candidates.is_empty() {
        // An unknown handle takes as long as a known one.
        let _ = Hash::DUMMY.matches(token);
    }
    let mut found = None;
    for record in candidates {
        if record.hash.matches(token) {
            found = Some(Principal {
                actor: format!("token:{}", record.token.name),
                role: record.token.role,
                scope: record.token.id.to_string(),
                token: Some(ActorToken { id: record.token.id, hint: record.token.hint }),
                handle: Some(handle.to_owned()),
            });
        }
    }
    found.ok_or_else(unknown_token)
}

fn unknown_token() -> Failure {
    invalid("invalid or revoked token")
}

fn invalid(text: &str) -> Failure {
    challenge(Code::InvalidToken, text, "Bearer realm=\"keydeck\", error=\"invalid_token\"")
}

fn challenge(code: Code, text: &str, challenge: &'static str) -> Failure {
    Failure::from(Problem::new(code, text)).with_challenge(challenge)
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Principal, Failure> {
        let principal = parts.extensions.get::<Principal>().cloned();
        principal.ok_or_else(|| Failure::internal("a public route asked for the principal"))
    }
}
