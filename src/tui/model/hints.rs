//! The keys of a dialog: what it takes, what it says of them, and what a key press is to it.

use std::borrow::Cow;

use super::action::Action;
use super::field::Edit;
use crate::tui::layout::Area;

/// What a key press, a paste or a click is to a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input<'a> {
    /// One of the actions among its hints.
    Do(Action),
    /// Something for its field.
    Edit(Edit<'a>),
}

/// What a dialog does with text at this moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Text {
    /// Nothing: letters are actions, and a paste is looked through for a whole key.
    Refused,
    /// Letters are actions, and a paste goes to the dialog's field.
    Pasted,
    /// Letters and pastes go to the field; Enter submits it.
    Typed,
    /// The same, in a line that something is chosen by.
    Chosen,
    /// Nothing, and letters are no actions either: an answer is awaited, or they choose something.
    Waiting,
}

/// Keys that work in a dialog, and what they do in words. An action that is in no hint does not work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// The actions; the first key of each is shown.
    pub actions: &'static [Action],
    /// A verb for the keys: `create`; empty when they are not named.
    pub does: Cow<'static, str>,
    /// The same in fewer words, for a narrow screen.
    pub few: Cow<'static, str>,
}

impl Text {
    /// Whether a letter is no more than a letter.
    pub const fn takes_letters(self) -> bool {
        matches!(self, Text::Typed | Text::Chosen | Text::Waiting)
    }
}

impl Hint {
    /// Keys that do this.
    pub fn new(actions: &'static [Action], does: impl Into<Cow<'static, str>>) -> Hint {
        let does = does.into();
        Hint { actions, few: does.clone(), does }
    }

    /// Words about keys that edit, for which there is no action.
    pub fn words(does: &'static str) -> Hint {
        Hint::new(&[], does)
    }

    /// Keys that work and are not named.
    pub fn silent(actions: &'static [Action]) -> Hint {
        Hint::new(actions, "")
    }

    /// The same with fewer words for a narrow screen; without any, it is left out there.
    pub fn or(self, few: &'static str) -> Hint {
        Hint { few: Cow::Borrowed(few), ..self }
    }
}

/// What the mouse did over a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pointed {
    /// It was clicked at this column and row of the screen.
    Click(u16, u16),
    /// The wheel was turned by so many lines, down if positive.
    Wheel(isize),
}

impl Pointed {
    /// Which row of a box was clicked, counted from its `first` one; its border is none.
    pub fn row_in(self, area: Area, first: u16) -> Option<usize> {
        let Pointed::Click(x, y) = self else { return None };
        let inside = area.holds(x, y) && y >= area.y + first && y + 1 < area.y + area.height;
        inside.then(|| usize::from(y - area.y - first))
    }
}
