//! The keys of dialogs: each is read as the one that the dialogs know, whatever it is bound to.

use super::action::{Action, Scope};
use super::event::{KeyCode, KeyPress};
use super::keymap::{Chord, Keymap};

/// The keys that the dialogs know, as each action has them before anybody changes it.
const OWN: [(Action, KeyCode); 8] = [
    (Action::Submit, KeyCode::Enter),
    (Action::Cancel, KeyCode::Esc),
    (Action::NextField, KeyCode::Tab),
    (Action::PreviousField, KeyCode::BackTab),
    (Action::Confirm, KeyCode::Char('y')),
    (Action::CopyAgain, KeyCode::Char('y')),
    (Action::CopyAs, KeyCode::Char('Y')),
    (Action::WriteFile, KeyCode::Char('w')),
];

/// What edits a field, with Ctrl.
const EDITS: &str = "aehuw";

impl Keymap {
    /// A key as the dialogs know it. Letters stay what they are unless they may confirm something.
    pub(super) fn in_dialog(&self, key: KeyPress, scope: Scope, letters: bool) -> KeyPress {
        if !letters && matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt {
            return key;
        }
        let plain = matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt;
        let meant = OWN.iter().find(|(action, _)| {
            !(plain && *action == Action::Cancel)
                && action.works_in(scope)
                && self.keys(*action).any(|chord| chord == Chord::of(key))
        });
        if let Some((_, code)) = meant {
            return KeyPress { code: *code, ctrl: false, alt: false, ..key };
        }
        let taken_away = OWN.iter().any(|(action, code)| {
            let own = Chord { code: *code, ctrl: false, alt: false };
            action.works_in(scope) && *code == key.code && !self.keys(*action).any(|chord| chord == own)
        });
        if taken_away { KeyPress { code: KeyCode::Other, ..key } } else { key }
    }

    /// Our own words about the keys of dialogs, with those that they have: in `Enter makes it, Esc leaves`.
    pub(in crate::tui) fn said(&self, scope: Scope, words: &str) -> String {
        let own = |word: &str| {
            let named = |code: KeyCode| Chord { code, ctrl: false, alt: false }.to_string() == word;
            OWN.iter()
                .find(|(action, code)| action.works_in(scope) && named(*code))
                .map(|(action, _)| *action)
        };
        let mut said = String::with_capacity(words.len());
        for part in words.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
            match own(word).map(|action| self.hint(action)) {
                Some(key) if key.is_empty() => said.push_str("(no key)"),
                Some(key) => said.push_str(&key),
                None => said.push_str(word),
            }
            said.push_str(&part[word.len()..]);
        }
        said
    }
}

/// Why no terminal sends a key so that it could be told from something else: behind ESC these characters begin a
/// sequence or a reply.
pub(super) fn never_sent(chord: Chord) -> Option<&'static str> {
    let opens = |c: char| matches!(c, '[' | ']' | 'O' | 'P' | 'X' | '^' | '_');
    match chord.code {
        KeyCode::Char(c) if chord.alt && !chord.ctrl && opens(c) => {
            Some("never arrives: terminals begin other sequences with it; give it another key")
        }
        _ => None,
    }
}

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
            Some(_) if plain => Some("is a letter where one types; give it one such as ctrl-s, alt-x or f2"),
            Some(c) if chord.ctrl && EDITS.contains(c) => Some("edits a field; give it another key"),
            Some(_) => None,
            None if named || OWN[..4].iter().any(|(_, own)| *own == chord.code) => None,
            None => Some("moves or edits in a dialog; give it one such as enter, ctrl-s or f2"),
        },
        (Action::Confirm | Action::CopyAgain | Action::CopyAs | Action::WriteFile, letter) => match letter {
            Some(c) if plain && (means_else(chord) || c.is_ascii_digit()) => {
                Some("means something else in dialogs; give it another letter")
            }
            Some(_) => None,
            None if named => None,
            None => Some("means something else in dialogs; give it a letter or one such as f2"),
        },
        _ => None,
    }
}

fn means_else(chord: Chord) -> bool {
    super::keymap::defaults().any(|(other, action)| other == chord && ALSO.contains(&action))
}
