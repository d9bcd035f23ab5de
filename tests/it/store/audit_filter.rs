//! A filter of events means the same over loaded rows and as SQL, on each database.

use keydeck::store::{By, SharedStore};
use keydeck::wire::audit::{Event, EventQuery};
use keydeck::wire::filter::{EventFilter, Names};
use keydeck::wire::keys::Mode;
use keydeck::wire::reviews::{Decide, Decision, NewReview, ReviewEdit, Scope};
use keydeck::wire::session::Plan;
use keydeck::wire::text;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sqlx::Connection as _;

use super::filter::{PIECES, sample};
use super::support::{NOON, at, days_ago, memory_store, open, project, record_of, token_secret};

#[test]
fn filters_of_events_mean_the_same_in_memory_on_sqlite_and_on_postgresql() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 400, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let names = sample(&mut runner, proptest::collection::vec(super::filter::name(), 60));
    let database = runtime.block_on(crate::support::postgres::database("the filter of events on PostgreSQL"));
    let mut stores = vec![runtime.block_on(memory_store())];
    if let Some(database) = &database {
        stores.push(runtime.block_on(open(&database.url)));
    }
    let filled: Vec<(SharedStore, Vec<Event>)> = stores
        .into_iter()
        .map(|store| {
            let events = runtime.block_on(fill(&store, &names));
            assert!(events.len() > 100, "most names may be stored: {}", events.len());
            (store, events)
        })
        .collect();
    let mut some = 0;
    runner
        .run(&filter(), |text| {
            let Ok(parsed) = EventFilter::parse(&text) else { return Ok(()) };
            for (store, events) in &filled {
                // The log alone says what everything is called now.
                let names = Names::of(events);
                let local: Vec<u64> = events
                    .iter()
                    .filter(|event| parsed.matches(event, &names, NOON))
                    .map(|event| event.seq)
                    .collect();
                let query = EventQuery { filter: text.clone(), limit: Some(1000), ..EventQuery::default() };
                let page = runtime.block_on(store.audit_events(&query, NOON)).unwrap();
                let remote: Vec<u64> = page.items.iter().map(|event| event.seq).collect();
                prop_assert_eq!(&remote, &local, "{}", text);
                prop_assert_eq!(page.total, local.len() as u64);
            }
            Ok(())
        })
        .unwrap();
    // The filters were neither all empty nor all full.
    let known = filled[0].1.len() as u64;
    for text in [
        "web",
        "!web",
        "é",
        "%",
        "by:ci",
        "project:shop",
        "key:web",
        "at<60d",
        "action:renamed",
        "\"key renamed\"",
        "action:\"key renamed\"",
        "deleted",
        "!deleted",
        "action:replacement",
        "by:ci,zzzz",
        "!key:web,a",
    ] {
        let query = EventQuery { filter: text.into(), ..EventQuery::default() };
        let total = runtime.block_on(filled[0].0.audit_events(&query, NOON)).unwrap().total;
        some += usize::from(total > 0 && total < known);
    }
    assert!(some >= 10, "{some}");
    for (store, events) in &filled {
        for (text, review) in [("conf3", "Conf3"), ("\"review Q4\"", "Q4 100%_É"), ("öth", "Öther")] {
            let query = EventQuery { filter: format!("{text} action:decided"), ..EventQuery::default() };
            let found = runtime.block_on(store.audit_events(&query, NOON)).unwrap();
            let named = |event: &&Event| event.detail_text("name") == Some(review);
            let id = events.iter().find(named).unwrap().review();
            let all = events.iter().filter(|event| event.key.is_some() && event.review() == id).count();
            assert!(
                all > 3 && found.total == all as u64,
                "{text} finds the decisions: {all} {}",
                found.total
            );
            assert!(found.items.iter().all(|event| event.review() == id), "{text} finds no others");
        }
    }
    drop(filled);
    if let Some(database) = database {
        runtime.block_on(database.remove());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_are_counted_come_whole_a_page_at_a_time_from_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check_many(&keydeck::store::sql::sqlite_url(&folder.path().join("keydeck.db"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_are_counted_come_whole_a_page_at_a_time_from_postgresql() {
    let Some(database) = crate::support::postgres::database("a long log").await else { return };
    check_many(&database.url).await;
    database.remove().await;
}

/// Pages of filters that let more through than are counted, about as many, few and none.
async fn check_many(url: &str) {
    const MANY: u64 = 11_000;
    let review = |number: u64| format!("rev_{number:026}");
    let opened =
        keydeck::store::sql::SqlStore::open(url, keydeck::store::sql::Options::default()).await.unwrap();
    let store: keydeck::store::SharedStore = opened.clone();
    let shop = project(&store, "Shop").await;
    let web = super::support::key(&store, shop, "Web", NOON).await;
    let sample = store.audit_events(&EventQuery::default(), NOON).await.unwrap().items.remove(0);
    opened.close().await;
    let mut db = sqlx::AnyConnection::connect(url).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for seq in 3..=MANY {
        let name = if seq % 1000 == 7 { format!("Rare {seq}") } else { format!("Batch {seq}") };
        let mut detail = serde_json::json!({ "name": name });
        if seq % 1000 == 8 {
            detail["review"] = review(seq / 1000).into();
        }
        let body = Event { seq, at: at(seq as i64), detail, ..sample.clone() }.body();
        sqlx::query("insert into audit_events values ($1, $2, 'local:ann', 'key.created', $3, $4, $5, '')")
            .bind(seq as i64)
            .bind(at(seq as i64).millis())
            .bind(shop.to_string())
            .bind(web.id.to_string())
            .bind(body)
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    // More than databases take terms.
    for number in 0..1100 {
        sqlx::query(
            "insert into reviews values ($1, $2, '[]', '', 0, 0, 0, '', 1, '', 0, 0, 0, '', 0, '', 0, '', 1)",
        )
        .bind(review(number))
        .bind(format!("Quarter {number}"))
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    sqlx::query("update audit_head set seq = $1").bind(MANY as i64).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await.unwrap();
    let store = open(url).await;
    for (filter, matches) in [
        ("batch", None),
        ("batch !by:ben at>0s", None),
        ("key:web", Some(1)),
        ("rare", Some(11)),
        ("action:created \"rare 1\"", Some(2)),
        ("zebra", Some(0)),
        ("quarter", Some(11)),
        ("\"review quarter 1\"", Some(2)),
        ("quarter !\"quarter 7\"", Some(10)),
    ] {
        for action in [None, Some(keydeck::wire::audit::Action::KeyCreated)] {
            let mut query =
                EventQuery { filter: filter.into(), action, limit: Some(990), ..EventQuery::default() };
            let now = at(MANY as i64 + 1);
            let (mut seqs, mut totals) = (Vec::new(), std::collections::BTreeSet::new());
            loop {
                let page = store.audit_events(&query, now).await.unwrap();
                totals.insert((page.total, page.more));
                seqs.extend(page.items.iter().map(|event| event.seq));
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
                // A cursor belongs to its filter.
                let other = EventQuery { filter: format!("{filter} x"), ..query.clone() };
                let refused = store.audit_events(&other, now).await;
                assert!(matches!(refused, Err(keydeck::store::StoreError::Cursor)), "{filter}");
            }
            assert!(seqs.is_sorted_by(|one, next| one > next), "{filter}: newest first, none twice");
            let expected = matches.unwrap_or(MANY - 2 - 11);
            assert_eq!(seqs.len() as u64, expected, "{filter}");
            assert_eq!(totals.into_iter().collect::<Vec<_>>(), [(expected.min(10_000), expected > 10_000)]);
        }
    }
}

/// Events of all kinds, newest first: of what is called otherwise now, too.
async fn fill(store: &SharedStore, names: &[String]) -> Vec<Event> {
    let mut projects = Vec::new();
    for name in ["Web Shop", "100%_É", "zz'\\"] {
        projects.push(project(store, name).await);
    }
    let mut made = Vec::new();
    for (number, given) in names.iter().enumerate() {
        let Ok(name) = text::name(given) else { continue };
        let mode = if number % 3 == 0 { Mode::Test } else { Mode::Live };
        let actor = ["local:ann", "token:CI 100%", "local:É\n\tweb"][number % 3];
        let by = By::new(actor, days_ago(120 - number as i64 * 2));
        let of = projects[number % projects.len()];
        // It fails for two names that fold to one.
        let Ok(key) = store.create_key(&by, of, &record_of(&name, mode), Plan::Enterprise).await else {
            continue;
        };
        made.push(key.value.id);
        if number % 4 == 0 {
            let other = format!("{} then", &names[(number + 7) % names.len()]);
            if let Ok(other) = text::name(&other) {
                let _ = store.rename_key(&by, key.value.id, &other).await;
            }
        }
        if number % 5 == 0 {
            let reason = text::reason(&format!("{given}\n\t\"{}\"", names[(number + 1) % names.len()]));
            store.revoke_key(&by, key.value.id, reason.ok().as_deref()).await.unwrap();
        }
    }
    let by = By::new("local:Ben", at(-1));
    for (name, place) in [("Conf3", 1), ("Q4 100%_É", 2), ("Conf4", 3)] {
        let new = NewReview { name: name.into(), scope: Scope::default(), due_at: None };
        let review = store.start_review(&by, &new).await.unwrap().value.id;
        let decide = Decide { decision: Decision::Skip, until: None, reason: None, version: 0 };
        // Revoked keys are not part of it.
        for key in made.iter().skip(place).step_by(3) {
            let _ = store.decide(&by, review, *key, Some(&decide), None).await;
        }
        if place == 3 {
            let edit = ReviewEdit { name: Some("Öther".into()), ..ReviewEdit::default() };
            store.edit_review(&by, review, &edit).await.unwrap();
        }
    }
    store.rename_project(&by, projects[1], "Ünder Web").await.unwrap();
    store.put_rules(&by, projects[0], &[]).await.unwrap();
    store.deploy(&by, projects[0], false).await.unwrap();
    store.archive_project(&by, projects[2], true).await.unwrap();
    let secret = token_secret();
    let role = keydeck::wire::tokens::Role::Auditor;
    store.create_token(&by, "web token", role, secret.hint(), &secret.hash().unwrap()).await.unwrap();
    let all = EventQuery { limit: Some(1000), ..EventQuery::default() };
    store.audit_events(&all, NOON).await.unwrap().items
}

fn filter() -> impl Strategy<Value = String> {
    const MORE: &[&str] = &[
        "created", "revoked", "project.", "then", "ünder", "7", "12", "true", "token", "ben", "review c",
        "conf", "öther",
    ];
    let piece = || {
        prop_oneof![
            2 => proptest::sample::select(PIECES).prop_map(str::to_owned),
            1 => proptest::sample::select(MORE).prop_map(str::to_owned),
            1 => "\\PC{0,2}",
        ]
    };
    let quoted = piece().prop_map(|text| format!("\"{}\"", text.replace('"', "")));
    let field = (proptest::sample::select(&["action", "project", "by", "key"][..]), quoted.clone())
        .prop_map(|(field, text)| format!("{field}:{text}"));
    let fixed = proptest::sample::select(
        &[
            "at>30d",
            "at<30d",
            "at>0s",
            "at<0s",
            "at>24h",
            "at<2026-01-01",
            "at:>2025-12-20",
            "at>1000y",
            "\"a\nb\"",
            "\"\u{0}\"",
            "\"\n\t\"",
        ][..],
    )
    .prop_map(str::to_owned);
    let term = (prop_oneof![Just(""), Just("!")], prop_oneof![quoted, field, fixed, piece()])
        .prop_map(|(sign, term)| format!("{sign}{term}"));
    proptest::collection::vec(term, 0..4).prop_map(|terms| terms.join(" "))
}
