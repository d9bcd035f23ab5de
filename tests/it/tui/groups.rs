//! Keys by creator, project or state, and the summary of the Stale view.

use std::time::Duration;

use keydeck::tui::model::{Event, FailureKind, KeyCode, Mouse, MouseKind, Request};
use keydeck::wire::keys::Status;

use crate::support::fixtures::{Desk, World, failure, key, project};

const SIZE: (u16, u16) = (80, 24);
const DAY: u64 = 86_400;

/// Stale keys of five creators, two of whose names hold each other, in two projects.
fn world(count: u128) -> World {
    let (shop, blog) = (project(1, "shop"), project(2, "blog"));
    let creators =
        ["token:ci", "token:ci", "token:ci-bot", "local:dana", "token:ci", "local:ci", "token:ops"];
    let mut keys = Vec::new();
    for at in 0..count {
        let of = if at % 3 == 0 { &blog } else { &shop };
        let used = (at % 2 == 0).then_some(100 * DAY + at as u64);
        let mut made = key(at + 1, &format!("k-{at:04}"), of, used);
        made.created_by = creators[at as usize % creators.len()].into();
        keys.push(made);
    }
    let mut fresh = key(9_000, "fresh", &shop, Some(5));
    fresh.created_by = "token:ci".into();
    keys.push(fresh);
    World { projects: vec![blog, shop], keys, ..World::empty() }
}

/// How many keys of a creator are active.
fn left(desk: &Desk, creator: &str) -> usize {
    let of = |key: &&keydeck::wire::keys::Key| &*key.created_by == creator && key.status == Status::Active;
    desk.world.keys.iter().filter(of).count()
}

/// The line above the keys to press.
fn line(screen: &str) -> &str {
    screen.lines().rev().nth(1).expect("two lines")
}

#[test]
fn the_stale_view_says_how_many_keys_of_whom_there_are() {
    let mut desk = Desk::new(world(21), SIZE);
    let rows = |screen: &str| screen.matches(" k-00").count();
    desk.keys("3");
    let screen = desk.screen(SIZE);
    assert!(
        line(&screen)
            .starts_with("21 keys, 10 unused · token:ci 9 · local:ci 3 · dana 3 · ci-bot 3 · ops 3 ─"),
        "{screen}"
    );
    assert_eq!(rows(&screen), 19, "it takes no row from the table: {screen}");
    let (buffer, _) = desk.buffer(SIZE);
    let dim = (0..60).any(|x| buffer[(x, 22)].modifier.contains(ratatui::style::Modifier::DIM));
    assert!(!dim, "it is there to be read");
    desk.keys("/project:blog");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(line(&screen).starts_with("7 keys, 3 unused · "), "it follows the filter: {screen}");
    desk.happen(Event::Resize(50, 24));
    let narrow = desk.screen((50, 24));
    assert!(line(&narrow).contains("7 keys, 3 unused · ") && line(&narrow).contains("others"), "{narrow}");
    desk.happen(Event::Resize(SIZE.0, SIZE.1));
    desk.keys("2");
    assert!(line(&desk.screen(SIZE)).starts_with('─'), "{}", desk.screen(SIZE));
}

#[test]
fn the_summary_counts_all_keys_though_a_page_of_them_is_loaded() {
    let mut desk = Desk::new(world(700), SIZE);
    desk.tap(KeyCode::Char('3'));
    while !desk.open.is_empty() && !desk.open.iter().any(|(_, asked)| matches!(asked, Request::KeyGroups(_)))
    {
        let (id, request) = desk.open.remove(0);
        let reply = desk.world.answer(&request);
        desk.happen(Event::Replied(id, reply));
    }
    assert!(line(&desk.screen(SIZE)).starts_with("counting keys… ─"), "{}", desk.screen(SIZE));
    desk.answer();
    assert!(
        line(&desk.screen(SIZE)).starts_with("700 keys, 350 unused · token:ci 300 · "),
        "{}",
        desk.screen(SIZE)
    );
    let asked =
        |desk: &Desk| desk.asked.iter().filter(|asked| matches!(asked, Request::KeyGroups(_))).count();
    assert_eq!(asked(&desk), 1);
    desk.world.keys[0].status = Status::Revoked;
    desk.wait(Duration::from_secs(30));
    assert!(line(&desk.screen(SIZE)).starts_with("699 keys, "), "{}", desk.screen(SIZE));
    assert!(asked(&desk) <= 4, "{}", asked(&desk));
}

#[test]
fn a_server_without_groups_costs_the_summary_only() {
    let mut desk = Desk::new(world(700), SIZE);
    desk.tap(KeyCode::Char('3'));
    while !desk.open.is_empty() {
        let (id, request) = desk.open.remove(0);
        let reply = match &request {
            Request::KeyGroups(_) => Err(failure(FailureKind::NotFound, "no such key")),
            request => desk.world.answer(request),
        };
        desk.happen(Event::Replied(id, reply));
    }
    let screen = desk.screen(SIZE);
    assert!(screen.contains(" k-0") && line(&screen).starts_with('─'), "{screen}");
    desk.tap(KeyCode::Char('b'));
    let (id, _) = desk.open.remove(0);
    desk.happen(Event::Replied(id, Err(failure(FailureKind::NotFound, "no such key"))));
    assert!(desk.screen(SIZE).contains("This server is too old to count keys"), "{}", desk.screen(SIZE));
}

#[test]
fn a_group_of_revoked_keys_does_not_offer_the_mark_and_says_why() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2bs");
    let mut seen = 0;
    for _ in 0..8 {
        let screen = desk.screen(SIZE);
        let revoked = screen.contains("> ✕ revoked");
        assert_eq!(screen.contains("Space mark"), !revoked, "{screen}");
        assert_eq!(screen.contains(" groups · revoked keys cannot be marked"), revoked, "{screen}");
        if revoked {
            seen += 1;
            desk.keys(" ");
            let screen = desk.screen(SIZE);
            assert!(screen.contains("│ Revoked keys cannot be marked. "), "{screen}");
            assert!(screen.contains("> ✕ revoked") && !screen.contains("0 keys marked"), "{screen}");
        }
        desk.press(KeyCode::Down);
    }
    assert!(seen > 0, "{}", desk.screen(SIZE));
}

#[test]
fn keys_are_grouped_by_creator_project_or_state_the_largest_first() {
    let mut desk = Desk::new(world(21), SIZE);
    desk.keys("3b");
    let screen = desk.screen(SIZE);
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text}: {screen}"));
    assert!(
        at("│ > token:ci ") < at("│   local:ci ") && at("│   local:ci ") < at("│   token:ops "),
        "{screen}"
    );
    assert!(screen.contains("21 keys in 5 groups"), "{screen}");
    desk.keys("p");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[project]") && screen.contains("> shop "), "{screen}");
    assert!(screen.contains("21 keys in 2 groups"), "{screen}");
    desk.keys("b2b");
    desk.keys("s");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("▲ stale") && screen.contains("● in use"), "{screen}");
    assert!(screen.contains("22 keys in 2 groups"), "{screen}");
    desk.keys("o");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[owner]") && screen.contains("> no owner "), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("owner:none"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    assert!(!desk.screen(SIZE).contains("Keys by group"), "{}", desk.screen(SIZE));
    desk.keys("1b");
    assert!(desk.screen(SIZE).contains("Only keys can be grouped (press 2 or 3)."));
    desk.keys("4b");
    assert!(desk.screen(SIZE).contains("Only keys can be grouped (press 2 or 3)."));
}

#[test]
fn under_another_threshold_the_tab_and_the_groups_say_which_and_never_that_the_keys_are_stale() {
    let mut world = world(21);
    for key in world.keys.iter_mut().take(6) {
        key.last_used_at = Some(crate::support::fixtures::ago(40 * DAY));
    }
    let mut desk = Desk::new(world, SIZE);
    desk.keys("3");
    assert!(desk.screen(SIZE).contains("[Stale 15]"), "{}", desk.screen(SIZE));
    desk.keys("--");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Stale 30+ d 21]") && !screen.contains("[Stale 15"), "{screen}");
    desk.keys("b");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Keys idle for 30+ days by group"), "{screen}");
    assert!(screen.contains("STALE") && screen.contains("21 keys in 5 groups"), "{screen}");
    desk.press(KeyCode::Esc);
    // However long the filter is, and in the other views.
    desk.keys("/created>1d created>2d created>3d created>4d created>5d idle>1d");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("[Stale 30+ d"), "{}", desk.screen(SIZE));
    desk.keys("/ nothing-like-it");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("No keys idle for 30 days or more match"), "{}", desk.screen(SIZE));
    desk.keys("2");
    assert!(desk.screen(SIZE).contains(" Stale 30+ d "), "{}", desk.screen(SIZE));
    desk.keys("3");
    desk.press(KeyCode::Esc);
    desk.keys("++b");
    assert!(desk.screen(SIZE).contains("Stale keys by group"), "{}", desk.screen(SIZE));
}

#[test]
fn enter_shows_the_keys_of_a_group_and_esc_or_b_goes_back_to_the_groups() {
    let mut desk = Desk::new(world(21), SIZE);
    for back in [KeyCode::Esc, KeyCode::Char('b')] {
        desk.keys("3/k-0");
        desk.press(KeyCode::Enter);
        desk.keys("b");
        for _ in 0..3 {
            desk.press(KeyCode::Down);
        }
        desk.press(KeyCode::Enter);
        let screen = desk.screen(SIZE);
        // It is cut where it would take the place of the count.
        assert!(screen.contains("filter: k-0 by=token:ci-… · 3 of 21"), "{screen}");
        assert!(line(&screen).starts_with("3 keys, "), "{screen}");
        desk.press(back);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("> token:ci-bot") && screen.contains("21 keys in 5 groups"), "{screen}");
        desk.press(KeyCode::Esc);
        assert!(desk.screen(SIZE).contains("filter: k-0"), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Esc);
    }
}

#[test]
fn a_filter_typed_over_an_opened_group_is_cleared_as_any_other() {
    let mut desk = Desk::new(world(21), SIZE);
    desk.keys("3b");
    desk.press(KeyCode::Enter);
    desk.keys("/ k-0001");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("filter:") && !screen.contains("by group"), "{screen}");
}

#[test]
fn space_marks_all_keys_of_a_group_and_again_unmarks_them() {
    let mut desk = Desk::new(world(21), SIZE);
    desk.keys("3b ");
    assert!(desk.screen(SIZE).contains("9 marked"), "{}", desk.screen(SIZE));
    desk.keys(" ");
    assert!(desk.screen(SIZE).contains("12 marked"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Up);
    desk.press(KeyCode::Up);
    desk.keys(" ");
    assert!(desk.screen(SIZE).contains("3 marked"), "{}", desk.screen(SIZE));
}

#[test]
fn marks_of_a_group_that_is_not_loaded_are_loaded_and_are_all_of_it() {
    let mut desk = Desk::new(world(2_500), SIZE);
    desk.keys("3b x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("1,072 keys"), "{screen}");
    desk.keys("1072");
    desk.press(KeyCode::Enter);
    desk.wait(Duration::from_secs(1));
    assert_eq!(left(&desk, "token:ci"), 1, "the fresh one");
    for other in ["token:ci-bot", "local:ci", "local:dana", "token:ops"] {
        assert_eq!(left(&desk, other), 357, "{other}");
    }
}

#[test]
fn stale_keys_of_one_creator_are_revoked_in_at_most_twelve_key_presses() {
    let mut desk = Desk::new(world(140), SIZE);
    assert_eq!(left(&desk, "token:ci-bot"), 20);
    let keys = [
        KeyCode::Char('3'),
        KeyCode::Char('b'),
        KeyCode::Down,
        KeyCode::Down,
        KeyCode::Down,
        KeyCode::Char(' '),
        KeyCode::Char('x'),
        KeyCode::Char('2'),
        KeyCode::Char('0'),
        KeyCode::Enter,
    ];
    assert!(keys.len() <= 12);
    for key in keys {
        desk.press(key);
    }
    assert_eq!(left(&desk, "token:ci-bot"), 0, "{}", desk.screen(SIZE));
    assert_eq!(left(&desk, "token:ci"), 61);
}

#[test]
fn x_revokes_nothing_before_a_group_is_marked() {
    let mut desk = Desk::new(world(21), SIZE);
    desk.keys("3bx");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Mark a group first (press Space).") && screen.contains("by group"), "{screen}");
}

#[test]
fn groups_follow_what_happens_elsewhere() {
    let mut desk = Desk::new(world(21), SIZE);
    desk.keys("3b");
    desk.world.keys[0].status = Status::Revoked;
    desk.wait(Duration::from_secs(3));
    assert!(desk.screen(SIZE).contains("20 keys in 5 groups"), "{}", desk.screen(SIZE));
}

#[test]
fn a_click_on_the_summary_shows_the_groups() {
    let mut desk = Desk::new(world(21), SIZE);
    desk.keys("m3");
    desk.wait(Duration::from_secs(10));
    desk.happen(Event::Mouse(Mouse { kind: MouseKind::Click, x: 4, y: 22 }));
    desk.answer();
    assert!(desk.screen(SIZE).contains("Stale keys by group"), "{}", desk.screen(SIZE));
}
