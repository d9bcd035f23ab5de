//! The question before a node is forgotten.

use crate::tui::model::action::Action;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, Step};
use crate::tui::model::effect::Request;
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::wording::outcome;
use crate::wire::audit;
use crate::wire::nodes::Node;
use crate::wire::time::Timestamp;

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct ForgetNode {
    /// The node.
    pub node: Node,
    /// The request was sent.
    pub sending: bool,
    /// What has to be said.
    pub note: Option<String>,
    opened: Timestamp,
}

impl ForgetNode {
    /// For this node.
    pub fn new(node: Node, opened: Timestamp) -> ForgetNode {
        ForgetNode { node, sending: false, note: None, opened }
    }
}

impl DialogLogic for ForgetNode {
    fn on(&mut self, facts: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        match input {
            Input::Do(Action::Cancel | Action::Decline | Action::Submit) => return vec![Step::Close],
            Input::Do(_) if self.sending => {}
            Input::Do(action) if facts.too_fast(self.opened) => {
                self.note = Some(facts.too_fast_words(action));
            }
            Input::Do(_) => {
                (self.sending, self.note) = (true, None);
                let (id, name) = (self.node.id, self.node.name.clone());
                return vec![Step::Ask(Request::ForgetNode { id, name })];
            }
            Input::Edit(_) => {}
        }
        Vec::new()
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        match answer {
            Ok(_) => return vec![Step::Close],
            Err(failure) => (self.sending, self.note) = (false, Some(outcome(asked, failure))),
        }
        Vec::new()
    }

    /// Once the node is barred, nothing is left to decide: its row says that it is being forgotten.
    fn notified(&mut self, facts: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        let id = self.node.id.to_string();
        let barred = |event: &audit::Event| {
            event.action == audit::Action::NodeForgotten && event.detail["node"] == id.as_str()
        };
        let heard = *notice == Notice::Changes && facts.batch.events.iter().any(barred);
        heard.then(|| vec![Step::Close])
    }

    fn hints(&self) -> Vec<Hint> {
        if self.sending {
            return vec![Hint::new(&[Action::Submit, Action::Cancel], "close (it goes on)").or("close")];
        }
        vec![
            Hint::new(&[Action::Confirm], "forget"),
            Hint::new(&[Action::Cancel], "cancel"),
            Hint::silent(&[Action::Decline, Action::Submit]),
        ]
    }

    fn text(&self) -> Text {
        Text::Refused
    }
}
