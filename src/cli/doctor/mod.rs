//! `keydeck doctor`: checks of the setup, each with its result and how to fix it.
//!
//! | module | what |
//! |---|---|
//! | [`files`] | the configuration, where each setting comes from, directories and their modes |
//! | [`server`] | the database, the server behind it or elsewhere, the token, clocks, the Edge API |
//! | [`terminal`] | the terminal and the way a copy would go |
//!
//! Results never contain secrets.

pub mod files;
pub mod server;
pub mod terminal;

use std::fmt::Write as _;
use std::process::ExitCode;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use unicode_width::UnicodeWidthStr;

use super::args::{Cli, DoctorArgs, Output};
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::{log, runtime};
use crate::config::{ConfigError, Settings};
use crate::wire::text::{cut, inert};

/// The result of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No problem.
    Ok,
    /// It works, but needs attention.
    Warning,
    /// It does not work.
    Failed,
    /// It could not be checked, or there is nothing to check.
    Skipped,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "FAILED",
            Verdict::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// What was checked, such as `clock`.
    pub check: &'static str,
    /// Its result.
    pub verdict: Verdict,
    /// What was found.
    pub message: String,
    /// How to fix it. None if there is no problem.
    pub fix: Option<String>,
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Check", 6)?;
        object.serialize_field("check", self.check)?;
        object.serialize_field("verdict", &self.verdict)?;
        object.serialize_field("message", &self.message)?;
        object.serialize_field("fix", &self.fix)?;
        // The former names of `message` and `fix`, kept for one release.
        object.serialize_field("said", &self.message)?;
        object.serialize_field("wayOut", &self.fix)?;
        object.end()
    }
}

impl Check {
    /// A check with [`Verdict::Ok`].
    pub fn ok(check: &'static str, message: impl Into<String>) -> Check {
        let message = crate::wire::text::plain(&message.into()).into_owned();
        Check { check, verdict: Verdict::Ok, message, fix: None }
    }

    /// A check with [`Verdict::Skipped`].
    pub fn skipped(check: &'static str, message: impl Into<String>) -> Check {
        Check { verdict: Verdict::Skipped, ..Check::ok(check, message) }
    }

    /// A check with [`Verdict::Warning`].
    pub fn warning(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { verdict: Verdict::Warning, fix: Some(fix.into()), ..Check::ok(check, message) }
    }

    /// A check with [`Verdict::Failed`].
    pub fn failed(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { verdict: Verdict::Failed, ..Check::warning(check, message, fix) }
    }
}

/// The value of a setting, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ResolvedSetting {
    /// Its name in the configuration.
    pub setting: &'static str,
    /// Its value; `(set)` for a token.
    pub value: String,
    /// A flag, an environment variable, a line of the configuration, or `default`.
    pub source: String,
}

#[derive(Serialize)]
struct Findings {
    ok: bool,
    checks: Vec<Check>,
    settings: Vec<ResolvedSetting>,
}

/// Runs all checks. An invalid configuration is one of the problems found, not an error.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(
    cli: &Cli,
    args: &DoctorArgs,
    settings: &Result<Settings, ConfigError>,
) -> Result<ExitCode, Failure> {
    if let Some(address) = args.edge {
        let runtime = runtime::build()?;
        let check = runtime.block_on(server::edge(&address.to_string()));
        runtime.shutdown_background();
        return report(cli, vec![check], Vec::new());
    }
    let mut checks = files::configuration(settings);
    let mut resolved = Vec::new();
    if let Ok(settings) = settings {
        resolved = files::settings(settings);
        checks.extend(files::directories(settings));
        let runtime = runtime::build()?;
        checks.extend(runtime.block_on(server::look(settings, cli.target.read_only)));
        runtime.shutdown_background();
        checks.extend(terminal::look(settings));
    }
    report(cli, checks, resolved)
}

/// Prints what was found; the exit code says whether all of it works.
fn report(cli: &Cli, checks: Vec<Check>, resolved: Vec<ResolvedSetting>) -> Result<ExitCode, Failure> {
    let ok = !checks.iter().any(|check| check.verdict == Verdict::Failed);
    let findings = Findings { ok, checks, settings: resolved };
    match cli.target.output {
        Output::Table => output::write(words(&findings).as_bytes())?,
        form => output::print(form, &findings, &table(&findings.checks))?,
    }
    Ok(if ok { ExitCode::SUCCESS } else { Exit::Failed.into() })
}

fn words(findings: &Findings) -> String {
    let mut out = String::new();
    let wide = findings.checks.iter().map(|check| check.check.width()).max().unwrap_or(0);
    for Check { check, verdict, message, fix } in &findings.checks {
        // Writing to a string cannot fail.
        let _ =
            writeln!(out, "{:<8} {check:<wide$}  {}", verdict.as_str(), inert(&cut(message, log::LINE_MAX)));
        if let Some(fix) = fix {
            let _ = writeln!(out, "{:<8} {:<wide$}  -> {}", "", "", inert(fix));
        }
    }
    if !findings.settings.is_empty() {
        out.push_str("\nEffective settings (source):\n");
        let wide = findings.settings.iter().map(|resolved| resolved.setting.width()).max().unwrap_or(0);
        for ResolvedSetting { setting, value, source } in &findings.settings {
            let _ = writeln!(out, "  {setting:<wide$}  {} ({})", inert(value), inert(source));
        }
    }
    out
}

fn table(checks: &[Check]) -> Table {
    let mut table = Table::new(&["check", "verdict", "said", "wayOut", "message", "fix"]);
    for check in checks {
        table.row([
            Cell::from(check.check),
            Cell::from(check.verdict.as_str().to_lowercase()),
            Cell::from(&check.message),
            Cell::or_dash(check.fix.as_deref()),
            Cell::from(&check.message),
            Cell::or_dash(check.fix.as_deref()),
        ]);
    }
    table
}
