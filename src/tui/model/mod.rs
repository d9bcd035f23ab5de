//! The dashboard's state and how events change it: no terminal, no network, no clock.
//!
//! | module | what |
//! |---|---|
//! | [`event`] | what happened |
//! | [`action`] | what the user wants |
//! | [`effect`] | what shall be done outside |

pub mod action;
pub mod effect;
pub mod event;

pub use self::action::Action;
pub use self::effect::{CopyText, Effect, Request, RequestId};
pub use self::event::{
    ClipboardOutcome, CopyKind, Event, Failure, FailureKind, KeyCode, KeyPress, Pasted, Place, PressKind,
    Reply,
};
use crate::wire::time::Timestamp;

/// What the dashboard is told at its start.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The context's name, for the header and the title.
    pub context: String,
    /// Whether the context is production.
    pub prod: bool,
    /// Whether the context forbids changes.
    pub read_only: bool,
    /// Whether a new key is copied when it is shown.
    pub copy_new_key: bool,
    /// Seconds east of UTC, for local times.
    pub utc_offset: i32,
    /// The time.
    pub now: Timestamp,
    /// Columns and rows.
    pub size: (u16, u16),
}

/// Everything the dashboard knows.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    setup: Setup,
    revision: u64,
}

impl State {
    /// The state at the start, before anything was asked.
    pub fn new(setup: Setup) -> State {
        State { setup, revision: 1 }
    }

    /// Grows whenever there is something new to draw; draw only when it differs from the last one drawn.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// When the next [`Event::Tick`] is due, if nothing else happens: no other timer is needed. Asked after
    /// each batch of events; `None` waits for an event.
    pub fn next_wake(&self) -> Option<Timestamp> {
        None
    }
}

/// Changes the state by what happened and says what to do outside, in this order.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Started => {
            vec![Effect::SetTitle(format!("keydeck: {}", state.setup.context)), Effect::Connect]
        }
        Event::Resize(width, height) => {
            state.setup.size = (width, height);
            state.revision += 1;
            Vec::new()
        }
        Event::Tick(now) => {
            state.setup.now = now;
            Vec::new()
        }
        Event::Quit => vec![Effect::Quit],
        Event::Key(key) if key == KeyPress::ctrl('c') || key == KeyPress::char('q') => vec![Effect::Quit],
        _ => Vec::new(),
    }
}
