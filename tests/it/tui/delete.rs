//! Deleting a project: who may, what has to be typed, what is left.

use std::time::Duration;

use keydeck::tui::model::{FailureKind, KeyCode, Request};
use keydeck::wire::keys::Status;
use keydeck::wire::text::sentence;
use keydeck::wire::tokens::Role;

use crate::support::fixtures::{Desk, World, failure};

const SIZE: (u16, u16) = (100, 30);

fn deletions(desk: &Desk) -> Vec<bool> {
    let asked = desk.asked.iter().filter_map(|request| match request {
        Request::DeleteProject { revoke_keys, .. } => Some(*revoke_keys),
        _ => None,
    });
    asked.collect()
}

#[test]
fn a_project_with_active_keys_needs_its_name_typed_and_they_die_with_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2a1jD");
    let screen = desk.screen(SIZE);
    for words in ["Delete this project?", "shop", "local database", "▲ 3 active keys will be revoked"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    for typed in ["y", "shopp"] {
        desk.keys(typed);
        desk.press(KeyCode::Enter);
        assert!(
            desk.screen(SIZE).contains("Type shop to confirm, then press Enter."),
            "{}",
            desk.screen(SIZE)
        );
        typed.chars().for_each(|_| desk.press(KeyCode::Backspace));
    }
    assert_eq!(deletions(&desk), Vec::<bool>::new());
    desk.keys("shop");
    desk.press(KeyCode::Enter);
    assert_eq!(deletions(&desk), [true]);
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("Project shop deleted and all its keys revoked (confirmed by 1 of 1 node"),
        "{screen}"
    );
    assert!(screen.contains("1–1 of 1"), "{screen}");
    let of_shop = desk.world.keys.iter().filter(|key| *key.project_name == *"shop");
    assert_eq!(of_shop.filter(|key| key.status == Status::Revoked).count(), 3);
    desk.keys("2");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("2 marked"), "only those of the other project: {screen}");
    assert_eq!(screen.matches("x9m1 ✕ revoked").count(), 4, "{screen}");
}

#[test]
fn a_project_without_active_keys_goes_with_two_key_presses() {
    let mut world = World::small();
    world.keys.clear();
    let mut desk = Desk::new(world, SIZE);
    desk.tap(KeyCode::Char('D'));
    desk.answer();
    assert!(desk.screen(SIZE).contains("no active keys"), "{}", desk.screen(SIZE));
    desk.tap(KeyCode::Char('y'));
    assert!(desk.screen(SIZE).contains("pressed too quickly"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_millis(400));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Press y to delete"), "Enter is no yes: {}", desk.screen(SIZE));
    desk.keys("y");
    assert_eq!(deletions(&desk), [false]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Project blog deleted (it had no active keys)"), "{screen}");
}

#[test]
fn a_key_that_was_made_meanwhile_is_not_revoked_unasked() {
    let mut world = World::small();
    let keys = std::mem::take(&mut world.keys);
    let mut desk = Desk::new(world, SIZE);
    desk.keys("D");
    desk.world.keys = keys;
    desk.keys("y");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("A key was created in it meanwhile"), "{screen}");
    assert!(screen.contains("▲ 2 active keys will be revoked"), "{screen}");
    desk.keys("blog");
    desk.press(KeyCode::Enter);
    assert_eq!(deletions(&desk), [false, true]);
}

#[test]
fn only_an_admin_may_and_the_others_are_told() {
    for (role, needed) in [(Role::Member, Role::Admin), (Role::Auditor, Role::Admin)] {
        let mut desk = Desk::new(World { role, ..World::small() }, SIZE);
        desk.keys("D");
        // In the words of the API and the command line.
        let words = sentence(&role.refused(needed));
        let words = words.split(';').next().unwrap_or_default();
        assert!(desk.screen(SIZE).contains(words), "{words}: {}", desk.screen(SIZE));
        assert!(!desk.screen(SIZE).contains("Delete this project?"));
    }
    // The role may have changed since.
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("Dblog");
    desk.world.down = Some(failure(FailureKind::Forbidden, "the role member may not delete projects"));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("The role member may not delete projects."), "{screen}");
    assert!(screen.contains("Nothing was"), "{screen}");
}

#[test]
fn elsewhere_nothing_is_deleted() {
    for view in ["2", "3", "4"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(view);
        desk.keys("D");
        assert!(desk.screen(SIZE).contains("Only projects can be deleted"), "{view}");
    }
}
