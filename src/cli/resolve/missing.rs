//! What nothing is named: one sentence, with the name that was probably meant.

use crate::cli::exit::{Exit, Failure};
use crate::wire::text::{cut, fold};

/// The most characters of a name that a message repeats.
const SHOWN: usize = 80;

/// There is no `noun` of this name. If one of the `names` is nearly the same, the message offers it; else it says how to
/// list all.
pub(super) fn missing(noun: &str, named: &str, names: impl IntoIterator<Item = String>) -> Failure {
    let named = named.trim();
    let next = match nearest(named, names) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("list {noun}s with `{}`", listed_by(noun)),
    };
    let shown = if named.is_empty() { String::new() } else { format!(": {}", cut(named, SHOWN)) };
    Failure::new(Exit::NotFound, format!("{noun} not found{shown}; {next}"))
}

fn listed_by(noun: &str) -> &'static str {
    match noun {
        "project" => "keydeck projects list",
        "review" => "keydeck audit review list",
        _ => "keydeck keys list --status all",
    }
}

/// The name that differs least, if it is one mistyped letter in four, or the only one that begins so.
fn nearest(named: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let wanted = fold(named);
    let letters = wanted.chars().count();
    if letters < 2 {
        return None;
    }
    let most = (letters / 4).max(1);
    let mut best: Option<(usize, String)> = None;
    let mut longer = Vec::new();
    for name in names {
        let folded = fold(&name);
        let differs = strsim::osa_distance(&wanted, &folded);
        if differs <= most && best.as_ref().is_none_or(|(least, _)| differs < *least) {
            best = Some((differs, name));
        } else if folded.starts_with(&wanted) {
            longer.push(name);
        }
    }
    match (best, longer.len()) {
        (Some((_, name)), _) => Some(name),
        (None, 1) => longer.pop(),
        (None, _) => None,
    }
}
