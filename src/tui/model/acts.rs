//! What the actions of a table do.

use super::action::Action;
use super::effect::{CopyText, Effect, Request};
use super::event::{ClipboardOutcome, CopyKind};
use super::interaction::{Naming, NewKey, Notice, OpenDialog};
use super::link::Status;
use super::list::{Arrival, Motion};
use super::lists;
use super::messages::Level;
use super::replacement::replacement;
use super::requests::Asker;
use super::state::State;
use super::tabs::View;
use super::views::keys::KeysView;
use crate::tui::layout::TWO_PANES;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Mode, Sort, SortBy, Status as KeyStatus};

/// Lines that the detail is scrolled by at once, by its own keys or the mouse's wheel.
pub(super) const LINES: isize = 3;

impl State {
    pub(super) fn act(&mut self, fx: &mut Vec<Effect>, action: Action) {
        self.act_elsewhere(action);
        match action {
            Action::NextRow => lists::step(self, fx, Motion::By(1)),
            Action::PreviousRow => lists::step(self, fx, Motion::By(-1)),
            Action::ScrollDown => self.scroll_page(Motion::By(LINES)),
            Action::ScrollUp => self.scroll_page(Motion::By(-LINES)),
            Action::Up => self.go_by(fx, |_| Motion::By(-1)),
            Action::Down => self.go_by(fx, |_| Motion::By(1)),
            Action::PageUp => self.go_by(fx, |page| Motion::By(-page)),
            Action::PageDown => self.go_by(fx, Motion::By),
            Action::HalfUp => self.go_by(fx, |page| Motion::By(-(page / 2).max(1))),
            Action::HalfDown => self.go_by(fx, |page| Motion::By((page / 2).max(1))),
            Action::First => self.go_by(fx, |_| Motion::First),
            Action::Last => self.go_by(fx, |_| Motion::Last),
            Action::Open => self.open(fx),
            Action::Detail => self.show_detail(),
            Action::Back => {
                self.back(fx);
            }
            Action::Close => {
                if !self.back(fx) {
                    fx.push(Effect::Quit);
                }
            }
            Action::Quit => fx.push(Effect::Quit),
            Action::Suspend => fx.push(Effect::Suspend),
            Action::Redraw => fx.push(Effect::Redraw),
            Action::NextView | Action::PreviousView => {
                let at = View::ALL.iter().position(|view| *view == self.view).unwrap_or(0);
                let by = if action == Action::NextView { 1 } else { View::ALL.len() - 1 };
                lists::show(self, fx, View::ALL[(at + by) % View::ALL.len()]);
            }
            Action::View(number) => self.go(fx, number),
            Action::New => self.new_thing(fx),
            Action::NewKey => self.new_key(fx),
            Action::Rename => self.rename(fx),
            Action::Revoke => self.revoke_selected(fx),
            Action::Rotate => self.rotate(fx),
            Action::DeleteProject => self.delete_project(fx),
            Action::Mark => self.mark(fx),
            Action::Range => self.mark_range(),
            Action::MarkAll => self.mark_all(fx),
            Action::Filter => {
                self.window_mut(self.view).prepare();
                // What the filter lets through is to be seen.
                self.detail_only = false;
                self.begin_filter();
                self.filter_line_mut().field.jump(true);
                lists::settle(self);
                self.dirty();
            }
            Action::Palette => self.open_dialog(fx, OpenDialog::Palette),
            Action::Sort => self.open_sort_menu(fx),
            Action::Reverse => self.reverse(fx),
            Action::Mouse => self.toggle_mouse(),
            Action::Longer | Action::Shorter => self.threshold(fx, action == Action::Longer),
            Action::CopyMask => self.copy_mask(fx),
            Action::CopyMenu => self.copy_menu(fx),
            Action::Export => self.open_export(fx),
            Action::Freeze => self.freeze(),
            Action::Refresh => self.refresh_now(fx),
            Action::Pane | Action::Wide => self.divide(action == Action::Wide),
            Action::Messages => self.open_dialog(fx, OpenDialog::Messages),
            Action::Contexts => self.open_dialog(fx, OpenDialog::Contexts),
            Action::Help => self.open_dialog(fx, OpenDialog::Help),
            Action::Submit
            | Action::Cancel
            | Action::NextField
            | Action::PreviousField
            | Action::Confirm
            | Action::Decline
            | Action::Toggle
            | Action::Stored
            | Action::StoredAll
            | Action::RevokeAll
            | Action::CopyAgain
            | Action::CopyAs
            | Action::WriteFile => {
                let key = self.setup.keymap.hint(action);
                self.say(Level::Info, format!("{key} does that while a dialog is open that asks for it"));
            }
        }
    }

    /// Moves through the detail where that has the screen and is longer, else through the rows; told how many
    /// there are on a page.
    fn go_by(&mut self, fx: &mut Vec<Effect>, motion: impl FnOnce(isize) -> Motion) {
        if self.reads_page() {
            self.scroll_page(motion(self.page_room() as isize));
        } else {
            lists::step(self, fx, motion(self.height() as isize));
        }
    }

    /// The detail beside the table, or the table alone.
    fn divide(&mut self, wide: bool) {
        if self.setup.size.0 < TWO_PANES {
            // What to press comes first: on a narrow screen the rest is cut.
            let words = match (self.detail_only, wide) {
                (true, _) => format!("{} shows the table again", self.setup.keymap.hint(Action::Back)),
                (false, true) => "the table has all the width already".into(),
                (false, false) => format!("{} opens the detail", self.setup.keymap.hint(Action::Open)),
            };
            self.say(Level::Info, format!("{words}; both need {TWO_PANES} columns"));
            return;
        }
        let alone = std::mem::take(&mut self.detail_only);
        if wide {
            self.wide = alone || !self.wide;
        } else {
            // While the table has the whole width, the pane is not to be seen, whether it is wanted or not.
            self.pane = alone || self.wide || !self.pane;
            self.wide = false;
        }
        self.reshape();
    }

    /// The key that shows a view, for words about it.
    pub(super) fn key_of_view(&self, number: u8) -> String {
        self.setup.keymap.hint(Action::View(number))
    }

    fn reshape(&mut self) {
        lists::settle(self);
        self.dirty();
    }

    fn go(&mut self, fx: &mut Vec<Effect>, number: u8) {
        let Some(view) = View::ALL.get(usize::from(number).wrapping_sub(1)).copied() else { return };
        if self.list_of(view).is_some_and(KeysView::leave_project) {
            self.view = view;
            self.detail_only = false;
            lists::reload(self, fx, Arrival::Same);
        } else {
            lists::show(self, fx, view);
        }
    }

    fn open(&mut self, fx: &mut Vec<Effect>) {
        if self.views.of(self.view).first_run(self.facts()) {
            self.open_dialog(fx, OpenDialog::Name(Naming::FirstProject));
        } else if !self.act_in_view(fx, Action::Open) {
            self.show_detail();
        }
    }

    /// Does what an action does in this view alone. Says whether it does anything.
    fn act_in_view(&mut self, fx: &mut Vec<Effect>, action: Action) -> bool {
        let steps = self.views.of(self.view).act(self.facts(), action);
        let acts = steps.is_some();
        self.carry_out(fx, None, steps.unwrap_or_default());
        acts
    }

    /// Shows the keys of a project.
    pub(super) fn open_project(&mut self, fx: &mut Vec<Effect>, id: ProjectId, name: String) {
        let scope = Some((id, name));
        self.view = View::Keys;
        self.detail_only = false;
        if self.views.keys.project != scope {
            self.views.keys.project = scope;
            self.views.keys.list.filter.set("");
            self.window_mut(View::Keys).read();
            self.views.keys.reset();
        }
        lists::reload(self, fx, Arrival::Same);
    }

    fn show_detail(&mut self) {
        if self.window(self.view).seen().selected.is_none() {
            return;
        }
        self.detail_only = !self.detail_only;
        self.reshape();
    }

    /// One step back; false when there is nothing to go back from.
    fn back(&mut self, fx: &mut Vec<Effect>) -> bool {
        if self.detail_only {
            self.detail_only = false;
        } else if self.unmark(fx) {
        } else if !self.filter_line().field.text().is_empty() || !self.filter_line().applied.is_empty() {
            self.filter_line_mut().set("");
            lists::apply_filter(self, fx, Arrival::Same);
        } else if self.list_of(self.view).is_some_and(KeysView::leave_project) {
            lists::show(self, fx, View::Projects);
        } else {
            return false;
        }
        self.reshape();
        true
    }

    fn new_thing(&mut self, fx: &mut Vec<Effect>) {
        if !self.act_in_view(fx, Action::New) {
            self.new_key(fx);
        }
    }

    /// A key of the project that is open, else of the key last acted on, else of the selected row.
    fn new_key(&mut self, fx: &mut Vec<Effect>) {
        let dialog = self.new_key_dialog();
        self.open_dialog(fx, dialog);
    }

    fn new_key_dialog(&mut self) -> OpenDialog {
        let form = |project, choose| {
            OpenDialog::NewKey(NewKey { project, choose, name: String::new(), mode: Mode::Live })
        };
        let scope = self.key_list().and_then(|list| list.project.clone());
        if let Some(project) = scope {
            return form(project, false);
        }
        self.views.projects.want_all = true;
        if let Some(project) = self.acted.project.clone() {
            return form(project, true);
        }
        let of_row = self.selected_key().map(|key| (key.project_id, key.project_name.to_string()));
        let first = self.views.projects.list.rows.selected().or(self.views.projects.list.rows.all().first());
        match of_row.or(first.map(|project| (project.id, project.name.clone()))) {
            Some(project) => form(project, true),
            // A key belongs to a project; without one the first thing to make is a project.
            None => OpenDialog::Name(Naming::NewProject),
        }
    }

    fn rename(&mut self, fx: &mut Vec<Effect>) {
        if !self.act_in_view(fx, Action::Rename) {
            self.say_nothing_selected("Nothing is selected. Select a row first.");
        }
    }

    /// A successor for the selected key; for a revoked one, a new key with its name.
    fn rotate(&mut self, fx: &mut Vec<Effect>) {
        if let Some(offer) = self.take_replacement() {
            return self.open_dialog(fx, OpenDialog::NewKey(offer));
        }
        match self.selected_key().cloned() {
            None => {
                let two = self.key_of_view(2);
                self.say_nothing_selected(&format!("Select a key first (press {two})."));
            }
            // A revoked key cannot be rotated, but its name is free.
            Some(key) if key.status == KeyStatus::Revoked => {
                self.open_dialog(fx, OpenDialog::NewKey(replacement(&key)));
            }
            Some(key) => self.open_dialog(fx, OpenDialog::Rotate(key)),
        }
    }

    /// The confirmation for the selected project.
    fn delete_project(&mut self, fx: &mut Vec<Effect>) {
        if !self.act_in_view(fx, Action::DeleteProject) {
            let one = self.key_of_view(1);
            self.say(Level::Info, format!("only projects are deleted, {one} shows them; a key is revoked"));
        }
    }

    fn revoke_selected(&mut self, fx: &mut Vec<Effect>) {
        if self.revoke_marked(fx) {
            return;
        }
        match self.selected_key().cloned() {
            Some(key) => self.open_dialog(fx, OpenDialog::Revoke(key)),
            None => self.say_nothing_selected("No key is selected. Select one first."),
        }
    }

    fn threshold(&mut self, fx: &mut Vec<Effect>, longer: bool) {
        let view = self.view;
        let Some(list) = self.list_of(view).filter(|list| list.idle_days.is_some()) else {
            let words =
                format!("the idle threshold belongs to the Stale view: {} shows it", self.key_of_view(3));
            self.say(Level::Info, words);
            return;
        };
        let Some(days) = list.next_threshold(longer) else {
            return self
                .say(Level::Info, if longer { "365 days is the longest" } else { "7 days is the shortest" });
        };
        list.idle_days = Some(days);
        self.stop_gathering(fx, view);
        self.own_threshold = true;
        lists::reload(self, fx, Arrival::Same);
    }

    fn refresh_now(&mut self, fx: &mut Vec<Effect>) {
        if self.link.session.is_none() || self.link.status != Status::Up {
            if let Status::Lost { retry_at, .. } = &mut self.link.status {
                *retry_at = None;
            } else {
                self.link.status = Status::Connecting { since: self.now };
            }
            fx.push(Effect::Connect);
            self.dirty();
            return;
        }
        self.window_mut(self.view).forget_etags();
        self.detail.ask_failed_again(self.now);
        lists::refresh(self, fx, self.view);
        self.ask(fx, Asker::Dashboard, Request::Session);
        self.say(Level::Info, "asked again");
    }

    /// The order of the view's list; says why where there is no other one.
    fn sorted(&mut self) -> Option<Sort> {
        let sort = self.views.of(self.view).sort();
        if let Err(why) = sort {
            self.say(Level::Info, why);
        }
        sort.ok()
    }

    fn open_sort_menu(&mut self, fx: &mut Vec<Effect>) {
        if let Some(sort) = self.sorted() {
            self.open_dialog(fx, OpenDialog::Sort(sort));
        }
    }

    /// The same column the other way round.
    fn reverse(&mut self, fx: &mut Vec<Effect>) {
        if let Some(sort) = self.sorted() {
            self.sort_by(fx, Sort { descending: !sort.descending, ..sort });
        }
    }

    /// A column's name was clicked: sorts by it, and by a second click the other way round.
    pub(super) fn sort_by_column(&mut self, fx: &mut Vec<Effect>, by: SortBy) {
        match self.sorted() {
            Some(sort) if sort.by == by => self.reverse(fx),
            Some(_) => self.sort_by(fx, by.usual()),
            None => {}
        }
    }

    /// Gives the view's list another order.
    pub(super) fn sort_by(&mut self, fx: &mut Vec<Effect>, sort: Sort) {
        let Some(list) = self.list_of(self.view) else { return };
        if list.sort != sort {
            list.sort = sort;
            lists::reload(self, fx, Arrival::Top);
        }
    }

    fn copy_mask(&mut self, fx: &mut Vec<Effect>) {
        match self.views.of(self.view).copied().into_iter().next() {
            Some((name, text)) => fx.push(Effect::Copy(CopyText::Public(name, text))),
            None => self.say_nothing_selected("Nothing is selected. Select a row first."),
        }
    }

    fn copy_menu(&mut self, fx: &mut Vec<Effect>) {
        let items = self.views.of(self.view).copied();
        if items.is_empty() {
            return self.say_nothing_selected("Nothing is selected. Select a row first.");
        }
        self.open_dialog(fx, OpenDialog::CopyMenu(items));
    }

    pub(super) fn copied(&mut self, fx: &mut Vec<Effect>, kind: CopyKind, outcome: ClipboardOutcome) {
        let name = match kind {
            CopyKind::Public(name) => name,
            CopyKind::Secret(key) => {
                self.notify(fx, &Notice::Copied(key, outcome));
                return;
            }
        };
        match outcome {
            ClipboardOutcome::Copied { .. } => self.say(Level::Good, format!("the {name} is copied")),
            ClipboardOutcome::SentToTerminal => {
                let words = "sent to the terminal's clipboard; paste once to make sure";
                self.say(Level::Info, format!("the {name} was {words}"));
            }
            ClipboardOutcome::Handed { program } => {
                self.say(Level::Info, format!("the {name} was handed to {program}; paste once to make sure"));
            }
            ClipboardOutcome::Off => {
                self.say(
                    Level::Warn,
                    format!("the {name} is not copied: the clipboard is off (setting clipboard)"),
                );
            }
            ClipboardOutcome::Failed(why) => self.say(Level::Bad, format!("the {name} is not copied: {why}")),
        }
    }

    /// What became of a key's file. Nobody may be told of the file of another key, so whoever has closed the
    /// dialog of this one meanwhile reads it in a message.
    pub(super) fn written(&mut self, fx: &mut Vec<Effect>, key: KeyId, result: Result<String, String>) {
        if self.notify(fx, &Notice::Written(key, result.clone())) {
            return;
        }
        match result {
            Ok(path) => self.say(Level::Good, format!("the key is written to {path} (mode 0600)")),
            Err(why) => self.say(Level::Bad, format!("the key's file was not written: {why}")),
        }
    }
}
