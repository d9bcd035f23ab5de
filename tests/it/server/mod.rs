//! Tests of the management API, as its callers see it.

mod auth;
mod bad_input;
mod bodies;
mod codes;
mod document;
mod envelope;
mod errors;
mod events;
mod guards;
mod identity;
mod keys;
mod logs;
mod metrics;
mod repeats;
mod reports;
mod reviewed;
mod reviews;
mod rules;
mod session;
mod tokens;
mod walks;
mod writes;
