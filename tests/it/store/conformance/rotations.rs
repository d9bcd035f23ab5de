//! Guided rotations: how far they are follows from what happened, and each way to revoke the old key ends them.

use keydeck::secret::{Kind, Secret};
use keydeck::store::{
    BulkRevoke, CallerCount, DayCount, KeyUsage, Refusals, Refused, SharedStore, StoreError,
};
use keydeck::wire::audit::{Action, EventQuery};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::Key;
use keydeck::wire::reviews::{Decide, Decision, Execute, NewReview, Scope};
use keydeck::wire::rotations::{Rotation, RotationState as State};
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;

use crate::store::support::{NOON, ann, at, key, project};

super::on_each_database!(
    a_rotation_goes_on_with_the_uses_of_both_keys,
    who_is_refused_during_a_pause_still_uses_the_key,
    each_way_to_revoke_the_old_key_finishes_its_rotation,
    a_rotation_is_started_and_cancelled_once,
    a_revoked_replacement_is_none,
    a_clock_that_is_set_back_hides_neither_the_newest_replacement_nor_a_use,
);

const MINUTE: i64 = 60_000;
/// Milliseconds by which a last use is late at most.
const LATE: i64 = 5_000;

/// A replacement of a key.
pub(crate) async fn replacement(store: &SharedStore, of: KeyId, now: Timestamp) -> Key {
    let secret = Secret::generate(Kind::Live).unwrap();
    let hash = secret.hash().unwrap();
    store.rotate_key(&ann(now), of, None, secret.hint(), &hash, Plan::Enterprise).await.unwrap().value
}

/// A key is used from an address, or refused.
pub(crate) async fn knock(store: &SharedStore, key: KeyId, address: &str, now: Timestamp, allowed: bool) {
    let address = address.parse().unwrap();
    let (one, other) = (u64::from(allowed), u64::from(!allowed));
    let refused = Refusals { during: Refused::Paused, count: 1, last: now };
    let usage = KeyUsage {
        key,
        last_used: allowed.then_some((now, address)),
        refusals: (!allowed).then_some(refused).into_iter().collect(),
        days: vec![DayCount { day: now.day(), allowed: one, limited: 0, refused: other }],
        callers: vec![CallerCount { address, first_at: now, last_at: now, allowed: one, refused: other }],
        others: None,
    };
    store.record_usage(&[usage], now).await.unwrap();
}

fn callers(rotation: &Rotation) -> Vec<&str> {
    rotation.callers.iter().map(|caller| caller.address.as_str()).collect()
}

async fn a_rotation_goes_on_with_the_uses_of_both_keys(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(0)).await;
    let none = store.rotation(web.id, NOON).await;
    assert!(matches!(none, Err(StoreError::NotFound("guided rotation"))), "{none:?}");

    let started = store.start_rotation(&ann(at(MINUTE)), web.id, Some(600)).await.unwrap().value;
    assert_eq!((started.state, started.replacement), (State::Pending, None));
    assert_eq!((started.quiet_since, started.quiet_until), (Some(at(0)), Some(at(10 * MINUTE))));
    let next = replacement(&store, web.id, at(2 * MINUTE)).await;
    knock(&store, web.id, "192.0.2.1", at(3 * MINUTE), true).await;
    let pending = store.rotation(web.id, at(60 * MINUTE)).await.unwrap();
    assert_eq!(pending.state, State::Pending, "a replacement that nobody uses is none yet");
    assert_eq!((pending.replacement, pending.replacement_name.as_deref()), (Some(next.id), Some("web-2")));
    assert_eq!(pending.quiet_since, Some(at(3 * MINUTE + LATE)), "from the last use plus its precision");

    knock(&store, next.id, "192.0.2.1", at(4 * MINUTE), true).await;
    knock(&store, web.id, "192.0.2.2", at(5 * MINUTE), true).await;
    let both = store.rotation(web.id, at(6 * MINUTE)).await.unwrap();
    assert_eq!((both.state, both.replacement_used_at), (State::ReplacementUsed, Some(at(4 * MINUTE))));
    assert_eq!(callers(&both), ["192.0.2.2", "192.0.2.1"]);
    let later = store.rotation(web.id, at(14 * MINUTE)).await.unwrap();
    assert_eq!((later.state, callers(&later)), (State::ReplacementUsed, vec!["192.0.2.2"]));
    let until = later.quiet_until.unwrap();
    assert_eq!(until, at(15 * MINUTE + LATE));
    let just_before = Timestamp::from_millis(until.millis() - 1);
    assert_eq!(store.rotation(web.id, just_before).await.unwrap().state, State::ReplacementUsed);
    let quiet = store.rotation(web.id, until).await.unwrap();
    assert_eq!((quiet.state, callers(&quiet)), (State::Quiet, vec![]));

    knock(&store, web.id, "192.0.2.3", at(20 * MINUTE), true).await;
    let again = store.rotation(web.id, at(20 * MINUTE)).await.unwrap();
    assert_eq!((again.state, callers(&again)), (State::ReplacementUsed, vec!["192.0.2.3"]));
    assert_eq!(again.quiet_since, Some(at(20 * MINUTE + LATE)), "the quiet time starts anew");
    // A clock that is set back makes nobody quiet.
    assert_eq!(store.rotation(web.id, at(0)).await.unwrap().state, State::ReplacementUsed);
}

async fn who_is_refused_during_a_pause_still_uses_the_key(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(0)).await;
    let next = replacement(&store, web.id, at(1)).await;
    knock(&store, next.id, "192.0.2.1", at(2), true).await;
    store.start_rotation(&ann(at(3)), web.id, Some(60)).await.unwrap();
    assert_eq!(store.rotation(web.id, at(2 * MINUTE)).await.unwrap().state, State::Quiet);
    store.pause_key(&ann(at(2 * MINUTE)), web.id, None).await.unwrap();
    knock(&store, web.id, "192.0.2.9", at(3 * MINUTE), false).await;
    let tried = store.rotation(web.id, at(3 * MINUTE)).await.unwrap();
    assert_eq!((tried.state, callers(&tried)), (State::ReplacementUsed, vec!["192.0.2.9"]));
    store.resume_key(&ann(at(3 * MINUTE)), web.id).await.unwrap();
    let resumed = store.rotation(web.id, at(3 * MINUTE)).await.unwrap();
    assert_eq!(resumed.state, State::ReplacementUsed, "the caller is still there");
    assert_eq!(store.rotation(web.id, at(5 * MINUTE)).await.unwrap().state, State::Quiet);
}

async fn each_way_to_revoke_the_old_key_finishes_its_rotation(store: SharedStore) {
    for way in ["one", "many", "project", "review"] {
        let shop = project(&store, way).await;
        let web = key(&store, shop, "web", at(0)).await;
        replacement(&store, web.id, at(1)).await;
        store.start_rotation(&ann(at(2)), web.id, None).await.unwrap();
        let by = ann(at(10));
        let revision = match way {
            "one" => store.revoke_key(&by, web.id, None).await.unwrap().revision,
            "many" => store.revoke_keys(&by, &[web.id], &BulkRevoke::default()).await.unwrap().revision,
            "project" => store.archive_project(&by, shop, true).await.unwrap().revision,
            _ => {
                let scope = Scope { projects: vec![shop], filter: "name:web".into(), stale_days: None };
                let new = NewReview { name: "now".into(), scope, due_at: None };
                let review = store.start_review(&ann(at(5)), &new).await.unwrap().value.id;
                let revoke = Decide { decision: Decision::Revoke, until: None, reason: None, version: 0 };
                store.decide(&ann(at(6)), review, web.id, Some(&revoke), None).await.unwrap();
                let dry = Execute { dry_run: true, decisions: None };
                let planned = store.execute_review(&by, review, &dry).await.unwrap().value;
                let real = Execute { dry_run: false, decisions: Some(planned.decisions) };
                store.execute_review(&by, review, &real).await.unwrap().revision
            }
        };
        let done = store.rotation(web.id, at(20)).await.unwrap();
        assert_eq!((done.state, done.ended_at), (State::Done, Some(at(10))), "{way}");
        assert_eq!(done.ended_by.as_deref(), Some("local:ann"), "{way}");
        assert_eq!((done.quiet_since, done.quiet_until, done.callers.len()), (None, None, 0), "{way}");
        let repeat = store.revoke_key(&ann(at(30)), web.id, None).await.unwrap();
        assert!(repeat.revision <= revision, "{way}: a repeat is no later change");
        let query = EventQuery { key: Some(web.id), ..EventQuery::default() };
        let events = store.audit_events(&query, NOON).await.unwrap().items;
        let finished = events.iter().filter(|event| event.action == Action::RotationFinished).count();
        assert_eq!(finished, 1, "{way}: {events:?}");
        assert_eq!(events[0].action, Action::KeyRevoked, "{way}: the revocation comes last");
        let late = store.start_rotation(&ann(at(40)), web.id, None).await;
        assert!(matches!(late, Err(StoreError::KeyRevoked)), "{way}: {late:?}");
        let cancelled = store.cancel_rotation(&ann(at(41)), web.id).await.unwrap();
        assert_eq!(cancelled.value.state, State::Done, "{way}: what has ended stays so");
    }
}

async fn a_rotation_is_started_and_cancelled_once(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(0)).await;
    let unknown = store.start_rotation(&ann(NOON), KeyId::from_number(9), None).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("key"))), "{unknown:?}");
    let none = store.cancel_rotation(&ann(NOON), web.id).await;
    assert!(matches!(none, Err(StoreError::NotFound("guided rotation"))), "{none:?}");

    let first = store.start_rotation(&ann(at(1)), web.id, None).await.unwrap();
    assert_eq!(first.value.quiet_seconds, 86_400, "a day, where nothing is set");
    for quiet in [None, Some(86_400)] {
        let again = store.start_rotation(&ann(at(2)), web.id, quiet).await.unwrap();
        assert_eq!((again.revision, again.value.started_at), (first.revision, at(1)));
    }
    let other = store.start_rotation(&ann(at(3)), web.id, Some(60)).await.unwrap();
    assert_eq!((other.value.quiet_seconds, other.value.started_at), (60, at(1)));
    assert!(other.revision > first.revision);
    let ended = store.cancel_rotation(&ann(at(4)), web.id).await.unwrap();
    assert_eq!((ended.value.state, ended.value.ended_at), (State::Cancelled, Some(at(4))));
    assert_eq!(store.cancel_rotation(&ann(at(5)), web.id).await.unwrap().revision, ended.revision);
    let key = store.key(web.id, NOON, u64::MAX).await.unwrap();
    assert_eq!(key, Key { confirmed: true, ..web.clone() }, "the key is as it was");
    let anew = store.start_rotation(&ann(at(6)), web.id, None).await.unwrap().value;
    assert_eq!((anew.state, anew.started_at, anew.quiet_seconds), (State::Pending, at(6), 86_400));
    let query = EventQuery { key: Some(web.id), ..EventQuery::default() };
    let events = store.audit_events(&query, NOON).await.unwrap().items;
    let actions: Vec<&str> = events.iter().map(|event| event.action.as_str()).collect();
    let expected =
        ["rotation.started", "rotation.cancelled", "rotation.started", "rotation.started", "key.created"];
    assert_eq!(actions, expected);
    assert_eq!(events[2].detail["quietSeconds"], 60);
}

async fn a_revoked_replacement_is_none(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(0)).await;
    store.start_rotation(&ann(at(1)), web.id, Some(60)).await.unwrap();
    let leaked = replacement(&store, web.id, at(2)).await;
    knock(&store, leaked.id, "192.0.2.1", at(3), true).await;
    assert_eq!(store.rotation(web.id, at(5 * MINUTE)).await.unwrap().state, State::Quiet);
    store.revoke_key(&ann(at(4)), leaked.id, Some("leaked")).await.unwrap();
    let alone = store.rotation(web.id, at(5 * MINUTE)).await.unwrap();
    assert_eq!((alone.state, alone.replacement), (State::Pending, None), "never revoke the only key left");
    let next = replacement(&store, web.id, at(5)).await;
    let waiting = store.rotation(web.id, at(5 * MINUTE)).await.unwrap();
    assert_eq!((waiting.state, waiting.replacement), (State::Pending, Some(next.id)));
}

async fn a_clock_that_is_set_back_hides_neither_the_newest_replacement_nor_a_use(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(0)).await.id;
    store.start_rotation(&ann(at(MINUTE)), web, Some(600)).await.unwrap();
    let first = replacement(&store, web, at(120 * MINUTE)).await.id;
    knock(&store, first, "192.0.2.1", at(121 * MINUTE), true).await;
    knock(&store, web, "192.0.2.1", at(122 * MINUTE), true).await;

    // Two hours back: what is created now is the newest all the same.
    let second = replacement(&store, web, at(2 * MINUTE)).await.id;
    let rotation = store.rotation(web, at(3 * MINUTE)).await.unwrap();
    assert_eq!((rotation.replacement, rotation.state), (Some(second), State::Pending));
    knock(&store, second, "192.0.2.1", at(4 * MINUTE), true).await;
    let now = store.rotation(web, at(20 * MINUTE)).await.unwrap();
    assert_eq!(now.state, State::ReplacementUsed, "nobody knows how long ago the last use was");
    knock(&store, web, "192.0.2.2", at(21 * MINUTE), true).await;
    let now = store.rotation(web, at(31 * MINUTE)).await.unwrap();
    assert_eq!((now.state, now.quiet_since), (State::ReplacementUsed, Some(at(21 * MINUTE + LATE))));
    assert!(callers(&now).contains(&"192.0.2.2"), "{now:?}");
    assert_eq!(store.rotation(web, at(32 * MINUTE)).await.unwrap().state, State::Quiet);
    store.revoke_key(&ann(at(33 * MINUTE)), web, None).await.unwrap();
    let done = store.rotation(web, at(0)).await.unwrap();
    assert_eq!((done.state, done.replacement), (State::Done, Some(second)));
}
