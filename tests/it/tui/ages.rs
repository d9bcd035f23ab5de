//! Ages, keys and the keymap.

use std::time::Duration;

use keydeck::tui::model::ages::{Age, local, utc};
use keydeck::tui::model::keymap::Chord;
use keydeck::tui::model::{Action, KeyCode, KeyPress, Keymap, PressKind};

use crate::support::fixtures::NOW;

#[test]
fn ages_are_short_and_a_time_ahead_is_not_trusted() {
    let cases = [
        (0, "just now"),
        (9, "just now"),
        (12, "12s ago"),
        (300, "5m ago"),
        (3 * 3600, "3h ago"),
        (12 * 86_400, "12d ago"),
        (95 * 86_400, "3mo ago"),
        (2 * 365 * 86_400 + 86_400, "2y ago"),
    ];
    for (seconds, words) in cases {
        assert_eq!(Age { at: NOW - Duration::from_secs(seconds), now: NOW }.to_string(), words);
    }
    let ahead = Age { at: NOW + Duration::from_hours(1), now: NOW };
    assert_eq!(ahead.to_string(), "in the future (clock?)");
    assert_eq!(local(NOW, 3600), "2026-11-23 18:04:05 +01:00");
    assert_eq!(utc(NOW), "2026-11-23 17:04:05 UTC");
}

#[test]
fn keys_can_be_bound_anew_but_the_way_out_stays() {
    let mut keymap = Keymap::default();
    keymap.bind("revoke", &["X".into(), "delete".into()]).unwrap();
    assert_eq!(keymap.action(KeyPress::char('x')), None);
    assert_eq!(keymap.action(KeyPress::plain(KeyCode::Delete)), Some(Action::Revoke));
    assert_eq!(keymap.hint(Action::Revoke), "X");
    assert!(keymap.help().any(|(_, keys, words)| keys == "X Del" && words == "revoke this key"));
    assert!(keymap.bind("revoke", &["hyper-x".into()]).unwrap_err().to_string().contains("hyper-x"));
    assert!(keymap.bind("revok", &[]).unwrap_err().to_string().contains("revoke"));
    assert!(keymap.bind("up", &["ctrl-c".into()]).is_err(), "nothing takes the last way out");
    assert_eq!(keymap.action(KeyPress::ctrl('c')), Some(Action::Quit));
}

#[test]
fn a_held_key_moves_and_does_nothing_else() {
    let keymap = Keymap::default();
    let held = |c| KeyPress { kind: PressKind::Repeat, ..KeyPress::char(c) };
    assert_eq!(keymap.action(held('j')), Some(Action::Down));
    assert_eq!(keymap.action(held('x')), None);
    assert_eq!(Chord::parse("ctrl-d").unwrap().to_string(), "Ctrl-d");
}
