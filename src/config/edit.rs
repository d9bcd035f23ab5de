//! Changes of the configuration file: what a person wrote there, comments and order too, stays as it is.

use std::io::Write as _;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, value};

use super::fault::{Fault, Matters};
use super::{ConfigError, context, file};

/// What is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change<'a> {
    /// A context of this name has its server here; the rest of an existing one stays.
    Add {
        /// Its name.
        name: &'a str,
        /// The URL.
        server: &'a str,
        /// The certificates of further authorities, if they are needed.
        ca_file: Option<&'a Path>,
    },
    /// This context is used from now on; none when it is the default one.
    Use(&'a str),
    /// The theme of the dashboard.
    Theme(&'a str),
    /// This context goes.
    Remove(&'a str),
}

/// Makes changes in the file at `path`, which is made when missing: all of them or none, in one step.
///
/// # Errors
/// When the file is broken, before or after the change, or cannot be written; it is as it was then.
pub fn change(path: &Path, changes: &[Change<'_>]) -> Result<(), ConfigError> {
    let bad =
        |reason: String| ConfigError::Path { what: "the configuration file", path: path.to_owned(), reason };
    let old = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(bad(format!("cannot be read: {error}"))),
    };
    let (_, before) = file::gather(path, &old);
    if let Some(fault) = before.iter().find(|fault| fault.matters == Matters::File) {
        return Err(fault.error(path));
    }
    let new = changed(&old, changes).map_err(bad)?;
    // What was wrong before may stay so; nothing wrong is added.
    let (_, after) = file::gather(path, &new);
    let known = |fault: &Fault| before.iter().any(|other| other.reason == fault.reason);
    if let Some(fault) = after.iter().find(|fault| !known(fault)) {
        return Err(fault.error(path));
    }
    if new != old {
        write(path, &new).map_err(|error| bad(format!("cannot be written: {error}")))?;
    }
    Ok(())
}

fn changed(text: &str, changes: &[Change<'_>]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    for change in changes {
        match *change {
            Change::Add { name, server, ca_file } => {
                let contexts = document.entry("contexts").or_insert_with(|| {
                    let mut contexts = Table::new();
                    contexts.set_implicit(true);
                    Item::Table(contexts)
                });
                let contexts = contexts.as_table_like_mut().ok_or("contexts is not a table")?;
                let context = contexts.entry(name).or_insert_with(|| Item::Table(Table::new()));
                let context = context.as_table_like_mut().ok_or("the context is not a table")?;
                put(context, "server", server);
                context.remove("database");
                if let Some(file) = ca_file {
                    put(context, "ca_file", &file.to_string_lossy());
                }
            }
            Change::Use(context::DEFAULT) => {
                document.remove("context");
            }
            Change::Use(name) => put(document.as_table_mut(), "context", name),
            Change::Theme(name) => put(document.as_table_mut(), "theme", name),
            Change::Remove(name) => {
                if let Some(contexts) = document.get_mut("contexts").and_then(Item::as_table_like_mut) {
                    contexts.remove(name);
                }
                if document.get("context").and_then(Item::as_str) == Some(name) {
                    document.remove("context");
                }
            }
        }
    }
    Ok(document.to_string())
}

/// Puts a value in the place of another, whose comment stays beside it.
fn put(table: &mut dyn toml_edit::TableLike, key: &str, text: &str) {
    let old = table.get(key).and_then(Item::as_value).map(|old| old.decor().clone());
    if table.get(key).and_then(Item::as_str) == Some(text) {
        return;
    }
    let mut new = value(text);
    if let (Some(decor), Some(new)) = (old, new.as_value_mut()) {
        *new.decor_mut() = decor;
    }
    table.insert(key, new);
}

/// Writes another file beside it and puts that in its place. Where the path is a link, to a folder of
/// dotfiles say, it stays one; the mode stays as it is too.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    super::dirs::create_private(folder).map_err(std::io::Error::other)?;
    let draft = path.with_extension(format!("toml.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut out| {
        if let Ok(old) = std::fs::metadata(&path) {
            out.set_permissions(old.permissions())?;
        }
        out.write_all(text.as_bytes())?;
        out.sync_all()
    });
    written.and_then(|()| std::fs::rename(&draft, &path)).inspect_err(|_| {
        // What was written so far is of no use.
        let _ = std::fs::remove_file(&draft);
    })
}
