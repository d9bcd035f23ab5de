//! Typed calls of the management API: one method a route, the same verbs as in the store, over three transports.
//!
//! ```no_run
//! # use keydeck::client::{Client, Transport};
//! # async fn example() -> Result<(), keydeck::client::ClientError> {
//! let client = Client::new(Transport::socket("/home/ann/.local/share/keydeck/keydeck.sock"));
//! println!("{} at {}", client.session().await?.principal, client.describe());
//! # Ok(()) }
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`transport`] | a URL, a socket, or a router in this process |
//! | [`local`] | the socket: whose it is, and whether its process answers |
//! | [`probe`] | whether a node answers |
//! | [`process`] | the state of another process |
//! | [`unanswered`] | writes whose answer has not come |
//! | [`error`] | what can go wrong, and what to do next |
//! | `repeat` | what holds a secret is made once, and seen |
//! | [`events`] | changes and uses as they happen |
//! | `call` | one request and its answer: deadlines, repeats, what an answer may be |
//! | `session`, `projects`, `keys`, `rules`, `audit`, `tokens`, `nodes` | one file a noun |
//!
//! A call is cancelled by dropping its future; a write that was sent goes on at the server.

mod audit;
mod call;
pub mod error;
pub mod events;
mod keys;
#[cfg(unix)]
pub mod local;
mod nodes;
mod pages;
pub mod probe;
pub mod process;
mod projects;
mod repeat;
mod reports;
mod reviews;
mod rotations;
mod rules;
mod session;
mod tokens;
pub mod transport;
pub mod unanswered;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;

pub use self::error::{ClientError, Kind};
pub use self::events::{Events, Live};
pub use self::keys::Fresh;
pub use self::repeat::{Closed, IdempotencyKeys, Made};
pub use self::reports::Pack;
pub use self::transport::{Transport, Via};
use crate::secret::MaskedKey;
use crate::wire::audit::Head;

/// A client of one server; clones share its connection.
#[derive(Clone)]
pub struct Client {
    link: Arc<Link>,
    deadlines: Deadlines,
    watch: Option<Watch>,
}

/// Called while a list of several pages is loaded, with the number of rows so far and in all, and with none at the end.
pub type Watch = Arc<dyn Fn(Option<(u64, u64)>) + Send + Sync>;

struct Link {
    transport: ArcSwap<Transport>,
    reconnect: Option<Arc<dyn Reconnect>>,
    /// One call at a time asks for another transport; the others wait for what it gets.
    shifting: tokio::sync::Mutex<()>,
    /// How many other transports it has got.
    shifts: AtomicUsize,
    head: Mutex<Option<Head>>,
}

/// How long a call may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// To connect.
    pub connect: Duration,
    /// For a whole call that reads.
    pub read: Duration,
    /// For a whole call that writes: it waits for receipts, which a lease bounds.
    pub write: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(10),
            write: Duration::from_secs(30),
        }
    }
}

/// Finds another way to the server when the socket's owner has left: another process may own the database
/// now, or this one takes it over. The composition root supplies it.
#[async_trait]
pub trait Reconnect: Send + Sync {
    /// Another transport. `tries` is 1 at first and grows while what was given cannot be connected to.
    async fn reconnect(&self, tries: u32) -> Result<Transport, ClientError>;
}

impl Client {
    /// A client over one transport.
    pub fn new(transport: Transport) -> Client {
        Client::over(transport, None)
    }

    /// A client that asks for another transport when its socket can no longer be connected to.
    pub fn shifting(transport: Transport, reconnect: Arc<dyn Reconnect>) -> Client {
        Client::over(transport, Some(reconnect))
    }

    /// The same client with other deadlines.
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Client {
        self.deadlines = deadlines;
        self
    }

    /// The same client, which reports the progress of long lists.
    pub fn with_watch(mut self, watch: Watch) -> Client {
        self.watch = Some(watch);
        self
    }

    /// Which transport it uses now.
    pub fn kind(&self) -> Via {
        self.link.transport.load().via()
    }

    /// How often another process was found to answer, or this one took its place. Who shows where the server is has to
    /// look again when it grows.
    pub fn shifts(&self) -> usize {
        self.link.shifts.load(Ordering::Relaxed)
    }

    /// The masked token that it sends; none where the server knows its caller without one.
    pub fn token(&self) -> Option<MaskedKey> {
        self.link.transport.load().token()
    }

    /// The server's address, `the local server` or `local database`.
    pub fn describe(&self) -> String {
        self.link.transport.load().to_string()
    }

    /// The audit head that came with the last answered write: who keeps it can prove later that the chain
    /// still contains that write.
    pub fn audit_head(&self) -> Option<Head> {
        self.link.head.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn over(transport: Transport, reconnect: Option<Arc<dyn Reconnect>>) -> Client {
        let link = Link {
            transport: ArcSwap::from_pointee(transport),
            reconnect,
            shifting: tokio::sync::Mutex::new(()),
            shifts: AtomicUsize::new(0),
            head: Mutex::new(None),
        };
        Client { link: Arc::new(link), deadlines: Deadlines::default(), watch: None }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.describe())
    }
}
