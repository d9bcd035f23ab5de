//! Saved filters: one is applied with three key presses, and they are kept for their view and context alone.

use keydeck::tui::model::saved_filters::{FilterChange, FilterScope, SavedFilter, SavedFilters};
use keydeck::tui::model::{Effect, Event, KeyCode, Mouse, MouseKind, Setup};

use crate::support::fixtures::{self, Desk, WHOLE_KEY, World};
#[cfg(unix)]
use crate::support::home::{Home, KEYDECK};
#[cfg(unix)]
use crate::support::pty::Pty;
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (100, 30);

/// Types a filter and applies it.
fn filter(desk: &mut Desk, text: &str) {
    desk.keys("/");
    text.chars().for_each(|c| desk.tap(KeyCode::Char(c)));
    desk.press(KeyCode::Enter);
}

/// Saves the filter of the view under a name, and closes the list.
fn save(desk: &mut Desk, name: &str) {
    desk.keys("Fn");
    desk.keys(name);
    desk.press(KeyCode::Enter);
    desk.press(KeyCode::Esc);
}

/// The changes that are kept.
fn changes(desk: &Desk) -> Vec<(FilterScope, FilterChange)> {
    let change = |effect: &Effect| match effect {
        Effect::ChangeFilters(scope, change) => Some((scope.clone(), change.clone())),
        _ => None,
    };
    desk.effects.iter().filter_map(change).collect()
}

#[test]
fn a_saved_filter_is_applied_with_three_key_presses() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    filter(&mut desk, "project:shop idle>30d");
    save(&mut desk, "shop idle");
    filter(&mut desk, "");
    desk.keys("/");
    desk.press(KeyCode::Esc);
    filter(&mut desk, "status:revoked");
    save(&mut desk, "gone");
    desk.press(KeyCode::Esc);
    assert!(!desk.screen(SIZE).contains("filter: "), "{}", desk.screen(SIZE));
    desk.keys("Fj");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("filter: project:shop idle>30d"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("old-batch") && !desk.screen(SIZE).contains(" web "));
    // The number does without moving.
    desk.keys("F1");
    assert!(desk.screen(SIZE).contains("filter: status:revoked"), "{}", desk.screen(SIZE));
}

#[test]
fn with_nothing_saved_the_list_says_how_to_save_and_offers_what_is_built_in() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2F");
    let screen = desk.screen(SIZE);
    assert!(screen.contains("Filters: Keys") && screen.contains("No saved filters yet."), "{screen}");
    assert!(screen.contains("To save one, press / and type a filter, then press F and n."), "{screen}");
    assert!(!screen.contains("n save"), "there is no filter to save: {screen}");
    desk.keys("n");
    assert!(desk.screen(SIZE).contains("! No filter to save. Press / to type one."), "{}", desk.screen(SIZE));
    desk.keys("e");
    assert!(desk.screen(SIZE).contains("! Built-in filters cannot be renamed."), "{}", desk.screen(SIZE));
    desk.keys("D");
    assert!(desk.screen(SIZE).contains("! Built-in filters cannot be deleted."), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("filter: used:never"), "{}", desk.screen(SIZE));
}

#[test]
fn every_built_in_filter_is_valid_and_finds_what_it_says() {
    let mut stage = Stage::new((120, 40));
    for (view, count) in [("2", 7), ("3", 4), ("4", 5)] {
        for at in 1..=count {
            stage.keys(view);
            stage.keys("F");
            stage.keys(&at.to_string());
            let screen = stage.screen();
            assert!(screen.contains("filter: ") && !screen.contains("invalid"), "{view} {at}: {screen}");
            stage.press(KeyCode::Esc);
        }
        stage.keys("F");
        stage.keys(&(count + 1).to_string());
        assert!(stage.screen().contains("Filters: "), "{view} has {count}: {}", stage.screen());
        stage.press(KeyCode::Esc);
    }
    stage.keys("2F1");
    let screen = stage.screen();
    assert!(screen.matches("  never ").count() > 10 && !screen.contains("in use"), "{screen}");
    // The demo was set up by the one who looks at it.
    stage.keys("F4");
    assert!(stage.screen().contains("by=local:"), "{}", stage.screen());
}

#[test]
fn filters_belong_to_their_view_and_context() {
    let mut desk = Desk::with(World::small(), fixtures::setup(SIZE));
    desk.connect();
    desk.keys("2");
    filter(&mut desk, "by:ann");
    save(&mut desk, "ann");
    let saved = changes(&desk);
    let (scope, change) = &saved[0];
    assert_eq!(scope.view, "keys");
    let filter_of = SavedFilter { name: "ann".into(), filter: "by:ann".into() };
    assert_eq!(*change, FilterChange::Save(filter_of));
    desk.keys("3F");
    assert!(desk.screen(SIZE).contains("No saved filters yet."), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("C");
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    desk.connect();
    desk.keys("2F");
    assert!(desk.screen(SIZE).contains("No saved filters yet."), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    desk.keys("C");
    desk.press(KeyCode::Up);
    desk.press(KeyCode::Enter);
    desk.connect();
    desk.keys("2F");
    assert!(desk.screen(SIZE).contains("1 ann"), "{}", desk.screen(SIZE));
}

#[test]
fn a_saved_filter_is_renamed_and_deleted_and_what_was_deleted_is_told() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    filter(&mut desk, "idle>1y");
    save(&mut desk, "old");
    desk.effects.clear();
    desk.keys("Fe-keys");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Filter old renamed to old-keys"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("> 1 old-keys "), "{}", desk.screen(SIZE));
    // `x` revokes elsewhere: it deletes nothing here. `D` asks first.
    desk.keys("xy");
    assert!(desk.screen(SIZE).contains("> 1 old-keys "), "{}", desk.screen(SIZE));
    for no in [KeyCode::Esc, KeyCode::Char('n'), KeyCode::Enter] {
        desk.keys("D");
        assert!(desk.screen(SIZE).contains("Delete filter old-keys?"), "{}", desk.screen(SIZE));
        desk.press(no);
        assert!(desk.screen(SIZE).contains("> 1 old-keys "), "{no:?}: {}", desk.screen(SIZE));
        if desk.screen(SIZE).contains("Delete filter") {
            desk.press(KeyCode::Esc);
        }
    }
    desk.keys("Dy");
    assert!(desk.screen(SIZE).contains("Filter old-keys deleted: idle>1y"), "{}", desk.screen(SIZE));
    assert!(desk.screen(SIZE).contains("No saved filters yet."), "{}", desk.screen(SIZE));
    let changes: Vec<FilterChange> = changes(&desk).into_iter().map(|(_, change)| change).collect();
    let expected =
        [FilterChange::Rename("old".into(), "old-keys".into()), FilterChange::Delete("old-keys".into())];
    assert_eq!(changes, expected);
}

#[test]
fn names_are_checked_as_other_names_are() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    filter(&mut desk, "idle>1y");
    save(&mut desk, "old");
    filter(&mut desk, " by:ann");
    desk.effects.clear();
    desk.keys("Fn");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("! The name "), "{}", desk.screen(SIZE));
    desk.keys("OLD");
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("! A filter named old already exists."), "{}", desk.screen(SIZE));
    desk.press(KeyCode::Esc);
    assert!(desk.screen(SIZE).contains("Filters: Keys"), "one step back: {}", desk.screen(SIZE));
    assert_eq!(changes(&desk), []);
}

#[test]
fn no_key_gets_into_a_saved_filter_or_its_name() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    filter(&mut desk, "by:ann");
    desk.keys("Fn");
    desk.paste(WHOLE_KEY);
    assert!(!desk.screen(SIZE).contains(WHOLE_KEY));
    // It is offered to look for that key; behind that, the name is refused.
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("API key was detected"), "{}", desk.screen(SIZE));
    assert_eq!(changes(&desk), []);
    assert!(SavedFilter::new("name", WHOLE_KEY).is_err_and(|why| why.contains("API keys cannot be saved")));
    let scope = FilterScope::new("prod", "keys");
    let (filters, damaged) = SavedFilters::read(&format!("prod\tkeys\tmine\t{WHOLE_KEY}\n"));
    assert_eq!((filters.of(&scope), damaged), (vec![], 1));
}

#[test]
fn an_invalid_filter_is_not_saved() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2/by:ann used:often");
    // A click leaves the filter line, and the invalid text in it.
    desk.happen(Event::Mouse(Mouse { kind: MouseKind::Click, x: 10, y: 8 }));
    desk.keys("Fn");
    assert!(desk.screen(SIZE).contains("! The filter is invalid. Fix it first."), "{}", desk.screen(SIZE));
    assert_eq!(changes(&desk), []);
}

#[test]
fn the_palette_finds_a_saved_filter_by_its_name() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    filter(&mut desk, "project:shop idle>30d");
    save(&mut desk, "quarterly review");
    desk.press(KeyCode::Esc);
    desk.keys(":quarter");
    assert!(
        desk.screen(SIZE).contains("filter      quarterly review  project:shop"),
        "{}",
        desk.screen(SIZE)
    );
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("filter: project:shop idle>30d"), "{}", desk.screen(SIZE));
}

#[test]
fn clicks_choose_and_apply() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2F");
    let screen = desk.screen(SIZE);
    let y = screen.lines().position(|line| line.contains("status:stale")).expect("a row") as u16;
    let click = || Event::Mouse(Mouse { kind: MouseKind::Click, x: 30, y });
    desk.happen(click());
    assert!(desk.screen(SIZE).contains("> 2 stale"), "{}", desk.screen(SIZE));
    desk.happen(click());
    desk.answer();
    assert!(desk.screen(SIZE).contains("filter: status:stale"), "{}", desk.screen(SIZE));
}

#[test]
fn a_long_list_scrolls_on_a_small_screen() {
    let size = (60, 16);
    let scope = "local\tkeys";
    let line = |at: u32| format!("{scope}\tf-{at:02}\tby:ann idle>{at}d");
    let lines: Vec<String> = (0..40).map(line).collect();
    let mut setup = Setup { filters: lines.join("\n"), ..fixtures::setup(size) };
    setup.contexts.all.clear();
    setup.context = "local".into();
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    desk.keys("2F");
    assert!(desk.screen(size).contains("> 1 f-00"), "{}", desk.screen(size));
    desk.press(KeyCode::End);
    assert!(desk.screen(size).contains(">   with findings"), "{}", desk.screen(size));
    for _ in 0..10 {
        desk.press(KeyCode::Up);
    }
    assert!(desk.screen(size).contains(">   f-36"), "{}", desk.screen(size));
}

#[test]
fn the_file_holds_all_contexts_and_what_a_newer_version_saved() {
    let text = "# mine\nprod\tkeys\tA b\tby:ann \"x  y\"\nprod\tdeployments\tnew\tany\nbroken line\nprod\tkeys\t\tx\n";
    let (mut filters, damaged) = SavedFilters::read(text);
    assert_eq!(damaged, 2);
    let scope = FilterScope::new("prod", "keys");
    assert_eq!(filters.of(&scope)[0].filter, "by:ann \"x  y\"");
    let new = SavedFilter::new("tab", "by:ann\tidle>1y").expect("a filter");
    filters.apply(&FilterScope::new("a\tb", "keys"), FilterChange::Save(new));
    let text = filters.text();
    assert!(text.contains("\nprod\tdeployments\tnew\tany\n"), "{text}");
    assert_eq!(SavedFilters::read(&text), (filters, 0));
}

#[cfg(unix)]
#[test]
fn saved_filters_outlive_the_dashboard_and_a_damaged_file_is_set_aside() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let start = || Pty::start(KEYDECK.as_ref(), &["--no-edge"], &env, 120, 30);
    let folder = std::path::PathBuf::from(home.path()).join("state/keydeck");
    let file = folder.join("filters");
    let (mut one, mut two) = (start(), start());
    for (pty, name) in [(&mut one, "web keys"), (&mut two, "webs")] {
        pty.sees("live");
        pty.press("2/name:we");
        pty.sees("filter: name:we");
        pty.press("\rFn");
        pty.sees("Save filter");
        pty.press(name);
        pty.sees(name);
        pty.press("\r");
        pty.sees("saved");
        // It is kept though the dashboard is left at once.
        pty.press("\x03");
        assert_eq!(pty.ends(), 0);
    }
    let saved = std::fs::metadata(&file).expect("it is kept");
    assert_eq!(saved.permissions().mode() & 0o777, 0o600);

    let mut pty = start();
    pty.sees("live");
    pty.press("2F");
    pty.sees("webs");
    pty.sees("web keys");
    pty.press("1");
    pty.sees("filter: name:we");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);

    let whole = std::fs::read_to_string(&file).expect("text");
    std::fs::write(&file, format!("{whole}half of a li")).expect("a broken file");
    let mut pty = start();
    pty.sees("1 saved filter cannot be read. The damaged file is now");
    pty.press("2F");
    pty.sees("web keys");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    assert!(
        std::fs::read_to_string(folder.join("filters.damaged")).expect("it is there").contains("half of")
    );
    assert_eq!(std::fs::read_to_string(&file).expect("text"), whole);

    std::fs::write(&file, b"\xff").expect("a broken file");
    let mut pty = start();
    pty.sees("Saved filters cannot be read. The damaged file is now");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    assert_eq!(std::fs::read(folder.join("filters.damaged-2")).expect("it is there"), b"\xff");
}
