//! Tests of the client: what each transport must do alike, and what can go wrong on each.

mod calls;
mod events;
mod foreign;
mod newer;
mod probe;
mod repeat;
mod shifting;
