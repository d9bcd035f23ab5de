//! Access reviews: start, list, change. Their keys and decisions are in `review_items`, their execution in
//! `review_execute`.

use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::as_of::AsOf;
use super::disk::Purpose;
use super::fail::{fail, fail_commit};
use super::keys_page::List;
use super::page::{Place, Value, limit, page};
use super::statement::{Columns as _, Sql, damaged};
use crate::store::{By, Result, Reviews, StoreError, Written};
use crate::wire::audit::{Action, Head};
use crate::wire::id::{KeyId, ReviewId};
use crate::wire::keys::KeyQuery;
use crate::wire::page::{EXACT_TOTAL, Page, PageQuery};
use crate::wire::reviews::{
    Decide, Decision, Decisions, Execute, Executed, ItemQuery, NewReview, Population, Review, ReviewEdit,
    ReviewItem, ReviewStatus, Scope,
};
use crate::wire::time::{DAY_MS, Timestamp};
use crate::wire::word::Word;

/// How many keys of a new review are written at once: few enough that no revocation waits long.
const CHUNK: usize = 5_000;
/// Status of a review that is being filled.
const FILLING: i64 = 9;

#[async_trait]
impl Reviews for SqlStore {
    async fn start_review(&self, by: &By, new: &NewReview) -> Result<Written<Review>> {
        self.retried(|| self.start(by, new)).await
    }

    async fn reviews(&self, query: &PageQuery) -> Result<Page<Review>> {
        const LIST: &str = "reviews";
        let limit = limit(query.limit);
        let mut db = self.read.acquire().await.map_err(fail)?;
        let mut sql = Sql::new("select * from reviews where status <> ");
        sql.arg(FILLING);
        if let Some(place) = Place::read(LIST, query.cursor.as_deref())? {
            sql.push(" and (started_at, id) < (").arg(place.number()?).push(", ");
            sql.arg(place.2.as_str()).push(")");
        }
        sql.push(" order by started_at desc, id desc limit ").arg(limit as i64 + 1);
        let mut count = Sql::new("select count(*) from (select 1 from reviews where status <> ");
        count.arg(FILLING).push(" limit ").arg(EXACT_TOTAL as i64 + 1).push(") c");
        let count = count.number(&mut *db).await?;
        let mut reviews = Vec::new();
        for row in sql.rows(&mut *db).await? {
            reviews.push(read(&mut db, &row).await?);
        }
        Ok(page(reviews, limit, count.unsigned_abs(), |review| {
            Place::cursor(LIST, Value::Int(review.started_at.millis()), review.id.to_string())
        }))
    }

    async fn review(&self, id: ReviewId) -> Result<Review> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        let row = review_row(&mut db, id).await?;
        read(&mut db, &row).await
    }

    async fn edit_review(&self, by: &By, id: ReviewId, edit: &ReviewEdit) -> Result<Written<Review>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            let row = review_row(write.db(), id).await?;
            let old = read(write.db(), &row).await?;
            let cancels = edit.status == Some(ReviewStatus::Cancelled);
            let (mut detail, mut before) = (Map::new(), Map::new());
            if let Some(name) = edit.name.as_ref().filter(|name| **name != old.name) {
                before.insert("name".to_owned(), json!(old.name));
                detail.insert("name".to_owned(), json!(name));
            }
            if let Some(due) = edit.due_at.filter(|due| *due != old.due_at) {
                before.insert("dueAt".to_owned(), json!(old.due_at));
                detail.insert("dueAt".to_owned(), json!(due));
            }
            if detail.is_empty() && (!cancels || old.status == ReviewStatus::Cancelled) {
                return write.unchanged(old, row.count("changed_seq")?).await;
            }
            if old.status != ReviewStatus::Open || !row.text("executing")?.is_empty() {
                return Err(closed(&old));
            }
            let seq = write.seq();
            let mut sql = Sql::new("update reviews set name = ");
            sql.arg(edit.name.as_deref().unwrap_or(&old.name));
            sql.push(", due_at = ").arg(edit.due_at.unwrap_or(old.due_at).map_or(0, Timestamp::millis));
            sql.push(", status = ").arg(if cancels { 3 } else { 0 });
            sql.push(", changed_seq = ").arg(seq).push(" where id = ").arg(id.to_string());
            sql.once(write.db()).await?;
            let name = edit.name.as_deref().unwrap_or(&old.name);
            if !detail.is_empty() {
                detail.insert("name".to_owned(), json!(name));
                detail.insert("review".to_owned(), json!(id));
                detail.insert("before".to_owned(), Json::Object(before));
                write.append(Action::ReviewUpdated, None, None, Json::Object(detail)).await?;
            }
            if cancels {
                let detail = json!({ "review": id, "name": name, "decisions": old.decisions });
                write.append(Action::ReviewCancelled, None, None, detail).await?;
            }
            let row = review_row(write.db(), id).await?;
            let review = read(write.db(), &row).await?;
            write.commit(review).await
        })
        .await
    }

    async fn review_items(
        &self,
        id: ReviewId,
        query: &ItemQuery,
        asker: &str,
        now: Timestamp,
    ) -> Result<Page<ReviewItem>> {
        self.items(id, query, asker, now).await
    }

    async fn decide(
        &self,
        by: &By,
        id: ReviewId,
        key: KeyId,
        decide: Option<&Decide>,
        version: Option<u64>,
    ) -> Result<Written<ReviewItem>> {
        self.retried(|| self.decide_item(by, id, key, decide, version)).await
    }

    async fn execute_review(&self, by: &By, id: ReviewId, execute: &Execute) -> Result<Written<Executed>> {
        self.execute(by, id, execute).await
    }
}

impl SqlStore {
    /// The time of a review, with its threshold.
    pub(super) fn as_of_review(&self, now: Timestamp, stale_days: Option<u32>) -> AsOf {
        let mut as_of = self.as_of(now);
        if let Some(days) = stale_days {
            as_of.thresholds.stale_days = days;
            as_of.thresholds.warn_days = as_of.thresholds.warn_days.min(days);
        }
        as_of
    }

    /// Reads the population in one state of the database, writes it down a part at a time, and then makes the review
    /// known with its event: no write waits for all of it.
    async fn start(&self, by: &By, new: &NewReview) -> Result<Written<Review>> {
        let id = ReviewId::generate();
        let (head, keys, in_scope) = self.population(by, new).await?;
        if in_scope.is_empty() {
            return Err(StoreError::EmptyScope);
        }
        let mut tx = self.begin_tx(Purpose::Other).await?;
        // What a process left that ended while it filled a review.
        let old = by.now.millis() - DAY_MS;
        let mut left =
            Sql::new("delete from review_items where review_id in (select id from reviews where status = ");
        left.arg(FILLING).push(" and started_at < ").arg(old).push(")").once(&mut *tx).await?;
        let mut left = Sql::new("delete from reviews where status = ");
        left.arg(FILLING).push(" and started_at < ").arg(old).once(&mut *tx).await?;
        let mut sql = Sql::new(
            "insert into reviews (id, name, projects, filter, stale_days, due_at, started_at, started_by, as_of_seq, \
             as_of_hash, keys, in_scope, status, executing, executed_at, executed_by, signed_at, signed_by, \
             changed_seq) values ",
        );
        let projects = serde_json::to_string(&new.scope.projects).unwrap_or_default();
        sql.list([
            id.to_string().into(),
            new.name.as_str().into(),
            projects.into(),
            new.scope.filter.as_str().into(),
            i64::from(new.scope.stale_days.unwrap_or(0)).into(),
            new.due_at.map_or(0, Timestamp::millis).into(),
            by.now.millis().into(),
            by.actor.as_str().into(),
            (head.seq as i64).into(),
            head.hash.as_str().into(),
            (keys as i64).into(),
            (in_scope.len() as i64).into(),
            FILLING.into(),
            "".into(),
            super::statement::Arg::from(0),
            "".into(),
            super::statement::Arg::from(0),
            "".into(),
            super::statement::Arg::from(0),
        ]);
        sql.once(&mut *tx).await?;
        tx.commit().await.map_err(fail_commit)?;
        for keys in in_scope.chunks(CHUNK) {
            let text = format!(
                "insert into review_items (review_id, key_id) select $1, x.id from ({}) x (id)",
                self.dialect.ids()
            );
            let text = match self.dialect {
                super::Dialect::Postgres => text,
                // SQLite names no columns of a subquery.
                super::Dialect::Sqlite => {
                    "insert into review_items (review_id, key_id) select $1, value from json_each($2)"
                        .to_owned()
                }
            };
            let mut tx = self.begin_tx(Purpose::Other).await?;
            sqlx::query(sqlx::AssertSqlSafe(text))
                .bind(id.to_string())
                .bind(serde_json::to_string(keys).unwrap_or_default())
                .execute(&mut *tx)
                .await
                .map_err(fail)?;
            tx.commit().await.map_err(fail_commit)?;
        }
        let mut write = self.begin(by).await?;
        let seq = write.seq();
        let mut sql = Sql::new("update reviews set status = 0, changed_seq = ");
        sql.arg(seq).push(" where id = ").arg(id.to_string()).once(write.db()).await?;
        let row = review_row(write.db(), id).await?;
        let review = read(write.db(), &row).await?;
        let detail = json!({
            "review": id, "name": review.name, "scope": review.scope, "dueAt": review.due_at,
            "asOf": review.as_of, "population": review.population,
        });
        write.append(Action::ReviewStarted, None, None, detail).await?;
        write.commit(review).await
    }

    /// The end of the chain, how many keys there are, and which of them are in the scope: of one state.
    async fn population(&self, by: &By, new: &NewReview) -> Result<(Head, u64, Vec<String>)> {
        let mut tx = self.read.begin_with(self.dialect.begin_snapshot()).await.map_err(fail)?;
        let head: AnyRow = sqlx::query("select seq, hash from audit_head where id = 1")
            .fetch_one(&mut *tx)
            .await
            .map_err(fail)?;
        let head = Head { seq: head.count("seq")?, hash: head.text("hash")? };
        let keys = Sql::new("select count(*) from api_keys").number(&mut *tx).await?.unsigned_abs();
        let as_of = self.as_of_review(by.now, new.scope.stale_days);
        let mut found = Vec::new();
        let projects: Vec<_> = match &new.scope.projects[..] {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        for project in projects {
            let query = KeyQuery { filter: new.scope.filter.clone(), project, ..KeyQuery::default() };
            let list = List::of(&query, as_of)?;
            if list.statuses.is_empty() {
                continue;
            }
            let mut sql = Sql::new("select x.id as id from (");
            list.arms(&mut sql, "k.id as id", None, |_, _| {});
            sql.push(") x");
            for row in sql.rows(&mut *tx).await? {
                found.push(row.text("id")?);
            }
        }
        tx.rollback().await.map_err(fail)?;
        found.sort_unstable();
        found.dedup();
        Ok((head, keys, found))
    }
}

/// The row of a review. One that is being filled is not found.
pub(super) async fn review_row(db: &mut AnyConnection, id: ReviewId) -> Result<AnyRow> {
    let mut sql = Sql::new("select * from reviews where status <> ");
    let mut rows = sql.arg(FILLING).push(" and id = ").arg(id.to_string()).rows(db).await?;
    rows.pop().ok_or(StoreError::NotFound("review"))
}

/// Why decisions cannot change any more, and what to do. An open review that is closed all the same is being executed.
pub(super) fn closed(review: &Review) -> StoreError {
    let by = |at: Option<Timestamp>, actor: &Option<String>| {
        let by = actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        let on = at.map(|at| format!(" on {}", at.utc().date_naive())).unwrap_or_default();
        by + &on
    };
    StoreError::ReviewClosed(match review.status {
        ReviewStatus::Open => {
            "the review is being executed, so its decisions cannot change; if that was interrupted, \
                               execute it again"
                .to_owned()
        }
        ReviewStatus::Signed => format!(
            "the review was already signed{}; start a new review to decide again",
            by(review.signed_at, &review.signed_by)
        ),
        ReviewStatus::Executed => format!(
            "the review was already executed{}; start a new review to decide again",
            by(review.executed_at, &review.executed_by)
        ),
        status => format!("the review is {}; start a new review", status.as_str()),
    })
}

/// A review, with its decisions counted.
pub(super) async fn read(db: &mut AnyConnection, row: &AnyRow) -> Result<Review> {
    let id: ReviewId = row.parsed("id")?;
    let mut sql = Sql::new("select decision, count(*) as keys from review_items where review_id = ");
    sql.arg(id.to_string()).push(" group by decision");
    let mut decisions = Decisions::default();
    for row in sql.rows(db).await? {
        *decisions.of(decision_of(row.int("decision")?)) += row.count("keys")?;
    }
    let projects = serde_json::from_str(&row.text("projects")?).map_err(|_| damaged("projects"))?;
    let stale_days = u32::try_from(row.int("stale_days")?).map_err(|_| damaged("stale_days"))?;
    Ok(Review {
        id,
        name: row.text("name")?,
        scope: Scope {
            projects,
            filter: row.text("filter")?,
            stale_days: Some(stale_days).filter(|days| *days > 0),
        },
        due_at: row.some_time("due_at")?,
        started_at: row.time("started_at")?,
        started_by: row.text("started_by")?,
        as_of: Head { seq: row.count("as_of_seq")?, hash: row.text("as_of_hash")? }.into(),
        population: Population { keys: row.count("keys")?, in_scope: row.count("in_scope")? },
        decisions,
        status: match row.int("status")? {
            0 => ReviewStatus::Open,
            1 => ReviewStatus::Executed,
            2 => ReviewStatus::Signed,
            3 => ReviewStatus::Cancelled,
            _ => ReviewStatus::Other(Word::of("unknown")),
        },
        executed_at: row.some_time("executed_at")?,
        executed_by: row.some_text("executed_by")?,
        signed_at: row.some_time("signed_at")?,
        signed_by: row.some_text("signed_by")?,
    })
}

/// The column's number of a decision; 0 is none.
pub(super) fn decision_number(decision: Option<Decision>) -> i64 {
    match decision {
        None | Some(Decision::Other(_)) => 0,
        Some(Decision::Keep) => 1,
        Some(Decision::Revoke) => 2,
        Some(Decision::Rotate) => 3,
        Some(Decision::Pause) => 4,
        Some(Decision::Ask) => 5,
        Some(Decision::Skip) => 6,
    }
}

/// The decision of a column's number.
pub(super) fn decision_of(number: i64) -> Option<Decision> {
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    Decision::ALL.get(place).copied()
}
