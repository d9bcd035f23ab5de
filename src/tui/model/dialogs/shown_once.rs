//! The key, once: the only place of the state that holds a secret. Nothing closes it but a decision.

use super::super::effect::RequestId;
use super::super::event::ClipboardOutcome;
use super::super::field::Field;
use crate::secret::Secret;
use crate::wire::keys::Key;
use crate::wire::time::Timestamp;

/// What became of the copy.
#[derive(Clone, PartialEq, Debug)]
pub enum Copied {
    /// The setting says that nothing is copied by itself.
    NotAsked,
    /// Under way.
    Copying,
    /// This.
    Done(ClipboardOutcome),
}

/// What became of the file.
#[derive(Clone, PartialEq, Debug)]
pub enum FileState {
    /// Nobody asked for one.
    NotAsked,
    /// Under way.
    Writing,
    /// Written: the path, or why not.
    Done(Result<String, String>),
}

/// The question whether it was stored, and what leads to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaving {
    /// When the question was asked.
    pub asked: Timestamp,
    /// Whether the dashboard is to be left afterwards.
    pub quit: bool,
    /// Whether "revoke" has the focus, not "keep showing".
    pub revoke: bool,
}

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct ShownOnce {
    /// The key.
    pub key: Key,
    /// Its full text.
    pub secret: Secret,
    /// When it opened.
    pub opened: Timestamp,
    /// What became of the copy.
    pub copied: Copied,
    /// What became of the file.
    pub file: FileState,
    /// Where the file is to go, while somebody types that.
    pub place: Option<Field>,
    /// How many files were asked for: each has a name of its own.
    pub files: u32,
    /// The question whether it was stored.
    pub leaving: Option<Leaving>,
    /// The menu of what to copy it as, and its marked line.
    pub menu: Option<usize>,
    /// Its revocation was sent.
    pub revoking: Option<RequestId>,
    /// What has to be said: too fast, not revoked.
    pub note: Option<String>,
    /// The context that it was made in, by its name and its title, if that was left meanwhile.
    pub away: Option<(String, String)>,
    /// What else the client told: an unseen key was revoked.
    pub notice: Option<String>,
    /// The key that this one succeeds.
    pub old: Option<Box<Key>>,
}

impl ShownOnce {
    /// Just made.
    pub fn new(
        key: Key,
        secret: Secret,
        opened: Timestamp,
        copied: Copied,
        notice: Option<String>,
    ) -> ShownOnce {
        ShownOnce {
            key,
            secret,
            opened,
            copied,
            file: FileState::NotAsked,
            place: None,
            files: 0,
            leaving: None,
            menu: None,
            revoking: None,
            note: None,
            away: None,
            notice,
            old: None,
        }
    }

    /// A name for a new file: project and key, then the number of the file where that is not the first.
    pub fn file_name(&self, files: u32) -> String {
        let plain = |text: &str| {
            let text: String = text
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
                .collect();
            text.trim_matches('-').chars().take(40).collect::<String>()
        };
        let mut name = format!("{}-{}", plain(&self.key.project_name), plain(&self.key.name));
        if files > 1 {
            name = format!("{name}-{files}");
        }
        format!("{}.key", name.trim_matches('-'))
    }
}
