//! Threads of their own for the callers of the Edge API: whatever they ask, the operating system gives the
//! management API, the node and the database their share of the processors.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::TaskTracker;

/// A runtime that ends without waiting for its tasks.
pub struct PublicThreads(Option<Runtime>);

impl PublicThreads {
    /// As many threads as the current runtime has.
    ///
    /// # Errors
    /// When the operating system gives no threads.
    pub fn start() -> io::Result<PublicThreads> {
        let threads = Handle::current().metrics().num_workers();
        let runtime =
            Builder::new_multi_thread().worker_threads(threads).thread_name("edge").enable_all().build()?;
        Ok(PublicThreads(Some(runtime)))
    }

    /// Runs a task on these threads.
    pub fn spawn(&self, tasks: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            tasks.spawn_on(task, runtime.handle());
        }
    }
}

impl Drop for PublicThreads {
    fn drop(&mut self) {
        // Waiting is not allowed inside the other runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
