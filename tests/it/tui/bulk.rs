//! Many keys revoked at once: what the dialog asks, what is sent, what comes of it.

use std::time::Duration;

use keydeck::tui::model::{Event, FailureKind, KeyCode, Request, Setup};
use keydeck::wire::keys::{RevokeKeys, Status};
use keydeck::wire::tokens::Role;

use crate::support::fixtures::{Desk, World, ago, failure};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (100, 30);

fn sent(desk: &Desk) -> Vec<RevokeKeys> {
    let calls = desk.asked.iter().filter_map(|request| match request {
        Request::RevokeKeys(body) => Some(body.clone()),
        _ => None,
    });
    calls.collect()
}

fn revoked(desk: &Desk) -> Vec<&str> {
    let dead = desk.world.keys.iter().filter(|key| key.status == Status::Revoked && key.name != "leaked");
    dead.map(|key| key.name.as_str()).collect()
}

/// All five active keys marked, and the dialog open.
fn asked() -> Desk {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2ax");
    desk
}

#[test]
fn the_dialog_names_its_targets_the_server_and_who_would_be_hurt() {
    let setup = Setup {
        context: "shop-eu".into(),
        prod: true,
        zone: keydeck::wire::zone::Zone::UTC,
        demo: false,
        folder: String::new(),
        ..crate::support::fixtures::setup(SIZE)
    };
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    desk.keys("2ax");
    let screen = desk.screen(SIZE);
    for words in [
        "Revoke 5 marked keys?",
        "shop-eu, PROD — local database",
        "▲ 1 of 5 keys used in the last 24 h by 203.0.113.7.",
        "web",
        "just now",
        "old-batch",
        "3mo ago",
        "forgotten",
        "never",
        "Enter revoke 5 keys",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let callers = desk.asked.iter().filter(|request| matches!(request, Request::Callers(_))).count();
    assert!(callers <= 3, "only those used in the last day are asked for: {callers}");
}

#[test]
fn requests_that_were_refused_are_no_use_and_not_nothing() {
    let at = |used: &[&str], refused: &[&str]| {
        let mut world = World::small();
        for key in &mut world.keys {
            let name = key.name.as_str();
            let lately = |names: &[&str]| names.contains(&name).then(|| ago(5));
            (key.last_used_at, key.last_refused_at) = (lately(used), lately(refused));
        }
        let mut desk = Desk::new(world, SIZE);
        desk.keys("2ax");
        desk.screen(SIZE)
    };
    let screen = at(&[], &["web", "forgotten"]);
    let words = "▲ None used in the last 24 h. Requests with 2 of 5 keys were refused.";
    assert!(screen.contains(words), "{screen}");
    let screen = at(&["web"], &["web", "forgotten"]);
    assert!(screen.contains("▲ 1 of 5 keys used in the last 24 h"), "{screen}");
    assert!(screen.contains("Requests with 1 ") && screen.contains("other key were refused."), "{screen}");
    assert!(at(&[], &[]).contains("None used in the last 24 h."));
}

#[test]
fn the_dialog_says_the_state_of_each_key_and_how_many_are_not_stale() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(World::small(), size);
        desk.keys("3ax");
        assert!(!desk.screen(size).contains("not stale"), "{}", desk.screen(size));
        desk.press(KeyCode::Esc);
        desk.press(KeyCode::Esc);
        desk.keys("--ax");
        let screen = desk.screen(size);
        let words = "2 stale, 1 not stale (shown: idle 30+ days; stale: 90+ days)";
        for words in [words, "STATUS", "IDLE", "◐ idle", "▲ stale", " 40d "] {
            assert!(screen.contains(words), "{words}: {screen}");
        }
    }
}

#[test]
fn two_or_more_need_their_count_typed_and_nothing_else_revokes_them() {
    let mut desk = asked();
    for code in [KeyCode::Enter, KeyCode::Char('y'), KeyCode::Char(' '), KeyCode::Char('x')] {
        desk.press(code);
        assert!(
            desk.screen(SIZE).contains("Type 5 to confirm, then press Enter"),
            "{code:?}: {}",
            desk.screen(SIZE)
        );
    }
    desk.keys("4");
    desk.press(KeyCode::Enter);
    assert_eq!(sent(&desk), []);
    desk.press(KeyCode::Backspace);
    desk.keys("5");
    desk.press(KeyCode::Enter);
    assert_eq!(revoked(&desk), ["web", "mobile", "old-batch", "forgotten", "new-ci"]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("5 keys revoked (confirmed by 1 of 1 node in 3 ms)"), "{screen}");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("marked"), "{screen}");
    assert_eq!(screen.matches("x9m1 ✕ revoked").count(), 6, "the rows show it: {screen}");
}

#[test]
fn an_enter_that_was_typed_before_the_dialog_could_be_read_does_nothing() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2a");
    desk.tap(KeyCode::Char('x'));
    desk.tap(KeyCode::Char('5'));
    desk.tap(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("pressed too quickly"), "{}", desk.screen(SIZE));
    desk.answer();
    assert_eq!(sent(&desk), []);
    desk.wait(Duration::from_millis(300));
    desk.press(KeyCode::Enter);
    assert_eq!(revoked(&desk).len(), 5);
}

#[test]
fn what_the_filter_hides_is_counted_and_left_out_unless_told() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2a/shop");
    desk.press(KeyCode::Enter);
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke 3 marked keys? (2 hidden by the filter, not included)"), "{screen}");
    assert!(screen.contains("[ ] also revoke the 2 hidden by the filter"), "{screen}");
    desk.keys("3");
    desk.press(KeyCode::Enter);
    assert_eq!(revoked(&desk), ["web", "mobile", "old-batch"]);
    desk.press(KeyCode::Enter);
    // The two that were left out are marked still, and are all that is left.
    assert!(desk.screen(SIZE).contains("2 marked (2 hidden by the filter)"), "{}", desk.screen(SIZE));
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke 2 marked keys? (all hidden by the filter)"), "{screen}");
    assert!(
        screen.contains("None included (all hidden by the filter): blog/forgotten, blog/new-ci"),
        "{screen}"
    );
    for _ in 0..4 {
        assert!(!desk.screen(SIZE).contains("0 and Enter"), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Tab);
    }
    desk.press(KeyCode::BackTab);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Tab next, then Space to include the hidden keys"), "{screen}");
    desk.press(KeyCode::Tab);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("ll hidden by the filter"), "{}", desk.screen(SIZE));
    desk.keys(" ");
    assert!(desk.screen(SIZE).contains("[x] also revoke the 2"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("never (hidden)"), "{}", desk.screen(SIZE));
    desk.keys("2");
    desk.press(KeyCode::Enter);
    assert_eq!(revoked(&desk).len(), 5);
}

#[test]
fn no_filter_is_blamed_for_a_marked_key_that_is_stale_no_longer() {
    const WIDE: (u16, u16) = (160, 40);
    let mut desk = Desk::new(World::small(), WIDE);
    desk.keys("3a");
    desk.world.keys[2].last_used_at = Some(desk.now);
    desk.wait(Duration::from_secs(7));
    let screen = desk.screen(WIDE);
    assert!(screen.contains("2 marked (1 not shown)"), "{screen}");
    desk.keys(" ");
    let screen = desk.screen(WIDE);
    assert!(screen.contains("1 marked (1 not shown)"), "{screen}");
    desk.keys("x");
    let screen = desk.screen(WIDE);
    assert!(screen.contains("Revoke 1 marked key? (all not shown)"), "{screen}");
    assert!(screen.contains("[ ] also revoke the 1 not shown"), "{screen}");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(WIDE);
    assert!(!screen.contains("by the filter") && screen.contains("not shown here now"), "{screen}");
}

#[test]
fn a_last_use_in_the_future_is_no_time_after_which_nothing_is_used() {
    let mut world = World::small();
    // A clock that was ahead noted it.
    world.keys[0].last_used_at = Some(keydeck::wire::time::Timestamp::from_millis(i64::MAX));
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2ax");
    desk.keys("5");
    desk.press(KeyCode::Enter);
    let since = sent(&desk)[0].unused_since.expect("a guard");
    assert!(since <= desk.now, "the server refuses {since}");
    assert!(!revoked(&desk).contains(&"web"), "as far as anybody knows it was used since");
}

#[test]
fn a_key_that_was_used_meanwhile_is_left_alone_stays_marked_and_can_be_told_of() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/!name:web");
    desk.press(KeyCode::Enter);
    desk.keys("ax");
    let now = desk.now;
    desk.world.keys[2].last_used_at = Some(now);
    desk.keys("4");
    desk.press(KeyCode::Enter);
    let newest = ago(40 * 86_400);
    assert_eq!(sent(&desk)[0].unused_since, Some(newest), "the newest last use that was shown");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("3 keys revoked") && screen.contains("1 used since, not revoked"), "{screen}");
    let first = screen.lines().find(|line| line.contains("▲ used since")).expect("its outcome");
    assert!(first.contains("old-batch"), "{first}");
    assert!(screen.contains("the others stay marked"), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("1 marked"), "{}", desk.screen(SIZE));
    // One key is two key presses, and its last use was read anew.
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke this key?") && screen.contains("just now"), "{screen}");
    desk.press(KeyCode::Esc);

    let mut desk = asked();
    desk.world.keys[0].last_used_at = Some(desk.now);
    desk.press(KeyCode::BackTab);
    desk.keys(" ");
    assert!(desk.screen(SIZE).contains("[x] also revoke keys used"), "{}", desk.screen(SIZE));
    desk.keys("5");
    desk.press(KeyCode::Enter);
    assert_eq!(sent(&desk)[0].unused_since, None);
    assert_eq!(revoked(&desk).len(), 5);
}

#[test]
fn a_reason_typed_at_once_is_no_confirmation() {
    let mut desk = asked();
    desk.keys("leaked 5");
    desk.press(KeyCode::Enter);
    assert!(sent(&desk).is_empty(), "a number in the reason confirms nothing");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("leaked 5") && screen.contains("Type 5 to confirm"), "{screen}");
    desk.keys("5");
    desk.press(KeyCode::Enter);
    assert_eq!(sent(&desk)[0].reason.as_deref(), Some("leaked 5"));
}

#[test]
fn a_reason_may_begin_with_the_letters_that_confirm_elsewhere() {
    for (typed, reason) in
        [("yearly cleanup", "yearly cleanup"), ("xylophone", "xylophone"), ("y early", "early")]
    {
        let mut desk = asked();
        desk.keys(typed);
        assert!(desk.screen(SIZE).contains(reason), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Tab);
        desk.press(KeyCode::Tab);
        desk.keys("5");
        desk.press(KeyCode::Enter);
        assert_eq!(sent(&desk)[0].reason.as_deref(), Some(reason));
    }
    // What stands between the two ends it.
    for between in [&[KeyCode::Char('5'), KeyCode::Backspace][..], &[KeyCode::Tab, KeyCode::BackTab]] {
        let mut desk = asked();
        desk.keys("y");
        for key in between {
            desk.press(*key);
        }
        desk.keys("left");
        desk.press(KeyCode::Enter);
        desk.keys("5");
        desk.press(KeyCode::Enter);
        assert_eq!(sent(&desk)[0].reason.as_deref(), Some("left"), "{between:?}");
    }
    let mut desk = asked();
    desk.keys("y5");
    desk.press(KeyCode::Enter);
    assert_eq!(sent(&desk)[0].reason, None);
}

#[test]
fn each_outcome_is_said_by_item_and_failures_stay_marked() {
    let mut desk = asked();
    desk.press(KeyCode::Tab);
    desk.keys("left");
    desk.press(KeyCode::BackTab);
    desk.keys("5");
    // Nobody has told of it yet.
    desk.world.keys[1].status = Status::Revoked;
    desk.world.keys.remove(3);
    desk.press(KeyCode::Enter);
    assert_eq!(sent(&desk)[0].reason.as_deref(), Some("left"));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("3 keys revoked"), "{screen}");
    for (name, outcome) in
        [("forgotten", "? not found"), ("mobile", "✓ already revoked"), ("web", "✓ revoked")]
    {
        let row = screen.lines().find(|line| line.contains(name) && line.contains(outcome));
        assert!(row.is_some(), "{name} {outcome}: {screen}");
    }
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("1 marked"), "the one not found: {}", desk.screen(SIZE));
}

#[test]
fn targets_are_looked_at_again_before_they_are_sent() {
    // A revocation and another name are under way when the dialog opens, and no event tells of them.
    let mut desk = Desk::polling(World::small(), SIZE);
    desk.keys("2jx");
    desk.tap(KeyCode::Char('y'));
    desk.tap(KeyCode::Esc);
    desk.tap(KeyCode::Down);
    desk.tap(KeyCode::Char('e'));
    desk.tap(KeyCode::Char('s'));
    desk.tap(KeyCode::Enter);
    desk.tap(KeyCode::Esc);
    desk.tap(KeyCode::Char('a'));
    desk.tap(KeyCode::Char('x'));
    assert!(desk.screen(SIZE).contains("Revoke 5 marked keys?"), "{}", desk.screen(SIZE));
    desk.answer();
    desk.wait(Duration::from_millis(400));
    desk.keys("5");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Meanwhile 1 revoked or unmarked, 1 renamed."), "{screen}");
    assert!(screen.contains("Revoke 4 marked keys?") && screen.contains("mobiles"), "{screen}");
    assert_eq!(sent(&desk), []);
    desk.keys("4");
    desk.press(KeyCode::Enter);
    assert_eq!(sent(&desk)[0].ids.len(), 4);
    assert_eq!(revoked(&desk).len(), 5);
}

#[test]
fn one_marked_key_is_revoked_like_one_key_and_none_like_the_selected_one() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2 jj");
    desk.tap(KeyCode::Char('x'));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke this key?") && screen.contains("new-ci"), "the marked one: {screen}");
    desk.wait(Duration::from_millis(400));
    desk.press(KeyCode::Char('y'));
    assert_eq!(revoked(&desk), ["new-ci"]);
    assert!(!desk.screen(SIZE).contains("1 marked"), "{}", desk.screen(SIZE));
}

#[test]
fn who_may_only_look_is_refused_with_words() {
    let mut desk = Desk::new(World { role: Role::Auditor, ..World::small() }, SIZE);
    desk.keys("2ax");
    assert!(
        desk.screen(SIZE).contains("requires the member or admin role (you are auditor)"),
        "{}",
        desk.screen(SIZE)
    );
    assert!(!desk.screen(SIZE).contains("Revoke 5"));
}

#[test]
fn more_than_a_thousand_go_in_several_calls_and_esc_stops_what_is_not_yet_sent() {
    let mut desk = Desk::new(World::large(2500), SIZE);
    desk.keys("2ax");
    assert!(desk.screen(SIZE).contains("Revoke 2,500 marked keys?"), "{}", desk.screen(SIZE));
    desk.keys("2500");
    desk.tap(KeyCode::Enter);
    assert!(
        desk.screen(SIZE).contains("0 of 2,500 done, 1,000 pending, 1,500 not sent yet"),
        "{}",
        desk.screen(SIZE)
    );
    let (id, request) = desk.open.pop().expect("one call at a time");
    let reply = desk.world.answer(&request);
    desk.happen(Event::Replied(id, reply));
    assert!(desk.screen(SIZE).contains("1,000 of 2,500 done"), "{}", desk.screen(SIZE));
    desk.tap(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("Stopping: 1,000 pending, 500 will not be sent."));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("2,000 keys revoked (confirmed by 1 of 1 node in 3 ms) in 2 batches"),
        "{screen}"
    );
    assert!(screen.contains("500 not sent"), "{screen}");
    assert_eq!(sent(&desk).iter().map(|call| call.ids.len()).collect::<Vec<_>>(), [1000, 1000]);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("500 marked"), "{}", desk.screen(SIZE));
}

#[test]
fn a_lost_answer_says_that_it_is_not_known_and_keeps_the_marks() {
    let mut desk = asked();
    desk.keys("5");
    desk.world.down = Some(failure(FailureKind::OutcomeUnknown, "the connection broke"));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Some keys may not be revoked."), "{screen}");
    assert!(screen.contains("? unknown"), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("5 marked"), "{}", desk.screen(SIZE));
    desk.world.down = None;
    desk.keys("x5");
    desk.press(KeyCode::Enter);
    assert_eq!(revoked(&desk).len(), 5);

    let mut desk = asked();
    desk.keys("5");
    desk.world.down = Some(failure(FailureKind::Forbidden, "the role member may not"));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("The role member may not. This batch changed nothing."), "{screen}");
}

#[test]
fn a_whole_key_in_the_reason_becomes_its_mask_and_is_refused() {
    let mut desk = asked();
    desk.paste(crate::support::fixtures::WHOLE_KEY);
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::BackTab);
    desk.keys("5");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("An API key was detected"), "{}", desk.screen(SIZE));
    assert_eq!(sent(&desk), []);
}

#[test]
fn the_warning_about_callers_is_whole_at_80_columns() {
    let size = (80, 24);
    let mut world = World { callers: 9, ..World::small() };
    for key in &mut world.keys {
        key.last_used_at = Some(ago(60));
    }
    let mut desk = Desk::new(world, size);
    desk.keys("2ax");
    desk.wait(Duration::from_secs(1));
    let screen = desk.screen(size);
    let mut words = screen.split(|c: char| c.is_whitespace() || c == '┃').filter(|word| !word.is_empty());
    let words: Vec<&str> =
        words.by_ref().skip_while(|word| *word != "▲").skip_while(|word| *word == "▲").collect();
    let text = words.join(" ");
    assert!(text.contains("5 of 5 keys used in the last 24 h by 203.0.113."), "{screen}");
    assert!(text.contains("(5 keys) and 6 other addresses."), "{screen}");
}

#[test]
fn no_short_name_is_cut_at_the_smallest_usual_size() {
    let size = (80, 24);
    let mut stage = Stage::new(size);
    stage.keys("3ax");
    let names: Vec<String> = stage.all_keys().into_iter().map(|key| key.name).collect();
    let mut seen = 0;
    for _ in 0..40 {
        let screen = stage.screen();
        for row in screen.lines().filter(|line| line.contains("▲ stale")) {
            let row = row.trim_start_matches(|c: char| !c.is_alphanumeric());
            let name = row.split(' ').next().expect("a name");
            assert!(names.iter().any(|known| known == name), "{name}: {screen}");
            seen += 1;
        }
        stage.press(KeyCode::Down);
    }
    assert!(seen > 100, "{seen} rows: {}", stage.screen());
}

#[test]
fn the_projects_of_many_keys_have_a_heading_and_the_title_says_which_are_seen() {
    let mut desk = Desk::new(World::large(40), SIZE);
    desk.keys("2ax");
    let screen = desk.screen(SIZE);
    let head = screen.lines().find(|line| line.contains("NAME") && line.contains("STATUS"));
    assert!(head.is_some_and(|line| line.contains("PROJECT") && !line.contains(" of 40")), "{screen}");
    let title = screen.lines().find(|line| line.contains("Revoke 40 marked keys?")).expect("a title");
    assert!(title.contains("? · 1–") && title.contains(" of 40 "), "{screen}");
}
