//! API keys: made, renamed, revoked, shown. Their lists are in `keys_page`.

use async_trait::async_trait;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::fail::{fail, is_taken};
use super::filter::{mode_of, status_of};
use super::new_key::{check_plan, insert};
use super::projects::project_row;
use super::refold::Alike;
use super::statement::{Columns as _, Sql, damaged};
use crate::secret::{Hash, Hint};
use crate::store::{BulkRevoke, By, Keys, NewKeyRecord, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::filter::haystack;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Caller, Key, KeyQuery, Outcome, Status, UsageDay};
use crate::wire::page::Page;
use crate::wire::projects::KeyCounts;
use crate::wire::session::Plan;
use crate::wire::text::fold;
use crate::wire::time::Timestamp;

/// The name of the caller that sums older ones.
pub(super) const OTHERS: &str = "others";
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
        let mut write = self.begin(by).await?;
        write.first_time().await?;
        let owner = project_row(write.db(), project).await?;
        owner.must_be_open()?;
        check_name(write.db(), project, &key.name, None).await?;
        check_plan(write.db(), project, plan).await?;
        let made = insert(&mut write, project, owner.name.into(), key, None).await?;
        let detail = json!({ "name": key.name, "mode": key.mode, "hint": key.hint.to_string() });
        write.remember(made.id.to_string()).await?;
        write.append(Action::KeyCreated, Some(project), Some(made.id), detail).await?;
        let written = write.commit(made).await?;
        Ok(self.confirm(written))
    }

    async fn rename_key(&self, by: &By, id: KeyId, name: &str) -> Result<Written<Key>> {
        let mut write = self.begin(by).await?;
        let (mut key, changed) = read_key(write.db(), id, by.now, 0).await?;
        if key.status == Status::Revoked {
            return Err(StoreError::KeyRevoked);
        }
        if key.name == name {
            let written = write.unchanged(key, changed).await?;
            return Ok(self.confirm(written));
        }
        check_name(write.db(), key.project_id, name, Some(id)).await?;
        let before = std::mem::replace(&mut key.name, name.to_owned());
        let seq = write.seq();
        sqlx::query(
            "update api_keys set name = $1, folded = $2, search = $3, changed_seq = $4 where id = $5",
        )
        .bind(name)
        .bind(fold(name))
        .bind(search(&key))
        .bind(seq)
        .bind(id.to_string())
        .execute(write.db())
        .await
        .map_err(|error| if is_taken(&error) { taken(name) } else { fail(error) })?;
        let detail = json!({ "name": name, "before": before, "hint": key.hint.to_string() });
        write.append(Action::KeyRenamed, Some(key.project_id), Some(id), detail).await?;
        let written = write.commit(key).await?;
        Ok(self.confirm(written))
    }

    async fn rotate_key(
        &self,
        by: &By,
        id: KeyId,
        name: Option<&str>,
        hint: Hint,
        hash: &Hash,
        plan: Plan,
    ) -> Result<Written<Key>> {
        self.rotate(by, id, name, hint, hash, plan).await
    }

    async fn revoke_keys(&self, by: &By, ids: &[KeyId], how: &BulkRevoke) -> Result<Written<Vec<Outcome>>> {
        loop {
            let tried = self.revoke_many(by, ids, how).await;
            if let Some(written) = self.unless_full(tried).await? {
                return Ok(written);
            }
        }
    }

    async fn revoke_key(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        loop {
            let tried = self.revoke_one(by, id, reason).await;
            if let Some(written) = self.unless_full(tried).await? {
                return Ok(written);
            }
        }
    }

    async fn key(&self, id: KeyId, now: Timestamp, acknowledged: u64) -> Result<Key> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        read_key(&mut db, id, now, acknowledged).await.map(|(key, _)| key)
    }

    async fn keys(&self, query: &KeyQuery, now: Timestamp, acknowledged: u64) -> Result<Page<Key>> {
        self.keys_page(query, now, acknowledged).await
    }

    async fn key_counts(&self, now: Timestamp) -> Result<KeyCounts> {
        let mut sql = Sql::new(
            "select (select count(*) from api_keys where status = 0) as active, \
             (select count(*) from api_keys where status = 1) as revoked, \
             (select count(*) from api_keys where status = 0 and idle_since <= ",
        );
        sql.arg(self.stale_before(now)).push(") as stale");
        let rows = sql.rows(&self.read).await?;
        let row = rows.first().ok_or_else(|| damaged("counts"))?;
        Ok(KeyCounts {
            active: row.count("active")?,
            revoked: row.count("revoked")?,
            stale: row.count("stale")?,
        })
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
        let rows = sqlx::query(
            "select address, first_at, last_at, allowed, refused from key_callers where key_id = $1 \
             order by case when address = $2 then 1 else 0 end, last_at desc, address",
        )
        .bind(id.to_string())
        .bind(OTHERS)
        .fetch_all(&mut *db)
        .await
        .map_err(fail)?;
        rows.iter().map(decode_caller).collect()
    }
}

impl SqlStore {
    async fn revoke_one(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        let mut write = self.begin_revocation(by).await?;
        let (mut key, changed) = read_key(write.db(), id, by.now, 0).await?;
        if key.status == Status::Revoked {
            // Nothing changes a key after its revocation, so its last change is that.
            let written = write.unchanged(key, changed).await?;
            return Ok(self.confirm(written));
        }
        let reason = reason.filter(|reason| !reason.is_empty());
        key.status = Status::Revoked;
        key.revoked_at = Some(by.now);
        key.revoked_by = Some(by.actor.as_str().into());
        key.revoke_reason = reason.map(Into::into);
        let seq = write.seq();
        sqlx::query(
            "update api_keys set status = 1, revoked_at = $1, revoked_by = $2, revoke_reason = $3, \
             changed_seq = $4 where id = $5",
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
        let written = write.commit(key).await?;
        Ok(self.confirm(written))
    }

    /// Says whether every live node has applied what was just written.
    pub(super) fn confirm(&self, mut written: Written<Key>) -> Written<Key> {
        written.value.confirmed = written.revision <= self.changes.applied_by_all();
        written
    }
}

/// What is read of a key `k` and its project `p`; the first day of `requests30d` and today follow.
pub(super) fn columns(sql: &mut Sql, now: Timestamp) {
    sql.push(
        "k.id as id, k.project_id as project_id, p.name as project_name, k.name as name, k.folded as folded, \
         k.mode as mode, k.handle as handle, k.last4 as last4, k.status as status, \
         k.created_at as created_at, k.created_by as created_by, k.last_used_at as last_used_at, \
         k.idle_since as idle_since, \
         k.last_used_from as last_used_from, k.revoked_at as revoked_at, k.revoked_by as revoked_by, \
         k.revoke_reason as revoke_reason, k.changed_seq as changed_seq, k.rotated_from as rotated_from, \
         k.refused_since_revoked as refused_since_revoked, k.last_refused_at as last_refused_at, \
         coalesce((select cast(sum(u.allowed + u.limited) as bigint) from usage_days u \
         where u.key_id = k.id and u.day > ",
    );
    sql.arg(now.day() - 30).push(" and u.day <= ").arg(now.day()).push("), 0) as requests30d");
}

/// A key from its [`columns`].
pub(super) fn decode(row: &AnyRow, acknowledged: u64) -> Result<Key> {
    let mode = mode_of(row.int("mode")?);
    let hint =
        Hint::new(mode.kind(), &row.text("handle")?, &row.text("last4")?).map_err(|_| damaged("handle"))?;
    Ok(Key {
        id: row.parsed("id")?,
        project_id: row.parsed("project_id")?,
        project_name: row.text("project_name")?.into(),
        name: row.text("name")?,
        mode,
        hint,
        status: status_of(row.int("status")?),
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?.into(),
        last_used_at: row.some_time("last_used_at")?,
        last_used_from: row.some_text("last_used_from")?.map(Into::into),
        revoked_at: row.some_time("revoked_at")?,
        revoked_by: row.some_text("revoked_by")?.map(Into::into),
        revoke_reason: row.some_text("revoke_reason")?.map(Into::into),
        confirmed: row.count("changed_seq")? <= acknowledged,
        rotated_from: row
            .some_text("rotated_from")?
            .map(|id| id.parse().map_err(|_| damaged("rotated_from")))
            .transpose()?,
        requests30d: row.count("requests30d")?,
        refused_since_revoked: row.count("refused_since_revoked")?,
        last_refused_at: row.some_time("last_refused_at")?,
    })
}

/// A key, and the revision of its last change.
pub(super) async fn read_key(
    db: &mut AnyConnection,
    id: KeyId,
    now: Timestamp,
    acknowledged: u64,
) -> Result<(Key, u64)> {
    let mut sql = Sql::new("select ");
    columns(&mut sql, now);
    sql.push(" from api_keys k join projects p on p.id = k.project_id where k.id = ").arg(id.to_string());
    let rows = sql.rows(db).await?;
    let row = rows.first().ok_or(StoreError::NotFound("key"))?;
    Ok((decode(row, acknowledged)?, row.count("changed_seq")?))
}

/// The haystack without the project's name, which can change alone: that is looked for in its own table.
pub(super) fn search(key: &Key) -> String {
    let hay = haystack(key);
    let mut lines = hay.splitn(3, '\n');
    let name = lines.next().unwrap_or_default();
    let rest = lines.nth(1).unwrap_or_default();
    format!("{name}\n{rest}")
}

pub(super) async fn check_name(
    db: &mut AnyConnection,
    project: ProjectId,
    name: &str,
    except: Option<KeyId>,
) -> Result<()> {
    let mut sql = Sql::new("select name from api_keys where status = 0 and project_id = ");
    sql.arg(project.to_string()).push(" and ");
    Alike::of(name).push(&mut sql);
    sql.push(" and id <> ").arg(except.map(|id| id.to_string()).unwrap_or_default());
    match sql.rows(db).await?.first() {
        None => Ok(()),
        Some(other) => {
            Err(StoreError::NameTaken { noun: "key", name: name.to_owned(), existing: other.text("name")? })
        }
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

pub(super) fn taken(name: &str) -> StoreError {
    StoreError::NameTaken { noun: "key", name: name.to_owned(), existing: name.to_owned() }
}

fn decode_caller(row: &AnyRow) -> Result<Caller> {
    Ok(Caller {
        address: row.text("address")?,
        first_at: row.time("first_at")?,
        last_at: row.time("last_at")?,
        allowed: row.count("allowed")?,
        refused: row.count("refused")?,
    })
}

fn date(day: i64) -> String {
    Timestamp::from_millis(day * crate::wire::time::DAY_MS).utc().date_naive().to_string()
}
