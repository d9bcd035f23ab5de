//! One process owns a SQLite file.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::skipped;
use keydeck::store::StoreError;
use keydeck::store::owner::Owner;

#[test]
fn a_second_owner_is_refused_and_told_who_holds_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let owner = Owner::acquire(&path).unwrap();
    let refused = Owner::acquire(&path).unwrap_err();
    let StoreError::Held { path: named, pid } = &refused else { panic!("{refused:?}") };
    assert_eq!((named.as_str(), *pid), (owner.path().to_str().unwrap(), std::process::id()));
    assert_eq!(refused.to_string(), format!("{named} is in use by process {pid}"));
    drop(owner);
    Owner::acquire(&path).expect("the file is free again");
}

/// A child process has every descriptor of its parent until its program starts, and with it every lock.
#[cfg(unix)]
#[test]
fn a_file_is_free_at_once_though_child_processes_are_being_started() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let children = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                assert!(Command::new("true").status().unwrap().success());
            }
        });
        let refused = (0..3_000).find_map(|_| Owner::acquire(&path).err());
        ended.store(true, Ordering::Relaxed);
        children.join().unwrap();
        assert!(refused.is_none(), "{refused:?}");
    });
}

#[test]
fn a_lock_file_that_was_left_behind_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keydeck.db.lock"), "4194304\n").unwrap();
    let owner = Owner::acquire(&folder.path().join("keydeck.db")).unwrap();
    let pid = std::fs::read_to_string(folder.path().join("keydeck.db.lock")).unwrap();
    assert_eq!(pid.lines().next(), Some(std::process::id().to_string().as_str()));
    drop(owner);
}

#[cfg(target_os = "linux")]
#[test]
fn another_process_is_named_and_its_lock_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    // The lock is the one that flock(1) takes, held by a process that is killed.
    let lock = folder.path().join("keydeck.db.lock");
    let script = r#"exec 9<>"$0"; flock -n 9 && echo $$ >"$0" && echo held && exec sleep 600"#;
    let mut child = Command::new("bash")
        .args(["-c", script])
        .arg(&lock)
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash runs");
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    assert_eq!(line.trim(), "held");
    let refused = Owner::acquire(&path).unwrap_err();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(refused, StoreError::Held { pid, .. } if pid == child.id()), "{refused:?}");
    Owner::acquire(&path).expect("a killed process holds nothing");
}

#[cfg(unix)]
#[test]
fn each_way_to_write_a_path_finds_the_same_lock() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    std::fs::create_dir(&real).unwrap();
    symlink(&real, folder.path().join("linked")).unwrap();
    symlink(real.join("keydeck.db"), folder.path().join("other-name.db")).unwrap();
    let _owner = Owner::acquire(&real.join("keydeck.db")).unwrap();
    let relative = pathdiff(&folder.path().join("linked/keydeck.db"));
    for path in [
        folder.path().join("linked/keydeck.db"),
        folder.path().join("real/../real/./keydeck.db"),
        folder.path().join("other-name.db"),
        relative,
    ] {
        let refused = Owner::acquire(&path);
        assert!(matches!(refused, Err(StoreError::Held { .. })), "{}: {refused:?}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn what_is_made_is_this_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/keydeck.db");
    let _owner = Owner::acquire(&path).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    assert_eq!(mode(&folder.path().join("a/b")), 0o700);
    assert_eq!(mode(&folder.path().join("a/b/keydeck.db.lock")), 0o600);
    assert_eq!(mode(&path), 0o600, "the database is there to be locked");
}

#[test]
fn a_folder_or_a_file_on_the_way_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Owner::acquire(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("is a directory; choose a file in it, such as"), "{refused}");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = Owner::acquire(&folder.path().join("file/keydeck.db")).unwrap_err().to_string();
    assert!(refused.contains("choose another file") || refused.contains("check the path"), "{refused}");
    assert!(Owner::acquire(Path::new("/")).is_err());
}

#[test]
fn a_database_that_was_created_for_the_lock_alone_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    drop(Owner::acquire(&path).unwrap());
    assert!(!path.exists(), "nobody has written to it");
    std::fs::write(&path, "").unwrap();
    drop(Owner::acquire(&path).unwrap());
    assert!(path.exists(), "this one is somebody's");
    std::fs::remove_file(&path).unwrap();
    let missing = Owner::acquire_existing(&path).unwrap_err().to_string();
    assert!(missing.contains("does not exist"), "{missing}");
    assert!(!path.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn the_file_itself_is_locked_whatever_becomes_of_its_path_and_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let lock = folder.path().join("keydeck.db.lock");
    let _owner = Owner::acquire(&path).unwrap();
    let refused = |path: &Path| {
        let refused = Owner::acquire(path);
        let named = matches!(refused, Err(StoreError::Held { pid, .. }) if pid == std::process::id());
        assert!(named, "{}: {refused:?}", path.display());
    };
    std::fs::create_dir(folder.path().join("other")).unwrap();
    let hard = folder.path().join("other/hard.db");
    std::fs::hard_link(&path, &hard).unwrap();
    refused(&hard);
    assert!(!folder.path().join("other/hard.db.lock").exists(), "no lock is left beside the other name");
    std::fs::rename(&lock, folder.path().join("old.lock")).unwrap();
    refused(&path);
    std::fs::copy(folder.path().join("old.lock"), &lock).unwrap();
    refused(&path);
    std::fs::remove_file(&lock).unwrap();
    refused(&path);
}

#[cfg(target_os = "linux")]
#[test]
fn another_process_that_holds_the_file_itself_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    std::fs::write(&path, "").unwrap();
    let mut child = Command::new("flock")
        .args(["--no-fork", "-n"])
        .arg(&path)
        .args(["sh", "-c", "echo held; exec sleep 600"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("flock(1) runs");
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    let refused = Owner::acquire(&path);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(refused, Err(StoreError::Held { pid, .. }) if pid == child.id()), "{refused:?}");
    Owner::acquire(&path).expect("a killed process holds nothing");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_lock_or_a_log_is_refused_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let victim = folder.path().join("victim");
    for ending in [".lock", "-wal", "-shm", "-journal"] {
        std::fs::write(&victim, "precious").unwrap();
        let mut link = path.clone().into_os_string();
        link.push(ending);
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        let refused = Owner::acquire(&path).unwrap_err().to_string();
        assert!(refused.contains(&format!("keydeck.db{ending} is a symbolic link")), "{refused}");
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
        std::fs::remove_file(&link).unwrap();
    }
    Owner::acquire(&path).expect("without links it is free");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_replaced_moved_or_deleted_is_noticed_and_nothing_is_answered() {
    use keydeck::store::sql::{Options, SqlStore, sqlite_url};
    use keydeck::store::{Follow as _, Projects as _};
    use keydeck::wire::projects::ProjectQuery;
    type Trouble = fn(&Path);
    let troubles: [(&str, Trouble, &str); 7] = [
        (
            "overwritten",
            |path| std::fs::write(path, std::fs::read(path.with_file_name("backup")).unwrap()).unwrap(),
            "overwritten by another program",
        ),
        ("deleted", |path| std::fs::remove_file(path).unwrap(), "deleted or moved away"),
        ("renamed", |path| std::fs::rename(path, path.with_file_name("x")).unwrap(), "deleted or moved away"),
        (
            "replaced",
            |path| {
                std::fs::write(path.with_file_name("x"), "").unwrap();
                std::fs::rename(path.with_file_name("x"), path).unwrap();
            },
            "replaced by another file",
        ),
        ("its log deleted", |path| std::fs::remove_file(wal(path)).unwrap(), "deleted or moved away"),
        (
            "its log replaced",
            |path| {
                std::fs::rename(wal(path), path.with_file_name("x")).unwrap();
                std::fs::write(wal(path), "").unwrap();
            },
            "replaced by another file",
        ),
        (
            "its folder renamed",
            |path| {
                let folder = path.parent().unwrap();
                std::fs::rename(folder, folder.with_file_name("y")).unwrap();
            },
            "deleted or moved away",
        ),
    ];
    for (name, trouble, what) in troubles {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/keydeck.db");
        let mut store = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
        let backup = path.with_file_name("backup");
        if name == "overwritten" {
            // The backup is older than what is in the file, and the file is older than what is in its log.
            for project in ["in the backup", "in the file"] {
                store.create_project(&super::support::ann(super::support::NOON), project).await.unwrap();
                store.close().await;
                if project == "in the backup" {
                    std::fs::copy(&path, &backup).unwrap();
                }
                store = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
            }
        }
        store.create_project(&super::support::ann(super::support::NOON), "before").await.unwrap();
        store.standing().expect("all is well");
        // Times of files are coarse: another one than that of the last write.
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        while std::fs::write(folder.path().join("now"), "").is_ok()
            && std::fs::metadata(folder.path().join("now")).unwrap().modified().unwrap() <= written
        {
            std::thread::yield_now();
        }
        trouble(&path);
        let refused = store.create_project(&super::support::ann(super::support::NOON), "after").await;
        let Err(StoreError::Lost { what: said, written: false, .. }) = &refused else {
            panic!("{name}: {refused:?}")
        };
        assert_eq!(*said, what, "{name}");
        assert!(store.standing().is_err(), "{name}: it stays so");
        let there = path.exists();
        store.close().await;
        assert_eq!(path.exists(), there, "{name}: nothing is created in its place");
        if name == "overwritten" {
            let same = std::fs::read(&path).unwrap() == std::fs::read(&backup).unwrap();
            assert!(same, "what was put there is left alone");
            let files = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|file| file.unwrap().path());
            let saved: Vec<_> =
                files.filter(|file| file.to_string_lossy().contains("keydeck.db-wal.saved-")).collect();
            assert_eq!(saved.len(), 1, "the log is saved: {saved:?}");
            let log = std::fs::read(&saved[0]).unwrap();
            assert!(log.windows(6).any(|part| part == b"before"), "with what was answered");
            let mode = std::os::unix::fs::PermissionsExt::mode(&saved[0].metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        // Whatever was answered is in the file that was in use, wherever it is now.
        let file = match name {
            "renamed" => path.with_file_name("x"),
            "its folder renamed" => folder.path().join("y/keydeck.db"),
            "its log deleted" | "its log replaced" => path,
            _ => continue,
        };
        let again = SqlStore::open(&sqlite_url(&file), Options::default()).await.unwrap();
        let projects = again.projects(&ProjectQuery::default(), super::support::NOON).await.unwrap();
        assert_eq!(projects.items.len(), 1, "{name}");
        assert_eq!(projects.items[0].name, "before", "{name}");
        again.close().await;
    }
}

/// What is at the path before a commit decides: nothing is written into a file that is gone meanwhile.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_goes_while_a_write_is_under_way_is_noticed_before_the_commit() {
    use keydeck::store::Projects as _;
    use keydeck::store::sql::{Options, SqlStore, sqlite_url};
    use sqlx::{Connection as _, Executor as _};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keydeck.db");
    let store = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
    let mut other = sqlx::AnyConnection::connect(&sqlite_url(&path)).await.unwrap();
    store.create_project(&super::support::ann(super::support::NOON), "in time").await.unwrap();
    // The write has begun and waits for SQLite's lock, when the file is moved away.
    other.execute("begin immediate").await.unwrap();
    let ann = super::support::ann(super::support::NOON);
    let away = folder.path().join("away.db");
    let (written, ()) = tokio::join!(store.create_project(&ann, "too late"), async {
        std::fs::rename(&path, &away).unwrap();
        other.execute("rollback").await.unwrap();
    });
    let refused = written.unwrap_err();
    assert!(matches!(refused, StoreError::Lost { written: false, .. }), "{refused:?}");
    let names = "select count(*) from projects";
    let count: i64 = sqlx::query_scalar(names).fetch_one(&mut other).await.unwrap();
    assert_eq!(count, 1, "nothing more was committed");
    other.close().await.unwrap();
    store.close().await;
}

/// What another program may do to a database without changing what is in it.
#[cfg(unix)]
#[tokio::test]
async fn a_touch_or_an_outside_checkpoint_loses_nothing() {
    use keydeck::store::sql::{Options, SqlStore, sqlite_url};
    use keydeck::store::{Audit as _, Follow as _, Keys as _, Projects as _};
    use keydeck::wire::audit::Verifier;
    use keydeck::wire::keys::{KeyQuery, Status};
    use keydeck::wire::session::Plan;
    let ann = || super::support::ann(super::support::NOON);
    for name in ["touch", "checkpoint"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keydeck.db");
        let mut store = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
        let shop = store.create_project(&ann(), "shop").await.unwrap().value.id;
        for number in 0..3 {
            let record = super::support::record(&format!("key {number}"));
            let key = store.create_key(&ann(), shop, &record, Plan::Enterprise).await.unwrap().value.id;
            // Once between creation and revocation, and once after it.
            for revoked in [false, true] {
                if revoked {
                    store.revoke_key(&ann(), key, None).await.unwrap();
                }
                if name == "touch" {
                    let file = std::fs::File::options().write(true).open(&path).unwrap();
                    let later =
                        file.metadata().unwrap().modified().unwrap() + std::time::Duration::from_mins(1);
                    file.set_modified(later).unwrap();
                } else {
                    let done =
                        Command::new("sqlite3").arg(&path).arg("pragma wal_checkpoint(truncate)").output();
                    let Ok(done) = done else {
                        return skipped("a checkpoint by another program: sqlite3 is not installed");
                    };
                    assert!(done.status.success(), "{done:?}");
                }
                store.standing().unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
        store.close().await;
        store = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
        let all = KeyQuery { status: Some(keydeck::wire::keys::StatusQuery::All), ..KeyQuery::default() };
        let keys = store.keys(&all, super::support::NOON, 0).await.unwrap().items;
        assert_eq!(keys.len(), 3, "{name}");
        assert!(keys.iter().all(|key| key.status == Status::Revoked), "{name}: {keys:?}");
        let mut verifier = Verifier::default();
        for (body, hash) in store.audit_chain(0, 1000).await.unwrap() {
            verifier.take(&body, &hash).unwrap();
        }
        assert_eq!(verifier.head().seq, 7, "{name}: a project, and three keys created and revoked");
        assert_eq!(*verifier.head(), store.audit_head().await.unwrap(), "{name}");
        store.close().await;
    }
}

/// Whoever opens another database at the path of one that is in use would take up its log.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_sqlite_keeps_beside_a_database_is_locked_for_as_long_as_the_store_is_open() {
    use keydeck::store::sql::{Options, SqlStore, sqlite_url};
    for kept in ["-wal", "-shm"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keydeck.db");
        let store = SqlStore::open(&sqlite_url(&path), Options::default()).await.unwrap();
        for ending in ["", ".lock", "-wal", "-shm"].into_iter().filter(|ending| *ending != kept) {
            std::fs::remove_file(folder.path().join(format!("keydeck.db{ending}"))).unwrap();
        }
        let refused = |taken: Result<Owner, StoreError>| {
            let named = matches!(taken, Err(StoreError::HeldBeside { pid, .. }) if pid == std::process::id());
            assert!(named, "{kept}: {taken:?}");
        };
        refused(Owner::acquire(&path));
        refused(Owner::acquire_existing(&path));
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(left, [folder.path().join(format!("keydeck.db{kept}"))], "nothing was created");
        std::fs::write(&path, "").unwrap();
        refused(Owner::acquire(&path));
        store.close().await;
        Owner::acquire(&path).expect("it went with the store");
    }
}

#[cfg(unix)]
fn wal(path: &Path) -> std::path::PathBuf {
    path.with_file_name("keydeck.db-wal")
}

/// The path as seen from the working directory.
#[cfg(unix)]
fn pathdiff(path: &Path) -> std::path::PathBuf {
    let up = std::env::current_dir().unwrap().components().count() - 1;
    let mut relative: std::path::PathBuf = std::iter::repeat_n("..", up).collect();
    relative.push(path.strip_prefix("/").unwrap());
    relative
}
