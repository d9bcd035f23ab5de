//! `keydeck backup` and `keydeck restore`.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::keys::json;
use crate::support::disk::{Disk, fill};
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors};

const SERVE: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];

/// The states of all keys, by name.
fn states(home: &Home, database: Option<&str>) -> Vec<(String, String)> {
    let mut args = vec!["keys", "list", "--status", "all", "--sort", "name", "--output", "json"];
    args.extend(database.iter().flat_map(|url| ["--database", url]));
    let list = json(&home.ok(&args));
    let word = |key: &Value, name: &str| key[name].as_str().expect("a text").to_owned();
    let keys = list["items"].as_array().expect("keys").iter();
    keys.map(|key| (word(key, "name"), word(key, "status"))).collect()
}

fn state(home: &Home, name: &str) -> String {
    let all = states(home, None);
    all.into_iter().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no key {name}")).1
}

fn with_keys(names: &[&str]) -> Home {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in names {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home
}

fn head(home: &Home) -> String {
    let found = json(&home.ok(&["audit", "verify", "--output", "json"]));
    found["head"].as_str().expect("a head").to_owned()
}

/// Runs a statement in a SQLite file.
fn run(path: &Path, statement: &str) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut db = AnyConnection::connect(&url).await.expect("it opens");
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut db).await.expect(statement);
        db.close().await.expect("an orderly end");
    });
}

/// What is beside the database, besides what every owner leaves there.
fn beside(home: &Home) -> Vec<String> {
    let names = std::fs::read_dir(home.data()).expect("the data directory").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("keydeck.db.lock")).collect();
    names.sort();
    names
}

#[test]
fn a_backup_of_a_running_server_is_one_private_file_with_all_that_was_answered() {
    let home = with_keys(&["web", "app"]);
    let mut owner = home.start(&SERVE);
    owner.until_said("keydeck: ready");
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    let made = json(&home.ok(&["backup", "one.db", "--output", "json"]));
    assert_eq!(made["head"], head(&home));
    assert_eq!(made["events"], 5);
    let file = home.path().join("one.db");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().expect("the backup").permissions().mode() & 0o777, 0o600);
    }
    // The server goes on, and notices nothing.
    home.ok(&["keys", "create", "late", "--project", "shop"]);
    assert!(owner.terminate().success(), "{}", owner.said());
    let left: Vec<String> = std::fs::read_dir(home.path())
        .expect("the directory")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("one") || name.starts_with('.'))
        .collect();
    assert_eq!(left, ["one.db"], "nothing beside it");
    let before = std::fs::read(&file).expect("the backup");
    assert_failed(&home.run(&["backup", "one.db"]), 5, "one.db exists");
    assert_eq!(std::fs::read(&file).expect("the backup"), before, "it is not overwritten");
    let url = format!("sqlite://{}", file.display());
    let active = |name: &str| (name.to_owned(), "active".to_owned());
    assert_eq!(states(&home, Some(&url)), [active("app"), ("web".into(), "revoked".into())]);
}

#[test]
fn a_backup_after_a_crash_holds_what_was_in_the_log_alone() {
    let home = with_keys(&["web"]);
    let mut owner = home.start(&SERVE);
    owner.until_said("keydeck: ready");
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    owner.kill();
    let said = home.ok(&["backup", "two.db"]);
    assert!(said.contains("Verified 4 events. Head: 4:"), "{said}");
    let url = format!("sqlite://{}", home.path().join("two.db").display());
    assert_eq!(states(&home, Some(&url)), [("web".to_owned(), "revoked".to_owned())]);
}

#[test]
fn backups_beside_a_busy_server_are_whole() {
    let home = with_keys(&[]);
    let owner = home.start(&SERVE);
    owner.until_said("keydeck: ready");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..12 {
                home.ok(&["keys", "create", &format!("k{number}"), "--project", "shop"]);
            }
        });
        let mut number = 0;
        while !writer.is_finished() {
            home.ok(&["backup", &format!("busy{number}.db")]);
            number += 1;
        }
        assert!(number > 0);
    });
    assert!(head(&home).starts_with("14:"));
}

#[test]
fn a_restored_database_has_every_revocation_and_pause_that_came_after_the_backup() {
    let names = ["before", "gone", "paused", "resumed", "stays"];
    let home = with_keys(&names);
    for (name, role) in [("ops", "admin"), ("ci", "member")] {
        home.ok(&["tokens", "create", name, "--role", role]);
    }
    home.ok(&["keys", "revoke", "shop/before", "--yes"]);
    home.ok(&["backup", "old.db"]);
    home.ok(&["tokens", "create", "ops2", "--role", "admin"]);
    home.ok(&["keys", "revoke", "shop/gone", "--reason", "leaked", "--yes"]);
    home.ok(&["keys", "pause", "shop/paused"]);
    home.ok(&["keys", "pause", "shop/resumed"]);
    home.ok(&["keys", "resume", "shop/resumed"]);
    home.ok(&["keys", "create", "late", "--project", "shop"]);
    let tokens = json(&home.ok(&["tokens", "list", "--output", "json"]));
    let ops = tokens["items"].as_array().expect("tokens").iter().find(|token| token["name"] == "ops");
    let ops = ops.expect("ops")["id"].as_str().expect("an id").to_owned();
    home.ok(&["tokens", "revoke", &ops, "--yes"]);
    let before = head(&home);

    let out = home.run(&["restore", "old.db", "--output", "json"]);
    assert!(out.status.success(), "{}", errors(&out));
    let restored = json(&String::from_utf8(out.stdout).expect("UTF-8"));
    let counts = ["revokedKeys", "pausedKeys", "revokedTokens", "missingKeys"].map(|name| &restored[name]);
    assert_eq!(counts, [1, 1, 1, 1], "{restored}");
    assert_eq!(restored["revision"], 9);
    assert_eq!(restored["head"], head(&home));
    for (name, expected) in [
        ("before", "revoked"),
        ("gone", "revoked"),
        ("paused", "paused"),
        ("resumed", "active"),
        ("stays", "active"),
    ] {
        assert_eq!(state(&home, name), expected, "{name}");
    }
    let gone = json(&home.ok(&["keys", "show", "shop/gone", "--output", "json"]));
    let reason = gone["revokeReason"].as_str().expect("a reason");
    assert!(reason.starts_with("restored: revoked before by local:"), "{reason}");
    let tokens = json(&home.ok(&["tokens", "list", "--output", "json"]));
    let of =
        |name: &str| tokens["items"].as_array().expect("tokens").iter().find(|token| token["name"] == name);
    assert!(!of("ops").expect("ops")["revokedAt"].is_null(), "also the last token of an admin");
    assert!(of("ci").expect("ci")["revokedAt"].is_null());
    assert!(of("ops2").is_none());

    // The replaced database is whole, and can itself be restored.
    let kept = restored["replaced"].as_str().expect("where it is").to_owned();
    let out = home.run(&["restore", &kept]);
    assert!(out.status.success(), "{}", errors(&out));
    assert_eq!(head(&home), before);
    assert_eq!(state(&home, "late"), "active");
    let replaced = beside(&home).into_iter().filter(|name| name.contains(".replaced-")).count();
    assert_eq!(replaced, 2, "{:?}", beside(&home));
}

#[test]
fn a_database_in_use_is_not_replaced() {
    let home = with_keys(&["web"]);
    home.ok(&["backup", "old.db"]);
    let owner = home.start(&SERVE);
    owner.until_said("keydeck: ready");
    assert_failed(&home.run(&["restore", "old.db"]), 5, &format!("is in use by process {}", owner.id()));
    // Neither is one that is in use a backup.
    let live = home.data().join("keydeck.db").display().to_string();
    let to = format!("sqlite://{}", home.path().join("other.db").display());
    assert_failed(
        &home.run(&["restore", &live, "--to", &to, "--yes"]),
        1,
        "back it up with `keydeck backup`",
    );
    assert!(!home.path().join("other.db").exists());
}

#[test]
fn without_the_old_database_the_revision_is_named_and_asked_for() {
    let home = with_keys(&["web"]);
    home.ok(&["backup", "old.db"]);
    let database = home.data().join("keydeck.db");
    std::fs::remove_file(&database).expect("it is there");
    let refused = home.run(&["restore", "old.db"]);
    assert_failed(&refused, 2, "pass --yes to go back to revision 2");
    assert!(!database.exists(), "nothing was created");
    assert!(home.run(&["restore", "old.db", "--yes"]).status.success());
    assert_eq!(state(&home, "web"), "active");

    std::fs::write(&database, [b'x'; 9000]).expect("a damaged file");
    assert_failed(&home.run(&["restore", "old.db"]), 2, "cannot be read");
    assert!(home.run(&["restore", "old.db", "--yes"]).status.success());
    assert_eq!(state(&home, "web"), "active");
    assert!(beside(&home).iter().any(|name| name.contains(".replaced-")), "what cannot be read is kept, too");

    let other = with_keys(&["web", "app"]);
    let theirs = home.path().join("old.db").display().to_string();
    assert_failed(&other.run(&["restore", &theirs]), 2, "of another database");
    assert_eq!(states(&other, None).len(), 2);

    // An empty one, which a command has created where the database was lost, tells nothing either.
    std::fs::remove_file(&database).expect("it is there");
    home.ok(&["projects", "list", "--database", &keydeck::store::sql::sqlite_url(&database)]);
    assert_failed(&home.run(&["restore", "old.db"]), 2, "of another database");
}

#[test]
fn what_is_no_backup_is_refused_with_words_and_changes_nothing() {
    let home = with_keys(&["web", "app"]);
    home.ok(&["backup", "good.db"]);
    let at = |name: &str| home.path().join(name);
    let good = std::fs::read(at("good.db")).expect("the backup");
    std::fs::write(at("text.db"), "keys, keys, keys").expect("a file");
    std::fs::write(at("empty.db"), "").expect("a file");
    run(&at("foreign.db"), "create table customers (id integer)");
    for (name, statement) in [
        ("newer.db", "update _sqlx_migrations set version = 9000 where version = 1"),
        ("edited.db", "update audit_events set body = replace(body, 'web', 'wab') where seq = 2"),
        ("cut.db", "delete from audit_events where seq = 3"),
    ] {
        std::fs::write(at(name), &good).expect("a copy");
        run(&at(name), statement);
    }
    let mut torn = good.clone();
    torn.truncate(good.len() / 2);
    std::fs::write(at("torn.db"), torn).expect("a file");
    let head_before = head(&home);
    for (file, code, words) in [
        ("text.db", 1, "not a backup of Keydeck"),
        ("empty.db", 1, "not a backup of Keydeck"),
        ("nothing.db", 1, "does not exist"),
        ("foreign.db", 1, "database of another program"),
        ("newer.db", 1, "newer version of Keydeck"),
        ("edited.db", 1, "audit event 2: its hash does not match"),
        ("cut.db", 1, "was tampered with"),
        ("torn.db", 1, "damaged"),
        (".", 1, "not a regular file"),
    ] {
        assert_failed(&home.run(&["restore", file]), code, words);
    }
    let itself = home.data().join("keydeck.db").display().to_string();
    assert_failed(&home.run(&["restore", &itself]), 1, "the database itself");
    for to in ["postgres://db.example/keydeck", "sqlite::memory:", "mysql://x"] {
        assert_eq!(home.run(&["restore", "good.db", "--to", to]).status.code(), Some(2), "{to}");
    }
    assert_failed(&home.run(&["restore", "good.db", "--server", "http://127.0.0.1:9"]), 2, "on its machine");
    assert_failed(&home.run(&["--read-only", "restore", "good.db"]), 2, "--read-only");
    assert_eq!(head(&home), head_before);
    assert_eq!(beside(&home), ["keydeck.db"]);
}

#[test]
fn killed_at_any_time_a_restore_leaves_the_old_database_or_the_new_one() {
    let home = with_keys(&["web", "app"]);
    home.ok(&["backup", "old.db"]);
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    let old = head(&home);
    let begun = Instant::now();
    home.ok(&["restore", "old.db"]);
    let whole = begun.elapsed();
    let (mut before, mut after) = (0, 0);
    for step in 0..24 {
        // From the database as it was, each time.
        let kept =
            beside(&home).into_iter().find(|name| name.contains(".replaced-")).expect("the replaced one");
        let kept = home.data().join(kept);
        std::fs::copy(&kept, home.path().join("kept.db")).expect("a copy");
        for name in beside(&home) {
            std::fs::remove_file(home.data().join(name)).expect("removed");
        }
        std::fs::copy(home.path().join("kept.db"), home.data().join("keydeck.db")).expect("a copy");
        let mut running = home.start(&["restore", "old.db"]);
        std::thread::sleep(whole * step / 22 + Duration::from_millis(1));
        running.kill();
        let found = head(&home);
        if found == old {
            before += 1;
        } else {
            after += 1;
        }
        assert_eq!(state(&home, "web"), "revoked", "in both");
        assert_eq!(state(&home, "app"), "active");
        if found == old {
            home.ok(&["restore", "old.db"]);
            assert_eq!(state(&home, "web"), "revoked");
        }
        let left = beside(&home);
        assert!(!left.iter().any(|name| name.contains(".restoring")) || found != old, "{left:?}");
    }
    assert!(before > 0, "{before} {after}");
}

#[test]
fn a_full_disk_stops_a_backup_and_a_restore_and_spoils_nothing() {
    let Some(disk) = Disk::mount("a backup on a full disk", 8) else { return };
    let home = with_keys(&["web"]);
    home.ok(&["backup", "old.db"]);
    let (target, ballast) = (disk.path().join("b.db"), disk.path().join("ballast"));
    fill(&ballast);
    let out = home.run(&["backup", &target.display().to_string()]);
    assert_eq!(out.status.code(), Some(1));
    assert!(errors(&out).contains("full") || errors(&out).contains("No space"), "{}", errors(&out));
    assert_eq!(std::fs::read_dir(disk.path()).expect("the disk").count(), 1, "nothing is left of it");

    std::fs::remove_file(&ballast).expect("room");
    let url = format!("sqlite://{}", disk.path().join("keydeck.db").display());
    home.ok(&["--database", &url, "projects", "create", "kept"]);
    fill(&ballast);
    let out = home.run(&["restore", "old.db", "--to", &url, "--yes"]);
    assert_eq!(out.status.code(), Some(1), "{}", errors(&out));
    assert!(errors(&out).contains("full"), "{}", errors(&out));
    std::fs::remove_file(&ballast).expect("room");
    assert!(home.ok(&["--database", &url, "projects", "list"]).contains("kept"));
}
