//! Writing what is shown into a file.

use super::canvas::{Canvas, number};
use super::dialogs::{Item, boxed};
use super::theme::Theme;
use crate::tui::model::State;
use crate::tui::model::dialog::export::{ExportDialog, Form};

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    open: &ExportDialog,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let mut items = vec![
        Item::Fact("what", open.about.clone(), theme.title),
        Item::Fact("rows", open.rows.clone(), theme.text),
    ];
    if !open.filter.is_empty() {
        items.push(Item::Fact("filter", open.filter.clone(), theme.text));
    }
    items.push(Item::Blank);
    if let Some(gathering) = &open.gathering {
        let read = number(gathering.rows.len() as u64);
        items.push(Item::Words(format!("reading the rows that are not loaded: {read} so far …"), theme.text));
        items.push(Item::Words(state.said("Esc stops, and nothing is written"), theme.dim));
    } else {
        for (at, form) in Form::ALL.into_iter().enumerate() {
            let (mark, style) = if at == open.at { (">", theme.title) } else { (" ", theme.text) };
            let letter = form.extension().chars().next().unwrap_or(' ');
            items.push(Item::Line(format!("{mark} {letter}  {}", form.name()), style));
        }
        items.push(Item::Blank);
        if let Some(error) = &open.error {
            items.push(Item::Words(format!("✕ {error} — nothing was written; Enter tries again"), theme.bad));
        }
        let words = "Enter or its letter writes a new file into the working directory, Esc leaves; masks \
                     alone, no key is in it";
        items.push(Item::Words(state.said(words), theme.dim));
    }
    boxed(canvas, state.setup.size, theme, "Export what is shown", &items);
    None
}
