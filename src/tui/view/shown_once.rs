//! The key, once: over the whole screen, with the key on a line of its own, without border or padding.

use super::canvas::Canvas;
use super::dialogs::place_words;
use super::theme::Theme;
use crate::secret::KEY_LEN;
use crate::tui::layout::Area;
use crate::tui::model::State;
use crate::tui::model::dialog::{Copied, FileState, ShownOnce};
use crate::tui::model::event::ClipboardOutcome;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    open: &ShownOnce,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let (width, height) = state.setup.size;
    canvas.fill(Area { x: 0, y: 0, width, height }, theme.text);
    let mut y = 0;
    let mut line = |canvas: &mut Canvas<'_>, text: &str, style| {
        canvas.text(0, y, width, text, style);
        y += 1;
    };
    let key = &open.key;
    // Where it was made, though that context was left meanwhile.
    let place = open.away.as_ref().map_or_else(|| place_words(state), |(_, title)| title.clone());
    let roomy = height >= 14;
    line(canvas, "New key: shown this once, and never again", theme.title);
    if roomy {
        line(canvas, "", theme.text);
        line(canvas, &format!("name     {}", key.name), theme.text);
        line(canvas, &format!("project  {}", key.project_name), theme.text);
        line(canvas, &format!("server   {place}"), theme.text);
        line(canvas, &format!("mode     {}", key.mode.as_str()), theme.text);
        line(canvas, "", theme.text);
    } else {
        let words = format!("{} · {} · {} · {}", key.name, key.project_name, key.mode.as_str(), place);
        line(canvas, &words, theme.text);
    }
    let text = open.secret.reveal();
    let rows = KEY_LEN.div_ceil(usize::from(width.max(1)));
    for row in 0..rows {
        let from = row * usize::from(width);
        let to = (from + usize::from(width)).min(text.len());
        canvas.secret(0, y, width, &text[from..to], theme.title);
        y += 1;
    }
    let mut rest = Area { x: 0, y, width, height: height.saturating_sub(y) };
    let mut words = |canvas: &mut Canvas<'_>, text: &str, style| {
        let used = canvas.wrapped(rest, text, style);
        rest = Area { y: rest.y + used, height: rest.height - used, ..rest };
    };
    if rows > 1 {
        words(canvas, "wrapped: use y", theme.warn);
    } else if roomy {
        words(canvas, "", theme.text);
    }
    let (copied, good) = copied(&open.copied);
    words(canvas, &copied, if good { theme.good } else { theme.warn });
    match &open.file {
        FileState::NotAsked => {}
        FileState::Writing => words(canvas, "writing the file …", theme.dim),
        FileState::Done(Ok(path)) => words(canvas, &format!("written to {path} (mode 0600)"), theme.good),
        FileState::Done(Err(why)) => words(canvas, &format!("✕ no file was written: {why}"), theme.bad),
    }
    if let Some(old) = &open.old {
        let name = &old.name;
        words(canvas, &format!("It succeeds {name}, which stays active until it is revoked."), theme.text);
    }
    if let Some(notice) = &open.notice {
        words(canvas, &format!("! {notice}"), theme.warn);
    }
    if let Some(note) = &open.note {
        words(canvas, &format!("! {note}"), theme.bad);
    }
    if roomy {
        words(canvas, "", theme.text);
    }
    if let Some(marked) = open.menu {
        for (at, form) in open.forms(state.edge_address().as_deref()).into_iter().enumerate() {
            let (mark, style) = if at == marked { (">", theme.title) } else { (" ", theme.text) };
            let text = if at == 0 { "the key alone" } else { &*format!("{}…{}", form.before, form.after) };
            if rest.height > 0 {
                canvas.text(rest.x, rest.y, width, &format!("{mark} {}  {text}", at + 1), style);
                rest = Area { y: rest.y + 1, height: rest.height - 1, ..rest };
            }
        }
        canvas.wrapped(rest, "Enter or its number copies a line, Esc closes the menu", theme.dim);
        return None;
    }
    match (&open.leaving, open.revoking) {
        (_, Some(_)) => words(canvas, "revoking this key …", theme.warn),
        (Some(leaving), None) => {
            words(canvas, "Not stored yet: keep showing, or revoke this key?", theme.bad);
            let buttons = if leaving.revoke {
                "  [Keep showing]    > [Revoke this key] <"
            } else {
                "> [Keep showing] <    [Revoke this key]  "
            };
            words(canvas, buttons, theme.title);
            words(canvas, "Enter takes the marked one, y revokes, Esc keeps showing", theme.dim);
        }
        (None, None) => {
            words(
                canvas,
                "Enter  I have stored it    y  copy again    Y  copy as …    w  write a file",
                theme.key,
            );
        }
    }
    None
}

/// What became of the copy, truthfully; and whether it is good.
fn copied(copied: &Copied) -> (String, bool) {
    match copied {
        Copied::NotAsked => ("not copied (setting copy_new_key): y copies it".into(), false),
        Copied::Copying => ("copying …".into(), false),
        Copied::Done(ClipboardOutcome::Copied { clears_in: Some(seconds) }) => {
            (format!("copied; the clipboard is cleared in {seconds} s if the key is still in it"), true)
        }
        Copied::Done(ClipboardOutcome::Copied { clears_in: None }) => {
            ("copied; it stays in the clipboard until something else is copied".into(), true)
        }
        Copied::Done(ClipboardOutcome::SentToTerminal) => {
            ("sent to the terminal's clipboard; paste once to make sure".into(), false)
        }
        Copied::Done(ClipboardOutcome::Handed { program }) => {
            (format!("handed to {program}; paste once to make sure"), false)
        }
        Copied::Done(ClipboardOutcome::Off) => {
            ("not copied: the clipboard is off (setting clipboard)".into(), false)
        }
        Copied::Done(ClipboardOutcome::Failed(why)) => (
            format!("✕ not copied: {why}. y tries again, w writes a file, or mark the line with the mouse"),
            false,
        ),
    }
}
