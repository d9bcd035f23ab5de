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

/// The man page of the program.
pub fn page_of_program(command: clap::Command) -> String {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).expect("memory takes all bytes");
    String::from_utf8_lossy(&page).into_owned() + &roff::see_also()
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
