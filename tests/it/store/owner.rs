//! One process owns a SQLite file.

use std::path::Path;
use std::process::{Command, Stdio};

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
    assert_eq!(
        refused.to_string(),
        format!("{named} is held by process {pid}; stop it, or talk to it as a client")
    );
    drop(owner);
    Owner::acquire(&path).expect("the file is free again");
}

#[test]
fn a_lock_file_that_was_left_behind_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keydeck.db.lock"), "4194304\n").unwrap();
    let owner = Owner::acquire(&folder.path().join("keydeck.db")).unwrap();
    let pid = std::fs::read_to_string(folder.path().join("keydeck.db.lock")).unwrap();
    assert_eq!(pid.trim(), std::process::id().to_string());
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
    assert!(matches!(refused, StoreError::Held { pid, .. } if pid == child.id()), "{refused:?}");
    child.kill().unwrap();
    child.wait().unwrap();
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
    assert!(!path.exists(), "the database itself is made by who opens it");
}

#[test]
fn a_folder_or_a_file_on_the_way_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Owner::acquire(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("is a folder; name a file in it, such as"), "{refused}");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = Owner::acquire(&folder.path().join("file/keydeck.db")).unwrap_err().to_string();
    assert!(refused.contains("name another file") || refused.contains("check the path"), "{refused}");
    assert!(Owner::acquire(Path::new("/")).is_err());
}

/// The path as seen from the working directory.
#[cfg(unix)]
fn pathdiff(path: &Path) -> std::path::PathBuf {
    let up = std::env::current_dir().unwrap().components().count() - 1;
    let mut relative: std::path::PathBuf = std::iter::repeat_n("..", up).collect();
    relative.push(path.strip_prefix("/").unwrap());
    relative
}
