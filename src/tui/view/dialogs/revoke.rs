//! The confirmation of a revocation: what it would hit, said as a warning.

use super::border::Border;
use super::boxes::{Button, Item, fits, framed, keys_line, last_use};
use super::keys::keys_in;
use crate::tui::model::action::Action;
use crate::tui::model::ages::{Age, Condition};
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::model::dialogs::{ConfirmDialog, ConfirmFocus};
use crate::tui::model::messages::requests;
use crate::tui::model::tone::Tone;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::keys::Caller;
use crate::wire::text::sentence;
use crate::wire::time::{DAY_MS, Timestamp};

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
    if few {
        items.remove(1);
    }
    let (words, hurts) = callers(open.callers.as_ref(), now, few);
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
        let words = "Revoking… waiting for all nodes to confirm";
        items.push(Item::Words(words.into(), theme.warn));
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

/// Who would be hurt: the callers of the last day.
pub(super) fn callers(
    callers: Option<&Result<Vec<Caller>, String>>,
    now: Timestamp,
    few: bool,
) -> (String, bool) {
    let callers = match callers {
        None => return ("Checking recent callers…".into(), false),
        Some(Err(why)) => return (format!("unavailable: {why}"), true),
        Some(Ok(callers)) => callers,
    };
    let today: Vec<&Caller> = callers
        .iter()
        .filter(|caller| now.millis() - caller.last_at.millis() < DAY_MS && caller.allowed > 0)
        .collect();
    if today.is_empty() {
        return ("No requests in the last 24 h".into(), false);
    }
    if few {
        let others = if today.len() > 1 { format!(" and {} more", today.len() - 1) } else { String::new() };
        return (format!("▲ In use: {}{others}", today[0].address), true);
    }
    let named: Vec<String> = today
        .iter()
        .take(3)
        .map(|caller| {
            let age = Age { at: caller.last_at, now };
            // The server counts a caller's requests since its first one, not by the day.
            format!("{} ({age}; {} in all)", caller.address, requests(caller.allowed))
        })
        .collect();
    let others = if today.len() > 3 { format!(" and {} more", today.len() - 3) } else { String::new() };
    (format!("▲ Used in the last 24 h by {}{others}", named.join(", ")), true)
}
