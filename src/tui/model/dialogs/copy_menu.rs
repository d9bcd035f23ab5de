//! What can be copied of a row; and of a new key, as what.

use super::super::event::{KeyCode, KeyPress, PressKind};
use super::shown_once::ShownOnce;
use crate::wire::paths;

/// The texts of a row that anybody may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyMenu {
    /// What they are called, and the texts.
    pub items: Vec<(&'static str, String)>,
    /// Which is marked.
    pub at: usize,
}

/// What a key does in a menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    /// It marks another line.
    Mark(usize),
    /// It takes this line.
    Take(usize),
    /// It closes the menu.
    Close,
    /// Nothing.
    Nothing,
}

/// What a key does in a menu of so many lines: arrows move, Enter takes the marked one, a digit takes its own.
pub fn choose(key: KeyPress, at: usize, count: usize) -> Pick {
    if key.ctrl || key.alt {
        return Pick::Nothing;
    }
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => Pick::Mark((at + count - 1) % count.max(1)),
        KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => Pick::Mark((at + 1) % count.max(1)),
        _ if key.kind != PressKind::Press => Pick::Nothing,
        KeyCode::Enter => Pick::Take(at),
        KeyCode::Esc | KeyCode::Char('q' | 'Y') => Pick::Close,
        KeyCode::Char(c @ '1'..='9') => {
            let index = c as usize - '1' as usize;
            if index < count { Pick::Take(index) } else { Pick::Nothing }
        }
        _ => Pick::Nothing,
    }
}

/// A new key as part of a text: what stands before and after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretForm {
    /// Before it.
    pub before: String,
    /// After it.
    pub after: String,
}

impl ShownOnce {
    /// As what the key can be copied: alone, for a shell, for a `.env` file, and as a call of the Edge API.
    pub fn forms(&self, edge: Option<&str>) -> [SecretForm; 4] {
        let form = |before: String, after: String| SecretForm { before, after };
        let name = variable(&self.key.name);
        let address = edge.filter(|edge| is_plain(edge)).unwrap_or("http://127.0.0.1:7475");
        let scheme = if address.contains("://") { "" } else { "http://" };
        let query = format!("?project={}&path=/", self.key.project_id);
        let call = format!("\" \"{scheme}{address}{}{query}\"", paths::LOOKUP);
        [
            form(String::new(), String::new()),
            form(format!("export {name}="), String::new()),
            form(format!("{name}="), String::new()),
            form("curl -H \"X-API-Key: ".to_owned(), call),
        ]
    }
}

/// A name for a variable of a shell: upper case, words joined by `_`.
fn variable(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_uppercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let name = out.trim_end_matches('_');
    match name.chars().next() {
        None => "API_KEY".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("KEY_{name}"),
        Some(_) => name.to_owned(),
    }
}

/// Whether an address means nothing to a shell but itself: it comes from a server.
fn is_plain(address: &str) -> bool {
    !address.is_empty() && address.chars().all(|c| c.is_ascii_alphanumeric() || "./:[]-_".contains(c))
}
