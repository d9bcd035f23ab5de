//! `keydeck identify`.

use keydeck::secret::{Kind, Secret};

use super::keys::{json, with_key};
use super::serve::address;
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors, feed};

fn generated(kind: Kind) -> Secret {
    Secret::generate(kind).expect("random bytes")
}

#[test]
fn whole_keys_are_found_in_files_with_their_lines_and_never_printed() {
    let home = Home::new();
    let keys = [generated(Kind::Live), generated(Kind::Test), generated(Kind::Management)];
    let [live, test, token] = keys.each_ref().map(Secret::reveal);
    std::fs::write(
        home.path().join("a.env"),
        format!("# mine\nKEY={live}\nOTHER=\"{test}\"; {token}\n{live}\n"),
    )
    .unwrap();
    // No line ends, bytes that are no text, and a key over the border of what is read at once.
    let mut bytes = vec![0xff; 64 * 1024 + 21];
    bytes.extend_from_slice(live.as_bytes());
    bytes.extend_from_slice(&vec![0; 100_000]);
    bytes.extend_from_slice(test.as_bytes());
    std::fs::write(home.path().join("core"), bytes).unwrap();
    let out = home.run(&["identify", "a.env", "core"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let said = String::from_utf8(out.stdout.clone()).expect("UTF-8");
    let expected = [
        ("a.env:2:5", &keys[0], "live", "2"),
        ("a.env:3:8", &keys[1], "test", "1"),
        ("a.env:3:54", &keys[2], "management", "1"),
        ("core:1:65558", &keys[0], "live", "1"),
        ("core:1:165601", &keys[1], "test", "1"),
    ];
    let rows: Vec<Vec<&str>> = said.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    for (row, (place, key, kind, count)) in rows.iter().zip(&expected) {
        assert_eq!(row, &[*place, &key.hint().to_string(), kind, count]);
    }
    assert_eq!(rows.len(), expected.len(), "{said}");
    for key in &keys {
        assert!(!said.contains(key.reveal()) && !errors(&out).contains(key.reveal()));
    }
    assert!(!home.data().exists(), "no database was made for it");

    let page = json(&home.ok(&["identify", "a.env", "--output", "json"]));
    assert_eq!((&page["items"][1]["file"], &page["items"][1]["line"]), (&"a.env".into(), &3.into()));
    assert!(page["items"][1].get("matches").is_none(), "nobody was asked");
    let csv = home.ok(&["identify", "a.env", "--output", "csv"]);
    assert!(csv.starts_with("place,hint,kind,count\na.env:2:5,redir_live_"), "{csv}");
}

#[test]
fn standard_input_is_read_where_no_file_is_named() {
    let home = Home::new();
    let key = generated(Kind::Live);
    for args in [&["identify"][..], &["identify", "-"], &["identify", "--offline"]] {
        let out = feed(home.command(args), &format!("one\n{}", key.reveal()));
        let said = String::from_utf8(out.stdout.clone()).expect("UTF-8");
        assert!(
            said.contains("standard input:2") && said.contains(&key.hint().to_string()),
            "{said}{}",
            errors(&out)
        );
    }
    for nothing in
        ["", "redir_live_", "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZr", "redir_live_7kf2****...****1YZq"]
    {
        let out = feed(home.command(&["identify"]), nothing);
        assert_eq!(out.status.code(), Some(4), "{}", errors(&out));
        assert!(errors(&out).contains("no keys found"));
    }
}

#[test]
fn a_database_says_which_key_it_is_by_its_mask() {
    let (home, key) = with_key();
    let token = home.ok(&["tokens", "create", "ci", "--role", "auditor"]);
    home.ok(&["keys", "create", "gone", "--project", "shop"]);
    home.ok(&["keys", "revoke", "shop/gone", "--yes"]);
    let stranger = generated(Kind::Live);
    let input = format!("{key}\n{}\n{}\n{key}\n", stranger.reveal(), token.trim_end());
    let out = feed(home.command(&["identify", "--output", "json"]), &input);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    let page = json(&String::from_utf8(out.stdout).expect("UTF-8"));
    let ours = |at: usize| &page["items"][at]["matches"][0];
    assert_eq!(
        (&ours(0)["project"], &ours(0)["name"], &ours(0)["status"]),
        (&"shop".into(), &"web".into(), &"active".into())
    );
    assert_eq!(page["items"][1]["matches"], serde_json::json!([]), "a key of somebody else");
    assert_eq!((&ours(2)["name"], ours(2).get("project")), (&"ci".into(), None));
    assert_eq!(
        (&page["total"], &page["items"][0]["count"]),
        (&3.into(), &serde_json::Value::Null),
        "each once"
    );
    for secret in [&key, token.trim_end(), stranger.reveal()] {
        assert_eq!(home.files_holding(secret), Vec::<std::path::PathBuf>::new(), "no log, no file");
    }

    let out = feed(home.command(&["identify"]), stranger.reveal());
    assert_eq!(out.status.code(), Some(4));
    assert!(errors(&out).contains("none of them exists on"), "{}", errors(&out));
    assert!(String::from_utf8_lossy(&out.stdout).contains("unknown"));
    let out = feed(home.command(&["identify", "--offline"]), stranger.reveal());
    assert_eq!(out.status.code(), Some(0), "its form is ours");
}

#[test]
fn a_server_is_told_the_mask_alone_and_who_is_no_admin_hears_of_no_tokens() {
    let (home, key) = with_key();
    let auditor = home.ok(&["tokens", "create", "ci", "--role", "auditor"]);
    let mut server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let url = format!("http://{}", address(&server, "management API"));
    let ask = |input: &str| {
        let mut command = home.command(&["identify", "--server", &url]);
        command.env("KEYDECK_TOKEN", auditor.trim_end());
        feed(command, input)
    };
    let out = ask(&format!("{key} {}", auditor.trim_end()));
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    assert!(said.contains("web") && said.contains("not permitted"), "{said}");
    let token = ask(auditor.trim_end());
    assert_eq!(token.status.code(), Some(1), "only an admin may list tokens");
    assert!(errors(&token).contains("admin"), "{}", errors(&token));
    server.terminate();
    assert!(!server.said().contains(&key));
    let out = ask(&key);
    assert_eq!(out.status.code(), Some(1), "nobody answers");
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(said.contains("standard input:1") && said.contains("not asked"), "found all the same: {said}");
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_searched() {
    let home = Home::new();
    std::fs::write(home.path().join("good"), generated(Kind::Live).reveal()).unwrap();
    std::fs::write(home.path().join("plain"), "nothing").unwrap();
    let out = home.run(&["identify", "missing", "good"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    assert!(String::from_utf8_lossy(&out.stdout).contains("good:1"));
    let said = errors(&out);
    assert!(said.contains("missing: skipped: ") && said.contains("keydeck: skipped 1 file"), "{said}");
    let out = home.run(&["identify", "missing", "plain"]);
    assert_eq!(out.status.code(), Some(1), "it may be in the other: {}", errors(&out));
    assert_failed(&home.run(&["identify", "--nonsense"]), 2, "--nonsense");
}

#[test]
fn a_finding_is_told_though_the_configuration_is_broken() {
    let home = Home::new();
    let folder = home.path().join("config/keydeck");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "server = 7\n").unwrap();
    let key = generated(Kind::Live);
    std::fs::write(home.path().join("leak"), key.reveal()).unwrap();
    let out = home.run(&["identify", "leak"]);
    let found = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(found.contains("leak:1") && found.contains(&key.hint().to_string()), "{found}");
    assert_eq!(out.status.code(), Some(1), "nobody could be asked");
    assert!(errors(&out).contains("config.toml, line 1"), "{}", errors(&out));
    let out = home.run(&["identify", "--offline", "leak"]);
    assert_eq!(out.status.code(), Some(0), "nobody was to be asked: {}", errors(&out));
}

#[test]
fn a_key_that_was_cut_is_named_with_its_length_and_nothing_of_its_secret() {
    let home = Home::new();
    let key = generated(Kind::Live);
    let (whole, short) = (key.reveal(), &key.reveal()[..30]);
    let out = feed(home.command(&["identify"]), &format!("first\nKEY={short}\n"));
    assert_eq!(out.status.code(), Some(4), "it is no key: {}", errors(&out));
    let handle = &whole[..15];
    let said = format!(
        "keydeck: standard input, line 2, column 5: truncated key: 30 of 43 characters ({handle}…); \
         `keydeck keys list --filter {}` lists the keys that begin like it\n",
        &handle[6..]
    );
    assert!(errors(&out).contains(&said), "{}", errors(&out));
    assert!(!errors(&out).contains(&whole[..16]), "{}", errors(&out));

    // In a file, over the border of what is read at once, and at its end.
    let text = format!("{}\n{short}{}\nredir_test_ab", "x".repeat(8180), "\n".repeat(9000));
    std::fs::write(home.path().join("a.log"), text).unwrap();
    let out = home.run(&["identify", "a.log"]);
    assert_eq!(out.status.code(), Some(4), "{}", errors(&out));
    assert!(errors(&out).contains("a.log, line 2, column 1: truncated key: 30 of 43"), "{}", errors(&out));
    assert!(errors(&out).contains("a.log, line 9003, column 1: truncated key: 13 of 43"), "{}", errors(&out));

    // Whole keys, masked keys and placeholders were not cut.
    let hint = key.hint().to_string();
    let text = format!("{whole} {hint} {handle}... {handle}…9Zq redir_live_YOUR_KEY redir_live_ {whole}9\n");
    let out = feed(home.command(&["identify", "--offline"]), &text);
    assert_eq!((out.status.code(), errors(&out).as_str()), (Some(0), ""));
}

#[test]
fn the_command_that_is_named_for_a_cut_key_lists_the_key() {
    let (home, key) = with_key();
    let out = feed(home.command(&["identify"]), &key[..30]);
    let said = errors(&out);
    let command = said.split('`').nth(1).expect("a command").strip_prefix("keydeck ").expect("ours");
    let listed = home.ok(&command.split(' ').collect::<Vec<_>>());
    assert!(listed.contains("web"), "{command}: {listed}");
}

/// The key with another letter in the middle of its secret.
pub(super) fn mistyped(key: &str) -> String {
    let other = if &key[20..21] == "x" { "y" } else { "x" };
    format!("{}{other}{}", &key[..20], &key[21..])
}

#[test]
fn a_key_with_one_wrong_letter_is_named_with_its_place_and_its_mask() {
    let home = Home::new();
    let key = generated(Kind::Live);
    let (wrong, hint) = (mistyped(key.reveal()), key.hint().to_string());
    let out = feed(home.command(&["identify"]), &format!("first\nKEY={wrong}\n"));
    assert_eq!(out.status.code(), Some(4), "it is no key: {}", errors(&out));
    let said = format!(
        "keydeck: standard input, line 2, column 5: possible key with a wrong checksum: {hint}; a character may be \
         mistyped\n"
    );
    assert!(errors(&out).starts_with(&said), "{}", errors(&out));
    assert!(errors(&out).ends_with("; 1 possible key has a wrong checksum\n"), "{}", errors(&out));
    assert!(!errors(&out).contains(&wrong[..16]), "no more than the mask: {}", errors(&out));

    // In the files of a folder, small and large, beside a whole key: it changes no exit code.
    let folder = home.path().join("logs");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("small"), format!("\n\n  {wrong}\n")).unwrap();
    std::fs::write(folder.join("large"), format!("{}\n{wrong}", "x y\n".repeat(100_000))).unwrap();
    std::fs::write(folder.join("whole"), key.reveal()).unwrap();
    let out = home.run(&["identify", "--offline", "logs"]);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    assert!(errors(&out).contains("logs/small, line 3, column 3: possible key"), "{}", errors(&out));
    assert!(errors(&out).contains("logs/large, line 100002, column 1: possible key"), "{}", errors(&out));
    assert!(errors(&out).ends_with("keydeck: 2 possible keys have a wrong checksum\n"), "{}", errors(&out));
    // Beside its correct copy it may be the one that someone uses.
    std::fs::write(folder.join("both"), format!("{}\n{wrong}\n", key.reveal())).unwrap();
    let out = home.run(&["identify", "--offline", "logs/both"]);
    assert!(errors(&out).contains("logs/both, line 2, column 1: possible key"), "{}", errors(&out));
    // A file that is named is not told of twice.
    let out = home.run(&["identify", "--offline", "logs/small"]);
    assert_eq!(errors(&out).matches("possible key with").count(), 1, "{}", errors(&out));
}

#[test]
fn a_byte_order_mark_stands_in_no_column_of_a_possible_key() {
    let home = Home::new();
    let key = generated(Kind::Live);
    let wrong = mistyped(key.reveal());
    let other = format!("redir_liev_{}", &key.reveal()[11..]);
    for (text, place) in [
        (format!("\u{feff}{wrong}\n"), "line 1, column 1"),
        (format!("\u{feff}K={}\n", &wrong[..30]), "line 1, column 3"),
        (format!("\u{feff}\n {wrong}\n"), "line 2, column 2"),
        (format!("\u{feff}{other}\n"), "line 1, column 1"),
    ] {
        let out = feed(home.command(&["identify", "--offline"]), &text);
        assert!(errors(&out).contains(&format!("standard input, {place}: ")), "{}", errors(&out));
        assert_eq!(errors(&out).matches("standard input, line").count(), 1, "{}", errors(&out));
    }
}

#[test]
fn nothing_else_is_taken_for_a_mistyped_key() {
    let home = Home::new();
    let random: String = (0..2000).map(|_| generated(Kind::Test).reveal()[11..].to_owned()).collect();
    let key = mistyped(generated(Kind::Test).reveal());
    let letters = "x".repeat(32);
    // Placeholders, more letters than a key has, and letters without a prefix.
    for text in [
        format!("redir_live_{letters}"),
        format!("{key}9"),
        format!("{key}_name"),
        key[11..].to_owned(),
        format!("x_{}", &key[6..]),
        random,
    ] {
        let out = feed(home.command(&["identify", "--offline"]), &text);
        assert!(!errors(&out).contains("possible"), "{text}: {}", errors(&out));
    }
}

#[test]
fn a_mistyped_prefix_is_named_on_standard_input_and_as_an_argument_but_in_no_file() {
    let home = Home::new();
    let key = generated(Kind::Live);
    let (body, hint) = (&key.reveal()[11..], key.hint().to_string());
    for prefix in ["redir_liev_", "redirlive_", "REDIR_LIVE_", "redir-live-", "redir_live", "edir_live_"] {
        let text = format!("{prefix}{body}");
        let shown = format!("{prefix}{}", &hint[11..]);
        let words = format!("possible key with a wrong prefix: {shown}; expected redir_live_\n");
        let out = feed(home.command(&["identify"]), &format!("one\n  {text}\n"));
        assert_eq!(out.status.code(), Some(4), "{}", errors(&out));
        assert!(
            errors(&out).contains(&format!("standard input, line 2, column 3: {words}")),
            "{}",
            errors(&out)
        );
        assert!(!errors(&out).contains(body), "{}", errors(&out));
        let out = home.run(&["identify", &text]);
        assert_eq!(out.status.code(), Some(1), "{}", errors(&out));
        assert!(errors(&out).contains(&words) && !errors(&out).contains(body), "{}", errors(&out));
        std::fs::write(home.path().join("notes"), &text).unwrap();
        let out = home.run(&["identify", "notes"]);
        assert!(!errors(&out).contains("possible key"), "{}", errors(&out));
    }
    // A letter too many may be one of the key: no more than the mask is shown.
    for (text, shown) in [
        (format!("REDIR_LIVE_Zq{body}"), format!("REDIR_LIVE_Zq{}", &body[..2])),
        (format!("redirlive_Z{body}"), format!("redirlive_Z{}", &body[..3])),
    ] {
        let shown = format!("wrong prefix: {shown}****...****{}; expected redir_live_\n", &body[28..]);
        let out = feed(home.command(&["identify"]), &text);
        assert!(errors(&out).contains(&shown), "{}", errors(&out));
        let out = home.run(&["identify", &text]);
        assert!(errors(&out).contains(&shown), "{}", errors(&out));
        assert!(!errors(&out).contains(&body[..4]), "{}", errors(&out));
    }
    // Neither names of other things nor a long text.
    let long = format!("{}redir_liev_{body}", "x\n".repeat(4_000));
    for text in [&format!("direct_line_{body}"), &format!("a_test_{body}"), "redir_liev_0000", &long] {
        let out = feed(home.command(&["identify"]), text);
        assert!(!errors(&out).contains("wrong prefix"), "{}", errors(&out));
    }
}

#[test]
fn json_lists_possible_keys_masked_with_what_does_not_fit() {
    let home = Home::new();
    let key = generated(Kind::Test);
    std::fs::write(home.path().join("a.env"), format!("\nKEY={}\n", mistyped(key.reveal()))).unwrap();
    let out = home.run(&["identify", "--offline", "--output", "json", "a.env"]);
    assert_eq!(out.status.code(), Some(4), "{}", errors(&out));
    let said = String::from_utf8(out.stdout).expect("UTF-8");
    let hint = key.hint().to_string();
    let expected = serde_json::json!([
        { "file": "a.env", "line": 2, "column": 5, "hint": hint, "problem": "checksum" }
    ]);
    assert_eq!(json(&said)["possibleKeys"], expected);
    let out = feed(
        home.command(&["identify", "--offline", "--output", "json"]),
        &format!("Redir_test_{}", &key.reveal()[11..]),
    );
    let page = json(&String::from_utf8(out.stdout).expect("UTF-8"));
    assert_eq!(page["possibleKeys"][0]["problem"], "prefix", "{page}");
    assert_eq!(page["possibleKeys"][0]["hint"], format!("Redir_test_{}", &hint[11..]), "{page}");
    assert_eq!((&page["items"], &page["notSearched"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn a_server_that_fails_after_its_first_answer_hides_nothing_that_was_found() {
    let (home, key) = with_key();
    let second = home.ok(&["keys", "create", "second", "--project", "shop"]);
    let token = home.ok(&["tokens", "create", "ci", "--role", "auditor"]);
    let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let stranger = generated(Kind::Live);
    let second = second.trim_end();
    for (first, name, code) in [(&*key, "web", 0), (stranger.reveal(), "unknown", 1)] {
        let url = cutting_proxy(address(&server, "management API"));
        let mut command = home.command(&["identify", "--server", &url]);
        command.env("KEYDECK_TOKEN", token.trim_end());
        let out = feed(command, &format!("{first}\n{second}\n"));
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        let rows: Vec<&str> = said.lines().skip(1).collect();
        assert_eq!(rows.len(), 2, "{said}{}", errors(&out));
        assert!(rows[0].contains("standard input:1:1") && rows[0].contains(name), "{said}");
        assert!(rows[1].contains("standard input:2:1") && rows[1].contains("not asked"), "{said}");
        assert_eq!(errors(&out).matches("cannot look up keys: ").count(), 1, "{}", errors(&out));
        assert_eq!(out.status.code(), Some(code), "{}", errors(&out));
    }
}

/// The address of a proxy that cuts the connection at the second request for keys, and at each one after it.
fn cutting_proxy(server: String) -> String {
    use std::io::{Read as _, Write as _};
    use std::net::{Shutdown, TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        let mut asked = 0;
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut onward = TcpStream::connect(&server).expect("the server runs");
            let (mut answers, mut back) =
                (onward.try_clone().expect("a copy"), client.try_clone().expect("a copy"));
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = client.read(&mut buffer) {
                asked += usize::from(buffer[..read].starts_with(b"GET /v1/keys"));
                if asked > 1 {
                    break;
                }
                onward.write_all(&buffer[..read]).expect("the server reads");
            }
            let _ = (client.shutdown(Shutdown::Both), onward.shutdown(Shutdown::Both));
        }
    });
    url
}
