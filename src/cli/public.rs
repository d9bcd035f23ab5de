//! Threads of their own for the callers of the Edge API: whatever they ask, the operating system gives the
//! management API, the node and the database their share of the processors.

use std::io;
use std::num::NonZero;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::TaskTracker;

/// Runtimes that end without waiting for their tasks.
pub struct PublicThreads(Option<Runtimes>);

struct Runtimes {
    /// For lookups.
    many: Runtime,
    /// One thread that takes connections in and serves those that revoke: a flood of lookups keeps the others
    /// busy, and not this one.
    first: Runtime,
}

impl PublicThreads {
    /// A thread for each processor that the process may use, and one. With more, threads take turns on a processor,
    /// and a lookup waits for the turn of its thread.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub fn start() -> io::Result<PublicThreads> {
        let start = |threads, name| {
            Builder::new_multi_thread().worker_threads(threads).thread_name(name).enable_all().build()
        };
        let many = start(thread::available_parallelism().map_or(1, NonZero::get), "edge")?;
        Ok(PublicThreads(Some(Runtimes { many, first: start(1, "edge-first")? })))
    }

    /// Runs a task on the one thread; it gets the handle of the many.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        tasks: &TaskTracker,
        task: impl FnOnce(Handle) -> F,
    ) {
        if let Some(runtimes) = &self.0 {
            tasks.spawn_on(task(runtimes.many.handle().clone()), runtimes.first.handle());
        }
    }
}

impl Drop for PublicThreads {
    fn drop(&mut self) {
        // Waiting is not allowed inside the other runtime.
        if let Some(runtimes) = self.0.take() {
            runtimes.first.shutdown_background();
            runtimes.many.shutdown_background();
        }
    }
}
