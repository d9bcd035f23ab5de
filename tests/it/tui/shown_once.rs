//! A new key, shown once: copied, saved to a file, and closed only by a decision.

use std::time::Duration;

use keydeck::secret::Secret;
use keydeck::tui::model::{
    ClipboardOutcome, CopyKind, CopyText, Effect, Event, KeyCode, KeyPress, Request, Setup,
};
use keydeck::wire::keys::Status;

use super::dialogs::{inside, quits, two_made};
use crate::support::fixtures::{Desk, WHOLE_KEY, World, setup};

const SIZE: (u16, u16) = (100, 30);

/// A desk that shows a new key.
fn shown() -> Desk {
    shown_in(setup(SIZE))
}

/// The same in the demo, where the path of a file is typed.
fn shown_in_the_demo() -> Desk {
    let mut desk = shown_in(Setup { demo: true, ..setup(SIZE) });
    desk.press(KeyCode::Char('w'));
    desk.keys("/tmp/w");
    desk.tap(KeyCode::Enter);
    desk
}

fn shown_in(setup: Setup) -> Desk {
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    desk.press(KeyCode::Char('2'));
    desk.keys("nci");
    desk.press(KeyCode::Enter);
    desk
}

#[test]
fn the_key_stands_on_a_line_of_its_own_is_copied_and_closes_only_by_a_decision() {
    let mut desk = shown();
    let secret = Secret::parse(WHOLE_KEY).unwrap();
    assert!(desk.effects.contains(&Effect::Copy(CopyText::Secret(desk.shown(), secret.clone()))));
    assert!(desk.screen(SIZE).contains("Copying"));
    desk.happen(Event::Clipboard(CopyKind::Secret(desk.shown()), ClipboardOutcome::SentToTerminal));
    assert!(desk.screen(SIZE).contains("Sent to your terminal's clipboard (not verified"));
    for code in [KeyCode::Tab, KeyCode::Char('2'), KeyCode::Char('x'), KeyCode::Char('?'), KeyCode::PageDown]
    {
        desk.press(code);
        assert!(desk.screen(SIZE).contains(WHOLE_KEY));
    }
    desk.effects.clear();
    desk.press(KeyCode::Char('y'));
    assert_eq!(desk.effects, [Effect::Copy(CopyText::Secret(desk.shown(), secret.clone()))]);
    // Another copy is seen to be one, also where the terminal says nothing.
    desk.happen(Event::Clipboard(CopyKind::Secret(desk.shown()), ClipboardOutcome::SentToTerminal));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Sent to your terminal's clipboard 2 times (not verified"), "{screen}");
    desk.effects.clear();
    desk.press(KeyCode::Char('w'));
    let key = desk.shown();
    assert_eq!(
        desk.effects,
        [Effect::WriteSecretFile { key, name: "blog-ci.key".into(), place: None, secret }]
    );
    desk.happen(Event::SecretFile(key, Ok("/home/ann/blog-ci.key".into())));
    assert!(desk.screen(SIZE).contains("Saved to /home/ann/blog-ci.key"));
    desk.effects.clear();
    desk.press(KeyCode::Char('w'));
    assert!(desk.screen(SIZE).contains("Already saved to /home/ann/blog-ci.key"));
    assert!(desk.effects.is_empty(), "no second file");
    desk.press(KeyCode::Enter);
    let made = desk.world.keys.last().expect("the new key").id;
    assert_eq!(desk.effects, [Effect::Stored(made), Effect::Wipe]);
    assert!(!desk.screen(SIZE).contains(WHOLE_KEY) && !desk.state.shows_secret());
    assert!(!inside(&desk).contains("9w3ErTy5UiOp1AsDf8GhJ2"));
}

#[test]
fn a_file_that_failed_is_given_another_path_and_a_saved_key_is_not_called_unsaved() {
    let mut desk = shown_in_the_demo();
    let key = desk.world.keys.last().expect("the new key").id;
    desk.tap(KeyCode::Enter);
    assert!(desk.state.shows_secret(), "Enter twice is no confirmation");
    // The path is there to be put right.
    desk.happen(Event::SecretFile(key, Err("/tmp/w exists".into())));
    assert!(desk.screen(SIZE).contains("! Not saved to a file: /tmp/w exists"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("> /tmp/w_"), "{}", desk.screen(SIZE));
    desk.keys("2");
    desk.press(KeyCode::Enter);
    desk.effects.clear();
    desk.happen(Event::SecretFile(key, Ok("/tmp/w2".into())));
    assert_eq!(desk.effects, [Effect::Stored(key)], "no question after a crash");
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Keep or revoke?"), "{screen}");
    assert!(!screen.contains("Not saved yet"), "{screen}");
}

#[test]
fn enter_after_a_save_that_failed_or_is_not_done_does_not_close_at_once() {
    let mut desk = shown();
    let key = desk.shown();
    desk.press(KeyCode::Char('w'));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Saving… This closes once the key is saved."), "{screen}");
    // That it failed is news, so it is said again.
    desk.happen(Event::SecretFile(key, Err("permission denied".into())));
    desk.tap(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("The key was not saved. Press Enter again to close anyway."), "{screen}");
    // A key that repeats is no second answer.
    desk.tap(KeyCode::Enter);
    assert!(desk.state.shows_secret());
    desk.wait(Duration::from_millis(400));
    desk.press(KeyCode::Enter);
    assert!(!desk.state.shows_secret());
    // One Enter is enough where the file is written after it, and another key takes it back.
    for (between, closes) in [(None, true), (Some('f'), false)] {
        let mut desk = shown();
        desk.press(KeyCode::Char('w'));
        desk.press(KeyCode::Enter);
        if let Some(key) = between {
            desk.press(KeyCode::Char(key));
        }
        desk.happen(Event::SecretFile(key, Ok("/home/ann/blog-ci.key".into())));
        assert_eq!(!desk.state.shows_secret(), closes, "{}", desk.screen(SIZE));
        assert_eq!(desk.screen(SIZE).contains("✓ Key ci created in blog, saved to /home/ann/"), closes);
    }
    // A later copy or file is enough.
    for saved in [
        Event::Clipboard(CopyKind::Secret(key), ClipboardOutcome::SentToTerminal),
        Event::SecretFile(key, Ok("/home/ann/blog-ci-2.key".into())),
    ] {
        let is_file = matches!(saved, Event::SecretFile(..));
        let mut desk = shown();
        desk.press(KeyCode::Char('w'));
        desk.happen(Event::SecretFile(key, Err("permission denied".into())));
        desk.happen(saved);
        desk.press(KeyCode::Enter);
        let screen = desk.screen(SIZE);
        assert!(!desk.state.shows_secret(), "{screen}");
        assert_eq!(screen.contains("saved to /home/ann/blog-ci-2.key"), is_file, "{screen}");
    }
}

#[test]
fn a_file_that_fails_behind_a_question_is_asked_for_alone() {
    for other in [KeyPress::plain(KeyCode::Esc), KeyPress::ctrl('c'), KeyPress::char('f')] {
        let mut desk = shown_in_the_demo();
        let key = desk.shown();
        desk.happen(Event::Key(other));
        desk.happen(Event::SecretFile(key, Err("permission denied".into())));
        desk.wait(Duration::from_millis(400));
        desk.effects.clear();
        desk.press(KeyCode::Tab);
        desk.keys(".key");
        assert!(desk.screen(SIZE).contains("> /tmp/w.key_"), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Enter);
        assert!(!desk.asked.iter().any(|asked| matches!(asked, Request::RevokeKey { .. })), "{other:?}");
        assert!(matches!(&desk.effects[..], [Effect::WriteSecretFile { .. }]), "{:?}", desk.effects);
    }
    // While it is being revoked, no file is asked for.
    let mut desk = shown_in_the_demo();
    let key = desk.shown();
    desk.press(KeyCode::Esc);
    desk.wait(Duration::from_millis(400));
    desk.tap(KeyCode::Char('x'));
    desk.happen(Event::SecretFile(key, Err("permission denied".into())));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Not saved yet") && !screen.contains("Type a path"), "{screen}");
}

#[test]
fn leaving_an_unsaved_key_asks_first_whichever_way_one_leaves() {
    for (key, quit) in
        [(KeyPress::plain(KeyCode::Esc), false), (KeyPress::char('q'), false), (KeyPress::ctrl('c'), true)]
    {
        let mut desk = shown();
        desk.happen(Event::Key(key));
        assert!(
            desk.screen(SIZE).contains("Go back to save this key, or revoke it. It cannot be shown again.")
        );
        assert!(desk.screen(SIZE).contains(WHOLE_KEY) && !quits(&desk));
        desk.wait(Duration::from_millis(400));
        desk.press(KeyCode::Esc);
        assert!(desk.screen(SIZE).contains("done, I saved it"), "Esc keeps showing");
        desk.happen(Event::Key(key));
        // What has copied it a moment ago does not destroy it.
        desk.wait(Duration::from_millis(400));
        desk.press(KeyCode::Char('y'));
        assert!(desk.screen(SIZE).contains("Choose: x revoke · Esc go back"), "{}", desk.screen(SIZE));
        assert_eq!(desk.world.keys.last().unwrap().status, Status::Active);
        desk.press(KeyCode::Esc);
        desk.happen(Event::Key(key));
        desk.press(KeyCode::Char('x'));
        assert!(desk.screen(SIZE).contains("pressed too quickly"), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Char('x'));
        assert_eq!(desk.world.keys.last().unwrap().status, Status::Revoked);
        assert!(desk.effects.contains(&Effect::Wipe));
        assert_eq!(quits(&desk), quit);
    }
}

#[test]
fn an_enter_typed_before_the_key_was_shown_does_not_close_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("nci");
    desk.tap(KeyCode::Enter);
    desk.answer();
    desk.tap(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains(WHOLE_KEY) && desk.screen(SIZE).contains("pressed too quickly"));
}

#[test]
fn of_two_new_keys_each_is_closed_by_itself() {
    for (first, second) in [(0, 1), (1, 0)] {
        let (mut desk, sent) = two_made();
        let mut ids = vec![];
        for at in [first, second] {
            let (id, request) = &sent[at];
            let reply = desk.world.answer(request);
            desk.happen(Event::Replied(*id, reply));
            ids.push(desk.shown());
        }
        let names = ["early", "late"];
        desk.answer();
        desk.wait(Duration::from_secs(1));
        desk.effects.clear();
        assert!(desk.screen(SIZE).contains(&format!("name     {}", names[second])), "{}", desk.screen(SIZE));
        // What became of the copy and the file of the other one is not said of this one.
        desk.happen(Event::Clipboard(
            CopyKind::Secret(ids[0]),
            ClipboardOutcome::Copied { clears_in: Some(45) },
        ));
        desk.happen(Event::SecretFile(ids[0], Ok("/home/ann/other.key".into())));
        let screen = desk.screen(SIZE);
        assert!(screen.contains("Copying") && !screen.contains("other.key"), "{screen}");
        desk.press(KeyCode::Enter);
        assert!(desk.effects.contains(&Effect::Stored(ids[1])));
        let screen = desk.screen(SIZE);
        assert!(screen.contains(&format!("name     {}", names[first])), "the other one stays: {screen}");
        assert!(screen.contains("other.key"), "{screen}");
        desk.press(KeyCode::Enter);
        assert!(desk.effects.contains(&Effect::Stored(ids[0])));
        assert!(!desk.screen(SIZE).contains(WHOLE_KEY));
    }
}
