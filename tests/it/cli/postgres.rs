//! Commands and a server on PostgreSQL.

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

    // There is no file beside which a first token could be written.
    let out = home.run(&any);
    assert_eq!(out.status.code(), Some(2), "{}", errors(&out));
    assert!(errors(&out).contains("KEYDECK_ADMIN_TOKEN"), "{}", errors(&out));

    let token = Secret::generate(Kind::Management).expect("random bytes");
    let mut command = home.command(&any);
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
    assert_failed(&out, 2, "has a lease of 10 s");

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
    ok(&["keys", "create", "web", "--project", "shop"]);
    let revoked = json(&ok(&["keys", "revoke", "shop/web", "--yes"]));
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
