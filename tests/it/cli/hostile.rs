//! What a hostile server, file name or argument puts into the output acts on no terminal.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use keydeck::wire::text::is_hostile;

use super::keys::json;
use super::serve::address;
use crate::support::home::{Home, KEYDECK};
use crate::support::process::{Running, assert_failed};
use crate::support::pty::Pty;

/// What stands for the hostile text until the answer passes the proxy.
const MARK: &str = "MARK";
const HOSTILE: &str =
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}\u{85}\r\u{8}\0X";

/// A server between: it puts the hostile text into every answer, and answers what is asked of one project with ten
/// megabytes of error.
fn proxy(to: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let to = to.clone();
            std::thread::spawn(move || pass(stream, &to));
        }
    });
    url
}

fn pass(mut stream: TcpStream, to: &str) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = if head.contains("prj_00000000000000000000000000") {
        let error = format!("{MARK} {}", "e".repeat(10 << 20));
        let body = serde_json::json!({ "error": error, "code": "INVALID_FIELD" }).to_string();
        format!("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{body}")
    } else {
        let mut server = TcpStream::connect(to).ok()?;
        server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).ok()?;
        server.write_all(&body).ok()?;
        let mut answer = String::new();
        server.read_to_string(&mut answer).ok()?;
        answer
    };
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let hostile = serde_json::to_string(HOSTILE).expect("JSON");
    let body = body.replace(MARK, hostile.trim_matches('"'));
    let own = |line: &&str| !line.to_ascii_lowercase().starts_with("content-length:");
    let head: Vec<&str> = head.lines().filter(own).collect();
    let head =
        format!("{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", head.join("\r\n"), body.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}

struct Scene {
    home: Home,
    url: String,
    token: String,
    key: String,
    secret: String,
    _server: Running,
}

fn scene() -> Scene {
    let home = Home::new();
    home.ok(&["projects", "create", MARK]);
    let made = json(&home.ok(&["keys", "create", MARK, "--project", MARK, "--output", "json"]));
    let gone = json(&home.ok(&["keys", "create", "gone", "--project", MARK, "--output", "json"]));
    let gone = gone["key"]["id"].as_str().expect("an id").to_owned();
    home.ok(&["keys", "revoke", &gone, "--reason", MARK, "--yes"]);
    std::fs::write(home.path().join("rules.csv"), format!("source,destination\n/{MARK},/x\n"))
        .expect("a file");
    home.ok(&["rules", "import", "rules.csv", "--project", MARK]);
    home.ok(&["rules", "deploy", "--project", MARK]);
    let token = home.ok(&["tokens", "create", MARK, "--role", "admin"]).trim_end().to_owned();
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let url = proxy(address(&server, "management API"));
    Scene {
        url,
        token,
        key: made["key"]["id"].as_str().expect("an id").to_owned(),
        secret: made["secret"].as_str().expect("a secret").to_owned(),
        home,
        _server: server,
    }
}

/// What a command writes into a terminal until it ends.
fn written(scene: &Scene, args: &[&str]) -> String {
    let mut env = scene.home.env();
    env.push(("KEYDECK_TOKEN", scene.token.clone()));
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut terminal = Pty::start(Path::new(KEYDECK), args, &env, 200, 50);
    terminal.ends();
    String::from_utf8(terminal.raw()).expect("UTF-8")
}

#[test]
fn no_output_on_a_terminal_holds_what_a_hostile_server_put_there() {
    let scene = scene();
    let hostile_file = format!("leak{}.txt", HOSTILE.trim_end_matches("\0X"));
    std::fs::write(scene.home.path().join(&hostile_file), &scene.secret).expect("a file");
    let argument = HOSTILE.trim_end_matches("\0X");
    let none = "prj_00000000000000000000000000";
    let commands: &[&[&str]] = &[
        &["projects", "list"],
        &["keys", "list", "--status", "all"],
        &["keys", "show", &scene.key],
        &["keys", "usage", &scene.key],
        &["keys", "usage", &scene.key, "--callers"],
        &["keys", "rename", &scene.key, "MARK"],
        &["keys", "revoke", &scene.key, "--dry-run"],
        &["tokens", "list"],
        &["audit", "events"],
        &["audit", "stale", "--idle", "0"],
        &["audit", "verify"],
        &["rules", "show", "--project", none],
        &["contexts", "list"],
        &["doctor"],
        &["identify", &hostile_file],
        &["identify", argument],
        &["keys", "show", argument],
        &["rules", "import", argument, "--project", "x"],
        &[argument],
    ];
    for command in commands {
        for form in ["table", "json", "csv"] {
            let args = [&["--server", &scene.url, "--output", form], *command].concat();
            let text = written(&scene, &args);
            let acts = text.chars().find(|c| is_hostile(*c) && !matches!(c, '\r' | '\n'));
            assert_eq!(acts, None, "{command:?} as {form}: {text:?}");
            assert!(!text.replace("\r\n", "").contains('\r'), "{command:?} as {form}: {text:?}");
            assert!(text.len() < 100_000, "{command:?} as {form}: {} bytes", text.len());
            assert!(!text.contains(&scene.secret), "{command:?}");
        }
    }
}

#[test]
fn programs_get_what_the_server_said_and_errors_are_cut() {
    let scene = scene();
    let run = |args: &[&str]| {
        let mut command = scene.home.command(&[&["--server", &scene.url], args].concat());
        command.env("KEYDECK_TOKEN", &scene.token).output().expect("it runs")
    };
    let out = run(&["projects", "list", "--output", "json"]);
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    assert_eq!(json(&text)["items"][0]["name"], HOSTILE, "JSON is exact");
    assert!(text.contains("\\u009b31m\\u007f\\u202e"), "and escaped wherever it goes: {text}");
    let out = run(&["projects", "list", "--output", "csv"]);
    assert!(String::from_utf8(out.stdout).expect("UTF-8").contains(HOSTILE), "a pipe gets it as it is");
    let out = run(&["rules", "show", "--project", "prj_00000000000000000000000000"]);
    assert_failed(&out, 2, "eee");
    assert!(out.stderr.len() < 20_000, "{} bytes", out.stderr.len());
}
