//! One binary for all tests: it builds once and links once. Folders mirror the layers.

mod cli;
mod client;
mod edge;
#[cfg(unix)]
mod fleet;
mod guide;
mod layers;
mod manual;
mod secret;
mod server;
mod store;
mod support;
mod tui;
mod wire;
mod words;
