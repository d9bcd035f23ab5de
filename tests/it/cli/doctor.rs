//! `keydeck doctor`.

use serde_json::Value;

use super::contexts::{Elsewhere, login};
use super::keys::json;
use crate::support::home::Home;
use crate::support::process::{Running, errors};

/// What it found, as a program reads it, and its exit code.
fn found(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> (Value, Option<i32>) {
    let mut command = home.command(&[args, &["doctor", "--output", "json"]].concat());
    let out = command.envs(variables.iter().copied()).output().expect("it runs");
    assert!(out.stderr.is_empty(), "{}", errors(&out));
    (json(&String::from_utf8(out.stdout).expect("UTF-8")), out.status.code())
}

fn check<'a>(found: &'a Value, name: &str) -> &'a Value {
    let checks = found["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("no {name}: {found}"))
}

fn assert_check(found: &Value, name: &str, verdict: &str, about: &str) {
    let check = check(found, name);
    assert_eq!(check["verdict"], verdict, "{check}");
    let words = format!("{} {}", check["said"], check["wayOut"]);
    assert!(words.contains(about), "no {about:?} in {check}");
    assert_eq!(check["wayOut"].is_string(), matches!(verdict, "failed" | "warning"), "{check}");
}

#[test]
fn a_new_user_is_told_that_all_is_well_and_nothing_is_made() {
    let home = Home::new();
    let (found, code) = found(&home, &[], &[]);
    assert_eq!((code, &found["ok"]), (Some(0), &true.into()), "{found}");
    assert_check(&found, "configuration", "ok", "not found; using defaults");
    assert_check(&found, "database", "ok", "the first start creates it");
    assert_check(&found, "keyring", "ok", "stored in files (0600)");
    assert!(!home.data().exists() && !home.log().exists(), "it only looks");
}

#[test]
fn a_database_that_is_named_and_does_not_exist_is_told_and_not_made() {
    let home = Home::new();
    let path = home.path().join("folder/mistyped.db");
    let (found, code) = found(&home, &["--database", &format!("sqlite://{}", path.display())], &[]);
    assert_eq!(code, Some(1), "{found}");
    assert_check(&found, "database", "failed", "does not exist");
    assert!(!path.parent().expect("a folder").exists(), "it only looks");
}

#[test]
fn an_embedded_database_is_opened_or_its_owner_asked() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let (alone, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(0), "{alone}");
    assert_check(&alone, "database", "ok", "schema version");
    assert_check(&alone, "token", "ok", "role admin");
    assert_check(&alone, "audit log", "ok", "1:");
    assert_check(&alone, "edge", "skipped", "not running");
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let (beside, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(0), "{beside}");
    assert_check(&beside, "owner", "ok", &format!("process {}", owner.id()));
    assert_check(&beside, "edge", "ok", "is healthy");
    let words = home.ok(&["doctor"]);
    assert!(
        words.contains("ok       edge") && words.contains("plan") && words.contains("(default)"),
        "{words}"
    );
}

#[test]
fn a_server_elsewhere_is_reached_with_the_stored_token_or_the_way_out_is_named() {
    let there = Elsewhere::start(&[]);
    let home = Home::new();
    login(&home, &there, "shop");
    let (good, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(0), "{good}");
    assert_check(&good, "context", "ok", "shop");
    assert_check(&good, "token", "ok", "token:admin (role admin)");
    assert_check(&good, "clock", "ok", "in sync with the server");
    let server =
        good["settings"].as_array().expect("settings").iter().find(|told| told["setting"] == "server");
    assert_eq!(server.expect("the server")["source"], "context shop");
    assert!(!good.to_string().contains(&there.token), "no token is said");

    let unknown = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY";
    let (refused, code) = found(&home, &[], &[("KEYDECK_TOKEN", unknown)]);
    assert_eq!(code, Some(1));
    assert_check(&refused, "token", "failed", &format!("keydeck login {}", there.url));
    assert!(!refused.to_string().contains(unknown));
    let Elsewhere { owner, .. } = there;
    drop::<Running>(owner);
    let (gone, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(1));
    assert_check(&gone, "server", "failed", "check that the server is running");
}

#[test]
fn what_is_broken_is_found_and_not_stumbled_over() {
    let home = Home::new();
    let folder = home.path().join("config/keydeck");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.toml"), "theme = \"default\"\nserver = 7\n").expect("a file");
    let (broken, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(1));
    assert_check(&broken, "configuration", "failed", "line 2");
    std::fs::write(folder.join("config.toml"), "context = \"gone\"\n").expect("a file");
    assert_check(&found(&home, &[], &[]).0, "context", "failed", "keydeck contexts use");
    std::fs::write(folder.join("config.toml"), "").expect("a file");

    std::fs::create_dir_all(home.data()).expect("a folder");
    std::fs::write(home.data().join("keydeck.db"), "this is no database").expect("a file");
    let (torn, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(1), "{torn}");
    assert_check(&torn, "database", "failed", "keydeck.db");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |mode| std::fs::set_permissions(home.data(), std::fs::Permissions::from_mode(mode));
        mode(0o755).expect("a mode");
        assert_check(&found(&home, &[], &[]).0, "data directory", "warning", "chmod 700");
        let token = home.path().join("token");
        std::fs::write(&token, "x").expect("a file");
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).expect("a mode");
        let token = token.to_str().expect("UTF-8");
        let (open, _) = found(&home, &[], &[("KEYDECK_TOKEN_FILE", token)]);
        assert_check(&open, "token files", "warning", "chmod 600");
    }
}

#[test]
fn contexts_that_could_not_be_used_are_all_named() {
    let home = Home::new();
    let folder = home.path().join("config/keydeck");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(
        folder.join("config.toml"),
        "[contexts.a]\nserver = \"http://keys.example.com\"\n[contexts.b]\nserver = \"nonsense\"\n\
         [contexts.c]\ndatabase = \"mysql://x\"\n[contexts.d]\nserver = \"http://127.0.0.1:1\"\n",
    )
    .expect("a file");
    let (found, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(1), "{found}");
    let checks = found["checks"].as_array().expect("checks").iter();
    let said: Vec<&str> = checks
        .filter(|check| check["check"] == "configuration" && check["verdict"] == "failed")
        .map(|check| check["said"].as_str().expect("words"))
        .collect();
    assert_eq!(said.len(), 3, "{said:?}");
    for (words, about) in said.iter().zip(["context a: ", "context b: ", "context c: "]) {
        assert!(words.contains(about), "{words}");
    }
    assert!(said[0].contains("use https"), "{}", said[0]);
}

#[test]
fn the_way_a_copy_would_go_is_said() {
    let home = Home::new();
    for (variables, verdict, about) in [
        (&[("DISPLAY", ":7")][..], "ok", "desktop"),
        (&[("SSH_CONNECTION", "x"), ("DISPLAY", ":7")], "warning", "OSC 52"),
        (&[("SSH_TTY", "x"), ("TMUX", "y")], "warning", "through tmux"),
        (&[], "warning", "OSC 52"),
    ] {
        assert_check(&found(&home, &[], variables).0, "clipboard", verdict, about);
    }
}

#[test]
fn names_that_an_older_keydeck_kept_apart_and_are_one_now_are_told() {
    let home = Home::new();
    let (before, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(0), "{before}");
    home.ok(&["projects", "create", "shop"]);
    let (clean, _) = found(&home, &[], &[]);
    assert_check(&clean, "names", "ok", "no duplicate names");
    std::fs::remove_file(home.data().join("keydeck.db")).expect("it is closed");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let older = include_str!("../store/older.sql");
    runtime.block_on(crate::store::refold::sqlite_from(&home.data().join("keydeck.db"), older));
    let (found, code) = found(&home, &[], &[]);
    assert_eq!(code, Some(0), "{found}");
    assert_check(&found, "names", "warning", "keydeck keys rename KEY NAME");
    assert!(check(&found, "names")["said"].as_str().expect("words").contains("Größe"), "{found}");
}

#[test]
fn one_node_is_asked_whether_it_is_ready_without_a_home_a_token_or_a_database() {
    let home = Home::new();
    let mut server =
        home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--drain", "30"]);
    let edge = server.until_said("Edge API on http://");
    let edge = edge.rsplit('/').next().expect("an address").to_owned();
    server.until_said("keydeck: ready");
    let ask = || {
        let mut command = std::process::Command::new(crate::support::home::KEYDECK);
        command.args(["doctor", "--edge", &edge]).env_clear().env("KEYDECK_DATA", "/nonexistent");
        let out = command.output().expect("it runs");
        assert!(out.stderr.is_empty(), "{}", errors(&out));
        (out.status.code(), String::from_utf8(out.stdout).expect("UTF-8"))
    };
    assert_eq!(ask(), (Some(0), format!("ok       edge  http://{edge} is healthy\n")));

    // Told to end, it says that it is not ready, and answers on.
    crate::support::process::signal(&server.id().to_string(), "TERM");
    server.until_said("draining");
    let (code, said) = ask();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is not ready"), "{said}");
    let lookup = crate::support::home::get(&edge, "/v1/lookup?path=/a", &[]);
    assert_eq!(lookup.status, 401, "it still answers");
    // A second signal ends it.
    assert_eq!(server.terminate().code(), Some(143), "{}", server.said());
    let (code, said) = ask();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("check that the node is running"), "{said}");
}
