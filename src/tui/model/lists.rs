//! The lists: asking for the first page, the pages near the cursor, the end, the same page again; moving in them, and
//! what the filter shows of them.

use super::effect::Effect;
use super::event::Reply;
use super::list::{Arrival, Motion, Slot, filter};
use super::requests::Asker;
use super::state::State;
use super::tabs::View;
use super::views::keys::{Awaited, Summed};

/// The next page is asked for when the cursor is this near to the end of what is loaded.
const NEAR: usize = 60;

impl State {
    /// Asks for a part of a view's list, unless it is awaited.
    pub(super) fn load(&mut self, effects: &mut Vec<Effect>, view: View, slot: Slot) {
        if self.requests.make_way(effects, view, slot) {
            let daily = view == self.view && self.shows_daily();
            if let Some(list) = self.list_of(view) {
                list.show_daily(daily);
            }
            let request = self.views.of_mut(view).request(slot);
            self.ask(effects, Asker::List(view, slot), request);
        }
    }

    /// Asks for the visible page again, or for the first one when nothing came yet.
    pub(super) fn refresh(&mut self, effects: &mut Vec<Effect>, view: View) {
        let page = self.window(view).visible_page();
        let slot = if self.failure(view).is_some() { Slot::First } else { page };
        if slot != Slot::First || !self.requests.awaits_first(view) {
            self.load(effects, view, slot);
        }
    }

    /// Asks for a list that nobody has asked for yet.
    pub(super) fn load_missing(&mut self, effects: &mut Vec<Effect>, view: View) {
        if !self.window(view).seen().loaded && !self.requests.awaits_first(view) {
            self.load(effects, view, Slot::First);
        }
    }

    /// Asks for the pages that the cursor comes near to.
    pub(super) fn load_near(&mut self, effects: &mut Vec<Effect>) {
        if self.connection.session.is_none() {
            return;
        }
        for view in View::ALL {
            let list = self.views.of(view);
            let seen = list.window().seen();
            if list.wants_all() && seen.loaded && !seen.complete {
                self.load(effects, view, Slot::Head);
            }
        }
        let wanted = self.window(self.view).wanted(NEAR.max(self.height()));
        let failed = self.failure(self.view).is_some();
        if let Some(slot) = wanted.filter(|_| !failed) {
            self.load(effects, self.view, slot);
        }
    }

    /// Whether the column of daily requests is on the screen.
    fn shows_daily(&self) -> bool {
        let Some(area) = self.screen().and_then(|screen| screen.table) else { return false };
        self.key_list().is_some() && self.views.of(self.view).shows_daily(&self.placed(area))
    }

    /// Asks for the visible page again where daily requests are shown and not known.
    pub(super) fn load_daily(&mut self, effects: &mut Vec<Effect>) {
        let view = self.view;
        if !self.refreshing() || self.requests.awaits_first(view) || !self.shows_daily() {
            return;
        }
        let (height, now) = (self.height(), self.now);
        let Some(list) = self.list_of(view) else { return };
        list.show_daily(true);
        if let Some(slot) = list.lacks_daily(height, now) {
            self.load(effects, view, slot);
        }
    }

    /// Moves through the view's list. The last row of a long list costs one request: the list is asked for from its
    /// end.
    pub(super) fn step(&mut self, effects: &mut Vec<Effect>, motion: Motion) {
        let view = self.view;
        // What is shown is about to be replaced: nothing of it can be chosen.
        if self.window(view).seen().adrift && self.requests.awaits_first(view) {
            return;
        }
        let list = self.views.of(view);
        let seen = list.window().seen();
        let unknown_end = list.has_reverse() && seen.loaded && !seen.has_end && !seen.filtered;
        if motion == Motion::Last && unknown_end {
            self.window_mut(view).drift();
            self.dirty();
            self.load(effects, view, Slot::End);
            return;
        }
        // Whoever moves on no longer waits for the last row.
        self.requests.cancel(effects, |asker| asker == Asker::List(view, Slot::End));
        let height = self.height();
        if self.window_mut(view).step(motion, height) {
            self.dirty();
        }
    }

    /// Shows a view; asks for its rows.
    pub(super) fn show(&mut self, effects: &mut Vec<Effect>, view: View) {
        if self.view != view {
            self.view = view;
            self.detail_only = false;
            self.dirty();
        }
        if self.connection.session.is_some() {
            self.refresh(effects, view);
        }
        self.settle();
    }

    /// Requests the whole list again, for another filter, order, project or threshold. Until it arrives, no row of the
    /// list before can be acted on.
    pub(super) fn reload(&mut self, effects: &mut Vec<Effect>, arrival: Arrival) {
        let view = self.view;
        self.window_mut(view).expect(arrival);
        self.failures.retain(|(other, _)| *other != view);
        if self.connection.session.is_some() {
            self.load(effects, view, Slot::First);
        }
        self.dirty();
    }

    /// Keeps the summary of the view up to date.
    pub(super) fn summarise(&mut self, effects: &mut Vec<Effect>) {
        if self.connection.session.is_none() {
            return;
        }
        let (view, now, server_now) = (self.view, self.now, self.server_now());
        let asker = Asker::Summary(view);
        let counts = self.requests.awaits(|other| other == asker);
        let awaited = Awaited { rows: self.requests.awaits_first(view), counts, fit: self.loaded_fit() };
        let Some(list) = self.list_of(view) else { return };
        let request = match list.summarise(now, server_now, awaited) {
            Summed::Same => return,
            Summed::Changed => None,
            Summed::Ask(request) => Some(request),
        };
        self.requests.cancel(effects, |other| other == asker);
        if let Some(request) = request {
            self.ask(effects, asker, request);
        }
        self.dirty();
    }

    /// The counts for a summary came, or did not.
    pub(super) fn summarised(&mut self, view: View, reply: Option<Reply>) {
        if let Some(list) = self.list_of(view) {
            list.summarised(reply);
        }
        self.dirty();
    }

    /// The filter line takes the keys from here on.
    pub(super) fn begin_filter(&mut self) {
        if !self.filter_line().editing {
            self.filter_line_mut().editing = true;
            let filter = self.filter_line().applied.clone();
            self.window_mut(self.view).remember(&filter, true);
        }
    }

    /// Closes the filter line and shows all rows again, with the cursor where it was before.
    pub(super) fn leave_filter(&mut self, effects: &mut Vec<Effect>) {
        self.filter_line_mut().set("");
        self.window_mut(self.view).recall_first();
        self.apply_filter(effects, Arrival::Back);
    }

    /// Applies the typed filter: at once where all rows are loaded, else by asking the server.
    pub(super) fn apply_filter(&mut self, effects: &mut Vec<Effect>, arrival: Arrival) {
        let view = self.view;
        let (changed, arrival) = self.window_mut(view).retype(arrival);
        if self.filter_line().error.is_none() {
            // What was said of a wrong filter is over once it is right.
            self.messages.withdraw(&filter::refusal(&self.setup.keymap));
        }
        if changed {
            let steps = self.views.of_mut(view).stop_gathering();
            self.carry_out(effects, Asker::Gather(view), steps);
            let (now, answers) = (self.server_now(), self.answers());
            if !self.views.of_mut(view).refilter(now, answers) {
                return self.reload(effects, arrival);
            }
            if self.filter_line_mut().supersede() {
                // The rows of a filter that was typed before are not wanted any more.
                self.requests.cancel(effects, |asker| asker == Asker::List(view, Slot::First));
            }
        }
        if changed || arrival == Arrival::Back {
            // Now, or when the requested rows arrive.
            let (height, awaited) = (self.height(), self.requests.awaits_first(view));
            let window = self.window_mut(view);
            window.expect(arrival);
            if !awaited {
                window.arrive(height);
            }
        }
        self.dirty();
    }

    /// Keeps each selection in its place after rows or the size have changed.
    pub(super) fn settle(&mut self) {
        let height = self.height();
        self.views.settle(height);
    }
}
