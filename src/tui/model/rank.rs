//! What fits best to something typed: actions by words and name, projects and keys by name, keys by mask too.

use std::cmp::Reverse;
use std::collections::HashSet;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action::Action;
use super::dialog::finder::{Choice, MOST};
use crate::wire::keys::{Key, Status};
use crate::wire::projects::Project;
use crate::wire::text::fold;

/// From so many characters on a text is looked for in masks and ids too: fewer are in nearly all of them.
const PART_OF_MASK: usize = 4;

/// Something that may fit.
#[derive(Clone, Copy)]
pub(super) enum Candidate<'a> {
    /// An action with its words.
    Action(Action, &'static str),
    /// A project.
    Project(&'a Project),
    /// A key.
    Key(&'a Key),
}

/// How well something fits: the whole name first, then the score; among equals actions, projects, active keys,
/// revoked ones, and what leaves the dashboard; then the shorter, then the earlier.
type Place = (Reverse<(bool, u32)>, u8, usize, usize);

/// The best of the candidates, best first, and how many fit. What fits to nothing typed is all, in their order.
pub(super) fn rank<'a>(query: &str, candidates: impl Iterator<Item = Candidate<'a>>) -> (Vec<Choice>, usize) {
    let mut rank = Rank::new(query);
    let mut found: Vec<(Place, Candidate<'a>)> = Vec::new();
    let mut known = HashSet::new();
    for (at, candidate) in candidates.enumerate() {
        let Some(place) = rank.place(candidate, at) else { continue };
        // A key may be in several lists.
        if !matches!(candidate, Candidate::Key(key) if !known.insert(key.id)) {
            found.push((place, candidate));
        }
    }
    let fits = found.len();
    if fits > MOST {
        found.select_nth_unstable_by_key(MOST, |(place, _)| *place);
        found.truncate(MOST);
    }
    found.sort_unstable_by_key(|(place, _)| *place);
    (found.into_iter().map(|(_, candidate)| candidate.choice()).collect(), fits)
}

impl Candidate<'_> {
    fn choice(self) -> Choice {
        match self {
            Candidate::Action(action, _) => Choice::Action(action),
            Candidate::Project(project) => Choice::Project(project.id, project.name.clone()),
            Candidate::Key(key) => Choice::Key(Box::new(key.clone())),
        }
    }
}

struct Rank {
    pattern: Pattern,
    matcher: Matcher,
    /// What was typed, folded.
    query: String,
    /// The text that is looked at, made anew for each key.
    text: String,
    chars: Vec<char>,
}

impl Rank {
    fn new(query: &str) -> Rank {
        let mut config = Config::DEFAULT;
        config.prefer_prefix = true;
        Rank {
            pattern: Pattern::new(query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy),
            matcher: Matcher::new(config),
            query: fold(query),
            text: String::new(),
            chars: Vec::new(),
        }
    }

    fn score(&mut self, text: &str) -> Option<u32> {
        self.pattern.score(Utf32Str::new(text, &mut self.chars), &mut self.matcher)
    }

    fn place(&mut self, candidate: Candidate<'_>, at: usize) -> Option<Place> {
        if self.query.is_empty() {
            return Some((Reverse((false, 0)), 0, 0, at));
        }
        let (exact, score, kind, length) = match candidate {
            Candidate::Action(action, words) => {
                let name = action.name();
                let score = self.score(words).max(self.score(name))?;
                let kind =
                    if matches!(action, Action::Quit | Action::Close | Action::Suspend) { 4 } else { 0 };
                (self.query == name || self.query == fold(words), score, kind, words.len())
            }
            Candidate::Project(project) => {
                let score = self.score(&project.name)?;
                (self.query == fold(&project.name), score, 1, project.name.len())
            }
            Candidate::Key(key) => {
                let kind = if key.status == Status::Active { 2 } else { 3 };
                let mut text = std::mem::take(&mut self.text);
                text.clear();
                text.extend([&key.project_name, "/", &key.name]);
                let score = self.score(&text).or_else(|| self.part_of_mask(key));
                let exact = score.is_some() && (self.query == fold(&key.name) || self.query == fold(&text));
                let length = text.len();
                self.text = text;
                (exact, score?, kind, length)
            }
        };
        Some((Reverse((exact, score)), kind, length, at))
    }

    /// The handle, the last four characters, the mask or the id.
    fn part_of_mask(&self, key: &Key) -> Option<u32> {
        let long = self.query.chars().count() >= PART_OF_MASK;
        let found = long
            && (fold(&key.hint.to_string()).contains(&self.query)
                || key.id.to_string().contains(&self.query));
        // As good as a word of this length.
        found.then(|| 20 * self.query.len() as u32)
    }
}
