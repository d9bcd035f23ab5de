//! The projects: as a view of their own, and at the left of the keys where there is room.

use ratatui::style::Style;

use super::canvas::Canvas;
use super::table;
use super::theme::Theme;
use crate::tui::columns::{Column, Placed};
use crate::tui::layout::Area;
use crate::tui::model::ages::Age;
use crate::tui::model::{Action, State, View};

const COLUMNS: [Column; 8] = [
    Column::new("NAME", 14, 3, 0),
    Column::new("KEYS", 7, 0, 1),
    Column::new("STALE", 9, 0, 2),
    Column::new("REVOKED", 7, 0, 5),
    Column::new("LAST USED", 9, 0, 0),
    Column::new("RULES", 7, 0, 6),
    Column::new("VERSION", 7, 0, 7),
    Column::new("CREATED", 9, 0, 4),
];

/// Draws the view; gives the place of the selected row.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) -> Option<(u16, u16)> {
    let rows = &state.projects.rows;
    let filter = state.projects.filter.words();
    let waiting = if state.loading(View::Projects) { "loading …".to_owned() } else { String::new() };
    table::title(canvas, area, theme, "Projects", rows, None, &[waiting, filter, "by name".into()]);
    if rows.shown() == 0 {
        let words = table::absent(state, View::Projects, rows.is_loaded(), theme)
            .unwrap_or_else(|| empty(state, theme));
        table::instead(canvas, area, &words);
        return None;
    }
    let now = state.server_now();
    table::table(canvas, area, theme, rows, &COLUMNS, |canvas, y, place, project, over| {
        let Placed { column, x, width } = place;
        let plain = over.unwrap_or(theme.text);
        let dim = over.unwrap_or(theme.dim);
        match column {
            0 => {
                canvas.text(x, y, width, &project.name, plain);
            }
            1 => {
                canvas.print(x, y, width, format_args!("{}", project.keys.active), plain);
            }
            2 if project.keys.stale > 0 => {
                canvas.print(
                    x,
                    y,
                    width,
                    format_args!("▲ {}", project.keys.stale),
                    over.unwrap_or(theme.bad),
                );
            }
            2 => {
                canvas.text(x, y, width, "none", dim);
            }
            3 => {
                canvas.print(x, y, width, format_args!("{}", project.keys.revoked), dim);
            }
            4 => match project.last_used_at {
                Some(at) => {
                    canvas.print(x, y, width, format_args!("{}", Age { at, now }), plain);
                }
                None => {
                    canvas.text(x, y, width, "never", dim);
                }
            },
            5 => {
                canvas.print(x, y, width, format_args!("{}", project.rules), dim);
            }
            6 => match project.live_version {
                Some(version) => {
                    canvas.print(x, y, width, format_args!("{version}"), plain);
                }
                None => {
                    canvas.text(x, y, width, "none", dim);
                }
            },
            7 => {
                canvas.print(x, y, width, format_args!("{}", Age { at: project.created_at, now }), dim);
            }
            _ => {}
        }
    })
}

fn empty(state: &State, theme: &Theme) -> Vec<(String, Style)> {
    let key = |action: Action| state.setup.keymap.hint(action);
    if !state.projects.filter.applied.is_empty() {
        return vec![
            (format!("No project matches the filter {:?}.", state.projects.filter.applied), theme.text),
            (format!("{} clears the filter.", key(Action::Back)), theme.dim),
        ];
    }
    if state.read_only().is_some() {
        return vec![("There is no project yet, and you may only look.".into(), theme.text)];
    }
    super::first::page(state, theme)
}

/// The projects beside the keys: the one that is looked at is marked.
pub(super) fn side(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    canvas.text(area.x, area.y, area.width, "Projects", theme.title);
    let rows = &state.projects.rows;
    let scope = state.key_list().and_then(|list| list.project.as_ref()).map(|(id, _)| *id);
    let everything = if scope.is_none() { "> all projects" } else { "  all projects" };
    canvas.text(area.x, area.y + 1, area.width, everything, theme.text);
    let height = usize::from(area.height.saturating_sub(2));
    let top = state.projects.beside(scope, height);
    for (row, project) in rows.all().iter().skip(top).take(height).enumerate() {
        let y = area.y + 2 + row as u16;
        let here = scope == Some(project.id);
        let style = if here { theme.title } else { theme.text };
        let count = area.width.saturating_sub(6);
        canvas.text(area.x, y, 1, if here { ">" } else { " " }, style);
        canvas.text(area.x + 2, y, count.saturating_sub(3), &project.name, style);
        canvas.print_right(area.x + count, y, 6, format_args!("{}", project.keys.active), theme.dim);
    }
    if rows.gap().is_some() && rows.all().len() < height {
        canvas.text(area.x + 2, area.y + 2 + rows.all().len() as u16, area.width - 2, "…", theme.dim);
    }
}
