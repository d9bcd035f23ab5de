//! `keydeck audit`.

use super::keys::{json, with_key};
use super::terminal::start;
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors};

#[test]
fn stale_keys_are_listed_and_fail_on_demand() {
    let (home, _) = with_key();
    let none = home.run(&["audit", "stale", "--fail"]);
    assert_eq!(none.status.code(), Some(0), "a new key is not stale");
    let stale = home.run(&["audit", "stale", "--idle", "0s", "--output", "json"]);
    assert_eq!(stale.status.code(), Some(0));
    let page = json(&String::from_utf8(stale.stdout).expect("UTF-8"));
    assert_eq!(page["items"][0]["name"], "web");
    let failed = home.run(&["audit", "stale", "--idle", "0s", "--fail"]);
    assert_eq!(failed.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&failed.stdout).contains("web"), "the list is printed all the same");
    assert_failed(&home.run(&["audit", "stale", "--idle", "soon"]), 2, "90d");
}

#[test]
fn events_are_newest_first_and_can_be_narrowed_down() {
    let (home, _) = with_key();
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    let actions = |args: &[&str]| -> Vec<String> {
        let page = json(&home.ok(&[&["audit", "events", "--output", "json"], args].concat()));
        let items = page["items"].as_array().expect("items").clone();
        items.iter().map(|event| event["action"].as_str().expect("an action").to_owned()).collect()
    };
    assert_eq!(actions(&[]), ["key.revoked", "key.created", "project.created"]);
    assert_eq!(actions(&["--action", "key.created"]), ["key.created"]);
    assert_eq!(actions(&["--limit", "1"]), ["key.revoked"]);
    assert_failed(
        &home.run(&["audit", "events", "--action", "key.eaten"]),
        2,
        "unknown action; expected e.g.",
    );
    // As tables print them, and however their words are separated.
    for action in ["key revoked", "Key Revoked", "key-revoked", "key_revoked"] {
        assert_eq!(actions(&["--action", action]), ["key.revoked"], "{action}");
    }
    for (action, meant) in [
        ("review decide", "did you mean review.decided?"),
        ("key reviewd", "did you mean key.reviewed?"),
        ("keyrevoked", "did you mean key.revoked?"),
        ("revoked", "did you mean key.revoked or token.revoked?"),
    ] {
        assert_failed(&home.run(&["audit", "events", "--action", action]), 2, meant);
    }
}

#[test]
fn the_log_verifies_and_contains_a_head_noted_earlier() {
    let (home, _) = with_key();
    let noted = json(&home.ok(&["audit", "verify", "--output", "json"]))["head"].clone();
    let noted = noted.as_str().expect("a head");
    assert!(noted.starts_with("2:"), "{noted}");
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    home.ok(&["audit", "verify", "--head", noted]);
    let other = format!("2:{}", "ab".repeat(32));
    assert_failed(&home.run(&["audit", "verify", "--head", &other]), 1, "the hash of event 2 does not match");
    let later = format!("9:{}", "ab".repeat(32));
    assert_failed(&home.run(&["audit", "verify", "--head", &later]), 1, "event 4 is missing");
    assert_failed(&home.run(&["audit", "verify", "--head", "yesterday"]), 2, "SEQ:HASH");
}

#[test]
fn the_idle_time_may_be_a_date() {
    let (home, _) = with_key();
    let stale = |idle: &str| home.run(&["audit", "stale", "--idle", idle]);
    let out = stale("2026-01-01");
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(!String::from_utf8_lossy(&out.stdout).contains("web"), "it was created later");
    assert_failed(&stale("2999-01-01"), 2, "the date is in the future");
    assert_failed(&stale("soon"), 2, "a date such as 2026-11-01, or stig (35), cis (45) or pci (90)");
}

#[test]
fn people_read_names_and_the_reason_and_programs_ids_too() {
    let (home, _) = with_key();
    home.ok(&["keys", "revoke", "shop/web", "--yes", "--reason", "was in a gist"]);
    let table = home.ok(&["audit", "events"]);
    let revoked = table.lines().find(|line| line.contains("key.revoked")).expect("its event");
    let words: Vec<&str> = revoked.split("  ").filter(|word| !word.is_empty()).map(str::trim).collect();
    assert_eq!(words[4..], ["shop", "web", "was in a gist"], "{table}");
    assert!(!table.contains('{') && !table.contains("prj_"), "{table}");
    let csv = home.ok(&["audit", "events", "--output", "csv"]);
    assert!(csv.lines().next().is_some_and(|head| head.ends_with(",hash,name,reason")), "{csv}");
    assert!(csv.contains(",key_") && csv.contains(",web,was in a gist"), "{csv}");
}

#[test]
fn the_events_of_a_rotation_name_the_replacement() {
    let (home, _) = with_key();
    home.ok(&["keys", "rotate", "shop/web", "--guided"]);
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    for events in [home.ok(&["audit", "events", "--key", "shop/web"]), home.ok(&["audit", "events"])] {
        let named =
            events.lines().filter(|line| line.contains("rotation.") && line.contains("replacement web-2"));
        assert_eq!(named.count(), 2, "{events}");
    }
    // A later replacement is not that of an earlier rotation.
    home.ok(&["keys", "rotate", "shop/web-2", "--guided"]);
    home.ok(&["keys", "rotation", "shop/web-2", "--cancel"]);
    home.ok(&["keys", "rotate", "shop/web-2", "--name", "late"]);
    let events = home.ok(&["audit", "events", "--key", "shop/web-2"]);
    let cancelled = events.lines().find(|line| line.contains("rotation.cancelled")).expect("its event");
    assert!(cancelled.contains("replacement web-3") && !cancelled.contains("late"), "{events}");
}

#[test]
fn a_head_is_taken_as_it_was_printed() {
    let (home, _) = with_key();
    let said = home.ok(&["audit", "verify"]);
    let head = said.find("Head: ").map(|at| said[at..].trim_end()).expect("a head");
    home.ok(&["audit", "verify", "--head", &format!(" {head} ")]);
    let wrong = head.replace("Head: ", "").replacen(|c| matches!(c, 'a'..='f'), "0", 1);
    assert_failed(&home.run(&["audit", "verify", "--head", &wrong]), 1, "(is the head mistyped?)");
}

#[test]
fn a_pack_is_not_blamed_for_a_head_that_does_not_fit() {
    let (home, _) = with_key();
    let said = home.ok(&["audit", "report", "--out", "q4.tar.gz"]);
    let head = said.lines().find_map(|line| line.strip_prefix("Head: ")).expect("a head");
    home.ok(&["audit", "verify", "q4.tar.gz", "--head", head]);
    let wrong = head.replacen(|c| matches!(c, 'a'..='f'), "0", 1);
    let out = home.run(&["audit", "verify", "q4.tar.gz", "--head", &wrong]);
    let what = format!("q4.tar.gz is consistent, but its audit log does not contain the head {wrong}");
    assert_eq!(out.status.code(), Some(1));
    assert!(errors(&out).contains(&what), "{}", errors(&out));
    assert!(!errors(&out).contains("not as it was created"), "{}", errors(&out));
}

/// A project with keys that were created so many days ago and never used.
fn idle_for(keys: &[(&str, i64)]) -> Home {
    let home = Home::new();
    let clock = home.path().join("clock");
    let ago = |days: i64, args: &[&str]| {
        std::fs::write(&clock, (-days * 86_400_000).to_string()).expect("written");
        let out = home.command(args).env("KEYDECK_TEST_CLOCK", &clock).output().expect("the program runs");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    ago(400, &["projects", "create", "shop"]);
    for (name, days) in keys {
        ago(*days, &["keys", "create", name, "--project", "shop", "--owner", "ann"]);
    }
    home
}

#[test]
fn a_threshold_may_be_the_name_of_a_standard() {
    let home = idle_for(&[("week", 6), ("month", 40), ("quarter", 60), ("year", 300)]);
    let names = |args: &[&str]| -> Vec<String> {
        let page = json(&home.ok(&[args, &["--output", "json"]].concat()));
        let items = page["items"].as_array().expect("items").clone();
        items.iter().map(|key| key["name"].as_str().expect("a name").to_owned()).collect()
    };
    for (standard, stale) in [
        ("stig", &["year", "quarter", "month"][..]),
        ("cis", &["year", "quarter"]),
        ("PCI", &["year"]),
        ("50", &["year", "quarter"]),
    ] {
        assert_eq!(names(&["audit", "stale", "--idle", standard]), stale, "{standard}");
        let high = ["audit", "findings", "--severity", "high", "--stale", standard];
        assert_eq!(names(&high), stale, "{standard}");
        let filtered = ["audit", "findings", "--filter", "finding:stale", "--stale", standard];
        assert_eq!(names(&filtered), stale, "{standard}");
        let failed = home.run(&[&high[..], &["--fail"]].concat());
        assert_eq!(failed.status.code(), Some(7), "{standard}");
    }
    // What the server calls stale is not, by a longer threshold; the other findings of a key stay.
    let text = home.ok(&["audit", "findings", "--stale", "365", "--filter", "name:year", "--output", "csv"]);
    assert!(text.contains("low,idle,") && text.contains("medium,neverUsed,"), "{text}");
    assert!(!text.contains("stale"), "{text}");
    assert_eq!(names(&["audit", "findings", "--severity", "high", "--stale", "365"]), [""; 0]);
    let listed = "expected a number of days from 1 to 36500, stig (35), cis (45) or pci (90)";
    for wrong in ["iso", "0", "36501", "-1", "9.5"] {
        let stale = format!("--stale={wrong}");
        assert_failed(&home.run(&["audit", "findings", &stale]), 2, listed);
        assert_failed(&home.run(&["audit", "review", "start", "Q4", &stale]), 2, listed);
    }
    home.ok(&["audit", "review", "start", "Q4", "--stale", "Cis"]);
    assert_eq!(json(&home.ok(&["audit", "review", "show", "Q4", "-o", "json"]))["scope"]["staleDays"], 45);
}

#[test]
fn what_is_said_of_a_filter_has_no_blanks_too_many() {
    let (home, _) = with_key();
    let none = home.run(&["audit", "stale", "--by", "local:ben"]);
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert_eq!(said, "keydeck: no active key that matches by:\"local:ben\" has been idle for 90d\n");
}

#[test]
fn people_read_actions_in_words_and_programs_as_they_are_stored() {
    let (home, _) = with_key();
    home.ok(&["tokens", "create", "ci", "--role", "member"]);
    home.ok(&["audit", "review", "start", "Q4"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "keep", "--reason", "needed"]);
    home.ok(&["audit", "review", "execute", "Q4", "--yes"]);
    let mut terminal = start(&home, &["audit", "events", "--columns", "action,detail"]);
    let screen = terminal.sees("project created");
    assert_eq!(terminal.ends(), 0);
    for words in ["key kept", "needed · decided in a review by local:", "review decision", "token created"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(screen.contains("ci · role member"), "the token is named: {screen}");
    assert!(!screen.contains("key.reviewed") && !screen.contains("decidedBy"), "{screen}");
    // What was read can be asked for.
    let kept =
        home.ok(&["audit", "events", "--action", "key kept", "--columns", "action", "--output", "csv"]);
    assert_eq!(kept, "action\nkey.reviewed\n");
    for output in ["table", "csv", "json"] {
        let text = home.ok(&["audit", "events", "--output", output]);
        assert!(text.contains("key.reviewed") && text.contains("review.decided"), "{output}: {text}");
    }
}

#[test]
fn a_log_that_is_only_consistent_is_said_to_be_no_more() {
    let (home, _) = with_key();
    let out = home.run(&["audit", "verify"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && said.contains("consistent, but not authenticated"), "{said}");
    assert!(said.contains("--head SEQ:HASH"), "{said}");
    let head = json(&home.ok(&["audit", "verify", "--output", "json"]))["head"].clone();
    let out = home.run(&["audit", "verify", "--head", head.as_str().expect("a head")]);
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_program_reads_which_history_was_accepted() {
    let (home, _) = with_key();
    let head = json(&home.ok(&["audit", "verify", "--output", "json"]))["head"].clone();
    let head = head.as_str().expect("a head");
    let accepted = json(&home.ok(&["nodes", "accept-history", head, "--output", "json"]));
    assert_eq!(accepted["head"], head);
    assert_eq!(home.ok(&["nodes", "accept-history", head]), "", "people are told on standard error");
}

#[test]
fn events_of_a_deleted_project_show_its_name_whatever_else_is_listed() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["projects", "delete", "shop", "--revoke-keys", "--yes"]);
    let columns = ["audit", "events", "--columns", "action,project", "--action"];
    for action in ["key.created", "project.archived"] {
        let listed = home.ok(&[&columns[..], &[action]].concat());
        assert!(listed.contains("shop") && !listed.contains("prj_"), "{listed}");
    }
    // Programs read ids.
    let csv = home.ok(&["audit", "events", "--columns", "project", "--action", "key.created", "-o", "csv"]);
    assert!(csv.contains("prj_"), "{csv}");
}
