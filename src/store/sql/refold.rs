//! Brings the folded forms of names and texts up to date in a database that an older Keydeck has written.
//!
//! The older form was lower case in NFC; see [`crate::wire::text`] for the ones of today. ASCII text is the same in
//! all of them, so only other rows are looked at, in batches of a transaction each: where it is cut off it goes on
//! the next time.
//!
//! Two names that were different may be the same now, such as `Straße` and `STRASSE`. Both rows stay as they are
//! and usable. In `folded`, one of them gets its id behind a line break, which no name holds, so that the unique
//! index stands; [`Alike`] finds both. The log names them at each start until one is renamed.

use std::borrow::Cow;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection as _};

use super::Dialect;
use super::event_row::decode;
use super::fail::{fail, fail_commit};
use super::statement::{Columns as _, Sql};
use crate::store::Result;
use crate::wire::filter::searchable;
use crate::wire::text::{fold, fold_search, is_hostile};

/// Rows of one transaction.
const BATCH: i64 = 500;
/// The most pairs that the log names.
const NAMED: usize = 20;

/// What finds the rows whose name is the same as this one: `folded` as it is, and with an id behind it.
pub(super) struct Alike {
    folded: String,
    from: String,
    to: String,
}

impl Alike {
    pub(super) fn of(name: &str) -> Alike {
        let folded = fold(name);
        Alike { from: format!("{folded}\n"), to: format!("{folded}\u{b}"), folded }
    }

    /// Appends the condition. The range serves the index of names: with the alternative alone SQLite reads every key
    /// of the project.
    pub(super) fn push(&self, sql: &mut Sql) {
        sql.push("folded >= ").arg(self.folded.as_str());
        sql.push(" and folded < ").arg(self.to.as_str());
        sql.push(" and (folded = ").arg(self.folded.as_str());
        sql.push(" or folded >= ").arg(self.from.as_str()).push(")");
    }
}

/// The name's own form, without the id that may stand behind it.
pub(super) fn plain(folded: &str) -> &str {
    folded.split('\n').next().unwrap_or(folded)
}

/// A table whose names are folded.
struct Noun {
    table: &'static str,
    one: &'static str,
    /// Which rows must have a name of their own, and within what.
    active: &'static str,
    scope: &'static str,
    /// The `search` column, if there is one, and what else it is made of.
    columns: &'static str,
    /// Rows whose forms may differ from those of today.
    foreign: &'static str,
    rename: &'static str,
}

const NOUNS: [Noun; 3] = [
    Noun {
        table: "projects",
        one: "project",
        active: "archived_at = 0",
        scope: "cast('' as text)",
        columns: "cast('' as text) as created_by, search",
        foreign: "(octet_length(name) <> length(name) or search = '')",
        rename: "keydeck projects rename ID NAME",
    },
    Noun {
        table: "tokens",
        one: "token",
        active: "revoked_at = 0",
        scope: "cast('' as text)",
        columns: "cast('' as text) as created_by, cast('' as text) as search",
        foreign: "octet_length(name) <> length(name)",
        rename: "keydeck tokens revoke ID",
    },
    Noun {
        table: "api_keys",
        one: "key",
        active: "status = 0",
        scope: "project_id",
        columns: "created_by, search",
        foreign: "(octet_length(name) <> length(name) or octet_length(created_by) <> length(created_by))",
        rename: "keydeck keys rename ID NAME",
    },
];

/// The noun of audit events in the table `folding`.
const EVENTS: &str = "audit_search";

/// Brings all of it up to date.
pub(super) async fn refold(db: &mut AnyConnection, dialect: Dialect) -> Result<()> {
    let head: i64 = sqlx::query_scalar("select seq from audit_head where id = 1")
        .fetch_one(&mut *db)
        .await
        .map_err(fail)?;
    for noun in &NOUNS {
        let mut progress = Progress::of(db, noun.table, head).await?;
        if progress.begins(dialect, head) {
            while progress.done == 0 {
                names_batch(db, dialect, noun, &mut progress).await?;
            }
            progress.alike = tell_alike(db, dialect, noun).await?;
            progress.save(db).await?;
        } else if progress.alike > 0 {
            let alike = tell_alike(db, dialect, noun).await?;
            if alike != progress.alike {
                progress.alike = alike;
                progress.save(db).await?;
            }
        }
    }
    let mut progress = Progress::of(db, EVENTS, head).await?;
    if progress.begins(dialect, head) {
        while progress.done == 0 {
            events_batch(db, dialect, &mut progress).await?;
        }
    }
    Ok(())
}

/// A row of the table `folding`.
struct Progress {
    noun: &'static str,
    place: String,
    done: i64,
    revision: i64,
    goal: i64,
    alike: i64,
}

impl Progress {
    async fn of(db: &mut AnyConnection, noun: &'static str, head: i64) -> Result<Progress> {
        let row: Option<AnyRow> =
            sqlx::query("select place, done, revision, goal, alike from folding where noun = $1")
                .bind(noun)
                .fetch_optional(db)
                .await
                .map_err(fail)?;
        Ok(match row {
            None => Progress { noun, place: String::new(), done: 0, revision: -1, goal: head, alike: 0 },
            Some(row) => Progress {
                noun,
                place: row.text("place")?,
                done: row.int("done")?,
                revision: row.int("revision")?,
                goal: row.int("goal")?,
                alike: row.int("alike")?,
            },
        })
    }

    /// Whether there is something to do. A SQLite file has one owner, and an older Keydeck refuses the newer
    /// tables; on PostgreSQL an older process may have written since, beside a newer one.
    fn begins(&mut self, dialect: Dialect, head: i64) -> bool {
        if self.done != 0 && dialect == Dialect::Postgres && self.revision < head {
            (self.done, self.goal, self.place) = (0, head, String::new());
        }
        self.done == 0
    }

    /// The batch ended here; none when it was the last.
    fn move_to(&mut self, last: Option<String>) {
        if last.is_none() {
            (self.done, self.revision) = (1, self.goal);
        }
        self.place = last.unwrap_or_default();
    }

    async fn save(&self, db: &mut AnyConnection) -> Result<()> {
        sqlx::query(
            "insert into folding (noun, place, done, revision, goal, alike) values ($1, $2, $3, $4, $5, $6) \
             on conflict (noun) do update set place = excluded.place, done = excluded.done, \
             revision = excluded.revision, goal = excluded.goal, alike = excluded.alike",
        )
        .bind(self.noun)
        .bind(self.place.as_str())
        .bind(self.done)
        .bind(self.revision)
        .bind(self.goal)
        .bind(self.alike)
        .execute(db)
        .await
        .map(|_| ())
        .map_err(fail)
    }
}

async fn names_batch(
    db: &mut AnyConnection,
    dialect: Dialect,
    noun: &Noun,
    progress: &mut Progress,
) -> Result<()> {
    let Noun { table, active, scope, columns, foreign, .. } = noun;
    let mut sql = Sql::new("select id, name, folded, ");
    sql.push(scope).push(" as scope, case when ").push(active).push(" then 1 else 0 end as active, ");
    sql.push(columns).push(" from ").push(table).push(" where id > ").arg(progress.place.as_str());
    sql.push(" and changed_seq > ").arg(progress.revision).push(" and ").push(foreign);
    sql.push(" order by id limit ").arg(BATCH);
    let rows = sql.rows(&mut *db).await?;
    let mut tx = db.begin_with(dialect.begin()).await.map_err(fail)?;
    for row in &rows {
        let (id, name, stored) = (row.text("id")?, row.text("name")?, row.text("folded")?);
        let mut folded = fold(&name);
        if plain(&stored) == folded {
            folded.clone_from(&stored);
        } else if row.int("active")? == 1 && is_held(&mut tx, noun, &name, &row.text("scope")?, &id).await? {
            folded = format!("{folded}\n{id}");
        }
        let before = row.text("search")?;
        let search = match *table {
            "projects" => fold_search(&name),
            "api_keys" => {
                // The lines of mask and id stay: both are ASCII.
                let rest = before.splitn(3, '\n').nth(2).unwrap_or_default();
                format!("{}\n{}\n{rest}", fold_search(&name), fold_search(&row.text("created_by")?))
            }
            _ => String::new(),
        };
        if (&folded, &search) == (&stored, &before) {
            continue;
        }
        let mut sql = Sql::new("update ");
        sql.push(table).push(" set folded = ").arg(folded);
        if *table != "tokens" {
            sql.push(", search = ").arg(search);
        }
        // Whoever renamed it meanwhile has written the new form.
        sql.push(" where id = ").arg(id).push(" and name = ").arg(name);
        sql.kept(&mut *tx).await?;
    }
    let last = rows.last().filter(|_| rows.len() as i64 == BATCH);
    progress.move_to(last.map(|row| row.text("id")).transpose()?);
    progress.save(&mut tx).await?;
    tx.commit().await.map_err(fail_commit)
}

/// Whether another active row has this name.
async fn is_held(db: &mut AnyConnection, noun: &Noun, name: &str, scope: &str, id: &str) -> Result<bool> {
    let mut sql = Sql::new("select count(*) from ");
    sql.push(noun.table).push(" where ").push(noun.active).push(" and ");
    Alike::of(name).push(&mut sql);
    sql.push(" and ").push(noun.scope).push(" = ").arg(scope).push(" and id <> ").arg(id);
    Ok(sql.number(db).await? > 0)
}

/// Says in the log which active rows have a name that another one has too, and gives those their own form back
/// that share it no longer. Gives how many are left.
async fn tell_alike(db: &mut AnyConnection, dialect: Dialect, noun: &Noun) -> Result<i64> {
    let Noun { table, active, scope, one, rename, .. } = noun;
    let mut sql = Sql::new("select id, name, folded, ");
    sql.push(scope).push(" as scope from ").push(table).push(" where ").push(active);
    sql.push(" and folded like ").arg("%\n%").push(" order by id");
    let rows = sql.rows_once(&mut *db).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut left = 0;
    let mut tx = db.begin_with(dialect.begin()).await.map_err(fail)?;
    for row in &rows {
        let (id, name, within) = (row.text("id")?, row.text("name")?, row.text("scope")?);
        let mut others = Sql::new("select id, name from ");
        others.push(table).push(" where ").push(active).push(" and ");
        Alike::of(&name).push(&mut others);
        others.push(" and ").push(scope).push(" = ").arg(within.as_str());
        others.push(" and id <> ").arg(id.as_str()).push(" order by id limit 1");
        if let Some(other) = others.rows(&mut *tx).await?.first() {
            left += 1;
            if left <= NAMED as i64 {
                let (other_id, other) = (other.text("id")?, other.text("name")?);
                let (name, other) = (harmless(&name), harmless(&other));
                tracing::warn!(
                    "the {one}s {name:?} ({id}) and {other:?} ({other_id}) have names that differ only in \
                     case; rename one with {rename}"
                );
            }
        } else {
            let mut sql = Sql::new("update ");
            sql.push(table).push(" set folded = ").arg(fold(&name));
            sql.push(" where id = ").arg(id).push(" and name = ").arg(name);
            sql.kept(&mut *tx).await?;
        }
    }
    tx.commit().await.map_err(fail_commit)?;
    if left > NAMED as i64 {
        tracing::warn!("{left} {one}s have names that differ only in case");
    }
    Ok(left)
}

fn harmless(name: &str) -> Cow<'_, str> {
    if name.contains(is_hostile) { name.replace(is_hostile, "\u{fffd}").into() } else { name.into() }
}

async fn events_batch(db: &mut AnyConnection, dialect: Dialect, progress: &mut Progress) -> Result<()> {
    let place: i64 = progress.place.parse().unwrap_or(0);
    let rows = sqlx::query(
        "select s.seq as seq, s.search as search, e.body as body, e.hash as hash from audit_search s \
         join audit_events e on e.seq = s.seq where s.seq > $1 and s.seq > $2 \
         and octet_length(s.search) <> length(s.search) order by s.seq limit $3",
    )
    .bind(place)
    .bind(progress.revision)
    .bind(BATCH)
    .fetch_all(&mut *db)
    .await
    .map_err(fail)?;
    let mut tx = db.begin_with(dialect.begin()).await.map_err(fail)?;
    for row in &rows {
        // One that is damaged is for `audit verify` to name, not a reason to open nothing.
        let Ok(event) = decode(row) else { continue };
        let text = searchable(&event);
        if text != row.text("search")? {
            sqlx::query("update audit_search set search = $1 where seq = $2")
                .bind(text)
                .bind(row.int("seq")?)
                .execute(&mut *tx)
                .await
                .map_err(fail)?;
        }
    }
    let last = rows.last().filter(|_| rows.len() as i64 == BATCH);
    progress
        .move_to(last.map(|row| Ok::<_, crate::store::StoreError>(row.int("seq")?.to_string())).transpose()?);
    progress.save(&mut tx).await?;
    tx.commit().await.map_err(fail_commit)
}
