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
        (&["keys"], "subcommand"),
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
    for args in [
        &["keys", "show", WHOLE_KEY][..],
        &["keys", "revoke", WHOLE_KEY, "--yes"],
        &["keys", "create", WHOLE_KEY, "--project", "shop"],
        &["keys", "show", &padded],
        &["keys", "revoke", "shop/web", &flag],
        &["--nonsense", WHOLE_KEY],
        &[WHOLE_KEY],
    ] {
        let out = home.run(args);
        assert_failed(&out, 2, "standard input");
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
