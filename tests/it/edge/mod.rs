//! Tests of the layer of this name.

mod address;
mod keyring;
mod limit;
mod query;
mod ruleset;
mod usage;
