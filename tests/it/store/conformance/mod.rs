//! What every store does, on every database: each function of these files runs on a SQLite file, on SQLite in
//! memory and on PostgreSQL.

mod audit;
mod bulk;
mod findings;
mod follow;
mod groups;
mod keys;
mod lists;
mod nodes;
mod once;
mod pause;
mod projects;
mod reports;
mod reviews;
mod rotate;
pub(crate) mod rotations;
mod rules;
mod tokens;
mod usage;

/// Makes three tests of each function named.
macro_rules! on_each_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let (store, _folder) = crate::store::support::file_store().await;
                super::$name(store).await;
            })*
        }
        mod sqlite_memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::store::support::memory_store().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let Some(database) = crate::support::postgres::database(stringify!($name)).await else { return };
                super::$name(crate::store::support::open(&database.url).await).await;
                database.remove().await;
            })*
        }
    };
}
use on_each_database;
