//! Contexts: servers and databases with a name, a colour, and what one must know before changing anything there.

use std::path::PathBuf;

use crate::colour::Colour;

/// The name of what is used without a context: the server or database of the settings, or the embedded one.
pub const DEFAULT: &str = "default";
/// The most characters of a context's name.
const NAME_MAX: usize = 64;

/// One of several places that a person works with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// The colour of its name.
    pub colour: Option<Colour>,
    /// Whether it is production: it is marked, not locked.
    pub prod: bool,
    /// Whether changes are refused until somebody allows them.
    pub read_only: bool,
    /// The file that holds the token; without one it is where `keydeck login` has put it.
    pub token_file: Option<PathBuf>,
    /// The certificates of further authorities.
    pub ca_file: Option<PathBuf>,
}

/// Where a context is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// The URL of a server.
    Server(String),
    /// The URL of a database.
    Database(String),
}

/// Whether a context may have this name: it becomes part of a file's name and of command lines.
///
/// # Errors
/// What is wrong with it and what was expected.
pub fn check_name(name: &str) -> Result<(), String> {
    if name == DEFAULT {
        return Err(format!("the name {DEFAULT} is reserved; choose another name"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && name.len() <= NAME_MAX && name.chars().all(plain) {
        return Ok(());
    }
    Err(format!(
        "invalid context name; use 1 to {NAME_MAX} letters, digits, hyphens, underscores and dots, \
         beginning with a letter or digit"
    ))
}
