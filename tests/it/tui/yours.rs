//! What one makes one's own, in a real pseudo-terminal: keys, the mouse, no colours; and the palette.

use std::time::{Duration, Instant};

use crate::support::home::{Home, KEYDECK};
use crate::support::pty::Pty;

/// The dashboard with this configuration and these variables, once it is connected.
fn dashboard(home: &Home, config: &str, extra: &[(&str, &str)]) -> Pty {
    let pty = start(home, config, extra);
    pty.sees("live");
    pty
}

/// The same as it starts.
fn start(home: &Home, config: &str, extra: &[(&str, &str)]) -> Pty {
    let file = home.path().join("mine.toml");
    std::fs::write(&file, config).expect("a file");
    let mut env = home.env();
    env.push(("KEYDECK_CONFIG", file.to_str().expect("UTF-8").to_owned()));
    let mut env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.extend_from_slice(extra);
    // A job of a shell, so that it can be stopped; an Edge API would not let it.
    Pty::job(KEYDECK.as_ref(), &["--no-edge"], &env, 80, 24)
}

/// A user with a project and a few keys.
fn user() -> Home {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "mobile", "batch"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home
}

#[test]
fn a_key_known_by_name_is_revoked_from_the_palette_with_keys_of_ones_own() {
    let home = user();
    let mut pty = dashboard(&home, "[keys]\npalette = [\"f2\", \"P\"]\nrevoke = \"X\"\n", &[]);
    pty.press("P");
    pty.sees("Command palette");
    pty.press("mobile");
    pty.sees("> key         shop/mobile");
    pty.press("\r");
    pty.sees("> mobile");
    pty.press("x");
    pty.sees("does nothing here. Press");
    pty.press("X");
    pty.sees("Revoke this key?");
    pty.press_until("y", "the receipt", |screen| screen.contains("revoked (confirmed by 1 of 1 node"));
    // F2 as xterm sends it.
    pty.press("\x1bOQ");
    pty.sees("Command palette");
    pty.press("quit\r");
    assert_eq!(pty.ends(), 0);
    assert!(pty.is_whole());
    assert!(home.ok(&["keys", "list", "--status", "revoked"]).contains("mobile"));
}

#[test]
fn without_colours_the_selected_row_is_still_reversed() {
    let home = user();
    let mut pty = dashboard(&home, "theme = \"colour-blind\"\n", &[("NO_COLOR", "1")]);
    pty.press("2");
    pty.sees("batch");
    pty.press("j");
    pty.until_screen("a reversed row", |screen| {
        let row = (0..24).find(|row| screen.cell(*row, 0).is_some_and(|cell| cell.contents() == ">"));
        let reversed = |row: u16, column: u16| screen.cell(row, column).is_some_and(vt100::Cell::inverse);
        row.is_some_and(|row| {
            row == 4 && (0..80).all(|column| reversed(row, column)) && !reversed(row - 1, 0)
        })
    });
    pty.until_screen("no colour at all", |screen| {
        let cells = (0..24).flat_map(|row| (0..80).filter_map(move |column| screen.cell(row, column)));
        cells
            .into_iter()
            .all(|cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default)
    });
    let raw = pty.raw();
    assert!(raw.windows(4).any(|bytes| bytes == b"\x1b[7m"), "the attribute itself was written");
}

#[test]
fn the_mouse_is_taken_and_given_back_on_every_way_out() {
    let taken = |screen: &vt100::Screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
    let home = user();
    let mut pty = dashboard(&home, "", &[]);
    pty.until_screen("no mouse", |screen| !taken(screen));
    pty.press("m");
    pty.until_screen("the mouse", taken);
    // A press and a release on the third tab.
    pty.press("\x1b[<0;22;2M\x1b[<0;22;2m");
    pty.sees("[Stale");
    pty.press("2");
    pty.sees("> batch");
    pty.press("\x1b[<0;5;5M\x1b[<0;5;5m");
    pty.sees("> mobile");
    pty.press("\x1b[<64;5;6M");
    pty.sees("> batch");
    pty.stop();
    pty.go_on();
    pty.until_screen("the mouse again", taken);
    pty.signal("TERM");
    assert_eq!(pty.ends(), 143);
    assert!(pty.is_whole());

    let mut pty = dashboard(&home, "mouse = true\n", &[]);
    pty.until_screen("the mouse", taken);
    // While a key is shown its text can be selected.
    pty.press("2");
    pty.sees("> batch");
    pty.press("n");
    pty.sees("New key");
    pty.press("fresh\r");
    pty.until_screen("no mouse", |screen| {
        !taken(screen) && keydeck::secret::find(&screen.contents()).is_some()
    });
    pty.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
    pty.until_screen("the mouse again", taken);
    pty.press("m");
    pty.until_screen("no mouse", |screen| !taken(screen));
    pty.press("m");
    pty.until_screen("the mouse", taken);
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    assert!(pty.is_whole());
}

/// Waits until the terminal is asked for its background.
fn is_asked(pty: &Pty) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !pty.raw().windows(6).any(|bytes| bytes == b"\x1b]11;?") {
        assert!(Instant::now() < deadline, "it never asks: {}", pty.screen());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_automatic_theme_is_that_of_the_terminals_background_and_its_answer_is_no_key() {
    let home = user();
    let ground = |screen: &vt100::Screen| screen.cell(12, 40).map(vt100::Cell::bgcolor);
    let colours = [("COLORTERM", "truecolor")];
    let light = vt100::Color::Rgb(0xff, 0xff, 0xff);
    let dark = vt100::Color::Rgb(0x16, 0x18, 0x1d);
    for (answer, wanted) in [
        (&["\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\"][..], light),
        (&["\x1b]11;rgb:0000/2b2b/3636\x07"], dark),
        (&["\x1b]11;rgb:ff", "ff/ffff/ffff\x1b", "\\"], light),
        (&["\x1b]11;rgb:1e/1e/2e\x1b\\"], dark),
    ] {
        let mut pty = start(&home, "theme = \"auto\"\n", &colours);
        is_asked(&pty);
        for part in answer {
            pty.press(part);
        }
        pty.until_screen("the theme", |screen| ground(screen) == Some(wanted));
        let screen = pty.sees("live");
        assert!(!screen.contains("rgb") && !screen.contains("does nothing"), "{screen}");
        pty.press("2");
        pty.sees("> batch");
        pty.press("q");
        assert_eq!(pty.ends(), 0);
        assert!(pty.is_whole());
    }
}

#[test]
fn without_an_answer_or_a_terminal_that_gives_one_at_once_the_theme_stays_the_usual_one() {
    let home = user();
    let ground = |screen: &vt100::Screen| screen.cell(12, 40).map(vt100::Cell::bgcolor);
    let usual = Some(vt100::Color::Default);
    let mut pty = start(&home, "theme = \"auto\"\n", &[("COLORTERM", "truecolor")]);
    pty.sees("live");
    // What is no colour, and the answer to something else.
    pty.press("\x1b]11;nothing\x1b\\\x1b]10;rgb:ffff/ffff/ffff\x1b\\");
    pty.press("2");
    pty.sees("> batch");
    pty.until_screen("the usual colours", |screen| ground(screen) == usual);
    pty.press("q");
    assert_eq!(pty.ends(), 0);
    for (config, env) in [
        (
            "theme = \"auto\"\n",
            &[("COLORTERM", "truecolor"), ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")][..],
        ),
        ("theme = \"auto\"\n", &[("COLORTERM", "truecolor"), ("TMUX", "/tmp/tmux,1,0"), ("LANG", "C.UTF-8")]),
        ("theme = \"auto\"\n", &[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]),
        ("theme = \"auto\"\n", &[]),
        ("", &[("COLORTERM", "truecolor")]),
    ] {
        let mut pty = start(&home, config, env);
        pty.sees("live");
        pty.press("q");
        assert_eq!(pty.ends(), 0);
        assert!(!pty.raw().windows(5).any(|bytes| bytes == b"\x1b]11;"), "{config} {env:?}");
    }
}
