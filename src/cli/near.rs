//! Names that are nearly what was typed.

use crate::wire::text::fold;

/// The most names that are offered.
const OFFERED: usize = 3;

/// The names that differ least, if by no more than one mistyped letter in four; else the only one that begins so. In words,
/// if they are few: many are no help.
pub(super) fn nearest(named: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
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
    either(near)
}

/// `one, two or three`; none of no names, nor of many.
pub(super) fn either(mut names: Vec<String>) -> Option<String> {
    let last = names.pop().filter(|_| names.len() < OFFERED)?;
    Some(if names.is_empty() { last } else { format!("{} or {last}", names.join(", ")) })
}
