//! The state as a picture: no I/O, no change of state.
//!
//! ```text
//! header    context ▸ project  PROD  ● live  server  edge address
//! tabs      Projects 8  [Keys 127]  Stale 32  Audit           1–18 of 127
//! filter    / what is typed, and what can be typed or is wrong    (while it is typed)
//! body      projects │ table │ detail                             (as many as fit)
//! message   what was said last, or a line
//! footer    the keys to press
//! ```

mod canvas;
mod detail;
mod dialogs;
mod first;
mod footer;
mod header;
mod side;
pub mod symbols;
mod table;
pub mod theme;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use self::canvas::{Canvas, Cursor};
pub use self::symbols::Symbols;
pub use self::theme::Theme;
use super::layout::{Area, SMALLEST, Screen};
use super::model::list::filter::{Mark, Place, SIGN};
use super::model::{Action, State};

/// Draws the whole dashboard.
pub fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, theme: &Theme) {
    let shown = state.shown_theme().and_then(Theme::named);
    let theme = &shown.map_or(*theme, |shown| Theme { symbols: theme.symbols, ..shown });
    let inside = area.intersection(frame.area());
    let mut canvas = Canvas::new(frame, area, theme);
    let cursor = match state.screen() {
        None => too_small(&mut canvas, state, theme),
        Some(screen) => {
            let covered = state.dialog().is_some_and(|dialog| dialog.logic().shows_secret());
            let below = if covered { None } else { body(&mut canvas, &screen, state, theme) };
            match state.dialog() {
                None => below,
                Some(top) => {
                    // A theme is judged by the whole screen.
                    if top.logic().theme().is_none() {
                        canvas.recede(if covered { theme.text } else { theme.behind });
                    }
                    dialogs::draw(&mut canvas, state, top, theme)
                }
            }
        }
    };
    if let Some((x, y)) = cursor.filter(|&(x, y)| inside.contains(Position { x, y })) {
        frame.set_cursor_position((x, y));
    }
}

fn too_small(canvas: &mut Canvas<'_>, state: &State, theme: &Theme) -> Cursor {
    let (width, height) = state.setup.size;
    let words = if state.shows_secret() {
        "Too small. Enlarge to see the new key.".to_owned()
    } else {
        let keys = [Action::Close, Action::Quit].map(|action| state.setup.keymap.hint(action));
        let key = keys.into_iter().find(|key| !key.is_empty()).unwrap_or_default();
        format!("Too small (at least 40x10). {key} quit")
    };
    canvas.text(0, height / 2, width, &words, theme.warn);
    debug_assert_eq!(SMALLEST, (40, 10), "the words name the size");
    None
}

fn body(canvas: &mut Canvas<'_>, screen: &Screen, state: &State, theme: &Theme) -> Cursor {
    header::header(canvas, screen.header, state, theme);
    header::tabs(canvas, screen.tabs, state, theme);
    footer::message(canvas, screen.message, state, theme);
    footer::footer(canvas, screen.footer, state, theme);
    if let Some(side) = screen.side {
        side::draw(canvas, side, state, theme);
        canvas.rule(Area { x: side.x + side.width, width: 1, ..side }, '│', theme.dim);
    }
    if let Some(detail) = screen.detail {
        if screen.table.is_some() {
            canvas.rule(Area { x: detail.x.saturating_sub(1), width: 1, ..detail }, '│', theme.dim);
        }
        detail::draw(canvas, detail, state, theme);
    }
    let selected = screen.table.and_then(|table| table::draw(canvas, table, state, theme));
    screen.filter.and_then(|area| filter(canvas, area, state, theme)).or(selected)
}

/// The filter as it is typed, and under its wrong character what is wrong with it.
fn filter(canvas: &mut Canvas<'_>, area: Area, state: &State, theme: &Theme) -> Cursor {
    let line = state.filter_line();
    canvas.text(area.x, area.y, SIGN, "/", theme.key);
    let width = area.width.saturating_sub(SIGN);
    let at = dialogs::boxes::search_input(
        canvas,
        (area.x + SIGN, area.y, width),
        &line.field,
        line.editing,
        theme,
    );
    if let Some(Mark { column, words, place }) = line.mark(area.width) {
        let (x, y) = (area.x + SIGN + column, area.y + 1);
        canvas.text(x, y, 1, "^", theme.bad);
        match place {
            Place::Behind => {
                canvas.text(x + 2, y, width.saturating_sub(column + 2), &words, theme.bad);
            }
            Place::Before => {
                let used = words.width() as u16;
                canvas.text((x - 1).saturating_sub(used), y, used, &words, theme.bad);
            }
            Place::Below => {
                let height = area.height.saturating_sub(2);
                canvas.wrapped(Area { x: area.x + SIGN, y: y + 1, width, height }, &words, theme.bad);
            }
        }
    }
    if line.error.is_none() && line.editing {
        let (x, y) = (area.x + 2, area.y + 1);
        match line.offer().filter(|_| state.key_list().is_some()) {
            Some((_, term)) => {
                let key = state.setup.keymap.hint(Action::NextField);
                let used = canvas.text(x, y, width, &key, theme.key) + 1;
                canvas.text(x + used, y, width.saturating_sub(used), term, theme.text);
            }
            None => {
                canvas.text(x, y, width, state.views.of(state.view).filter_examples(), theme.text);
            }
        }
    }
    line.editing.then_some(at)
}
