//! Ways to copy, and the honest report of which one worked.
//!
//! | module | what |
//! |---|---|
//! | [`holder`] | the small process that holds the desktop's clipboard or tells tmux, and ends by itself |
//! | `helper` | another program is run, with the text on its standard input and a deadline |
//!
//! Only a native clipboard that took the text is "copied". What goes through the terminal cannot be checked:
//! some drop it without a word, so the report says to paste once and make sure. Over SSH a native tool would
//! write the clipboard of the wrong machine, and is never used.

mod helper;
pub mod holder;

use std::ffi::OsString;
use std::time::Duration;

use zeroize::Zeroizing;

use self::helper::Helper;

/// How long a secret stays in a clipboard that can be cleared: what `pass` and gopass do.
pub const CLEAR_AFTER: Duration = Duration::from_secs(45);
/// So long a clipboard, tmux or a program may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The setting `clipboard`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ClipboardSetting {
    /// Over SSH the terminal's clipboard, through tmux where it runs; elsewhere the native one, or the
    /// terminal's where there is none.
    #[default]
    Auto,
    /// The native clipboard or nothing.
    Native,
    /// The terminal's clipboard, by an escape sequence.
    Osc52,
    /// The terminal's clipboard, by tmux.
    Tmux,
    /// A program with its arguments; the text is on its standard input.
    Command(Vec<String>),
    /// Nothing is ever copied.
    Off,
}

/// Which way a copy would go from here, in words, and whether it can be known to arrive. `set` says whether a
/// variable of the environment is set; what only a copy finds out is not tried.
pub fn way(setting: &ClipboardSetting, set: impl Fn(&str) -> bool) -> (String, bool) {
    let (ssh, tmux) = (set("SSH_CONNECTION") || set("SSH_TTY"), set("TMUX"));
    let desktop = cfg!(not(unix)) || cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY");
    let words = match setting {
        ClipboardSetting::Off => return ("off".to_owned(), true),
        ClipboardSetting::Native if !desktop => "native (no desktop here)".to_owned(),
        ClipboardSetting::Native => return ("desktop".to_owned(), true),
        ClipboardSetting::Tmux if !tmux => "tmux (not in a tmux session)".to_owned(),
        ClipboardSetting::Tmux => "terminal, through tmux".to_owned(),
        ClipboardSetting::Osc52 => "terminal, through OSC 52".to_owned(),
        ClipboardSetting::Command(command) => {
            format!("command {}", command.first().map_or("(empty)", String::as_str))
        }
        ClipboardSetting::Auto if desktop && !ssh => return ("desktop".to_owned(), true),
        ClipboardSetting::Auto if tmux => "terminal, through tmux".to_owned(),
        ClipboardSetting::Auto => "terminal, through OSC 52".to_owned(),
    };
    (words, false)
}

/// What is copied.
#[derive(Clone)]
pub(super) enum Text {
    /// A text with a secret in it: kept out of histories, and cleared after a while.
    Secret(Zeroizing<String>),
    /// A mask or another public text.
    Public(String),
}

impl Text {
    pub(super) fn reveal(&self) -> &str {
        match self {
            Text::Secret(text) => text,
            Text::Public(text) => text,
        }
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Text::Secret(_))
    }
}

/// What became of a copy, as far as it can be known.
pub(super) enum Report {
    /// The native clipboard has it; when a secret is cleared again.
    Copied(Option<Duration>),
    /// tmux was told to give it to the terminal.
    Sent,
    /// This program has taken it.
    Handed(String),
    /// The terminal must be asked, by who owns its output.
    AskTerminal(Text),
    /// The setting says so.
    Off,
    /// No way worked, and why.
    Failed(String),
}

/// The clipboard of this session.
#[derive(Clone)]
pub(super) struct Clipboard {
    setting: ClipboardSetting,
    /// How to start the [`holder`].
    holder: Vec<OsString>,
    ssh: bool,
    tmux: bool,
}

impl Clipboard {
    /// A clipboard; nothing is opened before the first copy. `holder` is the command that runs
    /// [`holder::hold`].
    pub(super) fn new(setting: ClipboardSetting, holder: Vec<OsString>) -> Clipboard {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Clipboard { setting, holder, ssh: set("SSH_CONNECTION") || set("SSH_TTY"), tmux: set("TMUX") }
    }

    /// Copies, and says what became of it.
    pub(super) async fn copy(&self, text: Text) -> Report {
        match &self.setting {
            ClipboardSetting::Off => Report::Off,
            ClipboardSetting::Osc52 => Report::AskTerminal(text),
            ClipboardSetting::Native => self.native(&text).await.unwrap_or_else(Report::Failed),
            ClipboardSetting::Tmux if !self.tmux => {
                Report::Failed("not in a tmux session (clipboard = \"tmux\")".to_owned())
            }
            ClipboardSetting::Tmux => self.through_tmux(&text).await.unwrap_or_else(Report::Failed),
            ClipboardSetting::Command(command) => hand(command, &text).await.unwrap_or_else(Report::Failed),
            ClipboardSetting::Auto => self.any(text).await,
        }
    }

    async fn any(&self, text: Text) -> Report {
        if !self.is_remote().await {
            match self.native(&text).await {
                Ok(report) => return report,
                Err(why) => tracing::debug!(why, "no native clipboard"),
            }
        }
        // tmux drops the escape sequence that other terminals take, unless it was set up for it.
        if self.tmux {
            match self.through_tmux(&text).await {
                Ok(report) => return report,
                Err(why) => tracing::debug!(why, "no tmux clipboard"),
            }
        }
        Report::AskTerminal(text)
    }

    /// Whether the person sits at another machine. In tmux our variables are those of whoever began the
    /// session; tmux knows who is attached to it now.
    async fn is_remote(&self) -> bool {
        if !self.tmux {
            return self.ssh;
        }
        let asked = Helper::new(["tmux", "show-environment", "SSH_CONNECTION"]).line("").await;
        match asked {
            Ok(line) if line.starts_with("SSH_CONNECTION=") => true,
            Ok(line) if line.starts_with("-SSH_CONNECTION") => false,
            // tmux was told not to follow this variable.
            _ => self.ssh,
        }
    }

    async fn native(&self, text: &Text) -> Result<Report, String> {
        self.held("native", text).await?;
        Ok(Report::Copied(text.is_secret().then_some(CLEAR_AFTER)))
    }

    async fn through_tmux(&self, text: &Text) -> Result<Report, String> {
        self.held("tmux", text).await.map(|()| Report::Sent)
    }

    async fn held(&self, way: &str, text: &Text) -> Result<(), String> {
        let length = text.reveal().len().to_string();
        let kind = if text.is_secret() { "secret" } else { "public" };
        let command = self.holder.iter().cloned().chain([way, kind, &length].map(OsString::from));
        match Helper::new(command).line(text.reveal()).await?.as_str() {
            holder::HELD => Ok(()),
            "" => Err("the clipboard helper exited early".to_owned()),
            why => Err(why.to_owned()),
        }
    }
}

async fn hand(command: &[String], text: &Text) -> Result<Report, String> {
    let program = command.first().ok_or("clipboard_command is empty")?;
    Helper::new(command).end(text.reveal()).await?;
    Ok(Report::Handed(program.clone()))
}
