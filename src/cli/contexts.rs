//! `keydeck contexts`.

use serde::Serialize;

use super::args::{ContextsCommand, Output};
use super::exit::{Exit, Failure};
use super::log;
use super::output::{self, Cell, Table};
use super::vault::Vault;
use crate::colour::Colour;
use crate::config::context::{self, Place};
use crate::config::edit::{self, Change};
use crate::config::{Context, Settings, Target};

/// Runs it.
///
/// # Errors
/// What went wrong, with its exit code.
pub async fn run(settings: &Settings, command: &ContextsCommand, form: Output) -> Result<(), Failure> {
    match command {
        ContextsCommand::List => list(settings, form),
        ContextsCommand::Use { name } => {
            if name != context::DEFAULT {
                find(settings, name)?;
            }
            edit::change(&settings.file, &[Change::Use(name)])?;
            log::say(&format!("switched to context {name}"));
            let row = match settings.contexts.iter().find(|context| context.name == *name) {
                Some(context) => Row::of(context, true),
                None => Row { current: true, ..default(settings)? },
            };
            changed(form, &row)
        }
        ContextsCommand::Remove { name } => {
            let found = find(settings, name)?;
            // The token first: without the context nobody would find it any more.
            if let Some(vault) = Vault::of(settings, found) {
                for kept in vault.remove().await? {
                    log::say(&format!(
                        "deleted its token from {kept}; the token stays valid until it is \
                         revoked"
                    ));
                }
            }
            edit::change(&settings.file, &[Change::Remove(name)])?;
            log::say(&format!("removed context {name}"));
            changed(form, &Row::of(found, false))
        }
    }
}

/// Prints the context that was changed, for programs.
fn changed(form: Output, row: &Row) -> Result<(), Failure> {
    match form {
        Output::Json => output::print(form, row, &table(std::slice::from_ref(row))),
        Output::Table | Output::Csv => Ok(()),
    }
}

/// The context that a command is about: one that is not there is not found, while one that a command shall
/// work in is wrong usage.
fn find<'a>(settings: &'a Settings, name: &str) -> Result<&'a Context, Failure> {
    settings.find(name).map_err(|error| Failure::new(Exit::NotFound, error.to_string()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    current: bool,
    server: Option<String>,
    database: Option<String>,
    colour: Option<&'static str>,
    prod: bool,
    read_only: bool,
}

impl Row {
    fn of(context: &Context, current: bool) -> Row {
        let (server, database) = match &context.place {
            Place::Server(url) => (Some(url.clone()), None),
            Place::Database(url) => (None, Some(shown(url))),
        };
        Row {
            name: context.name.clone(),
            current,
            server,
            database,
            colour: context.colour.map(Colour::as_str),
            prod: context.prod,
            read_only: context.read_only,
        }
    }
}

#[derive(Serialize)]
struct Items {
    items: Vec<Row>,
}

fn list(settings: &Settings, form: Output) -> Result<(), Failure> {
    let mut items = vec![default(settings)?];
    let row = |context: &Context| Row::of(context, settings.name() == context.name);
    items.extend(settings.contexts.iter().map(row));
    let table = table(&items);
    output::print(form, &Items { items }, &table)
}

fn table(items: &[Row]) -> Table {
    let mut table = Table::new(&["current", "name", "place", "colour", "prod", "readOnly"]);
    for row in items {
        let place = row.server.as_deref().or(row.database.as_deref()).unwrap_or("local database");
        let yes = |is: bool, word: &'static str| Cell::or_dash(is.then_some(word));
        table.row([
            yes(row.current, ">"),
            Cell::from(&row.name),
            Cell::from(place),
            Cell::or_dash(row.colour),
            yes(row.prod, "PROD"),
            yes(row.read_only, "read-only"),
        ]);
    }
    table
}

/// What is used without a context.
fn default(settings: &Settings) -> Result<Row, Failure> {
    let (server, database) = match settings.within(context::DEFAULT)?.target()? {
        Target::Server(url) => (Some(url), None),
        Target::Database(url) => (None, Some(shown(&url))),
        Target::Embedded | Target::Demo => (None, None),
    };
    Ok(Row {
        name: context::DEFAULT.to_owned(),
        current: settings.name() == context::DEFAULT,
        server,
        database,
        colour: None,
        prod: false,
        read_only: false,
    })
}

/// A database's URL without user and password.
pub fn shown(url: &str) -> String {
    super::database::Database::parse(url)
        .map_or_else(|_| "no database".to_owned(), |database| database.to_string())
}
