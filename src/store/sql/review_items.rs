//! The keys of a review and their decisions.

use std::collections::HashMap;
use std::num::NonZeroU32;

use serde_json::json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::SqlStore;
use super::key_row::read_key;
use super::keys_page::{List, Within};
use super::reviews::{closed, decision_number, decision_of, read, review_row};
use super::statement::{Columns as _, Sql, damaged};
use crate::store::{By, Result, StoreError, Written};
use crate::wire::audit::Action;
use crate::wire::findings::{Finding, Severity};
use crate::wire::id::{KeyId, ReviewId};
use crate::wire::keys::{Key, KeyQuery, StatusQuery};
use crate::wire::page::Page;
use crate::wire::reviews::{Decide, Decision, ItemQuery, ReviewItem, ReviewOutcome, ReviewStatus};
use crate::wire::time::Timestamp;
use crate::wire::word::OpenWord as _;

pub(super) const COLUMNS: &str = "select key_id, decision, until, reason, decided_at, decided_by, version, seen_used_at, \
                       seen_precision, seen_findings, seen_changed, own_key, outcome, cast(case when exists \
                       (select 1 from api_keys s where s.rotated_from = review_items.key_id and s.rotated_from <> '' \
                       and (select min(e.seq) from audit_events e where e.key_id = s.id) > review_items.seen_changed) \
                       then 1 else 0 end as bigint) as replaced from review_items where review_id = ";

impl SqlStore {
    pub(super) async fn items(
        &self,
        id: ReviewId,
        query: &ItemQuery,
        asker: &str,
        now: Timestamp,
    ) -> Result<Page<ReviewItem>> {
        let review = crate::store::Reviews::review(self, id).await?;
        let keys = KeyQuery {
            filter: query.filter.clone(),
            // A key that was revoked meanwhile is still one of the review.
            status: Some(StatusQuery::All),
            sort: query.sort,
            limit: query.limit,
            cursor: query.cursor.clone(),
            ..KeyQuery::default()
        };
        let within = Within {
            review: id.to_string(),
            decision: query.decision.map(|filter| decision_number(filter.0)),
        };
        let list = List::within(&keys, self.as_of_review(now, review.scope.stale_days), Some(within))?;
        let page = self.page_of(&list, self.changes.applied_by_all()).await?;
        let mut db = self.read.acquire().await.map_err(super::fail::fail)?;
        let mut rows = HashMap::with_capacity(page.items.len());
        if !page.items.is_empty() {
            let mut sql = Sql::new(COLUMNS);
            sql.arg(id.to_string()).push(" and key_id in ");
            sql.list(page.items.iter().map(|key| key.id.to_string()));
            for row in sql.rows_once(&mut *db).await? {
                rows.insert(row.parsed::<KeyId>("key_id")?, row);
            }
        }
        let items = page.items.into_iter().map(|key| {
            let row = rows.get(&key.id).ok_or_else(|| damaged("key_id"))?;
            item(row, key, asker)
        });
        Ok(Page { items: items.collect::<Result<_>>()?, next: page.next, total: page.total, more: page.more })
    }

    pub(super) async fn decide_item(
        &self,
        by: &By,
        id: ReviewId,
        key: KeyId,
        decide: Option<&Decide>,
        version: Option<u64>,
    ) -> Result<Written<ReviewItem>> {
        let mut write = self.begin(by).await?;
        let row = review_row(write.db(), id).await?;
        let review = read(write.db(), &row).await?;
        let is_closed = review.status != ReviewStatus::Open || !row.text("executing")?.is_empty();
        let row = item_row(write.db(), id, key).await?;
        let as_of = self.as_of_review(by.now, review.scope.stale_days);
        let (key, _) = read_key(write.db(), key, as_of, 0).await?;
        let old = item(&row, key.clone(), &by.actor)?;
        if is_closed {
            return Err(closed(&review));
        }
        let asked = decide
            .map(|decide| (decide.decision, decide.until, decide.reason.as_deref().unwrap_or_default()));
        let has =
            old.decision.map(|decision| (decision, old.until, old.reason.as_deref().unwrap_or_default()));
        // Deciding the same again about a key that was used since, or has other findings, is a new look at it.
        let codes = |findings: &'_ [Finding]| findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
        let seen = asked.is_none()
            || old.last_used_at == key.last_used_at && codes(&old.findings) == codes(&key.findings);
        if asked == has && (seen || version.is_some_and(|version| version != old.version)) {
            // What is stored now is what was asked for: every revision up to the head holds it.
            let newest = write.seq().unsigned_abs().saturating_sub(1);
            return write.unchanged(old, newest).await;
        }
        if version.is_some_and(|version| version != old.version) {
            return Err(StoreError::DecisionChanged);
        }
        let high = key.findings.iter().any(|finding| finding.severity == Severity::High);
        if asked.is_some_and(|(decision, _, reason)| decision == Decision::Keep && high && reason.is_empty())
        {
            return Err(StoreError::ReasonNeeded);
        }
        let own = *key.created_by == *by.actor;
        let (decision, until, reason) =
            asked.map_or((None, None, ""), |(decision, until, reason)| (Some(decision), until, reason));
        let precision = key.last_used_precision.map_or(0, |seconds| i64::from(seconds.get()));
        let findings = serde_json::to_string(&key.findings).unwrap_or_default();
        let decided = decision.is_some();
        let mut sql = Sql::new("update review_items set decision = ");
        sql.arg(decision_number(decision)).push(", until = ").arg(until.map_or(0, Timestamp::millis));
        sql.push(", reason = ").arg(reason);
        sql.push(", decided_at = ").arg(if decided { by.now.millis() } else { 0 });
        sql.push(", decided_by = ").arg(if decided { by.actor.as_str() } else { "" });
        sql.push(", version = ").arg(old.version as i64 + 1);
        sql.push(", seen_used_at = ").arg(key.last_used_at.filter(|_| decided).map_or(0, Timestamp::millis));
        sql.push(", seen_precision = ").arg(if decided { precision } else { 0 });
        sql.push(", seen_findings = ").arg(if decided { findings.as_str() } else { "" });
        // All that the reviewer saw came before this event.
        sql.push(", seen_changed = ").arg(if decided { write.seq() } else { 0 });
        sql.push(", own_key = ").arg(i64::from(decided && own));
        sql.push(" where review_id = ").arg(id.to_string()).push(" and key_id = ").arg(key.id.to_string());
        sql.once(write.db()).await?;
        let detail = json!({
            "review": id, "name": key.name, "hint": key.hint.to_string(), "decision": decision, "until": until,
            "reason": Some(reason).filter(|reason| !reason.is_empty()), "version": old.version + 1, "ownKey": own,
            "lastUsedAt": key.last_used_at, "lastUsedPrecision": precision,
            "findings": key.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        });
        write.append(Action::ReviewDecided, Some(key.project_id), Some(key.id), detail).await?;
        let row = item_row(write.db(), id, key.id).await?;
        let new = item(&row, key, &by.actor)?;
        write.commit(new).await
    }
}

/// The row of a key in a review.
async fn item_row(db: &mut AnyConnection, id: ReviewId, key: KeyId) -> Result<AnyRow> {
    let mut sql = Sql::new(COLUMNS);
    sql.arg(id.to_string()).push(" and key_id = ").arg(key.to_string());
    sql.rows(db).await?.pop().ok_or(StoreError::NotFound("key of this review"))
}

pub(super) fn item(row: &AnyRow, key: Key, asker: &str) -> Result<ReviewItem> {
    let decision = decision_of(row.int("decision")?);
    let decided = decision.is_some();
    let seen: Box<[Finding]> = if decided {
        serde_json::from_str(&row.text("seen_findings")?).map_err(|_| damaged("seen_findings"))?
    } else {
        key.findings.clone()
    };
    let seconds = key.last_used_precision.map(NonZeroU32::get);
    let mut outcome = row.some_text("outcome")?.and_then(|outcome| ReviewOutcome::known(&outcome));
    // A person rotates, after the execution.
    if outcome == Some(ReviewOutcome::ToRotate) && row.int("replaced")? != 0 {
        outcome = Some(ReviewOutcome::Done);
    }
    Ok(ReviewItem {
        findings: seen,
        decision,
        until: row.some_time("until")?,
        reason: row.some_text("reason")?,
        decided_by: row.some_text("decided_by")?,
        decided_at: row.some_time("decided_at")?,
        version: row.count("version")?,
        own_key: if decided { row.int("own_key")? != 0 } else { *key.created_by == *asker },
        last_used_at: if decided { row.some_time("seen_used_at")? } else { key.last_used_at },
        last_used_precision: if decided { u32::try_from(row.int("seen_precision")?).ok() } else { seconds },
        outcome,
        key,
    })
}
