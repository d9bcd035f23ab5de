//! Undo in a review whose keys are not all loaded: it waits for them, says so, and takes back nothing else.

use keydeck::tui::model::{FailureKind, KeyCode, Request};
use keydeck::wire::reviews::Decision;

use super::reviews::{SIZE, line, reviewed, shown};
use crate::support::fixtures::{Desk, World, failure};

/// A desk in the queue of 500 keys, of which the first page is loaded and the next one is under way; two keys are
/// decided already.
fn partly_loaded() -> Desk {
    let mut world = World::large(500);
    world.keys.iter_mut().for_each(|key| key.last_used_at = Some(crate::support::fixtures::ago(60)));
    let (mut desk, _) = reviewed(world);
    desk.keys("V");
    assert!(line(&desk.screen(SIZE), 1).ends_with("key 1 of 500 · 500 left"), "{}", desk.screen(SIZE));
    desk.keys("xP");
    desk
}

fn decisions(desk: &Desk) -> Vec<(String, Decision)> {
    let items = &desk.world.reviews.all[0].1;
    let of = |item: &keydeck::wire::reviews::ReviewItem| Some((item.key.name.clone(), item.decision?));
    items.iter().filter_map(of).collect()
}

fn undoes(desk: &Desk) -> bool {
    desk.asked.iter().any(|request| matches!(request, Request::Undecide { .. }))
}

#[test]
fn an_undo_that_waits_for_the_other_keys_says_so_and_then_takes_back_the_last_decision() {
    let mut desk = partly_loaded();
    desk.tap(KeyCode::Char('u'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Loading the other decisions, then undoing the last one."), "{screen}");
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Undone: pause s-000001, your last decision."), "{screen}");
    assert_eq!(decisions(&desk), [("s-000000".to_owned(), Decision::Revoke)]);
}

#[test]
fn a_decision_cancels_an_undo_that_waits_and_is_not_taken_back_by_it() {
    let mut desk = partly_loaded();
    desk.tap(KeyCode::Char('u'));
    desk.tap(KeyCode::Char('o'));
    assert!(desk.screen(SIZE).contains("The pending undo was cancelled."), "{}", desk.screen(SIZE));
    // Everything is loaded then.
    desk.press(KeyCode::Char('G'));
    desk.press(KeyCode::Char('G'));
    desk.press(KeyCode::Char('G'));
    assert_eq!(shown(&desk), "s-000499 · shop");
    assert!(!undoes(&desk));
    let decided: Vec<Decision> = decisions(&desk).into_iter().map(|(_, decision)| decision).collect();
    assert_eq!(decided, [Decision::Revoke, Decision::Pause, Decision::Keep]);
}

#[test]
fn an_undo_whose_keys_cannot_be_loaded_is_dropped_and_the_next_one_loads_them() {
    let mut desk = partly_loaded();
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.press(KeyCode::Char('u'));
    let screen = desk.screen(SIZE);
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(
            "! Cannot load the other decisions. Nothing was undone. Nothing answers at 127.0.0.1:7474."
        ),
        "{screen}"
    );
    desk.world.down = None;
    desk.connect();
    desk.press(KeyCode::Down);
    assert!(!undoes(&desk), "nobody waits for it any more");
    desk.press(KeyCode::Char('u'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Undone: pause s-000001, your last decision."), "{screen}");
}

#[test]
fn an_undo_is_dropped_when_the_decision_that_it_was_meant_for_is_not_saved() {
    let mut desk = partly_loaded();
    desk.tap(KeyCode::Char('z'));
    desk.tap(KeyCode::Char('u'));
    // The decision fails, the pages come.
    let (id, asked) = desk.open.remove(0);
    assert!(matches!(asked, Request::Decide { .. }), "{asked:?}");
    let refused = Err(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.happen(keydeck::tui::model::Event::Replied(id, refused));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! s-000002: Nothing answers at 127.0.0.1:7474."), "{screen}");
    assert!(!undoes(&desk));
    assert_eq!(decisions(&desk).len(), 2);
}

#[test]
fn a_hint_to_press_again_names_the_key_that_was_pressed() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("V/shop");
    desk.press(KeyCode::Esc);
    desk.keys("/e");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("filter: e"), "{}", desk.screen(SIZE));
    desk.tap(KeyCode::Char('x'));
    desk.tap(KeyCode::Char('u'));
    assert!(desk.screen(SIZE).contains("Still working. Press u again in a moment."), "{}", desk.screen(SIZE));
    desk.tap(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("Still working. Press Esc again"), "{}", desk.screen(SIZE));
    desk.answer();
    desk.press(KeyCode::Char('u'));
    assert!(desk.screen(SIZE).contains("Undone: revoke "), "{}", desk.screen(SIZE));
}
