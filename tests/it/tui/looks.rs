//! Dialogs look like what they are: what cannot be undone is red and heavy, the rest of the screen stands back, and a
//! new key can be selected with the mouse.

use std::time::Duration;

use keydeck::tui::model::event::{ClipboardOutcome, CopyKind};
use keydeck::tui::model::{Event, FailureKind, KeyCode};
use keydeck::tui::view::Theme;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::support::fixtures::{Desk, WHOLE_KEY, World, failure};
use crate::support::stage::Stage;

const SIZE: (u16, u16) = (120, 40);

/// Where a sign is first on the screen.
fn place(buffer: &Buffer, sign: &str) -> Option<(u16, u16)> {
    (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x, y))).find(|at| buffer[*at].symbol() == sign)
}

fn drawn(keys: &str, theme: &Theme) -> Buffer {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys(keys);
    desk.buffer_in(theme, SIZE).0
}

#[test]
fn what_cannot_be_undone_has_a_heavy_red_border_and_its_verb_on_a_button() {
    for (keys, title) in
        [("2jx", "Revoke this key?"), ("2ax", "Revoke 5 marked keys?"), ("D", "Delete this project?")]
    {
        for (name, theme) in Theme::ALL {
            let buffer = drawn(keys, &theme);
            let (x, y) = place(&buffer, "┏").unwrap_or_else(|| panic!("{keys}: a heavy border"));
            let border = &buffer[(x, y)];
            assert_eq!(border.fg, theme.bad.fg.unwrap_or(Color::Reset), "{name} {keys}");
            let row: String = (x..SIZE.0).map(|x| buffer[(x, y)].symbol()).collect();
            assert!(row.contains(title), "{row}");
            let first = &buffer[(x + 3, y)];
            assert_eq!(
                first.style().add_modifier,
                theme.prod.add_modifier,
                "{name} {keys}: the title stands out"
            );
        }
        assert!(place(&drawn(keys, &Theme::MONO), "┌").is_none(), "{keys}");
    }
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2jx");
    assert!(desk.screen(SIZE).contains("> [ Cancel ]    [ y  Revoke ]"), "{}", desk.screen(SIZE));
    desk.press(KeyCode::BackTab);
    assert!(desk.screen(SIZE).contains("  [ Cancel ]  > [ y  Revoke ]"), "{}", desk.screen(SIZE));
    // A form that can be undone has the usual border.
    assert!(place(&drawn("2n", &Theme::DEFAULT), "┏").is_none());
}

#[test]
fn behind_a_dialog_nothing_stands_out() {
    for keys in ["2jx", "2ax", "2n", "?", ":", "2s", "C", "!", "2Y"] {
        let mut desk = Desk::new(World::small(), SIZE);
        desk.keys(keys);
        let (buffer, _) = desk.buffer_in(&Theme::DEFAULT, SIZE);
        let corner = place(&buffer, "┌").or_else(|| place(&buffer, "┏")).expect("a box");
        let above = (0..SIZE.0).flat_map(|x| (0..corner.1).map(move |y| (x, y)));
        let beside = (0..corner.0).flat_map(|x| (0..SIZE.1).map(move |y| (x, y)));
        let mut seen = 0;
        for at in above.chain(beside) {
            let cell = &buffer[at];
            let plain = cell.fg == Color::Reset && cell.bg == Color::Reset && cell.modifier == Modifier::DIM;
            assert!(plain, "{keys} {at:?}: {cell:?}\n{}", desk.screen(SIZE));
            seen += usize::from(cell.symbol() != " ");
        }
        assert!(seen > 0 || keys == "!", "the screen behind is there: {}", desk.screen(SIZE));
    }
}

#[test]
fn keys_in_a_dialog_have_the_accent_colour_and_their_verbs_do_not() {
    let buffer = drawn("2jx", &Theme::DEFAULT);
    let desk = |y: u16| (0..SIZE.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    let y = (0..SIZE.1).find(|y| desk(*y).contains("Esc cancel")).expect("its keys");
    let row = desk(y);
    let at = |text: &str| row[..row.find(text).expect("it is there")].chars().count() as u16;
    assert_eq!(buffer[(at("Esc cancel"), y)].fg, Color::Cyan);
    assert_eq!(buffer[(at("cancel"), y)].fg, Color::Reset);
}

#[test]
fn a_new_key_stands_in_the_middle_of_an_empty_screen_with_nothing_beside_it() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut desk = Desk::new(World::small(), size);
        desk.keys("2nci");
        desk.press(KeyCode::Enter);
        let screen = desk.screen(size);
        let lines: Vec<&str> = screen.lines().collect();
        let row = lines.iter().position(|line| line.contains(WHOLE_KEY)).expect("the key");
        assert_eq!(lines[row].trim(), WHOLE_KEY, "{screen}");
        let top = lines.iter().position(|line| line.contains("┌─ New key")).expect("a box");
        let bottom = lines.iter().position(|line| line.contains('└')).expect("its end");
        assert!(top < row && row < bottom, "{screen}");
        let (above, below) = (top, usize::from(size.1) - 1 - bottom);
        assert!(above.abs_diff(below) <= 1, "{above} {below}: {screen}");
        let left = lines[top].chars().take_while(|c| *c == ' ').count();
        let right = usize::from(size.0) - lines[top].chars().count();
        assert!(left.abs_diff(right) <= 1, "{left} {right}: {screen}");
        assert!(!screen.contains("Projects"), "nothing else is on the screen: {screen}");
    }
}

#[test]
fn the_time_until_the_clipboard_is_cleared_counts_down_by_itself() {
    let mut desk = Desk::new(World::small(), SIZE);
    desk.keys("2nci");
    desk.press(KeyCode::Enter);
    let copied = ClipboardOutcome::Copied { clears_in: Some(45) };
    desk.happen(Event::Clipboard(CopyKind::Secret(desk.shown()), copied));
    assert!(desk.screen(SIZE).contains("✓ Copied. Clipboard clears in 45 s."), "{}", desk.screen(SIZE));
    let drawn = desk.state.revision();
    desk.wait(Duration::from_secs(2));
    assert!(desk.screen(SIZE).contains("Clipboard clears in 43 s."), "{}", desk.screen(SIZE));
    assert!(desk.state.revision() > drawn, "it is drawn again");
    desk.wait(Duration::from_mins(1));
    assert!(desk.screen(SIZE).contains("Copied more than 45 s ago."), "{}", desk.screen(SIZE));
    let drawn = desk.state.revision();
    desk.wait(Duration::from_secs(5));
    assert_eq!(desk.state.revision(), drawn, "nothing counts on");
}

#[test]
fn the_key_of_the_help_is_named_in_every_view_at_80_columns() {
    let mut stage = Stage::new((80, 24));
    for keys in ["1", "2", "2a", "2T", "3", "3+", "4", "5", "6", "2d", "3d", "5d"] {
        stage.press(KeyCode::Esc);
        stage.press(KeyCode::Esc);
        stage.press(KeyCode::Esc);
        stage.keys(keys);
        let screen = stage.screen();
        let last = screen.lines().last().unwrap_or_default();
        assert!(last.contains("? help"), "{keys}: {screen}");
    }
}

#[test]
fn where_no_server_was_reached_only_what_can_work_is_offered() {
    let mut desk = Desk::cold(World::small(), (80, 24));
    desk.happen(Event::ConnectFailed(failure(FailureKind::Unreachable, "nothing answers")));
    let screen = desk.screen((80, 24));
    let last = screen.lines().last().unwrap_or_default();
    assert!(!last.contains("new project") && last.contains("r retry") && last.contains("? help"), "{screen}");
}

#[test]
fn what_was_said_of_one_view_does_not_stand_below_another() {
    let mut desk = Desk::new(World::small(), (80, 24));
    desk.keys("1e-2");
    desk.press(KeyCode::Enter);
    assert!(desk.screen((80, 24)).contains("renamed to"), "{}", desk.screen((80, 24)));
    // By a way that is no key of the table: the palette.
    desk.keys(":audit log");
    desk.press(KeyCode::Enter);
    let screen = desk.screen((80, 24));
    assert!(screen.contains("[Audit") && !screen.contains("renamed to"), "{screen}");
}

#[test]
fn of_two_findings_that_say_one_thing_the_more_exact_one_is_shown() {
    let mut stage = Stage::new((120, 40));
    stage.keys("2/docs-hackday");
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    let screen = stage.screen();
    assert!(
        screen.contains("Not used in the 211 days") && !screen.contains("Never used, created"),
        "{screen}"
    );
}

#[test]
fn a_message_that_does_not_fit_in_one_row_is_read_whole() {
    let size = (80, 24);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2");
    let why =
        "cannot reach https://keys.production.example.com:7474: connection refused; is the server running?";
    desk.world.down = Some(failure(FailureKind::Unreachable, why));
    desk.keys("r");
    let flat = desk.screen(size).split_whitespace().collect::<Vec<_>>().join(" ");
    let words = "connection refused; is the server running?";
    assert!(flat.contains(words), "{}", desk.screen(size));
    assert!(desk.screen(size).contains("? help"), "the keys stay: {}", desk.screen(size));

    // A receipt with what it offers.
    let mut desk = Desk::new(World::small(), size);
    desk.world.keys[0].name = "a-worker-with-a-long-name-in-eu-central-1".into();
    desk.wait(std::time::Duration::from_secs(4));
    desk.keys("2/long-name");
    desk.press(KeyCode::Enter);
    desk.keys("xy");
    let screen = desk.screen(size);
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("revoked (confirmed by 1 of 1 node") && flat.contains("R new key like it"),
        "{screen}"
    );
}

#[test]
fn at_80_columns_the_footer_of_keys_names_what_one_needs_most() {
    let desk = {
        let mut desk = Desk::new(World::small(), (80, 24));
        desk.keys("2");
        desk
    };
    let screen = desk.screen((80, 24));
    let footer = screen.lines().last().unwrap_or_default();
    let wanted =
        ["n new key", "x revoke", "R rotate", "P pause", "Enter detail", "/ filter", "? help", "q quit"];
    for words in wanted {
        assert!(footer.contains(words), "{words}: {footer}");
    }
}

#[test]
fn large_counts_are_shortened_before_those_of_other_views_are_left_out() {
    let mut desk = Desk::new(World::large(12_345), (80, 24));
    desk.keys("2");
    let tabs = |desk: &mut Desk, width: u16| {
        desk.happen(Event::Resize(width, 24));
        desk.screen((width, 24)).lines().nth(1).unwrap_or_default().to_owned()
    };
    let shortened = (70..100).map(|width| tabs(&mut desk, width)).find(|tabs| tabs.contains("[Keys 10k+]"));
    let shortened = shortened.expect("a width at which the whole count does not fit");
    for words in ["Projects", "Stale", "Audit", "Reviews"] {
        assert!(shortened.contains(words), "{words}: {shortened}");
    }
    let all =
        (70..100).map(|width| tabs(&mut desk, width)).find(|tabs| tabs.contains("[Keys 10k+] Stale 2 "));
    assert!(all.is_some_and(|tabs| tabs.contains("Projects 1") && tabs.contains("Nodes 1")));
}
