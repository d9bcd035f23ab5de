//! Rules and deployments: lists of JSON, cut into chunks; version 0 is the draft.

use async_trait::async_trait;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::disk::Purpose;
use super::fail::fail;
use super::page::{Place, Value, limit, page};
use super::projects::project_row;
use super::statement::{Columns as _, Sql, damaged};
use crate::store::{By, Deployed, Result, Rules, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::id::ProjectId;
use crate::wire::page::{EXACT_TOTAL, Page, PageQuery};
use crate::wire::rules::warn::{Warnings, warnings};
use crate::wire::rules::{self, Deployment, NewDeployment, Rule, Shadowed, shadow};

/// Rules of a chunk: no more than the largest page, so that a page reads two of them at most.
const CHUNK: usize = 1000;
const DRAFT: i64 = 0;
/// How often a draft that changes meanwhile is checked without the write lock.
const TRIES: u32 = 3;

#[async_trait]
impl Rules for SqlStore {
    async fn put_rules(&self, by: &By, project: ProjectId, rules: &[Rule]) -> Result<Written<Page<Rule>>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            let owner = project_row(write.db(), project).await?;
            owner.must_be_open()?;
            let first = PageQuery::default();
            let same = owner.rules == rules.len() as u64
                && (owner.rules_seq != 0 || rules.is_empty())
                && read_chunks(write.db(), project, DRAFT).await? == rules;
            if same && owner.rules_seq != 0 {
                let page = read_page(write.db(), project, &first).await?;
                return write.unchanged(page, owner.rules_seq).await;
            }
            sqlx::query("delete from rule_chunks where project_id = $1 and version = $2")
                .bind(project.to_string())
                .bind(DRAFT)
                .execute(write.db())
                .await
                .map_err(fail)?;
            insert_chunks(write.db(), project, DRAFT, rules).await?;
            let seq = write.seq();
            sqlx::query("update projects set rules = $1, rules_seq = $2 where id = $3")
                .bind(rules.len() as i64)
                .bind(seq)
                .bind(project.to_string())
                .execute(write.db())
                .await
                .map_err(fail)?;
            let detail = json!({ "rules": rules.len() });
            write.append(Action::RulesReplaced, Some(project), None, detail).await?;
            let page = read_page(write.db(), project, &first).await?;
            write.commit(page).await
        })
        .await
    }

    async fn rules(&self, project: ProjectId, query: &PageQuery) -> Result<Page<Rule>> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        read_page(&mut db, project, query).await
    }

    async fn deploy(&self, by: &By, project: ProjectId, strict: bool) -> Result<Written<NewDeployment>> {
        self.retried(|| async move {
            self.may_write(Purpose::Other)?;
            let mut tries = 0;
            let (mut write, owner, compared) = loop {
                tries += 1;
                // Checking a long list takes a while. Revocations do not wait for that: the lock is taken after it.
                let (seq, draft) = self.draft(project).await?;
                let compared = compare(draft, strict).await?;
                let mut write = self.begin(by).await?;
                let owner = project_row(write.db(), project).await?;
                owner.must_be_open()?;
                if owner.rules_seq == seq {
                    break (write, owner, compared);
                }
                if tries == TRIES {
                    let draft = read_chunks(write.db(), project, DRAFT).await?;
                    break (write, owner, compare(draft, strict).await?);
                }
            };
            let Compared { rules, shadowed, warnings } = compared;
            let version = owner.live_version as i64 + 1;
            let deployment = Deployment {
                version: u32::try_from(version).map_err(|_| damaged("live_version"))?,
                created_at: by.now,
                created_by: by.actor.clone(),
                rules: rules.len() as u64,
                shadowed,
            };
            sqlx::query(
                "insert into deployments (project_id, version, created_at, created_by, rules, shadowed) \
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(project.to_string())
            .bind(version)
            .bind(by.now.millis())
            .bind(by.actor.as_str())
            .bind(rules.len() as i64)
            .bind(serde_json::to_string(&deployment.shadowed).expect("texts are JSON"))
            .execute(write.db())
            .await
            .map_err(fail)?;
            insert_chunks(write.db(), project, version, &rules).await?;
            sqlx::query("update projects set live_version = $1 where id = $2")
                .bind(version)
                .bind(project.to_string())
                .execute(write.db())
                .await
                .map_err(fail)?;
            let detail =
                json!({ "version": version, "rules": rules.len(), "shadowed": deployment.shadowed.len() });
            write.append(Action::RulesDeployed, Some(project), None, detail).await?;
            let Warnings { list: warnings, count: warning_count } = warnings;
            write.commit(NewDeployment { deployment, warnings, warning_count }).await
        })
        .await
    }

    async fn deployments(&self, project: ProjectId, query: &PageQuery) -> Result<Page<Deployment>> {
        let list = format!("deployments {project}");
        let limit = limit(query.limit);
        let mut db = self.read.acquire().await.map_err(fail)?;
        let newest = project_row(&mut db, project).await?.live_version;
        let mut sql = Sql::new(
            "select version, created_at, created_by, rules, shadowed from deployments where project_id = ",
        );
        sql.arg(project.to_string());
        if let Some(place) = Place::read(&list, query.cursor.as_deref())? {
            sql.push(" and version < ").arg(place.number()?);
        }
        sql.push(" order by version desc limit ").arg(limit as i64 + 1);
        let rows = sql.rows(&mut *db).await?;
        let deployments = rows.iter().map(decode).collect::<Result<Vec<_>>>()?;
        // Versions have no gaps, so the newest is how many there are.
        Ok(page(deployments, limit, newest, |deployment| {
            Place::cursor(&list, Value::Int(i64::from(deployment.version)), String::new())
        }))
    }

    async fn deployed(&self, project: ProjectId, version: u32) -> Result<Deployed> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        let row: Option<AnyRow> = sqlx::query(
            "select version, created_at, created_by, rules, shadowed from deployments \
             where project_id = $1 and version = $2",
        )
        .bind(project.to_string())
        .bind(i64::from(version))
        .fetch_optional(&mut *db)
        .await
        .map_err(fail)?;
        let deployment = decode(&row.ok_or(StoreError::NotFound("deployment"))?)?;
        let rules = read_chunks(&mut db, project, i64::from(version)).await?;
        if rules.len() as u64 != deployment.rules {
            return Err(damaged("rules"));
        }
        Ok(Deployed { project, deployment, rules })
    }
}

/// A draft that may be served.
struct Compared {
    rules: Vec<Rule>,
    shadowed: Vec<Shadowed>,
    warnings: Warnings,
}

impl SqlStore {
    /// The draft of an open project, and the revision that it has at least.
    async fn draft(&self, project: ProjectId) -> Result<(u64, Vec<Rule>)> {
        let mut db = self.read.acquire().await.map_err(fail)?;
        let owner = project_row(&mut db, project).await?;
        owner.must_be_open()?;
        // Where another draft comes in between, its revision is a later one.
        Ok((owner.rules_seq, read_chunks(&mut db, project, DRAFT).await?))
    }
}

/// Compares the rules of a draft with each other on a thread of its own.
async fn compare(draft: Vec<Rule>, strict: bool) -> Result<Compared> {
    let compared = tokio::task::spawn_blocking(move || compared(draft, strict));
    compared.await.map_err(|error| StoreError::Corrupt(error.to_string()))?
}

/// A draft is checked again here: the version that took it may have checked less.
fn compared(draft: Vec<Rule>, strict: bool) -> Result<Compared> {
    rules::check(&draft).map_err(StoreError::Rules)?;
    let warnings = warnings(&draft, &[]);
    if strict && warnings.count > 0 {
        return Err(StoreError::Warned(warnings));
    }
    let (rules, shadowed) = shadow::split(draft);
    Ok(Compared { rules, shadowed, warnings })
}

/// A page of the draft. Its cursor is bound to the draft as it is: a new draft has other places.
async fn read_page(db: &mut AnyConnection, project: ProjectId, query: &PageQuery) -> Result<Page<Rule>> {
    let owner = project_row(db, project).await?;
    let list = format!("rules {project} {}", owner.rules_seq);
    let limit = limit(query.limit);
    let start = match Place::read(&list, query.cursor.as_deref())? {
        None => 0,
        Some(place) => usize::try_from(place.number()?).map_err(|_| StoreError::Cursor)?,
    };
    let end = (start + limit).min(owner.rules as usize);
    let (first, last) = (start / CHUNK, end.saturating_sub(1) / CHUNK);
    let rows = sqlx::query(
        "select rules from rule_chunks where project_id = $1 and version = $2 and number >= $3 \
         and number <= $4 order by number",
    )
    .bind(project.to_string())
    .bind(DRAFT)
    .bind(first as i64)
    .bind(last as i64)
    .fetch_all(db)
    .await
    .map_err(fail)?;
    let items: Vec<Rule> =
        parse(&rows)?.into_iter().skip(start - first * CHUNK).take(end.saturating_sub(start)).collect();
    let next =
        (end < owner.rules as usize).then(|| Place::cursor(&list, Value::Int(end as i64), String::new()));
    Ok(Page { items, next, total: owner.rules.min(EXACT_TOTAL), more: owner.rules > EXACT_TOTAL })
}

async fn read_chunks(db: &mut AnyConnection, project: ProjectId, version: i64) -> Result<Vec<Rule>> {
    let rows =
        sqlx::query("select rules from rule_chunks where project_id = $1 and version = $2 order by number")
            .bind(project.to_string())
            .bind(version)
            .fetch_all(db)
            .await
            .map_err(fail)?;
    parse(&rows)
}

async fn insert_chunks(
    db: &mut AnyConnection,
    project: ProjectId,
    version: i64,
    rules: &[Rule],
) -> Result<()> {
    for (number, chunk) in rules.chunks(CHUNK).enumerate() {
        sqlx::query("insert into rule_chunks (project_id, version, number, rules) values ($1, $2, $3, $4)")
            .bind(project.to_string())
            .bind(version)
            .bind(number as i64)
            .bind(serde_json::to_string(chunk).expect("rules are JSON"))
            .execute(&mut *db)
            .await
            .map_err(fail)?;
    }
    Ok(())
}

fn parse(rows: &[AnyRow]) -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    for row in rows {
        let chunk: Vec<Rule> = serde_json::from_str(&row.text("rules")?).map_err(|_| damaged("rules"))?;
        rules.extend(chunk);
    }
    Ok(rules)
}

fn decode(row: &AnyRow) -> Result<Deployment> {
    Ok(Deployment {
        version: u32::try_from(row.int("version")?).map_err(|_| damaged("version"))?,
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?,
        rules: row.count("rules")?,
        shadowed: serde_json::from_str(&row.text("shadowed")?).map_err(|_| damaged("shadowed"))?,
    })
}
