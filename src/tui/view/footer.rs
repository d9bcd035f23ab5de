//! The rows at the bottom: the last message, and at most seven keys to press, from the live keymap.

use ratatui::style::Style;

use super::canvas::Canvas;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::connection::Status;
use crate::tui::model::messages::Level;
use crate::tui::model::{Action, State, offers};
use crate::tui::wrap::width as wide;

pub(super) fn message(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    if let Some(message) = state.messages.current() {
        let style = of_level(message.level, theme);
        let offer = state.acted.hint(&state.setup.keymap).map(|hint| format!("  {hint}")).unwrap_or_default();
        let room = area.width.saturating_sub(offer.len() as u16);
        let used = canvas.print(
            area.x,
            area.y,
            room,
            format_args!("{}", signed(message.level, &message.text)),
            style,
        );
        canvas.text(area.x + used, area.y, area.width.saturating_sub(used), &offer, theme.key);
        return;
    }
    let change = state.requests.unanswered();
    match &state.connection.status {
        Status::Lost { failure, .. } if change.is_some() => {
            let (change, words) = (change.unwrap_or_default(), crate::tui::model::words(failure));
            let message = format_args!("▲ No answer yet to {change}. {words} Retrying.");
            canvas.print(area.x, area.y, area.width, message, theme.warn);
        }
        Status::Lost { failure, .. } => {
            let words = if state.connection.session.is_some() {
                "Retrying; rows may be outdated."
            } else {
                "Retrying."
            };
            canvas.print(
                area.x,
                area.y,
                area.width,
                format_args!("! {} {words}", crate::tui::model::words(failure)),
                theme.bad,
            );
        }
        Status::Refused(failure) => {
            let again = state.setup.keymap.hint(Action::Refresh);
            let words = crate::tui::model::words(failure);
            canvas.print(
                area.x,
                area.y,
                area.width,
                format_args!("! {words} Press {again} to retry."),
                theme.bad,
            );
        }
        Status::Connecting { .. } | Status::Up => {
            if let (Some(change), Some(_)) = (change, state.waiting()) {
                let message = format_args!("▲ No answer yet to {change}.");
                canvas.print(area.x, area.y, area.width, message, theme.warn);
            } else {
                canvas.rule(area, '─', theme.dim);
                summary(canvas, area, state, theme);
            }
        }
    }
}

/// How a message of this level looks.
pub(super) const fn of_level(level: Level, theme: &Theme) -> Style {
    match level {
        Level::Info => theme.text,
        Level::Good => theme.good,
        Level::Warn => theme.warn,
        Level::Bad => theme.bad,
    }
}

/// A message behind the sign of its level.
pub(super) fn signed(level: Level, words: &str) -> String {
    let sign = match level {
        Level::Info => "",
        Level::Good => "✓ ",
        Level::Warn => "▲ ",
        Level::Bad => "! ",
    };
    format!("{sign}{words}")
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

/// The most keys that the last line names.
const HINTS: usize = 7;

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
        if key.is_empty() || count == most || room < needed + help {
            continue;
        }
        x += canvas.text(x, area.y, room, &key, theme.key) + 1;
        let room = (area.x + area.width).saturating_sub(x);
        x += canvas.text(x, area.y, room, words, theme.text) + 2;
        count += 1;
    }
}
