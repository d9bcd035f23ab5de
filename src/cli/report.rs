//! `keydeck audit report`, and `keydeck audit verify PACK`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::Output;
use super::exit::{Exit, Failure};
use super::log;
use super::output::{self, Cell, Table};
use super::resolve;
use super::run::Run;
use super::runtime::blocking;
use crate::client::Client;
use crate::files;
use crate::pack::{self, Difference, Draft, DraftError, Proof};
use crate::wire::audit::{Action, EventQuery, Head};
use crate::wire::filter::Filter;
use crate::wire::reports::NewReport;
use crate::wire::text::{self, number};
use crate::wire::time::Timestamp;

/// Which keys a report is about, as typed.
pub struct Scope<'a> {
    /// Those of this review.
    pub review: Option<&'a str>,
    /// Those of this project.
    pub project: Option<&'a str>,
    /// Those that match.
    pub filter: Option<&'a str>,
}

/// Creates a pack.
///
/// # Errors
/// What went wrong, with its exit code. Nothing is left behind then.
pub async fn create(
    run: &Run,
    scope: &Scope<'_>,
    since: Option<&PathBuf>,
    path: Option<&PathBuf>,
) -> Result<(), Failure> {
    let mut filter = scope.filter.unwrap_or_default().to_owned();
    Filter::parse(&filter).map_err(|error| Failure::usage(error.to_string()))?;
    if let Some(project) = scope.project {
        let id = resolve::project(&run.client, project).await?;
        filter = format!("project={id} {filter}").trim_end().to_owned();
    }
    let path = if let Some(path) = path {
        path.clone()
    } else {
        let path = PathBuf::from(pack::usual_name(run.client.session().await?.now));
        // The second report of a day needs no option.
        if files::is_free(&path) { path } else { files::free_beside(&path).unwrap_or(path) }
    };
    // Before anything is read, or the server creates a report, for nothing.
    let mut draft = Draft::beside(&path).map_err(|error| not_created(&error))?;
    let previous_pack = match since {
        Some(pack) => Some(verified_head(pack.clone()).await?),
        None => None,
    };
    let review = match scope.review {
        Some(named) => Some(resolve::review(&run.client, named).await?),
        None => None,
    };
    let mut parts = run
        .client
        .create_report(&NewReport { review: review.as_ref().map(|review| review.id), filter, previous_pack })
        .await?;
    while let Some(part) = parts.part().await? {
        draft.write(&part).map_err(|error| not_created(&error))?;
    }
    let proof = blocking(move || draft.finish().map_err(|error| not_created(&error))).await?;
    let (keys, in_scope) = (proof.report.counts.keys, proof.report.counts.in_scope);
    let shown = path.display().to_string();
    if in_scope == 0 {
        log::say("note: no key is in scope");
    }
    match run.output {
        Output::Table => {
            let noun = if keys == 1 { "key" } else { "keys" };
            let of = review.map(|review| {
                format!("Review: {} ({}, {})\n", text::inert(&review.name), review.status.as_str(), review.id)
            });
            let text = format!(
                "Created {shown} ({} {noun}, {} in scope)\n{}Head: {}\nNote the head elsewhere: it proves later that this pack is real.\n",
                number(keys),
                number(in_scope),
                of.unwrap_or_default(),
                proof.head
            );
            output::write(text.as_bytes())
        }
        form => {
            let mut table = Table::new(&["path", "head", "keys", "inScope"]);
            table.row([Cell::from(&shown), Cell::from(&proof.head), Cell::from(keys), Cell::from(in_scope)]);
            let answer = json!({ "path": shown, "head": proof.head, "keys": keys, "inScope": in_scope });
            output::print(form, &answer, &table)
        }
    }
}

/// The head of a pack, once it is verified.
///
/// # Errors
/// It is no pack, or it was changed.
pub(super) async fn verified_head(path: PathBuf) -> Result<Head, Failure> {
    blocking(move || {
        let opened = pack::open(&path).map_err(|text| Failure::new(Exit::Failed, text))?;
        let verified = pack::verify(opened.folder(), None);
        verified.map(|proof| proof.head).map_err(|differences| wrong(&path, &differences))
    })
    .await
}

/// What a pack is compared with.
pub enum Comparison<'a> {
    /// The audit log of its server.
    Server(&'a Run),
    /// Nothing outside of the pack.
    Nothing {
        /// The variable that names a server for other commands.
        configured: Option<&'static str>,
    },
}

/// Verifies a pack, and prints what was proved or each difference.
///
/// # Errors
/// It is no pack, or it was changed.
pub async fn verify(
    form: Output,
    path: PathBuf,
    noted: Option<&Head>,
    with: &Comparison<'_>,
) -> Result<(), Failure> {
    let server = match with {
        Comparison::Server(run) => Some(*run),
        Comparison::Nothing { .. } => None,
    };
    let (pack_path, head) = (path.clone(), noted.cloned());
    let (verified, is_consistent) = blocking(move || {
        let opened = pack::open(&pack_path).map_err(|text| Failure::new(Exit::Failed, text))?;
        let verified = pack::verify(opened.folder(), head.as_ref());
        // A mistyped head is no fault of the pack.
        let is_consistent =
            verified.is_err() && head.is_some() && pack::verify(opened.folder(), None).is_ok();
        Ok((verified, is_consistent))
    })
    .await?;
    if let (Ok(proof), Some(run)) = (&verified, server)
        && let Some(difference) = on_server(&run.client, proof).await?
    {
        print_differences(form, &[difference])?;
        return Err(of_another_log(run, &path, proof).await);
    }
    let proof = match verified {
        Ok(proof) => proof,
        Err(differences) => {
            print_differences(form, &differences)?;
            let path = path.display();
            let text = match (noted.filter(|_| is_consistent), differences.len()) {
                (Some(head), _) => format!(
                    "{path} is consistent, but its audit log does not contain the head {head}; check the head for \
                     typing errors, and that it belongs to this pack"
                ),
                (None, 1) => format!("{path} is not as it was created: 1 difference"),
                (None, count) => format!("{path} is not as it was created: {count} differences"),
            };
            return Err(Failure::new(Exit::Failed, text));
        }
    };
    let is_authenticated = server.is_some() || proof.is_authenticated();
    if !is_authenticated {
        log::say(&unauthenticated(&proof));
        if let Comparison::Nothing { configured: Some(variable) } = with {
            log::say(&format!(
                "note: {variable} is not used to verify a pack, which may be of another server; pass --server URL to \
                 compare the pack with its server"
            ));
        }
    }
    if form == Output::Table {
        return output::write(proved(&proof, server.is_some()).as_bytes());
    }
    let counts = &proof.report.counts;
    let contains = proof.contains.as_ref();
    let mut table = Table::new(&["events", "head", "keys", "decisions", "contains", "authenticated"]);
    table.row([
        Cell::from(proof.head.seq),
        Cell::from(&proof.head),
        Cell::from(counts.keys),
        Cell::from(proof.decisions),
        Cell::or_dash(contains),
        Cell::from(is_authenticated),
    ]);
    let answer = json!({
        "events": proof.head.seq, "head": proof.head, "keys": counts.keys, "decisions": proof.decisions,
        "contains": contains, "authenticated": is_authenticated, "differences": [],
    });
    output::print(form, &answer, &table)
}

/// What was not proved, and how to prove it.
fn unauthenticated(proof: &Proof) -> String {
    let what = match &proof.contains {
        Some(noted) => format!("the events after {} are not authenticated", noted.seq),
        None => "this pack is not authenticated".to_owned(),
    };
    format!(
        "warning: {what}: anyone who can change the pack can make it consistent again; pass its head, as noted elsewhere, with \
         --head SEQ:HASH, or compare it with its server: --server URL"
    )
}

/// What was proved, in words.
fn proved(proof: &Proof, by_server: bool) -> String {
    let plural = |count: u64, noun: &str| {
        let ending = if count == 1 { "" } else { "s" };
        format!("{} {noun}{ending}", number(count))
    };
    let report = &proof.report;
    let mut lines = vec![
        format!(
            "Verified {}: the files are unchanged and the audit log is whole.",
            plural(proof.head.seq, "event")
        ),
        format!(
            "Complete: {} as the audit log says, up to event {}.",
            plural(report.counts.keys, "key"),
            report.as_of.seq
        ),
    ];
    if report.scope.review.is_some() {
        lines.push(format!(
            "Review: {}, {} decided, as the audit log says.",
            plural(proof.decisions, "key"),
            number(proof.decisions - report.counts.decisions.map_or(0, |decisions| decisions.undecided))
        ));
    }
    lines.push(
        "Stated by the server: last use, requests, findings, which keys are in scope, and receipts."
            .to_owned(),
    );
    lines.push(format!("Head: {}", proof.head));
    lines.push(match &proof.contains {
        _ if by_server => "Authenticated: the server's audit log contains this head.".to_owned(),
        _ if proof.is_authenticated() => "Authenticated: the head is the one that was noted.".to_owned(),
        Some(noted) => format!("Authenticated up to event {}: the rest is consistent.", noted.seq),
        None => "Consistent, but not authenticated.".to_owned(),
    });
    lines.join("\n") + "\n"
}

fn print_differences(form: Output, differences: &[Difference]) -> Result<(), Failure> {
    if form == Output::Table {
        let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
        return output::write((lines.join("\n") + "\n").as_bytes());
    }
    let mut table = Table::new(&["file", "line", "difference"]);
    for difference in differences {
        table.row([
            Cell::from(&difference.file),
            Cell::or_dash(difference.line),
            Cell::from(&difference.text),
        ]);
    }
    let list: Vec<_> = differences
        .iter()
        .map(|one| json!({ "file": one.file, "line": one.line, "difference": one.text }))
        .collect();
    output::print(form, &json!({ "authenticated": false, "differences": list }), &table)
}

fn wrong(path: &Path, differences: &[Difference]) -> Failure {
    let text = match differences {
        [first, ..] => format!("{} is not as it was created: {first}", path.display()),
        [] => format!("{} cannot be verified", path.display()),
    };
    Failure::new(Exit::Failed, text)
}

/// How the audit log of a server differs from a pack at its head.
async fn on_server(client: &Client, proof: &Proof) -> Result<Option<Difference>, Failure> {
    let at = proof.report.created_at;
    let query = EventQuery {
        action: Some(Action::ReportCreated),
        after: Some(at),
        before: Some(Timestamp::from_millis(at.millis() + 1)),
        ..EventQuery::default()
    };
    let events = client.audit_events_all(&query, None).await?;
    let found = events.iter().find(|event| event.seq == proof.head.seq);
    if found.is_some_and(|event| event.hash == proof.head.hash) {
        return Ok(None);
    }
    let text = match found {
        Some(event) => format!("has the hash {}, but on the server {}", proof.head.hash, event.hash),
        None => "is not in the audit log of the server".to_owned(),
    };
    Ok(Some(Difference { file: "events.jsonl".to_owned(), line: Some(proof.head.seq), text }))
}

/// The error for a pack that is as it was created, but not of this server.
async fn of_another_log(run: &Run, path: &Path, proof: &Proof) -> Failure {
    let (path, server) = (path.display(), &run.server);
    let is_empty = run.client.session().await.is_ok_and(|session| session.audit_head.seq == 0);
    let found = if is_empty {
        format!("the audit log of {server} is empty")
    } else {
        format!("the audit log of {server} does not contain its head {}", proof.head)
    };
    let text = format!(
        "{path} is consistent, but {found}; the pack is of another database, or this log was changed"
    );
    Failure::new(Exit::Failed, text)
}

/// Why a pack was not saved, with the option that helps.
fn not_created(error: &DraftError) -> Failure {
    match error {
        DraftError::Exists { path, free } => Failure::new(
            Exit::Conflict,
            match free {
                Some(free) => format!("{} exists; try --out {}", path.display(), free.display()),
                None => format!("{} exists; choose another path with --out PATH", path.display()),
            },
        ),
        error => Failure::new(Exit::Failed, error.to_string()),
    }
}
