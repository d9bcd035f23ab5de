//! Markdown as a list of blocks: the part of it that the manual uses.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// How a span stands out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Style {
    Plain,
    Strong,
    Emphasis,
    Code,
}

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) style: Style,
    pub(super) text: String,
    /// Where the text leads to, on the last span of a link.
    pub(super) link: Option<String>,
}

/// A piece of a chapter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Block {
    /// 1 is the title.
    Heading(u8, Vec<Span>),
    Paragraph(Vec<Span>),
    /// An entry of a list.
    Item(Vec<Span>),
    /// Lines that are neither wrapped nor styled.
    Code(String),
    /// The heads of the columns, and the cells of each row.
    Table(Vec<Vec<Span>>, Vec<Vec<Vec<Span>>>),
}

/// Reads Markdown.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        reader.take(event);
    }
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// The line that is being read.
    spans: Vec<Span>,
    /// Styles that are open, the innermost last.
    styles: Vec<Style>,
    links: Vec<String>,
    code: Option<String>,
    cells: Vec<Vec<Span>>,
    head: Vec<Vec<Span>>,
    rows: Vec<Vec<Vec<Span>>>,
    in_item: bool,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(self.styles.last().copied().unwrap_or(Style::Plain), &text),
            },
            Event::Code(text) => self.push(Style::Code, &text),
            Event::SoftBreak | Event::HardBreak => self.push(Style::Plain, " "),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn push(&mut self, style: Style, text: &str) {
        match self.spans.last_mut() {
            Some(last) if last.style == style && style != Style::Code && last.link.is_none() => {
                last.text.push_str(text);
            }
            _ => self.spans.push(Span { style, text: text.to_owned(), link: None }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.styles.push(Style::Strong),
            Tag::Emphasis => self.styles.push(Style::Emphasis),
            Tag::Link { dest_url, .. } => {
                self.links.push(dest_url.into_string());
                // What precedes the link is no part of it.
                self.styles.push(Style::Plain);
            }
            Tag::CodeBlock(_) => self.code = Some(String::new()),
            Tag::Item => self.in_item = true,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis => {
                self.styles.pop();
            }
            TagEnd::Link => {
                self.styles.pop();
                let link = self.links.pop();
                if let Some(last) = self.spans.last_mut() {
                    last.link = link;
                }
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.blocks.push(Block::Code(code));
            }
            TagEnd::Heading(level) => {
                let spans = std::mem::take(&mut self.spans);
                self.blocks.push(Block::Heading(number(level), spans));
            }
            TagEnd::Paragraph => self.line(),
            TagEnd::Item => {
                self.line();
                self.in_item = false;
            }
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.spans)),
            TagEnd::TableHead => self.head = std::mem::take(&mut self.cells),
            TagEnd::TableRow => self.rows.push(std::mem::take(&mut self.cells)),
            TagEnd::Table => {
                let (head, rows) = (std::mem::take(&mut self.head), std::mem::take(&mut self.rows));
                self.blocks.push(Block::Table(head, rows));
            }
            _ => {}
        }
    }

    fn line(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if !spans.is_empty() {
            self.blocks.push(if self.in_item { Block::Item(spans) } else { Block::Paragraph(spans) });
        }
    }
}

fn number(level: HeadingLevel) -> u8 {
    level as u8
}
