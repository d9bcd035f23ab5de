//! Keydeck: a terminal dashboard for API keys, the management API behind it, and the Edge API they open.
//!
//! A grid. Columns are layers, each a module with one job and one outside crate that it owns; rows are nouns
//! (`projects`, `keys`, `rules`, `audit`, `tokens`), file names in every layer that knows them.
//!
//! | layer | job | may name |
//! |---|---|---|
//! | [`secret`] | the key format | nothing |
//! | [`colour`] | the terminal's colours by name | nothing |
//! | [`encoding`] | which encoding a text is in | nothing |
//! | [`files`] | files that a person names | encoding |
//! | [`config`] | flags > environment > file > default | colour, files, secret |
//! | [`wire`] | the nouns as JSON | encoding, secret |
//! | [`store`] | the transaction boundary | wire, secret |
//! | [`server`] | the management API | store, wire, secret |
//! | [`edge`] | the Edge API | store, wire, secret |
//! | [`client`] | typed calls, three transports | files, wire, secret |
//! | [`tui`] | the dashboard | client, wire, colour, secret |
//! | [`cli`] | the composition root | all |

pub mod cli;
pub mod client;
pub mod colour;
pub mod config;
pub mod edge;
pub mod encoding;
pub mod files;
pub mod secret;
pub mod server;
pub mod store;
pub mod tui;
pub mod wire;
