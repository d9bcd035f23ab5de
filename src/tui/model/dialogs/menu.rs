//! A menu of lines: arrows move, Enter takes the marked one, a digit or a letter takes its own. And how far a key moves
//! in a longer list.

use crate::tui::model::action::Action;
use crate::tui::model::field::Edit;
use crate::tui::model::hints::Input;

/// What a key does in a menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pick {
    /// It marks another line.
    Mark(usize),
    /// It takes this line.
    Take(usize),
    /// It closes the menu.
    Close,
    /// Nothing.
    Nothing,
}

/// What the hints of a menu have to hold, besides Submit and Cancel.
pub(super) const MOVES: &[Action] = &[Action::Up, Action::Down, Action::NextField, Action::PreviousField];

/// What the hints of a longer list have to hold besides.
pub(super) const SCROLLS: &[Action] = &[Action::PageUp, Action::PageDown, Action::First, Action::Last];

/// How far a key moves in a list of which so many lines are to be seen; none when it does something else.
pub(super) fn moves(action: Action, page: isize) -> Option<isize> {
    Some(match action {
        Action::Up | Action::PreviousField => -1,
        Action::Down | Action::NextField => 1,
        Action::PageUp | Action::HalfUp => -page,
        Action::PageDown | Action::HalfDown => page,
        Action::First => isize::MIN,
        Action::Last => isize::MAX,
        _ => return None,
    })
}

/// What a key does in a menu of so many lines, one of which is marked.
pub(super) fn choose(input: Input<'_>, at: usize, count: usize) -> Pick {
    match input {
        Input::Do(Action::Up | Action::PreviousField) => Pick::Mark((at + count - 1) % count.max(1)),
        Input::Do(Action::Down | Action::NextField) => Pick::Mark((at + 1) % count.max(1)),
        Input::Do(Action::Submit) => Pick::Take(at),
        Input::Do(_) => Pick::Close,
        Input::Edit(Edit::Insert(c @ '1'..='9')) => {
            let index = c as usize - '1' as usize;
            if index < count { Pick::Take(index) } else { Pick::Nothing }
        }
        Input::Edit(_) => Pick::Nothing,
    }
}
