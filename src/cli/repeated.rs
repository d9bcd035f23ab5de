//! Commands that are repeated because their answer was lost: what has the name now may be another thing.

use std::time::Duration;

use super::exit::{Exit, Failure};
use super::log;
use super::run::Run;
use crate::wire::audit::{Action, Event, EventQuery};
use crate::wire::text::fold;

/// For so long after something was ended, another thing of its name is ended by its id alone, unless a person confirms.
const NAME_RESTS: Duration = Duration::from_mins(10);

/// The events of this action within [`NAME_RESTS`], newest first. Reads the audit log, because it holds few events of
/// that time.
///
/// # Errors
/// When the server cannot be asked.
pub(super) async fn recent(run: &Run, action: Action) -> Result<Vec<Event>, Failure> {
    let now = run.client.session().await?.now;
    let query = EventQuery { action: Some(action), after: Some(now - NAME_RESTS), ..EventQuery::default() };
    Ok(run.client.audit_events_all(&query, None).await?)
}

/// The newest of these events that is about something of this name.
///
/// # Errors
/// When the server cannot be asked.
pub(super) async fn of_name(run: &Run, action: Action, name: &str) -> Result<Option<Event>, Failure> {
    let name = fold(name.trim());
    let events = recent(run, action).await?;
    Ok(events.into_iter().find(|event| event.detail_text("name").is_some_and(|other| fold(other) == name)))
}

/// Refuses the command, with exit 5. If the command asks for confirmation, this only warns.
///
/// # Errors
/// The refusal, if the command does not ask.
pub(super) fn refuse(asks: bool, what: &str, instead: &str) -> Result<(), Failure> {
    if asks {
        log::say(&format!("warning: {what}"));
        return Ok(());
    }
    Err(Failure::new(Exit::Conflict, format!("{what}; {instead}")))
}
