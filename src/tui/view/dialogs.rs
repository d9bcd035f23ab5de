//! The small dialogs: a name, a new key, whose key was pasted; and the box that all of them stand in.

use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::canvas::{Canvas, wrap};
use super::theme::Theme;
use crate::tui::layout::{Area, centred};
use crate::tui::model::State;
use crate::tui::model::dialog::{Found, NameForm, Naming, NewKeyFocus, NewKeyForm, Offer};
use crate::tui::model::field::Field;
use crate::wire::keys::{Mode, Status};
use crate::wire::text::inert;

/// Columns of a box, where there are so many.
const WIDTH: u16 = 66;
/// Columns before what has a label.
const LABEL: u16 = 10;

/// A line of a dialog.
pub(super) enum Item<'a> {
    /// Words, broken over as many rows as they need.
    Words(String, Style),
    /// One row, cut where it is too long.
    Line(String, Style),
    /// A field with its label, and whether it has the focus.
    Field(&'static str, &'a Field, bool),
    /// Something with a label.
    Fact(&'static str, String, Style),
    /// The same, left out where there is no room for all.
    Spare(&'static str, String, Style),
    /// Words that may be cut where there is no room for all.
    Note(String, Style),
    /// Nothing.
    Blank,
}

/// Whether a box can hold these lines, at least without what is spared where there is no room.
pub(super) fn fits(size: (u16, u16), items: &[Item<'_>]) -> bool {
    let inner = WIDTH.min(size.0).saturating_sub(4);
    let needed = items.iter().filter(|item| !matches!(item, Item::Spare(..) | Item::Blank));
    needed.map(|item| rows_of(item, inner, LABEL)).sum::<u16>() + 2 <= size.1
}

/// Draws a box with a title and its lines in the middle of the screen; gives the place of the text cursor.
pub(super) fn boxed(
    canvas: &mut Canvas<'_>,
    size: (u16, u16),
    theme: &Theme,
    title: &str,
    items: &[Item<'_>],
) -> Option<(u16, u16)> {
    let width = WIDTH.min(size.0);
    let inner = width.saturating_sub(4);
    let label = LABEL;
    let needed = |items: &[&Item<'_>]| items.iter().map(|item| rows_of(item, inner, label)).sum::<u16>();
    let mut items: Vec<&Item<'_>> = items.iter().collect();
    if needed(&items) + 2 > size.1 {
        items.retain(|item| !matches!(item, Item::Spare(..) | Item::Blank));
    }
    let rows = needed(&items);
    let area = centred(size, width, rows + 2);
    frame(canvas, area, theme, title);
    let end = area.y + area.height - 1;
    let (x, mut y) = (area.x + 2, area.y + 1);
    let mut cursor = None;
    let shares = shares(&items, (inner, label), end.saturating_sub(y));
    for (item, height) in items.into_iter().zip(shares) {
        match item {
            _ if height == 0 => {}
            Item::Words(text, style) | Item::Note(text, style) => {
                let place = Area { x, y, width: inner, height };
                canvas.wrapped(place, text, *style);
            }
            Item::Line(text, style) => {
                canvas.text(x, y, inner, text, *style);
            }
            Item::Fact(name, text, style) | Item::Spare(name, text, style) => {
                canvas.text(x, y, label, name, theme.dim);
                let place = Area { x: x + label, y, width: inner - label, height };
                canvas.wrapped(place, text, *style);
            }
            Item::Field(name, field, focus) => {
                canvas.text(x, y, label, name, if *focus { theme.title } else { theme.dim });
                let at = input(canvas, (x + label, y, inner - label), field, *focus, theme);
                cursor = if *focus { Some(at) } else { cursor };
            }
            Item::Blank => {}
        }
        y += height;
    }
    cursor
}

/// How many rows each item gets. Where there is no room for all, what is typed comes first, then what is asked
/// and which keys answer it, which stand last; the facts above share what is left.
fn shares(items: &[&Item<'_>], (inner, label): (u16, u16), room: u16) -> Vec<u16> {
    let (mut shares, mut left) = (vec![0; items.len()], room);
    let mut give = |at: usize, most: u16| {
        let more = (rows_of(items[at], inner, label) - shares[at]).min(most).min(left);
        shares[at] += more;
        left -= more;
    };
    let all = 0..items.len();
    let is_fact = |at: &usize| matches!(items[*at], Item::Fact(..) | Item::Spare(..) | Item::Note(..));
    all.clone().filter(|at| matches!(items[*at], Item::Field(..))).for_each(|at| give(at, 1));
    all.clone().rev().filter(|at| !is_fact(at)).for_each(|at| give(at, u16::MAX));
    all.clone().filter(is_fact).for_each(|at| give(at, 1));
    all.for_each(|at| give(at, u16::MAX));
    shares
}

fn rows_of(item: &Item<'_>, inner: u16, label: u16) -> u16 {
    match item {
        Item::Words(text, _) | Item::Note(text, _) => wrap(&inert(text), inner).len() as u16,
        Item::Fact(_, text, _) | Item::Spare(_, text, _) => wrap(&inert(text), inner - label).len() as u16,
        Item::Line(..) | Item::Field(..) | Item::Blank => 1,
    }
}

/// An empty box with a title in its upper border.
pub(super) fn frame(canvas: &mut Canvas<'_>, area: Area, theme: &Theme, title: &str) {
    canvas.fill(area, theme.text);
    let (right, bottom) = (area.x + area.width.saturating_sub(1), area.y + area.height.saturating_sub(1));
    canvas.rule(Area { height: 1, ..area }, '─', theme.dim);
    canvas.rule(Area { y: bottom, height: 1, ..area }, '─', theme.dim);
    canvas.rule(Area { width: 1, ..area }, '│', theme.dim);
    canvas.rule(Area { x: right, width: 1, ..area }, '│', theme.dim);
    for (x, y, corner) in
        [(area.x, area.y, "┌"), (right, area.y, "┐"), (area.x, bottom, "└"), (right, bottom, "┘")]
    {
        canvas.text(x, y, 1, corner, theme.dim);
    }
    canvas.print(area.x + 2, area.y, area.width.saturating_sub(4), format_args!(" {title} "), theme.title);
}

/// Draws a field so that its cursor is always to be seen; gives the cursor's place.
pub(super) fn input(
    canvas: &mut Canvas<'_>,
    (x, y, width): (u16, u16, u16),
    field: &Field,
    focus: bool,
    theme: &Theme,
) -> (u16, u16) {
    let style = if focus { theme.field } else { theme.text };
    canvas.fill(Area { x, y, width, height: 1 }, style);
    let (before, after) = field.text().split_at(field.cursor());
    let before = inert(before);
    let shown = &before[scrolled(&before, width)..];
    let used = canvas.text(x, y, width, shown, style);
    canvas.text(x + used, y, width.saturating_sub(used), after, style);
    (x + used.min(width.saturating_sub(1)), y)
}

/// Where the text before the cursor begins to be seen, in bytes.
fn scrolled(before: &str, width: u16) -> usize {
    // One column is left for the cursor behind the text.
    let room = usize::from(width.saturating_sub(1));
    let mut start = 0;
    if before.width() > room {
        for (at, _) in before.char_indices() {
            start = at;
            if before[at..].width() <= room {
                break;
            }
        }
    }
    start
}

/// How many columns from the left of a field its character stands, as [`input`] draws it; at an end of the field
/// when it is not to be seen.
pub(super) fn column_of(field: &Field, width: u16, character: usize) -> u16 {
    let (before, _) = field.text().split_at(field.cursor());
    let before = inert(before);
    let off = before[..scrolled(&before, width)].width();
    let until: String = field.text().chars().take(character).collect();
    let at = inert(&until).width().saturating_sub(off);
    (at as u16).min(width.saturating_sub(1))
}

/// What stands under each dialog that changes something: where one is.
pub(super) fn place_words(state: &State) -> String {
    let server = &state.link.place.server;
    let prod = if state.setup.prod { ", PROD" } else { "" };
    if server.is_empty() || state.is_named_by_address() {
        format!("{}{prod}", state.setup.context)
    } else {
        format!("{}{prod} — {server}", state.setup.context)
    }
}

pub(super) fn name(
    canvas: &mut Canvas<'_>,
    state: &State,
    form: &NameForm,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let (title, help) = match &form.naming {
        Naming::NewProject => ("New project".to_owned(), "Enter makes it, Esc leaves"),
        Naming::FirstProject => (
            "Your first key: its project".to_owned(),
            "Enter makes the project and goes on to its key, Esc leaves",
        ),
        Naming::Project(_, old) => (format!("Rename project {old}"), "Enter renames it, Esc leaves"),
        Naming::Key(_, old) => (format!("Rename key {old}"), "Enter renames it, Esc leaves"),
    };
    let mut items =
        vec![Item::Field("name", &form.field, true), Item::Fact("server", place_words(state), theme.dim)];
    note(&mut items, form.error.as_deref(), theme);
    if form.sending.is_some() {
        items.push(Item::Words("asking the server …".into(), theme.dim));
    } else {
        items.push(Item::Words(state.said(help), theme.dim));
    }
    boxed(canvas, state.setup.size, theme, &title, &items)
}

/// What went wrong. Where there is no room for all of it, its end is cut: never which thing, or where.
pub(super) fn note(items: &mut Vec<Item<'_>>, text: Option<&str>, theme: &Theme) {
    if let Some(text) = text {
        items.push(Item::Note(format!("✕ {text}"), theme.bad));
    }
    items.push(Item::Blank);
}

pub(super) fn new_key(
    canvas: &mut Canvas<'_>,
    state: &State,
    form: &NewKeyForm,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let focused = |focus: NewKeyFocus| if form.focus == focus { theme.field } else { theme.text };
    let mode = match form.mode {
        Mode::Live | Mode::Other(_) => "(●) live   ( ) test",
        Mode::Test => "( ) live   (●) test",
    };
    let project = if form.choose { format!("< {} >", form.project.1) } else { form.project.1.clone() };
    let mut items = vec![
        Item::Field("name", &form.field, form.focus == NewKeyFocus::Name),
        Item::Fact("mode", mode.into(), focused(NewKeyFocus::Mode)),
        Item::Fact("project", project, focused(NewKeyFocus::Project)),
        Item::Fact("server", place_words(state), theme.dim),
    ];
    note(&mut items, form.error.as_deref(), theme);
    let help = match form.focus {
        _ if form.sending.is_some() => "asking the server …",
        NewKeyFocus::Name => "Enter makes it, Tab moves on, Esc leaves",
        NewKeyFocus::Mode => "Space changes it, Enter makes the key, Esc leaves",
        NewKeyFocus::Project => "← → or the beginning of a name choose it, Enter makes the key, Esc leaves",
    };
    items.push(Item::Words(state.said(help), theme.dim));
    boxed(canvas, state.setup.size, theme, "New key", &items)
}

pub(super) fn offer(
    canvas: &mut Canvas<'_>,
    state: &State,
    offer: &Offer,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let mut items = vec![Item::Words(offer.hint.to_string(), theme.title), Item::Blank];
    let mut words = |text: String, style: Style| items.push(Item::Words(text, style));
    match &offer.found {
        Found::Looking if offer.revoke => words("looking for it, to revoke it …".into(), theme.dim),
        Found::Looking => {
            words("looking for it …".into(), theme.dim);
            words(state.said("Enter goes to it, x revokes it, Esc forgets it"), theme.dim);
        }
        Found::Keys(keys) if keys.len() == 1 => {
            for key in keys {
                let status = match key.status {
                    Status::Revoked => "✕ revoked already",
                    Status::Active => "● active",
                    Status::Other(word) => word.as_str(),
                };
                words(format!("It is {} of project {}: {status}.", key.name, key.project_name), theme.text);
            }
            words(state.said("Enter goes to it, x revokes it, Esc forgets it"), theme.dim);
        }
        Found::Keys(keys) => {
            words(format!("{} keys have this mask.", keys.len()), theme.text);
            words(state.said("Enter shows them, Esc forgets it"), theme.dim);
        }
        Found::Unknown => {
            words("No key of this server has this mask.".into(), theme.text);
            words(state.said("Esc closes"), theme.dim);
        }
        Found::Token => {
            words(
                "This is a management token, not an API key: revoke it with `keydeck tokens revoke`.".into(),
                theme.warn,
            );
            words(state.said("Esc closes"), theme.dim);
        }
        Found::Failed(why) => {
            words(format!("✕ it could not be looked for: {why}"), theme.bad);
            words(state.said("Enter looks again, Esc closes"), theme.dim);
        }
    }
    words("The text itself was dropped: only its mask is kept.".into(), theme.dim);
    boxed(canvas, state.setup.size, theme, "A whole key was pasted", &items);
    None
}
