//! The order of a list of keys: by the menu, by a click on a column's name, the other way round.

use super::effect::Effect;
use super::interaction::OpenDialog;
use super::list::Arrival;
use super::lists;
use super::messages::Level;
use super::state::State;
use crate::wire::keys::{Sort, SortBy};

impl State {
    /// The order of the view's list; says why where there is no other one.
    fn sorted(&mut self) -> Option<Sort> {
        let sort = self.views.of(self.view).sort();
        if let Err(why) = sort {
            self.say(Level::Info, why);
        }
        sort.ok()
    }

    pub(super) fn open_sort_menu(&mut self, fx: &mut Vec<Effect>) {
        if let Some(sort) = self.sorted() {
            self.open_dialog(fx, OpenDialog::Sort(sort));
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
}
