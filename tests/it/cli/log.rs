//! The log, and what a process keeps to itself.

use std::io::Write as _;

use keydeck::cli::log::{Masked, Rotating};

use super::keys::with_key;
use crate::support::home::Home;
use crate::support::hostile::WHOLE_KEY;

#[test]
fn the_log_is_this_users_alone_and_in_the_state_directory() {
    let (home, key) = with_key();
    let file = home.path().join("state/keydeck/keydeck.log");
    let text = std::fs::read_to_string(&file).expect("the log");
    assert!(text.contains("database open"), "{text}");
    assert!(!text.contains(&key));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).expect("the log").permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_whole_key_is_masked_by_the_last_filter() {
    let home = Home::new();
    let mut log = Masked(Rotating::open(home.path(), 10_000).expect("a log"));
    log.write_all(format!("a line with {WHOLE_KEY} in it\n").as_bytes()).expect("written");
    let text = std::fs::read_to_string(home.path().join("keydeck.log")).expect("the log");
    assert_eq!(text, "a line with redir_live_7kf2****...****1YZq in it\n");
}

#[test]
fn two_files_bound_the_log_whoever_writes() {
    let home = Home::new();
    // Two processes have it open; each turns the files only when the one at the path is full.
    let mut logs = [0, 1].map(|_| Rotating::open(home.path(), 1000).expect("a log"));
    for number in 0..500 {
        logs[number % 2].write_all(format!("line {number}\n").as_bytes()).expect("written");
    }
    logs[0].write_all(&[b'x'; 5000]).expect("a line larger than the file");
    for name in ["keydeck.log", "keydeck.log.1"] {
        let size = std::fs::metadata(home.path().join(name)).expect("a file").len();
        assert!(size <= 1000, "{name} has {size} bytes");
    }
    assert!(!home.path().join("keydeck.log.2").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn core_dumps_are_off() {
    let home = Home::new();
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("ready");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", owner.id())).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("the line");
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}
