//! Rows of `api_keys`: how a key is read, found by its text, and kept apart from others of its name.

use std::num::NonZeroU32;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::as_of::AsOf;
use super::filter::{mode_of, status_of};
use super::refold::Alike;
use super::statement::{Columns as _, Sql, damaged};
use crate::secret::MaskedKey;
use crate::store::{Result, StoreError};
use crate::wire::filter::haystack;
use crate::wire::finding_rules::Facts;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyExtra};
use crate::wire::time::Timestamp;

/// What is read of a key `k` and its project `p`; the first day of `requests30d` and today follow. Of several
/// replacements in use the one that was used first counts; one that was used before first uses were noted counts
/// from its creation.
pub(super) fn columns(sql: &mut Sql, now: Timestamp) {
    sql.push(
        "k.id as id, k.project_id as project_id, p.name as project_name, p.folded as project_folded, \
         k.name as name, k.folded as folded, \
         k.mode as mode, k.handle as handle, k.last4 as last4, k.status as status, \
         k.created_at as created_at, k.created_by as created_by, k.last_used_at as last_used_at, \
         k.idle_since as idle_since, \
         k.last_used_from as last_used_from, k.revoked_at as revoked_at, k.revoked_by as revoked_by, \
         k.revoke_reason as revoke_reason, k.changed_seq as changed_seq, k.rotated_from as rotated_from, \
         k.refused_since_revoked as refused_since_revoked, k.last_refused_at as last_refused_at, \
         k.owner as owner, k.purpose as purpose, k.reviewed_at as reviewed_at, k.reviewed_by as reviewed_by, \
         k.keep_until as keep_until, k.paused_at as paused_at, k.paused_by as paused_by, \
         k.pause_reason as pause_reason, k.refused_since_paused as refused_since_paused, \
         k.refused_from as refused_from, k.woke_at as woke_at, k.woke_from as woke_from, \
         k.network_at as network_at, k.network as network, \
         coalesce((select min(case when s.first_used_at <> 0 then s.first_used_at else s.created_at end) \
         from api_keys s where s.rotated_from = k.id and s.rotated_from <> '' and s.last_used_at <> 0), 0) \
         as replaced_at, \
         coalesce((select min(s.name) from api_keys s where s.rotated_from = k.id and s.rotated_from <> '' \
         and s.last_used_at <> 0), '') as replacement, \
         coalesce((select cast(sum(u.allowed + u.limited) as bigint) from usage_days u \
         where u.key_id = k.id and u.day > ",
    );
    sql.arg(now.day() - 30).push(" and u.day <= ").arg(now.day()).push("), 0) as requests30d");
}

/// A key from its [`columns`], with its findings at a time, and how late its last use may be.
pub(super) fn decode(row: &AnyRow, acknowledged: u64, as_of: AsOf) -> Result<Key> {
    let mut key = decode_row(row, acknowledged, as_of.precision)?;
    let (replacement, network) = (row.text("replacement")?, row.text("network")?);
    let facts = Facts {
        status: key.status,
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        last_used_precision: key.last_used_precision,
        owned: key.owner.is_some(),
        reviewed_at: key.reviewed_at,
        keep_until: key.keep_until,
        replacement: row.some_time("replaced_at")?.map(|since| (replacement.as_str(), since)),
        refused_since_paused: key.refused_since_paused,
        refused_since_revoked: key.refused_since_revoked,
        refused_since: row.some_time("refused_from")?,
        last_refused_at: key.last_refused_at,
        woke: row.some_time("woke_at")?.zip(row.some_time("woke_from")?),
        network: row.some_time("network_at")?.map(|since| (network.as_str(), since)),
    };
    key.findings = facts.findings(as_of.now, as_of.thresholds);
    Ok(key)
}

fn decode_row(row: &AnyRow, acknowledged: u64, precision: NonZeroU32) -> Result<Key> {
    let mode = mode_of(row.int("mode")?);
    let hint = MaskedKey::new(mode.kind(), &row.text("handle")?, &row.text("last4")?)
        .map_err(|_| damaged("handle"))?;
    Ok(Key {
        id: row.parsed("id")?,
        project_id: row.parsed("project_id")?,
        project_name: row.text("project_name")?.into(),
        name: row.text("name")?,
        mode,
        hint,
        status: status_of(row.int("status")?, row.int("paused_at")?),
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?.into(),
        owner: row.some_text("owner")?.map(Into::into),
        last_used_at: row.some_time("last_used_at")?,
        last_used_precision: Some(precision),
        last_used_from: row.some_text("last_used_from")?.map(Into::into),
        confirmed: row.count("changed_seq")? <= acknowledged,
        requests30d: row.count("requests30d")?,
        daily: None,
        findings: Box::default(),
        extra: KeyExtra {
            purpose: row.some_text("purpose")?.map(Into::into),
            paused_at: row.some_time("paused_at")?,
            paused_by: row.some_text("paused_by")?.map(Into::into),
            pause_reason: row.some_text("pause_reason")?.map(Into::into),
            reviewed_at: row.some_time("reviewed_at")?,
            reviewed_by: row.some_text("reviewed_by")?.map(Into::into),
            keep_until: row.some_time("keep_until")?,
            revoked_at: row.some_time("revoked_at")?,
            revoked_by: row.some_text("revoked_by")?.map(Into::into),
            revoke_reason: row.some_text("revoke_reason")?.map(Into::into),
            rotated_from: row
                .some_text("rotated_from")?
                .map(|id| id.parse().map_err(|_| damaged("rotated_from")))
                .transpose()?,
            refused_since_revoked: row.count("refused_since_revoked")?,
            refused_since_paused: row.count("refused_since_paused")?,
            last_refused_at: row.some_time("last_refused_at")?,
        }
        .into(),
    })
}

/// A key, and the revision of its last change.
pub(super) async fn read_key(
    db: &mut AnyConnection,
    id: KeyId,
    as_of: AsOf,
    acknowledged: u64,
) -> Result<(Key, u64)> {
    let mut sql = Sql::new("select ");
    columns(&mut sql, as_of.now);
    sql.push(" from api_keys k join projects p on p.id = k.project_id where k.id = ").arg(id.to_string());
    let rows = sql.rows(db).await?;
    let row = rows.first().ok_or(StoreError::NotFound("key"))?;
    Ok((decode(row, acknowledged, as_of)?, row.count("changed_seq")?))
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
