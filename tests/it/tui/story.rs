//! The whole of it once through: a real pseudo-terminal, a real socket, a real file.

use crate::support::home::{Home, KEYDECK, get};
use crate::support::pty::Pty;

/// The dashboard of this home's user, with its first rows on the screen.
pub(super) fn dashboard(home: &Home, args: &[&str]) -> Pty {
    let pty = start(home, args);
    pty.until("a live connection", |screen| screen.contains("live"));
    pty
}

/// The same as a job of a shell, which can be stopped.
pub(super) fn job(home: &Home, args: &[&str]) -> Pty {
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let pty = Pty::job(KEYDECK.as_ref(), args, &env, 120, 30);
    pty.sees("live");
    pty
}

fn start(home: &Home, args: &[&str]) -> Pty {
    start_with(home, args, &[])
}

/// The same on a terminal of this size.
pub(super) fn start_sized(home: &Home, args: &[&str], (columns, rows): (u16, u16)) -> Pty {
    let env = home.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Pty::start(KEYDECK.as_ref(), args, &env, columns, rows)
}

/// The same with more in its environment.
pub(super) fn start_with(home: &Home, args: &[&str], more: &[(&str, &str)]) -> Pty {
    let env = home.env();
    let mut env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.extend_from_slice(more);
    Pty::start(KEYDECK.as_ref(), args, &env, 120, 30)
}

/// Where the Edge API listens, as the header says.
pub(super) fn edge(screen: &str) -> String {
    let at = screen.find("edge 127.0.0.1:").expect("the header shows the edge's address");
    screen[at + 5..].split_whitespace().next().expect("an address").to_owned()
}

/// The whole key on the screen.
pub(super) fn key_on(screen: &str) -> String {
    let at = keydeck::secret::find(screen).expect("a whole key on the screen");
    screen[at].to_owned()
}

/// Whether the header says that the keys are those of this project.
pub(super) fn shows_project(screen: &str, name: &str) -> bool {
    screen.lines().next().is_some_and(|header| header.contains(&format!(" {name}  ")))
}

/// Makes a project and opens its keys.
pub(super) fn make_project(pty: &mut Pty, name: &str) {
    pty.press("n");
    pty.sees("New project");
    pty.press(&format!("{name}\r"));
    pty.sees(&format!("Project {name} created"));
    // Its row may come a moment later, where the first rows were still under way.
    pty.sees(&format!("> {name}"));
    pty.press("\r");
    pty.until("its keys", |screen| shows_project(screen, name));
}

/// Makes a key and reads it; its dialog stays open.
pub(super) fn show_key(pty: &mut Pty, name: &str) -> String {
    pty.press("n");
    pty.sees("New key");
    pty.press(&format!("{name}\r"));
    key_on(&pty.until("the key", |screen| keydeck::secret::find(screen).is_some()))
}

/// Makes a key, reads it, and says that it is stored.
pub(super) fn make_key(pty: &mut Pty, name: &str) -> String {
    let key = show_key(pty, name);
    pty.press_until("\r", "no key", |screen| keydeck::secret::find(screen).is_none());
    pty.sees(name);
    key
}

pub(super) fn project_id(home: &Home, name: &str) -> String {
    let list: serde_json::Value =
        serde_json::from_str(&home.ok(&["projects", "list", "--output", "json"])).expect("JSON");
    let items = list["items"].as_array().expect("rows");
    let project = items.iter().find(|project| project["name"] == name).expect("the project");
    project["id"].as_str().expect("an id").to_owned()
}

/// Nothing of a key is left in any file of the user, nor on what stays of the terminal.
pub(super) fn left_no_trace(home: &Home, pty: &Pty, key: &str) {
    assert_eq!(home.files_holding(key), Vec::<std::path::PathBuf>::new(), "a file holds the key");
    // The 22 characters that nobody may know: they may not stand anywhere even without their prefix.
    assert_eq!(
        home.files_holding(&key[15..37]),
        Vec::<std::path::PathBuf>::new(),
        "a file holds the secret part"
    );
    assert!(!pty.scrollback().contains(&key[15..37]), "the scrollback holds the key");
}

#[test]
fn a_key_is_made_used_seen_and_revoked_in_one_sitting() {
    let home = Home::new();
    let mut pty = dashboard(&home, &[]);
    let edge = edge(&pty.sees("edge 127.0.0.1:"));
    make_project(&mut pty, "shop");

    let rules = home.path().join("rules.csv");
    std::fs::write(&rules, "source,destination\n/old,/new\n").unwrap();
    home.ok(&["rules", "import", rules.to_str().unwrap(), "--project", "shop"]);
    home.ok(&["rules", "deploy", "--project", "shop"]);
    let path = format!("/v1/lookup?project={}&path=/old", project_id(&home, "shop"));

    let key = make_key(&mut pty, "web");
    pty.sees("never");
    let answer = get(&edge, &path, &[("X-API-Key", &key)]);
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"destination":"/new","statusCode":301,"matchType":"exact"}"#)
    );
    pty.sees("just now");

    pty.press("x");
    pty.sees("Revoke this key?");
    pty.press_until("y", "the receipt", |screen| screen.contains("revoked (confirmed by 1 of 1 node"));
    let answer = get(&edge, &path, &[("X-API-Key", &key)]);
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains(r#""code":"INVALID_API_KEY""#), "{}", answer.body);
    let mask = keydeck::secret::masked(&key).into_owned();
    let screen = pty.sees("✕ revoked");
    assert!(screen.contains(&mask), "a revoked key keeps its mask\n{screen}");

    pty.press("q");
    pty.press("q");
    assert_eq!(pty.ends(), 0);
    assert!(pty.is_whole());
    left_no_trace(&home, &pty, &key);

    // The log tells the order of a start.
    let log = std::fs::read_to_string(home.log()).expect("a log");
    let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("{text} is in the log\n{log}"));
    assert!(at("first frame") < at("database open"), "the first frame precedes the database");
    assert!(at("database open") < at("first rows"));

    // A second start finds what the first stored.
    let pty = dashboard(&home, &[]);
    pty.sees("shop");
}

#[test]
fn a_key_that_another_process_revokes_is_dead_and_the_dashboard_shows_it() {
    let home = Home::new();
    let mut pty = dashboard(&home, &[]);
    let edge = edge(&pty.sees("edge 127.0.0.1:"));
    make_project(&mut pty, "shop");
    let key = make_key(&mut pty, "web");
    let path = format!("/v1/lookup?project={}&path=/x", project_id(&home, "shop"));
    assert_eq!(get(&edge, &path, &[("X-API-Key", &key)]).status, 204);

    let receipt = home.ok(&["keys", "revoke", "shop/web", "--yes", "--reason", "left the company"]);
    assert!(receipt.contains("1 of 1"), "{receipt}");
    assert_eq!(get(&edge, &path, &[("X-API-Key", &key)]).status, 401);
    pty.sees("✕ revoked");
    left_no_trace(&home, &pty, &key);
}

#[test]
fn what_another_process_does_shows_in_each_dashboard_without_a_question() {
    let home = Home::new();
    let mut owner = dashboard(&home, &[]);
    make_project(&mut owner, "shop");
    let key = make_key(&mut owner, "web");
    let mut second = dashboard(&home, &[]);
    second.press("2");
    second.sees("web");
    home.ok(&["keys", "create", "mobile", "--project", "shop"]);
    owner.sees("mobile");
    second.sees("mobile");
    let listed: serde_json::Value =
        serde_json::from_str(&home.ok(&["keys", "list", "--output", "json"])).expect("JSON");
    let items = listed["items"].as_array().expect("rows");
    let id = items.iter().find(|key| key["name"] == "web").expect("the key")["id"].as_str().expect("an id");
    second.press("f");
    second.sees("■ live updates off");
    home.ok(&["keys", "revoke", id, "--yes"]);
    owner.sees("✕ revoked");
    let screen = second.sees("■ live updates off, 1 pending");
    assert!(!screen.contains("✕ revoked"), "{screen}");

    // Nobody asked for a page after the revocation: it was told.
    let log = std::fs::read_to_string(home.log()).expect("a log");
    let at = log.find("/v1/keys/{id}/revoke").expect("the revocation is in the log");
    let asked = log[at..].lines().filter(|line| line.contains("route=\"/v1/keys\"")).count();
    assert!(log[..at].contains("route=\"/v1/keys\""), "{log}");
    assert_eq!(asked, 0, "{}", &log[at..]);
    second.press("f");
    second.sees("✕ revoked");
    left_no_trace(&home, &owner, &key);
}

#[test]
fn a_leaked_key_is_pasted_and_revoked_and_nothing_of_it_is_left() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let key = home.ok(&["keys", "create", "leaked", "--project", "shop"]).trim().to_owned();
    for name in ["a", "b", "c"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    let mut pty = dashboard(&home, &[]);
    pty.press("2");
    pty.sees("leaked");
    pty.paste(&key);
    let mask = keydeck::secret::masked(&key).into_owned();
    pty.until("the offer", |screen| screen.matches(&mask).count() > 1 || screen.contains("Enter"));
    pty.press("x");
    let dialog = pty.sees("Revoke this key?");
    assert!(dialog.contains("leaked"), "{dialog}");
    pty.press_until("y", "the receipt", |screen| screen.contains("revoked (confirmed by 1 of 1 node"));
    let raw = pty.raw();
    let secret = &key.as_bytes()[15..37];
    assert!(
        !raw.windows(secret.len()).any(|window| window == secret),
        "the secret was written to the terminal"
    );
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    left_no_trace(&home, &pty, &key);
    let shown: serde_json::Value =
        serde_json::from_str(&home.ok(&["keys", "show", "shop/leaked", "--output", "json"])).expect("JSON");
    assert_eq!(shown["status"], "revoked");
}

#[test]
fn an_unsaved_key_is_not_closed_by_accident_and_can_be_revoked_at_once() {
    let home = Home::new();
    let mut pty = dashboard(&home, &[]);
    make_project(&mut pty, "shop");
    pty.press("n");
    pty.sees("New key");
    pty.press("web\r");
    pty.until("the key", |screen| keydeck::secret::find(screen).is_some());
    for key in ["\x1b", "q", "\x03"] {
        pty.press(key);
        pty.sees("Not saved yet");
        pty.press("\x1b");
        pty.sees_no_more("Not saved yet");
        pty.until("the key again", |screen| keydeck::secret::find(screen).is_some());
    }
    pty.press("\x1b");
    pty.sees("Not saved yet");
    pty.press_until("x", "the revocation", |screen| screen.contains("revoked (confirmed by"));
    let keys: serde_json::Value =
        serde_json::from_str(&home.ok(&["keys", "list", "--status", "all", "--output", "json"]))
            .expect("JSON");
    assert_eq!(keys["items"][0]["status"], "revoked");
}

#[test]
fn every_way_out_leaves_the_terminal_as_it_was() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let home = Home::new();
        let mut pty = dashboard(&home, &[]);
        pty.signal(signal);
        assert_eq!(pty.ends(), code, "{signal}");
        assert!(pty.is_whole(), "{signal}");
    }
    let home = Home::new();
    let mut pty = dashboard(&home, &[]);
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
    assert!(pty.is_whole());
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_going_on_draws_again() {
    let home = Home::new();
    let mut pty = job(&home, &["--no-edge"]);
    pty.stop();
    pty.go_on();
    pty.until_screen("the dashboard", |screen| {
        screen.alternate_screen() && screen.contents().contains("Projects")
    });
    pty.resize(60, 15);
    pty.press("2");
    pty.sees("▸ all projects");
}

#[test]
fn ctrl_z_says_so_where_nobody_could_continue_it() {
    let home = Home::new();
    // No shell is in this terminal: a stop would be for good.
    let mut pty = dashboard(&home, &[]);
    pty.press("\x1a");
    pty.sees("Cannot suspend: there is no shell");
    pty.press("2");
    pty.sees("▸ all projects");
    pty.press("\x03");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn a_dashboard_whose_owner_leaves_takes_the_file_over() {
    let home = Home::new();
    let mut owner = dashboard(&home, &[]);
    make_project(&mut owner, "shop");
    let mut second = dashboard(&home, &[]);
    second.sees("shop");
    owner.press("\x03");
    assert_eq!(owner.ends(), 0);
    second.press("\r");
    second.sees("▸ shop");
    let key = make_key(&mut second, "web");
    assert!(home.ok(&["keys", "list"]).contains("web"));
    left_no_trace(&home, &second, &key);
}

#[test]
fn hostile_names_are_refused_or_shown_inert() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let mut stored = 0;
    for (name, code) in crate::support::hostile::names() {
        if name.contains('\0') {
            continue; // No argument can hold it; the API's own tests send it.
        }
        let out = home.run(&["keys", "create", "--project", "shop", "--", &name]);
        assert_eq!(
            out.status.success(),
            code.is_none(),
            "{name:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{name:?}: {said:?}");
        assert!(!said.contains("Q9w3ErTy5UiOp1AsDf8GhJ"), "{said}");
        stored += usize::from(code.is_none());
    }
    let mut pty = dashboard(&home, &[]);
    pty.press("2");
    pty.until("all rows", |screen| screen.contains(&format!("of {stored}")));
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!raw.contains("\u{202e}") && !raw.contains("]0;title"));
}
