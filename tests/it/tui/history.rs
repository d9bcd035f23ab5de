//! The audit events of a key, in its detail and in the audit log.

use std::time::Duration;

use keydeck::tui::model::{Event, FailureKind, KeyCode, Request};
use keydeck::wire::audit::{Action, Event as AuditEvent};
use keydeck::wire::keys::Status;
use serde_json::json;

use super::detail::open;
use crate::support::fixtures::{Desk, World, ago, event, failure};

const SIZE: (u16, u16) = (120, 40);

/// An event about `web`.
fn about_web(world: &World, seq: u64, action: Action, detail: serde_json::Value) -> AuditEvent {
    let key = &world.keys[0];
    AuditEvent { action, detail, at: ago(3600 * (100 - seq)), ..event(seq, key.project_id, key.id) }
}

/// `web` was created, renamed and revoked; another key was created.
fn world() -> World {
    let mut world = World::small();
    let other = event(4, world.keys[1].project_id, world.keys[1].id);
    world.events = vec![
        about_web(&world, 2, Action::KeyRotated, json!({ "name": "web-2", "before": "web" })),
        about_web(&world, 3, Action::KeyRenamed, json!({ "name": "web", "before": "web-2" })),
        AuditEvent { actor: "token:other".into(), ..other },
        about_web(&world, 5, Action::KeyRevoked, json!({ "name": "web", "reason": "leaked\u{1b}[31m" })),
    ];
    world
}

fn history(screen: &str) -> Vec<String> {
    let at = |line: &str| line.find("History ─");
    let column =
        screen.lines().find_map(|line| at(line).map(|at| line[..at].chars().count())).expect("its title");
    let lines = screen.lines().skip_while(|line| at(line).is_none()).skip(1);
    let lines = lines.map(|line| line.chars().skip(column).collect::<String>().trim_end().to_owned());
    lines.take_while(|line| !line.is_empty() && !line.starts_with('─')).collect()
}

#[test]
fn the_detail_says_what_was_done_with_the_key_by_whom_and_why_newest_first() {
    let screen = open(world(), SIZE).screen(SIZE);
    assert_eq!(
        history(&screen),
        [
            "3d ago    revoked by local:ann: leaked\u{fffd}[31m",
            "4d ago    renamed by local:ann: web-2 → web",
            "4d ago    created by local:ann to replace web",
        ],
        "{screen}"
    );
    assert!(!screen.contains("token:other"), "of another key: {screen}");
}

#[test]
fn of_a_long_history_the_newest_show_and_a_key_opens_the_audit_log_of_this_key() {
    let mut world = world();
    for seq in 6..30 {
        let renamed = about_web(&world, seq, Action::KeyRenamed, json!({ "name": "b", "before": "a" }));
        world.events.push(renamed);
    }
    let mut desk = open(world, SIZE);
    let lines = history(&desk.screen(SIZE));
    assert_eq!(lines.len(), 11, "{lines:?}");
    assert_eq!(lines[10], "…and 17 more · H audit log");
    desk.keys("H");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Audit]") && screen.contains("27 of"), "{screen}");
    assert!(!screen.contains("token:other"), "{screen}");
    let asked = format!("key:{}", desk.world.keys[0].id);
    assert!(screen.contains(&asked), "the filter is to be seen: {screen}");
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Keys") && history(&screen).len() == 11, "Esc goes back to the key: {screen}");
    desk.keys("4");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("token:other") && !screen.contains(&asked), "the log is whole again: {screen}");
}

#[test]
fn from_the_audit_log_of_a_key_whose_filter_was_changed_esc_clears_the_filter() {
    let mut desk = open(world(), SIZE);
    desk.keys("H/ by:ann");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Audit") && screen.contains("token:other"), "{screen}");
    // Who went elsewhere meanwhile is not sent back either.
    let mut desk = open(world(), SIZE);
    desk.keys("H14");
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Audit") && screen.contains("token:other"), "{screen}");
}

#[test]
fn the_audit_log_of_a_project_opens_too_and_elsewhere_it_is_said_what_to_select() {
    let mut desk = Desk::new(world(), SIZE);
    desk.keys("jH");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Audit]") && screen.contains("token:other"), "{screen}");
    assert!(screen.contains(&format!("project:{}", desk.world.projects[1].id)), "{screen}");
    desk.keys("H");
    assert!(desk.screen(SIZE).contains("Select a key or project first (press 2)."), "{}", desk.screen(SIZE));
    let mut desk = Desk::new(World::empty(), SIZE);
    desk.keys("2H");
    assert!(desk.screen(SIZE).contains("Select a key or project first (press 2)."), "{}", desk.screen(SIZE));
}

#[test]
fn a_history_that_does_not_come_says_why_and_comes_with_the_next_refresh() {
    let mut desk = Desk::new(world(), SIZE);
    desk.keys("2");
    desk.tap(KeyCode::Char('j'));
    while !desk.open.iter().any(|(_, asked)| matches!(asked, Request::AuditEvents { .. })) {
        desk.now = desk.state.next_wake().expect("the detail is due").max(desk.now);
        desk.happen(Event::Tick(desk.now));
    }
    assert_eq!(history(&desk.screen(SIZE)), ["Loading…"]);
    for (id, request) in std::mem::take(&mut desk.open) {
        let answer = match request {
            Request::AuditEvents { .. } => Err(failure(FailureKind::NotFound, "The log is being moved.")),
            request => desk.world.answer(&request),
        };
        desk.happen(Event::Replied(id, answer));
    }
    assert_eq!(history(&desk.screen(SIZE)), ["The log is being moved."]);
    desk.keys("r");
    desk.wait(Duration::from_secs(1));
    let lines = history(&desk.screen(SIZE));
    assert!(lines[0].starts_with("3d ago    revoked by local:ann:"), "{lines:?}");
}

#[test]
fn a_revocation_by_others_joins_the_history_without_a_key_press_and_uses_do_not_ask_for_it() {
    let mut desk = open(World::small(), SIZE);
    let of_log =
        |desk: &Desk| desk.asked.iter().filter(|asked| matches!(asked, Request::AuditEvents { .. })).count();
    let before = of_log(&desk);
    for _ in 0..5 {
        desk.world.keys[0].last_used_at = Some(desk.now);
        desk.wait(Duration::from_secs(10));
    }
    assert_eq!(of_log(&desk), before, "a use is no event");
    let revoked = about_web(&desk.world, 9, Action::KeyRevoked, json!({ "reason": "by others" }));
    desk.world.events.push(revoked);
    (desk.world.keys[0].status, desk.world.keys[0].revoked_at) = (Status::Revoked, Some(desk.now));
    desk.wait(Duration::from_secs(1));
    let screen = desk.screen(SIZE);
    assert!(history(&screen)[0].ends_with("revoked by local:ann: by others"), "{screen}");
}

#[test]
fn what_reviews_did_to_a_key_is_said_in_words() {
    let mut world = world();
    let decided = json!({ "review": "rev_1", "decision": "keep", "until": "2027-02-21T00:00:00.000Z",
        "reason": "yearly job", "name": "web", "version": 1 });
    let undone = json!({ "review": "rev_1", "decision": null, "name": "web", "version": 2 });
    let reviewed = json!({ "review": "rev_1", "decision": "keep", "decidedBy": "token:ben",
        "decidedAt": "2026-11-21T00:00:00.000Z", "name": "web" });
    world.events.push(about_web(&world, 6, Action::ReviewDecided, decided));
    world.events.push(about_web(&world, 7, Action::ReviewDecided, undone));
    world.events.push(about_web(&world, 8, Action::KeyReviewed, reviewed));
    let mut desk = open(world, SIZE);
    let screen = desk.screen(SIZE);
    let lines: Vec<String> = history(&screen).into_iter().take(3).map(|line| line[10..].to_owned()).collect();
    assert_eq!(
        lines,
        [
            "reviewed by token:ben: keep",
            "decision undone by local:ann",
            "decided by local:ann: keep until 2027-02-21 · yearly job",
        ],
        "{screen}"
    );
    // In the audit log the decision stands before its reason, and no name of a member is shown.
    desk.keys("4w");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("keep until 2027-02-21 · shop/web · yearly job"), "{screen}");
    assert!(
        screen.contains("decided in a review by token:ben on 2026-11-21: keep")
            && !screen.contains("decidedBy"),
        "{screen}"
    );
}
