//! A chapter as a man page of section 7.

use roff::{Inline, Roff, bold, italic, line_break, roman};

use super::{Block, Span, Style, linked};
use crate::manual::{CHAPTERS, Chapter};

/// Renders a page.
pub(super) fn render(chapter: &Chapter, blocks: &[Block]) -> String {
    let name = format!("keydeck-{}", chapter.name);
    let version = concat!("keydeck ", env!("CARGO_PKG_VERSION"));
    let mut page = Roff::new();
    // An empty argument must be quoted; it is the date.
    page.control("TH", [&*name.to_uppercase(), "7", "\"\"", version, "Keydeck manual"]);
    // Commands and file names must not be hyphenated or stretched.
    page.control("nh", []).control("ad", ["l"]);
    page.control("SH", ["NAME"]).text([roman(format!("{name} - {}", chapter.about))]);
    page.control("SH", ["DESCRIPTION"]);
    // A heading begins a paragraph.
    let mut headed = true;
    for block in blocks {
        if !headed && matches!(block, Block::Paragraph(_) | Block::Code(_)) {
            page.control("PP", []);
        }
        headed = matches!(block, Block::Heading(..));
        match block {
            // The title is in the NAME section.
            Block::Heading(1, _) => {}
            Block::Heading(2, spans) => {
                page.control("SH", [&*words(spans).to_uppercase()]);
            }
            Block::Heading(_, spans) => {
                page.control("SS", [&*words(spans)]);
            }
            Block::Paragraph(spans) => {
                page.text(inlines(spans));
            }
            Block::Item(spans) => {
                page.control("IP", ["\\(bu", "2"]).text(inlines(spans));
            }
            Block::Code(code) => {
                page.control("RS", ["4"]).control("nf", []);
                for line in code.lines() {
                    page.text([roman(line)]);
                }
                page.control("fi", []).control("RE", []);
            }
            Block::Table(head, rows) => rows.iter().for_each(|cells| row(&mut page, head, cells)),
        }
    }
    let program = [bold("keydeck"), roman("(1)")];
    let others = CHAPTERS.iter().filter(|other| *other != chapter);
    page.control("SH", ["SEE ALSO"]).text([&program[..], &[roman(", ")], &references(others)[..]].concat());
    page.render()
}

/// The end of the page of the program, which leads to the chapters.
pub(super) fn see_also() -> String {
    let mut page = Roff::new();
    page.control("SH", ["SEE ALSO"]).text(references(CHAPTERS.iter()));
    page.to_roff()
}

fn references<'a>(chapters: impl Iterator<Item = &'a Chapter>) -> Vec<Inline> {
    let mut line = Vec::new();
    for chapter in chapters {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.extend([bold(format!("keydeck-{}", chapter.name)), roman("(7)")]);
    }
    line
}

/// The first cell as a tag. Where there are several others, all but the last say what they are.
fn row(page: &mut Roff, head: &[Vec<Span>], cells: &[Vec<Span>]) {
    let Some((first, others)) = cells.split_first() else { return };
    page.control("TP", []).text(inlines(first));
    let mut body = Vec::new();
    for (at, cell) in others.iter().enumerate() {
        // Without it, the first line would follow a short tag.
        if at > 0 || others.len() > 1 {
            body.push(line_break());
        }
        if at + 1 < others.len()
            && let Some(name) = head.get(at + 1)
        {
            body.push(roman(format!("{}: ", words(name))));
        }
        body.extend(inlines(cell));
    }
    page.text(body);
}

fn words(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

fn inlines(spans: &[Span]) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for span in spans {
        inlines.push(match span.style {
            Style::Plain => roman(&span.text),
            Style::Strong | Style::Code => bold(&span.text),
            Style::Emphasis => italic(&span.text),
        });
        if let Some(chapter) = span.link.as_deref().and_then(linked) {
            inlines.extend([roman(" ("), bold(format!("keydeck-{}", chapter.name)), roman("(7))")]);
        }
    }
    inlines
}
