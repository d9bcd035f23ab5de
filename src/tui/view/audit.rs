//! The audit log.

use ratatui::style::Style;
use serde_json::Value;

use super::canvas::Canvas;
use super::table;
use super::theme::Theme;
use crate::tui::columns::{Column, Placed};
use crate::tui::layout::Area;
use crate::tui::model::ages::Age;
use crate::tui::model::{Action, State, View};
use crate::wire::audit::Event;

const COLUMNS: [Column; 5] = [
    Column { title: "SEQ", width: 7, grows: 0, rank: 3 },
    Column { title: "WHEN", width: 9, grows: 0, rank: 0 },
    Column { title: "ACTION", width: 15, grows: 0, rank: 0 },
    Column { title: "ACTOR", width: 12, grows: 1, rank: 2 },
    Column { title: "ABOUT", width: 16, grows: 3, rank: 1 },
];

/// Draws the view; gives the place of the selected row.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) -> Option<(u16, u16)> {
    let rows = &state.audit.rows;
    let filter = match state.audit.filter.applied.as_str() {
        "" => String::new(),
        text if rows.is_complete() => format!("filter: {text}"),
        text => format!("filter: {text} (in the {} events loaded)", rows.all().len()),
    };
    let waiting = if state.loading(View::Audit) { "loading …".to_owned() } else { String::new() };
    table::title(canvas, area, theme, "Audit log", rows, None, &[waiting, filter, "newest first".into()]);
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
            _ => canvas.text(x, y, width, &about(state, event), dim),
        };
    })
}

/// What an event is about, in one line: which key or project it was, then why, then the rest.
pub(super) fn about(state: &State, event: &Event) -> String {
    let none = serde_json::Map::new();
    let detail = event.detail.as_object().unwrap_or(&none);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let name = detail.get("name").filter(|name| !name.is_null()).map(text);
    let project = event.project.and_then(|id| {
        let loaded = state.projects.rows.get(id).map(|project| project.name.clone());
        loaded.or_else(|| {
            let keys = state.keys.rows.all().iter().chain(state.stale.rows.all());
            keys.into_iter().find(|key| key.project_id == id).map(|key| key.project_name.clone())
        })
    });
    let of_key = event.key.is_some();
    let mut words: Vec<String> = match (name, project) {
        (Some(name), Some(project)) if of_key => vec![format!("{name} in {project}")],
        (Some(name), _) => vec![name],
        (None, Some(project)) => vec![project],
        (None, None) => Vec::new(),
    };
    let rest = detail.iter().filter(|(name, value)| *name != "name" && !value.is_null());
    let mut rest: Vec<_> = rest.collect();
    rest.sort_by_key(|(name, _)| match name.as_str() {
        "reason" => 0,
        "hint" => 1,
        _ => 2,
    });
    words.extend(rest.into_iter().map(|(name, value)| format!("{name} {}", text(value))));
    if words.is_empty() {
        words.extend(event.key.map(|id| id.to_string()));
        words.extend(event.project.map(|id| id.to_string()));
    }
    words.join(", ")
}

fn empty(state: &State, theme: &Theme) -> Vec<(String, Style)> {
    if state.audit.filter.applied.is_empty() {
        return vec![
            ("Nothing was changed yet.".into(), theme.text),
            ("Each project, key and deployment that is made leaves an event here.".into(), theme.dim),
        ];
    }
    vec![
        (format!("No loaded event holds {:?}.", state.audit.filter.applied), theme.text),
        (format!("{} clears the filter.", state.setup.keymap.hint(Action::Back)), theme.dim),
    ]
}
