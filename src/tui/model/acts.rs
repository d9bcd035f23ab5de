//! What the actions of a table do: those of one view alone are left to it.

use super::action::{Action, Scope};
use super::connection::Status;
use super::detail_text::Scroll;
use super::dialogs::interaction::{ActFacts, Export, Naming, NewKey, Step};
use super::dialogs::{ColumnsOf, FiltersOf, OpenDialog};
use super::effect::{CopyText, Effect, Request};
use super::list::{Arrival, Motion};
use super::messages::{Level, REFRESHING};
use super::requests::Asker;
use super::saved_filters::FilterChange;
use super::state::{LogOf, State};
use super::tabs::View;
use super::views::keys::KeysView;
use crate::secret::MaskedKey;
use crate::tui::layout::TWO_PANES;
use crate::wire::id::ProjectId;
use crate::wire::keys::{Key, Sort, SortBy};

/// Lines that the detail is scrolled by at once, by its own keys or the mouse's wheel.
pub(super) const LINES: isize = 3;
/// The filter for revoked and paused keys that are still tried.
pub(super) const STILL_TRIED: &str = "finding:refused";

impl State {
    pub(super) fn act(&mut self, effects: &mut Vec<Effect>, action: Action) {
        self.ends_offer(action);
        match action {
            Action::NextRow => self.step(effects, Motion::By(1)),
            Action::PreviousRow => self.step(effects, Motion::By(-1)),
            Action::ScrollDown => self.scroll_page(Motion::By(LINES)),
            Action::ScrollUp => self.scroll_page(Motion::By(-LINES)),
            Action::Up => self.go_by(effects, |_| Motion::By(-1)),
            Action::Down => self.go_by(effects, |_| Motion::By(1)),
            Action::PageUp => self.go_by(effects, |page| Motion::By(-page)),
            Action::PageDown => self.go_by(effects, Motion::By),
            Action::HalfUp => self.go_by(effects, |page| Motion::By(-(page / 2).max(1))),
            Action::HalfDown => self.go_by(effects, |page| Motion::By((page / 2).max(1))),
            Action::First => self.go_by(effects, |_| Motion::First),
            Action::Last => self.go_by(effects, |_| Motion::Last),
            Action::Open => self.open(effects),
            Action::Detail => self.show_detail(),
            Action::Back => {
                self.back(effects);
            }
            Action::Close => {
                if !self.back(effects) {
                    effects.push(Effect::Quit);
                }
            }
            Action::Quit => effects.push(Effect::Quit),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::NextView | Action::PreviousView => {
                let at = View::ALL.iter().position(|view| *view == self.view).unwrap_or(0);
                let by = if action == Action::NextView { 1 } else { View::ALL.len() - 1 };
                self.show(effects, View::ALL[(at + by) % View::ALL.len()]);
            }
            Action::View(number) => self.go(effects, number),
            Action::New | Action::NewKey | Action::Rotate if self.says_deleted(action) => {}
            Action::New if self.act_in_view(effects, action) => {}
            Action::Review => self.open_review(effects),
            Action::New | Action::NewKey => {
                let dialog = self.new_key_dialog();
                self.open_dialog(effects, dialog);
            }
            Action::Rotate if self.replace(effects) => {}
            Action::OpenProject
            | Action::History
            | Action::Rename
            | Action::Pause
            | Action::Revoke
            | Action::Rotate
            | Action::DeleteProject
            | Action::Execute
            | Action::Mark
            | Action::Range
            | Action::MarkAll
            | Action::Group
            | Action::Longer
            | Action::Shorter => {
                if !self.act_in_view(effects, action) {
                    self.say_why_not(action);
                }
            }
            Action::Filter => {
                self.window_mut(self.view).prepare();
                // What the filter lets through is to be seen.
                self.detail_only = false;
                self.begin_filter();
                self.filter_line_mut().field.jump(true);
                self.reshape();
            }
            Action::Filters => self.open_filters(effects),
            Action::StillTried => self.show_still_tried(effects),
            Action::Palette => self.open_dialog(effects, OpenDialog::Palette),
            Action::Sort => {
                if let Some(sort) = self.sorted() {
                    let orders = self.views.of(self.view).orders();
                    self.open_dialog(effects, OpenDialog::Sort(sort, orders));
                }
            }
            Action::Reverse => {
                if let Some(sort) = self.sorted() {
                    self.sort_by(effects, Sort { descending: !sort.descending, ..sort });
                }
            }
            Action::Columns => self.open_columns(effects),
            Action::Times => self.switch_times(),
            Action::Mouse => self.toggle_mouse(),
            Action::CopyMask | Action::CopyMenu => self.copy(effects, action == Action::CopyMenu),
            Action::Export => self.open_export(effects),
            Action::Freeze => self.freeze(),
            Action::Refresh => self.refresh_now(effects),
            Action::Pane | Action::Wide => self.divide(action == Action::Wide),
            Action::Messages => self.open_dialog(effects, OpenDialog::Messages),
            Action::Contexts => self.open_dialog(effects, OpenDialog::Contexts),
            Action::Theme if self.setup.themes.fixed => {
                self.say(Level::Info, "NO_COLOR is set: the theme is mono.");
            }
            Action::Theme => self.open_dialog(effects, OpenDialog::Theme),
            Action::Help => self.open_dialog(effects, OpenDialog::Help),
            Action::Submit
            | Action::Cancel
            | Action::NextField
            | Action::PreviousField
            | Action::Confirm
            | Action::Decline
            | Action::Toggle
            | Action::MoveUp
            | Action::MoveDown
            | Action::Reset
            | Action::ByCreator
            | Action::ByProject
            | Action::ByState
            | Action::ByOwner
            | Action::Guide
            | Action::Stored
            | Action::StoredAll
            | Action::RevokeAll
            | Action::Keep
            | Action::Ask
            | Action::Skip
            | Action::Undo
            | Action::CopyAgain
            | Action::CopyAs
            | Action::WriteFile => {
                let key = self.setup.keymap.hint(action);
                let place = if action.works_in(Scope::Review) { "in a review" } else { "in dialogs" };
                self.say(Level::Info, format!("{key} works only {place}."));
            }
        }
    }

    /// Continues an open review, or starts one of the keys that are shown.
    fn open_review(&mut self, effects: &mut Vec<Effect>) {
        if !self.act_in_view(effects, Action::Review) {
            let scope = self.views.of(self.view).review_scope();
            self.open_dialog(effects, OpenDialog::Reviews(scope));
        }
    }

    fn open_columns(&mut self, effects: &mut Vec<Effect>) {
        let view = self.views.of(self.view);
        let titles = view.columns().into_iter().map(|(_, title)| title).collect();
        let usual = view.usual_columns();
        let shown = self.columns.of(self.view).map_or_else(|| usual.clone(), <[usize]>::to_vec);
        let every: Vec<usize> = (0..view.columns().len()).collect();
        let beside = self.screen().is_some_and(|screen| screen.detail.is_some());
        let shapes = view.shapes(Some(&every), beside);
        let usual_shapes = view.shapes(None, beside);
        let table = self.screen().and_then(|screen| screen.table).unwrap_or_default();
        let of = ColumnsOf { view: self.view.tab(), titles, usual, shown, shapes, usual_shapes, table };
        self.open_dialog(effects, OpenDialog::Columns(of));
    }

    /// Shows these columns in the view, or the usual ones, and keeps that for the next start.
    pub(super) fn choose_columns(&mut self, effects: &mut Vec<Effect>, chosen: Option<Vec<usize>>) {
        self.columns.choose(self.view, chosen);
        self.dirty();
        // Nothing of the demo is kept.
        if !self.setup.demo {
            effects.push(Effect::SaveColumns(self.columns.text(&self.views)));
        }
    }

    /// Shows this theme from now on, and keeps that for the next start.
    pub(super) fn keep_theme(&mut self, effects: &mut Vec<Effect>, name: &'static str) {
        let themes = &mut self.setup.themes;
        if themes.current == name {
            return;
        }
        (themes.current, themes.chosen) = (name.to_owned(), true);
        if self.setup.demo {
            self.say(Level::Info, format!("Theme {name}, until you quit the demo"));
        } else {
            effects.push(Effect::SaveTheme(name));
        }
    }

    fn open_filters(&mut self, effects: &mut Vec<Effect>) {
        let (view, line) = (self.views.of(self.view), self.filter_line());
        let of = FiltersOf {
            view: self.view.tab(),
            saved: self.filters.of(&self.filter_scope()),
            built_in: view.built_in_filters(self.facts()),
            current: line.applied.clone(),
            invalid: line.error.is_some(),
        };
        self.open_dialog(effects, OpenDialog::Filters(of));
    }

    /// Changes the saved filters of the view, and keeps that for the next start.
    pub(super) fn change_filters(&mut self, effects: &mut Vec<Effect>, change: FilterChange) {
        let scope = self.filter_scope();
        self.filters.apply(&scope, change.clone());
        // Nothing of the demo is kept.
        if !self.setup.demo {
            effects.push(Effect::ChangeFilters(scope, change));
        }
    }

    /// Another wish than a replacement ends the offer of one.
    pub(super) fn ends_offer(&mut self, action: Action) {
        if self.acted.ends_by(action) {
            self.dirty();
        }
    }

    /// Does what an action does in this view alone. Says whether it does anything.
    fn act_in_view(&mut self, effects: &mut Vec<Effect>, action: Action) -> bool {
        let view = self.view;
        let awaited = self.requests.awaits_first(view);
        let facts = ActFacts { keymap: &self.setup.keymap, connection: &self.connection, awaited };
        let steps = self.views.of_mut(view).act(facts, action);
        let acts = steps.is_some();
        self.carry_out(effects, Asker::Gather(view), steps.unwrap_or_default());
        if acts {
            self.dirty();
        }
        acts
    }

    /// Why an action does nothing in this view, or to nothing.
    fn say_why_not(&mut self, action: Action) {
        let [one, two, three, five] = [1, 2, 3, 5].map(|number| self.setup.keymap.hint(Action::View(number)));
        let words = match action {
            Action::Rotate => {
                return self.say_nothing_selected(&format!("Select a key first (press {two})."));
            }
            Action::Revoke | Action::Pause => return self.say_nothing_selected("Select a key first."),
            Action::History => {
                return self.say_nothing_selected(&format!("Select a key or project first (press {two})."));
            }
            Action::DeleteProject => {
                format!("Only projects can be deleted (press {one}), and reviews cancelled (press {five}).")
            }
            Action::Execute => {
                return self.say_nothing_selected(&format!("Select a review first (press {five})."));
            }
            Action::OpenProject => {
                format!("Select a key first (press {two} or {three}).")
            }
            Action::Mark | Action::Range | Action::MarkAll => {
                format!("Only keys can be marked (press {two} or {three}).")
            }
            Action::Group => format!("Only keys can be grouped (press {two} or {three})."),
            Action::Longer | Action::Shorter => {
                format!("The idle threshold applies to Stale (press {three}).")
            }
            _ => return self.say_nothing_selected("Select a row first."),
        };
        self.say(Level::Info, words);
    }

    /// Scrolls the detail where that has the screen, else moves through the rows; `motion` is told the size of a
    /// page. One key never does both: whether the detail is longer than the screen changes with the row.
    fn go_by(&mut self, effects: &mut Vec<Effect>, motion: impl FnOnce(isize) -> Motion) {
        if self.detail_alone() {
            let room = self.visible_page().map_or(1, |page| page.room.max(1));
            self.scroll_page(motion(room as isize));
        } else {
            self.step(effects, motion(self.height() as isize));
        }
    }

    /// Scrolls the detail, as far as it goes.
    pub(super) fn scroll_page(&mut self, motion: Motion) {
        let Some(page) = self.visible_page() else {
            let open = self.setup.keymap.hint(Action::Open);
            return self.say(Level::Info, format!("Nothing to scroll. Press {open} to open details."));
        };
        if !page.is_long() {
            let next = self.setup.keymap.hint(Action::NextRow);
            let helps = self.detail_alone() && !next.is_empty();
            let next = if helps { format!(" Press {next} for the next row.") } else { String::new() };
            return self.say(Level::Info, format!("Nothing to scroll: all details are shown.{next}"));
        }
        let top = match motion {
            Motion::By(by) => page.top.saturating_add_signed(by).min(page.end()),
            Motion::First => 0,
            Motion::Last => page.end(),
        };
        if top != self.scroll.top {
            self.scroll.top = top;
            self.dirty();
        }
    }

    /// Begins at the top of the detail for another row; scrolls no further than there are lines after these or the
    /// size changed.
    pub(super) fn bound_page(&mut self) {
        let of = self.window(self.view).seen().selected.map(|(_, row)| row);
        if self.scroll.of != of {
            self.scroll = Scroll { of, top: 0 };
        } else if self.scroll.top > 0 && self.screen().is_some() {
            self.scroll.top = self.visible_page().map_or(0, |page| page.top);
        }
    }

    fn reshape(&mut self) {
        self.settle();
        self.dirty();
    }

    /// The detail beside the table, or the table alone.
    fn divide(&mut self, wide: bool) {
        if self.setup.size.0 < TWO_PANES {
            let here = self.setup.size.0;
            let needs = |what: &str| format!("{what} needs {TWO_PANES} columns, and there are {here}");
            let words = match (self.detail_only, wide) {
                (true, _) => {
                    format!("Press {} to return to the table.", self.setup.keymap.hint(Action::Back))
                }
                (false, true) => format!("{}.", needs("The wide table")),
                (false, false) => {
                    let open = self.setup.keymap.hint(Action::Open);
                    format!("{}; {open} opens the details.", needs("The detail pane"))
                }
            };
            self.say(Level::Info, words);
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

    fn open(&mut self, effects: &mut Vec<Effect>) {
        if self.views.of(self.view).first_run(self.facts()) {
            self.open_dialog(effects, OpenDialog::Name(Naming::FirstProject));
        } else if !self.act_in_view(effects, Action::Open) {
            self.show_detail();
        }
    }

    fn show_detail(&mut self) {
        if self.window(self.view).seen().selected.is_some() {
            self.detail_only = !self.detail_only;
            self.reshape();
        }
    }

    /// One step back; false when there is nothing to go back from.
    fn back(&mut self, effects: &mut Vec<Effect>) -> bool {
        if self.detail_only {
            self.detail_only = false;
        } else if self.act_in_view(effects, Action::Back) || self.leave_log(effects) {
        } else if !self.filter_line().field.text().is_empty() || !self.filter_line().applied.is_empty() {
            self.filter_line_mut().set("");
            self.apply_filter(effects, Arrival::Same);
        } else if self.list_of(self.view).is_some_and(KeysView::leave_project) {
            self.show(effects, View::Projects);
        } else {
            return false;
        }
        self.reshape();
        true
    }

    /// From the audit log of one row back to that row. Says whether that log was shown.
    fn leave_log(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(from) = self.log_of.take() else { return false };
        let (log, line) = (from.log, self.filter_line());
        if self.view != log || line.applied != from.filter || line.field.text() != from.filter {
            return false;
        }
        // The next time, the log is shown whole.
        self.requests.cancel(effects, |asker| matches!(asker, Asker::List(view, _) if view == log));
        self.filter_line_mut().set("");
        self.window_mut(log).read();
        self.window_mut(log).unload();
        self.show(effects, from.view);
        self.detail_only = from.detail_only;
        true
    }

    /// Goes to a view by its number, and to all projects in it.
    fn go(&mut self, effects: &mut Vec<Effect>, number: u8) {
        let Some(view) = View::ALL.get(usize::from(number).wrapping_sub(1)).copied() else { return };
        self.log_of = None;
        if self.list_of(view).is_some_and(KeysView::leave_project) {
            self.view = view;
            self.detail_only = false;
            self.reload(effects, Arrival::Same);
        } else {
            self.show(effects, view);
        }
    }

    /// Shows the keys of a project.
    pub(super) fn open_project(&mut self, effects: &mut Vec<Effect>, id: ProjectId, name: String) {
        let scope = Some((id, name));
        self.view = View::Keys;
        self.detail_only = false;
        if self.views.keys.project != scope {
            self.views.keys.project = scope;
            self.views.keys.list.filter.set("");
            self.window_mut(View::Keys).read();
            self.views.keys.reset();
        }
        self.reload(effects, Arrival::Same);
    }

    /// Shows the audit log with this filter.
    pub(super) fn show_audit(&mut self, effects: &mut Vec<Effect>, filter: &str) {
        let (view, detail_only) = (self.view, self.detail_only);
        self.view = View::Audit;
        self.log_of = Some(LogOf { view, detail_only, log: self.view, filter: filter.to_owned() });
        self.detail_only = false;
        self.filter_line_mut().set(filter);
        self.window_mut(View::Audit).read();
        self.reload(effects, Arrival::Top);
    }

    /// Shows the revoked and paused keys that are still tried, of all projects.
    fn show_still_tried(&mut self, effects: &mut Vec<Effect>) {
        self.view = View::Keys;
        self.detail_only = false;
        self.views.keys.leave_project();
        self.filter_line_mut().suggest(STILL_TRIED);
        self.window_mut(View::Keys).read();
        self.reload(effects, Arrival::Top);
        self.ask_findings(effects);
    }

    /// Goes to the keys with this mask, mostly one: at once, whatever is loaded.
    pub(super) fn go_to(&mut self, effects: &mut Vec<Effect>, hint: MaskedKey, keys: Vec<Key>) {
        self.filter_line_mut().editing = false;
        let height = self.height();
        self.view = View::Keys;
        self.detail_only = false;
        let scope = self.views.keys.project.as_ref();
        let inside = scope.is_none_or(|(id, _)| keys.iter().all(|key| key.project_id == *id));
        if !inside {
            self.views.keys.project = None;
        }
        if let [key] = keys.as_slice() {
            let rows = &mut self.views.keys.list.rows;
            if inside && rows.select(key.id, height) {
                self.show(effects, View::Keys);
                self.dirty();
                return;
            }
            rows.aim(key.id);
        }
        // Its place among all keys is not loaded: the list of that mask alone is one request.
        self.views.keys.list.filter.set(&hint.to_string());
        self.window_mut(View::Keys).read();
        // They are known: what is done next must not fall on a row of the list before.
        let now = self.server_now();
        self.views.keys.list.show(keys, now);
        self.reload(effects, Arrival::Keep);
    }

    /// Says that the project of the selected key was deleted, where a key was to be created there.
    fn says_deleted(&mut self, action: Action) -> bool {
        let inside = self.key_list().is_some_and(|list| list.project.is_some());
        let meant = match action {
            Action::Rotate => !self.acted.offers(),
            _ => inside,
        };
        let key = self.selected_key().filter(|key| meant && self.facts().project_deleted(key));
        let words =
            key.map(|key| format!("Project {} was deleted. No keys can be created in it.", key.project_name));
        let deleted = words.is_some();
        if let Some(words) = words {
            self.say(Level::Info, words);
        }
        deleted
    }

    /// A key of the project that is open, else of the key last acted on, else of the selected row.
    fn new_key_dialog(&mut self) -> OpenDialog {
        let form = |project, choose| OpenDialog::NewKey(NewKey::of(project, choose));
        if let Some(project) = self.key_list().and_then(|list| list.project.clone()) {
            return form(project, false);
        }
        self.views.projects.want_all = true;
        if let Some(project) = self.acted.project.clone() {
            return form(project, true);
        }
        let row = self.selected_key().filter(|key| !self.facts().project_deleted(key));
        let of_row = row.map(|key| (key.project_id, key.project_name.to_string()));
        let first = self.views.projects.list.rows.selected().or(self.views.projects.list.rows.all().first());
        match of_row.or(first.map(|project| (project.id, project.name.clone()))) {
            Some(project) => form(project, true),
            // A key belongs to a project; without one the first thing to make is a project.
            None => OpenDialog::Name(Naming::NewProject),
        }
    }

    /// Opens the form for the replacement that a receipt offers. Says whether one does.
    fn replace(&mut self, effects: &mut Vec<Effect>) -> bool {
        let offered = self.acted.take_replacement();
        let offers = offered.is_some();
        self.carry_out(
            effects,
            Asker::Dashboard,
            offered.map(OpenDialog::NewKey).map(Step::Open).into_iter().collect(),
        );
        offers
    }

    /// The order of the view's list; says why where there is no other one.
    fn sorted(&mut self) -> Option<Sort> {
        let sort = self.views.of(self.view).sort();
        if let Err(why) = sort {
            self.say(Level::Info, why);
        }
        sort.ok()
    }

    /// A column's name was clicked: sorts by it, and by a second click the other way round.
    pub(super) fn sort_by_column(&mut self, effects: &mut Vec<Effect>, by: SortBy) {
        match self.sorted() {
            Some(sort) if sort.by == by => {
                self.sort_by(effects, Sort { descending: !sort.descending, ..sort });
            }
            Some(_) => self.sort_by(effects, by.usual()),
            None => {}
        }
    }

    /// Gives the view's list another order.
    pub(super) fn sort_by(&mut self, effects: &mut Vec<Effect>, sort: Sort) {
        if self.views.of_mut(self.view).sort_by(sort) {
            self.reload(effects, Arrival::Top);
        }
    }

    /// Copies what is usually wanted of the selected row, or opens the menu of all that can be copied.
    fn copy(&mut self, effects: &mut Vec<Effect>, menu: bool) {
        let items = self.views.of(self.view).copied();
        match items.first().cloned() {
            None => self.say_nothing_selected("Select a row first."),
            Some(_) if menu => self.open_dialog(effects, OpenDialog::CopyMenu(items)),
            Some((name, text)) => effects.push(Effect::Copy(CopyText::Public(name, text))),
        }
    }

    fn open_export(&mut self, effects: &mut Vec<Effect>) {
        let view = self.views.of(self.view);
        let seen = view.window().seen();
        let (shown, (total, more)) = (seen.shown, seen.total);
        if shown == 0 {
            self.say(Level::Info, "Nothing to export.");
            return;
        }
        let rows = match (self.loaded_fit(), seen.complete) {
            (true, true) => shown.to_string(),
            (true, false) => format!("{total}{}", if more { "+" } else { "" }),
            (false, _) => "all matching (fetched from the server)".to_owned(),
        };
        let export = Export {
            about: view.about(),
            filter: self.filter_line().applied.clone(),
            rows,
            name: format!("keydeck-{}-{}", view.noun(), self.now.utc().format("%Y%m%d-%H%M%S")),
            asks_place: self.setup.demo,
            pack: view.pack(),
        };
        self.open_dialog(effects, OpenDialog::Export(export));
    }

    fn toggle_mouse(&mut self) {
        self.mouse = !self.mouse;
        let key = self.setup.keymap.hint(Action::Mouse);
        let words = if self.mouse {
            format!("Mouse on: click rows, columns and tabs. Press {key} to select text again.")
        } else {
            format!("Mouse off. Press {key} to turn it on.")
        };
        self.say(Level::Info, words);
    }

    /// Stops what changes by itself, or goes on with all that waited.
    fn freeze(&mut self) {
        self.live.frozen = !self.live.frozen;
        if self.live.frozen {
            let key = self.setup.keymap.hint(Action::Freeze);
            self.say(Level::Info, format!("Live updates off. Press {key} to turn them on."));
        } else {
            let waited = self.views.not_shown(&self.live.waiting);
            self.say(Level::Info, format!("Live updates on ({waited} applied)"));
        }
    }

    fn refresh_now(&mut self, effects: &mut Vec<Effect>) {
        if self.connection.session.is_none() || self.connection.status != Status::Up {
            if let Status::Lost { retry_at, .. } = &mut self.connection.status {
                *retry_at = None;
            } else {
                self.connection.status = Status::Connecting { since: self.now };
            }
            effects.push(Effect::Connect);
            self.dirty();
            return;
        }
        self.window_mut(self.view).forget_etags();
        self.detail.ask_failed_again(self.now);
        self.refresh(effects, self.view);
        self.ask(effects, Asker::Dashboard, Request::Session);
        self.ask_findings(effects);
        self.say(Level::Info, REFRESHING);
    }
}
