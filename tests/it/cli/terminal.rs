//! Commands on a terminal: the secret shown once, the question before a revocation, a key asked for.

use std::path::Path;

use keydeck::secret;

use super::keys::{json, with_key};
use crate::support::home::{Home, KEYDECK};
use crate::support::pty::Pty;

pub(super) fn start(home: &Home, args: &[&str]) -> Pty {
    start_with(home, args, &[])
}

/// The same with more in its environment.
pub(super) fn start_with(home: &Home, args: &[&str], more: &[(&str, &str)]) -> Pty {
    let env = home.env();
    let env = env.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied());
    let env: Vec<(&str, &str)> = env.collect();
    Pty::start(Path::new(KEYDECK), args, &env, 80, 24)
}

/// A line of shell in a terminal, with the program as `$0`.
pub(super) fn in_shell(home: &Home, line: &str) -> Pty {
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Pty::start(Path::new("/bin/sh"), &["-c", line, KEYDECK], &env, 80, 24)
}

fn key_on(screen: &str) -> String {
    screen[secret::find(screen).expect("a whole key on the screen")].to_owned()
}

#[test]
fn a_new_key_is_on_the_alternate_screen_until_enter_and_nowhere_after() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let mut terminal = start(&home, &["keys", "create", "web", "--project", "shop"]);
    let key = key_on(&terminal.sees("Press Enter once you have saved it"));
    assert!(terminal.screen().contains("shop"));
    assert!(terminal.screen().lines().any(|line| line == key), "alone on its line");
    // While a person stores it, others have the database.
    assert!(home.ok(&["keys", "list"]).contains("web"));
    terminal.press("\r");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_whole());
    assert!(!terminal.scrollback().contains(&key), "{}", terminal.scrollback());
    assert!(terminal.scrollback().contains("created key shop/web (live)"));
    assert_eq!(home.files_holding(&key), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_signal_clears_the_key_and_restores_the_terminal() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut terminal = start(&home, &["keys", "create", signal, "--project", "shop"]);
        let key = key_on(&terminal.sees("Press Enter once you have saved it"));
        terminal.signal(signal);
        assert_eq!(terminal.ends(), code, "{signal}");
        assert!(terminal.is_whole(), "{signal}");
        assert!(!terminal.scrollback().contains(&key));
    }
}

#[test]
fn a_revocation_asks_and_only_yes_is_yes() {
    let (home, _) = with_key();
    for no in ["\r", "n\r", "never\r"] {
        let mut terminal = start(&home, &["keys", "revoke", "shop/web"]);
        let question = terminal.sees("[y/N]");
        assert!(question.contains("web in shop") && question.contains("never used"), "{question}");
        terminal.press(no);
        assert_eq!(terminal.ends(), 1);
        let shown = json(&home.ok(&["keys", "show", "shop/web", "--output", "json"]));
        assert_eq!(shown["status"], "active");
    }
    let mut terminal = start(&home, &["keys", "revoke", "shop/web"]);
    terminal.sees("[y/N]");
    terminal.press("y\r");
    terminal.sees("1 of 1");
    assert_eq!(terminal.ends(), 0);
    let shown = json(&home.ok(&["keys", "show", "shop/web", "--output", "json"]));
    assert_eq!(shown["status"], "revoked");
}

#[test]
fn a_key_that_is_asked_for_is_not_echoed() {
    let (home, key) = with_key();
    let mut terminal = start(&home, &["keys", "show", "-"]);
    terminal.sees("hidden");
    terminal.press(&key);
    terminal.press("\r");
    terminal.sees("created by");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_whole());
    let written = terminal.raw();
    assert!(!written.windows(key.len()).any(|window| window == key.as_bytes()));

    let mut terminal = start(&home, &["keys", "show", "-"]);
    terminal.sees("hidden");
    terminal.press("\u{3}");
    assert_eq!(terminal.ends(), 130);
    assert!(terminal.is_whole());
}

#[test]
fn a_hidden_prompt_edits_like_every_prompt_and_tells_what_it_does_not_take() {
    let (home, key) = with_key();
    let mut terminal = start(&home, &["keys", "show", "-"]);
    terminal.sees("hidden");
    assert!(!terminal.is_cooked(), "nothing is echoed from the question on");
    let (first, rest) = key.split_at(20);
    terminal.press("all of this goes\x15");
    terminal.press("word words\x17\x17");
    // Backspace in both of its forms, at the end and in the middle.
    terminal.press(&format!("{first}xy\x7f\x08"));
    terminal.press("\x1b[D\x1b[D!\x7f\x1b[C\x1b[C\x1b[A\x1b[B");
    terminal.press(&rest[1..]);
    terminal.press("\x01?\x1b[H\x1b[3~");
    terminal.press("\t");
    terminal.sees("Ignored: Tab");
    terminal.press("\x02\x0e");
    terminal.sees("Ignored: Ctrl-N");
    // A sequence that comes in two parts is one key all the same.
    terminal.press("\x1b");
    terminal.press("[D");
    terminal.press("\x1b[");
    terminal.press("C\t");
    // The one letter that is left out so far.
    terminal.press(&format!("\x01{}{}\x05", "\x1b[C".repeat(20), &rest[..1]));
    terminal.press("\r");
    terminal.sees("created by");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_whole());

    let mut terminal = start(&home, &["keys", "show", "-"]);
    terminal.sees("hidden");
    terminal.paste("two\nlines");
    terminal.sees("Ignored: the pasted text has several lines");
    terminal.paste(&format!("{key}\n"));
    terminal.press("\r");
    terminal.sees("created by");
    assert_eq!(terminal.ends(), 0);
    for (keys, code) in [("\x04", 130), ("abc\x03", 130)] {
        let mut terminal = start(&home, &["keys", "show", "-"]);
        terminal.sees("hidden");
        terminal.press(keys);
        assert_eq!(terminal.ends(), code);
        assert!(terminal.is_whole());
    }
}

#[test]
fn a_project_with_active_keys_is_refused_before_the_question() {
    let (home, _) = with_key();
    let mut terminal = start(&home, &["projects", "delete", "shop"]);
    let screen = terminal.sees("the project has 1 active key; pass --revoke-keys to revoke them too");
    assert!(!screen.contains("[y/N]"), "{screen}");
    assert_eq!(terminal.ends(), 5);
    let mut terminal = start(&home, &["projects", "delete", "shop", "--revoke-keys"]);
    terminal.sees("and revoke its 1 active key on");
    terminal.press("y\r");
    assert_eq!(terminal.ends(), 0);
}
