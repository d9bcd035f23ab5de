//! Keys in the help and in the palette, and what they list. The palette knows all actions, all projects, and the
//! loaded keys; the server is asked for the others, once typing rests.

use std::time::Duration;

use super::action::{ACTIONS, Action, Scope};
use super::dialogs::finder::{Choice, Finder};
use super::dialogs::{Dialog, Edited, edit};
use super::effect::{Effect, Request};
use super::event::{KeyCode, KeyPress, PressKind};
use super::keymap::Keymap;
use super::lists;
use super::rank::Ranking;
use super::state::{State, What};
use super::views::keys::KeysView;
use crate::tui::layout;
use crate::wire::keys::{Key, KeyQuery, StatusQuery};
use crate::wire::text::{self, fold_search};
use crate::wire::time::Timestamp;

/// The server is asked when nothing was typed for so long.
const DEBOUNCE: Duration = Duration::from_millis(120);
/// How many keys it is asked for.
const ASKED: u32 = 50;
/// How many words of what is typed it is asked for.
const WORDS: usize = 8;

impl State {
    pub(super) fn open_help(&mut self) {
        self.dialogs.push(Dialog::Help(Finder::default()));
        self.find();
    }

    pub(super) fn open_palette(&mut self) {
        self.views.projects.want_all = true;
        self.dialogs.push(Dialog::Palette(Box::default()));
        self.find();
    }

    /// The list that is chosen from, if one is on top.
    pub(super) fn finder_mut(&mut self) -> Option<&mut Finder> {
        match self.dialogs.last_mut() {
            Some(Dialog::Help(finder)) => Some(finder),
            Some(Dialog::Palette(finder)) => Some(finder),
            _ => None,
        }
    }

    pub(super) fn key_finder(&mut self, fx: &mut Vec<Effect>, key: KeyPress) {
        let height = layout::finder_rows(self.setup.size);
        let page = height.max(1) as isize;
        let Some(finder) = self.finder_mut() else { return };
        match (key.code, key.ctrl) {
            (KeyCode::Esc, _) => {
                self.close_finder(fx);
            }
            (KeyCode::Enter, _) if key.kind == PressKind::Press => self.choose(fx),
            (KeyCode::Up | KeyCode::BackTab, _) | (KeyCode::Char('p'), true) => finder.step(-1, height),
            (KeyCode::Down | KeyCode::Tab, _) | (KeyCode::Char('n'), true) => finder.step(1, height),
            (KeyCode::PageUp, _) => finder.step(-page, height),
            (KeyCode::PageDown, _) => finder.step(page, height),
            _ => {
                // Moving in the field changes nothing of the list.
                let moves = matches!(key.code, KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End)
                    || (key.ctrl && matches!(key.code, KeyCode::Char('a' | 'e')));
                if let Edited::Yes(masked) = edit(&mut finder.field, key) {
                    if !moves {
                        self.finder_typed(fx);
                    }
                    self.dirty();
                    self.offer_if(fx, masked);
                }
                return;
            }
        }
        self.dirty();
    }

    /// Lists what fits to what is typed now, and asks the server for what is not loaded.
    pub(super) fn finder_typed(&mut self, fx: &mut Vec<Effect>) {
        self.cancel(fx, |what| what == What::Palette);
        let all_here = self.key_list().is_some_and(KeysView::holds_all);
        let now = self.now;
        if let Some(finder) = self.finder_mut() {
            finder.typed();
        }
        if let Some(Dialog::Palette(finder)) = self.dialogs.last_mut() {
            finder.due = (!all_here && words(finder.query()).is_some()).then(|| now + DEBOUNCE);
        }
        self.find();
    }

    /// Lists what fits to what is typed.
    pub(super) fn find(&mut self) {
        let height = layout::finder_rows(self.setup.size);
        let (choices, fits) = match self.dialogs.last() {
            Some(Dialog::Help(finder)) => actions(&self.setup.keymap, finder.query()),
            Some(Dialog::Palette(_)) => self.everything(),
            _ => return,
        };
        if let Some(finder) = self.finder_mut() {
            finder.take(choices, fits, height);
        }
        self.dirty();
    }

    fn everything(&mut self) -> (Vec<Choice>, usize) {
        let Some(Dialog::Palette(finder)) = self.dialogs.last() else { return Default::default() };
        let mut ranking = Ranking::new(finder.query());
        // What works in a dialog alone cannot be done from here.
        let actions = ACTIONS.iter().filter(|(action, ..)| action.works_in(Scope::Table));
        ranking.actions(actions.map(|(action, _, words)| (*action, *words)));
        ranking.projects(self.views.projects.list.rows.all());
        let (keys, hay) = self.views.keys.list.with_texts();
        ranking.loaded(keys, hay);
        let (keys, hay) = self.views.stale.list.with_texts();
        ranking.loaded(keys, hay);
        ranking.others(&finder.came);
        ranking.best()
    }

    /// When the palette asks the server.
    pub(super) fn palette_wake(&self) -> Option<Timestamp> {
        match self.dialogs.last() {
            Some(Dialog::Palette(finder)) => finder.due,
            _ => None,
        }
    }

    /// Asks the server once that is due.
    pub(super) fn palette_due(&mut self, fx: &mut Vec<Effect>) {
        let now = self.now;
        let Some(Dialog::Palette(finder)) = self.dialogs.last_mut() else { return };
        if finder.due.is_none_or(|due| now < due) {
            return;
        }
        finder.due = None;
        let Some(filter) = words(finder.query()) else { return };
        let query =
            KeyQuery { filter, status: Some(StatusQuery::All), limit: Some(ASKED), ..KeyQuery::default() };
        self.ask(fx, What::Palette, Request::Keys { query, etag: None });
        self.dirty();
    }

    /// Keys that the server found.
    pub(super) fn palette_came(&mut self, fx: &mut Vec<Effect>, keys: Vec<Key>) {
        let Some(Dialog::Palette(finder)) = self.dialogs.last_mut() else { return };
        finder.came = keys;
        let enter = std::mem::take(&mut finder.enter);
        self.find();
        if !enter {
            return;
        }
        if self.finder_mut().is_some_and(Finder::is_as_entered) {
            self.choose(fx);
        } else if let Some(finder) = self.finder_mut() {
            finder.better = true;
        }
    }

    /// The server did not answer the palette.
    pub(super) fn palette_failed(&mut self, why: String) {
        if let Some(Dialog::Palette(finder)) = self.dialogs.last_mut() {
            (finder.failed, finder.enter) = (Some(why), false);
        }
    }

    /// Whether the palette waits for the server.
    pub(in crate::tui) fn palette_asks(&self) -> bool {
        self.palette_wake().is_some() || self.awaits(|what| what == What::Palette)
    }

    fn close_finder(&mut self, fx: &mut Vec<Effect>) {
        self.cancel(fx, |what| what == What::Palette);
        self.dialogs.pop();
        self.views.keys.list.forget_texts();
        self.views.stale.list.forget_texts();
    }

    /// Does what is chosen, or goes there.
    pub(super) fn choose(&mut self, fx: &mut Vec<Effect>) {
        let asks = self.palette_asks();
        let Some(finder) = self.finder_mut() else { return };
        let certain = match finder.chosen() {
            Some(Choice::Action(_)) => true,
            Some(Choice::Project(_, name)) => fold_search(name) == fold_search(finder.query()),
            Some(Choice::Key(key)) => fold_search(&key.name) == fold_search(finder.query()),
            None => false,
        };
        // What the server finds may fit better than what happens to be loaded.
        if asks && !certain && finder.cursor == 0 {
            finder.enter_later();
            return;
        }
        let Some(choice) = finder.chosen().cloned() else { return };
        self.close_finder(fx);
        match choice {
            Choice::Action(action) => self.act(fx, action),
            Choice::Project(id, name) => self.open_project(fx, id, name),
            Choice::Key(key) => self.go_to(fx, key.hint, vec![*key]),
        }
        lists::settle(self);
        self.dirty();
    }
}

/// The actions whose keys, name or words hold all that is typed, in their order.
fn actions(keymap: &Keymap, query: &str) -> (Vec<Choice>, usize) {
    let query = fold_search(query);
    let fits = |action: Action, keys: &str, words: &str| {
        let hay = format!("{} {} {}", fold_search(keys), action.name(), fold_search(words));
        query.split_whitespace().all(|word| hay.contains(word))
    };
    let choices: Vec<Choice> = keymap
        .help()
        .filter(|(action, keys, words)| fits(*action, keys, words))
        .map(|(action, ..)| Choice::Action(action))
        .collect();
    let count = choices.len();
    (choices, count)
}

/// What is typed as a filter: each word as it stands, whatever it means in the filter's language.
fn words(query: &str) -> Option<String> {
    let words: Vec<String> = query
        .split(|c: char| c.is_whitespace() || c == '/')
        .map(|word| word.chars().filter(|c| *c != '"').take(text::NAME_MAX).collect::<String>())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(|word| format!("\"{word}\""))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}
