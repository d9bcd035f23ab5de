//! What is worth doing here and works: the footer's hints, the first lines of the help, and the palette's first ten.

use std::borrow::Cow;

use super::action::Action;
use super::connection::Status as Link;
use super::dialogs::interaction::DialogLogic;
use super::finder::First;
use super::state::State;
use crate::wire::keys::Status;

/// How many the palette begins with, before anything is typed.
const FIRST: usize = 10;
/// What the palette begins with after the offers of the view.
const USEFUL: &[Action] = &[
    Action::Rotate,
    Action::Pause,
    Action::NewKey,
    Action::Filter,
    Action::View(3),
    Action::View(2),
    Action::View(1),
    Action::View(4),
    Action::Export,
    Action::Contexts,
    Action::CopyMenu,
    Action::Messages,
];

/// The actions that are worth most here, in order, with words for the footer. None of them fails for want of a row
/// or a right.
pub(in crate::tui) fn offers(state: &State) -> Vec<(Action, &'static str)> {
    let writes = state.read_only().is_none();
    if state.filter_line().editing {
        if state.filter_line().error.is_some() {
            return vec![(Action::Cancel, "clear")];
        }
        return vec![(Action::Cancel, "clear"), (Action::Submit, "apply")];
    }
    let failed = matches!(state.connection.status, Link::Lost { .. } | Link::Refused(_));
    if failed && state.connection.session.is_none() {
        // Without a session no other action can work.
        let mut offers = vec![(Action::Refresh, "retry")];
        if state.setup.contexts.all.len() > 1 {
            offers.push((Action::Contexts, "contexts"));
        }
        offers.extend([(Action::Help, "help"), (Action::Close, "quit")]);
        return offers;
    }
    let marked = state.key_list().is_some_and(|list| !list.marks.is_empty());
    if state.detail_alone() {
        return of_detail(state, writes, if marked { "revoke marked" } else { "revoke" });
    }
    if marked {
        let mut offers = Vec::with_capacity(8);
        if writes {
            offers.push((Action::Revoke, "revoke marked"));
        }
        offers.extend([(Action::Mark, "mark"), (Action::Range, "range"), (Action::MarkAll, "mark all")]);
        offers.extend([(Action::Back, "unmark"), (Action::Filter, "filter"), (Action::Help, "help")]);
        return offers;
    }
    let view = state.views.of(state.view);
    let mut offers = view.hints(state.facts());
    if state.acted.offers() && state.messages.current().is_some() {
        // The receipt above says what the key does now.
        offers.retain(|(action, _)| *action != Action::Rotate);
    }
    // An empty list has nothing to filter, unless its filter is what empties it.
    if view.window().seen().selected.is_some() || !state.filter_line().applied.is_empty() {
        offers.push((Action::Filter, "filter"));
    }
    offers.extend([(Action::Help, "help"), (Action::Close, close_word(state))]);
    offers
}

/// The actions that the palette begins with.
pub(super) fn first_of_palette(state: &State) -> Vec<Action> {
    let mut first: Vec<Action> = Vec::with_capacity(FIRST);
    let here = of_view(state);
    for action in here.iter().chain(USEFUL) {
        if !first.contains(action) && first.len() < FIRST {
            first.push(*action);
        }
    }
    first
}

/// The actions of the help's first section: those of this view alone.
pub(super) fn of_view(state: &State) -> Vec<Action> {
    let everywhere = |action: &Action| matches!(action, Action::Help | Action::Close | Action::Filter);
    offers(state).into_iter().map(|(action, _)| action).filter(|action| !everywhere(action)).collect()
}

/// The actions of a dialog, in the order of its last line: over it, help and palette begin with them.
pub(super) fn of_dialog(dialog: &dyn DialogLogic) -> First {
    // Help and palette are open already, and everybody knows how to move and to leave.
    let known = |action: &Action| {
        action.moves() || matches!(action, Action::Help | Action::Palette | Action::Submit | Action::Cancel)
    };
    let mut actions = Vec::new();
    let works =
        dialog.hints().iter().flat_map(|hint| hint.actions).map(|action| (*action, action.words())).collect();
    for hint in dialog.hints().into_iter().filter(|hint| !hint.does.is_empty()) {
        for action in hint.actions.iter().filter(|action| !known(action)) {
            let words = match &hint.does {
                Cow::Borrowed(words) => words,
                Cow::Owned(_) => action.words(),
            };
            actions.push((*action, words));
        }
    }
    First { title: dialog.keys_title(), actions, works }
}

/// The same where the detail has the screen.
fn of_detail(state: &State, writes: bool, revoke: &'static str) -> Vec<(Action, &'static str)> {
    let long = state.reads_page();
    let selected = state.selected_key();
    let revoked = selected.is_some_and(|key| key.status == Status::Revoked);
    let creates = selected.is_some_and(|key| !state.facts().project_deleted(key));
    let mut offers = vec![(Action::Back, "back")];
    if long {
        offers.insert(0, (Action::Down, "scroll"));
    }
    if writes && state.key_list().is_some() && !revoked {
        offers.push((Action::Revoke, revoke));
    }
    if writes && creates {
        let guided = selected.is_some_and(|key| state.facts().detail.is_guided(key.id));
        let rotates = if guided { "guide" } else { "rotate" };
        offers.push((Action::Rotate, if revoked { "new key like this" } else { rotates }));
    }
    if let Some(key) = selected.filter(|key| writes && key.status != Status::Revoked) {
        offers.push((Action::Pause, if key.status == Status::Paused { "resume" } else { "pause" }));
    }
    offers.extend([
        (Action::CopyMask, "copy masked key"),
        (Action::NextRow, "next"),
        (Action::History, "audit log"),
        (Action::Help, "help"),
    ]);
    offers.retain(|(action, _)| match action {
        Action::CopyMask => state.key_list().is_some(),
        Action::History => state.views.of(state.view).has_log(),
        _ => true,
    });
    offers
}

fn close_word(state: &State) -> &'static str {
    let inside = state.detail_only
        || !state.filter_line().applied.is_empty()
        || state.key_list().is_some_and(|list| list.project.is_some());
    if inside { "back" } else { "quit" }
}
