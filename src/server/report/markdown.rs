//! A report as Markdown.

use std::io::{self, Write};

use super::content::{Block, Row};
use super::spool::Spool;
use crate::wire::sheet::plain;

/// Writes the whole file.
pub(super) fn write(output: &mut impl Write, title: &str, blocks: &[Block], spool: &Spool) -> io::Result<()> {
    writeln!(output, "# {}\n", plain(title))?;
    for block in blocks {
        match block {
            Block::Heading(text) => writeln!(output, "## {}\n", plain(text))?,
            Block::Text(text) => writeln!(output, "{}\n", plain(text))?,
            Block::Notice(text) => writeln!(output, "> {}\n", plain(text))?,
            Block::Facts(facts) => {
                for (name, value) in facts {
                    writeln!(output, "- {}: {}", plain(name), plain(value))?;
                }
                writeln!(output)?;
            }
            Block::Table(columns, rows) => {
                head(output, columns)?;
                rows.iter().try_for_each(|line| output.write_all(row(line).as_bytes()))?;
                writeln!(output)?;
            }
            Block::List(_, part) if spool.count(*part) == 0 => writeln!(output, "None.\n")?,
            Block::List(columns, part) => {
                head(output, columns)?;
                spool.copy_markdown(*part, output)?;
                writeln!(output)?;
            }
        }
    }
    Ok(())
}

/// A row of a table.
pub(super) fn row(row: &Row) -> String {
    let mut out = String::new();
    for cell in row {
        let note = if cell.note.is_empty() { String::new() } else { format!(" ({})", cell.note) };
        out.push_str("| ");
        out.push_str(&plain(&format!("{}{note}", cell.text)));
        out.push(' ');
    }
    out.push_str("|\n");
    out
}

fn head(output: &mut impl Write, columns: &[&str]) -> io::Result<()> {
    for name in columns {
        write!(output, "| {name} ")?;
    }
    writeln!(output, "|")?;
    writeln!(output, "{}|", "| --- ".repeat(columns.len()))
}
