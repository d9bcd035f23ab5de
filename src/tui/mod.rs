//! The dashboard.
//!
//! | module | what |
//! |---|---|
//! | [`model`] | state, events and what follows from them; pure |
//! | [`view`] | the state as a picture; pure |
//! | [`layout`], [`wrap`] | size to areas and rows of text, for both |
//! | [`runtime`], `incoming` | the loop, and what reaches it |
//! | `connect` | how it gets its connections |
//! | [`keyboard`] | bytes of the terminal to keys and pastes |
//! | [`perform`], `files`, `change_stream` | the only way out: calls, copies, files; and the events that the server sends |
//! | `terminal`, [`clipboard`] | the terminal's one teardown, the ways to copy |
//! | `signals` | what ends or stops it from outside |
//! | `state_file`, `columns_file`, `filters_file` | files in the state directory: chosen columns, saved filters |
//! | `unsaved` | new keys not yet confirmed as saved; survives a crash |

mod change_stream;
pub mod clipboard;
mod columns_file;
mod connect;
mod files;
mod filters_file;
mod incoming;
pub mod keyboard;
pub mod layout;
pub mod model;
pub mod perform;
pub mod runtime;
mod signals;
mod state_file;
mod terminal;
mod unsaved;
pub mod view;
pub mod wrap;

pub use self::clipboard::ClipboardSetting;
pub use self::connect::{Close, Connect, Connected, SaveTheme, Token};
pub use self::runtime::{NeededFor, Options, RunError, restore_terminal, run};
pub use self::signals::hold_faults;
