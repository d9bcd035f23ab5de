//! What is shown of the selected row beside it: of a key, who uses it and how much; and how far one has scrolled.

use super::action::Action;
use super::effect::{Effect, Request};
use super::interaction::Notice;
use super::list::Motion;
use super::messages::Level;
use super::page::{Detail, Page, PageWriter, Scroll};
use super::requests::Asker;
use super::state::State;
use super::timers::{REFRESH, REST};
use crate::tui::layout::Area;

/// Days of use that are shown.
pub const DAYS: u32 = 30;

impl State {
    /// Once the server answers again, what it could not be asked before is asked: a failure that is over is not shown
    /// for ever.
    pub(super) fn ask_failed_again(&mut self, fx: &mut Vec<Effect>) {
        if !std::mem::take(&mut self.link.back) {
            return;
        }
        self.detail.ask_failed_again(self.now);
        self.notify(fx, &Notice::LinkBack);
    }

    /// Follows the selection: what was asked for another key is no longer wanted.
    pub(super) fn follow_selection(&mut self, fx: &mut Vec<Effect>) {
        let visible = self.screen().is_some_and(|screen| screen.detail.is_some());
        let wanted = if visible { self.selected_key().map(|key| (key.id, key.last_used_at)) } else { None };
        let Some((id, used)) = wanted else {
            self.detail.due = None;
            return;
        };
        if self.detail.key != Some(id) {
            self.requests.cancel(fx, |asker| asker == Asker::Detail);
            self.detail =
                Detail { key: Some(id), as_of: used, due: Some(self.now + REST), ..Detail::default() };
        } else if self.detail.as_of != used {
            self.detail.as_of = used;
            let soon = self.detail.asked.map_or(self.now, |asked| (asked + REFRESH).max(self.now));
            self.detail.due = Some(self.detail.due.map_or(soon, |due| due.min(soon)));
        } else if self.detail.callers.is_none()
            && self.detail.due.is_none()
            && !self
                .requests
                .here()
                .any(|asked| matches!((asked.asker, &asked.request), (Asker::Detail, Request::Callers(_))))
        {
            self.detail.due = Some(self.now + REST);
        }
    }

    /// Asks for the detail once it is due.
    pub(super) fn detail_due(&mut self, fx: &mut Vec<Effect>) {
        let Some(id) = self.detail.key.filter(|_| self.detail.due.is_some_and(|due| self.now >= due)) else {
            return;
        };
        self.detail.due = None;
        self.detail.asked = Some(self.now);
        self.requests.cancel(fx, |asker| asker == Asker::Detail);
        self.ask(fx, Asker::Detail, Request::Callers(id));
        self.ask(fx, Asker::Detail, Request::Usage { id, days: DAYS });
    }

    /// The detail of what is selected, in its place.
    pub(in crate::tui) fn page(&self, area: Area) -> Page {
        let facts = self.facts();
        let view = self.views.of(self.view);
        let mut writer = PageWriter::new(area, self.setup.zone.clone(), facts.server_now);
        let title = view.page(facts, &mut writer).unwrap_or_else(|| "Detail".into());
        writer.finish(title, view.label(), self.scroll.top)
    }

    fn visible_page(&self) -> Option<Page> {
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

    /// How many lines a page of it has.
    pub(super) fn page_room(&self) -> usize {
        self.visible_page().map_or(1, |page| page.room.max(1))
    }

    /// Scrolls the detail, as far as it goes.
    pub(super) fn scroll_page(&mut self, motion: Motion) {
        let Some(page) = self.visible_page() else {
            let open = self.setup.keymap.hint(Action::Open);
            return self
                .say(Level::Info, format!("no detail is shown that could be scrolled; {open} opens it"));
        };
        if !page.is_long() {
            return self.say(Level::Info, "all of the detail is to be seen");
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

    /// The same by the mouse's wheel, which says nothing.
    pub(super) fn wheel_page(&mut self, by: isize) {
        if self.visible_page().is_some_and(|page| page.is_long()) {
            self.scroll_page(Motion::By(by));
        }
    }

    /// Begins at the top for another row; scrolls no further than there are lines after these or the size changed.
    pub(super) fn bound_page(&mut self) {
        let of = self.window(self.view).seen().selected.map(|(_, row)| row);
        if self.scroll.of != of {
            self.scroll = Scroll { of, top: 0 };
        } else if self.scroll.top > 0 && self.screen().is_some() {
            self.scroll.top = self.visible_page().map_or(0, |page| page.top);
        }
    }
}
