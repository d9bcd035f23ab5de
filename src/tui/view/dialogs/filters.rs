//! The saved filters of a view.

use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::border::{frame, listed};
use super::boxes::{Item, boxed, keys_line, note};
use super::keys::{self, keys_of};
use crate::tui::layout::{self, Area};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{FilterList, FilterNaming, ListLine};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::text::inert;

/// The most columns of the screen for the names, where filters are long.
const NAMES: usize = 30;

/// Draws the dialog and returns the position of the cursor.
pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &FilterList, theme: &Theme) -> Cursor {
    if let Some(naming) = &open.naming {
        return name(canvas, facts, (open, naming), theme);
    }
    let (size, lines) = (facts.size(), open.lines(facts));
    let area = layout::saved_filters(size, lines.len());
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    let room = layout::saved_filter_rows(size, lines.len());
    let top = open.top(facts, room);
    let title = format!("Filters: {}", open.of.view);
    frame(canvas, area, theme, &listed(&title, (top, room), lines.len()));
    let names = open.all().map(|filter| inert(&filter.name).width()).max().unwrap_or(0).min(NAMES) as u16;
    let mut cursor = (x, area.y + 1);
    for (row, line) in lines.iter().skip(top).take(room).enumerate() {
        let y = area.y + 1 + row as u16;
        match line {
            ListLine::Heading(title) => {
                canvas.text(x, y, width, title, theme.title);
            }
            ListLine::Words(words) => {
                canvas.text(x, y, width, words, theme.text);
            }
            ListLine::Filter(at) => {
                let here = *at == open.at;
                if here {
                    cursor = (x, y);
                }
                let style = |plain: Style| if here { theme.selected } else { plain };
                let Some(filter) = open.all().nth(*at) else { continue };
                canvas.fill(Area { x, y, width, height: 1 }, style(theme.text));
                canvas.text(x, y, 1, if here { ">" } else { " " }, style(theme.text));
                if *at < 9 {
                    canvas.print(x + 2, y, 1, format_args!("{}", at + 1), style(theme.key));
                }
                canvas.text(x + 4, y, names, &filter.name, style(theme.text));
                let current = filter.filter == open.of.current;
                canvas.text(x + 5 + names, y, 1, if current { "✓" } else { " " }, style(theme.good));
                let left = width.saturating_sub(names + 7);
                canvas.text(x + 7 + names, y, left, &filter.filter, style(theme.text));
            }
        }
    }
    let y = (area.y + area.height).saturating_sub(4);
    if let Some(name) = &open.deleting {
        canvas.print(x, y, width, format_args!("Delete filter {name}?"), theme.warn);
    } else if let Some(why) = &open.note {
        canvas.print(x, y, width, format_args!("! {why}"), theme.warn);
    }
    keys::draw(canvas, Area { x, y: y + 1, width, height: 2 }, &keys_of(facts, open), theme);
    Some(cursor)
}

/// The name of a filter.
fn name(
    canvas: &mut Canvas<'_>,
    facts: Facts<'_>,
    (open, naming): (&FilterList, &FilterNaming),
    theme: &Theme,
) -> Cursor {
    let title = match &naming.renames {
        Some(name) => format!("Rename filter {name}"),
        None => "Save filter".to_owned(),
    };
    let mut items = vec![
        Item::Field("name", &naming.field, true),
        Item::Fact("filter", naming.filter.clone(), theme.text),
        Item::Spare("view", open.of.view.to_owned(), theme.text),
    ];
    note(&mut items, open.note.as_deref(), theme);
    items.push(keys_line(facts, open));
    boxed(canvas, facts.size(), theme, &title, &items)
}
