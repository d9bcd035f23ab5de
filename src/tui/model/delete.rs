//! Deleting a project: who may, what has to be typed, what becomes of its keys.

use std::collections::HashSet;

use super::action::Scope;
use super::dialog::{DeleteDialog, Dialog, Edited, edit, too_fast};
use super::effect::{Effect, Request, RequestId};
use super::event::{Failure, FailureKind, KeyCode, KeyPress, PressKind};
use super::failures::{unchanged, words};
use super::lists;
use super::messages::Level;
use super::rows::Slot;
use super::state::{State, View, What};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::Status;
use crate::wire::problem::Code;
use crate::wire::projects::Project;
use crate::wire::tokens::Role;

/// Why the keys of a deleted project are revoked, in the server's words.
const DELETED: &str = "the project was deleted";

impl State {
    /// Opens the confirmation for the selected project.
    pub(super) fn delete_project(&mut self, fx: &mut Vec<Effect>) {
        if self.view != View::Projects {
            let one = self.key_of_view(1);
            return self
                .say(Level::Info, format!("only projects are deleted, {one} shows them; a key is revoked"));
        }
        if self.refuse_writes() {
            return;
        }
        let role = self.link.session.as_ref().map(|session| session.role);
        if let Some(role) = role.filter(|role| *role != Role::Admin) {
            let role = role.as_str();
            return self.say(
                Level::Warn,
                format!("not allowed: deleting a project needs the role admin, and yours is {role}"),
            );
        }
        let Some(project) = self.projects.rows.selected().cloned() else {
            return self.say_nothing_selected("No project is selected. Select one first.");
        };
        self.ask(fx, What::DialogProject(project.id), Request::Project(project.id));
        self.dialogs.push(Dialog::Delete(Box::new(DeleteDialog::new(project, self.now))));
        self.dirty();
    }

    fn delete_dialog(&mut self) -> Option<&mut DeleteDialog> {
        self.dialogs.iter_mut().find_map(|dialog| match dialog {
            Dialog::Delete(open) => Some(&mut **open),
            _ => None,
        })
    }

    /// The project's keys were counted anew.
    pub(super) fn project_counted(&mut self, project: Project) {
        if let Some(open) = self.delete_dialog().filter(|open| open.project.id == project.id) {
            open.counted = true;
            if open.project.name != project.name {
                open.field.clear();
                open.note = Some(format!("it was renamed meanwhile, from {}; look again", open.project.name));
            }
            open.project = project;
            self.dirty();
        }
    }

    pub(super) fn key_delete(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let now = self.now;
        let said = |words| self.setup.keymap.said(Scope::Dialog, words);
        let Some(Dialog::Delete(open)) = self.dialogs.last_mut() else { return };
        let plain = key.kind == PressKind::Press && !key.ctrl && !key.alt;
        let named = open.needs_name();
        match key.code {
            KeyCode::Esc => {
                self.dialogs.pop();
            }
            _ if open.sending.is_some() => return,
            KeyCode::Enter | KeyCode::Char('y') if plain && too_fast(open.opened, now) && !named => {
                open.note = Some("too fast: nobody can have read this yet; press the key again".into());
            }
            KeyCode::Char('y') if plain && !named => self.confirm_delete(fx),
            KeyCode::Char('q' | 'n') if plain && !named => {
                self.dialogs.pop();
            }
            KeyCode::Enter if named && open.is_named() => self.confirm_delete(fx),
            KeyCode::Enter if named => {
                open.note = Some(format!(
                    "type its name, {}, {}",
                    open.project.name,
                    said("then Enter; Esc leaves it")
                ));
            }
            _ if named => {
                if let Edited::Yes(masked) = edit(&mut open.field, key) {
                    open.note = None;
                    self.dirty();
                    self.offer_if(fx, masked);
                }
                return;
            }
            _ => open.note = Some(said("y deletes the project; Esc leaves it as it is")),
        }
        self.dirty();
    }

    fn confirm_delete(&mut self, fx: &mut Vec<Effect>) {
        let Some(Dialog::Delete(open)) = self.dialogs.last_mut() else { return };
        let (id, revoke_keys) = (open.project.id, open.needs_name());
        let sent = self.ask(fx, What::DeleteProject, Request::DeleteProject { id, revoke_keys });
        if let Some(Dialog::Delete(open)) = self.dialogs.last_mut() {
            (open.sending, open.note) = (Some(sent), None);
        }
    }

    /// The project is deleted: no node accepts any of its keys.
    pub(super) fn project_deleted(&mut self, fx: &mut Vec<Effect>, id: ProjectId) {
        let name = self.projects.rows.get(id).map(|project| project.name.clone()).unwrap_or_default();
        self.dialogs.retain(|dialog| !matches!(dialog, Dialog::Delete(open) if open.project.id == id));
        self.say(Level::Good, format!("✕ project {name} is deleted; no node accepts any of its keys"));
        let now = self.server_now();
        let by = self.link.session.as_ref().map(|session| session.principal.clone());
        for list in [&mut self.keys, &mut self.stale] {
            let of_it = |key: &crate::wire::keys::Key| key.project_id == id && key.status != Status::Revoked;
            let ids: HashSet<KeyId> =
                list.rows.all().iter().filter(|key| of_it(key)).map(|key| key.id).collect();
            list.revoked(&ids, (now, by.as_deref(), Some(DELETED)));
            list.marks.forget_project(id);
        }
        if self.keys.project.as_ref().is_some_and(|(project, _)| *project == id) {
            self.keys.project = None;
            self.keys.reset();
        }
        lists::load(self, fx, View::Projects, Slot::First);
        self.timers.refresh = self.now;
        self.dirty();
    }

    pub(super) fn delete_failed(&mut self, fx: &mut Vec<Effect>, id: RequestId, failure: &Failure) {
        let words = match failure.kind {
            FailureKind::OutcomeUnknown => format!(
                "{} — it is not known whether it was deleted: do it once more; a repeat changes nothing",
                words(failure)
            ),
            _ => unchanged(words(failure)),
        };
        let has_keys = failure.code == Some(Code::ProjectHasActiveKeys);
        let Some(open) = self.delete_dialog().filter(|open| open.sending == Some(id)) else {
            return self.say(Level::Bad, words);
        };
        let id = open.project.id;
        open.sending = None;
        if has_keys {
            open.has_keys = true;
            open.note = Some("a key was made in it meanwhile: look again, then type its name".into());
            self.ask(fx, What::DialogProject(id), Request::Project(id));
        } else {
            open.note = Some(words);
        }
        self.dirty();
    }
}
