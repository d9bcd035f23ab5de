//! Which keys an action of the dialogs cannot have.

use super::action::Action;
use super::chord::{Chord, defaults};
use super::event::KeyCode;

/// What edits a field, with Ctrl.
const EDITS: &str = "aehuw";

/// Actions that dialogs take besides; none of their default keys may confirm or copy something.
const ALSO: [Action; 13] = [
    Action::Cancel,
    Action::Decline,
    Action::Toggle,
    Action::Revoke,
    Action::RevokeAll,
    Action::Stored,
    Action::StoredAll,
    Action::Up,
    Action::Down,
    Action::First,
    Action::Last,
    Action::PageUp,
    Action::PageDown,
];

/// Why a key cannot be one of an action in a dialog. `others` are further keys of the same action.
pub(super) fn unfit(action: Action, chord: Chord, others: &[String]) -> Option<&'static str> {
    let letter = match chord.code {
        KeyCode::Char(c) => Some(c),
        _ => None,
    };
    let plain = !chord.ctrl && !chord.alt;
    let named = matches!(chord.code, KeyCode::F(_));
    let is_letter = |key: &String| key.chars().count() == 1;
    match (action, letter) {
        // Where one types, a letter is a letter: another key leaves there.
        (Action::Cancel, Some(_)) if plain && !others.iter().all(is_letter) => None,
        (Action::Submit | Action::Cancel | Action::NextField | Action::PreviousField, letter) => match letter
        {
            Some(_) if plain => {
                Some("would be typed as text in a dialog; choose a key such as ctrl-s, alt-x or f2")
            }
            Some(c) if chord.ctrl && EDITS.contains(c) => Some("edits a field; choose another key"),
            Some(_) => None,
            None if named || is_own(chord) => None,
            None => Some("moves or edits in a dialog; choose a key such as enter, ctrl-s or f2"),
        },
        (Action::Confirm | Action::CopyAgain | Action::CopyAs | Action::WriteFile, letter) => match letter {
            Some(c) if plain && (means_else(chord) || c.is_ascii_digit()) => {
                Some("is already used in dialogs; choose another letter")
            }
            Some(_) => None,
            None if named => None,
            None => Some("is already used in dialogs; choose a letter or a key such as f2"),
        },
        _ => None,
    }
}

fn means_else(chord: Chord) -> bool {
    defaults().any(|(other, action)| other == chord && ALSO.contains(&action))
}

/// Why no terminal sends a key so that it could be told from something else: behind ESC these characters begin a
/// sequence or a reply.
pub(super) fn never_sent(chord: Chord) -> Option<&'static str> {
    let opens = |c: char| matches!(c, '[' | ']' | 'O' | 'P' | 'X' | '^' | '_');
    match chord.code {
        KeyCode::Char(c) if chord.alt && !chord.ctrl && opens(c) => {
            Some("cannot be used: terminals begin other sequences with it; choose another key")
        }
        _ => None,
    }
}

/// Whether it is a default key of one of the actions that every dialog knows.
fn is_own(chord: Chord) -> bool {
    const KNOWN: [Action; 4] = [Action::Submit, Action::Cancel, Action::NextField, Action::PreviousField];
    defaults().any(|(other, action)| other.code == chord.code && KNOWN.contains(&action))
}
