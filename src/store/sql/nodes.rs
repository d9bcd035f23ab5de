//! The nodes: in the tables of a database that many processes share, in memory where one process owns a file.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use tokio::sync::Notify;

use super::fail::{fail, fail_commit};
use super::migrations::SCHEMA;
use super::statement::{Columns as _, Sql};
use super::{Dialect, SqlStore};
use crate::store::changes::{Changes, Follower, GRACE, Need, SharedNode, UsageWritten};
use crate::store::fault::{Fault, is_broken};
use crate::store::lease::{self, Grant, Renewing, Waiting};
use crate::store::{
    Awaited, AwaitedNode, By, Ledger, NodeCard, Nodes, Renewal, Result, StoreError, Unsettled, Written,
};
use crate::wire::audit::{Action, Head};
use crate::wire::id::NodeId;
use crate::wire::keys::{Receipt, Slowest};
use crate::wire::nodes::Node;
use crate::wire::session;
use crate::wire::time::{Timestamp, uptime};

/// The first pause between two looks at acknowledgements; it doubles up to the longest.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LONGEST_LOOK: Duration = Duration::from_millis(20);
/// How long nodes may take to write their usage for who decides by it.
const SETTLE_PATIENCE: Duration = Duration::from_secs(5);
/// How long one look may take.
const LOOK_PATIENCE: Duration = Duration::from_secs(1);
/// How long it may take to tell other processes.
const NOTIFY_PATIENCE: Duration = Duration::from_secs(5);
/// The channel of `NOTIFY`. The payload is empty: a listener reads the tables.
pub(super) const CHANNEL: &str = "keydeck";

const NODE: &str = "select id, name, region, version, address, started_at, seen_at, lease_until, live, forgotten, \
                    applied_seq, applied_hash, millirequests, usage_until from nodes";

#[async_trait]
impl Nodes for SqlStore {
    async fn confirm(&self, awaited: &Awaited) -> Receipt {
        let receipt = self.confirmed(awaited).await;
        self.keep_receipt(awaited, &receipt);
        receipt
    }

    async fn write_receipts(&self) -> Result<()> {
        self.write_waiting_receipts().await
    }

    async fn recover_receipts(&self, now: Timestamp) -> Result<()> {
        self.recover(now).await
    }

    async fn newest_change(&self) -> Result<Awaited> {
        if self.shared.is_none() {
            return Ok(Awaited::nobody(self.changes.newest()));
        }
        let head = crate::store::Audit::audit_head(self).await?;
        let nodes = self.live_nodes(&mut *self.read.acquire().await.map_err(fail)?).await?;
        Ok(Awaited { revision: head.seq, head, nodes, since: uptime(), first_seq: None, earlier: Vec::new() })
    }

    async fn nodes(&self) -> Result<Vec<Node>> {
        if self.shared.is_none() {
            return Ok(self.changes.known_nodes());
        }
        let head = crate::store::Audit::audit_head(self).await?;
        let mut sql = Sql::new(NODE);
        let rows = sql.push(" order by started_at, id").rows(&self.read).await?;
        rows.iter().map(|row| Ok(Row::of(row)?.as_node(head.seq))).collect()
    }

    async fn forget_node(&self, by: &By, id: NodeId) -> Result<Written<()>> {
        let Some(tables) = &self.shared else {
            // The only node of a file is this process.
            let known = self.changes.known_nodes().into_iter().any(|node| node.id == id);
            return Err(if known { StoreError::NodeIsThis } else { StoreError::NotFound("node") });
        };
        // Of its own: another call for the same node must not remove it before this one may, nor when it has joined again.
        let mark = i64::from(rand::random::<u32>()) + 1;
        let written = self.retried(|| self.bar_node(by, tables, id, mark)).await?;
        // What lease it has ends meanwhile, as it gets no other.
        tokio::time::sleep(self.changes.lease() + GRACE).await;
        let mut remove = Sql::new("delete from nodes where id = ");
        remove.arg(id.to_string()).push(" and forgotten = ").arg(mark).once(&tables.pool).await?;
        Ok(written)
    }

    async fn accept_history(&self, by: &By, head: &Head) -> Result<Written<()>> {
        self.retried(|| async move {
            let mut write = self.begin(by).await?;
            let there = hash_at(write.db(), head.seq).await?;
            if !lease::continues(there.as_deref(), head) {
                return Err(StoreError::UnknownHead);
            }
            write.append(Action::HistoryAccepted, None, None, json!({"head": head})).await?;
            write.commit(()).await
        })
        .await
    }

    fn ledger(&self) -> Option<&dyn Ledger> {
        self.shared.as_deref().map(|tables| tables as &dyn Ledger)
    }

    async fn settle_usage(&self, need: Need) -> std::result::Result<(), Unsettled> {
        if !self.changes.flush_usage(need).await {
            return Err(Unsettled::Here);
        }
        match &self.shared {
            None => Ok(()),
            Some(tables) => tables.settle_usage().await,
        }
    }

    async fn listen(&self) {
        match &self.shared {
            None => self.write_receipts_as_they_come().await,
            Some(tables) => drop(tokio::join!(tables.listen(), self.write_receipts_as_they_come())),
        }
    }
}

impl SqlStore {
    /// Waits until the nodes have confirmed a change.
    pub(super) async fn confirmed(&self, awaited: &Awaited) -> Receipt {
        match &self.shared {
            None => self.changes.acknowledged(awaited.revision).await,
            Some(tables) => tables.confirm(awaited).await,
        }
    }

    /// Bars the renewals of a node.
    async fn bar_node(&self, by: &By, tables: &Tables, id: NodeId, mark: i64) -> Result<Written<()>> {
        let mut write = self.begin(by).await?;
        let Some(row) = tables.row(write.db(), id).await? else {
            return Err(StoreError::NotFound("node"));
        };
        let mut bar = Sql::new("update nodes set forgotten = ");
        bar.arg(mark).push(" where id = ").arg(id.to_string()).once(write.db()).await?;
        if row.forgotten {
            let revision = write.seq().unsigned_abs().saturating_sub(1);
            write.commit_without_event().await?;
            let head = crate::store::Audit::audit_head(self).await?;
            return Ok(Written { value: (), revision, head, awaited: Awaited::nobody(revision) });
        }
        write.append(Action::NodeForgotten, None, None, json!({"node": id, "name": row.name})).await?;
        write.commit(()).await
    }

    /// The nodes that a change waits for, read in its own transaction.
    pub(super) async fn live_nodes(&self, db: &mut AnyConnection) -> Result<Vec<AwaitedNode>> {
        if self.shared.is_none() {
            return Ok(Vec::new());
        }
        let rows =
            sqlx::query("select id, name, forgotten from nodes where live = 1 order by started_at, id");
        let rows = rows.fetch_all(db).await.map_err(fail)?;
        let mut nodes = Vec::with_capacity(rows.len());
        for row in &rows {
            nodes.push(AwaitedNode {
                id: row.parsed("id")?,
                name: row.text("name")?,
                forgotten: row.int("forgotten")? != 0,
            });
        }
        Ok(distinct(nodes))
    }
}

/// Nodes of one name with their ids, so that a receipt says which of them it means.
fn distinct(mut nodes: Vec<AwaitedNode>) -> Vec<AwaitedNode> {
    let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
    for node in &mut nodes {
        if names.iter().filter(|name| **name == node.name).count() > 1 {
            node.name = format!("{} ({})", node.name, node.id);
        }
    }
    nodes
}

/// The hash that the audit log has at a place.
pub(super) async fn hash_at(db: &mut AnyConnection, seq: u64) -> Result<Option<String>> {
    sqlx::query_scalar("select hash from audit_events where seq = $1")
        .bind(i64::try_from(seq).unwrap_or(i64::MAX))
        .fetch_optional(db)
        .await
        .map_err(fail)
}

/// The tables of nodes.
#[derive(Debug)]
pub(super) struct Tables {
    /// Of its own: a renewal must not stand in the line of the writes.
    pub(super) pool: AnyPool,
    pub(super) changes: Arc<Changes>,
    /// Where other processes are heard.
    pub(super) url: String,
    /// A commit of this process, of which the others shall hear.
    pub(super) own: Notify,
    /// One task at a time notes silent nodes: each takes a connection that renewals need.
    pub(super) noting: Arc<tokio::sync::Mutex<()>>,
    /// Set once this process must not use the database any more.
    pub(super) unfit: OnceLock<Unfit>,
}

/// Why a process that has opened a database must not use it any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unfit {
    /// It has migrations that this process does not know.
    Newer(i64),
    /// Its leases have another length than when it was opened.
    OtherLease { before: Duration, now: Duration },
}

impl From<Unfit> for StoreError {
    fn from(unfit: Unfit) -> StoreError {
        match unfit {
            Unfit::Newer(schema) => StoreError::Newer(schema),
            Unfit::OtherLease { before, now } => StoreError::LeaseChanged { before, now },
        }
    }
}

impl Tables {
    async fn row(&self, db: &mut AnyConnection, id: NodeId) -> Result<Option<Row>> {
        let mut sql = Sql::new(NODE);
        let rows = sql.push(" where id = ").arg(id.to_string()).rows(db).await?;
        rows.first().map(Row::of).transpose()
    }

    async fn confirm(&self, awaited: &Awaited) -> Receipt {
        let (lease, revision) = (self.changes.lease(), awaited.revision);
        let nodes = awaited.nodes.len() as u32;
        let mut receipt = Receipt { revision, confirmed_by: 0, nodes, slowest: None, expired: Vec::new() };
        let mut pending: Vec<_> = awaited.nodes.iter().collect();
        // Whose row may go away without them: it does so when their lease has ended.
        let mut forgotten: HashSet<NodeId> =
            pending.iter().filter(|node| node.forgotten).map(|node| node.id).collect();
        let mut pause = FIRST_LOOK;
        while !pending.is_empty() {
            let seen = self.applied(&pending, &awaited.head).await;
            let since = uptime().saturating_sub(awaited.since);
            pending.retain(|node| {
                let row = seen.as_ref().and_then(|seen| seen.iter().find(|row| row.id == node.id));
                if row.is_some_and(|row| row.forgotten) {
                    forgotten.insert(node.id);
                }
                let applied = match &seen {
                    Some(_) => row.filter(|row| !row.leaving).map(|row| row.applied),
                    // It cannot be told, so only the time counts.
                    None => Some(0),
                };
                let waiting = match lease::waiting(applied, revision, since, lease) {
                    // It did not leave by itself, so its lease was live at the commit.
                    Waiting::Gone if row.is_none() && forgotten.contains(&node.id) => Waiting::Expired,
                    waiting => waiting,
                };
                match waiting {
                    Waiting::Pending => return true,
                    Waiting::Expired => receipt.expired.push(node.name.clone()),
                    Waiting::Gone => receipt.nodes = receipt.nodes.saturating_sub(1),
                    Waiting::Confirmed => {
                        receipt.confirmed_by += 1;
                        let ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
                        receipt.slowest = Some(Slowest { node: node.name.clone(), ms });
                    }
                }
                false
            });
            if !pending.is_empty() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_LOOK);
            }
        }
        // A node that has not applied it gets no lease, even while its row is still live.
        self.changes.confirmed(revision);
        if !receipt.expired.is_empty() {
            // Nobody waits for it: until it is done, changes wait once more for nodes that serve nothing.
            let (pool, head) = (self.pool.clone(), awaited.head.clone());
            let noting = Arc::clone(&self.noting);
            tokio::spawn(async move {
                let _alone = noting.lock().await;
                match fall_out(&pool, revision, &head).await {
                    // Other processes learn by that row that the change is confirmed, when they look next.
                    Ok(()) => {}
                    Err(error) => {
                        tracing::warn!(%error, "cannot note that nodes are silent; will retry with the next change");
                    }
                }
            });
        }
        receipt
    }

    /// The rows of these nodes that still exist; none if the database does not answer, or does not contain the change
    /// because it was replaced.
    async fn applied(&self, nodes: &[&AwaitedNode], head: &Head) -> Option<Vec<AwaitedRow>> {
        let mut sql = Sql::new(
            "select '' as id, count(*) as applied_seq, 0 as forgotten, 0 as leaving from audit_events where seq = ",
        );
        sql.arg(head.seq as i64).push(" and hash = ").arg(head.hash.as_str());
        sql.push(" union all select id, applied_seq, forgotten, leaving from nodes where id in ");
        sql.list(nodes.iter().map(|node| node.id.to_string()));
        let rows = tokio::time::timeout(LOOK_PATIENCE, sql.rows(&self.pool)).await.ok()?.ok()?;
        let mut seen = Vec::with_capacity(nodes.len());
        let mut there = false;
        for row in rows {
            match row.text("id").ok()?.as_str() {
                "" => there = row.int("applied_seq").ok()? > 0,
                id => seen.push(AwaitedRow {
                    id: id.parse().ok()?,
                    applied: row.count("applied_seq").ok()?,
                    forgotten: row.int("forgotten").ok()? != 0,
                    leaving: row.int("leaving").ok()? != 0,
                }),
            }
        }
        there.then_some(seen)
    }

    /// What every process looks at now and then: the head, and the nodes.
    pub(super) async fn look(&self) -> Result<()> {
        let asked_at = uptime_ms();
        let row = sqlx::query(
            "select h.seq as seq, c.usage_fence as fence, \
             cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint) as told \
             from audit_head h cross join cluster c where h.id = 1 and c.id = 1",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(fail)?;
        let heard_at = uptime_ms();
        let (head, fence, told) = (row.count("seq")?, row.int("fence")?, row.int("told")?);
        let mut sql = Sql::new(NODE);
        let rows = sql.push(" order by started_at, id").rows(&self.pool).await?;
        let rows = rows.iter().map(Row::of).collect::<Result<Vec<_>>>()?;
        // Read after the head: whoever went live meanwhile has applied it.
        let confirmed = rows.iter().filter(|row| row.live).map(|row| row.applied.seq).min();
        let until = rows.iter().map(|row| row.usage_until).min();
        self.changes.set_usage(UsageWritten { until, told, asked_at, heard_at }, fence);
        let nodes = rows.into_iter().map(|row| SharedNode {
            lease_until: row.lease_until,
            node: session::Node {
                name: row.name,
                edge: row.address,
                revision: row.applied.seq,
                live: row.live,
            },
        });
        self.changes.set_nodes(nodes.collect());
        self.changes.committed(head);
        self.changes.confirmed(confirmed.unwrap_or(head));
        Ok(())
    }

    /// Waits until each node that serves, or is leaving, has written the usage that it has noted so far.
    async fn settle_usage(&self) -> std::result::Result<(), Unsettled> {
        let unknown = |error| Unsettled::Unknown(error);
        let slow = |_| unknown(StoreError::Unavailable(sqlx::Error::PoolTimedOut));
        let begun = uptime();
        let fence = tokio::time::timeout(SETTLE_PATIENCE, self.raise_fence());
        let fence = fence.await.map_err(slow)?.map_err(unknown)?;
        let mut pause = FIRST_LOOK;
        loop {
            // Silent ones, too: what they have noted is unknown until they are back, or forgotten.
            let mut sql = Sql::new("select name from nodes where usage_fence < ");
            sql.arg(fence).push(" order by started_at, id");
            let rows = tokio::time::timeout(LOOK_PATIENCE, sql.rows(&self.pool));
            let rows = rows.await.map_err(slow)?.map_err(unknown)?;
            if rows.is_empty() {
                return Ok(());
            }
            if uptime().saturating_sub(begun) > SETTLE_PATIENCE {
                let names = rows.iter().map(|row| row.text("name")).collect::<Result<_>>();
                return Err(Unsettled::Nodes(names.map_err(unknown)?));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }

    /// Tells other processes of a commit. One that is not told looks by itself.
    pub(super) async fn notify(&self) {
        notify(&self.pool).await;
    }

    /// Asks every node to write its usage; the number that its row shows then. What it notes after it has seen the
    /// number may be written or not: who asked began before.
    async fn raise_fence(&self) -> Result<i64> {
        let raise = "update cluster set usage_fence = usage_fence + 1 where id = 1 returning usage_fence";
        let fence = Sql::new(raise).number(&self.pool).await?;
        self.notify().await;
        // The nodes of this process hear of it here.
        self.look().await?;
        Ok(fence)
    }

    /// For a test: a renewal that reads the head without the lock.
    async fn bare_renewal(&self) -> Result<Box<dyn Renewal>> {
        let row = sqlx::query("select seq, hash from audit_head where id = 1")
            .fetch_one(&self.pool)
            .await
            .map_err(fail)?;
        let head = Head { seq: row.count("seq")?, hash: row.text("hash")? };
        let tx = self.pool.begin().await.map_err(fail)?;
        Ok(Box::new(Locked { tx, head, continues: true, lease: self.changes.lease() }))
    }

    /// Refuses what a newer Keydeck has migrated, from now on.
    pub(super) fn check_schema(&self, schema: i64) -> Result<()> {
        if schema <= SCHEMA as i64 { Ok(()) } else { Err(self.stop(Unfit::Newer(schema))) }
    }

    /// Refuses a length of leases that is not the one by which this process has waited and served so far.
    fn check_lease(&self, ms: i64) -> Result<()> {
        let (before, now) = (self.changes.lease(), Duration::from_millis(ms.unsigned_abs()));
        if before == now { Ok(()) } else { Err(self.stop(Unfit::OtherLease { before, now })) }
    }

    /// Serves nothing from now on.
    fn stop(&self, unfit: Unfit) -> StoreError {
        if self.unfit.set(unfit).is_ok() {
            tracing::error!("{}; stopped serving", StoreError::from(unfit));
        }
        self.changes.stop();
        unfit.into()
    }
}

/// Has other processes look.
async fn notify(pool: &AnyPool) {
    let notify = sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(pool);
    // Where the database cannot tell, nothing is lost but time.
    let _ = tokio::time::timeout(NOTIFY_PATIENCE, notify).await;
}

/// What the row of a node shows that a change waits for.
struct AwaitedRow {
    id: NodeId,
    applied: u64,
    forgotten: bool,
    /// It serves nothing any more.
    leaving: bool,
}

/// Rows whose lease has ended without this revision are live no more.
async fn fall_out(pool: &AnyPool, revision: u64, head: &Head) -> Result<()> {
    let mut tx = lock(pool).await?.tx;
    if hash_at(&mut tx, head.seq).await?.as_ref() != Some(&head.hash) {
        // Another history has taken its place, whose numbers mean other changes.
        return Ok(());
    }
    let mut sql = Sql::new(NODE);
    for row in sql.push(" where live = 1").rows(&mut *tx).await? {
        let row = Row::of(&row)?;
        if lease::falls_out(row.applied.seq, revision) {
            let mut sql = Sql::new("update nodes set live = 0 where id = ");
            sql.arg(row.id.to_string()).once(&mut *tx).await?;
        }
    }
    tx.commit().await.map_err(fail)
}

/// The lock of all changes, and what is read under it.
struct HeadLock {
    tx: Transaction<'static, Any>,
    head: Head,
    /// The newest migration.
    schema: i64,
    lease_ms: i64,
}

/// Takes the lock of all changes by a write.
async fn lock(pool: &AnyPool) -> Result<HeadLock> {
    let mut tx = pool.begin_with(Dialect::Postgres.begin()).await.map_err(fail)?;
    let row = sqlx::query(
        "update audit_head set seq = seq where id = 1 returning seq, hash, schema, \
         (select lease_ms from cluster where id = 1) as lease_ms",
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(fail)?;
    let head = Head { seq: row.count("seq")?, hash: row.text("hash")? };
    Ok(HeadLock { tx, head, schema: row.int("schema")?, lease_ms: row.int("lease_ms")? })
}

#[async_trait]
impl Ledger for Tables {
    async fn acknowledge(&self, node: &Follower, applied: &Head) -> Result<()> {
        // Only what is part of this history: after another took its place, an old number must confirm nothing.
        let mut sql = Sql::new("update nodes set applied_seq = ");
        sql.arg(applied.seq as i64).push(", applied_hash = ").arg(applied.hash.as_str());
        sql.push(" where id = ").arg(node.id().to_string());
        // One that comes late, after a renewal or a newer one, changes nothing.
        sql.push(" and applied_seq < ").arg(applied.seq as i64);
        sql.push(" and exists (select 1 from audit_events where seq = ").arg(applied.seq as i64);
        sql.push(" and hash = ").arg(applied.hash.as_str()).push(")");
        sql.kept(&self.pool).await
    }

    async fn begin_renewal(&self, applied: &Head) -> Result<Box<dyn Renewal>> {
        if is_broken(Fault::Renewal) {
            return self.bare_renewal().await;
        }
        let HeadLock { mut tx, head, schema, lease_ms } = lock(&self.pool).await?;
        self.check_schema(schema)?;
        self.check_lease(lease_ms)?;
        let there = hash_at(&mut tx, applied.seq).await?;
        let continues = lease::continues(there.as_deref(), applied);
        Ok(Box::new(Locked { tx, head, continues, lease: self.changes.lease() }))
    }

    async fn leave(&self, node: NodeId) -> Result<()> {
        let mut sql = Sql::new("update nodes set live = 0, leaving = 1 where id = ");
        sql.arg(node.to_string()).kept(&self.pool).await
    }

    async fn remove(&self, node: NodeId) -> Result<()> {
        let mut sql = Sql::new("delete from nodes where id = ");
        sql.arg(node.to_string()).kept(&self.pool).await
    }

    async fn note_usage(&self, node: NodeId, until: i64, fence: i64) -> Result<()> {
        let mut sql = Sql::new("update nodes set usage_until = ");
        sql.arg(until).push(", usage_fence = ").arg(fence);
        sql.push(" where id = ").arg(node.to_string()).kept(&self.pool).await
    }

    async fn acceptances(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("select hash from audit_events where action = $1")
            .bind(Action::HistoryAccepted.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(fail)
    }
}

/// A renewal that has the lock.
struct Locked {
    tx: Transaction<'static, Any>,
    head: Head,
    continues: bool,
    lease: Duration,
}

#[async_trait]
impl Renewal for Locked {
    fn head(&self) -> &Head {
        &self.head
    }

    fn continues(&self) -> bool {
        self.continues
    }

    async fn finish(
        self: Box<Self>,
        node: &Follower,
        card: &NodeCard,
        applied: &Head,
        previous: Option<&Head>,
    ) -> Result<Grant> {
        let Locked { mut tx, head, lease, .. } = *self;
        let mut sql = Sql::new("select live, forgotten, leaving from nodes where id = ");
        let row = sql.arg(node.id().to_string()).rows(&mut *tx).await?.into_iter().next();
        let (live, forgotten) = match &row {
            Some(row) => (row.int("live")? == 1, row.int("forgotten")? != 0),
            None => (false, false),
        };
        if row.as_ref().map(|row| row.int("leaving")).transpose()?.unwrap_or(0) != 0 {
            // It was sent before the node left.
            return Ok(Grant::None);
        }
        let grant = lease::grant(Renewing { head: &head, applied, previous, live, forgotten });
        if forgotten && !node.is_live() {
            // Whoever forgot it may have gone before removing it. Its lease has ended, so it may join anew.
            let mut sql = Sql::new("delete from nodes where id = ");
            sql.arg(node.id().to_string()).once(&mut *tx).await?;
            tx.commit().await.map_err(fail_commit)?;
            tracing::warn!("this node was forgotten while it was running; it joins again");
            return Ok(Grant::None);
        }
        let live = live || grant == Grant::Whole;
        let until = match grant {
            Grant::None => node.lease_until(),
            Grant::Whole | Grant::Previous => Some(card.now + lease),
        };
        if row.is_none() {
            let mut sql = Sql::new(
                "insert into nodes (id, name, region, version, address, started_at, seen_at, lease_until, live, \
                 forgotten, applied_seq, applied_hash, millirequests, usage_until) values (",
            );
            sql.arg(node.id().to_string()).push(", ").arg(node.name());
            sql.push(", ").arg(card.region.as_deref().unwrap_or_default());
            sql.push(", ").arg(card.version.as_str());
            sql.push(", ").arg(node.address().unwrap_or_default());
            sql.push(", ").arg(card.started_at.millis()).push(", 0, 0, 0, 0, 0, '', 0, ");
            sql.arg(card.usage_until).push(")");
            sql.once(&mut *tx).await?;
        }
        let mut sql = Sql::new("update nodes set seen_at = ");
        sql.arg(card.now.millis()).push(", live = ").arg(i64::from(live));
        sql.push(", lease_until = ").arg(until.map_or(0, Timestamp::millis));
        sql.push(", applied_seq = ")
            .arg(applied.seq as i64)
            .push(", applied_hash = ")
            .arg(applied.hash.as_str());
        sql.push(", millirequests = ").arg((card.requests_per_second * 1000.0) as i64);
        sql.push(" where id = ").arg(node.id().to_string()).kept(&mut *tx).await?;
        tx.commit().await.map_err(fail_commit)?;
        Ok(grant)
    }
}

fn uptime_ms() -> i64 {
    i64::try_from(uptime().as_millis()).unwrap_or(i64::MAX)
}

/// A row of the table.
pub(super) struct Row {
    id: NodeId,
    name: String,
    region: Option<String>,
    version: String,
    address: Option<String>,
    started_at: Timestamp,
    seen_at: Timestamp,
    lease_until: Option<Timestamp>,
    live: bool,
    forgotten: bool,
    applied: Head,
    requests_per_second: f64,
    usage_until: i64,
}

impl Row {
    fn of(row: &AnyRow) -> Result<Row> {
        Ok(Row {
            id: row.parsed("id")?,
            name: row.text("name")?,
            region: row.some_text("region")?,
            version: row.text("version")?,
            address: row.some_text("address")?,
            started_at: row.time("started_at")?,
            seen_at: row.time("seen_at")?,
            lease_until: row.some_time("lease_until")?,
            live: row.int("live")? == 1,
            forgotten: row.int("forgotten")? != 0,
            applied: Head { seq: row.count("applied_seq")?, hash: row.text("applied_hash")? },
            requests_per_second: row.int("millirequests")? as f64 / 1000.0,
            usage_until: row.int("usage_until")?,
        })
    }

    fn as_node(&self, head: u64) -> Node {
        Node {
            id: self.id,
            name: self.name.clone(),
            region: self.region.clone(),
            version: self.version.clone(),
            address: self.address.clone(),
            started_at: self.started_at,
            seen_at: self.seen_at,
            lease_until: self.lease_until,
            live: self.live,
            forgotten: self.forgotten,
            revision: self.applied.seq,
            lag: head.saturating_sub(self.applied.seq),
            requests_per_second: self.requests_per_second,
        }
    }
}
