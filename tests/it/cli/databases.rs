//! Databases that cannot be used, and those that can.

use sqlx::{Connection as _, Executor as _};

use super::keys::json;
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors};

pub(crate) fn edit(home: &Home, sql: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    sqlx::any::install_default_drivers();
    runtime.block_on(async {
        let url = keydeck::store::sql::sqlite_url(&home.data().join("keydeck.db"));
        let mut db = sqlx::AnyConnection::connect(&url).await.expect("the database opens");
        db.execute(sql).await.expect("the statement runs");
        db.close().await.expect("it closes");
    });
}

#[test]
fn a_second_start_finds_what_the_first_stored() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    assert!(home.ok(&["projects", "list"]).contains("shop"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: std::path::PathBuf| {
            std::fs::metadata(path).expect("it exists").permissions().mode() & 0o777
        };
        assert_eq!(mode(home.data()), 0o700);
        assert_eq!(mode(home.data().join("keydeck.db")), 0o600);
    }
    assert!(!home.data().join("keydeck.sock").exists(), "the socket goes with its process");
}

#[test]
fn what_needs_a_database_that_does_not_exist_says_so_and_creates_none() {
    let home = Home::new();
    let commands: [&[&str]; 15] = [
        &["projects", "list"],
        &["projects", "delete", "shop", "--yes"],
        &["keys", "list"],
        &["keys", "show", "shop/web"],
        &["keys", "usage", "shop/web"],
        &["keys", "create", "web", "--project", "shop"],
        &["keys", "rotate", "shop/web"],
        &["keys", "revoke", "shop/web", "--yes"],
        &["rules", "show", "--project", "shop"],
        &["rules", "deploy", "--project", "shop"],
        &["rules", "export", "--project", "shop", "--format", "csv"],
        &["audit", "stale"],
        &["audit", "events"],
        &["audit", "verify"],
        &["tokens", "list"],
    ];
    // A new user has nothing to list, and a program sees that.
    assert_eq!(json(&home.ok(&["keys", "list", "--output", "json"]))["total"], 0);
    assert_failed(&home.run(&["audit", "stale"]), 4, "keydeck.db does not exist");
    assert_failed(&home.run(&["keys", "revoke", "shop/web", "--yes"]), 4, "keydeck.db does not exist");
    // One that was there, too.
    home.ok(&["projects", "create", "shop"]);
    std::fs::rename(home.data().join("keydeck.db"), home.path().join("away.db")).expect("moved");
    for command in commands {
        assert_failed(&home.run(command), 4, "`keydeck projects create NAME`");
    }
    assert!(!home.data().join("keydeck.db").exists());
}

#[test]
fn a_database_that_is_named_is_created_by_every_command_and_that_is_said() {
    let home = Home::new();
    for (at, command) in [&["projects", "list"] as &[&str], &["audit", "verify"]].into_iter().enumerate() {
        let file = home.path().join(format!("folder-{at}/new.db"));
        let url = format!("sqlite://{}", file.display());
        let made = home.run(&[&["--database", &url], command].concat());
        assert_eq!(made.status.code(), Some(0), "{}", errors(&made));
        assert!(errors(&made).contains("keydeck: created the database "), "{}", errors(&made));
        assert!(file.exists());
        let again = home.run(&[&["--database", &url], command].concat());
        assert!(!errors(&again).contains("created the database"), "{}", errors(&again));
    }
}

#[test]
fn an_empty_file_that_is_named_becomes_a_database_and_that_is_said() {
    let home = Home::new();
    let file = home.path().join("plain.txt");
    std::fs::write(&file, b"").expect("written");
    let list = ["--database", &format!("sqlite://{}", file.display()), "keys", "list"];
    let out = home.run(&list);
    let said = format!("keydeck: created the database {}: the file was empty\n", file.display());
    assert_eq!((out.status.code(), errors(&out)), (Some(0), said));
    assert_eq!(errors(&home.run(&list)), "", "it is one now");
}

#[test]
fn a_database_may_be_named_by_its_url() {
    let home = Home::new();
    let url = format!("sqlite://{}/sub/other.db", home.path().display());
    home.ok(&["--database", &url, "projects", "create", "shop"]);
    assert!(home.ok(&["projects", "list", "--database", &url]).contains("shop"));
    assert!(!home.ok(&["projects", "list"]).contains("shop"), "another database");
    let page = json(&home.ok(&["--database", "sqlite::memory:", "projects", "list", "--output", "json"]));
    assert_eq!(page["total"], 0);
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let home = Home::new();
    std::fs::create_dir_all(home.data()).expect("a folder");
    let file = home.data().join("keydeck.db");
    let garbage = "this is a letter, not a database\n".repeat(100);
    std::fs::write(&file, &garbage).expect("a file");
    assert_failed(&home.run(&["projects", "list"]), 1, "is not a SQLite database");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), garbage);
}

#[test]
fn a_newer_database_is_refused_and_left_as_it_is() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    edit(
        &home,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         values (999, 'from the future', true, x'00', 0)",
    );
    assert_failed(&home.run(&["projects", "list"]), 1, "newer version of Keydeck");
    edit(&home, "delete from _sqlx_migrations where version = 999");
    assert!(home.ok(&["projects", "list"]).contains("shop"));
}

#[test]
fn a_database_that_another_program_locks_is_said_to_be_locked() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    sqlx::any::install_default_drivers();
    runtime.block_on(async {
        let url = keydeck::store::sql::sqlite_url(&home.data().join("keydeck.db"));
        let mut db = sqlx::AnyConnection::connect(&url).await.expect("the database opens");
        db.execute("begin immediate").await.expect("the lock");
        assert_failed(&home.run(&["projects", "create", "other"]), 1, "locked by another program");
        db.execute("rollback").await.expect("the lock is given back");
    });
    assert!(!home.ok(&["projects", "list"]).contains("other"));
}

#[test]
fn a_place_where_no_database_can_be_is_named() {
    let home = Home::new();
    std::fs::write(home.path().join("file"), "").expect("a file");
    let below = format!("sqlite://{}/file/keydeck.db", home.path().display());
    assert_failed(&home.run(&["--database", &below, "projects", "list"]), 1, "file");
    let folder = format!("sqlite://{}", home.path().display());
    assert_failed(&home.run(&["--database", &folder, "projects", "list"]), 1, "is a directory");
}

#[test]
fn a_postgres_server_that_is_not_there_is_unreachable_and_its_password_not_repeated() {
    let home = Home::new();
    let out = home.run(&["--database", "postgres://ann:hunter2@127.0.0.1:9/keydeck", "projects", "list"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(matches!(out.status.code(), Some(1 | 6)), "{said}");
    assert!(said.contains("127.0.0.1:9") && !said.contains("hunter2"), "{said}");
    assert_eq!(home.files_holding("hunter2"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn an_address_that_cannot_be_read_is_wrong_usage_and_its_password_not_repeated() {
    let home = Home::new();
    for address in ["postgres://ann:hun/ter2@h/x", "sqlite:", "sqlite:///tmp/a.db?mode=hunter2"] {
        let out = home.run(&["--database", address, "projects", "list"]);
        assert_failed(&out, 2, "sqlite:///path/to/");
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(!said.contains("hun"), "{said}");
    }
}
