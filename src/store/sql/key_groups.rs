//! Keys by creator, project, status or owner: one statement that counts all that pass the filter.

use sqlx::any::AnyRow;

use super::SqlStore;
use super::as_of::AsOf;
use super::keys_page::List;
use super::statement::{Columns as _, Sql};
use crate::store::Result;
use crate::wire::key_groups::{DEFAULT_GROUPS, GroupBy, KeyGroup, KeyGroupQuery, KeyGroups};
use crate::wire::keys::KeyQuery;
use crate::wire::page::MAX_LIMIT;
use crate::wire::time::Timestamp;

impl SqlStore {
    pub(super) async fn key_groups_of(&self, query: &KeyGroupQuery, now: Timestamp) -> Result<KeyGroups> {
        let as_of = self.as_of(now);
        let KeyGroupQuery { filter, project, status, .. } = query.clone();
        let list = List::of(&KeyQuery { filter, project, status, ..KeyQuery::default() }, as_of)?;
        if list.statuses.is_empty() {
            return Ok(KeyGroups::default());
        }
        let limit = query.limit.unwrap_or(DEFAULT_GROUPS).clamp(1, MAX_LIMIT);
        let rows = statement(&list, query.by, as_of, limit).rows(&self.read).await?;
        let Some(first) = rows.first() else { return Ok(KeyGroups::default()) };
        let mut groups = KeyGroups {
            total: first.count("all_groups")?,
            keys: first.count("all_keys")?,
            active: first.count("all_active")?,
            unused: first.count("all_unused")?,
            stale: first.count("all_stale")?,
            items: rows.iter().map(|row| group(row, query.by)).collect::<Result<_>>()?,
        };
        // Databases have orders of their own for names.
        groups.sort();
        Ok(groups)
    }
}

/// One row a group, the largest first; each has the sums of all groups as well.
fn statement(list: &List, by: GroupBy, as_of: AsOf, limit: u32) -> Sql {
    let (idle, stale) = (as_of.idle_before(), as_of.stale_before());
    let mut sql = Sql::new("select g.*, ");
    sql.push(match by {
        GroupBy::Project => "p.name as group_name",
        GroupBy::Creator | GroupBy::Status | GroupBy::Owner => "g.word as group_name",
    });
    sql.push(
        " from (select s.*, count(*) over () as all_groups, cast(sum(s.keys) over () as bigint) as all_keys, \
         cast(sum(s.active) over () as bigint) as all_active, \
         cast(sum(s.unused) over () as bigint) as all_unused, \
         cast(sum(s.stale) over () as bigint) as all_stale from (select k.word as word, \
         cast(count(*) as bigint) as keys, \
         cast(sum(case when k.status = 0 then 1 else 0 end) as bigint) as active, \
         cast(sum(case when k.status = 0 and k.paused_at = 0 and k.last_used_at = 0 then 1 else 0 end) as bigint) as unused, \
         cast(sum(case when k.status = 0 and k.paused_at = 0 and k.idle_since <= ",
    );
    sql.arg(stale).push(
        " then 1 else 0 end) as bigint) as stale, \
         cast(coalesce(min(case when k.status = 0 and k.paused_at = 0 then k.idle_since end), 0) as bigint) as oldest from (",
    );
    let what = "k.created_by as created_by, k.project_id as project_id, k.status as status, \
                k.last_used_at as last_used_at, k.idle_since as idle_since, k.paused_at as paused_at, k.owner as owner";
    match by {
        GroupBy::Creator => sql.push("select a.created_by as word"),
        GroupBy::Project => sql.push("select a.project_id as word"),
        GroupBy::Owner => sql.push("select a.owner as word"),
        GroupBy::Status => {
            sql.push(
                "select case when a.status <> 0 then 'revoked' when a.paused_at <> 0 then 'paused' \
                 when a.idle_since <= ",
            )
            .arg(stale);
            sql.push(" then 'stale' when a.idle_since <= ").arg(idle);
            sql.push(" then 'idle' when a.last_used_at = 0 then 'new' else 'in use' end as word")
        }
    };
    sql.push(
        ", a.status as status, a.last_used_at as last_used_at, a.idle_since as idle_since, \
         a.paused_at as paused_at from (",
    );
    list.arms(&mut sql, what, None, |_, _| {});
    sql.push(") a");
    sql.push(") k group by k.word) s order by s.keys desc, s.word limit ").arg(i64::from(limit)).push(") g");
    if by == GroupBy::Project {
        sql.push(" join projects p on p.id = g.word");
    }
    sql
}

fn group(row: &AnyRow, by: GroupBy) -> Result<KeyGroup> {
    Ok(KeyGroup {
        group: row.text("group_name")?.into(),
        project_id: if by == GroupBy::Project { Some(row.parsed("word")?) } else { None },
        keys: row.count("keys")?,
        active: row.count("active")?,
        unused: row.count("unused")?,
        stale: row.count("stale")?,
        oldest_idle_at: row.some_time("oldest")?,
    })
}
