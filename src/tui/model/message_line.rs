//! The line above the keys: what was said last, or what is wrong with the connection. What does not fit in one row gets
//! more: the end of a sentence says what to do.

use super::connection::{Connection, Status};
use super::messages::{Level, Messages};
use super::tone::Tone;
use super::wording::words;
use crate::tui::wrap::{width, wrap};
use crate::wire::text::inert;

/// The most rows that it takes.
const MOST: usize = 3;
/// On a lower screen, rows of the table are worth more.
const ROOMY: u16 = 16;

/// The text of the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tui) struct MessageLine {
    /// How it looks.
    pub tone: Tone,
    /// The sign and the words, row by row.
    pub rows: Vec<String>,
    /// What a key does now, behind the words; empty without one.
    pub offer: String,
}

/// What the line is chosen from.
pub(super) struct LineSources<'a> {
    /// The messages so far.
    pub messages: &'a Messages,
    /// How the connection is.
    pub connection: &'a Connection,
    /// The change that is not answered yet.
    pub change: Option<String>,
    /// Answers are awaited for longer than usual.
    pub waits: bool,
    /// What the receipt of the last change offers.
    pub offer: Option<String>,
    /// The key that retries.
    pub retry: String,
    /// The key that shows all messages.
    pub all: String,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
}

/// What stands above the keys; none where nothing has to be from.
pub(super) fn message_line(from: LineSources<'_>) -> Option<MessageLine> {
    let (columns, height) = from.size;
    let offer = from.offer.as_ref().filter(|_| from.messages.current().is_some());
    let offer = offer.map(|hint| format!("  {hint}")).unwrap_or_default();
    let all = from.all.clone();
    let (tone, text) = message(from)?;
    let mut rows = vec![inert(&text).into_owned()];
    if height >= ROOMY && width(&rows[0]) + width(&offer) > usize::from(columns) {
        rows = wrap(&rows[0], columns);
        let last = rows.last().map_or(0, |last| width(last));
        if !offer.is_empty() && last + width(&offer) > usize::from(columns) {
            rows.push(String::new());
        }
        if rows.len() > MOST {
            let rest = rows.split_off(MOST - 1).join(" ");
            let room = usize::from(columns).saturating_sub(width(&offer));
            rows.push(cut(rest.trim_end(), room, &all));
        }
    }
    Some(MessageLine { tone, rows, offer })
}

/// As much of a text as fits, and the key that shows all of it.
fn cut(text: &str, columns: usize, all: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let end = if all.is_empty() { "…".to_owned() } else { format!("… ({all} shows all)") };
    let room = columns.saturating_sub(width(&end));
    let start = wrap(text, u16::try_from(room).unwrap_or(u16::MAX)).swap_remove(0);
    format!("{start}{end}")
}

fn message(from: LineSources<'_>) -> Option<(Tone, String)> {
    let lost = match &from.connection.status {
        Status::Lost { since, .. } => Some(*since),
        _ => None,
    };
    if let Some(message) = from.messages.current_since(lost) {
        return Some((tone(message.level), signed(message.level, &message.text)));
    }
    match &from.connection.status {
        Status::Lost { failure, .. } => Some(match from.change {
            Some(change) => {
                (Tone::Warn, format!("▲ No answer yet to {change}. {} Retrying.", words(failure)))
            }
            None if from.connection.session.is_some() => {
                (Tone::Bad, format!("! {} Retrying; rows may be outdated.", words(failure)))
            }
            None => (Tone::Bad, format!("! {} Retrying.", words(failure))),
        }),
        Status::Refused(failure) => {
            Some((Tone::Bad, format!("! {} Press {} to retry.", words(failure), from.retry)))
        }
        Status::Connecting { .. } | Status::Up => {
            let change = from.change.filter(|_| from.waits)?;
            Some((Tone::Warn, format!("▲ No answer yet to {change}.")))
        }
    }
}

/// How a message of this level looks.
pub(in crate::tui) const fn tone(level: Level) -> Tone {
    match level {
        Level::Info => Tone::Text,
        Level::Good => Tone::Good,
        Level::Warn => Tone::Warn,
        Level::Bad => Tone::Bad,
    }
}

/// A message behind the sign of its level.
pub(in crate::tui) fn signed(level: Level, words: &str) -> String {
    let sign = match level {
        Level::Info => "",
        Level::Good => "✓ ",
        Level::Warn => "▲ ",
        Level::Bad => "! ",
    };
    format!("{sign}{words}")
}
