//! What is typed wrongly is refused in one line, and nothing happens.

use crate::support::home::Home;
use crate::support::hostile::WHOLE_KEY;
use crate::support::process::{assert_failed, errors, feed};

#[test]
fn unknown_flags_and_commands_are_wrong_usage() {
    let home = Home::new();
    for (args, about) in [
        (&["--nonsense"][..], "'--nonsense'"),
        (&["keys", "lst"], "'lst'"),
        (&["keys"], "missing command after `keydeck keys`: list, show"),
        (&["keys", "list", "--limit", "0"], "--limit"),
        (&["keys", "list", "--sort", "size"], "expected name, created, lastUsed, idle, findings, creator"),
        (&["keys", "create", "web"], "--project"),
        (&["tokens", "create", "ci", "--role", "king"], "admin, member or auditor"),
        (&["serve", "--manage", "7474"], "--manage"),
        (&["serve", "--trusted-proxy", "everywhere"], "--trusted-proxy"),
        (&["serve", "--lease", "0"], "--lease"),
        (
            &["--server", "http://127.0.0.1:1", "--database", "sqlite::memory:", "keys", "list"],
            "--server and",
        ),
        (&["--database", "/tmp/x.db", "keys", "list"], "sqlite:///"),
    ] {
        assert_failed(&home.run(args), 2, about);
    }
    assert!(!home.data().exists(), "no database was made");
    assert_failed(&home.run(&["keys", "show", "key_web"]), 2, "project/name");
}

#[test]
fn help_and_version_are_printed_and_done() {
    let home = Home::new();
    assert_eq!(home.ok(&["-V"]), format!("keydeck {}\n", env!("CARGO_PKG_VERSION")));
    assert!(home.ok(&["--help"]).contains("serve"));
    assert!(home.ok(&["keys", "revoke", "--help"]).contains("--yes"));
}

#[test]
fn a_whole_key_as_an_argument_is_refused_and_not_repeated() {
    let home = Home::new();
    let padded = format!("shop/{WHOLE_KEY}");
    let flag = format!("--reason={WHOLE_KEY}");
    let (pass, remove) = ("pass - and write the key to standard input", "remove it from the ");
    for (args, instead) in [
        (&["keys", "show", WHOLE_KEY][..], pass),
        (&["keys", "revoke", WHOLE_KEY, "--yes"], pass),
        (&["keys", "create", WHOLE_KEY, "--project", "shop"], remove),
        (&["keys", "show", &padded], pass),
        (&["keys", "revoke", "shop/web", &flag], remove),
        (&["--nonsense", WHOLE_KEY], pass),
        (&[WHOLE_KEY], pass),
    ] {
        let out = home.run(args);
        assert_failed(&out, 2, instead);
        assert!(errors(&out).contains("(treat this key as leaked)"), "{}", errors(&out));
        assert!(!errors(&out).contains(WHOLE_KEY), "{}", errors(&out));
    }
    assert_eq!(home.files_holding(WHOLE_KEY), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_mistyped_key_on_standard_input_is_refused_and_not_repeated() {
    let home = Home::new();
    let mistyped = format!("{}X", &WHOLE_KEY[..WHOLE_KEY.len() - 1]);
    let out = feed(home.command(&["keys", "show", "-"]), &mistyped);
    assert_failed(&out, 2, "mistyped");
    assert!(!errors(&out).contains(&mistyped), "{}", errors(&out));
}

#[test]
fn a_key_in_a_name_or_reason_from_a_variable_is_refused_and_not_repeated() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    // A key split over what the shell joined never gets as far as the server either.
    let out = home.run(&["projects", "rename", "shop", &format!("a {WHOLE_KEY} b")]);
    assert_failed(&out, 2, "whole key");
    assert!(!errors(&out).contains(WHOLE_KEY));
}

#[test]
fn what_does_not_exist_is_not_found() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    assert_failed(&home.run(&["keys", "list", "--project", "none"]), 4, "projects list");
    assert_failed(&home.run(&["keys", "show", "shop/none"]), 4, "keys list");
    assert_failed(&home.run(&["keys", "show", "none/web"]), 4, "projects list");
    assert_failed(&home.run(&["keys", "show", "shop/"]), 4, "key not found");
    assert_failed(&home.run(&["keys", "show", &format!("shop/{}", "n".repeat(2_000))]), 4, "key not found");
    assert_failed(&home.run(&["keys", "show", "key_00000000000000000000000000"]), 4, "key not found");
    let none = "prj_00000000000000000000000000";
    for about in [["rules", "show"], ["keys", "list"], ["audit", "events"]] {
        assert_failed(&home.run(&[about[0], about[1], "--project", none]), 4, "project");
    }
}

#[test]
fn the_dashboard_without_a_terminal_is_wrong_usage() {
    let home = Home::new();
    assert_failed(&home.run(&[]), 2, "terminal");
    assert!(!home.data().exists(), "nothing was made");
}

#[test]
fn hostile_names_are_refused_or_shown_inert() {
    let home = Home::new();
    for (name, refused) in crate::support::hostile::names() {
        // An operating system has no arguments with NUL; a whole key has tests of its own.
        if name.contains('\0') || name.contains("redir_") || name.starts_with('-') {
            continue;
        }
        let out = home.run(&["projects", "create", &name]);
        match refused {
            Some(_) => assert_failed(&out, 2, "name"),
            None => assert!(out.status.success(), "{name:?}: {}", errors(&out)),
        }
    }
    let listed = home.ok(&["projects", "list"]);
    assert!(!listed.contains(|c: char| c != '\n' && keydeck::wire::text::is_hostile(c)), "{listed:?}");
}

#[test]
fn a_missing_argument_is_explained_with_an_example() {
    let home = Home::new();
    for (args, said) in [
        (
            &["keys", "show"][..],
            "missing <KEY>: id, project/name or masked key; for example: keydeck keys show shop/web; see --help",
        ),
        (
            &["--context", "projects", "projects", "rename", "shop"],
            "missing <NAME>: new name, 1 to 64 characters; for example: keydeck projects rename shop \"Web shop\"; see \
             --help",
        ),
        (
            &["keys", "create", "web"],
            "missing --project <PROJECT>: project (id or name); for example: keydeck keys create web --project shop > \
             web.key; see --help",
        ),
        (
            &["tokens", "create", "ci"],
            "missing --role <admin|member|auditor>: admin (everything), member (no tokens, and no deletion of projects) \
             or auditor (only reads and reviews); for example: keydeck tokens create ci --role member > ci.token; see \
             --help",
        ),
        (
            &["audit", "review", "edit", "Q4"],
            "missing --name <NAME> or --due <TIME|none>; for example: keydeck audit review edit \"Q4 2026\" --due 7d; \
             see --help",
        ),
        (
            &["identify", "--yes"],
            "missing --revoke: revoke each API key that is found by sending it to the Edge API; see --help",
        ),
        (
            &["audit", "review", "sign", "Q4", "--head", "22"],
            "invalid value '22' for '--head <SEQ:HASH>': expected SEQ:HASH (a number, a colon and 64 lower-case hex \
             digits); `keydeck audit verify` prints that of the log, `keydeck audit report` that of a pack; see --help",
        ),
        (&["projects"], "missing command after `keydeck projects`: list, create, rename, delete; see --help"),
        // What a head is and where it comes from, and the whole command with the review that was typed.
        (
            &["audit", "review", "sign", "Q4 2026"],
            "missing the evidence pack to sign: pass --pack PATH, or --head SEQ:HASH, its last audit event; first create \
             the pack: keydeck audit report --review \"Q4 2026\" --out pack.tar.gz (it prints the head); then run: \
             keydeck audit review sign \"Q4 2026\" --pack pack.tar.gz",
        ),
    ] {
        let out = home.run(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert_eq!(errors(&out), format!("keydeck: {said}\n"), "{args:?}");
    }
    assert!(!home.data().exists(), "no database was made");
}

#[test]
fn the_project_of_a_key_is_given_apart_wherever_a_key_is_named() {
    let home = Home::new();
    for project in ["shop", "blog"] {
        home.ok(&["projects", "create", project]);
        home.ok(&["keys", "create", "web", "--project", project]);
    }
    let id = home.ok(&["keys", "list", "--project", "shop", "--ids"]);
    let id = id.trim_end();
    home.ok(&["audit", "review", "start", "Q4"]);
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    // Two keys are named web: the project says which one is meant.
    for command in [
        &["keys", "show"][..],
        &["keys", "edit", "--owner", "ann"],
        &["keys", "usage"],
        &["keys", "pause"],
        &["keys", "resume"],
        &["keys", "rotate", "--guided"],
        &["keys", "rotation"],
        &["keys", "revoke", "--dry-run"],
        &["audit", "events", "--key"],
    ] {
        assert_failed(&home.run(&[command, &["web"]].concat()), 5, "2 keys are named web");
        home.ok(&[command, &["web", "--project", "shop"]].concat());
        for key in ["shop/web", id] {
            home.ok(&[command, &[key, "-p", "shop"]].concat());
            assert_failed(
                &home.run(&[command, &[key, "--project=blog"]].concat()),
                2,
                "shop/web is not a key of the project blog; leave out --project",
            );
        }
        let gone = home.run(&[command, &["nothing", "--project", "blog"]].concat());
        assert_failed(&gone, 4, "key not found: blog/nothing");
        assert_failed(
            &home.run(&[command, &["web", "--project", "none"]].concat()),
            4,
            "project not found: none",
        );
    }
    home.ok(&["audit", "review", "decide", "Q4", "web", "keep", "-p", "shop"]);
    home.ok(&["audit", "review", "undo", "Q4", "web", "-p", "shop"]);
    home.ok(&["keys", "rename", "web", "site", "--project", "blog"]);
    let names = ["keys", "list", "--project", "blog", "--columns", "name", "--output", "csv"];
    assert_eq!(home.ok(&names), "name\nsite\n");
    let read = |text: &str, project: &str| feed(home.command(&["keys", "show", "-", "-p", project]), text);
    assert!(String::from_utf8_lossy(&read("web", "shop").stdout).contains(id));
    assert_failed(&read(id, "blog"), 2, "shop/web is not a key of the project blog");
    // Lists of keys have the same option.
    for list in [
        &["audit", "stale", "--idle", "0"][..],
        &["audit", "findings"],
        &["audit", "findings", "--stale", "90"],
    ] {
        let listed = |scope: &[&str]| home.ok(&[list, &["--ids"], scope].concat());
        let (shop, blog) = (listed(&["--project", "shop"]), listed(&["-p", "blog"]));
        assert!(!shop.is_empty() && !blog.is_empty(), "{list:?}");
        assert!(!shop.lines().any(|id| blog.contains(id)), "{list:?}: {shop}{blog}");
        assert_eq!(listed(&[]).lines().count(), shop.lines().count() + blog.lines().count(), "{list:?}");
    }
}

#[test]
fn an_empty_name_is_said_to_be_empty() {
    let home = Home::new();
    for blank in ["", "  "] {
        for (args, about) in [
            (&["projects", "delete", blank, "--yes"][..], "project name is empty"),
            (&["projects", "create", blank], "name is empty"),
            (&["projects", "rename", "shop", blank], "name is empty"),
            (&["projects", "rename", blank, "shop"], "project name is empty"),
            (&["keys", "list", "--project", blank], "--project: project name is empty"),
            (&["keys", "create", "web", "--project", blank], "--project: project name is empty"),
            (&["keys", "create", blank, "--project", "shop"], "name is empty"),
            (&["keys", "edit", "shop/web", "--name", blank], "--name: name is empty"),
            (&["keys", "revoke", "shop/web", blank, "--yes"], "key is empty"),
            (&["keys", "show", blank], "key is empty"),
            (&["rules", "show", "--project", blank], "--project: project name is empty"),
            (&["audit", "review", "show", blank], "review name is empty"),
            (&["audit", "review", "start", blank], "name is empty"),
            (&["audit", "events", "--key", blank], "--key: key is empty"),
            (&["audit", "events", "--actor", blank], "--actor: actor is empty"),
            (&["tokens", "create", blank, "--role", "member"], "name is empty"),
            (&["nodes", "forget", blank], "node name is empty"),
            (&["contexts", "use", blank], "context name is empty; list contexts with"),
            (&["projects", "list", "--context", blank], "--context: context name is empty"),
            (&["login", blank], "server address is empty"),
        ] {
            // From its start: `name is empty` is part of the others.
            assert_failed(&home.run(args), 2, &format!("keydeck: {about}"));
        }
    }
    assert!(!home.data().exists(), "no database was made");
}

#[test]
fn a_time_with_a_minus_is_read_as_a_time() {
    let home = Home::new();
    for (args, about) in [
        (&["audit", "review", "start", "Q4", "--due", "-1d"][..], "1d ago has passed; choose a later date"),
        (&["audit", "review", "edit", "Q4", "--due", "-1d"], "1d ago has passed; choose a later date"),
        (&["audit", "review", "decide", "Q4", "shop/web", "keep", "--until", "-90d"], "90d ago has passed"),
        (&["keys", "revoke", "shop/web", "--unused-since", "-7d"], "write 7d for 7d ago"),
        (&["audit", "events", "--after", "-7d"], "write 7d for 7d ago"),
        (&["audit", "events", "--before", "-2h"], "write 2h for 2h ago"),
        (&["audit", "stale", "--idle", "-90d"], "expected a duration such as 90d"),
        (&["audit", "findings", "--stale", "-5"], "expected"),
        (&["keys", "rotate", "shop/web", "--guided", "--quiet", "-1h"], "expected a duration such as 90d"),
        (&["keys", "list", "--limit", "-1"], "expected a number greater than 0"),
        (&["keys", "usage", "shop/web", "--days", "-1"], "expected a number from 1 to 90"),
        (
            &["rules", "export", "--project", "shop", "--format", "csv", "--version", "-1"],
            "expected a number from 1 to 2147483647",
        ),
        (&["serve", "--lease", "-5"], "expected a number from 1 to 20"),
        (&["serve", "--drain", "-5"], "expected a number from 0 to 300"),
    ] {
        let out = home.run(args);
        assert_failed(&out, 2, about);
        assert!(!errors(&out).contains("unexpected argument"), "{}", errors(&out));
    }
}

#[test]
fn a_cut_key_is_no_name_and_no_reason_and_the_masked_key_is() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let cut = &WHOLE_KEY[..WHOLE_KEY.len() - 9];
    let about = format!("found {cut} in a log");
    for args in [
        &["projects", "create", cut][..],
        &["projects", "rename", "shop", cut],
        &["keys", "create", cut, "--project", "shop"],
        &["keys", "create", "ci", "--project", "shop", "--purpose", &about],
        &["keys", "edit", "shop/web", "--owner", cut],
        &["keys", "rename", "shop/web", cut],
        &["keys", "pause", "shop/web", "--reason", &about],
        &["keys", "revoke", "shop/web", "--yes", "--reason", &about],
        &["keys", "rotate", "shop/web", "--name", cut],
        &["tokens", "create", cut, "--role", "member"],
        &["audit", "review", "start", cut],
    ] {
        let out = home.run(args);
        assert_failed(
            &out,
            2,
            "this looks like part of a key; use the masked key or its first characters (redir_live_7kf2)",
        );
        assert!(!errors(&out).contains(cut), "{}", errors(&out));
    }
    // All of it but the prefix is as good as a whole key.
    let body = &WHOLE_KEY["redir_live_".len()..];
    for args in [
        &["projects", "create", body][..],
        &["keys", "edit", "shop/web", "--owner", body],
        &["keys", "edit", "shop/web", "--purpose", &format!("key={body};")],
        &["keys", "pause", "shop/web", "--reason", &format!("found {body} in a log")],
    ] {
        let out = home.run(args);
        assert_failed(
            &out,
            2,
            "this looks like part of a key; use the masked key or its first characters (redir_live_7kf2)",
        );
        assert!(!errors(&out).contains(body), "{}", errors(&out));
    }
    // An MD5 sum has as many letters and digits.
    home.ok(&["keys", "edit", "shop/web", "--purpose", "d41d8cd98f00b204e9800998ecf8427e"]);
    let start = &WHOLE_KEY["redir_".len().."redir_live_".len() + 4];
    let masked = format!("redir_{start}****...****{}", &WHOLE_KEY[WHOLE_KEY.len() - 4..]);
    for reason in [start, &masked, &masked.replace("****...****", "…"), &format!("redir_{start} leaked")] {
        home.ok(&["keys", "pause", "shop/web", "--reason", reason]);
        home.ok(&["keys", "resume", "shop/web"]);
    }
}
