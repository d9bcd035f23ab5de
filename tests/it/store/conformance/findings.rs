//! What a reviewer should look at, at the edges of each rule.

use keydeck::store::{CallerCount, KeyUsage, SharedStore};
use keydeck::wire::filter::AsOf;
use keydeck::wire::findings::FindingCode;
use keydeck::wire::id::KeyId;
use keydeck::wire::key_groups::{GroupBy, KeyGroupQuery, KeyGroups};
use keydeck::wire::keys::{Key, KeyQuery, Sort, StatusQuery};
use keydeck::wire::session::Plan;
use keydeck::wire::time::Timestamp;

use crate::store::support::{NOON, ann, at, days_ago, key, project, record, uses_come_late};

super::on_each_database!(
    each_rule_begins_where_it_says,
    a_key_is_idle_and_stale_only_when_it_certainly_is,
    a_key_that_woke_up_is_found_for_a_week,
    a_network_is_new_after_thirty_observed_days,
    a_replacement_in_use_is_a_finding_of_the_old_key,
    the_worst_come_first_and_pages_join,
    findings_are_counted,
);

fn used(key: KeyId, at: Timestamp, address: &str) -> KeyUsage {
    let address = address.parse().unwrap();
    let caller = CallerCount { address, first_at: at, last_at: at, allowed: 1, refused: 0 };
    KeyUsage {
        key,
        last_used: Some((at, address)),
        refusals: Vec::new(),
        days: Vec::new(),
        callers: vec![caller],
        others: None,
    }
}

fn codes(key: &Key) -> Vec<&'static str> {
    key.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// A key with an owner, so that nothing is to be found in it at first.
async fn owned(
    store: &SharedStore,
    project: keydeck::wire::id::ProjectId,
    name: &str,
    now: Timestamp,
) -> Key {
    let mut new = record(name);
    new.owner = Some("ann".into());
    store.create_key(&ann(now), project, &new, Plan::Pro).await.unwrap().value
}

async fn each_rule_begins_where_it_says(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let day = |days: i64, ms: i64| Timestamp::from_millis(days_ago(days).millis() - ms);
    for (name, created, last, expected) in [
        ("new", day(7, 0), None, &[][..]),
        ("a week", day(7, 1), None, &["neverUsed"]),
        ("almost idle", day(80, 0), Some(day(30, -1)), &[]),
        ("idle", day(80, 0), Some(day(30, 0)), &["idle"]),
        ("almost stale", day(90, 0), Some(day(90, -1)), &["idle"]),
        ("stale", day(90, 0), Some(day(90, 0)), &["stale"]),
        ("reviewed never", day(90, 1), Some(day(1, 0)), &["neverReviewed"]),
        ("unused", day(90, 0), None, &["stale", "neverUsed"]),
        ("unused for long", day(120, 0), None, &["stale", "neverUsed", "neverReviewed"]),
    ] {
        let made = owned(&store, shop, name, created).await;
        if let Some(last) = last {
            let use_of_it = KeyUsage { callers: Vec::new(), ..used(made.id, last, "192.0.2.1") };
            store.record_usage(&[use_of_it], NOON).await.unwrap();
        }
        let found = store.key(made.id, NOON, u64::MAX).await.unwrap();
        // A use after a long time is a finding of its own; here only its end counts.
        let found: Vec<_> = codes(&found).into_iter().filter(|code| *code != "wokeUp").collect();
        assert_eq!(found, expected, "{name}");
    }
    let nobodys = key(&store, shop, "nobody's", NOON).await;
    assert_eq!(codes(&nobodys), ["noOwner"]);
    let stale = store
        .keys(&KeyQuery { filter: "finding:stale".into(), ..KeyQuery::default() }, NOON, 0)
        .await
        .unwrap();
    let texts: Vec<&str> = stale.items.iter().map(|key| &*key.findings[0].text).collect();
    assert!(texts.contains(&"Not used for 90 days."), "{texts:?}");
    assert!(texts.contains(&"Not used in the 120 days since it was created."), "{texts:?}");
}

async fn a_key_is_idle_and_stale_only_when_it_certainly_is(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    // A node that is silent for 65 seconds may have seen a use in the last 60 of them: 5 are usual.
    for (name, days, seconds) in
        [("idle-", 30, 59), ("idle", 30, 60), ("stale-", 90, 59), ("stale", 90, 60), ("long", 200, 0)]
    {
        let used_at = Timestamp::from_millis(days_ago(days).millis() - seconds * 1000);
        let created = Timestamp::from_millis(used_at.millis() - 1000);
        let made = owned(&store, shop, name, created).await.id;
        let use_of_it = KeyUsage { callers: Vec::new(), ..used(made, used_at, "192.0.2.1") };
        store.record_usage(&[use_of_it], NOON).await.unwrap();
    }
    owned(&store, shop, "unused-", Timestamp::from_millis(days_ago(90).millis() - 59_000)).await;
    owned(&store, shop, "unused", Timestamp::from_millis(days_ago(90).millis() - 60_000)).await;

    let late = [
        ("status:stale", &["long", "stale", "unused"][..]),
        ("finding:stale", &["long", "stale", "unused"]),
        ("!idle<90d", &["long", "stale", "unused"]),
        ("status:idle", &["idle", "stale-", "unused-"]),
        ("finding:idle", &["idle", "stale-", "unused-"]),
        ("idle<30d", &["idle-"]),
        ("status:\"in use\"", &["idle-"]),
        // What is shown stays: the last use as it is known.
        ("used>30d", &["idle", "idle-", "long", "stale", "stale-"]),
    ];
    let usual = [
        ("status:stale", &["long", "stale", "stale-", "unused", "unused-"][..]),
        ("finding:stale", &["long", "stale", "stale-", "unused", "unused-"]),
        ("!idle<90d", &["long", "stale", "stale-", "unused", "unused-"]),
        ("status:idle", &["idle", "idle-"]),
        ("finding:idle", &["idle", "idle-"]),
        ("idle<30d", &[]),
        ("status:\"in use\"", &[]),
        ("used>30d", &["idle", "idle-", "long", "stale", "stale-"]),
    ];
    for (is_late, cases) in [(true, late), (false, usual)] {
        let late = || {
            if is_late {
                uses_come_late(&store, 65);
            } else {
                store.changes().set_unwritten(None);
            }
        };
        for (filter, expected) in cases {
            late();
            let query = KeyQuery { filter: filter.into(), ..KeyQuery::default() };
            let found = store.keys(&query, NOON, 0).await.unwrap();
            let mut names: Vec<_> = found.items.iter().map(|key| key.name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, expected, "{filter}, late: {is_late}");
        }
        let stale = cases[0].1.len() as u64;
        late();
        let counts = store.finding_counts(NOON).await.unwrap().counts;
        assert_eq!((counts["stale"], counts["idle"]), (stale, cases[3].1.len() as u64), "late: {is_late}");
        late();
        assert_eq!(store.key_counts(NOON).await.unwrap().stale, stale);
        late();
        assert_eq!(store.project(shop, NOON).await.unwrap().keys.stale, stale);
        // The worst first: the stale ones, by idle time.
        late();
        let sort: Sort = "findings".parse().unwrap();
        let worst = store.keys(&KeyQuery { sort: Some(sort), ..KeyQuery::default() }, NOON, 0).await.unwrap();
        let high = worst.items.iter().take_while(|key| codes(key).contains(&"stale")).count() as u64;
        assert_eq!(high, stale, "late: {is_late}");
        late();
        let by = GroupBy::Status;
        let groups = store.key_groups(&KeyGroupQuery { by, ..KeyGroupQuery::default() }, NOON).await.unwrap();
        assert_eq!(groups, KeyGroups::of(&worst.items, by, AsOf::from(NOON)), "late: {is_late}");
    }
}

async fn a_key_that_woke_up_is_found_for_a_week(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = owned(&store, shop, "web", days_ago(80)).await.id;
    for (ago, address) in [(79, "192.0.2.1"), (49, "192.0.2.1"), (20, "192.0.2.1")] {
        store.record_usage(&[used(web, days_ago(ago), address)], days_ago(ago)).await.unwrap();
    }
    let found = store.key(web, days_ago(42), 0).await.unwrap();
    assert_eq!(codes(&found), ["wokeUp"], "30 days idle, then used");
    assert_eq!(
        (&*found.findings[0].text, found.findings[0].since),
        ("Used again on 2025-11-27 after 30 idle days.", Some(days_ago(49)),)
    );
    assert_eq!(codes(&store.key(web, days_ago(20), 0).await.unwrap()), [""; 0], "that was 29 days later");
}

async fn a_network_is_new_after_thirty_observed_days(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = owned(&store, shop, "web", days_ago(80)).await.id;
    // Every few days, so that it never wakes up.
    for ago in [60, 50, 40, 30, 20, 10] {
        let address = if ago == 30 { "2001:db8:7:1::9" } else { "192.0.2.7" };
        store.record_usage(&[used(web, days_ago(ago), address)], days_ago(ago)).await.unwrap();
    }
    assert_eq!(codes(&store.key(web, days_ago(9), 0).await.unwrap()), [""; 0], "of 20 days ago");
    let found = store.key(web, days_ago(29), 0).await.unwrap();
    assert_eq!(codes(&found), ["newNetwork"]);
    assert_eq!(&*found.findings[0].text, "Used from 2001:db8:7::/48 for the first time on 2025-12-16.");
    // Another address of a known network is nothing new; the next network is.
    store.record_usage(&[used(web, days_ago(2), "192.0.2.99")], days_ago(2)).await.unwrap();
    assert_eq!(codes(&store.key(web, NOON, 0).await.unwrap()), [""; 0]);
    store.record_usage(&[used(web, days_ago(1), "::ffff:198.51.100.3")], days_ago(1)).await.unwrap();
    let found = store.key(web, NOON, 0).await.unwrap();
    assert_eq!(&*found.findings[0].text, "Used from 198.51.100.0/24 for the first time on 2026-01-14.");

    let busy = owned(&store, shop, "busy", days_ago(80)).await.id;
    for number in 0..300_u32 {
        let ago = 60 - i64::from(number) / 5;
        let address = format!("10.{}.{}.1", number / 200, number % 200);
        store.record_usage(&[used(busy, days_ago(ago), &address)], days_ago(ago)).await.unwrap();
    }
    assert_eq!(codes(&store.key(busy, NOON, 0).await.unwrap()), [""; 0], "more than 256 say nothing");
}

async fn a_replacement_in_use_is_a_finding_of_the_old_key(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    let web = owned(&store, shop, "web", days_ago(5)).await.id;
    let secret = keydeck::secret::Secret::generate(keydeck::secret::Kind::Live).unwrap();
    let hash = secret.hash().unwrap();
    let next =
        store.rotate_key(&ann(days_ago(3)), web, None, secret.hint(), &hash, Plan::Pro).await.unwrap().value;
    assert_eq!(codes(&store.key(web, NOON, 0).await.unwrap()), [""; 0], "nobody uses it yet");
    for ago in [2, 1] {
        store.record_usage(&[used(next.id, days_ago(ago), "192.0.2.1")], days_ago(ago)).await.unwrap();
    }
    let found = store.key(web, NOON, 0).await.unwrap();
    assert_eq!(codes(&found), ["replacementActive"]);
    assert_eq!(
        (&*found.findings[0].text, found.findings[0].since),
        ("Its replacement \"web-2\" is in use.", Some(days_ago(2)),)
    );
    store.pause_key(&ann(NOON), web, None).await.unwrap();
    assert_eq!(codes(&store.key(web, NOON, 0).await.unwrap()), [""; 0], "a paused key is out of the way");
}

async fn the_worst_come_first_and_pages_join(store: SharedStore) {
    let shop = project(&store, "Shop").await;
    for number in 0..40 {
        // None, low, medium and high by turns, and many that are alike.
        let created = days_ago([1, 40, 20, 120][number % 4] + number as i64 / 8);
        let made = if number % 4 == 1 {
            key(&store, shop, &format!("key {number}"), days_ago(1)).await
        } else {
            owned(&store, shop, &format!("key {number}"), created).await
        };
        if number % 9 == 0 {
            store.revoke_key(&ann(NOON), made.id, None).await.unwrap();
        }
    }
    for sort in ["findings", "-findings"] {
        let sort: Sort = sort.parse().unwrap();
        for (status, filter) in
            [(None, ""), (Some(StatusQuery::All), ""), (None, "key"), (None, "finding:any")]
        {
            let query = |limit, cursor| KeyQuery {
                sort: Some(sort),
                limit: Some(limit),
                cursor,
                status,
                filter: filter.to_owned(),
                ..KeyQuery::default()
            };
            let whole = store.keys(&query(1000, None), NOON, 0).await.unwrap();
            let mut expected = whole.items.clone();
            expected.sort_by_key(|key| (std::cmp::Reverse(key.severity()), key.idle_since(), key.id));
            if sort.descending {
                expected.reverse();
            }
            assert_eq!(whole.items, expected, "{sort} {status:?} {filter}");
            assert_eq!(whole.total, expected.len() as u64);
            let (mut cursor, mut joined) = (None, Vec::new());
            loop {
                let page = store.keys(&query(7, cursor), NOON, 0).await.unwrap();
                joined.extend(page.items);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(joined, expected, "{sort} {status:?} {filter}");
        }
    }
}

async fn findings_are_counted(store: SharedStore) {
    let none = store.finding_counts(NOON).await.unwrap();
    assert_eq!((none.keys, none.counts.len()), (0, FindingCode::ALL.len()));
    let shop = project(&store, "Shop").await;
    owned(&store, shop, "one", days_ago(100)).await;
    key(&store, shop, "two", days_ago(100)).await;
    key(&store, shop, "three", NOON).await;
    owned(&store, shop, "four", at(0)).await;
    let counts = store.finding_counts(NOON).await.unwrap();
    assert_eq!(counts.keys, 3);
    for (code, number) in [("stale", 2), ("neverUsed", 2), ("noOwner", 2), ("neverReviewed", 2), ("idle", 0)]
    {
        assert_eq!(counts.counts[code], number, "{code}");
    }
}
