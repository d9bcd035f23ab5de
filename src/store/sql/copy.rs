//! All tables of a database, copied into another one, of the same or the other kind.
//!
//! The target remembers in `moving` from where it is filled and how far that is, in the transaction of the rows. While
//! that row is there, nobody can open the database but the next migration, which goes on behind the last row.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection as _};

use super::fail::{fail, fail_commit};
use super::open::Address;
use super::statement::{Arg, Columns as _, Sql, damaged};
use super::{Dialect, Options, SqlStore, backup, open};
use crate::store::{Result, StoreError};
use crate::wire::audit::Head;

/// A table, and what kind of values its columns hold.
#[derive(Debug)]
pub struct Copied {
    /// Its name.
    pub name: &'static str,
    /// Its primary key.
    pub key: &'static [&'static str],
    /// Columns of texts.
    pub texts: &'static [&'static str],
    /// Columns of numbers.
    pub numbers: &'static [&'static str],
    /// Columns of bytes.
    pub bytes: &'static [&'static str],
}

/// What is copied, in an order in which each row finds those that it names.
pub const TABLES: &[Copied] = &[
    Copied {
        name: "projects",
        key: &["id"],
        texts: &["id", "name", "folded", "search"],
        numbers: &["created_at", "archived_at", "changed_seq", "live_version", "rules", "rules_seq"],
        bytes: &[],
    },
    Copied {
        name: "api_keys",
        key: &["id"],
        texts: &[
            "id",
            "project_id",
            "name",
            "folded",
            "handle",
            "last4",
            "created_by",
            "last_used_from",
            "revoked_by",
            "revoke_reason",
            "rotated_from",
            "search",
            "owner",
            "owner_search",
            "purpose",
            "reviewed_by",
            "paused_by",
            "pause_reason",
            "network",
        ],
        numbers: &[
            "mode",
            "algorithm",
            "status",
            "created_at",
            "last_used_at",
            "idle_since",
            "revoked_at",
            "changed_seq",
            "refused_since_revoked",
            "last_refused_at",
            "reviewed_at",
            "keep_until",
            "paused_at",
            "refused_since_paused",
            "refused_from",
            "first_used_at",
            "woke_at",
            "woke_from",
            "network_at",
        ],
        bytes: &["salt", "digest"],
    },
    Copied {
        name: "rule_chunks",
        key: &["project_id", "version", "number"],
        texts: &["project_id", "rules"],
        numbers: &["version", "number"],
        bytes: &[],
    },
    Copied {
        name: "deployments",
        key: &["project_id", "version"],
        texts: &["project_id", "created_by", "shadowed"],
        numbers: &["version", "created_at", "rules"],
        bytes: &[],
    },
    Copied {
        name: "tokens",
        key: &["id"],
        texts: &["id", "name", "folded", "handle", "last4", "created_by", "revoked_by"],
        numbers: &["role", "algorithm", "created_at", "revoked_at", "changed_seq"],
        bytes: &["salt", "digest"],
    },
    Copied {
        name: "usage_days",
        key: &["key_id", "day"],
        texts: &["key_id"],
        numbers: &["day", "allowed", "limited", "refused"],
        bytes: &[],
    },
    Copied {
        name: "key_callers",
        key: &["key_id", "address"],
        texts: &["key_id", "address"],
        numbers: &["first_at", "last_at", "allowed", "refused"],
        bytes: &[],
    },
    Copied {
        name: "key_networks",
        key: &["key_id", "network"],
        texts: &["key_id", "network"],
        numbers: &["first_at"],
        bytes: &[],
    },
    Copied {
        name: "key_rotations",
        key: &["key_id"],
        texts: &["key_id", "started_by", "ended_by"],
        numbers: &["state", "quiet_seconds", "started_at", "ended_at", "changed_seq"],
        bytes: &[],
    },
    Copied {
        name: "reviews",
        key: &["id"],
        texts: &[
            "id",
            "name",
            "projects",
            "filter",
            "started_by",
            "as_of_hash",
            "executing",
            "executed_by",
            "signed_by",
        ],
        numbers: &[
            "stale_days",
            "due_at",
            "started_at",
            "as_of_seq",
            "keys",
            "in_scope",
            "status",
            "executed_at",
            "signed_at",
            "changed_seq",
        ],
        bytes: &[],
    },
    Copied {
        name: "review_items",
        key: &["review_id", "key_id"],
        texts: &["review_id", "key_id", "reason", "decided_by", "seen_findings", "outcome"],
        numbers: &[
            "decision",
            "until",
            "decided_at",
            "version",
            "seen_used_at",
            "seen_precision",
            "seen_changed",
            "own_key",
        ],
        bytes: &[],
    },
    Copied {
        name: "once",
        key: &["scope", "route", "key"],
        texts: &["scope", "route", "key", "fingerprint", "made"],
        numbers: &["at"],
        bytes: &[],
    },
    Copied {
        name: "once_closed",
        key: &["scope", "key"],
        texts: &["scope", "key"],
        numbers: &["at"],
        bytes: &[],
    },
    Copied {
        name: "audit_events",
        key: &["seq"],
        texts: &["actor", "action", "project_id", "key_id", "body", "hash"],
        numbers: &["seq", "at"],
        bytes: &[],
    },
    Copied {
        name: "audit_search",
        key: &["seq"],
        texts: &["project_id", "key_id", "search"],
        numbers: &["seq", "at"],
        bytes: &[],
    },
    Copied {
        name: "receipts",
        key: &["revision"],
        texts: &["slowest_node", "expired"],
        numbers: &["revision", "first_seq", "confirmed_by", "nodes", "slowest_ms"],
        bytes: &[],
    },
    Copied {
        name: "folding",
        key: &["noun"],
        texts: &["noun", "place"],
        numbers: &["done", "revision", "goal", "alike"],
        bytes: &[],
    },
];

/// Tables that are not copied: the head of the log and the length of a lease come last, the rest is of processes and
/// of the database itself.
pub const OTHERS: &[&str] =
    &["_sqlx_migrations", "audit_head", "cluster", "moving", "nodes", "usage_batches"];

/// How many rows are read at once.
const PAGE: usize = 500;
/// The same of rules, each row of which is large.
const RULES: usize = 20;

/// What was copied, and what was proved of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Moved {
    /// Each table with its rows.
    pub tables: Vec<(&'static str, u64)>,
    /// The end of the audit log.
    pub head: Head,
    /// Whether an earlier run had begun.
    pub resumed: bool,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Rows of a table are copied: so many, of all.
    Copying(&'static str, u64, u64),
    /// Rows of a table are compared.
    Comparing(&'static str, u64, u64),
    /// The audit log is verified.
    Verifying,
}

/// How far a migration is: the table, and the key of its last row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Place {
    table: usize,
    after: Vec<Value>,
}

/// Copies everything from one database into another, which is empty or was begun from the same. Nobody else may use
/// either.
///
/// # Errors
/// What is wrong with one of them; what was copied stays, and the next call goes on.
pub async fn migrate(from: &str, to: &str, watch: &mut dyn FnMut(Progress)) -> Result<Moved> {
    let source = SqlStore::open(from, Options::default()).await?;
    let moved = async {
        // Before the target is opened, which would create its file.
        no_nodes(&source, &Address::of(from)?).await?;
        let target = open::open(to, Options::default(), open::Unfinished::Allow).await?;
        let moved = between(&source, &target, [&Address::of(from)?, &Address::of(to)?], watch).await;
        target.close().await;
        moved
    };
    let moved = moved.await;
    source.close().await;
    moved
}

async fn between(
    source: &SqlStore,
    target: &SqlStore,
    [from, to]: [&Address; 2],
    watch: &mut dyn FnMut(Progress),
) -> Result<Moved> {
    no_nodes(target, to).await?;
    let mut reading = source.read.acquire().await.map_err(fail)?.detach();
    let mut writing = target.write.acquire().await.map_err(fail)?.detach();
    let moved = async {
        if source.dialect == Dialect::Postgres {
            // One state is read for as long as it takes. Not every database has the setting.
            let _ = sqlx::query("set idle_in_transaction_session_timeout = 0").execute(&mut reading).await;
        }
        let mut snapshot = reading.begin_with(source.dialect.begin_snapshot()).await.map_err(fail)?;
        let mut copy = Copy { to: &mut writing, dialect: target.dialect, watch };
        let moved = copy.run(&mut snapshot, from, to).await?;
        snapshot.rollback().await.map_err(fail)?;
        if backup::head(&mut reading).await? != moved.head {
            return Err(changed(from));
        }
        copy.finish(&mut reading, &moved.head).await?;
        Ok(moved)
    };
    let moved = moved.await;
    // In order: SQLite closes a file before its owner does.
    let _ = reading.close().await;
    let _ = writing.close().await;
    moved
}

/// Nobody serves the database.
async fn no_nodes(store: &SqlStore, place: &Address) -> Result<()> {
    let rows = Sql::new("select name from nodes where live = 1 order by name").rows(&store.read).await?;
    let names = rows.iter().map(|row| row.text("name")).collect::<Result<Vec<_>>>()?;
    if names.is_empty() {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "{} is served by {}; stop them first (`keydeck nodes list`); to remove one that was killed, run \
         `keydeck nodes forget NODE --database URL`, with the URL of this database",
        place.name(),
        names.join(", ")
    )))
}

fn changed(from: &Address) -> StoreError {
    StoreError::Conflict(format!(
        "{} was changed meanwhile; stop what writes to it, then run this again",
        from.name()
    ))
}

struct Copy<'a> {
    to: &'a mut AnyConnection,
    dialect: Dialect,
    watch: &'a mut dyn FnMut(Progress),
}

impl Copy<'_> {
    async fn run(&mut self, source: &mut AnyConnection, from: &Address, to: &Address) -> Result<Moved> {
        let head = backup::head(source).await?;
        let mut begun = self.begun(source, &head, from, to).await?;
        loop {
            let resumed = begun.is_some();
            let place = match begun.take() {
                Some(place) => place,
                None => self.begin(&head, from).await?,
            };
            self.copy(source, place).await?;
            match self.compare(source).await? {
                Some(tables) => {
                    (self.watch)(Progress::Verifying);
                    let end = backup::chain_end(self.to, to).await?;
                    if end != head {
                        return Err(changed(from));
                    }
                    return Ok(Moved { tables, head, resumed });
                }
                // Usage was written since the run that began.
                None if resumed => {}
                None => {
                    return Err(StoreError::Corrupt(format!(
                        "{} does not hold what was copied; check its disk, then run this again",
                        to.name()
                    )));
                }
            }
        }
    }

    /// Where an earlier run has stopped. None where everything is to be copied.
    async fn begun(
        &mut self,
        source: &mut AnyConnection,
        head: &Head,
        from: &Address,
        to: &Address,
    ) -> Result<Option<Place>> {
        let moving = "select source, source_seq, source_hash, place from moving where id = 1";
        let rows = Sql::new(moving).rows(&mut *self.to).await?;
        let Some(row) = rows.first() else {
            for table in TABLES.iter().filter(|table| table.name != "folding") {
                if count(self.to, table).await? > 0 {
                    let text = format!("{} holds data already; choose an empty database", to.name());
                    return Err(StoreError::Conflict(text));
                }
            }
            return Ok(None);
        };
        let began = Head { seq: row.count("source_seq")?, hash: row.text("source_hash")? };
        if began == *head && head.seq > 0 {
            return serde_json::from_str(&row.text("place")?).map(Some).map_err(|_| damaged("place"));
        }
        let mut same = Sql::new("select hash from audit_events where seq = ");
        same.arg(began.seq as i64);
        let there = same.rows(source).await?.first().map(|row| row.text("hash")).transpose()?;
        let name = row.text("source")?;
        if there.as_ref() == Some(&began.hash) || name == from.name() {
            return Ok(None);
        }
        Err(StoreError::Conflict(format!(
            "{} is the unfinished target of a migration from {name}; finish that one, or choose an empty database",
            to.name()
        )))
    }

    /// Marks the target, and removes what an outdated run has left there.
    async fn begin(&mut self, head: &Head, from: &Address) -> Result<Place> {
        let place = Place { table: 0, after: Vec::new() };
        let mut tx = self.to.begin_with(self.dialect.begin()).await.map_err(fail)?;
        sqlx::query("delete from moving").execute(&mut *tx).await.map_err(fail)?;
        let mut sql = Sql::new("insert into moving (id, source, source_seq, source_hash, place) values (1, ");
        sql.arg(from.name().as_ref()).push(", ").arg(head.seq as i64).push(", ").arg(head.hash.as_str());
        sql.push(", ").arg(json!(place).to_string()).push(")").once(&mut *tx).await?;
        for table in TABLES.iter().rev() {
            let mut sql = Sql::new("delete from ");
            sql.push(table.name).once(&mut *tx).await?;
        }
        tx.commit().await.map_err(fail_commit)?;
        Ok(place)
    }

    async fn copy(&mut self, source: &mut AnyConnection, mut place: Place) -> Result<()> {
        while let Some(table) = TABLES.get(place.table) {
            let total = count(source, table).await?;
            let mut done = if place.after.is_empty() { 0 } else { count(self.to, table).await? };
            loop {
                (self.watch)(Progress::Copying(table.name, done, total));
                let rows = table.page(source, &place.after).await?;
                let Some(last) = rows.last() else { break };
                let next = Place { table: place.table, after: table.key_of(last) };
                done += rows.len() as u64;
                let mut tx = self.to.begin_with(self.dialect.begin()).await.map_err(fail)?;
                // First, so that of two runs one finds out before it writes.
                note(&mut tx, &place, &next).await?;
                for rows in rows.chunks(self.dialect.rows()) {
                    table.insert(rows).once(&mut *tx).await?;
                }
                tx.commit().await.map_err(fail_commit)?;
                place = next;
            }
            let next = Place { table: place.table + 1, after: Vec::new() };
            note(self.to, &place, &next).await?;
            place = next;
        }
        Ok(())
    }

    /// Compares each row with its copy. None where one differs.
    async fn compare(&mut self, source: &mut AnyConnection) -> Result<Option<Vec<(&'static str, u64)>>> {
        let mut tables = Vec::new();
        for table in TABLES {
            let total = count(source, table).await?;
            let (mut done, mut after) = (0, Vec::new());
            loop {
                (self.watch)(Progress::Comparing(table.name, done, total));
                let rows = table.page(source, &after).await?;
                if table.page(self.to, &after).await? != rows {
                    return Ok(None);
                }
                let Some(last) = rows.last() else { break };
                after = table.key_of(last);
                done += rows.len() as u64;
            }
            if done != total {
                return Ok(None);
            }
            tables.push((table.name, total));
        }
        Ok(Some(tables))
    }

    /// Sets head and lease, and takes the mark away: from now on the target is a database like any other.
    async fn finish(&mut self, source: &mut AnyConnection, head: &Head) -> Result<()> {
        let searchable =
            Sql::new("select searchable from audit_head where id = 1").number(&mut *source).await?;
        let lease = Sql::new("select lease_ms from cluster where id = 1").number(source).await?;
        let mut tx = self.to.begin_with(self.dialect.begin()).await.map_err(fail)?;
        let mut sql = Sql::new("update audit_head set seq = ");
        sql.arg(head.seq as i64).push(", hash = ").arg(head.hash.as_str());
        sql.push(", searchable = ").arg(searchable).push(" where id = 1").once(&mut *tx).await?;
        let mut sql = Sql::new("update cluster set lease_ms = ");
        sql.arg(lease).push(" where id = 1").once(&mut *tx).await?;
        Sql::new("delete from moving").once(&mut *tx).await?;
        tx.commit().await.map_err(fail_commit)
    }
}

/// Notes how far it is, unless another run has gone on from the same place.
async fn note(db: &mut AnyConnection, place: &Place, next: &Place) -> Result<()> {
    let noted = sqlx::query("update moving set place = $1 where id = 1 and place = $2")
        .bind(json!(next).to_string())
        .bind(json!(place).to_string())
        .execute(db)
        .await
        .map_err(fail)?;
    if noted.rows_affected() == 1 {
        return Ok(());
    }
    let text = "another migration to the same database is running; wait until it ends, then run this again";
    Err(StoreError::Conflict(text.to_owned()))
}

async fn count(db: &mut AnyConnection, table: &Copied) -> Result<u64> {
    let mut sql = Sql::new("select count(*) from ");
    sql.push(table.name).number(db).await.map(i64::unsigned_abs)
}

impl Copied {
    /// All columns: texts, numbers, bytes.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.texts.iter().chain(self.numbers).chain(self.bytes).copied()
    }

    /// The rows behind a key, in the order of keys.
    async fn page(&self, db: &mut AnyConnection, after: &[Value]) -> Result<Vec<Vec<Arg>>> {
        let key = self.key.join(", ");
        let mut sql = Sql::new("select ");
        sql.push(&self.columns().collect::<Vec<_>>().join(", ")).push(" from ").push(self.name);
        if !after.is_empty() {
            sql.push(" where (").push(&key).push(") > ");
            sql.list(after.iter().map(|value| match value {
                Value::String(text) => Arg::from(text.as_str()),
                value => Arg::from(value.as_i64().unwrap_or_default()),
            }));
        }
        let page = if self.name == "rule_chunks" { RULES } else { PAGE };
        sql.push(" order by ").push(&key).push(" limit ").arg(page as i64);
        sql.rows(db).await?.iter().map(|row| self.read(row)).collect()
    }

    fn read(&self, row: &AnyRow) -> Result<Vec<Arg>> {
        let texts = self.texts.iter().map(|name| row.text(name).map(Arg::Text));
        let numbers = self.numbers.iter().map(|name| row.int(name).map(Arg::Int));
        let bytes = self.bytes.iter().map(|name| row.blob(name).map(Arg::Bytes));
        texts.chain(numbers).chain(bytes).collect()
    }

    fn key_of(&self, row: &[Arg]) -> Vec<Value> {
        let value = |name: &&str| {
            let at = self.columns().position(|column| column == *name);
            match at.and_then(|at| row.get(at)) {
                Some(Arg::Text(text)) => json!(text),
                Some(Arg::Int(number)) => json!(number),
                Some(Arg::Bytes(_)) | None => Value::Null,
            }
        };
        self.key.iter().map(value).collect()
    }

    fn insert(&self, rows: &[Vec<Arg>]) -> Sql {
        let mut sql = Sql::new("insert into ");
        sql.push(self.name).push(" (").push(&self.columns().collect::<Vec<_>>().join(", ")).push(") values ");
        for (at, row) in rows.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).list(row.iter().cloned());
        }
        sql
    }
}
