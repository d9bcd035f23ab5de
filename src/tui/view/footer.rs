//! The rows at the bottom: the last message, and at most nine keys to press, from the live keymap.

use super::canvas::Canvas;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::{Action, State, offers};
use crate::tui::wrap::width as wide;

pub(super) fn message(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    let Some(line) = state.message_line() else {
        canvas.rule(area, '─', theme.dim);
        summary(canvas, area, state, theme);
        return;
    };
    let last = line.rows.len().min(area.height.into()).saturating_sub(1);
    for (row, words) in line.rows.iter().take(last + 1).enumerate() {
        let y = area.y + row as u16;
        let offer = if row == last { line.offer.as_str() } else { "" };
        let room = area.width.saturating_sub(wide(offer) as u16);
        let used = canvas.text(area.x, y, room, words, theme.style(line.tone));
        let offer = if words.is_empty() { offer.trim_start() } else { offer };
        canvas.text(area.x + used, y, area.width.saturating_sub(used), offer, theme.key);
    }
}

/// What the rows of the Stale view are, on the line above the keys.
fn summary(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    let words = state.views.of(state.view).summary_words(usize::from(area.width).saturating_sub(1));
    if !words.is_empty() {
        // It is not dim like the line behind it.
        let used = u16::try_from(wide(&words) + 1).unwrap_or(u16::MAX).min(area.width);
        canvas.fill(Area { width: used, ..area }, theme.text);
        canvas.text(area.x, area.y, area.width, &words, theme.text);
    }
}

/// Columns behind each key with its words.
const BETWEEN: u16 = 2;
/// The most keys that the last line names.
const HINTS: usize = 9;

pub(super) fn footer(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    if !state.dialogs.is_empty() {
        // A dialog says itself which keys it takes.
        return;
    }
    let mut x = area.x;
    let mut count = 0;
    let hints = offers(state);
    let wide = |action: Action, words: &str| {
        let key = state.setup.keymap.hint(action);
        if key.is_empty() { 0 } else { (key.chars().count() + words.len() + 3) as u16 }
    };
    // Who sees the help finds all the others.
    let helps = hints.iter().find(|(action, _)| *action == Action::Help);
    let mut help = helps.map_or(0, |(action, words)| wide(*action, words));
    let mut most = if help > 0 { HINTS - 1 } else { HINTS };
    for (action, words) in hints {
        let key = state.setup.keymap.hint(action);
        let room = (area.x + area.width).saturating_sub(x);
        let needed = wide(action, words);
        if action == Action::Help {
            (help, most) = (0, HINTS);
        }
        // Nothing follows the last one.
        if key.is_empty() || count == most || room + BETWEEN < needed + help {
            continue;
        }
        x += canvas.text(x, area.y, room, &key, theme.key) + 1;
        let room = (area.x + area.width).saturating_sub(x);
        x += canvas.text(x, area.y, room, words, theme.text) + 2;
        count += 1;
    }
}
