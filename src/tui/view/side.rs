//! The projects at the left of the keys, where there is room.

use super::canvas::Canvas;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::State;

/// The projects beside the keys: the one that is looked at is marked.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) {
    canvas.text(area.x, area.y, area.width, "PROJECTS", theme.title);
    let rows = &state.views.projects.list.rows;
    let scope = state.key_list().and_then(|list| list.project.as_ref()).map(|(id, _)| *id);
    let everything = if scope.is_none() { "> all projects" } else { "  all projects" };
    canvas.text(area.x, area.y + 1, area.width, everything, theme.text);
    let height = usize::from(area.height.saturating_sub(2));
    let top = state.views.projects.beside(scope, height);
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
