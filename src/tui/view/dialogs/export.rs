//! Writing what is shown into a file.

use super::boxes::{Item, boxed};
use crate::tui::model::State;
use crate::tui::model::dialogs::export::{ExportDialog, Form};
use crate::tui::view::canvas::{Canvas, number};
use crate::tui::view::theme::Theme;

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
    } else if let Some((form, place)) = &open.place {
        items.push(Item::Field("file", place, true));
        items.push(Item::Blank);
        if let Some(error) = &open.error {
            items.push(Item::Note(format!("✕ {error}"), theme.bad));
        }
        let about = format!("The demo writes nothing unasked: type where the {} file goes.", form.name());
        items.push(Item::Words(about, theme.text));
        items.push(Item::Words(state.said("Enter write · Esc cancel"), theme.dim));
        return boxed(canvas, state.setup.size, theme, "Export this view", &items);
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
        let form = Form::ALL[open.at.min(Form::ALL.len() - 1)];
        if !state.setup.demo {
            let place = state.facts().file_place(&format!("{}.{}", open.name, form.extension()));
            items.push(Item::Fact("file", place, theme.text));
        }
        items.push(Item::Words("Contains masked keys only.".into(), theme.dim));
        let asks = if state.setup.demo { "Enter choose the file" } else { "Enter write" };
        items.push(Item::Words(
            format!("{} · c, j or m its form · {}", state.said(asks), state.said("Esc cancel")),
            theme.dim,
        ));
    }
    boxed(canvas, state.setup.size, theme, "Export this view", &items);
    None
}
