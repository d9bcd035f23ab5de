//! Tests of the layer of this name.

mod address;
mod bulk;
mod connections;
mod export;
mod export_route;
mod fixture;
mod flush;
mod keyring;
mod limit;
mod lookup;
mod many_nodes;
mod node;
mod pause;
mod query;
mod revoke;
mod ruleset;
mod serve;
mod usage;
