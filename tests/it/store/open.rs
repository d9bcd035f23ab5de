//! Databases that cannot be used: each a sentence that says what to do, and nothing is changed.

use std::path::Path;

use keydeck::secret::{Kind, Secret};
use keydeck::store::owner::Owner;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{Keys as _, NewKeyRecord, Projects as _, StoreError};
use keydeck::wire::keys::Mode;
use keydeck::wire::projects::ProjectQuery;
use keydeck::wire::session::Plan;
use sqlx::{AnyConnection, Connection as _};

use super::support::{NOON, ann, project};

#[tokio::test]
async fn what_was_stored_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new folder/100% käse? #1.db");
    let store = open(&path).await.unwrap();
    let made = store.create_project(&ann(NOON), "Shop").await.unwrap();
    let held = open(&path).await;
    assert!(matches!(held, Err(StoreError::Held { .. })), "{held:?}");
    store.close().await;
    assert!(matches!(store.project(made.value.id, NOON).await, Err(StoreError::Unavailable(_))));
    drop(store);
    let wal = folder.path().join("new folder/100% käse? #1.db-wal");
    assert!(!wal.exists(), "an orderly end leaves one whole file");
    let store = open(&path).await.unwrap();
    assert_eq!(store.project(made.value.id, NOON).await.unwrap(), made.value);
    assert_eq!(keydeck::store::Follow::changes(&*store).newest(), 1, "the feed goes on at the head");
}

#[tokio::test]
async fn the_lock_can_be_taken_before_the_store_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let owner = Owner::acquire(&path).unwrap();
    let options = Options { owner: Some(owner), ..Options::default() };
    let store = SqlStore::open(&sqlite_url(&path), options).await.unwrap();
    assert!(matches!(Owner::acquire(&path), Err(StoreError::Held { .. })));
    store.close().await;
    Owner::acquire(&path).expect("the lock went with the store");
}

#[tokio::test]
async fn nothing_of_a_secret_is_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("keydeck.db")).await.unwrap();
    let shop = store.create_project(&ann(NOON), "Shop").await.unwrap().value.id;
    let secret = Secret::generate(Kind::Live).unwrap();
    let record = NewKeyRecord::new("Web", Mode::Live, secret.hint(), secret.hash().unwrap());
    let made = store.create_key(&ann(NOON), shop, &record, Plan::Enterprise).await.unwrap().value;
    store.revoke_key(&ann(NOON), made.id, None).await.unwrap();
    let hidden = &secret.reveal()[15..37];
    let holds = |text: &str| {
        std::fs::read_dir(folder.path()).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    };
    assert!(holds(made.hint.handle()), "the files hold what was written");
    assert!(!holds(hidden));
    store.close().await;
    assert!(!holds(hidden));
}

#[cfg(unix)]
#[tokio::test]
async fn the_database_and_what_is_beside_it_are_this_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data/keydeck.db")).await.unwrap();
    store.create_project(&ann(NOON), "Shop").await.unwrap();
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        seen.push((entry.file_name().into_string().unwrap(), mode));
    }
    seen.sort();
    let expected = ["keydeck.db", "keydeck.db-shm", "keydeck.db-wal", "keydeck.db.lock"];
    assert_eq!(seen, expected.map(|name| (name.to_owned(), 0o600)));
}

#[tokio::test]
async fn each_database_in_memory_is_its_own() {
    let one = super::support::memory_store().await;
    let two = super::support::memory_store().await;
    project(&one, "Shop").await;
    assert_eq!(two.projects(&ProjectQuery::default(), NOON).await.unwrap().total, 0);
    project(&two, "Shop").await;
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let text = "Dear Ann, this is no database. ".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let refused = open(&path).await.unwrap_err().to_string();
    assert!(
        refused.ends_with("letter.txt is not a SQLite database; choose another file, or move it away"),
        "{refused}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(names(folder.path()), ["letter.txt"]);
}

#[tokio::test]
async fn the_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    raw(&path, "create table bookmarks (url text)").await;
    let before = std::fs::read(&path).unwrap();
    let refused = open(&path).await.unwrap_err().to_string();
    assert!(
        refused.ends_with("other.db is the database of another program; choose another file"),
        "{refused}"
    );
    assert!(std::fs::read(&path).unwrap() == before, "its bytes are what they were");
    assert_eq!(names(folder.path()), ["other.db"]);
    // A lock file that was there before is not Keydeck's to take away.
    std::fs::write(folder.path().join("other.db.lock"), "").unwrap();
    open(&path).await.unwrap_err();
    assert_eq!(names(folder.path()), ["other.db", "other.db.lock"]);
}

#[tokio::test]
async fn a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = open(folder.path()).await.unwrap_err().to_string();
    assert!(refused.contains("is a directory; choose a file in it, such as"), "{refused}");
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    open(&path).await.unwrap().close().await;
    raw(
        &path,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         values (9000, 'later', 1, x'00', 0)",
    )
    .await;
    let refused = open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer(9000)), "{refused:?}");
    assert!(refused.to_string().contains("update Keydeck"));
}

#[tokio::test]
async fn a_database_of_another_build_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    open(&path).await.unwrap().close().await;
    raw(&path, "update _sqlx_migrations set checksum = x'00'").await;
    let refused = open(&path).await.unwrap_err().to_string();
    assert!(refused.contains("another build of Keydeck"), "{refused}");
}

#[tokio::test]
async fn a_database_that_another_program_locks_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    open(&path).await.unwrap().close().await;
    let mut other = AnyConnection::connect(&sqlite_url(&path)).await.unwrap();
    sqlx::raw_sql("begin immediate").execute(&mut other).await.unwrap();
    let refused = open(&path).await.unwrap_err().to_string();
    assert!(refused.ends_with("is locked by another program; stop it and try again"), "{refused}");
    other.close().await.unwrap();
    open(&path).await.expect("it is free again");
}

#[tokio::test]
async fn a_read_only_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    open(&path).await.unwrap().close().await;
    // A file whose header asks for a later SQLite to write it: read-only to this one, even for root.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[18] = 3;
    std::fs::write(&path, bytes).unwrap();
    let refused = open(&path).await.unwrap_err().to_string();
    assert!(
        refused.ends_with("keydeck.db is read-only; make the file and its directory writable"),
        "{refused}"
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_its_login() {
    for url in [
        "",
        "keydeck.db",
        "mysql://u:hunter2@h/d",
        "sqlite:",
        "sqlite:///a?mode=ro",
        "postgres:",
        "sqlite:%ff",
    ] {
        let refused = SqlStore::open(url, Options::default()).await.unwrap_err().to_string();
        assert!(refused.contains("sqlite:///path/to/keydeck.db"), "{url}: {refused}");
    }
    let nobody = "postgres://ann:hunter2@127.0.0.1:1/keydeck?password=hunter2";
    let refused = SqlStore::open(nobody, Options::default()).await.unwrap_err();
    let shown = format!("{refused} {refused:?}");
    assert!(shown.contains("cannot reach the database 127.0.0.1:1/keydeck: connection refused"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

async fn open(path: &Path) -> Result<std::sync::Arc<SqlStore>, StoreError> {
    SqlStore::open(&sqlite_url(path), Options::default()).await
}

async fn raw(path: &Path, sql: &'static str) {
    sqlx::any::install_default_drivers();
    let url = format!("{}?mode=rwc", sqlite_url(path));
    let mut db = AnyConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
