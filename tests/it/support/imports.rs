//! Which module names which, and where modules name each other in a loop.
//!
//! Read from the text: `use` trees and the paths in code. A name counts for the file that defines it, through whatever
//! re-exports it is reached. What a macro defines counts for the file of its module.

mod tokens;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fs;
use std::path::Path;

use self::tokens::tokens;

/// A module by its path from the root.
type Module = Vec<String>;

/// A file's module: what it defines, what it brings into scope, and the paths that it names.
#[derive(Default)]
struct Source {
    file: String,
    defines: HashSet<String>,
    aliases: HashMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    paths: Vec<Vec<String>>,
}

/// Which module names what of which other one.
pub(crate) struct Imports {
    names: BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>>,
    files: BTreeMap<Module, String>,
}

/// For each module of a folder the others that it names, with an example of each.
type Level = BTreeMap<String, BTreeMap<String, String>>;

/// Path below `src`, with slashes, and text of each file of the program.
pub(crate) fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(&root).expect("below src");
                let name = inside.to_str().expect("a name in UTF-8").replace('\\', "/");
                files.push((name, fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
    assert!(files.len() > 20, "the sources were found");
    files
}

impl Imports {
    /// Those of the program.
    pub(crate) fn of_the_program() -> Imports {
        let files = sources();
        Imports::of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// Those of these files: path below `src` and text.
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Imports {
        let modules: HashMap<Module, Source> = files
            .into_iter()
            .filter(|(file, _)| !matches!(*file, "main.rs" | "build.rs"))
            .map(|(file, text)| (module_of(file), read(file, &tokens(text))))
            .collect();
        let mut names: BTreeMap<_, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
        for (module, source) in &modules {
            for path in &source.paths {
                if let Some((owner, name)) = resolve(&modules, module, path, &mut HashSet::new()) {
                    names.entry(module.clone()).or_default().entry(owner).or_default().insert(name);
                }
            }
        }
        let files = modules.into_iter().map(|(module, source)| (module, source.file)).collect();
        Imports { names, files }
    }

    /// The loops in which the modules of each folder name each other: the shortest ones, with the files and names
    /// that close them.
    ///
    /// A folder counts as one module with all that is in it, so whatever leaves it and comes back is a loop. A module
    /// and what is within it may name each other.
    pub(crate) fn loops(&self) -> Vec<String> {
        let mut levels: BTreeMap<Module, Level> = BTreeMap::new();
        for (module, named) in &self.names {
            for (other, names) in named {
                let shared = module.iter().zip(other).take_while(|(one, other)| one == other).count();
                let (Some(one), Some(two)) = (module.get(shared), other.get(shared)) else { continue };
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                let example =
                    format!("{} names {} of {}", self.files[module], names.join(", "), self.files[other]);
                let level = levels.entry(module[..shared].to_vec()).or_default();
                level.entry(one.clone()).or_default().entry(two.clone()).or_insert(example);
            }
        }
        let mut found = Vec::new();
        for (folder, level) in &levels {
            let folder =
                ["src"].into_iter().chain(folder.iter().map(String::as_str)).collect::<Vec<_>>().join("/");
            found.extend(loops_of(level).iter().map(|way| format!("{folder}: {way}")));
        }
        found
    }
}

fn loops_of(level: &Level) -> Vec<String> {
    let mut known = HashSet::new();
    let mut found = Vec::new();
    for start in level.keys() {
        if known.contains(start.as_str()) {
            continue;
        }
        if let Some(way) = way_back(start, level) {
            let steps = way.windows(2).map(|pair| level[pair[0]][pair[1]].as_str());
            let steps: Vec<_> = steps.collect();
            found.push(format!("{}: {}", way.join(" -> "), steps.join("; ")));
            known.extend(way);
        }
    }
    found
}

/// The shortest way from a module over others back to itself.
fn way_back<'a>(start: &'a str, level: &'a Level) -> Option<Vec<&'a str>> {
    let mut came_from: HashMap<&str, &str> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(module) = queue.pop_front() {
        for next in level.get(module).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut way = vec![start, module];
                while let Some(before) = came_from.get(way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next.as_str()) {
                came_from.insert(next, module);
                queue.push_back(next);
            }
        }
    }
    None
}

fn module_of(file: &str) -> Module {
    let mut parts: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || (last == "lib" && parts.len() == 1)) {
        parts.pop();
    }
    parts
}

/// The module that defines what a path names, and the name. None for what is of no file here.
fn resolve(
    modules: &HashMap<Module, Source>,
    from: &Module,
    path: &[String],
    seen: &mut HashSet<(Module, String)>,
) -> Option<(Module, String)> {
    let (first, rest) = path.split_first()?;
    let child = || [from.as_slice(), std::slice::from_ref(first)].concat();
    let mut at = match first.as_str() {
        "crate" => Module::new(),
        "self" => from.clone(),
        "super" => from.split_last()?.1.to_vec(),
        _ if modules.contains_key(&child()) => child(),
        _ => {
            let alias = modules.get(from)?.aliases.get(first)?;
            if !seen.insert((from.clone(), first.clone())) {
                return None;
            }
            return resolve(modules, from, &[alias, rest].concat(), seen);
        }
    };
    let mut rest = rest;
    while let Some((name, more)) = rest.split_first() {
        let below = [at.as_slice(), std::slice::from_ref(name)].concat();
        if name == "super" {
            at.pop();
        } else if modules.contains_key(&below) {
            at = below;
        } else {
            break;
        }
        rest = more;
    }
    let name = rest.first()?;
    let source = modules.get(&at)?;
    if source.defines.contains(name) || name == "*" {
        return Some((at, name.clone()));
    }
    if let Some(alias) = source.aliases.get(name)
        && seen.insert((at.clone(), name.clone()))
    {
        return resolve(modules, &at, &[alias, &rest[1..]].concat(), seen);
    }
    for glob in &source.globs {
        if seen.insert((at.clone(), glob.join("::")))
            && let Some((owner, found)) = resolve(modules, &at, &[glob, rest].concat(), seen)
            && modules[&owner].defines.contains(&found)
        {
            return Some((owner, found));
        }
    }
    Some((at, name.clone()))
}

const DEFINE: [&str; 9] =
    ["fn", "struct", "enum", "trait", "const", "static", "type", "union", "macro_rules"];

fn read(file: &str, tokens: &[&str]) -> Source {
    let mut source = Source { file: file.to_owned(), ..Source::default() };
    let (mut depth, mut at) = (0, 0);
    while let Some(token) = tokens.get(at) {
        at += 1;
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            "use" => {
                let end =
                    tokens[at..].iter().position(|token| *token == ";").map_or(tokens.len(), |end| at + end);
                let mut rest = &tokens[at..end];
                brought(&mut rest, &[], &mut source);
                at = end;
            }
            word if depth == 0 && DEFINE.contains(&word) => {
                let name = tokens[at..].iter().find(|token| **token != "!" && **token != "mut");
                source.defines.extend(name.filter(|name| is_name(name)).map(|name| (*name).to_owned()));
            }
            word if is_name(word)
                && tokens.get(at) == Some(&"::")
                && at.checked_sub(2).is_none_or(|before| tokens[before] != ".") =>
            {
                let mut path = vec![word.to_owned()];
                while tokens.get(at) == Some(&"::") && tokens.get(at + 1).is_some_and(|next| is_name(next)) {
                    path.push(tokens[at + 1].to_owned());
                    at += 2;
                }
                source.paths.push(path);
            }
            _ => {}
        }
    }
    source
}

/// Reads a tree behind `use`.
fn brought(tokens: &mut &[&str], before: &[String], source: &mut Source) {
    let mut path = before.to_vec();
    while let Some((token, rest)) = tokens.split_first() {
        match *token {
            "::" => *tokens = rest,
            "{" => {
                *tokens = rest;
                while let Some((token, rest)) = tokens.split_first() {
                    match *token {
                        "}" => {
                            *tokens = rest;
                            return;
                        }
                        "," => *tokens = rest,
                        _ => brought(tokens, &path, source),
                    }
                }
                return;
            }
            "*" => {
                *tokens = rest;
                source.globs.push(path.clone());
                path.push("*".to_owned());
                source.paths.push(path);
                return;
            }
            name if is_name(name) => {
                *tokens = rest;
                // The module itself, in braces.
                if name != "self" || path.is_empty() {
                    path.push(name.to_owned());
                }
                if tokens.first() != Some(&"::") {
                    break;
                }
            }
            _ => break,
        }
    }
    let mut alias = path.last().cloned();
    if let [like, name, rest @ ..] = *tokens
        && *like == "as"
    {
        alias = Some((*name).to_owned());
        *tokens = rest;
    }
    if let Some(alias) = alias {
        source.aliases.insert(alias, path.clone());
    }
    source.paths.push(path);
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
