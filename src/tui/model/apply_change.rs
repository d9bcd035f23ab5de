//! What a change that was made means for the lists, whoever asked for it.

use super::effect::{Effect, Request};
use super::event::Reply;
use super::messages::Level;
use super::state::State;

impl State {
    /// Takes a change in. `heard` tells whether the dialog that asked for it was still open.
    pub(super) fn apply_change(&mut self, fx: &mut Vec<Effect>, asked: &Request, reply: Reply, heard: bool) {
        match (asked, reply) {
            (_, Reply::KeyMade { created, notice }) => self.show_once(fx, created, notice),
            (Request::CreateProject { .. }, Reply::Project(project)) => {
                self.say(Level::Good, format!("project {} made", project.name));
                self.project_changed(fx, project, true);
            }
            (Request::RenameProject { .. }, Reply::Project(project)) => {
                self.say(Level::Good, format!("the project is called {} now", project.name));
                self.project_changed(fx, project, false);
            }
            (Request::RenameKey { .. }, Reply::Key(key)) => {
                self.say(Level::Good, format!("the key is called {} now", key.name));
                self.acted_on(&key);
                self.key_changed(&key);
            }
            (_, Reply::ProjectDeleted(project)) => self.project_deleted(fx, project),
            (_, Reply::Revoked(revoked)) => {
                // It works no more: it need not be stored.
                fx.push(Effect::Stored(revoked.key.id));
                self.revoked(fx, &revoked);
            }
            (Request::RevokeKeys(keys), Reply::KeysRevoked(done)) => {
                self.keys_revoked(fx, keys, &done, heard);
            }
            // How a key is now goes the way of all news: into the dialog now, and into the lists later.
            (Request::Key(_), Reply::Key(key)) => {
                self.live.waiting.keys.insert(key.id, key);
            }
            _ => {}
        }
    }
}
