//! What the server answered, and what it did not. An answer that nobody awaits changes nothing, unless it
//! holds a new key: that is never lost.

use super::dialogs::{Copied, Dialog, ShownOnce};
use super::effect::{CopyText, Effect, RequestId};
use super::event::{Failure, Place, Reply};
use super::link::{Next, Status};
use super::list::{List as _, Slot};
use super::lists;
use super::messages::Level;
use super::state::{State, What};
use super::tabs::View;
use super::wording::receipt_words;
use crate::wire::keys::{CreatedKey, Key, RevokedKey};
use crate::wire::projects::Project;
use crate::wire::session::Session;

/// How a server in this process is called.
const EMBEDDED: &str = "embedded";

impl State {
    pub(super) fn replied(&mut self, fx: &mut Vec<Effect>, id: RequestId, result: Result<Reply, Failure>) {
        self.under_way.retain(|change| change.id != id);
        let Some(at) = self.pending.iter().position(|pending| pending.id == id) else {
            if let Some(at) = self.left.iter().position(|left| left.id == id) {
                let left = self.left.remove(at);
                self.replied_elsewhere(fx, &left, result);
            } else if let Ok(Reply::KeyMade { created, notice }) = result {
                self.show_once(fx, created, notice);
            }
            return;
        };
        let pending = self.pending.remove(at);
        match result {
            Ok(reply) => {
                self.link.heard = self.now;
                self.link.latency_ms = u64::try_from(pending.since.age(self.now).as_millis()).ok();
                self.alive();
                if let What::Dialog(asker) = pending.what {
                    let heard = self.answer_dialog(fx, asker, &pending.request, Ok(&reply));
                    self.apply_change(fx, &pending.request, reply, heard);
                } else {
                    self.answered(fx, pending.what, id, reply);
                }
            }
            Err(failure) => self.failed(fx, &pending, &failure),
        }
    }

    /// The server answers: whatever was wrong with the connection is over.
    pub(super) fn alive(&mut self) {
        if let Status::Lost { .. } = self.link.status {
            let next = std::mem::replace(&mut self.link.next, Next::Same);
            let level = if next == Next::OtherHistory { Level::Warn } else { Level::Good };
            self.say(level, next.words());
        }
        if self.link.status != Status::Up {
            self.link.status = Status::Up;
            self.link.back = true;
            self.dirty();
        }
    }

    pub(super) fn connected(&mut self, fx: &mut Vec<Effect>, session: Session, place: Place) {
        if let Some(before) = &self.link.session {
            let (before, now) = (&before.audit_head, &session.audit_head);
            // A history only grows.
            let known = self.live.known_seq(&self.link.place.server).unwrap_or(before.seq).max(before.seq);
            if now.seq < known || (now.seq == before.seq && now.hash != before.hash) {
                self.link.next = Next::OtherHistory;
            } else if place.server != self.link.place.server && place.server == EMBEDDED {
                self.link.next = Next::Ourselves;
            }
        }
        self.link.place = place;
        self.link.heard = self.now;
        // After a loss, only rows that come prove that all is well again.
        if !matches!(self.link.status, Status::Lost { .. }) {
            self.alive();
        }
        self.follow(fx, &session);
        self.greet(session);
        lists::refresh(self, fx, self.view);
        lists::load_missing(self, fx, View::Projects);
    }

    fn greet(&mut self, session: Session) {
        let thresholds = session.thresholds;
        let days = thresholds.stale_days;
        self.link.greet(session, self.now);
        let now = self.server_now();
        self.views.keys.set_thresholds(thresholds, now);
        self.views.stale.set_thresholds(thresholds, now);
        let stale = &mut self.views.stale;
        if !self.own_threshold && stale.idle_days != Some(days) {
            stale.idle_days = Some(days);
            stale.marks.clear();
            stale.unload();
        }
        self.dirty();
    }

    fn answered(&mut self, fx: &mut Vec<Effect>, what: What, id: RequestId, reply: Reply) {
        match (what, reply) {
            (What::Session, Reply::Session(session)) => self.greet(session),
            (What::List(view, slot), reply) => self.list_came(fx, view, slot, reply),
            (What::Gather(view), Reply::Keys { page, .. }) => self.gathered(fx, view, id, &page),
            (What::Callers(key), Reply::Callers(callers)) if self.detail.key == Some(key) => {
                let callers = Some(Ok(callers));
                if self.detail.callers != callers {
                    self.detail.callers = callers;
                    self.dirty();
                }
            }
            (What::Usage(key), Reply::Usage(usage)) if self.detail.key == Some(key) => {
                let usage = Some(Ok(usage));
                if self.detail.usage != usage {
                    self.detail.usage = usage;
                    self.dirty();
                }
            }
            (What::Key, Reply::Key(key)) => self.key_changed(&key),
            _ => {}
        }
    }

    fn list_came(&mut self, fx: &mut Vec<Effect>, view: View, slot: Slot, reply: Reply) {
        if self.deciding() && matches!(slot, Slot::Again(_)) {
            // Rows wait while a decision is being made; the page is asked for once more afterwards.
            self.timers.refresh = self.now;
            return;
        }
        let known = self.failures.len();
        self.failures.retain(|(other, _)| *other != view);
        let now = self.server_now();
        let height = self.height();
        let answers = self.answers();
        let list = self.views.of_mut(view);
        let changed = list.take(slot, reply, now);
        if changed {
            list.window_mut().arrived(slot, height);
            self.find(fx);
        }
        let list = self.views.of_mut(view);
        // A list that has outgrown its page, or a filter that was typed while its rows were in flight, or while nobody
        // answered.
        let anew = (changed || list.window().filter().loaded_only) && !list.refilter(now, answers);
        let overtaken = list.window_mut().take_overtaken();
        self.load_anew(fx, view, anew);
        if overtaken {
            self.overtaken(view);
        }
        if changed || known > 0 {
            self.dirty();
        }
    }

    fn load_anew(&mut self, fx: &mut Vec<Effect>, view: View, anew: bool) {
        if anew && !self.awaits(|what| what == What::List(view, Slot::First)) {
            lists::load(self, fx, view, Slot::First);
        }
    }

    /// Shows a new key, once, whatever else is open.
    pub(super) fn show_once(&mut self, fx: &mut Vec<Effect>, created: CreatedKey, notice: Option<String>) {
        let key = created.key.clone();
        self.acted_on(&key);
        self.show(fx, created, notice, None);
        self.take_new_key(fx, &key);
    }

    /// The same for a key of a context that was left meanwhile: it is in no list here.
    pub(super) fn show_away(
        &mut self,
        fx: &mut Vec<Effect>,
        created: CreatedKey,
        notice: Option<String>,
        away: (String, String),
    ) {
        self.show(fx, created, notice, Some(away));
    }

    fn show(
        &mut self,
        fx: &mut Vec<Effect>,
        created: CreatedKey,
        notice: Option<String>,
        away: Option<(String, String)>,
    ) {
        let CreatedKey { key, secret } = created;
        let copied = if self.setup.copy_new_key {
            fx.push(Effect::Copy(CopyText::Secret(key.id, secret.clone())));
            Copied::Copying
        } else {
            Copied::NotAsked
        };
        self.typed.forget();
        let old = if away.is_none() { self.predecessor(&key).map(Box::new) } else { None };
        let mut shown = ShownOnce::new(key, secret, self.now, copied, notice);
        (shown.away, shown.old) = (away, old);
        self.dialogs.push(Dialog::ShownOnce(Box::new(shown)));
        self.dirty();
    }

    fn take_new_key(&mut self, fx: &mut Vec<Effect>, key: &Key) {
        let now = self.server_now();
        let height = self.height();
        let seen = self.key_list().is_some_and(|list| list.idle_days.is_none());
        let keys = &mut self.views.keys;
        if keys.insert(key, now) {
            keys.list.rows.select(key.id, height);
        } else if seen {
            keys.list.rows.aim(key.id);
            lists::load(self, fx, View::Keys, Slot::First);
        }
        lists::refresh(self, fx, View::Projects);
    }

    /// The key that another one succeeds, as far as it is known here.
    fn predecessor(&self, key: &Key) -> Option<Key> {
        self.facts().loaded(key.rotated_from?).cloned()
    }

    pub(super) fn key_changed(&mut self, key: &Key) {
        let now = self.server_now();
        self.views.keys.replace(key, now);
        self.views.stale.replace(key, now);
        lists::settle(self);
        // The next page that comes has the new order and the new counts.
        self.timers.refresh = self.now;
        self.dirty();
    }

    pub(super) fn revoked(&mut self, fx: &mut Vec<Effect>, revoked: &RevokedKey) {
        self.say(Level::Good, format!("✕ {}", receipt_words(&revoked.key, &revoked.receipt)));
        self.views.keys.marks.remove(revoked.key.id);
        self.views.stale.marks.remove(revoked.key.id);
        self.key_changed(&revoked.key);
        if self.views.projects.list.rows.is_loaded() {
            lists::refresh(self, fx, View::Projects);
        }
    }

    pub(super) fn project_changed(&mut self, fx: &mut Vec<Effect>, project: Project, made: bool) {
        let (height, now) = (self.height(), self.server_now());
        if made {
            let id = project.id;
            let list = &mut self.views.projects.list;
            list.insert(project, now);
            list.rows.select(id, height);
            lists::load_missing(self, fx, View::Projects);
        } else {
            if let Some((_, name)) = self.views.keys.project.as_mut().filter(|(id, _)| *id == project.id) {
                name.clone_from(&project.name);
            }
            self.views.projects.list.replace(&project, now);
        }
        self.timers.refresh = self.now;
        lists::settle(self);
        self.dirty();
    }
}
