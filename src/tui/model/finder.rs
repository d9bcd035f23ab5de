//! What fits to something typed: the actions for the help; for the palette all actions, all projects, and the keys.

use super::action::{ACTIONS, Action, Scope};
use super::dialogs::interaction::{Choice, Seek};
use super::keymap::Keymap;
use super::rank::Ranking;
use super::saved_filters::SavedFilter;
use super::views::{ViewLogic, Views};
use crate::wire::text::fold_search;

/// The rotation by another of its names.
const GUIDED: &str = "guided rotation";

/// Actions that come first, with what they do in words, and the title of their section in the help.
pub(super) struct First {
    pub(super) title: &'static str,
    pub(super) actions: Vec<(Action, &'static str)>,
    /// What works at all, with what it does.
    pub(super) works: Vec<(Action, &'static str)>,
}

impl First {
    /// Those of the view.
    pub(super) fn of_view(actions: Vec<Action>, view: &dyn ViewLogic) -> First {
        let does = |action: Action| Some((action, view.does(action)?));
        let works = ACTIONS.iter().filter_map(|(action, ..)| does(*action)).collect();
        let actions = actions.into_iter().filter_map(does).collect();
        First { title: "In this view", actions, works }
    }

    /// What it does here, if it works here. The help tells of nothing else.
    fn does(&self, action: Action) -> Option<&'static str> {
        self.works.iter().find(|(works, _)| *works == action).map(|(_, words)| *words)
    }

    fn has(&self, action: Action) -> bool {
        self.actions.iter().any(|(first, _)| *first == action)
    }
}

/// What fits to what is looked for, the best first, and how much fits in all. Before anything is typed, the actions
/// in `first` come first.
pub(super) fn fitting(
    views: &mut Views,
    keymap: &Keymap,
    seek: Seek<'_>,
    first: &First,
    filters: &[SavedFilter],
) -> (Vec<Choice>, usize) {
    if !seek.everything {
        return actions(keymap, &seek.query, first);
    }
    let mut ranking = Ranking::new(&seek.query);
    // What works in a dialog alone cannot be done from here.
    let others = ACTIONS
        .iter()
        .map(|(action, ..)| *action)
        .filter(|action| action.works_in(Scope::Table) && !first.has(*action));
    // The guide begins in the dialog of the rotation.
    let query = fold_search(&seek.query);
    let guided = (query.len() > 1 && GUIDED.starts_with(&query)).then_some((Action::Rotate, GUIDED));
    let words = |action: Action| first.does(action).unwrap_or(action.words());
    let others = others.map(|action| (action, words(action))).chain(guided);
    ranking.actions(first.actions.iter().copied().chain(others));
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
fn actions(keymap: &Keymap, query: &str, first: &First) -> (Vec<Choice>, usize) {
    let query = fold_search(query);
    let fits = |title: &str, action: Action, words: &str| {
        let keys: Vec<String> = keymap.keys(action).map(|chord| chord.to_string()).collect();
        let text = format!("{} {} {words} {title}", keys.join(" "), action.name());
        let text = fold_search(&text);
        query.split_whitespace().all(|word| text.contains(word))
    };
    let others = ACTIONS.iter().filter(|(action, ..)| !first.has(*action));
    let all =
        first.actions.iter().map(|(action, words)| (first.title, *action, *words)).chain(
            others.filter_map(|(action, .., group)| Some((group.title(), *action, first.does(*action)?))),
        );
    let (mut choices, mut count, mut last) = (Vec::new(), 0, "");
    for (title, action, words) in all.filter(|(title, action, words)| fits(title, *action, words)) {
        if last != title {
            choices.push(Choice::Heading(title));
            last = title;
        }
        choices.push(Choice::Action(action, words));
        count += 1;
    }
    (choices, count)
}
