//! The sections of a key's detail, and its chart of daily requests.

use keydeck::tui::view::{Symbols, Theme};

use super::detail::open;
use crate::support::fixtures::World;

const SMALL: (u16, u16) = (80, 24);
const TALL: (u16, u16) = (120, 40);

/// The rows of the chart: what stands at the right of its axis, from the top.
fn bars(screen: &str) -> Vec<String> {
    let after = |line: &str| {
        let at = line.find(['┤', '│'])?;
        Some(line[at..].chars().skip(1).collect())
    };
    let lines = screen.lines().skip_while(|line| !line.contains('┤'));
    lines.take_while(|line| !line.contains('└')).filter_map(after).collect()
}

/// A world where `web` was requested like this, each day for 30 days: allowed, rate-limited, refused.
fn used(day: impl Fn(u64) -> (u64, u64, u64)) -> World {
    let mut world = World::small();
    for (at, usage) in (0..).zip(&mut world.usage) {
        (usage.allowed, usage.limited, usage.refused) = day(at);
    }
    world
}

#[test]
fn the_detail_has_sections_and_what_matters_most_needs_no_scrolling_at_80x24() {
    let screen = open(World::small(), SMALL).screen(SMALL);
    let at = |words: &str| screen.find(words).unwrap_or_else(|| panic!("{words}: {screen}"));
    assert!(at("\nState ──") < at("\nUsage ──"), "{screen}");
    for fact in [
        "status    ● in use",
        "project   shop",
        "key       redir_live_0001****...****x9m1",
        "last used 11s ago · 2026-11-23 18:04:00 +01:00 · 2026-11-23 17:04:00 UTC",
        "last IP   203.0.113.7",
        "requests  12,345 allowed in 30 days",
    ] {
        at(fact);
    }
    assert!(screen.contains("291 ┤"), "the chart begins on the first screen: {screen}");
}

#[test]
fn the_chart_has_the_peak_and_zero_at_its_left_and_its_days_below() {
    let screen = open(World::small(), TALL).screen(TALL);
    let rows = bars(&screen);
    assert!(rows.len() >= 5, "it uses the height that there is: {screen}");
    assert!(screen.contains("291 ┤") && screen.contains("  0 └─"), "{screen}");
    let days = screen.lines().find(|line| line.contains("2026-10-25")).unwrap_or_default();
    assert!(days.contains("2026-11-23 today"), "the first and the last day: {screen}");
    // More requests every day: no row has a bar that the row below has not.
    let filled = |row: &String| row.chars().filter(|c| !c.is_whitespace()).count();
    assert!(rows.is_sorted_by(|above, below| filled(above) <= filled(below)), "{screen}");
    assert_eq!(filled(&rows[rows.len() - 1]), 29, "all days but the first have requests: {screen}");
}

#[test]
fn one_refused_request_among_thousands_shows_and_differs_by_its_sign() {
    let world = used(|day| match day {
        10 => (100_000, 0, 1),
        11 => (100_000, 100_000, 0),
        _ => (100_000, 0, 0),
    });
    let screen = open(world, TALL).screen(TALL);
    let rows = bars(&screen);
    let signs = |row: &String| row.matches('▒').count();
    assert_eq!(signs(&rows[0]), 1, "the tallest day: {screen}");
    assert_eq!(rows.iter().map(signs).max(), Some(2), "the one refused request has a cell: {screen}");
    assert!(screen.contains("█ 3,000,000 allowed  ▒ 100,000 rate-limited, 1 refused"), "{screen}");
}

#[test]
fn a_key_without_requests_says_so_instead_of_an_empty_chart() {
    let screen = open(used(|_| (0, 0, 0)), TALL).screen(TALL);
    assert!(screen.contains("No requests in the last 30 days."), "{screen}");
    assert!(!screen.contains('┤'), "{screen}");
}

#[test]
fn where_there_is_little_room_the_chart_is_one_row_with_its_peak_and_days() {
    let size = (40, 14);
    let mut desk = open(World::small(), size);
    desk.keys("G");
    let screen = desk.screen(size);
    assert!(screen.contains("daily      ▁▁▁▂▂▂▂▃▃▃▄▄▄▄▅▅▅▅▆▆▆▇▇▇▇████"), "{screen}");
    assert!(screen.contains("peak 291/day · 10-25 to today"), "{screen}");
    assert!(screen.contains("rejected  1 refused"), "{screen}");
}

#[test]
fn in_ascii_the_bars_are_no_numbers_and_refused_requests_differ_from_others() {
    let desk = open(World::small(), TALL);
    let theme = Theme { symbols: Symbols::Ascii, ..Theme::DEFAULT };
    let (buffer, _) = desk.buffer_in(&theme, TALL);
    let line = |y: u16| (0..TALL.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    let lines: Vec<String> = (0..TALL.1).map(line).collect();
    let screen = lines.join("\n");
    assert!(screen.is_ascii(), "{screen}");
    let top = lines.iter().position(|line| line.contains("291 +")).expect("the peak");
    let axis = lines.iter().position(|line| line.contains("  0 +-")).expect("the axis");
    assert!(lines[top].contains('x'), "the refused one: {screen}");
    for row in &lines[top + 1..axis] {
        let (_, bars) = row.rsplit_once('|').expect("the axis");
        assert!(bars.chars().all(|c| "#:. x".contains(c)), "{row}");
    }
}

#[test]
fn wide_details_show_sections_side_by_side() {
    let size = (160, 45);
    let screen = open(World::small(), size).screen(size);
    let heads = screen.lines().find(|line| line.starts_with("State ──")).unwrap_or_default();
    assert!(heads.contains(" Usage ──"), "{screen}");
    assert!(bars(&screen).len() >= 8, "{screen}");
}
