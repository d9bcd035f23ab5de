//! The key, once: in a box on an empty screen, with the key on a line of its own. That line has no border, so that
//! selecting it gives the key and nothing else. Where there is no room for a box, the key begins in the first column.

use ratatui::style::Style;

use super::border::Border;
use super::boxes::{Button, draw_buttons};
use super::keys::{self, KeyHint, keys_of};
use crate::secret::KEY_LEN;
use crate::tui::layout::{Area, centred};
use crate::tui::model::Action;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{Copied, FileState, ShownOnce};
use crate::tui::model::event::ClipboardOutcome;
use crate::tui::view::canvas::{Canvas, Cursor, wrap};
use crate::tui::view::theme::Theme;
use crate::wire::keys::Status;
use crate::wire::text::inert;

/// How much a part of the screen matters: where there is no room for all, the first of these get theirs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// What it is, and the key.
    Key,
    /// What is asked, and which keys answer it: nothing is decided unseen.
    Question,
    /// What has to be said.
    Note,
    /// What became of the copy and of the file.
    Outcome,
    /// What the key is.
    Fact,
    /// An empty line.
    Space,
}

/// What stands in a part.
enum Text {
    /// One line, cut where it is too long.
    Line(String),
    /// Words, broken over as many lines as they need.
    Words(String),
    /// The key.
    Secret,
    /// The keys that work.
    Keys(Vec<KeyHint>),
    /// What can be chosen.
    Buttons(Vec<Button>),
}

struct Part(Rank, Text, Style);

impl Part {
    fn rows(&self, width: u16) -> u16 {
        match &self.1 {
            Text::Line(_) | Text::Buttons(_) => 1,
            Text::Keys(keys) => keys::rows(keys, width),
            Text::Words(text) => wrap(&inert(text), width).len() as u16,
            Text::Secret => key_rows(width),
        }
    }
}

fn key_rows(width: u16) -> u16 {
    KEY_LEN.div_ceil(usize::from(width.max(1))) as u16
}

/// Columns of the box, where there are so many.
const WIDTH: u16 = 72;
/// With fewer columns or rows there is no box.
const BOXED: (u16, u16) = (60, 14);

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ShownOnce, theme: &Theme) -> Cursor {
    let size = facts.size();
    canvas.fill(Area { x: 0, y: 0, width: size.0, height: size.1 }, theme.text);
    let needs = |parts: &[Part], width| parts.iter().map(|part| part.rows(width)).sum::<u16>();
    if size.0 >= BOXED.0 && size.1 >= BOXED.1 {
        let inner = WIDTH.min(size.0) - 4;
        for roomy in [true, false] {
            let parts = parts(facts, open, theme, roomy);
            let rows = needs(&parts, inner);
            if rows + 2 <= size.1 {
                let area = centred(size, inner + 4, rows + 2);
                let (border, title) = match open.leaving {
                    Some(_) if open.is_saved() => (Border::Danger, "Keep or revoke?"),
                    Some(_) => (Border::Danger, "Not saved yet"),
                    None => (Border::Plain, "New key"),
                };
                border.draw(canvas, area, theme, title);
                let inside = Area { x: area.x + 2, y: area.y + 1, width: inner, height: rows };
                write(canvas, inside, Some(area), open, &parts, theme);
                return None;
            }
        }
    }
    let place = Area { x: 0, y: 0, width: size.0, height: size.1 };
    let mut parts = parts(facts, open, theme, size.1 >= BOXED.1);
    if size.1 >= BOXED.1 && needs(&parts, size.0) > size.1 {
        parts = self::parts(facts, open, theme, false);
    }
    write(canvas, place, None, open, &parts, theme);
    None
}

/// Writes the parts, each in the rows that it gets; the border of the box is interrupted beside the key.
fn write(
    canvas: &mut Canvas<'_>,
    place: Area,
    border: Option<Area>,
    open: &ShownOnce,
    parts: &[Part],
    theme: &Theme,
) {
    let Area { x, width, .. } = place;
    let mut y = place.y;
    for (Part(_, text, style), rows) in parts.iter().zip(shares(parts, width, place.height)) {
        let area = Area { x, y, width, height: rows };
        match text {
            _ if rows == 0 => {}
            Text::Line(text) => {
                canvas.text(x, y, width, text, *style);
            }
            Text::Words(text) => {
                canvas.wrapped(area, text, *style);
            }
            Text::Keys(keys) => keys::draw(canvas, area, keys, theme),
            Text::Buttons(buttons) => draw_buttons(canvas, area, buttons, theme),
            Text::Secret => {
                if let Some(border) = border {
                    canvas.fill(Area { y, height: rows, ..border }, theme.text);
                }
                let text = open.secret.reveal();
                for row in 0..rows {
                    let from = usize::from(row * width);
                    let to = (from + usize::from(width)).min(text.len());
                    canvas.secret(x, y + row, width, &text[from..to], *style);
                }
            }
        }
        y += rows;
    }
}

/// How many rows each part gets.
fn shares(parts: &[Part], width: u16, height: u16) -> Vec<u16> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| parts[*at].0);
    let (mut shares, mut left) = (vec![0; parts.len()], height);
    for at in order {
        shares[at] = parts[at].rows(width).min(left);
        left -= shares[at];
    }
    shares
}

/// All that there is to say, from top to bottom.
fn parts(facts: Facts<'_>, open: &ShownOnce, theme: &Theme, roomy: bool) -> Vec<Part> {
    let key = &open.key;
    // Where it was made, though that context was left meanwhile.
    let place = open.away.as_ref().map_or_else(|| facts.place_words(), |(_, title)| title.clone());
    let line = |rank, text: &str, style| Part(rank, Text::Line(text.into()), style);
    let words = |rank, text: &str, style| Part(rank, Text::Words(text.into()), style);
    let space = || Part(Rank::Space, Text::Line(String::new()), theme.text);
    let mut parts =
        vec![line(Rank::Key, "Copy your new key now. You won't be able to see it again.", theme.title)];
    if roomy {
        parts.push(space());
        for (name, text) in [
            ("name", &*key.name),
            ("project", &*key.project_name),
            ("server", &*place),
            ("mode", key.mode.as_str()),
        ] {
            parts.push(line(Rank::Fact, &format!("{name:<9}{text}"), theme.text));
        }
        if matches!(open.file, FileState::NotAsked | FileState::Done(Err(_))) && !facts.setup.demo {
            let place = facts.file_place(&open.file_name(open.files + 1));
            let key = facts.key(Action::WriteFile);
            parts.push(line(Rank::Fact, &format!("{:<9}{key} saves to {place}", "file"), theme.dim));
        }
        parts.push(space());
    } else {
        let text = format!("{} · {} · {} · {}", key.name, key.project_name, key.mode.as_str(), place);
        parts.push(line(Rank::Fact, &text, theme.text));
    }
    parts.push(Part(Rank::Key, Text::Secret, theme.title));
    let asked = open.leaving.is_some() || open.menu.is_some() || open.place.is_some();
    if key_rows(facts.setup.size.0) == 1 {
        parts.extend(roomy.then(space));
    } else if !asked {
        let wrapped = format!("Wrapped: copy it with {}.", facts.key(Action::CopyAgain));
        parts.push(words(Rank::Outcome, &wrapped, theme.warn));
    }
    let (copied, good) = copied(facts, open);
    parts.push(words(Rank::Outcome, &copied, if good { theme.good } else { theme.warn }));
    match &open.file {
        FileState::NotAsked => {}
        FileState::Writing => parts.push(words(Rank::Outcome, "Saving to file…", theme.dim)),
        FileState::Done(Ok(path)) => {
            parts.push(words(Rank::Outcome, &format!("✓ Saved to {path} (mode 0600)"), theme.good));
        }
        FileState::Done(Err(why)) => {
            parts.push(words(Rank::Outcome, &format!("! Not saved to a file: {why}"), theme.bad));
        }
    }
    if let Some(old) = &open.old {
        let state = if old.status == Status::Paused { "paused" } else { "active" };
        let text = format!("Replaces {}, which stays {state} until you revoke it.", old.full_name());
        parts.push(words(Rank::Fact, &text, theme.text));
    }
    if let Some(notice) = &open.notice {
        parts.push(words(Rank::Note, &format!("▲ {notice}"), theme.warn));
    }
    if let Some(note) = &open.note {
        parts.push(words(Rank::Note, &format!("! {note}"), theme.bad));
    }
    parts.extend(roomy.then(space));
    parts.extend(question(facts, open, theme));
    parts
}

/// What is asked now, and which keys answer it.
fn question(facts: Facts<'_>, open: &ShownOnce, theme: &Theme) -> Vec<Part> {
    let words = |text: &str, style| Part(Rank::Question, Text::Words(text.into()), style);
    let line = |text: String, style| Part(Rank::Question, Text::Line(text), style);
    let keys = || Part(Rank::Question, Text::Keys(keys_of(facts, open)), theme.text);
    if let Some(marked) = open.menu {
        let forms = open.forms(facts.edge_address()).into_iter().enumerate();
        let mut parts: Vec<Part> = forms
            .map(|(at, form)| {
                let (mark, style) = if at == marked { (">", theme.title) } else { (" ", theme.text) };
                let text =
                    if at == 0 { "the key alone" } else { &*format!("{}…{}", form.before, form.after) };
                line(format!("{mark} {}  {text}", at + 1), style)
            })
            .collect();
        parts.push(keys());
        return parts;
    }
    if let Some(place) = &open.place {
        let demo = if facts.setup.demo { " The demo writes no files unless you name one." } else { "" };
        return vec![
            words(&format!("Type a path for the key's file.{demo}"), theme.text),
            line(format!("> {}_", place.text()), theme.field),
            keys(),
        ];
    }
    match open.leaving {
        _ if open.revoking => vec![words("Revoking… waiting for all nodes to confirm", theme.warn)],
        Some(leaving) => {
            let key = facts.key(Action::Revoke);
            let revoke =
                if key.is_empty() { "Revoke this key".to_owned() } else { format!("{key}  Revoke this key") };
            let buttons = vec![
                Button { text: "Go back".into(), focus: !leaving.revoke, danger: false },
                Button { text: revoke, focus: leaving.revoke, danger: true },
            ];
            vec![
                words(&left_words(facts, open), theme.title),
                Part(Rank::Question, Text::Buttons(buttons), theme.text),
                keys(),
            ]
        }
        None => vec![keys()],
    }
}

/// What it means to leave the key now.
fn left_words(facts: Facts<'_>, open: &ShownOnce) -> String {
    if open.is_saved() {
        let submit = facts.key(Action::Submit);
        return format!("The key is saved to a file. Go back and press {submit} to keep it, or revoke it.");
    }
    "Go back to save this key, or revoke it. It cannot be shown again.".to_owned()
}

/// What became of the copy, truthfully; and whether it is good.
fn copied(facts: Facts<'_>, open: &ShownOnce) -> (String, bool) {
    let (copy, write) = (facts.key(Action::CopyAgain), facts.key(Action::WriteFile));
    // Without it, nothing would show that another copy was made.
    let times = if open.copies > 1 { format!(" {} times", open.copies) } else { String::new() };
    match &open.copied {
        Copied::NotAsked => (format!("Not copied (copy_new_key is off). Press {copy} to copy."), false),
        Copied::Copying => ("Copying…".into(), false),
        Copied::Done(ClipboardOutcome::Copied { clears_in: Some(all) }) => match open.clears_in {
            // It may have been cleared or overwritten since; this process cannot know.
            0 => (format!("Copied more than {all} s ago. Press {copy} to copy it again."), false),
            seconds => (format!("✓ Copied{times}. Clipboard clears in {seconds} s."), true),
        },
        Copied::Done(ClipboardOutcome::Copied { clears_in: None }) => {
            (format!("✓ Copied{times}. It stays in the clipboard until you copy something else."), true)
        }
        Copied::Done(ClipboardOutcome::SentToTerminal) => {
            let words =
                format!("Sent to your terminal's clipboard{times} (not verified: paste it once to check).");
            (words, false)
        }
        Copied::Done(ClipboardOutcome::Handed { program }) => {
            (format!("Passed to {program}{times} (not verified: paste it once to check)."), false)
        }
        Copied::Done(ClipboardOutcome::Off) => {
            ("Not copied: the clipboard is off (clipboard = \"off\").".into(), false)
        }
        Copied::Done(ClipboardOutcome::Failed(why)) => (
            format!(
                "! Not copied: {why}. Press {copy} to retry or {write} to save to file, or select the line with the mouse."
            ),
            false,
        ),
    }
}
