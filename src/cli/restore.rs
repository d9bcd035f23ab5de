//! `keydeck restore`.

use std::path::Path;

use serde_json::json;

use super::args::{Output, RestoreArgs};
use super::database::Database;
use super::exit::{Exit, Failure};
use super::output::{self, Cell, Table};
use super::runtime::blocking;
use super::{backup, log, process, prompt};
use crate::config::Settings;
use crate::store::StoreError;
use crate::store::owner::Owner;
use crate::store::sql::restore::{Applied, Draft, Old};
use crate::wire::time::system_clock;

/// What is to be typed.
const WORD: &str = "restore";

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(settings: &Settings, args: &RestoreArgs, form: Output) -> Result<(), Failure> {
    let database = match &args.to {
        Some(url) => Database::parse(url)?,
        None => backup::database(settings)?,
    };
    let path = backup::file_of(database, "restore to")?;
    let owner = Owner::acquire(&path).map_err(|error| match error {
        held @ (StoreError::Held { .. } | StoreError::HeldBeside { .. }) => {
            let held = Failure::from(held);
            Failure::new(held.exit, format!("{}; stop it, then restore", held.message))
        }
        error => error.into(),
    })?;
    // The draft goes before the owner: until then nobody else may write there.
    let restored = restore(&owner, args, form).await;
    drop(owner);
    restored
}

async fn restore(owner: &Owner, args: &RestoreArgs, form: Output) -> Result<(), Failure> {
    let now = system_clock()();
    let draft = Draft::of(owner, &args.file).await?;
    let old = draft.compare(owner).await?;
    if let Some(why) = why(&old, owner.path()) {
        confirm(args, &why, draft.backup.head.seq).await?;
    }
    let backup = draft.backup.head.clone();
    let (applied, missing) = match &old {
        Old::Readable(since) => {
            (draft.apply(since, &format!("local:{}", process::user()), now).await?, since.created)
        }
        Old::Missing | Old::Unreadable(_) => {
            (Applied { revoked: 0, paused: 0, tokens: 0, head: backup.clone() }, 0)
        }
    };
    let kept = draft.finish(owner, now)?.map(|kept| kept.display().to_string());
    if form == Output::Table {
        say(&applied, missing, kept.as_deref());
        let text = format!(
            "Restored {} to revision {}. Head: {}\n",
            owner.path().display(),
            backup.seq,
            applied.head
        );
        return output::write(text.as_bytes());
    }
    let mut table = Table::new(&[
        "revision",
        "head",
        "revokedKeys",
        "pausedKeys",
        "revokedTokens",
        "missingKeys",
        "replaced",
    ]);
    table.row([
        Cell::from(backup.seq),
        Cell::from(&applied.head),
        Cell::from(applied.revoked),
        Cell::from(applied.paused),
        Cell::from(applied.tokens),
        Cell::from(missing),
        Cell::or_dash(kept.as_ref()),
    ]);
    let answer = json!({
        "revision": backup.seq, "head": applied.head, "revokedKeys": applied.revoked,
        "pausedKeys": applied.paused, "revokedTokens": applied.tokens, "missingKeys": missing,
        "replaced": kept,
    });
    output::print(form, &answer, &table)
}

/// Why nobody knows what was revoked after the backup.
fn why(old: &Old, path: &Path) -> Option<String> {
    let path = path.display();
    match old {
        Old::Missing => Some(format!("there is no database at {path}")),
        Old::Unreadable(why) => Some(format!("the database to replace cannot be read ({why})")),
        Old::Readable(since) if since.is_unrelated() => {
            Some(format!("the backup is of another database than {path}"))
        }
        Old::Readable(_) => None,
    }
}

async fn confirm(args: &RestoreArgs, why: &str, revision: u64) -> Result<(), Failure> {
    let text = format!("{why}: keys and tokens revoked or paused after revision {revision} will work again");
    if args.yes {
        log::say(&format!("warning: {text}"));
        return Ok(());
    }
    if prompt::check_terminal().is_err() {
        let text = format!("{text}; pass --yes to go back to revision {revision}");
        return Err(Failure::usage(text));
    }
    let question = format!("{text}. Type {WORD} to go back to revision {revision}:");
    if blocking(move || prompt::confirm_word(&question, WORD)).await? {
        return Ok(());
    }
    Err(Failure::new(Exit::Interrupted, "cancelled; nothing was changed"))
}

/// What a person has to know beside the head.
fn say(applied: &Applied, missing: u64, kept: Option<&str>) {
    let count = |number: u64, noun: &str| match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    };
    if let Some(kept) = kept {
        log::say(&format!("the replaced database is {kept}"));
    }
    let again = [
        (applied.revoked, "key", "revoked"),
        (applied.tokens, "token", "revoked"),
        (applied.paused, "key", "paused"),
    ];
    for (number, noun, what) in again.into_iter().filter(|(number, ..)| *number > 0) {
        log::say(&format!("{what} again, as after the backup: {}", count(number, noun)));
    }
    if missing > 0 {
        log::say(&format!("the backup lacks {} created after it", count(missing, "key")));
    }
}
