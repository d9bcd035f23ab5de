//! `keydeck identify --revoke`: whoever finds a leaked key revokes it with the key itself.

use std::io::Write as _;
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use keydeck::secret::{Kind, Secret};
use serde_json::Value;

use super::keys::{json, with_key};
use super::serve::address;
use super::terminal::{in_shell, start};
use crate::support::home::{Home, get};
use crate::support::process::{Running, assert_failed, errors, feed};

fn stranger() -> Secret {
    Secret::generate(Kind::Live).expect("random bytes")
}

fn assert_refused(out: &Output, code: i32, about: &str) {
    assert_eq!(out.status.code(), Some(code), "{}", errors(out));
    assert!(errors(out).contains(about), "no {about:?} in: {}", errors(out));
}

fn serve(home: &Home) -> (Running, String, String) {
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let (manage, edge) = (address(&server, "management API"), address(&server, "Edge API"));
    (server, format!("http://{manage}"), edge)
}

fn accepts(edge: &str, key: &str) -> bool {
    get(edge, "/v1/lookup?path=/", &[("X-API-Key", key)]).status != 401
}

fn outcome_of(page: &Value, key: &str) -> String {
    let mask = Secret::parse(key).expect("a key").hint().to_string();
    let all = page["revocations"].as_array().expect("revocations").iter();
    let ours: Vec<&Value> = all.filter(|one| one["hint"] == mask).collect();
    assert_eq!(ours.len(), 1, "each key once: {page}");
    ours[0]["outcome"].as_str().expect("an outcome").to_owned()
}

#[test]
fn what_leaked_is_revoked_with_the_keys_themselves_by_somebody_without_a_right_to_revoke() {
    let (home, key) = with_key();
    let made = |name: &str| home.ok(&["keys", "create", name, "--project", "shop"]).trim_end().to_owned();
    let (coded, packed, paused, old) = (made("coded"), made("packed"), made("paused"), made("old"));
    home.ok(&["keys", "pause", "shop/paused"]);
    home.ok(&["keys", "revoke", "shop/old", "--yes"]);
    let auditor = home.ok(&["tokens", "create", "ci", "--role", "auditor"]).trim_end().to_owned();
    let (mut server, manage, edge) = serve(&home);
    let other = stranger();
    let leaks = home.path().join("leaks");
    std::fs::create_dir(&leaks).unwrap();
    std::fs::write(leaks.join("a.env"), format!("KEY={key}\n{}\n{key}\n{paused}\n", other.reveal())).unwrap();
    std::fs::write(leaks.join("b.txt"), BASE64.encode(format!("password: {coded}\n"))).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!("{packed}\n{old}\n{auditor}\n").as_bytes()).unwrap();
    std::fs::write(leaks.join("c.log.gz"), gzip.finish().unwrap()).unwrap();

    let identify = |args: &[&str]| {
        let mut command = home.command(&[&["identify", "--server", &manage], args].concat());
        command.env("KEYDECK_TOKEN", &auditor);
        feed(command, "")
    };
    let out = identify(&["--revoke", "leaks"]);
    assert_failed(&out, 2, "cannot prompt without a terminal; pass --yes");
    assert!(accepts(&edge, &key), "nothing was revoked");

    let out = identify(&["--revoke", "--yes", "--output", "json", "leaks"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let page = json(&String::from_utf8(out.stdout.clone()).expect("UTF-8"));
    for (which, expected) in [
        (&*key, "revoked"),
        (&coded, "revoked"),
        (&packed, "revoked"),
        (&paused, "revoked"),
        (&old, "already"),
        (other.reveal(), "unknown"),
        (&auditor, "managementToken"),
    ] {
        assert_eq!(outcome_of(&page, which), expected, "{page}");
    }
    let first = &page["revocations"][0];
    assert_eq!((&first["place"], &first["name"]), (&"leaks/a.env:1:5".into(), &"web".into()));
    assert_eq!((&first["receipt"]["confirmedBy"], &first["receipt"]["nodes"]), (&1.into(), &1.into()));
    let said = errors(&out);
    for words in
        ["confirmed by 1 of 1 node", "management tokens are not revoked", "1 key unknown to the server"]
    {
        assert!(said.contains(words), "{said}");
    }
    for gone in [&key, &coded, &packed, &paused] {
        assert!(!accepts(&edge, gone));
    }
    let again = identify(&["--revoke", "--yes", "--output", "csv", "leaks/a.env"]);
    assert_eq!(again.status.code(), Some(0), "a repeat changes nothing: {}", errors(&again));
    let csv = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(csv.starts_with("place,hint,id,project,name,outcome,revision,confirmedBy,nodes\n"), "{csv}");
    assert!(csv.contains(",shop,web,already,"), "{csv}");

    let table = identify(&["--revoke", "--yes", "leaks"]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    for words in ["  already revoked\n", "  unknown to the server\n", "  management token\n"] {
        assert!(table.contains(words), "people read words: {table}");
    }

    server.terminate();
    for secret in [&key, &coded, &packed, &paused, &auditor] {
        for text in [server.said(), said.clone(), page.to_string(), csv.clone()] {
            assert!(!text.contains(secret.as_str()));
        }
        let files = home.files_holding(secret);
        assert!(files.iter().all(|file| file.starts_with(&leaks)), "no log, no file: {files:?}");
    }
    let events = home.ok(&["audit", "events", "--output", "csv"]);
    assert!(events.contains("key:redir_live_"), "the chain says that the key did it: {events}");
}

#[test]
fn an_edge_api_alone_is_enough() {
    let (home, key) = with_key();
    let (_server, _, edge) = serve(&home);
    let finder = Home::new();
    std::fs::write(finder.path().join("leak"), &key).unwrap();
    let url = format!("http://{edge}");
    let identify = |args: &[&str]| finder.run(&[&["identify", "leak", "--revoke"], args].concat());
    assert_refused(&identify(&["--yes"]), 2, "pass --edge URL");
    assert_refused(&identify(&["--yes", "--edge", "http://keys.example.com"]), 2, "use https");
    assert_refused(
        &identify(&["--yes", "--edge", "http://127.0.0.1:1"]),
        6,
        "cannot reach http://127.0.0.1:1",
    );
    assert_refused(&identify(&["--yes", "--edge", &url, "--read-only"]), 3, "--read-only");
    assert!(accepts(&edge, &key), "nothing was revoked");

    let out = identify(&["--yes", "--edge", &url]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let table = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(table.contains("OUTCOME") && table.contains("revoked"), "{table}");
    assert!(errors(&out).contains("confirmed by 1 of 1 node"));
    assert!(!accepts(&edge, &key));
    assert!(!finder.data().exists(), "no database was made for it");

    // A key that is revoked and one that never was are alike to who knows nothing else.
    assert_refused(&identify(&["--yes", "--edge", &url]), 4, "nothing was revoked");
    std::fs::write(finder.path().join("leak"), stranger().reveal()).unwrap();
    assert_refused(&identify(&["--yes", "--edge", &url]), 4, "knows none of these keys, or they are revoked");
}

#[test]
fn what_was_found_is_printed_though_the_server_cannot_be_reached() {
    let home = Home::new();
    let key = stranger();
    std::fs::write(home.path().join("leak"), key.reveal()).unwrap();
    let mut command =
        home.command(&["identify", "leak", "--revoke", "--yes", "--server", "http://127.0.0.1:1"]);
    let token = Secret::generate(Kind::Management).expect("random bytes");
    command.env("KEYDECK_TOKEN", token.reveal());
    let out = feed(command, "");
    assert_eq!(out.status.code(), Some(6), "{}", errors(&out));
    assert!(String::from_utf8_lossy(&out.stdout).contains(&key.hint().to_string()));
    assert!(errors(&out).contains("cannot reach"), "{}", errors(&out));
}

#[test]
fn on_a_terminal_each_key_is_asked_for_with_its_name_and_last_use() {
    let (home, key) = with_key();
    let second = home.ok(&["keys", "create", "app", "--project", "shop"]);
    std::fs::write(home.path().join("leak"), format!("{key}\n\n{second}{}", stranger().reveal())).unwrap();
    let mut terminal = start(&home, &["identify", "--revoke", "leak"]);
    let screen = terminal.sees("never used; found in leak:1:1)? This cannot be undone.");
    assert!(screen.contains("Revoke web in shop on local database (redir_live_"), "{screen}");
    terminal.press("n\r");
    terminal.sees("Revoke app in shop");
    terminal.press("y\r");
    let screen = terminal.sees("confirmed by 1 of 1 node");
    assert!(screen.contains("not confirmed") && screen.contains("unknown"), "{screen}");
    assert_eq!(terminal.ends(), 0);
    let active = home.ok(&["keys", "list"]);
    assert!(active.contains("web") && !active.contains("app"), "{active}");

    let mut terminal = start(&home, &["identify", "--revoke", "leak"]);
    terminal.sees("Revoke web in shop");
    terminal.press("\r");
    terminal.sees("not confirmed");
    assert!(home.ok(&["keys", "list"]).contains("web"), "Enter alone revokes nothing");

    // The text on standard input answers no question.
    let mut terminal = in_shell(&home, "exec \"$0\" identify --revoke < leak");
    terminal.sees("Revoke web in shop");
    terminal.press("y\r");
    terminal.sees("confirmed by 1 of 1 node");
    assert_eq!(terminal.ends(), 0);
    assert!(!home.ok(&["keys", "list"]).contains("web"));
}
