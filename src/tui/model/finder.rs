//! What fits to something typed: the actions for the help; for the palette all actions, all projects, and the keys.

use super::action::{ACTIONS, Action, Scope};
use super::effect::Effect;
use super::interaction::{Choice, Seek};
use super::keymap::Keymap;
use super::rank::Ranking;
use super::state::State;
use crate::wire::text::fold_search;

impl State {
    /// Lists what fits to what is typed into the topmost dialog, if one chooses by typing there.
    pub(super) fn find(&mut self, fx: &mut Vec<Effect>) {
        let Some(id) = self.dialogs.top() else { return };
        let Some((at, dialog)) = self.dialogs.take(id) else { return };
        let found = dialog.logic().seeks().map(|seek| self.fitting(seek));
        self.dialogs.put(id, (at, dialog));
        if let Some((choices, fits)) = found {
            self.with_dialog(fx, id, |dialog, facts| dialog.found(facts, choices, fits));
        }
    }

    fn fitting(&mut self, seek: Seek<'_>) -> (Vec<Choice>, usize) {
        if !seek.everything {
            return actions(&self.setup.keymap, seek.query);
        }
        let mut ranking = Ranking::new(seek.query);
        // What works in a dialog alone cannot be done from here.
        let actions = ACTIONS.iter().filter(|(action, ..)| action.works_in(Scope::Table));
        ranking.actions(actions.map(|(action, _, words)| (*action, *words)));
        ranking.projects(self.views.projects.list.rows.all());
        let (keys, hay) = self.views.keys.list.with_texts();
        ranking.loaded(keys, hay);
        let (keys, hay) = self.views.stale.list.with_texts();
        ranking.loaded(keys, hay);
        ranking.others(seek.came);
        ranking.best()
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
