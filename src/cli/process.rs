//! The process itself: no core dumps, a panic that tells no secret, the user's name, and signals.

use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::{log, reveal};
use crate::client::unanswered;
use crate::secret;

/// Turns core dumps off: memory may hold a key. To be called before anything else.
pub fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Lowering a limit cannot fail for lack of rights; where it fails, the system has no such limit.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    // The limit does not hold for a core dump that goes to a program; this does, and debuggers of other
    // processes of the same user are kept out too.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// How many files a process may have open where the system does not say.
#[cfg(not(unix))]
const FILES: u64 = 8192;

/// Raises the number of files that this process may have open to the most that it is allowed. Returns it.
pub fn raise_file_limit() -> u64 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // macOS refuses more for files, whatever its hard limit says.
        const MACOS_MOST: u64 = 10_240;
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let enough = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
        for limit in [maximum, Some(enough(maximum).min(MACOS_MOST))] {
            let larger = enough(limit) > enough(current);
            if larger && setrlimit(Resource::Nofile, Rlimit { current: limit, maximum }).is_ok() {
                return enough(limit);
            }
        }
        enough(current)
    }
    #[cfg(not(unix))]
    FILES
}

/// Writes a panic to the log, whole keys masked, and one line to standard error.
pub fn on_panic() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let ours = crate::tui::restore_terminal();
        if ours {
            reveal::restore();
        }
        let message = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let message = secret::masked(message);
        tracing::error!(place, message = %message, "panic");
        // The demo keeps no log.
        let more = if tracing::dispatcher::has_been_set() { "see the log for details" } else { &*message };
        if ours {
            log::say(&format!("internal error at {place}; {more}"));
        }
        log::flush();
    }));
}

/// The name of the operating-system user, for `local:<user>`: what the system's user database has for the user ID
/// of this process, never what the environment says, since the audit log names this user. `uid-<number>` for an ID
/// without a usable name.
pub fn user() -> String {
    whoami::username().ok().and_then(|name| crate::wire::text::name(&name).ok()).unwrap_or_else(|| {
        #[cfg(unix)]
        let name = format!("uid-{}", rustix::process::geteuid().as_raw());
        #[cfg(not(unix))]
        let name = "unknown".to_owned();
        name
    })
}

/// The name of this machine; `localhost` when it has none that can be shown.
pub fn host() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    crate::wire::text::name(&name).unwrap_or_else(|_| "localhost".to_owned())
}

/// How long a process may take to end in order after its first signal. It may be waiting for a pipe or a terminal,
/// and nothing else can end such a wait.
const PATIENCE: Duration = Duration::from_millis(200);

/// What to say when a signal ends a command whose write was sent and not answered. It is said once.
pub fn unknown_outcome() -> Option<String> {
    let path = unanswered::take()?;
    let command = if path.contains("/keys") {
        "keys list"
    } else if path.contains("/tokens") {
        "tokens list"
    } else {
        "projects list"
    };
    Some(format!("interrupted; the outcome is unknown. Check with `keydeck {command}`"))
}

/// What the process was told by a signal.
#[derive(Clone, Debug)]
pub struct Shutdown {
    end: CancellationToken,
    by: Arc<OnceLock<Exit>>,
    serves: Arc<AtomicBool>,
}

impl Shutdown {
    /// Listens for SIGTERM, SIGINT and SIGHUP, on a thread of its own. The first one is for [`Shutdown::requested`]; a
    /// process that has not ended soon after, or gets a second one, is ended where it stands.
    ///
    /// # Errors
    /// When the operating system gives no signals.
    pub fn listen() -> Result<Shutdown, Failure> {
        let shutdown = Shutdown {
            end: CancellationToken::new(),
            by: Arc::new(OnceLock::new()),
            serves: Arc::new(AtomicBool::new(false)),
        };
        let failed = |error: std::io::Error| Failure::new(Exit::Failed, format!("signals: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let mut signals = {
            let _inside = runtime.enter();
            Signals::new().map_err(failed)?
        };
        let sender = shutdown.clone();
        let listener = std::thread::Builder::new().name("signals".to_owned());
        let wait = async move {
            let first = signals.next().await;
            sender.request(first);
            let exit = tokio::select! {
                second = signals.next() => second,
                () = sender.out_of_patience() => first,
            };
            reveal::restore();
            if let Some(unknown) = unknown_outcome() {
                log::say(&unknown);
            }
            log::flush();
            std::process::exit(exit as i32);
        };
        listener.spawn(move || runtime.block_on(wait)).map_err(failed)?;
        Ok(shutdown)
    }

    /// From now on others rely on this process, so that it ends in order however long that takes.
    pub fn serves(&self) {
        self.serves.store(true, Ordering::SeqCst);
    }

    async fn out_of_patience(&self) {
        tokio::time::sleep(PATIENCE).await;
        if self.serves.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    /// Returns once the process is asked to end.
    pub async fn requested(&self) -> Exit {
        self.end.cancelled().await;
        *self.by.get().unwrap_or(&Exit::Terminated)
    }

    fn request(&self, exit: Exit) {
        tracing::info!(?exit, "shutting down");
        // Only the first one counts.
        let _ = self.by.set(exit);
        self.end.cancel();
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.terminate.recv() => Exit::Terminated,
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.hangup.recv() => Exit::HungUp,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) -> Exit {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Exit::Interrupted
    }
}
