//! What who may not execute a review sees of it, and does in it.

use std::time::Duration;

use keydeck::tui::model::{KeyCode, Request, Setup};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::Status;
use keydeck::wire::reviews::{Decide, Decision, Scope};
use keydeck::wire::tokens::Role;

use super::reviews::{SIZE, decided, decides, line, reviewed};
use crate::support::fixtures::{Desk, NOW, World, setup};

#[test]
fn an_auditor_decides_and_reads_who_may_execute() {
    let mut world = World::small();
    world.role = Role::Auditor;
    let (mut desk, review) = reviewed(world);
    desk.keys("Vx");
    let screen = desk.screen(SIZE);
    assert!(line(&screen, 1).ends_with("· 4 of 5 left"), "{screen}");
    assert!(screen.lines().next().is_some_and(|line| line.contains("  auditor  ")), "{screen}");
    assert!(screen.contains("X summary") && !screen.contains("X execute"), "{screen}");
    desk.keys("X");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("1 key will be revoked:") && screen.contains("shop/web"), "{screen}");
    assert!(screen.contains("Summary of Autumn") && !screen.contains("Execute Autumn"), "{screen}");
    assert!(screen.contains("A member or admin executes it."), "{screen}");
    assert!(!screen.contains("Executing closes") && !screen.contains("(you are auditor)"), "{screen}");
    // What cannot work takes no key that would hide why.
    desk.keys("y");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("A member or admin executes it."), "{screen}");
    let executes = |request: &Request| matches!(request, Request::ExecuteReview { .. });
    assert!(!desk.asked.iter().any(executes));
    assert_eq!(desk.world.reviews.all[0].0.id, review.id);
    desk.press(KeyCode::Esc);
    desk.keys("zzzzz");
    let flat = desk.screen(SIZE).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("Press X for the summary. A member or admin executes it."),
        "{}",
        desk.screen(SIZE)
    );
    desk.press(KeyCode::Esc);
    desk.keys("5");
    assert!(!desk.screen(SIZE).contains("X execute"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("X summary"), "{}", desk.screen(SIZE));
}

#[test]
fn an_auditor_reads_the_same_summary_as_who_may_execute() {
    for role in [Role::Member, Role::Auditor] {
        let mut world = World::small();
        world.role = role;
        let (mut desk, review) = reviewed(world);
        decides(&mut desk, &review, "web", Decision::Revoke);
        decides(&mut desk, &review, "mobile", Decision::Revoke);
        decides(&mut desk, &review, "old-batch", Decision::Rotate);
        let until = Some(NOW + Duration::from_hours(24 * 90));
        let keep = Decide { decision: Decision::Keep, until, reason: None, version: 0 };
        let kept = desk.world.keys[3].id;
        desk.world.reviews.decide(review.id, kept, "token:ben", Some(&keep)).expect("it is open");
        desk.world.keys[1].status = Status::Revoked;
        desk.keys("5rX");
        let screen = desk.screen(SIZE);
        for words in [
            "1 key will be revoked:",
            "  shop/web, last used",
            "1 key will not be changed:",
            "✕ already revoked  shop/mobile (revoke)",
            "1 key to rotate. Rotate it yourself",
            "  shop/old-batch ",
            "1 key will be kept:",
            "  blog/forgotten, until 2027-02-21",
        ] {
            assert!(screen.contains(words), "{role:?}, {words}: {screen}");
        }
        assert!(!screen.contains("shop/mobile, last used"), "{role:?}: {screen}");
    }
}

#[test]
fn an_auditor_reads_that_a_key_was_used_or_paused_since_the_decision() {
    let mut world = World::small();
    world.role = Role::Auditor;
    let (mut desk, review) = reviewed(world);
    decides(&mut desk, &review, "web", Decision::Revoke);
    decides(&mut desk, &review, "mobile", Decision::Revoke);
    desk.world.keys[0].last_used_at = Some(NOW + Duration::from_secs(1));
    desk.world.keys[1].status = Status::Paused;
    desk.world.keys[1].paused_at = Some(NOW + Duration::from_secs(1));
    desk.keys("5rX");
    let screen = desk.screen(SIZE);
    for words in [
        "2 keys will not be changed:",
        "▲ used since the decision  shop/web (revoke)",
        "▲ changed since the decision  shop/mobile (revoke)",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("will be revoked"), "{screen}");
}

#[test]
fn where_nothing_may_be_changed_a_review_is_read_and_not_decided() {
    let mut world = World::small();
    let keys = world.keys.clone();
    world.reviews.start("Autumn", Scope::default(), None, &keys);
    let mut desk = Desk::with(world, Setup { read_only: true, ..setup(SIZE) });
    desk.connect();
    desk.keys("V");
    // Only what works is offered.
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("o keep") && !screen.contains("x revoke"), "{screen}");
    assert!(screen.contains("X summary") && !screen.contains("X execute"), "{screen}");
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! Read-only: started with --read-only."), "{screen}");
    assert!(!desk.asked.iter().any(Request::writes));
    desk.press(KeyCode::Esc);
    desk.keys("5n");
    assert!(desk.screen(SIZE).contains("Read-only: started with --read-only."), "{}", desk.screen(SIZE));
}

#[test]
fn the_owner_of_a_database_that_was_opened_read_only_is_not_called_an_auditor() {
    let mut world = World::small();
    // What the option makes of whoever it is.
    world.role = keydeck::wire::tokens::Role::Auditor;
    let mut desk = Desk::with(world, Setup { read_only: true, ..setup(SIZE) });
    desk.connect();
    for keys in ["2x", "P", "n", "1D"] {
        desk.keys(keys);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("Read-only: started with --read-only."), "{keys}: {screen}");
        assert!(!screen.contains("auditor;"), "{keys}: {screen}");
        desk.press(KeyCode::Esc);
    }
}

#[test]
fn the_summary_of_an_auditor_follows_the_keys_and_the_decisions() {
    let mut world = World::small();
    world.role = Role::Auditor;
    let (mut desk, review) = reviewed(world);
    for name in ["web", "mobile"] {
        decides(&mut desk, &review, name, Decision::Revoke);
    }
    decides(&mut desk, &review, "old-batch", Decision::Rotate);
    desk.keys("5rX");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("2 keys will be revoked:") && screen.contains("1 key to rotate."), "{screen}");
    assert!(!screen.contains("a replacement may exist"), "all keys are loaded: {screen}");
    // Others revoke one, replace one and pause one.
    let mut new = desk.world.keys[2].clone();
    (new.id, new.created_at) = (KeyId::from_number(50), NOW + Duration::from_secs(1));
    (new.name, new.rotated_from) = ("old-batch-2".into(), Some(desk.world.keys[2].id));
    desk.world.keys.push(new);
    desk.world.keys[0].status = Status::Revoked;
    desk.world.keys[1].status = Status::Paused;
    desk.world.keys[1].paused_at = Some(NOW + Duration::from_secs(1));
    desk.tell();
    desk.answer();
    let screen = desk.screen(SIZE);
    for words in
        ["✕ already revoked  shop/web (revoke)", "▲ changed since the decision  shop/mobile (revoke)"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("will be revoked") && !screen.contains("to rotate. "), "{screen}");
    // A decision counts as well.
    decides(&mut desk, &review, "forgotten", Decision::Revoke);
    let key = desk.world.keys[3].clone();
    desk.hears([decided(&review, &key, 1)]);
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("1 key will be revoked:") && screen.contains("blog/forgotten"), "{screen}");
}

#[test]
fn an_auditor_is_told_that_a_replacement_may_not_be_known() {
    let mut world = World::small();
    world.role = Role::Auditor;
    let (mut desk, review) = reviewed(world);
    decides(&mut desk, &review, "old-batch", Decision::Rotate);
    // The keys of one project are loaded.
    desk.keys("1");
    desk.press(KeyCode::Enter);
    desk.keys("5rX");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Not all keys are loaded: a replacement may exist already."), "{screen}");
}
