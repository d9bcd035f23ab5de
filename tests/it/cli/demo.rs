//! The demo: the same each time, consistent at any time of the day, there for as long as one looks, and nowhere
//! on the disk.

use std::path::PathBuf;
use std::time::Duration;

use keydeck::cli::demo::seed;
use keydeck::store::SharedStore;
use keydeck::store::sql::{Options, SqlStore};
use keydeck::wire::audit::{EventQuery, Verifier};
use keydeck::wire::keys::{Caller, Key, KeyQuery, Mode, Status, StatusQuery, UsageDay};
use keydeck::wire::projects::Project;
use keydeck::wire::projects::ProjectQuery;
use keydeck::wire::time::Timestamp;
use serde_json::Value;

use super::keys::json;
use crate::support::home::{Home, KEYDECK};
use crate::support::process::assert_failed;
use crate::support::pty::Pty;

/// 2026-11-23T17:04:05Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_453_445_000);
const DAY: i64 = 86_400_000;

/// All that can be read of a store.
struct Read {
    projects: Vec<Project>,
    keys: Vec<(Key, Vec<UsageDay>, Vec<Caller>)>,
    events: Vec<Value>,
}

async fn seeded(now: Timestamp) -> SharedStore {
    let store: SharedStore = SqlStore::open("sqlite::memory:", Options::default()).await.expect("a store");
    seed(&store, now).await.expect("an empty store takes it");
    store
}

async fn read(store: &SharedStore, now: Timestamp) -> Read {
    let all = ProjectQuery { limit: Some(1000), ..ProjectQuery::default() };
    let projects = store.projects(&all, now).await.expect("projects").items;
    let query = KeyQuery { status: Some(StatusQuery::All), limit: Some(1000), ..KeyQuery::default() };
    let mut keys = Vec::new();
    for key in store.keys(&query, now, u64::MAX).await.expect("keys").items {
        let usage = store.key_usage(key.id, 90, now).await.expect("usage");
        let callers = store.key_callers(key.id).await.expect("callers");
        keys.push((key, usage, callers));
    }
    let query = EventQuery { limit: Some(1000), ..EventQuery::default() };
    let events = store.audit_events(&query, now).await.expect("events").items;
    let events = events.iter().rev().map(|event| serde_json::to_value(event).expect("JSON")).collect();
    Read { projects, keys, events }
}

/// What is the same each time: all but ids and what hangs on them.
fn story(read: &Read) -> String {
    let mut told = Vec::new();
    for project in &read.projects {
        told.push(serde_json::to_value(project).expect("JSON"));
    }
    for (key, usage, callers) in &read.keys {
        told.push(serde_json::json!([key, usage, callers]));
    }
    told.extend(read.events.iter().cloned());
    let mut text = String::new();
    for mut value in told {
        strip(&mut value);
        text.push_str(&value.to_string());
        text.push('\n');
    }
    text
}

fn strip(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(strip),
        Value::Object(members) => {
            for name in [
                "id",
                "projectId",
                "project",
                "key",
                "hash",
                "previousHash",
                "rotatedFrom",
                "token",
                "review",
            ] {
                members.remove(name);
            }
            members.values_mut().for_each(strip);
        }
        _ => {}
    }
}

#[tokio::test]
async fn two_demos_tell_the_same_story() {
    let first = story(&read(&seeded(NOW).await, NOW).await);
    let second = story(&read(&seeded(NOW).await, NOW).await);
    for (first, second) in first.lines().zip(second.lines()) {
        assert_eq!(first, second, "something in it is left to chance");
    }
    assert_eq!(first.len(), second.len());
    assert!(first.contains("web-frontend") && first.contains("local:maya"));
    assert!(!first.contains("prj_") && !first.contains("key_"), "ids are left out of what is compared");
}

#[tokio::test]
async fn each_kind_of_thing_is_in_it() {
    let store = seeded(NOW).await;
    let read = read(&store, NOW).await;
    assert_eq!(read.projects.len(), 8);
    assert!(read.projects.iter().all(|project| project.rules > 50 && project.live_version.is_some()));
    assert!((115..=135).contains(&read.keys.len()), "{}", read.keys.len());
    let count = |wanted: &dyn Fn(&Key, i64) -> bool| {
        read.keys
            .iter()
            .filter(|(key, ..)| wanted(key, (NOW.millis() - key.idle_since().millis()) / DAY))
            .count()
    };
    let active = |key: &Key| key.status == Status::Active;
    let used = |key: &Key| key.last_used_at.is_some();
    let seconds = |at: Timestamp| at.age(NOW).as_secs();
    assert!(count(&|key, _| active(key) && key.last_used_at.is_some_and(|at| seconds(at) < 10)) >= 10);
    assert!(count(&|key, days| active(key) && used(key) && days < 30) >= 40, "in use");
    assert!(count(&|key, days| active(key) && used(key) && (30..90).contains(&days)) >= 8, "idle");
    assert!(count(&|key, days| active(key) && used(key) && days >= 90) >= 20, "stale");
    assert!(count(&|key, days| active(key) && days >= 700) >= 2, "two years");
    assert!(count(&|key, days| active(key) && !used(key) && days < 30) >= 3, "new and never used");
    assert!(count(&|key, days| active(key) && !used(key) && days >= 90) >= 4, "old and never used");
    assert!(count(&|key, _| !active(key)) >= 20, "revoked");
    assert!(count(&|key, _| key.refused_since_revoked > 100) >= 5, "since it was revoked");
    assert!(count(&|key, _| key.last_refused_at.is_some_and(|at| seconds(at) < 60)) >= 2, "tried just now");
    assert!(count(&|key, _| key.mode == Mode::Test) >= 10);
    assert!(count(&|key, _| key.rotated_from.is_some()) >= 3);
    assert!(count(&|key, _| key.requests30d > 1_000_000) >= 1);
    let most = read.keys.iter().map(|(.., callers)| callers.len()).max();
    assert_eq!(most, Some(33), "32 callers and the sum of the others");

    let mut actors: Vec<&str> =
        read.events.iter().map(|event| event["actor"].as_str().expect("a text")).collect();
    actors.sort_unstable();
    actors.dedup();
    let people = actors.iter().filter(|actor| actor.starts_with("local:")).count();
    let programs = actors.iter().filter(|actor| actor.starts_with("token:")).count();
    assert!(people >= 3 && programs >= 2, "{actors:?}");
    for action in ["project.archived", "key.renamed", "key.rotated", "rules.deployed", "token.revoked"] {
        assert!(read.events.iter().any(|event| event["action"] == action), "{action}");
    }
}

#[tokio::test]
async fn nothing_in_it_happens_before_its_time() {
    let midnight = Timestamp::from_millis((NOW.day() + 1) * DAY + 1);
    let noon_of_a_leap_day = Timestamp::parse("2028-02-29T12:00:00Z").expect("a time");
    for now in [NOW, midnight, noon_of_a_leap_day] {
        let store = seeded(now).await;
        let read = read(&store, now).await;
        for (key, usage, callers) in &read.keys {
            let name = format!("{}/{} at {now}", key.project_name, key.name);
            let mut times = vec![Some(key.created_at), key.last_used_at, key.revoked_at, key.last_refused_at];
            times.push(Some(now));
            let times: Vec<Timestamp> = times.into_iter().flatten().collect();
            assert!(times.is_sorted(), "{name}: {times:?}");
            let sum = |of: fn(&UsageDay) -> u64| usage.iter().map(of).sum::<u64>();
            let of_callers = callers.iter().map(|caller| caller.allowed).sum::<u64>();
            if key.last_used_at.is_some_and(|at| now.day() - at.day() == 0) {
                assert_eq!(sum(|day| day.allowed), of_callers, "{name}: days and callers agree");
            }
            let refused = key.refused_since_revoked + key.refused_since_paused;
            assert_eq!(sum(|day| day.refused) > 0, refused > 0, "{name}");
            for caller in callers {
                assert!(caller.first_at >= key.created_at && caller.last_at <= now, "{name}: {caller:?}");
                assert!(caller.first_at <= caller.last_at, "{name}: {caller:?}");
            }
            let last = callers.first().map(|caller| caller.last_at);
            assert_eq!(last, key.last_refused_at.or(key.last_used_at), "{name}");
        }
        let times: Vec<Timestamp> = read
            .events
            .iter()
            .map(|event| Timestamp::parse(event["at"].as_str().expect("a text")).expect("a time"))
            .collect();
        assert!(times.is_sorted() && times.last() <= Some(&now));
        let mut verifier = Verifier::default();
        for (body, hash) in store.audit_chain(0, 1000).await.expect("the chain") {
            verifier.take(&body, &hash).expect("a whole chain");
        }
        assert_eq!(verifier.head(), &store.audit_head().await.expect("a head"));
        assert_eq!(read.events.len() as u64, verifier.head().seq);
    }
}

#[tokio::test]
async fn an_hour_later_the_rows_are_still_there() {
    let store = seeded(NOW).await;
    let before = story(&read(&store, NOW).await);
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(1)).await;
    tokio::time::resume();
    assert!(story(&read(&store, NOW).await) == before, "the database went with its connection");
}

/// All files below a home, and all folders that were not there before.
fn written(home: &Home) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![home.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            found.push(entry.path());
            if entry.file_type().expect("its type").is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn demo(home: &Home) -> Pty {
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Pty::start(KEYDECK.as_ref(), &["--demo"], &env, 160, 40)
}

#[test]
fn a_demo_is_shown_named_and_changed_and_nothing_is_written() {
    let home = Home::new();
    let before = written(&home);
    let mut pty = demo(&home);
    let screen =
        pty.until("the rows", |screen| screen.contains("storefront") && screen.contains("edge 127.0.0.1:"));
    let header = screen.lines().next().expect("a header");
    assert!(header.contains("demo") && header.contains("demo (nothing is kept)"), "{header}");
    pty.press("2/php-storefront");
    pty.sees("since it was revoked");
    pty.press("\x1b");
    pty.sees_no_more("filter: php-storefront");
    pty.press("/web-frontend-canary");
    pty.sees("ago by token:ci-deploy");
    pty.press("\r");
    pty.press("x");
    pty.sees("Revoke this key?");
    pty.press_until("y", "the receipt", |screen| screen.contains("revoked (confirmed by 1 of 1 node"));
    assert_eq!(written(&home), before, "while it runs");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    assert!(pty.is_whole());
    assert_eq!(written(&home), before, "after its end");
}

#[test]
fn commands_have_the_demo_too_and_write_nothing() {
    let home = Home::new();
    let before = written(&home);
    let list = json(&home.ok(&["--demo", "projects", "list", "--output", "json"]));
    assert_eq!(list["items"].as_array().map(Vec::len), Some(8));
    assert!(home.ok(&["--demo", "keys", "show", "legacy-portal/fax-gateway"]).contains("local:jonas"));
    home.ok(&["--demo", "audit", "verify"]);
    let receipt = home.ok(&["--demo", "keys", "revoke", "blog/amp-cache", "--yes"]);
    assert!(receipt.contains("1 of 1"), "{receipt}");
    assert!(home.ok(&["--demo", "keys", "show", "blog/amp-cache"]).contains("active"), "each is a new one");
    assert_eq!(written(&home), before);
}

#[test]
fn a_demo_takes_no_other_data_and_serves_nobody() {
    let home = Home::new();
    let before = written(&home);
    for other in
        [["--server", "http://127.0.0.1:1"], ["--database", "sqlite::memory:"], ["--context", "shop"]]
    {
        let out = home.run(&["--demo", other[0], other[1], "keys", "list"]);
        assert_failed(&out, 2, "--demo cannot be used with --server, --database or --context");
        let out = home.run(&["--demo", "keys", "list", other[0], other[1]]);
        assert_failed(&out, 2, "--demo cannot be used with --server, --database or --context");
    }
    for command in [&["serve"][..], &["login", "http://127.0.0.1:1"], &["contexts", "list"]] {
        assert_failed(
            &home.run(&[&["--demo"], command].concat()),
            2,
            "--demo cannot be used with this command",
        );
    }
    // What is configured is not asked.
    let mut command = home.command(&["--demo", "projects", "list"]);
    command.env("KEYDECK_SERVER", "http://127.0.0.1:1").env("KEYDECK_DATABASE", "sqlite:///nowhere/x.db");
    command.env("KEYDECK_CONTEXT", "shop");
    let out = command.output().expect("the program runs");
    assert!(out.status.success() && String::from_utf8_lossy(&out.stdout).contains("storefront"));
    assert_eq!(written(&home), before);
}

#[test]
fn stale_keys_come_by_idle_time_and_a_key_that_was_never_used_by_its_age() {
    let home = Home::new();
    let stale = json(&home.ok(&["--demo", "audit", "stale", "--output", "json"]));
    let idle_since: Vec<&str> = stale["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|key| key["lastUsedAt"].as_str().or(key["createdAt"].as_str()).expect("a time"))
        .collect();
    assert!(idle_since.is_sorted(), "{idle_since:?}");
    let unused = stale["items"].as_array().expect("rows").iter().filter(|key| key["lastUsedAt"].is_null());
    let used = idle_since.len() - unused.clone().count();
    assert!(used >= 20 && unused.count() >= 4, "keys of both kinds were sorted");
    let list = |filter: &str, more: &[&str]| {
        let args = [&["--demo", "keys", "list", "--output", "json", "--filter", filter][..], more].concat();
        let list = json(&home.ok(&args));
        list["items"].as_array().expect("rows").iter().map(|key| key["name"].clone()).collect::<Vec<Value>>()
    };
    let stale: Vec<Value> =
        stale["items"].as_array().expect("rows").iter().map(|key| key["name"].clone()).collect();
    assert_eq!(list("status:stale", &["--sort", "-idle"]), stale);
    assert!(list("status:unused", &[]).len() >= 7 && list("status:idle", &[]).len() >= 8);
}
