//! What edge nodes read.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::{Connection as _, Error};

use super::fail::fail;
use super::filter::{mode_of, status_of};
use super::nodes::hash_at;
use super::statement::{Columns as _, Sql, damaged};
use super::{Dialect, SqlStore};
use crate::secret::{ALGORITHM_SHA256, Hash, MaskedKey};
use crate::store::changes::Changes;
use crate::store::lease;
use crate::store::{Change, ChangeKind, Follow, Result, StoreError, Verifier};
use crate::wire::audit::{Action, Head};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Mode, Status};

const VERIFIER: &str =
    "select id, project_id, mode, handle, last4, algorithm, salt, digest, status, paused_at from api_keys";

#[async_trait]
impl Follow for SqlStore {
    async fn changes_after(&self, revision: u64, limit: u32) -> Result<Vec<Change>> {
        let rows = sqlx::query(
            "select seq, action, project_id, key_id, body, hash from audit_events where seq > $1 order by seq limit $2",
        )
        .bind(i64::try_from(revision).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.read)
        .await
        .map_err(fail)?;
        rows.iter().map(change).collect()
    }

    async fn verifiers(&self, after: Option<KeyId>, limit: u32, at: &Head) -> Result<Vec<Verifier>> {
        let mut sql = Sql::new(VERIFIER);
        sql.push(" where id > ").arg(after.map(|id| id.to_string()).unwrap_or_default());
        sql.push(" order by id limit ").arg(i64::from(limit));
        self.rows_at(&sql, at).await?.iter().map(decode).collect()
    }

    async fn verifiers_of(&self, ids: &[KeyId], at: &Head) -> Result<Vec<Verifier>> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let mut sql = Sql::new(VERIFIER);
        sql.push(" where id in ").texts(self.dialect, &ids);
        self.rows_at(&sql, at).await?.iter().map(decode).collect()
    }

    async fn live_versions(&self) -> Result<Vec<(ProjectId, u32)>> {
        let rows = sqlx::query("select id, live_version from projects where live_version > 0 order by id")
            .fetch_all(&self.read)
            .await
            .map_err(fail)?;
        rows.iter()
            .map(|row| {
                let version = u32::try_from(row.int("live_version")?).map_err(|_| damaged("live_version"))?;
                Ok((row.parsed("id")?, version))
            })
            .collect()
    }

    fn changes(&self) -> &Arc<Changes> {
        &self.changes
    }

    fn tells_all(&self) -> bool {
        // One process owns a SQLite file.
        self.dialect == Dialect::Sqlite && !self.unheard.load(Ordering::Acquire)
    }

    fn standing(&self) -> Result<()> {
        if let Some(unfit) = self.shared.as_ref().and_then(|tables| tables.unfit.get()) {
            return Err((*unfit).into());
        }
        self.check_file(false)
    }
}

impl SqlStore {
    /// The rows of a statement, read from a server that contains `at`. After a failover a connection may still lead to
    /// the server that was replaced: it answers, and knows nothing of what was revoked since.
    async fn rows_at(&self, sql: &Sql, at: &Head) -> Result<Vec<AnyRow>> {
        if self.shared.is_none() {
            return sql.rows(&self.read).await;
        }
        let mut db = self.read.acquire().await.map_err(fail)?;
        let mut tx = db.begin_with(self.dialect.begin_snapshot()).await.map_err(fail)?;
        let there = hash_at(&mut tx, at.seq).await?;
        if lease::continues(there.as_deref(), at) {
            let rows = sql.rows(&mut *tx).await?;
            tx.rollback().await.map_err(fail)?;
            return Ok(rows);
        }
        drop(tx);
        // The next one may lead to another server.
        let _ = db.close().await;
        let text = format!("the server that answered does not contain revision {}", at.seq);
        Err(StoreError::Unavailable(Error::Protocol(text)))
    }
}

/// The link of an event to the one before it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    previous_hash: String,
}

fn change(row: &AnyRow) -> Result<Change> {
    let body = row.text("body")?;
    let link: Link = serde_json::from_str(&body).map_err(|_| damaged("body"))?;
    let kind = kind(row)?;
    Ok(Change {
        revision: row.count("seq")?,
        hash: row.text("hash")?,
        previous_hash: link.previous_hash,
        kind,
    })
}

/// Whatever key or project an event names is loaded again, whatever the action: a newer Keydeck has others.
fn kind(row: &AnyRow) -> Result<ChangeKind> {
    let (key, project) = (row.text("key_id")?, row.text("project_id")?);
    Ok(if !key.is_empty() {
        ChangeKind::Key(row.parsed("key_id")?)
    } else if row.text("action")? == Action::RulesDeployed.as_str() {
        ChangeKind::Deployed(row.parsed("project_id")?)
    } else if !project.is_empty() {
        ChangeKind::Project(row.parsed("project_id")?)
    } else {
        ChangeKind::Other
    })
}

fn decode(row: &AnyRow) -> Result<Verifier> {
    let (mode, status) = (mode_of(row.int("mode")?), status_of(row.int("status")?, row.int("paused_at")?));
    let known = row.int("algorithm")? == ALGORITHM_SHA256;
    // What this program does not know, a newer one has written: such a key is refused, and the others serve on.
    let hash =
        if known { Hash { salt: row.bytes("salt")?, digest: row.bytes("digest")? } } else { Hash::DUMMY };
    Ok(Verifier {
        id: row.parsed("id")?,
        project: row.parsed("project_id")?,
        hint: MaskedKey::new(mode.kind(), &row.text("handle")?, &row.text("last4")?)
            .map_err(|_| damaged("handle"))?,
        hash,
        active: status == Status::Active && known && !matches!(mode, Mode::Other(_)),
        paused: status == Status::Paused,
        revoked: status == Status::Revoked,
    })
}
