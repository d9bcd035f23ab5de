//! The table of a view, whichever it is: a title with count, filter and sort, the column names, the rows.

use ratatui::style::Style;

use super::canvas::{Canvas, Cursor, number, wrap};
use super::first;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::columns::{Cell, Drawn, MARK, Placed, place};
use crate::tui::model::link::Status;
use crate::tui::model::list::Seen;
use crate::tui::model::tone::Tone;
use crate::tui::model::wording::words;
use crate::tui::model::{Action, State};

/// Before the name of a marked key: it reads without colour.
const MARKED: &str = "*";

/// Draws the view; gives the place of the selected row.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) -> Cursor {
    let view = state.views.of(state.view);
    let (seen, facts) = (view.window().seen(), state.facts());
    let waiting = if state.loading(state.view) { "loading …".to_owned() } else { String::new() };
    let more = [view.marked_words(), waiting, view.filter_words(), view.order_words().to_owned()];
    title(canvas, area, theme, &view.title(area.width), seen, &more);
    if seen.shown == 0 {
        let words = absent(state, seen.loaded);
        let first = view.first_run(facts);
        let empty = || if first { first::page(facts) } else { view.empty(facts) };
        instead(canvas, area, theme, &words.unwrap_or_else(empty));
        return None;
    }
    let shapes = view.shapes();
    let placed = place(&shapes, area);
    for column in &placed {
        canvas.text(column.x, area.y + 1, column.width, shapes[column.column].title, theme.dim);
    }
    let (chosen, range) = (seen.selected.map(|(line, _)| line), view.range());
    let mut cell = Cell::new(facts);
    let mut cursor = None;
    for row in 0..area.height.saturating_sub(2) {
        let line = seen.offset + usize::from(row);
        let y = area.y + 2 + row;
        let over = (chosen == Some(line)).then_some(theme.selected);
        if over.is_some() {
            canvas.fill(Area { x: area.x, y, width: area.width, height: 1 }, theme.selected);
            canvas.text(area.x, y, 1, ">", theme.selected);
            cursor = Some((area.x, y));
        }
        let drawn = view.row(line, &placed, &mut cell, &mut |Placed { column, x, width }, tone, text| {
            let style = over.unwrap_or_else(|| theme.style(tone));
            match shapes[column].right {
                0 => _ = canvas.text(x, y, width, text, style),
                right => canvas.right(x, y, width.min(right), text, style),
            }
        });
        match drawn {
            Drawn::Row(marked) => {
                if marked || range.is_some_and(|(from, to)| (from..=to).contains(&line)) {
                    canvas.text(area.x + MARK - 1, y, 1, MARKED, over.unwrap_or(theme.title));
                }
            }
            Drawn::Gap => {
                canvas.text(area.x + MARK, y, area.width.saturating_sub(MARK), &gap(seen), theme.dim);
            }
            Drawn::End => break,
        }
    }
    cursor
}

fn gap(seen: Seen) -> String {
    let (total, more) = seen.total;
    let missing = total.saturating_sub(seen.rows as u64);
    if more {
        format!("… more than {} rows between are not loaded; they come as you move there", number(missing))
    } else {
        format!("… {} rows are not loaded yet; they come as you move there", number(missing))
    }
}

/// The title of a table: its name, which rows of how many, and what else decides what is seen.
fn title(canvas: &mut Canvas<'_>, area: Area, theme: &Theme, name: &str, seen: Seen, more: &[String]) {
    let mut x = area.x;
    let end = area.x + area.width;
    x += canvas.text(x, area.y, end.saturating_sub(x), name, theme.title);
    let count = count(seen, usize::from(area.height.saturating_sub(2)));
    for text in std::iter::once(&count).chain(more).filter(|text| !text.is_empty()) {
        x += canvas.print(x, area.y, end.saturating_sub(x), format_args!(" · {text}"), theme.dim);
    }
    if x + 1 < end {
        canvas.rule(Area { x: x + 1, y: area.y, width: end - x - 1, height: 1 }, '─', theme.dim);
    }
}

fn count(seen: Seen, height: usize) -> String {
    if !seen.loaded {
        return String::new();
    }
    let (total, more) = seen.total;
    let plus = if more { "+" } else { "" };
    let all = format!("{}{plus}", number(total));
    let lines = seen.lines;
    let (first, last) = (seen.offset, (seen.offset + height).min(lines));
    if let Some((of, more)) = seen.filtered_of {
        return format!("{all} of {}{}", number(of), if more { "+" } else { "" });
    }
    if seen.filtered {
        return format!("{} of {all}", number(lines as u64));
    }
    if lines == 0 {
        return all;
    }
    match seen.gap {
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
fn instead(canvas: &mut Canvas<'_>, area: Area, theme: &Theme, lines: &[(Tone, String)]) {
    let body = Area { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let width = body.width.saturating_sub(4).max(1);
    let style = |tone: Tone| theme.style(tone);
    let mut wrapped: Vec<(String, Style)> = lines
        .iter()
        .flat_map(|(tone, text)| wrap(text, width).into_iter().map(|line| (line, style(*tone))))
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
fn absent(state: &State, loaded: bool) -> Option<Vec<(Tone, String)>> {
    let key = |action: Action| state.setup.keymap.hint(action);
    if let Some(why) = state.failure(state.view) {
        return Some(vec![
            (Tone::Bad, "These rows did not come.".into()),
            (Tone::Text, why.to_owned()),
            (Tone::Dim, format!("{} asks again.", key(Action::Refresh))),
        ]);
    }
    if loaded {
        return None;
    }
    if let Status::Lost { failure, .. } | Status::Refused(failure) = &state.link.status {
        let (again, leave) = (key(Action::Refresh), key(Action::Quit));
        return Some(vec![
            (Tone::Bad, "Nothing could be read yet.".into()),
            (Tone::Text, words(failure)),
            (Tone::Dim, format!("{again} tries again at once, {leave} leaves.")),
        ]);
    }
    let words = if state.loading(state.view) { "loading …" } else { "" };
    Some(vec![(Tone::Dim, words.to_owned())])
}
