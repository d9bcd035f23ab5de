//! An audit event, from its row.

use serde_json::Value;
use sqlx::any::AnyRow;

use super::statement::{Columns as _, Sql};
use crate::store::{Result, StoreError};
use crate::wire::audit::Event;

/// The event is its stored body: the columns beside it only find it.
pub(super) fn decode(row: &AnyRow) -> Result<Event> {
    let damaged = || {
        StoreError::Corrupt(
            "an audit event is damaged; find the first one with `keydeck audit verify`".into(),
        )
    };
    let body = row.text("body").map_err(|error| match error {
        StoreError::Corrupt(_) => damaged(),
        error => error,
    })?;
    let mut value: Value = serde_json::from_str(&body).map_err(|_| damaged())?;
    value.as_object_mut().ok_or_else(damaged)?.insert("hash".into(), Value::String(row.text("hash")?));
    serde_json::from_value(value).map_err(|_| damaged())
}

/// The event with this number.
pub(super) async fn event(db: &mut sqlx::AnyConnection, seq: u64) -> Result<Option<Event>> {
    let mut sql = Sql::new("select body, hash from audit_events where seq = ");
    sql.arg(i64::try_from(seq).unwrap_or(i64::MAX));
    sql.rows(db).await?.first().map(decode).transpose()
}
