//! Projects by id or name. The audit log knows the names of projects that were deleted or renamed.

use super::missing::missing;
use super::{day, several};
use crate::cli::exit::{Exit, Failure};
use crate::cli::log;
use crate::client::Client;
use crate::wire::audit::{Action, EventQuery};
use crate::wire::id::ProjectId;
use crate::wire::text::fold;
use crate::wire::time::Timestamp;

/// The project with this id, or the active one with this name.
///
/// # Errors
/// Exit 4 when there is none.
pub async fn project(client: &Client, text: &str) -> Result<ProjectId, Failure> {
    if let Ok(id) = text.parse() {
        // Archived ones are answered for too.
        return Ok(client.project(id).await?.id);
    }
    let name = fold(text.trim());
    let all = client.projects_all(None).await?;
    let found: Vec<_> = all.iter().filter(|project| fold(&project.name) == name).collect();
    // An older Keydeck may have let names in that are one name now: then it is the one that is written so.
    let exact = found.iter().position(|project| project.name == text.trim()).unwrap_or(0);
    if let Some(project) = found.get(exact) {
        return Ok(project.id);
    }
    Err(match deleted(client, text).await?.as_slice() {
        [] => missing("project", text, all.into_iter().map(|project| project.name)),
        deleted => only_deleted(text, deleted),
    })
}

/// The project of a new key, and its name. Names may contain slashes, so beside a project the name is taken as it is;
/// without one, the project stands before a slash: `shop/web`.
///
/// # Errors
/// Exit 2 when two projects may be meant, or no name follows; exit 4 when there is no such project.
pub async fn new_key(
    client: &Client,
    typed: &str,
    beside: Option<&str>,
) -> Result<(ProjectId, String), Failure> {
    if let Some(named) = beside {
        return Ok((project(client, named).await?, typed.to_owned()));
    }
    let all = client.projects_all(None).await?;
    let mut found = Vec::new();
    for (at, _) in typed.match_indices('/') {
        let (before, name) = (typed[..at].trim(), typed[at + 1..].trim());
        let folded = fold(before);
        let id: Option<ProjectId> = before.parse().ok();
        let mut fitting: Vec<_> =
            all.iter().filter(|each| Some(each.id) == id || fold(&each.name) == folded).collect();
        // An older Keydeck may have let names in that are one name now.
        fitting.sort_by_key(|each| each.name != before);
        found.extend(fitting.first().map(|project| (*project, name)));
    }
    let (id, name) = match found.as_slice() {
        [] => {
            let named = typed.split('/').next().unwrap_or_default();
            return Err(missing("project", named, all.into_iter().map(|project| project.name)));
        }
        [(project, name)] => (project.id, *name),
        [(one, _), (other, _), ..] => {
            let text = format!(
                "{typed} may be a key of the project {} or {}; name the project with --project",
                one.name, other.name
            );
            return Err(Failure::usage(text));
        }
    };
    if name.is_empty() {
        return Err(Failure::usage(format!("{typed} has no name of a key after the slash")));
    }
    Ok((id, name.to_owned()))
}

/// A project that was deleted.
pub(super) struct Deleted {
    /// Unique id.
    pub(super) id: ProjectId,
    at: Timestamp,
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
pub(super) async fn deleted(client: &Client, name: &str) -> Result<Vec<Deleted>, Failure> {
    let query = EventQuery { action: Some(Action::ProjectArchived), ..EventQuery::default() };
    let folded = fold(name.trim());
    let events = client.audit_events_all(&query, None).await?;
    let named = events.into_iter().filter(|event| {
        event.detail.get("name").and_then(|name| name.as_str()).is_some_and(|name| fold(name) == folded)
    });
    Ok(named.filter_map(|event| Some(Deleted { id: event.project?, at: event.at })).collect())
}

/// The project with this id or name, deleted or not, or with a former name. Of several, an active one is preferred
/// if `prefer_active` says so.
///
/// # Errors
/// Exit 4 when there is none, exit 5 when there are several.
pub async fn any_project(client: &Client, text: &str, prefer_active: bool) -> Result<ProjectId, Failure> {
    let active = match project(client, text).await {
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
                log::say(&format!("project {} is {described}", text.trim()));
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
fn only_deleted(name: &str, deleted: &[Deleted]) -> Failure {
    let all: Vec<String> = deleted.iter().map(Deleted::described).collect();
    let text = format!(
        "no active project named {}: {}; list projects with `keydeck projects list`",
        name.trim(),
        all.join(", ")
    );
    Failure::new(Exit::NotFound, text)
}
