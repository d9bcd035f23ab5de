//! Which database a URL names.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::exit::Failure;
use crate::store::sql::sqlite_url;

/// A database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Database {
    /// One that goes with the process.
    Memory,
    /// A SQLite file; one process owns it.
    File(PathBuf),
    /// A PostgreSQL server, by its URL.
    Postgres(String),
}

impl Database {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is none that we know; a password in it is not repeated.
    pub fn parse(url: &str) -> Result<Database, Failure> {
        let scheme = url.split(':').next().unwrap_or_default();
        match scheme {
            "postgres" | "postgresql" if url.contains("://") => Ok(Database::Postgres(url.to_owned())),
            "sqlite" => {
                let rest = &url["sqlite:".len()..];
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path == ":memory:" {
                    return Ok(Database::Memory);
                }
                if path.contains(['?', '#']) {
                    return Err(Failure::usage(
                        "a sqlite URL takes no parameters; expected sqlite:///path/to/file.db",
                    ));
                }
                if path.is_empty() || path.ends_with('/') {
                    return Err(Failure::usage(
                        "the sqlite URL has no file name; expected sqlite:///path/to/file.db",
                    ));
                }
                let path = percent_decode_str(path).decode_utf8().map_err(|_| {
                    Failure::usage(
                        "the sqlite URL has percent-encoded bytes that are not \
                         UTF-8",
                    )
                })?;
                let path = PathBuf::from(path.into_owned());
                Ok(Database::File(std::path::absolute(&path).unwrap_or(path)))
            }
            _ => Err(Failure::usage(
                "invalid database URL; expected sqlite:///path/to/file.db, sqlite::memory: or \
                 postgres://user@host/name",
            )),
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Database::File(path) => Some(path),
            Database::Memory | Database::Postgres(_) => None,
        }
    }

    /// The URL to open it by.
    pub fn url(&self) -> String {
        match self {
            Database::Memory => "sqlite::memory:".to_owned(),
            Database::File(path) => sqlite_url(path),
            Database::Postgres(url) => url.clone(),
        }
    }
}

impl fmt::Display for Database {
    /// For people: without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Memory => f.write_str("memory"),
            Database::File(path) => write!(f, "{}", path.display()),
            Database::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
                write!(f, "postgres://{}", rest.split('?').next().unwrap_or(rest))
            }
        }
    }
}
