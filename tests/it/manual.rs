//! What README and manual say: the commands, settings, keys, routes and files that they name exist, and none is
//! missing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Parser as _};
use keydeck::cli::args::Cli;
use keydeck::config::file;
use keydeck::manual::CHAPTERS;
use keydeck::wire::audit::Action;
use keydeck::wire::problem::Code;

use crate::support::imports::sources;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn chapter(name: &str) -> String {
    read(&format!("assets/manual/{name}.md"))
}

/// Path and text of all that is written for users.
fn documents() -> Vec<(String, String)> {
    let chapters = CHAPTERS.iter().map(|chapter| format!("assets/manual/{}.md", chapter.name));
    let others = ["README.md", ".github/SECURITY.md", ".github/CONTRIBUTING.md", ".github/CHANGELOG.md"];
    let files = chapters.chain(others.map(str::to_owned));
    files
        .map(|file| {
            let text = read(&file);
            (file, text)
        })
        .collect()
}

/// The fenced blocks, each with its language.
fn fenced(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((language, body))) => open = Some((language, body + line + "\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

/// What is between backticks, outside of fenced blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut prose = String::new();
    let mut inside = false;
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        if !inside && !fence {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose.split('`').skip(1).step_by(2).map(|code| code.replace("\\|", "|")).collect()
}

/// The command lines after a prompt, with the lines that they continue on.
fn typed(text: &str) -> Vec<String> {
    let blocks = fenced(text).into_iter().filter(|(language, _)| language == "console");
    let mut lines = Vec::new();
    for (_, block) in blocks {
        let block = block.replace("\\\n", " ");
        lines.extend(block.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned));
    }
    lines
}

/// The parts of a command line that call keydeck, without redirections and comments.
fn calls(line: &str) -> Vec<Vec<String>> {
    let line = line.replace("cargo run --release -- ", "keydeck ").replace("cargo run -- ", "keydeck ");
    let line = line.split(" #").next().unwrap_or_default();
    let calls = line.split(['|', ';']).map(|part| part.split(['<', '>']).next().unwrap_or_default().trim());
    calls.filter(|call| *call == "keydeck" || call.starts_with("keydeck ")).map(words).collect()
}

fn words(call: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in call.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What is wrong with a call: a command or a flag that does not exist, or a word too many.
fn unknown(call: &[String]) -> Option<String> {
    let mut program = Cli::command();
    program.build();
    let mut command = &program;
    let mut positional = 0;
    let mut words = call[1..].iter().peekable();
    while let Some(word) = words.next() {
        if let Some(flag) = word.strip_prefix("--") {
            let name = flag.split('=').next().unwrap_or(flag);
            let argument = command.get_arguments().find(|argument| argument.get_long() == Some(name));
            let Some(argument) = argument else { return Some(format!("no flag {word}")) };
            let takes = argument.get_action().takes_values() && !flag.contains('=');
            if takes && words.peek().is_some_and(|next| !next.starts_with("--")) {
                words.next();
            }
        } else if let Some(found) = command.find_subcommand(word) {
            command = found;
        } else if command.has_subcommands() && word.chars().all(|c| c.is_ascii_uppercase()) {
            // A placeholder.
            return None;
        } else if command.has_subcommands() {
            return Some(format!("no command {word}"));
        } else {
            positional += 1;
        }
    }
    let many = command
        .get_positionals()
        .any(|argument| argument.get_num_args().is_some_and(|count| count.max_values() > 1));
    let most = command.get_positionals().count();
    (positional > most && !many).then(|| "a word too many".to_owned())
}

#[test]
fn the_readme_is_short_and_begins_with_the_two_commands() {
    let text = read("README.md");
    assert!(text.lines().count() <= 130, "{} lines", text.lines().count());
    let commands = typed(&text);
    assert_eq!(commands[..2], ["cargo run --release", "cargo test"]);
}

#[test]
fn each_command_line_that_the_documents_show_is_one_that_the_program_takes() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    for (file, text) in documents() {
        for line in typed(&text) {
            for call in calls(&line) {
                found += 1;
                let parsed = Cli::try_parse_from(&call).err().map(|error| error.kind());
                // A placeholder, such as SEQ:HASH, is no value.
                let fine = [ErrorKind::DisplayVersion, ErrorKind::DisplayHelp, ErrorKind::ValueValidation];
                let refused = parsed.filter(|kind| !fine.contains(kind)).map(|kind| kind.to_string());
                if let Some(why) = unknown(&call).or(refused) {
                    wrong.push(format!("{file}: {line}: {why}"));
                }
            }
        }
        for code in quoted(&text) {
            for call in calls(&code) {
                found += 1;
                if let Some(why) = unknown(&call) {
                    wrong.push(format!("{file}: {code}: {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 80, "only {found} command lines were found");
}

fn flags(command: &Command) -> BTreeSet<String> {
    let all =
        command.get_arguments().filter_map(|argument| argument.get_long().map(|name| format!("--{name}")));
    let own = all.chain(command.get_subcommands().flat_map(flags));
    own.collect()
}

#[test]
fn each_flag_that_the_documents_name_exists() {
    let mut program = Cli::command();
    program.build();
    let known = flags(&program);
    let mut wrong = Vec::new();
    for (file, text) in documents().into_iter().filter(|(file, _)| !file.ends_with("CONTRIBUTING.md")) {
        for code in quoted(&text).into_iter().filter(|code| code.starts_with("--")) {
            for flag in code.split([' ', '=']).filter(|word| word.starts_with("--")) {
                if !known.contains(flag) {
                    wrong.push(format!("{file}: {flag}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn leaves(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
        let path = format!("{path} {}", sub.get_name());
        if sub.has_subcommands() { leaves(sub, &path, found) } else { found.push((path, sub.clone())) }
    }
}

#[test]
fn the_manual_has_each_command_with_each_of_its_flags() {
    let (commands, server) = (chapter("command-line"), chapter("server"));
    let mut program = Cli::command();
    program.build();
    let everywhere: BTreeSet<String> = program
        .get_arguments()
        .filter_map(|argument| argument.get_long().map(|name| format!("--{name}")))
        .collect();
    let mut missing: Vec<String> =
        everywhere.iter().filter(|flag| !commands.contains(flag.as_str())).cloned().collect();
    let mut found = Vec::new();
    leaves(&program, "keydeck", &mut found);
    assert!(found.len() > 20, "{} commands", found.len());
    for (path, command) in found {
        let rows: String = commands.lines().filter(|line| line.contains(&format!("`{path}"))).collect();
        if rows.is_empty() {
            missing.push(path.clone());
        }
        let rows = if path == "keydeck serve" { server.clone() } else { rows };
        let own = flags(&command).into_iter().filter(|flag| !everywhere.contains(flag));
        missing.extend(own.filter(|flag| !rows.contains(flag.as_str())).map(|flag| format!("{path} {flag}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    for code in 0..=7 {
        assert!(commands.contains(&format!("\n| {code} |")), "exit code {code}");
    }
}

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
    // How the build script tells the program; a prefix.
    variables.retain(|name| name != "KEYDECK_BUILD" && name != "KEYDECK_");
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

/// Method and path of each route of both APIs.
fn routes() -> Vec<(String, String)> {
    let document: serde_json::Value = serde_json::from_str(&read("assets/openapi.json")).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let routes = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().expect("operations").keys();
        // Beside the methods may be the servers of the path.
        let methods = methods.filter(|method| *method != "servers");
        methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    });
    routes.collect()
}

fn is_path(path: &str, pattern: &str) -> bool {
    let path = path.split(['?', '"', ' ']).next().unwrap_or_default();
    let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
    path.len() == pattern.len()
        && path.iter().zip(&pattern).all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
}

#[test]
fn each_route_that_the_documents_call_exists_and_the_manual_has_all_of_them() {
    let routes = routes();
    let (mut wrong, mut called) = (Vec::new(), 0);
    for (file, text) in documents() {
        for line in typed(&text).into_iter().filter(|line| line.starts_with("curl ")) {
            called += 1;
            let url = &line[line.find("http://").unwrap_or_else(|| panic!("{line}: no URL")) + 7..];
            let path = &url[url.find('/').expect("a path")..];
            let method = if line.contains("-X POST") || line.contains(" -d ") { "POST" } else { "GET" };
            if !routes.iter().any(|(known, pattern)| known == method && is_path(path, pattern)) {
                wrong.push(format!("{file}: {line}"));
            }
        }
        for code in quoted(&text) {
            let Some((method, path)) = code.split_once(" /") else { continue };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
                continue;
            }
            let path = format!("/{path}");
            if !routes.iter().any(|(known, pattern)| known == method && is_path(&path, pattern)) {
                wrong.push(format!("{file}: {code}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(called > 4, "{called} calls");
    let api = quoted(&chapter("api"));
    let is_there = |(method, path): &&(String, String)| {
        api.iter().any(|code| code.split('?').next() == Some(&format!("{method} {path}")))
    };
    let missing: Vec<_> = routes.iter().filter(|route| !is_there(route)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_manual_has_each_error_code_and_each_audit_action() {
    let (api, security) = (chapter("api"), chapter("security"));
    let codes = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !api.contains(code));
    let actions =
        Action::ALL.iter().map(|action| action.as_str()).filter(|action| !security.contains(action));
    let missing: Vec<&str> = codes.chain(actions).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn each_link_leads_to_a_file() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    for (file, text) in documents() {
        let folder = root().join(&file).parent().map(PathBuf::from).expect("a folder");
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let defined =
            text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ").map(|(_, to)| to));
        for to in inline.chain(defined).filter(|to| !to.starts_with("http")) {
            found += 1;
            let to = to.split('#').next().unwrap_or_default();
            if !to.is_empty() && !folder.join(to).is_file() {
                wrong.push(format!("{file}: {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 25, "{found} links");
}

/// A block without a language would be a test of Rust in the documentation.
#[test]
fn each_block_of_code_says_its_language() {
    for (file, text) in documents() {
        for (language, block) in fenced(&text) {
            assert!(!matches!(&*language, "" | "rust"), "{file}: {block}");
        }
    }
}
