//! Writing into the buffer: inert, measured, cut with `…`, never outside, in the signs that the terminal shows.

use std::fmt::{self, Write as _};

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::symbols::Symbols;
use super::theme::Theme;
use crate::tui::layout::Area;
pub(super) use crate::tui::model::messages::number;
pub(super) use crate::tui::wrap::wrap;
use crate::wire::text::inert;

/// Where the terminal's cursor goes: column and row; none where nothing is typed.
pub(super) type Cursor = Option<(u16, u16)>;

/// A piece of the screen to write on.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    bounds: Rect,
    theme: Theme,
    symbols: Symbols,
    /// Memory for texts that are put together, used again and again.
    scratch: String,
}

impl<'a> Canvas<'a> {
    /// On a frame, within an area.
    pub(super) fn new(frame: &'a mut Frame<'_>, area: Rect, theme: &Theme) -> Canvas<'a> {
        let bounds = area.intersection(frame.area());
        let buffer = frame.buffer_mut();
        if theme.has_ground() {
            buffer.set_style(bounds, theme.text);
        }
        Canvas { buffer, bounds, theme: *theme, symbols: theme.symbols, scratch: String::new() }
    }

    /// Writes a text from anywhere: what could harm a terminal is replaced, what is too long is cut. Gives the
    /// columns used.
    pub(super) fn text(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let width = self.room(x, y, width);
        if width == 0 {
            return 0;
        }
        let symbols = self.symbols;
        let text = inert(text);
        let text = symbols.text(&text, width.into());
        match self.theme.words(style) {
            Some(words) => self.signed(x, y, width, &text, (style, words)),
            None => self.inert(x, y, width, &text, style),
        }
    }

    /// Writes bars of a chart, in their colour throughout. Gives the columns used.
    pub(super) fn bars(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let width = self.room(x, y, width);
        if width == 0 {
            return 0;
        }
        let text: String = text.chars().map(|c| self.symbols.bar(c)).collect();
        self.inert(x, y, width, &text, style)
    }

    /// Writes a sign and words behind it, each in its style; words alone, where there is no sign.
    pub(super) fn state(&mut self, x: u16, y: u16, width: u16, text: &str, styles: (Style, Style)) -> u16 {
        let width = self.room(x, y, width);
        if width == 0 {
            return 0;
        }
        let symbols = self.symbols;
        self.signed(x, y, width, &symbols.text(&inert(text), width.into()), styles)
    }

    fn signed(&mut self, x: u16, y: u16, width: u16, text: &str, (sign, words): (Style, Style)) -> u16 {
        let used = self.inert(x, y, width, text, words);
        let mut chars = text.chars();
        let first = chars.next().is_some_and(|c| !c.is_ascii_alphanumeric() && c != '"' && c != ' ');
        // In ASCII some signs are letters.
        let alone = chars.next().is_none_or(|c| c == ' ') && !text.starts_with(' ');
        if (first || self.symbols == Symbols::Ascii) && alone && used > 0 {
            self.buffer.set_style(Rect { x, y, width: 1, height: 1 }, sign);
        }
        used
    }

    /// Writes something that is put together.
    pub(super) fn print(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        text: fmt::Arguments<'_>,
        style: Style,
    ) -> u16 {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        // Memory takes every text.
        let _ = scratch.write_fmt(text);
        let used = self.text(x, y, width, &scratch, style);
        self.scratch = scratch;
        used
    }

    /// The same at the right end of its place.
    pub(super) fn print_right(&mut self, x: u16, y: u16, width: u16, text: fmt::Arguments<'_>, style: Style) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let _ = scratch.write_fmt(text);
        self.right(x, y, width, &scratch, style);
        self.scratch = scratch;
    }

    /// Writes a text at the right end of its place.
    pub(super) fn right(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) {
        let (x, width) = at_right(x, width, text);
        self.text(x, y, width, text, style);
    }

    /// The arrow of a sorted column. Among signs, `▲` has another meaning, and so has what stands for it in ASCII.
    pub(super) fn arrow(&self, descending: bool) -> &'static str {
        match (self.symbols, descending) {
            (Symbols::Unicode, true) => "▼",
            (Symbols::Unicode, false) => "▲",
            (Symbols::Ascii, true) => "v",
            (Symbols::Ascii, false) => "^",
        }
    }

    /// A key's full text, for the one dialog that may show it.
    pub(super) fn secret(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) {
        let width = self.room(x, y, width);
        self.ascii(x, y, width, text, style);
    }

    fn room(&self, x: u16, y: u16, width: u16) -> u16 {
        let inside = y >= self.bounds.top() && y < self.bounds.bottom() && x >= self.bounds.left();
        if inside { width.min(self.bounds.right().saturating_sub(x)) } else { 0 }
    }

    fn inert(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        if text.is_ascii() {
            return if text.len() <= usize::from(width) {
                self.ascii(x, y, width, text, style)
            } else {
                let used = self.ascii(x, y, width - 1, text, style);
                used + self.ellipsis(x + used, y, style)
            };
        }
        if text.width() <= usize::from(width) {
            let (end, _) = self.buffer.set_stringn(x, y, text, width.into(), style);
            return end - x;
        }
        let (end, _) = self.buffer.set_stringn(x, y, text, usize::from(width) - 1, style);
        end - x + self.ellipsis(end, y, style)
    }

    fn ascii(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let mut used = 0;
        for c in text.chars().take(width.into()) {
            if let Some(cell) = self.buffer.cell_mut((x + used, y)) {
                cell.set_char(c).set_style(style);
            }
            used += 1;
        }
        used
    }

    fn ellipsis(&mut self, x: u16, y: u16, style: Style) -> u16 {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_char(self.symbols.sign('…')).set_style(style);
        }
        1
    }

    /// Dims everything drawn so far, as the background of a dialog.
    pub(super) fn recede(&mut self, style: Style) {
        for position in self.bounds.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.set_style(Style::reset().patch(style));
            }
        }
    }

    /// Fills an area with blanks in a style.
    pub(super) fn fill(&mut self, area: Area, style: Style) {
        let area = rect(area).intersection(self.bounds);
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// A line of one character.
    pub(super) fn rule(&mut self, area: Area, c: char, style: Style) {
        let area = rect(area).intersection(self.bounds);
        let c = self.symbols.sign(c);
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.set_char(c).set_style(style);
            }
        }
    }

    /// Writes a text over several rows, broken between words. Gives the rows used.
    pub(super) fn wrapped(&mut self, area: Area, text: &str, style: Style) -> u16 {
        let text = inert(text);
        let lines = wrap(&text, area.width);
        for (row, line) in lines.iter().take(area.height.into()).enumerate() {
            let last = row + 1 == usize::from(area.height) && lines.len() > row + 1;
            let y = area.y + row as u16;
            let used = self.text(area.x, y, area.width, line, style);
            if last {
                self.text(area.x + used.min(area.width.saturating_sub(1)), y, 1, "…", style);
            }
        }
        lines.len().min(area.height.into()) as u16
    }
}

/// Where a text begins that ends at the right of its place, and how much of it fits.
pub(super) fn at_right(x: u16, width: u16, text: &str) -> (u16, u16) {
    let used = u16::try_from(text.width()).unwrap_or(u16::MAX).min(width);
    (x + width - used, used)
}

/// An area as ratatui has it.
pub(super) fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}
