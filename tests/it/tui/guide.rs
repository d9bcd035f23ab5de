//! A guided rotation: it says who still uses the old key, and offers to revoke it once nobody does.

use std::time::Duration;

use keydeck::tui::model::{Contexts, FailureKind, KeyCode, Request, Setup};
use keydeck::wire::keys::Status;
use keydeck::wire::rotations::RotationState as State;

use crate::support::fixtures::{Desk, World, contexts, failure, setup};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (100, 30);

/// The guide of `web`, whose replacement was just created.
fn guided() -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("R");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("g guide me"), "{}", desk.screen(SIZE));
    desk.keys("g");
    desk
}

/// Time goes on until it was asked again how far it is.
fn becomes(desk: &mut Desk, state: State) {
    let rotation = desk.world.rotation.as_mut().expect("it was started");
    rotation.state = state;
    rotation.replacement_used_at = Some(desk.now);
    if state == State::Quiet {
        rotation.callers.clear();
    }
    desk.wait(Duration::from_secs(3));
}

#[test]
fn it_says_what_to_do_next_and_offers_to_revoke_only_when_nobody_uses_the_old_key() {
    let mut desk = guided();
    let screen = desk.screen(SIZE);
    for words in ["Guided rotation of shop/web", "never used", "203.0.113.7 (", "g stop the guide"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("x revoke"), "{screen}");
    desk.keys("xP");
    assert!(desk.screen(SIZE).contains("Guided rotation of shop/web"), "what is not offered does not work");

    becomes(&mut desk, State::ReplacementUsed);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Wait until web is unused for 24 h."), "{screen}");
    assert!(screen.contains("web-2, first used ") && !screen.contains("x revoke"), "{screen}");

    becomes(&mut desk, State::Quiet);
    let screen = desk.screen(SIZE);
    for words in ["Revoke it, or pause it first.", "none in the last 24 h", "x revoke", "P pause"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("Revoke this key?"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Char('y'));
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
}

#[test]
fn the_key_that_rotates_leads_back_to_a_guide_that_is_under_way() {
    let mut desk = guided();
    desk.press(KeyCode::Esc);
    let rotations = |desk: &Desk| {
        desk.asked.iter().filter(|request| matches!(request, Request::RotateKey { .. })).count()
    };
    // The new key is selected; the old one is below it.
    desk.keys("jR");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Guided rotation of shop/web") && screen.contains("web-2"), "{screen}");
    desk.press(KeyCode::Enter);
    assert_eq!(rotations(&desk), 1, "no second replacement");

    // A replacement that was revoked meanwhile is none: another can be created.
    let rotation = desk.world.rotation.as_mut().expect("it was started");
    (rotation.replacement, rotation.replacement_name) = (None, None);
    desk.keys("R");
    assert!(desk.screen(SIZE).contains("Rotate key shop/web"), "{}", desk.screen(SIZE));
}

#[test]
fn the_guide_is_stopped_and_both_keys_stay() {
    let mut desk = guided();
    desk.tap(KeyCode::Char('g'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Stop this guide? web and web-2 stay as they are:"), "{screen}");
    assert!(screen.contains("y stop the guide") && screen.contains("Esc go on with it"), "{screen}");
    // Two keys at once are one decision too few.
    desk.tap(KeyCode::Char('y'));
    assert!(desk.screen(SIZE).contains("pressed too quickly"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("g stop the guide"), "it goes on: {}", desk.screen(SIZE));
    desk.keys("gn");
    assert!(desk.screen(SIZE).contains("g stop the guide"), "it goes on: {}", desk.screen(SIZE));
    let stops = |request: &&Request| matches!(request, Request::CancelRotation(_));
    assert_eq!(desk.asked.iter().filter(stops).count(), 0);
    desk.keys("gy");
    let screen = desk.screen(SIZE);
    let words = "The guided rotation of web has ended. Both keys stay as they are.";
    assert!(screen.contains(words) && !screen.contains("Guided rotation of shop/web"), "{screen}");
    assert_eq!(desk.world.keys[0].status, Status::Active);
}

#[test]
fn a_guide_that_is_not_answered_says_so_and_goes_on_by_itself() {
    let mut desk = guided();
    desk.world.down = Some(failure(FailureKind::Unreachable, "no answer from the server"));
    desk.wait(Duration::from_secs(3));
    assert!(desk.screen(SIZE).contains("! No answer from the server"), "{}", desk.screen(SIZE));
    desk.world.down = None;
    becomes(&mut desk, State::Quiet);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("x revoke") && !screen.contains("! No answer"), "{screen}");
}

#[test]
fn a_real_server_starts_shows_and_ends_it() {
    let mut stage = Stage::new(SIZE);
    stage.keys("2/price-feed");
    stage.press(KeyCode::Enter);
    stage.keys("R");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    stage.keys("g");
    let screen = stage.screen();
    assert!(screen.contains("price-feed-2, never used"), "{screen}");
    assert!(!screen.contains("none in the last"), "the demo's callers use it: {screen}");
    stage.press(KeyCode::Esc);
    stage.keys("jd");
    let detail = stage.screen();
    assert!(detail.contains("rotation  guided; price-feed-2 has never been"), "{detail}");
    stage.keys("G");
    assert!(stage.screen().contains("guided rotation started by local:maya"), "{}", stage.screen());
    stage.press(KeyCode::Esc);
    stage.keys("R");
    assert!(stage.screen().contains("Guided rotation of storefront/price-feed"), "{}", stage.screen());
    stage.keys("gy");
    assert!(stage.screen().contains("has ended. Both keys stay as they are."), "{}", stage.screen());
    stage.keys("R");
    assert!(stage.screen().contains("Rotate key storefront/price-feed"), "{}", stage.screen());
}

/// `price-feed` of the demo, replaced without the guide.
fn replaced() -> Stage {
    let mut stage = Stage::new((120, 40));
    stage.keys("2/price-feed");
    stage.press(KeyCode::Enter);
    stage.keys("R");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("Next steps"), "{}", stage.screen());
    stage.press(KeyCode::Esc);
    stage
}

#[test]
fn the_details_of_both_keys_name_the_other_one() {
    let mut stage = replaced();
    let detail = |stage: &mut Stage, key: &str| {
        stage.keys(key);
        stage.wait(Duration::from_secs(1));
        stage.screen()
    };
    let screen = detail(&mut stage, "g");
    assert!(screen.contains("replaces  price-feed (● in use)"), "{screen}");
    let screen = detail(&mut stage, "j");
    assert!(screen.contains("replaced  by price-feed-2 (never used)"), "{screen}");
    // A replacement that is revoked replaces nothing.
    stage.keys("gx");
    stage.wait(Duration::from_secs(1));
    stage.keys("y");
    let screen = detail(&mut stage, "j");
    assert!(screen.contains("│price-feed ") && !screen.contains("replaced  by"), "{screen}");
}

#[test]
fn a_second_replacement_is_warned_of_and_the_way_back_to_the_guide_is_shown() {
    let mut stage = replaced();
    stage.keys("jR");
    let screen = stage.screen();
    for words in ["▲ storefront/price-feed-2 already replaces", "storefront/price-feed (never used)."] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    stage.press(KeyCode::Tab);
    assert!(
        stage.screen().contains("Next steps") && stage.screen().contains("g guide me"),
        "{}",
        stage.screen()
    );
    stage.keys("g");
    assert!(stage.screen().contains("Guided rotation of storefront/price-feed"), "{}", stage.screen());
    assert!(!stage.screen().contains("quiet  "), "no quiet time counts yet: {}", stage.screen());
    stage.press(KeyCode::Esc);
    stage.wait(Duration::from_secs(1));
    let screen = stage.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("(R opens") || screen.contains("R opens the guide"), "{screen}");
    stage.keys("R");
    assert!(stage.screen().contains("Guided rotation of storefront/price-feed"), "{}", stage.screen());
    // The replacement can be rotated itself, and leads there as well, as its detail says.
    stage.press(KeyCode::Esc);
    stage.keys("k");
    stage.wait(Duration::from_secs(1));
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("(R, then Tab opens the guide)"), "{screen}");
    assert!(screen.contains("R rotate"), "the footer says the same: {screen}");
    stage.keys("R");
    let screen = stage.screen();
    assert!(screen.contains("Rotate key storefront/price-feed-2"), "{screen}");
    for words in ["replaces storefront/price-feed (guided", "· Tab opens the guide"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    stage.press(KeyCode::Tab);
    assert!(stage.screen().contains("Guided rotation of storefront/price-feed ─"), "{}", stage.screen());
    stage.keys("gy");
    stage.press(KeyCode::Esc);
    // The replacement without a guide: the key that it replaces still works.
    stage.keys("R");
    let words = "▲ storefront/price-feed-2 replaces storefront/price-feed,";
    assert!(stage.screen().contains(words), "{}", stage.screen());
}

#[test]
fn a_replacement_is_rotated_while_its_guided_rotation_runs() {
    let mut stage = replaced();
    stage.keys("jR");
    stage.press(KeyCode::Tab);
    stage.keys("g");
    stage.press(KeyCode::Esc);
    stage.keys("k");
    stage.wait(Duration::from_secs(1));
    stage.keys("R");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("Replaces storefront/price-feed-2, which stays active until you"), "{screen}");
    assert!(screen.contains("price-feed-3"), "{screen}");
}

#[test]
fn a_guide_is_not_stopped_where_changes_are_no_longer_allowed() {
    let locked = Contexts { at: 1, ..contexts() };
    let here = locked.all[1].clone();
    let locked = Setup { context: here.title, prod: here.prod, contexts: locked, ..setup(SIZE) };
    let mut desk = Desk::with(World::small(), locked);
    desk.connect();
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("R");
    desk.keys("PROD");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Enter);
    desk.keys("g");
    assert!(desk.screen(SIZE).contains("g stop the guide"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_mins(11));
    desk.keys("gy");
    assert!(desk.screen(SIZE).contains("Type PROD to allow changes"), "{}", desk.screen(SIZE));
    let stops = |desk: &Desk| desk.asked.iter().any(|asked| matches!(asked, Request::CancelRotation(_)));
    assert!(!stops(&desk));
    desk.press(KeyCode::Backspace);
    desk.keys("PROD");
    desk.press(KeyCode::Enter);
    desk.keys("g");
    desk.keys("y");
    assert!(stops(&desk), "{}", desk.screen(SIZE));
}
