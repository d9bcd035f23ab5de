//! The audit log, read.

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::{Row as _, ValueRef as _};

use super::actor::{self, Actor};
use super::event_row::decode;
use super::fail::fail;
use super::page::{Place, Value, limit, page};
use super::statement::{Columns as _, Sql};
use super::{SqlStore, search};
use crate::store::{Audit, Result};
use crate::wire::audit::{Event, EventQuery, Head};
use crate::wire::filter::EventFilter;
use crate::wire::page::{EXACT_TOTAL, Page};
use crate::wire::time::Timestamp;

#[async_trait]
impl Audit for SqlStore {
    async fn audit_head(&self) -> Result<Head> {
        let row: AnyRow = sqlx::query("select seq, hash from audit_head where id = 1")
            .fetch_one(&self.read)
            .await
            .map_err(fail)?;
        Ok(Head { seq: row.count("seq")?, hash: row.text("hash")? })
    }

    async fn audit_events(&self, query: &EventQuery, now: Timestamp) -> Result<Page<Event>> {
        let mut list = List::of(query, now)?;
        // No stored text holds a NUL, and PostgreSQL takes none as a parameter.
        if query.actor.as_ref().is_some_and(|actor| actor.contains('\0')) {
            return Ok(Page::whole(Vec::new()));
        }
        if let Some(actor) = &query.actor {
            list.actors = actor::find(&self.read, actor).await?;
            if list.actors.is_empty() {
                return Ok(Page::whole(Vec::new()));
            }
        }
        list.reviews = search::reviews(&self.read, &list.filter).await?;
        let (rows, total) = if list.filter.is_empty() {
            (list.walk().rows(&self.read).await?, list.count().number(&self.read).await?.unsigned_abs())
        } else {
            self.gather_events(&list).await?
        };
        let mut events = rows.iter().map(decode).collect::<Result<Vec<_>>>()?;
        self.add_receipts(&mut events).await?;
        Ok(page(events, list.limit, total, |event| {
            Place::cursor(&list.name, Value::Int(event.seq as i64), String::new())
        }))
    }

    async fn audit_events_after(&self, after: u64, limit: u32) -> Result<Vec<Event>> {
        self.rows_after(after, limit).await?.iter().map(decode).collect()
    }

    async fn audit_chain(&self, after: u64, limit: u32) -> Result<Vec<(String, String)>> {
        let rows = self.rows_after(after, limit).await?;
        rows.iter().map(|row| Ok((row.text("body")?, row.text("hash")?))).collect()
    }
}

impl SqlStore {
    /// The events after this place of the log, in its order.
    async fn rows_after(&self, seq: u64, limit: u32) -> Result<Vec<AnyRow>> {
        sqlx::query("select body, hash from audit_events where seq > $1 order by seq limit $2")
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(&self.read)
            .await
            .map_err(fail)
    }

    /// The rows of a filtered page and the count of all: what few events match is looked for once, in one statement.
    async fn gather_events(&self, list: &List<'_>) -> Result<(Vec<AnyRow>, u64)> {
        let mut sql = Sql::new("with m as materialized (select ");
        sql.push(if list.needs_events() { "e.seq" } else { "s.seq" }).push(" as seq");
        list.from(&mut sql);
        sql.push(" order by 1 desc limit ").arg(EXACT_TOTAL as i64 + 1);
        sql.push("), x as (select seq from m");
        if let Some(after) = list.after {
            sql.push(" where seq < ").arg(after);
        }
        sql.push(" order by seq desc limit ").arg(list.limit as i64 + 1);
        sql.push(
            ") select t.total as total, x.seq as seq, e.body as body, e.hash as hash \
             from (select count(*) as total from m) t left join x on 1 = 1 \
             left join audit_events e on e.seq = x.seq order by x.seq desc",
        );
        let mut rows = sql.rows(&self.read).await?;
        let total = rows.first().map_or(Ok(0), |row| row.count("total"))?;
        if total > EXACT_TOTAL && list.after.is_some() {
            // Of more than are counted, this page may lie behind them; so many are soon found.
            return Ok((list.walk().rows(&self.read).await?, total));
        }
        // The count comes beside nulls where no row is on this page.
        rows.retain(|row| !row.try_get_raw("seq").is_ok_and(|seq| seq.is_null()));
        Ok((rows, total))
    }
}

/// What list is asked for.
struct List<'a> {
    query: &'a EventQuery,
    filter: EventFilter,
    reviews: Vec<(String, String)>,
    /// By any of these; none where anybody may have done it.
    actors: Vec<Actor>,
    limit: usize,
    after: Option<i64>,
    now: Timestamp,
    /// What a cursor of this list is bound to.
    name: String,
}

impl List<'_> {
    fn of(query: &EventQuery, now: Timestamp) -> Result<List<'_>> {
        let bound = EventQuery { limit: None, cursor: None, ..query.clone() };
        let name = format!("events {}", serde_json::to_string(&bound).expect("texts are JSON"));
        let place = Place::read(&name, query.cursor.as_deref())?;
        let after = place.map(|place| place.number()).transpose()?;
        let filter = EventFilter::parse(&query.filter)?;
        Ok(List {
            query,
            filter,
            reviews: Vec::new(),
            actors: Vec::new(),
            limit: limit(query.limit),
            after,
            now,
            name,
        })
    }

    /// The rows of a page, and one more.
    fn walk(&self) -> Sql {
        let mut sql = Sql::new("select e.body as body, e.hash as hash");
        if self.filter.is_empty() {
            sql.push(" from audit_events e where e.seq > 0");
            self.conditions(&mut sql);
        } else {
            sql.push(" from audit_search s join audit_events e on e.seq = s.seq where s.seq > 0");
            self.conditions(&mut sql);
            search::conditions(&mut sql, &self.filter, &self.reviews, self.now);
        }
        let seq = if self.filter.is_empty() || self.needs_events() { "e.seq" } else { "s.seq" };
        if let Some(after) = self.after {
            sql.push(" and ").push(seq).push(" < ").arg(after);
        }
        sql.push(" order by ").push(seq).push(" desc limit ").arg(self.limit as i64 + 1);
        sql
    }

    fn count(&self) -> Sql {
        let mut sql = Sql::new("select count(*) from (select 1 as one from audit_events e where e.seq > 0");
        self.conditions(&mut sql);
        sql.push(" limit ").arg(EXACT_TOTAL as i64 + 1).push(") c");
        sql
    }

    /// Appends ` from … where …` for what is filtered; the wide table of events only where it is asked.
    fn from(&self, sql: &mut Sql) {
        sql.push(" from audit_search s");
        if self.needs_events() {
            sql.push(" join audit_events e on e.seq = s.seq");
        }
        sql.push(" where s.seq > 0");
        self.conditions(sql);
        search::conditions(sql, &self.filter, &self.reviews, self.now);
    }

    fn needs_events(&self) -> bool {
        let EventQuery { project, key, actor, action, .. } = self.query;
        project.is_some() || key.is_some() || actor.is_some() || action.is_some()
    }

    fn conditions(&self, sql: &mut Sql) {
        let EventQuery { project, key, action, after, before, .. } = self.query;
        if let Some(project) = project {
            sql.push(" and e.project_id = ").arg(project.to_string());
        }
        if let Some(key) = key {
            sql.push(" and e.key_id = ").arg(key.to_string());
        }
        actor::conditions(sql, &self.actors);
        if let Some(action) = action {
            sql.push(" and e.action = ").arg(action.as_str());
        }
        let at = if self.filter.is_empty() { "e.at" } else { "s.at" };
        if let Some(after) = after {
            sql.push(" and ").push(at).push(" >= ").arg(after.millis());
        }
        if let Some(before) = before {
            sql.push(" and ").push(at).push(" < ").arg(before.millis());
        }
    }
}
