//! `keydeck audit`.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::io::IsTerminal as _;

use serde_json::json;

use super::args::{AuditCommand, Idle, ListArgs, Output};
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::report::Comparison;
use super::resolve::Within;
use super::run::Run;
use super::{key_tables, log, report, resolve, review};
use crate::wire::audit::{Action, Event, EventQuery, GENESIS, Head, Verifier};
use crate::wire::filter::{AsOf, EventFilter, Filter};
use crate::wire::finding_rules;
use crate::wire::findings::{Finding, Severity};
use crate::wire::id::{KeyId, ProjectId};
use crate::wire::keys::{Key, KeyQuery, Sort, SortBy, StatusQuery};
use crate::wire::page::Page;
use crate::wire::session::Thresholds;
use crate::wire::time;

/// The columns of the table of `audit events`.
const EVENTS: [&str; 7] = ["seq", "at", "actor", "action", "project", "key", "detail"];
/// The columns of the table of `audit findings`.
const FINDINGS: [&str; 9] =
    ["severity", "finding", "project", "name", "status", "owner", "since", "text", "id"];
/// Those of its CSV: what was added comes last.
const FINDINGS_CSV: [&str; 9] =
    ["severity", "finding", "project", "name", "owner", "since", "text", "id", "status"];
/// The columns of the table of `audit stale`.
const STALE: [&str; 9] =
    ["id", "project", "name", "hint", "mode", "createdAt", "createdBy", "lastUsedAt", "idleDays"];

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(run: &Run, command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Stale { idle, by, project, filter, fail, list } => {
            let filter = narrowed(by.as_deref(), filter.as_deref())?;
            if let Some(Idle { text, span }) = idle.as_ref().filter(|idle| idle.text.ends_with('m')) {
                log::say(&format!("note: {text} is {}; for months write {text}o", time::span_words(*span)));
            }
            let within = Within::of(&run.client, project.as_deref()).await?;
            stale(run, idle.as_ref(), within.map(|within| within.id), &filter, *fail, list).await
        }
        AuditCommand::Review(command) => review::run(run, command).await,
        AuditCommand::Findings { severity, project, filter, stale, fail, list } => {
            let within = Within::of(&run.client, project.as_deref()).await?;
            let scope = FindingScope {
                severity: *severity,
                project: within.map(|within| within.id),
                filter: filter.as_deref().unwrap_or_default(),
                stale_days: *stale,
            };
            findings(run, &scope, *fail, list).await
        }
        AuditCommand::Events { filter, project, key, review, actor, action, after, before, limit, list } => {
            let columns = output::choose(list, run.output, &output::columns::<Event>(), &EVENTS)?;
            let filter = filter.clone().unwrap_or_default();
            // The same parser as the server's: a wrong filter costs no request.
            EventFilter::parse(&filter).map_err(|error| Failure::usage(error.to_string()))?;
            if let (Some(after), Some(before)) = (after, before)
                && before <= after
            {
                return Err(Failure::usage(format!("--before {before} must be later than --after {after}")));
            }
            // The server's clock decides, and is asked if this one may be behind it.
            if let Some(after) = after.filter(|after| *after > (time::system_clock())()) {
                let now = run.client.session().await?.now;
                if after.is_future(now) {
                    let text = format!("--after {after} is in the future; the server's time is {now}");
                    return Err(Failure::usage(text));
                }
            }
            let within = match project {
                Some(typed) => {
                    Some(Within::new(resolve::any_project(&run.client, typed, false).await?, typed))
                }
                None => None,
            };
            let query = EventQuery {
                filter,
                project: within.as_ref().map(|within| within.id),
                key: match key {
                    Some(key) => Some(resolve::any_key(&run.client, key, within.as_ref()).await?.id),
                    None => None,
                },
                actor: match actor {
                    Some(actor) => Some(resolve::actor(&run.client, actor).await?),
                    None => None,
                },
                action: *action,
                after: *after,
                before: *before,
                ..EventQuery::default()
            };
            let page = match review {
                Some(review) => of_review(run, query.clone(), review, *limit).await?,
                None => run.client.audit_events_listed(&query, *limit).await?,
            };
            let is_narrowed = query != EventQuery::default() || review.is_some();
            if page.items.is_empty() && run.output == Output::Table {
                log::say(if is_narrowed { "no events match" } else { "no audit events" });
            }
            let names = match run.output {
                Output::Table => Names::of(run, &page.items).await?,
                Output::Json | Output::Csv => Names::default(),
            };
            let table = table(&columns, &page.items, run.output, &names);
            output::print_list(run.output, list, &page, &table)
        }
        AuditCommand::Report { review, project, filter, since, path } => {
            let scope = report::Scope {
                review: review.as_deref(),
                project: project.as_deref(),
                filter: filter.as_deref(),
            };
            report::create(run, &scope, since.as_ref(), path.as_ref()).await
        }
        AuditCommand::Verify { pack: Some(pack), head } => {
            report::verify(run.output, pack.clone(), head.as_ref(), &Comparison::Server(run)).await
        }
        AuditCommand::Verify { pack: None, head } => verify(run, head.as_ref()).await,
    }
}

/// The filter of `--by` and `--filter`.
fn narrowed(by: Option<&str>, filter: Option<&str>) -> Result<String, Failure> {
    let filter = filter.unwrap_or_default();
    // Parsed by itself first, so that an error names the column of what was typed.
    Filter::parse(filter).map_err(|error| Failure::usage(error.to_string()))?;
    match by {
        Some(by) if by.contains('"') || by.trim().is_empty() => {
            Err(Failure::usage("invalid --by; expected a creator such as local:ann or token:ci"))
        }
        Some(by) => Ok(format!("by:\"{}\" {filter}", by.trim()).trim_end().to_owned()),
        None => Ok(filter.to_owned()),
    }
}

async fn stale(
    run: &Run,
    idle: Option<&Idle>,
    project: Option<ProjectId>,
    narrowed: &str,
    fail: bool,
    list: &ListArgs,
) -> Result<(), Failure> {
    let has = [output::columns::<Key>(), vec![key_tables::IDLE_DAYS]].concat();
    let mut columns = output::choose(list, run.output, &has, &STALE)?;
    let session = run.client.session().await?;
    let days = session.thresholds.stale_days;
    let (span, seconds) = idle.map_or_else(
        || (format!("{days}d"), u64::from(days) * 86_400),
        |idle| (idle.text.clone(), idle.span.as_secs()),
    );
    // "Not idle for less" holds at exactly the span too, as the thresholds do. In seconds: servers of every
    // version read them.
    let filter = format!("!idle<{seconds}s {narrowed}").trim_end().to_owned();
    let query = KeyQuery {
        filter,
        project,
        status: Some(StatusQuery::Active),
        sort: Some(Sort { by: SortBy::Idle, descending: true }),
        ..KeyQuery::default()
    };
    let page = run.client.keys_listed(&query, None).await?;
    let spare = key_tables::with_owner(&mut columns, run, list, &page.items, false);
    let table = key_tables::table(&columns, &page.items, run.output, Some(session.now));
    output::print_fitting(run.output, list, &page, table, spare)?;
    if seconds == 0 {
        log::say("note: --idle 0 lists every active key");
    }
    match page.items.len() {
        0 if narrowed.is_empty() => {
            let of = if project.is_some() { " of this project" } else { "" };
            log::say(&format!("no active key{of} has been idle for {span}"));
        }
        0 => {
            let tip = key_tables::path_tip(run, narrowed).await;
            log::say(&format!("no active key that matches {narrowed} has been idle for {span}{tip}"));
        }
        count if fail => {
            let keys = if count == 1 { "key" } else { "keys" };
            let text = format!("{count} {keys} idle for {span} or more");
            return Err(Failure::new(Exit::Stale, text));
        }
        _ => {}
    }
    Ok(())
}

/// Keys of every status that match, the worst first. A revoked key that is still tried has a finding, too.
fn with_findings(filter: String, project: Option<ProjectId>) -> KeyQuery {
    KeyQuery {
        filter: filter.trim_end().to_owned(),
        project,
        status: Some(StatusQuery::All),
        sort: Some(Sort { by: SortBy::Findings, descending: false }),
        ..KeyQuery::default()
    }
}

/// The keys that match by another threshold than the server's, which it cannot filter by.
async fn keys_by_threshold(
    run: &Run,
    filter: &Filter,
    project: Option<ProjectId>,
    stale_days: u32,
) -> Result<Vec<Key>, Failure> {
    let session = run.client.session().await?;
    let as_of = AsOf { now: session.now, thresholds: Thresholds { stale_days, ..session.thresholds } };
    let mut keys = run.client.keys_all(&with_findings(String::new(), project), None).await?;
    for key in &mut keys {
        key.findings = finding_rules::with_idle_thresholds(key, as_of.now, as_of.thresholds);
    }
    keys.retain(|key| filter.matches(key, as_of));
    keys.sort_by_key(|key| (Reverse(key.severity()), key.certainly_idle_since(), key.id));
    Ok(keys)
}

/// Which findings are listed.
struct FindingScope<'a> {
    /// The least severity.
    severity: Option<Severity>,
    project: Option<ProjectId>,
    filter: &'a str,
    /// Another threshold than the server's.
    stale_days: Option<u32>,
}

/// A line for each finding, the worst keys first. Programs get the keys, with their findings.
async fn findings(run: &Run, scope: &FindingScope<'_>, fail: bool, list: &ListArgs) -> Result<(), Failure> {
    let FindingScope { severity, project, filter: narrowed, stale_days } = *scope;
    let columns = output::choose(list, run.output, &FINDINGS_CSV, &FINDINGS)?;
    let filter = Filter::parse(narrowed).map_err(|error| Failure::usage(error.to_string()))?;
    let mut keys = if let Some(days) = stale_days {
        keys_by_threshold(run, &filter, project, days).await?
    } else {
        let query = with_findings(format!("finding:any {narrowed}"), project);
        run.client.keys_all(&query, None).await?
    };
    for key in &mut keys {
        let left = key.findings.iter().filter(|one| severity.is_none_or(|least| one.severity >= least));
        key.findings = left.cloned().collect();
    }
    keys.retain(|key| !key.findings.is_empty());
    let cell = |key: &Key, finding: &Finding, column: &str| match column {
        "severity" => Cell::from(finding.severity.as_str()),
        "finding" => Cell::from(finding.code.as_str()),
        "project" => Cell::from(&key.project_name),
        "name" => Cell::from(&key.name),
        "status" => Cell::from(key.status.as_str()),
        "owner" => Cell::or_dash(key.owner.as_deref()),
        "since" if run.output == Output::Table => {
            Cell::or_dash(finding.since.map(|since| since.utc().date_naive()))
        }
        "since" => Cell::or_dash(finding.since),
        "text" => Cell::from(&finding.text),
        _ => Cell::from(key.id),
    };
    let mut table = Table::new(&columns);
    for key in &keys {
        // A key has one id, however many findings it has.
        let rows = if list.ids { 1 } else { key.findings.len() };
        for finding in key.findings.iter().take(rows) {
            table.cells(columns.iter().map(|column| cell(key, finding, column)).collect());
        }
    }
    let page = output::list(keys);
    if page.items.is_empty() && run.output == Output::Table {
        let found = match severity {
            Some(severity) => format!("no findings of severity {} or higher", severity.as_str()),
            None => "no findings".to_owned(),
        };
        log::say(&(found + &key_tables::path_tip(run, narrowed).await));
        return Ok(());
    }
    output::print_list(run.output, list, &page, &table)?;
    match page.items.len() {
        count @ 1.. if fail => {
            let keys = if count == 1 { "key has" } else { "keys have" };
            Err(Failure::new(Exit::Stale, format!("{count} {keys} findings")))
        }
        _ => Ok(()),
    }
}

async fn verify(run: &Run, noted: Option<&Head>) -> Result<(), Failure> {
    // The head is asked for first: events that come meanwhile are after it.
    let current = run.client.session().await?.audit_head;
    let mut chain = run.client.audit_events_all(&EventQuery::default(), None).await?;
    chain.reverse();
    let broken = |text: String| {
        Failure::new(
            Exit::Failed,
            format!(
                "the audit log was tampered with, or an older backup was restored: {text}; compare it with a backup"
            ),
        )
    };
    // The head that the server states is not typed by anybody.
    let mistyped = |head: &Head| if *head == current { "" } else { " (is the head mistyped?)" };
    let mut verifier = Verifier::default();
    let mut heads = [Some(&current), noted].map(|head| head.map(|head| (head, false)));
    let mut check = |at: &Head| -> Result<(), Failure> {
        for (head, met) in heads.iter_mut().flatten().filter(|(head, _)| head.seq == at.seq) {
            if head.hash != at.hash {
                let text = format!("the hash of event {} does not match {head}{}", at.seq, mistyped(head));
                return Err(broken(text));
            }
            *met = true;
        }
        Ok(())
    };
    check(&Head { seq: 0, hash: GENESIS.to_owned() })?;
    for event in &chain {
        let head = verifier.take(&event.body(), &event.hash).map_err(|error| broken(error.to_string()))?;
        check(head)?;
    }
    let last = verifier.head();
    if let Some((head, _)) = heads.iter().flatten().find(|(_, met)| !met) {
        let text = format!("event {} is missing; the log ends before {head}{}", last.seq + 1, mistyped(head));
        return Err(broken(text));
    }
    if noted.is_none() {
        log::say(
            "note: the log is consistent, but not authenticated: anyone who can write to the database can rebuild it; to \
             prove that it is the real one, pass a head that was noted elsewhere: --head SEQ:HASH",
        );
    }
    if run.output == Output::Table {
        let contains = noted.map(|noted| format!(", which contain {noted}")).unwrap_or_default();
        let count = last.seq;
        let events = if count == 1 { "event" } else { "events" };
        return output::write(format!("Verified {count} {events}{contains}. Head: {last}\n").as_bytes());
    }
    let mut table = Table::new(&["events", "head", "contains"]);
    table.row([Cell::from(last.seq), Cell::from(last), Cell::or_dash(noted)]);
    let answer = json!({ "events": last.seq, "head": last, "contains": noted });
    output::print(run.output, &answer, &table)
}

/// The events of a review: its own, the decisions in it, what their execution changed, and its reports.
async fn of_review(
    run: &Run,
    query: EventQuery,
    named: &str,
    limit: Option<usize>,
) -> Result<Page<Event>, Failure> {
    let id = resolve::review(&run.client, named).await?.id.to_string();
    // The server finds the id in the details of an event. It may also be part of a text there.
    let query = EventQuery { filter: format!("{id} {}", query.filter).trim_end().to_owned(), ..query };
    // All of them, since the total is exact.
    let mut events = run.client.audit_events_all(&query, None).await?;
    events.retain(|event| event.review() == Some(&id));
    let total = events.len();
    events.truncate(limit.unwrap_or(usize::MAX));
    Ok(Page { more: events.len() < total, total: total as u64, ..output::list(events) })
}

/// How many events are searched for the names of what others mention.
const SEARCHED: usize = 1000;

/// What people read for ids.
#[derive(Default)]
struct Names {
    projects: HashMap<ProjectId, String>,
    reviews: HashMap<String, String>,
    /// The replacements of a key with the `seq` of the event that made each one, the newest first.
    replacements: HashMap<String, Vec<(u64, String)>>,
    has_all_replacements: bool,
    /// What was decided on a key and then undone, by the `seq` of the event of the undo.
    undone: HashMap<u64, String>,
}

impl Names {
    async fn of(run: &Run, events: &[Event]) -> Result<Names, Failure> {
        let mut names = Names { projects: project_names(run, events).await?, ..Names::default() };
        if events.iter().any(|event| review_of_key(event).is_some()) {
            let reviews = run.client.reviews_all().await?;
            names.reviews = reviews.into_iter().map(|review| (review.id.to_string(), review.name)).collect();
        }
        names.undone = undone(run, events).await?;
        let rotated: HashSet<KeyId> =
            events.iter().filter(|event| is_rotation(event)).filter_map(|event| event.key).collect();
        if !rotated.is_empty() {
            // Of one key, however long ago; of several, the latest. Where one is not found, its name is left out.
            let filter = match rotated.len() {
                1 => rotated.iter().map(ToString::to_string).collect(),
                _ => String::new(),
            };
            let query = EventQuery { filter, action: Some(Action::KeyRotated), ..EventQuery::default() };
            let page = run.client.audit_events_listed(&query, Some(SEARCHED)).await?;
            names.has_all_replacements = !page.more;
            for event in page.items {
                if let (Some(from), Some(name)) =
                    (event.detail_text("rotatedFrom"), event.detail_text("name"))
                {
                    names.replacements.entry(from.to_owned()).or_default().push((event.seq, name.to_owned()));
                }
            }
        }
        Ok(names)
    }

    /// What the details of an event say, with the names of what they mention by its id.
    fn detail(&self, event: &Event) -> Vec<String> {
        let mut words = event.words();
        // The event itself does not hold it.
        if let Some((first, decision)) = words.first_mut().zip(self.undone.get(&event.seq)) {
            *first = format!("{first}: {decision}");
        }
        if let Some(id) = review_of_key(event) {
            let review = format!("review {}", self.reviews.get(id).map_or(id, String::as_str));
            // What was decided comes first, and its reason may be long.
            let at = if event.action == Action::ReviewDecided { 1 } else { words.len() };
            words.insert(at.min(words.len()), review);
        }
        if is_rotation(event)
            && let Some(all) = event.key.and_then(|key| self.replacements.get(&key.to_string()))
        {
            // The one that the key had then. A rotation may be started before it has one: then the first one that came, if
            // all are known.
            let first = all.last().filter(|_| self.has_all_replacements);
            let then = all.iter().find(|(seq, _)| *seq < event.seq).or(first);
            words.extend(then.map(|(_, name)| format!("replacement {name}")));
        }
        words
    }
}

/// The decisions that these events undo, each with who decided and why, by the `seq` of the event of the undo. An event
/// of an undo does not hold it: the event before it, on the same key in the same review, does. Where that is not found,
/// it is left out.
async fn undone(run: &Run, events: &[Event]) -> Result<HashMap<u64, String>, Failure> {
    /// From here on one list is cheaper than one for each key.
    const FEW: usize = 10;
    let undoes =
        |event: &&Event| event.action == Action::ReviewDecided && event.detail_text("decision").is_none();
    let keys: HashSet<KeyId> = events.iter().filter(undoes).filter_map(|event| event.key).collect();
    let mut decided = Vec::new();
    let query = EventQuery { action: Some(Action::ReviewDecided), ..EventQuery::default() };
    if keys.len() > FEW {
        decided = run.client.audit_events_listed(&query, Some(SEARCHED)).await?.items;
    } else {
        for key in keys {
            let query = EventQuery { key: Some(key), ..query.clone() };
            decided.extend(run.client.audit_events_all(&query, None).await?);
        }
    }
    let words = |undo: &Event| {
        let same = |event: &&Event| {
            event.seq < undo.seq
                && event.key == undo.key
                && event.detail_text("review") == undo.detail_text("review")
        };
        let event = decided.iter().filter(same).max_by_key(|event| event.seq)?;
        event.detail_text("decision")?;
        let reason = event.detail_text("reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
        Some((undo.seq, format!("{} by {}{reason}", event.decision()?, event.actor)))
    };
    Ok(events.iter().filter(undoes).filter_map(words).collect())
}

/// The review in which a key was decided on. The events of a review itself say its name.
fn review_of_key(event: &Event) -> Option<&str> {
    event.key.and(event.detail_text("review"))
}

fn is_rotation(event: &Event) -> bool {
    matches!(event.action, Action::RotationStarted | Action::RotationCancelled | Action::RotationFinished)
}

/// What the projects of these events are called now; a deleted one as the events name it.
async fn project_names(run: &Run, events: &[Event]) -> Result<HashMap<ProjectId, String>, Failure> {
    let named = events.iter().rev().filter(|event| event.key.is_none());
    let names = named.filter_map(|event| Some((event.project?, event.detail_text("name")?.to_owned())));
    let mut names: HashMap<ProjectId, String> = names.collect();
    if events.iter().any(|event| event.project.is_some()) {
        let projects = run.client.projects_all(None).await?;
        names.extend(projects.into_iter().map(|project| (project.id, project.name)));
    }
    if events.iter().filter_map(|event| event.project).any(|id| !names.contains_key(&id)) {
        // The event of its deletion names a deleted project. Without it the list shows its id.
        let query = EventQuery { action: Some(Action::ProjectArchived), ..EventQuery::default() };
        let deleted = run.client.audit_events_listed(&query, Some(SEARCHED)).await;
        for event in deleted.map(|page| page.items).unwrap_or_default() {
            if let (Some(id), Some(name)) = (event.project, event.detail_text("name")) {
                names.entry(id).or_insert_with(|| name.to_owned());
            }
        }
    }
    Ok(names)
}

/// People read names in place of ids, and the reason before the rest of the details. Beside the actor they read which
/// token it was, since another may have its name. Programs find all of it as it is stored.
fn table(columns: &[&'static str], events: &[Event], form: Output, names: &Names) -> Table {
    let on_terminal = std::io::stdout().is_terminal();
    Table::of(columns, events, |event, column| {
        if column == "id" {
            return Some(Cell::from(event.id));
        }
        if form != Output::Table {
            return None;
        }
        match column {
            // A script that reads a table looks for what is stored.
            "action" => on_terminal.then(|| Cell::from(event.action.words())),
            "actor" => {
                event.actor_token().map(|token| Cell::from(format!("{} ({})", event.actor, token.hint)))
            }
            "project" => event.project.and_then(|id| names.projects.get(&id)).map(Cell::from),
            "key" => event.key.and(event.detail_text("name")).map(Cell::from),
            "detail" => {
                // What has neither a project nor a key is named here.
                let own =
                    event.detail_text("name").filter(|_| event.key.is_none() && event.project.is_none());
                let words: Vec<String> =
                    own.map(str::to_owned).into_iter().chain(names.detail(event)).collect();
                Some(Cell::or_dash(Some(words.join(" · ")).filter(|words| !words.is_empty())))
            }
            _ => None,
        }
    })
}
