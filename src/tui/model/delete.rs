//! What the deletion of a project means for the lists.

use std::collections::HashSet;

use super::effect::Effect;
use super::list::Slot;
use super::lists;
use super::messages::Level;
use super::state::State;
use super::tabs::View;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::Status;

/// Why the keys of a deleted project are revoked, in the server's words.
const DELETED: &str = "the project was deleted";

impl State {
    /// The project is deleted: no node accepts any of its keys.
    pub(super) fn project_deleted(&mut self, fx: &mut Vec<Effect>, id: ProjectId) {
        let name =
            self.views.projects.list.rows.get(id).map(|project| project.name.clone()).unwrap_or_default();
        self.say(Level::Good, format!("✕ project {name} is deleted; no node accepts any of its keys"));
        let now = self.server_now();
        let by = self.link.session.as_ref().map(|session| session.principal.clone());
        for list in [&mut self.views.keys, &mut self.views.stale] {
            let of_it = |key: &crate::wire::keys::Key| key.project_id == id && key.status != Status::Revoked;
            let ids: HashSet<KeyId> =
                list.list.rows.all().iter().filter(|key| of_it(key)).map(|key| key.id).collect();
            list.revoked(&ids, (now, by.as_deref(), Some(DELETED)));
            list.marks.forget_project(id);
        }
        if self.views.keys.project.as_ref().is_some_and(|(project, _)| *project == id) {
            self.views.keys.project = None;
            self.views.keys.reset();
        }
        lists::load(self, fx, View::Projects, Slot::First);
        self.timers.refresh = self.now;
        self.dirty();
    }
}
