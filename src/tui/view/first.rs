//! The page of an empty server: how to come to the first key.

use ratatui::style::Style;

use super::theme::Theme;
use crate::tui::model::{Action, State};

/// Its lines.
pub(super) fn page(state: &State, theme: &Theme) -> Vec<(String, Style)> {
    let key = |action: Action| state.setup.keymap.hint(action);
    let text = |words: String| (words, theme.text);
    let blank = || (String::new(), theme.text);
    let mut lines = vec![
        ("Welcome. There is no key here yet.".into(), theme.title),
        blank(),
        (format!("{}  makes your first key:", key(Action::Open)), theme.key),
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
    if let Some(edge) = state.facts().edge_address() {
        lines.push(text(format!("Your keys open the Edge API at {edge}.")));
        lines.push(blank());
    }
    lines.push(("To look around first: `keydeck --demo`, with made-up data in memory.".into(), theme.dim));
    lines
}
