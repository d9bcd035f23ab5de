//! Tests of the management API, as its callers see it.

mod auth;
mod bodies;
mod envelope;
mod errors;
mod events;
mod keys;
mod logs;
mod repeats;
mod rules;
mod session;
mod tokens;
mod writes;
