//! Marks: keys chosen to be acted on together. A mark is an id with the key as it was seen last, never a row
//! number, so that it survives another order, a refresh and a filter.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::haystacks::Haystacks;
use crate::wire::filter::{AsOf, Filter};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, Status};
use crate::wire::session::Thresholds;
use crate::wire::time::Timestamp;

/// The marks of a list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Marks {
    keys: BTreeMap<KeyId, Marked>,
    hidden: usize,
    /// The filter that decided which of them are hidden.
    judged: String,
    filter: Filter,
    thresholds: Thresholds,
    search_text: Option<Haystacks>,
    /// Where a range began that has no end yet.
    pub range: Option<KeyId>,
    /// Rows that are being loaded so that all of them can be marked.
    pub gather: Option<Gather>,
    /// Names of marked keys that somebody else has revoked, until that was said.
    gone: Vec<String>,
}

/// A marked key.
#[derive(Clone, PartialEq, Debug)]
pub struct Marked {
    /// As it was seen last; shared with the dialog that it is a target of.
    pub key: Arc<Key>,
    /// Whether the filter hides it now.
    pub hidden: bool,
}

/// Rows that are being loaded to be marked, oldest first: an order that no use changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Gather {
    /// The filter that they match.
    pub filter: String,
    /// The filter of the list when this began: another one ends it.
    pub within: String,
    /// The page that is awaited.
    pub cursor: Option<String>,
    /// Rows that have come.
    pub taken: u64,
    /// How many there are, and whether there are more than that.
    pub total: (u64, bool),
}

impl Marks {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many of them the list does not show: the filter hides them, or they are stale no longer.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Whether a key is marked.
    pub fn has(&self, id: KeyId) -> bool {
        self.keys.contains_key(&id)
    }

    /// A marked key as it was seen last.
    pub fn get(&self, id: KeyId) -> Option<&Arc<Key>> {
        self.keys.get(&id).map(|marked| &marked.key)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Marked> {
        self.keys.values()
    }

    /// Marks a key that is to be seen. A revoked one is not marked: nothing is left to be done to it.
    pub fn add(&mut self, key: &Key) -> bool {
        if key.status == Status::Revoked {
            return false;
        }
        let marked = Marked { key: Arc::new(key.clone()), hidden: false };
        if self.keys.insert(key.id, marked).is_some_and(|before| before.hidden) {
            self.hidden -= 1;
        }
        self.search_text = None;
        true
    }

    /// Takes a mark away. Says whether there was one.
    pub fn remove(&mut self, id: KeyId) -> bool {
        let before = self.keys.remove(&id);
        self.hidden -= usize::from(before.as_ref().is_some_and(|before| before.hidden));
        self.search_text = None;
        before.is_some()
    }

    /// Takes all marks away, and what was to become marks. Gives how many there were.
    pub fn clear(&mut self) -> usize {
        let count = self.keys.len();
        (self.keys, self.hidden, self.search_text) = (BTreeMap::new(), 0, None);
        (self.range, self.gather) = (None, None);
        count
    }

    /// Takes the marks of the keys away that a filter matches. Gives how many there were.
    pub fn remove_matching(&mut self, filter: &Filter, now: Timestamp) -> usize {
        let (before, as_of) = (self.keys.len(), AsOf { now, thresholds: self.thresholds });
        self.keys.retain(|_, marked| !filter.matches(&marked.key, as_of));
        self.hidden = self.keys.values().filter(|marked| marked.hidden).count();
        self.search_text = None;
        before - self.keys.len()
    }

    /// Takes the marks of a project's keys away.
    pub fn forget_project(&mut self, id: ProjectId) {
        self.keys.retain(|_, marked| marked.key.project_id != id);
        self.hidden = self.keys.values().filter(|marked| marked.hidden).count();
        self.search_text = None;
    }

    /// Takes in how a key is now, if it is marked. One that was revoked meanwhile is marked no longer, and that
    /// is to be said.
    pub fn learn(&mut self, key: &Key, now: Timestamp) {
        let Some(marked) = self.keys.get_mut(&key.id) else { return };
        if key.status == Status::Revoked {
            self.remove(key.id);
            self.gone.push(key.full_name());
        } else if *marked.key != *key {
            let hidden = !self.filter.matches(key, AsOf { now, thresholds: self.thresholds });
            self.hidden = self.hidden + usize::from(hidden) - usize::from(marked.hidden);
            *marked = Marked { key: Arc::new(key.clone()), hidden };
            self.search_text = None;
        }
    }

    /// What has to be said of marks that others took away.
    pub fn gone_words(&mut self) -> Option<String> {
        let gone = std::mem::take(&mut self.gone);
        match gone.as_slice() {
            [] => None,
            [name] => Some(format!("{name} was revoked and is no longer marked.")),
            more => Some(format!("{} marked keys were revoked and are no longer marked.", more.len())),
        }
    }

    /// Finds out which marks a filter hides, when it is another one than before.
    pub fn judge(&mut self, text: &str, now: Timestamp) {
        if self.judged == text {
            return;
        }
        text.clone_into(&mut self.judged);
        self.gather.take_if(|gather| gather.within != text);
        // What is applied was read before; a text that cannot be read would hide nothing.
        self.filter = Filter::parse(text).unwrap_or_default();
        self.judge_all(now);
    }

    /// The server has these thresholds.
    pub fn set_thresholds(&mut self, thresholds: Thresholds, now: Timestamp) {
        self.thresholds = thresholds;
        self.judge_all(now);
    }

    fn judge_all(&mut self, now: Timestamp) {
        if self.keys.is_empty() {
            return;
        }
        let as_of = AsOf { now, thresholds: self.thresholds };
        let search_text = self
            .search_text
            .get_or_insert_with(|| Haystacks::of(self.keys.values().map(|marked| &*marked.key)));
        for (text, marked) in search_text.texts().zip(self.keys.values_mut()) {
            marked.hidden = !self.filter.matches_haystack(text, &marked.key, as_of);
        }
        self.hidden = self.keys.values().filter(|marked| marked.hidden).count();
    }
}

impl Gather {
    /// Takes a page's numbers in. Gives the next page's cursor; none when this was the last.
    pub fn take(&mut self, rows: usize, total: (u64, bool), next: Option<String>) -> Option<String> {
        self.taken += rows as u64;
        self.total = total;
        // A server that gives the same cursor again would be asked for ever.
        let next = next.filter(|next| rows > 0 && self.cursor.as_ref() != Some(next));
        self.cursor.clone_from(&next);
        next
    }
}
