//! The only door out of the dashboard: an effect becomes a call of the client, a copy or a file, and what
//! came of it comes back as an event.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};
use zeroize::Zeroizing;

use super::change_stream::{self, Mailbox};
use super::clipboard::{Clipboard, Report, Text};
use super::columns_file;
use super::connect::{Connect, Connected, SaveTheme, Token};
use super::files;
use super::filters_file::FilterWriter;
use super::incoming::Incoming;
use super::model::{
    ChangeBatch, ClipboardOutcome, CopyKind, CopyText, Effect, Event, Failure, FailureKind, PackCreated,
    Related, RelatedTo, Reply, Request, RequestId, VerifiedPack,
};
use super::unsaved::asked::{Asked, Asker, Note};
use super::unsaved::{self, Unsaved};
use crate::client::{Client, ClientError, Fresh, IdempotencyKeys, Kind, Made};
use crate::pack::{Draft, DraftError, Proof};
use crate::secret::Secret;
use crate::wire::audit::{self, EventQuery};
use crate::wire::keys::{Key, KeyQuery, Status, StatusQuery};
use crate::wire::page::Page;
use crate::wire::reports::NewReport;
use crate::wire::rotations::StartRotation;
use crate::wire::session::Session;
use crate::wire::time::{Clock, Timestamp};

/// So long it may take a server to say who we are, where that must be noted before a key is asked for.
const GREETING: Duration = Duration::from_secs(2);
/// So long the note may take: a disk that does not answer keeps nobody from making a key.
const NOTING: Duration = Duration::from_secs(1);
/// So many replacements of a key are looked at for one that is not revoked.
const REPLACEMENTS: usize = 5;

/// Runs effects; nothing here waits.
pub(super) struct Perform {
    handle: Handle,
    events: Sender<Incoming>,
    connect: Connect,
    /// The context whose server is asked.
    context: String,
    /// The servers that were found, by their contexts: a change that is under way needs its own.
    found: HashMap<String, Server>,
    /// The server of the context has refused the token.
    refused: Arc<AtomicBool>,
    clipboard: Clipboard,
    clock: Clock,
    unsaved: Unsaved,
    /// Keeps a theme; none where it is not kept.
    pub(super) save_theme: Option<SaveTheme>,
    /// The file of chosen columns; none where they are not kept.
    pub(super) columns: Option<PathBuf>,
    /// The file of saved filters; none where they are not kept.
    pub(super) filters: Option<FilterWriter>,
    /// Servers whose unsaved keys were looked for.
    searched: HashSet<String>,
    /// What is followed, and where its changes wait.
    following: Option<AbortHandle>,
    mailbox: Mailbox,
    running: HashMap<RequestId, AbortHandle>,
    /// What makes a key: its answer is noted even when nobody looks any more.
    making: Vec<JoinHandle<()>>,
}

/// A server that was found.
#[derive(Clone)]
struct Server {
    client: Client,
    /// Under this name, its new keys are noted; none where they are not.
    identity: Option<String>,
    /// What it said of itself; none before it has.
    greeted: Arc<Mutex<Option<Greeted>>>,
    /// How often another process had been found to answer when it was asked where it is.
    shifts: usize,
    /// It was noticed that another one answers.
    moved: Arc<AtomicBool>,
}

/// What a server said of itself.
#[derive(Clone)]
struct Greeted {
    /// Who we are there.
    actor: String,
    /// The end of its audit log then.
    head: u64,
    /// How far its clock is before ours, in milliseconds.
    skew: i64,
}

impl Server {
    /// What has to be noted before a request is sent, so that what it makes is found without its answer.
    async fn asked(&self, request: &Request, keys: &IdempotencyKeys, clock: &Clock) -> Option<Asked> {
        if !request.makes_secret() {
            return None;
        }
        if self.greeted().is_none() {
            let session = tokio::time::timeout(GREETING, self.client.session()).await.ok()?.ok()?;
            self.greet(&session, clock);
        }
        let (asker, Greeted { head, skew, .. }) = (self.asker()?, self.greeted().clone()?);
        // Our own changes since then are before it too.
        let after = self.client.audit_head().map_or(head, |own| own.seq.max(head));
        let at = Timestamp::from_millis(clock().millis().saturating_add(skew));
        Asked::of(request, asker, keys.clone(), after, at)
    }

    /// Who we are there; none before it has said so.
    fn asker(&self) -> Option<Asker> {
        let actor = self.greeted().as_ref()?.actor.clone();
        Some(Asker::new(actor, self.client.token()))
    }

    fn greet(&self, session: &Session, clock: &Clock) {
        let (actor, head) = (session.principal.clone(), session.audit_head.seq);
        let skew = session.now.millis() - clock().millis();
        *self.greeted() = Some(Greeted { actor, head, skew });
    }

    fn greeted(&self) -> MutexGuard<'_, Option<Greeted>> {
        self.greeted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Perform {
    pub(super) fn new(
        handle: Handle,
        events: Sender<Incoming>,
        connect: Connect,
        context: String,
        clipboard: Clipboard,
        clock: Clock,
        unsaved: Unsaved,
    ) -> Perform {
        Perform {
            handle,
            events,
            connect,
            context,
            found: HashMap::new(),
            refused: Arc::default(),
            clipboard,
            clock,
            following: None,
            mailbox: Mailbox::default(),
            unsaved,
            save_theme: None,
            columns: None,
            filters: None,
            searched: HashSet::new(),
            running: HashMap::new(),
            making: Vec::new(),
        }
    }

    /// The context whose server is asked.
    pub(super) fn context(&self) -> &str {
        &self.context
    }

    /// Starts what an effect asks for. Effects on the terminal itself are the runtime's.
    pub(super) fn start(&mut self, effect: Effect) {
        match effect {
            Effect::Connect => self.find_server(),
            Effect::Switch(context) => {
                self.refused.store(false, Ordering::Relaxed);
                self.context = context;
                self.follow_none();
                self.find_server();
            }
            Effect::Request(id, request) => self.request(self.context.clone(), id, request),
            Effect::RequestIn(context, id, request) => self.request(context, id, request),
            Effect::Follow(after) => self.follow(after),
            Effect::Cancel(id) => {
                if let Some(task) = self.running.remove(&id) {
                    task.abort();
                }
            }
            Effect::Copy(text) => self.copy(text),
            Effect::WriteSecretFile { key, name, place, secret } => {
                let events = self.events.clone();
                self.handle.spawn_blocking(move || {
                    send(
                        &events,
                        Event::SecretFile(key, files::write_secret(&name, place.as_deref(), &secret)),
                    );
                });
            }
            Effect::FindUnsaved => self.find_unsaved(),
            Effect::Stored(key) => self.unsaved.forget(key),
            Effect::StoredLater(key) => self.unsaved.release(key),
            Effect::SaveColumns(text) => {
                let Some(path) = self.columns.clone() else { return };
                let events = self.events.clone();
                self.handle.spawn_blocking(move || {
                    if let Err(why) = columns_file::write(&path, &text) {
                        send(&events, Event::NotSaved(why));
                    }
                });
            }
            Effect::SaveTheme(name) => {
                let Some(save) = self.save_theme.clone() else { return };
                let events = self.events.clone();
                self.handle.spawn_blocking(move || {
                    send(
                        &events,
                        match save(name) {
                            Ok(path) => Event::ThemeSaved(name, path),
                            Err(why) => Event::NotSaved(why),
                        },
                    );
                });
            }
            Effect::ChangeFilters(scope, change) => {
                let Some(filters) = self.filters.clone() else { return };
                filters.push(scope, change);
                let events = self.events.clone();
                self.handle.spawn_blocking(move || {
                    if let Err(why) = filters.write() {
                        send(&events, Event::NotSaved(why));
                    }
                });
            }
            Effect::WriteExport { name, place, text, rows } => {
                let events = self.events.clone();
                self.handle.spawn_blocking(move || {
                    send(
                        &events,
                        Event::Exported { rows, result: files::write_export(&name, place.as_deref(), &text) },
                    );
                });
            }
            Effect::Wipe
            | Effect::Redraw
            | Effect::SetTitle(_)
            | Effect::CaptureMouse(_)
            | Effect::Suspend
            | Effect::Quit => {
                unreachable!("the runtime does these itself")
            }
        }
    }

    /// A server was found: from now on requests go there.
    pub(super) fn connected(&mut self, context: String, connected: Connected) {
        let Connected { client, place, identity } = connected;
        let known = self.found.get(&context).filter(|known| known.identity == identity);
        let greeted = known.map(|known| Arc::clone(&known.greeted)).unwrap_or_default();
        let server = Server { shifts: client.shifts(), client, identity, greeted, moved: Arc::default() };
        self.found.insert(context.clone(), server.clone());
        if context != self.context {
            return;
        }
        let (events, refused) = (self.events.clone(), Arc::clone(&self.refused));
        let clock = Arc::clone(&self.clock);
        self.handle.spawn(async move {
            let event = match server.client.session().await {
                Ok(session) => {
                    server.greet(&session, &clock);
                    Event::Connected { session, place }
                }
                Err(error) => Event::ConnectFailed(failure(&error)),
            };
            let unknown = FailureKind::Unauthenticated;
            let is_refused = matches!(&event, Event::ConnectFailed(failure) if failure.kind == unknown);
            refused.store(is_refused, Ordering::Relaxed);
            let _ = events.send(Incoming::In(context, event));
        });
    }

    /// Keys that are being made: when these end, the keys are noted as not stored.
    pub(super) fn making(&mut self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut self.making)
    }

    /// Drops the connection. What was copied stays with the process that holds it.
    pub(super) fn close(&mut self) {
        self.found.clear();
        self.follow_none();
        for task in self.running.drain().map(|(_, task)| task) {
            task.abort();
        }
    }

    /// What happened since the last time that somebody looked.
    pub(super) fn batch(&self) -> ChangeBatch {
        self.mailbox.take()
    }

    /// Nothing is followed any more, and what was told of it is forgotten.
    fn follow_none(&mut self) {
        if let Some(task) = self.following.take() {
            task.abort();
        }
        self.mailbox = Mailbox::default();
    }

    fn follow(&mut self, after: u64) {
        // A mailbox of its own: what was not taken from the old one is told again.
        self.follow_none();
        let Some(Server { client, .. }) = self.found.get(&self.context) else { return };
        let deliver =
            change_stream::deliver(client.events(Some(after)), self.mailbox.clone(), self.events.clone());
        self.following = Some(self.handle.spawn(deliver).abort_handle());
    }

    /// The server of this context has moved to another process, perhaps to this one.
    pub(super) fn moved(&mut self, context: &str) {
        if context == self.context {
            self.find_server();
        }
    }

    fn find_server(&mut self) {
        let (events, context) = (self.events.clone(), self.context.clone());
        let token = if self.refused.load(Ordering::Relaxed) { Token::Anew } else { Token::Known };
        let found = (self.connect)(&context, token);
        self.handle.spawn(async move {
            let incoming = match found.await {
                Ok(connected) => Incoming::Connected(context, Box::new(connected)),
                Err(failure) => Incoming::In(context, Event::ConnectFailed(failure)),
            };
            let _ = events.send(incoming);
        });
    }

    fn request(&mut self, context: String, id: RequestId, request: Request) {
        let Some(server) = self.found.get(&context).cloned() else {
            let text = "Not connected yet. Nothing was sent.".to_owned();
            let failure = Failure { kind: FailureKind::Unreachable, text, code: None };
            send(&self.events, Event::Replied(id, Err(failure)));
            return;
        };
        self.running.retain(|_, task| !task.is_finished());
        let (unsaved, clock) = (self.unsaved.clone(), Arc::clone(&self.clock));
        let (events, refused) = (self.events.clone(), Arc::clone(&self.refused));
        let here = context == self.context;
        let (writes, makes_secret) = (request.writes(), request.makes_secret());
        let task = self.handle.spawn(async move {
            let (mut asked, keys) = (None, IdempotencyKeys::generate());
            if let Some(identity) = server.identity.clone()
                && let Some(what) = server.asked(&request, &keys, &clock).await
            {
                asked = ask(unsaved.clone(), identity, what).await;
            }
            let answer = call_with(&server.client, request, &keys).await;
            match &answer {
                Ok(Reply::Session(session)) => server.greet(session, &clock),
                Ok(Reply::KeyMade { created, .. }) => {
                    if let Some(identity) = server.identity {
                        note(unsaved, identity, created.key.clone()).await;
                    }
                }
                _ => {}
            }
            let unknown = |failure: &Failure| failure.kind == FailureKind::OutcomeUnknown;
            if !answer.as_ref().is_err_and(unknown) {
                asked.into_iter().for_each(Note::forget);
            }
            if here && answer.as_ref().is_err_and(|failure| failure.kind == FailureKind::Unauthenticated) {
                refused.store(true, Ordering::Relaxed);
            }
            send(&events, Event::Replied(id, answer));
            if here && server.client.shifts() != server.shifts && !server.moved.swap(true, Ordering::Relaxed)
            {
                let _ = events.send(Incoming::Moved(context));
            }
        });
        // A write goes on whatever becomes of the dashboard's interest in it.
        if !writes {
            self.running.insert(id, task.abort_handle());
        }
        if makes_secret {
            self.making.retain(|task| !task.is_finished());
            self.making.push(task);
        }
    }

    /// Once for each server: who wants to be asked at the next start is not asked after each lost connection.
    fn find_unsaved(&mut self) {
        let context = self.context.clone();
        let Some(found) = self.found.get(&context).cloned() else { return };
        let asker = found.asker();
        let Server { client, identity: Some(server), .. } = found else { return };
        if !self.searched.insert(server.clone()) {
            return;
        }
        let (events, unsaved) = (self.events.clone(), self.unsaved.clone());
        self.handle.spawn(async move {
            let keys = unsaved::find::left(unsaved, &client, server, asker).await;
            if !keys.is_empty() {
                let _ = events.send(Incoming::In(context, Event::Unsaved(keys)));
            }
        });
    }

    fn copy(&mut self, text: CopyText) {
        let (kind, text) = match text {
            CopyText::Secret(key, secret) => (CopyKind::Secret(key), joined("", &secret, "")),
            CopyText::Around { key, before, secret, after } => {
                (CopyKind::Secret(key), joined(&before, &secret, &after))
            }
            CopyText::Public(name, text) => (CopyKind::Public(name), Text::Public(text)),
        };
        let (events, clipboard) = (self.events.clone(), self.clipboard.clone());
        self.handle.spawn(async move {
            let outcome = match clipboard.copy(text).await {
                Report::Copied(clears) => {
                    ClipboardOutcome::Copied { clears_in: clears.map(|span| span.as_secs()) }
                }
                Report::Sent => ClipboardOutcome::SentToTerminal,
                Report::Handed(program) => ClipboardOutcome::Handed { program },
                Report::Off => ClipboardOutcome::Off,
                Report::Failed(why) => ClipboardOutcome::Failed(crate::wire::text::plain(&why).into_owned()),
                Report::AskTerminal(text) => {
                    let _ = events.send(Incoming::Osc52(kind, text));
                    return;
                }
            };
            send(&events, Event::Clipboard(kind, outcome));
        });
    }
}

/// Notes a key before it is asked for. One that cannot be noted is asked for all the same.
async fn ask(unsaved: Unsaved, server: String, asked: Asked) -> Option<Note> {
    let mut noting = tokio::task::spawn_blocking(move || unsaved.ask(&server, &asked));
    let Ok(noted) = tokio::time::timeout(NOTING, &mut noting).await else {
        tracing::warn!("a requested key could not be recorded within {NOTING:?}");
        // When it comes to its end nobody needs it.
        tokio::spawn(async move {
            if let Ok(Ok(note)) = noting.await {
                note.forget();
            }
        });
        return None;
    };
    noted.ok()?.inspect_err(|error| tracing::warn!(%error, "a requested key could not be recorded")).ok()
}

/// Notes a new key before anybody sees it. One that cannot be noted is shown all the same.
async fn note(unsaved: Unsaved, server: String, key: Key) {
    let id = key.id;
    let noted = tokio::task::spawn_blocking(move || unsaved.answered(&server, &key)).await;
    if let Ok(Err(error)) = noted {
        tracing::warn!(key = %id, %error, "a new key could not be recorded as unsaved");
    }
}

/// The text with a secret in it, in memory that is wiped and never grows.
fn joined(before: &str, secret: &Secret, after: &str) -> Text {
    let parts = [before, secret.reveal(), after];
    let mut text = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
    for part in parts {
        text.push_str(part);
    }
    Text::Secret(text)
}

fn send(events: &Sender<Incoming>, event: Event) {
    // The loop has ended when nobody listens any more.
    let _ = events.send(Incoming::Event(event));
}

/// Asks the server for what the dashboard wants to know or to have done.
///
/// # Errors
/// Those of the client; and where a pack cannot be saved.
pub async fn call(client: &Client, request: Request) -> Result<Reply, Failure> {
    call_with(client, request, &IdempotencyKeys::generate()).await
}

/// The same; what creates a key does so with these idempotency keys.
async fn call_with(client: &Client, request: Request, keys: &IdempotencyKeys) -> Result<Reply, Failure> {
    Ok(match request {
        Request::Session => Reply::Session(client.session().await?),
        Request::Projects { query, etag } => match client.projects_unless(&query, etag.as_deref()).await? {
            Fresh::Changed(page, etag) => Reply::Projects { page, etag },
            Fresh::Unchanged => Reply::NotModified,
        },
        Request::CreateProject { name } => Reply::Project(client.create_project(&name).await?),
        Request::RenameProject { id, name } => Reply::Project(client.rename_project(id, &name).await?),
        Request::Keys { query, etag } => match keys_page(client, query, etag.as_deref()).await? {
            Fresh::Changed(page, etag) => Reply::Keys { page, etag },
            Fresh::Unchanged => Reply::NotModified,
        },
        Request::Project(id) => Reply::Project(client.project(id).await?),
        Request::DeleteProject { id, revoke_keys } => {
            Reply::ProjectDeleted(id, client.delete_project(id, revoke_keys).await?)
        }
        Request::KeyGroups(query) => Reply::KeyGroups(client.key_groups(&query).await?),
        Request::Key(id) => Reply::Key(client.key(id).await?),
        Request::Related(to) => Reply::Related(Box::new(related(client, to).await?)),
        Request::CreateKey { project, key } => {
            let Made { made, notice } = client.make_key_with(keys, project, &key).await?;
            Reply::KeyMade { created: made, notice }
        }
        Request::RotateKey { id, name } => {
            let Made { made, notice } = client.make_successor_with(keys, id, name.as_deref()).await?;
            Reply::KeyMade { created: made, notice }
        }
        Request::Rotation(id) => Reply::Rotation(match client.rotation(id).await {
            Ok(rotation) => Some(Box::new(rotation)),
            // The key is there: it has none, or the server is too old to have any.
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error.into()),
        }),
        Request::StartRotation(id) => {
            let rotation = client.start_rotation(id, StartRotation::default()).await?;
            Reply::Rotation(Some(Box::new(rotation)))
        }
        Request::CancelRotation(id) => Reply::Rotation(Some(Box::new(client.cancel_rotation(id).await?))),
        Request::EditKey { id, edit } => Reply::Key(client.edit_key(id, &edit).await?),
        Request::PauseKey { id, reason } => Reply::Paused(client.pause_key(id, reason.as_deref()).await?),
        Request::ResumeKey(id) => Reply::Resumed(client.resume_key(id).await?),
        Request::Findings => Reply::Findings(client.finding_counts().await?),
        Request::RevokeKey { id, reason } => Reply::Revoked(client.revoke_key(id, reason.as_deref()).await?),
        Request::RevokeKeys(body) => Reply::KeysRevoked(client.revoke_keys(&body).await?),
        Request::Usage { id, days } => Reply::Usage(client.key_usage(id, days).await?),
        Request::Callers(id) => Reply::Callers(client.key_callers(id).await?),
        Request::AuditEvents { query, etag } => {
            match client.audit_events_unless(&query, etag.as_deref()).await? {
                Fresh::Changed(page, etag) => Reply::AuditEvents { page, etag },
                Fresh::Unchanged => Reply::NotModified,
            }
        }
        Request::Reviews { query, etag } => match client.reviews_unless(&query, etag.as_deref()).await? {
            Fresh::Changed(page, etag) => Reply::Reviews { page, etag },
            Fresh::Unchanged => Reply::NotModified,
        },
        Request::Review(id) => Reply::Review(Box::new(client.review(id).await?)),
        Request::StartReview(new) => Reply::Review(Box::new(client.start_review(&new).await?)),
        Request::SignReview { id, sign } => Reply::Review(Box::new(client.sign_review(id, &sign).await?)),
        Request::EditReview { id, edit } => Reply::Review(Box::new(client.edit_review(id, &edit).await?)),
        Request::ReviewItems { id, query } => Reply::ReviewItems(client.review_items(id, &query).await?),
        Request::Decide { review, key, decide } => {
            Reply::Decided(Box::new(client.decide(review, key, &decide).await?))
        }
        Request::Undecide { review, key, version } => {
            client.undecide(review, key, Some(version)).await?;
            Reply::Undecided
        }
        Request::Nodes => Reply::Nodes(client.nodes().await?),
        Request::ForgetNode { id, .. } => {
            client.forget_node(id).await?;
            Reply::NodeForgotten
        }
        Request::ExecuteReview { id, execute } => {
            Reply::Executed(Box::new(client.execute_review(id, &execute).await?))
        }
        Request::CreatePack { report, name, place } => {
            Reply::PackCreated(Box::new(create_pack(client, &report, name, place).await?))
        }
        Request::FindKey { handle, last4 } => {
            let query = KeyQuery {
                handle: Some(handle),
                last4: Some(last4),
                status: Some(StatusQuery::All),
                ..KeyQuery::default()
            };
            Reply::Found(client.keys(&query).await?.items)
        }
    })
}

/// Creates an evidence pack on the server and saves it here. An incomplete one leaves nothing behind.
async fn create_pack(
    client: &Client,
    report: &NewReport,
    name: String,
    place: Option<String>,
) -> Result<PackCreated, Failure> {
    let invalid = |text: String| Failure { kind: FailureKind::Invalid, text, code: None };
    let unwritten = |error: DraftError| invalid(files::pack_words(&error));
    let prepared = blocking(move || {
        let path = files::pack_place(&name, place.as_deref())?;
        let draft = Draft::beside(&path).map_err(|error| files::pack_words(&error))?;
        Ok((path, draft))
    });
    let (path, mut draft) = prepared.await.map_err(invalid)?;
    let mut parts = client.create_report(report).await?;
    while let Some(part) = parts.part().await? {
        draft.write(&part).map_err(unwritten)?;
    }
    let finished = blocking(move || match draft.finish() {
        Ok(Proof { head, report, .. }) => {
            Ok(Ok(VerifiedPack { head, keys: report.counts.keys, in_scope: report.counts.in_scope }))
        }
        Err(DraftError::Differs { first, .. }) => Ok(Err(first)),
        Err(error) => Err(files::pack_words(&error)),
    });
    let verified = finished.await.map_err(invalid)?;
    Ok(PackCreated { path: path.display().to_string(), verified })
}

/// Does this where waiting for a disk holds nothing up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()))
}

/// What the model needs to know of an error of the client.
fn failure(error: &ClientError) -> Failure {
    let kind = match error {
        _ if error.outcome_unknown() => FailureKind::OutcomeUnknown,
        ClientError::Refused { status, problem } => match status {
            401 => FailureKind::Unauthenticated,
            403 => FailureKind::Forbidden,
            404 => FailureKind::NotFound,
            409 => FailureKind::Conflict,
            500.. => FailureKind::Server { request_id: problem.request_id.clone() },
            _ => FailureKind::Invalid,
        },
        ClientError::Unsaid { .. } | ClientError::Unseen { .. } => FailureKind::OutcomeUnknown,
        ClientError::Unreachable { .. }
        | ClientError::Broken { .. }
        | ClientError::Stopped { .. }
        | ClientError::Tls { .. } => FailureKind::Unreachable,
        ClientError::TimedOut { .. } => FailureKind::TimedOut,
        ClientError::NotKeydeck { .. } | ClientError::TooLarge { .. } => FailureKind::NotKeydeck,
        ClientError::Address { .. } | ClientError::Authorities { .. } => FailureKind::Invalid,
    };
    let code = error.problem().map(|problem| problem.code);
    Failure { kind, text: error.to_string(), code }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        failure(&error)
    }
}

/// A page of keys. Older servers refuse to be asked for daily requests: there are none then.
async fn keys_page(
    client: &Client,
    mut query: KeyQuery,
    etag: Option<&str>,
) -> Result<Fresh<Page<Key>>, ClientError> {
    let unknown = |error: &ClientError| {
        error.problem().is_some_and(|problem| problem.field.as_deref() == Some("daily"))
    };
    match client.keys_unless(&query, etag).await {
        Err(error) if query.daily && unknown(&error) => {
            query.daily = false;
            let mut answer = client.keys_unless(&query, etag).await?;
            if let Fresh::Changed(page, _) = &mut answer {
                page.items.iter_mut().for_each(|key| key.daily = Some(Arc::default()));
            }
            Ok(answer)
        }
        answer => answer,
    }
}

/// The keys that are related to one by rotation. A key that replaces another is found by the event of its creation.
async fn related(client: &Client, to: RelatedTo) -> Result<Related, ClientError> {
    let missing = |error: ClientError| if error.kind() == Kind::NotFound { Ok(None) } else { Err(error) };
    let replaces = match to.rotated_from {
        Some(old) => client.key(old).await.map(Some).or_else(missing)?,
        None => None,
    };
    let query = EventQuery {
        filter: to.id.to_string(),
        project: Some(to.project),
        action: Some(audit::Action::KeyRotated),
        after: Some(to.created_at),
        ..EventQuery::default()
    };
    let created = client.audit_events(&query).await?.items;
    let created =
        created.iter().filter(|event| event.detail_text("rotatedFrom") == Some(&*to.id.to_string()));
    let mut replacement = None;
    for id in created.filter_map(|event| event.key).take(REPLACEMENTS) {
        let key = client.key(id).await.map(Some).or_else(missing)?;
        replacement = key.filter(|key| key.status != Status::Revoked);
        if replacement.is_some() {
            break;
        }
    }
    Ok(Related { replaces, replacement })
}
