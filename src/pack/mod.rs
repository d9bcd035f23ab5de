//! Evidence packs on this machine: received, opened, and verified without a server or a database.
//!
//! A pack may come from anybody. What is read of it is bounded, and nothing in it is followed or run.
//!
//! | module | what |
//! |---|---|
//! | `draft` | a pack while it is received: verified, then moved to its place |
//! | `open` | a folder or a `.tar.gz`, with exactly the files of a pack |
//! | `lines` | files line by line, each of a bounded length |
//! | `chain` | the audit log: whole from 1 to its head |
//! | `rows` | `keys.csv` and `decisions.csv` against the replayed log; the form of `receipts.csv` |

mod chain;
mod draft;
mod lines;
mod open;
mod rows;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Map, Value, json};

pub use self::draft::{Draft, DraftError, usual_name};
pub use self::open::{Opened, open, unpack};
use crate::wire::audit::{ActorToken, Head};
use crate::wire::reports::{
    ALL, BOUND, DECISIONS, EVENTS, FORMAT, FileHash, HASHES, HTML, KEYS, LISTED, MANIFEST, MARKDOWN,
    PackFile, RECEIPTS, Report, canonical,
};
use crate::wire::text::inert;

/// The most differences that are listed.
const MOST: usize = 100;
/// The largest manifest.
const MANIFEST_MAX: u64 = 16 << 20;

/// Something in a pack that does not agree with the rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// The line in it, if it is in one.
    pub line: Option<u64>,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&inert(&self.file))?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        write!(f, ": {}", inert(&self.text))
    }
}

/// All that is wrong with a pack, up to a number.
#[derive(Default)]
pub(super) struct Differences {
    list: Vec<Difference>,
    more: u64,
}

impl Differences {
    fn add(&mut self, file: &str, line: impl Into<Option<u64>>, text: impl Into<String>) {
        if self.list.len() < MOST {
            let (file, line) = (file.to_owned(), line.into());
            let text = crate::wire::text::plain(&text.into()).into_owned();
            self.list.push(Difference { file, line, text });
        } else {
            self.more += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn list(mut self) -> Vec<Difference> {
        if self.more > 0 {
            let text = format!("{} more differences", self.more);
            self.list.push(Difference { file: "pack".to_owned(), line: None, text });
        }
        self.list
    }
}

/// What a pack without differences says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// What it is about.
    pub report: Report,
    /// The head of its audit log.
    pub head: Head,
    /// How many rows `decisions.csv` has.
    pub decisions: u64,
    /// The head that was noted elsewhere and is in its audit log.
    pub contains: Option<Head>,
}

impl Proof {
    /// Whether the head that was noted is the one of this pack: then all of it is the real history.
    pub fn is_authenticated(&self) -> bool {
        self.contains.as_ref() == Some(&self.head)
    }
}

/// Verifies the pack in a folder. `noted` is a head that was noted elsewhere.
///
/// # Errors
/// Each difference.
pub fn verify(folder: &Path, noted: Option<&Head>) -> Result<Proof, Vec<Difference>> {
    let mut differences = Differences::default();
    let proof = check(folder, noted, &mut differences);
    match proof {
        Some(proof) if differences.is_empty() => Ok(proof),
        _ => Err(differences.list()),
    }
}

fn check(folder: &Path, noted: Option<&Head>, differences: &mut Differences) -> Option<Proof> {
    // What is left of a pack is checked all the same.
    let mut unusable = open::check_names(folder, differences);
    if unusable.contains(MANIFEST) {
        return None;
    }
    let manifest = File::open(folder.join(MANIFEST)).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(MANIFEST_MAX + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    let manifest = match manifest {
        Ok(bytes) if bytes.len() as u64 <= MANIFEST_MAX => bytes,
        Ok(_) => {
            differences.add(MANIFEST, None, "is larger than 16 MiB");
            return None;
        }
        Err(error) => {
            differences.add(MANIFEST, None, format!("cannot be read: {error}"));
            return None;
        }
    };
    let names = |text: &str| memchr::memmem::find(&manifest, text.as_bytes()).is_some();
    // A pack of an older version has none.
    let has_receipts = folder.join(RECEIPTS).exists();
    if names(RECEIPTS) && !has_receipts && unusable.insert(RECEIPTS) {
        differences.add(RECEIPTS, None, "is missing");
    }
    let mut files = HashMap::new();
    for name in ALL.into_iter().filter(|name| has_receipts || *name != RECEIPTS) {
        if unusable.contains(name) {
            continue;
        }
        match hashed(&folder.join(name), name) {
            Ok(file) => drop(files.insert(name, file)),
            Err(error) => {
                differences.add(name, None, format!("cannot be read: {error}"));
                unusable.insert(name);
            }
        }
    }
    if unknown_format(&manifest, differences) {
        return None;
    }
    if unusable.contains(EVENTS) {
        listed_files(&manifest, &files, differences);
        return None;
    }
    // The chain vouches for every event but the last: that one is vouched for by the manifest.
    let chain = chain::verify(&folder.join(EVENTS), noted, &names, differences)?;
    if !names(&chain.head.hash) && !names(&files[EVENTS].sha256) {
        let stated: Value = serde_json::from_slice(&manifest).unwrap_or_default();
        if stated.get("head").is_some() {
            let text = "was changed: its hash is not the head in manifest.json";
            differences.add(EVENTS, chain.head.seq, text);
        } else {
            differences.add(MANIFEST, None, "not a pack manifest: head is missing");
        }
        return None;
    }
    let report: Report = match serde_json::from_value(chain.detail.clone()) {
        Ok(report) => report,
        Err(error) => {
            let text = format!("not a valid report.created: {error}");
            differences.add(EVENTS, chain.head.seq, text);
            return None;
        }
    };
    bound_files(&files, &unusable, &chain.detail, differences);
    compare_manifest(&manifest, &files, &unusable, &chain, differences);
    bound_event(&report, &chain, differences);
    if report.as_of.seq >= chain.head.seq {
        differences.add(EVENTS, chain.head.seq, "is a report of a later state than its own");
        return None;
    }
    let replay = chain::replay(&folder.join(EVENTS), &report, differences)?;
    if unusable.contains(KEYS) || unusable.contains(DECISIONS) {
        return None;
    }
    let decisions = rows::verify(folder, &report, &replay, differences);
    if has_receipts && !unusable.contains(RECEIPTS) {
        rows::receipts(folder, &report, differences);
    }
    Some(Proof { report, head: chain.head, decisions, contains: chain.contains })
}

fn hashed(path: &Path, name: &str) -> io::Result<PackFile> {
    let mut file = File::open(path)?;
    let mut hash = FileHash::default();
    let mut part = vec![0; 64 * 1024];
    loop {
        match file.read(&mut part)? {
            0 => break,
            read => hash.update(&part[..read]),
        }
    }
    Ok(PackFile { name: name.to_owned(), bytes: hash.bytes(), sha256: hash.hex() })
}

/// A pack of a newer form is not judged by the rules of this one.
fn unknown_format(manifest: &[u8], differences: &mut Differences) -> bool {
    let value: Value = serde_json::from_slice(manifest).unwrap_or_default();
    match value.get("format").and_then(Value::as_u64) {
        Some(format) if format > u64::from(FORMAT) => {
            let text = format!("format {format} is not supported; update Keydeck");
            differences.add(MANIFEST, None, text);
            true
        }
        _ => false,
    }
}

/// The files whose hashes the manifest holds: all that can be compared without the audit log.
fn listed_files(manifest: &[u8], files: &HashMap<&str, PackFile>, differences: &mut Differences) {
    let stated: Value = serde_json::from_slice(manifest).unwrap_or_default();
    for stated in stated.get("files").and_then(Value::as_array).into_iter().flatten() {
        let text = |member: &str| stated.get(member).and_then(Value::as_str);
        let Some(file) = text("name").and_then(|name| files.get(name)) else { continue };
        if text("sha256") != Some(&file.sha256) {
            differences.add(&file.name, None, "was changed: its SHA-256 is not the one in manifest.json");
        }
    }
}

/// The files whose hashes the event holds.
fn bound_files(
    files: &HashMap<&str, PackFile>,
    unusable: &BTreeSet<&str>,
    detail: &Value,
    differences: &mut Differences,
) {
    for name in BOUND.into_iter().filter(|name| !unusable.contains(name)) {
        let bound = detail.get(HASHES).and_then(|hashes| hashes.get(name)).and_then(Value::as_str);
        let wrong = match (bound, files.get(name)) {
            (None, None) => continue,
            (Some(_), None) => "is missing",
            (Some(bound), Some(file)) if bound == file.sha256 => continue,
            // Nothing in the pack says what these hold, line by line.
            _ if matches!(name, HTML | MARKDOWN | RECEIPTS) => {
                "was changed: its SHA-256 is not the one in the event report.created, which does not tell the line"
            }
            _ => "was changed: its SHA-256 is not the one in the event report.created",
        };
        differences.add(name, None, wrong);
    }
}

/// The manifest follows from the event and the files to the last byte.
fn compare_manifest(
    manifest: &[u8],
    files: &HashMap<&str, PackFile>,
    unusable: &BTreeSet<&str>,
    chain: &chain::Chain,
    differences: &mut Differences,
) {
    let parsed: Value = serde_json::from_slice(manifest).unwrap_or_default();
    let mut members = chain.detail.as_object().cloned().unwrap_or_default();
    members.remove(ActorToken::MEMBER);
    let hashes = members.remove(HASHES).unwrap_or_default();
    let listed: Vec<Value> = LISTED
        .iter()
        .filter_map(|name| {
            let file = files.get(name);
            let bound = hashes.get(name).and_then(Value::as_str);
            // What is wrong with a file that was changed or is missing has been said.
            let is_wrong = match file {
                Some(file) => BOUND.contains(name) && bound != Some(&file.sha256),
                None => unusable.contains(name),
            };
            let stated = parsed.get("files").and_then(Value::as_array).into_iter().flatten();
            let stated = stated.filter(|_| is_wrong).find(|stated| stated.get("name") == Some(&json!(name)));
            stated.cloned().or_else(|| Some(json!(file?)))
        })
        .collect();
    members.insert("head".to_owned(), json!(chain.head));
    members.insert("files".to_owned(), Value::Array(listed));
    let expected = canonical(&Value::Object(Map::from_iter(members)));
    if expected == manifest {
        return;
    }
    let (mut expected, mut found) =
        (expected.split(|byte| *byte == b'\n'), manifest.split(|byte| *byte == b'\n'));
    let mut line = 0;
    loop {
        line += 1;
        let pair = (expected.next(), found.next());
        if pair == (None, None) {
            return;
        }
        if pair.0 != pair.1 {
            let shown = |line: Option<&[u8]>| match line {
                Some(line) => format!("{:?}", String::from_utf8_lossy(line).trim()),
                None => "nothing".to_owned(),
            };
            let text = format!("is {}, but the other files say {}", shown(pair.1), shown(pair.0));
            differences.add(MANIFEST, line, text);
            return;
        }
    }
}

/// The event says when and by whom; so does its detail.
fn bound_event(report: &Report, chain: &chain::Chain, differences: &mut Differences) {
    if report.created_at != chain.at || report.created_by != chain.actor {
        let text = "records a different time or actor in its detail";
        differences.add(EVENTS, chain.head.seq, text);
    }
    let left: u64 = report.exclusions.iter().map(|left| left.keys).sum();
    if report.counts.in_scope + left != report.counts.keys {
        let text = "the keys in scope and those left out do not add up to all keys";
        differences.add(EVENTS, chain.head.seq, text);
    }
    if report.server.id.is_some() && report.server.id != chain.first {
        differences.add(EVENTS, 1, "its hash is not the server's id in the event report.created");
    }
}
