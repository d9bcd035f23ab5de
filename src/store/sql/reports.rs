//! Reports: one state of the database in parts, and the event that binds them.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde_json::Value as Json;
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use super::as_of::AsOf;
use super::event_row::event;
use super::fail::fail;
use super::key_row::{columns, decode};
use super::keys_page::List;
use super::review_items::{COLUMNS as ITEM, item};
use super::review_sign::{pack, signature};
use super::reviews::{read, review_row};
use super::statement::{Columns as _, Sql};
use super::{SqlStore, receipts};
use crate::store::report::{ReportAbout, ReportKey, ReportState};
use crate::store::{By, KeptReceipt, Reports, Result, Written};
use crate::wire::audit::{Action, Head};
use crate::wire::id::{KeyId, ReviewId};
use crate::wire::keys::KeyQuery;
use crate::wire::reports::{NewReport, PreviousPack, ReportReview, Sign};
use crate::wire::reviews::{Population, Review};
use crate::wire::time::Timestamp;

/// How many keys and events are read at once.
const CHUNK: i64 = 1_000;

#[async_trait]
impl Reports for SqlStore {
    async fn report_state(&self, new: &NewReport, now: Timestamp) -> Result<Box<dyn ReportState>> {
        let mut tx = self.read.begin_with(self.dialect.begin_snapshot()).await.map_err(fail)?;
        let head: AnyRow = sqlx::query("select seq, hash from audit_head where id = 1")
            .fetch_one(&mut *tx)
            .await
            .map_err(fail)?;
        let head = Head { seq: head.count("seq")?, hash: head.text("hash")? };
        let first = event(&mut tx, 1).await?.map(|event| event.hash);
        let keys = Sql::new("select count(*) from api_keys").number(&mut *tx).await?.unsigned_abs();
        let previous = match &new.previous_pack {
            Some(head) => Some(previous(&mut tx, head).await?),
            None => None,
        };
        let (mut as_of, mut in_scope) = (self.as_of(now), HashSet::new());
        let review = if let Some(id) = new.review {
            let row = review_row(&mut tx, id).await?;
            let review = read(&mut tx, &row).await?;
            as_of = self.as_of_review(now, review.scope.stale_days);
            let mut sql = Sql::new("select key_id as id from review_items where review_id = ");
            for row in sql.arg(id.to_string()).rows(&mut *tx).await? {
                in_scope.insert(row.parsed::<KeyId>("id")?);
            }
            let signature = signature(&mut tx, &review, row.count("changed_seq")?).await?;
            let reported = ReportReview::of(&review, signature);
            Some((review, reported))
        } else {
            let query = KeyQuery { filter: new.filter.clone(), ..KeyQuery::default() };
            let list = List::of(&query, as_of)?;
            if !list.statuses.is_empty() {
                let mut sql = Sql::new("select x.id as id from (");
                list.arms(&mut sql, "k.id as id", None, |_, _| {});
                for row in sql.push(") x").rows(&mut *tx).await? {
                    in_scope.insert(row.parsed::<KeyId>("id")?);
                }
            }
            None
        };
        let about = ReportAbout {
            head,
            first,
            thresholds: as_of.thresholds,
            review,
            population: Population { keys, in_scope: in_scope.len() as u64 },
            previous,
        };
        Ok(Box::new(State { tx, about, as_of, in_scope }))
    }

    async fn append_report(&self, by: &By, detail: Json) -> Result<Written<()>> {
        let detail = &detail;
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            write.append(Action::ReportCreated, None, None, detail.clone()).await?;
            write.commit(()).await
        })
        .await
    }

    async fn sign_review(&self, by: &By, id: ReviewId, sign: &Sign) -> Result<Written<Review>> {
        self.retried(|| self.sign(by, id, sign)).await
    }
}

/// A transaction that reads. It is rolled back when this is dropped.
struct State {
    tx: Transaction<'static, Any>,
    about: ReportAbout,
    as_of: AsOf,
    in_scope: HashSet<KeyId>,
}

#[async_trait]
impl ReportState for State {
    fn about(&self) -> &ReportAbout {
        &self.about
    }

    async fn keys_after(&mut self, after: Option<KeyId>) -> Result<Vec<ReportKey>> {
        let mut sql = Sql::new("select ");
        columns(&mut sql, self.as_of.now);
        sql.push(" from api_keys k join projects p on p.id = k.project_id where k.id > ");
        sql.arg(after.map(|id| id.to_string()).unwrap_or_default());
        sql.push(" order by k.id limit ").arg(CHUNK);
        let rows = sql.rows(&mut *self.tx).await?;
        let Some(last) = rows.last() else { return Ok(Vec::new()) };
        let mut items = HashMap::new();
        if let Some((review, _)) = &self.about.review {
            let mut sql = Sql::new(ITEM);
            sql.arg(review.id.to_string()).push(" and key_id > ");
            sql.arg(after.map(|id| id.to_string()).unwrap_or_default());
            sql.push(" and key_id <= ").arg(last.text("id")?);
            for row in sql.rows(&mut *self.tx).await? {
                items.insert(row.parsed::<KeyId>("key_id")?, row);
            }
        }
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            // What a clock that was ahead has noted happened by now.
            let key = decode(row, u64::MAX, self.as_of)?.clamped(self.as_of.now);
            let item = items.get(&key.id).map(|row| item(row, key.clone(), "")).transpose()?;
            let woke_at = row.some_time("woke_at")?;
            keys.push(ReportKey { in_scope: self.in_scope.contains(&key.id), item, woke_at, key });
        }
        Ok(keys)
    }

    async fn receipts_after(&mut self, after: u64) -> Result<Vec<KeptReceipt>> {
        let mut sql = Sql::new("select ");
        sql.push(receipts::COLUMNS).push(" from receipts r where r.revision > ");
        sql.arg(i64::try_from(after).unwrap_or(i64::MAX));
        sql.push(" order by r.revision limit ").arg(CHUNK);
        sql.rows(&mut *self.tx).await?.iter().map(receipts::decode).collect()
    }

    async fn events_after(&mut self, after: u64) -> Result<Vec<String>> {
        let mut sql = Sql::new("select body from audit_events where seq > ");
        sql.arg(i64::try_from(after).unwrap_or(i64::MAX));
        sql.push(" order by seq limit ").arg(CHUNK);
        sql.rows(&mut *self.tx).await?.iter().map(|row| row.text("body")).collect()
    }
}

async fn previous(db: &mut sqlx::AnyConnection, head: &Head) -> Result<PreviousPack> {
    let event = pack(db, head).await?;
    let as_of = event.detail.get("asOf").cloned().unwrap_or_default();
    let as_of = serde_json::from_value(as_of).map_err(|_| super::statement::damaged("body"))?;
    Ok(PreviousPack { head: head.clone(), as_of, created_at: event.at, created_by: event.actor })
}
