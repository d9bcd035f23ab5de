//! Whatever the dashboard does to keys, projects and reviews is a command, too.

use clap::CommandFactory as _;
use keydeck::cli::args::Cli;
use keydeck::tui::model::action::{ACTIONS, Action, Group};

use super::keys::json;
use crate::support::home::Home;
use crate::support::process::errors;

/// The command that does the same, or why there is none.
enum Same {
    Command(&'static str),
    /// It does either, by what is selected.
    Either([&'static str; 2]),
    /// It is about the screen alone.
    Screen,
}

fn same(action: Action) -> Same {
    use Same::{Command, Either, Screen};
    match action {
        Action::New | Action::NewKey => Command("keys create --project"),
        Action::Revoke => Either(["keys revoke --filter", "nodes forget"]),
        Action::RevokeAll => Command("keys revoke --filter"),
        Action::Rotate => Command("keys rotate --name"),
        Action::Guide => Command("keys rotation --cancel"),
        Action::Rename => Command("keys edit --owner --purpose"),
        Action::Pause => Command("keys pause --reason"),
        Action::DeleteProject => Command("projects delete --revoke-keys"),
        Action::StillTried => Command("audit findings --severity"),
        Action::Filter | Action::Sort | Action::Columns | Action::Reverse => {
            Command("keys list --filter --sort --columns")
        }
        Action::Group | Action::ByCreator | Action::ByProject | Action::ByState | Action::ByOwner => {
            Command("keys list --group-by")
        }
        Action::Longer | Action::Shorter => Command("audit stale --idle"),
        Action::View(1) => Command("projects list"),
        Action::View(2) => Command("keys list"),
        Action::View(3) => Command("audit stale"),
        Action::View(4) | Action::History => Command("audit events --filter"),
        Action::View(5) => Command("audit review list"),
        Action::View(6) => Command("nodes list"),
        Action::Review => Command("audit review start --filter --due"),
        Action::Execute => Command("audit review execute --dry-run"),
        Action::Keep | Action::Ask | Action::Skip => Command("audit review decide --reason --until"),
        Action::Undo => Command("audit review undo"),
        Action::Open | Action::Detail => Command("keys show"),
        Action::OpenProject => Command("keys list --project"),
        Action::Export => Command("keys list --output"),
        Action::Contexts => Command("contexts list"),
        Action::Messages => Screen,
        // Keys that only dialogs take choose, type and leave; the rest moves over the screen.
        _ => Screen,
    }
}

#[test]
fn every_act_of_the_dashboard_is_a_command() {
    let mut without = Vec::new();
    for (action, name, _, group) in ACTIONS {
        let lines = match same(*action) {
            Same::Command(line) => vec![line],
            Same::Either(lines) => lines.to_vec(),
            Same::Screen => Vec::new(),
        };
        if lines.is_empty() {
            // What changes something must not be passed over as a matter of the screen.
            let looks = [Group::Move, Group::Dashboard, Group::Dialogs, Group::GoTo, Group::Find];
            let marks = [Action::Mark, Action::Range, Action::MarkAll, Action::CopyMask, Action::CopyMenu];
            if !looks.contains(group) && !marks.contains(action) {
                without.push((*name).to_owned());
            }
        }
        let root = Cli::command();
        for line in lines {
            let mut command = &root;
            for word in line.split(' ') {
                let found = match word.strip_prefix("--") {
                    Some(flag) => {
                        let known = |arg: &clap::Arg| arg.get_long() == Some(flag);
                        command.get_arguments().chain(root.get_arguments()).any(known)
                    }
                    None => command.find_subcommand(word).map(|below| command = below).is_some(),
                };
                if !found {
                    without.push(format!("{name}: no {word} in {line}"));
                }
            }
        }
    }
    assert!(without.is_empty(), "acts without a command: {without:?}");
}

/// Each command of the table, with arguments that work after those before it.
const RUNS: [(&str, &[&str]); 25] = [
    ("projects list", &[]),
    ("keys create", &["web", "--project", "shop"]),
    ("keys create", &["app", "--project", "shop"]),
    ("keys create", &["old", "--project", "shop"]),
    ("keys list", &["--filter", "name:web", "--sort", "name"]),
    ("keys list", &["--group-by", "creator"]),
    ("keys list", &["--project", "shop"]),
    ("keys show", &["shop/web"]),
    ("keys edit", &["shop/web", "--owner", "ann", "--purpose", "checkout"]),
    ("keys pause", &["shop/old", "--reason", "is it used?"]),
    ("keys revoke", &["--filter", "name:old", "--yes"]),
    ("keys rotate", &["shop/app", "--name", "app-next", "--guided"]),
    ("keys rotation", &["shop/app", "--cancel"]),
    ("audit stale", &["--idle", "0s"]),
    ("audit findings", &["--severity", "low"]),
    ("audit events", &["--filter", "action:key.created"]),
    ("audit review start", &["Q4", "--filter", "project:shop", "--due", "14d"]),
    ("audit review list", &[]),
    ("audit review decide", &["Q4", "shop/web", "keep", "--reason", "in use", "--until", "90d"]),
    ("audit review undo", &["Q4", "shop/web"]),
    ("audit review decide", &["Q4", "shop/web", "revoke"]),
    ("audit review execute", &["Q4", "--yes"]),
    ("nodes list", &[]),
    ("contexts list", &[]),
    ("projects delete", &["shop", "--revoke-keys", "--yes"]),
];

#[test]
fn every_act_of_the_dashboard_answers_a_program_in_json() {
    let home = Home::new();
    home.ok(&["projects", "create", "shop"]);
    for (command, args) in RUNS {
        let all: Vec<&str> =
            command.split(' ').chain(args.iter().copied()).chain(["--output", "json"]).collect();
        let out = home.run(&all);
        assert!(out.status.success(), "{all:?}: {}", errors(&out));
        let text = String::from_utf8(out.stdout).expect("UTF-8");
        assert!(!text.trim().is_empty(), "{all:?} prints nothing");
        let answer = json(&text);
        assert!(answer.is_object(), "{all:?}: {text}");
    }
    // Another node is forgotten in the tests of several nodes.
    let told = RUNS.map(|(command, _)| command);
    for (action, name, ..) in ACTIONS {
        let lines = match same(*action) {
            Same::Command(line) => vec![line],
            Same::Either(lines) => lines.to_vec(),
            Same::Screen => Vec::new(),
        };
        for line in lines {
            let command = line.split(" --").next().expect("a command");
            assert!(told.contains(&command) || command == "nodes forget", "{name}: {command} was not run");
        }
    }
}
