//! An evidence pack, from one state of the database to a compressed file.
//!
//! | module | what |
//! |---|---|
//! | `gathered` | what is counted and collected while keys and events pass |
//! | `spool` | the files on the disk, hashed as they are written |
//! | `content` | what the report says |
//! | `html`, `markdown` | the same for a browser and as text |

mod content;
mod gathered;
mod html;
mod markdown;
mod spool;

use std::fs::File;
use std::io::{self, Write as _};

use serde_json::{Value, json};

use self::gathered::Gathered;
use self::spool::{Part, Spool};
use super::App;
use super::auth::Principal;
use super::problem::Failure;
use crate::store::KeptReceipt;
use crate::store::changes::Need;
use crate::store::report::{ReportAbout, ReportState};
use crate::wire::audit::Head;
use crate::wire::problem::{Code, Problem};
use crate::wire::replay::{DECIDED, PROVED, STATED, decision_cells, key_cells};
use crate::wire::reports::{
    BOUND, DECISIONS, EVENTS, Exclusion, FORMAT, HASHES, HTML, KEYS, LISTED, MANIFEST, MARKDOWN, Manifest,
    NewReport, RECEIPT_COLUMNS, RECEIPTS, Report, ReportScope, ServerId,
};
use crate::wire::sheet::CsvWriter;

/// How many events are read at once.
const CHUNK: u32 = 1_000;

/// Creates a pack: the compressed file, the head of the audit log with `report.created`, and the name of its folder.
pub(super) async fn create(
    app: &App,
    principal: &Principal,
    new: &NewReport,
) -> Result<(File, Head, String), Failure> {
    // What nodes have noted but not yet written is a use, too.
    if let Err(unsettled) = app.store().settle_usage(Need::Other).await {
        let text = format!(
            "no report was created: {unsettled}, so last-used times would be wrong; {}",
            unsettled.advice()
        );
        return Err(Problem::new(Code::Unavailable, text).into());
    }
    // A review may have been executed a moment ago. What cannot be kept is missing, which the report says.
    if let Err(error) = app.store().recover_receipts(app.now()).await {
        tracing::warn!(%error, "receipts could not be kept before a report");
    }
    let by = app.by(principal);
    let mut state = app.store().report_state(new, by.now).await?;
    let about = state.about().clone();
    let mut spool = Spool::new().map_err(spool_failed)?;
    let mut gathered = Gathered::new(&about, by.now);
    let mut events = spool.file(EVENTS).map_err(spool_failed)?;
    let mut last = 0;
    loop {
        let bodies = state.events_after(last).await?;
        if bodies.is_empty() {
            break;
        }
        for body in &bodies {
            gathered.event(last + 1, body);
            line(&mut events, body).map_err(spool_failed)?;
            last += 1;
        }
    }
    if last != about.head.seq {
        let text = format!("the audit log has {last} events and its head is {}", about.head.seq);
        return Err(Failure::internal(text));
    }
    write_receipts(&mut spool, &mut gathered, state.as_mut()).await?;
    write_keys(&mut spool, &mut gathered, state.as_mut()).await?;
    drop(state);

    let report = Report {
        format: FORMAT,
        created_at: by.now,
        created_by: by.actor.clone(),
        role: principal.role,
        server: ServerId { version: app.config().version.to_owned(), id: about.first.clone() },
        as_of: about.head.clone().into(),
        exclusions: exclusions(&about, new),
        scope: ReportScope {
            projects: about
                .review
                .as_ref()
                .map_or_else(Vec::new, |(review, _)| review.scope.projects.clone()),
            filter: about
                .review
                .as_ref()
                .map_or_else(|| new.filter.clone(), |(review, _)| review.scope.filter.clone()),
            review: about.review.as_ref().map(|(_, told)| told.clone()),
            thresholds: about.thresholds,
        },
        counts: gathered.counts.clone(),
        previous_pack: about.previous.clone(),
    };
    write_reports(&mut spool, &report, &gathered).map_err(spool_failed)?;
    let mut detail = serde_json::to_value(&report).map_err(Failure::internal)?;
    let hashes: serde_json::Map<String, Value> =
        BOUND.iter().map(|name| ((*name).to_owned(), json!(spool.listed(name).sha256))).collect();
    detail[HASHES] = Value::Object(hashes);
    let written = app.store().append_report(&by, detail).await?;

    // What others wrote meanwhile stands between the state and the report.
    while last < written.revision {
        let limit = u32::try_from(written.revision - last).unwrap_or(CHUNK).min(CHUNK);
        let chain = app.store().audit_chain(last, limit).await?;
        if chain.is_empty() {
            return Err(Failure::internal("the event of the report is not in the audit log"));
        }
        for (body, _) in &chain {
            line(&mut events, body).map_err(spool_failed)?;
        }
        last += chain.len() as u64;
    }
    spool.keep(events).map_err(spool_failed)?;
    let head = written.head;
    let files = LISTED.iter().map(|name| spool.listed(name)).collect();
    let manifest = Manifest { report, head: head.clone(), files };
    let mut file = spool.file(MANIFEST).map_err(spool_failed)?;
    file.write_all(&manifest.bytes()).map_err(spool_failed)?;
    spool.keep(file).map_err(spool_failed)?;
    // Two of one day must not be unpacked into one folder.
    let name = format!("keydeck-report-{}-{}", by.now.utc().date_naive(), head.seq);
    let (folder, at) = (name.clone(), by.now);
    let packed = tokio::task::spawn_blocking(move || spool.packed(&folder, at)).await;
    let pack = packed.map_err(Failure::internal)?.map_err(spool_failed)?;
    Ok((pack, head, name))
}

/// The disk of the server is the reason.
pub(super) fn spool_failed(error: io::Error) -> Failure {
    let text =
        "cannot write the report to a temporary file; free some disk space on the server and try again";
    Failure::from(Problem::new(Code::Unavailable, text)).caused(error)
}

fn line(output: &mut impl io::Write, body: &str) -> io::Result<()> {
    output.write_all(body.as_bytes())?;
    output.write_all(b"\n")
}

/// Writes `receipts.csv`.
async fn write_receipts(
    spool: &mut Spool,
    gathered: &mut Gathered,
    state: &mut dyn ReportState,
) -> Result<(), Failure> {
    let file = spool.file(RECEIPTS).map_err(spool_failed)?;
    let mut output = CsvWriter::new(file, &RECEIPT_COLUMNS).map_err(spool_failed)?;
    let mut after = 0;
    loop {
        let kept = state.receipts_after(after).await?;
        let Some(last) = kept.last() else { break };
        after = last.receipt.revision;
        for kept in kept {
            output.row(&receipt_cells(&kept)).map_err(spool_failed)?;
            gathered.receipt(kept);
        }
    }
    spool.keep(output.finish().map_err(spool_failed)?).map_err(spool_failed)
}

fn receipt_cells(kept: &KeptReceipt) -> [Option<String>; 7] {
    let receipt = &kept.receipt;
    let slowest = receipt.slowest.as_ref();
    [
        Some(receipt.revision.to_string()),
        Some(kept.first_seq.to_string()),
        Some(receipt.confirmed_by.to_string()),
        Some(receipt.nodes.to_string()),
        slowest.map(|slowest| slowest.node.clone()),
        slowest.map(|slowest| slowest.ms.to_string()),
        Some(receipt.expired.join(", ")),
    ]
}

/// Writes `keys.csv` and `decisions.csv`, and the rows of the lists in the reports.
async fn write_keys(
    spool: &mut Spool,
    gathered: &mut Gathered,
    state: &mut dyn ReportState,
) -> Result<(), Failure> {
    let columns = [&PROVED[..], &STATED[..]].concat();
    let file = spool.file(KEYS).map_err(spool_failed)?;
    let mut keys = CsvWriter::new(file, &columns).map_err(spool_failed)?;
    let file = spool.file(DECISIONS).map_err(spool_failed)?;
    let mut decisions = CsvWriter::new(file, &DECIDED).map_err(spool_failed)?;
    let review = state.about().review.as_ref().map(|(review, _)| review.id);
    let mut after = None;
    loop {
        let rows = state.keys_after(after).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.key.id);
        for row in rows {
            let decision = row.item.as_ref().and_then(|item| item.decision);
            keys.row(&key_cells(&row.key, row.in_scope, decision)).map_err(spool_failed)?;
            gathered.key(&row);
            let part = if row.in_scope { Part::InScope } else { Part::Others };
            add_row(spool, part, &content::key_row(&row));
            if let (Some(review), Some(item)) = (review, &row.item) {
                let done = gathered.done(item);
                let receipt = done.as_ref().and_then(|done| gathered.receipt_of(done.seq));
                decisions.row(&decision_cells(review, item, done.as_ref())).map_err(spool_failed)?;
                add_row(spool, Part::Decisions, &content::decision_row(item, done.as_ref(), receipt));
                gathered.item(item, done.as_ref());
            }
        }
    }
    spool.keep(keys.finish().map_err(spool_failed)?).map_err(spool_failed)?;
    spool.keep(decisions.finish().map_err(spool_failed)?).map_err(spool_failed)
}

fn add_row(spool: &mut Spool, part: Part, row: &content::Row) {
    spool.row(part, &html::row(row), &markdown::row(row));
}

fn write_reports(spool: &mut Spool, report: &Report, gathered: &Gathered) -> io::Result<()> {
    let blocks = content::blocks(report, gathered);
    let title = content::title(report);
    let mut file = spool.file(HTML)?;
    html::write(&mut file, &title, &blocks, spool)?;
    spool.keep(file)?;
    let mut file = spool.file(MARKDOWN)?;
    markdown::write(&mut file, &title, &blocks, spool)?;
    spool.keep(file)
}

/// Why keys are not in scope; with those in scope they add up to all keys.
fn exclusions(about: &ReportAbout, new: &NewReport) -> Vec<Exclusion> {
    let population = about.population;
    let left = |reason: &str, keys| Exclusion { reason: reason.to_owned(), keys };
    match &about.review {
        Some((review, _)) => vec![
            left("createdSince", population.keys.saturating_sub(review.population.keys)),
            left("reviewScope", review.population.keys.saturating_sub(population.in_scope)),
        ],
        None if new.filter.is_empty() => vec![left("revoked", population.keys - population.in_scope)],
        None => vec![left("filter", population.keys - population.in_scope)],
    }
}
