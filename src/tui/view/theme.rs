//! Colours and signs: the terminal's own foreground and background and its 16 colours, so that light and dark both read.

use ratatui::style::{Color, Modifier, Style};

use super::symbols::Symbols;
use crate::tui::model::ages::Condition;
use crate::tui::model::tone::Tone;
use crate::wire::session::Freshness;

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
    /// To be watched: an idle key, old data.
    pub warn: Style,
    /// Bad: a stale key, a failure.
    pub bad: Style,
    /// Over: a revoked key.
    pub gone: Style,
    /// Never used.
    pub never: Style,
    /// Which signs are drawn.
    pub symbols: Symbols,
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
        symbols: Symbols::Unicode,
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
        symbols: Symbols::Unicode,
    };

    /// As much contrast as there is, on light and on dark: plain text has the terminal's own colours, and what
    /// has a colour has its background with it.
    pub const HIGH_CONTRAST: Theme = Theme {
        text: Style::new(),
        dim: Style::new(),
        title: Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        key: Style::new().add_modifier(Modifier::BOLD),
        selected: Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        field: Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        prod: Style::new().fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
        good: Style::new().fg(Color::Black).bg(Color::Green),
        warn: Style::new().fg(Color::Black).bg(Color::Yellow),
        bad: Style::new().fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
        gone: Style::new().fg(Color::White).bg(Color::Black),
        never: Style::new().fg(Color::Black).bg(Color::Cyan),
        symbols: Symbols::Unicode,
    };

    /// Blue and orange, which nearly everybody can tell apart. The 16 colours of a terminal have no orange, so
    /// these two are of its 256; both read on light and on dark.
    pub const COLOUR_BLIND: Theme = Theme {
        text: Style::new(),
        dim: Style::new().fg(Color::DarkGray),
        title: Style::new().add_modifier(Modifier::BOLD),
        key: Style::new().fg(BLUE),
        selected: Style::new().add_modifier(Modifier::REVERSED),
        field: Style::new().add_modifier(Modifier::UNDERLINED),
        prod: Style::new().fg(ORANGE).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        good: Style::new().fg(BLUE),
        warn: Style::new().fg(ORANGE),
        bad: Style::new().fg(ORANGE).add_modifier(Modifier::BOLD),
        gone: Style::new().fg(Color::DarkGray),
        never: Style::new().fg(BLUE).add_modifier(Modifier::UNDERLINED),
        symbols: Symbols::Unicode,
    };

    /// The themes with their names for the configuration.
    pub const ALL: [(&'static str, Theme); 4] = [
        ("default", Theme::DEFAULT),
        ("mono", Theme::MONO),
        ("high-contrast", Theme::HIGH_CONTRAST),
        ("colour-blind", Theme::COLOUR_BLIND),
    ];

    /// The style of a text that is like this.
    pub const fn style(&self, tone: Tone) -> Style {
        match tone {
            Tone::Text => self.text,
            Tone::Title => self.title,
            Tone::Key => self.key,
            Tone::Dim => self.dim,
            Tone::Good => self.good,
            Tone::Warn => self.warn,
            Tone::Bad => self.bad,
            Tone::Condition(condition) => self.condition(condition),
        }
    }

    /// The style of a condition: colour beside its glyph and word.
    const fn condition(&self, condition: Condition) -> Style {
        match condition {
            Condition::Fresh => self.good,
            Condition::Idle | Condition::Revoking | Condition::Other(_) => self.warn,
            Condition::Stale | Condition::Never(Freshness::Stale) => self.bad,
            Condition::Never(_) => self.never,
            Condition::Revoked => self.gone,
        }
    }

    /// A theme by its name.
    pub fn named(name: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, theme)| theme)
    }
}

const BLUE: Color = Color::Indexed(32);
const ORANGE: Color = Color::Indexed(166);
