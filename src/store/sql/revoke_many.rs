//! Many keys revoked in one transaction: chosen ones, or all of a project that is archived.

use std::collections::HashMap;

use serde_json::json;
use sqlx::any::AnyRow;

use super::filter::{mode_of, status_of};
use super::projects::project_row;
use super::statement::{Columns as _, Sql};
use super::write::{Entry, Write};
use super::{SqlStore, rotations};
use crate::secret::MaskedKey;
use crate::store::{BulkRevoke, By, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Outcome, PROJECT_DELETED, Status};
use crate::wire::time::Timestamp;

impl SqlStore {
    pub(super) async fn revoke_many(
        &self,
        by: &By,
        ids: &[KeyId],
        how: &BulkRevoke,
    ) -> Result<Written<Vec<Outcome>>> {
        let mut write = self.begin_revocation(by).await?;
        let mut found = HashMap::with_capacity(ids.len());
        // In the order of ids, as the batches of usage lock them.
        let mut sorted: Vec<String> = ids.iter().map(ToString::to_string).collect();
        sorted.sort_unstable();
        sorted.dedup();
        for ids in sorted.chunks(self.dialect.rows()) {
            let mut sql = Sql::new(COLUMNS);
            sql.push(" where id in ").list(ids.iter().map(String::as_str)).push(" order by id");
            // A batch of uses that is being written comes first; what it says counts.
            sql.push(self.dialect.for_update());
            for row in sql.rows_once(write.db()).await? {
                let row = Row::of(&row)?;
                found.insert(row.id, row);
            }
        }
        let unused_since = how.unused_since.map(Timestamp::millis);
        // 0 is "never used", which is no use after any time, not even after one before 1970.
        let used_since =
            |row: &Row| row.last_used_at != 0 && unused_since.is_some_and(|since| row.last_used_at > since);
        let judge = |id: &KeyId| match found.get(id) {
            None => Outcome::NotFound,
            Some(row) if row.revoked => Outcome::Already,
            Some(row) if used_since(row) => Outcome::UsedSince,
            Some(_) => Outcome::Revoked,
        };
        let outcomes: Vec<Outcome> = ids.iter().map(judge).collect();
        let before = found.values().filter(|row| row.revoked).map(|row| row.changed_seq).max().unwrap_or(0);
        let revoked: Vec<&Row> = sorted
            .iter()
            .filter_map(|id| found.get(&id.parse().ok()?))
            .filter(|row| judge(&row.id) == Outcome::Revoked)
            .collect();
        if how.dry_run || revoked.is_empty() {
            return write.unchanged(outcomes, before).await;
        }
        revoke(&mut write, &revoked, how.reason.as_deref()).await?;
        write.commit(outcomes).await
    }

    pub(super) async fn archive(&self, by: &By, id: ProjectId, revoke_keys: bool) -> Result<Written<()>> {
        let mut write = self.begin_revocation(by).await?;
        let project = project_row(write.db(), id).await?;
        if project.must_be_open().is_err() {
            return write.unchanged((), project.changed_seq).await;
        }
        let mut sql = Sql::new(COLUMNS);
        // Whatever is not revoked: a status that a newer Keydeck has written may end.
        sql.push(" where project_id = ").arg(id.to_string()).push(" and status <> 1 order by id");
        let rows = sql.rows(write.db()).await?;
        if !rows.is_empty() && !revoke_keys {
            return Err(StoreError::ProjectHasActiveKeys(rows.len() as u64));
        }
        let rows = rows.iter().map(Row::of).collect::<Result<Vec<_>>>()?;
        revoke(&mut write, &rows.iter().collect::<Vec<_>>(), Some(PROJECT_DELETED)).await?;
        let (now, seq) = (by.now.millis(), write.seq());
        let mut sql = Sql::new("update projects set archived_at = ");
        sql.arg(now).push(", changed_seq = ").arg(seq).push(" where id = ").arg(id.to_string());
        sql.once(write.db()).await?;
        let detail = json!({ "name": project.name, "revokedKeys": rows.len() });
        write.append(Action::ProjectArchived, Some(id), None, detail).await?;
        write.commit(()).await
    }
}

const COLUMNS: &str = "select id, project_id, name, mode, handle, last4, status, paused_at, last_used_at, changed_seq \
                       from api_keys";

/// What is to be known of a key to revoke it.
struct Row {
    id: KeyId,
    project: ProjectId,
    name: String,
    hint: MaskedKey,
    revoked: bool,
    last_used_at: i64,
    changed_seq: u64,
}

impl Row {
    fn of(row: &AnyRow) -> Result<Row> {
        let mode = mode_of(row.int("mode")?);
        let hint = MaskedKey::new(mode.kind(), &row.text("handle")?, &row.text("last4")?);
        Ok(Row {
            id: row.parsed("id")?,
            project: row.parsed("project_id")?,
            name: row.text("name")?,
            hint: hint.map_err(|_| super::statement::damaged("handle"))?,
            revoked: status_of(row.int("status")?, row.int("paused_at")?) == Status::Revoked,
            last_used_at: row.int("last_used_at")?,
            changed_seq: row.count("changed_seq")?,
        })
    }
}

/// Revokes active keys, an event each. All get the revision of the last: a receipt for one of them is one
/// for all.
async fn revoke(write: &mut Write<'_>, rows: &[&Row], reason: Option<&str>) -> Result<()> {
    let reason = reason.filter(|reason| !reason.is_empty());
    let keys: Vec<_> = rows.iter().map(|row| (row.id, row.project, row.name.as_str())).collect();
    rotations::finish(write, &keys).await?;
    let (now, actor) = (write.by().now.millis(), write.by().actor.clone());
    let last = write.seq() + rows.len() as i64 - 1;
    for rows in rows.chunks(write.rows()) {
        let mut sql = Sql::new("update api_keys set status = 1, revoked_at = ");
        sql.arg(now).push(", revoked_by = ").arg(actor.as_str());
        sql.push(", revoke_reason = ").arg(reason.unwrap_or_default());
        sql.push(", refused_from = case when paused_at = 0 then 0 else refused_from end, changed_seq = ")
            .arg(last);
        sql.push(" where id in ").list(rows.iter().map(|row| row.id.to_string()));
        sql.once(write.db()).await?;
    }
    let entries = rows.iter().map(|row| Entry {
        action: Action::KeyRevoked,
        project: Some(row.project),
        key: Some(row.id),
        detail: json!({ "name": row.name, "hint": row.hint.to_string(), "reason": reason }),
    });
    write.append_all(entries.collect()).await
}
