//! Failures and outcomes in words that say what they mean and what to do.

use super::ages::local;
use super::effect::Request;
use super::event::{Failure, FailureKind, Reply};
use super::messages::Level;
use crate::wire::keys::{Key, Outcome, Receipt};
use crate::wire::zone::Zone;

/// A failure in words, with the request's id where the server has one.
pub(in crate::tui) fn words(failure: &Failure) -> String {
    match &failure.kind {
        FailureKind::Unauthenticated => {
            format!(
                "{} — run `keydeck login`, or set KEYDECK_TOKEN, KEYDECK_TOKEN_FILE or token_file in the configuration",
                failure.text
            )
        }
        FailureKind::Forbidden => format!("not allowed: {}", failure.text),
        FailureKind::Server { request_id: Some(id) } => {
            format!("{} (request {id}, to be found in the server's log)", failure.text)
        }
        FailureKind::Server { request_id: None } => format!("the server failed: {}", failure.text),
        _ => failure.text.clone(),
    }
}

/// A change that failed, in words that say whether it was made.
pub(super) fn outcome(asked: &Request, failure: &Failure) -> String {
    let unknown = failure.kind == FailureKind::OutcomeUnknown;
    let words = words(failure);
    match asked {
        Request::RevokeKey { .. } if unknown => format!(
            "{words} — it is not known whether it was revoked: do it once more; a repeat changes nothing and brings the receipt"
        ),
        Request::RevokeKeys(_) if unknown => format!(
            "{words} — it is not known whether they were revoked: do it once more; a repeat changes nothing and brings the receipt"
        ),
        Request::RevokeKeys(_) => format!("{words} — nothing was changed by this call"),
        Request::DeleteProject { .. } if unknown => format!(
            "{words} — it is not known whether it was deleted: do it once more; a repeat changes nothing"
        ),
        _ if unknown => {
            format!("{words} — it is not known whether it was done: look at the list before doing it again")
        }
        // Where nothing was sent, the failure says so itself.
        _ if failure.kind == FailureKind::Unreachable => words,
        _ => format!("{words} — nothing was changed"),
    }
}

/// The answer to a change in a context that was left.
pub(super) fn elsewhere(title: &str, asked: &Request, answer: &Result<Reply, Failure>) -> (Level, String) {
    let words = match answer {
        Ok(Reply::Revoked(revoked)) => format!("✕ {}", receipt_words(&revoked.key, &revoked.receipt)),
        Ok(Reply::Project(project)) => {
            let done = if matches!(asked, Request::CreateProject { .. }) { "made" } else { "renamed" };
            format!("project {} {done}", project.name)
        }
        Ok(Reply::Key(key)) => format!("the key is called {} now", key.name),
        Ok(Reply::KeysRevoked(done)) => {
            let gone = done.results.iter().filter(|result| result.outcome == Outcome::Revoked).count();
            format!("{gone} of {} keys revoked", done.results.len())
        }
        Ok(Reply::ProjectDeleted(_)) => "the project is deleted".to_owned(),
        Ok(_) => "the change is made".to_owned(),
        Err(failure) => outcome(asked, failure),
    };
    (if answer.is_ok() { Level::Good } else { Level::Bad }, format!("in {title}: {words}"))
}

/// A receipt in a sentence.
pub(super) fn receipt_words(key: &Key, receipt: &Receipt) -> String {
    format!("{} revoked {}", key.name, receipt_line(receipt))
}

/// Who confirmed it: `on 3 of 3 nodes in 12 ms, revision 17`.
pub(super) fn receipt_line(receipt: &Receipt) -> String {
    if receipt.nodes == 0 {
        return format!("; no node serves keys now, revision {}", receipt.revision);
    }
    let nodes = if receipt.nodes == 1 { "node" } else { "nodes" };
    let mut words = vec![format!("on {} of {} {nodes}", receipt.confirmed_by, receipt.nodes)];
    words.extend(receipt.slowest.as_ref().map(|slowest| format!(" in {} ms", slowest.ms)));
    words.push(format!(", revision {}", receipt.revision));
    if !receipt.expired.is_empty() {
        words.push(format!("; without a lease, refusing all: {}", receipt.expired.join(", ")));
    }
    words.concat()
}

/// Who revoked a key, and when: `already revoked by local:ben at 2026-11-23 18:04:05 +01:00`.
pub(in crate::tui) fn revoked_words(key: &Key, zone: &Zone) -> String {
    let by = key.revoked_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let at = key.revoked_at.map(|at| format!(" at {}", local(at, zone))).unwrap_or_default();
    format!("already revoked{by}{at}")
}
