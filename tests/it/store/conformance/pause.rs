//! Keys that are paused, resumed and changed: owner and purpose, and what each way to change a key does to the others.

use keydeck::secret::{Kind, Secret};
use keydeck::store::{BulkRevoke, ChangeKind, KeyUsage, Refusals, Refused, SharedStore, StoreError};
use keydeck::wire::audit::{Action, EventQuery};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, KeyEdit, KeyQuery, Mode, Outcome, Status, StatusQuery};
use keydeck::wire::session::Plan;

use crate::store::support::{NOON, ann, at, key, project, record, record_of};

super::on_each_database!(
    a_paused_key_is_refused_until_it_is_resumed,
    each_pair_of_operations_does_what_it_says_in_both_orders,
    a_paused_key_keeps_its_name_and_its_place,
    refusals_are_counted_from_the_latest_pause,
    a_revoked_key_that_was_refused_while_it_was_paused_is_still_found,
    owner_and_purpose_are_edited_with_one_event,
    a_replacement_takes_over_owner_and_purpose,
);

async fn a_paused_key_is_refused_until_it_is_resumed(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(1)).await;
    let paused = store.pause_key(&ann(at(2)), web.id, Some("is it needed?")).await.unwrap();
    assert_eq!(paused.value.status, Status::Paused);
    assert_eq!(paused.value.paused_at, Some(at(2)));
    assert_eq!(paused.value.paused_by.as_deref(), Some("local:ann"));
    assert_eq!(paused.value.pause_reason.as_deref(), Some("is it needed?"));
    assert_eq!(
        store.key(web.id, NOON, u64::MAX).await.unwrap(),
        Key { confirmed: true, ..paused.value.clone() }
    );
    let changes = store.changes_after(paused.revision - 1, 10).await.unwrap();
    assert_eq!(changes[0].kind, ChangeKind::Key(web.id), "nodes hear of it");
    let verifier = store.verifier(web.id).await.unwrap().unwrap();
    assert!(!verifier.active && !verifier.revoked);
    // A repeat changes nothing, and its revision is one that nodes must have.
    let again = store.pause_key(&ann(at(3)), web.id, Some("another reason")).await.unwrap();
    assert_eq!((again.value.clone(), again.revision), (paused.value, paused.revision));

    let resumed = store.resume_key(&ann(at(4)), web.id).await.unwrap();
    assert_eq!(resumed.value.status, Status::Active);
    assert_eq!((resumed.value.paused_at, resumed.value.pause_reason.clone()), (None, None));
    assert!(store.verifier(web.id).await.unwrap().unwrap().active);
    let again = store.resume_key(&ann(at(5)), web.id).await.unwrap();
    assert_eq!(again.revision, resumed.revision);
    let events =
        store.audit_events(&EventQuery { key: Some(web.id), ..EventQuery::default() }, NOON).await.unwrap();
    let actions: Vec<Action> = events.items.iter().map(|event| event.action).collect();
    assert_eq!(actions, [Action::KeyResumed, Action::KeyPaused, Action::KeyCreated], "a repeat is no event");
    assert_eq!(events.items[1].detail["reason"], "is it needed?");
    let unknown = store.pause_key(&ann(NOON), KeyId::from_number(9), None).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("key"))), "{unknown:?}");
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Op {
    Pause,
    Resume,
    Revoke,
    RevokeMany,
    Rename,
    Rotate,
    Delete,
    DeleteWithKeys,
}

const OPS: [Op; 8] = [
    Op::Pause,
    Op::Resume,
    Op::Revoke,
    Op::RevokeMany,
    Op::Rename,
    Op::Rotate,
    Op::Delete,
    Op::DeleteWithKeys,
];

/// What the world should be like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct World {
    status: Status,
    successors: u64,
    deleted: bool,
}

impl World {
    /// What becomes of it, and whether the operation is refused.
    fn after(self, op: Op) -> (World, bool) {
        let dead = self.status == Status::Revoked;
        match op {
            Op::Pause if !dead => (World { status: Status::Paused, ..self }, false),
            Op::Resume if !dead => (World { status: Status::Active, ..self }, false),
            Op::Rename if !dead => (self, false),
            Op::Rotate if !dead => (World { successors: self.successors + 1, ..self }, false),
            Op::Pause | Op::Resume | Op::Rename | Op::Rotate => (self, true),
            Op::Revoke | Op::RevokeMany => (World { status: Status::Revoked, ..self }, false),
            Op::Delete if self.deleted || dead && self.successors == 0 => {
                (World { deleted: true, ..self }, false)
            }
            Op::Delete => (self, true),
            Op::DeleteWithKeys => (World { status: Status::Revoked, deleted: true, successors: 0 }, false),
        }
    }
}

async fn carry_out(
    store: &SharedStore,
    op: Op,
    shop: ProjectId,
    id: KeyId,
    time: i64,
) -> Result<(), StoreError> {
    let by = ann(at(time));
    match op {
        Op::Pause => store.pause_key(&by, id, None).await.map(|_| ()),
        Op::Resume => store.resume_key(&by, id).await.map(|_| ()),
        Op::Revoke => store.revoke_key(&by, id, None).await.map(|_| ()),
        Op::RevokeMany => {
            let outcome = store.revoke_keys(&by, &[id], &BulkRevoke::default()).await?.value[0];
            assert!(matches!(outcome, Outcome::Revoked | Outcome::Already), "{outcome:?}");
            Ok(())
        }
        Op::Rename => store.rename_key(&by, id, &format!("name {time}")).await.map(|_| ()),
        Op::Rotate => {
            let secret = Secret::generate(Kind::Live).unwrap();
            let hash = secret.hash().unwrap();
            store.rotate_key(&by, id, None, secret.hint(), &hash, Plan::Pro).await.map(|_| ())
        }
        Op::Delete => store.archive_project(&by, shop, false).await.map(|_| ()),
        Op::DeleteWithKeys => store.archive_project(&by, shop, true).await.map(|_| ()),
    }
}

async fn each_pair_of_operations_does_what_it_says_in_both_orders(store: SharedStore) {
    for (number, (first, second)) in
        OPS.into_iter().flat_map(|first| OPS.map(|second| (first, second))).enumerate()
    {
        let shop = project(&store, &format!("Shop {number}")).await;
        let id = key(&store, shop, "web", at(1)).await.id;
        let mut world = World { status: Status::Active, successors: 0, deleted: false };
        for (time, op) in [(2, first), (3, second)] {
            let (next, refused) = world.after(op);
            let done = carry_out(&store, op, shop, id, time).await;
            assert_eq!(done.is_err(), refused, "{first:?} {second:?}: {op:?} {done:?}");
            world = next;
            let now = store.key(id, NOON, u64::MAX).await.unwrap();
            assert_eq!(now.status, world.status, "{first:?} {second:?}");
            let verifier = store.verifier(id).await.unwrap().unwrap();
            assert_eq!(verifier.active, world.status == Status::Active, "{first:?} {second:?}");
            assert_eq!(verifier.revoked, world.status == Status::Revoked, "{first:?} {second:?}");
            if !world.deleted {
                let counts = store.project(shop, NOON).await.unwrap().keys;
                let alive = u64::from(world.status != Status::Revoked) + world.successors;
                let paused = u64::from(world.status == Status::Paused);
                assert_eq!((counts.active, counts.paused), (alive, paused), "{first:?} {second:?}");
            }
        }
    }
}

async fn a_paused_key_keeps_its_name_and_its_place(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = store.create_key(&ann(at(1)), shop, &record("web"), Plan::Free).await.unwrap().value;
    store.pause_key(&ann(at(2)), web.id, None).await.unwrap();
    let taken = store.create_key(&ann(at(3)), shop, &record("WEB"), Plan::Pro).await;
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
    let full = store.create_key(&ann(at(3)), shop, &record("other"), Plan::Free).await;
    assert!(matches!(full, Err(StoreError::KeyLimitReached { .. })), "{full:?}");
    let kept = store.archive_project(&ann(at(3)), shop, false).await;
    assert!(matches!(kept, Err(StoreError::ProjectHasActiveKeys(1))), "{kept:?}");

    let listed = |filter: &str| {
        let query = KeyQuery { filter: filter.into(), ..KeyQuery::default() };
        let store = &store;
        async move { store.keys(&query, at(200 * 86_400_000), u64::MAX).await.unwrap().total }
    };
    assert_eq!(listed("").await, 1, "the default list has it");
    assert_eq!(listed("status:active").await, 1);
    assert_eq!(listed("status:paused").await, 1);
    for state in
        ["!status:paused", "status:stale", "status:unused", "status:idle", "status:in-use", "finding:stale"]
    {
        assert_eq!(listed(state).await, 0, "{state}");
    }
    assert_eq!(store.key_counts(at(200 * 86_400_000)).await.unwrap().stale, 0);
    assert_eq!(store.key_counts(NOON).await.unwrap().paused, 1);
}

async fn refusals_are_counted_from_the_latest_pause(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = key(&store, shop, "web", at(1)).await.id;
    let refused = |during: Option<Refused>, time: i64, count: u64| {
        let day = keydeck::store::DayCount { day: at(time).day(), allowed: 0, limited: 0, refused: count };
        KeyUsage {
            key: web,
            last_used: None,
            refusals: during.map(|during| Refusals { during, count, last: at(time) }).into_iter().collect(),
            days: vec![day],
            callers: Vec::new(),
            others: None,
        }
    };
    let paused = Some(Refused::Paused);
    store.record_usage(&[refused(None, 10, 3)], at(10)).await.unwrap();
    assert_eq!(store.key(web, NOON, 0).await.unwrap().refused_since_paused, 0, "it was not paused then");
    store.pause_key(&ann(at(20)), web, None).await.unwrap();
    store.record_usage(&[refused(paused, 30, 4)], at(30)).await.unwrap();
    let found = store.key(web, at(40), 0).await.unwrap();
    assert_eq!((found.refused_since_paused, found.last_refused_at), (4, Some(at(30))));
    assert_eq!(found.refused_since_revoked, 0);
    let finding = &found.findings[0];
    assert_eq!(
        (finding.code.as_str(), finding.severity.as_str(), finding.since),
        ("refused", "high", Some(at(30)))
    );
    assert_eq!(&*finding.text, "4 requests refused since it was paused, the last on 2026-01-15 12:00 UTC.");

    store.resume_key(&ann(at(50)), web).await.unwrap();
    store.record_usage(&[refused(paused, 45, 2)], at(55)).await.unwrap();
    let resumed = store.key(web, at(56), 0).await.unwrap();
    assert_eq!(
        (resumed.refused_since_paused, resumed.last_refused_at),
        (6, Some(at(45))),
        "written after it was resumed"
    );
    assert!(resumed.findings.iter().all(|finding| finding.code.as_str() != "refused"), "{resumed:?}");
    store.pause_key(&ann(at(60)), web, None).await.unwrap();
    // Of the pause before, written late: by a node that knows of this one, and by one that does not.
    store.record_usage(&[refused(Some(Refused::EarlierPause), 48, 5)], at(65)).await.unwrap();
    store.record_usage(&[refused(paused, 49, 5)], at(66)).await.unwrap();
    let again = store.key(web, at(70), 0).await.unwrap();
    assert_eq!(
        (again.refused_since_paused, again.last_refused_at),
        (0, Some(at(49))),
        "it counts from the latest pause"
    );
    let finding = &again.findings[0];
    assert_eq!((finding.code.as_str(), finding.since), ("refused", Some(at(49))), "within a week");
    assert_eq!(
        &*finding.text,
        "Requests were refused while it was paused, the last on 2026-01-15 12:00 UTC."
    );
    store.record_usage(&[refused(paused, 61, 1), refused(paused, 75, 1)], at(76)).await.unwrap();
    store.revoke_key(&ann(at(80)), web, None).await.unwrap();
    store.record_usage(&[refused(Some(Refused::Revoked), 90, 2)], at(90)).await.unwrap();
    store.record_usage(&[refused(paused, 79, 1)], at(91)).await.unwrap();
    let revoked = store.key(web, at(100), 0).await.unwrap();
    assert_eq!((revoked.refused_since_paused, revoked.refused_since_revoked), (3, 2), "written late, too");
    assert_eq!(revoked.last_refused_at, Some(at(90)));
    assert_eq!(revoked.findings[0].since, Some(at(75)), "since the first of them");
    assert!(revoked.findings[0].text.starts_with("2 requests refused since it was revoked"), "{revoked:?}");
}

async fn a_revoked_key_that_was_refused_while_it_was_paused_is_still_found(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let refused = |key, time: i64| KeyUsage {
        key,
        last_used: None,
        refusals: vec![Refusals { during: Refused::Paused, count: 1, last: at(time) }],
        days: Vec::new(),
        callers: Vec::new(),
        others: None,
    };
    let mut ids = Vec::new();
    for name in ["alone", "many", "project"] {
        let project = if name == "project" { project(&store, "Other").await } else { shop };
        let id = key(&store, project, name, at(1)).await.id;
        store.pause_key(&ann(at(10)), id, None).await.unwrap();
        store.record_usage(&[refused(id, 20)], at(20)).await.unwrap();
        match name {
            "alone" => {
                let revoked = store.revoke_key(&ann(at(30)), id, None).await.unwrap().value;
                assert_eq!(revoked.findings.len(), 1, "{revoked:?}");
            }
            "many" => drop(store.revoke_keys(&ann(at(30)), &[id], &BulkRevoke::default()).await.unwrap()),
            _ => drop(store.archive_project(&ann(at(30)), project, true).await.unwrap()),
        }
        ids.push(id);
    }
    // Another was refused once, and revoked long after its pause was over.
    let resumed = key(&store, shop, "resumed", at(1)).await.id;
    store.pause_key(&ann(at(10)), resumed, None).await.unwrap();
    store.record_usage(&[refused(resumed, 11)], at(20)).await.unwrap();
    store.resume_key(&ann(at(21)), resumed).await.unwrap();
    store.revoke_key(&ann(at(30)), resumed, None).await.unwrap();

    for id in ids {
        let revoked = store.key(id, at(40), 0).await.unwrap();
        assert_eq!((revoked.refused_since_paused, revoked.refused_since_revoked), (1, 0));
        let [finding] = &*revoked.findings else { panic!("{revoked:?}") };
        assert_eq!((finding.code.as_str(), finding.since), ("refused", Some(at(20))));
        assert_eq!(
            &*finding.text,
            "1 request refused since it was paused, the last on 2026-01-15 12:00 UTC."
        );
    }
    let week = 7 * 86_400_000;
    for (now, found) in [(at(40), 4), (at(11 + week), 4), (at(12 + week), 3), (at(21 + week), 0)] {
        let counts = store.finding_counts(now).await.unwrap();
        assert_eq!((counts.counts["refused"], counts.keys), (found, found), "{now}");
        let query = KeyQuery {
            filter: "finding:refused".into(),
            status: Some(StatusQuery::All),
            ..KeyQuery::default()
        };
        let listed = store.keys(&query, now, 0).await.unwrap().items;
        assert_eq!(listed.len() as u64, found, "{now}");
        assert!(listed.iter().all(|key| !key.findings.is_empty()), "the rules say the same");
    }
}

async fn owner_and_purpose_are_edited_with_one_event(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut new = record("web");
    new.owner = Some("Team Web".into());
    let web = store.create_key(&ann(at(1)), shop, &new, Plan::Pro).await.unwrap().value;
    assert_eq!((web.owner.as_deref(), web.purpose.as_deref()), (Some("Team Web"), None));
    assert!(web.findings.is_empty(), "{:?}", web.findings);
    let edit =
        KeyEdit { name: Some("front".into()), owner: Some(None), purpose: Some(Some("checkout".into())) };
    let edited = store.edit_key(&ann(at(2)), web.id, &edit).await.unwrap();
    assert_eq!((edited.value.owner.as_deref(), edited.value.purpose.as_deref()), (None, Some("checkout")));
    assert_eq!(edited.value.name, "front");
    assert_eq!(edited.value.findings[0].code.as_str(), "noOwner");
    assert_eq!(
        store.key(web.id, NOON, u64::MAX).await.unwrap(),
        Key { confirmed: true, ..edited.value.clone() }
    );
    let again = store.edit_key(&ann(at(3)), web.id, &edit).await.unwrap();
    assert_eq!(again.revision, edited.revision, "what it has already changes nothing");
    let only = KeyEdit { purpose: Some(None), ..KeyEdit::default() };
    store.edit_key(&ann(at(4)), web.id, &only).await.unwrap();
    store.rename_key(&ann(at(5)), web.id, "shop front").await.unwrap();

    let events =
        store.audit_events(&EventQuery { key: Some(web.id), ..EventQuery::default() }, NOON).await.unwrap();
    let [renamed, cleared, updated, created] = &events.items[..] else { panic!("{events:?}") };
    assert_eq!((renamed.action, cleared.action), (Action::KeyRenamed, Action::KeyUpdated));
    assert_eq!((updated.action, created.action), (Action::KeyUpdated, Action::KeyCreated));
    assert_eq!(created.detail["owner"], "Team Web");
    assert_eq!(
        updated.detail["before"],
        serde_json::json!({"name": "web", "owner": "Team Web", "purpose": null})
    );
    assert_eq!(updated.detail["owner"], serde_json::Value::Null);
    assert_eq!((&updated.detail["name"], &updated.detail["purpose"]), (&"front".into(), &"checkout".into()));
    assert_eq!(cleared.detail["before"], serde_json::json!({"purpose": "checkout"}));

    let taken = key(&store, shop, "other", at(6)).await;
    let taken = store.edit_key(&ann(at(7)), taken.id, &KeyEdit::name("SHOP front")).await;
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })), "{taken:?}");
    store.revoke_key(&ann(at(8)), web.id, None).await.unwrap();
    let late = store.edit_key(&ann(at(9)), web.id, &edit).await;
    assert!(matches!(late, Err(StoreError::KeyRevoked)), "{late:?}");
}

async fn a_replacement_takes_over_owner_and_purpose(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut new = record_of("web", Mode::Live);
    (new.owner, new.purpose) = (Some("Ann".into()), Some("checkout".into()));
    let web = store.create_key(&ann(at(1)), shop, &new, Plan::Pro).await.unwrap().value;
    store.pause_key(&ann(at(2)), web.id, None).await.unwrap();
    carry_out(&store, Op::Rotate, shop, web.id, 3).await.unwrap();
    let query = KeyQuery { filter: "name:web-2".into(), ..KeyQuery::default() };
    let next = store.keys(&query, NOON, u64::MAX).await.unwrap().items.remove(0);
    assert_eq!((next.owner.as_deref(), next.purpose.as_deref()), (Some("Ann"), Some("checkout")));
    assert_eq!((next.status, next.rotated_from), (Status::Active, Some(web.id)), "of a paused key, too");
}
