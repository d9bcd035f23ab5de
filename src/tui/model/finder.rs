//! What fits to something typed: the actions for the help; for the palette all actions, all projects, and the keys.

use super::action::{ACTIONS, Action, Scope};
use super::dialogs::interaction::{Choice, Seek};
use super::keymap::Keymap;
use super::rank::Ranking;
use super::views::Views;
use crate::wire::text::fold_search;

/// What fits to what is looked for, the best first, and how much fits in all.
pub(super) fn fitting(views: &mut Views, keymap: &Keymap, seek: Seek<'_>) -> (Vec<Choice>, usize) {
    if !seek.everything {
        return actions(keymap, seek.query);
    }
    let mut ranking = Ranking::new(seek.query);
    // What works in a dialog alone cannot be done from here.
    let actions = ACTIONS.iter().filter(|(action, ..)| action.works_in(Scope::Table));
    ranking.actions(actions.map(|(action, _, words)| (*action, *words)));
    ranking.projects(views.projects.list.rows.all());
    for list in [&mut views.keys.list, &mut views.stale.list] {
        let (keys, texts) = list.with_texts();
        ranking.loaded(keys, texts);
    }
    ranking.others(seek.came);
    ranking.best()
}

/// The actions whose keys, name or words hold all that is typed, in their order.
fn actions(keymap: &Keymap, query: &str) -> (Vec<Choice>, usize) {
    let query = fold_search(query);
    let fits = |action: Action, keys: &str, words: &str| {
        let search_text = format!("{} {} {}", fold_search(keys), action.name(), fold_search(words));
        query.split_whitespace().all(|word| search_text.contains(word))
    };
    let choices: Vec<Choice> = keymap
        .help()
        .filter(|(action, keys, words)| fits(*action, keys, words))
        .map(|(action, ..)| Choice::Action(action))
        .collect();
    let count = choices.len();
    (choices, count)
}
