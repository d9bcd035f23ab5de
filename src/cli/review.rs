//! `keydeck audit review`.

mod execute;

use std::time::Duration;

use self::execute::execute;
use super::args::{Due, KeyArgs, ListArgs, Output, ReviewCommand};
use super::exit::{Exit, Failure};
use super::key_tables::path_tip;
use super::output::{self, Cell, Table};
use super::resolve::Within;
use super::run::Run;
use super::{log, prompt, repeated, report, resolve};
use crate::wire::audit::Action;
use crate::wire::filter::Filter;
use crate::wire::findings;
use crate::wire::id::ReviewId;
use crate::wire::keys::{Key, Sort, SortBy};
use crate::wire::reports::Sign;
use crate::wire::reviews::{
    Decide, Decision, DecisionFilter, ItemQuery, NewReview, NotDone, Review, ReviewEdit, ReviewItem,
    ReviewOutcome, ReviewStatus, Scope, done_words, outcome_words,
};
use crate::wire::time::Timestamp;

/// The columns of a table of items.
const ITEMS: [&str; 9] =
    ["id", "project", "name", "owner", "lastUsedAt", "findings", "decision", "reason", "decidedBy"];

/// Columns that a table gives up on a terminal that is too narrow for all, the first of them first: who decided what,
/// when and why stays.
const SPARE: [&str; 6] = ["id", "lastUsedAt", "owner", "findings", "until", "outcome"];

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &ReviewCommand) -> Result<(), Failure> {
    match command {
        ReviewCommand::List => {
            let page = output::list(run.client.reviews_all().await?);
            if page.items.is_empty() {
                run.advise("no reviews; start one with: keydeck audit review start NAME");
            }
            output::print(run.output, &page, &table(&page.items))
        }
        ReviewCommand::Start { name, projects, filter, stale, due } => {
            let filter = filter.clone().unwrap_or_default();
            Filter::parse(&filter).map_err(|error| Failure::usage(error.to_string()))?;
            let mut ids = Vec::new();
            for project in projects {
                ids.push(resolve::project(&run.client, project).await?);
            }
            if let Some(due) = due {
                check_future("--due", *due, run.client.session().await?.now)?;
            }
            let scope = Scope { projects: ids, filter, stale_days: *stale };
            let new = NewReview { name: name.clone(), scope, due_at: *due };
            let review = run.client.start_review(&new).await?;
            output::print(run.output, &review, &table(std::slice::from_ref(&review)))?;
            say_due(run, &review).await;
            say_namesake(run, &review).await;
            Ok(())
        }
        ReviewCommand::Show { review } => {
            let review = resolve::review(&run.client, review).await?;
            let projects = project_names(run, &review).await?;
            let stale_days = match run.output {
                Output::Table => Some(run.client.session().await?.thresholds.stale_days),
                Output::Json | Output::Csv => None,
            };
            output::print(run.output, &review, &one(&review, projects, stale_days))
        }
        ReviewCommand::Items { review, decision, project, filter, list } => {
            let filter = filter.clone().unwrap_or_default();
            Filter::parse(&filter).map_err(|error| Failure::usage(error.to_string()))?;
            let within = Within::of(&run.client, project.as_deref()).await?;
            let id = resolve::review(&run.client, review).await?.id;
            let sort = Some(Sort { by: SortBy::Findings, descending: false });
            let query = ItemQuery { filter, decision: *decision, sort, ..ItemQuery::default() };
            items(run, id, &query, within.as_ref(), list).await
        }
        ReviewCommand::Decide { review, key, decision, reason, until, yes } => {
            let asks = asks(*yes, key);
            if until.is_some() && *decision != Decision::Keep {
                return Err(Failure::usage("--until can only be used with the decision keep"));
            }
            let id = resolve::review(&run.client, review).await?.id;
            let (key, before) = key_of(run, id, key).await?;
            // The same decision again, say with another date, keeps what was written down with it.
            let same = before.decision == Some(*decision);
            let reason = reason.clone().or_else(|| before.reason.clone().filter(|_| same));
            let session = run.client.session().await?;
            let now = session.now;
            if let Some(until) = until {
                check_future("--until", *until, now)?;
            }
            if let Some(other) = of_other(&key, &before, &session.principal).filter(|_| asks && !same) {
                confirm(run, format!("Replace {other} with {}?", decision.as_str())).await?;
            }
            let replaced = before.decision.map(|decision| {
                let by = before.decided_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
                format!("replaced the decision on {}: {}{by}", key.full_name(), decision.as_str())
            });
            let until = until.or_else(|| before.until.filter(|until| same && *until > now));
            let cleared_until = before.until.filter(|_| until.is_none());
            let cleared = cleared(before.reason.filter(|_| !same && reason.is_none()), cleared_until);
            let decide = Decide { decision: *decision, until, reason, version: before.version };
            let item = run.client.decide(id, key.id, &decide).await?;
            if let Some(replaced) = replaced.filter(|_| item.version != before.version) {
                log::say(&replaced);
            }
            if let Some(cleared) = cleared {
                log::say(&cleared);
            }
            if item.own_key {
                log::say("note: you created this key");
            }
            let shown = usual(std::slice::from_ref(&item), run.output);
            let table = rows(&shown, std::slice::from_ref(&item));
            output::print_fitting(run.output, &ListArgs::default(), &item, table, &SPARE)
        }
        ReviewCommand::Undo { review, key, yes } => {
            let asks = asks(*yes, key);
            let id = resolve::review(&run.client, review).await?.id;
            let (key, before) = key_of(run, id, key).await?;
            if asks && let Some(other) = of_other(&key, &before, &run.client.session().await?.principal) {
                confirm(run, format!("Undo {other}?")).await?;
            }
            // With its version, so that a later decision is not undone.
            run.client.undecide(id, key.id, Some(before.version)).await?;
            let item = item(run, id, &key).await?;
            log::say(&match before.decision {
                Some(decision) => {
                    let by = before.decided_by.map(|by| format!(" by {by}")).unwrap_or_default();
                    format!(
                        "undid the decision on {}: {}{by}; it is undecided now, and an earlier decision is not restored",
                        key.full_name(),
                        decision.as_str()
                    )
                }
                None => format!("{} has no decision; nothing was changed", key.full_name()),
            });
            output::print(run.output, &item, &rows(&ITEMS, std::slice::from_ref(&item)))
        }
        ReviewCommand::Execute { review, dry_run, yes } => execute(run, review, *dry_run, *yes).await,
        ReviewCommand::Sign { review, head, pack, same_person } => {
            let before = resolve::review(&run.client, review).await?;
            let head = match (head, pack) {
                (Some(head), _) => head.clone(),
                (None, Some(pack)) => report::verified_head(pack.clone()).await?,
                (None, None) => return Err(Failure::usage("--head or --pack is required")),
            };
            let sign = Sign { head, same_person: *same_person };
            let not_done = not_done(run, &before).await;
            let review = run.client.sign_review(before.id, &sign).await?;
            if before.status == ReviewStatus::Signed {
                let when = output::at_by(before.signed_at, before.signed_by.as_deref());
                log::say(&format!(
                    "the review {:?} was already signed{when}; nothing was changed",
                    review.name
                ));
            } else {
                log::say(&format!("signed the review {:?} with the pack {}", review.name, sign.head));
                if let Some(not_done) = not_done {
                    log::say(&format!("not done: {not_done}"));
                }
                log::say(&format!(
                    "a pack cannot contain its own signature; to create one that shows it, run: keydeck audit report \
                     --review {}",
                    review.id
                ));
            }
            output::print(run.output, &review, &table(std::slice::from_ref(&review)))
        }
        ReviewCommand::Edit { review, name, due } => {
            let before = resolve::review(&run.client, review).await?;
            let due_at = due.map(|Due(due_at)| due_at);
            if let Some(due) = due_at.flatten().filter(|due| Some(*due) != before.due_at) {
                check_future("--due", due, run.client.session().await?.now)?;
            }
            let renames = name.as_ref().is_some_and(|name| *name != before.name);
            if renames || due_at.is_some_and(|due| due != before.due_at) {
                check_open(&before)?;
            }
            let edit = ReviewEdit { name: name.clone(), due_at, ..ReviewEdit::default() };
            let review = run.client.edit_review(before.id, &edit).await?;
            output::print(run.output, &review, &table(std::slice::from_ref(&review)))?;
            if before.name == review.name && before.due_at == review.due_at {
                let given = [("name", name.is_some()), ("due date", due.is_some())];
                let given: Vec<&str> =
                    given.into_iter().filter_map(|(what, is)| is.then_some(what)).collect();
                let (name, given) = (&review.name, given.join(" and "));
                log::say(&format!("the review {name:?} already has this {given}; nothing was changed"));
            } else if due.is_some() {
                say_due(run, &review).await;
            }
            Ok(())
        }
        ReviewCommand::Cancel { review, yes } => {
            let by_id = review.parse::<ReviewId>().is_ok();
            let review = resolve::review(&run.client, review).await?;
            if review.status != ReviewStatus::Cancelled {
                check_open(&review)?;
            }
            let id = review.id;
            let terminal = prompt::check_terminal();
            let asks = !yes && terminal.is_ok();
            // Where nothing was decided, nothing is lost.
            if !yes && review.is_open() && review.decided() > 0 {
                terminal?;
            }
            if !by_id && review.is_open() {
                check_name(run, &review, asks).await?;
            }
            if asks && review.is_open() {
                let (decided, keys) = (review.decided(), review.population.in_scope);
                let question = format!(
                    "Cancel the review {:?} on {}? {decided} of {keys} keys are decided; no key is changed, and the \
                     decisions cannot be executed any more.",
                    review.name, run.server
                );
                if !run.confirm(question).await? {
                    return Err(Failure::new(Exit::Failed, "not cancelled; the review is still open"));
                }
            }
            let edit = ReviewEdit { status: Some(ReviewStatus::Cancelled), ..ReviewEdit::default() };
            let before = review.status;
            let review = run.client.edit_review(id, &edit).await?;
            output::print(run.output, &review, &table(std::slice::from_ref(&review)))?;
            let name = &review.name;
            log::say(&if before == ReviewStatus::Cancelled {
                format!("the review {name:?} was already cancelled; nothing was changed")
            } else {
                format!("the review {name:?} is cancelled; no key was changed")
            });
            Ok(())
        }
    }
}

/// Whether a command about the decision of another reviewer asks first. Scripts are not asked: what they replaced or undid
/// is printed.
fn asks(yes: bool, key: &KeyArgs) -> bool {
    let terminal = || match key.key.as_str() {
        "-" => prompt::check_terminal_beside("the key"),
        _ => prompt::check_terminal(),
    };
    !yes && terminal().is_ok()
}

/// The decision on a key, in words, if another reviewer made it.
fn of_other(key: &Key, before: &ReviewItem, principal: &str) -> Option<String> {
    let by = before.decided_by.as_deref().filter(|by| *by != principal)?;
    let why = before.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(format!("the decision on {} ({} by {by}{why})", key.full_name(), before.decision?.as_str()))
}

/// Asks before the decision of another reviewer is changed.
async fn confirm(run: &Run, question: String) -> Result<(), Failure> {
    if run.confirm(question).await? {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "cancelled; the decision was not changed"))
}

/// What an earlier decision had and the new one does not.
fn cleared(reason: Option<String>, until: Option<Timestamp>) -> Option<String> {
    let text = match (reason, until) {
        (Some(reason), Some(until)) => {
            format!(
                "the reason and the until date of the earlier decision were cleared: {reason}; until {until}"
            )
        }
        (Some(reason), None) => format!("the reason of the earlier decision was cleared: {reason}"),
        (None, Some(until)) => format!("the until date of the earlier decision was cleared: {until}"),
        (None, None) => return None,
    };
    Some(format!("note: {text}"))
}

/// The server refuses it, too, but answers as if someone wanted to decide.
fn check_open(review: &Review) -> Result<(), Failure> {
    if review.is_open() || matches!(review.status, ReviewStatus::Other(_)) {
        return Ok(());
    }
    let text = format!("the review {:?} is {} and cannot be changed", review.name, review.status.as_str());
    Err(Failure::new(Exit::Conflict, text))
}

/// How many decisions were not carried out, as the dashboard says it before the signature. A signature does not fail
/// because that cannot be read.
async fn not_done(run: &Run, review: &Review) -> Option<String> {
    let mut not_done = NotDone::default();
    for decision in NotDone::DECISIONS {
        let query = ItemQuery { decision: Some(DecisionFilter(Some(decision))), ..ItemQuery::default() };
        match run.client.review_items_listed(review.id, &query, None).await {
            Ok(page) => not_done.count(&page.items),
            Err(error) => return Some(format!("unknown: {error}")),
        }
    }
    not_done.words()
}

/// Refuses a name if another review of that name was cancelled a moment ago: a repeated command must not cancel the review
/// that was started since.
async fn check_name(run: &Run, review: &Review, asks: bool) -> Result<(), Failure> {
    let Some(before) = repeated::of_name(run, Action::ReviewCancelled, &review.name).await? else {
        return Ok(());
    };
    let Some(other) = before.detail_text("review").filter(|other| *other != review.id.to_string()) else {
        return Ok(());
    };
    let what = format!(
        "a review {:?} was cancelled at {} by {} ({other}); the review that has this name now is {} (started {})",
        review.name, before.at, before.actor, review.id, review.started_at
    );
    let instead =
        format!("nothing was changed; to cancel the newer one: keydeck audit review cancel {}", review.id);
    repeated::refuse(asks, &what, &instead)
}

/// A key of a review, and its decision. Of several keys with a name, the active one is meant if the review has it.
async fn key_of(run: &Run, id: ReviewId, named: &KeyArgs) -> Result<(Key, ReviewItem), Failure> {
    let within = Within::of(&run.client, named.project.as_deref()).await?;
    let several = match resolve::any_key(&run.client, &named.key, within.as_ref()).await {
        Ok(key) => {
            let item = item(run, id, &key).await?;
            return Ok((key, item));
        }
        Err(several) if several.exit == Exit::Conflict && named.key != "-" => several,
        Err(failure) => return Err(failure),
    };
    let key = resolve::key(&run.client, named).await?;
    match item(run, id, &key).await {
        Ok(item) => Ok((key, item)),
        Err(_) => Err(several),
    }
}

/// One key of a review.
async fn item(run: &Run, id: ReviewId, key: &Key) -> Result<ReviewItem, Failure> {
    let query = ItemQuery { filter: format!("\"{}\"", key.id), ..ItemQuery::default() };
    let mut page = run.client.review_items(id, &query).await?;
    page.items.retain(|item| item.key.id == key.id);
    page.items.pop().ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("{} is not a key of this review", key.full_name()))
    })
}

async fn items(
    run: &Run,
    id: ReviewId,
    query: &ItemQuery,
    within: Option<&Within>,
    list: &ListArgs,
) -> Result<(), Failure> {
    const MORE: [&str; 7] = ["hint", "status", "createdBy", "until", "decidedAt", "ownKey", "outcome"];
    let has = [&ITEMS[..], &MORE[..]].concat();
    let mut columns = output::choose(list, run.output, &has, &ITEMS)?;
    let mut page = run.client.review_items_listed(id, query, None).await?;
    if let Some(within) = within {
        page.items.retain(|item| item.key.project_id == within.id);
        page.total = page.items.len() as u64;
    }
    if columns == ITEMS {
        columns = usual(&page.items, run.output);
    }
    let is_narrowed = query.decision.is_some() || !query.filter.is_empty() || within.is_some();
    if page.items.is_empty() && is_narrowed {
        run.say(&format!("no keys of this review match{}", path_tip(run, &query.filter).await));
    }
    let table = rows(&columns, &page.items);
    output::print_fitting(run.output, list, &page, table, &SPARE)
}

/// Names do not have to be unique, but commands then need the id.
async fn say_namesake(run: &Run, review: &Review) {
    let Ok(others) = run.client.reviews_all().await else { return };
    let same = |other: &&Review| other.id != review.id && other.name == review.name && other.is_open();
    if let Some(other) = others.iter().find(same) {
        log::say(&format!(
            "note: another open review is named {:?} ({}); commands need the id",
            other.name, other.id
        ));
    }
}

/// The columns shown unless others are chosen: those of every list, and the dates and the outcome of a decision where
/// one has them. Programs read when it was decided where they choose that column.
fn usual(items: &[ReviewItem], form: Output) -> Vec<&'static str> {
    let mut columns = ITEMS.to_vec();
    if form == Output::Table && items.iter().any(|item| item.decided_at.is_some()) {
        columns.push("decidedAt");
    }
    if items.iter().any(|item| item.until.is_some()) {
        columns.push("until");
    }
    // Only an executed review has any.
    if items.iter().any(|item| item.outcome.is_some()) {
        columns.push("outcome");
    }
    columns
}

/// The outcome of a decision for people.
fn outcome_of(item: &ReviewItem, decision: Decision, outcome: ReviewOutcome) -> String {
    let words = match outcome {
        _ if item.is_paused_anyway(decision, outcome) => "already paused",
        ReviewOutcome::Done => done_words(decision),
        other => outcome_words(other).unwrap_or(other.as_str()),
    };
    words.to_owned()
}

fn rows(columns: &[&'static str], items: &[ReviewItem]) -> Table {
    let mut table = Table::new(columns);
    for item in items {
        let cell = |name: &&str| match *name {
            "id" => Cell::from(item.key.id),
            "project" => Cell::from(&item.key.project_name),
            "name" => Cell::from(&item.key.name),
            "hint" => Cell::from(item.key.hint),
            "status" => Cell::from(item.key.status.as_str()),
            "owner" => Cell::or_dash(item.key.owner.as_deref()),
            "createdBy" => Cell::from(&item.key.created_by),
            "lastUsedAt" => Cell::or_never(item.last_used_at),
            "findings" => {
                Cell::or_dash(Some(findings::codes(&item.findings)).filter(|codes| !codes.is_empty()))
            }
            "decision" => Cell::or_dash(item.decision.map(Decision::as_str)),
            "until" => Cell::or_dash(item.until),
            "reason" => Cell::or_dash(item.reason.as_deref()),
            "decidedBy" => Cell::or_dash(item.decided_by.as_deref()),
            "decidedAt" => item.decided_at.map_or(Cell::Nothing("-"), |at| {
                Cell::Said(at.to_string(), at.utc().format("%Y-%m-%dT%H:%MZ").to_string())
            }),
            "ownKey" => Cell::from(item.own_key),
            "outcome" => match (item.outcome, item.decision) {
                (Some(outcome), Some(decision)) => {
                    Cell::Said(outcome.as_str().to_owned(), outcome_of(item, decision, outcome))
                }
                (outcome, _) => Cell::or_dash(outcome.map(ReviewOutcome::as_str)),
            },
            _ => Cell::or_dash(None::<&str>),
        };
        table.cells(columns.iter().map(cell).collect());
    }
    table
}

/// Refuses a time that has passed by the server's clock, with the option that was typed.
fn check_future(option: &str, time: Timestamp, now: Timestamp) -> Result<(), Failure> {
    if time > now {
        return Ok(());
    }
    Err(Failure::usage(format!("{option} {time} has passed; the server's time is {now}")))
}

/// Says when the review is due where that is soon: `1m` is a minute. The review is stored: if the note cannot be given,
/// that is no failure.
async fn say_due(run: &Run, review: &Review) {
    let Some(due) = review.due_at else { return };
    let Ok(session) = run.client.session().await else { return };
    if due < session.now + Duration::from_hours(1) {
        log::say(&format!("note: due in less than an hour, at {due}; for months write mo, as in 1mo"));
    }
}

fn table(reviews: &[Review]) -> Table {
    let mut table =
        Table::new(&["id", "name", "status", "keys", "undecided", "startedAt", "startedBy", "dueAt"]);
    for review in reviews {
        table.row([
            Cell::from(review.id),
            Cell::from(&review.name),
            Cell::from(review.status.as_str()),
            Cell::from(review.population.in_scope),
            Cell::from(review.decisions.undecided),
            Cell::from(review.started_at),
            Cell::from(&review.started_by),
            Cell::or_dash(review.due_at),
        ]);
    }
    table
}

/// The names of the projects in its scope, for people; deleted ones have theirs, too.
async fn project_names(run: &Run, review: &Review) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    if run.output == Output::Table {
        for id in &review.scope.projects {
            names.push(run.client.project(*id).await?.name);
        }
    }
    Ok(names)
}

/// All that is known of a review. The threshold of the server counts where the review has none.
fn one(review: &Review, projects: Vec<String>, default_days: Option<u32>) -> Table {
    let mut table = Table::of_fields();
    let mut line = |field: &str, value: Cell| table.row([Cell::from(field), value]);
    line("id", Cell::from(review.id));
    line("name", Cell::from(&review.name));
    line("status", Cell::from(review.status.as_str()));
    let ids: Vec<String> = review.scope.projects.iter().map(ToString::to_string).collect();
    let named = Cell::Said(ids.join(" "), projects.join(", "));
    line("projects", if ids.is_empty() { Cell::Nothing("all") } else { named });
    line("filter", Cell::or_dash(Some(&review.scope.filter).filter(|filter| !filter.is_empty())));
    let idle = |days: u32| Cell::Said(days.to_string(), format!("idle for {days} days or more"));
    let default = |days: u32| {
        Cell::Said(String::new(), format!("idle for {days} days or more (default of the server)"))
    };
    let default = default_days.map_or(Cell::Nothing("-"), default);
    line("staleDays", review.scope.stale_days.map_or(default, idle));
    line("dueAt", Cell::or_dash(review.due_at));
    line("startedAt", Cell::from(review.started_at));
    line("startedBy", Cell::from(&review.started_by));
    line("asOf", Cell::from(format!("{}:{}", review.as_of.seq, review.as_of.hash)));
    line("keys", Cell::from(format!("{} of {}", review.population.in_scope, review.population.keys)));
    let decisions = review.decisions;
    for (name, count) in [
        ("keep", decisions.keep),
        ("revoke", decisions.revoke),
        ("rotate", decisions.rotate),
        ("pause", decisions.pause),
        ("ask", decisions.ask),
        ("skip", decisions.skip),
        ("undecided", decisions.undecided),
    ] {
        line(name, Cell::from(count));
    }
    if let Some(at) = review.executed_at {
        line("executedAt", Cell::from(at));
        line("executedBy", Cell::or_dash(review.executed_by.as_deref()));
    }
    if let Some(at) = review.signed_at {
        line("signedAt", Cell::from(at));
        line("signedBy", Cell::or_dash(review.signed_by.as_deref()));
    }
    table
}
