//! Texts that clap accepts and no command may take: empty names, and keys or parts of them that would be stored.

use std::ffi::OsString;

use clap::{ArgMatches, Command, CommandFactory as _};

use super::args::Cli;
use crate::secret;
use crate::wire::text::PART_OF_KEY;

/// The arguments that name something, and what is said of one that is empty.
const NAMES: [(&str, &str); 10] = [
    ("name", "name is empty; enter at least one character"),
    ("project", "project name is empty; expected a name or an id (prj_…)"),
    ("projects", "project name is empty; expected a name or an id (prj_…)"),
    ("key", "key is empty; expected an id (key_…), project/name, a masked key, or - for standard input"),
    ("keys", "key is empty; expected an id (key_…), project/name, a masked key, or - for standard input"),
    ("review", "review name is empty; expected a name or an id (rev_…)"),
    ("token", "token is empty; expected an id (tok_…), a name or a masked token"),
    ("node", "node name is empty; expected a name or an id (node_…)"),
    ("url", "server address is empty; expected e.g. https://keys.example.com"),
    ("actor", "actor is empty; expected local:USER, token:NAME, key:MASKED-KEY or a token"),
];
/// The arguments that are stored as text.
const STORED: [&str; 4] = ["name", "owner", "purpose", "reason"];
/// The commands whose `name` is that of an existing context.
const OF_CONTEXTS: &str = "contexts";
/// What is said of a context without a name.
const EMPTY_CONTEXT: &str = "context name is empty; list contexts with `keydeck contexts list`";

/// What is wrong with a text that was typed: an empty name, or a part of a key that would be stored.
pub(super) fn text(matches: &ArgMatches) -> Option<String> {
    if texts(matches, "context").iter().any(|name| name.trim().is_empty()) {
        return Some(format!("--context: {EMPTY_CONTEXT}"));
    }
    // The dashboard starts without a look at all commands.
    matches.subcommand()?;
    let command = Cli::command();
    let (names, command, matches) = innermost(&command, matches);
    let known = names.first() == Some(&OF_CONTEXTS);
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

/// The argument that is stored as text and was given a whole key.
pub(super) fn whole_key(arguments: &[OsString]) -> Option<&'static str> {
    let command = Cli::command();
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(arguments).ok()?;
    let (.., matches) = innermost(&command, &matches);
    STORED.into_iter().find(|id| texts(matches, id).iter().any(|text| secret::find(text).is_some()))
}

/// The command that was typed: the words of its name, itself, and its arguments.
pub(super) fn innermost<'a>(
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
pub(super) fn texts(matches: &ArgMatches, id: &str) -> Vec<String> {
    let raw = matches.try_get_raw(id).ok().flatten();
    raw.map(|raw| raw.map(|text| text.to_string_lossy().into_owned()).collect()).unwrap_or_default()
}
