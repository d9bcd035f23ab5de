//! How other processes of this user reach the owner of a SQLite file.
//!
//! | module | where |
//! |---|---|
//! | `unix` | a Unix socket |
//! | `loopback` | elsewhere: a loopback port and a token |

#[cfg(not(unix))]
mod loopback;
#[cfg(unix)]
mod unix;

use std::path::{Path, PathBuf};

#[cfg(not(unix))]
pub use self::loopback::{Door, find};
#[cfg(unix)]
pub use self::unix::{Door, find, trusted};

/// What is known of the owner of a database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// It listens here: at this socket, or at the port that this file names.
    At(PathBuf),
    /// A process accepts connections and does not answer: its number, or 0 when that is unknown.
    Silent(u32),
    /// The socket belongs to another user, by the user's number.
    Stranger(u32),
    /// No process listens.
    Absent,
}

/// A file beside a database: `keydeck.sock` of `keydeck.db`, `other.db.sock` of `other.db`.
fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    if name == "keydeck.db" {
        name = "keydeck".into();
    }
    name.push(format!(".{ending}"));
    database.with_file_name(name)
}
