//! Opens dialogs, calls them with what they may look at, and carries out what they want.

use std::time::Duration;

use super::action::Action;
use super::dialogs::Dialog;
use super::dialogs::OpenDialog;
use super::dialogs::interaction::{DialogLogic, Facts, Notice, Step, WantRows};
use super::dialogs::stack::DialogId;
use super::effect::{Effect, Request};
use super::finder::{First, fitting};
use super::hints::Input;
use super::list::Arrival;
use super::messages::Level;
use super::offers::{first_of_palette, of_dialog, of_view};
use super::replacement::Acted;
use super::requests::Asker;
use super::state::State;
use crate::wire::key_groups::GroupBy;
use crate::wire::keys::Status;

/// For so long a locked context allows changes once somebody has said so.
const ALLOWED: Duration = Duration::from_mins(10);

impl State {
    /// Opens a dialog. One that changes something does not open where nothing may be changed: it is said why, or
    /// asked for the word that allows it.
    pub(super) fn open_dialog(&mut self, effects: &mut Vec<Effect>, what: OpenDialog) {
        let needed = what.role();
        if let Some(why) = self.refused(needed).filter(|_| what.changes()) {
            let helps =
                self.is_locked() && !self.setup.read_only && self.connection.refused_to(needed).is_none();
            if helps {
                self.open_dialog(effects, OpenDialog::Unlock(vec![Step::Open(what)]));
            } else {
                self.messages.refuse(self.now, why);
                self.dirty();
            }
            return;
        }
        match what {
            OpenDialog::Revoke(key) if key.status == Status::Revoked => {
                let by = key.revoked_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
                let words = format!("{} was already revoked{by}.", key.full_name());
                self.say(Level::Info, words);
            }
            what => {
                // A project may be chosen there: all of them are wanted.
                self.views.projects.want_all |=
                    matches!(what, OpenDialog::Palette | OpenDialog::NewReview(_));
                let dialog = Dialog::of(what, self.facts());
                let id = self.dialogs.push(dialog);
                self.with_dialog(effects, id, |dialog, facts| dialog.opened(facts));
            }
        }
        self.dirty();
    }

    /// Gives the topmost dialog what was pressed or pasted.
    pub(super) fn give_dialog(&mut self, effects: &mut Vec<Effect>, input: Input<'_>) {
        let Some(id) = self.dialogs.top() else { return };
        let said = self.messages.said();
        let mut confirmed = None;
        self.with_dialog(effects, id, |dialog, facts| {
            let steps = dialog.on(facts, input);
            confirmed = confirmed_by(input, &steps);
            steps
        });
        if let Some(action) = confirmed {
            let key = self.facts().key(action);
            self.burst.begin(self.now, key, said);
        }
    }

    /// Tells the open dialogs what happened outside. Says whether it was something of one of them.
    pub(super) fn notify(&mut self, effects: &mut Vec<Effect>, notice: &Notice) -> bool {
        let mut heard = false;
        for id in self.dialogs.ids() {
            let Some((at, mut dialog)) = self.dialogs.take(id) else { continue };
            let facts = self.facts();
            let steps = dialog.logic_mut().notified(facts, notice);
            self.dialogs.put(id, (at, dialog));
            if let Some(steps) = steps {
                heard = true;
                self.dirty();
                self.carry_out(effects, Asker::Dialog(id), steps);
            }
        }
        heard
    }

    /// Calls a dialog and carries out what it wants. Says whether it was still open.
    pub(super) fn with_dialog(
        &mut self,
        effects: &mut Vec<Effect>,
        id: DialogId,
        call: impl FnOnce(&mut dyn DialogLogic, Facts<'_>) -> Vec<Step>,
    ) -> bool {
        let Some((at, mut dialog)) = self.dialogs.take(id) else { return false };
        let steps = call(dialog.logic_mut(), self.facts());
        self.dialogs.put(id, (at, dialog));
        self.dirty();
        self.carry_out(effects, Asker::Dialog(id), steps);
        true
    }

    pub(super) fn carry_out(&mut self, effects: &mut Vec<Effect>, from: Asker, steps: Vec<Step>) {
        let dialog = if let Asker::Dialog(id) = from { Some(id) } else { None };
        for step in steps {
            match step {
                Step::Ask(request) => self.ask(effects, from, request),
                Step::AskIn(context, request) => self.ask_in(effects, Some(context), from, request),
                Step::Say(level, words) => self.say(level, words),
                Step::NothingSelected(words) => self.say_nothing_selected(words),
                Step::Open(what) => self.open_dialog(effects, what),
                Step::Close => dialog.into_iter().for_each(|id| self.close_dialog(effects, id)),
                Step::Do(action) => self.do_chosen(effects, action),
                Step::Scope(id, name) => {
                    if self.leave_dialogs(effects) {
                        self.open_project(effects, id, name);
                    }
                }
                Step::Audit(filter) => self.show_audit(effects, &filter),
                Step::GoTo(mask, keys) => {
                    if self.leave_dialogs(effects) {
                        self.go_to(effects, mask, keys);
                    }
                }
                Step::Offer(mask) => self.offer(effects, mask),
                Step::Rows(wanted) => {
                    if let Some(id) = dialog {
                        self.give_rows(effects, id, wanted);
                    }
                }
                Step::Forget => self.requests.cancel(effects, |asker| asker == from),
                Step::Refetch => self.reload(effects, Arrival::Same),
                Step::Find => self.find(effects),
                Step::OfferReplacement(key) => {
                    // The key was pasted into the filter: what comes next is an answer to the receipt, not typed text.
                    self.filter_line_mut().editing = false;
                    let creates = self.read_only().is_none() && !self.is_replaced(key.id);
                    self.acted = if creates { Acted::revoked(&key) } else { Acted::on(&key) };
                }
                Step::Allow => self.allow(),
                Step::Sort(sort) => self.sort_by(effects, sort),
                Step::KeepTheme(name) => self.keep_theme(effects, name),
                Step::Columns(chosen) => self.choose_columns(effects, chosen),
                Step::Groups(by) => {
                    if let Some(id) = dialog {
                        self.give_groups(effects, id, by);
                    }
                }
                Step::OpenGroup(_) | Step::MarkGroup(_) | Step::UnmarkGroup(_) => {
                    self.act_on_group(effects, step);
                }
                Step::Filter(text) => {
                    if self.leave_dialogs(effects) {
                        // What the filter lets through is to be seen.
                        self.detail_only = false;
                        self.filter_line_mut().set(&text);
                        self.apply_filter(effects, Arrival::Top);
                    }
                }
                Step::ChangeFilters(change) => self.change_filters(effects, change),
                Step::Switch(at) => self.switch(effects, at),
                Step::Reload => {
                    self.timers.refresh = self.now;
                    self.settle();
                }
                Step::ReadAgain => self.read_again(effects),
                Step::Effect(effect) => effects.push(effect),
            }
        }
    }

    /// Does what was chosen in a list of actions: in the dialog below where that takes it. What belongs to the table
    /// closes that dialog first.
    fn do_chosen(&mut self, effects: &mut Vec<Effect>, action: Action) {
        let below = self.dialogs.last().map(Dialog::logic);
        let takes =
            below.is_some_and(|dialog| dialog.hints().iter().any(|hint| hint.actions.contains(&action)));
        if takes {
            self.give_dialog(effects, Input::Do(action));
        } else if action.leaves_dialogs_open() || self.leave_dialogs(effects) {
            self.act(effects, action);
        }
    }

    /// Closes the dialogs to go elsewhere; a key that is shown once stays. False where one of them may not be left.
    fn leave_dialogs(&mut self, effects: &mut Vec<Effect>) -> bool {
        if !self.dialogs.iter_mut().all(|dialog| dialog.logic_mut().may_leave()) {
            self.dirty();
            return false;
        }
        while let Some(id) = self.dialogs.find(|dialog| !dialog.logic().shows_secret()) {
            self.close_dialog(effects, id);
        }
        true
    }

    pub(super) fn close_dialog(&mut self, effects: &mut Vec<Effect>, id: DialogId) {
        let seeks = self.dialogs.take(id).is_some_and(|(_, dialog)| dialog.logic().seeks().is_some());
        if seeks {
            self.views.keys.list.forget_texts();
            self.views.stale.list.forget_texts();
        }
        self.requests.cancel(effects, |asker| asker == Asker::Dialog(id));
        self.dirty();
    }

    /// Lists what fits to what is typed into the topmost dialog, if one chooses by typing there.
    pub(super) fn find(&mut self, effects: &mut Vec<Effect>) {
        let below = self.dialogs.iter().rev().nth(1).map(Dialog::logic);
        let first = match (self.dialogs.last().and_then(|dialog| dialog.logic().seeks()), below) {
            (Some(_), Some(below)) => of_dialog(below),
            (Some(seek), None) if seek.everything => {
                First::of_view(first_of_palette(self), self.views.of(self.view))
            }
            (Some(_), None) => First::of_view(of_view(self), self.views.of(self.view)),
            (None, _) => return,
        };
        let filters = self.filters.of(&self.filter_scope());
        let seek = self.dialogs.last().and_then(|dialog| dialog.logic().seeks());
        let found = seek.map(|seek| fitting(&mut self.views, &self.setup.keymap, seek, &first, &filters));
        if let (Some((choices, fits)), Some(id)) = (found, self.dialogs.top()) {
            self.with_dialog(effects, id, |dialog, facts| dialog.found(facts, choices, fits));
        }
    }

    /// Gives a dialog the rows that it wants, or what to ask for them.
    fn give_rows(&mut self, effects: &mut Vec<Effect>, id: DialogId, wanted: WantRows) {
        let view = self.views.of(self.view);
        let rows = match wanted {
            WantRows::Shown => {
                let shown = if self.loaded_fit() { view.rows() } else { None };
                shown.ok_or_else(|| (view.no_rows(), view.export(None)))
            }
            WantRows::After(cursor) => Err((view.no_rows(), view.export(Some(cursor)))),
            WantRows::Arranged(mut rows) => {
                view.arrange(&mut rows, self.server_now());
                Ok(rows)
            }
        };
        self.with_dialog(effects, id, |dialog, facts| dialog.rows(facts, rows));
    }

    /// Gives a dialog the counts of the view's keys: from the loaded rows where these are all, else from the server.
    fn give_groups(&mut self, effects: &mut Vec<Effect>, id: DialogId, by: GroupBy) {
        let Some(list) = self.key_list() else { return };
        let local = if self.loaded_fit() { list.groups(by, self.server_now()) } else { None };
        let query = list.group_query(by);
        self.requests.cancel(effects, |asker| asker == Asker::Dialog(id));
        match local {
            Some(groups) => {
                self.with_dialog(effects, id, |dialog, facts| dialog.groups(facts, groups));
            }
            None => self.ask(effects, Asker::Dialog(id), Request::KeyGroups(query)),
        }
    }

    /// Opens a group, marks its keys, or takes their marks away.
    fn act_on_group(&mut self, effects: &mut Vec<Effect>, step: Step) {
        let (view, now) = (self.view, self.server_now());
        let Some(list) = self.list_of(view) else { return };
        let steps = match step {
            Step::OpenGroup(picked) => vec![list.open_group(&picked)],
            Step::MarkGroup(picked) => list.mark_group(&picked, now),
            Step::UnmarkGroup(picked) => list.unmark_group(&picked, now),
            _ => Vec::new(),
        };
        self.carry_out(effects, Asker::Gather(view), steps);
        self.dirty();
    }

    /// Asks about keys of an earlier dashboard that are not known to be saved, as soon as nothing else is open.
    pub(super) fn ask_unsaved(&mut self, effects: &mut Vec<Effect>) {
        let busy = !self.dialogs.is_empty() || self.filter_line().editing;
        if !self.unsaved.is_empty() && !busy && self.read_only().is_none() {
            let keys = std::mem::take(&mut self.unsaved);
            self.open_dialog(effects, OpenDialog::Unsaved(keys));
        }
    }

    /// Goes to another context. Nothing of this one stays but what was said; changes in flight go on.
    fn switch(&mut self, effects: &mut Vec<Effect>, at: usize) {
        let Some(setup) = self.setup.in_context(at, self.now) else { return };
        if at == self.setup.contexts.at {
            return self.say(Level::Info, format!("Already in {}", setup.context));
        }
        let old = self.setup.context.clone();
        let continues = self.leave(effects, setup);
        let (title, prod) = (self.setup.context.clone(), if self.setup.prod { " PROD" } else { "" });
        effects.push(Effect::SetTitle(self.title()));
        effects.extend(self.setup.contexts.here().map(|here| Effect::Switch(here.name.clone())));
        self.say(Level::Info, format!("Switched to {title}{prod}"));
        if continues {
            let words = format!("A change in {old} is still pending. Its result will be shown here.");
            self.say(Level::Warn, words);
        }
    }

    /// Changes are allowed for a while.
    fn allow(&mut self) {
        self.allowed_until = Some(self.now + ALLOWED);
        let title = self.setup.context.clone();
        self.say(Level::Warn, format!("Changes allowed in {title} for 10 minutes"));
    }
}

/// The action that answered a question with yes, or found that nothing is left to do.
fn confirmed_by(input: Input<'_>, steps: &[Step]) -> Option<Action> {
    // No text begins with Enter: what follows it is meant.
    let Input::Do(action @ Action::Confirm) = input else { return None };
    let changes = steps.iter().any(|step| matches!(step, Step::Ask(request) if request.writes()));
    (changes || steps.contains(&Step::Close)).then_some(action)
}
