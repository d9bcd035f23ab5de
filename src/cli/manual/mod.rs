//! The manual on a terminal and as man pages: both are written from the same blocks of Markdown.

mod markdown;
mod roff;
mod text;

use std::fs;
use std::io;
use std::path::Path;

use self::markdown::{Block, Span, Style, blocks};
use crate::manual::{CHAPTERS, Chapter};

/// A chapter as plain text, at most 80 columns wide.
pub fn plain(chapter: &Chapter) -> String {
    text::render(&blocks(chapter.text))
}

/// Writes the man page of each chapter into a directory, as `keydeck-NAME.7`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_pages(directory: &Path) -> io::Result<()> {
    CHAPTERS.iter().try_for_each(|chapter| {
        let page = roff::render(chapter, &blocks(chapter.text));
        fs::write(directory.join(format!("keydeck-{}.7", chapter.name)), page)
    })
}

/// The chapter that a link leads to.
fn linked(destination: &str) -> Option<&'static Chapter> {
    Chapter::named(destination.strip_suffix(".md")?)
}
