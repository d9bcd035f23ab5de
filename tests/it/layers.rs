//! Which layer may name which: read from the `use` lines and paths of the code itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use keydeck::tui::model::View;

/// Layer, what it may name besides itself, and the outside crates that only it (and the others listed with
/// that crate) may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("colour", &[]),
    ("encoding", &[]),
    ("files", &["encoding"]),
    ("config", &["colour", "files", "secret"]),
    ("wire", &["encoding", "secret"]),
    ("store", &["wire", "secret"]),
    ("server", &["store", "wire", "secret"]),
    ("edge", &["store", "wire", "secret"]),
    ("client", &["files", "wire", "secret"]),
    ("tui", &["client", "colour", "wire", "secret"]),
    (
        "cli",
        &[
            "client", "colour", "config", "edge", "encoding", "files", "secret", "server", "store", "tui",
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

/// The table from a view's name to what it is, and the names themselves. Whatever else asks which view it is would
/// have to be changed for the next one.
const KNOW_THE_VIEWS: [&str; 2] = ["tui/model/views/mod.rs", "tui/model/tabs.rs"];

#[test]
fn nothing_outside_the_table_tells_one_view_from_another() {
    let names = View::ALL.map(|view| format!("View::{view:?}"));
    let mut wrong = Vec::new();
    for (file, _, text) in sources() {
        if !file.starts_with("tui") || KNOW_THE_VIEWS.iter().any(|known| file == Path::new(known)) {
            continue;
        }
        for (number, line) in code_lines(&text) {
            let pattern = line.trim_start().trim_start_matches('|').trim_start().starts_with("View::");
            let asks =
                ["==", "!=", "=>", "matches!", "if let", "while let"].iter().any(|sign| line.contains(sign));
            let named = names.iter().any(|name| line.contains(name.as_str()));
            if (named && (asks || pattern)) || line.contains("View::{") || line.contains("View::*") {
                wrong.push(format!("{}:{number}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Folders below which no file leads back to itself by what it names.
const WITHOUT_LOOPS: [&str; 3] = ["tui/model/list", "tui/model/views", "tui/view"];

#[test]
fn no_two_files_of_these_folders_name_each_other() {
    for folder in WITHOUT_LOOPS {
        assert_eq!(loops(folder), Vec::<String>::new(), "{folder}");
    }
}

/// The loops among the files below a folder of `src`, one for each set of files of which every one leads to every
/// other: `a.rs -> b.rs -> a.rs`, the shortest, and which other files belong to the set. What a file names of a
/// module that it is part of does not count.
fn loops(folder: &str) -> Vec<String> {
    let mut named = Modules::read().named();
    named.retain(|file, _| file.starts_with(folder));
    let inside: BTreeSet<PathBuf> = named.keys().cloned().collect();
    for others in named.values_mut() {
        others.retain(|other| inside.contains(other));
    }
    let mut reached: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = BTreeMap::new();
    for file in &inside {
        let mut known = BTreeSet::new();
        let mut next: Vec<&PathBuf> = named[file].iter().collect();
        while let Some(other) = next.pop() {
            if known.insert(other) {
                next.extend(&named[other]);
            }
        }
        reached.insert(file, known);
    }
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for file in &inside {
        if !reached[file].contains(file) || told.contains(file) {
            continue;
        }
        let set: BTreeSet<&PathBuf> =
            reached[file].iter().filter(|other| reached[*other].contains(file)).copied().collect();
        let shortest = set.iter().map(|begin| way_back(begin, &named)).min_by_key(Vec::len);
        let shortest = shortest.expect("a set has a file");
        let others: Vec<String> = set
            .iter()
            .filter(|other| !shortest.contains(&other.display().to_string()))
            .map(|other| other.display().to_string())
            .collect();
        let also = if others.is_empty() { String::new() } else { format!(" (with {})", others.join(", ")) };
        found.push(format!("{}{also}", shortest.join(" -> ")));
        told.extend(set);
    }
    found
}

/// The shortest way from a file over others back to itself.
fn way_back(begin: &PathBuf, named: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> Vec<String> {
    let mut from: BTreeMap<&PathBuf, &PathBuf> = BTreeMap::new();
    let mut next = VecDeque::from([begin]);
    while let Some(file) = next.pop_front() {
        for other in &named[file] {
            if other == begin {
                let mut way = vec![begin, file];
                while let Some(before) = from.get(way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                return way.into_iter().map(|file| file.display().to_string()).collect();
            }
            if !from.contains_key(other) {
                from.insert(other, file);
                next.push_back(other);
            }
        }
    }
    Vec::new()
}

/// A path in code, from the root of the crate on.
type CodePath = Vec<String>;

/// The modules of the crate, with the paths that each names.
struct Modules {
    /// The file of each.
    files: BTreeMap<CodePath, PathBuf>,
    /// The paths that stand in each.
    paths: BTreeMap<CodePath, Vec<CodePath>>,
    /// What each gives on under a name of its own.
    given_on: BTreeMap<CodePath, BTreeMap<String, CodePath>>,
}

impl Modules {
    fn read() -> Modules {
        let mut modules =
            Modules { files: BTreeMap::new(), paths: BTreeMap::new(), given_on: BTreeMap::new() };
        for (file, _, text) in sources() {
            let plain = file.with_extension("");
            let mut path: CodePath =
                plain.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            path.pop_if(|last| last == "mod");
            let (paths, given_on) = paths_in(&text, &path);
            modules.files.insert(path.clone(), file);
            modules.paths.insert(path.clone(), paths);
            modules.given_on.insert(path, given_on);
        }
        modules
    }

    /// For each file the others that it names, without the modules that it is part of.
    fn named(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let of = |(module, paths): (&CodePath, &Vec<CodePath>)| {
            let others = paths.iter().filter_map(|path| self.home(path, 0));
            let others = others.filter(|other| !module.starts_with(other));
            (self.files[module].clone(), others.map(|other| self.files[&other].clone()).collect())
        };
        self.paths.iter().map(of).collect()
    }

    /// The module in which something is defined, whatever module it was named by.
    fn home(&self, path: &[String], depth: usize) -> Option<CodePath> {
        let length = (1..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        let on = rest.first().and_then(|name| self.given_on.get(module)?.get(name));
        match on.filter(|_| depth < 8) {
            Some(on) => self.home(&[on.as_slice(), &rest[1..]].concat(), depth + 1),
            None => Some(module.to_vec()),
        }
    }
}

/// The paths in the text of a module, and what it gives on by `pub use`.
fn paths_in(text: &str, module: &[String]) -> (Vec<CodePath>, BTreeMap<String, CodePath>) {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).map_or("", String::as_str);
    let children: BTreeSet<&str> = (0..tokens.len())
        .filter(|at| word(*at) == "mod" && word(at + 2) == ";")
        .map(|at| word(at + 1))
        .collect();
    let (mut paths, mut given_on) = (Vec::new(), BTreeMap::new());
    let mut at = 0;
    while at < tokens.len() {
        if word(at) == "use" && word(at + 1) != "<" {
            let public = at > 0 && matches!(word(at - 1), "pub" | ")");
            let end = (at..tokens.len()).find(|end| word(*end) == ";").unwrap_or(tokens.len());
            for (name, path) in tree(&tokens[at + 1..end]) {
                let Some(path) = absolute(&path, module, &children) else { continue };
                if public {
                    given_on.insert(name, path.clone());
                }
                paths.push(path);
            }
            at = end;
        } else if word(at + 1) == "::" && (at == 0 || word(at - 1) != "::") {
            let end = (at + 1..).step_by(2).find(|end| word(*end) != "::").unwrap_or(tokens.len());
            let path: CodePath = tokens[at..end.min(tokens.len())].iter().step_by(2).cloned().collect();
            paths.extend(absolute(&path, module, &children));
            at = end;
        } else {
            at += 1;
        }
    }
    (paths, given_on)
}

/// The paths of a `use`, each with the name that it gets.
fn tree(tokens: &[String]) -> Vec<(String, CodePath)> {
    let (mut found, mut outer) = (Vec::new(), Vec::new());
    let (mut path, mut alias): (CodePath, Option<String>) = (Vec::new(), None);
    let mut begin = 0;
    let mut end = |path: &mut CodePath, begin: usize, alias: &mut Option<String>| {
        if path.len() > begin {
            let whole: CodePath =
                path.iter().filter(|part| *part != "self" || path[0] == "self").cloned().collect();
            let name = alias.take().or(whole.last().cloned()).unwrap_or_default();
            found.push((name, whole));
        }
        path.truncate(begin);
    };
    let mut words = tokens.iter();
    while let Some(token) = words.next() {
        match token.as_str() {
            "::" => {}
            "{" => {
                outer.push(begin);
                begin = path.len();
            }
            "," => end(&mut path, begin, &mut alias),
            "}" => {
                end(&mut path, begin, &mut alias);
                begin = outer.pop().unwrap_or(0);
                path.truncate(begin);
            }
            "as" => alias = words.next().cloned(),
            part => path.push(part.to_owned()),
        }
    }
    end(&mut path, begin, &mut alias);
    found
}

/// A path of this crate from its root on.
fn absolute(path: &[String], module: &[String], children: &BTreeSet<&str>) -> Option<CodePath> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    let (base, rest) = match path.first()?.as_str() {
        "crate" => (&module[..0], &path[1..]),
        "self" => (module, &path[1..]),
        "super" => (&module[..module.len().checked_sub(supers)?], &path[supers..]),
        child if children.contains(child) => (module, path),
        _ => return None,
    };
    Some([base, rest].concat())
}

/// The words and signs of code, without its comments and texts.
fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let next = |at: usize| chars.get(at).copied().unwrap_or(' ');
    let mut at = 0;
    while at < chars.len() {
        let begin = at;
        match chars[at] {
            '/' if next(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '"' => {
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    at += 1 + usize::from(chars[at] == '\\');
                }
                at += 1;
            }
            // A character, and not a lifetime.
            '\'' if next(at + 1) == '\\' || next(at + 2) == '\'' => {
                at += 2 + usize::from(next(at + 1) == '\\');
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
                at += 1;
            }
            ':' if next(at + 1) == ':' => {
                found.push("::".into());
                at += 2;
            }
            c if is_word(c) => {
                while at < chars.len() && is_word(chars[at]) {
                    at += 1;
                }
                found.push(chars[begin..at].iter().collect());
            }
            c => {
                if !c.is_whitespace() {
                    found.push(c.into());
                }
                at += 1;
            }
        }
    }
    found
}

/// Path, layer and text of each file below `src`, the two roots left out.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(&root).expect("below src");
            let layer = inside.components().next().expect("a name").as_os_str().to_string_lossy();
            let layer = layer.trim_end_matches(".rs").to_owned();
            if !matches!(layer.as_str(), "main" | "lib" | "build") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((inside.to_owned(), layer, text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were found");
    found
}

fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}
