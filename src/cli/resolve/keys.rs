//! Keys by id, `project/name` or mask; on standard input a whole key too.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::missing::missing;
use super::{day, prefer, projects, several};
use crate::cli::args::KeyArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::prompt;
use crate::cli::runtime::blocking;
use crate::cli::scan::keys_in_text;
use crate::client::Client;
use crate::encoding::Wide;
use crate::files;
use crate::secret::{Kind, MaskedKey, Secret};
use crate::wire::filter::whole_mask;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyQuery, Status, StatusQuery};
use crate::wire::text::{self, fold};

/// The project in which a key is looked for: its name alone is then enough, and any other key is refused.
#[derive(Clone, Debug)]
pub struct Within {
    /// Unique id.
    pub id: ProjectId,
    typed: String,
}

impl Within {
    /// The project of `--project`, if it was given. A deleted one has keys, too.
    ///
    /// # Errors
    /// Exit 4 when there is none, exit 5 when there are several.
    pub async fn of(client: &Client, project: Option<&str>) -> Result<Option<Within>, Failure> {
        Ok(match project {
            Some(text) => Some(Within::new(projects::any_project(client, text, true).await?, text)),
            None => None,
        })
    }

    /// A project that is known, and how it was typed.
    pub fn new(id: ProjectId, typed: &str) -> Within {
        Within { id, typed: typed.trim().to_owned() }
    }

    /// Refuses a key of another project.
    fn check(&self, key: &Key) -> Result<(), Failure> {
        if key.project_id == self.id {
            return Ok(());
        }
        let text =
            format!("{} is not a key of the project {}; leave out --project", key.full_name(), self.typed);
        Err(Failure::usage(text))
    }

    /// The key of this project with this name.
    async fn key(&self, client: &Client, name: &str, prefer_active: bool) -> Result<Option<Key>, Failure> {
        let mut found = keys_called(client, self.id, name).await?;
        if prefer_active && let Some(at) = found.iter().position(|key| key.status != Status::Revoked) {
            return Ok(Some(found.swap_remove(at)));
        }
        prefer(&mut found, |key| key.name == name.trim());
        if found.is_empty() {
            return Ok(None);
        }
        only(&format!("{}/{}", self.typed, name.trim()), found).map(Some)
    }
}

/// The key meant by an id, `project/name` or a mask; `-` reads one of these or a whole key.
///
/// # Errors
/// Exit 4 when there is none, exit 5 when several fit, exit 2 when the text can be none of these, or the key is not in
/// the project.
pub async fn key(client: &Client, args: &KeyArgs) -> Result<Key, Failure> {
    let within = Within::of(client, args.project.as_deref()).await?;
    Ok(found(client, &args.key, within.as_ref(), true).await?.key)
}

/// The same where the past counts: of several keys with a name the active one is not preferred.
///
/// # Errors
/// As of [`key`].
pub async fn any_key(client: &Client, text: &str, within: Option<&Within>) -> Result<Key, Failure> {
    Ok(found(client, text, within, false).await?.key)
}

/// The same for several keys: `-` also reads ids, one per line, such as `keydeck keys list --ids` prints.
///
/// # Errors
/// As of [`key`].
pub async fn keys(client: &Client, text: &str, within: Option<&Within>) -> Result<Vec<Found>, Failure> {
    if text != "-" {
        return Ok(vec![checked(client, text, within, true).await?]);
    }
    let given = given().await?;
    let found: Vec<Found> = match ids(&given) {
        Some(ids) => by_ids(client, &ids).await?.into_iter().map(Found::itself).collect(),
        None => vec![read(client, &given, within, true).await?],
    };
    if let Some(within) = within {
        found.iter().try_for_each(|found| within.check(&found.key))?;
    }
    Ok(found)
}

/// A key, and by what it was found.
pub struct Found {
    /// The key.
    pub key: Key,
    /// By what.
    pub by: By,
}

/// By what a key was found. A name can belong to another key tomorrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// An id, a masked key or a whole key.
    Itself,
    /// `project/name`.
    ProjectAndName,
    /// A name in any project.
    Name,
}

impl Found {
    fn itself(key: Key) -> Found {
        Found { key, by: By::Itself }
    }
}

/// Two or more ids, one per line and nothing else.
fn ids(given: &[u8]) -> Option<Vec<KeyId>> {
    let lines = files::text(given).ok()?.lines().map(str::trim).filter(|line| !line.is_empty());
    let ids: Vec<KeyId> = lines.map(str::parse).collect::<Result<_, _>>().ok()?;
    (ids.len() > 1).then_some(ids)
}

async fn by_ids(client: &Client, ids: &[KeyId]) -> Result<Vec<Key>, Failure> {
    /// From here on one list is cheaper than a call for each.
    const FEW: usize = 20;
    if ids.len() <= FEW {
        let mut keys = Vec::with_capacity(ids.len());
        for id in ids {
            keys.push(client.key(*id).await?);
        }
        return Ok(keys);
    }
    let query = KeyQuery { status: Some(StatusQuery::All), ..KeyQuery::default() };
    let all: HashMap<KeyId, Key> =
        client.keys_all(&query, None).await?.into_iter().map(|key| (key.id, key)).collect();
    let key = |id: &KeyId| {
        let missing = || Failure::new(Exit::NotFound, format!("key {id} not found"));
        all.get(id).cloned().ok_or_else(missing)
    };
    ids.iter().map(key).collect()
}

async fn found(
    client: &Client,
    text: &str,
    within: Option<&Within>,
    prefer_active: bool,
) -> Result<Found, Failure> {
    if text != "-" {
        return checked(client, text, within, prefer_active).await;
    }
    let found = read(client, &given().await?, within, prefer_active).await?;
    within.map_or(Ok(()), |within| within.check(&found.key)).map(|()| found)
}

/// The key with this id, name or mask, in the project if one is given.
async fn checked(
    client: &Client,
    text: &str,
    within: Option<&Within>,
    prefer_active: bool,
) -> Result<Found, Failure> {
    let found = named(client, text, within, prefer_active).await?;
    within.map_or(Ok(()), |within| within.check(&found.key)).map(|()| found)
}

async fn given() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let question = "Key (id, project/name, masked key or whole key; hidden):";
    blocking(move || prompt::ask_bytes(question, INPUT_MAX)).await
}

/// The one key in what standard input holds.
async fn read(
    client: &Client,
    given: &[u8],
    within: Option<&Within>,
    prefer_active: bool,
) -> Result<Found, Failure> {
    let bad = |what: &str| Failure::usage(format!("standard input: {what}; expected one key"));
    // Another encoding is named: who pastes a key there should know what they keep.
    let text = match files::text(given) {
        Err(what) if Wide::of(given).is_some() => return Err(bad(what)),
        text => text,
    };
    // The whole key goes nowhere: handle and last four find it. It may stand in a line of a log.
    let found: Vec<MaskedKey> = keys_in_text(given).iter().map(Secret::hint).collect();
    if let [hint] = found[..] {
        return by_hint(client, &hint).await.map(Found::itself);
    }
    if !found.is_empty() {
        let masks: Vec<String> = found.iter().map(MaskedKey::to_string).collect();
        let text = format!(
            "standard input contains {} different keys: {}; pass one of these masked keys",
            masks.len(),
            masks.join(", ")
        );
        return Err(Failure::new(Exit::Conflict, text));
    }
    let text = text.map_err(bad)?.trim();
    match text.lines().count() {
        0 => Err(Failure::usage("standard input is empty; expected a key")),
        1 => named(client, text, within, prefer_active).await,
        lines => Err(bad(&format!("it has {lines} lines and no whole key"))),
    }
}

/// The most that is looked through for a key.
const INPUT_MAX: u64 = 16 << 20;

async fn named(
    client: &Client,
    text: &str,
    within: Option<&Within>,
    prefer_active: bool,
) -> Result<Found, Failure> {
    if let Ok(id) = text.parse::<KeyId>() {
        return Ok(Found::itself(client.key(id).await?));
    }
    if let Some(hint) = hint(text) {
        return by_hint(client, &hint).await.map(Found::itself);
    }
    // In a line of a log, say.
    if text.contains(char::is_whitespace) {
        let words = text.split(|c: char| !in_mask(c)).map(|word| word.trim_end_matches('.'));
        let mut masks: Vec<MaskedKey> = words.filter_map(hint).collect();
        masks.dedup();
        match &masks[..] {
            [] => {}
            [hint] => return by_hint(client, hint).await.map(Found::itself),
            many => {
                let many: Vec<String> = many.iter().map(MaskedKey::to_string).collect();
                let text = format!("{} masked keys: {}; pass one of them", many.len(), many.join(", "));
                return Err(Failure::new(Exit::Conflict, text));
            }
        }
    }
    if Kind::ALL.into_iter().any(|kind| text.starts_with(kind.prefix())) {
        return Err(Failure::usage("not a valid key: a character is missing or mistyped"));
    }
    if let Some(within) = within {
        // A name may hold slashes.
        if let Some(key) = within.key(client, text, prefer_active).await? {
            return Ok(Found { key, by: By::ProjectAndName });
        }
        if !text.contains('/') {
            let names = names(client).await.unwrap_or_default();
            let names = names.into_iter().filter(|(project, _)| fold(project) == fold(&within.typed));
            return Err(missing(
                "key",
                &format!("{}/{text}", within.typed),
                names.map(|(project, name)| format!("{project}/{name}")),
            ));
        }
    }
    if text.contains('/') {
        let key = by_name(client, text, prefer_active).await?;
        return Ok(Found { key, by: By::ProjectAndName });
    }
    if let Some(found) = by_bare_name(client, text).await? {
        return Ok(Found { key: found?, by: By::Name });
    }
    // A name that no key ever had, or nothing that could be one.
    match text::name(text) {
        Ok(name) if !name.starts_with(KeyId::PREFIX) => {
            let names = names(client).await.unwrap_or_default();
            Err(missing("key", &name, names.into_iter().map(|(_, name)| name)))
        }
        _ => Err(Failure::usage(
            "invalid key; expected an id (key_…), project/name, a masked key, or - for standard input",
        )),
    }
}

/// The key of any project that has this name, where only one is not revoked; where all are, the one that had it.
async fn by_bare_name(client: &Client, name: &str) -> Result<Option<Result<Key, Failure>>, Failure> {
    let Ok(written) = text::name(name) else { return Ok(None) };
    let folded = fold(&written);
    let query = KeyQuery {
        filter: format!("name:\"{}\"", folded.replace('"', "\"\"")),
        status: Some(StatusQuery::All),
        ..KeyQuery::default()
    };
    let mut keys = client.keys_all(&query, None).await?;
    keys.retain(|key| fold(&key.name) == folded);
    let any_active = keys.iter().any(|key| key.status != Status::Revoked);
    prefer(&mut keys, |key| key.status != Status::Revoked);
    prefer(&mut keys, |key| key.name == written);
    if !any_active && keys.len() > 1 {
        return Ok(Some(Err(several_keys(&written, &keys))));
    }
    Ok(match keys.len() {
        0 => None,
        1 => keys.pop().map(Ok),
        _ => {
            let mut names: Vec<String> = keys.iter().map(Key::full_name).collect();
            names.sort_unstable();
            let count = names.len();
            names.truncate(10);
            let more =
                if count > names.len() { format!(" or {} more", count - names.len()) } else { String::new() };
            let text = format!("{count} keys are named {written}; use one of {}{more}", names.join(", "));
            Some(Err(Failure::new(Exit::Conflict, text)))
        }
    })
}

/// A masked key, whole or as it stands where there is little room.
pub(super) fn hint(text: &str) -> Option<MaskedKey> {
    let whole = whole_mask(text.to_owned());
    let whole = if whole.starts_with("redir_") { whole } else { format!("redir_{whole}") };
    whole.parse().ok()
}

/// Whether a masked key, whole or short, may contain this character.
fn in_mask(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '*' | '.' | '…' | '~')
}

async fn by_hint(client: &Client, hint: &MaskedKey) -> Result<Key, Failure> {
    if hint.kind() == Kind::Management {
        return Err(Failure::usage("this is a management token; see `keydeck tokens`"));
    }
    only(&hint.to_string(), client.keys_by_hint(hint).await?)
}

/// Names may hold slashes, so each one may be the one between project and key.
async fn by_name(client: &Client, named: &str, prefer_active: bool) -> Result<Key, Failure> {
    let projects = client.projects_all(None).await?;
    let (mut found, mut known) = (Vec::new(), false);
    // Deleted projects are asked for where no other has the key, or where the past counts.
    for deleted in [false, true] {
        if deleted && prefer_active && !found.is_empty() {
            break;
        }
        for (at, _) in named.match_indices('/') {
            let (project, name) = (named[..at].trim(), named[at + 1..].trim());
            let ids: Vec<ProjectId> = match (project.parse::<ProjectId>(), deleted) {
                (Ok(id), false) => vec![id],
                (Ok(_), true) => Vec::new(),
                (Err(_), false) => {
                    let folded = fold(project);
                    let mut active: Vec<_> =
                        projects.iter().filter(|each| fold(&each.name) == folded).collect();
                    // An older Keydeck may have let names in that are one name now.
                    prefer(&mut active, |each| each.name == project);
                    active.into_iter().map(|project| project.id).collect()
                }
                (Err(_), true) => {
                    projects::deleted(client, project).await?.into_iter().map(|project| project.id).collect()
                }
            };
            known |= !ids.is_empty();
            for id in ids {
                found.extend(keys_called(client, id, name).await?);
            }
        }
    }
    if !known {
        let project = named.split_once('/').map_or(named, |(project, _)| project);
        return Err(missing("project", project, projects.into_iter().map(|project| project.name)));
    }
    if found.is_empty() {
        let names = names(client).await.unwrap_or_default();
        return Err(missing(
            "key",
            named,
            names.into_iter().map(|(project, name)| format!("{project}/{name}")),
        ));
    }
    // A name is unique among active keys; revoked ones of that name step back.
    if prefer_active && let Some(at) = found.iter().position(|key| key.status != Status::Revoked) {
        return Ok(found.swap_remove(at));
    }
    prefer(&mut found, |key| named.rsplit('/').next().is_some_and(|name| name.trim() == key.name));
    only(named, found)
}

/// The keys of a project with this name, revoked ones too.
async fn keys_called(client: &Client, project: ProjectId, name: &str) -> Result<Vec<Key>, Failure> {
    // No key has such a name: nobody need be asked.
    let Ok(written) = text::name(name) else { return Ok(Vec::new()) };
    let name = fold(&written);
    let query = KeyQuery {
        project: Some(project),
        status: Some(StatusQuery::All),
        // The server narrows it down; a quote cannot be written in the filter language.
        filter: if name.contains('"') { String::new() } else { format!("name:\"{name}\"") },
        ..KeyQuery::default()
    };
    let mut keys = client.keys_all(&query, None).await?;
    keys.retain(|key| fold(&key.name) == name);
    // Two active keys have it where an older Keydeck told their names apart: then the one that is written so is meant.
    let active = |key: &Key| key.status != Status::Revoked;
    if keys.iter().filter(|key| active(key)).count() > 1 && keys.iter().any(|key| key.name == written) {
        keys.retain(|key| !active(key) || key.name == written);
    }
    Ok(keys)
}

/// The names of some thousand keys with their projects: enough to recognise a mistyped one.
async fn names(client: &Client) -> Result<Vec<(String, String)>, Failure> {
    const ENOUGH: usize = 2000;
    let keys = client.keys_listed(&KeyQuery::default(), Some(ENOUGH)).await?.items;
    Ok(keys.into_iter().map(|key| (key.project_name.to_string(), key.name)).collect())
}

fn only(named: &str, mut found: Vec<Key>) -> Result<Key, Failure> {
    match (found.pop(), found.len()) {
        (None, _) => Err(missing("key", named, [])),
        (Some(key), 0) => Ok(key),
        (Some(key), _) => {
            found.push(key);
            Err(several_keys(named, &found))
        }
    }
}

/// Several keys match, and nothing tells which one is meant.
fn several_keys(text: &str, keys: &[Key]) -> Failure {
    let described = |key: &Key| match (key.status, key.revoked_at) {
        (Status::Active, _) => format!("{} (active, {})", key.id, key.hint),
        (_, Some(at)) => format!("{} (revoked {}, {})", key.id, day(at), key.hint),
        (_, None) => format!("{} ({})", key.id, key.hint),
    };
    several("keys", text, &keys.iter().map(described).collect::<Vec<_>>())
}
