//! `keydeck keys`, `projects` and `tokens`.

use keydeck::secret::{Kind, Secret};
use serde_json::Value;

use crate::support::home::Home;
use crate::support::process::{assert_failed, errors, feed};

/// A home with a project, and the whole text of its one key.
pub(super) fn with_key() -> (Home, String) {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let key = home.ok(&["keys", "create", "web", "--project", "shop"]);
    (home, key.trim_end().to_owned())
}

pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_new_key_comes_out_of_a_pipe_plainly_and_alone() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let out = home.run(&["keys", "create", "web", "--project", "shop"]);
    assert!(out.status.success(), "{}", errors(&out));
    let text = String::from_utf8(out.stdout.clone()).expect("UTF-8");
    let key = text.strip_suffix('\n').expect("one line");
    assert_eq!(Secret::parse(key).expect("a key").kind(), Kind::Live);
    assert!(!errors(&out).contains(key), "standard error is for people and logs");
    assert_eq!(home.files_holding(key), Vec::<std::path::PathBuf>::new(), "no file holds it");

    let test = home.ok(&["keys", "create", "try", "--project", "SHOP", "--test"]);
    assert_eq!(Secret::parse(test.trim_end()).expect("a key").kind(), Kind::Test);
}

#[test]
fn as_json_a_new_key_is_the_answer_of_the_api() {
    let (home, _) = with_key();
    let created = json(&home.ok(&["keys", "create", "app", "--project", "shop", "--output", "json"]));
    let secret = Secret::parse(created["secret"].as_str().expect("a secret")).expect("a key");
    assert_eq!(created["key"]["hint"], secret.hint().to_string());
    assert_eq!(created["key"]["name"], "app");
    assert!(created["key"]["createdBy"].as_str().expect("a creator").starts_with("local:"));
}

#[test]
fn a_key_is_found_by_id_name_mask_and_its_whole_text_on_standard_input() {
    let (home, key) = with_key();
    home.ok(&["keys", "create", "other", "--project", "shop"]);
    let secret = Secret::parse(&key).expect("a key");
    let shown = json(&home.ok(&["keys", "show", "shop/WEB", "--output", "json"]));
    let id = shown["id"].as_str().expect("an id");
    let mask = secret.hint().to_string();
    for named in [id, mask.as_str()] {
        let found = json(&home.ok(&["keys", "show", named, "--output", "json"]));
        assert_eq!(found["name"], "web", "by {named}");
    }
    for given in [key.as_str(), id, mask.as_str(), "shop/web"] {
        let out = feed(home.command(&["keys", "show", "-", "--output", "json"]), given);
        assert!(out.status.success(), "{}", errors(&out));
        let found = json(&String::from_utf8(out.stdout).expect("UTF-8"));
        assert_eq!(found["name"], "web");
    }
    assert_eq!(home.files_holding(&key), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_key_whose_project_and_name_hold_slashes_is_found() {
    let home = Home::new();
    home.ok(&["projects", "create", "a/b"]);
    home.ok(&["projects", "create", "a"]);
    home.ok(&["keys", "create", "c/d \"e\"", "--project", "a/b"]);
    let found = json(&home.ok(&["keys", "show", "a/b/c/d \"e\"", "--output", "json"]));
    assert_eq!(found["projectName"], "a/b");
}

#[test]
fn revoking_needs_a_yes_where_nobody_can_be_asked() {
    let (home, _) = with_key();
    assert_failed(&home.run(&["keys", "revoke", "shop/web"]), 2, "--yes");
    let shown = json(&home.ok(&["keys", "show", "shop/web", "--output", "json"]));
    assert_eq!(shown["status"], "active", "nothing was changed");
}

#[test]
fn a_revocation_prints_its_receipt_and_a_repeat_the_same_revision() {
    let (home, key) = with_key();
    let revoke = ["keys", "revoke", "-", "--yes", "--reason", "leaked", "--output", "json"];
    let first = feed(home.command(&revoke), &key);
    assert!(first.status.success(), "{}", errors(&first));
    let first = json(&String::from_utf8(first.stdout).expect("UTF-8"));
    assert_eq!(first["key"]["status"], "revoked");
    assert_eq!(first["key"]["revokeReason"], "leaked");
    assert_eq!((&first["receipt"]["confirmedBy"], &first["receipt"]["nodes"]), (&1.into(), &1.into()));
    let again = json(&home.ok(&["keys", "revoke", "shop/web", "--yes", "--output", "json"]));
    assert_eq!(again["receipt"]["revision"], first["receipt"]["revision"]);
    assert!(!home.ok(&["keys", "list"]).contains("web"), "active ones alone");
    let all = home.ok(&["keys", "list", "--status", "all"]);
    assert!(all.contains("web") && all.contains("revoked"), "{all}");
}

#[test]
fn a_change_that_changes_nothing_says_what_stayed_as_it_was() {
    let (home, _) = with_key();
    let said = |args: &[&str]| {
        let out = home.run(args);
        assert_eq!(out.status.code(), Some(0), "{args:?}: {}", errors(&out));
        assert!(String::from_utf8_lossy(&out.stdout).contains("web"), "the receipt is printed: {args:?}");
        errors(&out)
    };
    assert_eq!(
        said(&["keys", "resume", "shop/web"]),
        "keydeck: shop/web is not paused; nothing was changed\n"
    );
    let first = said(&["keys", "pause", "shop/web", "--reason", "first"]);
    assert!(first.starts_with("keydeck: shop/web paused: saved in the database"), "{first}");
    let again = said(&["keys", "pause", "shop/web", "--reason", "second"]);
    assert!(again.starts_with("keydeck: shop/web was already paused at 20"), "{again}");
    assert!(again.contains(" by local:") && again.ends_with("; the reason was not changed\n"), "{again}");
    assert!(!said(&["keys", "pause", "shop/web"]).contains("reason"));
    assert!(
        said(&["keys", "resume", "shop/web"]).starts_with("keydeck: shop/web resumed: saved in the database")
    );
    let same = "keydeck: shop/web already has this name; nothing was changed\n";
    assert_eq!(said(&["keys", "edit", "shop/web", "--name", "web"]), same);
    assert_eq!(said(&["keys", "rename", "shop/web", "web"]), same);
    assert_eq!(said(&["keys", "edit", "shop/web", "--name", "web", "--owner", "ann"]), "");
    let same = "keydeck: shop/web already has this name and owner; nothing was changed\n";
    assert_eq!(said(&["keys", "edit", "shop/web", "--name", "web", "--owner", "ann"]), same);
}

#[test]
fn a_list_is_filtered_sorted_and_cut() {
    let (home, _) = with_key();
    for name in ["alpha", "beta", "gamma"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    let names = |args: &[&str]| -> Vec<String> {
        let page = json(&home.ok(&[args, &["--output", "json"]].concat()));
        let items = page["items"].as_array().expect("items").clone();
        items.iter().map(|key| key["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&["keys", "list", "--sort", "-name"]), ["web", "gamma", "beta", "alpha"]);
    assert_eq!(names(&["keys", "list", "--filter", "name:a !beta", "--sort", "name"]), ["alpha", "gamma"]);
    assert_eq!(names(&["keys", "list", "--sort", "name", "--limit", "2"]), ["alpha", "beta"]);
    let cut = json(&home.ok(&["keys", "list", "--limit", "2", "--output", "json"]));
    assert_eq!((&cut["total"], &cut["more"]), (&4.into(), &true.into()), "rows were left out");
    let of_filter = ["keys", "list", "--filter", "name:a", "--limit", "1", "--output", "json"];
    assert_eq!(json(&home.ok(&of_filter))["total"], 3, "alpha, beta, gamma");
    let events = json(&home.ok(&["audit", "events", "--limit", "1", "--output", "json"]));
    assert_eq!((&events["total"], events["items"].as_array().map(Vec::len)), (&5.into(), Some(1)));
    assert_failed(&home.run(&["keys", "list", "--filter", "used:often"]), 2, "column 6");
}

#[test]
fn keys_are_counted_by_creator_project_and_status() {
    let (home, _) = with_key();
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    home.ok(&["projects", "create", "blog"]);
    home.ok(&["keys", "create", "feed", "--project", "blog"]);
    home.ok(&["keys", "revoke", "shop/app", "--yes"]);
    let table = home.ok(&["keys", "list", "--group-by", "project", "--status", "all"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0].join(" "), "GROUP KEYS ACTIVE UNUSED STALE IDLE SINCE");
    assert_eq!(lines[1][..5], ["shop", "2", "1", "1", "0"]);
    assert_eq!(lines[2][..5], ["blog", "1", "1", "1", "0"]);
    let narrow = home.ok(&[
        "keys",
        "list",
        "--group-by",
        "project",
        "--filter",
        "name:feed",
        "--columns",
        "group,keys",
    ]);
    assert_eq!(narrow.split_whitespace().collect::<Vec<_>>(), ["GROUP", "KEYS", "blog", "1"]);
    let by_status = home.ok(&[
        "keys",
        "list",
        "--group-by",
        "status",
        "--status",
        "all",
        "--project",
        "shop",
        "--output",
        "csv",
    ]);
    assert!(by_status.starts_with("group,projectId,keys,active,unused,stale,oldestIdleAt\n"), "{by_status}");
    assert!(
        by_status.contains("\nrevoked,,1,0,0,0,\n") && by_status.contains("\nnew,,1,1,1,0,"),
        "{by_status}"
    );
    home.ok(&["keys", "edit", "blog/feed", "--owner", "ann"]);
    let owners = home.ok(&["keys", "list", "--group-by", "owner", "--columns", "group,keys"]);
    let owners: Vec<&str> = owners.split_whitespace().collect();
    assert_eq!(
        owners,
        ["GROUP", "KEYS", "no", "owner", "1", "ann", "1"],
        "those without an owner are a group"
    );
    let creators =
        json(&home.ok(&["keys", "list", "--group-by", "creator", "--limit", "1", "--output", "json"]));
    assert_eq!((creators["total"].as_u64(), creators["keys"].as_u64()), (Some(1), Some(2)));
    assert!(creators["items"][0]["group"].as_str().is_some_and(|by| by.starts_with("local:")), "{creators}");
    assert_failed(&home.run(&["keys", "list", "--group-by", "size"]), 2, "creator");
    assert_failed(&home.run(&["keys", "list", "--group-by", "creator", "--ids"]), 2, "--ids");
}

#[test]
fn all_pages_of_a_list_are_fetched() {
    let home = Home::new();
    // More than the largest page: made through the API of one owner, which is faster than 1,001 processes.
    let mut owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let socket = home.data().join("keydeck.sock");
    for number in 0..1001 {
        let body = format!("{{\"name\":\"p{number}\"}}");
        let made = crate::support::home::over_socket(&socket, "POST", "/v1/projects", &body);
        assert_eq!(made.expect("an answer").status, 201);
    }
    let page = json(&home.ok(&["projects", "list", "--output", "json"]));
    assert_eq!(page["items"].as_array().expect("items").len(), 1001);
    assert_eq!((&page["total"], &page["next"]), (&1001.into(), &Value::Null));
    owner.terminate();
}

#[test]
fn names_are_taken_once_and_renamed() {
    let (home, _) = with_key();
    assert_failed(&home.run(&["projects", "create", "Shop"]), 5, "choose another name");
    assert_failed(&home.run(&["keys", "create", "WEB", "--project", "shop"]), 5, "choose another name");
    home.ok(&["projects", "rename", "shop", "store"]);
    home.ok(&["keys", "rename", "store/web", "site"]);
    let shown = json(&home.ok(&["keys", "show", "store/site", "--output", "json"]));
    assert_eq!(shown["projectName"], "store");
}

#[test]
fn a_key_is_rotated_and_several_are_revoked_at_once() {
    let (home, key) = with_key();
    let next = home.ok(&["keys", "rotate", "shop/web"]);
    assert_eq!(Secret::parse(next.trim_end()).expect("a key").kind(), Kind::Live);
    assert_ne!(next.trim_end(), key);
    let named = json(&home.ok(&["keys", "rotate", "shop/web", "--name", "app", "--output", "json"]));
    assert_eq!(named["key"]["name"], "app");
    assert_failed(&home.run(&["keys", "rotate", "shop/web", "--name", "app"]), 5, "choose another name");
    assert_failed(&home.run(&["keys", "revoke", "shop/web", "shop/app"]), 2, "--yes");
    assert_failed(&home.run(&["keys", "revoke", "shop/web", "shop/nope", "--yes"]), 4, "key not found");
    let dry = ["keys", "revoke", "shop/web", "shop/app", "--dry-run"];
    let out = home.run(&dry);
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!((said.matches("would revoke").count(), said.matches("revoked").count()), (2, 0), "{said}");
    assert!(errors(&out).contains("dry run: nothing was changed"), "{}", errors(&out));
    let said = json(&home.ok(&[&dry[..], &["--output", "json"]].concat()));
    assert_eq!((&said["dryRun"], &said["results"][0]["outcome"]), (&true.into(), &"revoked".into()));
    let said = home.ok(&[&dry[..], &["--output", "csv"]].concat());
    assert!(
        said.starts_with("id,project,name,outcome,dryRun\n") && said.contains(",revoked,true\n"),
        "{said}"
    );
    assert_eq!(home.ok(&["keys", "list", "--output", "csv"]).lines().count(), 4, "nothing was changed");
    let revoke = ["keys", "revoke", "shop/web", "shop/app", "--yes", "--output", "json"];
    let done = json(&home.ok(&revoke));
    assert_eq!((&done["receipt"]["confirmedBy"], &done["receipt"]["nodes"]), (&1.into(), &1.into()));
    assert_eq!(done["results"][1]["outcome"], "revoked");
    let since = ["keys", "revoke", "shop/web-2", "--unused-since", "2020-01-01T00:00:00Z", "--yes"];
    assert!(home.ok(&since).contains("revoked"), "it was never used");
}

#[test]
fn a_project_is_deleted_with_its_keys_when_told_so() {
    let (home, _) = with_key();
    assert_failed(&home.run(&["projects", "delete", "shop"]), 2, "--yes");
    assert_failed(
        &home.run(&["projects", "delete", "shop", "--yes"]),
        5,
        "the project has 1 active key; pass --revoke-keys",
    );
    let out = home.run(&["projects", "delete", "shop", "--revoke-keys", "--yes"]);
    let said =
        "deleted project shop and revoked 1 key: saved in the database, which no server is using (revision ";
    assert!(out.status.success() && errors(&out).contains(said), "{}", errors(&out));
    assert_eq!(home.ok(&["audit", "events", "--action", "key.revoked", "--ids"]).lines().count(), 1);
    assert!(home.ok(&["keys", "list", "--status", "all"]).contains("web"), "its keys stay listed");
    assert_failed(&home.run(&["keys", "create", "new", "--project", "shop"]), 4, "deleted 20");
    home.ok(&["projects", "create", "shop"]);
}

#[test]
fn a_management_token_is_made_listed_and_revoked() {
    let home = Home::new();
    let admin = home.ok(&["tokens", "create", "boss", "--role", "admin"]);
    assert_eq!(Secret::parse(admin.trim_end()).expect("a token").kind(), Kind::Management);
    let made = json(&home.ok(&["tokens", "create", "ci", "--role", "auditor", "--output", "json"]));
    let id = made["token"]["id"].as_str().expect("an id").to_owned();
    assert!(home.ok(&["tokens", "list"]).contains("ci"));
    home.ok(&["tokens", "revoke", &id]);
    let list = json(&home.ok(&["tokens", "list", "--output", "json"]));
    let revoked = list["items"].as_array().expect("items").iter().find(|token| token["id"] == id.as_str());
    assert!(revoked.expect("still listed")["revokedAt"].is_string());
    let boss = list["items"].as_array().expect("items").iter().find(|token| token["name"] == "boss");
    let boss = boss.expect("listed")["id"].as_str().expect("an id").to_owned();
    assert_failed(&home.run(&["tokens", "revoke", &boss]), 5, "last admin");
}

#[test]
fn a_management_token_is_revoked_by_its_name_or_as_it_is_masked() {
    let home = Home::new();
    let ids = || {
        let list = json(&home.ok(&["tokens", "list", "--output", "json"]));
        let items = list["items"].as_array().expect("items").clone();
        let active = items.iter().filter(|token| token["revokedAt"].is_null());
        active.map(|token| token["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>().join(" ")
    };
    let carol = home.ok(&["tokens", "create", "carol", "--role", "auditor"]);
    for name in ["ci", "Bob"] {
        home.ok(&["tokens", "create", name, "--role", "member"]);
    }
    home.ok(&["tokens", "revoke", &Secret::parse(carol.trim_end()).expect("a token").hint().to_string()]);
    home.ok(&["tokens", "revoke", "bob"]);
    assert_eq!(ids(), "ci");
    home.ok(&["tokens", "revoke", "bob"]);
    assert_failed(
        &home.run(&["tokens", "revoke", "c"]),
        4,
        "token not found: c; list tokens with `keydeck tokens list`",
    );
    assert_failed(&home.run(&["tokens", "revoke", "tok_1"]), 2, "expected tok_ and 26");
    assert_failed(
        &home.run(&["tokens", "revoke", "redir_live_7kf2****...****x9m1"]),
        2,
        "this is an API key; see `keydeck keys revoke`",
    );
    // A repeated command does not revoke the next one of that name.
    home.ok(&["tokens", "create", "bob", "--role", "member"]);
    assert_failed(&home.run(&["tokens", "revoke", "bob"]), 5, "nothing was revoked; to revoke the newer one");
}

#[test]
fn read_only_reads_and_changes_nothing() {
    let (home, _) = with_key();
    home.ok(&["--read-only", "keys", "list"]);
    assert_failed(
        &home.run(&["--read-only", "projects", "create", "x"]),
        3,
        "--read-only refuses all changes",
    );
    assert_failed(
        &home.run(&["keys", "revoke", "shop/web", "--yes", "--read-only"]),
        3,
        "--read-only refuses all changes",
    );
}

#[test]
fn the_use_of_a_key_is_shown_by_day_or_by_caller() {
    let (home, key) = with_key();
    let days = json(&home.ok(&["keys", "usage", "shop/web", "--output", "json"]));
    assert_eq!(days.as_array().expect("days").len(), 30);
    let mut server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    server.until_said("keydeck: ready");
    let edge = super::serve::address(&server, "Edge API");
    let answer = crate::support::home::get(&edge, "/v1/lookup", &[("x-api-key", &key)]);
    assert_eq!(answer.status, 400, "a use all the same");
    // At its end everything is written.
    server.terminate();
    let days = home.ok(&["keys", "usage", "shop/web", "--days", "2", "--output", "csv"]);
    let lines: Vec<&str> = days.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "date,allowed,limited,refused"));
    assert!(lines.iter().any(|line| line.ends_with(",1,0,0")), "{days}");
    let callers = home.ok(&["keys", "usage", "shop/web", "--callers", "--output", "csv"]);
    assert!(callers.lines().nth(1).is_some_and(|line| line.starts_with("127.0.0.1,")), "{callers}");
    let shown = home.ok(&["keys", "show", "shop/web"]);
    let used = shown.lines().find(|line| line.starts_with("last used ")).expect("the last use");
    assert!(used.contains(" 20") && used.ends_with("Z (up to 5 s late)"), "how exact it is: {used}");
    let sheet = home.ok(&["keys", "show", "shop/web", "--output", "csv"]);
    assert!(!sheet.contains("late)"), "programs read the time alone: {sheet}");
    let dry = home.run(&["keys", "revoke", "--filter", "name:web", "--dry-run"]);
    let said = errors(&dry);
    assert!(said.contains("in use: shop/web, last used from 127.0.0.1 (requests in 30 days: 1)"), "{said}");
    assert!(said.contains("warning: 1 of 1 keys was used in the last 24 h"), "{said}");
    assert_failed(&home.run(&["keys", "usage", "shop/web", "--days", "91"]), 2, "--days");
    assert_failed(&home.run(&["keys", "usage", "shop/none"]), 4, "key not found");
}

#[test]
fn a_list_of_a_later_server_is_printed_with_its_words() {
    let server = crate::support::newer::Newer::start();
    let home = Home::new();
    let run = |args: &[&str]| {
        let out = home
            .command(args)
            .env("KEYDECK_SERVER", &server.url)
            .env("KEYDECK_TOKEN", &server.token)
            .output()
            .expect("it runs");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("UTF-8")
    };
    for form in ["table", "json", "csv"] {
        let list = run(&["keys", "list", "--status", "all", "--output", form]);
        assert!(
            ["web", "quarantined", "staging", "api"].iter().all(|word| list.contains(word)),
            "{form}: {list}"
        );
        let events = run(&["audit", "events", "--output", form]);
        assert!(events.contains("key.quarantined"), "{form}: {events}");
        assert!(run(&["tokens", "list", "--output", form]).contains("owner"), "{form}");
        assert!(run(&["projects", "list", "--output", form]).contains("shop"), "{form}");
    }
    run(&["audit", "verify"]);
}

#[test]
fn a_key_is_found_in_a_line_of_a_log_and_of_several_none_is_taken() {
    let (home, key) = with_key();
    let other = home.ok(&["keys", "create", "other", "--project", "shop"]);
    let other = other.trim_end();
    let line = format!("10:04 GET /shop/cart?x=1/2 \"Bearer {key}\" /var/log/a.b\n");
    for input in [
        line.clone(),
        format!("first line\n{line}{line}"),
        format!("\u{feff}{key}\r\n"),
        line.replace('_', "%5F"),
        format!("{}{line}", "x".repeat(10_000)),
    ] {
        let out = feed(home.command(&["keys", "show", "-", "--output", "json"]), &input);
        assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
        assert_eq!(json(&String::from_utf8(out.stdout).unwrap())["name"], "web");
    }
    let masks = [&key[..], other].map(|key| Secret::parse(key).expect("a key").hint().to_string());
    for args in [&["keys", "revoke", "-", "--yes"][..], &["keys", "show", "-"], &["keys", "rename", "-", "x"]]
    {
        let out = feed(home.command(args), &format!("{line}{other}\n"));
        assert_failed(&out, 5, "2 different keys");
        let said = errors(&out);
        assert!(masks.iter().all(|mask| said.contains(mask)) && !said.contains(&key), "{said}");
    }
    assert_eq!(home.ok(&["keys", "list", "--output", "csv"]).lines().count(), 3, "nothing was revoked");
    let out = feed(home.command(&["keys", "revoke", "-", "--yes"]), &line);
    assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
    for (input, about) in
        [("", "is empty"), ("\u{feff}\n", "is empty"), ("shop/web\nshop/other\n", "it has 2 lines")]
    {
        assert_failed(&feed(home.command(&["keys", "show", "-"]), input), 2, about);
    }
}

#[test]
fn a_masked_key_is_found_in_its_short_form_and_in_a_line_of_a_log() {
    let (home, key) = with_key();
    let (handle, last4) = (&key[11..15], &key[key.len() - 4..]);
    let mask = Secret::parse(&key).expect("a key").hint().to_string();
    for named in [format!("live_{handle}…{last4}"), format!("live_{handle}~{last4}")] {
        assert_eq!(json(&home.ok(&["keys", "show", &named, "--output", "json"]))["name"], "web", "{named}");
    }
    let line = format!("10:04 GET /shop/cart?x=1 key={mask} failed.\n");
    let ends = format!("10:04 GET /shop/cart refused {mask}.\n");
    for input in [&line, &ends] {
        let out = feed(home.command(&["keys", "show", "-", "--output", "json"]), input);
        assert_eq!(out.status.code(), Some(0), "{}", errors(&out));
        assert_eq!(json(&String::from_utf8(out.stdout).unwrap())["name"], "web");
    }
    let two = format!("{mask} and redir_live_zzzz****...****zzzz\n");
    assert_failed(&feed(home.command(&["keys", "show", "-"]), &two), 5, "2 masked keys: ");

    // Once revoked, it is left out of lists; that is said.
    home.ok(&["keys", "revoke", &mask, "--yes"]);
    let out = home.run(&["keys", "list", "--filter", &mask]);
    let said = errors(&out);
    assert!(said.contains("1 revoked key matches; pass --status all to list revoked keys, too"), "{said}");
}

#[test]
fn a_command_that_stands_below_another_is_named() {
    let home = Home::new();
    assert_failed(&home.run(&["logout"]), 2, "`keydeck contexts remove NAME` deletes its token");
    assert_failed(&home.run(&["revoke", "shop/a"]), 2, "did you mean `keydeck keys revoke` or");
    assert_failed(&home.run(&["resume", "shop/a"]), 2, "did you mean `keydeck keys resume`?");
}

#[test]
fn words_of_other_tools_lead_to_the_command_that_is_meant() {
    let home = Home::new();
    for (words, meant) in [
        ("keys delete shop/web", "`keydeck keys revoke`?"),
        ("keys rm shop/web", "`keydeck keys revoke`?"),
        ("keys disable shop/web", "`keydeck keys pause`?"),
        ("keys enable shop/web", "`keydeck keys resume`?"),
        ("keys get shop/web", "`keydeck keys show`?"),
        ("keys new web", "`keydeck keys create`?"),
        ("keys list-keys", "`keydeck keys list`?"),
        ("list-keys", "`keydeck keys list`?"),
        ("create_key web", "`keydeck keys create`?"),
        ("projects rm shop", "`keydeck projects delete`?"),
        ("tokens delete ci", "`keydeck tokens revoke`?"),
        ("contexts delete prod", "`keydeck contexts remove`?"),
        ("contexts add prod", "`keydeck login`?"),
        ("audit log", "`keydeck audit events`?"),
        ("audit review delete Q4", "`keydeck audit review cancel`?"),
        ("rm shop/web", "`keydeck keys revoke` or `keydeck projects delete`?"),
        ("disable shop/web", "`keydeck keys pause`?"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let out = home.run(&words);
        assert_failed(&out, 2, &format!("did you mean {meant}"));
    }
}

#[test]
fn an_argument_in_the_wrong_place_says_where_it_belongs() {
    let (home, key) = with_key();
    for (words, how) in [
        ("keys list shop", "for the keys of a project write -p shop"),
        ("keys pause shop web", "write the key as shop/web"),
        ("audit report --output q4.tar.gz", "name the pack with --out PATH"),
        ("audit report q4.tar.gz", "name the pack with --out q4.tar.gz"),
        ("audit stale --days 90", "did you mean --idle?"),
        ("audit findings --days 90", "did you mean --stale?"),
        ("serve --listen 0.0.0.0:80", "did you mean --manage ADDR, or --edge ADDR for the Edge API?"),
        ("serve --port 80", "did you mean --manage ADDR"),
        ("serve --bind 0.0.0.0:80", "did you mean --manage ADDR"),
        ("edge --listen 0.0.0.0:80", "did you mean --edge ADDR?"),
        ("keys list --all", "did you mean --status all?"),
        ("keys revoke shop/web --force", "did you mean --yes?"),
        ("projects delete shop -f", "did you mean --yes?"),
        ("keys show shop/web --json", "did you mean --output json?"),
        ("tokens list --format csv", "did you mean --output?"),
        ("keys list -q", "did you mean --ids?"),
        ("audit events --since 7d", "did you mean --after?"),
        ("audit events --until 7d", "did you mean --before?"),
        ("keys create --name web -p shop", "did you mean `keydeck keys create NAME`?"),
        ("keys pause shop/web --role x", "unexpected argument '--role' found; see --help"),
        ("keys create shop site", "write the key as shop/site"),
        ("keys create old site -p shop", "a name with blanks needs quotes: \"old site\""),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        assert_failed(&home.run(&words), 2, how);
    }
    assert_failed(
        &home.run(&["keys", "revoke", "shop", "web", "--yes"]),
        4,
        "nothing was revoked: key not found: shop; to revoke keys of this project write shop/web",
    );
    assert!(home.ok(&["keys", "list"]).contains("web"), "nothing was revoked");
    // In a text it does no good on standard input either.
    for (args, text) in [
        (&["keys", "pause", "shop/web", "--reason", &format!("found {key}")][..], "reason"),
        (&["keys", "edit", "shop/web", &format!("--owner={key}")], "owner"),
        (&["projects", "create", &key], "name"),
    ] {
        let how = format!("remove it from the {text} (treat this key as leaked)");
        assert_failed(&home.run(args), 2, &how);
    }
    assert_failed(
        &home.run(&["keys", "revoke", &key, "--yes"]),
        2,
        "pass - and write the key to standard input",
    );
}

#[test]
fn a_key_is_created_by_its_path_too() {
    let (home, _) = with_key();
    home.ok(&["projects", "create", "ops"]);
    let names = || {
        let page = json(&home.ok(&["keys", "list", "--output", "json"]));
        let items = page["items"].as_array().expect("items").iter();
        let mut names: Vec<String> =
            items.map(|key| format!("{}: {}", key["projectName"], key["name"]).replace('"', "")).collect();
        names.sort();
        names
    };
    home.ok(&["keys", "create", "shop/site"]);
    home.ok(&["keys", "create", "SHOP/app"]);
    assert_eq!(names(), ["shop: app", "shop: site", "shop: web"], "the project is no part of the name");
    // A name may contain a slash: beside a project it is taken as it is.
    home.ok(&["keys", "create", "eu/app", "--project", "ops"]);
    home.ok(&["keys", "create", "ops/shop/app"]);
    let all = ["ops: eu/app", "ops: shop/app", "shop: app", "shop: site", "shop: web"];
    assert_eq!(names(), all);
    for (args, exit, words) in [
        (&["shpo/cron"][..], 4, "project not found: shpo; did you mean shop?"),
        (&["shop/"], 2, "shop/ has no name of a key after the slash"),
        (&["cron"], 2, "missing --project <PROJECT>"),
    ] {
        assert_failed(&home.run(&[&["keys", "create"], args].concat()), exit, words);
    }
    home.ok(&["projects", "create", "ops/shop"]);
    let both = "ops/shop/cron may be a key of the project ops or ops/shop; name the project with --project";
    assert_failed(&home.run(&["keys", "create", "ops/shop/cron"]), 2, both);
    assert_eq!(names(), all, "nothing was created");
    home.ok(&["keys", "create", "shop/cron", "--project", "ops"]);
    assert!(names().contains(&"ops: shop/cron".to_owned()), "{:?}", names());
}

#[test]
fn times_and_spans_are_taken_as_the_screen_prints_them() {
    let (home, _) = with_key();
    let count = |args: &[&str]| {
        let page = json(&home.ok(&[&["audit"], args, &["--output", "json"]].concat()));
        page["items"].as_array().expect("items").len()
    };
    for after in ["2020-01-01", "2020-01-01 10:00", "2020-01-01 10:00:00 UTC", "2020-01-01 10:00:00 +01:00"] {
        assert_eq!(count(&["events", "--after", after]), 2, "{after}");
        assert_eq!(count(&["events", "--before", after]), 0, "{after}");
    }
    for span in ["0", "0d", "0mo", "0 days"] {
        assert_eq!(count(&["stale", "--idle", span]), 1, "{span}");
    }
    for span in ["90", "3mo", "90d", "12w", "1y"] {
        assert_eq!(count(&["stale", "--idle", span]), 0, "{span}");
    }
    home.ok(&["keys", "revoke", "shop/web", "--unused-since", "2020-01-01", "--dry-run"]);
    for (wrong, about) in [
        ("--after=yesterday", "2026-11-23"),
        ("--after=2026-13-01", "2026-13-01 does not exist: the months are 01 to 12"),
    ] {
        assert_failed(&home.run(&["audit", "events", wrong]), 2, about);
    }
    for wrong in ["--idle=", "--idle=mo", "--idle=90x", "--idle=-3d", "--idle=9999999y"] {
        assert_failed(&home.run(&["audit", "stale", wrong]), 2, "--idle");
    }
}

#[test]
fn a_missing_key_an_empty_input_and_a_filter_without_a_match_are_said_in_a_sentence() {
    let (home, _) = with_key();
    let none = home.run(&["keys", "revoke", "--yes"]);
    assert_failed(&none, 2, "which keys? pass a KEY (id, project/name or masked key), - to read them");
    let empty = feed(home.command(&["keys", "revoke", "-", "--yes"]), "\n");
    assert_failed(&empty, 2, "standard input is empty; expected a key");
    let none = home.run(&["keys", "revoke", "--filter", "nothing-is-called-so", "--yes"]);
    assert_eq!((none.status.code(), none.stdout.len()), (Some(0), 0), "no heading without rows");
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(said.contains("no active key matches \"nothing-is-called-so\"; nothing was revoked"), "{said}");
    assert_failed(&home.run(&["keys", "usage", "shop/web", "--days", "100"]), 2, "a number from 1 to 90");
}

fn said(home: &Home, args: &[&str]) -> (Option<i32>, String) {
    let out = home.run(args);
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn a_key_is_found_by_its_name_alone_where_no_other_has_it() {
    let home = Home::new();
    for project in ["shop", "blog"] {
        home.ok(&["projects", "create", project]);
        home.ok(&["keys", "create", "web", "--project", project]);
    }
    home.ok(&["keys", "create", "ci", "--project", "shop"]);
    assert!(home.ok(&["keys", "show", "ci"]).contains("shop"));
    let (exit, text) = said(&home, &["keys", "show", "web"]);
    assert_eq!(exit, Some(5), "{text}");
    assert!(text.contains("use one of blog/web, shop/web"), "{text}");
}

#[test]
fn what_is_done_to_a_revoked_or_a_replaced_key_says_how_it_is() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["ci", "rot", "cia"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["keys", "revoke", "shop/ci", "--yes"]);
    let (exit, text) = said(&home, &["keys", "revoke", "shop/ci", "--yes"]);
    assert_eq!(exit, Some(0), "{text}");
    assert!(
        text.contains("shop/ci was already revoked at 20") && text.contains("nothing was changed"),
        "{text}"
    );
    let (exit, text) = said(&home, &["keys", "rotate", "shop/ci"]);
    assert_eq!(exit, Some(5), "{text}");
    assert!(text.contains("create a key in its place: keydeck keys create NAME"), "{text}");
    let (exit, text) = said(&home, &["keys", "pause", "shop/ci"]);
    assert_eq!(exit, Some(5), "{text}");
    assert!(text.contains("is revoked, so it cannot be paused"), "{text}");
    let (_, text) = said(&home, &["keys", "list", "--filter", "ci"]);
    assert!(text.contains("1 revoked key also matches; pass --status all"), "{text}");

    home.ok(&["keys", "rotate", "shop/rot"]);
    let (_, text) = said(&home, &["keys", "rotate", "shop/rot"]);
    assert!(text.contains("shop/rot-2 also replaces shop/rot and is active"), "{text}");
    let (exit, text) = said(&home, &["keys", "rotation", "shop/rot-2"]);
    assert_eq!(exit, Some(4), "{text}");
    assert!(text.contains("shop/rot-2 replaces shop/rot; run: keydeck keys rotation shop/rot"), "{text}");
    let (_, text) = said(&home, &["audit", "stale", "--idle", "3m"]);
    assert!(text.contains("3m is 3 min; for months write 3mo"), "{text}");
}

#[test]
fn a_name_alone_finds_a_revoked_key_and_says_so_where_no_key_has_it() {
    let (home, _) = with_key();
    home.ok(&["keys", "revoke", "web", "--yes", "--reason", "left in a log"]);
    let shown = home.ok(&["keys", "show", "web"]);
    let value = |field: &str| {
        let line =
            shown.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_else(|| panic!("{shown}"));
        line.trim().to_owned()
    };
    assert_eq!((value("status "), value("reason ")), ("revoked".to_owned(), "left in a log".to_owned()));
    // In the words of the dashboard, and no field twice.
    for field in ["key  ", "created  ", "created by  ", "last used  ", "requests (30 d)  ", "revoked by  "] {
        assert_eq!(shown.lines().filter(|line| line.starts_with(field)).count(), 1, "{field}: {shown}");
    }
    assert!(!shown.contains("hint") && !shown.contains("createdAt"), "{shown}");
    let csv = home.ok(&["keys", "show", "web", "--output", "csv"]);
    assert!(csv.contains("hint,redir_live_") && csv.contains("createdAt,"), "programs read on: {csv}");
    // The active one is meant as soon as there is one.
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    assert!(home.ok(&["keys", "show", "web"]).contains("active"));
    let none = home.run(&["keys", "show", "wbe"]);
    assert!(errors(&none).contains("key not found: wbe; did you mean web?"), "{}", errors(&none));
}
