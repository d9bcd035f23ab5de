//! A started access review.

use std::time::Duration;

use crate::store::{By, Result, SharedStore};
use crate::wire::keys::{Sort, SortBy};
use crate::wire::reviews::{Decide, Decision, ItemQuery, NewReview, Scope};
use crate::wire::time::Timestamp;

/// When it was started: after everything else that happened.
const STARTED: Duration = Duration::from_hours(6);
/// When it is due.
const DUE: Duration = Duration::from_hours(12 * 24);
/// Who reviews.
const REVIEWER: &str = "local:priya";

/// What was decided on the worst keys, one after the other.
const DECISIONS: [(Decision, Option<&str>); 6] = [
    (Decision::Ask, Some("The name says not to delete it. Does anybody know why?")),
    (Decision::Revoke, Some("The fax gateway was switched off")),
    (Decision::Revoke, None),
    (Decision::Pause, Some("Pause it for a week, then revoke it")),
    (Decision::Keep, Some("Runs once a year, in December")),
    (Decision::Skip, None),
];

/// Starts a review of the stale keys, and decides on some of them.
pub(super) async fn begin(store: &SharedStore, now: Timestamp) -> Result<()> {
    let started = now - STARTED;
    let by = |minutes: u64| By::new(REVIEWER, started + Duration::from_mins(minutes));
    let scope = Scope { filter: "idle>90d".to_owned(), ..Scope::default() };
    let new = NewReview { name: "Stale keys, autumn".to_owned(), scope, due_at: Some(now + DUE) };
    let review = store.start_review(&by(0), &new).await?.value.id;
    let sort = Some(Sort { by: SortBy::Findings, descending: false });
    let query = ItemQuery { sort, ..ItemQuery::default() };
    let worst = store.review_items(review, &query, REVIEWER, started).await?.items;
    for (minute, (item, (decision, reason))) in worst.iter().zip(DECISIONS).enumerate() {
        let reason = reason.map(str::to_owned);
        let decide = Decide { decision, until: None, reason, version: item.version };
        let by = by(minute as u64 + 1);
        store.decide(&by, review, item.key.id, Some(&decide), Some(item.version)).await?;
    }
    Ok(())
}
