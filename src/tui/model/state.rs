//! Everything the dashboard knows, and the small questions that all of it is asked.

use std::borrow::Cow;

use super::action::Action;
use super::burst::Burst;
use super::choices::Choices;
use super::columns::{Cell, MEASURED};
use super::connection::{Connection, Status};
use super::detail::Detail;
use super::detail_text::{DetailWriter, Page, Scroll};
use super::dialogs::Dialog;
use super::dialogs::interaction::Facts;
use super::dialogs::stack::Stack;
use super::effect::{Effect, Request};
use super::field::Typed;
use super::fit::{Placed, Widths, place};
use super::list::filter::FilterLine;
use super::list::{Slot, Window};
use super::live::Live;
use super::message_line::{LineSources, MessageLine, message_line};
use super::messages::{Level, Messages};
use super::replacement::Acted;
use super::requests::{Asker, Requests};
use super::saved_filters::{FilterScope, SavedFilters};
use super::setup::Setup;
use super::tabs::View;
use super::timers::{LOADING, Timers, WAITING};
use super::views::Views;
use super::views::keys::KeysView;
use crate::tui::layout::{self, Area, Screen, Shape};
use crate::tui::wrap::width as text_width;
use crate::wire::id::KeyId;
use crate::wire::keys::{Key, Status as KeyStatus};
use crate::wire::time::Timestamp;
use crate::wire::tokens::Role;

/// Everything the dashboard knows.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    pub(in crate::tui) setup: Setup,
    pub(in crate::tui) now: Timestamp,
    pub(in crate::tui) view: View,
    pub(in crate::tui) wide: bool,
    pub(in crate::tui) pane: bool,
    pub(in crate::tui) detail_only: bool,
    /// From where the audit log of one row was opened, to go back there.
    pub(super) log_of: Option<LogOf>,
    /// Times are shown in UTC, not as ages.
    absolute: bool,
    pub(in crate::tui) connection: Connection,
    pub(in crate::tui) live: Live,
    pub(in crate::tui) views: Views,
    pub(in crate::tui) detail: Detail,
    pub(super) scroll: Scroll,
    pub(in crate::tui) dialogs: Stack,
    pub(in crate::tui) messages: Messages,
    /// Keys to be asked about once nothing else is open.
    pub(super) unsaved: Vec<Key>,
    pub(super) failures: Vec<(View, String)>,
    pub(super) typed: Typed,
    /// What is typed right behind a key that confirmed something.
    pub(super) burst: Burst,
    pub(in crate::tui) requests: Requests,
    pub(super) timers: Timers,
    /// What was acted on last.
    pub(in crate::tui) acted: Acted,
    /// The mouse is wanted: clicks and its wheel come here, and selecting text by it does not work.
    pub(in crate::tui) mouse: bool,
    /// What the terminal was told of the mouse last.
    pub(super) captured: bool,
    /// A key that does nothing was answered with where the help is.
    pub(super) told_unknown: bool,
    /// Until when a locked context allows changes.
    pub(in crate::tui) allowed_until: Option<Timestamp>,
    /// Which columns the views show.
    pub(super) columns: Choices,
    /// The filters that the user saved.
    pub(super) filters: SavedFilters,
    revision: u64,
}

/// Where the audit log of one row was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LogOf {
    /// The view with the row.
    pub view: View,
    /// Whether the detail of the row had the screen.
    pub detail_only: bool,
    /// The view that shows the log.
    pub log: View,
    /// The filter that shows the events of the row alone.
    pub filter: String,
}

impl State {
    /// The state at the start, before anything was asked.
    pub fn new(setup: Setup) -> State {
        let now = setup.now;
        let connection = Connection::new(now);
        let views = Views::new(connection.thresholds().stale_days);
        let (columns, _) = Choices::read(&setup.columns, &views);
        let (filters, _) = SavedFilters::read(&setup.filters);
        State {
            now,
            view: View::Projects,
            wide: false,
            pane: true,
            detail_only: false,
            log_of: None,
            absolute: false,
            views,
            columns,
            filters,
            connection,
            live: Live::default(),
            detail: Detail::default(),
            scroll: Scroll::default(),
            dialogs: Stack::default(),
            messages: Messages::default(),
            unsaved: Vec::new(),
            failures: Vec::new(),
            typed: Typed::default(),
            burst: Burst::default(),
            requests: Requests::new(&setup.contexts),
            timers: Timers::new(now),
            acted: Acted::default(),
            told_unknown: false,
            mouse: setup.mouse,
            captured: false,
            allowed_until: None,
            revision: 1,
            setup,
        }
    }

    /// Begins again in another context. What was said stays, how the screen is divided, and the changes in flight.
    /// Says whether any of the context that is left is in flight.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>, setup: Setup) -> bool {
        let old = std::mem::replace(self, State::new(setup));
        self.requests = old.requests;
        self.dialogs = Stack::after(&old.dialogs);
        self.messages = old.messages;
        (self.view, self.wide, self.pane) = (old.view, old.wide, old.pane);
        (self.mouse, self.captured) = (old.mouse, old.captured);
        (self.told_unknown, self.absolute) = (old.told_unknown, old.absolute);
        self.columns = old.columns;
        self.filters = old.filters;
        self.revision = old.revision + 1;
        self.requests.leave(effects, &self.setup.contexts)
    }

    /// What a dialog or a view may look at.
    pub(in crate::tui) fn facts(&self) -> Facts<'_> {
        Facts {
            now: self.now,
            server_now: self.server_now(),
            absolute: self.absolute,
            setup: &self.setup,
            connection: &self.connection,
            read_only: self.read_only(),
            reviews_refused: self.reviews_refused(),
            projects: &self.views.projects.list.rows,
            deleted: &self.views.audit.deleted,
            keys: &self.views.keys.list.rows,
            stale: &self.views.stale.list.rows,
            reviews: &self.views.reviews.list.rows,
            fleet: &self.views.nodes.fleet,
            detail: &self.detail,
            every_key: self.views.keys.holds_all(),
            all_keys: self.key_list().is_some_and(KeysView::holds_all),
            batch: &self.live.waiting,
            marks: self.key_list().map(|list| &list.marks),
            messages: &self.messages,
        }
    }

    /// Grows whenever there is something new to draw; draw only when it differs from the last one drawn.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// There is something new to draw.
    pub(super) fn dirty(&mut self) {
        self.revision += 1;
    }

    /// The server's time, by our clock.
    pub fn server_now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.millis().saturating_add(self.connection.skew_ms))
    }

    /// Whether the whole text of a key is on the screen now: capture no mouse, take no picture.
    pub fn shows_secret(&self) -> bool {
        self.dialogs.iter().any(|dialog| dialog.logic().shows_secret())
    }

    /// Whether changes are refused, and why.
    pub fn read_only(&self) -> Option<&'static str> {
        if self.setup.read_only {
            Some("Read-only: started with --read-only.")
        } else if self.is_locked() {
            Some("Read-only: this context has read_only = true.")
        } else if self.connection.auditor() {
            // As `Role::refused` says it.
            Some("Permission denied: requires the member or admin role (you are auditor); ask an admin.")
        } else {
            None
        }
    }

    /// Whether a change that takes this role is refused, and why: by `--read-only`, which makes us an auditor of a
    /// database of ours; by the role, which nothing here can change; else by the context.
    pub(super) fn refused(&self, needed: Role) -> Option<Cow<'static, str>> {
        if self.setup.read_only {
            return self.read_only().map(Cow::Borrowed);
        }
        let locked = self.is_locked().then(|| self.read_only()).flatten();
        self.connection.refused_to(needed).map(Cow::Owned).or_else(|| locked.map(Cow::Borrowed))
    }

    /// Whether decisions in reviews are refused, and why. To decide is what auditors are for.
    pub(super) fn reviews_refused(&self) -> Option<&'static str> {
        if self.connection.auditor() && !self.setup.read_only && !self.is_locked() {
            return None;
        }
        self.read_only()
    }

    /// The view whose rows are on the screen.
    pub fn view(&self) -> View {
        self.view
    }

    /// The dialog that takes the keys.
    pub fn dialog(&self) -> Option<&Dialog> {
        self.dialogs.last()
    }

    /// Whether this context refuses changes now, though somebody could allow them.
    pub(super) fn is_locked(&self) -> bool {
        self.setup.contexts.here().is_some_and(|context| context.read_only) && self.allowed_until.is_none()
    }

    /// Where everything is; none when the screen is too small.
    pub fn screen(&self) -> Option<Screen> {
        layout::screen(
            self.setup.size,
            Shape {
                wide: self.wide,
                pane: self.pane && !self.nothing_to_detail(),
                side: self.key_list().is_some(),
                detail_only: self.detail_only,
                filter: self.filter_line().rows(self.setup.size.0),
                message: self.message_line().map_or(1, |line| line.rows.len() as u16),
            },
        )
    }

    /// What stands above the keys; none where nothing has to be said.
    pub(in crate::tui) fn message_line(&self) -> Option<MessageLine> {
        message_line(LineSources {
            messages: &self.messages,
            connection: &self.connection,
            change: self.requests.unanswered(),
            waits: self.waiting().is_some(),
            offer: self.acted.hint(&self.setup.keymap),
            retry: self.setup.keymap.hint(Action::Refresh),
            all: self.setup.keymap.hint(Action::Messages),
            size: self.setup.size,
        })
    }

    /// Whether there is no row, and no filter that could hide one: the page that says so has the whole screen.
    fn nothing_to_detail(&self) -> bool {
        let window = self.window(self.view);
        let seen = window.seen();
        let known = seen.loaded || matches!(self.connection.status, Status::Lost { .. } | Status::Refused(_));
        seen.shown == 0 && known && window.filter().applied.is_empty()
    }

    /// How many rows of the table can be seen.
    pub(super) fn height(&self) -> usize {
        self.screen().map_or(1, |screen| screen.rows().max(1))
    }

    /// The rows of a view and their filter, whatever they are.
    pub(super) fn window(&self, view: View) -> &dyn Window {
        self.views.of(view).window()
    }

    pub(super) fn window_mut(&mut self, view: View) -> &mut dyn Window {
        self.views.of_mut(view).window_mut()
    }

    /// Says why there is nothing to act on in the view's list.
    pub(super) fn say_nothing_selected(&mut self, otherwise: &str) {
        let view = self.view;
        let asked = |asker| matches!(asker, Asker::List(other, Slot::First | Slot::End) if other == view);
        let awaited = self.window(view).seen().adrift && self.requests.awaits(asked);
        let words = if awaited { "Still loading. Nothing is selected yet." } else { otherwise };
        self.say(Level::Info, words);
    }

    /// Whether the server can be asked, as far as is known.
    pub(super) fn answers(&self) -> bool {
        !matches!(self.connection.status, Status::Lost { .. })
    }

    /// The filter of the view.
    pub fn filter_line(&self) -> &FilterLine {
        self.window(self.view).filter()
    }

    pub(super) fn filter_line_mut(&mut self) -> &mut FilterLine {
        self.window_mut(self.view).filter_mut()
    }

    /// What the saved filters of the view belong to.
    pub(super) fn filter_scope(&self) -> FilterScope {
        FilterScope::new(self.setup.identity(), self.views.of(self.view).noun())
    }

    /// The view that is shown at the left of this one, where there is room.
    pub(super) fn beside(&self) -> Option<View> {
        self.screen().and_then(|screen| screen.side).map(|_| View::Projects)
    }

    /// The name of the theme to show, where that is not the one of the start.
    pub(in crate::tui) fn shown_theme(&self) -> Option<&str> {
        let marked = self.dialogs.last().and_then(|dialog| dialog.logic().theme());
        let themes = &self.setup.themes;
        marked.or(Some(themes.current.as_str()).filter(|_| themes.chosen))
    }

    /// A list of keys by its view's name, to be changed.
    pub(super) fn list_of(&mut self, view: View) -> Option<&mut KeysView> {
        self.views.of_mut(view).keys_mut()
    }

    /// The list of keys of the view, if it has one.
    pub(in crate::tui) fn key_list(&self) -> Option<&KeysView> {
        self.views.of(self.view).keys()
    }

    /// The selected key, in a view of keys.
    pub(in crate::tui) fn selected_key(&self) -> Option<&Key> {
        self.key_list().and_then(|list| list.list.rows.selected())
    }

    /// Whether another key replaces this one and works, as far as is known.
    pub(super) fn is_replaced(&self, id: KeyId) -> bool {
        let facts = self.facts();
        let mut loaded = facts.keys.all().iter().chain(facts.stale.all());
        let related = self.detail.related.as_deref().filter(|_| self.detail.key == Some(id));
        related.is_some_and(|related| related.replacement.is_some())
            || loaded.any(|key| key.rotated_from == Some(id) && key.status != KeyStatus::Revoked)
    }

    /// Whether the loaded rows are those that the filter is about: not while others are awaited, or did not come.
    pub(super) fn loaded_fit(&self) -> bool {
        let view = self.view;
        self.filter_line().suffices() && self.failure(view).is_none() && !self.requests.awaits_first(view)
    }

    /// The columns of the view's table that fit there.
    pub(in crate::tui) fn placed(&self, area: Area) -> Vec<Placed> {
        let beside = self.screen().is_some_and(|screen| screen.detail.is_some());
        place(self.views.of(self.view).shapes(self.columns.of(self.view), beside), area)
    }

    /// Measures the rows around the visible ones, so that columns are as wide as their content. That is done once for
    /// a part of the list, which is longer than a screen: columns do not move with every step through it.
    pub(super) fn measure(&mut self) {
        const BLOCK: usize = 100;
        let view = self.view;
        let seen = self.window(view).seen();
        let (block, lines) = (seen.offset / BLOCK, seen.lines);
        if seen.shown == 0 || !self.window(view).widths().lacks(block, lines) {
            return;
        }
        let before = std::mem::take(self.window_mut(view).widths_mut());
        let mut widths = before.clone();
        let logic = self.views.of(view);
        let whole =
            |column: usize| Placed { column, title: "", right: false, sorted: None, x: 0, width: MEASURED };
        let all: Vec<Placed> = (0..logic.columns().len()).map(whole).collect();
        let mut cell = Cell::new(self.facts());
        let first = (block * BLOCK).saturating_sub(BLOCK);
        for line in first..(first + 3 * BLOCK).min(lines) {
            logic.row(line, &all, &mut cell, &mut |placed, _, text| {
                let width = u16::try_from(text_width(text)).unwrap_or(u16::MAX);
                widths.take(placed.column, width);
            });
        }
        widths.done(block, lines);
        if !widths.same_as(&before) {
            self.dirty();
        }
        *self.window_mut(view).widths_mut() = widths;
    }

    /// Shows times in UTC instead of ages, or the other way round.
    pub(super) fn switch_times(&mut self) {
        self.absolute = !self.absolute;
        for view in View::ALL {
            // Columns become narrower too.
            *self.window_mut(view).widths_mut() = Widths::default();
        }
        let key = self.setup.keymap.hint(Action::Times);
        let words = if self.absolute { "Times are in UTC" } else { "Times are relative" };
        let other = if self.absolute { "relative times" } else { "times in UTC" };
        self.say(Level::Info, format!("{words}. Press {key} for {other}."));
    }

    /// The detail of what is selected, in its place.
    pub(in crate::tui) fn page(&self, area: Area) -> Page {
        let facts = self.facts();
        let view = self.views.of(self.view);
        let mut writer = DetailWriter::new(area, self.setup.zone.clone(), (facts.server_now, facts.absolute));
        writer.alone = self.detail_alone();
        let title = view.page(facts, &mut writer).unwrap_or_else(|| "Detail".into());
        writer.finish(title, view.label(), self.scroll.top)
    }

    /// The same, if it is to be seen.
    pub(super) fn visible_page(&self) -> Option<Page> {
        self.screen().and_then(|screen| screen.detail).map(|area| self.page(area))
    }

    /// Whether the detail has the screen for itself.
    pub(in crate::tui) fn detail_alone(&self) -> bool {
        self.screen().is_some_and(|screen| screen.table.is_none() && screen.detail.is_some())
    }

    /// Whether the motion keys scroll the detail: it has the screen, and is longer than that.
    pub(in crate::tui) fn reads_page(&self) -> bool {
        self.detail_alone() && self.visible_page().is_some_and(|page| page.is_long())
    }

    /// A decision is being made: nothing may move under it.
    pub(super) fn deciding(&self) -> bool {
        self.dialogs.iter().any(|dialog| dialog.logic().decides())
    }

    /// Since when the oldest request waits that is answered soon where all is well.
    pub(super) fn oldest_request(&self) -> Option<Timestamp> {
        self.requests.oldest(self.views.nodes.fleet.is_many())
    }

    /// For how many seconds an answer is awaited, once that is worth a word: the connection may be dead.
    pub(in crate::tui) fn waiting(&self) -> Option<u64> {
        let age = self.oldest_request()?.age(self.now);
        (age >= WAITING).then_some(age.as_secs())
    }

    /// Since when the view's rows are awaited, once that is worth a word.
    pub(in crate::tui) fn loading(&self, view: View) -> bool {
        let slow = |since: Timestamp| since.age(self.now) >= LOADING;
        let first = |asker: Asker| matches!(asker, Asker::List(other, slot) if other == view && !matches!(slot, Slot::Again(_)));
        self.requests.here().any(|asked| first(asked.asker) && slow(asked.since))
    }

    /// Why the view's rows did not come.
    pub(in crate::tui) fn failure(&self, view: View) -> Option<&str> {
        self.failures.iter().find(|(other, _)| *other == view).map(|(_, text)| text.as_str())
    }

    /// How many rows all lists hold.
    pub fn loaded_rows(&self) -> usize {
        View::ALL.into_iter().map(|view| self.window(view).seen().rows).sum()
    }

    /// Says all of it, so that the first stands in the message line and the others behind it.
    pub(super) fn warned(&mut self, warnings: &[String]) {
        let Some((first, others)) = warnings.split_first() else { return };
        for warning in others.iter().rev() {
            self.say(Level::Warn, warning);
        }
        let more = match others.len() {
            0 => String::new(),
            count => format!("({count} more: press {}) ", self.setup.keymap.hint(super::Action::Messages)),
        };
        self.say(Level::Warn, format!("{more}{first}"));
    }

    /// The terminal's title: which server one is on, never what is on the screen.
    pub(super) fn title(&self) -> String {
        let context: String = crate::wire::text::inert(&self.setup.context).into_owned();
        if self.setup.prod { format!("keydeck: {context} PROD") } else { format!("keydeck: {context}") }
    }

    pub(super) fn say(&mut self, level: Level, text: impl Into<String>) {
        self.messages.say(self.now, level, text);
        self.dirty();
    }

    /// Asks the server for something.
    pub(super) fn ask(&mut self, effects: &mut Vec<Effect>, asker: Asker, request: Request) {
        self.ask_in(effects, None, asker, request);
    }

    /// Asks the server of another context, if one is named.
    pub(super) fn ask_in(
        &mut self,
        effects: &mut Vec<Effect>,
        context: Option<String>,
        asker: Asker,
        request: Request,
    ) {
        let subject = self.subject(&request);
        self.requests.send(effects, (asker, request), self.now, subject, context);
    }

    /// What the key or project is called that a request changes, where the request itself does not say it.
    fn subject(&self, request: &Request) -> String {
        match request {
            Request::RotateKey { id, .. }
            | Request::RevokeKey { id, .. }
            | Request::EditKey { id, .. }
            | Request::PauseKey { id, .. }
            | Request::StartRotation(id)
            | Request::CancelRotation(id)
            | Request::ResumeKey(id)
            | Request::Decide { key: id, .. }
            | Request::Undecide { key: id, .. } => {
                let open = self.dialogs.iter().filter_map(|dialog| dialog.logic().about());
                let known = self.facts().loaded(*id).or_else(|| open.into_iter().find(|key| key.id == *id));
                known.map_or_else(|| id.to_string(), Key::full_name)
            }
            Request::DeleteProject { id, .. } => {
                let known = self.views.projects.list.rows.get(*id);
                known.map_or_else(|| id.to_string(), |project| project.name.clone())
            }
            _ => String::new(),
        }
    }
}
