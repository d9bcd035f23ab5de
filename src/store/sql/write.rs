//! The write transaction: the audit head moves first, then rows change and events are appended.
//!
//! The first statement takes the write lock on both databases, so what a transaction reads afterwards is
//! the newest there is, and `seq` has no gaps in the order of commits. A transaction that is dropped rolls
//! back: a failed write leaves neither row nor event.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Connection as _, Error, Transaction};

use super::as_of::AsOf;
use super::disk::Purpose;
use super::fail::{fail, fail_commit, gave_way};
use super::key_row::read_key;
use super::statement::{Arg, Columns as _, Sql};
use super::{SqlStore, search};
use crate::store::{Awaited, By, Result, Written};
use crate::wire::audit::{Action, ActorToken, Event, Head};
use crate::wire::id::{EventId, KeyId, ProjectId};
use crate::wire::keys::Key;
use crate::wire::time::uptime;

/// A write that has the lock.
pub(super) struct Write<'a> {
    store: &'a SqlStore,
    by: &'a By,
    tx: Transaction<'static, Any>,
    /// The number that the first event gets.
    first: u64,
    /// The number that the next event gets.
    seq: u64,
    /// The end of the chain so far.
    head: Head,
}

/// An event to append.
pub(super) struct Entry {
    pub(super) action: Action,
    pub(super) project: Option<ProjectId>,
    pub(super) key: Option<KeyId>,
    pub(super) detail: Value,
}

/// How often a change is tried that the database gives up for the sake of another.
const TRIES: u32 = 8;
/// The pause after the first of them; it doubles, and up to as much again is added by chance.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

impl SqlStore {
    /// Runs a change, and runs it again where the database gave it up for the sake of another: two that waited for each
    /// other, or a server that knows no weaker level than serializable. Nothing of it was kept then, also not its
    /// idempotency key, so a repeat is the first time.
    pub(super) async fn retried<T, F>(&self, change: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..TRIES {
            match change().await {
                Err(error) if gave_way(&error) => {
                    tracing::debug!(attempt, "a change was rolled back because of a conflict; retrying");
                    tokio::time::sleep(pause + pause.mul_f64(rand::random())).await;
                    pause *= 2;
                }
                done => return done,
            }
        }
        change().await
    }

    /// Takes the write lock.
    pub(super) async fn begin<'a>(&'a self, by: &'a By) -> Result<Write<'a>> {
        self.begin_for(by, Purpose::Other).await
    }

    /// Takes the write lock to revoke. Whoever revokes passes what came of it to [`SqlStore::unless_full`].
    pub(super) async fn begin_revocation<'a>(&'a self, by: &'a By) -> Result<Write<'a>> {
        self.begin_for(by, Purpose::Revocation).await
    }

    async fn begin_for<'a>(&'a self, by: &'a By, purpose: Purpose) -> Result<Write<'a>> {
        let mut tx = self.begin_tx(purpose).await?;
        let move_head = "update audit_head set seq = seq + 1 where id = 1 returning seq, hash, schema";
        let row: AnyRow = sqlx::query(move_head).fetch_one(&mut *tx).await.map_err(fail)?;
        if let Some(tables) = &self.shared {
            tables.check_schema(row.int("schema")?)?;
        }
        let seq = row.count("seq")?;
        let head = Head { seq: seq.saturating_sub(1), hash: row.text("hash")? };
        Ok(Write { store: self, by, tx, first: seq, seq, head })
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin_tx(&self, purpose: Purpose) -> Result<Transaction<'static, Any>> {
        self.may_write(purpose)?;
        let begun = match self.write.begin_with(self.dialect.begin()).await {
            // Where a disk is full SQLite rolls back by itself, so that the ROLLBACK of sqlx fails and it
            // takes the connection to be in a transaction for ever. Another connection is not.
            Err(Error::InvalidSavePointStatement) if self.owns_file() => {
                let stuck = self.write.acquire().await.map_err(fail)?;
                if stuck.is_in_transaction() {
                    stuck.close().await.map_err(fail)?;
                }
                self.write.begin_with(self.dialect.begin()).await
            }
            begun => begun,
        };
        if begun.is_err() {
            // A file that is gone is the reason, whatever SQLite makes of it.
            self.check_file(false)?;
        }
        begun.map_err(fail)
    }
}

impl Write<'_> {
    /// The connection.
    pub(super) fn db(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    /// How many rows one statement takes.
    pub(super) const fn rows(&self) -> usize {
        self.store.dialect.rows()
    }

    /// The number of the next event: the revision of what is written now.
    pub(super) fn seq(&self) -> i64 {
        self.seq as i64
    }

    /// Who writes, and when.
    pub(super) fn by(&self) -> &By {
        self.by
    }

    /// The time of the write, with the store's thresholds.
    pub(super) fn as_of(&self) -> AsOf {
        self.store.as_of(self.by.now)
    }

    /// A key, and the revision of its last change.
    pub(super) async fn read_key(&mut self, id: KeyId) -> Result<(Key, u64)> {
        let as_of = self.as_of();
        read_key(&mut self.tx, id, as_of, 0).await
    }

    /// Appends an event. One of a key is one of its project too.
    pub(super) async fn append(
        &mut self,
        action: Action,
        project: Option<ProjectId>,
        key: Option<KeyId>,
        detail: Value,
    ) -> Result<()> {
        self.append_all(vec![Entry { action, project, key, detail }]).await
    }

    /// Appends events in order, many a statement.
    pub(super) async fn append_all(&mut self, entries: Vec<Entry>) -> Result<()> {
        let mut events = Vec::with_capacity(entries.len());
        for Entry { action, project, key, mut detail } in entries {
            if let (Some(token), Some(members)) = (&self.by.token, detail.as_object_mut()) {
                members.insert(ActorToken::MEMBER.to_owned(), json!(token));
            }
            let event = Event {
                seq: self.seq,
                id: EventId::generate(),
                at: self.by.now,
                actor: self.by.actor.clone(),
                action,
                project,
                key,
                detail,
                previous_hash: self.head.hash.clone(),
                hash: String::new(),
                receipt: None,
            };
            let body = event.body();
            let hash = Event::hash_of(&event.previous_hash, &body);
            self.head = Head { seq: self.seq, hash: hash.clone() };
            self.seq += 1;
            events.push((Event { hash, ..event }, body));
        }
        for events in events.chunks(self.rows()) {
            let mut sql = Sql::new(
                "insert into audit_events (seq, at, actor, action, project_id, key_id, body, hash) values ",
            );
            for (at, (event, body)) in events.iter().enumerate() {
                sql.push(if at == 0 { "" } else { ", " }).list([
                    Arg::from(event.seq as i64),
                    Arg::from(event.at.millis()),
                    Arg::from(event.actor.as_str()),
                    Arg::from(event.action.as_str()),
                    Arg::from(event.project.map(|id| id.to_string()).unwrap_or_default()),
                    Arg::from(event.key.map(|id| id.to_string()).unwrap_or_default()),
                    Arg::from(body.as_str()),
                    Arg::from(event.hash.as_str()),
                ]);
            }
            // The usual one event is a statement worth keeping.
            if events.len() == 1 {
                sql.kept(self.db()).await?;
            } else {
                sql.once(self.db()).await?;
            }
            search::insert(self.db(), events.iter().map(|(event, _)| event)).await?;
        }
        Ok(())
    }

    /// Writes the new head, commits, and wakes the followers.
    pub(super) async fn commit<T>(mut self, value: T) -> Result<Written<T>> {
        sqlx::query("update audit_head set seq = $1, hash = $2 where id = 1")
            .bind(self.head.seq as i64)
            .bind(self.head.hash.as_str())
            .execute(&mut *self.tx)
            .await
            .map_err(fail)?;
        let nodes = self.store.live_nodes(&mut self.tx).await?;
        // What another program has put in the place of the file since the begin must not be mixed with this.
        self.store.check_file(false)?;
        let hearing = Hearing(Some(&self.store.unheard));
        let committing = self.store.committing();
        let committed = self.tx.commit().await;
        if committed.is_ok() {
            self.store.remember_head(&self.head.hash);
        }
        committing.ended();
        committed.map_err(fail_commit)?;
        let revision = self.head.seq;
        self.store.changes.committed(revision);
        if let Some(tables) = &self.store.shared {
            tables.own.notify_one();
            if nodes.is_empty() {
                self.store.changes.confirmed(revision);
            }
        }
        hearing.done();
        // A commit into a file that is gone is not answered.
        self.store.check_file(true)?;
        let first_seq = Some(self.first);
        let awaited = Awaited {
            revision,
            head: self.head.clone(),
            nodes,
            since: uptime(),
            first_seq,
            earlier: Vec::new(),
        };
        Ok(Written { value, revision, head: self.head, awaited })
    }

    /// Commits what needs no event, with the head as it was.
    pub(super) async fn commit_without_event(mut self) -> Result<()> {
        sqlx::query("update audit_head set seq = $1 where id = 1")
            .bind(self.head.seq as i64)
            .execute(&mut *self.tx)
            .await
            .map_err(fail)?;
        self.store.check_file(false)?;
        let committing = self.store.committing();
        let committed = self.tx.commit().await;
        committing.ended();
        committed.map_err(fail_commit)
    }

    /// Leaves all as it was: the thing is as asked already, since `revision`.
    pub(super) async fn unchanged<T>(self, value: T, revision: u64) -> Result<Written<T>> {
        let mut tx = self.tx;
        let nodes = self.store.live_nodes(&mut tx).await?;
        tx.rollback().await.map_err(fail)?;
        self.store.check_file(false)?;
        // The first time its commit may have gone unheard, when the connection broke under it.
        self.store.changes.committed(revision);
        let awaited = Awaited {
            revision,
            head: self.head.clone(),
            nodes,
            since: uptime(),
            first_seq: None,
            earlier: Vec::new(),
        };
        Ok(Written { value, revision, head: self.head, awaited })
    }
}

/// A commit of which nothing is known yet. If it fails or is given up, it may have happened all the same, at a
/// time that nobody can tell: from then on followers ask the store.
struct Hearing<'a>(Option<&'a AtomicBool>);

impl Hearing<'_> {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        if let Some(unheard) = self.0 {
            unheard.store(true, Ordering::Release);
        }
    }
}
