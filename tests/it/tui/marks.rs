//! Marks: one row, a range, every row that the filter matches; what takes them away and what does not.

use std::time::{Duration, Instant};

use keydeck::tui::model::{Effect, Event, FailureKind, KeyCode, Reply, Request};
use keydeck::wire::keys::{Key, Status, StatusQuery};
use keydeck::wire::page::{EXACT_TOTAL, Page};

use crate::support::fixtures::{Desk, World, failure};

const SIZE: (u16, u16) = (120, 30);

/// Names of the rows that have a mark on the screen.
fn marked(desk: &Desk) -> Vec<String> {
    let rows = desk.screen(SIZE);
    let marked = rows.lines().filter_map(|line| line.get(1..)?.strip_prefix('*'));
    marked.map(|rest| rest.split_whitespace().next().expect("a name").to_owned()).collect()
}

fn title(desk: &Desk) -> String {
    desk.screen(SIZE).lines().nth(1).expect("the line of tabs").to_owned()
}

#[test]
fn space_marks_and_moves_on_and_takes_the_mark_away_again() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.keys("  ");
    assert_eq!(marked(&desk).len(), 2, "{}", desk.screen(SIZE));
    assert!(title(&desk).contains("2 marked"), "{}", title(&desk));
    desk.keys("k ");
    assert_eq!(marked(&desk).len(), 1, "the second is marked no longer");
    desk.press(KeyCode::Esc);
    assert_eq!(marked(&desk), Vec::<String>::new());
    assert!(desk.screen(SIZE).contains("1 key unmarked"), "{}", desk.screen(SIZE));
}

#[test]
fn a_revoked_key_is_not_marked_and_the_words_say_why() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/leaked");
    desk.press(KeyCode::Enter);
    desk.keys(" ");
    assert!(desk.screen(SIZE).contains("leaked is revoked"), "{}", desk.screen(SIZE));
    assert!(!title(&desk).contains("marked"));
    desk.press(KeyCode::Esc);
    desk.keys("a");
    assert!(desk.screen(SIZE).contains("5 keys marked (1 revoked key skipped)"), "{}", desk.screen(SIZE));
}

#[test]
fn a_range_marks_everything_between_its_ends_and_esc_gives_it_up() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2vjj");
    assert_eq!(marked(&desk).len(), 3, "the range is seen before it ends: {}", desk.screen(SIZE));
    assert!(!title(&desk).contains("marked"));
    desk.press(KeyCode::Esc);
    assert_eq!(marked(&desk).len(), 0);
    desk.keys("vkk");
    desk.keys("v");
    assert_eq!(marked(&desk).len(), 3, "upwards as well: {}", desk.screen(SIZE));
    assert!(title(&desk).contains("3 marked"), "{}", title(&desk));
}

#[test]
fn a_range_over_rows_that_are_not_loaded_says_what_it_left_out() {
    let mut desk = Desk::new(World::large(2000), SIZE);
    desk.keys("2vGv");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("400 keys marked (rows that are not loaded were skipped)"), "{screen}");
    assert!(title(&desk).contains("400 marked"), "{}", title(&desk));
}

#[test]
fn stale_keys_are_found_and_marked_with_two_key_presses_from_the_opening_screen() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.asked.clear();
    desk.tap(KeyCode::Char('3'));
    desk.tap(KeyCode::Char('a'));
    desk.answer();
    assert!(title(&desk).contains("2 marked"), "{}", title(&desk));
    let mut names = marked(&desk);
    names.sort_unstable();
    assert_eq!(names, ["forgotten", "old-batch"]);
}

#[test]
fn marks_survive_another_order_a_refresh_and_another_filter_which_counts_what_it_hides() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/shop");
    desk.press(KeyCode::Enter);
    desk.keys("a");
    assert!(title(&desk).contains("3 marked"), "{}", title(&desk));
    let before = marked(&desk);
    desk.keys("ssS");
    desk.press(KeyCode::Enter);
    desk.wait(Duration::from_secs(7));
    let mut now = marked(&desk);
    assert_eq!(now.len(), before.len());
    now.sort_unstable();
    assert_eq!(now, ["mobile", "old-batch", "web"]);
    desk.keys("/");
    for _ in 0..4 {
        desk.press(KeyCode::Backspace);
    }
    desk.keys("web");
    assert!(title(&desk).contains("3 marked (2 hidden by the filter)"), "{}", title(&desk));
    desk.press(KeyCode::Enter);
    // Marks go first, then the filter.
    desk.press(KeyCode::Esc);
    assert!(title(&desk).contains("filter: web") && !title(&desk).contains("marked"), "{}", title(&desk));
    desk.press(KeyCode::Esc);
    assert!(!title(&desk).contains("filter"), "{}", title(&desk));
}

#[test]
fn a_marked_key_that_was_revoked_meanwhile_leaves_the_marks_with_a_word() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2a");
    assert!(title(&desk).contains("5 marked"));
    desk.world.keys[1].status = Status::Revoked;
    desk.wait(Duration::from_secs(4));
    assert!(title(&desk).contains("4 marked"), "{}", title(&desk));
    assert!(desk.screen(SIZE).contains("shop/mobile was revoked and is no longer marked."));
}

#[test]
fn marks_belong_to_the_views_of_keys() {
    let mut desk = Desk::new(World::small(), SIZE);
    for view in ["1", "4"] {
        for key in [" ", "v", "a"] {
            desk.keys(view);
            desk.keys(key);
            assert!(desk.screen(SIZE).contains("Only keys can be marked"), "{view} {key}");
        }
    }
    // Another project's keys begin without marks.
    desk.keys("2a1");
    desk.press(KeyCode::Enter);
    assert!(!title(&desk).contains("marked"), "{}", title(&desk));
}

/// The answer to a request for a page of many keys.
fn page(keys: &[Key], request: &Request) -> Reply {
    let Request::Keys { query, .. } = request else { panic!("not a request for keys: {request:?}") };
    assert_eq!(query.limit, Some(1000), "bounded pages");
    assert_eq!(query.status, Some(StatusQuery::Active));
    assert_eq!(query.sort.map(|sort| sort.to_string()), Some("created".into()));
    let from: usize = query.cursor.as_ref().map_or(0, |cursor| cursor.parse().expect("a cursor of ours"));
    let end = (from + 1000).min(keys.len());
    let page = Page {
        items: keys[from..end].to_vec(),
        next: (end < keys.len()).then(|| end.to_string()),
        total: (keys.len() as u64).min(EXACT_TOTAL),
        more: keys.len() as u64 > EXACT_TOTAL,
    };
    Reply::Keys { page, etag: None }
}

/// A desk that has begun to mark so many keys.
fn marking(count: u128) -> Desk {
    let mut desk = Desk::new(World::large(count), SIZE);
    desk.keys("2");
    desk.tap(KeyCode::Char('a'));
    assert_eq!(desk.open.len(), 1);
    desk
}

#[test]
fn of_100_000_keys_the_rest_is_loaded_page_by_page_and_nothing_is_held_up() {
    let mut desk = marking(100_000);
    let keys = std::mem::take(&mut desk.world.keys);
    let (mut calls, mut slowest) = (0, Vec::new());
    while let Some((id, request)) = desk.open.pop() {
        calls += 1;
        let reply = page(&keys, &request);
        let began = Instant::now();
        desk.happen(Event::Replied(id, Ok(reply)));
        // The cursor moves while the rest is loaded.
        desk.tap(KeyCode::Down);
        slowest.push(began.elapsed());
        assert!(desk.open.len() <= 1, "one page after the other");
        if calls == 3 {
            assert!(title(&desk).contains("marking 3,000 of 10,000+"), "{}", title(&desk));
        }
    }
    assert_eq!(calls, 100);
    assert!(title(&desk).contains("100,000 marked"), "{}", title(&desk));
    slowest.sort_unstable();
    let median = slowest[slowest.len() / 2];
    assert!(median < Duration::from_millis(50), "a page took {median:?} in the middle");
}

#[test]
fn esc_stops_the_loading_and_what_has_come_stays_marked() {
    let mut desk = marking(5000);
    let keys = desk.world.keys.clone();
    for _ in 0..2 {
        let (id, request) = desk.open.pop().expect("a page is awaited");
        desk.happen(Event::Replied(id, Ok(page(&keys, &request))));
    }
    let (late, request) = desk.open[0].clone();
    desk.tap(KeyCode::Esc);
    assert!(desk.open.is_empty(), "the request was taken back");
    assert!(title(&desk).contains("2,000 marked"), "{}", title(&desk));
    assert!(desk.screen(SIZE).contains("Stopped. 2,000 keys marked."), "{}", desk.screen(SIZE));
    // The answer comes all the same, or to another question.
    desk.tap(KeyCode::Char('a'));
    desk.happen(Event::Replied(late, Ok(page(&keys, &request))));
    assert!(title(&desk).contains("marking 0 of"), "{}", title(&desk));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    assert!(!title(&desk).contains("marked"), "{}", title(&desk));
}

#[test]
fn a_page_that_does_not_come_leaves_the_marks_there_are_and_says_so() {
    let mut desk = marking(5000);
    let keys = desk.world.keys.clone();
    let (id, request) = desk.open.pop().expect("a page is awaited");
    desk.happen(Event::Replied(id, Ok(page(&keys, &request))));
    let (id, _) = desk.open.pop().expect("a page is awaited");
    desk.happen(Event::Replied(id, Err(failure(FailureKind::TimedOut, "no answer in 30 s"))));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Marked only 1,000 keys. No answer in 30 s."), "{screen}");
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("Revoke 1,000 marked keys?"), "{}", desk.screen(SIZE));
    assert!(!desk.effects.contains(&Effect::Quit));
}

#[test]
fn another_filter_ends_the_loading_for_the_one_before() {
    let mut desk = marking(5000);
    let keys = desk.world.keys.clone();
    let (id, request) = desk.open.pop().expect("a page is awaited");
    desk.happen(Event::Replied(id, Ok(page(&keys, &request))));
    desk.tap(KeyCode::Char('/'));
    desk.tap(KeyCode::Char('7'));
    assert!(title(&desk).contains("1,000 marked"), "{}", title(&desk));
    assert!(desk.open.iter().all(|(_, request)| !matches!(
        request,
        Request::Keys { query, .. } if query.limit == Some(1000)
    )));
}
