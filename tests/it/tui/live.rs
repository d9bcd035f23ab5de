//! What the server tells by itself: applied at once, held, frozen, and bounded.

use std::time::Duration;

use keydeck::tui::model::change_batch::{EVENTS, MOST};
use keydeck::tui::model::list::Row as _;
use keydeck::tui::model::{ChangeBatch, Effect, Event, FailureKind, KeyCode, Request, update};
use keydeck::wire::audit::{Action, Head};
use keydeck::wire::events::{Changed, Confirmed, Message, Place, Use, Used};
use keydeck::wire::id::KeyId;
use keydeck::wire::keys::{Key, Sort, SortBy, Status};

use crate::support::fixtures::{Desk, NOW, World, ago, event, failure, key, project};

const SIZE: (u16, u16) = (120, 30);

/// The line of the table in which a key stands.
fn row(desk: &Desk, name: &str) -> String {
    let screen = desk.screen(SIZE);
    let found = screen
        .lines()
        .skip(3)
        .find(|line| line.contains(&format!("  {name} ")) || line.contains(&format!("> {name} ")));
    found.unwrap_or_else(|| panic!("no {name}\n{screen}")).to_owned()
}

pub(super) fn used(key: &Key, seconds_ago: u64) -> Use {
    Use {
        key: key.id,
        project: key.project_id,
        last_used_at: Some(ago(seconds_ago)),
        last_used_from: Some("198.51.100.4".into()),
        requests: 5,
        refused_since_revoked: key.refused_since_revoked,
        refused_since_paused: 0,
        last_refused_at: key.last_refused_at,
    }
}

pub(super) fn uses(uses: Vec<Use>) -> Message {
    Message::Used(Used { uses, more: false })
}

/// A change of a key, as the server tells it.
pub(super) fn changed(seq: u64, action: Action, key: &Key) -> Message {
    let event = keydeck::wire::audit::Event { action, ..event(seq, key.project_id, key.id) };
    Message::Changed(Box::new(Changed { event, key: Some(key.clone()), project: None }))
}

fn told(messages: impl IntoIterator<Item = Message>) -> ChangeBatch {
    let mut news = ChangeBatch::default();
    for message in messages {
        let place = if let Message::Changed(changed) = &message { Some(changed.event.seq) } else { None };
        news.take(message, place);
    }
    news
}

impl Desk {
    pub(super) fn hears(&mut self, messages: impl IntoIterator<Item = Message>) {
        self.happen(Event::Changes(Box::new(told(messages))));
    }
}

#[test]
fn a_key_whose_first_request_comes_while_its_dialog_is_open_is_not_said_to_have_none() {
    for (open, verb) in [("x", "Revoke"), ("P", "Pause")] {
        let mut world = World::small();
        world.callers = 0;
        let new = world.keys.iter().find(|key| key.name == "new-ci").expect("never used").clone();
        let mut desk = Desk::new(world, SIZE);
        desk.keys("2/new-ci");
        desk.press(KeyCode::Enter);
        desk.keys(open);
        let screen = desk.screen(SIZE);
        assert!(
            screen.contains(verb) && screen.contains("callers   No requests in the last 24 h"),
            "{screen}"
        );
        desk.asked.clear();
        desk.hears([uses(vec![used(&new, 3)])]);
        let screen = desk.screen(SIZE);
        assert!(screen.contains("callers   ▲ Used in the last 24 h by 198.51.100.4 (just now)"), "{screen}");
        assert_eq!(desk.asked, [Request::Callers(new.id)], "who sends it is asked again");
    }
}

#[test]
fn a_key_whose_requests_were_all_refused_is_not_said_to_have_none() {
    for (keys, last) in [("x", "(just now)"), ("V\r", "(just now)")] {
        let mut world = World::small();
        world.requests = (0, 3);
        for key in &mut world.keys {
            (key.last_used_at, key.last_refused_at) = (None, Some(ago(5)));
        }
        let mut desk = Desk::new(world, SIZE);
        desk.keys("2/new-ci");
        desk.press(KeyCode::Enter);
        for c in keys.chars() {
            desk.press(if c == '\r' { KeyCode::Enter } else { KeyCode::Char(c) });
        }
        let screen = desk.screen(SIZE);
        for words in ["▲ Only refused requests in the last 24", &format!("203.0.113.7 {last}")] {
            assert!(screen.contains(words), "{keys}: {screen}");
        }
        assert!(!screen.contains("No requests in the last 24 h"), "{keys}: {screen}");
    }
}

/// Its caller was refused once, long ago, and was allowed until the key was paused a moment ago.
#[test]
fn a_caller_that_was_allowed_until_the_pause_is_not_called_refused() {
    let mut world = World::small();
    world.requests = (12_345, 3);
    for key in &mut world.keys {
        (key.status, key.paused_at, key.last_used_at) = (Status::Paused, Some(ago(1)), Some(ago(5)));
    }
    let mut desk = Desk::new(world, SIZE);
    desk.keys("2x");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("No requests since the key was paused"), "{screen}");
    assert!(!screen.contains("efused requests"), "{screen}");
}

#[test]
fn uses_and_changes_appear_without_a_request() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.asked.clear();
    let world = World::small();
    let [batch, mobile] = [2, 1].map(|at: usize| world.keys[at].clone());
    desk.hears([uses(vec![used(&batch, 3)])]);
    assert!(
        row(&desk, "old-batch")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains("● in use just now"),
        "{}",
        row(&desk, "old-batch")
    );

    let mut renamed = mobile.clone();
    renamed.name = "phone".into();
    let mut revoked = batch.clone();
    (revoked.status, revoked.revoked_at, revoked.confirmed) = (Status::Revoked, Some(NOW), false);
    let made = Key { created_at: NOW, ..key(77, "brand-new", &world.projects[0], None) };
    desk.hears([
        changed(4, Action::KeyRenamed, &renamed),
        changed(5, Action::KeyRevoked, &revoked),
        changed(6, Action::KeyCreated, &made),
    ]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("phone") && !screen.contains("mobile"), "{screen}");
    assert!(row(&desk, "old-batch").contains("… revoking"), "{screen}");
    assert!(row(&desk, "old-batch").contains("just now"), "its use is not forgotten\n{screen}");
    assert!(screen.contains("brand-new") && screen.contains("1–7 of 7"), "{screen}");
    desk.hears([Message::Confirmed(Confirmed { keys: vec![batch.id] })]);
    assert!(row(&desk, "old-batch").contains("✕ revoked"), "{}", row(&desk, "old-batch"));
    // What comes late brings no revoked key back to life.
    desk.hears([changed(7, Action::KeyRenamed, &batch)]);
    assert!(row(&desk, "old-batch").contains("✕ revoked"), "{}", row(&desk, "old-batch"));
    assert_eq!(desk.asked, [], "nothing was asked for");
    desk.wait(Duration::from_secs(20));
    let pages = desk.asked.iter().filter(|request| matches!(request, Request::Keys { .. })).count();
    assert_eq!(pages, 0, "while events come, nobody asks");
    assert!(desk.screen(SIZE).contains("● live"));
}

#[test]
fn projects_appear_change_their_names_and_go() {
    let mut desk = Desk::new(World::small(), SIZE);
    let [mut shop, zoo] = [project(1, "shop"), project(9, "zoo")];
    let about = |seq, action, project: Option<keydeck::wire::projects::Project>, id| {
        let event =
            keydeck::wire::audit::Event { action, key: None, ..event(seq, id, KeyId::from_number(0)) };
        Message::Changed(Box::new(Changed { event, key: None, project }))
    };
    desk.keys("21j");
    shop.name = "a-store".into();
    desk.hears([
        about(4, Action::ProjectCreated, Some(zoo.clone()), zoo.id),
        about(5, Action::ProjectRenamed, Some(shop.clone()), shop.id),
    ]);
    let screen = desk.screen(SIZE);
    let at = |name: &str| screen.lines().position(|line| line.contains(name)).unwrap_or(usize::MAX);
    assert!(at("a-store") < at("blog") && at("blog") < at("zoo"), "in the order of names\n{screen}");
    assert!(screen.contains("> a-store"), "the selection stays on its project\n{screen}");
    desk.tap(KeyCode::Char('2'));
    let screen = desk.screen(SIZE);
    assert!(
        screen.contains("a-store") && !screen.contains(" shop "),
        "a key names its project as it is called now\n{screen}"
    );
    desk.hears([about(6, Action::ProjectArchived, None, zoo.id)]);
    desk.tap(KeyCode::Char('1'));
    assert!(!desk.screen(SIZE).contains("zoo"), "{}", desk.screen(SIZE));
}

#[test]
fn a_used_key_moves_to_its_place_and_the_selection_goes_with_it() {
    let mut desk = Desk::new(World::small(), SIZE);
    // Both lists are loaded; by last use, the latest first.
    desk.keys("32ss");
    desk.press(KeyCode::Enter);
    desk.keys("Sg");
    let world = World::small();
    let order = |desk: &Desk| {
        let screen = desk.screen(SIZE);
        let names = ["web", "mobile", "old-batch", "forgotten", "leaked", "new-ci"];
        let lines = screen.lines().skip(3).filter_map(|line| line.get(2..)?.split_whitespace().next());
        lines.filter(|name| names.contains(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = ["web", "leaked", "mobile", "old-batch", "new-ci", "forgotten"];
    assert_eq!(order(&desk), before, "{}", desk.screen(SIZE));
    desk.keys("jjj");
    desk.hears([uses(vec![used(&world.keys[2], 1), used(&world.keys[3], 2)])]);
    let screen = desk.screen(SIZE);
    assert_eq!(order(&desk), ["old-batch", "forgotten", "web", "leaked", "mobile", "new-ci"], "{screen}");
    assert!(screen.contains("> old-batch") && screen.contains("1–6 of 6"), "{screen}");
    // In the list of stale keys they are no more.
    desk.tap(KeyCode::Char('3'));
    let screen = desk.screen(SIZE);
    assert!(!screen.contains("old-batch") && !screen.contains("forgotten"), "{screen}");
}

#[test]
fn what_one_changes_while_it_is_frozen_does_not_wait() {
    // This desk tells nothing by itself: what a server tells of a change is given here.
    let mut desk = Desk::polling(World::small(), SIZE);
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    desk.keys("fe-eu");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.world.keys[0].name, "web-eu");
    let renamed = desk.world.keys[0].clone();
    desk.hears([changed(4, Action::KeyRenamed, &renamed)]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("■ live updates off") && !screen.contains("waiting"), "{screen}");
    let mut other = desk.world.keys[1].clone();
    other.name = "phone".into();
    desk.hears([changed(5, Action::KeyRenamed, &other)]);
    assert!(desk.screen(SIZE).contains("■ live updates off, 1 pending"), "{}", desk.screen(SIZE));
}

#[test]
fn a_list_that_is_polled_is_sent_again_only_where_it_has_changed() {
    let tag = |asked: &Request| match asked {
        Request::Projects { etag, .. }
        | Request::AuditEvents { etag, .. }
        | Request::Reviews { etag, .. } => etag.is_some(),
        _ => false,
    };
    let mut world = World::small();
    let keys = world.keys.clone();
    world.reviews.start("Autumn", keydeck::wire::reviews::Scope::default(), None, &keys);
    for view in ["1", "4", "5"] {
        let mut desk = Desk::polling(World { reviews: world.reviews.clone(), ..World::small() }, SIZE);
        desk.keys(view);
        desk.wait(Duration::from_mins(1));
        desk.asked.clear();
        let before = desk.screen(SIZE);
        desk.wait(Duration::from_mins(1));
        assert!(desk.asked.iter().any(tag), "view {view}: {:?}", desk.asked);
        assert!(before.contains("1–"), "{before}");
        desk.world.projects[0].name = "journal".into();
        desk.world.reviews.all[0].0.name = "Winter".into();
        desk.world.events.push(event(4, desk.world.projects[0].id, desk.world.keys[5].id));
        desk.wait(Duration::from_mins(1));
        let screen = desk.screen(SIZE);
        let new = match view {
            "1" => "journal",
            "4" => "1–4 of 4",
            _ => "Winter",
        };
        assert!(screen.contains(new) && !before.contains(new), "{new}: {screen}");
    }
}

#[test]
fn frozen_nothing_changes_and_what_waits_is_counted() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2f");
    assert!(desk.screen(SIZE).contains("■ live updates off"), "{}", desk.screen(SIZE));
    desk.wait(Duration::from_secs(20));
    desk.asked.clear();
    let world = World::small();
    let mut renamed = world.keys[0].clone();
    renamed.name = "site".into();
    desk.hears([changed(4, Action::KeyRenamed, &renamed), uses(vec![used(&world.keys[1], 1)])]);
    desk.hears([uses(vec![used(&world.keys[1], 0)])]);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("■ live updates off, 2 pending"), "a change, and a key that was used\n{screen}");
    assert!(screen.contains("web ") && !screen.contains("site"), "{screen}");
    let drawn = desk.state.revision();
    desk.hears([Message::Ready(Place { seq: 4 })]);
    desk.wait(Duration::from_secs(4));
    assert_eq!((desk.state.revision(), desk.asked.as_slice()), (drawn, &[][..]), "nothing is asked or drawn");
    desk.world.keys[0] = renamed;
    (desk.world.keys[1].last_used_at, desk.world.keys[1].requests30d) = (Some(ago(0)), 9);
    desk.keys("f");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("● live") && screen.contains("site"), "{screen}");
    assert!(row(&desk, "mobile").contains("● in use"), "{screen}");
}

#[test]
fn while_a_new_key_is_shown_or_a_decision_made_news_wait() {
    for open in ["nci\n", "e"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2/web");
        desk.press(KeyCode::Enter);
        for c in open.chars() {
            desk.press(if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
        }
        let before = desk.screen(SIZE);
        // Another key than the one that is decided about: that one is told in the dialog itself.
        let mut renamed = World::small().keys[1].clone();
        renamed.name = "phone".into();
        desk.hears([changed(9, Action::KeyRenamed, &renamed)]);
        assert_eq!(desk.screen(SIZE), before, "{open:?}");
        desk.world.keys[1] = renamed;
        desk.press(if open == "nci\n" { KeyCode::Enter } else { KeyCode::Esc });
        desk.press(KeyCode::Esc);
        assert!(row(&desk, "phone").contains("idle"), "{open:?}");
    }
}

#[test]
fn what_is_not_loaded_costs_neither_a_frame_nor_a_request() {
    let mut desk = Desk::new(World::large(1000), SIZE);
    desk.keys("2");
    desk.wait(Duration::from_secs(15));
    desk.asked.clear();
    let drawn = desk.state.revision();
    let world = World::large(1000);
    // The newest are loaded: those with the least numbers.
    for round in 0..50 {
        desk.hears([uses(world.keys[500..900].iter().map(|key| used(key, 50 - round)).collect())]);
    }
    assert_eq!((desk.state.revision(), desk.asked.len()), (drawn, 0));
    // A change of one may be one of the list's count: the page is asked for, and not more often than ever.
    for round in 0..200 {
        desk.hears([changed(round + 4, Action::KeyRenamed, &world.keys[700])]);
        desk.wait(Duration::from_millis(50));
    }
    let pages = desk.asked.iter().filter(|request| matches!(request, Request::Keys { .. })).count();
    assert!((1..=5).contains(&pages), "{pages} in 10 s");
}

#[test]
fn a_flood_is_gathered_in_bounded_memory_and_what_was_left_out_is_asked_for() {
    let world = World::large(3 * MOST as u128);
    let mut news = ChangeBatch::default();
    for (seq, key) in world.keys.iter().enumerate() {
        news.merge(told([changed(seq as u64 + 1, Action::KeyRevoked, key), uses(vec![used(key, 1)])]));
    }
    assert!(news.reload && news.keys.len() <= MOST && news.uses.len() <= MOST && news.events.len() <= EVENTS);
    assert_eq!((news.changes, news.seq), (3 * MOST as u64, Some(3 * MOST as u64)));
    let mut desk = Desk::new(World::large(300), SIZE);
    desk.keys("2");
    desk.asked.clear();
    desk.happen(Event::Changes(Box::new(news)));
    desk.answer();
    let pages: Vec<_> = desk
        .asked
        .iter()
        .filter_map(
            |request| if let Request::Keys { query, .. } = request { Some(&query.cursor) } else { None },
        )
        .collect();
    assert_eq!(pages, [&None], "the list from its beginning");

    // The same key a million times is one key.
    let mut news = ChangeBatch::default();
    for seq in 0..20_000 {
        news.take(changed(seq, Action::KeyRenamed, &world.keys[0]), Some(seq));
    }
    assert_eq!((news.keys.len(), news.events.len(), news.reload), (1, EVENTS, false));
}

#[test]
fn lists_that_grow_by_themselves_are_asked_for_anew_at_last() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("4");
    desk.keys("2");
    let shop = project(1, "shop");
    for round in 0..30u64 {
        let keys = (0..100u64).map(|at| {
            let seq = 4 + round * 100 + at;
            changed(
                seq,
                Action::KeyCreated,
                &Key { created_at: NOW, ..key(u128::from(10_000 + seq), "new", &shop, None) },
            )
        });
        desk.hears(keys);
        desk.answer();
        assert!(desk.state.loaded_rows() < 2500, "{} rows after {round} rounds", desk.state.loaded_rows());
    }
}

#[test]
fn a_cut_stream_is_polled_for_and_an_open_one_is_not() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.wait(Duration::from_secs(10));
    desk.stream(false);
    assert!(desk.screen(SIZE).contains("○ polling"), "{}", desk.screen(SIZE));
    desk.asked.clear();
    desk.wait(Duration::from_secs(9));
    let pages =
        |desk: &Desk| desk.asked.iter().filter(|request| matches!(request, Request::Keys { .. })).count();
    assert!((3..=4).contains(&pages(&desk)), "{} in 9 s, the first at once", pages(&desk));
    desk.asked.clear();
    desk.stream(true);
    desk.wait(Duration::from_secs(30));
    assert_eq!(pages(&desk), 1, "once more, for uses that were told meanwhile");
    desk.asked.clear();
    desk.wait(Duration::from_mins(1));
    assert_eq!(pages(&desk), 1, "and each minute, for what no event tells");
}

#[test]
fn a_lost_server_keeps_its_rows_and_comes_back_without_a_key() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    desk.world.down = Some(failure(
        FailureKind::Unreachable,
        "cannot reach http://one: connection refused; is the server running?",
    ));
    desk.wait(Duration::from_secs(2));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("! disconnected (just now)") && screen.contains("old-batch"), "{screen}");
    // A write is tried at once all the same.
    desk.asked.clear();
    desk.keys("e2\n");
    desk.press(KeyCode::Enter);
    assert!(desk.asked.iter().any(|request| matches!(request, Request::EditKey { .. })), "{:?}", desk.asked);
    assert!(desk.screen(SIZE).contains("Nothing was changed."), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    // The stream comes back first: it is the word that somebody answers again.
    desk.world.down = None;
    desk.effects.clear();
    desk.wait(Duration::from_secs(20));
    desk.stream(true);
    desk.wait(Duration::ZERO);
    assert!(desk.effects.contains(&Effect::Connect));
    desk.connect();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("● live"), "{screen}");
}

#[test]
fn it_follows_from_where_it_was_unless_that_is_far_or_elsewhere() {
    let follow = |desk: &mut Desk, head: u64| {
        let mut session = desk.world.session();
        session.audit_head = Head { seq: head, ..Head::genesis() };
        let place =
            keydeck::tui::model::Place { server: "local database".into(), edge: None, by_socket: false };
        let effects = update(&mut desk.state, Event::Connected { session, place });
        effects
            .into_iter()
            .find_map(|effect| if let Effect::Follow(after) = effect { Some(after) } else { None })
    };
    let mut desk = Desk::cold(World::small(), SIZE);
    assert_eq!(follow(&mut desk, 100), Some(100), "at first from the head of the session");
    desk.hears([changed(107, Action::KeyRenamed, &World::small().keys[0])]);
    assert_eq!(follow(&mut desk, 120), Some(107), "then from the last change that was told");
    assert_eq!(follow(&mut desk, 100_000), Some(100_000), "too far behind");
    assert_eq!(follow(&mut desk, 3), Some(3), "another database");
}

#[test]
fn however_keys_change_the_loaded_list_is_the_servers() {
    let mut dice = 0x2545_f491_u64;
    let mut roll = move |sides: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 11) as usize % sides
    };
    for (keys, sort) in [
        ("2", Sort { by: SortBy::Created, descending: true }),
        ("2ss", Sort { by: SortBy::LastUsed, descending: false }),
        ("2sss", Sort { by: SortBy::Idle, descending: true }),
        ("2ssss", Sort { by: SortBy::Name, descending: false }),
    ] {
        let mut desk = Desk::new(World::large(450), SIZE);
        desk.keys(keys);
        desk.press(KeyCode::Enter);
        desk.keys("wG");
        for round in 0..20u32 {
            for _ in 0..roll(30) {
                let at = roll(desk.world.keys.len());
                let found = &mut desk.world.keys[at];
                match roll(3) {
                    0 => found.name = format!("r-{round}-{}", roll(1000)),
                    1 => found.last_used_at = Some(ago(roll(9_000_000) as u64)).max(found.last_used_at),
                    _ => found.status = Status::Revoked,
                }
            }
            if roll(2) == 0 {
                let number = 90_000 + u128::from(round);
                let made = key(number, &format!("n-{round}"), &desk.world.projects[0].clone(), None);
                desk.world.keys.push(Key { created_at: ago(roll(90_000_000) as u64), ..made });
            }
            desk.wait(Duration::from_secs(1));
        }
        desk.press(KeyCode::Char('g'));
        let mut expected = desk.world.keys.clone();
        expected.sort_by(|a, b| a.order(b, sort));
        for (at, key) in expected.iter().enumerate() {
            let screen = desk.screen(SIZE);
            let line =
                screen.lines().find(|line| line.starts_with("> ")).unwrap_or_else(|| panic!("{screen}"));
            assert!(line.contains(&format!("> {} ", key.name)), "{keys}: row {at} is {}\n{screen}", key.name);
            desk.tap(KeyCode::Char('j'));
            desk.answer();
        }
    }
}
