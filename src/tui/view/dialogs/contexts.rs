//! The list of contexts, the colour of a context's name, and the word that allows changes.

use ratatui::style::{Color, Style};
use unicode_width::UnicodeWidthStr;

use super::border::frame;
use super::boxes::input;
use super::keys::{self, keys_of};
use crate::colour::Colour;
use crate::tui::layout::{Area, centred};
use crate::tui::model::dialogs::ContextList;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::{Action, Context};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;
use crate::wire::text::inert;

/// A style with a context's colour, where the theme has colours at all.
pub(in crate::tui::view) fn coloured(style: Style, colour: Option<Colour>, theme: &Theme) -> Style {
    match colour {
        // The terminal's colours may not read on a background of ours.
        Some(colour) if theme.has_ground() => style.patch(match colour {
            Colour::Red => theme.bad,
            Colour::Green => theme.good,
            Colour::Yellow => theme.warn,
            Colour::Blue | Colour::Cyan => theme.key,
            Colour::Magenta => theme.never,
            Colour::White => theme.title,
        }),
        Some(colour) if theme.good.fg.is_some() => style.fg(match colour {
            Colour::Red => Color::Red,
            Colour::Green => Color::Green,
            Colour::Yellow => Color::Yellow,
            Colour::Blue => Color::Blue,
            Colour::Magenta => Color::Magenta,
            Colour::Cyan => Color::Cyan,
            Colour::White => Color::White,
        }),
        _ => style,
    }
}

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    facts: Facts<'_>,
    open: &ContextList,
    theme: &Theme,
) -> (u16, u16) {
    let all = &facts.setup.contexts.all;
    let matches = open.matches(all);
    let size = facts.setup.size;
    let area = centred(size, 76.min(size.0), (all.len() as u16).saturating_add(5).min(size.1));
    frame(canvas, area, theme, "Contexts");
    let (x, width) = (area.x + 2, area.width.saturating_sub(4));
    canvas.text(x, area.y + 1, 1, "/", theme.key);
    let cursor = input(canvas, (x + 2, area.y + 1, width.saturating_sub(2)), &open.field, true, theme);
    let room = usize::from(area.height.saturating_sub(5)).max(1);
    let top = (open.at + 1).saturating_sub(room);
    let names = all.iter().map(|context| inert(&context.title).width()).max().unwrap_or(0).min(24) as u16;
    for (row, (number, place)) in matches.iter().enumerate().skip(top).take(room).enumerate() {
        let Some(context) = all.get(*place) else { continue };
        let y = area.y + 2 + row as u16;
        let chosen = number == open.at;
        if chosen {
            canvas.fill(Area { x, y, width, height: 1 }, theme.selected);
        }
        let style = |plain: Style| if chosen { theme.selected.patch(plain) } else { plain };
        canvas.text(x, y, 1, if chosen { ">" } else { " " }, style(theme.text));
        let name = coloured(theme.title, context.colour, theme);
        canvas.text(x + 2, y, names, &context.title, style(name));
        let marks = marks(context, *place == facts.setup.contexts.at);
        let mark = if context.prod { theme.bad } else { theme.dim };
        let from = x + 2 + names + 2;
        let used = canvas.text(from, y, (x + width).saturating_sub(from), &marks, style(mark));
        let from = from + used + if used == 0 { 0 } else { 2 };
        canvas.text(from, y, (x + width).saturating_sub(from), &context.place, style(theme.text));
    }
    if matches.is_empty() {
        canvas.text(x + 2, area.y + 2, width.saturating_sub(2), "No context matches.", theme.warn);
    }
    let y = (area.y + area.height).saturating_sub(2);
    let mut keys = keys_of(facts, open);
    if all.len() < 2 {
        let close = (facts.key(Action::Cancel), "close".to_owned());
        keys = vec![(String::new(), "No other contexts. Add one with keydeck login URL".to_owned()), close];
    }
    keys::draw(canvas, Area { x, y, width, height: 1 }, &keys, theme);
    cursor
}

fn marks(context: &Context, here: bool) -> String {
    let words = [(context.prod, "PROD"), (context.read_only, "read-only"), (here, "(current)")];
    words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}
