//! Findings as SQL: what [`crate::wire::finding_rules`] asks of a key, asked of a row `k`. A test of the conformance suite
//! compares the two.

use super::SqlStore;
use super::as_of::AsOf;
use super::statement::{Columns as _, Sql, damaged};
use crate::store::Result;
use crate::wire::filter::{Filter, Test};
use crate::wire::finding_rules::RECENT;
use crate::wire::findings::{FindingCode, FindingCounts, Severity};
use crate::wire::time::Timestamp;

/// A row has any of these findings; of none given, any at all.
pub(super) fn any_of(sql: &mut Sql, codes: &[FindingCode], as_of: AsOf) {
    let codes = if codes.is_empty() { &FindingCode::ALL } else { codes };
    sql.push("(");
    for (at, code) in codes.iter().enumerate() {
        if at > 0 {
            sql.push(" or ");
        }
        has(sql, *code, as_of);
    }
    sql.push(")");
}

/// The severities from the highest, and then none: the order of a list by findings.
pub(super) const RANKS: [Option<Severity>; 4] =
    [Some(Severity::High), Some(Severity::Medium), Some(Severity::Low), None];

/// The last place in [`RANKS`] that a key can have which passes a filter: one with a finding has its severity at least.
pub(super) fn last_rank(filter: &Filter) -> usize {
    let last = RANKS.len() - 1;
    let place = |test: &Test| match test {
        Test::Finding(Some(code)) => {
            RANKS.iter().position(|rank| *rank == Some(code.severity())).unwrap_or(last)
        }
        Test::Finding(None) => last - 1,
        _ => last,
    };
    let terms = filter.terms().iter().filter(|term| !term.negated);
    terms.map(|term| term.tests.iter().map(place).max().unwrap_or(last)).min().unwrap_or(last)
}

/// The findings of this severity.
pub(super) fn codes_of(severity: Option<Severity>) -> Vec<FindingCode> {
    FindingCode::ALL.into_iter().filter(|code| Some(code.severity()) == severity).collect()
}

/// A row's highest severity is that of this place in [`RANKS`].
pub(super) fn ranks(sql: &mut Sql, place: usize, as_of: AsOf) {
    sql.push(" and ");
    match RANKS[place] {
        Some(_) => any_of(sql, &codes_of(RANKS[place]), as_of),
        None => _ = sql.push("1 = 1"),
    }
    for higher in &RANKS[..place] {
        sql.push(" and not ");
        any_of(sql, &codes_of(*higher), as_of);
    }
}

/// A row has this finding.
fn has(sql: &mut Sql, code: FindingCode, as_of: AsOf) {
    let AsOf { now, thresholds, .. } = as_of;
    let recent = (now - RECENT).millis();
    let (stale, idle) = (as_of.stale_before(), as_of.idle_before());
    let review = thresholds.review_before(now).millis();
    const ACTIVE: &str = "k.status = 0 and k.paused_at = 0";
    sql.push("(");
    match code {
        FindingCode::Stale => sql.push(ACTIVE).push(" and k.idle_since <= ").arg(stale),
        FindingCode::Idle => {
            sql.push(ACTIVE).push(" and k.idle_since > ").arg(stale).push(" and k.idle_since <= ").arg(idle)
        }
        FindingCode::NeverUsed => {
            sql.push(ACTIVE).push(" and k.last_used_at = 0 and k.created_at < ").arg(recent)
        }
        FindingCode::NoOwner => sql.push("k.status = 0 and k.owner = ''"),
        FindingCode::NeverReviewed => {
            sql.push("k.status = 0 and k.reviewed_at = 0 and k.created_at < ").arg(review)
        }
        FindingCode::ReviewOverdue => {
            sql.push("k.status = 0 and (k.reviewed_at <> 0 and k.reviewed_at < ").arg(review);
            sql.push(" or k.keep_until <> 0 and k.keep_until < ").arg(now.millis()).push(")")
        }
        FindingCode::ReplacementActive => sql.push(ACTIVE).push(
            " and k.id in (select s.rotated_from from api_keys s where s.rotated_from <> '' \
             and s.last_used_at <> 0)",
        ),
        FindingCode::Refused => {
            sql.push("k.last_refused_at >= ").arg(recent);
            sql.push(" and (k.status = 1 or k.status = 0 and k.paused_at <> 0)")
        }
        FindingCode::WokeUp => sql.push(ACTIVE).push(" and k.woke_at >= ").arg(recent),
        FindingCode::NewNetwork => sql.push(ACTIVE).push(" and k.network_at >= ").arg(recent),
        // The parser lets none through.
        FindingCode::Other(_) => sql.push("1 = 0"),
    };
    sql.push(")");
}

/// Appends a select of the ids of all keys that may have any of these findings, and of few others: `most` of each kind.
/// An index serves each kind.
pub(super) fn candidates(sql: &mut Sql, codes: &[FindingCode], as_of: AsOf, most: i64) {
    let AsOf { now, thresholds, .. } = as_of;
    let recent = (now - RECENT).millis();
    let (stale, idle) = (as_of.stale_before(), as_of.idle_before());
    let review = thresholds.review_before(now).millis();
    let mut kinds = 0;
    let mut kind = |id: &str, conditions: &[(&str, Option<i64>)]| {
        sql.push(if kinds == 0 { "" } else { " union all " }).push("select * from (select ");
        sql.push(id).push(" as id from api_keys c where ");
        for (condition, limit) in conditions {
            sql.push(condition);
            if let Some(limit) = limit {
                sql.arg(*limit);
            }
        }
        sql.push(" limit ").arg(most).push(") kind").push(&kinds.to_string());
        kinds += 1;
    };
    for code in codes {
        match code {
            FindingCode::Stale => kind("c.id", &[("c.status = 0 and c.idle_since <= ", Some(stale))]),
            FindingCode::Idle => kind(
                "c.id",
                &[("c.status = 0 and c.idle_since > ", Some(stale)), (" and c.idle_since <= ", Some(idle))],
            ),
            FindingCode::NeverUsed => {
                kind("c.id", &[("c.status = 0 and c.last_used_at = 0 and c.created_at < ", Some(recent))]);
            }
            FindingCode::NoOwner => kind("c.id", &[("c.status = 0 and c.owner_search = ''", None)]),
            FindingCode::NeverReviewed => {
                kind("c.id", &[("c.status = 0 and c.reviewed_at = 0 and c.created_at < ", Some(review))]);
            }
            FindingCode::ReviewOverdue => {
                kind("c.id", &[("c.status = 0 and c.reviewed_at > 0 and c.reviewed_at < ", Some(review))]);
                kind("c.id", &[("c.keep_until <> 0 and c.keep_until < ", Some(now.millis()))]);
            }
            FindingCode::ReplacementActive => {
                kind("c.rotated_from", &[("c.rotated_from <> '' and c.last_used_at <> 0", None)]);
            }
            FindingCode::Refused => {
                kind("c.id", &[("c.last_refused_at <> 0 and c.last_refused_at >= ", Some(recent))]);
            }
            FindingCode::WokeUp => kind("c.id", &[("c.woke_at <> 0 and c.woke_at >= ", Some(recent))]),
            FindingCode::NewNetwork => {
                kind("c.id", &[("c.network_at <> 0 and c.network_at >= ", Some(recent))]);
            }
            // None is of a severity that is asked for.
            FindingCode::Other(_) => {}
        }
    }
}

impl SqlStore {
    /// How many keys have each finding; one walk over all keys.
    pub(super) async fn count_findings(&self, now: Timestamp) -> Result<FindingCounts> {
        let as_of = self.as_of(now);
        let mut sql = Sql::new("select ");
        let sum = |sql: &mut Sql, name: &str, codes: &[FindingCode]| {
            sql.push("cast(coalesce(sum(case when ");
            any_of(sql, codes, as_of);
            sql.push(" then 1 else 0 end), 0) as bigint) as ").push(name);
        };
        for (at, code) in FindingCode::ALL.into_iter().enumerate() {
            sum(&mut sql, NAMES[at], &[code]);
            sql.push(", ");
        }
        sum(&mut sql, "any_finding", &[]);
        sql.push(" from api_keys k");
        let rows = sql.rows(&self.read).await?;
        let row = rows.first().ok_or_else(|| damaged("counts"))?;
        let counts = FindingCode::ALL
            .into_iter()
            .zip(NAMES)
            .map(|(code, name)| Ok((code.as_str().to_owned(), row.count(name)?)))
            .collect::<Result<_>>()?;
        Ok(FindingCounts { counts, keys: row.count("any_finding")? })
    }
}

/// Names of columns, since databases fold those of the codes.
const NAMES: [&str; FindingCode::ALL.len()] = ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9"];
