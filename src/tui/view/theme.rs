//! Colours and signs. Most themes have the terminal's own foreground and background, so that light and dark both read:
//! nobody knows how its 16 colours look there, so what has to be read is in the foreground, and colour is on signs and
//! keys. The themes `dark` and `light` have colours of their own, which are known to read.

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
    /// Less important text: nothing that has to be read to know what to do.
    pub dim: Style,
    /// The screen behind a dialog.
    pub behind: Style,
    /// Headings and names.
    pub title: Style,
    /// Keys to press.
    pub key: Style,
    /// The tab of the view.
    pub tab: Style,
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
        dim: Style::new().add_modifier(Modifier::DIM),
        behind: Style::new().add_modifier(Modifier::DIM),
        title: Style::new().add_modifier(Modifier::BOLD),
        key: Style::new().fg(Color::Cyan),
        tab: Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD),
        selected: Style::new().add_modifier(Modifier::REVERSED),
        field: Style::new().add_modifier(Modifier::UNDERLINED),
        prod: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        good: Style::new().fg(Color::Green),
        warn: Style::new().fg(Color::Yellow),
        bad: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        gone: Style::new(),
        never: Style::new().fg(Color::Magenta),
        symbols: Symbols::Unicode,
    };

    /// No colour at all, for `NO_COLOR` and for terminals without.
    pub const MONO: Theme = Theme {
        dim: Style::new(),
        key: Style::new().add_modifier(Modifier::BOLD),
        tab: Style::new().add_modifier(Modifier::BOLD),
        prod: Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        good: Style::new(),
        warn: Style::new(),
        bad: Style::new().add_modifier(Modifier::BOLD),
        never: Style::new(),
        ..Theme::DEFAULT
    };

    /// As much contrast as there is, on light and on dark: plain text has the terminal's own colours, and what
    /// has a colour has its background with it.
    pub const HIGH_CONTRAST: Theme = Theme {
        dim: Style::new(),
        title: Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        key: Style::new().add_modifier(Modifier::BOLD),
        tab: Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        selected: Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        field: Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        prod: Style::new().fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
        good: Style::new().fg(Color::Black).bg(Color::Green),
        warn: Style::new().fg(Color::Black).bg(Color::Yellow),
        bad: Style::new().fg(Color::White).bg(Color::Red).add_modifier(Modifier::BOLD),
        gone: Style::new().fg(Color::White).bg(Color::Black),
        never: Style::new().fg(Color::Black).bg(Color::Cyan),
        ..Theme::DEFAULT
    };

    /// Blue and orange, which nearly everybody can tell apart. The 16 colours of a terminal have no orange, so
    /// these two are of its 256.
    pub const COLOUR_BLIND: Theme = Theme {
        key: Style::new().fg(BLUE),
        tab: Style::new().fg(BLUE).add_modifier(Modifier::BOLD),
        prod: Style::new().fg(ORANGE).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        good: Style::new().fg(BLUE),
        warn: Style::new().fg(ORANGE),
        bad: Style::new().fg(ORANGE).add_modifier(Modifier::BOLD),
        never: Style::new().fg(BLUE).add_modifier(Modifier::UNDERLINED),
        ..Theme::DEFAULT
    };

    /// Colours of its own on a dark background.
    pub const DARK: Theme = Theme::rgb(Palette {
        background: 0x0016_181d,
        text: 0x00e6_e8eb,
        dim: 0x00b0_b8c2,
        behind: 0x007f_8791,
        title: 0x00ff_ffff,
        accent: 0x006c_c8ff,
        selection: 0x0026_3a5e,
        alarm: (0x00ff_ffff, 0x00a8_1e2b),
        good: 0x007e_e787,
        warn: 0x00f2_cc60,
        bad: 0x00ff_a198,
        never: 0x00d2_a8ff,
    });

    /// Colours of its own on a light background.
    pub const LIGHT: Theme = Theme::rgb(Palette {
        background: 0x00ff_ffff,
        text: 0x001f_2328,
        dim: 0x0057_606a,
        behind: 0x006b_7280,
        title: 0x0000_0000,
        accent: 0x0005_50ae,
        selection: 0x00d6_e6ff,
        alarm: (0x00ff_ffff, 0x00a4_0e26),
        good: 0x0011_6329,
        warn: 0x006f_4400,
        bad: 0x00a4_0e26,
        never: 0x0066_39ba,
    });

    /// The themes with their names for the configuration.
    pub const ALL: [(&'static str, Theme); 6] = [
        ("default", Theme::DEFAULT),
        ("mono", Theme::MONO),
        ("high-contrast", Theme::HIGH_CONTRAST),
        ("colour-blind", Theme::COLOUR_BLIND),
        ("dark", Theme::DARK),
        ("light", Theme::LIGHT),
    ];

    const fn rgb(palette: Palette) -> Theme {
        let ground = rgb(palette.background);
        Theme {
            text: Style::new().fg(rgb(palette.text)).bg(ground),
            dim: Style::new().fg(rgb(palette.dim)),
            behind: Style::new().fg(rgb(palette.behind)).bg(ground),
            title: Style::new().fg(rgb(palette.title)).add_modifier(Modifier::BOLD),
            key: Style::new().fg(rgb(palette.accent)),
            tab: Style::new().fg(rgb(palette.accent)).add_modifier(Modifier::BOLD),
            selected: Style::new().fg(rgb(palette.title)).bg(rgb(palette.selection)),
            field: Style::new().fg(rgb(palette.title)).bg(ground).add_modifier(Modifier::UNDERLINED),
            prod: Style::new().fg(rgb(palette.alarm.0)).bg(rgb(palette.alarm.1)).add_modifier(Modifier::BOLD),
            good: Style::new().fg(rgb(palette.good)),
            warn: Style::new().fg(rgb(palette.warn)),
            bad: Style::new().fg(rgb(palette.bad)).add_modifier(Modifier::BOLD),
            gone: Style::new().fg(rgb(palette.dim)),
            never: Style::new().fg(rgb(palette.never)),
            symbols: Symbols::Unicode,
        }
    }

    /// Whether it has colours of its own, background included.
    pub const fn has_ground(&self) -> bool {
        self.text.bg.is_some()
    }

    /// How the words are drawn behind a sign in the style of a state; none where the style is no state's, or its colour
    /// is known to read.
    pub(super) fn words(&self, sign: Style) -> Option<Style> {
        if self.has_ground() || sign == self.text {
            return None;
        }
        let states = [self.good, self.warn, self.bad, self.gone, self.never];
        let bold = if sign == self.bad { Modifier::BOLD } else { Modifier::empty() };
        states.contains(&sign).then_some(self.text.add_modifier(bold))
    }

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
            Tone::Allowed => self.bar(self.good),
            Tone::Rejected => self.bar(self.bad),
            Tone::Condition(condition) => self.condition(condition),
        }
    }

    /// The style of a bar in the colour of a state. Where that is a background, words would be on it: a bar has none.
    const fn bar(&self, state: Style) -> Style {
        if state.bg.is_some() { self.text } else { state }
    }

    /// The style of a condition: colour beside its glyph and word.
    const fn condition(&self, condition: Condition) -> Style {
        match condition {
            Condition::Fresh => self.good,
            Condition::Idle
            | Condition::Never(Freshness::Idle)
            | Condition::Paused
            | Condition::Revoking
            | Condition::Other(_) => self.warn,
            Condition::Stale | Condition::Never(Freshness::Stale) => self.bad,
            Condition::Never(Freshness::Fresh) => self.never,
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

/// The colours of a theme that has its own: red, green and blue, a byte each.
struct Palette {
    background: u32,
    text: u32,
    dim: u32,
    behind: u32,
    title: u32,
    accent: u32,
    selection: u32,
    alarm: (u32, u32),
    good: u32,
    warn: u32,
    bad: u32,
    never: u32,
}

const fn rgb(value: u32) -> Color {
    let [_, red, green, blue] = value.to_be_bytes();
    Color::Rgb(red, green, blue)
}
