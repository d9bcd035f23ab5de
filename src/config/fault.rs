//! What is wrong in the configuration file, and what depends on it.

use std::path::Path;

use super::ConfigError;

/// Something wrong in the file, and what depends on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// 1 is the first line; none where the file cannot be read at all.
    pub line: Option<usize>,
    /// What was found and what was expected.
    pub reason: String,
    /// What depends on it.
    pub matters: Matters,
}

/// What depends on something that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Matters {
    /// Looks and habits of the dashboard: the defaults stand in.
    Looks,
    /// The plan of a server that runs here.
    Plan,
    /// The context of this name, which cannot be used.
    Context(String),
    /// Where the management API is, outside of contexts.
    Place,
    /// All of the file: what it means is not known.
    File,
}

impl Fault {
    /// As an error, of the file at this path.
    pub fn error(&self, path: &Path) -> ConfigError {
        let (path, reason) = (path.to_owned(), self.reason.clone());
        match self.line {
            Some(line) => ConfigError::Line { path, line, reason },
            None => ConfigError::Path { what: "the configuration file", path, reason },
        }
    }

    /// In a line that names the file without its folders.
    pub fn line_text(&self, path: &Path) -> String {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match self.line {
            Some(line) => format!("{name}, line {line}: {}", self.reason),
            None => format!("{name}: {}", self.reason),
        }
    }
}
