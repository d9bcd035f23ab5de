//! What one makes one's own, in a real pseudo-terminal: keys, the mouse, no colours; and the palette.

use crate::support::home::{Home, KEYDECK};
use crate::support::pty::Pty;

/// The dashboard with this configuration and these variables, once it is connected.
fn dashboard(home: &Home, config: &str, extra: &[(&str, &str)]) -> Pty {
    let file = home.path().join("mine.toml");
    std::fs::write(&file, config).expect("a file");
    let mut env = home.env();
    env.push(("KEYDECK_CONFIG", file.to_str().expect("UTF-8").to_owned()));
    let mut env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.extend_from_slice(extra);
    // A job of a shell, so that it can be stopped; an Edge API would not let it.
    let pty = Pty::job(KEYDECK.as_ref(), &["--no-edge"], &env, 80, 24);
    pty.sees("live");
    pty
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
    pty.sees("Do or go to");
    pty.press("mobile");
    pty.sees("> key         mobile of shop");
    pty.press("\r");
    pty.sees("> mobile");
    pty.press("x");
    pty.sees("that key does nothing here");
    pty.press("X");
    pty.sees("Revoke this key?");
    pty.press_until("y", "the receipt", |screen| screen.contains("revoked on 1 of 1 node"));
    // F2 as xterm sends it.
    pty.press("\x1bOQ");
    pty.sees("Do or go to");
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
            row == 5 && (0..80).all(|column| reversed(row, column)) && !reversed(row - 1, 0)
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
    pty.press("\x1b[<0;25;2M\x1b[<0;25;2m");
    pty.sees(">3 Stale");
    pty.press("2");
    pty.sees("> batch");
    pty.press("\x1b[<0;5;6M\x1b[<0;5;6m");
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
