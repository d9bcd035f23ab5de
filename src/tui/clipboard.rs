//! Ways to copy, and the honest report of which one worked.
//!
//! Only a native clipboard that took the text is "copied". OSC 52 cannot be checked: some terminals drop it
//! without a word, so the report says to paste once and make sure. Over SSH a native tool would write the
//! clipboard of the wrong machine, and is never used.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::secret::{Hash, Secret};

/// How long a secret stays in a clipboard that can be cleared: what `pass` and gopass do.
pub(super) const CLEAR_AFTER: Duration = Duration::from_secs(45);

/// The setting `clipboard`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClipboardSetting {
    /// OSC 52 over SSH, the native clipboard elsewhere, OSC 52 where there is none.
    #[default]
    Auto,
    /// The native clipboard or nothing.
    Native,
    /// The terminal's clipboard.
    Osc52,
    /// Nothing is ever copied.
    Off,
}

/// What is copied.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Text {
    /// A secret: kept out of histories, and cleared after a while.
    Secret(Secret),
    /// A mask or another public text.
    Public(String),
}

impl Text {
    pub(super) fn reveal(&self) -> &str {
        match self {
            Text::Secret(secret) => secret.reveal(),
            Text::Public(text) => text,
        }
    }
}

/// What became of a copy, as far as it can be known.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Report {
    /// The native clipboard has it; when a secret is cleared again.
    Copied(Option<Duration>),
    /// The terminal must be asked, by who owns its output.
    AskTerminal(Text),
    /// The setting says so.
    Off,
    /// No way worked, and why.
    Failed(String),
}

/// The clipboard of this session. A thread of its own holds the native handle: on X11 and Wayland the
/// content lives as long as the handle, and each call may wait for another program.
pub(super) struct Clipboard {
    setting: ClipboardSetting,
    remote: bool,
    worker: Option<(Sender<Command>, JoinHandle<()>)>,
}

struct Command {
    text: Text,
    reply: Box<dyn FnOnce(Report) + Send>,
}

impl Clipboard {
    /// A clipboard; nothing is opened before the first copy. `remote`: the session came over SSH.
    pub(super) fn new(setting: ClipboardSetting, remote: bool) -> Clipboard {
        Clipboard { setting, remote, worker: None }
    }

    /// Copies, and calls `reply` from any thread with what became of it.
    pub(super) fn copy(&mut self, text: Text, reply: impl FnOnce(Report) + Send + 'static) {
        match self.setting {
            ClipboardSetting::Off => reply(Report::Off),
            ClipboardSetting::Osc52 => reply(Report::AskTerminal(text)),
            ClipboardSetting::Auto if self.remote => reply(Report::AskTerminal(text)),
            ClipboardSetting::Auto | ClipboardSetting::Native => {
                let fall_back = self.setting == ClipboardSetting::Auto;
                let (sender, _) = self.worker.get_or_insert_with(|| {
                    let (sender, commands) = mpsc::channel();
                    (sender, std::thread::spawn(move || work(&commands)))
                });
                let kept = text.clone();
                let reply = move |report| match report {
                    Report::Failed(_) if fall_back => reply(Report::AskTerminal(kept)),
                    report => reply(report),
                };
                // The worker ends only when this sender is dropped.
                let _ = sender.send(Command { text, reply: Box::new(reply) });
            }
        }
    }

    /// Clears a secret that is still in the native clipboard and lets the handle go. Called at the end.
    pub(super) fn close(&mut self) {
        if let Some((sender, thread)) = self.worker.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

/// Serves copies, and clears a secret when its time is over or the session ends, if it is still there.
fn work(commands: &Receiver<Command>) {
    let mut native: Option<arboard::Clipboard> = None;
    let mut ours: Option<(Hash, Instant)> = None;
    loop {
        let command = match &ours {
            None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some((_, until)) => commands.recv_timeout(until.saturating_duration_since(Instant::now())),
        };
        match command {
            Ok(Command { text, reply }) => match put(&mut native, &text) {
                Ok(()) => {
                    ours = match &text {
                        Text::Secret(secret) => {
                            secret.hash().ok().map(|hash| (hash, Instant::now() + CLEAR_AFTER))
                        }
                        Text::Public(_) => None,
                    };
                    let cleared = ours.is_some().then_some(CLEAR_AFTER);
                    drop(text);
                    reply(Report::Copied(cleared));
                }
                Err(error) => reply(Report::Failed(error.to_string())),
            },
            Err(reason) => {
                if let (Some((hash, _)), Some(native)) = (ours.take(), native.as_mut()) {
                    clear_if_ours(native, &hash);
                }
                if reason == RecvTimeoutError::Disconnected {
                    return;
                }
            }
        }
    }
}

fn put(native: &mut Option<arboard::Clipboard>, text: &Text) -> Result<(), arboard::Error> {
    let clipboard = match native {
        Some(clipboard) => clipboard,
        None => native.insert(arboard::Clipboard::new()?),
    };
    let set = clipboard.set();
    #[cfg(target_os = "macos")]
    use arboard::SetExtApple as _;
    #[cfg(target_os = "linux")]
    use arboard::SetExtLinux as _;
    #[cfg(windows)]
    use arboard::SetExtWindows as _;
    let set = if matches!(text, Text::Secret(_)) { set.exclude_from_history() } else { set };
    #[cfg(windows)]
    let set = if matches!(text, Text::Secret(_)) { set.exclude_from_cloud() } else { set };
    set.text(text.reveal())
}

fn clear_if_ours(native: &mut arboard::Clipboard, hash: &Hash) {
    let same = native.get_text().map(zeroize::Zeroizing::new).is_ok_and(|text| hash.matches(&text));
    if same {
        let _ = native.clear();
    }
}
