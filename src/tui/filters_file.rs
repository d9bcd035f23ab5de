//! The file of saved filters in the state directory. Several dashboards share it, so each change is applied to the
//! file as it is then, and no dashboard undoes what another one saved.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::model::saved_filters::{FilterChange, FilterScope, SavedFilters};
use super::state_file;

/// Size limit in bytes.
const MOST: u64 = 1024 * 1024;

/// The content, empty if the file is missing, and what is wrong with it. A damaged file is renamed; what can be read
/// of it takes its place.
pub(super) fn read(path: &Path) -> (String, Option<String>) {
    let read = load(path).and_then(|(filters, damage)| {
        let text = filters.text();
        if damage.is_some() {
            state_file::replace(path, &text)?;
        }
        Ok((text, damage))
    });
    read.unwrap_or_else(|error| {
        let why = format!("Cannot read {}: {error}. Saved filters are not available.", path.display());
        (String::new(), Some(why))
    })
}

/// Changes to the file that are yet to be made, in their order.
#[derive(Clone, Debug)]
pub(super) struct FilterWriter {
    path: PathBuf,
    queue: Arc<Mutex<VecDeque<(FilterScope, FilterChange)>>>,
    writing: Arc<Mutex<()>>,
}

impl FilterWriter {
    /// For the file at this path.
    pub(super) fn new(path: PathBuf) -> FilterWriter {
        FilterWriter { path, queue: Arc::default(), writing: Arc::default() }
    }

    /// Queues a change for [`FilterWriter::write`].
    pub(super) fn push(&self, scope: FilterScope, change: FilterChange) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back((scope, change));
    }

    /// Makes all changes that wait. Blocks until they are on disk.
    ///
    /// # Errors
    /// Why they could not be kept, in words.
    pub(super) fn write(&self) -> Result<(), String> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = std::mem::take(&mut *self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        if changes.is_empty() {
            return Ok(());
        }
        let written = load(&self.path).and_then(|(mut filters, _)| {
            for (scope, change) in changes {
                filters.apply(&scope, change);
            }
            state_file::replace(&self.path, &filters.text())
        });
        written.map_err(|error| format!("Cannot save filters in {}: {error}", self.path.display()))
    }
}

/// What can be read of the file, and what is wrong with it. A damaged file has another name then.
fn load(path: &Path) -> io::Result<(SavedFilters, Option<String>)> {
    let (filters, damaged) = match state_file::read(path, MOST) {
        Ok(text) => SavedFilters::read(&text.unwrap_or_default()),
        // It is no UTF-8.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => (SavedFilters::default(), usize::MAX),
        Err(error) => return Err(error),
    };
    let what = match damaged {
        0 => return Ok((filters, None)),
        1 => "1 saved filter cannot be read".to_owned(),
        usize::MAX => "Saved filters cannot be read".to_owned(),
        count => format!("{count} saved filters cannot be read"),
    };
    let aside = set_aside(path)?;
    Ok((filters, Some(format!("{what}. The damaged file is now {}.", aside.display()))))
}

/// Gives the file a free name beside its own.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let names = (1..100).map(|at| match at {
        1 => path.with_extension("damaged"),
        at => path.with_extension(format!("damaged-{at}")),
    });
    let mut free = names.filter(|name| fs::symlink_metadata(name).is_err());
    let name = free.next().ok_or_else(|| io::Error::other("too many damaged files beside it"))?;
    fs::rename(path, &name)?;
    Ok(name)
}
