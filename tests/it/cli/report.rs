//! `keydeck audit report` and `verify` as programs: what they leave on the disk, and whom they ask.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::home::Home;
use crate::support::process::assert_failed;

fn shop() -> Home {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    home.ok(&["keys", "create", "web", "--project", "shop"]);
    home
}

/// The names in the home of what a report could leave behind.
fn left(home: &Home) -> Vec<String> {
    let known = ["data", "config", "state", "cache", "tmp", ".cache"];
    let entries = std::fs::read_dir(home.path()).expect("a folder").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !known.contains(&name.as_str())).collect();
    names.extend(
        std::fs::read_dir(home.path().join("tmp"))
            .expect("a folder")
            .flatten()
            .map(|entry| format!("tmp/{}", entry.file_name().to_string_lossy())),
    );
    names.sort();
    names
}

#[test]
fn a_pack_is_written_whole_for_its_owner_alone_and_nothing_is_overwritten() {
    let home = shop();
    home.ok(&["audit", "report", "--out", "one"]);
    home.ok(&["audit", "report", "--out", "two.tar.gz"]);
    assert_eq!(left(&home), ["one", "two.tar.gz"]);
    let mode =
        |name: &str| std::fs::metadata(home.path().join(name)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("one"), mode("one/keys.csv"), mode("two.tar.gz")), (0o700, 0o600, 0o600));
    let seq = home.ok(&["audit", "verify"]);
    for (path, free) in [("one", "one-2"), ("two.tar.gz", "two-2.tar.gz")] {
        let again = home.run(&["audit", "report", "--out", path]);
        assert_eq!(again.status.code(), Some(5));
        assert_eq!(
            String::from_utf8_lossy(&again.stderr),
            format!("keydeck: {path} exists; try --out {free}\n")
        );
    }
    assert_eq!(home.ok(&["audit", "verify"]), seq, "no report was created for nothing");
    // By default it is named by the day.
    home.ok(&["audit", "report"]);
    let named = left(&home).into_iter().find(|name| name.starts_with("keydeck-report-2"));
    assert_eq!(named.as_ref().map(String::len), Some("keydeck-report-2026-11-29".len()));
    // The second one of a day has a number.
    let second = home.ok(&["audit", "report"]);
    let second_named =
        left(&home).into_iter().find(|name| name.ends_with("-2") && name.starts_with("keydeck-"));
    let second_named = second_named.unwrap_or_else(|| panic!("{second}"));
    assert!(second.contains(&format!("Created {second_named} (")), "{second}");
}

#[test]
fn the_keys_of_one_project_are_in_the_scope_of_a_report() {
    let home = shop();
    home.ok(&["projects", "create", "shop two"]);
    home.ok(&["keys", "create", "shop two/other"]);
    let of_all = home.ok(&["audit", "report", "--out", "all"]);
    let of_one = home.ok(&["audit", "report", "--project", "SHOP", "--out", "one"]);
    let of_other = home.ok(&["audit", "report", "-p", "shop two", "--filter", "name:oth", "--out", "other"]);
    let none = home.ok(&["audit", "report", "-p", "shop two", "--filter", "name:web", "--out", "none"]);
    for (said, count) in [(of_all, 2), (of_one, 1), (of_other, 1), (none, 0)] {
        assert!(said.contains(&format!("(2 keys, {count} in scope)")), "{said}");
    }
    home.ok(&["audit", "verify", "one"]);
}

#[test]
fn a_pack_is_verified_without_a_database_and_compared_with_the_one_that_is_named() {
    let home = shop();
    home.ok(&["audit", "report", "--out", "pack"]);
    let database = format!("sqlite://{}", home.data().join("keydeck.db").display());
    let compared = home.ok(&["audit", "verify", "pack", "--database", &database]);
    assert!(compared.contains("Authenticated: the server's audit log contains this head."), "{compared}");
    // Another database tells another history.
    let other = shop();
    let path = home.path().join("pack");
    let differs = other.run(&[
        "audit",
        "verify",
        &path.display().to_string(),
        "--database",
        &format!("sqlite://{}", other.data().join("keydeck.db").display()),
    ]);
    assert_eq!(differs.status.code(), Some(1));
    let told = String::from_utf8_lossy(&differs.stdout);
    assert_eq!(told, "events.jsonl line 3: is not in the audit log of the server\n");
    let said = String::from_utf8_lossy(&differs.stderr);
    let begin =
        format!("keydeck: {} is consistent, but the audit log of {}", path.display(), other.data().display());
    assert!(said.starts_with(&begin), "the pack is not accused: {said}");
    assert!(said.contains("/keydeck.db does not contain its head 3:"), "{said}");
    assert!(said.ends_with("; the pack is of another database, or this log was changed\n"), "{said}");
    let url = format!("sqlite://{}", other.path().join("mistyped.db").display());
    let empty = other.run(&["audit", "verify", &path.display().to_string(), "--database", &url]);
    let said = String::from_utf8_lossy(&empty.stderr);
    assert_eq!(empty.status.code(), Some(1));
    assert!(said.contains("mistyped.db is empty; the pack is of another database"), "{said}");

    // Elsewhere there is no database, and none is made.
    let stranger = Home::new();
    std::fs::rename(&path, stranger.path().join("pack")).expect("moved");
    for output in ["table", "json", "csv"] {
        let out = stranger.run(&["audit", "verify", "pack", "--output", output]);
        let (text, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert_eq!(out.status.code(), Some(0), "{said}");
        assert_eq!(text.contains("Consistent, but not authenticated."), output == "table", "{text}");
        assert!(said.contains("warning: this pack is not authenticated"), "{said}");
        assert!(said.contains("--head SEQ:HASH") && said.contains("--server URL"), "{said}");
    }
    // A server of the environment is not asked, and that is said.
    for (variable, is_said) in [("KEYDECK_SERVER", true), ("KEYDECK_TOKEN_FILE", false)] {
        let out = stranger.command(&["audit", "verify", "pack"]).env(variable, "http://127.0.0.1:1").output();
        let out = out.expect("it runs");
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(0), "{said}");
        assert_eq!(said.contains("note: KEYDECK_SERVER is not used to verify a pack"), is_said, "{said}");
    }
    assert!(!stranger.data().join("keydeck.db").exists());
}

#[test]
fn a_pack_verifies_whatever_became_of_the_keys_of_its_review() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for name in ["web", "app", "other"] {
        home.ok(&["keys", "create", name, "--project", "shop"]);
    }
    home.ok(&["audit", "review", "start", "Q4"]);
    let review: serde_json::Value =
        serde_json::from_str(&home.ok(&["audit", "review", "show", "Q4", "--output", "json"])).expect("JSON");
    let id = review["id"].as_str().expect("an id");
    home.ok(&["audit", "review", "decide", "Q4", "shop/web", "rotate"]);
    home.ok(&["audit", "review", "decide", "Q4", "shop/app", "revoke"]);
    // A person rotates before the execution; a reason names the review, and carries nothing of it out.
    home.ok(&["keys", "rotate", "shop/web"]);
    home.ok(&["keys", "revoke", "shop/other", "--yes", "--reason", &format!("as decided in {id}")]);
    home.ok(&["audit", "report", "--review", "Q4", "--out", "before"]);
    home.ok(&["keys", "revoke", "shop/web", "--yes"]);
    home.ok(&["audit", "review", "execute", "Q4", "--yes"]);
    home.ok(&["audit", "report", "--review", "Q4", "--out", "after"]);
    for pack in ["before", "after"] {
        home.ok(&["audit", "verify", pack]);
        let decisions =
            std::fs::read_to_string(home.path().join(pack).join("decisions.csv")).expect("a file");
        let outcome = |name: &str| {
            let row = decisions.lines().find(|line| line.contains(&format!(",{name},"))).expect("its row");
            row.split(',').nth(13).expect("a column").to_owned()
        };
        assert_eq!(outcome("web"), "done", "{pack}: {decisions}");
        // Each executed revocation has its receipt.
        let receipts = std::fs::read_to_string(home.path().join(pack).join("receipts.csv")).expect("a file");
        let row = decisions.lines().find(|line| line.contains(",app,")).expect("its row");
        if let Ok(seq) = row.split(',').nth(14).expect("a column").parse::<u64>() {
            let number =
                |row: &str, at: usize| row.split(',').nth(at).and_then(|cell| cell.parse::<u64>().ok());
            let receipt = receipts.lines().skip(1).find(|row| number(row, 0) >= Some(seq));
            let receipt = receipt.unwrap_or_else(|| panic!("event {seq}: {receipts}"));
            assert!(number(receipt, 1) <= Some(seq), "event {seq}: {receipts}");
            let text = std::fs::read_to_string(home.path().join(pack).join("report.md")).expect("a file");
            assert!(text.contains("confirmed by ") && !text.contains("receipt not kept"), "{text}");
        }
        // Without its receipts a pack is not whole.
        let without = home.path().join(format!("{pack}-without"));
        std::fs::create_dir(&without).expect("a folder");
        for file in std::fs::read_dir(home.path().join(pack)).expect("a folder").flatten() {
            if file.file_name() != "receipts.csv" {
                std::fs::copy(file.path(), without.join(file.file_name())).expect("a copy");
            }
        }
        let refused = home.run(&["audit", "verify", without.to_str().expect("UTF-8")]);
        assert_eq!(refused.status.code(), Some(1));
        let said = [refused.stdout, refused.stderr].concat();
        assert!(String::from_utf8_lossy(&said).contains("receipts.csv: is missing"));
        assert_eq!(outcome("other"), "", "{pack}: {decisions}");
        assert_eq!(outcome("app"), if pack == "after" { "done" } else { "" }, "{pack}: {decisions}");
    }
}

#[test]
fn a_pack_that_came_in_part_says_how_far_it_can_be_read_and_what_to_do() {
    let home = shop();
    home.ok(&["audit", "report", "--out", "pack.tar.gz"]);
    let path = home.path().join("pack.tar.gz");
    let bytes = std::fs::read(&path).expect("a file");
    let verify = || home.run(&["audit", "verify", "pack.tar.gz"]);
    std::fs::write(&path, &bytes[..bytes.len() - 400]).expect("written");
    assert_failed(&verify(), 1, "pack.tar.gz: the archive is damaged: it is cut short in ");
    assert_failed(
        &verify(),
        1,
        " can be read; copy the pack again, or create another one with `keydeck audit report`",
    );
}

#[test]
fn what_has_no_manifest_is_no_pack_and_is_refused_in_one_line() {
    let home = shop();
    let folder = home.path().join("photos");
    std::fs::create_dir(&folder).expect("a folder");
    for name in 0..30 {
        std::fs::write(folder.join(format!("{name}.jpg")), b"x").expect("written");
    }
    // Nor is a pack that lost it.
    home.ok(&["audit", "report", "--out", "pack"]);
    std::fs::remove_file(home.path().join("pack/manifest.json")).expect("removed");
    for name in ["photos", "pack"] {
        let out = home.run(&["audit", "verify", name]);
        assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0));
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(said, format!("keydeck: {name} is not an evidence pack: it has no manifest.json\n"));
    }
    let since = home.run(&["audit", "report", "--since", "photos", "--out", "next"]);
    assert_eq!(since.status.code(), Some(1));
    let said = String::from_utf8_lossy(&since.stderr);
    assert!(said.contains("photos is not an evidence pack"), "{said}");
}
