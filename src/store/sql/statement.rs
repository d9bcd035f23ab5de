//! Statements whose text is made at run time: numbered parameters, many rows in one parameter, and typed columns of a
//! row.

use std::fmt::Write as _;
use std::str::FromStr;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::query::Query;
use sqlx::{Any, AnyExecutor, AssertSqlSafe, Row};

use super::Dialect;
use super::fail::fail;
use crate::store::{Result, StoreError};
use crate::wire::time::Timestamp;

/// How many rows go into one parameter, which bounds its memory: a key has up to 33 callers.
pub(super) const ROWS: usize = 4096;

/// A statement and its parameters. Only literals of this program go into the text.
#[derive(Default, Debug)]
pub(super) struct Sql {
    text: String,
    args: Vec<Arg>,
}

/// A parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Arg {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Arg {
        Arg::Int(value)
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Arg {
        Arg::Text(value)
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Arg {
        Arg::Text(value.to_owned())
    }
}

impl Sql {
    pub(super) fn new(text: &str) -> Sql {
        Sql { text: text.to_owned(), args: Vec::new() }
    }

    /// Appends text.
    pub(super) fn push(&mut self, text: &str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    /// Appends a parameter.
    pub(super) fn arg(&mut self, arg: impl Into<Arg>) -> &mut Sql {
        self.args.push(arg.into());
        write!(self.text, "${}", self.args.len()).expect("memory takes all text");
        self
    }

    /// Appends parameters between brackets, with commas.
    pub(super) fn list<A: Into<Arg>>(&mut self, args: impl IntoIterator<Item = A>) -> &mut Sql {
        for (at, arg) in args.into_iter().enumerate() {
            self.push(if at == 0 { "(" } else { ", " }).arg(arg);
        }
        self.push(")")
    }

    /// Appends a table of many rows in one parameter, to be named behind it. The text does not depend on how many there
    /// are, so the database prepares it once; with a parameter for each value it would read thousands of them.
    pub(super) fn table<R: Serialize>(
        &mut self,
        dialect: Dialect,
        columns: &[Column],
        rows: &[R],
    ) -> &mut Sql {
        let json = serde_json::to_string(rows).unwrap_or_default();
        match dialect {
            Dialect::Sqlite => {
                for (at, column) in columns.iter().enumerate() {
                    let name = column.name();
                    self.push(if at == 0 { "(select " } else { ", " });
                    self.push("value ->> '").push(name).push("' as ").push(name);
                }
                self.push(" from json_each(").arg(json).push("))")
            }
            Dialect::Postgres => {
                self.push("(select * from jsonb_to_recordset(cast(").arg(json).push(" as jsonb)) as r (");
                for (at, column) in columns.iter().enumerate() {
                    let kind = if matches!(column, Column::Text(_)) { " text" } else { " bigint" };
                    self.push(if at == 0 { "" } else { ", " }).push(column.name()).push(kind);
                }
                self.push("))")
            }
        }
    }

    /// Appends the texts of one parameter, as what `in` compares with.
    pub(super) fn texts(&mut self, dialect: Dialect, texts: &[impl AsRef<str>]) -> &mut Sql {
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let json = serde_json::to_string(&texts).unwrap_or_default();
        match dialect {
            Dialect::Sqlite => self.push("(select value from json_each(").arg(json).push("))"),
            Dialect::Postgres => {
                self.push("(select jsonb_array_elements_text(cast(").arg(json).push(" as jsonb)))")
            }
        }
    }

    /// All rows.
    pub(super) async fn rows<'e>(&self, db: impl AnyExecutor<'e>) -> Result<Vec<AnyRow>> {
        self.query(true).fetch_all(db).await.map_err(fail)
    }

    /// The one number that the statement gives.
    pub(super) async fn number<'e>(&self, db: impl AnyExecutor<'e>) -> Result<i64> {
        let row = self.query(true).fetch_one(db).await.map_err(fail)?;
        row.try_get(0).map_err(fail)
    }

    /// Runs it once; its text is not kept, as the next has another length.
    pub(super) async fn once<'e>(&self, db: impl AnyExecutor<'e>) -> Result<()> {
        self.query(false).execute(db).await.map(|_| ()).map_err(fail)
    }

    /// Runs it; its text is kept for the next time.
    pub(super) async fn kept<'e>(&self, db: impl AnyExecutor<'e>) -> Result<()> {
        self.query(true).execute(db).await.map(|_| ()).map_err(fail)
    }

    /// All rows, of a text that is not kept.
    pub(super) async fn rows_once<'e>(&self, db: impl AnyExecutor<'e>) -> Result<Vec<AnyRow>> {
        self.query(false).fetch_all(db).await.map_err(fail)
    }

    fn query(&self, kept: bool) -> Query<'_, Any, sqlx::any::AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(self.text.clone())).persistent(kept);
        self.args.iter().fold(query, |query, arg| match arg {
            Arg::Int(value) => query.bind(*value),
            Arg::Text(value) => query.bind(value.as_str()),
            Arg::Bytes(value) => query.bind(value.clone()),
        })
    }
}

/// A column of [`Sql::table`]: a member of the rows' JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    Text(&'static str),
    Number(&'static str),
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Column::Text(name) | Column::Number(name) => name,
        }
    }
}

/// Typed columns of a row.
pub(super) trait Columns {
    /// A number.
    fn int(&self, name: &str) -> Result<i64>;
    /// A text.
    fn text(&self, name: &str) -> Result<String>;
    /// Bytes.
    fn blob(&self, name: &str) -> Result<Vec<u8>>;
    /// Bytes of a fixed length.
    fn bytes<const N: usize>(&self, name: &str) -> Result<[u8; N]>;

    /// A number that is never below zero.
    fn count(&self, name: &str) -> Result<u64> {
        u64::try_from(self.int(name)?).map_err(|_| damaged(name))
    }

    /// A text, or none when it is empty.
    fn some_text(&self, name: &str) -> Result<Option<String>> {
        Ok(Some(self.text(name)?).filter(|text| !text.is_empty()))
    }

    /// A time.
    fn time(&self, name: &str) -> Result<Timestamp> {
        self.int(name).map(Timestamp::from_millis)
    }

    /// A time, or none when it is 0.
    fn some_time(&self, name: &str) -> Result<Option<Timestamp>> {
        Ok(Some(self.time(name)?).filter(|time| time.millis() != 0))
    }

    /// Something that is written as text.
    fn parsed<T: FromStr>(&self, name: &str) -> Result<T> {
        self.text(name)?.parse().map_err(|_| damaged(name))
    }
}

impl Columns for AnyRow {
    fn int(&self, name: &str) -> Result<i64> {
        self.try_get(name).map_err(fail)
    }

    fn text(&self, name: &str) -> Result<String> {
        self.try_get(name).map_err(fail)
    }

    fn blob(&self, name: &str) -> Result<Vec<u8>> {
        self.try_get(name).map_err(fail)
    }

    fn bytes<const N: usize>(&self, name: &str) -> Result<[u8; N]> {
        self.blob(name)?.try_into().map_err(|_| damaged(name))
    }
}

/// A column holds what nobody wrote into it.
pub(super) fn damaged(column: &str) -> StoreError {
    StoreError::Corrupt(format!("unexpected value in column {column}"))
}
