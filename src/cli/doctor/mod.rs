//! `keydeck doctor`: what was looked at, what is wrong, and the way out of it.
//!
//! | module | what |
//! |---|---|
//! | [`files`] | the configuration, where each setting comes from, directories and their modes |
//! | [`server`] | the database, the server behind it or elsewhere, the token, clocks, the Edge API |
//! | [`terminal`] | the terminal and the way a copy would go |
//!
//! No secret is ever part of what it says.

pub mod files;
pub mod server;
pub mod terminal;

use std::fmt::Write as _;
use std::process::ExitCode;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::args::{Cli, Output};
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::{log, runtime};
use crate::config::{ConfigError, Settings};
use crate::wire::text::{cut, inert};

/// What came of looking at something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is as it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Failed,
    /// It could not be looked at, or there is nothing to look at.
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

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// What.
    pub check: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// In words.
    pub said: String,
    /// What to do about it.
    #[serde(rename = "wayOut")]
    pub way_out: Option<String>,
}

impl Check {
    /// It is as it should be.
    pub fn ok(check: &'static str, said: impl Into<String>) -> Check {
        Check { check, verdict: Verdict::Ok, said: said.into(), way_out: None }
    }

    /// There is nothing to look at, or no way to.
    pub fn skipped(check: &'static str, said: impl Into<String>) -> Check {
        Check { verdict: Verdict::Skipped, ..Check::ok(check, said) }
    }

    /// It works, and somebody should look at it.
    pub fn warning(check: &'static str, said: impl Into<String>, way_out: impl Into<String>) -> Check {
        Check { verdict: Verdict::Warning, way_out: Some(way_out.into()), ..Check::ok(check, said) }
    }

    /// It does not work.
    pub fn failed(check: &'static str, said: impl Into<String>, way_out: impl Into<String>) -> Check {
        Check { verdict: Verdict::Failed, ..Check::warning(check, said, way_out) }
    }
}

/// A setting, and who said so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Told {
    /// Its name in the configuration.
    pub setting: &'static str,
    /// Its value.
    pub value: String,
    /// Who said so.
    pub source: String,
}

#[derive(Serialize)]
struct Findings {
    ok: bool,
    checks: Vec<Check>,
    settings: Vec<Told>,
}

/// Looks at everything. A broken configuration is one of the things that are found.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(cli: &Cli, settings: &Result<Settings, ConfigError>) -> Result<ExitCode, Failure> {
    let mut checks = files::configuration(settings);
    let mut told = Vec::new();
    if let Ok(settings) = settings {
        told = files::settings(settings);
        checks.extend(files::directories(settings));
        let runtime = runtime::build()?;
        checks.extend(runtime.block_on(server::look(settings, cli.target.read_only)));
        runtime.shutdown_background();
        checks.extend(terminal::look(settings));
    }
    let ok = !checks.iter().any(|check| check.verdict == Verdict::Failed);
    let findings = Findings { ok, checks, settings: told };
    match cli.target.output {
        Output::Table => output::write(words(&findings).as_bytes())?,
        form => output::print(form, &findings, &table(&findings.checks))?,
    }
    Ok(if ok { ExitCode::SUCCESS } else { Exit::Failed.into() })
}

fn words(findings: &Findings) -> String {
    let mut out = String::new();
    let wide = findings.checks.iter().map(|check| check.check.width()).max().unwrap_or(0);
    for Check { check, verdict, said, way_out } in &findings.checks {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{:<8} {check:<wide$}  {}", verdict.as_str(), inert(&cut(said, log::LINE_MAX)));
        if let Some(way_out) = way_out {
            let _ = writeln!(out, "{:<8} {:<wide$}  -> {}", "", "", inert(way_out));
        }
    }
    if !findings.settings.is_empty() {
        out.push_str("\nSettings, each with who said so:\n");
        let wide = findings.settings.iter().map(|told| told.setting.width()).max().unwrap_or(0);
        for Told { setting, value, source } in &findings.settings {
            let _ = writeln!(out, "  {setting:<wide$}  {} ({})", inert(value), inert(source));
        }
    }
    out
}

fn table(checks: &[Check]) -> Table {
    let mut table = Table::new(&["check", "verdict", "said", "wayOut"]);
    for check in checks {
        table.row([
            Cell::from(check.check),
            Cell::from(check.verdict.as_str().to_lowercase()),
            Cell::from(&check.said),
            Cell::or_dash(check.way_out.as_deref()),
        ]);
    }
    table
}
