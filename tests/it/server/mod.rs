//! Tests of the management API, as its callers see it.

mod auth;
mod bodies;
mod envelope;
mod errors;
mod keys;
mod logs;
mod rules;
mod session;
mod tokens;
mod writes;
