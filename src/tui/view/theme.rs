//! Colours: the terminal's own foreground and background and its 16 colours, so that light and dark both read.

use ratatui::style::{Color, Modifier, Style};

/// How each kind of text looks. Every state is a glyph and a word too, so that no theme needs a colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Theme {
    /// Plain text.
    pub text: Style,
    /// Less important text.
    pub dim: Style,
    /// Headings and names.
    pub title: Style,
    /// Keys to press.
    pub key: Style,
    /// The selected row.
    pub selected: Style,
    /// The field that is typed into.
    pub field: Style,
    /// Production.
    pub prod: Style,
    /// In order: a fresh key, something done.
    pub good: Style,
    /// To be watched: an ageing key, old data.
    pub warn: Style,
    /// Bad: a stale key, a failure.
    pub bad: Style,
    /// Over: a revoked key.
    pub gone: Style,
    /// Never used.
    pub never: Style,
}

impl Theme {
    /// The 16 colours of the terminal.
    pub const DEFAULT: Theme = Theme {
        text: Style::new(),
        dim: Style::new().fg(Color::DarkGray),
        title: Style::new().add_modifier(Modifier::BOLD),
        key: Style::new().fg(Color::Cyan),
        selected: Style::new().add_modifier(Modifier::REVERSED),
        field: Style::new().add_modifier(Modifier::UNDERLINED),
        prod: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        good: Style::new().fg(Color::Green),
        warn: Style::new().fg(Color::Yellow),
        bad: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        gone: Style::new().fg(Color::DarkGray),
        never: Style::new().fg(Color::Magenta),
    };

    /// No colour at all, for `NO_COLOR` and for terminals without.
    pub const MONO: Theme = Theme {
        text: Style::new(),
        dim: Style::new(),
        title: Style::new().add_modifier(Modifier::BOLD),
        key: Style::new().add_modifier(Modifier::BOLD),
        selected: Style::new().add_modifier(Modifier::REVERSED),
        field: Style::new().add_modifier(Modifier::UNDERLINED),
        prod: Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        good: Style::new(),
        warn: Style::new(),
        bad: Style::new().add_modifier(Modifier::BOLD),
        gone: Style::new(),
        never: Style::new(),
    };

    /// A theme by its name: `default` or `mono`.
    pub fn named(name: &str) -> Option<Theme> {
        match name {
            "default" => Some(Theme::DEFAULT),
            "mono" => Some(Theme::MONO),
            _ => None,
        }
    }
}
