//! Screens: pictures of each view and dialog, their styles, every size, hostile texts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use keydeck::tui::model::{ClipboardOutcome, CopyKind, Event, FailureKind, KeyCode};
use keydeck::tui::view::symbols::SIGNS;
use keydeck::tui::view::{Symbols, Theme};
use keydeck::wire::keys::{Key, Status};
use keydeck::wire::reviews::Scope;
use keydeck::wire::text::is_hostile;
use ratatui::style::{Color, Modifier};

use crate::support::fixtures::{Desk, NOW, World, ago, failure, node};
use crate::support::hostile;

const SMALL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (160, 45);
const SMALLEST: (u16, u16) = (40, 10);

/// The stories that have a picture of the smallest screen too.
const AT_SMALLEST: &[&str] = &[
    "detail_scrolled",
    "revoke",
    "bulk",
    "keys_of_all",
    "marked",
    "audit",
    "help",
    "palette_found",
    "groups",
    "review_queue",
    "review_keep",
    "review_summary",
];

type Story = (&'static str, fn(&mut Desk));

/// Each view and dialog, and how to get there.
const STORIES: &[Story] = &[
    ("projects", |_| {}),
    ("keys_of_all", |desk| desk.keys("2")),
    ("keys_of_a_project", |desk| desk.press(KeyCode::Enter)),
    ("stale", |desk| desk.keys("3")),
    ("audit", |desk| desk.keys("4")),
    ("detail", |desk| {
        desk.keys("2/leaked");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Enter);
    }),
    ("detail_scrolled", |desk| {
        desk.world.callers = 32;
        desk.keys("2j");
        desk.press(KeyCode::Enter);
        desk.wait(Duration::from_secs(1));
        desk.keys("G");
    }),
    ("detail_beside", |desk| {
        desk.world.callers = 32;
        desk.keys("2j");
        desk.wait(Duration::from_secs(1));
        desk.keys("JJ");
    }),
    ("new_project", |desk| desk.keys("nshop")),
    ("new_key", |desk| desk.keys("2nweb")),
    ("key_shown_once", |desk| {
        desk.keys("2nci");
        desk.press(KeyCode::Enter);
        let outcome = ClipboardOutcome::Copied { clears_in: Some(45) };
        desk.happen(Event::Clipboard(CopyKind::Secret(desk.shown()), outcome));
    }),
    ("unsaved", |desk| {
        let keys = desk.world.keys[..3].to_vec();
        desk.happen(Event::Unsaved(keys));
        desk.wait(Duration::from_millis(400));
        desk.keys("jx");
    }),
    ("copy_menu", |desk| desk.keys("2Y")),
    ("copy_new_key", |desk| {
        desk.keys("2nci");
        desk.press(KeyCode::Enter);
        desk.keys("Y");
    }),
    ("not_stored_yet", |desk| {
        desk.keys("2nci");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Esc);
    }),
    ("not_stored_written", |desk| {
        desk.keys("2nci");
        desk.press(KeyCode::Enter);
        let outcome = ClipboardOutcome::Failed("no clipboard program was found".into());
        desk.happen(Event::Clipboard(CopyKind::Secret(desk.shown()), outcome));
        desk.press(KeyCode::Char('w'));
        desk.happen(Event::SecretFile(desk.shown(), Ok("/home/ann/work/shop/secrets/blog-ci.key".into())));
        desk.tap(KeyCode::Esc);
        desk.tap(KeyCode::Char('x'));
    }),
    ("not_stored_rotated", |desk| {
        desk.keys("2jR");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Esc);
        desk.press(KeyCode::Char('y'));
    }),
    ("revoke", |desk| desk.keys("2jx")),
    ("rename", |desk| desk.keys("2e")),
    ("rotate", |desk| desk.keys("2jR")),
    ("rotated_shown_once", |desk| {
        desk.keys("2jR");
        desk.press(KeyCode::Enter);
    }),
    ("rotated_next", |desk| {
        desk.keys("2jR");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Enter);
    }),
    ("guide", |desk| {
        desk.keys("2jR");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Enter);
        desk.keys("g");
    }),
    ("guide_quiet", |desk| {
        desk.keys("2jR");
        desk.press(KeyCode::Enter);
        desk.press(KeyCode::Enter);
        desk.keys("g");
        let rotation = desk.world.rotation.as_mut().expect("it was started");
        rotation.state = keydeck::wire::rotations::RotationState::Quiet;
        rotation.replacement_used_at = Some(desk.now);
        rotation.callers.clear();
        desk.wait(std::time::Duration::from_secs(3));
    }),
    ("delete_project", |desk| desk.keys("D")),
    ("marked", |desk| desk.keys("2 jv")),
    ("bulk", |desk| {
        desk.keys("2a/shop");
        desk.press(KeyCode::Enter);
        desk.keys("x");
    }),
    ("bulk_outcome", |desk| {
        desk.keys("2ax");
        desk.world.keys[2].last_used_at = Some(desk.now);
        desk.keys("5");
        desk.press(KeyCode::Enter);
    }),
    ("export", |desk| desk.keys("2E")),
    ("reviews", |desk| {
        review(desk, "Autumn", 12);
        review(desk, "Keys of shop, November 2026", 0);
        desk.keys("5r");
        desk.keys("5");
    }),
    ("reviews_empty", |desk| desk.keys("5")),
    ("review_form", |desk| desk.keys("3V")),
    ("review_menu", |desk| {
        review(desk, "Autumn", 12);
        review(desk, "Winter", 90);
        desk.keys("V");
    }),
    ("review_queue", |desk| {
        review(desk, "Autumn", 12);
        desk.keys("VxP");
    }),
    ("review_keep", |desk| {
        review(desk, "Autumn", 12);
        desk.keys("Vxxoyearly job");
    }),
    ("review_summary", |desk| {
        review(desk, "Autumn", 12);
        desk.keys("VxxPX");
    }),
    ("review_result", |desk| {
        review(desk, "Autumn", 12);
        desk.keys("VxxRX2");
        desk.press(KeyCode::Enter);
    }),
    ("pack", |desk| {
        review(desk, "Autumn", 12);
        desk.keys("5rEp");
    }),
    ("pack_created", |desk| {
        review(desk, "Autumn", 12);
        desk.keys("5rEp");
        desk.press(KeyCode::Enter);
    }),
    ("review_cancel", |desk| {
        review(desk, "Autumn", 12);
        desk.keys("5rD");
    }),
    ("nodes", |desk| {
        fleet(desk);
        desk.keys("r6");
    }),
    ("forget_node", |desk| {
        fleet(desk);
        desk.keys("r6jx");
    }),
    ("help", |desk| desk.keys("?")),
    ("help_found", |desk| desk.keys("?page")),
    ("sort", |desk| desk.keys("2ss")),
    ("columns", |desk| desk.keys("2cjj ")),
    ("filters", |desk| {
        desk.keys("2/status:stale project:shop");
        desk.press(KeyCode::Enter);
        desk.keys("Fnshop, stale");
        desk.press(KeyCode::Enter);
    }),
    ("filters_empty", |desk| desk.keys("1F")),
    ("filters_name", |desk| {
        desk.keys("2/used:never");
        desk.press(KeyCode::Enter);
        desk.keys("Fnunused");
    }),
    ("groups", |desk| desk.keys("2bp ")),
    ("groups_by_state", |desk| desk.keys("2bs")),
    ("palette", |desk| desk.keys("2:")),
    ("palette_found", |desk| desk.keys(":le")),
    ("contexts", |desk| desk.keys("C")),
    ("unlock", |desk| {
        desk.keys("C");
        desk.press(KeyCode::Down);
        desk.press(KeyCode::Enter);
        desk.connect();
        desk.keys("2x");
    }),
    ("messages", |desk| desk.keys("Z!")),
    ("filter_error", |desk| desk.keys("2/idle>x")),
    ("lost", |desk| {
        desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
        desk.wait(Duration::from_secs(4));
    }),
];

/// Three nodes, the second of which is dead.
fn fleet(desk: &mut Desk) {
    desk.world.fleet = vec![node(1, "eu-1"), node(2, "eu-2"), node(3, "us-1")];
    desk.world.fleet[1].live = false;
    desk.world.fleet[1].seen_at = ago(90);
    desk.world.fleet[1].lease_until = Some(ago(83));
}

/// An open review of all keys that are not revoked, which is due in so many days.
fn review(desk: &mut Desk, name: &str, days: u64) {
    let keys: Vec<Key> =
        desk.world.keys.iter().filter(|key| key.status != Status::Revoked).cloned().collect();
    let due = (days > 0).then(|| NOW + Duration::from_secs(days * 86_400));
    desk.world.reviews.start(name, Scope::default(), due, &keys);
}

fn told(story: fn(&mut Desk), size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(World::small(), size);
    story(&mut desk);
    desk
}

fn picture(name: &str, screen: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // The key of the fixtures is made up, but no picture holds the text of a whole key.
    settings.bind(|| insta::assert_snapshot!(name, keydeck::secret::masked(screen)));
}

#[test]
fn each_view_and_dialog_looks_as_in_its_picture() {
    for &(name, story) in STORIES {
        for size in [SMALL, WIDE] {
            let desk = told(story, size);
            picture(&format!("{name}_{}x{}", size.0, size.1), &desk.screen(size));
        }
    }
    for name in AT_SMALLEST {
        let &(_, story) = STORIES.iter().find(|(story, _)| story == name).expect("a story");
        picture(&format!("{name}_40x10"), &told(story, SMALLEST).screen(SMALLEST));
    }
    for size in [SMALL, WIDE] {
        let mut desk = Desk::new(World::empty(), size);
        picture(&format!("empty_projects_{}x{}", size.0, size.1), &desk.screen(size));
        desk.keys("2");
        picture(&format!("empty_keys_{}x{}", size.0, size.1), &desk.screen(size));
    }
}

#[test]
fn every_screen_and_dialog_draws_at_every_size() {
    // Every width and every height, and all borders of the layout; each story has a share of them, and each
    // border comes in all stories.
    let widths = (1..=200).flat_map(|width| [10, 24].map(|height| (width, height)));
    let heights = (1..=60).flat_map(|height| [40, 110].map(|width| (width, height)));
    let spread: Vec<(u16, u16)> = widths.chain(heights).collect();
    let borders = [(1, 1), (39, 10), (40, 9), (40, 10), (44, 13), (99, 14), (100, 15), (149, 11), (200, 60)];
    for (at, &(_, story)) in STORIES.iter().enumerate() {
        let mut desk = told(story, WIDE);
        let share = spread.iter().copied().skip(at).step_by(STORIES.len());
        for size in share.chain(borders) {
            desk.happen(Event::Resize(size.0, size.1));
            desk.buffer(size);
            // A terminal may be smaller than it said when the frame is drawn.
            desk.buffer((size.0.div_ceil(2), size.1.div_ceil(2)));
        }
    }
}

/// What a screen says, without its lines and borders.
fn said(screen: &str) -> String {
    let text = screen.replace(['│', '─', '┌', '┐', '└', '┘', '┃', '━', '┏', '┓', '┗', '┛'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_is_decided_unseen_on_any_screen() {
    let leaving =
        ["Go back to save this key, or revoke it. It cannot be shown again.", "> [ Go back ]", "x revoke"];
    let written = [
        "The key is saved to a file. Go back and press Enter to keep it, or revoke it.",
        leaving[1],
        leaving[2],
    ];
    let cases: &[(&str, &[&str])] = &[
        ("key_shown_once", &["Enter done, I saved it", "y copy"]),
        ("copy_new_key", &["> 1 the key alone", "4 curl", "Enter or 1–4 copy"]),
        ("not_stored_yet", &leaving),
        ("not_stored_written", &written),
        ("not_stored_written", &["! Ignored: key pressed too quickly"]),
        ("not_stored_rotated", &leaving),
        ("not_stored_rotated", &["! Choose: x revoke"]),
        ("rotated_shown_once", &["Enter done, I saved it"]),
        ("revoke", &["> [ Cancel ]", "[ y Revoke ]", "y revoke", "Esc cancel", "web", "callers"]),
        ("rotate", &["Enter create replacement", "Esc cancel", "web stays active"]),
        ("rotated_next", &["x revoke it now", "Esc later"]),
        ("guide", &["web-2, never used", "203.0.113.7", "Enter Esc close", "g stop"]),
        ("guide_quiet", &["web was not used for 24 h.", "x revoke", "P pause", "Enter Esc close"]),
        ("unsaved", &["Revoke shop/mobile?", "y revoke", "Esc cancel"]),
    ];
    for &(name, wanted) in cases {
        let &(_, story) = STORIES.iter().find(|(story, _)| *story == name).expect("a story");
        let mut desk = told(story, WIDE);
        for size in (40..=110).flat_map(|width| [(width, 10), (width, 14), (width, 24)]) {
            desk.happen(Event::Resize(size.0, size.1));
            let screen = desk.screen(size);
            for words in wanted {
                assert!(said(&screen).contains(words), "{name} {size:?}: {words}\n{screen}");
            }
        }
    }
}

#[test]
fn which_key_where_and_who_would_be_hurt_is_never_cut_from_a_revocation() {
    let name = |world: &mut World| {
        world.keys[0].name = "an-exporter-of-the-monthly-figures-for-partners".into();
        world.keys[0].project_name = "marketing-site".into();
        world.callers = 32;
    };
    let cases: &[(&str, &[&str])] = &[
        ("jx", &["an-exporter-of-the-monthly-figures-for-partners", "203.0.113.7", "y revoke"]),
        ("a/s\rx", &["203.0.113.10", "Enter revoke 3 keys", "Type 3 to confirm", "Esc cancel"]),
    ];
    for (keys, wanted) in cases {
        let mut world = World::small();
        name(&mut world);
        let mut desk = Desk::new(world, WIDE);
        desk.keys("2");
        for c in keys.chars() {
            desk.press(if c == '\r' { KeyCode::Enter } else { KeyCode::Char(c) });
        }
        for size in (40..=110).flat_map(|width| [(width, 10), (width, 11), (width, 15), (width, 24)]) {
            desk.happen(Event::Resize(size.0, size.1));
            let screen = desk.screen(size);
            // A name that is broken over rows is whole too.
            let close = |text: &str| text.replace(' ', "");
            for words in wanted.iter().chain(&["local"]) {
                assert!(close(&said(&screen)).contains(&close(words)), "{keys} {size:?}: {words}\n{screen}");
            }
        }
    }
}

#[test]
fn the_last_use_stands_in_a_revocation_on_the_smallest_screen() {
    let mut desk = Desk::new(World::small(), SMALLEST);
    desk.keys("2jx");
    let screen = desk.screen(SMALLEST);
    assert!(said(&screen).contains("just now from 203.0.113.7"), "{screen}");
}

#[test]
fn a_revocation_that_failed_still_says_of_which_key_where_and_who_would_be_hurt() {
    let mut desk = Desk::new(World::small(), SMALLEST);
    desk.keys("2jx");
    desk.world.down = Some(failure(FailureKind::Unreachable, "nothing answers at 127.0.0.1:7474"));
    desk.press(KeyCode::Char('y'));
    let screen = desk.screen(SMALLEST);
    for words in ["web in shop", "local", "203.0.113.7", "! Nothing answers", "[ y Revoke ]", "y revoke"] {
        assert!(said(&screen).contains(words), "{words}: {screen}");
    }
}

#[test]
fn which_thing_and_where_is_never_cut_from_a_form_that_failed() {
    for (keys, wanted) in [
        ("2R", ["blog", "local", "Enter create"]),
        ("2n", ["blog", "local", "Enter create"]),
        ("2e", ["new-ci", "local", "Enter"]),
    ] {
        let mut desk = Desk::new(World::small(), SMALLEST);
        desk.keys(keys);
        desk.keys("a-name");
        let whole = |desk: &mut Desk| {
            let screen = desk.screen(SMALLEST);
            for words in wanted {
                assert!(said(&screen).contains(words), "{keys} {words}: {screen}");
            }
            screen
        };
        whole(&mut desk);
        let why = "nothing answers at 127.0.0.1:7474: is the server running, and is its address right?";
        desk.world.down = Some(failure(FailureKind::Unreachable, why));
        desk.press(KeyCode::Enter);
        assert!(whole(&mut desk).contains("! Nothing answers"));
    }
}

#[test]
fn the_help_is_among_the_hints_of_every_view_on_the_smallest_screen() {
    for name in ["projects", "keys_of_all", "stale", "audit", "detail", "marked"] {
        let &(_, story) = STORIES.iter().find(|(story, _)| *story == name).expect("a story");
        let screen = told(story, SMALLEST).screen(SMALLEST);
        assert!(screen.lines().last().unwrap().contains("? help"), "{name}: {screen}");
    }
}

#[test]
fn the_selected_row_is_reversed_marked_and_under_the_cursor() {
    let mut desk = told(|desk| desk.keys("2"), SMALL);
    desk.keys("jj");
    let (buffer, cursor) = desk.buffer(SMALL);
    assert_eq!(cursor, (0, 5), "header, tabs, heads, two rows above");
    assert_eq!(buffer[cursor].symbol(), ">");
    for x in 0..SMALL.0 {
        assert!(buffer[(x, 5)].modifier.contains(Modifier::REVERSED), "column {x}");
        assert!(!buffer[(x, 4)].modifier.contains(Modifier::REVERSED), "column {x} of the row above");
    }
}

#[test]
fn each_status_has_glyph_word_and_colour() {
    let mut world = World::small();
    world.keys[1].confirmed = true;
    let mut desk = Desk::new(world, SMALL);
    desk.keys("2G");
    let (buffer, cursor) = desk.buffer(SMALL);
    let screen = desk.screen(SMALL);
    let expected = [
        ("mobile", "◐ idle", Color::Yellow),
        ("old-batch", "▲ stale", Color::Red),
        ("forgotten", "▲ stale", Color::Red),
        ("new-ci", "○ new", Color::Magenta),
        ("leaked", "✕ revoked", Color::Reset),
        ("web", "● in use", Color::Green),
    ];
    for (name, label, colour) in expected {
        let (y, line) =
            screen.lines().enumerate().find(|(_, line)| line[1..].trim_start().starts_with(name)).unwrap();
        let at = line.find(label).unwrap_or_else(|| panic!("{label} in {line}"));
        let x = line[..at].chars().count() as u16;
        let selected = cursor.1 == y as u16;
        let style = buffer[(x, y as u16)].style();
        assert!(selected || style.fg == Some(colour), "{name}: {style:?}");
    }
}

#[test]
fn who_created_a_key_stands_in_its_row_where_there_is_room() {
    for view in ["2", "3"] {
        let mut desk = Desk::new(World::small(), (200, 50));
        desk.keys(view);
        desk.keys("w");
        for width in [200, 130, 110] {
            desk.happen(Event::Resize(width, 50));
            let screen = desk.screen((width, 50));
            assert!(screen.contains("CREATED BY"), "{view} {width}: {screen}");
            let row = screen.lines().find(|line| line.contains("old-batch")).expect("a row");
            assert!(row.contains("local:ann"), "{view} {width}: {screen}");
        }
    }
}

#[test]
fn hostile_names_are_inert_in_every_view() {
    for (name, _) in hostile::names() {
        let mut world = World::small();
        for project in &mut world.projects {
            project.name.clone_from(&name);
        }
        for key in &mut world.keys {
            key.name.clone_from(&name);
            key.project_name = name.as_str().into();
            key.created_by = name.as_str().into();
            key.last_used_from = Some(name.as_str().into());
            key.revoke_reason = Some(name.as_str().into());
            key.requests30d = u64::MAX;
        }
        for event in &mut world.events {
            event.actor.clone_from(&name);
            event.detail = serde_json::json!({ "name": name });
        }
        let mut desk = Desk::new(world, WIDE);
        for keys in ["1", "2", "x", "e", "3", "4"] {
            desk.tap(KeyCode::Char(keys.chars().next().expect("a key")));
            desk.answer();
            let screen = desk.screen(WIDE);
            assert!(!screen.contains(|c| c != '\n' && is_hostile(c)), "{name:?} in {keys}: {screen:?}");
            assert!(keydeck::secret::find(&screen).is_none(), "{name:?} in {keys}");
            desk.tap(KeyCode::Esc);
        }
    }
}

#[test]
fn in_ascii_every_cell_of_every_screen_is_ascii_and_stands_where_it_stood() {
    let ascii = Theme { symbols: Symbols::Ascii, ..Theme::DEFAULT };
    let foreign =
        ["Caf\u{e9}", "Cafe\u{301}", "\u{9375}-\u{30ad}\u{30fc}", "\u{41f}\u{440}\u{43e}", "\u{1f511}"];
    for foreign in [None].into_iter().chain(foreign.map(Some)) {
        for &(name, story) in STORIES {
            for size in [SMALL, WIDE, SMALLEST] {
                let mut world = World::small();
                if let Some(text) = foreign {
                    for key in &mut world.keys {
                        key.name = format!("{text}-{}", key.name);
                        key.created_by = text.into();
                    }
                }
                let mut desk = Desk::new(world, size);
                story(&mut desk);
                let (unicode, cursor) = desk.buffer(size);
                let (drawn, moved) = desk.buffer_in(&ascii, size);
                assert_eq!(cursor.1, moved.1, "{name} {size:?}");
                for (here, there) in drawn.content.iter().zip(&unicode.content) {
                    assert!(here.symbol().is_ascii(), "{name} {size:?} {foreign:?}: {:?}", here.symbol());
                    assert_eq!(here.symbol().len(), 1, "{name} {size:?}: {:?}", here.symbol());
                    let border = match there.symbol() {
                        "\u{2502}" => "|",
                        "\u{250c}" | "\u{2510}" | "\u{2514}" | "\u{2518}" => "+",
                        _ => continue,
                    };
                    assert_eq!(here.symbol(), border, "{name} {size:?}");
                }
            }
        }
    }
}

#[test]
fn in_ascii_a_row_reads_as_it_does_with_signs() {
    let ascii = Theme { symbols: Symbols::Ascii, ..Theme::DEFAULT };
    let rows = |size: (u16, u16)| {
        let desk = told(|desk| desk.keys("2"), size);
        let (buffer, _) = desk.buffer_in(&ascii, size);
        let row = |y| (0..size.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..size.1).map(row).collect::<Vec<_>>()
    };
    let find =
        |rows: &[String], name: &str| rows.iter().find(|row| row.contains(name)).expect("a row").clone();
    let rows = rows(SMALL);
    assert!(find(&rows, "mobile").contains(" + idle "), "{rows:#?}");
    assert!(find(&rows, "leaked").contains(" x revoked "), "{rows:#?}");
    assert!(find(&rows, "mobile").contains("live_0002~x9m1"), "{rows:#?}");
}

#[test]
fn every_sign_of_the_dashboard_has_one_in_ascii() {
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { files(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui"), &mut found);
    for file in found {
        let text = std::fs::read_to_string(&file).expect("a file");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for c in line.chars().filter(|c| !c.is_ascii()) {
                assert!(SIGNS.iter().any(|(sign, _)| *sign == c), "{c:?} in {}: {line}", file.display());
            }
        }
    }
    for (sign, ascii) in SIGNS {
        assert!(!sign.is_ascii() && ascii.is_ascii_graphic(), "{sign:?} {ascii:?}");
    }
}

#[test]
fn the_first_variable_that_names_a_locale_decides_about_the_signs() {
    for (variables, symbols) in [
        (&[][..], Symbols::Unicode),
        (&[("TMUX", "/tmp/tmux-0/default,1,0")], Symbols::Ascii),
        (&[("TMUX", "/tmp/tmux-0/default,1,0"), ("LANG", "C.UTF-8")], Symbols::Unicode),
        (&[("LANG", "C.UTF-8")], Symbols::Unicode),
        (&[("LANG", "de_DE.utf8")], Symbols::Unicode),
        (&[("LC_CTYPE", "UTF-8")], Symbols::Unicode),
        (&[("LANG", "C")], Symbols::Ascii),
        (&[("LANG", "de_DE")], Symbols::Ascii),
        (&[("LANG", "en_US.ISO-8859-1")], Symbols::Ascii),
        (&[("LC_ALL", "C"), ("LANG", "C.UTF-8")], Symbols::Ascii),
        (&[("LC_ALL", ""), ("LC_CTYPE", "POSIX"), ("LANG", "C.UTF-8")], Symbols::Ascii),
        (&[("LC_ALL", "C.UTF-8"), ("LANG", "C")], Symbols::Unicode),
    ] {
        let found = Symbols::of_locale(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        });
        assert_eq!(found, symbols, "{variables:?}");
    }
}

#[test]
fn context_prod_and_read_only_are_the_last_to_leave_the_header() {
    let mut desk = Desk::new(World::small(), (40, 10));
    desk.happen(Event::Resize(40, 10));
    assert!(desk.screen((40, 10)).lines().next().unwrap().contains("local"));
    let setup = keydeck::tui::model::Setup {
        context: "shop-production".into(),
        prod: true,
        read_only: true,
        copy_new_key: true,
        zone: keydeck::wire::zone::Zone::UTC,
        demo: false,
        folder: String::new(),
        now: desk.now,
        size: (40, 10),
        keymap: keydeck::tui::model::Keymap::default(),
        mouse: false,
        themes: crate::support::fixtures::themes(),
        columns: String::new(),
        filters: String::new(),
        contexts: keydeck::tui::model::Contexts::default(),
    };
    let mut desk = Desk::with(World::small(), setup);
    desk.connect();
    let header = desk.screen((40, 10)).lines().next().unwrap().to_owned();
    for word in ["shop-production", "PROD", "read-only"] {
        assert!(header.contains(word), "{header}");
    }
}

#[test]
fn an_audit_row_says_which_key_of_which_project_and_why() {
    let size = (80, 24);
    let mut world = World::small();
    let event = world.events.iter_mut().find(|event| event.seq == 3).expect("an event");
    event.detail = serde_json::json!({
        "before": null, "hint": "redir_live_0001****...****x9m1", "mode": "live", "name": "web", "reason": "leaked",
    });
    let mut desk = Desk::new(world, size);
    desk.keys("4");
    let screen = desk.screen(size);
    assert!(screen.contains("shop/web · leaked"), "{screen}");
    assert!(!screen.contains("null"), "{screen}");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(size);
    assert!(screen.contains("redir_live_0001****...****x9m1"), "the mask is in the detail: {screen}");
}
