//! Changes and uses as they happen: one answer that goes on until the caller, their token or the server ends.
//!
//! Nothing is kept for a caller beyond one page: the stream reads the audit log at the caller's own pace, so
//! that who is slow is behind, never a burden. Uses are gathered by key, and at most one message a second
//! tells of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::App;
use super::auth::{Inside, Principal};
use super::problem::Failure;
use crate::store::StoreError;
use crate::wire::audit::{Action, Event};
use crate::wire::events::{self, Changed, Confirmed, MAX_USES, Place, Use, Used};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::Key;
use crate::wire::paths::{self, LAST_EVENT_HEADER, UNBROKEN_HEADER};
use crate::wire::projects::Project;

/// How many changes are read at once.
const PAGE: u32 = 100;
/// At most one message of uses in this time.
const USES_EVERY: Duration = Duration::from_secs(1);
/// So often something is sent, so that proxies and callers know that the stream lives.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// So many changes before the place of who comes again may have been confirmed while they were away.
const LOOK_BACK: u64 = 100;
/// Keys that wait for their nodes; with more, the caller reads them again by themselves.
const MAX_UNCONFIRMED: usize = 10_000;

/// Stream changes
///
/// Server-sent events, until the caller disconnects. The first message is `ready`, or `reset` if the requested
/// position is unknown; its data is a `Place`. Each change follows as `audit` (`Changed`) with its audit `seq`
/// as id, usage as `used` (`Used`, at most one message per second), and `confirmed` (`Confirmed`) lists keys
/// whose changes all nodes have applied. Ignore unknown kinds. Reconnect with the last id received to miss no
/// change; confirmations of the last 100 changes are sent again. A line is sent at least every 2 seconds.
#[utoipa::path(
    get, path = paths::EVENTS, tag = "Audit", operation_id = "followEvents",
    params(("Last-Event-ID" = Option<String>, Header,
        description = "The id of the last event received. Without it, the stream starts with new events")),
    responses((status = 200, description = "A stream of server-sent events", content_type = "text/event-stream",
        body = String))
)]
pub(crate) async fn events(
    State(app): State<App>,
    principal: Principal,
    inside: Option<Extension<Inside>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    // Before the head is read, so that nothing is between the two.
    let committed = app.changes().subscribe();
    let head = app.store().audit_head().await?.seq;
    // A revocation after the head is told by the log; one before it, but after the token was read, by nobody.
    principal.must_still_work(&app).await?;
    let (at, kind, back) = match headers.get(LAST_EVENT_HEADER).map(HeaderValue::as_bytes) {
        None | Some(b"") => (head, events::READY, 0),
        Some(text) => match std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()) {
            Some(seq) if seq <= head => (seq, events::READY, LOOK_BACK),
            _ => (head, events::RESET, 0),
        },
    };
    let unconfirmed = unconfirmed(&app, at, back).await?;
    let changes = app.changes();
    let feed = Feed {
        committed,
        progress: changes.subscribe_progress(),
        uses: changes.subscribe_uses(),
        ended: changes.subscribe_end(),
        queue: VecDeque::from([frame(kind, &Place { seq: at }).id(at.to_string())]),
        at,
        gathered: BTreeMap::new(),
        more: false,
        uses_due: Instant::now(),
        unconfirmed,
        confirmed: 0,
        principal,
        app,
    };
    let frames = stream::unfold(feed, |mut feed| async move {
        let frame = feed.next().await?;
        Some((Ok::<_, Infallible>(frame), feed))
    });
    if inside.is_some() {
        // A sign of life would wake an idle dashboard for nothing.
        let unbroken = (HeaderName::from_static(UNBROKEN_HEADER), HeaderValue::from_static("true"));
        return Ok(([unbroken], Sse::new(frames)).into_response());
    }
    let mut response = Sse::new(frames).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // nginx keeps answers back until it has a page of them, unless it is told not to.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// The keys of changes up to a place that the caller may know as unconfirmed: those that some node has still
/// to apply, and so many before.
async fn unconfirmed(app: &App, at: u64, back: u64) -> Result<BTreeSet<KeyId>, Failure> {
    let mut place = at.saturating_sub(back).min(app.changes().applied_by_all());
    let mut keys = BTreeSet::new();
    while place < at && keys.len() < MAX_UNCONFIRMED {
        let page = app.store().audit_events_after(place, PAGE).await?;
        let Some(last) = page.last() else { break };
        place = last.seq;
        keys.extend(page.into_iter().filter(|event| event.seq <= at).filter_map(|event| event.key));
    }
    Ok(keys)
}

/// What one caller is told, and from where on.
struct Feed {
    app: App,
    principal: Principal,
    committed: watch::Receiver<u64>,
    progress: watch::Receiver<u64>,
    uses: broadcast::Receiver<Arc<[Use]>>,
    ended: watch::Receiver<bool>,
    /// What is ready to be sent: a page of changes at most.
    queue: VecDeque<Frame>,
    /// The number of the last change in or before the queue.
    at: u64,
    /// Uses since the last message of them; at most [`MAX_USES`] keys.
    gathered: BTreeMap<KeyId, Use>,
    more: bool,
    uses_due: Instant,
    /// Keys that were told with a change that some node had still to apply.
    unconfirmed: BTreeSet<KeyId>,
    /// What every node had applied when these were looked at last.
    confirmed: u64,
}

impl Feed {
    /// The next message; none at the end.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if *self.ended.borrow() {
                return None;
            }
            if let Some(frame) = self.queue.pop_front() {
                return Some(frame);
            }
            match self.fill().await {
                Ok(true) => {}
                Ok(false) => self.wait().await,
                Err(Stopped::Refused) => return None,
                Err(Stopped::Store(error)) => {
                    // Who comes again with the last id they saw misses nothing.
                    tracing::warn!(%error, "closing an event stream: cannot read further events");
                    return None;
                }
            }
        }
    }

    /// Puts into the queue what there is. Says whether there was anything.
    async fn fill(&mut self) -> Result<bool, Stopped> {
        self.take_uses();
        self.tell_uses();
        let newest = *self.committed.borrow_and_update();
        if newest > self.at {
            let page = self.app.store().audit_events_after(self.at, PAGE).await?;
            self.tell_changes(page).await?;
        }
        self.tell_confirmed().await?;
        Ok(!self.queue.is_empty())
    }

    /// Waits until there may be something.
    async fn wait(&mut self) {
        tokio::select! {
            // These fail only when the store is gone, and then `ended` says so or the next read does.
            _ = self.ended.changed() => {}
            _ = self.committed.changed() => {}
            _ = self.progress.changed(), if !self.unconfirmed.is_empty() => {}
            uses = self.uses.recv() => match uses {
                Ok(uses) => self.gather(&uses),
                Err(RecvError::Lagged(_)) => self.more = true,
                Err(RecvError::Closed) => {}
            },
            () = tokio::time::sleep_until(self.uses_due), if self.has_uses() => {}
        }
    }

    async fn tell_changes(&mut self, page: Vec<Event>) -> Result<(), Stopped> {
        if page.iter().any(|event| event.action == Action::TokenRevoked)
            && !self.principal.still_works(&self.app).await.map_err(|_| Stopped::Refused)?
        {
            return Err(Stopped::Refused);
        }
        let (keys, projects) = self.subjects(&page).await?;
        for event in page {
            self.at = event.seq;
            let archived = event.action == Action::ProjectArchived;
            let changed = Changed {
                key: event.key.and_then(|id| keys.get(&id).cloned()),
                project: event.project.filter(|_| !archived).and_then(|id| projects.get(&id).cloned()),
                event,
            };
            let id = self.at.to_string();
            self.queue.push_back(frame(events::AUDIT, &changed).id(id));
        }
        Ok(())
    }

    /// The keys and projects of a page, each read once: it is as it is now, whatever it was then.
    async fn subjects(
        &mut self,
        page: &[Event],
    ) -> Result<(BTreeMap<KeyId, Key>, BTreeMap<ProjectId, Project>), Stopped> {
        let (store, now) = (self.app.store(), self.app.now());
        let (mut keys, mut projects) = (BTreeMap::new(), BTreeMap::new());
        let acknowledged = self.app.changes().applied_by_all();
        for id in page.iter().filter_map(|event| event.key).collect::<BTreeSet<_>>() {
            if let Some(key) = found(store.key(id, now, acknowledged).await)? {
                if !key.confirmed && self.unconfirmed.len() < MAX_UNCONFIRMED {
                    self.unconfirmed.insert(id);
                }
                keys.insert(id, key.clamped(now));
            }
        }
        for id in page.iter().filter_map(|event| event.project).collect::<BTreeSet<_>>() {
            if let Some(project) = found(store.project(id, now).await)? {
                projects.insert(id, project.clamped(now));
            }
        }
        Ok((keys, projects))
    }

    /// Tells which of the keys that were not confirmed are so now.
    async fn tell_confirmed(&mut self) -> Result<(), Stopped> {
        self.progress.borrow_and_update();
        let acknowledged = self.app.changes().applied_by_all();
        if self.unconfirmed.is_empty() || acknowledged <= self.confirmed {
            return Ok(());
        }
        self.confirmed = acknowledged;
        let (store, now) = (self.app.store(), self.app.now());
        let mut keys = Vec::new();
        for id in &self.unconfirmed {
            // Read again: it may have changed once more since it was told.
            if found(store.key(*id, now, acknowledged).await)?.is_none_or(|key| key.confirmed) {
                keys.push(*id);
            }
        }
        if !keys.is_empty() {
            self.unconfirmed.retain(|id| keys.binary_search(id).is_err());
            self.queue.push_back(frame(events::CONFIRMED, &Confirmed { keys }));
        }
        Ok(())
    }

    fn take_uses(&mut self) {
        loop {
            match self.uses.try_recv() {
                Ok(uses) => self.gather(&uses),
                Err(TryRecvError::Lagged(_)) => self.more = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn gather(&mut self, uses: &[Use]) {
        for one in uses {
            if let Some(known) = self.gathered.get_mut(&one.key) {
                known.merge(one.clone());
            } else if self.gathered.len() < MAX_USES {
                self.gathered.insert(one.key, one.clone());
            } else {
                self.more = true;
            }
        }
    }

    fn has_uses(&self) -> bool {
        self.more || !self.gathered.is_empty()
    }

    fn tell_uses(&mut self) {
        let now = Instant::now();
        if self.has_uses() && now >= self.uses_due {
            let uses = std::mem::take(&mut self.gathered).into_values().collect();
            let used = Used { uses, more: std::mem::take(&mut self.more) };
            self.queue.push_back(frame(events::USED, &used));
            self.uses_due = now + USES_EVERY;
        }
    }
}

/// Why a stream ends before its time.
enum Stopped {
    /// The caller's token works no longer, or it cannot be told whether it does.
    Refused,
    /// The store does not answer.
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Stopped {
        Stopped::Store(error)
    }
}

fn found<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(thing) => Ok(Some(thing)),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn frame(kind: &str, data: &impl Serialize) -> Frame {
    Frame::default().event(kind).json_data(data).expect("JSON in one line")
}
