//! Many processes on one database: real nodes, a real PostgreSQL, and everything that can happen to them.

mod harness;
mod history;
mod receipts;
mod replaced;
