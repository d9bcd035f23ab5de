//! Following the store: the change feed, and the lease that says how long this node may vouch for its keys.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::load::{self, within};
use super::{EdgeError, State};
use crate::store::changes::Moment;
use crate::store::fault::{Fault, is_broken};
use crate::store::lease::Grant;
use crate::store::{Change, ChangeKind, Ledger, NodeCard, SharedStore};
use crate::wire::audit::Head;
use crate::wire::id::KeyId;
use crate::wire::time::uptime;

/// How many changes are read at once.
const PAGE: u32 = 1000;
/// The first pause after a failure; it doubles up to [`LONGEST_PAUSE`].
const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long a node without a lease may hold up all changes to catch up with them.
const UNDER_THE_LOCK: Duration = Duration::from_secs(1);
/// How slow a node is that has a fault on purpose: well within the shortest lease of the tests.
const SLOW: Duration = Duration::from_millis(500);
/// How often it is asked whether a history that replaced the node's own was accepted.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// A node's place in the history of its store.
pub struct Place {
    /// Everything up to here is applied.
    applied: Head,
    /// Whether that was acknowledged.
    acknowledged: bool,
    /// The head that the last renewal read, and the moment before it was sent.
    previous: Option<(Head, Moment)>,
    /// The acceptances that are part of this history: they let no other one pass.
    acceptances: HashSet<String>,
}

/// Whether a node has read the store once.
pub enum Entered {
    /// It holds all keys and deployments up to here.
    At(Place),
    /// It holds nothing.
    No,
}

/// Reads all keys and deployments, applies what changed meanwhile, and takes the first lease.
///
/// # Errors
/// When the store cannot be read.
pub async fn enter(store: &SharedStore, state: &State) -> Result<Place, EdgeError> {
    // Remembered before anything is read: a change that comes meanwhile is applied again, not missed.
    let acceptances = match store.ledger() {
        Some(ledger) => within(ledger.acceptances()).await?.into_iter().collect(),
        None => HashSet::new(),
    };
    let applied = within(store.audit_head()).await?;
    store.changes().committed(applied.seq);
    load::keyring(store, &state.keyring, &applied).await?;
    let mut place = Place { applied, acknowledged: false, previous: None, acceptances };
    catch_up(store, state, &mut place).await?;
    renew(store, state, &mut place).await?;
    Ok(place)
}

/// Enters the feed if that was not done, applies each change as it is committed and renews the lease, until `stop`.
///
/// While a store that has to be asked cannot be read, nothing is acknowledged and the lease ends by itself: from
/// then on the node refuses. It serves again as soon as it has caught up. A store that tells all is read only
/// when it has told of something: as long as it has not, there is nothing that the node could have missed.
pub async fn follow(store: SharedStore, state: Arc<State>, mut entered: Entered, stop: CancellationToken) {
    let changes = Arc::clone(store.changes());
    let mut committed = changes.subscribe();
    // Three tries a lease, so that one that comes late does not end it.
    let renew_every = changes.lease() / 3;
    let mut failures = 0;
    // Whether to ask the store itself what is newest, before the lease is renewed by that.
    let mut look = true;
    let mut renew_at = tokio::time::Instant::now();
    loop {
        committed.borrow_and_update();
        let now = tokio::time::Instant::now();
        // Where the lease stands in tables, each renewal locks them: not with every change.
        let due = now >= renew_at || store.ledger().is_none() || !state.follower.is_live();
        let turn = tokio::select! {
            () = stop.cancelled() => return,
            turn = turn(&store, &state, &mut entered, look, due) => turn,
        };
        look = turn.is_err();
        match turn {
            Ok(true) => {
                failures = 0;
                if due {
                    renew_at = now + renew_every;
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = committed.changed() => {}
                    () = state.lapsed.notified() => {}
                    () = tokio::time::sleep_until(renew_at) => look = !store.tells_all(),
                }
                continue;
            }
            Ok(false) => {}
            Err(EdgeError::Replaced { applied, head }) => {
                state.follower.lapse();
                tracing::error!(
                    %applied, %head,
                    "the history of the database was replaced by one that does not contain what this node has applied; \
                     all requests are rejected until you run `keydeck nodes accept-history {head}`"
                );
                let again = tokio::select! {
                    () = stop.cancelled() => return,
                    again = accepted(&store, &entered) => again,
                };
                if again == Again::TheSame {
                    tracing::warn!("the known history is available again");
                    if let Entered::At(place) = &entered {
                        // What was heard of the other one counts no more.
                        changes.rewound(place.applied.seq);
                    }
                    continue;
                }
                tracing::warn!("the new history was accepted; reading all keys again");
                state.keyring.clear();
                state.versions.clear();
                state.follower.restart(0);
                changes.rewound(0);
                entered = Entered::No;
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, applied = state.follower.applied(), "the node cannot follow the store; \
                     retrying");
            }
        }
        let pause = (SHORTEST_PAUSE * 2u32.saturating_pow(failures)).min(LONGEST_PAUSE);
        failures = (failures + 1).min(10);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Applies what there is and renews the lease; says whether the node has one that it could renew.
async fn turn(
    store: &SharedStore,
    state: &State,
    entered: &mut Entered,
    look: bool,
    due: bool,
) -> Result<bool, EdgeError> {
    let place = match entered {
        Entered::At(place) => place,
        Entered::No => {
            *entered = Entered::At(enter(store, state).await?);
            return Ok(state.follower.is_live());
        }
    };
    if look {
        // What was committed without a word: a commit whose answer was lost, another process.
        store.changes().committed(within(store.audit_head()).await?.seq);
    }
    catch_up(store, state, place).await?;
    // What cannot be read may hold a revocation: then nothing is vouched for beyond the lease there is.
    if due { renew(store, state, place).await } else { Ok(true) }
}

/// Applies every change there is, and acknowledges them page by page. Without a new one the store is not
/// asked.
///
/// # Errors
/// When the store cannot be read; what was applied by then is applied again, which changes nothing.
/// [`EdgeError::Replaced`] when the changes do not continue what was applied.
pub async fn catch_up(store: &SharedStore, state: &State, place: &mut Place) -> Result<(), EdgeError> {
    loop {
        if !place.acknowledged {
            acknowledge(store, state, &place.applied).await?;
            place.acknowledged = true;
        }
        if place.applied.seq >= store.changes().newest() {
            return Ok(());
        }
        let page = within(store.changes_after(place.applied.seq, PAGE)).await?;
        let Some(last) = page.last() else {
            return Err(EdgeError::Inconsistent(format!("revisions after {}", place.applied.seq)));
        };
        let end = Head { seq: last.revision, hash: last.hash.clone() };
        check_links(&page, place, &end)?;
        apply(store, state, &page, &end).await?;
        // Only now: no request that begins from here on is judged by an older state.
        place.applied = end;
        place.acknowledged = false;
    }
}

/// Whether a page continues what was applied, event by event, and holds the head that the last renewal read.
fn check_links(page: &[Change], place: &Place, end: &Head) -> Result<(), EdgeError> {
    let mut before = &place.applied.hash;
    for change in page {
        if change.previous_hash != *before {
            return Err(EdgeError::Replaced { applied: place.applied.clone(), head: end.clone() });
        }
        before = &change.hash;
        if let Some((read, _)) = &place.previous
            && read.seq == change.revision
            && read.hash != change.hash
        {
            return Err(EdgeError::Replaced { applied: read.clone(), head: end.clone() });
        }
    }
    Ok(())
}

async fn acknowledge(store: &SharedStore, state: &State, applied: &Head) -> Result<(), EdgeError> {
    state.follower.acknowledge(applied.seq);
    match store.ledger() {
        Some(ledger) => within(ledger.acknowledge(&state.follower, applied)).await,
        None => Ok(()),
    }
}

/// Renews the lease, and says whether it could be done.
async fn renew(store: &SharedStore, state: &State, place: &mut Place) -> Result<bool, EdgeError> {
    let card = card(store, state);
    let Some(ledger) = store.ledger() else {
        state.follower.set_card(card);
        return Ok(state.follower.renew());
    };
    renew_in(ledger, store, state, place, card).await
}

/// The same where the leases stand in tables.
async fn renew_in(
    ledger: &dyn Ledger,
    store: &SharedStore,
    state: &State,
    place: &mut Place,
    card: NodeCard,
) -> Result<bool, EdgeError> {
    // Read before anything is sent: a lease must end before whoever waits for its end goes on.
    let sent = store.changes().moment();
    let renewal = within(ledger.begin_renewal(&place.applied)).await?;
    let head = renewal.head().clone();
    if !renewal.continues() {
        return Err(EdgeError::Replaced { applied: place.applied.clone(), head });
    }
    if head.seq > place.applied.seq && !state.follower.is_live() {
        // Under a load of changes it would never have the newest at the right moment. While it has the lock, no other
        // comes.
        store.changes().committed(head.seq);
        let _ = tokio::time::timeout(UNDER_THE_LOCK, catch_up(store, state, place)).await;
    }
    if is_broken(Fault::Renewal) {
        // Time for changes that this renewal does not know: without the lock, nothing keeps them away.
        tokio::time::sleep(SLOW).await;
    }
    let previous = place.previous.as_ref().map(|(head, _)| head);
    place.acceptances.extend(within(ledger.acceptances()).await?);
    let grant = within(renewal.finish(&state.follower, &card, &place.applied, previous)).await?;
    let from = match (grant, &place.previous) {
        (Grant::Whole, _) => Some(sent),
        (Grant::Previous, Some((_, before))) => Some(*before),
        (Grant::Previous, None) | (Grant::None, _) => None,
    };
    place.previous = Some((head, sent));
    if let Some(from) = from {
        state.follower.granted(from);
        if is_broken(Fault::Renewal) {
            // A node may be slow: changes wait for it.
            tokio::time::sleep(SLOW).await;
        }
    }
    Ok(from.is_some())
}

/// What the node tells of itself.
fn card(store: &SharedStore, state: &State) -> NodeCard {
    let now = (state.clock)();
    let settled = state.usage.settled(uptime());
    NodeCard {
        region: state.region.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: state.started_at,
        now,
        requests_per_second: state.counts.requests_per_second((state.uptime)()),
        usage_until: store.changes().database_time(settled).unwrap_or(0),
    }
}

/// Which history a node may go on with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// The one it knows is back.
    TheSame,
    /// Another one, which was accepted.
    Another,
}

/// Comes back when the history that the node knows is back, or when another one was accepted.
async fn accepted(store: &SharedStore, entered: &Entered) -> Again {
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        let Some(ledger) = store.ledger() else { continue };
        let Ok(acceptances) = within(ledger.acceptances()).await else { continue };
        let Entered::At(place) = entered else { return Again::Another };
        if matches!(within(ledger.begin_renewal(&place.applied)).await, Ok(renewal) if renewal.continues()) {
            return Again::TheSame;
        }
        if acceptances.iter().any(|acceptance| !place.acceptances.contains(acceptance)) {
            return Again::Another;
        }
    }
}

/// Applies a page in order. A thing that changed more than once is read once: what is read is newer than
/// the whole page.
async fn apply(store: &SharedStore, state: &State, page: &[Change], end: &Head) -> Result<(), EdgeError> {
    let mut keys = HashSet::new();
    let mut projects = HashSet::new();
    for change in page {
        match change.kind {
            ChangeKind::Key(id) => {
                keys.insert(id);
            }
            ChangeKind::Deployed(id) | ChangeKind::Project(id) if projects.insert(id) => {
                let Some(version) = load::newest_version(store, id).await? else {
                    if matches!(change.kind, ChangeKind::Project(_)) {
                        projects.remove(&id);
                        continue;
                    }
                    return Err(EdgeError::Inconsistent(format!("a deployment of {id}")));
                };
                let project = state.keyring.project(id);
                if project.live().as_ref().is_none_or(|live| live.version() < version) {
                    project.serve(load::ruleset(store, id, version).await?);
                }
            }
            ChangeKind::Deployed(_) | ChangeKind::Project(_) | ChangeKind::Other => {}
        }
    }
    apply_keys(store, state, keys, end).await?;
    tracing::debug!(changes = page.len(), "applied");
    Ok(())
}

async fn apply_keys(
    store: &SharedStore,
    state: &State,
    mut keys: HashSet<KeyId>,
    end: &Head,
) -> Result<(), EdgeError> {
    let ids: Vec<KeyId> = keys.iter().copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    for verifier in within(store.verifiers_of(&ids, end)).await? {
        keys.remove(&verifier.id);
        state.keyring.put(&verifier);
    }
    match keys.into_iter().next() {
        None => Ok(()),
        Some(missing) => Err(EdgeError::Inconsistent(missing.to_string())),
    }
}
