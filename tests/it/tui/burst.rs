//! The rest of a text whose first letter confirmed something: it is no row of commands.

use std::time::Duration;

use keydeck::tui::model::{Event, KeyCode, KeyPress, Request};

use crate::support::fixtures::{Desk, World};

const SIZE: (u16, u16) = (120, 30);
/// Between two keys of who types fast.
const TYPING: Duration = Duration::from_millis(90);

/// The dialog that this key opens for `web`, open for long enough to be confirmed.
fn asked(key: &str) -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys(key);
    desk
}

/// Types as a person does, with the answers coming between the keys.
fn types(desk: &mut Desk, text: &str) {
    for c in text.chars() {
        desk.tap(if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
        desk.answer();
        desk.wait(TYPING);
    }
}

fn writes(desk: &Desk) -> Vec<&Request> {
    desk.asked.iter().filter(|request| request.writes()).collect()
}

#[test]
fn the_rest_of_a_reason_that_begins_with_y_runs_no_commands_and_that_is_said() {
    for (key, done) in [("x", "web revoked"), ("P", "web paused")] {
        let mut desk = asked(key);
        types(&mut desk, "your key leaked\n");
        let screen = desk.screen(SIZE);
        assert!(screen.contains(done), "y confirms: {screen}");
        assert_eq!(screen.matches("Keys typed right after y were ignored.").count(), 1, "{screen}");
        assert!(!screen.contains("Edit key") && !screen.contains("name "), "no dialog is open: {screen}");
        desk.wait(Duration::from_secs(1));
        assert_eq!(writes(&desk).len(), 1, "{:?}", writes(&desk));
        // Then the table has its keys again.
        desk.keys("n");
        assert!(desk.screen(SIZE).contains("New key"), "{}", desk.screen(SIZE));
    }
}

#[test]
fn text_that_comes_at_once_behind_y_runs_no_commands() {
    let mut desk = asked("x");
    // As a terminal without bracketed paste types it: the answer comes after all of it.
    for c in "your key leaked".chars() {
        desk.happen(Event::Key(KeyPress::char(c)));
    }
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("web revoked (confirmed by 1 of 1 node"), "the receipt is shown: {screen}");
    assert!(screen.contains("Keys typed right after y were ignored."), "{screen}");
    assert_eq!(writes(&desk).len(), 1);
}

#[test]
fn enter_on_the_button_guards_what_is_typed_behind_it_in_the_same_way() {
    for key in ["x", "P"] {
        let mut desk = asked(key);
        desk.press(KeyCode::BackTab);
        types(&mut desk, "\nDone\n");
        let screen = desk.screen(SIZE);
        assert_eq!(screen.matches("Keys typed right after Enter were ignored.").count(), 1, "{screen}");
        assert_eq!(writes(&desk).len(), 1, "{:?}", writes(&desk));
    }
}

#[test]
fn yes_and_enter_answer_a_question_once() {
    let mut desk = asked("x");
    types(&mut desk, "yes\n");
    desk.wait(Duration::from_secs(1));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("web revoked") && !screen.contains("Edit key"), "{screen}");
    assert_eq!(writes(&desk).len(), 1, "{:?}", writes(&desk));
}

#[test]
fn one_key_right_behind_y_is_a_command_and_so_are_keys_that_write_nothing() {
    // A person who goes on at once: it is done a moment later.
    let mut desk = asked("x");
    types(&mut desk, "y?");
    desk.wait(Duration::from_millis(300));
    assert!(desk.screen(SIZE).contains("Keyboard shortcuts"), "{}", desk.screen(SIZE));
    let mut desk = asked("x");
    types(&mut desk, "y");
    desk.tap(KeyCode::F(1));
    assert!(desk.screen(SIZE).contains("Keyboard shortcuts"), "{}", desk.screen(SIZE));
    assert!(!desk.screen(SIZE).contains("ignored"), "{}", desk.screen(SIZE));
}
