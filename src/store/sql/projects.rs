//! Projects.

use async_trait::async_trait;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::fail::{fail, is_taken};
use super::page::{Place, Value, limit, page};
use super::refold::Alike;
use super::statement::{Columns as _, Sql};
use crate::store::{By, Projects, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::id::ProjectId;
use crate::wire::keys::{Sort, SortBy};
use crate::wire::page::{EXACT_TOTAL, Page};
use crate::wire::projects::{KeyCounts, Project, ProjectQuery, ProjectSort};
use crate::wire::text::{fold, fold_search};
use crate::wire::time::Timestamp;

/// Each count and each newest use is one look into an index. A plus before a column keeps it out of the choice of an
/// index: of paused keys, which are few, there is one of their own.
const COLUMNS: &str = "p.id as id, p.name as name, p.folded as folded, p.created_at as created_at, \
    p.live_version as live_version, p.rules as rules, \
    (select count(*) from api_keys k where k.project_id = p.id and k.status = 1) as revoked, \
    (select count(*) from api_keys k where k.project_id = p.id and k.paused_at <> 0 and +k.status = 0) as paused, \
    coalesce((select max(k.last_used_at) from api_keys k where k.project_id = p.id and k.status = 0), 0) \
        as used_active, \
    coalesce((select max(k.last_used_at) from api_keys k where k.project_id = p.id and k.status = 1), 0) \
        as used_revoked";

#[async_trait]
impl Projects for SqlStore {
    async fn create_project(&self, by: &By, name: &str) -> Result<Written<Project>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            let id = ProjectId::generate();
            check_name(write.db(), name, None).await?;
            let seq = write.seq();
            sqlx::query(
                "insert into projects \
                 (id, name, folded, created_at, archived_at, changed_seq, live_version, rules, rules_seq, search) \
                 values ($1, $2, $3, $4, 0, $5, 0, 0, 0, $6)",
            )
            .bind(id.to_string())
            .bind(name)
            .bind(fold(name))
            .bind(by.now.millis())
            .bind(seq)
            .bind(fold_search(name))
            .execute(write.db())
            .await
            .map_err(|error| if is_taken(&error) { taken(name) } else { fail(error) })?;
            write.append(Action::ProjectCreated, Some(id), None, json!({ "name": name })).await?;
            let project = self.read_project(write.db(), id, by.now).await?;
            write.commit(project).await
        })
        .await
    }

    async fn rename_project(&self, by: &By, id: ProjectId, name: &str) -> Result<Written<Project>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            let row = project_row(write.db(), id).await?;
            if row.name == name {
                let project = self.read_project(write.db(), id, by.now).await?;
                return write.unchanged(project, row.changed_seq).await;
            }
            row.must_be_open()?;
            check_name(write.db(), name, Some(id)).await?;
            let seq = write.seq();
            sqlx::query(
                "update projects set name = $1, folded = $2, changed_seq = $3, search = $5 where id = $4",
            )
            .bind(name)
            .bind(fold(name))
            .bind(seq)
            .bind(id.to_string())
            .bind(fold_search(name))
            .execute(write.db())
            .await
            .map_err(|error| if is_taken(&error) { taken(name) } else { fail(error) })?;
            write
                .append(Action::ProjectRenamed, Some(id), None, json!({ "name": name, "before": row.name }))
                .await?;
            let project = self.read_project(write.db(), id, by.now).await?;
            write.commit(project).await
        })
        .await
    }

    async fn archive_project(&self, by: &By, id: ProjectId, revoke_keys: bool) -> Result<Written<()>> {
        loop {
            let tried = self.retried(|| self.archive(by, id, revoke_keys)).await;
            if let Some(written) = self.unless_full(tried).await? {
                return Ok(written);
            }
        }
    }

    async fn project(&self, id: ProjectId, now: Timestamp) -> Result<Project> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        self.read_project(&mut db, id, now).await
    }

    async fn projects(&self, query: &ProjectQuery, now: Timestamp) -> Result<Page<Project>> {
        let sort = query.sort.unwrap_or_default();
        let list = match sort {
            sort if sort == ProjectSort::default() => "projects".to_owned(),
            sort => format!("projects {sort}"),
        };
        let ProjectSort(Sort { by, descending }) = sort;
        let limit = limit(query.limit);
        // What is counted is known of all projects before the first of them is.
        let (value, counted) = match by {
            SortBy::Created => ("p.created_at", false),
            SortBy::Keys => ("(p.idle + p.used)", true),
            SortBy::LastUsed => (
                "(case when p.used_active > p.used_revoked then p.used_active else p.used_revoked end)",
                true,
            ),
            _ => ("p.folded", false),
        };
        let numbers = matches!(by, SortBy::Created | SortBy::Keys | SortBy::LastUsed);
        let direction = if descending { " desc" } else { "" };
        let mut sql = self.select(if counted { "select * from (select " } else { "select " }, now);
        sql.push(" from projects p where p.archived_at = 0");
        if counted {
            sql.push(") p where 1 = 1");
        }
        if let Some(place) = Place::read(&list, query.cursor.as_deref())? {
            sql.push(" and (").push(value).push(", p.id) ").push(if descending { "< (" } else { "> (" });
            if numbers {
                sql.arg(place.number()?);
            } else {
                sql.arg(place.text()?);
            }
            sql.push(", ").arg(place.2.as_str()).push(")");
        }
        sql.push(" order by ").push(value).push(direction).push(", p.id").push(direction);
        sql.push(" limit ").arg(limit as i64 + 1);
        let mut count = Sql::new("select count(*) from (select 1 from projects where archived_at = 0 limit ");
        count.arg(EXACT_TOTAL as i64 + 1).push(") c");
        let count = count.number(&self.read).await?;
        let rows = sql.rows(&self.read).await?;
        let value = |row: &AnyRow| match by {
            SortBy::Created => row.int("created_at").map(Value::Int),
            SortBy::Keys => Ok(Value::Int(row.int("idle")? + row.int("used")?)),
            SortBy::LastUsed => Ok(Value::Int(row.int("used_active")?.max(row.int("used_revoked")?))),
            _ => row.text("folded").map(Value::Text),
        };
        let projects = rows.iter().map(|row| Ok((decode(row)?, value(row)?))).collect::<Result<Vec<_>>>()?;
        let page = page(projects, limit, count.unsigned_abs(), |(project, value)| {
            Place::cursor(&list, value.clone(), project.id.to_string())
        });
        let items = page.items.into_iter().map(|(project, _)| project).collect();
        Ok(Page { items, next: page.next, total: page.total, more: page.more })
    }
}

impl SqlStore {
    pub(super) async fn read_project(
        &self,
        db: &mut AnyConnection,
        id: ProjectId,
        now: Timestamp,
    ) -> Result<Project> {
        let mut sql = self.select("select ", now);
        sql.push(" from projects p where p.id = ").arg(id.to_string());
        let rows = sql.rows(db).await?;
        decode(rows.first().ok_or(StoreError::NotFound("project"))?)
    }

    fn select(&self, begin: &'static str, now: Timestamp) -> Sql {
        let mut sql = Sql::new(begin);
        let stale = self.as_of(now).stale_before();
        // Active keys before and after the bound. A condition on paused keys here would have each row read.
        sql.push(COLUMNS)
            .push(", (select count(*) from api_keys k where k.project_id = p.id and k.status = 0 and ");
        sql.push("k.idle_since <= ").arg(stale).push(") as idle, (select count(*) from api_keys k where ");
        sql.push("k.project_id = p.id and k.status = 0 and k.idle_since > ").arg(stale).push(") as used, ");
        sql.push("(select count(*) from api_keys k where k.project_id = p.id and k.paused_at <> 0 and ");
        sql.push("+k.status = 0 and +k.idle_since <= ").arg(stale).push(") as idle_paused");
        sql
    }
}

/// What a write needs to know of a project.
pub(super) struct ProjectRow {
    pub(super) name: String,
    pub(super) changed_seq: u64,
    pub(super) live_version: u64,
    pub(super) rules: u64,
    pub(super) rules_seq: u64,
    archived: bool,
}

impl ProjectRow {
    pub(super) fn must_be_open(&self) -> Result<()> {
        if self.archived { Err(StoreError::ProjectArchived) } else { Ok(()) }
    }
}

/// A project within a write.
pub(super) async fn project_row(db: &mut AnyConnection, id: ProjectId) -> Result<ProjectRow> {
    let row = sqlx::query(
        "select name, changed_seq, archived_at, live_version, rules, rules_seq from projects where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(db)
    .await
    .map_err(fail)?
    .ok_or(StoreError::NotFound("project"))?;
    Ok(ProjectRow {
        name: row.text("name")?,
        changed_seq: row.count("changed_seq")?,
        live_version: row.count("live_version")?,
        rules: row.count("rules")?,
        rules_seq: row.count("rules_seq")?,
        archived: row.int("archived_at")? != 0,
    })
}

async fn check_name(db: &mut AnyConnection, name: &str, except: Option<ProjectId>) -> Result<()> {
    let mut sql = Sql::new("select name from projects where archived_at = 0 and ");
    Alike::of(name).push(&mut sql);
    sql.push(" and id <> ").arg(except.map(|id| id.to_string()).unwrap_or_default());
    match sql.rows(db).await?.first() {
        None => Ok(()),
        Some(other) => Err(StoreError::NameTaken {
            noun: "project",
            name: name.to_owned(),
            existing: other.text("name")?,
        }),
    }
}

fn taken(name: &str) -> StoreError {
    StoreError::NameTaken { noun: "project", name: name.to_owned(), existing: name.to_owned() }
}

fn decode(row: &AnyRow) -> Result<Project> {
    let used = row.int("used_active")?.max(row.int("used_revoked")?);
    Ok(Project {
        id: row.parsed("id")?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        keys: KeyCounts {
            active: row.count("idle")? + row.count("used")?,
            paused: row.count("paused")?,
            revoked: row.count("revoked")?,
            stale: row.count("idle")?.saturating_sub(row.count("idle_paused")?),
        },
        last_used_at: Some(used).filter(|used| *used != 0).map(Timestamp::from_millis),
        live_version: Some(row.count("live_version")? as u32).filter(|version| *version != 0),
        rules: row.count("rules")?,
    })
}
