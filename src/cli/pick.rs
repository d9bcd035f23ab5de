//! Which project or key is meant, and lists whole.

use super::exit::{Exit, Failure};
use super::{command, reveal};
use crate::client::Client;
use crate::secret::{Hint, Kind, Secret};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyQuery, Status, StatusQuery};
use crate::wire::page::Page;
use crate::wire::text::{self, fold};

/// A list as the API writes it, cut to `most` rows. One more than these was asked for, so that `more` is
/// true when rows were left out.
pub fn page<T>(mut items: Vec<T>, most: Option<usize>) -> Page<T> {
    let most = most.unwrap_or(usize::MAX);
    let more = items.len() > most;
    items.truncate(most);
    Page { total: items.len() as u64, items, next: None, more }
}

/// How many rows to ask for, to know whether there are more than `most`.
pub fn one_more(most: Option<usize>) -> Option<usize> {
    most.map(|most| most.saturating_add(1))
}

/// The project with this id or name.
///
/// # Errors
/// Exit 4 when there is none.
pub async fn project(client: &Client, text: &str) -> Result<ProjectId, Failure> {
    if let Ok(id) = text.parse() {
        // Archived ones are answered for too.
        return Ok(client.project(id).await?.id);
    }
    let name = fold(text.trim());
    let found = client.projects_all(None).await?.into_iter().find(|project| fold(&project.name) == name);
    found.map(|project| project.id).ok_or_else(|| {
        Failure::new(Exit::NotFound, "no such project; `keydeck projects list` names them all")
    })
}

/// The key meant by an id, `project/name` or a mask; `-` reads one of these or a whole key.
///
/// # Errors
/// Exit 4 when there is none, exit 5 when several fit, exit 2 when the text is none of these.
pub async fn key(client: &Client, text: &str) -> Result<Key, Failure> {
    if text != "-" {
        return named(client, text).await;
    }
    let asked = command::aside(|| reveal::ask("Key (id, project/name, mask or the whole key; not shown):"));
    let asked = asked.await?;
    match Secret::parse(&asked) {
        // The whole key goes nowhere: handle and last four find it.
        Ok(secret) => by_hint(client, &secret.hint()).await,
        Err(_) => named(client, &asked).await,
    }
}

async fn named(client: &Client, text: &str) -> Result<Key, Failure> {
    if let Ok(id) = text.parse::<KeyId>() {
        return Ok(client.key(id).await?);
    }
    if let Ok(hint) = text.parse::<Hint>() {
        return by_hint(client, &hint).await;
    }
    if Kind::ALL.into_iter().any(|kind| text.starts_with(kind.prefix())) {
        return Err(Failure::usage(
            "that is neither a mask nor a whole key: a character is missing or mistyped",
        ));
    }
    if text.contains('/') {
        return by_name(client, text).await;
    }
    Err(Failure::usage("a key is named by its id (key_…), project/name, its mask, or - for standard input"))
}

async fn by_hint(client: &Client, hint: &Hint) -> Result<Key, Failure> {
    if hint.kind() == Kind::Management {
        return Err(Failure::usage("that is a management token; see `keydeck tokens`"));
    }
    only(all_by_hint(client, hint).await?)
}

/// All keys with this mask, revoked ones too: nearly always one or none.
///
/// # Errors
/// When the server cannot be asked.
pub async fn all_by_hint(client: &Client, hint: &Hint) -> Result<Vec<Key>, Failure> {
    let query = KeyQuery {
        status: Some(StatusQuery::All),
        handle: Some(hint.handle().to_owned()),
        last4: Some(hint.last4().to_owned()),
        ..KeyQuery::default()
    };
    let mut found = client.keys_all(&query, None).await?;
    found.retain(|key| key.hint == *hint);
    Ok(found)
}

/// Names may hold slashes, so each one may be the one between project and key.
async fn by_name(client: &Client, named: &str) -> Result<Key, Failure> {
    let projects = client.projects_all(None).await?;
    let mut found = Vec::new();
    let mut known = false;
    for (at, _) in named.match_indices('/') {
        let (project, name) = (named[..at].trim(), named[at + 1..].trim());
        let id = project.parse::<ProjectId>().ok();
        let folded = fold(project);
        let Some(project) = projects.iter().find(|each| Some(each.id) == id || fold(&each.name) == folded)
        else {
            continue;
        };
        known = true;
        // No key has such a name: nobody need be asked.
        let Ok(name) = text::name(name) else { continue };
        let name = fold(&name);
        let query = KeyQuery {
            project: Some(project.id),
            status: Some(StatusQuery::All),
            // The server narrows it down; a quote cannot be written in the filter language.
            filter: if name.contains('"') { String::new() } else { format!("name:\"{name}\"") },
            ..KeyQuery::default()
        };
        let keys = client.keys_all(&query, None).await?;
        found.extend(keys.into_iter().filter(|key| fold(&key.name) == name));
    }
    if !known {
        return Err(Failure::new(
            Exit::NotFound,
            "no such project before the slash; `keydeck projects list` names them all",
        ));
    }
    // A name is unique among active keys; revoked ones of that name step back.
    if let Some(at) = found.iter().position(|key| key.status == Status::Active) {
        let active = found.swap_remove(at);
        found.retain(|key| key.status == Status::Active);
        found.push(active);
    }
    only(found)
}

fn only(mut found: Vec<Key>) -> Result<Key, Failure> {
    match (found.pop(), found.len()) {
        (None, _) => {
            Err(Failure::new(Exit::NotFound, "no such key; `keydeck keys list --status all` names them all"))
        }
        (Some(key), 0) => Ok(key),
        (Some(key), _) => {
            found.push(key);
            let ids: Vec<String> = found.iter().map(|key| key.id.to_string()).collect();
            Err(Failure::new(
                Exit::Conflict,
                format!("several keys fit: name one by its id, {}", ids.join(" or ")),
            ))
        }
    }
}
