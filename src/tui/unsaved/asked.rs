//! Keys that were asked for: between the server's commit and the reading of its answer, nobody knows their ids.
//!
//! What is needed to find such a key again is noted before the request is sent, and removed when its answer was
//! read. Who dies in between leaves the note, and who gets no answer. With the idempotency keys in it, the server
//! says what the request created. Notes of older builds have none: of those the audit log is searched for what was
//! created then, under that name, by the same actor.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{Unsaved, adopt, write_locked};
use crate::client::IdempotencyKeys;
use crate::secret::MaskedKey;
use crate::tui::model::Request;
use crate::wire::audit::{Action, Event};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::Key;
use crate::wire::text::fold;
use crate::wire::time::Timestamp;

/// The names of these files begin so; no key's id does.
const PREFIX: &str = "asked-";
/// So long a request may be under way whose sender has died. So much may the server's time be other than we think,
/// too.
const UNDER_WAY: Duration = Duration::from_mins(1);
/// A server knows for 30 days what an idempotency key created. A day less, since its clock may differ.
const KNOWN: Duration = Duration::from_hours(29 * 24);
/// So long the client may try: it asks twice, and may revoke an unseen key and make another.
const TRYING: Duration = Duration::from_mins(2);

/// A key that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in crate::tui) struct Asked {
    /// Who asked.
    actor: String,
    /// The end of the audit log as it was known before; what was made stands after it.
    after: u64,
    /// When, by the server's clock.
    at: Timestamp,
    what: What,
    /// Keys that others of our requests are known to have made.
    #[serde(default)]
    others: Vec<KeyId>,
    /// With what the server finds it; none in notes of older builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<Sent>,
}

/// The idempotency keys of a request, and whose they are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Sent {
    keys: IdempotencyKeys,
    /// Handle and last four characters of the token; none where the server knew us without one.
    token: Option<String>,
}

/// Who asks a server: only who sent an idempotency key may ask what it created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tui) struct Asker {
    actor: String,
    token: Option<String>,
}

impl Asker {
    /// By the name that the server gave us, and by our token: another one may have that name later.
    pub(in crate::tui) fn new(actor: String, token: Option<MaskedKey>) -> Asker {
        let token = token.map(|hint| format!("{}{}", hint.handle(), hint.last4()));
        Asker { actor, token }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum What {
    New {
        project: ProjectId,
        name: String,
    },
    Successor {
        of: KeyId,
        /// None where the server chooses it.
        name: Option<String>,
    },
}

impl Asked {
    /// What has to be known of a request to find what it made; none for one that makes no key.
    pub(in crate::tui) fn of(
        request: &Request,
        asker: Asker,
        keys: IdempotencyKeys,
        after: u64,
        at: Timestamp,
    ) -> Option<Asked> {
        let what = match request {
            Request::CreateKey { project, key } => What::New { project: *project, name: key.name.clone() },
            Request::RotateKey { id, name, .. } => What::Successor { of: *id, name: name.clone() },
            _ => return None,
        };
        let Asker { actor, token } = asker;
        Some(Asked { actor, after, at, what, others: Vec::new(), sent: Some(Sent { keys, token }) })
    }

    /// The idempotency keys, if this one may ask the server about them.
    pub(super) fn keys(&self, asker: &Asker) -> Option<&IdempotencyKeys> {
        let sent = self.sent.as_ref()?;
        (self.actor == asker.actor && sent.token == asker.token).then_some(&sent.keys)
    }

    /// Who asked.
    pub(super) fn actor(&self) -> &str {
        &self.actor
    }

    /// The place in the audit log after which it stands.
    pub(super) fn after(&self) -> u64 {
        self.after
    }

    /// What the audit log calls it.
    pub(super) fn action(&self) -> Action {
        match self.what {
            What::New { .. } => Action::KeyCreated,
            What::Successor { .. } => Action::KeyRotated,
        }
    }

    /// The key that was made, if this event tells of it.
    pub(super) fn made(&self, event: &Event) -> Option<KeyId> {
        let detail = |name: &str| event.detail.get(name).and_then(|value| value.as_str());
        let named = |wanted: &str| detail("name").is_some_and(|name| same(name, wanted));
        let ours = match &self.what {
            What::New { project, name } => event.project == Some(*project) && named(name),
            What::Successor { of, name } => {
                detail("rotatedFrom") == Some(&of.to_string()) && name.as_deref().is_none_or(named)
            }
        };
        let told = event.seq > self.after && event.actor == self.actor && event.action == self.action();
        let key = event.key.filter(|_| ours && told && self.is_of_its_time(event.at))?;
        (!self.others.contains(&key)).then_some(key)
    }

    /// Whether this key may be what was made.
    fn may_have_made(&self, key: &Key) -> bool {
        let ours = match &self.what {
            What::New { project, name } => {
                key.rotated_from.is_none() && key.project_id == *project && same(&key.name, name)
            }
            What::Successor { of, name } => {
                key.rotated_from == Some(*of) && name.as_deref().is_none_or(|name| same(&key.name, name))
            }
        };
        ours && *key.created_by == *self.actor && self.is_of_its_time(key.created_at)
    }

    /// Whether it can have made one key at most: a second one by its name would have been refused.
    pub(super) fn is_of_one(&self) -> bool {
        !matches!(self.what, What::Successor { name: None, .. })
    }

    /// Whether what it made can have been made then.
    fn is_of_its_time(&self, at: Timestamp) -> bool {
        at >= self.at - UNDER_WAY && at <= self.at + TRYING + UNDER_WAY
    }
}

fn same(one: &str, other: &str) -> bool {
    fold(one.trim()) == fold(other.trim())
}

/// A note of such a key. Dropped it stays, for the next start to find.
#[derive(Debug)]
pub(in crate::tui) struct Note {
    path: PathBuf,
    /// Holds the lock.
    file: File,
}

impl Note {
    /// The answer was read, or there is none to come.
    pub(in crate::tui) fn forget(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the record of an answered request");
        }
    }

    /// Whether the request may be under way still, though its sender has gone.
    pub(super) fn may_be_under_way(&self) -> bool {
        self.is_younger_than(UNDER_WAY)
    }

    /// Whether a server still knows what the idempotency keys of the request created.
    pub(super) fn is_known(&self) -> bool {
        self.is_younger_than(KNOWN)
    }

    fn is_younger_than(&self, limit: Duration) -> bool {
        let written = self.file.metadata().and_then(|data| data.modified());
        // A clock that was set back says nothing.
        written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age < limit))
    }
}

impl Unsaved {
    /// Notes a key that is about to be asked for.
    pub(in crate::tui) fn ask(&self, server: &str, asked: &Asked) -> io::Result<Note> {
        let path = self.folder.join(format!("{PREFIX}{}", Ulid::generate().to_string().to_lowercase()));
        let line = serde_json::to_string(asked)?;
        let file = write_locked(&self.folder, &path, &format!("{server}\n{line}\n"))?;
        Ok(Note { path, file })
    }

    /// The answer that holds this key was read: no request whose answer was lost has made it.
    pub(super) fn is_answered(&self, server: &str, key: &Key) {
        for (mut asked, note) in self.unanswered(server) {
            if !asked.may_have_made(key) || asked.others.contains(&key.id) {
                continue;
            }
            if asked.is_of_one() && asked.sent.is_none() {
                note.forget();
                continue;
            }
            // It may have made another one, which is still to be found. Where the server can say which one it
            // made, this matters only if it cannot be asked.
            asked.others.push(key.id);
            match self.ask(server, &asked) {
                Ok(_) => note.forget(),
                Err(error) => tracing::warn!(%error, "a saved key may be asked about again"),
            }
        }
    }

    /// The requests to a server whose answers were not read, by processes that have ended or gave up.
    pub(super) fn unanswered(&self, server: &str) -> Vec<(Asked, Note)> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let notes = entries.flatten().filter_map(|entry| {
            let name = entry.file_name();
            // One that is not ready has an extension.
            let is_note = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && !name.contains('.'));
            let (file, rest) = is_note.then(|| adopt(&entry.path(), server))??;
            let asked = serde_json::from_str(rest.trim()).ok()?;
            Some((asked, Note { path: entry.path(), file }))
        });
        notes.collect()
    }
}
