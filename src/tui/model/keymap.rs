//! Which key does what. Help and footer are made from this, so that they never say anything else.

use std::fmt;

use super::action::Action;
use super::event::{KeyCode, KeyPress, PressKind};

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
    /// When the text names no key.
    pub fn parse(text: &str) -> Result<Chord, BadKey> {
        let bad = || {
            BadKey(format!("no such key: {text:?}; keys are written like x, ctrl-d, enter, pgup, f1, space"))
        };
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(more) = rest.strip_prefix("ctrl-").filter(|more| !more.is_empty()) {
                (rest, ctrl) = (more, true);
            } else if let Some(more) = rest.strip_prefix("alt-").filter(|more| !more.is_empty()) {
                (rest, alt) = (more, true);
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => match NAMES.iter().find(|(name, _)| *name == rest) {
                Some((_, code)) => *code,
                None => match rest.strip_prefix('f').and_then(|number| number.parse().ok()) {
                    Some(number @ 1..=12) => KeyCode::F(number),
                    _ => return Err(bad()),
                },
            },
        };
        Ok(Chord { code, ctrl, alt })
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

/// Why a binding was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadKey(String);

/// Each action with its name for the configuration, what it does in words, and its keys.
const DEFAULT: &[(Action, &str, &str, &[&str])] = &[
    (Action::Up, "up", "one row up", &["k", "up"]),
    (Action::Down, "down", "one row down", &["j", "down"]),
    (Action::First, "first", "to the first row", &["g", "home"]),
    (Action::Last, "last", "to the last row", &["G", "end"]),
    (Action::PageUp, "page-up", "a screen up", &["pgup"]),
    (Action::PageDown, "page-down", "a screen down", &["pgdn"]),
    (Action::HalfUp, "half-up", "half a screen up", &["ctrl-u"]),
    (Action::HalfDown, "half-down", "half a screen down", &["ctrl-d"]),
    (Action::Open, "open", "open: a project's keys, a key's detail", &["enter"]),
    (Action::Detail, "detail", "detail of the row", &["d"]),
    (Action::Back, "back", "close what is open, then the filter, then go back", &["esc"]),
    (Action::Close, "close", "close; at the root, quit", &["q"]),
    (Action::Quit, "quit", "leave from anywhere", &["ctrl-c"]),
    (Action::Suspend, "suspend", "stop, and go on with fg", &["ctrl-z"]),
    (Action::NextView, "next-view", "next view", &["tab"]),
    (Action::PreviousView, "previous-view", "view before", &["shift-tab"]),
    (Action::View(1), "projects", "Projects", &["1"]),
    (Action::View(2), "keys", "Keys of all projects", &["2"]),
    (Action::View(3), "stale", "Stale keys", &["3"]),
    (Action::View(4), "audit", "Audit log", &["4"]),
    (Action::New, "new", "new key, or project", &["n"]),
    (Action::Rename, "rename", "rename", &["e"]),
    (Action::Revoke, "revoke", "revoke this key", &["x"]),
    (Action::Filter, "filter", "filter, as typed", &["/"]),
    (Action::Sort, "sort", "sort by the next column", &["s"]),
    (Action::Reverse, "reverse", "reverse the order", &["S"]),
    (Action::Longer, "longer", "longer idle threshold (Stale)", &["+", "="]),
    (Action::Shorter, "shorter", "shorter idle threshold (Stale)", &["-"]),
    (Action::CopyMask, "copy-mask", "copy the mask", &["y"]),
    (Action::Refresh, "refresh", "ask the server again", &["r"]),
    (Action::Pane, "pane", "detail pane on or off", &["p"]),
    (Action::Wide, "wide", "wide table on or off", &["w"]),
    (Action::Messages, "messages", "messages", &["!"]),
    (Action::Help, "help", "this help", &["?", "f1"]),
];

/// The live bindings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keymap {
    bound: Vec<(Chord, Action)>,
}

impl Default for Keymap {
    fn default() -> Keymap {
        let bound = DEFAULT.iter().flat_map(|(action, _, _, keys)| {
            keys.iter().map(|key| (Chord::parse(key).expect("the table above names keys"), *action))
        });
        Keymap { bound: bound.collect() }
    }
}

impl Keymap {
    /// What a key does in a table. Keys that repeat while they are held only move.
    pub fn action(&self, key: KeyPress) -> Option<Action> {
        let chord = Chord::of(key);
        let action = self.bound.iter().find(|(bound, _)| *bound == chord)?.1;
        (key.kind == PressKind::Press || action.moves()).then_some(action)
    }

    /// The keys of an action, the first of them first.
    pub fn keys(&self, action: Action) -> impl Iterator<Item = Chord> + '_ {
        self.bound.iter().filter(move |(_, bound)| *bound == action).map(|(chord, _)| *chord)
    }

    /// The first key of an action as text; empty when it has none.
    pub fn hint(&self, action: Action) -> String {
        self.keys(action).next().map(|chord| chord.to_string()).unwrap_or_default()
    }

    /// Binds an action, by its name, to these keys and no others; a key taken from another action is free there.
    ///
    /// # Errors
    /// When there is no such action or key, or when nothing would be left that quits; nothing is changed then.
    pub fn bind(&mut self, name: &str, keys: &[String]) -> Result<(), BadKey> {
        let action = DEFAULT.iter().find(|(_, known, ..)| *known == name).map(|(action, ..)| *action);
        let action = action.ok_or_else(|| {
            let names: Vec<&str> = DEFAULT.iter().map(|(_, name, ..)| *name).collect();
            BadKey(format!("no such action: {name:?}; actions are {}", names.join(", ")))
        })?;
        let chords = keys.iter().map(|key| Chord::parse(key)).collect::<Result<Vec<_>, _>>()?;
        let mut bound = self.bound.clone();
        bound.retain(|(chord, other)| *other != action && !chords.contains(chord));
        bound.extend(chords.into_iter().map(|chord| (chord, action)));
        if !bound.iter().any(|(_, action)| *action == Action::Quit) {
            return Err(BadKey(
                "one key must be left for quit: the last way out cannot be taken away".into(),
            ));
        }
        self.bound = bound;
        Ok(())
    }

    /// All actions with what they do and their keys, for the help.
    pub fn help(&self) -> impl Iterator<Item = (Action, String, &'static str)> + '_ {
        DEFAULT.iter().filter_map(|(action, _, words, _)| {
            let keys: Vec<String> = self.keys(*action).map(|chord| chord.to_string()).collect();
            (!keys.is_empty()).then(|| (*action, keys.join(" "), *words))
        })
    }
}

impl Action {
    /// Whether it moves through a list: it may be repeated by holding its key.
    pub const fn moves(self) -> bool {
        matches!(
            self,
            Action::Up
                | Action::Down
                | Action::First
                | Action::Last
                | Action::PageUp
                | Action::PageDown
                | Action::HalfUp
                | Action::HalfDown
        )
    }
}
