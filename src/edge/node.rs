//! Following the store: the change feed, and the lease that says how long this node may vouch for its keys.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::load::{self, within};
use super::{EdgeError, State};
use crate::store::{Change, ChangeKind, SharedStore};

/// How many changes are read at once.
const PAGE: u32 = 1000;
/// The first pause after a failure; it doubles up to [`LONGEST_PAUSE`].
const SHORTEST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whether a node has read the store once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entered {
    /// It holds all keys and deployments, and has had its first lease.
    Yes,
    /// It holds nothing.
    No,
}

/// Reads all keys and deployments, applies what changed meanwhile, and takes the first lease.
///
/// # Errors
/// When the store cannot be read.
pub async fn enter(store: &SharedStore, state: &State) -> Result<(), EdgeError> {
    // Remembered before anything is read: a change that comes meanwhile is applied again, not missed.
    let applied = store.changes().newest();
    load::keyring(store, &state.keyring).await?;
    state.follower.acknowledge(applied);
    catch_up(store, state).await?;
    state.follower.renew();
    Ok(())
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
    loop {
        committed.borrow_and_update();
        let caught_up = tokio::select! {
            () = stop.cancelled() => return,
            caught_up = async {
                if entered == Entered::No {
                    enter(&store, &state).await?;
                    entered = Entered::Yes;
                }
                if look {
                    // What was committed without a word: a commit whose answer was lost, another process.
                    changes.committed(within(store.audit_head()).await?.seq);
                }
                catch_up(&store, &state).await
            } => caught_up,
        };
        look = caught_up.is_err();
        // What cannot be read may hold a revocation: then nothing is vouched for beyond the lease there is.
        let renewed = caught_up.is_ok() && state.follower.renew();
        if caught_up.is_ok() && renewed {
            failures = 0;
            tokio::select! {
                () = stop.cancelled() => return,
                _ = committed.changed() => {}
                () = state.lapsed.notified() => {}
                () = tokio::time::sleep(renew_every) => look = !store.tells_all(),
            }
            continue;
        }
        if let Err(error) = caught_up {
            tracing::warn!(%error, applied = state.follower.applied(), "the node cannot follow the store; \
                 retrying");
        }
        let pause = (SHORTEST_PAUSE * 2u32.saturating_pow(failures)).min(LONGEST_PAUSE);
        failures = (failures + 1).min(10);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Applies every change there is, and acknowledges them page by page. Without a new one the store is not
/// asked.
///
/// # Errors
/// When the store cannot be read; what was applied by then is applied again, which changes nothing.
pub async fn catch_up(store: &SharedStore, state: &State) -> Result<(), EdgeError> {
    loop {
        let applied = state.follower.applied();
        if applied >= store.changes().newest() {
            return Ok(());
        }
        let page = within(store.changes_after(applied, PAGE)).await?;
        let Some(last) = page.last() else {
            return Err(EdgeError::Inconsistent(format!("revisions after {applied}")));
        };
        apply(store, state, &page).await?;
        // Only now: no request that begins from here on is judged by an older state.
        state.follower.acknowledge(last.revision);
    }
}

/// Applies a page in order. A thing that changed more than once is read once: what is read is newer than
/// the whole page.
async fn apply(store: &SharedStore, state: &State, page: &[Change]) -> Result<(), EdgeError> {
    let mut keys = HashSet::new();
    let mut projects = HashSet::new();
    for change in page {
        match change.kind {
            ChangeKind::Key(id) if keys.insert(id) => {
                let Some(verifier) = within(store.verifier(id)).await? else {
                    return Err(EdgeError::Inconsistent(id.to_string()));
                };
                state.keyring.put(&verifier);
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
            ChangeKind::Key(_) | ChangeKind::Deployed(_) | ChangeKind::Project(_) | ChangeKind::Other => {}
        }
    }
    tracing::debug!(changes = page.len(), "applied");
    Ok(())
}
