//! What a node counts: one relaxed addition an event, and no label is looked up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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
    /// When requests were counted last, and how many there were.
    counted: Mutex<(Duration, u64)>,
}

impl Counts {
    /// Lookups and exports per second since this was asked last.
    pub(super) fn requests_per_second(&self, now: Duration) -> f64 {
        let all: u64 =
            self.lookups.iter().chain(&self.exports).map(|count| count.load(Ordering::Relaxed)).sum();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, before) = std::mem::replace(&mut *counted, (now, all));
        let seconds = now.saturating_sub(then).as_secs_f64();
        if seconds > 0.0 { (all.saturating_sub(before) as f64 / seconds * 10.0).round() / 10.0 } else { 0.0 }
    }

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
