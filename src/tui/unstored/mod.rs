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

use crate::wire::id::KeyId;

/// The most of a record that is read: the name of a server, and a few lines.
const RECORD_MAX: u64 = 16 * 1024;

/// The records of this user; clones share what is held.
#[derive(Clone)]
pub(super) struct Unstored {
    folder: PathBuf,
    held: Arc<Mutex<HashMap<KeyId, File>>>,
}

impl Unstored {
    /// Records in this folder, which is made when it is needed.
    pub(super) fn new(folder: PathBuf) -> Unstored {
        Unstored { folder, held: Arc::default() }
    }

    /// Notes a key that nobody has seen yet.
    pub(super) fn note(&self, server: &str, key: KeyId) -> io::Result<()> {
        let file = write_locked(&self.folder, &self.path(key), &format!("{server}\n"))?;
        self.held().insert(key, file);
        Ok(())
    }

    /// Whether somebody has noted this key, this process or another.
    fn knows(&self, key: KeyId) -> bool {
        self.path(key).exists()
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
            tracing::warn!(%key, %error, "the record of an unstored key could not be removed");
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
    let unready = path.with_extension("new");
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

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(io::Error::from)
}
