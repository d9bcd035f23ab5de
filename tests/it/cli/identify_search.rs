//! `keydeck identify` and where it looks: folders, pipes, devices.
#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use keydeck::secret::{Kind, Secret};

use super::keys::json;
use crate::support::home::{Home, KEYDECK};
use crate::support::process::{Running, errors, signal};
use crate::support::pty::Pty;

fn key() -> Secret {
    Secret::generate(Kind::Live).expect("random bytes")
}

fn pipe(home: &Home, name: &str) -> std::path::PathBuf {
    let path = home.path().join(name);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
    path
}

#[test]
fn a_folder_is_searched_whole_and_ignored_files_may_be_left_out() {
    let home = Home::new();
    let root = home.path().join("shop");
    for (file, text) in [
        (".gitignore", ".env\ntarget\n".to_owned()),
        (".env", format!("KEY={}\n", key().reveal())),
        ("src/main.rs", format!("\n// {}\n", key().reveal())),
        ("src/.hidden/x", key().reveal().to_owned()),
        ("target/deep/er/out", key().reveal().to_owned()),
        (".git/config", key().reveal().to_owned()),
        ("empty", String::new()),
    ] {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let found = |args: &[&str]| -> Vec<String> {
        let page = json(&home.ok(&[&["identify", "--offline", "--output", "json"], args].concat()));
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| format!("{}:{}", item["file"].as_str().unwrap(), item["line"])).collect()
    };
    let all = [
        "shop/.env:1",
        "shop/.git/config:1",
        "shop/src/.hidden/x:1",
        "shop/src/main.rs:2",
        "shop/target/deep/er/out:1",
    ];
    assert_eq!(found(&["shop"]), all);
    assert_eq!(found(&["--respect-ignore", "shop"]), [all[2], all[3]]);
    assert_eq!(found(&["--respect-ignore", "shop/.env"]), [all[0]], "what is named is searched");
    std::fs::create_dir(home.path().join("nothing")).unwrap();
    assert_eq!(home.run(&["identify", "--offline", "nothing"]).status.code(), Some(4));
}

#[test]
fn what_is_skipped_in_a_folder_is_named_and_counted() {
    let home = Home::new();
    let root = home.path().join("f");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("plain"), "nothing").unwrap();
    symlink("plain", root.join("inside")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    let clean = home.run(&["identify", "--offline", "f"]);
    assert_eq!(clean.status.code(), Some(4), "all of it was searched: {}", errors(&clean));
    pipe(&home, "f/pipe");
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    std::fs::write(home.path().join("outside"), key().reveal()).unwrap();
    symlink("../outside", root.join("out")).unwrap();
    let out = home.run(&["identify", "--offline", "f"]);
    let said = errors(&out);
    assert_eq!(out.status.code(), Some(1), "{said}");
    for words in [
        "f/pipe: skipped: a pipe",
        "f/socket: skipped: a socket",
        "f/out: skipped: a symbolic link",
        "skipped 3 files",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    std::fs::write(root.join("leak"), key().reveal()).unwrap();
    let out = home.run(&["identify", "--offline", "f"]);
    assert_eq!(out.status.code(), Some(0), "found: {}", errors(&out));
    assert!(errors(&out).contains("skipped 3 files"), "{}", errors(&out));
}

#[test]
fn links_in_a_circle_end_and_hide_nothing() {
    let home = Home::new();
    let root = home.path().join("f");
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::write(root.join("a/b/leak"), key().reveal()).unwrap();
    symlink("../..", root.join("a/b/up")).unwrap();
    symlink("there", root.join("here")).unwrap();
    symlink("here", root.join("there")).unwrap();
    symlink("itself", root.join("itself")).unwrap();
    let out = home.run(&["identify", "--offline", "f", "--output", "json"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let found = json(&String::from_utf8(out.stdout).unwrap());
    assert_eq!((&found["total"], &found["items"][0]["file"]), (&1.into(), &"f/a/b/leak".into()), "once");
    assert_eq!(found["notSearched"], serde_json::json!([]));
    // Whoever names one expects something there.
    let out = home.run(&["identify", "--offline", "f/here"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(errors(&out).contains("f/here: skipped: "), "{}", errors(&out));
    // One above the folder leads out of it.
    let out = home.run(&["identify", "--offline", "f/a/b"]);
    assert!(
        errors(&out).contains("f/a/b/up: skipped: a symbolic link out of the folder"),
        "{}",
        errors(&out)
    );
}

#[test]
fn a_terminal_shows_how_far_a_search_is_and_the_line_is_cleared() {
    let home = Home::new();
    for folder in 0..40 {
        let folder = home.path().join(format!("tree/{folder:02}"));
        std::fs::create_dir_all(&folder).unwrap();
        (0..100).for_each(|file| std::fs::write(folder.join(file.to_string()), "nothing").unwrap());
    }
    std::fs::write(home.path().join("tree/20/leak"), key().reveal()).unwrap();
    pipe(&home, "tree/30/pipe");
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let tree = home.path().join("tree").display().to_string();
    let mut terminal =
        Pty::start(Path::new(KEYDECK), &["identify", "--offline", &tree, "--output", "csv"], &env, 200, 30);
    assert_eq!(terminal.ends(), 0);
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    let counts: Vec<(u32, u32)> = raw
        .split("Searching… ")
        .skip(1)
        .map(|rest| {
            let number = |at: usize| rest.split(' ').nth(at).unwrap().parse().unwrap();
            (number(0), number(2))
        })
        .collect();
    assert!(counts.len() > 2 && counts.is_sorted(), "{counts:?}");
    assert!(
        counts[0].1 == 0 && counts.last().is_some_and(|last| last.0 > 3_000 && last.1 == 1),
        "{counts:?}"
    );
    let left = terminal.scrollback();
    assert!(left.contains("tree/30/pipe: skipped: a pipe"), "{left}");
    assert!(!left.contains("Searching…"), "the line is cleared: {left}");
}

#[test]
fn devices_and_sockets_are_refused_with_a_word() {
    let home = Home::new();
    std::fs::write(home.path().join("leak"), key().reveal()).unwrap();
    let _socket = UnixListener::bind(home.path().join("socket")).unwrap();
    for (file, words) in [("/dev/zero", "a device"), ("socket", "a socket")] {
        let out = home.run(&["identify", "--offline", file]);
        assert_eq!(out.status.code(), Some(1));
        assert!(errors(&out).contains(&format!("{file}: skipped: it is {words}")), "{}", errors(&out));
        let out = home.run(&["identify", "--offline", file, "leak"]);
        assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
        assert!(String::from_utf8_lossy(&out.stdout).contains("leak:1"));
    }
    assert_eq!(home.run(&["identify", "--offline", "/dev/null"]).status.code(), Some(4));
}

#[test]
fn a_pipe_is_read_and_findings_are_told_before_it_ends() {
    let home = Home::new();
    let (first, second) = (key(), key());
    std::fs::write(home.path().join("leak.txt"), first.reveal()).unwrap();
    let path = pipe(&home, "f");
    for (form, end) in [("table", "TERM"), ("json", "INT"), ("csv", "INT")] {
        let mut command = home.command(&["identify", "--offline", "leak.txt", "f", "--output", form]);
        let seen = home.path().join(format!("seen.{form}"));
        command.stdout(std::fs::File::create(&seen).unwrap()).stderr(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let until = |what: &str| {
            crate::support::until(what, || std::fs::read_to_string(&seen).unwrap().contains(what));
        };
        until(&first.hint().to_string());
        let mut writer = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        writeln!(writer, "one line\n{}", second.reveal()).unwrap();
        until(&second.hint().to_string());
        signal(&child.id().to_string(), end);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(if end == "TERM" { 143 } else { 130 }), "{form}");
        if form == "json" {
            let page = json(&std::fs::read_to_string(&seen).unwrap());
            assert_eq!(
                (&page["total"], &page["items"][1]["line"]),
                (&2.into(), &2.into()),
                "whole all the same"
            );
        }
    }
}

#[test]
fn findings_appear_while_a_large_file_of_the_same_folder_is_searched() {
    let home = Home::new();
    let folder = home.path().join("tree");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..40 {
        std::fs::write(folder.join(format!("{number:02}")), "nothing\n").unwrap();
    }
    let key = Secret::generate(Kind::Live).expect("random bytes");
    std::fs::write(folder.join("05"), format!("key={}\n", key.reveal())).unwrap();
    // It takes much longer than this test waits, and no room on the disk.
    std::fs::File::create(folder.join("06")).unwrap().set_len(1 << 40).unwrap();
    let mut child = home
        .command(&["identify", "--offline", "tree", "--output", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, found) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok).filter(|line| line.contains("tree")) {
            let _ = sender.send(line);
        }
    });
    let line = found.recv_timeout(Duration::from_mins(1));
    let runs = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    let line = line.expect("the finding, before the large file has ended");
    assert!(line.contains(&key.hint().to_string()) && runs, "{line}");
}

#[test]
fn the_first_signal_ends_every_wait() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let f = pipe(&home, "f").display().to_string();
    let away = ["--server", "http://127.0.0.1:9"];
    let token = "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY";
    let with = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = home.command(args);
        command.envs(variables.iter().copied());
        command
    };
    let serve =
        ["serve", "--database", "sqlite::memory:", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let waiting = [
            with(&["identify", "f"], &[]),
            with(&["identify"], &[]),
            with(&["rules", "import", "f", "--project", "shop"], &[]),
            with(&["rules", "import", "-", "--project", "shop"], &[]),
            with(&["keys", "show", "-"], &[]),
            with(&["keys", "revoke", "-", "--yes"], &[]),
            with(&["login", "http://127.0.0.1:9"], &[]),
            with(&[&away[..], &["keys", "list"]].concat(), &[("KEYDECK_TOKEN_FILE", &f)]),
            with(
                &[&away[..], &["keys", "list"]].concat(),
                &[("KEYDECK_TOKEN", token), ("KEYDECK_CA_FILE", &f)],
            ),
            with(&["keys", "list"], &[("KEYDECK_CONFIG", &f)]),
            with(&["doctor"], &[("KEYDECK_CONFIG", &f)]),
            with(&serve, &[("KEYDECK_ADMIN_TOKEN_FILE", &f)]),
            with(&[&serve[..], &["--tls-cert", "f", "--tls-key", "f"]].concat(), &[]),
        ];
        for mut command in waiting {
            let about = format!("{command:?}");
            // Standard input stays open, and nothing comes.
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            // Waiting for its end would close it.
            let _open = child.stdin.take();
            let id = child.id().to_string();
            // It waits: asleep in a read or an open, after its first work.
            let mut seen = 0;
            crate::support::until("it waits", || {
                seen = if waits(&id) { seen + 1 } else { 0 };
                seen > 5
            });
            let begun = std::time::Instant::now();
            signal(&id, name);
            let status = child.wait().unwrap();
            assert_eq!(status.code(), Some(code), "{about}");
            assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{about}");
        }
    }
}

/// Whether a process listens for signals, and all of its threads sleep.
fn waits(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let mut tasks = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let sleeps = |task: std::fs::DirEntry| {
        std::fs::read_to_string(task.path().join("stat")).is_ok_and(|stat| stat.contains(") S "))
    };
    caught & (1 << (15 - 1)) != 0 && tasks.all(sleeps)
}

#[test]
fn a_named_pipe_is_as_good_as_a_file_for_rules_and_tokens() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let path = pipe(&home, "f");
    let run = Running::start(home.command(&["rules", "import", "f", "--project", "shop"]));
    std::fs::write(&path, "source,destination\n/a,/b\n").unwrap();
    crate::support::until("imported", || home.ok(&["rules", "show", "--project", "shop"]).contains("/a"));
    drop(run);
    let out = home.run(&["rules", "import", "/dev/zero", "--project", "shop"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(errors(&out).contains("it is a device"), "{}", errors(&out));
    let out = home.run(&["rules", "import", ".", "--project", "shop"]);
    assert!(errors(&out).contains("it is a directory"), "{}", errors(&out));
}
