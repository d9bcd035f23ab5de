//! A PostgreSQL database for one test, on the server that `KEYDECK_TEST_POSTGRES` names.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::skipped;

/// A database that goes with this value.
#[derive(Debug)]
pub(crate) struct Database {
    /// Its own address.
    pub(crate) url: String,
    admin: String,
    name: String,
}

/// A new empty database; `None`, said aloud, where no server was named.
pub(crate) async fn database(test: &str) -> Option<Database> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(admin) = std::env::var("KEYDECK_TEST_POSTGRES") else {
        skipped(&format!("{test} needs PostgreSQL (set KEYDECK_TEST_POSTGRES)"));
        return None;
    };
    let name = format!("keydeck_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    run(&admin, &format!("drop database if exists {name} with (force)")).await;
    run(&admin, &format!("create database {name}")).await;
    let (server, _) = admin.rsplit_once('/').expect("a database's address ends with its name");
    Some(Database { url: format!("{server}/{name}"), admin, name })
}

impl Database {
    /// Removes it; also when it is still in use.
    pub(crate) async fn remove(self) {
        run(&self.admin, &format!("drop database if exists {} with (force)", self.name)).await;
    }
}

async fn run(url: &str, statement: &str) {
    sqlx::any::install_default_drivers();
    let mut db = AnyConnection::connect(url).await.expect("KEYDECK_TEST_POSTGRES names a server that runs");
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut db).await.expect(statement);
    db.close().await.expect("an orderly end");
}
