//! Lists that one chooses from by typing: the help, made from the live keymap, and the command palette.

use super::border::frame;
use super::boxes::search_input;
use super::keys::{self, keys_in};
use crate::tui::layout::{self, Area};
use crate::tui::model::Action;
use crate::tui::model::ages::Condition;
use crate::tui::model::dialogs::interaction::{Choice, Facts};
use crate::tui::model::dialogs::{Finder, Offered, PASTE};
use crate::tui::model::tone::Tone;
use crate::tui::view::canvas::{Canvas, number};
use crate::tui::view::theme::Theme;
use crate::tui::wrap::width as wide;
use crate::wire::keys::Status;

/// Separates the count from the keys.
const BETWEEN: &str = " · ";
/// The columns of the keys.
const KEYS: u16 = 12;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, finder: &Finder, theme: &Theme) -> (u16, u16) {
    let (title, sign, nothing) = match finder.offered {
        Offered::Actions => ("Keyboard shortcuts", '/', "No matching shortcut. Ctrl-U clears the search."),
        Offered::Everything => {
            ("Command palette", ':', "No matching action, project or key. Ctrl-U clears the search.")
        }
    };
    let columns = finder.columns(facts.size());
    let area = layout::finder(facts.size(), columns);
    frame(canvas, area, theme, title);
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    canvas.print(x, area.y + 1, 1, format_args!("{sign}"), theme.key);
    let cursor =
        search_input(canvas, (x + 2, area.y + 1, width.saturating_sub(2)), &finder.field, true, theme);
    let rows = finder.visible_rows(facts.size());
    if finder.choices.is_empty() && !finder.asks() {
        let place = Area { x: x + 2, y: area.y + 2, width: width.saturating_sub(2), height: rows as u16 };
        if finder.is_of_paste() {
            canvas.wrapped(place, PASTE, theme.text);
        } else {
            canvas.wrapped(place, nothing, theme.warn);
        }
    }
    let sheet = finder.sheet(facts.size());
    let each = width / sheet.columns;
    for (at, (choice, (column, row))) in finder.choices.iter().zip(sheet.places).enumerate() {
        if row >= finder.top && row < finder.top + rows {
            let (x, y) = (x + column as u16 * each, area.y + 2 + (row - finder.top) as u16);
            let gap = if sheet.columns > 1 { 2 } else { 0 };
            let place = Area { x, y, width: each - gap, height: 1 };
            line(canvas, facts, place, choice, at == finder.cursor, theme);
        }
    }
    let bottom = area.y + area.height.saturating_sub(2);
    if finder.explains(facts.size()) {
        legend(canvas, Area { x, y: bottom - 1, width, height: 1 }, theme);
    }
    if finder.tells_of_paste(facts.size()) && !finder.is_of_paste() {
        if finder.has_paste_row(facts.size()) {
            canvas.text(x, bottom - 2, width, PASTE, theme.text);
        } else {
            canvas.right(x, bottom - 1, width, PASTE, theme.text);
        }
    }
    let (words, style) = status(facts, finder, theme);
    let chosen = finder.choices.get(finder.cursor).and_then(|choice| match choice {
        Choice::Action(_, words) => Some(*words).filter(|words| wide(words) + 14 > usize::from(width)),
        _ => None,
    });
    // On a narrow screen the last row has more room than the chosen one.
    let waits = finder.failed.is_some() || finder.enter || finder.better;
    if let Some(words) = chosen.filter(|_| !waits) {
        canvas.text(x, bottom, width, words, style);
        return cursor;
    }
    let used = canvas.text(x, bottom, width, &words, style);
    if !waits && finder.fits > 0 {
        // The shorter words where the others do not fit: what to press is never cut.
        let room = width.saturating_sub(used + wide(BETWEEN) as u16);
        let all = keys_in(facts, finder, false);
        let keys = if keys::width(&all) > room { keys_in(facts, finder, true) } else { all };
        let x = x + used + canvas.text(x + used, bottom, width.saturating_sub(used), BETWEEN, theme.text);
        keys::draw(canvas, Area { x, y: bottom, width: room, height: 1 }, &keys, theme);
    }
    cursor
}

/// The state of a key by its sign and its colour.
pub(super) fn legend(canvas: &mut Canvas<'_>, area: Area, theme: &Theme) {
    let (mut x, end) = (area.x, area.x + area.width);
    for condition in Condition::ALL {
        let style = theme.style(Tone::Condition(condition));
        x += canvas.text(x, area.y, end.saturating_sub(x), condition.label(), style) + 2;
    }
}

/// What the last row shows before the keys: what is pending, what went wrong, or how many match.
fn status(facts: Facts<'_>, finder: &Finder, theme: &Theme) -> (String, ratatui::style::Style) {
    if let Some(why) = &finder.failed {
        return (format!("! Not all keys could be searched. {why}"), theme.bad);
    }
    if finder.enter {
        return ("Searching…".into(), theme.warn);
    }
    if finder.better {
        let words = format!("Better matches arrived. Press {} again to choose.", facts.key(Action::Submit));
        return (words, theme.warn);
    }
    match (finder.fits, finder.asks()) {
        (0, true) => ("Searching…".into(), theme.text),
        (0, false) if finder.is_of_paste() => (format!("{} close", facts.key(Action::Cancel)), theme.text),
        (0, false) => (format!("No match · {} close", facts.key(Action::Cancel)), theme.warn),
        (fits, true) => (format!("{}…", number(fits as u64)), theme.text),
        (fits, false) => (number(fits as u64), theme.text),
    }
}

fn line(canvas: &mut Canvas<'_>, facts: Facts<'_>, area: Area, choice: &Choice, chosen: bool, theme: &Theme) {
    let Area { x, y, width, .. } = area;
    if chosen {
        canvas.fill(area, theme.selected);
        canvas.text(x, y, 1, ">", theme.selected);
    }
    let over = |style| if chosen { theme.selected } else { style };
    let (left, right) = (x + 2, x + 2 + KEYS);
    let room = width.saturating_sub(2 + KEYS);
    match choice {
        Choice::Heading(title) => {
            canvas.text(x, y, width, title, theme.title);
        }
        Choice::Action(action, words) => {
            canvas.text(left, y, KEYS - 1, &keys(facts, *action), over(theme.key));
            canvas.text(right, y, room, words, over(theme.text));
        }
        Choice::Project(_, name) => {
            canvas.text(left, y, KEYS - 1, "project", over(theme.dim));
            canvas.text(right, y, room, name, over(theme.text));
        }
        Choice::Filter(filter) => {
            canvas.text(left, y, KEYS - 1, "filter", over(theme.dim));
            let used = canvas.text(right, y, room, &filter.name, over(theme.text)) + 2;
            canvas.text(right + used, y, room.saturating_sub(used), &filter.filter, over(theme.dim));
        }
        Choice::Key(key) => {
            let kind = match key.status {
                Status::Active => "key",
                Status::Paused => "‖ paused",
                Status::Revoked => "✕ revoked",
                Status::Other(word) => word.as_str(),
            };
            canvas.text(left, y, KEYS - 1, kind, over(theme.dim));
            let used = canvas.print(
                right,
                y,
                room,
                format_args!("{}/{}", key.project_name, key.name),
                over(theme.text),
            );
            let rest = room.saturating_sub(used);
            canvas.print(right + used, y, rest, format_args!(" · {}", key.hint), over(theme.dim));
        }
    }
}

fn keys(facts: Facts<'_>, action: Action) -> String {
    let keys: Vec<String> = facts.keymap().keys(action).map(|chord| chord.to_string()).collect();
    keys.join(" ")
}
