//! The two minutes of the README, typed as they are written, against a real server.

use std::path::Path;
use std::process::{Command, Stdio};

use super::read;
use crate::cli::serve::address;
use crate::support::home::{Home, KEYDECK};
use crate::support::skipped;

/// A command line, and what the README shows of its output.
struct Typed {
    line: String,
    shown: Vec<String>,
}

fn tour() -> Vec<Typed> {
    let text = read("README.md");
    let section =
        text.split("## Two minutes").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the tour");
    let mut typed: Vec<Typed> = Vec::new();
    for (language, block) in super::fenced(section) {
        assert_eq!(language, "console");
        for line in block.lines() {
            match (line.strip_prefix("$ "), typed.last_mut()) {
                (Some(line), _) => typed.push(Typed { line: line.to_owned(), shown: Vec::new() }),
                (None, Some(last)) => last.shown.push(line.to_owned()),
                (None, None) => panic!("output of nothing: {line}"),
            }
        }
    }
    typed
}

/// A word without what is another one each time: ids, masked keys, hashes, times.
fn settled(word: &str) -> String {
    let is_id = |text: &str| text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if let Some((prefix, _)) = word.split_once("****...****") {
        return prefix[..prefix.len() - 4].to_owned() + "MASK";
    }
    match word.split_once([':', '_']) {
        Some((_, hash)) if hash.len() == 64 => "HEAD".to_owned(),
        Some((kind, id)) if kind.len() == 3 && is_id(id) => format!("{kind}_ID"),
        _ if word.ends_with('Z') && word.contains('T') && word.contains(':') => "TIME".to_owned(),
        _ => word.to_owned(),
    }
}

/// Lines without the width of columns, and without what changes.
fn comparable<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let line = |line: &str| match line.split_whitespace().next() {
        // The node has the machine's name, and takes the time it takes.
        Some("slowest") => "slowest".to_owned(),
        _ => line.split_whitespace().map(settled).collect::<Vec<_>>().join(" "),
    };
    lines.into_iter().map(line).collect()
}

fn has_programs() -> bool {
    ["bash", "curl"].iter().all(|name| Command::new(name).arg("--version").output().is_ok())
}

/// The line in a shell that finds the program under test.
fn shell(home: &Home, line: &str) -> Command {
    let folder = Path::new(KEYDECK).parent().expect("a folder").to_string_lossy();
    let path = std::env::var("PATH").expect("a PATH");
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(home.path()).env_clear().envs(home.env());
    command.env("PATH", format!("{folder}:{path}")).stdin(Stdio::null());
    command
}

#[test]
fn the_two_minutes_of_the_readme_go_as_they_are_shown() {
    if !has_programs() {
        return skipped("the tour of the README: bash or curl is not installed");
    }
    let home = Home::new();
    let tour = tour();
    let (first, others) = tour.split_first().expect("a tour");
    assert_eq!(first.line, "keydeck serve");
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let (manage, edge) = (address(&owner, "management API"), address(&owner, "Edge API"));
    let said = owner.said().replace(&manage, "127.0.0.1:7474").replace(&edge, "127.0.0.1:7475");
    let said = said.replace(&*home.data().to_string_lossy(), "/home/ann/.local/share/keydeck");
    let said: Vec<&str> = said.lines().filter(|line| line.starts_with("keydeck: ")).collect();
    assert_eq!(said, first.shown);

    for Typed { line, shown } in others {
        if line.starts_with("keydeck identify") {
            let key = std::fs::read_to_string(home.path().join("web.key")).expect("the key");
            std::fs::write(home.path().join("server.log"), format!("GET /old key={key}")).expect("a log");
        }
        let mut typed = line.replace("127.0.0.1:7475", &edge);
        if typed.contains("prj_…") {
            let list = home.ok(&["projects", "list", "--output", "csv"]);
            let id = list.lines().nth(1).and_then(|row| row.split(',').next()).expect("a project");
            typed = typed.replace("prj_…", id);
        }
        let out = shell(&home, &typed).output().expect("bash runs");
        let (printed, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "{line}: {errors}");
        let mut printed = comparable(printed.lines());
        let mut shown = comparable(shown.iter().map(String::as_str));
        if shown.first().is_some_and(|line| line == "…") {
            shown.remove(0);
            printed.drain(..printed.len().saturating_sub(shown.len()));
        }
        // Some of the first commands are shown without what they print.
        if !shown.is_empty() {
            assert_eq!(printed, shown, "{line}");
        }
    }
}

#[test]
fn each_call_in_the_chapter_on_the_api_is_answered() {
    if !has_programs() {
        return skipped("the calls of the manual: bash or curl is not installed");
    }
    let home = Home::new();
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let (manage, edge) = (address(&owner, "management API"), address(&owner, "Edge API"));
    let made = home.ok(&["projects", "create", "shop", "--output", "json"]);
    let project: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    let project = project["id"].as_str().expect("an id");
    let key = home.ok(&["keys", "create", "first", "--project", "shop"]);
    std::fs::write(home.path().join("rules.csv"), "/old,/new\n").expect("a file");
    home.ok(&["rules", "import", "rules.csv", "--project", "shop"]);
    home.ok(&["rules", "deploy", "--project", "shop"]);
    let token = std::fs::read_to_string(home.data().join("admin-token")).expect("the token");
    let calls = super::typed(&super::chapter("api"));
    assert!(calls.len() > 4, "{} calls", calls.len());
    for line in calls {
        let typed = line.replace("127.0.0.1:7474", &manage).replace("127.0.0.1:7475", &edge);
        let typed = typed.replace("curl ", "curl --silent --show-error --fail-with-body ");
        let mut command = shell(&home, &typed);
        command.env("KEY", key.trim()).env("TOKEN", token.trim()).env("PROJECT", project);
        let out = command.output().expect("bash runs");
        let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{line}: {said}");
    }
}
