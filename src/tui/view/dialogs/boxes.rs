//! The box that a dialog stands in, and its lines.

use ratatui::style::Style;

use super::border::Border;
use super::keys::{self, KeyHint, keys_of};
use crate::secret::covered;
use crate::tui::layout::{Area, centred};
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts};
use crate::tui::model::field::Field;
use crate::tui::view::canvas::{Canvas, Cursor, wrap};
use crate::tui::view::theme::Theme;
use crate::wire::keys::Key;
use crate::wire::text::inert;

/// Columns of a box, where there are so many.
const WIDTH: u16 = 66;
/// Columns before what has a label.
const LABEL: u16 = 10;

/// A line of a dialog.
pub(in crate::tui::view) enum Item<'a> {
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
    /// The keys that work.
    Keys(Vec<KeyHint>),
    /// What can be chosen, side by side.
    Buttons(Vec<Button>),
    /// Nothing.
    Blank,
}

/// A thing to choose in a dialog.
pub(in crate::tui::view) struct Button {
    /// Its key, where it has one of its own, and its verb.
    pub text: String,
    /// Whether Enter takes it.
    pub focus: bool,
    /// Whether it does what cannot be undone.
    pub danger: bool,
}

/// Whether a box can hold these lines, at least without what is spared where there is no room.
pub(in crate::tui::view) fn fits(size: (u16, u16), items: &[Item<'_>]) -> bool {
    let inner = WIDTH.min(size.0).saturating_sub(4);
    let needed = items.iter().filter(|item| !matches!(item, Item::Spare(..) | Item::Blank));
    needed.map(|item| rows_of(item, inner, LABEL)).sum::<u16>() + 2 <= size.1
}

/// Draws a box with a title and its lines in the middle of the screen; gives the place of the text cursor.
pub(in crate::tui::view) fn boxed(
    canvas: &mut Canvas<'_>,
    size: (u16, u16),
    theme: &Theme,
    title: &str,
    items: &[Item<'_>],
) -> Cursor {
    framed(canvas, size, theme, (Border::Plain, title), items)
}

/// The same with this border.
pub(in crate::tui::view) fn framed(
    canvas: &mut Canvas<'_>,
    size: (u16, u16),
    theme: &Theme,
    (border, title): (Border, &str),
    items: &[Item<'_>],
) -> Cursor {
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
    border.draw(canvas, area, theme, title);
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
            Item::Keys(keys) => keys::draw(canvas, Area { x, y, width: inner, height }, keys, theme),
            Item::Buttons(buttons) => {
                draw_buttons(canvas, Area { x, y, width: inner, height }, buttons, theme);
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
        Item::Keys(keys) => keys::rows(keys, inner),
        Item::Line(..) | Item::Field(..) | Item::Buttons(_) | Item::Blank => 1,
    }
}

/// Draws what can be chosen; a sign before it says what Enter takes, for eyes that see no colours.
pub(in crate::tui::view) fn draw_buttons(
    canvas: &mut Canvas<'_>,
    area: Area,
    buttons: &[Button],
    theme: &Theme,
) {
    let (mut x, end) = (area.x, area.x + area.width);
    for button in buttons {
        let style = match (button.focus, button.danger) {
            (true, true) => theme.prod,
            (true, false) => theme.selected,
            (false, true) => theme.bad,
            (false, false) => theme.text,
        };
        canvas.text(x, area.y, end.saturating_sub(x), if button.focus { ">" } else { " " }, theme.title);
        x += 2;
        let from = x;
        x += canvas.print(x, area.y, end.saturating_sub(x), format_args!("[ {} ]", button.text), style);
        if button.danger && !button.focus && x > from {
            // Words are in the foreground, so the colour is on both brackets.
            canvas.text(x - 1, area.y, 1, "]", style);
        }
        x += 2;
    }
}

/// Draws a field so that its cursor is always to be seen; gives the cursor's place.
pub(in crate::tui::view) fn input(
    canvas: &mut Canvas<'_>,
    (x, y, width): (u16, u16, u16),
    field: &Field,
    focus: bool,
    theme: &Theme,
) -> (u16, u16) {
    input_of(canvas, (x, y, width), (field, field.text()), focus, theme)
}

/// The same for a search text. It may be part of a key: only the public start of that is shown.
pub(in crate::tui::view) fn search_input(
    canvas: &mut Canvas<'_>,
    at: (u16, u16, u16),
    field: &Field,
    focus: bool,
    theme: &Theme,
) -> (u16, u16) {
    input_of(canvas, at, (field, &covered(field.text())), focus, theme)
}

/// Draws a field with a text of the same length.
fn input_of(
    canvas: &mut Canvas<'_>,
    (x, y, width): (u16, u16, u16),
    (field, text): (&Field, &str),
    focus: bool,
    theme: &Theme,
) -> (u16, u16) {
    let style = if focus { theme.field } else { theme.text };
    canvas.fill(Area { x, y, width, height: 1 }, style);
    let (before, after) = text.split_at(field.cursor());
    let before = inert(before);
    let shown = &before[field.scrolled(width)..];
    let suggested = if focus && field.is_suggestion() { theme.selected } else { style };
    let used = canvas.text(x, y, width, shown, suggested);
    canvas.text(x + used, y, width.saturating_sub(used), after, style);
    (x + used.min(width.saturating_sub(1)), y)
}

/// The keys that a dialog takes, as its last lines.
pub(in crate::tui::view) fn keys_line(facts: Facts<'_>, dialog: &dyn DialogLogic) -> Item<'static> {
    Item::Keys(keys_of(facts, dialog))
}

/// The same, or that an answer is awaited.
pub(in crate::tui::view) fn keys_or_waiting(
    facts: Facts<'_>,
    dialog: &dyn DialogLogic,
    waits: Option<&str>,
    theme: &Theme,
) -> Item<'static> {
    match waits {
        Some(words) => Item::Words(words.to_owned(), theme.text),
        None => keys_line(facts, dialog),
    }
}

/// How the place of a dialog that changes something is drawn: PROD stands out.
pub(in crate::tui::view) fn place(facts: Facts<'_>, theme: &Theme) -> Item<'static> {
    Item::Fact("server", facts.place_words(), if facts.setup.prod { theme.bad } else { theme.text })
}

/// When a key was used last, and from where.
pub(in crate::tui::view) fn last_use(facts: Facts<'_>, key: &Key) -> String {
    match key.last_used_at {
        Some(at) => {
            let age = Age { at, now: facts.server_now };
            match &key.last_used_from {
                Some(from) => format!("{age} from {from}"),
                None => age.to_string(),
            }
        }
        None => "never".into(),
    }
}

/// What went wrong. Where there is no room for all of it, its end is cut: never which thing, or where.
pub(in crate::tui::view) fn note(items: &mut Vec<Item<'_>>, text: Option<&str>, theme: &Theme) {
    if let Some(text) = text {
        items.push(Item::Note(format!("! {text}"), theme.bad));
    }
    items.push(Item::Blank);
}
