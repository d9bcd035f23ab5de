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
        (Tone::Title, "Welcome. No API keys yet.".into()),
        blank(),
        (Tone::Key, format!("{}  create your first key", key(Action::Open))),
        text("Name a project, name the key, then copy the key: it is shown only once.".into()),
        blank(),
        text(format!(
            "{} new project · {} help · {} quit",
            key(Action::New),
            key(Action::Help),
            key(Action::Close)
        )),
        blank(),
    ];
    if let Some(edge) = facts.edge_address() {
        lines.push(text(format!("Edge API: {edge}")));
        lines.push(blank());
    }
    lines.push((Tone::Text, "To look around first, run `keydeck --demo` (demo data, in memory).".into()));
    lines
}
