//! Another program is run: the text on its standard input, never in its arguments or its environment.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::PATIENCE;
use crate::wire::text;

/// The most that is read of what it says.
const SAID_MAX: u64 = 1024;

/// A program to be run.
pub(super) struct Helper {
    name: String,
    command: Command,
}

impl Helper {
    /// A program and its arguments.
    pub(super) fn new<T: AsRef<OsStr>>(command: impl IntoIterator<Item = T>) -> Helper {
        let mut parts = command.into_iter();
        let program: OsString = parts.next().map(|part| part.as_ref().to_owned()).unwrap_or_default();
        let mut command = Command::new(&program);
        command.args(parts).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Tokens of ours are nothing that another program needs.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KEYDECK_") {
                command.env_remove(name);
            }
        }
        Helper { name: text::inert(&program.to_string_lossy()).into_owned(), command }
    }

    /// Runs it with this on its standard input, until it has line a line; it may go on afterwards.
    pub(super) async fn line(mut self, input: &str) -> Result<String, String> {
        self.command.stdout(Stdio::piped());
        let mut child = self.start(input)?;
        let line = match child.stdout.take() {
            Some(output) => timeout(PATIENCE, first_line(output)).await,
            None => Ok(String::new()),
        };
        if line.is_err() {
            // It may have ended by itself at this moment.
            let _ = child.kill();
        }
        // Somebody has to take note of its end.
        std::thread::spawn(move || child.wait());
        let line = line.map_err(|_| self.late())?;
        Ok(text::inert(line.trim_end()).into_owned())
    }

    /// Runs it with this on its standard input, to its end.
    pub(super) async fn end(mut self, input: &str) -> Result<(), String> {
        // What the terminal sends to its foreground processes shall not reach one that goes on, as xclip does.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        let mut child = self.start(input)?;
        let Ok(ended) = timeout(PATIENCE, end(&mut child)).await else {
            let _ = child.kill();
            std::thread::spawn(move || child.wait());
            return Err(self.late());
        };
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{} failed ({status})", self.name)),
            Err(error) => Err(format!("{}: {error}", self.name)),
        }
    }

    fn start(&mut self, input: &str) -> Result<Child, String> {
        let started = self.command.spawn();
        let mut child = started.map_err(|error| format!("cannot start {}: {error}", self.name))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A pipe takes so much without waiting. One that does not read it says so by its end.
            let _ = stdin.write_all(input.as_bytes());
        }
        Ok(child)
    }

    fn late(&self) -> String {
        format!("{} did not answer within {} s", self.name, PATIENCE.as_secs())
    }
}

/// Reads in a thread of its own, which ends with the other side of the pipe.
async fn first_line(output: ChildStdout) -> String {
    let (sender, line) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // What cannot be read is as good as nothing line.
        let _ = BufReader::new(output.take(SAID_MAX)).read_line(&mut line);
        let _ = sender.send(line);
    });
    line.await.unwrap_or_default()
}

async fn end(child: &mut Child) -> std::io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        sleep(Duration::from_millis(10)).await;
    }
}
