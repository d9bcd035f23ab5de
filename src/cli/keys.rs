//! `keydeck keys`.

use serde::Serialize;

use super::args::{KeysCommand, Output};
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::run::Run;
use super::{log, prompt, resolve};
use crate::client::Made;
use crate::wire::filter::Filter;
use crate::wire::keys::{
    CreatedKey, Key, KeyQuery, Mode, NewKey, Outcome, Receipt, RevokeKeys, RevokedKey, RevokedKeys, Status,
};

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List { project, filter, status, sort, limit } => {
            let filter = filter.clone().unwrap_or_default();
            // The same parser as the server's: a wrong filter costs no request.
            Filter::parse(&filter).map_err(|error| Failure::usage(error.to_string()))?;
            let project = match project {
                Some(project) => Some(resolve::any_project(&run.client, project, true).await?),
                None => None,
            };
            let query = KeyQuery { filter, project, status: *status, sort: *sort, ..KeyQuery::default() };
            let page = run.client.keys_listed(&query, *limit).await?;
            output::print(run.output, &page, &list(&page.items))
        }
        KeysCommand::Show { key } => {
            let key = resolve::key(&run.client, key).await?;
            output::print(run.output, &key, &one(&key, None))
        }
        KeysCommand::Create { name, project, test } => create(run, name, project, *test).await,
        KeysCommand::Rotate { key, name } => {
            let key = resolve::key(&run.client, key).await?;
            let created = run.client.make_successor(key.id, name.as_deref()).await?;
            hand_out(run, created).await
        }
        KeysCommand::Revoke { keys, unused_since: None, dry_run: false, reason, yes } if keys.len() == 1 => {
            revoke(run, &keys[0], reason.as_deref(), *yes).await
        }
        KeysCommand::Revoke { keys, unused_since, dry_run, reason, yes } => {
            let body = RevokeKeys {
                ids: Vec::new(),
                reason: reason.clone(),
                dry_run: *dry_run,
                unused_since: *unused_since,
            };
            revoke_all(run, keys, body, *yes).await
        }
        KeysCommand::Usage { key, callers: true, .. } => {
            let key = resolve::key(&run.client, key).await?;
            let callers = run.client.key_callers(key.id).await?;
            let mut table = Table::new(&["address", "firstAt", "lastAt", "allowed", "refused"]);
            for caller in &callers {
                table.row([
                    Cell::from(&caller.address),
                    Cell::from(caller.first_at),
                    Cell::from(caller.last_at),
                    Cell::from(caller.allowed),
                    Cell::from(caller.refused),
                ]);
            }
            output::print(run.output, &callers, &table)
        }
        KeysCommand::Usage { key, days, callers: false } => {
            let key = resolve::key(&run.client, key).await?;
            let days = run.client.key_usage(key.id, *days).await?;
            let mut table = Table::new(&["date", "allowed", "limited", "refused"]);
            for day in &days {
                table.row([
                    Cell::from(&day.date),
                    Cell::from(day.allowed),
                    Cell::from(day.limited),
                    Cell::from(day.refused),
                ]);
            }
            output::print(run.output, &days, &table)
        }
        KeysCommand::Rename { key, name } => {
            let key = resolve::key(&run.client, key).await?;
            let key = run.client.rename_key(key.id, name).await?;
            output::print(run.output, &key, &list(std::slice::from_ref(&key)))
        }
    }
}

async fn create(run: &Run, name: &str, project: &str, test: bool) -> Result<(), Failure> {
    let project = resolve::project(&run.client, project).await?;
    let mode = if test { Mode::Test } else { Mode::Live };
    hand_out(run, run.client.make_key(project, &NewKey { name: name.to_owned(), mode }).await?).await
}

async fn hand_out(run: &Run, created: Made<CreatedKey>) -> Result<(), Failure> {
    let Made { made: CreatedKey { key, secret }, notice } = created;
    if let Some(notice) = notice {
        log::say(&notice);
    }
    let about = vec![
        ("name", key.name.clone()),
        ("project", key.project_name.to_string()),
        ("server", run.server.clone()),
        ("mode", key.mode.as_str().to_owned()),
        ("id", key.id.to_string()),
    ];
    let created =
        format!("{}/{} ({}) on {}: {}", key.project_name, key.name, key.mode.as_str(), run.server, key.id);
    run.hand_out("key", key, about, created, secret).await
}

async fn revoke(run: &Run, key: &str, reason: Option<&str>, yes: bool) -> Result<(), Failure> {
    if !yes {
        prompt::check_terminal()?;
    }
    let key = resolve::key(&run.client, key).await?;
    // A repeat changes nothing, so there is nothing to ask.
    if !yes && key.status != Status::Revoked {
        let used = match key.last_used_at {
            Some(at) => {
                format!(
                    "last used {at} from {}",
                    key.last_used_from.as_deref().unwrap_or("an unknown address")
                )
            }
            None => "never used".to_owned(),
        };
        let question = format!(
            "Revoke {} in {} on {} ({}; {used})? This cannot be undone.",
            key.name, key.project_name, run.server, key.hint
        );
        if !run.confirm(question).await? {
            return Err(Failure::new(Exit::Failed, "canceled; nothing was revoked"));
        }
    }
    let RevokedKey { key, receipt } = run.client.revoke_key(key.id, reason).await?;
    let table = one(&key, Some(&receipt));
    output::print(run.output, &RevokedKey { key, receipt }, &table)
}

async fn revoke_all(run: &Run, named: &[String], mut body: RevokeKeys, yes: bool) -> Result<(), Failure> {
    let asks = !yes && !body.dry_run;
    if asks {
        prompt::check_terminal()?;
    }
    if let Some(since) = body.unused_since {
        // Refused before anybody is asked. The server's clock counts, since it notes the last uses.
        let now = run.client.session().await?.now;
        if since.is_future(now) {
            let text = format!("--unused-since {since} is in the future; the server's time is {now}");
            return Err(Failure::usage(text));
        }
    }
    let mut keys: Vec<Key> = Vec::new();
    for key in named {
        // All are found before any is revoked: a mistyped one changes nothing.
        let key = resolve::key(&run.client, key).await?;
        // One that is named twice is one.
        if keys.iter().all(|known| known.id != key.id) {
            keys.push(key);
        }
    }
    if asks {
        let names: Vec<String> =
            keys.iter().map(|key| format!("{}/{}", key.project_name, key.name)).collect();
        let question = format!(
            "Revoke {} keys on {}: {}? This cannot be undone.",
            keys.len(),
            run.server,
            names.join(", ")
        );
        if !run.confirm(question).await? {
            return Err(Failure::new(Exit::Failed, "canceled; nothing was revoked"));
        }
    }
    body.ids = keys.iter().map(|key| key.id).collect();
    let revoked = run.client.revoke_keys(&body).await?;
    if body.dry_run {
        return would_revoke(run, &keys, revoked);
    }
    let mut table = Table::new(&["id", "project", "name", "outcome"]);
    for result in &revoked.results {
        let key = keys.iter().find(|key| key.id == result.id);
        table.row([
            Cell::from(result.id),
            Cell::or_dash(key.map(|key| &*key.project_name)),
            Cell::or_dash(key.map(|key| key.name.as_str())),
            Cell::from(result.outcome.as_str()),
        ]);
    }
    output::print(run.output, &revoked, &table)?;
    if let Some(receipt) = &revoked.receipt {
        log::say(&format!(
            "confirmed by {} of {} nodes (revision {})",
            receipt.confirmed_by, receipt.nodes, receipt.revision
        ));
    }
    Ok(())
}

/// What a dry run answers, with the words that say that nothing was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DryRun {
    dry_run: bool,
    #[serde(flatten)]
    revoked: RevokedKeys,
}

fn would_revoke(run: &Run, keys: &[Key], revoked: RevokedKeys) -> Result<(), Failure> {
    // Programs read the outcome by its name, and beside it that it did not happen.
    let people = run.output == Output::Table;
    let columns: &[_] = if people {
        &["id", "project", "name", "outcome"]
    } else {
        &["id", "project", "name", "outcome", "dryRun"]
    };
    let mut table = Table::new(columns);
    for result in &revoked.results {
        let key = keys.iter().find(|key| key.id == result.id);
        let project = Cell::or_dash(key.map(|key| &*key.project_name));
        let name = Cell::or_dash(key.map(|key| key.name.as_str()));
        if people {
            let outcome = match result.outcome {
                Outcome::Revoked => "would revoke",
                other => other.as_str(),
            };
            table.row([Cell::from(result.id), project, name, Cell::from(outcome)]);
        } else {
            let outcome = Cell::from(result.outcome.as_str());
            table.row([Cell::from(result.id), project, name, outcome, Cell::from(true)]);
        }
    }
    output::print(run.output, &DryRun { dry_run: true, revoked }, &table)?;
    log::say("dry run: nothing was changed");
    Ok(())
}

fn list(keys: &[Key]) -> Table {
    const COLUMNS: [&str; 9] =
        ["id", "project", "name", "hint", "mode", "status", "createdAt", "lastUsedAt", "requests30d"];
    Table::of(&COLUMNS, keys, |key, name| (name == "status").then(|| Cell::from(status(key))))
}

/// A line for each thing there is to say of one key.
fn one(key: &Key, receipt: Option<&Receipt>) -> Table {
    let mut table = Table::new(&["field", "value"]);
    let mut line = |field: &str, value: Cell| table.row([Cell::from(field), value]);
    line("id", Cell::from(key.id));
    line("name", Cell::from(&key.name));
    line("project", Cell::from(format!("{} ({})", key.project_name, key.project_id)));
    line("hint", Cell::from(key.hint));
    line("mode", Cell::from(key.mode.as_str()));
    line("status", Cell::from(status(key)));
    line("createdAt", Cell::from(key.created_at));
    line("createdBy", Cell::from(&key.created_by));
    line("lastUsedAt", Cell::or_never(key.last_used_at));
    line("lastUsedFrom", Cell::or_dash(key.last_used_from.as_deref()));
    line("requests30d", Cell::from(key.requests30d));
    if key.status == Status::Revoked {
        line("revokedAt", Cell::or_dash(key.revoked_at));
        line("revokedBy", Cell::or_dash(key.revoked_by.as_deref()));
        line("revokeReason", Cell::or_dash(key.revoke_reason.as_deref()));
        line("refusedSinceRevoked", Cell::from(key.refused_since_revoked));
        line("lastRefusedAt", Cell::or_never(key.last_refused_at));
    }
    if let Some(receipt) = receipt {
        line("revision", Cell::from(receipt.revision));
        line("confirmedBy", Cell::from(format!("{} of {}", receipt.confirmed_by, receipt.nodes)));
        if let Some(slowest) = &receipt.slowest {
            line("slowest", Cell::from(format!("{} ({} ms)", slowest.node, slowest.ms)));
        }
        if !receipt.expired.is_empty() {
            line("expired", Cell::from(receipt.expired.join(" ")));
        }
    }
    table
}

fn status(key: &Key) -> String {
    let unconfirmed = key.status == Status::Revoked && !key.confirmed;
    if unconfirmed { "revoked, not confirmed".to_owned() } else { key.status.as_str().to_owned() }
}
