//! Which keys an earlier dashboard left, as the server has them now.

use super::Unsaved;
use super::asked::{Asked, Asker, Note};
use crate::client::{Client, ClientError, Closed, IdempotencyKeys, Kind};
use crate::wire::audit::EventQuery;
use crate::wire::id::KeyId;
use crate::wire::idempotency::CreatedKind;
use crate::wire::keys::{Key, Status};

/// So many events are asked for at once, and so many times; who left more behind is not looked for further.
const PAGE: u32 = 1000;
const PAGES: u32 = 20;

/// The keys of a server that are active still, and that nobody is known to have stored.
pub(in crate::tui) async fn left(
    unsaved: Unsaved,
    client: &Client,
    server: String,
    asker: Option<Asker>,
) -> Vec<Key> {
    let records = unsaved.clone();
    let read = move || {
        records.sweep();
        (records.left(&server), records.unanswered(&server), server)
    };
    let Ok((ids, unanswered, server)) = tokio::task::spawn_blocking(read).await else { return Vec::new() };
    let mut keys = Vec::new();
    for (asked, note) in unanswered {
        match made(client, &unsaved, &asked, &note, asker.as_ref()).await {
            Ok(made) => keys.extend(resolved(&unsaved, &server, note, made)),
            Err(error) => tracing::warn!(%error, "cannot determine the outcome of a key request"),
        }
    }
    for id in ids {
        match client.key(id).await {
            Ok(key) if key.status != Status::Revoked => keys.push(key),
            Ok(_) => unsaved.forget(id),
            Err(error) if error.kind() == Kind::NotFound => unsaved.forget(id),
            Err(error) => {
                tracing::warn!(key = %id, %error, "cannot look up an unsaved key");
                unsaved.release(id);
            }
        }
    }
    keys
}

/// What came of a request.
enum Made {
    /// A key whose answer was read after all.
    Known,
    /// Keys that nobody is known to have seen; mostly one or none. The client may have made another for one that
    /// it revoked.
    Unknown(Vec<Key>),
    /// The same, and there will be no others: a request that arrives later is refused.
    All(Vec<Key>),
}

async fn made(
    client: &Client,
    unsaved: &Unsaved,
    asked: &Asked,
    note: &Note,
    asker: Option<&Asker>,
) -> Result<Made, ClientError> {
    if let Some(keys) = asker.and_then(|asker| asked.keys(asker))
        && note.is_known()
        && let Some(ids) = created(client, keys).await?
    {
        return unseen(client, unsaved, ids).await.map(Made::All);
    }
    let ids = search(client, asked).await?;
    // One that is noted by itself was seen: its answer was read.
    if asked.is_of_one() && ids.iter().any(|id| unsaved.knows(*id)) {
        return Ok(Made::Known);
    }
    unseen(client, unsaved, ids).await.map(Made::Unknown)
}

/// What a request created, by its idempotency keys, which are closed then. None: the server cannot say.
async fn created(client: &Client, keys: &IdempotencyKeys) -> Result<Option<Vec<KeyId>>, ClientError> {
    let mut ids = Vec::new();
    for key in keys.iter() {
        match client.close_idempotency_key(key).await? {
            Closed::Created(created) if created.kind == CreatedKind::Key => {
                ids.extend(created.id.parse::<KeyId>());
            }
            Closed::Created(_) | Closed::Nothing => {}
            Closed::Unsupported => return Ok(None),
        }
    }
    Ok(Some(ids))
}

/// What a request may have created, by actor, name and time.
async fn search(client: &Client, asked: &Asked) -> Result<Vec<KeyId>, ClientError> {
    let mut query = EventQuery {
        actor: Some(asked.actor().to_owned()),
        action: Some(asked.action()),
        limit: Some(PAGE),
        ..EventQuery::default()
    };
    let mut ids = Vec::new();
    for _ in 0..PAGES {
        let page = client.audit_events(&query).await?;
        ids.extend(page.items.iter().filter_map(|event| asked.made(event)));
        let older = page.items.last().is_none_or(|event| event.seq <= asked.after());
        query.cursor = page.next;
        if older || query.cursor.is_none() {
            break;
        }
    }
    Ok(ids)
}

/// Those of them that work and that are not noted by themselves.
async fn unseen(client: &Client, unsaved: &Unsaved, ids: Vec<KeyId>) -> Result<Vec<Key>, ClientError> {
    let mut keys = Vec::new();
    for id in ids.into_iter().filter(|id| !unsaved.knows(*id)) {
        match client.key(id).await {
            Ok(key) if key.status != Status::Revoked => keys.push(key),
            Ok(_) => {}
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(keys)
}

/// Notes the keys by their ids from now on. Where there is none, the request may still be under way.
fn resolved(unsaved: &Unsaved, server: &str, note: Note, made: Made) -> Vec<Key> {
    let made = match made {
        Made::Known => Vec::new(),
        Made::Unknown(none) if none.is_empty() && note.may_be_under_way() => return none,
        Made::Unknown(keys) | Made::All(keys) => keys,
    };
    let noted = made.iter().try_for_each(|key| unsaved.note(server, key.id));
    match noted {
        Ok(()) => note.forget(),
        Err(error) => tracing::warn!(%error, "a key could not be recorded as unsaved"),
    }
    made
}
