//! Last uses and counts, written in batches of many rows a statement.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Transaction};

use super::callers::OTHERS;
use super::disk::Purpose;
use super::fail::{fail, fail_commit};
use super::networks::{self, Networks};
use super::statement::Column::{Number, Text};
use super::statement::{Columns as _, ROWS, Sql};
use super::{Dialect, SqlStore};
use crate::store::changes::Need;
use crate::store::{
    BatchId, CallerCount, DayCount, KeyUsage, MAX_CALLERS, OtherCallers, Refusals, Refused, Result,
    USAGE_RETRIED, Usage,
};
use crate::wire::events::Use;
use crate::wire::finding_rules::LONG_DAYS;
use crate::wire::id::{KeyId, NodeId};
use crate::wire::time::{CLOCK_SKEW, DAY_MS, Timestamp};

/// How long the number of the last batch of a node is kept after the batch.
const KEPT: Duration = Duration::from_secs(7 * USAGE_RETRIED.as_secs());

#[async_trait]
impl Usage for SqlStore {
    async fn record_usage(&self, batch: &[KeyUsage], now: Timestamp) -> Result<()> {
        self.retried(|| self.record(None, batch, now, Purpose::Other)).await
    }

    async fn record_batch(&self, id: BatchId, batch: &[KeyUsage], now: Timestamp, need: Need) -> Result<()> {
        if need == Need::Other {
            return self.retried(|| self.record(Some(id), batch, now, Purpose::Other)).await;
        }
        loop {
            let tried = self.retried(|| self.record(Some(id), batch, now, Purpose::Revocation)).await;
            if let Some(done) = self.unless_full(tried).await? {
                return Ok(done);
            }
        }
    }

    async fn end_batches(&self, node: NodeId) -> Result<()> {
        let mut tx = self.begin_tx(Purpose::Other).await?;
        let mut sql = Sql::new("delete from usage_batches where node = ");
        sql.arg(node.to_string()).kept(&mut *tx).await?;
        self.commit_usage(tx).await
    }
}

impl SqlStore {
    async fn record(
        &self,
        id: Option<BatchId>,
        batch: &[KeyUsage],
        now: Timestamp,
        purpose: Purpose,
    ) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut sums = Sums::of(batch, now, self.dialect);
        let mut tx = self.begin_tx(purpose).await?;
        if let Some(id) = id
            && !is_new(&mut tx, id, now).await?
        {
            return tx.rollback().await.map_err(fail);
        }
        let known = lock_keys(&mut tx, self.dialect, sums.keys.keys()).await?;
        sums.keys.retain(|key, _| known.contains_key(key));
        let ahead = sums
            .keys
            .iter()
            .filter(|(key, sum)| sum.used_at > 0 && known[*key].last_used_at > sums.latest)
            .count();
        if ahead > 0 {
            tracing::warn!(keys = ahead, %now, "last-used times in the future (a clock was ahead) will be replaced by newer requests");
        }
        let wanted = self.changes.has_usage_subscribers();
        let uses = update_keys(&mut tx, &sums, &known, wanted).await?;
        upsert_days(&mut tx, &sums).await?;
        upsert_callers(&mut tx, &sums).await?;
        make_room(&mut tx, &sums).await?;
        networks::note(&mut tx, self.dialect, &callers_by_network(&sums)).await?;
        self.commit_usage(tx).await?;
        self.changes.used(uses);
        Ok(())
    }

    async fn commit_usage(&self, tx: Transaction<'static, Any>) -> Result<()> {
        self.check_file(false)?;
        let committing = self.committing();
        let committed = tx.commit().await;
        committing.ended();
        committed.map_err(fail_commit)?;
        self.check_file(true)
    }
}

/// Enters a batch, and says whether it was not there. On PostgreSQL it waits until the end of a transaction that has
/// entered the same one and was not heard of.
async fn is_new(db: &mut AnyConnection, id: BatchId, now: Timestamp) -> Result<bool> {
    if id.number == 1 && now.is_plausible() {
        // What killed processes have left. One that runs is among the nodes, or gives its counts up before.
        let mut sql = Sql::new("delete from usage_batches where at < ");
        sql.arg((now - KEPT).millis()).push(" and node not in (select id from nodes)");
        sql.kept(&mut *db).await?;
    }
    let mut sql = Sql::new("insert into usage_batches (node, batch, at) values (");
    sql.arg(id.node.to_string()).push(", ").arg(id.number as i64).push(", ").arg(now.millis());
    sql.push(
        ") on conflict (node) do update set batch = excluded.batch, at = excluded.at \
         where usage_batches.batch < excluded.batch returning batch",
    );
    Ok(!sql.rows(db).await?.is_empty())
}

/// A batch with one entry a key, a day of a key and a caller of a key: a statement may name a row once.
/// Ordered by key, so that two writers lock keys in the same order.
struct Sums {
    keys: BTreeMap<String, KeySum>,
    /// What is later was noted by a clock that was ahead.
    latest: i64,
    dialect: Dialect,
}

#[derive(Default)]
struct KeySum {
    used_at: i64,
    used_from: String,
    refusals: Vec<Refusals>,
    days: BTreeMap<i64, DayCount>,
    callers: BTreeMap<String, OtherCallers>,
}

impl KeySum {
    fn add_caller(&mut self, address: String, more: OtherCallers) {
        self.callers
            .entry(address)
            .and_modify(|caller| {
                caller.first_at = caller.first_at.min(more.first_at);
                caller.last_at = caller.last_at.max(more.last_at);
                caller.allowed += more.allowed;
                caller.refused += more.refused;
            })
            .or_insert(more);
    }
}

impl Sums {
    fn of(batch: &[KeyUsage], now: Timestamp, dialect: Dialect) -> Sums {
        // By a clock that is certainly wrong nothing is corrected.
        let latest = if now.is_plausible() { now + CLOCK_SKEW } else { Timestamp::from_millis(i64::MAX) };
        let past = |at: Timestamp| if at > latest { now } else { at };
        let mut by_key: BTreeMap<KeyId, KeySum> = BTreeMap::new();
        for usage in batch {
            let sum = by_key.entry(usage.key).or_default();
            if let Some((at, from)) = usage.last_used
                && past(at).millis() > sum.used_at
            {
                sum.used_at = past(at).millis();
                sum.used_from = from.to_string();
            }
            let refusals = usage.refusals.iter();
            sum.refusals.extend(refusals.map(|refusals| Refusals { last: past(refusals.last), ..*refusals }));
            for count in &usage.days {
                let on = if count.day > latest.day() { now.day() } else { count.day };
                let day = sum.days.entry(on).or_insert(DayCount { day: on, ..DayCount::default() });
                day.allowed += count.allowed;
                day.limited += count.limited;
                day.refused += count.refused;
            }
            for count in &usage.callers {
                let CallerCount { address, first_at, last_at, allowed, refused } = *count;
                let (first_at, last_at) = (past(first_at), past(last_at));
                sum.add_caller(address.to_string(), OtherCallers { first_at, last_at, allowed, refused });
            }
            if let Some(others) = usage.others {
                let (first_at, last_at) = (past(others.first_at), past(others.last_at));
                sum.add_caller(OTHERS.to_owned(), OtherCallers { first_at, last_at, ..others });
            }
        }
        let keys = by_key.into_iter().map(|(key, sum)| (key.to_string(), sum)).collect();
        Sums { keys, latest: latest.millis(), dialect }
    }
}

/// The networks that used each key, with the first use of each in this batch. Addresses that the batch summed as
/// others are in none.
fn callers_by_network(sums: &Sums) -> Networks {
    let mut found = Networks::new();
    for (key, sum) in &sums.keys {
        for (address, caller) in sum.callers.iter().filter(|(_, caller)| caller.allowed > 0) {
            let Some(network) = networks::of(address) else { continue };
            found
                .entry((key.clone(), network))
                .and_modify(|first: &mut i64| *first = (*first).min(caller.first_at.millis()))
                .or_insert(caller.first_at.millis());
        }
    }
    found
}

/// What is known of a key before a batch is written to it.
struct Before {
    last_used_at: i64,
    /// Its pause, also one that a revocation ended; 0 without one.
    paused_at: i64,
}

/// The keys that are stored, of those given; locked in the order of their ids where rows can be locked.
async fn lock_keys(
    db: &mut AnyConnection,
    dialect: Dialect,
    ids: impl Iterator<Item = &String>,
) -> Result<HashMap<String, Before>> {
    let ids: Vec<&String> = ids.collect();
    let mut known = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(ROWS) {
        let mut sql = Sql::new("select id, last_used_at, paused_at from api_keys where id in ");
        sql.texts(dialect, ids).push(" order by id").push(dialect.for_update());
        for row in sql.rows(&mut *db).await? {
            let before = Before { last_used_at: row.int("last_used_at")?, paused_at: row.int("paused_at")? };
            known.insert(row.text("id")?, before);
        }
    }
    Ok(known)
}

/// What is written to a key.
#[derive(Serialize)]
struct KeyRow<'a> {
    key: &'a str,
    used: i64,
    used_from: &'a str,
    /// The last refusal.
    refused: i64,
    while_paused: i64,
    while_revoked: i64,
}

impl KeySum {
    /// The last refusal, and how many count for the latest pause and for the revocation.
    ///
    /// A node says which state a key had when it refused a request: the key may be in another one by now. Of a key that
    /// is paused, only what was refused after that counts: a node that has not heard of the latest pause yet, or heard
    /// of its end and the next pause at once, means an earlier one. Of a key that was resumed it is not stored when its
    /// latest pause began. If that pause was over before anything was refused in it, refusals of the pause before it
    /// that a node had not written yet count for it.
    fn refused(&self, before: &Before, latest: i64) -> (i64, i64, i64) {
        let (mut last, mut paused, mut revoked) = (0, 0_i64, 0_i64);
        for refusals in &self.refusals {
            let (at, count) = (refusals.last.millis(), signed(refusals.count));
            last = last.max(at);
            match refusals.during {
                Refused::Paused if at >= before.paused_at || before.paused_at > latest => {
                    paused = paused.saturating_add(count);
                }
                Refused::Paused | Refused::EarlierPause => {}
                Refused::Revoked => revoked = revoked.saturating_add(count),
            }
        }
        (last, paused, revoked)
    }
}

/// Writes the sums to the keys: a last use only moves forward, except that one in the future is replaced. Returns the
/// keys as they are then, if `wanted`.
async fn update_keys(
    db: &mut AnyConnection,
    sums: &Sums,
    known: &HashMap<String, Before>,
    wanted: bool,
) -> Result<Vec<Use>> {
    let rows: Vec<KeyRow<'_>> = sums
        .keys
        .iter()
        .map(|(key, sum)| {
            let (refused, while_paused, while_revoked) = sum.refused(&known[key], sums.latest);
            let (used, used_from) = (sum.used_at, sum.used_from.as_str());
            KeyRow { key, used, used_from, refused, while_paused, while_revoked }
        })
        .collect();
    let mut uses = Vec::new();
    for rows in rows.chunks(ROWS) {
        let columns = [
            Text("key"),
            Number("used"),
            Text("used_from"),
            Number("refused"),
            Number("while_paused"),
            Number("while_revoked"),
        ];
        // Times beyond v.latest were noted by a clock that was ahead.
        let mut sql = Sql::new("with v as materialized (select r.*, cast(");
        sql.arg(sums.latest).push(" as bigint) as latest, cast(").arg(i64::from(LONG_DAYS) * DAY_MS);
        sql.push(" as bigint) as long_idle from ").table(sums.dialect, &columns, rows).push(
            " as r) \
             update api_keys set \
             last_used_from = case when v.used > last_used_at or v.used > 0 and last_used_at > v.latest \
             then v.used_from else last_used_from end, \
             idle_since = case when v.used > last_used_at or v.used > 0 and last_used_at > v.latest \
             then v.used else idle_since end, \
             last_used_at = case when v.used > last_used_at or v.used > 0 and last_used_at > v.latest \
             then v.used else last_used_at end, \
             first_used_at = case when last_used_at = 0 then v.used else first_used_at end, \
             woke_at = case when v.used > last_used_at and v.used - idle_since >= v.long_idle \
             then v.used else woke_at end, \
             woke_from = case when v.used > last_used_at and v.used - idle_since >= v.long_idle \
             then idle_since else woke_from end, \
             refused_since_paused = refused_since_paused + v.while_paused, \
             refused_since_revoked = refused_since_revoked + case when status = 1 then v.while_revoked else 0 end, \
             refused_from = case when refused_from = 0 and (status = 1 and v.while_paused + v.while_revoked > 0 \
             or status = 0 and paused_at <> 0 and v.while_paused > 0) \
             then v.refused else refused_from end, \
             last_refused_at = case when v.refused > 0 \
             and (v.refused > last_refused_at or last_refused_at > v.latest) \
             then v.refused else last_refused_at end from v where api_keys.id = v.key",
        );
        if !wanted {
            sql.kept(&mut *db).await?;
            continue;
        }
        sql.push(
            " returning id, project_id, last_used_at, last_used_from, refused_since_revoked, \
             refused_since_paused, last_refused_at",
        );
        for row in sql.rows(&mut *db).await? {
            uses.push(read_use(&row, sums)?);
        }
    }
    Ok(uses)
}

fn read_use(row: &AnyRow, sums: &Sums) -> Result<Use> {
    let days = sums.keys.get(&row.text("id")?).map(|sum| &sum.days);
    Ok(Use {
        key: row.parsed("id")?,
        project: row.parsed("project_id")?,
        last_used_at: row.some_time("last_used_at")?,
        last_used_from: row.some_text("last_used_from")?.map(Into::into),
        requests: days.into_iter().flat_map(BTreeMap::values).map(|day| day.allowed + day.limited).sum(),
        refused_since_revoked: row.count("refused_since_revoked")?,
        refused_since_paused: row.count("refused_since_paused")?,
        last_refused_at: row.some_time("last_refused_at")?,
    })
}

#[derive(Serialize)]
struct DayRow<'a> {
    key: &'a str,
    day: i64,
    allowed: i64,
    limited: i64,
    refused: i64,
}

async fn upsert_days(db: &mut AnyConnection, sums: &Sums) -> Result<()> {
    let row = |key, day: &DayCount| DayRow {
        key,
        day: day.day,
        allowed: signed(day.allowed),
        limited: signed(day.limited),
        refused: signed(day.refused),
    };
    let rows: Vec<DayRow<'_>> =
        sums.keys.iter().flat_map(|(key, sum)| sum.days.values().map(move |day| row(key, day))).collect();
    for rows in rows.chunks(ROWS) {
        let columns = [Text("key"), Number("day"), Number("allowed"), Number("limited"), Number("refused")];
        let mut sql = Sql::new(
            "insert into usage_days (key_id, day, allowed, limited, refused) \
             select v.key, v.day, v.allowed, v.limited, v.refused from ",
        );
        // Without a condition SQLite takes the next words for one of a join.
        sql.table(sums.dialect, &columns, rows).push(
            " as v where true \
             on conflict (key_id, day) do update set allowed = usage_days.allowed + excluded.allowed, \
             limited = usage_days.limited + excluded.limited, refused = usage_days.refused + excluded.refused",
        );
        sql.kept(&mut *db).await?;
    }
    Ok(())
}

#[derive(Serialize)]
struct CallerRow<'a> {
    key: &'a str,
    address: &'a str,
    first_at: i64,
    last_at: i64,
    allowed: i64,
    refused: i64,
}

async fn upsert_callers(db: &mut AnyConnection, sums: &Sums) -> Result<()> {
    let row = |key, address, caller: &OtherCallers| CallerRow {
        key,
        address,
        first_at: caller.first_at.millis(),
        last_at: caller.last_at.millis(),
        allowed: signed(caller.allowed),
        refused: signed(caller.refused),
    };
    let rows: Vec<CallerRow<'_>> = sums
        .keys
        .iter()
        .flat_map(|(key, sum)| sum.callers.iter().map(move |(address, caller)| row(key, address, caller)))
        .collect();
    for rows in rows.chunks(ROWS) {
        let columns = [
            Text("key"),
            Text("address"),
            Number("first_at"),
            Number("last_at"),
            Number("allowed"),
            Number("refused"),
        ];
        let mut sql = Sql::new(
            "insert into key_callers (key_id, address, first_at, last_at, allowed, refused) \
             select v.key, v.address, v.first_at, v.last_at, v.allowed, v.refused from ",
        );
        sql.table(sums.dialect, &columns, rows).push(
            " as v where true \
             on conflict (key_id, address) do update set \
             first_at = case when excluded.first_at < key_callers.first_at \
             then excluded.first_at else key_callers.first_at end, \
             last_at = case when excluded.last_at > key_callers.last_at or key_callers.last_at > ",
        );
        sql.arg(sums.latest).push(
            " then excluded.last_at else key_callers.last_at end, \
             allowed = key_callers.allowed + excluded.allowed, \
             refused = key_callers.refused + excluded.refused",
        );
        sql.kept(&mut *db).await?;
    }
    Ok(())
}

/// Sums the oldest callers of the keys that now have too many.
async fn make_room(db: &mut AnyConnection, sums: &Sums) -> Result<()> {
    let keys: Vec<&str> =
        sums.keys.iter().filter(|(_, sum)| !sum.callers.is_empty()).map(|(key, _)| key.as_str()).collect();
    for keys in keys.chunks(ROWS) {
        let mut sql = Sql::new("select key_id from key_callers where key_id in ");
        sql.texts(sums.dialect, keys).push(" and address <> ").arg(OTHERS);
        sql.push(" group by key_id having count(*) > ").arg(MAX_CALLERS as i64);
        sql.push(" order by key_id");
        for row in sql.rows(&mut *db).await? {
            sum_oldest(db, &row.text("key_id")?).await?;
        }
    }
    Ok(())
}

async fn sum_oldest(db: &mut AnyConnection, key: &str) -> Result<()> {
    let oldest = "select address from key_callers where key_id = $1 and address <> $2 \
                  order by last_at desc, address limit 1000000 offset $3";
    let insert = format!(
        "insert into key_callers (key_id, address, first_at, last_at, allowed, refused) \
         select $1, $2, min(first_at), max(last_at), cast(sum(allowed) as bigint), cast(sum(refused) as bigint) \
         from key_callers where key_id = $1 and address in ({oldest}) \
         on conflict (key_id, address) do update set \
         first_at = case when excluded.first_at < key_callers.first_at \
         then excluded.first_at else key_callers.first_at end, \
         last_at = case when excluded.last_at > key_callers.last_at \
         then excluded.last_at else key_callers.last_at end, \
         allowed = key_callers.allowed + excluded.allowed, refused = key_callers.refused + excluded.refused"
    );
    let delete = format!("delete from key_callers where key_id = $1 and address in ({oldest})");
    for text in [insert, delete] {
        sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(key)
            .bind(OTHERS)
            .bind(MAX_CALLERS as i64)
            .execute(&mut *db)
            .await
            .map_err(fail)?;
    }
    Ok(())
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
