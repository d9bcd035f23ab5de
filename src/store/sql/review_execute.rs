//! Carries out the decisions of a review in batches. The outcome for a key is written in the transaction that changes
//! the key, so a repeated request continues after a crash.

use std::ops::RangeInclusive;

use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::fail::fail;
use super::filter::{mode_of, status_of};
use super::reviews::{closed, decision_of, read, review_row};
use super::statement::{Columns as _, Sql, damaged};
use super::write::{Entry, Write};
use super::{SqlStore, rotations};
use crate::secret::MaskedKey;
use crate::store::{Awaited, By, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::id::{KeyId, ProjectId, ReviewId};
use crate::wire::keys::Status;
use crate::wire::reviews::{
    Decision, DecisionsHash, Execute, ExecuteResult, Executed, ReviewOutcome, ReviewStatus,
};
use crate::wire::time::{Timestamp, uptime};
use crate::wire::word::OpenWord as _;

/// How many keys are changed in one transaction: few enough that no revocation waits long.
const BATCH: i64 = 200;

const ROWS: &str = "select i.key_id as id, i.decision as decision, i.until as until, i.reason as reason, \
                    i.decided_at as decided_at, i.decided_by as decided_by, i.version as version, \
                    i.seen_used_at as seen_used_at, i.seen_changed as seen_changed, i.outcome as outcome, \
                    k.project_id as project_id, k.name as name, k.mode as mode, k.handle as handle, k.last4 as last4, \
                    k.status as status, k.paused_at as paused_at, k.last_used_at as last_used_at, \
                    k.changed_seq as changed_seq, cast(case when exists (select 1 from api_keys s \
                    where s.rotated_from = k.id and s.rotated_from <> '' \
                    and (select min(e.seq) from audit_events e where e.key_id = s.id) > i.seen_changed) \
                    then 1 else 0 end as bigint) as replaced from review_items i join api_keys k on k.id = i.key_id \
                    where i.decision <> 0 and i.review_id = ";

impl SqlStore {
    pub(super) async fn execute(
        &self,
        by: &By,
        id: ReviewId,
        execute: &Execute,
    ) -> Result<Written<Executed>> {
        if execute.dry_run {
            let mut db = self.read.acquire().await.map_err(fail)?;
            let row = review_row(&mut db, id).await?;
            let review = read(&mut db, &row).await?;
            let (decisions, results) = plan(&mut db, id, by.now).await?;
            drop(db);
            let head = crate::store::Audit::audit_head(self).await?;
            let value = Executed { review, decisions, results, receipt: None };
            let awaited = Awaited::nobody(head.seq);
            return Ok(Written { value, revision: head.seq, head, awaited });
        }
        let confirmed = execute.decisions.as_deref().unwrap_or_default();
        if let Some(done) = self.retried(|| self.close_decisions(by, id, confirmed)).await? {
            return Ok(done);
        }
        loop {
            let tried = self.retried(|| self.execute_batch(by, id)).await;
            if self.unless_full(tried).await? == Some(0) {
                break;
            }
        }
        self.retried(|| self.end_execution(by, id)).await
    }

    /// Closes a review whose decisions are carried out.
    async fn end_execution(&self, by: &By, id: ReviewId) -> Result<Written<Executed>> {
        let mut write = self.begin(by).await?;
        let row = review_row(write.db(), id).await?;
        let review = read(write.db(), &row).await?;
        let (decisions, results) = plan(write.db(), id, by.now).await?;
        if review.status != ReviewStatus::Open {
            // Another request has ended it meanwhile.
            let value = Executed { review, decisions, results, receipt: None };
            return write.unchanged(value, row.count("changed_seq")?).await;
        }
        let seq = write.seq();
        let mut sql = Sql::new("update reviews set status = 1, executed_at = ");
        sql.arg(by.now.millis()).push(", executed_by = ").arg(by.actor.as_str());
        sql.push(", changed_seq = ").arg(seq).push(" where id = ").arg(id.to_string());
        sql.once(write.db()).await?;
        let count =
            |outcome: ReviewOutcome| results.iter().filter(|result| result.outcome == outcome).count();
        let detail = json!({
            "review": id, "name": review.name, "decisions": decisions, "counts": review.decisions,
            "done": count(ReviewOutcome::Done), "usedSince": count(ReviewOutcome::UsedSince),
            "changedSince": count(ReviewOutcome::ChangedSince), "alreadyRevoked": count(ReviewOutcome::AlreadyRevoked),
            "toRotate": count(ReviewOutcome::ToRotate),
        });
        let earlier = carried_out(write.db(), id).await?;
        write.append(Action::ReviewExecuted, None, None, detail).await?;
        let row = review_row(write.db(), id).await?;
        let review = read(write.db(), &row).await?;
        let mut written = write.commit(Executed { review, decisions, results, receipt: None }).await?;
        written.awaited.begin_with(earlier);
        Ok(written)
    }

    /// The executions whose receipt was not kept, each with its time in milliseconds. A review is signed with a pack,
    /// and before a pack receipts are kept.
    pub(super) async fn executions_without_receipt(&self) -> Result<Vec<(i64, Awaited)>> {
        let head = crate::store::Audit::audit_head(self).await?;
        let mut db = self.read.acquire().await.map_err(fail)?;
        let sql = Sql::new(
            "select v.id as id, v.executed_at as executed_at, v.changed_seq as seq from reviews v where v.status = 1 \
             and not exists (select 1 from receipts r where r.revision = v.changed_seq) order by v.changed_seq",
        );
        let rows = sql.rows(&mut *db).await?;
        let mut missing = Vec::new();
        for row in rows {
            let revision = row.count("seq")?;
            let mut awaited = Awaited {
                revision,
                head: head.clone(),
                nodes: self.live_nodes(&mut db).await?,
                since: uptime(),
                first_seq: Some(revision),
                earlier: Vec::new(),
            };
            awaited.begin_with(carried_out(&mut db, row.parsed("id")?).await?);
            missing.push((row.int("executed_at")?, awaited));
        }
        Ok(missing)
    }

    /// Binds what follows to the decisions that were confirmed. A review that was carried out answers as it did then.
    async fn close_decisions(
        &self,
        by: &By,
        id: ReviewId,
        confirmed: &str,
    ) -> Result<Option<Written<Executed>>> {
        let mut tx = self.begin_tx(super::disk::Purpose::Revocation).await?;
        // The lock that every decision takes.
        sqlx::query("update audit_head set seq = seq where id = 1").execute(&mut *tx).await.map_err(fail)?;
        let row = review_row(&mut tx, id).await?;
        let review = read(&mut tx, &row).await?;
        let executing = row.text("executing")?;
        if review.status == ReviewStatus::Cancelled {
            return Err(closed(&review));
        }
        let (decisions, results) = plan(&mut tx, id, by.now).await?;
        if confirmed != decisions || !executing.is_empty() && executing != confirmed {
            return Err(StoreError::DecisionChanged);
        }
        if review.status != ReviewStatus::Open {
            let revision = row.count("changed_seq")?;
            let nodes = self.live_nodes(&mut tx).await?;
            tx.rollback().await.map_err(fail)?;
            let since = uptime();
            let head = crate::store::Audit::audit_head(self).await?;
            let awaited =
                Awaited { revision, head: head.clone(), nodes, since, first_seq: None, earlier: Vec::new() };
            let value = Executed { review, decisions, results, receipt: None };
            return Ok(Some(Written { value, revision, head, awaited }));
        }
        let mut sql = Sql::new("update reviews set executing = ");
        sql.arg(confirmed).push(" where id = ").arg(id.to_string()).once(&mut *tx).await?;
        self.check_file(false)?;
        tx.commit().await.map_err(super::fail::fail_commit)?;
        tracing::info!(review = %id, actor = %by.actor, "the decisions of a review are carried out");
        Ok(None)
    }

    /// Carries some decisions out; how many.
    async fn execute_batch(&self, by: &By, id: ReviewId) -> Result<usize> {
        let mut write = self.begin_revocation(by).await?;
        let mut sql = Sql::new(ROWS);
        sql.arg(id.to_string())
            .push(" and i.outcome = '' and i.decision <= 4 order by i.key_id limit ")
            .arg(BATCH);
        let rows = sql.rows(write.db()).await?;
        let decided = rows.iter().map(Decided::of).collect::<Result<Vec<_>>>()?;
        if decided.is_empty() {
            write.unchanged((), 0).await?;
            return Ok(0);
        }
        let revoked = |item: &&Decided| {
            item.decision == Decision::Revoke && item.outcome(by.now) == ReviewOutcome::Done
        };
        let revoked = decided.iter().filter(revoked);
        let revoked: Vec<_> = revoked.map(|item| (item.id, item.project, item.name.as_str())).collect();
        rotations::finish(&mut write, &revoked).await?;
        let mut entries = Vec::new();
        for item in &decided {
            let outcome = item.outcome(by.now);
            if outcome == ReviewOutcome::Done && item.decision != Decision::Rotate {
                let revision = write.seq() + entries.len() as i64;
                entries.push(item.carry_out(&mut write, id, revision).await?);
            }
            let mut sql = Sql::new("update review_items set outcome = ");
            sql.arg(outcome.as_str()).push(" where review_id = ").arg(id.to_string());
            sql.push(" and key_id = ").arg(item.id.to_string()).kept(write.db()).await?;
        }
        if entries.is_empty() {
            write.commit_without_event().await?;
        } else {
            write.append_all(entries).await?;
            write.commit(()).await?;
        }
        Ok(decided.len())
    }
}

/// The events that carried decisions of a review out, also those before an interruption, which had no answer: a range
/// for those that follow each other.
async fn carried_out(db: &mut AnyConnection, id: ReviewId) -> Result<Vec<RangeInclusive<u64>>> {
    let mut sql = Sql::new(
        "select e.seq as seq from review_items i join audit_events e on e.key_id = i.key_id and e.seq > i.seen_changed \
         where i.outcome = 'done' and i.review_id = ",
    );
    sql.arg(id.to_string()).push(" and e.action in ");
    sql.list(
        [Action::KeyRevoked, Action::KeyPaused, Action::KeyReviewed].map(|action| action.as_str().to_owned()),
    );
    // A key may have been changed by another review, too.
    sql.push(" and e.body like ").arg(format!("%\"review\":\"{id}\"%")).push(" order by e.seq");
    let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
    for row in sql.rows(db).await? {
        let seq = row.count("seq")?;
        match ranges.last_mut() {
            Some(last) if *last.end() + 1 == seq => *last = *last.start()..=seq,
            _ => ranges.push(seq..=seq),
        }
    }
    Ok(ranges)
}

/// The hash of all decisions, and the outcome of each: the recorded one, or the one to expect.
async fn plan(db: &mut AnyConnection, id: ReviewId, now: Timestamp) -> Result<(String, Vec<ExecuteResult>)> {
    let mut sql = Sql::new(ROWS);
    sql.arg(id.to_string()).push(" order by i.key_id");
    let mut hash = DecisionsHash::default();
    let mut results = Vec::new();
    for row in sql.rows(db).await? {
        let item = Decided::of(&row)?;
        hash.add(item.id, item.decision, item.version);
        if !matches!(item.decision, Decision::Ask | Decision::Skip) {
            // A rotation is left to a person, so it is done after the execution.
            let known = item.known.filter(|known| *known != ReviewOutcome::ToRotate);
            let outcome = known.unwrap_or_else(|| item.outcome(now));
            results.push(ExecuteResult { id: item.id, decision: item.decision, outcome });
        }
    }
    Ok((hash.hex(), results))
}

/// A decision, and the key as it is now.
struct Decided {
    id: KeyId,
    project: ProjectId,
    name: String,
    hint: MaskedKey,
    status: Status,
    last_used_at: i64,
    changed: i64,
    decision: Decision,
    until: Option<Timestamp>,
    reason: String,
    decided_at: Timestamp,
    decided_by: String,
    version: u64,
    seen_used_at: i64,
    /// The `seq` of the decision: what has a greater one came later, whatever the clock said.
    seen_changed: i64,
    /// Whether someone has created a replacement since the decision.
    replaced: bool,
    /// The recorded outcome, if it was carried out.
    known: Option<ReviewOutcome>,
}

impl Decided {
    fn of(row: &AnyRow) -> Result<Decided> {
        let mode = mode_of(row.int("mode")?);
        let hint = MaskedKey::new(mode.kind(), &row.text("handle")?, &row.text("last4")?);
        Ok(Decided {
            id: row.parsed("id")?,
            project: row.parsed("project_id")?,
            name: row.text("name")?,
            hint: hint.map_err(|_| damaged("handle"))?,
            status: status_of(row.int("status")?, row.int("paused_at")?),
            last_used_at: row.int("last_used_at")?,
            changed: row.int("changed_seq")?,
            decision: decision_of(row.int("decision")?).ok_or_else(|| damaged("decision"))?,
            until: row.some_time("until")?,
            reason: row.text("reason")?,
            decided_at: row.time("decided_at")?,
            decided_by: row.text("decided_by")?,
            version: row.count("version")?,
            seen_used_at: row.int("seen_used_at")?,
            seen_changed: row.int("seen_changed")?,
            replaced: row.int("replaced")? != 0,
            known: row.some_text("outcome")?.and_then(|outcome| ReviewOutcome::known(&outcome)),
        })
    }

    fn outcome(&self, now: Timestamp) -> ReviewOutcome {
        // A clock that was set back notes a later use at an earlier time. While it is behind what the reviewer saw, a use
        // may leave no trace.
        let used = self.last_used_at != self.seen_used_at || self.seen_used_at > now.millis();
        match (self.status, self.decision) {
            (Status::Revoked, _) => ReviewOutcome::AlreadyRevoked,
            (_, Decision::Rotate) if self.replaced => ReviewOutcome::Done,
            (_, Decision::Rotate) => ReviewOutcome::ToRotate,
            (_, Decision::Revoke | Decision::Pause) if used => ReviewOutcome::UsedSince,
            (_, Decision::Revoke | Decision::Pause) if self.changed > self.seen_changed => {
                ReviewOutcome::ChangedSince
            }
            (Status::Other(_), _) => ReviewOutcome::Failed,
            _ => ReviewOutcome::Done,
        }
    }

    /// Changes the key, and gives the event of that.
    async fn carry_out(&self, write: &mut Write<'_>, review: ReviewId, revision: i64) -> Result<Entry> {
        let (now, actor) = (write.by().now.millis(), write.by().actor.clone());
        let mut sql = Sql::new("update api_keys set reviewed_at = ");
        sql.arg(self.decided_at.millis()).push(", reviewed_by = ").arg(self.decided_by.as_str());
        let action = match self.decision {
            Decision::Revoke => {
                sql.push(", status = 1, refused_from = case when paused_at = 0 then 0 else refused_from end");
                sql.push(", revoked_at = ").arg(now);
                sql.push(", revoked_by = ").arg(actor.as_str());
                sql.push(", revoke_reason = ").arg(self.reason.as_str());
                Action::KeyRevoked
            }
            Decision::Pause if self.status == Status::Active => {
                sql.push(", refused_since_paused = 0, refused_from = 0, paused_at = ").arg(now);
                sql.push(", paused_by = ").arg(actor.as_str());
                sql.push(", pause_reason = ").arg(self.reason.as_str());
                Action::KeyPaused
            }
            _ => {
                sql.push(", keep_until = ").arg(self.until.map_or(0, Timestamp::millis));
                Action::KeyReviewed
            }
        };
        sql.push(", changed_seq = ").arg(revision).push(" where id = ").arg(self.id.to_string());
        sql.kept(write.db()).await?;
        let detail = json!({
            "name": self.name, "hint": self.hint.to_string(),
            "reason": Some(&self.reason).filter(|reason| !reason.is_empty()),
            "review": review, "decision": self.decision, "decidedBy": self.decided_by, "decidedAt": self.decided_at,
            "until": self.until,
        });
        Ok(Entry { action, project: Some(self.project), key: Some(self.id), detail })
    }
}
