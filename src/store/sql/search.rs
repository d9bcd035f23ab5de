//! Looking through the whole audit log: the filter of events as SQL, with the meaning that
//! [`crate::wire::filter`] gives it over loaded rows, and the texts that it reads.
//!
//! `audit_search` holds of each event the seven lines of [`searchable`]. No text that can be looked for holds a
//! line break, so how many of them stand before and after a place says which line it is in. What a project or
//! a key is called now stands with these alone.

use sqlx::{AnyConnection, Connection as _};

use super::Dialect;
use super::event_row::decode;
use super::fail::{fail, fail_commit};
use super::filter::{comparison, escaped, holding};
use super::statement::{Arg, Columns as _, Sql};
use crate::store::Result;
use crate::wire::audit::{Action, Event};
use crate::wire::filter::{EventFilter, EventTest, Term, review_words, searchable};
use crate::wire::time::Timestamp;

/// Events that are read and written at once while an older database is filled.
const BATCH: i64 = 1_000;
/// Events that one statement writes: SQLite looks each parameter up among all of its statement.
const AT_ONCE: usize = 50;
/// The log says after so many how far it is.
const TOLD: i64 = 20_000;
/// So many events are looked at again at each start rather than marked as entered: that would be a write.
const UNMARKED: i64 = 1_000;

/// What is called so now and may have been called otherwise then. Events of a key name it, so of keys only those
/// that were renamed are asked; their events do not name the project.
const PROJECTS: &str = "select q.id from projects q where q.search like ";
const KEYS: &str = "select q.id from audit_events r join api_keys q on q.id = r.key_id \
                    where r.action = 'key.renamed' and q.search like ";

/// The reviews, each with its id and the words that find its events. They are read beforehand, since the database cannot
/// fold their names, and only if a word is looked for.
pub(super) async fn reviews(
    db: impl sqlx::AnyExecutor<'_>,
    filter: &EventFilter,
) -> Result<Vec<(String, String)>> {
    let mut tests = filter.terms().iter().flat_map(|term| &term.tests);
    if !tests.any(|test| matches!(test, EventTest::Word(_))) {
        return Ok(Vec::new());
    }
    let rows = Sql::new("select id, name from reviews").rows(db).await?;
    rows.iter().map(|row| Ok((row.text("id")?, review_words(&row.text("name")?)))).collect()
}

/// Appends ` and …` for each term that asks something of the text `s` of an event. With the [`reviews`].
pub(super) fn conditions(sql: &mut Sql, filter: &EventFilter, reviews: &[(String, String)], now: Timestamp) {
    for Term { negated, tests } in filter.terms() {
        sql.push(if *negated { " and not (" } else { " and (" });
        for (at, test) in tests.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { " or (" });
            condition(sql, test, reviews, now);
            sql.push(")");
        }
        sql.push(")");
    }
}

/// What one test asks.
fn condition(sql: &mut Sql, test: &EventTest, reviews: &[(String, String)], now: Timestamp) {
    match test {
        EventTest::Word(word) => {
            like(sql, holding(word));
            sql.push(" or ");
            named(sql, "project_id", PROJECTS, &holding(word));
            sql.push(" or ");
            named(sql, "key_id", KEYS, &key_name(word));
            called(sql, word);
            of_reviews(sql, reviews, word);
        }
        EventTest::Action(text) => {
            line(sql, 3, text);
            called(sql, text);
        }
        EventTest::By(text) => line(sql, 4, text),
        EventTest::Project(text) => {
            sql.push("s.project_id <> '' and (s.project_id = ").arg(text.as_str()).push(" or ");
            named(sql, "project_id", PROJECTS, &holding(text));
            sql.push(" or s.key_id = '' and ");
            line(sql, 0, text);
            sql.push(")");
        }
        EventTest::Key(text) => {
            sql.push("s.key_id <> '' and (s.key_id = ").arg(text.as_str()).push(" or ");
            named(sql, "key_id", KEYS, &key_name(text));
            sql.push(" or ");
            line(sql, 0, text);
            sql.push(")");
        }
        EventTest::At(when) => {
            let (before, limit) = when.limit(now);
            sql.push("s.at ").push(comparison(before, false)).arg(limit.millis());
        }
    }
}

/// Or whether the words for its action hold the text: that is known without the database.
fn called(sql: &mut Sql, text: &str) {
    for action in Action::called(text) {
        sql.push(" or (");
        let action = escaped(action);
        like(sql, format!("%\n{action}\n%"));
        sql.push(" and ");
        // The line of the action: the actor may be called the same.
        like(sql, format!("{}{action}{}", "%\n".repeat(3), "\n%".repeat(3)));
        sql.push(")");
    }
}

/// Or whether its details hold the id of one of the reviews that the word finds. Events without the id of any are asked
/// once. A list, since databases take only so many terms.
fn of_reviews(sql: &mut Sql, reviews: &[(String, String)], word: &str) {
    let mut found = reviews.iter().filter(|(_, words)| words.contains(word));
    let Some((first, _)) = found.next() else { return };
    sql.push(" or (");
    like(sql, holding("rev_"));
    sql.push(" and exists (select 1 from reviews q where q.id in (").arg(first.as_str());
    for (id, _) in found {
        sql.push(", ").arg(id.as_str());
    }
    // Of its characters only `_` stands for others, and for itself.
    sql.push(") and s.search like '%' || lower(q.id) || '%'))");
}

fn like(sql: &mut Sql, pattern: String) {
    sql.push("s.search like ").arg(pattern).push(" escape '\\'");
}

/// The pattern of keys whose name, the first of four lines, holds a text.
fn key_name(text: &str) -> String {
    format!("{}\n%\n%\n%", holding(text))
}

/// Whether its thing is called so now. That anything is called so is asked once, not of each row.
fn named(sql: &mut Sql, column: &str, ids: &str, pattern: &str) {
    let list = |sql: &mut Sql| {
        sql.push("(").push(ids).arg(pattern).push(" escape '\\')");
    };
    sql.push("(exists ");
    list(sql);
    sql.push(" and s.").push(column).push(" in ");
    list(sql);
    sql.push(")");
}

/// Whether one of the seven lines holds a text. The long pattern is tried where the text is in any of them.
fn line(sql: &mut Sql, at: usize, text: &str) {
    sql.push("(");
    like(sql, holding(text));
    sql.push(" and ");
    like(sql, format!("{}%{}%{}", "%\n".repeat(at), escaped(text), "\n%".repeat(6 - at)));
    sql.push(")");
}

/// Enters the texts of events. One that is there stays.
pub(super) async fn insert(
    db: &mut AnyConnection,
    events: impl ExactSizeIterator<Item = &Event>,
) -> Result<()> {
    let id = |id: Option<String>| id.unwrap_or_default();
    let rows = events.map(|event| Row {
        seq: event.seq as i64,
        at: event.at.millis(),
        project: id(event.project.map(|id| id.to_string())),
        key: id(event.key.map(|id| id.to_string())),
        text: searchable(event),
    });
    insert_rows(db, rows).await
}

struct Row {
    seq: i64,
    at: i64,
    project: String,
    key: String,
    text: String,
}

async fn insert_rows(db: &mut AnyConnection, rows: impl ExactSizeIterator<Item = Row>) -> Result<()> {
    let one = rows.len() == 1;
    let mut sql = Sql::new("insert into audit_search (seq, at, project_id, key_id, search) values ");
    for (place, Row { seq, at, project, key, text }) in rows.enumerate() {
        let row = [Arg::from(seq), Arg::from(at), Arg::from(project), Arg::from(key), Arg::from(text)];
        sql.push(if place == 0 { "" } else { ", " }).list(row);
    }
    sql.push(" on conflict (seq) do nothing");
    if one { sql.kept(db).await } else { sql.once(db).await }
}

/// Enters the events that are not to be found yet, a batch a transaction: of a database that an older Keydeck
/// has written. Where it is cut off it goes on the next time; what is written meanwhile is entered by its writer.
pub(super) async fn fill(db: &mut AnyConnection, dialect: Dialect) -> Result<()> {
    let mut entered = 0;
    loop {
        let row = sqlx::query("select seq, searchable from audit_head where id = 1")
            .fetch_one(&mut *db)
            .await
            .map_err(fail)?;
        let (head, done) = (row.int("seq")?, row.int("searchable")?);
        if done >= head {
            break;
        }
        let missing = sqlx::query(
            "select e.seq as seq, e.at as at, e.project_id as project_id, e.key_id as key_id, e.body as body, \
             e.hash as hash from audit_events e left join audit_search s on s.seq = e.seq \
             where e.seq > $1 and e.seq <= $2 and s.seq is null order by e.seq limit $3",
        )
        .bind(done)
        .bind(head)
        .bind(BATCH)
        .fetch_all(&mut *db)
        .await
        .map_err(fail)?;
        if missing.is_empty() && head - done < UNMARKED {
            break;
        }
        let before = entered;
        entered += missing.len() as i64;
        if before == 0 && entered > 0 {
            let events = head - done;
            tracing::info!(events, "indexing the audit log for search");
        } else if entered / TOLD > before / TOLD {
            tracing::info!(entered, up_to = done, of = head, "indexing the audit log");
        }
        let rows = missing.iter().map(|row| {
            // One that is damaged is for `audit verify` to name, not a reason to open nothing.
            let text = decode(row).map(|event| searchable(&event)).unwrap_or_default();
            let (project, key) = (row.text("project_id")?, row.text("key_id")?);
            Ok(Row { seq: row.int("seq")?, at: row.int("at")?, project, key, text })
        });
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let last = rows.last().filter(|_| rows.len() as i64 == BATCH);
        let end = last.map_or(head, |row| row.seq);
        let mut tx = db.begin_with(dialect.begin()).await.map_err(fail)?;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let some: Vec<Row> = rows.by_ref().take(AT_ONCE).collect();
            insert_rows(&mut tx, some.into_iter()).await?;
        }
        sqlx::query("update audit_head set searchable = $1 where id = 1 and searchable < $1")
            .bind(end)
            .execute(&mut *tx)
            .await
            .map_err(fail)?;
        tx.commit().await.map_err(fail_commit)?;
    }
    if entered > 0 {
        tracing::info!(entered, "audit log indexed");
    }
    Ok(())
}
