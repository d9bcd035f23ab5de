//! Failures and outcomes in words that say what they mean and what to do.

use super::ages::{Age, local};
use super::effect::Request;
use super::event::{Failure, FailureKind, PackCreated, Reply};
use super::messages::{Level, number, requests};
use crate::wire::keys::{Caller, Key, KeyEdit, Outcome, Receipt, Status};
use crate::wire::text::sentence;
use crate::wire::time::{DAY_MS, Timestamp};
use crate::wire::zone::Zone;

/// A failure in words, with the request's id where the server has one.
pub(in crate::tui) fn words(failure: &Failure) -> String {
    let text = sentence(&failure.text);
    match &failure.kind {
        FailureKind::Unauthenticated => {
            format!("{text} Run `keydeck login`, or set KEYDECK_TOKEN, KEYDECK_TOKEN_FILE or token_file.")
        }
        FailureKind::Server { request_id: Some(id) } => format!("{text} (request {id}, see the server log)"),
        FailureKind::Server { request_id: None } => format!("Server error: {text}"),
        _ => text,
    }
}

/// A change that failed, in words that say whether it was made.
pub(super) fn outcome(asked: &Request, failure: &Failure) -> String {
    let unknown = failure.kind == FailureKind::OutcomeUnknown;
    let words = words(failure);
    match asked {
        Request::RevokeKey { .. } if unknown => {
            format!("{words} The key may not be revoked. Revoke it again: repeating is safe.")
        }
        Request::RevokeKeys(_) if unknown => {
            format!("{words} Some keys may not be revoked. Revoke them again: repeating is safe.")
        }
        Request::RevokeKeys(_) => format!("{words} This batch changed nothing."),
        Request::PauseKey { .. } if unknown => {
            format!("{words} The key may not be paused. Pause it again: repeating is safe.")
        }
        Request::ResumeKey(_) if unknown => {
            format!("{words} The key may still be paused. Resume it again: repeating is safe.")
        }
        Request::Decide { .. } | Request::Undecide { .. } if unknown => {
            format!("{words} The decision may not be saved. Decide again: repeating is safe.")
        }
        Request::Decide { .. } | Request::Undecide { .. } => format!("{words} The decision was not saved."),
        Request::ExecuteReview { .. } if unknown => {
            format!("{words} Some decisions may not be executed. Execute again: repeating is safe.")
        }
        // The server may have recorded the report, which changes no key: another one is created the same way.
        Request::CreatePack { .. } => format!("{words} No pack was saved."),
        Request::DeleteProject { .. } if unknown => {
            format!("{words} The project may not be deleted. Delete it again: repeating is safe.")
        }
        _ if unknown => format!("{words} The change may not be saved. Check the list before you try again."),
        _ => format!("{words} Nothing was changed."),
    }
}

/// The answer to a change in a context that was left.
pub(super) fn elsewhere(
    title: &str,
    change: Option<String>,
    asked: &Request,
    answer: &Result<Reply, Failure>,
) -> (Level, String) {
    let words = match answer {
        Ok(Reply::Revoked(done)) => receipt_words(&done.key, "revoked", &done.receipt),
        Ok(Reply::Paused(done)) => receipt_words(&done.key, "paused", &done.receipt),
        Ok(Reply::Resumed(done)) => receipt_words(&done.key, "resumed", &done.receipt),
        Ok(Reply::Project(project)) => {
            let done = if matches!(asked, Request::CreateProject { .. }) { "created" } else { "renamed" };
            format!("project {} {done}", project.name)
        }
        Ok(Reply::Key(key)) => edited_words(asked, key),
        Ok(Reply::KeysRevoked(done)) => {
            let gone = done.results.iter().filter(|result| result.outcome == Outcome::Revoked).count();
            format!("{gone} of {} keys revoked", done.results.len())
        }
        Ok(Reply::Review(review)) => format!("review {} saved", review.name),
        Ok(Reply::Decided(_) | Reply::Undecided) => "decision saved".to_owned(),
        Ok(Reply::Executed(done)) => format!("review {} executed", done.review.name),
        Ok(Reply::PackCreated(created)) => pack_words(created),
        Ok(Reply::ProjectDeleted(..)) => "project deleted".to_owned(),
        Ok(_) => "change saved".to_owned(),
        Err(failure) => {
            let why = outcome(asked, failure);
            match change {
                Some(change) if failure.kind == FailureKind::OutcomeUnknown => {
                    format!("no answer to {change}: {why}")
                }
                Some(change) => format!("{change} failed: {why}"),
                None => why,
            }
        }
    };
    let level = match answer {
        Ok(Reply::PackCreated(created)) if created.verified.is_err() => Level::Warn,
        Ok(_) => Level::Good,
        Err(failure) if failure.kind == FailureKind::OutcomeUnknown => Level::Warn,
        Err(_) => Level::Bad,
    };
    (level, format!("In {title}: {words}"))
}

/// An evidence pack that was created, with what is needed of it once its dialog is closed.
pub(super) fn pack_words(created: &PackCreated) -> String {
    match &created.verified {
        Ok(pack) => format!("Evidence pack saved to {}. Head: {}", created.path, pack.head),
        Err(first) => format!("Evidence pack saved to {}. It does not verify: {first}.", created.path),
    }
}

/// An export that was written.
pub(super) fn exported_words(rows: usize, path: &str) -> String {
    let noun = if rows == 1 { "row" } else { "rows" };
    format!("Exported {} {noun} to {path}", number(rows as u64))
}

/// What becomes of a key that a replacement was or will be created for.
pub(in crate::tui) fn kept_words(old: &Key) -> String {
    match old.status {
        Status::Paused => {
            format!("{} stays paused. Revoke it when the replacement works.", old.full_name())
        }
        _ => format!("{} stays active until you revoke it.", old.full_name()),
    }
}

/// What became of an edited key: `Key renamed to web`, `Key web saved`.
pub(super) fn edited_words(asked: &Request, key: &Key) -> String {
    match asked {
        Request::EditKey { edit: KeyEdit { name: Some(_), owner: None, purpose: None }, .. } => {
            format!("Key renamed to {}", key.name)
        }
        _ => format!("Key {} saved", key.full_name()),
    }
}

/// A receipt in a sentence: what was done to the key, and who confirmed it.
pub(super) fn receipt_words(key: &Key, done: &str, receipt: &Receipt) -> String {
    format!("{} {done} {}", key.full_name(), receipt_line(receipt))
}

/// Who confirmed it: `(confirmed by 3 of 3 nodes; slowest eu-2 in 12 ms)`.
pub(super) fn receipt_line(receipt: &Receipt) -> String {
    if receipt.nodes == 0 {
        return "(no node is serving keys)".to_owned();
    }
    let nodes = if receipt.nodes == 1 { "node" } else { "nodes" };
    let mut words = vec![format!("(confirmed by {} of {} {nodes}", receipt.confirmed_by, receipt.nodes)];
    // Which nodes did not confirm it is worth more than how long it took.
    if !receipt.expired.is_empty() {
        words.push(format!("; lease expired, refusing all requests: {}", receipt.expired.join(", ")));
    }
    words.extend(receipt.slowest.as_ref().map(|slowest| match receipt.nodes {
        1 => format!(" in {} ms", slowest.ms),
        _ => format!("; slowest {} in {} ms", slowest.node, slowest.ms),
    }));
    words.push(")".to_owned());
    words.concat()
}

/// Who paused a key, and when: `already paused by local:ben at 2026-11-23 18:04:05 +01:00`.
pub(in crate::tui) fn paused_words(key: &Key, zone: &Zone) -> String {
    let by = key.paused_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let at = key.paused_at.map(|at| format!(" at {}", local(at, zone))).unwrap_or_default();
    format!("already paused{by}{at}")
}

/// Who revoked a key, and when: `already revoked by local:ben at 2026-11-23 18:04:05 +01:00`.
pub(in crate::tui) fn revoked_words(key: &Key, zone: &Zone) -> String {
    let by = key.revoked_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let at = key.revoked_at.map(|at| format!(" at {}", local(at, zone))).unwrap_or_default();
    format!("already revoked{by}{at}")
}

/// The callers whose requests with this key were refused since it is paused or revoked; none for another key.
pub(in crate::tui) fn still_sending<'a>(key: &Key, callers: &'a [Caller]) -> Option<Vec<&'a Caller>> {
    matches!(key.status, Status::Paused | Status::Revoked)
        .then(|| callers.iter().filter(|caller| key.refuses(caller)).collect())
}

/// That requests with a key that does not work still come: `2 addresses still send it; all requests are refused`.
pub(in crate::tui) fn refused_words(addresses: usize) -> String {
    match addresses {
        1 => "1 address still sends it; all requests are refused".to_owned(),
        many => format!("{} addresses still send it; all requests are refused", number(many as u64)),
    }
}

/// Who would be hurt: the callers of the last day.
pub(in crate::tui) fn caller_words(
    key: &Key,
    callers: Option<&Result<Vec<Caller>, String>>,
    now: Timestamp,
    few: bool,
) -> (String, bool) {
    let callers = match callers {
        None => return ("Checking recent callers…".into(), false),
        Some(Err(why)) => return (format!("unavailable: {why}"), true),
        Some(Ok(callers)) => callers,
    };
    let lately = |caller: &&Caller| now.millis() - caller.last_at.millis() < DAY_MS;
    if let Some(mut sending) = still_sending(key, callers) {
        sending.retain(lately);
        return match sending.as_slice() {
            [] => no_callers(key, callers, now, few),
            all if few => (format!("▲ {}", refused_words(all.len())), true),
            all => {
                let named = all.iter().take(3).map(|caller| {
                    let age = Age { at: caller.last_at, now };
                    format!("{} ({age})", caller.address)
                });
                let named = named.collect::<Vec<_>>().join(", ");
                let others =
                    if all.len() > 3 { format!(" and {} more", all.len() - 3) } else { String::new() };
                (format!("▲ {}: {named}{others}", refused_words(all.len())), true)
            }
        };
    }
    let today: Vec<&Caller> = callers.iter().filter(|caller| lately(caller) && caller.allowed > 0).collect();
    if today.is_empty() {
        // Callers were asked for once: a use may have come since, or its caller may not be written yet.
        let Some(at) = key.last_used_at.filter(|at| now.millis() - at.millis() < DAY_MS) else {
            return no_callers(key, callers, now, few);
        };
        let from = key.last_used_from.as_deref().map(|from| format!(" by {from}")).unwrap_or_default();
        return (format!("▲ Used in the last 24 h{from} ({})", Age { at, now }), true);
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

/// Whether the last request of a caller was refused. The server knows when it came, and not which one it was.
fn refuses(key: &Key, caller: &Caller) -> bool {
    caller.refused > 0 && (caller.allowed == 0 || key.refuses(caller))
}

/// What came in the last day where no request was allowed: who was refused tries the key.
fn no_callers(key: &Key, callers: &[Caller], now: Timestamp, few: bool) -> (String, bool) {
    let lately = |at: Timestamp| now.millis() - at.millis() < DAY_MS;
    let refused: Vec<&Caller> =
        callers.iter().filter(|caller| refuses(key, caller) && lately(caller.last_at)).collect();
    let Some(first) = refused.first() else {
        return match (key.last_refused_at.filter(|at| lately(*at)), key.last_used_at) {
            (Some(at), _) => (format!("▲ Refused in the last 24 h ({})", Age { at, now }), true),
            (None, Some(at)) if lately(at) => {
                (format!("No requests since the key was {}", key.status.as_str()), false)
            }
            (None, _) => ("No requests in the last 24 h".into(), false),
        };
    };
    let named = |caller: &&Caller| format!("{} ({})", caller.address, Age { at: caller.last_at, now });
    let (names, most) = if few {
        (first.address.clone(), 1)
    } else {
        (refused.iter().take(3).map(named).collect::<Vec<_>>().join(", "), 3)
    };
    let others =
        if refused.len() > most { format!(" and {} more", refused.len() - most) } else { String::new() };
    let words = if few { "▲ Refused:" } else { "▲ Only refused requests in the last 24 h:" };
    (format!("{words} {names}{others}"), true)
}
