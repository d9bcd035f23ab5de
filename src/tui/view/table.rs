//! The table of a view, whichever it is: the heads of its columns, and its rows.

use ratatui::style::Style;

use super::canvas::{Canvas, Cursor, at_right, number, wrap};
use super::first;
use super::theme::Theme;
use crate::tui::layout::Area;
use crate::tui::model::columns::{Cell, Drawn};
use crate::tui::model::connection::Status;
use crate::tui::model::fit::{MARK, Placed};
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
    if seen.shown == 0 {
        let words = absent(state, seen.loaded);
        let first = view.first_run(facts);
        // What is wrong with a filter stands under it, and what it found before is not what is looked for.
        let wrong = state.filter_line().error.is_some();
        let empty = || match (first, wrong) {
            (true, _) => first::page(facts),
            (false, true) => Vec::new(),
            (false, false) => view.empty(facts),
        };
        instead(canvas, area, theme, &words.unwrap_or_else(empty));
        return None;
    }
    let placed = state.placed(area);
    for column in &placed {
        head(canvas, area.y, column, theme);
    }
    let (chosen, range) = (seen.selected.map(|(line, _)| line), view.range());
    let mut cell = Cell::new(facts);
    let mut cursor = None;
    for row in 0..area.height.saturating_sub(1) {
        let line = seen.offset + usize::from(row);
        let y = area.y + 1 + row;
        let over = (chosen == Some(line)).then_some(theme.selected);
        if over.is_some() {
            canvas.fill(Area { x: area.x, y, width: area.width, height: 1 }, theme.selected);
            canvas.text(area.x, y, 1, ">", theme.selected);
            cursor = Some((area.x, y));
        }
        let drawn = view.row(line, &placed, &mut cell, &mut |Placed { x, width, right, .. }, tone, text| {
            let style = over.unwrap_or_else(|| theme.style(tone));
            let (x, width) = if right { at_right(x, width, text) } else { (x, width) };
            if over.is_some() && tone.is_state() {
                // The selected row keeps the colours of its states.
                canvas.state(x, y, width, text, (theme.selected.patch(theme.style(tone)), theme.selected));
            } else {
                canvas.text(x, y, width, text, style);
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

/// The head of a column, with an arrow where the rows are sorted by it.
fn head(canvas: &mut Canvas<'_>, y: u16, column: &Placed, theme: &Theme) {
    let Placed { title, x, width, .. } = *column;
    let arrow = column.sorted.map_or("", |descending| canvas.arrow(descending));
    let whole = title.len() as u16 + 2;
    let blank = if arrow.is_empty() || width < whole { "" } else { " " };
    if column.right {
        canvas.print_right(x, y, width, format_args!("{title}{blank}{arrow}"), theme.title);
    } else {
        canvas.print(x, y, width, format_args!("{title}{blank}{arrow}"), theme.title);
    }
}

fn gap(seen: Seen) -> String {
    let (total, more) = seen.total;
    let missing = total.saturating_sub(seen.rows as u64);
    if more {
        format!("… more than {} rows not loaded (scroll to load)", number(missing))
    } else {
        format!("… {} rows not loaded (scroll to load)", number(missing))
    }
}

/// What stands in the place of rows that are not there, in words.
fn instead(canvas: &mut Canvas<'_>, area: Area, theme: &Theme, lines: &[(Tone, String)]) {
    let body = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
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
            (Tone::Bad, "Cannot load these rows.".into()),
            (Tone::Text, why.to_owned()),
            (Tone::Text, format!("{} retry", key(Action::Refresh))),
        ]);
    }
    if loaded {
        return None;
    }
    if let Status::Lost { failure, .. } | Status::Refused(failure) = &state.connection.status {
        let (again, leave) = (key(Action::Refresh), key(Action::Quit));
        return Some(vec![
            (Tone::Bad, "Cannot connect.".into()),
            (Tone::Text, words(failure)),
            (Tone::Text, format!("{again} retry · {leave} quit")),
        ]);
    }
    let words = if state.loading(state.view) { "loading…" } else { "" };
    Some(vec![(Tone::Dim, words.to_owned())])
}
