//! API keys.

use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Client;
use super::call::{Answer, Call};
use super::error::ClientError;
use super::pages::gather;
use super::repeat::{First, IdempotencyKeys, Made, UNSEEN, left};
use crate::secret::{MaskedKey, Secret};
use crate::wire::findings::FindingCounts;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::key_groups::{KeyGroupQuery, KeyGroups};
use crate::wire::keys::{
    Caller, CreatedKey, Key, KeyEdit, KeyQuery, KeyReceipt, NewKey, PauseKey, Receipt, RevokeKey, RevokeKeys,
    RevokedKeys, RotateKey, StatusQuery, UsageDay,
};
use crate::wire::page::Page;
use crate::wire::paths;

/// An answer to "unless it is still this".
#[derive(Clone, PartialEq, Debug)]
pub enum Fresh<T> {
    /// It is still that.
    Unchanged,
    /// It is this now; the tag is for the next question.
    Changed(T, Option<String>),
}

impl Client {
    /// A page of keys, filtered and in order.
    pub async fn keys(&self, query: &KeyQuery) -> Result<Page<Key>, ClientError> {
        self.call(Call::get(paths::KEYS).query(query)).await?.json()
    }

    /// The same, unless it is still what had this tag.
    pub async fn keys_unless(
        &self,
        query: &KeyQuery,
        etag: Option<&str>,
    ) -> Result<Fresh<Page<Key>>, ClientError> {
        self.fresh(Call::get(paths::KEYS).query(query), etag).await
    }

    /// What is there, unless it is still what had this tag.
    pub(super) async fn fresh<T: DeserializeOwned>(
        &self,
        call: Call,
        etag: Option<&str>,
    ) -> Result<Fresh<T>, ClientError> {
        let answer = self.call(call.unless(etag)).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(Fresh::Unchanged);
        }
        Ok(Fresh::Changed(answer.json()?, answer.etag))
    }

    /// All keys of a query, page by page, at most `limit`.
    pub async fn keys_all(&self, query: &KeyQuery, limit: Option<usize>) -> Result<Vec<Key>, ClientError> {
        self.keys_listed(query, limit).await.map(|page| page.items)
    }

    /// All keys with this mask, revoked ones too: nearly always one or none.
    pub async fn keys_by_hint(&self, hint: &MaskedKey) -> Result<Vec<Key>, ClientError> {
        let query = KeyQuery {
            status: Some(StatusQuery::All),
            handle: Some(hint.handle().to_owned()),
            last4: Some(hint.last4().to_owned()),
            ..KeyQuery::default()
        };
        let mut found = self.keys_all(&query, None).await?;
        // Handle and last four characters do not tell live keys from test keys.
        found.retain(|key| key.hint == *hint);
        Ok(found)
    }

    /// The same as one page, which says how many there are in all.
    pub async fn keys_listed(
        &self,
        query: &KeyQuery,
        limit: Option<usize>,
    ) -> Result<Page<Key>, ClientError> {
        gather(self.watch.as_ref(), limit, |page| {
            let query = KeyQuery { limit: page.limit, cursor: page.cursor, ..query.clone() };
            async move { self.keys(&query).await }
        })
        .await
    }

    /// Keys by creator, project, status or owner, with counts.
    pub async fn key_groups(&self, query: &KeyGroupQuery) -> Result<KeyGroups, ClientError> {
        self.call(Call::get(paths::KEY_GROUPS).query(query)).await?.json()
    }

    /// One key.
    pub async fn key(&self, id: KeyId) -> Result<Key, ClientError> {
        self.call(Call::get(paths::key(id))).await?.json()
    }

    /// Makes a key. Its secret is in this answer and in no other. One whose answer was lost is revoked, and
    /// another is made: [`Client::make_key`] says so.
    pub async fn create_key(&self, project: ProjectId, key: &NewKey) -> Result<CreatedKey, ClientError> {
        self.make_key(project, key).await.map(|made| made.made)
    }

    /// The same, with what people should know.
    pub async fn make_key(&self, project: ProjectId, key: &NewKey) -> Result<Made<CreatedKey>, ClientError> {
        self.make_key_with(&IdempotencyKeys::generate(), project, key).await
    }

    /// The same, with idempotency keys that the caller has kept.
    pub async fn make_key_with(
        &self,
        keys: &IdempotencyKeys,
        project: ProjectId,
        key: &NewKey,
    ) -> Result<Made<CreatedKey>, ClientError> {
        self.made(&Call::post(paths::project_keys(project)).json(key), keys).await
    }

    /// Changes a key's name, owner or purpose.
    pub async fn edit_key(&self, id: KeyId, edit: &KeyEdit) -> Result<Key, ClientError> {
        self.call(Call::patch(paths::key(id)).json(edit)).await?.json()
    }

    /// Gives a key another name.
    pub async fn rename_key(&self, id: KeyId, name: &str) -> Result<Key, ClientError> {
        self.edit_key(id, &KeyEdit::name(name)).await
    }

    /// Pauses a key. When this answers, no node accepts it until it is resumed.
    pub async fn pause_key(&self, id: KeyId, reason: Option<&str>) -> Result<KeyReceipt, ClientError> {
        let body = PauseKey { reason: reason.map(str::to_owned) };
        self.call(Call::post(paths::key_pause(id)).json(&body)).await?.json()
    }

    /// Resumes a paused key. When this answers, all nodes accept it.
    pub async fn resume_key(&self, id: KeyId) -> Result<KeyReceipt, ClientError> {
        self.call(Call::post(paths::key_resume(id))).await?.json()
    }

    /// Number of keys with each finding.
    pub async fn finding_counts(&self) -> Result<FindingCounts, ClientError> {
        self.call(Call::get(paths::FINDINGS)).await?.json()
    }

    /// Revokes a key for ever. When this answers, no node accepts it any more.
    pub async fn revoke_key(&self, id: KeyId, reason: Option<&str>) -> Result<KeyReceipt, ClientError> {
        let body = RevokeKey { reason: reason.map(str::to_owned) };
        self.call(Call::post(paths::key_revoke(id)).json(&body)).await?.json()
    }

    /// Makes a key's successor, with its secret; the old key stays active. Without a name it gets the old one
    /// with the next free number. A lost answer is recovered from as with [`Client::create_key`].
    pub async fn rotate_key(&self, id: KeyId, name: Option<&str>) -> Result<CreatedKey, ClientError> {
        self.make_successor(id, name).await.map(|made| made.made)
    }

    /// The same, with what people should know.
    pub async fn make_successor(
        &self,
        id: KeyId,
        name: Option<&str>,
    ) -> Result<Made<CreatedKey>, ClientError> {
        self.make_successor_with(&IdempotencyKeys::generate(), id, name).await
    }

    /// The same, with idempotency keys that the caller has kept.
    pub async fn make_successor_with(
        &self,
        keys: &IdempotencyKeys,
        id: KeyId,
        name: Option<&str>,
    ) -> Result<Made<CreatedKey>, ClientError> {
        let body = RotateKey { name: name.map(str::to_owned) };
        self.made(&Call::post(paths::key_rotate(id)).json(&body), keys).await
    }

    async fn made(&self, call: &Call, keys: &IdempotencyKeys) -> Result<Made<CreatedKey>, ClientError> {
        let (unseen, lost) = match self.first(call, keys).await? {
            First::Made(answer) => return Ok(Made { made: created(&answer)?, notice: None }),
            First::Unseen(answer, lost) => (answer.json::<Unseen>()?.key, lost),
        };
        let unseen_key = format!("the key {}", unseen.hint);
        if let Err(refused) = self.revoke_key(unseen.id, Some(UNSEEN)).await {
            return Err(left(&unseen_key, lost, &refused));
        }
        let (answer, notice) = self.another(call, keys, &unseen_key).await?;
        Ok(Made { made: created(&answer)?, notice: Some(notice) })
    }

    /// Revokes many keys at once. When this answers, no node accepts any of those that are revoked.
    pub async fn revoke_keys(&self, body: &RevokeKeys) -> Result<RevokedKeys, ClientError> {
        self.call(Call::post(paths::KEYS_REVOKE).json(body)).await?.json()
    }

    /// Revokes the key that this client carries, over [`Transport::edge`](super::Transport::edge). When this answers,
    /// no node accepts it any more.
    pub async fn revoke_itself(&self) -> Result<Receipt, ClientError> {
        self.call(Call::post(paths::REVOKE)).await?.json()
    }

    /// A key's use on each of the last `days` days (1–90).
    pub async fn key_usage(&self, id: KeyId, days: u32) -> Result<Vec<UsageDay>, ClientError> {
        let query = serde_json::json!({ "days": days });
        self.call(Call::get(paths::key_usage(id)).query(&query)).await?.json()
    }

    /// A key's callers, latest first.
    pub async fn key_callers(&self, id: KeyId) -> Result<Vec<Caller>, ClientError> {
        self.call(Call::get(paths::key_callers(id))).await?.json()
    }
}

fn created(answer: &Answer) -> Result<CreatedKey, ClientError> {
    // Borrowed from memory that is wiped, so that no copy of the secret is left behind.
    let created: Created<'_> = answer.parsed()?;
    let secret = Secret::parse(created.secret).map_err(|_| answer.not_keydeck())?;
    Ok(CreatedKey { key: created.key, secret })
}

#[derive(Deserialize)]
struct Unseen {
    key: Key,
}

#[derive(Deserialize)]
struct Created<'a> {
    key: Key,
    secret: &'a str,
}
