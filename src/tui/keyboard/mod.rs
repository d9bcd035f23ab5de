//! What a terminal sends, as keys and pastes.
//!
//! crossterm decides at the end of each read that a lone ESC is the key Esc, so that a sequence which arrives in
//! two parts, as over a slow connection, becomes Esc and commands. On Unix the bytes are therefore read here;
//! crossterm draws, and reads on other systems.
//!
//! | module | what |
//! |---|---|
//! | [`Decoder`] | where a sequence or a paste begins and ends, and how long one waits for its rest; no clock |
//! | `codes` | which key a whole sequence is |
//! | `reader` | the thread that reads |

#[cfg(unix)]
mod codes;
#[cfg(not(unix))]
mod console;
#[cfg(unix)]
mod decoder;
#[cfg(unix)]
mod paste;
#[cfg(unix)]
mod reader;

#[cfg(not(unix))]
pub use self::console::Keys;
#[cfg(not(unix))]
pub(super) use self::console::read_keys;
#[cfg(unix)]
pub use self::decoder::{Decoder, WAIT};
#[cfg(unix)]
pub use self::paste::{LIMIT, STALL};
#[cfg(unix)]
pub use self::reader::Keys;
#[cfg(unix)]
pub(super) use self::reader::read_keys;
