//! The small process that holds a clipboard's content: it outlives the dashboard, clears a secret after a
//! while if it is still there, and ends in any case.
//!
//! On X11 and Wayland the content lives as long as who serves it; on macOS and Windows it would stay for ever.
//! For tmux it is what removes the buffer again, whatever becomes of the dashboard. The text comes on standard
//! input, and one line on standard output says what became of it.

use std::io::{self, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::CLEAR_AFTER;
use crate::secret::Hash;

/// What is said when the text is where it shall be; anything else says why it is not.
pub const HELD: &str = "held";
/// So long a public text is held, if nothing else is copied.
const PUBLIC: Duration = Duration::from_hours(8);
/// So long a clipboard may take to have it: less than who started this process waits.
const ANSWER: Duration = Duration::from_secs(3);
/// So long tmux may take to give its buffer to the terminal.
const BUFFER: Duration = Duration::from_millis(300);
/// The longest text that is held.
const LONGEST: usize = 64 * 1024;

/// Where the text goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The desktop's clipboard.
    Native,
    /// tmux, which gives it to the terminal.
    Tmux,
}

/// What to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Where the text goes.
    pub way: Way,
    /// Whether it is kept out of histories and cleared.
    pub secret: bool,
    /// Its bytes: of a shorter one, whose writer died, nothing is copied.
    pub length: usize,
    /// For how long, when not for as long as usual.
    pub span: Option<Duration>,
}

/// Holds the text of standard input to its end. Whether it was copied is said on standard output.
pub fn hold(what: Hold) -> bool {
    detach();
    let span = what.span.unwrap_or(if what.secret { CLEAR_AFTER } else { PUBLIC });
    // Whatever hangs, this process ends.
    std::thread::spawn(move || {
        std::thread::sleep(span + 4 * ANSWER);
        std::process::exit(1);
    });
    let done = read(what.length).and_then(|text| match what.way {
        Way::Native => native(text, what.secret, span),
        Way::Tmux => tmux(&text),
    });
    match done {
        Ok(()) => true,
        Err(why) => {
            say(&why);
            false
        }
    }
}

/// Leaves the session of the terminal, so that its end is not the end of this process.
fn detach() {
    #[cfg(unix)]
    {
        // Refused where this process leads a group already, and then it is nobody's but ours.
        let _ = rustix::process::setsid();
        // No folder is kept from being unmounted.
        let _ = std::env::set_current_dir("/");
    }
}

fn read(length: usize) -> Result<Zeroizing<String>, String> {
    if length > LONGEST {
        return Err("the text is too long for the clipboard".to_owned());
    }
    // Made large enough at once: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(length + 1));
    let read = io::stdin().lock().take(length as u64 + 1).read_to_string(&mut text);
    match read {
        Ok(count) if count == length => Ok(text),
        Ok(_) => Err("the text is incomplete".to_owned()),
        Err(error) => Err(format!("cannot read the text: {error}")),
    }
}

fn say(line: &str) {
    // Who started this process may have gone.
    let _ = writeln!(io::stdout(), "{line}").and_then(|()| io::stdout().flush());
}

/// Puts it there, says so when it can be read back, and waits until something else is copied or its time is
/// over.
fn native(text: Zeroizing<String>, secret: bool, span: Duration) -> Result<(), String> {
    let until = Instant::now() + span;
    let ours = Hash::of(&text).map_err(|error| error.to_string())?;
    let mut clipboard = arboard::Clipboard::new().map_err(|error| error.to_string())?;
    let (sender, replaced) = mpsc::channel();
    let put = move || {
        let done = put(&text, secret);
        drop(text);
        // Nobody listens when the time is over.
        let _ = sender.send(done.map_err(|error| error.to_string()));
    };
    std::thread::spawn(put);
    let by = Instant::now() + ANSWER;
    let mut waits = true;
    loop {
        match replaced.recv_timeout(Duration::from_millis(10)) {
            Ok(Err(why)) => return Err(why),
            // What does not wait here goes on being served, or another program has taken the text over.
            Ok(Ok(())) => waits = false,
            Err(_) => {}
        }
        if is_ours(&mut clipboard, &ours) {
            break;
        }
        if !waits || Instant::now() > by {
            return Err("the clipboard accepted the text but does not contain it".to_owned());
        }
    }
    say(HELD);
    let left = || until.saturating_duration_since(Instant::now());
    let told = !waits || replaced.recv_timeout(left()).is_ok();
    if told {
        if !is_ours(&mut clipboard, &ours) {
            return Ok(());
        }
        // A manager of clipboards serves it now, or the system itself: nobody tells when that ends.
        std::thread::sleep(left());
    }
    if secret && is_ours(&mut clipboard, &ours) {
        // Best effort: a clipboard that cannot be cleared has been replaced, or has gone with its desktop.
        let _ = clipboard.clear();
    }
    Ok(())
}

fn put(text: &str, secret: bool) -> Result<(), arboard::Error> {
    let mut clipboard = arboard::Clipboard::new()?;
    let set = clipboard.set();
    #[cfg(target_os = "macos")]
    use arboard::SetExtApple as _;
    #[cfg(all(unix, not(target_os = "macos")))]
    use arboard::SetExtLinux as _;
    #[cfg(windows)]
    use arboard::SetExtWindows as _;
    #[cfg(all(unix, not(target_os = "macos")))]
    let set = set.wait();
    let set = if secret { set.exclude_from_history() } else { set };
    #[cfg(windows)]
    let set = if secret { set.exclude_from_cloud() } else { set };
    set.text(text)
}

fn is_ours(clipboard: &mut arboard::Clipboard, ours: &Hash) -> bool {
    clipboard.get_text().map(Zeroizing::new).is_ok_and(|text| ours.matches(&text))
}

/// Has tmux give it to the terminal that is attached, and removes the buffer it needs for that.
fn tmux(text: &str) -> Result<(), String> {
    let name = format!("keydeck-{}", std::process::id());
    let mut load = Command::new("tmux")
        .args(["load-buffer", "-w", "-b", &name, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start tmux: {error}"))?;
    let written = load.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
    let loaded = load.wait().map_err(|error| format!("tmux: {error}"))?;
    // Until tmux has read its buffer for the terminal. Removed whatever came of it.
    if loaded.success() {
        say(if written.is_ok() { HELD } else { "tmux did not accept the whole text" });
        std::thread::sleep(BUFFER);
    }
    let removed = Command::new("tmux")
        .args(["delete-buffer", "-b", &name])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match removed {
        _ if !loaded.success() => {
            Err(format!("tmux did not accept the text ({loaded}); tmux 3.2 or newer is required"))
        }
        Ok(status) if status.success() => Ok(()),
        // Said in the log of nobody: the dashboard has its answer already, so try once more.
        _ => {
            let again = Command::new("tmux").args(["delete-buffer", "-b", &name]).status();
            again.map(|_| ()).map_err(|error| error.to_string())
        }
    }
}
