//! Which keys an earlier dashboard left, as the server has them now.

use super::Unstored;
use super::asked::{Asked, Note};
use crate::client::{Client, ClientError, Kind};
use crate::wire::audit::EventQuery;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Status};

/// So many events are asked for at once, and so many times; who left more behind is not looked for further.
const PAGE: u32 = 1000;
const PAGES: u32 = 20;

/// The keys of a server that are active still, and that nobody is known to have stored.
pub(in crate::tui) async fn left(unstored: Unstored, client: &Client, server: String) -> Vec<Key> {
    let records = unstored.clone();
    let read = move || {
        records.sweep();
        (records.left(&server), records.unanswered(&server), server)
    };
    let Ok((ids, unanswered, server)) = tokio::task::spawn_blocking(read).await else { return Vec::new() };
    let mut keys = Vec::new();
    for (asked, note) in unanswered {
        match made(client, &unstored, &asked).await {
            Ok(made) => keys.extend(resolved(&unstored, &server, note, made)),
            Err(error) => tracing::warn!(%error, "what became of a key that was asked for is not known"),
        }
    }
    for id in ids {
        match client.key(id).await {
            Ok(key) if key.status != Status::Revoked => keys.push(key),
            Ok(_) => unstored.forget(id),
            Err(error) if error.kind() == Kind::NotFound => unstored.forget(id),
            Err(error) => {
                tracing::warn!(key = %id, %error, "an unstored key could not be looked at");
                unstored.release(id);
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
}

async fn made(client: &Client, unstored: &Unstored, asked: &Asked) -> Result<Made, ClientError> {
    let mut query = EventQuery {
        actor: Some(asked.actor().to_owned()),
        action: Some(asked.action()),
        limit: Some(PAGE),
        ..EventQuery::default()
    };
    let mut ids: Vec<KeyId> = Vec::new();
    for _ in 0..PAGES {
        let page = client.audit_events(&query).await?;
        ids.extend(page.items.iter().filter_map(|event| asked.made(event)));
        let older = page.items.last().is_none_or(|event| event.seq <= asked.after());
        query.cursor = page.next;
        if older || query.cursor.is_none() {
            break;
        }
    }
    // One that is noted by itself was seen: its answer was read.
    if asked.is_of_one() && ids.iter().any(|id| unstored.knows(*id)) {
        return Ok(Made::Known);
    }
    let mut keys = Vec::new();
    for id in ids.into_iter().filter(|id| !unstored.knows(*id)) {
        match client.key(id).await {
            Ok(key) if key.status != Status::Revoked => keys.push(key),
            Ok(_) => {}
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Made::Unknown(keys))
}

/// Notes the keys by their ids from now on. Where there is none, the request may still be under way.
fn resolved(unstored: &Unstored, server: &str, note: Note, made: Made) -> Vec<Key> {
    let Made::Unknown(made) = made else {
        note.forget();
        return Vec::new();
    };
    if made.is_empty() && note.may_be_under_way() {
        return made;
    }
    let noted = made.iter().try_for_each(|key| unstored.note(server, key.id));
    match noted {
        Ok(()) => note.forget(),
        Err(error) => tracing::warn!(%error, "a key could not be noted as not stored"),
    }
    made
}
