//! Command lines and flags.

use std::collections::BTreeSet;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, Parser as _};
use keydeck::cli::args::Cli;

use super::{chapter, documents, quoted, typed};

/// The parts of a command line that call keydeck, without redirections and comments.
pub(super) fn calls(line: &str) -> Vec<Vec<String>> {
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
pub(super) fn unknown(call: &[String]) -> Option<String> {
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

#[test]
fn the_help_of_each_command_with_arguments_ends_with_examples_that_the_program_takes() {
    let mut found = Vec::new();
    leaves(&Cli::command(), "keydeck", &mut found);
    for (path, command) in found.into_iter().filter(|(_, command)| command.get_arguments().next().is_some()) {
        if path == "keydeck completions" {
            // One line for each shell stands in its text.
            continue;
        }
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = after.strip_prefix("Examples:\n").unwrap_or_else(|| panic!("{path}: {after:?}"));
        let lines = examples.replace("\\\n", "");
        let calls: Vec<Vec<String>> = lines.lines().flat_map(|line| calls(line.trim())).collect();
        assert!(!calls.is_empty(), "{path}: {after}");
        let name: Vec<String> = path.split(' ').map(str::to_owned).collect();
        for call in calls {
            assert!(call.starts_with(&name), "of another command: {call:?}");
            let parsed = Cli::try_parse_from(&call).err().map(|error| error.kind());
            // A placeholder, such as SEQ:HASH, is no value.
            assert!(matches!(parsed, None | Some(ErrorKind::ValueValidation)), "{call:?}: {parsed:?}");
        }
    }
}
