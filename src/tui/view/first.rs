//! The page of an empty server: how to come to the first key.

use crate::tui::model::Action;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::tone::Tone;

/// Its lines.
pub(super) fn page(facts: Facts<'_>) -> Vec<(Tone, String)> {
    let key = |action: Action| facts.key(action);
    let text = |words: String| (Tone::Text, words);
    let blank = || (Tone::Text, String::new());
    let mut lines = vec![
        (Tone::Title, "Welcome. There is no key here yet.".into()),
        blank(),
        (Tone::Key, format!("{}  makes your first key:", key(Action::Open))),
        text("name a project, name the key, and its text is shown to you, once.".into()),
        blank(),
        text(format!(
            "{} makes a project alone, {} shows every key of the dashboard, {} leaves.",
            key(Action::New),
            key(Action::Help),
            key(Action::Close)
        )),
        blank(),
    ];
    if let Some(edge) = facts.edge_address() {
        lines.push(text(format!("Your keys open the Edge API at {edge}.")));
        lines.push(blank());
    }
    lines.push((Tone::Text, "To look around first: `keydeck --demo`, with made-up data in memory.".into()));
    lines
}
