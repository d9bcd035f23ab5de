//! Projects, keys and actors by names that can be used again: what was deleted, revoked or replaced is found too, and
//! a name of several is refused with the ids of all of them.

use super::exit::{Exit, Failure};
use super::output;
use super::pick;
use crate::client::{Client, ClientError};
use crate::secret::{Hint, Kind};
use crate::wire::audit::{Action, EventQuery};
use crate::wire::id::{ProjectId, TokenId};
use crate::wire::keys::{Key, Status};
use crate::wire::text::fold;
use crate::wire::time::Timestamp;
use crate::wire::tokens::Token;

/// A project that was deleted.
pub struct Deleted {
    /// Its id.
    pub id: ProjectId,
    /// When.
    pub at: Timestamp,
}

impl Deleted {
    fn described(&self) -> String {
        format!("{} (deleted {})", self.id, day(self.at))
    }
}

/// The deleted projects of this name, the newest first. The audit log knows them.
///
/// # Errors
/// When the server cannot be asked.
pub async fn deleted(client: &Client, name: &str) -> Result<Vec<Deleted>, Failure> {
    let query = EventQuery { action: Some(Action::ProjectArchived), ..EventQuery::default() };
    let folded = fold(name.trim());
    let events = client.audit_events_all(&query, None).await?;
    let named = events.into_iter().filter(|event| {
        event.detail.get("name").and_then(|name| name.as_str()).is_some_and(|name| fold(name) == folded)
    });
    Ok(named.filter_map(|event| Some(Deleted { id: event.project?, at: event.at })).collect())
}

/// The project with this id or name, whether it is deleted or not. Of several with the name an active one is
/// preferred, if that is wanted.
///
/// # Errors
/// Exit 4 when there is none, exit 5 when there are several.
pub async fn project(client: &Client, text: &str, prefer_active: bool) -> Result<ProjectId, Failure> {
    let active = match pick::project(client, text).await {
        Ok(id) if prefer_active || text.parse::<ProjectId>().is_ok() => return Ok(id),
        Ok(id) => Ok(id),
        Err(failure) if failure.exit == Exit::NotFound => Err(failure),
        Err(failure) => return Err(failure),
    };
    if text.parse::<ProjectId>().is_ok() {
        return active;
    }
    // Each project that has or had the name, and how it is described.
    let (mut all, missing) = match active {
        Ok(id) => (vec![(id, format!("{id} (active)"))], None),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    for other in deleted(client, text).await? {
        all.push((other.id, other.described()));
    }
    for other in renamed(client, text).await? {
        if !all.iter().any(|(id, _)| *id == other.0) {
            all.push(other);
        }
    }
    match (all.as_slice(), missing) {
        ([], Some(failure)) => Err(failure),
        ([(id, described)], missing) => {
            if missing.is_some() {
                output::say(&format!("project {} is {described}", text.trim()));
            }
            Ok(*id)
        }
        (all, _) => {
            let all: Vec<String> = all.iter().map(|(_, described)| described.clone()).collect();
            Err(several("projects", text, &all))
        }
    }
}

/// The projects that had this name and were renamed, the one that had it last first.
async fn renamed(client: &Client, name: &str) -> Result<Vec<(ProjectId, String)>, Failure> {
    let query = EventQuery { action: Some(Action::ProjectRenamed), ..EventQuery::default() };
    let folded = fold(name.trim());
    let mut found: Vec<(ProjectId, String)> = Vec::new();
    for event in client.audit_events_all(&query, None).await? {
        let text = |member: &str| event.detail.get(member).and_then(|text| text.as_str());
        if let (Some(id), Some(before), Some(after)) = (event.project, text("before"), text("name"))
            && fold(before) == folded
            && !found.iter().any(|(other, _)| *other == id)
        {
            found.push((id, format!("{id} (renamed {} to {after})", day(event.at))));
        }
    }
    Ok(found)
}

/// Says which projects of this name were deleted, for a command that needs one that is not.
pub fn only_deleted(name: &str, deleted: &[Deleted]) -> Failure {
    let all: Vec<String> = deleted.iter().map(Deleted::described).collect();
    let text = format!(
        "no active project is called {}: {}; `keydeck projects list` names the active ones",
        name.trim(),
        all.join(", ")
    );
    Failure::new(Exit::NotFound, text)
}

/// One of several keys is meant, and nobody can know which.
pub fn several_keys(text: &str, keys: &[Key]) -> Failure {
    let described = |key: &Key| match (key.status, key.revoked_at) {
        (Status::Active, _) => format!("{} (active, {})", key.id, key.hint),
        (_, Some(at)) => format!("{} (revoked {}, {})", key.id, day(at), key.hint),
        (_, None) => format!("{} ({})", key.id, key.hint),
    };
    several("keys", text, &keys.iter().map(described).collect::<Vec<_>>())
}

fn several(noun: &str, text: &str, all: &[String]) -> Failure {
    let text =
        format!("{} {noun} are or were called {}: {}; use an id", all.len(), text.trim(), all.join(", "));
    Failure::new(Exit::Conflict, text)
}

/// The actor of a query for audit events. Where several tokens had the name, says which.
///
/// # Errors
/// Exit 2 when the text can be no actor, exit 4 when there is no such token, as far as the caller may know.
pub async fn actor(client: &Client, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let is_hint = text.parse::<Hint>().is_ok_and(|hint| hint.kind() == Kind::Management);
    if text.parse::<TokenId>().is_ok() || is_hint {
        if let Some(tokens) = tokens(client).await?
            && !tokens.iter().any(|token| token.id.to_string() == text || token.hint == text)
        {
            return Err(Failure::new(Exit::NotFound, "no such token; `keydeck tokens list` names them all"));
        }
        return Ok(text.to_owned());
    }
    if let Some(name) = text.strip_prefix("token:") {
        let named: Vec<Token> = tokens(client)
            .await?
            .into_iter()
            .flatten()
            .filter(|token| fold(&token.name) == fold(name.trim()))
            .collect();
        if named.len() > 1 {
            let described = |token: &Token| match token.revoked_at {
                Some(at) => format!("{} ({}, revoked {})", token.id, token.hint, day(at)),
                None => format!("{} ({}, active)", token.id, token.hint),
            };
            let all: Vec<String> = named.iter().map(described).collect();
            output::say(&format!(
                "{} tokens are or were called {name}: {}; --actor with an id shows the events of one",
                all.len(),
                all.join(", ")
            ));
        }
        return Ok(text.to_owned());
    }
    if text.starts_with("local:") || text.starts_with("key:") {
        return Ok(text.to_owned());
    }
    Err(Failure::usage(
        "--actor takes local:USER, token:NAME, key:MASKED-KEY, or the id or masked form of a management token",
    ))
}

/// All tokens; none where the caller may not list them.
async fn tokens(client: &Client) -> Result<Option<Vec<Token>>, Failure> {
    match client.tokens_all(None).await {
        Ok(tokens) => Ok(Some(tokens)),
        Err(ClientError::Refused { status: 403, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The day in UTC.
fn day(at: Timestamp) -> String {
    at.utc().date_naive().to_string()
}
