//! The confirmation of a pause: what it would hit, and that it can be undone. Of a paused key, of its end.

use super::boxes::{Button, Item, boxed, keys_line, last_use, place};
use super::keys::keys_in;
use crate::tui::model::action::Action;
use crate::tui::model::ages::Condition;
use crate::tui::model::caller_words as callers;
use crate::tui::model::detail_text::tried_words;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{ConfirmDialog, ConfirmFocus, Deed};
use crate::tui::model::tone::Tone;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::text::sentence;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ConfirmDialog, theme: &Theme) -> Cursor {
    let size = facts.size();
    let few = size.0 < 60 || size.1 < 20;
    let title = match (open.is_done(), open.deed) {
        (true, _) => "Nothing to do",
        (false, Deed::Resume) => "Resume this key?",
        (false, _) => "Pause this key?",
    };
    boxed(canvas, size, theme, title, &lines(facts, open, theme, few))
}

fn lines<'a>(facts: Facts<'_>, open: &'a ConfirmDialog, theme: &Theme, few: bool) -> Vec<Item<'a>> {
    let (key, now) = (&open.key, facts.server_now);
    let condition = Condition::of(key, facts.thresholds(), now);
    let mut items = vec![
        Item::Fact("name", key.name.clone(), theme.title),
        Item::Fact("project", key.project_name.to_string(), theme.text),
        Item::Spare("key", key.hint.to_string(), theme.text),
        place(facts, theme),
        Item::Spare("status", condition.label().into(), theme.style(Tone::Condition(condition))),
        Item::Spare("last used", last_use(facts, key), theme.text),
    ];
    // Who to ask, and what stops working.
    let known = [("owner", key.owner.as_deref()), ("purpose", key.purpose.as_deref())];
    let known =
        known.into_iter().filter_map(|(label, text)| Some(Item::Spare(label, text?.into(), theme.text)));
    items.splice(3..3, known);
    if few {
        items[0] = Item::Fact("name", format!("{} in {}", key.name, key.project_name), theme.title);
        items.remove(1);
    }
    if open.is_done() {
        items.push(Item::Blank);
        items.push(Item::Words(sentence(&open.done_words(facts)), theme.warn));
        items.push(Item::Buttons(vec![Button { text: "Close".into(), focus: true, danger: false }]));
        items.push(keys_line(facts, open));
        return items;
    }
    let resumes = open.deed == Deed::Resume;
    let writes = open.focus == ConfirmFocus::Reason;
    if resumes {
        let refused = tried_words(key, "paused", facts.absolute, now);
        let none = "No requests refused since it was paused".to_owned();
        items.push(Item::Fact("refused", refused.unwrap_or(none), theme.text));
        if let Some(why) = &key.pause_reason {
            items.push(Item::Spare("reason", why.to_string(), theme.text));
        }
    } else {
        let (words, hurts) = callers(key, open.callers.as_ref(), now, few);
        items.push(Item::Fact("callers", words, if hurts { theme.warn } else { theme.text }));
        if !few || writes || open.note.is_none() {
            items.push(Item::Field("reason", &open.reason, writes));
        }
    }
    items.push(Item::Blank);
    if let Some(note) = &open.note {
        items.push(Item::Note(format!("! {note}"), theme.bad));
    } else if !open.sending {
        let what = if resumes {
            "The Edge API accepts it again."
        } else {
            "The Edge API refuses it until you resume it."
        };
        items.push(Item::Note(what.to_owned(), theme.text));
    }
    if open.sending {
        items.push(Item::Words(open.waiting_words(facts), theme.warn));
        return items;
    }
    let confirm = facts.key(Action::Confirm);
    let verb = if resumes { "Resume" } else { "Pause" };
    let text = if confirm.is_empty() { verb.to_owned() } else { format!("{confirm}  {verb}") };
    items.push(Item::Buttons(vec![
        Button { text: "Cancel".into(), focus: open.focus == ConfirmFocus::Cancel, danger: false },
        Button { text, focus: open.focus == ConfirmFocus::Confirm, danger: false },
    ]));
    items.push(Item::Keys(keys_in(facts, open, few)));
    items
}
