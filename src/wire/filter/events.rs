//! The filter of audit events.
//!
//! | term | an event … |
//! |---|---|
//! | `leaked` | that holds the word: its action (as `key.revoked`, or in words, as `project deleted`), who did it, its details, its number, the ids of its project and key, and what those are called now; of an event of a review also `review` and what that is called now |
//! | `action:revoked` `by:ann` | whose action, or who did it, holds the text |
//! | `project:shop` | of a project with this id, or whose name now or then holds the text |
//! | `key:web` | of a key with this id, or whose name now or then or whose mask holds the text |
//! | `at<7d` `at>30d` | that happened less or more than so long ago (`s m h d w mo y`) |
//! | `at<2026-11-01` `at>2026-11-01` | that happened before the date, or on it or later |
//! | `by:ann,ben` | of which any of these holds |
//!
//! ```
//! use keydeck::wire::filter::EventFilter;
//!
//! assert_eq!(EventFilter::parse("action:revoked !by:ann at<7d").expect("well-formed").terms().len(), 3);
//! assert_eq!(EventFilter::parse("x status:active").expect_err("a field of keys").column, 3);
//! ```

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::terms::whole_mask;
use super::{BadFilter, Field, Language, Terms, When};
use crate::wire::audit::Event;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::text::fold_search;
use crate::wire::time::Timestamp;

/// A parsed filter of audit events: all of its terms must hold.
pub type EventFilter = Terms<EventTest>;

/// What a term asks of an event. Texts are folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EventTest {
    /// Its text holds it, or what its project, key or review is called now.
    Word(String),
    /// The action holds it.
    Action(String),
    /// Who did it holds it.
    By(String),
    /// Its project's name holds it, or its id is it.
    Project(String),
    /// Its key's name or mask holds it, or its id is it.
    Key(String),
    /// It happened then.
    At(When),
}

/// The lines of an event's text, in their order.
const ACTION: usize = 3;
const ACTOR: usize = 4;

/// The text in which an event's words are looked for, which never changes: seven lines, folded. The first holds
/// the names and the mask that the event tells, the second what else it tells (its values, not what they are
/// called), then its number, action, actor, project and key. No value holds a control character: a tab is
/// between two values, and nothing that can be looked for reaches over it.
pub fn searchable(event: &Event) -> String {
    let mut text = String::with_capacity(200);
    let named = |name: &str| matches!(name, "name" | "before" | "hint");
    let (mut names, mut others) = (Vec::new(), Vec::new());
    match &event.detail {
        Value::Object(members) => {
            for (name, value) in members {
                values(value, if named(name) { &mut names } else { &mut others });
            }
        }
        value => values(value, &mut others),
    }
    for line in [names, others] {
        text.push_str(&line.join("\t"));
        text.push('\n');
    }
    // Memory takes every text.
    let _ = write!(text, "{}\n{}\n{}\n", event.seq, event.action, plain(&event.actor));
    let (project, key) = ids(event);
    let _ = write!(text, "{project}\n{key}");
    text
}

/// What projects and keys are called now, folded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    projects: HashMap<ProjectId, String>,
    keys: HashMap<KeyId, String>,
    /// By their ids, each as tables show it: `review q4 2026`.
    reviews: HashMap<String, String>,
}

impl Names {
    /// As a log tells them from its beginning to its end, newest first: each event of a key names it, and so do
    /// those of making, naming and archiving a project, and those of a review.
    pub fn of<'a>(newest_first: impl IntoIterator<Item = &'a Event>) -> Names {
        let mut names = Names::default();
        for event in newest_first {
            let Some(name) = event.detail.get("name").and_then(Value::as_str) else { continue };
            match (event.key, event.project) {
                (Some(key), _) => {
                    names.keys.entry(key).or_insert_with(|| fold_search(name));
                }
                (None, Some(project)) => {
                    names.projects.entry(project).or_insert_with(|| fold_search(name));
                }
                (None, None) => {
                    if let Some(review) = event.detail_text("review") {
                        names.reviews.entry(review.to_owned()).or_insert_with(|| review_words(name));
                    }
                }
            }
        }
        names
    }

    /// A project is called so.
    pub fn project(&mut self, id: ProjectId, name: &str) {
        self.projects.insert(id, fold_search(name));
    }

    /// A key is called so.
    pub fn key(&mut self, id: KeyId, name: &str) {
        self.keys.insert(id, fold_search(name));
    }
}

/// The text in which words are looked for in each event of a review that is called so.
pub fn review_words(name: &str) -> String {
    fold_search(&format!("review {name}"))
}

impl Terms<EventTest> {
    /// Whether an event passes at `now`.
    pub fn matches(&self, event: &Event, names: &Names, now: Timestamp) -> bool {
        self.is_empty() || self.matches_text(&searchable(event), event, names, now)
    }

    /// The same with the event's [`searchable`] text made beforehand.
    pub fn matches_text(&self, text: &str, event: &Event, names: &Names, now: Timestamp) -> bool {
        let project = event.project.and_then(|id| names.projects.get(&id)).map_or("", String::as_str);
        let key = event.key.and_then(|id| names.keys.get(&id)).map_or("", String::as_str);
        let review = || event.review().and_then(|id| names.reviews.get(id));
        let holds = |test: &EventTest| {
            let line = |at: usize| text.split('\n').nth(at).unwrap_or("");
            match test {
                EventTest::Word(word) => {
                    [text, project, key].iter().any(|text| text.contains(word.as_str()))
                        || event.action.words().contains(word.as_str())
                        || review().is_some_and(|review| review.contains(word.as_str()))
                }
                EventTest::Action(part) => {
                    line(ACTION).contains(part.as_str()) || event.action.words().contains(part.as_str())
                }
                EventTest::By(part) => line(ACTOR).contains(part.as_str()),
                EventTest::Project(part) => event.project.is_some_and(|id| {
                    let then = event.key.is_none() && line(0).contains(part.as_str());
                    then || project.contains(part.as_str()) || id.to_string() == *part
                }),
                EventTest::Key(part) => event.key.is_some_and(|id| {
                    let then = line(0).contains(part.as_str());
                    then || key.contains(part.as_str()) || id.to_string() == *part
                }),
                EventTest::At(when) => when.holds(event.at, now),
            }
        };
        self.terms().iter().all(|term| term.holds(holds))
    }
}

impl Language for EventTest {
    const COMPARED: &'static [&'static str] = &["at"];

    fn word(text: String) -> EventTest {
        EventTest::Word(text)
    }

    fn meant(name: &str) -> Option<&'static str> {
        match name {
            "creator" | "author" | "actor" | "user" => Some("by"),
            "event" | "type" => Some("action"),
            _ => None,
        }
    }

    fn field(field: &Field<'_>) -> Result<EventTest, BadFilter> {
        Ok(match (field.name, field.sign) {
            ("action", ':') => EventTest::Action(field.text()?),
            ("by", ':') => EventTest::By(field.text()?),
            ("project", ':') => EventTest::Project(field.text()?),
            ("key", ':') => EventTest::Key(whole_mask(field.text()?)),
            ("at", '<' | '>') => EventTest::At(field.when()?),
            ("at", _) => return Err(field.bad_sign("expected < or >, as in at<7d")),
            ("action" | "by" | "project" | "key", _) => {
                return Err(field.bad_sign("expected a colon, as in by:ann"));
            }
            ("review", _) => {
                return Err(
                    field.bad_name("events have no such field; write the name of the review as a word")
                );
            }
            (name, _) => {
                if let Some(meant) = EventTest::meant(name) {
                    return Err(field.other_name(meant));
                }
                return Err(field.bad_name(
                    "unknown field; expected action, by, project, key or at (quote it to search for text)",
                ));
            }
        })
    }
}

/// The values within a value, in words; nothing says nothing.
fn values(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::String(text) => found.push(plain(text)),
        Value::Bool(_) | Value::Number(_) => found.push(value.to_string()),
        Value::Array(items) => items.iter().for_each(|item| values(item, found)),
        Value::Object(members) => members.values().for_each(|member| values(member, found)),
    }
}

/// A text as it is looked for: in one line, and folded.
fn plain(text: &str) -> String {
    fold_search(&text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>())
}

fn ids(event: &Event) -> (String, String) {
    let project = event.project.map(|id| id.to_string()).unwrap_or_default();
    (project, event.key.map(|id| id.to_string()).unwrap_or_default())
}
