//! Reports are of one state of the database; a review is signed with a pack of its own, by a second person.

use keydeck::store::{By, SharedStore, StoreError};
use keydeck::wire::audit::{Action, ActorToken, EventQuery, Head};
use keydeck::wire::id::{KeyId, ReviewId, TokenId};
use keydeck::wire::reports::{NewReport, Sign};
use keydeck::wire::reviews::{Decide, Decision, Execute, NewReview, ReviewStatus, Scope};
use keydeck::wire::time::Timestamp;
use serde_json::json;

use crate::store::support::{NOON, ann, at, days_ago, key, project};

super::on_each_database!(
    a_report_is_of_one_state_whatever_is_written_meanwhile,
    a_report_of_a_review_has_its_keys_in_scope,
    a_review_is_signed_with_a_pack_created_after_its_execution,
    who_decided_or_executed_signs_only_when_they_say_so,
    a_name_of_a_token_that_is_used_again_is_another_person,
);

async fn a_report_is_of_one_state_whatever_is_written_meanwhile(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", days_ago(3)).await.id;
    let gone = key(&store, shop, "gone", days_ago(2)).await.id;
    store.revoke_key(&ann(days_ago(1)), gone, None).await.unwrap();
    let head = store.audit_head().await.unwrap();
    let first = store.audit_chain(0, 1).await.unwrap().remove(0).1;
    let mut state = store.report_state(&NewReport::default(), NOON).await.unwrap();
    assert_eq!((&state.about().head, &state.about().first), (&head, &Some(first)));
    assert_eq!((state.about().population.keys, state.about().population.in_scope), (2, 1));
    let rows = state.keys_after(None).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.key.id, row.in_scope, row.item.is_some())).collect();
    let mut expected = vec![(web, true, false), (gone, false, false)];
    expected.sort_by_key(|(id, ..)| *id);
    assert_eq!(told, expected);
    let last = rows.last().map(|row| row.key.id);
    assert!(state.keys_after(last).await.unwrap().is_empty());
    assert_eq!(state.events_after(0).await.unwrap().len() as u64, head.seq);
    assert!(state.events_after(head.seq).await.unwrap().is_empty());
    drop(state);
    let mut state = store.report_state(&NewReport::default(), NOON).await.unwrap();
    let writing = tokio::spawn({
        let store = store.clone();
        async move { key(&store, shop, "late", NOON).await }
    });
    // Whether the write is done by now or waits for the state to be dropped: the state does not show it.
    tokio::task::yield_now().await;
    assert_eq!(state.keys_after(None).await.unwrap().len(), 2);
    assert_eq!(state.events_after(0).await.unwrap().len() as u64, head.seq);
    drop(state);
    writing.await.unwrap();
    let filtered = NewReport { filter: "name:late".into(), ..NewReport::default() };
    let state = store.report_state(&filtered, NOON).await.unwrap();
    assert_eq!((state.about().population.keys, state.about().population.in_scope), (3, 1));
    drop(state);
    let wrong = NewReport { filter: "used:often".into(), ..NewReport::default() };
    assert!(matches!(store.report_state(&wrong, NOON).await, Err(StoreError::Filter(_))));
    let unknown = NewReport { previous_pack: Some(head), ..NewReport::default() };
    assert!(matches!(store.report_state(&unknown, NOON).await, Err(StoreError::UnknownPack(_))));
}

async fn a_report_of_a_review_has_its_keys_in_scope(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", days_ago(3)).await.id;
    key(&store, shop, "app", days_ago(3)).await;
    let scope = Scope { filter: "name:web".into(), ..Scope::default() };
    let review = start(&store, scope).await;
    decide(&store, &ann(at(1)), review, web, Decision::Skip).await;
    key(&store, shop, "web-2", at(2)).await;
    let new = NewReport { review: Some(review), ..NewReport::default() };
    let mut state = store.report_state(&new, at(3)).await.unwrap();
    assert_eq!((state.about().population.keys, state.about().population.in_scope), (3, 1));
    let rows = state.keys_after(None).await.unwrap();
    let told: Vec<_> = rows.iter().filter(|row| row.in_scope).collect();
    assert_eq!((told.len(), told[0].key.id), (1, web));
    assert_eq!(told[0].item.as_ref().unwrap().decision, Some(Decision::Skip));
    assert_eq!(rows.iter().filter(|row| row.item.is_some()).count(), 1);
    drop(state);
    let unknown = NewReport { review: Some(ReviewId::generate()), ..NewReport::default() };
    assert!(matches!(store.report_state(&unknown, NOON).await, Err(StoreError::NotFound(_))));
}

async fn a_review_is_signed_with_a_pack_created_after_its_execution(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    key(&store, shop, "web", days_ago(3)).await;
    let (review, other) = (start(&store, Scope::default()).await, start(&store, Scope::default()).await);
    let ben = By::new("local:ben", at(9));
    let early = pack(&store, Some(review), at(1)).await;
    let refused = |head: &Head, why: &'static str| {
        let (store, ben, sign) = (store.clone(), ben.clone(), to_sign(head));
        async move {
            let error = store.sign_review(&ben, review, &sign).await.unwrap_err();
            assert!(matches!(error, StoreError::UnknownPack(_)), "{why}: {error}");
        }
    };
    refused(&early, "not executed").await;
    execute(&store, &ann(at(2)), review).await;
    let seq = store.audit_head().await.unwrap().seq;
    refused(&early, "created before the execution").await;
    refused(&Head { seq: early.seq, hash: "0".repeat(64) }, "another hash").await;
    refused(&store.audit_head().await.unwrap(), "no pack").await;
    assert_eq!(store.audit_head().await.unwrap().seq, seq, "nothing was changed");
    refused(&pack(&store, Some(other), at(3)).await, "of another review").await;
    refused(&pack(&store, None, at(3)).await, "of no review").await;

    let head = pack(&store, Some(review), at(4)).await;
    let signed = store.sign_review(&ben, review, &to_sign(&head)).await.unwrap();
    assert_eq!(signed.value.status, ReviewStatus::Signed);
    assert_eq!((signed.value.signed_by.as_deref(), signed.value.signed_at), (Some("local:ben"), Some(at(9))));
    let query = EventQuery { action: Some(Action::ReviewSigned), ..EventQuery::default() };
    let event = store.audit_events(&query, at(10)).await.unwrap().items.remove(0);
    assert_eq!(
        (&event.detail["head"], &event.detail["samePerson"], &event.detail["review"]),
        (&json!(head), &json!(false), &json!(review))
    );
    // A repeat changes nothing; another signature is refused.
    let again = store.sign_review(&ben, review, &to_sign(&head)).await.unwrap();
    assert_eq!((again.revision, again.head), (signed.revision, signed.head));
    let later = pack(&store, Some(review), at(11)).await;
    for (by, head) in [(&ben, &later), (&By::new("local:cleo", at(12)), &head)] {
        let error = store.sign_review(by, review, &to_sign(head)).await.unwrap_err();
        assert!(matches!(error, StoreError::ReviewClosed(_)), "{error}");
    }
    let new = NewReport { review: Some(review), ..NewReport::default() };
    let state = store.report_state(&new, at(13)).await.unwrap();
    let (_, told) = state.about().review.clone().unwrap();
    assert_eq!((told.signed_head, told.same_person), (Some(head), Some(false)));
}

async fn who_decided_or_executed_signs_only_when_they_say_so(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", days_ago(3)).await.id;
    let review = start(&store, Scope::default()).await;
    let ben = By::new("local:ben", at(1));
    decide(&store, &ben, review, web, Decision::Skip).await;
    execute(&store, &ann(at(2)), review).await;
    let head = pack(&store, Some(review), at(3)).await;
    for by in [&ben, &ann(at(4))] {
        let error = store.sign_review(by, review, &to_sign(&head)).await.unwrap_err();
        assert!(matches!(error, StoreError::SamePerson), "{error}");
    }
    let all_the_same = Sign { same_person: true, ..to_sign(&head) };
    store.sign_review(&ben, review, &all_the_same).await.unwrap();
    let query = EventQuery { action: Some(Action::ReviewSigned), ..EventQuery::default() };
    let event = store.audit_events(&query, at(10)).await.unwrap().items.remove(0);
    assert_eq!(event.detail["samePerson"], true);
}

async fn a_name_of_a_token_that_is_used_again_is_another_person(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", days_ago(3)).await.id;
    let review = start(&store, Scope::default()).await;
    let token = |number: u128, now: Timestamp| By {
        token: Some(ActorToken { id: TokenId::from_number(number), hint: "redir_mgmt_a****...****b".into() }),
        ..By::new("token:audit", now)
    };
    decide(&store, &token(1, at(1)), review, web, Decision::Skip).await;
    execute(&store, &ann(at(2)), review).await;
    let head = pack(&store, Some(review), at(3)).await;
    let error = store.sign_review(&token(1, at(4)), review, &to_sign(&head)).await.unwrap_err();
    assert!(matches!(error, StoreError::SamePerson), "{error}");
    store.sign_review(&token(2, at(5)), review, &to_sign(&head)).await.unwrap();
}

fn to_sign(head: &Head) -> Sign {
    Sign { head: head.clone(), same_person: false }
}

async fn start(store: &SharedStore, scope: Scope) -> ReviewId {
    // Open reviews have different names.
    let name = ReviewId::generate().to_string();
    let new = NewReview { name, scope, due_at: None };
    store.start_review(&ann(NOON), &new).await.unwrap().value.id
}

async fn decide(store: &SharedStore, by: &By, review: ReviewId, key: KeyId, decision: Decision) {
    let decide = Decide { decision, until: None, reason: None, version: 0 };
    store.decide(by, review, key, Some(&decide), None).await.unwrap();
}

async fn execute(store: &SharedStore, by: &By, review: ReviewId) {
    let plan = Execute { dry_run: true, decisions: None };
    let decisions = store.execute_review(by, review, &plan).await.unwrap().value.decisions;
    let confirmed = Execute { dry_run: false, decisions: Some(decisions) };
    store.execute_review(by, review, &confirmed).await.unwrap();
}

/// What a pack leaves in the log.
async fn pack(store: &SharedStore, review: Option<ReviewId>, now: Timestamp) -> Head {
    let head = store.audit_head().await.unwrap();
    let review = review.map(|id| json!({ "id": id }));
    let detail = json!({ "asOf": { "seq": head.seq, "hash": head.hash }, "scope": { "review": review } });
    store.append_report(&ann(now), detail).await.unwrap().head
}
