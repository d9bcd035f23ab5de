//! For systems without Unix sockets: a loopback port, and a file beside the database that holds the port and a token,
//! a line each. Only this user can read the file, so a caller with the token is this user.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{Found, beside};
use crate::cli::listen;
use crate::edge::connections::Connections;
use crate::secret::{Hash, Kind, Secret};
use crate::wire::paths;

/// A bound port; dropping it takes the file away.
#[derive(Debug)]
pub struct Door {
    listener: Option<std::net::TcpListener>,
    token: Hash,
    file: PathBuf,
}

impl Door {
    /// Binds a free port for a database that this process owns, and writes the file.
    ///
    /// # Errors
    /// When there is no port, or the file cannot be written.
    pub fn bind(database: &Path) -> io::Result<Door> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let secret = Secret::generate(Kind::Management).map_err(io::Error::other)?;
        let file = beside(database, "port");
        fs::write(&file, format!("{port}\n{}\n", secret.reveal()))?;
        let token = secret.hash().map_err(io::Error::other)?;
        Ok(Door { listener: Some(listener), token, file })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Serves callers that have read the file until `end`, and finishes the requests that have begun.
    ///
    /// # Errors
    /// When the listener breaks.
    pub fn serve(
        &mut self,
        router: Router,
        connections: Arc<Connections>,
        end: CancellationToken,
    ) -> impl Future<Output = io::Result<()>> + Send + use<> {
        let (listener, token) = (self.listener.take(), self.token.clone());
        async move {
            let Some(listener) = listener else { return Ok(()) };
            let checked = Router::new().fallback_service(tower::service_fn(move |request: Request| {
                let given = request.headers().get(paths::LOCAL_TOKEN_HEADER);
                let known =
                    given.and_then(|given| given.to_str().ok()).is_some_and(|given| token.matches(given));
                let router = router.clone();
                async move {
                    if known {
                        router.oneshot(request).await
                    } else {
                        Ok(StatusCode::FORBIDDEN.into_response())
                    }
                }
            }));
            listen::run_local(TcpListener::from_std(listener)?, checked, connections, end).await
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // What cannot be removed now is overwritten by the next owner.
        let _ = fs::remove_file(&self.file);
    }
}

/// The file of the owner of a database, if a process listens at its port. A connection alone does not show whether
/// that process answers.
pub async fn find(database: &Path) -> Found {
    let file = beside(database, "port");
    let Some(port) = port(&file) else { return Found::Absent };
    match tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
        Ok(_) => Found::At(file),
        Err(_) => Found::Absent,
    }
}

fn port(file: &Path) -> Option<u16> {
    let text = zeroize::Zeroizing::new(fs::read_to_string(file).ok()?);
    text.lines().next()?.trim().parse().ok()
}
