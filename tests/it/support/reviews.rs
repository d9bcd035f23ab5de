//! The access reviews of the world of a desk.

use keydeck::tui::model::{Failure, FailureKind, Reply, Request};
use keydeck::wire::findings::{Finding, FindingCode, Severity};
use keydeck::wire::id::{KeyId, ReviewId};
use keydeck::wire::keys::{Key, Status};
use keydeck::wire::page::Page;
use keydeck::wire::problem::Code;
use keydeck::wire::reviews::{
    AsOf, Decide, Decision, Decisions, ExecuteResult, Executed, ItemQuery, NewReview, Population, Review,
    ReviewItem, ReviewOutcome, ReviewStatus, Scope,
};
use keydeck::wire::time::Timestamp;

use super::fixtures::{NOW, ago, cut, failure, receipt, unless};

/// Reviews, and the keys of each.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Reviews {
    pub(crate) all: Vec<(Review, Vec<ReviewItem>)>,
}

/// A finding that a key cannot be kept with unless somebody says why.
pub(crate) fn stale() -> Finding {
    Finding {
        code: FindingCode::Stale,
        severity: Severity::High,
        since: Some(ago(30 * 86_400)),
        text: "Not used for 120 days.".into(),
    }
}

impl Reviews {
    /// An open review of these keys.
    pub(crate) fn start(&mut self, name: &str, scope: Scope, due: Option<Timestamp>, keys: &[Key]) -> Review {
        let items: Vec<ReviewItem> = keys.iter().map(item).collect();
        let id = ReviewId::from_number(self.all.len() as u128 + 1);
        let review = Review {
            id,
            name: name.into(),
            scope,
            due_at: due,
            started_at: NOW,
            started_by: "local:ann".into(),
            as_of: AsOf { seq: 3, hash: "8857".repeat(16) },
            population: Population { keys: keys.len() as u64, in_scope: keys.len() as u64 },
            decisions: Decisions { undecided: keys.len() as u64, ..Decisions::default() },
            status: ReviewStatus::Open,
            executed_at: None,
            executed_by: None,
            signed_at: None,
            signed_by: None,
        };
        self.all.insert(0, (review.clone(), items));
        review
    }

    fn of(&mut self, id: ReviewId) -> &mut (Review, Vec<ReviewItem>) {
        self.all.iter_mut().find(|(review, _)| review.id == id).expect("it is there")
    }

    /// Someone decides.
    pub(crate) fn decide(
        &mut self,
        id: ReviewId,
        key: KeyId,
        by: &str,
        decide: Option<&Decide>,
    ) -> Result<ReviewItem, Failure> {
        let (review, items) = self.of(id);
        if review.status != ReviewStatus::Open {
            let code = Some(Code::ReviewClosed);
            return Err(Failure { code, ..failure(FailureKind::Conflict, "the review is closed") });
        }
        let item = items.iter_mut().find(|item| item.key.id == key).expect("it is there");
        if decide.is_some_and(|decide| decide.version != item.version) {
            let code = Some(Code::DecisionChanged);
            return Err(Failure { code, ..failure(FailureKind::Conflict, "someone else decided meanwhile") });
        }
        *review.decisions.of(item.decision) -= 1;
        item.decision = decide.map(|decide| decide.decision);
        item.reason = decide.and_then(|decide| decide.reason.clone());
        item.until = decide.and_then(|decide| decide.until);
        item.decided_by = decide.map(|_| by.to_owned());
        item.decided_at = decide.map(|_| NOW);
        item.version += 1;
        *review.decisions.of(item.decision) += 1;
        Ok(item.clone())
    }

    fn items(&mut self, id: ReviewId, query: &ItemQuery, keys: &[Key]) -> Page<ReviewItem> {
        let (_, items) = self.of(id);
        for item in items.iter_mut() {
            let key = keys.iter().find(|key| key.id == item.key.id).expect("it is there");
            item.key = Key { findings: item.findings.clone(), ..key.clone() };
        }
        let wanted = |item: &&ReviewItem| query.decision.is_none_or(|filter| filter.0 == item.decision);
        let filter = query.filter.trim_matches('"');
        let fits = |item: &&ReviewItem| item.key.id.to_string() == filter || item.key.name.contains(filter);
        let found: Vec<&ReviewItem> = items.iter().filter(wanted).filter(fits).collect();
        cut(&found, query.cursor.as_deref(), query.limit)
    }

    fn execute(&mut self, id: ReviewId, dry_run: bool, keys: &mut [Key]) -> Executed {
        let (review, items) = self.of(id);
        let mut results = Vec::new();
        for item in items.iter_mut() {
            let Some(decision) = item.decision.filter(|it| !matches!(it, Decision::Ask | Decision::Skip))
            else {
                continue;
            };
            let key = keys.iter_mut().find(|key| key.id == item.key.id).expect("it is there");
            let outcome = match decision {
                _ if key.status == Status::Revoked => ReviewOutcome::AlreadyRevoked,
                Decision::Rotate => ReviewOutcome::ToRotate,
                Decision::Revoke | Decision::Pause if key.last_used_at > item.last_used_at => {
                    ReviewOutcome::UsedSince
                }
                _ => ReviewOutcome::Done,
            };
            if !dry_run {
                item.outcome = Some(outcome);
                match (outcome, decision) {
                    (ReviewOutcome::Done, Decision::Revoke) => key.status = Status::Revoked,
                    (ReviewOutcome::Done, Decision::Pause) => key.status = Status::Paused,
                    _ => {}
                }
            }
            results.push(ExecuteResult { id: item.key.id, decision, outcome });
        }
        if !dry_run {
            (review.status, review.executed_at) = (ReviewStatus::Executed, Some(NOW));
            review.executed_by = Some("local:ann".into());
        }
        let decisions = format!("{:064}", items.iter().map(|item| item.version).sum::<u64>());
        Executed { review: review.clone(), decisions, results, receipt: (!dry_run).then(receipt) }
    }

    /// What a server says of reviews; none to any other request.
    pub(crate) fn answer(&mut self, request: &Request, keys: &mut [Key]) -> Option<Result<Reply, Failure>> {
        Some(Ok(match request {
            Request::Reviews { etag, .. } => {
                let page = Page::whole(self.all.iter().map(|(review, _)| review.clone()).collect());
                unless(etag.as_ref(), page, |page, etag| Reply::Reviews { page, etag })
            }
            Request::Review(id) => Reply::Review(Box::new(self.of(*id).0.clone())),
            Request::StartReview(NewReview { name, scope, due_at }) => {
                let open: Vec<Key> =
                    keys.iter().filter(|key| key.status != Status::Revoked).cloned().collect();
                Reply::Review(Box::new(self.start(name, scope.clone(), *due_at, &open)))
            }
            Request::EditReview { id, edit } => {
                let (review, _) = self.of(*id);
                edit.name.iter().for_each(|name| review.name.clone_from(name));
                review.due_at = edit.due_at.unwrap_or(review.due_at);
                review.status = edit.status.unwrap_or(review.status);
                Reply::Review(Box::new(review.clone()))
            }
            Request::SignReview { id, sign } => {
                let (review, _) = self.of(*id);
                if review.executed_by.as_deref() == Some("local:ann") && !sign.same_person {
                    let text = "you decided or executed in this review";
                    let refused = failure(FailureKind::Conflict, text);
                    return Some(Err(Failure { code: Some(Code::SamePerson), ..refused }));
                }
                review.status = ReviewStatus::Signed;
                review.signed_by = Some("local:ann".into());
                Reply::Review(Box::new(review.clone()))
            }
            Request::ReviewItems { id, query } => Reply::ReviewItems(self.items(*id, query, keys)),
            Request::Decide { review, key, decide } => {
                return Some(
                    self.decide(*review, *key, "local:ann", Some(decide))
                        .map(|item| Reply::Decided(Box::new(item))),
                );
            }
            Request::Undecide { review, key, version } => {
                let items = &self.of(*review).1;
                if items.iter().any(|item| item.key.id == *key && item.version != *version) {
                    let (code, text) = (Some(Code::DecisionChanged), "someone else decided meanwhile");
                    return Some(Err(Failure { code, ..failure(FailureKind::Conflict, text) }));
                }
                return Some(self.decide(*review, *key, "local:ann", None).map(|_| Reply::Undecided));
            }
            Request::ExecuteReview { id, execute } => {
                Reply::Executed(Box::new(self.execute(*id, execute.dry_run, keys)))
            }
            _ => return None,
        }))
    }
}

/// A key that nobody has decided on.
fn item(key: &Key) -> ReviewItem {
    let old = key.last_used_at.is_none_or(|used| used < ago(90 * 86_400));
    let findings: Box<[Finding]> = if old { Box::new([stale()]) } else { Box::default() };
    ReviewItem {
        key: Key { findings: findings.clone(), ..key.clone() },
        findings,
        decision: None,
        until: None,
        reason: None,
        decided_by: None,
        decided_at: None,
        version: 0,
        own_key: *key.created_by == *"local:ann",
        last_used_at: key.last_used_at,
        last_used_precision: Some(5),
        outcome: None,
    }
}
