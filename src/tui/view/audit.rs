//! The audit log.

use ratatui::style::Style;

use super::canvas::Canvas;
use super::table;
use super::theme::Theme;
use crate::tui::columns::{Column, Placed};
use crate::tui::layout::Area;
use crate::tui::model::ages::Age;
use crate::tui::model::{Action, State, View};

const COLUMNS: [Column; 5] = [
    Column::new("SEQ", 7, 0, 3),
    Column::new("WHEN", 9, 0, 0),
    Column::new("ACTION", 15, 0, 0),
    Column::new("ACTOR", 12, 1, 2),
    Column::new("ABOUT", 12, 3, 1),
];

/// Draws the view; gives the place of the selected row.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) -> Option<(u16, u16)> {
    let rows = &state.audit.rows;
    let waiting = if state.loading(View::Audit) { "loading …".to_owned() } else { String::new() };
    let (of, words) = (state.audit.filtered_of(), state.audit.words());
    table::title(canvas, area, theme, "Audit log", rows, of, &[waiting, words, "newest first".into()]);
    if rows.shown() == 0 {
        let words =
            table::absent(state, View::Audit, rows.is_loaded(), theme).unwrap_or_else(|| empty(state, theme));
        table::instead(canvas, area, &words);
        return None;
    }
    let now = state.server_now();
    table::table(canvas, area, theme, rows, &COLUMNS, |canvas, y, place, event, over| {
        let Placed { column, x, width } = place;
        let plain = over.unwrap_or(theme.text);
        let dim = over.unwrap_or(theme.dim);
        match column {
            0 => canvas.print(x, y, width, format_args!("{}", event.seq), dim),
            1 => canvas.print(x, y, width, format_args!("{}", Age { at: event.at, now }), plain),
            2 => canvas.text(x, y, width, event.action.as_str(), plain),
            3 => canvas.text(x, y, width, &event.actor, plain),
            _ => canvas.text(x, y, width, &state.about(event), dim),
        };
    })
}

fn empty(state: &State, theme: &Theme) -> Vec<(String, Style)> {
    if state.audit.filter.applied.is_empty() {
        return vec![
            ("Nothing was changed yet.".into(), theme.text),
            ("Each project, key and deployment that is made leaves an event here.".into(), theme.dim),
        ];
    }
    let none = if state.audit.searches_loaded() { "None of the loaded events" } else { "No event" };
    let key = |action: Action| state.setup.keymap.hint(action);
    vec![
        (format!("{} matches the filter {:?}.", none, state.audit.filter.applied), theme.text),
        (format!("{} clears the filter, {} changes it.", key(Action::Back), key(Action::Filter)), theme.dim),
    ]
}
