//! What the server answered, and what it did not. An answer that nobody awaits changes nothing, unless it
//! holds a new key: that is never lost.

use super::dialogs::stack::DialogId;
use super::dialogs::{Copied, Dialog, ShownOnce};
use super::effect::{CopyText, Effect, Request, RequestId};
use super::event::{Failure, FailureKind, Place, Reply};
use super::link::{Next, Status};
use super::list::{List as _, Slot};
use super::lists;
use super::messages::Level;
use super::requests::{Asker, InFlight};
use super::state::State;
use super::tabs::View;
use super::wording::{elsewhere, outcome, receipt_words, words};
use crate::wire::keys::{CreatedKey, Key, RevokedKey};
use crate::wire::projects::Project;
use crate::wire::session::Session;

/// How a server in this process is called.
const EMBEDDED: &str = "embedded";

impl State {
    pub(super) fn replied(&mut self, fx: &mut Vec<Effect>, id: RequestId, result: Result<Reply, Failure>) {
        let Some(asked) = self.requests.answered(id) else {
            if let Ok(Reply::KeyMade { created, notice }) = result {
                self.show_once(fx, created, notice);
            }
            return;
        };
        if !self.requests.is_here(&asked) {
            return self.replied_elsewhere(fx, &asked, result);
        }
        match result {
            Ok(reply) => {
                self.link.heard = self.now;
                self.link.latency_ms = u64::try_from(asked.since.age(self.now).as_millis()).ok();
                self.alive();
                self.answered(fx, &asked, reply);
            }
            Err(failure) => self.failed(fx, &asked, &failure),
        }
    }

    /// The answer to a request in another context: it says nothing of the connection and the lists of this one.
    fn replied_elsewhere(&mut self, fx: &mut Vec<Effect>, asked: &InFlight, result: Result<Reply, Failure>) {
        let known = self.setup.contexts.all.iter().find(|context| context.name == asked.context);
        let title = known.map(|context| context.title.clone()).unwrap_or_default();
        let heard = match asked.asker {
            Asker::Dialog(id) => self.answer_dialog(fx, id, &asked.request, result.as_ref()),
            _ => false,
        };
        match result {
            Ok(Reply::KeyMade { created, notice }) => {
                self.show(fx, created, notice, Some((asked.context.clone(), title)));
            }
            // The dialog says why it failed.
            Err(_) if heard => {}
            result => {
                if let Ok(Reply::Revoked(revoked)) = &result {
                    fx.push(Effect::Stored(revoked.key.id));
                }
                let (level, words) = elsewhere(&title, &asked.request, &result);
                self.say(level, words);
            }
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

    fn answered(&mut self, fx: &mut Vec<Effect>, asked: &InFlight, reply: Reply) {
        match (asked.asker, reply) {
            (Asker::Dialog(id), reply) => {
                let heard = self.answer_dialog(fx, id, &asked.request, Ok(&reply));
                self.apply_change(fx, &asked.request, reply, heard);
            }
            (Asker::List(view, slot), reply) => self.list_came(fx, view, slot, reply),
            (Asker::Gather(view), Reply::Keys { page, .. }) => {
                if let Request::Keys { query, .. } = &asked.request {
                    self.gathered(fx, view, query, &page);
                }
            }
            (Asker::Detail, reply) => {
                let changed = self.detail.take(&asked.request, reply);
                if changed {
                    self.dirty();
                }
            }
            (Asker::Dashboard, Reply::Session(session)) => self.greet(session),
            (Asker::Dashboard, Reply::Key(key)) => self.key_changed(&key),
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
        if anew && !self.requests.awaits_first(view) {
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

    pub(super) fn failed(&mut self, fx: &mut Vec<Effect>, asked: &InFlight, failure: &Failure) {
        match failure.kind {
            FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::NotKeydeck => {
                self.lose(failure.clone());
            }
            // A server that cannot read its own rows is as good as lost: what is shown grows old.
            FailureKind::Server { .. } if matches!(asked.asker, Asker::List(..)) => {
                self.lose(failure.clone());
            }
            FailureKind::Unauthenticated => self.refuse(failure.clone()),
            // One that fails at anything has not come back: its database may be gone.
            FailureKind::OutcomeUnknown | FailureKind::Server { .. } => {}
            _ => self.alive(),
        }
        self.dirty();
        let words = words(failure);
        match asked.asker {
            // The rows stay; the header says that they are old.
            Asker::List(_, Slot::Again(_)) if self.link.status != Status::Up => {}
            Asker::List(view, slot) => {
                self.failures.retain(|(other, _)| *other != view);
                self.failures.push((view, words.clone()));
                if self.link.status == Status::Up {
                    self.say(Level::Bad, words);
                }
                let (now, height) = (self.server_now(), self.height());
                let window = self.window_mut(view);
                if window.failed(slot, now) {
                    if slot == Slot::First {
                        window.arrive(height);
                    }
                    lists::settle(self);
                }
            }
            Asker::Gather(view) => self.gather_failed(view, failure),
            Asker::Detail => self.detail.fail(&asked.request, words),
            // A key that was merely to be read again stays as it was.
            Asker::Dashboard if matches!(asked.request, Request::Key(_)) => {}
            Asker::Dashboard => self.say(Level::Bad, words),
            Asker::Dialog(asker) => self.dialog_failed(fx, asker, &asked.request, failure),
        }
    }

    /// A dialog's request failed: the dialog says it, and where it is closed, the message line.
    fn dialog_failed(&mut self, fx: &mut Vec<Effect>, asker: DialogId, asked: &Request, failure: &Failure) {
        let revokes = matches!(asked, Request::RevokeKey { .. } | Request::RevokeKeys(_));
        if failure.kind == FailureKind::OutcomeUnknown && asked.writes() && !revokes {
            self.timers.refresh = self.now;
        }
        let heard = self.answer_dialog(fx, asker, asked, Err(failure));
        if !heard && asked.writes() {
            self.say(Level::Bad, outcome(asked, failure));
        }
    }

    pub(super) fn connect_failed(&mut self, failure: Failure) {
        match failure.kind {
            FailureKind::Unauthenticated | FailureKind::Forbidden => self.refuse(failure),
            // Nothing was asked of anybody, and asking again by itself would not help.
            FailureKind::NoToken | FailureKind::Invalid => self.refuse(failure),
            _ => self.lose(failure),
        }
        self.dirty();
    }

    /// The link is lost; why is to be read among the messages too, where there is room for all of it.
    fn lose(&mut self, failure: Failure) {
        self.messages.note(self.now, Level::Bad, words(&failure));
        self.link.lose(failure, self.now);
    }

    fn refuse(&mut self, failure: Failure) {
        self.messages.note(self.now, Level::Bad, words(&failure));
        self.link.status = Status::Refused(failure);
    }
}
