//! The detail: longer than its place it scrolls, alone on the screen and beside the table.

use std::time::Duration;

use keydeck::tui::model::{Event, KeyCode, KeyPress, Mouse, MouseKind};

use super::story::start_sized;
use crate::support::fixtures::{Desk, World, ago};
use crate::support::home::{Home, KEYDECK};
use crate::support::pty::Pty;

const SMALLEST: (u16, u16) = (40, 10);
const SMALL: (u16, u16) = (80, 24);
const BESIDE: (u16, u16) = (120, 30);
const LAST: &str = "203.0.113.38";

/// With as many callers as are kept of a key.
fn busy() -> World {
    World { callers: 32, ..World::small() }
}

/// The detail of `web`, alone on the screen.
pub(super) fn open(world: World, size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(world, size);
    desk.keys("2/name:web");
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Enter);
    desk.wait(Duration::from_secs(1));
    desk
}

fn ctrl(desk: &mut Desk, c: char) {
    desk.happen(Event::Key(KeyPress::ctrl(c)));
}

/// Which lines of how many are seen: the first, the last, all.
fn position(desk: &Desk, size: (u16, u16)) -> Option<(usize, usize, usize)> {
    let screen = desk.screen(size);
    let (before, after) =
        // Above it, the tabs say which rows are seen.
        screen.lines().skip(2).find_map(|line| line.rsplit_once('–').filter(|(_, after)| after.contains(" of ")))?;
    let first = before.rsplit([' ', '·']).next()?.parse().ok()?;
    let mut words = after.split(' ');
    let last = words.next()?.parse().ok()?;
    words.next().filter(|word| *word == "of")?;
    Some((first, last, words.next()?.parse().ok()?))
}

#[test]
fn a_long_detail_scrolls_by_all_motion_keys_and_says_where_one_is() {
    let mut desk = open(busy(), SMALLEST);
    let (first, last, all) = position(&desk, SMALLEST).expect("it is longer than the screen");
    assert_eq!((first, last), (1, 5), "{}", desk.screen(SMALLEST));
    assert!(all > 45, "{all}");
    assert!(desk.screen(SMALLEST).contains("j scroll"), "{}", desk.screen(SMALLEST));
    let mut at = |keys: &[KeyCode]| {
        for key in keys {
            desk.press(*key);
        }
        assert!(desk.screen(SMALLEST).contains("web · "), "whose detail it is: {}", desk.screen(SMALLEST));
        position(&desk, SMALLEST).expect("it is longer than the screen").0
    };
    assert_eq!(at(&[KeyCode::Char('j'), KeyCode::Down]), 3);
    assert_eq!(at(&[KeyCode::Char('k')]), 2);
    assert_eq!(at(&[KeyCode::PageDown]), 7);
    assert_eq!(at(&[KeyCode::PageUp, KeyCode::PageUp]), 1, "no further than the first");
    assert_eq!(at(&[KeyCode::Char('J')]), 4);
    assert_eq!(at(&[KeyCode::Char('K')]), 1);
    assert_eq!(at(&[KeyCode::Char('G')]), all - 4);
    assert_eq!(at(&[KeyCode::Down, KeyCode::PageDown]), all - 4, "no further than the last");
    assert_eq!(at(&[KeyCode::Char('g')]), 1);
    ctrl(&mut desk, 'd');
    assert_eq!(position(&desk, SMALLEST), Some((3, 7, all)));
    ctrl(&mut desk, 'u');
    assert_eq!(position(&desk, SMALLEST), Some((1, 5, all)));
    desk.keys("G");
    assert!(desk.screen(SMALLEST).contains(LAST), "{}", desk.screen(SMALLEST));
}

#[test]
fn another_row_begins_at_its_top_news_keep_the_place_and_a_resize_keeps_it_within() {
    let mut desk = open(busy(), SMALL);
    desk.keys("G");
    let (_, last, all) = position(&desk, SMALL).expect("it is longer than the screen");
    assert_eq!(last, all);
    desk.keys("k");
    desk.world.keys[0].last_used_at = Some(desk.now);
    desk.world.keys[0].requests30d += 1;
    desk.wait(Duration::from_secs(10));
    assert_eq!(position(&desk, SMALL), Some((all - 19, all - 1, all)), "{}", desk.screen(SMALL));
    // A taller chart makes it longer.
    desk.happen(Event::Resize(80, 40));
    let (_, last, all) = position(&desk, (80, 40)).expect("it is longer than the screen");
    assert_eq!(last, all, "{}", desk.screen((80, 40)));
    // A window that is too small for a moment loses nothing.
    desk.happen(Event::Resize(20, 5));
    desk.happen(Event::Resize(80, 40));
    assert_eq!(position(&desk, (80, 40)), Some((all - 34, all, all)));
    desk.keys("]");
    let screen = desk.screen((80, 40));
    assert!(screen.contains("mobile · 1–"), "{screen}");
    desk.keys("G[");
    assert!(desk.screen((80, 40)).contains("web · 1–"), "{}", desk.screen((80, 40)));
}

#[test]
fn in_open_details_the_motion_keys_scroll_and_never_leave_for_another_row() {
    let size = (80, 40);
    let mut desk = open(World::small(), size);
    let screen = desk.screen(size);
    let title = |desk: &Desk, name: &str| desk.screen(size).lines().any(|line| line == name);
    assert_eq!(position(&desk, size), None);
    assert!(screen.contains("Esc back  x revoke  R rotate") && !screen.contains("j scroll"), "{screen}");
    for key in [KeyCode::Char('j'), KeyCode::Down, KeyCode::PageDown, KeyCode::Char('g'), KeyCode::Char('G')]
    {
        desk.press(key);
        assert!(title(&desk, "web"), "{key:?}: {}", desk.screen(size));
    }
    assert!(desk.screen(size).contains("Press ] for the next row."), "{}", desk.screen(size));
    desk.keys("]");
    assert!(title(&desk, "mobile"), "{}", desk.screen(size));
    desk.keys("[");
    assert!(title(&desk, "web"), "{}", desk.screen(size));
    // Where it is longer than the screen, the same keys scroll it.
    desk.happen(Event::Resize(80, 24));
    assert!(
        desk.screen((80, 24)).contains("j scroll  Esc back  x revoke  R rotate"),
        "{}",
        desk.screen((80, 24))
    );
    desk.keys("j");
    assert!(desk.screen((80, 24)).contains("web · 2–"), "{}", desk.screen((80, 24)));
}

#[test]
fn beside_the_table_its_own_keys_scroll_it_and_enter_gives_it_the_screen() {
    let mut desk = Desk::new(busy(), BESIDE);
    desk.keys("2j");
    desk.wait(Duration::from_secs(1));
    let screen = desk.screen(BESIDE);
    let (first, last, all) = position(&desk, BESIDE).expect("it is longer than the pane");
    assert_eq!((first, last), (1, 25), "{screen}");
    assert!(screen.contains(&format!("web · 1–25 of {all} · J K")), "{screen}");
    for _ in 0..20 {
        desk.keys("J");
    }
    let screen = desk.screen(BESIDE);
    assert!(screen.contains("…and 24 more · Enter all callers") && screen.contains("> web"), "{screen}");
    assert!(screen.contains("created by local:ann"), "the end of its history: {screen}");
    assert!(!screen.contains(LAST), "{screen}");
    // The others belong to the table, whose other rows begin at their top.
    desk.press(KeyCode::PageDown);
    assert_eq!(position(&desk, BESIDE).map(|(first, ..)| first), Some(1), "{}", desk.screen(BESIDE));
    desk.press(KeyCode::Enter);
    let screen = desk.screen(BESIDE);
    assert!(!screen.contains("LAST USED") && screen.contains("leaked · 1–25 of"), "{screen}");
    desk.keys("G");
    assert!(desk.screen(BESIDE).contains(LAST), "all of them: {}", desk.screen(BESIDE));
    desk.press(KeyCode::Esc);
    let screen = desk.screen(BESIDE);
    assert!(screen.contains("LAST USED") && screen.contains("> leaked"), "{screen}");
    // `p` brings it back beside the table, and `w` the table alone.
    desk.press(KeyCode::Enter);
    desk.keys("p");
    assert!(desk.screen(BESIDE).contains("> leaked") && desk.screen(BESIDE).contains("│leaked"));
    desk.press(KeyCode::Enter);
    desk.keys("w");
    assert!(desk.screen(BESIDE).contains("> leaked") && !desk.screen(BESIDE).contains("│leaked"));
    desk.keys("J");
    assert!(desk.screen(BESIDE).contains("Nothing to scroll"), "{}", desk.screen(BESIDE));
}

#[test]
fn the_wheel_scrolls_what_it_is_over() {
    let mut desk = Desk::new(busy(), BESIDE);
    desk.keys("2jm");
    desk.wait(Duration::from_secs(1));
    let turn = |desk: &mut Desk, x: u16| {
        desk.happen(Event::Mouse(Mouse { kind: MouseKind::WheelDown, x, y: 10 }));
        desk.answer();
    };
    turn(&mut desk, 110);
    assert_eq!(position(&desk, BESIDE).map(|(first, ..)| first), Some(4));
    assert!(desk.screen(BESIDE).contains("> web"), "{}", desk.screen(BESIDE));
    turn(&mut desk, 10);
    assert!(desk.screen(BESIDE).contains("> forgotten"), "{}", desk.screen(BESIDE));
    desk.press(KeyCode::Enter);
    turn(&mut desk, 10);
    assert_eq!(position(&desk, BESIDE).map(|(first, ..)| first), Some(4));
}

#[test]
fn the_list_is_where_it_was_after_a_look_at_a_detail() {
    let mut desk = Desk::new(World::large(200), SMALL);
    desk.keys("2");
    desk.press(KeyCode::PageDown);
    desk.keys("jjjkk");
    // Without the ages, which go on.
    let names = |desk: &Desk| {
        let lines = desk.screen(SMALL);
        lines.lines().map(|line| line.chars().take(40).collect::<String>()).collect::<Vec<_>>()
    };
    let before = names(&desk);
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
    assert_eq!(names(&desk), before);
}

#[test]
fn nothing_in_a_detail_is_cut_on_the_smallest_screen() {
    let mut world = World::small();
    world.keys[0].name = "n".repeat(64);
    world.keys[0].project_name = format!("{} end-of-project", "p".repeat(40)).into();
    world.keys[0].revoke_reason = Some(format!("{}last-word", "because of many things ".repeat(20)).into());
    world.keys[0].revoked_at = Some(ago(60));
    let mut desk = Desk::new(world, SMALLEST);
    desk.keys("2j");
    desk.press(KeyCode::Enter);
    desk.wait(Duration::from_secs(1));
    let mut seen = String::new();
    let (mut at, mut last, mut all) = (0, 0, 1);
    while last < all {
        let screen = desk.screen(SMALLEST);
        let lines: Vec<&str> = screen.lines().skip(3).take(5).collect();
        let now = position(&desk, SMALLEST).expect("it is longer than the screen");
        seen.extend(
            lines[(last.max(now.0 - 1) - (now.0 - 1))..].iter().map(|line| line.trim_start_matches(' ')),
        );
        assert!(now.0 > at, "{screen}");
        (at, last, all) = now;
        desk.press(KeyCode::PageDown);
    }
    assert!(!seen.contains('…'), "{seen}");
    assert!(seen.contains(&"n".repeat(64)), "{seen}");
    for words in ["end-of-project", "last-word", "redir_live_0001****...****x9m1", "203.0.113.7", "requests"]
    {
        assert!(seen.contains(words), "{words}: {seen}");
    }
}

#[test]
fn the_filter_is_typed_beside_what_it_lets_through() {
    let mut desk = open(busy(), SMALL);
    desk.keys("/mob");
    let screen = desk.screen(SMALL);
    assert!(screen.contains("LAST USED") && screen.contains("> mobile"), "{screen}");
}

#[test]
fn the_last_caller_of_a_busy_key_is_reached_on_the_smallest_terminal() {
    let home = Home::new();
    let mut pty = start_sized(&home, &["--demo", "--no-edge"], SMALLEST);
    pty.sees("Projects");
    pty.press("2/name:android-app\r");
    pty.sees("> android-app");
    pty.press("\r");
    let position = |screen: &str| -> Option<(usize, usize)> {
        let title = screen.lines().find(|line| line.starts_with("android-app") && line.contains('–'))?;
        let (last, all) = title.rsplit_once('–')?.1.split_once(" of ")?;
        Some((last.parse().ok()?, all.split(' ').next()?.parse().ok()?))
    };
    let mut screen = pty.until("its callers", |screen| position(screen).is_some_and(|(_, all)| all > 32));
    assert!(screen.contains("j scroll"), "{screen}");
    // What comes last may come above the callers.
    while !screen.contains("daily") {
        let before = position(&screen);
        pty.press("\x1b[6~");
        screen = pty.until("the next page", |screen| position(screen) != before);
    }
    pty.press("G");
    let screen = pty.until("its end", |screen| position(screen).is_some_and(|(last, all)| last == all));
    assert!(screen.contains("others"), "older callers are summed: {screen}");
    pty.press("g");
    pty.sees("1–5 of");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn each_local_time_has_the_offset_of_its_own_instant() {
    let Some(zone) = keydeck::wire::zone::Zone::named("Europe/Berlin") else {
        eprintln!("SKIPPED: no zone data on this machine");
        return;
    };
    let time = |text| keydeck::wire::time::Timestamp::parse(text).expect("RFC 3339");
    let mut world = World::small();
    world.keys[0].created_at = time("2026-07-01T10:00:00Z");
    world.keys[0].last_used_at = Some(time("2026-11-20T10:00:00Z"));
    world.events[0].at = time("2026-07-02T22:30:00Z");
    let setup = keydeck::tui::model::Setup { zone, ..Desk::cold(World::empty(), (120, 30)).setup() };
    let mut desk = Desk::with(world, setup);
    desk.connect();
    desk.keys("2/web");
    desk.press(KeyCode::Enter);
    let screen = desk.screen((120, 30));
    assert!(screen.contains("2026-07-01 12:00:00 +02:00"), "{screen}");
    assert!(screen.contains("2026-11-20 11:00:00 +01:00"), "{screen}");
    desk.keys("4G");
    let screen = desk.screen((120, 30));
    assert!(screen.contains("2026-07-03 00:30:00 +02:00"), "the audit log too: {screen}");
}

/// The demo with this `TZ`, on the detail of its first project.
#[cfg(unix)]
fn demo_in(zone: Option<&str>) -> (Home, Pty) {
    let home = Home::new();
    let mut env = home.env();
    env.retain(|(name, _)| *name != "TZ");
    let mut env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.extend(zone.map(|zone| ("TZ", zone)));
    let mut pty = Pty::start(KEYDECK.as_ref(), &["--demo"], &env, 160, 40);
    pty.until("the rows", |screen| screen.contains("1–") && screen.contains("● live"));
    pty.press("2");
    pty.sees("of 127");
    (home, pty)
}

#[cfg(unix)]
#[test]
fn the_zone_is_that_of_the_environment_and_a_broken_one_is_utc_and_said() {
    let (_home, pty) = demo_in(Some("Nowhere/Atlantis"));
    let screen = pty.sees("Unknown time zone \"Nowhere/Atlantis\" in TZ. Times are shown in UTC.");
    assert!(screen.contains(" UTC"), "{screen}");
    for zone in ["EST5EDT", "<+05>-5", "UTC", "", ":/etc/localtime"] {
        let (_home, pty) = demo_in(Some(zone));
        let screen = pty.sees("created");
        assert!(!screen.contains("Unknown time zone"), "{zone}: {screen}");
        if zone == "<+05>-5" {
            assert!(screen.contains("+05:00"), "{screen}");
        }
    }
    let (_home, pty) = demo_in(None);
    assert!(!pty.sees("created").contains("Unknown time zone"));
}

#[test]
fn a_key_that_is_kept_for_a_time_says_by_when_it_is_reviewed_again() {
    let mut world = World::small();
    for key in &mut world.keys {
        key.keep_until = Some(ago(0) + Duration::from_hours(14 * 24));
    }
    let mut desk = open(world, SMALL);
    let screen = desk.screen(SMALL);
    assert!(screen.contains("review by in 14d · 20"), "{screen}");
    desk.keys("t");
    let screen = desk.screen(SMALL);
    assert!(screen.contains("review by 20") && !screen.contains("in 14d"), "{screen}");
}
