//! The filter as it is typed: the same over loaded rows and from the server, and its errors where they are.

use std::time::Duration;

use keydeck::tui::model::{Event, KeyCode, KeyPress, Request};

use crate::support::fixtures::{Desk, World};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (120, 30);

/// Many keys, of which no page holds all.
fn world() -> World {
    let mut world = World::large(450);
    for (at, key) in world.keys.iter_mut().enumerate() {
        key.created_by = ["local:ann", "local:ben"][at % 2].into();
        if at % 7 == 0 {
            key.status = keydeck::wire::keys::Status::Revoked;
        }
        if at % 9 == 0 {
            key.last_used_at = None;
        }
    }
    world
}

/// All but the header and what was said.
fn body(desk: &Desk) -> String {
    let screen = desk.screen(SIZE);
    let lines: Vec<&str> = screen.lines().collect();
    lines[1..lines.len().min(usize::from(SIZE.1) - 2)].join("\n")
}

fn key_requests(desk: &Desk) -> usize {
    desk.asked.iter().filter(|request| matches!(request, Request::Keys { .. })).count()
}

#[test]
fn one_cannot_tell_whether_the_rows_were_filtered_here_or_by_the_server() {
    let mut here = Desk::new(world(), SIZE);
    // The detail of a row is asked for once it rests, which is another matter.
    here.keys("2p");
    for _ in 0..30 {
        here.press(KeyCode::PageDown);
    }
    here.keys("g");
    let mut there = Desk::new(world(), SIZE);
    there.keys("2p");
    // Both see the same time.
    there.wait(Duration::from_millis((here.now.millis() - there.now.millis()) as u64));
    let typed = [
        "s-0001",
        "name:s-0003 !by:ben",
        "idle>60d 4",
        "status:active !used:never 7",
        "live_0042",
        "x9m1 status:revoked",
        "zebra",
        "\"s-0\" 12",
        "s-00 !1",
    ];
    for text in typed {
        for desk in [&mut here, &mut there] {
            desk.tap(KeyCode::Char('/'));
            desk.happen(Event::Key(KeyPress::ctrl('u')));
            desk.answer();
            desk.tap(KeyCode::Char('g'));
            desk.tap(KeyCode::Backspace);
            desk.answer();
            desk.happen(Event::Key(KeyPress::plain(KeyCode::Enter)));
            desk.keys("g/");
        }
        here.asked.clear();
        there.asked.clear();
        for c in text.chars() {
            for desk in [&mut here, &mut there] {
                desk.tap(KeyCode::Char(c));
                desk.answer();
            }
            assert_eq!(body(&here), body(&there), "{text:?} at {c:?}");
        }
        assert_eq!(key_requests(&here), 0, "{text:?}: all rows are loaded");
        assert!(key_requests(&there) > 0, "{text:?}: not all rows are loaded");
    }
    // Taking a letter away widens it again.
    for desk in [&mut here, &mut there] {
        desk.tap(KeyCode::Backspace);
        desk.answer();
    }
    assert_eq!(body(&here), body(&there));
}

#[test]
fn rows_that_change_while_they_are_filtered_are_judged_anew() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/w");
    desk.keys("e");
    assert!(desk.screen(SIZE).contains("> web") && !desk.screen(SIZE).contains("mobile"));
    desk.world.keys[1].name = "web-mobile".into();
    desk.wait(Duration::from_secs(4));
    desk.keys("b");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("web-mobile") && screen.contains("2 of 6"), "{screen}");
}

/// The columns of the mark under the filter, and of what it points at.
fn mark(desk: &Desk, size: (u16, u16)) -> (usize, char) {
    let screen = desk.screen(size);
    let lines: Vec<&str> = screen.lines().collect();
    let at = lines[3].chars().position(|c| c == '^').unwrap_or_else(|| panic!("{screen}"));
    (at, lines[2].chars().nth(at).unwrap_or(' '))
}

#[test]
fn an_error_is_marked_under_its_character() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/");
    desk.keys("web idle>x");
    assert_eq!(mark(&desk, SIZE), (2 + 9, 'x'));
    desk.happen(Event::Key(KeyPress::ctrl('u')));
    // A wide character takes two columns.
    desk.keys("世界 mode:z");
    let screen = desk.screen(SIZE);
    let caret = screen.lines().nth(3).and_then(|line| line.find('^')).expect("a mark");
    assert_eq!(caret, 2 + 4 + 1 + 5, "{screen}");
    assert!(screen.contains("^ Expected live or test."), "{screen}");
}

#[test]
fn a_filter_that_is_wrong_is_not_applied_and_says_so() {
    let mut desk = Desk::new(World::small(), (80, 24));
    let screen = |desk: &Desk| desk.screen((80, 24));
    desk.keys("2/");
    desk.keys("web status:stael");
    desk.press(KeyCode::Enter);
    let shown = screen(&desk);
    assert!(shown.contains("still: web ") && shown.contains("> web"), "{shown}");
    // Enter has left nothing: what is typed mends it.
    desk.press(KeyCode::Backspace);
    assert!(screen(&desk).contains("/ web status:stae\n"), "{}", screen(&desk));
    desk.happen(Event::Key(KeyPress::ctrl('u')));
    desk.keys("\"old");
    let shown = screen(&desk);
    assert!(shown.contains("Unclosed quote.") && shown.contains("mobile"), "all rows: {shown}");
    // From the list of commands too, nothing is marked by a filter that is not what is meant.
    desk.happen(Event::Key(KeyPress::ctrl('p')));
    desk.keys("mark all");
    desk.press(KeyCode::Enter);
    let shown = screen(&desk);
    assert!(shown.contains("▲ Fix the filter first, or press Esc to clear it."), "{shown}");
    assert!(!shown.contains("marked"), "{shown}");
    desk.press(KeyCode::Esc);
    assert!(!screen(&desk).contains("Fix the filter"), "{}", screen(&desk));
}

#[test]
fn a_wrong_filter_is_told_once_in_a_sentence_that_says_what_to_write() {
    for (typed, meant) in
        [("2/creator:bob", "by:bob"), ("2/state:idle", "status:idle"), ("4/actor:bob", "by:bob")]
    {
        let mut desk = Desk::new(World::small(), (80, 24));
        desk.keys(&typed[..1]);
        let all = desk.screen((80, 24));
        desk.keys(&typed[1..]);
        let sentence = format!("^ Unknown field; write {meant} (or quote it to search for text).");
        for _ in 0..2 {
            let shown = desk.screen((80, 24));
            assert_eq!(shown.matches(&sentence).count(), 1, "{shown}");
            let lines: Vec<&str> = shown.lines().collect();
            assert_eq!(lines[..2], all.lines().collect::<Vec<_>>()[..2], "{shown}");
            assert!(lines[22].starts_with("──") && lines[23] == "Esc clear", "{shown}");
            // Enter applies nothing and says nothing else.
            desk.press(KeyCode::Enter);
        }
    }
    // What a word that is no field's found before stays, without a word about what it did not find.
    let mut desk = Desk::new(World::small(), (80, 24));
    desk.keys("2/foo:bar");
    let shown = desk.screen((80, 24));
    assert!(shown.contains('^') && shown.contains("Unknown field; expected name, project,"), "{shown}");
    assert!(!shown.contains("No keys match"), "{shown}");
}

#[test]
fn an_error_far_to_the_right_keeps_its_mark_and_its_words() {
    for width in [40, 60, 80] {
        let size = (width, 24);
        let mut desk = Desk::new(World::small(), size);
        desk.keys("2/");
        desk.keys(&"abcdefghi ".repeat(9));
        desk.keys("idle>x");
        assert_eq!(mark(&desk, size).1, 'x', "{}", desk.screen(size));
        let screen = desk.screen(size);
        let words: Vec<&str> = screen.split_whitespace().collect();
        let whole = "Expected a duration such as 90d (s, m, h, d, w, mo, y).";
        assert!(words.join(" ").contains(whole), "{screen}");
    }
}

#[test]
fn a_mask_and_a_handle_find_their_key_here_as_a_name_does() {
    let mut desk = Desk::new(World::small(), SIZE);
    for text in ["redir_live_0003****...****x9m1", "0003", "LIVE_0003", "live_0003…x9m1", "old-b"] {
        desk.keys("2/");
        desk.happen(Event::Key(KeyPress::ctrl('u')));
        desk.keys(text);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("> old-batch") && screen.contains("1 of 6"), "{text}: {screen}");
        assert!(screen.contains(&format!("filter: {text}")), "{screen}");
        desk.press(KeyCode::Esc);
    }
}

#[test]
fn where_a_states_word_is_typed_the_filter_for_the_state_is_offered() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/old stale");
    let hint = |desk: &Desk| desk.screen(SIZE).lines().nth(3).unwrap_or_default().trim().to_owned();
    assert_eq!(hint(&desk), "Tab status:stale", "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("0 of 6"), "a plain word is a text: {}", desk.screen(SIZE));
    desk.press(KeyCode::Tab);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("/ old status:stale") && screen.contains("> old-batch"), "{screen}");
    assert!(hint(&desk).starts_with("any text"), "what one can type: {}", hint(&desk));
    for (typed, term) in [
        ("idle", "status:idle"),
        ("Unused", "status:unused"),
        ("revoked", "status:revoked"),
        ("paused", "status:paused"),
        ("web in use", "status:"),
    ] {
        desk.happen(Event::Key(KeyPress::ctrl('u')));
        desk.keys(typed);
        assert!(hint(&desk).starts_with(&format!("Tab {term}")), "{typed}: {}", hint(&desk));
        desk.press(KeyCode::Tab);
        assert!(
            desk.screen(SIZE).lines().nth(2).is_some_and(|line| line.contains(term)),
            "{}",
            desk.screen(SIZE)
        );
        assert!(
            desk.screen(SIZE).lines().nth(3).is_some_and(|line| !line.contains('^')),
            "{}",
            desk.screen(SIZE)
        );
    }
    for typed in ["stale-cache", "name:stale", "\"stale", "stal"] {
        desk.happen(Event::Key(KeyPress::ctrl('u')));
        desk.keys(typed);
        assert!(!hint(&desk).starts_with("Tab "), "{typed}: {}", hint(&desk));
    }
}

#[test]
fn what_was_said_of_a_wrong_filter_goes_when_it_is_right() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/mode:x");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Expected "), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Backspace);
    desk.keys("live");
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("Expected "), "{screen}");
    desk.keys("x");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Expected "), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    assert!(!desk.screen(SIZE).contains("Expected "), "{}", desk.screen(SIZE));
}

#[test]
fn a_filter_of_keys_typed_in_the_projects_says_where_it_belongs_and_hides_nothing() {
    for text in ["status:stale", "status:\"in use\"", "shop !used:never", "idle>90d", "name:x"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(&format!("/{text}"));
        let screen = desk.screen(SIZE);
        assert!(screen.contains("filters keys only"), "{text}: {screen}");
        assert!(screen.contains("shop"), "{text}: {screen}");
        desk.press(KeyCode::Enter);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("filters keys only"), "{text}: {screen}");
    }
    // A name may hold such a sign.
    let mut world = World::small();
    world.projects[0].name = "a:b".into();
    let mut desk = Desk::new(world, SIZE);
    desk.keys("/a:b");
    assert!(!desk.screen(SIZE).contains("filters keys"), "{}", desk.screen(SIZE));
}

#[test]
fn keys_that_are_revoked_below_a_filter_leave_the_count_of_the_tab() {
    let mut stage = Stage::new((80, 24));
    stage.keys("3/by:tom");
    stage.press(KeyCode::Enter);
    assert!(
        stage.screen().contains("[Stale 32]") && stage.screen().contains("5 of 32"),
        "{}",
        stage.screen()
    );
    stage.keys("ax5");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    // What the server counts comes with the next rows.
    stage.keys("r");
    let screen = stage.screen();
    assert!(screen.contains("[Stale 27]") && screen.contains("0 of 27"), "{screen}");
    stage.press(KeyCode::Esc);
    assert!(stage.screen().contains("[Stale 27]"), "{}", stage.screen());
}

#[test]
fn what_may_be_typed_instead_is_never_cut_off_at_80_columns() {
    let size = (80, 24);
    for (typed, expected) in [
        ("status:foo", "\"in use\", idle, stale, unused or new"),
        ("project:shop status:foo", "\"in use\", idle, stale, unused or new"),
        ("foo:bar", "reviewed or finding (quote it to search for text)"),
        ("mode:foo", "Expected live or test."),
    ] {
        let mut desk = Desk::new(World::small(), size);
        desk.keys(&format!("2/{typed}"));
        let screen = desk.screen(size);
        let words: Vec<&str> = screen.split_whitespace().collect();
        assert!(words.join(" ").contains(expected), "{screen}");
        let at = typed.find("foo").unwrap_or_default() + 2;
        assert!(screen.lines().any(|line| line.chars().nth(at) == Some('^')), "{screen}");
        desk.press(KeyCode::Esc);
        assert!(!desk.screen(size).contains('^'), "{}", desk.screen(size));
    }
}

#[test]
fn beside_an_invalid_filter_the_title_says_which_one_still_applies() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    assert!(desk.screen(SIZE).contains("filter: web"), "{}", desk.screen(SIZE));
    desk.keys(" idle>");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("still: web") && !screen.contains("filter: web"), "{screen}");
    desk.keys("9d");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("filter: web idle>9d") && !screen.contains("still: "), "{screen}");
}
