//! `keydeck audit review execute`: what would be done, what was, and what was left.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::super::args::Output;
use super::super::exit::{Exit, Failure};
use super::super::key_tables::confirmed_words;
use super::super::output::{self, Cell, Table};
use super::super::run::Run;
use super::super::tips::quoted;
use super::super::{log, prompt, resolve};
use crate::client::ClientError;
use crate::wire::id::KeyId;
use crate::wire::problem::Code;
use crate::wire::reviews::{
    Decision, Execute, ExecuteResult, Executed, ItemQuery, ReviewItem, ReviewOutcome, ReviewStatus,
    done_words, kept_until_words, kept_words, left_words, not_stopped_words, outcome_words, stopped_words,
    to_rotate_words, unchanged_words, undecided_words,
};

/// The most keys that are listed above the question.
const SHOWN: usize = 50;

/// Executes a review after a question, or says what would be done.
pub(super) async fn execute(run: &Run, named: &str, dry_run: bool, yes: bool) -> Result<(), Failure> {
    if !dry_run && !yes {
        prompt::check_terminal()?;
    }
    let id = resolve::review(&run.client, named).await?.id;
    let planned = run.client.execute_review(id, &Execute { dry_run: true, decisions: None }).await;
    let planned = planned.map_err(|error| denied(error, named))?;
    let items = run.client.review_items_listed(id, &ItemQuery::default(), None).await?.items;
    let items: HashMap<KeyId, ReviewItem> = items.into_iter().map(|item| (item.key.id, item)).collect();
    let open = planned.review.is_open();
    if planned.review.status == ReviewStatus::Cancelled {
        return Err(Failure::new(Exit::Conflict, "the review is cancelled; start a new review"));
    }
    let already = !open;
    let when = output::at_by(planned.review.executed_at, planned.review.executed_by.as_deref());
    let executed_before = format!(
        "the review was already executed{when}; nothing was changed, and the outcomes are those of that time, not the \
         current state of the keys"
    );
    if dry_run && already {
        log::say(&executed_before);
        return output::print(run.output, &planned, &results(run, &items, &planned, false));
    }
    if dry_run {
        output::print(run.output, &planned, &results(run, &items, &planned, run.output == Output::Table))?;
        for line in left_lines(&items).into_iter().chain(undecided(&planned).filter(|_| open)) {
            log::say(&line);
        }
        log::say("dry run: nothing was changed");
        return Ok(());
    }
    if open && planned.review.decided() == 0 {
        let text = "nothing is decided yet; decide with `keydeck audit review decide`, or cancel the review";
        return Err(Failure::new(Exit::Conflict, text));
    }
    let kills = |result: &&ExecuteResult| {
        result.outcome == ReviewOutcome::Done && matches!(result.decision, Decision::Revoke | Decision::Pause)
    };
    let stopped: HashSet<KeyId> = planned.results.iter().filter(kills).map(|result| result.id).collect();
    // A repeat changes nothing, so there is nothing to ask.
    if !yes && !already {
        for line in plan_lines(&items, &planned).into_iter().chain(left_lines(&items)) {
            log::say(&line);
        }
        if let Some(line) = undecided(&planned).filter(|_| open) {
            log::say(&line);
        }
        for line in in_use(run, &items, &stopped).await? {
            log::say(&line);
        }
        let name = format!("the review {:?}", planned.review.name);
        let confirmed = match stopped.len() {
            0 => {
                let question = format!("Execute {name} on {}? No key is revoked or paused.", run.server);
                run.confirm(question).await?
            }
            count => {
                let keys = if count == 1 { "key" } else { "keys" };
                let question = format!(
                    "Executing {name}. Type {count} to revoke or pause {count} {keys} on {}:",
                    run.server
                );
                run.confirm_word(question, count.to_string()).await?
            }
        };
        if !confirmed {
            return Err(Failure::new(Exit::Failed, "not executed; nothing was changed"));
        }
    }
    let confirmed = Execute { dry_run: false, decisions: Some(planned.decisions) };
    let executed = run.client.execute_review(id, &confirmed).await?;
    if already {
        log::say(&executed_before);
    }
    output::print(run.output, &executed, &results(run, &items, &executed, false))?;
    if yes && !already {
        // Without a question, nothing has named them yet.
        for line in left_lines(&items) {
            log::say(&line);
        }
        match executed.review.decisions.undecided {
            0 => {}
            1 => log::say("1 key was left undecided; the review is closed"),
            count => log::say(&format!("{count} keys were left undecided; the review is closed")),
        }
    }
    for line in not_stopped_lines(&items, &executed) {
        log::say(&line);
    }
    if let Some(receipt) = &executed.receipt {
        log::say(&confirmed_words(run, receipt));
    }
    Ok(())
}

/// The error of a dry run. An auditor may not ask for one; the tip names what shows the same.
fn denied(error: ClientError, review: &str) -> Failure {
    let is_role =
        error.problem().is_some_and(|problem| matches!(problem.code, Code::Forbidden | Code::ReadOnly));
    let failure = Failure::from(error);
    if !is_role {
        return failure;
    }
    let review = quoted(review);
    let text = format!(
        "{}; to see the decisions, run: keydeck audit review items {review}, or press X in the review in the dashboard",
        failure.message
    );
    Failure::new(failure.exit, text)
}

/// How many keys were to be stopped and still work, by the reason.
fn not_stopped_lines(items: &HashMap<KeyId, ReviewItem>, executed: &Executed) -> Vec<String> {
    let results = || executed.results.iter().filter(|result| !is_paused_anyway(items, result));
    let count =
        |wanted: &[ReviewOutcome]| results().filter(|result| wanted.contains(&result.outcome)).count() as u64;
    [
        (
            count(&[ReviewOutcome::UsedSince, ReviewOutcome::ChangedSince]),
            "used or changed since the decision",
        ),
        (count(&[ReviewOutcome::Failed]), "status set by a newer server; update this one"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, why)| format!("{}: {why}", not_stopped_words(count)))
    .collect()
}

/// The keys among these that were used in the last 24 hours, a line each: their callers will be refused.
async fn in_use(
    run: &Run,
    items: &HashMap<KeyId, ReviewItem>,
    stopped: &HashSet<KeyId>,
) -> Result<Vec<String>, Failure> {
    let since = run.client.session().await?.now - Duration::from_hours(24);
    let mut lines = Vec::new();
    for item in items.values().filter(|item| stopped.contains(&item.key.id)) {
        let Some(used) = item.key.last_used_at.filter(|used| *used > since) else { continue };
        let from = item.key.last_used_from.as_deref().unwrap_or("an unknown address");
        lines.push(format!("in use: {}, last used {used} from {from}", item.key.full_name()));
    }
    lines.sort_unstable();
    if let more @ 1.. = lines.len().saturating_sub(SHOWN) {
        lines.truncate(SHOWN);
        lines.push(format!("in use: {more} more keys"));
    }
    Ok(lines)
}

/// What is about to be done, as the dashboard says it: the keys that stop working, a line each, and how many others.
fn plan_lines(items: &HashMap<KeyId, ReviewItem>, planned: &Executed) -> Vec<String> {
    let mut lines = Vec::new();
    let of = |wanted: fn(&ExecuteResult) -> bool| -> Vec<&ExecuteResult> {
        planned.results.iter().filter(|result| wanted(result)).collect()
    };
    let done = |result: &ExecuteResult, decision| {
        result.outcome == ReviewOutcome::Done && result.decision == decision
    };
    for decision in [Decision::Revoke, Decision::Pause] {
        let named: Vec<String> = planned
            .results
            .iter()
            .filter(|result| done(result, decision))
            .map(|result| {
                let Some(item) = items.get(&result.id) else { return result.id.to_string() };
                let key = &item.key;
                let used =
                    key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
                format!("{} ({}; {used})", key.full_name(), key.hint)
            })
            .collect();
        section(&mut lines, &stopped_words(decision, named.len() as u64, false), named);
    }
    let unchanged = of(|result| !matches!(result.outcome, ReviewOutcome::Done | ReviewOutcome::ToRotate));
    let names = unchanged
        .iter()
        .map(|result| {
            let why = if is_paused_anyway(items, result) {
                "already paused"
            } else {
                outcome_words(result.outcome).unwrap_or(result.outcome.as_str())
            };
            format!("{}: {why}", named(items, result))
        })
        .collect();
    section(&mut lines, &unchanged_words(unchanged.len() as u64, false), names);
    let rotate = of(|result| result.outcome == ReviewOutcome::ToRotate);
    let names = rotate.iter().map(|result| named(items, result)).collect();
    section(&mut lines, &to_rotate_words(rotate.len() as u64), names);
    let kept: Vec<&ExecuteResult> =
        planned.results.iter().filter(|result| done(result, Decision::Keep)).collect();
    let until = |result: &&ExecuteResult| {
        let until = items.get(&result.id)?.until?;
        Some(format!("{}: until {until}", named(items, result)))
    };
    let dated: Vec<String> = kept.iter().filter_map(until).collect();
    match (kept.len() as u64, dated.len() as u64) {
        (0, _) => {}
        (count, 0) => lines.push(kept_words(count, false)),
        (count, some) => section(&mut lines, &kept_until_words(count, some, false), dated),
    }
    lines
}

/// A title and what it counts, a line each, where there is any.
fn section(lines: &mut Vec<String>, title: &str, mut named: Vec<String>) {
    if named.is_empty() {
        return;
    }
    lines.push(format!("{title}:"));
    let more = named.len().saturating_sub(SHOWN);
    named.truncate(SHOWN);
    lines.extend(named.into_iter().map(|name| format!("  {name}")));
    if more > 0 {
        lines.push(format!("  {more} more"));
    }
}

fn named(items: &HashMap<KeyId, ReviewItem>, result: &ExecuteResult) -> String {
    items.get(&result.id).map_or_else(|| result.id.to_string(), |item| item.key.full_name())
}

/// The keys that are not changed on purpose, a section for each decision, with what was noted on them.
fn left_lines(items: &HashMap<KeyId, ReviewItem>) -> Vec<String> {
    let mut lines = Vec::new();
    for decision in [Decision::Ask, Decision::Skip] {
        let mut named: Vec<String> = Vec::new();
        for item in items.values().filter(|item| item.decision == Some(decision)) {
            let note = item.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let owner = item.key.owner.as_deref().filter(|_| decision == Decision::Ask);
            let owner = owner.map(|owner| format!(" ({owner})")).unwrap_or_default();
            named.push(format!("{}{owner}{note}", item.key.full_name()));
        }
        named.sort_unstable();
        section(&mut lines, &left_words(decision, named.len() as u64), named);
    }
    lines
}

/// A warning that undecided keys cannot be decided after the execution.
fn undecided(planned: &Executed) -> Option<String> {
    undecided_words(planned.review.decisions.undecided)
}

/// Whether the execution does not pause a key only because someone else has paused it since the decision.
fn is_paused_anyway(items: &HashMap<KeyId, ReviewItem>, result: &ExecuteResult) -> bool {
    items.get(&result.id).is_some_and(|item| item.is_paused_anyway(result.decision, result.outcome))
}

/// People read what becomes of each key; programs the outcome of the API.
fn results(run: &Run, items: &HashMap<KeyId, ReviewItem>, executed: &Executed, planned: bool) -> Table {
    let people = run.output == Output::Table;
    // Programs may go by the place of a column.
    let mut table = Table::new(if people {
        &["id", "project", "name", "lastUsedAt", "decision", "outcome"]
    } else {
        &["id", "decision", "outcome", "project", "name", "lastUsedAt"]
    });
    for result in &executed.results {
        let until = items.get(&result.id).and_then(|item| item.until);
        let kept = until.map(|until| {
            let kept = if planned { "would be kept" } else { "kept" };
            format!("{kept} until {until}")
        });
        let outcome = match result.outcome {
            other if !people => other.as_str(),
            _ if is_paused_anyway(items, result) => "already paused",
            ReviewOutcome::Done if planned => match result.decision {
                Decision::Revoke => "would be revoked",
                Decision::Pause => "would be paused",
                Decision::Keep => kept.as_deref().unwrap_or("would be kept"),
                Decision::Rotate => "already rotated",
                _ => "no change",
            },
            ReviewOutcome::Done => match (&kept, result.decision) {
                (Some(kept), Decision::Keep) => kept,
                (_, decision) => done_words(decision),
            },
            other => outcome_words(other).unwrap_or(other.as_str()),
        };
        let key = items.get(&result.id).map(|item| &item.key);
        let id = Cell::from(result.id);
        let project = Cell::or_dash(key.map(|key| &*key.project_name));
        let name = Cell::or_dash(key.map(|key| key.name.as_str()));
        let used = Cell::or_never(key.and_then(|key| key.last_used_at));
        let (decision, outcome) = (Cell::from(result.decision.as_str()), Cell::from(outcome));
        table.row(if people {
            [id, project, name, used, decision, outcome]
        } else {
            [id, decision, outcome, project, name, used]
        });
    }
    // Nothing is done about these, so the API has no result for them.
    let is_left = |item: &&ReviewItem| matches!(item.decision, Some(Decision::Ask | Decision::Skip));
    let mut left: Vec<&ReviewItem> = items.values().filter(|item| people && is_left(item)).collect();
    left.sort_unstable_by_key(|item| (&item.key.project_name, &item.key.name, item.key.id));
    for ReviewItem { key, decision, .. } in left {
        table.row([
            Cell::from(key.id),
            Cell::from(&key.project_name),
            Cell::from(&key.name),
            Cell::or_never(key.last_used_at),
            Cell::or_dash(decision.map(Decision::as_str)),
            Cell::from(if *decision == Some(Decision::Ask) { "owner to be asked" } else { "skipped" }),
        ]);
    }
    table
}
