//! What others change of the keys that an open confirmation is about. Rows wait while somebody decides; the
//! confirmation itself shows its keys as they are now.

use std::collections::HashSet;
use std::sync::Arc;

use super::bulk::how;
use super::dialogs::{BulkDialog, Dialog, Phase, RevokeDialog, RevokeFocus};
use super::effect::{Effect, Request};
use super::keymap::Keymap;
use super::link::Status;
use super::messages::number;
use super::news::{News, key_told};
use super::state::{State, What};
use crate::tui::model::action::Scope;
use crate::tui::model::ages::local;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Status as KeyStatus};
use crate::wire::time::Timestamp;
use crate::wire::zone::Zone;

impl State {
    /// Shows in open confirmations what was told of their keys.
    pub(super) fn tell_confirmations(&mut self, fx: &mut Vec<Effect>) {
        let (news, now) = (&self.live.waiting, self.now);
        let (keymap, zone) = (&self.setup.keymap, &self.setup.zone);
        let mut changed = false;
        for dialog in self.dialogs.iter_mut() {
            changed |= match dialog {
                Dialog::Revoke(open) if open.sending.is_none() => tell_one(open, news, now, keymap),
                Dialog::Bulk(open) if open.phase == Phase::Asking => tell_many(open, news, now, keymap, zone),
                _ => false,
            };
        }
        if changed {
            self.dirty();
        }
        if std::mem::take(&mut self.live.left_out) {
            self.ask_confirmed(fx);
        }
    }

    /// Whether an open confirmation has to ask for its key again and again, because no event tells of it.
    pub(super) fn polls_confirmed(&self) -> bool {
        self.link.status == Status::Up
            && self.link.session.is_some()
            && !self.live.open
            && self.confirmed().is_some()
    }

    /// The key whose revocation is to be confirmed.
    fn confirmed(&self) -> Option<KeyId> {
        self.dialogs.iter().find_map(|dialog| match dialog {
            Dialog::Revoke(open) if open.sending.is_none() && open.key.status != KeyStatus::Revoked => {
                Some(open.key.id)
            }
            _ => None,
        })
    }

    /// Asks how the key is whose revocation is to be confirmed.
    pub(super) fn ask_confirmed(&mut self, fx: &mut Vec<Effect>) {
        let Some(id) = self.confirmed() else { return };
        if !self.awaits(|what| what == What::DialogKey(id)) {
            self.ask(fx, What::DialogKey(id), Request::Key(id));
        }
    }

    /// The answer to that. It goes the way of all news, into the confirmation now and into the lists later.
    pub(super) fn confirmed_came(&mut self, key: Key) {
        if self
            .dialogs
            .iter()
            .any(|dialog| matches!(dialog, Dialog::Revoke(open) if open.key.id == key.id && open.key != key))
        {
            self.live.waiting.keys.insert(key.id, key);
        }
    }
}

fn tell_one(open: &mut RevokeDialog, news: &News, now: Timestamp, keymap: &Keymap) -> bool {
    let Some(next) = key_told(&open.key, news).filter(|next| *next != open.key) else { return false };
    let before = std::mem::replace(&mut open.key, next);
    if open.key.status == KeyStatus::Revoked {
        if before.status != KeyStatus::Revoked {
            (open.note, open.focus) = (None, RevokeFocus::Cancel);
        }
    } else if is_renamed(&before, &open.key) {
        let then = keymap.said(Scope::Dialog, "Press y to revoke it");
        open.note =
            Some(format!("Renamed meanwhile (was {} in {}). {then}", before.name, before.project_name));
        // What was typed before this could be read was meant for the old name.
        open.opened = now;
    }
    true
}

fn tell_many(open: &mut BulkDialog, news: &News, now: Timestamp, keymap: &Keymap, zone: &Zone) -> bool {
    if news.keys.is_empty() && news.projects.is_empty() {
        return false;
    }
    let with_hidden = open.with_hidden;
    let (mut gone, mut renamed, mut changed) = (Vec::new(), Vec::new(), false);
    let mut ids = HashSet::new();
    open.targets.retain_mut(|target| {
        let Some(next) = key_told(&target.key, news) else { return true };
        let chosen = with_hidden || !target.hidden;
        let revoked = next.status == KeyStatus::Revoked;
        if revoked {
            ids.insert(next.id);
            gone.extend(chosen.then_some(next));
        } else if is_renamed(&target.key, &next) {
            // The last use stays the one that was shown: keys that were used after it are left alone.
            let before = target.key.name.clone();
            let key = Arc::make_mut(&mut target.key);
            (key.name, key.project_name) = (next.name, next.project_name);
            renamed.extend(chosen.then(|| (before, key.name.clone())));
            changed = true;
        }
        !revoked
    });
    open.callers.retain(|asked| !ids.contains(&asked.key));
    let mut words: Vec<String> = match gone.as_slice() {
        [] => Vec::new(),
        [key] => vec![format!("{} was {}", key.name, revoked_words(key, zone))],
        more => vec![format!("{} of them were revoked by others", number(more.len() as u64))],
    };
    match renamed.as_slice() {
        [] => {}
        [(before, after)] if before == after => words.push("a project was renamed".into()),
        [(before, after)] => words.push(format!("{before} is now {after}")),
        more => words.push(format!("{} of them were renamed", number(more.len() as u64))),
    }
    if !words.is_empty() {
        open.count.clear();
        open.opened = now;
        open.note = Some(format!("{}; {}", words.join(", "), how(open, keymap)));
    }
    changed || !ids.is_empty()
}

fn is_renamed(before: &Key, after: &Key) -> bool {
    before.name != after.name || before.project_name != after.project_name
}

/// Who revoked a key, and when: `already revoked by local:ben at 2026-11-23 18:04:05 +01:00`.
pub(in crate::tui) fn revoked_words(key: &Key, zone: &Zone) -> String {
    let by = key.revoked_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let at = key.revoked_at.map(|at| format!(" at {}", local(at, zone))).unwrap_or_default();
    format!("already revoked{by}{at}")
}
