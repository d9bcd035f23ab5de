//! A key's name, owner and purpose.

use keydeck::tui::model::{Event, KeyCode, KeyPress, Request};
use keydeck::wire::audit::Action;
use keydeck::wire::keys::{Key, KeyEdit};

use super::live::changed;
use crate::support::fixtures::{Desk, WHOLE_KEY, World};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (120, 40);

fn edits(desk: &Desk) -> Vec<KeyEdit> {
    let edit = |request: &Request| match request {
        Request::EditKey { edit, .. } => Some(edit.clone()),
        _ => None,
    };
    desk.asked.iter().filter_map(edit).collect()
}

/// A desk with the form for `web` open.
fn open() -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("e");
    assert!(desk.screen(SIZE).contains("Edit key shop/web"), "{}", desk.screen(SIZE));
    desk
}

#[test]
fn one_change_sends_what_was_edited_and_nothing_else() {
    let mut desk = open();
    desk.press(KeyCode::Tab);
    desk.keys("platform");
    desk.press(KeyCode::Enter);
    assert_eq!(
        edits(&desk),
        [KeyEdit { owner: Some(Some("platform".into())), ..KeyEdit::default() }],
        "neither the name nor the purpose"
    );
    assert!(desk.screen(SIZE).contains("Key shop/web saved"), "{}", desk.screen(SIZE));
    // An empty field clears it.
    desk.keys("e");
    desk.press(KeyCode::Tab);
    desk.happen(Event::Key(KeyPress::ctrl('u')));
    desk.press(KeyCode::Enter);
    assert_eq!(edits(&desk)[1], KeyEdit { owner: Some(None), ..KeyEdit::default() });
    // Nothing changed: nothing is sent.
    desk.keys("e");
    desk.press(KeyCode::Enter);
    assert_eq!(edits(&desk).len(), 2);
    assert!(!desk.screen(SIZE).contains("Edit key"), "{}", desk.screen(SIZE));
}

#[test]
fn the_name_the_owner_and_the_purpose_are_saved_and_shown() {
    let mut stage = Stage::new(SIZE);
    stage.keys("2/support-macros");
    stage.press(KeyCode::Enter);
    stage.keys("e-2");
    stage.press(KeyCode::Tab);
    stage.happen(Event::Key(KeyPress::ctrl('u')));
    stage.keys("maya");
    stage.press(KeyCode::Tab);
    stage.keys("Answers in the help desk");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("Key docs/support-macros-2 saved"), "{screen}");
    assert!(screen.contains("owner     maya"), "{screen}");
    assert!(screen.contains("purpose   Answers in the help desk"), "{screen}");
}

#[test]
fn what_others_change_shows_in_the_open_form_and_what_was_typed_stays() {
    let web = World::small().keys.into_iter().find(|key| key.name == "web").expect("a key");
    let owned = |owner: &str| Key { owner: Some(owner.into()), ..web.clone() };
    let mut desk = open();
    desk.hears([changed(9, Action::KeyUpdated, &owned("payments"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("│ owner     payments"), "nobody has typed an owner yet: {screen}");
    assert!(screen.contains("Changed meanwhile: owner is now payments."), "{screen}");
    desk.press(KeyCode::Tab);
    desk.keys("-eu");
    desk.hears([changed(10, Action::KeyUpdated, &owned("shop-team"))]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("│ owner     payments-eu"), "what was typed stays: {screen}");
    assert!(screen.contains("owner is now shop-team"), "{screen}");
}

#[test]
fn a_new_key_takes_an_owner_and_a_purpose_and_needs_neither() {
    let mut stage = Stage::new(SIZE);
    stage.keys("2nbatch");
    // Past live or test, and the project.
    (0..3).for_each(|_| stage.press(KeyCode::Tab));
    stage.keys("maya");
    stage.press(KeyCode::Tab);
    stage.keys("Nightly batch");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("Copy your new key now"), "{}", stage.screen());
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("owner     maya") && screen.contains("purpose   Nightly batch"), "{screen}");
}

#[test]
fn a_whole_key_in_the_purpose_becomes_its_mask_and_is_not_saved() {
    let mut desk = open();
    desk.press(KeyCode::Tab);
    desk.press(KeyCode::Tab);
    desk.paste(WHOLE_KEY);
    assert!(!desk.screen(SIZE).contains(WHOLE_KEY), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Enter);
    assert!(edits(&desk).is_empty());
    assert!(desk.screen(SIZE).contains("API key was detected"), "{}", desk.screen(SIZE));
}

#[test]
fn a_part_of_a_key_that_is_stored_does_not_keep_the_other_fields_from_being_changed() {
    let cut = &WHOLE_KEY[..WHOLE_KEY.len() - 5];
    let mut world = World::small();
    let web = world.keys.iter_mut().find(|key| key.name == "web").expect("it is there");
    web.owner = Some(cut.into());
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("e");
    desk.keys("-eu");
    desk.press(KeyCode::Enter);
    assert_eq!(edits(&desk), [KeyEdit::name("web-eu")], "{}", desk.screen(SIZE));
    desk.keys("e");
    desk.press(KeyCode::Tab);
    desk.keys("x");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("This looks like part of a key"), "{}", desk.screen(SIZE));
    assert_eq!(edits(&desk).len(), 1);
}
