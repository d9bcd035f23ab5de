//! The configuration, where each setting comes from, directories and their modes.

use std::path::Path;

use super::{Check, ResolvedSetting};
use crate::cli::contexts::shown;
use crate::cli::dashboard;
use crate::cli::database::Database;
use crate::client::Transport;
use crate::config::context::Place;
use crate::config::{Clipboard, ConfigError, PlanName, Setting, Settings, Target};

/// The configuration file, and the context that it or somebody else names.
pub fn configuration(settings: &Result<Settings, ConfigError>) -> Vec<Check> {
    let fix = "fix that line";
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            let way = match error {
                ConfigError::TwoTargets(_) => "remove one of them",
                _ => "fix it first; other checks depend on it",
            };
            let mut checks = vec![Check::failed("configuration", error.to_string(), way)];
            let (path, faults) = Settings::faults_of_file(&|name| std::env::var_os(name));
            let resolved = faults.iter().map(|fault| fault.error(&path).to_string());
            checks.extend(resolved.map(|words| Check::failed("configuration", words, fix)));
            return checks;
        }
    };
    let file = settings.file.display();
    let problems = dashboard::problems(settings);
    let mut checks: Vec<Check> =
        problems.iter().map(|words| Check::failed("configuration", words, fix)).collect();
    if problems.is_empty() {
        checks.push(if settings.file.exists() {
            Check::ok("configuration", format!("{file} is valid"))
        } else {
            Check::ok("configuration", format!("{file} not found; using defaults"))
        });
    }
    checks.extend(contexts(settings));
    if settings.check_file().is_err() {
        checks.push(Check::skipped("context", "unknown until the configuration is fixed"));
        return checks;
    }
    checks.push(match settings.target() {
        Err(error) => Check::failed(
            "context",
            error.to_string(),
            "list contexts with `keydeck contexts list`, switch with `keydeck contexts use NAME`",
        ),
        Ok(target) => {
            let place = match target {
                Target::Server(url) => url,
                Target::Database(url) => shown(&url),
                Target::Embedded => "embedded server".to_owned(),
                Target::Demo => "demo".to_owned(),
            };
            let by = settings.context.as_ref().map(|context| format!(" (from {})", context.source));
            Check::ok("context", format!("{}{}: {place}", settings.name(), by.unwrap_or_default()))
        }
    });
    checks
}

/// Contexts that could not be used. The one that is in use is looked at as a whole.
fn contexts(settings: &Settings) -> Vec<Check> {
    let used = settings.context.as_ref().map(|context| &context.value.name);
    let others = settings.contexts.iter().filter(|context| Some(&context.name) != used);
    let wrong = others.filter_map(|context| {
        let reason = match &context.place {
            Place::Server(url) => Transport::check(url).err()?.to_string(),
            Place::Database(url) => Database::parse(url).err()?.to_string(),
        };
        let words = format!("{}, context {}: {reason}", settings.file.display(), context.name);
        Some(Check::failed("configuration", words, "fix the URL of that context"))
    });
    wrong.collect()
}

/// Every setting with its source. The value of a token is only `(set)`.
pub fn settings(settings: &Settings) -> Vec<ResolvedSetting> {
    fn resolved<T>(setting: &'static str, from: &Setting<T>, value: impl Into<String>) -> ResolvedSetting {
        ResolvedSetting { setting, value: value.into(), source: from.source.to_string() }
    }
    let plan = match settings.plan.value {
        PlanName::Free => "free",
        PlanName::Pro => "pro",
        PlanName::Enterprise => "enterprise",
    };
    let clipboard = match settings.clipboard.value {
        Clipboard::Auto => "auto",
        Clipboard::Native => "native",
        Clipboard::Osc52 => "osc52",
        Clipboard::Tmux => "tmux",
        Clipboard::Command => "command",
        Clipboard::Off => "off",
    };
    let mut all = Vec::new();
    all.extend(settings.server.as_ref().map(|from| resolved("server", from, &*from.value)));
    all.extend(settings.database.as_ref().map(|from| resolved("database", from, shown(&from.value))));
    let file =
        |name, from: &Setting<std::path::PathBuf>| resolved(name, from, from.value.display().to_string());
    all.extend(settings.token_file.as_ref().map(|from| file("token_file", from)));
    all.extend(settings.token.as_ref().map(|_| ResolvedSetting {
        setting: "token",
        value: "(set)".to_owned(),
        source: "KEYDECK_TOKEN".to_owned(),
    }));
    all.extend(settings.ca_file.as_ref().map(|from| file("ca_file", from)));
    all.extend([
        resolved("plan", &settings.plan, plan),
        resolved("warn_days", &settings.warn_days, settings.warn_days.value.to_string()),
        resolved("stale_days", &settings.stale_days, settings.stale_days.value.to_string()),
        resolved(
            "review_every_days",
            &settings.review_every_days,
            settings.review_every_days.value.to_string(),
        ),
        resolved("quiet_hours", &settings.quiet_hours, settings.quiet_hours.value.to_string()),
        resolved("theme", &settings.theme, &*settings.theme.value),
        resolved("copy_new_key", &settings.copy_new_key, settings.copy_new_key.value.to_string()),
        resolved("clipboard", &settings.clipboard, clipboard),
    ]);
    all
}

/// The directories, and the files in them that hold secrets: nobody else may read them.
pub fn directories(settings: &Settings) -> Vec<Check> {
    let directories = &settings.directories;
    let mut checks = vec![
        directory("data directory", &directories.data),
        directory("state directory", &directories.state),
    ];
    let files = |folder: &Path| {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect::<Vec<_>>()
    };
    let mut secrets = files(&directories.state.join("tokens"));
    secrets.extend(settings.token_file.as_ref().map(|file| file.value.clone()));
    // `keydeck.db` has `admin-token`, others beside it may have `<file>.admin-token`.
    let admin = |file: &std::path::PathBuf| file.to_string_lossy().ends_with("admin-token");
    secrets.extend(files(&directories.data).into_iter().filter(admin));
    let open: Vec<String> =
        secrets.iter().filter(|file| others_may(file)).map(|file| file.display().to_string()).collect();
    checks.push(if open.is_empty() {
        Check::ok("token files", "readable only by you")
    } else {
        let files = open.join(" ");
        Check::warning(
            "token files",
            format!("readable by other users: {files}"),
            format!("chmod 600 {files}"),
        )
    });
    checks
}

fn directory(check: &'static str, path: &Path) -> Check {
    let place = path.display();
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Check::ok(check, format!("{place} does not exist yet; created when needed"))
        }
        Err(error) => Check::failed(
            check,
            format!("{place}: {error}"),
            "check its owner, or choose another directory with KEYDECK_DATA",
        ),
        Ok(found) if !found.is_dir() => {
            Check::failed(check, format!("{place} is not a directory"), "move that file away")
        }
        Ok(_) if !writable(path) => Check::failed(
            check,
            format!("{place} is not writable"),
            "check its owner and mode, and whether the disk is full or read-only",
        ),
        Ok(_) if others_may(path) => Check::warning(
            check,
            format!("{place} is accessible to other users"),
            format!("chmod 700 {place}"),
        ),
        Ok(_) => Check::ok(check, format!("{place} (private to you)")),
    }
}

/// Tried by a file that goes at once: modes do not tell of full and read-only disks.
fn writable(folder: &Path) -> bool {
    let probe = folder.join(format!(".keydeck-doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"x");
    // Where it could not be made there is nothing to remove.
    let _ = std::fs::remove_file(&probe);
    written.is_ok()
}

#[cfg(unix)]
fn others_may(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may(_: &Path) -> bool {
    false
}
