//! Guided rotations. Kept is that one was started and how it ended; how far it is follows from the uses of both keys.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::callers::callers;
use super::fail::fail;
use super::statement::{Columns as _, Sql, damaged};
use super::write::{Entry, Write};
use crate::store::{By, Keys as _, Result, Rotations, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, Status, USAGE_PRECISION, unusually_late};
use crate::wire::rotations::{Progress, Rotation, RotationState};
use crate::wire::time::Timestamp;

const UNDER_WAY: i64 = 0;
const DONE: i64 = 1;
const CANCELLED: i64 = 2;

#[async_trait]
impl Rotations for SqlStore {
    async fn start_rotation(
        &self,
        by: &By,
        id: KeyId,
        quiet_seconds: Option<u32>,
    ) -> Result<Written<Rotation>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            let (key, _) = write.read_key(id).await?;
            if key.status == Status::Revoked {
                return Err(StoreError::KeyRevoked);
            }
            let before = row(write.db(), id).await?.filter(|row| row.state == UNDER_WAY);
            let quiet = quiet_seconds.unwrap_or_else(|| {
                before.as_ref().map_or(self.thresholds.quiet_seconds, |before| before.quiet_seconds)
            });
            if let Some(before) = before.as_ref().filter(|before| before.quiet_seconds == quiet) {
                let rotation = read(write.db(), &key, before, by.now).await?;
                return write.unchanged(rotation, before.changed_seq).await;
            }
            let seq = write.seq();
            let mut sql = Sql::new("");
            if before.is_some() {
                sql.push("update key_rotations set quiet_seconds = ").arg(i64::from(quiet));
                sql.push(", changed_seq = ").arg(seq).push(" where key_id = ").arg(id.to_string());
            } else {
                let mut old = Sql::new("delete from key_rotations where key_id = ");
                old.arg(id.to_string()).once(write.db()).await?;
                sql.push(
                    "insert into key_rotations (key_id, state, quiet_seconds, started_at, started_by, ended_at, \
                     ended_by, changed_seq) values (",
                );
                sql.arg(id.to_string()).push(", 0, ").arg(i64::from(quiet)).push(", ").arg(by.now.millis());
                sql.push(", ").arg(by.actor.as_str()).push(", 0, '', ").arg(seq).push(")");
            }
            sql.once(write.db()).await?;
            let detail = json!({ "name": key.name, "hint": key.hint.to_string(), "quietSeconds": quiet });
            write.append(Action::RotationStarted, Some(key.project_id), Some(id), detail).await?;
            let started = row(write.db(), id).await?.ok_or_else(|| damaged("key_rotations"))?;
            let rotation = read(write.db(), &key, &started, by.now).await?;
            write.commit(rotation).await
        })
        .await
    }

    async fn cancel_rotation(&self, by: &By, id: KeyId) -> Result<Written<Rotation>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            let (key, _) = write.read_key(id).await?;
            let found = row(write.db(), id).await?.ok_or(StoreError::NotFound("guided rotation"))?;
            if found.state != UNDER_WAY {
                let rotation = read(write.db(), &key, &found, by.now).await?;
                return write.unchanged(rotation, found.changed_seq).await;
            }
            let mut sql = Sql::new("update key_rotations set state = ");
            sql.arg(CANCELLED).push(", ended_at = ").arg(by.now.millis());
            sql.push(", ended_by = ").arg(by.actor.as_str()).push(", changed_seq = ").arg(write.seq());
            sql.push(" where key_id = ").arg(id.to_string()).once(write.db()).await?;
            let detail = json!({ "name": key.name, "hint": key.hint.to_string() });
            write.append(Action::RotationCancelled, Some(key.project_id), Some(id), detail).await?;
            let cancelled = row(write.db(), id).await?.ok_or_else(|| damaged("key_rotations"))?;
            let rotation = read(write.db(), &key, &cancelled, by.now).await?;
            write.commit(rotation).await
        })
        .await
    }

    async fn rotation(&self, id: KeyId, now: Timestamp) -> Result<Rotation> {
        let key = self.key(id, now, 0).await?;
        let mut db = self.read.acquire().await.map_err(fail)?;
        let found = row(&mut db, id).await?.ok_or(StoreError::NotFound("guided rotation"))?;
        read(&mut db, &key, &found, now).await
    }
}

/// Ends the guided rotations of keys that are about to be revoked in this transaction, an event each.
pub(super) async fn finish(write: &mut Write<'_>, keys: &[(KeyId, ProjectId, &str)]) -> Result<()> {
    let mut ended = Vec::new();
    for keys in keys.chunks(write.rows()) {
        let mut sql = Sql::new("select key_id from key_rotations where state = ");
        sql.arg(UNDER_WAY).push(" and key_id in ").list(keys.iter().map(|(id, ..)| id.to_string()));
        for row in sql.push(" order by key_id").rows_once(write.db()).await? {
            let id: KeyId = row.parsed("key_id")?;
            ended.extend(keys.iter().find(|(of, ..)| *of == id).copied());
        }
    }
    if ended.is_empty() {
        return Ok(());
    }
    let (now, actor, seq) = (write.by().now.millis(), write.by().actor.clone(), write.seq());
    for ended in ended.chunks(write.rows()) {
        let mut sql = Sql::new("update key_rotations set state = ");
        sql.arg(DONE).push(", ended_at = ").arg(now).push(", ended_by = ").arg(actor.as_str());
        sql.push(", changed_seq = ").arg(seq).push(" where key_id in ");
        sql.list(ended.iter().map(|(id, ..)| id.to_string())).once(write.db()).await?;
    }
    let entries = ended.into_iter().map(|(id, project, name)| Entry {
        action: Action::RotationFinished,
        project: Some(project),
        key: Some(id),
        detail: json!({ "name": name }),
    });
    write.append_all(entries.collect()).await
}

/// What is kept of a rotation.
struct Row {
    state: i64,
    quiet_seconds: u32,
    started_at: Timestamp,
    started_by: String,
    ended_at: Option<Timestamp>,
    ended_by: String,
    changed_seq: u64,
}

async fn row(db: &mut AnyConnection, id: KeyId) -> Result<Option<Row>> {
    let mut sql = Sql::new("select * from key_rotations where key_id = ");
    let rows = sql.arg(id.to_string()).rows(db).await?;
    let decode = |row: &AnyRow| {
        Ok(Row {
            state: row.int("state")?,
            quiet_seconds: u32::try_from(row.int("quiet_seconds")?).map_err(|_| damaged("quiet_seconds"))?,
            started_at: row.time("started_at")?,
            started_by: row.text("started_by")?,
            ended_at: row.some_time("ended_at")?,
            ended_by: row.text("ended_by")?,
            changed_seq: row.count("changed_seq")?,
        })
    };
    rows.first().map(decode).transpose()
}

/// How far the rotation of a key is.
async fn read(db: &mut AnyConnection, key: &Key, row: &Row, now: Timestamp) -> Result<Rotation> {
    // The newest by the audit log: a clock may have been set back meanwhile. That it replaces a key at all is said for
    // the index, which has those alone.
    let mut sql = Sql::new(
        "select id, name, case when first_used_at <> 0 then first_used_at when last_used_at <> 0 then created_at \
         else 0 end as used_at from api_keys where rotated_from = ",
    );
    sql.arg(key.id.to_string()).push(" and rotated_from <> '' and status <> 1 order by (select min(e.seq) from audit_events e where e.key_id = api_keys.id) desc limit 1");
    let rows = sql.rows(&mut *db).await?;
    let replacement = rows.first();
    let replacement_used_at = replacement.map(|row| row.some_time("used_at")).transpose()?.flatten();
    // What is late beyond the usual may hide the first use of a key, too.
    let beyond = unusually_late(key.last_used_precision);
    let late = Duration::from_secs(key.last_used_precision.unwrap_or(USAGE_PRECISION).get().into());
    // A pause is a trial: who is refused meanwhile still needs the key.
    let last = key.last_used_at.max(key.last_refused_at);
    let quiet = Duration::from_secs(row.quiet_seconds.into());
    let quiet_since = last.map_or(key.created_at + beyond, |last| last + late);
    let progress = Progress { quiet_since, quiet, replacement_used: replacement_used_at.is_some() };
    let state = match row.state {
        UNDER_WAY if key.status == Status::Revoked => RotationState::Done,
        UNDER_WAY => progress.state(now),
        DONE => RotationState::Done,
        _ => RotationState::Cancelled,
    };
    let open = row.state == UNDER_WAY;
    let mut callers = if open { callers(&mut *db, key.id).await? } else { Vec::new() };
    callers.retain(|caller| caller.last_at + late + quiet > now);
    Ok(Rotation {
        key: key.id,
        state,
        replacement: replacement.map(|row| row.parsed("id")).transpose()?,
        replacement_name: replacement.map(|row| row.text("name")).transpose()?,
        replacement_used_at,
        quiet_since: open.then_some(quiet_since),
        quiet_until: open.then_some(progress.quiet_until()),
        quiet_seconds: row.quiet_seconds,
        callers,
        started_at: row.started_at,
        started_by: row.started_by.clone(),
        ended_at: row.ended_at,
        ended_by: Some(row.ended_by.clone()).filter(|by| !by.is_empty()),
    })
}
