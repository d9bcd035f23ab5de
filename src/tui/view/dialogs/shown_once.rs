//! The key, once: over the whole screen, with the key on a line of its own, without border or padding.

use ratatui::style::Style;

use super::boxes::keys_words;
use crate::secret::KEY_LEN;
use crate::tui::layout::Area;
use crate::tui::model::Action;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{Copied, FileState, ShownOnce};
use crate::tui::model::event::ClipboardOutcome;
use crate::tui::view::canvas::{Canvas, Cursor, wrap};
use crate::tui::view::theme::Theme;
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
}

struct Part(Rank, Text, Style);

impl Part {
    fn rows(&self, width: u16) -> u16 {
        match &self.1 {
            Text::Line(_) => 1,
            Text::Words(text) => wrap(&inert(text), width).len() as u16,
            Text::Secret => key_rows(width),
        }
    }
}

fn key_rows(width: u16) -> u16 {
    KEY_LEN.div_ceil(usize::from(width.max(1))) as u16
}

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ShownOnce, theme: &Theme) -> Cursor {
    let (width, height) = facts.setup.size;
    canvas.fill(Area { x: 0, y: 0, width, height }, theme.text);
    let needs = |parts: &[Part]| parts.iter().map(|part| part.rows(width)).sum::<u16>();
    let mut parts = parts(facts, open, theme, height >= 14);
    if height >= 14 && needs(&parts) > height {
        parts = self::parts(facts, open, theme, false);
    }
    let mut y = 0;
    for (Part(_, text, style), rows) in parts.iter().zip(shares(&parts, width, height)) {
        match text {
            _ if rows == 0 => {}
            Text::Line(text) => {
                canvas.text(0, y, width, text, *style);
            }
            Text::Words(text) => {
                canvas.wrapped(Area { x: 0, y, width, height: rows }, text, *style);
            }
            Text::Secret => {
                let text = open.secret.reveal();
                for row in 0..rows {
                    let from = usize::from(row * width);
                    let to = (from + usize::from(width)).min(text.len());
                    canvas.secret(0, y + row, width, &text[from..to], *style);
                }
            }
        }
        y += rows;
    }
    None
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
    let (copied, good) = copied(facts, &open.copied);
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
        let text = format!("Replaces {}, which stays active until you revoke it.", old.name);
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
    let keys = words(&keys_words(facts, open), theme.text);
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
        parts.push(keys);
        return parts;
    }
    if let Some(place) = &open.place {
        return vec![
            words("Type a path for the key's file. The demo saves nothing by default.", theme.text),
            line(format!("> {}_", place.text()), theme.field),
            keys,
        ];
    }
    match open.leaving {
        _ if open.revoking => vec![words("Revoking… waiting for all nodes to confirm", theme.warn)],
        Some(leaving) => {
            let buttons = if leaving.revoke {
                "  [Go back]  > [Revoke this key] <"
            } else {
                "> [Go back] <  [Revoke this key]"
            };
            vec![
                words("Close without saving? The key cannot be shown again.", theme.bad),
                line(buttons.into(), theme.title),
                keys,
            ]
        }
        None => vec![words(&keys_words(facts, open), theme.key)],
    }
}

/// What became of the copy, truthfully; and whether it is good.
fn copied(facts: Facts<'_>, copied: &Copied) -> (String, bool) {
    let (copy, write) = (facts.key(Action::CopyAgain), facts.key(Action::WriteFile));
    match copied {
        Copied::NotAsked => (format!("Not copied (copy_new_key is off). Press {copy} to copy."), false),
        Copied::Copying => ("Copying…".into(), false),
        Copied::Done(ClipboardOutcome::Copied { clears_in: Some(seconds) }) => {
            (format!("✓ Copied. Clipboard clears in {seconds} s."), true)
        }
        Copied::Done(ClipboardOutcome::Copied { clears_in: None }) => {
            ("✓ Copied. It stays in the clipboard until you copy something else.".into(), true)
        }
        Copied::Done(ClipboardOutcome::SentToTerminal) => {
            ("Sent to your terminal's clipboard (not verified: paste it once to check).".into(), false)
        }
        Copied::Done(ClipboardOutcome::Handed { program }) => {
            (format!("Passed to {program} (not verified: paste it once to check)."), false)
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
