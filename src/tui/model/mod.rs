//! The dashboard's state, and how events change it: no terminal, no network, no clock.
//!
//! `impl State` is in eight files; all others are parts that do not know the state.
//!
//! | of the state | what |
//! |---|---|
//! | [`state`] | what the dashboard holds, and questions about the whole of it |
//! | `input` | keys, pastes and clicks: to a dialog, to the filter line or to the table |
//! | `acts` | what the actions of a table do |
//! | `steps` | opens dialogs, calls them, and carries out what a dialog or a view asks for |
//! | `lists` | asks for rows, moves in them, filters them |
//! | `replies` | answers of the server; results of copies and files |
//! | `apply_change` | what a change means for the lists, our own or from another client |
//! | `tick` | what is due |
//!
//! | part | what |
//! |---|---|
//! | [`event`], [`action`], [`effect`] | what happened, what the user wants, what to do outside |
//! | [`setup`], [`tabs`](View) | what the dashboard is started with; the names of the views |
//! | [`keymap`], [`chord`], `dialog_keys` | which key does what, how keys are written, which keys dialogs reserve |
//! | [`interaction`](dialogs::interaction), [`hints`] | what a dialog or a view can see and ask for; the keys of a dialog |
//! | [`dialogs`], [`field`], `one_line` | the dialogs, a file each; text fields and what they reject |
//! | [`views`], [`list`] | the views, a file each; rows loaded page by page |
//! | [`columns`], [`fit`] | the columns of a table with their cells; which of them fit, and how wide each is |
//! | `choices` | the columns chosen for each view |
//! | [`saved_filters`] | filters with a name, for each context and view |
//! | [`detail`], [`detail_text`], `chart`, `history` | what is requested for the selected row, and the detail as lines |
//! | `requests` | requests in flight: who asked, for what, since when, in which context |
//! | [`change_batch`], [`live`] | changes from the event stream, and how they reach the lists |
//! | `finder`, `rank` | help and palette: choosing by typing, and what matches best |
//! | `offers` | what is worth doing here: for the footer, the help and the palette |
//! | `mouse`, `burst` | what a click means; what is typed right behind a key that confirmed something |
//! | [`fleet`] | the nodes of the database, for the header and for changes that wait for them |
//! | `tab_line` | the tabs with their counts, and what decides which rows are shown |
//! | `replacement` | the row of the last action, and a revoked key to be replaced |
//! | [`export_rows`] | rows as the text of a file |
//! | `wording`, `review_words` | failures, outcomes and access reviews in words |
//! | [`connection`], [`messages`], [`ages`], [`timers`], [`tone`] | the connection, toasts, times, how a text is styled |
//!
//! A key press, `x` on a key and then `y`, goes through five files: `input` (to the action of the table, or to the
//! dialog with its hints), [`keymap`] (which action that is), [`dialogs::confirm`] (what it asks, and when it confirms),
//! `steps` (sends the request and closes the dialog), `apply_change` (what the answer means for the lists).

pub mod action;
mod acts;
pub mod ages;
mod apply_change;
mod burst;
pub mod change_batch;
mod chart;
mod choices;
pub mod chord;
pub mod columns;
pub mod connection;
pub mod detail;
pub mod detail_text;
mod dialog_keys;
pub mod dialogs;
pub mod effect;
pub mod event;
pub mod export_rows;
pub mod field;
mod finder;
pub mod fit;
pub mod fleet;
pub mod hints;
mod history;
mod input;
pub mod keymap;
pub mod list;
mod lists;
pub mod live;
pub(in crate::tui) mod message_line;
pub mod messages;
mod mouse;
mod offers;
mod one_line;
mod rank;
mod replacement;
mod replies;
mod requests;
pub(in crate::tui) mod review_words;
pub mod saved_filters;
pub mod setup;
pub mod state;
mod steps;
mod tab_line;
mod tabs;
mod tick;
pub mod timers;
pub mod tone;
pub mod views;
pub(in crate::tui) mod wording;

pub use self::action::Action;
pub use self::change_batch::ChangeBatch;
pub use self::effect::{CopyText, Effect, RelatedTo, Request, RequestId};
pub use self::event::{
    ClipboardOutcome, CopyKind, Event, Failure, FailureKind, KeyCode, KeyPress, Mouse, MouseKind,
    PackCreated, Pasted, Place, PressKind, Related, Reply, Unsuspended, VerifiedPack,
};
pub use self::keymap::Keymap;
use self::messages::Level;
pub(in crate::tui) use self::offers::offers;
pub use self::setup::{Context, Contexts, Setup, Themes};
pub use self::state::State;
pub(in crate::tui) use self::tab_line::{BETWEEN, tab_line};
pub use self::tabs::View;
pub(in crate::tui) use self::wording::{caller_words, refused_words, still_sending};
use crate::wire::keys::Key;

/// Changes the state by what happened and says what to do outside, in this order.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    let (view, said, height) = (state.view, state.messages.said(), state.height());
    match event {
        Event::Started => {
            let (_, unknown) = choices::Choices::read(&state.setup.columns, &state.views);
            state.warned(&unknown);
            effects.push(Effect::SetTitle(state.title()));
            effects.push(Effect::Connect);
        }
        Event::Warned(warnings) => state.warned(&warnings),
        Event::Key(key) => state.key(&mut effects, key),
        Event::LineBreak(key) => state.line_break(&mut effects, key),
        Event::Paste(pasted) => state.paste(&mut effects, &pasted),
        Event::Mouse(mouse) => state.mouse(&mut effects, mouse),
        Event::Resize(width, height) => {
            state.setup.size = (width, height);
            state.find(&mut effects);
            state.settle();
            state.dirty();
        }
        Event::Tick(now) => state.tick(now, &mut effects),
        Event::ClockSet(by) => state.clock_set(by, &mut effects),
        Event::Replied(id, result) => state.replied(&mut effects, id, result),
        Event::Clipboard(kind, outcome) => state.copied(&mut effects, kind, outcome),
        Event::SecretFile(key, result) => state.written(&mut effects, key, result),
        Event::NotSaved(why) => state.say(Level::Warn, why),
        Event::ThemeSaved(name, path) => {
            state.say(Level::Good, format!("Theme {name} saved in {path}"));
        }
        Event::Exported { rows, result } => state.export_written(&mut effects, rows, result),
        Event::FocusGained | Event::Resumed | Event::Background { .. } => state.dirty(),
        Event::FocusLost | Event::Suspended => {}
        Event::Connected { session, place } => {
            state.connected(&mut effects, session, place);
            effects.push(Effect::FindUnsaved);
        }
        Event::Unsaved(keys) => {
            let known = |key: &Key| state.unsaved.iter().any(|other| other.id == key.id);
            let new: Vec<Key> = keys.into_iter().filter(|key| !known(key)).collect();
            state.unsaved.extend(new);
        }
        Event::Changes(batch) => state.told(*batch),
        Event::ConnectFailed(failure) => state.connect_failed(failure),
        Event::NotSuspended(why) => state.say(
            Level::Warn,
            match why {
                Unsuspended::NoShell => "Cannot suspend: there is no shell to resume from.",
                Unsuspended::ServesEdge => {
                    "Cannot suspend: that would stop the Edge API. Use `keydeck serve` or --no-edge."
                }
            },
        ),
    }
    if state.view != view && state.messages.said() == said {
        state.messages.leave_view();
    }
    state.apply_changes(&mut effects);
    state.say_ignored();
    state.look();
    if let Some(words) = state.views.gone_words() {
        state.say(Level::Warn, words);
    }
    state.ask_unsaved(&mut effects);
    state.load_near(&mut effects);
    state.ask_failed_again(&mut effects);
    state.load_daily(&mut effects);
    state.summarise(&mut effects);
    state.follow_selection(&mut effects);
    if state.height() != height {
        // A message of more rows than the last one leaves fewer to the table.
        state.settle();
    }
    state.bound_page();
    state.measure();
    state.capture_mouse(&mut effects);
    effects
}
