//! The filter of the audit log: it looks through all of it, whoever does the looking.

use std::time::Duration;

use keydeck::tui::model::{Event, FailureKind, KeyCode, KeyPress, Reply, Request};
use keydeck::wire::audit::{Action, Event as AuditEvent};
use keydeck::wire::keys::{Receipt, Slowest};
use keydeck::wire::page::Page;
use serde_json::json;

use crate::support::fixtures::{Desk, World, ago, event, failure};

const SIZE: (u16, u16) = (120, 30);

/// A log of more than two pages that tells all that its world knows; its oldest keys have other names now.
fn world() -> World {
    let mut world = World::large(420);
    let shop = world.projects[0].id;
    let mut events = vec![event(1, shop, world.keys[0].id)];
    let mut tell = |action, key: &keydeck::wire::keys::Key, detail| {
        let seq = events.len() as u64 + 1;
        let actor = ["local:ann", "local:ben"][seq as usize % 2].into();
        // Between two hours: the world and the dashboard do not look at the same moment.
        let at = ago((500 - seq) * 3600 + 1800);
        events.push(AuditEvent { seq, at, action, actor, detail, ..event(seq, shop, key.id) });
    };
    for key in &world.keys {
        tell(Action::KeyCreated, key, json!({ "name": key.name, "hint": key.hint.to_string() }));
    }
    for key in &mut world.keys[..9] {
        let before = std::mem::replace(&mut key.name, format!("other-{}", key.id.to_string().len()));
        key.name = format!("other-{}", &before[2..]);
        tell(
            Action::KeyRenamed,
            key,
            json!({ "name": key.name, "before": before, "hint": key.hint.to_string() }),
        );
    }
    for key in &world.keys[3..6] {
        let detail =
            json!({ "name": key.name, "hint": key.hint.to_string(), "reason": "In a public\nrepository" });
        tell(Action::KeyRevoked, key, detail);
    }
    world.events = events;
    world
}

fn desk() -> Desk {
    let mut desk = Desk::new(world(), SIZE);
    // The detail of a row is another matter.
    desk.keys("4p");
    desk
}

/// The same with all events loaded.
fn loaded() -> Desk {
    let mut desk = desk();
    for _ in 0..30 {
        desk.press(KeyCode::PageDown);
    }
    desk.keys("g");
    desk
}

/// All but the header and what was said.
fn body(desk: &Desk) -> String {
    let screen = desk.screen(SIZE);
    let lines: Vec<&str> = screen.lines().collect();
    lines[1..lines.len().min(usize::from(SIZE.1) - 2)].join("\n")
}

fn filters(desk: &Desk) -> Vec<String> {
    let filter = |request: &Request| match request {
        Request::AuditEvents { query, .. } => Some(query.filter.clone()),
        _ => None,
    };
    desk.asked.iter().filter_map(filter).collect()
}

fn clear(desk: &mut Desk) {
    desk.happen(Event::Key(KeyPress::ctrl('u')));
    desk.answer();
}

#[test]
fn one_cannot_tell_whether_events_were_filtered_here_or_by_the_server() {
    let (mut here, mut there) = (loaded(), desk());
    there.wait(Duration::from_millis((here.now.millis() - there.now.millis()) as u64));
    for desk in [&mut here, &mut there] {
        desk.tap(KeyCode::Char('/'));
    }
    for text in [
        "s-00000",
        "other",
        "key:s-000004 !action:renamed",
        "by:ben public",
        "at<3d revoked",
        "at>18d",
        "!project:blog 431",
        "live_0042",
        "zebra",
        "\"public repository\"",
        "name",
    ] {
        for desk in [&mut here, &mut there] {
            clear(desk);
            // Each keeps its row where it is still loaded, which is another matter.
            desk.press(KeyCode::Enter);
            desk.keys("g/");
        }
        there.wait(Duration::from_millis((here.now.millis() - there.now.millis()) as u64));
        assert_eq!(body(&here), body(&there), "before {text:?}");
        here.asked.clear();
        there.asked.clear();
        for c in text.chars() {
            for desk in [&mut here, &mut there] {
                desk.tap(KeyCode::Char(c));
                desk.answer();
            }
            assert_eq!(body(&here), body(&there), "{text:?} at {c:?}");
        }
        assert_eq!(filters(&here), [""; 0], "{text:?}: all events are loaded");
        assert!(!filters(&there).is_empty(), "{text:?}: not all events are loaded");
    }
}

#[test]
fn what_was_done_stands_in_words_and_is_found_by_them_and_by_its_stored_name() {
    // Without a pane: the detail says the stored name.
    const NARROW: (u16, u16) = (80, 24);
    let mut world = world();
    let shop = world.projects[0].id;
    let last = world.events.len() as u64 + 1;
    let deleted =
        AuditEvent { action: Action::ProjectArchived, key: None, ..event(last, shop, world.keys[0].id) };
    world.events.push(deleted);
    let mut desk = Desk::new(world, NARROW);
    desk.keys("4");
    let screen = desk.screen(NARROW);
    assert!(screen.contains(" project deleted ") && !screen.contains("project.archived"), "{screen}");
    for filter in ["/deleted", "/project.archived", "/action:deleted", "/\"project deleted\""] {
        desk.keys(filter);
        desk.press(KeyCode::Enter);
        let screen = desk.screen(NARROW);
        let rows = screen.lines().skip(3).take_while(|line| !line.is_empty()).count();
        let found = screen.contains(" project deleted ") && screen.contains("1 of 434");
        assert!(rows == 1 && found, "{filter}: {screen}");
        desk.press(KeyCode::Esc);
    }
    desk.press(KeyCode::Enter);
    assert!(desk.screen(NARROW).contains("project.archived"), "{}", desk.screen(NARROW));
}

#[test]
fn an_old_event_that_is_not_loaded_is_found_and_an_answer_that_comes_late_changes_nothing() {
    let mut desk = desk();
    desk.tap(KeyCode::Char('/'));
    desk.tap(KeyCode::Char('s'));
    let (late, _) = desk.open.last().expect("it was asked for").clone();
    for c in "-000400".chars() {
        desk.tap(KeyCode::Char(c));
    }
    assert_eq!(desk.open.len(), 1, "older requests were taken back");
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("filter: s-000400 · 1 of 433"), "{screen}");
    assert!(screen.contains("shop/s-000400"), "{screen}");
    let page = Page::whole(vec![desk.world.events[7].clone()]);
    desk.happen(Event::Replied(late, Ok(Reply::AuditEvents { page, etag: None })));
    assert_eq!(desk.screen(SIZE), screen);
}

#[test]
fn what_is_wrong_in_a_filter_of_events_is_marked_where_it_is() {
    let mut desk = desk();
    desk.keys("4/public status:active");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Unknown field; expected action, by, project, key or at"), "{screen}");
    assert!(screen.contains("still: public · 3 of 433"), "{screen}");
    let lines: Vec<&str> = screen.lines().collect();
    assert_eq!(lines[3].find('^'), lines[2].find("status"), "{screen}");
    assert!(filters(&desk).iter().all(|filter| !filter.contains(':')), "nobody is asked what is wrong");
}

#[test]
fn a_hash_is_on_one_line_where_it_fits_and_else_has_the_whole_width() {
    let hash = "0123456789abcdef".repeat(4);
    for (size, lines) in
        [((160, 45), &[&hash[..]][..]), ((80, 24), &[&hash]), ((40, 30), &[&hash[..40], &hash[40..]])]
    {
        let mut world = world();
        world.events.last_mut().expect("an event").hash.clone_from(&hash);
        let mut desk = Desk::new(world, size);
        desk.keys("4");
        desk.press(KeyCode::Enter);
        let screen = desk.screen(size);
        let found: Vec<&str> = screen
            .lines()
            .filter_map(|line| line.split_whitespace().find(|word| hash.contains(word) && word.len() > 20))
            .collect();
        assert_eq!(found, lines, "{screen}");
    }
}

/// Something that happened to a key.
fn happens(desk: &mut Desk, at: usize, action: Action, reason: &str) {
    let (seq, key) = (desk.world.events.len() as u64 + 1, desk.world.keys[at].clone());
    let detail = json!({ "name": key.name, "hint": key.hint.to_string(), "reason": reason });
    let made = event(seq, key.project_id, key.id);
    desk.world.events.push(AuditEvent { action, detail, at: ago(0), ..made });
    desk.wait(Duration::from_secs(4));
}

#[test]
fn events_that_come_while_the_log_is_filtered_are_shown_if_they_match() {
    for mut desk in vec![desk(), loaded()].into_boxed_slice() {
        desk.keys("/public");
        assert!(desk.screen(SIZE).contains("3 of 433"), "{}", desk.screen(SIZE));
        happens(&mut desk, 20, Action::KeyRevoked, "made public");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("4 of 434") && screen.contains("made public"), "{screen}");
        happens(&mut desk, 21, Action::KeyRevoked, "not needed");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("4 of 435") && !screen.contains("not needed"), "{screen}");
        // What is called so now, too.
        clear(&mut desk);
        desk.keys("key:other-000002");
        happens(&mut desk, 2, Action::KeyRevoked, "not needed");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("3 of 436"), "{screen}");
        desk.press(KeyCode::Enter);
        desk.keys("f");
        happens(&mut desk, 2, Action::KeyRevoked, "made public");
        assert!(desk.screen(SIZE).contains("3 of 436"), "frozen: {}", desk.screen(SIZE));
        desk.keys("f");
        assert!(desk.screen(SIZE).contains("4 of 437"), "{}", desk.screen(SIZE));
    }
}

#[test]
fn what_is_called_otherwise_from_now_on_is_found_by_that() {
    for mut desk in vec![desk(), loaded()].into_boxed_slice() {
        desk.keys("/brand-new-name");
        assert!(desk.screen(SIZE).contains("No events match"), "{}", desk.screen(SIZE));
        desk.world.keys[300].name = "brand-new-name".into();
        happens(&mut desk, 300, Action::KeyRenamed, "");
        let screen = desk.screen(SIZE);
        assert!(screen.contains("2 of 434") && screen.contains("shop/s-000300"), "{screen}");
    }
}

#[test]
fn without_a_connection_the_title_says_what_is_searched_and_the_rest_follows_by_itself() {
    let mut desk = desk();
    desk.keys("/");
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.keys("ann");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("filter: ann (newest 200 events only)"), "{screen}");
    assert!(!screen.contains("local:ben") && screen.contains("local:ann"), "{screen}");
    clear(&mut desk);
    desk.keys("s-000007");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("newest 200 events only"), "{screen}");
    assert!(screen.contains("1 of 433"), "{screen}");
    desk.world.down = None;
    desk.connect();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("filter: s-000007 · 2 of 433"), "{screen}");
    // Where all is loaded nobody is needed.
    let mut desk = loaded();
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.wait(Duration::from_secs(90));
    desk.keys("/s-000007");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("filter: s-000007 · 2 of 433"), "{screen}");
}

#[test]
fn what_is_filtered_is_exported_whole() {
    let mut desk = desk();
    desk.keys("/action:created");
    desk.press(KeyCode::Enter);
    desk.keys("E");
    desk.press(KeyCode::Enter);
    let written = desk.effects.iter().find_map(|effect| match effect {
        keydeck::tui::model::Effect::WriteExport { rows, .. } => Some(*rows),
        _ => None,
    });
    assert_eq!(written, Some(421));
}

/// The answers to what is asked now, as the server gives them before anything else happens.
fn answers(desk: &mut Desk) -> Vec<Event> {
    let open = std::mem::take(&mut desk.open);
    open.into_iter().map(|(id, request)| Event::Replied(id, desk.world.answer(&request))).collect()
}

/// Something happens and is told, and an answer comes that was given before it; then nothing happens any more.
fn overtake(desk: &mut Desk, held: Duration) {
    let late = answers(desk);
    assert!(!late.is_empty(), "a page is under way");
    let (seq, key) = (desk.world.events.len() as u64 + 1, desk.world.keys[0].clone());
    let detail = json!({ "name": key.name, "reason": "made public" });
    let made = event(seq, key.project_id, key.id);
    desk.world.events.push(AuditEvent { action: Action::KeyRevoked, detail, at: ago(0), ..made });
    desk.tell();
    desk.now = desk.now + held;
    desk.happen(Event::Tick(desk.now));
    desk.open.clear();
    for answer in late {
        desk.happen(answer);
    }
    desk.wait(Duration::from_secs(4));
}

#[test]
fn an_event_that_is_told_while_a_page_is_under_way_is_not_lost_with_it() {
    for held in [Duration::ZERO, Duration::from_secs(8)] {
        // A filter that the server applies.
        let mut filtered = desk();
        filtered.tap(KeyCode::Char('/'));
        for c in "public".chars() {
            filtered.tap(KeyCode::Char(c));
        }
        overtake(&mut filtered, held);
        let screen = filtered.screen(SIZE);
        assert!(screen.contains("4 of 434") && screen.contains("made public"), "{held:?}: {screen}");
        // A log that was not loaded before, with a filter and without.
        for filter in ["public", ""] {
            let mut fresh = desk();
            fresh.keys("/");
            fresh.keys(filter);
            fresh.press(KeyCode::Enter);
            fresh.keys("1");
            let reset = keydeck::tui::model::ChangeBatch { reload: true, ..Default::default() };
            fresh.happen(Event::Changes(Box::new(reset)));
            fresh.tap(KeyCode::Char('4'));
            overtake(&mut fresh, held);
            fresh.keys("g");
            let screen = fresh.screen(SIZE);
            assert!(screen.contains("made public"), "{filter:?}, {held:?}: {screen}");
        }
        // The same page asked for again.
        let mut again = desk();
        again.keys("/public");
        again.press(KeyCode::Enter);
        while again.open.is_empty() {
            again.now = again.state.next_wake().expect("the page is asked for again");
            again.happen(Event::Tick(again.now));
        }
        overtake(&mut again, held);
        let screen = again.screen(SIZE);
        assert!(screen.contains("4 of 434") && screen.contains("made public"), "{held:?}: {screen}");
    }
}

#[test]
fn what_is_searched_in_part_is_exported_whole_or_not_at_all() {
    let mut desk = desk();
    desk.keys("/431");
    assert!(desk.screen(SIZE).contains("1 of 433"), "all of its rows are here: {}", desk.screen(SIZE));
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.wait(Duration::from_secs(90));
    clear(&mut desk);
    desk.keys("revoked");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("1 events matching 431 only"), "{screen}");
    desk.press(KeyCode::Enter);
    let written = |desk: &Desk| {
        let files = desk.effects.iter().filter_map(|effect| match effect {
            keydeck::tui::model::Effect::WriteExport { rows, .. } => Some(*rows),
            _ => None,
        });
        files.collect::<Vec<_>>()
    };
    desk.keys("Ec");
    let screen = desk.screen(SIZE);
    assert_eq!(written(&desk), [0; 0], "{screen}");
    assert!(screen.contains("Nothing answers at 127.0.0.1:7474."), "{screen}");
    assert!(screen.contains("Nothing was saved."), "{screen}");
    desk.world.down = None;
    desk.press(KeyCode::Enter);
    assert_eq!(written(&desk), [3], "{}", desk.screen(SIZE));
}

#[test]
fn keys_of_a_filter_that_nobody_answered_are_not_exported_under_its_name() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/project:blog");
    desk.press(KeyCode::Enter);
    desk.wait(Duration::from_secs(1));
    // Asked for with the filter.
    desk.keys("1");
    let reset = keydeck::tui::model::ChangeBatch { reload: true, ..Default::default() };
    desk.happen(Event::Changes(Box::new(reset)));
    desk.keys("2");
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.keys("/");
    clear(&mut desk);
    desk.keys("status:active");
    desk.press(KeyCode::Enter);
    desk.keys("Ec");
    let screen = desk.screen(SIZE);
    let written =
        desk.effects.iter().any(|effect| matches!(effect, keydeck::tui::model::Effect::WriteExport { .. }));
    assert!(!written && screen.contains("Nothing was saved"), "{screen}");
}

#[test]
fn the_detail_shows_which_of_two_tokens_of_one_name_it_was() {
    let mut world = World::small();
    let tokens = [
        ("tok_00000000000000000000000001", "redir_mgmt_AAAA****...****aaaa"),
        ("tok_00000000000000000000000002", "redir_mgmt_BBBB****...****bbbb"),
    ];
    let (shop, key) = (world.projects[1].id, world.keys[0].id);
    for (seq, (id, hint)) in (10..).zip(tokens) {
        let detail = json!({ "name": "web", "by": { "id": id, "hint": hint } });
        let actor = "token:ci".to_owned();
        world.events.push(AuditEvent { actor, detail, ..event(seq, shop, key) }.sealed());
    }
    // As an older version wrote it.
    world.events.push(AuditEvent { actor: "token:ci".to_owned(), ..event(12, shop, key) }.sealed());
    let mut desk = Desk::new(world, SIZE);
    desk.keys("4");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("12 key created") && !screen.contains("redir_mgmt_"), "{screen}");
    for (id, hint) in tokens.iter().rev() {
        desk.keys("j");
        let screen = desk.screen(SIZE);
        assert!(screen.contains(hint) && screen.contains(id), "{screen}");
        // It belongs to the actor, not to what the event is about.
        assert_eq!(screen.matches(hint).count(), 1, "{screen}");
    }
    // It is a word of the log, too.
    desk.keys("/AAAA*");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains(tokens[0].1) && !screen.contains(tokens[1].1), "{screen}");
}

#[test]
fn the_detail_of_a_change_says_who_confirmed_it_who_was_silent_or_that_it_was_not_kept() {
    let slowest = Some(Slowest { node: "eu-2".into(), ms: 12 });
    let all = Receipt { revision: 9, confirmed_by: 3, nodes: 3, slowest, expired: vec![] };
    let slowest = Some(Slowest { node: "eu-1".into(), ms: 4 });
    let two = Receipt { revision: 9, confirmed_by: 2, nodes: 3, slowest, expired: vec!["eu-2".into()] };
    for (receipt, age, words) in [
        (Some(all), 3600, "confirmed by 3 of 3 nodes, slowest eu-2 12 ms"),
        (
            Some(two),
            3600,
            "confirmed by 2 of 3 nodes, slowest eu-1 4 ms; eu-2 was silent; its lease had ended",
        ),
        (None, 3600, "not kept"),
        (None, 1, "not loaded; press r to refresh"),
    ] {
        let mut desk = Desk::new(World::small(), (160, 45));
        let key = desk.world.keys[0].clone();
        let made = event(desk.world.events.len() as u64 + 1, key.project_id, key.id);
        let (action, receipt) = (Action::KeyRevoked, receipt.map(Box::new));
        desk.world.events.push(AuditEvent { action, receipt, at: ago(age), ..made });
        desk.keys("4");
        desk.press(KeyCode::Enter);
        let screen = desk.screen((160, 45));
        // It may fill more than one line.
        let text = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&format!("receipt {words}")), "{words}: {screen}");
    }
}

#[test]
fn an_event_of_a_deleted_project_shows_the_projects_name() {
    let mut world = World::small();
    let (gone, key) = (keydeck::wire::id::ProjectId::generate(), world.keys[0].id);
    let of = |seq, action, detail| AuditEvent { action, detail, key: None, ..event(seq, gone, key) };
    world.events = vec![
        of(1, Action::RulesReplaced, json!({ "rules": 3 })),
        of(2, Action::ProjectArchived, json!({ "name": "old-shop" })),
    ];
    let mut desk = Desk::new(world, SIZE);
    desk.keys("4");
    let screen = desk.screen(SIZE);
    let rows = screen.lines().filter(|line| line.contains("old-shop")).count();
    assert!(rows >= 2, "both events name it: {screen}");
    // And also where the filter leaves its deletion out.
    desk.keys("/rules");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("old-shop"), "{}", desk.screen(SIZE));
}

#[test]
fn what_a_reviewer_decided_survives_the_cut_of_its_line_and_the_detail_names_the_review() {
    let made = || {
        let mut world = World::small();
        world
            .projects
            .iter_mut()
            .for_each(|project| project.name = format!("legacy-portal-{}", project.name));
        let keys = world.keys.clone();
        let review = world.reviews.start("Autumn", keydeck::wire::reviews::Scope::default(), None, &keys);
        let key = &world.keys[0];
        let mut tell = |detail: serde_json::Value| {
            let seq = world.events.len() as u64 + 1;
            let action = Action::ReviewDecided;
            world.events.push(AuditEvent { action, detail, ..event(seq, key.project_id, key.id) });
        };
        let (name, until) = ("a-key-with-quite-a-long-name", "2027-01-31T00:00:00Z");
        for (decision, until) in
            [(json!(null), json!(null)), (json!("pause"), json!(null)), (json!("keep"), json!(until))]
        {
            tell(
                json!({ "name": name, "review": review.id, "decision": decision, "until": until, "version": 1 }),
            );
        }
        world
    };
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::new(made(), size);
        desk.keys("4");
        let screen = desk.screen(size);
        for words in ["keep until 2027-01-31", "pause · ", "undone · "] {
            assert!(screen.contains(words), "{size:?}, {words}: {screen}");
        }
        desk.press(KeyCode::Enter);
        let screen = desk.screen(size);
        assert!(screen.contains("review    Autumn"), "{screen}");
    }
}

#[test]
fn the_masked_key_stands_apart_from_its_label() {
    const WIDE: (u16, u16) = (160, 45);
    let mut world = World::small();
    let key = world.keys[0].clone();
    let detail = json!({ "name": key.name, "hint": key.hint.to_string() });
    world.events =
        vec![AuditEvent { action: Action::KeyCreated, detail, ..event(1, key.project_id, key.id) }];
    let mut desk = Desk::new(world, WIDE);
    desk.keys("4");
    let screen = desk.screen(WIDE);
    assert!(screen.contains(&format!("key       {}", key.hint)), "{screen}");
}
