//! Whose key was pasted.

use ratatui::style::Style;

use super::boxes::{Item, boxed, keys_line};
use crate::tui::model::ages::Condition;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::offer::{Found, Offer, Wanted};
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, offer: &Offer, theme: &Theme) -> Cursor {
    let mut items = vec![Item::Words(offer.mask.to_string(), theme.title), Item::Blank];
    let mut words = |text: String, style: Style| items.push(Item::Words(text, style));
    match &offer.found {
        Found::Looking if offer.wanted == Wanted::Revoke => {
            words("Looking it up to revoke it…".into(), theme.dim);
        }
        Found::Looking => words("Looking it up…".into(), theme.dim),
        Found::Keys(keys) if keys.len() == 1 => {
            for key in keys {
                let status = Condition::of(key, facts.thresholds(), facts.server_now).label();
                words(format!("{} in {} · {status}", key.name, key.project_name), theme.text);
            }
        }
        Found::Keys(keys) => {
            words(format!("{} keys match this masked key.", keys.len()), theme.text);
        }
        Found::Unknown => {
            words("No key on this server matches this masked key.".into(), theme.text);
        }
        Found::Token => {
            words(
                "This is a management token, not an API key. Revoke it with `keydeck tokens revoke`.".into(),
                theme.warn,
            );
        }
        Found::Failed(why) => {
            words(format!("! Lookup failed. {why}"), theme.bad);
        }
    }
    if offer.wanted != Wanted::Revoke || offer.found != Found::Looking {
        items.push(keys_line(facts, offer));
    }
    let mut words = |text: String, style: Style| items.push(Item::Words(text, style));
    let (title, pasted) = match offer.found {
        Found::Token => ("Management token detected", "token"),
        _ => ("API key detected", "key"),
    };
    let (title, pasted) = match offer.all {
        1 => (title.to_owned(), pasted),
        all => (format!("{title} ({} of {all})", offer.number()), "text"),
    };
    let kept = match (offer.all, pasted) {
        (1, pasted) => format!("the masked {pasted} is"),
        _ => "the masked keys are".to_owned(),
    };
    words(format!("The pasted {pasted} was discarded; only {kept} kept."), theme.dim);
    boxed(canvas, facts.size(), theme, &title, &items);
    None
}
