//! The choice of a theme. The whole screen shows the marked one. Enter keeps it; any other way out takes it back.

use super::menu::moves;
use crate::tui::layout;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{DialogLogic, Facts, Step};
use crate::tui::model::hints::{Hint, Input, Pointed};
use crate::tui::model::setup::Themes;

/// The list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThemePicker {
    /// The names of the themes.
    pub names: Vec<&'static str>,
    /// The place of the marked one.
    pub cursor: usize,
    /// The name of the theme that there was.
    pub present: String,
}

impl ThemePicker {
    /// With the theme that there is marked.
    pub fn new(themes: &Themes) -> ThemePicker {
        let cursor = themes.names.iter().position(|name| *name == themes.current).unwrap_or(0);
        ThemePicker { names: themes.names.clone(), cursor, present: themes.current.clone() }
    }

    /// The name of the marked one.
    pub fn marked(&self) -> &'static str {
        self.names.get(self.cursor).copied().unwrap_or_default()
    }

    /// The first name that is to be seen, of so many rows.
    pub fn top(&self, rows: usize) -> usize {
        (self.cursor + 1).saturating_sub(rows.max(1))
    }

    fn take(&self) -> Vec<Step> {
        vec![Step::Close, Step::KeepTheme(self.marked())]
    }
}

impl DialogLogic for ThemePicker {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        let last = self.names.len().saturating_sub(1);
        match input {
            Input::Do(Action::Submit) => return self.take(),
            Input::Do(action) => match moves(action, isize::try_from(last).unwrap_or(1)) {
                Some(by) => self.cursor = self.cursor.saturating_add_signed(by).min(last),
                None => return vec![Step::Close],
            },
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    fn pointed(&mut self, facts: Facts<'_>, pointed: Pointed) -> Vec<Step> {
        if let Pointed::Wheel(by) = pointed {
            let last = self.names.len().saturating_sub(1);
            self.cursor = self.cursor.saturating_add_signed(by.signum()).min(last);
            return Vec::new();
        }
        let (area, rows) = layout::themes(facts.size(), self.names.len());
        let row = pointed.row_in(area, 1).filter(|row| *row < rows);
        let Some(at) = row.map(|row| self.top(rows) + row).filter(|at| *at < self.names.len()) else {
            return Vec::new();
        };
        // The first click shows it, the second one keeps it.
        if at == self.cursor {
            return self.take();
        }
        self.cursor = at;
        Vec::new()
    }

    fn hints(&self) -> Vec<Hint> {
        vec![
            Hint::words("↑ ↓ preview"),
            Hint::new(&[Action::Submit], "keep"),
            Hint::new(&[Action::Cancel], "cancel"),
            Hint::silent(&[
                Action::Down,
                Action::Up,
                Action::NextField,
                Action::PreviousField,
                Action::First,
                Action::Last,
            ]),
        ]
    }

    fn decides(&self) -> bool {
        false
    }

    fn theme(&self) -> Option<&'static str> {
        Some(self.marked())
    }
}
