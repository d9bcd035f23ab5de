//! From the store to memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::keyring::Keyring;
use super::ruleset::Ruleset;
use super::versions::Ask;
use super::{EdgeError, State};
use crate::store::{SharedStore, StoreError};
use crate::wire::audit::Head;
use crate::wire::id::ProjectId;
use crate::wire::page::PageQuery;

/// How many verifiers are read at once. Larger pages are hardly faster, and the memory of a page is not given back.
const PAGE: u32 = 500;
/// How long one answer of the store is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads all keys and the newest deployment of each project into a keyring, as of `at` or later.
///
/// # Errors
/// When the store cannot be read; what was read by then is read again by the next try.
pub async fn keyring(store: &SharedStore, keyring: &Keyring, at: &Head) -> Result<(), EdgeError> {
    let mut after = None;
    loop {
        let page = within(store.verifiers(after, PAGE, at)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for verifier in &page {
            keyring.put(verifier);
        }
    }
    for (project, version) in within(store.live_versions()).await? {
        let ruleset = ruleset(store, project, version).await?;
        keyring.project(project).serve(ruleset);
    }
    Ok(())
}

/// One deployment, compiled.
///
/// # Errors
/// When the store cannot be read, or has no such deployment.
pub async fn ruleset(
    store: &SharedStore,
    project: ProjectId,
    version: u32,
) -> Result<Arc<Ruleset>, EdgeError> {
    let deployed = within(store.deployed(project, version)).await?;
    // 100,000 rules are some 100 ms of work: not on a thread that answers requests.
    let compiled = tokio::task::spawn_blocking(move || Ruleset::compile(version, &deployed.rules)).await;
    Ok(Arc::new(compiled.expect("compiling checked rules does not panic")))
}

/// The version of a project's newest deployment, if it has one.
///
/// # Errors
/// When the store cannot be read.
pub async fn newest_version(store: &SharedStore, project: ProjectId) -> Result<Option<u32>, EdgeError> {
    let query = PageQuery { limit: Some(1), cursor: None };
    let page = within(store.deployments(project, &query)).await?;
    Ok(page.items.first().map(|deployment| deployment.version))
}

/// Answers lookups that asked for an older deployment, one after the other, until `stop`.
pub async fn answer_asks(
    store: SharedStore,
    state: Arc<State>,
    mut asks: mpsc::Receiver<Ask>,
    stop: CancellationToken,
) {
    loop {
        let ask = tokio::select! {
            () = stop.cancelled() => return,
            ask = asks.recv() => ask,
        };
        let Some(Ask { project, version, reply }) = ask else { return };
        // Its caller has gone, or an ask before it brought it.
        if reply.is_closed() {
            continue;
        }
        let found = match state.versions.kept(project, version) {
            Some(ruleset) => Some(ruleset),
            None => match ruleset(&store, project, version).await {
                Ok(ruleset) => {
                    state.versions.keep(project, Arc::clone(&ruleset));
                    Some(ruleset)
                }
                Err(EdgeError::Store(StoreError::NotFound(_))) => None,
                Err(error) => {
                    tracing::warn!(%project, version, %error, "cannot read a deployment");
                    continue;
                }
            },
        };
        // A caller that went away meanwhile needs no answer.
        let _ = reply.send(found);
    }
}

/// The store's answer, if it comes in time.
pub(super) async fn within<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, EdgeError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(EdgeError::Slow(PATIENCE)),
    }
}
