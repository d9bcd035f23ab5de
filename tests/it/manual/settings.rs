//! Settings, variables, and the keys of the dashboard.

use std::collections::BTreeSet;
use std::path::Path;

use keydeck::config::file;

use super::{chapter, documents, fenced, quoted, read};
use crate::support::imports::sources;

/// The names that the program expects where `text` has a wrong one.
fn expected_in(text: &str) -> Vec<String> {
    let (_, faults) = file::gather(Path::new("config.toml"), text);
    let reason = faults.first().expect("a fault").reason.clone();
    let names = reason.split("expected").nth(1).expect("what was expected");
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_manual_has_each_setting_and_each_variable() {
    let text = chapter("configuration");
    let mut missing = Vec::new();
    let tables = ["zzz = 1", "[thresholds]\nzzz = 1", "[contexts.a]\nzzz = 1"];
    let settings: BTreeSet<String> = tables.iter().flat_map(|table| expected_in(table)).collect();
    assert!(settings.len() > 15, "{settings:?}");
    for name in settings.iter().filter(|name| *name != "token") {
        if !text.contains(&format!("`{name}`")) && !text.contains(&format!("[{name}")) {
            missing.push(name.clone());
        }
    }
    let mut variables = BTreeSet::new();
    for (_, code) in sources() {
        for (at, _) in code.match_indices("\"KEYDECK_") {
            let name = &code[at + 1..];
            variables.insert(
                name.split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap_or("").to_owned(),
            );
        }
    }
    // How the build script tells the program; a prefix; what debug builds have for tests.
    let inner = ["KEYDECK_BUILD", "KEYDECK_", "KEYDECK_TEST_FAULT", "KEYDECK_TEST_CLOCK"];
    variables.retain(|name| !inner.contains(&name.as_str()));
    assert!(variables.len() > 10, "{variables:?}");
    missing.extend(variables.iter().filter(|name| !text.contains(&format!("`{name}`"))).cloned());
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    for (file, text) in documents().iter().filter(|(file, _)| !file.contains("CONTRIBUTING")) {
        for code in quoted(text).iter().filter(|code| code.starts_with("KEYDECK_")) {
            let name = code.split('=').next().unwrap_or_default();
            assert!(variables.contains(name), "{file}: there is no variable {name}");
        }
    }
}

#[test]
fn each_example_of_a_configuration_is_one() {
    let mut found = 0;
    for (file, text) in documents() {
        for (_, block) in fenced(&text).into_iter().filter(|(language, _)| language == "toml") {
            found += 1;
            let read = file::parse(Path::new("config.toml"), &block);
            assert!(read.is_ok(), "{file}: {read:?}");
        }
    }
    assert!(found > 0);
}

/// As the manual writes a key of the keymap.
fn written(key: &str) -> String {
    match key {
        "enter" | "esc" | "tab" | "space" | "up" | "down" | "home" | "end" => {
            format!("{}{}", key[..1].to_uppercase(), &key[1..])
        }
        "shift-tab" => "Shift-Tab".to_owned(),
        "pgup" => "PgUp".to_owned(),
        "pgdn" => "PgDn".to_owned(),
        "f1" => "F1".to_owned(),
        key => match key.strip_prefix("ctrl-") {
            Some(letter) => format!("Ctrl-{}", letter.to_uppercase()),
            None => format!("`{key}`"),
        },
    }
}

#[test]
fn the_manual_has_each_action_of_the_dashboard_with_its_keys() {
    let text = chapter("dashboard");
    let keymap = read("assets/keymap.toml");
    let (mut missing, mut found) = (Vec::new(), 0);
    for line in keymap.lines().filter(|line| line.contains(" = [")) {
        let (action, keys) = line.split_once(" = ").expect("a line");
        found += 1;
        let Some(row) =
            text.lines().find(|row| row.starts_with("| ") && row.contains(&format!("`{action}`")))
        else {
            missing.push(action.to_owned());
            continue;
        };
        for key in keys.split('"').skip(1).step_by(2).map(written) {
            if !row.contains(&key) {
                missing.push(format!("{action}: {key}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(found > 50, "{found} actions");
}
