//! Themes: each reads on light and on dark, marks the selected row, and has a style for each status.

use keydeck::config::edit::{self, Change};
use keydeck::config::file;
use keydeck::tui::model::{Effect, Event, KeyCode, Setup, Themes};
use keydeck::tui::view::Theme;
use ratatui::style::{Color, Modifier, Style};

use crate::support::fixtures::{Desk, World, setup, themes};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (100, 24);

#[test]
fn the_configuration_knows_exactly_the_themes_there_are() {
    let (auto, named) = file::THEMES.split_last().expect("themes");
    assert_eq!((*auto, named), ("auto", &Theme::ALL.map(|(name, _)| name)[..]));
    for (name, theme) in Theme::ALL {
        assert_eq!(Theme::named(name), Some(theme));
    }
    assert_eq!(Theme::named("twilight"), None);
}

#[test]
fn the_selected_row_stands_out_in_each_theme_and_no_other_row_does() {
    for (name, theme) in Theme::ALL {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys("2jj");
        let (buffer, cursor) = desk.buffer_in(&theme, SIZE);
        assert_eq!(buffer[cursor].symbol(), ">");
        for x in 0..50 {
            let reversed = |y: u16| match theme.selected.bg {
                Some(ground) => buffer[(x, y)].bg == ground,
                None => buffer[(x, y)].modifier.contains(Modifier::REVERSED),
            };
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
    let selected_last = styles(&desk, theme, &["◐ idle", "○ new", "✕ revoked", "● in use"]);
    desk.keys("g");
    selected_last.into_iter().chain(styles(&desk, theme, &["▲ stale"])).collect()
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
                "▲ stale" => theme.bad,
                "○ new" => theme.never,
                "✕ revoked" => theme.gone,
                _ => theme.good,
            };
            assert_eq!(style.fg, wanted.fg.or(Some(Color::Reset)), "{name}: {label}");
            assert_eq!(style.bg, wanted.bg.or(theme.text.bg).or(Some(Color::Reset)), "{name}: {label}");
            assert_eq!(style.add_modifier, wanted.add_modifier, "{name}: {label}");
        }
        let kinds = [theme.good, theme.warn, theme.bad, theme.never, theme.gone];
        for (at, one) in kinds.iter().enumerate() {
            let alike = kinds[at + 1..].contains(one);
            assert!(!alike || name == "mono", "{name}: {one:?} stands for two things");
        }
    }
}

/// The themes that draw with the colours of the terminal.
fn of_the_terminal() -> impl Iterator<Item = (&'static str, Theme)> {
    Theme::ALL.into_iter().filter(|(_, theme)| !theme.has_ground())
}

#[test]
fn plain_text_has_the_terminals_own_colours_and_colours_read_on_light_and_dark() {
    for (name, theme) in of_the_terminal() {
        assert_eq!((theme.text.fg, theme.text.bg), (None, None), "{name}");
        for style in styles_of(&theme) {
            // Black and white read on one of the two only, unless they bring their background along.
            let one_sided = matches!(style.fg, Some(Color::White | Color::Black | Color::Gray));
            assert!(!one_sided || style.bg.is_some(), "{name}: {style:?}");
            // Blue on black is hard to read in most terminals, and bright black is the background of some.
            assert!(!matches!(style.fg, Some(Color::Blue | Color::DarkGray)), "{name}: {style:?}");
            assert!(style.bg.is_none() || style.fg.is_some(), "{name}: {style:?}");
            assert!(name != "mono" || (style.fg.is_none() && style.bg.is_none()), "{style:?}");
        }
    }
}

fn styles_of(theme: &Theme) -> [Style; 12] {
    [
        theme.dim,
        theme.title,
        theme.key,
        theme.tab,
        theme.selected,
        theme.field,
        theme.prod,
        theme.good,
        theme.warn,
        theme.bad,
        theme.gone,
        theme.never,
    ]
}

/// The contrast of two colours as WCAG 2.2 has it.
fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |colour: Color| {
        let Color::Rgb(red, green, blue) = colour else { panic!("{colour:?} is the terminal's") };
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn themes_with_colours_of_their_own_have_a_contrast_of_four_and_a_half_everywhere() {
    let themes: Vec<_> = Theme::ALL.into_iter().filter(|(_, theme)| theme.has_ground()).collect();
    assert_eq!(themes.len(), 2, "a dark one and a light one");
    for (name, theme) in themes {
        for keys in
            ["1", "2", "2j", "2jj", "3", "4", "2x", "2jx", "2a", "?", ":", "s", "2n", "Z!", "2/idle>x", "C"]
        {
            let mut desk = Desk::new(World::small(), SIZE);
            desk.keys(keys);
            let (buffer, _) = desk.buffer_in(&theme, SIZE);
            for y in 0..SIZE.1 {
                for x in 0..SIZE.0 {
                    let cell = &buffer[(x, y)];
                    let ratio = contrast(cell.fg, cell.bg);
                    assert!(ratio >= 4.5, "{name} {keys} {x},{y} {:?}: {ratio:.2}", cell.symbol());
                }
            }
        }
    }
}

#[test]
fn in_the_colours_of_the_terminal_words_are_in_its_foreground_and_only_signs_and_keys_have_a_colour() {
    for (name, theme) in of_the_terminal() {
        for keys in ["1", "2G", "3", "4", "2a", "2f"] {
            let mut desk = Desk::new(World::small(), SIZE);
            desk.keys(keys);
            let (buffer, _) = desk.buffer_in(&theme, SIZE);
            // The footer names keys.
            for y in 0..SIZE.1 - 1 {
                for x in 0..SIZE.0 {
                    let cell = &buffer[(x, y)];
                    let sign = !cell.symbol().chars().all(char::is_alphanumeric);
                    let tab = y == 1 && cell.fg == theme.tab.fg.unwrap_or(Color::Reset);
                    assert!(sign || tab || cell.fg == Color::Reset, "{name} {keys} {x},{y}: {cell:?}");
                }
            }
        }
    }
}

#[test]
fn at_most_a_quarter_of_the_demos_keys_is_dim_and_no_head_title_or_instruction_is() {
    let mut stage = Stage::new((80, 24));
    stage.keys("2");
    let buffer = stage.buffer();
    let visible = buffer.content.iter().filter(|cell| cell.symbol() != " ");
    let (mut all, mut dim) = (0, 0);
    for cell in visible {
        all += 1;
        let faint = cell.modifier.contains(Modifier::DIM) || cell.fg == Color::DarkGray;
        dim += usize::from(faint);
    }
    assert!(4 * dim <= all, "{dim} of {all}: {}", stage.screen());
    let faint = |y: u16| (0..80).any(|x| buffer[(x, y)].modifier.contains(Modifier::DIM));
    for (y, what) in [(0, "the header"), (1, "the tabs"), (2, "the heads"), (23, "the footer")] {
        assert!(!faint(y), "{what}: {}", stage.screen());
    }
    for keys in ["x", "n", "?", "s"] {
        let mut stage = Stage::new((80, 24));
        stage.keys("2");
        stage.keys(keys);
        let (screen, buffer) = (stage.screen(), stage.buffer());
        let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains("Esc")).expect("its keys");
        let (top, border) =
            screen.lines().enumerate().find(|(_, line)| line.contains(['┌', '┏'])).expect("a box");
        let start = border[..border.find(['┌', '┏']).expect("it is there")].chars().count() as u16;
        let title = (start..80)
            .map(|x| &buffer[(x, top as u16)])
            .filter(|cell| !["─", "━"].contains(&cell.symbol()))
            .skip(1);
        let words =
            title.take_while(|cell| !["┐", "┓"].contains(&cell.symbol())).filter(|cell| cell.symbol() != " ");
        let mut letters = 0;
        for cell in words {
            assert!(!cell.modifier.contains(Modifier::DIM), "the title of {keys}: {screen}");
            letters += 1;
        }
        assert!(letters > 2, "{screen}");
        let x = line[..line.find("Esc").expect("it is there")].chars().count();
        assert!(!buffer[(x as u16, y as u16)].modifier.contains(Modifier::DIM), "{keys}: {screen}");
    }
}

/// The background of the header.
fn ground(desk: &Desk) -> Color {
    desk.buffer_in(&Theme::DEFAULT, SIZE).0[(0, 0)].bg
}

#[test]
fn a_theme_is_shown_while_it_is_marked_kept_with_enter_and_taken_back_with_esc() {
    let mut desk = Desk::new(World::small(), SIZE);
    let before = ground(&desk);
    let look = |theme: &Theme| theme.text.bg.unwrap();
    desk.keys(":theme");
    desk.press(KeyCode::Enter);
    let screen = desk.screen(SIZE);
    assert!(screen.contains("> default ✓") && screen.contains("colour-blind"), "{screen}");
    assert!(screen.contains("▲ stale"), "how states look: {screen}");
    // The last one, and the one before it.
    desk.press(KeyCode::End);
    assert_eq!(ground(&desk), look(&Theme::LIGHT));
    desk.press(KeyCode::Up);
    assert_eq!(ground(&desk), look(&Theme::DARK));
    desk.press(KeyCode::Esc);
    assert_eq!(ground(&desk), before, "it is taken back");

    desk.keys("L");
    desk.press(KeyCode::End);
    desk.press(KeyCode::Enter);
    assert_eq!(ground(&desk), look(&Theme::LIGHT));
    assert!(desk.effects.contains(&Effect::SaveTheme("light")), "it is kept for the next start");
    desk.happen(Event::ThemeSaved("light", "/home/ann/config.toml".into()));
    assert!(desk.screen(SIZE).contains("Theme light saved in /home/ann/config.toml"));
    desk.keys("L");
    assert!(desk.screen(SIZE).contains("> light ✓"), "{}", desk.screen(SIZE));
    // A paste that closes the list leaves the theme that was kept.
    desk.press(KeyCode::Up);
    desk.press(KeyCode::Esc);
    assert_eq!(ground(&desk), look(&Theme::LIGHT));
}

#[test]
fn without_colours_no_theme_is_offered_and_the_demo_keeps_none() {
    let fixed = Themes { fixed: true, ..themes() };
    let mut desk = Desk::with(World::small(), Setup { themes: fixed, ..setup(SIZE) });
    desk.connect();
    desk.keys("L");
    assert!(desk.screen(SIZE).contains("NO_COLOR is set: the theme is mono."), "{}", desk.screen(SIZE));
    let mut desk = Desk::with(World::small(), Setup { demo: true, ..setup(SIZE) });
    desk.connect();
    desk.keys("L");
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    assert!(desk.screen(SIZE).contains("Theme mono, until you quit the demo"), "{}", desk.screen(SIZE));
    assert!(!desk.effects.iter().any(|effect| matches!(effect, Effect::SaveTheme(_))));
}

#[test]
fn a_theme_is_written_into_the_configuration_and_the_rest_of_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    edit::change(&path, &[Change::Theme("dark")]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "theme = \"dark\"\n");
    let own = "# mine\nmouse = true\ntheme = \"light\" # for the beamer\n\n[keys]\nhelp = [\"h\"]\n";
    std::fs::write(&path, own).unwrap();
    edit::change(&path, &[Change::Theme("mono")]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), own.replace("\"light\"", "\"mono\""));
}
