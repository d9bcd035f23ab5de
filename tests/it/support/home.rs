//! A home directory of its own for each test, and what is left in it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;

use super::process::Running;

/// The program under test.
pub(crate) const KEYDECK: &str = env!("CARGO_BIN_EXE_keydeck");

/// Data, configuration, state and temporary directories of one made-up user.
pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    pub(crate) fn new() -> Home {
        let dir = tempfile::Builder::new().prefix("kd").tempdir().expect("a temporary directory");
        for name in ["data", "config", "state", "cache", "tmp"] {
            std::fs::create_dir(dir.path().join(name)).expect("a directory");
        }
        Home { dir }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where the database and the socket are.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data/keydeck")
    }

    /// The log of every process.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.path().join("state/keydeck/keydeck.log")
    }

    /// The environment of every process of this user.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        let at = |name: &str| self.dir.path().join(name).to_string_lossy().into_owned();
        vec![
            ("HOME", at("")),
            ("USER", "ann".to_owned()),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_STATE_HOME", at("state")),
            ("XDG_CACHE_HOME", at("cache")),
            ("TMPDIR", at("tmp")),
            ("KEYDECK_DATA", at("data/keydeck")),
            ("KEYDECK_LOG", "debug".to_owned()),
            // No keyring of who runs the tests.
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere".to_owned()),
        ]
    }

    /// The program with arguments, as this user.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(KEYDECK);
        command
            .args(args)
            .env_clear()
            .envs(self.env())
            .env("PATH", std::env::var_os("PATH").expect("a PATH"));
        command.current_dir(self.dir.path());
        command
    }

    /// Starts it; it is killed when the test ends.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command(args))
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(std::process::Stdio::null()).output().expect("the program runs")
    }

    /// Runs it, expects success, and gives its standard output.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("UTF-8")
    }

    /// Files anywhere below this home that hold the text.
    pub(crate) fn files_holding(&self, text: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
                let kind = entry.file_type().expect("its type");
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    let bytes = std::fs::read(entry.path()).unwrap_or_default();
                    if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                        found.push(entry.path());
                    }
                }
            }
        }
        found
    }
}

/// An answer of a server, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// One GET over a new connection.
pub(crate) fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a deadline");
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        for part in [name, ": ", value, "\r\n"] {
            request.push_str(part);
        }
    }
    stream.write_all((request + "\r\n").as_bytes()).expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// One request with a JSON body over a Unix socket; `None` when the other side went away.
#[cfg(unix)]
pub(crate) fn over_socket(socket: &Path, method: &str, path: &str, body: &str) -> Option<Answer> {
    let mut stream = std::os::unix::net::UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: local\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let whole = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>())
        })
        .is_none_or(|length| length.is_ok_and(|length| length == body.len()));
    whole.then(|| Answer { status, head: head.to_owned(), body: body.to_owned() })
}
