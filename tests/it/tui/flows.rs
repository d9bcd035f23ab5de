//! Flows counted in key presses from the opening screen. The other two: a key known by name, in `palette`;
//! the stale ones marked, in `marks`.

use keydeck::tui::model::{CopyText, Effect, Event, KeyCode, KeyPress, Request};
use keydeck::wire::keys::Status;
use keydeck::wire::tokens::Role;

use super::dialogs::leaky;
use crate::support::fixtures::{Desk, WHOLE_KEY, World};

const SIZE: (u16, u16) = (80, 24);

fn press(desk: &mut Desk, presses: &mut u32, code: KeyCode) {
    *presses += 1;
    desk.press(code);
}

#[test]
fn a_new_key_is_copied_after_two_key_presses_and_its_name() {
    let (mut desk, mut presses) = (Desk::new(World::small(), SIZE), 0);
    assert!(desk.screen(SIZE).contains("[Projects"), "{}", desk.screen(SIZE));
    press(&mut desk, &mut presses, KeyCode::Char('N'));
    desk.keys("nightly");
    press(&mut desk, &mut presses, KeyCode::Enter);
    assert!(desk.screen(SIZE).lines().any(|line| line.trim() == WHOLE_KEY), "{}", desk.screen(SIZE));
    let copied = |effect: &Effect| matches!(effect, Effect::Copy(CopyText::Secret(_, key)) if key.reveal() == WHOLE_KEY);
    assert!(desk.effects.iter().any(copied));
    let selected = desk.world.projects[0].id;
    let made =
        |request: &Request| matches!(request, Request::CreateKey { project, .. } if *project == selected);
    assert!(desk.asked.iter().any(made), "in the project that was selected");
    assert_eq!(presses, 2);
}

#[test]
fn without_a_project_the_key_to_make_a_key_makes_a_project_first() {
    let mut desk = Desk::new(World::empty(), SIZE);
    desk.happen(Event::Key(KeyPress::char('N')));
    assert!(desk.screen(SIZE).contains("New project"), "{}", desk.screen(SIZE));
}

#[test]
fn who_may_only_look_is_told_so() {
    let mut desk = Desk::new(World { role: Role::Auditor, ..World::small() }, SIZE);
    desk.press(KeyCode::Char('N'));
    assert!(desk.screen(SIZE).contains("not change keys"), "{}", desk.screen(SIZE));
}

#[test]
fn a_leaked_key_in_the_clipboard_has_its_receipt_after_three_key_presses() {
    let (mut desk, mut presses) = (Desk::new(leaky(), SIZE), 1);
    desk.paste(WHOLE_KEY);
    press(&mut desk, &mut presses, KeyCode::Char('x'));
    press(&mut desk, &mut presses, KeyCode::Char('y'));
    assert!(desk.world.keys.iter().any(|key| key.status == Status::Revoked));
    assert!(desk.screen(SIZE).contains("1 of 1"), "{}", desk.screen(SIZE));
    assert_eq!(presses, 3);
}

#[test]
fn what_was_said_in_one_view_is_not_on_the_line_of_another_but_stays_among_the_messages() {
    let size = (100, 30);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2m");
    assert!(desk.screen(size).contains("Mouse on"), "{}", desk.screen(size));
    desk.keys("3");
    assert!(!desk.screen(size).contains("Mouse on"), "{}", desk.screen(size));
    desk.keys("!");
    assert!(desk.screen(size).contains("Mouse on"), "{}", desk.screen(size));
}

#[test]
fn a_refresh_says_when_it_is_done() {
    let size = (100, 30);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2");
    desk.tap(KeyCode::Char('r'));
    assert!(desk.screen(size).contains("Refreshing…"), "{}", desk.screen(size));
    desk.answer();
    let screen = desk.screen(size);
    assert!(screen.contains("Refreshed") && !screen.contains("Refreshing…"), "{screen}");
}
