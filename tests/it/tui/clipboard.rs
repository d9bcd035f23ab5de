//! The ways to copy, for real: a terminal, tmux, an X server, and a program of the user's.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::story::{key_on, make_project, show_key, start_with};
use crate::support::display::{Display, Tmux, installed};
use crate::support::home::{Home, KEYDECK};
use crate::support::pty::Pty;
use crate::support::until;

/// A dashboard that shows a new key, with more in its environment.
fn shown(home: &Home, more: &[(&str, &str)]) -> (Pty, String) {
    let mut pty = start_with(home, &[], more);
    pty.sees("live");
    make_project(&mut pty, "shop");
    let key = show_key(&mut pty, "web");
    (pty, key)
}

fn configured(text: &str) -> Home {
    let home = Home::new();
    let folder = home.path().join("config/keydeck");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.toml"), text).expect("a file");
    home
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

/// The escape sequence that puts a text into the terminal's clipboard.
fn osc52(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text))
}

#[test]
fn where_there_is_no_desktop_the_terminal_is_told_and_the_words_promise_nothing() {
    let home = Home::new();
    let (pty, key) = shown(&home, &[]);
    pty.sees("Sent to your terminal's clipboard (not verified");
    assert!(contains(&pty.raw(), &osc52(&key)));
    // screen hands on only what is wrapped for it.
    let home = Home::new();
    let (pty, key) = shown(&home, &[("STY", "1234.pts-0.host")]);
    pty.sees("Sent to your terminal's clipboard");
    assert!(contains(&pty.raw(), &format!("\x1bP{}\x1b\\", osc52(&key))));
}

#[test]
fn over_ssh_the_clipboard_of_the_server_is_left_alone() {
    let Some(display) = Display::start() else { return };
    display.copy("somebody else's");
    let home = Home::new();
    let env = [("DISPLAY", display.name()), ("SSH_CONNECTION", "203.0.113.7 50000 192.0.2.1 22")];
    let (pty, key) = shown(&home, &env);
    pty.sees("Sent to your terminal's clipboard");
    assert!(contains(&pty.raw(), &osc52(&key)));
    assert_eq!(display.text(), "somebody else's");
}

#[test]
fn the_desktop_has_the_key_even_after_the_dashboard_has_gone_and_others_may_replace_it() {
    let Some(display) = Display::start() else { return };
    let home = Home::new();
    let (mut pty, key) = shown(&home, &[("DISPLAY", display.name())]);
    pty.sees("✓ Copied. Clipboard clears in 45 s.");
    assert_eq!(display.text(), key);
    assert!(!contains(&pty.raw(), "\x1b]52;"), "the terminal is not told as well");
    pty.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
    // A terminal that closes takes its processes along, but not the one that holds the clipboard.
    pty.signal("HUP");
    assert_eq!(pty.ends(), 129);
    drop(pty);
    assert_eq!(display.text(), key);
    display.copy("another text");
    assert_eq!(display.text(), "another text");
}

/// The process that holds the clipboard, for so many milliseconds.
fn holder(home: &Home, display: &Display, kind: &str, text: &str, milliseconds: &str) -> Child {
    let length = text.len().to_string();
    let mut child = home
        .command(&["hold-clipboard", "native", kind, &length, milliseconds])
        .env("DISPLAY", display.name())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
    let mut said = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut said).expect("a line");
    assert_eq!(said, "held\n");
    child
}

#[test]
fn a_secret_is_cleared_in_time_and_its_holder_ends() {
    let Some(display) = Display::start() else { return };
    let home = Home::new();
    let began = Instant::now();
    let mut child = holder(&home, &display, "secret", "a secret text", "3000");
    assert_eq!(display.text(), "a secret text");
    assert!(child.wait().expect("it ends").success());
    assert!(began.elapsed() >= Duration::from_secs(3));
    assert_eq!(display.text(), "");
}

#[test]
fn what_was_copied_since_is_not_cleared_and_ends_the_holder_at_once() {
    let Some(display) = Display::start() else { return };
    let home = Home::new();
    for kind in ["secret", "public"] {
        let mut child = holder(&home, &display, kind, "ours", "600000");
        assert_eq!(display.text(), "ours");
        display.copy("theirs");
        assert!(child.wait().expect("it ends").success(), "long before its time");
        assert_eq!(display.text(), "theirs");
    }
}

#[test]
fn half_a_text_is_not_copied() {
    let Some(display) = Display::start() else { return };
    let home = Home::new();
    display.copy("theirs");
    let mut child = home
        .command(&["hold-clipboard", "native", "secret", "43"])
        .env("DISPLAY", display.name())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("its input").write_all(b"redir_live_7kf2").expect("it reads");
    let mut said = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut said).expect("text");
    assert_eq!(said, "the text is incomplete\n");
    assert!(!child.wait().expect("it ends").success());
    assert_eq!(display.text(), "theirs");
}

#[test]
fn a_desktop_that_is_not_there_is_said_with_what_to_do() {
    let home = configured("clipboard = \"native\"\n");
    let (pty, key) = shown(&home, &[("DISPLAY", ":987")]);
    let screen = pty.sees("! Not copied");
    let words = screen.replace('│', " ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Press y to retry or w to save to file"), "{screen}");
    assert!(!contains(&pty.raw(), &BASE64_STANDARD.encode(&key)));
}

#[test]
fn in_tmux_the_terminal_gets_the_key_and_neither_buffer_nor_history_keeps_it() {
    let home = Home::new();
    let Some(mut tmux) = Tmux::start(&home, KEYDECK.as_ref(), &[]) else { return };
    tmux.outer.sees("live");
    make_project(&mut tmux.outer, "shop");
    let key = show_key(&mut tmux.outer, "web");
    tmux.outer.sees("Sent to your terminal's clipboard (not verified");
    let encoded = BASE64_STANDARD.encode(&key);
    until("the terminal's clipboard", || contains(&tmux.outer.raw(), &encoded));
    until("no buffer", || tmux.ask(&["list-buffers"]).is_empty());
    // The key is on the screen of its dialog, and gone from all of it afterwards.
    assert!(tmux.ask(&["capture-pane", "-p"]).contains(&key));
    tmux.outer.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
    assert!(!tmux.ask(&["capture-pane", "-p", "-S", "-"]).contains(&key[15..37]));
    assert!(!tmux.ask(&["show-messages"]).contains(&key[15..37]));
}

#[test]
fn in_tmux_who_is_attached_now_decides_and_not_old_variables() {
    let Some(display) = Display::start() else { return };
    let home = Home::new();
    let ssh = "203.0.113.7 50000 192.0.2.1 22";
    let env = [("DISPLAY", display.name()), ("SSH_CONNECTION", ssh)];
    let Some(mut tmux) = Tmux::start(&home, KEYDECK.as_ref(), &env) else { return };
    tmux.outer.sees("live");
    make_project(&mut tmux.outer, "shop");
    display.copy("theirs");
    let key = show_key(&mut tmux.outer, "web");
    tmux.outer.sees("Sent to your terminal's clipboard");
    assert_eq!(display.text(), "theirs");
    // Now somebody sits at the machine itself; the dashboard's own variables still tell of SSH.
    tmux.ask(&["set-environment", "-r", "SSH_CONNECTION"]);
    tmux.outer.press("y");
    tmux.outer.sees("Copied 2 times. Clipboard clears in 45 s.");
    assert_eq!(display.text(), key);
}

#[test]
fn the_setting_tmux_outside_of_tmux_says_so() {
    let home = configured("clipboard = \"tmux\"\n");
    let (pty, _) = shown(&home, &[]);
    pty.sees("! Not copied: not in a tmux session");
}

#[test]
fn a_program_of_the_users_gets_the_key_on_its_standard_input_and_no_token_of_ours() {
    let home = Home::new();
    let (text, environment) = (home.path().join("text"), home.path().join("environment"));
    let script = format!("cat > {}; env > {}", text.display(), environment.display());
    let folder = home.path().join("config/keydeck");
    std::fs::create_dir_all(&folder).unwrap();
    let settings = format!("clipboard = \"command\"\nclipboard_command = [\"sh\", \"-c\", \"{script}\"]\n");
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    let (pty, key) = shown(&home, &[("KEYDECK_ADMIN_TOKEN", "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY")]);
    pty.sees("Passed to sh (not verified");
    assert_eq!(std::fs::read_to_string(&text).unwrap(), key);
    assert!(!std::fs::read_to_string(&environment).unwrap().contains("KEYDECK_"));
    assert!(!contains(&pty.raw(), &BASE64_STANDARD.encode(&key)));
}

#[test]
fn a_program_that_fails_or_hangs_is_said_to() {
    if !installed(&["sleep"]) {
        return;
    }
    for (command, words) in [
        ("[\"false\"]", "false failed"),
        ("[\"no-such-program\"]", "cannot start"),
        ("[\"sleep\", \"60\"]", "did not answer within 5 s"),
    ] {
        let home = configured(&format!("clipboard = \"command\"\nclipboard_command = {command}\n"));
        let (pty, key) = shown(&home, &[]);
        let screen = pty.sees(words);
        assert!(screen.contains("! Not copied"), "{screen}");
        assert_eq!(key_on(&screen), key, "the key still stands there");
    }
}
