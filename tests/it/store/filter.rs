//! A filter means the same over loaded rows and as SQL, on each database.

use std::net::IpAddr;

use keydeck::secret::Secret;
use keydeck::store::{CallerCount, DayCount, KeyUsage, Refusals, Refused, SharedStore};
use keydeck::wire::filter::{AsOf, Filter};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{Key, KeyQuery, Mode, StatusQuery};
use keydeck::wire::session::{Plan, Thresholds};
use keydeck::wire::text;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::support::{NOON, ann, at, days_ago, project, record_of, uses_come_late};
use keydeck::store::By;
use keydeck::store::sql::{Options, SqlStore};

/// None that any program has by default.
const THRESHOLDS: Thresholds =
    Thresholds { warn_days: 21, stale_days: 63, review_every_days: 90, quiet_seconds: 86_400 };

/// So many seconds last uses come late: in the last but five of them a use may have happened that is not known.
const LATE: u64 = 65;

/// What names are made of, and what is looked for: letters that fold, signs of LIKE and of the language.
pub(super) const PIECES: &[&str] = &[
    "web",
    "Web",
    "WEB",
    "a",
    "A",
    "é",
    "É",
    "e\u{301}",
    "İ",
    "ı",
    "ẞ",
    "ß",
    "ﬀ",
    "Ω",
    "Σ",
    "ς",
    "K",
    "%",
    "_",
    "\\",
    "\\%",
    "'",
    "''",
    "-",
    "--",
    ":",
    "<",
    "!",
    "100%",
    "shop",
    "local",
    "ann",
    "redir",
    "live",
    "key_",
    "prj_",
    "****",
    "live_0000…",
    " ",
    "\u{1f600}",
    "\u{a0}",
    "0",
    "z",
];

#[test]
fn filters_mean_the_same_in_memory_on_sqlite_and_on_postgresql() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 400, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let names = sample(&mut runner, proptest::collection::vec(name(), 60));
    let database = runtime.block_on(crate::support::postgres::database("the filter on PostgreSQL"));
    let mut stores = vec![runtime.block_on(open("sqlite::memory:"))];
    if let Some(database) = &database {
        stores.push(runtime.block_on(open(&database.url)));
    }
    let filled: Vec<(SharedStore, Vec<Key>)> = stores
        .into_iter()
        .map(|store| {
            let keys = runtime.block_on(fill(&store, &names));
            assert!(keys.len() > 40, "most names may be stored: {}", keys.len());
            (store, keys)
        })
        .collect();
    let mut found = [0; 2];
    let as_of = AsOf { now: NOON, thresholds: THRESHOLDS };
    runner
        .run(&filter(), |text| {
            let Ok(parsed) = Filter::parse(&text) else { return Ok(()) };
            for (store, keys) in &filled {
                let local: Vec<KeyId> =
                    keys.iter().filter(|key| parsed.matches(key, as_of)).map(|key| key.id).collect();
                let query = KeyQuery {
                    filter: text.clone(),
                    status: Some(StatusQuery::All),
                    limit: Some(1000),
                    ..KeyQuery::default()
                };
                uses_come_late(store, LATE);
                let page = runtime.block_on(store.keys(&query, NOON, u64::MAX)).unwrap();
                let remote: Vec<KeyId> = page.items.iter().map(|key| key.id).collect();
                prop_assert_eq!(&remote, &local, "{}", text);
                prop_assert_eq!(page.total, local.len() as u64);
            }
            Ok(())
        })
        .unwrap();
    // The filters were neither all empty nor all full.
    for text in [
        "status:idle",
        "status:stale",
        "status:unused",
        "status:new",
        "status:in-use",
        "!status:stale",
        "status:paused",
        "owner:none",
        "finding:noOwner",
        "finding:replacementActive",
        "finding:refused status:paused",
        "finding:refused status:revoked",
        "finding:wokeUp",
        "finding:newNetwork",
        "status:paused,revoked",
        "used:never,>60d",
        "owner=none,\"Ann Web\"",
        "!owner:none,ann",
        "finding:wokeUp,newNetwork status:active,revoked",
    ] {
        let query = KeyQuery { filter: text.into(), ..KeyQuery::default() };
        let total = runtime.block_on(filled[0].0.keys(&query, NOON, 0)).unwrap().total;
        assert!(total > 2 && total < filled[0].1.len() as u64 - 3, "{text}: {total}");
    }
    for text in ["web", "!web", "é", "%"] {
        let query = KeyQuery { filter: text.into(), ..KeyQuery::default() };
        let total = runtime.block_on(filled[0].0.keys(&query, NOON, 0)).unwrap().total;
        found[usize::from(total > 0)] += 1;
    }
    assert!(found[1] >= 3, "{found:?}");
    drop(filled);
    if let Some(database) = database {
        runtime.block_on(database.remove());
    }
}

async fn open(url: &str) -> SharedStore {
    SqlStore::open(url, Options { thresholds: THRESHOLDS, ..Options::default() }).await.expect("a store")
}

/// Keys of all kinds, by creation.
async fn fill(store: &SharedStore, names: &[String]) -> Vec<Key> {
    let mut projects = Vec::new();
    for name in ["Web Shop", "100%_É", "zz'\\"] {
        projects.push(project(store, name).await);
    }
    for (number, given) in names.iter().enumerate() {
        let Ok(name) = text::name(given) else { continue };
        let mode = if number % 3 == 0 { Mode::Test } else { Mode::Live };
        let actor = ["local:ann", "token:CI 100%", "local:É_web"][number % 3];
        let by = By::new(actor, days_ago(120 - number as i64 * 2));
        let project = projects[number % projects.len()];
        let mut new = record_of(&name, mode);
        new.owner = ["", "Ann Web", "\u{c9}_100%", "none"]
            .get(number % 4)
            .filter(|owner| !owner.is_empty())
            .map(|owner| (*owner).to_owned());
        let Ok(made) = store.create_key(&by, project, &new, Plan::Enterprise).await else {
            continue; // Two names that fold to one.
        };
        let used = |days: f64, address: u8| {
            let at = at(-(days * 86_400_000.0) as i64);
            let address = IpAddr::from([192, 0, address, 1]);
            KeyUsage {
                key: made.value.id,
                last_used: Some((at, address)),
                refusals: Vec::new(),
                days: Vec::new(),
                callers: vec![CallerCount { address, first_at: at, last_at: at, allowed: 1, refused: 0 }],
                others: None,
            }
        };
        if number % 4 == 0 {
            store.record_usage(&[used(number as f64 / 24.0, 2)], NOON).await.unwrap();
        }
        if number % 7 == 0 {
            // Woken up, and from a new network.
            for (days, address) in [(45.0, 2), (3.0, 3)] {
                store.record_usage(&[used(days, address)], NOON).await.unwrap();
            }
        }
        if number % 8 == 3 {
            // Around the thresholds, as far as a use may be late.
            let (days, seconds) = ([21.0, 63.0][number / 8 % 2], [59.0, 60.0, 61.0][number / 16 % 3]);
            let edge = KeyUsage { callers: Vec::new(), ..used(days + seconds / 86_400.0, 2) };
            store.record_usage(&[edge], NOON).await.unwrap();
        }
        if number % 6 == 1 {
            let secret = Secret::generate(mode.kind()).unwrap();
            let hash = secret.hash().unwrap();
            let next = store
                .rotate_key(&ann(days_ago(9)), made.value.id, None, secret.hint(), &hash, Plan::Enterprise)
                .await
                .unwrap();
            if number % 12 == 1 {
                store.record_usage(&[KeyUsage { key: next.value.id, ..used(1.0, 2) }], NOON).await.unwrap();
            }
        }
        if number % 5 == 0 {
            store.revoke_key(&ann(days_ago(9)), made.value.id, None).await.unwrap();
        }
        if number % 5 == 1 {
            store.pause_key(&ann(days_ago(9)), made.value.id, None).await.unwrap();
        }
        if number % 3 == 0 {
            let days = vec![DayCount {
                day: days_ago(8 - number as i64 % 7).day(),
                allowed: 0,
                limited: 0,
                refused: 2,
            }];
            let at = days_ago(8 - number as i64 % 7);
            store
                .record_usage(
                    &[KeyUsage {
                        last_used: None,
                        refusals: vec![Refusals { during: Refused::Revoked, count: 2, last: at }],
                        days,
                        callers: Vec::new(),
                        ..used(0.0, 2)
                    }],
                    NOON,
                )
                .await
                .unwrap();
        }
    }
    let all = KeyQuery { status: Some(StatusQuery::All), limit: Some(1000), ..KeyQuery::default() };
    uses_come_late(store, LATE);
    store.keys(&all, NOON, u64::MAX).await.unwrap().items
}

pub(super) fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![proptest::sample::select(PIECES).prop_map(str::to_owned), "\\PC{1,3}"],
        1..5,
    )
    .prop_map(|pieces| pieces.concat())
}

fn filter() -> impl Strategy<Value = String> {
    let piece = || prop_oneof![proptest::sample::select(PIECES).prop_map(str::to_owned), "\\PC{0,2}"];
    let quoted = piece().prop_map(|text| format!("\"{}\"", text.replace('"', "")));
    let values = proptest::collection::vec(quoted.clone(), 1..4).prop_map(|values| values.join(","));
    let field = (proptest::sample::select(&["name", "project", "by", "owner"][..]), values)
        .prop_map(|(field, text)| format!("{field}:{text}"));
    let fixed = proptest::sample::select(
        &[
            "status:active",
            "status:idle",
            "status:stale",
            "status:unused",
            "status:\"in use\"",
            "status:in-use",
            "status:paused",
            "status:revoked",
            "mode:test",
            "mode:live",
            "used:never",
            "used>30d",
            "used<30d",
            "used<2026-01-01",
            "used>2025-12-01",
            "created<2025-12-01",
            "created:>2026-01-01",
            "idle>30d",
            "idle<30d",
            "idle>0s",
            "idle>21d",
            "idle<63d",
            "idle<0s",
            "created>50d",
            "created<50d",
            "idle>24h",
            "created>1000y",
            "owner:none",
            "owner=\"Ann Web\"",
            "reviewed:never",
            "reviewed>1d",
            "finding:any",
            "finding:stale",
            "finding:idle",
            "finding:neverUsed",
            "finding:noOwner",
            "finding:neverReviewed",
            "finding:reviewOverdue",
            "finding:replacementActive",
            "finding:refused",
            "finding:wokeUp",
            "finding:newNetwork",
            "status:active,revoked",
            "status:paused,revoked",
            "status:revoked,idle",
            "status:stale,unused,paused",
            "mode:live,test",
            "used:never,>60d",
            "created:<30d,>2025-12-15",
            "owner:none,ann",
            "owner=none,\"Ann Web\"",
            "finding:wokeUp,refused",
            "finding:any,stale",
            "reviewed:never,<1d",
        ][..],
    )
    .prop_map(str::to_owned);
    let term = (prop_oneof![Just(""), Just("!")], prop_oneof![quoted, field, fixed, piece()])
        .prop_map(|(sign, term)| format!("{sign}{term}"));
    proptest::collection::vec(term, 0..4).prop_map(|terms| terms.join(" "))
}

pub(super) fn sample<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).expect("a value").current()
}
