//! Access reviews: the view, the queue that takes one key at a time, and reviewers who meet.

use std::time::Duration;

use keydeck::tui::model::{Event, FailureKind, KeyCode, Request};
use keydeck::wire::audit::Action;
use keydeck::wire::events::{Changed, Message};
use keydeck::wire::keys::{Key, Status};
use keydeck::wire::reviews::{Decide, Decision, Review, ReviewStatus, Scope};
use keydeck::wire::tokens::Role;

use crate::support::fixtures::{Desk, NOW, World, event, failure};
use crate::support::stage::Stage;

pub(super) const SIZE: (u16, u16) = (80, 24);

/// A desk with an open review of all its keys that are not revoked.
pub(super) fn reviewed(world: World) -> (Desk, Review) {
    let mut world = world;
    let keys: Vec<Key> = world.keys.iter().filter(|key| key.status != Status::Revoked).cloned().collect();
    let review = world.reviews.start("Autumn", Scope::default(), None, &keys);
    (Desk::new(world, SIZE), review)
}

/// What someone else decides on this key of the desk's review.
pub(super) fn decides(desk: &mut Desk, review: &Review, name: &str, decision: Decision) {
    let key = desk.world.keys.iter().find(|key| key.name == name).expect("a key").id;
    let decide = Decide { decision, until: None, reason: None, version: 0 };
    desk.world.reviews.decide(review.id, key, "token:ben", Some(&decide)).expect("it is open");
}

/// The server says that someone has decided on this key.
pub(super) fn decided(review: &Review, key: &Key, version: u64) -> Message {
    let detail = serde_json::json!({ "review": review.id, "name": key.name, "version": version });
    let told = event(9, key.project_id, key.id);
    let event = keydeck::wire::audit::Event { action: Action::ReviewDecided, detail, ..told };
    Message::Changed(Box::new(Changed { event, key: Some(key.clone()), project: None }))
}

pub(super) fn shown(desk: &Desk) -> String {
    desk.screen(SIZE).lines().nth(4).unwrap_or_default().trim().to_owned()
}

/// The demo without the review that somebody has begun in it.
pub(super) fn stage(size: (u16, u16)) -> Stage {
    let mut stage = Stage::new(size);
    stage.keys("5Dy");
    assert!(stage.screen().contains("cancelled. No key was changed."), "{}", stage.screen());
    stage
}

/// The demo, in the queue of a review of its stale keys.
pub(super) fn queue(size: (u16, u16)) -> Stage {
    let mut stage = stage(size);
    stage.keys("3V");
    assert!(stage.screen().contains("New access review"), "{}", stage.screen());
    stage.press(KeyCode::Enter);
    assert!(line(&stage.screen(), 1).ends_with("· 32 of 32 left"), "{}", stage.screen());
    stage
}

pub(super) fn line(screen: &str, number: usize) -> String {
    screen.lines().nth(number).unwrap_or_default().trim().to_owned()
}

#[test]
fn a_review_begins_with_the_keys_of_the_view_and_two_key_presses() {
    let mut stage = stage(SIZE);
    stage.keys("3V");
    let screen = stage.screen();
    for part in ["Stale keys, November 2026", "< all projects >", "idle>90d", "2w"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    for part in [
        "Stale keys, November 2026 · due in 14d",
        "key 1 of 32 · 32 of 32 left",
        "owner     none",
        "by local:jonas",
        "last used",
        "No requests in the last 24 h",
        "reviewed  never",
        "high      Not used",
        "decision  ○ undecided",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    stage.press(KeyCode::Esc);
    // The tab counts the open ones.
    stage.keys("5");
    let screen = stage.screen();
    assert!(screen.contains("[Reviews 1]") && screen.contains("○ open"), "{screen}");
    assert!(screen.contains("0/32") && screen.contains("in 14d"), "{screen}");
}

#[test]
fn one_key_press_decides_and_goes_on_to_the_next_undecided_key() {
    let mut stage = queue(SIZE);
    stage.keys("xPRz");
    assert_eq!(line(&stage.screen(), 2), "revoke 1 · rotate 1 · pause 1 · skip 1 · undecided 28");
    stage.keys("iWho uses it?");
    assert!(stage.screen().contains("Ask the owner of"), "{}", stage.screen());
    let named = stage.screen().lines().any(|line| line.contains("Ask the owner of ") && line.contains('/'));
    assert!(named, "with its project: {}", stage.screen());
    stage.press(KeyCode::Enter);
    // A key with a high finding is not kept without a reason.
    stage.keys("o");
    stage.press(KeyCode::Enter);
    assert!(
        stage.screen().contains("Keeping a key with a high finding needs a reason."),
        "{}",
        stage.screen()
    );
    stage.keys("yearly job");
    stage.press(KeyCode::Tab);
    stage.keys("2020-01-01");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("Until: 2020-01-01 has passed."), "{}", stage.screen());
    for _ in 0..10 {
        stage.press(KeyCode::Backspace);
    }
    stage.keys("12w");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(line(&screen, 1).ends_with("key 7 of 32 · 26 of 32 left"), "{screen}");
    // Moving decides nothing.
    stage.keys("k");
    let screen = stage.screen();
    assert!(screen.contains(", until 2027-02-15: yearly job"), "{screen}");
    stage.keys("k");
    assert!(stage.screen().contains("ago: Who uses it?"), "{}", stage.screen());
    assert!(line(&stage.screen(), 1).ends_with("· 26 of 32 left"), "{}", stage.screen());
}

#[test]
fn undo_takes_back_my_last_decision_and_after_a_restart_the_one_that_the_server_has() {
    let mut stage = queue(SIZE);
    let first = line(&stage.screen(), 4);
    stage.keys("x");
    let second = line(&stage.screen(), 4);
    stage.keys("Pu");
    let screen = stage.screen();
    assert_eq!(line(&screen, 4), second);
    assert!(screen.contains("Undone: pause ") && line(&screen, 1).ends_with("· 31 of 32 left"), "{screen}");
    // Closed and continued, as on another machine: the first undecided key, and the last decision can be undone.
    stage.press(KeyCode::Esc);
    stage.keys("1V");
    assert_eq!(line(&stage.screen(), 4), second, "{}", stage.screen());
    stage.keys("u");
    let screen = stage.screen();
    assert_eq!(line(&screen, 4), first);
    assert!(line(&screen, 1).ends_with("· 32 of 32 left") && screen.contains("○ undecided"), "{screen}");
    stage.keys("x");
    assert!(
        line(&stage.screen(), 1).ends_with("· 31 of 32 left"),
        "an undone key is decided again: {}",
        stage.screen()
    );
    stage.keys("uu");
    assert!(stage.screen().contains("Nothing more to undo."), "{}", stage.screen());
}

#[test]
fn the_queue_is_filtered_and_shows_all_that_is_known_of_a_key() {
    let mut stage = queue(SIZE);
    stage.keys("/by:priya");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("filter: by:priya") && screen.contains("key 1 of 7"), "{screen}");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("Recent callers") && screen.contains(" UTC"), "{screen}");
    stage.press(KeyCode::Esc);
    stage.press(KeyCode::Esc);
    assert!(stage.screen().contains("key 1 of 32"), "{}", stage.screen());
    stage.keys("/idle>x");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("! Expected a duration such as 90d"), "{}", stage.screen());
    // It is over as soon as something else is typed.
    stage.press(KeyCode::Backspace);
    assert!(!stage.screen().contains("Expected"), "{}", stage.screen());
}

#[test]
fn the_queue_is_filtered_by_decision() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("VxP");
    for (filter, shows) in [
        ("decision:revoke", "filter: decision:revoke · 1 of 5 keys"),
        ("decision:undecided", "filter: decision:undecided · 3 of 5 keys"),
        ("decision:pause mobile", "filter: decision:pause mobile · 1 of 5 keys"),
        ("decision:pause web", "No keys match."),
        ("decision:perhaps", "! Expected keep, revoke, rotate, pause, ask, skip or undecided."),
        ("decision:keep decision:ask", "! Only one decision can be given."),
        ("decision:keep idle>x", "! Expected a duration such as 90d"),
    ] {
        desk.keys("/");
        desk.happen(Event::Key(keydeck::tui::model::KeyPress::ctrl('u')));
        desk.keys(filter);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("Press Enter to filter the keys of this review."), "{screen}");
        desk.press(KeyCode::Enter);
        let flat = desk.screen(SIZE).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(shows), "{filter}: {}", desk.screen(SIZE));
        // A key of those is shown, wherever the queue was before.
        let none = shows.starts_with("No keys") && !flat.contains("key 1 of");
        assert!(shows.starts_with('!') || none || flat.contains("key 1 of"), "{}", desk.screen(SIZE));
        desk.press(KeyCode::Esc);
        if !desk.screen(SIZE).contains("filter: ") {
            continue;
        }
        desk.press(KeyCode::Esc);
    }
}

#[test]
fn an_open_review_of_other_keys_is_not_continued_unasked() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("2/name:web");
    desk.press(KeyCode::Enter);
    desk.keys("V");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("decided") && screen.contains("new review"), "it asks which one: {screen}");
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("new review"), "x decides nothing here: {}", desk.screen(SIZE));
}

#[test]
fn a_decision_of_someone_else_is_said_and_never_overwritten_unseen() {
    let (mut desk, review) = reviewed(World::small());
    desk.keys("V");
    decides(&mut desk, &review, "web", Decision::Pause);
    // The dashboard has not heard of it.
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert_eq!(shown(&desk), "web · shop", "back to that key: {screen}");
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(
            "token:ben decided pause on shop/web meanwhile. Your decision (✕ revoke) was not saved"
        ),
        "{screen}"
    );
    assert!(screen.contains("‖ pause by token:ben"), "{screen}");
    assert!(line(&screen, 1).ends_with("· 4 of 5 left"), "{screen}");
    // Who has read that may decide again.
    desk.keys("x");
    desk.keys("k");
    assert!(desk.screen(SIZE).contains("✕ revoke by local:ann"), "{}", desk.screen(SIZE));
}

#[test]
fn a_decision_that_comes_while_a_reason_is_typed_is_said_and_replaced_by_the_second_enter_only() {
    let (mut desk, review) = reviewed(World::small());
    desk.keys("Ve");
    desk.keys("we need it");
    decides(&mut desk, &review, "web", Decision::Pause);
    let key = desk.world.keys[0].clone();
    desk.hears([decided(&review, &key, 1)]);
    desk.answer();
    let words = "! token:ben decided pause meanwhile. Press Enter again";
    assert!(desk.screen(SIZE).contains(words), "{}", desk.screen(SIZE));
    desk.keys(" still");
    desk.press(KeyCode::Enter);
    let decides =
        |desk: &Desk| desk.asked.iter().filter(|request| matches!(request, Request::Decide { .. })).count();
    assert!(desk.screen(SIZE).contains(words), "it was typed on: {}", desk.screen(SIZE));
    assert_eq!(decides(&desk), 0);
    desk.press(KeyCode::Enter);
    assert_eq!(decides(&desk), 1);
    desk.keys("k");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("✓ keep by local:ann") && screen.contains("we need it still"), "{screen}");
}

#[test]
fn the_audit_log_of_a_review_is_one_key_away_and_only_who_may_edit_it_is_offered_that() {
    let (mut desk, review) = reviewed(World::small());
    desk.keys("5");
    assert!(desk.screen(SIZE).contains("H who decided"), "{}", desk.screen(SIZE));
    desk.happen(Event::Resize(120, 24));
    let screen = desk.screen((120, 24));
    assert!(screen.contains("e edit") && screen.contains("D cancel"), "{screen}");
    desk.happen(Event::Resize(SIZE.0, SIZE.1));
    // What is not saved yet would be lost.
    desk.keys("V");
    desk.happen(Event::Key(keydeck::tui::model::KeyPress::char('x')));
    desk.happen(Event::Key(keydeck::tui::model::KeyPress::char('k')));
    desk.happen(Event::Key(keydeck::tui::model::KeyPress::char('P')));
    desk.happen(Event::Key(keydeck::tui::model::KeyPress::char('H')));
    assert!(desk.screen(SIZE).contains("Some decisions are still being saved."), "{}", desk.screen(SIZE));
    desk.answer();
    desk.keys("H");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("[Audit") && screen.contains(&review.id.to_string()[..12]), "{screen}");
    let (mut desk, _) = reviewed(World::small());
    desk.world.role = Role::Member;
    desk.world.reviews.all[0].0.started_by = "token:ben".into();
    desk.connect();
    desk.happen(Event::Resize(120, 24));
    desk.keys("5r");
    let screen = desk.screen((120, 24));
    assert!(!screen.contains("e edit") && !screen.contains("D cancel"), "{screen}");
    assert!(screen.contains("X execute"), "{screen}");
}

#[test]
fn an_audit_log_filtered_by_a_review_asks_again_when_someone_decides_in_it() {
    let (mut desk, review) = reviewed(World::small());
    desk.keys("4/Autumn");
    desk.press(KeyCode::Enter);
    desk.wait(Duration::from_secs(5));
    desk.answer();
    let asked = |desk: &Desk| {
        desk.asked.iter().filter(|request| matches!(request, Request::AuditEvents { .. })).count()
    };
    let before = asked(&desk);
    let key = desk.world.keys[0].clone();
    desk.hears([decided(&review, &key, 1)]);
    desk.wait(Duration::from_secs(5));
    desk.answer();
    assert!(asked(&desk) > before, "only the server knows the events of a review by its name");
}

#[test]
fn what_others_decide_appears_in_the_open_queue() {
    let (mut desk, review) = reviewed(World::small());
    desk.keys("Vj");
    decides(&mut desk, &review, "mobile", Decision::Keep);
    let key = desk.world.keys[1].clone();
    desk.hears([decided(&review, &key, 1)]);
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("✓ keep by token:ben") && line(&screen, 1).ends_with("· 4 of 5 left"),
        "{screen}"
    );
}

#[test]
fn what_another_decides_while_the_keys_are_loading_is_not_lost() {
    let (mut desk, review) = reviewed(World::small());
    desk.tap(KeyCode::Char('V'));
    while !desk.open.iter().any(|(_, request)| matches!(request, Request::ReviewItems { .. })) {
        let (id, request) = desk.open.remove(0);
        let reply = desk.world.answer(&request);
        desk.happen(Event::Replied(id, reply));
    }
    // The server has read the keys; its answer is under way.
    let open = std::mem::take(&mut desk.open);
    let replies: Vec<_> = open.iter().map(|(id, request)| (*id, desk.world.answer(request))).collect();
    decides(&mut desk, &review, "mobile", Decision::Keep);
    let key = desk.world.keys[1].clone();
    desk.hears([decided(&review, &key, 1)]);
    for (id, reply) in replies {
        desk.happen(Event::Replied(id, reply));
    }
    desk.answer();
    desk.keys("j");
    let screen = desk.screen(SIZE);
    assert_eq!(shown(&desk), "mobile · shop", "{screen}");
    assert!(
        screen.contains("✓ keep by token:ben") && line(&screen, 1).ends_with("· 4 of 5 left"),
        "{screen}"
    );
}

#[test]
fn the_queue_says_of_a_key_whose_project_was_deleted_meanwhile_that_it_is_revoked() {
    let mut stage = queue(SIZE);
    stage.keys("x");
    assert!(line(&stage.screen(), 1).ends_with("key 2 of 32 · 31 of 32 left"), "{}", stage.screen());
    stage.delete_projects();
    stage.press(KeyCode::Char('j'));
    let screen = stage.screen();
    assert!(screen.contains("✕ revoked by local:maya"), "{screen}");
    assert!(screen.contains("just now: the project was deleted"), "{screen}");
    // It can be decided on as ever, and nothing comes of it.
    stage.keys("kx");
    let screen = stage.screen();
    assert!(line(&screen, 1).ends_with("· 30 of 32 left"), "{screen}");
    stage.keys("X");
    let screen = stage.screen();
    assert!(screen.contains("✕ already revoked"), "{screen}");
    assert!(screen.contains("2 keys will not be changed:") && screen.contains("[ y  Execute ]"), "{screen}");
}

#[test]
fn a_decision_that_cannot_be_saved_leads_back_to_its_key() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("V");
    desk.tap(KeyCode::Char('x'));
    assert_eq!(shown(&desk), "mobile · shop", "nobody waits for the server");
    assert!(line(&desk.screen(SIZE), 1).ends_with("· 4 of 5 left"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("saving 1…"), "{}", desk.screen(SIZE));
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert_eq!(shown(&desk), "web · shop", "{screen}");
    assert!(
        screen.contains("! shop/web: Nothing answers at 127.0.0.1:7474. The decision was not saved."),
        "{screen}"
    );
    assert!(line(&screen, 1).ends_with("· 5 of 5 left") && screen.contains("○ undecided"), "{screen}");
    // What is pressed before it can be read is not meant for this key.
    desk.tap(KeyCode::Char('P'));
    assert!(desk.screen(SIZE).contains("key pressed too quickly"), "{}", desk.screen(SIZE));
}

#[test]
fn the_demo_shows_a_review_that_somebody_has_begun() {
    let mut stage = Stage::new(SIZE);
    stage.keys("3V");
    // Letters decide in it, and it is someone else's: it is not entered unasked.
    let screen = stage.screen();
    assert!(screen.contains("> Stale keys, autumn · 6/32 decided · due in 12d"), "{screen}");
    assert!(screen.contains("Start a new review"), "{screen}");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(
        screen.contains("Stale keys, autumn · due in 12d") && line(&screen, 1).ends_with("· 26 of 32 left"),
        "{screen}"
    );
    stage.keys("gj");
    assert!(stage.screen().contains("✕ revoke by local:priya"), "{}", stage.screen());
}

#[test]
fn my_own_keys_are_flagged() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("V");
    assert!(desk.screen(SIZE).contains("by local:ann · ▲ you created this key"), "{}", desk.screen(SIZE));
    // It was used a moment ago: by how much that may be late matters, and is not broken.
    assert!(desk.screen(SIZE).contains("from 203.0.113.7 (up to 5 s late)"), "{}", desk.screen(SIZE));
}

#[test]
fn what_decides_nothing_in_a_review_says_why() {
    let (mut desk, _) = reviewed(World::small());
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers"));
    desk.keys("5");
    desk.press(KeyCode::Enter);
    for key in ["o", "x"] {
        desk.keys(key);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("! No keys are loaded. Press r to load them."), "{key}: {screen}");
    }
    let (mut desk, _) = reviewed(World::small());
    desk.keys("5x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("This list has no keys. Press Enter on a review to see its keys."), "{screen}");
    desk.world.reviews.all[0].0.status = ReviewStatus::Signed;
    desk.keys("r");
    desk.press(KeyCode::Enter);
    desk.keys("X");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! This review is already signed."), "{screen}");
}

#[test]
fn a_review_of_some_projects_names_them() {
    let mut world = World::small();
    let (keys, projects) = (world.keys.clone(), world.projects.iter().map(|it| it.id).collect());
    let scope = Scope { projects, ..Scope::default() };
    world.reviews.start("Autumn", scope, None, &keys);
    let mut desk = Desk::new(world, (160, 40));
    desk.keys("5");
    let screen = desk.screen((160, 40));
    assert!(screen.contains("scope     blog, shop"), "{screen}");
}

#[test]
fn with_several_open_reviews_v_asks_which() {
    let mut world = World::small();
    let keys = world.keys.clone();
    for name in ["Autumn", "Winter"] {
        world.reviews.start(name, Scope::default(), Some(NOW + Duration::from_hours(72)), &keys);
    }
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2V");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("> Winter · 0/6 decided · due in 3d"), "{screen}");
    assert!(screen.contains("Start a new review"), "{screen}");
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    assert!(line(&desk.screen(SIZE), 1).starts_with("Autumn"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("V");
    desk.press(KeyCode::Up);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("New access review"), "{}", desk.screen(SIZE));
}

#[test]
fn help_and_palette_open_in_the_queue_with_its_own_keys_first_and_do_what_they_say_there() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut stage = queue(size);
        assert!(stage.screen().contains("? help"), "{}", stage.screen());
        stage.keys("?");
        let screen = stage.screen();
        assert!(screen.contains("In this review") && screen.contains("keep with reason"), "{screen}");
        assert!(!screen.contains("export"), "only what works here: {screen}");
        stage.keys("ask owner");
        stage.press(KeyCode::Enter);
        let screen = stage.screen();
        assert!(
            screen.contains("Ask the owner of") && line(&screen, 1).ends_with("· 32 of 32 left"),
            "{screen}"
        );
        stage.press(KeyCode::Esc);
        stage.keys(":");
        let screen = stage.screen();
        assert!(screen.contains("Command palette") && screen.contains("keep"), "{screen}");
        stage.keys("skip");
        stage.press(KeyCode::Enter);
        assert!(line(&stage.screen(), 1).ends_with("· 31 of 32 left"), "{}", stage.screen());
        // Esc closes the help alone.
        stage.keys("?");
        stage.press(KeyCode::Esc);
        assert!(line(&stage.screen(), 1).ends_with("· 31 of 32 left"), "{}", stage.screen());
        // What belongs elsewhere leaves the review, which goes on where it was.
        stage.keys(":audit log");
        stage.press(KeyCode::Enter);
        assert!(stage.screen().contains("[Audit"), "{}", stage.screen());
        stage.keys("5V");
        assert!(line(&stage.screen(), 1).ends_with("· 31 of 32 left"), "{}", stage.screen());
    }
}

#[test]
fn a_queue_whose_decisions_are_still_being_saved_is_not_left_by_the_palette() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("5");
    desk.press(KeyCode::Enter);
    // The second decision about a key waits for the answer to the first. No answer comes.
    for code in [KeyCode::Char('z'), KeyCode::Up, KeyCode::Char('P')] {
        desk.tap(code);
        desk.now = desk.now + Duration::from_secs(1);
        desk.happen(Event::Tick(desk.now));
    }
    ":projects".chars().for_each(|c| desk.tap(KeyCode::Char(c)));
    desk.tap(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("still being saved") && !screen.contains("Command palette"), "{screen}");
}

#[test]
fn the_same_decision_keeps_its_reason_and_another_one_says_that_it_is_cleared() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Vx");
    desk.press(KeyCode::Up);
    desk.keys("eleaked");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Up);
    desk.keys("x");
    let reason = |desk: &Desk| {
        let items = &desk.world.reviews.all[0].1;
        items.iter().find_map(|item| item.reason.clone())
    };
    assert_eq!(reason(&desk).as_deref(), Some("leaked"));
    desk.press(KeyCode::Up);
    desk.keys("P");
    assert!(
        desk.screen(SIZE).contains("the reason of the earlier decision was cleared"),
        "{}",
        desk.screen(SIZE)
    );
    assert_eq!(reason(&desk), None);
}

#[test]
fn undo_goes_back_by_the_time_of_the_decisions_and_names_each_wherever_one_stands() {
    let mut stage = queue(SIZE);
    let mut decided = Vec::new();
    // In another order than that of the rows: the third, the first, the second.
    for (to, key, decision) in [("gjj", "x", "revoke"), ("g", "P", "pause"), ("gj", "z", "skip")] {
        stage.keys(to);
        decided.push((line(&stage.screen(), 4), decision));
        stage.keys(key);
    }
    for (key, decision) in decided.into_iter().rev() {
        stage.keys("Gu");
        let screen = stage.screen();
        let (name, project) = key.split_once(" · ").expect("a key of a project");
        assert_eq!(line(&screen, 4), key, "that key is shown: {screen}");
        assert!(
            screen.contains(&format!("Undone: {decision} {project}/{name}, your last decision.")),
            "{screen}"
        );
    }
    stage.keys("u");
    assert!(stage.screen().contains("Nothing more to undo."), "{}", stage.screen());
}

#[test]
fn undo_finds_the_last_decision_also_behind_a_filter() {
    let mut stage = queue(SIZE);
    let first = line(&stage.screen(), 4);
    stage.keys("x");
    stage.keys("/by:priya");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("filter: by:priya"), "{}", stage.screen());
    assert_ne!(line(&stage.screen(), 4), first);
    stage.keys("u");
    let screen = stage.screen();
    assert_eq!(line(&screen, 4), first, "{screen}");
    assert!(screen.contains("Undone: revoke ") && line(&screen, 1).ends_with("· 32 of 32 left"), "{screen}");
}

#[test]
fn the_form_that_asks_an_owner_says_that_nobody_is_told() {
    let mut stage = queue(SIZE);
    stage.keys("i");
    let flat = |stage: &Stage| {
        let inner = |row: &str| row.split('│').nth(1).unwrap_or_default().to_owned();
        let screen = stage.screen().lines().map(inner).collect::<Vec<_>>().join(" ");
        screen.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let screen = flat(&stage);
    assert!(screen.contains("This key has no owner; local:jonas created it."), "{screen}");
    assert!(screen.contains("Keydeck contacts no one: the note is for this review."), "{screen}");
    let (mut desk, _) = reviewed(World::small());
    desk.world.keys.iter_mut().for_each(|key| key.owner = Some("team-web".into()));
    desk.keys("V");
    desk.keys("i");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Keydeck contacts no one: ask team-web yourself."), "{screen}");
}

#[test]
fn how_long_a_key_is_kept_is_chosen_or_typed() {
    let mut stage = queue(SIZE);
    stage.keys("oyearly");
    stage.press(KeyCode::Tab);
    assert!(stage.screen().contains("← → 30, 90 or 180 days"), "{}", stage.screen());
    for days in ["30d", "90d", "180d", ""] {
        stage.press(KeyCode::Right);
        let screen = stage.screen();
        let row = screen.lines().find(|row| row.contains("until     ")).unwrap_or_default();
        assert!(row.contains(&format!("until     {days:<5}")), "{days}: {screen}");
    }
    stage.press(KeyCode::Right);
    stage.press(KeyCode::Right);
    stage.press(KeyCode::Enter);
    stage.keys("k");
    // 90 days after the demo's day.
    assert!(stage.screen().contains(", until 2027-02-21: yearly"), "{}", stage.screen());
    // In what is typed the arrows move the cursor.
    stage.keys("e");
    stage.press(KeyCode::Tab);
    for _ in 0.."2027-02-21".len() {
        stage.press(KeyCode::Backspace);
    }
    stage.keys("30d");
    assert!(!stage.screen().contains("← → 30"), "{}", stage.screen());
    for code in [KeyCode::Left, KeyCode::Left, KeyCode::Right, KeyCode::Char('1')] {
        stage.press(code);
    }
    assert!(stage.screen().contains("until     301d "), "{}", stage.screen());
    stage.press(KeyCode::Esc);
    // Another time replaces what was chosen.
    stage.keys("e");
    stage.press(KeyCode::Tab);
    for _ in 0.."2027-02-21".len() {
        stage.press(KeyCode::Backspace);
    }
    stage.press(KeyCode::Right);
    stage.keys("12w");
    stage.press(KeyCode::Enter);
    stage.keys("k");
    assert!(stage.screen().contains(", until 2027-02-15: yearly"), "{}", stage.screen());
}

#[test]
fn a_key_that_does_nothing_in_a_review_says_so() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("V");
    for key in ["V", "2", "B"] {
        desk.keys(key);
        let words = format!("{key} does nothing in a review. Press Esc to close it or ? for its keys.");
        assert!(desk.screen(SIZE).contains(&words), "{}", desk.screen(SIZE));
    }
}

#[test]
fn beside_a_filter_the_queue_says_how_many_of_all_keys_it_shows() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Vx/mobile");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("filter: mobile · 1 of 5 keys · whole review: revoke 1 · undecided 4"),
        "{screen}"
    );
    assert!(screen.contains("key 1 of 1 shown · 4 of 5 left"), "{screen}");
}
