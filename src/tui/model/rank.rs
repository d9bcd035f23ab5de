//! What fits best to something typed: actions by words and name, projects and keys by name, keys by mask too.

use std::cmp::Reverse;
use std::collections::HashSet;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action::Action;
use super::dialogs::interaction::Choice;
use super::list::haystacks::{Fitting, Haystacks};
use super::saved_filters::SavedFilter;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Status};
use crate::wire::projects::Project;
use crate::wire::text::{fold_search, fold_search_into};

/// The most choices that are kept: nobody reads on, one types on.
const MOST: usize = 200;

/// From so many characters on a text is looked for in masks and ids too: fewer are in nearly all of them.
const PART_OF_MASK: usize = 4;

/// Added to the score of a text that contains the query; more than scattered letters can score.
const AS_TYPED: u32 = 100_000;

/// The least score of an action for each typed letter: `audlg` for "Audit log" has more, `web` for "wide table" less.
const CLOSE: u32 = 24;

/// In a list with more keys than these a quick score chooses the few that are scored well.
const MANY: usize = 5_000;
/// So many are scored well then: far more than are kept.
const SCORED: usize = 5 * MOST;

/// Something that may fit.
#[derive(Clone, Copy)]
enum Candidate<'a> {
    Action(Action, &'static str),
    Project(&'a Project),
    Filter(&'a SavedFilter),
    Key(&'a Key),
}

/// How well something fits: the whole name first, then the score; among equals actions, projects, active keys,
/// revoked ones, and what leaves the dashboard; then the shorter, then the earlier.
type Place = (Reverse<(bool, u32)>, u8, usize, usize);

/// The places in which something typed now is to be looked for, among the keys that fitted last; none for all.
fn narrowed<'a>(last: &'a Fitting, query: &str) -> Option<&'a [u32]> {
    // What was looked for in names alone is not narrowed by what is looked for in masks too. And a backslash changes
    // what stands before it.
    let long = |text: &str| text.chars().count() >= PART_OF_MASK;
    let plain = query.is_ascii() && !query.contains('\\');
    let longer = !last.query.is_empty() && query.starts_with(&last.query);
    (plain && longer && long(&last.query) == long(query)).then_some(&*last.places)
}

/// Gathers what fits to something typed.
pub(super) struct Ranking<'a> {
    rank: Rank,
    found: Vec<(Place, Candidate<'a>)>,
    /// How many candidates there were so far.
    at: usize,
    /// The keys that fit of each list.
    fits: Vec<(&'a [Key], Vec<u32>)>,
    /// How many of those are not among what was found: others of their list come before them.
    passed_over: usize,
}

impl<'a> Ranking<'a> {
    /// For what is typed.
    pub(super) fn new(query: &str) -> Ranking<'a> {
        let rank = Rank::new(query);
        Ranking { rank, found: Vec::new(), at: 0, fits: Vec::new(), passed_over: 0 }
    }

    /// Looks at the actions, with their words.
    pub(super) fn actions(&mut self, actions: impl Iterator<Item = (Action, &'static str)>) {
        for (action, words) in actions {
            let fit = self.rank.action(action, words);
            self.take(fit, Candidate::Action(action, words));
        }
    }

    /// Looks at projects.
    pub(super) fn projects(&mut self, projects: &'a [Project]) {
        for project in projects {
            let fit = self.rank.project(project);
            self.take(fit, Candidate::Project(project));
        }
    }

    /// Looks at saved filters, once something is typed.
    pub(super) fn filters(&mut self, filters: &'a [SavedFilter]) {
        for filter in filters {
            let fit = self.rank.filter(filter);
            self.take(fit, Candidate::Filter(filter));
        }
    }

    /// Looks at a loaded list of keys with its folded texts, and remembers there which of them fit. Those of an
    /// earlier list are left out.
    pub(super) fn loaded(&mut self, keys: &'a [Key], search_text: &mut Haystacks) {
        let typed = self.rank.typed.clone();
        let narrowed = narrowed(&search_text.fitting, &typed);
        let fits = if typed.is_empty() {
            let fits: Vec<u32> = (0..keys.len() as u32).collect();
            self.look(keys, search_text, fits.iter().take(MOST));
            fits
        } else if keys.len() > MANY && typed.is_ascii() {
            // By the list, whatever was narrowed: what is found never depends on how it was typed.
            let quick = match narrowed {
                Some(places) => self.rank.quick(search_text, places.iter().copied()),
                None => self.rank.quick(search_text, 0..keys.len() as u32),
            };
            let (fits, best) = quick;
            self.look(keys, search_text, best.iter());
            fits
        } else {
            match narrowed {
                Some(places) => self.look(keys, search_text, places.iter()),
                None => self.look(keys, search_text, (0..keys.len() as u32).collect::<Vec<_>>().iter()),
            }
        };
        search_text.fitting = Fitting { query: typed, places: fits.clone() };
        self.leave_out(keys, fits);
        self.at += keys.len();
    }

    /// Looks at further keys. Those of an earlier list are left out.
    pub(super) fn others(&mut self, keys: &'a [Key]) {
        let mut fits = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            let fit = self.rank.key(key, || format!("{}\n{}", key.hint, key.id).to_ascii_lowercase());
            fits.extend(fit.map(|_| place as u32));
            self.take(fit, Candidate::Key(key));
        }
        self.leave_out(keys, fits);
    }

    /// Finds which of these keys fit.
    fn look<'p>(
        &mut self,
        keys: &'a [Key],
        search_text: &Haystacks,
        places: impl Iterator<Item = &'p u32>,
    ) -> Vec<u32> {
        let mut fits = Vec::new();
        for place in places {
            let at = *place as usize;
            let key = &keys[at];
            if let Some(fit) = self.rank.key(key, || search_text.mask_and_id(at)) {
                fits.push(*place);
                self.found.push((placed(fit, self.at + at), Candidate::Key(key)));
            }
        }
        fits
    }

    /// Takes out of what was found those of this list that an earlier one has too, and counts the others.
    fn leave_out(&mut self, keys: &'a [Key], fits: Vec<u32>) {
        let start = self.found.len() - self.found.iter().rev().take_while(|(_, it)| it.is_of(keys)).count();
        let mut left = fits.len();
        if !fits.is_empty() && self.fits.iter().any(|(_, earlier)| !earlier.is_empty()) {
            let mut new: HashSet<KeyId> = fits.iter().map(|place| keys[*place as usize].id).collect();
            for (keys, fits) in &self.fits {
                for place in fits {
                    new.remove(&keys[*place as usize].id);
                }
            }
            left = new.len();
            let mut at = 0;
            self.found.retain(|(_, candidate)| {
                at += 1;
                at <= start || matches!(candidate, Candidate::Key(key) if new.contains(&key.id))
            });
        }
        self.passed_over += left - (self.found.len() - start);
        self.fits.push((keys, fits));
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
        let fits = found.len() + self.passed_over;
        if found.len() > MOST {
            found.select_nth_unstable_by_key(MOST, |(place, _)| *place);
            found.truncate(MOST);
        }
        found.sort_unstable_by_key(|(place, _)| *place);
        (found.into_iter().map(|(_, candidate)| candidate.choice()).collect(), fits)
    }
}

impl Candidate<'_> {
    /// Whether it is one of these keys, by its place in memory.
    fn is_of(&self, keys: &[Key]) -> bool {
        matches!(self, Candidate::Key(key) if keys.as_ptr_range().contains(&std::ptr::from_ref(*key)))
    }

    fn choice(self) -> Choice {
        match self {
            Candidate::Action(action, words) => Choice::Action(action, words),
            Candidate::Project(project) => Choice::Project(project.id, project.name.clone()),
            Candidate::Filter(filter) => Choice::Filter(filter.clone()),
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
    /// The text that is looked at, made again for each key.
    text: String,
    chars: Vec<char>,
}

impl Rank {
    fn new(query: &str) -> Rank {
        let mut config = Config::DEFAULT;
        config.prefer_prefix = true;
        let folded = fold_search(query);
        let of_mask = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '*' | '.');
        Rank {
            pattern: Pattern::new(&folded, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy),
            matcher: Matcher::new(config),
            typed: query.to_owned(),
            in_masks: folded.chars().count() >= PART_OF_MASK && folded.chars().all(of_mask),
            query: folded,
            text: String::new(),
            chars: Vec::new(),
        }
    }

    fn score(&mut self, text: &str) -> Option<u32> {
        let score = self.pattern.score(Utf32Str::new(text, &mut self.chars), &mut self.matcher)?;
        Some(score + self.whole(text))
    }

    /// A text that contains the query scores higher than one with its letters scattered, and most where a word
    /// starts with it.
    fn whole(&self, text: &str) -> u32 {
        if self.query.is_empty() {
            return 0;
        }
        let starts = |(at, _): (usize, &str)| !text[..at].ends_with(char::is_alphanumeric);
        let mut found = text.match_indices(&self.query).peekable();
        let contained = found.peek().is_some();
        if found.any(starts) { 2 * AS_TYPED } else { u32::from(contained) * AS_TYPED }
    }

    /// Which keys of many fit, and some of them that are sure to hold the best: by their folded texts alone, which
    /// lie one after the other in memory, and by the first place where they fit and not by the best one.
    fn quick(&mut self, search_text: &Haystacks, places: impl Iterator<Item = u32>) -> (Vec<u32>, Vec<u32>) {
        let mut fits = Vec::new();
        // The best is the greatest: the whole name, the score, the shorter, the earlier.
        let mut order: Vec<u64> = Vec::new();
        let mut text = std::mem::take(&mut self.text);
        for place in places {
            let (name, project, mask_and_id) = search_text.parts(place as usize);
            text.clear();
            text.extend([project, "/", name]);
            let Some(score) = self.quick_score(&text, mask_and_id) else { continue };
            fits.push(place);
            let exact = u64::from(name == self.query || text == self.query);
            let score = u64::from(score.min(0xf_ffff));
            let length = 1023 - text.len().min(1023) as u64;
            order.push(exact << 62 | score << 42 | length << 32 | u64::from(u32::MAX - place));
        }
        self.text = text;
        if order.len() > SCORED {
            let at = order.len() - SCORED;
            order.select_nth_unstable(at);
            order.drain(..at);
        }
        (fits, order.into_iter().map(|order| u32::MAX - order as u32).collect())
    }

    fn quick_score(&mut self, text: &str, mask_and_id: &str) -> Option<u32> {
        // What `Utf32Str::new` does, without looking for line breaks first: there are none in a line.
        let names = if text.is_ascii() {
            Utf32Str::Ascii(text.as_bytes())
        } else {
            Utf32Str::new(text, &mut self.chars)
        };
        let matcher = &mut self.matcher;
        let mut scores =
            self.pattern.atoms.iter().map(|atom| matcher.fuzzy_match_greedy(names, atom.needle_text()));
        let sum = scores.try_fold(0, |sum, score| Some(sum + u32::from(score?)));
        let sum = sum.map(|sum| sum + self.whole(text));
        sum.or_else(|| {
            let found = self.in_masks && mask_and_id.contains(&self.query);
            found.then(|| 20 * self.query.len() as u32)
        })
    }

    fn action(&mut self, action: Action, words: &str) -> Option<Fit> {
        if self.query.is_empty() {
            return Some((false, 0, 0, 0));
        }
        let name = action.name();
        let mut score = self.score(words).max(self.score(name))?;
        // An action runs at once: a few letters far from each other do not suffice.
        if score < CLOSE * self.query.chars().count() as u32 {
            return None;
        }
        let leaves = matches!(action, Action::Quit | Action::Close | Action::Suspend);
        // Who types the beginning of an action wants it, though the name of a key begins so, too.
        if !leaves && (name.starts_with(&self.query) || fold_search(words).starts_with(&self.query)) {
            score += AS_TYPED;
        }
        let kind = if leaves { 4 } else { 0 };
        // Who types `rev` in a hurry stops a leak: that comes before the shorter words of `reverse`.
        let length = if action == Action::Revoke { 0 } else { words.len() };
        Some((self.query == name || self.query == fold_search(words), score, kind, length))
    }

    fn project(&mut self, project: &Project) -> Option<Fit> {
        if self.query.is_empty() {
            return Some((false, 0, 0, 0));
        }
        let name = fold_search(&project.name);
        let score = self.score(&name)?;
        Some((self.query == name, score, 1, project.name.len()))
    }

    fn filter(&mut self, filter: &SavedFilter) -> Option<Fit> {
        if self.query.is_empty() {
            return None;
        }
        let name = fold_search(&filter.name);
        let score = self.score(&name)?;
        Some((self.query == name, score, 1, filter.name.len()))
    }

    /// A key, with its folded mask and id.
    fn key<T: AsRef<str>>(&mut self, key: &Key, mask_and_id: impl FnOnce() -> T) -> Option<Fit> {
        if self.query.is_empty() {
            return Some((false, 0, 0, 0));
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        fold_search_into(&mut text, &key.project_name);
        text.push('/');
        let name = text.len();
        fold_search_into(&mut text, &key.name);
        let score = self.score(&text).or_else(|| {
            // As good as a word of this length.
            let found = self.in_masks && mask_and_id().as_ref().contains(&self.query);
            found.then(|| 20 * self.query.len() as u32)
        });
        let length = text.len();
        let exact = score.is_some() && (self.query == text[name..] || self.query == text);
        self.text = text;
        let kind = if key.status == Status::Revoked { 3 } else { 2 };
        Some((exact, score?, kind, length))
    }
}
