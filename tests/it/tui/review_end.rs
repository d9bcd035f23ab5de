//! Reviews in the dashboard, from the summary to the signature.

use std::time::Duration;

use keydeck::tui::model::{
    ClipboardOutcome, Contexts, CopyKind, CopyText, Effect, Event, FailureKind, KeyCode, Request, Setup,
};
use keydeck::wire::audit::Action;
use keydeck::wire::events::Message;
use keydeck::wire::keys::Status;
use keydeck::wire::reviews::{Decision, Review, ReviewOutcome, ReviewStatus, Scope};

use super::reviews::{SIZE, decided, decides, line, queue, reviewed, shown, stage};
use crate::support::fixtures::{Desk, NOW, World, ago, failure, setup};

#[test]
fn nothing_is_executed_before_the_number_is_typed_and_then_each_key_has_its_outcome() {
    let mut stage = queue(SIZE);
    stage.keys("xxP");
    stage.keys("X");
    let screen = stage.screen();
    for part in [
        "2 keys will be revoked:",
        "1 key will be paused:",
        "29 keys undecided. They stay as they are:",
        "Type 3 to confirm",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(screen.contains("[ Revoke 2, pause 1 ]"), "the verb is on the button: {screen}");
    stage.keys("2");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("That is not 3. Type 3 to confirm"), "{}", stage.screen());
    stage.press(KeyCode::Backspace);
    stage.keys("3");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    for part in [
        "2 keys revoked:",
        "1 key paused:",
        "✓ Executed (confirmed by 1 of 1 node",
        "29 keys undecided, not changed:",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Esc);
    stage.keys("5");
    assert!(stage.screen().contains("● executed") && stage.screen().contains("3/32"), "{}", stage.screen());
    // Its keys can be looked at, and not be decided on any more.
    stage.keys("g");
    stage.press(KeyCode::Enter);
    stage.keys("gx");
    let screen = stage.screen();
    assert!(!screen.contains("x revoke") && line(&screen, 1).ends_with("· 29 of 32 undecided"), "{screen}");
}

#[test]
fn who_would_be_hurt_stands_in_the_summary() {
    let mut stage = stage(SIZE);
    stage.keys("2/name:price-feed");
    stage.press(KeyCode::Enter);
    stage.keys("V");
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("▲ Used in the last 24 h by"), "before the decision, too: {screen}");
    stage.keys("xX");
    let screen = stage.screen();
    assert!(
        screen.contains("1 key will be revoked:") && screen.contains("▲ Used in the last 24 h by"),
        "{screen}"
    );
    assert!(screen.contains("y  Revoke 1"), "one key is one key press: {screen}");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("Press y to revoke 1"), "{}", stage.screen());
    stage.keys("y");
    assert!(stage.screen().contains("1 key revoked:"), "{}", stage.screen());
}

#[test]
fn a_key_that_was_used_since_the_decision_is_named_and_left_alone() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("V");
    assert_eq!(shown(&desk), "web · shop");
    desk.keys("xx");
    desk.world.keys[1].last_used_at = Some(NOW + Duration::from_secs(1));
    desk.keys("X");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("1 key will not be changed:"), "{screen}");
    assert!(screen.contains("▲ used since the decision  shop/mobile (revoke)"), "{screen}");
    desk.keys("y");
    assert!(desk.screen(SIZE).contains("1 key revoked:"), "{}", desk.screen(SIZE));
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
    assert_eq!(desk.world.keys[1].status, Status::Active);
}

#[test]
fn decisions_that_change_under_the_summary_are_not_executed() {
    let (mut desk, review) = reviewed(World::small());
    desk.keys("VxxX");
    desk.keys("2");
    decides(&mut desk, &review, "old-batch", Decision::Revoke);
    let key = desk.world.keys[2].clone();
    desk.hears([decided(&review, &key, 1)]);
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("3 keys will be revoked:") && screen.contains("Changed meanwhile. Type 3 to confirm"),
        "{screen}"
    );
    desk.press(KeyCode::Enter);
    assert!(desk.world.keys.iter().all(|key| key.status != Status::Revoked || key.name == "leaked"));
}

#[test]
fn an_executed_review_is_signed_with_the_head_of_a_pack_and_by_who_took_part_only_on_purpose() {
    let (mut desk, _) = reviewed(World::small());
    let review = &mut desk.world.reviews.all[0].0;
    (review.status, review.executed_by) = (ReviewStatus::Executed, Some("local:ann".into()));
    review.executed_at = Some(NOW);
    desk.keys("5r");
    assert!(desk.screen(SIZE).contains("X sign"), "{}", desk.screen(SIZE));
    desk.keys("X");
    let screen = desk.screen(SIZE);
    for part in ["Sign this review", "Autumn", "by local:ann", "audit report --review rev_"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    desk.keys("17:abc");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("! Paste the head of a pack: SEQ:HASH"), "{}", desk.screen(SIZE));
    desk.happen(Event::Key(keydeck::tui::model::KeyPress::ctrl('u')));
    // As `keydeck audit report` prints it.
    desk.keys(&format!(" Head: 17:{} ", "ab".repeat(32)));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("You made decisions in this review") && screen.contains("sign anyway"));
    assert_eq!(desk.world.reviews.all[0].0.status, ReviewStatus::Executed, "nothing was signed");
    desk.press(KeyCode::Enter);
    desk.keys("!");
    assert!(!desk.screen(SIZE).contains("failed"), "a question is no failure: {}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Review Autumn signed") && screen.contains("signed"), "{screen}");
    let signed = |same: bool| {
        let of = |request: &&Request| matches!(request, Request::SignReview { sign, .. } if sign.same_person == same);
        desk.asked.iter().filter(of).count()
    };
    assert_eq!((signed(false), signed(true)), (1, 1));
    assert!(!screen.contains("X sign"), "it is signed once: {screen}");
}

#[test]
fn a_review_that_was_signed_meanwhile_is_shown_as_signed_in_its_queue() {
    let (mut desk, review) = reviewed(World::small());
    desk.world.reviews.all[0].0.status = ReviewStatus::Executed;
    desk.keys("5r");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("X sign"), "{}", desk.screen(SIZE));
    desk.world.reviews.all[0].0.status = ReviewStatus::Signed;
    desk.hears([told(&review, Action::ReviewSigned)]);
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("✓ signed") && !screen.contains("X sign"), "{screen}");
}

#[test]
fn what_was_said_of_the_next_step_is_over_when_the_review_is() {
    let (mut desk, review) = reviewed(World::small());
    desk.keys("V");
    desk.keys(&"z".repeat(5));
    assert!(desk.screen(SIZE).contains("Press X to execute"), "{}", desk.screen(SIZE));
    desk.world.reviews.all[0].0.status = ReviewStatus::Executed;
    desk.hears([told(&review, Action::ReviewExecuted)]);
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("● executed") && !screen.contains("Press X to execute"), "{screen}");
}

/// The server says that someone did this to the review.
fn told(review: &Review, action: Action) -> Message {
    let key = World::small().keys[0].clone();
    let mut message = decided(review, &key, 1);
    if let Message::Changed(changed) = &mut message {
        (changed.event.action, changed.event.key, changed.key) = (action, None, None);
    }
    message
}

#[test]
fn a_real_server_knows_no_such_pack_and_says_so() {
    let mut stage = queue(SIZE);
    stage.keys("xXy");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Esc);
    stage.keys("5gX");
    assert!(stage.screen().contains("Sign this review"), "{}", stage.screen());
    stage.keys(&format!("17:{}", "ab".repeat(32)));
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("! No pack of this server has this head"), "{screen}");
}

#[test]
fn a_summary_that_is_not_known_says_so_and_is_checked_again() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Vx");
    desk.world.down = Some(failure(FailureKind::Unreachable, "no answer from the server"));
    desk.keys("X");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("What would be done is not known yet."), "{screen}");
    assert!(screen.contains("No answer from the server.") && screen.contains("y check again"), "{screen}");
    assert!(screen.contains("Press r to retry"), "{screen}");
    assert!(!screen.contains("ndecided") && !screen.contains("y  Execute"), "{screen}");
    desk.world.down = None;
    desk.wait(Duration::from_secs(1));
    desk.press(KeyCode::Char('y'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("1 key will be revoked:") && screen.contains("y  Revoke 1"), "{screen}");
}

#[test]
fn the_callers_of_all_keys_in_use_stand_in_the_summary() {
    let (mut desk, _) = reviewed(World::large(45));
    desk.keys("V");
    for _ in 0..45 {
        desk.keys("x");
    }
    assert!(desk.screen(SIZE).contains("all decided"), "{}", desk.screen(SIZE));
    desk.asked.clear();
    desk.keys("X");
    let asked: std::collections::BTreeSet<String> = desk
        .asked
        .iter()
        .filter_map(|request| match request {
            Request::Callers(id) => Some(id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 45, "each once, some at a time");
    let mut pages = desk.screen(SIZE);
    for _ in 0..12 {
        desk.press(KeyCode::PageDown);
        pages.push_str(&desk.screen(SIZE));
    }
    assert!(!pages.contains("Checking recent callers"), "{pages}");
}

#[test]
fn a_review_in_which_nothing_is_decided_is_not_executed() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("VX");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Nothing is decided yet."), "{screen}");
    desk.wait(Duration::from_secs(1));
    desk.keys("y");
    let executes =
        |request: &Request| matches!(request, Request::ExecuteReview { execute, .. } if !execute.dry_run);
    assert!(!desk.asked.iter().any(executes));
    assert_eq!(desk.world.reviews.all[0].0.status, ReviewStatus::Open);
}

#[test]
fn the_summary_names_who_is_asked_and_what_closing_means_and_the_result_what_comes_next() {
    let mut stage = queue((120, 40));
    stage.keys("iWho uses it?");
    stage.press(KeyCode::Enter);
    stage.keys("zX");
    let screen = stage.screen();
    for part in [
        "1 key whose owner is to be asked:",
        ": Who uses it?",
        "1 key skipped:",
        "30 keys undecided. They stay as they are:",
        "▲ Executing closes the review: undecided keys stay undecided.",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    // Nothing stands between the heading and its keys.
    let mut below = screen.lines().skip_while(|line| !line.contains("They stay as they are:"));
    assert!(!below.nth(1).is_some_and(|line| line.contains('▲')), "{screen}");
    stage.keys("y");
    let screen = stage.screen();
    assert!(screen.contains("Executed by local:"), "{screen}");
    assert!(screen.contains("│ keydeck audit report --review rev_"), "{screen}");
    assert!(screen.contains("y copy the command"), "{screen}");
    stage.press(KeyCode::Esc);
    stage.press(KeyCode::Esc);
    // The queue of an executed review leads on to its signature.
    stage.keys("5rg");
    stage.press(KeyCode::Enter);
    assert!(stage.screen().contains("X sign"), "{}", stage.screen());
    stage.keys("X");
    let screen = stage.screen();
    assert!(screen.contains("Sign this review") && screen.contains("y copy the command"), "{screen}");
    stage.keys("y");
    assert!(stage.screen().contains("y copy the command"), "nothing was typed: {}", stage.screen());
    stage.keys("1");
    assert!(!stage.screen().contains("y copy the command"), "{}", stage.screen());
}

#[test]
fn every_undecided_key_can_be_read_in_the_summary() {
    let (mut desk, _) = reviewed(World::large(130));
    desk.keys("VX");
    desk.keys("q");
    let shown = shown(&desk);
    let (skipped, _) = shown.split_once(" · ").expect("a key of a project");
    desk.keys("zX");
    assert!(
        desk.screen(SIZE).contains("129 keys undecided. They stay as they are:"),
        "{}",
        desk.screen(SIZE)
    );
    let mut pages = String::new();
    let mut totals = std::collections::BTreeSet::new();
    for _ in 0..30 {
        let screen = desk.screen(SIZE);
        let position =
            screen.lines().find(|line| line.contains('–')).and_then(|line| line.split_once(" of "));
        let (_, total) = position.expect("which lines are shown");
        totals.insert(total.trim_matches([' ', '│', '┃']).to_owned());
        pages.push_str(&screen);
        desk.press(KeyCode::PageDown);
    }
    assert_eq!(totals.len(), 1, "the number of lines does not grow: {totals:?}");
    let last = desk.screen(SIZE);
    assert!(!last.contains("more"), "{last}");
    let (_, undecided) = pages.split_once("129 keys undecided. They stay as they are:").expect("its heading");
    let missing: Vec<&str> = desk
        .world
        .keys
        .iter()
        .map(|key| key.name.as_str())
        .filter(|name| !undecided.contains(&format!("/{name} ")))
        .collect();
    assert_eq!(missing, [skipped], "all but the skipped one, which stands elsewhere");
}

#[test]
fn undecided_keys_that_could_not_be_loaded_are_requested_again() {
    let (mut desk, _) = reviewed(World::large(130));
    desk.keys("VX");
    desk.tap(KeyCode::Char('G'));
    let (id, asked) = desk.open.remove(0);
    assert!(matches!(asked, Request::ReviewItems { .. }), "{asked:?}");
    let failed = Err(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.happen(Event::Replied(id, failed));
    let screen = desk.screen((120, 40));
    assert!(screen.contains("! Cannot load more undecided keys. Nothing answers at"), "{screen}");
    desk.press(KeyCode::Down);
    assert!(!desk.screen(SIZE).contains("Cannot load"), "{}", desk.screen(SIZE));
    desk.keys("GGG");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("/s-000129 "), "{screen}");
}

#[test]
fn decided_keys_that_could_not_be_loaded_are_requested_again() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Vxx");
    desk.tap(KeyCode::Char('X'));
    let is_page = |(_, asked): &(_, Request)| match asked {
        Request::ReviewItems { query, .. } => {
            query.decision.is_some_and(|filter| filter.0 == Some(Decision::Revoke))
        }
        _ => false,
    };
    let at = desk.open.iter().position(is_page).expect("the keys to revoke");
    let (id, _) = desk.open.remove(at);
    let failed = Err(failure(FailureKind::Server { request_id: None }, "the disk is full"));
    desk.happen(Event::Replied(id, failed));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! Cannot load all keys.") && screen.contains("r retry"), "{screen}");
    assert!(!screen.contains("shop/web"), "{screen}");
    desk.keys("r");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("shop/web") && screen.contains("shop/mobile"), "{screen}");
    assert!(!screen.contains("r retry") && !screen.contains("Cannot load"), "{screen}");
}

/// A world with an executed review of all keys.
fn executed() -> World {
    let mut world = World::small();
    let keys = world.keys.clone();
    world.reviews.start("Autumn", Scope::default(), None, &keys);
    let review = &mut world.reviews.all[0].0;
    (review.status, review.executed_at) = (ReviewStatus::Executed, Some(NOW));
    world
}

#[test]
fn who_copies_the_command_from_the_result_reads_what_became_of_it() {
    let mut desk = Desk::new(executed(), SIZE);
    desk.keys("5");
    for dialog in ["X", "execute"] {
        if dialog == "X" {
            desk.keys("Xy");
        } else {
            desk.press(KeyCode::Esc);
            desk.world.reviews.all[0].0.status = ReviewStatus::Open;
            desk.keys("rX");
            desk.world.reviews.all[0].0.status = ReviewStatus::Executed;
            desk.keys("y");
        }
        let copied = ClipboardOutcome::Copied { clears_in: None };
        desk.happen(Event::Clipboard(CopyKind::Public("command"), copied));
        assert!(desk.screen(SIZE).contains("✓ Copied the command"), "{dialog}: {}", desk.screen(SIZE));
    }
}

#[test]
fn a_review_that_is_over_is_not_edited() {
    let mut desk = Desk::new(executed(), SIZE);
    desk.keys("5e");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("This review is executed; it cannot be changed."), "{screen}");
    assert!(!screen.contains("Edit this review"), "{screen}");
}

#[test]
fn an_executed_review_says_so_to_each_key_that_would_decide() {
    for key in ["x", "o", "z", "u", "e"] {
        let mut desk = Desk::new(executed(), SIZE);
        desk.keys("5");
        desk.press(KeyCode::Enter);
        let screen = desk.screen(SIZE);
        assert!(screen.contains(" undecided") && !screen.contains(" left"), "{screen}");
        desk.keys(key);
        let screen = desk.screen(SIZE);
        assert!(
            screen.contains("This review is executed; its decisions cannot be changed."),
            "{key}: {screen}"
        );
        // What decides nothing is told apart.
        desk.keys("B");
        assert!(desk.screen(SIZE).contains("B does nothing in a review."), "{}", desk.screen(SIZE));
    }
}

#[test]
fn the_command_for_the_second_person_is_quoted_where_a_shell_would_read_something_else() {
    for (place, word) in [
        ("http://[::1]:7474", "--server 'http://[::1]:7474'"),
        ("~/keys:a", "--database '~/keys:a'"),
        ("postgres://ann@db.example.com/keys", "--database postgres://ann@db.example.com/keys"),
    ] {
        let world = executed();
        let mut setup = setup(SIZE);
        setup.contexts.all[0].place = place.into();
        let mut desk = Desk::with(world, setup);
        desk.connect();
        desk.keys("5Xy");
        let copied = desk.effects.iter().rev().find_map(|effect| match effect {
            Effect::Copy(CopyText::Public(_, text)) => Some(text.as_str()),
            _ => None,
        });
        assert!(copied.is_some_and(|text| text.ends_with(&format!(" {word}"))), "{copied:?}");
    }
}

#[test]
fn the_command_for_the_second_person_says_where_and_what_they_need_or_why_it_does_not_work() {
    let executed = |at: usize| {
        let world = executed();
        let setup = setup(SIZE);
        let contexts = Contexts { at, ..setup.contexts.clone() };
        let mut desk = Desk::with(world, Setup { contexts, ..setup });
        desk.connect();
        desk.keys("5X");
        let inner = |row: &str| row.split('│').nth(1).unwrap_or_default().trim().to_owned();
        let words: Vec<String> = desk.screen(SIZE).lines().map(inner).collect();
        desk.keys("y");
        let copied = desk.effects.iter().rev().find_map(|effect| match effect {
            Effect::Copy(CopyText::Public(_, text)) => Some(text.clone()),
            _ => None,
        });
        (words.join(" "), copied.unwrap_or_default())
    };
    let (screen, copied) = executed(2);
    assert!(copied.ends_with(" --server https://staging.example.com"), "{copied}");
    assert!(screen.contains("a token of their own (`keydeck login URL`)"), "{screen}");
    let (screen, copied) = executed(0);
    assert!(!copied.contains("--server") && !copied.contains("--database"), "{copied}");
    assert!(screen.contains("Others need `keydeck serve` and a token."), "{screen}");
    let mut stage = queue(SIZE);
    stage.keys("xXy");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Esc);
    stage.keys("5gX");
    assert!(stage.screen().contains("The command does not work in the demo"), "{}", stage.screen());
}

#[test]
fn a_review_that_has_ended_keeps_its_due_date_and_no_time_is_left() {
    for (status, signed, words) in [
        (ReviewStatus::Executed, None, "● executed"),
        (ReviewStatus::Signed, Some(ago(2 * 86_400)), "✓ signed"),
    ] {
        let (mut desk, _) = reviewed(World::small());
        let review = &mut desk.world.reviews.all[0].0;
        (review.status, review.due_at) = (status, Some(NOW + Duration::from_hours(240)));
        (review.executed_at, review.signed_at) = (Some(ago(3 * 86_400)), signed);
        desk.keys("5r");
        let screen = desk.screen(SIZE);
        let row = screen.lines().find(|line| line.contains("Autumn")).expect("its row");
        assert!(row.contains(words) && row.contains("2026-12-03"), "{words}: {screen}");
        assert!(!screen.contains("in 10d"), "{words}: {screen}");
        let mut wide = Desk::new(std::mem::replace(&mut desk.world, World::small()), (160, 40));
        wide.keys("5");
        let wide = wide.screen((160, 40));
        assert!(wide.contains("due       2026-12-03 "), "{words}: {wide}");
        assert_eq!(wide.contains("signed    2d ago"), signed.is_some(), "{words}: {wide}");
    }
}

#[test]
fn the_summary_speaks_of_one_undecided_key_as_of_one() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Vxxxx");
    desk.keys("X");
    let flat = desk.screen(SIZE).replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let words = "▲ Executing closes the review: the undecided key stays undecided.";
    assert!(flat.contains("1 key undecided. It stays as it is") && flat.contains(words), "{flat}");
}

#[test]
fn each_decision_that_was_carried_out_reads_as_what_it_was() {
    for (decision, words) in [
        (Decision::Keep, "✓ kept"),
        (Decision::Revoke, "✓ revoked"),
        (Decision::Pause, "✓ paused"),
        // Someone has created the replacement meanwhile.
        (Decision::Rotate, "✓ rotated"),
    ] {
        let mut world = executed();
        let item = &mut world.reviews.all[0].1[0];
        (item.decision, item.outcome) = (Some(decision), Some(ReviewOutcome::Done));
        item.decided_by = Some("token:carol".into());
        let mut desk = Desk::new(world, SIZE);
        desk.keys("5");
        desk.press(KeyCode::Enter);
        desk.keys("g");
        assert!(desk.screen(SIZE).contains(&format!("outcome   {words}")), "{}", desk.screen(SIZE));
    }
}

#[test]
fn who_signs_reads_what_was_not_done() {
    let mut world = executed();
    let items = &mut world.reviews.all[0].1;
    for (at, decision, outcome) in [
        (0, Decision::Revoke, ReviewOutcome::UsedSince),
        (1, Decision::Revoke, ReviewOutcome::Done),
        (2, Decision::Pause, ReviewOutcome::UsedSince),
        (3, Decision::Rotate, ReviewOutcome::ToRotate),
    ] {
        (items[at].decision, items[at].outcome) = (Some(decision), Some(outcome));
    }
    let mut desk = Desk::new(world, SIZE);
    desk.keys("5X");
    let screen = desk.screen(SIZE);
    let words = "not done  ▲ 2 used since the decision · 1 to be rotated";
    assert!(screen.contains(words), "{screen}");
    let mut world = executed();
    world.reviews.all[0].1[1].decision = Some(Decision::Revoke);
    world.reviews.all[0].1[1].outcome = Some(ReviewOutcome::Done);
    let mut desk = Desk::new(world, SIZE);
    desk.keys("5X");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Sign this review") && !screen.contains("not done"), "{screen}");
}

#[test]
fn the_summary_says_which_keys_are_kept_until_when() {
    let (mut desk, _) = reviewed(World::small());
    desk.keys("Ve");
    desk.press(KeyCode::Tab);
    desk.keys("90d");
    desk.press(KeyCode::Enter);
    desk.keys("oX");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("2 keys will be kept, 1 of them until a date:"), "{screen}");
    assert!(screen.contains("  shop/web, until 2027-02-21"), "{screen}");
    assert!(screen.contains("  shop/mobile"), "each is named: {screen}");
    // The result counts them, too.
    desk.wait(Duration::from_secs(1));
    desk.keys("y");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("✓ Executed") || screen.contains("Executed by"), "{screen}");
    assert!(screen.contains("2 keys kept, 1 of them until a date:"), "{screen}");
}
