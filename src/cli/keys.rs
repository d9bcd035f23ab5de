//! `keydeck keys`.

use super::args::{KeysCommand, ListArgs};
use super::exit::Failure;
use super::key_tables::{IDLE_DAYS, USUAL, one, table};
use super::output::{self, Cell, Table};
use super::run::Run;
use super::{log, resolve, revoke};
use crate::client::Made;
use crate::wire::filter::Filter;
use crate::wire::keys::{CreatedKey, Key, KeyQuery, Mode, NewKey};

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List { project, filter, status, sort, limit, list } => {
            let columns = columns(run, list)?;
            let filter = filter.clone().unwrap_or_default();
            // The same parser as the server's: a wrong filter costs no request.
            Filter::parse(&filter).map_err(|error| Failure::usage(error.to_string()))?;
            let project = match project {
                Some(project) => Some(resolve::any_project(&run.client, project, true).await?),
                None => None,
            };
            let query = KeyQuery { filter, project, status: *status, sort: *sort, ..KeyQuery::default() };
            let page = run.client.keys_listed(&query, *limit).await?;
            let now = if columns.contains(&IDLE_DAYS) { Some(run.client.session().await?.now) } else { None };
            output::print_list(run.output, list, &page, &table(&columns, &page.items, run.output, now))
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
        KeysCommand::Revoke(args) => revoke::run(run, args).await,
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
            output::print(run.output, &key, &table(&USUAL, std::slice::from_ref(&key), run.output, None))
        }
    }
}

async fn create(run: &Run, name: &str, project: &str, test: bool) -> Result<(), Failure> {
    let project = resolve::project(&run.client, project).await?;
    let mode = if test { Mode::Test } else { Mode::Live };
    hand_out(run, run.client.make_key(project, &NewKey { name: name.to_owned(), mode }).await?).await
}

/// The columns of a list. `--columns` can name the idle days; by default the CSV has the columns of the dashboard's
/// export, without them.
fn columns(run: &Run, list: &ListArgs) -> Result<Vec<&'static str>, Failure> {
    let mut has = output::columns::<Key>();
    if !list.columns.is_empty() {
        has.push(IDLE_DAYS);
    }
    output::choose(list, run.output, &has, &USUAL)
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
