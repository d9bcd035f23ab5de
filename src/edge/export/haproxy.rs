//! HAProxy: rules and maps.
//!
//! HAProxy compares paths as they are sent. The rules bring a path to its canonical form first; a map leaves
//! that to who uses it, so that its sources are written as paths are sent.

use std::fmt::Write as _;

use super::{AGAIN, CONTROL, Entry, exact, has_control, note, prefixes};
use crate::wire::rules::{Match, Rule};

/// HAProxy reads lines of maps into a buffer of 16 KiB, and puts a destination into one.
const MAX_LINE: usize = 12_000;

/// Percent sequences are decoded, but for those of `%`, `/`, `?` and `#`, which are encoded once more before.
const CANONICAL: &str = "path,regsub(%25,%2525,g),regsub(%2F,%252F,gi),regsub(%3F,%253F,gi),\
                         regsub(%23,%2523,g),url_dec";

/// Rules for a `frontend` or `listen` section.
pub fn rules(rules: &[Rule]) -> String {
    let mut out = format!(
        "# Redirects exported by Keydeck, for a frontend or listen section in HTTP mode.\nhttp-request set-var(txn.keydeck_path) {CANONICAL}\n"
    );
    for entry in exact(rules).iter().chain(&prefixes(rules)) {
        let how = if entry.rule.matching == Match::Exact { "str" } else { "beg" };
        let line = format!(
            "http-request redirect code {} location {} if {{ var(txn.keydeck_path) -m {how} {} }}\n",
            entry.rule.status,
            // In a destination % begins a variable.
            quoted(&entry.to.replace('%', "%%")),
            quoted(&entry.path),
        );
        if has_control(entry) {
            note::left_out(&mut out, entry.rule, CONTROL);
        } else if entry.again {
            note::left_out(&mut out, entry.rule, AGAIN);
        } else if line.len() > MAX_LINE {
            note::left_out(&mut out, entry.rule, TOO_LONG);
        } else {
            out.push_str(&line);
        }
    }
    out
}

/// Sources and destinations for `map_str`.
pub fn map_exact(rules: &[Rule]) -> String {
    let out = "# Exact redirects exported by Keydeck:\n#   http-request redirect location %[path,map_str(FILE)] if { path,map_str(FILE) -m found }\n";
    map(out, &exact(rules))
}

/// Sources and destinations for `map_beg`, which finds the longest.
pub fn map_prefix(rules: &[Rule]) -> String {
    let out = "# Prefix redirects exported by Keydeck (use after the exact ones):\n#   http-request redirect location %[path,map_beg(FILE)] if { path,map_beg(FILE) -m found }\n";
    map(out, &prefixes(rules))
}

const TOO_LONG: &str = "the line is too long for HAProxy";

fn map(head: &str, entries: &[Entry<'_>]) -> String {
    let mut out = String::from(head);
    for entry in entries {
        let Entry { rule, path, to, again } = entry;
        let sent = sent(path);
        let blank = |text: &str| text.starts_with(' ') || text.ends_with(' ');
        let why_not = if has_control(entry) {
            Some(CONTROL)
        } else if *again {
            Some(AGAIN)
        } else if blank(&rule.destination) {
            Some("HAProxy strips the blanks around a destination")
        } else if sent.len() + to.len() > MAX_LINE {
            Some(TOO_LONG)
        } else {
            None
        };
        if let Some(why) = why_not {
            note::left_out(&mut out, rule, why);
            continue;
        }
        note::status(&mut out, "", rule);
        out.extend([&sent, " ", to, "\n"]);
        // For who decodes the path first, with url_dec.
        if *path != sent && !path.contains(' ') {
            out.extend([path, " ", to, "\n"]);
        } else if *path != sent {
            out.push_str(
                "# A source ends at the first blank; a source with blanks is written percent-encoded.\n",
            );
        }
    }
    out
}

/// A canonical path as clients send it: what may not stand in a path is encoded. A `%` in it begins one of
/// the sequences that a canonical path keeps.
fn sent(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/%-._~!$&'()*+,;=:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("memory takes all bytes");
        }
    }
    out
}

/// A word in single quotes, in which HAProxy takes each character for itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
