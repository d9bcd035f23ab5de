//! What to type instead of a command line that clap cannot read: words of other tools, options of other commands, what an
//! argument that is missing is. clap would suggest what is spelt alike.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _};

use super::args::Cli;
use super::refused::{innermost, texts};

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
/// Options that other commands and tools have, with the command and its own option; without a command, of each that has
/// that option.
const OPTIONS: [(&str, &[&str], &str); 20] = [
    ("serve", &ADDRESS, "--manage ADDR, or --edge ADDR for the Edge API"),
    ("edge", &ADDRESS, "--edge ADDR"),
    ("keys list", &["--all", "-a"], "--status all"),
    ("keys list", &["--name"], "--filter name:TEXT"),
    ("keys create", &["--name"], "`keydeck keys create NAME`"),
    ("projects create", &["--name"], "`keydeck projects create NAME`"),
    ("tokens create", &["--name"], "`keydeck tokens create NAME`"),
    ("audit review start", &["--name"], "`keydeck audit review start NAME`"),
    ("audit events", &["--since", "--from"], "--after"),
    ("audit events", &["--until", "--to"], "--before"),
    ("keys revoke", &["--since"], "--unused-since"),
    ("", &["--force", "-f", "-y", "--no-confirm"], "--yes"),
    ("", &["--json"], "--output json"),
    ("", &["--csv"], "--output csv"),
    ("", &["--format"], "--output"),
    ("", &["-q", "--quiet"], "--ids"),
    ("audit stale", &["--days", "--stale"], "--idle"),
    ("audit findings", &["--days", "--idle"], "--stale"),
    ("audit review start", &["--days", "--idle"], "--stale"),
    ("audit report", &["--file", "--path"], "--out"),
];

/// Options of other servers.
const ADDRESS: [&str; 7] = ["--listen", "--port", "--bind", "--addr", "--address", "--host", "-l"];
/// Options that most commands have nothing like, and for which clap suggests what means something else.
const NOTHING_LIKE: [&str; 17] = [
    "--all", "-a", "--force", "-f", "-y", "--name", "--role", "--format", "--json", "--csv", "-q", "--quiet",
    "--since", "--until", "--from", "--to", "--port",
];

/// What a command lacks: each argument with what it is, and the command with all of them. Or the commands of a group.
pub(super) fn missing(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let mut top = Cli::command();
    // Only then an argument can say how it is written.
    top.build();
    match (error.kind(), error.get(ContextKind::InvalidArg), error.get(ContextKind::ValidSubcommand)) {
        (ErrorKind::MissingSubcommand, _, Some(ContextValue::Strings(commands))) => {
            let (group, _) = used(error, &top)?;
            Some(format!("missing command after `{group}`: {}; see --help", commands.join(", ")))
        }
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing)), _) => {
            let (name, command) = used(error, &top)?;
            if name == "keydeck audit review sign" && missing.iter().any(|missing| missing.contains("--head"))
            {
                return Some(no_pack(arguments));
            }
            let all: Vec<String> = missing.iter().map(|missing| explained(command, missing)).collect();
            let example = example(command, missing).map(|line| format!("; for example: {line}"));
            Some(format!("missing {}{}; see --help", all.join("; "), example.unwrap_or_default()))
        }
        _ => None,
    }
}

/// The command that clap was reading, by the usage that it names: its words, and itself.
fn used<'a>(error: &clap::Error, top: &'a Command) -> Option<(String, &'a Command)> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return None };
    let usage = usage.to_string();
    let (mut names, mut command) = ("keydeck".to_owned(), top);
    for word in usage.split_whitespace().skip_while(|word| *word != "keydeck").skip(1) {
        let Some(inner) = command.find_subcommand(word) else { break };
        names = format!("{names} {word}");
        command = inner;
    }
    Some((names, command))
}

/// `<KEY>: id, project/name or masked key`, by the help of the argument. Of several that exclude each other, all are named.
fn explained(command: &Command, missing: &str) -> String {
    if let Some(several) = missing.strip_prefix("<--").and_then(|several| several.strip_suffix('>')) {
        return format!("--{}", several.replace("|--", " or --"));
    }
    let argument = command.get_arguments().find(|argument| argument.to_string() == missing);
    let Some(help) = argument.and_then(Arg::get_help) else { return missing.to_owned() };
    let help = help.to_string();
    // What else it takes is left to the help.
    let help = help.split([';', '[']).next().unwrap_or_default().trim();
    let help = help.split(". ").next().unwrap_or_default();
    let mut letters = help.chars();
    // `CSV or JSON file` stays as it is.
    let is_word = help.chars().nth(1).is_some_and(char::is_lowercase);
    let help = match letters.next().filter(|_| is_word) {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => help.to_owned(),
    };
    format!("{missing}: {help}")
}

/// The first example of a command that has all options that are missing.
fn example(command: &Command, missing: &[String]) -> Option<String> {
    let help = command.get_after_help()?.to_string();
    let options = || missing.iter().filter_map(|missing| missing.split(' ').next());
    let has =
        |line: &&str| options().filter(|option| option.starts_with("--")).all(|option| line.contains(option));
    help.lines().filter_map(|line| line.strip_prefix("  ")).find(has).map(str::to_owned)
}

/// The answer to a signature without a pack, with the review that was typed.
fn no_pack(arguments: &[OsString]) -> String {
    let command = Cli::command();
    let typed = Cli::command().ignore_errors(true).try_get_matches_from(arguments);
    let review = typed.ok().and_then(|matches| texts(innermost(&command, &matches).2, "review").pop());
    let review = review.map_or_else(|| "REVIEW".to_owned(), |review| quoted(&review));
    format!(
        "missing the evidence pack to sign: pass --pack PATH, or --head SEQ:HASH, its last audit event; first create the \
         pack: keydeck audit report --review {review} --out pack.tar.gz (it prints the head); then run: keydeck audit \
         review sign {review} --pack pack.tar.gz"
    )
}

/// The tip for a command line that clap has refused, if there is one.
pub(super) fn of(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
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
    let path = typed(up_to_first(words, wrong));
    let mut top = Cli::command();
    // Only then a command has the options of all commands.
    top.build();
    let mut command = &top;
    for name in &path {
        command = command.find_subcommand(name)?;
    }
    let path = path.join(" ");
    let has = |own: &str| {
        let name = own.split(' ').next().and_then(|own| own.strip_prefix("--"));
        command.get_arguments().any(|argument| argument.get_long() == name && !argument.is_hide_set())
    };
    let meant = OPTIONS.iter().find(|(command, others, own)| {
        others.contains(&wrong) && (*command == path || command.is_empty() && has(own))
    });
    match meant {
        Some((.., own)) => Some(format!("unexpected argument '{wrong}'; did you mean {own}?")),
        None => {
            NOTHING_LIKE.contains(&wrong).then(|| format!("unexpected argument '{wrong}' found; see --help"))
        }
    }
}

/// What was meant by an argument too many.
fn extra(wrong: &str, words: &[String]) -> Option<String> {
    // The last one that is written so: `keys list keys`.
    let at = words.iter().rposition(|word| word == wrong)?;
    let path = typed(&words[..at]);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let how = match path[..] {
        ["keys", "list"] | ["audit", "stale" | "findings"] => {
            format!("for the keys of a project write -p {wrong}")
        }
        ["audit", "report"] => format!("name the pack with --out {wrong}"),
        ["keys", "create"]
            if words.iter().any(|word| word.starts_with("-p") || word.starts_with("--project")) =>
        {
            let name = words[..at].last().filter(|word| !word.starts_with('-'))?;
            format!("a name with blanks needs quotes: \"{name} {wrong}\"")
        }
        ["keys", "create" | "show" | "edit" | "pause" | "resume" | "rotate" | "rotation" | "usage"] => {
            let project = words[..at].last().filter(|word| !word.starts_with('-') && !word.contains('/'))?;
            format!("write the key as {project}/{wrong}")
        }
        _ => return None,
    };
    Some(format!("unexpected argument '{wrong}'; {how}"))
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
