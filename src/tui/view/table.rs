//! What all tables share: a title with count, filter and sort, the selected row.

use ratatui::style::Style;

use super::canvas::{Canvas, number, wrap};
use super::theme::Theme;
use crate::tui::columns::{Column, MARK, Placed, place};
use crate::tui::layout::Area;
use crate::tui::model::link::Status;
use crate::tui::model::rows::{Line, Row, Rows};
use crate::tui::model::wording::words;
use crate::tui::model::{State, View};

/// Draws title, column names and rows; `cell` draws one cell of a row. Gives the place of the selected row.
pub(super) fn table<T: Row>(
    canvas: &mut Canvas<'_>,
    area: Area,
    theme: &Theme,
    rows: &Rows<T>,
    columns: &[Column],
    mut cell: impl FnMut(&mut Canvas<'_>, u16, Placed, &T, Option<Style>),
) -> Option<(u16, u16)> {
    let placed = place(columns, area);
    for column in &placed {
        canvas.text(column.x, area.y + 1, column.width, columns[column.column].title, theme.dim);
    }
    let mut cursor = None;
    let chosen = rows.selected().map(|_| rows.cursor());
    for row in 0..area.height.saturating_sub(2) {
        let line = rows.offset() + usize::from(row);
        let y = area.y + 2 + row;
        match rows.line(line) {
            Some(Line::Row(item)) => {
                let selected = chosen == Some(line);
                let over = selected.then_some(theme.selected);
                if selected {
                    canvas.fill(Area { x: area.x, y, width: area.width, height: 1 }, theme.selected);
                    canvas.text(area.x, y, 1, ">", theme.selected);
                    cursor = Some((area.x, y));
                }
                for column in &placed {
                    cell(canvas, y, *column, item, over);
                }
            }
            Some(Line::Gap) => {
                canvas.text(area.x + MARK, y, area.width.saturating_sub(MARK), &gap(rows), theme.dim);
            }
            None => break,
        }
    }
    cursor
}

fn gap<T: Row>(rows: &Rows<T>) -> String {
    let (total, more) = rows.total();
    let missing = total.saturating_sub(rows.all().len() as u64);
    if more {
        format!("… more than {} rows between are not loaded; they come as you move there", number(missing))
    } else {
        format!("… {} rows are not loaded yet; they come as you move there", number(missing))
    }
}

/// The title of a table: its name, which rows of how many, and what else decides what is seen. `of` is how many
/// there are without the filter, where the server has applied it.
pub(super) fn title<T: Row>(
    canvas: &mut Canvas<'_>,
    area: Area,
    theme: &Theme,
    name: &str,
    rows: &Rows<T>,
    of: Option<(u64, bool)>,
    more: &[String],
) {
    let mut x = area.x;
    let end = area.x + area.width;
    x += canvas.text(x, area.y, end.saturating_sub(x), name, theme.title);
    let count = count(rows, of, usize::from(area.height.saturating_sub(2)));
    for text in std::iter::once(&count).chain(more).filter(|text| !text.is_empty()) {
        x += canvas.print(x, area.y, end.saturating_sub(x), format_args!(" · {text}"), theme.dim);
    }
    if x + 1 < end {
        canvas.rule(Area { x: x + 1, y: area.y, width: end - x - 1, height: 1 }, '─', theme.dim);
    }
}

fn count<T: Row>(rows: &Rows<T>, of: Option<(u64, bool)>, height: usize) -> String {
    if !rows.is_loaded() {
        return String::new();
    }
    let (total, more) = rows.total();
    let plus = if more { "+" } else { "" };
    let all = format!("{}{plus}", number(total));
    let lines = rows.lines();
    let (first, last) = (rows.offset(), (rows.offset() + height).min(lines));
    if let Some((of, more)) = of {
        return format!("{all} of {}{}", number(of), if more { "+" } else { "" });
    }
    if rows.is_filtered() {
        return format!("{} of {all}", number(lines as u64));
    }
    if lines == 0 {
        return all;
    }
    match rows.gap() {
        Some(gap) if first > gap && more => format!("the last {} of {all}", number((lines - first) as u64)),
        Some(gap) if first > gap => {
            let (before, after) = ((lines - first) as u64, (lines - last) as u64);
            format!(
                "{}–{} of {all}",
                number((total + 1).saturating_sub(before)),
                number(total.saturating_sub(after))
            )
        }
        _ => format!("{}–{} of {all}", number(first as u64 + 1), number(last as u64)),
    }
}

/// What stands in the place of rows that are not there, in words.
pub(super) fn instead(canvas: &mut Canvas<'_>, area: Area, lines: &[(String, Style)]) {
    let body = Area { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let width = body.width.saturating_sub(4).max(1);
    let mut wrapped: Vec<(String, Style)> = lines
        .iter()
        .flat_map(|(text, style)| wrap(text, width).into_iter().map(|line| (line, *style)))
        .collect();
    if wrapped.len() > body.height.into() {
        wrapped.retain(|(line, _)| !line.is_empty());
    }
    let top = body.y + body.height.saturating_sub(wrapped.len() as u16) / 3;
    for (row, (line, style)) in wrapped.iter().enumerate().take(body.height.into()) {
        canvas.text(body.x + 2, top + row as u16, width, line, *style);
    }
}

/// The words for a list without rows to show: why there are none and what to press.
pub(super) fn absent(state: &State, view: View, loaded: bool, theme: &Theme) -> Option<Vec<(String, Style)>> {
    if let Some(why) = state.failure(view) {
        return Some(vec![
            ("These rows did not come.".into(), theme.bad),
            (why.to_owned(), theme.text),
            (
                format!("{} asks again.", state.setup.keymap.hint(crate::tui::model::Action::Refresh)),
                theme.dim,
            ),
        ]);
    }
    if loaded {
        return None;
    }
    if let Status::Lost { failure, .. } | Status::Refused(failure) = &state.link.status {
        let again = state.setup.keymap.hint(crate::tui::model::Action::Refresh);
        let leave = state.setup.keymap.hint(crate::tui::model::Action::Quit);
        return Some(vec![
            ("Nothing could be read yet.".into(), theme.bad),
            (words(failure), theme.text),
            (format!("{again} tries again at once, {leave} leaves."), theme.dim),
        ]);
    }
    let words = if state.loading(view) { "loading …" } else { "" };
    Some(vec![(words.to_owned(), theme.dim)])
}
