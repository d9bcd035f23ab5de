//! Comments: one line each, short, and harmless whatever the rule holds.

use crate::wire::rules::Rule;
use crate::wire::text::inert;

/// The most characters of a source or a destination in a comment. nginx and HAProxy read lines into buffers,
/// comments too.
const SHOWN: usize = 160;

/// A line for a rule that the target cannot hold: why, and which.
pub(super) fn left_out(out: &mut String, rule: &Rule, why: &str) {
    let (source, destination) = (short(&rule.source), short(&rule.destination));
    let line = format!(
        "# Skipped ({why}): {} {source} -> {destination} ({})\n",
        rule.matching.as_str(),
        rule.status
    );
    out.push_str(&line);
}

/// A line for a rule of another status, where the target carries destinations alone.
pub(super) fn status(out: &mut String, indent: &str, rule: &Rule) {
    if rule.status != 301 {
        let line = format!(
            "{indent}# The next rule has status {}; a map holds only the destination.\n",
            rule.status
        );
        out.push_str(&line);
    }
}

/// A text for a comment: no character of it ends the line.
fn short(text: &str) -> String {
    // A line feed may be the reason why the rule is skipped, so it shows.
    let text = text.replace(['\n', '\t'], "\u{fffd}");
    let text = inert(&text);
    match text.char_indices().nth(SHOWN) {
        None => text.into_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
