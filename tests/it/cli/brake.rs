//! The emergency brake: revocations are answered while others hold as many connections as they can get.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use super::keys::json;
use super::serve::address;
use crate::support::certificates::Certificates;
use crate::support::home::{Answer, Home, KEYDECK, get, over_socket};
use crate::support::process::{Running, errors};

const ANY: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];
/// How long a revocation may take.
const WITHIN: Duration = Duration::from_secs(1);
/// More connections than a server with 1,024 files can hold.
const MANY: usize = 1100;

/// Runs a command with at most so many files, which it cannot raise.
fn limited(command: Command, limit: &str) -> Running {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{limit} && exec \"$0\" \"$@\""), KEYDECK]).args(command.get_args());
    shell.env_clear().current_dir(command.get_current_dir().expect("a folder"));
    for (name, value) in command.get_envs() {
        shell.env(name, value.expect("a value"));
    }
    Running::start(shell)
}

/// Connections on which nothing is ever sent; the Nth from the address that `from` gives.
fn silent(to: &str, from: impl Fn(usize) -> u8) -> Vec<TcpStream> {
    let files = keydeck::cli::process::raise_file_limit();
    assert!(files > 2 * MANY as u64, "the tests themselves need {} files, and may open {files}", 2 * MANY);
    let to: SocketAddr = to.parse().expect("an address");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut streams = Vec::new();
        for number in 0..MANY {
            let socket = TcpSocket::new_v4().expect("a socket");
            let from = Ipv4Addr::new(127, 0, 0, from(number));
            socket.bind(SocketAddr::new(from.into(), 0)).expect("an address of this machine");
            let connected = tokio::time::timeout(Duration::from_secs(30), socket.connect(to)).await;
            let stream = connected.expect("it accepts").expect("it listens");
            streams.push(stream.into_std().expect("a stream"));
        }
        streams
    })
}

/// A way to revoke a key by its number.
type Revoke = fn(&Served, usize) -> Answer;

/// A server with 1,024 files, a project with keys, and what opens it.
struct Served {
    home: Home,
    owner: Running,
    manage: String,
    edge: String,
    token: String,
    project: String,
    keys: Vec<(String, String)>,
}

impl Served {
    fn start(more: &[&str]) -> Served {
        let home = Home::new();
        let owner = limited(home.command(&[&ANY[..], more].concat()), "ulimit -n 1024");
        owner.until_said("keydeck: ready");
        let manage =
            owner.until_said("management API on http").rsplit_once("://").expect("an address").1.to_owned();
        let edge = address(&owner, "Edge API");
        let token = std::fs::read_to_string(home.data().join("admin-token")).expect("the token's file");
        let project = json(&home.ok(&["projects", "create", "shop", "--output", "json"]));
        let project = project["id"].as_str().expect("an id").to_owned();
        let keys = ["lasting", "a", "b", "c"].map(|name| {
            let made = json(&home.ok(&["keys", "create", name, "--project", "shop", "--output", "json"]));
            let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
            (text(&made["key"]["id"]), text(&made["secret"]))
        });
        let token = token.trim_end().to_owned();
        Served { home, owner, manage, edge, token, project, keys: keys.into() }
    }

    fn socket(&self) -> std::path::PathBuf {
        self.home.data().join("keydeck.sock")
    }

    fn lookup(&self, key: usize) -> u16 {
        let path = format!("/v1/lookup?project={}&path=/a", self.project);
        get(&self.edge, &path, &[("X-API-Key", &self.keys[key].1)]).status
    }

    fn revoke_over_tcp(&self, key: usize) -> Answer {
        let path = format!("/v1/keys/{}/revoke", self.keys[key].0);
        post(&self.manage, &path, &format!("Authorization: Bearer {}", self.token))
    }

    fn revoke_over_socket(&self, key: usize) -> Answer {
        let path = format!("/v1/keys/{}/revoke", self.keys[key].0);
        over_socket(&self.socket(), "POST", &path, "{}").expect("an answer")
    }

    fn revoke_itself(&self, key: usize) -> Answer {
        post(&self.edge, "/v1/revoke", &format!("X-API-Key: {}", self.keys[key].1))
    }

    /// How many lookups were answered.
    fn answered(&self) -> u64 {
        let bearer = format!("Bearer {}", self.token);
        let metrics = get(&self.manage, "/metrics", &[("Authorization", &bearer)]).body;
        let counts = metrics.lines().filter(|line| line.starts_with("keydeck_edge_lookups_total{"));
        counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    }

    /// Revokes in each way, in time; ordinary lookups go on.
    fn brakes(&self, what: &str) {
        assert_eq!(self.lookup(0), 204, "{what}");
        let ways: [(&str, Revoke); 3] = [
            ("management API", Served::revoke_over_tcp),
            ("socket", Served::revoke_over_socket),
            ("Edge API", Served::revoke_itself),
        ];
        for (number, (way, revoke)) in ways.into_iter().enumerate() {
            let key = number + 1;
            assert_eq!(self.lookup(key), 204, "{what}, {way}");
            let begun = Instant::now();
            let answer = revoke(self, key);
            assert!(begun.elapsed() < WITHIN, "{what}, {way}: {:?}", begun.elapsed());
            assert_eq!(answer.status, 200, "{what}, {way}: {answer:?}");
            assert_eq!(self.lookup(key), 401, "{what}, {way}");
            assert_eq!(self.lookup(0), 204, "{what}, {way}");
        }
    }
}

fn post(address: &str, path: &str, header: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a deadline");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n{header}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

#[test]
fn silent_connections_to_the_edge_api_hold_up_no_revocation() {
    for (what, from) in
        [("one address", (|_| 1) as fn(usize) -> u8), ("many addresses", |number| 2 + (number % 199) as u8)]
    {
        let mut served = Served::start(&[]);
        let held = silent(&served.edge, from);
        served.brakes(what);
        let bearer = format!("Bearer {}", served.token);
        let metrics = get(&served.manage, "/metrics", &[("Authorization", &bearer)]).body;
        let displaced = metrics
            .lines()
            .find_map(|line| line.strip_prefix("keydeck_connections_displaced_total{listener=\"edge\"} "));
        assert!(displaced.is_some_and(|count| count.parse::<u64>().expect("a number") > 100), "{metrics}");
        let told = served.owner.said().lines().filter(|line| line.contains("WARN")).count();
        assert!((1..5).contains(&told), "{}", served.owner.said());
        assert_eq!(served.owner.terminate().code(), Some(0));
        drop(held);
    }
}

#[test]
fn silent_connections_to_the_management_api_and_the_socket_hold_up_no_revocation() {
    let served = Served::start(&[]);
    let held = silent(&served.manage, |_| 1);
    let local: Vec<UnixStream> =
        (0..MANY).map(|_| UnixStream::connect(served.socket()).expect("it listens")).collect();
    let public = silent(&served.edge, |_| 1);
    served.brakes("all at once");
    drop((held, local, public));
}

/// Lookups without pause on many connections, until it is dropped.
struct Flood(Vec<TcpStream>);

impl Flood {
    fn start(served: &Served) -> Flood {
        let one = format!(
            "GET /v1/lookup?project={}&path=/a HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\n\r\n",
            served.project, served.keys[0].1
        );
        let streams = (0..200).map(|_| {
            let stream = TcpStream::connect(&served.edge).expect("it listens");
            let (mut reader, mut writer) =
                (stream.try_clone().expect("a copy"), stream.try_clone().expect("a copy"));
            let requests = one.repeat(500).into_bytes();
            // Both end when the stream is shut down.
            std::thread::spawn(move || while writer.write_all(&requests).is_ok() {});
            std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
            stream
        });
        Flood(streams.collect())
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        for stream in &self.0 {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

#[test]
fn a_flood_of_lookups_holds_up_no_key_that_revokes_itself() {
    let served = Served::start(&[]);
    let flood = Flood::start(&served);
    // The flood is on when the server has worked for a while.
    crate::support::until("lookups", || served.answered() > 5_000);
    for key in 1..4 {
        let begun = Instant::now();
        let answer = served.revoke_itself(key);
        let took = begun.elapsed();
        println!("revoked in {took:?}, {} lookups answered", served.answered());
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(took < WITHIN, "{took:?}");
    }
    drop(flood);
    for key in 1..4 {
        assert_eq!(served.lookup(key), 401);
    }
}

#[test]
fn silent_connections_before_a_tls_handshake_hold_up_no_revocation() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificates = Certificates::good(folder.path());
    let served = Served::start(&certificates.flags());
    let held = silent(&served.manage, |_| 1);
    let url = format!("https://{}", served.manage);
    let mut command = served.home.command(&["--server", &url, "keys", "revoke", "shop/a", "--yes"]);
    command.env("KEYDECK_TOKEN", &served.token).env("KEYDECK_CA_FILE", &certificates.authority);
    let begun = Instant::now();
    let out = command.output().expect("it runs");
    assert!(begun.elapsed() < WITHIN, "{:?}", begun.elapsed());
    assert!(out.status.success(), "{}", errors(&out));
    assert_eq!(served.lookup(1), 401);
    drop(held);
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_raises_its_limit_of_files_to_what_it_is_allowed() {
    let home = Home::new();
    let owner = limited(home.command(&ANY), "ulimit -S -n 256");
    owner.until_said("keydeck: ready");
    let file = format!("/proc/{}/limits", owner.id());
    let limits = std::fs::read_to_string(Path::new(&file)).expect("its limits");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("the line");
    let words: Vec<&str> = files.split_whitespace().collect();
    assert_eq!(words[3], words[4], "{files}");
    assert_ne!(words[3], "256", "{files}");
}
