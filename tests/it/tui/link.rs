//! What is said of a link that is slow, dead or not there.

use std::time::Duration;

use keydeck::tui::model::{ChangeBatch, Effect, Event, FailureKind, KeyCode, Request};
use keydeck::wire::session::Node;

use crate::support::fixtures::{Desk, World, failure};

const SIZE: (u16, u16) = (120, 30);

#[test]
fn an_answer_that_does_not_come_is_said_to_be_awaited() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.tap(KeyCode::Char('r'));
    let held = std::mem::take(&mut desk.open);
    assert!(!held.is_empty(), "it was asked again");
    desk.wait(Duration::from_millis(1900));
    assert!(desk.screen(SIZE).contains("● live"), "{}", desk.screen(SIZE));
    let drawn = desk.state.revision();
    desk.wait(Duration::from_millis(200));
    assert!(desk.screen(SIZE).contains("… no answer for 2 s"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_secs(2));
    let screen = desk.screen(SIZE);
    let header = screen.lines().next().expect("a header");
    assert!(header.contains("… no answer for 4 s"), "{header}");
    assert!(!header.contains("live") && desk.state.revision() > drawn);
    desk.open = held;
    desk.answer();
    desk.wait(Duration::from_millis(1));
    assert!(desk.screen(SIZE).contains("● live"), "{}", desk.screen(SIZE));
}

#[test]
fn an_edge_api_that_loads_its_keys_is_said_to_start_until_it_serves() {
    let mut world = World::small();
    world.nodes =
        vec![Node { name: "here".into(), edge: Some("127.0.0.1:7475".into()), revision: 0, live: false }];
    let mut desk = Desk::new(world, SIZE);
    let header = |desk: &Desk| desk.screen(SIZE).lines().next().expect("a header").to_owned();
    assert!(header(&desk).contains("Edge API starting"), "{}", header(&desk));
    assert!(desk.screen((80, 24)).contains("Edge API starting"), "{}", desk.screen((80, 24)));
    desk.asked.clear();
    desk.wait(Duration::from_millis(600));
    let asked = desk.asked.iter().filter(|asked| matches!(asked, Request::Session)).count();
    assert_eq!(asked, 2, "the server is asked whether it serves: {:?}", desk.asked);
    // A server that fails once is asked again.
    desk.now = desk.now + Duration::from_millis(250);
    desk.happen(Event::Tick(desk.now));
    let asked = std::mem::take(&mut desk.open);
    let session =
        asked.into_iter().find(|(_, request)| matches!(request, Request::Session)).expect("it is asked");
    let failed = failure(FailureKind::Server { request_id: None }, "the server failed");
    desk.happen(Event::Replied(session.0, Err(failed)));
    desk.world.nodes[0].live = true;
    desk.world.nodes[0].revision = 17;
    assert!(header(&desk).contains("Edge API starting"), "{}", header(&desk));
    desk.wait(Duration::from_secs(2));
    assert!(!header(&desk).contains("starting"), "{}", header(&desk));
    desk.asked.clear();
    desk.wait(Duration::from_secs(2));
    assert!(!desk.asked.iter().any(|asked| matches!(asked, Request::Session)), "{:?}", desk.asked);
}

#[test]
fn a_stream_without_a_sign_of_life_has_the_page_asked_for() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.wait(Duration::from_secs(5));
    desk.asked.clear();
    desk.happen(Event::Changes(Box::new(ChangeBatch::quiet())));
    desk.wait(Duration::from_millis(10));
    assert!(desk.asked.iter().any(|asked| matches!(asked, Request::Projects { .. })), "{:?}", desk.asked);
}

#[test]
fn a_lost_link_counts_from_the_last_answer_and_is_kept_among_the_messages_once_and_whole() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.press(KeyCode::Char('2'));
    desk.press(KeyCode::Char('r'));
    desk.tap(KeyCode::Char('r'));
    let held = std::mem::take(&mut desk.open);
    desk.wait(Duration::from_secs(20));
    let words = format!(
        "keys.example.com did not answer within 10 s; nothing was read{}the end.",
        " word".repeat(20) + " "
    );
    desk.world.down = Some(failure(FailureKind::TimedOut, &words));
    desk.open = held;
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! disconnected (20s ago)"), "{screen}");
    // Again and again it is the same.
    desk.world.down = Some(failure(FailureKind::TimedOut, &words));
    for _ in 0..3 {
        let lost = failure(FailureKind::TimedOut, &words);
        desk.happen(Event::ConnectFailed(lost));
        desk.wait(Duration::from_secs(3));
    }
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! Keys.example.com did not answer") && screen.contains("the end"), "{screen}");
    desk.press(KeyCode::Char('!'));
    let screen = desk.screen(SIZE);
    // The box stands over the first row of the line.
    assert_eq!(screen.matches("did not answer within").count(), 1, "{screen}");
    assert!(screen.lines().any(|line| line.starts_with("  │") && line.contains("the end")), "{screen}");
}

#[test]
fn while_a_change_is_under_way_a_lost_link_speaks_of_the_change() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("nfresh");
    desk.tap(KeyCode::Enter);
    let held = std::mem::take(&mut desk.open);
    assert!(held.iter().any(|(_, request)| request.writes()));
    desk.wait(Duration::from_secs(3));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("▲ No answer yet to creating project fresh."), "{screen}");
    desk.happen(Event::ConnectFailed(failure(FailureKind::TimedOut, "nothing was read")));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("▲ No answer yet to creating project fresh. Nothing was read"), "{screen}");
    assert!(!screen.contains("othing was changed"), "{screen}");
    desk.open = held;
    desk.answer();
    assert!(!desk.screen(SIZE).contains("No answer yet"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("Project fresh created"), "{}", desk.screen(SIZE));
}

#[test]
fn a_server_that_was_never_asked_has_neither_refused_nor_been_lost() {
    let cases = [
        (
            FailureKind::NoToken,
            "no token for http://one: `keydeck login http://one` stores one",
            "! no token",
        ),
        (FailureKind::Invalid, "/home/ann/token: no token is in it", "! not connected"),
        (FailureKind::Unreachable, "http://one cannot be reached", "! not connected"),
        (FailureKind::Unauthenticated, "the token is unknown", "! access denied"),
    ];
    for (kind, text, header) in cases {
        let mut desk = Desk::cold(World::small(), SIZE);
        desk.happen(Event::ConnectFailed(failure(kind.clone(), text)));
        let screen = desk.screen(SIZE);
        assert!(screen.lines().next().is_some_and(|line| line.contains(header)), "{kind:?}: {screen}");
        assert!(!screen.contains("lost") && screen.contains(&text[1..]), "{kind:?}: {screen}");
        let asked = |desk: &Desk| desk.effects.iter().filter(|effect| **effect == Effect::Connect).count();
        let before = asked(&desk);
        desk.press(KeyCode::Char('r'));
        assert!(asked(&desk) > before, "{kind:?} is tried again by a key");
    }
}

#[test]
fn an_address_is_said_once_where_the_context_has_no_other_name() {
    let mut setup = crate::support::fixtures::setup(SIZE);
    setup.context = "local database".into();
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    desk.wait(Duration::from_millis(500));
    let header = |desk: &Desk| desk.screen(SIZE).lines().next().expect("a header").to_owned();
    assert_eq!(header(&desk).matches("local database").count(), 1, "{}", header(&desk));
    desk.keys("n");
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("New project") && !screen.contains("local database — local database"),
        "{screen}"
    );
}

#[test]
fn what_could_not_be_asked_while_the_link_was_lost_is_asked_when_it_is_back() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers"));
    desk.keys("jjj");
    desk.wait(Duration::from_secs(1));
    desk.keys("x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("unavailable: Nothing answers."), "{screen}");
    desk.world.down = None;
    desk.connect();
    desk.wait(Duration::from_secs(5));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Reconnected") && !screen.contains("unavailable"), "the dialog: {screen}");
    desk.press(KeyCode::Esc);
    desk.wait(Duration::from_secs(5));
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("nothing answers"), "the detail: {screen}");
}

#[test]
fn a_server_that_answers_with_failures_alone_is_not_said_to_be_back() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    let gone = "the database file was deleted; nothing is answered any more";
    desk.world.down = Some(failure(FailureKind::Server { request_id: None }, gone));
    desk.wait(Duration::from_secs(2));
    for code in [KeyCode::Down, KeyCode::Down, KeyCode::Char('r'), KeyCode::Up] {
        desk.press(code);
        desk.wait(Duration::from_secs(4));
        let screen = desk.screen(SIZE);
        assert!(!screen.contains("Reconnected") && !screen.contains("● live"), "{screen}");
    }
}
