//! Pausing and resuming a key, and the keys that are tried although they are paused or revoked.

use std::time::Duration;

use keydeck::tui::model::{KeyCode, Request};
use keydeck::wire::audit::Action;
use keydeck::wire::events::Use;
use keydeck::wire::keys::{Key, Status};

use super::live::{changed, used, uses};
use crate::support::fixtures::{Desk, NOW, World};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (120, 40);

/// The demo, with the cursor on this key.
fn at(name: &str) -> Stage {
    let mut stage = Stage::new(SIZE);
    stage.keys("2/");
    stage.keys(name);
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains(&format!("> {name}")), "{}", stage.screen());
    stage
}

/// The row of the table with this key.
fn row(screen: &str, name: &str) -> String {
    screen.lines().find(|line| line.contains(&format!("> {name}"))).expect("its row").to_owned()
}

#[test]
fn a_key_is_paused_with_a_reason_and_resumed_and_each_shows_its_receipt() {
    let mut stage = at("price-feed");
    stage.keys("P");
    let screen = stage.screen();
    assert!(screen.contains("Pause this key?"), "{screen}");
    assert!(screen.contains("The Edge API refuses it until you resume it."), "{screen}");
    assert!(screen.contains("▲ Used in the last 24 h by"), "who would be hurt: {screen}");
    // Cancel has the focus.
    stage.press(KeyCode::Enter);
    assert!(row(&stage.screen(), "price-feed").contains("● in use"), "{}", stage.screen());

    stage.keys("P");
    stage.press(KeyCode::Tab);
    stage.keys("who needs it?");
    stage.press(KeyCode::Enter);
    stage.keys("y");
    let screen = stage.screen();
    assert!(screen.contains("price-feed paused (confirmed by 1 of 1 node in 1 ms)"), "{screen}");
    assert!(row(&screen, "price-feed").contains("‖ paused"), "{screen}");
    assert!(screen.contains("by local:maya: who"), "{screen}");

    stage.keys("P");
    let screen = stage.screen();
    assert!(screen.contains("Resume this key?") && screen.contains("who needs it?"), "{screen}");
    assert!(screen.contains("The Edge API accepts it again."), "{screen}");
    stage.keys("y");
    let screen = stage.screen();
    assert!(screen.contains("price-feed resumed (confirmed by 1 of 1 node in 1 ms)"), "{screen}");
    assert!(row(&screen, "price-feed").contains("● in use"), "{screen}");
}

#[test]
fn a_paused_key_says_who_still_tries_it() {
    let mut stage = at("agency-northlight");
    stage.press(KeyCode::Char('d'));
    let screen = stage.screen();
    assert!(screen.contains("refused   30 requests since it was paused, the"), "{screen}");
    assert!(screen.contains("paused by local:maya"), "{screen}");
    assert!(screen.contains("requests, 30 refused · 2h ago"), "the caller: {screen}");
    stage.keys("P");
    assert!(
        stage.screen().contains("30 requests since it was paused, the last 2h ago"),
        "{}",
        stage.screen()
    );
}

#[test]
fn requests_that_are_all_refused_do_not_read_as_use() {
    let mut stage = at("agency-northlight");
    stage.keys("x");
    let screen = stage.screen();
    assert!(screen.contains("Revoke this key?"), "{screen}");
    assert!(screen.contains("1 address still sends it; all requests are "), "{screen}");
    assert!(!screen.contains("Used in the last 24 h"), "{screen}");
    stage.press(KeyCode::Esc);
    stage.press(KeyCode::Char('d'));
    let flat = stage.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("▲ 1 address still sends it; all requests are refused."), "{}", stage.screen());
}

#[test]
fn a_revoked_key_and_several_marked_ones_are_not_paused_and_it_is_said_why() {
    let mut stage = at("wordpress-importer");
    stage.keys(" ");
    stage.press(KeyCode::Up);
    stage.keys("P");
    assert!(stage.screen().contains("Pause this key?"), "one marked key is that key: {}", stage.screen());
    stage.press(KeyCode::Esc);
    let mut stage = Stage::new(SIZE);
    stage.keys("2  P");
    assert!(
        stage.screen().contains("Keys are paused one at a time, and 2 are marked. Esc clears the marks."),
        "{}",
        stage.screen()
    );
    for (key, done) in [("e", "edited"), ("R", "rotated")] {
        stage.keys(key);
        let words = format!("Keys are {done} one at a time, and 2 are marked.");
        assert!(stage.screen().contains(&words), "{}", stage.screen());
    }
    let mut stage = at("jonas-scripts");
    stage.keys("P");
    assert!(stage.screen().contains("jonas-scripts is revoked and cannot be paused."), "{}", stage.screen());
}

#[test]
fn a_key_that_others_pause_or_revoke_leaves_nothing_to_do_in_the_open_dialog() {
    let web = || World::small().keys.into_iter().find(|key| key.name == "web").expect("a key");
    let mut paused = Key { status: Status::Paused, ..web() };
    (paused.paused_at, paused.paused_by) = (Some(NOW), Some("token:ci".into()));
    let mut revoked = Key { status: Status::Revoked, ..web() };
    (revoked.revoked_at, revoked.revoked_by) = (Some(NOW), Some("token:ci".into()));
    for (now, words) in [(paused, "paused by token:ci at 2026-"), (revoked, "revoked by token:ci at 2026-")] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2/web");
        desk.press(KeyCode::Enter);
        desk.keys("P");
        desk.hears([changed(9, Action::KeyRenamed, &now)]);
        let screen = desk.screen(SIZE);
        assert!(screen.contains(&format!("Already {words}")), "{screen}");
        desk.tap(KeyCode::Char('y'));
        let writes = desk.asked.iter().filter(|request| request.writes()).count();
        assert_eq!(writes, 0, "{words}");
        assert!(desk.screen(SIZE).contains(&format!("web was already {words}")), "{}", desk.screen(SIZE));
    }
}

#[test]
fn the_key_that_pauses_does_nothing_while_the_dialog_could_not_have_been_read() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.tap(KeyCode::Char('P'));
    desk.tap(KeyCode::Char('y'));
    let writes = |desk: &Desk| desk.asked.iter().filter(|request| request.writes()).count();
    assert_eq!(writes(&desk), 0);
    assert!(desk.screen(SIZE).contains("key pressed too quickly"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_secs(1));
    desk.press(KeyCode::Char('y'));
    assert!(desk.asked.iter().any(|request| matches!(request, Request::PauseKey { .. })));
}

#[test]
fn the_header_counts_the_keys_that_are_still_tried_and_one_key_shows_them() {
    let mut stage = Stage::new(SIZE);
    let header = |stage: &Stage| stage.screen().lines().next().unwrap_or_default().to_owned();
    let count = header(&stage);
    let (before, _) = count.split_once(" still tried (T)").expect("the header counts them");
    let count: usize = before.rsplit(' ').next().and_then(|count| count.parse().ok()).expect("a number");
    stage.keys("2T");
    let screen = stage.screen();
    assert!(screen.contains("finding:refused"), "{screen}");
    let shown = screen.lines().filter(|line| line.contains("✕ revoked") || line.contains("‖ paused")).count();
    assert_eq!(shown, count, "{screen}");
    // Resumed, the paused one of them is tried no more.
    stage.keys("/");
    stage.press(KeyCode::End);
    stage.keys(" agency");
    stage.press(KeyCode::Enter);
    stage.keys("Py");
    assert!(header(&stage).contains(&format!("{} still tried", count - 1)), "{}", stage.screen());
}

#[test]
fn where_no_key_is_still_tried_the_header_says_nothing_of_it() {
    let desk = Desk::new(World::small(), SIZE);
    assert!(desk.asked.contains(&Request::Findings), "it was asked");
    assert!(!desk.screen(SIZE).contains("still tried"), "{}", desk.screen(SIZE));
}

#[test]
fn a_paused_key_among_the_stale_ones_has_its_sign_at_every_width_and_the_word_where_there_is_room() {
    for (size, word) in [((40, 10), false), ((80, 24), false), ((120, 40), false), ((200, 50), true)] {
        let mut stage = Stage::new(size);
        stage.keys("3");
        stage.keys(if word { "wPy" } else { "Py" });
        let screen = stage.screen();
        let row = screen.lines().find(|line| line.starts_with("> ")).expect("the selected row").to_owned();
        assert!(row.contains("‖ ") && row.contains("d "), "{size:?}: {screen}");
        assert_eq!(row.contains("‖ paused"), word, "{size:?}: {screen}");
        let others = screen.lines().filter(|line| line.contains('‖') && *line != row).count();
        assert!(others <= 3, "the others are not paused (the detail may say it): {screen}");
    }
}

#[test]
fn the_filter_of_still_tried_keys_is_replaced_by_what_is_typed_after_the_slash() {
    let mut stage = Stage::new(SIZE);
    stage.keys("T/fax-gate");
    let screen = stage.screen();
    assert!(screen.contains("fax-gateway") && !screen.contains("finding:refused"), "{screen}");
}

#[test]
fn the_header_counts_a_key_that_becomes_still_tried_at_once() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    let key =
        desk.world.keys.iter().find(|key| key.status == Status::Revoked).expect("a revoked key").clone();
    let refused = |count| Use { refused_since_revoked: count, ..used(&key, 1) };
    desk.world.still_tried = 1;
    desk.hears([uses(vec![refused(1)])]);
    desk.wait(Duration::from_millis(1));
    assert!(desk.screen(SIZE).contains("▲ 1 still tried (T)"), "{}", desk.screen(SIZE));
    // It was counted: one that is tried again and again is no reason to ask each time.
    let counted = |desk: &Desk| desk.asked.iter().filter(|request| **request == Request::Findings).count();
    let before = counted(&desk);
    desk.hears([uses(vec![refused(2)])]);
    desk.wait(Duration::from_millis(1));
    desk.hears([uses(vec![refused(3)])]);
    desk.wait(Duration::from_millis(1));
    assert_eq!(counted(&desk), before);
    // The list behind the count brings the count along.
    desk.world.still_tried = 4;
    desk.keys("T");
    assert!(desk.screen(SIZE).contains("▲ 4 still tried (T)"), "{}", desk.screen(SIZE));
    // So does the same list behind a filter that is typed, but not a list of other keys.
    let before = counted(&desk);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    assert_eq!(counted(&desk), before);
    desk.press(KeyCode::Esc);
    desk.keys("/finding:refused");
    desk.press(KeyCode::Enter);
    assert!(counted(&desk) > before, "{:?}", desk.asked);
}
