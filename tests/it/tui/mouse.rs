//! The mouse: off until it is asked for, never while a key is shown, and then rows, column names, tabs and lists
//! are clicked.

use keydeck::tui::model::{Effect, Event, KeyCode, Mouse, MouseKind, Request, Setup};
use keydeck::wire::keys::SortBy;

use crate::support::fixtures::{Desk, World};

const SIZE: (u16, u16) = (160, 45);

fn mouse(desk: &mut Desk, kind: MouseKind, x: u16, y: u16) {
    desk.happen(Event::Mouse(Mouse { kind, x, y }));
    desk.answer();
}

/// Clicks on the first character of a text on the screen.
fn click(desk: &mut Desk, text: &str) {
    let screen = desk.screen(SIZE);
    let at = screen
        .lines()
        .enumerate()
        .find_map(|(y, line)| line.find(text).map(|at| (line[..at].chars().count() as u16, y as u16)));
    let (x, y) = at.unwrap_or_else(|| panic!("{text}: {screen}"));
    mouse(desk, MouseKind::Click, x, y);
}

fn captures(desk: &mut Desk) -> Vec<bool> {
    let effects = std::mem::take(&mut desk.effects);
    effects
        .into_iter()
        .filter_map(|effect| if let Effect::CaptureMouse(on) = effect { Some(on) } else { None })
        .collect()
}

#[test]
fn it_is_off_until_m_or_the_setting_and_given_back_while_a_key_is_shown() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2");
    assert_eq!(captures(&mut desk), Vec::<bool>::new());
    desk.keys("m");
    assert_eq!(captures(&mut desk), [true]);
    assert!(desk.screen(SIZE).contains("Mouse on"), "{}", desk.screen(SIZE));
    desk.keys("nci");
    desk.press(KeyCode::Enter);
    assert!(desk.state.shows_secret());
    assert_eq!(captures(&mut desk), [false]);
    mouse(&mut desk, MouseKind::Click, 2, 1);
    assert!(desk.state.shows_secret());
    desk.press(KeyCode::Enter);
    assert_eq!(captures(&mut desk), [true]);
    desk.keys("m");
    assert_eq!(captures(&mut desk), [false]);

    let cold = Desk::cold(World::small(), SIZE);
    let setup = Setup { mouse: true, ..crate::support::fixtures::setup(SIZE) };
    assert!(!cold.effects.contains(&Effect::CaptureMouse(true)));
    let mut desk = Desk::with(World::small(), setup);
    assert_eq!(captures(&mut desk), [true]);
}

#[test]
fn rows_tabs_and_projects_are_clicked_and_the_wheel_scrolls() {
    let mut desk = Desk::new(World::small(), SIZE);
    click(&mut desk, "Stale 4");
    assert!(desk.screen(SIZE).contains("[Stale"));
    click(&mut desk, "Keys ");
    assert!(desk.screen(SIZE).contains("[Keys"));
    click(&mut desk, "old-batch");
    assert!(desk.screen(SIZE).contains("> old-batch"), "{}", desk.screen(SIZE));
    mouse(&mut desk, MouseKind::WheelUp, 60, 20);
    assert!(!desk.screen(SIZE).contains("> old-batch"));
    click(&mut desk, "  blog                   4");
    assert!(desk.screen(SIZE).contains("▸ blog"), "{}", desk.screen(SIZE));
    click(&mut desk, "all projects");
    assert!(desk.screen(SIZE).contains("▸ all projects"));
    // Below the last row, on the title and on the header there is nothing to click.
    let before = desk.screen(SIZE);
    for (x, y) in [(60, 40), (60, 2), (5, 0), (159, 44)] {
        mouse(&mut desk, MouseKind::Click, x, y);
        assert_eq!(desk.screen(SIZE), before, "{x} {y}");
    }
    assert!(!desk.asked.iter().any(Request::writes));
}

#[test]
fn a_columns_name_sorts_by_it_and_the_second_click_the_other_way() {
    for scoped in [false, true] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2");
        if scoped {
            click(&mut desk, "  shop");
        }
        desk.keys("w");
        for (name, by, descending) in [
            ("NAME", SortBy::Name, false),
            ("NAME", SortBy::Name, true),
            ("LAST USED", SortBy::LastUsed, false),
            ("CREATED", SortBy::Created, true),
        ] {
            desk.asked.clear();
            click(&mut desk, name);
            let sort = desk.asked.iter().find_map(|request| match request {
                Request::Keys { query, .. } => query.sort,
                _ => None,
            });
            assert_eq!(
                sort.map(|sort| (sort.by, sort.descending)),
                Some((by, descending)),
                "{name} {scoped}"
            );
        }
        desk.asked.clear();
        click(&mut desk, "KEY ");
        assert!(!desk.asked.iter().any(|request| matches!(request, Request::Keys { .. })));
    }
}

#[test]
fn a_list_to_choose_from_takes_two_clicks_a_menu_one_and_a_confirmation_none() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2:");
    click(&mut desk, "Stale keys");
    assert!(desk.screen(SIZE).contains("> 3           Stale keys"), "{}", desk.screen(SIZE));
    click(&mut desk, "Stale keys");
    assert!(desk.screen(SIZE).contains("[Stale"), "{}", desk.screen(SIZE));
    desk.keys("2s");
    click(&mut desk, "Name A–Z");
    assert!(desk.screen(SIZE).contains("NAME ▲") && !desk.screen(SIZE).contains("Sort by"));
    desk.keys("x");
    for y in 0..SIZE.1 {
        mouse(&mut desk, MouseKind::Click, SIZE.0 / 2, y);
    }
    assert!(desk.screen(SIZE).contains("Revoke this key?"));
    assert!(!desk.asked.iter().any(Request::writes));
}
