//! What can be copied of a row.

use super::boxes::{Item, boxed};
use crate::tui::model::State;
use crate::tui::model::dialogs::copy_menu::CopyMenu;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    menu: &CopyMenu,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let lines = menu.items.iter().enumerate().map(|(at, (name, text))| {
        let (mark, style) = if at == menu.at { (">", theme.title) } else { (" ", theme.text) };
        Item::Line(format!("{mark} {}  {name:<6}{text}", at + 1), style)
    });
    let mut items: Vec<Item<'_>> = lines.collect();
    items.push(Item::Blank);
    items.push(Item::Words(state.said("Enter or its number copies a line, Esc closes"), theme.dim));
    boxed(canvas, state.setup.size, theme, "Copy", &items);
    None
}
