//! Writes that are done once, however often they are asked for, and idempotency keys that are closed.

use async_trait::async_trait;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::fail::fail;
use super::statement::{Columns as _, damaged};
use super::write::Write;
use crate::store::{By, Idempotency, Result, StoreError, Written};
use crate::wire::id::{KeyId, TokenId};
use crate::wire::idempotency::{CreatedKind, CreatedWith};
use crate::wire::time::DAY_MS;

/// How long it is known what was created with a key, and that a key is closed.
const KEPT: i64 = 30 * DAY_MS;
/// How long a repeat is answered like the first request. After that, the key may be used again.
const REPEATED: i64 = DAY_MS;

#[async_trait]
impl Idempotency for SqlStore {
    async fn close_idempotency_key(
        &self,
        by: &By,
        scope: &str,
        key: &str,
    ) -> Result<Written<Option<CreatedWith>>> {
        self.retried(|| async move {
            // The same lock as for the writes that create something: whichever comes first decides.
            let mut write = self.begin(by).await?;
            write.forget_old_keys().await?;
            sqlx::query(
                "insert into once_closed (scope, key, at) values ($1, $2, $3) \
                 on conflict (scope, key) do update set at = excluded.at",
            )
            .bind(scope)
            .bind(key)
            .bind(by.now.millis())
            .execute(write.db())
            .await
            .map_err(fail)?;
            let newest: Option<AnyRow> = sqlx::query(
                "select made, at from once where scope = $1 and key = $2 order by at desc, made desc limit 1",
            )
            .bind(scope)
            .bind(key)
            .fetch_optional(write.db())
            .await
            .map_err(fail)?;
            let created = match newest {
                Some(row) => Some(write.created(&row).await?),
                None => None,
            };
            write.commit(created).await
        })
        .await
    }
}

impl Write<'_> {
    /// Whether this is asked for the first time. Under the write lock: of many at once one is the first.
    pub(super) async fn first_time(&mut self) -> Result<()> {
        let (now, once) = (self.by().now.millis(), self.by().once.clone());
        let Some(once) = once else { return Ok(()) };
        self.forget_old_keys().await?;
        let before: Option<AnyRow> = sqlx::query(
            "select fingerprint, made from once where scope = $1 and route = $2 and key = $3 and at > $4",
        )
        .bind(once.scope.as_str())
        .bind(once.route)
        .bind(once.key.as_str())
        .bind(now.saturating_sub(REPEATED))
        .fetch_optional(self.db())
        .await
        .map_err(fail)?;
        // Closing it does not change how a repeat is answered.
        let closed: Option<AnyRow> = sqlx::query("select at from once_closed where scope = $1 and key = $2")
            .bind(once.scope.as_str())
            .bind(once.key.as_str())
            .fetch_optional(self.db())
            .await
            .map_err(fail)?;
        match before {
            None if closed.is_some() => Err(StoreError::IdempotencyClosed),
            None => Ok(()),
            Some(row) if row.text("fingerprint")? == once.fingerprint => {
                Err(StoreError::Repeated(row.text("made")?))
            }
            Some(_) => Err(StoreError::IdempotencyMismatch),
        }
    }

    /// Keeps what was made, for repeats and for who closes the key.
    pub(super) async fn remember(&mut self, made: String) -> Result<()> {
        let (now, once) = (self.by().now.millis(), self.by().once.clone());
        let Some(once) = once else { return Ok(()) };
        // The row of a request that is not repeated any more gives way.
        sqlx::query(
            "insert into once (scope, route, key, fingerprint, made, at) values ($1, $2, $3, $4, $5, $6) \
             on conflict (scope, route, key) do update set \
             fingerprint = excluded.fingerprint, made = excluded.made, at = excluded.at",
        )
        .bind(once.scope)
        .bind(once.route)
        .bind(once.key)
        .bind(once.fingerprint)
        .bind(made)
        .bind(now)
        .execute(self.db())
        .await
        .map_err(fail)?;
        Ok(())
    }

    async fn forget_old_keys(&mut self) -> Result<()> {
        let old = self.by().now.millis().saturating_sub(KEPT);
        for table in ["delete from once where at <= $1", "delete from once_closed where at <= $1"] {
            sqlx::query(table).bind(old).execute(self.db()).await.map_err(fail)?;
        }
        Ok(())
    }

    /// What a row of `once` tells of, as it is now.
    async fn created(&mut self, row: &AnyRow) -> Result<CreatedWith> {
        let (id, at) = (row.text("made")?, row.time("at")?);
        if let Ok(key) = id.parse::<KeyId>() {
            let (key, _) = self.read_key(key).await?;
            let (name, project) = (key.name.clone(), Some(key.project_id));
            return Ok(CreatedWith { kind: CreatedKind::Key, id, name, project, at });
        }
        let token: TokenId = id.parse().map_err(|_| damaged("made"))?;
        let row: AnyRow = sqlx::query("select name from tokens where id = $1")
            .bind(token.to_string())
            .fetch_one(self.db())
            .await
            .map_err(fail)?;
        Ok(CreatedWith { kind: CreatedKind::Token, id, name: row.text("name")?, project: None, at })
    }
}
