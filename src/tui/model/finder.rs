//! What fits to something typed: the actions for the help; for the palette all actions, all projects, and the keys.

use super::action::{ACTIONS, Action, Scope};
use super::dialogs::interaction::{Choice, Seek};
use super::keymap::Keymap;
use super::rank::Ranking;
use super::saved_filters::SavedFilter;
use super::views::Views;
use crate::wire::text::fold_search;

/// The title of the help's first section.
const HERE: &str = "In this view";

/// What fits to what is looked for, the best first, and how much fits in all. Before anything is typed, the actions
/// in `first` come first.
pub(super) fn fitting(
    views: &mut Views,
    keymap: &Keymap,
    seek: Seek<'_>,
    first: &[Action],
    filters: &[SavedFilter],
) -> (Vec<Choice>, usize) {
    if !seek.everything {
        return actions(keymap, seek.query, first);
    }
    let mut ranking = Ranking::new(seek.query);
    // What works in a dialog alone cannot be done from here.
    let others = ACTIONS
        .iter()
        .map(|(action, ..)| *action)
        .filter(|action| action.works_in(Scope::Table) && !first.contains(action));
    ranking.actions(first.iter().copied().chain(others).map(|action| (action, action.words())));
    ranking.projects(views.projects.list.rows.all());
    ranking.filters(filters);
    for list in [&mut views.keys.list, &mut views.stale.list] {
        let (keys, texts) = list.with_texts();
        ranking.loaded(keys, texts);
    }
    ranking.others(seek.came);
    ranking.best()
}

/// The actions whose keys, name, words or group hold all that is typed, below the titles of their groups: those of
/// the view first.
fn actions(keymap: &Keymap, query: &str, first: &[Action]) -> (Vec<Choice>, usize) {
    let query = fold_search(query);
    let fits = |title: &str, action: Action| {
        let keys: Vec<String> = keymap.keys(action).map(|chord| chord.to_string()).collect();
        let text = format!("{} {} {} {title}", keys.join(" "), action.name(), action.words());
        let text = fold_search(&text);
        query.split_whitespace().all(|word| text.contains(word))
    };
    let others = ACTIONS.iter().filter(|(action, ..)| !first.contains(action));
    let all = first
        .iter()
        .map(|action| (HERE, *action))
        .chain(others.map(|(action, .., group)| (group.title(), *action)));
    let (mut choices, mut count, mut last) = (Vec::new(), 0, "");
    for (title, action) in all.filter(|(title, action)| fits(title, *action)) {
        if last != title {
            choices.push(Choice::Heading(title));
            last = title;
        }
        choices.push(Choice::Action(action));
        count += 1;
    }
    (choices, count)
}
