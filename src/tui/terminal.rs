//! Enter, leave and suspend the terminal: one teardown for exit, error, panic and signals.
//!
//! ratatui's own restore leaves raw mode and the alternate screen only; here everything that was switched on
//! is switched off: bracketed paste, a hidden cursor, mouse and focus reports, the title.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend as _, ClearType as Region};
use ratatui::{Frame, TerminalOptions, Viewport};
use zeroize::Zeroizing;

mod screen;

use self::screen::{Output, Screen};

/// Whether the terminal is ours at the moment; the teardown runs once however often it is called.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// The thread that draws.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);

/// xterm's window operations: push the title on its stack, and pop it. Terminals without them ignore both.
const PUSH_TITLE: &[u8] = b"\x1b[22;2t";
const POP_TITLE: &[u8] = b"\x1b[23;2t";

/// The screen while the dashboard has it.
pub(super) struct Terminal {
    inner: ratatui::Terminal<Screen>,
    /// Whether the mouse is wanted: after a stop it is taken again.
    mouse: bool,
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste.
    ///
    /// # Errors
    /// When there is no terminal, or it cannot be put in raw mode.
    pub(super) fn enter() -> io::Result<Terminal> {
        // With NO_COLOR set, crossterm writes an empty SGR that erases REVERSED too: the theme without
        // colours does that job, so crossterm shall write what it is told.
        crossterm::style::force_color_output(true);
        take()?;
        let mut screen = Screen::new(Output::new()?);
        // Without an alternate screen there is text already, and a frame draws no blanks over it. Both come at once.
        queue!(screen, Clear(ClearType::All))?;
        let options = TerminalOptions { viewport: Viewport::Fullscreen };
        Ok(Terminal { inner: ratatui::Terminal::with_options(screen, options)?, mouse: false })
    }

    /// Draws one frame as one update that the terminal shows at once.
    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.inner.backend_mut(), BeginSynchronizedUpdate)?;
        self.inner.draw(render)?;
        execute!(self.inner.backend_mut(), EndSynchronizedUpdate)
    }

    /// Its size in columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        self.inner.size().map(|size| (size.width, size.height))
    }

    /// Overwrites what the last frames showed, on the screen and in both buffers behind it: a secret was
    /// among it. What was written to the terminal is wiped at each flush.
    pub(super) fn wipe(&mut self) -> io::Result<()> {
        // ratatui swaps two buffers; a blank frame in each overwrites every cell.
        for _ in 0..2 {
            self.draw(|frame| frame.buffer_mut().reset())?;
        }
        self.clear()
    }

    /// Clears the screen and forgets what it showed, so that the next frame is drawn whole.
    fn clear(&mut self) -> io::Result<()> {
        self.inner.backend_mut().clear_region(Region::All)?;
        // One swap resets the buffer that is on the screen; the other one is blank between two frames.
        self.inner.swap_buffers();
        Write::flush(self.inner.backend_mut())
    }

    /// The same for the frame that follows at once: a screen without it is never seen.
    pub(super) fn redraw(&mut self) -> io::Result<()> {
        queue!(self.inner.backend_mut(), Clear(ClearType::All))?;
        self.inner.swap_buffers();
        Ok(())
    }

    /// Asks the terminal for clicks and the wheel, or no longer.
    pub(super) fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on {
            // Presses alone: crossterm's own command asks for each move of the mouse too, and each would wake us.
            #[cfg(unix)]
            Write::write_all(self.inner.backend_mut(), b"\x1b[?1000h\x1b[?1006h")?;
            #[cfg(not(unix))]
            queue!(self.inner.backend_mut(), crossterm::event::EnableMouseCapture)?;
        } else {
            queue!(self.inner.backend_mut(), DisableMouseCapture)?;
        }
        Write::flush(self.inner.backend_mut())
    }

    /// Sets the terminal's title. The text must be inert.
    pub(super) fn set_title(&mut self, title: &str) -> io::Result<()> {
        execute!(self.inner.backend_mut(), SetTitle(title))
    }

    /// Asks the terminal how its background looks (OSC 11). The answer comes with the keys.
    pub(super) fn ask_background(&mut self) -> io::Result<()> {
        let out = self.inner.backend_mut();
        out.write_all(b"\x1b]11;?\x1b\\")?;
        io::Write::flush(out)
    }

    /// Sends text to the terminal's own clipboard (OSC 52).
    pub(super) fn osc52(&mut self, text: &str) -> io::Result<()> {
        // Encoded here and not by crossterm, whose copy of the text would stay in memory.
        let mut encoded = Zeroizing::new(String::with_capacity(text.len() * 2));
        BASE64_STANDARD.encode_string(text, &mut encoded);
        let (before, after): (&[u8], &[u8]) = if inside_screen() {
            // screen hands on to the terminal what stands in a device control string.
            (b"\x1bP\x1b]52;c;", b"\x07\x1b\\")
        } else {
            (b"\x1b]52;c;", b"\x07")
        };
        let out = self.inner.backend_mut();
        out.write_all(before)?;
        out.write_all(encoded.as_bytes())?;
        out.write_all(after)?;
        Write::flush(out)
    }

    /// Gives the terminal back, stops the process as Ctrl-Z does elsewhere, and takes the terminal again
    /// when the process goes on. SIGSTOP, since SIGTSTP is caught to come here; the kernel does not discard it
    /// where nobody would continue the process, so ask [`can_stop`] first. The note is printed below the shell's
    /// prompt, where there is one.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self, note: Option<&str>) -> io::Result<()> {
        leave();
        if let Some(note) = note {
            writeln!(io::stderr(), "{note}")?;
        }
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        take()?;
        if self.mouse {
            self.capture_mouse(true)?;
        }
        self.clear()
    }

    /// There is no suspension on this system.
    #[cfg(not(unix))]
    pub(super) fn suspend(&mut self, _: Option<&str>) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

/// Whether somebody would continue the process after a stop: the nearest process above us that is of another
/// process group, and of this session. A shell with job control is one. Without one our group is orphaned, as
/// where a terminal was opened for us alone, or where the shell has ended and who leads the session is busy with
/// something else: then a stop would be for good, and the kernel stops no other program there either.
#[cfg(target_os = "linux")]
pub(super) fn can_stop() -> bool {
    let Some(ours) = Kin::of("self") else { return false };
    let mut above = ours.parent.clone();
    while let Some(process) = Kin::of(&above) {
        if process.session != ours.session {
            return false;
        }
        if process.group != ours.group {
            return true;
        }
        above = process.parent;
    }
    false
}

/// Where a process stands among others. Not asked of the system calls: they answer 0 for what is outside of a
/// container.
#[cfg(target_os = "linux")]
struct Kin {
    parent: String,
    group: String,
    session: String,
}

#[cfg(target_os = "linux")]
impl Kin {
    fn of(process: &str) -> Option<Kin> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name may hold blanks and brackets; what follows it may not.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1).map(str::to_owned);
        Some(Kin { parent: fields.next()?, group: fields.next()?, session: fields.next()? })
    }
}

/// Whether somebody could continue the process after a stop. Who stands above us cannot be asked for here: who
/// leads the session has to be there, and has to have put us in a process group of our own.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn can_stop() -> bool {
    use rustix::process::{getpgrp, getsid, test_kill_process};
    let Ok(leader) = getsid(None) else { return false };
    let lives = test_kill_process(leader) != Err(rustix::io::Errno::SRCH);
    leader != getpgrp() && lives
}

/// There is no suspension on this system.
#[cfg(not(unix))]
pub(super) fn can_stop() -> bool {
    false
}

/// Whether the terminal is gone: closed, or hung up.
#[cfg(unix)]
pub(super) fn is_gone() -> bool {
    gone(Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 }))
}

/// Comes back when the terminal is gone; false when that cannot be known. What is typed there is left alone, and
/// nothing wakes up before. A process that is not of the terminal's session gets no SIGHUP, and what reads keys
/// goes round and round then, without a word.
#[cfg(unix)]
pub(super) fn wait_until_gone() -> bool {
    gone(None)
}

#[cfg(unix)]
fn gone(wait: Option<&rustix::event::Timespec>) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let input = io::stdin();
    loop {
        // No flag asks for anything: that the other side has hung up is told all the same.
        let mut polled = [PollFd::new(&input, PollFlags::empty())];
        match poll(&mut polled, wait) {
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
            Ok(_) => return polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR),
        }
    }
}

/// Whether the terminal is gone, which cannot be known on this system.
#[cfg(not(unix))]
pub(super) fn is_gone() -> bool {
    false
}

/// For the last moment, when a write to the terminal may be stuck: lines and echo are back, without a write. That
/// may be the write of [`leave`], which has said by then that the terminal is no longer ours.
pub(super) fn leave_unsaid() {
    let _ = disable_raw_mode();
}

/// Gives the terminal back for a panic; false where another thread draws on it and goes on, so that nothing may
/// be written there.
pub(super) fn leave_on_panic() -> bool {
    let theirs =
        OWNER.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|id| id != thread::current().id());
    if theirs && ENTERED.load(Ordering::SeqCst) {
        return false;
    }
    leave();
    true
}

/// Gives the terminal back as it was. It may be called from anywhere, any number of times; a terminal that
/// is gone is no error.
pub(crate) fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        // Line by line: where there is no alternate screen, clearing all of it would move what was shown into
        // the history.
        for row in 0..screen::size().1 {
            let _ = queue!(out, MoveTo(0, row), Clear(ClearType::CurrentLine));
        }
        let _ = execute!(
            out,
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableFocusChange,
            DisableBracketedPaste,
            EnableLineWrap,
            ResetColor,
            MoveTo(0, 0),
            LeaveAlternateScreen,
            Show
        );
        let _ = out.write_all(POP_TITLE).and_then(|()| out.flush());
        let _ = disable_raw_mode();
    }
}

/// Whether GNU screen stands between us and the terminal, and not tmux inside of it.
fn inside_screen() -> bool {
    std::env::var_os("STY").is_some() && std::env::var_os("TMUX").is_none()
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
    ENTERED.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    out.write_all(PUSH_TITLE)?;
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, DisableLineWrap, Hide)
}
