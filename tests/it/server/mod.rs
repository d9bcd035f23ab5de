//! Tests of the management API, as its callers see it.

mod auth;
mod bodies;
mod envelope;
mod errors;
mod keys;
mod logs;
mod repeats;
mod rules;
mod session;
mod tokens;
mod writes;
