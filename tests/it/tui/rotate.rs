//! A key's successor: its name, the key once, and what comes next.

use keydeck::secret::Secret;
use keydeck::tui::model::{CopyText, Effect, FailureKind, KeyCode, Request};
use keydeck::wire::keys::Status;

use crate::support::fixtures::{Desk, WHOLE_KEY, World, failure, key};

const SIZE: (u16, u16) = (100, 30);

fn rotations(desk: &Desk) -> Vec<Option<String>> {
    let asked = desk.asked.iter().filter_map(|request| match request {
        Request::RotateKey { name, .. } => Some(name.clone()),
        _ => None,
    });
    asked.collect()
}

/// The form for a successor of `web`.
fn form() -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("R");
    desk
}

#[test]
fn a_paused_key_is_said_to_stay_paused() {
    let mut world = World::small();
    world.keys[0].status = Status::Paused;
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("R");
    let words = "web stays paused. Revoke it when the replacement works.";
    assert!(desk.screen(SIZE).contains(words), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Replaces shop/web, which stays paused until you revoke it."), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains(words), "{}", desk.screen(SIZE));
}

#[test]
fn the_name_that_an_empty_one_becomes_is_a_free_one() {
    let mut world = World::small();
    let place = world.projects.iter().find(|project| project.id == world.keys[0].project_id).cloned();
    let place = place.expect("the project of web");
    world.keys.push(key(70, "Web-2", &place, None));
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("R");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Rotate key shop/web") && screen.contains("Leave empty for web-3,"), "{screen}");
}

#[test]
fn an_empty_name_takes_the_next_free_number_and_the_successor_is_shown_once_and_copied() {
    let mut desk = form();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Rotate key shop/web") && screen.contains("Leave empty for web-2,"), "{screen}");
    assert!(screen.contains("web stays active until you revoke it"), "{screen}");
    desk.press(KeyCode::Enter);
    assert_eq!(rotations(&desk), [None]);
    let screen = desk.screen(SIZE);
    assert!(screen.lines().any(|line| line.trim() == WHOLE_KEY), "{screen}");
    assert!(screen.contains("web-2"), "{screen}");
    assert!(screen.contains("Replaces shop/web, which stays active until you revoke it."), "{screen}");
    let secret = Secret::parse(WHOLE_KEY).expect("a right checksum");
    assert!(desk.effects.contains(&Effect::Copy(CopyText::Secret(desk.shown(), secret))));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(!screen.contains(WHOLE_KEY) && desk.effects.contains(&Effect::Wipe));
    for words in
        ["Next steps", "web stays active", "Replace web with web-2 wherever it is used.", "x revoke it now"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert_eq!(desk.world.keys[0].status, Status::Active);
}

#[test]
fn what_comes_next_leads_to_the_old_key_to_its_revocation_or_is_for_later() {
    let next = || {
        let mut desk = form();
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Enter);
        desk
    };
    let mut desk = next();
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    let row = screen.lines().find(|line| line.starts_with('>')).expect("a selected row");
    assert!(row.contains("web ") && row.contains("live_0001…"), "{screen}");

    let mut desk = next();
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke this key?") && screen.contains("redir_live_0001"), "{screen}");
    desk.keys("y");
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
    assert_eq!(desk.world.keys.last().expect("the successor").status, Status::Active);

    let mut desk = next();
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("web stays active until you revoke it."), "{}", desk.screen(SIZE));
}

#[test]
fn a_name_of_ones_own_is_checked_here_and_a_refusal_stays_in_the_form() {
    let mut desk = form();
    desk.keys(&"n".repeat(65));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("the maximum is 64"), "{}", desk.screen(SIZE));
    assert_eq!(rotations(&desk), Vec::<Option<String>>::new());
    desk.happen(keydeck::tui::model::Event::Key(keydeck::tui::model::KeyPress::ctrl('u')));
    desk.keys("web-next");
    desk.world.down = Some(failure(FailureKind::Conflict, "another active key is called web-next"));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Another active key is called web-next. Nothing was changed."), "{screen}");
    desk.world.down = None;
    desk.press(KeyCode::Enter);
    assert_eq!(rotations(&desk), [Some("web-next".into()), Some("web-next".into())]);
    assert!(desk.screen(SIZE).contains(WHOLE_KEY));
}

#[test]
fn an_enter_that_was_typed_before_the_form_could_be_read_makes_nothing() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.tap(KeyCode::Char('R'));
    desk.tap(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("pressed too quickly"), "{}", desk.screen(SIZE));
    assert_eq!(rotations(&desk), Vec::<Option<String>>::new());
}

#[test]
fn a_successor_whose_form_was_left_is_shown_all_the_same() {
    let mut desk = form();
    desk.tap(KeyCode::Enter);
    desk.tap(KeyCode::Esc);
    desk.answer();
    assert!(desk.screen(SIZE).contains(WHOLE_KEY), "a key that was made is never lost");
}

#[test]
fn a_revoked_key_is_not_rotated_but_a_new_one_like_it_can_be_created() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/leaked");
    desk.press(KeyCode::Enter);
    desk.keys("R");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("New key like leaked") && screen.contains("name      leaked"), "{screen}");
    desk.press(KeyCode::Esc);
    desk.keys("1R");
    assert!(desk.screen(SIZE).contains("Select a key first (press 2)."), "{}", desk.screen(SIZE));
}
