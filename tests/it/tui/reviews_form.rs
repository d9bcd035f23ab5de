//! The form of an access review: its name, scope and due date.

use std::time::Duration;

use keydeck::tui::model::{Event, KeyCode, Request};
use keydeck::wire::reviews::{ReviewStatus, Scope};

use super::reviews::{SIZE, line, reviewed, stage};
use crate::support::fixtures::{Desk, NOW, World};

#[test]
fn the_name_of_a_new_review_says_which_keys_it_is_about() {
    for (filter, name, count) in [
        ("", "All keys, November 2026", "5 keys are in scope."),
        ("project:shop mode:live", "Keys of shop, November 2026", "3 keys are in scope."),
        ("mode:live !status:revoked", "Keys, November 2026", "4 keys are in scope."),
        ("mode:test", "Keys, November 2026", "1 key is in scope."),
    ] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2/");
        desk.keys(filter);
        desk.press(KeyCode::Enter);
        desk.keys("V");
        let screen = desk.screen(SIZE);
        assert!(screen.contains(&format!(" {name} ")), "{filter}: {screen}");
        assert!(screen.contains(count), "{filter}: {screen}");
        // It is not said of other keys.
        desk.press(KeyCode::Tab);
        for typed in ["x", "7"] {
            desk.press(KeyCode::Tab);
            desk.keys(typed);
            for _ in 0..if typed == "x" { 1 } else { 2 } {
                desk.press(KeyCode::BackTab);
            }
            let screen = desk.screen(SIZE);
            assert!(
                screen.contains("The keys are fixed") && !screen.contains("in scope"),
                "{typed}: {screen}"
            );
            for _ in 0..if typed == "x" { 1 } else { 2 } {
                desk.press(KeyCode::Tab);
            }
            desk.press(KeyCode::Backspace);
        }
    }
}

#[test]
fn a_review_is_renamed_moved_and_cancelled_after_a_question() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("5e");
    for _ in 0.."Autumn".len() {
        desk.press(KeyCode::Backspace);
    }
    desk.keys("Winter");
    desk.press(KeyCode::Tab);
    desk.keys("3w");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Review Winter saved") && screen.contains("> Winter"), "{screen}");
    assert!(screen.contains("in 21d"), "{screen}");
    // A date is all of that day, and stands in the field as it was typed.
    desk.keys("e");
    desk.press(KeyCode::Tab);
    desk.happen(Event::Key(keydeck::tui::model::KeyPress::ctrl('u')));
    desk.keys("2026-12-18");
    desk.press(KeyCode::Enter);
    let end = keydeck::wire::time::Timestamp::parse("2026-12-18T23:59:59Z").expect("a time");
    assert_eq!(desk.world.reviews.all[0].0.due_at, Some(end));
    desk.keys("e");
    desk.press(KeyCode::Tab);
    assert!(desk.screen(SIZE).contains("due       2026-12-18   "), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    // What is typed replaces the date, and `none` clears it.
    desk.keys("e");
    desk.press(KeyCode::Tab);
    assert!(desk.screen(SIZE).contains("2w, or none."), "{}", desk.screen(SIZE));
    desk.keys("2026-12-19");
    desk.press(KeyCode::Enter);
    let next = keydeck::wire::time::Timestamp::parse("2026-12-19T23:59:59Z").expect("a time");
    assert_eq!(desk.world.reviews.all[0].0.due_at, Some(next), "{}", desk.screen(SIZE));
    desk.keys("e");
    desk.press(KeyCode::Tab);
    desk.keys("none");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.world.reviews.all[0].0.due_at, None, "{}", desk.screen(SIZE));
    desk.keys("e");
    desk.press(KeyCode::Tab);
    desk.keys("2w");
    desk.press(KeyCode::Enter);
    // An empty field clears the date.
    desk.keys("e");
    desk.press(KeyCode::Tab);
    for _ in 0..30 {
        desk.press(KeyCode::Backspace);
    }
    desk.press(KeyCode::Enter);
    assert_eq!(desk.world.reviews.all[0].0.due_at, None);
    desk.keys("D");
    assert!(desk.screen(SIZE).contains("Cancel this review?"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Enter);
    assert_eq!(desk.world.reviews.all[0].0.status, ReviewStatus::Open, "Enter keeps it");
    desk.keys("Dy");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Review Winter cancelled. No key was changed."), "{screen}");
    assert!(screen.contains("– cancelled") && !screen.contains("Reviews 1"), "{screen}");
}

#[test]
fn the_form_says_what_is_wrong_and_sends_nothing() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("5V");
    // Name, project, filter, stale, due.
    for (tabs, typed, says) in [
        (2, "idle>x", "Invalid filter at column 6"),
        (3, "soon", "Stale: type a number of days from 1 to 36500, stig (35), cis"),
        (4, "yesterday", "Due: type a date such as 2026-12-18"),
        (4, "2026-11-31", "Due: 2026-11-31 does not exist: the days of that month are"),
        (4, "2026-13-01", "Due: 2026-13-01 does not exist: the months are 01 to 12."),
        (4, "2020-01-01", "Due: 2020-01-01 has passed."),
        (4, "-1d", "Due: -1d lies in the past."),
    ] {
        (0..tabs).for_each(|_| desk.press(KeyCode::Tab));
        desk.happen(Event::Key(keydeck::tui::model::KeyPress::ctrl('u')));
        desk.keys(typed);
        desk.press(KeyCode::Enter);
        assert!(desk.screen(SIZE).contains(says), "{typed}: {}", desk.screen(SIZE));
        desk.press(KeyCode::Esc);
        desk.keys("V");
    }
    assert!(!desk.asked.iter().any(Request::writes));
}

#[test]
fn the_threshold_of_a_review_may_be_the_name_of_a_standard() {
    for (typed, days) in [("stig", 35), ("CIS", 45), ("pci", 90), ("60d", 60)] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("5V");
        (0..3).for_each(|_| desk.press(KeyCode::Tab));
        assert!(
            desk.screen(SIZE).contains("Idle days: a number, stig, cis or pci. Empty for 90."),
            "{}",
            desk.screen(SIZE)
        );
        desk.happen(Event::Key(keydeck::tui::model::KeyPress::ctrl('u')));
        desk.keys(typed);
        desk.press(KeyCode::Enter);
        assert_eq!(desk.world.reviews.all[0].0.scope.stale_days, Some(days), "{typed}");
    }
}

#[test]
fn a_review_of_no_key_is_refused_in_words() {
    let mut stage = stage(SIZE);
    stage.keys("2/name:there-is-none");
    stage.press(KeyCode::Enter);
    stage.keys("V");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("New access review") && screen.contains("! "), "{screen}");
    assert!(screen.contains("Nothing was changed."), "{screen}");
}

#[test]
fn a_name_that_another_review_has_is_not_suggested_again() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("5rn");
    let name = desk.screen(SIZE).lines().find(|line| line.contains("All keys,")).expect("a name").to_owned();
    assert!(!name.contains("(2)"), "{name}");
    let taken = name.split_once("All keys,").map(|(_, month)| month.trim_matches([' ', '│']).to_owned());
    let taken = format!("All keys, {}", taken.expect("a month"));
    let keys = desk.world.keys.clone();
    desk.press(KeyCode::Esc);
    desk.world.reviews.start(&taken, Scope::default(), None, &keys);
    desk.keys("rn");
    assert!(desk.screen(SIZE).contains(&format!("{taken} (2)")), "{}", desk.screen(SIZE));
}

#[test]
fn the_first_letter_replaces_the_suggested_name_and_an_arrow_keeps_it() {
    let mut stage = stage(SIZE);
    stage.keys("3VQ4");
    let screen = stage.screen();
    assert!(screen.contains("name      Q4  ") && !screen.contains("Stale keys, November"), "{screen}");
    stage.press(KeyCode::Esc);
    stage.keys("V");
    stage.press(KeyCode::End);
    stage.keys(" again");
    assert!(stage.screen().contains("Stale keys, November 2026 again"), "{}", stage.screen());
}

#[test]
fn a_date_alone_is_the_same_date_in_every_time_zone() {
    const WIDE: (u16, u16) = (160, 45);
    let end = keydeck::wire::time::Timestamp::parse("2026-11-26T23:59:59Z").expect("a time");
    let mut world = World::small();
    let keys = world.keys.clone();
    world.reviews.start("Autumn", Scope::default(), Some(end), &keys);
    let mut desk = Desk::new(world, WIDE);
    desk.keys("5");
    for _ in 0..2 {
        let screen = desk.screen(WIDE);
        assert!(screen.contains("2026-11-26") && !screen.contains(":59:59"), "{screen}");
        assert!(!screen.contains("2026-11-27"), "{screen}");
        desk.keys("t");
    }
    desk.keys("Dy");
    let screen = desk.screen(WIDE);
    assert!(screen.contains("– cancelled") && !screen.contains(":59:59"), "{screen}");
}

#[test]
fn when_a_review_is_due_is_said_in_one_style_and_with_its_date() {
    const WIDE: (u16, u16) = (160, 45);
    let in_detail = |screen: &str, words: &str| {
        let flat = screen.replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{words}: {screen}");
    };
    for (due, detail, title, menu) in [
        (NOW + Duration::from_hours(75), "in 3d · 2026-11-26 21:04:05 +01:00", " · due in 3d", "due in 3d"),
        (NOW, "▲ due now · 2026-11-23 18:04:05 +01:00", " ▲ due now", "· ▲ due now"),
        (
            NOW - Duration::from_hours(50),
            "▲ 2d overdue · 2026-11-21 16:04:05 +01:00",
            " ▲ 2d overdue",
            "· ▲ 2d overdue",
        ),
    ] {
        let mut world = World::small();
        let keys = world.keys.clone();
        world.reviews.start("Autumn", Scope::default(), Some(due), &keys);
        world.reviews.start("Winter", Scope::default(), Some(due), &keys);
        let mut desk = Desk::new(world, WIDE);
        desk.keys("5");
        in_detail(&desk.screen(WIDE), detail);
        desk.press(KeyCode::Enter);
        assert!(line(&desk.screen(WIDE), 1).contains(title), "{title}: {}", desk.screen(WIDE));
        desk.press(KeyCode::Esc);
        desk.keys("2V");
        assert!(desk.screen(WIDE).contains(menu), "{menu}: {}", desk.screen(WIDE));
    }
}
