//! Times as ages or in UTC, by a key.

use keydeck::tui::model::KeyCode;

use super::detail::open;
use crate::support::fixtures::{Desk, World};

const SMALL: (u16, u16) = (80, 24);

#[test]
fn a_key_switches_all_times_of_a_table_to_utc_and_back() {
    let mut desk = Desk::new(World::small(), SMALL);
    desk.keys("2");
    let before = desk.screen(SMALL);
    assert!(before.contains("40d ago") && !before.contains("2026-10-14"), "{before}");
    desk.keys("t");
    let screen = desk.screen(SMALL);
    assert!(screen.contains("2026-10-14 17:04") && !screen.contains(" ago"), "{screen}");
    assert!(screen.contains("never"), "{screen}");
    assert!(screen.contains("Times are in UTC. Press t for relative times."), "{screen}");
    // Names are whole: other columns give way.
    for key in &desk.world.keys {
        assert!(screen.contains(&format!(" {} ", key.name)), "{screen}");
    }
    desk.keys("t");
    let rows = |screen: &str| screen.lines().skip(2).take(8).map(str::to_owned).collect::<Vec<_>>();
    let after = desk.screen(SMALL);
    assert!(after.contains("40d ago") && after.contains("Press t for times in UTC."), "{after}");
    let width = |screen: &str| rows(screen)[0].find("LAST USED");
    assert_eq!(width(&after), width(&before), "the columns are as narrow as before");
}

#[test]
fn the_detail_and_its_callers_and_history_have_times_in_utc_too() {
    let size = (120, 40);
    let mut desk = open(World::small(), size);
    desk.keys("t");
    let screen = desk.screen(size);
    assert!(screen.contains("created   2026-05-07 17:04:04 UTC by local:ann"), "{screen}");
    assert!(screen.contains("203.0.113.7  12,345 requests · 2026-11-23 17:04"), "{screen}");
    assert!(screen.contains("2026-11-23 15:04  created by local:ann"), "{screen}");
    assert!(!screen.contains(" ago") && !screen.contains("+01:00"), "{screen}");
}

#[test]
fn the_choice_stays_in_other_views_and_contexts() {
    let size = (120, 30);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("t4");
    let screen = desk.screen(size);
    assert!(screen.contains("2026-11-23 16:04") && !screen.contains(" ago"), "{screen}");
    desk.keys("C");
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    desk.connect();
    desk.keys("2");
    let screen = desk.screen(size);
    assert!(screen.contains("2026-11-23 17:04") && !screen.contains("d ago"), "{screen}");
}
