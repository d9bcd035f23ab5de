//! The confirmation of a revocation: what it would hit, said as a warning.

use super::border::Border;
use super::boxes::{Button, Item, fits, framed, keys_line, last_use};
use super::keys::keys_in;
use crate::tui::model::action::Action;
use crate::tui::model::ages::Condition;
use crate::tui::model::caller_words as callers;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{ConfirmDialog, ConfirmFocus};
use crate::tui::model::tone::Tone;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::text::sentence;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ConfirmDialog, theme: &Theme) -> Cursor {
    let size = facts.size();
    let rooms = [Room::All, Room::Little, Room::Least].map(|room| lines(facts, open, theme, room));
    let items = rooms.iter().find(|items| fits(size, items)).unwrap_or(&rooms[2]);
    let title = if open.is_done() { "Already revoked" } else { "Revoke this key?" };
    let border = if open.is_done() { Border::Plain } else { Border::Danger };
    framed(canvas, size, theme, (border, title), items)
}

/// How much of it there is room for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    All,
    Little,
    Least,
}

/// What it says; in few words where there is no room for all: which key, where, who would be hurt, and what to
/// press are never cut for the sake of anything else.
fn lines<'a>(facts: Facts<'_>, open: &'a ConfirmDialog, theme: &Theme, room: Room) -> Vec<Item<'a>> {
    let few = room != Room::All;
    let now = facts.server_now;
    let key = &open.key;
    let condition = Condition::of(key, facts.thresholds(), now);
    let used = last_use(facts, key);
    let both = format!("{} in {}", key.name, key.project_name);
    let mut items = vec![
        Item::Fact("name", if few { both } else { key.name.clone() }, theme.title),
        Item::Fact("project", key.project_name.to_string(), theme.text),
        Item::Spare("key", key.hint.to_string(), theme.text),
        Item::Fact("server", facts.place_words(), if facts.setup.prod { theme.bad } else { theme.text }),
        Item::Spare("status", condition.label().into(), theme.style(Tone::Condition(condition))),
        // Of what is spared where there is little room it is the last to go.
        match room {
            Room::Little => Item::Fact("last used", used, theme.text),
            Room::All | Room::Least => Item::Spare("last used", used, theme.text),
        },
    ];
    // Who to ask, and what stops working.
    let known = [("owner", key.owner.as_deref()), ("purpose", key.purpose.as_deref())];
    let known =
        known.into_iter().filter_map(|(label, text)| Some(Item::Spare(label, text?.into(), theme.text)));
    items.splice(3..3, known);
    if few {
        items.remove(1);
    }
    let (words, hurts) = callers(key, open.callers.as_ref(), now, few);
    items.push(Item::Fact("callers", words, if hurts { theme.warn } else { theme.text }));
    let writes = open.focus == ConfirmFocus::Reason;
    if open.is_done() {
        items.extend(key.revoke_reason.as_deref().map(|why| Item::Fact("reason", why.into(), theme.text)));
        items.push(Item::Blank);
        items.push(Item::Words(sentence(&open.done_words(facts)), theme.warn));
        items.push(Item::Buttons(vec![Button { text: "Close".into(), focus: true, danger: false }]));
        items.push(keys_line(facts, open));
        return items;
    }
    // What went wrong is worth more than where a reason could be written.
    if !few || writes || open.note.is_none() {
        items.push(Item::Field("reason", &open.reason, writes));
    }
    items.push(Item::Blank);
    if let Some(note) = open.note.as_ref().map(|note| format!("! {note}")) {
        items.push(if few { Item::Note(note, theme.bad) } else { Item::Words(note, theme.bad) });
    }
    if open.sending {
        items.push(Item::Words(open.waiting_words(facts), theme.warn));
    } else {
        let key = facts.key(Action::Confirm);
        let revoke = if key.is_empty() { "Revoke".to_owned() } else { format!("{key}  Revoke") };
        items.push(Item::Buttons(vec![
            Button { text: "Cancel".into(), focus: open.focus == ConfirmFocus::Cancel, danger: false },
            Button { text: revoke, focus: open.focus == ConfirmFocus::Confirm, danger: true },
        ]));
        items.push(Item::Keys(keys_in(facts, open, few)));
    }
    items
}
