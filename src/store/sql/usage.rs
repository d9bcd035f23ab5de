//! Last uses and counts, written in batches of many rows a statement.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::callers::OTHERS;
use super::disk::Purpose;
use super::fail::{fail, fail_commit};
use super::networks::{self, Networks};
use super::statement::{Arg, Columns as _, Sql};
use super::{Dialect, SqlStore};
use crate::store::{CallerCount, DayCount, KeyUsage, MAX_CALLERS, OtherCallers, Result, Usage};
use crate::wire::events::Use;
use crate::wire::finding_rules::LONG_DAYS;
use crate::wire::id::KeyId;
use crate::wire::time::{CLOCK_SKEW, DAY_MS, Timestamp};

#[async_trait]
impl Usage for SqlStore {
    async fn record_usage(&self, batch: &[KeyUsage], now: Timestamp) -> Result<()> {
        self.record(batch, now, Purpose::Other).await
    }

    async fn record_usage_to_revoke(&self, batch: &[KeyUsage], now: Timestamp) -> Result<()> {
        loop {
            let tried = self.record(batch, now, Purpose::Revocation).await;
            if let Some(done) = self.unless_full(tried).await? {
                return Ok(done);
            }
        }
    }
}

impl SqlStore {
    async fn record(&self, batch: &[KeyUsage], now: Timestamp, purpose: Purpose) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut sums = Sums::of(batch, now, self.dialect);
        let mut tx = self.begin_tx(purpose).await?;
        let known = lock_keys(&mut tx, self.dialect, sums.keys.keys()).await?;
        sums.keys.retain(|key, _| known.contains_key(key));
        let ahead =
            sums.keys.iter().filter(|(key, sum)| sum.used_at > 0 && known[*key] > sums.latest).count();
        if ahead > 0 {
            tracing::warn!(keys = ahead, %now, "last-used times in the future (a clock was ahead) will be replaced by newer requests");
        }
        let wanted = self.changes.has_usage_subscribers();
        let uses = update_keys(&mut tx, &sums, wanted).await?;
        upsert_days(&mut tx, &sums).await?;
        upsert_callers(&mut tx, &sums).await?;
        make_room(&mut tx, &sums).await?;
        networks::note(&mut tx, &callers_by_network(&sums), sums.rows).await?;
        self.check_file(false)?;
        let committing = self.committing();
        let committed = tx.commit().await;
        committing.ended();
        committed.map_err(fail_commit)?;
        self.check_file(true)?;
        self.changes.used(uses);
        Ok(())
    }
}

/// A batch with one entry a key, a day of a key and a caller of a key: a statement may name a row once.
/// Ordered by key, so that two writers lock keys in the same order.
struct Sums {
    keys: BTreeMap<String, KeySum>,
    /// What is later was noted by a clock that was ahead.
    latest: i64,
    /// How many rows one statement takes.
    rows: usize,
}

#[derive(Default)]
struct KeySum {
    used_at: i64,
    used_from: String,
    refused_at: i64,
    refused: i64,
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
            if let Some(at) = usage.last_refused {
                sum.refused_at = sum.refused_at.max(past(at).millis());
            }
            for count in &usage.days {
                let on = if count.day > latest.day() { now.day() } else { count.day };
                let day = sum.days.entry(on).or_insert(DayCount { day: on, ..DayCount::default() });
                day.allowed += count.allowed;
                day.limited += count.limited;
                day.refused += count.refused;
                sum.refused = sum.refused.saturating_add(signed(count.refused));
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
        Sums { keys, latest: latest.millis(), rows: dialect.rows() }
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

/// The ids that are stored, of those given, with their last uses; locked in their order where rows can be locked.
async fn lock_keys(
    db: &mut AnyConnection,
    dialect: Dialect,
    ids: impl Iterator<Item = &String>,
) -> Result<HashMap<String, i64>> {
    let ids: Vec<&str> = ids.map(String::as_str).collect();
    let mut known = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(dialect.rows()) {
        let mut sql = Sql::new("select id, last_used_at from api_keys where id in ");
        sql.list(ids.iter().copied()).push(" order by id").push(dialect.for_update());
        for row in sql.rows_once(&mut *db).await? {
            known.insert(row.text("id")?, row.int("last_used_at")?);
        }
    }
    Ok(known)
}

/// Writes the sums to the keys: a last use only moves forward, except that one in the future is replaced, and a
/// refusal counts only where the key was revoked or paused before it. Returns the keys as they are then, if `wanted`.
async fn update_keys(db: &mut AnyConnection, sums: &Sums, wanted: bool) -> Result<Vec<Use>> {
    let rows: Vec<_> = sums.keys.iter().collect();
    let mut uses = Vec::new();
    for rows in rows.chunks(sums.rows) {
        // Times beyond column6 were noted by a clock that was ahead.
        let mut sql = Sql::new(
            "update api_keys set \
             last_used_from = case when v.column2 > last_used_at or v.column2 > 0 and last_used_at > v.column6 \
             then v.column3 else last_used_from end, \
             idle_since = case when v.column2 > last_used_at or v.column2 > 0 and last_used_at > v.column6 \
             then v.column2 else idle_since end, \
             last_used_at = case when v.column2 > last_used_at or v.column2 > 0 and last_used_at > v.column6 \
             then v.column2 else last_used_at end, \
             first_used_at = case when last_used_at = 0 then v.column2 else first_used_at end, \
             woke_at = case when v.column2 > last_used_at and v.column2 - idle_since >= v.column7 \
             then v.column2 else woke_at end, \
             woke_from = case when v.column2 > last_used_at and v.column2 - idle_since >= v.column7 \
             then idle_since else woke_from end, \
             refused_since_paused = refused_since_paused + \
             case when status = 0 and paused_at <> 0 and v.column4 > 0 \
             and (v.column4 >= paused_at or paused_at > v.column6) then v.column5 else 0 end, \
             refused_from = case when refused_from = 0 and v.column4 > 0 \
             and (status = 1 and (v.column4 >= revoked_at or revoked_at > v.column6) \
             or status = 0 and paused_at <> 0 and (v.column4 >= paused_at or paused_at > v.column6)) \
             then v.column4 else refused_from end, \
             refused_since_revoked = refused_since_revoked + \
             case when status = 1 and v.column4 > 0 and (v.column4 >= revoked_at or revoked_at > v.column6) \
             then v.column5 else 0 end, \
             last_refused_at = case when v.column4 > 0 \
             and (status = 1 and (v.column4 >= revoked_at or revoked_at > v.column6) \
             or status = 0 and paused_at <> 0 and (v.column4 >= paused_at or paused_at > v.column6)) \
             and (v.column4 > last_refused_at or last_refused_at > v.column6) \
             then v.column4 else last_refused_at end from (values ",
        );
        for (at, (key, sum)) in rows.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).list([
                Arg::from(key.as_str()),
                Arg::from(sum.used_at),
                Arg::from(sum.used_from.as_str()),
                Arg::from(sum.refused_at),
                Arg::from(sum.refused),
                Arg::from(sums.latest),
                Arg::from(i64::from(LONG_DAYS) * DAY_MS),
            ]);
        }
        sql.push(") as v where api_keys.id = v.column1");
        if !wanted {
            sql.once(&mut *db).await?;
            continue;
        }
        sql.push(
            " returning id, project_id, last_used_at, last_used_from, refused_since_revoked, \
             refused_since_paused, last_refused_at",
        );
        for row in sql.rows_once(&mut *db).await? {
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

async fn upsert_days(db: &mut AnyConnection, sums: &Sums) -> Result<()> {
    let rows: Vec<_> =
        sums.keys.iter().flat_map(|(key, sum)| sum.days.values().map(move |day| (key, day))).collect();
    for rows in rows.chunks(sums.rows) {
        let mut sql = Sql::new("insert into usage_days (key_id, day, allowed, limited, refused) values ");
        for (at, (key, day)) in rows.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).list([
                Arg::from(key.as_str()),
                Arg::from(day.day),
                Arg::from(signed(day.allowed)),
                Arg::from(signed(day.limited)),
                Arg::from(signed(day.refused)),
            ]);
        }
        sql.push(
            " on conflict (key_id, day) do update set allowed = usage_days.allowed + excluded.allowed, \
             limited = usage_days.limited + excluded.limited, refused = usage_days.refused + excluded.refused",
        );
        sql.once(&mut *db).await?;
    }
    Ok(())
}

async fn upsert_callers(db: &mut AnyConnection, sums: &Sums) -> Result<()> {
    let rows: Vec<_> =
        sums.keys.iter().flat_map(|(key, sum)| sum.callers.iter().map(move |caller| (key, caller))).collect();
    for rows in rows.chunks(sums.rows) {
        let mut sql = Sql::new(
            "insert into key_callers (key_id, address, first_at, last_at, allowed, refused) values ",
        );
        for (at, (key, (address, caller))) in rows.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).list([
                Arg::from(key.as_str()),
                Arg::from(address.as_str()),
                Arg::from(caller.first_at.millis()),
                Arg::from(caller.last_at.millis()),
                Arg::from(signed(caller.allowed)),
                Arg::from(signed(caller.refused)),
            ]);
        }
        sql.push(
            " on conflict (key_id, address) do update set \
             first_at = case when excluded.first_at < key_callers.first_at \
             then excluded.first_at else key_callers.first_at end, \
             last_at = case when excluded.last_at > key_callers.last_at or key_callers.last_at > ",
        );
        sql.arg(sums.latest).push(
            " then excluded.last_at else key_callers.last_at end, \
             allowed = key_callers.allowed + excluded.allowed, \
             refused = key_callers.refused + excluded.refused",
        );
        sql.once(&mut *db).await?;
    }
    Ok(())
}

/// Sums the oldest callers of the keys that now have too many.
async fn make_room(db: &mut AnyConnection, sums: &Sums) -> Result<()> {
    let keys: Vec<&str> =
        sums.keys.iter().filter(|(_, sum)| !sum.callers.is_empty()).map(|(key, _)| key.as_str()).collect();
    for keys in keys.chunks(sums.rows) {
        let mut sql = Sql::new("select key_id from key_callers where key_id in ");
        sql.list(keys.iter().copied()).push(" and address <> ").arg(OTHERS);
        sql.push(" group by key_id having count(*) > ").arg(MAX_CALLERS as i64);
        sql.push(" order by key_id");
        for row in sql.rows_once(&mut *db).await? {
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
