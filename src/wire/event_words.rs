//! The detail of an audit event in words for people. Programs read the detail itself.

use std::time::Duration;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::audit::{Action, ActorToken, Event};
use super::time::{Timestamp, span_words};

impl Action {
    /// The stored names of the actions whose words hold this folded text, though their names do not: who reads
    /// `project deleted` looks for that and not for `project.archived`.
    pub fn called(text: &str) -> impl Iterator<Item = &'static str> {
        let named = move |action: &Action| action.words().contains(text) && !action.as_str().contains(text);
        Action::ALL.iter().copied().filter(named).map(Action::as_str)
    }

    /// What was done, for people: `key revoked`. An action of a newer server stands as it is.
    pub fn words(self) -> &'static str {
        match self {
            Action::ProjectCreated => "project created",
            Action::ProjectRenamed => "project renamed",
            Action::ProjectArchived => "project deleted",
            Action::KeyCreated => "key created",
            Action::KeyRenamed => "key renamed",
            Action::KeyUpdated => "key changed",
            Action::KeyPaused => "key paused",
            Action::KeyResumed => "key resumed",
            Action::KeyReviewed => "key kept",
            Action::KeyRevoked => "key revoked",
            Action::KeyRotated => "replacement created",
            Action::RotationStarted => "rotation started",
            Action::RotationCancelled => "rotation cancelled",
            Action::RotationFinished => "rotation finished",
            Action::RulesReplaced => "rules imported",
            Action::RulesDeployed => "rules deployed",
            Action::ReviewStarted => "review started",
            Action::ReviewUpdated => "review changed",
            Action::ReviewDecided => "review decision",
            Action::ReviewExecuted => "review executed",
            Action::ReviewCancelled => "review cancelled",
            Action::ReviewSigned => "review signed",
            Action::ReportCreated => "report created",
            Action::TokenCreated => "token created",
            Action::TokenRevoked => "token revoked",
            Action::NodeForgotten => "node forgotten",
            Action::HistoryAccepted => "history accepted",
            Action::Other(word) => word.as_str(),
        }
    }
}

impl Event {
    /// What its detail tells besides the name and the masked key: the reason first.
    pub fn words(&self) -> Vec<String> {
        let none = Map::new();
        let detail = self.detail.as_object().unwrap_or(&none);
        let change = self.change(detail);
        let is_shown = |name: &str| {
            matches!(name, "name" | "hint" | "reason")
                || name == ActorToken::MEMBER
                || change.iter().any(|(names, _)| names.contains(&name))
        };
        let mut words: Vec<String> = self.detail_text("reason").map(str::to_owned).into_iter().collect();
        let mut rest: Vec<_> =
            detail.iter().filter(|(name, value)| !is_shown(name) && !value.is_null()).collect();
        rest.sort_by_key(|(name, _)| *name != "version");
        let rest = rest.into_iter().filter_map(|(name, value)| {
            Some(match name.as_str() {
                "version" => format!("deployed v{}", text(value)),
                "quietSeconds" => {
                    let seconds = value.as_u64()?;
                    format!("quiet time {}", span_words(Duration::from_secs(seconds)))
                }
                "rules" => format!("{} rules", text(value)),
                "shadowed" if value == 0 => return None,
                _ => format!("{name} {}", text(value)),
            })
        });
        let rest: Vec<String> = rest.collect();
        let change = change.map(|(_, words)| words);
        if self.action == Action::ReviewDecided {
            // What was decided is worth more than why, where a line is cut.
            words.splice(0..0, change);
        } else {
            words.extend(change);
        }
        words.extend(rest);
        words
    }

    /// What a reviewer decided, in as few words as a line that may be cut begins with: `keep until 2027-01-31`, `undone`.
    /// None of other events.
    pub fn decision(&self) -> Option<String> {
        let undone = || "undone".to_owned();
        (self.action == Action::ReviewDecided)
            .then(|| self.detail.as_object().and_then(decision).unwrap_or_else(undone))
    }

    /// What was changed, in words, with the names in the detail that they tell of.
    fn change(&self, detail: &Map<String, Value>) -> Option<(&'static [&'static str], String)> {
        match (self.action, detail.get("before")) {
            // A replacement tells the name of the key before and its id: the name is enough.
            (_, Some(before)) if detail.contains_key("rotatedFrom") => {
                Some((&["before", "rotatedFrom"], format!("replaces {}", text(before))))
            }
            (Action::KeyReviewed | Action::KeyRevoked | Action::KeyPaused, _)
                if detail.contains_key("decidedBy") =>
            {
                Some((&CARRIED_OUT, carried_out(detail)))
            }
            (Action::ReviewStarted, _) => Some((&STARTED, started(detail))),
            (Action::ReviewDecided, _) => Some((&DECIDED, decided(detail))),
            (Action::ReviewExecuted, _) => Some((&EXECUTED, executed(detail))),
            (Action::ReviewSigned, _) => Some((&["review", "head", "samePerson"], signed(detail)?)),
            (Action::ReportCreated, _) => Some((&REPORTED, reported(detail)?)),
            (Action::ReviewCancelled, _) => Some((&["review", "decisions"], "cancelled".to_owned())),
            (Action::ReviewUpdated, Some(Value::Object(before))) => {
                let fields = [("name", "name"), ("dueAt", "due")].into_iter();
                let changes = fields
                    .filter_map(|(name, words)| Some(arrow(words, before.get(name)?, detail.get(name))));
                Some((&["review", "before", "dueAt"], changes.collect::<Vec<_>>().join("; ")))
            }
            (_, Some(Value::Object(before))) => {
                let fields = ["name", "owner", "purpose"].into_iter();
                let changes =
                    fields.filter_map(|name| Some(arrow(name, before.get(name)?, detail.get(name))));
                Some((&["before", "owner", "purpose"], changes.collect::<Vec<_>>().join("; ")))
            }
            (_, Some(before)) if detail.contains_key("name") => {
                Some((&["before"], arrow("name", before, detail.get("name"))))
            }
            (Action::KeyResumed, None) => {
                let paused = Timestamp::deserialize(detail.get("pausedAt")?).ok()?;
                let mut words = format!("paused for {}", span_words(paused.age(self.at)));
                if let Some(refused) = detail.get("refusedSincePaused").and_then(Value::as_u64) {
                    words = format!("{words}; {}", count(refused, "request", "refused"));
                }
                Some((&["pausedAt", "refusedSincePaused"], words))
            }
            (Action::ProjectArchived, None) => {
                let keys = count(detail.get("revokedKeys")?.as_u64()?, "key", "revoked");
                Some((&["revokedKeys"], format!("deleted; {keys}")))
            }
            _ => None,
        }
    }
}

/// What the words of a started review tell of.
const STARTED: [&str; 5] = ["review", "scope", "dueAt", "asOf", "population"];
/// What the words of a decision tell of; the rest of what the reviewer saw stands in the detail.
const DECIDED: [&str; 8] =
    ["review", "decision", "until", "version", "ownKey", "lastUsedAt", "lastUsedPrecision", "findings"];
/// What the words of a decision that a review carried out tell of.
const CARRIED_OUT: [&str; 5] = ["review", "decision", "decidedBy", "decidedAt", "until"];
/// What the words of an executed review tell of.
const EXECUTED: [&str; 8] =
    ["review", "decisions", "counts", "done", "usedSince", "changedSince", "alreadyRevoked", "toRotate"];

/// `32 keys; idle>90d; due 2026-12-05`.
fn started(detail: &Map<String, Value>) -> String {
    let keys = detail.get("population").and_then(|population| population.get("inScope")?.as_u64());
    let mut words: Vec<String> =
        keys.map(|keys| count(keys, "key", "").trim_end().to_owned()).into_iter().collect();
    let filter = detail.get("scope").and_then(|scope| scope.get("filter")?.as_str());
    words.extend(filter.filter(|filter| !filter.is_empty()).map(str::to_owned));
    words.extend(day(detail.get("dueAt")).map(|day| format!("due {day}")));
    words.join("; ")
}

/// `decided keep until 2027-01-31`.
fn decided(detail: &Map<String, Value>) -> String {
    let Some(decision) = decision(detail) else { return "decision undone".to_owned() };
    let mut words = format!("decided {decision}");
    if detail.get("ownKey") == Some(&Value::Bool(true)) {
        words.push_str("; own key");
    }
    words
}

/// `keep until 2027-01-31`; none where the decision was undone.
fn decision(detail: &Map<String, Value>) -> Option<String> {
    let decision = detail.get("decision")?.as_str()?;
    let until = day(detail.get("until")).map(|day| format!(" until {day}")).unwrap_or_default();
    Some(format!("{decision}{until}"))
}

/// `decided in a review by local:ann on 2026-11-28: keep until 2027-01-31`.
fn carried_out(detail: &Map<String, Value>) -> String {
    let by = detail.get("decidedBy").map(text).unwrap_or_default();
    let on = day(detail.get("decidedAt")).map(|day| format!(" on {day}")).unwrap_or_default();
    let decision = detail.get("decision").map(text).unwrap_or_default();
    let until = day(detail.get("until")).map(|day| format!(" until {day}")).unwrap_or_default();
    format!("decided in a review by {by}{on}: {decision}{until}")
}

/// `3 done; 1 used since the decision`.
fn executed(detail: &Map<String, Value>) -> String {
    let outcomes = [
        ("done", "done"),
        ("usedSince", "used since the decision"),
        ("changedSince", "changed since the decision"),
        ("alreadyRevoked", "already revoked"),
        ("toRotate", "to be rotated"),
    ];
    let words = outcomes.into_iter().filter_map(|(name, words)| {
        let number = detail.get(name)?.as_u64().filter(|number| *number > 0)?;
        Some(format!("{number} {words}"))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// The day of a time, in UTC.
fn day(value: Option<&Value>) -> Option<String> {
    let time = Timestamp::deserialize(value?).ok()?;
    Some(time.utc().format("%Y-%m-%d").to_string())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `owner: none → ann`.
fn arrow(name: &str, before: &Value, after: Option<&Value>) -> String {
    let or_none = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(value) => text(value),
    };
    format!("{name}: {} → {}", or_none(Some(before)), or_none(after))
}

/// `1 key revoked`, `3 keys revoked`.
fn count(number: u64, noun: &str, done: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural} {done}")
}

/// The members of the detail of `report.created`, which the words stand for.
const REPORTED: [&str; 11] = [
    "format",
    "createdAt",
    "createdBy",
    "role",
    "server",
    "asOf",
    "scope",
    "exclusions",
    "counts",
    "previousPack",
    "sha256",
];

/// `127 keys, 106 in scope; review Q4`.
fn reported(detail: &Map<String, Value>) -> Option<String> {
    let counts = detail.get("counts")?;
    let count = |name: &str| counts.get(name).and_then(Value::as_u64);
    let words = format!("{} keys, {} in scope", count("keys")?, count("inScope")?);
    let scope = detail.get("scope")?;
    Some(match (scope.pointer("/review/name"), scope.get("filter").and_then(Value::as_str)) {
        (Some(name), _) => format!("{words}; review {}", text(name)),
        (None, Some(filter)) if !filter.is_empty() => format!("{words}; filter {filter}"),
        _ => words,
    })
}

/// `signed, pack 22:d8e9f0a1…; the signer took part`.
fn signed(detail: &Map<String, Value>) -> Option<String> {
    let head = detail.get("head")?.as_str()?;
    let end = head.find(':').map_or(head.len(), |colon| (colon + 9).min(head.len()));
    let short = head.get(..end)?;
    let took_part = detail.get("samePerson") == Some(&Value::Bool(true));
    Some(format!("signed, pack {short}…{}", if took_part { "; the signer took part" } else { "" }))
}
