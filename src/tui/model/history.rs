//! The audit events of a key in words: when, what, by whom, why.

use serde_json::Value;

use super::detail::History;
use super::detail_text::DetailWriter;
use super::messages::number;
use super::tone::Tone;
use crate::wire::audit::{Action, Event};

impl DetailWriter {
    /// The newest events; `all` is the key that shows all of them.
    pub(super) fn history(&mut self, history: Option<&Result<History, String>>, all: &str) {
        let history = match history {
            None => return self.line("Loading…", Tone::Dim),
            Some(Err(why)) => return self.line(why, Tone::Bad),
            Some(Ok(history)) => history,
        };
        if history.events.is_empty() {
            return self.line("No events.", Tone::Text);
        }
        for event in &history.events {
            let when = self.when(event.at).to_string();
            self.entry(&when, &words(event));
        }
        let hidden = history.total.saturating_sub(history.events.len() as u64);
        if hidden > 0 {
            let plus = if history.more { "+" } else { "" };
            let open = if all.is_empty() { String::new() } else { format!(" · {all} audit log") };
            self.line(&format!("…and {}{plus} more{open}", number(hidden)), Tone::Text);
        }
    }
}

/// What happened to the key that an event is about.
fn words(event: &Event) -> String {
    let actor = &event.actor;
    let text = |name: &str| event.detail.get(name).and_then(Value::as_str);
    match (event.action, text("before"), text("name")) {
        (Action::KeyCreated, ..) => format!("created by {actor}"),
        (Action::KeyRenamed, Some(before), Some(name)) => format!("renamed by {actor}: {before} → {name}"),
        (Action::KeyRotated, Some(before), _) => format!("created by {actor} to replace {before}"),
        (Action::KeyRevoked, ..) => match text("reason").filter(|reason| !reason.is_empty()) {
            Some(reason) => format!("revoked by {actor}: {reason}"),
            None => format!("revoked by {actor}"),
        },
        (Action::ReviewDecided, ..) => match text("decision") {
            Some(decision) => format!("decided by {actor}: {decision}{}", until_and_why(event)),
            None => format!("decision undone by {actor}"),
        },
        (Action::KeyReviewed, ..) => {
            let by = text("decidedBy").unwrap_or(actor);
            format!("reviewed by {by}: {}{}", text("decision").unwrap_or("keep"), until_and_why(event))
        }
        (action, ..) => {
            // A key's own action is a verb behind `key.`.
            let action = action.as_str();
            let done = match action.strip_prefix("rotation.") {
                Some(done) => &format!("guided rotation {done}"),
                None => action.strip_prefix("key.").unwrap_or(action),
            };
            match event.words().join(" · ") {
                more if more.is_empty() => format!("{done} by {actor}"),
                more => format!("{done} by {actor}: {more}"),
            }
        }
    }
}

/// Until when a key is kept, and why: ` until 2027-01-31 · yearly job`.
fn until_and_why(event: &Event) -> String {
    let until = event.detail_text("until").and_then(|until| until.get(..10));
    let why = event.detail_text("reason").filter(|reason| !reason.is_empty());
    let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
    format!("{until}{}", why.map(|why| format!(" · {why}")).unwrap_or_default())
}
