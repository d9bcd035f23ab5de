//! `keydeck keys revoke`: one key, several, or all that match a filter.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde::Serialize;

use super::args::{Output, RevokeArgs};
use super::exit::{Exit, Failure};
use super::key_tables::{changed, confirmed_words, path_tip};
use super::output::{self, Cell, Table};
use super::progress::Progress;
use super::resolve::{self, By, Found, Within};
use super::run::Run;
use super::{log, prompt, repeated};
use crate::wire::audit::Action;
use crate::wire::filter::Filter;
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{
    BULK_MAX, Key, KeyQuery, KeyReceipt, Outcome, Receipt, RevokeKeys, RevokeResult, RevokedKeys, Slowest,
    Sort, SortBy, Status, StatusQuery,
};
use crate::wire::text::{fold, number};

/// The most keys that are listed above the question.
const SHOWN: usize = 50;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code. Unless it says otherwise, nothing was revoked.
pub async fn run(run: &Run, args: &RevokeArgs) -> Result<(), Failure> {
    let asks = !args.yes && !args.dry_run;
    match args.keys.iter().any(|key| key == "-") {
        _ if !asks => {}
        true => prompt::check_terminal_beside("the list of keys")?,
        false => prompt::check_terminal()?,
    }
    check_since(run, args).await?;
    let within = Within::of(&run.client, args.project.as_deref()).await?;
    if let Some(filter) = &args.filter {
        let keys = matching(run, filter, within.as_ref().map(|within| within.id)).await?;
        if keys.is_empty() {
            let tip = path_tip(run, filter).await;
            let of = args.project.as_deref().map(|project| format!(" of the project {project}"));
            let of = of.unwrap_or_default();
            log::say(&format!("no active key{of} matches {filter:?}; nothing was revoked{tip}"));
            if run.output == Output::Table {
                return Ok(());
            }
            return output::print(run.output, &nothing(args.dry_run), &results(run, &[], &[], args));
        }
        if asks && !confirm_count(run, &keys).await? {
            return Err(Failure::new(Exit::Failed, "cancelled; nothing was revoked"));
        }
        return revoke_all(run, &keys, args).await;
    }
    // All are found before any is revoked: a mistyped one changes nothing.
    let mut keys: Vec<Key> = Vec::new();
    let mut known = HashSet::new();
    for named in &args.keys {
        let found = match resolve::keys(&run.client, named, within.as_ref()).await {
            Ok(found) => found,
            Err(failure) if within.is_some() => {
                let text = format!("nothing was revoked: {}", failure.message);
                return Err(Failure::new(failure.exit, text));
            }
            Err(failure) => return Err(not_found(run, &args.keys, named, failure).await),
        };
        for found in found {
            check_name(run, &found, asks).await?;
            if known.insert(found.key.id) {
                keys.push(found.key);
            }
        }
    }
    match &keys[..] {
        [key] if args.keys.len() == 1 && args.unused_since.is_none() && !args.dry_run => {
            revoke_one(run, key, args).await
        }
        _ => {
            if asks {
                let names: Vec<String> = keys.iter().map(Key::full_name).collect();
                let (count, names) = (keys.len(), names.join(", "));
                let question =
                    format!("Revoke {count} keys on {}: {names}? This cannot be undone.", run.server);
                if !run.confirm(question).await? {
                    return Err(Failure::new(Exit::Failed, "cancelled; nothing was revoked"));
                }
            }
            revoke_all(run, &keys, args).await
        }
    }
}

/// The error for one of several keys. Where the first of them is a project, the others are meant to be its keys.
async fn not_found(run: &Run, keys: &[String], named: &str, failure: Failure) -> Failure {
    let [project, names @ ..] = keys else { return failure };
    if named == "-" || names.is_empty() {
        return failure;
    }
    let apart = project == named && !names.iter().any(|name| name.contains('/') || name == "-");
    if failure.exit == Exit::NotFound && apart && resolve::project(&run.client, project).await.is_ok() {
        let written: Vec<String> = names.iter().map(|name| format!("{project}/{name}")).collect();
        let text = format!(
            "nothing was revoked: key not found: {project}; to revoke keys of this project write {}",
            written.join(" ")
        );
        return Failure::new(Exit::NotFound, text);
    }
    let which = if failure.message.contains(named) { String::new() } else { format!("{named}: ") };
    Failure::new(failure.exit, format!("nothing was revoked: {which}{}", failure.message))
}

/// Refuses a time in the future before anything else. The server's clock decides, since it records the last uses.
async fn check_since(run: &Run, args: &RevokeArgs) -> Result<(), Failure> {
    let Some(since) = args.unused_since else { return Ok(()) };
    let now = run.client.session().await?.now;
    if since.is_future(now) {
        let text = format!("--unused-since {since} is in the future; the server's time is {now}");
        return Err(Failure::usage(text));
    }
    Ok(())
}

/// Refuses a name if another key of that name was revoked a moment ago: a command that is repeated because its
/// answer was lost must not revoke the replacement. On a terminal it prints a warning, and the user confirms.
async fn check_name(run: &Run, found: &Found, asks: bool) -> Result<(), Failure> {
    let key = &found.key;
    if found.by == By::Itself || key.status == Status::Revoked {
        return Ok(());
    }
    let Some(before) = revoked_before(run, found).await? else { return Ok(()) };
    let at = before.revoked_at.map(|at| format!(" at {at}")).unwrap_or_default();
    let by = before.revoked_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let is = if key.rotated_from == Some(before.id) { "its replacement" } else { "another key" };
    let text = format!(
        "{} was revoked{at}{by} ({}, {}); {} is {is} ({}, {}, created {})",
        before.full_name(),
        before.id,
        before.hint,
        key.full_name(),
        key.id,
        key.hint,
        key.created_at
    );
    let instead = format!("nothing was revoked; to revoke the newer one: keydeck keys revoke {}", key.id);
    repeated::refuse(asks, &text, &instead)
}

/// The key that was revoked last, a moment ago, under the name by which this one was found.
async fn revoked_before(run: &Run, found: &Found) -> Result<Option<Key>, Failure> {
    let key = &found.key;
    let (name, project) = (fold(&key.name), fold(&key.project_name));
    for event in repeated::recent(run, Action::KeyRevoked).await? {
        let Some(id) = event.key.filter(|id| *id != key.id) else { continue };
        if event.detail_text("name").is_none_or(|other| fold(other) != name) {
            continue;
        }
        let before = run.client.key(id).await?;
        // The project may have been deleted and created again.
        if found.by == By::Name || fold(&before.project_name) == project {
            return Ok(Some(before));
        }
    }
    Ok(None)
}

/// The active keys that match a filter, oldest first; of a project, if one is given.
async fn matching(run: &Run, filter: &str, project: Option<ProjectId>) -> Result<Vec<Key>, Failure> {
    let parsed = Filter::parse(filter).map_err(|error| Failure::usage(error.to_string()))?;
    // An empty variable in a script must not revoke everything.
    if parsed.is_empty() {
        return Err(Failure::usage("the filter is empty; it would revoke all keys"));
    }
    let query = KeyQuery {
        filter: filter.to_owned(),
        project,
        status: Some(StatusQuery::Active),
        sort: Some(Sort { by: SortBy::Created, descending: false }),
        ..KeyQuery::default()
    };
    Ok(run.client.keys_all(&query, None).await?)
}

async fn revoke_one(run: &Run, key: &Key, args: &RevokeArgs) -> Result<(), Failure> {
    // A repeat changes nothing, so there is nothing to ask.
    if !args.yes && key.status != Status::Revoked {
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
            return Err(Failure::new(Exit::Failed, "cancelled; nothing was revoked"));
        }
    }
    let before = key.status;
    let KeyReceipt { key, receipt } = run.client.revoke_key(key.id, args.reason.as_deref()).await?;
    let table = changed(run, &key, &receipt);
    let already = (before == Status::Revoked).then(|| {
        let when = output::at_by(key.revoked_at, key.revoked_by.as_deref());
        let reason = if args.reason.is_some() { ", and the reason was not recorded" } else { "" };
        format!("{} was already revoked{when}; nothing was changed{reason}", key.full_name())
    });
    let done = done_words(run, &key, "revoked", &receipt);
    output::print(run.output, &KeyReceipt { key, receipt }, &table)?;
    // Below the table, which would scroll it off a small terminal.
    if let Some(words) = already.or(done) {
        log::say(&words);
    }
    Ok(())
}

/// What was done to a key, for people, who read a table.
pub(super) fn done_words(run: &Run, key: &Key, done: &str, receipt: &Receipt) -> Option<String> {
    let confirmed = confirmed_words(run, receipt);
    (run.output == Output::Table).then(|| format!("{} {done}: {confirmed}", key.full_name()))
}

/// Lists the keys and asks the user to type how many they are.
async fn confirm_count(run: &Run, keys: &[Key]) -> Result<bool, Failure> {
    for key in keys.iter().take(SHOWN) {
        let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
        log::say(&format!("{} ({}; {used})", key.full_name(), key.hint));
    }
    if let more @ 1.. = keys.len().saturating_sub(SHOWN) {
        log::say(&format!("{more} more"));
    }
    say_in_use(run, keys).await?;
    let count = keys.len();
    let what = if count == 1 { "key" } else { "keys" };
    let question = format!(
        "Type {count} to revoke {count} {what}{} on {}. This cannot be undone:",
        in_projects(keys),
        run.server
    );
    run.confirm_word(question, count.to_string()).await
}

/// ` in 10 projects`, where there are several: `project:shop` matches `shop-eu` too.
fn in_projects(keys: &[Key]) -> String {
    match keys.iter().map(|key| key.project_id).collect::<HashSet<_>>().len() {
        0 | 1 => String::new(),
        count => format!(" in {} projects", number(count as u64)),
    }
}

/// Warns of keys that were used in the last 24 hours: their callers will be refused.
async fn say_in_use(run: &Run, keys: &[Key]) -> Result<(), Failure> {
    let since = run.client.session().await?.now - Duration::from_hours(24);
    let used: Vec<&Key> = keys.iter().filter(|key| key.last_used_at.is_some_and(|at| at > since)).collect();
    for key in used.iter().take(SHOWN) {
        let from = key.last_used_from.as_deref().unwrap_or("an unknown address");
        log::say(&format!(
            "in use: {}, last used from {from} (requests in 30 days: {})",
            key.full_name(),
            number(key.requests30d)
        ));
    }
    if !used.is_empty() {
        let were = if used.len() == 1 { "was" } else { "were" };
        log::say(&format!("warning: {} of {} keys {were} used in the last 24 h", used.len(), keys.len()));
    }
    Ok(())
}

/// Revokes in batches, each with a receipt of its own. When one fails, those before it are revoked, and are printed.
async fn revoke_all(run: &Run, keys: &[Key], args: &RevokeArgs) -> Result<(), Failure> {
    let mut progress = Progress::new();
    let mut done = nothing(args.dry_run);
    let mut failed = None;
    for batch in keys.chunks(BULK_MAX) {
        if keys.len() > BULK_MAX {
            progress.show(&format!("Revoking keys… {} of {}", done.revoked.results.len(), keys.len()));
        }
        let body = RevokeKeys {
            ids: batch.iter().map(|key| key.id).collect(),
            reason: args.reason.clone(),
            dry_run: args.dry_run,
            unused_since: args.unused_since,
        };
        match run.client.revoke_keys(&body).await {
            Ok(revoked) => {
                done.revoked.results.extend(revoked.results);
                done.revoked.receipt = merged(done.revoked.receipt.take(), revoked.receipt);
            }
            Err(error) => {
                failed = Some(Failure::from(error));
                break;
            }
        }
    }
    drop(progress);
    let answered = done.revoked.results.len();
    if answered > 0 || failed.is_none() {
        let table = results(run, keys, &done.revoked.results, args);
        output::print(run.output, &done, &table)?;
    }
    for line in not_revoked_lines(&done.revoked.results, args) {
        log::say(&line);
    }
    if let Some(failure) = failed {
        let rest = keys.len() - answered;
        let rest =
            if answered == 0 { String::new() } else { format!("; {rest} keys are left, run it again") };
        return Err(Failure::new(failure.exit, format!("{}{rest}", failure.message)));
    }
    if args.dry_run {
        say_in_use(run, keys).await?;
        log::say(&format!(
            "dry run: nothing was changed; {}{} would be revoked",
            counted(&done.revoked.results),
            in_projects(keys)
        ));
    } else if let Some(receipt) = &done.revoked.receipt {
        log::say(&format!("{} revoked: {}", counted(&done.revoked.results), confirmed_words(run, receipt)));
    }
    Ok(())
}

/// How many keys are not revoked, by the reason.
fn not_revoked_lines(results: &[RevokeResult], args: &RevokeArgs) -> Vec<String> {
    let line = |outcome: Outcome| {
        let count = results.iter().filter(|result| result.outcome == outcome).count() as u64;
        let keys = if count == 1 { "key" } else { "keys" };
        let not = match (args.dry_run, count) {
            (true, _) => "would not be",
            (false, 1) => "was not",
            (false, _) => "were not",
        };
        let why = outcome_words(outcome, args);
        (count > 0).then(|| format!("{} {keys} {not} revoked: {why}", number(count)))
    };
    [Outcome::UsedSince, Outcome::Already, Outcome::NotFound].into_iter().filter_map(line).collect()
}

/// What became of a key, in words.
fn outcome_words(outcome: Outcome, args: &RevokeArgs) -> String {
    match (outcome, args.unused_since) {
        (Outcome::UsedSince, Some(since)) => format!("used after {since}"),
        (Outcome::Already, _) => "already revoked".to_owned(),
        (Outcome::NotFound, _) => "not found".to_owned(),
        (Outcome::Revoked, _) if args.dry_run => "would revoke".to_owned(),
        (other, _) => other.as_str().to_owned(),
    }
}

/// How many keys are revoked, of how many.
fn counted(results: &[RevokeResult]) -> String {
    let revoked = results.iter().filter(|result| result.outcome == Outcome::Revoked).count() as u64;
    let all = results.len() as u64;
    let keys = if all == 1 { "key" } else { "keys" };
    if revoked == all {
        return format!("{} {keys}", number(all));
    }
    format!("{} of {} {keys}", number(revoked), number(all))
}

/// One receipt for all batches: the newest revision, the fewest confirmations, the slowest node.
pub(super) fn merged(earlier: Option<Receipt>, later: Option<Receipt>) -> Option<Receipt> {
    let (earlier, mut later) = match (earlier, later) {
        (Some(earlier), Some(later)) => (earlier, later),
        (one, other) => return other.or(one),
    };
    if earlier.confirmed_by < later.confirmed_by {
        (later.confirmed_by, later.nodes) = (earlier.confirmed_by, earlier.nodes);
    }
    let slower = |slowest: &Option<_>| slowest.as_ref().map_or(0, |it: &Slowest| it.ms);
    if slower(&earlier.slowest) > slower(&later.slowest) {
        later.slowest = earlier.slowest;
    }
    for node in earlier.expired {
        if !later.expired.contains(&node) {
            later.expired.push(node);
        }
    }
    Some(later)
}

/// The API's answer. Of a dry run it says that nothing was done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(flatten)]
    revoked: RevokedKeys,
}

fn nothing(dry_run: bool) -> Done {
    Done { dry_run, revoked: RevokedKeys { results: Vec::new(), receipt: None } }
}

/// People read the outcome in words; programs that of the API, and of a dry run a column beside it.
fn results(run: &Run, keys: &[Key], results: &[RevokeResult], args: &RevokeArgs) -> Table {
    let has_column = args.dry_run && run.output != Output::Table;
    let mut columns = vec!["id", "project", "name", "outcome"];
    if has_column {
        columns.push("dryRun");
    }
    let mut table = Table::new(&columns);
    let keys: HashMap<KeyId, &Key> = keys.iter().map(|key| (key.id, key)).collect();
    for result in results {
        let key = keys.get(&result.id);
        let id = Cell::from(result.id);
        let project = Cell::or_dash(key.map(|key| &*key.project_name));
        let name = Cell::or_dash(key.map(|key| key.name.as_str()));
        let outcome = Cell::Said(result.outcome.as_str().to_owned(), outcome_words(result.outcome, args));
        if has_column {
            table.row([id, project, name, outcome, Cell::from(true)]);
        } else {
            table.row([id, project, name, outcome]);
        }
    }
    table
}
