//! What is said to those who leave while a change is under way.

use super::story::start_with;
use crate::support::home::Home;
use crate::support::process::{Running, signal};
use crate::support::pty::Pty;

/// A server of its own with one key, and a dashboard on it that shows the key.
pub(super) fn desk(home: &Home) -> (Running, Pty) {
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let url = crate::cli::serve::address(&server, "management API");
    let token = home.data().join("admin-token");
    let token = token.to_str().expect("UTF-8");
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let pty = start_with(home, &["--server", &format!("http://{url}")], &[("KEYDECK_TOKEN_FILE", token)]);
    pty.sees("live");
    (server, pty)
}

#[test]
fn a_revocation_that_nobody_confirmed_is_named_at_the_end() {
    let home = Home::new();
    let (server, mut pty) = desk(&home);
    pty.press("2");
    pty.sees("> web");
    pty.press("x");
    pty.sees("Revoke this key?");
    signal(&server.id().to_string(), "STOP");
    pty.press_until("y", "the waiting", |screen| screen.contains("Revoking…"));
    pty.press("\x03");
    assert_eq!(pty.ends(), 1);
    signal(&server.id().to_string(), "CONT");
    assert!(pty.is_whole());
    let left = pty.scrollback().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(left.contains(
        "keydeck: revoking shop/web was not confirmed before you quit; check with `keydeck keys show "
    ));
    // Whoever copies the command asks the same server.
    let (_, command) = left.split_once("`keydeck keys show ").expect("a command");
    let (command, _) = command.split_once('`').expect("its end");
    assert!(command.contains(" --server http://127.0.0.1:"), "{command}");
}

#[test]
fn who_leaves_without_a_change_under_way_waits_for_nothing() {
    let home = Home::new();
    let (server, mut pty) = desk(&home);
    signal(&server.id().to_string(), "STOP");
    pty.press("r\x03");
    assert_eq!(pty.ends(), 0);
    signal(&server.id().to_string(), "CONT");
    assert!(!pty.scrollback().contains("keydeck: "), "{}", pty.scrollback());
}

#[test]
fn who_leaves_while_the_token_is_awaited_from_a_pipe_waits_for_nothing() {
    let home = Home::new();
    let pipe = home.path().join("token");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let token = pipe.to_str().expect("UTF-8");
    let mut took = Vec::new();
    // The machine may be busy with something else.
    for _ in 0..3 {
        let mut pty =
            start_with(&home, &["--server", "http://127.0.0.1:9"], &[("KEYDECK_TOKEN_FILE", token)]);
        pty.sees("connecting");
        let since = std::time::Instant::now();
        pty.press("\x03");
        assert_eq!(pty.ends(), 0);
        assert!(pty.is_whole());
        took.push(since.elapsed());
        if took.last().is_some_and(|took| *took < std::time::Duration::from_secs(2)) {
            return;
        }
    }
    panic!("it ended after {took:?} only");
}
