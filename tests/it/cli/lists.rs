//! What every list takes: `--columns`, `--ids`, and ages in place of times.

use keydeck::wire::keys::Key;
use keydeck::wire::sheet::Sheet as _;

use super::keys::{json, with_key};
use super::terminal::start;
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors};

/// The headings of a table or CSV.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[test]
fn columns_are_chosen_by_their_name_or_heading() {
    let (home, _) = with_key();
    let list =
        |columns: &str, output: &str| home.ok(&["keys", "list", "--columns", columns, "--output", output]);
    let table = list("name,REQ 30D,createdby,Last-Used-At", "table");
    assert_eq!(first_line(&table).split("  ").filter(|cell| !cell.is_empty()).count(), 4, "{table}");
    assert!(table.starts_with("NAME  REQ 30D  CREATED BY") && table.contains("web"), "{table}");
    assert_eq!(list("name,key,lastUsedFrom", "csv").lines().next(), Some("name,hint,lastUsedFrom"));
    assert_eq!(
        home.ok(&["projects", "list", "--columns", "name,deployed", "--output", "csv"]),
        "name,liveVersion\nshop,\n"
    );
    // The dashboard's headings do, too, and the idle days of any key.
    assert_eq!(
        list("name,creator,last used,idle", "csv").lines().next(),
        Some("name,createdBy,lastUsedAt,idleDays")
    );
    assert!(list("idleDays,name", "csv").ends_with("\n0,web\n"));
    assert!(home.ok(&["audit", "stale", "--idle", "0s", "--columns", "idleDays,name"]).ends_with("web\n"));
    assert_eq!(
        home.ok(&["audit", "events", "--columns", "seq,action", "--limit", "1", "--output", "csv"]),
        "seq,action\n2,key.created\n"
    );
    assert_eq!(first_line(&home.ok(&["tokens", "list", "--columns", "name,revokedBy"])), "NAME  REVOKED BY");

    assert_failed(
        &home.run(&["keys", "list", "--columns", "nmae"]),
        2,
        "unknown column \"nmae\"; expected id, project, name",
    );
    assert_failed(
        &home.run(&["keys", "list", "--columns", "name", "--output", "json"]),
        2,
        "--columns cannot be used with --output json",
    );
    assert_failed(&home.run(&["keys", "list", "--columns", "name", "--ids"]), 2, "cannot be used with");
}

#[test]
fn ids_stand_alone_one_a_line() {
    let (home, _) = with_key();
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    for (command, kind, count) in [
        (&["keys", "list"] as &[&str], "key_", 2),
        (&["projects", "list"], "prj_", 1),
        (&["audit", "stale", "--idle", "0s"], "key_", 2),
        (&["audit", "events"], "evt_", 3),
        (&["tokens", "list"], "tok_", 0),
    ] {
        let ids = home.ok(&[command, &["--ids"]].concat());
        assert_eq!(ids.lines().count(), count, "{command:?}: {ids}");
        assert!(
            ids.lines().all(|id| id.starts_with(kind) && id.len() == kind.len() + 26),
            "{command:?}: {ids}"
        );
    }
    assert_eq!(home.ok(&["keys", "list", "--filter", "nothing", "--ids"]), "");
    assert_failed(
        &home.run(&["keys", "list", "--ids", "--output", "json"]),
        2,
        "--ids cannot be used with --output json",
    );
}

#[test]
fn csv_has_the_columns_of_the_dashboards_export() {
    let (home, _) = with_key();
    let columns: Vec<&str> = Key::COLUMNS.iter().map(|column| column.name).collect();
    let csv = home.ok(&["keys", "list", "--output", "csv"]);
    assert_eq!(first_line(&csv), columns.join(","));
    let stale = home.ok(&["audit", "stale", "--idle", "0s", "--output", "csv"]);
    assert_eq!(first_line(&stale), format!("{},idleDays", columns.join(",")));
}

#[test]
fn the_longest_idle_key_comes_first_with_sort_idle() {
    let (home, _) = with_key();
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    for (sort, names) in [("idle", "name\napp\nweb\n"), ("-idle", "name\nweb\napp\n")] {
        let list = home.ok(&["keys", "list", "--sort", sort, "--columns", "name", "--output", "csv"]);
        assert_eq!(list, names, "{sort}");
    }
}

#[test]
fn stale_keys_are_narrowed_down_by_creator_and_filter() {
    let (home, _) = with_key();
    home.ok(&["keys", "create", "app", "--project", "shop"]);
    let event = json(&home.ok(&["audit", "events", "--limit", "1", "--output", "json"]));
    let actor = event["items"][0]["actor"].as_str().expect("an actor").to_owned();
    let names = |args: &[&str]| {
        let stale = ["audit", "stale", "--idle", "0s", "--columns", "name", "--output", "csv"];
        home.ok(&[&stale, args].concat())
    };
    assert_eq!(names(&["--by", &actor]), "name\nweb\napp\n");
    assert_eq!(names(&["--by", "token:ci"]), "name\n");
    assert_eq!(names(&["--by", &actor, "--filter", "!web mode:live"]), "name\napp\n");
    let wrong = home.run(&["audit", "stale", "--by", &actor, "--filter", "used:often"]);
    assert_failed(&wrong, 2, "invalid filter at column 6");
    assert_failed(&home.run(&["audit", "stale", "--by", "a\"b"]), 2, "invalid --by");
    let failed = home.run(&["audit", "stale", "--idle", "0s", "--by", &actor, "--fail"]);
    assert_eq!(failed.status.code(), Some(7), "{failed:?}");
}

#[test]
fn an_age_is_taken_where_a_time_is_typed() {
    let (home, _) = with_key();
    let events = |args: &[&str]| home.ok(&[&["audit", "events", "--ids"], args].concat()).lines().count();
    for age in ["1h", "90", "3mo", "2026-11-01"] {
        assert_eq!(events(&["--after", age]) + events(&["--before", age]), 2, "{age}");
    }
    assert_eq!((events(&["--after", "1h"]), events(&["--before", "1h"])), (2, 0));
    let dry = home.ok(&["keys", "revoke", "shop/web", "--unused-since", "7d", "--dry-run"]);
    assert!(dry.contains("would revoke"), "{dry}");
    assert_failed(&home.run(&["audit", "events", "--after", "soon"]), 2, "or an age such as 90d");
    // In filters an age needs no unit either, as in `--idle`, and a date is compared as a date.
    for (filter, found) in [
        ("created<90", "name\nweb\n"),
        ("created:<3mo", "name\nweb\n"),
        ("created>2026-01-01", "name\nweb\n"),
        ("created<2026-01-01", "name\n"),
        ("used<2026-01-01", "name\n"),
    ] {
        let args = ["keys", "list", "--filter", filter, "--columns", "name", "--output", "csv"];
        assert_eq!(home.ok(&args), found, "{filter}");
    }
    let of_log = |filter| home.ok(&["audit", "events", "--filter", filter, "--ids"]).lines().count();
    assert_eq!((of_log("at>2026-01-01"), of_log("at<2026-01-01")), (2, 0));
}

#[test]
fn every_status_that_a_key_can_have_is_listed_by_its_word() {
    let (home, _) = with_key();
    for name in ["held", "gone"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["keys", "pause", "shop/held"]);
    home.ok(&["keys", "revoke", "shop/gone", "--yes"]);
    let names = |status: &str, more: &[&str]| {
        let list = ["keys", "list", "--status", status, "--columns", "name", "--output", "csv"];
        home.ok(&[&list[..], more].concat()).lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    for (status, listed) in [
        ("active", "web held"),
        ("paused", "held"),
        ("revoked", "gone"),
        ("all", "web held gone"),
        ("unused", "web"),
        ("new", "web"),
        ("idle", ""),
        ("stale", ""),
        ("in-use", ""),
        ("in use", ""),
    ] {
        assert_eq!(names(status, &[]), listed, "{status}");
    }
    assert_eq!(names("paused", &["--filter", "web"]), "", "a filter narrows it down");
    let wrong = home.run(&["keys", "list", "--status", "gone"]);
    assert_failed(&wrong, 2, "active, paused, in-use, idle, stale, unused, new, revoked, all");
    let groups = home.ok(&["keys", "list", "--status", "paused", "--group-by", "owner"]);
    assert!(groups.lines().nth(1).is_some_and(|line| line.starts_with("no owner  1")), "{groups}");
    let csv = home.ok(&["keys", "list", "--status", "paused", "--group-by", "owner", "--output", "csv"]);
    assert!(csv.lines().nth(1).is_some_and(|line| line.starts_with(",,1,")), "{csv}");
}

#[test]
fn a_name_that_no_key_has_is_not_found() {
    let (home, _) = with_key();
    for command in [&["keys", "show", "nope"][..], &["keys", "revoke", "nope", "--yes"]] {
        assert_failed(&home.run(command), 4, "key not found: nope; list keys with");
    }
    assert_failed(&home.run(&["keys", "show", "key_short"]), 2, "invalid key; expected an id");
}

#[test]
fn the_owner_is_shown_where_a_key_has_one_or_keys_are_sorted_by_it() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    let heading = |args: &[&str]| first_line(&home.ok(args)).to_owned();
    assert!(!heading(&["keys", "list"]).contains("OWNER"), "no key has one");
    assert!(heading(&["keys", "list", "--sort", "owner"]).ends_with("OWNER"));
    home.ok(&["keys", "create", "app", "--project", "shop", "--owner", "Team App"]);
    for list in [&["keys", "list"][..], &["audit", "stale", "--idle", "0"]] {
        assert!(heading(list).ends_with("OWNER"), "{list:?}");
        assert!(home.ok(list).lines().any(|line| line.ends_with("Team App")), "{list:?}");
    }
    // Whoever chooses columns gets these.
    assert_eq!(heading(&["keys", "list", "--sort", "owner", "--columns", "name"]), "NAME");
}

#[test]
fn a_mistyped_name_is_one_sentence_that_offers_the_nearest_name() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home.ok(&["audit", "review", "start", "Autumn"]);
    for number in 1..=5 {
        home.ok(&["projects", "create", &format!("svc-1{}", number + 3)]);
    }
    for (args, said) in [
        (&["keys", "show", "shop/wbe"][..], "key not found: shop/wbe; did you mean shop/web?"),
        (&["keys", "show", "wbe"], "key not found: wbe; did you mean web?"),
        (&["keys", "show", "shpo/web"], "project not found: shpo; did you mean shop?"),
        (&["keys", "create", "app", "--project", "shpo"], "project not found: shpo; did you mean shop?"),
        (&["rules", "show", "--project", "sho"], "project not found: sho; did you mean shop?"),
        (&["audit", "review", "show", "Autmn"], "review not found: Autmn; did you mean Autumn?"),
        (
            &["keys", "revoke", "web", "wbe", "--yes"],
            "nothing was revoked: key not found: wbe; did you mean web?",
        ),
        // Many are equally near.
        (
            &["keys", "show", "svc-12/web"],
            "project not found: svc-12; list projects with `keydeck projects list`",
        ),
        (&["keys", "show", "other"], "key not found: other; list keys with `keydeck keys list --status all`"),
    ] {
        let out = home.run(args);
        assert_eq!((out.status.code(), errors(&out)), (Some(4), format!("keydeck: {said}\n")), "{args:?}");
    }
}

#[test]
fn a_list_that_is_empty_because_of_a_filter_says_so_and_how_a_path_is_written() {
    let (home, _) = with_key();
    home.ok(&["projects", "create", "Shop EU"]);
    home.ok(&["keys", "create", "ci", "--project", "Shop EU"]);
    let said = |args: &[&str]| {
        let out = home.run(args);
        assert!(out.status.success(), "{args:?}: {}", errors(&out));
        errors(&out)
    };
    home.ok(&["projects", "create", "o'hara"]);
    home.ok(&["keys", "create", "ci", "--project", "o'hara"]);
    let list = |filter: &str| said(&["keys", "list", "--filter", filter]);
    let shop = "; for a key of a project write --filter 'project:shop name:web'\n";
    assert_eq!(list("shop/web"), format!("keydeck: no keys match shop/web{shop}"));
    assert!(list("Shop EU/ci").ends_with("write --filter 'project:\"Shop EU\" name:ci'\n"));
    assert!(home.ok(&["keys", "list", "--filter", "project:\"Shop EU\" name:ci"]).contains("ci"));
    assert!(list("o'hara/ci").contains(r"'project:o'\''hara name:ci'"), "as a shell takes it");
    for filter in ["shop/app", "name:shop/web", "!shop/web app", "idle>999d"] {
        assert_eq!(list(filter), format!("keydeck: no keys match {filter}\n"));
    }
    assert_eq!(list("web"), "", "not empty");
    assert_eq!(said(&["keys", "list", "--filter", "shop/web", "--output", "csv"]), "", "a program sees it");
    let groups = said(&["keys", "list", "--group-by", "owner", "--filter", "nothing"]);
    assert_eq!(groups, "keydeck: no keys match nothing\n");
    for audit in [&["stale", "--idle", "0"][..], &["findings"]] {
        let text = said(&[&["audit"], audit, &["--filter", "shop/web"]].concat());
        assert!(text.contains(shop), "{text}");
    }
    assert_eq!(said(&["audit", "events", "--action", "token.revoked"]), "keydeck: no events match\n");
    home.ok(&["audit", "review", "start", "Q4"]);
    let items = said(&["audit", "review", "items", "Q4", "--filter", "shop/web"]);
    assert_eq!(items, format!("keydeck: no keys of this review match{shop}"));
    assert_eq!(said(&["tokens", "list", "--output", "csv"]), "");
    // One sentence says why: without a database there are no projects to create keys in.
    let mut terminal = start(&Home::new(), &["keys", "list"]);
    let screen = terminal.sees("REQ 30D");
    assert!(screen.contains("no database in") && !screen.contains("no keys; create"), "{screen}");
    assert_eq!(terminal.ends(), 0);
    let empty = Home::new();
    empty.ok(&["projects", "create", "shop"]);
    empty.ok(&["projects", "delete", "shop", "--yes"]);
    let create = "keydeck: no keys; create one with: keydeck keys create NAME --project PROJECT\n";
    for (list, text) in [
        (&["projects", "list"][..], "keydeck: no projects; create one with: keydeck projects create NAME\n"),
        (&["keys", "list"], create),
        (&["keys", "list", "--group-by", "owner"], create),
        (
            &["audit", "review", "list"],
            "keydeck: no reviews; start one with: keydeck audit review start NAME\n",
        ),
        (
            &["tokens", "list"],
            "keydeck: no management tokens; create one with: keydeck tokens create NAME --role admin\n",
        ),
        (&["nodes"], "keydeck: no node is serving keys; start one with: keydeck serve\n"),
    ] {
        let mut terminal = start(&empty, list);
        terminal.sees(text.trim_end());
        terminal.ends();
        // A script that reads standard error cannot follow the advice.
        for form in ["table", "json", "csv"] {
            assert_eq!(errors(&empty.run(&[list, &["--output", form]].concat())), "", "{list:?}");
        }
    }
    empty.ok(&["projects", "create", "shop"]);
    let mut terminal = start(&empty, &["rules", "show", "--project", "shop"]);
    terminal.sees("keydeck: no rules in the draft; import some with:");
    terminal.ends();
    // Revoked keys that match are named instead, as before.
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    let revoked = list("web");
    assert!(revoked.contains("1 revoked key matches") && !revoked.contains("no keys match"), "{revoked}");
}
