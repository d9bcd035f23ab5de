//! Whatever the dashboard does to keys, projects and reviews is a command, too.

use clap::CommandFactory as _;
use keydeck::cli::args::Cli;
use keydeck::tui::model::action::{ACTIONS, Action, Group};

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
