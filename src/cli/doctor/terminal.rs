//! The terminal, the keyring, and the way a copy would go.

use std::io::IsTerminal as _;

use super::Check;
use crate::cli::{dashboard, vault};
use crate::config::Settings;
use crate::tui::clipboard;

/// Looks at what the dashboard would find.
pub fn look(settings: &Settings) -> Vec<Check> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (way, certain) = clipboard::way(&dashboard::clipboard(settings), |name| variable(name).is_some());
    vec![
        terminal(variable),
        if certain {
            Check::ok("clipboard", way)
        } else {
            Check::warning(
                "clipboard",
                way,
                "paste once to check; or press w in the key's dialog to save a file",
            )
        },
        keyring(),
    ]
}

fn terminal(variable: impl Fn(&str) -> Option<String>) -> Check {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Check::skipped("terminal", "no terminal (needed only by the dashboard)");
    }
    let name = variable("TERM").unwrap_or_default();
    if matches!(name.as_str(), "" | "dumb") {
        return Check::failed(
            "terminal",
            format!("TERM={name} does not support the dashboard"),
            "use another terminal, or set TERM",
        );
    }
    let mut words = vec![format!("TERM={name}")];
    words.push(match variable("NO_COLOR") {
        Some(_) => "no colours (NO_COLOR)".to_owned(),
        None => {
            variable("COLORTERM").map_or("16 colours".to_owned(), |colours| format!("COLORTERM={colours}"))
        }
    });
    words.extend(variable("TMUX").map(|_| "in tmux".to_owned()));
    words.extend(variable("STY").map(|_| "in screen".to_owned()));
    words.extend(variable("SSH_CONNECTION").or(variable("SSH_TTY")).map(|_| "over SSH".to_owned()));
    let size = crossterm::terminal::size().unwrap_or((0, 0));
    words.push(format!("{}x{}", size.0, size.1));
    let words = words.join(", ");
    if size.0 < 40 || size.1 < 10 {
        return Check::warning("terminal", words, "enlarge the window to at least 40x10");
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&variable).unwrap_or_default();
    let utf8 = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    if cfg!(unix) && !utf8 {
        let words = format!("{words}; the locale {locale:?} is not UTF-8");
        return Check::warning("terminal", words, "if characters look wrong, set LANG=C.UTF-8");
    }
    Check::ok("terminal", words)
}

/// Where `keydeck login` would put a token.
fn keyring() -> Check {
    let place = if vault::has_keyring() {
        "tokens stored in the system keyring"
    } else {
        "no keyring; tokens stored in files (0600)"
    };
    Check::ok("keyring", place)
}
