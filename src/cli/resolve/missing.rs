//! The error for a name that nothing has, with a suggestion.

use crate::cli::exit::{Exit, Failure};
use crate::wire::text::{cut, fold};

/// The most characters of a name that a message repeats.
const SHOWN: usize = 80;

/// The most names that are offered.
const OFFERED: usize = 3;

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

/// The names that differ least, if by no more than one mistyped letter in four; else the only one that begins so. In words,
/// if they are few: many are no help.
fn nearest(named: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let wanted = fold(named);
    let letters = wanted.chars().count();
    if letters < 2 {
        return None;
    }
    let mut least = (letters / 4).max(1);
    let (mut near, mut longer) = (Vec::new(), Vec::new());
    for name in names {
        let folded = fold(&name);
        let differs = strsim::osa_distance(&wanted, &folded);
        if differs < least {
            near.clear();
        }
        if differs <= least {
            least = differs;
            near.push(name);
        } else if folded.starts_with(&wanted) {
            longer.push(name);
        }
    }
    if near.is_empty() && longer.len() == 1 {
        near = longer;
    }
    near.sort_unstable();
    near.dedup();
    let last = near.pop().filter(|_| near.len() < OFFERED)?;
    Some(if near.is_empty() { last } else { format!("{} or {last}", near.join(", ")) })
}
