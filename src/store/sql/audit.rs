//! The audit log, read.

use async_trait::async_trait;
use serde_json::Value as Json;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::fail::fail;
use super::page::{Place, Value, limit, page};
use super::statement::{Columns as _, Sql};
use crate::store::{Audit, Result, StoreError};
use crate::wire::audit::{Event, EventQuery, Head};
use crate::wire::page::{EXACT_TOTAL, Page};

#[async_trait]
impl Audit for SqlStore {
    async fn audit_head(&self) -> Result<Head> {
        let row: AnyRow = sqlx::query("select seq, hash from audit_head where id = 1")
            .fetch_one(&self.read)
            .await
            .map_err(fail)?;
        Ok(Head { seq: row.count("seq")?, hash: row.text("hash")? })
    }

    async fn audit_events(&self, query: &EventQuery) -> Result<Page<Event>> {
        let list = name(query);
        let limit = limit(query.limit);
        let place = Place::read(&list, query.cursor.as_deref())?;
        // No stored text holds a NUL, and PostgreSQL takes none as a parameter.
        if query.actor.as_ref().is_some_and(|actor| actor.contains('\0')) {
            return Ok(Page::whole(Vec::new()));
        }
        let mut sql = Sql::new("select body, hash from audit_events where seq > 0");
        conditions(&mut sql, query);
        if let Some(place) = place {
            sql.push(" and seq < ").arg(place.number()?);
        }
        sql.push(" order by seq desc limit ").arg(limit as i64 + 1);
        let mut count = Sql::new("select count(*) from (select 1 as one from audit_events where seq > 0");
        conditions(&mut count, query);
        count.push(" limit ").arg(EXACT_TOTAL as i64 + 1).push(") c");
        let rows = sql.rows(&self.read).await?;
        let total = count.number(&self.read).await?;
        let events = rows.iter().map(decode).collect::<Result<Vec<_>>>()?;
        Ok(page(events, limit, total.unsigned_abs(), |event| {
            Place::cursor(&list, Value::Int(event.seq as i64), String::new())
        }))
    }

    async fn audit_events_after(&self, after: u64, limit: u32) -> Result<Vec<Event>> {
        let rows = sqlx::query("select body, hash from audit_events where seq > $1 order by seq limit $2")
            .bind(i64::try_from(after).unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await
            .map_err(fail)?;
        rows.iter().map(decode).collect()
    }

    async fn audit_chain(&self, after: u64, limit: u32) -> Result<Vec<(String, String)>> {
        let rows = sqlx::query("select body, hash from audit_events where seq > $1 order by seq limit $2")
            .bind(i64::try_from(after).unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await
            .map_err(fail)?;
        rows.iter().map(|row| Ok((row.text("body")?, row.text("hash")?))).collect()
    }
}

/// What a cursor of this list is bound to.
fn name(query: &EventQuery) -> String {
    let query = EventQuery { limit: None, cursor: None, ..query.clone() };
    format!("events {}", serde_json::to_string(&query).expect("texts are JSON"))
}

fn conditions(sql: &mut Sql, query: &EventQuery) {
    if let Some(project) = query.project {
        sql.push(" and project_id = ").arg(project.to_string());
    }
    if let Some(key) = query.key {
        sql.push(" and key_id = ").arg(key.to_string());
    }
    if let Some(actor) = &query.actor {
        sql.push(" and actor = ").arg(actor.as_str());
    }
    if let Some(action) = query.action {
        sql.push(" and action = ").arg(action.as_str());
    }
    if let Some(after) = query.after {
        sql.push(" and at >= ").arg(after.millis());
    }
    if let Some(before) = query.before {
        sql.push(" and at < ").arg(before.millis());
    }
}

/// The event is its stored body: the columns beside it only find it.
fn decode(row: &AnyRow) -> Result<Event> {
    let body = row.text("body")?;
    let damaged = || {
        StoreError::Corrupt(
            "an audit event is no event any more; `keydeck audit verify` names the first damaged one".into(),
        )
    };
    let mut value: Json = serde_json::from_str(&body).map_err(|_| damaged())?;
    value.as_object_mut().ok_or_else(damaged)?.insert("hash".into(), Json::String(row.text("hash")?));
    serde_json::from_value(value).map_err(|_| damaged())
}
