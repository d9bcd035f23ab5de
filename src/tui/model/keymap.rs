//! Which key does what. Help and footer are made from this, so that they never say anything else.

use super::action::{ACTIONS, Action, Scope};
use super::chord::{Chord, defaults};
use super::dialog_keys::{never_sent, unfit};
use super::event::{KeyCode, KeyPress, PressKind};
use super::field::Edit;
use super::hints::{Hint, Input, Text};

/// What nobody can do without: the way out of the dashboard, and through and out of a dialog.
const NEEDED: [Action; 3] = [Action::Quit, Action::Submit, Action::Cancel];

/// A line of a configuration: an action by its name, and the keys it is to have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The action's name.
    pub action: String,
    /// Its keys, and no others.
    pub keys: Vec<String>,
    /// Where that stands; 1 is the first line.
    pub line: usize,
}

/// Why a line cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadBinding {
    /// The line.
    pub line: usize,
    /// What is wrong with it and what to write instead.
    pub reason: String,
}

/// The live bindings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keymap {
    bound: Vec<(Chord, Action)>,
}

impl Default for Keymap {
    fn default() -> Keymap {
        Keymap { bound: defaults().collect() }
    }
}

impl Keymap {
    /// The default keys with those of a configuration in their place. A key that only a default has goes to the
    /// action that the configuration gives it to.
    ///
    /// # Errors
    /// The first line that names no action or no key, or a key that an earlier line gives to another action of the
    /// same place, or one that a dialog needs, or that puts something destructive on Ctrl; or the line that takes
    /// the last key away from what nobody can do without, or lets one key ask for a deed and confirm it.
    pub fn configured(bindings: &[Binding]) -> Result<Keymap, BadBinding> {
        let mut lines: Vec<&Binding> = bindings.iter().collect();
        lines.sort_by_key(|binding| binding.line);
        let mut wanted: Vec<(Chord, Action, &Binding)> = Vec::new();
        let mut named = Vec::new();
        for binding in lines {
            let bad = |reason: String| BadBinding { line: binding.line, reason };
            let action = Action::named(&binding.action).ok_or_else(|| bad(unknown(&binding.action)))?;
            named.push(action);
            for key in &binding.keys {
                let chord = Chord::parse(key).map_err(|error| bad(error.to_string()))?;
                if chord.ctrl && action.destroys() {
                    return Err(bad(format!(
                        "{} is destructive and cannot be on a Ctrl key; choose a key without Ctrl",
                        binding.action
                    )));
                }
                if let Some(why) = never_sent(chord).or_else(|| unfit(action, chord, &binding.keys)) {
                    return Err(bad(format!("{key:?} {why}")));
                }
                let same = |(other, of, _): &&(Chord, Action, &Binding)| *other == chord && of.meets(action);
                if let Some((.., first)) = wanted.iter().find(same) {
                    return Err(bad(format!(
                        "{key:?} is bound to {} and, in line {}, to {}; change one of them",
                        binding.action, first.line, first.action
                    )));
                }
                wanted.push((chord, action, binding));
            }
        }
        let taken = |chord: Chord, action: Action| {
            wanted.iter().find(|(other, of, _)| *other == chord && of.meets(action))
        };
        let free =
            |(chord, action): &(Chord, Action)| !named.contains(action) && taken(*chord, *action).is_none();
        let mut bound: Vec<(Chord, Action)> = defaults().filter(free).collect();
        bound.extend(wanted.iter().map(|(chord, action, _)| (*chord, *action)));
        for needed in NEEDED {
            if bound.iter().any(|(_, action)| *action == needed) {
                continue;
            }
            let name = needed.name();
            let by_name = bindings.iter().find(|binding| binding.action == name);
            let mut by_key = defaults().filter(|(_, action)| *action == needed);
            let line = by_name.or(by_key.find_map(|(chord, _)| taken(chord, needed).map(|(.., line)| *line)));
            return Err(BadBinding {
                line: line.map_or(1, |binding| binding.line),
                reason: format!("{name} would be left without a key; bind another one"),
            });
        }
        let keys =
            |action: Action| bound.iter().filter(move |(_, of)| *of == action).map(|(chord, _)| *chord);
        let asks = |chord: Chord| {
            [Action::Revoke, Action::DeleteProject, Action::Execute]
                .into_iter()
                .find(|action| keys(*action).any(|key| key == chord))
        };
        if let Some((chord, asks)) =
            keys(Action::Confirm).find_map(|chord| asks(chord).map(|asks| (chord, asks)))
        {
            let line = wanted
                .iter()
                .filter(|(other, of, _)| *other == chord && (*of == Action::Confirm || *of == asks));
            return Err(BadBinding {
                line: line.map(|(.., binding)| binding.line).max().unwrap_or(1),
                reason: format!(
                    "{chord} would both open and confirm {}; bind one of them to another key",
                    asks.name()
                ),
            });
        }
        Ok(Keymap { bound })
    }

    /// The same with what can be used of a configuration, and what is wrong with the rest of it: such a line is as
    /// if it were not there. A line that leaves another action without any key is told too.
    pub fn forgiving(bindings: &[Binding]) -> (Keymap, Vec<BadBinding>) {
        let mut good = bindings.to_vec();
        let mut problems = Vec::new();
        loop {
            match Keymap::configured(&good) {
                Ok(keymap) => {
                    problems.extend(keymap.left_without(&good));
                    problems.sort_by_key(|problem| problem.line);
                    return (keymap, problems);
                }
                Err(bad) => {
                    let before = good.len();
                    good.retain(|binding| binding.line != bad.line);
                    if good.len() == before {
                        good.clear();
                    }
                    problems.push(bad);
                }
            }
        }
    }

    /// The actions that have no key left since other ones were given it.
    fn left_without(&self, bindings: &[Binding]) -> Vec<BadBinding> {
        let meant = |action: Action| bindings.iter().any(|binding| binding.action == action.name());
        let lost =
            ACTIONS.iter().filter(|(action, ..)| self.keys(*action).next().is_none() && !meant(*action));
        let told = lost.filter_map(|(action, name, ..)| {
            let (chord, to) = defaults().filter(|(_, other)| other == action).find_map(|(chord, _)| {
                let here = |(bound, to): &&(Chord, Action)| *bound == chord && to.meets(*action);
                self.bound.iter().find(here).map(|(_, to)| (chord, *to))
            })?;
            let line = bindings.iter().find(|binding| binding.action == to.name())?.line;
            let reason = format!("{chord} is now bound to {}; {name} has no key left, bind one", to.name());
            Some(BadBinding { line, reason })
        });
        told.collect()
    }

    /// What a key does in a table. Keys that repeat while they are held only move.
    pub fn action(&self, key: KeyPress) -> Option<Action> {
        let chord = Chord::of(key);
        let here = |(bound, action): &&(Chord, Action)| *bound == chord && action.works_in(Scope::Table);
        let action = self.bound.iter().find(here)?.1;
        (key.kind == PressKind::Press || action.moves()).then_some(action)
    }

    /// The keys of an action, the first of them first.
    pub fn keys(&self, action: Action) -> impl Iterator<Item = Chord> + '_ {
        self.bound.iter().filter(move |(_, bound)| *bound == action).map(|(chord, _)| *chord)
    }

    /// The first key of an action as text; empty when it has none.
    pub fn hint(&self, action: Action) -> String {
        self.keys(action).next().map(|chord| chord.to_string()).unwrap_or_default()
    }

    /// What a key is to a dialog with these hints: one of their actions, or something for its field. A letter is a
    /// letter where one types, and a held key moves or edits.
    pub(super) fn input(&self, key: KeyPress, hints: &[Hint], text: Text) -> Option<Input<'static>> {
        let chord = Chord::of(key);
        let letter = matches!(key.code, KeyCode::Char(c) if c != ' ') && !key.ctrl && !key.alt;
        let types = text.takes_letters();
        let bound = |action: &&Action| self.keys(**action).any(|bound| bound == chord);
        let action = hints.iter().flat_map(|hint| hint.actions).find(bound);
        if let Some(action) = action.filter(|_| !(letter && types)) {
            let fields = matches!(action, Action::NextField | Action::PreviousField);
            let acts = key.kind == PressKind::Press || action.moves() || fields;
            return acts.then_some(Input::Do(*action));
        }
        if key.alt {
            return None;
        }
        Some(Input::Edit(match (key.code, key.ctrl) {
            (KeyCode::Char(c), false) => Edit::Insert(c),
            (KeyCode::Backspace, false) | (KeyCode::Char('h'), true) => Edit::Backspace,
            (KeyCode::Delete, false) => Edit::Delete,
            (KeyCode::Char('w'), true) => Edit::DeleteWord,
            (KeyCode::Char('u'), true) => Edit::Clear,
            (KeyCode::Left, false) => Edit::Left,
            (KeyCode::Right, false) => Edit::Right,
            (KeyCode::Home, false) | (KeyCode::Char('a'), true) => Edit::Home,
            (KeyCode::End, false) | (KeyCode::Char('e'), true) => Edit::End,
            _ => return None,
        }))
    }

    /// A dialog's last line: the keys that work there, each with its verb.
    pub(in crate::tui) fn hints(&self, hints: &[Hint], text: Text, few: bool) -> Vec<(String, String)> {
        let types = text.takes_letters();
        let works = |chord: &Chord| {
            let letter = matches!(chord.code, KeyCode::Char(c) if c != ' ') && !chord.ctrl && !chord.alt;
            !(types && letter)
        };
        let mut line = Vec::with_capacity(hints.len());
        for hint in hints {
            let does = if few { &*hint.few } else { &*hint.does };
            let keys = hint.actions.iter().filter_map(|action| self.keys(*action).find(works));
            let keys: Vec<String> = keys.map(|chord| chord.to_string()).collect();
            if !does.is_empty() && (!keys.is_empty() || hint.actions.is_empty()) {
                line.push((keys.join(" "), does.to_owned()));
            }
        }
        line
    }

    /// All actions with their keys and what they do, for the help and the palette. One without keys is there too.
    pub fn help(&self) -> impl Iterator<Item = (Action, String, &'static str)> + '_ {
        ACTIONS.iter().map(|(action, _, words, _)| {
            let keys: Vec<String> = self.keys(*action).map(|chord| chord.to_string()).collect();
            (*action, keys.join(" "), *words)
        })
    }
}

/// The words for a name that no action has: the nearest ones first would be a guess, so all of them.
fn unknown(name: &str) -> String {
    let names: Vec<&str> = ACTIONS.iter().map(|(_, name, ..)| *name).collect();
    format!("unknown action {name:?}; actions: {}", names.join(", "))
}
