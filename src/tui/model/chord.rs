//! A key with what is held for it, how it is written, and which keys each action has by default.

use std::fmt;

use super::action::Action;
use super::event::{KeyCode, KeyPress};

/// A key with what is held for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Chord {
    /// Which key.
    pub code: KeyCode,
    /// Ctrl is held.
    pub ctrl: bool,
    /// Alt is held.
    pub alt: bool,
}

impl Chord {
    /// What was pressed: for characters shift is in the character itself, whatever the layout.
    pub const fn of(key: KeyPress) -> Chord {
        Chord { code: key.code, ctrl: key.ctrl, alt: key.alt }
    }

    /// Reads `g`, `G`, `ctrl-d`, `enter`, `pgup`, `f1`, `space`.
    ///
    /// # Errors
    /// When the text names no key, or one that a terminal cannot tell from another one.
    pub fn parse(text: &str) -> Result<Chord, BadKey> {
        let bad =
            || BadKey(format!("unknown key {text:?}; write keys like x, ctrl-d, enter, pgup, f1, space"));
        let lower = text.to_ascii_lowercase();
        // A single letter means what it says, and so does one behind Alt.
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            let held = &lower[lower.len() - rest.len()..];
            if held.len() > 5 && held.starts_with("ctrl-") {
                (rest, ctrl) = (&rest[5..], true);
            } else if held.len() > 4 && held.starts_with("alt-") {
                (rest, alt) = (&rest[4..], true);
            } else {
                break;
            }
        }
        let name = &lower[lower.len() - rest.len()..];
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            // With Ctrl a terminal sends the same for both cases.
            (Some(c), None) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            (Some(c), None) => KeyCode::Char(c),
            _ => match NAMES.iter().find(|(known, _)| *known == name) {
                Some((_, code)) => *code,
                None => match name.strip_prefix('f').and_then(|number| number.parse().ok()) {
                    Some(number @ 1..=12) => KeyCode::F(number),
                    _ => return Err(bad()),
                },
            },
        };
        let same = match code {
            KeyCode::Char('i') if ctrl => "tab",
            KeyCode::Char('m') if ctrl => "enter",
            KeyCode::Char('[') if ctrl => "esc",
            _ => return Ok(Chord { code, ctrl, alt }),
        };
        Err(BadKey(format!("terminals cannot tell {text:?} from {same}; write {same} or choose another key")))
    }
}

const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("space", KeyCode::Char(' ')),
];

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        f.write_str(match self.code {
            KeyCode::Char(' ') => "Space",
            KeyCode::Char(c) => return write!(f, "{c}"),
            KeyCode::Enter => "Enter",
            KeyCode::Esc => "Esc",
            KeyCode::Tab => "Tab",
            KeyCode::BackTab => "Shift-Tab",
            KeyCode::Backspace => "Backspace",
            KeyCode::Delete => "Del",
            KeyCode::Up => "↑",
            KeyCode::Down => "↓",
            KeyCode::Left => "←",
            KeyCode::Right => "→",
            KeyCode::Home => "Home",
            KeyCode::End => "End",
            KeyCode::PageUp => "PgUp",
            KeyCode::PageDown => "PgDn",
            KeyCode::F(number) => return write!(f, "F{number}"),
            KeyCode::Other => "?",
        })
    }
}

/// Why a text names no key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadKey(String);

/// The keys of each action as they are before anybody changes them: lines of TOML, of which this reads what is
/// used there. A test reads the file with a whole parser and compares.
const DEFAULT: &str = include_str!("../../../assets/keymap.toml");

/// The default keys, in the order of the file.
pub(super) fn defaults() -> impl Iterator<Item = (Chord, Action)> {
    let lines = DEFAULT.lines().filter(|line| !line.starts_with(['#', '[']));
    lines.filter_map(|line| line.split_once(" = ")).flat_map(|(name, keys)| {
        let action = Action::named(name).expect("the file names actions");
        let keys = keys.split('"').skip(1).step_by(2);
        keys.map(move |key| (Chord::parse(key).expect("the file names keys"), action))
    })
}
