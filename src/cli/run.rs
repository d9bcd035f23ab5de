//! What every command of a client works with: the connection, and how its results are printed.

use std::io::{self, IsTerminal as _};

use serde::Serialize;

use super::args::{Cli, Output};
use super::exit::Failure;
use super::here::LaunchOptions;
use super::link::{Ender, Link};
use super::runtime::blocking;
use super::{log, progress, prompt, reveal};
use crate::client::Client;
use crate::config::Settings;
use crate::secret::Secret;

/// What a command works with.
pub struct Run {
    /// Typed calls.
    pub client: Client,
    /// How people call the server.
    pub server: String,
    /// The form of what is printed.
    pub output: Output,
    /// Whether this command alone uses the database: it is the node that confirms its own changes.
    pub is_alone: bool,
    is_said_absent: bool,
    ender: Ender,
}

impl Run {
    /// Connects to the management API.
    ///
    /// # Errors
    /// What is wrong with the settings, the token, or the database.
    pub async fn open(cli: &Cli, settings: &Settings, wanted: LaunchOptions) -> Result<Run, Failure> {
        let link = Link::open(settings, wanted, cli.target.read_only).await?;
        let ender = link.ender();
        let client = link.client.with_watch(progress::of_lists());
        let output = cli.target.output;
        Ok(Run {
            client,
            server: link.server,
            output,
            is_alone: link.is_alone,
            is_said_absent: link.is_said_absent,
            ender,
        })
    }

    /// Says to people, who read a table, why it is empty. Programs see that it is.
    pub fn say(&self, text: &str) {
        // Without a database, they know why.
        if self.output == Output::Table && !self.is_said_absent {
            log::say(text);
        }
    }

    /// The same with what to do about it: where a script reads standard error, there is nobody to do it.
    pub fn advise(&self, text: &str) {
        if io::stderr().is_terminal() {
            self.say(text);
        }
    }

    /// Ends what runs in this process. A second call does nothing.
    pub async fn end(&self) {
        self.ender.end().await;
    }

    /// Shows a secret once. What runs in this process ends first, so that other processes can open the database
    /// while a person saves the key.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub async fn hand_out<T: Serialize + Send + 'static>(
        &self,
        noun: &'static str,
        thing: T,
        about: Vec<(&'static str, String)>,
        created: String,
        secret: Secret,
    ) -> Result<(), Failure> {
        self.ender.end().await;
        let form = self.output;
        blocking(move || reveal::hand_out(form, noun, &thing, &about, &created, &secret)).await
    }

    /// Asks for a word to be typed on the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub async fn confirm_word(&self, question: String, word: String) -> Result<bool, Failure> {
        blocking(move || prompt::confirm_word(&question, &word)).await
    }

    /// Asks on the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub async fn confirm(&self, question: String) -> Result<bool, Failure> {
        blocking(move || prompt::confirm(&question)).await
    }
}
