//! Guided rotations: `keydeck keys rotate --guided` and `keydeck keys rotation`.

use std::io::IsTerminal as _;
use std::time::Duration;

use super::args::Output;
use super::exit::{Exit, Failure};
use super::log;
use super::output::{self, Cell, Table};
use super::run::Run;
use crate::client::Kind;
use crate::wire::keys::{Key, KeyQuery, Sort, SortBy, Status, StatusQuery};
use crate::wire::rotations::{Rotation, RotationState as State, StartRotation};
use crate::wire::time::Timestamp;

/// How often someone who waits asks again.
const PERIOD: Duration = Duration::from_secs(2);

/// Starts the guided rotation of a key. Says whether it has a replacement already, after printing how far it is.
pub async fn start(run: &Run, key: &Key, quiet: Option<u32>) -> Result<bool, Failure> {
    let start = StartRotation { quiet_seconds: quiet };
    // Only for a note: if it cannot be looked up, the rotation starts all the same.
    let before = if quiet.is_some() { run.client.rotation(key.id).await.ok() } else { None };
    let rotation = run.client.start_rotation(key.id, start).await?;
    if let Some(before) = before.filter(|before| before.ended_at.is_none())
        && before.quiet_seconds != rotation.quiet_seconds
    {
        log::say(&format!(
            "the quiet time of the guided rotation of {} was changed from {} to {}",
            key.full_name(),
            quiet_words(before.quiet_seconds),
            quiet_words(rotation.quiet_seconds)
        ));
    }
    if let Some(replacement) = &rotation.replacement_name {
        let on_terminal = std::io::stdout().is_terminal();
        let printed = if on_terminal { "" } else { ", and standard output has none" };
        log::say(&format!("{replacement} already replaces {}; no key was created{printed}", key.full_name()));
        // A script expects the new key on standard output. It must not take a table for the key.
        if run.output != Output::Table || on_terminal {
            print(run, key, &rotation)?;
        } else if let Some(next) = next(key, &rotation) {
            log::say(&next);
        }
        return Ok(true);
    }
    log::say(&format!(
        "guided rotation of {} started; to see how far it is, run: keydeck keys rotation {}",
        key.full_name(),
        key.id
    ));
    Ok(false)
}

/// What to say of a rotation of a key that is itself the replacement in another guided rotation, which goes on. It is
/// only a note: if it cannot be looked up, the key is rotated all the same.
pub async fn guided_note(run: &Run, key: &Key) -> Option<String> {
    let old = key.rotated_from?;
    let rotation = run.client.rotation(old).await.ok()?;
    let goes_on = matches!(rotation.state, State::Pending | State::ReplacementUsed | State::Quiet);
    if !goes_on || rotation.replacement != Some(key.id) {
        return None;
    }
    let (name, old) = (key.full_name(), run.client.key(old).await.ok()?.full_name());
    Some(format!(
        "note: {name} replaces {old} (guided rotation); to see how far it is, run: keydeck keys rotation {old}"
    ))
}

/// The active keys that replace this one already.
pub async fn replacements(run: &Run, key: &Key) -> Result<Vec<Key>, Failure> {
    // A rotation that matters is recent, so the newest keys of the project are enough.
    let query = KeyQuery {
        project: Some(key.project_id),
        status: Some(StatusQuery::Active),
        sort: Some(Sort { by: SortBy::Created, descending: true }),
        ..KeyQuery::default()
    };
    let mut newest = run.client.keys_listed(&query, Some(1000)).await?.items;
    newest.retain(|other| other.rotated_from == Some(key.id));
    Ok(newest)
}

/// Prints how far it is; with `watch` each change, until the old key can be revoked.
pub async fn show(run: &Run, key: &Key, watch: bool) -> Result<(), Failure> {
    let mut rotation = match rotation(run, key).await {
        Err(failure) if failure.exit == Exit::NotFound => {
            return Err(replaces(run, key).await.unwrap_or(failure));
        }
        rotation => rotation?,
    };
    print(run, key, &rotation)?;
    while watch && matches!(rotation.state, State::Pending | State::ReplacementUsed) {
        tokio::time::sleep(PERIOD).await;
        let now = match self::rotation(run, key).await {
            // A server that restarts ends no wait of days.
            Err(failure) if failure.exit == Exit::Unreachable => continue,
            now => now?,
        };
        if now != rotation {
            rotation = now;
            print(run, key, &rotation)?;
        }
    }
    if watch && rotation.state == State::Cancelled {
        let by = rotation.ended_by.as_deref().unwrap_or("someone");
        return Err(Failure::new(Exit::Failed, format!("{by} cancelled this guided rotation")));
    }
    Ok(())
}

/// Ends the guide.
pub async fn cancel(run: &Run, key: &Key) -> Result<(), Failure> {
    let before = rotation(run, key).await?;
    let rotation = run.client.cancel_rotation(key.id).await.map_err(|error| none(error, key))?;
    let (name, ended) = (key.full_name(), before.ended_at.zip(before.ended_by.as_deref()));
    let said = match (&rotation.state, ended) {
        (State::Done, _) => format!("{name} is already revoked; nothing was changed"),
        (State::Cancelled, Some((at, by))) => {
            let when = output::at_by(Some(at), Some(by));
            format!("the guided rotation of {name} was already cancelled{when}; nothing was changed")
        }
        _ => format!("the guided rotation of {name} is cancelled; no key was changed"),
    };
    print(run, key, &rotation)?;
    log::say(&said);
    Ok(())
}

async fn rotation(run: &Run, key: &Key) -> Result<Rotation, Failure> {
    run.client.rotation(key.id).await.map_err(|error| none(error, key))
}

/// Where the key is itself the replacement of another: that one has the rotation.
async fn replaces(run: &Run, key: &Key) -> Option<Failure> {
    let old = run.client.key(key.rotated_from?).await.ok()?.full_name();
    let text = format!("{} replaces {old}; run: keydeck keys rotation {old}", key.full_name());
    Some(Failure::new(Exit::NotFound, text))
}

/// The key is there, so what was not found is its guided rotation.
fn none(error: crate::client::ClientError, key: &Key) -> Failure {
    if error.kind() != Kind::NotFound {
        return error.into();
    }
    let name = key.full_name();
    let text = match key.status {
        Status::Revoked => format!(
            "{name} has no guided rotation, and it is revoked; create a key in its place: keydeck keys create NAME \
             --project {}",
            key.project_id
        ),
        _ => {
            format!("{name} has no guided rotation; start one with: keydeck keys rotate {} --guided", key.id)
        }
    };
    Failure::new(Exit::NotFound, text)
}

fn print(run: &Run, key: &Key, rotation: &Rotation) -> Result<(), Failure> {
    output::print(run.output, rotation, &table(key, rotation))?;
    if let Some(next) = next(key, rotation) {
        log::say(&next);
    }
    Ok(())
}

fn table(key: &Key, rotation: &Rotation) -> Table {
    let mut table = Table::of_fields();
    let mut line = |field: &str, value: Cell| table.row([Cell::from(field), value]);
    line("key", Cell::from(key.full_name()));
    line("state", Cell::from(rotation.state.as_str()));
    line("replacement", Cell::or_dash(rotation.replacement_name.as_deref()));
    line("replacementUsedAt", Cell::or_never(rotation.replacement_used_at));
    line("startedAt", Cell::from(rotation.started_at));
    line("startedBy", Cell::from(&rotation.started_by));
    let quiet = rotation.quiet_seconds;
    line("quietSeconds", Cell::Said(quiet.to_string(), quiet_words(quiet)));
    if let (Some(since), Some(until)) = (rotation.quiet_since, rotation.quiet_until) {
        let cell = |at: Timestamp| match rotation.state {
            // The key may have rested, but no quiet time counts before its replacement is in use.
            State::Pending => Cell::Said(at.to_string(), "not yet".to_owned()),
            _ => Cell::from(at),
        };
        line("quietSince", cell(since));
        line("quietUntil", cell(until));
    }
    if let Some(ended) = rotation.ended_at {
        line("endedAt", Cell::from(ended));
        line("endedBy", Cell::or_dash(rotation.ended_by.as_deref()));
    }
    for caller in &rotation.callers {
        let refused = if key.refuses(caller) { " (refused)" } else { "" };
        line("caller", Cell::from(format!("{}, last request {}{refused}", caller.address, caller.last_at)));
    }
    table
}

/// Exactly as long, in the largest unit that allows it.
fn quiet_words(seconds: u32) -> String {
    match seconds {
        0 => "0 s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

/// What to do now.
fn next(key: &Key, rotation: &Rotation) -> Option<String> {
    let name = key.full_name();
    let callers = match rotation.callers.len() {
        1 => "1 caller".to_owned(),
        callers => format!("{callers} callers"),
    };
    Some(match rotation.state {
        State::Pending => match &rotation.replacement_name {
            None => format!("{name} has no replacement; create one with: keydeck keys rotate {}", key.id),
            Some(replacement) => {
                format!(
                    "next: replace {name} with {replacement} wherever it is used; {replacement} has never been used"
                )
            }
        },
        State::ReplacementUsed => {
            let until = rotation.quiet_until?;
            if rotation.callers.is_empty() {
                return Some(format!("next: wait until {until}; {name} must not be used until then"));
            }
            let refused = rotation.callers.iter().filter(|caller| key.refuses(caller)).count();
            if refused == rotation.callers.len() {
                let send = if refused == 1 {
                    "1 address still sends requests".to_owned()
                } else {
                    format!("{refused} addresses still send requests")
                };
                return Some(format!(
                    "next: wait until {until}. {send} with {name}. They are refused, but each restarts the wait"
                ));
            }
            format!(
                "next: wait until {until}. {callers} used {name} within the quiet time; each request restarts the wait"
            )
        }
        State::Quiet if key.status == Status::Paused => {
            format!("next: {name} was not tried for the quiet time; run: keydeck keys revoke {}", key.id)
        }
        State::Quiet => format!(
            "next: {name} was not used for the quiet time; run: keydeck keys revoke {0}, or first: \
             keydeck keys pause {0}",
            key.id
        ),
        State::Done | State::Cancelled | State::Other(_) => return None,
    })
}
