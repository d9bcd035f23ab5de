//! Rows of `api_keys`: how a key is read, found by its text, and kept apart from others of its name.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::filter::{mode_of, status_of};
use super::refold::Alike;
use super::statement::{Columns as _, Sql, damaged};
use crate::secret::Hint;
use crate::store::{Result, StoreError};
use crate::wire::filter::haystack;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::Key;
use crate::wire::time::Timestamp;

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
        daily: None,
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

pub(super) fn taken(name: &str) -> StoreError {
    StoreError::NameTaken { noun: "key", name: name.to_owned(), existing: name.to_owned() }
}
