//! One process has the database, by whatever path another one finds it, and for as long as the file is there.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::keys::json;
use crate::support::home::{Home, get, over_socket};
use crate::support::process::{Running, assert_failed, errors, signal};
use crate::support::skipped;

/// How long a revocation takes at most, or its refusal, the start of the command included.
const WITHIN: Duration = Duration::from_secs(1);
pub(super) const SERVE: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];

/// A server with a project and a key.
pub(super) struct Served {
    pub(super) home: Home,
    pub(super) owner: Running,
    pub(super) edge: String,
    pub(super) key: String,
}

/// Starts a server; gives the address of its Edge API, too.
pub(super) fn serve(home: &Home) -> (Running, String) {
    let owner = home.start(&SERVE);
    let line = owner.until_said("Edge API on http://");
    owner.until_said("keydeck: ready");
    (owner, line.rsplit_once("http://").expect("an address").1.to_owned())
}

impl Served {
    pub(super) fn new() -> Served {
        let home = Home::new();
        let (owner, edge) = serve(&home);
        home.ok(&["projects", "create", "shop"]);
        let key = home.ok(&["keys", "create", "leaked", "--project", "shop"]).trim().to_owned();
        Served { home, owner, edge, key }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.home.data().join("keydeck.db")
    }

    /// The status of a lookup with the key.
    fn lookup(&self) -> u16 {
        self.lookup_with(&self.key)
    }

    fn lookup_with(&self, key: &str) -> u16 {
        get(&self.edge, "/v1/lookup?path=/", &[("X-API-Key", key)]).status
    }

    /// A server and commands on another path of the file are kept out or become clients; a revocation through
    /// that path is true when it is answered.
    fn assert_one_owner(&self, path: &Path) {
        let url = format!("sqlite://{}", path.display());
        let mut second = vec!["--database", &url];
        second.extend(SERVE);
        assert_failed(&self.home.run(&second), 5, &format!("process {}", self.owner.id()));
        assert_eq!(self.lookup(), 400, "the key is good, no project was named");
        let begun = Instant::now();
        let revoked = self.home.run(&["--database", &url, "keys", "revoke", "shop/leaked", "--yes"]);
        let took = begun.elapsed();
        assert!(revoked.status.success(), "{}", errors(&revoked));
        assert!(took < WITHIN, "{took:?}");
        assert_eq!(self.lookup(), 401, "revoked for the server, too");
        self.home.ok(&["--database", &url, "audit", "verify"]);
    }
}

#[test]
fn a_hard_link_leads_to_the_same_owner() {
    let served = Served::new();
    let folder = served.home.path().join("elsewhere");
    std::fs::create_dir(&folder).expect("a folder");
    let link = folder.join("hard.db");
    std::fs::hard_link(served.database(), &link).expect("a hard link");
    served.assert_one_owner(&link);
    let left: Vec<_> = std::fs::read_dir(&folder).expect("the folder").collect();
    assert_eq!(left.len(), 1, "nothing was created beside the link: {left:?}");
}

#[test]
fn a_deleted_a_moved_and_a_copied_lock_change_nothing() {
    let served = Served::new();
    let lock = served.home.data().join("keydeck.db.lock");
    let old = served.home.path().join("old.lock");
    std::fs::rename(&lock, &old).expect("moved");
    assert_failed(&served.home.run(&SERVE), 5, &format!("process {}", served.owner.id()));
    std::fs::copy(&old, &lock).expect("copied");
    assert_failed(&served.home.run(&SERVE), 5, &format!("process {}", served.owner.id()));
    std::fs::remove_file(&lock).expect("deleted");
    // The socket is gone as well: the owner is found by the file.
    std::fs::remove_file(served.home.data().join("keydeck.sock")).expect("deleted");
    served.assert_one_owner(&served.database());
}

#[test]
fn a_bind_mount_leads_to_the_same_owner() {
    let served = Served::new();
    let folder = served.home.path().join("container");
    std::fs::create_dir(&folder).expect("a folder");
    let path = folder.join("keydeck.db");
    std::fs::write(&path, "").expect("a place to mount on");
    let mounted = Command::new("mount").arg("--bind").arg(served.database()).arg(&path).output();
    if !mounted.as_ref().is_ok_and(|mounted| mounted.status.success()) {
        skipped(&format!("a bind mount needs root ({mounted:?})"));
        return;
    }
    let unmount = Unmount(path.clone());
    served.assert_one_owner(&path);
    drop(unmount);
}

/// Takes a mount away, however the test ends.
struct Unmount(PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_server_whose_file_is_replaced_or_deleted_says_so_and_ends() {
    type Trouble = fn(&Path);
    let troubles: [(&str, Trouble); 3] = [
        ("deleted", |path| std::fs::remove_file(path).expect("deleted")),
        ("replaced", |path| {
            let other = path.with_file_name("other.db");
            std::fs::write(&other, "another file").expect("written");
            std::fs::rename(other, path).expect("replaced");
        }),
        ("moved", |path| {
            let folder = path.parent().expect("a folder");
            std::fs::rename(folder, folder.with_file_name("moved")).expect("renamed");
        }),
    ];
    for (name, trouble) in troubles {
        let mut served = Served::new();
        let socket = std::fs::canonicalize(served.home.data()).expect("a folder").join("keydeck.sock");
        let moved = socket.parent().expect("a folder").with_file_name("moved").join("keydeck.sock");
        assert_eq!(served.lookup(), 400, "{name}");
        trouble(&served.database());
        let socket = if name == "moved" { moved } else { socket };
        for (method, path, body) in [("POST", "/v1/projects", r#"{"name":"x"}"#), ("GET", "/v1/keys", "")] {
            let answer = over_socket(&socket, method, path, body).expect("an answer");
            assert_eq!(answer.status, 503, "{name}: {method} {}", answer.body);
            assert!(answer.body.contains("The database file was"), "{name}: {}", answer.body);
            assert!(answer.body.contains("restore the file"), "{name}: {}", answer.body);
        }
        // A write has noticed it, so the Edge API knows at once.
        let lookup = get(&served.edge, "/v1/lookup?path=/", &[("X-API-Key", &served.key)]);
        assert_eq!(lookup.status, 503, "{name}: {}", lookup.body);
        assert!(lookup.body.contains("UNAVAILABLE"), "{name}: {}", lookup.body);
        let status = served.owner.wait();
        assert_eq!(status.code(), Some(1), "{name}");
        let said = served.owner.said();
        let lines = said.lines().filter(|line| line.contains("in use; stopped serving")).count();
        assert_eq!(lines, 1, "{name}: once in the log:\n{said}");
        let last = said.lines().last().expect("a line");
        assert!(last.starts_with("keydeck: ") && last.contains("while in use"), "{name}: {last}");
        match name {
            "deleted" => assert!(!served.database().exists(), "nothing in its place"),
            "replaced" => {
                let there = std::fs::read_to_string(served.database()).expect("the other file");
                assert_eq!(there, "another file");
                let log = std::fs::metadata(served.home.data().join("keydeck.db-wal"));
                assert_eq!(log.map_or(0, |log| log.len()), 0, "no log that would spoil the other file");
            }
            _ => assert!(!served.home.data().exists(), "nothing in its place"),
        }
    }
}

#[test]
fn without_any_request_the_edge_notices_that_the_file_is_gone() {
    let mut served = Served::new();
    let away = served.home.path().join("away.db");
    std::fs::rename(served.database(), &away).expect("moved");
    served.owner.until_said("in use; stopped serving");
    assert_eq!(served.lookup(), 503);
    assert_eq!(served.owner.wait().code(), Some(1));
    // What was answered is all in the file that was moved away.
    std::fs::rename(&away, served.database()).expect("moved back");
    assert!(served.home.ok(&["keys", "list"]).contains("leaked"));
    served.home.ok(&["audit", "verify"]);
}

#[test]
fn a_stopped_owner_is_named_with_its_state_at_once() {
    let served = Served::new();
    let pid = served.owner.id().to_string();
    signal(&pid, "STOP");
    let at_once = |args: &[&str], code: i32| -> Output {
        let begun = Instant::now();
        let out = served.home.run(args);
        assert!(begun.elapsed() < WITHIN, "{args:?}: {:?}", begun.elapsed());
        assert_failed(&out, code, &format!("process {pid}, which is suspended"));
        assert!(errors(&out).contains(&format!("kill -CONT {pid}")), "{}", errors(&out));
        out
    };
    at_once(&["keys", "list"], 6);
    at_once(&["keys", "revoke", "shop/leaked", "--yes"], 6);
    at_once(&SERVE, 5);
    std::fs::remove_file(served.home.data().join("keydeck.sock")).expect("deleted");
    at_once(&["keys", "list"], 6);
    let doctor = served.home.run(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert_eq!(doctor.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("process {pid}, which is suspended")), "{said}");
    assert!(said.contains(&format!("-> resume it with `kill -CONT {pid}`")), "{said}");
    assert!(!said.contains("database server"), "{said}");
    signal(&pid, "CONT");
    let told = served.owner.until_said("process resumed");
    assert!(told.contains("since=20") && told.contains("seconds="), "{told}");
    assert_eq!(served.lookup(), 400, "nothing was revoked behind its back");
    served.home.ok(&["keys", "revoke", "shop/leaked", "--yes"]);
    assert_eq!(served.lookup(), 401);
}

#[test]
fn a_holder_that_never_answers_is_named() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let script = "
import fcntl, socket, sys, time
file = open(sys.argv[1], 'r+'); fcntl.flock(file, fcntl.LOCK_EX)
listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[2]); listener.listen(8)
print('held', flush=True)
time.sleep(600)
";
    let socket = home.data().join("keydeck.sock");
    let python = Command::new("python3")
        .args(["-c", script])
        .arg(home.data().join("keydeck.db"))
        .arg(&socket)
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut holder) = python else { return skipped("a holder that never answers needs python3") };
    let mut line = String::new();
    let out = holder.stdout.take().expect("its output");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).expect("a line");
    let begun = Instant::now();
    let asked = home.run(&["keys", "list"]);
    let took = begun.elapsed();
    let pid = holder.id();
    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
    assert_failed(&asked, 6, &format!("process {pid}"));
    assert!(errors(&asked).contains("does not respond"), "{}", errors(&asked));
    // It is given a second to answer.
    assert!(took < WITHIN + Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_socket_of_another_user_is_sent_nothing() {
    if std::fs::metadata("/proc/self").map_or(1, |found| found.uid()) != 0 {
        return skipped("a socket of another user needs root");
    }
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let folder = home.path().join("shared");
    std::fs::create_dir(&folder).expect("a folder");
    for open in [home.path(), &folder] {
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o777)).expect("open to all");
    }
    let script = "
import os, socket, sys
os.setuid(65534)
listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen(8)
print('listening', flush=True)
connection, _ = listener.accept()
print('got', connection.recv(100), flush=True)
";
    let socket = folder.join("s");
    let python = Command::new("python3").args(["-c", script]).arg(&socket).stdout(Stdio::piped()).spawn();
    let Ok(mut stranger) = python else { return skipped("a socket of another user needs python3") };
    let mut out = std::io::BufReader::new(stranger.stdout.take().expect("its output"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut out, &mut line).expect("a line");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let met = runtime.block_on(keydeck::client::local::knock(&socket, None));
    assert_eq!(met, keydeck::client::local::Met::Stranger(65534));
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).expect("its end");
    assert_eq!(rest.trim(), "got b''", "not a byte");
    stranger.wait().expect("it ends");
}

/// Who created the only project of this home, as the audit log has it.
fn creator(home: &Home, change: impl Fn(&mut Command)) -> std::io::Result<String> {
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        for name in ["USER", "LOGNAME", "USERNAME"] {
            command.env(name, "mallory");
        }
        change(&mut command);
        let out = command.output()?;
        assert!(out.status.success(), "{}", errors(&out));
        Ok::<_, std::io::Error>(json(&String::from_utf8(out.stdout).expect("UTF-8")))
    };
    run(&["projects", "create", "shop", "--output", "json"])?;
    let events = run(&["audit", "events", "--output", "json"])?;
    Ok(events["items"][0]["actor"].as_str().expect("an actor").to_owned())
}

#[test]
fn the_audit_log_names_the_user_of_the_process_and_not_of_the_environment() {
    let known = Command::new("id").arg("-un").output().expect("id runs");
    let known = String::from_utf8(known.stdout).expect("a name");
    assert_eq!(creator(&Home::new(), |_| {}).expect("it runs"), format!("local:{}", known.trim()));

    if std::fs::metadata("/proc/self").map_or(1, |found| found.uid()) != 0 {
        return skipped("a user without a name needs root");
    }
    let nobody = 54_321;
    let home = Home::new();
    for folder in ["", "data", "config", "state", "cache", "tmp"] {
        std::os::unix::fs::chown(home.path().join(folder), Some(nobody), None).expect("it is root's");
    }
    let named = creator(&home, |command| {
        std::os::unix::process::CommandExt::uid(command, nobody);
    });
    match named {
        Ok(named) => assert_eq!(named, format!("local:uid-{nobody}")),
        Err(error) => skipped(&format!("a user without a name cannot run the program: {error}")),
    }
}

#[test]
fn links_in_the_place_of_our_files_are_not_followed() {
    let home = Home::new();
    // Too long for a socket, so that a file says where the socket is.
    let data = home.path().join("a-rather-long-name-for-a-directory".repeat(4));
    std::fs::create_dir(&data).expect("a folder");
    let victim = home.path().join("victim");
    std::fs::write(&victim, "precious").expect("written");
    for name in ["keydeck.socket-path", "keydeck.sock", "keydeck.db.reserve"] {
        std::os::unix::fs::symlink(&victim, data.join(name)).expect("a link");
    }
    let mut command = home.command(&SERVE);
    command.env("KEYDECK_DATA", &data);
    let mut owner = Running::start(command);
    owner.until_said("keydeck: ready");
    let mut command = home.command(&["projects", "create", "shop"]);
    command.env("KEYDECK_DATA", &data);
    assert!(command.output().expect("it runs").status.success());
    owner.terminate();
    assert_eq!(std::fs::read_to_string(&victim).expect("still there"), "precious");
    // A link to a file that names another user's victim is not believed either.
    std::fs::write(home.path().join("pointer"), victim.as_os_str().as_encoded_bytes()).expect("written");
    std::os::unix::fs::symlink(home.path().join("pointer"), data.join("keydeck.socket-path"))
        .expect("a link");
    let mut command = home.command(&["projects", "list"]);
    command.env("KEYDECK_DATA", &data);
    assert!(command.output().expect("it runs").status.success());
    assert_eq!(std::fs::read_to_string(&victim).expect("still there"), "precious");
}

#[test]
fn a_client_that_takes_over_creates_nothing_in_the_place_of_a_deleted_file() {
    use keydeck::cli::here::{EdgeMode, LaunchOptions};
    use keydeck::cli::link::Link;
    let mut served = Served::new();
    let settings = super::processes::settings(&served.home);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let link = Link::open(&settings, LaunchOptions::of(&settings, EdgeMode::None), false)
            .await
            .expect("a client");
        link.client.projects_all(None).await.expect("the owner answers");
        served.owner.kill();
        std::fs::remove_file(served.database()).expect("deleted");
        let refused = link.client.projects_all(None).await.expect_err("no database");
        assert!(refused.to_string().contains("does not exist"), "{refused}");
        link.ender().end().await;
    });
    assert!(!served.database().exists());
}

#[test]
fn two_paths_of_one_file_in_one_process_keep_the_locks_of_sqlite() {
    let served = Served::new();
    // The server itself never opens its file twice: SQLite's lock on it can be seen from outside.
    let inode = std::fs::metadata(served.database()).expect("the file").ino();
    let locks = || {
        let locks = std::fs::read_to_string("/proc/locks").expect("the locks");
        let of_file = format!(":{inode} ");
        let posix = locks.lines().filter(|line| line.contains("POSIX") && line.contains(&of_file)).count();
        let flock = locks.lines().filter(|line| line.contains("FLOCK") && line.contains(&of_file)).count();
        (posix, flock)
    };
    let before = locks();
    assert!(before.0 >= 1 && before.1 == 1, "SQLite's and ours: {before:?}");
    served.home.ok(&["keys", "list"]);
    served.home.run(&SERVE);
    assert_eq!(locks(), before);
}
