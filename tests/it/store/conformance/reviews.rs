//! Access reviews: a fixed population, decisions that do not collide, and what is done about them.

use std::time::Duration;

use keydeck::store::{KeyUsage, SharedStore, StoreError};
use keydeck::wire::audit::{Action, EventQuery};
use keydeck::wire::id::{KeyId, ProjectId, ReviewId};
use keydeck::wire::keys::{KeyEdit, Receipt, Status};
use keydeck::wire::page::PageQuery;
use keydeck::wire::reviews::{
    Decide, Decision, DecisionFilter, Execute, ItemQuery, NewReview, Review, ReviewEdit, ReviewItem,
    ReviewOutcome, ReviewStatus, Scope,
};
use keydeck::wire::time::Timestamp;

use crate::store::support::{HandNode, NOON, ann, at, days_ago, key, project};
use keydeck::store::By;

super::on_each_database!(
    the_population_is_fixed_at_the_start,
    two_reviewers_do_not_collide,
    a_key_with_a_high_finding_is_kept_with_a_reason,
    the_same_decision_again_is_a_new_look_once_the_key_was_used,
    what_was_decided_is_done_and_what_changed_meanwhile_is_not,
    only_what_was_confirmed_is_done_and_a_repeat_changes_nothing,
    an_interrupted_execution_is_continued_and_nothing_happens_twice,
    an_answer_replaces_the_receipt_that_was_recovered_while_it_waited,
    a_clock_that_is_set_back_changes_no_outcome,
    a_review_is_renamed_moved_and_cancelled,
    a_review_of_nothing_is_refused,
);

fn named(name: &str) -> NewReview {
    NewReview { name: name.into(), scope: Scope::default(), due_at: None }
}

fn to(decision: Decision) -> Decide {
    Decide { decision, until: None, reason: None, version: 0 }
}

async fn decide(store: &SharedStore, by: &By, review: ReviewId, key: KeyId, what: &Decide) -> ReviewItem {
    store.decide(by, review, key, Some(what), Some(what.version)).await.expect("a decision").value
}

async fn items(store: &SharedStore, review: ReviewId, query: &ItemQuery) -> Vec<ReviewItem> {
    store.review_items(review, query, "local:ann", NOON).await.expect("items").items
}

async fn start(store: &SharedStore, new: &NewReview) -> Review {
    store.start_review(&ann(NOON), new).await.expect("a review").value
}

async fn the_population_is_fixed_at_the_start(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let blog = project(&store, "Blog").await;
    let web = key(&store, shop, "web", days_ago(200)).await;
    key(&store, shop, "app", days_ago(1)).await;
    let other = key(&store, blog, "feed", days_ago(1)).await;
    let gone = key(&store, shop, "gone", days_ago(1)).await;
    store.revoke_key(&ann(days_ago(1)), gone.id, None).await.unwrap();
    let head = store.audit_head().await.unwrap();
    let scope = Scope { projects: vec![shop], filter: String::new(), stale_days: Some(35) };
    let new = NewReview { name: "Q1".into(), scope: scope.clone(), due_at: Some(at(86_400_000)) };
    let review = start(&store, &new).await;
    assert_eq!(
        (review.name.as_str(), review.status, review.scope.clone()),
        ("Q1", ReviewStatus::Open, scope)
    );
    assert_eq!((review.as_of.seq, review.as_of.hash.clone()), (head.seq, head.hash));
    assert_eq!((review.population.keys, review.population.in_scope), (4, 2));
    assert_eq!(review.decisions.undecided, 2);
    assert_eq!(store.review(review.id).await.unwrap(), review);

    // What comes later is not part of it, and what is revoked later still is.
    key(&store, shop, "late", at(1)).await;
    store.revoke_key(&ann(at(2)), web.id, None).await.unwrap();
    let listed = items(&store, review.id, &ItemQuery::default()).await;
    let names: Vec<&str> = listed.iter().map(|item| item.key.name.as_str()).collect();
    assert_eq!(names, ["web", "app"]);
    assert_eq!(listed[0].key.status, Status::Revoked);
    assert!(listed[0].own_key, "ann asks, and made it");
    let one = ItemQuery { filter: "name:app".into(), ..ItemQuery::default() };
    assert_eq!(items(&store, review.id, &one).await.len(), 1);

    let query = EventQuery { action: Some(Action::ReviewStarted), ..EventQuery::default() };
    let event = store.audit_events(&query, NOON).await.unwrap().items.remove(0);
    assert_eq!(
        (&event.detail["review"], &event.detail["population"]["inScope"]),
        (&review.id.to_string().into(), &2.into())
    );
    let second = start(&store, &named("Q2")).await;
    let page = store.reviews(&PageQuery { limit: Some(1), cursor: None }).await.unwrap();
    assert_eq!((page.items[0].id, page.total), (second.id.max(review.id), 2), "newest first");
    let rest = store.reviews(&PageQuery { limit: Some(1), cursor: page.next }).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    let outside = store.decide(&ann(NOON), review.id, other.id, Some(&to(Decision::Keep)), None).await;
    assert!(matches!(outside, Err(StoreError::NotFound(_))), "{outside:?}");
}

async fn two_reviewers_do_not_collide(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", days_ago(20)).await.id;
    let review = start(&store, &named("Q1")).await.id;
    let ben = By::new("token:ben", at(5));
    let first = decide(&store, &ben, review, web, &to(Decision::Revoke)).await;
    assert_eq!(
        (first.decision, first.decided_by.as_deref(), first.version),
        (Some(Decision::Revoke), Some("token:ben"), 1)
    );
    assert!(!first.own_key, "ann made it");
    let late = store.decide(&ann(at(6)), review, web, Some(&to(Decision::Keep)), Some(0)).await;
    assert!(matches!(late, Err(StoreError::DecisionChanged)), "{late:?}");
    let again = store.decide(&ben, review, web, Some(&to(Decision::Revoke)), Some(0)).await.unwrap();
    assert_eq!(again.value.version, 1, "a repeat changes nothing");
    let mut known = to(Decision::Keep);
    known.version = 1;
    let second = decide(&store, &ann(at(7)), review, web, &known).await;
    assert_eq!((second.decided_by.as_deref(), second.version, second.own_key), (Some("local:ann"), 2, true));
    let undone = store.decide(&ann(at(8)), review, web, None, None).await.unwrap().value;
    assert_eq!((undone.decision, undone.decided_by, undone.version), (None, None, 3));
    let kept = ItemQuery { decision: Some(DecisionFilter(Some(Decision::Keep))), ..ItemQuery::default() };
    assert!(items(&store, review, &kept).await.is_empty());
    let open = ItemQuery { decision: Some(DecisionFilter(None)), ..ItemQuery::default() };
    assert_eq!(items(&store, review, &open).await.len(), 1);
    let query = EventQuery { action: Some(Action::ReviewDecided), ..EventQuery::default() };
    let events = store.audit_events(&query, NOON).await.unwrap().items;
    let decisions: Vec<_> = events.iter().map(|event| event.detail["decision"].clone()).collect();
    assert_eq!(decisions, [serde_json::Value::Null, "keep".into(), "revoke".into()]);
    assert_eq!(events[2].key, Some(web));
}

async fn a_key_with_a_high_finding_is_kept_with_a_reason(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let old = key(&store, shop, "old", days_ago(60)).await.id;
    // By the server's threshold it is idle, by that of the review it is stale.
    let scope = Scope { stale_days: Some(45), ..Scope::default() };
    let review = start(&store, &NewReview { name: "CIS".into(), scope, due_at: None }).await.id;
    let listed = items(&store, review, &ItemQuery::default()).await;
    assert_eq!(listed[0].findings[0].code.as_str(), "stale");
    let bare = store.decide(&ann(at(1)), review, old, Some(&to(Decision::Keep)), Some(0)).await;
    assert!(matches!(bare, Err(StoreError::ReasonNeeded)), "{bare:?}");
    let with =
        Decide { reason: Some("yearly job".into()), until: Some(at(86_400_000)), ..to(Decision::Keep) };
    let item = decide(&store, &ann(at(2)), review, old, &with).await;
    assert_eq!((item.reason.as_deref(), item.until), (Some("yearly job"), Some(at(86_400_000))));
    assert_eq!((item.last_used_at, item.last_used_precision), (None, Some(5)));
    let query = EventQuery { action: Some(Action::ReviewDecided), ..EventQuery::default() };
    let event = store.audit_events(&query, NOON).await.unwrap().items.remove(0);
    assert_eq!(
        (&event.detail["reason"], &event.detail["lastUsedAt"]),
        (&"yearly job".into(), &serde_json::Value::Null)
    );
    assert_eq!(event.detail["findings"][0], "stale");
    // What was seen stays, whatever the key does next.
    use_it(&store, old, at(100)).await;
    let seen = items(&store, review, &ItemQuery::default()).await.remove(0);
    assert_eq!((seen.last_used_at, seen.findings[0].code.as_str()), (None, "stale"));
    assert_eq!(seen.key.last_used_at, Some(at(100)));
}

async fn the_same_decision_again_is_a_new_look_once_the_key_was_used(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", days_ago(60)).await.id;
    let review = start(&store, &named("Q1")).await.id;
    let first = decide(&store, &ann(at(1)), review, web, &to(Decision::Revoke)).await;
    assert_eq!((first.version, first.last_used_at), (1, None));
    // Nothing is new, so nothing is written.
    let again = Decide { version: 1, ..to(Decision::Revoke) };
    assert_eq!(decide(&store, &ann(at(2)), review, web, &again).await, first);
    use_it(&store, web, at(100)).await;
    // A request that was sent before and comes late is not a look at the use.
    assert_eq!(decide(&store, &ann(at(101)), review, web, &to(Decision::Revoke)).await.version, 1);
    let seen = decide(&store, &ann(at(102)), review, web, &again).await;
    assert_eq!((seen.version, seen.last_used_at, seen.decided_at), (2, Some(at(100)), Some(at(102))));
    let plan = Execute { dry_run: true, decisions: None };
    let plan = store.execute_review(&ann(at(103)), review, &plan).await.unwrap().value;
    assert_eq!(plan.results[0].outcome, ReviewOutcome::Done);
}

async fn use_it(store: &SharedStore, key: KeyId, at: Timestamp) {
    let used = KeyUsage {
        key,
        last_used: Some((at, "192.0.2.1".parse().unwrap())),
        refusals: Vec::new(),
        days: Vec::new(),
        callers: Vec::new(),
        others: None,
    };
    store.record_usage(&[used], at).await.unwrap();
}

/// A key for each outcome, decided on by Ben.
async fn decided(
    store: &SharedStore,
    shop: ProjectId,
    review: &mut Option<ReviewId>,
) -> Vec<(KeyId, Decision, ReviewOutcome)> {
    let mut keys = Vec::new();
    for (name, decision, outcome) in [
        ("keep", Decision::Keep, ReviewOutcome::Done),
        ("revoke", Decision::Revoke, ReviewOutcome::Done),
        ("pause", Decision::Pause, ReviewOutcome::Done),
        ("rotate", Decision::Rotate, ReviewOutcome::ToRotate),
        ("used", Decision::Revoke, ReviewOutcome::UsedSince),
        ("renamed", Decision::Pause, ReviewOutcome::ChangedSince),
        ("gone", Decision::Revoke, ReviewOutcome::AlreadyRevoked),
    ] {
        keys.push((key(store, shop, name, days_ago(20)).await.id, decision, outcome));
    }
    let asked = key(store, shop, "ask", days_ago(20)).await.id;
    key(store, shop, "undecided", days_ago(20)).await;
    let id = start(store, &named("Q1")).await.id;
    *review = Some(id);
    let ben = By::new("token:ben", at(10));
    for (key, decision, _) in &keys {
        let what = Decide { reason: Some(format!("because {}", decision.as_str())), ..to(*decision) };
        decide(store, &ben, id, *key, &what).await;
    }
    decide(store, &ben, id, asked, &to(Decision::Ask)).await;
    use_it(store, keys[4].0, at(20)).await;
    store.edit_key(&ann(at(21)), keys[5].0, &KeyEdit::name("another")).await.unwrap();
    store.revoke_key(&ann(at(22)), keys[6].0, None).await.unwrap();
    keys
}

async fn what_was_decided_is_done_and_what_changed_meanwhile_is_not(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut review = None;
    let keys = decided(&store, shop, &mut review).await;
    let review = review.unwrap();
    let before = store.audit_head().await.unwrap();
    let plan = Execute { dry_run: true, decisions: None };
    let planned = store.execute_review(&ann(at(30)), review, &plan).await.unwrap().value;
    assert_eq!(store.audit_head().await.unwrap(), before, "a dry run changes nothing");
    let told: Vec<_> = planned.results.iter().map(|one| (one.id, one.decision, one.outcome)).collect();
    let mut expected = keys.clone();
    expected.sort_by_key(|(id, ..)| *id);
    assert_eq!(told, expected);

    let confirmed = Execute { dry_run: false, decisions: Some(planned.decisions.clone()) };
    let done = store.execute_review(&ann(at(40)), review, &confirmed).await.unwrap();
    assert_eq!(done.value.results, planned.results);
    assert_eq!(
        (done.value.review.status, done.value.review.executed_at),
        (ReviewStatus::Executed, Some(at(40)))
    );
    assert_eq!(done.value.review.executed_by.as_deref(), Some("local:ann"));
    assert_eq!(done.value.review.decisions.undecided, 1, "undecided keys are counted, never kept in silence");
    assert_eq!(
        done.revision,
        before.seq + 4,
        "an event for each key that was changed, and one of the review"
    );
    let now = |at: usize| {
        let store = &store;
        let id = keys[at].0;
        async move { store.key(id, at_end(), u64::MAX).await.unwrap() }
    };
    let kept = now(0).await;
    assert_eq!(
        (kept.status, kept.reviewed_at, kept.reviewed_by.as_deref()),
        (Status::Active, Some(at(10)), Some("token:ben"))
    );
    let revoked = now(1).await;
    assert_eq!((revoked.status, revoked.revoked_by.as_deref()), (Status::Revoked, Some("local:ann")));
    assert_eq!(revoked.revoke_reason.as_deref(), Some("because revoke"));
    assert_eq!(now(2).await.status, Status::Paused);
    for at in [3, 4, 5] {
        assert_eq!((now(at).await.status, now(at).await.reviewed_at), (Status::Active, None), "{at}");
    }
    assert!(!store.verifier(keys[2].0).await.unwrap().unwrap().active, "nodes refuse what is paused");
    let query =
        EventQuery { key: Some(keys[1].0), action: Some(Action::KeyRevoked), ..EventQuery::default() };
    let event = store.audit_events(&query, NOON).await.unwrap().items.remove(0);
    assert_eq!(
        (&event.detail["review"], &event.detail["decidedBy"]),
        (&review.to_string().into(), &"token:ben".into())
    );
    assert_eq!(
        (&event.detail["decision"], &event.detail["decidedAt"]),
        (&"revoke".into(), &serde_json::json!(at(10)))
    );
    let kept =
        EventQuery { key: Some(keys[0].0), action: Some(Action::KeyReviewed), ..EventQuery::default() };
    assert_eq!(store.audit_events(&kept, NOON).await.unwrap().total, 1);

    // A person rotates, and the item is done when the replacement exists.
    crate::store::conformance::rotations::replacement(&store, keys[3].0, at(50)).await;
    let later = store.execute_review(&ann(at(60)), review, &plan).await.unwrap().value;
    let rotated = later.results.iter().find(|one| one.id == keys[3].0).unwrap();
    assert_eq!(rotated.outcome, ReviewOutcome::Done);
    assert_eq!(later.decisions, planned.decisions, "what was confirmed is the same");
}

fn at_end() -> Timestamp {
    at(50)
}

async fn only_what_was_confirmed_is_done_and_a_repeat_changes_nothing(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut review = None;
    let keys = decided(&store, shop, &mut review).await;
    let review = review.unwrap();
    let plan = Execute { dry_run: true, decisions: None };
    let planned = store.execute_review(&ann(at(30)), review, &plan).await.unwrap().value.decisions;
    let undecided = items(&store, review, &ItemQuery { filter: "undecided".into(), ..ItemQuery::default() })
        .await
        .remove(0);
    decide(&store, &ann(at(31)), review, undecided.key.id, &to(Decision::Revoke)).await;
    let old = Execute { dry_run: false, decisions: Some(planned) };
    let refused = store.execute_review(&ann(at(32)), review, &old).await;
    assert!(matches!(refused, Err(StoreError::DecisionChanged)), "{refused:?}");
    assert_eq!(store.key(keys[1].0, NOON, 0).await.unwrap().status, Status::Active, "nothing was done");

    let planned = store.execute_review(&ann(at(33)), review, &plan).await.unwrap().value.decisions;
    let confirmed = Execute { dry_run: false, decisions: Some(planned) };
    let done = store.execute_review(&ann(at(34)), review, &confirmed).await.unwrap();
    let again = store.execute_review(&ann(at(35)), review, &confirmed).await.unwrap();
    assert_eq!(again.value, done.value);
    assert_eq!(again.head, done.head);
    assert_eq!(store.key(undecided.key.id, NOON, 0).await.unwrap().status, Status::Revoked);
    let late = store.decide(&ann(at(36)), review, keys[0].0, None, None).await;
    assert!(matches!(late, Err(StoreError::ReviewClosed(_))), "{late:?}");
    let cancel = ReviewEdit { status: Some(ReviewStatus::Cancelled), ..ReviewEdit::default() };
    let late = store.edit_review(&ann(at(37)), review, &cancel).await;
    assert!(matches!(late, Err(StoreError::ReviewClosed(_))), "{late:?}");
}

async fn an_interrupted_execution_is_continued_and_nothing_happens_twice(store: SharedStore) {
    // More than one batch of an execution.
    const KEYS: u64 = 450;
    let shop = project(&store, "Shop").await;
    for number in 0..KEYS {
        key(&store, shop, &format!("key {number}"), days_ago(20)).await;
    }
    let review = start(&store, &named("Q1")).await.id;
    let all = ItemQuery { limit: Some(1000), ..ItemQuery::default() };
    for item in items(&store, review, &all).await {
        decide(&store, &ann(at(1)), review, item.key.id, &to(Decision::Revoke)).await;
    }
    let plan = Execute { dry_run: true, decisions: None };
    let planned = store.execute_review(&ann(at(2)), review, &plan).await.unwrap().value.decisions;
    let confirmed = Execute { dry_run: false, decisions: Some(planned) };
    let before = store.changes().newest();
    let cut_off = tokio::spawn({
        let (store, confirmed) = (store.clone(), confirmed.clone());
        async move { store.execute_review(&ann(at(3)), review, &confirmed).await.map(|_| ()) }
    });
    let committed = async {
        while store.changes().newest() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), committed).await.expect("a first batch");
    cut_off.abort();
    let _ = cut_off.await;
    let revoked = store.key_counts(NOON).await.unwrap().revoked;
    assert!(revoked > 0 && revoked < KEYS, "it was cut off midway: {revoked}");
    let half = store.review(review).await.unwrap();
    assert_eq!((half.status, half.executed_at), (ReviewStatus::Open, None));
    let first = items(&store, review, &ItemQuery { limit: Some(1), ..all.clone() }).await.remove(0);
    let late = store.decide(&ann(at(4)), review, first.key.id, None, None).await;
    assert!(
        matches!(late, Err(StoreError::ReviewClosed(_))),
        "decisions are closed from the first batch on: {late:?}"
    );

    let done = store.execute_review(&ann(at(5)), review, &confirmed).await.unwrap().value;
    assert_eq!(done.review.status, ReviewStatus::Executed);
    assert!(
        done.results.iter().all(|one| one.outcome == ReviewOutcome::Done),
        "none counts as revoked by others"
    );
    assert_eq!(store.key_counts(NOON).await.unwrap().revoked, KEYS);
    let query = EventQuery { action: Some(Action::KeyRevoked), ..EventQuery::default() };
    assert_eq!(store.audit_events(&query, NOON).await.unwrap().total, KEYS, "one event for each key");
    let executed = EventQuery { action: Some(Action::ReviewExecuted), ..EventQuery::default() };
    assert_eq!(store.audit_events(&executed, NOON).await.unwrap().total, 1);
}

/// A receipt that is recovered states no less than the time since the execution and the wait; an execution that was
/// still in progress has the receipt that it answers with.
async fn an_answer_replaces_the_receipt_that_was_recovered_while_it_waited(store: SharedStore) {
    const SINCE: u64 = 10_000;
    const WAIT: u64 = 300;
    let shop = project(&store, "Shop").await;
    let node = HandNode::enter(&store, "eu-1").await;
    let mut executions = Vec::new();
    for name in ["Q1", "Q2"] {
        let web = key(&store, shop, name, days_ago(20)).await.id;
        let review = start(&store, &named(name)).await.id;
        decide(&store, &ann(at(10)), review, web, &to(Decision::Revoke)).await;
        let plan = Execute { dry_run: true, decisions: None };
        let decisions = store.execute_review(&ann(at(20)), review, &plan).await.unwrap().value.decisions;
        let confirmed = Execute { dry_run: false, decisions: Some(decisions) };
        executions.push(store.execute_review(&ann(at(20)), review, &confirmed).await.unwrap().awaited);
    }
    let kept = async || -> Vec<Receipt> {
        let query = EventQuery { action: Some(Action::ReviewExecuted), ..EventQuery::default() };
        let events = store.audit_events(&query, NOON).await.unwrap().items;
        events.into_iter().rev().filter_map(|event| event.receipt.map(|receipt| *receipt)).collect()
    };
    let applies = async {
        tokio::time::sleep(Duration::from_millis(WAIT)).await;
        node.acknowledge_all(&store).await;
    };
    let (recovered, ()) = tokio::join!(store.recover_receipts(at(20 + SINCE as i64)), applies);
    recovered.unwrap();
    let recovered = kept().await;
    let ms: Vec<u64> = recovered.iter().map(|receipt| receipt.slowest.as_ref().unwrap().ms).collect();
    // Both were executed long before, and the node has confirmed both after the wait.
    assert!(ms.len() == 2 && ms.iter().all(|ms| *ms >= SINCE + WAIT - 50), "{ms:?}");

    let mut answers = Vec::new();
    for awaited in &executions {
        answers.push(store.confirm(awaited).await);
    }
    store.recover_receipts(at(20_000)).await.unwrap();
    assert_ne!(answers, recovered);
    assert_eq!(kept().await, answers);
}

async fn a_clock_that_is_set_back_changes_no_outcome(store: SharedStore) {
    use crate::store::conformance::rotations::replacement;
    const HOUR: i64 = 3_600_000;
    let shop = project(&store, "Shop").await;
    let mut keys = Vec::new();
    for (name, decision, outcome) in [
        ("keep", Decision::Keep, ReviewOutcome::Done),
        ("unused", Decision::Revoke, ReviewOutcome::Done),
        ("used", Decision::Revoke, ReviewOutcome::UsedSince),
        ("unclear", Decision::Pause, ReviewOutcome::UsedSince),
        ("renamed", Decision::Pause, ReviewOutcome::ChangedSince),
        ("replaced later", Decision::Rotate, ReviewOutcome::Done),
        ("replaced before", Decision::Rotate, ReviewOutcome::ToRotate),
    ] {
        keys.push((key(&store, shop, name, days_ago(20)).await.id, decision, outcome));
    }
    use_it(&store, keys[2].0, at(9 * HOUR)).await;
    use_it(&store, keys[3].0, at(9 * HOUR)).await;
    let new = NewReview { due_at: Some(at(12 * HOUR)), ..named("Q1") };
    let scope = Scope { filter: "project:shop".into(), ..Scope::default() };
    let review = start(&store, &NewReview { scope, ..new }).await.id;
    // Its clock was an hour ahead.
    replacement(&store, keys[6].0, at(11 * HOUR)).await;
    let ben = By::new("token:ben", at(10 * HOUR));
    for (key, decision, _) in &keys {
        let until = (*decision == Decision::Keep).then(|| at(20 * HOUR));
        decide(&store, &ben, review, *key, &Decide { until, ..to(*decision) }).await;
    }
    // The clock is set back by eight hours, and everything goes on.
    use_it(&store, keys[2].0, at(2 * HOUR)).await;
    store.edit_key(&ann(at(2 * HOUR)), keys[4].0, &KeyEdit::name("another")).await.unwrap();
    replacement(&store, keys[5].0, at(2 * HOUR)).await;

    let by = ann(at(3 * HOUR));
    let plan = Execute { dry_run: true, decisions: None };
    let planned = store.execute_review(&by, review, &plan).await.unwrap().value;
    let confirmed = Execute { dry_run: false, decisions: Some(planned.decisions) };
    let done = store.execute_review(&by, review, &confirmed).await.unwrap().value;
    let mut told: Vec<_> = done.results.iter().map(|one| (one.id, one.decision, one.outcome)).collect();
    told.sort_by_key(|(id, ..)| keys.iter().position(|(key, ..)| key == id));
    assert_eq!(told, keys);
    assert_eq!((done.review.due_at, done.review.executed_at), (Some(at(12 * HOUR)), Some(at(3 * HOUR))));

    // A later review has the last word, though its clock says that it was the earlier one.
    let kept = |now: Timestamp| {
        let (store, id) = (&store, keys[0].0);
        async move {
            let key = store.key(id, now, u64::MAX).await.unwrap();
            let overdue = key.findings.iter().any(|finding| finding.code.as_str() == "reviewOverdue");
            (key.reviewed_at, key.keep_until, overdue)
        }
    };
    assert_eq!(kept(at(4 * HOUR)).await, (Some(at(10 * HOUR)), Some(at(20 * HOUR)), false));
    assert!(kept(at(21 * HOUR)).await.2, "its time has come");
    assert!(!kept(at(19 * HOUR)).await.2, "and has not, by a clock that was put right");
    let scope = Scope { filter: "name:keep".into(), ..Scope::default() };
    let second = start(&store, &NewReview { scope, ..named("Q2") }).await.id;
    let what = Decide { until: Some(at(8 * HOUR)), ..to(Decision::Keep) };
    decide(&store, &By::new("token:ben", at(4 * HOUR)), second, keys[0].0, &what).await;
    let planned = store.execute_review(&ann(at(5 * HOUR)), second, &plan).await.unwrap().value;
    let confirmed = Execute { dry_run: false, decisions: Some(planned.decisions) };
    store.execute_review(&ann(at(5 * HOUR)), second, &confirmed).await.unwrap();
    assert_eq!(kept(at(6 * HOUR)).await, (Some(at(4 * HOUR)), Some(at(8 * HOUR)), false));
    assert!(kept(at(9 * HOUR)).await.2);
}

async fn a_review_is_renamed_moved_and_cancelled(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", days_ago(1)).await.id;
    let review = start(&store, &named("Q1")).await.id;
    let edit = ReviewEdit { name: Some("Q1 2026".into()), due_at: Some(Some(at(99))), status: None };
    let edited = store.edit_review(&ann(at(1)), review, &edit).await.unwrap();
    assert_eq!((edited.value.name.as_str(), edited.value.due_at), ("Q1 2026", Some(at(99))));
    let again = store.edit_review(&ann(at(2)), review, &edit).await.unwrap();
    assert_eq!(again.revision, edited.revision, "what it has already changes nothing");
    let cleared = ReviewEdit { due_at: Some(None), ..ReviewEdit::default() };
    let cleared = store.edit_review(&ann(at(2)), review, &cleared).await.unwrap();
    assert_eq!((cleared.value.name.as_str(), cleared.value.due_at), ("Q1 2026", None));
    let cancel = ReviewEdit { status: Some(ReviewStatus::Cancelled), ..ReviewEdit::default() };
    let cancelled = store.edit_review(&ann(at(3)), review, &cancel).await.unwrap().value;
    assert_eq!(cancelled.status, ReviewStatus::Cancelled);
    let late = store.decide(&ann(at(4)), review, web, Some(&to(Decision::Skip)), None).await;
    assert!(matches!(late, Err(StoreError::ReviewClosed(_))), "{late:?}");
    let late = store
        .execute_review(&ann(at(5)), review, &Execute { dry_run: false, decisions: Some(String::new()) })
        .await;
    assert!(matches!(late, Err(StoreError::ReviewClosed(_))), "{late:?}");
    let unknown = store.review(ReviewId::from_number(7)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("review"))), "{unknown:?}");
}

async fn a_review_of_nothing_is_refused(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    key(&store, shop, "web", days_ago(1)).await;
    let head = store.audit_head().await.unwrap();
    let scope = Scope { filter: "nothing-is-called-so".into(), ..Scope::default() };
    let empty = store.start_review(&ann(NOON), &NewReview { name: "none".into(), scope, due_at: None }).await;
    assert!(matches!(empty, Err(StoreError::EmptyScope)), "{empty:?}");
    let scope = Scope { filter: "used:often".into(), ..Scope::default() };
    let wrong = store.start_review(&ann(NOON), &NewReview { name: "none".into(), scope, due_at: None }).await;
    assert!(matches!(wrong, Err(StoreError::Filter(_))), "{wrong:?}");
    assert_eq!(store.audit_head().await.unwrap(), head, "nothing is left behind");
    assert_eq!(store.reviews(&PageQuery::default()).await.unwrap().total, 0);
}
