//! The audit chain.

use keydeck::wire::audit::{Action, Event, GENESIS, Head, Verifier};
use keydeck::wire::id::EventId;
use keydeck::wire::time::Timestamp;
use serde_json::json;

fn chain(length: u64) -> Vec<(String, String)> {
    let mut previous = GENESIS.to_owned();
    (1..=length)
        .map(|seq| {
            let event = Event {
                seq,
                id: EventId::from_number(u128::from(seq)),
                at: Timestamp::from_millis(1_795_000_000_000),
                actor: "local:ann".into(),
                action: Action::KeyCreated,
                project: None,
                key: None,
                detail: json!({"z": "\u{1f}\"ü\n", "a": 1}),
                previous_hash: previous.clone(),
                hash: String::new(),
                receipt: None,
            }
            .sealed();
            previous = event.hash.clone();
            (event.body(), event.hash)
        })
        .collect()
}

fn broken_at(events: &[(String, String)]) -> u64 {
    let mut verifier = Verifier::default();
    for (body, hash) in events {
        if let Err(broken) = verifier.take(body, hash) {
            return broken.seq;
        }
    }
    0
}

/// What people read of an event, an hour and a minute after `pausedAt` in its detail.
fn words(action: Action, detail: serde_json::Value) -> String {
    let event = Event {
        seq: 1,
        id: EventId::from_number(1),
        at: "2026-11-18T11:06:40.000Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .map_or_else(|error| panic!("{error}"), |at| Timestamp::from_millis(at.timestamp_millis())),
        actor: "local:ann".into(),
        action,
        project: None,
        key: None,
        detail,
        previous_hash: GENESIS.to_owned(),
        hash: String::new(),
        receipt: None,
    };
    event.words().join(" · ")
}

#[test]
fn what_a_change_decided_is_said_in_words_with_the_old_and_the_new_value() {
    let said = [
        (
            Action::KeyUpdated,
            json!({ "name": "api", "hint": "m", "owner": null, "before": { "owner": "pay-team" } }),
            "owner: pay-team → none",
        ),
        (
            Action::KeyUpdated,
            json!({
                "name": "api", "hint": "m", "owner": "ann", "purpose": "pay api",
                "before": { "owner": null, "purpose": "prod api" },
            }),
            "owner: none → ann; purpose: prod api → pay api",
        ),
        (
            Action::KeyUpdated,
            json!({ "name": "api2", "hint": "m", "owner": "ann", "before": { "name": "api", "owner": null } }),
            "name: api → api2; owner: none → ann",
        ),
        (Action::KeyRenamed, json!({ "name": "api2", "before": "api", "hint": "m" }), "name: api → api2"),
        (Action::ProjectRenamed, json!({ "name": "shop", "before": "store" }), "name: store → shop"),
        (
            Action::KeyPaused,
            json!({ "name": "api", "hint": "m", "reason": "is it needed?" }),
            "is it needed?",
        ),
        (
            Action::KeyResumed,
            json!({ "name": "api", "hint": "m", "pausedAt": "2026-11-18T11:05:40.000Z", "refusedSincePaused": 0 }),
            "paused for 1 min; 0 requests refused",
        ),
        (
            Action::KeyResumed,
            json!({ "name": "api", "hint": "m", "pausedAt": "2026-11-15T11:05:40.000Z", "refusedSincePaused": 1 }),
            "paused for 3 days; 1 request refused",
        ),
        (Action::ProjectArchived, json!({ "name": "shop", "revokedKeys": 0 }), "deleted; 0 keys revoked"),
        (Action::ProjectArchived, json!({ "name": "shop", "revokedKeys": 1 }), "deleted; 1 key revoked"),
        (
            Action::KeyRotated,
            json!({ "name": "api-2", "hint": "m", "mode": "live", "before": "api", "rotatedFrom": "key_0" }),
            "replaces api · mode live",
        ),
        // A detail that a newer server writes otherwise is shown as it is.
        (Action::KeyResumed, json!({ "name": "api", "pausedAt": "?" }), "pausedAt ?"),
    ];
    for (action, detail, expected) in said {
        assert_eq!(words(action, detail), expected, "{action}");
    }
}

#[test]
fn a_body_is_canonical_json_and_its_hash_follows_from_the_one_before() {
    let events = chain(1);
    assert_eq!(
        events[0].0,
        "{\"action\":\"key.created\",\"actor\":\"local:ann\",\"at\":\"2026-11-18T11:06:40.000Z\",\"detail\":{\"a\":1,\"z\":\"\\u001f\\\"ü\\n\"},\
         \"id\":\"evt_00000000000000000000000001\",\"key\":null,\
         \"previousHash\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"project\":null,\"seq\":1}"
    );
    assert_eq!(Event::hash_of(GENESIS, &events[0].0), events[0].1);
}

#[test]
fn an_edited_removed_reordered_or_added_event_is_named() {
    let good = chain(5);
    assert_eq!(broken_at(&good), 0);

    let mut edited = good.clone();
    edited[2].0 = edited[2].0.replace("ann", "eve");
    assert_eq!(broken_at(&edited), 3);

    let mut removed = good.clone();
    removed.remove(1);
    assert_eq!(broken_at(&removed), 2);

    let mut swapped = good.clone();
    swapped.swap(2, 3);
    assert_eq!(broken_at(&swapped), 3);

    let mut added = good.clone();
    added.insert(3, good[2].clone());
    assert_eq!(broken_at(&added), 4);

    let mut rehashed = good.clone();
    rehashed[2].0 = rehashed[2].0.replace("ann", "eve");
    rehashed[2].1 = Event::hash_of(&rehashed[1].1, &rehashed[2].0);
    assert_eq!(broken_at(&rehashed), 4, "an edit with a new hash breaks the next event");
}

#[test]
fn a_head_is_written_as_number_and_hash() {
    let head = Head { seq: 17, hash: "ab".repeat(32) };
    assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
    for bad in
        ["", "17", "17:", "x:00", &format!("17:{}", "AB".repeat(32)), &format!("17:{}", "ab".repeat(31))]
    {
        assert!(bad.parse::<Head>().is_err(), "{bad}");
    }
}

#[test]
fn every_action_reads_back() {
    for action in Action::ALL {
        assert_eq!(action.as_str().parse::<Action>().unwrap(), *action);
    }
    assert!("key.exploded".parse::<Action>().is_err());
}
