//! The mouse, when it is wanted: rows, tabs and column names are clicked, the wheel scrolls. Nothing that changes
//! anything on the server can be done by it.

use super::action::Action;
use super::acts::LINES;
use super::columns;
use super::effect::Effect;
use super::event::{Mouse, MouseKind};
use super::hints::Pointed;
use super::list::Motion;
use super::lists;
use super::messages::Level;
use super::state::State;
use super::tabs::View;
use crate::tui::layout::{self, Area};

impl State {
    pub(super) fn toggle_mouse(&mut self) {
        self.mouse = !self.mouse;
        let key = self.setup.keymap.hint(Action::Mouse);
        let words = if self.mouse {
            format!("the mouse is on: click rows, column names and tabs; {key} gives selecting text back")
        } else {
            format!("the mouse is off: it selects text again; {key} turns it on")
        };
        self.say(Level::Info, words);
    }

    /// Tells the terminal when the mouse is wanted or not any more: never while a key is shown, whose text
    /// somebody may want to select.
    pub(super) fn capture_mouse(&mut self, fx: &mut Vec<Effect>) {
        let wanted = self.mouse && !self.shows_secret();
        if wanted != self.captured {
            self.captured = wanted;
            fx.push(Effect::CaptureMouse(wanted));
        }
    }

    pub(super) fn mouse(&mut self, fx: &mut Vec<Effect>, mouse: Mouse) {
        if self.shows_secret() || self.screen().is_none() {
            return;
        }
        let by = match mouse.kind {
            MouseKind::Click => return self.click(fx, mouse.x, mouse.y),
            MouseKind::WheelUp => -LINES,
            MouseKind::WheelDown => LINES,
        };
        match self.dialogs.last() {
            None => self.wheel(fx, mouse, by),
            Some(_) => self.point_at_dialog(fx, Pointed::Wheel(by)),
        }
    }

    /// Scrolls what the mouse is over.
    fn wheel(&mut self, fx: &mut Vec<Effect>, mouse: Mouse, by: isize) {
        let Some(screen) = self.screen() else { return };
        let over = |area: Option<Area>| area.is_some_and(|area| area.holds(mouse.x, mouse.y));
        if over(screen.detail) {
            self.wheel_page(by);
        } else if over(screen.table) {
            lists::step(self, fx, Motion::By(by));
        }
    }

    fn click(&mut self, fx: &mut Vec<Effect>, x: u16, y: u16) {
        if !self.dialogs.is_empty() {
            // In lists to choose from; elsewhere a dialog is answered by keys alone.
            self.point_at_dialog(fx, Pointed::Click(x, y));
            return;
        }
        let Some(screen) = self.screen() else { return };
        let inside = |area: Option<Area>| area.filter(|area| area.holds(x, y));
        if inside(screen.filter).is_some() {
            self.begin_filter();
            self.dirty();
            return;
        }
        self.filter_line_mut().editing = false;
        self.dirty();
        if screen.tabs.holds(x, y) {
            let names = View::ALL.into_iter().map(|view| view.tab(screen.tabs.width));
            let tab = layout::tabs(screen.tabs, names).iter().position(|tab| tab.holds(x, y));
            if let Some(at) = tab {
                self.act(fx, Action::View(at as u8 + 1));
            }
        } else if let Some(side) = inside(screen.side) {
            self.click_side(fx, side, y);
        } else if let Some(table) = inside(screen.table) {
            match y - table.y {
                0 => {}
                1 => self.click_column(fx, table, x),
                row => self.click_row(usize::from(row) - 2),
            }
        }
    }

    fn click_column(&mut self, fx: &mut Vec<Effect>, table: Area, x: u16) {
        let view = self.views.of(self.view);
        let placed = columns::place(&view.shapes(), table);
        let clicked = placed.iter().find(|column| x >= column.x && x < column.x + column.width);
        let by = clicked.and_then(|clicked| view.sorts(clicked.column));
        if let Some(by) = by {
            self.sort_by_column(fx, by);
        }
    }

    fn click_row(&mut self, row: usize) {
        let (view, height) = (self.view, self.height());
        if !self.window(view).seen().adrift || !self.requests.awaits_first(view) {
            self.act_elsewhere(Action::First);
            self.window_mut(view).select_at(row, height);
        }
    }

    fn click_side(&mut self, fx: &mut Vec<Effect>, side: Area, y: u16) {
        let scope = self.key_list().and_then(|list| list.project.as_ref()).map(|(id, _)| *id);
        let height = usize::from(side.height.saturating_sub(2));
        match usize::from(y - side.y) {
            0 => {}
            1 => self.act(fx, Action::View(2)),
            row => {
                let at = self.views.projects.beside(scope, height) + row - 2;
                let clicked = self.views.projects.list.rows.all().get(at);
                if let Some((id, name)) = clicked.map(|project| (project.id, project.name.clone())) {
                    self.open_project(fx, id, name);
                }
            }
        }
    }
}
