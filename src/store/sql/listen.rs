//! What other processes commit: heard at once where the database can tell, and looked for in any case.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::time::Instant;

use super::nodes::{CHANNEL, Tables};

/// How often the head is looked at where the database tells of changes, and where it does not.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOK_OFTEN: Duration = Duration::from_millis(25);
/// How long until it is asked again whether the database can tell.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl Tables {
    /// Follows the head, for as long as it is polled.
    pub(super) async fn listen(&self) {
        let mut listener: Option<PgListener> = None;
        let mut try_at = Instant::now();
        let mut failing = false;
        loop {
            if listener.is_none() && Instant::now() >= try_at {
                listener = tokio::time::timeout(PATIENCE, self.subscribe()).await.ok().flatten();
                try_at = Instant::now() + TRY_AGAIN;
            }
            match tokio::time::timeout(PATIENCE, self.look()).await {
                Ok(Ok(())) => failing = false,
                Ok(Err(error)) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "cannot read the database; will retry");
                    }
                }
                Err(_) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!("the database does not respond; will retry");
                    }
                }
            }
            let every = if listener.is_some() { LOOK_EVERY } else { LOOK_OFTEN };
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                heard = heard(&mut listener) => if !heard {
                    listener = None;
                },
                // A commit of this process: others are notified, and it needs no look.
                () = self.own.notified() => self.notify().await,
            }
        }
    }

    async fn subscribe(&self) -> Option<PgListener> {
        let mut listener = PgListener::connect(&self.url).await.ok()?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await.ok()?;
        Some(listener)
    }
}

/// Whether something was heard; false when the connection is gone.
async fn heard(listener: &mut Option<PgListener>) -> bool {
    match listener {
        Some(listener) => matches!(listener.try_recv().await, Ok(Some(_))),
        None => std::future::pending().await,
    }
}
