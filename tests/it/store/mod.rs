//! Tests of the store: one suite of its behaviour on each database, and what is particular to a file.

mod conformance;
mod support;
