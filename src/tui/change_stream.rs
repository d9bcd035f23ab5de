//! From the stream of events to the loop: gathered on the way, so that a flood costs neither frames nor memory.

use std::pin::pin;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::incoming::Incoming;
use super::model::ChangeBatch;
use crate::client::{Events, Live};

/// News are handed over at most once in this time: nobody reads faster, and each may cost a frame.
const PACE: Duration = Duration::from_millis(100);

/// Where changes wait for the loop. Only a word that there are some goes through its channel, and one at a time,
/// so that a terminal that takes nothing makes nothing grow.
#[derive(Clone, Default)]
pub(super) struct Mailbox(Arc<Mutex<Mail>>);

#[derive(Default)]
struct Mail {
    batch: ChangeBatch,
    /// The loop has the word and did not look yet.
    told: bool,
}

impl Mailbox {
    /// All that came since the last time.
    pub(super) fn take(&self) -> ChangeBatch {
        let mut mail = self.lock();
        mail.told = false;
        std::mem::take(&mut mail.batch)
    }

    fn put(&self, live: Live) {
        let batch = &mut self.lock().batch;
        match live {
            Live::Open => batch.merge(ChangeBatch::opened()),
            Live::Message(message, place) => batch.take(message, place),
            Live::Quiet => batch.merge(ChangeBatch::quiet()),
            Live::Lost(error) => {
                tracing::info!(%error, "event stream lost");
                batch.merge(ChangeBatch::lost());
            }
        }
    }

    /// Whether the loop has to be told.
    fn tell(&self) -> bool {
        !std::mem::replace(&mut self.lock().told, true)
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings what comes of a stream to the loop, until one of them ends.
pub(super) async fn deliver(events: Events, mailbox: Mailbox, inbox: Sender<Incoming>) {
    let mut stream = pin!(events.into_stream());
    let (mut due, mut untold, mut ended) = (Instant::now(), false, false);
    while untold || !ended {
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(due), if untold => {
                if mailbox.tell() && inbox.send(Incoming::Changes).is_err() {
                    return;
                }
                (untold, due) = (false, Instant::now() + PACE);
            }
            live = stream.next(), if !ended => match live {
                Some(live) => {
                    mailbox.put(live);
                    untold = true;
                }
                None => ended = true,
            },
        }
    }
}
