//! `keys.csv` and `decisions.csv`: each row as the audit log tells it, none missing, none more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};
use std::path::Path;

use super::Differences;
use super::lines::Lines;
use crate::wire::id::KeyId;
use crate::wire::replay::{Cells, DECIDED, Done, PROVED, Replay, ReplayedReview, STATED};
use crate::wire::reports::{Counted, DECISIONS, KEYS, RECEIPT_COLUMNS, RECEIPTS, Report, ReportCounts};
use crate::wire::reviews::{Decision, Decisions, ReviewStatus};
use crate::wire::sheet::harmless;
use crate::wire::time::Timestamp;
use crate::wire::word::OpenWord as _;

/// A key in scope, as `keys.csv` has it.
struct InScope {
    project: String,
    name: String,
    decision: String,
}

/// Compares both files; gives how many rows `decisions.csv` has.
pub(super) fn verify(folder: &Path, report: &Report, replay: &Replay, differences: &mut Differences) -> u64 {
    let (in_scope, mut counts) = keys(folder, report, replay, differences);
    let rows = decisions(folder, report, replay, &in_scope, &mut counts, differences);
    compare_counts(&counts, &report.counts, differences);
    rows
}

/// The counts that differ, under the file whose rows give them.
fn compare_counts(found: &ReportCounts, stated: &ReportCounts, differences: &mut Differences) {
    match (found.decisions, stated.decisions) {
        (None, Some(_)) => {
            let text = "the rows give no decisions, but the event report.created counts them";
            differences.add(DECISIONS, None, text);
        }
        (Some(_), None) => {
            differences.add(DECISIONS, None, "the event report.created does not count the decisions");
        }
        _ => {}
    }
    let both_decide = found.decisions.is_some() && stated.decisions.is_some();
    let (found, stated) = (by_file(found), by_file(stated));
    for file in [KEYS, DECISIONS] {
        let names = found.keys().chain(stated.keys()).filter(|(of, _)| *of == file);
        let (mut rows, mut event) = (Vec::new(), Vec::new());
        for name in names.collect::<BTreeSet<_>>() {
            let (in_rows, in_event) = (found.get(name), stated.get(name));
            if in_rows != in_event {
                let words = |count: Option<&u64>| count.map_or_else(|| "none".to_owned(), u64::to_string);
                rows.push((&name.1, words(in_rows)));
                event.push((&name.1, words(in_event)));
            }
        }
        if rows.is_empty() || file == DECISIONS && !both_decide {
            continue;
        }
        let named = |counts: &[(&String, String)]| {
            counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        let event = match &event[..] {
            [(_, count)] => count.clone(),
            counts => named(counts),
        };
        let rows = named(&rows);
        differences.add(
            file,
            None,
            format!("the rows give {rows}, but the event report.created says {event}"),
        );
    }
}

/// Each count with the file that it is about; those of findings as `findings.CODE`.
fn by_file(counts: &ReportCounts) -> BTreeMap<(&'static str, String), u64> {
    let mut all = BTreeMap::new();
    let members = serde_json::to_value(counts).unwrap_or_default();
    for (name, value) in members.as_object().into_iter().flatten() {
        for (inner, count) in value.as_object().into_iter().flatten() {
            let (file, name) = match name.as_str() {
                "decisions" => (DECISIONS, inner.clone()),
                _ => (KEYS, format!("{name}.{inner}")),
            };
            all.insert((file, name), count.as_u64().unwrap_or_default());
        }
        if let Some(count) = value.as_u64() {
            all.insert((KEYS, name.clone()), count);
        }
    }
    all
}

/// Looks at the form of the receipts: they are statements of the server, each about events of the log.
pub(super) fn receipts(folder: &Path, report: &Report, differences: &mut Differences) {
    let Some(mut rows) = Rows::open(folder, RECEIPTS, &RECEIPT_COLUMNS, differences) else { return };
    let mut last = 0;
    while let Some(row) = rows.next(differences) {
        let number = |at: usize| row[at].parse::<u64>().ok();
        let fits = match (number(0), number(1), number(2), number(3)) {
            (Some(revision), Some(first), Some(confirmed), Some(nodes)) => {
                let ordered = last < revision && revision <= report.as_of.seq;
                last = last.max(revision);
                ordered && (1..=revision).contains(&first) && confirmed <= nodes
            }
            _ => false,
        };
        if !fits {
            differences.add(RECEIPTS, rows.number(), "is not a receipt of events up to asOf, in their order");
        }
    }
}

/// Rows of a file.
struct Rows<'a> {
    name: &'a str,
    reader: csv::Reader<Records>,
    record: csv::StringRecord,
    columns: usize,
    /// The line that the last row begins in.
    number: u64,
    /// The line that the next row begins in.
    next: u64,
}

impl<'a> Rows<'a> {
    /// Opens a file and reads its header; none when that is another.
    fn open(
        folder: &Path,
        name: &'a str,
        columns: &[&str],
        differences: &mut Differences,
    ) -> Option<Rows<'a>> {
        let lines = Lines::open(&folder.join(name)).ok()?;
        let records = Records { lines, record: Vec::new(), at: 0 };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(records);
        let record = csv::StringRecord::new();
        let mut rows = Rows { name, reader, record, columns: columns.len(), number: 0, next: 1 };
        let header = rows.next(differences)?;
        if header.iter().map(String::as_str).ne(columns.iter().copied()) {
            differences.add(name, 1, format!("is not the header {}", columns.join(",")));
            return None;
        }
        Some(rows)
    }

    /// The next row; none at the end and after a row that cannot be read.
    fn next(&mut self, differences: &mut Differences) -> Option<Vec<String>> {
        let count = self.columns;
        let wrong = match self.reader.read_record(&mut self.record) {
            Ok(false) => return None,
            Ok(true) => {
                self.number = self.next;
                let line = self.record.position().map_or(0, csv::Position::line);
                let breaks = self.record.iter().flat_map(str::bytes).filter(|byte| *byte == b'\n').count();
                self.next += 1 + breaks as u64;
                match self.record.len() {
                    _ if line != self.number => "is an empty line".to_owned(),
                    cells if cells == count => return Some(self.record.iter().map(str::to_owned).collect()),
                    cells => format!("has {cells} cells instead of {count}"),
                }
            }
            Err(error) => {
                self.number = self.next;
                match error.into_kind() {
                    csv::ErrorKind::Io(error) => error.to_string(),
                    _ => "not a valid CSV row".to_owned(),
                }
            }
        };
        differences.add(self.name, self.number, wrong);
        None
    }

    fn number(&self) -> u64 {
        self.number
    }
}

/// The longest record, so that a quote that is never closed does not read a whole file into memory.
const LONGEST: usize = 1 << 20;

/// The records of a file. A record is a line, or several where a quoted cell (a reason) has line breaks.
struct Records {
    lines: Lines,
    record: Vec<u8>,
    at: usize,
}

impl Read for Records {
    /// Never more than a record, so that what is wrong with one is not said before those above it were read.
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        if self.at == self.record.len() {
            self.at = 0;
            self.record.clear();
            let mut open = false;
            while let Some(line) = self.lines.next().map_err(io::Error::other)? {
                self.record.extend_from_slice(line.as_bytes());
                self.record.push(b'\n');
                open ^= line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
                if !open || self.record.len() > LONGEST {
                    break;
                }
            }
            if open {
                return Err(io::Error::other("has a quote that is not closed"));
            }
        }
        let read = (&self.record[self.at..]).read(part)?;
        self.at += read;
        Ok(read)
    }
}

/// A cell as it is written.
fn written(cell: Option<&String>) -> String {
    cell.map(|text| harmless(text)).unwrap_or_default()
}

fn compare(
    name: &str,
    line: u64,
    columns: &[&str],
    row: &[String],
    expected: &Cells,
    differences: &mut Differences,
) {
    for ((column, cell), expected) in columns.iter().zip(row).zip(expected) {
        let expected = written(expected.as_ref());
        if *cell != expected {
            let text = format!("{column} is {cell:?}, but the audit log says {expected:?}");
            differences.add(name, line, text);
        }
    }
}

fn keys(
    folder: &Path,
    report: &Report,
    replay: &Replay,
    differences: &mut Differences,
) -> (BTreeMap<KeyId, InScope>, ReportCounts) {
    let mut in_scope = BTreeMap::new();
    let mut counts = ReportCounts::default();
    let columns = [&PROVED[..], &STATED[..]].concat();
    let Some(mut rows) = Rows::open(folder, KEYS, &columns, differences) else { return (in_scope, counts) };
    let place: HashMap<&str, usize> = columns.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    // Both are in the order of ids.
    let mut expected = replay.keys().peekable();
    let mut last = None;
    while let Some(row) = rows.next(differences) {
        let line = rows.number();
        let Ok(id) = row[0].parse::<KeyId>() else {
            differences.add(KEYS, line, format!("id is {:?}, which is not a key id", row[0]));
            continue;
        };
        if last.is_some_and(|last| id <= last) {
            differences.add(KEYS, line, format!("{id} is not in the order of ids"));
            continue;
        }
        last = Some(id);
        while let Some((missing, cells)) = expected.next_if(|(next, _)| *next < id) {
            missing_key(line, missing, &cells, differences);
        }
        match expected.next_if(|(next, _)| *next == id) {
            Some((_, cells)) => compare(KEYS, line, &PROVED, &row, &cells, differences),
            None => differences.add(KEYS, line, format!("{id} has no key.created or key.rotated event")),
        }
        let cell = |name: &str| row[place[name]].as_str();
        let time = |name: &str| Timestamp::parse(cell(name)).ok();
        let is_in_scope = cell("inScope") == "true";
        let counted = Counted {
            status: cell("status"),
            in_scope: is_in_scope,
            idle_since: time("lastUsedAt").or_else(|| time("createdAt")).unwrap_or_default(),
            owned: !cell("owner").is_empty(),
            purposed: !cell("purpose").is_empty(),
            reviewed_at: time("reviewedAt"),
            findings: cell("findings"),
        };
        counts.add(&counted, report.created_at);
        if is_in_scope {
            let (project, name) = (cell("project").to_owned(), cell("name").to_owned());
            in_scope.insert(id, InScope { project, name, decision: cell("decision").to_owned() });
        } else if !matches!(cell("inScope"), "false") || !cell("decision").is_empty() {
            differences.add(
                KEYS,
                line,
                "inScope is not false or true, or there is a decision on a key out of scope",
            );
        }
    }
    let end = rows.number();
    for (missing, cells) in expected {
        missing_key(end, missing, &cells, differences);
    }
    (in_scope, counts)
}

fn missing_key(line: u64, id: KeyId, cells: &Cells, differences: &mut Differences) {
    let name = cells[3].as_deref().unwrap_or_default();
    let text = format!("the row of {id} ({name:?}) is missing, which the audit log says was created");
    differences.add(KEYS, line, text);
}

fn decisions(
    folder: &Path,
    report: &Report,
    replay: &Replay,
    in_scope: &BTreeMap<KeyId, InScope>,
    counts: &mut ReportCounts,
    differences: &mut Differences,
) -> u64 {
    let Some(mut rows) = Rows::open(folder, DECISIONS, &DECIDED, differences) else { return 0 };
    let mut count = 0;
    let Some(told) = &report.scope.review else {
        if rows.next(differences).is_some() {
            differences.add(DECISIONS, 2, "has a decision, but the report is not about a review");
        }
        return 0;
    };
    let mut sum = Decisions::default();
    let Some(review) = replay.review(told.id) else {
        differences.add(DECISIONS, None, format!("the review {} has no review.started event", told.id));
        return 0;
    };
    let is_executed = matches!(told.status, ReviewStatus::Executed | ReviewStatus::Signed);
    if review.executed != is_executed {
        let text = "the audit log and the event report.created do not agree whether the review was executed";
        differences.add(DECISIONS, None, text);
    }
    let mut seen = BTreeSet::new();
    while let Some(row) = rows.next(differences) {
        count += 1;
        let line = rows.number();
        let key = row[1].parse::<KeyId>().ok();
        let Some((key, listed)) = key.and_then(|key| Some((key, in_scope.get(&key)?))) else {
            differences.add(DECISIONS, line, format!("{:?} is not a key in scope in keys.csv", row[1]));
            continue;
        };
        if seen.last().is_some_and(|last| key <= *last) {
            differences.add(DECISIONS, line, format!("{key} is not in the order of ids"));
            continue;
        }
        seen.insert(key);
        let id = told.id.to_string();
        let same = [
            (&row[0], &id),
            (&row[2], &listed.project),
            (&row[3], &listed.name),
            (&row[4], &listed.decision),
        ];
        for ((cell, other), column) in same.into_iter().zip(["review", "project", "name", "decision"]) {
            if cell != other {
                differences.add(
                    DECISIONS,
                    line,
                    format!("{column} is {cell:?}, but keys.csv says {other:?}"),
                );
            }
        }
        decision(line, &row, key, review, replay, differences);
        *sum.of(Decision::known(&row[4])) += 1;
    }
    for key in in_scope.keys().filter(|key| !seen.contains(key)) {
        differences.add(DECISIONS, None, format!("the row of {key}, a key in scope, is missing"));
    }
    for key in review.decisions.keys().filter(|key| !seen.contains(key) && !in_scope.contains_key(key)) {
        differences.add(DECISIONS, None, format!("the row of {key} is missing, which has a decision"));
    }
    for (key, done) in review.done.iter().filter(|(key, _)| !seen.contains(key)) {
        let text = format!("the row of {key} is missing, whose decision event {} executed", done.seq);
        differences.add(DECISIONS, None, text);
    }
    if review.in_scope != in_scope.len() as u64 {
        let text =
            format!("{} keys are in scope, but review.started has {}", in_scope.len(), review.in_scope);
        differences.add(KEYS, None, text);
    }
    counts.decisions = Some(sum);
    count
}

/// A decision as the log tells it, and what carried it out.
fn decision(
    line: u64,
    row: &[String],
    key: KeyId,
    review: &ReplayedReview,
    replay: &Replay,
    differences: &mut Differences,
) {
    let decided = review.decisions.get(&key);
    let expected = decided.map_or_else(|| vec![None; 9], crate::wire::replay::ReplayedDecision::cells);
    compare(DECISIONS, line, &DECIDED[4..13], &row[4..13], &expected, differences);
    let done = match decided {
        Some(decided) if decided.decision == Decision::Rotate => {
            replay.replacement(&key.to_string(), decided.seq)
        }
        _ => review.done.get(&key),
    };
    let cells =
        |done: &Done| vec![Some(done.seq.to_string()), Some(done.at.to_string()), Some(done.by.clone())];
    let expected = done.map_or_else(|| vec![None; 3], cells);
    compare(DECISIONS, line, &DECIDED[14..], &row[14..], &expected, differences);
    if (row[13] == "done") != done.is_some() {
        let text = match done {
            Some(done) => {
                format!("outcome is {:?}, but event {} executed the decision", row[13], done.seq)
            }
            None => "outcome is \"done\", but no event executed the decision".to_owned(),
        };
        differences.add(DECISIONS, line, text);
    }
}
