//! Tests of the store: one suite of its behaviour on each database, and what is particular to a file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic where it stands")]

mod audit_filter;
mod batches;
mod before_reviews;
mod chain;
mod changes;
mod conformance;
mod contention;
mod coverage;
#[cfg(target_os = "linux")]
mod crash;
mod fill;
mod filter;
#[cfg(target_os = "linux")]
mod full_disk;
mod large;
mod lease_model;
mod open;
mod owner;
mod receipts;
pub(crate) mod refold;
mod replay;
mod rotations;
mod shadow;
pub(crate) mod support;
mod unheard;
