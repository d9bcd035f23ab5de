//! Databases of an older Keydeck, whose names were unique in lower case: they open, keep everything and are found by
//! the folding of today; names that are one name now are told, and a new name for one of them resolves it.

use std::path::Path;

use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use keydeck::store::{SharedStore, StoreError};
use keydeck::wire::audit::{EventQuery, Verifier};
use keydeck::wire::id::{KeyId, ProjectId};
use keydeck::wire::keys::{Key, KeyQuery, StatusQuery};
use keydeck::wire::projects::ProjectQuery;
use keydeck::wire::session::Plan;
use keydeck::wire::text::{fold, fold_search};
use keydeck::wire::time::Timestamp;
use sqlx::{AnyConnection, Connection as _, Row as _};
use tracing::Level;
use unicode_normalization::UnicodeNormalization as _;

use super::support::{NOON, ann, at, key, project, record};
use crate::support::log::Log;

/// Written by the last Keydeck that folded otherwise, in SQL: keys, renames, revocations, uses, tokens, projects.
const OLDER: &str = include_str!("older.sql");
/// What the tables were before.
const TABLES: &str = "drop table folding; alter table projects drop column search; \
                      delete from _sqlx_migrations where version = 4";

#[tokio::test]
async fn a_database_of_an_older_keydeck_keeps_everything_and_is_found_by_the_new_folding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let told = sqlite_from(&path, OLDER).await;
    let log = Log::default();
    let (_other, dispatch) = (log.dispatch(Level::WARN), log.dispatch(Level::WARN));
    let _here = tracing::dispatcher::set_default(&dispatch);
    for round in 0..2 {
        let store = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
        let shared: SharedStore = store.clone();
        let keys = all(&shared).await;
        let kept: Vec<_> = keys
            .iter()
            .map(|key| {
                let revoked = key.revoked_at.map_or(0, Timestamp::millis);
                let used = key.last_used_at.map_or(0, Timestamp::millis);
                (key.id.to_string(), key.name.clone(), revoked, used)
            })
            .collect();
        assert_eq!(kept, told, "no key is lost and none is another");
        verify(&shared).await;
        for (filter, names) in [
            ("name:strasse", &["Straße", "STRASSE"][..]),
            ("name:ISTANBUL", &["İstanbul", "istanbul-é3"]),
            ("project:zurich", &["ẞ-33-é31"]),
        ] {
            let found = names_of(&shared, filter).await;
            assert!(names.iter().all(|name| found.iter().any(|found| found == name)), "{filter}: {found:?}");
        }
        let cafes = names_of(&shared, "cafe").await;
        assert!(cafes.len() >= 3 && cafes.iter().all(|name| fold_search(name).contains("cafe")), "{cafes:?}");
        let query = EventQuery { filter: "grusse".into(), ..EventQuery::default() };
        assert!(shared.audit_events(&query, NOON).await.unwrap().total > 3, "reasons of the log too");
        store.close().await;
        let said = log.text();
        let count = said.matches("\"Straße\"").count();
        assert_eq!(count, round + 1, "named at each start: {said}");
        assert!(said.contains("\"STRASSE\"") && said.contains("keydeck keys rename"), "{said}");
        assert!(said.contains("\"Größe\"") && said.contains("keydeck projects rename"), "{said}");
        assert!(said.contains("\"CI-SS\""), "{said}");
        assert!(!said.contains("Café"), "accents are a difference between names: {said}");
    }
}

#[tokio::test]
async fn names_that_became_one_are_both_usable_and_a_rename_resolves_it_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    resolve(&sqlite_url(&folder.path().join("keydeck.db"))).await;
}

#[tokio::test]
async fn names_that_became_one_are_both_usable_and_a_rename_resolves_it_on_postgresql() {
    let Some(database) = crate::support::postgres::database("names that became one").await else { return };
    resolve(&database.url).await;
    database.remove().await;
}

async fn resolve(url: &str) {
    let names = ["Straße", "STRASSE", "strasse-2", "Ünder", "οσ", "ΟΣ", "plain"];
    let (shop, ids) = older(url, &names).await;
    let log = Log::default();
    let (_other, dispatch) = (log.dispatch(Level::WARN), log.dispatch(Level::WARN));
    let _here = tracing::dispatcher::set_default(&dispatch);
    let store = SqlStore::open(url, Options::default()).await.unwrap();
    let shared: SharedStore = store.clone();
    verify(&shared).await;
    let listed = names_of(&shared, "").await;
    assert_eq!(listed, ["plain", "STRASSE", "Straße", "strasse-2", "Ünder", "οσ", "ΟΣ"]);
    let said = log.text();
    assert_eq!(said.matches("have names that differ only in case").count(), 2, "{said}");
    // The name is taken as long as one of them has it, and each of them can be changed and revoked.
    let strasse = record("sTRASSE");
    let refused = shared.create_key(&ann(NOON), shop, &strasse, Plan::Enterprise).await;
    assert!(matches!(refused, Err(StoreError::NameTaken { .. })), "{refused:?}");
    let refused = shared.rename_key(&ann(NOON), ids[6], "STRAßE").await;
    assert!(matches!(refused, Err(StoreError::NameTaken { .. })), "{refused:?}");
    shared.rename_key(&ann(NOON), ids[1], "Road").await.unwrap();
    let refused = shared.create_key(&ann(NOON), shop, &strasse, Plan::Enterprise).await;
    assert!(matches!(refused, Err(StoreError::NameTaken { .. })), "the other one still has it: {refused:?}");
    shared.revoke_key(&ann(NOON), ids[5], None).await.unwrap();
    store.close().await;

    let before = log.text();
    let store = SqlStore::open(url, Options::default()).await.unwrap();
    let shared: SharedStore = store.clone();
    assert_eq!(log.text(), before, "there is nothing left to tell");
    assert_eq!(forms(url, "api_keys").await.iter().filter(|(_, folded, _)| folded.contains('\n')).count(), 1);
    shared.rename_key(&ann(NOON), ids[0], "Way").await.unwrap();
    shared.create_key(&ann(NOON), shop, &strasse, Plan::Enterprise).await.unwrap();
    verify(&shared).await;
    store.close().await;
}

/// A store as an older Keydeck left it, with these keys in one project.
async fn older(url: &str, names: &[&str]) -> (ProjectId, Vec<KeyId>) {
    let store = SqlStore::open(url, Options::default()).await.unwrap();
    let shared: SharedStore = store.clone();
    let shop = project(&shared, "Größe Zwei").await;
    let mut ids = Vec::new();
    for number in 0..names.len() {
        ids.push(key(&shared, shop, &format!("key {number}"), at(number as i64)).await.id);
    }
    store.close().await;
    let mut db = AnyConnection::connect(url).await.unwrap();
    let lower = |text: &str| text.to_lowercase().nfc().collect::<String>();
    for (id, name) in ids.iter().zip(names) {
        let sql = "update api_keys set name = $1, folded = $2, search = $2 || substr(search, length(folded) + 1) \
                   where id = $3";
        sqlx::query(sql).bind(*name).bind(lower(name)).bind(id.to_string()).execute(&mut db).await.unwrap();
    }
    sqlx::query("update projects set folded = $1").bind(lower("Größe Zwei")).execute(&mut db).await.unwrap();
    sqlx::raw_sql(TABLES).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    (shop, ids)
}

/// A killed process leaves a part of it done; the next one goes on there.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_folding_was_killed_again_and_again_is_whole_in_the_end() {
    use crate::support::home::Home;

    const KEYS: i64 = 6_000;
    let home = Home::new();
    std::fs::create_dir_all(home.data()).unwrap();
    let path = home.data().join("keydeck.db");
    let url = sqlite_url(&path);
    let (_, ids) = older(&url, &["Grüße"]).await;
    let mut db = AnyConnection::connect(&url).await.unwrap();
    let names = "project_id, name, folded, mode, handle, last4, algorithm, salt, digest, status, created_at, created_by, \
                 last_used_at, last_used_from, idle_since, revoked_at, revoked_by, revoke_reason, changed_seq, \
                 rotated_from, refused_since_revoked, last_refused_at, search";
    let columns = "project_id, $1 || n.i, $2 || n.i, mode, handle, last4, algorithm, salt, digest, status, \
                   created_at, created_by, last_used_at, last_used_from, idle_since, revoked_at, revoked_by, \
                   revoke_reason, changed_seq, rotated_from, refused_since_revoked, last_refused_at, \
                   $2 || n.i || substr(search, length(folded) + 1)";
    let more = format!(
        "with recursive n (i) as (select 100000 union all select i + 1 from n where i < 100000 + $3) \
         insert into api_keys (id, {names}) select 'key_00000000000000000000' || n.i, {columns} from n join api_keys on id = $4"
    );
    sqlx::query(sqlx::AssertSqlSafe(more))
        .bind("Straße É ")
        .bind("straße é ")
        .bind(KEYS - 2)
        .bind(ids[0].to_string())
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let mut unfinished = 0;
    for offset in [50_000, 200_000, 400_000, 800_000, 1_600_000, 2_400_000] {
        let mut process = home
            .command(&["keys", "list", "--limit", "1"])
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while process.try_wait().unwrap().is_none() && written(process.id()) < offset {
            std::hint::spin_loop();
        }
        let _ = process.kill();
        process.wait().unwrap();
        let forms = forms(&url, "api_keys").await;
        assert_eq!(forms.len() as i64, KEYS);
        unfinished += usize::from(forms.iter().any(|(_, folded, _)| folded.starts_with("straße")));
    }
    assert!(unfinished > 1, "the process was killed while it was at it: {unfinished}");
    home.ok(&["audit", "verify"]);
    for (name, folded, search) in forms(&url, "api_keys").await {
        assert_eq!(folded, fold(&name));
        let lines: Vec<&str> = search.split('\n').collect();
        assert!(
            lines.len() == 4 && lines[0] == fold_search(&name) && lines[3].starts_with("key_"),
            "{search}"
        );
    }
}

#[cfg(target_os = "linux")]
fn written(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse().ok()).unwrap_or(u64::MAX)
}

/// Name, folded and search of each row.
async fn forms(url: &str, table: &str) -> Vec<(String, String, String)> {
    let mut db = AnyConnection::connect(url).await.unwrap();
    let sql = format!("select name, folded, search from {table} order by id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut db).await.unwrap();
    db.close().await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// A SQLite file with what this says; gives its keys: id, name, when revoked, when used.
pub(crate) async fn sqlite_from(path: &Path, sql: &'static str) -> Vec<(String, String, i64, i64)> {
    sqlx::any::install_default_drivers();
    let mut db = AnyConnection::connect(&format!("{}?mode=rwc", sqlite_url(path))).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
    let rows = sqlx::query("select id, name, revoked_at, last_used_at from api_keys order by id");
    let rows = rows.fetch_all(&mut db).await.unwrap();
    db.close().await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

async fn all(store: &SharedStore) -> Vec<Key> {
    let query = KeyQuery { status: Some(StatusQuery::All), limit: Some(1000), ..KeyQuery::default() };
    let mut keys = store.keys(&query, NOON, u64::MAX).await.unwrap().items;
    keys.sort_by_key(|key| key.id.to_string());
    keys
}

/// The names of active keys that a filter lets through, by name; each page alone, as the cursor must bear it.
async fn names_of(store: &SharedStore, filter: &str) -> Vec<String> {
    let mut query = KeyQuery {
        filter: filter.into(),
        status: (!filter.is_empty()).then_some(StatusQuery::All),
        sort: Some("name".parse().unwrap()),
        limit: Some(1),
        ..KeyQuery::default()
    };
    let mut names = Vec::new();
    loop {
        let page = store.keys(&query, NOON, u64::MAX).await.unwrap();
        names.extend(page.items.into_iter().map(|key| key.name));
        query.cursor = page.next;
        if query.cursor.is_none() {
            return names;
        }
    }
}

async fn verify(store: &SharedStore) {
    let mut verifier = Verifier::default();
    for (body, hash) in store.audit_chain(0, 10_000).await.unwrap() {
        verifier.take(&body, &hash).unwrap();
    }
    assert_eq!(*verifier.head(), store.audit_head().await.unwrap());
    // The pages of projects hold each once.
    let mut query = ProjectQuery { limit: Some(1), ..ProjectQuery::default() };
    let mut found = Vec::new();
    loop {
        let page = store.projects(&query, NOON).await.unwrap();
        found.extend(page.items.iter().map(|project| project.id.to_string()));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    let count = found.len();
    found.sort();
    found.dedup();
    assert_eq!(found.len(), count);
}
