//! Changes that were sent and not answered yet: what is said of them when somebody leaves, or the link is lost.

use super::effect::{Request, RequestId};
use super::event::{Failure, Reply};
use super::state::State;
use super::wording::words;
use crate::wire::id::KeyId;
use crate::wire::text::inert;

/// A change without an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct UnderWay {
    pub(super) id: RequestId,
    /// What it is, such as `the revocation of web`.
    what: String,
    /// The command that says what became of it.
    look: String,
    /// What names the server in a command, with a blank before it.
    place: String,
}

impl State {
    /// Notes a change that is being sent to the server of this context.
    pub(super) fn note_under_way(&mut self, id: RequestId, request: &Request, context: &str) {
        let place = self.setup.contexts.flags(context);
        let list = || "keydeck keys list".to_owned();
        let projects = || "keydeck projects list".to_owned();
        let show = |id: &KeyId| format!("keydeck keys show {id}");
        let (what, look) = match request {
            Request::CreateProject { name } => (format!("the making of project {name}"), projects()),
            Request::RenameProject { name, .. } => {
                (format!("the renaming of a project to {name}"), projects())
            }
            Request::DeleteProject { id, .. } => {
                let name = self
                    .views
                    .projects
                    .list
                    .rows
                    .get(*id)
                    .map_or_else(|| id.to_string(), |it| it.name.clone());
                (format!("the deletion of project {name}"), projects())
            }
            Request::CreateKey { name, .. } => (format!("the making of key {name}"), list()),
            Request::RenameKey { id, name } => (format!("the renaming of a key to {name}"), show(id)),
            Request::RotateKey { id, .. } => (format!("the rotation of {}", self.name_of(*id)), list()),
            Request::RevokeKey { id, .. } => (format!("the revocation of {}", self.name_of(*id)), show(id)),
            Request::RevokeKeys(body) => (format!("the revocation of {} keys", body.ids.len()), list()),
            _ => return,
        };
        let what = crate::secret::masked(&inert(&what)).into_owned();
        self.under_way.push(UnderWay { id, what, look: look + &place, place });
    }

    /// The name of a key, from wherever it is known.
    fn name_of(&self, id: KeyId) -> String {
        let of_dialog = || {
            let open = self.dialogs.iter().filter_map(|dialog| dialog.logic().about());
            open.into_iter().find(|key| key.id == id)
        };
        let known = self.facts().loaded(id).or_else(of_dialog);
        known.map_or_else(|| id.to_string(), |key| key.name.clone())
    }

    /// The last change that nobody has answered yet.
    pub(in crate::tui) fn waits_for(&self) -> Option<&str> {
        self.under_way.last().map(|change| change.what.as_str())
    }

    /// After the end: an answer that came while there was still time. Gives what has to be said of it: a key
    /// that nobody saw, or a change that failed.
    pub(in crate::tui) fn answered_late(
        &mut self,
        id: RequestId,
        result: &Result<Reply, Failure>,
    ) -> Option<String> {
        let at = self.under_way.iter().position(|change| change.id == id)?;
        let unknown = |failure: &Failure| failure.kind == super::event::FailureKind::OutcomeUnknown;
        if result.as_ref().is_err_and(unknown) {
            // Nothing is known that was not known before.
            return None;
        }
        let change = self.under_way.remove(at);
        match result {
            Ok(Reply::KeyMade { created, .. }) => {
                let (name, id) = (inert(&created.key.name), created.key.id);
                Some(format!(
                    "key {name} was made when you left, and nobody has seen it: `keydeck keys revoke {id}{}` ends it",
                    change.place
                ))
            }
            Ok(_) => None,
            Err(failure) => Some(format!("{} failed when you left: {}", change.what, inert(&words(failure)))),
        }
    }

    /// What has to be said after the end: changes that nobody has confirmed.
    pub(in crate::tui) fn unconfirmed(&self) -> Vec<String> {
        let words = |change: &UnderWay| {
            let UnderWay { what, look, .. } = change;
            format!("{what} was not confirmed when you left: `{look}` says what became of it")
        };
        self.under_way.iter().map(words).collect()
    }
}
