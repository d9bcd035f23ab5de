//! The commands of a client: connect, run one, end in order.

use std::process::ExitCode;

use super::args::{
    AuditCommand, Cli, Command, KeysCommand, NodesCommand, ProjectsCommand, ReviewCommand, RulesCommand,
    TokensCommand,
};
use super::exit::{Exit, Failure};
use super::here::{Absent, EdgeMode, LaunchOptions};
use super::process::Shutdown;
use super::report::Comparison;
use super::run::Run;
use super::{
    audit, backup, contexts, keys, login, migrate, nodes, projects, report, restore, rules, runtime, tokens,
};
use crate::config::{Setting, Settings, Source, Target};

/// Runs a command to its end.
///
/// # Errors
/// What went wrong, with its exit code.
pub fn run(
    cli: &Cli,
    command: &Command,
    settings: &Settings,
    shutdown: &Shutdown,
) -> Result<ExitCode, Failure> {
    runtime::block_on(shutdown, connected(cli, command, settings)).map(|()| ExitCode::SUCCESS)
}

async fn connected(cli: &Cli, command: &Command, settings: &Settings) -> Result<(), Failure> {
    match command {
        Command::Login(args) => return login::run(settings, args, cli.target.output).await,
        Command::Contexts(command) => return contexts::run(settings, command, cli.target.output).await,
        Command::Backup(args) => return backup::run(settings, args, cli.target.output).await,
        Command::Migrate(args) => return migrate::run(args, cli.target.output).await,
        Command::Restore(args) => {
            check_context(settings)?;
            return restore::run(settings, args, cli.target.output).await;
        }
        // A pack is compared with a server only where one is named.
        Command::Audit(AuditCommand::Verify { pack: Some(pack), head })
            if !cli.demo
                && [&cli.target.server, &cli.target.database, &cli.target.context]
                    .iter()
                    .all(|named| named.is_none()) =>
        {
            let with = Comparison::Nothing { configured: configured(settings) };
            return report::verify(cli.target.output, pack.clone(), head.as_ref(), &with).await;
        }
        _ => {}
    }
    if writes(command) {
        check_context(settings)?;
    }
    let revokes = matches!(
        command,
        Command::Keys(KeysCommand::Revoke(_) | KeysCommand::Pause { .. } | KeysCommand::Resume { .. })
            | Command::Projects(ProjectsCommand::Delete { .. })
            | Command::Audit(AuditCommand::Review(ReviewCommand::Execute { .. }))
    );
    // A revocation, and a pause, has its receipt from a node, though it be the one of this process. On PostgreSQL the
    // receipt is that of the nodes that serve.
    let receipt = revokes || matches!(command, Command::Tokens(TokensCommand::Revoke { .. }));
    let edge = if receipt { EdgeMode::Follow } else { EdgeMode::None };
    // A limit that is not known is not guessed; nothing else goes by the plan.
    if matches!(command, Command::Keys(KeysCommand::Create { .. } | KeysCommand::Rotate { .. }))
        && !matches!(settings.target()?, Target::Server(_))
    {
        settings.check_plan()?;
    }
    let absent = match command {
        // What a database begins with.
        Command::Projects(ProjectsCommand::Create { .. }) | Command::Tokens(TokensCommand::Create { .. }) => {
            Absent::Create
        }
        // That all is well is said of what was looked at alone.
        Command::Audit(_) => Absent::Refuse,
        command if writes(command) => Absent::Refuse,
        _ => Absent::Empty,
    };
    let wanted = LaunchOptions { absent, ..LaunchOptions::of(settings, edge) };
    let run = Run::open(cli, settings, wanted).await?;
    if cli.target.read_only && writes(command) {
        return Err(read_only_refuses(command));
    }
    let done = match command {
        Command::Projects(command) => projects::run(&run, command).await,
        Command::Keys(command) => keys::run(&run, command).await,
        Command::Rules(command) => rules::run(&run, command).await,
        Command::Audit(command) => audit::run(&run, command).await,
        Command::Nodes(args) => nodes::run(&run, args).await,
        Command::Tokens(command) => tokens::run(&run, command).await,
        Command::Serve(_)
        | Command::Edge(_)
        | Command::Login(_)
        | Command::Contexts(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Migrate(_)
        | Command::Identify(_)
        | Command::Completions { .. }
        | Command::Doctor(_)
        | Command::Man { .. }
        | Command::Help { .. } => Err(Failure::usage("not a client command")),
    };
    run.end().await;
    done
}

/// The variable that names a server or a database for other commands. The current context is not
/// among them: it was not set for this command.
fn configured(settings: &Settings) -> Option<&'static str> {
    fn variable<T>(setting: Option<&Setting<T>>) -> Option<&'static str> {
        match setting?.source {
            Source::Environment(name) => Some(name),
            _ => None,
        }
    }
    variable(settings.server.as_ref())
        .or_else(|| variable(settings.database.as_ref()))
        .or_else(|| variable(settings.context.as_ref()))
}

/// Refuses changes where the context is read-only.
///
/// # Errors
/// Exit 3.
pub fn check_context(settings: &Settings) -> Result<(), Failure> {
    let Some(context) = settings.context.as_ref().filter(|context| context.value.read_only) else {
        return Ok(());
    };
    let text = format!(
        "the context {} is read-only; remove read_only = true from {}, or make this change in the dashboard",
        context.value.name,
        settings.file.display()
    );
    Err(Failure::new(Exit::Denied, text))
}

/// The refusal of a change under `--read-only`.
pub fn read_only() -> Failure {
    Failure::new(Exit::Denied, "permission denied: --read-only refuses all changes")
}

/// The same for this command, with what to do where that is not plain.
fn read_only_refuses(command: &Command) -> Failure {
    if let Command::Audit(AuditCommand::Report { .. }) = command {
        let text = "permission denied: --read-only refuses all changes, and a report writes its event to the audit \
                    log; leave --read-only out, or use a token with the auditor role";
        return Failure::new(Exit::Denied, text);
    }
    read_only()
}

/// A server knows the role of a token alone, so what `--read-only` adds is held here.
fn writes(command: &Command) -> bool {
    match command {
        Command::Projects(command) => !matches!(command, ProjectsCommand::List { .. }),
        Command::Keys(command) => !matches!(
            command,
            KeysCommand::List { .. }
                | KeysCommand::Show { .. }
                | KeysCommand::Usage { .. }
                | KeysCommand::Rotation { cancel: false, .. }
        ),

        Command::Rules(command) => {
            !matches!(command, RulesCommand::Show { .. } | RulesCommand::Export { .. })
        }
        Command::Tokens(command) => !matches!(command, TokensCommand::List { .. }),
        Command::Nodes(args) => !matches!(args.command, None | Some(NodesCommand::List { .. })),
        Command::Audit(AuditCommand::Review(command)) => {
            !matches!(command, ReviewCommand::List | ReviewCommand::Show { .. } | ReviewCommand::Items { .. })
        }
        Command::Audit(AuditCommand::Report { .. }) => true,
        Command::Audit(_)
        | Command::Login(_)
        | Command::Contexts(_)
        | Command::Backup(_)
        | Command::Identify(_)
        | Command::Completions { .. }
        | Command::Doctor(_)
        | Command::Man { .. }
        | Command::Help { .. } => false,
        Command::Serve(_) | Command::Edge(_) | Command::Restore(_) | Command::Migrate(_) => true,
    }
}
