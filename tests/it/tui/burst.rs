//! The rest of a text whose first letter confirmed something: it is no row of commands.

use std::time::Duration;

use keydeck::tui::model::{Effect, Event, KeyCode, KeyPress, Mouse, MouseKind, Request, Setup};

use crate::support::fixtures::{Desk, WHOLE_KEY, World, setup};

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
    for (key, done) in [("x", "shop/web revoked"), ("P", "shop/web paused")] {
        let mut desk = asked(key);
        types(&mut desk, "your key leaked\n");
        let screen = desk.screen(SIZE);
        assert!(screen.contains(done), "y confirms: {screen}");
        assert_eq!(screen.matches("The text typed right after y was ignored.").count(), 1, "{screen}");
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
    assert!(screen.contains("The text typed right after y was ignored."), "{screen}");
    assert_eq!(writes(&desk).len(), 1);
}

#[test]
fn yes_and_enter_answer_a_question_once() {
    let mut desk = asked("x");
    types(&mut desk, "yes\n");
    desk.wait(Duration::from_secs(1));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("shop/web revoked") && !screen.contains("Edit key"), "{screen}");
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

#[test]
fn two_keys_right_behind_y_are_commands() {
    // Out of the filter, and out of the dashboard.
    let mut desk = asked("x");
    for key in ['y', 'q', 'q'] {
        desk.tap(KeyCode::Char(key));
        desk.answer();
    }
    desk.wait(Duration::from_millis(300));
    assert!(desk.effects.contains(&Effect::Quit), "{}", desk.screen(SIZE));
    // The revoked key is replaced by who knows the keys, or by a program.
    let mut desk = asked("x");
    for key in [KeyCode::Char('y'), KeyCode::Char('R'), KeyCode::Enter] {
        desk.tap(key);
        desk.answer();
    }
    let screen = desk.screen(SIZE);
    assert!(screen.contains(WHOLE_KEY), "the new key is shown: {screen}");
}

#[test]
fn a_text_goes_on_after_a_pause_between_two_of_its_words() {
    let mut desk = asked("P");
    for word in ["your", "new", "key\n"] {
        types(&mut desk, word);
        desk.wait(Duration::from_millis(400).saturating_sub(TYPING));
    }
    let screen = desk.screen(SIZE);
    assert!(screen.contains("The text typed right after y was ignored."), "{screen}");
    assert!(!screen.contains("New key") && !screen.contains("Edit key"), "{screen}");
    assert_eq!(writes(&desk).len(), 1, "{:?}", writes(&desk));
    desk.wait(Duration::from_secs(1));
    desk.keys("n");
    assert!(desk.screen(SIZE).contains("New key"), "{}", desk.screen(SIZE));
}

#[test]
fn a_whole_key_behind_y_is_offered_and_its_last_letter_is_no_command() {
    assert!(WHOLE_KEY.ends_with('q'), "which would leave");
    for between in ["", " "] {
        // The dialog closes with the answer, and the view below would take the letter.
        let mut world = World::small();
        world.keys.clear();
        let mut desk = Desk::new(world, SIZE);
        desk.keys("1jD");
        types(&mut desk, &format!("y{between}{WHOLE_KEY}"));
        assert_eq!(writes(&desk).len(), 1, "deleted: {}", desk.screen(SIZE));
        desk.wait(Duration::from_secs(2));
        assert!(!desk.effects.contains(&Effect::Quit), "{}", desk.screen(SIZE));
        assert!(desk.screen(SIZE).contains("redir_live_7kf2****"), "offered: {}", desk.screen(SIZE));
    }
}

#[test]
fn a_digit_or_a_sign_behind_y_and_whatever_is_typed_behind_enter_are_commands() {
    let mut desk = asked("x");
    types(&mut desk, "y3a");
    assert!(desk.screen(SIZE).contains("[Stale"), "{}", desk.screen(SIZE));

    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2ax");
    desk.keys("5");
    types(&mut desk, "\n");
    desk.answer();
    types(&mut desk, "\n3");
    assert!(desk.screen(SIZE).contains("[Stale"), "{}", desk.screen(SIZE));
    assert!(!desk.screen(SIZE).contains("was ignored"), "{}", desk.screen(SIZE));
}

#[test]
fn a_key_right_behind_y_is_done_before_the_click_or_paste_that_follows_it() {
    let mut desk = Desk::with(World::small(), Setup { mouse: true, ..setup(SIZE) });
    desk.connect();
    desk.keys("2g");
    let screen = desk.screen(SIZE);
    let row = |name: &str| screen.lines().position(|line| line.contains(name)).expect("its row");
    let (first, other) = (row(" web "), row(" forgotten "));
    assert_ne!(first, other);
    desk.happen(Event::Mouse(Mouse { kind: MouseKind::Click, x: 40, y: first as u16 }));
    desk.keys("P");
    types(&mut desk, "ye");
    desk.happen(Event::Mouse(Mouse { kind: MouseKind::Click, x: 40, y: other as u16 }));
    desk.wait(Duration::from_secs(1));
    assert!(desk.screen(SIZE).contains("Edit key shop/web"), "{}", desk.screen(SIZE));

    let mut desk = asked("P");
    types(&mut desk, "yn");
    desk.paste("from-a-note");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("New key") && screen.contains("from-a-note"), "{screen}");
}
