//! `E`: what is shown, as a file.

use std::time::Duration;

use keydeck::tui::model::{Effect, Event, FailureKind, KeyCode, Request};
use keydeck::wire::keys::Key;
use keydeck::wire::page::Page;
use keydeck::wire::time::system_clock;

use crate::support::fixtures::{Desk, WHOLE_KEY, World, failure};
use crate::support::home::{Home, KEYDECK};
use crate::support::pty::Pty;

const SIZE: (u16, u16) = (120, 30);

/// The file that was to be written last: its name, its text and its rows.
fn file(desk: &Desk) -> (String, String, usize) {
    let last = desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::WriteExport { name, text, rows } => Some((name.clone(), text.clone(), *rows)),
        _ => None,
    });
    last.expect("a file was to be written")
}

fn names(csv: &str) -> Vec<&str> {
    csv.lines().skip(1).map(|line| line.split(',').nth(2).expect("a name")).collect()
}

/// The names in the order of the table.
fn shown(desk: &Desk) -> Vec<String> {
    let screen = desk.screen(SIZE);
    let rows = screen.lines().skip(4).map(|line| line.trim_start_matches(['>', ' ']).to_owned());
    rows.map_while(|line| line.split_whitespace().next().filter(|name| *name != "│").map(str::to_owned))
        .collect()
}

#[test]
fn all_rows_in_their_order_at_once_where_they_are_loaded() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2p");
    let asked = desk.asked.len();
    desk.keys("Ec");
    let (name, csv, rows) = file(&desk);
    assert_eq!(desk.asked.len(), asked, "nobody had to be asked");
    assert!(
        name.starts_with("keydeck-keys-20261123-1704") && name.split('.').nth(1) == Some("csv"),
        "{name}"
    );
    assert_eq!(rows, 6);
    assert_eq!(names(&csv), shown(&desk)[..6]);
    assert!(csv.starts_with("id,project,name,hint,mode,status,createdAt,"), "{csv}");
    desk.happen(Event::Exported { rows, result: Ok("/work/keys.csv".into()) });
    assert!(desk.screen(SIZE).contains("6 rows are in /work/keys.csv"), "{}", desk.screen(SIZE));
}

#[test]
fn only_what_the_filter_lets_through() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/project:blog");
    desk.press(KeyCode::Enter);
    desk.keys("E");
    assert!(desk.screen(SIZE).contains("project:blog"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Enter);
    let (_, csv, rows) = file(&desk);
    assert_eq!(rows, 3, "{csv}");
    assert!(csv.contains("forgotten") && !csv.contains("mobile"), "{csv}");

    desk.keys("4/project.created");
    desk.press(KeyCode::Enter);
    desk.keys("Em");
    let (name, text, rows) = file(&desk);
    assert!(name.starts_with("keydeck-audit-") && name.split('.').nth(1) == Some("md"), "{name}");
    assert_eq!(rows, 1, "{text}");
    assert!(text.starts_with("# audit log: 1, filter project.created, 2026-11-23T"), "{text}");
}

#[test]
fn json_is_the_form_of_the_api() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2Ej");
    let page: Page<Key> = serde_json::from_str(&file(&desk).1).expect("a page of keys");
    assert_eq!((page.items.len(), page.total, page.next), (6, 6, None));
    desk.keys("1Ej");
    let page: serde_json::Value = serde_json::from_str(&file(&desk).1).expect("JSON");
    assert_eq!(page["items"][0]["name"], "blog");
}

#[test]
fn rows_that_are_not_loaded_are_asked_for_by_creation_and_stand_in_the_order_shown() {
    let mut desk = Desk::new(World::large(2_500), SIZE);
    desk.keys("2/s-00");
    desk.press(KeyCode::Enter);
    // By last use, the latest first.
    desk.keys("S");
    let before = desk.asked.len();
    desk.keys("E");
    desk.tap(KeyCode::Char('c'));
    assert!(desk.screen(SIZE).contains("reading the rows that are not loaded"), "{}", desk.screen(SIZE));
    desk.answer();
    let queries: Vec<_> = desk.asked[before..]
        .iter()
        .filter_map(|request| match request {
            Request::Keys { query, .. } if query.limit == Some(1000) => Some(query.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(queries.len(), 3, "{queries:?}");
    assert!(queries.iter().all(|query| query.sort.expect("an order").to_string() == "created"));
    assert!(queries.iter().all(|query| query.filter == "s-00"), "{queries:?}");
    let (_, csv, rows) = file(&desk);
    assert_eq!(rows, 2_500);
    let names = names(&csv);
    assert_eq!(names[..20], shown(&desk)[..20], "the order of the table");
    let mut all = names.clone();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 2_500, "nothing twice");
}

#[test]
fn esc_stops_and_a_failure_writes_nothing() {
    let mut desk = Desk::new(World::large(2_500), SIZE);
    desk.keys("2E");
    desk.tap(KeyCode::Char('c'));
    desk.tap(KeyCode::Esc);
    desk.answer();
    assert!(!desk.effects.iter().any(|effect| matches!(effect, Effect::WriteExport { .. })));

    desk.keys("E");
    desk.tap(KeyCode::Char('c'));
    desk.world.down = Some(failure(FailureKind::TimedOut, "no answer within 10 s"));
    desk.answer();
    let screen = desk.screen(SIZE);
    assert!(screen.contains("no answer within 10 s") && screen.contains("nothing was written"), "{screen}");
    desk.world.down = None;
    desk.press(KeyCode::Enter);
    assert_eq!(file(&desk).2, 2_500, "a second time it is asked again");
}

#[test]
fn no_whole_key_and_no_formula_gets_into_a_file() {
    for form in ["c", "j", "m"] {
        let mut world = World::small();
        world.keys[0].name = format!("=cmd {WHOLE_KEY}");
        world.keys[1].revoke_reason = Some(WHOLE_KEY.into());
        let mut desk = Desk::new(world, SIZE);
        desk.keys("2E");
        desk.keys(form);
        let (_, text, _) = file(&desk);
        assert!(keydeck::secret::find(&text).is_none(), "{form}: {text}");
        assert!(form != "c" || text.contains("'=cmd redir_live_7kf2****...****1YZq"), "{text}");
    }
}

#[test]
fn nothing_shown_is_nothing_to_export() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/nothing-like-it");
    desk.press(KeyCode::Enter);
    desk.keys("E");
    assert!(desk.screen(SIZE).contains("nothing shown to export"), "{}", desk.screen(SIZE));
}

#[cfg(unix)]
#[test]
fn the_file_is_a_new_one_in_the_working_directory() {
    let home = Home::new();
    let folder = home.path().join("reports");
    std::fs::create_dir(&folder).expect("a folder");
    // Whatever the second, its name is taken.
    let now = system_clock()();
    for second in 0..120 {
        let time = (now + Duration::from_secs(second)).utc().format("%Y%m%d-%H%M%S").to_string();
        std::fs::write(folder.join(format!("keydeck-keys-{time}.csv")), "mine").expect("a file");
    }
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let script = r#"cd "$0" && exec "$1" --demo"#;
    let args = ["-c", script, folder.to_str().expect("UTF-8"), KEYDECK];
    let mut pty = Pty::start("/bin/sh".as_ref(), &args, &env, 160, 40);
    pty.until("the rows", |screen| screen.contains("storefront") && screen.contains("live"));
    pty.press("2");
    pty.sees("of 127");
    pty.press("E");
    pty.sees("Export what is shown");
    pty.press("c");
    pty.sees("127 rows are in");
    let mut ours = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("text");
        if text != "mine" {
            ours.push((entry.file_name().to_string_lossy().into_owned(), text));
        }
    }
    let [(name, text)] = &ours[..] else { panic!("one new file: {ours:?}") };
    assert!(name.ends_with("-2.csv"), "{name}");
    assert_eq!(text.lines().count(), 128);
    assert!(text.contains("php-storefront") && keydeck::secret::find(text).is_none());
}
