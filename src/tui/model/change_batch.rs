//! What the stream of events told since the last time, gathered: of each thing only how it is now, so that a
//! flood costs what there is to show of it and no more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::wire::audit::{Action, Event};
use crate::wire::events::{Changed, Message, Use};
use crate::wire::findings::FindingCode;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, Status};
use crate::wire::projects::Project;
use crate::wire::time::Timestamp;

/// The most keys, and the most projects, that are gathered; with more, the lists are asked for again.
pub const MOST: usize = 5000;
/// The most audit events that are gathered; of more, the newest.
pub const EVENTS: usize = 200;

/// News of the server.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ChangeBatch {
    /// Whether the stream is open now, if that is new.
    pub open: Option<bool>,
    /// It was cut off meanwhile: uses may be missing.
    pub cut: bool,
    /// Nothing came for a while, not even a sign of life.
    pub quiet: bool,
    /// The place after the last change.
    pub seq: Option<u64>,
    /// Keys as they are now.
    pub keys: BTreeMap<KeyId, Key>,
    /// Those of them that are new.
    pub made: BTreeSet<KeyId>,
    /// Projects as they are now; none when archived.
    pub projects: BTreeMap<ProjectId, Option<Project>>,
    /// Uses.
    pub uses: BTreeMap<KeyId, Use>,
    /// Keys whose last change every node has applied.
    pub confirmed: BTreeSet<KeyId>,
    /// Changes, the newest last; at most [`EVENTS`].
    pub events: VecDeque<Event>,
    /// How many changes there were.
    pub changes: u64,
    /// Something was left out that a page asked for again would show.
    pub again: bool,
    /// More was left out: what is loaded may be old throughout.
    pub reload: bool,
}

impl ChangeBatch {
    /// The stream is open.
    pub fn opened() -> ChangeBatch {
        ChangeBatch { open: Some(true), ..ChangeBatch::default() }
    }

    /// The stream was cut off, or did not open.
    pub fn lost() -> ChangeBatch {
        ChangeBatch { open: Some(false), cut: true, ..ChangeBatch::default() }
    }

    /// Nothing comes, though the stream is open.
    pub fn quiet() -> ChangeBatch {
        ChangeBatch { quiet: true, ..ChangeBatch::default() }
    }

    /// Whether there is nothing in it to apply.
    pub fn is_empty(&self) -> bool {
        *self
            == ChangeBatch {
                open: self.open,
                cut: self.cut,
                quiet: self.quiet,
                seq: self.seq,
                ..ChangeBatch::default()
            }
    }

    /// Tells whether more was told since it was looked at: while something holds it, it is shown again and again.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.changes, self.seq, self.reload, self.confirmed.len()).hash(&mut hasher);
        for (key, one) in &self.uses {
            (key, one.last_used_at.map(Timestamp::millis), one.requests).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// How many things wait in it: changes, and keys that were used.
    pub fn waiting(&self) -> u64 {
        self.changes + self.uses.len() as u64
    }

    /// Takes a message in, with the place after it.
    pub fn take(&mut self, message: Message, place: Option<u64>) {
        self.seq = place.or(self.seq);
        match message {
            Message::Ready(_) => {}
            Message::Changed(changed) => self.change(*changed),
            Message::Used(used) => {
                self.again |= used.more;
                used.uses.into_iter().for_each(|one| self.used(one));
            }
            Message::Confirmed(confirmed) => self.confirmed.extend(confirmed.keys),
            Message::Reset(_) => self.reload = true,
            Message::Unreadable => self.again = true,
        }
        self.bound();
    }

    /// Takes in what was told after it.
    pub fn merge(&mut self, later: ChangeBatch) {
        self.open = later.open.or(self.open);
        self.cut |= later.cut;
        self.quiet |= later.quiet;
        self.seq = later.seq.or(self.seq);
        later.keys.into_values().for_each(|key| self.key(key));
        self.made.extend(later.made);
        self.projects.extend(later.projects);
        later.uses.into_values().for_each(|one| self.used(one));
        self.confirmed.extend(later.confirmed);
        self.events.extend(later.events);
        self.changes += later.changes;
        self.again |= later.again;
        self.reload |= later.reload;
        self.bound();
    }

    fn change(&mut self, Changed { event, key, project }: Changed) {
        self.changes += 1;
        if let Some(key) = key {
            if matches!(event.action, Action::KeyCreated | Action::KeyRotated) {
                self.made.insert(key.id);
            }
            self.key(key);
        }
        match (event.action, event.project, project) {
            (Action::ProjectArchived, Some(id), _) => {
                self.projects.insert(id, None);
            }
            (_, _, Some(project)) => {
                self.projects.insert(project.id, Some(project));
            }
            _ => {}
        }
        self.events.push_back(event);
    }

    fn key(&mut self, key: Key) {
        // What is told of it from here on is confirmed by itself.
        if !key.confirmed {
            self.confirmed.remove(&key.id);
        }
        self.keys.insert(key.id, key);
    }

    fn used(&mut self, one: Use) {
        if let Some(known) = self.uses.get_mut(&one.key) {
            known.merge(one);
        } else {
            self.uses.insert(one.key, one);
        }
    }

    fn bound(&mut self) {
        while self.events.len() > EVENTS {
            self.events.pop_front();
        }
        let most = [self.keys.len(), self.projects.len(), self.uses.len(), self.confirmed.len()];
        if most.into_iter().any(|count| count > MOST) {
            self.reload = true;
        }
        if self.reload {
            // All of it will be read again.
            self.keys.clear();
            self.made.clear();
            self.projects.clear();
            self.uses.clear();
            self.confirmed.clear();
        }
    }
}

/// A loaded key after the changes, if they are of it. Nothing goes back: what is known may be newer than what was
/// told, since answers and changes travel by themselves.
pub fn key_after(known: &Key, batch: &ChangeBatch) -> Option<Key> {
    let mut key = key_told(known, batch)?;
    if let Some(used) = batch.uses.get(&known.id).filter(|_| !batch.keys.contains_key(&known.id)) {
        key.requests30d = key.requests30d.saturating_add(used.requests);
    }
    Some(key)
}

/// The same without counting requests, so that changes may be looked at more than once before they are applied.
pub fn key_told(known: &Key, batch: &ChangeBatch) -> Option<Key> {
    let told = batch.keys.get(&known.id);
    let used = batch.uses.get(&known.id);
    let confirmed = batch.confirmed.contains(&known.id);
    let renamed = new_project_name(known, batch);
    if told.is_none() && used.is_none() && !confirmed && renamed.is_none() {
        return None;
    }
    let mut key = known.clone();
    if let Some(told) = told.filter(|told| known.status != Status::Revoked || told.status == Status::Revoked)
    {
        key = Key { daily: known.daily.clone(), ..told.clone() };
        key.confirmed |= known.confirmed && known.status == told.status;
        if known.last_used_at > key.last_used_at {
            key.last_used_at = known.last_used_at;
            key.last_used_from.clone_from(&known.last_used_from);
        }
        key.refused_since_revoked = key.refused_since_revoked.max(known.refused_since_revoked);
        if key.paused_at == known.paused_at {
            key.refused_since_paused = key.refused_since_paused.max(known.refused_since_paused);
        }
        key.last_refused_at = key.last_refused_at.max(known.last_refused_at);
    }
    if let Some(used) = used {
        if used.last_used_at > key.last_used_at {
            key.last_used_at = used.last_used_at;
            key.last_used_from.clone_from(&used.last_used_from);
            // What the use has ended; what it may have begun comes with the next page.
            let ended = [FindingCode::Stale, FindingCode::Idle, FindingCode::NeverUsed];
            if key.findings.iter().any(|finding| ended.contains(&finding.code)) {
                let left = key.findings.iter().filter(|finding| !ended.contains(&finding.code));
                key.findings = left.cloned().collect();
            }
        }
        if key.paused_at.is_some() {
            key.refused_since_paused = key.refused_since_paused.max(used.refused_since_paused);
        }
        key.refused_since_revoked = key.refused_since_revoked.max(used.refused_since_revoked);
        key.last_refused_at = key.last_refused_at.max(used.last_refused_at);
    }
    key.confirmed |= confirmed;
    if let Some(name) = renamed {
        key.project_name = name.into();
    }
    Some(key)
}

/// Whether its project has another name now.
pub fn is_renamed(known: &Key, batch: &ChangeBatch) -> bool {
    new_project_name(known, batch).is_some()
}

fn new_project_name<'a>(known: &Key, batch: &'a ChangeBatch) -> Option<&'a str> {
    let project = batch.projects.get(&known.project_id)?.as_ref()?;
    (*project.name != *known.project_name).then_some(project.name.as_str())
}
