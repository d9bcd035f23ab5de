//! Every way out while a key is shown: the terminal is whole afterwards, and nothing of the key stays on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::response::{Html, IntoResponse as _};
use keydeck::client::{Client, Transport};
use keydeck::tui::model::{Contexts, Keymap, Place};
use keydeck::tui::view::Theme;
use keydeck::tui::{ClipboardSetting, Connected, NeededFor, Options};
use tower::ServiceExt as _;

use super::story::{dashboard, job, make_project, show_key};
use crate::support::api::Api;
use crate::support::display::Tmux;
use crate::support::home::{Home, KEYDECK};
use crate::support::process::signal;
use crate::support::pty::Pty;
use crate::support::until;

/// A dashboard that shows a new key.
fn shown(home: &Home) -> (Pty, String) {
    let mut pty = dashboard(home, &[]);
    make_project(&mut pty, "shop");
    let key = show_key(&mut pty, "web");
    (pty, key)
}

fn assert_clean(pty: &Pty, key: &str) {
    assert!(pty.is_whole(), "the terminal is as it was\n{}", pty.screen());
    assert!(!pty.scrollback().contains(&key[17..33]), "the key stays\n{}", pty.scrollback());
}

#[test]
fn signals_take_the_key_off_the_terminal() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let home = Home::new();
        let (mut pty, key) = shown(&home);
        pty.signal(signal);
        assert_eq!(pty.ends(), code, "{signal}");
        assert_clean(&pty, &key);
    }
}

#[test]
fn ctrl_z_takes_the_key_off_the_terminal_and_going_on_shows_it_again() {
    let home = Home::new();
    let mut pty = job(&home, &["--no-edge"]);
    make_project(&mut pty, "shop");
    let key = show_key(&mut pty, "web");
    pty.stop();
    assert_clean(&pty, &key);
    pty.go_on();
    pty.sees(&key);
    pty.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
    // What the terminal was told after the key's dialog closed holds nothing of it.
    pty.until("its keys", |screen| super::story::shows_project(screen, "shop"));
    let before = pty.raw().len();
    pty.press("2?");
    pty.sees("Keyboard shortcuts");
    pty.press("\x1b");
    pty.press("q");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    let after = pty.raw().split_off(before);
    assert!(!after.windows(16).any(|part| part == &key.as_bytes()[17..33]));
    assert_clean(&pty, &key);
}

#[test]
fn a_terminal_without_an_alternate_screen_keeps_nothing_in_its_history() {
    let home = Home::new();
    let lines = "set -g remain-on-exit on\nset -g alternate-screen off\n";
    let program = [KEYDECK, "--no-edge"];
    let Some(mut tmux) = Tmux::configured(&home, &program, &[], lines) else { return };
    tmux.outer.sees("live");
    make_project(&mut tmux.outer, "shop");
    let key = show_key(&mut tmux.outer, "web");
    let pid = tmux.ask(&["display-message", "-p", "#{pane_pid}"]);
    assert!(tmux.ask(&["capture-pane", "-p", "-S", "-"]).contains(&key));
    signal(pid.trim(), "TERM");
    until("the end of the pane", || tmux.ask(&["display-message", "-p", "#{pane_dead}"]).trim() == "1");
    let left = tmux.ask(&["capture-pane", "-p", "-S", "-"]);
    assert!(!left.contains(&key[17..33]), "{left}");
}

#[test]
fn w_writes_a_new_file_for_its_owner_alone_and_never_over_another() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let (first, second) = (home.path().join("shop-web.key"), home.path().join("shop-web-2.key"));
    std::fs::write(&first, "somebody else's").expect("a file");
    let (mut pty, key) = shown(&home);
    pty.press("w");
    let screen = pty.sees("Saved to");
    assert!(screen.contains("shop-web-2.key"), "the name that was free: {screen}");
    assert_eq!(std::fs::read_to_string(&first).expect("a file"), "somebody else's");
    assert_eq!(std::fs::read_to_string(&second).expect("a file"), format!("{key}\n"));
    assert_eq!(std::fs::metadata(&second).expect("a file").permissions().mode() & 0o777, 0o600);
    pty.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
    assert_eq!(home.files_holding(&key[17..33]), [second], "no other file holds it");
}

/// A dashboard in this process, whose second way to its server is a fault.
fn faulty() {
    keydeck::cli::process::on_panic();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let api = runtime.block_on(Api::start());
    let local = api.local.clone();
    // A revocation is answered by something that is no Keydeck, so that the dashboard looks for another way.
    let router = Router::new().fallback_service(tower::service_fn(move |request: Request| {
        let local = local.clone();
        async move {
            if request.uri().path().ends_with("/revoke") {
                return Ok(Html("<html>").into_response());
            }
            local.oneshot(request).await
        }
    }));
    let tries = AtomicU32::new(0);
    let connect: keydeck::tui::Connect = Arc::new(move |_, _| {
        assert_eq!(tries.fetch_add(1, Ordering::SeqCst), 0, "a fault of the test");
        let client = Client::new(Transport::embedded(router.clone()));
        Box::pin(async move { Ok(Connected { client, place: Place::default(), identity: None }) })
    });
    let ended = keydeck::tui::run(Options {
        columns: None,
        filters: None,
        ask_background: false,
        connect,
        close: Box::new(|_| Box::pin(async {})),
        contexts: Contexts::default(),
        demo: false,
        zone: keydeck::wire::zone::Zone::UTC,
        read_only: false,
        copy_new_key: true,
        clipboard: ClipboardSetting::Osc52,
        holder: vec![],
        unsaved: std::env::temp_dir().join("unstored"),
        theme: Theme::DEFAULT,
        theme_name: ("default".to_owned(), false),
        save_theme: None,
        keymap: Keymap::default(),
        mouse: false,
        needed_for: || NeededFor::Nothing,
        warnings: vec![],
    });
    panic!("it ended without a fault: {ended:?}");
}

#[test]
fn a_fault_of_the_program_leaves_the_terminal_whole_and_without_the_key() {
    const FAULT: &str = "KEYDECK_TEST_FAULT";
    if std::env::var_os(FAULT).is_some() {
        return faulty();
    }
    // This test once more, in a process and a terminal of its own.
    let home = Home::new();
    let known = home.env();
    let mut env: Vec<(&str, &str)> = known.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.push((FAULT, "1"));
    let this = std::env::current_exe().expect("a program");
    let name = "tui::teardown::a_fault_of_the_program_leaves_the_terminal_whole_and_without_the_key";
    let mut pty = Pty::start(&this, &["--exact", name, "--nocapture"], &env, 120, 30);
    pty.sees("live");
    make_project(&mut pty, "shop");
    let key = show_key(&mut pty, "web");
    pty.press("\x1b");
    pty.sees("Not saved yet");
    pty.press_until("x", "the answer of another server", |screen| screen.contains("web page"));
    pty.until("the fault", |screen| screen.contains("internal error at"));
    assert_eq!(pty.ends(), 101);
    assert_clean(&pty, &key);
}
