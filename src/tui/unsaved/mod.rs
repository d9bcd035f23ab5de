//! Keys of this user whose text nobody has said to have stored: what a crash leaves behind is found at the next
//! start.
//!
//! | module | what |
//! |---|---|
//! | [`asked`] | keys that were asked for, from before the request is sent until its answer is read |
//! | [`find`] | which keys an earlier dashboard left, as the server has them now |
//!
//! One file a key, with the key's id as its name and the server in it; never a secret. The dashboard that shows
//! the key holds a lock on its file, which ends with the process however that ends, so that another dashboard
//! beside it asks for none that is on a screen.

pub(super) mod asked;
pub(super) mod find;

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::wire::id::KeyId;
use crate::wire::keys::Key;

/// The most of a record that is read: the name of a server, and a few lines.
const RECORD_MAX: u64 = 16 * 1024;
/// The extension of a record that is being written.
const UNREADY: &str = "new";
/// So old is one that nobody goes on writing.
const LEFT_OVER: Duration = Duration::from_mins(1);

/// The records of this user; clones share what is held.
#[derive(Clone)]
pub(super) struct Unsaved {
    folder: PathBuf,
    held: Arc<Mutex<HashMap<KeyId, File>>>,
    /// The keys whose answers this process has read, with their servers.
    read: Arc<Mutex<HashMap<KeyId, (String, Key)>>>,
}

impl Unsaved {
    /// Records in this folder, which is made when it is needed.
    pub(super) fn new(folder: PathBuf) -> Unsaved {
        Unsaved { folder, held: Arc::default(), read: Arc::default() }
    }

    /// Notes a key that nobody has seen yet.
    pub(super) fn note(&self, server: &str, key: KeyId) -> io::Result<()> {
        let file = write_locked(&self.folder, &self.path(key), &format!("{server}\n"))?;
        self.held().insert(key, file);
        Ok(())
    }

    /// Notes a key whose answer was read and that nobody has seen yet. Requests without an answer have not made it.
    pub(super) fn answered(&self, server: &str, key: &Key) -> io::Result<()> {
        self.read().insert(key.id, (server.to_owned(), key.clone()));
        let noted = self.note(server, key.id);
        self.is_answered(server, key);
        noted
    }

    /// Whether the answer that holds this key was read, by this process or another.
    fn knows(&self, key: KeyId) -> bool {
        self.read().contains_key(&key) || self.path(key).exists()
    }

    /// Removes what was being written when its writer died.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == UNREADY) && is_left_over(&path) {
                let _ = fs::remove_file(&path);
            }
        }
    }

    /// The keys of a server that are left by processes that have ended; from now on they are this one's.
    pub(super) fn left(&self, server: &str) -> Vec<KeyId> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut left = Vec::new();
        for entry in entries.flatten() {
            let Some(key) = entry.file_name().to_str().and_then(|name| name.parse::<KeyId>().ok()) else {
                continue;
            };
            if self.held().contains_key(&key) {
                continue;
            }
            if let Some((file, _)) = adopt(&entry.path(), server) {
                self.held().insert(key, file);
                left.push(key);
            }
        }
        left.sort_unstable();
        left
    }

    /// Forgets a key: it is stored, or works no more.
    pub(super) fn forget(&self, key: KeyId) {
        let held = self.held().remove(&key);
        if held.is_some()
            && let Err(error) = fs::remove_file(self.path(key))
        {
            tracing::warn!(%key, %error, "cannot remove the record of an unsaved key");
        }
        let read = self.read().get(&key).cloned();
        if let Some((server, key)) = read {
            self.is_answered(&server, &key);
        }
    }

    /// Lets go of a key: it is asked for again at the next start.
    pub(super) fn release(&self, key: KeyId) {
        self.held().remove(&key);
    }

    fn path(&self, key: KeyId) -> PathBuf {
        self.folder.join(key.to_string())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, (String, Key)>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a record that is locked before anybody can find it.
fn write_locked(folder: &Path, path: &Path, text: &str) -> io::Result<File> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // By another name until it is locked: nobody shall find it without its owner.
    let unready = path.with_extension(UNREADY);
    let mut file = options.open(&unready)?;
    let ready = lock(&file)
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&unready, path));
    if let Err(error) = ready {
        let _ = fs::remove_file(&unready);
        return Err(error);
    }
    Ok(file)
}

/// Takes a record over, if it is one of this server and its owner has gone; with what stands in it below the
/// server.
fn adopt(path: &Path, server: &str) -> Option<(File, String)> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    lock(&file).ok()?;
    // Its owner may have removed it between the two.
    if !path.exists() {
        return None;
    }
    let mut text = String::new();
    (&mut file).take(RECORD_MAX).read_to_string(&mut text).ok()?;
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    (first == server).then(|| (file, rest.to_owned()))
}

/// Whether nobody writes this any more.
fn is_left_over(path: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).write(true).open(path) else { return false };
    let written = file.metadata().and_then(|data| data.modified());
    lock(&file).is_ok() && written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_OVER))
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(io::Error::from)
}
