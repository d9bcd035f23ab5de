//! Lists by pages: what each act costs, what stays selected, what is drawn.

use std::time::Duration;

use keydeck::tui::model::{FailureKind, KeyCode, Request};
use keydeck::wire::audit::Action;
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{SortBy, Status};
use keydeck::wire::word::Word;

use crate::support::fixtures::{Desk, World, ago, event, failure, key};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (120, 30);

/// Requests for keys since the last call, each checked to be of at most 200 rows.
fn key_requests(desk: &mut Desk) -> usize {
    let asked = std::mem::take(&mut desk.asked);
    let keys: Vec<_> = asked
        .iter()
        .filter_map(|request| if let Request::Keys { query, .. } = request { Some(query) } else { None })
        .collect();
    assert!(keys.iter().all(|query| query.limit.is_some_and(|limit| limit <= 200)));
    keys.len()
}

#[test]
fn at_100_000_keys_the_first_page_the_end_a_filter_and_a_sort_cost_one_request_each() {
    let mut desk = Desk::new(World::large(100_000), SIZE);
    desk.asked.clear();
    desk.tap(KeyCode::Char('2'));
    desk.answer();
    assert_eq!(key_requests(&mut desk), 1, "the first page");
    assert!(desk.screen(SIZE).contains("1–25 of 10,000+"), "{}", desk.screen(SIZE));

    desk.tap(KeyCode::Char('G'));
    desk.answer();
    assert_eq!(key_requests(&mut desk), 1, "the end");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("the last 25 of 10,000+"), "{screen}");
    let oldest = desk.world.keys.iter().min_by_key(|key| (key.created_at, key.id)).unwrap().name.clone();
    assert!(screen.contains(&oldest), "{screen}");

    desk.tap(KeyCode::Char('s'));
    desk.tap(KeyCode::Char('s'));
    desk.tap(KeyCode::Enter);
    desk.answer();
    assert_eq!(key_requests(&mut desk), 1, "a sort");
    assert!(desk.screen(SIZE).contains("LAST USED ▲"));

    desk.tap(KeyCode::Char('/'));
    desk.tap(KeyCode::Char('7'));
    assert_eq!(key_requests(&mut desk), 1, "a filter");
    desk.tap(KeyCode::Char('7'));
    assert_eq!(desk.open.len(), 1, "the older request was taken back");
    desk.answer();
    assert_eq!(key_requests(&mut desk), 1, "a longer filter");
    assert!(desk.screen(SIZE).contains("filter: 77"));
}

#[test]
fn the_gap_between_beginning_and_end_says_so_and_closes_as_one_moves_there() {
    let mut desk = Desk::new(World::large(450), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.press(KeyCode::Char('G'));
    assert!(desk.screen(SIZE).contains("426–450 of 450"), "{}", desk.screen(SIZE));
    for _ in 0..5 {
        desk.tap(KeyCode::PageUp);
    }
    for _ in 0..40 {
        desk.press(KeyCode::PageUp);
    }
    assert!(desk.screen(SIZE).contains("1–25 of 450"), "{}", desk.screen(SIZE));
    let seen: Vec<String> = (0..450)
        .map(|_| {
            let name = selected_name(&desk);
            desk.tap(KeyCode::Char('j'));
            desk.answer();
            name
        })
        .collect();
    let mut expected: Vec<_> = desk.world.keys.clone();
    expected.sort_by_key(|key| (std::cmp::Reverse(key.created_at), std::cmp::Reverse(key.id)));
    let expected: Vec<String> = expected.into_iter().map(|key| key.name).collect();
    assert_eq!(seen, expected, "each row once, in order, none missing");
}

#[test]
fn rows_that_are_not_loaded_are_a_line_in_words() {
    let mut desk = Desk::new(World::large(2000), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.press(KeyCode::Char('G'));
    for _ in 0..10 {
        desk.tap(KeyCode::PageUp);
    }
    assert!(desk.screen(SIZE).contains("1,600 rows not loaded"), "{}", desk.screen(SIZE));
}

#[test]
fn a_refresh_with_nothing_new_draws_nothing_and_sends_the_etag() {
    let mut desk = Desk::polling(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.wait(Duration::from_secs(30));
    let drawn = desk.state.revision();
    desk.asked.clear();
    desk.wait(Duration::from_millis(3100));
    assert_eq!(desk.state.revision(), drawn, "nothing changed, nothing is drawn");
    let etags: Vec<bool> = desk
        .asked
        .iter()
        .filter_map(
            |request| if let Request::Keys { etag, .. } = request { Some(etag.is_some()) } else { None },
        )
        .collect();
    assert_eq!(etags, [true], "one request in three seconds, with the page's ETag");
}

#[test]
fn a_use_elsewhere_appears_without_a_key_press() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    let row =
        |desk: &Desk| desk.screen(SIZE).lines().find(|line| line.contains("old-batch")).unwrap().to_owned();
    assert!(row(&desk).contains("3mo ago"), "{}", row(&desk));
    let now = desk.now;
    desk.world.keys[2].last_used_at = Some(now);
    desk.wait(Duration::from_secs(4));
    assert!(row(&desk).contains("just now") && row(&desk).contains("● in use"), "{}", row(&desk));
}

#[test]
fn a_revocation_elsewhere_appears_and_the_selection_stays_on_its_key() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.press(KeyCode::Char('G'));
    let before = selected_name(&desk);
    let fresh = key(900, "brand-new", &desk.world.projects[1].clone(), None);
    desk.world.keys.insert(0, keydeck::wire::keys::Key { created_at: ago(0), ..fresh });
    desk.world.keys[1].status = Status::Revoked;
    desk.wait(Duration::from_secs(4));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("brand-new") && screen.contains("1–7 of 7"), "{screen}");
    let web = screen.lines().find(|line| line.contains("  web")).unwrap();
    assert!(web.contains("✕ revoked") && web.contains("live_0001…x9m1"), "{web}");
    assert_eq!(selected_name(&desk), before);
}

#[test]
fn a_loaded_list_is_filtered_here_and_a_broken_filter_keeps_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.asked.clear();
    desk.tap(KeyCode::Char('/'));
    for c in "idle>90d".chars() {
        desk.tap(KeyCode::Char(c));
    }
    assert_eq!(key_requests(&mut desk), 0, "everything is loaded");
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("2 of 6") && screen.contains("old-batch") && screen.contains("forgotten"),
        "{screen}"
    );
    desk.tap(KeyCode::Char('x'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("^ Expected a duration") && screen.contains("old-batch"), "{screen}");
    desk.tap(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("1–6 of 6"));
}

#[test]
fn a_filter_that_matches_nothing_says_so_and_how_to_clear_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("/zebra");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("No keys match \"zebra\".") && screen.contains("Esc clear filter"), "{screen}");
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("web"));
    // As other screens name a key.
    desk.keys("/shop/web");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("To find a key in a project, write project:shop name:web."), "{screen}");
    desk.press(KeyCode::Esc);
    desk.keys("3/zebra");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("No stale keys match \"zebra\"."), "{}", desk.screen(SIZE));
}

#[test]
fn the_stale_view_has_the_longest_idle_first_and_other_thresholds_at_plus_and_minus() {
    const SIZE: (u16, u16) = (80, 24);
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('3'));
    let screen = desk.screen(SIZE);
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text} in {screen}"));
    assert!(at("forgotten") < at("old-batch"), "created longer ago than the other was used: {screen}");
    assert!(!screen.contains("mobile"), "idle for 40 days is not 90");
    desk.press(KeyCode::Char('-'));
    desk.press(KeyCode::Char('-'));
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("[Stale 30+ d 3]") && screen.contains("mobile") && screen.contains("40d"),
        "{screen}"
    );
    desk.keys("++++++++");
    assert!(desk.screen(SIZE).contains("The longest threshold is 365 days."));
}

#[test]
fn a_lost_connection_keeps_the_rows_says_so_and_recovers_by_itself() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.wait(Duration::from_secs(4));
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("! disconnected (") && screen.contains("Nothing answers at 127.0.0.1:7474."),
        "{screen}"
    );
    assert!(screen.contains("old-batch") && screen.contains("may be outdated"), "{screen}");
    let asked = desk.asked.len();
    desk.wait(Duration::from_secs(2));
    assert_eq!(desk.asked.len(), asked, "no request goes into the void");
    let connects = desk.effects.iter().filter(|effect| **effect == keydeck::tui::model::Effect::Connect);
    assert_eq!(connects.count(), 2, "at the start, and once about a second after the loss");
    desk.world.down = None;
    desk.connect();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("● live") && screen.contains("Reconnected"), "{screen}");
}

#[test]
fn a_refused_key_of_a_view_does_not_hide_that_the_connection_was_lost_since() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("3++++++++");
    assert!(desk.screen(SIZE).contains("The longest threshold is 365 days."), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_secs(4));
    assert!(desk.screen(SIZE).contains("The longest threshold is 365 days."), "{}", desk.screen(SIZE));
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.wait(Duration::from_secs(4));
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("Nothing answers at 127.0.0.1:7474.") && !screen.contains("365 days."),
        "{screen}"
    );
    // One that comes later is an answer, though the connection is still lost.
    desk.keys("+");
    assert!(desk.screen(SIZE).contains("The longest threshold is 365 days."), "{}", desk.screen(SIZE));
}

#[test]
fn each_failure_has_words_of_its_own() {
    let cases = [
        (FailureKind::Unauthenticated, "the token is not good", "KEYDECK_TOKEN_FILE"),
        (FailureKind::Forbidden, "role auditor", "Role auditor."),
        (FailureKind::Server { request_id: Some("req-9".into()) }, "a fault", "request req-9"),
        (FailureKind::NotKeydeck, "what answers there is not Keydeck", "not Keydeck"),
    ];
    for (kind, text, words) in cases {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.world.down = Some(failure(kind.clone(), text));
        desk.press(KeyCode::Char('2'));
        let screen = desk.screen(SIZE);
        assert!(screen.contains(words), "{kind:?}: {screen}");
    }
}

#[test]
fn nothing_is_said_of_loading_for_150_ms() {
    let mut desk = Desk::cold(World::small(), SIZE);
    assert!(!desk.screen(SIZE).contains("connecting"));
    desk.wait(Duration::from_millis(149));
    let drawn = desk.state.revision();
    desk.wait(Duration::from_millis(2));
    assert!(desk.state.revision() > drawn);
    assert!(desk.screen(SIZE).contains("… connecting"));
}

#[test]
fn projects_are_sorted_by_name_age_keys_and_last_use() {
    let mut world = World::small();
    (world.projects[0].keys.active, world.projects[1].keys.active) = (1, 12);
    let names: Vec<String> = world.projects.iter().map(|project| project.name.clone()).collect();
    let mut desk = Desk::new(world, SIZE);
    let first = |desk: &Desk| {
        let screen = desk.screen(SIZE);
        let row = screen.lines().find(|line| line.starts_with('>')).expect("a selected row").to_owned();
        names.iter().position(|name| row.contains(name.as_str())).unwrap_or_else(|| panic!("{screen}"))
    };
    desk.keys("s");
    let screen = desk.screen(SIZE);
    for words in ["Name A–Z ✓", "Created, newest first", "Active keys, most first", "Last used, oldest first"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("Findings"), "an order of keys alone: {screen}");
    desk.keys("ss");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("ACTIVE ▼"), "{}", desk.screen(SIZE));
    assert_eq!(first(&desk), 1, "{}", desk.screen(SIZE));
    desk.keys("S");
    assert_eq!(first(&desk), 0, "{}", desk.screen(SIZE));
}

#[test]
fn the_tab_of_the_keys_counts_them_before_they_are_opened_and_projects_offer_to_sort() {
    let desk = Desk::new(World::small(), (120, 24));
    let screen = desk.screen((120, 24));
    assert!(screen.contains("[Projects 2]") && screen.contains(" Keys 6 "), "{screen}");
    assert!(screen.lines().last().unwrap().contains("s sort"), "{screen}");
}

#[test]
fn the_menu_of_orders_goes_through_its_columns_and_each_can_be_reversed() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    let sorts: Vec<_> = ["ss", "ss", "ss", "ss", "ss", "ss", "ss", "ss", "ss", "S", "sS", "sjS"]
        .into_iter()
        .map(|keys| {
            desk.asked.clear();
            keys.chars().for_each(|c| desk.press(KeyCode::Char(c)));
            if keys != "S" {
                desk.press(KeyCode::Enter);
            }
            let query = desk.asked.iter().rev().find_map(|request| match request {
                Request::Keys { query, .. } => query.sort,
                _ => None,
            });
            query.map(|sort| (sort.by, sort.descending)).unwrap()
        })
        .collect();
    let expected = [
        (SortBy::LastUsed, false),
        (SortBy::Idle, true),
        (SortBy::Name, false),
        (SortBy::Findings, false),
        (SortBy::Creator, false),
        (SortBy::Owner, false),
        (SortBy::Project, false),
        (SortBy::Status, false),
        (SortBy::Created, true),
        (SortBy::Created, false),
        (SortBy::Created, true),
        (SortBy::LastUsed, true),
    ];
    assert_eq!(sorts, expected);
    desk.keys("ss");
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("LAST USED ▼"), "Esc leaves the order as it is");
    desk.keys("4s");
    assert!(desk.screen(SIZE).contains("always newest first"), "{}", desk.screen(SIZE));
}

fn selected_name(desk: &Desk) -> String {
    let screen = desk.screen((120, 30));
    let line = screen.lines().skip(3).find(|line| line.starts_with("> ")).expect("a selected row").to_owned();
    line[2..].split_whitespace().next().expect("a name").to_owned()
}

#[test]
fn a_key_made_while_its_list_was_long_is_found_by_its_id() {
    let mut desk = Desk::new(World::large(1000), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("n");
    desk.keys("zz-new");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Enter);
    assert_eq!(selected_name(&desk), "zz-new");
    assert_eq!(KeyId::from_number(2000), desk.world.keys.last().unwrap().id);
}

#[test]
fn a_page_in_the_middle_is_asked_for_again_and_what_was_deleted_there_leaves() {
    let mut world = World::large(600);
    for key in &mut world.keys {
        key.last_used_at = None;
    }
    let mut desk = Desk::polling(world, SIZE);
    desk.keys("2");
    for _ in 0..13 {
        desk.press(KeyCode::PageDown);
    }
    assert_eq!(selected_name(&desk), "s-000325");
    desk.wait(Duration::from_secs(15));
    let drawn = desk.state.revision();
    desk.asked.clear();
    desk.wait(Duration::from_millis(3100));
    assert_eq!(desk.state.revision(), drawn, "the same page again is nothing new");
    desk.world.keys.retain(|key| key.name != "s-000310");
    desk.wait(Duration::from_secs(4));
    assert!(!desk.screen(SIZE).contains("s-000310"), "{}", desk.screen(SIZE));
    assert_eq!(selected_name(&desk), "s-000325", "the selection stays on its key");
    let cursors: Vec<_> = desk
        .asked
        .iter()
        .filter_map(
            |request| if let Request::Keys { query, .. } = request { query.cursor.clone() } else { None },
        )
        .collect();
    assert!(cursors.iter().all(|cursor| cursor == "200"), "only the visible page: {cursors:?}");
    let mut seen = vec![selected_name(&desk)];
    for _ in 0..200 {
        desk.tap(KeyCode::Char('j'));
        desk.answer();
        seen.push(selected_name(&desk));
    }
    let expected: Vec<String> = (325..=525).map(|at| format!("s-{at:06}")).collect();
    assert_eq!(seen, expected, "none twice, none missing");
}

#[test]
fn a_long_audit_log_that_does_not_change_is_not_drawn_again() {
    let mut world = World::small();
    let (project, key) = (world.projects[0].id, world.keys[0].id);
    world.events = (100..800).map(|seq| event(seq, project, key)).collect();
    let mut desk = Desk::new(world, SIZE);
    desk.keys("4");
    desk.wait(Duration::from_secs(15));
    assert!(desk.screen(SIZE).contains("1–25 of 700"), "{}", desk.screen(SIZE));
    let drawn = desk.state.revision();
    desk.wait(Duration::from_millis(3100));
    assert_eq!(desk.state.revision(), drawn);
}

#[test]
fn one_refusal_is_counted_in_the_singular() {
    let mut world = World::small();
    for key in &mut world.keys {
        key.requests30d = 1;
        key.refused_since_revoked = 1;
    }
    let mut desk = Desk::new(world, (160, 45));
    desk.keys("2/leaked");
    desk.press(KeyCode::Enter);
    let screen = desk.screen((160, 45));
    assert!(screen.contains("requests  1 allowed in 30 days"), "{screen}");
    assert!(screen.contains("1 request since it was revoked"), "{screen}");
}

#[test]
fn a_status_and_an_action_of_a_later_version_are_shown_as_their_text() {
    let mut world = World::small();
    world.keys[1].status = Status::Other(Word::of("quarantined"));
    let name = world.keys[1].name.clone();
    world.events[0].action = Action::Other(Word::of("key.quarantined"));
    let mut desk = Desk::new(world, (160, 45));
    desk.keys("2");
    desk.keys(&format!("/name:{name}"));
    desk.press(KeyCode::Enter);
    let screen = desk.screen((160, 45));
    assert!(screen.contains(&name) && screen.contains("quarantined"), "{screen}");
    desk.press(KeyCode::Char('x'));
    let screen = desk.screen((160, 45));
    assert!(screen.contains("y revoke"), "it can be revoked: {screen}");
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    desk.keys("/status:active");
    assert!(desk.screen((160, 45)).contains(&name), "it is not revoked: {}", desk.screen((160, 45)));
    desk.press(KeyCode::Esc);
    desk.keys("/status:in-use");
    assert!(!desk.screen((160, 45)).contains(&name), "{}", desk.screen((160, 45)));
    desk.press(KeyCode::Esc);
    desk.keys("4");
    assert!(desk.screen((160, 45)).contains("key.quarantined"), "{}", desk.screen((160, 45)));
}

#[test]
fn one_key_press_leads_from_a_key_to_all_keys_of_its_project() {
    for (view, from_detail) in [("2", false), ("2", true), ("3", false)] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(view);
        desk.keys("/old-batch");
        desk.press(KeyCode::Enter);
        if from_detail {
            desk.press(KeyCode::Enter);
        }
        desk.keys("o");
        let screen = desk.screen(SIZE);
        for words in ["▸ shop", "web ", "mobile", "old-batch"] {
            assert!(screen.contains(words), "{view}: {words}: {screen}");
        }
        assert!(!screen.contains("leaked"), "{view}: {screen}");
    }
    for (keys, words) in [
        ("2/nosuchkey\ro", "Select a key first."),
        ("1o", "Select a key first (press 2 or 3)"),
        ("4o", "Select a key first (press 2 or 3)"),
    ] {
        let mut desk = Desk::new(World::small(), SIZE);
        for c in keys.chars() {
            desk.press(if c == '\r' { KeyCode::Enter } else { KeyCode::Char(c) });
        }
        assert!(desk.screen(SIZE).contains(words), "{keys}: {}", desk.screen(SIZE));
    }
}

#[test]
fn an_order_that_no_head_shows_stands_beside_the_tabs() {
    let size = (80, 24);
    let mut stage = Stage::new(size);
    stage.keys("2");
    let tabs = |stage: &Stage| stage.screen().lines().nth(1).unwrap_or_default().to_owned();
    assert!(!stage.screen().contains('▼'), "no column of the order: {}", stage.screen());
    assert!(tabs(&stage).ends_with("1–19 of 127 · newest first"), "{}", stage.screen());
    assert!(tabs(&stage).contains("Stale"), "the other tabs stay: {}", stage.screen());
    stage.keys("S");
    assert!(tabs(&stage).ends_with("oldest first"), "{}", stage.screen());
}

#[test]
fn the_count_of_matches_and_all_tabs_stay_where_order_and_filter_are_cut() {
    let size = (80, 24);
    let mut stage = Stage::new(size);
    let tabs = |stage: &Stage| stage.screen().lines().nth(1).unwrap_or_default().trim_end().to_owned();
    stage.keys("2/project:checkout mode:live created>1d");
    stage.press(KeyCode::Enter);
    let line = tabs(&stage);
    for name in ["Projects", "Keys", "Stale", "Audit", "Reviews", "Nodes", "filter: project:"] {
        assert!(line.contains(name), "{name}: {line}");
    }
    assert!(line.contains("…") && line.ends_with(" of 127"), "{line}");
    assert!(stage.screen().contains("checkout"), "{}", stage.screen());
    // A long order gives way too.
    stage.press(KeyCode::Esc);
    stage.keys("s");
    for _ in 0..12 {
        if stage.screen().lines().any(|line| line.contains("> Idle time, longest first")) {
            break;
        }
        stage.press(KeyCode::Down);
    }
    stage.press(KeyCode::Enter);
    let line = tabs(&stage);
    assert!(line.contains("Nodes") && line.contains("–") && line.contains(" of 127"), "{line}");
    assert!(!line.contains("longest first"), "{line}");
}

#[test]
fn the_count_on_the_tab_of_keys_is_not_that_of_one_project_while_another_view_is_shown() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    assert!(desk.screen(SIZE).contains("[Keys 6]"), "{}", desk.screen(SIZE));
    desk.keys("1");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("[Keys 3]"), "{}", desk.screen(SIZE));
    desk.keys("1");
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("Keys 3") && screen.contains(" Keys "), "{screen}");
    desk.keys("2");
    assert!(desk.screen(SIZE).contains("[Keys 6]"), "{}", desk.screen(SIZE));
}
