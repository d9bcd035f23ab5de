//! New keys and successors: the row, its name, and what the plan allows.

use std::sync::Arc;

use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::fail::{fail, is_taken};
use super::filter::mode_number;
use super::key_row::{check_name, search, taken};
use super::projects::project_row;
use super::statement::Columns as _;
use super::write::Write;
use crate::secret::{ALGORITHM_SHA256, Hash, MaskedKey};
use crate::store::{By, NewKeyRecord, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyExtra, Status, USAGE_PRECISION};
use crate::wire::session::Plan;
use crate::wire::text::{fold, fold_search};

impl SqlStore {
    pub(super) async fn rotate(
        &self,
        by: &By,
        id: KeyId,
        name: Option<&str>,
        hint: MaskedKey,
        hash: &Hash,
        plan: Plan,
    ) -> Result<Written<Key>> {
        let mut write = self.begin(by).await?;
        write.first_time().await?;
        let (old, _) = write.read_key(id).await?;
        if old.status == Status::Revoked {
            return Err(StoreError::KeyRevoked);
        }
        if hint.kind() != old.mode.kind() {
            return Err(StoreError::Corrupt("the replacement has a different mode".into()));
        }
        let project = old.project_id;
        project_row(write.db(), project).await?.must_be_open()?;
        let name = match name {
            Some(name) => {
                check_name(write.db(), project, name, None).await?;
                name.to_owned()
            }
            None => next_name(write.db(), &old).await?,
        };
        check_overlap(write.db(), &old, plan).await?;
        let record = NewKeyRecord {
            name,
            mode: old.mode,
            hint,
            hash: hash.clone(),
            owner: old.owner.as_deref().map(str::to_owned),
            purpose: old.purpose.as_deref().map(str::to_owned),
        };
        let made = insert(&mut write, project, old.project_name, &record, Some(id)).await?;
        let detail = json!({
            "name": made.name, "mode": made.mode, "hint": made.hint.to_string(),
            "rotatedFrom": id, "before": old.name, "owner": made.owner, "purpose": made.purpose,
        });
        write.remember(made.id.to_string()).await?;
        // About the successor: that is the key which nodes must learn.
        write.append(Action::KeyRotated, Some(project), Some(made.id), detail).await?;
        let written = write.commit(made).await?;
        Ok(self.confirm(written))
    }
}

/// Writes the row of a new key.
pub(super) async fn insert(
    write: &mut Write<'_>,
    project: ProjectId,
    project_name: Arc<str>,
    key: &NewKeyRecord,
    rotated_from: Option<KeyId>,
) -> Result<Key> {
    let id = KeyId::generate();
    let made = Key {
        id,
        project_id: project,
        project_name,
        name: key.name.clone(),
        mode: key.mode,
        hint: key.hint,
        status: Status::Active,
        created_at: write.by().now,
        created_by: write.by().actor.as_str().into(),
        owner: key.owner.as_deref().map(Into::into),
        last_used_at: None,
        last_used_precision: Some(USAGE_PRECISION),
        last_used_from: None,
        confirmed: false,
        requests30d: 0,
        daily: None,
        findings: Box::default(),
        extra: KeyExtra {
            purpose: key.purpose.as_deref().map(Into::into),
            rotated_from,
            ..KeyExtra::default()
        }
        .into(),
    };
    let seq = write.seq();
    sqlx::query(
        "insert into api_keys (id, project_id, name, folded, mode, handle, last4, algorithm, salt, digest, \
         status, created_at, created_by, last_used_at, last_used_from, idle_since, revoked_at, revoked_by, \
         revoke_reason, changed_seq, rotated_from, refused_since_revoked, last_refused_at, search, owner, \
         owner_search, purpose) values \
         ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, 0, '', $11, 0, '', '', $13, $15, 0, 0, $14, \
         $16, $17, $18)",
    )
    .bind(id.to_string())
    .bind(project.to_string())
    .bind(key.name.as_str())
    .bind(fold(&key.name))
    .bind(mode_number(key.mode))
    .bind(key.hint.handle())
    .bind(key.hint.last4())
    .bind(ALGORITHM_SHA256)
    .bind(key.hash.salt.to_vec())
    .bind(key.hash.digest.to_vec())
    .bind(made.created_at.millis())
    .bind(&*made.created_by)
    .bind(seq)
    .bind(search(&made))
    .bind(rotated_from.map(|id| id.to_string()).unwrap_or_default())
    .bind(key.owner.as_deref().unwrap_or_default())
    .bind(key.owner.as_deref().map(fold_search).unwrap_or_default())
    .bind(key.purpose.as_deref().unwrap_or_default())
    .execute(write.db())
    .await
    .map_err(|error| if is_taken(&error) { taken(&key.name) } else { fail(error) })?;
    // Read again for its findings.
    write.read_key(id).await.map(|(key, _)| key)
}

/// Whether the plan allows another key.
pub(super) async fn check_plan(db: &mut AnyConnection, project: ProjectId, plan: Plan) -> Result<()> {
    let Some(limit) = plan.limits().active_keys_per_project else { return Ok(()) };
    let active = active_keys(db, project, i64::from(limit)).await?;
    match active.first() {
        Some(first) if active.len() as u64 >= u64::from(limit) => {
            Err(StoreError::KeyLimitReached { plan: plan.as_str(), limit, name: first.text("name")? })
        }
        _ => Ok(()),
    }
}

/// Whether the plan allows a successor beside the active keys: one rotation may overlap its limit.
async fn check_overlap(db: &mut AnyConnection, old: &Key, plan: Plan) -> Result<()> {
    let Some(limit) = plan.limits().active_keys_per_project else { return Ok(()) };
    let active = active_keys(db, old.project_id, i64::from(limit) + 1).await?;
    if active.len() as u64 <= u64::from(limit) {
        return Ok(());
    }
    for row in &active {
        if row.text("id")? != old.id.to_string() {
            return Err(StoreError::RotationLimitReached { plan: plan.as_str(), name: row.text("name")? });
        }
    }
    Ok(())
}

async fn active_keys(db: &mut AnyConnection, project: ProjectId, most: i64) -> Result<Vec<AnyRow>> {
    sqlx::query(
        "select id, name from api_keys where project_id = $1 and status = 0 order by created_at, id limit $2",
    )
    .bind(project.to_string())
    .bind(most)
    .fetch_all(db)
    .await
    .map_err(fail)
}

/// The first of [`Key::successor_names`] that is free. Each is looked up by itself: a project may have very many keys,
/// and few of them are called so.
async fn next_name(db: &mut AnyConnection, old: &Key) -> Result<String> {
    let mut names = old.successor_names();
    loop {
        let name = names.next().expect("a project has fewer keys than there are numbers");
        match check_name(db, old.project_id, &name, None).await {
            Ok(()) => return Ok(name),
            Err(StoreError::NameTaken { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}
