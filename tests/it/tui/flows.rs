//! Flows counted in key presses from the opening screen. The other two: a key known by name, in `palette`;
//! the stale ones marked, in `marks`. Where a number is counted of real keys, the demo is on the stage.

use keydeck::tui::model::{CopyText, Effect, Event, KeyCode, KeyPress, Pasted, Request};
use keydeck::wire::keys::{Key, Status};
use keydeck::wire::tokens::Role;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::dialogs::leaky;
use crate::support::fixtures::{Desk, NOW, WHOLE_KEY, World, ago, contexts};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (80, 24);

fn press(desk: &mut Desk, presses: &mut u32, code: KeyCode) {
    *presses += 1;
    desk.press(code);
}

#[test]
fn a_new_key_is_copied_after_two_key_presses_and_its_name() {
    let (mut desk, mut presses) = (Desk::new(World::small(), SIZE), 0);
    assert!(desk.screen(SIZE).contains("[Projects"), "{}", desk.screen(SIZE));
    press(&mut desk, &mut presses, KeyCode::Char('N'));
    desk.keys("nightly");
    press(&mut desk, &mut presses, KeyCode::Enter);
    assert!(desk.screen(SIZE).lines().any(|line| line.trim() == WHOLE_KEY), "{}", desk.screen(SIZE));
    let copied = |effect: &Effect| matches!(effect, Effect::Copy(CopyText::Secret(_, key)) if key.reveal() == WHOLE_KEY);
    assert!(desk.effects.iter().any(copied));
    let selected = desk.world.projects[0].id;
    let made =
        |request: &Request| matches!(request, Request::CreateKey { project, .. } if *project == selected);
    assert!(desk.asked.iter().any(made), "in the project that was selected");
    assert_eq!(presses, 2);
}

#[test]
fn without_a_project_the_key_to_make_a_key_makes_a_project_first() {
    let mut desk = Desk::new(World::empty(), SIZE);
    desk.happen(Event::Key(KeyPress::char('N')));
    assert!(desk.screen(SIZE).contains("New project"), "{}", desk.screen(SIZE));
}

#[test]
fn who_may_only_look_is_told_so() {
    let mut desk = Desk::new(World { role: Role::Auditor, ..World::small() }, SIZE);
    desk.press(KeyCode::Char('N'));
    let screen = desk.screen(SIZE);
    assert!(screen.contains("requires the member or admin role (you are auditor)"), "{screen}");
}

#[test]
fn a_leaked_key_in_the_clipboard_has_its_receipt_after_three_key_presses() {
    let (mut desk, mut presses) = (Desk::new(leaky(), SIZE), 1);
    desk.paste(WHOLE_KEY);
    press(&mut desk, &mut presses, KeyCode::Char('x'));
    press(&mut desk, &mut presses, KeyCode::Char('y'));
    assert!(desk.world.keys.iter().any(|key| key.status == Status::Revoked));
    assert!(desk.screen(SIZE).contains("1 of 1"), "{}", desk.screen(SIZE));
    assert_eq!(presses, 3);
}

/// Presses these keys on the stage, where `\r` is Enter, and counts them.
fn pressed(stage: &mut Stage, keys: &str) -> usize {
    for c in keys.chars() {
        stage.press(if c == '\r' { KeyCode::Enter } else { KeyCode::Char(c) });
    }
    keys.chars().count()
}

#[test]
fn a_leaked_key_pasted_anywhere_is_revoked_and_replaced_in_four_key_presses() {
    // Into the table, and into the filter.
    for before in ["", "2", "2/", "3/by:", "4/"] {
        let mut stage = Stage::new(SIZE);
        pressed(&mut stage, "2Nleaked\r");
        let key = keydeck::secret::find(&stage.screen()).map(|at| stage.screen()[at].to_owned());
        pressed(&mut stage, "\r");
        pressed(&mut stage, before);
        stage.happen(Event::Paste(Pasted::new(key.expect("a whole key"))));
        let presses = pressed(&mut stage, "xyR\r");
        assert!(presses <= 4, "{presses}");
        let screen = stage.screen();
        assert!(keydeck::secret::find(&screen).is_some(), "the replacement is shown: {before:?} {screen}");
        let keys = stage.all_keys();
        let new = |status: Status| {
            let of = keys.iter().filter(move |key| key.status == status && key.created_at >= NOW);
            of.map(|key| key.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(
            (new(Status::Revoked), new(Status::Active)),
            (vec!["leaked"], vec!["leaked"]),
            "{before:?}"
        );
    }
}

#[test]
fn the_stale_keys_of_one_creator_are_revoked_in_twelve_key_presses() {
    let mut stage = Stage::new(SIZE);
    let stale = |stage: &Stage, by: &str, status: Status| {
        let stale = |key: &&Key| {
            key.created_by.starts_with(by) && key.status == status && key.idle_since() <= ago(90 * 86_400)
        };
        stage.all_keys().iter().filter(stale).count()
    };
    let (his, all) = (stale(&stage, "local:jonas", Status::Active), stale(&stage, "", Status::Active));
    let revoked = stale(&stage, "local:jonas", Status::Revoked);
    assert!(his > 10 && all > his, "{his} of {all}");
    // The stale keys, by creator: who has the most comes first.
    let mut presses = pressed(&mut stage, "3b\rax");
    assert!(stage.screen().contains(&format!("Revoke {his} marked keys?")), "{}", stage.screen());
    presses += pressed(&mut stage, &format!("{his}\r"));
    assert!(stage.screen().contains(&format!("{his} keys revoked")), "{}", stage.screen());
    assert_eq!(stale(&stage, "", Status::Active), all - his, "nobody else's");
    assert_eq!(stale(&stage, "local:jonas", Status::Revoked), revoked + his);
    assert!(presses <= 12, "{presses}");
}

#[test]
fn the_stale_keys_are_a_csv_file_after_three_key_presses() {
    // The demo asks where to write; elsewhere it is the working directory.
    let mut stage = Stage::within(SIZE, contexts());
    let presses = pressed(&mut stage, "3E\r");
    let text = stage.effects.iter().find_map(|effect| match effect {
        Effect::WriteExport { text, .. } => Some(text.clone()),
        _ => None,
    });
    let text = text.expect("a file");
    assert!(text.starts_with("id,project,name,") && text.contains(",legacy-portal,fax-gateway,"), "{text}");
    assert_eq!(text.lines().count(), 1 + 32, "{text}");
    assert_eq!(presses, 3);
}

/// All rows of the list that is on the stage.
fn rows(stage: &mut Stage) -> Vec<String> {
    let mut rows = Vec::new();
    loop {
        let screen = stage.screen();
        rows.extend(screen.lines().skip(3).take(usize::from(SIZE.1) - 5).map(str::to_owned));
        stage.press(KeyCode::PageDown);
        if stage.screen() == screen {
            return rows;
        }
    }
}

#[test]
fn at_the_smallest_usual_size_no_short_name_is_cut_and_little_is_dim() {
    for view in ["2", "3", "4"] {
        let mut stage = Stage::new(SIZE);
        pressed(&mut stage, view);
        let (buffer, screen) = (stage.buffer(), stage.screen());
        let seen: Vec<_> = buffer.content().iter().filter(|cell| cell.symbol() != " ").collect();
        let faint = |cell: &&&Cell| cell.modifier.contains(Modifier::DIM) || cell.fg == Color::DarkGray;
        let dim = seen.iter().filter(faint).count();
        assert!(dim * 4 <= seen.len(), "{dim} of {} are dim: {screen}", seen.len());
        let rows = rows(&mut stage);
        let of_log = view == "4";
        let (mut found, mut missing) = (0, Vec::new());
        for key in stage.all_keys().iter().filter(|key| key.name.chars().count() < 21) {
            // In the log a key is called what it was called then.
            let mut wanted = rows.iter().filter(|row| {
                if of_log {
                    return format!("{row} ").contains(&format!("/{} ", key.name));
                }
                row.get(2..).is_some_and(|row| row.starts_with(&format!("{} ", key.name)))
            });
            let is_stale = key.status == Status::Active && key.idle_since() <= ago(90 * 86_400);
            match wanted.next() {
                Some(_) => found += 1,
                None if view != "3" || is_stale => missing.push(key.name.clone()),
                None => {}
            }
        }
        assert!(missing.is_empty() && found >= 30, "{view}: {found} whole, {missing:?} cut: {rows:#?}");
    }
}

#[test]
fn what_was_said_in_one_view_is_not_on_the_line_of_another_but_stays_among_the_messages() {
    let size = (100, 30);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2m");
    assert!(desk.screen(size).contains("Mouse on"), "{}", desk.screen(size));
    desk.keys("3");
    assert!(!desk.screen(size).contains("Mouse on"), "{}", desk.screen(size));
    desk.keys("!");
    assert!(desk.screen(size).contains("Mouse on"), "{}", desk.screen(size));
}

#[test]
fn a_refresh_says_when_it_is_done() {
    let size = (100, 30);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2");
    desk.tap(KeyCode::Char('r'));
    assert!(desk.screen(size).contains("Refreshing…"), "{}", desk.screen(size));
    desk.answer();
    let screen = desk.screen(size);
    assert!(screen.contains("Refreshed") && !screen.contains("Refreshing…"), "{screen}");
}

#[test]
fn from_the_keys_of_a_project_the_stale_keys_are_said_to_be_of_all() {
    for to in ["3", "\t"] {
        let mut stage = Stage::new(SIZE);
        pressed(&mut stage, "1jj\r");
        assert!(stage.screen().contains("▸ docs"), "{}", stage.screen());
        for c in to.chars() {
            stage.press(if c == '\t' { KeyCode::Tab } else { KeyCode::Char(c) });
        }
        let screen = stage.screen();
        assert!(screen.contains("[Stale") && screen.contains("▸ all projects"), "{to:?} {screen}");
        assert!(screen.contains("legacy-portal"), "{screen}");
    }
}
