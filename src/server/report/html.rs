//! A report as one HTML file: no scripts, no requests, readable on paper and on a phone.

use std::io::{self, Write};

use super::content::{Block, Row};
use super::spool::{Part, Spool};
use crate::wire::text::{inert, number};

const STYLE: &str = "
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: #fff; color: #1a1d21;
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; padding-top: .5rem; border-top: 2px solid #1a1d21; }
p { margin: .5rem 0; max-width: 60rem; overflow-wrap: anywhere; }
p.notice { border-left: 4px solid #b3541e; background: #fdf3ec; padding: .5rem .8rem; }
dl { display: grid; grid-template-columns: 12rem 1fr; gap: .25rem 1rem; margin: .5rem 0; }
dt { color: #565d66; }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; margin: .6rem 0; table-layout: fixed; }
th { text-align: left; font-weight: 600; color: #565d66; border-bottom: 1px solid #1a1d21; padding: .3rem .5rem .3rem 0; }
td { vertical-align: top; border-bottom: 1px solid #d9dde2; padding: .35rem .5rem .35rem 0; overflow-wrap: anywhere; }
small { display: block; color: #565d66; font-size: .82em; }
table.list { font-size: .86rem; }
table.list th:first-child { width: 26%; }
div.part { content-visibility: auto; contain-intrinsic-size: auto 9000px; }
@media (max-width: 40rem) {
  body { padding: 1rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  table, tbody, tr, td { display: block; width: 100%; }
  thead { display: none; }
  tr { border-bottom: 2px solid #d9dde2; padding: .4rem 0; }
  td { border: 0; padding: .1rem 0; }
  td:empty { display: none; }
  td:first-child { font-weight: 600; }
  td small { font-weight: 400; }
}
@page { size: A4; margin: 16mm 14mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  dl { grid-template-columns: 7rem 1fr; }
  table.list { font-size: 7.5pt; }
  div.part { content-visibility: visible; }
  h2 { break-after: avoid; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
}
";

/// How many rows one table of a list has. A browser lays out only those that are seen, so that 10,000 keys open at once.
const ROWS: usize = 200;

/// Writes the whole file.
pub(super) fn write(output: &mut impl Write, title: &str, blocks: &[Block], spool: &Spool) -> io::Result<()> {
    output.write_all(b"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
    output.write_all(b"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    writeln!(output, "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")?;
    writeln!(output, "<title>{}</title>\n<style>", escaped(title))?;
    let mut labelled = Vec::new();
    for block in blocks {
        let Block::List(columns, part) = block else { continue };
        if !labelled.contains(&class(*part)) {
            labels(output, class(*part), columns)?;
            labelled.push(class(*part));
        }
    }
    writeln!(output, "{}</style>\n</head>\n<body>\n<h1>{}</h1>", STYLE.trim_start(), escaped(title))?;
    for block in blocks {
        match block {
            Block::Heading(text) => writeln!(output, "<h2>{}</h2>", escaped(text))?,
            Block::Text(text) => writeln!(output, "<p>{}</p>", escaped(text))?,
            Block::Notice(text) => writeln!(output, "<p class=\"notice\">{}</p>", escaped(text))?,
            Block::Facts(facts) => {
                writeln!(output, "<dl>")?;
                for (name, value) in facts {
                    writeln!(output, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value))?;
                }
                writeln!(output, "</dl>")?;
            }
            Block::Table(columns, rows) => {
                head(output, "", columns)?;
                rows.iter().try_for_each(|line| output.write_all(row(line).as_bytes()))?;
                writeln!(output, "</tbody></table>")?;
            }
            Block::List(_, part) if spool.count(*part) == 0 => writeln!(output, "<p>None.</p>")?,
            Block::List(columns, part) => {
                let count = spool.count(*part);
                let rows = if count == 1 { "row" } else { "rows" };
                writeln!(output, "<p>{} {rows}.</p>", number(count))?;
                let mut begin = b"<div class=\"part\">".to_vec();
                head(&mut begin, class(*part), columns)?;
                let (begin, end) = (String::from_utf8_lossy(&begin), "</tbody></table></div>\n");
                output.write_all(begin.as_bytes())?;
                spool.copy_html(*part, ROWS, &format!("{end}{begin}"), output)?;
                output.write_all(end.as_bytes())?;
            }
        }
    }
    output.write_all(b"</body>\n</html>\n")
}

/// A row of a table.
pub(super) fn row(row: &Row) -> String {
    let mut out = String::from("<tr>");
    for cell in row {
        out.push_str("<td>");
        out.push_str(&escaped(&cell.text));
        if !cell.note.is_empty() {
            out.push_str("<small>");
            out.push_str(&escaped(&cell.note));
            out.push_str("</small>");
        }
        out.push_str("</td>");
    }
    out.push_str("</tr>\n");
    out
}

fn class(part: Part) -> &'static str {
    match part {
        Part::Decisions => "decisions",
        Part::InScope | Part::Others => "keys",
    }
}

fn head(output: &mut impl Write, class: &str, columns: &[&str]) -> io::Result<()> {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"list {class}\"") };
    write!(output, "<table{class}><thead><tr>")?;
    for name in columns {
        write!(output, "<th scope=\"col\">{}</th>", escaped(name))?;
    }
    writeln!(output, "</tr></thead><tbody>")
}

/// On a phone the heading of a column stands before each of its cells.
fn labels(output: &mut impl Write, class: &str, columns: &[&str]) -> io::Result<()> {
    writeln!(output, "@media (max-width: 40rem) {{")?;
    for (at, name) in columns.iter().enumerate().skip(1) {
        let nth = at + 1;
        writeln!(
            output,
            "  table.{class} td:nth-child({nth})::before {{ content: \"{name}: \"; color: #565d66; }}"
        )?;
    }
    writeln!(output, "}}")
}

/// Text as text: nothing in it is markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    // On one line: the rows of a list are kept as lines until they are put together.
    for c in inert(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
