//! API keys: made, changed, revoked, shown. Their lists are in `keys_page`, edits and pauses in `edit_key`.

use async_trait::async_trait;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::callers::callers;
use super::fail::fail;
use super::key_row::{check_name, read_key};
use super::new_key::{check_plan, insert};
use super::projects::project_row;
use super::statement::{Columns as _, Sql, damaged};
use super::{SqlStore, rotations};
use crate::secret::{Hash, MaskedKey};
use crate::store::{BulkRevoke, By, Keys, NewKeyRecord, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::findings::FindingCounts;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::key_groups::{KeyGroupQuery, KeyGroups};
use crate::wire::keys::{Caller, Key, KeyEdit, KeyQuery, Outcome, Status, UsageDay};
use crate::wire::page::Page;
use crate::wire::projects::KeyCounts;
use crate::wire::session::Plan;
use crate::wire::time::Timestamp;

/// The most days of usage that are given at once.
const MAX_DAYS: u32 = 366;

#[async_trait]
impl Keys for SqlStore {
    async fn create_key(
        &self,
        by: &By,
        project: ProjectId,
        key: &NewKeyRecord,
        plan: Plan,
    ) -> Result<Written<Key>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            write.first_time().await?;
            let owner = project_row(write.db(), project).await?;
            owner.must_be_open()?;
            check_name(write.db(), project, &key.name, None).await?;
            check_plan(write.db(), project, plan).await?;
            let made = insert(&mut write, project, owner.name.into(), key, None).await?;
            let detail = json!({
                "name": key.name, "mode": key.mode, "hint": key.hint.to_string(),
                "owner": key.owner, "purpose": key.purpose,
            });
            write.remember(made.id.to_string()).await?;
            write.append(Action::KeyCreated, Some(project), Some(made.id), detail).await?;
            let written = write.commit(made).await?;
            Ok(self.confirm(written))
        })
        .await
    }

    async fn edit_key(&self, by: &By, id: KeyId, edit: &KeyEdit) -> Result<Written<Key>> {
        self.retried(|| self.edit(by, id, edit)).await
    }

    async fn pause_key(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        loop {
            let tried = self.retried(|| self.pause(by, id, reason)).await;
            if let Some(written) = self.unless_full(tried).await? {
                return Ok(written);
            }
        }
    }

    async fn resume_key(&self, by: &By, id: KeyId) -> Result<Written<Key>> {
        self.retried(|| self.resume(by, id)).await
    }

    async fn rotate_key(
        &self,
        by: &By,
        id: KeyId,
        name: Option<&str>,
        hint: MaskedKey,
        hash: &Hash,
        plan: Plan,
    ) -> Result<Written<Key>> {
        self.retried(|| self.rotate(by, id, name, hint, hash, plan)).await
    }

    async fn revoke_keys(&self, by: &By, ids: &[KeyId], how: &BulkRevoke) -> Result<Written<Vec<Outcome>>> {
        loop {
            let tried = self.retried(|| self.revoke_many(by, ids, how)).await;
            if let Some(written) = self.unless_full(tried).await? {
                return Ok(written);
            }
        }
    }

    async fn revoke_key(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        loop {
            let tried = self.retried(|| self.revoke_one(by, id, reason)).await;
            if let Some(written) = self.unless_full(tried).await? {
                return Ok(written);
            }
        }
    }

    async fn key(&self, id: KeyId, now: Timestamp, acknowledged: u64) -> Result<Key> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        read_key(&mut db, id, self.as_of(now), acknowledged).await.map(|(key, _)| key)
    }

    async fn keys(&self, query: &KeyQuery, now: Timestamp, acknowledged: u64) -> Result<Page<Key>> {
        self.keys_page(query, now, acknowledged).await
    }

    async fn key_groups(&self, query: &KeyGroupQuery, now: Timestamp) -> Result<KeyGroups> {
        self.key_groups_of(query, now).await
    }

    async fn key_counts(&self, now: Timestamp) -> Result<KeyCounts> {
        let mut sql = Sql::new(
            "select (select count(*) from api_keys where status = 1) as revoked, \
             (select count(*) from api_keys where paused_at <> 0 and +status = 0) as paused, \
             (select count(*) from api_keys where status = 0 and idle_since <= ",
        );
        let stale = self.as_of(now).stale_before();
        sql.arg(stale).push(") as idle, (select count(*) from api_keys where status = 0 and idle_since > ");
        sql.arg(stale)
            .push(") as used, (select count(*) from api_keys where paused_at <> 0 and +status = 0 and ");
        sql.push("+idle_since <= ").arg(stale).push(") as idle_paused");
        let rows = sql.rows(&self.read).await?;
        let row = rows.first().ok_or_else(|| damaged("counts"))?;
        Ok(KeyCounts {
            active: row.count("idle")? + row.count("used")?,
            paused: row.count("paused")?,
            revoked: row.count("revoked")?,
            stale: row.count("idle")?.saturating_sub(row.count("idle_paused")?),
        })
    }

    async fn finding_counts(&self, now: Timestamp) -> Result<FindingCounts> {
        self.count_findings(now).await
    }

    async fn key_usage(&self, id: KeyId, days: u32, now: Timestamp) -> Result<Vec<UsageDay>> {
        let today = now.day();
        let first = today - i64::from(days.clamp(1, MAX_DAYS)) + 1;
        let mut db = self.read.acquire().await.map_err(fail)?;
        must_exist(&mut db, id).await?;
        let rows = sqlx::query(
            "select day, allowed, limited, refused from usage_days where key_id = $1 and day >= $2 and day <= $3",
        )
        .bind(id.to_string())
        .bind(first)
        .bind(today)
        .fetch_all(&mut *db)
        .await
        .map_err(fail)?;
        let mut usage: Vec<UsageDay> =
            (first..=today).map(|day| UsageDay { date: date(day), ..UsageDay::default() }).collect();
        for row in rows {
            let at = usize::try_from(row.int("day")? - first).map_err(|_| damaged("day"))?;
            let day = usage.get_mut(at).ok_or_else(|| damaged("day"))?;
            day.allowed = row.count("allowed")?;
            day.limited = row.count("limited")?;
            day.refused = row.count("refused")?;
        }
        Ok(usage)
    }

    async fn key_callers(&self, id: KeyId) -> Result<Vec<Caller>> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        must_exist(&mut db, id).await?;
        callers(&mut db, id).await
    }
}

impl SqlStore {
    async fn revoke_one(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        let mut write = self.begin_revocation(by).await?;
        let (key, changed) = write.read_key(id).await?;
        if key.status == Status::Revoked {
            // Nothing changes a key after its revocation, so its last change is that.
            let written = write.unchanged(key, changed).await?;
            return Ok(self.confirm(written));
        }
        let reason = reason.filter(|reason| !reason.is_empty());
        rotations::finish(&mut write, &[(id, key.project_id, &key.name)]).await?;
        let seq = write.seq();
        sqlx::query(
            "update api_keys set status = 1, revoked_at = $1, revoked_by = $2, revoke_reason = $3, \
             changed_seq = $4, refused_from = case when paused_at = 0 then 0 else refused_from end where id = $5",
        )
        .bind(by.now.millis())
        .bind(by.actor.as_str())
        .bind(reason.unwrap_or_default())
        .bind(seq)
        .bind(id.to_string())
        .execute(write.db())
        .await
        .map_err(fail)?;
        let detail = json!({ "name": key.name, "hint": key.hint.to_string(), "reason": reason });
        write.append(Action::KeyRevoked, Some(key.project_id), Some(id), detail).await?;
        let (key, _) = write.read_key(id).await?;
        let written = write.commit(key).await?;
        Ok(self.confirm(written))
    }

    /// Says whether every live node has applied what was just written.
    pub(super) fn confirm(&self, mut written: Written<Key>) -> Written<Key> {
        written.value.confirmed = written.revision <= self.changes.applied_by_all();
        written
    }
}

async fn must_exist(db: &mut AnyConnection, id: KeyId) -> Result<()> {
    let found: Option<AnyRow> = sqlx::query("select id from api_keys where id = $1")
        .bind(id.to_string())
        .fetch_optional(db)
        .await
        .map_err(fail)?;
    found.map(|_| ()).ok_or(StoreError::NotFound("key"))
}

fn date(day: i64) -> String {
    Timestamp::from_millis(day * crate::wire::time::DAY_MS).utc().date_naive().to_string()
}
