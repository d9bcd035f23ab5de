//! The rows at the bottom: what was message last, and at most seven keys to press, from the live keymap.

use super::canvas::Canvas;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::connection::Status;
use crate::tui::model::messages::Level;
use crate::tui::model::{Action, State};

pub(super) fn message(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    if let Some(message) = state.messages.current() {
        let (sign, style) = match message.level {
            Level::Info => ("", theme.text),
            Level::Good => ("✓ ", theme.good),
            Level::Warn => ("▲ ", theme.warn),
            Level::Bad => ("! ", theme.bad),
        };
        let offer = state.acted.hint(&state.setup.keymap).map(|hint| format!("  {hint}")).unwrap_or_default();
        let room = area.width.saturating_sub(offer.len() as u16);
        let used = canvas.print(area.x, area.y, room, format_args!("{sign}{}", message.text), style);
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
            }
        }
    }
}

pub(super) fn footer(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    if !state.dialogs.is_empty() {
        // A dialog says itself which keys it takes.
        return;
    }
    let mut x = area.x;
    let mut count = 0;
    let hints = hints(state);
    let wide = |action: Action, words: &str| {
        let key = state.setup.keymap.hint(action);
        if key.is_empty() { 0 } else { (key.chars().count() + words.len() + 3) as u16 }
    };
    // Who sees the help finds all the others.
    let helps = hints.iter().find(|(action, _)| *action == Action::Help);
    let mut help = helps.map_or(0, |(action, words)| wide(*action, words));
    for (action, words) in hints {
        let key = state.setup.keymap.hint(action);
        let room = (area.x + area.width).saturating_sub(x);
        let needed = wide(action, words);
        if action == Action::Help {
            help = 0;
        }
        if key.is_empty() || count == 7 || room < needed + help {
            continue;
        }
        x += canvas.text(x, area.y, room, &key, theme.key) + 1;
        let room = (area.x + area.width).saturating_sub(x);
        x += canvas.text(x, area.y, room, words, theme.text) + 2;
        count += 1;
    }
}

/// The keys that are worth most here, in order.
fn hints(state: &State) -> Vec<(Action, &'static str)> {
    let writes = state.read_only().is_none();
    if state.filter_line().editing {
        return vec![(Action::Cancel, "clear"), (Action::Submit, "apply")];
    }
    let marked = state.key_list().is_some_and(|list| !list.marks.is_empty());
    if state.detail_alone() {
        return of_detail(state, writes, if marked { "revoke marked" } else { "revoke" });
    }
    if marked {
        let mut hints = Vec::with_capacity(8);
        if writes {
            hints.push((Action::Revoke, "revoke marked"));
        }
        hints.extend([(Action::Mark, "mark"), (Action::Range, "range"), (Action::MarkAll, "mark all")]);
        hints.extend([(Action::Back, "unmark"), (Action::Filter, "filter"), (Action::Help, "help")]);
        return hints;
    }
    let mut hints = state.views.of(state.view).hints(state.facts());
    hints.extend([(Action::Filter, "filter"), (Action::Help, "help"), (Action::Close, close_word(state))]);
    hints
}

/// The same where the detail has the screen.
fn of_detail(state: &State, writes: bool, revoke: &'static str) -> Vec<(Action, &'static str)> {
    let long = state.reads_page();
    let mut hints = vec![(Action::Down, if long { "scroll" } else { "next" }), (Action::Back, "back")];
    if writes && state.key_list().is_some() {
        hints.push((Action::Revoke, revoke));
    }
    if long {
        hints.push((Action::NextRow, "next"));
    }
    if writes && state.key_list().is_some() {
        hints.push((Action::Rotate, "rotate"));
    }
    hints.extend([(Action::CopyMask, "copy mask"), (Action::Help, "help")]);
    hints.retain(|(action, _)| *action != Action::CopyMask || state.key_list().is_some());
    hints
}

fn close_word(state: &State) -> &'static str {
    let inside = state.detail_only
        || !state.filter_line().applied.is_empty()
        || state.key_list().is_some_and(|list| list.project.is_some());
    if inside { "back" } else { "quit" }
}
