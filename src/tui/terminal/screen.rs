//! What frames are drawn on: the terminal's size as one may rely on it, and a buffer that keeps nothing.

use std::io::{self, Write};
use std::sync::atomic::Ordering;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use zeroize::Zeroize;

use super::ENTERED;

/// The size of a terminal that does not know its own, and whose user has not variable it.
const USUAL: (u16, u16) = (80, 24);
/// More than any screen has; what claims more would only cost memory.
const LARGEST: (u16, u16) = (2_000, 1_000);

/// The terminal's columns and rows, as far as it knows them: a serial line and some containers say 0. Then it is
/// what `COLUMNS` and `LINES` say, or 80x24.
pub(super) fn size() -> (u16, u16) {
    let (columns, rows) = crossterm::terminal::size().unwrap_or((0, 0));
    let known = |told: u16, name: &str, usual: u16, largest: u16| {
        let variable = || std::env::var(name).ok()?.trim().parse().ok().filter(|size| *size > 0);
        if told > 0 { told } else { variable().unwrap_or(usual) }.min(largest)
    };
    (known(columns, "COLUMNS", USUAL.0, LARGEST.0), known(rows, "LINES", USUAL.1, LARGEST.1))
}

/// ratatui's own way to the terminal but for what the terminal is asked: its size is [`size`], and where its cursor
/// is nobody asks, since the answer would come among the keys.
pub(super) struct Screen(CrosstermBackend<Output>);

impl Screen {
    pub(super) fn new(output: Output) -> Screen {
        Screen(CrosstermBackend::new(output))
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.0)
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.0.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.0.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(size().into())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: size().into(), pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.0)
    }
}

/// Standard output with a buffer of our own that is wiped at each flush: the key that is shown once passes
/// through it. Once the terminal is given back nothing is written any more, which is no error: ratatui would
/// print it, and where the terminal is gone that would be a fault in the middle of another.
pub(super) struct Output {
    buffer: Vec<u8>,
    #[cfg(unix)]
    out: std::fs::File,
    #[cfg(not(unix))]
    out: io::Stdout,
}

impl Output {
    /// More than a frame of a large screen: growing would leave copies behind.
    const CAPACITY: usize = 256 * 1024;

    pub(super) fn new() -> io::Result<Output> {
        #[cfg(unix)]
        // A second handle of the same terminal, since `Stdout` keeps a buffer that cannot be wiped.
        let out = {
            use std::os::fd::AsFd;
            std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?)
        };
        #[cfg(not(unix))]
        let out = io::stdout();
        Ok(Output { buffer: Vec::with_capacity(Output::CAPACITY), out })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !ENTERED.load(Ordering::SeqCst) {
            return Ok(bytes.len());
        }
        if self.buffer.len() + bytes.len() > Output::CAPACITY {
            self.flush()?;
        }
        if bytes.len() > Output::CAPACITY {
            return self.out.write(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let ours = ENTERED.load(Ordering::SeqCst);
        let written = if ours { self.out.write_all(&self.buffer) } else { Ok(()) };
        // Only what was used: the rest of the capacity holds nothing since the last flush.
        self.buffer.as_mut_slice().zeroize();
        self.buffer.clear();
        written?;
        if ours { self.out.flush() } else { Ok(()) }
    }
}
