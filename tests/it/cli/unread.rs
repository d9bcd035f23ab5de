//! A log that nobody reads stops nothing.

use std::io::{BufRead as _, BufReader, PipeReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::keys::json;
use crate::support::home::{Home, KEYDECK, get, over_socket};
use crate::support::process::errors;
use crate::support::pty::Pty;
use crate::support::until;

const ANY: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];
/// How long a revocation may take.
const WITHIN: Duration = Duration::from_secs(1);
/// How long the end may take: what drains, the last uses, and the last words.
const END_WITHIN: Duration = Duration::from_secs(8);

/// A server, and a pipe with what it logs, which is read up to "ready" and no further.
struct Unread {
    child: Child,
    log: Option<PipeReader>,
    manage: String,
    edge: String,
}

impl Unread {
    fn start(mut command: Command) -> Unread {
        let (mut log, writer) = std::io::pipe().expect("a pipe");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer).spawn();
        drop(command);
        let (mut said, mut byte) = (Vec::new(), [0]);
        while !said.ends_with(b"ready") {
            assert_eq!(log.read(&mut byte).expect("a log"), 1, "{}", String::from_utf8_lossy(&said));
            said.push(byte[0]);
        }
        let said = String::from_utf8(said).expect("UTF-8");
        let address = |what: &str| {
            let after = said.split_once(&format!("{what} on http://")).expect("an address").1;
            after.split(['\n', '"']).next().expect("an end").to_owned()
        };
        let (manage, edge) = (address("management API"), address("Edge API"));
        Unread { child: child.expect("the program starts"), log: Some(log), manage, edge }
    }

    /// Sends SIGTERM; the exit code, which comes in time.
    fn terminate(&mut self) -> Option<i32> {
        let begun = Instant::now();
        crate::support::process::signal(&self.child.id().to_string(), "TERM");
        let mut ended = None;
        until("it ends", || {
            ended = self.child.try_wait().expect("our child");
            ended.is_some()
        });
        assert!(begun.elapsed() < END_WITHIN, "{:?}", begun.elapsed());
        ended.and_then(|status| status.code())
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes requests that are logged, on one connection.
fn requests(manage: &str, count: usize) {
    let mut stream = TcpStream::connect(manage).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a deadline");
    let mut answers = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut line = String::new();
    for begun in (0..count).step_by(100) {
        let some = 100.min(count - begun);
        stream
            .write_all("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n".repeat(some).as_bytes())
            .expect("it reads");
        let mut answered = 0;
        while answered < some {
            line.clear();
            assert_ne!(answers.read_line(&mut line).expect("an answer"), 0);
            answered += line.matches("HTTP/1.1 404").count();
        }
    }
}

fn made(home: &Home) -> (String, String, String) {
    let project = json(&home.ok(&["projects", "create", "shop", "--output", "json"]));
    let made = json(&home.ok(&["keys", "create", "web", "--project", "shop", "--output", "json"]));
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    (text(&project["id"]), text(&made["key"]["id"]), text(&made["secret"]))
}

/// A lookup before and after a revocation through the socket, which is answered in time.
fn revokes(home: &Home, edge: &str, (project, id, secret): &(String, String, String)) {
    let lookup =
        || get(edge, &format!("/v1/lookup?project={project}&path=/a"), &[("X-API-Key", secret)]).status;
    assert_eq!(lookup(), 204);
    let begun = Instant::now();
    let revoked =
        over_socket(&home.data().join("keydeck.sock"), "POST", &format!("/v1/keys/{id}/revoke"), "{}");
    assert!(begun.elapsed() < WITHIN, "{:?}", begun.elapsed());
    assert_eq!(revoked.expect("an answer").status, 200);
    assert_eq!(lookup(), 401);
}

#[test]
fn standard_error_that_nobody_reads_stops_neither_revocations_nor_the_end() {
    for form in ["text", "json"] {
        let home = Home::new();
        let mut owner = Unread::start(home.command(&[&ANY[..], &["--log-format", form]].concat()));
        let key = made(&home);
        requests(&owner.manage, 3000);
        revokes(&home, &owner.edge, &key);
        assert_eq!(owner.terminate(), Some(0));
    }
}

#[test]
fn a_log_that_is_read_again_says_how_many_lines_it_lacks() {
    const COUNT: usize = 20_000;
    let home = Home::new();
    let mut owner = Unread::start(home.command(&ANY));
    requests(&owner.manage, COUNT);
    let log = BufReader::new(owner.log.take().expect("it"));
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let (mut answered, mut dropped) = (0, None);
    while dropped.is_none() {
        let line = lines.recv_timeout(Duration::from_secs(30)).expect("a line");
        answered += usize::from(line.contains("request method="));
        dropped = line.split_once(" lines: the log").map(|(before, _)| {
            before.rsplit(' ').next().and_then(|count| count.parse::<usize>().ok()).expect("a number")
        });
    }
    assert!(
        dropped.is_some_and(|dropped| dropped > 0 && answered + dropped >= COUNT),
        "{answered}, {dropped:?}"
    );
    // From here on none is missing.
    requests(&owner.manage, 100);
    assert_eq!(owner.terminate(), Some(0));
    let rest: Vec<String> = lines.iter().collect();
    assert_eq!(rest.iter().filter(|line| line.contains("request method=")).count(), 100);
    assert!(rest.last().is_some_and(|line| line.contains("database closed")), "{rest:?}");
}

#[test]
fn no_line_is_lost_at_an_ordinary_end() {
    let home = Home::new();
    let mut owner = home.start(&ANY);
    owner.until_said("keydeck: ready");
    let manage = super::serve::address(&owner, "management API");
    requests(&manage, 1000);
    assert_eq!(owner.terminate().code(), Some(0));
    let said = owner.said();
    assert_eq!(said.lines().filter(|line| line.contains("request method=")).count(), 1000);
    assert!(said.trim_end().ends_with("database closed"), "{said}");
}

#[test]
fn standard_error_that_is_gone_stops_nothing() {
    let home = Home::new();
    let mut owner = Unread::start(home.command(&ANY));
    drop(owner.log.take());
    let key = made(&home);
    requests(&owner.manage, 100);
    revokes(&home, &owner.edge, &key);
    assert_eq!(owner.terminate(), Some(0));
}

#[test]
fn a_terminal_stopped_with_ctrl_s_stops_nothing() {
    let home = Home::new();
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut terminal = Pty::start(KEYDECK.as_ref(), &ANY, &env, 200, 50);
    let screen = terminal.sees("ready");
    let address = |what: &str| {
        let after = screen.split_once(&format!("{what} on http://")).expect("an address").1;
        after.split_whitespace().next().expect("an end").to_owned()
    };
    let key = made(&home);
    terminal.press("\u{13}");
    requests(&address("management API"), 1000);
    revokes(&home, &address("Edge API"), &key);
    let begun = Instant::now();
    terminal.signal("TERM");
    assert_eq!(terminal.ends(), 0);
    assert!(begun.elapsed() < END_WITHIN, "{:?}", begun.elapsed());
}

#[test]
fn a_log_file_that_takes_nothing_stops_no_command() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    std::fs::remove_file(home.log()).expect("a log");
    let made = Command::new("mkfifo").arg(home.log()).status();
    assert!(made.expect("mkfifo runs").success());
    let out = home.run(&["projects", "list"]);
    assert!(
        out.status.success() && String::from_utf8_lossy(&out.stdout).contains("shop"),
        "{}",
        errors(&out)
    );
    assert!(errors(&out).contains("cannot write a log in"), "{}", errors(&out));

    // Somebody holds the other end and reads nothing.
    let held = std::fs::File::options().read(true).write(true).open(home.log()).expect("a pipe");
    for _ in 0..300 {
        (&held).write_all(&[b'x'; 100]).expect("room");
    }
    home.ok(&["projects", "list"]);
    drop(held);
    std::fs::remove_file(home.log()).expect("a pipe");
    if std::path::Path::new("/dev/full").exists() {
        std::os::unix::fs::symlink("/dev/full", home.log()).expect("a link");
        home.ok(&["projects", "list"]);
    }
}
