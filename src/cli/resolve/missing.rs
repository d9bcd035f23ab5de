//! The error for a name that nothing has, with a suggestion.

use crate::cli::exit::{Exit, Failure};
use crate::cli::near::nearest;
use crate::wire::text::cut;

/// The most characters of a name that a message repeats.
const SHOWN: usize = 80;

/// There is no `noun` of this name. If a few of the `names` are nearly the same, the message offers them; else it says how
/// to list all.
pub(super) fn missing(noun: &str, named: &str, names: impl IntoIterator<Item = String>) -> Failure {
    let named = named.trim();
    let next = match nearest(named, names) {
        Some(names) => format!("did you mean {names}?"),
        None => format!("list {noun}s with `{}`", listed_by(noun)),
    };
    let shown = if named.is_empty() { String::new() } else { format!(": {}", cut(named, SHOWN)) };
    Failure::new(Exit::NotFound, format!("{noun} not found{shown}; {next}"))
}

fn listed_by(noun: &str) -> &'static str {
    match noun {
        "project" => "keydeck projects list",
        "review" => "keydeck audit review list",
        "token" => "keydeck tokens list",
        _ => "keydeck keys list --status all",
    }
}
