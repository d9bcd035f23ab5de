//! What a node counts: one relaxed addition an event, and no label is looked up.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

/// What became of lookups and exports, in words.
const OUTCOMES: [&str; 8] =
    ["found", "no_rule", "unchanged", "unauthorized", "limited", "invalid", "unavailable", "other"];

/// What became of the writes of uses.
const FLUSHES: [&str; 2] = ["written", "failed"];

/// The counts of a node.
#[derive(Debug, Default)]
pub struct Counts {
    lookups: [AtomicU64; OUTCOMES.len()],
    exports: [AtomicU64; OUTCOMES.len()],
    flushes: [AtomicU64; FLUSHES.len()],
}

impl Counts {
    /// Counts a lookup by the status of its answer.
    pub(super) fn lookup(&self, status: StatusCode) {
        self.lookups[outcome(status)].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an export by the status of its answer.
    pub(super) fn export(&self, status: StatusCode) {
        self.exports[outcome(status)].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a write of uses.
    pub(super) fn flush(&self, written: bool) {
        self.flushes[usize::from(!written)].fetch_add(1, Ordering::Relaxed);
    }
}

/// The place of a status among [`OUTCOMES`].
fn outcome(status: StatusCode) -> usize {
    match status.as_u16() {
        200 => 0,
        204 => 1,
        304 => 2,
        401 => 3,
        429 => 4,
        400 | 404 | 414 => 5,
        503 => 6,
        _ => 7,
    }
}

impl Collector for Counts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut family = |name, help, label: &str, words: &[&str], counts: &[AtomicU64]| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (word, count) in words.iter().zip(counts) {
                let counter = ConstCounter::new(count.load(Ordering::Relaxed));
                counter.encode(family.encode_family(&[(label, *word)])?)?;
            }
            Ok(())
        };
        family("edge_lookups", "Lookups by outcome.", "outcome", &OUTCOMES, &self.lookups)?;
        family("edge_exports", "Exports by outcome.", "outcome", &OUTCOMES, &self.exports)?;
        family("edge_usage_flushes", "Flushes of usage data by result.", "result", &FLUSHES, &self.flushes)
    }
}
