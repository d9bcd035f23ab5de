//! What the documentation for whoever carries on says of the code: the files and tests that it names exist.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn guide() -> [(&'static str, String); 2] {
    ["src/lib.rs", ".github/CONTRIBUTING.md"].map(|file| {
        let text = std::fs::read_to_string(root().join(file)).expect("a text");
        let prose = text.lines().filter(|line| file != "src/lib.rs" || line.starts_with("//!"));
        (file, prose.map(|line| line.trim_start_matches("//!")).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn each_file_that_the_guide_names_exists() {
    let mut missing = Vec::new();
    for (file, text) in guide() {
        let named = quoted(&text).into_iter().filter(|word| !word.contains(['<', ' ', '{', ':', '*', '\n']));
        let named = named
            .filter(|word| word.contains('/') || Path::new(word).extension().is_some_and(|end| end == "rs"));
        for word in named.filter(|word| !word.starts_with("/v1")) {
            let places =
                ["", "src", "src/tui/model", "src/tui/view/dialogs", "src/tui/model/views", "src/wire"];
            if !places.iter().any(|place| root().join(place).join(word).exists()) {
                missing.push(format!("{file}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn each_test_that_the_guide_names_exists() {
    let mut missing = Vec::new();
    let mut found = 0;
    for (file, text) in guide() {
        for word in quoted(&text).into_iter().filter(|word| {
            word.contains("::") && !word.contains(['<', '(']) && word.starts_with(char::is_lowercase)
        }) {
            let Some((module, name)) = word.rsplit_once("::").filter(|(_, name)| name.contains('_')) else {
                continue;
            };
            let path: PathBuf = module.split("::").collect();
            let place = root().join("tests/it").join(path).with_extension("rs");
            let code = std::fs::read_to_string(&place).unwrap_or_default();
            found += 1;
            if !code.contains(&format!("fn {name}(")) {
                missing.push(format!("{file}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(found >= 15, "only {found} tests are named");
}
