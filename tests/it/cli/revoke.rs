//! `keydeck keys revoke` with a filter, with many ids, and with more keys than one call takes.

use std::sync::Arc;

use keydeck::store::SharedStore;
use keydeck::store::sql::{Options, SqlStore, sqlite_url};
use serde_json::json;

use super::keys::{json as parsed, with_key};
use super::terminal::{in_shell, start};
use crate::store::support::{NOON, key, project};
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors, feed};

/// A home with three keys: web and app of shop, web of blog.
fn with_keys() -> Home {
    let (home, _) = with_key();
    home.ok(&["projects", "create", "blog"]);
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "blog"]);
    home
}

fn active(home: &Home) -> String {
    home.ok(&["keys", "list", "--columns", "project,name", "--output", "csv"])
        .lines()
        .skip(1)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_filter_shows_what_it_would_revoke_and_revokes_it() {
    let home = with_keys();
    let dry = home.run(&["keys", "revoke", "--filter", "project:shop", "--dry-run"]);
    assert_eq!(String::from_utf8_lossy(&dry.stdout).matches("would revoke").count(), 2);
    assert!(
        errors(&dry).contains("dry run: nothing was changed; 2 keys would be revoked"),
        "{}",
        errors(&dry)
    );
    // A value matches a part of a name: more projects than are meant may have it.
    let wide = home.run(&["keys", "revoke", "--filter", "project:o", "--dry-run"]);
    assert!(errors(&wide).contains("3 keys in 2 projects would be revoked"), "{}", errors(&wide));
    assert_eq!(active(&home), "shop,web shop,app blog,web");

    let filter = ["keys", "revoke", "--filter", "project:shop", "--reason", "moved"];
    assert_failed(&home.run(&filter), 2, "cannot prompt without a terminal; pass --yes");
    let done = home.run(&[&filter[..], &["--yes", "--output", "json"]].concat());
    let answer = parsed(&String::from_utf8_lossy(&done.stdout));
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(2), "{answer}");
    assert_eq!((&answer["receipt"]["confirmedBy"], answer.get("dryRun")), (&json!(1), None), "{answer}");
    assert!(errors(&done).contains("saved in the database, which no server is using (revision "));
    assert_eq!(active(&home), "blog,web");
    let reasons =
        home.ok(&["keys", "list", "--status", "revoked", "--columns", "revokeReason", "--output", "csv"]);
    assert_eq!(reasons, "revokeReason\nmoved\nmoved\n");

    let again = home.run(&[&filter[..], &["--yes"]].concat());
    assert!(again.status.success() && errors(&again).contains("no active key matches"), "{}", errors(&again));
    let path = errors(&home.run(&["keys", "revoke", "--filter", "blog/web", "--yes"]));
    assert!(
        path.contains("nothing was revoked; for a key of a project write --filter 'project:blog name:web'"),
        "{path}"
    );
}

#[test]
fn a_filter_that_is_empty_or_wrong_or_beside_a_key_revokes_nothing() {
    let home = with_keys();
    for (args, about) in [
        (&["--filter", ""] as &[&str], "the filter is empty"),
        (&["--filter", "  "], "the filter is empty"),
        (&["--filter", "used:often"], "invalid filter at column 6"),
        (&["--filter", "web", "shop/web"], "cannot be used with"),
        (&["--filter", "web", "--unused-since", "2999-01-01"], "in the future"),
    ] {
        assert_failed(&home.run(&[&["keys", "revoke", "--yes"], args].concat()), 2, about);
    }
    assert_eq!(active(&home), "shop,web shop,app blog,web");
}

#[test]
fn a_project_narrows_a_filter_and_never_widens_what_is_named() {
    let home = with_keys();
    home.ok(&["projects", "create", "shop-eu"]);
    home.ok(&["keys", "create", "web", "--project", "shop-eu"]);
    let revoke = |args: &[&str]| home.run(&[&["keys", "revoke", "--yes"], args].concat());
    // A project alone is not meant to revoke all of its keys.
    assert_failed(
        &revoke(&["--project", "shop"]),
        2,
        "which keys of the project? pass their names, or --filter",
    );
    assert_failed(&revoke(&["--project", "shop", "--filter", ""]), 2, "the filter is empty");
    let said = errors(&revoke(&["--project", "blog", "--filter", "name:app"]));
    assert!(
        said.contains("no active key of the project blog matches \"name:app\"; nothing was revoked"),
        "{said}"
    );
    // One wrong key of several: nothing is changed.
    let wrong = revoke(&["web", "blog/web", "--project", "shop"]);
    assert_failed(
        &wrong,
        2,
        "nothing was revoked: blog/web is not a key of the project shop; leave out --project",
    );
    assert_eq!(active(&home), "shop,web shop,app blog,web shop-eu,web");
    // `project:shop` in a filter matches shop-eu, too; --project does not.
    assert!(revoke(&["--project", "shop", "--filter", "name:web"]).status.success());
    assert_eq!(active(&home), "shop,app blog,web shop-eu,web");
    assert!(revoke(&["web", "--project", "blog"]).status.success());
    assert_eq!(active(&home), "shop,app shop-eu,web");
}

#[test]
fn on_a_terminal_a_filter_asks_for_the_number_of_keys() {
    let home = with_keys();
    for wrong in ["\r", "y\r", "3\r"] {
        let mut terminal = start(&home, &["keys", "revoke", "--filter", "name:web"]);
        let screen = terminal.sees("Type 2 to revoke 2 keys in 2 projects on local database");
        assert!(
            screen.contains("shop/web") && screen.contains("blog/web") && !screen.contains("app"),
            "{screen}"
        );
        terminal.press(wrong);
        assert_eq!(terminal.ends(), 1);
    }
    assert_eq!(active(&home), "shop,web shop,app blog,web");
    let mut terminal = start(&home, &["keys", "revoke", "--filter", "name:web"]);
    terminal.sees("Type 2 to revoke");
    terminal.press("2\r");
    terminal.sees("saved in the database, which no server is using");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(active(&home), "shop,app");
}

#[test]
fn ids_of_a_list_are_read_from_standard_input() {
    let home = with_keys();
    let ids = home.ok(&["keys", "list", "--filter", "web", "--ids"]);
    let unknown = format!("{ids}key_00000000000000000000000000\n");
    assert_failed(&feed(home.command(&["keys", "revoke", "-", "--yes"]), &unknown), 4, "not found");
    assert_failed(&feed(home.command(&["keys", "revoke", "-"]), &ids), 2, "pass --yes");
    assert_eq!(active(&home), "shop,web shop,app blog,web");
    let done = feed(home.command(&["keys", "revoke", "-", "--yes"]), &ids);
    assert!(done.status.success(), "{}", errors(&done));
    assert_eq!(active(&home), "shop,app");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_keys_than_one_call_takes_are_revoked_in_batches_with_progress_on_a_terminal() {
    let home = Home::new();
    home.ok(&["projects", "create", "other"]);
    let url = sqlite_url(&home.data().join("keydeck.db"));
    let opened = SqlStore::open(&url, Options::default()).await.expect("a store");
    let store: SharedStore = Arc::clone(&opened) as SharedStore;
    let shop = project(&store, "shop").await;
    for number in 0..1005 {
        key(&store, shop, &format!("key-{number}"), NOON).await;
    }
    opened.close().await;
    drop((store, opened));
    let mut terminal =
        start(&home, &["keys", "revoke", "--filter", "project:shop", "--yes", "--output", "csv"]);
    terminal.until("a receipt", |screen| screen.contains("which no server is using"));
    assert_eq!(terminal.ends(), 0);
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for progress in ["Loading… 1000 of 1005", "Revoking keys… 0 of 1005", "Revoking keys… 1000 of 1005"]
    {
        assert!(raw.contains(progress), "{progress}");
    }
    assert!(!terminal.scrollback().contains("Revoking keys…"), "the line is cleared");
    assert_eq!(raw.matches(",revoked\r\n").count(), 1005);
    assert_eq!(home.ok(&["keys", "list", "--ids"]), "");
    // Many ids are looked up in one list.
    let ids = home.ok(&["keys", "list", "--status", "revoked", "--ids"]);
    let again = feed(home.command(&["keys", "revoke", "-", "--yes", "--output", "csv"]), &ids);
    assert_eq!(String::from_utf8_lossy(&again.stdout).matches(",already\n").count(), 1005);
    assert!(!errors(&again).contains('\r'), "no progress where standard error is no terminal");
}

/// The id of the only key that the list shows.
fn only_id(home: &Home, list: &[&str]) -> String {
    let ids = home.ok(&[&["keys", "list", "--ids"], list].concat());
    assert_eq!(ids.lines().count(), 1, "{ids}");
    ids.trim().to_owned()
}

#[test]
fn a_repeated_revocation_by_name_does_not_revoke_the_next_key_of_that_name() {
    let (home, _) = with_key();
    let by_name = ["keys", "revoke", "shop/web", "--yes"];
    home.ok(&by_name);
    let again = home.run(&by_name);
    assert!(again.status.success() && errors(&again).contains("was already revoked"), "{}", errors(&again));

    let revoked = only_id(&home, &["--status", "revoked"]);
    home.ok(&["keys", "create", "Web", "--project", "shop"]);
    let active = only_id(&home, &[]);
    for repeat in
        [&by_name[..], &["keys", "revoke", "web", "--yes"], &["keys", "revoke", "shop/web", "--dry-run"]]
    {
        let out = home.run(repeat);
        assert_failed(&out, 5, "shop/Web is another key");
        let said = errors(&out);
        assert!(
            said.contains(&revoked) && said.contains(&active) && said.contains("nothing was revoked"),
            "{said}"
        );
    }
    assert_failed(&feed(home.command(&["keys", "revoke", "-", "--yes"]), "shop/web\n"), 5, &active);
    assert_eq!(only_id(&home, &[]), active);

    // A person is asked, with both keys before the eyes.
    let mut terminal = start(&home, &["keys", "revoke", "shop/web"]);
    let screen = terminal.sees("This cannot be undone. [y/N]");
    assert!(screen.contains("warning: shop/web was revoked at"), "{screen}");
    terminal.press("n\r");
    assert_eq!(terminal.ends(), 1);
    assert_eq!(only_id(&home, &[]), active);

    home.ok(&["keys", "revoke", &active, "--yes"]);
    assert_eq!(home.ok(&["keys", "list", "--ids"]), "");
}

#[test]
fn a_name_is_enough_again_ten_minutes_after_the_earlier_key_was_revoked() {
    let home = Home::new();
    let clock = home.path().join("clock");
    let after = |minutes: i64, args: &[&str]| {
        std::fs::write(&clock, (minutes * 60_000).to_string()).expect("written");
        home.command(args).env("KEYDECK_TEST_CLOCK", &clock).output().expect("the program runs")
    };
    for args in [
        &["projects", "create", "shop"][..],
        &["keys", "create", "web", "--project", "shop"],
        &["keys", "rotate", "shop/web"],
        &["keys", "revoke", "shop/web", "--yes"],
        &["keys", "rename", "shop/web-2", "web"],
    ] {
        assert!(after(0, args).status.success(), "{args:?}");
    }
    let repeat = ["keys", "revoke", "shop/web", "--yes"];
    assert_failed(&after(9, &repeat), 5, "shop/web is its replacement");
    let later = after(11, &repeat);
    assert!(later.status.success(), "{}", errors(&later));
}

#[test]
fn a_name_alone_does_not_go_over_to_another_project_and_a_new_project_is_another_one() {
    let (home, _) = with_key();
    home.ok(&["keys", "revoke", "web", "--yes"]);
    home.ok(&["projects", "create", "blog"]);
    home.ok(&["keys", "create", "web", "--project", "blog"]);
    assert_failed(&home.run(&["keys", "revoke", "web", "--yes"]), 5, "blog/web is another key");
    // With its project it is clear which key is meant.
    home.ok(&["keys", "revoke", "blog/web", "--yes"]);
    home.ok(&["projects", "delete", "shop", "--yes"]);
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    assert_failed(&home.run(&["keys", "revoke", "shop/web", "--yes"]), 5, "shop/web is another key");
    assert_eq!(active(&home), "shop,web");
}

#[test]
fn a_repeated_deletion_by_name_does_not_delete_the_next_project_of_that_name() {
    let (home, _) = with_key();
    let delete = ["projects", "delete", "shop", "--revoke-keys", "--yes"];
    home.ok(&delete);
    assert_failed(&home.run(&delete), 4, "no active project named shop");
    home.ok(&["projects", "create", "Shop"]);
    let id = home.ok(&["projects", "list", "--ids"]).trim().to_owned();
    let again = home.run(&delete);
    assert_failed(&again, 5, "project Shop was deleted at");
    assert!(errors(&again).contains(&format!("the project that has this name now is {id} (created 20")));
    assert!(errors(&again).contains(&format!("keydeck projects delete {id} --yes\n")));
    assert!(errors(&again).contains("nothing was deleted") && errors(&again).contains(&id));
    assert_eq!(home.ok(&["projects", "list", "--ids"]).trim(), id);

    let mut terminal = start(&home, &["projects", "delete", "shop"]);
    let screen = terminal.sees("This cannot be undone. [y/N]");
    assert!(screen.contains("warning: project Shop was deleted at"), "{screen}");
    terminal.press("n\r");
    assert_eq!(terminal.ends(), 1);
    home.ok(&["projects", "delete", &id, "--yes"]);
    assert_eq!(home.ok(&["projects", "list", "--ids"]), "");
}

#[test]
fn revoking_pausing_and_resuming_say_in_a_line_what_was_done() {
    let (home, _) = with_key();
    {
        let server = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
        server.until_said("keydeck: ready");
        let said = errors(&home.run(&["keys", "pause", "shop/web"]));
        assert!(said.starts_with("keydeck: shop/web paused: confirmed by 1 of 1 node (revision "), "{said}");
        home.ok(&["keys", "resume", "shop/web"]);
    }
    for (command, done) in [("pause", "paused"), ("resume", "resumed"), ("revoke", "revoked")] {
        let args = ["keys", command, "shop/web", "--yes"];
        let said = errors(&home.run(&args));
        // No server runs: the command itself is the only node, and serves nobody.
        let saved = "saved in the database, which no server is using (revision ";
        assert!(said.starts_with(&format!("keydeck: shop/web {done}: {saved}")), "{said}");
        // A program reads JSON and nothing else, and is told of nothing that it reads there.
        let json = home.run(&[&args[..], &["--output", "json"]].concat());
        parsed(&String::from_utf8_lossy(&json.stdout));
    }
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    let json = home.run(&["keys", "pause", "app", "--output", "json"]);
    assert_eq!(
        (parsed(&String::from_utf8_lossy(&json.stdout))["key"]["status"].as_str(), errors(&json).as_str()),
        (Some("paused"), "")
    );
}

#[test]
fn a_list_on_standard_input_is_confirmed_on_the_terminal_itself() {
    let home = with_keys();
    let ids = home.ok(&["keys", "list", "--filter", "project:shop", "--ids"]);
    std::fs::write(home.path().join("ids"), &ids).expect("written");
    for (answer, code, left) in [("n\r", 1, 3), ("y\r", 0, 1)] {
        let mut terminal = in_shell(&home, "exec \"$0\" keys revoke - < ids");
        terminal.sees("Revoke 2 keys on local database: ");
        terminal.press(answer);
        assert_eq!(terminal.ends(), code);
        assert_eq!(active(&home).split(' ').count(), left, "{answer:?}");
    }
    // Somebody else's terminal, that of the program in front, is not read from.
    let last = home.ok(&["keys", "list", "--ids"]);
    std::fs::write(home.path().join("ids"), &last).expect("written");
    let mut terminal = in_shell(&home, "set -m; \"$0\" keys revoke - < ids & wait $!; exit $?");
    terminal.sees("standard input is the list of keys, and no terminal can be opened for the question; pass");
    assert_eq!(terminal.ends(), 2);
    // Without a terminal, nobody is asked.
    let out = feed(home.command(&["keys", "revoke", "-"]), &last);
    assert_failed(&out, 2, "cannot prompt without a terminal; pass --yes");
    assert_eq!(active(&home), "blog,web");
}
