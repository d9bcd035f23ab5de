//! The nouns as JSON: one set of types for client, server, store and dashboard.
//!
//! | module | what |
//! |---|---|
//! | [`id`], [`time`], [`zone`], [`text`], [`shared`] | ids, points in time, local time, what a name may hold, text held once |
//! | [`projects`], [`keys`], [`rules`], [`audit`], [`tokens`], [`session`] | the nouns |
//! | [`events`] | changes and uses as they happen |
//! | [`idempotency`] | what was created with an `Idempotency-Key` |
//! | [`reviews`] | access reviews: decisions about keys |
//! | [`rotations`] | guided rotations: when an old key can be revoked |
//! | [`reports`], [`replay`] | evidence packs, and what the audit log proves of them |
//! | [`nodes`] | the processes that serve the Edge API of one database |
//! | [`key_groups`] | keys counted by creator, project, state or owner |
//! | [`filter`] | the dashboard's language for picking keys |
//! | [`findings`], [`finding_rules`] | what a reviewer should look at in a key |
//! | [`word`] | words that a newer server may know |
//! | [`page`], [`etag`], [`problem`], [`paths`] | lists, errors, where each thing is |
//! | [`sheet`] | rows as CSV and Markdown, for other programs |
//! | `schema`, [`openapi`] | schemas of types that are written as text; what the documents of both APIs share |

pub mod audit;
pub mod etag;
mod event_words;
pub mod events;
pub mod filter;
pub mod finding_rules;
pub mod findings;
pub mod id;
pub mod idempotency;
pub mod key_groups;
pub mod keys;
pub mod nodes;
pub mod openapi;
pub mod page;
pub mod paths;
pub mod problem;
pub mod projects;
pub mod replay;
pub mod reports;
pub mod reviews;
pub mod rotations;
pub mod rules;
pub(crate) mod schema;
pub mod session;
pub mod shared;
pub mod sheet;
pub mod text;
pub mod time;
pub mod tokens;
pub mod word;
pub mod zone;
