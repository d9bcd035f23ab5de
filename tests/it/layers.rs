//! Which layer may name which: read from the `use` lines and paths of the code itself.

use std::path::{Path, PathBuf};

use keydeck::tui::model::View;

use crate::support::imports::{self, Imports};

/// Layer, what it may name besides itself, and the outside crates that only it (and the others listed with
/// that crate) may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("colour", &[]),
    ("encoding", &[]),
    ("files", &["encoding"]),
    ("manual", &[]),
    ("standards", &[]),
    ("config", &["colour", "files", "secret", "standards"]),
    ("wire", &["encoding", "secret", "standards"]),
    ("store", &["wire", "secret"]),
    ("server", &["store", "wire", "secret", "standards"]),
    ("edge", &["store", "wire", "secret"]),
    ("client", &["files", "wire", "secret"]),
    ("pack", &["files", "wire"]),
    ("tui", &["client", "colour", "files", "pack", "wire", "secret", "standards"]),
    (
        "cli",
        &[
            "client",
            "colour",
            "config",
            "edge",
            "encoding",
            "files",
            "manual",
            "pack",
            "secret",
            "server",
            "standards",
            "store",
            "tui",
            "wire",
        ],
    ),
];

/// Which layers may name an outside crate.
const OWNERS: &[(&str, &[&str])] = &[
    ("sha2", &["secret", "wire"]),
    ("toml", &["config"]),
    ("toml_edit", &["config"]),
    ("directories", &["config"]),
    ("sqlx", &["store"]),
    ("axum", &["server", "edge", "client", "cli"]),
    ("reqwest", &["client"]),
    ("nucleo_matcher", &["tui"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui", "cli"]),
    ("arboard", &["tui"]),
    ("clap", &["cli"]),
    ("utoipa", &["wire", "server", "edge"]),
    ("utoipa_axum", &["server"]),
    ("prometheus_client", &["server", "edge"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("pulldown_cmark", &["cli"]),
    ("roff", &["cli"]),
];

#[test]
fn each_layer_names_only_the_layers_it_may() {
    let mut wrong = Vec::new();
    for (file, layer, text) in sources() {
        let allowed = MAY_NAME
            .iter()
            .find(|(name, _)| *name == layer)
            .unwrap_or_else(|| panic!("unknown layer {layer}"))
            .1;
        for (number, line) in code_lines(&text) {
            for (other, _) in MAY_NAME {
                let names =
                    line.contains(&format!("crate::{other}::")) || line.contains(&format!("crate::{other};"));
                if names && *other != layer && !allowed.contains(other) {
                    wrong.push(format!("{}:{number}: {layer} names {other}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_outside_crate_stays_in_the_layer_that_owns_it() {
    let mut wrong = Vec::new();
    for (file, layer, text) in sources() {
        for (number, line) in code_lines(&text) {
            for (outside, owners) in OWNERS {
                let names =
                    line.contains(&format!("use {outside}::")) || line.contains(&format!("{outside}::"));
                let part_of_longer =
                    line.contains(&format!("_{outside}::")) || line.contains(&format!("::{outside}::"));
                if names && !part_of_longer && !owners.contains(&layer.as_str()) {
                    wrong.push(format!("{}:{number}: {layer} names {outside}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_model_of_the_dashboard_is_pure() {
    let mut wrong = Vec::new();
    for (file, _, text) in
        sources().into_iter().filter(|(file, ..)| file.components().any(|part| part.as_os_str() == "model"))
    {
        for (number, line) in code_lines(&text) {
            for outside in [
                "ratatui",
                "crossterm",
                "tokio",
                "reqwest",
                "arboard",
                "std::fs",
                "std::net",
                "Instant::now",
                "system_clock",
                "tui::view",
                "tui::perform",
            ] {
                if line.contains(outside) {
                    wrong.push(format!("{}:{number}: the model names {outside}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn drawing_does_nothing_else() {
    let mut wrong = Vec::new();
    for (file, _, text) in
        sources().into_iter().filter(|(file, ..)| file.components().any(|part| part.as_os_str() == "view"))
    {
        for (number, line) in code_lines(&text) {
            for outside in [
                "&mut State",
                "tui::perform",
                "tokio",
                "reqwest",
                "arboard",
                "crate::client",
                "Instant::now",
                "system_clock",
            ] {
                if line.contains(outside) {
                    wrong.push(format!("{}:{number}: the view names {outside}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A list knows its rows, a view its list; who puts them together is the state, which neither knows.
#[test]
fn no_list_no_view_and_no_dialog_names_the_state() {
    let mut wrong = Vec::new();
    for (file, _, text) in sources() {
        let rooms = ["tui/model/list", "tui/model/views", "tui/model/dialogs"];
        if !rooms.iter().any(|room| file.starts_with(room)) {
            continue;
        }
        for (number, line) in code_lines(&text) {
            if line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "State") {
                wrong.push(format!("{}:{number}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How many files hold methods of the dashboard's state. What more there is to do belongs to a part of it, which is
/// told what it needs.
const OF_THE_STATE: usize = 8;

#[test]
fn the_methods_of_the_dashboards_state_stand_in_few_files_and_nothing_else_is_handed_it() {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let is_state = |path: &str| path.rsplit("::").next() == Some("State");
    // To be changed, by whatever path it is named.
    let handed = |line: &str| {
        let paths = line.split("mut ").skip(1).filter_map(|rest| rest.split(|c| !is_path(c)).next());
        paths.into_iter().any(is_state)
    };
    let methods = |line: &str| line.starts_with("impl") && line.split(|c| !is_path(c)).any(is_state);
    let mut files = Vec::new();
    let mut wrong = Vec::new();
    for (file, _, text) in sources() {
        if !file.starts_with("tui/model") {
            continue;
        }
        if code_lines(&text).any(|(_, line)| methods(line)) {
            files.push(file);
            continue;
        }
        // The root gives it each event.
        for (number, line) in code_lines(&text).filter(|_| file != Path::new("tui/model/mod.rs")) {
            if handed(line) {
                wrong.push(format!("{}:{number}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!((1..=OF_THE_STATE).contains(&files.len()), "{files:?}");
}

/// The table from a view's name to what it is, and the names themselves. Whatever else asks which view it is would
/// have to be changed for the next one.
const KNOW_THE_VIEWS: [&str; 2] = ["tui/model/views/mod.rs", "tui/model/tabs.rs"];

/// The tables from a dialog to what it is and to how it is drawn.
const KNOW_THE_DIALOGS: [&str; 2] = ["tui/model/dialogs/mod.rs", "tui/view/dialogs/mod.rs"];

/// Lines of the dashboard outside the `tables` that tell one variant of the enum from another.
fn told_apart(of: &str, tables: &[&str], names: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (file, _, text) in sources() {
        if !file.starts_with("tui") || tables.iter().any(|table| file == Path::new(table)) {
            continue;
        }
        for (number, line) in code_lines(&text) {
            // `OpenDialog::Help` opens one, and is no `Dialog::Help`.
            let named = |name: &str| {
                line.match_indices(name).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric()))
            };
            let pattern = line.trim_start().trim_start_matches('|').trim_start().starts_with(of);
            let asks =
                ["==", "!=", "=>", "matches!", "if let", "while let"].iter().any(|sign| line.contains(sign));
            let one = names.iter().any(|name| named(name));
            if (one && (asks || pattern)) || named(&format!("{of}{{")) || named(&format!("{of}*")) {
                wrong.push(format!("{}:{number}: {}", file.display(), line.trim()));
            }
        }
    }
    wrong
}

#[test]
fn nothing_outside_the_table_tells_one_view_from_another() {
    let names = View::ALL.map(|view| format!("View::{view:?}"));
    let wrong = told_apart("View::", &KNOW_THE_VIEWS, &names);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_outside_the_tables_tells_one_dialog_from_another() {
    let table = include_str!("../../src/tui/model/dialogs/mod.rs");
    let (_, variants) = table.split_once("pub enum Dialog {").expect("the dialogs");
    let (variants, _) = variants.split_once("\n}").expect("the end of the dialogs");
    let names: Vec<String> = variants
        .lines()
        .filter_map(|line| line.trim().split_once('('))
        .filter(|(name, _)| name.chars().all(char::is_alphanumeric))
        .map(|(name, _)| format!("Dialog::{name}"))
        .collect();
    assert!(names.len() > 25 && names.contains(&"Dialog::Queue".to_owned()), "{names:?}");
    let wrong = told_apart("Dialog::", &KNOW_THE_DIALOGS, &names);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is in a loop can only be understood all at once.
#[test]
fn no_modules_of_a_folder_name_each_other_in_a_loop() {
    let loops = Imports::of_the_program().loops();
    assert!(loops.is_empty(), "{}", loops.join("\n"));
}

#[test]
fn a_loop_is_found_whichever_way_its_files_name_each_other() {
    let loops_of = |b: &str, c: &str| {
        let files = [
            ("lib.rs", "pub mod a; pub mod shop;"),
            ("a.rs", "use crate::shop::Basket;\npub struct A;"),
            ("shop/mod.rs", "mod b; mod c;\npub use self::b::Basket;\npub struct Shop;"),
            ("shop/b.rs", b),
            ("shop/c.rs", c),
        ];
        Imports::of(files).loops()
    };
    // A module and what is within it are no loop, nor is a name in a comment or a text.
    assert!(loops_of("use super::Shop; pub struct Basket;", "use super::{Basket, Shop};").is_empty());
    assert!(loops_of("// crate::a::A\npub struct Basket; const T: &str = \"crate::a::A\";", "").is_empty());
    for (b, c) in [
        ("use crate::a::A; pub struct Basket;", ""),
        ("pub struct Basket(crate::a::A);", ""),
        ("use crate::a; pub struct Basket(a::A);", ""),
        ("use crate::{a::{A as Other}}; pub struct Basket;", ""),
        ("use super::super::a::*; pub struct Basket;", ""),
        // Another file of the folder leads back to it.
        ("pub struct Basket;", "use crate::a::A;"),
        ("use super::c; pub struct Basket(c::C);", "use super::Basket; pub struct C;"),
        ("pub struct Basket(super::c::C);", "pub struct C(Box<super::b::Basket>);"),
        (
            "pub struct Basket; fn f() { super::c::c('\"', '\\'', \"\\\"\") }",
            "pub fn c() { super::Basket::new() }",
        ),
    ] {
        assert_eq!(loops_of(b, c).len(), 1, "{b}\n{c}\n{:?}", loops_of(b, c));
    }
}

/// Path, layer and text of each file below `src`, the two roots left out.
fn sources() -> Vec<(PathBuf, String, String)> {
    let layered = imports::sources().into_iter().filter_map(|(path, text)| {
        let layer = path.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let counts = !matches!(layer.as_str(), "main" | "lib" | "build");
        counts.then(|| (PathBuf::from(path), layer, text))
    });
    layered.collect()
}

fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}
