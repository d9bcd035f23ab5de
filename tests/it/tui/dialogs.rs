//! Dialogs: a key in two steps, a revocation in two key presses, and whole keys in texts.

use std::time::Duration;

use keydeck::secret::Secret;
use keydeck::tui::model::{Effect, Event, FailureKind, KeyCode, KeyPress, Request, Setup};
use keydeck::wire::keys::{Mode, Status};
use keydeck::wire::tokens::Role;

use crate::support::fixtures::{Desk, WHOLE_KEY, World, failure, setup};

const SIZE: (u16, u16) = (100, 30);

/// Everything that a debugger or a log would show of the state.
pub(super) fn inside(desk: &Desk) -> String {
    format!("{:?}", desk.state)
}

pub(super) fn quits(desk: &Desk) -> bool {
    desk.effects.contains(&Effect::Quit)
}

fn requests(desk: &Desk, wanted: impl Fn(&Request) -> bool) -> usize {
    desk.asked.iter().filter(|request| wanted(request)).count()
}

#[test]
fn the_first_project_and_the_first_key_need_only_their_names() {
    let mut desk = Desk::new(World::empty(), SIZE);
    assert!(desk.screen(SIZE).contains("n new project"), "{}", desk.screen(SIZE));
    desk.keys("nshop");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Project shop created"));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("n new key"), "{}", desk.screen(SIZE));
    desk.keys("nweb");
    desk.press(KeyCode::Enter);
    let made = desk.asked.iter().find_map(|request| match request {
        Request::CreateKey { key, .. } => Some((key.name.clone(), key.mode)),
        _ => None,
    });
    assert_eq!(made, Some(("web".into(), Mode::Live)));
    assert!(desk.screen(SIZE).lines().any(|line| line.trim() == WHOLE_KEY), "{}", desk.screen(SIZE));
}

#[test]
fn a_key_is_revoked_with_two_key_presses_and_never_with_one() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("/web");
    desk.press(KeyCode::Enter);
    desk.tap(KeyCode::Char('x'));
    desk.answer();
    let screen = desk.screen(SIZE);
    for words in
        ["Revoke this key?", "web", "shop", "local database", "just now", "203.0.113.7", "> [ Cancel ]"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    for code in [KeyCode::Char('y'), KeyCode::Enter, KeyCode::Char(' ')] {
        desk.tap(code);
        assert!(desk.screen(SIZE).contains("pressed too quickly"), "an ignored key is answered");
    }
    assert_eq!(requests(&desk, |request| matches!(request, Request::RevokeKey { .. })), 0);
    desk.wait(Duration::from_millis(300));
    desk.press(KeyCode::Char('y'));
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("web revoked (confirmed by 1 of 1 node in 3 ms)"), "{screen}");
    assert!(screen.contains("✕ revoked") && screen.contains("redir_live_0001****...****x9m1"), "{screen}");
}

#[test]
fn enter_on_cancel_revokes_nothing_and_a_reason_goes_along() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("/web");
    desk.press(KeyCode::Enter);
    desk.keys("x");
    desk.press(KeyCode::Enter);
    assert!(!desk.screen(SIZE).contains("Revoke this key?"));
    assert_eq!(desk.world.keys[0].status, Status::Active);
    desk.keys("x");
    desk.press(KeyCode::Tab);
    desk.keys("yes, leaked");
    assert_eq!(desk.world.keys[0].status, Status::Active, "y is a letter of the reason there");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Enter);
    assert_eq!(desk.world.keys[0].revoke_reason.as_deref(), Some("yes, leaked"));
}

#[test]
fn a_revocation_that_was_sent_is_not_left_silently() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("x");
    desk.wait(Duration::from_millis(300));
    desk.tap(KeyCode::Char('y'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoking… waiting for all nodes to confirm"), "{screen}");
    desk.tap(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Still revoking shop/web. The result will be shown here."), "{screen}");
    desk.answer();
    assert!(desk.screen(SIZE).contains("web revoked (confirmed by 1 of 1 node"), "{}", desk.screen(SIZE));
}

#[test]
fn a_change_that_fails_after_its_dialog_was_closed_names_its_key() {
    for (key, doing) in [("x", "Revoking shop/web failed: "), ("P", "Pausing shop/web failed: ")] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2/web");
        desk.press(KeyCode::Enter);
        desk.keys(key);
        desk.wait(Duration::from_millis(300));
        desk.world.down = Some(failure(FailureKind::Server { request_id: None }, "the disk is full"));
        desk.tap(KeyCode::Char('y'));
        desk.tap(KeyCode::Esc);
        desk.answer();
        let flat = desk.screen(SIZE).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(doing) && flat.contains("Nothing was changed."), "{}", desk.screen(SIZE));
    }
}

#[test]
fn a_lost_answer_to_a_revocation_says_that_it_is_not_known() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("/web");
    desk.press(KeyCode::Enter);
    desk.keys("x");
    desk.world.down = Some(failure(FailureKind::OutcomeUnknown, "the connection broke"));
    desk.press(KeyCode::Char('y'));
    assert!(desk.screen(SIZE).contains("The key may not be revoked."), "{}", desk.screen(SIZE));
    let messages = |desk: &mut Desk| {
        desk.press(KeyCode::Esc);
        desk.keys("!");
        let messages = desk.screen(SIZE).split_whitespace().collect::<Vec<_>>().join(" ");
        desk.press(KeyCode::Esc);
        desk.keys("x");
        messages
    };
    let unknown = messages(&mut desk);
    assert!(
        unknown.contains("▲ No answer to revoking shop/web: The connection broke. The key may"),
        "{unknown}"
    );
    assert!(!unknown.contains("failed"), "{unknown}");
    desk.world.down = Some(failure(
        FailureKind::Unreachable,
        "cannot reach http://one: connection refused; is the server running?",
    ));
    desk.press(KeyCode::Char('y'));
    assert!(desk.screen(SIZE).contains("Nothing was changed."), "{}", desk.screen(SIZE));
    // Whoever closes the dialog can still read that it failed.
    let failed = messages(&mut desk);
    assert!(failed.contains("! Revoking shop/web failed: "), "{failed}");
    desk.world.down = None;
    desk.press(KeyCode::Char('y'));
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
}

#[test]
fn a_revoked_key_and_one_that_was_revoked_meanwhile_are_said_to_be() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("/leaked");
    desk.press(KeyCode::Enter);
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("leaked was already revoked by local:ben"), "{}", desk.screen(SIZE));
    assert_eq!(requests(&desk, |request| matches!(request, Request::RevokeKey { .. })), 0);
}

#[test]
fn all_kinds_of_characters_that_a_paste_loses_are_named() {
    for (text, words) in [
        ("a\nb", "Line break removed."),
        ("a\tb\u{200b}", "Tab and invisible character removed."),
        ("a\u{7}\tb\u{200b}c\nd", "Line break, tab, control character and invisible character removed."),
    ] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("n");
        desk.paste(text);
        assert!(desk.screen(SIZE).contains(words), "{text:?}: {}", desk.screen(SIZE));
    }
}

/// A world with the key whose whole text is known.
pub(super) fn leaky() -> World {
    let mut world = World::small();
    world.keys[0].hint = Secret::parse(WHOLE_KEY).expect("a right checksum").hint();
    world
}

#[test]
fn a_leaked_key_pasted_into_the_table_then_x_and_y_is_revoked_and_nothing_of_it_is_kept() {
    let mut desk = Desk::new(leaky(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.paste(&format!("  token = \"{WHOLE_KEY}\"\n"));
    assert!(!inside(&desk).contains("9w3ErTy5UiOp1AsDf8GhJ2"));
    // The state in the same word as in the list.
    assert!(desk.screen(SIZE).contains("web in shop · ● in use"), "{}", desk.screen(SIZE));
    assert!(desk.asked.contains(&Request::FindKey { handle: "7kf2".into(), last4: "1YZq".into() }));
    desk.press(KeyCode::Char('x'));
    desk.press(KeyCode::Char('y'));
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
    assert!(!format!("{:?}{:?}{}", desk.asked, desk.effects, inside(&desk)).contains("9w3ErTy5"));
}

#[test]
fn each_key_of_a_pasted_text_is_offered_and_none_is_dropped_in_silence() {
    let other = Secret::generate(keydeck::secret::Kind::Live).expect("a generator");
    let world = || {
        let mut world = leaky();
        world.keys[1].hint = other.hint();
        world
    };
    let text = format!("A={WHOLE_KEY}\nB={}\nA={WHOLE_KEY}\n", other.reveal());
    let mut desk = Desk::new(world(), SIZE);
    desk.keys("2");
    desk.paste(&text);
    let screen = desk.screen(SIZE);
    for part in ["API key detected (1 of 2)", "web in shop", "Tab next key", "only the masked keys are kept."]
    {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    desk.press(KeyCode::Tab);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("API key detected (2 of 2)") && screen.contains("mobile in shop"), "{screen}");
    assert!(!screen.contains("next key"), "{screen}");
    desk.press(KeyCode::Esc);
    assert!(!desk.screen(SIZE).contains("API key detected"), "{}", desk.screen(SIZE));
    desk.paste(&text);
    desk.press(KeyCode::Esc);
    assert!(
        desk.screen(SIZE).contains("1 more pasted key was dropped. Paste it again."),
        "{}",
        desk.screen(SIZE)
    );
    // The second one waits below the revocation of the first.
    desk.paste(&text);
    desk.keys("xy");
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("API key detected (2 of 2)") && screen.contains("mobile in shop"), "{screen}");
    desk.keys("xy");
    assert_eq!(desk.world.keys[1].status, Status::Revoked);
    // Who goes to one is told that there was another.
    let mut desk = Desk::new(world(), SIZE);
    desk.keys("2");
    desk.paste(&text);
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("1 more pasted key was dropped. Paste it again."), "{screen}");
    assert!(!inside(&desk).contains(&other.reveal()[16..]), "nothing of it is kept");
}

#[test]
fn who_may_not_revoke_is_not_offered_it_for_a_pasted_key() {
    let mut desk = Desk::with(leaky(), Setup { read_only: true, ..setup(SIZE) });
    desk.connect();
    desk.keys("2");
    desk.paste(WHOLE_KEY);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Enter open") && !screen.contains("x revoke"), "{screen}");
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("web in shop"), "it is still there: {}", desk.screen(SIZE));
}

#[test]
fn a_pasted_management_token_is_called_one() {
    let mut desk = Desk::new(leaky(), SIZE);
    desk.paste("redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Management token detected") && !screen.contains("API key detected"), "{screen}");
    assert!(screen.contains("The pasted token was discarded"), "{screen}");
}

#[test]
fn x_before_the_pasted_key_was_found_revokes_that_key_and_no_other() {
    let mut desk = Desk::new(leaky(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.happen(Event::Paste(keydeck::tui::model::Pasted::new(WHOLE_KEY.into())));
    desk.tap(KeyCode::Char('x'));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("Revoke this key?") && screen.contains("redir_live_7kf2****...****1YZq"),
        "{screen}"
    );
    desk.wait(Duration::from_millis(400));
    desk.press(KeyCode::Char('y'));
    assert_eq!(desk.world.keys[0].status, Status::Revoked);
}

#[test]
fn a_key_typed_or_pasted_into_any_field_becomes_its_mask_and_is_offered() {
    let openings: [&[&str]; 7] =
        [&["1", "n"], &["1", "e"], &["2", "n"], &["2", "/"], &["3", "/"], &["2", ":"], &["2", "?"]];
    for opening in openings {
        for typed in [false, true] {
            let mut desk = Desk::new(leaky(), SIZE);
            for key in opening {
                desk.keys(key);
            }
            if typed {
                WHOLE_KEY.chars().for_each(|c| desk.tap(KeyCode::Char(c)));
                desk.answer();
            } else {
                desk.paste(WHOLE_KEY);
            }
            let screen = desk.screen(SIZE);
            assert!(screen.contains("redir_live_7kf2****...****1YZq"), "{opening:?} {typed}: {screen}");
            assert!(screen.contains("web in shop ·"), "{opening:?} {typed}: {screen}");
            assert!(!inside(&desk).contains("9w3ErTy5UiOp1AsDf8GhJ2"), "{opening:?} {typed}");
            assert!(!format!("{:?}", desk.asked).contains("9w3ErTy5UiOp1AsDf8GhJ2"), "{opening:?} {typed}");
        }
    }
}

#[test]
fn a_name_that_held_a_whole_key_is_refused_with_words() {
    let mut desk = Desk::new(leaky(), SIZE);
    desk.keys("1n");
    desk.paste(&format!("shop {WHOLE_KEY}"));
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("An API key was detected"), "{}", desk.screen(SIZE));
    assert_eq!(requests(&desk, |request| matches!(request, Request::CreateProject { .. })), 0);
}

#[test]
fn a_key_typed_into_the_table_by_a_terminal_without_bracketed_paste_is_offered_and_does_nothing_else() {
    let mut desk = Desk::new(leaky(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.asked.clear();
    WHOLE_KEY.chars().for_each(|c| desk.tap(KeyCode::Char(c)));
    desk.answer();
    assert!(desk.screen(SIZE).contains("web in shop ·"), "{}", desk.screen(SIZE));
    assert!(!inside(&desk).contains("w3ErTy5UiOp1AsDf8GhJ2"));
    assert_eq!(requests(&desk, Request::writes), 0);
    assert!(!quits(&desk));
}

#[test]
fn other_text_pasted_into_a_table_is_ignored_and_said_to_be() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.paste("xyq\nxy");
    assert!(desk.screen(SIZE).contains("Paste ignored"));
    assert!(!quits(&desk));
    assert_eq!(requests(&desk, Request::writes), 0);
}

#[test]
fn a_key_that_is_cut_or_mistyped_is_found_by_its_start() {
    let whole = crate::support::fixtures::WHOLE_KEY;
    let mut mistyped = whole.to_owned();
    let last = if mistyped.pop() == Some('a') { 'b' } else { 'a' };
    mistyped.push(last);
    let cut = &whole[..whole.len() - 5];
    for (text, damage) in [
        (mistyped.as_str(), "Wrong checksum: this key is mistyped."),
        (cut, "This key is cut: 38 of 43 characters."),
    ] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2");
        desk.paste(text);
        let screen = desk.screen(SIZE);
        let start = &whole["redir_".len().."redir_live_".len() + 4];
        let words = format!("{damage} Find it with / {start}");
        assert!(screen.contains(&words) && !screen.contains(&text[..20]), "{screen}");
        // Elsewhere the same filter would find nothing.
        desk.keys("1");
        desk.paste(text);
        let screen = desk.screen(SIZE);
        assert!(screen.contains(&format!("Find it with 2 then / {start}")), "{screen}");
        // The whole key, pasted next, is what counts.
        desk.paste(whole);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("API key detected") && !screen.contains("Find it with"), "{screen}");
    }
    // Typed or pasted into the filter, nothing of its secret is to be seen or leaves the dashboard.
    for typed in [false, true] {
        let mut desk = Desk::new(World::large(3), SIZE);
        desk.keys("2/");
        if typed {
            desk.keys(cut);
        } else {
            desk.paste(cut);
            let screen = desk.screen(SIZE);
            assert!(screen.contains("▲ This key is cut: 38 of 43 characters. Only its start, "), "{screen}");
        }
        let public = "redir_live_".len() + 4;
        for _ in 0..2 {
            let screen = desk.screen(SIZE);
            assert!(screen.contains(&cut[..public]) && !screen.contains(&cut[..=public]), "{screen}");
            desk.press(KeyCode::Enter);
        }
        let asked = format!("{:?}", desk.asked);
        assert!(!asked.contains(&cut[..=public]), "{asked}");
    }
    for text in ["redir_live_", "redir_live_ab", "redir_mgmt_0000AAAA", "redir_live_0001 and more"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2");
        desk.paste(text);
        assert!(desk.screen(SIZE).contains("Paste ignored"), "{text}: {}", desk.screen(SIZE));
    }
}

#[test]
fn an_auditor_is_refused_with_words_and_sees_no_writing_keys() {
    let mut desk = Desk::new(World { role: Role::Auditor, ..World::small() }, SIZE);
    desk.press(KeyCode::Char('2'));
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("  auditor  ") && !screen.contains("new key") && !screen.contains("x revoke"),
        "{screen}"
    );
    for key in ["n", "e", "x"] {
        desk.keys(key);
        assert!(desk.screen(SIZE).contains("requires the member or admin role (you are auditor)"), "{key}");
    }
    desk.keys("1D");
    assert!(desk.screen(SIZE).contains("requires the admin role (you are auditor)"), "{}", desk.screen(SIZE));
    // Reviews are what an auditor may do.
    desk.keys("5");
    assert!(!desk.screen(SIZE).contains("Permission denied"), "{}", desk.screen(SIZE));
    assert_eq!(requests(&desk, Request::writes), 0);
}

#[test]
fn a_refused_name_stays_in_its_dialog_with_the_reason() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("1n");
    desk.press(KeyCode::Enter);
    assert!(
        desk.screen(SIZE).contains("The name is empty; enter at least one character."),
        "{}",
        desk.screen(SIZE)
    );
    desk.keys("shop");
    desk.world.down = Some(failure(FailureKind::Conflict, "another project is called shop"));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Another project is called shop. Nothing was changed."));
}

#[test]
fn rename_keeps_what_is_typed_in_the_field_and_changes_the_row() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.keys("/web");
    desk.press(KeyCode::Enter);
    desk.keys("e-eu");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.world.keys[0].name, "web-eu");
    assert!(desk.screen(SIZE).contains("Key renamed to web-eu"));
}

#[test]
fn q_quits_at_the_root_only_esc_never_and_ctrl_c_from_anywhere() {
    let mut desk = Desk::new(World::small(), SIZE);
    for _ in 0..5 {
        desk.press(KeyCode::Esc);
    }
    assert!(!quits(&desk));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("▸ blog"), "{}", desk.screen(SIZE));
    desk.keys("q");
    assert!(!quits(&desk) && desk.screen(SIZE).contains("[Projects"));
    desk.keys("?");
    assert!(desk.screen(SIZE).contains("Keyboard shortcuts"));
    desk.keys("q");
    desk.press(KeyCode::Esc);
    assert!(!quits(&desk));
    desk.keys("2n");
    desk.happen(Event::Key(KeyPress::ctrl('c')));
    assert!(quits(&desk));
}

#[test]
fn below_the_least_size_every_key_but_quit_is_swallowed() {
    let mut desk = Desk::new(World::small(), (39, 10));
    desk.keys("2nxy");
    assert_eq!(requests(&desk, Request::writes), 0);
    assert!(desk.screen((39, 10)).contains("40x10"));
    desk.keys("q");
    assert!(quits(&desk));
}

#[test]
fn an_unknown_key_is_answered_once_with_where_the_help_is() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("Z");
    assert!(desk.screen(SIZE).contains("Press ? for help"));
    desk.wait(Duration::from_secs(10));
    desk.keys("ZQ");
    assert!(!desk.screen(SIZE).contains("for help"), "{}", desk.screen(SIZE));
}

/// Two keys are being made: the form of the first was left while its answer was under way.
pub(super) fn two_made() -> (Desk, [(keydeck::tui::model::RequestId, Request); 2]) {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    let sent = ["early", "late"].map(|name| {
        desk.tap(KeyCode::Char('n'));
        name.chars().for_each(|c| desk.tap(KeyCode::Char(c)));
        desk.tap(KeyCode::Enter);
        let sent =
            desk.open.iter().find(|(_, request)| matches!(request, Request::CreateKey { .. })).cloned();
        desk.tap(KeyCode::Esc);
        desk.open.clear();
        sent.expect("it was sent")
    });
    (desk, sent)
}

#[test]
fn a_change_that_fails_late_is_not_said_of_another_one() {
    // A key.
    let (mut desk, [(early, _), (late, request)]) = two_made();
    desk.tap(KeyCode::Char('n'));
    "third".chars().for_each(|c| desk.tap(KeyCode::Char(c)));
    desk.tap(KeyCode::Enter);
    desk.happen(Event::Replied(early, Err(failure(FailureKind::Conflict, "the name early is taken"))));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("third") && screen.contains("Creating…"), "it is under way still: {screen}");
    assert!(screen.lines().last().is_some_and(|line| line.contains("early is taken")), "{screen}");
    let reply = desk.world.answer(&request);
    desk.happen(Event::Replied(late, reply));

    // A revocation.
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    let revoke = |desk: &mut Desk| {
        desk.keys("x");
        desk.tap(KeyCode::Char('y'));
        desk.open.last().cloned().expect("sent").0
    };
    let first = revoke(&mut desk);
    desk.open.clear();
    desk.tap(KeyCode::Esc);
    desk.press(KeyCode::Down);
    revoke(&mut desk);
    desk.happen(Event::Replied(first, Err(failure(FailureKind::Conflict, "the first one failed"))));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoking…"), "the second one is under way still: {screen}");
}

#[test]
fn what_is_typed_for_a_project_that_nobody_has_is_answered() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2Nci");
    desk.press(KeyCode::Tab);
    desk.press(KeyCode::Tab);
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("! No project matches \"x\"."), "{}", desk.screen(SIZE));
    desk.keys("sh");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("< shop >") && !screen.contains("No project matches"), "{screen}");
}

#[test]
fn the_lost_answer_to_a_change_whose_dialog_was_closed_is_a_warning_that_names_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("x");
    desk.world.down = Some(failure(FailureKind::OutcomeUnknown, "the connection broke"));
    desk.tap(KeyCode::Char('y'));
    desk.tap(KeyCode::Esc);
    desk.answer();
    let screen = desk.screen(SIZE);
    let words = "▲ No answer to revoking shop/web: The connection broke. The key may not be revoked.";
    assert!(screen.contains(words), "{screen}");
}

#[test]
fn a_message_that_is_longer_than_its_rows_says_so_and_where_all_of_it_is() {
    let why = format!("the server refuses this {}and gives no other reason", "for many reasons ".repeat(16));
    for size in [(80, 24), (100, 30)] {
        let mut desk = Desk::new(World::small(), size);
        desk.keys("2");
        desk.world.down = Some(failure(FailureKind::Forbidden, &why));
        desk.keys("r");
        let screen = desk.screen(size);
        let last = screen.lines().rev().nth(1).expect("the row above the keys").to_owned();
        assert!(last.ends_with("… (! shows all)"), "{screen}");
        assert!(!screen.contains("no other reason"), "{screen}");
        desk.keys("!");
        let all = desk.screen(size);
        assert!(all.contains("and gives no other"), "{all}");
    }
}

#[test]
fn a_member_is_told_what_takes_an_admin_and_does_the_rest() {
    let mut desk = Desk::new(World { role: Role::Member, ..World::small() }, SIZE);
    desk.keys("1D");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("requires the admin role (you are member); ask an admin."), "{screen}");
    assert!(!screen.contains("Delete this project?") && !screen.contains("Delete project"), "{screen}");
    desk.keys("e");
    assert!(desk.screen(SIZE).contains("Rename project"), "{}", desk.screen(SIZE));
}

#[test]
fn a_cut_key_is_refused_as_a_name_a_reason_and_a_purpose_and_a_masked_key_is_not() {
    let cut = &WHOLE_KEY[..WHOLE_KEY.len() - 5];
    // Where the dialog is narrow, it has two lines.
    let words = ["This looks like part of a key;", "(redir_live_7kf2)."];
    let flat = |desk: &Desk| {
        desk.screen(SIZE).replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut desk = Desk::new(World::small(), SIZE);
    for (opens, back) in [("1N", 0), ("2n", 0), ("2e", 0), ("2n", 1)] {
        desk.keys(opens);
        if back == 1 {
            desk.keys("ci");
            desk.press(KeyCode::BackTab);
            desk.press(KeyCode::BackTab);
        }
        desk.keys(cut);
        desk.press(KeyCode::Enter);
        assert!(words.iter().all(|words| flat(&desk).contains(words)), "{opens}: {}", desk.screen(SIZE));
        desk.press(KeyCode::Esc);
    }
    desk.keys("2x");
    desk.paste(cut);
    desk.press(KeyCode::Enter);
    desk.keys("y");
    assert!(words.iter().all(|words| flat(&desk).contains(words)), "{}", desk.screen(SIZE));
    assert_eq!(requests(&desk, Request::writes), 0);
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Esc);
    // What lists show of a key is no secret.
    desk.keys("x");
    desk.paste("live_7kf2…x9m1 and redir_live_7kf2****...****x9m1 leaked");
    desk.press(KeyCode::Enter);
    desk.keys("y");
    assert_eq!(requests(&desk, Request::writes), 1, "{}", desk.screen(SIZE));
}

#[test]
fn a_message_has_no_error_number_of_the_operating_system() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2x");
    desk.world.down =
        Some(failure(FailureKind::Server { request_id: None }, "the disk is full (os error 28)"));
    desk.keys("y");
    assert!(desk.screen(SIZE).contains("he disk is full"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("r");
    let line = desk.screen(SIZE);
    desk.keys("!");
    for screen in [line, desk.screen(SIZE)] {
        assert!(screen.contains("he disk is full") && !screen.contains("os error"), "{screen}");
    }
}
