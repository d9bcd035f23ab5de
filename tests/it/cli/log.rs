//! The log, and what a process keeps to itself.

use std::io::Write as _;

use keydeck::cli::log::{Masked, Rotating};

use super::keys::with_key;
use crate::support::home::{Home, get};
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
fn a_whole_key_is_masked_in_each_form_of_a_line() {
    for (line, masked) in [
        (format!("INFO text {WHOLE_KEY}\n"), "INFO text redir_live_7kf2****...****1YZq\n"),
        (format!("path=\"{WHOLE_KEY}\"\n"), "path=\"redir_live_7kf2****...****1YZq\"\n"),
        (
            format!("{{\"text\":\"a\\n{WHOLE_KEY}\\n\"}}\n"),
            "{\"text\":\"a\\nredir_live_7kf2****...****1YZq\\n\"}\n",
        ),
        (format!("{{\"text\":\"\\t{WHOLE_KEY}\"}}\n"), "{\"text\":\"\\tredir_live_7kf2****...****1YZq\"}\n"),
        (
            format!("{{\"text\":\"\\u0000{WHOLE_KEY}\"}}\n"),
            "{\"text\":\"\\u0000redir_live_7kf2****...****1YZq\"}\n",
        ),
        (
            format!("x={WHOLE_KEY}&y={WHOLE_KEY}\n"),
            "x=redir_live_7kf2****...****1YZq&y=redir_live_7kf2****...****1YZq\n",
        ),
    ] {
        let mut log = Masked(Vec::new());
        log.write_all(line.as_bytes()).expect("written");
        assert_eq!(String::from_utf8(log.0).expect("UTF-8"), masked);
    }
}

#[test]
fn a_server_logs_json_that_programs_read_line_by_line() {
    let home = Home::new();
    let any = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0", "--log-format", "json"];
    let owner = home.start(&any);
    owner.until_said("\"ready\"");
    let line = owner.until_said("management API on http://");
    let said: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let address =
        said["message"].as_str().and_then(|text| text.rsplit_once("http://")).expect("an address").1;
    let path = format!("/v1/keys?filter={WHOLE_KEY}&x=%22%0A");
    let answer = get(address, &path, &[("Authorization", &format!("Bearer {WHOLE_KEY}"))]);
    assert_eq!(answer.status, 400, "{}", answer.body);
    owner.until_said("\"status\":400");
    for line in owner.said().lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
    assert!(!owner.said().contains(&WHOLE_KEY[15..37]), "{}", owner.said());
}

#[test]
fn why_a_server_ends_is_a_line_of_its_json_log() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let out = home.run(&["serve", "--manage", "127.0.0.1:0", "--edge", &address, "--log-format", "json"]);
    let said = String::from_utf8(out.stderr).expect("UTF-8");
    let lines: Vec<serde_json::Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let last = lines.last().expect("a line");
    assert_eq!(last["level"], "ERROR", "{last}");
    assert!(last["message"].as_str().expect("a message").contains("Edge API cannot listen"), "{last}");
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
    owner.until_said("keydeck: ready");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", owner.id())).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("the line");
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}

#[test]
fn a_line_of_the_log_cannot_act_on_the_terminal_that_shows_it_or_pretend_to_be_two() {
    let home = Home::new();
    let mut log = Masked(Rotating::open(home.path(), 10_000).expect("a log"));
    log.write_all("evil \u{1b}[2J \u{202e}txt\u{9b} a\nINFO forged\n".as_bytes()).expect("written");
    let text = std::fs::read_to_string(home.path().join("keydeck.log")).expect("the log");
    assert_eq!(text, "evil \\u001b[2J \\u202etxt\\u009b a\\u000aINFO forged\n");
}

#[cfg(unix)]
#[test]
fn a_log_that_is_a_symbolic_link_is_refused_and_the_command_works() {
    let home = Home::new();
    home.ok(&["projects", "list"]);
    let (log, other) = (home.path().join("state/keydeck/keydeck.log"), home.path().join("precious"));
    std::fs::write(&other, "mine").expect("written");
    std::fs::remove_file(&log).expect("the log");
    std::os::unix::fs::symlink(&other, &log).expect("a link");
    let out = home.run(&["projects", "create", "shop"]);
    assert!(out.status.success());
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("keydeck.log is a symbolic link; remove it"), "{said}");
    assert_eq!(std::fs::read_to_string(&other).expect("it is there"), "mine");
}
