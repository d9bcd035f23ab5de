//! The threads that asynchronous work runs on, and the way out when a signal comes.

use super::exit::{Exit, Failure};
use super::process::{self, Shutdown};
use super::reveal;

/// Runs work to its end, or until a signal comes.
///
/// # Errors
/// Those of the work; after a signal its exit code.
pub fn block_on<T>(
    shutdown: &Shutdown,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = build()?;
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = work => ended,
            exit = shutdown.requested() => {
                reveal::restore();
                Err(Failure::new(exit, process::unknown_outcome().unwrap_or_default()))
            }
        }
    });
    // A thread that waits for a person cannot be joined.
    runtime.shutdown_background();
    ended
}

/// The runtime of commands and of `serve`.
///
/// # Errors
/// When the operating system gives no threads.
pub fn build() -> Result<tokio::runtime::Runtime, Failure> {
    // At least two: a server that never stops sending keeps one busy, and nothing would watch the deadlines.
    let workers = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot start threads: {error}")))
}

/// Does what blocks, such as waiting for a person, on a thread of its own: signals are handled meanwhile.
///
/// # Errors
/// Those of the work.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Failure::fault()))
}
