//! A Unix socket beside the database file, mode 0600.
//!
//! Where that is not possible (the path is longer than a socket's may be, or the disk holds no sockets), the socket
//! is in a new 0700 directory below the system's temporary one, and a file beside the database says where. Only the
//! process that holds the lock of the database binds, so any socket that is there already is a left-over and is
//! removed.

#[cfg(target_os = "linux")]
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::{Found, beside};
use crate::cli::listen;
use crate::client::local::{Met, knock};
use crate::edge::connections::Connections;
use crate::edge::connections::listener::Listen;
use crate::store::owner::Identity;
use crate::wire::id::EventId;

/// Longest path that every Unix takes for a socket (104 bytes on macOS and the BSDs, with the end mark).
const MAX_PATH: usize = 100;

/// Bound sockets; dropping it removes them.
#[derive(Debug)]
pub struct Door {
    listeners: Vec<UnixListener>,
    left_behind: LeftBehind,
}

#[derive(Debug, Default)]
struct LeftBehind {
    socket: PathBuf,
    /// Which file that is: another one at its path belongs to another process.
    identity: Option<Identity>,
    /// The file that says where the socket is, and the directory made for it.
    elsewhere: Option<(PathBuf, PathBuf)>,
}

impl LeftBehind {
    fn of(socket: &Path, elsewhere: Option<(PathBuf, PathBuf)>) -> LeftBehind {
        LeftBehind { identity: Identity::at(socket).ok().flatten(), socket: socket.to_owned(), elsewhere }
    }
}

impl Door {
    /// Binds the socket of a database that this process owns.
    ///
    /// # Errors
    /// When no socket can be made, neither beside the file nor below the temporary directory.
    pub fn bind(database: &Path) -> io::Result<Door> {
        let (socket, pointer) = (socket_of(database), pointer_of(database));
        clear_left_over(&socket, &pointer);
        let mut listeners: Vec<UnixListener> = by_identity::listen(database).into_iter().collect();
        if socket.as_os_str().len() <= MAX_PATH {
            match listen(&socket) {
                Ok(listener) => {
                    listeners.push(listener);
                    return Ok(Door { listeners, left_behind: LeftBehind::of(&socket, None) });
                }
                Err(error) => {
                    tracing::warn!(%error, socket = %socket.display(), "cannot create the socket beside \
                         the database");
                }
            }
        }
        let directory = std::env::temp_dir().join(format!("keydeck-{}", EventId::generate()));
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory)?;
        let socket = directory.join("s");
        listeners.push(listen(&socket)?);
        let left_behind = LeftBehind::of(&socket, Some((pointer.clone(), directory)));
        // Never through a link: a new file, or none.
        let mut options = fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
        options.open(&pointer)?.write_all(socket.as_os_str().as_encoded_bytes())?;
        Ok(Door { listeners, left_behind })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.left_behind.socket
    }

    /// Serves this user's processes until `end`, and finishes the requests that have begun.
    ///
    /// # Errors
    /// When a socket breaks.
    pub fn serve(
        &mut self,
        router: Router,
        connections: Arc<Connections>,
        end: CancellationToken,
    ) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let listeners = std::mem::take(&mut self.listeners);
        async move {
            let run = |listener| {
                listen::run_local(OwnUser(listener), router.clone(), Arc::clone(&connections), end.clone())
            };
            futures_util::future::try_join_all(listeners.into_iter().map(run)).await.map(drop)
        }
    }
}

impl Drop for LeftBehind {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next owner. What is there now may be another owner's.
        if self.identity.is_some() && Identity::at(&self.socket).ok().flatten() == self.identity {
            let _ = fs::remove_file(&self.socket);
        }
        if let Some((pointer, directory)) = &self.elsewhere {
            if elsewhere(pointer).is_some_and(|path| path == self.socket) {
                let _ = fs::remove_file(pointer);
            }
            let _ = fs::remove_dir(directory);
        }
    }
}

/// Where the owner of a database listens, if it does. Beside the path that is known here, or, where the
/// owner knows the file by another path, by the file itself.
pub async fn find(database: &Path) -> Found {
    let mut places = vec![socket_of(database)];
    places.extend(elsewhere(&pointer_of(database)));
    // A link would lead to the socket of another database.
    places.retain(|place| {
        place.as_os_str().len() <= MAX_PATH && place.symlink_metadata().is_ok_and(|found| is_socket(&found))
    });
    places.extend(by_identity::place(database));
    let mut met = Found::Absent;
    for place in places {
        match knock(&place, trusted(database)).await {
            Met::Answers => return Found::At(place),
            Met::Nobody => {}
            // The other places are the same process's: it would only be waited for again.
            Met::Silent(pid) => return Found::Silent(pid),
            // Any user can bind a name that is no path: that says nothing about the database.
            Met::Stranger(user) if met == Found::Absent && !is_abstract(&place) => {
                met = Found::Stranger(user);
            }
            Met::Stranger(_) => {}
        }
    }
    met
}

fn is_abstract(place: &Path) -> bool {
    place.as_os_str().as_encoded_bytes().first() == Some(&0)
}

/// Whose socket is trusted besides this user's and root's: to root, that of the user whose database it is.
pub fn trusted(database: &Path) -> Option<u32> {
    let root = rustix::process::geteuid().is_root();
    root.then(|| fs::metadata(database).ok().map(|found| std::os::unix::fs::MetadataExt::uid(&found)))
        .flatten()
}

/// On Linux a socket can have a name that is no path: one made of device and inode is found by each path of
/// the database, and nothing can be put in its place while its owner lives.
#[cfg(target_os = "linux")]
mod by_identity {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStringExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener as Listener};

    use super::{Identity, OsString, Path, PathBuf, UnixListener};

    fn name(database: &Path) -> Option<String> {
        let Identity { device, inode } = Identity::at(database).ok()??;
        Some(format!("keydeck:{device:x}:{inode}"))
    }

    pub(super) fn listen(database: &Path) -> Option<UnixListener> {
        let bound = || {
            let listener =
                Listener::bind_addr(&SocketAddr::from_abstract_name(name(database)?).ok()?).ok()?;
            listener.set_nonblocking(true).ok()?;
            UnixListener::from_std(listener).ok()
        };
        let bound = bound();
        if bound.is_none() {
            tracing::warn!("cannot create the socket named after the database; the name may be in use");
        }
        bound
    }

    /// The name with the null byte that tells it from a path.
    pub(super) fn place(database: &Path) -> Option<PathBuf> {
        let name = format!("\0{}", name(database)?);
        Some(PathBuf::from(OsString::from_vec(name.into_bytes())))
    }
}

#[cfg(not(target_os = "linux"))]
mod by_identity {
    use super::{Path, PathBuf, UnixListener};

    pub(super) fn listen(_: &Path) -> Option<UnixListener> {
        None
    }

    pub(super) fn place(_: &Path) -> Option<PathBuf> {
        None
    }
}

fn socket_of(database: &Path) -> PathBuf {
    beside(database, "sock")
}

/// The file that says where the socket is.
fn pointer_of(database: &Path) -> PathBuf {
    beside(database, "socket-path")
}

/// What a pointer says. One that is a link, or of another user, says nothing.
fn elsewhere(pointer: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let mut options = fs::OpenOptions::new();
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    std::os::unix::fs::OpenOptionsExt::custom_flags(options.read(true), flags.bits() as i32);
    let file = options.open(pointer).ok()?;
    let found = file.metadata().ok()?;
    let own = [rustix::process::geteuid().as_raw(), 0].contains(&found.uid());
    if !found.is_file() || !(own || rustix::process::geteuid().is_root()) {
        return None;
    }
    let mut text = String::new();
    file.take(MAX_PATH as u64 + 1).read_to_string(&mut text).ok()?;
    Some(PathBuf::from(text)).filter(|path| path.is_absolute())
}

fn is_socket(found: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_socket(&found.file_type())
}

/// Removes what an owner before this one has left: sockets and the pointer to one, nothing else.
fn clear_left_over(socket: &Path, pointer: &Path) {
    let clear = |path: &Path| {
        if path.symlink_metadata().is_ok_and(|found| is_socket(&found) || found.is_symlink()) {
            // What cannot be removed is in the way of who binds, and named then.
            let _ = fs::remove_file(path);
        }
    };
    clear(socket);
    if let Some(old) = elsewhere(pointer)
        && old.symlink_metadata().is_ok_and(|found| is_socket(&found))
    {
        clear(&old);
        // Only an empty directory goes.
        let _ = old.parent().map(fs::remove_dir);
    }
    let _ = fs::remove_file(pointer);
}

fn listen(socket: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(listener)
}

/// Takes connections of this user (and of root) alone: in the moment between bind and the mode 0600 another
/// one might have got in.
struct OwnUser(UnixListener);

impl Listen for OwnUser {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, Option<IpAddr>)> {
        let me = rustix::process::geteuid().as_raw();
        let (stream, _) = self.0.accept().await?;
        match stream.peer_cred() {
            Ok(peer) if peer.uid() == me || peer.uid() == 0 => Ok((stream, None)),
            _ => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "rejected a connection of another \
                 user",
            )),
        }
    }
}
