//! What was typed: texts that clap lets through and no command can use, and a better tip than clap's.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command, CommandFactory as _};

use super::args::Cli;
use crate::secret;
use crate::wire::filter::whole_mask;
use crate::wire::text::{PART_OF_KEY, fold};

/// The arguments that name something, and what is said of one that is empty.
const NAMES: [(&str, &str); 9] = [
    ("name", "name is empty; enter at least one character"),
    ("project", "project name is empty; expected a name or an id (prj_…)"),
    ("projects", "project name is empty; expected a name or an id (prj_…)"),
    ("key", "key is empty; expected an id (key_…), project/name, a masked key, or - for standard input"),
    ("keys", "key is empty; expected an id (key_…), project/name, a masked key, or - for standard input"),
    ("review", "review name is empty; expected a name or an id (rev_…)"),
    ("node", "node name is empty; expected a name or an id (node_…)"),
    ("url", "server address is empty; expected e.g. https://keys.example.com"),
    ("actor", "actor is empty; expected local:USER, token:NAME, key:MASKED-KEY or a token"),
];
/// The arguments that are stored as text.
const STORED: [&str; 4] = ["name", "owner", "purpose", "reason"];
/// Commands whose names are those of something that exists.
const NAMING: &str = "contexts";
/// What is said of a context without a name.
const EMPTY_CONTEXT: &str = "context name is empty; list contexts with `keydeck contexts list`";
/// What stands for a project that was not given.
const NO_PROJECT: &str = "PROJECT";

/// What is wrong with a text that was typed: an empty name, or a part of a key that would be stored.
pub(super) fn refused(matches: &ArgMatches) -> Option<String> {
    if texts(matches, "context").iter().any(|name| name.trim().is_empty()) {
        return Some(format!("--context: {EMPTY_CONTEXT}"));
    }
    // The dashboard starts without a look at all commands.
    matches.subcommand()?;
    let command = Cli::command();
    let (names, command, matches) = innermost(&command, matches);
    let known = names.first() == Some(&NAMING);
    command.get_arguments().find_map(|argument| {
        let id = argument.get_id().as_str();
        let before = argument.get_long().map(|long| format!("--{long}: ")).unwrap_or_default();
        let empty = NAMES.iter().find(|(name, _)| *name == id);
        let empty = empty.map(|(_, empty)| if known { EMPTY_CONTEXT } else { *empty });
        texts(matches, id).into_iter().find_map(|text| {
            if let Some(empty) = empty.filter(|_| text.trim().is_empty()) {
                return Some(format!("{before}{empty}"));
            }
            let part = STORED.contains(&id) && !known && secret::holds_part(&text);
            part.then(|| format!("{before}{PART_OF_KEY}"))
        })
    })
}

/// A command takes its keys as `project/name`, and was given the project apart.
pub(super) fn project_apart(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    if error.kind() != ErrorKind::UnknownArgument || !matches!(flag.as_str(), "--project" | "-p") {
        return None;
    }
    let place = arguments.iter().position(|argument| {
        let argument = argument.to_string_lossy();
        let short = flag.len() == 2 && !argument.starts_with("--");
        argument == *flag || argument.strip_prefix(flag).is_some_and(|rest| short || rest.starts_with('='))
    })?;
    let mut rest = arguments.to_vec();
    let given = rest.remove(place).to_string_lossy().into_owned();
    let project = match given[flag.len()..].trim_start_matches('=') {
        project if !project.is_empty() => project.to_owned(),
        _ if place < rest.len() => rest.remove(place).to_string_lossy().into_owned(),
        _ => NO_PROJECT.to_owned(),
    };
    let command = Cli::command();
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(rest).ok()?;
    let (_, command, matches) = innermost(&command, &matches);
    let id = ["key", "keys"]
        .into_iter()
        .find(|id| command.get_positionals().any(|argument| argument.get_id().as_str() == *id))?;
    let mut keys = texts(matches, id);
    if keys.is_empty() {
        keys.push("NAME".to_owned());
    }
    if matches!(&keys[..], [key] if key == "-") {
        let how = format!("write the key on standard input as {project}/NAME");
        return Some(format!("unexpected argument '{flag}'; {how}"));
    }
    if let Some((other, name)) = keys
        .iter()
        .filter_map(|key| key.split_once('/'))
        .find(|(other, _)| project != NO_PROJECT && fold(other) != fold(&project))
    {
        let (one, two) = (quoted(&format!("{other}/{name}")), quoted(&format!("{project}/{name}")));
        return Some(format!("unexpected argument '{flag}'; two projects are given; write {one} or {two}"));
    }
    let noun = if keys.len() == 1 { "key" } else { "keys" };
    let whole = |key: &String| {
        let begins = ["key_", "redir_"].iter().any(|start| key.starts_with(start));
        key == "-" || key.contains('/') || begins || whole_mask(key.clone()) != *key
    };
    if keys.iter().all(whole) {
        let them = if keys.len() == 1 { "is enough" } else { "are enough" };
        let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
        return Some(format!("unexpected argument '{flag}'; {} {them}", keys.join(" ")));
    }
    let written: Vec<String> = keys
        .iter()
        .map(|key| if whole(key) { key.clone() } else { format!("{project}/{key}") })
        .map(|key| quoted(&key))
        .collect();
    Some(format!("unexpected argument '{flag}'; write the {noun} as {}", written.join(" ")))
}

/// As it is typed in a shell.
fn quoted(key: &str) -> String {
    if key.contains(char::is_whitespace) { format!("\"{key}\"") } else { key.to_owned() }
}

/// The command that was typed, with the words of its name and what was typed behind them.
fn innermost<'a>(
    command: &'a Command,
    matches: &'a ArgMatches,
) -> (Vec<&'a str>, &'a Command, &'a ArgMatches) {
    let (mut names, mut command, mut matches) = (Vec::new(), command, matches);
    while let Some((name, inner)) = matches.subcommand() {
        let Some(found) = command.find_subcommand(name) else { break };
        names.push(name);
        (command, matches) = (found, inner);
    }
    (names, command, matches)
}

/// The values of an argument as they were typed.
fn texts(matches: &ArgMatches, id: &str) -> Vec<String> {
    let raw = matches.try_get_raw(id).ok().flatten();
    raw.map(|raw| raw.map(|text| text.to_string_lossy().into_owned()).collect()).unwrap_or_default()
}
