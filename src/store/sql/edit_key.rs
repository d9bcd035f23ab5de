//! What changes in a key while it lives: name, owner, purpose, and whether it is paused.

use serde_json::{Map, Value, json};

use super::SqlStore;
use super::fail::{fail, is_taken};
use super::key_row::{check_name, search, taken};
use super::statement::Sql;
use crate::store::{By, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, KeyEdit, Status};
use crate::wire::text::{fold, fold_search};

impl SqlStore {
    pub(super) async fn edit(&self, by: &By, id: KeyId, edit: &KeyEdit) -> Result<Written<Key>> {
        let mut write = self.begin(by).await?;
        let (old, changed) = write.read_key(id).await?;
        if old.status == Status::Revoked {
            return Err(StoreError::KeyRevoked);
        }
        let mut new = old.clone();
        if let Some(name) = &edit.name {
            new.name.clone_from(name);
        }
        let some = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(Into::into);
        if let Some(owner) = &edit.owner {
            new.owner = some(owner);
        }
        if let Some(purpose) = &edit.purpose {
            new.purpose = some(purpose);
        }
        if new == old {
            let written = write.unchanged(old, changed).await?;
            return Ok(self.confirm(written));
        }
        if new.name != old.name {
            check_name(write.db(), old.project_id, &new.name, Some(id)).await?;
        }
        let seq = write.seq();
        let owner = new.owner.as_deref().unwrap_or_default();
        sqlx::query(
            "update api_keys set name = $1, folded = $2, search = $3, owner = $4, owner_search = $5, \
             purpose = $6, changed_seq = $7 where id = $8",
        )
        .bind(new.name.as_str())
        .bind(fold(&new.name))
        .bind(search(&new))
        .bind(owner)
        .bind(fold_search(owner))
        .bind(new.purpose.as_deref().unwrap_or_default())
        .bind(seq)
        .bind(id.to_string())
        .execute(write.db())
        .await
        .map_err(|error| if is_taken(&error) { taken(&new.name) } else { fail(error) })?;
        let (action, detail) = event(&old, &new);
        write.append(action, Some(old.project_id), Some(id), detail).await?;
        // Whether it has an owner is a finding.
        let (key, _) = write.read_key(id).await?;
        let written = write.commit(key).await?;
        Ok(self.confirm(written))
    }

    pub(super) async fn pause(&self, by: &By, id: KeyId, reason: Option<&str>) -> Result<Written<Key>> {
        let mut write = self.begin_revocation(by).await?;
        let (key, changed) = write.read_key(id).await?;
        match key.status {
            Status::Active => {}
            Status::Paused => {
                let written = write.unchanged(key, changed).await?;
                return Ok(self.confirm(written));
            }
            Status::Revoked | Status::Other(_) => return Err(StoreError::KeyRevoked),
        }
        let reason = reason.filter(|reason| !reason.is_empty());
        let mut sql = Sql::new("update api_keys set paused_at = ");
        sql.arg(by.now.millis()).push(", paused_by = ").arg(by.actor.as_str());
        sql.push(", pause_reason = ").arg(reason.unwrap_or_default());
        sql.push(", refused_since_paused = 0, refused_from = 0, changed_seq = ").arg(write.seq());
        sql.push(" where id = ").arg(id.to_string());
        sql.once(write.db()).await?;
        let detail = json!({ "name": key.name, "hint": key.hint.to_string(), "reason": reason });
        write.append(Action::KeyPaused, Some(key.project_id), Some(id), detail).await?;
        let (key, _) = write.read_key(id).await?;
        let written = write.commit(key).await?;
        Ok(self.confirm(written))
    }

    pub(super) async fn resume(&self, by: &By, id: KeyId) -> Result<Written<Key>> {
        let mut write = self.begin(by).await?;
        let (key, changed) = write.read_key(id).await?;
        match key.status {
            Status::Paused => {}
            Status::Active => {
                let written = write.unchanged(key, changed).await?;
                return Ok(self.confirm(written));
            }
            Status::Revoked | Status::Other(_) => return Err(StoreError::KeyRevoked),
        }
        let mut sql = Sql::new(
            "update api_keys set paused_at = 0, paused_by = '', pause_reason = '', refused_from = 0, changed_seq = ",
        );
        sql.arg(write.seq()).push(" where id = ").arg(id.to_string());
        sql.once(write.db()).await?;
        let detail = json!({
            "name": key.name, "hint": key.hint.to_string(), "pausedAt": key.paused_at,
            "refusedSincePaused": key.refused_since_paused,
        });
        write.append(Action::KeyResumed, Some(key.project_id), Some(id), detail).await?;
        let (key, _) = write.read_key(id).await?;
        let written = write.commit(key).await?;
        Ok(self.confirm(written))
    }
}

/// What the audit log says of an edit: of a new name alone as it always did, of anything else what it was and is.
fn event(old: &Key, new: &Key) -> (Action, Value) {
    let hint = new.hint.to_string();
    if (&old.owner, &old.purpose) == (&new.owner, &new.purpose) {
        return (Action::KeyRenamed, json!({ "name": new.name, "before": old.name, "hint": hint }));
    }
    let mut before = Map::new();
    let mut detail = Map::from_iter([("name".to_owned(), json!(new.name)), ("hint".to_owned(), json!(hint))]);
    if old.name != new.name {
        before.insert("name".to_owned(), json!(old.name));
    }
    if old.owner != new.owner {
        before.insert("owner".to_owned(), json!(old.owner));
        detail.insert("owner".to_owned(), json!(new.owner));
    }
    if old.purpose != new.purpose {
        before.insert("purpose".to_owned(), json!(old.purpose));
        detail.insert("purpose".to_owned(), json!(new.purpose));
    }
    detail.insert("before".to_owned(), Value::Object(before));
    (Action::KeyUpdated, Value::Object(detail))
}
