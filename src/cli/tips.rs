//! What to type instead of a command line that clap cannot read: words of other tools, options of other commands, a key
//! beside its project. clap would suggest what is spelt alike.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};

use super::args::Cli;
use super::refused::{innermost, texts};
use crate::wire::filter::whole_mask;
use crate::wire::text::fold;

/// Words of other tools, each with the commands that may be meant. Of these, a group has the first or one of the others.
const WORDS: [(&[&str], &[&str]); 13] = [
    (&["delete", "remove", "rm", "del", "destroy"], &["revoke", "delete", "remove", "forget", "cancel"]),
    (&["disable", "deactivate", "suspend", "block"], &["pause"]),
    (&["enable", "activate", "unpause", "unblock"], &["resume"]),
    (&["ls", "list"], &["list", "events"]),
    (&["get", "describe", "view", "info", "inspect"], &["show"]),
    (&["new", "add", "create", "generate", "issue"], &["create", "start"]),
    (&["roll", "renew", "regenerate", "replace"], &["rotate"]),
    (&["update", "set", "modify"], &["edit", "rename", "use"]),
    (&["mv"], &["rename"]),
    (&["log", "logs", "history"], &["events"]),
    (&["switch", "select"], &["use"]),
    (&["apply", "run", "finish"], &["execute"]),
    (&["publish", "push"], &["deploy"]),
];
/// Options that other commands have, with the command and its own option.
const OPTIONS: [(&str, &[&str], &str); 4] = [
    ("audit stale", &["--days", "--stale"], "--idle"),
    ("audit findings", &["--days", "--idle"], "--stale"),
    ("audit review start", &["--days", "--idle"], "--stale"),
    ("audit report", &["--file", "--path"], "--out"),
];
/// What is written for a project that was not given.
const NO_PROJECT: &str = "PROJECT";

/// The tip for a command line that clap has refused, if there is one.
pub(super) fn of(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    words(error, arguments).or_else(|| project_apart(error, arguments))
}

fn words(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let words: Vec<String> =
        arguments.iter().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let (Some(ContextValue::String(wrong)), kind) = (
        error.get(ContextKind::InvalidSubcommand).or_else(|| error.get(ContextKind::InvalidArg)),
        error.kind(),
    ) else {
        return None;
    };
    match kind {
        ErrorKind::InvalidSubcommand => command(wrong, &words),
        ErrorKind::UnknownArgument if wrong.starts_with('-') => option(wrong, &words),
        ErrorKind::UnknownArgument => extra(wrong, &words),
        ErrorKind::InvalidValue
            if wrong.starts_with("--output ") && typed(&words).join(" ") == "audit report" =>
        {
            Some("--output is the format: table, json or csv; name the pack with --out PATH".to_owned())
        }
        _ => None,
    }
}

/// The command that may be meant by a word that is none.
fn command(word: &str, words: &[String]) -> Option<String> {
    if word == "logout" {
        return Some("unknown command 'logout'; `keydeck contexts remove NAME` deletes its token".into());
    }
    let top = Cli::command();
    let path = typed(up_to_first(words, word));
    let mut group = &top;
    for name in &path {
        group = group.find_subcommand(name)?;
    }
    let mut meant: Vec<String> = Vec::new();
    if let Some(name) = meant_in(group, word).filter(|_| !path.is_empty()) {
        meant.push(format!("{} {name}", path.join(" ")));
    } else if path == ["contexts"] && ["new", "add", "create"].contains(&word) {
        meant.push("login".to_owned());
    } else if let Some(command) = verb_and_noun(&top, word) {
        meant.push(command);
    } else {
        // Keys are meant more often than anything else.
        for noun in ["keys", "projects", "audit"].into_iter().filter(|_| path.is_empty()) {
            let name = top.find_subcommand(noun).and_then(|noun| meant_in(noun, word));
            if let Some(name) = name.filter(|_| noun != "audit" || meant.is_empty()) {
                meant.push(format!("{noun} {name}"));
            }
        }
        for home in top.get_subcommands().filter(|_| top.find_subcommand(word).is_none()) {
            let command = format!("{} {word}", home.get_name());
            if home.find_subcommand(word).is_some() && !meant.contains(&command) {
                meant.push(command);
            }
        }
    }
    let meant: Vec<String> = meant.iter().map(|command| format!("`keydeck {command}`")).collect();
    (!meant.is_empty()).then(|| format!("unknown command '{word}'; did you mean {}?", meant.join(" or ")))
}

/// The command of a group that a word means.
fn meant_in(group: &Command, word: &str) -> Option<&'static str> {
    let known = WORDS.iter().filter(|(words, _)| words.contains(&word));
    known.flat_map(|(_, commands)| *commands).copied().find(|name| group.find_subcommand(name).is_some())
}

/// `list-keys` and `key-list` are `keys list`.
fn verb_and_noun(top: &Command, word: &str) -> Option<String> {
    let (one, two) = word.split_once(['-', '_', ':'])?;
    [(one, two), (two, one)].into_iter().find_map(|(verb, noun)| {
        let named = |group: &&Command| group.get_name().trim_end_matches('s') == noun.trim_end_matches('s');
        let group = top.get_subcommands().find(named)?;
        let own = group.find_subcommand(verb).map(Command::get_name);
        own.or_else(|| meant_in(group, verb)).map(|name| format!("{} {name}", group.get_name()))
    })
}

/// The option of this command that may be meant by one that it does not have.
fn option(wrong: &str, words: &[String]) -> Option<String> {
    let path = typed(up_to_first(words, wrong)).join(" ");
    let (.., own) =
        OPTIONS.iter().find(|(command, others, _)| *command == path && others.contains(&wrong))?;
    Some(format!("unexpected argument '{wrong}'; did you mean {own}?"))
}

/// What was meant by an argument too many.
fn extra(wrong: &str, words: &[String]) -> Option<String> {
    // The last one that is written so: `keys list keys`.
    let at = words.iter().rposition(|word| word == wrong)?;
    let path = typed(&words[..at]);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let how = match path[..] {
        ["keys", "list"] => format!("for the keys of a project write -p {wrong}"),
        ["audit", "stale" | "findings"] => {
            format!("for the keys of a project write --filter project:{wrong}")
        }
        ["audit", "report"] => format!("name the pack with --out {wrong}"),
        ["keys", "show" | "edit" | "pause" | "resume" | "rotate" | "rotation" | "usage"] => {
            let project = words[..at].last().filter(|word| !word.starts_with('-') && !word.contains('/'))?;
            format!("write the key as {project}/{wrong}")
        }
        _ => return None,
    };
    Some(format!("unexpected argument '{wrong}'; {how}"))
}

/// A command takes its keys as `project/name`, and was given the project apart.
fn project_apart(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
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
pub(super) fn quoted(key: &str) -> String {
    if key.contains(char::is_whitespace) { format!("\"{key}\"") } else { key.to_owned() }
}

/// The words before a wrong one.
fn up_to_first<'a>(words: &'a [String], wrong: &str) -> &'a [String] {
    &words[..words.iter().position(|word| word == wrong).unwrap_or(words.len())]
}

/// The name of the command in these words.
fn typed(words: &[String]) -> Vec<String> {
    let top = Cli::command();
    let (mut group, mut path) = (&top, Vec::new());
    for word in words {
        if let Some(inner) = group.find_subcommand(word) {
            path.push(word.clone());
            group = inner;
        }
    }
    path
}
