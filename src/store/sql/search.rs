//! Looking through the whole audit log: the filter of events as SQL, with the meaning that
//! [`crate::wire::filter`] gives it over loaded rows, and the texts that it reads.
//!
//! `audit_search` holds of each event the seven lines of [`searchable`]. No text that can be looked for holds a
//! line break, so how many of them stand before and after a place says which line it is in. What a project or
//! a key is called now stands with these alone.

use sqlx::{AnyConnection, Connection as _};

use super::Dialect;
use super::audit::decode;
use super::fail::{fail, fail_commit};
use super::filter::{comparison, escaped, holding};
use super::statement::{Arg, Columns as _, Sql};
use crate::store::Result;
use crate::wire::audit::Event;
use crate::wire::filter::{EventFilter, EventTest, Term, searchable};
use crate::wire::time::Timestamp;

/// Events that are read and written at once while an older database is filled.
const BATCH: i64 = 500;
/// So many events are looked at again at each start rather than marked as entered: that would be a write.
const UNMARKED: i64 = 1_000;

/// Appends ` and …` for each term: of the text `s` of an event, and of the event `e` where one asks for its time.
pub(super) fn conditions(sql: &mut Sql, filter: &EventFilter, now: Timestamp) {
    for Term { negated, test } in filter.terms() {
        sql.push(if *negated { " and not (" } else { " and (" });
        match test {
            EventTest::Word(word) => {
                like(sql, holding(word));
                sql.push(" or ");
                named(sql, "project_id", "projects", word);
                sql.push(" or ");
                named(sql, "key_id", "api_keys", word);
            }
            EventTest::Action(text) => like(sql, line(3, text)),
            EventTest::By(text) => like(sql, line(4, text)),
            EventTest::Project(text) => {
                sql.push("s.project_id <> '' and (s.project_id = ").arg(text.as_str()).push(" or ");
                named(sql, "project_id", "projects", text);
                sql.push(" or s.key_id = '' and ");
                like(sql, line(0, text));
                sql.push(")");
            }
            EventTest::Key(text) => {
                sql.push("s.key_id <> '' and (s.key_id = ").arg(text.as_str()).push(" or ");
                named(sql, "key_id", "api_keys", text);
                sql.push(" or ");
                like(sql, line(0, text));
                sql.push(")");
            }
            EventTest::At(longer, span) => {
                sql.push("e.at ").push(comparison(*longer, false)).arg((now - *span).millis());
            }
        }
        sql.push(")");
    }
}

/// Whether one of its terms asks for the time.
pub(super) fn asks_time(filter: &EventFilter) -> bool {
    filter.terms().iter().any(|term| matches!(term.test, EventTest::At(..)))
}

fn like(sql: &mut Sql, pattern: String) {
    sql.push("s.search like ").arg(pattern).push(" escape '\\'");
}

/// What is called so now.
fn named(sql: &mut Sql, column: &str, table: &str, text: &str) {
    sql.push("s.").push(column).push(" in (select q.id from ").push(table);
    sql.push(" q where q.folded like ").arg(holding(text)).push(" escape '\\')");
}

/// The pattern of a text in one of the seven lines.
fn line(at: usize, text: &str) -> String {
    format!("{}%{}%{}", "%\n".repeat(at), escaped(text), "\n%".repeat(6 - at))
}

/// Enters the texts of events. One that is there stays.
pub(super) async fn insert(
    db: &mut AnyConnection,
    events: impl ExactSizeIterator<Item = &Event>,
) -> Result<()> {
    let rows = events.map(|event| {
        let project = event.project.map(|id| id.to_string()).unwrap_or_default();
        (event.seq as i64, project, event.key.map(|id| id.to_string()).unwrap_or_default(), searchable(event))
    });
    insert_rows(db, rows).await
}

async fn insert_rows(
    db: &mut AnyConnection,
    rows: impl ExactSizeIterator<Item = (i64, String, String, String)>,
) -> Result<()> {
    let one = rows.len() == 1;
    let mut sql = Sql::new("insert into audit_search (seq, project_id, key_id, search) values ");
    for (at, (seq, project, key, text)) in rows.enumerate() {
        let row = [Arg::from(seq), Arg::from(project), Arg::from(key), Arg::from(text)];
        sql.push(if at == 0 { "" } else { ", " }).list(row);
    }
    sql.push(" on conflict (seq) do nothing");
    if one { sql.kept(db).await } else { sql.once(db).await }
}

/// Enters the events that are not to be found yet, a batch a transaction: of a database that an older Keydeck
/// has written. Where it is cut off it goes on the next time; what is written meanwhile is entered by its writer.
pub(super) async fn fill(db: &mut AnyConnection, dialect: Dialect) -> Result<()> {
    loop {
        let row = sqlx::query("select seq, searchable from audit_head where id = 1")
            .fetch_one(&mut *db)
            .await
            .map_err(fail)?;
        let (head, done) = (row.int("seq")?, row.int("searchable")?);
        if done >= head {
            return Ok(());
        }
        let missing = sqlx::query(
            "select e.seq as seq, e.project_id as project_id, e.key_id as key_id, e.body as body, \
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
            return Ok(());
        }
        let rows = missing.iter().map(|row| {
            // One that is damaged is for `audit verify` to name, not a reason to open nothing.
            let text = decode(row).map(|event| searchable(&event)).unwrap_or_default();
            Ok((row.int("seq")?, row.text("project_id")?, row.text("key_id")?, text))
        });
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let last = rows.last().filter(|_| rows.len() as i64 == BATCH);
        let end = last.map_or(head, |(seq, ..)| *seq);
        let mut tx = db.begin_with(dialect.begin()).await.map_err(fail)?;
        if !rows.is_empty() {
            insert_rows(&mut tx, rows.into_iter()).await?;
        }
        sqlx::query("update audit_head set searchable = $1 where id = 1 and searchable < $1")
            .bind(end)
            .execute(&mut *tx)
            .await
            .map_err(fail)?;
        tx.commit().await.map_err(fail_commit)?;
    }
}
