//! What can be copied of a row.

use super::boxes::{Item, boxed, keys_line};
use crate::tui::model::dialogs::CopyMenu;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, menu: &CopyMenu, theme: &Theme) -> Cursor {
    let wide = menu.items.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
    let lines = menu.items.iter().enumerate().map(|(at, (name, text))| {
        let (mark, style) = if at == menu.at { (">", theme.title) } else { (" ", theme.text) };
        Item::Line(format!("{mark} {}  {name:<wide$}{text}", at + 1), style)
    });
    let mut items: Vec<Item<'_>> = lines.collect();
    items.push(Item::Blank);
    items.push(keys_line(facts, menu));
    boxed(canvas, facts.size(), theme, "Copy", &items);
    None
}
