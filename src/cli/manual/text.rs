//! A chapter as plain text.

use unicode_width::UnicodeWidthStr as _;

use super::{Block, Span, Style, linked};

const WIDTH: usize = 80;

/// Renders a chapter.
pub(super) fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    let mut before: Option<&Block> = None;
    for block in blocks {
        // Entries of a list follow each other without a blank line.
        let follows = matches!((before, block), (Some(Block::Item(_)), Block::Item(_)));
        if before.is_some() && !follows {
            out.push('\n');
        }
        match block {
            Block::Heading(1 | 2, spans) => wrap(&mut out, &line(spans, true).to_uppercase(), "", ""),
            Block::Heading(_, spans) => wrap(&mut out, &line(spans, true), "  ", "  "),
            Block::Paragraph(spans) => wrap(&mut out, &line(spans, false), "  ", "  "),
            Block::Item(spans) => wrap(&mut out, &line(spans, false), "  - ", "    "),
            Block::Code(code) => {
                for line in code.lines() {
                    out.push_str(format!("      {line}").trim_end());
                    out.push('\n');
                }
            }
            Block::Table(head, rows) => rows.iter().for_each(|cells| row(&mut out, head, cells)),
        }
        before = Some(block);
    }
    out
}

/// The first cell, and below it the others. Where there are several, all but the last say what they are.
fn row(out: &mut String, head: &[Vec<Span>], cells: &[Vec<Span>]) {
    let Some((first, others)) = cells.split_first() else { return };
    wrap(out, &line(first, true), "  ", "    ");
    for (at, cell) in others.iter().enumerate() {
        let mut text = line(cell, false);
        if others.len() > 1
            && at + 1 < others.len()
            && let Some(name) = head.get(at + 1)
        {
            text = format!("{}: {text}", line(name, true));
        }
        wrap(out, &text, "      ", "      ");
    }
}

/// The spans as one line. A bare line marks no code.
fn line(spans: &[Span], bare: bool) -> String {
    let mut line = String::new();
    for span in spans {
        match span.style {
            Style::Code if !bare => line.extend(["`", &span.text, "`"]),
            _ => line.push_str(&span.text),
        }
        if let Some(chapter) = span.link.as_deref().and_then(linked) {
            line.extend([" (keydeck man ", chapter.name, ")"]);
        }
    }
    line
}

fn wrap(out: &mut String, text: &str, first: &str, others: &str) {
    let mut column = 0;
    for word in text.split_whitespace() {
        if column == 0 {
            out.push_str(first);
            column = first.width();
        } else if column + 1 + word.width() > WIDTH {
            out.push('\n');
            out.push_str(others);
            column = others.width();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.width();
    }
    out.push('\n');
}
