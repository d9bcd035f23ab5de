//! Nothing acts on another row than the one that was seen: while a filter is typed, after sorting, while rows are
//! on their way.

use std::time::Duration;

use keydeck::tui::model::{Event, FailureKind, KeyCode, KeyPress, Request};
use keydeck::wire::keys::Status;

use crate::support::fixtures::{Desk, WHOLE_KEY, World, event, failure, key};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (120, 40);

/// The first words of the selected row; none where no row is.
fn selected(desk: &Desk) -> Option<String> {
    let screen = desk.screen(SIZE);
    let row = screen.lines().skip(3).find(|line| line.starts_with('>'))?;
    row.trim_start_matches(['>', ' ', '●', '◐', '▲', '○', '✕', '*'])
        .split_whitespace()
        .next()
        .map(str::to_owned)
}

/// The key whose revocation is asked for now; the dialog is closed again.
fn asked_to_revoke(desk: &mut Desk) -> Option<String> {
    desk.tap(KeyCode::Char('x'));
    let screen = desk.screen(SIZE);
    let title = screen.lines().find(|line| line.contains("Revoke"))?;
    let name = screen.lines().find(|line| line.contains("┃ key ") || line.contains("name "));
    let name = name.map_or_else(|| title.to_owned(), |line| line.replace(['│', '┃'], " "));
    desk.tap(KeyCode::Esc);
    name.split_whitespace().nth(1).map(str::to_owned)
}

fn type_in(desk: &mut Desk, text: &str) {
    text.chars().for_each(|c| desk.tap(KeyCode::Char(c)));
}

#[test]
fn a_filter_that_is_kept_revokes_its_first_match_and_not_the_row_before() {
    let mut stage = Stage::new(SIZE);
    stage.keys("2jjj/ios");
    stage.press(KeyCode::Enter);
    stage.keys("x");
    let screen = stage.screen();
    // The fourth row, where the cursor was before, is another match.
    assert!(screen.contains("┃ name      tablet-kiosk "), "{screen}");
}

#[test]
fn while_a_filter_is_typed_the_cursor_is_on_the_first_match_in_every_view() {
    let mut world = World::small();
    world.events = (1..=9).map(|seq| event(seq, world.projects[0].id, world.keys[0].id)).collect();
    let mut desk = Desk::new(world, SIZE);
    // Projects: blog, shop.
    desk.keys("j");
    assert_eq!(selected(&desk), Some("shop".into()));
    desk.keys("/o");
    assert_eq!(selected(&desk), Some("blog".into()));
    desk.press(KeyCode::Esc);
    assert_eq!(selected(&desk), Some("shop".into()), "Esc leaves the filter");
    // Keys: web, mobile, old-batch, forgotten, leaked, new-ci, in the order of their creation.
    desk.keys("2");
    desk.press(KeyCode::Char('G'));
    let last = selected(&desk);
    desk.keys("/e");
    let first = selected(&desk);
    assert_ne!(first, last);
    desk.press(KeyCode::Down);
    let second = selected(&desk);
    assert_ne!(second, first);
    desk.keys("b");
    assert!(desk.screen(SIZE).contains("1 of 6"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Backspace);
    assert_eq!(selected(&desk), first, "what is typed next begins at the top again");
    desk.press(KeyCode::Esc);
    assert_eq!(selected(&desk), last, "Esc leaves the filter");
    // Stale.
    desk.keys("3");
    desk.press(KeyCode::Char('G'));
    let last = selected(&desk);
    desk.keys("/o");
    assert_ne!(selected(&desk), last);
    desk.press(KeyCode::Esc);
    assert_eq!(selected(&desk), last);
    // The audit log.
    desk.keys("4jjjj");
    let fifth = selected(&desk);
    desk.keys("/created");
    assert_ne!(selected(&desk), fifth);
    desk.press(KeyCode::Esc);
    assert_eq!(selected(&desk), fifth);
}

#[test]
fn a_filter_kept_with_enter_leaves_the_cursor_where_one_moved_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/e");
    desk.press(KeyCode::Down);
    let second = selected(&desk);
    desk.press(KeyCode::Enter);
    assert_eq!(selected(&desk), second);
    desk.keys("j");
    let third = selected(&desk);
    desk.press(KeyCode::Esc);
    assert_eq!(selected(&desk), third, "the row that was found is the row where one is");
}

#[test]
fn while_the_matching_rows_are_on_their_way_nothing_acts_on_a_row_of_the_list_before() {
    let mut desk = Desk::new(World::large(450), SIZE);
    desk.keys("2jjj");
    let before = selected(&desk);
    desk.tap(KeyCode::Char('/'));
    type_in(&mut desk, "s-00007");
    assert_eq!(selected(&desk), None, "no row is marked: {}", desk.screen(SIZE));
    desk.tap(KeyCode::Enter);
    for c in ['x', 'R', ' ', 'e', 'y', 'v', 'd', 'j'] {
        desk.tap(KeyCode::Char(c));
        let screen = desk.screen(SIZE);
        assert!(!screen.contains(['┌', '┏']) && !screen.contains("marked"), "{c}: {screen}");
    }
    assert_eq!(selected(&desk), None, "{}", desk.screen(SIZE));
    desk.answer();
    let first = selected(&desk).expect("the first match");
    assert!(first.starts_with("s-00007"), "{first}");
    assert_eq!(asked_to_revoke(&mut desk), Some(first));
    // Leaving it, the same: then the row where one was.
    desk.tap(KeyCode::Char('/'));
    type_in(&mut desk, "9");
    desk.answer();
    desk.tap(KeyCode::Esc);
    assert_eq!(selected(&desk), None);
    desk.answer();
    assert!(selected(&desk).is_some());
    desk.tap(KeyCode::Char('g'));
    desk.keys("jjj");
    assert_eq!(selected(&desk), before);
    desk.keys("/4");
    desk.press(KeyCode::Esc);
    assert_eq!(selected(&desk), before, "Esc leaves the filter");
}

#[test]
fn in_a_long_audit_log_too_the_first_match_is_selected_when_it_comes() {
    let mut world = World::large(3);
    world.events = (1..=450).map(|seq| event(seq, world.projects[0].id, world.keys[0].id)).collect();
    let mut desk = Desk::new(world, SIZE);
    desk.keys("4jjjj");
    desk.tap(KeyCode::Char('/'));
    type_in(&mut desk, "project.created");
    assert_eq!(selected(&desk), None);
    desk.tap(KeyCode::Char('y'));
    // Back to a filter whose rows are here: what was asked for is not wanted any more.
    for _ in 0.."project.createdy".len() {
        desk.tap(KeyCode::Backspace);
    }
    let first = selected(&desk);
    assert!(first.is_some(), "{}", desk.screen(SIZE));
    desk.answer();
    assert_eq!(selected(&desk), first);
    type_in(&mut desk, "project.created");
    desk.answer();
    assert!(desk.screen(SIZE).lines().any(|line| line.starts_with("> ") && line.contains("project created")));
}

#[test]
fn sorting_goes_to_the_top_and_nothing_is_selected_until_the_rows_have_come() {
    let mut desk = Desk::new(World::large(450), SIZE);
    desk.keys("2jjjj");
    for keys in [vec![KeyCode::Char('S')], vec![KeyCode::Char('s'), KeyCode::Char('s'), KeyCode::Enter]] {
        for code in keys {
            desk.tap(code);
        }
        assert_eq!(selected(&desk), None);
        desk.tap(KeyCode::Char('j'));
        assert_eq!(asked_to_revoke(&mut desk), None);
        // A filter that is typed meanwhile belongs to the new order.
        desk.answer();
        let first = selected(&desk);
        assert!(first.is_some());
        desk.keys("g");
        assert_eq!(selected(&desk), first, "the top");
        desk.keys("jjj");
    }
}

#[test]
fn another_threshold_keeps_the_row_and_a_fast_key_meets_no_other_one() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("3");
    desk.press(KeyCode::Char('G'));
    let last = selected(&desk);
    assert!(last.is_some(), "{}", desk.screen(SIZE));
    desk.tap(KeyCode::Char('-'));
    assert_eq!(asked_to_revoke(&mut desk), None, "{}", desk.screen(SIZE));
    desk.answer();
    assert_eq!(selected(&desk), last);
}

#[test]
fn an_invalid_filter_says_why_and_changes_neither_rows_nor_cursor() {
    for view in ["2", "4"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(view);
        desk.keys("j");
        let table = |desk: &Desk| {
            let screen = desk.screen(SIZE);
            let name = |line: &str| line.chars().take(18).collect::<String>();
            let rows: Vec<String> = screen.lines().skip(6).take(20).map(name).collect();
            (selected(desk), rows)
        };
        desk.keys("/e");
        desk.press(KeyCode::Down);
        let before = table(&desk);
        desk.paste(" \"open");
        let wrong = |desk: &Desk| desk.screen(SIZE).lines().nth(3).is_some_and(|line| line.contains('^'));
        assert!(wrong(&desk), "{}", desk.screen(SIZE));
        assert_eq!(table(&desk), before);
        desk.press(KeyCode::Enter);
        assert_eq!(table(&desk), before);
        // The word that begins a wrong term hides nothing either: the rows, and the row, are those before it.
        for _ in 0..6 {
            desk.press(KeyCode::Backspace);
        }
        assert_eq!(table(&desk), before);
        desk.keys(" by:");
        assert!(desk.screen(SIZE).lines().nth(2).is_some_and(|line| line.ends_with("e by:")));
        desk.keys(" \"");
        assert!(wrong(&desk), "{}", desk.screen(SIZE));
        assert_eq!(table(&desk), before);
    }
}

#[test]
fn rows_that_come_by_themselves_select_no_other_row() {
    let mut desk = Desk::new(World::large(450), SIZE);
    desk.keys("2");
    for _ in 0..15 {
        desk.press(KeyCode::PageDown);
    }
    let before = selected(&desk);
    assert!(before.is_some());
    // So much changed that the list is asked for again from its beginning, where that row is not.
    let news = keydeck::tui::model::ChangeBatch { reload: true, ..Default::default() };
    desk.happen(Event::Changes(Box::new(news)));
    assert_eq!(selected(&desk), before);
    desk.answer();
    assert_ne!(asked_to_revoke(&mut desk).or(before.clone()), None);
    assert!(selected(&desk).is_none_or(|now| Some(now) == before), "{}", desk.screen(SIZE));
    // The first step shows where one is.
    desk.tap(KeyCode::Char('j'));
    assert_eq!(selected(&desk), Some("s-000000".into()));
    // A view whose rows were given up remembers its row.
    desk.keys("jj");
    let third = selected(&desk);
    desk.keys("1");
    let news = keydeck::tui::model::ChangeBatch { reload: true, ..Default::default() };
    desk.happen(Event::Changes(Box::new(news)));
    desk.answer();
    desk.keys("2");
    assert_eq!(selected(&desk), third);
}

#[test]
fn whoever_moves_on_is_not_taken_to_the_end_later() {
    let mut desk = Desk::new(World::large(450), SIZE);
    desk.keys("2jjj");
    desk.tap(KeyCode::Char('G'));
    assert_eq!(asked_to_revoke(&mut desk), None, "the last row is meant, and not known yet");
    desk.tap(KeyCode::Char('k'));
    let here = selected(&desk);
    assert!(here.is_some());
    desk.answer();
    assert_eq!(selected(&desk), here);
}

#[test]
fn a_range_whose_rows_are_awaited_marks_nothing_else() {
    let mut desk = Desk::new(World::large(450), SIZE);
    desk.keys("2jjjjjj");
    desk.tap(KeyCode::Char('v'));
    desk.tap(KeyCode::Char('S'));
    desk.tap(KeyCode::Char('v'));
    let screen = desk.screen(SIZE);
    assert!(!screen.contains(" keys marked"), "{screen}");
}

#[test]
fn a_filter_that_failed_to_load_leaves_nothing_to_act_on() {
    let mut desk = Desk::new(World::large(450), SIZE);
    desk.keys("2jjj");
    desk.world.down = Some(failure(FailureKind::Server { request_id: None }, "disk full"));
    desk.keys("/s-00009");
    desk.press(KeyCode::Enter);
    assert_eq!(asked_to_revoke(&mut desk), None, "{}", desk.screen(SIZE));
    desk.world.down = None;
    desk.connect();
    assert!(selected(&desk).is_some_and(|name| name.starts_with("s-00009")), "{}", desk.screen(SIZE));
}

#[test]
fn a_key_that_is_typed_into_the_filter_leaves_it_as_it_was_before() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2jj");
    let before = selected(&desk);
    desk.keys("/");
    // Without bracketed paste the key comes as single keys.
    WHOLE_KEY.chars().for_each(|c| desk.happen(Event::Key(KeyPress::plain(KeyCode::Char(c)))));
    desk.answer();
    assert!(desk.screen(SIZE).contains("redir_live_7kf2"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    assert_eq!(selected(&desk), before, "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("1–6 of 6"), "{}", desk.screen(SIZE));
}

#[test]
fn of_unsaved_keys_the_one_that_was_read_is_revoked_though_another_one_goes_meanwhile() {
    let mut world = World::small();
    let shop = world.projects[1].clone();
    let left: Vec<_> =
        (0..3).map(|at| key(50 + at, ["one", "two", "three"][at as usize], &shop, None)).collect();
    world.keys.extend(left.clone());
    let mut desk = Desk::new(world, SIZE);
    desk.happen(Event::Unsaved(left.clone()));
    desk.wait(Duration::from_secs(1));
    desk.tap(KeyCode::Char('x'));
    desk.wait(Duration::from_secs(1));
    desk.tap(KeyCode::Char('y'));
    // Its answer takes its time; the next one is asked about meanwhile.
    desk.tap(KeyCode::Down);
    desk.tap(KeyCode::Char('x'));
    let open = std::mem::take(&mut desk.open);
    desk.wait(Duration::from_secs(1));
    desk.open = open;
    desk.answer();
    desk.asked.clear();
    desk.tap(KeyCode::Char('y'));
    let revoked: Vec<_> = desk
        .asked
        .iter()
        .filter_map(|request| if let Request::RevokeKey { id, .. } = request { Some(*id) } else { None })
        .collect();
    assert_eq!(revoked, [left[1].id]);
    desk.answer();
    let two = desk.world.keys.iter().find(|key| key.id == left[2].id).expect("it is there");
    assert_eq!(two.status, Status::Active);
}

#[test]
fn a_colon_behind_a_word_that_is_no_field_changes_neither_rows_nor_cursor() {
    for view in ["2", "4"] {
        let mut world = World::small();
        world.events = (1..=9).map(|seq| event(seq, world.projects[0].id, world.keys[0].id)).collect();
        let mut desk = Desk::new(world, SIZE);
        desk.keys(view);
        desk.keys("j/e");
        desk.press(KeyCode::Down);
        // What is wrong with the filter may take a line more.
        let heads = |line: &str| line.contains("NAME ") || line.contains("ACTION ");
        let table = |desk: &Desk| {
            let screen = desk.screen(SIZE);
            let lines = screen.lines().skip_while(|line| !heads(line)).take(10);
            // The pane beside it says how much of it is seen.
            lines.map(|line| line.split('│').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        let before = (selected(&desk), table(&desk));
        desk.keys(":");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("Unknown field"), "{screen}");
        assert_eq!((selected(&desk), table(&desk)), before, "{view}: {screen}");
        desk.keys("x");
        assert_eq!((selected(&desk), table(&desk)), before);
        desk.press(KeyCode::Backspace);
        desk.press(KeyCode::Backspace);
        assert_eq!(selected(&desk), before.0);
        assert!(!desk.screen(SIZE).contains("unknown field"), "{}", desk.screen(SIZE));
    }
}

#[test]
fn esc_finds_the_row_again_wherever_it_was_in_a_long_list() {
    // The fourth page, and the end of a list of which the middle is not loaded.
    for (far, rows) in [("", 650), ("G", 3)] {
        let mut desk = Desk::new(World::large(2_000), SIZE);
        desk.keys("2");
        desk.keys(far);
        for _ in 0..rows {
            desk.press(if far.is_empty() { KeyCode::Down } else { KeyCode::Up });
        }
        let before = selected(&desk);
        assert!(before.is_some());
        desk.keys("/s-0007");
        assert_eq!(selected(&desk), Some("s-000700".into()), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Esc);
        assert_eq!(selected(&desk), before, "{far:?}: {}", desk.screen(SIZE));
    }
}

#[test]
fn a_row_that_is_gone_is_not_looked_for_through_the_whole_list() {
    let mut desk = Desk::new(World::large(5_000), SIZE);
    desk.keys("2jjj/s-0007");
    desk.world.keys.retain(|key| key.name != "s-000003");
    desk.asked.clear();
    desk.press(KeyCode::Esc);
    let asked = desk.asked.iter().filter(|request| matches!(request, Request::Keys { .. })).count();
    assert!(asked <= 4, "{asked}");
    assert_eq!(selected(&desk), Some("s-000000".into()), "{}", desk.screen(SIZE));
}
