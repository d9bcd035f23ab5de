//! The process that holds the dashboard's clipboard: this program again, by a name that no person types.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::tui::clipboard::holder::{Hold, Way, hold};

/// Its first argument. It is in no help: it is part of the dashboard, and not of the command line.
const NAME: &str = "hold-clipboard";

/// The command that starts it; way, kind and length follow.
pub fn command() -> Vec<OsString> {
    let this = std::env::current_exe().ok().filter(|path| path.exists());
    // A program that was replaced while it runs has lost its path; Linux still knows its file.
    vec![this.unwrap_or_else(|| PathBuf::from("/proc/self/exe")).into_os_string(), NAME.into()]
}

/// Holds the clipboard, if the arguments say so.
pub fn run(arguments: &[OsString]) -> Option<ExitCode> {
    let [_, name, rest @ ..] = arguments else { return None };
    if name != NAME {
        return None;
    }
    let rest: Vec<&str> = rest.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    Some(match read(&rest) {
        Some(what) if hold(what) => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
        None => super::exit::Exit::Usage.into(),
    })
}

/// `native|tmux secret|public LENGTH [MILLISECONDS]`.
fn read(arguments: &[&str]) -> Option<Hold> {
    let (first, span) = match arguments {
        [first @ .., span] if first.len() == 3 => {
            (first, Some(span.parse().ok().map(Duration::from_millis)?))
        }
        first => (first, None),
    };
    let [way, kind, length] = first else { return None };
    Some(Hold {
        way: match *way {
            "native" => Way::Native,
            "tmux" => Way::Tmux,
            _ => return None,
        },
        secret: match *kind {
            "secret" => true,
            "public" => false,
            _ => return None,
        },
        length: length.parse().ok()?,
        span,
    })
}
