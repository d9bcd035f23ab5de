//! The filter language as SQL, with the meaning that [`crate::wire::filter`] gives it over loaded rows.
//!
//! `api_keys.search` holds the folded name, creator, mask and id, a line each. No text that can be looked
//! for holds a line break, so how many of them stand before and after a place says which line it is in.

use super::as_of::AsOf;
use super::findings;
use super::statement::Sql;
use crate::wire::filter::{Filter, KeyState, StatusTest, Term, Test};
use crate::wire::keys::{Mode, Status, StatusQuery};
use crate::wire::word::Word;

/// The statuses that a list can hold: the query's, and those its filter leaves.
pub(super) fn statuses(asked: Option<StatusQuery>, filter: &Filter) -> Vec<Status> {
    let asked = asked.unwrap_or(if filter.names_status() { StatusQuery::All } else { StatusQuery::Active });
    [Status::Active, Status::Revoked]
        .into_iter()
        .filter(|status| match asked {
            StatusQuery::Active => *status == Status::Active,
            StatusQuery::Revoked => *status == Status::Revoked,
            StatusQuery::All => true,
        })
        .filter(|status| {
            filter.terms().iter().all(|Term { negated, tests }| match negated {
                true => tests.iter().all(|test| may(test, *status) != Some(true)),
                false => tests.iter().any(|test| may(test, *status) != Some(false)),
            })
        })
        .collect()
}

/// Whether a test holds for all keys (true) or for none (false) of a status; none where that depends on the key.
fn may(test: &Test, status: Status) -> Option<bool> {
    match test {
        // Paused keys are among those that are not revoked.
        Test::Status(StatusTest::Paused) if status == Status::Active => None,
        Test::Status(wanted) => Some(wanted.holds(status)),
        // A key that is not active has no state.
        Test::State(_) if status != Status::Active => Some(false),
        _ => None,
    }
}

/// The column's number of a status.
pub(super) const fn status_number(status: Status) -> i64 {
    match status {
        Status::Active | Status::Paused => 0,
        Status::Revoked => 1,
        // Nothing is asked for or written with it.
        Status::Other(_) => -1,
    }
}

/// The status of a column's number and the time of a pause. One that a newer Keydeck has written is unknown, and so is
/// its key to all checks.
pub(super) fn status_of(number: i64, paused_at: i64) -> Status {
    match (number, paused_at) {
        (0, 0) => Status::Active,
        (0, _) => Status::Paused,
        (1, _) => Status::Revoked,
        _ => Status::Other(Word::of("unknown")),
    }
}

/// The mode of a column's number.
pub(super) fn mode_of(number: i64) -> Mode {
    match number {
        0 => Mode::Live,
        1 => Mode::Test,
        _ => Mode::Other(Word::of("unknown")),
    }
}

/// The column's number of a mode.
pub(super) const fn mode_number(mode: Mode) -> i64 {
    match mode {
        Mode::Live => 0,
        Mode::Test => 1,
        // No key is created with it.
        Mode::Other(_) => -1,
    }
}

/// Appends ` and …` for each term that asks something of a row `k` beyond its `status`.
///
/// `along` is the column in whose order the rows will be walked: then only conditions on that column may
/// choose an index (`+ 0` keeps the others from it), since another index would mean to sort all that pass.
pub(super) fn conditions(sql: &mut Sql, filter: &Filter, status: Status, as_of: AsOf, along: Option<&str>) {
    for Term { negated, tests } in filter.terms() {
        if let [test] = tests.as_slice() {
            condition(sql, test, *negated, (status, as_of, along));
            continue;
        }
        sql.push(if *negated { " and not (" } else { " and (" });
        for (at, test) in tests.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { " or (" });
            sql.push(if may(test, status) == Some(false) { "1 = 0" } else { "1 = 1" });
            // None of several chooses an index.
            condition(sql, test, false, (status, as_of, along.and(Some(""))));
            sql.push(")");
        }
        sql.push(")");
    }
}

/// Appends ` and …` for one test.
fn condition(
    sql: &mut Sql,
    test: &Test,
    negated: bool,
    (status, as_of, along): (Status, AsOf, Option<&str>),
) {
    let now = as_of.now;
    let column = |sql: &mut Sql, name: &str| {
        sql.push(" and k.").push(name);
        sql.push(if along.is_none_or(|along| along == name) { " " } else { " + 0 " });
    };
    let sign = |plain: &'static str, negative: &'static str| if negated { negative } else { plain };
    match test {
        Test::Status(StatusTest::Paused) if status == Status::Active => {
            sql.push(sign(" and k.paused_at <> 0", " and k.paused_at = 0"));
        }
        // It chose the statuses.
        Test::Status(_) => {}
        Test::State(_) if status != Status::Active => {}
        Test::State(state) => {
            let (idle, stale) = (as_of.idle_before(), as_of.stale_before());
            // Used or not, not before the first time, and not after the second.
            let (used, after, until) = match state {
                KeyState::InUse => (Some(true), Some(idle.max(stale)), None),
                KeyState::Idle => (None, Some(stale), Some(idle)),
                KeyState::Stale => (None, None, Some(stale)),
                KeyState::Unused => (Some(false), None, None),
                KeyState::New => (Some(false), Some(idle.max(stale)), None),
            };
            let plain = |sql: &mut Sql, name: &str| {
                sql.push("k.").push(name);
                sql.push(if along.is_none_or(|along| along == name) { " " } else { " + 0 " });
            };
            sql.push(sign(" and (k.paused_at = 0", " and not (k.paused_at = 0"));
            if let (KeyState::InUse, Some(limit)) = (state, after.filter(|_| along != Some("idle_since"))) {
                // A key that was used is idle since then: this finds them without those that were never used.
                sql.push(" and ");
                plain(sql, "last_used_at");
                sql.push("> ").arg(limit).push(")");
                return;
            }
            if let Some(used) = used {
                sql.push(" and ");
                plain(sql, "last_used_at");
                sql.push(if used { "<> 0" } else { "= 0" });
            }
            for (limit, comparison) in [(after, "> "), (until, "<= ")] {
                if let Some(limit) = limit {
                    sql.push(" and ");
                    plain(sql, "idle_since");
                    sql.push(comparison).arg(limit);
                }
            }
            sql.push(")");
        }
        Test::Word(word) => {
            sql.push(sign(" and (k.search like ", " and not (k.search like "));
            sql.arg(holding(word)).push(" escape '\\' or k.project_id in (");
            sql.push("select q.id from projects q where q.search like ");
            sql.arg(holding(word)).push(" escape '\\'))");
        }
        Test::NameIs(text) => is(sql, negated, "k.name", text),
        Test::ByIs(text) => is(sql, negated, "k.created_by", text),
        Test::ProjectIs(text) => {
            sql.push(sign(" and k.project_id in (", " and k.project_id not in ("));
            sql.push("select q.id from projects q where q.id = ").arg(text.as_str());
            sql.push(" or q.name = ").arg(text.as_str()).push(")");
        }
        Test::OwnerIs(text) => is(sql, negated, "k.owner", text),
        Test::NoOwner => {
            sql.push(sign(" and k.owner = ''", " and k.owner <> ''"));
        }
        Test::Owner(text) => {
            sql.push(sign(" and k.owner_search like ", " and k.owner_search not like "));
            sql.arg(holding(text)).push(" escape '\\'");
        }
        Test::Finding(code) => {
            sql.push(sign(" and ", " and not "));
            findings::any_of(sql, code.as_slice(), as_of);
        }
        Test::NeverReviewed => {
            sql.push(" and k.reviewed_at ").push(sign("= 0", "<> 0"));
        }
        Test::Reviewed(when) => {
            let (before, limit) = when.limit(now);
            let comparison = comparison(before, false);
            sql.push(sign(
                " and (k.reviewed_at <> 0 and k.reviewed_at ",
                " and not (k.reviewed_at <> 0 and k.reviewed_at ",
            ));
            sql.push(comparison).arg(limit.millis()).push(")");
        }
        Test::Name(text) => like(sql, negated, format!("%{}%\n%\n%\n%", escaped(text))),
        Test::By(text) => like(sql, negated, format!("%\n%{}%\n%\n%", escaped(text))),
        Test::Project(text) => {
            sql.push(sign(" and k.project_id in (", " and k.project_id not in ("));
            sql.push("select q.id from projects q where q.id = ").arg(text.as_str());
            sql.push(" or q.search like ").arg(holding(text)).push(" escape '\\')");
        }
        Test::Mode(mode) => {
            sql.push(sign(" and k.mode = ", " and k.mode <> ")).arg(mode_number(*mode));
        }
        Test::NeverUsed => {
            column(sql, "last_used_at");
            sql.push(sign("= 0", "<> 0"));
        }
        Test::Used(when) => {
            let (before, limit) = when.limit(now);
            if negated {
                sql.push(" and (k.last_used_at + 0 = 0 or k.last_used_at + 0 ");
                sql.push(comparison(before, true)).arg(limit.millis()).push(")");
            } else {
                column(sql, "last_used_at");
                sql.push(comparison(before, false)).arg(limit.millis()).push(" and k.last_used_at <> 0");
            }
        }
        Test::Idle(longer, span) => {
            let limit = as_of.idle_for(*span);
            let comparison = comparison(*longer, negated);
            column(sql, "idle_since");
            sql.push(comparison).arg(limit);
            if along == Some("last_used_at") && comparison.starts_with('<') {
                // What has been idle since then was last used before, too, or never: this the walk can use.
                column(sql, "last_used_at");
                sql.push(comparison).arg(limit);
            }
        }
        Test::Created(when) => {
            let (before, limit) = when.limit(now);
            column(sql, "created_at");
            sql.push(comparison(before, negated)).arg(limit.millis());
        }
    }
}

/// Longer ago is an earlier time.
pub(super) const fn comparison(longer: bool, negated: bool) -> &'static str {
    match (longer, negated) {
        (true, false) => "< ",
        (true, true) => ">= ",
        (false, false) => "> ",
        (false, true) => "<= ",
    }
}

/// The column is exactly this.
fn is(sql: &mut Sql, negated: bool, column: &str, text: &str) {
    sql.push(" and ").push(column).push(if negated { " <> " } else { " = " }).arg(text);
}

fn like(sql: &mut Sql, negated: bool, pattern: String) {
    sql.push(if negated { " and k.search not like " } else { " and k.search like " });
    sql.arg(pattern).push(" escape '\\'");
}

/// The pattern of what holds a text.
pub(super) fn holding(text: &str) -> String {
    format!("%{}%", escaped(text))
}

/// A text in a pattern.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
