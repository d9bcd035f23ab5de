//! Another database in the place of one that is in use: two processes never write into the same log.

use super::ownership::{SERVE, Served, serve};
use crate::support::home::{Home, get, over_socket};
use crate::support::process::{Running, assert_failed, signal};
use crate::support::until;

/// Another database with a project `shop` and a key, whole in one file; with the key.
fn other_database() -> (Home, String) {
    let other = Home::new();
    other.ok(&["tokens", "create", "admin", "--role", "admin"]);
    other.ok(&["projects", "create", "shop"]);
    let key = other.ok(&["keys", "create", "other", "--project", "shop"]).trim().to_owned();
    (other, key)
}

/// Puts it in the place of the one that is in use, and deletes what else tells of the owner.
fn replace(served: &Served, other: &Home, deleted: &[&str]) {
    std::fs::rename(other.data().join("keydeck.db"), served.database()).expect("replaced");
    for name in deleted {
        std::fs::remove_file(served.home.data().join(name)).expect("deleted");
    }
}

/// Revokes the other key and creates a project, kills the owner without a word, and looks for both.
fn assert_keeps_what_it_answers(served: &Served, (mut owner, edge): (Running, String), key: &str) {
    let lookup = |edge: &str| get(edge, "/v1/lookup?path=/", &[("X-API-Key", key)]).status;
    assert_eq!(lookup(&edge), 400, "the key is good, no project was named");
    served.home.ok(&["keys", "revoke", "shop/other", "--yes"]);
    served.home.ok(&["projects", "create", "after"]);
    assert_eq!(lookup(&edge), 401);
    owner.kill();
    let (mut owner, edge) = serve(&served.home);
    assert_eq!(lookup(&edge), 401, "what was answered holds");
    assert!(served.home.ok(&["projects", "list"]).contains("after"));
    served.home.ok(&["audit", "verify"]);
    owner.terminate();
}

/// Starts a server, or gives what it says when it refuses.
fn try_serve(home: &Home) -> Result<(Running, String), String> {
    let newcomer = home.start(&SERVE);
    let has = |what: &str| newcomer.said().lines().any(|line| line.contains(what));
    until("a server or a refusal", || has("keydeck: ready") || has("in use by "));
    if has("in use by ") {
        return Err(newcomer.said());
    }
    let line = newcomer.until_said("Edge API on http://");
    Ok((newcomer, line.rsplit_once("http://").expect("an address").1.to_owned()))
}

/// Starts servers until one is not refused; each refusal names the process that has the old file.
fn serve_in_place_of(served: &Served, pid: u32) -> (Running, String) {
    loop {
        match try_serve(&served.home) {
            Ok(newcomer) => return newcomer,
            Err(said) => assert!(said.contains(&format!("process {pid}")), "{said}"),
        }
    }
}

#[test]
fn a_newcomer_keeps_out_until_the_owner_of_a_file_that_was_replaced_has_ended() {
    let mut served = Served::new();
    let (other, key) = other_database();
    replace(&served, &other, &["keydeck.db.lock", "keydeck.sock"]);
    // The old owner is still there to say its last words, and ends while the newcomer writes.
    let newcomer = serve_in_place_of(&served, served.owner.id());
    served.home.ok(&["projects", "create", "meanwhile"]);
    assert_eq!(served.owner.wait().code(), Some(1), "{}", served.owner.said());
    assert_keeps_what_it_answers(&served, newcomer, &key);
    assert!(served.home.ok(&["projects", "list"]).contains("meanwhile"));
}

#[test]
fn a_newcomer_keeps_out_while_the_owner_of_a_file_that_was_replaced_is_stopped() {
    for deleted in [
        &["keydeck.db.lock"][..],
        &["keydeck.db.lock", "keydeck.sock"],
        // What is left is locked, too: the log, or what SQLite shares among processes.
        &["keydeck.db.lock", "keydeck.sock", "keydeck.db-shm"],
        &["keydeck.db.lock", "keydeck.sock", "keydeck.db-wal"],
    ] {
        let mut served = Served::new();
        let pid = served.owner.id().to_string();
        signal(&pid, "STOP");
        let (other, key) = other_database();
        replace(&served, &other, deleted);
        let stopped = format!("process {pid}, which is suspended");
        let refused = try_serve(&served.home).err().expect("it keeps out");
        assert!(refused.contains(&stopped), "{refused}");
        assert_failed(&served.home.run(&SERVE), 5, &stopped);
        assert_failed(&served.home.run(&["keys", "list"]), 6, &stopped);
        assert_failed(&served.home.run(&["keys", "revoke", "shop/other", "--yes"]), 6, &stopped);
        signal(&pid, "CONT");
        assert_eq!(served.owner.wait().code(), Some(1), "{deleted:?}: {}", served.owner.said());
        assert_keeps_what_it_answers(&served, serve(&served.home), &key);
    }
}

#[test]
fn nothing_is_created_in_the_place_of_a_file_that_was_deleted_while_its_owner_lives() {
    let mut served = Served::new();
    let pid = served.owner.id().to_string();
    signal(&pid, "STOP");
    for name in ["keydeck.db", "keydeck.db.lock", "keydeck.sock"] {
        std::fs::remove_file(served.home.data().join(name)).expect("deleted");
    }
    let stopped = format!("process {pid}, which is suspended");
    let refused = try_serve(&served.home).err().expect("it keeps out");
    assert!(refused.contains(&stopped), "{refused}");
    for command in [&["keys", "list"][..], &["projects", "create", "new"], &["audit", "verify"]] {
        assert_failed(&served.home.run(command), 6, &stopped);
    }
    assert!(!served.database().exists());
    signal(&pid, "CONT");
    assert_eq!(served.owner.wait().code(), Some(1), "{}", served.owner.said());
    assert_failed(&served.home.run(&["keys", "list"]), 4, "does not exist");
    assert!(!served.database().exists());
}

#[test]
fn a_log_that_is_deleted_is_named_and_what_was_answered_is_kept() {
    let mut served = Served::new();
    served.home.ok(&["keys", "revoke", "shop/leaked", "--yes"]);
    let socket = served.home.data().join("keydeck.sock");
    std::fs::remove_file(served.home.data().join("keydeck.db-wal")).expect("deleted");
    let answer = over_socket(&socket, "GET", "/v1/keys", "").expect("an answer");
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("The -wal file of the database was deleted"), "{}", answer.body);
    assert_eq!(served.owner.wait().code(), Some(1));
    let said = served.owner.said();
    assert!(said.contains("the -wal file of the database was deleted or moved away"), "{said}");
    assert!(said.lines().last().expect("a line").contains("keydeck.db-wal was deleted"), "{said}");
    assert!(served.home.ok(&["keys", "list", "--status", "revoked"]).contains("leaked"));
    served.home.ok(&["audit", "verify"]);
}
