//! Rows as the text of a file.

use serde::Serialize;

use super::dialogs::export::{Form, Rows};
use crate::secret;
use crate::wire::audit::Event;
use crate::wire::keys::Key;
use crate::wire::page::Page;
use crate::wire::projects::Project;
use crate::wire::sheet;

/// Names of columns, and rows of cells.
type Sheet = (Vec<&'static str>, Vec<Vec<Option<String>>>);

/// The file's text. Whole keys in it are masked, whatever a server put into a name.
pub(super) fn text(form: Form, rows: &Rows, title: &str) -> String {
    let text = match (form, rows) {
        (Form::Json, Rows::Keys(rows)) => json(rows),
        (Form::Json, Rows::Projects(rows)) => json(rows),
        (Form::Json, Rows::Events(rows)) => json(rows),
        (Form::Csv, rows) => {
            let (columns, rows) = cells(rows);
            String::from_utf8(sheet::csv(&columns, &rows)).unwrap_or_default()
        }
        (Form::Markdown, rows) => {
            let (columns, rows) = for_people(cells(rows));
            format!("# {}\n\n{}", sheet::plain(title), sheet::markdown(&columns, &rows))
        }
    };
    secret::masked(&text).into_owned()
}

/// In the form of the API's lists.
fn json<T: Serialize + Clone>(rows: &[T]) -> String {
    serde_json::to_string_pretty(&Page::whole(rows.to_vec())).expect("what the API says is JSON") + "\n"
}

fn cells(rows: &Rows) -> Sheet {
    match rows {
        Rows::Keys(rows) => (KEY.to_vec(), rows.iter().map(key).collect()),
        Rows::Projects(rows) => (PROJECT.to_vec(), rows.iter().map(project).collect()),
        Rows::Events(rows) => (EVENT.to_vec(), rows.iter().map(event).collect()),
    }
}

/// Without ids and hashes: people read names.
fn for_people((columns, rows): Sheet) -> Sheet {
    const FOR_PROGRAMS: [&str; 4] = ["id", "rotatedFrom", "hash", "lastUsedFrom"];
    let kept: Vec<usize> = (0..columns.len()).filter(|at| !FOR_PROGRAMS.contains(&columns[*at])).collect();
    let rows = rows.iter().map(|row| kept.iter().map(|at| row[*at].clone()).collect()).collect();
    (kept.iter().map(|at| columns[*at]).collect(), rows)
}

const KEY: [&str; 17] = [
    "id",
    "project",
    "name",
    "hint",
    "mode",
    "status",
    "createdAt",
    "createdBy",
    "lastUsedAt",
    "lastUsedFrom",
    "requests30d",
    "rotatedFrom",
    "revokedAt",
    "revokedBy",
    "revokeReason",
    "refusedSinceRevoked",
    "lastRefusedAt",
];

fn key(key: &Key) -> Vec<Option<String>> {
    vec![
        some(key.id),
        some(&key.project_name),
        some(&key.name),
        some(key.hint),
        some(key.mode.as_str()),
        some(key.status.as_str()),
        some(key.created_at),
        some(&key.created_by),
        key.last_used_at.and_then(some),
        key.last_used_from.as_ref().and_then(some),
        some(key.requests30d),
        key.rotated_from.and_then(some),
        key.revoked_at.and_then(some),
        key.revoked_by.as_ref().and_then(some),
        key.revoke_reason.as_ref().and_then(some),
        some(key.refused_since_revoked),
        key.last_refused_at.and_then(some),
    ]
}

const PROJECT: [&str; 9] =
    ["id", "name", "active", "stale", "revoked", "rules", "liveVersion", "createdAt", "lastUsedAt"];

fn project(project: &Project) -> Vec<Option<String>> {
    vec![
        some(project.id),
        some(&project.name),
        some(project.keys.active),
        some(project.keys.stale),
        some(project.keys.revoked),
        some(project.rules),
        project.live_version.and_then(some),
        some(project.created_at),
        project.last_used_at.and_then(some),
    ]
}

const EVENT: [&str; 8] = ["seq", "at", "actor", "action", "project", "key", "detail", "hash"];

fn event(event: &Event) -> Vec<Option<String>> {
    vec![
        some(event.seq),
        some(event.at),
        some(&event.actor),
        some(event.action),
        event.project.and_then(some),
        event.key.and_then(some),
        some(&event.detail),
        some(&event.hash),
    ]
}

#[expect(clippy::unnecessary_wraps, reason = "a cell may be empty, this one is not")]
fn some(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}
