//! Keys of this user whose text nobody has said to have stored: what a crash leaves behind is found at the next
//! start.
//!
//! One file a key, with the key's id as its name and the server in it; never a secret. The dashboard that shows
//! the key holds a lock on its file, which ends with the process however that ends, so that another dashboard
//! beside it asks for none that is on a screen.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::wire::id::KeyId;

/// The longest name of a server that is read.
const SERVER_MAX: u64 = 4096;

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
        let mut folder = DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&self.folder)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // By another name until it is locked: nobody shall find it without its owner.
        let path = self.path(key);
        let unready = path.with_extension("new");
        let mut file = options.open(&unready)?;
        let ready = lock(&file)
            .and_then(|()| writeln!(file, "{server}"))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&unready, &path));
        if let Err(error) = ready {
            let _ = fs::remove_file(&unready);
            return Err(error);
        }
        self.held().insert(key, file);
        Ok(())
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
            if let Some(file) = adopt(&entry.path(), server) {
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

/// Takes a record over, if it is one of this server and its owner has gone.
fn adopt(path: &Path, server: &str) -> Option<File> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    lock(&file).ok()?;
    // Its owner may have removed it between the two.
    if !path.exists() {
        return None;
    }
    let mut text = String::new();
    (&mut file).take(SERVER_MAX).read_to_string(&mut text).ok()?;
    (text.trim_end_matches('\n') == server).then_some(file)
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(io::Error::from)
}
