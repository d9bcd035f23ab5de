//! Receipts: what the answer to a change said of the nodes. They are known after the commit and stand beside the audit
//! log, not in its chain. They are written off the way of the answer: what a killed process had not written is missing,
//! except for executed reviews, whose receipts are evidence: for them the nodes are asked again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use tokio::sync::Notify;

use super::SqlStore;
use super::disk::Purpose;
use super::fail::fail_commit;
use super::statement::{Arg, Columns as _, Sql, damaged};
use crate::store::{Awaited, KeptReceipt, Result};
use crate::wire::audit::Event;
use crate::wire::keys::{Receipt, Slowest};
use crate::wire::time::{Timestamp, uptime};

/// Receipts that come within this time are written together.
const GATHER: Duration = Duration::from_millis(50);
/// The pause after a failure.
const AGAIN: Duration = Duration::from_secs(5);
/// The most receipts that wait, where the database takes none; newer ones are not kept then.
const MOST: usize = 10_000;
/// How long the last ones may take when the store is closed.
const LAST: Duration = Duration::from_secs(1);

/// Receipts that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    queue: Mutex<Vec<Unkept>>,
    came: Notify,
    /// One writes at a time, so that what is written is the beginning of the queue.
    writing: tokio::sync::Mutex<()>,
}

/// A receipt that is not written yet.
#[derive(Clone, Debug)]
struct Unkept {
    kept: KeptReceipt,
    /// Whether the nodes were asked again, because it may be lost. The one that was answered replaces it.
    recovered: bool,
}

impl Unwritten {
    fn queue(&self) -> MutexGuard<'_, Vec<Unkept>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) const COLUMNS: &str =
    "r.revision, r.first_seq, r.confirmed_by, r.nodes, r.slowest_node, r.slowest_ms, r.expired";

impl SqlStore {
    /// Keeps the receipt of a change that has events of its own.
    pub(super) fn keep_receipt(&self, awaited: &Awaited, receipt: &Receipt) {
        self.queue_receipt(awaited, receipt, false);
    }

    fn queue_receipt(&self, awaited: &Awaited, receipt: &Receipt, recovered: bool) {
        let Some(first_seq) = awaited.first_seq else { return };
        let mut queue = self.receipts.queue();
        if queue.len() < MOST {
            let earlier = awaited.earlier.iter().map(|events| {
                let receipt = Receipt { revision: *events.end(), ..receipt.clone() };
                KeptReceipt { first_seq: *events.start(), receipt }
            });
            let last = KeptReceipt { first_seq, receipt: receipt.clone() };
            queue.extend(earlier.chain([last]).map(|kept| Unkept { kept, recovered }));
            self.receipts.came.notify_one();
        } else {
            tracing::warn!(
                revision = receipt.revision,
                "a receipt is not kept: too many are not written yet"
            );
        }
    }

    /// Writes receipts as they come. Those that the database does not take are tried again.
    pub(super) async fn write_receipts_as_they_come(&self) {
        let mut well = true;
        loop {
            self.receipts.came.notified().await;
            tokio::time::sleep(GATHER).await;
            let written = self.write_waiting_receipts().await;
            if let Err(error) = &written {
                if well {
                    tracing::warn!(%error, "cannot write receipts; retrying");
                }
                tokio::time::sleep(AGAIN).await;
                self.receipts.came.notify_one();
            }
            well = written.is_ok();
        }
    }

    /// Writes the last receipts before the store is closed.
    pub(super) async fn write_last_receipts(&self) {
        // A database that is gone keeps nothing.
        let _ = tokio::time::timeout(LAST, self.write_waiting_receipts()).await;
    }

    pub(super) async fn write_waiting_receipts(&self) -> Result<()> {
        let _alone = self.receipts.writing.lock().await;
        let queued = self.receipts.queue().clone();
        if queued.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin_tx(Purpose::Other).await?;
        // The execution may have been in progress when its receipt seemed to be lost: its answer counts.
        for recovered in [true, false] {
            let kept = queued.iter().filter(|unkept| unkept.recovered == recovered);
            // One statement writes no row twice.
            let kept: BTreeMap<u64, &KeptReceipt> =
                kept.map(|Unkept { kept, .. }| (kept.receipt.revision, kept)).collect();
            let kept: Vec<&KeptReceipt> = kept.into_values().collect();
            self.write_rows(&mut tx, &kept, recovered).await?;
        }
        self.check_file(false)?;
        let committing = self.committing();
        let committed = tx.commit().await;
        committing.ended();
        committed.map_err(fail_commit)?;
        self.receipts.queue().drain(..queued.len());
        Ok(())
    }

    async fn write_rows(&self, db: &mut AnyConnection, kept: &[&KeptReceipt], recovered: bool) -> Result<()> {
        for part in kept.chunks(self.dialect.rows()) {
            let mut sql = Sql::new(
                "insert into receipts (revision, first_seq, confirmed_by, nodes, slowest_node, slowest_ms, expired) \
                 values ",
            );
            for (at, KeptReceipt { first_seq, receipt }) in part.iter().enumerate() {
                let slowest = receipt.slowest.as_ref();
                sql.push(if at == 0 { "" } else { ", " }).list([
                    Arg::from(number(receipt.revision)),
                    Arg::from(number(*first_seq)),
                    Arg::from(i64::from(receipt.confirmed_by)),
                    Arg::from(i64::from(receipt.nodes)),
                    Arg::from(slowest.map_or("", |slowest| slowest.node.as_str())),
                    Arg::from(number(slowest.map_or(0, |slowest| slowest.ms))),
                    Arg::from(serde_json::json!(receipt.expired).to_string()),
                ]);
            }
            sql.push(" on conflict (revision) do ").push(if recovered {
                "nothing"
            } else {
                "update set first_seq = excluded.first_seq, confirmed_by = excluded.confirmed_by, \
                 nodes = excluded.nodes, slowest_node = excluded.slowest_node, \
                 slowest_ms = excluded.slowest_ms, expired = excluded.expired"
            });
            sql.once(&mut *db).await?;
        }
        Ok(())
    }

    /// Keeps the receipts of executed reviews that have none. Their time counts from the execution: it is not known how
    /// soon the nodes had confirmed it before.
    pub(super) async fn recover(&self, now: Timestamp) -> Result<()> {
        let began = uptime();
        self.write_waiting_receipts().await?;
        for (executed_at, mut awaited) in self.executions_without_receipt().await? {
            // From here on the nodes are waited for; before that, this much has passed.
            awaited.since = uptime();
            let here = awaited.since.saturating_sub(began).as_millis();
            let passed = u64::try_from(now.millis().saturating_sub(executed_at)).unwrap_or(0)
                + u64::try_from(here).unwrap_or(0);
            let mut receipt = self.confirmed(&awaited).await;
            if let Some(slowest) = &mut receipt.slowest {
                slowest.ms += passed;
            }
            tracing::info!(revision = receipt.revision, "the receipt of an executed review was missing");
            self.queue_receipt(&awaited, &receipt, true);
        }
        self.write_waiting_receipts().await
    }

    /// Adds the receipts that are kept to events.
    pub(super) async fn add_receipts(&self, events: &mut [Event]) -> Result<()> {
        let seqs =
            events.iter().filter(|event| event.action.has_receipt()).map(|event| event.seq.to_string());
        let seqs: Vec<String> = seqs.collect();
        if seqs.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("select e.seq, ");
        sql.push(COLUMNS);
        sql.push(
            " from audit_events e join receipts r on r.revision = \
             (select min(x.revision) from receipts x where x.revision >= e.seq) \
             where r.first_seq <= e.seq and e.seq in (",
        );
        // Numbers, which are no parameters: SQLite looks each of those up among all of its statement.
        for row in sql.push(&seqs.join(", ")).push(")").rows_once(&self.read).await? {
            let seq = row.count("seq")?;
            if let Some(event) = events.iter_mut().find(|event| event.seq == seq) {
                event.receipt = Some(Box::new(decode(&row)?.receipt));
            }
        }
        Ok(())
    }
}

/// A receipt from its row.
pub(super) fn decode(row: &AnyRow) -> Result<KeptReceipt> {
    let small = |name: &str| u32::try_from(row.int(name)?).map_err(|_| damaged("receipt"));
    let node = row.some_text("slowest_node")?;
    let ms = row.count("slowest_ms")?;
    Ok(KeptReceipt {
        first_seq: row.count("first_seq")?,
        receipt: Receipt {
            revision: row.count("revision")?,
            confirmed_by: small("confirmed_by")?,
            nodes: small("nodes")?,
            slowest: node.map(|node| Slowest { node, ms }),
            expired: serde_json::from_str(&row.text("expired")?).map_err(|_| damaged("expired"))?,
        },
    })
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
