//! Many processes on one database: real nodes, a real PostgreSQL, and everything that can happen to them.

mod balanced;
mod clocks;
mod harness;
mod history;
mod receipts;
mod replaced;
