//! What a node knows of a project.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

use super::limit::Window;
use super::ruleset::Ruleset;
use crate::wire::id::ProjectId;

/// A project as lookups see it. Each key's record holds its project, so that a lookup searches no second map.
pub struct Project {
    id: ProjectId,
    text: Box<str>,
    /// Its requests of this minute.
    pub window: Window,
    live: ArcSwapOption<Ruleset>,
}

impl Project {
    fn new(id: ProjectId) -> Project {
        Project { id, text: id.to_string().into(), window: Window::default(), live: ArcSwapOption::empty() }
    }

    /// Unique id.
    pub fn id(&self) -> ProjectId {
        self.id
    }

    /// Its id as a request writes it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The newest deployment, if there is one.
    pub fn live(&self) -> arc_swap::Guard<Option<Arc<Ruleset>>> {
        self.live.load()
    }

    /// Serves a deployment from now on, unless a newer one is served already.
    pub fn serve(&self, ruleset: Arc<Ruleset>) {
        if self.live.load().as_ref().is_none_or(|live| live.version() < ruleset.version()) {
            self.live.store(Some(ruleset));
        }
    }
}

/// All projects of which a node knows a key or a deployment.
#[derive(Default)]
pub struct Projects(Mutex<HashMap<ProjectId, Arc<Project>>>);

impl Projects {
    /// The project of this id; known from now on.
    pub fn of(&self, id: ProjectId) -> Arc<Project> {
        let mut projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(projects.entry(id).or_insert_with(|| Arc::new(Project::new(id))))
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
