//! What fits best to something typed: actions by words and name, projects and keys by name, keys by mask too.

use std::cmp::Reverse;
use std::collections::HashSet;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action::Action;
use super::dialog::finder::{Choice, MOST};
use super::filter::Haystacks;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Status};
use crate::wire::projects::Project;
use crate::wire::text::fold;

/// From so many characters on a text is looked for in masks and ids too: fewer are in nearly all of them.
const PART_OF_MASK: usize = 4;

/// Something that may fit.
#[derive(Clone, Copy)]
enum Candidate<'a> {
    Action(Action),
    Project(&'a Project),
    Key(&'a Key),
}

/// How well something fits: the whole name first, then the score; among equals actions, projects, active keys,
/// revoked ones, and what leaves the dashboard; then the shorter, then the earlier.
type Place = (Reverse<(bool, u32)>, u8, usize, usize);

/// The loaded keys that fitted to what was typed last. Who types on looks at no others.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Fitting {
    query: String,
    places: Vec<u32>,
}

impl Fitting {
    /// The places in which something typed now is to be looked for; none for all.
    fn narrowed(&self, query: &str) -> Option<&[u32]> {
        // What was looked for in names alone is not narrowed by what is looked for in masks too. And a backslash
        // changes what stands before it.
        let long = |text: &str| text.chars().count() >= PART_OF_MASK;
        let plain = query.is_ascii() && !query.contains('\\');
        let longer = !self.query.is_empty() && query.starts_with(&self.query);
        (plain && longer && long(&self.query) == long(query)).then_some(&*self.places)
    }
}

/// Gathers what fits to something typed.
pub(super) struct Ranking<'a> {
    rank: Rank,
    found: Vec<(Place, Candidate<'a>)>,
    /// How many candidates there were so far.
    at: usize,
}

impl<'a> Ranking<'a> {
    /// For what is typed.
    pub(super) fn new(query: &str) -> Ranking<'a> {
        Ranking { rank: Rank::new(query), found: Vec::new(), at: 0 }
    }

    /// Looks at the actions, with their words.
    pub(super) fn actions(&mut self, actions: impl Iterator<Item = (Action, &'static str)>) {
        for (action, words) in actions {
            let fit = self.rank.action(action, words);
            self.take(fit, Candidate::Action(action));
        }
    }

    /// Looks at projects.
    pub(super) fn projects(&mut self, projects: &'a [Project]) {
        for project in projects {
            let fit = self.rank.project(project);
            self.take(fit, Candidate::Project(project));
        }
    }

    /// Looks at a loaded list of keys with its folded texts, and remembers there which of them fit.
    pub(super) fn loaded(&mut self, keys: &'a [Key], hay: &mut Haystacks) {
        let (start, typed) = (self.at, self.rank.typed.clone());
        let mut fits = Vec::new();
        let mut look = |place: u32, hay: &Haystacks| {
            let at = place as usize;
            let key = &keys[at];
            if let Some(fit) = self.rank.key(key, || hay.mask_and_id(at)) {
                fits.push(place);
                self.found.push((placed(fit, start + at), Candidate::Key(key)));
            }
        };
        match hay.fitting.narrowed(&typed) {
            Some(places) => places.iter().for_each(|place| look(*place, hay)),
            None => (0..keys.len() as u32).for_each(|place| look(place, hay)),
        }
        hay.fitting = Fitting { query: typed, places: fits };
        self.at += keys.len();
    }

    /// Looks at further keys, those left out that fitted already.
    pub(super) fn others(&mut self, keys: &'a [Key], hay: Option<&mut Haystacks>) {
        let before = self.found.len();
        match hay {
            Some(hay) => self.loaded(keys, hay),
            None => {
                for key in keys {
                    let fit = self.rank.key(key, || format!("{}\n{}", key.hint, key.id).to_ascii_lowercase());
                    self.take(fit, Candidate::Key(key));
                }
            }
        }
        let id = |(_, candidate): &(Place, Candidate<'_>)| match candidate {
            Candidate::Key(key) => Some(key.id),
            _ => None,
        };
        let (known, new) = self.found.split_at(before);
        let mut new: HashSet<KeyId> = new.iter().filter_map(id).collect();
        if !new.is_empty() {
            known.iter().filter_map(id).for_each(|id| {
                new.remove(&id);
            });
            let mut at = 0;
            self.found.retain(|candidate| {
                at += 1;
                at <= before || id(candidate).is_some_and(|id| new.remove(&id))
            });
        }
    }

    fn take(&mut self, fit: Option<Fit>, candidate: Candidate<'a>) {
        if let Some(fit) = fit {
            self.found.push((placed(fit, self.at), candidate));
        }
        self.at += 1;
    }

    /// The best, best first, and how many fit. What fits to nothing typed is all, in their order.
    pub(super) fn best(self) -> (Vec<Choice>, usize) {
        let mut found = self.found;
        let fits = found.len();
        if fits > MOST {
            found.select_nth_unstable_by_key(MOST, |(place, _)| *place);
            found.truncate(MOST);
        }
        found.sort_unstable_by_key(|(place, _)| *place);
        (found.into_iter().map(|(_, candidate)| candidate.choice()).collect(), fits)
    }
}

impl Candidate<'_> {
    fn choice(self) -> Choice {
        match self {
            Candidate::Action(action) => Choice::Action(action),
            Candidate::Project(project) => Choice::Project(project.id, project.name.clone()),
            Candidate::Key(key) => Choice::Key(Box::new(key.clone())),
        }
    }
}

/// Whether it is the whole name, the score, the kind and the length.
type Fit = (bool, u32, u8, usize);

fn placed((exact, score, kind, length): Fit, at: usize) -> Place {
    (Reverse((exact, score)), kind, length, at)
}

struct Rank {
    pattern: Pattern,
    matcher: Matcher,
    /// What was typed.
    typed: String,
    /// The same, folded.
    query: String,
    /// Whether it may be a part of a mask or an id.
    in_masks: bool,
    /// The text that is looked at, made anew for each key.
    text: String,
    chars: Vec<char>,
}

impl Rank {
    fn new(query: &str) -> Rank {
        let mut config = Config::DEFAULT;
        config.prefer_prefix = true;
        let folded = fold(query);
        let of_mask = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '*' | '.');
        Rank {
            pattern: Pattern::new(query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy),
            matcher: Matcher::new(config),
            typed: query.to_owned(),
            in_masks: folded.chars().count() >= PART_OF_MASK && folded.chars().all(of_mask),
            query: folded,
            text: String::new(),
            chars: Vec::new(),
        }
    }

    fn score(&mut self, text: &str) -> Option<u32> {
        self.pattern.score(Utf32Str::new(text, &mut self.chars), &mut self.matcher)
    }

    fn action(&mut self, action: Action, words: &str) -> Option<Fit> {
        if self.query.is_empty() {
            return Some((false, 0, 0, 0));
        }
        let name = action.name();
        let score = self.score(words).max(self.score(name))?;
        let kind = if matches!(action, Action::Quit | Action::Close | Action::Suspend) { 4 } else { 0 };
        Some((self.query == name || self.query == fold(words), score, kind, words.len()))
    }

    fn project(&mut self, project: &Project) -> Option<Fit> {
        if self.query.is_empty() {
            return Some((false, 0, 0, 0));
        }
        let score = self.score(&project.name)?;
        Some((self.query == fold(&project.name), score, 1, project.name.len()))
    }

    /// A key, with its folded mask and id.
    fn key<T: AsRef<str>>(&mut self, key: &Key, mask_and_id: impl FnOnce() -> T) -> Option<Fit> {
        if self.query.is_empty() {
            return Some((false, 0, 0, 0));
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        text.extend([&*key.project_name, "/", &key.name]);
        let score = self.score(&text).or_else(|| {
            // As good as a word of this length.
            let found = self.in_masks && mask_and_id().as_ref().contains(&self.query);
            found.then(|| 20 * self.query.len() as u32)
        });
        let length = text.len();
        // A whole name has the length of what was typed, unless folding changes that.
        let whole = |name: &str| {
            (name.len() == self.query.len() || !name.is_ascii() || !self.query.is_ascii())
                && self.query == fold(name)
        };
        let exact = score.is_some() && (whole(&key.name) || whole(&text));
        self.text = text;
        let kind = if key.status == Status::Active { 2 } else { 3 };
        Some((exact, score?, kind, length))
    }
}
