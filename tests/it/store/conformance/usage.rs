//! Last uses and counts.

use std::net::{IpAddr, Ipv4Addr};

use keydeck::store::changes::Need;
use keydeck::store::{
    BatchId, CallerCount, DayCount, KeyUsage, MAX_CALLERS, OtherCallers, Refusals, Refused, SharedStore,
};
use keydeck::wire::events::Use;
use keydeck::wire::id::{KeyId, NodeId};
use keydeck::wire::keys::{Caller, KeyQuery, UsageDay};
use keydeck::wire::time::Timestamp;

use crate::store::support::{NOON, ann, at, days_ago, key, project};

super::on_each_database!(
    the_last_use_moves_forward_only,
    what_a_clock_ahead_noted_gives_way_to_later_uses,
    counts_add_up_by_day,
    a_list_has_the_daily_requests_of_its_keys_when_they_are_asked_for,
    refusals_count_since_the_revocation,
    the_oldest_callers_are_summed,
    a_large_batch_is_written_whole,
    who_follows_uses_is_told_of_each_batch_as_it_was_written,
    usage_is_no_event,
    the_same_batch_counts_once_and_the_next_one_counts,
    what_killed_nodes_have_left_is_forgotten_after_a_week,
);

async fn the_last_use_moves_forward_only(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", days_ago(200)).await.id;
    let used = |ms, last: u8| KeyUsage { last_used: Some((at(ms), address(last))), ..usage(made) };
    for (batch, expected) in [
        (vec![used(10, 1)], (10, "192.0.2.1")),
        (vec![used(5, 2)], (10, "192.0.2.1")),
        (vec![used(30, 3), used(20, 4)], (30, "192.0.2.3")),
        (vec![usage(made)], (30, "192.0.2.3")),
    ] {
        store.record_usage(&batch, NOON).await.unwrap();
        let key = store.key(made, NOON, 0).await.unwrap();
        assert_eq!(
            (key.last_used_at, key.last_used_from.as_deref()),
            (Some(at(expected.0)), Some(expected.1))
        );
    }
    let idle = |filter: &str| KeyQuery { filter: filter.into(), ..KeyQuery::default() };
    assert_eq!(store.keys(&idle("idle>90d"), at(40), 0).await.unwrap().total, 0);
    assert_eq!(store.keys(&idle("idle<1d !used:never"), at(40), 0).await.unwrap().total, 1);
    store.record_usage(&[], NOON).await.unwrap();
    store.record_usage(&[KeyUsage { key: KeyId::from_number(9), ..used(50, 5) }], NOON).await.unwrap();
}

async fn what_a_clock_ahead_noted_gives_way_to_later_uses(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    // The clock was a year ahead when it was made, too.
    let year = |days: i64| days_ago(-365 - days);
    let made = key(&store, shop, "Web", year(0)).await.id;
    let stays = key(&store, shop, "App", days_ago(1)).await.id;
    let used = |key, at: Timestamp, last: u8| KeyUsage {
        last_used: Some((at, address(last))),
        callers: vec![CallerCount {
            address: address(last),
            first_at: at,
            last_at: at,
            allowed: 1,
            refused: 0,
        }],
        days: vec![DayCount { day: at.day(), allowed: 1, ..DayCount::default() }],
        ..usage(key)
    };
    let last = async |key| {
        let key = store.key(key, NOON, 0).await.unwrap();
        (key.last_used_at.unwrap(), key.last_used_from.unwrap().to_string())
    };
    let idle = async |filter: &str| {
        let query = KeyQuery { filter: filter.into(), ..KeyQuery::default() };
        store.keys(&query, NOON, 0).await.unwrap().items.into_iter().map(|key| key.name).collect::<Vec<_>>()
    };
    for id in [made, stays] {
        store.record_usage(&[used(id, year(1), 1)], year(1)).await.unwrap();
    }
    assert_eq!(last(made).await, (year(1), "192.0.2.1".into()));
    assert_eq!(idle("idle>1d").await, [""; 0], "nobody is idle for less than no time");
    // The clock is right again: a batch without a use of it changes nothing, the next use counts.
    store.record_usage(&[usage(made)], NOON).await.unwrap();
    assert_eq!(last(made).await, (year(1), "192.0.2.1".into()));
    store.record_usage(&[used(made, at(-5), 2)], NOON).await.unwrap();
    assert_eq!(last(made).await, (at(-5), "192.0.2.2".into()));
    store.record_batch(batch(1), &[used(made, at(-9), 3)], NOON, Need::Revocation).await.unwrap();
    assert_eq!(last(made).await, (at(-5), "192.0.2.2".into()), "forward only again");
    assert_eq!(last(stays).await, (year(1), "192.0.2.1".into()), "another key was not used");
    store.record_usage(&[used(made, at(-3), 1)], NOON).await.unwrap();
    let callers = store.key_callers(made).await.unwrap();
    let callers: Vec<_> = callers.iter().map(|caller| (caller.address.as_str(), caller.last_at)).collect();
    let expected = [("192.0.2.1", at(-3)), ("192.0.2.2", at(-5)), ("192.0.2.3", at(-9))];
    assert_eq!(callers, expected);

    // Two clocks may differ by a minute. What is further ahead in a batch happened by now.
    let minute = at(60_000);
    store.record_usage(&[used(made, minute, 4)], NOON).await.unwrap();
    assert_eq!(last(made).await, (minute, "192.0.2.4".into()));
    store.record_usage(&[used(stays, year(2), 5)], NOON).await.unwrap();
    assert_eq!(last(stays).await, (NOON, "192.0.2.5".into()));
    assert_eq!(store.key_usage(stays, 1, NOON).await.unwrap()[0].allowed, 1, "it counts today");

    // A clock that began anew at 1970 is no reason to take a last use back.
    let anew = Timestamp::from_millis(1_000_000);
    store.record_usage(&[used(stays, anew, 6)], anew).await.unwrap();
    assert_eq!(last(stays).await, (NOON, "192.0.2.5".into()));

    // A revocation in the future: what is refused now is refused since.
    store.revoke_key(&ann(year(3)), made, None).await.unwrap();
    let refused = KeyUsage {
        refusals: vec![Refusals { during: Refused::Revoked, count: 2, last: at(1) }],
        days: vec![DayCount { day: NOON.day(), refused: 2, ..DayCount::default() }],
        ..usage(made)
    };
    store.record_usage(&[refused], NOON).await.unwrap();
    let key = store.key(made, NOON, 0).await.unwrap();
    assert_eq!((key.refused_since_revoked, key.last_refused_at), (2, Some(at(1))));
}

async fn counts_add_up_by_day(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", days_ago(200)).await.id;
    let today = NOON.day();
    let count = |day, allowed, limited, refused| DayCount { day, allowed, limited, refused };
    let batch = KeyUsage {
        days: vec![
            count(today, 5, 1, 0),
            count(today - 1, 2, 0, 7),
            count(today - 29, 100, 0, 0),
            count(today - 30, 1000, 0, 0),
        ],
        ..usage(made)
    };
    store.record_usage(&[batch], NOON).await.unwrap();
    let more = KeyUsage { days: vec![count(today, 10, 0, 2)], ..usage(made) };
    store.record_usage(&[more.clone(), more], NOON).await.unwrap();
    let days = store.key_usage(made, 3, NOON).await.unwrap();
    let day =
        |date: &str, allowed, limited, refused| UsageDay { date: date.into(), allowed, limited, refused };
    assert_eq!(
        days,
        [day("2026-01-13", 0, 0, 0), day("2026-01-14", 2, 0, 7), day("2026-01-15", 25, 1, 4)],
        "oldest first, days without use included"
    );
    assert_eq!(store.key_usage(made, 31, NOON).await.unwrap()[0].allowed, 1000);
    // Thirty days, today included; refusals are no uses.
    assert_eq!(store.key(made, NOON, 0).await.unwrap().requests30d, 25 + 1 + 2 + 100);
    assert_eq!(store.keys(&KeyQuery::default(), NOON, 0).await.unwrap().items[0].requests30d, 128);
}

async fn a_list_has_the_daily_requests_of_its_keys_when_they_are_asked_for(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(key(&store, shop, name, days_ago(200)).await.id);
    }
    let today = NOON.day();
    let days = |days: &[(i64, u64)]| {
        let day = |(ago, allowed): &(i64, u64)| DayCount {
            day: today - ago,
            allowed: *allowed,
            limited: 3,
            refused: 4,
        };
        days.iter().map(day).collect::<Vec<_>>()
    };
    let batch = [
        KeyUsage { days: days(&[(0, 5), (1, 2), (29, 100), (30, 1000)]), ..usage(ids[0]) },
        KeyUsage { days: days(&[(7, 70)]), ..usage(ids[2]) },
        KeyUsage { days: days(&[(3, 9)]), ..usage(ids[3]) },
    ];
    store.record_usage(&batch, NOON).await.unwrap();
    let daily = |set: &[(usize, u64)]| {
        let mut days = vec![0; 30];
        for (at, allowed) in set {
            days[*at] = *allowed;
        }
        Some(std::sync::Arc::new(days))
    };
    let expected = [daily(&[(29, 5), (28, 2), (0, 100)]), daily(&[]), daily(&[(22, 70)]), daily(&[(26, 9)])];
    for filter in ["", "by:ann"] {
        let query = KeyQuery {
            filter: filter.into(),
            sort: Some("name".parse().unwrap()),
            limit: Some(3),
            daily: true,
            ..KeyQuery::default()
        };
        let page = store.keys(&query, NOON, 0).await.unwrap();
        let found: Vec<_> = page.items.into_iter().map(|key| key.daily).collect();
        assert_eq!(found, expected[..3], "{filter}");
        let rest = KeyQuery { cursor: page.next, ..query.clone() };
        let rest = store.keys(&rest, NOON, 0).await.unwrap();
        assert_eq!(rest.items[0].daily, expected[3], "{filter}");
        let without = KeyQuery { daily: false, ..query };
        let page = store.keys(&without, NOON, 0).await.unwrap();
        assert!(page.items.iter().all(|key| key.daily.is_none()), "{filter}");
    }
    let none = KeyQuery { filter: "nothing".into(), daily: true, ..KeyQuery::default() };
    assert_eq!(store.keys(&none, NOON, 0).await.unwrap().items, []);
}

async fn refusals_count_since_the_revocation(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", days_ago(200)).await.id;
    let refused = |during: Option<Refused>, ms, refused| KeyUsage {
        refusals: during
            .map(|during| Refusals { during, count: refused, last: at(ms) })
            .into_iter()
            .collect(),
        days: vec![DayCount { day: NOON.day(), refused, ..DayCount::default() }],
        ..usage(made)
    };
    store.record_usage(&[refused(None, 1, 3)], NOON).await.unwrap();
    let key = store.key(made, NOON, 0).await.unwrap();
    assert_eq!((key.refused_since_revoked, key.last_refused_at), (0, None), "it is not revoked");
    store.revoke_key(&ann(at(10)), made, None).await.unwrap();
    store.record_usage(&[refused(None, 5, 1)], NOON).await.unwrap();
    let revoked = Some(Refused::Revoked);
    store.record_usage(&[refused(revoked, 20, 2)], NOON).await.unwrap();
    // The clock of a node may be behind that of the server.
    store.record_usage(&[refused(revoked, 9, 4), refused(None, 30, 0)], NOON).await.unwrap();
    let key = store.key(made, NOON, 0).await.unwrap();
    assert_eq!((key.refused_since_revoked, key.last_refused_at), (6, Some(at(20))));
    assert_eq!(store.key_usage(made, 1, NOON).await.unwrap()[0].refused, 10);
}

async fn the_oldest_callers_are_summed(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", NOON).await.id;
    let caller = |last: u8, ms, allowed| CallerCount {
        address: address(last),
        first_at: at(ms),
        last_at: at(ms + 1),
        allowed,
        refused: 1,
    };
    let most = MAX_CALLERS as u8;
    // One after the other, the first again at the end: it is young then.
    for number in 0..most {
        let batch = KeyUsage { callers: vec![caller(number, i64::from(number) * 10, 2)], ..usage(made) };
        store.record_usage(&[batch], NOON).await.unwrap();
    }
    let young = KeyUsage { callers: vec![caller(0, 1000, 5)], ..usage(made) };
    store.record_usage(&[young], NOON).await.unwrap();
    let callers = store.key_callers(made).await.unwrap();
    assert_eq!(callers.len(), MAX_CALLERS);
    assert_eq!(
        callers[0],
        Caller { address: "192.0.2.0".into(), first_at: at(0), last_at: at(1001), allowed: 7, refused: 2 }
    );
    assert_eq!(callers[1].address, format!("192.0.2.{}", most - 1), "latest first");

    let more = vec![caller(100, 2000, 1), caller(101, 2010, 1), caller(101, 2020, 1)];
    let others = OtherCallers { first_at: at(-5), last_at: at(3), allowed: 40, refused: 50 };
    store
        .record_usage(&[KeyUsage { callers: more, others: Some(others), ..usage(made) }], NOON)
        .await
        .unwrap();
    let callers = store.key_callers(made).await.unwrap();
    assert_eq!(callers.len(), MAX_CALLERS + 1);
    assert_eq!((callers[0].address.as_str(), callers[0].allowed), ("192.0.2.101", 2));
    // The two oldest made room: those with the numbers 1 and 2.
    let others = callers.last().unwrap();
    assert_eq!(
        *others,
        Caller { address: "others".into(), first_at: at(-5), last_at: at(21), allowed: 44, refused: 52 }
    );
    assert!(callers.iter().all(|caller| caller.address != "192.0.2.1" && caller.address != "192.0.2.2"));
    let allowed: u64 = callers.iter().map(|caller| caller.allowed).sum();
    assert_eq!(allowed, u64::from(most) * 2 + 5 + 3 + 40, "nobody's requests are lost");
}

async fn a_large_batch_is_written_whole(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let mut batch = Vec::new();
    for number in 0..60 {
        let made = key(&store, shop, &format!("key {number}"), NOON).await;
        batch.push(KeyUsage {
            last_used: Some((at(number), address(1))),
            days: (0..20)
                .map(|day| DayCount { day: NOON.day() - day, allowed: 1, ..DayCount::default() })
                .collect(),
            callers: (0..40)
                .map(|last| CallerCount {
                    address: address(last),
                    first_at: at(0),
                    last_at: at(i64::from(last)),
                    allowed: 1,
                    refused: 0,
                })
                .collect(),
            ..usage(made.id)
        });
    }
    store.record_usage(&batch, NOON).await.unwrap();
    for usage in &batch {
        assert_eq!(store.key(usage.key, NOON, 0).await.unwrap().requests30d, 20);
        let callers = store.key_callers(usage.key).await.unwrap();
        assert_eq!((callers.len(), callers.last().unwrap().allowed), (MAX_CALLERS + 1, 8));
    }
}

async fn who_follows_uses_is_told_of_each_batch_as_it_was_written(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", NOON).await.id;
    let unheard = KeyUsage { last_used: Some((at(5), address(1))), ..usage(made) };
    store.record_usage(std::slice::from_ref(&unheard), NOON).await.unwrap();
    assert!(!store.changes().has_usage_subscribers());
    let mut uses = store.changes().subscribe_uses();
    let day = DayCount { day: NOON.day(), allowed: 3, limited: 2, refused: 1 };
    let batch = [
        KeyUsage { last_used: Some((at(9), address(2))), days: vec![day], ..usage(made) },
        KeyUsage { last_used: Some((at(7), address(3))), days: vec![day], ..usage(made) },
        KeyUsage { last_used: Some((at(9), address(2))), ..usage(KeyId::from_number(1)) },
    ];
    store.record_usage(&batch, NOON).await.unwrap();
    let told = Use {
        key: made,
        project: shop,
        last_used_at: Some(at(9)),
        last_used_from: Some("192.0.2.2".into()),
        requests: 10,
        refused_since_revoked: 0,
        refused_since_paused: 0,
        last_refused_at: None,
    };
    assert_eq!(uses.recv().await.unwrap()[..], *std::slice::from_ref(&told), "one for each stored key");

    // What is older changes nothing, and what is told is how the key is then.
    store.record_usage(std::slice::from_ref(&unheard), NOON).await.unwrap();
    assert_eq!(uses.recv().await.unwrap()[..], [Use { requests: 0, ..told.clone() }]);
    store.revoke_key(&ann(at(10)), made, None).await.unwrap();
    let refused = KeyUsage {
        refusals: vec![Refusals { during: Refused::Revoked, count: 4, last: at(11) }],
        days: vec![DayCount { day: NOON.day(), refused: 4, ..DayCount::default() }],
        ..usage(made)
    };
    store.record_usage(&[refused], NOON).await.unwrap();
    let still_tried = Use { requests: 0, refused_since_revoked: 4, last_refused_at: Some(at(11)), ..told };
    assert_eq!(uses.recv().await.unwrap()[..], [still_tried]);
}

async fn usage_is_no_event(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", NOON).await.id;
    let before = store.audit_head().await.unwrap();
    store
        .record_usage(&[KeyUsage { last_used: Some((at(1), address(1))), ..usage(made) }], NOON)
        .await
        .unwrap();
    assert_eq!(store.audit_head().await.unwrap(), before);
    assert_eq!(store.changes().newest(), before.seq);
}

async fn the_same_batch_counts_once_and_the_next_one_counts(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", NOON).await.id;
    let counted = |last: u8| KeyUsage {
        last_used: Some((at(i64::from(last)), address(last))),
        days: vec![DayCount { day: NOON.day(), allowed: 10, limited: 1, refused: 0 }],
        callers: vec![CallerCount {
            address: address(last),
            first_at: at(1),
            last_at: at(1),
            allowed: 10,
            refused: 0,
        }],
        ..usage(made)
    };
    let other = BatchId { node: NodeId::from_number(2), number: 1 };
    for (id, last, need, expected) in [
        (batch(1), 1, Need::Other, 11),
        (batch(1), 1, Need::Other, 11),
        (batch(1), 1, Need::Revocation, 11),
        (batch(2), 2, Need::Revocation, 22),
        (batch(2), 2, Need::Revocation, 22),
        (batch(1), 1, Need::Other, 22),
        // Another node has numbers of its own.
        (other, 3, Need::Other, 33),
        (batch(3), 4, Need::Other, 44),
        (other, 3, Need::Other, 44),
    ] {
        store.record_batch(id, &[counted(last)], NOON, need).await.unwrap();
        assert_eq!(store.key(made, NOON, 0).await.unwrap().requests30d, expected, "{id:?}");
    }
    let callers = store.key_callers(made).await.unwrap();
    assert_eq!(callers.iter().map(|caller| caller.allowed).collect::<Vec<_>>(), [10; 4]);
    // A start of a node that has ended left nothing.
    store.end_batches(other.node).await.unwrap();
    store.record_batch(other, &[counted(5)], NOON, Need::Other).await.unwrap();
    assert_eq!(store.key(made, NOON, 0).await.unwrap().requests30d, 55);
}

async fn what_killed_nodes_have_left_is_forgotten_after_a_week(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let made = key(&store, shop, "Web", NOON).await.id;
    let counted = || KeyUsage {
        days: vec![DayCount { day: NOON.day(), allowed: 1, ..DayCount::default() }],
        ..usage(made)
    };
    let killed = BatchId { node: NodeId::from_number(9), number: 5 };
    let written = async |id: BatchId, now: Timestamp| {
        store.record_batch(id, &[counted()], now, Need::Other).await.unwrap();
        store.key(made, NOON, 0).await.unwrap().requests30d
    };
    assert_eq!(written(killed, days_ago(8)).await, 1);
    assert_eq!(written(killed, days_ago(2)).await, 1, "it is there");
    let started = BatchId { node: NodeId::from_number(10), number: 1 };
    assert_eq!(written(started, days_ago(2)).await, 2);
    assert_eq!(written(killed, days_ago(2)).await, 2, "it may still be sent again");
    let started = BatchId { node: NodeId::from_number(11), number: 1 };
    assert_eq!(written(started, NOON).await, 3);
    assert_eq!(written(killed, NOON).await, 4, "it is known no more");
}

fn batch(number: u64) -> BatchId {
    BatchId { node: NodeId::from_number(1), number }
}

fn usage(key: KeyId) -> KeyUsage {
    KeyUsage {
        key,
        last_used: None,
        refusals: Vec::new(),
        days: Vec::new(),
        callers: Vec::new(),
        others: None,
    }
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}
