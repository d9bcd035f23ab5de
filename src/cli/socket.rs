//! The door through which other processes of this user reach the owner of a SQLite file.
//!
//! A Unix socket beside the file, mode 0600. Where that cannot be (the path is longer than a socket's may
//! be, or the disk holds no sockets) it stands in a new 0700 directory below the system's temporary one,
//! and a file beside the database says where. Who holds the file's lock is the only one who binds, so what
//! is found there before is a left-over and goes.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::listen;
use crate::edge::connections::Connections;
use crate::edge::connections::listener::Listen;
use crate::wire::id::EventId;

/// Longest path that every Unix takes for a socket (104 bytes on macOS and the BSDs, with the end mark).
const MAX_PATH: usize = 100;

/// A bound socket; dropping it takes it away.
#[derive(Debug)]
pub struct Door {
    listener: Option<UnixListener>,
    left_behind: LeftBehind,
}

#[derive(Debug, Default)]
struct LeftBehind {
    socket: PathBuf,
    /// The file that says where the socket is, and the directory made for it.
    elsewhere: Option<(PathBuf, PathBuf)>,
}

impl Door {
    /// Binds the socket of a database that this process owns.
    ///
    /// # Errors
    /// When no socket can be made, neither beside the file nor below the temporary directory.
    pub fn bind(database: &Path) -> io::Result<Door> {
        let (socket, pointer) = (beside(database), pointer_of(database));
        clear_left_over(&socket, &pointer);
        if socket.as_os_str().len() <= MAX_PATH {
            match listen(&socket) {
                Ok(listener) => {
                    return Ok(Door {
                        listener: Some(listener),
                        left_behind: LeftBehind { socket, elsewhere: None },
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, socket = %socket.display(), "no socket beside the database");
                }
            }
        }
        let directory = std::env::temp_dir().join(format!("keydeck-{}", EventId::generate()));
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory)?;
        let socket = directory.join("s");
        let left_behind =
            LeftBehind { socket: socket.clone(), elsewhere: Some((pointer.clone(), directory)) };
        let listener = listen(&socket)?;
        fs::write(&pointer, socket.as_os_str().as_encoded_bytes())?;
        Ok(Door { listener: Some(listener), left_behind })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.left_behind.socket
    }

    /// Serves this user's processes until `end`, and finishes the requests that have begun.
    ///
    /// # Errors
    /// When the socket breaks.
    pub fn serve(
        &mut self,
        router: Router,
        connections: Arc<Connections>,
        end: CancellationToken,
    ) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let listener = self.listener.take();
        async move {
            match listener {
                Some(listener) => listen::run_local(OwnUser(listener), router, connections, end).await,
                None => Ok(()),
            }
        }
    }
}

impl Drop for LeftBehind {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next owner.
        let _ = fs::remove_file(&self.socket);
        if let Some((pointer, directory)) = &self.elsewhere {
            let _ = fs::remove_file(pointer);
            let _ = fs::remove_dir(directory);
        }
    }
}

/// Where the owner of a database listens, if somebody does.
pub async fn find(database: &Path) -> Option<PathBuf> {
    let mut places = vec![beside(database)];
    places.extend(elsewhere(&pointer_of(database)));
    for place in places {
        if place.as_os_str().len() <= MAX_PATH && UnixStream::connect(&place).await.is_ok() {
            return Some(place);
        }
    }
    None
}

/// `keydeck.sock` beside `keydeck.db`, `other.db.sock` beside `other.db`.
pub fn beside(database: &Path) -> PathBuf {
    with_ending(database, "sock")
}

fn pointer_of(database: &Path) -> PathBuf {
    with_ending(database, "socket-path")
}

fn with_ending(database: &Path, ending: &str) -> PathBuf {
    let name = database.file_name().unwrap_or_default();
    if name == "keydeck.db" {
        return database.with_file_name(format!("keydeck.{ending}"));
    }
    let mut name = name.to_owned();
    name.push(format!(".{ending}"));
    database.with_file_name(name)
}

fn elsewhere(pointer: &Path) -> Option<PathBuf> {
    fs::read_to_string(pointer).ok().map(PathBuf::from).filter(|path| path.is_absolute())
}

fn clear_left_over(socket: &Path, pointer: &Path) {
    let _ = fs::remove_file(socket);
    if let Some(old) = elsewhere(pointer) {
        let _ = fs::remove_file(&old);
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
            _ => Err(io::Error::new(io::ErrorKind::PermissionDenied, "a connection of another user")),
        }
    }
}
