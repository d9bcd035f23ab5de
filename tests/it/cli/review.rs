//! Access reviews on the command line, as far as they ask on a terminal.

use keydeck::wire::id::ReviewId;

use super::serve::address;
use super::terminal::{start, start_with};
use crate::support::home::Home;
use crate::support::newer::Newer;
use crate::support::process::{assert_failed, errors};

#[test]
fn what_a_filter_excludes_lets_no_revoked_key_in() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "app", "old"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["keys", "pause", "shop/app"]);
    home.ok(&["keys", "revoke", "shop/old", "--yes"]);
    let list = ["keys", "list", "--filter", "!status:paused", "--columns", "name", "--output", "csv"];
    assert_eq!(home.ok(&list), "name\nweb\n");
    home.ok(&["audit", "review", "start", "Q4", "--filter", "!status:paused"]);
    let items = home.ok(&["audit", "review", "items", "Q4", "--output", "csv"]);
    assert!(items.contains("web") && !items.contains("app") && !items.contains("old"), "{items}");
}

#[test]
fn executing_a_review_asks_for_the_number_of_keys_that_are_stopped() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "app", "feed"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["audit", "review", "start", "Q4"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "revoke"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/app", "pause"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/feed", "keep", "--until", "2999-01-31"]);
    let named = |filter: &str| {
        let list = ["keys", "list", "--filter", filter, "--columns", "name", "--output", "csv"];
        home.ok(&list).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    for wrong in ["\r", "y\r", "3\r"] {
        let mut terminal = start(&home, &["audit", "review", "execute", "Q4"]);
        let screen = terminal.sees("Type 2 to revoke or pause 2 keys on local database:");
        assert!(screen.contains("Executing the review \"Q4\"."), "{screen}");
        for words in ["1 key will be revoked:", "1 key will be paused:", "1 key will be kept:"] {
            assert!(screen.contains(words), "{words}: {screen}");
        }
        assert!(screen.contains("shop/feed: until 2999-01-31T23:59:59.000Z"), "{screen}");
        terminal.press(wrong);
        assert_eq!(terminal.ends(), 1);
    }
    assert_eq!((named("status:revoked").len(), named("status:paused").len()), (0, 0), "nothing was changed");

    // Changed since the decision: the next summary says so, and it is left.
    home.ok(&["keys", "edit", "shop/app", "--owner", "ann"]);
    let mut terminal = start(&home, &["audit", "review", "execute", "Q4"]);
    let screen = terminal.sees("Type 1 to revoke or pause 1 key on local database:");
    assert!(screen.contains("1 key will not be changed:"), "{screen}");
    assert!(screen.contains("shop/app: changed since the decision"), "{screen}");
    terminal.press("1\r");
    terminal.sees("1 key was not revoked or paused: used or changed since the decision");
    terminal.sees("saved in the database, which no server is using (");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(named("status:revoked"), ["web"]);
    assert_eq!(named("status:paused").len(), 0);
    // What stops no key asks all the same.
    home.ok(&["audit", "review", "start", "Q1"]);
    let said = refused(&home, &["audit", "review", "execute", "Q1", "--yes"], 5);
    assert!(said.contains("nothing is decided yet"), "{said}");
    home.ok(&["audit", "review", "decide", "Q1", "shop/feed", "ask", "--reason", "who uses it?"]);
    let mut terminal = start(&home, &["audit", "review", "execute", "Q1"]);
    let screen = terminal.sees("Execute the review \"Q1\" on local database? No key is revoked or paused.");
    assert!(
        screen.contains("1 key whose owner is to be asked:") && screen.contains("shop/feed: who uses it?"),
        "{screen}"
    );
    assert!(
        screen.contains("1 key is undecided. Executing closes the review: it cannot be decided"),
        "{screen}"
    );
    terminal.press("n\r");
    assert_eq!(terminal.ends(), 1);
}

/// What a command says that is refused with this exit code.
fn refused(home: &Home, args: &[&str], exit: i32) -> String {
    let out = home.run(args);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(exit), "{args:?}: {said}");
    said
}

fn id_of(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    value["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_name_means_the_key_of_the_review_and_execution_names_what_it_leaves() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    // A key that was revoked before the review has the name, too.
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    for name in ["web", "app", "ci"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["audit", "review", "start", "Q4"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "keep"]);
    home.ok(&["audit", "review", "undo", "Q4", "shop/web"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "keep"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/app", "ask"]);
    let out = home.run(&["audit", "review", "execute", "Q4", "--yes"]);
    let said = errors(&out);
    assert!(out.status.success(), "{said}");
    assert!(
        said.contains("shop/app") && said.contains("1 key was left undecided; the review is closed"),
        "{said}"
    );
    // Each decision has its line, also one that changes nothing; programs get the results of the API.
    let rows = |args: &[&str], word: &str, outcome: &str| {
        let table = home.ok(args);
        let is_row = |line: &str| line.contains(&format!(" {word} ")) && line.trim_end().ends_with(outcome);
        assert!(table.lines().any(is_row), "{args:?} {word}: {table}");
    };
    let repeat = ["audit", "review", "execute", "Q4", "--yes"];
    rows(&repeat, "ask", "  owner to be asked");
    rows(&repeat, "keep", "  kept");
    assert!(!home.ok(&[&repeat[..], &["--output", "csv"]].concat()).contains(",ask,"));
    rows(&["audit", "review", "items", "Q4"], "keep", "  kept");
    rows(&["audit", "review", "items", "Q4"], "DECISION", "  OUTCOME");
    let csv = home.ok(&["audit", "review", "items", "Q4", "--columns", "decision,outcome", "-o", "csv"]);
    assert!(csv.contains("keep,done\n"), "{csv}");
}

#[test]
fn an_open_review_is_renamed_and_its_due_date_moved_and_cleared() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q4", "--due", "2999-01-01"]);
    let edited = |args: &[&str]| -> serde_json::Value {
        let edit = [&["audit", "review", "edit"], args, &["--output", "json"]].concat();
        serde_json::from_str(&home.ok(&edit)).expect("JSON")
    };
    let moved = edited(&["Q4", "--due", "2999-02-01", "--name", "Q4 2998"]);
    assert_eq!(
        (&moved["name"], &moved["dueAt"]),
        (&serde_json::json!("Q4 2998"), &serde_json::json!("2999-02-01T23:59:59.000Z"))
    );
    let cleared = edited(&["Q4 2998", "--due", "none"]);
    assert_eq!(
        (&cleared["name"], &cleared["dueAt"]),
        (&serde_json::json!("Q4 2998"), &serde_json::json!(null))
    );
    // Another name alone leaves the date as it is.
    edited(&["Q4 2998", "--due", "2999-03-01"]);
    assert_eq!(edited(&["Q4 2998", "--name", "Q4"])["dueAt"], "2999-03-01T23:59:59.000Z");
    let says = |args: &[&str], what: &str| {
        let said = errors(&home.run(&[&["audit", "review", "edit", "Q4"], args].concat()));
        assert!(said.contains(what), "{args:?}: {said}");
    };
    says(&["--name", "Q4"], "the review \"Q4\" already has this name; nothing was changed");
    says(&["--due", "1m"], "note: due in less than an hour, at ");
    let said = refused(&home, &["audit", "review", "edit", "Q4"], 2);
    assert!(said.contains("--name") && said.contains("--due"), "{said}");
    refused(&home, &["audit", "review", "edit", "Q4", "--due", "2001-01-01"], 2);
}

#[test]
fn a_name_that_several_reviews_have_is_refused_with_all_that_are_not_cancelled() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "app"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    let start = ["audit", "review", "start", "Q4", "--output", "json"];
    let cancelled = id_of(&home.ok(&start));
    home.ok(&["audit", "review", "cancel", "Q4", "--yes"]);
    let executed = id_of(&home.ok(&start));
    // One that was cancelled competes with none.
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "keep"]);
    home.ok(&["audit", "review", "execute", "Q4", "--yes"]);
    let open = id_of(&home.ok(&start));
    for command in [
        &["audit", "review", "show", "Q4"][..],
        &["audit", "review", "decide", "Q4", "shop/web", "revoke"],
        &["audit", "review", "execute", "Q4", "--yes"],
        &["audit", "report", "--review", "Q4"],
    ] {
        let said = refused(&home, command, 5);
        assert!(said.contains("2 reviews match Q4") && !said.contains(&cancelled), "{said}");
        assert!(said.contains(&format!("{executed} (executed 20")), "{said}");
        assert!(said.contains(&format!("{open} (open, started 20")), "{said}");
    }
    let pack = home.path().join("pack");
    let path = pack.to_str().expect("a path");
    let said = home.ok(&["audit", "report", "--review", &executed, "--out", path]);
    assert!(said.contains(&format!("Review: Q4 (executed, {executed})")), "{said}");
    let proved = home.ok(&["audit", "verify", path]);
    assert!(proved.contains("Review: 2 keys, 1 decided"), "{proved}");
    let closed = refused(&home, &["audit", "review", "decide", &executed, "shop/web", "skip"], 5);
    assert!(
        closed.contains("was already executed by local:") && closed.contains("start a new review"),
        "{closed}"
    );
}

#[test]
fn the_same_decision_keeps_its_reason_and_another_one_says_that_it_was_cleared() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q4"]);
    let decide = ["audit", "review", "decide", "Q4", "shop/web"];
    home.ok(&[&decide[..], &["keep", "--reason", "yearly job"]].concat());
    let kept = home.ok(&[&decide[..], &["keep", "--until", "90d", "--output", "json"]].concat());
    assert!(kept.contains("yearly job"), "{kept}");
    let again = home.ok(&[&decide[..], &["keep", "--output", "json"]].concat());
    assert!(again.contains("yearly job") && !again.contains("\"until\": null"), "{again}");
    let listed = home.ok(&["audit", "review", "items", "Q4"]);
    assert!(listed.contains("UNTIL"), "{listed}");
    let out = home.run(&[&decide[..], &["revoke"]].concat());
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        said.contains(
            "the reason and the until date of the earlier decision were cleared: yearly job; until 20"
        ),
        "{said}"
    );
}

#[test]
fn a_second_open_review_of_the_same_name_is_pointed_out() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let first = home.run(&["audit", "review", "start", "Q4"]);
    assert!(!String::from_utf8_lossy(&first.stderr).contains("another open review"));
    let second = home.run(&["audit", "review", "start", "Q4"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(second.status.success() && said.contains("another open review is named \"Q4\" (rev_"), "{said}");
}

#[test]
fn cancelling_a_review_asks_and_a_report_of_nothing_says_so() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q4"]);
    let mut terminal = start(&home, &["audit", "review", "cancel", "Q4"]);
    terminal.sees("0 of 1 keys are decided");
    terminal.press("n\r");
    terminal.sees("keydeck: not cancelled; the review is still open");
    assert_eq!(terminal.ends(), 1);
    assert!(home.ok(&["audit", "review", "show", "Q4"]).contains("open"));
    // Without a terminal, decisions are not thrown away; an empty review may be cancelled.
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "revoke"]);
    let said = refused(&home, &["audit", "review", "cancel", "Q4"], 2);
    assert!(said.contains("cannot prompt without a terminal; pass --yes"), "{said}");
    assert!(home.ok(&["audit", "review", "show", "Q4"]).contains("open"));
    home.ok(&["audit", "review", "cancel", "Q4", "--yes"]);
    let nothing = home.path().join("nothing");
    let path = nothing.to_str().expect("a path");
    let said = home.run(&["audit", "report", "--filter", "name:nothing", "--out", path]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("no key is in scope"), "{said}");
    let locked = refused(&home, &["--read-only", "audit", "report"], 3);
    assert!(locked.contains("a report writes its event"), "{locked}");
}

#[test]
fn a_clock_that_is_set_back_between_decision_and_execution_spoils_neither_review_nor_pack() {
    let home = Home::new();
    let clock = home.path().join("clock");
    let at = |hours: i64, args: &[&str]| {
        std::fs::write(&clock, (hours * 3_600_000).to_string()).expect("written");
        let out = home.command(args).env("KEYDECK_TEST_CLOCK", &clock).output().expect("the program runs");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("UTF-8")
    };
    at(-48, &["projects", "create", "shop"]);
    for name in ["web", "ci", "old"] {
        at(-48, &["keys", "create", name, "--project", "shop"]);
    }
    at(0, &["audit", "review", "start", "Q4", "--due", "14d"]);
    at(0, &["audit", "review", "decide", "Q4", "shop/web", "keep", "--until", "90d"]);
    at(0, &["audit", "review", "decide", "Q4", "shop/ci", "rotate"]);
    at(0, &["audit", "review", "decide", "Q4", "shop/old", "revoke"]);
    at(-5, &["audit", "review", "execute", "Q4", "--yes"]);
    at(-5, &["keys", "rotate", "shop/ci"]);
    at(-5, &["audit", "report", "--review", "Q4", "--out", "pack"]);
    home.ok(&["audit", "verify"]);
    home.ok(&["audit", "verify", "pack"]);
    let decisions = std::fs::read_to_string(home.path().join("pack/decisions.csv")).expect("a file");
    for (name, decision) in [("web", "keep"), ("ci", "rotate"), ("old", "revoke")] {
        let row = decisions.lines().find(|row| row.contains(&format!(",shop,{name},{decision},")));
        assert!(row.is_some_and(|row| row.contains(",done,")), "{name}: {decisions}");
    }
    // How long it took is not known, and not said to be nothing.
    let report = std::fs::read_to_string(home.path().join("pack/report.md")).expect("a file");
    assert!(!report.contains("s later") && !report.contains("From decision to effect"), "{report}");
    let shown = at(-5, &["audit", "review", "show", "Q4"]);
    assert!(shown.contains("executed"), "{shown}");
}

#[test]
fn undoing_and_signing_say_what_happened_and_a_repeat_says_that_nothing_did() {
    let home = Home::new();
    for project in ["shop", "blog"] {
        home.ok(&["projects", "create", project]);
        home.ok(&["keys", "create", "web", "--project", project]);
    }
    home.ok(&["audit", "review", "start", "Q4", "--project", "shop", "--project", "blog"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "keep"]);
    let says = |args: &[&str], what: &str| {
        let out = home.run(args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success() && said.contains(what), "{args:?}: {said}");
    };
    let undo = ["audit", "review", "undo", "Q4", "shop/web"];
    says(&undo, "; it is undecided now, and an earlier decision is not restored");
    says(&undo, "shop/web has no decision; nothing was changed");
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "keep"]);
    home.ok(&["audit", "review", "decide", "Q4", "blog/web", "rotate"]);
    home.ok(&["audit", "review", "execute", "Q4", "--yes"]);
    home.ok(&["projects", "rename", "blog", "journal"]);
    home.ok(&["audit", "report", "--review", "Q4", "--out", "pack"]);
    let sign = ["audit", "review", "sign", "Q4", "--pack", "pack", "--same-person"];
    says(
        &sign,
        "\nkeydeck: not done: 1 to be rotated\nkeydeck: a pack cannot contain its own signature; to create one that \
         shows it, run: keydeck audit report --review rev_",
    );
    let show = ["audit", "review", "show", "Q4"];
    assert!(home.ok(&show).contains("signed"));
    says(&sign, "the review \"Q4\" was already signed at 20");
    // Nobody who renames or cancels it wants to decide again.
    for change in
        [&["edit", "Q4", "--name", "Q3"][..], &["edit", "Q4", "--due", "none"], &["cancel", "Q4", "--yes"]]
    {
        let out = home.run(&[&["audit", "review"], change].concat());
        if change.contains(&"none") {
            assert!(errors(&out).contains("already has this due date"), "{}", errors(&out));
            continue;
        }
        assert_eq!(out.status.code(), Some(5));
        assert_eq!(errors(&out), "keydeck: the review \"Q4\" is signed and cannot be changed\n");
    }
    // People read the names of the projects, programs their ids.
    let shown = home.ok(&show);
    assert!(shown.contains("shop, journal") && !shown.contains("prj_"), "{shown}");
    assert!(home.ok(&[&show[..], &["--output", "csv"]].concat()).contains("projects,prj_"));
    for report in ["report.md", "report.html"] {
        let text = std::fs::read_to_string(home.path().join("pack").join(report)).expect("a file");
        assert!(text.contains("shop, journal") && !text.contains("prj_"), "{report}");
    }
}

#[test]
fn a_repeated_cancel_by_name_does_not_cancel_the_next_review_of_that_name() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let cancel = ["audit", "review", "cancel", "Q4", "--yes"];
    let said = |args: &[&str]| {
        let out = home.run(args);
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
        errors(&out)
    };
    home.ok(&["audit", "review", "start", "Q4"]);
    assert_eq!(said(&cancel), "keydeck: the review \"Q4\" is cancelled; no key was changed\n");
    assert_eq!(said(&cancel), "keydeck: the review \"Q4\" was already cancelled; nothing was changed\n");
    let id = id_of(&home.ok(&["audit", "review", "start", "Q4", "--output", "json"]));
    let again = refused(&home, &cancel, 5);
    assert!(again.contains(&format!("keydeck audit review cancel {id}")), "{again}");
    said(&["audit", "review", "cancel", &id]);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_after_the_execution_that_it_was() {
    let home = Home::new();
    home.ok(&["projects", "create", "blog"]);
    for name in ["web", "site", "old", "ci", "app", "db"] {
        home.ok(&["keys", "create", name, "--project", "blog"]);
    }
    home.ok(&["audit", "review", "start", "Q4"]);
    let decide = |key: &str, rest: &[&str]| {
        home.ok(&[&["audit", "review", "decide", "Q4", key][..], rest].concat());
    };
    decide("blog/web", &["keep", "--until", "2999-01-31"]);
    decide("blog/site", &["keep"]);
    decide("blog/old", &["revoke"]);
    decide("blog/ci", &["pause"]);
    decide("blog/app", &["rotate"]);
    decide("blog/db", &["ask"]);
    home.ok(&["keys", "rotate", "blog/app"]);
    // Someone else is faster.
    home.ok(&["keys", "pause", "blog/ci"]);
    let outcome = |table: &str, key: &str| {
        let line = table.lines().find(|line| line.split_whitespace().nth(2) == Some(key));
        line.unwrap_or_else(|| panic!("{key}: {table}")).to_owned()
    };
    let dry = ["audit", "review", "execute", "Q4", "--dry-run"];
    let out = home.run(&dry);
    let table = String::from_utf8_lossy(&out.stdout).into_owned();
    for (key, end) in [
        ("web", "would be kept until 2999-01-31T23:59:59.000Z"),
        ("site", "would be kept"),
        ("old", "would be revoked"),
        ("ci", "already paused"),
        ("app", "already rotated"),
    ] {
        assert!(outcome(&table, key).ends_with(end), "{key}: {table}");
    }
    assert!(errors(&out).contains("dry run: nothing was changed"), "{}", errors(&out));
    // Programs read the words of the API.
    let csv = home.ok(&[&dry[..], &["--output", "csv"]].concat());
    assert!(csv.contains(",keep,done,") && csv.contains(",pause,changedSince,"), "{csv}");

    let execute = ["audit", "review", "execute", "Q4", "--yes"];
    let out = home.run(&execute);
    let table = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && outcome(&table, "ci").ends_with("already paused"), "{table}");
    assert!(!errors(&out).contains("not revoked or paused"), "{}", errors(&out));
    for repeat in [&dry[..], &execute] {
        let out = home.run(repeat);
        let (table, said) = (String::from_utf8_lossy(&out.stdout).into_owned(), errors(&out));
        assert!(out.status.success() && said.contains("the review was already executed at 20"), "{said}");
        let then = "; nothing was changed, and the outcomes are those of that time, not the current state of the keys\n";
        assert!(said.contains(then), "{said}");
        assert!(!table.contains("would"), "{table}");
        for (key, end) in [
            ("web", " kept until 2999-01-31T23:59:59.000Z"),
            ("site", " kept"),
            ("old", " revoked"),
            ("app", " rotated"),
        ] {
            assert!(outcome(&table, key).ends_with(end), "{key}: {table}");
        }
        assert!(!said.contains("dry run"), "{said}");
    }
    // What is done is not asked for.
    let mut terminal = start(&home, &["audit", "review", "execute", "Q4"]);
    terminal.sees("the review was already executed at 20");
    assert_eq!(terminal.ends(), 0);
    // Whoever is to be asked has a decision, in each count.
    home.ok(&["audit", "report", "--review", "Q4", "--out", "pack"]);
    for report in ["report.md", "report.html"] {
        let text = std::fs::read_to_string(home.path().join("pack").join(report)).expect("a file");
        let counted = "6 of 6 keys have a decision in the review Q4 (ask 1, skip 0: these confirm nothing about a key).";
        assert!(text.contains(counted), "{report}");
    }
    assert!(home.ok(&["audit", "verify", "pack"]).contains("6 decided"));

    home.ok(&["audit", "review", "start", "Q1"]);
    home.ok(&["audit", "review", "decide", "Q1", "blog/web", "revoke"]);
    home.ok(&["audit", "review", "cancel", "Q1", "--yes"]);
    let said = refused(&home, &["audit", "review", "execute", "Q1", "--dry-run"], 5);
    assert_eq!(said, "keydeck: the review is cancelled; start a new review\n");
}

#[test]
fn a_date_that_has_passed_is_refused_by_the_name_of_its_option() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q4"]);
    for (args, option) in [
        (&["audit", "review", "start", "Q5", "--due", "2025-01-01"][..], "--due"),
        (&["audit", "review", "edit", "Q4", "--due", "2025-01-01"], "--due"),
        (&["audit", "review", "decide", "Q4", "shop/web", "keep", "--until", "2025-01-01"], "--until"),
    ] {
        let said = refused(&home, args, 2);
        let begin = format!("keydeck: {option} 2025-01-01T23:59:59.000Z has passed; the server's time is 20");
        assert!(said.starts_with(&begin), "{said}");
    }
    for args in [
        &["audit", "review", "start", "Q5", "--due", "2999-11-31"][..],
        &["audit", "review", "edit", "Q4", "--due", "2999-02-29T12:00:00Z"],
        &["audit", "review", "decide", "Q4", "shop/web", "keep", "--until", "2999-13-01"],
        &["audit", "events", "--after", "2025-02-29"],
        &["audit", "stale", "--idle", "2025-02-29"],
    ] {
        let said = refused(&home, args, 2);
        assert!(said.contains(" does not exist: ") && said.ends_with("; see --help\n"), "{args:?}: {said}");
    }
    let until = ["audit", "review", "decide", "Q4", "shop/web", "revoke", "--until", "2999-01-01"];
    assert_eq!(refused(&home, &until, 2), "keydeck: --until can only be used with the decision keep\n");
    let said = refused(&home, &["audit", "events", "--after", "2999-01-01"], 2);
    let begin = "keydeck: --after 2999-01-01T00:00:00.000Z is in the future; the server's time is 20";
    assert!(said.starts_with(begin), "{said}");
}

#[test]
fn what_fails_and_what_a_later_server_does_with_a_key_stands_above_the_question() {
    let server = Newer::start();
    let home = Home::new();
    let id = ReviewId::from_number(1).to_string();
    let env = [("KEYDECK_SERVER", server.url.as_str()), ("KEYDECK_TOKEN", server.token.as_str())];
    let mut terminal = start_with(&home, &["audit", "review", "execute", &id], &env);
    let screen = terminal.sees("No key is revoked or paused.");
    for words in ["2 keys will not be changed:", "  shop/cron: failed", "  shop/feed: postponed"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    terminal.press("n\r");
    assert_eq!(terminal.ends(), 1);
}

#[test]
fn a_decision_of_another_reviewer_is_named_when_it_is_replaced_or_undone() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q4"]);
    let token = home.ok(&["tokens", "create", "carol", "--role", "auditor"]);
    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    owner.until_said("keydeck: ready");
    let url = format!("http://{}", address(&owner, "management API"));
    let decide = ["audit", "review", "decide", "Q4", "shop/web"];
    let carol = |args: &[&str]| {
        let mut command = home.command(&[&["--server", &url], args].concat());
        let out = command.env("KEYDECK_TOKEN", token.trim_end()).output().expect("it runs");
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
        errors(&out)
    };
    let first = carol(&[&decide[..], &["revoke"]].concat());
    assert!(!first.contains("replaced"), "{first}");
    let again = carol(&[&decide[..], &["revoke"]].concat());
    assert!(!again.contains("replaced"), "nothing was changed: {again}");
    let said = |args: &[&str]| errors(&home.run(args));
    // She may not ask for the plan, and is told where it can be read.
    let mut plan = home.command(&["--server", &url, "audit", "review", "execute", "Q4", "--dry-run"]);
    let out = plan.env("KEYDECK_TOKEN", token.trim_end()).output().expect("it runs");
    assert_failed(&out, 3, "requires the member or admin role");
    assert_failed(&out, 3, "; to see the decisions, run: keydeck audit review items Q4, or press X");
    // A person is asked first; a script and `--yes` are not.
    let mut terminal = start(&home, &[&decide[..], &["pause"]].concat());
    terminal.sees("Replace the decision on shop/web (revoke by token:carol) with pause? [y/N]");
    terminal.press("\r");
    terminal.sees("cancelled; the decision was not changed");
    assert_eq!(terminal.ends(), 1);
    assert!(home.ok(&["audit", "review", "items", "Q4"]).contains("  revoke  "), "nothing was changed");
    let mut terminal = start(&home, &[&decide[..], &["revoke", "--reason", "the same"]].concat());
    assert!(!terminal.sees("the same").contains("[y/N]"));
    assert_eq!(terminal.ends(), 0);
    carol(&[&decide[..], &["keep"]].concat());
    let mut terminal = start(&home, &[&decide[..], &["pause"]].concat());
    terminal.sees("(keep by token:carol) with pause? [y/N]");
    terminal.press("y\r");
    terminal.sees("replaced the decision on shop/web: keep by token:carol");
    assert_eq!(terminal.ends(), 0);
    carol(&[&decide[..], &["skip"]].concat());
    let mut terminal = start(&home, &[&decide[..], &["keep", "--yes"]].concat());
    assert!(!terminal.sees("replaced the decision").contains("[y/N]"));
    assert_eq!(terminal.ends(), 0);
    carol(&[&decide[..], &["revoke"]].concat());
    let replaced = said(&[&decide[..], &["pause"]].concat());
    assert!(
        replaced.contains("keydeck: replaced the decision on shop/web: revoke by token:carol\n"),
        "{replaced}"
    );
    let undo = ["audit", "review", "undo", "Q4", "shop/web"];
    // Undoing asks as deciding does.
    carol(&[&decide[..], &["keep", "--until", "2999-01-01", "--reason", "in use"]].concat());
    let mut terminal = start(&home, &undo);
    terminal.sees("Undo the decision on shop/web (keep by token:carol: in use)? [y/N]");
    terminal.press("n\r");
    terminal.sees("cancelled; the decision was not changed");
    assert_eq!(terminal.ends(), 1);
    let cleared = said(&[&decide[..], &["pause"]].concat());
    let wanted =
        "note: the reason and the until date of the earlier decision were cleared: in use; until 2999-01-01T";
    assert!(cleared.contains(wanted), "{cleared}");
    let mut terminal = start(&home, &undo);
    assert!(!terminal.sees("undid the decision").contains("[y/N]"), "one's own is undone unasked");
    assert_eq!(terminal.ends(), 0);
    carol(&[&decide[..], &["revoke"]].concat());
    let mut terminal = start(&home, &[&undo[..], &["--yes"]].concat());
    assert!(!terminal.sees("undid the decision").contains("[y/N]"));
    assert_eq!(terminal.ends(), 0);
    carol(&[&decide[..], &["revoke"]].concat());
    said(&[&decide[..], &["pause"]].concat());
    let decisions = home.ok(&["audit", "events", "--filter", "\"review q4\" action:decided", "--ids"]);
    assert_eq!(
        decisions.lines().count(),
        home.ok(&["audit", "events", "--action", "review.decided", "--ids"]).lines().count()
    );
    let undone = carol(&undo);
    assert!(undone.contains("undid the decision on shop/web: pause by local:"), "{undone}");
}

#[test]
fn who_decided_what_when_and_why_fits_on_a_terminal_of_80_columns() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q4"]);
    let items = ["audit", "review", "items", "Q4"];
    let csv = [&items[..], &["--output", "csv"]].concat();
    let headings = |text: &str| text.lines().next().map(str::to_owned).unwrap_or_default();
    let before = headings(&home.ok(&csv));
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "keep", "--reason", "yearly job"]);
    let piped = home.ok(&items);
    assert!(headings(&piped).ends_with("DECISION  REASON      DECIDED BY  DECIDED AT"), "{piped}");
    assert!(piped.starts_with("ID  "), "{piped}");
    let mut terminal = start(&home, &items);
    let screen = terminal.sees("DECIDED AT");
    assert_eq!(terminal.ends(), 0);
    let row = screen.lines().find(|line| line.starts_with("shop")).expect("the row of the key");
    for part in ["web", "keep", "yearly job", "local:", "Z"] {
        assert!(row.contains(part), "{part}: {screen}");
    }
    assert_eq!(screen.trim_end().lines().count(), 2, "no line is folded: {screen}");
    assert_eq!(headings(&home.ok(&csv)), before, "CSV stays");
    // Of one project, and a project that is none of the review's.
    home.ok(&["projects", "create", "blog"]);
    for (project, rows) in [("shop", 2), ("blog", 1)] {
        let listed = home.ok(&[&csv[..], &["--project", project]].concat());
        assert_eq!(listed.lines().count(), rows, "{listed}");
    }
}

#[test]
fn a_review_without_a_threshold_shows_that_of_the_server() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q4"]);
    home.ok(&["audit", "review", "start", "Q3", "--stale", "stig"]);
    let line = |review: &str| {
        let shown = home.ok(&["audit", "review", "show", review]);
        let line = shown.lines().find(|line| line.starts_with("stale ")).expect("a line").to_owned();
        line.trim_start_matches("stale").trim().to_owned()
    };
    assert_eq!(line("Q4"), "idle for 90 days or more (default of the server)");
    assert_eq!(line("Q3"), "idle for 35 days or more");
    let csv = home.ok(&["audit", "review", "show", "Q4", "--output", "csv"]);
    assert!(csv.contains("staleDays,\n"), "{csv}");
}

#[test]
fn of_names_that_differ_only_in_case_the_exact_one_is_meant() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let start = |name| id_of(&home.ok(&["audit", "review", "start", name, "--output", "json"]));
    let (upper, lower) = (start("Q4"), start("q4"));
    for (name, id) in [("Q4", &upper), ("q4", &lower)] {
        assert_eq!(id_of(&home.ok(&["audit", "review", "show", name, "--output", "json"])), *id);
    }
    // Keys, too, where the name alone is given, or the past counts.
    home.ok(&["projects", "create", "blog"]);
    home.ok(&["keys", "create", "Web", "--project", "blog"]);
    let shown = |name| home.ok(&["keys", "show", name]);
    assert!(shown("Web").contains("blog") && shown("web").contains("shop"));
    home.ok(&["keys", "revoke", "blog/Web", "--yes"]);
    home.ok(&["keys", "create", "web", "--project", "blog"]);
    for (name, count) in [("blog/Web", 2), ("blog/web", 1)] {
        let events = home.ok(&["audit", "events", "--key", name, "--ids"]);
        assert_eq!(events.lines().count(), count, "{name}: {events}");
    }
}

#[test]
fn a_date_alone_is_due_at_the_end_of_that_day() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let json = |args: &[&str]| -> serde_json::Value {
        let args = [&["audit", "review"], args, &["--output", "json"]].concat();
        serde_json::from_str(&home.ok(&args)).expect("JSON")
    };
    // Whoever does it on that day is in time.
    let started = json(&["start", "Q4", "--due", "2999-12-04"]);
    assert_eq!(started["dueAt"], "2999-12-04T23:59:59.000Z");
    let kept = json(&["decide", "Q4", "shop/web", "keep", "--until", "2999-03-31"]);
    assert_eq!(kept["until"], "2999-03-31T23:59:59.000Z");
    let today = keydeck::wire::time::system_clock()().utc().format("%Y-%m-%d").to_string();
    let moved = json(&["edit", "Q4", "--due", &today]);
    assert_eq!(moved["dueAt"], format!("{today}T23:59:59.000Z"), "today has not passed");
    // A time that is written is meant.
    let moved = json(&["edit", "Q4", "--due", "2999-12-04T17:00:00Z"]);
    assert_eq!(moved["dueAt"], "2999-12-04T17:00:00.000Z");
}

#[test]
fn the_events_of_a_review_can_be_listed_and_say_its_name() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "app"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    for review in ["Q3", "Q4"] {
        home.ok(&["audit", "review", "start", review]);
        home.ok(&["audit", "review", "decide", review, "shop/web", "skip"]);
    }
    home.ok(&["audit", "review", "decide", "Q4", "shop/app", "revoke", "--reason", "unused since spring"]);
    home.ok(&["audit", "review", "execute", "Q4", "--yes"]);
    home.ok(&["audit", "report", "--review", "Q4", "--out", "pack"]);
    let id = id_of(&home.ok(&["audit", "review", "show", "Q4", "--output", "json"]));
    // A text that mentions it is not one of its events.
    home.ok(&["keys", "revoke", "shop/web", "--yes", "--reason", &format!("as noted in {id}")]);
    let list = ["audit", "events", "--review", "Q4", "--columns", "action", "--output", "csv"];
    let actions = "report.created review.executed key.revoked review.decided review.decided review.started";
    let listed = |args: &[&str]| home.ok(args).lines().skip(1).collect::<Vec<_>>().join(" ");
    assert_eq!(listed(&list), actions);
    let narrowed = [&list[..], &["--filter", "spring", "--limit", "1"]].concat();
    assert_eq!(listed(&narrowed), "key.revoked");
    let page = home.ok(&["audit", "events", "--review", "Q4", "--limit", "2", "--output", "json"]);
    let page: serde_json::Value = serde_json::from_str(&page).expect("JSON");
    assert_eq!((page["items"].as_array().map(Vec::len), &page["more"]), (Some(2), &true.into()));
    assert_eq!(page["total"], 6, "the total is exact");
    let table = home.ok(&["audit", "events"]);
    let has = |words: &str| assert!(table.lines().any(|line| line.ends_with(words)), "{words}: {table}");
    has("decided revoke; own key · review Q4 · unused since spring");
    has("decided skip; own key · review Q3");
    // The event of an undo holds no decision. The one before it says what was undone, and whose it was.
    home.ok(&["keys", "create", "feed", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Q2"]);
    for (decision, why) in [("keep", "yearly job"), ("skip", "")] {
        home.ok(&["audit", "review", "decide", "Q2", "shop/feed", decision, "--reason", why]);
        home.ok(&["audit", "review", "undo", "Q2", "shop/feed"]);
    }
    let events = home.ok(&["audit", "events", "--action", "review.decided", "--project", "shop"]);
    let undone: Vec<&str> = events
        .lines()
        .filter_map(|line| line.split_once("  decision undone: "))
        .map(|(_, what)| what)
        .collect();
    let by = |what: &str| undone.iter().any(|line| line.starts_with(&format!("{what} by local:")));
    assert!(by("skip") && by("keep"), "{events}");
    assert!(
        undone[0].ends_with(" · review Q2") && undone[1].ends_with(" (yearly job) · review Q2"),
        "{events}"
    );
    // The decision is not among the events that are listed.
    let last = home.ok(&["audit", "events", "--limit", "1"]);
    assert!(last.contains("decision undone: skip by local:"), "{last}");
    assert!(
        table.lines().any(|line| line.contains("key.revoked") && line.ends_with(": revoke · review Q4")),
        "{table}"
    );
    refused(&home, &["audit", "events", "--review", "Q5"], 4);
}

#[test]
fn the_median_of_an_even_number_of_delays_is_the_mean_of_the_two_in_the_middle() {
    let home = Home::new();
    let clock = home.path().join("clock");
    let at = |hours: i64, args: &[&str]| {
        std::fs::write(&clock, (hours * 3_600_000).to_string()).expect("written");
        let out = home.command(args).env("KEYDECK_TEST_CLOCK", &clock).output().expect("the program runs");
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
    };
    at(-24, &["projects", "create", "shop"]);
    for name in ["web", "app"] {
        at(-24, &["keys", "create", name, "--project", "shop"]);
    }
    at(-20, &["audit", "review", "start", "Q4"]);
    at(-18, &["audit", "review", "decide", "Q4", "shop/web", "revoke"]);
    at(-14, &["audit", "review", "decide", "Q4", "shop/app", "revoke"]);
    at(-12, &["audit", "review", "execute", "Q4", "--yes"]);
    at(-12, &["audit", "report", "--review", "Q4", "--out", "pack"]);
    let report = std::fs::read_to_string(home.path().join("pack/report.md")).expect("a file");
    assert!(report.contains("shortest 2 h, median 4 h, longest 6 h (2 decisions)"), "{report}");
}
