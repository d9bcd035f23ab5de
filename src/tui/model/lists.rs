//! Asking for the lists: the first page, the pages near the cursor, the end, the same page again.

use super::effect::Effect;
use super::link::Status;
use super::rows::{Motion, Slot};
use super::state::{State, View, What};
use crate::wire::time::Timestamp;

/// The next page is asked for when the cursor is this near to the end of what is loaded.
const NEAR: usize = 60;

/// Asks for a part of a view's list. Older requests for the same list that would now come too late are taken
/// back; one that is under way already is not repeated.
pub(super) fn load(state: &mut State, fx: &mut Vec<Effect>, view: View, slot: Slot) {
    let same_list = |what: What| matches!(what, What::List(other, _) if other == view);
    match slot {
        Slot::First => state.cancel(fx, same_list),
        // What was asked before the whole list was asked for anew would not fit to it.
        _ if state.awaits(|what| what == What::List(view, Slot::First)) => return,
        Slot::Again(_) if state.awaits(same_list) => return,
        _ if state.awaits(|what| what == What::List(view, slot)) => return,
        // A page that is merely asked for again must not be in the way of one that somebody waits for.
        _ => state.cancel(fx, |what| matches!(what, What::List(other, Slot::Again(_)) if other == view)),
    }
    let request = match view {
        View::Projects => state.projects.request(slot),
        View::Keys => state.keys.request(slot),
        View::Stale => state.stale.request(slot),
        View::Audit => state.audit.request(slot),
    };
    state.ask(fx, What::List(view, slot), request);
}

/// Asks for the visible page again, or for the first one when nothing came yet.
pub(super) fn refresh(state: &mut State, fx: &mut Vec<Effect>, view: View) {
    let slot = if state.failure(view).is_some() { Slot::First } else { visible(state, view) };
    if slot != Slot::First || !state.awaits(|what| what == What::List(view, Slot::First)) {
        load(state, fx, view, slot);
    }
}

/// The page that is to be seen of a view's list.
pub(super) fn visible(state: &State, view: View) -> Slot {
    match view {
        View::Projects => page(&state.projects.rows),
        View::Keys => page(&state.keys.rows),
        View::Stale => page(&state.stale.rows),
        View::Audit => page(&state.audit.rows),
    }
}

fn page<T: super::rows::Row>(rows: &super::rows::Rows<T>) -> Slot {
    if rows.is_loaded() { rows.page_at(rows.offset()) } else { Slot::First }
}

/// Asks for the pages that the cursor comes near to.
pub(super) fn load_near(state: &mut State, fx: &mut Vec<Effect>) {
    if state.link.session.is_none() {
        return;
    }
    if state.projects.want_all && state.projects.rows.is_loaded() && !state.projects.rows.is_complete() {
        load(state, fx, View::Projects, Slot::Head);
    }
    let near = NEAR.max(state.height());
    let wanted = match state.view {
        View::Projects => state.projects.rows.wanted(near),
        View::Keys => state.keys.rows.wanted(near),
        View::Stale => state.stale.rows.wanted(near),
        View::Audit => state.audit.rows.wanted(near),
    };
    let failed = state.failure(state.view).is_some();
    if let Some(slot) = wanted.filter(|_| !failed) {
        load(state, fx, state.view, slot);
    }
}

/// Moves through the view's list. The last row of a long list costs one request: the list is asked for from
/// its end.
pub(super) fn step(state: &mut State, fx: &mut Vec<Effect>, motion: Motion) {
    let view = state.view;
    let unknown_end = state
        .key_list()
        .is_some_and(|list| list.rows.is_loaded() && !list.rows.has_end() && !list.rows.is_filtered());
    if motion == Motion::Last && unknown_end {
        load(state, fx, view, Slot::End);
        return;
    }
    let height = state.height();
    let moved = match view {
        View::Projects => state.projects.rows.step(motion, height),
        View::Keys => state.keys.rows.step(motion, height),
        View::Stale => state.stale.rows.step(motion, height),
        View::Audit => state.audit.rows.step(motion, height),
    };
    if moved {
        state.dirty();
    }
}

/// Shows a view; asks for its rows.
pub(super) fn show(state: &mut State, fx: &mut Vec<Effect>, view: View) {
    if state.view != view {
        state.view = view;
        state.detail_only = false;
        state.dirty();
    }
    if state.link.session.is_some() {
        refresh(state, fx, view);
    }
    settle(state);
}

/// Asks for the whole list anew: another filter, order, project or threshold.
pub(super) fn reload(state: &mut State, fx: &mut Vec<Effect>) {
    let view = state.view;
    state.failures.retain(|(other, _)| *other != view);
    if state.link.session.is_some() {
        load(state, fx, view, Slot::First);
    }
    state.dirty();
}

/// Applies what is typed into the filter: at once where all rows are loaded, else by asking the server.
pub(super) fn apply_filter(state: &mut State, fx: &mut Vec<Effect>) {
    let now = state.server_now();
    let height = state.height();
    match state.view {
        View::Projects => {
            if state.projects.filter.read_words() {
                state.projects.refilter();
                state.projects.rows.settle(height);
            }
        }
        View::Audit => {
            if state.audit.read() {
                if state.filter_events(now) {
                    // As when a first page comes: a row that is no longer there leaves the cursor on the newest.
                    let rows = &mut state.audit.rows;
                    if rows.selected_id().is_some_and(|id| rows.line_of(id).is_some()) {
                        rows.settle(height);
                    } else {
                        rows.rewind();
                    }
                } else {
                    reload(state, fx);
                }
            }
        }
        View::Keys | View::Stale => {
            let view = state.view;
            let list = if view == View::Keys { &mut state.keys } else { &mut state.stale };
            let changed = list.filter.read();
            if changed {
                state.stop_gathering(fx, view);
                let list = if view == View::Keys { &mut state.keys } else { &mut state.stale };
                if list.refilter(now) {
                    list.rows.settle(height);
                } else {
                    reload(state, fx);
                }
            }
        }
    }
    state.dirty();
}

impl State {
    /// Shows what the filter lets through of the loaded events. Says whether the server need not be asked: they
    /// suffice, or nobody answers; then the title says what is searched.
    pub(super) fn filter_events(&mut self, now: Timestamp) -> bool {
        if matches!(self.link.status, Status::Lost { .. }) && self.audit.rows.is_loaded() {
            self.audit.refilter_loaded(now);
            return true;
        }
        self.audit.refilter(now)
    }
}

/// Keeps each selection in its place after rows or the size have changed.
pub(super) fn settle(state: &mut State) {
    let height = state.height();
    state.projects.rows.settle(height);
    state.keys.rows.settle(height);
    state.stale.rows.settle(height);
    state.audit.rows.settle(height);
}
