//! What the server answered, and what it did not. An answer that nobody awaits changes nothing, unless it
//! holds a new key: that is never lost.

use super::acts::STILL_TRIED;
use super::connection::{Next, Status};
use super::dialogs::interaction::Notice;
use super::dialogs::stack::DialogId;
use super::effect::{Effect, Request, RequestId};
use super::event::{ClipboardOutcome, CopyKind, Failure, FailureKind, Place, Reply};
use super::list::Slot;
use super::messages::{Level, REFRESHING};
use super::requests::{Asker, InFlight};
use super::state::State;
use super::tabs::View;
use super::timers::{REFRESH, STARTING};
use super::wording::{elsewhere, exported_words, outcome, words};
use crate::wire::findings::{FindingCode, FindingCounts};
use crate::wire::id::KeyId;
use crate::wire::session::Session;
use crate::wire::text::sentence;

impl State {
    pub(super) fn replied(
        &mut self,
        effects: &mut Vec<Effect>,
        id: RequestId,
        result: Result<Reply, Failure>,
    ) {
        let Some(asked) = self.requests.answered(id) else {
            if let Ok(Reply::KeyMade { created, notice }) = result {
                self.show_once(effects, created, notice, None);
            }
            return;
        };
        if !self.requests.is_here(&asked) {
            return self.replied_elsewhere(effects, &asked, result);
        }
        match result {
            Ok(reply) => {
                self.connection.heard = self.now;
                self.alive();
                self.answered(effects, &asked, reply);
            }
            Err(failure) => self.failed(effects, &asked, &failure),
        }
    }

    /// The answer to a request in another context: it says nothing of the connection and the lists of this one.
    fn replied_elsewhere(
        &mut self,
        effects: &mut Vec<Effect>,
        asked: &InFlight,
        result: Result<Reply, Failure>,
    ) {
        let known = self.setup.contexts.all.iter().find(|context| context.name == asked.context);
        let title = known.map(|context| context.title.clone()).unwrap_or_default();
        let heard = match asked.asker {
            Asker::Dialog(id) => self.with_dialog(effects, id, |dialog, facts| {
                dialog.replied(facts, &asked.request, result.as_ref())
            }),
            _ => false,
        };
        match result {
            Ok(Reply::KeyMade { created, notice }) => {
                self.show_once(effects, created, notice, Some((asked.context.clone(), title)));
            }
            // The dialog says why it failed.
            Err(_) if heard => {}
            result => {
                if let Ok(Reply::Revoked(revoked)) = &result {
                    effects.push(Effect::Stored(revoked.key.id));
                }
                let (level, words) = elsewhere(&title, asked.change(), &asked.request, &result);
                self.say(level, words);
            }
        }
    }

    /// The server answers: whatever was wrong with the connection is over.
    pub(super) fn alive(&mut self) {
        if let Status::Lost { .. } = self.connection.status {
            self.say_next();
        }
        if self.connection.status != Status::Up {
            self.connection.status = Status::Up;
            self.connection.back = true;
            self.dirty();
        }
    }

    /// Says once who answers now.
    fn say_next(&mut self) {
        let next = std::mem::replace(&mut self.connection.next, Next::Same);
        let level = if next == Next::OtherHistory { Level::Warn } else { Level::Good };
        let before = self.connection.edge_before.take().filter(|_| next == Next::Ourselves);
        let words = match (before, &self.connection.place.edge) {
            (Some(before), Some(now)) if before != *now => {
                format!("{} Edge API: {now} ({before} has ended).", next.words())
            }
            (Some(before), None) => format!("{} The Edge API at {before} has ended.", next.words()),
            _ => next.words().to_owned(),
        };
        self.say(level, words);
    }

    pub(super) fn connected(&mut self, effects: &mut Vec<Effect>, session: Session, place: Place) {
        let edge_before = self.facts().edge_address().map(str::to_owned);
        if let Some(before) = &self.connection.session {
            let (before, now) = (&before.audit_head, &session.audit_head);
            // A history only grows.
            let known =
                self.live.known_seq(&self.connection.place.server).unwrap_or(before.seq).max(before.seq);
            if now.seq < known || (now.seq == before.seq && now.hash != before.hash) {
                self.connection.next = Next::OtherHistory;
            } else if self.connection.place.by_socket && !place.by_socket {
                self.connection.next = Next::Ourselves;
                self.connection.edge_before = edge_before;
            }
        }
        self.connection.place = place;
        // Where each request had its answer, nothing else tells of it.
        if self.connection.next != Next::Same && self.connection.status == Status::Up {
            self.say_next();
        }
        self.connection.heard = self.now;
        // After a loss, only rows that come prove that all is well again.
        if !matches!(self.connection.status, Status::Lost { .. }) {
            self.alive();
        }
        effects.push(Effect::Follow(self.live.follow(&self.connection.place.server, session.audit_head.seq)));
        self.greet(session);
        self.refresh(effects, self.view);
        for view in View::ALL {
            if self.views.of(view).loads_at_once() {
                self.load_missing(effects, view);
            }
        }
        self.ask_findings(effects);
    }

    /// Asks how many keys have findings.
    pub(super) fn ask_findings(&mut self, effects: &mut Vec<Effect>) {
        if self.connection.session.is_none() {
            return;
        }
        if self.requests.awaits(|asker| asker == Asker::Findings) {
            // The answer in flight may be older than the reason to ask.
            self.timers.findings = self.timers.findings.min(self.now + REFRESH);
            return;
        }
        self.ask(effects, Asker::Findings, Request::Findings);
    }

    /// Asks for the header's count again where the list of the keys that are still tried shows another number.
    fn compare_tried(&mut self, effects: &mut Vec<Effect>, view: View) {
        let Some(list) = self.views.of(view).keys() else { return };
        let all = list.project.is_none() && list.idle_days.is_none();
        if !all || list.list.filter.field.text().trim() != STILL_TRIED {
            return;
        }
        let seen = self.window(view).seen();
        let count = if seen.complete { seen.shown as u64 } else { seen.total.0 };
        if count != self.connection.still_tried {
            self.ask_findings(effects);
        }
    }

    /// How many revoked and paused keys are still tried.
    fn count_tried(&mut self, counts: Option<&FindingCounts>) {
        let refused = counts.and_then(|counts| counts.counts.get(FindingCode::Refused.as_str()));
        let tried = refused.copied().unwrap_or(0);
        if std::mem::replace(&mut self.connection.still_tried, tried) != tried {
            self.dirty();
        }
    }

    fn greet(&mut self, session: Session) {
        let thresholds = session.thresholds;
        self.connection.greet(session, self.now);
        self.timers.starting = self.connection.edge_starts().then(|| self.now + STARTING);
        let now = self.server_now();
        self.views.keys.set_thresholds(thresholds, now);
        self.views.stale.set_thresholds(thresholds, now);
        self.dirty();
    }

    fn answered(&mut self, effects: &mut Vec<Effect>, asked: &InFlight, reply: Reply) {
        match (asked.asker, reply) {
            (Asker::Dialog(id), reply) => {
                if let Reply::Rotation(Some(rotation)) = &reply {
                    self.detail.rotated(rotation);
                }
                let heard = self.with_dialog(effects, id, |dialog, facts| {
                    dialog.replied(facts, &asked.request, Ok(&reply))
                });
                self.apply_change(effects, &asked.request, reply, heard);
            }
            (Asker::List(view, slot), reply) => self.list_came(effects, view, slot, reply),
            (Asker::Gather(view), Reply::Keys { page, .. }) => {
                let steps = self.list_of(view).map(|list| list.gathered(&asked.request, &page));
                self.carry_out(effects, asked.asker, steps.unwrap_or_default());
                self.dirty();
            }
            (Asker::Detail, reply) => {
                let changed = self.detail.take(&asked.request, reply);
                if changed {
                    self.dirty();
                }
            }
            (Asker::Summary(view), reply) => self.summarised(view, Some(reply)),
            (Asker::Dashboard, Reply::Session(session)) => self.greet(session),
            (Asker::Findings, Reply::Findings(counts)) => self.count_tried(Some(&counts)),
            (Asker::Dashboard, Reply::Key(key)) => self.key_changed(&key),
            _ => {}
        }
    }

    fn list_came(&mut self, effects: &mut Vec<Effect>, view: View, slot: Slot, reply: Reply) {
        let seen = view == self.view || self.beside() == Some(view);
        // What is not to be seen is in nobody's way, and a change may wait for it.
        let held = seen || self.views.of(view).poll_every(false).is_none();
        if held && self.deciding() && matches!(slot, Slot::Again(_)) {
            // Rows wait while a decision is being made; the page is asked for once more afterwards.
            self.timers.refresh = self.now;
            return;
        }
        let known = self.failures.len();
        self.failures.retain(|(other, _)| *other != view);
        let before = self.words_while_hidden(view);
        let now = self.server_now();
        let height = self.height();
        let answers = self.answers();
        let list = self.views.of_mut(view);
        let changed = list.take(slot, reply, now);
        if changed {
            list.window_mut().arrived(slot, height);
            self.find(effects);
        }
        let list = self.views.of_mut(view);
        // A list that has outgrown its page, or a filter that was typed while its rows were in flight, or while nobody
        // answered.
        let refetch = (changed || list.window().filter().loaded_only) && !list.refilter(now, answers);
        let overtaken = list.window_mut().take_overtaken();
        if refetch && !self.requests.awaits_first(view) {
            self.load(effects, view, Slot::First);
        }
        if overtaken {
            // The page may be older than what was told while it was in flight.
            self.live.old = true;
            if view == self.view {
                self.timers.refresh_soon(self.now);
            }
        }
        if changed {
            self.compare_tried(effects, view);
        }
        if view == self.view && self.messages.withdraw(REFRESHING) {
            self.say(Level::Info, "Refreshed");
        }
        let hidden = !held && self.dialogs.is_empty();
        if (changed && !(hidden && before == self.words_while_hidden(view))) || known > 0 {
            self.dirty();
        }
    }

    /// What is on the screen of a list that is not shown: its count, and what the header says of nodes.
    fn words_while_hidden(&self, view: View) -> (u64, Option<(bool, String)>) {
        (self.window(view).seen().total.0, self.views.nodes.fleet.words(self.server_now()))
    }

    pub(super) fn failed(&mut self, effects: &mut Vec<Effect>, asked: &InFlight, failure: &Failure) {
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
            Asker::List(_, Slot::Again(_)) if self.connection.status != Status::Up => {}
            Asker::List(view, slot) => {
                self.failures.retain(|(other, _)| *other != view);
                self.failures.push((view, words.clone()));
                // An older server has no reviews to count in a tab.
                let unknown = view != self.view && failure.kind == FailureKind::NotFound;
                if self.connection.status == Status::Up && !unknown {
                    self.say(Level::Bad, words);
                }
                let (now, height) = (self.server_now(), self.height());
                let window = self.window_mut(view);
                if window.failed(slot, now) {
                    if slot == Slot::First {
                        window.arrive(height);
                    }
                    self.settle();
                }
            }
            Asker::Gather(view) => {
                let steps = self.list_of(view).map(|list| list.gather_failed(failure));
                self.carry_out(effects, asked.asker, steps.unwrap_or_default());
            }
            Asker::Summary(view) => self.summarised(view, None),
            // Older servers count none.
            Asker::Findings => self.count_tried(None),
            Asker::Detail => self.detail.fail(&asked.request, words),
            // A key that was merely to be read again stays as it was.
            Asker::Dashboard if matches!(asked.request, Request::Key(_)) => {}
            Asker::Dashboard => self.say(Level::Bad, words),
            Asker::Dialog(asker) => self.dialog_failed(effects, asker, asked, failure),
        }
    }

    /// A dialog's request failed: the dialog says it, and where it is closed, the message line.
    fn dialog_failed(
        &mut self,
        effects: &mut Vec<Effect>,
        asker: DialogId,
        in_flight: &InFlight,
        failure: &Failure,
    ) {
        let asked = &in_flight.request;
        let revokes = matches!(asked, Request::RevokeKey { .. } | Request::RevokeKeys(_));
        if failure.kind == FailureKind::OutcomeUnknown && asked.writes() && !revokes {
            self.timers.refresh = self.now;
        }
        let mut asks_user = false;
        let heard = self.with_dialog(effects, asker, |dialog, facts| {
            asks_user = dialog.asks_user_after(failure);
            dialog.replied(facts, asked, Err(failure))
        });
        let why = outcome(asked, failure);
        let (level, words) = match in_flight.change() {
            Some(change) if failure.kind == FailureKind::OutcomeUnknown => {
                (Level::Warn, format!("No answer to {change}: {why}"))
            }
            Some(change) => (Level::Bad, sentence(&format!("{change} failed: {why}"))),
            None if heard => return,
            None => (Level::Bad, why),
        };
        if !heard && asked.writes() {
            self.say(level, words);
        } else if heard && !asks_user {
            // The dialog is closed some time: what is known of the change is read among the messages then, too.
            self.messages.note(self.now, level, words);
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

    /// The connection is lost; why is to be read among the messages too, where there is room for all of it.
    fn lose(&mut self, failure: Failure) {
        self.messages.note(self.now, Level::Bad, words(&failure));
        self.connection.lose(failure, self.now);
    }

    fn refuse(&mut self, failure: Failure) {
        self.messages.note(self.now, Level::Bad, words(&failure));
        self.connection.status = Status::Refused(failure);
    }

    /// Once the server answers again, what it could not be asked before is asked: a failure that is over is not shown
    /// for ever.
    pub(super) fn ask_failed_again(&mut self, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.connection.back) {
            self.detail.ask_failed_again(self.now);
            self.notify(effects, &Notice::Reconnected);
        }
    }

    pub(super) fn copied(&mut self, effects: &mut Vec<Effect>, kind: CopyKind, outcome: ClipboardOutcome) {
        let name = match kind {
            CopyKind::Public(name) => name,
            CopyKind::Secret(key) => {
                self.notify(effects, &Notice::Copied(key, outcome));
                return;
            }
        };
        let (level, words) = match outcome {
            ClipboardOutcome::Copied { .. } => (Level::Good, format!("Copied the {name}")),
            ClipboardOutcome::SentToTerminal => {
                (Level::Info, format!("Sent the {name} to your terminal's clipboard (not verified)"))
            }
            ClipboardOutcome::Handed { program } => {
                (Level::Info, format!("Passed the {name} to {program} (not verified)"))
            }
            ClipboardOutcome::Off => {
                (Level::Warn, "Not copied: the clipboard is off (clipboard = \"off\").".into())
            }
            ClipboardOutcome::Failed(why) => (Level::Bad, format!("Cannot copy the {name}: {why}")),
        };
        // A dialog may cover the line of the message.
        self.notify(effects, &Notice::CopiedText((level, words.clone())));
        self.say(level, words);
    }

    /// What became of a key's file. Nobody may be told of the file of another key, so whoever has closed the
    /// dialog of this one meanwhile reads it in a message.
    pub(super) fn written(&mut self, effects: &mut Vec<Effect>, key: KeyId, result: Result<String, String>) {
        if self.notify(effects, &Notice::Written(key, result.clone())) {
            return;
        }
        match result {
            Ok(path) => self.say(Level::Good, format!("Key saved to {path} (mode 0600)")),
            Err(why) => self.say(Level::Bad, format!("Key not saved to a file: {why}")),
        }
    }

    /// What became of an exported file. The dialog says it, or a message where that was closed meanwhile.
    pub(super) fn export_written(
        &mut self,
        effects: &mut Vec<Effect>,
        rows: usize,
        result: Result<String, String>,
    ) {
        if self.notify(effects, &Notice::Exported(rows, result.clone())) {
            return;
        }
        match result {
            Ok(path) => self.say(Level::Good, exported_words(rows, &path)),
            Err(why) => self.say(Level::Bad, format!("Export failed: {why}")),
        }
    }
}
