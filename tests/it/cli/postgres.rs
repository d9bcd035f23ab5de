//! Commands and a server on PostgreSQL.

use std::process::Stdio;

use keydeck::secret::{Kind, Secret};
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::keys::json;
use crate::support::home::Home;
use crate::support::postgres;
use crate::support::process::{Running, assert_failed, errors};

#[test]
fn a_database_is_served_and_changed_by_many_processes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("cli on PostgreSQL")) else { return };
    let home = Home::new();
    let url = database.url.clone();
    let any = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--database", &url];

    // There is no file beside which a first token could be written. Nothing is chosen for those that come later.
    let out = home.run(&any);
    assert_eq!(out.status.code(), Some(2), "{}", errors(&out));
    assert!(errors(&out).contains("KEYDECK_ADMIN_TOKEN"), "{}", errors(&out));

    let token = Secret::generate(Kind::Management).expect("random bytes");
    let mut command = home.command(&[&any[..], &["--lease", "5"]].concat());
    command.env("KEYDECK_ADMIN_TOKEN", token.reveal());
    let mut server = Running::start(command);
    server.until_said("keydeck: ready");
    // A second one, and a node that serves the Edge API alone: they need no token.
    let mut second = home.start(&any);
    second.until_said("keydeck: ready");
    let mut edge = home.start(&[
        "edge",
        "--edge",
        "127.0.0.1:0",
        "--name",
        "eu-1",
        "--region",
        "eu",
        "--database",
        &url,
    ]);
    edge.until_said("keydeck: ready");
    let mut other = home.command(&[&any[..], &["--lease", "3"]].concat());
    let out = other.env("KEYDECK_LOG", "error").output().expect("the program runs");
    assert_failed(&out, 2, "has a lease of 5 s");

    let on = |args: &[&str]| home.run(&[args, &["--database", &url, "--output", "json"]].concat());
    let ok = |args: &[&str]| {
        let out = on(args);
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
        String::from_utf8(out.stdout).expect("UTF-8")
    };
    ok(&["projects", "create", "shop"]);
    let made = json(&ok(&["tokens", "create", "lost", "--role", "admin"]));
    ok(&["tokens", "revoke", made["token"]["id"].as_str().expect("an id")]);
    ok(&["keys", "create", "web", "--project", "shop"]);
    let revoked = json(&ok(&["keys", "revoke", "shop/web", "--yes"]));
    assert_eq!((&revoked["receipt"]["confirmedBy"], &revoked["receipt"]["nodes"]), (&3.into(), &3.into()));
    let nodes = json(&ok(&["nodes", "list"]));
    let named: Vec<_> =
        nodes["items"].as_array().expect("a list").iter().filter(|node| node["name"] == "eu-1").collect();
    assert_eq!((named.len(), &named[0]["region"], &named[0]["live"]), (1, &"eu".into(), &true.into()));
    assert_failed(&on(&["nodes", "forget", "nobody"]), 4, "no node");

    for process in [&mut server, &mut second, &mut edge] {
        assert_eq!(process.terminate().code(), Some(0), "{}", process.said());
    }
    // Those that ended in order are gone, and nobody is waited for.
    assert_eq!(json(&ok(&["nodes", "list"]))["items"], serde_json::json!([]));
    ok(&["keys", "create", "app", "--project", "shop"]);
    let revoked = json(&ok(&["keys", "revoke", "shop/app", "--yes"]));
    assert_eq!((&revoked["receipt"]["confirmedBy"], &revoked["receipt"]["nodes"]), (&0.into(), &0.into()));
    ok(&["audit", "verify"]);
    let password = url.split_once(':').and_then(|(_, rest)| rest.split_once(':')).expect("a password").1;
    let password = password.split('@').next().expect("a host");
    assert!(!server.said().contains(password), "{}", server.said());
    assert_eq!(home.files_holding(token.reveal()), Vec::<std::path::PathBuf>::new());
    runtime.block_on(database.remove());
}

#[test]
fn an_edge_node_needs_a_database_that_processes_share() {
    let home = Home::new();
    let edge = ["edge", "--edge", "127.0.0.1:0"];
    assert_failed(&home.run(&edge), 2, "edge needs PostgreSQL");
    let mut server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    assert_failed(&home.run(&edge), 5, "in use by");
    assert_eq!(server.terminate().code(), Some(0));
}

#[test]
fn a_process_stops_when_a_newer_version_has_migrated_its_database() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("a newer version")) else { return };
    let home = Home::new();
    let on = ["--database", &database.url];
    home.ok(&[&["tokens", "create", "ops", "--role", "admin"][..], &on].concat());
    home.ok(&[&["projects", "create", "shop"][..], &on].concat());
    let mut server =
        home.start(&[&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"][..], &on].concat());
    server.until_said("keydeck: ready");
    runtime.block_on(async {
        let mut db = AnyConnection::connect(&database.url).await.expect("it runs");
        db.execute("update audit_head set schema = 99").await.expect("a newer one has migrated");
        db.close().await.expect("an orderly end");
    });
    // At its next renewal at the latest, whoever asks.
    server.until_said("written by a newer version of Keydeck (migration 99)");
    assert_eq!(server.wait().code(), Some(1), "{}", server.said());
    runtime.block_on(database.remove());
}

#[test]
fn a_process_stops_when_the_lease_of_its_database_is_changed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("another lease")) else { return };
    let home = Home::new();
    let on = ["--database", &database.url];
    home.ok(&[&["tokens", "create", "ops", "--role", "admin"][..], &on].concat());
    let serve = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];
    let mut server = home.start(&[&serve[..], &on].concat());
    server.until_said("keydeck: ready");
    runtime.block_on(async {
        let mut db = AnyConnection::connect(&database.url).await.expect("it runs");
        db.execute("update cluster set lease_ms = 500").await.expect("somebody changes it by hand");
        db.close().await.expect("an orderly end");
    });
    server.until_said("the lease of this database was changed from 10 s to 0.5 s while in use");
    assert_eq!(server.wait().code(), Some(1), "{}", server.said());
    runtime.block_on(database.remove());
}

#[test]
fn two_nodes_of_one_name_are_told_apart_by_their_ids() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("two nodes of one name")) else { return };
    let home = Home::new();
    let on = |args: &[&str]| home.run(&[args, &["--database", &database.url]].concat());
    let ok = |args: &[&str]| {
        let out = on(args);
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
        String::from_utf8(out.stdout).expect("UTF-8")
    };
    let edge =
        ["edge", "--edge", "127.0.0.1:0", "--name", "eu-1", "--lease", "1", "--database", &database.url];
    let mut nodes = [home.start(&edge), home.start(&edge)];
    for node in &nodes {
        node.until_said("keydeck: ready");
    }
    ok(&["projects", "create", "shop"]);
    ok(&["keys", "create", "web", "--project", "shop"]);
    let listed = json(&ok(&["nodes", "list", "--output", "json"]));
    let ids: Vec<&str> =
        listed["items"].as_array().expect("a list").iter().filter_map(|node| node["id"].as_str()).collect();
    assert_eq!(ids.len(), 2, "{listed}");
    assert_eq!(ok(&["nodes", "list"]).matches("eu-1").count(), 2);

    let refused = on(&["nodes", "forget", "eu-1"]);
    assert_failed(&refused, 5, "2 nodes are named \"eu-1\"; pass the id of one: ");
    for id in &ids {
        assert!(errors(&refused).contains(&format!("{id} (live)")), "{}", errors(&refused));
    }

    // A receipt that waits for both says which of them was silent.
    nodes[0].kill();
    let revoked = json(&ok(&["keys", "revoke", "shop/web", "--yes", "--output", "json"]));
    let receipt = &revoked["receipt"];
    assert_eq!((&receipt["confirmedBy"], &receipt["nodes"]), (&1.into(), &2.into()), "{receipt}");
    let live = json(&ok(&["nodes", "list", "--output", "json"]));
    let silent = live["items"].as_array().expect("a list").iter().find(|node| node["live"] == false);
    let silent = silent.and_then(|node| node["id"].as_str()).expect("one is silent");
    assert_eq!(receipt["expired"], serde_json::json!([format!("eu-1 ({silent})")]), "{receipt}");
    ok(&["nodes", "forget", silent]);
    let left = json(&ok(&["nodes", "list", "--output", "json"]));
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1), "{left}");
    // Now the name is one node's alone.
    let forgotten = json(&ok(&["nodes", "forget", "eu-1", "--output", "json"]));
    assert_eq!(forgotten["name"], "eu-1");
    assert_eq!(nodes[1].terminate().code(), Some(0), "{}", nodes[1].said());
    runtime.block_on(database.remove());
}

#[test]
fn a_database_with_tables_of_another_application_is_refused_and_left_as_it_is() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for made in [
        // Names that Keydeck has, too; others; and those of a program that keeps its migrations in the same way.
        &["create table projects (id int)"][..],
        &["create table users (id int)"],
        &["create table _sqlx_migrations (version bigint primary key)", "create table posts (id int)"],
    ] {
        let Some(database) = runtime.block_on(postgres::database("another application")) else { return };
        let home = Home::new();
        let tables = async || {
            let mut db = AnyConnection::connect(&database.url).await.expect("it runs");
            let tables: Vec<String> = sqlx::query_scalar(
                "select cast(tablename as text) from pg_tables where schemaname = current_schema() order by 1",
            )
            .fetch_all(&mut db)
            .await
            .expect("a list");
            db.close().await.expect("an orderly end");
            tables
        };
        runtime.block_on(async {
            let mut db = AnyConnection::connect(&database.url).await.expect("it runs");
            for statement in made {
                db.execute(*statement).await.expect(statement);
            }
            db.close().await.expect("an orderly end");
        });
        let before = runtime.block_on(tables());
        let named = before.join(", ");
        let words =
            format!("has tables of another application ({named}); create a database for Keydeck alone");
        let on = ["--database", &database.url];
        assert_failed(&home.run(&[&["projects", "create", "shop"][..], &on].concat()), 1, &words);
        let serve = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];
        // Without the log of the driver, which may look for a file of passwords.
        let mut serve = home.command(&[&serve[..], &on].concat());
        let served = serve.env("KEYDECK_LOG", "error").output().expect("the program runs");
        assert_failed(&served, 1, &words);
        assert_eq!(runtime.block_on(tables()), before, "nothing was added");
        runtime.block_on(database.remove());
    }
}

#[test]
fn a_server_that_is_too_old_is_named_with_its_version_and_the_one_that_is_needed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("an old server")) else { return };
    let home = Home::new();
    for (number, words) in [
        (
            "110022",
            Some("runs PostgreSQL 11.22, which is too old; Keydeck needs PostgreSQL 12 or later: upgrade"),
        ),
        ("90624", Some("runs PostgreSQL 9.6.24, which is too old")),
        ("120000", None),
        ("no number", None),
    ] {
        // The server says another version than its own to whoever looks into this schema first.
        runtime.block_on(async {
            let mut db = AnyConnection::connect(&database.url).await.expect("it runs");
            let says = format!(
                "create or replace function current_setting(text) returns text language sql as $$select '{number}'$$"
            );
            db.execute(sqlx::AssertSqlSafe(says)).await.expect("a function");
            db.close().await.expect("an orderly end");
        });
        let url = format!("{},pg_catalog", database.url);
        let out = home.run(&["projects", "list", "--database", &url]);
        match words {
            Some(words) => assert_failed(&out, 1, words),
            None => assert!(out.status.success(), "{number}: {}", errors(&out)),
        }
    }
    runtime.block_on(database.remove());
}

#[test]
fn many_processes_that_start_at_once_migrate_an_empty_database_together() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("racing migrations")) else { return };
    let home = Home::new();
    let started: Vec<_> = (0..8)
        .map(|at| {
            let name = format!("project-{at}");
            home.command(&["projects", "create", &name, "--database", &database.url])
                .stdout(Stdio::null())
                .spawn()
                .expect("it starts")
        })
        .collect();
    for mut process in started {
        assert!(process.wait().expect("an end").success());
    }
    let (applied, projects): (i64, i64) = runtime.block_on(async {
        let mut db = AnyConnection::connect(&database.url).await.expect("it runs");
        let counts = sqlx::query_as(
            "select (select count(*) from _sqlx_migrations where success), (select count(*) from projects)",
        );
        let counts = counts.fetch_one(&mut db).await.expect("counts");
        db.close().await.expect("an orderly end");
        counts
    });
    assert_eq!((applied, projects), (keydeck::store::sql::SCHEMA as i64, 8));
    home.ok(&["audit", "verify", "--database", &database.url]);
    runtime.block_on(database.remove());
}

#[test]
fn a_command_before_the_first_server_leaves_the_lease_to_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("a command before the server")) else { return };
    let home = Home::new();
    let file = format!("sqlite://{}", home.path().join("own.db").display());
    for url in [&database.url, &file] {
        let on = ["--database", url.as_str()];
        home.ok(&[&["tokens", "create", "ops", "--role", "admin"][..], &on].concat());
        let serve = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--lease", "3"];
        let mut server = home.start(&[&serve[..], &on].concat());
        server.until_said("keydeck: ready");
        // Nor is a command refused by the length that the server has chosen.
        home.ok(&[&["tokens", "create", "second", "--role", "admin"][..], &on].concat());
        assert!(server.terminate().success(), "{}", server.said());
        let mut other = home.command(&[&serve[..6], &["5"][..], &on].concat());
        let other = other.env("KEYDECK_LOG", "error").output().expect("the program runs");
        assert_failed(&other, 2, "has a lease of 3 s");
    }
    runtime.block_on(database.remove());
}

#[test]
fn a_repeated_forget_by_name_does_not_forget_the_node_that_was_started_in_its_place() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(database) = runtime.block_on(postgres::database("a repeated forget")) else { return };
    let home = Home::new();
    let on = ["--database", database.url.as_str()];
    let start = || {
        let node = home
            .start(&[&["edge", "--edge", "127.0.0.1:0", "--name", "eu-1", "--lease", "1"][..], &on].concat());
        node.until_said("keydeck: ready");
        node
    };
    start().kill();
    let forget = [&["nodes", "forget", "eu-1"][..], &on].concat();
    home.ok(&forget);
    let mut node = start();
    let again = home.run(&forget);
    assert_failed(&again, 5, "node eu-1 was forgotten at");
    let nodes = json(&home.ok(&[&["nodes", "list", "--output", "json"][..], &on].concat()));
    let id = nodes["items"][0]["id"].as_str().expect("a node").to_owned();
    assert!(errors(&again).contains(&format!("keydeck nodes forget {id}")), "{}", errors(&again));
    node.kill();
    home.ok(&[&["nodes", "forget", id.as_str()][..], &on].concat());
    runtime.block_on(database.remove());
}
