//! The README's pictures, drawn from real frames of the demo.

use std::fmt::Write as _;
use std::path::Path;

use keydeck::tui::model::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::support::stage::Stage;

/// Pixels of a cell, and how far below its top the text's baseline lies.
const CELL: (u32, u32, u32) = (9, 20, 15);
/// Pixels around the screen.
const EDGE: u32 = 14;
const FOREGROUND: &str = "#cdd6f4";
const FAINT: &str = "#9399b2";
const BACKGROUND: &str = "#11111b";

type Scene = (&'static str, (u16, u16), fn(&mut Stage));

/// Each picture: its size, and how to get there.
const SCENES: [Scene; 4] = [
    ("keys", (146, 29), |stage| {
        stage.keys("1G");
        stage.press(KeyCode::Enter);
        stage.keys("Gkk");
    }),
    ("stale", (132, 29), |stage| stage.keys("3pjjjjjjj")),
    ("revoke", (132, 26), |stage| {
        stage.keys("1jjjjj");
        stage.press(KeyCode::Enter);
        stage.keys("pjx");
    }),
    ("receipt", (132, 26), |stage| {
        stage.keys("1jjjjj");
        stage.press(KeyCode::Enter);
        stage.keys("pjxy");
    }),
];

/// `KEYDECK_UPDATE_SCREENS=1 cargo test picture` draws them anew.
#[test]
fn the_pictures_of_the_readme_are_what_the_dashboard_draws() {
    let mut changed = Vec::new();
    for (name, size, scene) in SCENES {
        let mut stage = Stage::new(size);
        scene(&mut stage);
        let mut buffer = stage.buffer();
        settle_ids(&mut buffer);
        let drawn = svg(&buffer);
        assert!(keydeck::secret::find(&drawn).is_none(), "no picture holds a whole key");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/screens/{name}.svg"));
        if std::env::var_os("KEYDECK_UPDATE_SCREENS").is_some() {
            std::fs::write(&path, &drawn).expect("the picture is written");
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != drawn {
            changed.push(name);
        }
    }
    assert!(changed.is_empty(), "{changed:?} have changed: KEYDECK_UPDATE_SCREENS=1 cargo test picture");
}

/// Ids are others each time; in a picture they are always the same.
fn settle_ids(buffer: &mut Buffer) {
    const FIXED: &str = "01kd3v9m2x7q4w8n5t6r1s0yhz";
    for y in 0..buffer.area.height {
        let line: Vec<String> = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol().to_owned()).collect();
        for x in 0..line.len().saturating_sub(30) {
            let prefix = line[x..x + 4].concat();
            if matches!(prefix.as_str(), "key_" | "prj_") {
                for (at, c) in FIXED.chars().enumerate() {
                    buffer[((x + 4 + at) as u16, y)].set_char(c);
                }
            }
        }
    }
}

/// A frame as SVG: one text element for each run of equal style, cells at fixed places.
fn svg(buffer: &Buffer) -> String {
    let (width, height, baseline) = CELL;
    let area = buffer.area;
    let (columns, rows) = (u32::from(area.width), u32::from(area.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{EDGE} -{EDGE} {w} {h}\" width=\"{w}\" height=\"{h}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"15\">\n\
         <rect x=\"-{EDGE}\" y=\"-{EDGE}\" width=\"{w}\" height=\"{h}\" rx=\"10\" fill=\"{BACKGROUND}\"/>\n",
        w = columns * width + 2 * EDGE,
        h = rows * height + 2 * EDGE,
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
    let faint = cell.modifier.contains(Modifier::DIM) && foreground == FOREGROUND;
    let foreground = if faint { FAINT } else { foreground };
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let (foreground, background) = if reversed { (background, foreground) } else { (foreground, background) };
    Look { foreground, background, bold: cell.modifier.contains(Modifier::BOLD) }
}

/// The colours of a common dark terminal.
fn colour(colour: Color, default: &'static str) -> &'static str {
    match colour {
        Color::Black => "#181825",
        Color::Red => "#f38ba8",
        Color::Green => "#a6e3a1",
        Color::Yellow => "#f9e2af",
        Color::Blue => "#89b4fa",
        Color::Magenta => "#cba6f7",
        Color::Cyan => "#89dceb",
        Color::Gray => "#bac2de",
        Color::DarkGray => "#7f849c",
        _ => default,
    }
}
