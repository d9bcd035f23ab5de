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
