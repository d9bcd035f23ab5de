//! Columns: names are whole before constants, numbers stand under each other, and nothing moves while one scrolls.

use keydeck::tui::model::{Effect, Event, KeyCode, Setup};
use keydeck::tui::view::{Symbols, Theme};

use crate::support::fixtures::{self, Desk, World, key, project};
#[cfg(unix)]
use crate::support::home::{Home, KEYDECK};
#[cfg(unix)]
use crate::support::pty::Pty;
use crate::support::stage::Stage;

/// The row of the heads of the columns.
fn heads(screen: &str) -> &str {
    screen
        .lines()
        .find(|line| line.contains("LAST USED") || line.contains("WHEN"))
        .unwrap_or_else(|| panic!("{screen}"))
}

/// The columns of the screen that a text takes in a row.
fn place(row: &str, text: &str) -> (usize, usize) {
    let at = row.find(text).unwrap_or_else(|| panic!("{text:?} in {row:?}"));
    let start = row[..at].chars().count();
    (start, start + text.chars().count())
}

#[test]
fn at_80_columns_no_name_of_the_demo_shorter_than_21_characters_is_cut() {
    let mut stage = Stage::new((80, 24));
    stage.keys("2");
    let mut seen = String::new();
    for _ in 0..12 {
        seen.push_str(&stage.screen());
        stage.press(KeyCode::PageDown);
    }
    let names = stage.names();
    assert!(names.len() > 100, "the demo has keys");
    for name in names.iter().filter(|name| name.chars().count() < 21) {
        assert!(seen.contains(&format!(" {name} ")), "{name} is cut:\n{seen}");
    }
}

#[test]
fn the_short_key_takes_the_place_of_the_whole_one_before_a_name_is_cut_or_a_column_is_dropped() {
    for width in 40..=200 {
        let size = (width, 24);
        let mut desk = Desk::new(World::small(), size);
        desk.world.keys[4].name = "a-name-of-26-letters-in-it".into();
        desk.keys("2w");
        let screen = desk.screen(size);
        assert!(screen.contains("LAST USED"), "{width}: {screen}");
        let row = screen.lines().find(|line| line.contains("3h ago")).expect("its row");
        let (named, whole) =
            (row.contains(" a-name-of-26-letters-in-it "), row.contains("redir_live_0005****"));
        assert!(named || width < 80, "{width}: {screen}");
        assert!(
            !whole || (named && screen.contains("CREATED BY") && screen.contains("MODE")),
            "{width}: {screen}"
        );
        assert!(whole || width < 80 || row.contains("live_0005…x9m1"), "{width}: {screen}");
        assert!(whole || width < 160, "{width}: {screen}");
    }
}

#[test]
fn numbers_end_under_each_other_and_have_separators() {
    let size = (120, 24);
    let mut world = World::small();
    world.projects[0].rules = 621_282;
    world.projects[1].rules = 7;
    let desk = Desk::new(world, size);
    let screen = desk.screen(size);
    let row = |name: &str| screen.lines().find(|line| line.contains(name)).expect("a row");
    let (_, end) = place(heads(&screen), "RULES");
    assert_eq!(place(row("621,282"), "621,282").1, end, "{screen}");
    assert_eq!(place(row(" shop "), " 7 ").1, end + 1, "{screen}");
}

#[test]
fn an_arrow_stands_at_the_head_of_the_column_that_the_rows_are_sorted_by() {
    let size = (120, 24);
    let mut desk = Desk::new(World::small(), size);
    assert!(heads(&desk.screen(size)).contains("NAME ▲"), "{}", desk.screen(size));
    desk.keys("2w");
    assert!(heads(&desk.screen(size)).contains("CREATED ▼"), "{}", desk.screen(size));
    desk.keys("S");
    assert!(heads(&desk.screen(size)).contains("CREATED ▲"), "{}", desk.screen(size));
    let ascii = Theme { symbols: Symbols::Ascii, ..Theme::DEFAULT };
    let (buffer, _) = desk.buffer_in(&ascii, size);
    let line = |y| (0..size.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    assert!((0..6).any(|y| line(y).contains("CREATED ^")), "▲ is the sign of a stale key");
    desk.keys("3");
    assert!(heads(&desk.screen(size)).contains("IDLE ▼"), "{}", desk.screen(size));
    desk.keys("4");
    assert!(heads(&desk.screen(size)).contains("WHEN ▼"), "{}", desk.screen(size));
}

#[test]
fn stale_keys_are_shown_with_idle_days_creation_and_creator() {
    for (size, keys) in [((80, 24), "3"), ((120, 40), "3w"), ((200, 50), "3")] {
        let mut desk = Desk::new(World::small(), size);
        desk.keys(keys);
        let screen = desk.screen(size);
        for head in ["IDLE ▼", "LAST USED", "CREATED", "CREATED BY"] {
            assert!(heads(&screen).contains(head), "{head} at {size:?}: {screen}");
        }
        let row = screen.lines().find(|line| line.contains("old-batch")).expect("a row");
        assert!(row.contains("120d") && row.contains("local:ann"), "{screen}");
    }
}

#[test]
fn at_80_columns_the_stale_keys_of_the_demo_have_all_that_decides_about_them() {
    let mut stage = Stage::new((80, 24));
    stage.keys("3");
    let screen = stage.screen();
    for head in ["NAME", "PROJECT", "IDLE ▼", "LAST USED", "CREATED ", "CREATED BY"] {
        assert!(heads(&screen).contains(head), "{head}: {screen}");
    }
    assert!(screen.contains(" black-friday-load-test "), "{screen}");
}

#[test]
fn no_column_moves_while_one_scrolls_through_the_rows_that_were_loaded() {
    let size = (100, 30);
    let shop = project(1, "shop");
    let keys = (0..150).map(|at: u128| {
        let name = "x".repeat(1 + (at * 7 % 34) as usize);
        key(at + 1, &format!("{name}-{at}"), &shop, Some(at as u64))
    });
    let keys = keys.collect();
    let mut desk = Desk::new(World { projects: vec![shop], keys, ..World::empty() }, size);
    desk.keys("2w");
    let before = heads(&desk.screen(size)).to_owned();
    for _ in 0..99 {
        desk.tap(KeyCode::Down);
        assert_eq!(heads(&desk.screen(size)), before);
    }
}

#[test]
fn a_longer_name_that_comes_later_is_whole() {
    let size = (120, 24);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2w");
    let name = "a-name-longer-than-all-of-the-others";
    desk.world.keys[0].name = name.into();
    desk.keys("r");
    assert!(desk.screen(size).contains(&format!(" {name} ")), "{}", desk.screen(size));
}

#[test]
fn columns_stand_close_together_on_a_wide_screen() {
    let size = (200, 50);
    let mut desk = Desk::new(World::small(), size);
    for (view, last) in [("1", "DEPLOYED"), ("2w", "MODE"), ("3", "CREATED BY")] {
        desk.keys(view);
        let screen = desk.screen(size);
        let (_, end) = place(heads(&screen), last);
        // A chart is as wide as it has days.
        let chart = if screen.contains("TREND 30D") { 33 } else { 0 };
        assert!(end < 150 + chart, "{view}: {screen}");
        let gaps = shown(&desk, size).len() * 12 + chart;
        assert!(end < 40 + gaps, "{view}: {end} {gaps} {screen}");
    }
}

/// The heads as words.
fn shown(desk: &Desk, size: (u16, u16)) -> Vec<String> {
    const TITLES: [&str; 34] = [
        "TREND 30D",
        "LAST USED",
        "CREATED BY",
        "REVOKED BY",
        "LAST IP",
        "REQ 30D",
        "NAME",
        "PROJECT",
        "KEY",
        "STATUS",
        "IDLE",
        "CREATED",
        "MODE",
        "REVOKED",
        "REASON",
        "ID",
        "ACTIVE",
        "OWNER",
        "PURPOSE",
        "SEVERITY",
        "FINDINGS",
        "REVIEWED",
        "PAUSED",
        "STALE",
        "RULES",
        "DEPLOYED",
        "SEQ",
        "WHEN",
        "ACTION",
        "ACTOR",
        "DETAILS",
        "HASH",
        "▲",
        "▼",
    ];
    let screen = desk.screen(size);
    let mut line = screen.lines().nth(2).expect("the heads").split('│').next().expect("the table").trim();
    let mut found = Vec::new();
    while !line.is_empty() {
        let title =
            TITLES.into_iter().find(|title| line.starts_with(title)).unwrap_or_else(|| panic!("{line:?}"));
        line = line[title.len()..].trim_start();
        if title.is_ascii() {
            found.push(title.to_owned());
        }
    }
    found
}

#[test]
fn a_choice_of_columns_that_does_not_fit_says_which_of_them_are_seen() {
    let mut desk = Desk::new(World::small(), (80, 24));
    desk.keys("2c");
    let screen = desk.screen((80, 24));
    let all = screen.split("Columns: Keys · 1–20 of ").nth(1).expect(&screen);
    let all: usize = all.split(' ').next().and_then(|all| all.parse().ok()).expect(&screen);
    assert!(all > 20, "{screen}");
    desk.press(KeyCode::End);
    let screen = desk.screen((80, 24));
    assert!(screen.contains(&format!("Columns: Keys · {}–{all} of {all} ", all - 19)), "{screen}");
    desk.happen(Event::Resize(80, 45));
    let screen = desk.screen((80, 45));
    assert!(screen.contains("Columns: Keys ─"), "{screen}");
}

#[test]
fn columns_are_hidden_shown_and_moved_and_kept_for_the_next_start() {
    let size = (140, 30);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2wc");
    assert!(desk.screen(size).contains("Columns: Keys"), "{}", desk.screen(size));
    // KEY goes, PROJECT stands before NAME, and LAST IP comes.
    desk.keys("jj kK");
    desk.press(KeyCode::End);
    desk.keys("kkkkkkkkk ");
    desk.effects.clear();
    desk.press(KeyCode::Enter);
    let heads = shown(&desk, size);
    assert_eq!(heads[..4], ["PROJECT", "NAME", "STATUS", "LAST USED"], "{}", desk.screen(size));
    assert!(heads.contains(&"LAST IP".to_owned()), "{}", desk.screen(size));
    assert!(desk.screen(size).contains("203.0.113.7"), "{}", desk.screen(size));
    let saved = desk.effects.iter().find_map(|effect| match effect {
        Effect::SaveColumns(text) => Some(text.clone()),
        _ => None,
    });
    let saved = saved.expect("it is kept");
    assert!(saved.contains("\nkeys = project name status last-used "), "{saved}");

    let setup = Setup { columns: saved, ..fixtures::setup(size) };
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    desk.keys("2w");
    assert_eq!(shown(&desk, size), heads);
    desk.keys("cr");
    desk.press(KeyCode::Enter);
    assert_eq!(shown(&desk, size)[..3], ["NAME", "PROJECT", "KEY"]);
    let last = desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::SaveColumns(text) => Some(text.clone()),
        _ => None,
    });
    assert!(!last.expect("that too").contains("keys ="), "the usual columns need no line");
}

#[test]
fn esc_leaves_the_columns_as_they_are_and_the_last_one_cannot_be_hidden() {
    let size = (140, 30);
    for (view, usual) in [("1", 8), ("2w", 10), ("3", 10), ("4", 5)] {
        let mut desk = Desk::new(World::small(), size);
        desk.keys(view);
        let before = shown(&desk, size);
        desk.keys("c j K");
        desk.effects.clear();
        desk.press(KeyCode::Esc);
        assert_eq!(shown(&desk, size), before, "{view}");
        assert!(desk.effects.is_empty(), "{:?}", desk.effects);
        desk.keys("c");
        for _ in 0..usual {
            desk.keys(" j");
        }
        desk.press(KeyCode::Enter);
        assert_eq!(shown(&desk, size).len(), 1, "{view}: {}", desk.screen(size));
    }
}

#[test]
fn chosen_columns_that_do_not_fit_are_dropped_from_the_right() {
    let columns = "stale = created-by idle reason project name id key\n";
    let mut desk =
        Desk::with(World::small(), Setup { columns: columns.into(), ..fixtures::setup((200, 30)) });
    desk.connect();
    desk.keys("3w");
    let all = ["CREATED BY", "IDLE", "REASON", "PROJECT", "NAME", "ID", "KEY"];
    for (width, count) in [(200, 7), (80, 4), (60, 3), (40, 2)] {
        desk.happen(Event::Resize(width, 30));
        let heads = shown(&desk, (width, 30));
        assert!(
            heads.len() >= count && all.starts_with(&heads.iter().map(String::as_str).collect::<Vec<_>>()),
            "{heads:?}"
        );
    }
}

#[test]
fn what_a_file_of_columns_does_not_know_is_left_out_and_told() {
    let size = (140, 30);
    let columns = "# mine\nkeys = name colour created-by name\nwindows = all\n";
    let mut desk = Desk::with(World::small(), Setup { columns: columns.into(), ..fixtures::setup(size) });
    desk.happen(Event::Started);
    desk.connect();
    assert!(desk.screen(size).contains("Unknown columns ignored: colour, windows"), "{}", desk.screen(size));
    desk.keys("2w");
    assert_eq!(shown(&desk, size), ["NAME", "CREATED BY"]);
}

#[cfg(unix)]
#[test]
fn the_choice_is_in_the_state_directory_for_its_owner_alone_and_outlives_the_dashboard() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let start = || Pty::start(KEYDECK.as_ref(), &["--no-edge"], &env, 120, 30);
    let file = std::path::PathBuf::from(home.path()).join("state/keydeck/columns");
    let mut pty = start();
    pty.sees("live");
    pty.press("2w");
    pty.sees("STATUS");
    pty.press("c");
    pty.sees("Columns: Keys");
    pty.press("jjj \r");
    pty.until("no status", |screen| !screen.contains("STATUS") && screen.contains("> web"));
    pty.press("q");
    assert_eq!(pty.ends(), 0);
    let saved = std::fs::metadata(&file).expect("it is kept");
    assert_eq!(saved.permissions().mode() & 0o777, 0o600);
    let mut pty = start();
    pty.sees("live");
    pty.press("2w");
    pty.until("no status", |screen| !screen.contains("STATUS") && screen.contains("> web"));
    pty.press("q");
    assert_eq!(pty.ends(), 0);

    std::fs::write(&file, b"keys = \xff").expect("a broken file");
    let mut pty = start();
    pty.sees("Cannot read");
    pty.press("2w");
    pty.sees("STATUS");
    pty.press("q");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn the_chooser_says_which_of_the_chosen_columns_have_no_room() {
    let size = (80, 24);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2c");
    let row = |desk: &Desk, title: &str| {
        let screen = desk.screen(size);
        let found = screen.lines().find(|line| line.contains(&format!("] {title} "))).map(str::to_owned);
        found.unwrap_or_else(|| panic!("{title}: {screen}"))
    };
    assert!(
        row(&desk, "CREATED BY").contains("[x] CREATED BY") && row(&desk, "CREATED BY").contains("no room")
    );
    assert!(!row(&desk, "STATUS").contains("no room") && !row(&desk, "LAST IP").contains("no room"));
    // Without other columns there is room for it.
    for title in ["STATUS", "LAST USED", "CREATED"] {
        desk.press(KeyCode::Home);
        for _ in 0..30 {
            if desk.screen(size).contains(&format!("] {title} ")) && row(&desk, title).contains("> [") {
                break;
            }
            desk.keys("j");
        }
        if row(&desk, title).contains("> [x]") {
            desk.keys(" ");
        }
        assert!(row(&desk, title).contains("> [ ]"), "{}", desk.screen(size));
    }
    assert!(!row(&desk, "CREATED BY").contains("no room"), "{}", desk.screen(size));
}

#[test]
fn the_column_that_the_rows_are_sorted_by_is_shown_at_every_width() {
    for size in [(60, 24), (80, 24), (120, 40)] {
        let mut desk = Desk::new(World::small(), size);
        desk.world.keys[0].owner = Some("web-team".into());
        desk.wait(std::time::Duration::from_secs(4));
        desk.keys("2");
        desk.keys("s");
        // The orders of the menu, until that of the owner.
        while !desk.screen(size).lines().any(|line| line.contains("> Owner") || line.contains("> owner")) {
            desk.press(KeyCode::Down);
        }
        desk.press(KeyCode::Enter);
        let screen = desk.screen(size);
        assert!(screen.contains("OWNER"), "{size:?}: {screen}");
        assert!(screen.contains("web-team"), "{size:?}: {screen}");
    }
}
