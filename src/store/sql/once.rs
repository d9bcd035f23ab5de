//! Writes that are done once, however often they are asked for.

use sqlx::any::AnyRow;

use super::fail::fail;
use super::statement::Columns as _;
use super::write::Write;
use crate::store::{Result, StoreError};
use crate::wire::time::DAY_MS;

impl Write<'_> {
    /// Whether this is asked for the first time. Under the write lock: of many at once one is the first.
    pub(super) async fn first_time(&mut self) -> Result<()> {
        let (now, once) = (self.by().now.millis(), self.by().once.clone());
        let Some(once) = once else { return Ok(()) };
        sqlx::query("delete from once where at <= $1")
            .bind(now.saturating_sub(DAY_MS))
            .execute(self.db())
            .await
            .map_err(fail)?;
        let before: Option<AnyRow> =
            sqlx::query("select fingerprint, made from once where scope = $1 and route = $2 and key = $3")
                .bind(once.scope)
                .bind(once.route)
                .bind(once.key)
                .fetch_optional(self.db())
                .await
                .map_err(fail)?;
        match before {
            None => Ok(()),
            Some(row) if row.text("fingerprint")? == once.fingerprint => {
                Err(StoreError::Repeated(row.text("made")?))
            }
            Some(_) => Err(StoreError::IdempotencyMismatch),
        }
    }

    /// Keeps what was made, for repeats.
    pub(super) async fn remember(&mut self, made: String) -> Result<()> {
        let (now, once) = (self.by().now.millis(), self.by().once.clone());
        let Some(once) = once else { return Ok(()) };
        sqlx::query(
            "insert into once (scope, route, key, fingerprint, made, at) values ($1, $2, $3, $4, $5, $6)",
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
}
