//! `keydeck migrate`.

use std::collections::BTreeMap;

use serde_json::json;

use super::args::{MigrateArgs, Output};
use super::database::Database;
use super::exit::{Exit, Failure};
use super::log;
use super::output::{self, Cell, Table};
use super::progress::Progress;
use crate::store::StoreError;
use crate::store::sql::copy::{self, Progress as Step};

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(args: &MigrateArgs, form: Output) -> Result<(), Failure> {
    let (from, to) = (Database::parse(&args.from)?, Database::parse(&args.to)?);
    if from == Database::Memory || to == Database::Memory {
        return Err(Failure::usage(
            "an in-memory database ends with its process; choose a file or PostgreSQL",
        ));
    }
    if from == to {
        return Err(Failure::usage("--from and --to are the same database"));
    }
    if let Some(file) = from.file().filter(|file| !file.exists()) {
        // None is created to be copied.
        return Err(StoreError::Missing(file.display().to_string()).into());
    }
    let mut progress = Progress::new();
    let mut show = |step| {
        progress.show(&match step {
            Step::Copying(table, done, total) => format!("Copying {table}… {done} of {total}"),
            Step::Comparing(table, done, total) => format!("Comparing {table}… {done} of {total}"),
            Step::Verifying => "Verifying the audit log…".to_owned(),
        });
    };
    let moved = copy::migrate(&from.url(), &to.url(), &mut show).await.map_err(|error| match error {
        StoreError::Full => {
            let text = "the disk is full; what was copied is kept: free some space, then run this again";
            Failure::new(Exit::Failed, text)
        }
        error => error.into(),
    })?;
    progress.clear();
    if moved.resumed {
        log::say("continued a migration that had begun");
    }
    log::say(&format!("copied {from} to {to}; do not use {from} any more"));
    if form != Output::Json {
        let mut table = Table::new(&["table", "rows"]);
        for (name, rows) in &moved.tables {
            table.row([Cell::from(*name), Cell::from(*rows)]);
        }
        output::print(form, &(), &table)?;
        let rows: u64 = moved.tables.iter().map(|(_, rows)| rows).sum();
        log::say(&format!(
            "verified that all {rows} rows are equal, and the audit log up to its head {}",
            moved.head
        ));
        return Ok(());
    }
    let tables: BTreeMap<_, _> = moved.tables.iter().copied().collect();
    let answer = json!({ "tables": tables, "head": moved.head, "resumed": moved.resumed });
    output::print(form, &answer, &Table::new(&[]))
}
