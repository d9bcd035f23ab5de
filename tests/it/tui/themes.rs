//! Themes: each reads on light and on dark, marks the selected row, and has a style for each status.

use keydeck::config::file;
use keydeck::tui::view::Theme;
use ratatui::style::{Color, Modifier, Style};

use crate::support::fixtures::{Desk, World};

const SIZE: (u16, u16) = (100, 24);

#[test]
fn the_configuration_knows_exactly_the_themes_there_are() {
    assert_eq!(Theme::ALL.map(|(name, _)| name), file::THEMES);
    for (name, theme) in Theme::ALL {
        assert_eq!(Theme::named(name), Some(theme));
    }
    assert_eq!(Theme::named("dark"), None);
}

#[test]
fn the_selected_row_is_reversed_in_each_theme_and_no_other_row_is() {
    for (name, theme) in Theme::ALL {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2jj");
        let (buffer, cursor) = desk.buffer_in(&theme, SIZE);
        assert_eq!(buffer[cursor].symbol(), ">");
        for x in 0..50 {
            let reversed = |y: u16| buffer[(x, y)].modifier.contains(Modifier::REVERSED);
            assert!(reversed(cursor.1), "{name}: column {x}");
            assert!(!reversed(cursor.1 - 1) && !reversed(cursor.1 + 1), "{name}: column {x}");
        }
    }
}

/// The style of each status on the screen, by its glyph and word.
fn statuses(theme: &Theme) -> Vec<(&'static str, Style)> {
    let mut desk = Desk::new(World::small(), SIZE);
    // The selected row has the style of the selected row.
    desk.keys("2G");
    let selected_last = styles(&desk, theme, &["◐ idle", "○ unused", "✕ revoked", "● in use"]);
    desk.keys("g");
    selected_last.into_iter().chain(styles(&desk, theme, &["▲ stale", "▲ unused"])).collect()
}

fn styles(desk: &Desk, theme: &Theme, labels: &[&'static str]) -> Vec<(&'static str, Style)> {
    let (buffer, cursor) = desk.buffer_in(theme, SIZE);
    let screen = desk.screen(SIZE);
    let style = |label: &str| {
        let (y, line) = screen
            .lines()
            .enumerate()
            .find(|(y, line)| *y != usize::from(cursor.1) && line.contains(label))
            .unwrap_or_else(|| panic!("{label}: {screen}"));
        let x = line[..line.find(label).expect("it is there")].chars().count();
        buffer[(x as u16, y as u16)].style()
    };
    labels.iter().map(|label| (*label, style(label))).collect()
}

#[test]
fn each_status_has_a_style_of_its_own_beside_glyph_and_word() {
    for (name, theme) in Theme::ALL {
        for (label, style) in statuses(&theme) {
            let wanted = match label {
                "◐ idle" => theme.warn,
                "▲ stale" | "▲ unused" => theme.bad,
                "○ unused" => theme.never,
                "✕ revoked" => theme.gone,
                _ => theme.good,
            };
            assert_eq!(style.fg, wanted.fg.or(Some(Color::Reset)), "{name}: {label}");
            assert_eq!(style.add_modifier, wanted.add_modifier, "{name}: {label}");
        }
        let kinds = [theme.good, theme.warn, theme.bad, theme.never, theme.gone];
        for (at, one) in kinds.iter().enumerate() {
            let alike = kinds[at + 1..].contains(one);
            assert!(!alike || name == "mono", "{name}: {one:?} stands for two things");
        }
    }
}

#[test]
fn plain_text_has_the_terminals_own_colours_and_colours_read_on_light_and_dark() {
    for (name, theme) in Theme::ALL {
        assert_eq!((theme.text.fg, theme.text.bg), (None, None), "{name}");
        let all = [
            theme.dim,
            theme.title,
            theme.key,
            theme.selected,
            theme.field,
            theme.prod,
            theme.good,
            theme.warn,
            theme.bad,
            theme.gone,
            theme.never,
        ];
        for style in all {
            // Black and white read on one of the two only, unless they bring their background along.
            let one_sided = matches!(style.fg, Some(Color::White | Color::Black | Color::Gray));
            assert!(!one_sided || style.bg.is_some(), "{name}: {style:?}");
            // Blue on black is hard to read in most terminals.
            assert_ne!(style.fg, Some(Color::Blue), "{name}: {style:?}");
            assert!(style.bg.is_none() || style.fg.is_some(), "{name}: {style:?}");
            assert!(name != "mono" || (style.fg.is_none() && style.bg.is_none()), "{style:?}");
        }
    }
}
