//! A review: one key at a time on the whole screen, with everything to decide on it.

use std::fmt::Write as _;

use super::boxes::{Item, boxed, keys_line, note as note_item, search_input};
use super::keys::{self, keys_of};
use crate::tui::layout::{self, Area};
use crate::tui::model::Action;
use crate::tui::model::ages::Due;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{Queue, ReasonForm};
use crate::tui::model::review_words::{counts, status};
use crate::tui::model::tone::Tone;
use crate::tui::view::canvas::{Canvas, Cursor, number};
use crate::tui::view::detail;
use crate::tui::view::theme::Theme;
use crate::tui::wrap::width;
use crate::wire::reviews::Decision;
use crate::wire::text::inert;

/// Columns before the filter.
const SIGN: u16 = 2;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &Queue, theme: &Theme) -> Cursor {
    let size = facts.size();
    let screen = layout::review(size);
    canvas.fill(Area { x: 0, y: 1, width: size.0, height: size.1.saturating_sub(1) }, theme.text);
    title(canvas, screen.title, facts, open, theme);
    let mut cursor = second(canvas, screen.counts, open, theme);
    if screen.counts.height > 0 {
        let rule = Area { x: 0, y: screen.counts.y + 1, width: size.0, height: 1 };
        canvas.rule(rule, '─', theme.dim);
    }
    if let Some(page) = open.page(facts) {
        let keys = [Action::ScrollDown, Action::ScrollUp].map(|action| facts.key(action)).join(" ");
        detail::draw_page(canvas, screen.body, &page, keys.trim(), theme);
    } else {
        let words = match &open.failed {
            Some(why) => format!("Cannot load the keys. {why}"),
            None if open.is_loading() => "Loading…".to_owned(),
            None => "No keys match.".to_owned(),
        };
        canvas.wrapped(screen.body, &words, theme.text);
    }
    note(canvas, screen.note, open, theme);
    if screen.counts.height == 0 && open.typing.is_some() {
        canvas.fill(screen.note, theme.text);
        cursor = second(canvas, screen.note, open, theme);
    }
    match &open.reason {
        Some(form) => return reason(canvas, facts, open, form, theme),
        None => keys::draw(canvas, screen.keys, &keys_of(facts, open), theme),
    }
    cursor
}

/// The name of the review; at the right which key this is, and how many are left to decide.
fn title(canvas: &mut Canvas<'_>, area: Area, facts: Facts<'_>, open: &Queue, theme: &Theme) {
    let all = number(open.review.population.in_scope);
    let mut right = match open.rows.decisions.undecided {
        0 => "all decided".to_owned(),
        undecided if open.review.is_open() => format!("{} of {all} left", number(undecided)),
        undecided => format!("{} of {all} undecided", number(undecided)),
    };
    if !open.rows.is_empty() {
        let total = open.rows.total.max(open.rows.len() as u64);
        let shown = if open.filter.is_empty() { "" } else { " shown" };
        let of = format!("key {} of {}{shown} · ", number(open.at as u64 + 1), number(total));
        if width(&inert(&open.review.name)) + width(&of) + width(&right) + 2 <= area.width.into() {
            right.insert_str(0, &of);
        }
    }
    let (tone, label) = status(&open.review);
    let room = area.width.saturating_sub(width(&right) as u16 + 1);
    let mut x = area.x + canvas.text(area.x, area.y, room, &open.review.name, theme.title);
    let end = area.x + room;
    if !open.review.is_open() {
        x += canvas.text(x, area.y, end.saturating_sub(x), " ", theme.text);
        x += canvas.text(x, area.y, end.saturating_sub(x), &label, theme.style(tone));
    }
    if let Some(at) = open.review.due_at.filter(|_| open.review.is_open()) {
        let (passed, due) = Due { at, now: facts.server_now, absolute: facts.absolute }.label();
        let words = if passed { format!(" {due}") } else { format!(" · due {due}") };
        if x + width(&words) as u16 <= end {
            let tone = if passed { Tone::Bad } else { Tone::Text };
            canvas.text(x, area.y, end.saturating_sub(x), &words, theme.style(tone));
        }
    }
    canvas.right(area.x, area.y, area.width, &right, theme.title);
}

/// How many keys have each decision, or the filter.
fn second(canvas: &mut Canvas<'_>, area: Area, open: &Queue, theme: &Theme) -> Cursor {
    if area.height == 0 {
        return None;
    }
    if let Some(field) = &open.typing {
        canvas.text(area.x, area.y, SIGN, "/", theme.key);
        let at = (area.x + SIGN, area.y, area.width.saturating_sub(SIGN));
        return Some(search_input(canvas, at, field, true, theme));
    }
    let mut words = counts(open.rows.decisions);
    if let saving @ 1.. = open.rows.saving() {
        let _ = write!(words, " · saving {saving}…");
    }
    if !open.filter.is_empty() {
        // The counts are those of all keys of the review.
        let (shown, all) = (number(open.rows.total), number(open.review.population.in_scope));
        words = format!("filter: {} · {shown} of {all} keys · whole review: {words}", open.filter);
    }
    canvas.text(area.x, area.y, area.width, &words, theme.text);
    None
}

fn note(canvas: &mut Canvas<'_>, area: Area, open: &Queue, theme: &Theme) {
    let Some((bad, words)) = open.note.as_ref().filter(|_| open.reason.is_none()) else { return };
    let (sign, style) = if *bad { ("! ", theme.bad) } else { ("", theme.text) };
    canvas.fill(area, theme.text);
    canvas.wrapped(area, &format!("{sign}{words}"), style);
}

/// Why, and until when.
fn reason(
    canvas: &mut Canvas<'_>,
    facts: Facts<'_>,
    open: &Queue,
    form: &ReasonForm,
    theme: &Theme,
) -> Cursor {
    let (title, label) = match form.decision {
        Decision::Ask => ("Ask the owner of", "note"),
        Decision::Keep => ("Keep", "reason"),
        Decision::Revoke => ("Revoke", "reason"),
        Decision::Rotate => ("Rotate", "reason"),
        Decision::Pause => ("Pause", "reason"),
        Decision::Skip | Decision::Other(_) => ("Skip", "reason"),
    };
    let mut items = Vec::new();
    if form.needed {
        let findings = open.row().map(|row| row.item.key.findings.as_ref()).unwrap_or_default();
        if let Some(finding) = findings.first() {
            items.push(Item::Words(format!("▲ {}", finding.text), theme.warn));
        }
    }
    if let Some(words) = form.whom_to_ask() {
        items.push(Item::Note(words, theme.text));
    }
    items.push(Item::Field(label, &form.reason, !form.dates));
    if form.has_date() {
        items.push(Item::Field("until", &form.until, form.dates));
        if form.dates {
            let help = "A date such as 2026-12-18 (its end, in UTC), or a duration such as 2w.";
            items.push(Item::Spare("", help.to_owned(), theme.dim));
        }
    }
    note_item(&mut items, form.note.as_deref(), theme);
    items.push(keys_line(facts, open));
    boxed(canvas, facts.size(), theme, &format!("{title} {}", form.name), &items)
}
