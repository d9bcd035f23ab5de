//! Questions on the terminal: a text that is not shown while it is typed, and yes or no.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::Zeroizing;

use super::exit::{Exit, Failure};
use super::log;
use crate::files;
use crate::tui::keyboard::Keys;
use crate::tui::model::{Event, KeyCode, KeyPress};
use crate::wire::text;

/// The most bytes of an answer that is typed.
const MOST: usize = 4000;

/// Whether a yes or no can be asked for. Commands check it before they ask the server for anything.
///
/// # Errors
/// Exit 2 when standard input or standard error is no terminal.
pub fn check_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("cannot prompt without a terminal; pass --yes"))
}

/// The same for a command that reads `input`, such as "the list of keys", from standard input: the question is then read
/// from the terminal itself.
///
/// # Errors
/// Exit 2 when there is no terminal, or this process is in its background.
pub fn check_terminal_beside(input: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return check_terminal();
    }
    if terminal().is_ok() {
        return Ok(());
    }
    let text =
        format!("standard input is {input}, and no terminal can be opened for the question; pass --yes");
    Err(Failure::usage(text))
}

/// The terminal of this process, whatever its standard input is.
fn terminal() -> io::Result<File> {
    #[cfg(not(windows))]
    let terminal = File::open("/dev/tty")?;
    // Windows opens its console for reading only with both rights.
    #[cfg(windows)]
    let terminal = File::options().read(true).write(true).open("CONIN$")?;
    // A process that reads from a terminal in whose background it runs is stopped.
    #[cfg(unix)]
    if rustix::termios::tcgetpgrp(&terminal)? != rustix::process::getpgrp() {
        return Err(io::Error::other("in the background"));
    }
    Ok(terminal)
}

/// Asks for a text without echo, or reads it from standard input when that is no terminal.
///
/// # Errors
/// When it cannot be read, is no text, or Ctrl-C is pressed.
pub fn ask(question: &str) -> Result<Zeroizing<String>, Failure> {
    let bytes = ask_bytes(question, files::TOKEN_MAX)?;
    let text = files::text(&bytes).map_err(|what| Failure::usage(format!("standard input: {what}")))?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

/// The same, where other programs may give up to so many bytes of any kind.
///
/// # Errors
/// When they cannot be read, or Ctrl-C is pressed.
pub fn ask_bytes(question: &str, most: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let unreadable =
        |error: io::Error| Failure::new(Exit::Failed, format!("cannot read standard input: {error}"));
    if !io::stdin().is_terminal() {
        return files::read_all(io::stdin().lock(), most).map_err(unreadable);
    }
    // Before the question: what is typed as soon as it shows must not be echoed.
    let raw = Raw::enter().map_err(unreadable)?;
    let question = format!("{} ", text::inert(question));
    write(&question);
    let mut line = Line::default();
    let mut keys = Keys::new();
    let done = 'asked: loop {
        for event in keys.read().map_err(unreadable)? {
            match line.take(&event) {
                Step::More => {}
                Step::Refused(what) => write(&format!("\r\nIgnored: {what}\r\n{question}")),
                Step::Done => break 'asked true,
                Step::GivenUp => break 'asked false,
            }
        }
    };
    drop(raw);
    write("\n");
    if done {
        Ok(Zeroizing::new(line.text.as_bytes().to_vec()))
    } else {
        Err(Failure::new(Exit::Interrupted, "cancelled; nothing was changed"))
    }
}

/// Asks a question that `y` or `yes` affirms.
///
/// # Errors
/// When the terminal cannot be read.
pub fn confirm(question: &str) -> Result<bool, Failure> {
    let answer = typed(&format!("{} [y/N]", text::cut(question, log::LINE_MAX)))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks a question that only this word affirms.
///
/// # Errors
/// When the terminal cannot be read.
pub fn confirm_word(question: &str, word: &str) -> Result<bool, Failure> {
    Ok(typed(&text::cut(question, log::LINE_MAX))? == word)
}

fn typed(question: &str) -> Result<String, Failure> {
    write(&format!("{} ", text::inert(question)));
    let mut answer = String::new();
    let read = if io::stdin().is_terminal() {
        io::stdin().read_line(&mut answer)
    } else {
        // A terminal gives a line at a time, so nothing is left in the buffer for another question.
        terminal().and_then(|terminal| BufReader::new(terminal).read_line(&mut answer))
    };
    read.map_err(|error| Failure::new(Exit::Failed, format!("cannot read from the terminal: {error}")))?;
    Ok(answer.trim().to_owned())
}

/// Writes to standard error, which may be gone: then nobody answers, and that is no fault of the program.
fn write(words: &str) {
    let _ = io::stderr().write_all(words.as_bytes());
}

/// What comes of something that was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The line goes on.
    More,
    /// This is not for a line; the line is as it was.
    Refused(String),
    /// Enter.
    Done,
    /// Ctrl-C, or Ctrl-D where nothing was typed.
    GivenUp,
}

/// A line that is typed and not shown.
pub struct Line {
    text: Zeroizing<String>,
    /// In bytes, on a character's border.
    cursor: usize,
}

impl Default for Line {
    fn default() -> Line {
        // Growing would leave copies behind of what may be a secret.
        Line { text: Zeroizing::new(String::with_capacity(MOST + 8)), cursor: 0 }
    }
}

impl Line {
    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes what the terminal sent.
    pub fn take(&mut self, event: &Event) -> Step {
        match event {
            Event::Key(key) => self.key(*key),
            Event::Paste(text) => self.paste(text.as_str()),
            Event::LineBreak(_) => Step::Refused("the pasted text has a line break".to_owned()),
            _ => Step::More,
        }
    }

    fn key(&mut self, key: KeyPress) -> Step {
        let (control, alt) = (key.ctrl, key.alt);
        match key.code {
            KeyCode::Enter => return Step::Done,
            KeyCode::Char('j' | 'm') if control => return Step::Done,
            KeyCode::Char('c') if control => return Step::GivenUp,
            KeyCode::Char('d') if control && self.text.is_empty() => return Step::GivenUp,
            KeyCode::Backspace if alt => self.cut(self.word()),
            KeyCode::Backspace => self.cut(self.before()),
            KeyCode::Char('h') if control => self.cut(self.before()),
            KeyCode::Char('w') if control => self.cut(self.word()),
            KeyCode::Char('u') if control => {
                self.text.clear();
                self.cursor = 0;
            }
            KeyCode::Char('k') if control => self.text.truncate(self.cursor),
            KeyCode::Char('d') if control => self.delete(),
            KeyCode::Delete => self.delete(),
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Home => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Char('b') if control => self.cursor = self.before(),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Char('f') if control => self.cursor = self.after(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Char(c) if control => {
                return Step::Refused(format!("Ctrl-{}", c.to_ascii_uppercase()));
            }
            KeyCode::Char(c) if alt => return Step::Refused(format!("Alt-{}", text::inert(&c.to_string()))),
            KeyCode::Char(c) => return self.insert(&c.to_string()),
            KeyCode::Tab => return Step::Refused("Tab".to_owned()),
            // Arrows up and down, function keys and the like have nothing to do here.
            _ => {}
        }
        Step::More
    }

    fn paste(&mut self, pasted: &str) -> Step {
        let pasted = pasted.trim_matches(['\r', '\n', '\u{feff}']);
        if pasted.contains(['\r', '\n']) {
            return Step::Refused("the pasted text has several lines".to_owned());
        }
        self.insert(pasted)
    }

    fn insert(&mut self, typed: &str) -> Step {
        if let Some(c) = typed.chars().find(|c| text::is_hostile(*c)) {
            return Step::Refused(format!("the control or invisible character U+{:04X}", u32::from(c)));
        }
        if self.text.len() + typed.len() > MOST {
            return Step::Refused(format!("more than {MOST} characters"));
        }
        self.text.insert_str(self.cursor, typed);
        self.cursor += typed.len();
        Step::More
    }

    fn delete(&mut self) {
        let end = self.after();
        self.text.replace_range(self.cursor..end, "");
    }

    fn cut(&mut self, from: usize) {
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].chars().next().map_or(self.cursor, |c| self.cursor + c.len_utf8())
    }

    fn word(&self) -> usize {
        let kept = self.text[..self.cursor].trim_end();
        kept.rfind(char::is_whitespace)
            .map_or(0, |at| at + kept[at..].chars().next().map_or(1, char::len_utf8))
    }
}

/// Raw mode and bracketed paste for as long as it lives.
struct Raw;

/// Whether a [`Raw`] lives.
static RAW: AtomicBool = AtomicBool::new(false);

impl Raw {
    fn enter() -> io::Result<Raw> {
        enable_raw_mode()?;
        RAW.store(true, Ordering::SeqCst);
        // A paste of several lines is one event then, and does not end at its first line break.
        let _ = execute!(io::stderr(), EnableBracketedPaste);
        Ok(Raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, if a prompt is open. What was typed or pasted and not read is dropped: a shell would
/// run it.
pub fn restore() {
    if RAW.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stderr(), DisableBracketedPaste);
        #[cfg(unix)]
        let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
        let _ = disable_raw_mode();
    }
}
