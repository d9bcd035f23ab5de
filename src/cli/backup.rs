//! `keydeck backup`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::args::{BackupArgs, Output};
use super::database::Database;
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::progress::Progress;
use crate::config::{Settings, Target};
use crate::files;
use crate::store::StoreError;
use crate::store::owner::Owner;
use crate::store::sql::backup::{self, Beside, Checked};
use crate::wire::text;

/// The owner of a database may end, and another may come, while a backup begins.
const TRIES: u32 = 3;
/// Between two looks at how much is copied.
const LOOK: Duration = Duration::from_millis(200);
const MB: u64 = 1_000_000;

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(settings: &Settings, args: &BackupArgs, form: Output) -> Result<(), Failure> {
    let source = file_of(database(settings)?, "back up")?;
    must_be_free(&args.file)?;
    let checked = write(&source, &args.file).await?;
    if form == Output::Table {
        let (events, head) = (checked.head.seq, &checked.head);
        let noun = if events == 1 { "event" } else { "events" };
        let file = args.file.display();
        let text = format!("Backed up the database to {file}. Verified {events} {noun}. Head: {head}\n");
        return output::write(text.as_bytes());
    }
    let (file, head) = (args.file.display().to_string(), &checked.head);
    let mut table = Table::new(&["file", "events", "head"]);
    table.row([Cell::from(file.as_str()), Cell::from(head.seq), Cell::from(head)]);
    output::print(form, &json!({ "file": file, "events": head.seq, "head": head }), &table)
}

/// The database that the settings select, which must be on this machine.
///
/// # Errors
/// It is a server or the demo.
pub fn database(settings: &Settings) -> Result<Database, Failure> {
    match settings.target()? {
        Target::Server(url) => Err(Failure::usage(format!(
            "{url} is a server; run this on its machine, and choose the database with --database"
        ))),
        Target::Database(url) => Database::parse(&url),
        Target::Embedded => Ok(Database::File(settings.directories.data.join("keydeck.db"))),
        Target::Demo => Ok(Database::Memory),
    }
}

/// The SQLite file of a database.
///
/// # Errors
/// It is none.
pub fn file_of(database: Database, verb: &str) -> Result<PathBuf, Failure> {
    match database {
        Database::File(path) => Ok(path),
        Database::Memory => Err(Failure::usage(format!("cannot {verb} a database in memory; choose a file"))),
        Database::Postgres(_) => Err(Failure::usage(format!(
            "cannot {verb} {database}: it is not a SQLite file; use pg_dump and pg_restore, see `keydeck man \
             server`"
        ))),
    }
}

async fn write(source: &Path, file: &Path) -> Result<Checked, Failure> {
    let failed = |error: &io::Error| Failure::new(Exit::Failed, cannot_write(file, error));
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = std::path::absolute(parent).map_err(|error| failed(&error))?;
    // What is not finished goes with the folder.
    let folder = tempfile::Builder::new()
        .prefix(".keydeck-backup-")
        .tempdir_in(&parent)
        .map_err(|error| failed(&error))?;
    let draft = folder.path().join("keydeck.db");
    let mut progress = Progress::new();
    let total = source.metadata().map_or(0, |found| found.len());
    {
        let copied = copy(source, &draft);
        tokio::pin!(copied);
        loop {
            tokio::select! {
                copied = &mut copied => break copied?,
                () = tokio::time::sleep(LOOK) => {
                    let done = draft.metadata().map_or(0, |found| found.len());
                    progress.show(&format!("Copying… {} of {} MB", done / MB, total.max(done) / MB));
                }
            }
        }
    }
    progress.show("Verifying…");
    let checked = backup::check(&draft, source).await?;
    progress.clear();
    backup::sync(&draft)?;
    place(&draft, file)?;
    backup::sync_folder(file)?;
    Ok(checked)
}

/// Copies as the owner of the file, or beside the process that is.
async fn copy(source: &Path, draft: &Path) -> Result<(), Failure> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        // Readable only by this user; SQLite fills an empty file.
        let _ = std::fs::remove_file(draft);
        crate::files::write_new(draft, b"")
            .map_err(|error| Failure::new(Exit::Failed, cannot_write(draft, &error)))?;
        let copied = match Owner::acquire_existing(source) {
            Ok(owner) => {
                let copied = backup::copy(owner.path(), draft, Beside::Nobody).await;
                drop(owner);
                copied
            }
            Err(StoreError::Held { path, pid }) => {
                match backup::copy(Path::new(&path), draft, Beside::Owner).await {
                    Err(StoreError::Held { .. }) => Err(StoreError::Held { path, pid }),
                    copied => copied,
                }
            }
            Err(error) => return Err(error.into()),
        };
        match copied {
            Ok(()) => return Ok(()),
            Err(error @ StoreError::Full) => {
                tracing::info!(%error, "backup");
                let text = format!("the disk of {} is full; free some space and try again", draft.display());
                return Err(Failure::new(Exit::Failed, text));
            }
            Err(error @ StoreError::Held { .. }) if tries == 0 => {
                let failure = Failure::from(error);
                let text = format!(
                    "{}, perhaps by another path of the file; choose that path with --database",
                    failure.message
                );
                return Err(Failure::new(failure.exit, text));
            }
            Err(error) if tries == 0 => return Err(error.into()),
            Err(error) => tracing::info!(%error, "restarting the backup"),
        }
    }
}

/// Gives the draft its name, unless there is such a file.
fn place(draft: &Path, file: &Path) -> Result<(), Failure> {
    files::publish(draft, file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(file),
        _ => Failure::new(Exit::Failed, cannot_write(file, &error)),
    })
}

fn exists(file: &Path) -> Failure {
    Failure::new(Exit::Conflict, format!("{} exists; choose another file", file.display()))
}

fn must_be_free(file: &Path) -> Result<(), Failure> {
    match file.symlink_metadata() {
        Ok(_) => Err(exists(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::new(Exit::Failed, cannot_write(file, &error))),
    }
}

fn cannot_write(file: &Path, error: &io::Error) -> String {
    let words = error.to_string();
    // The temporary file beside it has a name of no interest.
    let words = words.split(" at path ").next().unwrap_or_default();
    format!("cannot write {}: {}", file.display(), text::plain(words))
}
