//! `keydeck serve`.

use keydeck::secret::{Kind, Secret};

use super::keys::json;
use super::terminal::start_with;
use crate::support::home::{Home, get};
use crate::support::process::{Running, assert_failed, errors};

const ANY: [&str; 5] = ["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"];

/// The address in a line such as `keydeck: Edge API on http://127.0.0.1:7475`.
pub(crate) fn address(owner: &Running, what: &str) -> String {
    let line = owner.until_said(&format!("{what} on http://"));
    line.rsplit_once("http://").expect("an address").1.to_owned()
}

#[test]
fn the_first_admin_token_is_in_a_file_of_mode_0600_and_opens_the_server() {
    let home = Home::new();
    let mut owner = home.start(&ANY);
    owner.until_said("keydeck: ready");
    let file = home.data().join("admin-token");
    let text = std::fs::read_to_string(&file).expect("the token's file");
    let token = Secret::parse(text.trim_end()).expect("a token");
    assert_eq!(token.kind(), Kind::Management);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
    }
    let url = format!("http://{}", address(&owner, "management API"));
    let mut command = home.command(&["--server", &url, "projects", "create", "shop", "--output", "json"]);
    let out = command.env("KEYDECK_TOKEN_FILE", &file).output().expect("it runs");
    assert!(out.status.success(), "{}", errors(&out));
    let mut command = home.command(&["--server", &url, "audit", "events", "--output", "json"]);
    let out = command.env("KEYDECK_TOKEN", token.reveal()).output().expect("it runs");
    let events = json(&String::from_utf8(out.stdout).expect("UTF-8"));
    assert_eq!(events["items"][0]["actor"], "token:admin");
    assert!(!owner.said().contains(token.reveal()), "not in the log");

    // No token, a wrong one, and one that may not.
    assert_failed(&home.run(&["--server", &url, "projects", "list"]), 3, "KEYDECK_TOKEN");
    let mut command = home.command(&["--server", &url, "projects", "list"]);
    let wrong = command.env("KEYDECK_TOKEN", "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY").output();
    assert_failed(&wrong.expect("it runs"), 3, "invalid or revoked token");
    let mut command = home.command(&["--server", &url, "--read-only", "projects", "create", "x"]);
    let read_only = command.env("KEYDECK_TOKEN_FILE", &file).output().expect("it runs");
    assert_failed(&read_only, 3, "--read-only");

    // A second start makes no second token.
    assert_eq!(owner.terminate().code(), Some(0));
    let owner = home.start(&ANY);
    owner.until_said("keydeck: ready");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), text);
}

#[test]
fn a_second_database_in_the_folder_leaves_the_first_ones_admin_token() {
    let home = Home::new();
    let serve = |name: &str| {
        let url = format!("sqlite://{}", home.data().join(name).display());
        let mut owner = home.start(&[&ANY[..], &["--database", &url]].concat());
        owner.until_said("keydeck: ready");
        let url = format!("http://{}", address(&owner, "management API"));
        let own = home.data().join(if name == "keydeck.db" { "admin-token" } else { "b.db.admin-token" });
        let mut command = home.command(&["--server", &url, "projects", "list"]);
        let out = command.env("KEYDECK_TOKEN_FILE", own).output().expect("it runs");
        assert!(out.status.success(), "{}", errors(&out));
        assert_eq!(owner.terminate().code(), Some(0));
    };
    serve("keydeck.db");
    let file = home.data().join("admin-token");
    let text = std::fs::read_to_string(&file).expect("the token's file");
    serve("b.db");
    assert_eq!(std::fs::read_to_string(&file).expect("the token's file"), text);

    // A new database in the place of the first one: nobody knows whose token that is.
    std::fs::remove_file(home.data().join("keydeck.db")).expect("it is there");
    assert_failed_after_log(&home.run(&ANY), 5, "KEYDECK_ADMIN_TOKEN_FILE=");
    assert_eq!(std::fs::read_to_string(&file).expect("the token's file"), text);
    let mut command = home.command(&ANY);
    command.env("KEYDECK_ADMIN_TOKEN_FILE", &file);
    Running::start(command).until_said("keydeck: ready");
    serve("keydeck.db");
}

/// The same as [`assert_failed`], for a server that has written lines of its log before.
fn assert_failed_after_log(out: &std::process::Output, code: i32, about: &str) {
    assert_eq!(out.status.code(), Some(code), "{}", errors(out));
    let said = errors(out);
    let last = said.lines().last().expect("a line");
    assert!(last.starts_with("keydeck: ") && last.contains(about), "{said}");
}

#[test]
fn the_first_admin_token_may_be_given() {
    let given = Secret::generate(Kind::Management).expect("random bytes");
    let home = Home::new();
    let mut command = home.command(&ANY);
    command.env("KEYDECK_ADMIN_TOKEN", given.reveal());
    let owner = Running::start(command);
    owner.until_said("keydeck: ready");
    assert!(!home.data().join("admin-token").exists());
    let url = format!("http://{}", address(&owner, "management API"));
    let mut command = home.command(&["--server", &url, "tokens", "list", "--output", "json"]);
    let out = command.env("KEYDECK_TOKEN", given.reveal()).output().expect("it runs");
    let tokens = json(&String::from_utf8(out.stdout).expect("UTF-8"));
    assert_eq!(tokens["items"][0]["hint"], given.hint().to_string());
    assert_eq!(home.files_holding(given.reveal()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn the_token_in_use_is_marked_and_revoked_only_on_purpose() {
    let home = Home::new();
    let owner = home.start(&ANY);
    let url = format!("http://{}", address(&owner, "management API"));
    owner.until_said("keydeck: ready");
    let boss = json(&home.ok(&["tokens", "create", "boss", "--role", "admin", "--output", "json"]));
    let secret = boss["secret"].as_str().expect("a secret").to_owned();
    let id = boss["token"]["id"].as_str().expect("an id").to_owned();
    let run = |args: &[&str]| {
        let mut command = home.command(&[&["--server", &url][..], args].concat());
        command.env("KEYDECK_TOKEN", &secret).output().expect("it runs")
    };
    let list = run(&["tokens", "list"]);
    let list = String::from_utf8(list.stdout).expect("UTF-8");
    let marked: Vec<&str> = list.lines().filter(|line| line.contains("(in use here)")).collect();
    assert!(marked.len() == 1 && marked[0].contains("boss"), "{list}");
    let csv = String::from_utf8(run(&["tokens", "list", "--output", "csv"]).stdout).expect("UTF-8");
    assert!(!csv.contains("in use"), "{csv}");
    assert!(!home.ok(&["tokens", "list"]).contains("(in use here)"), "the socket needs no token");

    let ask = || {
        let args = ["--server", &*url, "tokens", "revoke", &*id];
        start_with(&home, &args, &[("KEYDECK_TOKEN", &secret)])
    };
    let refused = run(&["tokens", "revoke", &id]);
    assert_failed(&refused, 2, "boss is the token in use");
    assert!(run(&["tokens", "list"]).status.success(), "it still works");
    let mut asked = ask();
    asked.sees("Type boss to revoke it:");
    asked.press("y\r");
    assert_eq!(asked.ends(), 1);
    let mut asked = ask();
    asked.sees("Type boss to revoke it:");
    asked.press("boss\r");
    assert_eq!(asked.ends(), 0);
    assert_eq!(run(&["tokens", "list"]).status.code(), Some(3), "it was revoked");
    let other = json(&home.ok(&["tokens", "create", "ci", "--role", "auditor", "--output", "json"]));
    home.ok(&["tokens", "revoke", other["token"]["id"].as_str().expect("an id")]);
}

#[test]
fn a_malformed_admin_token_is_wrong_usage_and_not_repeated() {
    let home = Home::new();
    for given in ["redir_mgmt_tooshort", "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq"] {
        let out = home.command(&ANY).env("KEYDECK_ADMIN_TOKEN", given).output().expect("it runs");
        assert_eq!(out.status.code(), Some(2));
        assert!(errors(&out).contains("KEYDECK_ADMIN_TOKEN"), "{}", errors(&out));
        assert!(!errors(&out).contains(given));
        let file = home.path().join("given");
        std::fs::write(&file, given).expect("a file");
        let out = home.command(&ANY).env("KEYDECK_ADMIN_TOKEN_FILE", &file).output().expect("it runs");
        assert_eq!(out.status.code(), Some(2), "{}", errors(&out));
        assert!(!errors(&out).contains(given));
    }
}

#[test]
fn without_a_file_for_the_first_token_it_stops_and_says_what_to_set() {
    let home = Home::new();
    let out = home.run(&[&ANY[..], &["--database", "sqlite::memory:"]].concat());
    assert_eq!(out.status.code(), Some(2), "{}", errors(&out));
    assert!(errors(&out).contains("KEYDECK_ADMIN_TOKEN"), "{}", errors(&out));
}

#[test]
fn an_open_network_address_is_refused_unless_a_proxy_stands_before_it() {
    let home = Home::new();
    let open = ["serve", "--manage", "0.0.0.0:0", "--edge", "127.0.0.1:0"];
    assert_failed(&home.run(&open), 2, "--behind-tls-proxy");
    let owner = home.start(&[&open[..], &["--behind-tls-proxy"]].concat());
    owner.until_said("keydeck: ready");
}

#[test]
fn a_flag_that_a_command_cannot_keep_to_is_refused() {
    let home = Home::new();
    for (flags, about) in [
        (&["--read-only"][..], "--read-only cannot be used with serve"),
        (&["--no-edge"], "--no-edge cannot be used with serve"),
        (&["--server", "https://keys.example.com"], "--server cannot be used with serve"),
    ] {
        assert_failed(&home.run(&[flags, &ANY].concat()), 2, about);
    }
    for command in [&["login", "http://127.0.0.1:1"][..], &["contexts", "use", "default"]] {
        assert_failed(&home.run(&[&["--read-only"], command].concat()), 2, "--read-only cannot be used with");
    }
    assert!(!home.data().exists(), "nothing was made");
}

#[test]
fn the_receipt_of_a_revoked_token_names_the_one_node_there_is() {
    let home = Home::new();
    let made = json(&home.ok(&["tokens", "create", "ci", "--role", "auditor", "--output", "json"]));
    let id = made["token"]["id"].as_str().expect("an id");
    let revoked = json(&home.ok(&["tokens", "revoke", id, "--output", "json"]));
    assert_eq!((&revoked["receipt"]["confirmedBy"], &revoked["receipt"]["nodes"]), (&1.into(), &1.into()));
}

#[cfg(unix)]
#[test]
fn sigterm_ends_it_in_order_and_no_use_is_lost() {
    let home = Home::new();
    let mut owner = home.start(&ANY);
    owner.until_said("keydeck: ready");
    let edge = address(&owner, "Edge API");
    let project = json(&home.ok(&["projects", "create", "shop", "--output", "json"]));
    let key = home.ok(&["keys", "create", "web", "--project", "shop"]);
    let path = format!("/v1/lookup?project={}&path=/a", project["id"].as_str().expect("an id"));
    let answer = get(&edge, &path, &[("X-API-Key", key.trim_end())]);
    assert_eq!(answer.status, 204, "{}", answer.head);
    assert_eq!(owner.terminate().code(), Some(0));
    assert!(owner.said().contains("database closed"), "{}", owner.said());
    assert!(!home.data().join("keydeck.db-wal").exists(), "the file is whole by itself");
    let shown = json(&home.ok(&["keys", "show", "shop/web", "--output", "json"]));
    assert!(shown["lastUsedAt"].is_string(), "the use was written: {shown}");
    assert_eq!(shown["requests30d"], 1);
}

#[cfg(unix)]
#[test]
fn sigterm_lets_those_go_who_listen_to_events() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    let home = Home::new();
    let mut owner = home.start(&ANY);
    owner.until_said("keydeck: ready");
    let token = std::fs::read_to_string(home.data().join("admin-token")).expect("the token's file");
    let manage = address(&owner, "management API");
    let mut remote = std::net::TcpStream::connect(&manage).expect("it listens");
    let mut local =
        std::os::unix::net::UnixStream::connect(home.data().join("keydeck.sock")).expect("a door");
    write!(
        remote,
        "GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        token.trim_end()
    )
    .expect("it reads");
    write!(local, "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
    let (mut remote, mut local) = (BufReader::new(remote), BufReader::new(local));
    let until_open = |line: &str| line.starts_with("event: ready");
    let streams: [&mut dyn std::io::BufRead; 2] = [&mut remote, &mut local];
    for stream in streams {
        assert!(stream.lines().map_while(Result::ok).any(|line| until_open(&line)));
    }
    let begun = std::time::Instant::now();
    assert_eq!(owner.terminate().code(), Some(0));
    let said = owner.said();
    assert!(said.contains("database closed") && !said.contains("requests still running"), "{said}");
    assert!(begun.elapsed().as_secs() < 5, "nobody was waited for");
    let mut rest = String::new();
    remote.read_to_string(&mut rest).expect("it ended in order");
    assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
    local.read_to_string(&mut rest).expect("it ended in order");
}

#[test]
fn a_server_that_is_not_there_or_is_something_else_is_unreachable() {
    let home = Home::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", free.local_addr().expect("its address"));
    drop(free);
    let mut command = home.command(&["--server", &url, "keys", "list"]);
    command.env("KEYDECK_TOKEN", "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY");
    assert_failed(&command.output().expect("it runs"), 6, "cannot reach");

    let mut command = home.command(&["--server", "http://keys.example.com", "keys", "list"]);
    command.env("KEYDECK_TOKEN", "redir_mgmt_AbCdEfGhIjKlMnOpQrStUvWxYz3iKEgY");
    assert_failed(&command.output().expect("it runs"), 2, "use https");
}
