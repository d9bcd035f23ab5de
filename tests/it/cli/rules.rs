//! `keydeck rules`.

use super::keys::json;
use crate::support::home::{Home, get};
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

/// With exit code 1, and these words at the end.
fn assert_ended(out: &std::process::Output, about: &str) {
    let said = errors(out);
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0), "{said}");
    assert!(said.lines().last().is_some_and(|last| last.contains(about)), "{said}");
}

fn import(home: &Home, args: &[&str], input: &str) -> std::process::Output {
    feed(home.command(&[&["rules", "import", "-", "--project", "shop"], args].concat()), input)
}

#[test]
fn warnings_name_row_and_line_and_strict_refuses_them() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let show = || home.ok(&["rules", "show", "--project", "shop", "--output", "csv"]);
    let empty = show();
    let csv = "# pages\nsource,destination\n/?p=1,/b\n/a,/c\n/c,/a\n/b/*,/n/:splat\n";
    let refused = import(&home, &["--strict"], csv);
    assert_ended(&refused, "4 warnings; nothing was changed");
    assert_eq!(show(), empty);
    let taken = import(&home, &[], csv);
    assert!(taken.status.success(), "{}", errors(&taken));
    for out in [&refused, &taken] {
        let said = errors(out);
        for line in [
            "line 3, row 1: the query is ignored; this redirects /\n",
            "line 4, row 2: redirect loop: rows 2, 3\n",
            "line 5, row 3: redirect loop: rows 3, 2\n",
            "line 6, row 4: `*` is matched literally; use starts_with `/b/`",
        ] {
            assert!(said.contains(line), "{line} in {said}");
        }
        assert!(said.contains("1 comment line skipped"), "{said}");
    }
    assert!(show().contains("\n/,/b,301,exact,0\n"), "what is in force: {}", show());

    let deploy = ["rules", "deploy", "--project", "shop"];
    let strict = home.run(&[&deploy[..], &["--strict"]].concat());
    assert_ended(&strict, "4 warnings; nothing was changed");
    let deployed = home.run(&deploy);
    assert!(deployed.status.success() && errors(&deployed).contains("redirect loop: rows 2, 3"));

    // As data, there is nothing beside it.
    let out = import(&home, &["--output", "json"], csv);
    let put = json(&String::from_utf8(out.stdout.clone()).expect("UTF-8"));
    let places: Vec<_> = put["warnings"]
        .as_array()
        .expect("warnings")
        .iter()
        .map(|one| (&one["line"], &one["rule"], &one["code"]))
        .map(|(line, rule, code)| format!("{line} {rule} {code}"))
        .collect();
    assert_eq!(places, ["3 1 \"queryIgnored\"", "4 2 \"loop\"", "5 3 \"loop\"", "6 4 \"literalPattern\""]);
    assert_eq!(
        (&put["warningCount"], &put["skipped"][0]["text"]),
        (&4.into(), &"1 comment line skipped".into())
    );
    assert!(!errors(&out).contains("warning"), "{}", errors(&out));
    let new = json(&home.ok(&[&deploy[..], &["--output", "json"]].concat()));
    assert_eq!((&new["version"], &new["warnings"][0]["line"]), (&2.into(), &serde_json::Value::Null));
    let fine = import(&home, &["--strict"], "/a,https://example.com/\n");
    assert!(fine.status.success(), "{}", errors(&fine));
}

#[test]
fn every_error_of_a_file_is_told_on_a_line_of_its_own() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    std::fs::write(
        home.path().join("r.csv"),
        "source;destination;status;match\n/a;/b;999;exact\n\n/c;/d;301;foo\n/100%;/e\n",
    )
    .expect("a file");
    let out = home.run(&["rules", "import", "r.csv", "--project", "shop"]);
    assert_ended(&out, "3 errors; nothing was changed");
    let said = errors(&out);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "keydeck: r.csv: line 2, row 1, status: is 999; expected 301, 302, 307 or 308",
            "keydeck: r.csv: line 4, row 2, match: is neither exact nor starts_with",
            "keydeck: r.csv: line 5, row 3, source: has a % without two hex digits after it; write %25 for \
             a percent sign",
            "keydeck: r.csv: 3 errors; nothing was changed",
        ]
    );
    for (input, about) in [
        ("https://example.com/old,/new\n", "expected a path: /old"),
        (
            "old,new\n/a,/b\n",
            "found \"old\", \"new\"; start with the line source,destination,status,match,priority",
        ),
        ("/a,javascript:alert(1)\n", "row 1, destination"),
        ("/a,//evil.example\n", "row 1, destination"),
        ("/a,/\\evil.example\n", "row 1, destination"),
        ("\u{feff}", "is empty"),
        ("{}", "contains no list of rules"),
    ] {
        assert_failed(&import(&home, &[], input), 1, about);
    }
}

#[test]
fn the_forms_of_the_api_are_read() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let row = r#"{"source":"/a","destination":"/b"}"#;
    for input in [
        format!("\u{feff}[{row}]"),
        format!("{{\"rules\":[{row}]}}"),
        format!("\u{feff}{{\"items\":[{row}]}}"),
        "\u{feff}sep=;\r\nfrom;to\r\n/a;/b\r\n".to_owned(),
        "/a|/b".to_owned(),
    ] {
        import(&home, &[], "[]");
        let out = import(&home, &[], &input);
        assert!(out.status.success(), "{input}: {}", errors(&out));
        let shown = home.ok(&["rules", "show", "--project", "shop", "--output", "csv"]);
        assert_eq!(shown.lines().nth(1), Some("/a,/b,301,exact,0"), "{input}");
    }
    let out = import(&home, &[], "\u{feff}[]");
    assert!(out.status.success(), "{}", errors(&out));
    std::fs::write(
        home.path().join("u.csv"),
        "/a,/b\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    )
    .expect("a file");
    assert_failed(
        &home.run(&["rules", "import", "u.csv", "--project", "shop"]),
        1,
        "u.csv is UTF-16; save it as UTF-8",
    );

    // What a published version is exported as goes in again.
    import(&home, &[], "/é,/ü\n/e,/f,308,starts_with,7\n");
    home.ok(&["rules", "deploy", "--project", "shop"]);
    let export = |args: &[&str]| {
        home.ok(&[&["rules", "export", "--project", "shop", "--format", "csv"], args].concat())
    };
    let (csv, whole) = (export(&[]), export(&["--output", "json"]));
    assert!(csv.contains("/é,/%C3%BC,301,exact,0\n"), "{csv}");
    for text in [&csv, &whole] {
        let out = import(&home, &["--strict"], text);
        assert!(out.status.success(), "{}", errors(&out));
        home.ok(&["rules", "deploy", "--project", "shop"]);
        assert_eq!(export(&[]), csv);
    }
}

/// A draft and a published version as an older version took them, which looked at no destination.
#[test]
fn unsafe_rules_of_an_older_version_are_served_on_but_not_published_again() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    let key = feed(home.command(&["keys", "create", "web", "--project", "shop"]), "");
    let key = String::from_utf8(key.stdout).expect("UTF-8").trim().to_owned();
    let project = json(&home.ok(&["projects", "list", "--output", "json"]))["items"][0]["id"].clone();
    let project = project.as_str().expect("an id");
    import(&home, &[], "/a,/b\n/c,/safe\n/cafe\u{301},/d\n");
    home.ok(&["rules", "deploy", "--project", "shop"]);
    super::databases::edit(
        &home,
        "update rule_chunks set rules = replace(rules, '/safe', 'javascript:alert(1)')",
    );

    let owner = home.start(&["serve", "--manage", "127.0.0.1:0", "--edge", "127.0.0.1:0"]);
    let edge = super::serve::address(&owner, "Edge API");
    let look =
        |path: &str| get(&edge, &format!("/v1/lookup?project={project}&path={path}"), &[("X-API-Key", &key)]);
    assert!(look("/c").body.contains("\"destination\":\"javascript:alert(1)\""), "{}", look("/c").body);
    assert!(look("/caf%C3%A9").body.contains("\"/d\""), "{}", look("/caf%C3%A9").body);
    assert!(home.ok(&["rules", "show", "--project", "shop"]).contains("javascript:alert(1)"));
    let deploy = ["rules", "deploy", "--project", "shop"];
    assert_failed(&home.run(&deploy), 1, "row 2, destination: is neither a path");
    assert!(look("/c").body.contains("javascript:alert(1)"), "the published version goes on");
    import(&home, &[], "/a,/b\n/c,/safe\n");
    home.ok(&deploy);
    assert!(look("/c").body.contains("\"/safe\""));
}
