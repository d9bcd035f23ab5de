//! The question before a node is forgotten.

use super::border::Border;
use super::boxes::{Item, framed, keys_line, note, place};
use crate::tui::model::ages::Age;
use crate::tui::model::dialogs::ForgetNode;
use crate::tui::model::dialogs::interaction::Facts;
use crate::tui::view::canvas::{Canvas, Cursor};
use crate::tui::view::theme::Theme;
use crate::wire::nodes::NodeState;

pub(super) fn draw(canvas: &mut Canvas<'_>, facts: Facts<'_>, open: &ForgetNode, theme: &Theme) -> Cursor {
    let node = &open.node;
    let state = facts.fleet.state(node, facts.server_now);
    let silent = matches!(state, NodeState::Silent | NodeState::Forgotten);
    let seen = Age { at: node.seen_at, now: facts.server_now };
    let mut items = vec![
        Item::Fact("node", node.name.clone(), theme.title),
        place(facts, theme),
        Item::Fact(
            "state",
            format!("{}, last seen {seen}", state.as_str()),
            if silent { theme.text } else { theme.warn },
        ),
        Item::Spare("id", node.id.to_string(), theme.text),
        Item::Spare("address", node.address.clone().unwrap_or_else(|| "none".into()), theme.text),
        Item::Blank,
    ];
    if !silent {
        items.push(Item::Words(
            "▲ This node is serving requests. It will refuse them until it joins again.".into(),
            theme.warn,
        ));
    }
    items.push(Item::Words(
        "Removes the node from the list, once its lease has ended (about 10 s with the default lease). \
         Changes wait for it until then. If it still runs, it joins again."
            .into(),
        theme.text,
    ));
    note(&mut items, open.note.as_deref(), theme);
    if open.sending {
        items.push(Item::Words("Forgetting… waiting until its lease has ended".into(), theme.warn));
    }
    items.push(keys_line(facts, open));
    let border = if silent { Border::Plain } else { Border::Danger };
    framed(canvas, facts.size(), theme, (border, "Forget this node?"), &items)
}
