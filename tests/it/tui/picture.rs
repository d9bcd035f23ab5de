//! The README's picture, drawn from a real frame.

use std::fmt::Write as _;
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::support::fixtures::{Desk, World};

/// Pixels of a cell, and how far below its top the text's baseline lies.
const CELL: (u32, u32, u32) = (9, 20, 15);
const FOREGROUND: &str = "#d4d4d4";
const BACKGROUND: &str = "#1e1e1e";

/// `KEYDECK_UPDATE_SCREENS=1 cargo test picture` draws it anew.
#[test]
fn the_picture_of_the_readme_is_what_the_dashboard_draws() {
    let size = (120, 24);
    let mut desk = Desk::new(World::small(), size);
    desk.keys("2");
    let drawn = svg(&desk.buffer(size).0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screens/keys.svg");
    if std::env::var_os("KEYDECK_UPDATE_SCREENS").is_some() {
        std::fs::write(&path, &drawn).expect("the picture is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "the screen has changed: KEYDECK_UPDATE_SCREENS=1 cargo test picture");
}

/// A frame as SVG: one text element for each run of equal style, cells at fixed places.
fn svg(buffer: &Buffer) -> String {
    let (width, height, baseline) = CELL;
    let area = buffer.area;
    let (columns, rows) = (u32::from(area.width), u32::from(area.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"15\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n",
        w = columns * width,
        h = rows * height,
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let style = look(buffer, x, y);
            let start = x;
            let mut text = String::new();
            while x < area.width && look(buffer, x, y) == style {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let (left, top, span) =
                (u32::from(start) * width, u32::from(y) * height, u32::from(x - start) * width);
            if style.background != BACKGROUND {
                writeln!(
                    out,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{span}\" height=\"{height}\" fill=\"{}\"/>",
                    style.background
                )
                .expect("memory takes all bytes");
            }
            if !text.trim().is_empty() {
                let weight = if style.bold { " font-weight=\"bold\"" } else { "" };
                writeln!(
                    out,
                    "<text x=\"{left}\" y=\"{}\" textLength=\"{span}\" fill=\"{}\"{weight} xml:space=\"preserve\">{}</text>",
                    top + baseline,
                    style.foreground,
                    text.replace('&', "&amp;").replace('<', "&lt;"),
                )
                .expect("memory takes all bytes");
            }
        }
    }
    out + "</svg>\n"
}

#[derive(PartialEq)]
struct Look {
    foreground: &'static str,
    background: &'static str,
    bold: bool,
}

fn look(buffer: &Buffer, x: u16, y: u16) -> Look {
    let cell = &buffer[(x, y)];
    let (foreground, background) = (colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND));
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let (foreground, background) = if reversed { (background, foreground) } else { (foreground, background) };
    Look { foreground, background, bold: cell.modifier.contains(Modifier::BOLD) }
}

/// The colours of a common dark terminal.
fn colour(colour: Color, default: &'static str) -> &'static str {
    match colour {
        Color::Black => "#000000",
        Color::Red => "#cd3131",
        Color::Green => "#0dbc79",
        Color::Yellow => "#e5e510",
        Color::Blue => "#2472c8",
        Color::Magenta => "#bc3fbc",
        Color::Cyan => "#11a8cd",
        Color::Gray => "#e5e5e5",
        Color::DarkGray => "#8a8a8a",
        _ => default,
    }
}
