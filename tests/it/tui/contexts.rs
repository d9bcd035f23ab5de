//! Going to another server without leaving, and what a locked context wants typed.

use std::time::Duration;

use keydeck::secret::Secret;
use keydeck::tui::model::{Contexts, Effect, Event, FailureKind, KeyCode, Place, Reply, Request, Setup};
use keydeck::tui::view::Theme;
use keydeck::wire::keys::KeyReceipt;
use ratatui::style::Color;

use super::story::dashboard;
use crate::cli::contexts::{Elsewhere, login};
use crate::support::fixtures::{Desk, WHOLE_KEY, World, failure, key, project, receipt};
use crate::support::home::Home;

const SIZE: (u16, u16) = (120, 30);

fn desk(at: usize) -> Desk {
    let plain = Desk::cold(World::empty(), SIZE).setup();
    let contexts = Contexts { at, ..plain.contexts.clone() };
    let here = contexts.all[at].clone();
    let setup = Setup { context: here.title, prod: here.prod, contexts, ..plain };
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    desk.effects.clear();
    desk
}

/// Goes to the context in this row of the list; its server has this world.
fn go(desk: &mut Desk, row: usize, world: World) {
    desk.tap(KeyCode::Char('C'));
    desk.tap(KeyCode::Home);
    (0..row).for_each(|_| desk.tap(KeyCode::Down));
    desk.tap(KeyCode::Enter);
    desk.world = world;
}

#[test]
fn the_list_shows_each_context_with_its_marks_and_where_it_is() {
    let mut desk = desk(0);
    desk.keys("C");
    let screen = desk.screen(SIZE);
    let row =
        |name: &str| screen.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{screen}"));
    assert!(row("https://keys.example.com").contains("shop     PROD read-only"), "{screen}");
    assert!(row("local database  ").contains("> local") || row("(current)").contains("> local"), "{screen}");
    for theme in [Theme::DEFAULT, Theme::MONO] {
        let (buffer, cursor) = desk.buffer_in(&theme, SIZE);
        let at = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x, y))).find(|(x, y)| {
            "shop".chars().enumerate().all(|(at, c)| {
                buffer.cell((x + at as u16, *y)).is_some_and(|cell| cell.symbol() == c.to_string())
            }) && *y > cursor.1
        });
        let colour = buffer[at.expect("its name")].fg;
        assert_eq!(colour, if theme == Theme::DEFAULT { Color::Magenta } else { Color::Reset });
    }
    for (code, name) in [(KeyCode::End, "staging"), (KeyCode::Home, "local")] {
        desk.press(code);
        assert!(desk.screen(SIZE).contains(&format!("> {name}")), "{code:?}: {}", desk.screen(SIZE));
    }
    desk.press(KeyCode::Esc);
    assert!(desk.effects.is_empty() && !desk.screen(SIZE).contains("Contexts"));
    let setup = Setup { contexts: Contexts::default(), ..desk.setup() };
    let mut alone = Desk::with(World::small(), setup);
    alone.keys("C");
    assert!(alone.screen(SIZE).contains("keydeck login URL"));
}

#[test]
fn another_context_drops_all_of_the_old_one_and_asks_the_new_one() {
    let mut desk = desk(0);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("web"));
    // A page is under way when one leaves.
    desk.tap(KeyCode::Char('r'));
    assert!(!desk.open.is_empty());
    let asked = desk.open.clone();
    let other = project(9, "warehouse");
    let world =
        World { keys: vec![key(77, "robot", &other, Some(5))], projects: vec![other], ..World::empty() };
    go(&mut desk, 2, world);
    assert!(desk.open.is_empty(), "requests of the old context are cancelled");
    assert_eq!(desk.effects, [Effect::SetTitle("keydeck: staging".into()), Effect::Switch("staging".into())]);
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("web") && !screen.contains("shop") && screen.contains("staging"), "{screen}");
    // What was answered all the same changes nothing.
    for (id, request) in asked {
        let reply = World::small().answer(&request);
        desk.happen(Event::Replied(id, reply));
    }
    assert!(!desk.screen(SIZE).contains("web"));
    desk.connect();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("robot") && screen.contains("▸ all projects"), "{screen}");
    desk.effects.clear();
    go(&mut desk, 1, World::small());
    assert_eq!(desk.effects[0], Effect::SetTitle("keydeck: shop PROD".into()));
    let header = desk.screen(SIZE).lines().next().expect("a header").to_owned();
    assert!(header.contains("shop") && header.contains("PROD") && header.contains("read-only"), "{header}");
    go(&mut desk, 1, World::small());
    assert!(desk.screen(SIZE).contains("Already in shop"));
}

#[test]
fn what_becomes_of_a_change_is_said_though_its_context_was_left() {
    let revoked = |desk: &Desk| {
        let mut key = desk.world.keys[0].clone();
        key.status = keydeck::wire::keys::Status::Revoked;
        Ok(Reply::Revoked(KeyReceipt { key, receipt: receipt() }))
    };
    for (lost, words) in [
        (false, "In local: shop/web revoked (confirmed by 1 of 1 node"),
        (true, "In local: no answer to revoking shop/web: The connection broke. The key may not be revoked."),
    ] {
        let mut desk = desk(0);
        desk.keys("2/web");
        desk.press(KeyCode::Enter);
        desk.keys("x");
        desk.tap(KeyCode::Char('y'));
        let (id, request) = desk.open.last().cloned().expect("sent");
        assert!(matches!(request, Request::RevokeKey { .. }));
        let reply = if lost {
            Err(failure(FailureKind::OutcomeUnknown, "the connection broke"))
        } else {
            revoked(&desk)
        };
        desk.tap(KeyCode::Esc);
        go(&mut desk, 2, World::empty());
        assert!(desk.open.iter().any(|(open, _)| *open == id), "a change is never cancelled");
        assert!(desk.screen(SIZE).contains("A change in local is still pending"), "{}", desk.screen(SIZE));
        desk.happen(Event::Replied(id, reply));
        assert!(desk.screen(SIZE).contains(words), "{}", desk.screen(SIZE));
    }
}

#[test]
fn a_key_made_in_a_context_that_was_left_is_shown_and_can_be_revoked_there() {
    let mut desk = desk(0);
    desk.keys("2nci");
    desk.tap(KeyCode::Enter);
    let (id, request) = desk.open.last().cloned().expect("sent");
    let made = desk.world.answer(&request);
    desk.open.clear();
    desk.tap(KeyCode::Esc);
    go(&mut desk, 2, World::empty());
    desk.connect();
    desk.happen(Event::Replied(id, made));
    let screen = desk.screen(SIZE);
    assert!(screen.contains(WHOLE_KEY) && screen.contains("server   local"), "{screen}");
    desk.wait(Duration::from_secs(1));
    desk.effects.clear();
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Char('x'));
    let sent = desk.effects.iter().any(|effect| {
        matches!(effect, Effect::RequestIn(context, _, Request::RevokeKey { .. }) if context == "default")
    });
    assert!(sent, "{:?}", desk.effects);
    assert!(!desk.asked.iter().skip(1).any(|request| matches!(request, Request::RevokeKey { .. })));
}

#[test]
fn a_locked_context_hides_changes_until_the_word_is_typed_and_for_ten_minutes() {
    let mut desk = desk(1);
    desk.keys("2");
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("new key") && screen.contains("read-only"), "{screen}");
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Type PROD to allow changes for"), "{screen}");
    desk.keys("prod");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("in capitals"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("n");
    desk.keys("PROD");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Changes allowed in shop for 10 minutes"), "{screen}");
    // What was asked for goes on by itself.
    assert!(screen.contains("New key"), "{screen}");
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("new key") && screen.contains("changes allowed (10 min"), "{screen}");
    // Whole minutes that are left, as with other deadlines.
    for (wait, left) in [(90, "8 min"), (7 * 60, "1 min"), (60, "<1 min")] {
        desk.wait(Duration::from_secs(wait));
        let screen = desk.screen(SIZE);
        assert!(screen.contains(&format!("changes allowed ({left})")), "{screen}");
    }
    desk.keys("x");
    assert!(desk.screen(SIZE).contains("Revoke this key?") && desk.screen(SIZE).contains("shop, PROD"));
    // Not under the hands of who decides; then at once.
    desk.wait(Duration::from_mins(11));
    assert!(desk.screen(SIZE).contains("Revoke this key?"));
    desk.press(KeyCode::Esc);
    desk.wait(Duration::from_secs(1));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("shop is read-only again") && !screen.contains("new key"), "{screen}");

    // Another context knows nothing of it.
    desk.keys("x");
    desk.keys("PROD");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    go(&mut desk, 0, World::small());
    desk.connect();
    assert!(desk.screen(SIZE).contains("new key"));
    go(&mut desk, 1, World::small());
    desk.connect();
    assert!(!desk.screen(SIZE).contains("new key"));
}

#[test]
fn a_clock_that_is_set_makes_the_ten_minutes_neither_longer_nor_shorter() {
    const HOUR: i64 = 3_600_000;
    for set in [HOUR, -HOUR, 24 * 365 * HOUR, -24 * 365 * HOUR] {
        let mut desk = desk(1);
        desk.keys("2x");
        desk.keys("PROD");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Esc);
        desk.wait(Duration::from_mins(4));
        desk.happen(Event::ClockSet(set));
        desk.now = keydeck::wire::time::Timestamp::from_millis(desk.now.millis() + set);
        desk.wait(Duration::from_mins(5));
        let screen = desk.screen(SIZE);
        assert!(screen.contains("changes allowed (1 min"), "set by {set}, nine minutes later: {screen}");
        desk.wait(Duration::from_mins(1));
        let screen = desk.screen(SIZE);
        assert!(!screen.contains("new key"), "set by {set}, ten minutes later: {screen}");
        // Nothing waits for a time that was: the page is asked for as before.
        desk.asked.clear();
        desk.wait(Duration::from_mins(2));
        assert!(desk.asked.iter().any(|request| matches!(request, Request::Keys { .. })), "{:?}", desk.asked);
    }
}

#[test]
fn after_the_word_the_thing_that_was_wanted_is_asked_and_never_done() {
    let asked = [
        ("2x", "Revoke this key?"),
        ("2R", "Rotate"),
        ("2e", "Edit key"),
        ("2P", "Pause this key?"),
        ("1D", "Delete"),
        ("1n", "New project"),
        ("N", "New key"),
        ("2  x", "Revoke 2 marked keys"),
    ];
    for (keys, title) in asked {
        let mut desk = desk(1);
        desk.keys(keys);
        assert!(desk.screen(SIZE).contains("Type PROD"), "{keys}: {}", desk.screen(SIZE));
        desk.keys("PROD");
        let writes = |desk: &Desk| desk.asked.iter().filter(|request| request.writes()).count();
        desk.tap(KeyCode::Enter);
        desk.answer();
        let screen = desk.screen(SIZE);
        assert!(screen.contains(title), "{keys}: {screen}");
        // An Enter that is pressed twice confirms nothing that nobody has read.
        desk.tap(KeyCode::Enter);
        desk.answer();
        assert_eq!(writes(&desk), 0, "{keys}: {}", desk.screen(SIZE));
    }
}

#[test]
fn a_leaked_key_in_a_locked_context_goes_on_to_its_revocation_after_the_word() {
    let mut desk = desk(1);
    let secret = Secret::parse(WHOLE_KEY).expect("a key");
    desk.world.keys[0].hint = secret.hint();
    desk.paste(WHOLE_KEY);
    desk.wait(Duration::from_secs(1));
    desk.keys("x");
    desk.keys("PROD");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Revoke this key?") && screen.contains("web"), "{screen}");
    desk.keys("y");
    assert!(desk.screen(SIZE).contains("web revoked (confirmed by 1 of 1 node"), "{}", desk.screen(SIZE));
}

#[test]
fn a_run_that_changes_nothing_and_an_auditor_cannot_unlock() {
    let mut auditor = desk(1);
    let place = Place { server: "https://keys.example.com".into(), edge: None, by_socket: false };
    let session = World { role: keydeck::wire::tokens::Role::Auditor, ..World::small() }.session();
    auditor.happen(Event::Connected { session, place });
    auditor.answer();
    auditor.keys("2x");
    assert!(
        auditor.screen(SIZE).contains("requires the member or admin role (you are auditor)")
            || auditor.screen(SIZE).contains("read_only")
    );
    assert!(!auditor.screen(SIZE).contains("Type PROD"));
    let plain = desk(1);
    let mut read_only = Desk::with(World::small(), Setup { read_only: true, ..plain.setup() });
    read_only.connect();
    read_only.keys("2x");
    assert!(read_only.screen(SIZE).contains("--read-only") && !read_only.screen(SIZE).contains("Type PROD"));
}

#[test]
fn one_goes_between_real_servers_in_one_sitting() {
    let (shop, staging) = (Elsewhere::start(&[]), Elsewhere::start(&[]));
    for (there, name) in [(&shop, "boots"), (&staging, "trial")] {
        there.home.ok(&["projects", "create", name]);
        there.home.ok(&["keys", "create", &format!("{name}-key"), "--project", name]);
    }
    let home = Home::new();
    login(&home, &shop, "shop");
    login(&home, &staging, "staging");
    let file = home.path().join("config/keydeck/config.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let marked = text
        .replace("[contexts.shop]\n", "[contexts.shop]\nprod = true\nread_only = true\ncolour = \"red\"\n");
    std::fs::write(&file, marked).expect("written");
    home.ok(&["contexts", "use", "default"]);

    // It begins on its own server, which goes on while one looks elsewhere.
    let mut pty = dashboard(&home, &[]);
    pty.press("2");
    pty.press("C");
    pty.sees("http://");
    pty.press("\u{1b}[B\r");
    let screen = pty.sees("boots-key");
    let header = screen.lines().next().expect("a header");
    assert!(header.contains("shop") && header.contains("PROD") && header.contains("read-only"), "{header}");
    assert!(pty.raw().windows(18).any(|bytes| bytes == b"keydeck: shop PROD"), "the terminal's title");
    pty.press("x");
    pty.sees("Type PROD");
    pty.press("PROD\r");
    pty.sees("changes allowed");
    pty.sees("Revoke this key?");
    pty.press_until("y", "the receipt", |screen| screen.contains("revoked (confirmed by 1 of 1 node"));

    pty.press("C");
    pty.sees("Enter switch");
    pty.press("\u{1b}[B\r");
    let screen = pty.sees("trial-key");
    assert!(!screen.contains("PROD") && !screen.contains("boots-key"), "{screen}");
    // A server that is gone keeps nobody from going on to the next one.
    drop(shop.owner);
    pty.press("C");
    pty.sees("Enter switch");
    pty.press("\u{1b}[A\r");
    pty.sees("annot reach");
    pty.press("C");
    pty.sees("Enter switch");
    pty.press("\u{1b}[A\r");
    pty.sees("edge 127.0.0.1:");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    assert!(pty.is_whole());
    for token in [&shop.token, &staging.token] {
        let raw = pty.raw();
        assert!(!raw.windows(22).any(|bytes| bytes == &token.as_bytes()[15..37]), "a token was shown");
    }
}

#[test]
fn the_list_filters_as_one_types_and_no_letter_is_a_command() {
    let mut desk = desk(0);
    desk.keys("Cprod");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Contexts") && screen.contains("> shop"), "{screen}");
    assert!(!screen.contains("staging.example.com"), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.effects.contains(&Effect::Switch("shop".into())));
    // Every letter that was a command there is text now, and nothing reaches the table.
    let mut desk = self::desk(0);
    desk.keys("2");
    desk.keys("CjkgGqxnD");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("/ jkgGqxnD") && screen.contains("No context matches."), "{screen}");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("No context matches."), "Enter without a match does nothing");
    desk.happen(Event::Key(keydeck::tui::model::KeyPress::ctrl('u')));
    desk.keys("stag");
    assert!(desk.screen(SIZE).contains("> staging"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("> new-ci") && screen.contains("[Keys") && !screen.contains(['┌', '┏']),
        "{screen}"
    );
    assert!(desk.effects.is_empty(), "{:?}", desk.effects);
}
