//! PostgreSQL for one test: a schema of its own in the database that `KEYDECK_TEST_POSTGRES` names.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::skipped;

/// A schema, which is all that a store sees.
#[derive(Debug)]
pub(crate) struct Database {
    /// Its own address.
    pub(crate) url: String,
    admin: String,
    name: String,
}

/// A new empty schema; `None`, said aloud, where no server was named.
pub(crate) async fn database(test: &str) -> Option<Database> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(admin) = std::env::var("KEYDECK_TEST_POSTGRES") else {
        skipped(&format!("{test} needs PostgreSQL (set KEYDECK_TEST_POSTGRES)"));
        return None;
    };
    let name = format!("keydeck_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    run(&admin, &format!("drop schema if exists {name} cascade")).await;
    run(&admin, &format!("create schema {name}")).await;
    let sign = if admin.contains('?') { '&' } else { '?' };
    Some(Database { url: format!("{admin}{sign}options[search_path]={name}"), admin, name })
}

impl Database {
    /// Removes it.
    pub(crate) async fn remove(self) {
        run(&self.admin, &format!("drop schema if exists {} cascade", self.name)).await;
    }
}

async fn run(url: &str, statement: &str) {
    sqlx::any::install_default_drivers();
    let mut db = AnyConnection::connect(url).await.expect("KEYDECK_TEST_POSTGRES names a server that runs");
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut db).await.expect(statement);
    db.close().await.expect("an orderly end");
}
