//! The audit log of a pack: each event follows from the one before, from the first to `report.created`.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::Differences;
use super::lines::Lines;
use crate::wire::audit::{Action, Event, Head};
use crate::wire::replay::Replay;
use crate::wire::reports::{EVENTS, Report};
use crate::wire::time::Timestamp;

/// What a whole chain ends with.
pub(super) struct Chain {
    /// Its end.
    pub(super) head: Head,
    /// The hash of its first event.
    pub(super) first: Option<String>,
    /// The time of its last event.
    pub(super) at: Timestamp,
    /// The actor of its last event.
    pub(super) actor: String,
    /// The detail of its last event.
    pub(super) detail: Value,
    /// The head that was noted elsewhere and is in it.
    pub(super) contains: Option<Head>,
}

/// What binds an event to the one before.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    seq: u64,
    #[serde(borrow)]
    previous_hash: Cow<'a, str>,
}

/// Walks the chain to its end; none when it is broken. `is_head` knows the hash that the manifest tells.
pub(super) fn verify(
    path: &Path,
    noted: Option<&Head>,
    is_head: &dyn Fn(&str) -> bool,
    differences: &mut Differences,
) -> Option<Chain> {
    let walked = walk(path, noted, is_head);
    let broken = match walked {
        Ok(chain) => return Some(chain),
        Err(broken) => broken,
    };
    differences.add(EVENTS, broken.0, broken.1);
    None
}

/// A line, and why it breaks the chain.
type Broken = (u64, String);

fn walk(path: &Path, noted: Option<&Head>, is_head: &dyn Fn(&str) -> bool) -> Result<Chain, Broken> {
    let mut lines = Lines::open(path).map_err(|error| (1, format!("cannot be read: {error}")))?;
    let mut head = Head::genesis();
    let mut first = None;
    let mut last = String::new();
    // The head of an empty log is in every log, and proves nothing.
    let noted = noted.filter(|noted| **noted != head);
    let mut contains = None;
    // The event that does not follow from the one before. The next one tells which of the two was changed: whoever
    // changes an event changes its hash, which the next one repeats.
    let mut suspect = None;
    loop {
        let number = lines.number() + 1;
        let Some(line) = lines.next().map_err(|text| (number, text))? else { break };
        let link: Link<'_> =
            serde_json::from_str(line).map_err(|_| (number, "not an audit event".to_owned()))?;
        let follows = *link.previous_hash == *head.hash;
        if let Some(suspect) = suspect {
            return Err(changed(if follows { suspect - 1 } else { suspect }));
        }
        if link.seq != number {
            let what = if link.seq > number { "is missing" } else { "is out of order" };
            return Err((number, format!("event {number} {what}: this is event {}", link.seq)));
        }
        if !follows {
            suspect = Some(number);
        }
        head = Head { seq: number, hash: Event::hash_of(&link.previous_hash, line) };
        if number == 1 {
            first = Some(head.hash.clone());
        }
        if let Some(noted) = noted.filter(|noted| noted.seq == number && suspect.is_none()) {
            if noted.hash != head.hash {
                let text = format!(
                    "the hash of this event is {}, but the head that was noted says {}: this is not the same history",
                    head.hash, noted.hash
                );
                return Err((number, text));
            }
            contains = Some(noted.clone());
        }
        last.clear();
        last.push_str(line);
    }
    if let Some(suspect) = suspect {
        return Err(changed(if is_head(&head.hash) { suspect - 1 } else { suspect }));
    }
    if head.seq == 0 {
        return Err((1, "no audit events".to_owned()));
    }
    if let Some(noted) = noted.filter(|noted| noted.seq > head.seq) {
        let text = format!("is the last event, but the head that was noted is {noted}: events are missing");
        return Err((head.seq, text));
    }
    let event = event(&last, &head).map_err(|text| (head.seq, text))?;
    if event.action != Action::ReportCreated {
        return Err((
            head.seq,
            format!("is the last event and must be report.created, but is {}", event.action),
        ));
    }
    Ok(Chain { head, first, at: event.at, actor: event.actor, detail: event.detail, contains })
}

fn changed(line: u64) -> Broken {
    (line.max(1), "was changed: its hash is not the one in the next event".to_owned())
}

/// What the log says of keys and reviews at the state of the report; none when it cannot be.
pub(super) fn replay(path: &Path, report: &Report, differences: &mut Differences) -> Option<Replay> {
    let mut lines = Lines::open(path).ok()?;
    let mut replay = Replay::default();
    let mut head = Head::genesis();
    while head.seq < report.as_of.seq {
        let line = lines.next().ok()??;
        let hash = Event::hash_of(&head.hash, line);
        head = Head { seq: head.seq + 1, hash };
        let taken = event(line, &head).and_then(|event| replay.take(&event));
        if let Err(text) = taken {
            differences.add(EVENTS, head.seq, format!("this event {text}"));
            return None;
        }
    }
    if head.hash != report.as_of.hash {
        let text = "its hash is not the one of asOf in the event report.created";
        differences.add(EVENTS, head.seq, text);
    }
    Some(replay)
}

fn event(body: &str, head: &Head) -> Result<Event, String> {
    let mut value: Value = serde_json::from_str(body).map_err(|_| "not valid JSON".to_owned())?;
    let members = value.as_object_mut().ok_or("not a JSON object")?;
    members.insert("hash".to_owned(), Value::String(head.hash.clone()));
    serde_json::from_value(value).map_err(|error| format!("not an audit event: {error}"))
}
