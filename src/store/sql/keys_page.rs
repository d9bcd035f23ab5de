//! Lists of keys: by project, status, filter and order, a page at a time.
//!
//! There are two plans, since no single one is quick for both a rare and a common filter:
//!
//! - **gather**: the ids of all keys that pass, from an index that holds what the filter reads, then their
//!   order. One statement that counts them, too; beyond [`GATHERED`] ids it leaves the rows to the other.
//! - **walk**: along the index of the order, row by row, until the page is full. Without a filter, or where
//!   so many pass that a page is soon full.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::any::AnyRow;

use super::SqlStore;
use super::as_of::AsOf;
use super::filter::{conditions, status_number, status_of, statuses};
use super::findings;
use super::key_row::{columns, decode};
use super::page::{Place, Value, limit, page};
use super::statement::{Columns as _, Sql, damaged};
use crate::store::Result;
use crate::wire::filter::{Filter, StatusTest, Test};
use crate::wire::findings::FindingCode;
use crate::wire::id::KeyId;
use crate::wire::keys::{DAILY, Key, KeyQuery, Sort, SortBy, Status};
use crate::wire::page::{EXACT_TOTAL, Page};
use crate::wire::text::fold_search;
use crate::wire::time::Timestamp;

/// The most ids that are put in order one by one. Of 100,000 keys both plans then cost about the same.
const GATHERED: u64 = 3_000;

impl SqlStore {
    pub(super) async fn keys_page(
        &self,
        query: &KeyQuery,
        now: Timestamp,
        acknowledged: u64,
    ) -> Result<Page<Key>> {
        let mut page = self.page_of(&List::of(query, self.as_of(now))?, acknowledged).await?;
        if query.daily {
            self.add_daily(&mut page.items, now).await?;
        }
        Ok(page)
    }

    /// A page of any list of keys.
    pub(super) async fn page_of(&self, list: &List, acknowledged: u64) -> Result<Page<Key>> {
        let (rows, total) = if list.sort.by == SortBy::Findings {
            (self.by_findings(list).await?, list.count().number(&self.read).await?.unsigned_abs())
        } else if list.is_filtered() {
            match self.gather(list).await? {
                (rows, total) if total <= GATHERED => (rows, total),
                (_, total) => (self.walk(list).await?, total),
            }
        } else {
            (self.walk(list).await?, list.count().number(&self.read).await?.unsigned_abs())
        };
        let keys = rows
            .iter()
            .map(|row| Ok((decode(row, acknowledged, list.as_of)?, list.value(row)?)))
            .collect::<Result<Vec<_>>>()?;
        let page =
            page(keys, list.limit, total, |(key, value)| list.cursor(value.clone(), key.id.to_string()));
        let items = page.items.into_iter().map(|(key, _)| key).collect();
        Ok(Page { items, next: page.next, total: page.total, more: page.more })
    }

    /// Adds the accepted requests of each of the last days to keys.
    async fn add_daily(&self, keys: &mut [Key], now: Timestamp) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let first = now.day() - DAILY as i64 + 1;
        let mut sql = Sql::new("select key_id, day, allowed from usage_days where day >= ");
        sql.arg(first).push(" and day <= ").arg(now.day()).push(" and key_id in ");
        sql.list(keys.iter().map(|key| key.id.to_string()));
        let mut counts: HashMap<KeyId, [u64; DAILY]> = HashMap::with_capacity(keys.len());
        for row in sql.rows_once(&self.read).await? {
            let days = counts.entry(row.parsed("key_id")?).or_insert([0; DAILY]);
            let day = usize::try_from(row.int("day")? - first).ok().and_then(|at| days.get_mut(at));
            *day.ok_or_else(|| damaged("day"))? = row.count("allowed")?;
        }
        for key in keys {
            key.daily = Some(Arc::new(counts.remove(&key.id).unwrap_or([0; DAILY]).to_vec()));
        }
        Ok(())
    }

    /// The rows of the page and the count, or no rows and a count that is too high.
    async fn gather(&self, list: &List) -> Result<(Vec<AnyRow>, u64)> {
        if list.statuses.is_empty() || list.is_impossible() {
            return Ok((Vec::new(), 0));
        }
        let mut sql = Sql::new("with m as materialized (");
        list.arms(&mut sql, "k.id as id", None, |_, _| {});
        sql.push(" limit ").arg(EXACT_TOTAL as i64 + 1);
        sql.push("), t as (select count(*) as total from m), x as materialized (select k.id as id, ");
        sql.push(&list.sorted_by())
            .push(" as v from m join api_keys k on k.id = m.id where (select total from t) <= ");
        sql.arg(GATHERED as i64);
        list.after(&mut sql);
        sql.push(" order by v").push(list.direction()).push(", id").push(list.direction());
        sql.push(" limit ").arg(list.limit as i64 + 1).push(") select t.total as total, ");
        columns(&mut sql, list.as_of.now);
        sql.push(
            " from t left join x on 1 = 1 left join api_keys k on k.id = x.id \
             left join projects p on p.id = k.project_id order by x.v",
        );
        sql.push(list.direction()).push(", x.id").push(list.direction());
        let mut rows = sql.rows(&self.read).await?;
        let total = rows.first().map_or(Ok(0), |row| row.count("total"))?;
        // The count comes beside nulls where no row is on this page.
        rows.retain(|row| row.text("id").is_ok());
        Ok((rows, total))
    }

    /// One statement for each severity, until the page is full. Few keys (a small review, or few that may have such a
    /// finding) are gathered and sorted; many are read along the index of idle times.
    async fn by_findings(&self, list: &List) -> Result<Vec<AnyRow>> {
        if list.statuses.is_empty() || list.is_impossible() {
            return Ok(Vec::new());
        }
        let most = list.limit as i64 + 1;
        let last = findings::RANKS.len() - 1;
        let last_here = findings::last_rank(&list.filter);
        let from = list.place.as_ref().map(|place| place.number().map(Rank::of)).transpose()?;
        let small = match &list.within {
            Some(within) => self.is_small(within).await?,
            None => false,
        };
        let mut rows = Vec::new();
        for step in 0..=last {
            let rank = if list.sort.descending { last - step } else { step };
            let behind =
                from.map(|from| if list.sort.descending { from.place >= rank } else { from.place <= rank });
            if rank > last_here || behind == Some(false) || rows.len() as i64 >= most {
                continue;
            }
            let codes = findings::RANKS[rank].map(|severity| findings::codes_of(Some(severity)));
            let few = match &codes {
                Some(codes) if !small => self.are_few(codes, list.as_of).await?,
                _ => false,
            };
            let along = if few || small { None } else { Some("idle_since") };
            let mut sql = Sql::new("select ");
            columns(&mut sql, list.as_of.now);
            sql.push(", cast(").arg(rank as i64).push(" as bigint) as severity_rank from (");
            list.arms(&mut sql, "k.id as id, k.idle_since as v", along, |sql, arms| {
                if let Some(codes) = codes.as_ref().filter(|_| few) {
                    sql.push(" and k.id in (");
                    findings::candidates(sql, codes, list.as_of, i64::MAX);
                    sql.push(")");
                }
                findings::ranks(sql, rank, list.as_of);
                if let Some(from) = from.filter(|from| from.place == rank) {
                    sql.push(" and (k.idle_since, k.id) ").push(if list.descends() { "< (" } else { "> (" });
                    sql.arg(from.idle_since).push(", ");
                    sql.arg(list.place.as_ref().map(|place| place.2.as_str()).unwrap_or_default()).push(")");
                }
                if arms > 1 {
                    list.page_of(sql);
                }
            });
            if list.statuses.len() > 1 {
                sql.push(" order by v").push(list.direction()).push(", id").push(list.direction());
                sql.push(" limit ").arg(most);
            } else {
                list.page_of(&mut sql);
            }
            sql.push(
                ") x join api_keys k on k.id = x.id join projects p on p.id = k.project_id order by x.v",
            );
            sql.push(list.direction()).push(", x.id").push(list.direction());
            rows.extend(sql.rows(&self.read).await?);
        }
        rows.truncate(list.limit + 1);
        Ok(rows)
    }

    /// Whether so few keys may have any of these findings that they are gathered.
    async fn are_few(&self, codes: &[FindingCode], as_of: AsOf) -> Result<bool> {
        let mut sql = Sql::new("select count(*) from (");
        findings::candidates(&mut sql, codes, as_of, GATHERED as i64 + 1);
        sql.push(") c");
        Ok(sql.number(&self.read).await?.unsigned_abs() <= GATHERED)
    }

    /// Whether a review has so few keys that they are gathered.
    async fn is_small(&self, within: &Within) -> Result<bool> {
        let mut sql = Sql::new("select count(*) from (select 1 from review_items where review_id = ");
        sql.arg(within.review.as_str()).push(" limit ").arg(GATHERED as i64 + 1).push(") c");
        Ok(sql.number(&self.read).await?.unsigned_abs() <= GATHERED)
    }

    async fn walk(&self, list: &List) -> Result<Vec<AnyRow>> {
        let mut sql = Sql::new("select ");
        columns(&mut sql, list.as_of.now);
        sql.push(" from (");
        let what = format!("k.id as id, {} as v", list.sorted_by());
        list.arms(&mut sql, &what, list.column(), |sql, arms| {
            list.after(sql);
            if arms > 1 {
                list.page_of(sql);
            }
        });
        if list.statuses.len() > 1 {
            sql.push(" order by v").push(list.direction()).push(", id").push(list.direction());
            sql.push(" limit ").arg(list.limit as i64 + 1);
        } else {
            list.page_of(&mut sql);
        }
        sql.push(") x join api_keys k on k.id = x.id join projects p on p.id = k.project_id order by x.v");
        sql.push(list.direction()).push(", x.id").push(list.direction());
        sql.rows(&self.read).await
    }
}

/// A place in a list by findings or by status: how severe or which status, and idle since when. As one number for the
/// cursor.
#[derive(Clone, Copy)]
struct Rank {
    place: usize,
    idle_since: i64,
}

impl Rank {
    /// More milliseconds than there are until the year 5138.
    const SPAN: i64 = 100_000_000_000_000;

    fn of(number: i64) -> Rank {
        Rank {
            place: usize::try_from(number.div_euclid(Rank::SPAN)).unwrap_or_default(),
            idle_since: number.rem_euclid(Rank::SPAN),
        }
    }

    const fn number(self) -> i64 {
        self.place as i64 * Rank::SPAN + self.idle_since
    }
}

/// What list is asked for.
pub(super) struct List {
    query: KeyQuery,
    filter: Filter,
    pub(super) statuses: Vec<Status>,
    sort: Sort,
    limit: usize,
    place: Option<Place>,
    as_of: AsOf,
    within: Option<Within>,
}

/// A review, of which a list has the keys alone: perhaps those with one decision.
#[derive(Clone)]
pub(super) struct Within {
    pub(super) review: String,
    pub(super) decision: Option<i64>,
}

impl List {
    pub(super) fn of(query: &KeyQuery, as_of: AsOf) -> Result<List> {
        List::within(query, as_of, None)
    }

    /// The same, of the keys of a review.
    pub(super) fn within(query: &KeyQuery, as_of: AsOf, within: Option<Within>) -> Result<List> {
        let filter = Filter::parse(&query.filter)?;
        let statuses = statuses(query.status, &filter);
        let sort = query.sort.unwrap_or_default();
        let mut list = List {
            query: query.clone(),
            filter,
            statuses,
            sort,
            limit: limit(query.limit),
            place: None,
            as_of,
            within,
        };
        let place = Place::read(&list.name(), query.cursor.as_deref())?;
        if let Some(place) = &place {
            match sort.by {
                SortBy::Name | SortBy::Creator | SortBy::Owner | SortBy::Project => {
                    place.text().map(|_| ())?;
                }
                SortBy::Created
                | SortBy::LastUsed
                | SortBy::Idle
                | SortBy::Findings
                | SortBy::Status
                | SortBy::Keys => {
                    place.number().map(|_| ())?;
                }
            }
        }
        list.place = place;
        Ok(list)
    }

    /// What a cursor of this list is bound to.
    fn name(&self) -> String {
        let KeyQuery { filter, project, status, handle, last4, .. } = &self.query;
        let status = status.map_or("", |status| status.as_str());
        let project = project.map(|id| id.to_string()).unwrap_or_default();
        let within = self.within.as_ref().map(|within| (&within.review, within.decision));
        let sort = self.sort.to_string();
        match within {
            None => serde_json::json!(["keys", filter, project, status, handle, last4, sort]).to_string(),
            Some(within) => serde_json::json!(["items", within, filter, status, sort]).to_string(),
        }
    }

    fn cursor(&self, value: Value, id: String) -> String {
        Place::cursor(&self.name(), value, id)
    }

    fn is_filtered(&self) -> bool {
        self.statuses.is_empty()
            || self.within.is_some()
            || self.query.handle.is_some()
            || self.query.last4.is_some()
            || self
                .filter
                .terms()
                .iter()
                .flat_map(|term| &term.tests)
                .any(|test| !matches!(test, Test::Status(StatusTest::Active | StatusTest::Revoked)))
    }

    /// No stored text holds a NUL, and PostgreSQL takes none as a parameter.
    fn is_impossible(&self) -> bool {
        [&self.query.handle, &self.query.last4].into_iter().flatten().any(|text| text.contains('\0'))
    }

    /// The column with an index in the order of the list; none where the rows have to be sorted.
    const fn column(&self) -> Option<&'static str> {
        match self.sort.by {
            SortBy::Name => Some("folded"),
            SortBy::Owner => Some("owner_search"),
            // No key has keys, and nobody can ask for that order.
            SortBy::Created | SortBy::Keys => Some("created_at"),
            SortBy::LastUsed => Some("last_used_at"),
            SortBy::Idle | SortBy::Findings => Some("idle_since"),
            SortBy::Creator | SortBy::Project | SortBy::Status => None,
        }
    }

    /// What a key `k` is sorted by. Findings are walked along the idle times.
    fn sorted_by(&self) -> String {
        match (self.column(), self.sort.by) {
            (Some(column), _) => format!("k.{column}"),
            (None, SortBy::Project) => "(select q.folded from projects q where q.id = k.project_id)".into(),
            (None, SortBy::Status) => format!(
                "(case when k.status <> 0 then 2 when k.paused_at <> 0 then 1 else 0 end * {} + k.idle_since)",
                Rank::SPAN
            ),
            (None, _) => "k.created_by".into(),
        }
    }

    /// Whether the column's largest value comes first. The longest idle time is the smallest time.
    const fn descends(&self) -> bool {
        self.sort.descending != matches!(self.sort.by, SortBy::Idle)
    }

    const fn direction(&self) -> &'static str {
        if self.descends() { " desc" } else { "" }
    }

    fn value(&self, row: &AnyRow) -> Result<Value> {
        match self.sort.by {
            SortBy::Name => row.text("folded").map(Value::Text),
            SortBy::Creator => row.text("created_by").map(Value::Text),
            SortBy::Owner => row.text("owner").map(|owner| Value::Text(fold_search(&owner))),
            SortBy::Project => row.text("project_folded").map(Value::Text),
            SortBy::Created | SortBy::Keys => row.int("created_at").map(Value::Int),
            SortBy::LastUsed => row.int("last_used_at").map(Value::Int),
            SortBy::Idle => row.int("idle_since").map(Value::Int),
            SortBy::Status => {
                let place = status_of(row.int("status")?, row.int("paused_at")?).place();
                Ok(Value::Int(Rank { place, idle_since: row.int("idle_since")? }.number()))
            }
            SortBy::Findings => {
                let place = usize::try_from(row.int("severity_rank")?).unwrap_or_default();
                Ok(Value::Int(Rank { place, idle_since: row.int("idle_since")? }.number()))
            }
        }
    }

    fn count(&self) -> Sql {
        let mut sql = Sql::new("select count(*) from (");
        self.arms(&mut sql, "1 as one", None, |_, _| {});
        sql.push(" limit ").arg(EXACT_TOTAL as i64 + 1).push(") c");
        sql
    }

    /// A select for each status, so that each can use an index that begins with it; `tail` ends each. They
    /// are walked in the order of the column `along`, if one is given.
    pub(super) fn arms(
        &self,
        sql: &mut Sql,
        what: &str,
        along: Option<&str>,
        tail: impl Fn(&mut Sql, usize),
    ) {
        let arms = self.statuses.len();
        for (at, status) in self.statuses.iter().enumerate() {
            if arms > 1 {
                sql.push(if at == 0 { "select * from (" } else { " union all select * from (" });
            }
            sql.push("select ").push(what).push(" from api_keys k where k.status = ");
            sql.push(if status_number(*status) == 0 { "0" } else { "1" });
            if let Some(Within { review, decision }) = &self.within {
                // A walk asks row by row; otherwise the rows of the review are where to begin.
                let each = along.is_some();
                sql.push(if each { " and exists (select 1" } else { " and k.id in (select i.key_id" });
                sql.push(" from review_items i where i.review_id = ").arg(review.as_str());
                if each {
                    sql.push(" and i.key_id = k.id");
                }
                if let Some(decision) = decision {
                    sql.push(" and i.decision = ").arg(*decision);
                }
                sql.push(")");
            }
            if let Some(project) = self.query.project {
                sql.push(" and k.project_id = ").arg(project.to_string());
            }
            if let Some(handle) = &self.query.handle {
                sql.push(" and k.handle = ").arg(handle.as_str());
            }
            if let Some(last4) = &self.query.last4 {
                sql.push(" and k.last4 = ").arg(last4.as_str());
            }
            conditions(sql, &self.filter, *status, self.as_of, along);
            tail(sql, arms);
            if arms > 1 {
                sql.push(if at == 0 { ") a" } else { ") b" });
            }
        }
    }

    /// Appends the place behind which the page begins.
    fn after(&self, sql: &mut Sql) {
        let Some(place) = &self.place else { return };
        sql.push(" and (").push(&self.sorted_by()).push(", k.id) ");
        sql.push(if self.descends() { "< (" } else { "> (" });
        sql.arg(place.1.clone()).push(", ").arg(place.2.as_str()).push(")");
    }

    fn page_of(&self, sql: &mut Sql) {
        sql.push(" order by ").push(&self.sorted_by()).push(self.direction());
        sql.push(", k.id").push(self.direction());
        sql.push(" limit ").arg(self.limit as i64 + 1);
    }
}
