//! Which rule a path meets: one exact rule, or else the longest prefix.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use bytes::Bytes;
use hashbrown::HashTable;

use super::path::canonical_path;
use super::prefixes::Prefixes;
use super::{Match, Rule};

/// The sources of rules, compiled for lookups, each with its answer. The shadowed prefix rules must have been left out:
/// among what remains, the best prefix rule is the longest.
///
/// Source and answer of a rule lie side by side in one block. With many rules nearly every lookup waits for memory,
/// and so it waits as rarely as it can.
#[derive(Debug)]
pub struct Lookup {
    /// Where the entry of each exact rule begins, by the hash of its source.
    exact: HashTable<u32>,
    hasher: RandomState,
    /// Where the entry of each prefix rule begins.
    prefixes: Prefixes,
    entries: Bytes,
}

/// A rule in the block: number, length of the source and of the answer, then both.
#[derive(Debug)]
pub struct Entry<'a> {
    block: &'a Bytes,
    number: u32,
    answer: Range<usize>,
}

const NUMBER: usize = size_of::<u32>();
const HEAD: usize = 3 * NUMBER;

impl Lookup {
    /// Compiles rules, each with its number and its answer. The first of two that are equal counts.
    pub fn new<'a, A: AsRef<[u8]>>(rules: impl IntoIterator<Item = (&'a Rule, u32, A)>) -> Lookup {
        let rules = rules.into_iter();
        let hasher = RandomState::new();
        let mut exact = HashTable::with_capacity(rules.size_hint().0);
        let (mut entries, mut prefixes) = (Vec::with_capacity(rules.size_hint().0 * 96), Vec::new());
        for (rule, number, answer) in rules {
            // Rules were checked when they were put; a source without a canonical form could not be met by a
            // canonical path either.
            let source = canonical_path(&rule.source).unwrap_or_else(|_| rule.source.clone());
            let (at, answer) = (length(entries.len()), answer.as_ref());
            for part in [number, length(source.len()), length(answer.len())] {
                entries.extend_from_slice(&part.to_le_bytes());
            }
            entries.extend_from_slice(source.as_bytes());
            entries.extend_from_slice(answer);
            match rule.matching {
                Match::Exact => {
                    let hash = hasher.hash_one(source.as_bytes());
                    let source_at = |at: &u32| source_at(&entries, *at);
                    exact
                        .entry(
                            hash,
                            |at| source_at(at) == source.as_bytes(),
                            |at| hasher.hash_one(source_at(at)),
                        )
                        .or_insert(at);
                }
                Match::StartsWith => prefixes.push((source, at)),
            }
        }
        exact.shrink_to_fit(|at| hasher.hash_one(source_at(&entries, *at)));
        let prefixes = Prefixes::new(prefixes.iter().map(|(source, at)| (source.as_str(), *at)));
        entries.shrink_to_fit();
        Lookup { exact, hasher, prefixes, entries: entries.into() }
    }

    /// The rule that a canonical path meets.
    pub fn find(&self, path: &str) -> Option<Entry<'_>> {
        let is_it = |at: &u32| source_at(&self.entries, *at) == path.as_bytes();
        let exact = self.exact.find(self.hasher.hash_one(path.as_bytes()), is_it);
        let at = exact.copied().or_else(|| self.prefixes.longest(path))?;
        Some(Entry::at(&self.entries, at as usize))
    }

    /// All rules, in the order in which they were compiled.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let entry = (at < self.entries.len()).then(|| Entry::at(&self.entries, at))?;
            at = entry.answer.end;
            Some(entry)
        })
    }
}

impl Entry<'_> {
    fn at(block: &Bytes, at: usize) -> Entry<'_> {
        let answer = at + HEAD + part(block, at, 1) as usize;
        let end = answer + part(block, at, 2) as usize;
        Entry { block, number: part(block, at, 0), answer: answer..end }
    }

    /// The number that the rule was compiled with.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its answer, without a copy.
    pub fn answer(&self) -> Bytes {
        self.block.slice(self.answer.clone())
    }
}

fn source_at(block: &[u8], at: u32) -> &[u8] {
    let at = at as usize;
    &block[at + HEAD..at + HEAD + part(block, at, 1) as usize]
}

/// A number of the head of the entry at this place.
fn part(block: &[u8], at: usize, place: usize) -> u32 {
    let from = at + place * NUMBER;
    let mut bytes = [0; NUMBER];
    bytes.copy_from_slice(&block[from..from + NUMBER]);
    u32::from_le_bytes(bytes)
}

/// A length or an offset in the texts of one deployment.
///
/// # Panics
/// From 4 GiB on: the rules of a deployment are far smaller.
pub fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("the rules of a deployment are smaller than 4 GiB")
}
