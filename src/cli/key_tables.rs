//! Keys as tables: many, or all that is known of one.

use super::args::{ListArgs, Output};
use super::output::{Cell, Table};
use super::run::Run;
use crate::wire::filter::path_terms;
use crate::wire::keys::{Key, KeyQuery, Receipt, Status, StatusQuery};
use crate::wire::time::Timestamp;

/// The columns of a table of keys.
pub const USUAL: [&str; 10] = [
    "id",
    "project",
    "name",
    "hint",
    "mode",
    "status",
    "createdAt",
    "createdBy",
    "lastUsedAt",
    "requests30d",
];

/// Columns that a table gives up on a terminal that is too narrow for all, the first of them first.
const SPARE: [&str; 7] = ["owner", "id", "mode", "requests30d", "createdAt", "hint", "status"];

/// The column of whole days since the last use, or since creation.
pub const IDLE_DAYS: &str = "idleDays";

/// How to write a filter that is a path `project/name` and matches nothing, where such keys exist. If the server cannot be
/// asked there is no tip: the empty list is right without it.
pub async fn path_tip(run: &Run, filter: &str) -> String {
    let Some(terms) = path_terms(filter) else { return String::new() };
    let query = KeyQuery { filter: terms, status: Some(StatusQuery::All), ..KeyQuery::default() };
    if !run.client.keys_listed(&query, Some(1)).await.is_ok_and(|page| page.total > 0) {
        return String::new();
    }
    let quoted = query.filter.replace('\'', r"'\''");
    format!("; for a key of a project write --filter '{quoted}'")
}

/// Adds the owner to the default columns of a table of keys that have one, or that are sorted by it. Says which columns a
/// narrow terminal can spare.
pub fn with_owner(
    columns: &mut Vec<&'static str>,
    run: &Run,
    list: &ListArgs,
    keys: &[Key],
    by_owner: bool,
) -> &'static [&'static str] {
    let chosen = list.ids || !list.columns.is_empty();
    if run.output == Output::Table && !chosen && (by_owner || keys.iter().any(|key| key.owner.is_some())) {
        // Last: scripts that read a column by its number read the same one.
        columns.push("owner");
    }
    if by_owner { &SPARE[1..] } else { &SPARE }
}

/// A line for each key. People read beside the status that a revocation is not confirmed. The idle days need the
/// server's time.
pub fn table(columns: &[&'static str], keys: &[Key], form: Output, now: Option<Timestamp>) -> Table {
    Table::of(columns, keys, |key, name| match name {
        "status" if form == Output::Table && !key.confirmed => Some(Cell::from(status(key))),
        IDLE_DAYS => now.map(|now| Cell::from(key.idle_since().age(now).as_secs() / 86_400)),
        _ => None,
    })
}

/// The last use, and by how much the real one may be later.
fn last_used(key: &Key) -> Cell {
    let used = Cell::or_never(key.last_used_at);
    let Some(seconds) = key.last_used_precision else { return used };
    match key.last_used_at {
        Some(at) => Cell::Said(at.to_string(), format!("{at} (up to {seconds} s late)")),
        None => Cell::Said(String::new(), format!("never (as of {seconds} s ago)")),
    }
}

/// A line for each thing there is to say of one key.
pub fn one(key: &Key) -> Table {
    with_receipt(key, None, false)
}

/// The same, with the receipt of a change to it.
pub fn changed(run: &Run, key: &Key, receipt: &Receipt) -> Table {
    with_receipt(key, Some(receipt), is_own(run, receipt))
}

/// Whether the only node of a receipt is the command itself, which serves nobody.
fn is_own(run: &Run, receipt: &Receipt) -> bool {
    run.is_alone && (receipt.confirmed_by, receipt.nodes) == (1, 1) && receipt.expired.is_empty()
}

fn with_receipt(key: &Key, receipt: Option<&Receipt>, is_own: bool) -> Table {
    let mut table = Table::of_fields();
    let mut line = |field: &str, value: Cell| table.row([Cell::from(field), value]);
    line("id", Cell::from(key.id));
    line("name", Cell::from(&key.name));
    line("project", Cell::from(format!("{} ({})", key.project_name, key.project_id)));
    line("hint", Cell::from(key.hint));
    line("mode", Cell::from(key.mode.as_str()));
    line("status", Cell::from(status(key)));
    line("createdAt", Cell::from(key.created_at));
    line("createdBy", Cell::from(&key.created_by));
    line("owner", Cell::or_dash(key.owner.as_deref()));
    line("purpose", Cell::or_dash(key.purpose.as_deref()));
    line("lastUsedAt", last_used(key));
    line("lastUsedFrom", Cell::or_dash(key.last_used_from.as_deref()));
    line("requests30d", Cell::from(key.requests30d));
    if let Some(reviewed) = key.reviewed_at {
        line("reviewedAt", Cell::from(reviewed));
        line("reviewedBy", Cell::or_dash(key.reviewed_by.as_deref()));
    }
    if let Some(until) = key.keep_until {
        line("keepUntil", Cell::from(until));
    }
    if key.status == Status::Paused {
        line("pausedAt", Cell::or_dash(key.paused_at));
        line("pausedBy", Cell::or_dash(key.paused_by.as_deref()));
        line("pauseReason", Cell::or_dash(key.pause_reason.as_deref()));
        line("refusedSincePaused", Cell::from(key.refused_since_paused));
        line("lastRefusedAt", Cell::or_never(key.last_refused_at));
    }
    if key.status == Status::Revoked {
        line("revokedAt", Cell::or_dash(key.revoked_at));
        line("revokedBy", Cell::or_dash(key.revoked_by.as_deref()));
        line("revokeReason", Cell::or_dash(key.revoke_reason.as_deref()));
        line("refusedSinceRevoked", Cell::from(key.refused_since_revoked));
        line("lastRefusedAt", Cell::or_never(key.last_refused_at));
    }
    for finding in &key.findings {
        line(
            "finding",
            Cell::from(format!(
                "{} ({}): {}",
                finding.code.as_str(),
                finding.severity.as_str(),
                finding.text
            )),
        );
    }
    if let Some(receipt) = receipt {
        line("revision", Cell::from(receipt.revision));
        let confirmed = match receipt.nodes {
            0 => Cell::from("no node is serving keys"),
            nodes => {
                let of = format!("{} of {nodes}", receipt.confirmed_by);
                let words = match nodes {
                    _ if is_own => format!("{of} (this command; no server is using the database)"),
                    1 => format!("{of} node"),
                    _ => format!("{of} nodes"),
                };
                Cell::Said(of, words)
            }
        };
        line("confirmedBy", confirmed);
        match &receipt.slowest {
            Some(slowest) => line("slowest", Cell::from(format!("{} ({} ms)", slowest.node, slowest.ms))),
            None if receipt.nodes > 0 => line("slowest", Cell::Nothing("no node has confirmed")),
            None => {}
        }
        if !receipt.expired.is_empty() {
            line("expired", Cell::from(receipt.expired.join(" ")));
        }
    }
    table
}

/// A receipt for several keys in one line.
pub fn confirmed_words(run: &Run, receipt: &Receipt) -> String {
    if is_own(run, receipt) {
        return format!("saved in the database, which no server is using (revision {})", receipt.revision);
    }
    receipt_words(receipt)
}

/// The same of a receipt that a server has answered with.
pub fn receipt_words(receipt: &Receipt) -> String {
    if receipt.nodes == 0 {
        return format!("no node is serving keys (revision {})", receipt.revision);
    }
    let nodes = if receipt.nodes == 1 { "node" } else { "nodes" };
    let confirmed = match receipt.confirmed_by {
        0 if receipt.nodes == 1 => "the only node has not confirmed".to_owned(),
        0 => format!("none of {} nodes has confirmed", receipt.nodes),
        some => format!("confirmed by {some} of {} {nodes}", receipt.nodes),
    };
    let ended = match &receipt.expired[..] {
        [] => String::new(),
        [node] => format!("; no answer from {node}; its lease has expired"),
        silent => format!("; no answer from {}; their leases have expired", silent.join(", ")),
    };
    format!("{confirmed}{ended} (revision {})", receipt.revision)
}

fn status(key: &Key) -> String {
    let unconfirmed = key.status == Status::Revoked && !key.confirmed;
    if unconfirmed { "revoked, not confirmed".to_owned() } else { key.status.as_str().to_owned() }
}
