//! Guards that wrong input must not make void: refused in one line, and nothing is changed.

use std::path::Path;

use keydeck::config::file;

use super::keys::{json, with_key};
use crate::support::process::assert_failed;

#[test]
fn wrong_times_numbers_and_spans_are_wrong_usage_and_change_nothing() {
    let (home, _) = with_key();
    let head = || json(&home.ok(&["audit", "verify", "--output", "json"]))["head"].clone();
    let before = head();
    let revoke = |since: &'static str| vec!["keys", "revoke", "shop/web", "--unused-since", since];
    let mut calls: Vec<(Vec<&str>, &str)> = Vec::new();
    for since in ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-14:00"] {
        calls.push(([revoke(since), vec!["--yes"]].concat(), "future"));
        calls.push(([revoke(since), vec!["--dry-run"]].concat(), "future"));
        // Nobody is asked first.
        calls.push((vec!["audit", "events", "--after", since], "future"));
    }
    for since in ["", "NaN", "-1", "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "soon"] {
        calls.push(([revoke(since), vec!["--yes"]].concat(), "--unused-since"));
        calls.push((vec!["audit", "events", "--after", since], "--after"));
        calls.push((vec!["audit", "events", "--before", since], "--before"));
    }
    let (one, earlier) = ("2026-01-15T11:00:00Z", "2026-01-15T12:00:00+02:00");
    calls.push((vec!["audit", "events", "--after", one, "--before", one], "must be later than --after"));
    calls.push((vec!["audit", "events", "--after", one, "--before", earlier], "must be later than --after"));
    for limit in ["0", "-1", "1.5", "NaN", "99999999999999999999"] {
        calls.push((vec!["keys", "list", "--limit", limit], "--limit"));
        calls.push((vec!["audit", "events", "--limit", limit], "--limit"));
    }
    for days in ["0", "-1", "91", "4294967296", "1.5", "NaN"] {
        calls.push((vec!["keys", "usage", "shop/web", "--days", days], "--days"));
    }
    for span in ["999999999999d", "99999999999999999999s", "-1d", "1.5d", "NaN", "d", ""] {
        calls.push((vec!["audit", "stale", "--idle", span, "--fail"], "--idle"));
    }
    for lease in ["0", "-1", "21", "1.5", "1e1", "NaN", "inf", "99999999999999999999"] {
        calls.push((vec!["serve", "--lease", lease], "--lease"));
    }
    for (args, about) in calls {
        let joined: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let out = home.run(&args);
        assert_eq!(out.status.code(), Some(2), "{joined:?}: {}", String::from_utf8_lossy(&out.stderr));
        // clap says what it did not understand in its own words.
        if !String::from_utf8_lossy(&out.stderr).contains("unexpected argument '-1'") {
            assert_failed(&out, 2, about);
        }
    }
    assert_eq!(head(), before, "nothing was changed");
    let since =
        ["keys", "revoke", "shop/web", "shop/web", "--unused-since", "1969-12-31T23:59:59Z", "--dry-run"];
    let said = json(&home.ok(&[&since[..], &["--output", "json"]].concat()));
    assert_eq!(said["results"].as_array().map(Vec::len), Some(1), "a key named twice is one: {said}");
    assert_eq!(said["results"][0]["outcome"], "revoked", "it was never used");
    assert_eq!(head(), before, "a dry run changes nothing");
}

#[test]
fn thresholds_that_would_make_every_key_stale_or_none_are_refused() {
    let read = |text: &str| file::parse(Path::new("config.toml"), text).map(|stored| stored.stale_days);
    for value in ["0", "-1", "36501", "99999999999999999999", "1.5", "nan", "inf", "\"90\"", "true", "[]"] {
        for name in ["warn_days", "stale_days"] {
            assert!(read(&format!("[thresholds]\n{name} = {value}")).is_err(), "{name} = {value}");
        }
    }
    // Nothing would ever warn; and a default counts as well.
    for text in ["warn_days = 91", "stale_days = 29", "warn_days = 60\nstale_days = 59"] {
        let error = read(&format!("[thresholds]\n{text}")).expect_err(text).to_string();
        assert!(error.contains("warn_days"), "{error}");
    }
    assert!(matches!(read("[thresholds]\nwarn_days = 1\nstale_days = 1"), Ok(Some(1))));
    for (name, days) in [("stig", 35), ("cis", 45), ("pci", 90), ("PCI", 90)] {
        let read = read(&format!("[thresholds]\nstale_days = \"{name}\""));
        assert!(matches!(read, Ok(Some(known)) if known == days), "{name}");
    }
    for wrong in ["\"iso\"", "\"\"", "[]", "1.5"] {
        let error = read(&format!("[thresholds]\nstale_days = {wrong}")).expect_err(wrong).to_string();
        let listed = "expected a number of days, or one of \"stig\" (35), \"cis\" (45), \"pci\" (90)";
        assert!(error.contains(listed), "{error}");
    }
}
