//! The types of the wire: what is read, what is refused, and with which words.

mod audit;
mod event_filter;
mod filter;
mod memory;
mod rules;
mod sheet;
mod text;
mod zone;
