//! nginx: locations and maps.
//!
//! nginx compares `$uri`: the path decoded once, with `//`, `/./` and `/../` resolved. So `%3F`, `%23` and
//! `%25` of a canonical path are decoded here, and what `$uri` never is becomes a comment.

use std::collections::HashMap;

use super::{AGAIN, CONTROL, Entry, exact, has_control, note, prefixes};
use crate::wire::rules::{Match, Rule};

/// nginx reads no longer word, quotes and escapes counted.
const MAX_WORD: usize = 4000;
/// The names of nginx's locations lie in a tree that counts their bytes in eight bits.
const MAX_LOCATION: usize = 255;
/// A longer plain string does not fit into a bucket of a map as nginx makes them unless told otherwise
/// (`map_hash_bucket_size 64`), and nginx would not start.
const MAX_PLAIN: usize = 46;

/// Locations, for an `include` in a `server` block.
pub fn locations(rules: &[Rule]) -> String {
    let mut out = String::from("# Redirects exported by Keydeck. Include this file in a server block.\n");
    let (exact, prefixes) = (held(&mut out, exact(rules)), held(&mut out, prefixes(rules)));
    // A longer path than a location may have: tried one by one before any location is looked for, and
    // shorter rules cannot be for the same paths and better.
    for entry in exact.iter().chain(&prefixes).filter(|entry| entry.path.len() > MAX_LOCATION) {
        let line = format!("if ($uri ~ {}) {{ {} }}\n", pattern(entry), answer(entry));
        out.push_str(&line);
    }
    let mut short: Vec<&Entry<'_>> =
        exact.iter().chain(&prefixes).filter(|entry| entry.path.len() <= MAX_LOCATION).collect();
    // nginx sorts locations by insertion. In its own order there is nothing to do, however many they are.
    short.sort_by_cached_key(|entry| {
        let order: Vec<u8> = entry.path.bytes().map(|byte| if byte == b'/' { 0 } else { byte }).collect();
        (order, entry.rule.matching == Match::StartsWith)
    });
    let mut root = None;
    for entry in short {
        let line = match entry.rule.matching {
            Match::Exact => format!("location = {} {{ {} }}\n", quoted(&entry.path), answer(entry)),
            // Most server blocks have a `location /` already, and nginx takes no second one. A pattern is
            // tried after all the locations above, and before that one.
            Match::StartsWith if entry.path == "/" => {
                root = Some(format!("location ~ \"^/\" {{ {} }}\n", answer(entry)));
                continue;
            }
            Match::StartsWith => {
                format!("location ^~ {} {{ {} }}\n", quoted(&entry.path), answer(entry))
            }
        };
        out.push_str(&line);
    }
    out.push_str(&root.unwrap_or_default());
    out
}

/// `map $uri $redirect_exact { … }`
pub fn map_exact(rules: &[Rule]) -> String {
    let mut out = String::from(
        "# Exact redirects exported by Keydeck. Include this file in the http block, and in a server block:\n#   if ($redirect_exact) { return 301 $redirect_exact; }\n# nginx compares plain strings without case. Sources that differ only in case are patterns, as are\n# sources too long for its default hash buckets.\nmap $uri $redirect_exact {\n",
    );
    let entries = held(&mut out, exact(rules));
    let mut folded: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    for entry in &entries {
        *folded.entry(entry.path.to_ascii_lowercase()).or_default() += 1;
    }
    for entry in &entries {
        let alone = folded.get(&entry.path.to_ascii_lowercase()) == Some(&1);
        let plain = alone && entry.path.len() <= MAX_PLAIN;
        let key = if plain { quoted(&entry.path) } else { format!("\"~{}", &pattern(entry)[1..]) };
        assign(&mut out, &key, entry);
    }
    out.push_str("}\n");
    out
}

/// `map $uri $redirect_prefix { … }`; its patterns are tried in their order, the longest first.
pub fn map_prefix(rules: &[Rule]) -> String {
    let mut out = String::from(
        "# Prefix redirects exported by Keydeck. Include this file in the http block, and in a server block\n# after the exact redirects:\n#   if ($redirect_prefix) { return 301 $redirect_prefix; }\nmap $uri $redirect_prefix {\n",
    );
    for entry in held(&mut out, prefixes(rules)) {
        assign(&mut out, &format!("\"~{}", &pattern(&entry)[1..]), &entry);
    }
    out.push_str("}\n");
    out
}

fn assign(out: &mut String, key: &str, entry: &Entry<'_>) {
    note::status(out, "    ", entry.rule);
    let line = format!("    {key} {};\n", quoted(&entry.to));
    out.push_str(&line);
}

fn answer(entry: &Entry<'_>) -> String {
    format!("return {} {};", entry.rule.status, quoted(&entry.to))
}

/// The rules that nginx can hold, with their paths as `$uri` has them; the others become comments.
fn held<'a>(out: &mut String, entries: Vec<Entry<'a>>) -> Vec<Entry<'a>> {
    let mut held = Vec::with_capacity(entries.len());
    for mut entry in entries {
        if let Some(why) = why_not(&entry) {
            note::left_out(out, entry.rule, why);
        } else {
            entry.path = decoded(&entry.path);
            held.push(entry);
        }
    }
    held
}

fn why_not(entry: &Entry<'_>) -> Option<&'static str> {
    let Entry { rule, path, to, again } = entry;
    let whole = rule.matching == Match::Exact;
    if has_control(entry) {
        Some(CONTROL)
    } else if *again {
        Some(AGAIN)
    } else if path.contains("%2F") {
        Some("nginx decodes %2F to / before it compares")
    } else if ["//", "/./", "/../"].iter().any(|part| path.contains(part))
        || (whole && (path.ends_with("/.") || path.ends_with("/..")))
    {
        Some("nginx resolves //, /./ and /../ before it compares")
    } else if to.contains('$') {
        Some("nginx reads $ in a destination as a variable")
    } else if pattern(entry).len() > MAX_WORD || quoted(to).len() > MAX_WORD {
        Some("the word is too long for nginx")
    } else {
        None
    }
}

/// What `$uri` is for a canonical path.
fn decoded(path: &str) -> String {
    // One pass: what %25 becomes is not decoded again.
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (c, length) = match from.get(..3) {
            Some("%3F") => ('?', 3),
            Some("%23") => ('#', 3),
            _ => ('%', if from.starts_with("%25") { 3 } else { 1 }),
        };
        out.push(c);
        rest = &from[length..];
    }
    out.push_str(rest);
    out
}

/// A pattern in quotes, for the whole path of an exact rule, for the beginning of a prefix rule. `\z` is the
/// end and nothing else: `$` would be before a line break too.
fn pattern(entry: &Entry<'_>) -> String {
    let mut pattern = String::from("^");
    for c in entry.path.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '/' | '-' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if entry.rule.matching == Match::Exact {
        pattern.push_str("\\z");
    }
    quoted(&pattern)
}

/// A word in quotes, in which nginx takes each character for itself (and `$` where no variable may be).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
