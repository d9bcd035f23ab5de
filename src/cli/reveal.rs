//! A new secret, shown once.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use serde::Serialize;
use zeroize::Zeroizing;

use super::args::Output;
use super::exit::{Exit, Failure};
use super::{log, prompt};
use crate::secret::Secret;
use crate::wire::text;

/// Prints a new secret: on a terminal on the alternate screen, cleared when Enter is pressed; to a pipe or file alone
/// on one line; as JSON in the API's form, `{"<noun>": …, "secret": "…"}`. `created` describes the object on standard
/// error.
///
/// # Errors
/// It cannot be shown; the message says what to do, since the key exists already.
pub fn hand_out<T: Serialize>(
    form: Output,
    noun: &'static str,
    thing: &T,
    lines: &[(&str, String)],
    created: &str,
    secret: &Secret,
) -> Result<(), Failure> {
    let lost = |error: io::Error| {
        Failure::new(
            Exit::Failed,
            format!("created the {noun}, but could not show it ({error}); revoke it and create another"),
        )
    };
    if form == Output::Json {
        return write_plainly(&as_json(noun, thing, secret)).map_err(lost);
    }
    let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    if io::stdout().is_terminal() && able {
        on_screen(noun, lines, secret).map_err(lost)?;
    } else {
        let mut bytes = Zeroizing::new(Vec::with_capacity(secret.reveal().len() + 1));
        bytes.extend_from_slice(secret.reveal().as_bytes());
        bytes.push(b'\n');
        write_plainly(&bytes).map_err(lost)?;
    }
    log::say(&format!("created {noun} {created}"));
    Ok(())
}

/// Clears and leaves the alternate screen, raw mode and an open prompt, if they are on: for signals, whose task owns neither.
pub fn restore() {
    prompt::restore();
    if SHOWN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), Clear(ClearType::All), cursor::MoveTo(0, 0), LeaveAlternateScreen);
    }
    // Does nothing where raw mode is off.
    let _ = disable_raw_mode();
}

static SHOWN: AtomicBool = AtomicBool::new(false);

fn as_json<T: Serialize>(noun: &str, thing: &T, secret: &Secret) -> Zeroizing<Vec<u8>> {
    let thing = serde_json::to_string(thing).expect("what the API says is JSON");
    let thing = text::inert_json(&thing);
    // Made large enough at once: growing would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(thing.len() + noun.len() + secret.reveal().len() + 32));
    for part in ["{\"", noun, "\":", &thing, ",\"secret\":\"", secret.reveal(), "\"}\n"] {
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn write_plainly(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn on_screen(noun: &str, lines: &[(&str, String)], secret: &Secret) -> io::Result<()> {
    let screen = Screen::enter()?;
    let mut page = Zeroizing::new(String::with_capacity(2048));
    for part in ["A new ", noun, ". Copy it now. You won't be able to see it again.\r\n\r\n"] {
        page.push_str(part);
    }
    for (name, value) in lines {
        let line = format!("{name:<9}{}\r\n", text::inert(&text::cut(value, 200)));
        page.push_str(&line);
    }
    // On a line of its own without any border, so that a mouse copy is clean.
    page.push_str("\r\n");
    page.push_str(secret.reveal());
    page.push_str("\r\n\r\nPress Enter once you have saved it; this clears the screen.\r\n");
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    drop(out);
    loop {
        let Event::Key(key) = read()? else { continue };
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        if key.kind != KeyEventKind::Release && (key.code == KeyCode::Enter || interrupt) {
            break;
        }
    }
    drop(screen);
    Ok(())
}

/// The alternate screen for as long as it lives; cleared before it is left.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Screen> {
        enable_raw_mode()?;
        SHOWN.store(true, Ordering::SeqCst);
        let screen = Screen;
        execute!(io::stdout(), EnterAlternateScreen, Clear(ClearType::All), cursor::MoveTo(0, 0))?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}
