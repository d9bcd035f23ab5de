//! The border of a box with its title.

use crate::tui::layout::Area;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;
use crate::tui::wrap::width;
use crate::wire::text::{inert, number};

/// The border of a box.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::tui::view) enum Border {
    Plain,
    /// Heavy and red: what it asks for cannot be undone.
    Danger,
}

impl Border {
    /// An empty box with a title in its upper border.
    pub(in crate::tui::view) fn draw(self, canvas: &mut Canvas<'_>, area: Area, theme: &Theme, title: &str) {
        let (line, corners, style, title_style) = match self {
            Border::Plain => (['─', '│'], ["┌", "┐", "└", "┘"], theme.dim, theme.title),
            Border::Danger => (['━', '┃'], ["┏", "┓", "┗", "┛"], theme.bad, theme.prod),
        };
        canvas.fill(area, theme.text);
        let (right, bottom) = (area.x + area.width.saturating_sub(1), area.y + area.height.saturating_sub(1));
        canvas.rule(Area { height: 1, ..area }, line[0], style);
        canvas.rule(Area { y: bottom, height: 1, ..area }, line[0], style);
        canvas.rule(Area { width: 1, ..area }, line[1], style);
        canvas.rule(Area { x: right, width: 1, ..area }, line[1], style);
        let places = [(area.x, area.y), (right, area.y), (area.x, bottom), (right, bottom)];
        for ((x, y), corner) in places.into_iter().zip(corners) {
            canvas.text(x, y, 1, corner, style);
        }
        let room = area.width.saturating_sub(4);
        let used = u16::try_from(width(&inert(title))).unwrap_or(u16::MAX).saturating_add(2).min(room);
        // The title is not dim like the border around it.
        canvas.fill(Area { x: area.x + 2, y: area.y, width: used, height: 1 }, theme.text);
        canvas.print(area.x + 2, area.y, room, format_args!(" {title} "), title_style);
    }
}

/// The usual box: empty, with a title in its upper border.
pub(in crate::tui::view) fn frame(canvas: &mut Canvas<'_>, area: Area, theme: &Theme, title: &str) {
    Border::Plain.draw(canvas, area, theme, title);
}

/// The title of a list; where not all lines fit, which are to be seen, as the detail has it.
pub(in crate::tui::view) fn listed(title: &str, (top, room): (usize, usize), lines: usize) -> String {
    if lines <= room {
        return title.to_owned();
    }
    let [first, last, lines] = [top + 1, (top + room).min(lines), lines].map(|line| number(line as u64));
    format!("{title} · {first}–{last} of {lines}")
}
