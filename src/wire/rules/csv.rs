//! Rules as CSV: what spreadsheets and other programs write, and what Keydeck writes.

use super::check::{BadRule, BadRules, Checker, Place, short};
use super::path::without_query;
use super::skipped::Skips;
use super::{Match, Rule};
use crate::wire::text;

/// The columns in the order in which Keydeck writes them, and in which they are read without a header.
pub(super) const COLUMNS: [&str; 5] = ["source", "destination", "status", "match", "priority"];
const SOURCE: usize = 0;
const DESTINATION: usize = 1;
const STATUS: usize = 2;
const MATCH: usize = 3;
const PRIORITY: usize = 4;
/// In the order in which they are preferred.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Reads rules from CSV without checking what the rules say: for a draft that a server holds already.
///
/// # Errors
/// Every row that cannot be read.
pub fn from_csv(text: &[u8]) -> Result<Vec<Rule>, BadRules> {
    let mut checker = Checker::default();
    let rules = read(text, &mut checker, &mut Skips::default(), false)?;
    checker.finish(rules.into_iter().map(|(rule, _)| rule).collect())
}

/// Writes rules as CSV, in a form that [`from_csv`] reads. Sources are written as they are in force.
pub fn to_csv(rules: &[Rule]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut row = |fields: [&str; 5]| writer.write_record(fields).expect("memory takes all bytes");
    row(COLUMNS);
    for rule in rules {
        row([
            without_query(&rule.source),
            &rule.destination,
            &rule.status.to_string(),
            rule.matching.as_str(),
            &rule.priority.to_string(),
        ]);
    }
    String::from_utf8(writer.into_inner().expect("memory takes all bytes")).expect("made of strings")
}

/// Reads the rules with their lines. Errors of rows go to the checker; without a header that can be
/// understood nothing can be read.
pub(super) fn read(
    text: &[u8],
    checker: &mut Checker,
    skips: &mut Skips,
    checked: bool,
) -> Result<Vec<(Rule, u64)>, BadRules> {
    // Some old programs end lines with CR alone; comments then would never end.
    let with_breaks: Vec<u8>;
    let text = if text.contains(&b'\n') {
        text
    } else {
        with_breaks = text.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
        &with_breaks
    };
    let (named, start) = separator_line(text);
    skips.separator_lines += u64::from(start > 0);
    let separator = named.unwrap_or_else(|| guess(&text[start..]));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .comment(Some(b'#'))
        .from_reader(&text[start..]);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut record = csv::ByteRecord::new();
    let mut layout: Option<Layout> = None;
    let (mut rules, mut row) = (Vec::new(), 0);
    loop {
        let at = skip(text, start + reader.position().byte() as usize, skips);
        // A comment that ends with the file would be read as an empty record.
        if at >= text.len() || !reader.read_byte_record(&mut record).unwrap_or(false) {
            break;
        }
        let line = lines.at(at);
        // The quote takes the rest of the file into its field.
        if start + reader.position().byte() as usize >= text.len()
            && let Some(open) = unclosed_quote(&text[at..], separator)
        {
            let reason = "unclosed quote (\"); close or remove it, and write \"\" for a quote within \
                 quotes";
            let secret = crate::secret::holds(&String::from_utf8_lossy(&text[at..]));
            let column = COLUMNS[SOURCE].to_owned();
            let line = Some(lines.at(at + open));
            let row = row + u64::from(layout.is_some());
            return Err(BadRules::one(BadRule { row, line, column, reason: reason.to_owned(), secret }));
        }
        let fields: Vec<Result<&str, &[u8]>> =
            record.iter().map(|field| std::str::from_utf8(field).map(str::trim).map_err(|_| field)).collect();
        if fields.iter().all(|field| *field == Ok("")) {
            let count = if fields.len() > 1 { &mut skips.empty_rows } else { &mut skips.blank_lines };
            *count += 1;
            continue;
        }
        if fields[0].is_ok_and(|first| first.starts_with('#')) {
            skips.comment_lines += 1;
            continue;
        }
        if layout.is_none() {
            let cells: Vec<String> =
                record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
            let (found, header) =
                Layout::of(&cells).map_err(|(column, reason)| in_header(line, column, reason, &cells))?;
            skips.empty_columns += found.unnamed.len() as u64;
            layout = Some(found);
            if header {
                continue;
            }
        }
        let Some(known) = &layout else { continue };
        row += 1;
        let place = Place { row, line: Some(line) };
        if let Some(rule) = known.rule(place, &fields, checker, checked) {
            rules.push((rule, line));
        }
    }
    if layout.is_none() {
        let reason = format!("no rows found; to remove all rules, send only the header: {}", expected());
        return Err(in_header(1, COLUMNS[SOURCE], reason, &[]));
    }
    Ok(rules)
}

/// Which field of a record is which column.
struct Layout {
    places: [Option<usize>; 5],
    /// Columns without a name, which must be empty.
    unnamed: Vec<usize>,
    width: usize,
}

impl Layout {
    /// The layout that the first record tells, and whether that record is a header.
    fn of(cells: &[String]) -> Result<(Layout, bool), (&'static str, String)> {
        let mut layout = Layout { places: [None; 5], unnamed: Vec::new(), width: cells.len() };
        if cells.iter().any(|cell| column(cell).is_some()) {
            for (at, cell) in cells.iter().enumerate() {
                match column(cell) {
                    Some(column) if layout.places[column].is_some() => {
                        return Err((
                            COLUMNS[column],
                            format!("duplicate column {} in the header", COLUMNS[column]),
                        ));
                    }
                    Some(column) => layout.places[column] = Some(at),
                    None if cell.is_empty() => layout.unnamed.push(at),
                    None => {
                        let reason = format!(
                            "unknown column {} {:?} in the header; expected {}",
                            at + 1,
                            short(cell),
                            COLUMNS.join(", ")
                        );
                        return Err((COLUMNS[SOURCE], reason));
                    }
                }
            }
            for column in [SOURCE, DESTINATION] {
                if layout.places[column].is_none() {
                    let reason =
                        format!("missing column {} in the header: found {}", COLUMNS[column], list(cells));
                    return Err((COLUMNS[column], reason));
                }
            }
            return Ok((layout, true));
        }
        if !cells.first().is_some_and(|cell| is_place(cell)) || cells.len() < 2 {
            let reason = format!(
                "the first line is neither a header nor a rule: found {}; {}",
                list(cells),
                expected()
            );
            return Err((COLUMNS[SOURCE], reason));
        }
        layout.by_content(cells);
        Ok((layout, false))
    }

    /// Without a header: by what the first rule holds, and by place where that tells nothing.
    fn by_content(&mut self, cells: &[String]) {
        let mut open = Vec::new();
        for (at, cell) in cells.iter().enumerate() {
            let column = match cell.as_str() {
                cell if is_place(cell) && self.places[SOURCE].is_none() => Some(SOURCE),
                cell if is_place(cell) => Some(DESTINATION),
                cell if matching(cell).is_some() => Some(MATCH),
                cell if cell.len() == 3 && cell.parse::<u16>().is_ok_and(|status| status >= 100) => {
                    Some(STATUS)
                }
                cell if cell.parse::<i64>().is_ok() => Some(PRIORITY),
                _ => None,
            };
            match column {
                Some(column) if self.places[column].is_none() => self.places[column] = Some(at),
                _ => open.push(at),
            }
        }
        for at in open {
            match self.places.get_mut(at) {
                Some(place @ None) => *place = Some(at),
                _ => self.unnamed.push(at),
            }
        }
        // In the usual order later rules may have more fields than the first.
        if self.unnamed.is_empty() && (0..cells.len()).all(|at| self.places.get(at) == Some(&Some(at))) {
            self.places = std::array::from_fn(Some);
            self.width = COLUMNS.len();
        }
    }

    fn rule(
        &self,
        place: Place,
        fields: &[Result<&str, &[u8]>],
        checker: &mut Checker,
        checked: bool,
    ) -> Option<Rule> {
        checker.begin();
        let filled = |at: &usize| fields.get(*at).is_some_and(|field| *field != Ok(""));
        if (self.width..fields.len()).any(|at| filled(&at)) {
            let (has, most) = (fields.len(), self.width);
            let reason = format!(
                "has {has} fields, but there are {most} columns; quote fields that contain the \
                     separator"
            );
            checker.error_in(place, COLUMNS[SOURCE], &whole(fields), reason);
            return None;
        }
        let mut good = true;
        let mut bad = |checker: &mut Checker, column: usize, value: &str, reason: &str| {
            checker.error_in(place, COLUMNS[column], value, reason);
            good = false;
        };
        let mut texts = [""; 5];
        let mut readable = [true; 5];
        for (column, text) in texts.iter_mut().enumerate() {
            match self.places[column].and_then(|at| fields.get(at)) {
                None => {}
                Some(Ok(field)) => *text = field,
                Some(Err(_)) => readable[column] = false,
            }
        }
        let matched = if texts[MATCH].is_empty() { Some(Match::Exact) } else { matching(texts[MATCH]) };
        for column in 0..COLUMNS.len() {
            if !readable[column] {
                bad(checker, column, "", "is not UTF-8; save the file as UTF-8");
                continue;
            }
            let text = texts[column];
            match column {
                SOURCE if checked => checker.source(place, text, matched),
                DESTINATION if checked => checker.destination(place, text),
                STATUS if !text.is_empty() => match text.parse() {
                    Ok(status) if checked => checker.status(place, status),
                    Ok(_) => {}
                    Err(_) => bad(checker, column, text, "is not 301, 302, 307 or 308"),
                },
                MATCH if matched.is_none() => bad(checker, column, text, "is neither exact nor starts_with"),
                PRIORITY if !text.is_empty() && text.parse::<i32>().is_err() => {
                    bad(checker, column, text, "is not an integer from -2147483648 to 2147483647");
                }
                _ => {}
            }
        }
        if let Some(at) = self.unnamed.iter().find(|at| filled(at)) {
            let reason = format!("column {} has a value but no name in the header", at + 1);
            bad(checker, SOURCE, &whole(fields), &reason);
        }
        checker.end(place, texts[SOURCE]);
        good.then(|| Rule {
            source: texts[SOURCE].to_owned(),
            destination: texts[DESTINATION].to_owned(),
            status: texts[STATUS].parse().unwrap_or(Rule::default_status()),
            matching: matched.unwrap_or_default(),
            priority: texts[PRIORITY].parse().unwrap_or(0),
        })
    }
}

/// The column of a name: Keydeck's, the Edge API's, or `from` and `to`.
fn column(name: &str) -> Option<usize> {
    Some(match plain(name).as_str() {
        "source" | "from" => SOURCE,
        "destination" | "to" => DESTINATION,
        "status" | "statuscode" => STATUS,
        "match" | "matchtype" => MATCH,
        "priority" => PRIORITY,
        _ => return None,
    })
}

fn matching(text: &str) -> Option<Match> {
    match plain(text).as_str() {
        "exact" => Some(Match::Exact),
        "startswith" => Some(Match::StartsWith),
        _ => None,
    }
}

/// Without case, blanks, `_` and `-`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a field looks like a source or a destination.
fn is_place(text: &str) -> bool {
    text.starts_with('/') || text.contains("://")
}

fn whole(fields: &[Result<&str, &[u8]>]) -> String {
    fields.iter().filter_map(|field| field.ok()).collect::<Vec<_>>().join(" ")
}

fn list(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().take(8).map(|cell| format!("{:?}", short(cell))).collect();
    cells.join(", ")
}

fn expected() -> String {
    format!("start with the line {}", COLUMNS.join(","))
}

fn in_header(line: u64, column: &str, reason: String, cells: &[String]) -> BadRules {
    let secret = cells.iter().any(|cell| crate::secret::holds(cell));
    let reason = if secret { text::BadText::Secret.to_string() } else { reason };
    BadRules::one(BadRule { row: 0, line: Some(line), column: column.to_owned(), reason, secret })
}

/// The separator that a line `sep=;` names, as spreadsheets write it, and where the text goes on.
fn separator_line(text: &[u8]) -> (Option<u8>, usize) {
    let end = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
    let line = text[..end].trim_ascii_end();
    let line = line.strip_prefix(b"\"").map_or(line, |line| line.strip_suffix(b"\"").unwrap_or(line));
    // A separator that is a blank itself is trimmed away with the end of the line.
    match (line.get(..4).map(<[u8]>::to_ascii_lowercase), &line[line.len().min(4)..]) {
        (Some(word), [separator]) if word == b"sep=" => (Some(*separator), end),
        (Some(word), []) if word == b"sep=" && text[..end].contains(&b'\t') => (Some(b'\t'), end),
        _ => (None, 0),
    }
}

/// The separator with which the first line makes most sense.
fn guess(text: &[u8]) -> u8 {
    let start = skip(text, 0, &mut Skips::default());
    let first = text[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    let score = |separator: u8| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(first);
        let mut record = csv::ByteRecord::new();
        let _ = reader.read_byte_record(&mut record);
        let cells: Vec<String> =
            record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
        let names = cells.iter().filter(|cell| column(cell).is_some()).count();
        let places = cells.iter().take(2).filter(|cell| is_place(cell)).count();
        (names, places, cells.len())
    };
    // The first of the best: the last that `max_by_key` sees.
    SEPARATORS.into_iter().rev().max_by_key(|separator| score(*separator)).unwrap_or(b',')
}

/// Where a quote opens a field that ends only with the file.
fn unclosed_quote(text: &[u8], separator: u8) -> Option<usize> {
    let (mut open, mut at, mut begins) = (None, 0, true);
    while let Some(byte) = text.get(at) {
        match (open, *byte) {
            (Some(_), b'"') if text.get(at + 1) == Some(&b'"') => at += 1,
            (Some(_), b'"') => open = None,
            (None, b'"') if begins => open = Some(at),
            _ => {}
        }
        begins = open.is_none() && (*byte == separator || matches!(byte, b'\n' | b'\r'));
        at += 1;
    }
    open
}

/// Goes on to where the next record begins, as the reader does, and counts what it passes over.
fn skip(text: &[u8], mut at: usize, skips: &mut Skips) -> usize {
    if at > 0 && text.get(at - 1) == Some(&b'\r') && text.get(at) == Some(&b'\n') {
        at += 1;
    }
    loop {
        match text.get(at) {
            Some(b'\n') => {
                skips.blank_lines += 1;
                at += 1;
            }
            Some(b'\r') => {
                skips.blank_lines += 1;
                at += if text.get(at + 1) == Some(&b'\n') { 2 } else { 1 };
            }
            Some(b'#') => {
                skips.comment_lines += 1;
                at +=
                    text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len() - at, |end| end + 1);
            }
            _ => return at,
        }
    }
}

/// Lines of a text, asked for in its order.
pub(super) struct Lines<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    pub(super) line: u64,
}

impl Lines<'_> {
    /// The line of a byte, from 1, as editors count: LF, CRLF and CR each end one.
    pub(super) fn at(&mut self, byte: usize) -> u64 {
        for at in self.at..byte.min(self.text.len()) {
            let ends = match self.text[at] {
                b'\n' => true,
                b'\r' => self.text.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends);
        }
        self.at = byte.max(self.at);
        self.line
    }
}
