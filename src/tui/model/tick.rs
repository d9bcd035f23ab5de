//! Time goes on: what is done when it is due, and when that is next.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::ages::{Age, minutes_left};
use super::columns::Cell;
use super::connection::Status;
use super::detail::Selected;
use super::dialogs::Dialog;
use super::dialogs::interaction::Notice;
use super::effect::{Effect, Request};
use super::messages::Level;
use super::requests::Asker;
use super::state::State;
use super::tabs::View;
use super::timers::{AGES, FINDINGS, LOADING, REFRESH, REFRESH_LIVE, STARTING_AGAIN, WAITING};
use crate::wire::time::Timestamp;

impl State {
    /// When the next [`super::Event::Tick`] is due, if nothing else happens: no other timer is needed. Asked
    /// after each batch of events; `None` waits for an event.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let mut due = vec![self.timers.ages];
        if self.refreshing() || self.polls() {
            due.push(self.timers.refresh);
        }
        if self.refreshing() {
            due.push(self.timers.findings);
        }
        due.extend(View::ALL.into_iter().filter_map(|view| self.poll_due(view)));
        due.extend(self.timers.starting);
        due.extend(self.messages.until());
        due.extend(self.connection.retry_at());
        if !self.deciding() {
            due.extend(self.allowed_until);
        }
        due.extend(self.burst.due());
        due.extend(self.detail.due);
        due.extend(self.dialogs.last().and_then(|dialog| dialog.logic().due()));
        if !self.timers.seen_loading {
            let waits = self.requests.here().map(|asked| asked.since + LOADING);
            due.extend(waits.filter(|due| *due > self.now));
            if let Status::Connecting { since } = self.connection.status {
                due.extend(Some(since + LOADING).filter(|due| *due > self.now));
            }
        }
        // Second by second, once it is worth a word.
        due.extend(self.oldest_request().map(|since| {
            let seconds = since.age(self.now).as_secs() + 1;
            since + WAITING.max(Duration::from_secs(seconds))
        }));
        due.into_iter().min()
    }

    /// When a list is asked for again that no event tells of. While a change waits for what it says, that is soon.
    fn poll_due(&self, view: View) -> Option<Timestamp> {
        let up = self.connection.status == Status::Up && self.connection.session.is_some();
        if !up || self.live.frozen {
            return None;
        }
        let (list, polled) = (self.views.of(view), self.timers.polled);
        let usual = polled + list.poll_every(view == self.view)?;
        let waits = self.requests.here().filter(|asked| asked.request.waits_for_nodes());
        let waits = waits.map(|asked| asked.since).min();
        let soon = waits.zip(list.poll_while_waiting()).map(|(since, pause)| since.max(polled) + pause);
        Some(soon.map_or(usual, |soon| usual.min(soon)))
    }

    /// Whether the visible page is kept new: held while a decision is being made, while all is frozen, and while
    /// nobody answers.
    pub(super) fn refreshing(&self) -> bool {
        let up = self.connection.status == Status::Up && self.connection.session.is_some();
        up && !self.live.frozen && !self.deciding()
    }

    pub(super) fn tick(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if now < self.now {
            // The clock was set back: nothing may wait for a time that was.
            self.timers.not_after(now);
            self.detail.due = self.detail.due.map(|_| now);
            if let Status::Lost { retry_at: Some(at), .. } = &mut self.connection.status {
                *at = now;
            }
            self.requests.shift(|since| *since = now.min(*since));
        }
        self.now = now;
        if self.burst.is_over(now) {
            self.end_burst(effects);
        }
        if self.messages.expire(now) {
            self.dirty();
        }
        self.lock_when_over();
        let loading = View::ALL.into_iter().any(|view| self.loading(view))
            || matches!(self.connection.status, Status::Connecting { since } if since.age(now) >= LOADING);
        if loading != self.timers.seen_loading {
            self.timers.seen_loading = loading;
            self.dirty();
        }
        if self.waiting() != self.timers.seen_waiting {
            self.timers.seen_waiting = self.waiting();
            self.dirty();
        }
        if now >= self.timers.ages {
            self.timers.ages = now + AGES;
            let ages = self.ages_on_screen();
            if ages != self.timers.seen_ages {
                self.timers.seen_ages = ages;
                self.dirty();
            }
        }
        if self.connection.retry_at().is_some_and(|at| now >= at) {
            if let Status::Lost { retry_at, .. } = &mut self.connection.status {
                *retry_at = None;
            }
            effects.push(Effect::Connect);
        }
        if self.polls() && now >= self.timers.refresh {
            self.timers.refresh = now + REFRESH;
            self.notify(effects, &Notice::Unheard);
        }
        if self.refreshing() && now >= self.timers.refresh {
            self.timers.refresh = now + if self.live.open { REFRESH_LIVE } else { REFRESH };
            self.timers.refreshed = now;
            self.timers.refreshes += 1;
            self.refresh(effects, self.view);
            let beside = self.beside().filter(|_| self.live.open || self.timers.refreshes.is_multiple_of(5));
            if let Some(view) = beside {
                self.refresh(effects, view);
            }
        }
        let polled = |view: &View| self.poll_due(*view).is_some_and(|due| now >= due);
        let polled: Vec<View> = View::ALL.into_iter().filter(polled).collect();
        for view in polled {
            self.timers.polled = now;
            self.refresh(effects, view);
        }
        if self.refreshing() && now >= self.timers.findings {
            self.timers.findings = now + FINDINGS;
            self.live.refused.clear();
            self.ask_findings(effects);
        }
        if self.timers.starting.is_some_and(|at| now >= at) {
            // A new connection greets by itself.
            let up = self.connection.status == Status::Up;
            self.timers.starting = up.then(|| now + STARTING_AGAIN);
            if up {
                self.ask(effects, Asker::Dashboard, Request::Session);
            }
        }
        if let Some(requests) = self.detail.requests(now) {
            self.requests.cancel(effects, |asker| asker == Asker::Detail);
            for request in requests {
                self.ask(effects, Asker::Detail, request);
            }
        }
        self.notify(effects, &Notice::Time);
    }

    /// Moves all that is waited for along with the clock. What the server's clock says is asked again: it may be this
    /// machine's.
    pub(super) fn clock_set(&mut self, by: i64, effects: &mut Vec<Effect>) {
        let shift = |at: &mut Timestamp| *at = Timestamp::from_millis(at.millis().saturating_add(by));
        shift(&mut self.now);
        self.timers.shift(shift);
        shift(&mut self.connection.heard);
        match &mut self.connection.status {
            Status::Connecting { since } => shift(since),
            Status::Lost { since, retry_at, .. } => {
                shift(since);
                retry_at.iter_mut().for_each(shift);
            }
            Status::Up | Status::Refused(_) => {}
        }
        self.requests.shift(shift);
        self.allowed_until.iter_mut().for_each(shift);
        self.detail.due.iter_mut().for_each(shift);
        self.detail.asked.iter_mut().for_each(shift);
        self.messages.shift(shift);
        self.burst.shift(shift);
        self.dialogs.iter_mut().for_each(|dialog| dialog.logic_mut().clock_set(by));
        if self.connection.status == Status::Up {
            self.ask(effects, Asker::Dashboard, Request::Session);
        }
        self.dirty();
    }

    /// A digest of all ages that are on the screen: a new one is a reason to draw.
    fn ages_on_screen(&self) -> u64 {
        let mut digest = DefaultHasher::new();
        let mut age = |at: Timestamp, now: Timestamp| Age { at, now }.to_string().hash(&mut digest);
        if let Status::Lost { since, .. } = &self.connection.status {
            age(*since, self.now);
        }
        if self.dialogs.last().is_some_and(Dialog::shows_messages) {
            self.messages.newest_first().take(self.height()).for_each(|message| age(message.at, self.now));
        }
        if let Some(area) = self.screen().and_then(|screen| screen.table) {
            let view = self.views.of(self.view);
            let placed = self.placed(area);
            let mut cell = Cell::new(self.facts());
            let offset = view.window().seen().offset;
            for line in offset..offset + self.height() {
                view.row(line, &placed, &mut cell, &mut |_, tone, text| (tone, text).hash(&mut digest));
            }
        }
        if let Some(area) = self.screen().and_then(|screen| screen.detail) {
            self.page(area).lines.iter().flat_map(|line| &line.parts).for_each(|part| part.hash(&mut digest));
        }
        self.allowed_until.map(|until| minutes_left(until, self.now)).hash(&mut digest);
        digest.finish()
    }

    /// Locks the context again when its time is over; not under the hands of who is deciding something.
    fn lock_when_over(&mut self) {
        if self.allowed_until.is_some_and(|until| self.now >= until) && !self.deciding() {
            self.allowed_until = None;
            let title = self.setup.context.clone();
            self.say(Level::Info, format!("{title} is read-only again: the 10 minutes are up."));
            self.settle();
        }
    }

    /// Whether an open dialog has to ask again and again how its key is, because no event tells of it.
    fn polls(&self) -> bool {
        let up = self.connection.status == Status::Up && self.connection.session.is_some();
        up && !self.live.open && self.dialogs.iter().any(|dialog| dialog.logic().watches())
    }

    /// Follows the selection: what was asked for another key is no longer wanted.
    pub(super) fn follow_selection(&mut self, effects: &mut Vec<Effect>) {
        let visible = self.screen().is_some_and(|screen| screen.detail.is_some());
        let shown = self.selected_key().filter(|_| visible).map(Selected::of);
        let callers = |request: &Request| matches!(request, Request::Callers(_));
        let awaited =
            self.requests.here().any(|asked| asked.asker == Asker::Detail && callers(&asked.request));
        if self.detail.follow(shown, awaited, self.now) {
            self.requests.cancel(effects, |asker| asker == Asker::Detail);
        }
    }
}
