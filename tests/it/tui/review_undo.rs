//! Undo in a review whose keys are not all loaded: it waits for them, says so, and takes back nothing else.

use keydeck::tui::model::{FailureKind, KeyCode, Request};
use keydeck::wire::audit::{Action, Event};
use keydeck::wire::reviews::{Decide, Decision, Review};

use super::reviews::{SIZE, decided, decides, line, queue, reviewed, shown};
use crate::support::fixtures::{Desk, World, event, failure};
use crate::support::stage::Stage;

/// A desk in the queue of 500 keys, of which the first page is loaded and the next one is under way; two keys are
/// decided already.
fn partly_loaded() -> Desk {
    let mut world = World::large(500);
    world.keys.iter_mut().for_each(|key| key.last_used_at = Some(crate::support::fixtures::ago(60)));
    let (mut desk, _) = reviewed(world);
    desk.keys("V");
    assert!(line(&desk.screen(SIZE), 1).ends_with("key 1 of 500 · 500 of 500 left"), "{}", desk.screen(SIZE));
    desk.keys("xP");
    desk
}

fn decisions(desk: &Desk) -> Vec<(String, Decision)> {
    let items = &desk.world.reviews.all[0].1;
    let of = |item: &keydeck::wire::reviews::ReviewItem| Some((item.key.name.clone(), item.decision?));
    items.iter().filter_map(of).collect()
}

fn undoes(desk: &Desk) -> bool {
    desk.asked.iter().any(|request| matches!(request, Request::Undecide { .. }))
}

#[test]
fn an_undo_that_waits_for_the_other_keys_says_so_and_then_takes_back_the_last_decision() {
    let mut desk = partly_loaded();
    desk.tap(KeyCode::Char('u'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Loading the other decisions, then undoing the last one."), "{screen}");
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Undone: pause shop/s-000001, your last decision."), "{screen}");
    assert_eq!(decisions(&desk), [("s-000000".to_owned(), Decision::Revoke)]);
}

#[test]
fn a_decision_cancels_an_undo_that_waits_and_is_not_taken_back_by_it() {
    let mut desk = partly_loaded();
    desk.tap(KeyCode::Char('u'));
    desk.tap(KeyCode::Char('o'));
    assert!(desk.screen(SIZE).contains("The pending undo was cancelled."), "{}", desk.screen(SIZE));
    // Everything is loaded then.
    desk.press(KeyCode::Char('G'));
    desk.press(KeyCode::Char('G'));
    desk.press(KeyCode::Char('G'));
    assert_eq!(shown(&desk), "s-000499 · shop");
    assert!(!undoes(&desk));
    let decided: Vec<Decision> = decisions(&desk).into_iter().map(|(_, decision)| decision).collect();
    assert_eq!(decided, [Decision::Revoke, Decision::Pause, Decision::Keep]);
}

#[test]
fn an_undo_whose_keys_cannot_be_loaded_is_dropped_and_the_next_one_loads_them() {
    let mut desk = partly_loaded();
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.press(KeyCode::Char('u'));
    let screen = desk.screen(SIZE);
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(
            "! Cannot load the other decisions. Nothing was undone. Nothing answers at 127.0.0.1:7474."
        ),
        "{screen}"
    );
    desk.world.down = None;
    desk.connect();
    desk.press(KeyCode::Down);
    assert!(!undoes(&desk), "nobody waits for it any more");
    desk.press(KeyCode::Char('u'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Undone: pause shop/s-000001, your last decision."), "{screen}");
}

#[test]
fn an_undo_is_dropped_when_the_decision_that_it_was_meant_for_is_not_saved() {
    let mut desk = partly_loaded();
    desk.tap(KeyCode::Char('z'));
    desk.tap(KeyCode::Char('u'));
    // The decision fails, the pages come.
    let (id, asked) = desk.open.remove(0);
    assert!(matches!(asked, Request::Decide { .. }), "{asked:?}");
    let refused = Err(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.happen(keydeck::tui::model::Event::Replied(id, refused));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! shop/s-000002: Nothing answers at 127.0.0.1:7474."), "{screen}");
    assert!(!undoes(&desk));
    assert_eq!(decisions(&desk).len(), 2);
}

#[test]
fn a_hint_to_press_again_names_the_key_that_was_pressed() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("V/shop");
    desk.press(KeyCode::Esc);
    desk.keys("/e");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("filter: e"), "{}", desk.screen(SIZE));
    desk.tap(KeyCode::Char('x'));
    desk.tap(KeyCode::Char('u'));
    assert!(desk.screen(SIZE).contains("Still working. Press u again in a moment."), "{}", desk.screen(SIZE));
    desk.tap(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("Still working. Press Esc again"), "{}", desk.screen(SIZE));
    desk.answer();
    desk.press(KeyCode::Char('u'));
    assert!(desk.screen(SIZE).contains("Undone: revoke "), "{}", desk.screen(SIZE));
}

#[test]
fn an_undo_brings_back_the_decision_that_stood_before() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Vxgz");
    assert_eq!(decisions(&desk), [("web".to_owned(), Decision::Skip)]);
    desk.keys("u");
    let flat = |desk: &Desk| desk.screen(SIZE).split_whitespace().collect::<Vec<_>>().join(" ");
    let words = "Undone: skip shop/web, your last decision. Restored: revoke. u undoes the one before it.";
    assert!(flat(&desk).contains(words), "{}", desk.screen(SIZE));
    assert_eq!(decisions(&desk), [("web".to_owned(), Decision::Revoke)]);
    assert!(!undoes(&desk), "it was decided again, in one step");
    desk.keys("u");
    assert!(flat(&desk).contains("Undone: revoke shop/web, your last decision."), "{}", desk.screen(SIZE));
    assert!(!flat(&desk).contains("undoes the one before"), "there is none: {}", desk.screen(SIZE));
    assert_eq!(decisions(&desk), []);
    desk.keys("u");
    assert!(flat(&desk).contains("Nothing more to undo."), "{}", desk.screen(SIZE));
}

#[test]
fn an_undo_brings_back_the_reason_and_the_date_too() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Ve");
    desk.keys("still needed");
    desk.press(KeyCode::Tab);
    desk.keys("90d");
    desk.press(KeyCode::Enter);
    let kept = desk.world.reviews.all[0].1[0].clone();
    assert!(kept.until.is_some() && kept.reason.as_deref() == Some("still needed"), "{kept:?}");
    desk.keys("gx");
    // Other keys that are decided between do not matter.
    desk.keys("zu");
    desk.keys("u");
    let screen = desk.screen(SIZE);
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("Restored: keep until 2027-") && flat.contains("(still needed)"), "{screen}");
    let now = &desk.world.reviews.all[0].1[0];
    assert_eq!((now.decision, &now.reason, now.until), (kept.decision, &kept.reason, kept.until));
}

#[test]
fn what_someone_else_decided_is_brought_back_and_not_taken_for_ones_own() {
    let (mut desk, review) = reviewed(World::small());
    decides(&mut desk, &review, "web", Decision::Pause);
    desk.keys("Vgxu");
    let screen = flat(&desk);
    assert!(screen.contains("Restored: pause, now in your name."), "{screen}");
    assert!(!screen.contains("undoes the one before"), "{screen}");
    desk.keys("u");
    assert!(desk.screen(SIZE).contains("Nothing more to undo."), "{}", desk.screen(SIZE));
    assert_eq!(decisions(&desk), [("web".to_owned(), Decision::Pause)]);
}

#[test]
fn an_undo_that_was_not_saved_can_be_repeated() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Vxgz");
    desk.world.down = Some(failure(FailureKind::Server { request_id: None }, "the disk is full"));
    desk.keys("u");
    assert!(desk.screen(SIZE).contains("The disk is full."), "{}", desk.screen(SIZE));
    desk.world.down = None;
    desk.keys("u");
    assert_eq!(decisions(&desk), [("web".to_owned(), Decision::Revoke)], "{}", desk.screen(SIZE));
}

#[test]
fn keys_that_could_not_be_loaded_are_loaded_by_the_key_that_is_named() {
    let (mut desk, _) = reviewed(World::large(500));
    desk.keys("V");
    desk.answer();
    desk.world.down = Some(failure(FailureKind::Server { request_id: None }, "the disk is full"));
    desk.keys("G");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Press r to retry.") && screen.contains("r retry"), "{screen}");
    desk.world.down = None;
    desk.keys("r");
    assert!(!desk.screen(SIZE).contains("r retry"), "{}", desk.screen(SIZE));
    desk.keys("GGG");
    assert_eq!(shown(&desk), "s-000499 · shop");
}

#[test]
fn a_review_that_cannot_be_loaded_says_how_to_retry() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("5");
    desk.world.down = Some(failure(FailureKind::Server { request_id: None }, "the disk is full"));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Cannot load the keys.") && screen.contains("r retry"), "{screen}");
    assert!(!screen.contains("o keep"), "there is nothing to decide on: {screen}");
    desk.world.down = None;
    desk.keys("r");
    assert_eq!(shown(&desk), "web · shop");
    desk.press(KeyCode::Esc);
    // The list of reviews as well.
    desk.world.down = Some(failure(FailureKind::Server { request_id: None }, "the disk is full"));
    desk.keys("2V");
    assert!(desk.screen(SIZE).contains("r retry"), "{}", desk.screen(SIZE));
    desk.world.down = None;
    desk.keys("r");
    assert!(desk.screen(SIZE).contains("Autumn"), "{}", desk.screen(SIZE));
}

#[test]
fn after_the_review_was_closed_an_undo_brings_back_what_the_server_knows() {
    let mut stage = queue(SIZE);
    let name = |stage: &Stage| line(&stage.screen(), 4);
    let first = name(&stage);
    stage.keys("xgz");
    stage.press(KeyCode::Esc);
    stage.keys("V");
    stage.keys("g");
    assert_eq!(name(&stage), first);
    assert!(stage.screen().contains("decision  ○ skip"), "{}", stage.screen());
    stage.keys("u");
    stage.wait(std::time::Duration::from_secs(1));
    let flat = stage.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("your last decision. Restored: revoke. u undoes the one before it."),
        "{}",
        stage.screen()
    );
    assert!(stage.screen().contains("decision  ✕ revoke"), "{}", stage.screen());
    stage.keys("u");
    stage.wait(std::time::Duration::from_secs(1));
    assert!(stage.screen().contains("decision  ○ undecided"), "{}", stage.screen());
}

/// The dashboard is closed and opened again: the queue knows nothing but what the server has.
fn again(stage: &mut Stage) {
    stage.press(KeyCode::Esc);
    stage.keys("Vg");
}

fn undoes_once(stage: &mut Stage) -> String {
    stage.keys("u");
    stage.wait(std::time::Duration::from_secs(1));
    stage.wait(std::time::Duration::from_secs(1));
    stage.screen().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn after_the_review_was_closed_an_undo_goes_on_before_what_an_undo_brought_back() {
    let mut stage = queue(SIZE);
    let first = line(&stage.screen(), 4);
    // Revoke, then skip; the skip is undone.
    stage.keys("xgzu");
    assert!(stage.screen().contains("decision  ✕ revoke"), "{}", stage.screen());
    again(&mut stage);
    assert_eq!(line(&stage.screen(), 4), first);
    let flat = undoes_once(&mut stage);
    assert!(flat.contains("Undone: revoke ") && !flat.contains("Restored"), "{}", stage.screen());
    assert!(stage.screen().contains("decision  ○ undecided"), "not skip: {}", stage.screen());
    let flat = undoes_once(&mut stage);
    assert!(flat.contains("Nothing more to undo."), "{}", stage.screen());
    again(&mut stage);
    let flat = undoes_once(&mut stage);
    assert!(flat.contains("You have not decided on any key yet."), "{}", stage.screen());
}

#[test]
fn after_the_review_was_closed_a_decision_counts_by_when_it_was_made_and_not_by_its_undo() {
    let mut stage = queue(SIZE);
    // The first key is revoked, the second one paused, the first one skipped; that is undone.
    stage.keys("xPgzu");
    again(&mut stage);
    let flat = undoes_once(&mut stage);
    assert!(flat.contains("Undone: pause "), "{}", stage.screen());
    let flat = undoes_once(&mut stage);
    assert!(flat.contains("Undone: revoke ") && !flat.contains("Restored"), "{}", stage.screen());
    assert!(undoes_once(&mut stage).contains("Nothing more to undo."), "{}", stage.screen());
}

/// Decisions on `web` before the dashboard was opened, each by somebody, as the audit log tells of them.
fn decided_before(decisions: &[(&str, Decision)]) -> Desk {
    let (mut desk, review) = reviewed(World::small());
    for (by, decision) in decisions {
        decided_by(&mut desk, &review, by, *decision);
    }
    desk.keys("Vg");
    assert!(desk.screen(SIZE).contains("web · shop"), "{}", desk.screen(SIZE));
    desk
}

fn decided_by(desk: &mut Desk, review: &Review, by: &str, decision: Decision) {
    let (key, project) = {
        let key = desk.world.keys.iter().find(|key| key.name == "web").expect("a key");
        (key.id, key.project_id)
    };
    let items = &desk.world.reviews.all[0].1;
    let version = items.iter().find(|item| item.key.id == key).expect("it is in the review").version;
    let decide = Decide { decision, until: None, reason: None, version };
    desk.world.reviews.decide(review.id, key, by, Some(&decide)).expect("it is open");
    let detail = serde_json::json!({ "review": review.id, "version": version + 1, "decision": decision });
    let seq = desk.world.events.len() as u64 + 1;
    let told = event(seq, project, key);
    desk.world.events.push(Event {
        action: Action::ReviewDecided,
        actor: by.into(),
        detail,
        key: Some(key),
        ..told
    });
}

fn flat(desk: &Desk) -> String {
    desk.screen(SIZE).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_one_decides_again_after_someone_else_is_no_undo_of_theirs() {
    let (ann, ben) = ("local:ann", "token:ben");
    let past = [(ann, Decision::Revoke), (ben, Decision::Pause), (ann, Decision::Revoke)];
    let mut desk = decided_before(&past);
    desk.keys("u");
    assert!(
        flat(&desk)
            .contains("Undone: revoke shop/web, your last decision. Restored: pause, now in your name.")
    );
    assert_eq!(decisions(&desk), [("web".to_owned(), Decision::Pause)]);
    // Nor is what another one brings back an undo of this person's.
    let past =
        [(ann, Decision::Revoke), (ann, Decision::Pause), (ben, Decision::Revoke), (ann, Decision::Skip)];
    let mut desk = decided_before(&past);
    desk.keys("u");
    assert!(flat(&desk).contains("Restored: revoke, now in your name."), "{}", desk.screen(SIZE));
}

#[test]
fn a_decision_that_was_made_three_times_is_undone_once() {
    let past = [Decision::Pause, Decision::Revoke, Decision::Revoke, Decision::Revoke];
    for repeated in 2..=4 {
        let past: Vec<(&str, Decision)> = past[..repeated].iter().map(|it| ("local:ann", *it)).collect();
        let mut desk = decided_before(&past);
        desk.keys("u");
        let words =
            "Undone: revoke shop/web, your last decision. Restored: pause. u undoes the one before it.";
        assert!(flat(&desk).contains(words), "{repeated}: {}", desk.screen(SIZE));
        assert_eq!(decisions(&desk), [("web".to_owned(), Decision::Pause)]);
    }
}

/// What someone else decides on a key that was decided already; `heard` is whether this dashboard is told.
fn replaces(desk: &mut Desk, review: &Review, name: &str, decision: Option<Decision>, heard: bool) {
    let items = &desk.world.reviews.all[0].1;
    let item = items.iter().find(|item| item.key.name == name).expect("it is in the review");
    let (key, version) = (item.key.clone(), item.version);
    let decide = decision.map(|decision| Decide { decision, until: None, reason: None, version });
    desk.world.reviews.decide(review.id, key.id, "token:bob", decide.as_ref()).expect("it is open");
    if heard {
        desk.hears([decided(review, &key, version + 1)]);
        desk.answer();
    }
}

#[test]
fn an_older_decision_is_not_undone_unasked_where_someone_else_has_replaced_the_last_one() {
    for (decision, heard, words) in [
        (Some(Decision::Pause), true, "Your last decision, on shop/mobile, was replaced by token:bob."),
        (
            Some(Decision::Pause),
            false,
            "token:bob decided pause on shop/mobile meanwhile. Nothing was undone.",
        ),
        (None, true, "Your last decision, on shop/mobile, was undone meanwhile."),
    ] {
        let (mut desk, review) = reviewed(World::small());
        desk.keys("Vxx");
        replaces(&mut desk, &review, "mobile", decision, heard);
        let before = decisions(&desk);
        desk.keys("u");
        assert!(flat(&desk).contains(words), "{words}: {}", desk.screen(SIZE));
        assert_eq!(decisions(&desk), before, "{words}");
        assert_eq!(shown(&desk), "mobile · shop");
        if heard {
            assert!(flat(&desk).contains("u undoes the one before it."), "{}", desk.screen(SIZE));
        } else {
            // It is known now.
            desk.keys("u");
            assert!(flat(&desk).contains("was replaced by token:bob."), "{}", desk.screen(SIZE));
        }
        desk.keys("u");
        assert!(
            flat(&desk).contains("Undone: revoke shop/web, your last decision."),
            "{}",
            desk.screen(SIZE)
        );
        let mut others = before;
        others.retain(|(name, _)| name != "web");
        assert_eq!(decisions(&desk), others);
    }
}
