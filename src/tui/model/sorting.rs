//! The order of a list of keys: by the menu, by a click on a column's name, the other way round.

use super::action::Action;
use super::dialogs::sort::usual;
use super::dialogs::{Dialog, SortMenu};
use super::effect::Effect;
use super::event::{KeyCode, KeyPress, PressKind};
use super::lists;
use super::messages::Level;
use super::rows::Arrival;
use super::state::State;
use super::tabs::View;
use crate::wire::keys::{Sort, SortBy};

impl State {
    /// The order of the view's list; says why where there is no other one.
    fn sorted(&mut self) -> Option<Sort> {
        let words = match self.view {
            View::Keys | View::Stale => return self.key_list().map(|list| list.sort),
            View::Projects => "projects stand in the order of their names",
            View::Audit => "the audit log stands in the order of time, newest first",
        };
        self.say(Level::Info, words);
        None
    }

    pub(super) fn open_sort_menu(&mut self) {
        if let Some(sort) = self.sorted() {
            self.dialogs.push(Dialog::Sort(SortMenu::new(sort)));
            self.dirty();
        }
    }

    /// The same column the other way round.
    pub(super) fn reverse(&mut self, fx: &mut Vec<Effect>) {
        if let Some(sort) = self.sorted() {
            self.sort_by(fx, Sort { descending: !sort.descending, ..sort });
        }
    }

    /// A column's name was clicked: sorts by it, and by a second click the other way round.
    pub(super) fn sort_by_column(&mut self, fx: &mut Vec<Effect>, by: SortBy) {
        match self.sorted() {
            Some(sort) if sort.by == by => self.reverse(fx),
            Some(_) => self.sort_by(fx, usual(by)),
            None => {}
        }
    }

    /// Gives the view's list another order.
    pub(super) fn sort_by(&mut self, fx: &mut Vec<Effect>, sort: Sort) {
        let list = match self.view {
            View::Keys => &mut self.keys,
            View::Stale => &mut self.stale,
            View::Projects | View::Audit => return,
        };
        if list.sort != sort {
            list.sort = sort;
            lists::reload(self, fx, Arrival::Top);
        }
    }

    pub(super) fn key_sort(&mut self, fx: &mut Vec<Effect>, key: KeyPress, action: Option<Action>) {
        let Some(Dialog::Sort(menu)) = self.dialogs.last_mut() else { return };
        let pressed = key.kind == PressKind::Press;
        match (key.code, action) {
            (KeyCode::Enter, _) if pressed => {
                let sort = menu.chosen();
                self.dialogs.pop();
                self.sort_by(fx, sort);
            }
            (_, Some(Action::Sort | Action::Down)) | (KeyCode::Tab, _) => menu.turn(true),
            (_, Some(Action::Up)) | (KeyCode::BackTab, _) => menu.turn(false),
            (_, Some(Action::Reverse)) | (KeyCode::Left | KeyCode::Right | KeyCode::Char(' '), _) => {
                menu.reverse();
            }
            (KeyCode::Esc, _) | (_, Some(Action::Close | Action::Back)) if pressed => {
                self.dialogs.pop();
            }
            _ => return,
        }
        self.dirty();
    }
}
