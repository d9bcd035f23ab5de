//! Older deployments, on demand: a lookup asks, a task that has the store answers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::ruleset::Ruleset;
use crate::wire::id::ProjectId;

/// The most deployments that are kept.
const KEPT: usize = 32;
/// The most rules of all that are kept; the last one asked for is kept whatever its size.
const KEPT_RULES: usize = 400_000;
/// How many lookups may wait for the task.
const QUEUE: usize = 64;
/// How long a lookup waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Deployments that were asked for by their number, the latest last.
pub struct Versions {
    kept: Mutex<VecDeque<(ProjectId, Arc<Ruleset>)>>,
    asks: mpsc::Sender<Ask>,
}

/// A lookup that waits for a deployment.
#[derive(Debug)]
pub struct Ask {
    /// Of this project.
    pub project: ProjectId,
    /// This one.
    pub version: u32,
    /// Where the answer goes: none when there is no such deployment.
    pub reply: oneshot::Sender<Option<Arc<Ruleset>>>,
}

/// The store did not answer in time, or not at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CannotTell;

/// An empty cache, and where its asks arrive.
pub fn channel() -> (Versions, mpsc::Receiver<Ask>) {
    let (asks, asked) = mpsc::channel(QUEUE);
    (Versions { kept: Mutex::default(), asks }, asked)
}

impl Versions {
    /// A deployment by its number; none when there is no such one.
    ///
    /// # Errors
    /// When nobody can tell now.
    pub async fn get(&self, project: ProjectId, version: u32) -> Result<Option<Arc<Ruleset>>, CannotTell> {
        if let Some(ruleset) = self.kept(project, version) {
            return Ok(Some(ruleset));
        }
        let (reply, answer) = oneshot::channel();
        let ask = async {
            self.asks.send(Ask { project, version, reply }).await.map_err(|_| CannotTell)?;
            answer.await.map_err(|_| CannotTell)
        };
        tokio::time::timeout(PATIENCE, ask).await.unwrap_or(Err(CannotTell))
    }

    /// A deployment that is kept.
    pub fn kept(&self, project: ProjectId, version: u32) -> Option<Arc<Ruleset>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(of, ruleset)| *of == project && ruleset.version() == version)?;
        let entry = kept.remove(at)?;
        let ruleset = Arc::clone(&entry.1);
        kept.push_back(entry);
        Some(ruleset)
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Keeps a deployment; the ones that were not asked for the longest make room.
    pub fn keep(&self, project: ProjectId, ruleset: Arc<Ruleset>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((project, ruleset));
        let mut rules: usize = kept.iter().map(|(_, ruleset)| ruleset.len()).sum();
        while kept.len() > 1 && (kept.len() > KEPT || rules > KEPT_RULES) {
            rules -= kept.pop_front().map_or(0, |(_, ruleset)| ruleset.len());
        }
    }
}
