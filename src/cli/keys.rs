//! `keydeck keys`.

use super::args::{KeysCommand, ListArgs, ListStatus, Output};
use super::exit::{Exit, Failure};
use super::key_tables::{IDLE_DAYS, USUAL, changed, one, path_tip, table, with_owner};
use super::output::{self, Cell, Table};
use super::run::Run;
use super::{log, resolve, revoke, rotation};
use crate::client::{Kind, Made};
use crate::wire::filter::Filter;
use crate::wire::key_groups::{KeyGroup, KeyGroupQuery};
use crate::wire::keys::{CreatedKey, Key, KeyEdit, KeyQuery, Mode, NewKey, SortBy, Status, StatusQuery};
use crate::wire::page::MAX_LIMIT;
use crate::wire::text::number;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List { project, filter, status, sort, group_by, limit, list } => {
            let mut columns =
                if group_by.is_some() { group_columns(run, list)? } else { columns(run, list)? };
            let filter = filter.clone().unwrap_or_default();
            // The same parser as the server's: a wrong filter costs no request.
            Filter::parse(&filter).map_err(|error| Failure::usage(error.to_string()))?;
            let typed = filter.clone();
            let (filter, status) = match status {
                Some(ListStatus::Term(term)) => (format!("{term} {filter}").trim_end().to_owned(), None),
                Some(ListStatus::Query(status)) => (filter, Some(*status)),
                None => (filter, None),
            };
            let project = match project {
                Some(project) => Some(resolve::any_project(&run.client, project, true).await?),
                None => None,
            };
            if let Some(by) = *group_by {
                let query = KeyGroupQuery { by, filter, project, status, limit: None };
                return groups(run, list, &columns, &query, *limit, &typed).await;
            }
            let query = KeyQuery { filter, project, status, sort: *sort, ..KeyQuery::default() };
            let page = run.client.keys_listed(&query, *limit).await?;
            let hides = page.items.is_empty() || !query.filter.is_empty() && limit.is_none();
            let revoked = hides
                && query.status.is_none()
                && run.output == Output::Table
                && say_of_revoked(run, &query, !page.items.is_empty()).await?;
            if page.items.is_empty() && !revoked {
                say_no_match(run, &typed, query.project.is_some() || query.status.is_some()).await?;
            }
            let now = if columns.contains(&IDLE_DAYS) { Some(run.client.session().await?.now) } else { None };
            let by_owner = sort.is_some_and(|sort| sort.by == SortBy::Owner);
            let spare = with_owner(&mut columns, run, list, &page.items, by_owner);
            let table = table(&columns, &page.items, run.output, now);
            output::print_fitting(run.output, list, &page, table, spare)
        }
        KeysCommand::Show { key } => {
            let key = resolve::key(&run.client, key).await?;
            output::print(run.output, &key, &one(&key))
        }
        KeysCommand::Create { name, project, test, owner, purpose } => {
            let mode = if *test { Mode::Test } else { Mode::Live };
            let (project, name) = resolve::new_key(&run.client, name, project.as_deref()).await?;
            let new = NewKey { name, mode, owner: owner.clone(), purpose: purpose.clone() };
            hand_out(run, run.client.make_key(project, &new).await?).await
        }
        KeysCommand::Edit { key, name, owner, purpose } => {
            let given = |text: &Option<String>| text.clone().map(Some);
            let edit = KeyEdit { name: name.clone(), owner: given(owner), purpose: given(purpose) };
            if edit.is_empty() {
                return Err(Failure::usage("nothing to change; give --name, --owner or --purpose"));
            }
            let before = resolve::key(&run.client, key).await?;
            check_not_revoked(&before)?;
            let key = run.client.edit_key(before.id, &edit).await?;
            say_unchanged(&before, &key, &edit);
            output::print(run.output, &key, &one(&key))
        }
        KeysCommand::Pause { key, reason, .. } => {
            let before = resolve::key(&run.client, key).await?;
            if before.status == Status::Revoked {
                let text = format!(
                    "{} is revoked, so it cannot be paused: no request is accepted with it",
                    before.full_name()
                );
                return Err(Failure::new(Exit::Conflict, text));
            }
            let paused = run.client.pause_key(before.id, reason.as_deref()).await?;
            let key = &paused.key;
            output::print(run.output, &paused, &changed(run, key, &paused.receipt))?;
            if before.status == Status::Paused && before.paused_at == key.paused_at {
                let when = output::at_by(key.paused_at, key.paused_by.as_deref());
                let kept = if reason.is_some() { "; the reason was not changed" } else { "" };
                log::say(&format!("{} was already paused{when}{kept}", key.full_name()));
            } else if let Some(done) = revoke::done_words(run, key, "paused", &paused.receipt) {
                log::say(&done);
            }
            Ok(())
        }
        KeysCommand::Resume { key, .. } => {
            let before = resolve::key(&run.client, key).await?;
            check_not_revoked(&before)?;
            let resumed = run.client.resume_key(before.id).await?;
            output::print(run.output, &resumed, &changed(run, &resumed.key, &resumed.receipt))?;
            if before.status == Status::Active {
                log::say(&format!("{} is not paused; nothing was changed", before.full_name()));
            } else if let Some(done) = revoke::done_words(run, &resumed.key, "resumed", &resumed.receipt) {
                log::say(&done);
            }
            Ok(())
        }
        KeysCommand::Rotate { key, name, guided, quiet } => {
            let key = resolve::key(&run.client, key).await?;
            if key.status == Status::Revoked {
                let text = format!(
                    "{} is revoked, so it cannot be rotated; create a key in its place: keydeck keys create NAME \
                     --project {}",
                    key.full_name(),
                    key.project_id
                );
                return Err(Failure::new(Exit::Conflict, text));
            }
            let replacements = if *guided { Vec::new() } else { rotation::replacements(run, &key).await? };
            if *guided && rotation::start(run, &key, *quiet).await? {
                return Ok(());
            }
            // Nothing is looked up between a new key and its output.
            let note = rotation::guided_note(run, &key).await;
            let created = run.client.make_successor(key.id, name.as_deref()).await?;
            if let Some(note) = note {
                log::say(&note);
            }
            for other in &replacements {
                let (other, old) = (other.full_name(), key.full_name());
                log::say(&format!(
                    "warning: {other} also replaces {old} and is active; revoke the one you do not need"
                ));
            }
            hand_out(run, created).await
        }
        KeysCommand::Rotation { key, watch, cancel } => {
            let key = resolve::key(&run.client, key).await?;
            if *cancel { rotation::cancel(run, &key).await } else { rotation::show(run, &key, *watch).await }
        }
        KeysCommand::Revoke(args) => revoke::run(run, args).await,
        KeysCommand::Usage { key, callers: true, .. } => {
            let key = resolve::key(&run.client, key).await?;
            let callers = run.client.key_callers(key.id).await?;
            if callers.is_empty() {
                run.say("no callers");
            }
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
            let none = days.iter().all(|day| day.allowed + day.limited + day.refused == 0);
            if none && run.output == Output::Table {
                // A row of zeros for each day tells a person nothing.
                let days = if days.len() == 1 { "day".to_owned() } else { format!("{} days", days.len()) };
                log::say(&format!("no requests in the last {days}"));
                return Ok(());
            }
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
            let before = resolve::key(&run.client, key).await?;
            check_not_revoked(&before)?;
            let key = run.client.rename_key(before.id, name).await?;
            say_unchanged(&before, &key, &KeyEdit::name(name));
            output::print(run.output, &key, &table(&USUAL, std::slice::from_ref(&key), run.output, None))
        }
    }
}

/// The server refuses it, too, but names no key.
fn check_not_revoked(key: &Key) -> Result<(), Failure> {
    match key.status {
        Status::Revoked => {
            let text = format!("{} is revoked and cannot be changed", key.full_name());
            Err(Failure::new(Exit::Conflict, text))
        }
        _ => Ok(()),
    }
}

/// Says that a list is empty because of its filter, its project or its status. Programs see that it is.
async fn say_no_match(run: &Run, filter: &str, is_narrowed: bool) -> Result<(), Failure> {
    match (run.output, filter.trim()) {
        (Output::Table, "") if is_narrowed => log::say("no keys match"),
        (Output::Table, "") => {
            run.advise("no keys; create one with: keydeck keys create NAME --project PROJECT");
        }
        (Output::Csv | Output::Json, _) => {}
        (Output::Table, _) => {
            log::say(&format!("no keys match {filter}{}", path_tip(run, filter).await));
        }
    }
    Ok(())
}

/// Where revoked keys match (too): they are left out by default. Says whether any do.
async fn say_of_revoked(run: &Run, query: &KeyQuery, also: bool) -> Result<bool, Failure> {
    let query = KeyQuery { status: Some(StatusQuery::Revoked), ..query.clone() };
    // A filter that asks for a status says itself which keys are meant.
    if also && query.filter.contains("status:") {
        return Ok(false);
    }
    let count = run.client.keys_listed(&query, Some(1)).await?.total;
    if count > 0 {
        let keys = if count == 1 { "revoked key" } else { "revoked keys" };
        let verb = if count == 1 { "matches" } else { "match" };
        let also = if also { "also " } else { "" };
        log::say(&format!(
            "{} {keys} {also}{verb}; pass --status all to list revoked keys, too",
            number(count)
        ));
    }
    Ok(count > 0)
}

/// Says so where an edit gives a key only what it has already.
fn say_unchanged(before: &Key, after: &Key, edit: &KeyEdit) {
    let same = before.name == after.name && before.owner == after.owner && before.purpose == after.purpose;
    if !same {
        return;
    }
    let given =
        [("name", edit.name.is_some()), ("owner", edit.owner.is_some()), ("purpose", edit.purpose.is_some())];
    let given: Vec<&str> = given.into_iter().filter_map(|(what, given)| given.then_some(what)).collect();
    log::say(&format!("{} already has this {}; nothing was changed", after.full_name(), given.join(" and ")));
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

/// Prints the counts of each group, the largest first.
async fn groups(
    run: &Run,
    list: &ListArgs,
    columns: &[&'static str],
    query: &KeyGroupQuery,
    limit: Option<usize>,
    typed: &str,
) -> Result<(), Failure> {
    let most = limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
    let query = KeyGroupQuery { limit: Some(most), ..query.clone() };
    let groups = run.client.key_groups(&query).await.map_err(|error| match error.kind() {
        // Older servers take `groups` for the id of a key.
        Kind::NotFound if query.project.is_none() => {
            Failure::new(Exit::Failed, "this server is too old to count keys by group")
        }
        _ => error.into(),
    })?;
    let left = groups.total.saturating_sub(groups.items.len() as u64);
    if left > 0 && limit.is_none() {
        log::say(&format!("warning: {left} smaller groups not shown"));
    }
    if groups.items.is_empty() {
        say_no_match(run, typed, query.project.is_some() || query.status.is_some()).await?;
    }
    let none = |group: &KeyGroup, name: &str| match name {
        "group" if group.group.is_empty() => Some(Cell::Nothing("no owner")),
        // No key of such a group is active.
        "oldestIdleAt" if group.oldest_idle_at.is_none() => Some(Cell::Nothing("-")),
        _ => None,
    };
    let table = Table::of(columns, &groups.items, none);
    output::print_list(run.output, list, &groups, &table)
}

fn group_columns(run: &Run, list: &ListArgs) -> Result<Vec<&'static str>, Failure> {
    const USUAL: [&str; 6] = ["group", "keys", "active", "unused", "stale", "oldestIdleAt"];
    output::choose(list, run.output, &output::columns::<KeyGroup>(), &USUAL)
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
    let created = format!("{} ({}) on {}: {}", key.full_name(), key.mode.as_str(), run.server, key.id);
    run.hand_out("key", key, about, created, secret).await
}
