//! `keydeck rules`.

use super::keys::json;
use crate::support::home::Home;
use crate::support::process::{assert_failed, errors, feed};

#[test]
fn rules_come_in_as_csv_or_json_and_are_published() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let csv =
        "source,destination,status,match,priority\n/old,/new,302,exact,0\n/blog,/articles,,starts_with,1\n";
    let out = feed(home.command(&["rules", "import", "-", "--project", "shop"]), csv);
    assert!(out.status.success(), "{}", errors(&out));
    let shown = home.ok(&["rules", "show", "--project", "shop", "--output", "csv"]);
    assert_eq!(
        shown,
        "source,destination,status,match,priority\n/old,/new,302,exact,0\n/blog,/articles,301,starts_with,1\n"
    );
    let deployed = json(&home.ok(&["rules", "deploy", "--project", "shop", "--output", "json"]));
    assert_eq!((&deployed["version"], &deployed["rules"]), (&1.into(), &2.into()));

    // What `show` prints as JSON goes in again.
    let page = home.ok(&["rules", "show", "--project", "shop", "--output", "json"]);
    let file = home.path().join("rules.json");
    std::fs::write(&file, &page).expect("a file");
    home.ok(&["rules", "import", "rules.json", "--project", "shop"]);
    assert_eq!(home.ok(&["rules", "show", "--project", "shop", "--output", "json"]), page);
}

#[test]
fn a_bad_row_is_named_and_changes_nothing() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let import = ["rules", "import", "-", "--project", "shop"];
    let good = feed(home.command(&import), "source,destination\n/a,/b\n");
    assert!(good.status.success(), "{}", errors(&good));
    for (input, about) in [
        ("source,destination\n/a,/b\nno-slash,/c\n", "row 2, source"),
        ("source,destination,status\n/a,/b,200\n", "row 1, status"),
        ("source,destination\n/a,/b\n/a,/c\n", "row 2, source"),
        ("[{\"source\":\"/a\"}]", "destination"),
        ("", "is empty"),
        ("source,destination\n/a,/b/redir_test_000000000000000000000000004fWfYi\n", "whole key"),
    ] {
        let out = feed(home.command(&import), input);
        assert_failed(&out, 1, about);
        assert!(!errors(&out).contains("redir_test_0000000000"), "the key is not repeated");
    }
    let shown = home.ok(&["rules", "show", "--project", "shop", "--output", "csv"]);
    assert_eq!(shown.lines().count(), 2, "the draft is what it was: {shown}");
    assert_failed(&home.run(&["rules", "import", "missing.csv", "--project", "shop"]), 1, "missing.csv");
}

#[test]
fn a_published_version_is_exported_in_each_format() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let import = |csv: &str| {
        let out = feed(home.command(&["rules", "import", "-", "--project", "shop"]), csv);
        assert!(out.status.success(), "{}", errors(&out));
    };
    let export = |args: &[&str]| home.run(&[&["rules", "export", "--project", "shop"], args].concat());
    assert_failed(&export(&["--format", "nginx"]), 4, "rules deploy");
    import("source,destination\n/old,/new\n");
    home.ok(&["rules", "deploy", "--project", "shop"]);
    import("source,destination,match\n/docs/,/d/,starts_with\n");
    home.ok(&["rules", "deploy", "--project", "shop"]);
    import("source,destination\n/draft,/not-published\n");
    for (args, holds) in [
        (&["--format", "nginx"][..], "location ^~ \"/docs/\" { return 301 \"/d/\"; }\n"),
        (&["--format", "haproxy-map-prefix"], "\n/docs/ /d/\n"),
        (&["--format", "csv"], "\n/docs/,/d/,301,starts_with,0\n"),
        (&["--format", "nginx-map-exact", "--version", "1"], "    \"/old\" \"/new\";\n"),
        (&["--format", "csv", "--version", "2", "--output", "json"], "\"version\": 2"),
    ] {
        let out = export(args);
        let text = String::from_utf8(out.stdout.clone()).expect("UTF-8");
        assert!(out.status.success() && text.contains(holds), "{args:?}: {text}{}", errors(&out));
        assert!(!text.contains("/draft"), "the draft is not published: {text}");
    }
    assert_failed(&export(&["--format", "csv", "--version", "3"]), 4, "deployment");
    assert_failed(&export(&["--format", "apache"]), 2, "haproxy-map-prefix");
    assert_failed(&export(&["--format", "csv", "--version", "0"]), 2, "--version");
    assert_failed(&export(&[]), 2, "--format");
}
