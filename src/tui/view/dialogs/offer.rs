//! Whose key was pasted.

use ratatui::style::Style;

use super::boxes::{Item, boxed};
use crate::tui::model::State;
use crate::tui::model::dialogs::{Found, Offer};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::theme::Theme;
use crate::wire::keys::Status;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    state: &State,
    offer: &Offer,
    theme: &Theme,
) -> Option<(u16, u16)> {
    let mut items = vec![Item::Words(offer.hint.to_string(), theme.title), Item::Blank];
    let mut words = |text: String, style: Style| items.push(Item::Words(text, style));
    match &offer.found {
        Found::Looking if offer.revoke => words("looking for it, to revoke it …".into(), theme.dim),
        Found::Looking => {
            words("looking for it …".into(), theme.dim);
            words(state.said("Enter goes to it, x revokes it, Esc forgets it"), theme.dim);
        }
        Found::Keys(keys) if keys.len() == 1 => {
            for key in keys {
                let status = match key.status {
                    Status::Revoked => "✕ revoked already",
                    Status::Active => "● active",
                    Status::Other(word) => word.as_str(),
                };
                words(format!("It is {} of project {}: {status}.", key.name, key.project_name), theme.text);
            }
            words(state.said("Enter goes to it, x revokes it, Esc forgets it"), theme.dim);
        }
        Found::Keys(keys) => {
            words(format!("{} keys have this mask.", keys.len()), theme.text);
            words(state.said("Enter shows them, Esc forgets it"), theme.dim);
        }
        Found::Unknown => {
            words("No key of this server has this mask.".into(), theme.text);
            words(state.said("Esc closes"), theme.dim);
        }
        Found::Token => {
            words(
                "This is a management token, not an API key: revoke it with `keydeck tokens revoke`.".into(),
                theme.warn,
            );
            words(state.said("Esc closes"), theme.dim);
        }
        Found::Failed(why) => {
            words(format!("✕ it could not be looked for: {why}"), theme.bad);
            words(state.said("Enter looks again, Esc closes"), theme.dim);
        }
    }
    words("The text itself was dropped: only its mask is kept.".into(), theme.dim);
    boxed(canvas, state.setup.size, theme, "A whole key was pasted", &items);
    None
}
