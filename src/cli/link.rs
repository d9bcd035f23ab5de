//! The way to the management API: a server, or a database that this process or another one of this user runs.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::database::Database;
use super::demo;
use super::exit::{Exit, Failure};
use super::here::{Absent, DRAIN, Here, LaunchOptions, Opened};
use super::runtime::blocking;
use super::vault::Vault;
use super::{log, socket};
use crate::client::{Client, ClientError, Reconnect, Transport, Via, process};
use crate::config::{Settings, Target};
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::owner::Owner;

/// How long to go back and forth between lock and socket: a new owner needs a moment to open the database.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// A client and what it needs to stay alive.
pub struct Link {
    /// Typed calls.
    pub client: Client,
    /// How people call the server.
    pub server: String,
    /// What tells the server from others of this user's, whichever process runs it; none for one in memory.
    pub identity: Option<String>,
    /// Whether this process alone uses the database: no other serves its keys.
    pub is_alone: bool,
    /// Whether people were told that there is no database yet.
    pub is_said_absent: bool,
    here: Running,
}

/// What runs in this process, if anything does; shared with who may take over later.
type Running = Arc<Mutex<Option<Here>>>;

impl Link {
    /// Finds the way that the settings name. What has to run here starts here.
    ///
    /// # Errors
    /// What is wrong with the settings, the token, or the database.
    pub async fn open(
        settings: &Settings,
        mut wanted: LaunchOptions,
        read_only: bool,
    ) -> Result<Link, Failure> {
        let (mut created, mut emptied, mut is_said_absent) = (false, false, false);
        let database = match settings.target()? {
            Target::Server(url) => return remote(settings, &url).await,
            Target::Database(url) => {
                let database = Database::parse(&url)?;
                // One that is named is created, as the manual says; who mistyped its name is told.
                let missing = database.file().is_some_and(|file| !file.exists());
                created = missing && wanted.absent != Absent::Create;
                emptied = wanted.absent != Absent::Create && database.file().is_some_and(is_empty);
                if created {
                    wanted.absent = Absent::Create;
                }
                database
            }
            Target::Embedded if wanted.absent == Absent::Empty && !settings.directories.data.exists() => {
                is_said_absent = say_empty(&settings.directories.data);
                Database::Memory
            }
            Target::Embedded => Database::File(settings.directories.data.join("keydeck.db")),
            Target::Demo => Database::Memory,
        };
        let here = Running::default();
        let server = match &database {
            _ if settings.demo => "demo".to_owned(),
            _ if matches!(settings.target()?, Target::Embedded) => "local database".to_owned(),
            database => database.to_string(),
        };
        let identity = (database != Database::Memory).then(|| database.to_string());
        let demo = settings.demo;
        let is_shared = matches!(database, Database::Postgres(_));
        let finder = Arc::new(Finder {
            database,
            demo,
            wanted,
            read_only,
            here: Arc::clone(&here),
            met: AtomicBool::new(false),
        });
        let transport = finder.find().await?;
        if created {
            log::say(&format!("created the database {server}"));
        } else if emptied && transport.via() == Via::Embedded {
            log::say(&format!("created the database {server}: the file was empty"));
        }
        let is_alone = !is_shared && transport.via() == Via::Embedded;
        let client = match transport.via() {
            Via::Socket => Client::shifting(transport, finder),
            Via::Embedded | Via::Remote => Client::new(transport),
        };
        Ok(Link { client, server, identity, is_alone, is_said_absent, here })
    }

    /// Where the Edge API of this process listens.
    pub async fn edge_address(&self) -> Option<std::net::SocketAddr> {
        self.here.lock().await.as_ref().and_then(Here::edge_address)
    }

    /// What can end it from elsewhere.
    pub fn ender(&self) -> Ender {
        Ender(Arc::clone(&self.here))
    }
}

/// Ends what runs in this process.
#[derive(Clone)]
pub struct Ender(Running);

impl Ender {
    /// In order: requests, uses, socket, database. A second time there is nothing to do.
    pub async fn end(&self) {
        self.end_within(DRAIN).await;
    }

    /// The same where requests that have begun may take so long.
    pub async fn end_within(&self, drain: Duration) {
        let here = self.0.lock().await.take();
        if let Some(here) = here {
            here.end(drain).await;
        }
    }
}

/// Tells people why nothing is listed; programs see that nothing is. Says whether it did.
fn say_empty(data: &Path) -> bool {
    let is_read = std::io::stderr().is_terminal();
    if is_read {
        let data = data.display();
        log::say(&format!("no database in {data} yet; create one with `keydeck projects create NAME`"));
    }
    is_read
}

async fn remote(settings: &Settings, url: &str) -> Result<Link, Failure> {
    // No token would make up for an address that gets none.
    Transport::check(url)?;
    let token = token(settings).await?.ok_or_else(|| {
        let name = settings.context.as_ref().map(|context| format!(" --name {}", context.value.name));
        Failure::new(
            Exit::Denied,
            format!(
                "no token for {url}; run `keydeck login {url}{}`, or set KEYDECK_TOKEN, KEYDECK_TOKEN_FILE \
                 or token_file",
                name.unwrap_or_default()
            ),
        )
    })?;
    let mut transport = Transport::remote(url, &token)?;
    if let Some(file) = &settings.ca_file {
        let file = file.value.clone();
        // It may be a pipe, which lets one wait.
        transport = blocking(move || Ok(transport.trusting(&file)?)).await?;
    }
    let server = transport.to_string();
    let identity = Some(server.clone());
    let client = Client::new(transport);
    let here = Running::default();
    Ok(Link { client, server, identity, is_alone: false, is_said_absent: false, here })
}

/// The management token: of the environment, of a token file, or what `keydeck login` has stored.
async fn token(settings: &Settings) -> Result<Option<Secret>, Failure> {
    let own = settings.clone();
    if let Some(token) = blocking(move || Ok(own.read_token()?)).await? {
        return Ok(Some(token));
    }
    let vault = settings.context.as_ref().and_then(|context| Vault::of(settings, &context.value));
    match vault {
        Some(vault) => Ok(vault.read().await?.map(|(token, _)| token)),
        None => Ok(None),
    }
}

/// Becomes the owner of a database, or finds the one that is.
struct Finder {
    database: Database,
    demo: bool,
    wanted: LaunchOptions,
    read_only: bool,
    here: Running,
    /// Whether an owner was met: the database was there then, and is not created in its place.
    met: AtomicBool,
}

impl Finder {
    async fn find(&self) -> Result<Transport, Failure> {
        let mut here = self.here.lock().await;
        if let Some(here) = here.as_ref() {
            return Ok(Transport::embedded(here.router(self.read_only)));
        }
        let owner = match self.database.file() {
            None => None,
            Some(file) => {
                match owner_or_socket(
                    file,
                    self.wanted.absent == Absent::Create && !self.met.load(Ordering::Relaxed),
                )
                .await?
                {
                    Found::Owner(owner) => Some(*owner),
                    Found::Socket(path) => {
                        self.met.store(true, Ordering::Relaxed);
                        let transport = if self.read_only {
                            Transport::socket_read_only(path)
                        } else {
                            Transport::socket(path)
                        };
                        #[cfg(unix)]
                        let transport = transport.trusting_user(socket::trusted(file));
                        return Ok(transport);
                    }
                }
            }
        };
        let opened = Opened::open(self.database.clone(), owner, self.wanted.clone()).await?;
        if self.demo {
            demo::seed(&opened.store(), (opened.clock())()).await?;
        }
        let started = opened.start().await?;
        let transport = Transport::embedded(started.router(self.read_only));
        *here = Some(started);
        Ok(transport)
    }
}

#[async_trait]
impl Reconnect for Finder {
    async fn reconnect(&self, _: u32) -> Result<Transport, ClientError> {
        tracing::info!(database = %self.database, "the process that owned the database has exited");
        self.find().await.map_err(|failure| ClientError::Unreachable {
            server: self.database.to_string(),
            cause: failure.to_string(),
        })
    }
}

enum Found {
    Owner(Box<Owner>),
    Socket(PathBuf),
}

async fn owner_or_socket(file: &Path, create: bool) -> Result<Found, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let taken = if create { Owner::acquire(file) } else { Owner::acquire_existing(file) };
        let held = match taken {
            Ok(owner) => return Ok(Found::Owner(Box::new(owner))),
            Err(held @ (StoreError::Held { .. } | StoreError::HeldBeside { .. })) => {
                let (StoreError::Held { path, pid } | StoreError::HeldBeside { path, pid }) = &held else {
                    return Err(held.into());
                };
                let pid = *pid;
                match socket::find(path.as_ref()).await {
                    socket::Found::At(socket) => return Ok(Found::Socket(socket)),
                    socket::Found::Silent(owner) => {
                        let owner = if owner == 0 { pid } else { owner };
                        return Err(Failure::new(Exit::Unreachable, process::silent(path, owner)));
                    }
                    socket::Found::Stranger(user) => {
                        let text = format!(
                            "the socket of {path} belongs to another user (uid {user}); nothing was sent"
                        );
                        return Err(Failure::new(Exit::Denied, text));
                    }
                    socket::Found::Absent if process::state(pid) == process::State::Stopped => {
                        return Err(Failure::new(Exit::Unreachable, process::silent(path, pid)));
                    }
                    socket::Found::Absent => {}
                }
                held
            }
            Err(error) => return Err(error.into()),
        };
        if Instant::now() >= until {
            let replaced = matches!(held, StoreError::HeldBeside { .. });
            let failure = Failure::from(held);
            if replaced {
                return Err(failure);
            }
            let text = format!(
                "{}; it does not accept connections yet. It may be migrating the database; see its log",
                failure.message
            );
            return Err(Failure::new(failure.exit, text));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether a file is empty, and no database whose first pages are still in its `-wal`.
fn is_empty(file: &Path) -> bool {
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    file.metadata().is_ok_and(|found| found.is_file() && found.len() == 0) && !Path::new(&wal).exists()
}
