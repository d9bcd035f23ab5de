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
        Effect::WriteExport { name, text, rows, .. } => Some((name.clone(), text.clone(), *rows)),
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
    let rows = screen.lines().skip(3).map(|line| line.trim_start_matches(['>', ' ']).to_owned());
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
    assert!(desk.screen(SIZE).contains("Exported 6 rows to /work/keys.csv"), "{}", desk.screen(SIZE));
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
    desk.press(KeyCode::Esc);

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
    desk.press(KeyCode::Esc);
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
    assert!(desk.screen(SIZE).contains("Loading the remaining rows"), "{}", desk.screen(SIZE));
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
    assert!(screen.contains("No answer within 10 s.") && screen.contains("Nothing was saved."), "{screen}");
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
    assert!(desk.screen(SIZE).contains("Nothing to export"), "{}", desk.screen(SIZE));
}

#[cfg(unix)]
pub(super) fn starts(home: &Home, folder: &std::path::Path, flags: &str) -> Pty {
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let script = format!(r#"cd "$0" && exec "$1" {flags}"#);
    let args = ["-c", &script, folder.to_str().expect("UTF-8"), KEYDECK];
    let pty = Pty::start("/bin/sh".as_ref(), &args, &env, 160, 40);
    pty.until("the rows", |screen| screen.contains("1–") && screen.contains("● live"));
    pty
}

#[cfg(unix)]
fn files_in(folder: &std::path::Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let text = |entry: &std::fs::DirEntry| std::fs::read_to_string(entry.path()).expect("text");
    let mut files: Vec<_> =
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), text(&entry))).collect();
    files.sort();
    files
}

#[cfg(unix)]
#[test]
fn the_file_is_a_new_one_in_the_working_directory() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let folder = home.path().join("reports");
    std::fs::create_dir(&folder).expect("a folder");
    // Whatever the second, its name is taken.
    let now = system_clock()();
    for second in 0..300 {
        let time = (now + Duration::from_secs(second)).utc().format("%Y%m%d-%H%M%S").to_string();
        std::fs::write(folder.join(format!("keydeck-projects-{time}.csv")), "mine").expect("a file");
    }
    let mut pty = starts(&home, &folder, "--no-edge");
    pty.press("E");
    let screen = pty.sees("Export this view");
    assert!(screen.contains("/reports/keydeck-projects-"), "it says where: {screen}");
    pty.press("c");
    pty.sees("1 row");
    let ours: Vec<_> = files_in(&folder).into_iter().filter(|(_, text)| text != "mine").collect();
    let [(name, text)] = &ours[..] else { panic!("one new file: {ours:?}") };
    assert!(name.ends_with("-2.csv"), "{name}");
    assert!(text.lines().count() == 2 && text.contains("shop"), "{text}");
    // The file of a new key, too, gets the next free name.
    std::fs::write(folder.join("shop-ci.key"), "mine").expect("a file");
    pty.press("N");
    pty.sees("New key");
    pty.press("ci\r");
    pty.sees("Copy your new key now");
    pty.press_until("w", "the file", |screen| screen.contains("Saved to"));
    let screen = pty.sees("shop-ci-2.key (mode 0600)");
    assert!(!screen.contains("Not saved"), "{screen}");
    let files = files_in(&folder);
    let text = |name: &str| files.iter().find(|file| file.0 == name).map(|file| file.1.as_str());
    assert_eq!(text("shop-ci.key"), Some("mine"));
    assert!(text("shop-ci-2.key").is_some_and(|text| text.starts_with("redir_live_")), "{:?}", files.len());
}

#[cfg(unix)]
#[test]
fn the_demo_asks_where_each_file_goes_and_writes_none_unasked() {
    let home = Home::new();
    let folder = home.path().join("work");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("mine.csv"), "mine").expect("a file");
    let mut pty = starts(&home, &folder, "--demo");
    pty.press("2");
    pty.sees("of 127");
    pty.press("E");
    pty.sees("Export this view");
    pty.press("c");
    pty.sees("Type a path for the CSV file");
    pty.press("\r");
    pty.sees("Type a path, such as");
    // Nothing is overwritten, and what is wrong is said.
    pty.press("mine.csv\r");
    pty.sees("overwritten; mine-2.csv is free.");
    // As `audit report` names it.
    std::fs::write(folder.join("a.csv.gz"), "mine").expect("a file");
    pty.press("\x15a.csv.gz\r");
    pty.sees("a-2.csv.gz is free.");
    std::fs::remove_file(folder.join("a.csv.gz")).expect("the file");
    // The dialog stays, with what was typed.
    pty.press("\x15nowhere/keys.csv\r");
    pty.sees("exist.");
    assert_eq!(files_in(&folder), [("mine.csv".to_owned(), "mine".to_owned())]);
    pty.press("\x15~/keys.csv\r");
    pty.sees("Exported 127 rows to");
    let env = home.env();
    let user = env.iter().find(|(name, _)| *name == "HOME").map(|(_, path)| path.clone()).expect("a home");
    let text = std::fs::read_to_string(std::path::Path::new(&user).join("keys.csv")).expect("the file");
    assert!(text.lines().count() == 128 && keydeck::secret::find(&text).is_none());
    // A new key's file.
    pty.press("N");
    pty.sees("New key");
    pty.press("fresh\r");
    pty.sees("Copy your new key now");
    pty.press_until("w", "the question", |screen| screen.contains("Type a path for the key's file"));
    pty.press("\u{1b}");
    pty.sees_no_more("Type a path for the key's file");
    assert_eq!(files_in(&folder).len(), 1, "Esc writes nothing");
    pty.press("w");
    pty.sees("Type a path for the key's file");
    pty.press("fresh.key\r");
    pty.sees("Saved to");
    let files = files_in(&folder);
    assert!(
        files.iter().any(|(name, text)| name == "fresh.key" && text.starts_with("redir_live_")),
        "{files:?}"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(folder.join("fresh.key")).expect("it").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_export_that_fails_keeps_its_dialog_open_and_says_why() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2Ec");
    let (_, _, rows) = file(&desk);
    assert!(desk.screen(SIZE).contains("Saving…"), "{}", desk.screen(SIZE));
    desk.happen(Event::Exported {
        rows,
        result: Err("cannot write /work/keys.csv: permission denied".into()),
    });
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Export this view"), "{screen}");
    assert!(screen.contains("! Cannot write /work/keys.csv: permission denied."), "{screen}");
    // The next try writes it.
    let tries = |desk: &Desk| {
        desk.effects.iter().filter(|effect| matches!(effect, Effect::WriteExport { .. })).count()
    };
    assert_eq!(tries(&desk), 1);
    desk.press(KeyCode::Enter);
    assert_eq!(tries(&desk), 2);
    desk.happen(Event::Exported { rows, result: Ok("/work/keys.csv".into()) });
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Exported 6 rows to /work/keys.csv"), "{screen}");
    assert!(!screen.contains("Export this view"), "{screen}");
}

#[test]
fn the_result_of_an_export_whose_dialog_was_closed_is_a_message() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2Ec");
    let (_, _, rows) = file(&desk);
    desk.press(KeyCode::Esc);
    assert!(!desk.screen(SIZE).contains("Export this view"), "{}", desk.screen(SIZE));
    desk.happen(Event::Exported { rows, result: Err("the disk is full".into()) });
    assert!(desk.screen(SIZE).contains("! Export failed: the disk is full"), "{}", desk.screen(SIZE));
}
