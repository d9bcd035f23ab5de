//! Where the system gives whole keys, and not bytes.

use std::sync::mpsc::Sender;

use crossterm::event as term;

use crate::tui::incoming::Incoming;
use crate::tui::model::{Event, KeyCode, KeyPress, Mouse, MouseKind, Pasted, PressKind};

/// Reads the terminal in a thread of its own; it cannot be joined while a read waits, and ends with the
/// process.
pub(in crate::tui) fn read_keys(sender: Sender<Incoming>) {
    std::thread::spawn(move || {
        loop {
            let incoming = match term::read() {
                Ok(term::Event::Resize(..)) => Incoming::Resized,
                Ok(event) => match translate(event) {
                    Some(event) => Incoming::Input(vec![event]),
                    None => continue,
                },
                Err(_) => Incoming::InputGone,
            };
            let gone = matches!(incoming, Incoming::InputGone);
            if sender.send(incoming).is_err() || gone {
                return;
            }
        }
    });
}

/// The keys and pastes of the console.
#[derive(Default)]
pub struct Keys;

impl Keys {
    /// Nothing was read yet.
    pub fn new() -> Keys {
        Keys
    }

    /// Waits for what comes next: at least one event.
    ///
    /// # Errors
    /// When the console is gone.
    pub fn read(&mut self) -> std::io::Result<Vec<Event>> {
        loop {
            if let Some(event) = translate(term::read()?) {
                return Ok(vec![event]);
            }
        }
    }
}

fn translate(event: term::Event) -> Option<Event> {
    Some(match event {
        term::Event::Key(key) => Event::Key(KeyPress {
            code: match key.code {
                term::KeyCode::Char(c) => KeyCode::Char(c),
                term::KeyCode::Enter => KeyCode::Enter,
                term::KeyCode::Esc => KeyCode::Esc,
                term::KeyCode::Tab => KeyCode::Tab,
                term::KeyCode::BackTab => KeyCode::BackTab,
                term::KeyCode::Backspace => KeyCode::Backspace,
                term::KeyCode::Delete => KeyCode::Delete,
                term::KeyCode::Up => KeyCode::Up,
                term::KeyCode::Down => KeyCode::Down,
                term::KeyCode::Left => KeyCode::Left,
                term::KeyCode::Right => KeyCode::Right,
                term::KeyCode::Home => KeyCode::Home,
                term::KeyCode::End => KeyCode::End,
                term::KeyCode::PageUp => KeyCode::PageUp,
                term::KeyCode::PageDown => KeyCode::PageDown,
                term::KeyCode::F(n) => KeyCode::F(n),
                _ => KeyCode::Other,
            },
            ctrl: key.modifiers.contains(term::KeyModifiers::CONTROL),
            alt: key.modifiers.contains(term::KeyModifiers::ALT),
            shift: key.modifiers.contains(term::KeyModifiers::SHIFT),
            kind: match key.kind {
                term::KeyEventKind::Press => PressKind::Press,
                term::KeyEventKind::Repeat => PressKind::Repeat,
                term::KeyEventKind::Release => return None,
            },
        }),
        term::Event::Paste(text) => Event::Paste(Pasted::new(text)),
        // Its size is asked for.
        term::Event::Resize(..) => return None,
        term::Event::FocusGained => Event::FocusGained,
        term::Event::FocusLost => Event::FocusLost,
        term::Event::Mouse(mouse) => Event::Mouse(Mouse {
            kind: match mouse.kind {
                term::MouseEventKind::Down(term::MouseButton::Left) => MouseKind::Click,
                term::MouseEventKind::ScrollUp => MouseKind::WheelUp,
                term::MouseEventKind::ScrollDown => MouseKind::WheelDown,
                _ => return None,
            },
            x: mouse.column,
            y: mouse.row,
        }),
    })
}
