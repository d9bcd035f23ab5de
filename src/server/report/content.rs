//! What a report says, in blocks that both forms are written from.

use std::fmt::Write as _;

use super::gathered::{Gathered, NAMED};
use super::spool::Part;
use crate::store::report::ReportKey;
use crate::wire::keys::{Receipt, Status};
use crate::wire::replay::Done;
use crate::wire::reports::{CIS_DAYS, PCI_DAYS, REVIEW_DAYS, Report, ReportReview};
use crate::wire::reviews::{Decision, ReviewItem, ReviewOutcome, ReviewStatus};
use crate::wire::text::number;
use crate::wire::time::Timestamp;

/// A cell: a text, and a smaller note below it.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) note: String,
}

/// A row of a list.
pub(super) type Row = Vec<Cell>;

/// A part of a report.
pub(super) enum Block {
    /// A heading.
    Heading(&'static str),
    /// A paragraph.
    Text(String),
    /// Something that a reader must not miss.
    Notice(String),
    /// Names with values.
    Facts(Vec<(&'static str, String)>),
    /// A short table.
    Table(&'static [&'static str], Vec<Row>),
    /// A long list, whose rows are in the spool.
    List(&'static [&'static str], Part),
}

/// The columns of a list of keys.
const KEYS: &[&str] = &["Key", "Owner", "Status", "Created", "Last used", "Last reviewed", "Findings"];
/// The columns of the list of decisions.
const DECISIONS: &[&str] = &["Key", "Decision", "Decided", "Reason", "Seen by the reviewer", "Result"];

/// A cell with a text alone.
fn cell(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), note: String::new() }
}

fn noted(text: impl Into<String>, note: impl Into<String>) -> Cell {
    Cell { text: text.into(), note: note.into() }
}

/// The title of the report.
pub(super) fn title(report: &Report) -> String {
    match &report.scope.review {
        Some(review) => format!("Access review: {}", review.name),
        None => "API key report".to_owned(),
    }
}

/// All blocks, in their order.
pub(super) fn blocks(report: &Report, gathered: &Gathered) -> Vec<Block> {
    let mut blocks = vec![Block::Facts(facts(report, gathered))];
    summary(&mut blocks, report);
    standards(&mut blocks, report);
    if let Some(review) = &report.scope.review {
        review_blocks(&mut blocks, review, report, gathered);
    }
    since(&mut blocks, report, gathered);
    proofs(&mut blocks);
    if report.scope.review.is_some() {
        blocks.extend([Block::Heading("Decisions"), Block::List(DECISIONS, Part::Decisions)]);
    }
    blocks.extend([Block::Heading("Keys in scope"), Block::List(KEYS, Part::InScope)]);
    blocks.extend([Block::Heading("Keys not in scope"), Block::List(KEYS, Part::Others)]);
    blocks
}

fn facts(report: &Report, gathered: &Gathered) -> Vec<(&'static str, String)> {
    let scope = &report.scope;
    let mut facts = vec![
        ("Created", format!("{} (all times in this report are UTC)", time(report.created_at))),
        ("Created by", format!("{}, role {}", report.created_by, report.role.as_str())),
        (
            "System",
            format!(
                "Keydeck {}, audit log {}",
                report.server.version,
                report.server.id.as_deref().unwrap_or("empty")
            ),
        ),
        ("State as of", format!("audit event {}, hash {}", report.as_of.seq, report.as_of.hash)),
    ];
    let words = match &scope.review {
        Some(_) if scope.filter.is_empty() => {
            "all keys that were not revoked when the review started".to_owned()
        }
        Some(_) => "keys that matched the filter when the review started".to_owned(),
        None if scope.filter.is_empty() => "all keys that are not revoked".to_owned(),
        None => "keys that match the filter".to_owned(),
    };
    facts.push(("Scope", words));
    if !scope.filter.is_empty() {
        facts.push(("Filter, as written", scope.filter.clone()));
    }
    if !scope.projects.is_empty() {
        let names: Vec<String> = scope.projects.iter().map(|id| gathered.project(*id)).collect();
        facts.push(("Projects", names.join(", ")));
    }
    let thresholds = scope.thresholds;
    facts.push((
        "Thresholds",
        format!(
            "idle after {} days, stale after {} days, review due every {} days",
            thresholds.warn_days, thresholds.stale_days, thresholds.review_every_days
        ),
    ));
    facts
}

fn summary(blocks: &mut Vec<Block>, report: &Report) {
    let counts = &report.counts;
    let row = |what: &str, keys: u64, how: &str| vec![cell(what), cell(number(keys)), cell(how)];
    let mut rows = vec![
        row("Active", counts.active, "keys.csv: inScope is true, status is active"),
        row("Paused", counts.paused, "keys.csv: inScope is true, status is paused"),
        row("Revoked", counts.revoked, "keys.csv: inScope is true, status is revoked"),
        row("In scope", counts.in_scope, "keys.csv: inScope is true"),
    ];
    for left in &report.exclusions {
        let what = match left.reason.as_str() {
            "revoked" => "Not in scope: revoked",
            "createdSince" => "Not in scope: created after the review started",
            "reviewScope" => "Not in scope: outside the scope of the review",
            _ => "Not in scope: does not match the filter",
        };
        rows.push(row(what, left.keys, "keys.csv: inScope is false"));
    }
    rows.push(row(
        "All keys ever created",
        counts.keys,
        "rows of keys.csv; events key.created and key.rotated",
    ));
    blocks.extend([Block::Heading("Keys"), Block::Table(&["Keys", "Count", "How to recompute"], rows)]);

    let mut rows: Vec<Row> = counts
        .findings
        .iter()
        .map(|(code, keys)| vec![noted(code.clone(), meaning(code)), cell(number(*keys))])
        .collect();
    rows.push(vec![cell("Keys with any finding"), cell(number(counts.with_findings))]);
    rows.push(vec![cell("Keys without a finding"), cell(number(counts.in_scope - counts.with_findings))]);
    let text =
        "Of the keys in scope. A key can have several findings. To recompute: keys.csv, column findings.";
    blocks.extend([
        Block::Heading("Findings"),
        Block::Text(text.to_owned()),
        Block::Table(&["Finding", "Keys"], rows),
    ]);
}

fn meaning(code: &str) -> &'static str {
    match code {
        "stale" => "active, not used for the stale threshold",
        "idle" => "active, not used for the idle threshold",
        "neverUsed" => "active, never used, created more than 7 days ago",
        "noOwner" => "no owner",
        "neverReviewed" => "never reviewed, and due for a review",
        "reviewOverdue" => "review overdue, or kept longer than decided",
        "replacementActive" => "its replacement is in use",
        "refused" => "revoked or paused, and still tried in the last 7 days",
        "wokeUp" => "used again in the last 7 days after at least 30 idle days",
        "newNetwork" => "used in the last 7 days from a new network",
        _ => "",
    }
}

fn standards(blocks: &mut Vec<Block>, report: &Report) {
    let counts = &report.counts;
    let enabled = counts.active + counts.paused;
    let rows = vec![
        vec![
            noted("CIS Controls 5.3", format!("Dormant accounts ({CIS_DAYS} days)")),
            cell(format!(
                "{} of {} keys in scope ({}) are dormant and active. {} of {} dormant keys ({}) are active.",
                number(counts.dormant45_active),
                number(counts.in_scope),
                share(counts.dormant45_active, counts.in_scope),
                number(counts.dormant45_active),
                number(counts.dormant45),
                share(counts.dormant45_active, counts.dormant45),
            )),
            cell(format!(
                "keys.csv: inScope is true, lastUsedAt (or createdAt) at least {CIS_DAYS} days before the report; \
                 active: status is active"
            )),
        ],
        vec![
            noted("CIS Controls 5.5", "Inventory of service accounts"),
            cell(format!(
                "Of {} active and paused keys in scope: {} have an owner, {} a purpose, {} were reviewed in the \
                 last {REVIEW_DAYS} days.",
                number(enabled),
                share(counts.with_owner, enabled),
                share(counts.with_purpose, enabled),
                share(counts.reviewed90, enabled),
            )),
            cell("keys.csv: inScope is true, status is active or paused; columns owner, purpose, reviewedAt"),
        ],
        vec![
            noted("PCI DSS 4.0.1, 8.2.6", format!("Inactive accounts ({PCI_DAYS} days)")),
            cell(match counts.idle90_active {
                0 => format!("No active key in scope has been unused for {PCI_DAYS} days."),
                1 => format!("1 active key in scope has not been used for {PCI_DAYS} days."),
                keys => {
                    format!("{} active keys in scope have not been used for {PCI_DAYS} days.", number(keys))
                }
            }),
            cell(format!(
                "keys.csv: inScope is true, status is active, lastUsedAt (or createdAt) at least {PCI_DAYS} days \
                 before the report"
            )),
        ],
        vec![
            noted("PCI DSS 4.0.1, 7.2.5.1", "Review of application and system accounts"),
            cell(reviewed_words(report)),
            cell("decisions.csv; events review.started, review.executed and review.signed"),
        ],
    ];
    blocks.extend([
        Block::Heading("Figures for standards"),
        Block::Table(&["Standard", "Result", "How to recompute"], rows),
    ]);
}

fn reviewed_words(report: &Report) -> String {
    let Some(review) = &report.scope.review else {
        return "This report is not about a review.".to_owned();
    };
    let decisions = report.counts.decisions.unwrap_or_default();
    let total = report.counts.in_scope;
    let have = if total == 1 { "key has" } else { "keys have" };
    let mut text = format!(
        "{} of {} {have} a decision in the review {}",
        number(total.saturating_sub(decisions.undecided)),
        number(total),
        review.name
    );
    // To ask or to skip confirms nothing about a key.
    if decisions.ask + decisions.skip > 0 {
        let (ask, skip) = (number(decisions.ask), number(decisions.skip));
        let _ = write!(text, " (ask {ask}, skip {skip}: these confirm nothing about a key)");
    }
    text.push_str(". ");
    text.push_str(match review.status {
        ReviewStatus::Open => "It is not executed yet.",
        ReviewStatus::Executed => "It was executed; management has not signed yet.",
        ReviewStatus::Signed => "It was executed and signed.",
        ReviewStatus::Cancelled => "It was cancelled.",
        ReviewStatus::Other(_) => "",
    });
    text
}

/// A number of things, the noun in the plural unless it is one.
fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

fn review_blocks(blocks: &mut Vec<Block>, review: &ReportReview, report: &Report, gathered: &Gathered) {
    let mut facts = vec![
        ("Review", format!("{} ({})", review.name, review.id)),
        ("Started", format!("{} by {}", time(review.started_at), review.started_by)),
        ("Keys fixed at", format!("audit event {}, hash {}", review.as_of.seq, review.as_of.hash)),
        ("Due", review.due_at.map_or_else(|| "no due date".to_owned(), time)),
        (
            "Executed",
            match (review.executed_at, &review.executed_by) {
                (Some(at), Some(by)) => format!("{} by {by}", time(at)),
                _ => "not executed".to_owned(),
            },
        ),
        (
            "Signed",
            match (review.signed_at, &review.signed_by, &review.signed_head) {
                (Some(at), Some(by), Some(head)) => format!("{} by {by}, for the pack {head}", time(at)),
                (Some(at), Some(by), None) => format!("{} by {by}", time(at)),
                _ => "not signed when this report was created".to_owned(),
            },
        ),
    ];
    if review.due_at.is_some_and(|due| review.executed_at.unwrap_or(report.created_at) > due) {
        facts.push(("Overdue", "yes".to_owned()));
    }
    let mut delays = gathered.delays.clone();
    delays.sort_unstable();
    if let (Some(first), Some(last)) = (delays.first(), delays.last()) {
        let (below, above) = (delays[(delays.len() - 1) / 2], delays[delays.len() / 2]);
        facts.push((
            "From decision to effect",
            format!(
                "shortest {}, median {}, longest {} ({})",
                span(*first),
                span(below.midpoint(above)),
                span(*last),
                counted(delays.len() as u64, "decision")
            ),
        ));
    }
    blocks.extend([Block::Heading("Review"), Block::Facts(facts)]);
    if review.same_person == Some(true) {
        blocks.push(Block::Notice("The signer also decided or executed in this review.".to_owned()));
    }
    if gathered.own > 0 {
        let text = match gathered.own {
            1 => "1 decision is about a key that the reviewer created.".to_owned(),
            own => format!("{} decisions are about keys that the reviewer created.", number(own)),
        };
        blocks.push(Block::Notice(format!("{text} See decisions.csv, column ownKey.")));
    }
    let decisions = report.counts.decisions.unwrap_or_default();
    let row = |what: &str, keys: u64| vec![cell(what), cell(number(keys))];
    let rows = vec![
        row("keep", decisions.keep),
        row("revoke", decisions.revoke),
        row("rotate", decisions.rotate),
        row("pause", decisions.pause),
        row("ask", decisions.ask),
        row("skip", decisions.skip),
        row("undecided", decisions.undecided),
    ];
    blocks.push(Block::Table(&["Decision", "Keys"], rows));
    let mut rows: Vec<Row> = Vec::new();
    for (actor, count) in &gathered.reviewers {
        rows.push(vec![cell(actor.clone()), cell(format!("decided on {}", number(*count)))]);
    }
    for actor in &gathered.executors {
        rows.push(vec![cell(actor.clone()), cell("executed")]);
    }
    if !rows.is_empty() {
        blocks.push(Block::Table(&["Person or program", "Part in the review"], rows));
    }
    match decisions.undecided {
        0 => blocks
            .push(Block::Text("Every key has a decision. Ask and skip leave a key as it is.".to_owned())),
        count => {
            let more = match count.saturating_sub(NAMED as u64) {
                0 => String::new(),
                more => format!(" and {} more in decisions.csv", number(more)),
            };
            blocks.push(Block::Notice(format!(
                "Without a decision, and unchanged: {}{more}.",
                gathered.undecided.join(", ")
            )));
        }
    }
    let text = "People are told apart by management token or operating-system user. One person with two tokens \
         counts as two.";
    blocks.push(Block::Text(text.to_owned()));
}

fn since(blocks: &mut Vec<Block>, report: &Report, gathered: &Gathered) {
    let Some(previous) = &report.previous_pack else { return };
    blocks.push(Block::Heading("Changes since the previous pack"));
    blocks.push(Block::Text(format!(
        "The previous pack was created {} by {}; its head is {}. To recompute: the events after {} in events.jsonl.",
        time(previous.created_at),
        previous.created_by,
        previous.head,
        previous.as_of.seq
    )));
    if gathered.changes.is_empty() {
        blocks.push(Block::Text("No key has changed.".to_owned()));
        return;
    }
    let rows = gathered.changes.iter();
    let rows = rows.map(|(what, key, how)| vec![cell(*what), cell(key.clone()), cell(how.clone())]).collect();
    blocks.push(Block::Table(&["Change", "Key", "Details"], rows));
}

fn proofs(blocks: &mut Vec<Block>) {
    let text = [
        "Proved by the audit log in events.jsonl: that the list of keys is complete, with the name, project, owner, \
         purpose, status, dates and reviews of each; who decided what, when and why, and what the reviewer saw; which \
         decisions were executed, when and by whom.",
        "Stated by the server, and bound by the event report.created so that it cannot be changed later: last use, \
         requests, findings, which keys are in scope, and the receipts in receipts.csv. A last use can be later than \
         shown by the seconds in the column lastUsedPrecision of keys.csv.",
        "To check this pack without a server: keydeck audit verify PACK. Without a head that was noted elsewhere it \
         proves that the pack is consistent. With --head SEQ:HASH it also proves that this history is the real one.",
        "The execution of a decision is recorded with the number of its audit event (column revision of \
         decisions.csv) and its time. A revocation is answered once no node accepts the key. What that answer said of \
         the nodes is in receipts.csv, as far as it was kept.",
    ];
    blocks.push(Block::Heading("What this pack proves"));
    blocks.extend(text.into_iter().map(|text| Block::Text(text.to_owned())));
}

/// The row of a key.
pub(super) fn key_row(row: &ReportKey) -> Row {
    let key = &row.key;
    let status = match key.status {
        Status::Revoked => {
            noted("revoked", by(key.revoked_at, key.revoked_by.as_deref(), key.revoke_reason.as_deref()))
        }
        Status::Paused => {
            noted("paused", by(key.paused_at, key.paused_by.as_deref(), key.pause_reason.as_deref()))
        }
        status => cell(status.as_str()),
    };
    let reviewed = match (key.reviewed_at, key.reviewed_by.as_deref()) {
        (Some(at), reviewer) => {
            let until =
                key.keep_until.map(|until| format!("; keep until {}", day(until))).unwrap_or_default();
            noted(day(at), format!("by {}{until}", reviewer.unwrap_or("unknown")))
        }
        (None, _) => cell("never"),
    };
    let codes: Vec<&str> = key.findings.iter().map(|finding| finding.code.as_str()).collect();
    vec![
        noted(format!("{}/{}", key.project_name, key.name), format!("{} · {}", key.hint, key.id)),
        noted(key.owner.as_deref().unwrap_or("none"), key.purpose.as_deref().unwrap_or_default()),
        status,
        noted(day(key.created_at), format!("by {}", key.created_by)),
        noted(
            key.last_used_at.map_or_else(|| "never".to_owned(), time),
            match key.requests30d {
                0 => String::new(),
                requests => format!("{} in 30 days", counted(requests, "request")),
            },
        ),
        reviewed,
        cell(codes.join(", ")),
    ]
}

/// The row of a decision.
pub(super) fn decision_row(item: &ReviewItem, done: Option<&Done>, receipt: Option<&Receipt>) -> Row {
    let key = &item.key;
    let name = noted(format!("{}/{}", key.project_name, key.name), key.hint.to_string());
    let Some(decision) = item.decision else {
        return vec![name, cell("undecided"), cell(""), cell(""), cell(""), cell("unchanged")];
    };
    let until = item.until.map(|until| format!("until {}", day(until))).unwrap_or_default();
    let reviewer = item.decided_by.as_deref().unwrap_or("unknown");
    let own = if item.own_key { ", who created the key" } else { "" };
    let codes: Vec<&str> = item.findings.iter().map(|finding| finding.code.as_str()).collect();
    let result = match (done, item.outcome) {
        (Some(done), _) => {
            let after = item.decided_at.and_then(|at| done.after(at));
            let after = after.map(|after| format!(", {} later", span(after.as_secs())));
            // Nothing else that a decision does is waited for by nodes.
            let receipt = match decision {
                Decision::Revoke | Decision::Pause => receipt.map_or_else(
                    || "; receipt not kept".to_owned(),
                    |kept| format!("; {}", kept.kept_words()),
                ),
                _ => String::new(),
            };
            let after = after.unwrap_or_default();
            let note = format!("{} by {}, event {}{after}{receipt}", time(done.at), done.by, done.seq);
            noted("done", note)
        }
        (None, Some(outcome)) => cell(result_words(outcome)),
        (None, None) if matches!(decision, Decision::Ask | Decision::Skip) => cell("changes nothing"),
        (None, None) => cell("not executed"),
    };
    vec![
        name,
        noted(decision.as_str(), until),
        noted(item.decided_at.map_or_else(String::new, time), format!("by {reviewer}{own}")),
        cell(item.reason.clone().unwrap_or_default()),
        noted(
            item.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", time(at))),
            codes.join(", "),
        ),
        result,
    ]
}

fn result_words(outcome: ReviewOutcome) -> &'static str {
    match outcome {
        ReviewOutcome::Done => "done",
        ReviewOutcome::UsedSince => "not done: used since the decision",
        ReviewOutcome::ChangedSince => "not done: changed since the decision",
        ReviewOutcome::AlreadyRevoked => "already revoked",
        ReviewOutcome::ToRotate => "not done yet: to be rotated by a person",
        ReviewOutcome::Failed => "not done: failed",
        ReviewOutcome::Other(word) => word.as_str(),
    }
}

fn by(at: Option<Timestamp>, actor: Option<&str>, reason: Option<&str>) -> String {
    let at = at.map(time).unwrap_or_default();
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{at} by {}{reason}", actor.unwrap_or("unknown"))
}

fn time(at: Timestamp) -> String {
    at.utc().format("%Y-%m-%d %H:%M").to_string()
}

fn day(at: Timestamp) -> String {
    at.utc().date_naive().to_string()
}

/// `12.5%`; nothing of nothing is a dash.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (part * 1000 + whole / 2) / whole;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
