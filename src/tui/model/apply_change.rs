//! What a change means for the lists: changes made here, and changes made by others.

use std::collections::HashSet;

use super::change_batch::ChangeBatch;
use super::dialogs::interaction::Notice;
use super::dialogs::{Copied, Dialog, ShownOnce};
use super::effect::{CopyText, Effect, Request};
use super::event::Reply;
use super::list::Slot;
use super::messages::{Level, number};
use super::replacement::Acted;
use super::requests::Asker;
use super::state::State;
use super::tabs::View;
use super::wording::{edited_words, pack_words, receipt_line, receipt_words};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{
    CreatedKey, Key, KeyReceipt, Outcome, PROJECT_DELETED, Receipt, RevokeKeys, RevokedKeys,
};
use crate::wire::projects::Project;
use crate::wire::reviews::Review;

/// How many keys that were used meanwhile are read again, so that the next try knows their last use.
const READ_AGAIN: usize = 50;
/// A list that live changes have lengthened by so many rows is loaded again, so that its memory is bounded.
const GROWN: usize = 1000;

impl State {
    /// Takes a change in. `heard` tells whether the dialog that asked for it was still open.
    pub(super) fn apply_change(
        &mut self,
        effects: &mut Vec<Effect>,
        asked: &Request,
        reply: Reply,
        heard: bool,
    ) {
        match (asked, reply) {
            (_, Reply::KeyMade { created, notice }) => self.show_once(effects, created, notice, None),
            (Request::CreateProject { .. }, Reply::Project(project)) => {
                self.say(Level::Good, format!("Project {} created", project.name));
                self.project_changed(effects, project, true);
            }
            (Request::RenameProject { .. }, Reply::Project(project)) => {
                self.say(Level::Good, format!("Project renamed to {}", project.name));
                self.project_changed(effects, project, false);
            }
            (Request::EditKey { .. }, Reply::Key(key)) => {
                self.say(Level::Good, edited_words(asked, &key));
                self.acted = Acted::on(&key);
                self.key_changed(&key);
            }
            (asked, Reply::ProjectDeleted(project, receipt)) => {
                let keys = matches!(asked, Request::DeleteProject { revoke_keys: true, .. });
                self.project_deleted(effects, project, keys, receipt.as_ref());
            }
            (_, Reply::Revoked(revoked)) => {
                // It works no more: it need not be stored.
                effects.push(Effect::Stored(revoked.key.id));
                self.revoked(effects, &revoked);
            }
            (asked, Reply::Review(review)) if asked.writes() => self.review_changed(asked, &review),
            (asked, Reply::Executed(done)) if asked.writes() => {
                self.review_changed(asked, &done.review);
                self.read_again(effects);
                self.ask_findings(effects);
            }
            (Request::ForgetNode { name, .. }, Reply::NodeForgotten) => {
                self.say(Level::Good, format!("Node {name} forgotten"));
                self.refresh(effects, View::Nodes);
            }
            (_, Reply::PackCreated(created)) => {
                let level = if created.verified.is_ok() { Level::Good } else { Level::Warn };
                self.say(level, pack_words(&created));
            }
            (_, Reply::Paused(done)) => self.paused(effects, &done, "paused"),
            (_, Reply::Resumed(done)) => self.paused(effects, &done, "resumed"),
            (Request::RevokeKeys(keys), Reply::KeysRevoked(done)) => {
                self.keys_revoked(effects, keys, &done, heard);
            }
            // How a key is now goes the way of all changes: into the dialog now, and into the lists later.
            (Request::Key(_), Reply::Key(key)) => {
                self.live.waiting.keys.insert(key.id, key);
            }
            _ => {}
        }
    }

    /// Shows a new key, once, whatever else is open. One that was created in another context, by its name and its
    /// title, is in no list here.
    pub(super) fn show_once(
        &mut self,
        effects: &mut Vec<Effect>,
        created: CreatedKey,
        notice: Option<String>,
        away: Option<(String, String)>,
    ) {
        let CreatedKey { key, secret } = created;
        let copied = if self.setup.copy_new_key {
            effects.push(Effect::Copy(CopyText::Secret(key.id, secret.clone())));
            Copied::Copying
        } else {
            Copied::NotAsked
        };
        self.typed.forget();
        let replaced = key.rotated_from.filter(|_| away.is_none());
        let old = replaced.and_then(|id| self.facts().loaded(id)).cloned().map(Box::new);
        let mut shown = ShownOnce::new(key.clone(), secret, self.now, copied, notice);
        let here = away.is_none();
        (shown.away, shown.old) = (away, old);
        self.dialogs.push(Dialog::from(shown));
        self.dirty();
        if here {
            self.acted = Acted::on(&key);
            self.take_new_key(effects, &key);
        }
    }

    fn take_new_key(&mut self, effects: &mut Vec<Effect>, key: &Key) {
        let now = self.server_now();
        let height = self.height();
        let seen = self.key_list().is_some_and(|list| list.idle_days.is_none());
        let keys = &mut self.views.keys;
        if keys.insert(key, now) {
            keys.list.rows.select(key.id, height);
        } else if seen {
            keys.list.rows.aim(key.id);
            self.load(effects, View::Keys, Slot::First);
        }
        self.refresh(effects, View::Projects);
    }

    pub(super) fn key_changed(&mut self, key: &Key) {
        let now = self.server_now();
        self.views.keys.replace(key, now);
        self.views.stale.replace(key, now);
        self.settle();
        // The next page that comes has the new order and the new counts.
        self.timers.refresh = self.now;
        self.dirty();
    }

    fn revoked(&mut self, effects: &mut Vec<Effect>, revoked: &KeyReceipt) {
        self.say(Level::Good, receipt_words(&revoked.key, "revoked", &revoked.receipt));
        self.views.keys.marks.remove(revoked.key.id);
        self.views.stale.marks.remove(revoked.key.id);
        self.key_changed(&revoked.key);
        if self.views.projects.list.rows.is_loaded() {
            self.refresh(effects, View::Projects);
        }
    }

    fn paused(&mut self, effects: &mut Vec<Effect>, done: &KeyReceipt, verb: &str) {
        self.say(Level::Good, receipt_words(&done.key, verb, &done.receipt));
        self.acted = Acted::on(&done.key);
        self.key_changed(&done.key);
        self.ask_findings(effects);
        if self.views.projects.list.rows.is_loaded() {
            self.refresh(effects, View::Projects);
        }
    }

    fn review_changed(&mut self, asked: &Request, review: &Review) {
        let now = self.server_now();
        let words = match asked {
            Request::StartReview(_) => format!("Review {} started", review.name),
            Request::EditReview { .. } if review.is_open() => format!("Review {} saved", review.name),
            Request::EditReview { .. } => format!("Review {} cancelled. No key was changed.", review.name),
            Request::SignReview { .. } => format!("Review {} signed", review.name),
            _ => format!("Review {} executed", review.name),
        };
        self.say(Level::Good, words);
        self.views.reviews.changed(review, now);
        self.settle();
        self.dirty();
    }

    fn project_changed(&mut self, effects: &mut Vec<Effect>, project: Project, made: bool) {
        let (height, now) = (self.height(), self.server_now());
        if made {
            let id = project.id;
            let list = &mut self.views.projects.list;
            list.insert(project, now);
            list.rows.select(id, height);
            self.load_missing(effects, View::Projects);
        } else {
            self.views.keys.project_changed(&project);
            self.views.projects.list.replace(&project, now);
        }
        self.timers.refresh = self.now;
        self.settle();
        self.dirty();
    }

    /// The project is deleted: no node accepts any of its keys.
    fn project_deleted(
        &mut self,
        effects: &mut Vec<Effect>,
        id: ProjectId,
        keys: bool,
        receipt: Option<&Receipt>,
    ) {
        let known = self.views.projects.list.rows.get(id);
        let name = known.map(|project| project.name.clone()).unwrap_or_default();
        let keys = match receipt {
            _ if !keys => "(it had no active keys)".to_owned(),
            Some(receipt) => format!("and all its keys revoked {}", receipt_line(receipt)),
            None => "and all its keys revoked".to_owned(),
        };
        self.say(Level::Good, format!("Project {name} deleted {keys}"));
        let now = self.server_now();
        let by = self.connection.session.as_ref().map(|session| session.principal.as_str());
        for list in [&mut self.views.keys, &mut self.views.stale] {
            list.project_deleted(id, (now, by, Some(PROJECT_DELETED)));
        }
        self.load(effects, View::Projects, Slot::First);
        self.timers.refresh = self.now;
        self.dirty();
    }

    /// A part was answered: what is dead is marked no longer, whoever still looks.
    fn keys_revoked(
        &mut self,
        effects: &mut Vec<Effect>,
        asked: &RevokeKeys,
        done: &RevokedKeys,
        heard: bool,
    ) {
        let with = |wanted: &[Outcome]| -> HashSet<KeyId> {
            let results = done.results.iter().filter(|result| wanted.contains(&result.outcome));
            results.map(|result| result.id).collect()
        };
        let now = self.server_now();
        let by = self.connection.session.as_ref().map(|session| session.principal.clone());
        let (revoked, dead) = (with(&[Outcome::Revoked]), with(&[Outcome::Revoked, Outcome::Already]));
        for list in [&mut self.views.keys, &mut self.views.stale] {
            for id in &dead {
                list.marks.remove(*id);
            }
            list.revoked(&revoked, (now, by.as_deref(), asked.reason.as_deref()));
        }
        let used = done.results.iter().filter(|result| result.outcome == Outcome::UsedSince);
        for result in used.take(READ_AGAIN) {
            self.ask(effects, Asker::Dashboard, Request::Key(result.id));
        }
        if !heard {
            let receipt = done.receipt.as_ref().map(receipt_line);
            let count = number(revoked.len() as u64);
            self.say(Level::Good, format!("{count} keys revoked {}", receipt.unwrap_or_default()));
            self.read_again(effects);
        }
        self.dirty();
    }

    /// Rows and counts have changed in many places.
    pub(super) fn read_again(&mut self, effects: &mut Vec<Effect>) {
        self.timers.refresh = self.now;
        if self.views.stale.list.rows.is_loaded() {
            self.load(effects, View::Stale, Slot::First);
        }
        if self.views.projects.list.rows.is_loaded() {
            self.refresh(effects, View::Projects);
        }
        self.settle();
    }

    /// Takes changes in.
    pub(super) fn told(&mut self, batch: ChangeBatch) {
        if self.live.take(batch, self.now, &mut self.timers, &mut self.connection) {
            self.dirty();
        }
    }

    /// Shows in open dialogs what was told: rows wait while something is decided, a dialog shows its keys as they are.
    fn tell_dialogs(&mut self, effects: &mut Vec<Effect>) {
        let left_out = std::mem::take(&mut self.live.left_out);
        if !self.live.waiting.is_empty() {
            self.notify(effects, &Notice::Changes);
        }
        if left_out {
            self.notify(effects, &Notice::Unheard);
        }
    }

    /// Applies what was told, unless something holds it.
    pub(super) fn apply_changes(&mut self, effects: &mut Vec<Effect>) {
        self.tell_dialogs(effects);
        if self.live.waiting.is_empty() || self.live.frozen || self.deciding() {
            return;
        }
        let batch = std::mem::take(&mut self.live.waiting);
        let now = self.server_now();
        let beside = self.beside();
        if self.live.newly_tried(&batch) {
            self.ask_findings(effects);
        }
        if self.detail.key.is_some() {
            self.detail.told(batch.events.iter(), self.now);
        }
        for view in View::ALL {
            let awaited =
                self.requests.awaits(|asker| matches!(asker, Asker::List(other, _) if other == view));
            let told = self.views.of_mut(view).apply(&batch, now, awaited);
            let seen = view == self.view;
            if told.changed && (seen || beside == Some(view)) {
                self.dirty();
            }
            if batch.reload || told.reload || self.window(view).seen().grown > GROWN {
                if seen && self.connection.session.is_some() {
                    self.load(effects, view, Slot::First);
                } else {
                    // It is asked for when it is to be seen.
                    self.views.of_mut(view).unload();
                }
            } else if told.now && self.connection.session.is_some() {
                self.refresh(effects, view);
            } else if told.again || batch.again {
                self.live.old = true;
                if seen {
                    self.timers.refresh_soon(self.now);
                }
            }
        }
        let renamed =
            batch.projects.values().flatten().any(|project| self.views.keys.project_changed(project));
        if renamed {
            self.dirty();
        }
        self.settle();
    }

    /// Where pages may be old, one that comes to be seen is asked for again.
    pub(super) fn look(&mut self) {
        let page = self.window(self.view).visible_page();
        if self.live.comes_to_see(self.view, page) {
            self.timers.refresh_soon(self.now);
        }
    }
}
