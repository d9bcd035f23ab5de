//! Asking for the lists: the first page, the pages near the cursor, the end, the same page again.

use super::effect::Effect;
use super::list::{Arrival, Motion, Slot};
use super::requests::Asker;
use super::state::State;
use super::tabs::View;

/// The next page is asked for when the cursor is this near to the end of what is loaded.
const NEAR: usize = 60;

/// Asks for a part of a view's list, unless it is awaited.
pub(super) fn load(state: &mut State, fx: &mut Vec<Effect>, view: View, slot: Slot) {
    if state.requests.make_way(fx, view, slot) {
        let request = state.views.of_mut(view).request(slot);
        state.ask(fx, Asker::List(view, slot), request);
    }
}

/// Asks for the visible page again, or for the first one when nothing came yet.
pub(super) fn refresh(state: &mut State, fx: &mut Vec<Effect>, view: View) {
    let slot = if state.failure(view).is_some() { Slot::First } else { visible(state, view) };
    if slot != Slot::First || !state.requests.awaits_first(view) {
        load(state, fx, view, slot);
    }
}

/// Asks for a list that nobody has asked for yet.
pub(super) fn load_missing(state: &mut State, fx: &mut Vec<Effect>, view: View) {
    if !state.window(view).seen().loaded && !state.requests.awaits_first(view) {
        load(state, fx, view, Slot::First);
    }
}

/// The page that is to be seen of a view's list.
pub(super) fn visible(state: &State, view: View) -> Slot {
    state.window(view).visible_page()
}

/// Asks for the pages that the cursor comes near to.
pub(super) fn load_near(state: &mut State, fx: &mut Vec<Effect>) {
    if state.link.session.is_none() {
        return;
    }
    for view in View::ALL {
        let list = state.views.of(view);
        let seen = list.window().seen();
        if list.wants_all() && seen.loaded && !seen.complete {
            load(state, fx, view, Slot::Head);
        }
    }
    let near = NEAR.max(state.height());
    let wanted = state.window(state.view).wanted(near);
    let failed = state.failure(state.view).is_some();
    if let Some(slot) = wanted.filter(|_| !failed) {
        load(state, fx, state.view, slot);
    }
}

/// Moves through the view's list. The last row of a long list costs one request: the list is asked for from
/// its end.
pub(super) fn step(state: &mut State, fx: &mut Vec<Effect>, motion: Motion) {
    let view = state.view;
    // What is shown is about to be replaced: nothing of it can be chosen.
    if state.window(view).seen().adrift && state.requests.awaits_first(view) {
        return;
    }
    let list = state.views.of(view);
    let seen = list.window().seen();
    let unknown_end = list.has_reverse() && seen.loaded && !seen.has_end && !seen.filtered;
    if motion == Motion::Last && unknown_end {
        state.window_mut(view).drift();
        state.dirty();
        load(state, fx, view, Slot::End);
        return;
    }
    // Whoever moves on no longer waits for the last row.
    state.requests.cancel(fx, |asker| asker == Asker::List(view, Slot::End));
    let height = state.height();
    if state.window_mut(view).step(motion, height) {
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

/// Requests the whole list again, for another filter, order, project or threshold. Until it arrives, no row of the
/// list before can be acted on.
pub(super) fn reload(state: &mut State, fx: &mut Vec<Effect>, arrival: Arrival) {
    let view = state.view;
    state.window_mut(view).expect(arrival);
    state.failures.retain(|(other, _)| *other != view);
    if state.link.session.is_some() {
        load(state, fx, view, Slot::First);
    }
    state.dirty();
}

/// Applies the typed filter: at once where all rows are loaded, else by asking the server. A filter that cannot be
/// read shows the rows, and the row, that one saw before its wrong term was begun.
pub(super) fn apply_filter(state: &mut State, fx: &mut Vec<Effect>, mut arrival: Arrival) {
    let view = state.view;
    let before = state.filter_line().applied.clone();
    let mut changed = state.window_mut(view).read();
    if state.filter_line().error.is_none() {
        // What was said of a wrong filter is over once it is right.
        let words = super::list::filter::refusal(&state.setup.keymap);
        state.messages.withdraw(&words);
    }
    let named = state.filter_line().names_nothing(&before);
    if let Some(whole) = state.filter_line().whole.clone().filter(|_| !named) {
        let begins = |text: &str| {
            whole
                .strip_prefix(text)
                .is_some_and(|rest| text.is_empty() || rest.is_empty() || rest.starts_with(' '))
        };
        if !begins(&before)
            && let Some(text) = state.window_mut(view).recall(&begins)
        {
            state.window_mut(view).hold(&text);
            (changed, arrival) = (true, Arrival::Back);
        }
    } else if changed && arrival == Arrival::Top && state.filter_line().error.is_none() {
        state.window_mut(view).remember(&before, false);
    }
    if changed {
        show_filtered(state, fx, arrival);
    } else if arrival == Arrival::Back {
        put_cursor(state, arrival);
    }
    state.dirty();
}

/// Shows what the filter lets through, of the loaded rows or of the server's.
fn show_filtered(state: &mut State, fx: &mut Vec<Effect>, arrival: Arrival) {
    let (view, now) = (state.view, state.server_now());
    state.stop_gathering(fx, view);
    let answers = state.answers();
    let suffices = state.views.of_mut(view).refilter(now, answers);
    if suffices && state.filter_line_mut().supersede() {
        // The rows of a filter that was typed before are not wanted any more.
        state.requests.cancel(fx, |asker| asker == Asker::List(view, Slot::First));
    }
    if suffices {
        put_cursor(state, arrival);
    } else {
        reload(state, fx, arrival);
    }
}

/// Puts the cursor of the view's list where it is to go: now, or when the requested rows arrive.
fn put_cursor(state: &mut State, arrival: Arrival) {
    let (view, height) = (state.view, state.height());
    let awaited = state.requests.awaits_first(view);
    let window = state.window_mut(view);
    window.expect(arrival);
    if !awaited {
        window.arrive(height);
    }
}

/// Keeps each selection in its place after rows or the size have changed.
pub(super) fn settle(state: &mut State) {
    let height = state.height();
    for view in View::ALL {
        state.window_mut(view).settle(height);
    }
}
