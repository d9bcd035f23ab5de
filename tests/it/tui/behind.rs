//! No key falls through a dialog to the table behind it.

use keydeck::tui::model::{Effect, Event, KeyCode, KeyPress, Request};

use crate::support::fixtures::{Desk, WHOLE_KEY, World};

const SIZE: (u16, u16) = (120, 30);

/// What opens each dialog, and the letters that its last line names, or that close it by habit.
const DIALOGS: [(&str, &str, &str); 15] = [
    ("help", "?", ""),
    ("palette", ":", ""),
    ("sort", "s", "qs"),
    ("messages", "!", "q!"),
    ("contexts", "C", ""),
    ("new key", "n", ""),
    ("rename", "e", ""),
    // The blank presses the button that has the focus: Cancel.
    ("revoke", "x", "yqn "),
    ("pause", "P", "yqn "),
    ("copy menu", "Y", "qY1234"),
    ("export", "E", "qcjmCJM"),
    ("rotate", "R", ""),
    ("bulk", "  x", "q"),
    ("new project", "1n", ""),
    ("delete", "1D", ""),
];

fn asks_for_a_change(request: &Request) -> bool {
    request.writes()
}

fn opened(keys: &str) -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2j");
    desk.keys(keys);
    desk.asked.clear();
    desk.effects.clear();
    desk
}

/// The table, with everything on top of it closed.
fn behind(mut desk: Desk) -> String {
    for _ in 0..3 {
        if desk.screen(SIZE).contains(['┌', '┏']) {
            desk.tap(KeyCode::Esc);
        }
    }
    desk.screen(SIZE).lines().skip(1).take(usize::from(SIZE.1) - 4).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_printable_key_in_any_dialog_changes_the_table_behind_it() {
    for (name, keys, named) in DIALOGS {
        let before = behind(opened(keys));
        for c in ' '..='~' {
            let mut desk = opened(keys);
            assert!(desk.screen(SIZE).contains(['┌', '┏']), "{name} opens: {}", desk.screen(SIZE));
            desk.tap(KeyCode::Char(c));
            let closed = !desk.screen(SIZE).contains(['┌', '┏']);
            assert!(
                !closed || named.contains(c),
                "{name}: {c:?} closes it, and what is typed on would be commands"
            );
            let acts = desk.asked.iter().any(asks_for_a_change)
                || desk.effects.iter().any(|effect| !matches!(effect, Effect::SetTitle(_)));
            assert!(!acts || named.contains(c), "{name}: {c:?} {:?} {:?}", desk.asked, desk.effects);
            // Of the keys that are named, what they do is said.
            if !named.contains(c) {
                assert_eq!(behind(desk), before, "{name}: {c:?}");
            }
        }
        for code in [KeyCode::Delete, KeyCode::F(7), KeyCode::Other] {
            let mut desk = opened(keys);
            desk.tap(code);
            assert!(desk.screen(SIZE).contains(['┌', '┏']), "{name}: {code:?}");
            assert_eq!(behind(desk), before, "{name}: {code:?}");
        }
    }
}

#[test]
fn a_pasted_key_s_dialog_and_a_new_key_s_take_every_letter() {
    for c in ' '..='~' {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.paste(WHOLE_KEY);
        desk.tap(KeyCode::Char(c));
        let closed = !desk.screen(SIZE).contains(['┌', '┏']);
        assert!(!closed || "qx".contains(c), "{c:?}");
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2nfresh");
        desk.press(KeyCode::Enter);
        desk.effects.clear();
        desk.asked.clear();
        desk.happen(Event::Key(KeyPress::char(c)));
        assert!(desk.screen(SIZE).contains(WHOLE_KEY), "{c:?} hides it");
        assert!(!desk.asked.iter().any(asks_for_a_change), "{c:?}");
        assert!(desk.effects.is_empty() || "yw".contains(c), "{c:?} {:?}", desk.effects);
    }
}
